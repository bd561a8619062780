//! What a session can be told to do.

use std::fmt;
use std::io;
use std::path::PathBuf;

use flexio_codec::Tone;
use flexio_sdp::Negotiated;

use crate::{MixId, Prompt, SessionId};

/// An order to one session, given with [`Media::send`](crate::Media::send).
///
/// Orders to one session are obeyed in the order they were given, each within 5 ms. An order to a session
/// that has ended is ignored.
#[derive(Debug)]
pub enum Command {
    /// New signalling: where and how to send. Only this unlocks a learnt source address. Sent again with
    /// the same address (session refresh, hold) it keeps the lock.
    SetRemote(Negotiated),
    /// Play a prompt to the caller. Answered by one [`Event::PlayDone`](crate::Event::PlayDone).
    Play {
        /// The caller's own number for this prompt, returned in the event.
        play_id: u64,
        /// What to play.
        source: PlaySource,
        /// How often; 0 = until [`Command::StopPlay`] or the next prompt that replaces it.
        loops: u32,
        /// Before or after what is already playing.
        mode: PlayMode,
    },
    /// Stop the prompt that plays and forget all that wait; each gives `PlayDone { finished: false }`.
    StopPlay,
    /// Whether digits are also looked for in the audio itself. RFC 4733 digits are always told.
    CollectDtmf {
        /// Listen for tones in the audio: only useful when the other side has no telephone-event.
        inband: bool,
    },
    /// Start a recording. Answered by one [`Event::RecordDone`](crate::Event::RecordDone). While another
    /// recording runs that one is stopped first.
    StartRecord(Record),
    /// Interrupt the running recording.
    PauseRecord {
        /// `true` records silence meanwhile, `false` leaves the time out.
        silence: bool,
    },
    /// Go on after [`Command::PauseRecord`].
    ResumeRecord,
    /// End the running recording with [`RecordEnd::Stopped`](crate::RecordEnd::Stopped).
    StopRecord,
    /// Send digits: `0-9 * # A-D`, `w` waits 500 ms, `W` 1 s; others are ignored, and so is what comes after
    /// 64 waiting digits. RFC 4733 when negotiated, tones otherwise. Prompts pause meanwhile.
    /// Answered by [`Event::DtmfSent`](crate::Event::DtmfSent).
    SendDtmf {
        /// The digits and waits.
        digits: String,
    },
    /// Join this session's audio with another's, both ways. An earlier bridge of either is undone.
    Bridge {
        /// The other session; open it with `near` this one so that both share a thread.
        peer: SessionId,
        /// Whether RFC 4733 digits are passed on to the peer (they are told as events in any case).
        relay_dtmf: bool,
    },
    /// Undo the bridge, for both sessions.
    Unbridge,
    /// Become a member of a mix, leaving any bridge or other mix. While something is played to a member it hears
    /// that instead of the mix; it is heard all the same.
    JoinMix {
        /// Which one.
        mix: MixId,
        /// What it may do there.
        member: MixMember,
    },
    /// Change what a member may do. Without a mix nothing happens.
    SetMember(MixMember),
    /// Leave the mix.
    LeaveMix,
    /// Withhold this caller's audio from bridge, mix and recording; digits still count.
    Mute(bool),
    /// Play a telephone tone while no prompt plays, or stop it with `None`.
    Tone(Option<Tone>),
    /// End the session: RTCP BYE, recording and prompts end, then [`Event::Closed`](crate::Event::Closed).
    Close,
}

/// What a member of a mix may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MixMember {
    /// Others hear it.
    pub speaks: bool,
    /// It hears the others; if not, it gets silence, or what is played to it alone.
    pub hears: bool,
    /// Only this member of the mix hears it, beside everybody else.
    pub coach: Option<SessionId>,
    /// Tell when it begins and ends to talk, by [`Event::Talking`](crate::Event::Talking).
    pub talk_events: bool,
    /// How long what it says may be kept back.
    pub depth: Depth,
}

/// How deep the jitter buffer of what is heard may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Depth {
    /// Kept back at least, in ms.
    pub least_ms: u32,
    /// Kept back at most, in ms, up to 640.
    pub most_ms: u32,
}

impl Default for Depth {
    /// 20 to 200 ms, which is that of every other audio.
    fn default() -> Self {
        Self { least_ms: 20, most_ms: 200 }
    }
}

impl Default for MixMember {
    /// Speaks and hears.
    fn default() -> Self {
        Self { speaks: true, hears: true, coach: None, talk_events: false, depth: Depth::default() }
    }
}

