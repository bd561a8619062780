//! Making challenges and checking answers to them.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{Algorithm, Credentials, Proof, Secret, push_quoted};
use crate::random::Random;
use crate::scan;

/// Outcome of checking credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The sender knows the secret, and this answer was not used before.
    Accepted,
    /// The answer is right but its nonce is too old or its count was used: challenge again with `stale`.
    Stale,
    /// Wrong user, secret or realm.
    Wrong,
}

/// State of a nonce without looking at the secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NonceCheck {
    Good,
    Stale,
    NotOurs,
}

/// Most nonces whose counts are remembered; only users who proved their secret take a place.
const MAX_SESSIONS: usize = 100_000;

/// Which `nc` of a nonce were used: the highest, and the 63 below it.
#[derive(Debug, Clone, Copy)]
struct Window {
    highest: u32,
    used: u64,
}

impl Window {
    /// Marks `count`; false if it was used or is too far behind (reordering on UDP is at most a few).
    fn mark(&mut self, count: u32) -> bool {
        if count > self.highest {
            self.used = self.used.checked_shl(count - self.highest).unwrap_or(0) | 1;
            self.highest = count;
            return true;
        }
        let behind = self.highest - count;
        let bit = 1u64.checked_shl(behind).unwrap_or(0);
        let is_new = bit != 0 && self.used & bit == 0;
        self.used |= bit;
        is_new
    }
}

/// Nonces without memory until they are used well: time, random number and a keyed hash of both and the source.
#[derive(Debug)]
pub(crate) struct Nonces {
    key: [u8; 32],
    lifetime: Duration,
    windows: HashMap<u64, Window>,
    /// Remembered nonces by expiry, oldest first.
    expiry: VecDeque<(Duration, u64)>,
}

impl Nonces {
    pub(crate) fn new(random: &mut Random, lifetime: Duration) -> Nonces {
        Nonces { key: random.key(), lifetime, windows: HashMap::new(), expiry: VecDeque::new() }
    }

    fn mac(&self, issued: u64, id: u64, source: IpAddr) -> u64 {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("any key length will do");
        mac.update(&issued.to_be_bytes());
        mac.update(&id.to_be_bytes());
        mac.update(source.to_string().as_bytes());
        let tag = mac.finalize().into_bytes();
        u64::from_be_bytes(tag[..8].try_into().expect("eight of 32 bytes"))
    }

    /// A new nonce, good for `source` only: a stolen one is of no use elsewhere.
    pub(crate) fn issue(&self, now: Duration, random: &mut Random, source: IpAddr) -> String {
        let issued = millis(now);
        let id = random.next_u64();
        format!("{issued:016x}{id:016x}{:016x}", self.mac(issued, id, source))
    }

    /// Reads time and number of a nonce of ours.
    fn open(&self, nonce: &str, source: IpAddr) -> Option<(u64, u64)> {
        let bytes = nonce.as_bytes();
        if bytes.len() != 48 {
            return None;
        }
        let [issued, id, tag] = [0, 16, 32].map(|at| scan::hex64(&bytes[at..at + 16]));
        let (issued, id) = (issued?, id?);
        // One 64-bit comparison of a keyed hash has no data-dependent time.
        (self.mac(issued, id, source) == tag?).then_some((issued, id))
    }

    pub(crate) fn check(&self, now: Duration, nonce: &str, source: IpAddr) -> NonceCheck {
        match self.open(nonce, source) {
            None => NonceCheck::NotOurs,
            Some((issued, _)) if self.is_over(now, issued) => NonceCheck::Stale,
            Some(_) => NonceCheck::Good,
        }
    }

    fn is_over(&self, now: Duration, issued: u64) -> bool {
        millis(now).saturating_sub(issued) > millis(self.lifetime)
    }

    /// Checks everything; takes the same time for an unknown user (`secret` is `None`) as for a wrong password.
    pub(crate) fn verify(
        &mut self,
        now: Duration,
        realm: &str,
        credentials: &Credentials,
        secret: Option<&Secret>,
    ) -> Verdict {
        let c = credentials;
        let nobody = Secret::Password(String::new());
        let secret_or_dummy = secret.unwrap_or(&nobody);
        let ha1 = secret_or_dummy.ha1_for(c.algorithm, &c.username, realm);
        let proof = Proof {
            algorithm: c.algorithm,
            method: &c.method,
            uri: &c.uri,
            nonce: &c.nonce,
            qop: Some((&c.nc, &c.cnonce)),
        };
        let wanted = proof.response(ha1.as_deref().unwrap_or_default());
        let same = same_bytes(wanted.as_bytes(), c.response.to_ascii_lowercase().as_bytes());
        if !same || secret.is_none() || ha1.is_none() || c.realm != realm {
            return Verdict::Wrong;
        }
        let parts = [0, 16].map(|at| c.nonce.as_bytes().get(at..at + 16).and_then(scan::hex64));
        let [Some(issued), Some(id)] = parts else { return Verdict::Stale };
        if self.is_over(now, issued) || c.count() == 0 || !self.remember(now, id, c.count()) {
            return Verdict::Stale;
        }
        Verdict::Accepted
    }

    fn remember(&mut self, now: Duration, id: u64, count: u32) -> bool {
        while let Some(&(over, old)) = self.expiry.front()
            && over < now
        {
            self.windows.remove(&old);
            self.expiry.pop_front();
        }
        if let Some(window) = self.windows.get_mut(&id) {
            return window.mark(count);
        }
        if self.windows.len() >= MAX_SESSIONS {
            return false;
        }
        self.windows.insert(id, Window { highest: count, used: 1 });
        // A millisecond more than the lifetime: the nonce must be refused before its counts are forgotten.
        self.expiry.push_back((now + self.lifetime + Duration::from_millis(1), id));
        true
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Compares without stopping at the first difference.
fn same_bytes(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && std::hint::black_box(a.iter().zip(b).fold(0, |acc, (x, y)| acc | (x ^ y))) == 0
}

/// Appends a WWW-Authenticate line.
pub(crate) fn write_challenge(
    out: &mut Vec<u8>,
    realm: &str,
    nonce: &str,
    algorithm: Algorithm,
    stale: bool,
) {
    let mut line = String::from("WWW-Authenticate: Digest ");
    push_quoted(&mut line, "realm", realm);
    push_quoted(&mut line, ", nonce", nonce);
    line.push_str(", algorithm=");
    line.push_str(algorithm.as_str());
    line.push_str(", qop=\"auth\"");
    if stale {
        line.push_str(", stale=true");
    }
    line.push_str("\r\n");
    out.extend_from_slice(line.as_bytes());
}
