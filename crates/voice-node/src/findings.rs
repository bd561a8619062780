//! What is wrong with a trunk, in words, and what helps. Pure; docs/trunks.md explains each kind.

use std::net::{IpAddr, SocketAddr};

use flexio_app::trunks::{FindingKind as Kind, TrunkFinding};
use flexio_sip::Transport;

use crate::reception::Registration;
use crate::routing::{TrunkEntry, Way};

/// One-way calls among the last ones that make it the trunk's fault rather than a party's microphone.
const ONE_WAY_MIN: u32 = 2;

/// What we write as our own addresses.
#[derive(Debug, Clone)]
pub(crate) struct Ourselves {
    /// Host of Via and Contact.
    pub sip: String,
    /// Address in session descriptions.
    pub media: IpAddr,
}

/// What is known to be wrong, the gravest first.
pub(crate) fn of(entry: &TrunkEntry, us: &Ourselves, now: std::time::Duration) -> Vec<TrunkFinding> {
    let mut found = Vec::new();
    let mut add = |kind, what: String, cure: &str| {
        found.push(TrunkFinding { kind, what, cure: cure.to_owned() });
    };
    for (host, why) in &entry.unresolved {
        add(
            Kind::NameNotResolved,
            format!("`{host}` has no address: {why}."),
            "Check the spelling in `addresses` or `outbound_proxy`, and that the name servers of `sip.dns_servers`, or of the system, know it. It is looked up every minute.",
        );
    }
    for way in &entry.ways {
        if let Some((kind, what, cure)) = of_address(way, entry, now) {
            add(kind, what, cure);
        }
    }
    if let Some(Registration::Failed { status }) = entry.registration {
        let (what, cure) = of_registration(status);
        add(Kind::NotRegistered, what, cure);
    }
    for (kind, what, cure) in of_calls(entry) {
        add(kind, what, cure);
    }
    for (kind, what, cure) in of_ourselves(entry, us) {
        add(kind, what, &cure);
    }
    let (one_way, calls) = (entry.one_way.count_ones(), entry.heard);
    if one_way >= ONE_WAY_MIN {
        add(
            Kind::OneWayAudio,
            format!("Sound came in one direction only in {one_way} of the last {calls} calls."),
            "Open the ports `media.port_min` to `media.port_max` for UDP in both directions, set `media.advertised_ip` to the address the carrier can reach, and leave `strict_source` off where the carrier sends from another address than it writes.",
        );
    }
    if entry.channels.is_full() {
        add(
            Kind::Full,
            format!("It carries {} calls, as many as it may.", entry.channels.taken()),
            "Raise `max_calls` to what the contract allows, or add a trunk that takes the rest.",
        );
    }
    found.sort_by_key(|finding| finding.kind);
    found
}

