//! What a room wants done.

use flexio_markup::{JitterBufferSize, Method, Target};
use jiff::Timestamp;

use crate::actions::{LegId, PromptId, PromptSource, RecordingFact, RecordingId, RequestId, RoomNews};

/// What the shell must do, in the order given.
#[derive(Debug, Clone, PartialEq)]
pub enum RoomAction {
    /// Tell a call's machine, as [`crate::Event::Room`].
    Tell {
        /// The call.
        call_sid: String,
        /// Its leg.
        leg: LegId,
        /// What.
        news: RoomNews,
    },
    /// Mix a participant's media with the others', or no longer.
    Member {
        /// The call.
        call_sid: String,
        /// How; `None` takes it out of the mix.
        mixed: Option<Mixed>,
    },
    /// Show text to a participant, if his phone can.
    Text {
        /// The call.
        call_sid: String,
        /// Its leg.
        leg: LegId,
        /// In the alphabet of [`super::RoomEvent::Text`]; others' labels are in it.
        text: String,
    },
    /// Play to everyone in the mix and answer with [`super::RoomEvent::PromptDone`].
    Play {
        /// Names the answer.
        prompt: PromptId,
        /// What.
        source: PromptSource,
        /// How often.
        times: u16,
    },
    /// Stop what plays to everyone.
    StopPlay,
    /// Get a document with something to announce; answered by [`super::RoomEvent::Document`].
    Fetch {
        /// Names the answer.
        request: RequestId,
        /// Absolute.
        target: Target,
        /// Form or query parameters in order.
        params: Vec<(String, String)>,
    },
    /// Record the mix and answer with [`super::RoomEvent::RecordingDone`].
    StartRecording {
        /// Names the answer.
        recording: RecordingId,
        /// Its sid.
        sid: String,
        /// Ends by itself after this many seconds.
        max_length_s: u32,
        /// Remove silence at both ends.
        trim: bool,
    },
    /// Interrupt it.
    PauseRecording {
        /// Record silence meanwhile.
        silence: bool,
    },
    /// Go on.
    ResumeRecording,
    /// End it; it is answered as always.
    StopRecording,
    /// The conference has a new status. To be saved; each status once, in order.
    Fact(RoomFact),
    /// A participant came, changed or left. To be saved.
    Participant(ParticipantFact),
    /// A call that was expected ended without having joined, or the conference ended before. To be saved.
    NeverCame {
        /// The call.
        call_sid: String,
    },
    /// A recording began or ended. To be saved.
    RecordingFact(RecordingFact),
    /// A webhook whose answer is ignored. To be queued with the facts of the same batch.
    Callback {
        /// Absolute URL.
        url: String,
        /// GET or POST.
        method: Method,
        /// In order.
        params: Vec<(String, String)>,
    },
    /// The last action: free the machine and its mix.
    Done,
}

/// How a participant is mixed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mixed {
    /// Whether it is heard.
    pub speaks: bool,
    /// The call that alone hears it.
    pub coaches: Option<String>,
    /// Report when it begins and ceases to speak.
    pub talk_events: bool,
    /// How long its audio may be kept back.
    pub jitter_buffer: JitterBufferSize,
}

/// The part of a participant's place that decides how it is mixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Voice {
    pub speaks: bool,
    pub coaching: bool,
}

/// Where a room's events go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomCallback {
    /// Absolute.
    pub target: Target,
    /// Which events, as documents write them.
    pub events: RoomEvents,
}

/// A subset of `start end join leave mute hold modify speaker announcement`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "a set of named events")]
pub struct RoomEvents {
    /// The conference has started.
    pub start: bool,
    /// The conference has ended.
    pub end: bool,
    /// A participant came.
    pub join: bool,
    /// A participant left.
    pub leave: bool,
    /// A participant was muted or unmuted.
    pub mute: bool,
    /// A participant was held or taken back.
    pub hold: bool,
    /// A participant was changed otherwise.
    pub modify: bool,
    /// A participant began or ceased to speak.
    pub speaker: bool,
    /// An announcement ended or failed.
    pub announcement: bool,
}

impl RoomEvents {
    /// Those a document names. None named: all but `speaker`, which come with every word.
    pub fn read(names: &[String]) -> Self {
        let mut events = Self::default();
        for name in names {
            match &**name {
                "start" => events.start = true,
                "end" => events.end = true,
                "join" => events.join = true,
                "leave" => events.leave = true,
                "mute" => events.mute = true,
                "hold" => events.hold = true,
                "modify" => events.modify = true,
                "speaker" => events.speaker = true,
                "announcement" => events.announcement = true,
                _ => {}
            }
        }
        if events != Self::default() {
            return events;
        }
        Self {
            start: true,
            end: true,
            join: true,
            leave: true,
            mute: true,
            hold: true,
            modify: true,
            speaker: false,
            announcement: true,
        }
    }
}

impl RoomEvents {
    /// Their names, as documents write them.
    pub fn names(self) -> Vec<String> {
        let named = [
            (self.start, "start"),
            (self.end, "end"),
            (self.join, "join"),
            (self.leave, "leave"),
            (self.mute, "mute"),
            (self.hold, "hold"),
            (self.modify, "modify"),
            (self.speaker, "speaker"),
            (self.announcement, "announcement"),
        ];
        named.into_iter().filter(|(wanted, _)| *wanted).map(|(_, name)| name.to_owned()).collect()
    }
}

/// Status of a conference. The order of the variants is the order of its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RoomStatus {
    /// Some are there, and it has not started.
    Init,
    /// Started.
    InProgress,
    /// Over.
    Completed,
}

/// The conference has a new status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomFact {
    /// Which.
    pub status: RoomStatus,
    /// Why it ended.
    pub reason: Option<ReasonEnded>,
    /// Whose leaving ended it.
    pub call_sid_ending: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// Why a conference ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReasonEnded {
    /// By request, or because its time was over.
    ViaApi,
    /// One with `endConferenceOnExit` left.
    EndOnExitLeft,
    /// One with `endConferenceOnExit` was taken out.
    EndOnExitKicked,
    /// The last was taken out.
    LastKicked,
    /// The last left.
    LastLeft,
}

impl ReasonEnded {
    /// As `ReasonConferenceEnded` spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ViaApi => "conference-ended-via-api",
            Self::EndOnExitLeft => "participant-with-end-conference-on-exit-left",
            Self::EndOnExitKicked => "participant-with-end-conference-on-exit-kicked",
            Self::LastKicked => "last-participant-kicked",
            Self::LastLeft => "last-participant-left",
        }
    }
}

/// Status of a participant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParticipantStatus {
    /// In the room.
    Connected,
    /// Gone.
    Complete,
}

/// A participant as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches, named as on the wire")]
pub struct ParticipantFact {
    /// The call.
    pub call_sid: String,
    /// In the room or gone.
    pub status: ParticipantStatus,
    /// Its own label.
    pub label: Option<String>,
    /// What it says is not passed on.
    pub muted: bool,
    /// It is out of the conversation.
    pub hold: bool,
    /// The call it coaches.
    pub coaches: Option<String>,
    /// It may start the conference.
    pub start_on_enter: bool,
    /// The conference ends when it leaves.
    pub end_on_exit: bool,
}
