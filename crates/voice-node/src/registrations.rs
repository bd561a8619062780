//! Registrations that outlive the process: saved before the phone is told that it is registered, taken up when the node starts.
//!
//! One task saves, so that what was decided later is written later; all that came meanwhile is one commit. A store that does not answer costs
//! a phone 2 s and the operator a warning: it is registered, and saved when the store is back.

use std::sync::Arc;
use std::time::Duration;

use flexio_domain::AccountSid;
use flexio_store::{Change, ChangeSet, PhoneChange, StoreError};
use tokio::sync::{mpsc, oneshot};

use crate::node::Node;

/// Users saved in one transaction, and read at once.
const BATCH: u32 = 1_000;
/// Phones that may wait to be saved; more are told at once, and saved with the next.
const WAITING: usize = 4_096;
/// How long a phone waits for the store.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often the node says that it is there. A phone that is gone may be called for so much longer after a crash.
const SEEN_EVERY: Duration = Duration::from_secs(25);

/// Those who wait until everything so far is saved.
#[derive(Debug)]
pub(crate) struct Saver {
    asks: mpsc::Sender<oneshot::Sender<()>>,
    asked: std::sync::Mutex<Option<mpsc::Receiver<oneshot::Sender<()>>>>,
}

impl Default for Saver {
    fn default() -> Self {
        let (asks, asked) = mpsc::channel(WAITING);
        Self { asks, asked: std::sync::Mutex::new(Some(asked)) }
    }
}

impl Saver {
    /// Returns when what was changed before is saved, or cannot be for now.
    pub(crate) async fn saved(&self) {
        let (done, is_done) = oneshot::channel();
        if self.asks.try_send(done).is_ok() {
            // A dropped answer says that the store failed, which was logged.
            let _ = tokio::time::timeout(PATIENCE, is_done).await;
        }
    }
}

/// Takes up the phones of an earlier process; nothing of it is worth not starting.
pub(crate) async fn restore(node: &Node) {
    match take_up(node).await {
        Ok(0) => {}
        Ok(phones) => tracing::info!(phones, "registrations_restored"),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "registrations_not_restored");
        }
    }
}

async fn take_up(node: &Node) -> Result<usize, StoreError> {
    let (store, name) = (&node.app.store, &node.config.node);
    let Some(seen) = store.registrar_seen(name).await? else { return Ok(0) };
    // A clock that was set back makes nobody older than he is.
    let ago = Duration::try_from(node.wall().duration_since(seen)).unwrap_or_default();
    let mut behind: Option<(AccountSid, String)> = None;
    loop {
        let key = behind.as_ref().map(|(account, address)| (*account, address.as_str()));
        let users = store.sip_bindings(name, key, BATCH).await?;
        behind = users.last().map(|user| (user.account_sid, user.address.clone()));
        let is_last = users.len() < BATCH as usize;
        let mut locations = node.locations();
        for user in users {
            if !locations.restore(node.epoch.elapsed(), ago, user) {
                return Ok(locations.len());
            }
        }
        if is_last {
            return Ok(locations.len());
        }
    }
}

/// Saves what changes, for the life of the node.
pub(crate) fn watch(node: &Arc<Node>) {
    let Some(mut asked) = node.registrations.asked.lock().expect("no panic while held").take() else {
        return;
    };
    let weak = Arc::downgrade(node);
    tokio::spawn(async move {
        let mut waiting = Vec::new();
        loop {
            // Nothing comes any more when the node is gone.
            if let Ok(0) = tokio::time::timeout(SEEN_EVERY, asked.recv_many(&mut waiting, WAITING)).await {
                return;
            }
            let Some(node) = weak.upgrade() else { return };
            let is_saved = save(&node).await;
            waiting.drain(..).filter(|_| is_saved).for_each(|waits| {
                let _ = waits.send(());
            });
        }
    });
}

/// Saves everything that is not; whether that went well.
async fn save(node: &Node) -> bool {
    loop {
        let (users, has_kept) = {
            let mut locations = node.locations();
            (locations.take_unsaved(&node.config.node, BATCH as usize), locations.has_kept())
        };
        if users.is_empty() && !has_kept {
            return true;
        }
        let seen = PhoneChange::Seen { node: node.config.node.clone(), at: node.wall() };
        let mut changes = ChangeSet::from(Change::from(seen));
        for user in &users {
            changes.push(PhoneChange::Save(user.clone()).into());
        }
        if let Err(error) = node.app.store.commit(changes).await {
            tracing::warn!(
                users = users.len(),
                error = &error as &dyn std::error::Error,
                "registrations_not_saved"
            );
            node.locations().not_saved(&users);
            return false;
        }
        if users.len() < BATCH as usize {
            return true;
        }
    }
}
