//! From the name of a peer to the addresses it is reached at (RFC 3263): NAPTR says by which transports, SRV on which hosts and ports and
//! in what order, A and AAAA where those are.
//!
//! Look-ups take 2 s each at most and are tried twice. At most [`RECORDS`] records of an answer are used.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use flexio_sip::{Destination, Transport};
use hickory_resolver::config::{NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::rdata::{NAPTR, SRV};
use hickory_resolver::proto::rr::{RData, RecordType};
use hickory_resolver::{Resolver, TokioResolver};

use crate::routing::{Target, Way};

/// Records of one answer that are used.
const RECORDS: usize = 16;
const TIMEOUT: Duration = Duration::from_secs(2);
const ATTEMPTS: usize = 2;

/// Why a name has no addresses.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NameError {
    /// No record of any kind that SIP asks for.
    #[error("`{0}` has no addresses in DNS (asked for NAPTR, SRV, A and AAAA)")]
    Nothing(String),
    /// No answer from any server.
    #[error("the look-up of `{host}` failed: {why}")]
    Failed {
        /// Name.
        host: String,
        /// What the system or the resolver said.
        why: String,
    },
}

/// Asks the name servers.
#[derive(Clone)]
pub(crate) struct Names {
    resolver: Option<TokioResolver>,
    /// Hosts are looked up by the system, which also knows its own files.
    by_system: bool,
}

impl std::fmt::Debug for Names {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Names").field("by_system", &self.by_system).finish_non_exhaustive()
    }
}

impl Names {
    /// Over these servers; over those of the system when there are none.
    pub(crate) fn new(servers: &[SocketAddr]) -> Self {
        let builder = if servers.is_empty() {
            TokioResolver::builder_tokio()
        } else {
            let servers = servers.iter().map(|server| {
                let mut config = NameServerConfig::udp_and_tcp(server.ip());
                for connection in &mut config.connections {
                    connection.port = server.port();
                }
                config
            });
            let config = ResolverConfig::from_name_servers(servers.collect());
            Ok(Resolver::builder_with_config(config, TokioRuntimeProvider::default()))
        };
        let built = builder.and_then(|mut builder| {
            let options = builder.options_mut();
            (options.timeout, options.attempts) = (TIMEOUT, ATTEMPTS);
            builder.build()
        });
        if let Err(error) = &built {
            tracing::warn!(%error, "no_name_servers");
        }
        Self { resolver: built.ok(), by_system: servers.is_empty() }
    }

    /// Ways to a target, best first; `group` numbers those that share by weight, from `group` on.
    pub(crate) async fn ways(&self, target: &Target, group: u32) -> Result<Vec<Way>, NameError> {
        if let Ok(ip) = target.host.parse::<IpAddr>() {
            let transport = target.transport.unwrap_or(Transport::Udp);
            let port = target.port.unwrap_or(transport.default_port());
            return Ok(vec![Way::new(to(transport, SocketAddr::new(ip, port)), group, 0)]);
        }
        if target.port.is_none() {
            let ways = self.by_service(target, group).await;
            if !ways.is_empty() {
                return Ok(ways);
            }
        }
        let transport = target.transport.unwrap_or(Transport::Udp);
        let port = target.port.unwrap_or(transport.default_port());
        let found = self.hosts(&target.host, port).await?;
        Ok(found.into_iter().map(|remote| Way::new(to(transport, remote), group, 0)).collect())
    }

