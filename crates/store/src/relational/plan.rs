//! What each change does to which table.

use flexio_domain::*;
use serde::Serialize;

use super::{Value, unreadable};
use crate::{Change, ChangeSet, IdempotencyRecord, StoreError, TimelineEntry};

/// Changes of one set; larger work is split by its use case.
pub const MAX_CHANGES: usize = 10_000;

/// The shard of `balances` a step writes; the adapter replaces it by its writer's own.
pub(super) const SHARD: Value = Value::Int(0);

macro_rules! writes {
    ($($variant:ident = $name:literal,)*) => {
        /// A statement that changes something.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[expect(missing_docs, reason = "the statement of this name in sql/ says what it does")]
        pub enum Write { $($variant,)* }

        impl Write {
            /// Every write; the position of one is its `as usize`.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its name in `sql/`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

writes! {
    AccountInsert = "account_insert",
    AccountUpdate = "account_update",
    TreeInsert = "tree_insert",
    KeyInsert = "key_insert",
    KeyUpdate = "key_update",
    KeyDelete = "key_delete",
    ApplicationInsert = "application_insert",
    ApplicationUpdate = "application_update",
    ApplicationDelete = "application_delete",
    ApplicationUnbind = "application_unbind",
    StockImport = "stock_import",
    StockTake = "stock_take",
    StockReturn = "stock_return",
    NumberInsert = "number_insert",
    NumberUpdate = "number_update",
    NumberRelease = "number_release",
    CallerIdInsert = "caller_id_insert",
    CallerIdUpdate = "caller_id_update",
    CallerIdDelete = "caller_id_delete",
    CallInsert = "call_insert",
    CallUpdate = "call_update",
    CallProve = "call_prove",
    TimelineInsert = "timeline_insert",
    RecordingInsert = "recording_insert",
    RecordingUpdate = "recording_update",
    RecordingDelete = "recording_delete",
    NotificationInsert = "notification_insert",
    MessageInsert = "message_insert",
    MessageUpdate = "message_update",
    MessageDelete = "message_delete",
    CarrierIdInsert = "carrier_id_insert",
    MoPartInsert = "mo_part_insert",
    MoPartsDrop = "mo_parts_drop",
    UsageInsert = "usage_insert",
    PostingInsert = "posting_insert",
    LegInsert = "leg_insert",
    BalanceAdd = "balance_add",
    CallbackInsert = "callback_insert",
    CallbackSettle = "callback_settle",
    IdempotencyInsert = "idempotency_insert",
    IdempotencySweep = "idempotency_sweep",
    CallbacksSweep = "callbacks_sweep",
    MoPartsSweep = "mo_parts_sweep",
    ProbeBeat = "probe_beat",
}

/// What a step must have done, or the whole set fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expect {
    /// Any number of rows.
    Any,
    /// Exactly one row, else `Conflict` with these words.
    One(&'static str),
    /// One new row. Where the row is there already (none was written): if it holds the same fact, this step and the `dependents`
    /// steps behind it are left out; if not, the set fails with `EventConflict`. [`Step::same_fact`] compares.
    NewFact {
        /// Steps that only follow a new row.
        dependents: usize,
    },
}

/// One statement of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Which.
    pub write: Write,
    /// Its values, `?1` first.
    pub values: Vec<Value>,
    /// What must come of it.
    pub expect: Expect,
}

impl Step {
    pub(super) fn new(write: Write, values: Vec<Value>, expect: Expect) -> Self {
        Self { write, values, expect }
    }

    fn any(write: Write, values: Vec<Value>) -> Self {
        Self::new(write, values, Expect::Any)
    }

    fn one(write: Write, values: Vec<Value>, conflict: &'static str) -> Self {
        Self::new(write, values, Expect::One(conflict))
    }

    /// Where this step adds to a balance: gives it the shard of the writer.
    pub fn set_shard(&mut self, shard: i64) {
        if self.write == Write::BalanceAdd {
            self.values[2] = Value::Int(shard);
        }
    }
}

/// The steps of a set, in order. `Broken` for a set that is too large or a posting that does not sum to zero: bugs of the caller.
pub fn plan(changes: ChangeSet) -> Result<Vec<Step>, StoreError> {
    let changes = changes.into_changes();
    if changes.len() > MAX_CHANGES {
        return Err(StoreError::Broken("a change set has at most 10 000 changes".into()));
    }
    let mut steps = Vec::with_capacity(changes.len() * 2);
    for change in changes {
        plan_change(change, &mut steps)?;
    }
    Ok(steps)
}

const MOVED: &str = "the resource was changed by somebody else, or is not there";
const TAKEN: &str = "the sid or unique name is taken";
const MISSING: &str = "the resource is not there";

fn plan_change(change: Change, steps: &mut Vec<Step>) -> Result<(), StoreError> {
    use Change as C;
    use Write as W;
    let step = match change {
        C::CreateAccount(account) => return create_account(&account, steps),
        C::UpdateAccount(mut account) => {
            account.version += 1;
            Step::one(W::AccountUpdate, account_row(&account)?, MOVED)
        }
        C::CreateKey(key) => Step::one(W::KeyInsert, key_row(&key)?, TAKEN),
        C::UpdateKey(mut key) => {
            key.version += 1;
            Step::one(W::KeyUpdate, key_row(&key)?, MOVED)
        }
        C::DeleteKey(account, key) => {
            Step::one(W::KeyDelete, vec![sid(account.as_u128()), sid(key.as_u128())], MISSING)
        }
        C::CreateApplication(_)
        | C::UpdateApplication(_)
        | C::DeleteApplication(..)
        | C::ImportStock(_)
        | C::RentNumber(_)
        | C::UpdateNumber(_)
        | C::ReleaseNumber(..)
        | C::CreateCallerId(_)
        | C::UpdateCallerId(_)
        | C::DeleteCallerId(..) => return plan_number(change, steps),
        C::CreateCall(_)
        | C::UpdateCall(_)
        | C::ProveCalls(..)
        | C::AddTimeline(_)
        | C::CreateRecording(_)
        | C::UpdateRecording(_)
        | C::DeleteRecording(..)
        | C::AddNotification(_) => return plan_call(change, steps),
        C::CreateMessage(_)
        | C::UpdateMessage(_)
        | C::DeleteMessage(..)
        | C::LinkCarrierId { .. }
        | C::KeepMoPart(_)
        | C::DropMoParts(_) => return plan_message(change, steps),
        C::AddUsage(event) => {
            Step::new(W::UsageInsert, usage_row(&event)?, Expect::NewFact { dependents: 0 })
        }
        C::Post(posting) => return post(&posting, steps),
        C::QueueCallback(callback) => Step::one(W::CallbackInsert, callback_row(&callback)?, TAKEN),
        C::SettleCallback(callback) => {
            let values = vec![
                sid(callback.sid.as_u128()),
                flag(callback.state == CallbackState::Pending),
                time(callback.next_attempt_at),
                doc(&callback)?,
            ];
            Step::one(W::CallbackSettle, values, MISSING)
        }
        C::KeepIdempotency(record) => {
            Step::one(W::IdempotencyInsert, idempotency_row(record), "the idempotency key is taken")
        }
    };
    steps.push(step);
    Ok(())
}

fn create_account(account: &Account, steps: &mut Vec<Step>) -> Result<(), StoreError> {
    steps.push(Step::one(Write::AccountInsert, account_row(account)?, TAKEN));
    for above in account.ancestors.iter().chain([&account.sid]) {
        steps.push(Step::any(Write::TreeInsert, vec![sid(above.as_u128()), sid(account.sid.as_u128())]));
    }
    Ok(())
}

fn plan_number(change: Change, steps: &mut Vec<Step>) -> Result<(), StoreError> {
    use Change as C;
    use Write as W;
    match change {
        C::CreateApplication(application) => {
            steps.push(Step::one(W::ApplicationInsert, application_row(&application)?, TAKEN));
        }
        C::UpdateApplication(mut application) => {
            application.version += 1;
            steps.push(Step::one(W::ApplicationUpdate, application_row(&application)?, MOVED));
        }
        C::DeleteApplication(account, application) => {
            let application = sid(application.as_u128());
            let key = vec![sid(account.as_u128()), application.clone()];
            steps.push(Step::one(W::ApplicationDelete, key, MISSING));
            steps.push(Step::any(W::ApplicationUnbind, vec![application]));
        }
        C::ImportStock(numbers) => {
            for number in &numbers {
                steps.push(Step::any(W::StockImport, stock_row(number)?));
            }
        }
        C::RentNumber(number) => {
            let take = vec![text(number.number.as_str()), sid(number.sid.as_u128())];
            steps.push(Step::one(W::StockTake, take, "the number is not in the free stock"));
            let mut row = number_row(&number)?;
            row.insert(9, optional_time(number.released_at));
            steps.push(Step::one(W::NumberInsert, row, TAKEN));
        }
        C::UpdateNumber(mut number) => {
            number.version += 1;
            steps.push(Step::one(W::NumberUpdate, number_row(&number)?, MOVED));
        }
        C::ReleaseNumber(account, number, at) => {
            let number = sid(number.as_u128());
            let release = vec![sid(account.as_u128()), number.clone(), time(at)];
            steps.push(Step::one(W::NumberRelease, release, "the number is not rented by this account"));
            steps.push(Step::any(W::StockReturn, vec![number]));
        }
        C::CreateCallerId(id) => steps.push(Step::one(W::CallerIdInsert, caller_id_row(&id)?, TAKEN)),
        C::UpdateCallerId(mut id) => {
            id.version += 1;
            steps.push(Step::one(W::CallerIdUpdate, caller_id_row(&id)?, MOVED));
        }
        C::DeleteCallerId(account, id) => {
            let key = vec![sid(account.as_u128()), sid(id.as_u128())];
            steps.push(Step::one(W::CallerIdDelete, key, MISSING));
        }
        _ => unreachable!("plan_change names the changes it hands over"),
    }
    Ok(())
}

fn plan_call(change: Change, steps: &mut Vec<Step>) -> Result<(), StoreError> {
    use Change as C;
    use Write as W;
    match change {
        C::CreateCall(call) => steps.push(Step::one(W::CallInsert, call_row(&call)?, TAKEN)),
        C::UpdateCall(mut call) => {
            call.version += 1;
            steps.push(Step::one(W::CallUpdate, call_row(&call)?, MOVED));
        }
        C::ProveCalls(calls, at) => {
            let prove = |call: CallSid| Step::any(W::CallProve, vec![sid(call.as_u128()), time(at)]);
            steps.extend(calls.into_iter().map(prove));
        }
        C::AddTimeline(entries) => {
            for entry in &entries {
                steps.push(Step::one(W::TimelineInsert, timeline_row(entry)?, TAKEN));
            }
        }
        C::CreateRecording(recording) => {
            steps.push(Step::one(W::RecordingInsert, recording_row(&recording)?, TAKEN));
        }
        C::UpdateRecording(mut recording) => {
            recording.version += 1;
            steps.push(Step::one(W::RecordingUpdate, recording_row(&recording)?, MOVED));
        }
        C::DeleteRecording(account, recording) => {
            let key = vec![sid(account.as_u128()), sid(recording.as_u128())];
            steps.push(Step::one(W::RecordingDelete, key, MISSING));
        }
        C::AddNotification(notification) => {
            steps.push(Step::one(W::NotificationInsert, notification_row(&notification)?, TAKEN));
        }
        _ => unreachable!("plan_change names the changes it hands over"),
    }
    Ok(())
}

fn plan_message(change: Change, steps: &mut Vec<Step>) -> Result<(), StoreError> {
    use Change as C;
    use Write as W;
    let step = match change {
        C::CreateMessage(message) => Step::one(W::MessageInsert, message_row(&message)?, TAKEN),
        C::UpdateMessage(mut message) => {
            message.version += 1;
            Step::one(W::MessageUpdate, message_row(&message)?, MOVED)
        }
        C::DeleteMessage(account, message) => {
            Step::one(W::MessageDelete, vec![sid(account.as_u128()), sid(message.as_u128())], MISSING)
        }
        C::LinkCarrierId { route, carrier_id, message, segment } => {
            let values =
                vec![text(&route), text(&carrier_id), sid(message.as_u128()), Value::Int(segment.into())];
            Step::any(W::CarrierIdInsert, values)
        }
        C::KeepMoPart(part) => {
            let values =
                vec![text(&part.key), Value::Int(part.part.into()), time(part.received_at), doc(&part)?];
            Step::any(W::MoPartInsert, values)
        }
        C::DropMoParts(key) => Step::any(W::MoPartsDrop, vec![text(&key)]),
        _ => unreachable!("plan_change names the changes it hands over"),
    };
    steps.push(step);
    Ok(())
}

/// The posting, its legs, and the balances they move. Legs of one ledger account move its balance once.
fn post(posting: &LedgerTransaction, steps: &mut Vec<Step>) -> Result<(), StoreError> {
    let sum = posting.legs.iter().try_fold(Money::ZERO, |sum, leg| sum.checked_add(leg.amount));
    if posting.legs.len() < 2 || sum != Ok(Money::ZERO) {
        return Err(StoreError::Broken("the legs of a posting are two or more and sum to zero".into()));
    }
    let account = sid(posting.account_sid.as_u128());
    let mut moves: Vec<(String, i64)> = Vec::with_capacity(posting.legs.len());
    let mut legs = Vec::with_capacity(posting.legs.len());
    for (number, leg) in (0..).zip(&posting.legs) {
        let name = leg.account.to_string();
        let amount = leg.amount.micros();
        let values =
            vec![text(&posting.id), Value::Int(number), account.clone(), text(&name), Value::Int(amount)];
        legs.push(Step::any(Write::LegInsert, values));
        match moves.iter_mut().find(|(known, _)| *known == name) {
            // Cannot overflow: the sum over all legs above did not, and partial sums of one account are bounded by i64 in `Money`.
            Some((_, sum)) => *sum = sum.saturating_add(amount),
            None => moves.push((name, amount)),
        }
    }
    let row = vec![text(&posting.id), account.clone(), time(posting.posted_at), doc(posting)?];
    let dependents = legs.len() + moves.len();
    steps.push(Step::new(Write::PostingInsert, row, Expect::NewFact { dependents }));
    steps.append(&mut legs);
    for (name, amount) in moves {
        let values = vec![account.clone(), Value::Text(name), SHARD, Value::Int(amount)];
        steps.push(Step::any(Write::BalanceAdd, values));
    }
    Ok(())
}

// ---- rows: the order of the columns is that of the statements in sql/ ------------------------------------------------

/// NUL cannot be kept in a text column by PostgreSQL. It stands as U+FFFD in columns, which serve searches, and unharmed in `doc`.
pub(super) fn text(content: &str) -> Value {
    if content.contains('\0') {
        return Value::Text(content.replace('\0', "\u{fffd}"));
    }
    Value::Text(content.to_owned())
}

pub(super) fn optional_text(content: Option<&str>) -> Value {
    content.map_or(Value::Null, text)
}

pub(super) fn sid(number: u128) -> Value {
    Value::Sid(number.to_be_bytes())
}

fn optional_sid(number: Option<u128>) -> Value {
    number.map_or(Value::Null, sid)
}

pub(super) fn time(at: Timestamp) -> Value {
    Value::Int(at.as_microsecond())
}

pub(super) fn optional_time(at: Option<Timestamp>) -> Value {
    at.map_or(Value::Null, time)
}

/// 1 or NULL: partial indexes hold the rows that have it.
fn flag(set: bool) -> Value {
    if set { Value::Int(1) } else { Value::Null }
}

/// Counts beyond i64 do not occur; they would stand at its end rather than wrap.
fn count(number: u64) -> Value {
    Value::Int(i64::try_from(number).unwrap_or(i64::MAX))
}

fn doc(entity: &impl Serialize) -> Result<Value, StoreError> {
    // One allocation for most entities; it grows for the rest.
    let mut bytes = Vec::with_capacity(1024);
    serde_json::to_writer(&mut bytes, entity).map_err(unreadable)?;
    String::from_utf8(bytes).map(Value::Text).map_err(unreadable)
}

/// E-mail addresses are compared without regard to case.
pub(super) fn email_key(address: &str) -> Value {
    text(&address.to_lowercase())
}

fn account_row(account: &Account) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        sid(account.sid.as_u128()),
        optional_sid(account.parent_sid.map(AccountSid::as_u128)),
        Value::Int(account.version.into()),
        account.email_address.as_deref().map_or(Value::Null, email_key),
        text(&account.friendly_name),
        text(account.status.as_str()),
        doc(account)?,
    ])
}

