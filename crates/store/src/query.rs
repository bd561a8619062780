//! Filters, pages and sums.

use flexio_domain::*;

/// Whose rows are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scope {
    /// The account's own.
    #[default]
    Own,
    /// The account's and all its descendants'.
    Tree,
}

/// Which way a list runs; the key is always the sid, which sorts by creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// Newest first.
    #[default]
    Newest,
    /// Oldest first.
    Oldest,
}

/// A page by key: `limit` rows that follow `after` in `order`.
///
/// `skip` serves clients that ask for page N without the key of page N−1; it is bounded to 100 000 rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The last sid of the page before, as its number.
    pub after: Option<u128>,
    /// Rows to step over.
    pub skip: u32,
    /// 1 to 1000 rows.
    pub limit: u32,
    /// Direction.
    pub order: Order,
}

impl Default for Page {
    fn default() -> Self {
        Self { after: None, skip: 0, limit: 50, order: Order::Newest }
    }
}

/// Half-open span of time: `from` included, `until` excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
}

/// Sub-accounts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccountFilter {
    /// Direct children or all descendants.
    pub scope: Scope,
    /// Equal.
    pub friendly_name: Option<String>,
    /// Equal.
    pub status: Option<AccountStatus>,
}

/// Applications.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ApplicationFilter {
    /// Equal.
    pub friendly_name: Option<String>,
}

/// Free numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StockFilter {
    /// ISO 3166 alpha-2.
    pub country: Option<String>,
    /// Kind.
    pub number_type: Option<NumberType>,
    /// `LIKE` pattern over the number with its `+`: `%` any, `_` one digit.
    pub pattern: Option<String>,
    /// Must have these, where true.
    pub capabilities: Capabilities,
    /// Not what is held at this instant for another account than this one.
    pub seen_by: Option<(AccountSid, Timestamp)>,
}

/// Rented numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NumberFilter {
    /// `LIKE` pattern over the number with its `+`.
    pub pattern: Option<String>,
    /// Equal.
    pub friendly_name: Option<String>,
    /// Kind.
    pub number_type: Option<NumberType>,
    /// Bound to this application for calls or messages.
    pub application: Option<ApplicationSid>,
}

/// Caller ids.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CallerIdFilter {
    /// Equal.
    pub number: Option<E164>,
    /// Equal.
    pub friendly_name: Option<String>,
}

/// Calls.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CallFilter {
    /// Own or whole tree.
    pub scope: Scope,
    /// Equal.
    pub from: Option<String>,
    /// Equal.
    pub to: Option<String>,
    /// Equal.
    pub status: Option<CallStatus>,
    /// Equal.
    pub parent_call_sid: Option<CallSid>,
    /// By creation.
    pub started: Span,
    /// By end.
    pub ended: Span,
}

/// Messages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MessageFilter {
    /// Own or whole tree.
    pub scope: Scope,
    /// Equal.
    pub from: Option<String>,
    /// Equal.
    pub to: Option<String>,
    /// Equal.
    pub status: Option<MessageStatus>,
    /// Contained in the text.
    pub body_contains: Option<String>,
    /// By creation.
    pub created: Span,
    /// By `sent_at`.
    pub sent: Span,
}

/// Recordings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RecordingFilter {
    /// Own or whole tree.
    pub scope: Scope,
    /// Equal.
    pub call_sid: Option<CallSid>,
    /// Equal.
    pub conference_sid: Option<ConferenceSid>,
    /// By creation.
    pub created: Span,
    /// Deleted ones too.
    pub with_deleted: bool,
}

/// Records of verbs of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VerbRecordFilter {
    /// Equal.
    pub call_sid: Option<CallSid>,
    /// Equal.
    pub status: Option<String>,
    /// By creation.
    pub created: Span,
}

/// Notifications.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NotificationFilter {
    /// Own or whole tree.
    pub scope: Scope,
    /// Equal.
    pub call_sid: Option<CallSid>,
    /// Equal.
    pub level: Option<Level>,
    /// Equal.
    pub code: Option<u32>,
    /// Equal.
    pub request_url: Option<String>,
    /// Contained in the text.
    pub text_contains: Option<String>,
    /// By creation.
    pub created: Span,
}

/// Usage events.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UsageFilter {
    /// The call, message or recording.
    pub resource: Option<String>,
    /// Kind.
    pub kind: Option<UsageKind>,
    /// Behind this one.
    pub after: Option<UsagePlace>,
}

/// Where a usage event stands among those of its account: by day (UTC), then source, then id.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct UsagePlace {
    /// `2026-11-03`.
    pub day: String,
    /// As in the event.
    pub source: String,
    /// As in the event.
    pub id: String,
}

impl UsagePlace {
    /// Of an event.
    pub fn of(event: &UsageEvent) -> Self {
        Self { day: event.day.clone(), source: event.source.clone(), id: event.id.clone() }
    }
}

/// Sum of one day's events of one kind and item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageTotal {
    /// What.
    pub kind: UsageKind,
    /// Price item, or `free`.
    pub item: String,
    /// Numbering class of the destination.
    pub class: String,
    /// `2026-11-03`, UTC.
    pub day: String,
    /// Events.
    pub count: u64,
    /// Sum of `billed`.
    pub billed: u64,
    /// Sum of started minutes of timed events (`duration_ms`, rounded up per event), for records that show minutes.
    pub minutes: u64,
    /// Sum of amounts.
    pub amount: Money,
}

/// What was used for one value of a label: the sums of [`UsageTotal`] over days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelledUsage {
    /// The application, number, key or tag.
    pub value: String,
    /// What.
    pub kind: UsageKind,
    /// Price item, or `free`.
    pub item: String,
    /// Numbering class of the destination.
    pub class: String,
    /// Events.
    pub count: u64,
    /// Sum of `billed`.
    pub billed: u64,
    /// Sum of started minutes of timed events.
    pub minutes: u64,
    /// Sum of amounts.
    pub amount: Money,
}

/// What the ledger adds up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LedgerProof {
    /// Sum of all legs; zero or the ledger is broken.
    pub sum: Money,
    /// Postings.
    pub transactions: u64,
    /// Postings whose own legs do not sum to zero; none or the ledger is broken.
    pub unbalanced: u64,
    /// Usage events with an amount and no posting `usage:<source>:<id>`; none or money was lost.
    pub unposted: u64,
}

/// Which adapter this is and what its `Ok` is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreDescription {
    /// `sqlite` or `postgres`.
    pub kind: &'static str,
    /// Several nodes may use it at once.
    pub shared: bool,
    /// A commit waits until the disk has it.
    pub durable: bool,
}
