//! What the shell must do: the closed list of outputs of the machine.

use flexio_markup::{
    Beep, Dialect, Document, Endpoint, JitterBufferSize, Kind, MachineDetection, Method, RecordingCallback,
    Target, Track, Voice,
};
use jiff::Timestamp;

use crate::events::AnsweredBy;
use crate::facts::{LegFacts, LegStatus};
use crate::queue::EnterQueue;
use crate::room::RoomCallback;

/// A leg, numbered within its call. [`LegId::FIRST`] is the call's own leg (the inbound caller, or the
/// party called over REST); legs made by `<Dial>` follow in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LegId(pub u32);

impl LegId {
    /// The call's own leg.
    pub const FIRST: Self = Self(0);
}

/// A prompt, numbered within its call, never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PromptId(pub u32);

/// A recording, numbered within its call, never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordingId(pub u32);

/// A media stream, numbered within its call, never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId(pub u32);

/// Speech being listened for, numbered within its call, never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListeningId(pub u32);

/// A fetch or a message, numbered within its call, never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u32);

/// What the shell must do, in the order given.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Get a document and answer with [`crate::Event::Document`].
    Fetch(Fetch),
    /// Send a webhook whose answer is ignored. May be emitted after [`Action::Finish`].
    Callback(Callback),
    /// Send 180 to the inbound caller.
    Ring {
        /// Always the first leg.
        leg: LegId,
    },
    /// Send 183 with a description to the inbound caller: it hears what is bridged to it before it is answered. At most once, and
    /// an [`Action::Answer`] or [`Action::Reject`] follows.
    EarlyMedia {
        /// Always the first leg.
        leg: LegId,
    },
    /// Send 200 to the inbound caller; media flows from here on.
    Answer {
        /// Always the first leg.
        leg: LegId,
    },
    /// Refuse the unanswered inbound caller with a final response. The leg is over.
    Reject {
        /// Always the first leg.
        leg: LegId,
        /// SIP status, 400 to 699.
        status: u16,
        /// Value for a `Reason` header: Reason Codes Dictionary code and text.
        reason: Option<(u16, &'static str)>,
    },
    /// Call a party. Answered by `LegRinging`, `LegAnswered`, `LegFailed` or `DialRefused`.
    Dial(Box<DialLeg>),
    /// End a leg whatever its state: CANCEL, BYE, or ACK and BYE when a 200 crosses. The machine
    /// regards the leg as over at once and needs no answer.
    Hangup {
        /// Which leg.
        leg: LegId,
        /// Value for a `Reason` header: Reason Codes Dictionary code and text.
        reason: Option<(u16, &'static str)>,
    },
    /// A dialled leg, which is answered, goes on as a call of its own: take its machine by [`crate::Call::take_detached`], give it
    /// the leg's dialog and media, and start it. Here the leg is over, and there will be no [`Action::Finish`] for it.
    Detach {
        /// Never the first leg.
        leg: LegId,
    },
    /// Play to a leg and answer with [`crate::Event::PromptDone`] when it ends by itself.
    Play(Play),
    /// Stop a prompt at once; no answer is wanted.
    StopPrompt {
        /// Which prompt.
        prompt: PromptId,
    },
    /// Connect the media of two legs. Keys of both are still reported.
    Bridge {
        /// The first leg.
        a: LegId,
        /// The dialled leg.
        b: LegId,
    },
    /// Undo [`Action::Bridge`]. Leg `b` may be over already; not emitted when leg `a` is.
    Unbridge {
        /// The first leg.
        a: LegId,
        /// The dialled leg.
        b: LegId,
    },
    /// Record and answer with [`crate::Event::RecordingDone`].
    StartRecording(StartRecording),
    /// End a recording; it is answered by [`crate::Event::RecordingDone`] as always.
    StopRecording {
        /// Which recording.
        recording: RecordingId,
    },
    /// Find out who answered and tell it by [`crate::Event::MachineDetected`].
    DetectMachine(DetectMachine),
    /// Who answered a leg. To be saved.
    AnsweredBy {
        /// Which leg.
        leg: LegId,
        /// Who.
        verdict: AnsweredBy,
    },
    /// Recognise what is said on a leg and answer with [`crate::Event::Heard`], the last of them `Done` or `Failed`.
    Listen(Listen),
    /// Recognise a whole recording while it is made and answer with one [`crate::Event::Heard`], `Done` or `Failed`, after
    /// [`Action::FinishTranscription`].
    Transcribe(Transcribe),
    /// The recording has ended: the text is due.
    FinishTranscription {
        /// Which listening.
        listening: ListeningId,
    },
    /// Stop listening; no answer is wanted.
    StopListening {
        /// Which listening.
        listening: ListeningId,
    },
    /// Open a media stream and answer with [`crate::Event::StreamStarted`] or [`crate::Event::StreamEnded`].
    StartStream(StartStream),
    /// End a media stream; no answer is wanted.
    StopStream {
        /// Which stream.
        stream: StreamId,
    },
    /// Send a message. Answered by [`crate::Event::MessageDone`].
    SendMessage(SendMessage),
    /// Send an e-mail. Answered by [`crate::Event::MessageDone`].
    SendEmail(Box<SendEmail>),
    /// Ask the room of this name to take the leg in. Answered by [`crate::Event::Room`].
    JoinRoom(Box<JoinRoom>),
    /// The leg is no longer in its room. Once for each join that was neither refused nor ended by [`RoomNews::Left`]; may
    /// follow the leg's [`Action::Finish`].
    LeaveRoom {
        /// Which leg.
        leg: LegId,
        /// Why.
        reason: LeaveReason,
    },
    /// Bring the leg to the queue of this name. Answered by [`crate::Event::Queue`].
    EnterQueue(Box<EnterQueue>),
    /// The leg, which was matched, may be connected.
    QueueReady {
        /// Which leg.
        leg: LegId,
    },
    /// The leg is no longer in its queue, nor connected by it. Once for each entrance that no last news has ended; may
    /// follow the leg's [`Action::Finish`].
    LeaveQueue {
        /// Which leg.
        leg: LegId,
    },
    /// Put the party on a leg on hold by a re-INVITE, or take it back. Answered by [`crate::Event::Held`].
    Hold {
        /// Which leg.
        leg: LegId,
        /// True to hold.
        on: bool,
    },
    /// Ask the party on a leg to call somebody else. Answered by [`crate::Event::ReferAnswered`], then by
    /// [`crate::Event::ReferProgress`].
    Refer {
        /// Which leg.
        leg: LegId,
        /// SIP or SIPS URI.
        uri: String,
    },
    /// Send JSON to the phone on a leg, within the dialog.
    UserMessage {
        /// Which leg.
        leg: LegId,
        /// The JSON.
        content: String,
    },
    /// Answer a transfer the party on a leg asked for: 202, or a refusal of 400 to 699.
    AnswerRefer {
        /// Which leg.
        leg: LegId,
        /// The answer.
        status: u16,
    },
    /// Have another call, of the same account, go on with another document. One that is over goes nowhere.
    SendElsewhere {
        /// Which call.
        call_sid: String,
        /// Where its document is; absolute URL.
        target: Target,
        /// What that request tells besides.
        params: Vec<(String, String)>,
    },
    /// Tell the party that asked for a transfer how it went.
    NotifyRefer {
        /// Which leg.
        leg: LegId,
        /// Status of the new call.
        status: u16,
    },
    /// Set money aside for this much talk of a leg, from its answer, or for as much of it as can be; answer with
    /// [`crate::Event::Granted`].
    AskCredit {
        /// Which leg.
        leg: LegId,
        /// Seconds in all.
        seconds: u32,
    },
    /// A leg has a new status; each status at most once per leg, in the order of the life of a
    /// call. To be saved.
    Status {
        /// Which leg.
        leg: LegId,
        /// The new status.
        status: LegStatus,
    },
    /// A recording began or ended. To be saved.
    RecordingFact(RecordingFact),
    /// The text of a recording is awaited, known, or will not come. To be saved.
    TranscriptionFact(TranscriptionFact),
    /// A leg is over. Exactly once per leg; it is what rating charges. To be saved.
    Finish(Finish),
    /// A verb ran. To be saved.
    VerbRan(crate::ran::VerbRan),
    /// A notification for the account's log. To be saved.
    Notify(Notify),
    /// A line of the call's timeline.
    Trace(Trace),
    /// The last action of every call: free the machine.
    Done,
}

/// A document to get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetch {
    /// Names the answer.
    pub request: RequestId,
    /// Which leg the document is for.
    pub leg: LegId,
    /// Absolute URL.
    pub url: String,
    /// GET or POST.
    pub method: Method,
    /// Form or query parameters in order.
    pub params: Vec<(String, String)>,
    /// Why.
    pub purpose: Purpose,
    /// How to read the answer.
    pub kind: Kind,
    /// How to read the answer.
    pub dialect: Dialect,
}

