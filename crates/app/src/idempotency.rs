//! One effect per `Idempotency-Key`.
//!
//! The answer's record commits with the effect, so a crash between effect and answer cannot lose it. Twins on this node meet in a set
//! of running keys; twins on two nodes meet in the store, where the second commit conflicts.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use flexio_domain::{AccountSid, ErrorCode};
use flexio_store::{Change, ChangeSet, IDEMPOTENCY_KEY_TAKEN, IdempotencyRecord, StoreError};
use jiff::{SignedDuration, Timestamp};

use crate::error::AppError;
use crate::{App, vault};

/// Longest key, in characters.
pub const KEY_CHARS_MAX: usize = 255;

/// Makes the record that is kept with a creation; `None` if the request carried no key.
pub type Keep<'a, T> = &'a (dyn Fn(&T) -> Option<IdempotencyRecord> + Send + Sync);

/// Keys of creations that run on this node. Bounded by the requests that run.
#[derive(Debug, Default)]
pub(crate) struct Running(Mutex<HashSet<(AccountSid, String)>>);

/// Holds a key while its request runs.
#[derive(Debug)]
pub struct RunningKey<'a> {
    app: &'a App,
    key: (AccountSid, String),
}

impl Drop for RunningKey<'_> {
    fn drop(&mut self) {
        self.app.running.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

/// What to do with a request that carries a key.
#[derive(Debug)]
pub enum Begin<'a> {
    /// Run it, and hold this until it has run.
    Run(RunningKey<'a>),
    /// It ran: give its answer again.
    Replay(Box<IdempotencyRecord>),
}

impl App {
    /// Opens a creating request under `key`. `IdempotencyInProgress` while a twin runs, `IdempotencyMismatch` if the key came with
    /// another request before.
    pub async fn begin(
        &self,
        account: AccountSid,
        key: &str,
        request_digest: &[u8; 32],
    ) -> Result<Begin<'_>, AppError> {
        let well_formed =
            (1..=KEY_CHARS_MAX).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
        if !well_formed {
            return Err(ErrorCode::IdempotencyKeyInvalid.into());
        }
        let entry = (account, key.to_owned());
        if !self.running.0.lock().unwrap_or_else(PoisonError::into_inner).insert(entry.clone()) {
            return Err(ErrorCode::IdempotencyInProgress.into());
        }
        // Made only now: dropping it removes the entry, which before belonged to the twin.
        let running = RunningKey { app: self, key: entry };
        match self.store.idempotency(account, key, self.idempotency_start()).await? {
            None => Ok(Begin::Run(running)),
            Some(kept) if vault::same(&kept.request_digest, request_digest) => {
                Ok(Begin::Replay(Box::new(kept)))
            }
            Some(_) => Err(ErrorCode::IdempotencyMismatch.into()),
        }
    }

    /// Commits a creation with the record of its answer.
    pub(crate) async fn commit_creation<T>(
        &self,
        mut changes: ChangeSet,
        made: &T,
        keep: Keep<'_, T>,
    ) -> Result<(), AppError> {
        let Some(record) = keep(made) else {
            return Ok(self.store.commit(changes).await?);
        };
        let (account, key) = (record.account_sid, record.key.clone());
        changes.push(Change::KeepIdempotency(record));
        match self.store.commit(changes).await {
            // Known before the twin's commit can be read.
            Err(StoreError::Conflict(IDEMPOTENCY_KEY_TAKEN)) => Err(ErrorCode::IdempotencyInProgress.into()),
            Err(StoreError::Conflict(what)) => {
                let twin = self.store.idempotency(account, &key, self.idempotency_start()).await?;
                match twin {
                    Some(_) => Err(ErrorCode::IdempotencyInProgress.into()),
                    None => Err(StoreError::Conflict(what).into()),
                }
            }
            done => Ok(done?),
        }
    }

    fn idempotency_start(&self) -> Timestamp {
        let kept = SignedDuration::from_hours(i64::from(self.config.idempotency_hours));
        self.clock.now().checked_sub(kept).unwrap_or(Timestamp::MIN)
    }
}