/// An order to a mix, given with [`Media::send_mix`](crate::Media::send_mix).
#[derive(Debug)]
pub enum MixCommand {
    /// Play to all who hear the mix, beside what the members say. Prompts follow each other as those of a session.
    /// Answered by one [`Event::PlayDone`](crate::Event::PlayDone) with the token of the mix.
    Play {
        /// The caller's own number for this prompt, returned in the event.
        play_id: u64,
        /// What to play.
        source: PlaySource,
        /// How often; 0 = until [`MixCommand::StopPlay`].
        loops: u32,
    },
    /// Stop the prompt that plays and forget all that wait.
    StopPlay,
    /// Record what is heard by a member that says nothing. Of the two channels of
    /// [`RecordChannels::Dual`] both carry it; stop keys mean nothing here. Answered by one
    /// [`Event::RecordDone`](crate::Event::RecordDone) with the token of the mix.
    StartRecord(Record),
    /// Interrupt the running recording.
    PauseRecord {
        /// `true` records silence meanwhile, `false` leaves the time out.
        silence: bool,
    },
    /// Go on after [`MixCommand::PauseRecord`].
    ResumeRecord,
    /// End the running recording.
    StopRecord,
    /// End the mix: prompts and recording end, members hear silence until they leave.
    Close,
}

/// Where the audio of a prompt comes from.
#[derive(Debug, Clone)]
pub enum PlaySource {
    /// Decoded audio, shared between all calls that play it.
    Prompt(Prompt),
    /// Silence of this many ms.
    Silence(u32),
    /// A tone of this many ms.
    Tone(Tone, u32),
}

/// How a new prompt meets those already there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PlayMode {
    /// After the prompts that wait, without a gap: sample follows sample. At most
    /// [`MAX_QUEUED_PROMPTS`](crate::MAX_QUEUED_PROMPTS) wait; one more ends at once with `finished: false`.
    #[default]
    Queue,
    /// Instead of all prompts that play or wait.
    Replace,
}

/// What to record and when to stop.
#[derive(Debug)]
pub struct Record {
    /// The caller's own number for this recording, returned in the event.
    pub record_id: u64,
    /// Where the audio goes.
    pub sink: RecordSink,
    /// Longest recording in ms; 0 = no limit but the session's.
    pub max_ms: u32,
    /// Stop after this much silence from the caller, in ms; 0 = never. Counts from the start.
    pub silence_ms: u32,
    /// Digits that end the recording, such as `#`, or `1234567890*#` for any.
    pub stop_keys: String,
    /// Play a 1 000 Hz beep to the caller before the recording starts.
    pub beep: bool,
    /// Leave out silence at the beginning and at the end.
    pub trim: bool,
    /// Whose audio, and how it is laid out.
    pub channels: RecordChannels,
}

/// Whose audio a recording keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RecordChannels {
    /// What the session's own caller says; mono.
    #[default]
    Caller,
    /// What the caller hears; mono.
    Heard,
    /// What the caller says and hears, added; mono.
    Mixed,
    /// What the caller says on the left, what the caller hears on the right.
    Dual,
}

impl RecordChannels {
    /// Channels in the result: 1 or 2.
    pub fn count(self) -> u16 {
        match self {
            Self::Caller | Self::Heard | Self::Mixed => 1,
            Self::Dual => 2,
        }
    }
}

/// Where a recording goes.
pub enum RecordSink {
    /// A WAV file (16 bit, 8 000 Hz) under a random name in this directory, mode 0600, synced to disk
    /// before the event tells its path.
    Wav {
        /// An existing directory.
        dir: PathBuf,
    },
    /// The caller's own writer, such as one that encrypts.
    Custom(Box<dyn SinkWriter>),
}

impl fmt::Debug for RecordSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wav { dir } => f.debug_struct("Wav").field("dir", dir).finish(),
            Self::Custom(_) => f.write_str("Custom"),
        }
    }
}

/// Takes the audio of one recording. Called from a writer thread, which may be blocked at will: the session
/// keeps [`MediaConfig::record_ring_ms`](crate::MediaConfig::record_ring_ms) meanwhile.
pub trait SinkWriter: Send {
    /// Appends samples at 8 000 Hz; with two channels left and right alternate.
    fn write(&mut self, samples: &[i16]) -> io::Result<()>;
    /// Ends the recording: makes it durable. `empty` says that nobody spoke.
    fn finish(&mut self, empty: bool) -> io::Result<Saved>;
}

/// What became of a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Saved {
    /// A file, complete and synced.
    File {
        /// Where it is.
        path: PathBuf,
        /// Its size.
        bytes: u64,
    },
    /// The caller's own writer has it.
    Custom,
}
