//! Sorting of inbound messages: to a transaction, a dialog, or neither (RFC 3261 §8.2, §12.2.2, §17.2.3).

use super::leg::{Reoffer, State};
use super::refer::ReferReceived;
use super::tables::TxKey;
use super::uas::{Known, token};
use super::{ALLOW, Endpoint, SUPPORTED, Source, server, to_tag};
use crate::event::{EndCause, LegId};
use crate::flow::Trust;
use crate::header::Name;
use crate::message::{Message, Replaces, Session};
use crate::method::Method;
use crate::scan;
use crate::slab::Key;
use crate::uri::Uri;

/// Extensions a peer may require (RFC 3891, RFC 4488, RFC 3262, RFC 4028).
const EXTENSIONS: [&str; 4] = ["replaces", "norefersub", "100rel", "timer"];

/// What can be received as a body of INVITE, and what goes into Accept.
const ACCEPT: &str = "Accept: application/sdp\r\n";

impl Endpoint {
    pub(super) fn receive(&mut self, source: Source, message: Message) {
        self.trace_received(source, &message);
        let Some(method) = message.method() else {
            return self.receive_response(source.flow.into(), message);
        };
        match method {
            Method::Ack => self.receive_ack(message),
            Method::Cancel => self.receive_cancel(source, &message),
            method => {
                let key = self.keys.transaction(&message, method.as_str());
                match self.server_keys.get(&key) {
                    Some(&tx) => self.repeated(source, tx, &message),
                    None if to_tag(&message).is_some() => self.receive_in_dialog(source, key, message),
                    None => self.receive_new(source, key, message),
                }
            }
        }
    }

    /// A request that came before: what was answered is answered again.
    fn repeated(&mut self, source: Source, tx: Key, request: &Message) {
        if to_tag(request).is_none()
            && let Some(leg) = self.servers.get(tx).and_then(|tx| tx.leg)
        {
            self.trace_received_for(leg, source, request);
        }
        self.repeat_response(tx);
    }

    /// The leg a request in a dialog belongs to: our tag, their tag and Call-ID must be its own.
    pub(super) fn find_leg(&self, request: &Message) -> Option<Key> {
        let key = *self.tags.get(&scan::hex64(to_tag(request)?)?)?;
        self.legs.get(key)?.dialog.has(request).then_some(key)
    }

    /// True if our tag and Call-ID are those of an INVITE of ours that has no final answer.
    pub(super) fn awaits_answer(&self, request: &Message) -> bool {
        let leg = to_tag(request).and_then(scan::hex64).and_then(|tag| self.legs.get(*self.tags.get(&tag)?));
        leg.is_some_and(|leg| {
            matches!(leg.state, State::Calling(_)) && Some(&*leg.dialog.call_id) == request.get(Name::CallId)
        })
    }

    fn receive_new(&mut self, source: Source, key: TxKey, request: Message) {
        if !self.may_answer(source) {
            return;
        }
        if let Some((status, lines)) = refusal(&request) {
            return self.respond_stateless(&request, source, status, lines.as_bytes());
        }
        match request.method() {
            Some(Method::Invite) => self.receive_invite(source, key, request),
            Some(Method::Register) if self.config.auth.is_some() => {
                self.receive_register(source, key, request);
            }
            Some(Method::Subscribe) if self.config.auth.is_some() => {
                self.receive_subscribe(source, key, request);
            }
            Some(Method::Message) if self.config.auth.is_some() => self.receive_page(source, key, request),
            // Asked what we can do, say it; it is also how peers see that we live (RFC 3261 §11.2).
            Some(Method::Options) => self.respond_stateless(&request, source, 200, capabilities().as_bytes()),
            // A BYE or the like without dialog has nothing to act on (RFC 3261 §15.1.2).
            // Without anybody to check who wrote it, a MESSAGE is served within a dialog only (RFC 3428 §5).
            Some(
                Method::Bye
                | Method::Info
                | Method::Message
                | Method::Update
                | Method::Prack
                | Method::Notify,
            ) => {
                self.respond_stateless(&request, source, 481, b"");
            }
            Some(Method::Other(_)) => self.respond_stateless(&request, source, 501, ALLOW.as_bytes()),
            _ => self.respond_stateless(&request, source, 405, ALLOW.as_bytes()),
        }
    }

