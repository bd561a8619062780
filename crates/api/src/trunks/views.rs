//! Trunks as shown.

use flexio_app::trunks::{
    FindingKind, TrunkAddress, TrunkAnswer, TrunkFinding, TrunkRegistration, TrunkState,
};
use flexio_domain::{Timestamp, TrunkFault, TrunkReport};

use crate::ask::Shown;
use crate::dialect::iso_ms;
use crate::write::Writer;

pub(super) fn trunk(w: &mut Writer, trunk: &TrunkState) {
    w.put("name", trunk.name.as_str());
    w.put("state", word(trunk.answers));
    w.put("calls", trunk.calls);
    w.put("calls_max", trunk.calls_max);
    w.object("registration", |w| {
        if let Some(registration) = &trunk.registration {
            registered(w, registration);
        }
    });
    w.list("addresses", "address", &trunk.addresses, address);
    w.list("findings", "finding", &trunk.findings, |w, finding| {
        w.put("kind", finding.kind.as_str());
        w.put("what", finding.what.as_str());
        w.put("cure", finding.cure.as_str());
    });
    w.list("other_nodes", "other_node", &trunk.elsewhere, elsewhere);
}

fn elsewhere(w: &mut Writer, report: &TrunkReport) {
    w.put("node", report.node.as_str());
    w.put("state", word(report.answers));
    w.put("calls", report.calls);
    w.put("calls_max", report.calls_max);
    w.put("date_updated", iso_ms(report.at));
    w.list("findings", "finding", &report.faults, |w, fault| {
        w.put("kind", fault.kind.as_str());
        w.put("what", fault.what.as_str());
        w.put("cure", fault.cure.as_str());
    });
}

const fn word(answers: Option<bool>) -> &'static str {
    match answers {
        Some(true) => "up",
        Some(false) => "down",
        None => "unknown",
    }
}

fn registered(w: &mut Writer, registration: &TrunkRegistration) {
    let (state, status, until, seen_as) = match *registration {
        TrunkRegistration::Trying => ("trying", None, None, None),
        TrunkRegistration::Registered { until, seen_as } => ("registered", Some(200), Some(until), seen_as),
        TrunkRegistration::Failed { status } => ("failed", status, None, None),
        TrunkRegistration::Over => ("over", None, None, None),
    };
    w.put("state", state);
    w.put("sip_status", status.map(u32::from));
    w.put("registered_until", until.map(iso_ms));
    w.put("seen_as", seen_as.map(|address| address.to_string()));
}

fn address(w: &mut Writer, address: &TrunkAddress) {
    w.put("transport", address.transport);
    w.put("address", address.address.to_string());
    w.put("state", word(address.answers));
    w.put("since", address.since.map(iso_ms));
    for (name, answer) in [("options", &address.options), ("invite", &address.invite)] {
        w.object(name, |w| {
            if let Some(TrunkAnswer { status, at }) = answer {
                w.put("sip_status", status.map(u32::from));
                w.put("date", iso_ms(*at));
            }
        });
    }
}

pub(super) fn sample(w: &mut Writer, _: &Shown<'_>) {
    let at = Timestamp::from_second(1_766_000_000).expect("a second of 2025");
    let answered = |status| Some(TrunkAnswer { status: Some(status), at });
    let shown = TrunkState {
        name: "carrier-a".to_owned(),
        addresses: vec![TrunkAddress {
            transport: "udp",
            address: ([203, 0, 113, 5], 5060).into(),
            answers: Some(true),
            since: Some(at),
            options: answered(200),
            invite: answered(403),
        }],
        answers: Some(true),
        registration: Some(TrunkRegistration::Registered {
            until: at,
            seen_as: Some(([198, 51, 100, 7], 5060).into()),
        }),
        calls: 3,
        calls_max: 30,
        findings: vec![TrunkFinding {
            kind: FindingKind::CallsRefused,
            what: "203.0.113.5:5060 refused the last call with 403.".to_owned(),
            cure: "Check `username` and `password`.".to_owned(),
        }],
        elsewhere: vec![TrunkReport {
            node: "b".to_owned(),
            trunk: "carrier-a".to_owned(),
            at,
            answers: Some(false),
            calls: 0,
            calls_max: 30,
            faults: vec![TrunkFault {
                kind: "no-answer".to_owned(),
                what: "203.0.113.5:5060 does not answer.".to_owned(),
                cure: "Check the firewall.".to_owned(),
            }],
        }],
    };
    trunk(w, &shown);
}
