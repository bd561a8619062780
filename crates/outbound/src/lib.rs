//! The one guarded client for every URL a user gave us: application documents, media and status callbacks over HTTP, streams over
//! WebSocket.
//!
//! **Owns**: which addresses may be reached and how ([`OutboundConfig`]), redirects, cookies of one call ([`CookieJar`]), request
//! signatures ([`Signer`]), size, time and concurrency limits, and the wait before a callback is tried again ([`RetryPolicy`]).
//!
//! **Does not own**: what a fetched document means (`markup`), which URL to use and when to fall back (the caller), or the queue of
//! callbacks (`app`). It stores nothing but the connections it keeps open.
//!
//! Invariants
//! * No connection is made to an address that was not checked: IP literals before the request, names when they are resolved, and the
//!   connection goes to the very address that was checked, so a second DNS answer changes nothing.
//! * Redirects are followed here, hop by hop, each checked like the first URL. Signatures, `Authorization` and cookies stay with the
//!   host they were meant for.
//! * Everything is bounded: time, hops, header and body bytes, decompression ratio, requests in flight in all and per host.
//! * Error texts name neither addresses nor bodies: they may be shown to the user who gave the URL.
//!
//! Start reading at [`Outbound::fetch_instructions`] (`fetch.rs`), then `address.rs` for what is refused and `sign.rs` for signatures.

mod address;
mod backoff;
mod body;
mod callback;
mod client;
mod config;
mod cookies;
mod error;
mod exchange;
mod fetch;
mod gate;
mod media;
mod params;
mod resolve;
mod sign;
mod target;
mod websocket;

pub use address::Cidr;
pub use backoff::RetryPolicy;
pub use callback::{CallbackOutcome, CallbackRequest, Payload, RetryReason};
pub use client::{Outbound, SetupError};
pub use config::OutboundConfig;
pub use cookies::CookieJar;
pub use error::FetchError;
pub use exchange::{ExchangeRequest, ExchangeResponse};
pub use fetch::{DocumentKind, InstructionRequest, InstructionResponse, WireForm};
pub use media::{Media, MediaOutcome, Validators};
pub use resolve::{HostResolver, Resolved, SystemResolver};
pub use sign::{Signer, flexio_signature, standard_webhook_signature, twilio_signature, url_with_body_hash};
pub use websocket::{
    WebSocket, WebSocketEnd, WebSocketMessage, WebSocketReceiver, WebSocketRequest, WebSocketSender,
};
