//! What is kept, in the words of the domain, and what a keeper promises.
//!
//! Owns: the write model ([`Change`], [`ChangeSet`]), the questions that may be asked ([`Store`], [`query`]), the errors, and the
//! contract suite every adapter passes ([`contract`]), and the half of a relational adapter that needs no database: texts, rows in and
//! out ([`relational`]). Does not own: connections, files, threads.
//!
//! Invariants
//! - A [`ChangeSet`] commits whole or not at all, and is on disk when [`Store::commit`] returns `Ok`.
//! - A state change, its usage event, its ledger posting and its callback travel in one [`ChangeSet`].
//! - Each question about account data takes the account first; a foreign id is not found, never refused.
//! - Updates are optimistic: they name the version they read and fail with [`StoreError::Conflict`] if it has moved.
//!
//! Start reading at [`Change`].

mod change;
pub mod contract;
mod contracts;
mod credit;
mod debits;
mod dispatches;
mod erasure;
mod exports;
mod flows;
mod guard;
mod holdings;
mod invoices;
mod ladders;
mod lawful;
mod ledger;
mod letters;
mod mail;
mod masking;
mod media;
mod messaging;
mod notices;
mod payments;
mod people;
mod phones;
mod porting;
mod price_runs;
mod promotions;
pub mod query;
pub mod relational;
mod reports;
mod retention;
mod rooms;
mod sip;
mod transcriptions;
mod verify;
mod watch;

use async_trait::async_trait;
use flexio_domain::*;

pub use change::{Change, ChangeSet, IDEMPOTENCY_KEY_TAKEN, IdempotencyRecord, MoPart, TimelineEntry};
pub use contracts::*;
pub use credit::*;
pub use debits::*;
pub use dispatches::*;
pub use erasure::*;
pub use exports::*;
pub use flows::*;
pub use guard::*;
pub use holdings::*;
pub use invoices::*;
pub use ladders::*;
pub use lawful::*;
pub use ledger::*;
pub use letters::*;
pub use mail::*;
pub use masking::*;
pub use media::*;
pub use messaging::*;
pub use notices::*;
pub use payments::*;
pub use people::*;
pub use phones::*;
pub use porting::*;
pub use price_runs::*;
pub use promotions::*;
pub use query::*;
pub use reports::*;
pub use retention::*;
pub use rooms::*;
pub use sip::*;
pub use transcriptions::*;
pub use verify::*;
pub use watch::*;

