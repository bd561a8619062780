//! [`Store`] for every [`Database`].

use async_trait::async_trait;
use flexio_domain::*;

use super::plan::columns::{sid, text, time};
use super::plan::{Expect, Step, Write, plan};
use super::queries::{self, Builder, Query, limited};
use super::rows::{self, Decode};
use super::{Database, Value};
use crate::query::*;
use crate::{
    ChangeSet, IdempotencyRecord, LedgerCheck, LedgerStore, MoPart, Store, StoreError, TimelineEntry, Waiting,
};

/// The one row of an answer, or none.
pub(super) async fn one<D: Database, T: Send + 'static>(
    database: &D,
    query: Query,
    decode: Decode<T>,
) -> Result<Option<T>, StoreError> {
    Ok(database.fetch(query, decode).await?.into_iter().next())
}

/// The one number of an answer.
pub(super) async fn number<D: Database, T: Send + Default + 'static>(
    database: &D,
    query: Query,
    decode: Decode<T>,
) -> Result<T, StoreError> {
    Ok(one(database, query, decode).await?.unwrap_or_default())
}

pub(super) async fn list<D: Database, T: Send + 'static>(
    database: &D,
    builder: Builder,
    page: &Page,
    decode: Decode<T>,
) -> Result<Vec<T>, StoreError> {
    database.fetch(builder.list(page).build(D::DIALECT), decode).await
}

pub(super) async fn count<D: Database>(database: &D, builder: Builder) -> Result<u64, StoreError> {
    number(database, builder.count().build(D::DIALECT), rows::count).await
}

/// A look-up by account and sid.
pub(super) fn of_account<D: Database>(name: &'static str, account: AccountSid, key: u128) -> Query {
    Query::point(D::DIALECT, name, vec![sid(account.as_u128()), sid(key)])
}

#[async_trait]
impl<D: Database> Store for D {
    async fn commit(&self, changes: ChangeSet) -> Result<(), StoreError> {
        let steps = plan(changes)?;
        if steps.is_empty() {
            return Ok(());
        }
        self.apply(steps).await.map(|_| ())
    }

    async fn account(&self, account: AccountSid) -> Result<Option<Account>, StoreError> {
        one(self, Query::point(D::DIALECT, "account", vec![sid(account.as_u128())]), rows::doc).await
    }

    async fn account_by_email(&self, email: &str) -> Result<Option<Account>, StoreError> {
        one(self, queries::account_by_email(D::DIALECT, email), rows::doc).await
    }

    async fn accounts(
        &self,
        parent: AccountSid,
        filter: &AccountFilter,
        page: &Page,
    ) -> Result<Vec<Account>, StoreError> {
        list(self, queries::accounts(parent, filter), page, rows::doc).await
    }

    async fn root_account(&self) -> Result<Option<Account>, StoreError> {
        one(self, Query::point(D::DIALECT, "root_account", vec![]), rows::doc).await
    }

    async fn account_key(&self, account: AccountSid) -> Result<Option<Sealed>, StoreError> {
        let query = Query::point(D::DIALECT, "account_key", vec![sid(account.as_u128())]);
        Ok(one(self, query, rows::account_key).await?.map(|(_, sealed)| sealed))
    }