/// Why a document is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The call's first document.
    Start,
    /// `action` of a verb.
    Action,
    /// `<Redirect>`.
    Redirect,
    /// Live modification.
    Modification,
    /// `url` of a dialled noun.
    Screening,
    /// What someone hears who waits or is held, or an announcement.
    Wait,
    /// The fallback of a fetch that failed.
    Fallback,
}

/// A webhook whose answer is ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Callback {
    /// Which leg it tells about.
    pub leg: LegId,
    /// What it tells.
    pub kind: CallbackKind,
    /// Absolute URL.
    pub url: String,
    /// GET or POST.
    pub method: Method,
    /// Form or query parameters in order.
    pub params: Vec<(String, String)>,
}

/// What a callback tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallbackKind {
    /// Call progress: initiated, ringing, answered, completed.
    Progress,
    /// Recording status.
    Recording,
    /// Beginning and end of a media stream.
    Stream,
    /// What a recogniser has understood so far.
    PartialResult,
    /// Who answered.
    Machine,
    /// The text of a recording.
    Transcription,
    /// What somebody types.
    Text,
    /// What a phone has sent to its application.
    UserMessage,
    /// The outcome of an `<Enqueue>` whose document does not go on from there.
    Queue,
}

/// A leg that wants to take part in a conference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinRoom {
    /// Which leg.
    pub leg: LegId,
    /// Its sid.
    pub call_sid: String,
    /// Name of the room, unique in the account.
    pub room: String,
    /// Its own name in events.
    pub label: Option<String>,
    /// Not heard.
    pub muted: bool,
    /// When others hear it come and go.
    pub beep: Beep,
    /// Absolute URL of the tone.
    pub beep_url: Option<String>,
    /// The conference may start with it.
    pub start_on_enter: bool,
    /// The conference ends with it.
    pub end_on_exit: bool,
    /// It is refused when this many are present.
    pub max_participants: u16,
    /// Record the conference from its start.
    pub record: Option<RoomRecording>,
    /// Sid of the call that alone hears it.
    pub coach: Option<String>,
    /// How long its audio may be kept back.
    pub jitter_buffer: JitterBufferSize,
    /// Where the conference's events go, unless an earlier participant has said it.
    pub status_callback: Option<RoomCallback>,
}

