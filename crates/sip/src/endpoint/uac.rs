//! Outbound legs: INVITE, its answers and forks, CANCEL, fail-over, and hanging up.

use std::sync::Arc;
use std::time::Duration;

use super::client::Purpose;
use super::dialog::{Dialog, local_for, record_routes};
use super::leg::{Attempt, Leg, State};
use super::reliable::MAX_EARLY;
use super::{ALLOW, Endpoint, SUPPORTED, SUPPORTED_LATE_OFFER, Task, client, server, to_tag};
use crate::digest::ClientAuth;
use crate::event::{EndCause, Event, LegId, Tried};
use crate::flow::Destination;
use crate::header::Name;
use crate::message::{Message, NameAddr, Reason, raw_name_addr, write_body, write_name_addr};
use crate::method::Method;
use crate::request::{InviteRequest, OpError};
use crate::scan;
use crate::slab::Key;
use crate::uri::Uri;

/// A Reason line, or nothing.
fn reason_line(reason: Option<&Reason>) -> Result<Vec<u8>, OpError> {
    let mut line = Vec::new();
    if let Some(reason) = reason {
        line.extend_from_slice(b"Reason: ");
        reason.write(&mut line).map_err(|_| OpError::BadText)?;
        line.extend_from_slice(b"\r\n");
    }
    Ok(line)
}

/// Outcomes that may wait for [`Endpoint::poll_tried`]; of whoever does not ask the oldest are dropped.
const TRIED_MAX: usize = 1_024;

impl Endpoint {
    /// What became of INVITEs at their destinations, one at a time: what the next ones should know. A leg's own events do not tell,
    /// as it goes on to its next destination by itself.
    pub fn poll_tried(&mut self) -> Option<Tried> {
        self.tried.pop_front()
    }

    /// Notes how an INVITE fared at a destination.
    pub(super) fn note_tried(&mut self, destination: Destination, response: Option<&Message>) {
        if self.tried.len() >= TRIED_MAX {
            self.tried.pop_front();
        }
        let status = response.and_then(Message::status);
        let retry_after = response.and_then(Message::retry_after);
        self.tried.push_back(Tried { destination, status, retry_after });
    }

    /// Calls. [`Event::Progress`], then [`Event::Answered`] or [`Event::Failed`] follow.
    pub fn invite(&mut self, now: Duration, request: InviteRequest) -> Result<LegId, OpError> {
        self.tick(now);
        super::uas::check_sdp(&request.sdp)?;
        if self.legs.len() >= self.config.max_legs && !self.is_never_shed(&request.uri) {
            return Err(OpError::Full);
        }
        let first = *request.destinations.first().ok_or(OpError::NoDestination)?;
        let local = local_for(&self.locals, &first).ok_or(OpError::NoDestination)?;
        let user = request.contact_user.as_deref().unwrap_or(&self.config.contact_user);
        if !user.is_empty() && !scan::is_user(user.as_bytes()) {
            return Err(OpError::BadText);
        }
        let contact = local.contact(user);
        let dialog = outbound_dialog(&request, first, contact, [0; 3].map(|_| self.random.next_u64()));
        let tag = dialog.local_tag;
        let mut leg = Leg::new(dialog, State::Over);
        leg.auth = request.login.clone().map(|login| Box::new(ClientAuth::new(login)));
        leg.pending = 1;
        let patience = request.ring_timeout;
        leg.state = State::Calling(Box::new(Attempt {
            request,
            at: 0,
            tx: 0,
            early: Vec::new(),
            ringing: Vec::new(),
            min_se: None,
            timer_tries: 0,
        }));
        let key = self.legs.insert(leg);
        self.tags.insert(tag, key);
        self.begin_ladder(key, tag);
        self.timers.set(self.now, patience, Task::Ring(key));
        self.send_invite(key);
        Ok(LegId(key))
    }

