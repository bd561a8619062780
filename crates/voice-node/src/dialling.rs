//! From "call this party" to an INVITE: number forms, caller id, trunks in turn.

use std::collections::VecDeque;
use std::net::SocketAddr;

use flexio_domain::{Address, E164};
use flexio_sip::{Destination, ExtraHeaders, InviteRequest, Login, NameAddr, Secret, Uri};
use flexio_store::StoreError;

use crate::config::{CallerIdHeader, NumberFormat, Trunk};
use crate::node::Node;
use crate::routing::{read_address, write_number};

/// One way to reach a party.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    /// Trunk of the configuration; `None` on-net, for SIP addresses and for the sandbox carrier.
    pub trunk: Option<Trunk>,
    /// Shown on the call and in metrics.
    pub label: Option<String>,
    /// Where to send, best first.
    pub destinations: Vec<Destination>,
    /// Request-URI.
    pub uri: Uri,
}

/// Ways that are left.
#[derive(Debug, Clone, Default)]
pub(crate) struct Attempts {
    pub left: VecDeque<Attempt>,
    /// Facts every INVITE of this leg shares.
    pub from: Option<Address>,
    pub headers: Vec<(String, String)>,
    pub login: Option<(String, String)>,
    pub ring_timeout_s: u32,
    pub offer: Vec<u8>,
}

/// Why no way exists.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RouteError {
    /// No trunk takes it.
    #[error("no carrier route exists for this destination")]
    NoRoute,
    /// The host of a SIP address cannot be resolved or may not be called.
    #[error("the SIP address cannot be reached")]
    BadHost,
    /// Clients cannot register yet.
    #[error("the client is not registered")]
    NotRegistered,
    /// The database did not answer.
    #[error("storage")]
    Store(#[from] StoreError),
}

impl Node {
    /// Ways to reach the address, in the order they are to be tried.
    pub(crate) async fn ways_to(&self, to: &Address) -> Result<VecDeque<Attempt>, RouteError> {
        match to {
            Address::Number(number) => {
                // On-net calls never leave the platform: they come back in through our own listener.
                if self.app.owner_of(number).await?.is_some() {
                    return Ok(VecDeque::from([self.on_net(number)]));
                }
                self.carriers(to)
            }
            Address::ShortCode(_) => self.carriers(to),
            Address::Sip(uri) => self.sip_address(uri).await.map(|way| VecDeque::from([way])),
            Address::Client(_) => Err(RouteError::NotRegistered),
            Address::Alphanumeric(_) | Address::Anonymous => Err(RouteError::NoRoute),
        }
    }

    fn on_net(&self, number: &E164) -> Attempt {
        Attempt {
            trunk: None,
            label: None,
            destinations: vec![Destination::udp(self.local)],
            uri: number_uri(number.as_str(), self.local),
        }
    }

    fn carriers(&self, to: &Address) -> Result<VecDeque<Attempt>, RouteError> {
        let dialled = to.dialled().ok_or(RouteError::NoRoute)?;
        let draw = self.draw();
        let ways: VecDeque<Attempt> = self
            .trunks()
            .choose(dialled, draw)
            .into_iter()
            .map(|entry| {
                let written = to.number().map_or_else(
                    || dialled.to_owned(),
                    |number| write_number(number, entry.config.number_format, &self.config.sip.country_code),
                );
                Attempt {
                    trunk: Some(entry.config.clone()),
                    label: Some(entry.config.name.clone()),
                    uri: number_uri(&written, entry.destinations[0].remote),
                    destinations: entry.destinations.clone(),
                }
            })
            .collect();
        if !ways.is_empty() {
            return Ok(ways);
        }
        let carrier = self.sandbox_carrier().ok_or(RouteError::NoRoute)?;
        Ok(VecDeque::from([Attempt {
            trunk: None,
            label: Some("sandbox".to_owned()),
            destinations: vec![Destination::udp(carrier)],
            uri: number_uri(dialled, carrier),
        }]))
    }

