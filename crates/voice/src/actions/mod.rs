//! What the shell must do: the closed list of outputs of the machine.

mod media;
mod requests;
mod rooms;
mod told;

use flexio_markup::Target;

use crate::events::AnsweredBy;
use crate::facts::LegStatus;
use crate::queue::EnterQueue;

pub use media::*;
pub use requests::*;
pub use rooms::*;
pub use told::*;

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
