//! How the operator's trunks stand, and what is wrong with them. For the top account alone: trunks are the installation's.
//!
//! The voice node knows it and says it in these words ([`TrunkWatch`]); docs/trunks.md explains each finding.

use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use flexio_domain::{Account, ErrorCode, Timestamp, TrunkReport};
use jiff::SignedDuration;

use crate::App;
use crate::error::{AppError, refuse};

/// How old what another node has said may be: it says it every ten seconds.
const REPORT_LIFE: SignedDuration = SignedDuration::from_secs(35);
/// Most of what other nodes have said that is read at one time.
const REPORTS_MAX: u32 = 1_000;

/// One trunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrunkState {
    /// Name of the configuration.
    pub name: String,
    /// Addresses its names resolve to now, best first.
    pub addresses: Vec<TrunkAddress>,
    /// Whether any address answers; `None` when nothing is known of it yet.
    pub answers: Option<bool>,
    /// How its registration stands; `None` for a trunk that does not register.
    pub registration: Option<TrunkRegistration>,
    /// Legs it carries now in both directions, and the most it may; 0 is no limit.
    pub calls: u32,
    /// See `calls`.
    pub calls_max: u32,
    /// What is wrong, the gravest first; none when nothing is known to be.
    pub findings: Vec<TrunkFinding>,
    /// How other nodes have seen it lately, by their names.
    pub elsewhere: Vec<TrunkReport>,
}

/// One address of a trunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrunkAddress {
    /// `udp`, `tcp` or `tls`.
    pub transport: &'static str,
    /// Where.
    pub address: SocketAddr,
    /// Whether it answers; `None` when nothing is known of it yet.
    pub answers: Option<bool>,
    /// Since when that is so.
    pub since: Option<Timestamp>,
    /// The last OPTIONS.
    pub options: Option<TrunkAnswer>,
    /// The last INVITE.
    pub invite: Option<TrunkAnswer>,
}

/// What a request of ours was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrunkAnswer {
    /// Final status; `None` when there was none.
    pub status: Option<u16>,
    /// When that was known.
    pub at: Timestamp,
}

/// How a registration stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrunkRegistration {
    /// Nothing was heard yet.
    Trying,
    /// Until then, and refreshed before.
    Registered {
        /// When it would lapse.
        until: Timestamp,
        /// Our address as the registrar saw it.
        seen_as: Option<SocketAddr>,
    },
    /// Refused, or not answered (`None`); tried again.
    Failed {
        /// Status of the answer.
        status: Option<u16>,
    },
    /// Taken back: the node drains.
    Over,
}

/// Something that is wrong, and its cure, in words for the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrunkFinding {
    /// Which kind.
    pub kind: FindingKind,
    /// What was found.
    pub what: String,
    /// What to do.
    pub cure: String,
}

/// What can be wrong with a trunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FindingKind {
    /// A name of the configuration has no address.
    NameNotResolved,
    /// No connection, or no TLS on it.
    NoConnection,
    /// The certificate of the carrier is not to be trusted.
    Certificate,
    /// An address does not answer.
    NoAnswer,
    /// The registration is refused.
    NotRegistered,
    /// Calls are refused for who sends them.
    CallsRefused,
    /// Calls are refused for their codecs or their encryption.
    NoCommonCodec,
    /// What we write as our address cannot be reached from the carrier.
    PrivateAddress,
    /// The carrier sees us at another address than we write.
    OtherAddress,
    /// Calls had sound in one direction only.
    OneWayAudio,
    /// It carries as many calls as it may.
    Full,
}

impl FindingKind {
    /// Spelling in the API and in docs/trunks.md.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NameNotResolved => "name-not-resolved",
            Self::NoConnection => "no-connection",
            Self::Certificate => "certificate",
            Self::NoAnswer => "no-answer",
            Self::NotRegistered => "not-registered",
            Self::CallsRefused => "calls-refused",
            Self::NoCommonCodec => "no-common-codec",
            Self::PrivateAddress => "private-address",
            Self::OtherAddress => "other-address",
            Self::OneWayAudio => "one-way-audio",
            Self::Full => "full",
        }
    }
}

/// Whoever has the trunks.
#[async_trait]
pub trait TrunkWatch: fmt::Debug + Send + Sync {
    /// Name of its node.
    fn node(&self) -> String;
    /// All trunks, in the order of the configuration.
    fn trunks(&self) -> Vec<TrunkState>;
    /// Looks the names of a trunk up and asks each of its addresses for a sign of life, at most some seconds long; then how it stands.
    /// `None` when there is no such trunk.
    async fn test(&self, name: &str) -> Option<TrunkState>;
}

/// The installation's trunks, once there is a node for them.
#[derive(Debug, Default)]
pub struct TrunkBook(OnceLock<Arc<dyn TrunkWatch>>);

impl TrunkBook {
    /// From now on trunks are asked of it. Once.
    pub fn connect(&self, watch: Arc<dyn TrunkWatch>) {
        let _ = self.0.set(watch);
    }
}

impl App {
    /// All trunks, also as other nodes with the same database see them.
    pub async fn trunk_states(&self, account: &Account) -> Result<Vec<TrunkState>, AppError> {
        only_the_operators(account)?;
        let Some(watch) = self.trunks.0.get() else { return Ok(Vec::new()) };
        let (mut states, node) = (watch.trunks(), watch.node());
        let mut reports = self.store.trunk_reports(self.clock.now() - REPORT_LIFE, REPORTS_MAX).await?;
        reports.retain(|report| report.node != node);
        reports.sort_by(|one, other| one.node.cmp(&other.node));
        for state in &mut states {
            let of_it = reports.iter().filter(|report| report.trunk == state.name);
            state.elsewhere = of_it.cloned().collect();
        }
        Ok(states)
    }

    /// One trunk, likewise.
    pub async fn trunk_state(&self, account: &Account, name: &str) -> Result<TrunkState, AppError> {
        let found = self.trunk_states(account).await?.into_iter().find(|trunk| trunk.name == name);
        found.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Tries a trunk out: see [`TrunkWatch::test`].
    pub async fn test_trunk(&self, account: &Account, name: &str) -> Result<TrunkState, AppError> {
        only_the_operators(account)?;
        let Some(watch) = self.trunks.0.get() else { return Err(ErrorCode::NotFound.into()) };
        watch.test(name).await.ok_or_else(|| ErrorCode::NotFound.into())
    }
}

/// Trunks and routes are the installation's: others are told that there are none.
pub(crate) fn only_the_operators(account: &Account) -> Result<(), AppError> {
    if account.parent_sid.is_none() {
        return Ok(());
    }
    let why = "Trunks and routes are the installation's: only the top account sees them.";
    Err(refuse(ErrorCode::NotFound, why))
}
