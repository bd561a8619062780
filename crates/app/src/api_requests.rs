//! Requests of programs, counted for usage: free in the reference offer.
//!
//! Counts are kept in memory and become usage events, one for each account and key, every quarter of an hour and when the program stops. A
//! crash loses what was counted since.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use flexio_billing::RequestsMade;
use flexio_domain::{AccountSid, KeySid, UsageLabels};
use flexio_store::ChangeSet;

use crate::App;
use crate::error::AppError;
use crate::usage::booked;

const EVERY: Duration = Duration::from_secs(900);
/// Accounts and keys counted at once; those beyond are counted from the next quarter of an hour on.
const COUNTED_MAX: usize = 100_000;
/// Events saved in one transaction.
const AT_ONCE: usize = 500;

/// Who asked how often since the last saving.
#[derive(Debug, Default)]
pub struct ApiRequests {
    counts: Mutex<HashMap<(AccountSid, Option<KeySid>), u32>>,
}

impl ApiRequests {
    /// One more request for an account, with a key or its token.
    pub fn count(&self, account: AccountSid, key: Option<KeySid>) {
        self.add((account, key), 1);
    }

    fn add(&self, who: (AccountSid, Option<KeySid>), often: u32) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() < COUNTED_MAX || counts.contains_key(&who) {
            let count = counts.entry(who).or_default();
            *count = count.saturating_add(often);
        }
    }
}

impl App {
    /// Saves what was counted as usage: how many events. What could not be saved is counted on.
    pub async fn save_api_requests(&self) -> Result<usize, AppError> {
        let counted =
            std::mem::take(&mut *self.api_requests.counts.lock().unwrap_or_else(PoisonError::into_inner));
        let counted: Vec<_> = counted.into_iter().collect();
        for (saved, some) in counted.chunks(AT_ONCE).enumerate() {
            let mut changes = ChangeSet::new();
            for ((account_sid, key), count) in some {
                let key_name = key.map_or_else(|| "-".to_owned(), |key| key.to_string());
                let charge = self.terms(*account_sid).requests_made(&RequestsMade {
                    account_sid: *account_sid,
                    key: &key_name,
                    node: &self.config.node,
                    count: *count,
                    at: self.clock.now(),
                });
                let labels = UsageLabels { key_sid: *key, ..UsageLabels::default() };
                changes.extend(booked(charge.labelled(labels)));
            }
            if let Err(error) = self.store.commit(changes).await {
                for (who, count) in &counted[saved * AT_ONCE..] {
                    self.api_requests.add(*who, *count);
                }
                return Err(error.into());
            }
        }
        Ok(counted.len())
    }
}

/// Saves counts for ever.
pub async fn keep_api_requests(app: Arc<App>) {
    loop {
        tokio::time::sleep(EVERY).await;
        if let Err(error) = app.save_api_requests().await {
            tracing::warn!(error = &error as &dyn std::error::Error, "api_requests_not_saved");
        }
    }
}
