//! From "call this party" to an INVITE: number forms, caller id, trunks in turn.

use std::collections::VecDeque;
use std::net::SocketAddr;

use flexio_app::legs::read_address;
use flexio_domain::{AccountSid, Address, E164, EmergencyAddress};
use flexio_sip::{Destination, ExtraHeaders, InviteRequest, Login, NameAddr, Scheme, Secret, Transport, Uri};
use flexio_store::StoreError;

use crate::config::Trunk;
use crate::emergency;
use crate::identity::{self, Said};
use crate::node::Node;
use crate::routing::{Target, TrunkEntry, write_number};
use crate::trunks::proxy_route;

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
    /// Through the trunk's outbound proxy.
    pub route: Vec<NameAddr>,
    /// Domain of the trunk we are known at: host of our From.
    pub domain: Option<String>,
    /// The user whose phones it rings, by the address he registered with.
    pub phone: Option<String>,
    /// Further phones of the same user, rung at the same time.
    pub also: Vec<(Uri, Destination)>,
}

impl Attempt {
    /// A way that is no trunk's.
    fn direct(label: Option<&str>, destinations: Vec<Destination>, uri: Uri) -> Self {
        Self {
            trunk: None,
            label: label.map(str::to_owned),
            destinations,
            uri,
            route: Vec::new(),
            domain: None,
            phone: None,
            also: Vec::new(),
        }
    }
}

/// Ways that are left.
#[derive(Debug, Clone, Default)]
pub(crate) struct Attempts {
    pub left: VecDeque<Attempt>,
    /// Facts every INVITE of this leg shares.
    pub from: Option<Address>,
    pub headers: Vec<(String, String)>,
    /// The number that forwards the call whose caller is shown.
    pub diverted_by: Option<E164>,
    /// It is a call for help.
    pub help: Option<Help>,
    pub login: Option<(String, String)>,
    pub ring_timeout_s: u32,
    pub offer: Vec<u8>,
}

/// What goes along with a call for help.
#[derive(Debug, Clone)]
pub(crate) struct Help {
    /// Where its phone is, if that is known.
    pub place: Option<EmergencyAddress>,
}

/// Why no way exists.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RouteError {
    /// No trunk takes it.
    #[error("no carrier route exists for this destination")]
    NoRoute,
    /// Every trunk that takes it carries as many calls as it may.
    #[error("every trunk for this destination carries as many calls as it may")]
    Full,
    /// The host of a SIP address cannot be resolved or may not be called.
    #[error("the SIP address cannot be reached")]
    BadHost,
    /// No phone of the user is registered.
    #[error("the client is not registered")]
    NotRegistered,
    /// The database did not answer.
    #[error("storage")]
    Store(#[from] StoreError),
}

impl Node {
    /// Ways to reach the address, in the order they are to be tried.
    pub(crate) async fn ways_to(
        &self,
        account: AccountSid,
        to: &Address,
    ) -> Result<VecDeque<Attempt>, RouteError> {
        match to {
            Address::Number(number) => {
                // On-net calls never leave the platform: they come back in through our own listener.
                let ours = self.app.owner_of(number).await?.is_some();
                // Nobody's for now, but ours still: the caller is told, as one from outside is.
                if ours || self.app.is_quarantined(number).await? {
                    return Ok(VecDeque::from([self.on_net(number)]));
                }
                self.carriers(to)
            }
            Address::ShortCode(_) => self.carriers(to),
            Address::Sip(uri) => match self.phones(account, &to.to_string()) {
                Some(way) => Ok(VecDeque::from([way])),
                None if self.is_sip_domain(uri).await? => Err(RouteError::NotRegistered),
                None => self.sip_address(uri).await.map(|way| VecDeque::from([way])),
            },
            Address::Client(_) => {
                let way = self.phones(account, &to.to_string()).ok_or(RouteError::NotRegistered)?;
                Ok(VecDeque::from([way]))
            }
            Address::Alphanumeric(_) | Address::Anonymous => Err(RouteError::NoRoute),
        }
    }

    fn on_net(&self, number: &E164) -> Attempt {
        let uri = number_uri(number.as_str(), self.local);
        Attempt::direct(None, vec![Destination::udp(self.local)], uri)
    }

