//! SMPP routes as shown.

use flexio_app::smpp_routes::{RouteFault, RouteFinding, SmppRouteState};
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
    w.list("findings", "finding", route.finding.as_slice(), |w, finding| {
        w.put("kind", finding.kind.as_str());
        w.put("what", finding.what.as_str());
        w.put("cure", finding.cure);
    });
}

pub(super) fn sample(w: &mut Writer, _: &Shown<'_>) {
    let shown = SmppRouteState {
        name: "smsc-1".to_owned(),
        carrier: "smsc".to_owned(),
        peer: "smpp.carrier-a.example:2775".to_owned(),
        bind: "transceiver",
        prefixes: vec!["+32".to_owned()],
        is_up: false,
        since: Timestamp::from_second(1_766_000_000).ok(),
        in_flight: 3,
        finding: Some(RouteFinding {
            kind: RouteFault::BindRefused,
            what: "smpp.carrier-a.example:2775 refuses the bind: ESME_RINVPASWD (0x0000000E).".to_owned(),
            cure: "Check `system_id` and `password`.",
        }),
    };
    route(w, &shown);
}
