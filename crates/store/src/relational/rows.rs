//! Rows back into words of the domain.
//!
//! The entity is in `doc`. Columns that a statement may change alone (a proof of life, a cleared reference, a release) win over it.

use std::borrow::Cow;

use flexio_domain::*;
use serde::de::DeserializeOwned;
use serde::de::IntoDeserializer;
use serde::de::value::{Error as ValueError, StrDeserializer};
use serde::{Deserialize, Serialize};

use super::plan::{Step, Write};
use super::{Row, Value, unreadable};
use crate::{
    IdempotencyRecord, KeptRow, LabelledUsage, QueueLoad, RetentionCount, RevenueMoved, StoreError,
    TimelineEntry, UsageCount, UsageTotal, Waiting,
};

/// How a row is read.
pub type Decode<T> = fn(&dyn Row) -> Result<T, StoreError>;

fn missing(what: &'static str) -> StoreError {
    StoreError::Broken(format!("a row without {what}").into())
}

fn int(row: &dyn Row, column: usize) -> Result<i64, StoreError> {
    row.int(column)?.ok_or_else(|| missing("a number"))
}

fn unsigned<T: TryFrom<i64, Error: std::error::Error + Send + Sync + 'static>>(
    row: &dyn Row,
    column: usize,
) -> Result<T, StoreError> {
    T::try_from(int(row, column)?).map_err(unreadable)
}

fn text(row: &dyn Row, column: usize) -> Result<&str, StoreError> {
    row.text(column)?.ok_or_else(|| missing("a text"))
}

fn bytes(row: &dyn Row, column: usize) -> Result<&[u8], StoreError> {
    row.bytes(column)?.ok_or_else(|| missing("bytes"))
}

fn instant(row: &dyn Row, column: usize) -> Result<Option<Timestamp>, StoreError> {
    row.int(column)?.map(|us| Timestamp::from_microsecond(us).map_err(unreadable)).transpose()
}

/// An entity that is wholly in its `doc`, the first column.
pub(super) fn doc<T: DeserializeOwned>(row: &dyn Row) -> Result<T, StoreError> {
    serde_json::from_str(text(row, 0)?).map_err(unreadable)
}

/// What came of a callback, beside its `doc`, which stays as it was queued.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct CallbackOutcome<'c> {
    state: CallbackState,
    attempts: u32,
    next_attempt_at: Timestamp,
    last_error: Option<Cow<'c, str>>,
}

impl<'c> CallbackOutcome<'c> {
    /// As the callback says.
    pub(super) fn of(callback: &'c Callback) -> Self {
        Self {
            state: callback.state,
            attempts: callback.attempts,
            next_attempt_at: callback.next_attempt_at,
            last_error: callback.last_error.as_deref().map(Cow::Borrowed),
        }
    }

    /// As it stands in its column. One that was delivered at once was due when it was queued, as its `doc` says.
    pub(super) fn written(&self) -> Result<Value, StoreError> {
        if self.state == CallbackState::Delivered && self.attempts == 1 && self.last_error.is_none() {
            return Ok(Value::Text(DELIVERED_AT_ONCE.to_owned()));
        }
        super::plan::columns::doc(self)
    }
}

/// Stands for a delivery at the first try, which nearly all are: a row that grows is moved to another page.
const DELIVERED_AT_ONCE: &str = "1";

/// A callback, with what came of it where there was a try.
pub(super) fn callback(row: &dyn Row) -> Result<Callback, StoreError> {
    let mut callback: Callback = doc(row)?;
    if let Some(text) = row.text(1)? {
        if text == DELIVERED_AT_ONCE {
            (callback.state, callback.attempts) = (CallbackState::Delivered, 1);
            return Ok(callback);
        }
        let outcome: CallbackOutcome<'_> = serde_json::from_str(text).map_err(unreadable)?;
        callback.state = outcome.state;
        callback.attempts = outcome.attempts;
        callback.next_attempt_at = outcome.next_attempt_at;
        callback.last_error = outcome.last_error.map(Cow::into_owned);
    }
    Ok(callback)
}

/// A text by itself.
pub(super) fn plain_text(row: &dyn Row) -> Result<String, StoreError> {
    text(row, 0).map(str::to_owned)
}

