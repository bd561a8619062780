//! Guessing of passwords made slow: delays per user and source, and blocks per source.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::time::Duration;

/// Wrong passwords of one user from one source before it has to wait.
const FREE_FAILURES: u32 = 5;
/// The first wait, doubled with each further failure.
const FIRST_WAIT: Duration = Duration::from_secs(2);
const MAX_WAIT: Duration = Duration::from_secs(900);
/// Wrong passwords from one network in [`WINDOW`] before all of it is blocked for [`BLOCK`].
const MAX_OF_NETWORK: u32 = 20;
const WINDOW: Duration = Duration::from_secs(600);
const BLOCK: Duration = Duration::from_secs(3_600);
/// How long a user who proved his password is let in from a network that is blocked for others' sake.
const PROVEN: Duration = Duration::from_secs(86_400);
/// Entries of each table; when one is full those whose time is over go, and if none is, all do: the limit per source still
/// stands then.
const MAX_ENTRIES: usize = 20_000;

/// What is to be done with credentials before they are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admission {
    /// Look.
    Allowed,
    /// Not now: seconds until then.
    Wait(u32),
    /// Not even an answer.
    Blocked,
}

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    last: Duration,
    until: Duration,
}

#[derive(Debug, Clone, Copy)]
struct Network {
    since: Duration,
    count: u32,
    blocked_until: Duration,
}

/// Failures by user and source, and by network.
#[derive(Debug, Default)]
pub(crate) struct Lockout {
    hash: RandomState,
    users: HashMap<u64, Failures>,
    networks: HashMap<u128, Network>,
    proven: HashMap<u64, Duration>,
}

/// An IPv4 /24, or an IPv6 /64.
fn network_of(source: IpAddr) -> u128 {
    match source.to_canonical() {
        IpAddr::V4(v4) => u128::from(u32::from(v4) >> 8),
        IpAddr::V6(v6) => u128::from(v6) >> 64 << 64 | 1 << 63,
    }
}

fn make_room<K: std::hash::Hash + Eq + Copy, V>(table: &mut HashMap<K, V>, keep: impl Fn(&V) -> bool) {
    if table.len() >= MAX_ENTRIES {
        table.retain(|_, value| keep(value));
        if table.len() >= MAX_ENTRIES {
            table.clear();
        }
    }
}

impl Lockout {
    fn key(&self, user: &str, source: IpAddr) -> u64 {
        self.hash.hash_one((user, source.to_canonical()))
    }

    pub(crate) fn admit(&self, now: Duration, user: &str, source: IpAddr) -> Admission {
        let key = self.key(user, source);
        let is_proven = self.proven.get(&key).is_some_and(|&until| until > now);
        let network = self.networks.get(&network_of(source));
        if !is_proven && network.is_some_and(|network| network.blocked_until > now) {
            return Admission::Blocked;
        }
        match self.users.get(&key).map(|failures| failures.until.saturating_sub(now)) {
            Some(left) if !left.is_zero() => {
                Admission::Wait(u32::try_from(left.as_secs()).unwrap_or(u32::MAX).saturating_add(1))
            }
            Some(_) | None => Admission::Allowed,
        }
    }

    pub(crate) fn failed(&mut self, now: Duration, user: &str, source: IpAddr) {
        let key = self.key(user, source);
        make_room(&mut self.users, |failures| failures.last + BLOCK > now);
        let failures = self.users.entry(key).or_insert(Failures { count: 0, last: now, until: now });
        if failures.last + BLOCK <= now {
            failures.count = 0;
        }
        failures.count = failures.count.saturating_add(1);
        failures.last = now;
        if let Some(extra) = failures.count.checked_sub(FREE_FAILURES) {
            failures.until = now + (FIRST_WAIT * 2_u32.pow(extra.min(12))).min(MAX_WAIT);
        }
        make_room(&mut self.networks, |network| network.blocked_until > now || network.since + WINDOW > now);
        let fresh = Network { since: now, count: 0, blocked_until: Duration::ZERO };
        let network = self.networks.entry(network_of(source)).or_insert(fresh);
        if network.since + WINDOW <= now {
            (network.since, network.count) = (now, 0);
        }
        network.count = network.count.saturating_add(1);
        if network.count >= MAX_OF_NETWORK {
            network.blocked_until = now + BLOCK;
        }
    }

    pub(crate) fn succeeded(&mut self, now: Duration, user: &str, source: IpAddr) {
        let key = self.key(user, source);
        self.users.remove(&key);
        make_room(&mut self.proven, |&until| until > now);
        self.proven.insert(key, now + PROVEN);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn the_fifth_wrong_password_makes_wait_and_each_further_one_twice_as_long() {
        let mut lockout = Lockout::default();
        let source = ip("198.51.100.7");
        for _ in 0..4 {
            lockout.failed(s(0), "alice", source);
        }
        assert_eq!(lockout.admit(s(0), "alice", source), Admission::Allowed);
        lockout.failed(s(0), "alice", source);
        assert_eq!(lockout.admit(s(0), "alice", source), Admission::Wait(3));
        assert_eq!(lockout.admit(s(0), "bob", source), Admission::Allowed);
        assert_eq!(lockout.admit(s(0), "alice", ip("198.51.100.8")), Admission::Allowed);
        assert_eq!(lockout.admit(s(2), "alice", source), Admission::Allowed);
        lockout.failed(s(2), "alice", source);
        assert_eq!(lockout.admit(s(2), "alice", source), Admission::Wait(5));
        for _ in 0..12 {
            lockout.failed(s(2), "alice", source);
        }
        assert_eq!(lockout.admit(s(2), "alice", source), Admission::Wait(901));
        lockout.succeeded(s(3), "alice", source);
        assert_eq!(lockout.admit(s(3), "alice", source), Admission::Allowed);
    }

    #[test]
    fn a_network_that_guesses_is_blocked_for_an_hour_but_not_those_who_proved_themselves() {
        let mut lockout = Lockout::default();
        lockout.succeeded(s(0), "honest", ip("198.51.100.7"));
        for n in 0..20 {
            lockout.failed(s(n), &format!("user{n}"), ip(&format!("198.51.100.{}", n + 1)));
        }
        assert_eq!(lockout.admit(s(20), "new", ip("198.51.100.200")), Admission::Blocked);
        assert_eq!(lockout.admit(s(20), "new", ip("198.51.101.1")), Admission::Allowed);
        assert_eq!(lockout.admit(s(20), "honest", ip("198.51.100.7")), Admission::Allowed);
        assert_eq!(lockout.admit(s(19 + 3_601), "new", ip("198.51.100.200")), Admission::Allowed);
    }

    #[test]
    fn the_tables_have_an_end() {
        let mut lockout = Lockout::default();
        for n in 0..50_000_u32 {
            lockout.failed(s(0), &n.to_string(), IpAddr::from(n.to_be_bytes()));
        }
        assert!(lockout.users.len() <= MAX_ENTRIES && lockout.networks.len() <= MAX_ENTRIES);
    }
}
