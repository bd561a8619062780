//! The configuration: one section per component, a default for everything, unknown keys refused.
//!
//! `docs/config.toml` documents every key and equals the defaults (tested). `FLEXIO_SECTION__KEY` overrides a key of a section;
//! nothing else does.

mod money;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use flexio_app::VerifyPolicy;
use flexio_domain::DayHours;
use flexio_messaging_node as messaging_node;
use flexio_voice_node::config as voice;

pub(crate) use money::{
    Billing, CarrierListFolder, CarrierPrices, Documents, DocumentsWay, Limits, Payments,
};

/// The documented file: it names every key, and the type of each.
const DOCUMENTED: &str = include_str!("../../../docs/config.toml");

/// Fewest days a number rests that was given back.
const QUARANTINE_DAYS_MIN: u16 = 31;

/// The whole file.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    pub http: Http,
    pub storage: Storage,
    pub platform: Platform,
    pub sip: voice::Sip,
    pub media: voice::Media,
    pub calls: voice::Calls,
    pub trunk: Vec<voice::Trunk>,
    pub messages: messaging_node::config::Messages,
    pub smpp_route: Vec<messaging_node::config::SmppRoute>,
    /// `[[carrier_prices]]`: what a trunk or SMPP route costs.
    pub carrier_prices: Vec<CarrierPrices>,
    /// `[[carrier_lists]]`: a carrier's own lists of calls, compared each night.
    pub carrier_lists: Vec<CarrierListFolder>,
    pub smpp_server: messaging_node::smpp_server::SmppServer,
    pub smpp_user: Vec<messaging_node::smpp_server::SmppUser>,
    pub terms: Vec<flexio_domain::Terms>,
    /// `[limits]`
    pub limits: Limits,
    pub smtp: flexio_mail::Smtp,
    pub smtp_sender: Vec<flexio_mail::SmtpSender>,
    pub outbound: Outbound,
    pub speech: Speech,
    pub recogniser: Vec<flexio_speech::RecogniserConfig>,
    pub tts: Vec<flexio_speech::TtsConfig>,
    pub recordings: Recordings,
    /// `[exports]`
    pub exports: Exports,
    /// `[retention]`: how long what is kept.
    pub retention: flexio_app::RetentionTerms,
    pub billing: Billing,
    /// `[payments]`
    pub payments: Payments,
    /// `[documents]`
    pub documents: Documents,
    pub operator: flexio_domain::Operator,
    pub sandbox: Sandbox,
    pub log: Log,
}

/// `[http]`: the API.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Http {
    /// Address of the API.
    pub listen: SocketAddr,
    /// URL customers reach it by, without a slash at the end; empty: `listen`, with `https://` where there is a certificate.
    pub public_url: String,
    /// File with the certificate and its chain (PEM): the API and the console speak HTTPS only. Empty: HTTP, for a proxy in front.
    pub tls_cert: String,
    /// File with its key (PEM).
    pub tls_key: String,
    /// Requests per second of one account or key; 0 no limit.
    pub rate_per_key: u32,
    /// Requests one account or key may save up.
    pub burst_per_key: u32,
    /// Believe `X-Forwarded-For` (its last address): only behind a proxy that writes it.
    pub behind_proxy: bool,
    /// Roles of the console whose people must sign in with a second factor.
    pub second_factor: Vec<flexio_domain::Role>,
    /// A session of the console ends after so many minutes of disuse, 5–1 440.
    pub session_idle_minutes: u16,
    /// And after so many hours, 1–168, unless it is made longer.
    pub session_hours: u16,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            public_url: String::new(),
            tls_cert: String::new(),
            tls_key: String::new(),
            rate_per_key: 100,
            burst_per_key: 200,
            behind_proxy: false,
            second_factor: Vec::new(),
            session_idle_minutes: 30,
            session_hours: 12,
        }
    }
}

/// `[storage]`
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Storage {
    /// `postgres://…` for many nodes; empty keeps everything in `flexio.db` in the data directory (SQLite).
    pub postgres_url: String,
}

