//! Standing up to floods: a limit per source, and shedding of new work.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::time::Duration;

use crate::request::Shed;

/// Sources counted at once; a source that finds no place is dropped until the second is over.
const MAX_SOURCES: usize = 65_536;

/// Counts requests per source within each second.
#[derive(Debug, Default)]
pub(crate) struct SourceLimiter {
    second: u64,
    counts: HashMap<u128, u32>,
}

impl SourceLimiter {
    /// True if one more request from `source` is within `rate` per second.
    pub(crate) fn allow(&mut self, now: Duration, source: IpAddr, rate: u32) -> bool {
        if now.as_secs() != self.second {
            self.second = now.as_secs();
            // A table grown by a flood is given back.
            if self.counts.capacity() > 4_096 {
                self.counts = HashMap::new();
            } else {
                self.counts.clear();
            }
        }
        let key = source_key(source);
        if self.counts.len() >= MAX_SOURCES && !self.counts.contains_key(&key) {
            return false;
        }
        let count = self.counts.entry(key).or_default();
        *count = count.saturating_add(1);
        *count <= rate
    }
}

/// An IPv4 address, or the /64 an IPv6 host chooses its addresses from.
fn source_key(source: IpAddr) -> u128 {
    match source.to_canonical() {
        IpAddr::V4(v4) => u128::from(u32::from(v4)),
        IpAddr::V6(v6) => u128::from(v6) >> 64 << 64 | 1 << 63,
    }
}

/// Decides which new INVITEs are refused.
#[derive(Debug)]
pub(crate) struct Shedder {
    pub(crate) level: Shed,
    hash: RandomState,
}

impl Default for Shedder {
    fn default() -> Shedder {
        Shedder { level: Shed { percent: 0, retry_after_s: 0 }, hash: RandomState::new() }
    }
}

impl Shedder {
    /// By Call-ID, so that a retransmission is refused as the first was: no state is needed to know.
    pub(crate) fn refuses(&self, call_id: &[u8]) -> bool {
        self.level.percent > 0 && self.hash.hash_one(call_id) % 100 < u64::from(self.level.percent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_silenced_until_the_next_second_and_others_are_not() {
        let mut limiter = SourceLimiter::default();
        let (a, b): (IpAddr, IpAddr) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        let now = Duration::from_millis(5_100);
        assert_eq!((0..20).filter(|_| limiter.allow(now, a, 10)).count(), 10);
        assert!(limiter.allow(now, b, 10));
        assert!(limiter.allow(Duration::from_secs(6), a, 10));
    }

    #[test]
    fn addresses_of_one_ipv6_network_count_as_one_source() {
        let mut limiter = SourceLimiter::default();
        let allowed = (0..100u16)
            .filter(|n| limiter.allow(Duration::ZERO, format!("2001:db8::{n:x}").parse().unwrap(), 10));
        assert_eq!(allowed.count(), 10);
    }

    #[test]
    fn the_share_refused_follows_the_level_and_is_stable_per_call() {
        let mut shedder = Shedder::default();
        shedder.level.percent = 30;
        let refused = |i: u32| shedder.refuses(&i.to_be_bytes());
        let share = (0..10_000).filter(|&i| refused(i)).count();
        assert!((2_700..3_300).contains(&share), "{share}");
        assert!((0..100).all(|i| refused(i) == refused(i)));
    }
}
