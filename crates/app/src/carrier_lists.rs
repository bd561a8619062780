//! Lists of calls as carriers have them, beside the legs that were metered.

use std::sync::Arc;

use flexio_billing::carrier::{self, CarrierCall, Comparison, OwnCall};
use flexio_domain::{CallSid, Faults, Timestamp, first_sid_of};
use jiff::SignedDuration;

use crate::App;
use crate::assurance::LOOKED_BACK;
use crate::error::AppError;

/// Rows read at once.
const ROWS_AT_ONCE: u32 = 500;
/// A call is answered this long after it was made, at most.
const RINGING: SignedDuration = SignedDuration::from_hours(1);
/// Legs before the first and behind the last call of a list are none of the list's.
const AROUND: SignedDuration = SignedDuration::from_secs(30);

/// A carrier's own list of calls.
#[derive(Debug)]
pub struct CarrierList {
    /// Name of the trunk.
    pub trunk: String,
    /// Name of the file.
    pub file: String,
    /// Seconds a length may differ.
    pub tolerance_s: u64,
    /// Its calls, or why it cannot be read.
    pub calls: Result<Vec<CarrierCall>, String>,
}

/// Where lists of carriers come from.
pub trait CarrierLists: std::fmt::Debug + Send + Sync {
    /// Those that came since an instant; called on a thread that may wait.
    fn since(&self, from: Timestamp) -> Vec<CarrierList>;
}

impl App {
    /// Says where lists of carriers come from; the first saying stays.
    pub fn set_carrier_lists(&self, lists: Arc<dyn CarrierLists>) {
        if self.carrier_lists.set(lists).is_err() {
            tracing::warn!("the lists of carriers were set twice; the first stay");
        }
    }

    /// A carrier's calls beside the legs of its trunk; `None` without any call.
    pub async fn compare_carrier(
        &self,
        trunk: &str,
        calls: &[CarrierCall],
        tolerance_s: u64,
    ) -> Result<Option<Comparison>, AppError> {
        let (first, last) = (
            calls.iter().map(|call| call.answered_at).min(),
            calls.iter().map(|call| call.answered_at).max(),
        );
        let Some((first, last)) = first.zip(last) else { return Ok(None) };
        let from = first.saturating_sub(AROUND).unwrap_or(Timestamp::MIN);
        let until = last.saturating_add(AROUND).unwrap_or(Timestamp::MAX);
        let legs = self.legs_of_trunk(trunk, (from, until)).await?;
        Ok(Some(carrier::compare(calls, &legs, tolerance_s)))
    }

    /// What the lists of the last two days and the legs do not agree on.
    pub(crate) async fn carrier_differences(&self) -> Result<Faults, AppError> {
        let mut faults = Faults::default();
        let Some(lists) = self.carrier_lists.get().cloned() else { return Ok(faults) };
        let from = self.clock.now().saturating_sub(LOOKED_BACK).unwrap_or(Timestamp::UNIX_EPOCH);
        let lists = tokio::task::spawn_blocking(move || lists.since(from)).await.unwrap_or_default();
        for CarrierList { trunk, file, tolerance_s, calls } in lists {
            let calls = match calls {
                Ok(calls) => calls,
                Err(why) => {
                    faults.add(&format!("{file}: {why}"));
                    continue;
                }
            };
            let Some(compared) = self.compare_carrier(&trunk, &calls, tolerance_s).await? else { continue };
            for it in &compared.different {
                let (own, carriers) = (it.own_s, it.carrier_s);
                faults.add(&format!("{file} line {}: {carriers} s, {} {own} s", it.line, it.sid));
            }
            for line in &compared.only_carrier {
                faults.add(&format!("{file} line {line}: the carrier's only"));
            }
            for sid in &compared.only_own {
                faults.add(&format!("{sid}: not in {file}"));
            }
        }
        Ok(faults)
    }

    /// Answered legs of a trunk, by the time of their answer.
    async fn legs_of_trunk(
        &self,
        trunk: &str,
        (from, until): (Timestamp, Timestamp),
    ) -> Result<Vec<OwnCall>, AppError> {
        let begin = from.saturating_sub(RINGING).unwrap_or(Timestamp::UNIX_EPOCH);
        let mut after = CallSid::from_u128(first_sid_of(begin));
        let mut legs = Vec::new();
        loop {
            let calls = self.store.calls_after(after, ROWS_AT_ONCE).await?;
            for call in calls.iter().filter(|call| call.trunk.as_deref() == Some(trunk)) {
                let Some(answered_at) = call.answered_at.filter(|at| (from..=until).contains(at)) else {
                    continue;
                };
                let seconds = call.duration_s().unwrap_or_default();
                let to = carrier::digits(&call.to.to_string());
                legs.push(OwnCall { sid: call.sid, answered_at, to, seconds });
            }
            match calls.last() {
                Some(last) if calls.len() == ROWS_AT_ONCE as usize && last.created_at <= until => {
                    after = last.sid;
                }
                _ => return Ok(legs),
            }
        }
    }
}