/// What flows counted on a day.
pub(super) fn flow_metric(row: &dyn Row) -> Result<FlowMetric, StoreError> {
    let (name, day) = (text(row, 0)?.to_owned(), text(row, 1)?.to_owned());
    Ok(FlowMetric { name, day, uses: unsigned(row, 2)?, total: int(row, 3)? })
}

/// What happened in a queue on a day.
pub(super) fn queue_day(row: &dyn Row) -> Result<QueueDay, StoreError> {
    Ok(QueueDay {
        queue: text(row, 0)?.to_owned(),
        day: text(row, 1)?.to_owned(),
        entered: unsigned(row, 2)?,
        served: unsigned(row, 3)?,
        in_time: unsigned(row, 4)?,
        abandoned: unsigned(row, 5)?,
        waited_s: unsigned(row, 6)?,
    })
}

/// Bytes by themselves.
pub(super) fn content(row: &dyn Row) -> Result<Vec<u8>, StoreError> {
    bytes(row, 0).map(<[u8]>::to_vec)
}

/// `count(*)` and other single numbers.
pub(super) fn count(row: &dyn Row) -> Result<u64, StoreError> {
    unsigned(row, 0)
}

/// A sum of money.
pub(super) fn sum(row: &dyn Row) -> Result<Money, StoreError> {
    int(row, 0).map(Money::from_micros)
}

/// The column's instant, unless `doc` has the same one to the nanosecond.
fn newer(from_doc: Option<Timestamp>, column: Option<Timestamp>) -> Option<Timestamp> {
    let same = from_doc.map(Timestamp::as_microsecond) == column.map(Timestamp::as_microsecond);
    if same { from_doc } else { column }
}

/// `doc, proven_at, proven_ms`
pub(super) fn call(row: &dyn Row) -> Result<Call, StoreError> {
    let mut call: Call = doc(row)?;
    call.proven_at = newer(call.proven_at, instant(row, 1)?);
    call.proven_ms = row.int(2)?.and_then(|ms| u64::try_from(ms).ok());
    Ok(call)
}

/// `doc, converted, updated_at`
pub(super) fn attempt(row: &dyn Row) -> Result<VerificationAttempt, StoreError> {
    let mut attempt: VerificationAttempt = doc(row)?;
    attempt.converted = int(row, 1)? != 0;
    attempt.updated_at = newer(Some(attempt.updated_at), instant(row, 2)?).unwrap_or(attempt.updated_at);
    Ok(attempt)
}

/// A moment, or none.
pub(super) fn moment(row: &dyn Row) -> Result<Option<Timestamp>, StoreError> {
    instant(row, 0)
}

/// A timeline entry as it is kept: what the row knows already is left out.
#[derive(Serialize, Deserialize)]
pub(super) struct TimelineLine<'a> {
    sequence: u32,
    at: Timestamp,
    event: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    fields: Cow<'a, [(String, String)]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    request: Option<Cow<'a, str>>,
}

impl<'a> TimelineLine<'a> {
    pub(super) fn of(entry: &'a TimelineEntry) -> Self {
        let TimelineEntry { account_sid: _, call_sid: _, sequence, at, event, fields, request } = entry;
        let request = request.as_deref().map(Cow::from);
        Self { sequence: *sequence, at: *at, event: event.into(), fields: fields.into(), request }
    }
}

/// `doc, account_sid, call_sid`: the entries of one row.
pub(super) fn timeline(row: &dyn Row) -> Result<Vec<TimelineEntry>, StoreError> {
    let sid = |column| row.sid(column)?.ok_or_else(|| missing("a sid"));
    let (account_sid, call_sid) = (AccountSid::from_u128(sid(1)?), CallSid::from_u128(sid(2)?));
    let lines: Vec<TimelineLine<'_>> = doc(row)?;
    let entry = |line: TimelineLine<'_>| TimelineEntry {
        account_sid,
        call_sid,
        sequence: line.sequence,
        at: line.at,
        event: line.event.into_owned(),
        fields: line.fields.into_owned(),
        request: line.request.map(Cow::into_owned),
    };
    Ok(lines.into_iter().map(entry).collect())
}

