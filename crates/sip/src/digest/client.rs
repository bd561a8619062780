//! Answering challenges.

use super::{Algorithm, Proof, digest_params, find, push_quoted};
use crate::header::Name;
use crate::message::Message;
use crate::random::Random;
use crate::request::Login;

/// A challenge that can be answered.
#[derive(Debug, Clone)]
struct Challenge {
    realm: String,
    nonce: String,
    opaque: Option<String>,
    algorithm: Algorithm,
    /// False for servers from before qop.
    qop: bool,
    stale: bool,
}

impl Challenge {
    fn parse(value: &[u8]) -> Option<Challenge> {
        let params = digest_params(value)?;
        let algorithm = match find(&params, "algorithm") {
            Some(name) => Algorithm::parse(name.as_bytes())?,
            None => Algorithm::Md5,
        };
        let qop = match find(&params, "qop") {
            Some(list) => list.split(',').any(|q| q.trim().eq_ignore_ascii_case("auth")).then_some(true)?,
            None => false,
        };
        Some(Challenge {
            realm: find(&params, "realm")?.to_owned(),
            nonce: find(&params, "nonce")?.to_owned(),
            opaque: find(&params, "opaque").map(str::to_owned),
            algorithm,
            qop,
            stale: find(&params, "stale").is_some_and(|s| s.eq_ignore_ascii_case("true")),
        })
    }
}

/// The challenge of one realm we have met and how often it was answered.
#[derive(Debug, Clone)]
struct Session {
    challenge: Challenge,
    nc: u32,
    /// Challenges met for the request at hand.
    tries: u8,
}

/// What one leg or request knows of the challenges on its path: by a proxy (407) and by the far end (401).
#[derive(Debug, Clone)]
pub(crate) struct ClientAuth {
    login: Login,
    proxy: Option<Session>,
    origin: Option<Session>,
}

impl ClientAuth {
    pub(crate) fn new(login: Login) -> ClientAuth {
        ClientAuth { login, proxy: None, origin: None }
    }

    /// Takes the challenge of a 401 or 407; false if trying again makes no sense: nothing to answer with, or the
    /// same realm refused an answer made with a nonce it did not call stale.
    pub(crate) fn take(&mut self, response: &Message) -> bool {
        let (slot, name) = match response.status() {
            Some(401) => (&mut self.origin, Name::WwwAuthenticate),
            Some(407) => (&mut self.proxy, Name::ProxyAuthenticate),
            _ => return false,
        };
        // The strongest hash wins; of two alike the first (RFC 8760 §2.4).
        let best = response
            .get_all(name)
            .filter_map(Challenge::parse)
            .reduce(|best, next| if next.algorithm > best.algorithm { next } else { best });
        let Some(challenge) = best else { return false };
        let tries = slot.as_ref().map_or(0, |old| old.tries);
        let may_answer = tries == 0 || tries < 3 && challenge.stale;
        *slot = Some(Session { challenge, nc: 0, tries: tries + 1 });
        may_answer
    }

    /// Begins a new request in the dialog: it may be challenged anew.
    pub(crate) fn fresh(&mut self) {
        for session in [&mut self.proxy, &mut self.origin].into_iter().flatten() {
            session.tries = 0;
        }
    }

    /// Header lines for a request; empty before the first challenge.
    pub(crate) fn lines(&mut self, random: &mut Random, method: &str, uri: &str, out: &mut Vec<u8>) {
        for (session, name) in [(&mut self.proxy, "Proxy-Authorization"), (&mut self.origin, "Authorization")]
        {
            let Some(session) = session else { continue };
            session.nc += 1;
            let cnonce = format!("{:016x}", random.next_u64());
            let Some(value) = answer(session, &self.login, method, uri, &cnonce) else { continue };
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(b": ");
            out.extend_from_slice(value.as_bytes());
            out.extend_from_slice(b"\r\n");
        }
    }
}

fn answer(session: &Session, login: &Login, method: &str, uri: &str, cnonce: &str) -> Option<String> {
    let Session { challenge, nc, .. } = session;
    let nc = format!("{nc:08x}");
    let proof = Proof {
        algorithm: challenge.algorithm,
        method,
        uri,
        nonce: &challenge.nonce,
        qop: challenge.qop.then_some((&nc, cnonce)),
    };
    let ha1 = login.secret.ha1_for(challenge.algorithm, &login.username, &challenge.realm)?;
    let mut out = String::from("Digest ");
    push_quoted(&mut out, "username", &login.username);
    for (name, value) in [
        (", realm", challenge.realm.as_str()),
        (", nonce", &challenge.nonce),
        (", uri", uri),
        (", response", &proof.response(&ha1)),
    ] {
        push_quoted(&mut out, name, value);
    }
    out.push_str(", algorithm=");
    out.push_str(challenge.algorithm.as_str());
    if challenge.qop {
        push_quoted(&mut out, ", cnonce", cnonce);
        out.push_str(", qop=auth, nc=");
        out.push_str(&nc);
    }
    if let Some(opaque) = &challenge.opaque {
        push_quoted(&mut out, ", opaque", opaque);
    }
    Some(out)
}
