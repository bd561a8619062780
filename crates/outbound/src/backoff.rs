//! When a callback is tried again: pure, for the outbox of `app`.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

/// Growing, jittered waits. The defaults give about 30 tries in 24 hours.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetryPolicy {
    /// Shortest wait before the second try, in seconds.
    pub first_wait_s: u32,
    /// The wait doubles from try to try up to this, in seconds (jitter adds up to half).
    pub wait_max_s: u32,
    /// An event this old is not tried any more, in seconds since its first try was due.
    pub give_up_after_s: u32,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { first_wait_s: 5, wait_max_s: 3_600, give_up_after_s: 24 * 3_600 }
    }
}

impl RetryPolicy {
    /// When to try again, or `None` when the time is up and the event only waits for a replay by hand.
    ///
    /// `tries` counts those made (1 after the first), `first_due` is when the first one was due, `asked` the receiver's `Retry-After`,
    /// `random` any uniformly distributed number. The last try comes at the deadline itself rather than being given up before it.
    pub fn next_try(
        &self,
        first_due: Timestamp,
        now: Timestamp,
        tries: u32,
        asked: Option<SignedDuration>,
        random: u64,
    ) -> Option<Timestamp> {
        let deadline = first_due + SignedDuration::from_secs(i64::from(self.give_up_after_s));
        if now >= deadline {
            return None;
        }
        let doubling = tries.saturating_sub(1).min(32);
        let base_ms = (u64::from(self.first_wait_s) * 1_000)
            .saturating_mul(1 << doubling)
            .min(u64::from(self.wait_max_s) * 1_000);
        // Jitter only ever adds, and less than the next doubling, so waits grow strictly until the ceiling.
        let wait_ms = base_ms + random % (base_ms / 2).max(1);
        let wait = SignedDuration::from_millis(i64::try_from(wait_ms).unwrap_or(i64::MAX));
        let ceiling = SignedDuration::from_secs(i64::from(self.wait_max_s));
        let wait = wait.max(asked.unwrap_or_default().min(ceiling));
        Some((now + wait).min(deadline))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: Timestamp = Timestamp::UNIX_EPOCH;

    /// Waits in milliseconds of an event nobody ever takes.
    fn waits(policy: &RetryPolicy, random: impl Fn(usize) -> u64) -> Vec<i64> {
        let (mut now, mut waits) = (START, Vec::new());
        while let Some(next) =
            policy.next_try(START, now, u32::try_from(waits.len()).unwrap() + 1, None, random(waits.len()))
        {
            waits.push(i64::try_from(next.duration_since(now).as_millis()).unwrap());
            now = next;
        }
        waits
    }

    #[test]
    fn a_dead_receiver_is_tried_for_a_day_with_growing_waits() {
        let waits = waits(&RetryPolicy::default(), |_| 0);
        assert_eq!(waits[..4], [5_000, 10_000, 20_000, 40_000]);
        assert_eq!(waits.iter().sum::<i64>(), 24 * 3_600_000);
        assert!((25..=40).contains(&waits.len()), "{}", waits.len());
    }

    #[test]
    fn retry_after_is_honoured_up_to_the_ceiling() {
        let policy = RetryPolicy::default();
        let after = |asked| {
            policy.next_try(START, START, 1, Some(SignedDuration::from_secs(asked)), 0).unwrap().as_second()
        };
        assert_eq!((after(1), after(120), after(999_999)), (5, 120, 3_600));
    }

    proptest! {
        #[test]
        fn waits_grow_to_the_ceiling_and_end_after_a_day(seeds in proptest::collection::vec(any::<u64>(), 64)) {
            let waits = waits(&RetryPolicy::default(), |n| seeds[n]);
            let growing = waits.iter().take_while(|wait| **wait < 3_600_000).count();
            prop_assert!(waits[..growing].is_sorted());
            prop_assert!(waits.iter().all(|wait| *wait < 5_400_000));
            prop_assert_eq!(waits.iter().sum::<i64>(), 24 * 3_600_000);
        }
    }
}
