//! The write model: what one transaction may change.

use flexio_domain::*;
use serde::{Deserialize, Serialize};

use crate::{
    ContractChange, CreditChange, DebitChange, ErasureChange, ExportChange, FlowChange, HoldingChange,
    InvoiceChange, KeptLadder, LawfulChange, LedgerChange, LetterChange, MailChange, MaskingChange,
    MessagingChange, NoticeChange, PaymentChange, PeopleChange, PhoneChange, PortingChange, PriceRunChange,
    PromotionChange, RetentionChange, RoomChange, SipChange, TranscriptionChange, VerifyChange, WatchChange,
};

/// One step of a transaction.
///
/// `Create…` stores `version` as given (1) and fails with `Conflict` on a taken sid or unique name. `Update…` requires that the
/// stored version equals the one given, and stores the rest with that version + 1.
#[derive(Debug, Clone)]
pub enum Change {
    /// Unique: sid, e-mail address.
    CreateAccount(Account),
    /// Optimistic. `Conflict` where the parent differs: an account does not move in the tree.
    UpdateAccount(Account),
    /// Unique: sid.
    CreateKey(ApiKey),
    /// Optimistic.
    UpdateKey(ApiKey),
    /// `Conflict` if it is not there.
    DeleteKey(AccountSid, KeySid),
    /// Unique: sid.
    CreateApplication(Application),
    /// Optimistic.
    UpdateApplication(Application),
    /// Also clears the references numbers and clients hold to it. `Conflict` if it is not there.
    DeleteApplication(AccountSid, ApplicationSid),
    /// Adds numbers to the stock; a number that is there is replaced, one that is rented keeps its rent.
    ImportStock(Vec<StockNumber>),
    /// Takes the number out of the free stock. `Conflict` if it is not there: unknown, or rented by somebody.
    RentNumber(IncomingNumber),
    /// Optimistic. `account_sid` may differ from the stored one: the number moves. `Conflict` for a released number, or another `number`.
    UpdateNumber(IncomingNumber),
    /// Sets `released_at`. The number returns to the free stock, or is in quarantine where the second time is after the first. `Conflict` if
    /// it is not rented by this account.
    ReleaseNumber(AccountSid, NumberSid, Timestamp, Timestamp),
    /// Unique: sid, (account, number).
    CreateCallerId(OutgoingCallerId),
    /// Optimistic.
    UpdateCallerId(OutgoingCallerId),
    /// `Conflict` if it is not there.
    DeleteCallerId(AccountSid, NumberSid),
    /// Unique: sid.
    CreateCall(Call),
    /// Optimistic. A proof of life that is later than the call's own stays.
    UpdateCall(Call),
    /// With its timeline and its own ladders. `Conflict` if it is not there, or not over.
    DeleteCall(AccountSid, CallSid),
    /// Sets `proven_at` of many running legs at once, and the milliseconds they talked by the monotonic clock; neither goes back. Final
    /// legs are left alone. No version change.
    ProveCalls(Vec<(CallSid, u64)>, Timestamp),
    /// Appends to a call's timeline, all entries of one call and in order. Unique: (call, sequence of the first entry), so that adding the
    /// same entries again is a `Conflict`.
    AddTimeline(Vec<TimelineEntry>),
    /// What one leg said over SIP. Unique: id.
    AddLadder(KeptLadder),
    /// Unique: sid.
    CreateMessage(Message),
    /// Optimistic.
    UpdateMessage(Message),
    /// `Conflict` if it is not there.
    DeleteMessage(AccountSid, MessageSid),
    /// The carrier's id for a segment, for receipts. A repeated pair is left as it is.
    LinkCarrierId {
        /// Route that accepted it.
        route: String,
        /// The carrier's message id.
        carrier_id: String,
        /// Our message.
        message: MessageSid,
        /// Index of the segment, from 0.
        segment: u32,
    },
    /// Keeps a part of an incoming message; the same part again is left as it is.
    KeepMoPart(MoPart),
    /// Drops the parts of a finished message.
    DropMoParts(String),
    /// Unique: id.
    AddVerbRecord(VerbRecord),
    /// Drops one part. `Conflict` if it is not there: of several that take a message out, one does.
    ClaimMoPart(String, u8),
    /// Unique: sid.
    CreateRecording(Recording),
    /// Optimistic.
    UpdateRecording(Recording),
    /// The key under which an account's other keys are sealed. Unique: account.
    CreateAccountKey(AccountSid, Sealed),
    /// The same key under another master key. `Conflict` if it is not `from` any more.
    ResealAccountKey {
        /// Whose.
        account: AccountSid,
        /// As it was read.
        from: Sealed,
        /// As it is now.
        to: Sealed,
    },
    /// What is sealed under it cannot be read any more. Nothing happens where there is none.
    DestroyAccountKey(AccountSid),
    /// Append-only.
    AddNotification(Notification),
    /// Unique: (source, id). The same event again is left as it is; another body is `EventConflict`. `created_at` is not part of the
    /// comparison: a repetition comes later by nature.
    AddUsage(UsageEvent),
    /// Unique: id. The same posting again is left as it is; another body (`posted_at` apart) is `EventConflict`. Legs must sum to zero
    /// (`Broken` otherwise: the caller has a bug).
    Post(LedgerTransaction),
    /// Queues a callback.
    QueueCallback(Callback),
    /// Replaces state, attempts, next attempt and error of a queued callback. `Conflict` if it is not there.
    SettleCallback(Callback),
    /// Unique: (account, key); `Conflict` when taken.
    KeepIdempotency(IdempotencyRecord),
    /// Who may register and call over SIP.
    Sip(SipChange),
    /// Conferences and queues.
    Room(RoomChange),
    /// Flows and their executions.
    Flow(FlowChange),
    /// One-time codes.
    Verify(VerifyChange),
    /// What may be spent.
    Credit(CreditChange),
    /// Usage triggers and thresholds.
    Watch(WatchChange),
    /// People of the console.
    People(PeopleChange),
    /// Who may write to whom.
    Messaging(MessagingChange),
    /// What is held and paid by the month.
    Holding(HoldingChange),
    /// Plans, customers, subscriptions and pins.
    Contract(ContractChange),
    /// Invoices and credit notes.
    Invoice(InvoiceChange),
    /// What follows an invoice: letters, sendings, disputes, approvals, money to be paid back.
    Letter(LetterChange),
    /// The chain over the ledger.
    Ledger(LedgerChange),
    /// Phones that registered.
    Phone(PhoneChange),
    /// Direct debit.
    Debit(DebitChange),
    /// E-mails.
    Mail(MailChange),
    /// Texts of recordings.
    Transcription(TranscriptionChange),
    /// Archives of accounts.
    Export(ExportChange),
    /// Legal holds, and personal data that goes.
    Erasure(ErasureChange),
    /// Terms that end by night.
    Retention(RetentionChange),
    /// Payments through a provider.
    Payment(PaymentChange),
    /// Requests of authorities.
    Lawful(LawfulChange),
}

