//! The audio of calls: sockets, prompts, digits, recordings and bridges on a few plain threads.
//!
//! **Owns** the RTP and RTCP sockets of all calls, the 20 ms clock, what is played and recorded, who is
//! believed to be the sender of a stream. **Does not own** signalling (a `Negotiated` comes from `sdp`),
//! why something is played, file formats of prompts (they come decoded), the tariff of anything.
//!
//! A session is [opened](Media::open) before its SDP is written, told where to send with
//! [`Command::SetRemote`], given [commands](Command), and tells [events](Event) until
//! [`Event::Closed`].

mod command;
mod config;
mod event;
mod events;
mod handle;
mod keys;
mod listen;
mod obey;
mod order;
mod outbound;
mod player;
mod ports;
mod prompt;
mod random;
mod recorder;
mod reports;
mod session;
mod slots;
mod source;
mod start;
mod stats;
mod trim;
mod wav;
mod worker;
mod writer;

pub use command::{Command, PlayMode, PlaySource, Record, RecordChannels, RecordSink, Saved, SinkWriter};
pub use config::MediaConfig;
pub use event::{DtmfVia, Event, EventSink, RecordEnd, Stats};
pub use flexio_codec::Tone;
pub use handle::{Media, OpenError, SendError, Session, SessionId, SessionOptions};
pub use prompt::Prompt;

/// Prompts that may wait behind the one that plays.
pub const MAX_QUEUED_PROMPTS: usize = 32;
