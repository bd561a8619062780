//! The voice node as a whole, over loopback SIP and RTP: the sandbox phone calls, a small web application answers, the database tells.

#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

mod calls;
mod conferences;
mod credit;
mod domains;
mod emergency;
mod hearing;
mod identity;
mod ladders;
mod live_recordings;
mod machine;
mod masking;
mod phones;
mod platform;
mod queues;
mod recogniser;
mod resend;
mod speech;
mod streams;
mod transfers;
mod trunks;
mod typing;
mod user_messages;
