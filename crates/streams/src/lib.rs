//! Media streams: the messages an application and the platform exchange over a WebSocket while a call's audio runs
//! through it, as Twilio's "Media Streams - WebSocket Messages" describes them.
//!
//! **Owns**: the messages and their numbering, what the application asked to be played and in which order, marks and
//! clearing, what a foreign message may hold. **Does not own**: sockets, clocks, calls, audio formats (payloads are µ-law
//! bytes at 8 000 Hz that it never looks into).
//!
//! Invariants
//! - `sequenceNumber` counts every message but `connected`, from 1, without gaps; `chunk` counts per track.
//! - Each mark is told exactly once: when all audio before it was played, or when it was cleared.
//! - What waits to be played is bounded ([`QUEUE_BYTES_MAX`], [`MARKS_MAX`]); what does not fit is refused and counted.
//! - No input panics, and a bad message changes nothing.
//!
//! Start reading at [`Conversation`].

mod conversation;
mod message;
mod queue;

pub use conversation::{Cleared, Conversation, Facts, Received};
pub use message::{BadMessage, Track};
pub use queue::{MARKS_MAX, Next, QUEUE_BYTES_MAX};

/// Longest message taken from an application, in bytes: half a minute of audio in one piece.
pub const MESSAGE_BYTES_MAX: usize = 512 * 1024;
