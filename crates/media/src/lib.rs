//! The audio of calls: sockets, prompts, digits, recordings and bridges on a few plain threads.
//!
//! **Owns** the RTP and RTCP sockets of all calls, the 20 ms clock, what is played and recorded, who is
//! believed to be the sender of a stream. **Does not own** signalling (a `Negotiated` comes from `sdp`),
//! why something is played, file formats of prompts (they come decoded), the tariff of anything.
//!
//! A session is [opened](Media::open) before its SDP is written, told where to send with
//! [`Command::SetRemote`], given [commands](Command), and tells [events](Event) until
//! [`Event::Closed`].
//!
//! Invariants:
//! - A session lives on one thread for life. Its 20 ms tick neither allocates, locks, logs nor waits: memory is
//!   made by [`Media::send`] on the caller's thread and freed by the disk threads.
//! - Every queue is bounded. A full command queue refuses the command, a full event sink fills a backlog and then
//!   costs events that are counted, a full recording ring costs audio that becomes silence in its place, a full ring
//!   of a [tap](Media::tap) costs frames that are counted.
//! - Nothing is sent to an address that is neither signalled nor has sent valid media while learning was open,
//!   and nobody else is heard (`source.rs`).
//! - Our own audio is sent in packets of the length the other side asks for (10–60 ms; Opus 20 ms); up to 60 ms are
//!   received. A bridge keeps the packets of its source.
//! - Samples are at 8 000 Hz whatever the codec (`codec::Format`); what passes through a bridge keeps its band.
//! - A bridge passes packets on rather than decoding them where both sides have the same codec: sequence gaps,
//!   reordering and timing are those of the source, payloads go through a table when only the laws of G.711 differ.
//!   Other codecs are decoded and encoded again (`transcode.rs`). Sessions of different threads exchange packets
//!   through a bounded queue.
//! - A mix adds the voices of its members, each on the thread it lives on: every thread sums its own and finds the
//!   sums of the others where they left them (`mix.rs`). Nobody hears himself.
//!
//! Start reading at [`Media`], then `worker.rs` (the loop), `session.rs` (packets) and `tick.rs` (every 20 ms).

mod bridge;
mod command;
mod config;
mod event;
mod events;
mod handle;
mod keys;
mod listen;
mod member;
mod meter;
mod mix;
mod mixes;
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
mod tap;
mod tick;
mod transcode;
mod trim;
mod wav;
mod worker;
mod writer;

pub use command::{
    Command, Depth, MixCommand, MixMember, PlayMode, PlaySource, Record, RecordChannels, RecordSink, Saved,
    SinkWriter,
};
pub use config::MediaConfig;
pub use event::{Alarms, DtmfVia, Event, EventSink, RecordEnd, Stats};
pub use flexio_codec::{CoderError, Tone};
pub use handle::{Media, OpenError, SendError, Session, SessionId, SessionOptions};
pub use mixes::MixId;
pub use prompt::Prompt;
pub use tap::{MAX_TAPS, Tap, TapFrame, TapOptions, TapPlayer, TapReader, TapTrack};

/// Prompts that may wait behind the one that plays.
pub const MAX_QUEUED_PROMPTS: usize = 32;
