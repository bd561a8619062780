//! What an operator sets about messages: `[messages]` and each `[[smpp_route]]`.

use std::{num::NonZeroU32, time::Duration};

use flexio_domain::{AccountSid, DayHours, MessageClass};
use flexio_mail::Relay;
use flexio_messaging::national::{Carried, Language, Languages};
use flexio_messaging::retry::{Disposition, Meanings};
use flexio_outbound::RetryPolicy;
use flexio_smpp::{BindMode, Edition, IdFormat, ReceiptPolicy, Secret, SessionConfig};
use serde::Deserialize;

use crate::{
    smpp_client::{self, TlsOptions},
    smpp_server::{SmppServer, SmppUser},
};

/// Everything the node needs to start.
#[derive(Debug, Default)]
pub struct MessagingConfig {
    /// `[messages]`
    pub messages: Messages,
    /// `[[smpp_route]]`
    pub routes: Vec<SmppRoute>,
    /// Messages that no route serves go to the sandbox carrier.
    pub sandbox: bool,
    /// `[smpp_server]`
    pub smpp_server: SmppServer,
    /// `[[smpp_user]]`
    pub smpp_users: Vec<SmppUser>,
    /// The mail server, if there is one.
    pub relay: Option<Relay>,
    /// Name of this node: after a restart it finds what it was sending.
    pub node: String,
}

/// `[messages]`: pace and limits of the messaging side.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Messages {
    /// Longest time until due work is found without a wake-up, in seconds (1 to 5).
    pub poll_s: u16,
    /// Messages taken from the database at once (1 to 2000).
    pub batch: u32,
    /// Messages whose receipts are expected and that are kept in memory; receipts of others are looked up.
    pub remembered_max: usize,
    /// How long a receipt that overtook the answer to its submit waits for it, in milliseconds (below the carrier's patience).
    pub receipt_wait_ms: u32,
    /// How long the next part of a long incoming message is waited for, in seconds.
    pub part_wait_s: u32,
    /// For this long after a route came up, in seconds, an incoming message with the text, sender and recipient of an earlier one is
    /// taken for that one, sent again.
    pub repeat_window_s: u32,
    /// Applications asked at the same time about incoming messages.
    pub asking_max: usize,
    /// Callbacks in progress, in all.
    pub callbacks_max: usize,
    /// Callbacks in progress to one host.
    pub callbacks_per_host_max: usize,
    /// Waits between tries of a callback.
    pub callback_retry: RetryPolicy,
    /// Days a finished callback is kept for replay.
    pub callbacks_kept_days: u16,
}

impl Default for Messages {
    fn default() -> Self {
        Self {
            poll_s: 2,
            batch: 500,
            remembered_max: 20_000,
            receipt_wait_ms: 20_000,
            part_wait_s: 600,
            repeat_window_s: 300,
            asking_max: 128,
            callbacks_max: 256,
            callbacks_per_host_max: 64,
            callback_retry: RetryPolicy::default(),
            callbacks_kept_days: 7,
        }
    }
}

/// Direction of a bind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bind {
    /// Both ways.
    #[default]
    Transceiver,
    /// Submits only; receipts come by a `receiver` route of the same `carrier`.
    Transmitter,
    /// Deliveries only; never chosen for outgoing messages.
    Receiver,
}

/// Edition of SMPP named in a bind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum SmppVersion {
    /// 3.4.
    #[default]
    #[serde(rename = "3.4")]
    V3_4,
    /// 5.0: the carrier may say in its answers how loaded it is.
    #[serde(rename = "5.0")]
    V5_0,
}

/// How a carrier writes its message ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ids {
    /// Opaque.
    #[default]
    Text,
    /// Hexadecimal number.
    Hex,
    /// Decimal number.
    Decimal,
}

impl Ids {
    const fn format(self) -> IdFormat {
        match self {
            Self::Text => IdFormat::Text,
            Self::Hex => IdFormat::Hex,
            Self::Decimal => IdFormat::Decimal,
        }
    }
}

/// A language that has tables of its own in the GSM alphabet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NationalTable {
    /// Turkish.
    Turkish,
    /// Spanish.
    Spanish,
    /// Portuguese.
    Portuguese,
}

/// How a carrier writes incoming GSM text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MoAlphabet {
    /// One octet per septet.
    #[default]
    Gsm7,
    /// Packed as on the air.
    Gsm7Packed,
    /// Latin-1.
    Latin1,
}

/// How the parts of a long message say that they belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LongMessages {
    /// By a user data header of ours (3GPP TS 23.040 §9.2.3.24.1).
    #[default]
    Udh,
    /// By the `sar_*` TLVs, from which the carrier makes the header (SMPP 3.4 §5.3.2.22 to 24).
    Sar,
}

