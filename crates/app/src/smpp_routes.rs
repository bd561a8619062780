//! How the operator's SMPP routes stand. For the top account alone: routes are the installation's.

use std::fmt;
use std::sync::{Arc, OnceLock};

use flexio_domain::{Account, Timestamp};

use crate::App;
use crate::error::AppError;
use crate::trunks::only_the_operators;

/// One route of the configuration as the node that answers sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmppRouteState {
    /// Its name.
    pub name: String,
    /// Routes to the same SMSC share it.
    pub carrier: String,
    /// Host and port.
    pub peer: String,
    /// `transceiver`, `transmitter` or `receiver`.
    pub bind: &'static str,
    /// Recipients it serves, as prefixes in international form; none for all.
    pub prefixes: Vec<String>,
    /// Bound: traffic can flow.
    pub is_up: bool,
    /// Since when it is so; none where it has never been bound since the start.
    pub since: Option<Timestamp>,
    /// Segments handed over whose outcome is open.
    pub in_flight: usize,
    /// Why it is down; none while it is up, and before the first attempt has failed.
    pub finding: Option<RouteFinding>,
}

/// Why a route is down and what to do, in words for the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteFinding {
    /// Which kind.
    pub kind: RouteFault,
    /// What was found.
    pub what: String,
    /// What to do.
    pub cure: &'static str,
}

/// What can be wrong with a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RouteFault {
    /// No connection, or no TLS on it.
    NoConnection,
    /// The certificate of the SMSC is not to be trusted.
    Certificate,
    /// The bind, or an enquiry after it, is left without answer.
    NoAnswer,
    /// The bind is refused.
    BindRefused,
    /// The SMSC unbound, or closed the connection.
    Closed,
    /// What comes is not SMPP.
    Garbled,
}

impl RouteFault {
    /// Spelling in the API and in docs/messaging.md.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoConnection => "no-connection",
            Self::Certificate => "certificate",
            Self::NoAnswer => "no-answer",
            Self::BindRefused => "bind-refused",
            Self::Closed => "closed",
            Self::Garbled => "garbled",
        }
    }
}

/// Whoever has the routes.
pub trait SmppRouteWatch: fmt::Debug + Send + Sync {
    /// All routes, in the order of the configuration.
    fn routes(&self) -> Vec<SmppRouteState>;
}

/// The installation's routes, once there is a node for them.
#[derive(Debug, Default)]
pub struct SmppRouteBook(OnceLock<Arc<dyn SmppRouteWatch>>);

impl SmppRouteBook {
    /// From now on routes are asked of it. Once.
    pub fn connect(&self, watch: Arc<dyn SmppRouteWatch>) {
        let _ = self.0.set(watch);
    }
}

impl App {
    /// All routes.
    pub fn smpp_route_states(&self, account: &Account) -> Result<Vec<SmppRouteState>, AppError> {
        only_the_operators(account)?;
        Ok(self.smpp_routes.0.get().map(|watch| watch.routes()).unwrap_or_default())
    }
}
