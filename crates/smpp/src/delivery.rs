//! What the SMSC hands us: a receipt for something we sent, or a message from a subscriber.

use rusmpp::{
    Pdu,
    pdus::{DataSm, DeliverSm},
    tlvs::{Tlv, TlvValue},
};

use crate::{
    receipt::{self, Receipt, ReceiptPolicy, ReceiptState},
    submit::Address,
};

/// Bits 5 to 2 of `esm_class`: the kind of message (SMPP 3.4 §5.2.12).
const MESSAGE_TYPE: u8 = 0b0011_1100;
const MC_RECEIPT: u8 = 0b0000_0100;
const INTERMEDIATE: u8 = 0b0010_0000;
/// Bit 6: the short message starts with a user data header.
pub(crate) const UDHI: u8 = 0b0100_0000;

/// A `deliver_sm` or `data_sm` from the SMSC, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// News of a message we submitted.
    Receipt(Receipt),
    /// A message, or one part of one, from a subscriber.
    Mo(Mo),
}

/// A mobile-originated message as it came; decoding its alphabet and joining its parts is `messaging`'s.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mo {
    /// The subscriber.
    pub from: Address,
    /// Our number.
    pub to: Address,
    /// Alphabet of the text (SMPP 3.4 §5.2.19).
    pub data_coding: u8,
    /// `payload` starts with a user data header (3GPP TS 23.040 §9.2.3.24).
    pub has_udh: bool,
    /// User data, header included; from `message_payload` when that is present.
    pub payload: Vec<u8>,
    /// Concatenation by TLV instead of by header.
    pub sar: Option<Sar>,
    /// TP-PID.
    pub protocol_id: u8,
}

/// Place of a part in a concatenated message, by the `sar_*` TLVs (SMPP 3.4 §5.3.2.22 to 24).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sar {
    /// The same in all parts.
    pub reference: u16,
    /// Number of parts.
    pub total: u8,
    /// This part, from 1.
    pub sequence: u8,
}

/// Reads `pdu` when it is a delivery; `None` for any other kind.
pub fn read(pdu: &Pdu, policy: ReceiptPolicy) -> Option<Delivery> {
    match pdu {
        Pdu::DeliverSm(sm) => Some(read_parts(&Parts::of_deliver(sm), policy)),
        Pdu::DataSm(sm) => Some(read_parts(&Parts::of_data(sm), policy)),
        _ => None,
    }
}

/// What `deliver_sm` and `data_sm` have in common.
struct Parts<'a> {
    from: Address,
    to: Address,
    esm_class: u8,
    data_coding: u8,
    protocol_id: u8,
    short_message: &'a [u8],
    tlvs: &'a [Tlv],
}

impl<'a> Parts<'a> {
    fn of_deliver(sm: &'a DeliverSm) -> Self {
        Self {
            from: Address::from_wire(sm.source_addr_ton, sm.source_addr_npi, sm.source_addr.as_str()),
            to: Address::from_wire(sm.dest_addr_ton, sm.dest_addr_npi, sm.destination_addr.as_str()),
            esm_class: sm.esm_class.into(),
            data_coding: sm.data_coding.into(),
            protocol_id: sm.protocol_id,
            short_message: sm.short_message(),
            tlvs: sm.tlvs(),
        }
    }

    fn of_data(sm: &'a DataSm) -> Self {
        Self {
            from: Address::from_wire(sm.source_addr_ton, sm.source_addr_npi, sm.source_addr.as_str()),
            to: Address::from_wire(sm.dest_addr_ton, sm.dest_addr_npi, sm.destination_addr.as_str()),
            esm_class: sm.esm_class.into(),
            data_coding: sm.data_coding.into(),
            protocol_id: 0,
            short_message: &[],
            tlvs: sm.tlvs(),
        }
    }

    fn payload(&self) -> &'a [u8] {
        payload_of(self.short_message, self.tlvs)
    }
}

