//! Settings of the voice side: SIP, trunks, media, the sandbox carrier.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use serde::{Deserialize, Serialize};

/// A hash of digest authentication (RFC 7616, RFC 8760).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DigestHash {
    /// SHA-256.
    Sha256,
    /// MD5: what old phones have.
    Md5,
}

impl From<DigestHash> for flexio_sip::Algorithm {
    fn from(hash: DigestHash) -> Self {
        match hash {
            DigestHash::Sha256 => Self::Sha256,
            DigestHash::Md5 => Self::Md5,
        }
    }
}

/// `[sip]`: signalling.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sip {
    /// Address for SIP over UDP and TCP.
    pub listen: SocketAddr,
    /// `host[:port]` peers reach us by, when it is not `listen` (public address in front of a NAT). Empty: `listen`. `stun:host:port`: what that
    /// server says.
    pub advertised: String,
    /// Address for SIP over TLS; none by default.
    pub tls_listen: Option<SocketAddr>,
    /// Address for SIP over WebSocket (RFC 7118), for browsers on a trusted network or behind a proxy with TLS.
    pub ws_listen: Option<SocketAddr>,
    /// Address for SIP over WebSocket inside TLS.
    pub wss_listen: Option<SocketAddr>,
    /// File with our certificate and its chain (PEM), for `tls_listen` and `wss_listen`. A renewed one is taken within ten seconds.
    pub tls_cert: String,
    /// File with its key (PEM).
    pub tls_key: String,
    /// File with the authorities trusted on connections we make (PEM). Empty: the system's.
    pub tls_ca: String,
    /// Calls (both legs of a bridged call count) at one time; beyond it a new call gets 503.
    pub max_legs: usize,
    /// Calls and registrations per second taken from one source that is not a trunk; beyond it they get no answer.
    pub unknown_rate: u32,
    /// Hashes that phones are asked for, best first. Some old phones give up when they are asked for any that they do not know.
    pub digest: Vec<DigestHash>,
    /// Seconds in the Retry-After of a 503.
    pub retry_after_s: u32,
    /// Name servers asked for the addresses of trunks; none: those of the system.
    pub dns_servers: Vec<SocketAddr>,
    /// Country code that national numbers (`0…`) are read with, without `+`.
    pub country_code: String,
}

impl Default for Sip {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 5060)),
            advertised: String::new(),
            tls_listen: None,
            ws_listen: None,
            wss_listen: None,
            tls_cert: String::new(),
            tls_key: String::new(),
            tls_ca: String::new(),
            max_legs: 20_000,
            unknown_rate: 10,
            digest: vec![DigestHash::Sha256, DigestHash::Md5],
            retry_after_s: 5,
            dns_servers: Vec::new(),
            country_code: "32".to_owned(),
        }
    }
}

/// A codec by its name in the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CodecName {
    /// Opus.
    Opus,
    /// G.722.
    G722,
    /// G.711 A-law.
    Pcma,
    /// G.711 µ-law.
    Pcmu,
}

impl From<CodecName> for flexio_sdp::Codec {
    fn from(name: CodecName) -> Self {
        match name {
            CodecName::Opus => Self::Opus,
            CodecName::G722 => Self::G722,
            CodecName::Pcma => Self::Pcma,
            CodecName::Pcmu => Self::Pcmu,
        }
    }
}

/// Who may type to whom (real-time text, RFC 4103).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TextUse {
    /// Nobody.
    Off,
    /// Whoever asks, with us and with whom he calls.
    #[default]
    Answer,
    /// The same, and phones of ours are asked whether they can.
    Offer,
}

/// Whether media is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SrtpUse {
    /// Never.
    #[default]
    Off,
    /// When the other side can.
    Optional,
    /// Always: a call without is refused.
    Required,
}

impl From<SrtpUse> for flexio_sdp::SrtpPolicy {
    fn from(used: SrtpUse) -> Self {
        match used {
            SrtpUse::Off => Self::Off,
            SrtpUse::Optional => Self::Optional,
            SrtpUse::Required => Self::Required,
        }
    }
}