    /// All phones of a user at once; `None` when none is registered.
    fn phones(&self, account: AccountSid, address: &str) -> Option<Attempt> {
        let found = self.locations().find(self.epoch.elapsed(), account, address);
        let mut found = found.into_iter();
        let first = found.next()?;
        let mut attempt = Attempt::direct(Some("registered"), vec![first.path], first.contact);
        attempt.phone = Some(address.to_owned());
        attempt.also = found.map(|location| (location.contact, location.path)).collect();
        Some(attempt)
    }

    /// Whether the address is at a SIP domain of the installation: its users are reached by registration only.
    async fn is_sip_domain(&self, uri: &str) -> Result<bool, StoreError> {
        let Ok(uri) = Uri::parse(uri.as_bytes()) else { return Ok(false) };
        let domain = self.app.store.sip_domain_by_name(&uri.host().to_ascii_lowercase()).await?;
        Ok(domain.is_some())
    }

    fn carriers(&self, to: &Address) -> Result<VecDeque<Attempt>, RouteError> {
        let dialled = to.dialled().ok_or(RouteError::NoRoute)?;
        let (draw, now) = (self.draw(), self.epoch.elapsed());
        let trunks = self.trunks();
        let chosen = if self.app.is_emergency(to) {
            trunks.choose_for_help(dialled, draw, now)
        } else {
            trunks.choose(dialled, draw, now)
        };
        let ways: VecDeque<Attempt> = chosen
            .into_iter()
            .map(|entry| {
                let written = to.number().map_or_else(
                    || dialled.to_owned(),
                    |number| write_number(number, entry.config.number_format, &self.config.sip.country_code),
                );
                Attempt {
                    trunk: Some(entry.config.clone()),
                    label: Some(entry.config.name.clone()),
                    uri: trunk_uri(entry, &written),
                    destinations: entry.drawn(draw, now),
                    route: proxy_route(entry).into_iter().collect(),
                    domain: (!entry.config.domain.is_empty() || entry.config.register)
                        .then(|| entry.domain.clone()),
                    phone: None,
                    also: Vec::new(),
                }
            })
            .collect();
        if !ways.is_empty() {
            return Ok(ways);
        }
        if trunks.is_full(dialled) {
            return Err(RouteError::Full);
        }
        let carrier = self.sandbox_carrier().ok_or(RouteError::NoRoute)?;
        let uri = number_uri(dialled, carrier);
        Ok(VecDeque::from([Attempt::direct(Some("sandbox"), vec![Destination::udp(carrier)], uri)]))
    }

    async fn sip_address(&self, text: &str) -> Result<Attempt, RouteError> {
        let uri = Uri::parse(text.as_bytes()).map_err(|_| RouteError::BadHost)?;
        let host = uri.ip().map_or_else(|| uri.host().to_owned(), |ip| ip.to_string());
        let target = Target { host, port: uri.port(), transport: transport_of(&uri)? };
        let ways = self.names.ways(&target, 0).await.map_err(|_| RouteError::BadHost)?;
        // A customer must not reach into the operator's network through us (RFC 3261 §26.1.2).
        let allowed = ways.into_iter().filter(|way| self.sip_target_allowed(way.destination.remote.ip()));
        let destinations: Vec<Destination> = allowed.map(|way| way.destination).take(8).collect();
        for destination in &destinations {
            if destination.transport == Transport::Tls && uri.ip().is_none() {
                // Its certificate must be for the name that was dialled (RFC 5922 §4).
                self.peer_names.note(destination.remote, uri.host());
            }
        }
        if destinations.is_empty() {
            return Err(RouteError::BadHost);
        }
        Ok(Attempt::direct(None, destinations, uri))
    }

