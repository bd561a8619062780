//! What may happen to a call: the closed list of inputs of the machine.

use flexio_markup::{Dialect, Document, Key, Target};

use crate::actions::{LegId, ListeningId, PromptId, RecordingId, RequestId, StreamId};
use crate::facts::RecordCall;

/// Something that happened. Events about a leg, prompt, recording or request that is already over
/// are ignored, so a shell may report late and twice without harm.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// First event of every call. An inbound INVITE has arrived and nothing but 100 was answered,
    /// or an outbound call was accepted over REST.
    Start,
    /// The called party's phone rings (180, or 183 with media). Outgoing legs only.
    LegRinging {
        /// Which leg.
        leg: LegId,
    },
    /// The called party's network sends sound before the answer (183 with a description). Outgoing legs only; any number of
    /// times, after or instead of `LegRinging`.
    LegEarlyMedia {
        /// Which leg.
        leg: LegId,
    },
    /// The called party answered; media flows. Outgoing legs only.
    LegAnswered {
        /// Which leg.
        leg: LegId,
        /// What its 200 said.
        sip: SipFacts,
    },
    /// An outgoing leg was refused, or never got an answer, before it was answered.
    LegFailed {
        /// Which leg.
        leg: LegId,
        /// The final SIP status, 300 to 699 (408 when the far end was silent).
        status: u16,
        /// What the final response said.
        sip: SipFacts,
    },
    /// The party on the leg is gone: BYE, CANCEL before the answer, transport or media lost.
    LegHungUp {
        /// Which leg.
        leg: LegId,
    },
    /// The shell would not dial: caller id not allowed (13214), destination not allowed, no
    /// balance, client not registered, no route.
    DialRefused {
        /// Which leg.
        leg: LegId,
        /// Notification code; 13214 stops the document.
        code: u32,
        /// One sentence for the notification.
        text: String,
    },
    /// How long a leg may talk, before it is called and as the answer to [`crate::Action::AskCredit`].
    Granted {
        /// Which leg.
        leg: LegId,
        /// Seconds from its answer, in all; no more than before where nothing more could be had.
        seconds: u32,
    },
    /// A prompt ended by itself. Not sent for one stopped by [`crate::Action::StopPrompt`].
    PromptDone {
        /// Which prompt.
        prompt: PromptId,
        /// `Err` holds a sentence for the notification; the next verb runs all the same.
        result: Result<(), PromptError>,
    },
    /// A key was pressed and released on a leg. Sent once per key, in order.
    Digit {
        /// Which leg.
        leg: LegId,
        /// Which key.
        key: Key,
    },
    /// Somebody typed this, as real-time text (RFC 4103): characters in order, U+0008 takes one back, U+FFFD stands for what was lost.
    Text {
        /// Who.
        leg: LegId,
        /// The characters.
        text: String,
    },
    /// A recording ended, by its own limits or after [`crate::Action::StopRecording`].
    RecordingDone {
        /// Which recording.
        recording: RecordingId,
        /// What became of it.
        outcome: RecordingOutcome,
    },
    /// Answer to [`crate::Action::DetectMachine`].
    MachineDetected {
        /// Which leg.
        leg: LegId,
        /// Who answered.
        verdict: AnsweredBy,
    },
    /// A recogniser heard something.
    Heard {
        /// Which listening.
        listening: ListeningId,
        /// What.
        heard: Heard,
    },
    /// A media stream has its connection; audio runs.
    StreamStarted {
        /// Which stream.
        stream: StreamId,
    },
    /// A media stream ended by the application's doing, or could not be opened. Not sent for one stopped by
    /// [`crate::Action::StopStream`].
    StreamEnded {
        /// Which stream.
        stream: StreamId,
        /// `None` when the application closed it in good order.
        error: Option<StreamError>,
    },
    /// Something about a running media stream is worth a warning to the customer.
    StreamWarning {
        /// Which stream.
        stream: StreamId,
        /// What.
        warning: StreamError,
    },
    /// Whom the call talked with in a queue sends it elsewhere: another document for the first leg.
    SentElsewhere {
        /// Where it is; absolute URL.
        target: Target,
        /// What that request tells besides.
        params: Vec<(String, String)>,
    },
    /// Messages between the phone on a leg and its application.
    Messaging {
        /// Whose phone.
        leg: LegId,
        /// What.
        news: MessagingNews,
    },
    /// A media stream was asked for over the API, one-way, under this sid.
    NewStream {
        /// Whose media.
        leg: LegId,
        /// Its sid.
        sid: String,
        /// What was asked for; URLs are absolute.
        stream: Box<flexio_markup::Stream>,
    },
    /// A recording of a live leg was asked for over the API, under this sid.
    NewRecording {
        /// Whose.
        leg: LegId,
        /// Its sid.
        sid: String,
        /// How.
        record: Box<RecordCall>,
    },
    /// The end of a media stream was asked for over the API.
    EndStream {
        /// Whose media.
        leg: LegId,
        /// Which stream of this leg.
        stream: StreamRef,
    },
    /// Answer to [`crate::Action::Fetch`].
    Document {
        /// Which fetch.
        request: RequestId,
        /// The document, or why there is none.
        result: Result<Document, FetchError>,
    },
    /// Answer to [`crate::Action::SendMessage`] and [`crate::Action::SendEmail`].
    MessageDone {
        /// Which message.
        request: RequestId,
        /// Accepted, or why not.
        result: Result<MessageAccepted, MessageRefused>,
    },
    /// A conference tells one of its participants something.
    Room {
        /// Which leg.
        leg: LegId,
        /// What.
        news: crate::actions::RoomNews,
    },
    /// A queue tells one of the calls in it something.
    Queue {
        /// Which leg.
        leg: LegId,
        /// What.
        news: crate::queue::QueueNews,
    },
    /// Answer to [`crate::Action::Hold`].
    Held {
        /// Which leg.
        leg: LegId,
        /// As it was asked.
        on: bool,
        /// Status of the answer to the re-INVITE; 408 when there was none.
        status: u16,
    },
    /// Answer to [`crate::Action::Refer`].
    ReferAnswered {
        /// Which leg.
        leg: LegId,
        /// Status; 2xx means that the far end tries.
        status: u16,
        /// [`Event::ReferProgress`] follows.
        watched: bool,
    },
    /// How the call goes that the far end makes.
    ReferProgress {
        /// Which leg.
        leg: LegId,
        /// Its status.
        status: u16,
        /// Nothing more will be told.
        over: bool,
    },
    /// The party on a leg asks for a transfer. Always answered by [`crate::Action::AnswerRefer`] in the same batch.
    Referred {
        /// Which leg.
        leg: LegId,
        /// Whom to call, a SIP URI.
        target: String,
    },
    /// Live modification: drop the running document and run the one at `target`.
    NewUrl {
        /// Absolute URL and method.
        target: Target,
        /// Replaces the fallback when given.
        fallback: Option<Target>,
    },
    /// Live modification of a dialled leg, or of both legs of a bridge: each goes on with the new document, the dialled one as a call of
    /// its own. Does nothing unless [`crate::Call::can_move`].
    Move {
        /// The first leg gets the document too; if not, it goes on with what follows its `<Dial>`.
        both: bool,
        /// The document or where it is.
        source: crate::actions::Source,
        /// Replaces the fallback when given.
        fallback: Option<Target>,
    },
    /// Live modification: hold a leg, or take it back. Does nothing while the last such wish is not answered.
    HoldLeg {
        /// Which leg.
        leg: LegId,
        /// True to hold.
        on: bool,
        /// What it hears meanwhile, by absolute URL.
        music: Option<String>,
    },
    /// Live modification: send keys to the party on a leg.
    SendDigits {
        /// Which leg.
        leg: LegId,
        /// `0-9 * # A-D`, `w` and `W`.
        digits: String,
    },
    /// Live modification: say something to a leg over its conversation. Does nothing where it has none, see
    /// [`crate::Call::in_conversation`].
    Interject {
        /// Which leg.
        leg: LegId,
        /// `Say`, `Play` and `Pause`.
        document: Document,
    },
    /// Another call takes one that rings on this leg of a `<Dial>`: the first leg goes on with this document, and whoever rings is told
    /// that somebody else has answered.
    PickedUp {
        /// Which leg rings.
        leg: LegId,
        /// Leads to whoever has taken the call.
        document: Document,
    },
    /// Live modification with the document itself (`Twiml` parameter).
    NewDocument {
        /// Parsed already.
        document: Document,
    },
    /// Live modification: the status callback of the call's own leg was replaced.
    NewStatusCallback {
        /// The new one.
        callback: flexio_markup::StatusCallback,
    },
    /// Live modification: a new `TimeLimit`, counted in seconds from the answer.
    NewTimeLimit {
        /// Seconds, from 1.
        seconds: u32,
    },
    /// Live modification `Status=completed`: end the leg whatever its state.
    Complete {
        /// Which leg; the first ends the call.
        leg: LegId,
    },
    /// Live modification `Status=canceled`: end the leg unless it was answered.
    Cancel {
        /// Which leg; the first ends the call.
        leg: LegId,
    },
    /// [`crate::Call::deadline`] has passed. Harmless when it has not.
    Timeout,
    /// The node stops and can wait no longer: end everything now.
    Shutdown,
}

