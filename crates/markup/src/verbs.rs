//! The instruction tree: one type per verb, both dialects' superset.
//!
//! Durations are whole seconds in fields ending `_s`. URL attributes are kept as written; the
//! executing side resolves them with [`crate::resolve()`] against the URL of the running document.
//! Every field already holds its default when the attribute was absent or bad (a bad value also
//! leaves a [`crate::Warning`]).

pub use crate::dial::*;
use crate::keys::KeySet;
pub use crate::queue::*;

/// One instruction of a document and the line its element starts on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Line of the start tag, counted from 1; 0 for a step no document wrote (text/plain, audio).
    pub line: u32,
    /// What to do.
    pub verb: Verb,
}

/// A verb of a voice or messaging document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verb {
    /// Speak text.
    Say(Say),
    /// Play a file or DTMF tones.
    Play(Play),
    /// Wait.
    Pause(Pause),
    /// Collect keys or speech.
    Gather(Box<Gather>),
    /// Record the caller.
    Record(Box<Record>),
    /// Connect another party.
    Dial(Box<Dial>),
    /// Join a queue (as the waiting or the serving side, see [`QueueSide`]).
    Enqueue(Box<Enqueue>),
    /// Leave the queue; only meaningful in a queue's `waitUrl` document.
    Leave,
    /// Put the remote party on hold (RCML).
    Hold(Hold),
    /// Take the remote party off hold (RCML).
    Resume(Resume),
    /// Transfer the remote party by SIP REFER (RFC 3515).
    Refer(Refer),
    /// Send a message: `<Sms>` and `<Message>` are one verb.
    Message(Box<Message>),
    /// Send an e-mail (RCML).
    Email(Box<Email>),
    /// Continue with another document.
    Redirect(Redirect),
    /// Refuse the call without answering it.
    Reject(RejectReason),
    /// End the call.
    Hangup,
    /// Hand the call's media to a WebSocket and wait for it to end.
    Connect(Connect),
    /// Fork the call's media to a WebSocket and go on.
    Start(Start),
    /// End a stream made by [`Verb::Start`].
    Stop(StopStream),
}

impl Verb {
    /// The element's name as a document writes it, for notices and traces.
    pub fn name(&self) -> &'static str {
        match self {
            Verb::Say(_) => "Say",
            Verb::Play(_) => "Play",
            Verb::Pause(_) => "Pause",
            Verb::Gather(_) => "Gather",
            Verb::Record(_) => "Record",
            Verb::Dial(_) => "Dial",
            Verb::Enqueue(_) => "Enqueue",
            Verb::Leave => "Leave",
            Verb::Hold(_) => "Hold",
            Verb::Resume(_) => "Resume",
            Verb::Refer(_) => "Refer",
            Verb::Message(_) => "Message",
            Verb::Email(_) => "Email",
            Verb::Redirect(_) => "Redirect",
            Verb::Reject(_) => "Reject",
            Verb::Hangup => "Hangup",
            Verb::Connect(_) => "Connect",
            Verb::Start(_) => "Start",
            Verb::Stop(_) => "Stop",
        }
    }
}

/// HTTP method of a request to an application; absent or bad attributes mean `POST`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Method {
    /// Parameters in the query string.
    Get,
    /// Parameters as a form body.
    #[default]
    Post,
}

impl Method {
    /// `GET` or `POST`.
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
        }
    }
}

/// A URL as written and the method to ask it with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Absolute or relative URL, as written.
    pub url: String,
    /// GET or POST.
    pub method: Method,
}

/// Who speaks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Voice {
    /// The default male voice of the language.
    #[default]
    Man,
    /// The default female voice of the language.
    Woman,
    /// A voice by its engine's name, such as `Polly.Lotte`; engines may not have it.
    Named(String),
}

/// `<Say>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Say {
    /// What to speak, as plain text without any markup; never empty, at most
    /// [`crate::Limits::speech_chars`] characters.
    pub text: String,
    /// The same with its SSML elements (inner XML, without `<speak>`), when there were any.
    pub ssml: Option<String>,
    /// Who speaks.
    pub voice: Voice,
    /// Language code as written; see [`crate::language::resolve`].
    pub language: Option<String>,
    /// How often, 1 to 1000. `loop="0"` (until hang-up) is 1000.
    pub times: u16,
}

