//! One at a time for each execution, within this process. Between processes the version of the row decides.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use flexio_domain::ExecutionSid;
use tokio::sync::OwnedMutexGuard;

/// Executions that are being driven. Bounded by the calls, messages and requests that drive them.
#[derive(Debug, Default)]
pub struct Locks(Mutex<HashMap<ExecutionSid, Arc<tokio::sync::Mutex<()>>>>);

impl Locks {
    fn of(&self, sid: ExecutionSid) -> Arc<tokio::sync::Mutex<()>> {
        let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if locks.len() > 1_000 {
            // Those nobody holds or waits for.
            locks.retain(|_, lock| Arc::strong_count(lock) > 1);
        }
        Arc::clone(locks.entry(sid).or_default())
    }

    /// Waits for one's turn.
    pub(super) async fn take(&self, sid: ExecutionSid) -> OwnedMutexGuard<()> {
        self.of(sid).lock_owned().await
    }

    /// `None` where somebody drives it now.
    pub(super) fn try_take(&self, sid: ExecutionSid) -> Option<OwnedMutexGuard<()>> {
        self.of(sid).try_lock_owned().ok()
    }
}
