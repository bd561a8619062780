//! Being registered somewhere (RFC 3261 §10.2): REGISTER, its challenges, refreshes, failures and end.
//!
//! A registration once asked for is kept up until it is taken back: refreshed well before it runs out, tried at the next
//! destination when one is silent or overloaded, and after growing pauses when none grants it (RFC 5626 §4.5).

use std::net::SocketAddr;
use std::time::Duration;

use super::client::{ClientTx, Purpose};
use super::dialog::{local_for, write_line};
use super::{ALLOW, Endpoint, SUPPORTED, Task};
use crate::digest::ClientAuth;
use crate::event::{Event, RegistrationId};
use crate::flow::Destination;
use crate::header::Name;
use crate::message::{Message, raw_name_addr, raw_via, write_body, write_name_addr};
use crate::request::{OpError, RegisterRequest};
use crate::scan;
use crate::slab::Key;
use crate::uri::Uri;

/// Pauses between tries, doubled from the first to the last, and cut by up to half at random.
const FIRST_PAUSE_S: u32 = 15;
const MAX_PAUSE_S: u32 = 1_800;
/// Longest life asked for because a registrar wants it longer.
const MAX_EXPIRES_S: u32 = 86_400;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// A REGISTER is on its way.
    Trying,
    /// The next one goes at this time.
    Waiting(Duration),
    /// The last one, with lifetime 0, is on its way.
    Leaving,
}

/// One registration of ours.
#[derive(Debug)]
pub(super) struct Registration {
    request: RegisterRequest,
    /// Secret of the `line` parameter of our Contact.
    pub(super) line: String,
    auth: Option<ClientAuth>,
    call_id: u64,
    tag: u64,
    cseq: u32,
    /// Destination in use.
    at: usize,
    state: State,
    expires_s: u32,
    failures: u32,
    is_granted: bool,
}

impl Endpoint {
    /// Registers, and keeps registered until [`unregister`](Self::unregister). [`Event::Registered`] and
    /// [`Event::RegistrationFailed`] tell how it stands.
    pub fn register(&mut self, now: Duration, request: RegisterRequest) -> Result<RegistrationId, OpError> {
        self.tick(now);
        let first = request.destinations.first().ok_or(OpError::NoDestination)?;
        local_for(&self.locals, first).ok_or(OpError::NoDestination)?;
        if !scan::is_user(request.contact_user.as_bytes()) || request.contact_user.is_empty() {
            return Err(OpError::BadText);
        }
        let [call_id, tag, line] = [0; 3].map(|_| self.random.next_u64());
        let key = self.registrations.insert(Registration {
            line: format!("{line:016x}"),
            auth: request.login.clone().map(ClientAuth::new),
            expires_s: u32::try_from(request.expires.as_secs())
                .unwrap_or(MAX_EXPIRES_S)
                .clamp(60, MAX_EXPIRES_S),
            request,
            call_id,
            tag,
            cseq: 0,
            at: 0,
            state: State::Trying,
            failures: 0,
            is_granted: false,
        });
        self.send_register(key);
        Ok(RegistrationId(key))
    }

    /// Takes the registration back with a last REGISTER; [`Event::Unregistered`] follows, at the latest after 64·T1.
    pub fn unregister(&mut self, now: Duration, id: RegistrationId) -> Result<(), OpError> {
        self.tick(now);
        let registration = self.registrations.get_mut(id.0).ok_or(OpError::UnknownLeg)?;
        if registration.state == State::Leaving {
            return Err(OpError::WrongState);
        }
        let is_pending = registration.state == State::Trying;
        registration.state = State::Leaving;
        if registration.is_granted {
            self.send_register(id.0);
        } else if !is_pending {
            self.registrations.remove(id.0);
            self.events.push_back(Event::Unregistered { registration: id });
        }
        Ok(())
    }

    /// Where to register from the next REGISTER on: the registrar's name has other addresses now.
    pub fn set_registrar(
        &mut self,
        id: RegistrationId,
        destinations: Vec<Destination>,
    ) -> Result<(), OpError> {
        let registration = self.registrations.get_mut(id.0).ok_or(OpError::UnknownLeg)?;
        if destinations.is_empty() {
            return Err(OpError::NoDestination);
        }
        registration.at = registration.at.min(destinations.len() - 1);
        registration.request.destinations = destinations;
        Ok(())
    }

