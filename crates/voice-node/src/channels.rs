//! Calls a trunk carries at one time. Every leg over it, to the carrier or from it, holds a [`Channel`]; whoever drops the leg gives the
//! channel back, a task that panics too. They are counted for this node alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// What a trunk carries now, and may.
#[derive(Debug)]
pub(crate) struct Channels {
    trunk: String,
    /// 0 is no limit.
    max: u32,
    taken: AtomicU32,
}

impl Channels {
    pub(crate) fn new(trunk: &str, max: u32) -> Arc<Self> {
        Arc::new(Self { trunk: trunk.to_owned(), max, taken: AtomicU32::new(0) })
    }

    /// One for a leg; `None` when all are taken, which is counted for the direction (`inbound`, `outbound`).
    pub(crate) fn take(self: &Arc<Self>, direction: &'static str) -> Option<Channel> {
        let free = |taken: u32| (self.max == 0 || taken < self.max).then_some(taken + 1);
        if self.taken.fetch_update(Ordering::AcqRel, Ordering::Acquire, free).is_err() {
            metrics::counter!("trunk_calls_full_total", "trunk" => self.trunk.clone(), "direction" => direction)
                .increment(1);
            return None;
        }
        metrics::gauge!("trunk_calls", "trunk" => self.trunk.clone()).increment(1.0);
        Some(Channel(Arc::clone(self)))
    }

    /// One for a leg that nothing may stop.
    pub(crate) fn take_anyway(self: &Arc<Self>) -> Channel {
        self.taken.fetch_add(1, Ordering::AcqRel);
        metrics::gauge!("trunk_calls", "trunk" => self.trunk.clone()).increment(1.0);
        Channel(Arc::clone(self))
    }

    pub(crate) fn taken(&self) -> u32 {
        self.taken.load(Ordering::Acquire)
    }

    pub(crate) fn is_full(&self) -> bool {
        self.max > 0 && self.taken() >= self.max
    }
}

/// A call's place on a trunk.
#[derive(Debug)]
pub(crate) struct Channel(Arc<Channels>);

impl Drop for Channel {
    fn drop(&mut self) {
        self.0.taken.fetch_sub(1, Ordering::AcqRel);
        metrics::gauge!("trunk_calls", "trunk" => self.0.trunk.clone()).decrement(1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_at_once_never_take_more_than_there_are_and_what_is_dropped_is_free_again() {
        let channels = Channels::new("t", 3);
        let taken: Vec<_> = std::thread::scope(|scope| {
            let takers: Vec<_> = (0..8).map(|_| scope.spawn(|| channels.take("inbound"))).collect();
            takers.into_iter().filter_map(|taker| taker.join().unwrap()).collect()
        });
        assert_eq!((taken.len(), channels.taken(), channels.is_full()), (3, 3, true));
        let urgent = channels.take_anyway();
        assert_eq!(channels.taken(), 4);
        drop(urgent);
        drop(taken);
        assert_eq!((channels.taken(), channels.is_full()), (0, false));
        let unlimited = Channels::new("u", 0);
        let all: Vec<_> = (0..100).map_while(|_| unlimited.take("outbound")).collect();
        assert_eq!((all.len(), unlimited.is_full()), (100, false));
    }
}
