//! Browsers as parties of a call: ICE and DTLS-SRTP, on a thread of its own.
//!
//! **Owns** the one UDP port that all browsers send to, the WebRTC state of each (crate `str0m`, sans-IO), and the shape
//! of the session descriptions they need. **Does not own** signalling, and no audio: towards the media threads each browser
//! is an ordinary phone that speaks plain RTP from a socket of its own on the host's address, so that what is true of
//! phones (source lock, mixing, recording, transcoding, keys) is true of browsers. Real-time text passes through a data channel.
//!
//! It is apart from `media` because it has another manner of life: `str0m` allocates for each packet, which the media tick
//! must not, and a fault in it may cost browsers their call but no phone.
//!
//! Invariants:
//! - Nothing a browser sends reaches the media threads before its DTLS handshake, with the fingerprint of the signalled
//!   description, and nothing leaves to an address that ICE has not nominated.
//! - Every queue and table is bounded; a panic of one session ends that session.
//! - An ended session leaves its socket and its place at once.
//!
//! Start reading at [`Gateway`], then `thread.rs`.

mod describe;
mod gateway;
mod session;
mod text;
mod thread;

pub use gateway::{Accepted, Gateway, GatewayConfig, Offer, RtcError, RtcId};
pub use text::TextReader;
