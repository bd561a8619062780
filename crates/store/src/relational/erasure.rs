//! [`ErasureStore`] for every [`Database`].

use std::sync::Arc;

use async_trait::async_trait;
use flexio_domain::*;

use super::plan::columns::{sid, text, time};
use super::plan::{Expect, Step, Write};
use super::queries::{Builder, Query, limited};
use super::store::{list, number, of_account, one};
use super::{Database, Dialect, rows};
use crate::{ErasureStore, Kept, KeptRow, Page, StoreError, Swept, UsagePlace};

/// Rows of one kind. The names of tables are those of [`Kept`]; nothing of a request becomes part of the text.
fn rows_of(dialect: Dialect, kind: Kept, naming: bool) -> Query {
    let table = kind.table();
    let text = match (dialect, naming) {
        (Dialect::Sqlite, false) => format!(
            "SELECT k.sid, k.doc FROM {table} k WHERE k.account_sid = ?1 AND k.sid > ?2 ORDER BY k.sid LIMIT ?3"
        ),
        (Dialect::Postgres, false) => format!(
            "SELECT k.sid, k.doc FROM {table} k WHERE k.account_sid = $1 AND k.sid > $2 ORDER BY k.sid LIMIT $3"
        ),
        (Dialect::Sqlite, true) => format!(
            "SELECT k.sid, k.doc FROM {table} k WHERE k.account_sid = ?1 AND k.sid > ?2 AND instr(k.doc, ?4) > 0 \
             ORDER BY k.sid LIMIT ?3"
        ),
        (Dialect::Postgres, true) => format!(
            "SELECT k.sid, k.doc FROM {table} k WHERE k.account_sid = $1 AND k.sid > $2 AND strpos(k.doc, $4) > 0 \
             ORDER BY k.sid LIMIT $3"
        ),
    };
    Query { sql: Arc::from(text), values: Vec::new(), point: false }
}

/// Behind sid zero, so that the order of the sids is walked where there is none by account.
fn count_of(dialect: Dialect, kind: Kept) -> Query {
    let sigil = if dialect == Dialect::Sqlite { '?' } else { '$' };
    let table = kind.table();
    let text = format!("SELECT count(*) FROM {table} k WHERE k.account_sid = {sigil}1 AND k.sid > {sigil}2");
    Query { sql: Arc::from(text), values: Vec::new(), point: false }
}

/// Every question of this file that is not in `sql/`, with as many values as it has.
pub(super) fn every(dialect: Dialect) -> impl Iterator<Item = Query> {
    let with = |query: Query, values: usize| Query { values: vec![super::Value::Null; values], ..query };
    Kept::ALL.iter().flat_map(move |kind| {
        [
            with(rows_of(dialect, *kind, false), 3),
            with(rows_of(dialect, *kind, true), 4),
            with(count_of(dialect, *kind), 2),
        ]
    })
}

const fn sweep(swept: Swept) -> Write {
    match swept {
        Swept::Answers => Write::AnswersSweepOf,
        Swept::Marks => Write::MarksSweepOf,
        Swept::Contacts => Write::ContactsSweepOf,
        Swept::FlowValues => Write::FlowValuesSweepOf,
        Swept::Sounds => Write::SoundsSweepOf,
        Swept::Bindings => Write::BindingsSweepOf,
        Swept::Watches => Write::WatchesSweepOf,
        Swept::UsageLabels => Write::UsageLabelsSweepOf,
    }
}

#[async_trait]
impl<D: Database> ErasureStore for D {
    async fn legal_hold(
        &self,
        account: AccountSid,
        key: LegalHoldSid,
    ) -> Result<Option<LegalHold>, StoreError> {
        one(self, of_account::<D>("legal_hold", account, key.as_u128()), rows::doc).await
    }

    async fn legal_holds(&self, account: AccountSid, page: &Page) -> Result<Vec<LegalHold>, StoreError> {
        list(self, Builder::new("legal_holds").value("account", sid(account.as_u128())), page, rows::doc)
            .await
    }

    async fn holds_over(&self, account: AccountSid) -> Result<Vec<LegalHold>, StoreError> {
        let values = vec![sid(account.as_u128())];
        self.fetch(Query::point(D::DIALECT, "holds_over", values), rows::doc).await
    }

    async fn erasure(&self, account: AccountSid, key: ErasureSid) -> Result<Option<Erasure>, StoreError> {
        one(self, of_account::<D>("erasure", account, key.as_u128()), rows::doc).await
    }

    async fn erasures(&self, account: AccountSid, page: &Page) -> Result<Vec<Erasure>, StoreError> {
        list(self, Builder::new("erasures").value("account", sid(account.as_u128())), page, rows::doc).await
    }

    async fn due_erasures(&self, now: Timestamp, limit: u32) -> Result<Vec<Erasure>, StoreError> {
        let values = vec![time(now), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "due_erasures", values), rows::doc).await
    }

    async fn count_kept(&self, account: AccountSid, kind: Kept) -> Result<u64, StoreError> {
        let query = Query { values: vec![sid(account.as_u128()), sid(0)], ..count_of(D::DIALECT, kind) };
        number(self, query, rows::count).await
    }

    async fn kept_rows(
        &self,
        account: AccountSid,
        kind: Kept,
        (naming, after): (Option<&str>, u128),
        limit: u32,
    ) -> Result<Vec<KeptRow>, StoreError> {
        let mut values = vec![sid(account.as_u128()), sid(after), limited(limit)];
        values.extend(naming.map(text));
        let query = Query { values, ..rows_of(D::DIALECT, kind, naming.is_some()) };
        self.fetch(query, rows::kept_row).await
    }

    async fn usage_naming(
        &self,
        account: AccountSid,
        naming: &str,
        behind: &UsagePlace,
        limit: u32,
    ) -> Result<Vec<UsageEvent>, StoreError> {
        let mut values = vec![sid(account.as_u128())];
        values.extend([&*behind.day, &*behind.source, &*behind.id, naming].map(text));
        values.push(limited(limit));
        self.fetch(Query::many(D::DIALECT, "usage_naming", values), rows::doc).await
    }

    async fn answers_kept(
        &self,
        account: AccountSid,
        after: &str,
        limit: u32,
    ) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        let values = vec![sid(account.as_u128()), text(after), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "answers_kept", values), rows::answer).await
    }

    async fn conferences_of_call(
        &self,
        account: AccountSid,
        call: CallSid,
    ) -> Result<Vec<ConferenceSid>, StoreError> {
        let query = of_account::<D>("conferences_of_call", account, call.as_u128());
        self.fetch(query, rows::conference_sid).await
    }

    async fn sweep_of(&self, account: AccountSid, swept: Swept, limit: u32) -> Result<u64, StoreError> {
        let values = vec![sid(account.as_u128()), limited(limit)];
        self.apply(vec![Step::new(sweep(swept), values, Expect::Any)]).await
    }
}
