//! Conferences and queues as documents name them.

use crate::verbs::{RecordingCallback, RecordingPurpose, Target};

/// Which side of a queue a verb puts the call on. The two dialects use the same elements for
/// opposite sides: in TwiML `<Enqueue>` waits and `<Dial><Queue>` serves; in RCML the reverse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueueSide {
    /// A party waiting for the next free server.
    Waiting,
    /// An agent taking the next waiting party.
    Serving,
}

/// `<Conference>` inside `<Dial>`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent attribute of the noun")]
pub struct Conference {
    /// Room name, unique in the account.
    pub name: String,
    /// Join muted.
    pub muted: bool,
    /// Tone on joining and leaving.
    pub beep: Beep,
    /// Tone file instead of the built-in one.
    pub beep_url: Option<String>,
    /// The conference starts when this participant enters.
    pub start_on_enter: bool,
    /// The conference ends when this participant leaves.
    pub end_on_exit: bool,
    /// What is heard before the start; `None` is the platform's music, an empty URL is silence.
    pub wait: Option<Target>,
    /// Most participants, 1 to 1000.
    pub max_participants: u16,
    /// Record it from its start.
    pub record: bool,
    /// What that recording is for.
    pub recording_purpose: Option<RecordingPurpose>,
    /// Remove silence at both ends of the recording.
    pub trim: bool,
    /// Sid of the call this participant coaches.
    pub coach: Option<String>,
    /// The participant's own label.
    pub participant_label: Option<String>,
    /// How long its audio may be kept back to even out the network.
    pub jitter_buffer: JitterBufferSize,
    /// Where its events go.
    pub status_callback: Option<Target>,
    /// Which events, as written.
    pub status_events: Vec<String>,
    /// News of the recording.
    pub recording_callback: Option<RecordingCallback>,
}

/// `jitterBufferSize` of a conference's participant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum JitterBufferSize {
    /// Hardly anything is kept back: what comes late is lost.
    Off,
    /// For a participant near by.
    Small,
    /// For most networks.
    #[default]
    Medium,
    /// For bad networks: more delay, fewer gaps.
    Large,
}

/// `beep` of a conference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Beep {
    /// On joining and leaving.
    #[default]
    Both,
    /// On joining.
    OnEnter,
    /// On leaving.
    OnExit,
    /// Never.
    Off,
}

/// `<Queue>` inside `<Dial>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueNoun {
    /// Queue name, unique in the account.
    pub name: String,
    /// Which side the call takes, by dialect.
    pub side: QueueSide,
    /// Of those who wait the highest is served first, 0 to 1000 (ours).
    pub priority: u32,
    /// Runs while waiting (RCML).
    pub wait: Option<Target>,
    /// Runs for the customer just before being connected (RCML).
    pub join: Option<Target>,
    /// Runs for the customer just before being connected (TwiML).
    pub url: Option<Target>,
    /// `TaskRouter` reservation, as written (TwiML).
    pub reservation_sid: Option<String>,
}

/// `<Enqueue>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enqueue {
    /// Queue name, unique in the account; may be empty with `workflow_sid`.
    pub name: String,
    /// Which side the call takes, by dialect.
    pub side: QueueSide,
    /// Of those who wait the highest is served first, 0 to 1000 (ours).
    pub priority: u32,
    /// Where the outcome goes (TwiML).
    pub action: Option<Target>,
    /// Runs while waiting.
    pub wait: Option<Target>,
    /// Whisper before the next customer (RCML).
    pub join: Option<Target>,
    /// The agent goes back into the queue when a customer hangs up (RCML).
    pub rejoin: bool,
    /// `TaskRouter` workflow, as written (TwiML).
    pub workflow_sid: Option<String>,
}