/// `[platform]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Platform {
    /// Name of this node, stable across restarts and unique among nodes.
    pub node: String,
    /// ISO 3166 alpha-2 code of the numbers on offer.
    pub home_country: String,
    /// Short number that messages leave from when the account has no number that can send.
    pub shared_sender: String,
    /// Sender names (up to 11 letters, digits, spaces) that any account may send from.
    pub sender_names: Vec<String>,
    /// Number that verification calls of outgoing caller ids come from; without one, caller ids can be verified in the sandbox only.
    pub verification_caller: String,
    /// The operator's clock (IANA), and that of recipients of whose prefix nothing is said.
    pub time_zone: String,
    /// Clocks of recipients by prefix, such as `+44`.
    pub recipient_time_zones: BTreeMap<String, String>,
    /// Hours in which marketing waits, by the recipient's clock, where neither account nor messaging service says otherwise; `off` for none.
    pub quiet_hours: DayHours,
    /// Seconds a message may wait for delivery where the request names none.
    pub message_validity_s: u32,
    /// How far ahead a scheduled message must lie, in seconds, up to 35 days.
    pub schedule_min_s: u32,
    /// Days a released number is not for rent; none in a sandbox.
    pub number_quarantine_days: u16,
    /// A geographic number is rented with a proof of address in its zone or a declaration of nomadic use only.
    pub number_declarations: bool,
    /// Segments of one account's messages that leave in a second, unless the account says otherwise; 0 is no limit.
    pub account_messages_per_s: u32,
    /// Messages of one account that may wait to be sent; with more, new ones are refused for a while. 0 is no limit.
    pub account_messages_waiting_max: u32,
    /// The same for all accounts together.
    pub messages_waiting_max: u32,
    /// Realm of digest authentication; passwords of phones are kept for it.
    pub sip_realm: String,
    /// Hours an answer is kept under its `Idempotency-Key`.
    pub idempotency_hours: u16,
    /// `[platform.verify]`: the guard of verification codes.
    pub verify: VerifyPolicy,
}

impl Default for Platform {
    fn default() -> Self {
        Self {
            node: "node-1".to_owned(),
            home_country: "BE".to_owned(),
            shared_sender: "8640".to_owned(),
            sender_names: Vec::new(),
            verification_caller: String::new(),
            time_zone: "Europe/Brussels".to_owned(),
            recipient_time_zones: BTreeMap::new(),
            quiet_hours: "21:00-08:00".parse().expect("hours of a day"),
            message_validity_s: 36_000,
            schedule_min_s: 900,
            number_quarantine_days: 90,
            number_declarations: false,
            account_messages_per_s: 0,
            account_messages_waiting_max: 1_000_000,
            messages_waiting_max: 5_000_000,
            sip_realm: "flexio".to_owned(),
            idempotency_hours: 24,
            verify: VerifyPolicy::default(),
        }
    }
}

/// `[recordings]`: how long and where.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Recordings {
    /// Days a recording is kept where its account says nothing; 0 for ever.
    pub retention_days: u16,
    /// The MP3 encoder.
    pub lame_program: PathBuf,
    /// `[recordings.s3]`
    pub s3: S3,
}

impl Default for Recordings {
    fn default() -> Self {
        Self { retention_days: 30, lame_program: PathBuf::from("lame"), s3: S3::default() }
    }
}

/// `[exports]`: archives of accounts.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Exports {
    /// Days an archive can be fetched, 1 to 30.
    pub keep_days: u16,
}

impl Default for Exports {
    fn default() -> Self {
        Self { keep_days: 7 }
    }
}

/// `[recordings.s3]`: the bucket finished recordings go to.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct S3 {
    /// Empty: recordings stay in the data directory.
    pub bucket: String,
    /// URL of the service; empty: Amazon's of the region.
    pub endpoint: String,
    /// Region, which is part of signatures.
    pub region: String,
    /// Who asks.
    pub access_key_id: String,
    /// What signs.
    pub secret_access_key: String,
    /// The bucket is in the path and not in the host name.
    pub path_style: bool,
}

impl Default for S3 {
    fn default() -> Self {
        Self {
            bucket: String::new(),
            endpoint: String::new(),
            region: "us-east-1".to_owned(),
            access_key_id: String::new(),
            secret_access_key: String::new(),
            path_style: true,
        }
    }
}

impl std::fmt::Debug for S3 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("S3")
            .field("bucket", &self.bucket)
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