/// `doc, version, voice_application_sid, sms_application_sid, refer_application_sid, released_at`
pub(super) fn number(row: &dyn Row) -> Result<IncomingNumber, StoreError> {
    let mut number: IncomingNumber = doc(row)?;
    number.version = unsigned(row, 1)?;
    number.voice_application_sid = row.sid(2)?.map(ApplicationSid::from_u128);
    number.sms_application_sid = row.sid(3)?.map(ApplicationSid::from_u128);
    number.refer_application_sid = row.sid(4)?.map(ApplicationSid::from_u128);
    number.released_at = newer(number.released_at, instant(row, 5)?);
    Ok(number)
}

/// `doc, version, voice_application_sid`
pub(super) fn client(row: &dyn Row) -> Result<Client, StoreError> {
    let mut client: Client = doc(row)?;
    client.version = unsigned(row, 1)?;
    client.voice_application_sid = row.sid(2)?.map(ApplicationSid::from_u128);
    Ok(client)
}

/// `count, mean of enqueued_at`; the mean of nothing is NULL.
pub(super) fn queue_load(row: &dyn Row) -> Result<QueueLoad, StoreError> {
    Ok(QueueLoad { size: unsigned(row, 0)?, mean_enqueued_us: row.int(1)?.unwrap_or(0) })
}

/// `account_sid, count`
pub(super) fn waiting(row: &dyn Row) -> Result<Waiting, StoreError> {
    Ok(Waiting { account: account_sid(row)?, messages: unsigned(row, 1)? })
}

/// `doc, held_until`
pub(super) fn holding(row: &dyn Row) -> Result<Holding, StoreError> {
    let mut holding: Holding = doc(row)?;
    holding.until = newer(holding.until, instant(row, 1)?);
    Ok(holding)
}

/// An account by itself.
pub(super) fn account_sid(row: &dyn Row) -> Result<AccountSid, StoreError> {
    row.sid(0)?.map(AccountSid::from_u128).ok_or_else(|| missing("an account"))
}

/// `id, version` of a plan.
pub(super) fn plan_label(row: &dyn Row) -> Result<(String, u32), StoreError> {
    let version = row.int(1)?.ok_or_else(|| missing("a version"))?;
    Ok((text(row, 0)?.to_owned(), u32::try_from(version).map_err(unreadable)?))
}

/// `doc, taken, spent`
pub(super) fn promotion(row: &dyn Row) -> Result<PromotionState, StoreError> {
    Ok(PromotionState {
        promotion: doc(row)?,
        taken: unsigned(row, 1)?,
        spent: Money::from_micros(int(row, 2)?),
    })
}

/// Two accounts.
pub(super) fn account_pair(row: &dyn Row) -> Result<(AccountSid, AccountSid), StoreError> {
    let second = row.sid(1)?.map(AccountSid::from_u128).ok_or_else(|| missing("an account"))?;
    Ok((account_sid(row)?, second))
}

/// `sealed, account_sid`
pub(super) fn account_key(row: &dyn Row) -> Result<(AccountSid, Sealed), StoreError> {
    let account = row.sid(1)?.ok_or_else(|| missing("an account"))?;
    Ok((AccountSid::from_u128(account), Sealed(bytes(row, 0)?.to_vec())))
}

/// `doc, segment`
pub(super) fn message_segment(row: &dyn Row) -> Result<(Message, u32), StoreError> {
    Ok((doc(row)?, unsigned(row, 1)?))
}

/// `kind, item, class, day, count, billed, minutes, amount`
pub(super) fn usage_total(row: &dyn Row) -> Result<UsageTotal, StoreError> {
    let kind: StrDeserializer<'_, ValueError> = text(row, 0)?.into_deserializer();
    Ok(UsageTotal {
        kind: UsageKind::deserialize(kind).map_err(unreadable)?,
        item: text(row, 1)?.to_owned(),
        class: text(row, 2)?.to_owned(),
        day: text(row, 3)?.to_owned(),
        count: unsigned(row, 4)?,
        billed: unsigned(row, 5)?,
        minutes: unsigned(row, 6)?,
        amount: Money::from_micros(int(row, 7)?),
    })
}

/// `value, kind, item, class` and sums
pub(super) fn labelled_usage(row: &dyn Row) -> Result<LabelledUsage, StoreError> {
    let kind: StrDeserializer<'_, ValueError> = text(row, 1)?.into_deserializer();
    Ok(LabelledUsage {
        value: text(row, 0)?.to_owned(),
        kind: UsageKind::deserialize(kind).map_err(unreadable)?,
        item: text(row, 2)?.to_owned(),
        class: text(row, 3)?.to_owned(),
        count: unsigned(row, 4)?,
        billed: unsigned(row, 5)?,
        minutes: unsigned(row, 6)?,
        amount: Money::from_micros(int(row, 7)?),
    })
}

