//! Provisional responses that arrive: RSeq, PRACK and their repetition, both ways (RFC 3262).
//!
//! Ours go reliably where the peer requires it, and where the peer supports it and the response has a session description,
//! for that is the one whose loss is heard.

use super::client::Purpose;
use super::dialog::{local_for, write_line};
use super::leg::State;
use super::tables::TxKey;
use super::{Endpoint, Source, Task};
use crate::event::{EndCause, Event, LegId};
use crate::flow::Destination;
use crate::header::Name;
use crate::message::{Message, Session, write_body};
use crate::method::Method;
use crate::scan;
use crate::slab::Key;

/// Forks whose provisional responses are acknowledged; those of others are ignored, as if they had been lost.
pub(super) const MAX_EARLY: usize = 16;

/// An early dialog of our INVITE that answers reliably.
#[derive(Debug)]
pub(super) struct Early {
    tag: Box<[u8]>,
    /// The last RSeq acknowledged.
    rseq: u32,
}

/// Whether the last one waits for its PRACK.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Waiting {
    No,
    Plain,
    /// With a session description: no 2xx before its PRACK (RFC 3262 §3).
    Described,
}

/// A 2xx that is kept: its description and further lines.
#[derive(Debug)]
struct Answer {
    sdp: Box<[u8]>,
    lines: Box<[u8]>,
}

/// What an inbound leg knows of its reliable provisional responses.
#[derive(Debug)]
pub(super) struct Reliable {
    /// The peer wants all of them so.
    required: bool,
    /// The INVITE had the offer.
    has_offer: bool,
    /// The last RSeq sent.
    rseq: u32,
    waiting: Waiting,
    /// The provisional response to send after the PRACK; a later one takes its place.
    next: Option<(u16, Option<Box<[u8]>>)>,
    /// The answer to send after the PRACK.
    answer: Option<Answer>,
}

fn has_tag(message: &Message, name: Name, wanted: &str) -> bool {
    message.list(name).any(|tag| scan::trim(tag).eq_ignore_ascii_case(wanted.as_bytes()))
}

impl Reliable {
    /// For an INVITE whose sender understands PRACK.
    pub(super) fn of(request: &Message, first: u32) -> Option<Box<Reliable>> {
        let required = has_tag(request, Name::Require, "100rel");
        let fits = required || has_tag(request, Name::Supported, "100rel");
        fits.then(|| {
            Box::new(Reliable {
                required,
                has_offer: request.session() != Session::None,
                rseq: first,
                waiting: Waiting::No,
                next: None,
                answer: None,
            })
        })
    }

    pub(super) fn has_answer(&self) -> bool {
        self.answer.is_some()
    }
}

impl Endpoint {
    /// Takes a provisional response to our INVITE: acknowledges a reliable one. False when it was seen before, or overtook
    /// one that was not (RFC 3262 §4).
    pub(super) fn take_provisional(&mut self, key: Key, flow: Destination, response: &Message) -> bool {
        let rseq = response.get(Name::RSeq).and_then(scan::decimal);
        let (true, Some(rseq)) = (has_tag(response, Name::Require, "100rel"), rseq) else { return true };
        let Some(dialog) = self.fork_dialog(flow, response) else { return false };
        let Some(leg) = self.legs.get_mut(key) else { return false };
        let State::Calling(attempt) = &mut leg.state else { return false };
        let has_room = attempt.early.len() < MAX_EARLY;
        match attempt.early.iter_mut().find(|early| early.tag == dialog.remote_tag) {
            Some(early) if early.rseq.checked_add(1) == Some(rseq) => early.rseq = rseq,
            None if has_room => {
                attempt.early.push(Early { tag: dialog.remote_tag.clone(), rseq });
            }
            Some(_) | None => return false,
        }
        let invite = response.cseq().map_or(0, |c| c.number);
        let branch = self.random.next_u64();
        let Some(local) = local_for(&self.locals, &dialog.hop) else { return true };
        leg.dialog.local_cseq += 1;
        leg.pending += 1;
        let out = &mut self.scratch;
        out.clear();
        dialog.write_request(out, local, "PRACK", leg.dialog.local_cseq, branch);
        if let Some(auth) = &mut leg.auth {
            auth.fresh();
            auth.lines(&mut self.random, "PRACK", dialog.target.as_str(), out);
        }
        write_line(out, b"RAck: ", format!("{rseq} {invite} INVITE").as_bytes());
        out.extend_from_slice(&self.agent_line);
        write_body(out, b"");
        let bytes = out.as_slice().into();
        self.start_client(Purpose::Prack(key), branch, false, bytes, dialog.hop);
        true
    }

