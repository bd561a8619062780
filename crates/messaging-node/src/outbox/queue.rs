//! Callbacks that were read and wait for a place: by receiver, in turns, so that none is served before another has had its chance.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use flexio_domain::{Callback, RequestSid};
use tokio::time::Instant;

/// A receiver with all its places taken that finished nothing for this long is slow.
const SLOW: Duration = Duration::from_secs(1);

/// What one receiver has.
#[derive(Debug)]
struct Host {
    in_progress: usize,
    waiting: VecDeque<Callback>,
    /// It stands in the line of turns.
    is_in_line: bool,
    last_done: Instant,
}

/// All that was read and is not settled. Bounded by whoever reads.
#[derive(Debug)]
pub(super) struct Queue {
    per_host_max: usize,
    hosts: HashMap<Arc<str>, Host>,
    line: VecDeque<Arc<str>>,
    known: HashSet<RequestSid>,
    waiting: usize,
    in_progress: usize,
}

impl Queue {
    pub(super) fn new(per_host_max: usize) -> Self {
        Self {
            per_host_max: per_host_max.max(1),
            hosts: HashMap::new(),
            line: VecDeque::new(),
            known: HashSet::new(),
            waiting: 0,
            in_progress: 0,
        }
    }

    /// Callbacks that wait.
    pub(super) const fn waiting(&self) -> usize {
        self.waiting
    }

    /// Callbacks in progress.
    pub(super) const fn in_progress(&self) -> usize {
        self.in_progress
    }

    /// Callbacks that were read and are not settled: they are still due.
    pub(super) fn known(&self) -> usize {
        self.known.len()
    }

    /// Whether it was read and is not settled.
    pub(super) fn knows(&self, sid: RequestSid) -> bool {
        self.known.contains(&sid)
    }

    /// Adds a callback that was read; one that is here already is left as it is.
    pub(super) fn add(&mut self, callback: Callback, now: Instant) {
        if !self.known.insert(callback.sid) {
            return;
        }
        let name: Arc<str> = host_of(&callback.webhook.url).into();
        let host = self.hosts.entry(Arc::clone(&name)).or_insert_with(|| Host {
            in_progress: 0,
            waiting: VecDeque::new(),
            is_in_line: false,
            last_done: now,
        });
        host.waiting.push_back(callback);
        self.waiting += 1;
        self.line_up(&name);
    }

    /// The next callback to send, of the receiver whose turn it is.
    pub(super) fn next(&mut self, now: Instant) -> Option<(Arc<str>, Callback)> {
        let name = self.line.pop_front()?;
        let host = self.hosts.get_mut(&name)?;
        host.is_in_line = false;
        let callback = host.waiting.pop_front()?;
        if host.in_progress == 0 {
            host.last_done = now;
        }
        host.in_progress += 1;
        self.in_progress += 1;
        self.waiting -= 1;
        self.line_up(&name);
        Some((name, callback))
    }

    /// A try at this receiver is over. The callback stays known until [`Queue::forget`].
    pub(super) fn done(&mut self, name: &Arc<str>, now: Instant) {
        let Some(host) = self.hosts.get_mut(name) else { return };
        host.in_progress -= 1;
        host.last_done = now;
        self.in_progress -= 1;
        if host.in_progress == 0 && host.waiting.is_empty() {
            self.hosts.remove(name);
        } else {
            self.line_up(name);
        }
    }

    /// The callback is settled: read again, it is a new one.
    pub(super) fn forget(&mut self, sid: RequestSid) {
        self.known.remove(&sid);
    }

    /// Takes out what waits for slow receivers. It stays known until it is settled.
    pub(super) fn take_slow(&mut self, now: Instant) -> Vec<Callback> {
        let mut taken = Vec::new();
        for host in self.hosts.values_mut() {
            let is_slow = host.in_progress >= self.per_host_max && now.duration_since(host.last_done) >= SLOW;
            if is_slow {
                taken.extend(host.waiting.drain(..));
            }
        }
        self.waiting -= taken.len();
        taken
    }

    fn line_up(&mut self, name: &Arc<str>) {
        let Some(host) = self.hosts.get_mut(name) else { return };
        if !host.is_in_line && !host.waiting.is_empty() && host.in_progress < self.per_host_max {
            host.is_in_line = true;
            self.line.push_back(Arc::clone(name));
        }
    }
}

/// Host and port as written: what shares a receiver, near enough.
fn host_of(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use flexio_domain::{AccountSid, CallbackState, Timestamp, Webhook};

    use super::*;

    fn callback(host: &str) -> Callback {
        Callback {
            sid: RequestSid::new(),
            account_sid: AccountSid::from_u128(1),
            subject: "SM".to_owned(),
            sequence: 0,
            webhook: Webhook { url: format!("http://{host}/x"), method: flexio_domain::HttpMethod::Post },
            params: Vec::new(),
            state: CallbackState::Pending,
            attempts: 0,
            next_attempt_at: Timestamp::UNIX_EPOCH,
            last_error: None,
            created_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn the_receiver_is_the_host_and_its_port() {
        assert_eq!(host_of("https://u:p@A.test:8443/x?y#z"), "a.test:8443");
        assert_eq!(host_of("http://a.test?x"), "a.test");
        assert_eq!(host_of(""), "");
    }

    #[tokio::test(start_paused = true)]
    async fn receivers_take_turns_and_none_has_more_than_its_places() {
        let mut queue = Queue::new(2);
        let now = Instant::now();
        for host in ["a", "a", "a", "a", "b"] {
            queue.add(callback(host), now);
        }
        let mut order = Vec::new();
        while let Some((name, _)) = queue.next(now) {
            order.push(name.to_string());
        }
        assert_eq!(order, ["a", "b", "a"]);
        assert_eq!((queue.waiting(), queue.in_progress(), queue.known()), (2, 3, 5));
        queue.done(&"a".into(), now);
        assert_eq!(queue.next(now).map(|(name, _)| name.to_string()).as_deref(), Some("a"));
        assert_eq!(queue.next(now).map(|(name, _)| name), None);
    }

    #[tokio::test(start_paused = true)]
    async fn only_what_waits_for_a_slow_receiver_is_taken_out() {
        let mut queue = Queue::new(1);
        let now = Instant::now();
        for host in ["slow", "slow", "fast", "fast"] {
            queue.add(callback(host), now);
        }
        while queue.next(now).is_some() {}
        assert!(queue.take_slow(now).is_empty());
        let later = now + SLOW;
        queue.done(&"fast".into(), later);
        assert_eq!(queue.take_slow(later).len(), 1);
        assert_eq!((queue.waiting(), queue.known()), (1, 4), "known until it is settled");
    }

    #[test]
    fn a_callback_read_twice_is_sent_once() {
        let mut queue = Queue::new(1);
        let (now, one) = (Instant::now(), callback("a"));
        queue.add(one.clone(), now);
        queue.add(one.clone(), now);
        assert_eq!(queue.waiting(), 1);
        let (name, sent) = queue.next(now).unwrap();
        queue.done(&name, now);
        queue.add(one, now);
        assert_eq!(queue.waiting(), 0, "not settled yet");
        queue.forget(sent.sid);
        assert_eq!(queue.known(), 0);
    }
}