/// How a conference is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomRecording {
    /// Its sid, when it was given one already.
    pub sid: Option<String>,
    /// Remove silence at both ends.
    pub trim: bool,
    /// News of it; absolute URL.
    pub callback: Option<RecordingCallback>,
}

/// Why a call leaves a conference by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeaveReason {
    /// Its party hung up.
    HungUp,
    /// Its party pressed `*`.
    Star,
    /// `timeLimit` was reached.
    TimeLimit,
    /// Another document was given to the call.
    Redirected,
}

/// What a room tells a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoomNews {
    /// It is in; what follows is [`RoomNews::Talk`], or it waits.
    Joined {
        /// Sid of the conference.
        conference_sid: String,
    },
    /// It is not in; nothing follows.
    Refused {
        /// The room is full.
        full: bool,
    },
    /// It takes part in the conversation.
    Talk,
    /// It waits: the conference has not started, or all others are gone.
    Wait,
    /// It is held.
    Hold {
        /// What it hears; `None` is the platform's music, an empty URL silence.
        wait: Option<Target>,
    },
    /// It hears something else while it waits.
    NewWait {
        /// As above.
        wait: Option<Target>,
    },
    /// Something is played to it alone.
    Announce {
        /// A document or an audio file.
        target: Target,
    },
    /// It is out, by request or because the conference is over; nothing follows.
    Left,
}