fn key_row(key: &ApiKey) -> Result<Vec<Value>, StoreError> {
    let version = Value::Int(key.version.into());
    Ok(vec![sid(key.sid.as_u128()), sid(key.account_sid.as_u128()), version, doc(key)?])
}

fn application_row(application: &Application) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        sid(application.sid.as_u128()),
        sid(application.account_sid.as_u128()),
        Value::Int(application.version.into()),
        text(&application.friendly_name),
        doc(application)?,
    ])
}

fn stock_row(stock: &StockNumber) -> Result<Vec<Value>, StoreError> {
    let able = |capability: bool| Value::Int(capability.into());
    Ok(vec![
        text(stock.number.as_str()),
        text(&stock.country),
        text(stock.number_type.as_str()),
        able(stock.capabilities.voice),
        able(stock.capabilities.sms),
        able(stock.capabilities.mms),
        able(stock.capabilities.fax),
        doc(stock)?,
    ])
}

fn number_row(number: &IncomingNumber) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        sid(number.sid.as_u128()),
        sid(number.account_sid.as_u128()),
        Value::Int(number.version.into()),
        text(number.number.as_str()),
        text(&number.friendly_name),
        text(number.number_type.as_str()),
        optional_sid(number.voice_application_sid.map(ApplicationSid::as_u128)),
        optional_sid(number.sms_application_sid.map(ApplicationSid::as_u128)),
        optional_sid(number.refer_application_sid.map(ApplicationSid::as_u128)),
        doc(number)?,
    ])
}