    /// Sends the INVITE to the destination in turn. The leg is calling.
    pub(super) fn send_invite(&mut self, key: Key) {
        let branch = self.random.next_u64();
        let min_se = match self.legs.get(key).map(|leg| &leg.state) {
            Some(State::Calling(attempt)) => attempt.min_se,
            _ => return,
        };
        let timer = self.timer_request(min_se);
        let Some(leg) = self.legs.get_mut(key) else { return };
        let State::Calling(attempt) = &mut leg.state else { return };
        attempt.early.clear();
        attempt.ringing.clear();
        let to = attempt.request.destinations[attempt.at];
        let Some(local) = local_for(&self.locals, &to) else {
            // The other destinations may still have a socket.
            return self.invite_failed(key, 503, None);
        };
        leg.dialog.contact =
            local.contact(attempt.request.contact_user.as_deref().unwrap_or(&self.config.contact_user));
        (leg.dialog.flow, leg.dialog.hop) = (to, to);
        let out = &mut self.scratch;
        out.clear();
        leg.dialog.write_request(out, local, "INVITE", leg.dialog.local_cseq, branch);
        if let Some(auth) = &mut leg.auth {
            auth.lines(&mut self.random, "INVITE", leg.dialog.target.as_str(), out);
        }
        out.extend_from_slice(ALLOW.as_bytes());
        let is_late = attempt.request.sdp.is_empty();
        let supported = if is_late { SUPPORTED_LATE_OFFER } else { SUPPORTED };
        out.extend_from_slice(supported.as_bytes());
        out.extend_from_slice(&timer);
        out.extend_from_slice(attempt.request.headers.lines());
        out.extend_from_slice(&self.agent_line);
        match &attempt.request.part {
            Some(part) => {
                let (kind, body) = part.beside(&attempt.request.sdp, &format!("part{branch:016x}"));
                out.extend_from_slice(format!("Content-Type: {kind}\r\nMIME-Version: 1.0\r\n").as_bytes());
                write_body(out, &body);
            }
            None => {
                if !attempt.request.sdp.is_empty() {
                    out.extend_from_slice(b"Content-Type: application/sdp\r\n");
                }
                write_body(out, &attempt.request.sdp);
            }
        }
        let bytes: Arc<[u8]> = out.as_slice().into();
        let tx = self.start_client(Purpose::Invite(key), branch, false, bytes, to);
        if let Some(Leg { state: State::Calling(attempt), .. }) = self.legs.get_mut(key) {
            attempt.tx = tx;
            let is_last = attempt.at + 1 == attempt.request.destinations.len();
            if !is_last || attempt.request.has_other_ways {
                self.hurry(tx);
            }
        }
    }

    /// Gives up an outbound leg that has no final answer: CANCEL as soon as the peer was heard of, and if its 200
    /// crosses that, ACK and BYE.
    pub fn cancel(&mut self, now: Duration, leg: LegId, reason: Option<&Reason>) -> Result<(), OpError> {
        self.tick(now);
        let lines = reason_line(reason)?;
        let State::Calling(attempt) = &self.live(leg)?.state else { return Err(OpError::WrongState) };
        let tx = attempt.tx;
        self.cancel_client(tx, &lines);
        self.end_leg(leg.0, EndCause::LocalCancel);
        Ok(())
    }

    /// Hangs up, whatever state the leg is in: BYE once it talks (after the ACK, if that is still to come), CANCEL of
    /// an outbound leg before, 480 to an inbound one.
    pub fn bye(&mut self, now: Duration, leg: LegId, reason: Option<&Reason>) -> Result<(), OpError> {
        self.tick(now);
        let lines = reason_line(reason)?;
        match self.live(leg)?.state {
            State::Calling(_) => return self.cancel(now, leg, reason),
            State::Incoming { .. } => return self.reject(now, leg, 480, None, &crate::ExtraHeaders::new()),
            State::Talking | State::Over => {}
        }
        self.refuse_pending(leg.0);
        self.send_bye(leg.0, &lines);
        self.end_leg(leg.0, EndCause::LocalBye);
        Ok(())
    }

