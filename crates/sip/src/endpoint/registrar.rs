//! The registrar's side of REGISTER (RFC 3261 §10.3): what a phone asks, shown to the application, which decides.
//!
//! Every REGISTER without a token is challenged, whoever sends it: what is registered decides where calls go. The 401 leaves no
//! state, and what is shown to the application has a token, or credentials with a nonce of ours.

use std::time::Duration;

use super::dialog::write_line;
use super::tables::TxKey;
use super::{Endpoint, Source};
use crate::event::{Event, RegisterContact, RegisterId, Registering};
use crate::header::{ExtraHeaders, Name};
use crate::message::{Message, NameAddr, raw_name_addr, write_name_addr};
use crate::request::{Binding, OpError};
use crate::scan;
use crate::slab::Key;
use crate::uri::{Scheme, Uri};

/// Contacts in one REGISTER; more is no phone.
const MAX_CONTACTS: usize = 10;
/// Lifetime of a contact that names none, in seconds (RFC 3261 §10.2.1.1 leaves it to us).
const DEFAULT_EXPIRES_S: u32 = 3_600;

impl Endpoint {
    pub(super) fn receive_register(&mut self, source: Source, key: TxKey, request: Message) {
        let Some(authorization) = self.authorization(source, &request, "REGISTER") else { return };
        let Some((aor, contacts, removes_all)) = asked(&request) else {
            return self.respond_stateless(&request, source, 400, b"");
        };
        let tag = self.random.next_u64();
        let tx = self.start_server(&request, source.flow, key, tag);
        self.limit_reoffer(tx);
        let Source { flow, trust, .. } = source;
        let registering = Registering {
            id: RegisterId(tx),
            aor,
            contacts,
            removes_all,
            flow,
            trust,
            authorization,
            request,
        };
        self.events.push_back(Event::Register(Box::new(registering)));
    }

    /// The transaction of a request outside dialogs that the application has not decided on.
    pub(super) fn not_decided(&mut self, now: Duration, tx: Key) -> Result<Key, OpError> {
        self.tick(now);
        let is_open = self.servers.get(tx).is_some_and(|tx| tx.is_pending() && tx.leg.is_none());
        if is_open { Ok(tx) } else { Err(OpError::UnknownLeg) }
    }

    /// Asks for credentials once more: the nonce was used before, or is too old.
    pub(super) fn challenge_again(&mut self, now: Duration, tx: Key) -> Result<(), OpError> {
        let tx = self.not_decided(now, tx)?;
        let source = self.servers.get(tx).ok_or(OpError::UnknownLeg)?.to.remote.ip();
        let lines = self.challenge_lines(source, true, usize::MAX).ok_or(OpError::WrongState)?;
        self.respond(tx, 401, None, &lines, None);
        Ok(())
    }

    /// Grants an [`Event::Register`]: 200 with all contacts that are registered now (RFC 3261 §10.3 step 8).
    pub fn accept_register(
        &mut self,
        now: Duration,
        id: RegisterId,
        bindings: &[Binding],
        extra: &ExtraHeaders,
    ) -> Result<(), OpError> {
        let tx = self.not_decided(now, id.0)?;
        let mut lines = Vec::with_capacity(256);
        for binding in bindings {
            lines.extend_from_slice(b"Contact: ");
            write_name_addr(&mut lines, &NameAddr::new(binding.uri.clone()));
            write_line(&mut lines, b";expires=", binding.expires_s.to_string().as_bytes());
        }
        lines.extend_from_slice(extra.lines());
        self.respond(tx, 200, None, &lines, None);
        Ok(())
    }

    /// Refuses an [`Event::Register`] with 300 to 699: 403 to whoever is not who he says, 423 with Min-Expires to one who
    /// comes too often.
    pub fn reject_register(
        &mut self,
        now: Duration,
        id: RegisterId,
        status: u16,
        extra: &ExtraHeaders,
    ) -> Result<(), OpError> {
        let tx = self.not_decided(now, id.0)?;
        if !(300..700).contains(&status) {
            return Err(OpError::BadStatus);
        }
        self.respond(tx, status, None, extra.lines(), None);
        Ok(())
    }

