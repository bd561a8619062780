//! Events on their way out of a media thread.

use std::collections::VecDeque;

use crate::{Event, EventSink};

/// Events a thread keeps while the sink is full.
const BACKLOG: usize = 4_096;

/// Keeps the order of events, and their number bounded.
#[derive(Debug)]
pub(crate) struct EventQueue {
    sink: EventSink,
    backlog: VecDeque<Event>,
    lost: u64,
}

impl EventQueue {
    pub fn new(sink: EventSink) -> Self {
        Self { sink, backlog: VecDeque::with_capacity(BACKLOG), lost: 0 }
    }

    /// Tells an event now, or as soon as the sink takes it; drops it when the backlog is full.
    pub fn tell(&mut self, event: Event) {
        if !self.backlog.is_empty() {
            return self.keep(event);
        }
        if let Err(refused) = self.sink.emit(event) {
            self.keep(refused);
        }
    }

    fn keep(&mut self, event: Event) {
        if self.backlog.len() < BACKLOG {
            self.backlog.push_back(event);
        } else {
            self.lost += 1;
        }
    }

    /// Tries the backlog again; called every 5 ms.
    pub fn flush(&mut self) {
        while let Some(event) = self.backlog.pop_front() {
            if let Err(refused) = self.sink.emit(event) {
                self.backlog.push_front(refused);
                return;
            }
        }
        if self.lost > 0 && self.sink.emit(Event::Overflow { lost: self.lost }).is_ok() {
            self.lost = 0;
        }
    }

    /// Whether something waits.
    pub fn is_waiting(&self) -> bool {
        !self.backlog.is_empty() || self.lost > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_kept_and_what_is_lost_is_told() {
        let (sink, receiver) = EventSink::channel(1);
        let mut queue = EventQueue::new(sink);
        let event = |token| Event::DtmfSent { token };
        for token in 0..BACKLOG as u64 + 11 {
            queue.tell(event(token));
        }
        let mut heard = vec![];
        while queue.is_waiting() {
            heard.extend(receiver.try_recv());
            queue.flush();
        }
        heard.extend(receiver.try_iter());
        assert_eq!(heard.last(), Some(&Event::Overflow { lost: 10 }));
        let expected: Vec<Event> = (0..=BACKLOG as u64).map(event).collect();
        assert_eq!(heard[..heard.len() - 1], expected);
    }
}