    /// Sends BYE, or notes it for when the ACK to our answer has come: before, the caller may not know that there is
    /// a dialog to end (RFC 3261 §15).
    pub(super) fn send_bye(&mut self, key: Key, lines: &[u8]) {
        let Some(leg) = self.legs.get_mut(key) else { return };
        if leg.unacked.is_some_and(|u| u.is_first) {
            leg.bye_after_ack = Some(lines.into());
            return;
        }
        if let Some(unacked) = leg.unacked.take() {
            self.acceptance_confirmed(unacked.tx);
        }
        self.send_in_dialog(key, Purpose::Bye, &Method::Bye, lines, None);
    }

    pub(super) fn ring_timeout(&mut self, key: Key) {
        let Some(Leg { state: State::Calling(attempt), .. }) = self.legs.get(key) else { return };
        let tx = attempt.tx;
        self.cancel_client(tx, b"");
        self.tell_failure(key, 408, None);
    }

    pub(super) fn leg_progress(&mut self, key: Key, flow: Destination, status: u16, response: Message) {
        let is_calling = self.legs.get(key).is_some_and(|l| matches!(l.state, State::Calling(_)));
        if status == 100 || !is_calling || !self.take_provisional(key, flow, &response) {
            return;
        }
        let tag = to_tag(&response).unwrap_or_default();
        if let Some(Leg { state: State::Calling(attempt), .. }) = self.legs.get_mut(key)
            && attempt.ringing.len() < MAX_EARLY
            && !tag.is_empty()
            && !attempt.ringing.iter().any(|known| **known == *tag)
        {
            attempt.ringing.push(tag.into());
        }
        let to_tag = String::from_utf8_lossy(tag).into_owned();
        self.events.push_back(Event::Progress { leg: LegId(key), status, to_tag, response });
    }

    /// The first 2xx: the dialog exists.
    pub(super) fn invite_accepted(&mut self, tx: Key, flow: Destination, response: Message) {
        let Some(client) = self.clients.get(tx) else { return };
        match client.purpose {
            Purpose::Invite(leg) => self.leg_accepted(tx, leg, flow, response),
            Purpose::Reinvite(leg) => self.reinvite_accepted(tx, leg, response),
            Purpose::Abandoned => self.fork_accepted(tx, flow, &response),
            _ => {}
        }
    }

    fn leg_accepted(&mut self, tx: Key, key: Key, flow: Destination, response: Message) {
        let Some(leg) = self.legs.get_mut(key) else { return };
        let dialog = &mut leg.dialog;
        dialog.remote_tag = to_tag(&response).unwrap_or_default().into();
        dialog.remote = response.get(Name::To).unwrap_or_default().into();
        dialog.routes = record_routes(&response);
        dialog.routes.reverse();
        dialog.flow = flow;
        dialog.hop = dialog.next_hop(&self.config);
        dialog.refresh_target(&response, &self.config);
        let is_over = leg.is_over();
        leg.peer_updates = super::refresh::allows_update(&response);
        if let State::Calling(attempt) = std::mem::replace(&mut leg.state, State::Over)
            && !is_over
        {
            leg.state = State::Talking;
            leg.local_sdp = (!leg.peer_updates).then(|| attempt.request.sdp.into());
        }
        self.acknowledge(tx, key, leg_cseq(&response));
        if is_over {
            // The answer crossed our CANCEL: the call exists, so it is ended (RFC 3261 §9.1, §15).
            self.send_in_dialog(key, Purpose::Bye, &Method::Bye, b"", None);
        } else {
            self.timer_agreed(key, &response);
            self.events.push_back(Event::Answered { leg: LegId(key), response });
        }
        self.settle(key);
    }

    /// Sends the ACK to a 2xx and keeps it for repeated ones (RFC 3261 §13.2.2.4).
    pub(super) fn acknowledge(&mut self, tx: Key, key: Key, cseq: u32) {
        let branch = self.random.next_u64();
        let Some(leg) = self.legs.get_mut(key) else { return };
        let to = leg.dialog.hop;
        let Some(local) = local_for(&self.locals, &to) else { return };
        let out = &mut self.scratch;
        out.clear();
        leg.dialog.write_request(out, local, "ACK", cseq, branch);
        if let Some(auth) = &mut leg.auth {
            auth.lines(&mut self.random, "ACK", leg.dialog.target.as_str(), out);
        }
        write_body(out, b"");
        let ack: Arc<[u8]> = out.as_slice().into();
        let tag = leg.dialog.remote_tag.clone();
        self.send(to, ack.clone(), None);
        self.remember_ack(tx, &tag, to, ack);
    }