/// What a final SIP response told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SipFacts {
    /// `Call-ID` of the leg's dialog.
    pub call_id: Option<String>,
    /// Headers whose name starts with `X-`, in order, as received.
    pub x_headers: Vec<(String, String)>,
}

/// A prompt that could not be played.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptError {
    /// Notification code, such as 12400 or 21402.
    pub code: u32,
    /// One sentence.
    pub text: String,
}

/// Who answered a leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnsweredBy {
    /// A person.
    Human,
    /// A machine, whose greeting may go on.
    MachineStart,
    /// A machine, and its beep is over.
    MachineEndBeep,
    /// A machine, and its greeting is over.
    MachineEndSilence,
    /// A machine whose greeting did not end in time.
    MachineEndOther,
    /// A fax.
    Fax,
    /// It could not be found out.
    Unknown,
}

impl AnsweredBy {
    /// As `AnsweredBy` spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::MachineStart => "machine_start",
            Self::MachineEndBeep => "machine_end_beep",
            Self::MachineEndSilence => "machine_end_silence",
            Self::MachineEndOther => "machine_end_other",
            Self::Fax => "fax",
            Self::Unknown => "unknown",
        }
    }
}

/// What a recogniser heard.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    /// Somebody speaks.
    Begun,
    /// The text so far: what will not change any more, and what may.
    Partial {
        /// Will not change.
        stable: String,
        /// May change.
        unstable: String,
    },
    /// The utterance is over; the text is empty when nothing was understood.
    Done(Utterance),
    /// The utterance is over and was shorter than what counts; the listening is over too.
    TooShort,
    /// There is no recogniser for this, or it is gone.
    Failed {
        /// One sentence without its full stop.
        text: String,
    },
}