type Found = (Kind, String, &'static str);

fn of_address(way: &Way, entry: &TrunkEntry, now: std::time::Duration) -> Option<Found> {
    let address = way.destination.remote;
    if let Some(fault) = &way.fault {
        let lower = fault.to_ascii_lowercase();
        if way.destination.transport == Transport::Tls && lower.contains("certificate") {
            return Some((
                Kind::Certificate,
                format!("The certificate of {address} is refused: {fault}."),
                "`addresses` must name the host that the certificate is for, not its IP address; an authority of the carrier's own goes into the file `tls_ca` of the trunk. Else the carrier has to renew it.",
            ));
        }
        return Some((
            Kind::NoConnection,
            format!("No connection to {address}: {fault}."),
            "Check port and `transport`, and that the firewall lets connections out to it.",
        ));
    }
    if !way.is_down(now) {
        return None;
    }
    let what = match (way.missed, way.options) {
        (2.., Some(answer)) if answer.status == Some(503) => format!("{address} answers OPTIONS with 503."),
        (2.., _) => format!("{address} does not answer OPTIONS."),
        _ => format!("{address} left a call without any answer."),
    };
    let cure = if entry.config.register || !entry.config.username.is_empty() {
        "Check address, port and `transport`, and that the firewall lets SIP out to it and its answers in. If it takes calls but no OPTIONS, set `ping_s = 0`."
    } else {
        "Check address, port and `transport`, that the firewall lets SIP out to it and its answers in, and that the carrier has our address in its list. If it takes calls but no OPTIONS, set `ping_s = 0`."
    };
    Some((Kind::NoAnswer, what, cure))
}

fn of_registration(status: Option<u16>) -> (String, &'static str) {
    match status {
        None => (
            "The registrar does not answer.".to_owned(),
            "Check `addresses` or `outbound_proxy`, and that the firewall lets SIP out and its answers in.",
        ),
        Some(status @ (401 | 403 | 407)) => (
            format!("The registrar refuses us: {status}."),
            "Check `username`, `password` and `domain`: the user name is often the number or an id of its own, and the domain the one of the contract rather than the host.",
        ),
        Some(404) => {
            ("The registrar does not know the user: 404.".to_owned(), "Check `username` and `domain`.")
        }
        Some(status) => {
            (format!("The registrar answered {status}."), "Ask the carrier what it means; it is tried again.")
        }
    }
}

/// What the last INVITE at each address was refused for.
fn of_calls(entry: &TrunkEntry) -> impl Iterator<Item = Found> {
    entry.ways.iter().filter_map(|way| {
        let address = way.destination.remote;
        match way.invite?.status? {
            status @ (401 | 403 | 407) => Some((
                Kind::CallsRefused,
                format!("{address} refused the last call with {status}."),
                "Check `username` and `password`, and that the caller id is a number of the contract in the form the carrier wants (`caller_id_format`, `caller_id_header`, `identity`). A carrier that knows us by our address must have it in its list.",
            )),
            status @ (415 | 488 | 606) => Some((
                Kind::NoCommonCodec,
                format!("{address} could not agree on the sound of the last call: {status}."),
                "Set `codecs` and `srtp` to what the carrier offers: most take \"pcma\" and \"pcmu\" without encryption.",
            )),
            _ => None,
        }
    })
}

/// Addresses of ours that the carrier cannot use.
fn of_ourselves(entry: &TrunkEntry, us: &Ourselves) -> Vec<(Kind, String, String)> {
    let seen_as = match entry.registration {
        Some(Registration::Registered { seen_as, .. }) => seen_as,
        Some(Registration::Trying | Registration::Failed { .. } | Registration::Over) | None => None,
    };
    let is_outside = entry.ways.iter().any(|way| !is_private(way.destination.remote.ip()));
    let written: Option<IpAddr> = us.sip.trim_matches(['[', ']']).parse().ok();
    let known = seen_as.map(|seen: SocketAddr| seen.ip()).filter(|ip| !is_private(*ip));
    let public = known.map_or_else(
        || "the public one, or to \"stun:host:port\"".to_owned(),
        |ip| format!("\"{ip}\", where the carrier sees us,"),
    );
    let mut found = Vec::new();
    if is_outside && written.is_some_and(is_private) {
        let cure = format!(
            "Set `sip.advertised` to {public} and forward the SIP port to this machine; `media.advertised_ip` likewise."
        );
        found.push((
            Kind::PrivateAddress,
            format!("Via and Contact say {}, which the carrier cannot reach.", us.sip),
            cure,
        ));
    } else if let (Some(seen), Some(written)) = (known, written)
        && seen != written
    {
        found.push((
            Kind::OtherAddress,
            format!("Via and Contact say {written}, but the carrier sees us at {seen}."),
            format!(
                "Set `sip.advertised` to \"{seen}\", or let this machine reach the carrier from {written}."
            ),
        ));
    }
    if is_outside && is_private(us.media) {
        found.push((
            Kind::PrivateAddress,
            format!("Session descriptions say {}, which the carrier cannot send sound to.", us.media),
            format!("Set `media.advertised_ip` to {public} and forward the media ports to this machine."),
        ));
    }
    found
}

/// Whether an address means nothing outside the network it is used in.
fn is_private(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        // 100.64.0.0/10 is what carriers put their customers behind (RFC 6598).
        IpAddr::V4(v4) => {
            v4.is_private()
                || v4.is_link_local()
                || v4.is_loopback()
                || v4.is_unspecified()
                || matches!(v4.octets(), [100, 64..=127, ..])
        }
        IpAddr::V6(v6) => {
            v6.is_loopback() || v6.is_unspecified() || v6.is_unique_local() || v6.is_unicast_link_local()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use flexio_app::trunks::TrunkAnswer;
    use flexio_sip::Destination;

    use super::*;
    use crate::config::Trunk;
    use crate::routing::Trunks;

    const NOW: Duration = Duration::from_secs(1_000);

    type Change = fn(&mut TrunkEntry);

    fn us(sip: &str, media: &str) -> Ourselves {
        Ourselves { sip: sip.to_owned(), media: media.parse().unwrap() }
    }

    /// A trunk of one public address, after `change`.
    fn kinds(us: &Ourselves, change: impl FnOnce(&mut TrunkEntry)) -> Vec<Kind> {
        let config = Trunk {
            name: "t".to_owned(),
            addresses: vec!["198.51.100.1".to_owned()],
            max_calls: 1,
            ..Trunk::default()
        };
        let mut trunks = Trunks::new(&[config]).unwrap();
        let entry = trunks.get_mut("t").unwrap();
        entry.ways = vec![Way::new(Destination::udp(([198, 51, 100, 1], 5060).into()), 0, 0)];
        change(entry);
        of(entry, us, NOW).into_iter().map(|finding| finding.kind).collect()
    }

    fn answered(status: u16) -> TrunkAnswer {
        TrunkAnswer { status: Some(status), at: jiff::Timestamp::UNIX_EPOCH }
    }

    #[test]
    fn a_trunk_that_works_has_no_findings() {
        let us = us("203.0.113.1", "203.0.113.1");
        let found = kinds(&us, |entry| {
            entry.ways[0].options = Some(answered(200));
            entry.ways[0].invite = Some(answered(486));
            let seen_as = Some(([203, 0, 113, 1], 5060).into());
            entry.registration = Some(Registration::Registered { expires_s: 600, seen_as });
            (entry.one_way, entry.heard) = (1, 32);
        });
        assert_eq!(found, []);
    }

    #[test]
    fn each_fault_is_told_as_its_kind() {
        let us = us("203.0.113.1", "203.0.113.1");
        let cases: [(Kind, Change); 10] = [
            (Kind::NameNotResolved, |entry| entry.unresolved = vec![("sip.x".to_owned(), "no".to_owned())]),
            (Kind::NoAnswer, |entry| entry.ways[0].missed = 2),
            (Kind::NoAnswer, |entry| entry.ways[0].shunned_until = Some(NOW + Duration::from_secs(1))),
            (Kind::NoConnection, |entry| entry.ways[0].fault = Some("connection refused".to_owned())),
            (Kind::Certificate, |entry| {
                entry.ways[0].destination.transport = Transport::Tls;
                entry.ways[0].fault = Some("invalid peer certificate: UnknownIssuer".to_owned());
            }),
            (Kind::NotRegistered, |entry| {
                entry.registration = Some(Registration::Failed { status: Some(403) });
            }),
            (Kind::CallsRefused, |entry| entry.ways[0].invite = Some(answered(403))),
            (Kind::NoCommonCodec, |entry| entry.ways[0].invite = Some(answered(488))),
            (Kind::OneWayAudio, |entry| (entry.one_way, entry.heard) = (0b101, 10)),
            (Kind::OtherAddress, |entry| {
                let seen_as = Some(([203, 0, 113, 9], 5060).into());
                entry.registration = Some(Registration::Registered { expires_s: 600, seen_as });
            }),
        ];
        for (kind, change) in cases {
            assert_eq!(kinds(&us, change), [kind]);
        }
    }

    #[test]
    fn private_addresses_of_ours_are_told_where_the_carrier_is_outside() {
        let private = us("192.168.1.10", "192.168.1.10");
        assert_eq!(kinds(&private, |_| ()), [Kind::PrivateAddress, Kind::PrivateAddress]);
        // A PBX in the same network is fine.
        let inside = |entry: &mut TrunkEntry| {
            entry.ways[0].destination = Destination::udp(([192, 168, 1, 20], 5060).into());
        };
        assert_eq!(kinds(&private, inside), []);
    }

    #[test]
    fn the_cure_names_the_address_the_carrier_has_seen() {
        let mut trunks = Trunks::new(&[Trunk { name: "t".to_owned(), ..Trunk::default() }]).unwrap();
        let entry = trunks.get_mut("t").unwrap();
        entry.ways = vec![Way::new(Destination::udp(([198, 51, 100, 1], 5060).into()), 0, 0)];
        let seen_as = Some(([203, 0, 113, 9], 5060).into());
        entry.registration = Some(Registration::Registered { expires_s: 600, seen_as });
        let found = of(entry, &us("10.0.0.5", "203.0.113.9"), NOW);
        assert!(found[0].cure.contains("\"203.0.113.9\""), "{found:?}");
    }
}