    /// A 2xx of another fork, or of a leg long gone: acknowledge and hang up (RFC 3261 §13.2.2.4).
    pub(super) fn fork_accepted(&mut self, tx: Key, flow: Destination, response: &Message) {
        if let Some(leg) = self.clients.get(tx).and_then(|tx| match tx.purpose {
            Purpose::Invite(leg) | Purpose::Reinvite(leg) => Some(leg),
            _ => None,
        }) && self.legs.get(leg).is_some_and(|l| Some(&*l.dialog.remote_tag) == to_tag(response))
        {
            return;
        }
        let Some(dialog) = self.fork_dialog(flow, response) else { return };
        let Some(local) = local_for(&self.locals, &dialog.hop) else { return };
        let cseq = leg_cseq(response);
        let mut messages = [(); 2].map(|()| (Vec::with_capacity(512), self.random.next_u64()));
        for ((out, branch), (method, cseq)) in messages.iter_mut().zip([("ACK", cseq), ("BYE", cseq + 1)]) {
            dialog.write_request(out, local, method, cseq, *branch);
            write_body(out, b"");
        }
        let [(ack, _), (bye, branch)] = messages;
        let ack: Arc<[u8]> = ack.into();
        self.send(dialog.hop, ack.clone(), None);
        self.remember_ack(tx, &dialog.remote_tag, dialog.hop, ack);
        self.start_client(Purpose::Nobody, branch, false, bye.into(), dialog.hop);
    }

    /// All of a fork's dialog that its 2xx tells.
    pub(super) fn fork_dialog(&self, flow: Destination, response: &Message) -> Option<Dialog> {
        let contact = response.list(Name::Contact).next().or(response.get(Name::To))?;
        let mut routes = record_routes(response);
        routes.reverse();
        let mut dialog = Dialog {
            call_id: response.get(Name::CallId)?.into(),
            local: response.get(Name::From)?.into(),
            remote: response.get(Name::To)?.into(),
            local_tag: 0,
            remote_tag: to_tag(response)?.into(),
            target: Uri::parse(raw_name_addr(contact)?.uri).ok()?,
            routes,
            local_cseq: leg_cseq(response),
            remote_cseq: None,
            contact: Box::default(),
            is_ours: true,
            flow,
            hop: flow,
        };
        dialog.hop = dialog.next_hop(&self.config);
        Some(dialog)
    }

    /// A final refusal, whose ACK has been sent.
    pub(super) fn invite_refused(&mut self, tx: Key, purpose: Purpose, status: u16, response: Message) {
        let (Purpose::Invite(leg) | Purpose::Reinvite(leg)) = purpose else { return };
        let is_live = self.legs.get(leg).is_some_and(|l| !l.is_over());
        if is_live && matches!(status, 401 | 407) {
            // The transaction lingers for its ACK: only its request and path are wanted.
            let Some(old) = self.clients.get(tx) else { return };
            let copy = client::ClientTx::copy_for_retry(old);
            if self.answer_challenge(&copy, leg, &response) {
                return;
            }
        }
        if is_live
            && status == 422
            && matches!(purpose, Purpose::Invite(_))
            && self.invite_with_longer_timer(leg, &response)
        {
            return;
        }
        match purpose {
            Purpose::Invite(_) => self.invite_failed(leg, status, Some(response)),
            _ => self.reinvite_failed(leg, status, Some(&response)),
        }
    }

    /// The INVITE in turn failed: the next destination, or the end (RFC 3263 §4.3).
    pub(super) fn invite_failed(&mut self, key: Key, status: u16, response: Option<Message>) {
        let Some(leg) = self.legs.get_mut(key) else { return };
        if let State::Calling(attempt) = &mut leg.state
            && attempt.at + 1 < attempt.request.destinations.len()
            && (response.is_none() || status == 503)
        {
            attempt.at += 1;
            return self.send_invite(key);
        }
        self.tell_failure(key, status, response);
        self.settle(key);
    }

