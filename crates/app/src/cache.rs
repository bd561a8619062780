//! A small cache for what is asked on every request.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{PoisonError, RwLock};

use jiff::{SignedDuration, Timestamp};

/// Entries a cache may hold; when it is full it starts again from nothing, which costs one read per live key.
const ENTRIES_MAX: usize = 20_000;

/// Values that may be a few seconds old. Own writes remove their key; other nodes' are seen when the entry ages out.
#[derive(Debug)]
pub(crate) struct Cache<K, V> {
    ttl: SignedDuration,
    entries: RwLock<HashMap<K, (Timestamp, V)>>,
}

impl<K: Hash + Eq, V: Clone> Cache<K, V> {
    pub(crate) fn new(ttl_s: u16) -> Self {
        Self { ttl: SignedDuration::from_secs(i64::from(ttl_s)), entries: RwLock::default() }
    }

    /// The value, if it was put less than the time to live before `now`. A clock that was set back ages everything.
    pub(crate) fn get(&self, key: &K, now: Timestamp) -> Option<V> {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        let (put_at, value) = entries.get(key)?;
        let age = now.duration_since(*put_at);
        (!age.is_negative() && age < self.ttl).then(|| value.clone())
    }

    pub(crate) fn put(&self, key: K, value: V, now: Timestamp) {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= ENTRIES_MAX {
            entries.clear();
        }
        entries.insert(key, (now, value));
    }

    pub(crate) fn remove(&self, key: &K) {
        self.entries.write().unwrap_or_else(PoisonError::into_inner).remove(key);
    }

    pub(crate) fn clear(&self) {
        self.entries.write().unwrap_or_else(PoisonError::into_inner).clear();
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
        cache.put(1, "one", at(100));
        assert_eq!(cache.get(&1, at(104)), Some("one"));
        assert_eq!(cache.get(&1, at(105)), None);
        assert_eq!(cache.get(&1, at(99)), None, "a clock set back must not keep an entry alive");
        cache.remove(&1);
        assert_eq!(cache.get(&1, at(101)), None);
    }

    #[test]
    fn a_full_cache_starts_again() {
        let cache = Cache::new(5);
        for key in 0..=ENTRIES_MAX {
            cache.put(key, (), at(1));
        }
        assert_eq!(cache.get(&0, at(1)), None);
        assert_eq!(cache.get(&ENTRIES_MAX, at(1)), Some(()));
    }
}
