//! Questions: a text and its values.

use flexio_domain::*;

use super::plan::columns::{email_key, sid, text, time};
use super::sql::{fixed, question};
use super::{Dialect, Sql, Step, Value, Write};
use crate::query::*;

/// A question with its values, in the order of its placeholders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Text in the adapter's dialect.
    pub sql: Sql,
    /// Values, first placeholder first.
    pub values: Vec<Value>,
    /// Answered from one or two index look-ups: may run on the caller's thread.
    pub point: bool,
}

impl Query {
    /// A fixed text; `values` in the order of first use in the text.
    pub(super) fn point(dialect: Dialect, name: &'static str, values: Vec<Value>) -> Self {
        Self { sql: fixed(dialect, name), values, point: true }
    }

    /// As [`Query::point`], for answers of many rows.
    pub(super) fn many(dialect: Dialect, name: &'static str, values: Vec<Value>) -> Self {
        Self { sql: fixed(dialect, name), values, point: false }
    }

    /// The document that stands where `step` found a fact already there.
    pub fn fact(dialect: Dialect, step: &Step) -> Self {
        match step.write {
            Write::UsageInsert => Self::point(dialect, "usage_event", step.values[..2].to_vec()),
            _ => Self::point(dialect, "posting", step.values[..1].to_vec()),
        }
    }
}

/// A question under construction: which lines are in, and the values of their names.
pub(super) struct Builder {
    name: &'static str,
    flags: Vec<&'static str>,
    values: Vec<(&'static str, Value)>,
}

impl Builder {
    pub fn new(name: &'static str) -> Self {
        Self { name, flags: Vec::with_capacity(8), values: Vec::with_capacity(8) }
    }

    pub fn flag(mut self, flag: &'static str, set: bool) -> Self {
        if set {
            self.flags.push(flag);
        }
        self
    }

    pub fn value(mut self, name: &'static str, value: Value) -> Self {
        self.values.push((name, value));
        self
    }

    /// A line whose flag has the name of its value.
    pub fn optional(self, name: &'static str, value: Option<Value>) -> Self {
        match value {
            Some(value) => self.flag(name, true).value(name, value),
            None => self,
        }
    }

    pub fn scope(self, account: AccountSid, scope: Scope) -> Self {
        self.flag("own", scope == Scope::Own)
            .flag("tree", scope == Scope::Tree)
            .value("account", sid(account.as_u128()))
    }

    pub fn span(self, from: &'static str, until: &'static str, span: Span) -> Self {
        self.optional(from, span.from.map(time)).optional(until, span.until.map(time))
    }

    pub fn page(self, page: &Page) -> Self {
        let newest = page.order == Order::Newest;
        let limit = Value::Int(page.limit.clamp(1, 1000).into());
        let skip = Value::Int(page.skip.min(100_000).into());
        let paged =
            self.flag("newest", newest).flag("oldest", !newest).value("limit", limit).value("skip", skip);
        match page.after {
            Some(key) => {
                paged.flag("before_key", newest).flag("behind_key", !newest).value("after", sid(key))
            }
            None => paged,
        }
    }

    pub fn list(self, page: &Page) -> Self {
        self.flag("list", true).page(page)
    }

    pub fn count(self) -> Self {
        self.flag("count", true)
    }

