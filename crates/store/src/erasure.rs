//! Legal holds, erasures, and the rows they are about: what may be written, what may be asked.

use async_trait::async_trait;
use flexio_domain::*;
use serde::de::DeserializeOwned;

use crate::{Page, StoreError, UsagePlace};

macro_rules! kept {
    ($($variant:ident = $table:literal,)*) => {
        /// Rows of an account that have a sid and a document of their own, by table.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "the table says what it is")]
        pub enum Kept { $($variant,)* }

        impl Kept {
            /// All of them, in the order in which the erasure of an account takes them: first whatever signs in, then what was said, last
            /// what was set.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its table.
            pub const fn table(self) -> &'static str {
                match self { $(Self::$variant => $table,)* }
            }
        }
    };
}

kept! {
    Keys = "api_keys",
    People = "people",
    Sessions = "sessions",
    Clients = "clients",
    SipDomains = "sip_domains",
    CredentialLists = "credential_lists",
    Credentials = "credentials",
    IpLists = "ip_lists",
    IpAddresses = "ip_addresses",
    SmppUsers = "smpp_users",
    Callbacks = "callbacks",
    Recordings = "recordings",
    Transcriptions = "transcriptions",
    Messages = "messages",
    Calls = "calls",
    Notifications = "notifications",
    VerbRecords = "verb_records",
    Conferences = "conferences",
    Queues = "queues",
    Emails = "emails",
    Exports = "exports",
    Verifications = "verifications",
    Attempts = "verification_attempts",
    Challenges = "verify_challenges",
    Factors = "verify_factors",
    Entities = "verify_entities",
    GuardDecisions = "guard_decisions",
    GuardCases = "guard_cases",
    SpendCases = "spend_cases",
    SafeNumbers = "safe_numbers",
    SendLimits = "send_limits",
    VerifyTemplates = "verify_templates",
    VerifyServices = "verify_services",
    OptOuts = "opt_outs",
    MessagingServices = "messaging_services",
    ShortCodes = "short_codes",
    SenderNames = "sender_names",
    Keywords = "keywords",
    Executions = "flow_executions",
    Flows = "flows",
    Applications = "applications",
    PortingRequests = "porting_requests",
    Masking = "masking_records",
    Numbers = "numbers",
    CallerIds = "caller_ids",
    Triggers = "usage_triggers",
    Thresholds = "thresholds",
    AuditEvents = "audit_events",
}

/// Rows of an account without a sid of their own, which go many at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Swept {
    /// Answers under idempotency keys.
    Answers,
    /// What limits on codes count by.
    Marks,
    /// Who wrote last to whom.
    Contacts,
    /// Values that flows keep.
    FlowValues,
    /// Sound files that are played by name.
    Sounds,
    /// Phones that registered.
    Bindings,
    /// That usage has moved.
    Watches,
    /// Sums by number and tag.
    UsageLabels,
}

impl Swept {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Answers,
        Self::Marks,
        Self::Contacts,
        Self::FlowValues,
        Self::Sounds,
        Self::Bindings,
        Self::Watches,
        Self::UsageLabels,
    ];

    /// Its table.
    pub const fn table(self) -> &'static str {
        match self {
            Self::Answers => "idempotency_keys",
            Self::Marks => "send_marks",
            Self::Contacts => "contacts",
            Self::FlowValues => "flow_values",
            Self::Sounds => "sounds",
            Self::Bindings => "sip_bindings",
            Self::Watches => "usage_watches",
            Self::UsageLabels => "usage_labels",
        }
    }
}

/// Tables whose rows go with a row of [`Kept`], and with which.
pub const PARTS: &[(&str, Kept)] = &[
    ("timeline", Kept::Calls),
    ("ladders", Kept::Calls),
    ("message_media", Kept::Messages),
    ("sip_domain_lists", Kept::SipDomains),
    ("participants", Kept::Conferences),
    ("queue_members", Kept::Queues),
    ("service_senders", Kept::MessagingServices),
    ("flow_revisions", Kept::Flows),
    ("flow_steps", Kept::Executions),
];

