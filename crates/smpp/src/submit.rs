//! Making a `submit_sm`.

use std::{fmt, str::FromStr, time::Duration};

use rusmpp::{
    pdus::SubmitSm,
    tlvs::MessageSubmissionRequestTlvValue as Tlv,
    types::{COctetString, EmptyOrFullCOctetString, OctetString},
    values::{DataCoding, EsmClass, Npi, RegisteredDelivery, Ton},
};

use crate::delivery::{Sar, UDHI};

/// Longest address, in characters (SMPP 3.4 §5.2.8).
pub const ADDRESS_MAX: usize = 20;
/// Longest `short_message`, in octets (SMPP 3.4 §5.2.21).
pub const SHORT_MESSAGE_MAX: usize = 254;

/// An SME address with its type and plan (SMPP 3.4 §5.2.5 to 8). Prints masked.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    ton: Ton,
    npi: Npi,
    text: String,
}

impl Address {
    /// An international number, digits without `+`: TON 1, NPI 1 (E.164).
    pub fn international(digits: impl Into<String>) -> Self {
        Self { ton: Ton::International, npi: Npi::Isdn, text: digits.into() }
    }

    /// A short code: TON 3 (network specific), NPI 0, as most SMSCs expect it.
    pub fn short_code(digits: impl Into<String>) -> Self {
        Self { ton: Ton::NetworkSpecific, npi: Npi::Unknown, text: digits.into() }
    }

    /// A sender name: TON 5, NPI 0.
    pub fn alphanumeric(name: impl Into<String>) -> Self {
        Self { ton: Ton::Alphanumeric, npi: Npi::Unknown, text: name.into() }
    }

    /// Any type and plan, for SMSCs with their own ideas.
    pub fn with_type(ton: u8, npi: u8, text: impl Into<String>) -> Self {
        Self { ton: ton.into(), npi: npi.into(), text: text.into() }
    }

    pub(crate) fn from_wire(ton: Ton, npi: Npi, text: &str) -> Self {
        Self { ton, npi, text: text.to_owned() }
    }

    /// Type of number.
    pub fn ton(&self) -> u8 {
        self.ton.into()
    }

    /// Numbering plan.
    pub fn npi(&self) -> u8 {
        self.npi.into()
    }

    /// Digits or name, as on the wire.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn wire(&self) -> Result<COctetString<1, 21>, SubmitError> {
        if self.text.len() > ADDRESS_MAX {
            return Err(SubmitError::Address);
        }
        COctetString::from_str(&self.text).map_err(|_| SubmitError::Address)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Numbers are personal data and `Debug` output ends in logs: only the last two characters show.
        let tail: String = self.text.chars().rev().take(2).collect::<Vec<_>>().into_iter().rev().collect();
        write!(f, "{}/{}:***{tail}", self.ton(), self.npi())
    }
}

/// One segment to submit.
#[derive(Clone, PartialEq, Eq)]
pub struct SubmitRequest {
    /// Sender.
    pub from: Address,
    /// Recipient.
    pub to: Address,
    /// User data header, empty for a message of one segment.
    pub udh: Vec<u8>,
    /// The place in a longer message instead, where the SMSC writes the header itself.
    pub sar: Option<Sar>,
    /// Text in the alphabet of `data_coding`.
    pub payload: Vec<u8>,
    /// Alphabet (SMPP 3.4 §5.2.19): 0 for the SMSC's default, 8 for UCS-2.
    pub data_coding: u8,
    /// Ask for a delivery receipt, on success and on failure.
    pub receipt: bool,
    /// How long the SMSC may try; `None` for its default. Cut to 31 days.
    pub validity: Option<Duration>,
}

impl fmt::Debug for SubmitRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SubmitRequest")
            .field("from", &self.from)
            .field("to", &self.to)
            .field("octets", &(self.udh.len() + self.payload.len()))
            .field("data_coding", &self.data_coding)
            .field("receipt", &self.receipt)
            .finish_non_exhaustive()
    }
}

/// A request that no `submit_sm` can carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    /// An address is empty where it must not be, too long, not ASCII, or holds a NUL.
    #[error("address is not 1 to {ADDRESS_MAX} ASCII characters")]
    Address,
    /// Header and text together are longer than [`SHORT_MESSAGE_MAX`].
    #[error("short message is longer than {SHORT_MESSAGE_MAX} octets")]
    TooLong,
}