/// A party to call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DialLeg {
    /// The new leg.
    pub leg: LegId,
    /// Its sid, parent, from, to and direction. `facts.from` is the caller id wanted.
    pub facts: LegFacts,
    /// Where.
    pub endpoint: Endpoint,
    /// True when the document named the caller id; the shell refuses with 13214 one it does not allow.
    pub caller_id_explicit: bool,
    /// SIP headers to add; no control characters.
    pub headers: Vec<(String, String)>,
    /// How long it may ring; the machine itself hangs up after it.
    pub timeout_s: u32,
    /// Answering-machine detection wanted.
    pub machine_detection: Option<MachineDetection>,
}

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
    /// Model as the document wrote it.
    pub model: Option<String>,
    /// Mask profanity.
    pub profanity_filter: bool,
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

/// A message to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendMessage {
    /// Names the answer.
    pub request: RequestId,
    /// Sender as written, else our number in the call.
    pub from: String,
    /// Receiver as written, else the other party of the call.
    pub to: String,
    /// Text.
    pub body: String,
    /// Absolute URLs of attachments.
    pub media: Vec<String>,
    /// Where later delivery states go; absolute URL.
    pub status_callback: Option<flexio_markup::Target>,
}

/// An e-mail to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendEmail {
    /// Names the answer.
    pub request: RequestId,
    /// As written; its status callback is an absolute URL, its action is the document's own business.
    pub email: flexio_markup::Email,
}

/// A recording began or ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordingFact {
    /// Its sid.
    pub sid: String,
    /// Sid of the leg it records.
    pub call_sid: String,
    /// Why.
    pub source: RecordingSource,
    /// What it is for, where that was said.
    pub purpose: Option<flexio_markup::RecordingPurpose>,
    /// One or two.
    pub channels: u8,
    /// Which side.
    pub track: Track,
    /// When it began.
    pub started_at: Timestamp,
    /// `None` at its beginning.
    pub outcome: Option<crate::events::RecordingOutcome>,
}

/// A transcription began or ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TranscriptionFact {
    /// Its sid.
    pub sid: String,
    /// The recorded leg.
    pub leg: LegId,
    /// Sid of the recording.
    pub recording_sid: String,
    /// Length of the recording in milliseconds.
    pub duration_ms: u64,
    /// How it ended; `None` at its beginning.
    pub outcome: Option<TranscriptionOutcome>,
}

/// How a transcription ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TranscriptionOutcome {
    /// What was understood; empty for nothing.
    Completed {
        /// The words.
        text: String,
    },
    /// There is no text; a notification says why.
    Failed,
}

/// The end of a leg.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finish {
    /// Which leg.
    pub leg: LegId,
    /// Its sid.
    pub call_sid: String,
    /// The final status.
    pub status: LegStatus,
    /// Why it ended.
    pub cause: Cause,
    /// The SIP status that ended an unanswered leg.
    pub sip_status: Option<u16>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was answered, by wall clock.
    pub answered_at: Option<Timestamp>,
    /// When it ended, by wall clock.
    pub ended_at: Timestamp,
    /// Milliseconds of ringing, by the monotonic clock.
    pub ring_ms: u64,
    /// Milliseconds from answer to end, by the monotonic clock; 0 when never answered.
    pub talk_ms: u64,
}