/// Tables that an erasure leaves, or changes by itself, and why. With [`Kept`], [`Swept`] and [`PARTS`] these are all tables there are: a
/// test refuses a new one that nobody has thought about.
pub const LEFT: &[(&str, &str)] = &[
    ("accounts", "names and token are destroyed, the row stays for the ledger"),
    ("account_tree", "sids"),
    ("account_keys", "destroyed"),
    ("customers", "goes when the term of identity is over"),
    ("usage_days", "sums without ends"),
    ("flow_metrics", "sums without ends"),
    ("queue_days", "sums without ends"),
    ("flow_cues", "sids, told within seconds"),
    ("usage_events", "numbers are replaced, charges stay"),
    ("plans", "the installation's"),
    ("plan_retirements", "the installation's"),
    ("pins", "prices, with the contract"),
    ("price_notices", "prices, with the contract"),
    ("terms_changes", "the installation's"),
    ("terms_notices", "terms, with the contract"),
    ("notice_letters", "proof that somebody was told, with the contract"),
    ("promotions", "the installation's"),
    ("redemptions", "prices, with the contract"),
    ("price_runs", "the installation's"),
    ("price_run_customers", "sids and amounts"),
    ("subscriptions", "becomes erased"),
    ("summaries", "what was accepted, with the contract"),
    ("acceptances", "proof of the contract, ten years"),
    ("invoices", "ten years"),
    ("invoiced", "amounts"),
    ("document_series", "the installation's"),
    ("letters", "proof with their invoice"),
    ("disputes", "proof with their invoice"),
    ("credit_requests", "proof with their invoice"),
    ("payouts", "amounts"),
    ("payment_intents", "amounts and the provider's ids, with their invoice"),
    ("payment_events", "that a provider told something, with its payment"),
    ("mandates", "proof of what was collected; names and account go with who the customer was"),
    ("collections", "amounts; names and account go with who the customer was"),
    ("collection_files", "sums"),
    ("dispatches", "proof with their invoice: how it was sent as a structured document"),
    ("postings", "the ledger"),
    ("posting_legs", "the ledger"),
    ("balances", "the ledger"),
    ("audit_seals", "digests of who did what"),
    ("ledger_seals", "the ledger"),
    ("ledger_openings", "the ledger"),
    ("ledger_carried", "the ledger"),
    ("parked_events", "a bug's: somebody looks at each, then it goes"),
    ("credits", "the ledger"),
    ("grants", "amounts, back within hours"),
    ("holdings", "what was charged by the month"),
    ("closed_months", "the installation's"),
    ("stock", "the installation's"),
    ("carrier_ids", "ids of carriers, which lead to a message that is gone"),
    ("mo_parts", "parts of messages that never became whole go within a day"),
    ("registrars", "the installation's"),
    ("trunk_reports", "the installation's"),
    ("probe", "the installation's"),
    ("legal_holds", "why something was kept"),
    ("erasures", "the proof"),
    ("lawful_requests", "the installation's; as long as who did what"),
    ("retention_marks", "days and sids"),
    ("retention_counts", "counts"),
];

/// A row as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRow {
    /// Its sid.
    pub key: u128,
    /// JSON.
    pub doc: String,
}

impl KeptRow {
    /// The entity of the row.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, StoreError> {
        serde_json::from_str(&self.doc).map_err(|error| StoreError::Broken(error.into()))
    }
}

/// A step of a transaction about holds and erasures.
#[derive(Debug, Clone)]
pub enum ErasureChange {
    /// Unique: sid.
    CreateHold(LegalHold),
    /// Optimistic.
    UpdateHold(LegalHold),
    /// Unique: sid.
    Create(Erasure),
    /// Optimistic.
    Update(Erasure),
    /// A row with those that are part of it; one that is gone is left at that. `Conflict` for a call that is not there or not over.
    Drop(Kept, AccountSid, u128),
    /// Timeline, ladders and records of verbs of a call; the call stays.
    ForgetCall(AccountSid, CallSid),
    /// Other ends of a use; amounts, items and times stay as the columns have them.
    RewriteUsage(UsageEvent),
    /// Without names.
    RewriteAudit(AuditEvent),
    /// The answer under an idempotency key.
    DropAnswer(AccountSid, String),
    /// What limits on codes count by one mark.
    DropMarks(AccountSid, String),
    /// That the account wrote to somebody.
    DropContact(AccountSid, String),
    /// Who paid.
    DropCustomer(AccountSid),
}

/// Keeper of holds and erasures.
#[async_trait]
pub trait ErasureStore {
    /// One hold.
    async fn legal_hold(
        &self,
        account: AccountSid,
        sid: LegalHoldSid,
    ) -> Result<Option<LegalHold>, StoreError>;
    /// Holds of an account. Newest first.
    async fn legal_holds(&self, account: AccountSid, page: &Page) -> Result<Vec<LegalHold>, StoreError>;
    /// Holds that stand, of the account and of all it stands under.
    async fn holds_over(&self, account: AccountSid) -> Result<Vec<LegalHold>, StoreError>;
    /// One erasure.
    async fn erasure(&self, account: AccountSid, sid: ErasureSid) -> Result<Option<Erasure>, StoreError>;
    /// Erasures of an account. Newest first.
    async fn erasures(&self, account: AccountSid, page: &Page) -> Result<Vec<Erasure>, StoreError>;
    /// Erasures of all accounts that are due at `now`, longest due first.
    async fn due_erasures(&self, now: Timestamp, limit: u32) -> Result<Vec<Erasure>, StoreError>;
    /// How many rows of a kind the account has.
    async fn count_kept(&self, account: AccountSid, kind: Kept) -> Result<u64, StoreError>;
    /// Rows of a kind behind a sid, in the order of their sids; with a text, those whose document has it. That looks at every row of the
    /// account, on a reader: nobody who writes waits.
    async fn kept_rows(
        &self,
        account: AccountSid,
        kind: Kept,
        naming_behind: (Option<&str>, u128),
        limit: u32,
    ) -> Result<Vec<KeptRow>, StoreError>;
    /// Usage events behind a place whose document has a text.
    async fn usage_naming(
        &self,
        account: AccountSid,
        naming: &str,
        behind: &UsagePlace,
        limit: u32,
    ) -> Result<Vec<UsageEvent>, StoreError>;
    /// Idempotency keys behind one, and the answers under them.
    async fn answers_kept(
        &self,
        account: AccountSid,
        after: &str,
        limit: u32,
    ) -> Result<Vec<(String, Vec<u8>)>, StoreError>;
    /// Conferences a call was in, at most 100.
    async fn conferences_of_call(
        &self,
        account: AccountSid,
        call: CallSid,
    ) -> Result<Vec<ConferenceSid>, StoreError>;
    /// Drops rows of the account, at most `limit`; how many.
    async fn sweep_of(&self, account: AccountSid, swept: Swept, limit: u32) -> Result<u64, StoreError>;
}
