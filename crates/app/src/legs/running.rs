//! Legs that run: what they have cost so far, which counts in every limit, and those that nobody runs any more.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use flexio_domain::{AccountSid, Call, CallDirection, CallSid, Money, Timestamp, UsageEvent};
use flexio_store::{ChangeSet, Scope, StoreError, WatchChange};
use jiff::SignedDuration;

use super::end::rated;
use super::recover;
use crate::App;
use crate::error::AppError;

/// Legs read at a time.
const PAGE: u32 = 1_000;
/// A leg that nobody has proven for so long is of a node that is gone. Longer than a node tries to save while the database is away.
const SILENT: SignedDuration = SignedDuration::from_mins(20);
/// Between two looks for such legs.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// Legs closed in one look; the others are next.
const SWEPT_MAX: u32 = 500;

/// Legs that were silent at the last look, and what was proven of each: one that is proven meanwhile is not closed.
pub type Silent = HashMap<CallSid, (Option<Timestamp>, Option<u64>)>;

/// What a leg would be charged if it ended at its last proof; empty for one that was not answered.
fn so_far(app: &App, leg: &Call) -> Vec<UsageEvent> {
    let Some(answered_at) = leg.answered_at else { return Vec::new() };
    let talk_ms = leg.proven_ms.unwrap_or(0);
    let ended_at = after(answered_at, talk_ms);
    // Whose spending is looked at is not marked by looking.
    let charge = rated(&app.terms(leg.account_sid), leg, (ended_at, talk_ms), false);
    let further = charge.further.into_iter().map(|part| part.event);
    std::iter::once(charge.event).chain(further).collect()
}

pub(super) fn after(start: Timestamp, ms: u64) -> Timestamp {
    let length = SignedDuration::from_millis(i64::try_from(ms).unwrap_or(i64::MAX));
    start.saturating_add(length).unwrap_or(Timestamp::MAX)
}

impl App {
    /// What the running legs of an account, or of its tree, have used so far, as it would be charged now. None of it is booked: a leg's own
    /// event takes its place in the transaction that ends the leg.
    pub(crate) async fn running_usage(
        &self,
        account: AccountSid,
        scope: Scope,
    ) -> Result<Vec<UsageEvent>, AppError> {
        let (mut used, mut last) = (Vec::new(), None);
        loop {
            let legs = self.store.running_calls(account, scope, last, PAGE).await?;
            used.extend(legs.iter().flat_map(|leg| so_far(self, leg)));
            last = legs.last().map(|leg| leg.sid);
            if legs.len() < PAGE as usize {
                return Ok(used);
            }
        }
    }

    /// Has the accounts looked at whose legs on this node run up costs, and ends legs that went out and have come to `limits.call`: how many
    /// accounts there are.
    pub async fn look_at_running(&self) -> Result<u64, AppError> {
        let (mut spent, mut dear, mut last) = (BTreeMap::<AccountSid, Money>::new(), Vec::new(), None);
        loop {
            let legs = self.store.running_calls_on(&self.config.node, last, PAGE).await?;
            last = legs.last().map(|leg| leg.sid);
            let is_last = legs.len() < PAGE as usize;
            for leg in legs {
                let cost: Money = so_far(self, &leg).iter().map(|event| event.amount).sum();
                if cost > Money::ZERO {
                    *spent.entry(leg.account_sid).or_default() += cost;
                    let limit = self.config.limits.call;
                    let is_dear = limit > Money::ZERO && cost >= limit;
                    dear.extend((is_dear && leg.direction != CallDirection::Inbound).then_some((leg, cost)));
                }
            }
            if is_last {
                break;
            }
        }
        let mut changes = ChangeSet::new();
        for account in spent.keys() {
            self.spenders.metered(*account);
            changes.push(WatchChange::Move(*account).into());
        }
        if !changes.is_empty() {
            self.store.commit(changes).await?;
        }
        for (leg, cost) in dear {
            self.cut(leg.sid).await;
            if let Err(error) = self.call_was_dear(&leg, cost).await {
                tracing::warn!(call_sid = %leg.sid, %error, "spend_case_not_opened");
            }
        }
        Ok(spent.len() as u64)
    }

    /// Closes legs, of any node, that were silent at the look before and nobody has proven since: how many. Another process that does the
    /// same, or a node that comes back, meets the version of the record: one of them closes it.
    pub async fn close_silent(&self, before: &mut Silent) -> Result<u64, AppError> {
        let now = self.clock.now();
        let since = now.saturating_sub(SILENT).unwrap_or(now);
        let (mut closed, mut silent) = (0, Silent::new());
        for mut leg in self.store.silent_calls(since, SWEPT_MAX).await? {
            let proof = (leg.proven_at, leg.proven_ms);
            if before.get(&leg.sid) != Some(&proof) {
                silent.insert(leg.sid, proof);
                continue;
            }
            let mut changes = ChangeSet::new();
            recover::close(self, &mut leg, &mut changes).await?;
            match self.store.commit(changes).await {
                Ok(()) => {
                    tracing::error!(call_sid = %leg.sid, node = ?leg.node, "silent_call_closed");
                    metrics::counter!("silent_calls_closed_total").increment(1);
                    closed += 1;
                }
                Err(StoreError::Conflict(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        *before = silent;
        Ok(closed)
    }
}

/// Looks for legs of nodes that are gone, until the process ends.
pub async fn keep_swept(app: Arc<App>) {
    let mut silent = Silent::new();
    loop {
        tokio::time::sleep(SWEEP_EVERY).await;
        match app.replay_journal().await {
            Ok(0) => {}
            Ok(replayed) => {
                tracing::info!(replayed, "unsaved_calls_saved");
                app.wake.callbacks.notify_one();
            }
            // What lies there may say more of legs that look silent.
            Err(error) => {
                tracing::warn!(%error, "journal_not_replayed");
                continue;
            }
        }
        match app.close_silent(&mut silent).await {
            Ok(0) => {}
            Ok(_) => app.wake.callbacks.notify_one(),
            Err(error) => tracing::warn!(%error, "silent_calls_not_closed"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn talk_is_added_to_the_answer_and_never_overflows() {
        let start = Timestamp::from_second(1_000).unwrap();
        assert_eq!(after(start, 1_500).as_millisecond(), 1_001_500);
        assert_eq!(after(start, u64::MAX), Timestamp::MAX);
    }
}