    /// Asks for credentials once more: the nonce was used before, or is too old.
    pub fn challenge_register(&mut self, now: Duration, id: RegisterId) -> Result<(), OpError> {
        self.challenge_again(now, id.0)
    }
}

/// Address of record, contacts, and whether all are to be removed; `None` if it makes no sense (RFC 3261 §10.3 steps 5
/// to 7).
fn asked(request: &Message) -> Option<(Uri, Vec<RegisterContact>, bool)> {
    let aor = request.to().ok()?.uri().clone();
    if !matches!(aor.scheme(), Scheme::Sip | Scheme::Sips) || aor.user().is_none() {
        return None;
    }
    let expires = request.get(Name::Expires).map(|value| scan::decimal(scan::trim(value)));
    // What is no number counts as an hour (RFC 3261 §20.19).
    let default_s = expires.map_or(DEFAULT_EXPIRES_S, |seconds| seconds.unwrap_or(DEFAULT_EXPIRES_S));
    let items: Vec<&[u8]> = request.list(Name::Contact).map(scan::trim).collect();
    if items.contains(&&b"*"[..]) {
        return (items.len() == 1 && default_s == 0 && expires.is_some()).then(|| (aor, Vec::new(), true));
    }
    if items.len() > MAX_CONTACTS {
        return None;
    }
    let contacts: Option<Vec<_>> = items.into_iter().map(|item| contact(item, default_s)).collect();
    Some((aor, contacts?, false))
}

fn contact(item: &[u8], default_s: u32) -> Option<RegisterContact> {
    let raw = raw_name_addr(item)?;
    let uri = Uri::parse(raw.uri).ok()?;
    if !matches!(uri.scheme(), Scheme::Sip | Scheme::Sips) {
        return None;
    }
    let number = |name| scan::param(raw.params, name).and_then(scan::decimal);
    let has_expires = scan::param(raw.params, "expires").is_some();
    let expires_s = if has_expires { number("expires").unwrap_or(DEFAULT_EXPIRES_S) } else { default_s };
    let instance = scan::param(raw.params, "+sip.instance")
        .and_then(|value| String::from_utf8(scan::unquote(value)).ok())
        .filter(|value| !value.is_empty() && value.len() <= 256);
    Some(RegisterContact {
        uri,
        expires_s,
        q_milli: scan::param(raw.params, "q").and_then(q_milli).unwrap_or(1_000),
        instance,
        reg_id: number("reg-id").filter(|id| (1..1 << 31).contains(id)),
    })
}

/// `0.7` as 700 (RFC 3261 §25.1: at most three decimals).
fn q_milli(value: &[u8]) -> Option<u16> {
    let (whole, decimals) = match memchr::memchr(b'.', value) {
        Some(dot) => (&value[..dot], &value[dot + 1..]),
        None => (value, &b""[..]),
    };
    if decimals.len() > 3 {
        return None;
    }
    let mut padded = *b"000";
    padded[..decimals.len()].copy_from_slice(decimals);
    let milli = scan::decimal(whole)? * 1_000 + scan::decimal(&padded)?;
    u16::try_from(milli).ok().filter(|&q| q <= 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn q_is_a_number_of_thousandths_up_to_one() {
        for (text, wanted) in [
            ("1", Some(1_000)),
            ("1.0", Some(1_000)),
            ("0.7", Some(700)),
            ("0.05", Some(50)),
            ("0", Some(0)),
            ("1.1", None),
            ("0.1234", None),
            ("x", None),
        ] {
            assert_eq!(q_milli(text.as_bytes()), wanted, "{text}");
        }
    }
}
