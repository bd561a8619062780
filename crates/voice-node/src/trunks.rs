//! Keeping trunks and running calls known: names resolved, pings sent, legs proven to be running.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::{Arc, Weak};
use std::time::Duration;

use async_trait::async_trait;
use flexio_app::trunks::{TrunkAddress, TrunkFinding, TrunkRegistration, TrunkState, TrunkWatch};
use flexio_domain::{TrunkFault, TrunkReport};
use flexio_sip::{
    Destination, Login, NameAddr, OptionsRequest, RegisterRequest, Secret, Transport, Tried, Uri,
};
use flexio_store::{Change, ChangeSet, PhoneChange};
use jiff::SignedDuration;

use crate::channels::Channel;
use crate::findings::{self, Ourselves};
use crate::node::Node;
use crate::reception::Registration;
use crate::routing::{TrunkEntry, Way};
use crate::sip_shell::Order;

/// How often names are looked up again.
const RESOLVE_EVERY: Duration = Duration::from_secs(60);
/// Addresses of a trunk that are used: what a call tries at most.
const WAYS: usize = 16;
/// How long an answer to a ping may take, and when one is sent again to an address that has missed its first.
const PING_PATIENCE: Duration = Duration::from_secs(4);
const PING_AGAIN: Duration = Duration::from_secs(2);
/// How often other nodes are told how the trunks stand.
const REPORT_EVERY: Duration = Duration::from_secs(10);
/// How often running legs are marked as proven: what a crash may cost at most of a call's charged time.
const PROVE_EVERY: Duration = Duration::from_secs(5);

/// Looks names up and pings, for the life of the node.
pub(crate) fn watch(node: &Arc<Node>) {
    let weak = Arc::downgrade(node);
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(RESOLVE_EVERY).await;
            let Some(node) = weak.upgrade() else { return };
            node.resolve_trunks().await;
        }
    });
    let pinged: Vec<(String, u32)> = node
        .trunks()
        .iter()
        .map(|e| (e.config.name.clone(), e.config.ping_s))
        .filter(|(_, ping)| *ping > 0)
        .collect();
    for (name, every) in pinged {
        tokio::spawn(ping_one(Arc::downgrade(node), name, Duration::from_secs(u64::from(every))));
    }
}

/// Registers the trunks that want it, once their names have addresses; later ones when they have.
pub(crate) async fn register(node: &Arc<Node>) {
    let wanted: Vec<_> = node
        .trunks()
        .iter()
        .filter(|entry| entry.config.register)
        .filter_map(|entry| Some((entry.config.name.clone(), register_request(entry)?)))
        .collect();
    for (trunk, request) in wanted {
        node.sip().order(Order::Register { trunk, request: Box::new(request) }).await;
    }
}

fn register_request(entry: &TrunkEntry) -> Option<RegisterRequest> {
    let config = &entry.config;
    let user = Some(config.username.as_str());
    let route = proxy_route(entry).into_iter().collect();
    Some(RegisterRequest {
        registrar: Uri::sip(None, &entry.domain, None).ok()?,
        aor: NameAddr::new(Uri::sip(user, &entry.domain, None).ok()?),
        // The escaped user part; the line parameter tells our Contact from others of the account.
        contact_user: Uri::sip(user, &entry.domain, None).ok()?.user()?.to_owned(),
        expires: Duration::from_secs(u64::from(config.expires_s)),
        destinations: Some(entry.destinations()).filter(|destinations| !destinations.is_empty())?,
        route,
        login: Some(Login {
            username: config.username.clone(),
            secret: Secret::Password(config.password.clone()),
        }),
    })
}

/// Route through the trunk's outbound proxy, if it has one.
pub(crate) fn proxy_route(entry: &TrunkEntry) -> Option<NameAddr> {
    if entry.config.outbound_proxy.is_empty() {
        return None;
    }
    let proxy = entry.targets.first()?;
    let uri = Uri::sip(None, &proxy.host, proxy.port).ok()?;
    let uri = match proxy.transport {
        None | Some(Transport::Udp) => uri,
        Some(other) => uri.with_param("transport", Some(&other.as_str().to_ascii_lowercase())).ok()?,
    };
    Some(NameAddr::new(uri.with_param("lr", None).ok()?))
}

