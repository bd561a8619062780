//! How many requests run at once, in all and per host.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::FetchError;

/// Hosts remembered; above this those without a request in progress are forgotten.
const HOSTS_MAX: usize = 4_096;
/// After so many failures in a row a host is suspect.
const SUSPECT_AFTER: u32 = 3;

/// One kind of request has one gate, so that slow callbacks never delay the instructions of a call.
///
/// At the limit of a host its further requests wait, up to a number and a time; at the limit of the gate all do. A host keeps its place
/// in the gate only while it has a request running, so one dead host costs the others nothing but its own few places. Behind a gate
/// made with `suspects` a host whose last requests all failed to connect or to answer gets one request at a time, and the others are
/// turned back at once instead of waiting: that one is the probe.
#[derive(Debug)]
pub(crate) struct Gate {
    total: Arc<Semaphore>,
    hosts: Mutex<HashMap<String, Arc<Host>>>,
    limits: GateLimits,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct GateLimits {
    pub(crate) total: usize,
    pub(crate) per_host: usize,
    pub(crate) waiting_per_host: usize,
    pub(crate) suspects: bool,
}

#[derive(Debug)]
struct Host {
    slots: Arc<Semaphore>,
    waiting: AtomicUsize,
    failures: AtomicU32,
}

/// Leave to make one request; give back by dropping. Counts as a failure of the host unless [`Pass::answered`] was called.
#[derive(Debug)]
pub(crate) struct Pass {
    host: Arc<Host>,
    is_answered: bool,
    _host_slot: OwnedSemaphorePermit,
    _slot: OwnedSemaphorePermit,
}

impl Pass {
    /// The host gave an answer, whatever it says.
    pub(crate) fn answered(&mut self) {
        self.is_answered = true;
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        if self.is_answered {
            self.host.failures.store(0, Ordering::Relaxed);
        } else {
            self.host.failures.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Counts a waiting request, also when it is cancelled.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Gate {
    pub(crate) fn new(limits: GateLimits) -> Self {
        Self { total: Arc::new(Semaphore::new(limits.total)), hosts: Mutex::default(), limits }
    }

    /// Waits for a place, at most `patience`. `Busy` means that nothing was sent.
    pub(crate) async fn enter(&self, host_key: String, patience: Duration) -> Result<Pass, FetchError> {
        let host = self.host(host_key);
        let is_suspect = self.limits.suspects && host.failures.load(Ordering::Relaxed) >= SUSPECT_AFTER;
        if is_suspect && host.slots.available_permits() < self.limits.per_host {
            return Err(FetchError::Busy);
        }
        if host.waiting.fetch_add(1, Ordering::Relaxed) >= self.limits.waiting_per_host {
            host.waiting.fetch_sub(1, Ordering::Relaxed);
            return Err(FetchError::Busy);
        }
        let waiting = Waiting(&host.waiting);
        let both = async {
            let host_slot = Arc::clone(&host.slots).acquire_owned().await;
            (host_slot, Arc::clone(&self.total).acquire_owned().await)
        };
        let Ok((Ok(host_slot), Ok(slot))) = tokio::time::timeout(patience, both).await else {
            return Err(FetchError::Busy);
        };
        drop(waiting);
        Ok(Pass { host, is_answered: false, _host_slot: host_slot, _slot: slot })
    }

    fn host(&self, key: String) -> Arc<Host> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if hosts.len() >= HOSTS_MAX && !hosts.contains_key(&key) {
            hosts.retain(|_, host| Arc::strong_count(host) > 1);
        }
        let fresh = || Host {
            slots: Arc::new(Semaphore::new(self.limits.per_host)),
            waiting: AtomicUsize::new(0),
            failures: AtomicU32::new(0),
        };
        Arc::clone(hosts.entry(key).or_insert_with(|| Arc::new(fresh())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_millis(1);

    fn gate(suspects: bool) -> Gate {
        Gate::new(GateLimits { total: 3, per_host: 2, waiting_per_host: 1, suspects })
    }

    async fn enter(gate: &Gate, host: &str) -> Result<Pass, FetchError> {
        gate.enter(host.to_owned(), SOON).await
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_host_leaves_room_for_others() {
        let gate = gate(false);
        let (_one, _two) = (enter(&gate, "dead:80").await.unwrap(), enter(&gate, "dead:80").await.unwrap());
        assert_eq!(enter(&gate, "dead:80").await.unwrap_err(), FetchError::Busy);
        let third = enter(&gate, "alive:80").await.unwrap();
        assert_eq!(enter(&gate, "other:80").await.unwrap_err(), FetchError::Busy, "the gate itself is full");
        drop(third);
        assert!(enter(&gate, "other:80").await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn only_so_many_wait_and_a_cancelled_one_frees_its_place() {
        let gate = gate(false);
        let (_one, _two) = (enter(&gate, "a:80").await.unwrap(), enter(&gate, "a:80").await.unwrap());
        let waits = gate.enter("a:80".to_owned(), Duration::from_secs(60));
        tokio::pin!(waits);
        assert!(tokio::time::timeout(SOON, waits.as_mut()).await.is_err(), "the first waits");
        let started = tokio::time::Instant::now();
        assert_eq!(
            gate.enter("a:80".to_owned(), Duration::from_secs(60)).await.unwrap_err(),
            FetchError::Busy
        );
        assert_eq!(started.elapsed(), Duration::ZERO, "the second is turned back at once");
    }

    #[tokio::test(start_paused = true)]
    async fn a_suspect_host_gets_one_request_at_a_time_until_it_answers() {
        let gate = gate(true);
        for _ in 0..SUSPECT_AFTER {
            drop(enter(&gate, "dead:80").await.unwrap());
        }
        let mut probe = enter(&gate, "dead:80").await.unwrap();
        assert_eq!(enter(&gate, "dead:80").await.unwrap_err(), FetchError::Busy);
        probe.answered();
        drop(probe);
        let _first = enter(&gate, "dead:80").await.unwrap();
        assert!(enter(&gate, "dead:80").await.is_ok());
    }

    #[tokio::test]
    async fn hosts_without_requests_are_forgotten() {
        let gate = gate(false);
        let _kept = enter(&gate, "kept:80").await.unwrap();
        for n in 0..HOSTS_MAX * 2 {
            drop(gate.host(format!("h{n}:80")));
        }
        let hosts = gate.hosts.lock().unwrap();
        assert!(hosts.len() <= HOSTS_MAX && hosts.contains_key("kept:80"));
    }
}
