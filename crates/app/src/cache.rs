//! A small cache for what is asked on every request.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

use jiff::{SignedDuration, Timestamp};

/// Entries a cache may hold; when it is full it starts again from nothing, which costs one read per live key.
const ENTRIES_MAX: usize = 20_000;

/// Values that may be a few seconds old. Own writes remove their key; other nodes' are seen when the entry ages out.
#[derive(Debug)]
pub(crate) struct Cache<K, V> {
    ttl: SignedDuration,
    entries: RwLock<HashMap<K, (Timestamp, V)>>,
    /// Counts removals: what was read before one must not be put after it.
    removals: AtomicU64,
}

/// Taken before a value is read, given back with it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ticket(u64);

impl<K: Hash + Eq, V: Clone> Cache<K, V> {
    pub(crate) fn new(ttl_s: impl Into<i64>) -> Self {
        Self {
            ttl: SignedDuration::from_secs(ttl_s.into()),
            entries: RwLock::default(),
            removals: AtomicU64::new(0),
        }
    }

    /// To be taken before the store is asked for what will be [`Cache::put`].
    pub(crate) fn ticket(&self) -> Ticket {
        Ticket(self.removals.load(Ordering::Acquire))
    }

    /// The value, if it was put less than the time to live before `now`. A clock that was set back ages everything.
    pub(crate) fn get(&self, key: &K, now: Timestamp) -> Option<V> {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        let (put_at, value) = entries.get(key)?;
        let age = now.duration_since(*put_at);
        (!age.is_negative() && age < self.ttl).then(|| value.clone())
    }

    /// Keeps a value, unless something was removed since the ticket was taken: it might be this one, read before it was changed.
    pub(crate) fn put(&self, ticket: Ticket, key: K, value: V, now: Timestamp) {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        if self.removals.load(Ordering::Acquire) != ticket.0 {
            return;
        }
        if entries.len() >= ENTRIES_MAX {
            entries.clear();
        }
        entries.insert(key, (now, value));
    }

    pub(crate) fn remove(&self, key: &K) {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        self.removals.fetch_add(1, Ordering::Release);
        entries.remove(key);
    }

    pub(crate) fn clear(&self) {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        self.removals.fetch_add(1, Ordering::Release);
        entries.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn an_entry_ages_out_and_can_be_removed() {
        let cache = Cache::new(5);
        cache.put(cache.ticket(), 1, "one", at(100));
        assert_eq!(cache.get(&1, at(104)), Some("one"));
        assert_eq!(cache.get(&1, at(105)), None);
        assert_eq!(cache.get(&1, at(99)), None, "a clock set back must not keep an entry alive");
        cache.remove(&1);
        assert_eq!(cache.get(&1, at(101)), None);
    }

    #[test]
    fn what_was_read_before_a_removal_is_not_put_after_it() {
        let cache = Cache::new(5);
        let early = cache.ticket();
        cache.remove(&1);
        cache.put(early, 1, "old", at(100));
        assert_eq!(cache.get(&1, at(100)), None);
        cache.put(cache.ticket(), 1, "new", at(100));
        assert_eq!(cache.get(&1, at(100)), Some("new"));
    }

    #[test]
    fn a_full_cache_starts_again() {
        let cache = Cache::new(5);
        for key in 0..=ENTRIES_MAX {
            cache.put(cache.ticket(), key, (), at(1));
        }
        assert_eq!(cache.get(&0, at(1)), None);
        assert_eq!(cache.get(&ENTRIES_MAX, at(1)), Some(()));
    }
}