    /// By SRV records, which NAPTR names or which are asked for in the order RFC 3263 §4.1 has.
    async fn by_service(&self, target: &Target, group: u32) -> Vec<Way> {
        let mut services = match target.transport {
            Some(transport) => vec![(transport, service_name(transport, &target.host))],
            None => self.naptr(&target.host).await,
        };
        if services.is_empty() {
            services = [Transport::Udp, Transport::Tcp, Transport::Tls]
                .map(|transport| (transport, service_name(transport, &target.host)))
                .into();
        }
        let mut ways: Vec<Way> = Vec::new();
        for (transport, service) in services {
            let mut records = self.srv(&service).await;
            records.sort_by_key(|record| (record.priority, std::cmp::Reverse(record.weight)));
            // Other priorities, and other transports, are other groups.
            let (mut next, mut last) = (ways.last().map_or(group, |way| way.group + 1), None);
            for record in records {
                if last.is_some_and(|last| last != record.priority) {
                    next += 1;
                }
                last = Some(record.priority);
                let host = record.target.to_utf8();
                let found = self.hosts(host.trim_end_matches('.'), record.port).await;
                for remote in found.unwrap_or_default() {
                    ways.push(Way::new(to(transport, remote), next, record.weight.into()));
                }
            }
        }
        ways
    }

    /// Transports and names of their SRV records, as the domain wants them tried.
    async fn naptr(&self, host: &str) -> Vec<(Transport, String)> {
        let mut records: Vec<NAPTR> = Vec::new();
        for data in self.records(host, RecordType::NAPTR).await {
            if let RData::NAPTR(record) = data {
                records.push(record);
            }
        }
        records.sort_by_key(|record| (record.order, record.preference));
        let usable = records.into_iter().filter(|record| record.flags.eq_ignore_ascii_case(b"s"));
        usable
            .filter_map(|record| {
                let transport = match record.services.to_ascii_uppercase().as_slice() {
                    b"SIP+D2U" => Transport::Udp,
                    b"SIP+D2T" => Transport::Tcp,
                    b"SIPS+D2T" => Transport::Tls,
                    _ => return None,
                };
                Some((transport, record.replacement.to_utf8()))
            })
            .collect()
    }

    async fn srv(&self, service: &str) -> Vec<SRV> {
        let mut records = Vec::new();
        for data in self.records(service, RecordType::SRV).await {
            // A lone dot says that the service is decidedly not there (RFC 2782).
            if let RData::SRV(record) = data
                && !record.target.is_root()
            {
                records.push(record);
            }
        }
        records
    }

    /// What a name has of one type; nothing where it has none or nobody answers, and the next kind of look-up is tried.
    async fn records(&self, name: &str, kind: RecordType) -> Vec<RData> {
        let Some(resolver) = &self.resolver else { return Vec::new() };
        // With the dot at the end no search domain is put behind it.
        let name = format!("{}.", name.trim_end_matches('.'));
        match resolver.lookup(name.as_str(), kind).await {
            Ok(found) => found
                .answers()
                .iter()
                .filter(|r| r.record_type() == kind)
                .take(RECORDS)
                .map(|r| r.data.clone())
                .collect(),
            Err(error) => {
                tracing::debug!(name, %kind, %error, "no_records");
                Vec::new()
            }
        }
    }

    async fn hosts(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, NameError> {
        let failed = |why: String| NameError::Failed { host: host.to_owned(), why };
        let found: Vec<SocketAddr> = match &self.resolver {
            Some(resolver) if !self.by_system => {
                let found = resolver.lookup_ip(format!("{host}.").as_str()).await;
                let found = found.map_err(|error| failed(error.to_string()))?;
                found.iter().take(RECORDS).map(|ip| SocketAddr::new(ip, port)).collect()
            }
            Some(_) | None => {
                let found = tokio::net::lookup_host((host, port)).await;
                found.map_err(|error| failed(error.to_string()))?.take(RECORDS).collect()
            }
        };
        if found.is_empty() { Err(NameError::Nothing(host.to_owned())) } else { Ok(found) }
    }
}

fn service_name(transport: Transport, host: &str) -> String {
    let service = match transport {
        Transport::Udp => "_sip._udp",
        Transport::Tcp | Transport::Ws => "_sip._tcp",
        Transport::Tls | Transport::Wss => "_sips._tcp",
    };
    format!("{service}.{host}")
}

fn to(transport: Transport, remote: SocketAddr) -> Destination {
    Destination { transport, remote, local: None, connection: None }
}
