//! How many messages wait, and how fast those of one account leave.
//!
//! An account's messages are due one after the other, at its pace: a thousand accepted at once do not leave at once, and what another
//! account accepts meanwhile goes between them. The pace and what waits are known to each node by itself: on several nodes each gives an
//! account its pace. One-time codes are not paced, nor counted before they are taken.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use flexio_domain::{Account, AccountSid, ErrorCode, Timestamp};
use flexio_store::{StoreError, Waiting};

use crate::App;
use crate::error::{AppError, Refusal};

/// How often what waits is counted. In between, what was accepted is added.
const COUNT_EVERY: Duration = Duration::from_secs(10);
/// Longest time a client is told to wait.
const RETRY_S_MAX: u64 = 60;

/// What may wait, and how fast it leaves. 0 is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessagePace {
    /// Segments of one account that are due in a second, unless the account says otherwise.
    pub per_account_s: u32,
    /// Messages of one account that may wait.
    pub waiting_per_account: u32,
    /// Messages that may wait in all.
    pub waiting: u32,
}

impl Default for MessagePace {
    fn default() -> Self {
        Self { per_account_s: 0, waiting_per_account: 1_000_000, waiting: 5_000_000 }
    }
}

/// The accounts that have messages waiting.
#[derive(Debug, Default)]
pub(crate) struct Lanes(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    lanes: HashMap<AccountSid, Lane>,
    waiting: u64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Lane {
    waiting: u64,
    /// Before it nothing more of the account's is due, in microseconds since 1970; `None` before this process paced it.
    free_at_us: Option<i64>,
}

/// Why a message is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Full {
    /// All accounts' together, not the account's own.
    is_all: bool,
    waiting: u64,
    retry_after_s: u32,
}

impl Lanes {
    /// Takes a place: when the message is due.
    fn enter(
        &self,
        account: AccountSid,
        segments: u32,
        (pace, limits): (u32, &MessagePace),
        now: Timestamp,
    ) -> Result<Timestamp, Full> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (all, lane) = (known.waiting, known.lanes.get(&account).copied().unwrap_or_default());
        let is_over = |waiting: u64, limit: u32| limit > 0 && waiting >= u64::from(limit);
        let is_all = is_over(all, limits.waiting);
        if is_all || is_over(lane.waiting, limits.waiting_per_account) {
            let waiting = if is_all { all } else { lane.waiting };
            // Room comes with what leaves: a tenth of what waits at the account's pace, else at the next count.
            let seconds = (lane.waiting / 10).checked_div(u64::from(pace)).unwrap_or(COUNT_EVERY.as_secs());
            let retry_after_s = u32::try_from(seconds.clamp(1, RETRY_S_MAX)).unwrap_or(u32::MAX);
            return Err(Full { is_all, waiting, retry_after_s });
        }
        let now_us = now.as_microsecond();
        let takes_us = |segments: u64| -> i64 {
            let us = segments.saturating_mul(1_000_000).checked_div(u64::from(pace)).unwrap_or(0);
            i64::try_from(us).unwrap_or(i64::MAX)
        };
        // After a start, what waits goes first.
        let free_us = lane.free_at_us.unwrap_or_else(|| now_us.saturating_add(takes_us(lane.waiting)));
        let due_us = if pace == 0 { now_us } else { now_us.max(free_us) };
        let free_at_us = (pace > 0).then(|| due_us.saturating_add(takes_us(segments.into())));
        known.lanes.insert(account, Lane { waiting: lane.waiting + 1, free_at_us });
        known.waiting += 1;
        Ok(Timestamp::from_microsecond(due_us).unwrap_or(now))
    }

    /// How full the account's own share of what may wait is, or that of all, in percent: the higher one. 0 where there is no limit.
    fn fullness_percent(&self, account: AccountSid, limits: &MessagePace) -> u8 {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = known.lanes.get(&account).map_or(0, |lane| lane.waiting);
        let percent = |waiting: u64, limit: u32| {
            let percent = waiting.saturating_mul(100).checked_div(u64::from(limit)).unwrap_or(0);
            u8::try_from(percent.min(100)).unwrap_or(100)
        };
        percent(own, limits.waiting_per_account).max(percent(known.waiting, limits.waiting))
    }

    /// What was counted. An account of which nothing waits is forgotten, unless its pace still holds it back.
    fn counted(&self, waiting: &[Waiting], now: Timestamp) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for lane in known.lanes.values_mut() {
            lane.waiting = 0;
        }
        for one in waiting {
            known.lanes.entry(one.account).or_default().waiting = one.messages;
        }
        let holds = |lane: &Lane| lane.free_at_us.is_some_and(|at| at > now.as_microsecond());
        known.lanes.retain(|_, lane| lane.waiting > 0 || holds(lane));
        known.waiting = waiting.iter().map(|one| one.messages).sum();
    }
}

impl App {
    /// When a message that is taken now is due; refused with 20429 where too many wait.
    pub(crate) fn due_of(&self, account: &Account, segments: u32) -> Result<Timestamp, AppError> {
        let limits = &self.config.message_pace;
        let pace = account.messages_per_s.unwrap_or(limits.per_account_s);
        let place = self.lanes.enter(account.sid, segments, (pace, limits), self.clock.now());
        place.map_err(|full| {
            metrics::counter!("messages_turned_away_total").increment(1);
            let whose = if full.is_all { "of all accounts" } else { "of the account" };
            AppError::Refused(Refusal {
                code: ErrorCode::TooManyRequests,
                detail: Some(format!("{} messages {whose} wait to be sent.", full.waiting)),
                reason: None,
                retry_after_s: Some(full.retry_after_s),
            })
        })
    }

