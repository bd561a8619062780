//! Networks that may call to SIP domains without a password: known here, so that their INVITEs are not challenged like a stranger's.
//!
//! This only decides whether a call is looked at; whether it may come in is read from the database for each call, so that a network
//! that is taken away is out at once. One that is added is known at once on the node it was added on, and elsewhere within
//! [`READ_EVERY`].

use std::collections::{BTreeSet, HashSet};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use flexio_domain::{IpAddress, Prefix};

use crate::node::Node;

/// How often the lists are read again.
const READ_EVERY: Duration = Duration::from_secs(15);

/// Networks of all lists in use, and the lengths they have, so that a packet costs a look-up per length in use and not
/// per network.
#[derive(Debug, Default)]
pub(crate) struct Networks {
    prefixes: HashSet<Prefix>,
    lengths: BTreeSet<u8>,
}

impl Networks {
    pub(crate) fn new(listed: &[IpAddress]) -> Self {
        let of = |network: &IpAddress| Prefix::of(network.ip_address, network.cidr_prefix_length);
        let prefixes: HashSet<Prefix> = listed.iter().map(of).collect();
        let lengths = prefixes.iter().map(|prefix| prefix.length).collect();
        Self { prefixes, lengths }
    }

    pub(crate) fn contain(&self, address: IpAddr) -> bool {
        self.lengths.iter().any(|&length| self.prefixes.contains(&Prefix::of(address, length)))
    }
}

/// Reads the lists, for the life of the node. What cannot be read stays as it was.
pub(crate) fn watch(node: &Arc<Node>) {
    let weak = Arc::downgrade(node);
    tokio::spawn(async move {
        loop {
            let Some(node) = weak.upgrade() else { return };
            match node.app.store.listed_networks().await {
                Ok(listed) => *node.networks() = Networks::new(&listed),
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "networks_not_read");
                }
            }
            let app = Arc::clone(&node.app);
            drop(node);
            let _ = tokio::time::timeout(READ_EVERY, app.wake.networks.notified()).await;
        }
    });
}

#[cfg(test)]
mod tests {
    use flexio_domain::{AccountSid, IpAccessControlListSid, IpAddressSid, Timestamp};

    use super::*;

    fn network(address: &str, cidr_prefix_length: u8) -> IpAddress {
        IpAddress {
            sid: IpAddressSid::new(),
            version: 1,
            account_sid: AccountSid::new(),
            list_sid: IpAccessControlListSid::new(),
            friendly_name: String::new(),
            ip_address: address.parse().unwrap(),
            cidr_prefix_length,
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn the_set_says_what_its_networks_say() {
        let listed = [
            network("192.0.2.77", 28),
            network("203.0.113.9", 32),
            network("2001:db8::1", 64),
            network("2001:db8:1::", 48),
        ];
        let networks = Networks::new(&listed);
        for asked in [
            "192.0.2.64",
            "192.0.2.79",
            "192.0.2.80",
            "::ffff:203.0.113.9",
            "203.0.113.8",
            "2001:db8::ffff",
            "2001:db8:0:1::",
            "2001:db8:1:7::",
            "::",
            "0.0.0.0",
        ] {
            let address: IpAddr = asked.parse().unwrap();
            let wanted = listed.iter().any(|network| network.contains(address));
            assert_eq!(networks.contain(address), wanted, "{asked}");
        }
        assert!(Networks::new(&[network("192.0.2.1", 0)]).contain("198.51.100.1".parse().unwrap()));
        assert!(!Networks::default().contain("192.0.2.1".parse().unwrap()));
    }
}
