//! Text messages: what they become on the air, and what becomes of them.
//!
//! **Owns** the alphabets ([`gsm7`], [`national`], UCS-2), cutting a body into segments ([`plan()`]), the header that joins
//! them ([`udh`]), joining the parts of incoming messages ([`reassembly`]), the life of a message from accepted to
//! delivered ([`lifecycle`]), what carriers' codes mean ([`errors`]), when to try again ([`retry`]), who may
//! be sender and recipient ([`address`]), which sender of a service is taken ([`senders`]), and the words by which recipients opt out ([`opt_out`]).
//!
//! **Does not own** SMPP (`smpp`), sockets (`messaging-node`), storage and transactions (`app`, `store`), prices
//! (`rating`). [`email`] is the same for e-mail: the life of one, recipient by recipient. Nothing here reads a clock: `now` is an argument.
//!
//! Invariants:
//! - A segment never ends inside an escape pair or a surrogate pair, and the segments joined give the body back.
//! - A message's status only moves forward; each change is reported once.
//! - A segment counts as accepted at most once, however many answers and receipts speak of it.
//!
//! Start reading at [`plan()`] and [`lifecycle::apply`].

pub mod address;
pub mod email;
pub mod errors;
pub mod gsm7;
pub mod lifecycle;
pub mod media;
pub mod mo;
pub mod national;
pub mod opt_out;
pub mod parking;
pub mod plan;
pub mod quiet;
pub mod reassembly;
pub mod retry;
pub mod senders;
pub mod udh;

pub use plan::{Alphabet, Encoding, MessagePlan, PlanError, PlanOptions, Segment, plan, plan_whole};
