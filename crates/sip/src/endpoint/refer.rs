//! Transfer inside dialogs: REFER and the NOTIFYs it brings, both ways (RFC 3515, RFC 4488), and whose dialog a Replaces
//! names (RFC 3891).
//!
//! One REFER each way at a time. The subscription a REFER makes lives no longer than its dialog: when the leg ends nobody
//! is told any more, and a NOTIFY after that is answered 481.

use std::time::Duration;

use super::client::{ClientTx, Purpose};
use super::dialog::write_line;
use super::leg::{Leg, State};
use super::tables::TxKey;
use super::{Endpoint, Source, Task};
use crate::event::{Event, LegId, Referred};
use crate::header::Name;
use crate::message::{Message, NameAddr, Replaces, write_name_addr};
use crate::method::Method;
use crate::request::{OpError, ReferRequest};
use crate::scan;
use crate::slab::Key;
use crate::uri::Scheme;

/// How long the peer's progress with our REFER is waited for: as long as a call may ring (RFC 3261 timer C).
const MAX_WATCH: Duration = Duration::from_secs(180);

/// Our REFER.
#[derive(Debug, Clone, Copy)]
pub(super) struct ReferSent {
    /// Its CSeq: it names the subscription in `Event: refer;id=…` (RFC 3515 §2.4.6).
    cseq: u32,
    /// When nobody is waited for any more.
    until: Duration,
    /// Last status told by a NOTIFY.
    last: u16,
}

/// Their REFER.
#[derive(Debug, Clone, Copy)]
pub(super) enum ReferReceived {
    /// The application has not decided.
    Asked { tx: Key, cseq: u32, is_watched: bool },
    /// Accepted, and they want to know how it goes.
    Watching { id: Option<u32>, until: Duration },
}

impl Endpoint {
    /// Asks the peer to call somebody else. [`Event::ReferAnswered`] follows, and when that says 2xx,
    /// [`Event::ReferProgress`] until `is_over`.
    pub fn refer(&mut self, now: Duration, leg: LegId, request: &ReferRequest) -> Result<(), OpError> {
        self.tick(now);
        let l = self.live(leg)?;
        if !matches!(l.state, State::Talking) || l.refer_sent.is_some() {
            return Err(OpError::WrongState);
        }
        let mut lines = Vec::with_capacity(256);
        lines.extend_from_slice(b"Refer-To: ");
        write_name_addr(&mut lines, &request.to);
        lines.extend_from_slice(b"\r\n");
        if let Some(by) = &request.referred_by {
            lines.extend_from_slice(b"Referred-By: ");
            write_name_addr(&mut lines, by);
            lines.extend_from_slice(b"\r\n");
        }
        if !request.watch {
            lines.extend_from_slice(b"Refer-Sub: false\r\n");
        }
        lines.extend_from_slice(&self.contact_lines(leg.0, request.headers.lines()));
        if !self.send_in_dialog(leg.0, Purpose::Refer, &Method::Refer, &lines, None) {
            return Err(OpError::NoDestination);
        }
        let until = self.now + MAX_WATCH;
        if let Some(l) = self.legs.get_mut(leg.0) {
            l.refer_sent = Some(ReferSent { cseq: l.dialog.local_cseq, until, last: 0 });
        }
        Ok(())
    }

