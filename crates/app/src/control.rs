//! What the use cases ask of whoever carries the calls.

use async_trait::async_trait;
use flexio_domain::{
    AccountSid, Call, CallSid, ConferenceSid, QueueSid, RecordingOptions, RecordingPurpose, RecordingSid,
    SipLadder, StreamSid, UserMessageSid, UserMessageSubscriptionSid, Webhook, WebhookSet,
};

/// How a call is ended by request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndCall {
    /// Only while it is queued or ringing; later it has no effect.
    Cancel,
    /// In any state.
    Complete,
}

/// Instructions that replace the ones a call is executing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewInstructions {
    /// Asked for the document. `primary` is `None` only if `document` is given.
    pub source: WebhookSet,
    /// The document itself; wins over `source`.
    pub document: Option<String>,
    /// Told of the end of the call from now on, instead of the one it had.
    pub status_callback: Option<Webhook>,
    /// Move the other leg of the bridge too; otherwise it is released.
    pub both_legs: bool,
}

/// A change of a live call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallChange {
    /// Drop the present document and run this one.
    Redirect(Box<NewInstructions>),
    /// End it.
    End(EndCall),
    /// Stop or resume sending what this leg says.
    Mute(bool),
    /// Put the leg on hold, or take it back, by a re-INVITE.
    Hold {
        /// True to hold, false to resume.
        on: bool,
        /// Audio it hears meanwhile; silence without it.
        music: Option<String>,
    },
    /// Say or play something to the leg, over whatever it hears now: the instructions of a document that has only `Say`, `Play` and `Pause`.
    Prompt(String),
    /// Send keys to the party on the leg; `w` waits 0.5 s.
    SendDigits(String),
    /// Record the leg under this sid; the recording is saved when the change is taken. One at a time.
    Record {
        /// The recording's sid.
        sid: RecordingSid,
        /// How.
        options: Box<RecordingOptions>,
    },
    /// Change a recording of the leg that runs.
    ChangeRecording {
        /// Which.
        sid: RecordingSid,
        /// How.
        change: RecordingChange,
    },
    /// Send what is said on the leg to a WebSocket too.
    StartStream(Box<NewStream>),
    /// End such a stream, or one of `<Start>`.
    EndStream(StreamRef),
    /// Send a message to the phone on the leg. One of a sid that was sent before is not sent again.
    SendUserMessage {
        /// Its sid.
        sid: UserMessageSid,
        /// JSON.
        content: String,
    },
    /// Tell an application what the phone on the leg sends.
    Subscribe {
        /// The subscription's sid.
        sid: UserMessageSubscriptionSid,
        /// Who is told.
        callback: Webhook,
    },
    /// Tell it no more. One that is not there is [`ControlError::NoSuch`].
    Unsubscribe(UserMessageSubscriptionSid),
}

/// A one-way media stream to be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewStream {
    /// Its sid.
    pub sid: StreamSid,
    /// `wss:` or `ws:` URL.
    pub url: String,
    /// Name it can be ended by.
    pub name: Option<String>,
    /// Which side is sent.
    pub track: StreamTrack,
    /// Told of its beginning, end and failure.
    pub status_callback: Option<Webhook>,
    /// What the receiver is told at the beginning, in order.
    pub parameters: Vec<(String, String)>,
}

/// Which side of a leg a stream carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StreamTrack {
    /// What its party says.
    #[default]
    Inbound,
    /// What its party hears.
    Outbound,
    /// Both, apart.
    Both,
}

/// Which stream of a leg a request means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StreamRef {
    /// By its sid.
    Sid(StreamSid),
    /// By the name it was given.
    Name(String),
}

/// Which conference a request means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConferenceRef {
    /// A meeting that exists.
    Sid(ConferenceSid),
    /// The meeting that runs in the room of this name, or a new one.
    Name(String),
}

/// A change of a running conference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConferenceChange {
    /// End it: every participant leaves.
    End,
    /// Play a document (`Say`, `Play`, `Pause`, `Redirect`), or an audio file, to everyone.
    Announce(Webhook),
}

/// A change of one participant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParticipantChange {
    /// Stop or resume sending what the participant says.
    Mute(bool),
    /// Take the participant out of the conversation, or back.
    Hold {
        /// True to hold.
        on: bool,
        /// What is heard meanwhile: a document or an audio file; `None` is the platform's music.
        wait: Option<Webhook>,
    },
    /// Speak only to this participant of the same conference, and hear all; `None` ends it.
    Coach(Option<CallSid>),
    /// Play a document or an audio file to this participant only.
    Announce(Webhook),
    /// What the participant hears while the conference has not started; `None` is silence.
    Wait(Option<Webhook>),
    /// Whether the others hear a beep when the participant leaves.
    BeepOnExit(bool),
    /// Whether the conference ends when the participant leaves.
    EndOnExit(bool),
    /// Take the participant out of the conference; its document goes on.
    Kick,
}

