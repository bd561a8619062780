//! [`LadderStore`] for every [`Database`].

use async_trait::async_trait;
use flexio_domain::*;

use super::plan::columns::{sid, time};
use super::plan::{Expect, Step, Write};
use super::queries::{Query, limited};
use super::{Database, rows};
use crate::{LadderStore, StoreError};

async fn contents<D: Database>(
    database: &D,
    name: &'static str,
    (account, call): (AccountSid, CallSid),
    limit: u32,
) -> Result<Vec<Vec<u8>>, StoreError> {
    let values = vec![sid(call.as_u128()), sid(account.as_u128()), limited(limit)];
    database.fetch(Query::many(D::DIALECT, name, values), rows::content).await
}

#[async_trait]
impl<D: Database> LadderStore for D {
    async fn ladders_of_call(
        &self,
        account: AccountSid,
        call: CallSid,
        limit: u32,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        contents(self, "ladders_of_call", (account, call), limit).await
    }

    async fn ladders_of_root(
        &self,
        account: AccountSid,
        call: CallSid,
        limit: u32,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        contents(self, "ladders_of_root", (account, call), limit).await
    }

    async fn sweep_ladders(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let step = Step::new(Write::LaddersSweep, vec![time(now), limited(limit)], Expect::Any);
        self.apply(vec![step]).await
    }
}