async fn ping_one(node: Weak<Node>, name: String, every: Duration) {
    loop {
        let Some(node) = node.upgrade() else { return };
        let (is_up, is_doubtful) = node.ping(&name).await;
        metrics::gauge!("trunk_up", "trunk" => name.clone()).set(if is_up { 1.0 } else { 0.0 });
        drop(node);
        // One that missed a ping is asked again before long: it may be going down.
        tokio::time::sleep(if is_doubtful { every.min(PING_AGAIN) } else { every }).await;
    }
}

/// Tells other nodes with the same database how the trunks stand here, for the life of the node.
pub(crate) fn report(node: &Arc<Node>) {
    let weak = Arc::downgrade(node);
    tokio::spawn(async move {
        loop {
            let Some(node) = weak.upgrade() else { return };
            let (at, name) = (node.wall(), &node.config.node);
            let mut changes = ChangeSet::new();
            for state in node.trunk_states() {
                changes.push(PhoneChange::Report(report_of(state, name, at)).into());
            }
            if !changes.is_empty()
                && let Err(error) = node.app.store.commit(changes).await
            {
                tracing::warn!(error = &error as &dyn std::error::Error, "trunks_not_reported");
            }
            drop(node);
            tokio::time::sleep(REPORT_EVERY).await;
        }
    });
}

fn report_of(state: TrunkState, node: &str, at: jiff::Timestamp) -> TrunkReport {
    let fault = |finding: TrunkFinding| TrunkFault {
        kind: finding.kind.as_str().to_owned(),
        what: finding.what,
        cure: finding.cure,
    };
    TrunkReport {
        node: node.to_owned(),
        trunk: state.name,
        at,
        answers: state.answers,
        calls: state.calls,
        calls_max: state.calls_max,
        faults: state.findings.into_iter().map(fault).collect(),
    }
}

/// Marks running legs as proven, in one transaction for all.
pub(crate) fn prove_calls(node: &Arc<Node>) {
    let weak = Arc::downgrade(node);
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(PROVE_EVERY).await;
            let Some(node) = weak.upgrade() else { return };
            for some in node.proofs().chunks(1_000) {
                let proven = ChangeSet::from(Change::ProveCalls(some.to_vec(), node.wall()));
                // The next round says it again.
                let _ = node.app.store.commit(proven).await;
            }
        }
    });
}

impl Node {
    /// Looks every trunk's names up; a name that does not resolve keeps its last addresses.
    pub(crate) async fn resolve_trunks(&self) {
        let wanted: Vec<_> =
            self.trunks().iter().map(|e| (e.config.name.clone(), e.targets.clone())).collect();
        let mut changed = Vec::new();
        for (name, targets) in wanted {
            let mut ways: Vec<Way> = Vec::new();
            let mut unresolved = Vec::new();
            for target in &targets {
                let group = ways.last().map_or(0, |way| way.group + 1);
                match self.names.ways(target, group).await {
                    Ok(found) => ways.extend(found),
                    Err(error) => {
                        tracing::warn!(trunk = name, %error, "trunk_name_not_resolved");
                        unresolved.push((target.host.clone(), error.to_string()));
                    }
                }
                for way in ways.iter().filter(|way| way.group >= group) {
                    // A certificate is for the name that was configured, whatever DNS answers (RFC 5922 §4).
                    if way.destination.transport == Transport::Tls {
                        self.peer_names.note_trunk(way.destination.remote, &target.host, &name);
                    }
                }
            }
            let mut seen = HashSet::new();
            ways.retain(|way| seen.insert((way.destination.transport, way.destination.remote)));
            ways.truncate(WAYS);
            let mut trunks = self.trunks();
            let Some(entry) = trunks.get_mut(&name) else { continue };
            entry.unresolved = unresolved;
            if !ways.is_empty() {
                let is_first = entry.ways.is_empty();
                let has_changed = entry.found(ways);
                let found = entry.destinations();
                let request = if is_first && entry.config.register { register_request(entry) } else { None };
                changed.push((name, found, has_changed, request));
            }
        }
        for (trunk, destinations, has_changed, request) in changed {
            // Before the sockets run, `register` sees to it.
            let Some(sip) = self.sip_if_running() else { return };
            match request {
                Some(request) => sip.order(Order::Register { trunk, request: Box::new(request) }).await,
                None if has_changed => sip.order(Order::SetRegistrar { trunk, destinations }).await,
                None => {}
            }
        }
    }

