//! How a call joins a conference, and what it is told there.

use flexio_markup::{Beep, JitterBufferSize, RecordingCallback, RecordingPurpose, Target};

use super::LegId;
use crate::room::RoomCallback;

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
    /// What it is for, where that was said.
    pub purpose: Option<RecordingPurpose>,
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
    /// It is not in, because the account may not open a conference now; nothing follows.
    Unpaid {
        /// Of the notification.
        code: u32,
        /// Why.
        text: String,
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
