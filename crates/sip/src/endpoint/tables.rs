//! Hash tables of the endpoint, and the keys requests are found by.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};

use crate::header::Name;
use crate::message::{Message, raw_name_addr, raw_via};
use crate::scan;

/// Takes keys as they are: they are random numbers of ours, or the result of a keyed hash.
#[derive(Debug, Default)]
pub(super) struct Identity(u64);

impl Hasher for Identity {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("only whole numbers are keys")
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }

    fn write_u128(&mut self, number: u128) {
        self.0 = u64::try_from(number & u128::from(u64::MAX)).expect("lower half");
    }
}

pub(super) type Table<K, V> = HashMap<K, V, BuildHasherDefault<Identity>>;

/// Name of a server transaction: 128 bits of keyed hash over what RFC 3261 §17.2.3 compares.
pub(super) type TxKey = u128;

/// Keys that peers cannot foresee, so that they cannot choose colliding branches.
#[derive(Debug)]
pub(super) struct Keys {
    high: RandomState,
    low: RandomState,
}

/// RFC 3261 §8.1.1.7.
pub(super) const MAGIC: &[u8] = b"z9hG4bK";

impl Keys {
    pub(super) fn new() -> Keys {
        Keys { high: RandomState::new(), low: RandomState::new() }
    }

    fn hash<T: std::hash::Hash + Copy>(&self, value: T) -> u128 {
        u128::from(self.high.hash_one(value)) << 64 | u128::from(self.low.hash_one(value))
    }

    /// Key of the server transaction of a request, as if its method were `method`: ACK and CANCEL look for INVITE.
    pub(super) fn transaction(&self, request: &Message, method: &str) -> TxKey {
        let text = request.list(Name::Via).next().unwrap_or_default();
        let via = raw_via(text);
        let branch = via.and_then(|v| v.branch()).unwrap_or_default();
        if branch.len() > MAGIC.len() && branch.starts_with(MAGIC) {
            let (host, port) = via.map_or((&b""[..], None), |v| (v.host, v.port));
            return self.hash((branch, host, port, method));
        }
        // Clients from before RFC 3261, or with a branch that is no more than the cookie.
        let cseq = request.cseq().map(|c| c.number);
        let from = request.get(Name::From).and_then(raw_name_addr).and_then(|f| f.tag());
        self.hash((request.request_uri_bytes(), from, request.get(Name::CallId), cseq, text, method))
    }

    /// Key of what two copies of one request have in common that came by different paths (RFC 3261 §8.2.2.2).
    pub(super) fn merged(&self, request: &Message) -> TxKey {
        let from = request.get(Name::From).and_then(raw_name_addr).and_then(|f| f.tag());
        self.hash((from, request.get(Name::CallId), request.get(Name::CSeq)))
    }
}

/// Our number in `z9hG4bK` + 16 hexadecimal digits.
pub(super) fn own_branch(branch: &[u8]) -> Option<u64> {
    scan::hex64(branch.strip_prefix(MAGIC)?)
}