    async fn account_keys(
        &self,
        after: Option<AccountSid>,
        limit: u32,
    ) -> Result<Vec<(AccountSid, Sealed)>, StoreError> {
        let values = vec![sid(after.map_or(0, AccountSid::as_u128)), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "account_keys", values), rows::account_key).await
    }

    async fn key(&self, key: KeySid) -> Result<Option<ApiKey>, StoreError> {
        one(self, Query::point(D::DIALECT, "key", vec![sid(key.as_u128())]), rows::doc).await
    }

    async fn keys(&self, account: AccountSid, page: &Page) -> Result<Vec<ApiKey>, StoreError> {
        let builder = Builder::new("keys").value("account", sid(account.as_u128()));
        list(self, builder, page, rows::doc).await
    }

    async fn application(
        &self,
        account: AccountSid,
        application: ApplicationSid,
    ) -> Result<Option<Application>, StoreError> {
        one(self, of_account::<D>("application", account, application.as_u128()), rows::doc).await
    }

    async fn applications(
        &self,
        account: AccountSid,
        filter: &ApplicationFilter,
        page: &Page,
    ) -> Result<Vec<Application>, StoreError> {
        list(self, queries::applications(account, filter), page, rows::doc).await
    }

    async fn stock(&self, filter: &StockFilter, limit: u32) -> Result<Vec<StockNumber>, StoreError> {
        self.fetch(queries::stock(filter, limit).build(D::DIALECT), rows::doc).await
    }

    async fn number(
        &self,
        account: AccountSid,
        number: NumberSid,
    ) -> Result<Option<IncomingNumber>, StoreError> {
        one(self, of_account::<D>("number", account, number.as_u128()), rows::number).await
    }

    async fn numbers(
        &self,
        account: AccountSid,
        filter: &NumberFilter,
        page: &Page,
    ) -> Result<Vec<IncomingNumber>, StoreError> {
        list(self, queries::numbers(account, filter), page, rows::number).await
    }

    async fn number_owner(&self, number: &E164) -> Result<Option<IncomingNumber>, StoreError> {
        one(self, Query::point(D::DIALECT, "number_owner", vec![text(number.as_str())]), rows::number).await
    }

    async fn quarantined_until(&self, number: &E164) -> Result<Option<Timestamp>, StoreError> {
        let asked = Query::point(D::DIALECT, "quarantined", vec![text(number.as_str())]);
        Ok(one(self, asked, rows::moment).await?.flatten())
    }

    async fn caller_id(
        &self,
        account: AccountSid,
        id: NumberSid,
    ) -> Result<Option<OutgoingCallerId>, StoreError> {
        one(self, of_account::<D>("caller_id", account, id.as_u128()), rows::doc).await
    }

    async fn caller_ids(
        &self,
        account: AccountSid,
        filter: &CallerIdFilter,
        page: &Page,
    ) -> Result<Vec<OutgoingCallerId>, StoreError> {
        list(self, queries::caller_ids(account, filter), page, rows::doc).await
    }

    async fn call(&self, account: AccountSid, call: CallSid) -> Result<Option<Call>, StoreError> {
        one(self, of_account::<D>("call", account, call.as_u128()), rows::call).await
    }

    async fn calls(
        &self,
        account: AccountSid,
        filter: &CallFilter,
        page: &Page,
    ) -> Result<Vec<Call>, StoreError> {
        list(self, queries::calls(account, filter), page, rows::call).await
    }

    async fn count_calls(&self, account: AccountSid, filter: &CallFilter) -> Result<u64, StoreError> {
        count(self, queries::calls(account, filter)).await
    }

    async fn running_calls(
        &self,
        account: AccountSid,
        scope: Scope,
        after: Option<CallSid>,
        limit: u32,
    ) -> Result<Vec<Call>, StoreError> {
        let query = Builder::new("running_calls")
            .value("account", sid(account.as_u128()))
            .flag("own", scope == Scope::Own)
            .value("after", sid(after.map_or(0, CallSid::as_u128)))
            .value("limit", limited(limit));
        self.fetch(query.build(D::DIALECT), rows::call).await
    }

    async fn running_calls_on(
        &self,
        node: &str,
        after: Option<CallSid>,
        limit: u32,
    ) -> Result<Vec<Call>, StoreError> {
        let values = vec![text(node), sid(after.map_or(0, CallSid::as_u128)), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "running_calls_on", values), rows::call).await
    }

    async fn silent_calls(&self, before: Timestamp, limit: u32) -> Result<Vec<Call>, StoreError> {
        let values = vec![time(before), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "silent_calls", values), rows::call).await
    }

    async fn open_calls(&self, node: &str, limit: u32) -> Result<Vec<Call>, StoreError> {
        self.fetch(Query::many(D::DIALECT, "open_calls", vec![text(node), limited(limit)]), rows::call).await
    }

    async fn timeline(&self, account: AccountSid, call: CallSid) -> Result<Vec<TimelineEntry>, StoreError> {
        let values = vec![sid(call.as_u128()), sid(account.as_u128())];
        let rows = self.fetch(Query::many(D::DIALECT, "timeline", values), rows::timeline).await?;
        let mut entries: Vec<TimelineEntry> = rows.into_iter().flatten().collect();
        entries.sort_by_key(|entry| entry.sequence);
        Ok(entries)
    }

    async fn message(&self, account: AccountSid, message: MessageSid) -> Result<Option<Message>, StoreError> {
        one(self, of_account::<D>("message", account, message.as_u128()), rows::doc).await
    }

    async fn messages(
        &self,
        account: AccountSid,
        filter: &MessageFilter,
        page: &Page,
    ) -> Result<Vec<Message>, StoreError> {
        list(self, queries::messages(account, filter), page, rows::doc).await
    }

    async fn count_messages(&self, account: AccountSid, filter: &MessageFilter) -> Result<u64, StoreError> {
        count(self, queries::messages(account, filter)).await
    }

    async fn due_messages(&self, now: Timestamp, limit: u32) -> Result<Vec<Message>, StoreError> {
        self.fetch(Query::many(D::DIALECT, "due_messages", vec![time(now), limited(limit)]), rows::doc).await
    }

    async fn due_messages_behind(
        &self,
        (at, message): (Timestamp, MessageSid),
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Message>, StoreError> {
        let values = vec![time(at), sid(message.as_u128()), time(now), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "due_messages_behind", values), rows::doc).await
    }

    async fn next_waiting_account(
        &self,
        after: Option<AccountSid>,
    ) -> Result<Option<AccountSid>, StoreError> {
        let after = sid(after.map_or(0, AccountSid::as_u128));
        one(self, Query::point(D::DIALECT, "next_waiting_account", vec![after]), rows::account_sid).await
    }

    async fn due_messages_of(
        &self,
        account: AccountSid,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Message>, StoreError> {
        let values = vec![sid(account.as_u128()), time(now), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "due_messages_of", values), rows::doc).await
    }

    async fn waiting_messages(&self) -> Result<Vec<Waiting>, StoreError> {
        self.fetch(Query::many(D::DIALECT, "waiting_messages", vec![]), rows::waiting).await
    }

    async fn sending_messages(&self, limit: u32) -> Result<Vec<Message>, StoreError> {
        self.fetch(Query::many(D::DIALECT, "sending_messages", vec![limited(limit)]), rows::doc).await
    }

    async fn expired_messages(&self, now: Timestamp, limit: u32) -> Result<Vec<Message>, StoreError> {
        let values = vec![time(now), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "expired_messages", values), rows::doc).await
    }

    async fn message_by_carrier_id(
        &self,
        route: &str,
        carrier_id: &str,
    ) -> Result<Option<(Message, u32)>, StoreError> {
        let values = vec![text(route), text(carrier_id)];
        one(self, Query::point(D::DIALECT, "message_by_carrier_id", values), rows::message_segment).await
    }

    async fn mo_parts(&self, key: &str) -> Result<Vec<MoPart>, StoreError> {
        self.fetch(Query::many(D::DIALECT, "mo_parts", vec![text(key)]), rows::doc).await
    }

    async fn waiting_mo_parts(&self, (key, part): (&str, u8), limit: u32) -> Result<Vec<MoPart>, StoreError> {
        let values = vec![text(key), Value::Int(part.into()), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "waiting_mo_parts", values), rows::doc).await
    }

    async fn recording(
        &self,
        account: AccountSid,
        recording: RecordingSid,
    ) -> Result<Option<Recording>, StoreError> {
        one(self, of_account::<D>("recording", account, recording.as_u128()), rows::doc).await
    }

    async fn recording_by_sid(&self, recording: RecordingSid) -> Result<Option<Recording>, StoreError> {
        let values = vec![sid(recording.as_u128())];
        one(self, Query::point(D::DIALECT, "recording_by_sid", values), rows::doc).await
    }

    async fn recordings(
        &self,
        account: AccountSid,
        filter: &RecordingFilter,
        page: &Page,
    ) -> Result<Vec<Recording>, StoreError> {
        list(self, queries::recordings(account, filter), page, rows::doc).await
    }

    async fn count_recordings(
        &self,
        account: AccountSid,
        filter: &RecordingFilter,
    ) -> Result<u64, StoreError> {
        count(self, queries::recordings(account, filter)).await
    }

    async fn open_recordings(&self, node: &str, limit: u32) -> Result<Vec<Recording>, StoreError> {
        let values = vec![text(node), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "open_recordings", values), rows::doc).await
    }

    async fn spooled_recordings(
        &self,
        node: &str,
        after: Option<RecordingSid>,
        limit: u32,
    ) -> Result<Vec<Recording>, StoreError> {
        let after = sid(after.map_or(0, RecordingSid::as_u128));
        let values = vec![text(node), after, limited(limit)];
        self.fetch(Query::many(D::DIALECT, "spooled_recordings", values), rows::doc).await
    }

    async fn expired_recordings(&self, now: Timestamp, limit: u32) -> Result<Vec<Recording>, StoreError> {
        let values = vec![time(now), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "expired_recordings", values), rows::doc).await
    }

    async fn verb_record(
        &self,
        account: AccountSid,
        id: VerbRecordId,
    ) -> Result<Option<VerbRecord>, StoreError> {
        one(self, of_account::<D>("verb_record", account, id.0), rows::doc).await
    }

    async fn verb_records(
        &self,
        account: AccountSid,
        kind: VerbKind,
        filter: &VerbRecordFilter,
        page: &Page,
    ) -> Result<Vec<VerbRecord>, StoreError> {
        list(self, queries::verb_records(account, kind, filter), page, rows::doc).await
    }

    async fn count_verb_records(
        &self,
        account: AccountSid,
        kind: VerbKind,
        filter: &VerbRecordFilter,
    ) -> Result<u64, StoreError> {
        count(self, queries::verb_records(account, kind, filter)).await
    }

    async fn notification(
        &self,
        account: AccountSid,
        notification: NotificationSid,
    ) -> Result<Option<Notification>, StoreError> {
        one(self, of_account::<D>("notification", account, notification.as_u128()), rows::doc).await
    }

    async fn notifications(
        &self,
        account: AccountSid,
        filter: &NotificationFilter,
        page: &Page,
    ) -> Result<Vec<Notification>, StoreError> {
        list(self, queries::notifications(account, filter), page, rows::doc).await
    }

    async fn count_notifications(
        &self,
        account: AccountSid,
        filter: &NotificationFilter,
    ) -> Result<u64, StoreError> {
        count(self, queries::notifications(account, filter)).await
    }

    async fn usage_events(
        &self,
        account: AccountSid,
        filter: &UsageFilter,
        limit: u32,
    ) -> Result<Vec<UsageEvent>, StoreError> {
        self.fetch(queries::usage_events(account, filter, limit).build(D::DIALECT), rows::doc).await
    }

    async fn usage_totals(
        &self,
        account: AccountSid,
        scope: Scope,
        from_day: &str,
        to_day: &str,
    ) -> Result<Vec<UsageTotal>, StoreError> {
        let builder = queries::usage_totals(account, scope, from_day, to_day);
        self.fetch(builder.build(D::DIALECT), rows::usage_total).await
    }

    async fn usage_by_label(
        &self,
        account: AccountSid,
        scope: Scope,
        label: UsageLabel,
        (from_day, to_day): (&str, &str),
        limit: u32,
    ) -> Result<Vec<LabelledUsage>, StoreError> {
        let builder = Builder::new("usage_by_label")
            .scope(account, scope)
            .value("from_day", text(from_day))
            .value("to_day", text(to_day))
            .value("label", text(label.as_str()))
            .value("limit", limited(limit));
        self.fetch(builder.build(D::DIALECT), rows::labelled_usage).await
    }

    async fn balances(&self, account: AccountSid) -> Result<Vec<LedgerLeg>, StoreError> {
        self.fetch(Query::point(D::DIALECT, "balances", vec![sid(account.as_u128())]), rows::balance).await
    }

    async fn ledger_proof(&self) -> Result<LedgerProof, StoreError> {
        let ask = |name| Query::many(D::DIALECT, name, vec![]);
        Ok(LedgerProof {
            sum: number(self, ask("ledger_sum"), rows::sum).await?,
            transactions: number(self, ask("ledger_transactions"), rows::count).await?,
            unbalanced: self.ledger_faults(LedgerCheck::Unbalanced).await?.count,
            unposted: self.ledger_faults(LedgerCheck::Unposted).await?.count,
        })
    }

    async fn due_callbacks(&self, now: Timestamp, limit: u32) -> Result<Vec<Callback>, StoreError> {
        self.fetch(Query::many(D::DIALECT, "due_callbacks", vec![time(now), limited(limit)]), rows::callback)
            .await
    }

    async fn claim_callbacks(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Callback>, StoreError> {
        if !D::IS_SHARED {
            return self.due_callbacks(now, limit).await;
        }
        let values = vec![time(until), time(now), limited(limit)];
        let mut claimed: Vec<Callback> =
            self.fetch(Query::many(D::DIALECT, "claim_callbacks", values), rows::callback).await?;
        claimed.sort_by_key(|callback| (callback.next_attempt_at, callback.sid));
        for callback in &mut claimed {
            callback.next_attempt_at = until;
        }
        Ok(claimed)
    }

    async fn callbacks_about(&self, account: AccountSid, subject: &str) -> Result<Vec<Callback>, StoreError> {
        let values = vec![text(subject), sid(account.as_u128())];
        self.fetch(Query::many(D::DIALECT, "callbacks_about", values), rows::callback).await
    }

    async fn idempotency(
        &self,
        account: AccountSid,
        key: &str,
        not_before: Timestamp,
    ) -> Result<Option<IdempotencyRecord>, StoreError> {
        let values = vec![sid(account.as_u128()), text(key), time(not_before)];
        let record = one(self, Query::point(D::DIALECT, "idempotency", values), rows::idempotency).await?;
        Ok(record.map(|record| IdempotencyRecord { account_sid: account, key: key.to_owned(), ..record }))
    }

    async fn sweep(
        &self,
        before: Timestamp,
        callbacks_before: Timestamp,
        parts_before: Timestamp,
        limit: u32,
    ) -> Result<u64, StoreError> {
        let sweep = |write, before| Step::new(write, vec![before, Value::Int(limit.into())], Expect::Any);
        let steps = vec![
            sweep(Write::IdempotencySweep, time(before)),
            sweep(Write::CallbacksSweep, sid(first_sid_of(callbacks_before))),
            sweep(Write::MoPartsSweep, time(parts_before)),
        ];
        self.apply(steps).await
    }

    async fn ready(&self) -> Result<(), StoreError> {
        let beat = Step::new(Write::ProbeBeat, vec![Value::Int(1)], Expect::One("the probe was not written"));
        self.apply(vec![beat]).await.map(|_| ())
    }

    async fn scrub(&self) -> Result<(), StoreError> {
        self.wipe().await
    }

    fn describe(&self) -> StoreDescription {
        self.description()
    }
}