/// `[outbound]`: requests to customers' servers.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Outbound {
    /// Refuse `http:` URLs.
    pub https_only: bool,
    /// Networks that may be reached although they are private, such as `10.1.0.0/16`.
    pub allow_private_cidrs: Vec<String>,
    /// Ports below 1024 that may be reached.
    pub low_ports: Vec<u16>,
    /// Time for a connection, in milliseconds.
    pub connect_timeout_ms: u32,
    /// Time for a whole fetch, in milliseconds.
    pub total_timeout_ms: u32,
    /// Largest document, in bytes.
    pub instruction_bytes_max: usize,
    /// Largest media file, in bytes.
    pub media_bytes_max: usize,
    /// File with further certificate authorities (PEM); empty for none.
    pub extra_ca_file: String,
}

impl Default for Outbound {
    fn default() -> Self {
        Self {
            https_only: false,
            allow_private_cidrs: Vec::new(),
            low_ports: vec![80, 443],
            connect_timeout_ms: 3_000,
            total_timeout_ms: 15_000,
            instruction_bytes_max: 65_536,
            media_bytes_max: 5_242_880,
            extra_ca_file: String::new(),
        }
    }
}

/// `[speech]`: text to speech.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Speech {
    /// The espeak-ng program, by name or path.
    pub espeak_program: String,
    /// Samples kept in memory, in bytes.
    pub memory_cache_bytes: usize,
    /// Size of the folder `cache/tts` in the data directory, in bytes.
    pub disk_cache_bytes: u64,
}

impl Default for Speech {
    fn default() -> Self {
        Self {
            espeak_program: "espeak-ng".to_owned(),
            memory_cache_bytes: 67_108_864,
            disk_cache_bytes: 536_870_912,
        }
    }
}

/// `[sandbox]`
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Sandbox {
    /// A platform without carriers for one machine: loopback only, test numbers in stock, the sandbox carrier for off-net traffic.
    /// On when there is no configuration file.
    pub enabled: bool,
    /// SIP address off-net calls are handed to instead of the built-in sandbox carrier, such as `127.0.0.1:5090`; empty for none.
    pub carrier: String,
}

/// `[log]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Log {
    /// `error`, `warn`, `info`, `debug`, or filters such as `info,flexio_sip=debug`.
    pub level: String,
    /// `text` for people, `json` for programs.
    pub format: LogFormat,
}

/// Form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LogFormat {
    #[default]
    Text,
    Json,
}

impl Default for Log {
    fn default() -> Self {
        Self { level: "info".to_owned(), format: LogFormat::Text }
    }
}

impl Config {
    /// Reads the file, if any, then the environment. Without a file this is the sandbox.
    pub(crate) fn load(
        file: Option<&Path>,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Self> {
        let mut table = match file {
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .with_context(|| format!("cannot read {}", path.display()))?;
                text.parse::<toml::Table>().with_context(|| format!("{} is not TOML", path.display()))?
            }
            None => toml::Table::new(),
        };
        override_by(&mut table, environment)?;
        let named = |table: &toml::Table| table.get("sandbox").and_then(|s| s.get("enabled")).is_some();
        let mut config: Self = if file.is_some() || named(&table) {
            table.try_into().context("configuration")?
        } else {
            let mut config: Self = table.try_into().context("configuration")?;
            config.sandbox.enabled = true;
            config
        };
        config.sanitise()?;
        Ok(config)
    }

    fn sanitise(&mut self) -> Result<()> {
        if self.sip.listen.ip().is_unspecified() {
            bail!(
                "sip.listen is {}: name the one address peers reach this node by (behind a NAT: the private one, and sip.advertised)",
                self.sip.listen
            );
        }
        if !(5..=1_440).contains(&self.http.session_idle_minutes)
            || !(1..=168).contains(&self.http.session_hours)
        {
            bail!("http.session_idle_minutes is 5 to 1440, http.session_hours 1 to 168");
        }
        // Whoever has left may take his number along for a month: it must not be somebody else's by then.
        if !self.sandbox.enabled && self.platform.number_quarantine_days < QUARANTINE_DAYS_MIN {
            bail!(
                "platform.number_quarantine_days is {}: a number may be taken to another operator for a month after its contract, so at least {QUARANTINE_DAYS_MIN} outside a sandbox",
                self.platform.number_quarantine_days
            );
        }
        if self.sandbox.enabled {
            for (name, address) in [("http.listen", self.http.listen), ("sip.listen", self.sip.listen)] {
                if !address.ip().is_loopback() {
                    bail!(
                        "{name} is {address}, but the sandbox listens on loopback only: write a configuration file with [sandbox] enabled = false"
                    );
                }
            }
            self.outbound.allow_private_cidrs.extend(["127.0.0.0/8".to_owned(), "::1/128".to_owned()]);
        }
        Ok(())
    }

