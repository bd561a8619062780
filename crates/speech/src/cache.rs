//! Least recently used things in memory, bounded by bytes.

use std::collections::{BTreeMap, HashMap};

pub(crate) type Key = [u8; 32];

/// Values with their size; the longest unused go when the total passes the limit.
#[derive(Debug)]
pub(crate) struct Lru<V> {
    entries: HashMap<Key, Entry<V>>,
    by_use: BTreeMap<u64, Key>,
    uses: u64,
    bytes: usize,
    bytes_max: usize,
}

#[derive(Debug)]
struct Entry<V> {
    value: V,
    bytes: usize,
    used: u64,
}

/// What an entry costs beside its samples.
const OVERHEAD_BYTES: usize = 256;

impl<V: Clone> Lru<V> {
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self { entries: HashMap::new(), by_use: BTreeMap::new(), uses: 0, bytes: 0, bytes_max }
    }

    pub(crate) fn get(&mut self, key: &Key) -> Option<V> {
        let entry = self.entries.get_mut(key)?;
        self.by_use.remove(&entry.used);
        self.uses += 1;
        entry.used = self.uses;
        self.by_use.insert(self.uses, *key);
        Some(entry.value.clone())
    }

    /// Keeps `value`; one larger than the whole cache is not kept.
    pub(crate) fn put(&mut self, key: Key, value: V, bytes: usize) {
        self.remove(&key);
        let bytes = bytes + OVERHEAD_BYTES;
        if bytes > self.bytes_max {
            return;
        }
        while self.bytes + bytes > self.bytes_max {
            let Some((_, oldest)) = self.by_use.first_key_value() else { break };
            let oldest = *oldest;
            self.remove(&oldest);
        }
        self.uses += 1;
        self.by_use.insert(self.uses, key);
        self.entries.insert(key, Entry { value, bytes, used: self.uses });
        self.bytes += bytes;
    }

    pub(crate) fn remove(&mut self, key: &Key) {
        if let Some(entry) = self.entries.remove(key) {
            self.by_use.remove(&entry.used);
            self.bytes -= entry.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_unused_goes_first() {
        let mut lru = Lru::new(3 * (100 + OVERHEAD_BYTES));
        for n in 1..=3 {
            lru.put([n; 32], n, 100);
        }
        assert_eq!(lru.get(&[1; 32]), Some(1));
        lru.put([4; 32], 4, 100);
        assert_eq!([1, 2, 3, 4].map(|n| lru.get(&[n; 32])), [Some(1), None, Some(3), Some(4)]);
    }

    #[test]
    fn the_size_is_exact_through_replacing_and_removing() {
        let mut lru = Lru::new(10_000);
        lru.put([1; 32], 1, 5_000);
        lru.put([1; 32], 2, 100);
        lru.put([2; 32], 3, 20_000);
        assert_eq!((lru.bytes, lru.get(&[1; 32]), lru.get(&[2; 32])), (100 + OVERHEAD_BYTES, Some(2), None));
        lru.remove(&[1; 32]);
        assert_eq!((lru.bytes, lru.entries.len(), lru.by_use.len()), (0, 0, 0));
    }
}