fn caller_id_row(id: &OutgoingCallerId) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        sid(id.sid.as_u128()),
        sid(id.account_sid.as_u128()),
        Value::Int(id.version.into()),
        text(id.number.as_str()),
        text(&id.friendly_name),
        doc(id)?,
    ])
}

fn call_row(call: &Call) -> Result<Vec<Value>, StoreError> {
    let open_node = if call.status.is_final() { None } else { Some(call.node.as_deref().unwrap_or("")) };
    Ok(vec![
        sid(call.sid.as_u128()),
        sid(call.account_sid.as_u128()),
        Value::Int(call.version.into()),
        optional_sid(call.parent_call_sid.map(CallSid::as_u128)),
        Value::Text(call.from.to_string()),
        Value::Text(call.to.to_string()),
        text(call.status.as_str()),
        optional_text(open_node),
        time(call.created_at),
        optional_time(call.ended_at),
        optional_time(call.proven_at),
        doc(call)?,
    ])
}

fn timeline_row(entry: &TimelineEntry) -> Result<Vec<Value>, StoreError> {
    let sequence = Value::Int(entry.sequence.into());
    Ok(vec![sid(entry.call_sid.as_u128()), sequence, sid(entry.account_sid.as_u128()), doc(entry)?])
}

fn recording_row(recording: &Recording) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        sid(recording.sid.as_u128()),
        sid(recording.account_sid.as_u128()),
        Value::Int(recording.version.into()),
        sid(recording.call_sid.as_u128()),
        flag(recording.status == RecordingStatus::InProgress),
        time(recording.created_at),
        doc(recording)?,
    ])
}