/// `[media]`: RTP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Media {
    /// Address the media sockets bind to.
    pub bind_ip: IpAddr,
    /// Address the other side must send media to, when it is not `bind_ip`.
    pub advertised_ip: Option<IpAddr>,
    /// First port for media.
    pub port_min: u16,
    /// Last port for media.
    pub port_max: u16,
    /// Media threads; 0 is one per core.
    pub threads: usize,
    /// Accept media only from the exact address in the SDP.
    pub strict_source: bool,
    /// End a call after this many seconds without any packet; 0 never.
    pub silence_timeout_s: u32,
    /// Codecs offered and taken where no trunk says otherwise, best first.
    pub codecs: Vec<CodecName>,
    /// Whether media is encrypted (SDES-SRTP) where no trunk says otherwise.
    pub srtp: SrtpUse,
    /// Whether people may type to each other (real-time text, RFC 4103).
    pub real_time_text: TextUse,
    /// UDP port for all browsers (WebRTC); 0 takes a free one.
    pub webrtc_port: u16,
    /// Browsers at one time.
    pub webrtc_max: usize,
    /// Audio of a recording that is kept in memory while the disk stalls, in seconds (1–60).
    pub record_buffer_s: u32,
}

impl Default for Media {
    fn default() -> Self {
        Self {
            bind_ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
            advertised_ip: None,
            port_min: 20_000,
            port_max: 49_999,
            threads: 0,
            strict_source: false,
            silence_timeout_s: 60,
            codecs: vec![CodecName::Opus, CodecName::G722, CodecName::Pcma, CodecName::Pcmu],
            srtp: SrtpUse::Off,
            real_time_text: TextUse::Answer,
            webrtc_port: 0,
            webrtc_max: 500,
            record_buffer_s: 12,
        }
    }
}

/// How a trunk wants telephone numbers written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NumberFormat {
    /// `+3225550123`
    #[default]
    E164,
    /// `3225550123`
    Plain,
    /// `003225550123`
    International,
    /// `025550123` for our own country, `00…` for others.
    National,
}

/// Where the caller id goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallerIdHeader {
    /// From alone.
    #[default]
    From,
    /// From and P-Asserted-Identity (RFC 3325).
    AssertedIdentity,
}

/// Where calls over a trunk enter the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origination {
    /// At an interconnection of the home country.
    #[default]
    National,
    /// Abroad, over an interface of its own for the law's exceptions for geographic numbers.
    SpecialInterface,
    /// Abroad.
    Foreign,
}

impl From<Origination> for flexio_app::legs::Origination {
    fn from(configured: Origination) -> Self {
        match configured {
            Origination::National => Self::National,
            Origination::SpecialInterface => Self::SpecialInterface,
            Origination::Foreign => Self::Foreign,
        }
    }
}

/// What a trunk is told of a call that a number of a customer forwards: whether its original caller is shown, and by which header the network is
/// told who forwards him.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DivertedIdentity {
    /// He is not shown: such a call does not leave over it.
    #[default]
    Refused,
    /// `Diversion` (RFC 5806).
    Diversion,
    /// `History-Info` (RFC 7044).
    HistoryInfo,
}

/// `[[trunk]]`: a carrier or PBX that calls come from and go to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of its own")]
pub struct Trunk {
    /// Short name, shown on calls and in metrics.
    pub name: String,
    /// Where calls are sent, best first: `host:port`, `host:port;transport=tcp` or `…;transport=tls`. A name without a port is looked up as
    /// RFC 3263 has it (NAPTR, SRV). All are looked up again every minute.
    pub addresses: Vec<String>,
    /// Networks calls may come from, such as `203.0.113.0/28`. The resolved `addresses` are always allowed.
    pub sources: Vec<String>,
    /// Digest user for calls we send, and for `register`.
    pub username: String,
    /// Digest password for them.
    pub password: String,
    /// Register there as `username`, and keep registered: for carriers that send calls to where the customer registered.
    pub register: bool,
    /// Domain of the registration and of our calls' addresses. Empty: the host of the first address.
    pub domain: String,
    /// Proxy that everything goes through, written like an address; then `addresses` only name whom we call.
    pub outbound_proxy: String,
    /// Lifetime of a registration asked for, in seconds (60–86 400).
    pub expires_s: u32,
    /// Prefixes of destinations it takes, with `+`, or short codes; an empty list takes everything. Longest match wins.
    pub prefixes: Vec<String>,
    /// Lower is tried first.
    pub priority: u32,
    /// Share among trunks of equal prefix and priority, 1–1000.
    pub weight: u32,
    /// How called numbers are written.
    pub number_format: NumberFormat,
    /// How the caller id is written.
    pub caller_id_format: NumberFormat,
    /// Where the caller id goes.
    pub caller_id_header: CallerIdHeader,
    /// Number with `+` that is asserted for a caller who withholds his own, with `Privacy: id`; used with `asserted-identity`. Empty: none.
    pub identity: String,
    /// Calls come from abroad: callers that show a number of the home country are refused, its mobiles are withheld.
    pub international: bool,
    /// Where calls that leave over it enter the network: abroad no caller is shown with a number of the home country.
    pub origination: Origination,
    /// Whether a call that a number of a customer forwards shows its original caller, and how that is told.
    pub diverted_identity: DivertedIdentity,
    /// Emergency calls go over it, before all others: whatever `prefixes` and `max_calls` say, with `Resource-Priority` and the place of the
    /// phone.
    pub emergency: bool,
    /// Calls at one time; 0 is no limit of its own.
    pub max_calls: u32,
    /// Seconds between OPTIONS pings to each address; 0 never. An address that misses two is tried last, and so is a trunk without another.
    pub ping_s: u32,
    /// Accept media only from the exact address in the SDP.
    pub strict_source: bool,
    /// Codecs offered to it and taken from it, best first.
    pub codecs: Vec<CodecName>,
    /// Whether its media is encrypted (SDES-SRTP).
    pub srtp: SrtpUse,
    /// File with the authorities (PEM) that its certificates are checked with. Empty: as `sip.tls_ca` says.
    pub tls_ca: String,
}

