//! What carriers' codes mean to the customer: the 30xxx errors of the catalogue.

use flexio_domain::ErrorCode;

/// State of a message in a receipt, as far as it matters here (SMPP 3.4 §5.2.28).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReceiptState {
    /// Not finished, or not known: no news.
    Pending,
    /// The handset has it.
    Delivered,
    /// Validity period over.
    Expired,
    /// Removed at the carrier.
    Deleted,
    /// Permanently undeliverable.
    Undeliverable,
    /// Refused by a delivery interface.
    Rejected,
}

/// The carrier's reason beside the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// None, or one whose meaning is the carrier's secret.
    Opaque,
    /// An error of the GSM network: `network_error_code` of type 3 (SMPP 3.4 §5.3.2.31), or the receipt's `err` where
    /// the route says that it is one.
    Gsm(u16),
}

/// The error of a message with this receipt; `None` for good news and no news.
pub fn of_receipt(state: ReceiptState, reason: Reason) -> Option<ErrorCode> {
    let by_state = match state {
        ReceiptState::Pending | ReceiptState::Delivered => return None,
        // The carrier tried until the time was up: the handset was never there.
        ReceiptState::Expired => ErrorCode::HandsetUnreachable,
        ReceiptState::Rejected => ErrorCode::CarrierViolation,
        ReceiptState::Deleted | ReceiptState::Undeliverable => ErrorCode::DeliveryUnknown,
    };
    match reason {
        Reason::Opaque => Some(by_state),
        Reason::Gsm(code) => Some(of_gsm_error(code).unwrap_or(by_state)),
    }
}

/// MAP user errors (3GPP TS 29.002 §17.6.6), as network error codes carry them.
fn of_gsm_error(code: u16) -> Option<ErrorCode> {
    match code {
        // Unknown subscriber, unidentified subscriber, illegal subscriber.
        1 | 5 | 9 => Some(ErrorCode::UnknownHandset),
        // Absent subscriber SM, absent subscriber, subscriber busy for MT-SMS, SM delivery failure (memory full).
        6 | 27 | 31 | 32 => Some(ErrorCode::HandsetUnreachable),
        // Teleservice not provisioned, illegal equipment, facility not supported.
        11 | 12 | 21 => Some(ErrorCode::LandlineOrUnreachable),
        // Call barred.
        13 => Some(ErrorCode::MessageBlocked),
        _ => None,
    }
}

/// The error of a message whose submit was refused for good with this `command_status` (SMPP 3.4 §5.1.3).
pub const fn of_command_status(status: u32) -> ErrorCode {
    match status {
        // ESME_RINVDSTADR, ESME_RINVDSTTON, ESME_RINVDSTNPI.
        0x0B | 0x50 | 0x51 => ErrorCode::UnknownHandset,
        // ESME_RMSGQFUL, ESME_RTHROTTLED, still so after the last try.
        0x14 | 0x58 => ErrorCode::QueueOverflow,
        // ESME_RX_R_APPN, ESME_RPROHIBITED, ESME_RSERTYPUNAUTH, ESME_RSERTYPDENIED, ESME_RINVSRCADR (sender not allowed).
        0x66 | 0x101 | 0x100 | 0x103 | 0x0A => ErrorCode::CarrierViolation,
        // ESME_RDELIVERYFAILURE.
        0xFE => ErrorCode::HandsetUnreachable,
        _ => ErrorCode::DeliveryUnknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_error_is_more_exact_than_the_state() {
        use ReceiptState as S;
        let table = [
            (S::Delivered, Reason::Opaque, None),
            (S::Pending, Reason::Gsm(1), None),
            (S::Expired, Reason::Opaque, Some(30003)),
            (S::Undeliverable, Reason::Gsm(1), Some(30005)),
            (S::Undeliverable, Reason::Gsm(27), Some(30003)),
            (S::Undeliverable, Reason::Gsm(21), Some(30006)),
            (S::Undeliverable, Reason::Gsm(13), Some(30004)),
            (S::Undeliverable, Reason::Gsm(999), Some(30008)),
            (S::Rejected, Reason::Opaque, Some(30007)),
            (S::Deleted, Reason::Opaque, Some(30008)),
        ];
        for (state, reason, expected) in table {
            assert_eq!(of_receipt(state, reason).map(ErrorCode::number), expected, "{state:?} {reason:?}");
        }
    }

    #[test]
    fn refusals_have_their_codes() {
        for (status, code) in
            [(0x0B, 30005), (0x14, 30001), (0x58, 30001), (0x66, 30007), (0x45, 30008), (0x0A, 30007)]
        {
            assert_eq!(of_command_status(status).number(), code, "{status:#x}");
        }
    }
}