/// Changes that commit together, in order. At most 10 000; larger work is split by its use case.
#[derive(Debug, Clone, Default)]
pub struct ChangeSet {
    changes: Vec<Change>,
}

impl ChangeSet {
    /// Nothing to change.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a step.
    #[must_use]
    pub fn with(mut self, change: Change) -> Self {
        self.changes.push(change);
        self
    }

    /// Adds a step.
    pub fn push(&mut self, change: Change) {
        self.changes.push(change);
    }

    /// Adds steps, in order.
    pub fn extend(&mut self, changes: impl IntoIterator<Item = Change>) {
        self.changes.extend(changes);
    }

    /// Adds the steps of another set behind these.
    pub fn append(&mut self, mut other: Self) {
        self.changes.append(&mut other.changes);
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Steps, in order.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Steps, in order.
    pub fn into_changes(self) -> Vec<Change> {
        self.changes
    }
}

impl From<SipChange> for Change {
    fn from(change: SipChange) -> Self {
        Self::Sip(change)
    }
}

impl From<RoomChange> for Change {
    fn from(change: RoomChange) -> Self {
        Self::Room(change)
    }
}

impl From<FlowChange> for Change {
    fn from(change: FlowChange) -> Self {
        Self::Flow(change)
    }
}

impl From<VerifyChange> for Change {
    fn from(change: VerifyChange) -> Self {
        Self::Verify(change)
    }
}

impl From<WatchChange> for Change {
    fn from(change: WatchChange) -> Self {
        Self::Watch(change)
    }
}

impl From<CreditChange> for Change {
    fn from(change: CreditChange) -> Self {
        Self::Credit(change)
    }
}

impl From<PeopleChange> for Change {
    fn from(change: PeopleChange) -> Self {
        Self::People(change)
    }
}

impl From<MessagingChange> for Change {
    fn from(change: MessagingChange) -> Self {
        Self::Messaging(change)
    }
}

impl From<InvoiceChange> for Change {
    fn from(change: InvoiceChange) -> Self {
        Self::Invoice(change)
    }
}

impl From<LetterChange> for Change {
    fn from(change: LetterChange) -> Self {
        Self::Letter(change)
    }
}

impl From<LedgerChange> for Change {
    fn from(change: LedgerChange) -> Self {
        Self::Ledger(change)
    }
}

impl From<HoldingChange> for Change {
    fn from(change: HoldingChange) -> Self {
        Self::Holding(change)
    }
}

impl From<PhoneChange> for Change {
    fn from(change: PhoneChange) -> Self {
        Self::Phone(change)
    }
}

impl From<TranscriptionChange> for Change {
    fn from(change: TranscriptionChange) -> Self {
        Self::Transcription(change)
    }
}

impl From<ExportChange> for Change {
    fn from(change: ExportChange) -> Self {
        Self::Export(change)
    }
}

impl From<ErasureChange> for Change {
    fn from(change: ErasureChange) -> Self {
        Self::Erasure(change)
    }
}

impl From<RetentionChange> for Change {
    fn from(change: RetentionChange) -> Self {
        Self::Retention(change)
    }
}

impl From<PortingChange> for Change {
    fn from(change: PortingChange) -> Self {
        Self::Holding(HoldingChange::Porting(change))
    }
}

impl From<MaskingChange> for Change {
    fn from(change: MaskingChange) -> Self {
        Self::Holding(HoldingChange::Masking(change))
    }
}

impl From<LawfulChange> for Change {
    fn from(change: LawfulChange) -> Self {
        Self::Lawful(change)
    }
}

impl From<PaymentChange> for Change {
    fn from(change: PaymentChange) -> Self {
        Self::Payment(change)
    }
}

impl From<NoticeChange> for Change {
    fn from(change: NoticeChange) -> Self {
        ContractChange::Notice(change).into()
    }
}

impl From<PriceRunChange> for Change {
    fn from(change: PriceRunChange) -> Self {
        Self::Contract(ContractChange::PriceRun(change))
    }
}

impl From<PromotionChange> for Change {
    fn from(change: PromotionChange) -> Self {
        Self::Contract(ContractChange::Promotion(change))
    }
}

impl From<DebitChange> for Change {
    fn from(change: DebitChange) -> Self {
        Self::Debit(change)
    }
}

impl From<MailChange> for Change {
    fn from(change: MailChange) -> Self {
        Self::Mail(change)
    }
}

impl From<ContractChange> for Change {
    fn from(change: ContractChange) -> Self {
        Self::Contract(change)
    }
}

impl From<Change> for ChangeSet {
    fn from(change: Change) -> Self {
        Self { changes: vec![change] }
    }
}

/// What a [`crate::StoreError::Conflict`] says when the key of a [`Change::KeepIdempotency`] is taken: a twin was quicker.
pub const IDEMPOTENCY_KEY_TAKEN: &str = "the idempotency key is taken";

/// The answer of a request that carried an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdempotencyRecord {
    /// Scope of the key.
    pub account_sid: AccountSid,
    /// 1 to 255 visible ASCII characters.
    pub key: String,
    /// SHA-256 of method, path and body.
    pub request_digest: [u8; 32],
    /// HTTP status of the answer; 0 while the outcome is being rendered after its effect committed.
    pub status: u16,
    /// Body of the answer; empty while `status` is 0, then re-rendered from `resource`.
    pub body: Vec<u8>,
    /// Media type of `body`.
    pub content_type: String,
    /// Sid of the resource the request made.
    pub resource: String,
    /// When.
    pub created_at: Timestamp,
}

/// A part of an incoming concatenated message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoPart {
    /// Route, sender, recipient, reference and total, joined by the messaging engine.
    pub key: String,
    /// From 1.
    pub part: u8,
    /// Parts in all.
    pub total: u8,
    /// Text of the part.
    pub text: Pii<String>,
    /// When it came.
    pub received_at: Timestamp,
}

/// One thing that happened on a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineEntry {
    /// Owner.
    pub account_sid: AccountSid,
    /// The call whose document runs.
    pub call_sid: CallSid,
    /// Order within the call.
    pub sequence: u32,
    /// When.
    pub at: Timestamp,
    /// Short constant such as `fetch`, `say`, `gather`, `dial`, `answered`.
    pub event: String,
    /// Facts, `name: value`; no digits, codes or bodies.
    pub fields: Vec<(String, String)>,
    /// What was asked of an application, sealed, in base64: so that it can be asked again.
    #[serde(default)]
    pub request: Option<String>,
}
