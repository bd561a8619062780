//! What a use of the platform does to the books: the usage event, its posting, the proof that nothing is lost.
//!
//! Owns: the one way a fact becomes a usage event with its charge ([`Meter`]), the ledger's rules ([`ledger`]:
//! posting, reversal, balances, proof), the chain over it ([`chain`]), the charges of a month ([`Meter::month`]), how stored totals read as usage records
//! ([`categories`]), what they come to on an invoice or credit note ([`invoice`]), on which day a bank is asked for one ([`debit`]), what follows one that is not paid ([`dunning`]), their rating again ([`rerate`]), and what they would come to under other prices ([`comparison`]).
//! Does not own: prices (`rating`), persistence (`store`), or when a fact is one (`voice`, `messaging`).
//!
//! Invariants: the id of an event and of its posting follow from the fact alone, and so do all their bytes, so
//! metering a fact again changes nothing; a posting's legs sum to zero; what costs nothing is not posted; nothing
//! is edited, a fix is a reversal. No clock, file or network.
//!
//! Start reading at [`Meter`].

pub mod carrier;
pub mod categories;
pub mod chain;
pub mod comparison;
pub mod correction;
pub mod debit;
pub mod dunning;
pub mod invoice;
pub mod late;
pub mod ledger;
mod meter;
mod recurring;
pub mod rerate;
pub mod subscription;

pub use meter::{
    Charge, ConferenceStarted, LegEnded, MessageReceived, Meter, PinnedPrice, Recorded, RequestsMade,
    SegmentsAccepted, SpeechSynthesised, VerificationRequested, Waited,
};