impl SubmitRequest {
    /// The PDU for this segment.
    pub fn to_pdu(&self) -> Result<SubmitSm, SubmitError> {
        if self.to.text.is_empty() {
            return Err(SubmitError::Address);
        }
        let mut octets = Vec::with_capacity(self.udh.len() + self.payload.len());
        octets.extend_from_slice(&self.udh);
        octets.extend_from_slice(&self.payload);
        if octets.len() > SHORT_MESSAGE_MAX {
            return Err(SubmitError::TooLong);
        }
        // By octet: the default of rusmpp's ANSI-41 bits is not zero.
        let esm_class = EsmClass::from(if self.udh.is_empty() { 0 } else { UDHI });
        let mut sm = SubmitSm::builder()
            .source_addr_ton(self.from.ton)
            .source_addr_npi(self.from.npi)
            .source_addr(self.from.wire()?)
            .dest_addr_ton(self.to.ton)
            .dest_addr_npi(self.to.npi)
            .destination_addr(self.to.wire()?)
            .esm_class(esm_class)
            .registered_delivery(RegisteredDelivery::from(u8::from(self.receipt)))
            .data_coding(DataCoding::from(self.data_coding))
            .short_message(OctetString::from_vec(octets).map_err(|_| SubmitError::TooLong)?);
        if let Some(validity) = self.validity {
            sm = sm.validity_period(relative_time(validity));
        }
        if let Some(Sar { reference, total, sequence }) = self.sar {
            let place =
                [Tlv::SarMsgRefNum(reference), Tlv::SarTotalSegments(total), Tlv::SarSegmentSeqnum(sequence)];
            sm = sm.tlvs(place.to_vec());
        }
        Ok(sm.build())
    }
}

/// `YYMMDDhhmmss000R` (SMPP 3.4 §7.1.1.2), cut to 31 days; months differ in length, so days carry all.
fn relative_time(wait: Duration) -> EmptyOrFullCOctetString<17> {
    let s = wait.as_secs().min(31 * 86_400);
    let (days, hours, minutes, seconds) = (s / 86_400, s / 3_600 % 24, s / 60 % 60, s % 60);
    let text = format!("0000{days:02}{hours:02}{minutes:02}{seconds:02}000R");
    EmptyOrFullCOctetString::from_str(&text).expect("sixteen ASCII characters by construction")
}

#[cfg(test)]
mod tests {
    use rusmpp::{Command, CommandStatus};

    use super::*;

    fn request() -> SubmitRequest {
        SubmitRequest {
            from: Address::alphanumeric("Acme"),
            to: Address::international("32470000001"),
            udh: vec![5, 0, 3, 7, 2, 1],
            sar: None,
            payload: b"Hello".to_vec(),
            data_coding: 0,
            receipt: true,
            validity: Some(Duration::from_secs(4 * 3_600 + 61)),
        }
    }

    #[test]
    fn every_octet_of_a_submit_is_where_smpp_puts_it() {
        let mut wire = bytes::BytesMut::new();
        crate::frame::encode(
            &Command::new(CommandStatus::EsmeRok, 1, request().to_pdu().unwrap()),
            &mut wire,
        );
        let body = [
            b"\0\x05\x00Acme\0\x01\x0132470000001\0".as_slice(),
            b"\x40\0\0\0",
            b"000000040101000R\0",
            b"\x01\0\0\0\x0b",
            b"\x05\x00\x03\x07\x02\x01Hello",
        ]
        .concat();
        assert_eq!(&wire[16..], &body[..]);
        assert_eq!(wire[..4], u32::try_from(wire.len()).unwrap().to_be_bytes());
    }

    #[test]
    fn a_submit_without_header_receipt_or_validity_has_zeros_there() {
        let plain = SubmitRequest { udh: vec![], receipt: false, validity: None, ..request() };
        let sm = plain.to_pdu().unwrap();
        assert_eq!(u8::from(sm.esm_class), 0);
        assert_eq!(u8::from(sm.registered_delivery), 0);
        assert_eq!(sm.validity_period.as_str(), "");
    }

    #[test]
    fn a_part_says_its_place_by_tlv_where_the_smsc_writes_the_header() {
        let sar = Some(Sar { reference: 7, total: 3, sequence: 2 });
        let part = SubmitRequest { udh: vec![], sar, ..request() };
        let mut wire = bytes::BytesMut::new();
        crate::frame::encode(&Command::new(CommandStatus::EsmeRok, 1, part.to_pdu().unwrap()), &mut wire);
        // SMPP 3.4 §5.3.2.22 to 24.
        let tlvs = b"\x02\x0c\0\x02\0\x07\x02\x0e\0\x01\x03\x02\x0f\0\x01\x02";
        assert!(wire.ends_with(&[&b"\x05Hello"[..], tlvs].concat()), "{wire:?}");
        assert_eq!(u8::from(part.to_pdu().unwrap().esm_class), 0);
    }

    #[test]
    fn what_does_not_fit_is_refused_and_not_cut() {
        let long = SubmitRequest { payload: vec![b'a'; 249], ..request() };
        assert_eq!(long.to_pdu(), Err(SubmitError::TooLong));
        for to in ["", "123456789012345678901", "32é", "3\x002"] {
            let bad = SubmitRequest { to: Address::international(to), ..request() };
            assert_eq!(bad.to_pdu(), Err(SubmitError::Address), "{to:?}");
        }
    }

    #[test]
    fn numbers_and_texts_do_not_print() {
        let shown = format!("{:?}", request());
        assert!(!shown.contains("3247000") && !shown.contains("Hello"), "{shown}");
    }
}
