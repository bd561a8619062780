//! What an operator may set about the use cases.

use std::path::PathBuf;

use flexio_domain::{Address, E164};
use flexio_verify::guard::Policy;
use serde::Deserialize;

/// Settings of the use cases; every one has a default.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AppConfig {
    /// How customers reach the API, without a slash at the end: absolute URLs in answers and documents begin with it.
    pub public_base_url: String,
    /// Loopback only, everything allowed at once: caller ids count as verified, no request limits.
    pub sandbox: bool,
    /// ISO 3166 alpha-2 code of the numbers on offer where a request names no country.
    pub home_country: String,
    /// Short number that outgoing messages leave from when the account has no number that can send.
    pub shared_sender: Address,
    /// Sender names (up to 11 letters, digits, spaces) that any account may send from.
    pub sender_names: Vec<Address>,
    /// Number that verification calls of outgoing caller ids come from. Without one, caller ids can be verified in the sandbox only.
    pub verification_caller: Option<E164>,
    /// Name of this node, stable across restarts and unique among nodes.
    pub node: String,
    /// Where recordings are made, sealed, and lie until they are in the object store, if there is one.
    pub recordings_dir: PathBuf,
    /// Realm of digest authentication (RFC 3261 §22). Passwords of phones are kept as digests for it: after a change they have to be
    /// given again.
    pub sip_realm: String,
    /// Days a recording is kept, from its making, where the account says nothing; 0 keeps it until somebody deletes it.
    pub recording_days: u16,
    /// The MP3 encoder.
    pub lame_program: PathBuf,
    /// Hours an answer is kept under its `Idempotency-Key`.
    pub idempotency_hours: u16,
    /// Fewest characters of a password (never below 8).
    pub password_chars_min: u16,
    /// Seconds a signed media URL may be valid, at most.
    pub media_url_seconds_max: u32,
    /// Seconds a change made on another node may take to be seen here by sign-in and sender checks.
    pub cache_seconds: u16,
    /// Longest talk of a call in seconds, where the request names none or a longer one.
    pub call_seconds_max: u32,
    /// Default validity of a message in seconds.
    pub message_validity_s: u32,
    /// The guard against verification codes that are asked for to earn by their delivery.
    pub verify: VerifyConfig,
}

/// How many verification codes an account may send before the guard refuses, by what they have in common.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VerifyConfig {
    /// To one number in 10 minutes.
    pub per_number_10_minutes: u32,
    /// To one number in a day.
    pub per_number_day: u32,
    /// To one block of a thousand numbers in an hour.
    pub per_block_hour: u32,
    /// For one address of an end user in an hour, where requests name it.
    pub per_client_hour: u32,
    /// Codes to a block in a day from which on it is watched how many of them are used.
    pub watched_from: u32,
    /// Percent of them that must be used.
    pub conversion_min_percent: u8,
}

impl Default for VerifyConfig {
    fn default() -> Self {
        Self {
            per_number_10_minutes: 5,
            per_number_day: 10,
            per_block_hour: 50,
            per_client_hour: 20,
            watched_from: 50,
            conversion_min_percent: 10,
        }
    }
}

impl VerifyConfig {
    pub(crate) fn policy(&self) -> Policy {
        Policy {
            number_10m: self.per_number_10_minutes.into(),
            number_1d: self.per_number_day.into(),
            block_1h: self.per_block_hour.into(),
            client_1h: self.per_client_hour.into(),
            watched_from: self.watched_from.into(),
            conversion_min_percent: self.conversion_min_percent.into(),
        }
    }
}

impl Default for AppConfig {
    fn default() -> Self {
        Self {
            public_base_url: "http://127.0.0.1:8080".to_owned(),
            sandbox: false,
            home_country: "BE".to_owned(),
            shared_sender: Address::ShortCode("8640".to_owned()),
            sender_names: Vec::new(),
            verification_caller: None,
            node: "node-1".to_owned(),
            recordings_dir: PathBuf::from("recordings"),
            sip_realm: "flexio".to_owned(),
            recording_days: 30,
            lame_program: PathBuf::from("lame"),
            idempotency_hours: 24,
            password_chars_min: 8,
            media_url_seconds_max: 3_600,
            cache_seconds: 5,
            call_seconds_max: 14_400,
            message_validity_s: 36_000,
            verify: VerifyConfig::default(),
        }
    }
}
