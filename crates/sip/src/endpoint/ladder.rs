//! Keeping of ladders: which leg a message belongs to, when a ladder is told, and how much all of them may hold.
//!
//! A leg's ladder outlives it by [`Endpoint::linger`], for the ACK to a refusal or the answer to a BYE; what comes later is not in it.
//! An INVITE that was asked for credentials stands in the ladder of the one that comes with them. At most [`CHALLENGED_MAX`] of these are
//! remembered, the latest, for [`CHALLENGED_FOR`].

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use super::tables::Table;
use super::{Endpoint, Source, Task, from_tag, to_tag};
use crate::event::{EndCause, LegId};
use crate::flow::{Destination, Transmit};
use crate::header::Name;
use crate::ladder::{Ladder, Rungs, Traced};
use crate::message::{Message, raw_name_addr};
use crate::scan;
use crate::slab::Key;

/// INVITEs remembered that were asked for credentials: anybody may cause these, so they are few and small.
const CHALLENGED_MAX: usize = 256;
/// Octets of an INVITE that is remembered.
const CHALLENGED_BYTES_MAX: usize = 4 * 1024;
/// How long one may take to come again.
const CHALLENGED_FOR: Duration = Duration::from_secs(32);

/// An INVITE that was asked for credentials, and the answer to it.
#[derive(Debug)]
struct Challenged {
    at: Duration,
    source: IpAddr,
    call_id: Box<[u8]>,
    messages: Vec<Traced>,
}

/// A ladder that is being written.
#[derive(Debug)]
struct Writing {
    tag: u64,
    rungs: Rungs,
    /// The leg is over, and nothing follows once it is freed.
    ends_with_leg: bool,
}

/// All ladders.
#[derive(Debug, Default)]
pub(super) struct Ladders {
    writing: Table<Key, Writing>,
    /// Legs by our tag; unlike that of the endpoint it knows legs that have just ended.
    tags: Table<u64, Key>,
    /// Bytes in all of `writing`.
    held: usize,
    written: VecDeque<Ladder>,
    /// Oldest first.
    challenged: VecDeque<Challenged>,
}

impl Endpoint {
    /// The next ladder of a leg that is over. Comes for every leg, if [`Config::ladder_bytes_max`](crate::Config) is not 0, at most 4·T1
    /// after [`Event::Ended`](crate::Event::Ended).
    pub fn poll_ladder(&mut self) -> Option<Ladder> {
        self.ladders.written.pop_front()
    }

    /// Whether the ladder of this leg will still come.
    pub fn has_ladder(&self, leg: LegId) -> bool {
        self.ladders.writing.contains_key(&leg.0)
    }

    /// What the leg has said and heard so far; `None` once [`Endpoint::poll_ladder`] has told it.
    pub fn ladder_so_far(&self, leg: LegId) -> Option<Ladder> {
        self.ladders.writing.get(&leg.0).map(|writing| writing.rungs.clone().finish(leg))
    }

    /// Ends all ladders now: the shell is about to stop.
    pub fn finish_ladders(&mut self) {
        let legs: Vec<Key> = self.ladders.writing.keys().copied().collect();
        for leg in legs {
            self.finish_ladder(leg);
        }
    }

    fn linger(&self) -> Duration {
        self.config.t1 * 4
    }

    /// Begins the ladder of a leg. Where twice as many as there may be legs are being written, it gets none.
    pub(super) fn begin_ladder(&mut self, leg: Key, tag: u64) {
        if self.config.ladder_bytes_max == 0 || self.ladders.writing.len() >= self.config.max_legs * 2 {
            return;
        }
        let writing = Writing { tag, rungs: Rungs::default(), ends_with_leg: false };
        self.ladders.writing.insert(leg, writing);
        self.ladders.tags.insert(tag, leg);
    }

    /// Remembers an INVITE that is asked for credentials without a leg, and `answer`, for the ladder of the one that comes with them.
    pub(super) fn note_challenged(&mut self, source: Source, request: &Message, answer: &[u8]) {
        let wire = request.wire();
        let Some(call_id) = request.get(Name::CallId).filter(|_| self.config.ladder_bytes_max > 0) else {
            return;
        };
        if wire.len() > CHALLENGED_BYTES_MAX {
            return;
        }
        let flow = source.flow;
        let traced = |is_sent, bytes: &[u8]| {
            let path = (Some(flow.local), flow.remote);
            Traced::new(self.now, is_sent, flow.transport, path, bytes.into())
        };
        let messages = vec![traced(false, wire), traced(true, answer)];
        self.keep_challenged(flow.remote.ip(), call_id.into(), messages);
    }

