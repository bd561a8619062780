//! The fields that are told of each kind; whatever is not named here stays out of an archive.

pub(super) const NUMBERS: &[&str] =
    &["sid", "number", "friendly_name", "country", "number_type", "declaration", "created_at", "released_at"];
pub(super) const PORTING: &[&str] = &[
    "sid",
    "number",
    "direction",
    "operator",
    "authorisation",
    "requested_day",
    "confirmed_day",
    "state",
    "reason",
    "declaration",
    "created_at",
];
pub(super) const MASKING: &[&str] = &["sid", "parent", "body", "created_at", "updated_at"];
pub(super) const CALLER_IDS: &[&str] = &["sid", "number", "friendly_name", "verified_at", "created_at"];
pub(super) const APPLICATIONS: &[&str] =
    &["sid", "friendly_name", "kind", "voice", "sms", "created_at", "updated_at"];
pub(super) const MESSAGES: &[&str] = &[
    "sid",
    "direction",
    "from",
    "to",
    "body",
    "status",
    "segments",
    "price",
    "error",
    "messaging_service_sid",
    "created_at",
    "sent_at",
    "updated_at",
];
pub(super) const CALLS: &[&str] = &[
    "sid",
    "parent_call_sid",
    "direction",
    "from",
    "to",
    "caller_name",
    "forwarded_from",
    "status",
    "ringing_at",
    "answered_at",
    "ended_at",
    "talk_ms",
    "price",
    "answered_by",
    "reason",
    "created_at",
];
pub(super) const RECORDINGS: &[&str] = &[
    "sid",
    "call_sid",
    "conference_sid",
    "source",
    "status",
    "channels",
    "duration_ms",
    "price",
    "purpose",
    "started_at",
    "expires_at",
];
pub(super) const TRANSCRIPTIONS: &[&str] =
    &["sid", "recording_sid", "call_sid", "status", "duration_ms", "text", "created_at", "expires_at"];
pub(super) const USAGE: &[&str] = &[
    "source",
    "id",
    "kind",
    "resource",
    "from",
    "to",
    "class",
    "at",
    "duration_ms",
    "quantity",
    "item",
    "plan",
    "billed",
    "amount",
    "month",
];
pub(super) const DISPATCHES: &[&str] = &[
    "invoice_sid",
    "number",
    "way",
    "participant",
    "sha256",
    "state",
    "reason",
    "reference",
    "tries",
    "created_at",
    "sent_at",
    "decided_at",
];
pub(super) const PAYMENTS: &[&str] = &[
    "sid",
    "invoice_sid",
    "amount",
    "currency",
    "provider",
    "provider_id",
    "state",
    "received",
    "settled",
    "refunds",
    "charged_back",
    "chargeback",
    "failure",
    "created_at",
    "updated_at",
];
pub(super) const OPT_OUTS: &[&str] = &["sid", "sender", "recipient", "word", "created_at"];
pub(super) const EMAILS: &[&str] =
    &["sid", "from", "to", "cc", "subject", "status", "recipients", "sent_at", "created_at"];
pub(super) const NOTIFICATIONS: &[&str] = &[
    "sid",
    "call_sid",
    "message_sid",
    "level",
    "code",
    "text",
    "request_url",
    "request_method",
    "created_at",
];
pub(super) const ACCOUNT: &[&str] = &[
    "sid",
    "parent_sid",
    "friendly_name",
    "email_address",
    "account_type",
    "status",
    "role",
    "currency",
    "recording_days",
    "ladder_days",
    "created_at",
    "updated_at",
];
