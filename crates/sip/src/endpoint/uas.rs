//! Inbound legs: INVITE, ringing, answer, refusal, ACK.

use super::dialog::{Dialog, local_for, record_routes, write_line};
use super::leg::{Leg, Reoffer, State, Unacked};
use super::reliable::{Reliable, first_rseq};
use super::tables::TxKey;
use super::{ALLOW, Endpoint, SUPPORTED, Source, from_tag};
use crate::bearer::{Authorization, BearerToken};
use crate::config::AuthPolicy;
use crate::digest::{Credentials, NonceCheck, Secret, Verdict, write_challenge};
use crate::event::{EndCause, Event, Incoming, LegId, RegistrationId};
use crate::flow::Destination;
use crate::header::{ExtraHeaders, Name};
use crate::lockout::Admission;
use crate::message::{Message, raw_name_addr};
use crate::method::Method;
use crate::request::OpError;
use crate::scan;
use crate::slab::Key;
use crate::uri::Uri;
use std::time::Duration;

/// Largest session description sent.
const MAX_SDP: usize = 16 * 1024;

/// What was found out about an INVITE before it got its leg.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) authorization: Option<Authorization>,
    pub(super) replaces: Option<LegId>,
    pub(super) line: Option<RegistrationId>,
}

pub(super) fn check_sdp(sdp: &[u8]) -> Result<(), OpError> {
    if sdp.len() > MAX_SDP { Err(OpError::TooLarge) } else { Ok(()) }
}

impl Endpoint {
    /// Makes leg and transaction of a new INVITE and shows it to the application.
    pub(super) fn new_inbound(
        &mut self,
        source: Source,
        key: TxKey,
        merged: TxKey,
        request: Message,
        known: Known,
    ) {
        let tag = self.random.next_u64();
        let Some(dialog) = self.inbound_dialog(source, tag, &request) else {
            return self.respond_stateless(&request, source, 400, b"");
        };
        let tx = self.start_server(&request, source.flow, key, tag);
        self.note_merged(tx, merged);
        let cseq = dialog.remote_cseq.unwrap_or(0);
        let mut state = Leg::new(dialog, State::Incoming { tx, cseq });
        state.reliable = Reliable::of(&request, first_rseq(self.random.next_u64()));
        let leg = self.legs.insert(state);
        self.tags.insert(tag, leg);
        self.begin_ladder(leg, tag);
        self.trace_challenged(leg, source, &request);
        self.trace_received_for(leg, source, &request);
        self.agree_timer(leg, &request);
        if let Some(server) = self.servers.get_mut(tx) {
            server.leg = Some(leg);
        }
        self.respond(tx, 100, None, b"", None);
        let Source { flow, trust, .. } = source;
        let incoming = Incoming {
            leg: LegId(leg),
            request,
            flow,
            trust,
            line: known.line,
            authorization: known.authorization,
            replaces: known.replaces,
        };
        self.events.push_back(Event::Incoming(Box::new(incoming)));
    }

    /// The dialog an INVITE or SUBSCRIBE would make (RFC 3261 §12.1.1).
    pub(super) fn inbound_dialog(&self, source: Source, tag: u64, request: &Message) -> Option<Dialog> {
        let to = request.get(Name::To)?;
        let mut local = Vec::with_capacity(to.len() + 21);
        local.extend_from_slice(to);
        local.extend_from_slice(b";tag=");
        scan::push_hex(&mut local, tag);
        let from = request.get(Name::From)?;
        // Clients from before RFC 3261 need not send a Contact: they are where From says.
        let target = request.list(Name::Contact).next().unwrap_or(from);
        let flow = Destination::from(source.flow);
        let user = request.request_uri().ok().and_then(|uri| uri.user().map(str::to_owned));
        let contact =
            local_for(&self.locals, &flow)?.contact(user.as_deref().unwrap_or(&self.config.contact_user));
        let mut dialog = Dialog {
            call_id: request.get(Name::CallId)?.into(),
            local: local.into(),
            remote: from.into(),
            local_tag: tag,
            remote_tag: from_tag(request).unwrap_or_default().into(),
            target: Uri::parse(raw_name_addr(target)?.uri).ok()?,
            routes: record_routes(request),
            local_cseq: 0,
            remote_cseq: request.cseq().map(|c| c.number),
            contact,
            is_ours: false,
            flow,
            hop: flow,
        };
        dialog.hop = dialog.next_hop(&self.config);
        Some(dialog)
    }

