//! Requests inside a dialog (RFC 3261 §12.2.2): BYE, re-INVITE, UPDATE, INFO, OPTIONS and what is refused.

use super::leg::{Leg, Reoffer, State};
use super::receive::{capabilities, refusal};
use super::tables::TxKey;
use super::{ALLOW, Endpoint, Source};
use crate::event::{EndCause, Event, LegId};
use crate::message::{Message, Session};
use crate::method::Method;
use crate::scan;
use crate::slab::Key;

impl Endpoint {
    pub(super) fn receive_in_dialog(&mut self, source: Source, key: TxKey, request: Message) {
        if request.method() == Some(&Method::Subscribe)
            && let Some(subscription) = self.find_subscription(&request)
        {
            return self.resubscribe(source, key, subscription, &request);
        }
        let leg = self.find_leg(&request).and_then(|leg| Some((leg, self.legs.get_mut(leg)?)));
        let Some((leg, state)) = leg else {
            if self.may_answer(source) {
                // A request that overtook the 2xx of its dialog: 481 would end a call that is about to stand.
                let is_early = request.method() != Some(&Method::Bye) && self.awaits_answer(&request);
                let (status, lines) =
                    if is_early { (500, &b"Retry-After: 1\r\n"[..]) } else { (481, &b""[..]) };
                self.respond_stateless(&request, source, status, lines);
            }
            return;
        };
        let number = request.cseq().map_or(0, |c| c.number);
        if state.dialog.remote_cseq.is_some_and(|last| number < last) {
            return self.respond_stateless(&request, source, 500, b"");
        }
        if let Some((status, lines)) = refusal(&request) {
            return self.respond_stateless(&request, source, status, lines.as_bytes());
        }
        state.dialog.remote_cseq = Some(number);
        match request.method() {
            Some(Method::Bye) => self.receive_bye(source, key, leg, &request),
            Some(Method::Invite) => self.receive_reinvite(source, key, leg, request),
            Some(Method::Update) => self.receive_update(source, key, leg, request),
            Some(Method::Info | Method::Message) => self.receive_info(source, key, leg, request),
            Some(Method::Options) => self.respond_stateless(&request, source, 200, capabilities().as_bytes()),
            Some(Method::Refer) => self.receive_refer(source, key, leg, request),
            Some(Method::Notify) => self.receive_notify(source, key, leg, &request),
            Some(Method::Prack) => self.receive_prack(source, key, leg, request),
            Some(Method::Other(_)) => self.respond_stateless(&request, source, 501, ALLOW.as_bytes()),
            _ => self.respond_stateless(&request, source, 405, ALLOW.as_bytes()),
        }
    }

    fn receive_bye(&mut self, source: Source, key: TxKey, leg: Key, request: &Message) {
        let tx = self.start_server(request, source.flow, key, 0);
        self.respond(tx, 200, None, b"", None);
        let Some(l) = self.legs.get_mut(leg) else { return };
        let reason = request.reason();
        // The peer is through with the dialog: neither an ACK nor a BYE of ours is of use to it.
        let unacked = l.unacked.take();
        l.bye_after_ack = None;
        let invite = match l.state {
            State::Incoming { tx, .. } => Some(tx),
            _ => None,
        };
        if let Some(unacked) = unacked {
            self.acceptance_confirmed(unacked.tx);
        }
        self.refuse_pending(leg);
        if let Some(invite) = invite {
            self.respond(invite, 487, None, b"", None);
            self.end_leg(leg, EndCause::RemoteCancel { reason });
        } else {
            self.end_leg(leg, EndCause::RemoteBye { reason });
        }
        self.free_leg(leg);
    }

    /// What stands in the way of a change of session by the peer (RFC 3261 §14.2, RFC 3311 §5.2).
    fn reoffer_refusal(leg: &Leg) -> Option<(u16, &'static [u8])> {
        match (&leg.state, &leg.reoffer) {
            (State::Over, _) => Some((481, b"")),
            (State::Calling(_) | State::Incoming { .. }, _) | (_, Reoffer::Received { .. }) => {
                Some((500, b"Retry-After: 3\r\n"))
            }
            (State::Talking, Reoffer::Sent { .. }) => Some((491, b"")),
            // The ACK was overtaken: the peer is not wrong, only early.
            (State::Talking, _) if leg.unacked.is_some() => Some((491, b"")),
            (State::Talking, Reoffer::None) => None,
        }
    }