    fn receive_invite(&mut self, mut source: Source, key: TxKey, request: Message) {
        let uri = request.request_uri().ok();
        let line = uri.as_ref().and_then(|uri| self.line_of(uri));
        if line.is_some() {
            source.trust = Trust::Trusted;
        }
        let merged = self.keys.merged(&request);
        if self.merged.contains_key(&merged) {
            return self.respond_stateless(&request, source, 482, b"");
        }
        let is_full = self.legs.len() >= self.config.max_legs;
        let call_id = request.get(Name::CallId).unwrap_or_default();
        let is_too_much = is_full || self.shedder.refuses(call_id);
        if is_too_much && !uri.is_some_and(|uri| self.is_never_shed(&uri)) {
            self.shed_count += 1;
            let retry_after = format!("Retry-After: {}\r\n", self.shedder.level.retry_after_s.max(1));
            return self.respond_stateless(&request, source, 503, retry_after.as_bytes());
        }
        let must_prove = match source.trust {
            Trust::Trusted => false,
            // Whoever shows credentials wants them looked at; what dialogs exist is for those only who have some.
            Trust::Listed => [Name::Authorization, Name::Replaces].iter().any(|&n| request.get(n).is_some()),
            Trust::Unknown => true,
        };
        let must_prove = must_prove && self.config.auth.is_some();
        let authorization = if must_prove || token(source, &request).is_some() {
            let Some(shown) = self.authorization(source, &request, "INVITE") else { return };
            Some(shown)
        } else {
            None
        };
        let replaces = match self.replaced_by(&request) {
            Ok(replaces) => replaces,
            Err(status) => return self.respond_stateless(&request, source, status, b""),
        };
        self.new_inbound(source, key, merged, request, Known { authorization, replaces, line });
    }

    /// Whether this is somebody who is reached under any load.
    pub(super) fn is_never_shed(&self, uri: &Uri) -> bool {
        uri.is_emergency_service()
            || uri.user_decoded().is_some_and(|user| self.config.never_shed.contains(&user))
    }

    /// The leg an INVITE is to take the place of (RFC 3891 §3). Only sources that are trusted, or have good credentials,
    /// come this far: others would learn which dialogs exist.
    fn replaced_by(&self, request: &Message) -> Result<Option<LegId>, u16> {
        let mut values = request.get_all(Name::Replaces);
        let Some(value) = values.next() else { return Ok(None) };
        let replaces = Replaces::parse(value).filter(|_| values.next().is_none()).ok_or(400_u16)?;
        let leg = self.named_by(&replaces).ok_or(481_u16)?;
        match self.legs.get(leg.0).map(|l| &l.state) {
            Some(State::Over) => Err(603),
            Some(State::Talking) if replaces.early_only => Err(486),
            Some(State::Talking | State::Calling(_)) => Ok(Some(leg)),
            // An early dialog that the peer began cannot be replaced.
            _ => Err(481),
        }
    }

    fn receive_ack(&mut self, ack: Message) {
        let key = self.keys.transaction(&ack, "INVITE");
        if let Some(&tx) = self.server_keys.get(&key)
            && self.servers.get(tx).is_some_and(|tx| tx.state == server::State::Completed)
        {
            return self.refusal_confirmed(tx);
        }
        if let Some(leg) = self.find_leg(&ack) {
            self.acknowledged(leg, ack);
        }
    }