    /// Sends a provisional response of an inbound leg, reliably if it must be or should be, after the one before it has
    /// been acknowledged.
    pub(super) fn send_provisional(&mut self, key: Key, tx: Key, status: u16, sdp: Option<&[u8]>) {
        let mut lines = self.contact_lines(key, b"");
        let body = sdp.map(|sdp| ("application/sdp", sdp));
        let Some(leg) = self.legs.get_mut(key) else { return };
        let Some(reliable) = &mut leg.reliable else { return self.respond(tx, status, None, &lines, body) };
        if reliable.waiting != Waiting::No {
            reliable.next = Some((status, sdp.map(Box::from)));
            return;
        }
        if !reliable.required && sdp.is_none() {
            return self.respond(tx, status, None, &lines, body);
        }
        reliable.rseq += 1;
        reliable.waiting = if sdp.is_some() { Waiting::Described } else { Waiting::Plain };
        write_line(&mut lines, b"Require: 100rel\r\nRSeq: ", reliable.rseq.to_string().as_bytes());
        self.respond(tx, status, None, &lines, body);
        let patience = self.config.patience();
        if let Some(server) = self.servers.get_mut(tx) {
            server.prack_until = Some(self.now + patience);
        }
        self.timers.set(self.now, patience, Task::Server(tx));
        self.repeat_after(tx, self.config.t1);
    }

    /// Keeps an answer that may not be sent before a PRACK has come. False if it may go now.
    pub(super) fn keep_answer(&mut self, key: Key, sdp: &[u8], lines: &[u8]) -> bool {
        let reliable = self.legs.get_mut(key).and_then(|leg| leg.reliable.as_mut());
        let Some(reliable) = reliable.filter(|r| r.waiting == Waiting::Described) else { return false };
        reliable.next = None;
        reliable.answer = Some(Answer { sdp: sdp.into(), lines: lines.into() });
        true
    }

    pub(super) fn receive_prack(&mut self, source: Source, key: TxKey, leg: Key, request: Message) {
        let tx = self.start_server(&request, source.flow, key, 0);
        let rack = request.get(Name::RAck).and_then(rack);
        let Some(l) = self.legs.get_mut(leg) else { return };
        let State::Incoming { tx: invite, cseq } = l.state else {
            return self.respond(tx, 481, None, b"", None);
        };
        let waiting =
            l.reliable.as_mut().filter(|r| r.waiting != Waiting::No && rack == Some((r.rseq, cseq)));
        let Some(reliable) = waiting else { return self.respond(tx, 481, None, b"", None) };
        reliable.waiting = Waiting::No;
        // A second offer this early is declined: the first was just answered (RFC 6337 §3.1 offers no third way).
        let is_offer = reliable.has_offer && request.session() != Session::None;
        let (answer, next) = (reliable.answer.take(), reliable.next.take());
        self.respond(tx, if is_offer { 488 } else { 200 }, None, b"", None);
        self.provisional_confirmed(invite);
        if !is_offer && request.sdp().is_some() {
            self.events.push_back(Event::Pracked { leg: LegId(leg), prack: request });
        }
        if let Some(Answer { sdp, lines }) = answer {
            self.send_answer(leg, invite, &sdp, &lines);
        } else if let Some((status, sdp)) = next {
            self.send_provisional(leg, invite, status, sdp.as_deref());
        }
    }

    /// Nobody acknowledged our reliable provisional response in 64·T1 (RFC 3262 §3).
    pub(super) fn prack_never_came(&mut self, tx: Key) {
        let leg = self.servers.get(tx).and_then(|server| server.leg);
        self.respond(tx, 504, None, b"", None);
        if let Some(leg) = leg {
            self.end_leg(leg, EndCause::Rejected { status: 504 });
        }
    }

    pub(super) fn prack_answered(
        &mut self,
        tx: &super::ClientTx,
        key: Key,
        status: u16,
        response: Option<&Message>,
    ) {
        let is_live = self.legs.get(key).is_some_and(|l| !l.is_over());
        if let Some(response) = response
            && is_live
            && matches!(status, 401 | 407)
            && self.answer_challenge(tx, key, response)
        {
            return;
        }
        // Whatever else came, the INVITE itself will tell.
        self.settle(key);
    }
}

/// `response-number CSeq-number INVITE` (RFC 3262 §7.2).
fn rack(value: &[u8]) -> Option<(u32, u32)> {
    let mut words = value.split(|&b| scan::is_ws(b)).filter(|word| !word.is_empty());
    let numbers = (scan::decimal(words.next()?)?, scan::decimal(words.next()?)?);
    (words.next()? == Method::Invite.as_str().as_bytes() && words.next().is_none()).then_some(numbers)
}

/// The first RSeq lies in the lower half, so that it cannot run over (RFC 3262 §3).
pub(super) fn first_rseq(random: u64) -> u32 {
    u32::try_from(random >> 33).unwrap_or(0) >> 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rack_is_two_numbers_and_invite() {
        assert_eq!(rack(b"776656 1 INVITE"), Some((776_656, 1)));
        assert_eq!(rack(b" 1  2\tINVITE"), Some((1, 2)));
        for bad in [&b"1 INVITE"[..], b"1 2 BYE", b"1 2 INVITE x", b"a 2 INVITE", b""] {
            assert_eq!(rack(bad), None);
        }
        assert!(first_rseq(u64::MAX) < 1 << 30);
    }
}