    /// The same of an INVITE that has a leg, whose ladder goes nowhere else.
    pub(super) fn leg_challenged(&mut self, leg: LegId) {
        let messages = self.ladder_so_far(leg).map(|ladder| ladder.messages).unwrap_or_default();
        let bytes: usize = messages.iter().map(Traced::kept).sum();
        if bytes > CHALLENGED_BYTES_MAX * 2 {
            return;
        }
        if let Some(leg) = self.legs.get(leg.0) {
            let (source, call_id) = (leg.dialog.flow.remote.ip(), leg.dialog.call_id.clone());
            self.keep_challenged(source, call_id, messages);
        }
    }

    fn keep_challenged(&mut self, source: IpAddr, call_id: Box<[u8]>, messages: Vec<Traced>) {
        let all = &mut self.ladders.challenged;
        if all.len() >= CHALLENGED_MAX {
            all.pop_front();
        }
        all.push_back(Challenged { at: self.now, source, call_id, messages });
    }

    /// Puts what was said before credentials were shown into the ladder of the leg they opened.
    pub(super) fn trace_challenged(&mut self, leg: Key, source: Source, request: &Message) {
        let oldest = self.now.saturating_sub(CHALLENGED_FOR);
        let (mut before, all) = (Vec::new(), &mut self.ladders.challenged);
        while all.front().is_some_and(|first| first.at < oldest) {
            all.pop_front();
        }
        let from = source.flow.remote.ip();
        let call_id = request.get(Name::CallId).unwrap_or_default();
        all.retain_mut(|challenged| {
            let is_it = challenged.source == from && *challenged.call_id == *call_id;
            if is_it {
                before.append(&mut challenged.messages);
            }
            !is_it
        });
        for message in before {
            self.trace(leg, message);
        }
    }

    /// Notes what is about to be sent.
    pub(super) fn trace_sent(&mut self, transmit: &Transmit) {
        if self.ladders.tags.is_empty() {
            return;
        }
        if let Some(&leg) = own_tag(&transmit.bytes).and_then(|tag| self.ladders.tags.get(&tag)) {
            let Destination { transport, remote, local, .. } = transmit.to;
            let path = (local, remote);
            self.trace(leg, Traced::new(self.now, true, transport, path, Arc::clone(&transmit.bytes)));
        }
    }

    /// Notes a message that names a leg by our tag.
    pub(super) fn trace_received(&mut self, source: Source, message: &Message) {
        if self.ladders.tags.is_empty() {
            return;
        }
        let tag = if message.method().is_some() { to_tag(message) } else { from_tag(message) };
        if let Some(&leg) = tag.and_then(scan::hex64).and_then(|tag| self.ladders.tags.get(&tag)) {
            self.trace_received_for(leg, source, message);
        }
    }

    /// Notes a message whose leg is known otherwise.
    pub(super) fn trace_received_for(&mut self, leg: Key, source: Source, message: &Message) {
        if self.ladders.writing.contains_key(&leg) {
            let path = (Some(source.flow.local), source.flow.remote);
            let bytes = message.wire().into();
            self.trace(leg, Traced::new(self.now, false, source.flow.transport, path, bytes));
        }
    }

    fn trace(&mut self, leg: Key, message: Traced) {
        let Some(writing) = self.ladders.writing.get_mut(&leg) else { return };
        if self.ladders.held >= self.config.ladder_bytes_max {
            return writing.rungs.skip();
        }
        let before = writing.rungs.bytes();
        writing.rungs.push(message);
        self.ladders.held = self.ladders.held + writing.rungs.bytes() - before;
    }

    /// The leg has ended for the application.
    pub(super) fn ladder_ends(&mut self, leg: Key, cause: &EndCause) {
        let linger = self.linger();
        if let Some(writing) = self.ladders.writing.get_mut(&leg) {
            // The ACK to a refusal of ours comes when the leg is gone.
            writing.ends_with_leg =
                !matches!(cause, EndCause::Rejected { .. } | EndCause::RemoteCancel { .. });
            self.timers.set(self.now, linger, Task::Ladder(leg));
        }
    }

    /// The leg has left the table.
    pub(super) fn ladder_leg_freed(&mut self, leg: Key) {
        if self.ladders.writing.get(&leg).is_some_and(|writing| writing.ends_with_leg) {
            self.finish_ladder(leg);
        }
    }

    pub(super) fn finish_ladder(&mut self, leg: Key) {
        if let Some(Writing { tag, rungs, .. }) = self.ladders.writing.remove(&leg) {
            self.ladders.tags.remove(&tag);
            self.ladders.held -= rungs.bytes();
            self.ladders.written.push_back(rungs.finish(LegId(leg)));
        }
    }
}

/// Our tag in a message this endpoint printed: From of a request, To of a response.
fn own_tag(message: &[u8]) -> Option<u64> {
    let name: &[u8] = if message.starts_with(b"SIP/2.0 ") { b"\r\nTo: " } else { b"\r\nFrom: " };
    let start = memchr::memmem::find(message, name)? + name.len();
    let line = &message[start..];
    let line = &line[..memchr::memchr(b'\r', line)?];
    scan::hex64(raw_name_addr(line)?.tag()?)
}