    /// The registration whose Contact a request is addressed to: only its registrar knows the secret in it.
    pub(super) fn line_of(&self, uri: &Uri) -> Option<RegistrationId> {
        let line = uri.param("line").filter(|line| line.len() == 16)?;
        self.registrations
            .iter()
            .find(|(_, r)| r.is_granted && r.line == line)
            .map(|(key, _)| RegistrationId(key))
    }

    fn send_register(&mut self, key: Key) {
        let branch = self.random.next_u64();
        let Some(registration) = self.registrations.get_mut(key) else { return };
        let to = registration.request.destinations[registration.at];
        let Some(local) = local_for(&self.locals, &to) else { return self.register_failed(key, 503, None) };
        registration.cseq += 1;
        let RegisterRequest { registrar, aor, contact_user, route, .. } = &registration.request;
        let out = &mut self.scratch;
        out.clear();
        for part in ["REGISTER ", registrar.as_str(), " SIP/2.0\r\n"] {
            out.extend_from_slice(part.as_bytes());
        }
        local.write_via(out, branch);
        for route in route {
            out.extend_from_slice(b"Route: ");
            write_name_addr(out, route);
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b"Max-Forwards: 70\r\nFrom: ");
        write_name_addr(out, aor);
        out.extend_from_slice(b";tag=");
        scan::push_hex(out, registration.tag);
        out.extend_from_slice(b"\r\nTo: ");
        write_name_addr(out, aor);
        out.extend_from_slice(b"\r\nCall-ID: ");
        scan::push_hex(out, registration.call_id);
        out.extend_from_slice(b"\r\nCSeq: ");
        scan::push_decimal(out, registration.cseq);
        out.extend_from_slice(b" REGISTER\r\n");
        let expires_s = if registration.state == State::Leaving { 0 } else { registration.expires_s };
        let contact = local.contact(contact_user);
        out.extend_from_slice(b"Contact: ");
        out.extend_from_slice(contact.strip_suffix(b">").unwrap_or(&contact));
        write_line(out, b";line=", format!("{}>;expires={expires_s}", registration.line).as_bytes());
        write_line(out, b"Expires: ", expires_s.to_string().as_bytes());
        if let Some(auth) = &mut registration.auth {
            auth.lines(&mut self.random, "REGISTER", registrar.as_str(), out);
        }
        out.extend_from_slice(ALLOW.as_bytes());
        out.extend_from_slice(SUPPORTED.as_bytes());
        out.extend_from_slice(&self.agent_line);
        write_body(out, b"");
        let is_last = registration.at + 1 == registration.request.destinations.len();
        let bytes = out.as_slice().into();
        let tx = self.start_client(Purpose::Register(key), branch, false, bytes, to);
        if !is_last {
            self.hurry(tx);
        }
    }

    pub(super) fn register_answered(
        &mut self,
        _: &ClientTx,
        key: Key,
        status: u16,
        response: Option<&Message>,
    ) {
        let Some(registration) = self.registrations.get_mut(key) else { return };
        if let (401 | 407, Some(response), Some(auth)) = (status, response, &mut registration.auth)
            && auth.take(response)
        {
            return self.send_register(key);
        }
        if let Some(auth) = &mut registration.auth {
            auth.fresh();
        }
        match (status, response) {
            (200..300, Some(response)) => self.register_granted(key, response),
            (423, Some(response)) if registration.state == State::Trying => {
                let least = response.get(Name::MinExpires).and_then(|value| scan::decimal(scan::trim(value)));
                match least.filter(|&s| s > registration.expires_s && s <= MAX_EXPIRES_S) {
                    Some(least) => {
                        registration.expires_s = least;
                        self.send_register(key);
                    }
                    None => self.register_failed(key, status, Some(response)),
                }
            }
            _ => self.register_failed(key, status, response),
        }
    }