    /// The transaction of an inbound leg that has no final answer.
    fn ringing(&mut self, leg: LegId) -> Result<Key, OpError> {
        let has_answer = self.live(leg)?.reliable.as_ref().is_some_and(|r| r.has_answer());
        if has_answer { Err(OpError::WrongState) } else { self.undecided(leg) }
    }

    /// The same, also while an answer waits for its PRACK.
    fn undecided(&mut self, leg: LegId) -> Result<Key, OpError> {
        match self.live(leg)?.state {
            State::Incoming { tx, .. } => Ok(tx),
            _ => Err(OpError::WrongState),
        }
    }

    /// Tells the caller how it goes: 180, or 183 with early media; any of 101 to 199. May be repeated.
    pub fn ring(
        &mut self,
        now: Duration,
        leg: LegId,
        status: u16,
        sdp: Option<&[u8]>,
    ) -> Result<(), OpError> {
        self.tick(now);
        let tx = self.ringing(leg)?;
        if !(101..200).contains(&status) {
            return Err(OpError::BadStatus);
        }
        check_sdp(sdp.unwrap_or_default())?;
        self.send_provisional(leg.0, tx, status, sdp);
        Ok(())
    }

    /// Answers with 200, after the PRACK when a reliable provisional response had a session description (RFC 3262 §3).
    /// The 200 is repeated until the ACK comes ([`Event::Confirmed`]), or the leg ends with
    /// [`EndCause::NoAck`] after 64·T1. `sdp` is the answer, or our offer when the INVITE had none.
    pub fn answer(
        &mut self,
        now: Duration,
        leg: LegId,
        sdp: &[u8],
        extra: &ExtraHeaders,
    ) -> Result<(), OpError> {
        self.tick(now);
        let tx = self.ringing(leg)?;
        check_sdp(sdp)?;
        if !self.keep_answer(leg.0, sdp, extra.lines()) {
            self.send_answer(leg.0, tx, sdp, extra.lines());
        }
        Ok(())
    }

    /// Sends the 200 of an inbound leg.
    pub(super) fn send_answer(&mut self, key: Key, tx: Key, sdp: &[u8], more: &[u8]) {
        let mut lines = self.contact_lines(key, more);
        self.begin_timer(key, &mut lines);
        self.respond(tx, 200, None, &lines, Some(("application/sdp", sdp)));
        if let Some(l) = self.legs.get_mut(key)
            && let State::Incoming { cseq, .. } = l.state
        {
            l.state = State::Talking;
            l.reliable = None;
            l.local_sdp = (!l.peer_updates).then(|| sdp.into());
            l.unacked = Some(Unacked { tx, cseq, is_first: true });
        }
    }

    /// Refuses with a status of 300 to 699 and ends the leg. `phrase` replaces the usual reason phrase.
    pub fn reject(
        &mut self,
        now: Duration,
        leg: LegId,
        status: u16,
        phrase: Option<&str>,
        extra: &ExtraHeaders,
    ) -> Result<(), OpError> {
        self.tick(now);
        let tx = self.undecided(leg)?;
        if !(300..700).contains(&status) {
            return Err(OpError::BadStatus);
        }
        if phrase.is_some_and(|p| p.len() > 256 || !scan::is_safe_value(p.as_bytes())) {
            return Err(OpError::BadText);
        }
        self.respond(tx, status, phrase, extra.lines(), None);
        self.end_leg(leg.0, EndCause::Rejected { status });
        Ok(())
    }

