//! Why a route is down, in words for the operator.

use flexio_app::smpp_routes::{RouteFault, RouteFinding};
use flexio_smpp::DownReason;

/// Of a route to `peer` (host and port) that went down for `reason`. `fault` is why no connection could be made, where that is known.
pub(crate) fn finding(peer: &str, reason: DownReason, fault: Option<&str>) -> RouteFinding {
    let (kind, what, cure) = match (reason, fault) {
        (DownReason::Lost, Some(fault)) if fault.to_lowercase().contains("certificate") => (
            RouteFault::Certificate,
            format!("The certificate of {peer} is refused: {fault}."),
            "`tls_server_name` must be the name that the certificate is for; an authority of the carrier's own goes into the file `tls_ca_file`. Else the carrier has to renew it.",
        ),
        (DownReason::Lost, Some(fault)) => (
            RouteFault::NoConnection,
            format!("No connection to {peer}: {fault}."),
            "Check `host`, `port`, `tls`, the firewall, and whether the carrier expects us from this address.",
        ),
        (DownReason::ConnectTimeout, _) => (
            RouteFault::NoConnection,
            format!("No connection to {peer} in time."),
            "Check `host`, `port`, the firewall, and whether the carrier expects us from this address.",
        ),
        (DownReason::Lost, None) | (DownReason::UnboundByPeer, _) => (
            RouteFault::Closed,
            format!("{peer} has ended the connection."),
            "The route binds again by itself. Where that happens again and again, check `port`, `tls` and `system_id`, and ask the carrier.",
        ),
        (DownReason::BindTimeout | DownReason::Silent, _) => (
            RouteFault::NoAnswer,
            format!("{peer} does not answer."),
            "Check that `port` is the carrier's SMPP, with TLS where `tls` says so; else the carrier has to look.",
        ),
        (DownReason::BindRefused(status), _) => {
            let (name, cure) = refusal(status);
            (RouteFault::BindRefused, format!("{peer} refuses the bind: {name} (0x{status:08X})."), cure)
        }
        (DownReason::Garbled, _) => (
            RouteFault::Garbled,
            format!("What {peer} sends is not SMPP."),
            "Check `port`, and whether the carrier wants `tls`.",
        ),
    };
    RouteFinding { kind, what, cure }
}

/// Name and cure of a `command_status` that a bind is refused with (SMPP 5.0 §4.7.6).
fn refusal(status: u32) -> (&'static str, &'static str) {
    const CREDENTIALS: &str = "Check `system_id`, `password`, `system_type` and `bind`, and whether the carrier expects us from this address.";
    const TAKEN: &str =
        "Somebody is bound with this `system_id` already: end that, or have the carrier allow more binds.";
    match status {
        0x04 => ("ESME_RINVBNDSTS", TAKEN),
        0x05 => ("ESME_RALYBND", TAKEN),
        0x0D => ("ESME_RBINDFAIL", CREDENTIALS),
        0x0E => ("ESME_RINVPASWD", CREDENTIALS),
        0x0F => ("ESME_RINVSYSID", CREDENTIALS),
        0x53 => ("ESME_RINVSYSTYP", CREDENTIALS),
        0x58 => ("ESME_RTHROTTLED", "The route binds again by itself, later each time."),
        0x08 => ("ESME_RSYSERR", "The carrier's system is at fault; the route binds again by itself."),
        _ => ("command_status", "Ask the carrier what it means."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_and_what_to_do_is_told_of_every_reason() {
        let cases = [
            (DownReason::Lost, Some("invalid peer certificate: Expired"), "certificate", "tls_ca_file"),
            (DownReason::Lost, Some("Connection refused (os error 111)"), "no-connection", "firewall"),
            (DownReason::ConnectTimeout, None, "no-connection", "firewall"),
            (DownReason::Lost, None, "closed", "carrier"),
            (DownReason::UnboundByPeer, None, "closed", "carrier"),
            (DownReason::BindTimeout, None, "no-answer", "port"),
            (DownReason::Silent, None, "no-answer", "port"),
            (DownReason::BindRefused(0x0E), None, "bind-refused", "password"),
            (DownReason::BindRefused(0x05), None, "bind-refused", "bound"),
            (DownReason::BindRefused(0x400), None, "bind-refused", "carrier"),
            (DownReason::Garbled, None, "garbled", "tls"),
        ];
        for (reason, fault, kind, cure) in cases {
            let found = finding("smsc.test:2775", reason, fault);
            assert_eq!(found.kind.as_str(), kind);
            assert!(found.cure.contains(cure) && found.what.contains("smsc.test:2775"), "{found:?}");
        }
    }
}
