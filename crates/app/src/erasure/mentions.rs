//! Audit logs of the accounts above say what was done to the account, and what it was called when it was made.

use flexio_domain::*;
use flexio_store::{ChangeSet, ErasureChange, Kept};

use super::account::ERASED;
use super::{BATCH, Work};
use crate::error::AppError;

impl Work<'_> {
    /// Takes what is said of the account out of the logs of those above it. Again changes nothing.
    pub(super) async fn forget_mentions(&self, account: &Account) -> Result<(), AppError> {
        let sid = account.sid.to_string();
        let name = serde_json::to_string(&account.friendly_name).unwrap_or_default();
        let is_named = account.friendly_name != ERASED;
        for above in &account.ancestors {
            let about = |event: &AuditEvent, _: &str| event.subject.contains(&sid);
            self.forget_in_log(*above, &sid, &about).await?;
            if is_named {
                let called = |event: &AuditEvent, doc: &str| {
                    event.action.starts_with("accounts.") && doc.contains(&name)
                };
                self.forget_in_log(*above, name.trim_matches('"'), &called).await?;
            }
        }
        Ok(())
    }

    async fn forget_in_log(
        &self,
        log: AccountSid,
        needle: &str,
        is_meant: &(dyn Fn(&AuditEvent, &str) -> bool + Sync),
    ) -> Result<(), AppError> {
        let mut after = 0;
        loop {
            let store = &self.app.store;
            let rows = store.kept_rows(log, Kept::AuditEvents, (Some(needle), after), BATCH).await?;
            let mut changes = ChangeSet::new();
            for row in &rows {
                let event: AuditEvent = row.read()?;
                after = row.key;
                if !event.details.erased && is_meant(&event, &row.doc) {
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