    fn receive_reinvite(&mut self, source: Source, key: TxKey, leg: Key, request: Message) {
        let tx = self.start_server(&request, source.flow, key, 0);
        let Some(l) = self.legs.get_mut(leg) else { return };
        if let Some((status, lines)) = Self::reoffer_refusal(l) {
            return self.respond(tx, status, None, lines, None);
        }
        l.dialog.refresh_target(&request, &self.config);
        let cseq = request.cseq().map_or(0, |c| c.number);
        l.reoffer = Reoffer::Received { tx, is_invite: true, cseq };
        if let Some(server) = self.servers.get_mut(tx) {
            server.leg = Some(leg);
        }
        self.limit_reoffer(tx);
        self.agree_timer(leg, &request);
        self.respond(tx, 100, None, b"", None);
        self.events.push_back(Event::Reoffer { leg: LegId(leg), request });
    }

    fn receive_update(&mut self, source: Source, key: TxKey, leg: Key, request: Message) {
        let tx = self.start_server(&request, source.flow, key, 0);
        let has_offer = request.session() != Session::None;
        let Some(l) = self.legs.get_mut(leg) else { return };
        if has_offer && let Some((status, lines)) = Self::reoffer_refusal(l) {
            return self.respond(tx, status, None, lines, None);
        }
        if l.is_over() {
            return self.respond(tx, 481, None, b"", None);
        }
        l.dialog.refresh_target(&request, &self.config);
        let is_early = !matches!(l.state, State::Talking);
        self.agree_timer(leg, &request);
        if !has_offer {
            let mut lines = self.contact_lines(leg, b"");
            if !is_early {
                self.begin_timer(leg, &mut lines);
            }
            return self.respond(tx, 200, None, &lines, None);
        }
        if let Some(l) = self.legs.get_mut(leg) {
            l.reoffer = Reoffer::Received { tx, is_invite: false, cseq: 0 };
        }
        if let Some(server) = self.servers.get_mut(tx) {
            server.leg = Some(leg);
        }
        self.events.push_back(Event::Reoffer { leg: LegId(leg), request });
    }

    fn receive_info(&mut self, source: Source, key: TxKey, leg: Key, request: Message) {
        let tx = self.start_server(&request, source.flow, key, 0);
        if self.legs.get(leg).is_none_or(Leg::is_over) {
            return self.respond(tx, 481, None, b"", None);
        }
        self.respond(tx, 200, None, b"", None);
        let leg = LegId(leg);
        self.events.push_back(match dtmf(&request) {
            Some((digit, duration_ms)) => Event::Dtmf { leg, digit, duration_ms },
            None => Event::Info { leg, request },
        });
    }
}

/// A key in `application/dtmf-relay` (`Signal=5`, `Duration=160` lines) or `application/dtmf` (the key alone).
fn dtmf(request: &Message) -> Option<(char, u32)> {
    let body = request.body();
    let key = |text: &[u8]| match text {
        [one] => Some(char::from(one.to_ascii_uppercase()))
            .filter(|c| matches!(c, '0'..='9' | 'A'..='D' | '*' | '#' | '!')),
        b"10" => Some('*'),
        b"11" => Some('#'),
        _ => None,
    };
    if request.is_content("application/dtmf") {
        return Some((key(body.trim_ascii())?, 250));
    }
    if !request.is_content("application/dtmf-relay") {
        return None;
    }
    let field = |name: &[u8]| {
        body.split(|&b| b == b'\n').find_map(|line| {
            let cut = memchr::memchr(b'=', line)?;
            line[..cut].trim_ascii().eq_ignore_ascii_case(name).then(|| line[cut + 1..].trim_ascii())
        })
    };
    // Ten seconds is longer than any key press; a peer that claims more is not believed.
    let duration_ms = field(b"Duration").and_then(scan::decimal).map_or(250, |ms| ms.min(10_000));
    Some((key(field(b"Signal")?)?, duration_ms))
}