    /// Keeps how a registration stands, and tells it.
    pub(crate) fn trunk_registration(&self, trunk: &str, state: Registration) {
        let is_up = matches!(state, Registration::Registered { .. });
        metrics::gauge!("trunk_registered", "trunk" => trunk.to_owned()).set(if is_up { 1.0 } else { 0.0 });
        let wall = self.wall();
        let before = self.trunks().get_mut(trunk).and_then(|entry| {
            entry.registration_at = wall;
            entry.registration.replace(state)
        });
        let was_up = matches!(before, Some(Registration::Registered { .. }));
        match (was_up, state) {
            (_, Registration::Failed { status }) => {
                tracing::warn!(trunk, status, "trunk_not_registered");
            }
            (false, Registration::Registered { expires_s, .. }) => {
                tracing::info!(trunk, expires_s, "trunk_registered");
            }
            (true, Registration::Registered { .. }) | (_, Registration::Trying | Registration::Over) => {}
        }
    }

    /// Asks every address of a trunk at once and notes who answered; whether any did, and whether one has just missed its first.
    async fn ping(&self, name: &str) -> (bool, bool) {
        let destinations = self.trunks().get_mut(name).map(|entry| entry.destinations()).unwrap_or_default();
        let asked = destinations.into_iter().map(|destination| async move {
            let answers = tokio::time::timeout(PING_PATIENCE, self.ping_address(destination)).await;
            (destination, answers.unwrap_or(None))
        });
        let answers = futures_util::future::join_all(asked).await;
        let (now, wall) = (self.epoch.elapsed(), self.wall());
        let mut trunks = self.trunks();
        let Some(entry) = trunks.get_mut(name) else { return (false, false) };
        let was_down = entry.is_down(now);
        for way in &mut entry.ways {
            let Some((_, answers)) = answers.iter().find(|(asked, _)| *asked == way.destination) else {
                continue;
            };
            let (address, down) = (way.destination.remote, way.is_down(now));
            way.pinged(now, wall, *answers);
            match (down, way.is_down(now)) {
                (false, true) => tracing::warn!(trunk = name, %address, "trunk_address_does_not_answer"),
                (true, false) => tracing::info!(trunk = name, %address, "trunk_address_answers_again"),
                (false, false) | (true, true) => {}
            }
        }
        match (was_down, entry.is_down(now)) {
            (false, true) => tracing::warn!(trunk = name, "trunk_does_not_answer"),
            (true, false) => tracing::info!(trunk = name, "trunk_answers_again"),
            (false, false) | (true, true) => {}
        }
        let lives = |(_, status): &(Destination, Option<u16>)| status.is_some_and(|status| status != 503);
        (answers.iter().any(lives), entry.ways.iter().any(|way| way.missed == 1))
    }

    /// A call has found out how an address fares.
    pub(crate) fn note_tried(&self, tried: &Tried) {
        let (now, wall) = (self.epoch.elapsed(), self.wall());
        let of = |way: &Way| is_at(way, tried.destination.transport, tried.destination.remote);
        for entry in self.trunks().iter_mut() {
            let trunk = entry.config.name.as_str();
            for way in entry.ways.iter_mut().filter(|way| of(way)) {
                let (address, was_down) = (way.destination.remote, way.is_down(now));
                way.tried(now, wall, tried);
                if !was_down && way.is_down(now) {
                    metrics::counter!("trunk_silent_total", "trunk" => trunk.to_owned()).increment(1);
                    tracing::warn!(trunk, %address, status = tried.status, "trunk_address_did_not_take_a_call");
                }
            }
        }
    }

    /// Status of the answer to an OPTIONS; `None` when there is none.
    async fn ping_address(&self, destination: Destination) -> Option<u16> {
        let host = match destination.remote.ip() {
            std::net::IpAddr::V4(v4) => v4.to_string(),
            std::net::IpAddr::V6(v6) => format!("[{v6}]"),
        };
        let Ok(uri) = Uri::sip(None, &host, Some(destination.remote.port())) else { return None };
        let Ok(from) = Uri::sip(Some("ping"), &self.advertised_host(), None) else { return None };
        let request = OptionsRequest { uri, from: NameAddr::new(from), destination, login: None };
        self.sip().ping(request).await
    }

