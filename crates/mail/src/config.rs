//! What an operator sets about e-mail: `[smtp]` and each `[[smtp_sender]]`.

use std::fmt;
use std::path::PathBuf;

use flexio_messaging::retry::Waits;
use jiff::SignedDuration;
use serde::Deserialize;

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tls {
    /// Begins in the clear and must change to TLS before anything is said (RFC 3207).
    #[default]
    Starttls,
    /// TLS from the first byte (RFC 8314).
    Tls,
    /// None: for a relay on the same machine.
    None,
}

/// Not shown by `Debug`.
#[derive(Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// `[smtp]`: the mail server that takes our e-mail.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Smtp {
    /// Host name or address; empty: there is no e-mail.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: Tls,
    /// File of the only authorities trusted (PEM); empty: the system's.
    pub tls_ca_file: PathBuf,
    /// Who signs in; empty: nobody.
    pub username: String,
    /// With what.
    pub password: Secret,
    /// Name in EHLO; empty: the domain of `from`.
    pub hello: String,
    /// Sender of what the platform itself writes, and where nobody names one: `Acme <noreply@acme.be>`.
    pub from: String,
    /// Connections at one time (1 to 16).
    pub connections: u8,
    /// Longest wait for the server, in seconds.
    pub timeout_s: u16,
    /// First wait before a temporary refusal is tried again, in seconds; it doubles.
    pub retry_first_s: u32,
    /// Longest such wait.
    pub retry_wait_max_s: u32,
    /// E-mails an account may send in 24 hours.
    pub per_account_day: u32,
}

impl Default for Smtp {
    fn default() -> Self {
        Self {
            host: String::new(),
            port: 587,
            tls: Tls::Starttls,
            tls_ca_file: PathBuf::new(),
            username: String::new(),
            password: Secret::default(),
            hello: String::new(),
            from: String::new(),
            connections: 2,
            timeout_s: 30,
            retry_first_s: 30,
            retry_wait_max_s: 3_600,
            per_account_day: 10_000,
        }
    }
}

impl Smtp {
    /// Waits between tries.
    pub fn waits(&self) -> Waits {
        let seconds = |count: u32| SignedDuration::from_secs(i64::from(count.max(1)));
        Waits { first: seconds(self.retry_first_s), longest: seconds(self.retry_wait_max_s) }
    }
}

/// `[[smtp_sender]]`: a domain e-mail may be sent from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SmtpSender {
    /// What is behind the `@`.
    pub domain: String,
    /// The one account that may; empty: every account.
    pub account: String,
    /// DKIM selector; empty: it is not signed here.
    pub dkim_selector: String,
    /// Private key (PEM, RSA of 2048 bits or more, or Ed25519).
    pub dkim_key_file: PathBuf,
}
