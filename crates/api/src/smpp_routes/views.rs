//! SMPP routes as shown.

use flexio_app::smpp_routes::SmppRouteState;
use flexio_domain::Timestamp;

use crate::ask::Shown;
use crate::dialect::iso_ms;
use crate::write::Writer;

pub(super) fn route(w: &mut Writer, route: &SmppRouteState) {
    let prefixes: Vec<&str> = route.prefixes.iter().map(String::as_str).collect();
    w.put("name", route.name.as_str());
    w.put("carrier", route.carrier.as_str());
    w.put("peer", route.peer.as_str());
    w.put("bind", route.bind);
    w.texts("prefixes", &prefixes);
    w.put("state", if route.is_up { "up" } else { "down" });
    w.put("since", route.since.map(iso_ms));
    w.put("in_flight", i64::try_from(route.in_flight).unwrap_or(i64::MAX));
}

pub(super) fn sample(w: &mut Writer, _: &Shown<'_>) {
    let shown = SmppRouteState {
        name: "smsc-1".to_owned(),
        carrier: "smsc".to_owned(),
        peer: "smpp.carrier-a.example:2775".to_owned(),
        bind: "transceiver",
        prefixes: vec!["+32".to_owned()],
        is_up: true,
        since: Timestamp::from_second(1_766_000_000).ok(),
        in_flight: 3,
    };
    route(w, &shown);
}
