//! All deadlines of an endpoint.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::Duration;

/// Deadlines in order of time.
///
/// Nearly all SIP timers are one of a few durations counted from now, so each such duration has a queue of its own that
/// is in order by itself: setting and expiring are O(1) and touch no other timer. What remains goes into a heap. Nothing
/// is cancelled: the owner looks, when a deadline comes, whether it still means anything.
#[derive(Debug)]
pub(crate) struct Timers<T> {
    lanes: Vec<(Duration, VecDeque<(Duration, T)>)>,
    others: BinaryHeap<Reverse<(Duration, T)>>,
}

impl<T: Ord + Copy> Timers<T> {
    /// `lanes` are the durations that get a queue.
    pub(crate) fn new(lanes: &[Duration]) -> Timers<T> {
        Timers { lanes: lanes.iter().map(|&d| (d, VecDeque::new())).collect(), others: BinaryHeap::new() }
    }

    /// Sets a deadline `after` from `now`. `now` never goes backwards.
    pub(crate) fn set(&mut self, now: Duration, after: Duration, item: T) {
        let at = now + after;
        match self.lanes.iter_mut().find(|(lane, _)| *lane == after) {
            Some((_, queue)) => queue.push_back((at, item)),
            None => self.others.push(Reverse((at, item))),
        }
    }

    /// The earliest deadline.
    pub(crate) fn next(&self) -> Option<Duration> {
        let lanes = self.lanes.iter().filter_map(|(_, queue)| queue.front().map(|f| f.0));
        lanes.chain(self.others.peek().map(|Reverse(first)| first.0)).min()
    }

    /// Takes one deadline that is not after `now`.
    pub(crate) fn pop(&mut self, now: Duration) -> Option<T> {
        let due = |at: Option<Duration>| at.is_some_and(|at| at <= now);
        for (_, queue) in &mut self.lanes {
            if due(queue.front().map(|f| f.0)) {
                return queue.pop_front().map(|f| f.1);
            }
        }
        if due(self.others.peek().map(|Reverse(first)| first.0)) {
            return self.others.pop().map(|Reverse(first)| first.1);
        }
        None
    }

    pub(crate) fn len(&self) -> usize {
        self.others.len() + self.lanes.iter().map(|(_, queue)| queue.len()).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deadlines_of_lanes_and_heap_come_when_due_and_not_before() {
        let ms = Duration::from_millis;
        let mut timers = Timers::new(&[ms(500)]);
        timers.set(ms(0), ms(500), 1);
        timers.set(ms(10), ms(500), 2);
        timers.set(ms(20), ms(100), 3);
        assert_eq!((timers.next(), timers.len()), (Some(ms(120)), 3));
        assert_eq!((timers.pop(ms(119)), timers.pop(ms(120)), timers.pop(ms(499))), (None, Some(3), None));
        assert_eq!((timers.pop(ms(600)), timers.pop(ms(600)), timers.pop(ms(600))), (Some(1), Some(2), None));
    }
}
