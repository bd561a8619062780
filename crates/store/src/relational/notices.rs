//! [`NoticeStore`] for every [`Database`].

use async_trait::async_trait;
use flexio_domain::*;

use super::plan::columns::{sid, time};
use super::queries::{Query, limited};
use super::store::one;
use super::{Database, rows};
use crate::{NoticeStore, StoreError};

#[async_trait]
impl<D: Database> NoticeStore for D {
    async fn terms_changes(&self, limit: u32) -> Result<Vec<TermsChange>, StoreError> {
        self.fetch(Query::many(D::DIALECT, "terms_changes", vec![limited(limit)]), rows::doc).await
    }

    async fn terms_change(&self, key: TermsChangeSid) -> Result<Option<TermsChange>, StoreError> {
        one(self, Query::point(D::DIALECT, "terms_change", vec![sid(key.as_u128())]), rows::doc).await
    }

    async fn due_terms_changes(&self, now: Timestamp, limit: u32) -> Result<Vec<TermsChange>, StoreError> {
        let values = vec![time(now), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "due_terms_changes", values), rows::doc).await
    }

    async fn terms_notices(&self, account: AccountSid, limit: u32) -> Result<Vec<TermsNotice>, StoreError> {
        let values = vec![sid(account.as_u128()), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "terms_notices", values), rows::doc).await
    }

    async fn notice_letters(
        &self,
        account: AccountSid,
        notice: NoticeSid,
        limit: u32,
    ) -> Result<Vec<NoticeLetter>, StoreError> {
        let values = vec![sid(notice.as_u128()), sid(account.as_u128()), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "notice_letters", values), rows::doc).await
    }

    async fn last_notice_letters(&self, after: u128, limit: u32) -> Result<Vec<NoticeLetter>, StoreError> {
        let values = vec![sid(after), limited(limit)];
        self.fetch(Query::many(D::DIALECT, "last_notice_letters", values), rows::doc).await
    }
}