/// `[[smpp_route]]`: one bind to one SMSC.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SmppRoute {
    /// Unique name, shown in messages, logs and metrics. It must not change: receipts are found by it.
    pub name: String,
    /// Carriers' message ids are unique within this; empty: the name. Binds to one SMSC share it, so that a receipt may come by any.
    pub carrier: String,
    /// Host name or address of the SMSC.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Speak TLS and verify the certificate.
    pub tls: bool,
    /// Name the certificate must carry; empty: the host.
    pub tls_server_name: String,
    /// File of the only authorities trusted (PEM); empty: the system's.
    pub tls_ca_file: String,
    /// Name of this client, at most 15 ASCII characters.
    pub system_id: String,
    /// Password, at most 8 ASCII characters.
    pub password: Password,
    /// Kind of client, mostly empty, at most 12 ASCII characters.
    pub system_type: String,
    /// Edition named in the bind, `3.4` or `5.0`; with 5.0 a carrier that says it is congested gets less at a time.
    pub smpp_version: SmppVersion,
    /// Values of `command_status` by which this carrier says that it is given too much at a time, beside those of SMPP.
    pub throttled_errors: Vec<u32>,
    /// Values after which a message may be tried again, beside those of SMPP.
    pub temporary_errors: Vec<u32>,
    /// Values after which it may not, although SMPP would let it.
    pub permanent_errors: Vec<u32>,
    /// Direction.
    pub bind: Bind,
    /// Recipients served, as prefixes in international form such as `+32`; the longest that fits wins. Empty: all.
    pub prefixes: Vec<String>,
    /// Classes of recipients' numbers served, as the numbering file calls them, such as `mobile`. Empty: all.
    pub recipient_kinds: Vec<String>,
    /// Senders served: numbers, short codes and names, or their beginnings before `*`. Empty: all.
    pub senders: Vec<String>,
    /// Accounts served, by their sids. Empty: all.
    pub accounts: Vec<String>,
    /// What messages may be for: `otp`, `transactional`, `marketing`, `opt-out-answer`. Empty: all.
    pub classes: Vec<MessageClass>,
    /// Hours of the day in which it is used, such as `08:00-20:00`, by `platform.time_zone`; `off`: always.
    pub hours: DayHours,
    /// Of routes with the same prefix, the lowest that is up is used.
    pub priority: u16,
    /// What a segment costs, in micro-units of the currency: of routes with the same prefix and priority, the cheapest that is up is used.
    pub cost_micros: u32,
    /// Share among routes of the same prefix, priority and cost, from 1.
    pub weight: u16,
    /// Submits without an answer, 1 to 100.
    pub window: u16,
    /// Contracted submits per second; 0: no limit but the window.
    pub submits_per_s: u32,
    /// Segments that wait in memory for the window.
    pub queue: usize,
    /// Wait for the answer to a submit, in milliseconds; then its outcome is unknown.
    pub response_timeout_ms: u32,
    /// Silence before an enquiry, in milliseconds.
    pub enquire_interval_ms: u32,
    /// First and longest wait before a new connection, in milliseconds.
    pub reconnect_ms: (u32, u32),
    /// Type of number and numbering plan of recipients (SMPP 3.4 §5.2.5, §5.2.6).
    pub recipient_ton_npi: (u8, u8),
    /// The same of senders that are numbers.
    pub number_ton_npi: (u8, u8),
    /// The same of senders that are short codes.
    pub short_code_ton_npi: (u8, u8),
    /// The same of senders that are names.
    pub name_ton_npi: (u8, u8),
    /// `data_coding` of GSM text.
    pub gsm_data_coding: u8,
    /// `data_coding` of UCS-2 text.
    pub ucs2_data_coding: u8,
    /// `data_coding` of messages that are shown at once and not kept (class 0), as GSM and as UCS-2 text.
    pub flash_data_coding: (u8, u8),
    /// Languages whose GSM tables this carrier hands on (3GPP TS 23.038 §6.2.1.2): a text in one of them then needs half the segments.
    pub national_tables: Vec<NationalTable>,
    /// How the parts of a long message say that they belong together.
    pub long_messages: LongMessages,
    /// How incoming GSM text is written.
    pub mo_alphabet: MoAlphabet,
    /// Country code put before incoming numbers in national form, such as `32`.
    pub mo_country_code: String,
    /// Message ids in answers to submits.
    pub submit_ids: Ids,
    /// Message ids in receipts.
    pub receipt_ids: Ids,
    /// Take unmarked deliveries whose text looks like a receipt for one.
    pub unmarked_receipts: bool,
    /// `err` of receipts is a decimal GSM error (3GPP TS 29.002).
    pub receipt_err_is_gsm: bool,
}