/// A recording of a conference to be made.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RecordConference {
    /// What it is for, where that was said.
    pub purpose: Option<RecordingPurpose>,
    /// Remove silence at both ends.
    pub trim: bool,
    /// News of the recording.
    pub callback: Option<Webhook>,
    /// Which of `in-progress completed absent` are told; `completed` when empty.
    pub callback_events: Vec<String>,
}

/// A change of a recording that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordingChange {
    /// Interrupt it.
    Pause {
        /// `true` records silence meanwhile, `false` leaves the time out.
        silence: bool,
    },
    /// Go on.
    Resume,
    /// End it.
    Stop,
}

/// Which member of a queue a request means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueueMemberRef {
    /// The one who waits longest.
    Front,
    /// This call.
    Call(CallSid),
}

/// Why a live call was not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ControlError {
    /// No node that answers carries the call. Worth a retry.
    #[error("no node that answers carries the call")]
    NotHere,
    /// The call is over.
    #[error("the call is over")]
    Over,
    /// The call lives, but this change makes no sense in its state.
    #[error("the call is not in a state for this change")]
    WrongState,
    /// The call lives, and has nothing of this sid.
    #[error("the call has nothing of this sid")]
    NoSuch,
    /// The call has as many of these as it may.
    #[error("the call has too many of these")]
    TooMany,
    /// This node takes no more calls now: overload or draining.
    #[error("no more calls are taken now")]
    Overloaded,
}

/// The carrier of calls: the voice node of this process, or a client of the node that holds the sockets.
#[async_trait]
pub trait CallControl: ConferenceControl + QueueControl + Send + Sync + std::fmt::Debug {
    /// Whether a new call would be taken now. Asked before the call is saved, so that overload is refused and not broken.
    fn accepts_calls(&self) -> bool;

    /// Starts a call that was saved as `queued`. From `Ok` on the carrier answers for its course and its end.
    async fn originate(&self, call: &Call) -> Result<(), ControlError>;

    /// What the legs of a live call have said and heard over SIP so far; nothing where the call is not here.
    async fn ladders(&self, _call: CallSid) -> Vec<SipLadder> {
        Vec::new()
    }

    /// Changes a live call. `Ok` means the carrier has taken the change and saved what follows from it.
    async fn modify(&self, call: CallSid, change: CallChange) -> Result<(), ControlError>;
}

/// The carrier's hand on conferences that run. The account comes first: a conference of another is [`ControlError::NotHere`].
#[async_trait]
pub trait ConferenceControl: Send + Sync + std::fmt::Debug {
    /// Finds the running conference or makes one, and keeps it open for a call that is about to be made with a document that joins it.
    /// The place is given up when the call ends without having joined. A sid that is over is [`ControlError::Over`].
    async fn expect_participant(
        &self,
        account: AccountSid,
        conference: &ConferenceRef,
        call: CallSid,
    ) -> Result<ConferenceSid, ControlError>;

    /// Changes a running conference. `Ok` means the carrier has taken the change and saved what follows from it.
    async fn modify_conference(
        &self,
        account: AccountSid,
        conference: ConferenceSid,
        change: ConferenceChange,
    ) -> Result<(), ControlError>;

    /// Changes a participant, in the order given. A call that is not in the conference is [`ControlError::Over`].
    async fn modify_participant(
        &self,
        account: AccountSid,
        conference: ConferenceSid,
        call: CallSid,
        changes: Vec<ParticipantChange>,
    ) -> Result<(), ControlError>;

    /// Starts to record a running conference; the recording is saved when this returns. One at a time: a second is
    /// [`ControlError::WrongState`].
    async fn record_conference(
        &self,
        account: AccountSid,
        conference: ConferenceSid,
        record: RecordConference,
    ) -> Result<RecordingSid, ControlError>;

    /// Changes the recording that runs; `None` is the one that runs now.
    async fn change_conference_recording(
        &self,
        account: AccountSid,
        conference: ConferenceSid,
        recording: Option<RecordingSid>,
        change: RecordingChange,
    ) -> Result<(), ControlError>;
}

/// The carrier's hand on queues.
#[async_trait]
pub trait QueueControl: Send + Sync + std::fmt::Debug {
    /// Takes a waiting call out of its queue and lets it run the document at `instructions`. Returns the call. An empty queue and a call
    /// that does not wait in it are [`ControlError::Over`].
    async fn dequeue(
        &self,
        account: AccountSid,
        queue: QueueSid,
        member: QueueMemberRef,
        instructions: WebhookSet,
    ) -> Result<CallSid, ControlError>;

    /// Tells the carrier that a queue's largest size, or its name, was changed.
    async fn queue_changed(&self, account: AccountSid, queue: QueueSid) -> Result<(), ControlError>;
}
