//! Callbacks that this process has just committed, for the task of this process that delivers them: they need not be read back.
//!
//! All of it can be lost: what is not taken from here is found in the database.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use flexio_domain::Callback;
use flexio_store::{Change, ChangeSet};
use tokio::sync::Notify;

/// Callbacks that may lie here.
const MAX: usize = 8_192;

/// See the module.
#[derive(Debug, Default)]
pub struct Handover {
    is_wanted: AtomicBool,
    callbacks: Mutex<Vec<Callback>>,
    came: Notify,
}

impl Handover {
    /// From now on somebody takes what lies here. Only where no other process delivers callbacks of the same database.
    pub fn want(&self) {
        self.is_wanted.store(true, Ordering::Relaxed);
    }

    /// Waits until something was given.
    pub async fn came(&self) {
        self.came.notified().await;
    }

    /// Takes all that was given, in the order of the commits of each subject.
    pub fn take(&self) -> Vec<Callback> {
        std::mem::take(&mut *self.callbacks.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The callbacks a set queues; none where nobody wants them.
    pub(crate) fn of(&self, changes: &ChangeSet) -> Vec<Callback> {
        if !self.is_wanted.load(Ordering::Relaxed) {
            return Vec::new();
        }
        let queued = changes.changes().iter().filter_map(|change| match change {
            Change::QueueCallback(callback) => Some(callback.clone()),
            _ => None,
        });
        queued.collect()
    }

    /// Gives what was committed. `false` where it has to be looked for in the database.
    pub(crate) fn give(&self, committed: Vec<Callback>) -> bool {
        if committed.is_empty() {
            return false;
        }
        let mut callbacks = self.callbacks.lock().unwrap_or_else(PoisonError::into_inner);
        if callbacks.len() + committed.len() > MAX {
            return false;
        }
        callbacks.extend(committed);
        drop(callbacks);
        self.came.notify_one();
        true
    }
}