/// Why a leg ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The party on the leg hung up (or canceled before the answer).
    PartyHungUp,
    /// The document ended or hung up.
    DocumentEnded,
    /// The document rejected the call.
    Rejected,
    /// `Status=completed`.
    Completed,
    /// `Status=canceled`.
    Canceled,
    /// The far end refused or failed.
    FarEnd,
    /// Nobody answered in time.
    NoAnswer,
    /// Another party of the same `<Dial>` was connected.
    AnsweredElsewhere,
    /// The leg it was connected to, or ringing for, ended.
    PartnerLeft,
    /// The called party did not accept the call.
    ScreenedOut,
    /// `timeLimit` or the longest duration of a call was reached.
    TimeLimit,
    /// No document could be had.
    ApplicationFailed,
    /// A loop guard or limit ended the document.
    LimitReached,
    /// The shell would not dial.
    Refused,
    /// Every way to the party carries as many calls as it may (notification 20470).
    Congested,
    /// Nothing, or nothing more, could be paid for.
    NoCredit,
    /// The node stopped.
    Shutdown,
}

impl Cause {
    /// Of a leg that the shell would not call, by the notification's code.
    pub(crate) fn of_refusal(code: u32) -> Self {
        match code {
            crate::airtime::NO_CREDIT => Self::NoCredit,
            20_470 => Self::Congested,
            _ => Self::Refused,
        }
    }

    /// Code and text of the Restcomm Reason Codes Dictionary, where one fits.
    pub fn reason(self) -> Option<(u16, &'static str)> {
        match self {
            Self::Completed => Some((1101, "Call Terminated")),
            Self::Canceled => Some((1102, "Call Canceled")),
            Self::TimeLimit => Some((1104, "Call Maximum Duration Exceeded")),
            Self::NoAnswer => Some((1105, "Call No Answer")),
            Self::Rejected => Some((2400, "Call Rejected By Application")),
            Self::ApplicationFailed => Some((2000, "RCML Download Failed")),
            Self::LimitReached => Some((2001, "RCML Parse Error")),
            Self::Congested => Some((1109, "Rate Limited")),
            Self::Refused => Some((2201, "Dial Destination Not Allowed")),
            Self::NoCredit => Some((3303, "Insufficient Credit")),
            Self::Shutdown => Some((1000, "Internal Error")),
            Self::PartyHungUp
            | Self::DocumentEnded
            | Self::FarEnd
            | Self::AnsweredElsewhere
            | Self::PartnerLeft
            | Self::ScreenedOut => None,
        }
    }
}

/// Weight of a notification; the API shows 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Something did not work.
    Error,
    /// Something was ignored or replaced by a default.
    Warning,
}

/// A notification for the account's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notify {
    /// Which leg's document.
    pub leg: LegId,
    /// Weight.
    pub level: Level,
    /// Notification code (Restcomm and Twilio share the series).
    pub code: u32,
    /// One sentence.
    pub text: String,
    /// The document or request concerned.
    pub url: Option<String>,
    /// Line in that document, 0 when unknown.
    pub line: u32,
}

/// A line of the call's timeline. Holds no keys, numbers or texts of the parties.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// Which leg.
    pub leg: LegId,
    /// What happened, a short constant such as `verb` or `digit`.
    pub what: &'static str,
    /// Its detail, such as the verb's name and line; may be empty.
    pub detail: String,
}

/// Where a call's first document comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Ask this URL. A flow has a URL too; the shell knows its scheme.
    Url(flexio_markup::Target),
    /// Given with the call (`Twiml` parameter).
    Document(Document),
}