    /// Asks for credentials (401) and ends the leg; the caller comes again with a new INVITE. `stale` says that only
    /// the nonce was at fault. Needs [`Config::auth`](crate::Config).
    pub fn challenge(&mut self, now: Duration, leg: LegId, stale: bool) -> Result<(), OpError> {
        self.tick(now);
        let tx = self.ringing(leg)?;
        let source = self.servers.get(tx).ok_or(OpError::UnknownLeg)?.to.remote.ip();
        let lines = self.challenge_lines(source, stale, usize::MAX).ok_or(OpError::WrongState)?;
        self.respond(tx, 401, None, &lines, None);
        self.leg_challenged(leg);
        self.end_leg(leg.0, EndCause::Rejected { status: 401 });
        Ok(())
    }

    /// Checks the credentials of an [`Incoming`]. Give `None` for an unknown user: it takes the same time as a wrong
    /// password and gives the same verdict.
    /// Wrong ones are counted: who guesses has to wait, and at last is not answered.
    pub fn verify(&mut self, now: Duration, credentials: &Credentials, secret: Option<&Secret>) -> Verdict {
        self.tick(now);
        let verdict = self.verdict(credentials, secret);
        if let Some(source) = credentials.source {
            match verdict {
                Verdict::Accepted => self.lockout.succeeded(self.now, credentials.username(), source),
                Verdict::Wrong => self.lockout.failed(self.now, credentials.username(), source),
                Verdict::Stale => {}
            }
        }
        verdict
    }

    fn verdict(&mut self, credentials: &Credentials, secret: Option<&Secret>) -> Verdict {
        let (Some(nonces), Some(policy)) = (&mut self.nonces, &self.config.auth) else {
            return Verdict::Wrong;
        };
        // A client may not pick a weaker hash than it was offered (RFC 8760 §2.4).
        if !policy.algorithms.contains(&credentials.algorithm()) {
            return Verdict::Wrong;
        }
        nonces.verify(self.now, &policy.realm, credentials, secret)
    }

    /// What a request shows to prove its sender: a token, or digest credentials with a good nonce. Without either he has been
    /// asked for them, and who has to wait has been told so.
    pub(super) fn authorization(
        &mut self,
        source: Source,
        request: &Message,
        method: &str,
    ) -> Option<Authorization> {
        if let Some(token) = token(source, request) {
            return Some(Authorization::Bearer(token));
        }
        match self.usable_credentials(source, request, method) {
            Ok(credentials) if self.is_locked_out(source, request, credentials.username()) => None,
            Ok(credentials) => Some(Authorization::Digest(credentials)),
            Err(stale) => {
                self.challenge_stateless(source, request, stale);
                None
            }
        }
    }

    /// Credentials with a good nonce of ours and the right URI; else whether the nonce was merely too old.
    fn usable_credentials(
        &self,
        source: Source,
        request: &Message,
        method: &str,
    ) -> Result<Credentials, bool> {
        let (Some(nonces), Some(policy)) = (&self.nonces, &self.config.auth) else { return Err(false) };
        let ours = |c: &Credentials| c.realm() == policy.realm;
        let mut credentials = request
            .get_all(Name::Authorization)
            .take(8)
            .filter_map(|value| Credentials::parse(value, method))
            .find(ours)
            .ok_or(false)?;
        credentials.source = Some(source.flow.remote.ip());
        let same_uri = request.request_uri_bytes() == Some(credentials.uri().as_bytes())
            || same_resource(&request.request_uri(), &Uri::parse(credentials.uri().as_bytes()));
        match nonces.check(self.now, credentials.nonce(), source.flow.remote.ip()) {
            NonceCheck::Good if same_uri => Ok(credentials),
            NonceCheck::Stale => Err(true),
            NonceCheck::Good | NonceCheck::NotOurs => Err(false),
        }
    }

