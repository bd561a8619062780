//! Session descriptions for audio calls: reading and writing SDP, and the offer/answer model.
//!
//! **Owns** the text form (RFC 8866), the attributes an audio call needs (`rtpmap`, `fmtp`, `ptime`, direction,
//! `rtcp`, `rtcp-mux`, `crypto`), and offer/answer for one audio stream (RFC 3264) with one of
//! real-time text beside it (RFC 4103). **Does not own** sockets, media, or when descriptions are exchanged.
//!
//! Invariants: a description is at most 16 KiB with 32 media lines; no input makes it panic; what is parsed
//! prints to a description that parses the same; an answer has a media line for each of the offer, in order.
//! Nothing with a line break in it is ever printed into a line.
//!
//! Start reading at [`offer`], [`answer`] and [`accept_answer`].

mod codec;
mod crypto;
mod local;
mod negotiate;
mod parse;
mod print;
mod sdp;
mod text;
mod web;

pub use codec::Codec;
pub use crypto::{SRTP_KEY_BYTES, Srtp, SrtpKey, SrtpPolicy, SrtpSuite};
pub use local::{Direction, LocalMedia, Negotiated};
pub use negotiate::{NegotiateError, accept_answer, answer, offer};
pub use parse::{ParseError, parse};
pub use sdp::{Attribute, Bandwidth, Connection, MediaLine, Origin, Sdp};
pub use text::{
    AgreedText, LocalText, TextTypes, accept_text, answer_text, has_text, offer_no_text, offer_text,
};
pub use web::{WebAudio, is_web, web_audio};

/// Longest description, in bytes.
pub const MAX_BYTES: usize = 16 * 1024;
/// Most media lines of a description.
pub const MAX_MEDIA: usize = 32;
