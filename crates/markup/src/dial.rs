//! `<Dial>` and whom it connects.

use crate::queue::{Conference, QueueNoun};
use crate::verbs::{Method, RecordingCallback, RecordingPurpose, Target, Track};

/// `<Dial>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dial {
    /// Whom to connect.
    pub to: DialTo,
    /// Where the outcome goes; without it the next verb runs.
    pub action: Option<Target>,
    /// Seconds a party may ring, 1 to 600.
    pub timeout_s: u32,
    /// Longest conversation in seconds, 1 to 14 400.
    pub time_limit_s: u32,
    /// What the dialled party sees; `None` is the caller's own id.
    pub caller_id: Option<String>,
    /// When the recording starts and how many channels it has.
    pub record: RecordMode,
    /// Which side is recorded.
    pub recording_track: Track,
    /// What the recording is for.
    pub recording_purpose: Option<RecordingPurpose>,
    /// Remove silence at both ends of the recording.
    pub trim: bool,
    /// News of the recording.
    pub recording_callback: Option<RecordingCallback>,
    /// Audio for the caller instead of ring-back.
    pub dial_music: Option<String>,
    /// Country of the ring-back tone, two letters.
    pub ring_tone: Option<String>,
    /// `*` of the caller ends the conversation and goes on with the document.
    pub hangup_on_star: bool,
    /// Answer the caller only when a party answers; `None` is the account's default.
    pub answer_on_bridge: Option<bool>,
    /// Ring the parties one after another instead of all at once.
    pub sequential: bool,
    /// Document for a SIP REFER received from a party.
    pub refer: Option<Target>,
}

/// Whom a `<Dial>` connects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DialTo {
    /// One to ten parties; the first to answer (and accept) is connected.
    Parties(Vec<Party>),
    /// A conference room.
    Conference(Box<Conference>),
    /// A queue.
    Queue(Box<QueueNoun>),
}

/// A `<Number>`, `<Client>` or `<Sip>` noun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// Line of its start tag; of the `<Dial>` for plain text.
    pub line: u32,
    /// Where to reach it.
    pub endpoint: Endpoint,
    /// SIP headers to add, names as written (`X-…`); no control characters.
    pub headers: Vec<(String, String)>,
    /// DTMF to send after the answer; `w` is 0.5 s.
    pub send_digits: Option<String>,
    /// Document to run for the called party before it is connected.
    pub screening: Option<Screening>,
    /// Where the leg's progress goes.
    pub status_callback: Option<StatusCallback>,
    /// Answering-machine detection.
    pub machine_detection: Option<MachineDetection>,
    /// What the call is about, shown to the called party: 1 to 50 characters, none of them control characters.
    pub call_reason: Option<String>,
}

/// Where a dialled party is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// A telephone number as written.
    Number(String),
    /// A registered client by name.
    Client {
        /// Name (Twilio: `<Identity>`).
        name: String,
        /// `<Parameter name value>` children.
        parameters: Vec<(String, String)>,
    },
    /// A SIP URI under 255 characters, `sip:` or `sips:` included, headers removed.
    Sip {
        /// The URI.
        uri: String,
        /// Digest credentials.
        username: Option<String>,
        /// Digest credentials.
        password: Option<String>,
    },
}

/// `url` of a noun: runs on the called leg after its answer, before the bridge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Screening {
    /// The document.
    pub target: Target,
    /// Seconds the called party has to accept.
    pub timeout_s: u32,
}

/// `statusCallback` of a noun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusCallback {
    /// Where.
    pub target: Target,
    /// Which events; by dialect when none were written.
    pub events: ProgressEvents,
}

/// A subset of `initiated ringing answered completed text`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "a set of five named events")]
pub struct ProgressEvents {
    /// Dialling starts.
    pub initiated: bool,
    /// The far end rings.
    pub ringing: bool,
    /// Picked up.
    pub answered: bool,
    /// Ended for any reason.
    pub completed: bool,
    /// Somebody types (RFC 4103); only where it is asked for.
    pub text: bool,
}