    /// URL customers reach the API by.
    pub(crate) fn public_url(&self, bound: SocketAddr) -> String {
        if self.http.public_url.is_empty() {
            format!("{}://{bound}", if self.http.tls_cert.is_empty() { "http" } else { "https" })
        } else {
            self.http.public_url.trim_end_matches('/').to_owned()
        }
    }

    /// What makes this set-up less safe than it could be, for the log and the health page.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.sandbox.enabled {
            warnings.push(
                "sandbox mode: no real carrier, test numbers, private webhook targets allowed".to_owned(),
            );
        }
        if !self.sandbox.enabled && !self.sip.listen.ip().is_loopback() && self.trunk.is_empty() {
            warnings.push(
                "SIP listens on a public address and no trunk is configured: every call is refused"
                    .to_owned(),
            );
        }
        let is_plain = self.http.tls_cert.is_empty();
        if !self.sandbox.enabled && is_plain && !self.http.public_url.starts_with("https://") {
            warnings.push("http.public_url is not https: credentials travel readable unless a proxy in front speaks TLS; or set http.tls_cert and http.tls_key".to_owned());
        }
        if self.smpp_server.listen.is_some_and(|address| !address.ip().is_loopback()) {
            warnings.push(
                "smpp_server.listen is a public address: passwords of programs travel readable; let them use smpp_server.tls_listen"
                    .to_owned(),
            );
        }
        if self.outbound.allow_private_cidrs.iter().any(|c| c.starts_with("0.0.0.0/") || c == "::/0") {
            warnings.push("outbound.allow_private_cidrs allows everything: webhooks can reach this network's own services".to_owned());
        }
        warnings
    }
}

/// Applies `FLEXIO_SECTION__KEY=value`. Values are TOML where they read as such (`true`, `["a"]`), and whole numbers where the key
/// wants one; everything else is text.
fn override_by(table: &mut toml::Table, environment: impl Iterator<Item = (String, String)>) -> Result<()> {
    let defaults: toml::Table = DOCUMENTED.parse().context("docs/config.toml")?;
    for (name, value) in environment {
        let Some((section, key)) = name.strip_prefix("FLEXIO_").and_then(|rest| rest.split_once("__")) else {
            continue;
        };
        let (section, key) = (section.to_lowercase(), key.to_lowercase());
        let wants_text = defaults.get(&section).and_then(|s| s.get(&key)).is_some_and(toml::Value::is_str);
        let parsed = format!("v = {value}").parse::<toml::Table>().ok().and_then(|mut t| t.remove("v"));
        // `8640` is a number to TOML and a sender to us; an address such as 127.0.0.1:80 is no TOML value at all.
        let value =
            parsed.filter(|parsed| !wants_text || parsed.is_str()).unwrap_or(toml::Value::String(value));
        let entry = table.entry(section.clone()).or_insert_with(|| toml::Value::Table(toml::Table::new()));
        let Some(section_table) = entry.as_table_mut() else {
            bail!("{name}: [{section}] is no section with single keys")
        };
        section_table.insert(key, value);
    }
    Ok(())
}

/// Where things lie in the data directory.
#[derive(Debug, Clone)]
pub(crate) struct DataDir(pub PathBuf);

