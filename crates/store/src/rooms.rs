//! Conferences, participants, queues, members: what may be written, what may be asked.

use async_trait::async_trait;
use flexio_domain::*;

use crate::{Page, Span, StoreError};

/// A step of a transaction about conferences and queues.
#[derive(Debug, Clone)]
pub enum RoomChange {
    /// Unique: sid, and the name among the account's conferences that are not completed.
    CreateConference(Conference),
    /// Optimistic.
    UpdateConference(Conference),
    /// Inserts or replaces: only the node that carries the leg writes it.
    SaveParticipant(Participant),
    /// Unique: sid, (account, name).
    CreateQueue(Queue),
    /// Optimistic; `Conflict` also for a name that is taken.
    UpdateQueue(Queue),
    /// `Conflict` if it is not there, or holds calls.
    DeleteQueue(AccountSid, QueueSid),
    /// Inserts or replaces: only the node that carries the call writes it.
    SaveMember(QueueMember),
    /// Nothing happens if it is not there.
    DropMember(AccountSid, QueueSid, CallSid),
}

/// Conferences.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConferenceFilter {
    /// Equal.
    pub friendly_name: Option<String>,
    /// Equal.
    pub status: Option<ConferenceStatus>,
    /// By creation.
    pub created: Span,
    /// By last change.
    pub updated: Span,
}

/// Participants of one conference.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ParticipantFilter {
    /// Present (or on the way), or gone.
    pub present: Option<bool>,
    /// Equal.
    pub muted: Option<bool>,
    /// Equal.
    pub hold: Option<bool>,
    /// Equal.
    pub coaching: Option<bool>,
}

/// What waits in a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QueueLoad {
    /// Calls.
    pub size: u64,
    /// Mean of the times at which they came, in microseconds since 1970; 0 for an empty queue.
    pub mean_enqueued_us: i64,
}

/// Questions about conferences and queues. Lists are newest first unless the page says otherwise.
#[async_trait]
pub trait RoomStore: Send + Sync {
    /// One conference.
    async fn conference(
        &self,
        account: AccountSid,
        sid: ConferenceSid,
    ) -> Result<Option<Conference>, StoreError>;
    /// The conference of this name that is not completed.
    async fn live_conference(
        &self,
        account: AccountSid,
        friendly_name: &str,
    ) -> Result<Option<Conference>, StoreError>;
    /// Conferences.
    async fn conferences(
        &self,
        account: AccountSid,
        filter: &ConferenceFilter,
        page: &Page,
    ) -> Result<Vec<Conference>, StoreError>;
    /// How many conferences match.
    async fn count_conferences(
        &self,
        account: AccountSid,
        filter: &ConferenceFilter,
    ) -> Result<u64, StoreError>;
    /// Conferences of this node (or of none) that are not completed: closed at a restart. At most `limit`.
    async fn open_conferences(&self, node: &str, limit: u32) -> Result<Vec<Conference>, StoreError>;
    /// One participant.
    async fn participant(
        &self,
        account: AccountSid,
        conference: ConferenceSid,
        call: CallSid,
    ) -> Result<Option<Participant>, StoreError>;
    /// The participant present under this label.
    async fn participant_by_label(
        &self,
        account: AccountSid,
        conference: ConferenceSid,
        label: &str,
    ) -> Result<Option<Participant>, StoreError>;
    /// Participants of a conference; the key of a page is the sid of the call.
    async fn participants(
        &self,
        account: AccountSid,
        conference: ConferenceSid,
        filter: &ParticipantFilter,
        page: &Page,
    ) -> Result<Vec<Participant>, StoreError>;
    /// How many participants match.
    async fn count_participants(
        &self,
        account: AccountSid,
        conference: ConferenceSid,
        filter: &ParticipantFilter,
    ) -> Result<u64, StoreError>;

    /// One queue.
    async fn queue(&self, account: AccountSid, sid: QueueSid) -> Result<Option<Queue>, StoreError>;
    /// The queue of this name.
    async fn queue_by_name(
        &self,
        account: AccountSid,
        friendly_name: &str,
    ) -> Result<Option<Queue>, StoreError>;
    /// Queues.
    async fn queues(&self, account: AccountSid, page: &Page) -> Result<Vec<Queue>, StoreError>;
    /// How many queues the account has.
    async fn count_queues(&self, account: AccountSid) -> Result<u64, StoreError>;
    /// How many calls wait, and since when.
    async fn queue_load(&self, account: AccountSid, queue: QueueSid) -> Result<QueueLoad, StoreError>;
    /// Calls that wait, in the order in which they are served; at most 1000.
    async fn queue_members(
        &self,
        account: AccountSid,
        queue: QueueSid,
    ) -> Result<Vec<QueueMember>, StoreError>;
    /// Calls that wait on a node, of all accounts.
    async fn queue_members_of_node(&self, node: &str, limit: u32) -> Result<Vec<QueueMember>, StoreError>;
}
