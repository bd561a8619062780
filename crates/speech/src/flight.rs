//! Equal work asked for at the same time is done once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

type Cell<T> = Arc<OnceCell<T>>;

/// Work in progress, by key. Nothing stays after it is done: results belong in a cache.
#[derive(Debug)]
pub(crate) struct Flights<T> {
    cells: Mutex<HashMap<[u8; 32], Cell<T>>>,
}

impl<T> Default for Flights<T> {
    fn default() -> Self {
        Self { cells: Mutex::default() }
    }
}

impl<T: Clone> Flights<T> {
    /// Runs `work` unless equal work runs already, in which case this waits for its result. When the caller that runs it goes away,
    /// the next one waiting runs its own.
    pub(crate) async fn join(&self, key: [u8; 32], work: impl Future<Output = T>) -> T {
        let cell = Arc::clone(self.lock().entry(key).or_default());
        let seat = Seat { flights: self, key, cell };
        seat.cell.get_or_init(|| work).await.clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<[u8; 32], Cell<T>>> {
        self.cells.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Removes the entry with its last user, also when that one is cancelled.
struct Seat<'a, T: Clone> {
    flights: &'a Flights<T>,
    key: [u8; 32],
    cell: Cell<T>,
}

impl<T: Clone> Drop for Seat<'_, T> {
    fn drop(&mut self) {
        let mut cells = self.flights.lock();
        // A finished cell goes at once, so that a failure is tried anew by whoever comes next.
        if self.cell.initialized() || Arc::strong_count(&self.cell) == 2 {
            let is_ours = cells.get(&self.key).is_some_and(|cell| Arc::ptr_eq(cell, &self.cell));
            if is_ours {
                cells.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn equal_work_runs_once_and_leaves_nothing() {
        let (flights, runs) = (Flights::default(), AtomicU32::new(0));
        let work = || async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            runs.fetch_add(1, Ordering::Relaxed)
        };
        let results = tokio::join!(
            flights.join([1; 32], work()),
            flights.join([1; 32], work()),
            flights.join([2; 32], work())
        );
        assert_eq!((results.0, runs.load(Ordering::Relaxed)), (results.1, 2));
        assert!(flights.lock().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_that_leaves_hands_over() {
        let flights = Flights::default();
        let slow = flights.join([1; 32], async {
            tokio::time::sleep(Duration::from_secs(60)).await;
            "slow"
        });
        let quick = async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            flights.join([1; 32], async { "quick" }).await
        };
        let (left, result) = tokio::join!(tokio::time::timeout(Duration::from_secs(1), slow), quick);
        assert!(left.is_err());
        assert_eq!(result, "quick");
        assert!(flights.lock().is_empty());
    }
}