    pub(super) fn refer_answered(
        &mut self,
        tx: &ClientTx,
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
            if let Some(l) = self.legs.get_mut(key)
                && let Some(sent) = &mut l.refer_sent
            {
                sent.cseq = l.dialog.local_cseq;
            }
            return;
        }
        if is_live {
            self.refer_decided(key, status, response);
        }
        self.settle(key);
    }

    fn refer_decided(&mut self, key: Key, status: u16, response: Option<&Message>) {
        let leg = LegId(key);
        let accepted = (200..300).contains(&status);
        let unwatched = response
            .and_then(|r| r.header("Refer-Sub"))
            .is_some_and(|value| value.trim().eq_ignore_ascii_case("false"));
        let Some(l) = self.legs.get_mut(key) else { return };
        let is_watched = accepted && !unwatched && l.refer_sent.is_some();
        if is_watched {
            self.timers.set(self.now, MAX_WATCH, Task::Refer(key));
        } else {
            l.refer_sent = None;
        }
        self.events.push_back(Event::ReferAnswered { leg, status, is_watched });
        if matches!(status, 408 | 481) {
            self.dialog_lost(key, Method::Refer);
        }
    }

    /// Nothing final was heard of our REFER in time.
    pub(super) fn refer_timeout(&mut self, key: Key) {
        let now = self.now;
        let Some(l) = self.legs.get_mut(key) else { return };
        if l.is_over() {
            return;
        }
        if l.refer_sent.is_some_and(|sent| sent.until <= now) {
            l.refer_sent = None;
            self.events.push_back(Event::ReferProgress { leg: LegId(key), status: 408, is_over: true });
        }
        if matches!(self.legs.get(key).and_then(|l| l.refer_received),
            Some(ReferReceived::Watching { until, .. }) if until <= now)
        {
            self.send_refer_notify(key, 408, None, true);
        }
    }

    pub(super) fn receive_notify(&mut self, source: Source, key: TxKey, leg: Key, request: &Message) {
        let tx = self.start_server(request, source.flow, key, 0);
        let event = request.get(Name::Event).unwrap_or_default();
        let package = &event[..memchr::memchr(b';', event).unwrap_or(event.len())];
        let id = scan::param(&event[package.len()..], "id").and_then(scan::decimal);
        let sent = self.legs.get(leg).filter(|l| !l.is_over()).and_then(|l| l.refer_sent);
        let is_ours = scan::trim(package).eq_ignore_ascii_case(b"refer")
            && sent.is_some_and(|sent| id.is_none_or(|id| id == sent.cseq));
        // No other subscription of ours exists (RFC 6665 §4.1.3).
        let (true, Some(sent)) = (is_ours, sent) else { return self.respond(tx, 481, None, b"", None) };
        self.respond(tx, 200, None, b"", None);
        let terminated = request.get(Name::SubscriptionState).is_some_and(|state| {
            scan::take_token(scan::trim(state))
                .is_some_and(|(word, _)| word.eq_ignore_ascii_case(b"terminated"))
        });
        let status = request.sipfrag_status().unwrap_or(sent.last);
        // A subscription that ends without a final status leaves the outcome unknown: that is no success.
        let status = if terminated && status < 200 { 408 } else { status.max(100) };
        let is_over = terminated || status >= 200;
        if let Some(l) = self.legs.get_mut(leg) {
            l.refer_sent = (!is_over).then_some(ReferSent { last: status, ..sent });
        }
        self.events.push_back(Event::ReferProgress { leg: LegId(leg), status, is_over });
    }

    pub(super) fn receive_refer(&mut self, source: Source, key: TxKey, leg: Key, request: Message) {
        let tx = self.start_server(&request, source.flow, key, 0);
        let Some(l) = self.legs.get(leg) else { return };
        if let Some((status, lines)) = refer_refusal(l, &request) {
            return self.respond(tx, status, None, lines, None);
        }
        let Ok(to) = request.refer_to() else { return self.respond(tx, 400, None, b"", None) };
        let is_watched =
            !request.header("Refer-Sub").is_some_and(|value| value.trim().eq_ignore_ascii_case("false"));
        let replaces = to.uri().header("Replaces").and_then(|value| Replaces::parse(value.as_bytes()));
        let replaced = replaces.as_ref().and_then(|replaces| self.find_replaced(replaces));
        let cseq = request.cseq().map_or(0, |c| c.number);
        if let Some(l) = self.legs.get_mut(leg) {
            l.refer_received = Some(ReferReceived::Asked { tx, cseq, is_watched });
        }
        if let Some(server) = self.servers.get_mut(tx) {
            server.leg = Some(leg);
        }
        self.limit_reoffer(tx);
        let referred = Referred { to, replaces, replaced, by: request.referred_by(), is_watched, request };
        self.events.push_back(Event::Referred { leg: LegId(leg), referred: Box::new(referred) });
    }

    /// The leg whose dialog is named: our tag, their tag and Call-ID are its own.
    pub fn find_replaced(&self, replaces: &Replaces) -> Option<LegId> {
        let leg = self.named_by(replaces)?;
        self.legs.get(leg.0).is_some_and(|leg| !leg.is_over()).then_some(leg)
    }

    /// The same, also when the leg has just ended.
    pub(super) fn named_by(&self, replaces: &Replaces) -> Option<LegId> {
        let key = *self.tags.get(&scan::hex64(replaces.to_tag.as_bytes())?)?;
        let leg = self.legs.get(key)?;
        let theirs = replaces.from_tag.as_bytes();
        let is_theirs = match &leg.state {
            State::Calling(attempt) => attempt.ringing.iter().any(|tag| **tag == *theirs),
            State::Incoming { .. } | State::Talking | State::Over => *leg.dialog.remote_tag == *theirs,
        };
        (is_theirs && *leg.dialog.call_id == *replaces.call_id.as_bytes()).then_some(LegId(key))
    }

    /// Names the dialog of a leg as its peer must name it in Replaces, for a Refer-To given to somebody else, or for a call that takes
    /// this one while it rings. `None` before a leg of ours is answered.
    pub fn replaces_of(&self, leg: LegId) -> Option<Replaces> {
        let leg = self.legs.get(leg.0)?;
        let early_only = match leg.state {
            State::Talking => false,
            State::Incoming { .. } => true,
            State::Calling(_) | State::Over => return None,
        };
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
        Some(Replaces {
            call_id: text(&leg.dialog.call_id)?,
            to_tag: text(&leg.dialog.remote_tag)?,
            from_tag: format!("{:016x}", leg.dialog.local_tag),
            early_only,
        })
    }

    fn asked_to_refer(&mut self, leg: LegId) -> Result<(Key, u32, bool), OpError> {
        match self.live(leg)?.refer_received {
            Some(ReferReceived::Asked { tx, cseq, is_watched }) => Ok((tx, cseq, is_watched)),
            _ => Err(OpError::WrongState),
        }
    }

    /// Accepts an [`Event::Referred`] with 202, and says "trying" when the peer wants to know. Tell it how it goes with
    /// [`notify_refer`](Self::notify_refer).
    pub fn accept_refer(&mut self, now: Duration, leg: LegId) -> Result<(), OpError> {
        self.tick(now);
        let (tx, cseq, is_watched) = self.asked_to_refer(leg)?;
        let more: &[u8] = if is_watched { b"" } else { b"Refer-Sub: false\r\n" };
        let lines = self.contact_lines(leg.0, more);
        self.respond(tx, 202, None, &lines, None);
        let until = self.now + MAX_WATCH;
        let l = self.live(leg)?;
        // The first REFER of a dialog may go without a name; later ones need theirs (RFC 3515 §2.4.6).
        let id = l.was_referred.then_some(cseq);
        l.was_referred = true;
        l.refer_received = is_watched.then_some(ReferReceived::Watching { id, until });
        if is_watched {
            self.timers.set(self.now, MAX_WATCH, Task::Refer(leg.0));
            self.send_refer_notify(leg.0, 100, None, false);
        }
        Ok(())
    }

    /// Refuses an [`Event::Referred`] with 300 to 699; 603 is the usual one (RFC 3515 §2.4.2).
    pub fn reject_refer(&mut self, now: Duration, leg: LegId, status: u16) -> Result<(), OpError> {
        self.tick(now);
        let (tx, ..) = self.asked_to_refer(leg)?;
        if !(300..700).contains(&status) {
            return Err(OpError::BadStatus);
        }
        self.live(leg)?.refer_received = None;
        self.respond(tx, status, None, b"", None);
        Ok(())
    }

    /// Tells a peer whose REFER was accepted how the call it asked for goes: 101 to 199 while it does, 200 to 699 at its
    /// end. Does nothing when the peer does not want to know, or was told the end.
    pub fn notify_refer(
        &mut self,
        now: Duration,
        leg: LegId,
        status: u16,
        phrase: Option<&str>,
    ) -> Result<(), OpError> {
        self.tick(now);
        if !(100..700).contains(&status) {
            return Err(OpError::BadStatus);
        }
        if phrase.is_some_and(|p| p.len() > 256 || !scan::is_safe_value(p.as_bytes())) {
            return Err(OpError::BadText);
        }
        if matches!(self.live(leg)?.refer_received, Some(ReferReceived::Watching { .. })) {
            self.send_refer_notify(leg.0, status, phrase, status >= 200);
        }
        Ok(())
    }

    fn send_refer_notify(&mut self, key: Key, status: u16, phrase: Option<&str>, is_over: bool) {
        let now = self.now;
        let Some(l) = self.legs.get_mut(key) else { return };
        let Some(ReferReceived::Watching { id, until }) = l.refer_received else { return };
        if is_over {
            l.refer_received = None;
        }
        let id = id.map(|id| format!(";id={id}")).unwrap_or_default();
        let mut lines = format!("Event: refer{id}\r\n").into_bytes();
        let left = until.saturating_sub(now).as_secs();
        let state = if is_over {
            "terminated;reason=noresource".to_owned()
        } else {
            format!("active;expires={}", left.max(1))
        };
        write_line(&mut lines, b"Subscription-State: ", state.as_bytes());
        let lines = self.contact_lines(key, &lines);
        let phrase = phrase.unwrap_or(super::server::phrase(status));
        let body = format!("SIP/2.0 {status} {phrase}\r\n");
        let body = Some(("message/sipfrag;version=2.0", body.as_bytes()));
        self.send_in_dialog(key, Purpose::Notify, &Method::Notify, &lines, body);
    }

    pub(super) fn notify_answered(
        &mut self,
        tx: &ClientTx,
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
        // A refusal ends the subscription and nothing else (RFC 5057 §5.1).
        if status >= 300
            && let Some(l) = self.legs.get_mut(key)
            && matches!(l.refer_received, Some(ReferReceived::Watching { .. }))
        {
            l.refer_received = None;
        }
        self.settle(key);
    }

    /// Answers a REFER that the application has not decided, when its leg ends or it is late.
    pub(super) fn refuse_refer(&mut self, key: Key, status: u16) {
        let Some(leg) = self.legs.get_mut(key) else { return };
        if let Some(ReferReceived::Asked { tx, .. }) = leg.refer_received.take() {
            self.respond(tx, status, None, b"", None);
        }
    }
}

/// What stands in the way of a REFER (RFC 3515 §2.4.2).
fn refer_refusal(leg: &Leg, request: &Message) -> Option<(u16, &'static [u8])> {
    if leg.is_over() {
        return Some((481, b""));
    }
    if !matches!(leg.state, State::Talking) {
        return Some((500, b"Retry-After: 3\r\n"));
    }
    if leg.refer_received.is_some() {
        return Some((491, b""));
    }
    if request.get_all(Name::ReferTo).count() != 1 {
        return Some((400, b""));
    }
    let to: NameAddr = match request.refer_to() {
        Ok(to) => to,
        Err(_) => return Some((400, b"")),
    };
    if !matches!(to.uri().scheme(), Scheme::Sip | Scheme::Sips | Scheme::Tel) {
        return Some((416, b""));
    }
    // Asked to send anything but an INVITE, we decline.
    let is_invite = to.uri().param("method").is_none_or(|method| method == "INVITE");
    (!is_invite).then_some((603, b""))
}
