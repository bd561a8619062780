//! Those who send callbacks: as many as there were ever in progress at one time, each with one at a time. A task is kept for the next callback,
//! because making one costs as much as a part of the sending.

use std::sync::Arc;

use flexio_domain::Callback;
use flexio_outbound::{CallbackRequest, Outbound, Payload, Signer, WireForm};
use tokio::sync::mpsc;

use super::Done;
use crate::smpp_server::Door;

/// One try to make.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) callback: Callback,
    pub(super) signer: Arc<Signer>,
    /// The receiver it is counted by.
    pub(super) host: Arc<str>,
}

/// See the module. They end when this is dropped.
#[derive(Debug, Default)]
pub(super) struct Workers {
    all: Vec<mpsc::Sender<Job>>,
    free: Vec<usize>,
}

impl Workers {
    /// Gives the job to one that is free, or to a new one, with what it works with.
    pub(super) fn begin(&mut self, job: Job, hire: impl FnOnce() -> (Outbound, Door, mpsc::Sender<Done>)) {
        let worker = self.free.pop().unwrap_or_else(|| {
            let (to, jobs) = mpsc::channel(1);
            self.all.push(to);
            let number = self.all.len() - 1;
            tokio::spawn(work(number, jobs, hire()));
            number
        });
        // One that is free waits for its next job, so there is room.
        if self.all[worker].try_send(job).is_err() {
            tracing::error!(worker, "callback_not_begun");
        }
    }

    /// This one has told of the end of its job.
    pub(super) fn is_free(&mut self, worker: usize) {
        self.free.push(worker);
    }
}

async fn work(
    worker: usize,
    mut jobs: mpsc::Receiver<Job>,
    (outbound, door, report): (Outbound, Door, mpsc::Sender<Done>),
) {
    while let Some(Job { callback, signer, host }) = jobs.recv().await {
        let outcome = if Door::is_for(&callback) {
            door.hand_over(&callback).await
        } else {
            let sid = callback.sid.to_string();
            let request = CallbackRequest {
                event_id: &sid,
                idempotency_token: &sid,
                url: &callback.webhook.url,
                method: callback.webhook.method,
                payload: Payload::Form(&callback.params),
                signer: &signer,
                wire: WireForm::of(&callback.params),
                timeout: None,
            };
            outbound.post_callback(request).await
        };
        if report.send(Done { callback, outcome, host, worker }).await.is_err() {
            // The outbox has gone: after the next start the callback is sent again.
            return;
        }
    }
}