    pub fn build(self, dialect: Dialect) -> Query {
        let (sql, values) = question(dialect, self.name, &self.flags, self.values);
        Query { sql, values, point: false }
    }
}

fn texts(value: Option<&String>) -> Option<Value> {
    value.map(|value| text(value))
}

pub(super) fn accounts(parent: AccountSid, filter: &AccountFilter) -> Builder {
    Builder::new("accounts")
        .scope(parent, filter.scope)
        .optional("friendly_name", texts(filter.friendly_name.as_ref()))
        .optional("status", filter.status.map(|status| text(status.as_str())))
}

pub(super) fn account_by_email(dialect: Dialect, email: &str) -> Query {
    Query::point(dialect, "account_by_email", vec![email_key(email)])
}

pub(super) fn stock(filter: &StockFilter, limit: u32) -> Builder {
    Builder::new("stock")
        .optional("country", texts(filter.country.as_ref()))
        .optional("number_type", filter.number_type.map(|kind| text(kind.as_str())))
        .optional("pattern", texts(filter.pattern.as_ref()))
        .flag("held", filter.seen_by.is_some())
        .optional("held_now", filter.seen_by.map(|(_, now)| time(now)))
        .optional("held_by", filter.seen_by.map(|(account, _)| sid(account.as_u128())))
        .flag("voice", filter.capabilities.voice)
        .flag("sms", filter.capabilities.sms)
        .flag("mms", filter.capabilities.mms)
        .flag("fax", filter.capabilities.fax)
        .value("limit", Value::Int(limit.into()))
}

pub(super) fn numbers(account: AccountSid, filter: &NumberFilter) -> Builder {
    Builder::new("numbers")
        .value("account", sid(account.as_u128()))
        .optional("pattern", texts(filter.pattern.as_ref()))
        .optional("friendly_name", texts(filter.friendly_name.as_ref()))
        .optional("number_type", filter.number_type.map(|kind| text(kind.as_str())))
        .optional("application", filter.application.map(|application| sid(application.as_u128())))
}

pub(super) fn applications(account: AccountSid, filter: &ApplicationFilter) -> Builder {
    Builder::new("applications")
        .value("account", sid(account.as_u128()))
        .optional("friendly_name", texts(filter.friendly_name.as_ref()))
}

pub(super) fn caller_ids(account: AccountSid, filter: &CallerIdFilter) -> Builder {
    Builder::new("caller_ids")
        .value("account", sid(account.as_u128()))
        .optional("number", filter.number.as_ref().map(|number| text(number.as_str())))
        .optional("friendly_name", texts(filter.friendly_name.as_ref()))
}

pub(super) fn calls(account: AccountSid, filter: &CallFilter) -> Builder {
    Builder::new("calls")
        .scope(account, filter.scope)
        .optional("from", texts(filter.from.as_ref()))
        .optional("to", texts(filter.to.as_ref()))
        .optional("status", filter.status.map(|status| text(status.as_str())))
        .optional("parent", filter.parent_call_sid.map(|call| sid(call.as_u128())))
        .span("started_from", "started_until", filter.started)
        .span("ended_from", "ended_until", filter.ended)
}

pub(super) fn messages(account: AccountSid, filter: &MessageFilter) -> Builder {
    Builder::new("messages")
        .scope(account, filter.scope)
        .optional("from", texts(filter.from.as_ref()))
        .optional("to", texts(filter.to.as_ref()))
        .optional("status", filter.status.map(|status| text(status.as_str())))
        .span("created_from", "created_until", filter.created)
        .span("sent_from", "sent_until", filter.sent)
        .optional("text", texts(filter.body_contains.as_ref()))
}

pub(super) fn recordings(account: AccountSid, filter: &RecordingFilter) -> Builder {
    Builder::new("recordings")
        .scope(account, filter.scope)
        .flag("living", !filter.with_deleted)
        .optional("call", filter.call_sid.map(|call| sid(call.as_u128())))
        .optional("conference", filter.conference_sid.map(|conference| sid(conference.as_u128())))
        .span("created_from", "created_until", filter.created)
}

pub(super) fn verb_records(account: AccountSid, kind: VerbKind, filter: &VerbRecordFilter) -> Builder {
    Builder::new("verb_records")
        .value("account", sid(account.as_u128()))
        .value("kind", text(kind.as_str()))
        .optional("call", filter.call_sid.map(|call| sid(call.as_u128())))
        .optional("status", texts(filter.status.as_ref()))
        .span("created_from", "created_until", filter.created)
}

pub(super) fn notifications(account: AccountSid, filter: &NotificationFilter) -> Builder {
    Builder::new("notifications")
        .scope(account, filter.scope)
        .optional("call", filter.call_sid.map(|call| sid(call.as_u128())))
        .optional("level", filter.level.map(|level| Value::Int(level.log().into())))
        .optional("code", filter.code.map(|code| Value::Int(code.into())))
        .optional("request_url", texts(filter.request_url.as_ref()))
        .optional("text", texts(filter.text_contains.as_ref()))
        .span("created_from", "created_until", filter.created)
}

pub(super) fn usage_events(account: AccountSid, filter: &UsageFilter, limit: u32) -> Builder {
    let builder = match &filter.resource {
        None => Builder::new("usage_events"),
        Some(resource) => Builder::new("usage_of_resource").value("resource", text(resource)),
    };
    let builder = builder
        .value("account", sid(account.as_u128()))
        .optional("kind", filter.kind.map(|kind| text(kind.as_str())))
        .value("limit", Value::Int(limit.into()));
    match &filter.after {
        Some(after) => builder
            .flag("after", true)
            .value("after_day", text(&after.day))
            .value("after_source", text(&after.source))
            .value("after_id", text(&after.id)),
        None => builder,
    }
}

pub(super) fn usage_totals(account: AccountSid, scope: Scope, from_day: &str, to_day: &str) -> Builder {
    Builder::new("usage_totals")
        .scope(account, scope)
        .value("from_day", text(from_day))
        .value("to_day", text(to_day))
}

pub(super) fn limited(limit: u32) -> Value {
    Value::Int(limit.into())
}

/// As many rows as [`Faults`] names.
pub(super) fn all_named() -> Value {
    Value::Int(i64::try_from(NAMED_FAULTS).unwrap_or(i64::MAX))
}

/// One question of each kind with every line it can have at once: an adapter's test prepares them all.
pub fn every_query(dialect: Dialect) -> Vec<Query> {
    let mut queries = Vec::new();
    for name in super::sql::questions() {
        for (flags, values) in super::sql::renderings(name) {
            let values = values.into_iter().map(|name| (name, Value::Null)).collect();
            let (sql, values) = question(dialect, name, &flags, values);
            queries.push(Query { sql, values, point: false });
        }
    }
    queries.extend(super::erasure::every(dialect));
    queries
}