    fn receive_cancel(&mut self, source: Source, request: &Message) {
        let key = self.keys.transaction(request, "INVITE");
        let invite = self.server_keys.get(&key).copied();
        let Some((tx, server)) = invite.and_then(|tx| Some((tx, self.servers.get(tx)?))) else {
            if self.may_answer(source) {
                self.respond_stateless(request, source, 481, b"");
            }
            return;
        };
        let (leg, is_pending) = (server.leg, server.state == server::State::Pending);
        if let Some(leg) = leg.filter(|_| to_tag(request).is_none()) {
            self.trace_received_for(leg, source, request);
        }
        // The answer carries the tag the INVITE's answers have (RFC 3261 §9.2).
        let tag = leg.and_then(|leg| self.legs.get(leg)).map(|leg| leg.dialog.local_tag);
        self.respond_with_tag(request, source, tag);
        let (true, Some(leg)) = (is_pending, leg) else { return };
        match self.legs.get_mut(leg) {
            Some(l) if matches!(l.state, State::Incoming { .. }) => {
                self.respond(tx, 487, None, b"", None);
                self.end_leg(leg, EndCause::RemoteCancel { reason: request.reason() });
            }
            // The re-INVITE is taken back; the session stays as it was.
            Some(l) if matches!(l.reoffer, Reoffer::Received { .. }) => {
                l.reoffer = Reoffer::None;
                self.respond(tx, 487, None, b"", None);
            }
            _ => {}
        }
    }

    /// The application has not decided in time: an INVITE gets 480, a change of session 488, a transfer 603.
    pub(super) fn application_is_late(&mut self, leg: Key, tx: Key) {
        let Some(l) = self.legs.get_mut(leg) else { return };
        if matches!(l.refer_received, Some(ReferReceived::Asked { tx: asked, .. }) if asked == tx) {
            self.refuse_refer(leg, 603);
        } else if matches!(l.state, State::Incoming { .. }) {
            self.respond(tx, 480, None, b"", None);
            self.end_leg(leg, EndCause::Rejected { status: 480 });
        } else {
            l.reoffer = Reoffer::None;
            self.respond(tx, 488, None, b"", None);
        }
    }

    /// Nobody acknowledged our 2xx: hang up (RFC 3261 §13.3.1.4, §14.2).
    pub(super) fn ack_never_came(&mut self, leg: Key, tx: Key) {
        let Some(l) = self.legs.get_mut(leg) else { return };
        if l.unacked.is_some_and(|u| u.tx == tx) {
            l.unacked = None;
        }
        let lines = l.bye_after_ack.take().unwrap_or_default();
        self.send_in_dialog(leg, super::Purpose::Bye, &Method::Bye, &lines, None);
        self.end_leg(leg, EndCause::NoAck);
        self.free_leg(leg);
    }
}

/// Lines that say what this endpoint can do.
pub(super) fn capabilities() -> String {
    format!("{ALLOW}{SUPPORTED}{ACCEPT}")
}

/// What is wrong with a request before any state is looked at, with the lines of its answer (RFC 3261 §8.2.1–§8.2.3).
pub(super) fn refusal(request: &Message) -> Option<(u16, String)> {
    let is_invite = request.method() == Some(&Method::Invite);
    // We stand between two calls: an INVITE that may not be forwarded would only loop on.
    if is_invite && request.get(Name::MaxForwards).and_then(scan::decimal) == Some(0) {
        return Some((483, String::new()));
    }
    let is_known = |tag: &[u8]| EXTENSIONS.iter().any(|known| tag.eq_ignore_ascii_case(known.as_bytes()));
    let unsupported: Vec<_> = request
        .list(Name::Require)
        .filter(|tag| !is_known(scan::trim(tag)))
        .map(String::from_utf8_lossy)
        .collect();
    if !unsupported.is_empty() {
        return Some((420, format!("Unsupported: {}\r\n", unsupported.join(", "))));
    }
    if !is_invite && request.method() != Some(&Method::Update) {
        return None;
    }
    if let Some(lines) = super::refresh::too_short(request) {
        return Some((422, lines));
    }
    let coded = request.list(Name::ContentEncoding).any(|c| !c.eq_ignore_ascii_case(b"identity"));
    let optional = request.get(Name::ContentDisposition).is_some_and(|value| {
        scan::param(&value[memchr::memchr(b';', value).unwrap_or(value.len())..], "handling")
            .is_some_and(|handling| handling.eq_ignore_ascii_case(b"optional"))
    });
    if (coded || request.session() == Session::Unknown) && !optional {
        return Some((415, format!("{ACCEPT}Accept-Encoding: identity\r\n")));
    }
    if is_invite && !request.accepts("application/sdp") {
        return Some((406, ACCEPT.to_owned()));
    }
    None
}
