//! Making a `deliver_sm`.

use std::fmt;

use rusmpp::{
    pdus::DeliverSm,
    tlvs::MessageDeliveryRequestTlvValue as Tlv,
    types::{COctetString, OctetString},
    values::{DataCoding, EsmClass, MessageState},
};

use crate::{
    delivery::UDHI,
    submit::{Address, SHORT_MESSAGE_MAX},
};

/// Bit 2 of `esm_class`: the message is a receipt (SMPP 3.4 §5.2.12).
const RECEIPT: u8 = 0b0000_0100;

/// Which message a receipt is about, for its optional parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptOf {
    /// As in the `submit_sm_resp`.
    pub message_id: String,
    /// SMPP 3.4 §5.2.28.
    pub state: u8,
}

/// Something for the peer: a receipt, or one segment of a subscriber's message.
#[derive(Clone, PartialEq, Eq)]
pub struct Deliver {
    /// Sender.
    pub from: Address,
    /// Recipient: the peer's number.
    pub to: Address,
    /// User data header, empty for a message of one segment.
    pub udh: Vec<u8>,
    /// Text in the alphabet of `data_coding`.
    pub payload: Vec<u8>,
    /// Alphabet.
    pub data_coding: u8,
    /// It is a receipt.
    pub receipt: Option<ReceiptOf>,
}

impl fmt::Debug for Deliver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deliver").field("from", &self.from).field("to", &self.to).finish_non_exhaustive()
    }
}

impl Deliver {
    /// The PDU; `None` where a part does not fit SMPP.
    pub(super) fn to_pdu(&self) -> Option<DeliverSm> {
        let octets = [self.udh.as_slice(), &self.payload].concat();
        if octets.len() > SHORT_MESSAGE_MAX {
            return None;
        }
        let mut tlvs = Vec::new();
        let mut esm_class = if self.udh.is_empty() { 0 } else { UDHI };
        if let Some(receipt) = &self.receipt {
            esm_class |= RECEIPT;
            tlvs.push(Tlv::ReceiptedMessageId(receipt.message_id.parse::<COctetString<1, 65>>().ok()?));
            tlvs.push(Tlv::MessageState(MessageState::from(receipt.state)));
        }
        let sm = DeliverSm::builder()
            .source_addr_ton(self.from.ton().into())
            .source_addr_npi(self.from.npi().into())
            .source_addr(self.from.wire().ok()?)
            .dest_addr_ton(self.to.ton().into())
            .dest_addr_npi(self.to.npi().into())
            .destination_addr(self.to.wire().ok()?)
            .esm_class(EsmClass::from(esm_class))
            .data_coding(DataCoding::from(self.data_coding))
            .short_message(OctetString::from_vec(octets).ok()?)
            .tlvs(tlvs);
        Some(sm.build())
    }
}