impl ProgressEvents {
    /// Only the end of the call: the Twilio default.
    pub const COMPLETED: Self =
        Self { initiated: false, ringing: false, answered: false, completed: true, text: false };
    /// All of its life: the default of the later Restcomm generation.
    pub const ALL: Self =
        Self { initiated: true, ringing: true, answered: true, completed: true, text: false };

    /// Reads a list separated by spaces or commas; `None` when nothing known is in it.
    pub fn parse(list: &str) -> Option<Self> {
        let mut events =
            Self { initiated: false, ringing: false, answered: false, completed: false, text: false };
        for word in list.split([' ', ',', '\t', '\n']).filter(|w| !w.is_empty()) {
            match word {
                "initiated" => events.initiated = true,
                "ringing" => events.ringing = true,
                "answered" => events.answered = true,
                "completed" => events.completed = true,
                "text" => events.text = true,
                _ => {}
            }
        }
        let any = events.initiated || events.ringing || events.answered || events.completed || events.text;
        any.then_some(events)
    }
}

/// `record` of `<Dial>`; RCML's `true` is [`RecordMode::FromAnswer`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RecordMode {
    /// Not recorded.
    #[default]
    Off,
    /// One channel, from the bridge on.
    FromAnswer,
    /// One channel, from ringing on.
    FromRinging,
    /// One channel for each party, from the bridge on.
    FromAnswerDual,
    /// One channel for each party, from ringing on.
    FromRingingDual,
}

impl RecordMode {
    /// 2 with a party on each, else 1.
    pub const fn channels(self) -> u8 {
        match self {
            Self::Off | Self::FromAnswer | Self::FromRinging => 1,
            Self::FromAnswerDual | Self::FromRingingDual => 2,
        }
    }
}

/// Answering-machine detection on a dialled leg. Times in milliseconds but the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineDetection {
    /// Wait for the end of the machine's greeting (`DetectMessageEnd`), not only for a verdict.
    pub message_end: bool,
    /// Seconds until the verdict is `unknown`.
    pub timeout_s: u32,
    /// Speech longer than this is a machine.
    pub speech_threshold_ms: u32,
    /// Silence after speech that ends a greeting.
    pub speech_end_threshold_ms: u32,
    /// Initial silence after which the verdict is `unknown`.
    pub silence_timeout_ms: u32,
    /// Where the verdict goes.
    pub callback: Option<Target>,
}

impl Party {
    /// A party with nothing but its address.
    pub fn plain(endpoint: Endpoint, line: u32) -> Self {
        Self {
            line,
            endpoint,
            headers: Vec::new(),
            send_digits: None,
            screening: None,
            status_callback: None,
            machine_detection: None,
            call_reason: None,
        }
    }
}

impl Dial {
    /// Default of `timeout`, seconds.
    pub const TIMEOUT_S: u32 = 30;
    /// Default and maximum of `timeLimit`, seconds.
    pub const TIME_LIMIT_S: u32 = 14_400;
    /// Most parties one `<Dial>` may ring.
    pub const MAX_PARTIES: usize = 10;

    /// A `<Dial>` of `to` with every attribute at its default.
    pub fn new(to: DialTo) -> Self {
        Self {
            to,
            action: None,
            timeout_s: Self::TIMEOUT_S,
            time_limit_s: Self::TIME_LIMIT_S,
            caller_id: None,
            record: RecordMode::Off,
            recording_track: Track::Both,
            recording_purpose: None,
            trim: false,
            recording_callback: None,
            dial_music: None,
            ring_tone: None,
            hangup_on_star: false,
            answer_on_bridge: None,
            sequential: false,
            refer: None,
        }
    }
}

impl From<(String, Method)> for Target {
    fn from((url, method): (String, Method)) -> Self {
        Self { url, method }
    }
}