    /// The INVITE of one attempt.
    pub(crate) fn invite_for(&self, attempt: &Attempt, leg: &Attempts) -> Option<InviteRequest> {
        let first = attempt.destinations.first()?;
        let host = attempt.domain.clone().unwrap_or_else(|| self.advertised_host());
        let trunk = attempt.trunk.as_ref();
        let country_code = &self.config.sip.country_code;
        let Said { from, user, headers: mut identity } =
            identity::said(leg.from.as_ref()?, &host, trunk, country_code)?;
        if let (Some(trunk), Some(by)) = (trunk, &leg.diverted_by) {
            identity.extend(identity::diverted(by, &attempt.uri, &host, trunk, country_code));
        }
        let mut request = InviteRequest::new(attempt.uri.clone(), from, *first, leg.offer.clone());
        request.destinations.clone_from(&attempt.destinations);
        request.route.clone_from(&attempt.route);
        request.has_other_ways = !leg.left.is_empty();
        request.ring_timeout = std::time::Duration::from_secs(u64::from(leg.ring_timeout_s.clamp(1, 600)));
        request.contact_user = Some(user);
        if let Some(help) = leg.help.as_ref().filter(|_| trunk.is_some_and(|trunk| trunk.emergency)) {
            let place = help.place.as_ref().map(|place| (place, self.wall()));
            let caller = request.from.uri().to_string();
            let (headers, part) = emergency::told(place, &caller, &host);
            identity.extend(headers);
            request.part = part;
        }
        request.headers = extra_headers(leg, &identity);
        let login = leg.login.clone().or_else(|| {
            let trunk = attempt.trunk.as_ref().filter(|trunk| !trunk.username.is_empty())?;
            Some((trunk.username.clone(), trunk.password.clone()))
        });
        request.login =
            login.map(|(username, password)| Login { username, secret: Secret::Password(password) });
        Some(request)
    }

    /// The address a peer named in a URI.
    pub(crate) fn address_of(&self, uri: &Uri) -> Option<Address> {
        let user = uri.user_decoded()?;
        // A number may have parameters of its own (RFC 3261 §19.1.6), such as `verstat`.
        let user = match user.split_once(';') {
            Some((number, _)) if number.starts_with('+') => number.to_owned(),
            Some(_) | None => user,
        };
        read_address(&user, &self.config.sip.country_code)
            .or_else(|| format!("sip:{user}@{}", uri.host()).parse().ok())
    }
}

/// The customer's headers, and those that tell who calls.
fn extra_headers(leg: &Attempts, identity: &[(&'static str, String)]) -> ExtraHeaders {
    let mut headers = ExtraHeaders::new();
    for (name, value) in leg.headers.iter().filter(|(name, _)| !identity::is_ours(name)) {
        // A line break or a name that is ours refuses itself here; the rest of the headers still go.
        let _ = headers.push(name, value);
    }
    for (name, value) in identity {
        let _ = headers.push(name, value);
    }
    headers
}

/// Where the trunk's domain is named, calls are addressed to it; else to the address they go to.
fn trunk_uri(entry: &TrunkEntry, user: &str) -> Uri {
    let by_domain = !entry.config.domain.is_empty() || !entry.config.outbound_proxy.is_empty();
    let named = by_domain.then(|| Uri::sip(Some(user), &entry.domain, None).ok()).flatten();
    named.unwrap_or_else(|| number_uri(user, entry.ways[0].destination.remote))
}

/// By which transport a SIP address is called: that which it names, TLS for `sips` (RFC 3261 §26.2.2), else what DNS says (`None`). It
/// cannot be called by one that only comes to us, or that is unknown.
fn transport_of(uri: &Uri) -> Result<Option<Transport>, RouteError> {
    let is_secure = uri.scheme() == Scheme::Sips;
    let named = uri.param("transport").map(str::to_ascii_lowercase);
    match named.as_deref() {
        Some("tls") => Ok(Some(Transport::Tls)),
        None | Some("tcp") if is_secure => Ok(Some(Transport::Tls)),
        Some("tcp") => Ok(Some(Transport::Tcp)),
        Some("udp") if !is_secure => Ok(Some(Transport::Udp)),
        None => Ok(None),
        Some(_) => Err(RouteError::BadHost),
    }
}

fn number_uri(user: &str, host: SocketAddr) -> Uri {
    let ip = match host {
        SocketAddr::V4(v4) => v4.ip().to_string(),
        SocketAddr::V6(v6) => format!("[{}]", v6.ip()),
    };
    Uri::sip(Some(user), &ip, Some(host.port())).expect("digits and an IP address make a SIP URI")
}
