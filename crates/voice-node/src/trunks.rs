//! Keeping trunks and running calls known: names resolved, pings sent, legs proven to be running.

use std::collections::HashSet;
use std::sync::{Arc, Weak};
use std::time::Duration;

use flexio_sip::{Destination, NameAddr, OptionsRequest, Uri};
use flexio_store::{Change, ChangeSet};

use crate::TrunkState;
use crate::node::Node;

/// How often names are looked up again.
const RESOLVE_EVERY: Duration = Duration::from_secs(60);
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

async fn ping_one(node: Weak<Node>, name: String, every: Duration) {
    loop {
        let Some(node) = node.upgrade() else { return };
        let answers = node.ping(&name).await;
        if let Some(entry) = node.trunks().get_mut(&name) {
            let was_down = entry.missed >= 2;
            entry.missed = if answers { 0 } else { entry.missed.saturating_add(1) };
            match (was_down, entry.missed >= 2) {
                (false, true) => tracing::warn!(trunk = name, "trunk_does_not_answer"),
                (true, false) => tracing::info!(trunk = name, "trunk_answers_again"),
                (false, false) | (true, true) => {}
            }
        }
        metrics::gauge!("trunk_up", "trunk" => name.clone()).set(if answers { 1.0 } else { 0.0 });
        drop(node);
        tokio::time::sleep(every).await;
    }
}

/// Marks running legs as proven, in one transaction for all.
pub(crate) fn prove_calls(node: &Arc<Node>) {
    let weak = Arc::downgrade(node);
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(PROVE_EVERY).await;
            let Some(node) = weak.upgrade() else { return };
            let running: Vec<_> = node.calls().keys().copied().collect();
            for some in running.chunks(1_000) {
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
        for (name, targets) in wanted {
            let mut found = Vec::new();
            for target in &targets {
                match tokio::net::lookup_host((target.host.as_str(), target.port)).await {
                    Ok(addresses) => found.extend(addresses.take(8).map(|remote| Destination {
                        transport: target.transport,
                        remote,
                        local: None,
                        connection: None,
                    })),
                    Err(error) => tracing::warn!(trunk = name, %error, "trunk_name_not_resolved"),
                }
            }
            let mut seen = HashSet::new();
            found.retain(|destination| seen.insert((destination.transport, destination.remote)));
            if !found.is_empty()
                && let Some(entry) = self.trunks().get_mut(&name)
            {
                entry.destinations = found;
            }
        }
    }

    /// Whether the trunk's first address that answers does so.
    async fn ping(&self, name: &str) -> bool {
        let destinations =
            self.trunks().get_mut(name).map(|entry| entry.destinations.clone()).unwrap_or_default();
        for destination in destinations {
            let host = match destination.remote.ip() {
                std::net::IpAddr::V4(v4) => v4.to_string(),
                std::net::IpAddr::V6(v6) => format!("[{v6}]"),
            };
            let Ok(uri) = Uri::sip(None, &host, Some(destination.remote.port())) else { continue };
            let Ok(from) = Uri::sip(Some("ping"), &self.advertised_host(), None) else { continue };
            let request = OptionsRequest { uri, from: NameAddr::new(from), destination, login: None };
            // 503 says "not now" (RFC 3261 §21.5.4); any other answer shows a living peer.
            if self.sip().ping(request).await.is_some_and(|status| status != 503) {
                return true;
            }
        }
        false
    }

    pub(crate) fn trunk_states(&self) -> Vec<TrunkState> {
        let trunks = self.trunks();
        trunks
            .iter()
            .map(|entry| TrunkState {
                name: entry.config.name.clone(),
                addresses: entry.destinations.iter().map(|d| d.remote).collect(),
                answers: (entry.config.ping_s > 0).then_some(entry.missed < 2),
            })
            .collect()
    }
}
