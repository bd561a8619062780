//! Session descriptions for audio calls: reading and writing SDP, and the offer/answer model.
mod codec;
mod local;

pub use codec::Codec;
pub use local::{Direction, LocalMedia, Negotiated};