impl Default for Trunk {
    fn default() -> Self {
        Self {
            name: String::new(),
            addresses: Vec::new(),
            sources: Vec::new(),
            username: String::new(),
            password: String::new(),
            register: false,
            domain: String::new(),
            outbound_proxy: String::new(),
            expires_s: 600,
            prefixes: Vec::new(),
            priority: 10,
            weight: 1,
            number_format: NumberFormat::E164,
            caller_id_format: NumberFormat::E164,
            caller_id_header: CallerIdHeader::From,
            identity: String::new(),
            international: false,
            origination: Origination::National,
            diverted_identity: DivertedIdentity::Refused,
            emergency: false,
            max_calls: 0,
            ping_s: 30,
            strict_source: false,
            codecs: vec![CodecName::Pcma, CodecName::Pcmu],
            srtp: SrtpUse::Off,
            tls_ca: String::new(),
        }
    }
}

/// What is heard before a call ends for want of credit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CreditWarning {
    /// Nothing.
    Off,
    /// A tone.
    Beep,
    /// A sentence in the language of the calls.
    Announcement,
}

impl From<CreditWarning> for flexio_voice::CreditWarning {
    fn from(configured: CreditWarning) -> Self {
        match configured {
            CreditWarning::Off => Self::Off,
            CreditWarning::Beep => Self::Beep,
            CreditWarning::Announcement => Self::Announcement,
        }
    }
}

/// `[calls]`: limits of calls and instructions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Calls {
    /// Longest call in seconds, 60–86 400.
    pub max_duration_s: u32,
    /// Language of the platform's own sentences: `nl`, `fr`, `de` or `en`.
    pub language: String,
    /// Callers of a number that was given back are told so before they are refused.
    pub quarantine_announcement: bool,
    /// The languages they are told it in, one after the other: `nl`, `fr`, `de`, `en`. None: `language`.
    pub announcement_languages: Vec<String>,
    /// What those who talk hear 10 s before a call ends for want of credit.
    pub credit_warning: CreditWarning,
    /// Seconds calls may go on after SIGTERM before they are ended.
    pub drain_s: u32,
    /// Days the SIP messages of a call are kept where its account says nothing; 0 keeps none.
    pub ladder_days: u16,
    /// Memory for SIP messages of running calls, in MiB; what is beyond is not kept. 0 keeps none.
    pub ladder_memory_mb: u16,
    /// Numbers that nobody calls from, with `+`, and beginnings of such with `*` at their end: a call that shows one is refused, both ways.
    pub do_not_originate: Vec<String>,
    /// The API and documents may call emergency numbers too. People at phones always may.
    pub automated_emergency_calls: bool,
}

impl Default for Calls {
    fn default() -> Self {
        Self {
            max_duration_s: 14_400,
            language: "en".to_owned(),
            quarantine_announcement: true,
            announcement_languages: Vec::new(),
            credit_warning: CreditWarning::Beep,
            drain_s: 600,
            ladder_days: 7,
            ladder_memory_mb: 64,
            do_not_originate: Vec::new(),
            automated_emergency_calls: false,
        }
    }
}
