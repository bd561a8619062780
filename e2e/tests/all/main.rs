//! Black-box tests of the whole product. See `src/lib.rs` for the tools.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod alarms;
mod bad_input;
mod books;
mod browsers;
mod carrier;
mod codes;
mod credit;
mod debits;
mod demo;
mod dialects;
mod dials;
mod disk;
mod documents;
mod drain;
mod erasures;
mod esmes;
mod faults;
mod flows;
mod handsets;
mod handshakes;
mod invoices;
mod kills;
mod links;
mod mail;
mod media;
mod messaging;
mod payments;
mod phones;
mod pickups;
mod pictures;
mod rooms;
mod sdk;
mod sip;
mod sms;
mod streams;
mod subscriptions;
mod texts;
mod timeline;
mod transfers;
mod verbs;
mod verify;
mod watching;
