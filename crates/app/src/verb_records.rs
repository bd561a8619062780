//! Records of verbs: written by the node, read here.

use flexio_domain::*;
use flexio_store::{Page, VerbRecordFilter};

use crate::App;
use crate::error::AppError;

impl App {
    /// One record, by its sid.
    pub async fn verb_record(
        &self,
        account: AccountSid,
        kind: VerbKind,
        sid: &str,
    ) -> Result<VerbRecord, AppError> {
        let id = VerbRecordId::parse(kind, sid).ok_or(ErrorCode::NotFound)?;
        let record = self.store.verb_record(account, id).await?.filter(|record| record.kind == kind);
        record.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Records of one kind.
    pub async fn verb_records(
        &self,
        account: AccountSid,
        kind: VerbKind,
        filter: &VerbRecordFilter,
        page: &Page,
    ) -> Result<Vec<VerbRecord>, AppError> {
        Ok(self.store.verb_records(account, kind, filter, page).await?)
    }

    /// How many records match.
    pub async fn count_verb_records(
        &self,
        account: AccountSid,
        kind: VerbKind,
        filter: &VerbRecordFilter,
    ) -> Result<u64, AppError> {
        Ok(self.store.count_verb_records(account, kind, filter).await?)
    }
}
