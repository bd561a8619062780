//! Audit logs of the accounts above say what was done to the account.

use flexio_domain::*;
use flexio_store::{ChangeSet, ErasureChange, Kept};

use super::{BATCH, Work};
use crate::error::AppError;

impl Work<'_> {
    /// Takes what is said of the account out of the logs of those above it. Again changes nothing.
    pub(super) async fn forget_mentions(&self, account: &Account) -> Result<(), AppError> {
        let sid = account.sid.to_string();
        for above in &account.ancestors {
            self.forget_in_log(*above, &sid).await?;
        }
        Ok(())
    }

    async fn forget_in_log(&self, log: AccountSid, account: &str) -> Result<(), AppError> {
        let mut after = 0;
        loop {
            let store = &self.app.store;
            let rows = store.kept_rows(log, Kept::AuditEvents, (Some(account), after), BATCH).await?;
            let mut changes = ChangeSet::new();
            for row in &rows {
                let event: AuditEvent = row.read()?;
                after = row.key;
                if !event.details.erased && event.subject.contains(account) {
                    let details = event.details.clone().erase();
                    changes.push(ErasureChange::RewriteAudit(AuditEvent { details, ..event }).into());
                }
            }
            if !changes.changes().is_empty() {
                store.commit(changes).await?;
            }
            if rows.len() < BATCH as usize {
                return Ok(());
            }
        }
    }
}