impl DataDir {
    /// Makes the directory if need be; refuses one that others can read: it holds the master key.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .with_context(|| format!("cannot make the data directory {}", path.display()))?;
        let mode = std::fs::metadata(path)?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            bail!(
                "{} is readable by others (mode {mode:o}): chmod 700 it, it holds keys and recordings",
                path.display()
            );
        }
        Ok(Self(path.to_owned()))
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.0.join("flexio.db")
    }

    pub(crate) fn master_key(&self) -> PathBuf {
        self.0.join("master.key")
    }

    pub(crate) fn recordings(&self) -> PathBuf {
        self.0.join("recordings")
    }

    pub(crate) fn exports(&self) -> PathBuf {
        self.0.join("exports")
    }

    pub(crate) fn speech_cache(&self) -> PathBuf {
        self.0.join("cache").join("tts")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str, environment: &[(&str, &str)]) -> Result<Config> {
        let path =
            std::env::temp_dir().join(format!("flexio-config-{}-{}.toml", std::process::id(), text.len()));
        std::fs::write(&path, text).unwrap();
        let environment = environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        let config = Config::load(Some(&path), environment);
        std::fs::remove_file(path).unwrap();
        config
    }

    #[test]
    fn the_documented_file_is_the_default() {
        let documented: Config = toml::from_str(include_str!("../../../docs/config.toml")).unwrap();
        assert_eq!(documented, Config::default());
    }

    /// The documented file with its examples switched on: keys written `#key`, tables written `#[[table]]`.
    fn with_examples() -> String {
        let is_example = |rest: &str| rest.starts_with(|c: char| c == '[' || c.is_ascii_lowercase());
        include_str!("../../../docs/config.toml")
            .lines()
            .map(|line| line.strip_prefix('#').filter(|rest| is_example(rest)).unwrap_or(line))
            .collect::<Vec<_>>()
            .join("\n")
    }

    #[test]
    fn every_key_is_documented() {
        let documented: toml::Value = toml::Value::Table(with_examples().parse().unwrap());
        let one_of_each = Config {
            trunk: vec![voice::Trunk::default()],
            smpp_route: vec![messaging_node::config::SmppRoute::default()],
            smpp_user: vec![messaging_node::smpp_server::SmppUser::default()],
            terms: vec![flexio_domain::Terms::default()],
            carrier_prices: vec![CarrierPrices::default()],
            carrier_lists: vec![CarrierListFolder::default()],
            smtp_sender: vec![flexio_mail::SmtpSender::default()],
            recogniser: vec![flexio_speech::RecogniserConfig::default()],
            tts: vec![flexio_speech::TtsConfig::default()],
            ..Config::default()
        };
        // Pretty Debug gives every field a line, indented by its depth.
        let mut path: Vec<(usize, String)> = Vec::new();
        for line in format!("{one_of_each:#?}").lines() {
            let depth = line.len() - line.trim_start().len();
            path.retain(|(outer, _)| *outer < depth);
            let Some((key, _)) = line.trim_start().split_once(": ") else { continue };
            path.push((depth, key.to_owned()));
            let found = path.iter().try_fold(&documented, |at, (_, key)| at.get(0).unwrap_or(at).get(key));
            assert!(found.is_some(), "{path:?} is not in docs/config.toml");
        }
    }

    #[test]
    fn the_documented_examples_are_usable() {
        let config: Config = toml::from_str(&with_examples()).unwrap();
        assert_eq!((config.trunk.len(), config.smpp_route.len(), config.smpp_user.len()), (1, 1, 1));
        assert_eq!((config.tts.len(), config.recogniser.len()), (1, 1));
        crate::platform::check(&config).unwrap();
    }

    #[test]
    fn the_trunks_of_the_handbook_are_usable() {
        let handbook = include_str!("../../../docs/trunks.md");
        let tables = handbook.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
        let config: Config = toml::from_str(tables).unwrap();
        assert_eq!(config.trunk.len(), 4);
        flexio_voice_node::check_trunks(&config.trunk).unwrap();
    }

    #[test]
    fn an_unknown_key_is_refused_by_name() {
        let error = load("[http]\nlisten_on = \"127.0.0.1:1\"\n", &[]).unwrap_err();
        assert!(format!("{error:#}").contains("listen_on"), "{error:#}");
    }

    #[test]
    fn the_environment_overrides_the_file() {
        let config = load(
            "[http]\nlisten = \"127.0.0.1:1\"\n",
            &[
                ("FLEXIO_HTTP__LISTEN", "127.0.0.1:9999"),
                ("FLEXIO_HTTP__RATE_PER_KEY", "7"),
                ("FLEXIO_PLATFORM__SHARED_SENDER", "8641"),
                ("FLEXIO_SANDBOX__ENABLED", "true"),
                ("HOME", "/root"),
            ],
        );
        let config = config.unwrap();
        assert_eq!(config.platform.shared_sender, "8641");
        assert_eq!(
            (config.http.listen.port(), config.http.rate_per_key, config.sandbox.enabled),
            (9999, 7, true)
        );
    }

    #[test]
    fn without_a_file_it_is_the_sandbox_and_the_sandbox_stays_on_loopback() {
        assert!(Config::load(None, std::iter::empty()).unwrap().sandbox.enabled);
        let outside = [("FLEXIO_HTTP__LISTEN".to_owned(), "0.0.0.0:80".to_owned())];
        assert!(Config::load(None, outside.into_iter()).is_err());
    }
}