    fn register_granted(&mut self, key: Key, response: &Message) {
        let Some(registration) = self.registrations.get_mut(key) else { return };
        if registration.state == State::Leaving {
            // What left before it was granted is taken back now.
            if std::mem::replace(&mut registration.is_granted, false)
                || granted_s(response, &registration.line).is_none()
            {
                self.registrations.remove(key);
                self.events.push_back(Event::Unregistered { registration: RegistrationId(key) });
            } else {
                self.send_register(key);
            }
            return;
        }
        let expires_s = granted_s(response, &registration.line).unwrap_or(registration.expires_s).max(1);
        (registration.is_granted, registration.failures) = (true, 0);
        // Well before the end: a lost REGISTER has 64·T1 to be found out, and another to be made good.
        let margin = (expires_s / 10).clamp(35, 300).min(expires_s / 2);
        let jitter = self.random.below(expires_s / 20 + 1);
        let after = Duration::from_secs(u64::from(expires_s - margin - jitter.min(expires_s / 4)));
        registration.state = State::Waiting(self.now + after);
        self.timers.set(self.now, after, Task::Register(key));
        let seen_as = seen_as(response);
        self.events.push_back(Event::Registered { registration: RegistrationId(key), expires_s, seen_as });
    }

    pub(super) fn register_failed(&mut self, key: Key, status: u16, response: Option<&Message>) {
        let Some(registration) = self.registrations.get_mut(key) else { return };
        if registration.state == State::Leaving {
            self.registrations.remove(key);
            self.events.push_back(Event::Unregistered { registration: RegistrationId(key) });
            return;
        }
        let is_elsewhere = response.is_none() || status == 503;
        if is_elsewhere && registration.at + 1 < registration.request.destinations.len() {
            registration.at += 1;
            return self.send_register(key);
        }
        registration.at = 0;
        registration.is_granted = false;
        let doubled = FIRST_PAUSE_S << registration.failures.min(8);
        registration.failures = registration.failures.saturating_add(1);
        let longest = doubled.min(MAX_PAUSE_S);
        let pause_s = longest / 2 + self.random.below(longest / 2 + 1);
        let wanted = response.and_then(Message::retry_after).unwrap_or(0).min(MAX_EXPIRES_S);
        let retry_in_s = pause_s.max(wanted);
        let after = Duration::from_secs(u64::from(retry_in_s));
        registration.state = State::Waiting(self.now + after);
        self.timers.set(self.now, after, Task::Register(key));
        let status = response.map(|_| status);
        self.events.push_back(Event::RegistrationFailed {
            registration: RegistrationId(key),
            status,
            retry_in_s,
        });
    }

    pub(super) fn register_again(&mut self, key: Key) {
        let now = self.now;
        let Some(registration) = self.registrations.get_mut(key) else { return };
        if matches!(registration.state, State::Waiting(at) if at <= now) {
            registration.state = State::Trying;
            self.send_register(key);
        }
    }
}

/// Lifetime of our Contact in a 200; the registrar may list others beside it.
fn granted_s(response: &Message, line: &str) -> Option<u32> {
    let ours = response
        .list(Name::Contact)
        .filter_map(raw_name_addr)
        .find(|contact| Uri::parse(contact.uri).is_ok_and(|uri| uri.param("line") == Some(line)));
    let default = response.get(Name::Expires).and_then(|value| scan::decimal(scan::trim(value)));
    match ours {
        Some(contact) => scan::param(contact.params, "expires").and_then(scan::decimal).or(default),
        // Registrars that rewrite contacts list one at least.
        None => response
            .list(Name::Contact)
            .filter_map(raw_name_addr)
            .find_map(|contact| scan::param(contact.params, "expires").and_then(scan::decimal))
            .or(default),
    }
}

/// Our address as the registrar saw it (RFC 3581): another than the bound one in front of a NAT.
fn seen_as(response: &Message) -> Option<SocketAddr> {
    let via = response.list(Name::Via).next().and_then(raw_via)?;
    let ip = scan::param(via.params, "received")
        .and_then(|ip| crate::uri::parse_ip(std::str::from_utf8(ip).ok()?))
        .or_else(|| crate::uri::parse_ip(std::str::from_utf8(via.host).ok()?))?;
    let port = scan::param(via.params, "rport").and_then(scan::decimal);
    let port = port.and_then(|port| u16::try_from(port).ok()).or(via.port)?;
    Some(SocketAddr::new(ip, port))
}