    fn challenge_stateless(&mut self, source: Source, request: &Message, stale: bool) {
        let lines = self.challenge_lines(source.flow.remote.ip(), stale, usize::MAX).unwrap_or_default();
        // Where two challenges make the answer too big for its question, the most wanted one is offered alone.
        let full = request.get(Name::Via).map_or(0, <[u8]>::len) + lines.len() + 500;
        let lines = if full > source.budget() {
            self.challenge_lines(source.flow.remote.ip(), stale, 1).unwrap_or_default()
        } else {
            lines
        };
        self.respond_stateless(request, source, 401, &lines);
        if request.method() == Some(&Method::Invite) && self.scratch.len() <= source.budget() {
            let answer = std::mem::take(&mut self.scratch);
            self.note_challenged(source, request, &answer);
            self.scratch = answer;
        }
    }

    /// Answers one who has to wait, or is blocked, before his password is looked at.
    fn is_locked_out(&mut self, source: Source, request: &Message, user: &str) -> bool {
        match self.lockout.admit(self.now, user, source.flow.remote.ip()) {
            Admission::Allowed => return false,
            Admission::Wait(seconds) => {
                let lines = format!("Retry-After: {seconds}\r\n");
                self.respond_stateless(request, source, 503, lines.as_bytes());
            }
            Admission::Blocked => self.silenced += 1,
        }
        true
    }

    pub(super) fn challenge_lines(
        &mut self,
        source: std::net::IpAddr,
        stale: bool,
        most: usize,
    ) -> Option<Vec<u8>> {
        let (nonces, AuthPolicy { realm, algorithms, .. }) =
            (self.nonces.as_ref()?, self.config.auth.as_ref()?);
        let nonce = nonces.issue(self.now, &mut self.random, source);
        let mut lines = Vec::new();
        for &algorithm in algorithms.iter().take(most) {
            write_challenge(&mut lines, realm, &nonce, algorithm, stale);
        }
        Some(lines)
    }

    /// Contact, Allow and `more`, as responses that make or change a dialog carry.
    pub(super) fn contact_lines(&self, leg: Key, more: &[u8]) -> Vec<u8> {
        let mut lines = Vec::with_capacity(128 + more.len());
        if let Some(leg) = self.legs.get(leg) {
            write_line(&mut lines, b"Contact: ", &leg.dialog.contact);
        }
        lines.extend_from_slice(ALLOW.as_bytes());
        lines.extend_from_slice(SUPPORTED.as_bytes());
        lines.extend_from_slice(more);
        lines
    }

    /// An ACK in a dialog: it stops our 2xx.
    pub(super) fn acknowledged(&mut self, key: Key, ack: Message) {
        let Some(leg) = self.legs.get_mut(key) else { return };
        let number = ack.cseq().map(|c| c.number);
        let Some(unacked) = leg.unacked.take_if(|u| Some(u.cseq) == number) else { return };
        let is_over = leg.is_over();
        let bye = leg.bye_after_ack.take();
        self.acceptance_confirmed(unacked.tx);
        if is_over {
            // A leg the peer ended itself needs no BYE of ours.
            if let Some(lines) = bye {
                self.send_in_dialog(key, super::Purpose::Bye, &crate::method::Method::Bye, &lines, None);
            }
            return self.free_leg(key);
        }
        let leg = LegId(key);
        let event = if unacked.is_first {
            Event::Confirmed { leg, ack }
        } else {
            Event::ReofferConfirmed { leg, ack }
        };
        self.events.push_back(event);
    }

    /// Refuses a change of session that is pending when a leg ends.
    pub(super) fn refuse_pending(&mut self, key: Key) {
        let Some(leg) = self.legs.get_mut(key) else { return };
        if let Reoffer::Received { tx, .. } = std::mem::replace(&mut leg.reoffer, Reoffer::None) {
            self.respond(tx, 487, None, b"", None);
        }
    }
}

/// A token, if it came by a connection.
pub(super) fn token(source: Source, request: &Message) -> Option<BearerToken> {
    source.flow.connection?;
    request.get_all(Name::Authorization).take(8).find_map(BearerToken::parse)
}

/// Proxies may rewrite parts of a Request-URI; user and host must still be what was signed.
fn same_resource<E>(a: &Result<Uri, E>, b: &Result<Uri, E>) -> bool {
    matches!((a, b), (Ok(a), Ok(b)) if a.user() == b.user() && a.host().eq_ignore_ascii_case(b.host()))
}