/// `day, class, gone`
pub(super) fn retention_count(row: &dyn Row) -> Result<RetentionCount, StoreError> {
    Ok(RetentionCount {
        day: text(row, 0)?.to_owned(),
        class: text(row, 1)?.to_owned(),
        gone: unsigned(row, 2)?,
    })
}

/// `sid, doc`
pub(super) fn kept_row(row: &dyn Row) -> Result<KeptRow, StoreError> {
    Ok(KeptRow { key: row.sid(0)?.ok_or_else(|| missing("a sid"))?, doc: text(row, 1)?.to_owned() })
}

/// `request_key, body`
pub(super) fn answer(row: &dyn Row) -> Result<(String, Vec<u8>), StoreError> {
    Ok((text(row, 0)?.to_owned(), bytes(row, 1)?.to_vec()))
}

/// A conference by itself.
pub(super) fn conference_sid(row: &dyn Row) -> Result<ConferenceSid, StoreError> {
    row.sid(0)?.map(ConferenceSid::from_u128).ok_or_else(|| missing("a conference"))
}

/// `sender, recipient, account_sid, at, via`
pub(super) fn contact(row: &dyn Row) -> Result<Contact, StoreError> {
    Ok(Contact {
        sender: text(row, 0)?.to_owned(),
        recipient: text(row, 1)?.to_owned(),
        account_sid: row.sid(2)?.map(AccountSid::from_u128).ok_or_else(|| missing("an account"))?,
        at: instant(row, 3)?.ok_or_else(|| missing("an instant"))?,
        via: row.text(4)?.map(str::to_owned),
    })
}

/// `ledger_account, amount`
pub(super) fn balance(row: &dyn Row) -> Result<LedgerLeg, StoreError> {
    let account = text(row, 0)?.parse().map_err(unreadable)?;
    Ok(LedgerLeg { account, amount: Money::from_micros(int(row, 1)?) })
}

/// `ledger_account, sum, count`
pub(super) fn revenue_moved(row: &dyn Row) -> Result<RevenueMoved, StoreError> {
    let LedgerLeg { account, amount } = balance(row)?;
    Ok(RevenueMoved { account, amount, legs: unsigned(row, 2)? })
}

/// `month, kind, class, count, billed, minutes`
pub(super) fn usage_count(row: &dyn Row) -> Result<UsageCount, StoreError> {
    let kind: StrDeserializer<'_, ValueError> = text(row, 1)?.into_deserializer();
    Ok(UsageCount {
        month: text(row, 0)?.to_owned(),
        kind: UsageKind::deserialize(kind).map_err(unreadable)?,
        class: text(row, 2)?.to_owned(),
        count: unsigned(row, 3)?,
        billed: unsigned(row, 4)?,
        minutes: unsigned(row, 5)?,
    })
}

/// `doc, settled`
pub(super) fn invoice(row: &dyn Row) -> Result<InvoiceState, StoreError> {
    Ok(InvoiceState { invoice: doc(row)?, settled: Money::from_micros(int(row, 1)?) })
}

/// `account_sid, month, item, plan, quantity, count, amount`
pub(super) fn supply(row: &dyn Row) -> Result<UsageSupply, StoreError> {
    Ok(UsageSupply {
        account_sid: account_sid(row)?,
        month: text(row, 1)?.to_owned(),
        item: text(row, 2)?.to_owned(),
        plan: text(row, 3)?.to_owned(),
        quantity: unsigned(row, 4)?,
        count: unsigned(row, 5)?,
        amount: Money::from_micros(int(row, 6)?),
    })
}

/// As [`supply`], and a count behind it.
pub(super) fn supply_with_earlier(row: &dyn Row) -> Result<(UsageSupply, u64), StoreError> {
    Ok((supply(row)?, unsigned(row, 7)?))
}

/// `id, doc`
pub(super) fn kept_posting(row: &dyn Row) -> Result<KeptPosting, StoreError> {
    Ok(KeptPosting { id: text(row, 0)?.to_owned(), doc: text(row, 1)?.to_owned() })
}

