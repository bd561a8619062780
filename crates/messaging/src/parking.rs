//! A place to wait for receipts that overtake the answer to their submit.

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
};

use flexio_domain::Timestamp;
use jiff::SignedDuration;

/// Receipts by the carrier's message id, each with what its owner needs to apply and answer it. Bounded in number and age:
/// at either limit the oldest comes out, to be answered as a receipt of nobody's.
///
/// A carrier may deliver before it answers the submit, and a group commit widens that gap. Waiting here the
/// receipt is not answered yet, so a crash makes the carrier send it again.
#[derive(Debug)]
pub struct Parking<K, T> {
    by_id: HashMap<K, Vec<(u64, T)>>,
    order: VecDeque<(Timestamp, u64, K)>,
    len: usize,
    next: u64,
    max: usize,
    age_max: SignedDuration,
}

impl<K: Hash + Eq + Clone, T> Parking<K, T> {
    /// Room for `max` (at least 1) receipts of at most `age_max`; the age must stay below the carrier's patience for the answer.
    pub fn new(max: usize, age_max: SignedDuration) -> Self {
        Self { by_id: HashMap::new(), order: VecDeque::new(), len: 0, next: 0, max: max.max(1), age_max }
    }

    /// Parks `receipt`; the oldest when there was no room left.
    pub fn park(&mut self, now: Timestamp, id: K, receipt: T) -> Option<T> {
        let evicted = if self.len >= self.max { self.pop_oldest() } else { None };
        self.by_id.entry(id.clone()).or_default().push((self.next, receipt));
        self.order.push_back((now, self.next, id));
        self.next += 1;
        self.len += 1;
        evicted
    }

    /// Takes out all receipts of `id`, in the order they came.
    pub fn take(&mut self, id: &K) -> Vec<T> {
        let found = self.by_id.remove(id).unwrap_or_default();
        self.len -= found.len();
        // Tickets of taken receipts stay in `order` until they are its front, or outnumber the rest.
        if self.order.len() > 2 * self.len + 16 {
            let by_id = &self.by_id;
            self.order.retain(|(_, ticket, id)| {
                by_id.get(id).is_some_and(|all| all.iter().any(|(t, _)| t == ticket))
            });
        }
        found.into_iter().map(|(_, receipt)| receipt).collect()
    }

    /// Takes out what has waited too long.
    pub fn expire(&mut self, now: Timestamp) -> Vec<T> {
        let mut out = Vec::new();
        while let Some((since, _, _)) = self.order.front() {
            if now.duration_since(*since) < self.age_max {
                break;
            }
            out.extend(self.pop_oldest());
        }
        out
    }

    /// When [`Parking::expire`] has something to do, at the earliest.
    pub fn deadline(&self) -> Option<Timestamp> {
        let (since, _, _) = self.order.front()?;
        since.checked_add(self.age_max).ok()
    }

    /// Receipts waiting.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The oldest that is still here; tickets without a receipt are dropped on the way.
    fn pop_oldest(&mut self) -> Option<T> {
        while let Some((_, ticket, id)) = self.order.pop_front() {
            let Some(all) = self.by_id.get_mut(&id) else { continue };
            let Some(at) = all.iter().position(|(have, _)| *have == ticket) else { continue };
            let (_, receipt) = all.remove(at);
            if all.is_empty() {
                self.by_id.remove(&id);
            }
            self.len -= 1;
            return Some(receipt);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_receipt_waits_for_its_submit_and_leaves_once() {
        let mut parking = Parking::new(10, SignedDuration::from_secs(20));
        assert_eq!(parking.park(at(0), "a", 1), None);
        assert_eq!(parking.park(at(1), "a", 2), None);
        assert_eq!(parking.take(&"a"), [1, 2]);
        assert!(parking.take(&"a").is_empty() && parking.is_empty());
        assert!(parking.expire(at(100)).is_empty());
    }

    #[test]
    fn the_oldest_leaves_at_either_limit() {
        let mut parking = Parking::new(2, SignedDuration::from_secs(20));
        parking.park(at(0), "a", 1);
        parking.park(at(5), "b", 2);
        assert_eq!(parking.park(at(6), "c", 3), Some(1));
        assert_eq!(parking.deadline(), Some(at(25)));
        assert_eq!(parking.expire(at(25)), [2]);
        assert_eq!((parking.len(), parking.take(&"c")), (1, vec![3]));
    }

    #[test]
    fn tickets_of_taken_receipts_do_not_pile_up() {
        let mut parking = Parking::new(1_000, SignedDuration::from_secs(20));
        for n in 0..10_000 {
            parking.park(at(0), n, ());
            parking.take(&n);
        }
        assert!(parking.order.len() <= 17, "{}", parking.order.len());
    }
}
