//! What a leg hears, and who listens to it: prompts, recordings, recognisers, streams.

use flexio_markup::{Track, Voice};

use super::{LegId, ListeningId, PromptId, RecordingId, StreamId};

/// What to play to a leg.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Play {
    /// Names the answer.
    pub prompt: PromptId,
    /// To whom.
    pub leg: LegId,
    /// What.
    pub source: PromptSource,
    /// How often, 1 to 1000.
    pub times: u16,
}

/// Something to be heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PromptSource {
    /// Speech.
    Speech {
        /// Plain text.
        text: String,
        /// The same with SSML elements, when the document had any.
        ssml: Option<String>,
        /// Who speaks.
        voice: Voice,
        /// Language as the document wrote it, else the account's.
        language: String,
    },
    /// An audio file by absolute URL.
    Url(String),
    /// DTMF sent to the party on the leg (RFC 4733); `w` is 0.5 s, `W` 1 s of pause.
    Digits(String),
    /// The beep before a recording.
    Beep,
    /// Ring-back until stopped; never answered by `PromptDone`.
    Ringback {
        /// Country of the tone; `None` is the platform's own.
        country: Option<String>,
    },
    /// An audio file by absolute URL, over and over until stopped; never answered by `PromptDone`.
    Music(String),
    /// The platform's own music for those who wait, over and over until stopped; never answered by `PromptDone`.
    HoldMusic,
}

/// What to record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartRecording {
    /// Names the answer.
    pub recording: RecordingId,
    /// Its sid.
    pub sid: String,
    /// Whose media.
    pub leg: LegId,
    /// Why.
    pub source: RecordingSource,
    /// One or two channels.
    pub channels: u8,
    /// Which side.
    pub track: Track,
    /// Ends by itself after this many seconds.
    pub max_length_s: u32,
    /// Ends by itself after this many seconds of silence.
    pub silence_timeout_s: Option<u32>,
    /// Remove silence at both ends.
    pub trim: bool,
}

/// What a recording was made by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordingSource {
    /// `<Record>`.
    RecordVerb,
    /// `<Dial record>`.
    DialVerb,
    /// The `Record` parameter of a call made over REST.
    OutboundApi,
    /// A recording of a live call asked for over the API.
    CallApi,
    /// A document's wish to record its conference.
    Conference,
    /// A recording of a conference asked for over the API.
    ConferenceApi,
}

impl RecordingSource {
    /// As the API spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RecordVerb => "RecordVerb",
            Self::DialVerb => "DialVerb",
            Self::OutboundApi => "OutboundAPI",
            Self::CallApi => "StartCallRecordingAPI",
            Self::Conference => "Conference",
            Self::ConferenceApi => "StartConferenceRecordingAPI",
        }
    }
}

/// How to find out who answered a leg. Times in milliseconds but the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DetectMachine {
    /// Which leg.
    pub leg: LegId,
    /// Wait for the end of a machine's greeting.
    pub message_end: bool,
    /// Seconds until the verdict is `unknown`.
    pub timeout_s: u32,
    /// Speech longer than this is a machine's.
    pub speech_threshold_ms: u32,
    /// Silence that ends speech.
    pub speech_end_threshold_ms: u32,
    /// Silence at the beginning after which the verdict is `unknown`.
    pub silence_timeout_ms: u32,
}

/// A recording to be recognised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transcribe {
    /// Names the answer.
    pub listening: ListeningId,
    /// Whose speech.
    pub leg: LegId,
    /// BCP 47.
    pub language: String,
}

/// Speech to be recognised: one utterance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen {
    /// Names the answers.
    pub listening: ListeningId,
    /// Whose speech.
    pub leg: LegId,
    /// Language as the document wrote it.
    pub language: String,
    /// Words to be expected.
    pub hints: Vec<String>,
    /// Silence in seconds that ends the utterance; `None` leaves it to the recogniser.
    pub silence_s: Option<u32>,
    /// The utterance ends after so many seconds of speech, whatever follows; `None` leaves that to the recogniser's own limit.
    pub longest_s: Option<u32>,
    /// What holds less voice than so many seconds is told as [`Heard::TooShort`](crate::Heard::TooShort).
    pub shortest_s: Option<u32>,
}

/// A media stream to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartStream {
    /// Names the answers.
    pub stream: StreamId,
    /// Its sid.
    pub sid: String,
    /// Whose media.
    pub leg: LegId,
    /// Absolute `wss:` or `ws:` URL.
    pub url: String,
    /// Which side is sent.
    pub track: Track,
    /// What the application is told at its beginning, in order.
    pub parameters: Vec<(String, String)>,
    /// The application may play audio to the leg and is told of its keys.
    pub is_bidirectional: bool,
}