    /// A place on a trunk; `None` when it carries as many calls as it may.
    pub(crate) fn take_channel(&self, trunk: &str, direction: &'static str) -> Option<Channel> {
        let channels = self.trunks().get(trunk).map(|entry| Arc::clone(&entry.channels))?;
        channels.take(direction)
    }

    /// A place on a trunk for a call that nothing may stop.
    pub(crate) fn take_channel_anyway(&self, trunk: &str) -> Option<Channel> {
        let channels = self.trunks().get(trunk).map(|entry| Arc::clone(&entry.channels))?;
        Some(channels.take_anyway())
    }

    /// A connection to an address could not be made.
    pub(crate) fn note_fault(&self, transport: Transport, remote: SocketAddr, fault: &str) {
        for entry in self.trunks().iter_mut() {
            for way in entry.ways.iter_mut().filter(|way| is_at(way, transport, remote)) {
                way.fault = Some(fault.to_owned());
            }
        }
    }

    /// The sound of a leg over a trunk is over: whether it came in one direction only.
    pub(crate) fn note_heard(&self, trunk: &str, one_way: bool) {
        if let Some(entry) = self.trunks().get_mut(trunk) {
            entry.heard(one_way);
        }
    }

    pub(crate) fn trunk_states(&self) -> Vec<TrunkState> {
        let now = self.epoch.elapsed();
        let media = &self.config.media;
        let us =
            Ourselves { sip: self.advertised_host(), media: media.advertised_ip.unwrap_or(media.bind_ip) };
        self.trunks().iter().map(|entry| state_of(entry, &us, now)).collect()
    }
}

fn is_at(way: &Way, transport: Transport, remote: SocketAddr) -> bool {
    (way.destination.transport, way.destination.remote) == (transport, remote)
}

fn state_of(entry: &TrunkEntry, us: &Ourselves, now: Duration) -> TrunkState {
    let is_pinged = entry.config.ping_s > 0;
    let addresses = entry.ways.iter().map(|way| {
        // Of one that is not pinged only a call says something.
        let is_known = way.is_down(now) || way.options.is_some() || way.invite.is_some();
        let answers = is_known.then_some(!way.is_down(now));
        TrunkAddress {
            transport: way.destination.transport.as_str(),
            address: way.destination.remote,
            answers,
            since: way.since(answers),
            options: way.options,
            invite: way.invite,
        }
    });
    let registration = entry.registration.map(|registration| match registration {
        Registration::Trying => TrunkRegistration::Trying,
        Registration::Registered { expires_s, seen_as } => TrunkRegistration::Registered {
            until: entry.registration_at + SignedDuration::from_secs(i64::from(expires_s)),
            seen_as,
        },
        Registration::Failed { status } => TrunkRegistration::Failed { status },
        Registration::Over => TrunkRegistration::Over,
    });
    let addresses: Vec<TrunkAddress> = addresses.collect();
    let is_known = is_pinged || addresses.iter().any(|address| address.answers.is_some());
    TrunkState {
        name: entry.config.name.clone(),
        answers: is_known.then_some(!entry.ways.is_empty() && !entry.is_down(now)),
        addresses,
        registration,
        calls: entry.channels.taken(),
        calls_max: entry.config.max_calls,
        findings: findings::of(entry, us, now),
        elsewhere: Vec::new(),
    }
}

/// The trunks of a node, for the API.
#[derive(Debug)]
pub(crate) struct Watch(pub Arc<Node>);

#[async_trait]
impl TrunkWatch for Watch {
    fn node(&self) -> String {
        self.0.config.node.clone()
    }

    fn trunks(&self) -> Vec<TrunkState> {
        self.0.trunk_states()
    }

    async fn test(&self, name: &str) -> Option<TrunkState> {
        self.0.trunks().get(name)?;
        self.0.resolve_trunks().await;
        // One that missed an OPTIONS may have lost a packet: silence counts from the second.
        let (_, is_doubtful) = self.0.ping(name).await;
        if is_doubtful {
            self.0.ping(name).await;
        }
        self.0.trunk_states().into_iter().find(|trunk| trunk.name == name)
    }
}
