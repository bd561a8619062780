//! Rows that have served their time leave the database, and money set aside for calls that are long over goes back.

use std::{sync::Arc, time::Duration};

use flexio_app::App;
use jiff::SignedDuration;

/// Between two sweeps.
const EVERY: Duration = Duration::from_secs(3_600);
/// Rows of a kind dropped in one transaction.
const STEP: u32 = 1_000;
/// Transactions of one sweep; what is left is for the next.
const STEPS_MAX: u32 = 1_000;
/// Days parts of incoming messages are kept; they are waited for much shorter.
const PARTS_KEPT: SignedDuration = SignedDuration::from_hours(24);

/// What limits on verification codes count by; none of them looks back further than this.
const MARKS_KEPT: SignedDuration = SignedDuration::from_hours(24 * 31);

/// Challenges of factors are records; they are not looked at after this.
const CHALLENGES_KEPT: SignedDuration = SignedDuration::from_hours(24 * 31);

/// An app of which nobody has shown a code was never set up.
const UNVERIFIED_KEPT: SignedDuration = SignedDuration::from_hours(24);

/// What the guard decided about codes, as long as the marks it decided by.
const DECISIONS_KEPT: SignedDuration = MARKS_KEPT;

/// Who wrote last to somebody from a shared sender: after this a STOP is nobody's.
const CONTACTS_KEPT: SignedDuration = SignedDuration::from_hours(24 * 400);

/// Sweeps every hour, for ever.
pub(crate) async fn run(app: Arc<App>, callbacks_kept_days: u16) {
    let answers_kept = SignedDuration::from_hours(i64::from(app.config.idempotency_hours));
    let callbacks_kept = SignedDuration::from_hours(24 * i64::from(callbacks_kept_days));
    loop {
        tokio::time::sleep(EVERY).await;
        let mut dropped = 0;
        for _ in 0..STEPS_MAX {
            let now = app.clock.now();
            let before = |kept| now.saturating_sub(kept).unwrap_or(now);
            let swept =
                app.store.sweep(before(answers_kept), before(callbacks_kept), before(PARTS_KEPT), STEP).await;
            let marks = app.store.sweep_marks(before(MARKS_KEPT), STEP).await;
            let challenges = app.store.sweep_challenges(before(CHALLENGES_KEPT), STEP).await;
            let factors = app.store.sweep_factors(before(UNVERIFIED_KEPT), STEP).await;
            let decisions = app.store.sweep_guard_decisions(before(DECISIONS_KEPT), STEP).await;
            let contacts = app.store.sweep_contacts(before(CONTACTS_KEPT), STEP).await;
            let ladders = app.sweep_ladders(STEP).await;
            match swept.and_then(|rows| {
                Ok(rows + marks? + challenges? + factors? + decisions? + contacts? + ladders?)
            }) {
                Ok(0) => break,
                Ok(rows) => dropped += rows,
                Err(error) => {
                    tracing::warn!(%error, "sweep_failed");
                    break;
                }
            }
            // The writers of calls and messages come in between.
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        match app.return_lost_grants().await {
            Ok(0) => {}
            Ok(grants) => {
                metrics::counter!("credit_grants_lost_total").increment(grants);
                tracing::error!(grants, "lost_grants_returned");
            }
            Err(error) => tracing::warn!(%error, "lost_grants_not_looked_for"),
        }
        if dropped > 0 {
            tracing::info!(rows = dropped, "swept");
        }
    }
}