/// A password; prints as `***`.
#[derive(Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(transparent)]
pub struct Password(String);

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl From<&str> for Password {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl Default for SmppRoute {
    fn default() -> Self {
        Self {
            name: String::new(),
            carrier: String::new(),
            host: String::new(),
            port: 2775,
            tls: false,
            tls_server_name: String::new(),
            tls_ca_file: String::new(),
            system_id: String::new(),
            password: Password::default(),
            system_type: String::new(),
            smpp_version: SmppVersion::V3_4,
            throttled_errors: Vec::new(),
            temporary_errors: Vec::new(),
            permanent_errors: Vec::new(),
            bind: Bind::Transceiver,
            prefixes: Vec::new(),
            recipient_kinds: Vec::new(),
            senders: Vec::new(),
            accounts: Vec::new(),
            classes: Vec::new(),
            hours: DayHours::OFF,
            priority: 0,
            cost_micros: 0,
            weight: 1,
            window: 10,
            submits_per_s: 0,
            queue: 1_000,
            response_timeout_ms: 30_000,
            enquire_interval_ms: 30_000,
            reconnect_ms: (1_000, 60_000),
            recipient_ton_npi: (1, 1),
            number_ton_npi: (1, 1),
            short_code_ton_npi: (3, 0),
            name_ton_npi: (5, 0),
            gsm_data_coding: 0,
            ucs2_data_coding: 8,
            flash_data_coding: (0x10, 0x18),
            national_tables: Vec::new(),
            long_messages: LongMessages::Udh,
            mo_alphabet: MoAlphabet::Gsm7,
            mo_country_code: String::new(),
            submit_ids: Ids::Text,
            receipt_ids: Ids::Text,
            unmarked_receipts: false,
            receipt_err_is_gsm: false,
        }
    }
}

/// A route that cannot work.
#[derive(Debug, thiserror::Error)]
#[error("smpp_route `{route}`: {what}")]
pub struct RouteError {
    /// Its name, or its place when it has none.
    pub route: String,
    /// What is wrong with it.
    pub what: String,
}

/// Refuses routes that cannot work, with the first fault found; reads certificate files.
pub fn check(routes: &[SmppRoute]) -> Result<(), RouteError> {
    for (at, route) in routes.iter().enumerate() {
        let name = if route.name.is_empty() { format!("#{}", at + 1) } else { route.name.clone() };
        let wrong = |what: &str| Err(RouteError { route: name.clone(), what: what.to_owned() });
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        if route.name.is_empty() || route.name.len() > 64 || !route.name.bytes().all(plain) {
            return wrong("a name has 1 to 64 letters, digits, `-`, `_` or `.`");
        }
        if route.name == crate::sandbox::NAME || routes[..at].iter().any(|other| other.name == route.name) {
            return wrong("the name is taken");
        }
        if route.host.is_empty() {
            return wrong("there is no host");
        }
        if route.weight == 0 || route.queue == 0 {
            return wrong("weight and queue are at least 1");
        }
        let is_prefix = |p: &String| {
            p.strip_prefix('+').is_some_and(|d| d.len() <= 15 && d.bytes().all(|b| b.is_ascii_digit()))
        };
        if !route.prefixes.iter().all(is_prefix) {
            return wrong("a prefix is `+` and at most 15 digits");
        }
        if route.accounts.iter().any(|account| account.parse::<AccountSid>().is_err()) {
            return wrong("accounts holds what is no account sid");
        }
        if route.senders.iter().any(|sender| sender.trim_end_matches('*').is_empty()) {
            return wrong("a sender is a number, a short code or a name, or its beginning and `*`");
        }
        if let Some(code) = route.meanings().fault() {
            return wrong(&format!("the error {code} is 0, or stands in two lists"));
        }
        let client = route.client();
        client.session.check().or_else(|error| wrong(&error.to_string()))?;
        if client.tls.is_some() {
            let trusted = flexio_tls::client(&route.tls_ca_file);
            trusted.map(|_| ()).or_else(|error| wrong(&format!("tls_ca_file: {error}")))?;
        }
    }
    Ok(())
}

/// Which language tables messages may be written with, by recipient.
pub fn carried(routes: &[SmppRoute]) -> Carried {
    let outgoing = routes.iter().filter(|route| route.bind != Bind::Receiver);
    Carried::new(outgoing.map(|route| (route.prefixes.clone(), route.languages())).collect())
}

impl SmppRoute {
    /// The set within which the carrier's message ids are unique.
    pub fn id_space(&self) -> &str {
        if self.carrier.is_empty() { &self.name } else { &self.carrier }
    }

    /// Host and port.
    pub(crate) fn peer(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// The languages whose tables it hands on.
    pub(crate) fn languages(&self) -> Languages {
        self.national_tables.iter().fold(Languages::default(), |all, table| {
            all.with(match table {
                NationalTable::Turkish => Language::Turkish,
                NationalTable::Spanish => Language::Spanish,
                NationalTable::Portuguese => Language::Portuguese,
            })
        })
    }

    /// What this carrier means by its codes.
    pub(crate) fn meanings(&self) -> Meanings {
        Meanings {
            throttled: self.throttled_errors.clone(),
            temporary: self.temporary_errors.clone(),
            permanent: self.permanent_errors.clone(),
        }
    }

    fn throttled_statuses(&self) -> Vec<u32> {
        let meanings = self.meanings();
        let all = flexio_smpp::config::THROTTLED.into_iter().chain(self.throttled_errors.iter().copied());
        all.filter(|code| meanings.classify(*code) == Disposition::Throttled).collect()
    }

    /// The route as the SMPP client takes it.
    pub(crate) fn client(&self) -> smpp_client::SmppRoute {
        let ms = |ms: u32| Duration::from_millis(ms.into());
        let session = SessionConfig {
            mode: match self.bind {
                Bind::Transceiver => BindMode::Transceiver,
                Bind::Transmitter => BindMode::Transmitter,
                Bind::Receiver => BindMode::Receiver,
            },
            edition: match self.smpp_version {
                SmppVersion::V3_4 => Edition::V3_4,
                SmppVersion::V5_0 => Edition::V5_0,
            },
            system_id: self.system_id.clone(),
            password: Secret::new(self.password.0.clone()),
            system_type: self.system_type.clone(),
            window: self.window,
            submits_per_s: NonZeroU32::new(self.submits_per_s),
            response_timeout: ms(self.response_timeout_ms),
            enquire_interval: ms(self.enquire_interval_ms),
            reconnect: (ms(self.reconnect_ms.0), ms(self.reconnect_ms.1)),
            throttled_statuses: self.throttled_statuses(),
            receipts: ReceiptPolicy {
                submit_ids: self.submit_ids.format(),
                receipt_ids: self.receipt_ids.format(),
                unmarked_text: self.unmarked_receipts,
            },
            // Routes that lost the same carrier together come back apart.
            jitter_seed: self.name.bytes().fold(17, |seed, b| seed * 31 % 1_000_003 + u64::from(b)),
            ..SessionConfig::default()
        };
        smpp_client::SmppRoute {
            name: self.name.clone(),
            host: self.host.clone(),
            port: self.port,
            tls: self.tls_options(),
            session,
            queue: self.queue,
        }
    }

    fn tls_options(&self) -> Option<TlsOptions> {
        let server_name = Some(self.tls_server_name.clone()).filter(|name| !name.is_empty());
        self.tls.then(|| TlsOptions { server_name, ca_file: self.tls_ca_file.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(name: &str) -> SmppRoute {
        SmppRoute { name: name.to_owned(), host: "127.0.0.1".to_owned(), ..SmppRoute::default() }
    }

    #[test]
    fn faults_of_routes_are_found_before_the_start() {
        assert!(check(&[route("a"), route("b")]).is_ok());
        let faulty = [
            SmppRoute { host: String::new(), ..route("a") },
            SmppRoute { window: 0, ..route("a") },
            SmppRoute { weight: 0, ..route("a") },
            SmppRoute { prefixes: vec!["32".to_owned()], ..route("a") },
            SmppRoute { accounts: vec!["AC1".to_owned()], ..route("a") },
            SmppRoute { senders: vec!["*".to_owned()], ..route("a") },
            SmppRoute { password: "longer than eight".into(), ..route("a") },
            SmppRoute { tls: true, tls_ca_file: "/does/not/exist".into(), ..route("a") },
            route("sandbox"),
            route("no blanks"),
        ];
        for fault in faulty {
            assert!(check(std::slice::from_ref(&fault)).is_err(), "{fault:?}");
        }
        assert!(check(&[route("a"), route("a")]).is_err());
    }

    #[test]
    fn a_password_never_prints() {
        let shown = format!("{:?}", SmppRoute { password: "hunter2".into(), ..route("a") });
        assert!(!shown.contains("hunter2"));
    }
}
