//! Changes of terms and the letters that bring notices: what may be written, what may be asked.

use async_trait::async_trait;
use flexio_domain::*;

use crate::StoreError;

/// A step of a transaction about changes of terms and notices.
#[derive(Debug, Clone)]
pub enum NoticeChange {
    /// Unique: sid.
    CreateTerms(TermsChange),
    /// Optimistic: of several processes that go on with a change, one does.
    UpdateTerms(TermsChange),
    /// Append-only. Unique: sid.
    AnnounceTerms(TermsNotice),
    /// Append-only. Unique: notice and number.
    Write(NoticeLetter),
}

/// Keeper of changes of terms and of letters.
#[async_trait]
pub trait NoticeStore {
    /// Changes of terms, newest first.
    async fn terms_changes(&self, limit: u32) -> Result<Vec<TermsChange>, StoreError>;
    /// One change of terms.
    async fn terms_change(&self, sid: TermsChangeSid) -> Result<Option<TermsChange>, StoreError>;
    /// Changes of terms that are due at `now`, longest due first.
    async fn due_terms_changes(&self, now: Timestamp, limit: u32) -> Result<Vec<TermsChange>, StoreError>;
    /// Notices of terms to an account, newest first.
    async fn terms_notices(&self, account: AccountSid, limit: u32) -> Result<Vec<TermsNotice>, StoreError>;
    /// Letters of a notice, oldest first.
    async fn notice_letters(
        &self,
        account: AccountSid,
        notice: NoticeSid,
        limit: u32,
    ) -> Result<Vec<NoticeLetter>, StoreError>;
    /// The last letter of each notice of all accounts behind one, by the notice's sid as a number.
    async fn last_notice_letters(&self, after: u128, limit: u32) -> Result<Vec<NoticeLetter>, StoreError>;
}