    fn tell_failure(&mut self, key: Key, status: u16, response: Option<Message>) {
        if self.legs.get(key).is_none_or(Leg::is_over) {
            return;
        }
        let reason = response.as_ref().map(|r| r.reason_phrase().into_owned());
        self.events.push_back(Event::Failed {
            leg: LegId(key),
            status,
            reason: reason.unwrap_or_else(|| server::phrase(status).to_owned()),
            retry_after: response.as_ref().and_then(Message::retry_after),
            response,
        });
        self.end_leg(key, EndCause::Failed { status });
    }

    pub(super) fn bye_answered(
        &mut self,
        tx: &client::ClientTx,
        key: Key,
        status: u16,
        response: Option<&Message>,
    ) {
        if let Some(response) = response
            && matches!(status, 401 | 407)
            && self.answer_challenge(tx, key, response)
        {
            return;
        }
        self.settle(key);
    }

    /// The peer lost the dialog: it is over here too (RFC 3261 §12.2.1.2).
    pub(super) fn dialog_lost(&mut self, key: Key, method: Method) {
        self.refuse_pending(key);
        if self.legs.get(key).is_some_and(|l| !l.is_over()) {
            self.send_bye(key, b"");
            self.end_leg(key, EndCause::DialogLost { method });
        }
    }

    /// Sends requests of this leg to `destination` from now on: the shell has resolved the name in its Contact or
    /// Route, or knows better.
    pub fn set_route(&mut self, leg: LegId, destination: Destination) -> Result<(), OpError> {
        self.live(leg)?.dialog.hop = destination;
        Ok(())
    }

    /// Where requests of this leg go by name, when the name must be resolved: the topmost Route or the Contact, if
    /// its host is no address. Until [`set_route`](Self::set_route) they go back the way the dialog came.
    pub fn unresolved(&self, leg: LegId) -> Option<Uri> {
        let dialog = &self.legs.get(leg.0).filter(|l| !l.is_over())?.dialog;
        let route = dialog.routes.first().and_then(|r| NameAddr::parse(r).ok());
        let uri = route.map_or_else(|| dialog.target.clone(), |r| r.uri().clone());
        uri.ip().is_none().then_some(uri)
    }
}

fn leg_cseq(response: &Message) -> u32 {
    response.cseq().map_or(0, |c| c.number)
}

/// The dialog as far as the caller knows it.
fn outbound_dialog(
    request: &InviteRequest,
    to: Destination,
    contact: Box<[u8]>,
    numbers: [u64; 3],
) -> Dialog {
    let [tag, call_id_high, call_id_low] = numbers;
    let mut local = Vec::with_capacity(128);
    write_name_addr(&mut local, &request.from);
    local.extend_from_slice(b";tag=");
    scan::push_hex(&mut local, tag);
    let mut remote = Vec::with_capacity(96);
    match &request.to {
        Some(to) => write_name_addr(&mut remote, to),
        None => write_bracketed(&mut remote, &request.uri),
    }
    let mut call_id = Vec::with_capacity(32);
    scan::push_hex(&mut call_id, call_id_high);
    scan::push_hex(&mut call_id, call_id_low);
    let route = |r: &NameAddr| {
        let mut out = Vec::new();
        write_name_addr(&mut out, r);
        out.into()
    };
    Dialog {
        call_id: call_id.into(),
        local: local.into(),
        remote: remote.into(),
        local_tag: tag,
        remote_tag: Box::default(),
        target: request.uri.clone(),
        routes: request.route.iter().map(route).collect(),
        local_cseq: 1,
        remote_cseq: None,
        contact,
        is_ours: true,
        flow: to,
        hop: to,
    }
}

fn write_bracketed(out: &mut Vec<u8>, uri: &Uri) {
    out.push(b'<');
    out.extend_from_slice(uri.as_str().as_bytes());
    out.push(b'>');
}