/// `<Play>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Play {
    /// Audio to play; `None` when only `digits` was given.
    pub url: Option<String>,
    /// DTMF to send first: `0-9 * # A-D`, `w` (0.5 s) and `W` (1 s).
    pub digits: Option<String>,
    /// How often, 1 to 1000. `loop="0"` (until hang-up) is 1000.
    pub times: u16,
}

/// `<Pause>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause {
    /// Seconds to wait, from 1; at most 14 400.
    pub length_s: u32,
}

/// What plays inside a `<Gather>` before its timeout starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prompt {
    /// Speak.
    Say(Say),
    /// Play.
    Play(Play),
    /// Wait.
    Pause(Pause),
}

/// What a `<Gather>` listens for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GatherInput {
    /// Keys.
    pub dtmf: bool,
    /// Speech.
    pub speech: bool,
}

/// Silence after speech that ends an utterance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpeechTimeout {
    /// The recogniser decides.
    Auto,
    /// Seconds.
    Seconds(u32),
}

/// `<Gather>`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent attribute of the verb")]
pub struct Gather {
    /// Where the input goes; `None` is the current document's URL.
    pub action: Option<String>,
    /// Method for `action`.
    pub method: Method,
    /// What to listen for.
    pub input: GatherInput,
    /// Seconds to wait for the first and each next key.
    pub timeout_s: u32,
    /// Seconds to wait for speech to start (RCML `preTimeout`).
    pub pre_timeout_s: Option<u32>,
    /// Silence that ends speech (RCML `postTimeout`, TwiML `speechTimeout`).
    pub post_timeout: Option<SpeechTimeout>,
    /// Longest speech in seconds, 1 to 60; what was said by then counts.
    pub max_speech_s: Option<u32>,
    /// Least speech in seconds, 1 to 60; what is shorter was no input, and the verb goes on listening.
    pub min_speech_s: Option<u32>,
    /// Keys that end the input; empty when only `timeout` and `numDigits` do.
    pub finish_on_key: KeySet,
    /// Keys that may begin the input (Restcomm `startInputKey`).
    pub start_input_key: KeySet,
    /// Ends the input after this many keys; `None` is unlimited.
    pub num_digits: Option<u16>,
    /// Ask `action` even when nothing was entered.
    pub action_on_empty_result: bool,
    /// Without any key the call ends, instead of going on with the next verb. Ours: neither dialect has it.
    pub hangup_on_empty_result: bool,
    /// Where partial transcripts go.
    pub partial_result_callback: Option<Target>,
    /// Recogniser language as written.
    pub language: Option<String>,
    /// Words the recogniser should expect; at most 500.
    pub hints: Vec<String>,
    /// The first key stops the prompts.
    pub barge_in: bool,
    /// Mask profanity in transcripts.
    pub profanity_filter: bool,
    /// Recogniser model as written.
    pub speech_model: Option<String>,
    /// Accepted and ignored: the better model is always used.
    pub enhanced: bool,
    /// Played first, in order.
    pub prompts: Vec<Prompt>,
}

/// Where and when news of a recording goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordingCallback {
    /// Where.
    pub target: Target,
    /// `in-progress` is wanted.
    pub in_progress: bool,
    /// `completed` is wanted.
    pub completed: bool,
    /// `absent` is wanted.
    pub absent: bool,
}

/// Which side of a call is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Track {
    /// Both sides.
    #[default]
    Both,
    /// What the platform receives from the party.
    Inbound,
    /// What the platform sends to the party.
    Outbound,
}

