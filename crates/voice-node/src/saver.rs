//! Saving what a call or a conference has to keep: in order, in whole transactions, beside the call, so that a slow disk is not heard.
//!
//! Calls outlive storage: while it is away each transaction is tried again for a quarter of an hour, and then written to a file on the local disk, with all
//! that follow it, from where they are saved when storage is back. At most [`WAITING`] transactions wait here; what comes then stays with the call and
//! goes with its next one.

use std::sync::Arc;
use std::time::Duration;

use flexio_app::App;
use flexio_store::{ChangeSet, StoreError};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// Transactions of one call that may wait.
const WAITING: usize = 32;
/// How long a transaction is tried.
const PATIENCE: Duration = Duration::from_secs(900);

/// One transaction; the sender is told when it is on disk, or given up.
type Job = (ChangeSet, Option<oneshot::Sender<()>>);

/// Saves one call's transactions one after the other.
#[derive(Debug)]
pub(crate) struct Saver {
    jobs: mpsc::Sender<Job>,
    task: JoinHandle<()>,
}

/// Room for one transaction.
pub(crate) struct Room<'a>(mpsc::Permit<'a, Job>);

impl Room<'_> {
    /// Hands the transaction over.
    pub(crate) fn save(self, changes: ChangeSet) {
        self.0.send((changes, None));
    }

    /// Hands the transaction over; the receiver is told when it is on disk.
    pub(crate) fn save_and_tell(self, changes: ChangeSet) -> oneshot::Receiver<()> {
        let (done, saved) = oneshot::channel();
        self.0.send((changes, Some(done)));
        saved
    }
}

impl Saver {
    /// `subject` is the sid of the call or conference, for the log.
    pub(crate) fn start(app: Arc<App>, subject: String) -> Self {
        let (jobs, mut waiting) = mpsc::channel::<Job>(WAITING);
        let task = tokio::spawn(async move {
            let mut spills = false;
            while let Some((changes, done)) = waiting.recv().await {
                // What follows one that is on the local disk goes there too: they are in order.
                let left = if spills { Some(changes) } else { commit(&app, &subject, changes).await };
                if let Some(changes) = left {
                    spills = true;
                    spill(&app, &subject, changes).await;
                }
                // The call may not wait for it any more.
                let _ = done.map(|done| done.send(()));
            }
        });
        Self { jobs, task }
    }

    /// Room for one more transaction; `None` while storage is far behind.
    pub(crate) fn room(&self) -> Option<Room<'_>> {
        self.jobs.try_reserve().ok().map(Room)
    }

    /// Waits for room, then until everything is on disk or given up.
    pub(crate) async fn finish(self, last: Option<ChangeSet>) {
        if let Some(changes) = last {
            // The task ends only after the queue, so there is somebody to take it.
            let _ = self.jobs.send((changes, None)).await;
        }
        drop(self.jobs);
        let _ = self.task.await;
    }
}

async fn spill(app: &Arc<App>, subject: &str, changes: ChangeSet) {
    let (to, name) = (Arc::clone(app), subject.to_owned());
    let written = tokio::task::spawn_blocking(move || flexio_app::legs::spill(&to, &name, &changes)).await;
    match written {
        Ok(Ok(())) => tracing::error!(%subject, "saved_on_local_disk"),
        Ok(Err(error)) => tracing::error!(%subject, %error, "not_saved"),
        Err(error) => tracing::error!(%subject, %error, "not_saved"),
    }
}

/// What storage did not take in all the time it was given.
async fn commit(app: &App, subject: &str, mut changes: ChangeSet) -> Option<ChangeSet> {
    let until = Instant::now() + PATIENCE;
    let mut wait = Duration::from_millis(200);
    let (mut repeated, mut parked) = (false, false);
    loop {
        match flexio_app::legs::save(app, changes.clone()).await {
            Ok(()) => return None,
            // The try before reached the disk although its answer did not reach us.
            Err(StoreError::Conflict(_)) if repeated => return None,
            Err(error @ (StoreError::Full | StoreError::Unavailable(_))) if Instant::now() < until => {
                metrics::counter!("voice_save_retries_total").increment(1);
                tracing::warn!(%subject, error = &error as &dyn std::error::Error, "not_saved_yet");
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(Duration::from_secs(5));
                repeated = true;
            }
            // The call is kept; what was metered otherwise is for somebody to look at.
            Err(StoreError::EventConflict(_)) if !parked => {
                parked = true;
                match app.park_usage(changes.clone()).await {
                    Ok(rest) => changes = rest,
                    Err(error) => tracing::error!(%subject, %error, "usage_not_parked"),
                }
            }
            Err(error) => {
                tracing::error!(
                    %subject,
                    error = &error as &dyn std::error::Error,
                    changes = changes.changes().len(),
                    "not_saved"
                );
                let is_away = matches!(error, StoreError::Full | StoreError::Unavailable(_));
                return is_away.then_some(changes);
            }
        }
    }
}