/// What happens to messages between a phone in a call and its application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MessagingNews {
    /// The application sends one.
    Send {
        /// Its sid; one that was sent before is not sent again.
        sid: String,
        /// JSON.
        content: String,
    },
    /// The phone sent one.
    Received {
        /// Its sid.
        sid: String,
        /// JSON.
        content: String,
    },
    /// Those of the phone are wanted.
    Subscribe {
        /// Sid of the subscription; one that is there is not made again.
        sid: String,
        /// Told of each; absolute URL.
        target: Target,
    },
    /// They are wanted no more.
    Unsubscribe {
        /// Sid of the subscription.
        sid: String,
    },
}

/// What was said.
#[derive(Debug, Clone, PartialEq)]
pub struct Utterance {
    /// The words.
    pub text: String,
    /// From 0 to 1, when the recogniser tells.
    pub confidence: Option<f32>,
    /// The language really used, as BCP 47.
    pub language: String,
}

/// What is wrong with a media stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamError {
    /// Notification code, such as 31920 (no upgrade) or 31921 (connection lost).
    pub code: u32,
    /// One sentence.
    pub text: String,
}

/// How the API names a media stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StreamRef {
    /// By its sid.
    Sid(String),
    /// By the name it was given.
    Name(String),
}

/// How a recording ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordingOutcome {
    /// It exists.
    Completed {
        /// Length in milliseconds, after trimming.
        duration_ms: u64,
        /// Where applications get it.
        url: String,
        /// The Restcomm `PublicRecordingUrl`, when there is one.
        public_url: Option<String>,
    },
    /// Nothing was recorded, or only silence.
    Absent,
    /// The recording was lost.
    Failed {
        /// One sentence for the notification.
        text: String,
    },
}

/// The message was taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageAccepted {
    /// Its sid.
    pub sid: String,
    /// Its status now, as the dialects spell it (`queued`, `sent`).
    pub status: String,
}

/// The message was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageRefused {
    /// Notification code, such as 14101 (to), 14102 (from), 14103 (body), 11001 (not allowed).
    pub code: u32,
    /// One sentence.
    pub text: String,
}

/// Why a document could not be had. Retries have already been made by the shell.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The server answered another status than 200 or 204.
    #[error("the application answered HTTP status {0}")]
    Status(u16),
    /// No connection, no name, TLS failure, or the connection broke.
    #[error("the application could not be reached: {0}")]
    Connect(String),
    /// No complete answer within the limit.
    #[error("the application did not answer in time")]
    Timeout,
    /// The body was larger than the limit.
    #[error("the application's answer is too large")]
    TooLarge,
    /// More redirects than are followed.
    #[error("the application redirects too often")]
    Redirects,
    /// The URL is malformed or leads to a forbidden place.
    #[error("the URL is not allowed: {0}")]
    Forbidden(String),
    /// The content type is none of those a document may have.
    #[error("the content type {0} is not a document")]
    ContentType(String),
    /// The body is no well-formed document, or beyond a limit.
    #[error("the document is not valid: {0}")]
    Parse(String),
}

impl FetchError {
    /// The notification code that tells it: Twilio's ("Error and Warning Dictionary") for TwiML, Restcomm's else.
    pub fn code(&self, dialect: Dialect) -> u32 {
        let (rcml, twiml) = match self {
            Self::Status(404) => (21402, 11200),
            Self::Status(_) => (11206, 11200),
            Self::TooLarge => (11206, 11750),
            Self::Redirects => (11206, 11215),
            Self::Connect(_) => (11205, 11205),
            Self::Timeout => (11205, 11200),
            Self::Forbidden(_) => (11100, 11100),
            Self::ContentType(_) => (12300, 12300),
            Self::Parse(_) => (12100, 12100),
        };
        if dialect == Dialect::Twiml { twiml } else { rcml }
    }
}
