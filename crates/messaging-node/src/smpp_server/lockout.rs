//! Addresses from which too many binds failed: nobody from there is let in for a while.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Failures count for this long.
const WINDOW: Duration = Duration::from_secs(600);
/// Addresses that are remembered. Where more fail, those that are not locked out are forgotten.
const ADDRESSES_MAX: usize = 10_000;

/// What an address did.
#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    since: Instant,
    locked_until: Option<Instant>,
}

impl Failures {
    fn is_over(&self, now: Instant) -> bool {
        let is_free = self.locked_until.is_none_or(|until| now >= until);
        is_free && now.saturating_duration_since(self.since) >= WINDOW
    }
}

/// See the module.
#[derive(Debug)]
pub(super) struct Lockout {
    /// Failures within the window that lock an address out; 0 for none.
    max: u32,
    time: Duration,
    addresses: Mutex<HashMap<IpAddr, Failures>>,
}

impl Lockout {
    pub(super) fn new(max: u32, time: Duration) -> Self {
        Self { max, time, addresses: Mutex::default() }
    }

    /// Whether whoever comes from there is turned away.
    pub(super) fn is_locked(&self, address: IpAddr, now: Instant) -> bool {
        let addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        let failures = addresses.get(&place(address));
        failures.and_then(|failures| failures.locked_until).is_some_and(|until| now < until)
    }

    /// A bind from there failed.
    pub(super) fn failed(&self, address: IpAddr, now: Instant) {
        if self.max == 0 {
            return;
        }
        let mut addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        if addresses.len() >= ADDRESSES_MAX {
            addresses.retain(|_, failures| failures.locked_until.is_some_and(|until| now < until));
            if addresses.len() >= ADDRESSES_MAX {
                return;
            }
        }
        let fresh = Failures { count: 0, since: now, locked_until: None };
        let failures = addresses.entry(place(address)).or_insert(fresh);
        if failures.is_over(now) {
            *failures = fresh;
        }
        failures.count += 1;
        if failures.count >= self.max {
            // At the end of its time it begins anew.
            *failures = Failures { count: 0, since: now, locked_until: Some(now + self.time) };
            metrics::counter!("smpp_server_lockouts_total").increment(1);
            tracing::warn!("smpp_address_locked_out");
        }
    }
}

/// Whoever has an IPv6 address has the 2^64 beside it.
fn place(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() >> 64 << 64).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn too_many_failures_lock_an_address_out_for_a_while_and_no_other() {
        let now = tokio::time::Instant::now().into_std();
        let lockout = Lockout::new(3, Duration::from_mins(15));
        let (bad, good) = (ip("192.0.2.1"), ip("192.0.2.2"));
        for _ in 0..2 {
            lockout.failed(bad, now);
        }
        assert!(!lockout.is_locked(bad, now));
        // Two are forgotten after the window, so that mistakes do not add up.
        lockout.failed(bad, now + WINDOW);
        assert!(!lockout.is_locked(bad, now + WINDOW));
        lockout.failed(bad, now + WINDOW);
        lockout.failed(bad, now + WINDOW);
        assert!(lockout.is_locked(bad, now + WINDOW) && !lockout.is_locked(good, now + WINDOW));
        let later = now + WINDOW + Duration::from_mins(15);
        assert!(!lockout.is_locked(bad, later));
        lockout.failed(bad, later);
        assert!(!lockout.is_locked(bad, later), "and it begins anew");
    }

    #[test]
    fn neighbours_of_ipv6_are_one_and_none_is_locked_out_where_it_is_off() {
        let now = tokio::time::Instant::now().into_std();
        let lockout = Lockout::new(2, Duration::from_mins(15));
        lockout.failed(ip("2001:db8::1"), now);
        lockout.failed(ip("2001:db8::ffff"), now);
        assert!(lockout.is_locked(ip("2001:db8::2"), now) && !lockout.is_locked(ip("2001:db8:0:1::2"), now));
        let off = Lockout::new(0, Duration::from_mins(15));
        (0..100).for_each(|_| off.failed(ip("192.0.2.1"), now));
        assert!(!off.is_locked(ip("192.0.2.1"), now));
    }

    #[test]
    fn the_table_is_bounded() {
        let now = tokio::time::Instant::now().into_std();
        let lockout = Lockout::new(5, Duration::from_mins(15));
        for n in 0..u32::try_from(2 * ADDRESSES_MAX).unwrap() {
            lockout.failed(IpAddr::V4(n.into()), now);
        }
        assert!(lockout.addresses.lock().unwrap().len() <= ADDRESSES_MAX);
    }
}