fn notification_row(notification: &Notification) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        sid(notification.sid.as_u128()),
        sid(notification.account_sid.as_u128()),
        optional_sid(notification.call_sid.map(CallSid::as_u128)),
        Value::Int(notification.level.log().into()),
        Value::Int(notification.code.into()),
        optional_text(notification.request_url.as_deref()),
        time(notification.created_at),
        text(&notification.text),
        doc(notification)?,
    ])
}

fn message_row(message: &Message) -> Result<Vec<Value>, StoreError> {
    let outgoing = message.direction != MessageDirection::Inbound;
    let due_at = (outgoing && message.status == MessageStatus::Queued)
        .then(|| message.next_attempt_at.unwrap_or(message.created_at));
    let expires_at = (outgoing && message.status == MessageStatus::Sent).then(|| {
        let validity_us = i64::from(message.validity_s) * 1_000_000;
        message.created_at.as_microsecond().saturating_add(validity_us)
    });
    Ok(vec![
        sid(message.sid.as_u128()),
        sid(message.account_sid.as_u128()),
        Value::Int(message.version.into()),
        Value::Text(message.from.to_string()),
        Value::Text(message.to.to_string()),
        text(message.status.as_str()),
        optional_time(due_at),
        flag(outgoing && message.status == MessageStatus::Sending),
        expires_at.map_or(Value::Null, Value::Int),
        time(message.created_at),
        optional_time(message.sent_at),
        text(&message.body.0),
        doc(message)?,
    ])
}

