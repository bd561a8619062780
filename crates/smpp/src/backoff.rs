//! Growing, jittered waits from a given seed.

use std::time::Duration;

/// A deterministic source of jitter (`SplitMix64`): the same seed gives the same waits, so a simulation can be
/// repeated. Not for secrets.
#[derive(Debug, Clone)]
pub struct Jitter(u64);

impl Jitter {
    /// Starts the sequence that belongs to `seed`.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits of the sequence.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A duration in `[low, high]`, to the millisecond.
    pub fn between(&mut self, low: Duration, high: Duration) -> Duration {
        let low_ms = u64::try_from(low.as_millis()).unwrap_or(u64::MAX);
        let high_ms = u64::try_from(high.as_millis()).unwrap_or(u64::MAX);
        let span = high_ms.saturating_sub(low_ms).saturating_add(1);
        Duration::from_millis(low_ms.saturating_add(self.next_u64() % span))
    }
}

/// Doubling waits: the n-th lies between half of and the whole `base × 2ⁿ`, never above `max`.
///
/// The fixed half keeps a floor under the wait; the random half keeps the clients of one restarted SMSC from
/// returning together.
#[derive(Debug, Clone)]
pub struct Backoff {
    base: Duration,
    max: Duration,
    attempt: u32,
}

impl Backoff {
    /// Waits from `base` to `max`.
    pub fn new(base: Duration, max: Duration) -> Self {
        Self { base, max, attempt: 0 }
    }

    /// The next wait; each call makes the following one longer.
    pub fn next_wait(&mut self, jitter: &mut Jitter) -> Duration {
        let factor = 1u32.checked_shl(self.attempt).unwrap_or(u32::MAX);
        let whole = self.base.saturating_mul(factor).min(self.max);
        // 31 doublings are more than any sane `max`; stopping there keeps the shift defined.
        self.attempt = (self.attempt + 1).min(31);
        jitter.between(whole / 2, whole)
    }

    /// Jumps to the longest wait: the peer said something that patience alone will not cure.
    pub fn exhaust(&mut self) {
        self.attempt = 31;
    }

    /// Back to `base`, after proof of health.
    pub fn reset(&mut self) {
        self.attempt = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_stay_within_their_half_and_stop_at_the_maximum() {
        let mut jitter = Jitter::new(7);
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));
        for n in 0..100u32 {
            let whole = Duration::from_secs(1 << n.min(6)).min(Duration::from_secs(60));
            let wait = backoff.next_wait(&mut jitter);
            assert!(wait >= whole / 2 && wait <= whole, "wait {n} is {wait:?}");
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_waits_and_another_seed_others() {
        let waits = |seed| {
            let (mut jitter, mut b) =
                (Jitter::new(seed), Backoff::new(Duration::from_secs(9), Duration::from_secs(90)));
            (0..8).map(|_| b.next_wait(&mut jitter)).collect::<Vec<_>>()
        };
        assert_eq!(waits(1), waits(1));
        assert_ne!(waits(1), waits(2));
    }

    #[test]
    fn an_exhausted_backoff_starts_at_the_maximum_and_a_reset_one_at_the_base() {
        let mut jitter = Jitter::new(3);
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));
        backoff.exhaust();
        assert!(backoff.next_wait(&mut jitter) >= Duration::from_secs(30));
        backoff.reset();
        assert!(backoff.next_wait(&mut jitter) <= Duration::from_secs(1));
    }
}