/// `<Record>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Where the result goes; `None` is the current document's URL.
    pub action: Option<String>,
    /// Method for `action`.
    pub method: Method,
    /// Seconds of silence that end the recording.
    pub timeout_s: u32,
    /// Keys that end the recording; any key when the attribute is absent.
    pub finish_on_key: KeySet,
    /// Longest recording in seconds, 2 to 14 400.
    pub max_length_s: u32,
    /// Beep before recording.
    pub play_beep: bool,
    /// A transcript is wanted.
    pub transcribe: bool,
    /// Where the transcript goes.
    pub transcribe_callback: Option<String>,
    /// Remove silence at both ends.
    pub trim: bool,
    /// Which side.
    pub track: Track,
    /// What it is for.
    pub purpose: Option<RecordingPurpose>,
    /// News of the recording.
    pub recording_callback: Option<RecordingCallback>,
}

/// What a recording is for, which those who are recorded are told before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordingPurpose {
    /// Every party has agreed to be recorded.
    Agreed,
    /// Proof of a business transaction.
    Transaction,
    /// The quality of a call centre's work; kept a month at most.
    Quality,
}

impl RecordingPurpose {
    /// As written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Agreed => "agreed",
            Self::Transaction => "transaction",
            Self::Quality => "quality",
        }
    }
}

/// `<Hold>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Where the result goes; without it the next verb runs.
    pub action: Option<Target>,
    /// What the held party hears; silence without it.
    pub hold_music: Option<String>,
}

/// `<Resume>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resume {
    /// Where the result goes; without it the next verb runs.
    pub action: Option<Target>,
}

/// `<Refer>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refer {
    /// Where the result goes; without it the next verb runs.
    pub action: Option<Target>,
    /// SIP or SIPS URI the remote party is sent to.
    pub uri: String,
}

/// `<Sms>` or `<Message>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Receiver; `None` is the other party of the call or message.
    pub to: Option<String>,
    /// Sender; `None` is our number in the call or message.
    pub from: Option<String>,
    /// Text; may be empty only when there is media.
    pub body: String,
    /// URLs of attachments, at most 10.
    pub media: Vec<String>,
    /// Where the outcome of sending goes.
    pub action: Option<Target>,
    /// Where later delivery states go.
    pub status_callback: Option<Target>,
}

/// `<Email>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email {
    /// Sender address.
    pub from: String,
    /// Receiver address.
    pub to: String,
    /// Copies.
    pub cc: Vec<String>,
    /// Blind copies.
    pub bcc: Vec<String>,
    /// Subject; `None` is the account's default.
    pub subject: Option<String>,
    /// Plain text or, by `content_type`, HTML.
    pub body: String,
    /// `text/plain` unless written otherwise.
    pub content_type: Option<String>,
    /// Sid of a recording to attach.
    pub attach_recording: Option<String>,
    /// Where the outcome goes.
    pub action: Option<Target>,
    /// Where later states go.
    pub status_callback: Option<Target>,
}

/// `<Redirect>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    /// The next document; `None` when the element was empty (the next verb runs).
    pub url: Option<String>,
    /// Method to ask it with.
    pub method: Method,
}

/// `reason` of `<Reject>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RejectReason {
    /// The caller is told the call was declined (SIP 603).
    #[default]
    Rejected,
    /// The caller is told the line is busy (SIP 486).
    Busy,
}

/// `<Connect>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connect {
    /// Where to go when the stream ends; without it the next verb runs.
    pub action: Option<Target>,
    /// The bidirectional stream.
    pub stream: Stream,
}

/// `<Start>`: what it holds runs beside the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// Told when the stream ends; its answer is not looked at, as the document goes on meanwhile.
    pub action: Option<Target>,
    /// The stream, which only listens.
    pub stream: Stream,
}

/// `<Stream>` inside `<Connect>` or `<Start>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    /// `wss:` URL.
    pub url: String,
    /// Name for [`StopStream`].
    pub name: Option<String>,
    /// Which side of the call is sent.
    pub track: Track,
    /// Where its events go.
    pub status_callback: Option<Target>,
    /// `<Parameter name value>` children, in order; at most 50.
    pub parameters: Vec<(String, String)>,
}

/// `<Stop><Stream name/></Stop>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StopStream {
    /// The stream's name; `None` is the only one.
    pub name: Option<String>,
}
