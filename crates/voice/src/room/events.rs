//! What may happen to a room.

use flexio_markup::{Document, Target};

use crate::actions::{JoinRoom, LeaveReason, PromptId, RecordingId, RequestId, RoomRecording};
use crate::events::{FetchError, PromptError, RecordingOutcome};

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum RoomEvent {
    /// A call is being made over REST that will join; the room is kept open for it.
    Expect {
        /// The call.
        call_sid: String,
    },
    /// A call joins.
    Join(Box<JoinRoom>),
    /// A call has left, or one that was expected will not come.
    Leave {
        /// The call.
        call_sid: String,
        /// Why.
        reason: LeaveReason,
    },
    /// A participant is changed over the API.
    Change {
        /// The call.
        call_sid: String,
        /// What about it.
        change: MemberChange,
    },
    /// The conference is ended over the API.
    End,
    /// Something is announced to everyone.
    Announce {
        /// A document or an audio file; absolute URL.
        target: Target,
    },
    /// A recording is asked for over the API.
    Record(RoomRecording),
    /// The recording is changed over the API.
    ChangeRecording(RecordingOrder),
    /// A participant began or ceased to speak.
    Speech {
        /// The call.
        call_sid: String,
        /// Began.
        speaking: bool,
    },
    /// A participant has typed this.
    Text {
        /// The call.
        call_sid: String,
        /// The characters in their order: U+0008 takes one back, U+2028 ends a line, U+FFFD stands for what was lost.
        text: String,
    },
    /// Something played to everyone is over.
    PromptDone {
        /// Which.
        prompt: PromptId,
        /// `Err` holds why it could not be played.
        result: Result<(), PromptError>,
    },
    /// Answer to [`super::RoomAction::Fetch`].
    Document {
        /// Which.
        request: RequestId,
        /// The document, or why there is none.
        result: Result<Document, FetchError>,
    },
    /// The recording ended.
    RecordingDone {
        /// Which.
        recording: RecordingId,
        /// What became of it.
        outcome: RecordingOutcome,
    },
    /// [`super::Room::deadline`] has passed.
    Timeout,
    /// The node stops: everything ends now.
    Shutdown,
}

/// A change of one participant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MemberChange {
    /// Stop or resume passing on what it says.
    Mute(bool),
    /// Take it out of the conversation, or back.
    Hold {
        /// True to hold.
        on: bool,
        /// What it hears meanwhile; `None` is the platform's music, an empty URL silence.
        wait: Option<Target>,
    },
    /// Speak to this call only; `None` ends it.
    Coach(Option<String>),
    /// Play something to this participant only.
    Announce(Target),
    /// What it hears while it waits; an empty URL is silence.
    Wait(Option<Target>),
    /// Whether the others hear it leave.
    BeepOnExit(bool),
    /// Whether the conference ends when it leaves.
    EndOnExit(bool),
    /// It has to leave.
    Kick,
}

/// A change of a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordingOrder {
    /// Interrupt it.
    Pause {
        /// Record silence meanwhile.
        silence: bool,
    },
    /// Go on.
    Resume,
    /// End it.
    Stop,
}
