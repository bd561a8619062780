//! Unpredictable identifiers from one seed.

use sha2::{Digest, Sha256};

/// Generator of branches, tags, Call-IDs and nonce keys: SHA-256 over the seed and a counter.
///
/// Given 32 bytes of entropy its output cannot be told from random, nor continued from what is seen on the wire.
/// The same seed gives the same sequence, which is what makes simulations repeatable.
#[derive(Clone)]
pub struct Random {
    seed: [u8; 32],
    counter: u64,
    block: [u8; 32],
    used: usize,
}

impl std::fmt::Debug for Random {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Random").field("counter", &self.counter).finish_non_exhaustive()
    }
}

impl Random {
    /// A generator; `seed` comes from the operating system in production and from a test in simulation.
    pub fn new(seed: [u8; 32]) -> Random {
        Random { seed, counter: 0, block: [0; 32], used: 32 }
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        if self.used == self.block.len() {
            let mut hash = Sha256::new();
            hash.update(self.seed);
            hash.update(self.counter.to_be_bytes());
            self.block = hash.finalize().into();
            self.counter += 1;
            self.used = 0;
        }
        let bytes = self.block[self.used..self.used + 8].try_into().expect("eight bytes of a block of 32");
        self.used += 8;
        u64::from_be_bytes(bytes)
    }

    /// A key of 32 bytes, for use with HMAC.
    pub fn key(&mut self) -> [u8; 32] {
        let mut key = [0; 32];
        for part in key.chunks_exact_mut(8) {
            part.copy_from_slice(&self.next_u64().to_be_bytes());
        }
        key
    }

    /// A number below `bound`; the bias is below 2⁻³² for every bound a `u32` can hold.
    pub fn below(&mut self, bound: u32) -> u32 {
        u32::try_from(self.next_u64() % u64::from(bound.max(1))).expect("below a u32")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seed_decides_the_sequence_and_numbers_do_not_repeat() {
        let take = |seed| {
            let mut random = Random::new([seed; 32]);
            (0..1_000).map(|_| random.next_u64()).collect::<Vec<_>>()
        };
        assert_eq!(take(1), take(1));
        assert_ne!(take(1), take(2));
        let mut numbers = take(3);
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), 1_000);
    }
}