    /// How near the account is to having its messages turned away because too many wait, in percent.
    pub fn fullness_percent(&self, account: AccountSid) -> u8 {
        self.lanes.fullness_percent(account, &self.config.message_pace)
    }

    /// Counts what waits.
    pub async fn count_waiting(&self) -> Result<(), StoreError> {
        let waiting = self.store.waiting_messages().await?;
        self.lanes.counted(&waiting, self.clock.now());
        #[expect(clippy::cast_precision_loss, reason = "a gauge")]
        metrics::gauge!("messages_waiting").set(waiting.iter().map(|one| one.messages).sum::<u64>() as f64);
        Ok(())
    }
}

/// Counts what waits, again and again, until the process ends.
pub async fn keep_count(app: Arc<App>) {
    loop {
        let began = std::time::Instant::now();
        if let Err(error) = app.count_waiting().await {
            tracing::warn!(%error, "waiting_messages_not_counted");
        }
        // A count that takes long is made seldom: never more than a tenth of the time.
        tokio::time::sleep(COUNT_EVERY.max(began.elapsed() * 10)).await;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millisecond(1_800_000_000_000 + ms).unwrap()
    }

    const NONE: MessagePace = MessagePace { per_account_s: 0, waiting_per_account: 0, waiting: 0 };

    #[test]
    fn messages_are_due_at_the_pace_and_an_idle_time_is_not_saved_up() {
        let (lanes, a, b) = (Lanes::default(), AccountSid::new(), AccountSid::new());
        let due = |account, segments, ms| lanes.enter(account, segments, (10, &NONE), at(ms)).unwrap();
        assert_eq!(due(a, 1, 0), at(0));
        assert_eq!(due(a, 3, 0), at(100));
        assert_eq!(due(a, 1, 0), at(400));
        assert_eq!(due(b, 1, 0), at(0), "another account's are due between them");
        assert_eq!(due(a, 1, 9_000), at(9_000));
        assert_eq!(due(a, 1, 9_000), at(9_100));
    }

    #[test]
    fn without_a_pace_all_are_due_at_once() {
        let (lanes, a) = (Lanes::default(), AccountSid::new());
        for _ in 0..3 {
            assert_eq!(lanes.enter(a, 9, (0, &NONE), at(5)), Ok(at(5)));
        }
    }

    #[test]
    fn too_many_of_one_account_and_of_all_are_refused_until_they_are_counted_to_have_left() {
        let limits = MessagePace { waiting_per_account: 2, waiting: 3, ..NONE };
        let (lanes, a, b) = (Lanes::default(), AccountSid::new(), AccountSid::new());
        let enter = |account| lanes.enter(account, 1, (0, &limits), at(0)).map(|_| ());
        assert_eq!((enter(a), enter(a)), (Ok(()), Ok(())));
        assert_eq!(enter(a), Err(Full { is_all: false, waiting: 2, retry_after_s: 10 }));
        assert_eq!(enter(b), Ok(()));
        assert_eq!(enter(b), Err(Full { is_all: true, waiting: 3, retry_after_s: 10 }));
        lanes.counted(&[Waiting { account: a, messages: 1 }], at(0));
        assert_eq!((enter(a), enter(b)), (Ok(()), Ok(())));
    }

    #[test]
    fn how_full_it_is_goes_by_the_nearer_limit() {
        let (lanes, a, b) = (Lanes::default(), AccountSid::new(), AccountSid::new());
        let waiting = |account, messages| Waiting { account, messages };
        lanes.counted(&[waiting(a, 8), waiting(b, 37)], at(0));
        let limits = MessagePace { waiting_per_account: 10, waiting: 100, ..NONE };
        assert_eq!(lanes.fullness_percent(a, &limits), 80);
        assert_eq!(lanes.fullness_percent(b, &limits), 100);
        assert_eq!(lanes.fullness_percent(AccountSid::new(), &limits), 45);
        assert_eq!(lanes.fullness_percent(b, &NONE), 0);
    }

    #[test]
    fn after_a_start_what_waits_goes_first() {
        let (lanes, a) = (Lanes::default(), AccountSid::new());
        lanes.counted(&[Waiting { account: a, messages: 50 }], at(0));
        assert_eq!(lanes.enter(a, 1, (10, &NONE), at(0)), Ok(at(5_000)));
        // Counted again it does not begin anew.
        lanes.counted(&[Waiting { account: a, messages: 51 }], at(0));
        assert_eq!(lanes.enter(a, 1, (10, &NONE), at(0)), Ok(at(5_100)));
    }

    proptest! {
        /// In any stretch of time no more are due than the pace gives, and one message.
        #[test]
        fn the_pace_is_never_exceeded(
            pace in 1_u32..200,
            sent in prop::collection::vec((0_i64..2_000, 1_u32..10), 1..200),
        ) {
            let (lanes, account) = (Lanes::default(), AccountSid::new());
            let (mut now, mut all) = (0, Vec::new());
            for (wait, segments) in sent {
                now += wait;
                all.push((lanes.enter(account, segments, (pace, &NONE), at(now)).unwrap(), segments));
            }
            for (first, (from, _)) in all.iter().enumerate() {
                let mut total = 0_i128;
                for (until, segments) in &all[first..] {
                    // Before this one, `total` segments were due since `from`.
                    let us = i128::from(until.as_microsecond() - from.as_microsecond());
                    prop_assert!(total * 1_000_000 <= (us + 10 * all.len() as i128) * i128::from(pace));
                    total += i128::from(*segments);
                }
            }
        }
    }
}
