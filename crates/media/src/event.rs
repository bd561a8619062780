//! What the media threads tell.

use std::fmt;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use flexio_sdp::Codec;

use crate::Saved;

/// Something that happened in a session or in a mix. `token` is the number given to
/// [`Media::open`](crate::Media::open) or [`Media::open_mix`](crate::Media::open_mix).
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The first valid packet from the accepted source came in.
    MediaStarted {
        /// The session's owner.
        token: u64,
        /// Time since the session was opened, in ms.
        after_ms: u32,
    },
    /// The caller pressed a key. Told once per key, when its end is known.
    Dtmf {
        /// The session's owner.
        token: u64,
        /// One of `0-9 * # A-D`.
        digit: char,
        /// How long the key was held, in ms.
        duration_ms: u32,
        /// How it was recognised.
        via: DtmfVia,
    },
    /// The digits of one [`Command::SendDtmf`](crate::Command::SendDtmf) have gone out.
    DtmfSent {
        /// The session's owner.
        token: u64,
    },
    /// A prompt ended; told exactly once per `Play`.
    PlayDone {
        /// The session's owner.
        token: u64,
        /// The number given with the prompt.
        play_id: u64,
        /// Heard to its end, rather than stopped, replaced or refused.
        finished: bool,
    },
    /// A recording ended and is on disk; told exactly once per `StartRecord`, maybe after `Closed`: the
    /// disk takes its time.
    RecordDone {
        /// The session's owner.
        token: u64,
        /// The number given with the recording.
        record_id: u64,
        /// Why it ended.
        end: RecordEnd,
        /// Length of the result in ms.
        duration_ms: u32,
        /// What became of it, or the error of the writer in words.
        saved: Result<Saved, String>,
        /// Nobody spoke.
        empty: bool,
        /// Audio lost because the disk stalled longer than the ring, in ms (it is silence in the result).
        lost_ms: u32,
    },
    /// A member of a mix that was joined with `talk_events` began or ended to talk.
    Talking {
        /// The owner of the member's session.
        token: u64,
        /// It began.
        talking: bool,
    },
    /// No valid packet came for a while although the other side may send; once per silence.
    RtpTimeout {
        /// The session's owner.
        token: u64,
        /// How long, in ms.
        silent_ms: u32,
    },
    /// Packets from somebody else were dropped. At the first one and then at most every 10 s.
    ForeignPackets {
        /// The session's owner.
        token: u64,
        /// How many since the session was opened.
        packets: u64,
    },
    /// Signs that the call is no use to somebody, while it runs: each sign once. The end has all of them in its [`Stats`].
    Alarm {
        /// The session's owner.
        token: u64,
        /// The signs that are new.
        alarms: Alarms,
    },
    /// The session ended; its number may be used for another from now on.
    Closed {
        /// The session's owner.
        token: u64,
        /// What it did in its life.
        stats: Stats,
    },
    /// The sink was full for so long that events were lost. The node must ask or end its sessions.
    Overflow {
        /// How many events were lost since the last `Overflow`.
        lost: u64,
    },
}

/// How a digit was recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DtmfVia {
    /// A telephone-event packet.
    Rfc4733,
    /// A tone in the audio.
    Inband,
}

/// Why a recording ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordEnd {
    /// The caller was silent for `silence_ms`.
    Silence,
    /// The caller pressed this stop key.
    Key(char),
    /// `max_ms` was reached.
    Max,
    /// [`Command::StopRecord`](crate::Command::StopRecord) or another recording.
    Stopped,
    /// The session ended.
    Closed,
}

/// The life of a session in figures.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Stats {
    /// RTP packets sent.
    pub packets_sent: u64,
    /// RTP payload bytes sent.
    pub bytes_sent: u64,
    /// Valid RTP packets received from the accepted source.
    pub packets_received: u64,
    /// RTP payload bytes received from the accepted source.
    pub bytes_received: u64,
    /// Packets of the accepted source that never came (RFC 3550 §6.4.1; never below 0).
    pub packets_lost: u64,
    /// Packets of the accepted source that came too late to be heard, where its audio was decoded here.
    pub packets_late: u64,
    /// Packets dropped because they came from somebody else or carried another SSRC.
    pub foreign_packets: u64,
    /// Packets of the accepted address that were not valid RTP.
    pub invalid_packets: u64,
    /// Interarrival jitter at the end, in ms (RFC 3550 §6.4.1).
    pub jitter_ms: f32,
    /// Loss the other side reported for our packets, in percent, or `None` without a report.
    pub remote_loss_percent: Option<f32>,
    /// Round trip time by RTCP, in ms, or `None` without a report.
    pub round_trip_ms: Option<f32>,
    /// Estimated listening quality of what we received, 1.0–4.5 (E-model, ITU-T G.107), or `None`
    /// without packets.
    pub mos: Option<f32>,
    /// From opening to the first valid packet, in ms, or `None` when none came.
    pub media_start_ms: Option<u32>,
    /// Life of the session, in ms.
    pub duration_ms: u64,
    /// The codec it had last, or `None` when nothing was ever agreed on.
    pub codec: Option<Codec>,
    /// What somebody should look into.
    pub alarms: Alarms,
}

/// Signs that a call is, or was, no use to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Alarms {
    /// We sent for 5 s or more, and nothing ever came.
    pub one_way: bool,
    /// What came was silence from beginning to end.
    pub silence: bool,
    /// A tenth or more of what came was too loud for its codec.
    pub clipping: bool,
}

impl Alarms {
    /// Whether there is any.
    #[must_use]
    pub fn is_any(self) -> bool {
        self.one_way || self.silence || self.clipping
    }

    /// Those that `told` does not have.
    pub(crate) fn but_for(self, told: Self) -> Self {
        Self {
            one_way: self.one_way && !told.one_way,
            silence: self.silence && !told.silence,
            clipping: self.clipping && !told.clipping,
        }
    }

    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            one_way: self.one_way || other.one_way,
            silence: self.silence || other.silence,
            clipping: self.clipping || other.clipping,
        }
    }
}

/// Where events go: called from media and writer threads, so it must neither block nor be slow.
///
/// A refused event (`Err(event)`: the queue is full) waits in a bounded backlog of the thread and is tried
/// again every 5 ms, in order; when that is full too, events are dropped and [`Event::Overflow`] tells how
/// many as soon as there is room.
#[derive(Clone)]
pub struct EventSink(Arc<dyn Fn(Event) -> Result<(), Event> + Send + Sync>);

impl EventSink {
    /// A sink from a function, such as `try_send` of an async channel.
    pub fn new(emit: impl Fn(Event) -> Result<(), Event> + Send + Sync + 'static) -> Self {
        Self(Arc::new(emit))
    }

    /// A bounded queue of the standard library, for plain threads and tests.
    pub fn channel(capacity: usize) -> (Self, Receiver<Event>) {
        let (sender, receiver): (SyncSender<Event>, _) = sync_channel(capacity);
        let sink = Self::new(move |event| {
            use std::sync::mpsc::TrySendError::{Disconnected, Full};
            match sender.try_send(event) {
                Ok(()) | Err(Disconnected(_)) => Ok(()),
                Err(Full(event)) => Err(event),
            }
        });
        (sink, receiver)
    }

    pub(crate) fn emit(&self, event: Event) -> Result<(), Event> {
        (self.0)(event)
    }
}

impl fmt::Debug for EventSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EventSink")
    }
}