/// Started minutes of a timed fact; 0 for a counted one.
fn minutes(event: &UsageEvent) -> u64 {
    event.duration_ms.map_or(0, |ms| ms.div_ceil(60_000))
}

fn usage_row(event: &UsageEvent) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        text(&event.source),
        text(&event.id),
        sid(event.account_sid.as_u128()),
        text(event.kind.as_str()),
        text(&event.item),
        text(&event.class),
        text(&event.day),
        count(event.billed),
        count(minutes(event)),
        Value::Int(event.amount.micros()),
        text(&event.resource),
        doc(event)?,
    ])
}

fn callback_row(callback: &Callback) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        sid(callback.sid.as_u128()),
        sid(callback.account_sid.as_u128()),
        text(&callback.subject),
        Value::Int(callback.sequence.into()),
        flag(callback.state == CallbackState::Pending),
        time(callback.next_attempt_at),
        time(callback.created_at),
        doc(callback)?,
    ])
}

fn idempotency_row(record: IdempotencyRecord) -> Vec<Value> {
    vec![
        sid(record.account_sid.as_u128()),
        text(&record.key),
        Value::Bytes(record.request_digest.to_vec()),
        Value::Int(record.status.into()),
        Value::Bytes(record.body),
        text(&record.content_type),
        text(&record.resource),
        time(record.created_at),
    ]
}