/// Why a question or change was not carried out. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The row moved since it was read, or its unique name is taken. Read again and decide again.
    #[error("conflict: {0}")]
    Conflict(&'static str),
    /// A usage event or posting of this id exists with another content. A person has to look.
    #[error("{0} exists with another content")]
    EventConflict(String),
    /// The disk is full: no new work until there is room; reading goes on.
    #[error("storage is full")]
    Full,
    /// The database does not answer (stopped, unreachable, queue full). Worth a retry.
    #[error("storage is unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A row that cannot be read, or a statement that cannot be run: a bug or a damaged file.
    #[error("storage failed")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A keeper of everything. Cheap to share behind an `Arc`.
#[async_trait]
pub trait Store:
    SipStore
    + RoomStore
    + VerifyStore
    + GuardStore
    + FlowStore
    + CreditStore
    + WatchStore
    + PeopleStore
    + LadderStore
    + LedgerStore
    + InvoiceStore
    + LetterStore
    + MediaStore
    + MessagingStore
    + HoldingStore
    + ContractStore
    + PhoneStore
    + MailStore
    + TranscriptionStore
    + ExportStore
    + ErasureStore
    + RetentionStore
    + PaymentStore
    + DebitStore
    + LawfulStore
    + PortingStore
    + MaskingStore
    + ReportStore
    + DispatchStore
    + PromotionStore
    + NoticeStore
    + PriceRunStore
    + Send
    + Sync
    + std::fmt::Debug
{
    /// Applies all changes in order in one transaction. `Ok` means durable. A change set that is applied twice fails with
    /// `Conflict` the second time, except usage events and postings, which are recognised by id and left as they are.
    async fn commit(&self, changes: ChangeSet) -> Result<(), StoreError>;

    // ---- accounts and keys -------------------------------------------------------------------------------------
    /// The account, whoever asks: sign-in needs it before anything is known.
    async fn account(&self, sid: AccountSid) -> Result<Option<Account>, StoreError>;
    /// By unique e-mail address, case-insensitively.
    async fn account_by_email(&self, email: &str) -> Result<Option<Account>, StoreError>;
    /// Direct sub-accounts, and with `Scope::Tree` all descendants. Newest first.
    async fn accounts(
        &self,
        parent: AccountSid,
        filter: &AccountFilter,
        page: &Page,
    ) -> Result<Vec<Account>, StoreError>;
    /// The top account of the installation.
    async fn root_account(&self) -> Result<Option<Account>, StoreError>;
    /// The key under which the account's other keys are sealed.
    async fn account_key(&self, account: AccountSid) -> Result<Option<Sealed>, StoreError>;
    /// Such keys of all accounts behind `after`, by account: to seal them under a new master key.
    async fn account_keys(
        &self,
        after: Option<AccountSid>,
        limit: u32,
    ) -> Result<Vec<(AccountSid, Sealed)>, StoreError>;
    /// The key, whoever asks: for sign-in.
    async fn key(&self, sid: KeySid) -> Result<Option<ApiKey>, StoreError>;
    /// Keys of the account. Newest first.
    async fn keys(&self, account: AccountSid, page: &Page) -> Result<Vec<ApiKey>, StoreError>;

    // ---- applications, numbers, caller ids ---------------------------------------------------------------------
    /// One application.
    async fn application(
        &self,
        account: AccountSid,
        sid: ApplicationSid,
    ) -> Result<Option<Application>, StoreError>;
    /// Applications. Newest first.
    async fn applications(
        &self,
        account: AccountSid,
        filter: &ApplicationFilter,
        page: &Page,
    ) -> Result<Vec<Application>, StoreError>;
    /// Numbers nobody rents, in number order.
    async fn stock(&self, filter: &StockFilter, limit: u32) -> Result<Vec<StockNumber>, StoreError>;
    /// A rented number.
    async fn number(&self, account: AccountSid, sid: NumberSid)
    -> Result<Option<IncomingNumber>, StoreError>;
    /// Rented numbers, without released ones. Newest first.
    async fn numbers(
        &self,
        account: AccountSid,
        filter: &NumberFilter,
        page: &Page,
    ) -> Result<Vec<IncomingNumber>, StoreError>;
    /// Who rents this number now: routing of an incoming call or message.
    async fn number_owner(&self, number: &E164) -> Result<Option<IncomingNumber>, StoreError>;
    /// Until when the number, which was released, is for nobody; `None` for any other.
    async fn quarantined_until(&self, number: &E164) -> Result<Option<Timestamp>, StoreError>;
    /// One caller id.
    async fn caller_id(
        &self,
        account: AccountSid,
        sid: NumberSid,
    ) -> Result<Option<OutgoingCallerId>, StoreError>;
    /// Caller ids. Newest first.
    async fn caller_ids(
        &self,
        account: AccountSid,
        filter: &CallerIdFilter,
        page: &Page,
    ) -> Result<Vec<OutgoingCallerId>, StoreError>;

    // ---- calls ---------------------------------------------------------------------------------------------------
    /// One leg.
    async fn call(&self, account: AccountSid, sid: CallSid) -> Result<Option<Call>, StoreError>;
    /// Legs of the scope.
    async fn calls(
        &self,
        account: AccountSid,
        filter: &CallFilter,
        page: &Page,
    ) -> Result<Vec<Call>, StoreError>;
    /// How many legs match, for envelopes that carry a total.
    async fn count_calls(&self, account: AccountSid, filter: &CallFilter) -> Result<u64, StoreError>;
    /// Legs that are not final and belong to this node (or to none): closed at a restart. At most `limit`.
    async fn open_calls(&self, node: &str, limit: u32) -> Result<Vec<Call>, StoreError>;
    /// Answered legs that run, of the account or its tree, in the order of their sids, behind `after`.
    async fn running_calls(
        &self,
        account: AccountSid,
        scope: Scope,
        after: Option<CallSid>,
        limit: u32,
    ) -> Result<Vec<Call>, StoreError>;
    /// Answered legs that run on a node, in the order of their sids, behind `after`.
    async fn running_calls_on(
        &self,
        node: &str,
        after: Option<CallSid>,
        limit: u32,
    ) -> Result<Vec<Call>, StoreError>;
    /// Legs of any node, open by their records, that were last proven to run before `before`: their node is gone, or lost them.
    async fn silent_calls(&self, before: Timestamp, limit: u32) -> Result<Vec<Call>, StoreError>;
    /// What happened on the call, in order, at most 1000 entries.
    async fn timeline(&self, account: AccountSid, call: CallSid) -> Result<Vec<TimelineEntry>, StoreError>;

    // ---- messages ------------------------------------------------------------------------------------------------
    /// One message.
    async fn message(&self, account: AccountSid, sid: MessageSid) -> Result<Option<Message>, StoreError>;
    /// Messages of the scope.
    async fn messages(
        &self,
        account: AccountSid,
        filter: &MessageFilter,
        page: &Page,
    ) -> Result<Vec<Message>, StoreError>;
    /// How many messages match.
    async fn count_messages(&self, account: AccountSid, filter: &MessageFilter) -> Result<u64, StoreError>;
    /// Outgoing messages that are queued or scheduled and due at `now`, oldest first: the dispatcher's polling.
    async fn due_messages(&self, now: Timestamp, limit: u32) -> Result<Vec<Message>, StoreError>;
    /// As [`Store::due_messages`], those behind one that is due at `behind.0` and has the sid `behind.1`.
    async fn due_messages_behind(
        &self,
        behind: (Timestamp, MessageSid),
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Message>, StoreError>;
    /// The first account behind `after` of which messages are queued.
    async fn next_waiting_account(&self, after: Option<AccountSid>)
    -> Result<Option<AccountSid>, StoreError>;
    /// As [`Store::due_messages`], of one account, and without those that are scheduled.
    async fn due_messages_of(
        &self,
        account: AccountSid,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Message>, StoreError>;
    /// How many messages of each account are queued, due or not. It reads them all.
    async fn waiting_messages(&self) -> Result<Vec<Waiting>, StoreError>;
    /// Outgoing messages in `sending`: after a restart their outcome is decided by receipts or expiry.
    async fn sending_messages(&self, limit: u32) -> Result<Vec<Message>, StoreError>;
    /// Outgoing messages in `sent` whose validity ended before `now`.
    async fn expired_messages(&self, now: Timestamp, limit: u32) -> Result<Vec<Message>, StoreError>;
    /// The message (and segment index) a carrier knows under this id on this route.
    async fn message_by_carrier_id(
        &self,
        route: &str,
        carrier_id: &str,
    ) -> Result<Option<(Message, u32)>, StoreError>;
    /// Parts of an unfinished incoming message: same route, sender, recipient, reference and total.
    async fn mo_parts(&self, key: &str) -> Result<Vec<MoPart>, StoreError>;
    /// Parts of all unfinished incoming messages behind this key and part, in that order: what a start finds waiting.
    async fn waiting_mo_parts(&self, behind: (&str, u8), limit: u32) -> Result<Vec<MoPart>, StoreError>;

    // ---- recordings, notifications -------------------------------------------------------------------------------
    /// One recording.
    async fn recording(
        &self,
        account: AccountSid,
        sid: RecordingSid,
    ) -> Result<Option<Recording>, StoreError>;
    /// The recording, whoever asks: for signed and public media URLs.
    async fn recording_by_sid(&self, sid: RecordingSid) -> Result<Option<Recording>, StoreError>;
    /// Recordings of the scope.
    async fn recordings(
        &self,
        account: AccountSid,
        filter: &RecordingFilter,
        page: &Page,
    ) -> Result<Vec<Recording>, StoreError>;
    /// How many recordings match.
    async fn count_recordings(
        &self,
        account: AccountSid,
        filter: &RecordingFilter,
    ) -> Result<u64, StoreError>;
    /// Recordings that are not decided yet and belong to this node (or to none): closed at a restart. At most `limit`.
    async fn open_recordings(&self, node: &str, limit: u32) -> Result<Vec<Recording>, StoreError>;
    /// Finished recordings whose audio is on this node and not in the object store, behind `after`, oldest first.
    async fn spooled_recordings(
        &self,
        node: &str,
        after: Option<RecordingSid>,
        limit: u32,
    ) -> Result<Vec<Recording>, StoreError>;
    /// Recordings with audio whose time was up at `now`, longest overdue first.
    async fn expired_recordings(&self, now: Timestamp, limit: u32) -> Result<Vec<Recording>, StoreError>;
    /// One record of a verb.
    async fn verb_record(
        &self,
        account: AccountSid,
        id: VerbRecordId,
    ) -> Result<Option<VerbRecord>, StoreError>;
    /// Records of verbs of one kind. Newest first.
    async fn verb_records(
        &self,
        account: AccountSid,
        kind: VerbKind,
        filter: &VerbRecordFilter,
        page: &Page,
    ) -> Result<Vec<VerbRecord>, StoreError>;
    /// How many records match.
    async fn count_verb_records(
        &self,
        account: AccountSid,
        kind: VerbKind,
        filter: &VerbRecordFilter,
    ) -> Result<u64, StoreError>;
    /// One notification.
    async fn notification(
        &self,
        account: AccountSid,
        sid: NotificationSid,
    ) -> Result<Option<Notification>, StoreError>;
    /// Notifications of the scope.
    async fn notifications(
        &self,
        account: AccountSid,
        filter: &NotificationFilter,
        page: &Page,
    ) -> Result<Vec<Notification>, StoreError>;
    /// How many notifications match.
    async fn count_notifications(
        &self,
        account: AccountSid,
        filter: &NotificationFilter,
    ) -> Result<u64, StoreError>;

    // ---- usage and ledger ----------------------------------------------------------------------------------------
    /// Usage events of one account, in the order of their places.
    async fn usage_events(
        &self,
        account: AccountSid,
        filter: &UsageFilter,
        limit: u32,
    ) -> Result<Vec<UsageEvent>, StoreError>;
    /// Sums of usage events per kind, item, class and day (UTC) from `from_day` to `to_day`, both included, of the account and, with
    /// `Scope::Tree`, its descendants; by day, then kind, item and class.
    async fn usage_totals(
        &self,
        account: AccountSid,
        scope: Scope,
        from_day: &str,
        to_day: &str,
    ) -> Result<Vec<UsageTotal>, StoreError>;
    /// Sums of usage events per value of a label, kind, item and class over the same days and accounts, at most `limit`, in that order.
    async fn usage_by_label(
        &self,
        account: AccountSid,
        scope: Scope,
        label: UsageLabel,
        days: (&str, &str),
        limit: u32,
    ) -> Result<Vec<LabelledUsage>, StoreError>;
    /// Sum of all legs per ledger account of one customer account.
    async fn balances(&self, account: AccountSid) -> Result<Vec<LedgerLeg>, StoreError>;
    /// Proof over the whole ledger: sum of all legs, number of postings, number of postings that do not sum to zero.
    async fn ledger_proof(&self) -> Result<LedgerProof, StoreError>;

    // ---- outbox and idempotency ----------------------------------------------------------------------------------
    /// Pending callbacks that are due at `now` and have no earlier pending one of the same subject, longest due first.
    async fn due_callbacks(&self, now: Timestamp, limit: u32) -> Result<Vec<Callback>, StoreError>;
    /// As [`Store::due_callbacks`], to be sent by the asker alone: where several nodes share the database, no other one gets them before
    /// `until`, which is then their next attempt. A crash of the asker costs that wait and nothing else.
    async fn claim_callbacks(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Callback>, StoreError>;
    /// Callbacks about one call or message, in order.
    async fn callbacks_about(&self, account: AccountSid, subject: &str) -> Result<Vec<Callback>, StoreError>;
    /// The answer kept under an idempotency key, if it is not older than `not_before`.
    async fn idempotency(
        &self,
        account: AccountSid,
        key: &str,
        not_before: Timestamp,
    ) -> Result<Option<IdempotencyRecord>, StoreError>;
    /// Drops idempotency answers older than `before`, finished callbacks older than `callbacks_before` and MO parts older than
    /// `parts_before`, at most `limit` rows of each.
    async fn sweep(
        &self,
        before: Timestamp,
        callbacks_before: Timestamp,
        parts_before: Timestamp,
        limit: u32,
    ) -> Result<u64, StoreError>;

    // ---- health --------------------------------------------------------------------------------------------------
    /// Proves that a durable write is possible now.
    async fn ready(&self) -> Result<(), StoreError>;
    /// After an erasure: what was dropped or replaced is not left in the files either, as far as that is the adapter's. Where the server
    /// has files of its own, it is the server's vacuum.
    async fn scrub(&self) -> Result<(), StoreError>;
    /// `sqlite` or `postgres`, and whether a commit waits for the disk.
    fn describe(&self) -> StoreDescription;
}
