//! [`PhoneStore`] for every [`Database`].

use async_trait::async_trait;
use flexio_domain::*;

use super::plan::columns::{sid, text, time};
use super::queries::{Query, limited};
use super::store::one;
use super::{Database, rows};
use crate::{PhoneStore, StoreError};

#[async_trait]
impl<D: Database> PhoneStore for D {
    async fn sip_bindings(
        &self,
        node: &str,
        behind: Option<(AccountSid, &str)>,
        limit: u32,
    ) -> Result<Vec<SipBindings>, StoreError> {
        let (account, address) = behind.map_or((0, ""), |(account, address)| (account.as_u128(), address));
        let values = vec![text(node), sid(account), text(address), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "sip_bindings", values), rows::doc).await
    }

    async fn trunk_reports(&self, since: Timestamp, limit: u32) -> Result<Vec<TrunkReport>, StoreError> {
        let values = vec![time(since), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "trunk_reports", values), rows::doc).await
    }

    async fn registrar_seen(&self, node: &str) -> Result<Option<Timestamp>, StoreError> {
        let seen = one(self, Query::point(D::DIALECT, "registrar", vec![text(node)]), rows::moment).await?;
        Ok(seen.flatten())
    }
}
