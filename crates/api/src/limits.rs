//! Token buckets: requests per account or key, failed sign-ins per client address.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

/// Buckets kept at one time. When there are more, the full ones go: a full bucket and no bucket are the same. If none is full, all go:
/// for a moment that many clients have a burst again.
const BUCKETS_MAX: usize = 100_000;

/// A limit of so many a second, with a burst. Tokens are counted in millionths.
#[derive(Debug)]
pub(crate) struct Limit<K> {
    rate: u64,
    burst: u64,
    buckets: Mutex<HashMap<K, Bucket>>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: u64,
    at_us: i64,
}

const TOKEN: u64 = 1_000_000;

impl<K: Hash + Eq> Limit<K> {
    /// No limit at 0 a second.
    pub(crate) fn new(per_second: u32, burst: u32) -> Self {
        Self {
            rate: u64::from(per_second),
            burst: u64::from(burst.max(1)) * TOKEN,
            buckets: Mutex::default(),
        }
    }

    /// Takes a token. `Err` says how many seconds from now there is one again.
    pub(crate) fn take(&self, key: K, now: Timestamp) -> Result<(), u32> {
        self.visit(key, now, TOKEN)
    }

    /// Whether there is a token, without taking it.
    pub(crate) fn check(&self, key: K, now: Timestamp) -> Result<(), u32> {
        self.visit(key, now, 0)
    }

    fn visit(&self, key: K, now: Timestamp, cost: u64) -> Result<(), u32> {
        if self.rate == 0 {
            return Ok(());
        }
        let now_us = now.as_microsecond();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= BUCKETS_MAX {
            buckets.retain(|_, bucket| self.filled(*bucket, now_us).tokens < self.burst);
            if buckets.len() >= BUCKETS_MAX {
                buckets.clear();
            }
        }
        let fresh = Bucket { tokens: self.burst, at_us: now_us };
        let bucket = buckets.entry(key).or_insert(fresh);
        *bucket = self.filled(*bucket, now_us);
        if bucket.tokens < TOKEN {
            let missing_us = (TOKEN - bucket.tokens) / self.rate;
            return Err(u32::try_from(missing_us.div_ceil(1_000_000)).unwrap_or(u32::MAX).max(1));
        }
        bucket.tokens -= cost;
        Ok(())
    }

    /// `rate` tokens a second are `rate` millionths a microsecond. A clock that was set back adds nothing.
    fn filled(&self, bucket: Bucket, now_us: i64) -> Bucket {
        let elapsed = u64::try_from(now_us - bucket.at_us).unwrap_or(0);
        let tokens = bucket.tokens.saturating_add(elapsed.saturating_mul(self.rate)).min(self.burst);
        Bucket { tokens, at_us: now_us }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millisecond(ms).unwrap()
    }

    #[test]
    fn a_burst_is_spent_and_comes_back_at_the_rate() {
        let limit = Limit::new(10, 3);
        let takes = |ms| (0..5).filter(|_| limit.take("k", at(ms)).is_ok()).count();
        assert_eq!(takes(0), 3);
        assert_eq!(limit.take("k", at(99)), Err(1));
        assert_eq!(takes(100), 1);
        assert_eq!(takes(10_000), 3);
        assert_eq!(takes(5_000), 0, "a clock set back gives nothing");
        assert!(limit.take("other", at(0)).is_ok(), "one key's flood leaves the others alone");
    }

    #[test]
    fn looking_takes_nothing_and_zero_is_no_limit() {
        let limit = Limit::new(1, 1);
        assert!((0..9).all(|_| limit.check("k", at(0)).is_ok()));
        assert!(limit.take("k", at(0)).is_ok());
        assert!(limit.check("k", at(0)).is_err());
        assert!((0..999).all(|_| Limit::new(0, 1).take("k", at(0)).is_ok()));
    }

    #[test]
    fn the_number_of_buckets_is_bounded() {
        let limit = Limit::new(1, 2);
        for key in 0..=BUCKETS_MAX {
            limit.take(key, at(0)).unwrap();
        }
        assert!(limit.buckets.lock().unwrap().len() <= BUCKETS_MAX);
    }
}