/// `message_payload` replaces `short_message` (SMPP 3.4 §5.3.2.32).
pub(crate) fn payload_of<'a>(short_message: &'a [u8], tlvs: &'a [Tlv]) -> &'a [u8] {
    let tlv = tlvs.iter().find_map(|tlv| match tlv.value() {
        Some(TlvValue::MessagePayload(payload)) => Some(payload.value.as_ref()),
        _ => None,
    });
    tlv.unwrap_or(short_message)
}

fn read_parts(parts: &Parts<'_>, policy: ReceiptPolicy) -> Delivery {
    let kind = parts.esm_class & MESSAGE_TYPE;
    let has_id_tlv =
        parts.tlvs.iter().any(|tlv| matches!(tlv.value(), Some(TlvValue::ReceiptedMessageId(_))));
    // A subscriber cannot set a TLV, so an id there proves a receipt even when esm_class forgot to say so.
    if kind & MC_RECEIPT != 0 || kind & INTERMEDIATE != 0 || has_id_tlv {
        return Delivery::Receipt(read_receipt(parts, policy));
    }
    if policy.unmarked_text {
        let text = latin1(parts.payload());
        let fields = receipt::parse_text(&text);
        if fields.id.is_some() && fields.stat.is_some() && fields.done_date.is_some() {
            return Delivery::Receipt(read_receipt(parts, policy));
        }
    }
    Delivery::Mo(Mo {
        from: parts.from.clone(),
        to: parts.to.clone(),
        data_coding: parts.data_coding,
        has_udh: parts.esm_class & UDHI != 0,
        payload: parts.payload().to_vec(),
        sar: read_sar(parts.tlvs),
        protocol_id: parts.protocol_id,
    })
}

fn read_receipt(parts: &Parts<'_>, policy: ReceiptPolicy) -> Receipt {
    let text = latin1(parts.payload());
    let fields = receipt::parse_text(&text);
    let mut message_id = fields.id.and_then(|id| policy.receipt_ids.canonical(id));
    let mut state = fields.stat.map_or(ReceiptState::Unknown, ReceiptState::from_text);
    let mut network_error = None;
    for tlv in parts.tlvs {
        match tlv.value() {
            Some(TlvValue::ReceiptedMessageId(id)) => {
                message_id = policy.receipt_ids.canonical(id.as_str()).or(message_id);
            }
            Some(TlvValue::MessageState(code)) => state = ReceiptState::from_code((*code).into()),
            Some(TlvValue::NetworkErrorCode(code)) => {
                network_error = Some((code.network_type.into(), code.error_code));
            }
            _ => {}
        }
    }
    let digits = |text: &&str| (10..=14).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    Receipt {
        message_id,
        state,
        intermediate: parts.esm_class & MESSAGE_TYPE & INTERMEDIATE != 0,
        error: fields.err.map(|err| err.chars().take(16).collect()),
        network_error,
        done_date: fields.done_date.filter(digits).map(str::to_owned),
        from: parts.from.text().to_owned(),
        to: parts.to.text().to_owned(),
    }
}

pub(crate) fn read_sar(tlvs: &[Tlv]) -> Option<Sar> {
    let (mut reference, mut total, mut sequence) = (None, None, None);
    for tlv in tlvs {
        match tlv.value() {
            Some(TlvValue::SarMsgRefNum(value)) => reference = Some(*value),
            Some(TlvValue::SarTotalSegments(value)) => total = Some(*value),
            Some(TlvValue::SarSegmentSeqnum(value)) => sequence = Some(*value),
            _ => {}
        }
    }
    let sar = Sar { reference: reference?, total: total?, sequence: sequence? };
    (sar.total > 1 && sar.sequence >= 1 && sar.sequence <= sar.total).then_some(sar)
}

/// Receipts are ASCII; what is not must not stop the rest from being read.
fn latin1(octets: &[u8]) -> String {
    octets.iter().map(|octet| char::from(*octet)).collect()
}

#[cfg(test)]
mod tests;