/// `posting_id, ledger_account, amount`
pub(super) fn kept_leg(row: &dyn Row) -> Result<KeptLeg, StoreError> {
    Ok(KeptLeg {
        posting_id: text(row, 0)?.to_owned(),
        ledger_account: text(row, 1)?.to_owned(),
        amount: Money::from_micros(int(row, 2)?),
    })
}

/// `account_sid, ledger_account, amount`
pub(super) fn opening(row: &dyn Row) -> Result<LedgerOpening, StoreError> {
    Ok(LedgerOpening {
        account_sid: account_sid(row)?,
        ledger_account: text(row, 1)?.to_owned(),
        amount: Money::from_micros(int(row, 2)?),
    })
}

/// `name, how many in all`
pub(super) fn fault(row: &dyn Row) -> Result<(String, u64), StoreError> {
    Ok((text(row, 0)?.to_owned(), unsigned(row, 1)?))
}

/// Rows of [`fault`] together.
pub(super) fn faults(named: Vec<(String, u64)>) -> Faults {
    let count = named.first().map_or(0, |(_, count)| *count);
    Faults { count, ids: named.into_iter().map(|(id, _)| id).collect() }
}

/// `doc, owed, granted`
pub(super) fn credit(row: &dyn Row) -> Result<CreditState, StoreError> {
    let money = |column| int(row, column).map(Money::from_micros);
    Ok(CreditState { terms: doc(row)?, owed: money(1)?, granted: money(2)? })
}

/// `account_sid, moved`
pub(super) fn watch(row: &dyn Row) -> Result<(AccountSid, i64), StoreError> {
    let account = row.sid(0)?.ok_or_else(|| missing("an account"))?;
    Ok((AccountSid::from_u128(account), int(row, 1)?))
}

/// `id, payer, amount, made_at`
pub(super) fn grant(row: &dyn Row) -> Result<Grant, StoreError> {
    Ok(Grant {
        id: text(row, 0)?.to_owned(),
        payer: AccountSid::from_u128(row.sid(1)?.ok_or_else(|| missing("an account"))?),
        amount: Money::from_micros(int(row, 2)?),
        made_at: instant(row, 3)?.ok_or_else(|| missing("an instant"))?,
    })
}

/// `request_digest, status, body, content_type, resource, created_at`; the key's account and name are the asker's.
pub(super) fn idempotency(row: &dyn Row) -> Result<IdempotencyRecord, StoreError> {
    Ok(IdempotencyRecord {
        account_sid: AccountSid::from_u128(0),
        key: String::new(),
        request_digest: bytes(row, 0)?.try_into().map_err(unreadable)?,
        status: unsigned(row, 1)?,
        body: bytes(row, 2)?.to_vec(),
        content_type: text(row, 3)?.to_owned(),
        resource: text(row, 4)?.to_owned(),
        created_at: instant(row, 5)?.ok_or_else(|| missing("an instant"))?,
    })
}

impl Step {
    /// Whether `stored`, the document that is there already, tells the same fact as this step's. When it was written down is not part
    /// of the fact: a repetition comes later by nature.
    pub fn same_fact(&self, stored: &str) -> Result<bool, StoreError> {
        let Some(Value::Text(mine)) = self.values.last() else {
            return Ok(false);
        };
        if mine == stored {
            return Ok(true);
        }
        match self.write {
            Write::UsageInsert => {
                let mut mine: UsageEvent = serde_json::from_str(mine).map_err(unreadable)?;
                let stored: UsageEvent = serde_json::from_str(stored).map_err(unreadable)?;
                mine.created_at = stored.created_at;
                Ok(mine == stored)
            }
            Write::PostingInsert => {
                let mut mine: LedgerTransaction = serde_json::from_str(mine).map_err(unreadable)?;
                let stored: LedgerTransaction = serde_json::from_str(stored).map_err(unreadable)?;
                mine.posted_at = stored.posted_at;
                Ok(mine == stored)
            }
            _ => Ok(false),
        }
    }

    /// The name of the fact a [`Expect::NewFact`](super::Expect::NewFact) step writes: `source/id` of a usage event, id of a posting.
    pub fn fact(&self) -> String {
        let part = |at: usize| match self.values.get(at) {
            Some(Value::Text(text)) => text.as_str(),
            _ => "",
        };
        match self.write {
            Write::UsageInsert => format!("usage event {}/{}", part(0), part(1)),
            _ => format!("posting {}", part(0)),
        }
    }
}