    async fn sip_address(&self, text: &str) -> Result<Attempt, RouteError> {
        let uri = Uri::parse(text.as_bytes()).map_err(|_| RouteError::BadHost)?;
        let port = uri.port().unwrap_or(5060);
        let addresses: Vec<SocketAddr> = match uri.ip() {
            Some(ip) => vec![SocketAddr::new(ip, port)],
            None => tokio::net::lookup_host((uri.host(), port))
                .await
                .map_err(|_| RouteError::BadHost)?
                .take(8)
                .collect(),
        };
        let tcp = uri.param("transport").is_some_and(|t| t.eq_ignore_ascii_case("tcp"));
        // A customer must not reach into the operator's network through us (RFC 3261 §26.1.2).
        let destinations: Vec<Destination> = addresses
            .into_iter()
            .filter(|address| self.sip_target_allowed(address.ip()))
            .map(|address| if tcp { Destination::tcp(address) } else { Destination::udp(address) })
            .collect();
        if destinations.is_empty() {
            return Err(RouteError::BadHost);
        }
        Ok(Attempt { trunk: None, label: None, destinations, uri })
    }

    /// The INVITE of one attempt.
    pub(crate) fn invite_for(&self, attempt: &Attempt, leg: &Attempts) -> Option<InviteRequest> {
        let first = attempt.destinations.first()?;
        let host = self.advertised_host();
        let format = attempt.trunk.as_ref().map_or(NumberFormat::E164, |trunk| trunk.caller_id_format);
        let user = match leg.from.as_ref()? {
            Address::Number(number) => write_number(number, format, &self.config.sip.country_code),
            Address::ShortCode(text) => text.clone(),
            Address::Client(name) => name.clone(),
            Address::Sip(uri) => Uri::parse(uri.as_bytes()).ok()?.user().unwrap_or("anonymous").to_owned(),
            Address::Alphanumeric(_) | Address::Anonymous => "anonymous".to_owned(),
        };
        let from = NameAddr::new(Uri::sip(Some(&user), &host, None).ok()?);
        let mut request = InviteRequest::new(attempt.uri.clone(), from.clone(), *first, leg.offer.clone());
        request.destinations.clone_from(&attempt.destinations);
        request.ring_timeout = std::time::Duration::from_secs(u64::from(leg.ring_timeout_s.clamp(1, 600)));
        request.contact_user = Some(user);
        request.headers = Self::extra_headers(attempt, leg, &from);
        let login = leg.login.clone().or_else(|| {
            let trunk = attempt.trunk.as_ref().filter(|trunk| !trunk.username.is_empty())?;
            Some((trunk.username.clone(), trunk.password.clone()))
        });
        request.login =
            login.map(|(username, password)| Login { username, secret: Secret::Password(password) });
        Some(request)
    }

    fn extra_headers(attempt: &Attempt, leg: &Attempts, from: &NameAddr) -> ExtraHeaders {
        let mut headers = ExtraHeaders::new();
        for (name, value) in &leg.headers {
            // A line break or a name that is ours refuses itself here; the rest of the headers still go.
            let _ = headers.push(name, value);
        }
        if attempt.trunk.as_ref().is_some_and(|t| t.caller_id_header == CallerIdHeader::AssertedIdentity) {
            let _ = headers.push("P-Asserted-Identity", &from.to_string());
        }
        headers
    }

    /// The address a peer named in a URI.
    pub(crate) fn address_of(&self, uri: &Uri) -> Option<Address> {
        let user = uri.user_decoded()?;
        read_address(&user, &self.config.sip.country_code)
            .or_else(|| format!("sip:{user}@{}", uri.host()).parse().ok())
    }
}

fn number_uri(user: &str, host: SocketAddr) -> Uri {
    let ip = match host {
        SocketAddr::V4(v4) => v4.ip().to_string(),
        SocketAddr::V6(v6) => format!("[{}]", v6.ip()),
    };
    Uri::sip(Some(user), &ip, Some(host.port())).expect("digits and an IP address make a SIP URI")
}
