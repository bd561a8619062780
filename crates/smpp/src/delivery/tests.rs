use std::str::FromStr;

use rusmpp::{
    tlvs::MessageDeliveryRequestTlvValue as Req,
    types::{AnyOctetString, COctetString, OctetString},
    values::{DataCoding, ErrorCodeNetworkType, EsmClass, MessagePayload, MessageState, NetworkErrorCode},
};

use super::*;
use crate::receipt::IdFormat;

const TEXT: &str =
    "id:00AB sub:001 dlvrd:000 submit date:2611231200 done date:2611231201 stat:UNDELIV err:00B text:x";

fn deliver(esm_class: u8, text: &[u8], tlvs: Vec<Req>) -> Pdu {
    DeliverSm::builder()
        .source_addr(COctetString::from_str("32470000001").unwrap())
        .destination_addr(COctetString::from_str("8640").unwrap())
        .esm_class(EsmClass::from(esm_class))
        .data_coding(DataCoding::from(0))
        .short_message(OctetString::from_vec(text.to_vec()).unwrap())
        .tlvs(tlvs)
        .build()
        .into()
}

fn receipt(pdu: &Pdu, policy: ReceiptPolicy) -> Receipt {
    match read(pdu, policy) {
        Some(Delivery::Receipt(receipt)) => receipt,
        other => panic!("not a receipt: {other:?}"),
    }
}

#[test]
fn a_marked_text_is_a_receipt() {
    let got = receipt(&deliver(0x04, TEXT.as_bytes(), vec![]), ReceiptPolicy::default());
    assert_eq!(got.message_id.unwrap().as_str(), "00AB");
    assert_eq!(got.state, ReceiptState::Undeliverable);
    assert_eq!(got.error.as_deref(), Some("00B"));
    assert_eq!(got.done_date.as_deref(), Some("2611231201"));
    assert_eq!((got.from.as_str(), got.to.as_str()), ("32470000001", "8640"));
    assert!(!got.intermediate);
}

#[test]
fn tlvs_win_over_the_text_and_ids_follow_the_route_policy() {
    let tlvs = vec![
        Req::ReceiptedMessageId(COctetString::from_str("171").unwrap()),
        Req::MessageState(MessageState::Delivered),
        Req::NetworkErrorCode(NetworkErrorCode::new(ErrorCodeNetworkType::Gsm, 27)),
    ];
    let policy =
        ReceiptPolicy { submit_ids: IdFormat::Hex, receipt_ids: IdFormat::Decimal, unmarked_text: false };
    let got = receipt(&deliver(0x04, TEXT.as_bytes(), tlvs), policy);
    assert_eq!(got.message_id, policy.submit_ids.canonical("AB"));
    assert_eq!(got.state, ReceiptState::Delivered);
    assert_eq!(got.network_error, Some((3, 27)));
}

#[test]
fn an_id_tlv_makes_a_receipt_even_when_esm_class_says_nothing() {
    let tlvs = vec![Req::ReceiptedMessageId(COctetString::from_str("9").unwrap())];
    assert_eq!(receipt(&deliver(0, b"", tlvs), ReceiptPolicy::default()).message_id.unwrap().as_str(), "9");
}

#[test]
fn a_subscriber_who_types_a_receipt_sends_a_message() {
    let pdu = deliver(0, TEXT.as_bytes(), vec![]);
    assert!(matches!(read(&pdu, ReceiptPolicy::default()), Some(Delivery::Mo(_))));
    // Unless the operator says that this SMSC does not mark its receipts.
    let lax = ReceiptPolicy { unmarked_text: true, ..ReceiptPolicy::default() };
    assert!(matches!(read(&pdu, lax), Some(Delivery::Receipt(_))));
    assert!(matches!(read(&deliver(0, b"id:5 please", vec![]), lax), Some(Delivery::Mo(_))));
}

#[test]
fn a_receipt_that_cannot_be_read_is_still_a_receipt() {
    let got = receipt(&deliver(0x04, &[0xff, 0xfe, 0], vec![]), ReceiptPolicy::default());
    assert_eq!((got.message_id, got.state), (None, ReceiptState::Unknown));
}

#[test]
fn an_intermediate_notification_is_marked_so() {
    assert!(receipt(&deliver(0x20, b"id:1 stat:ENROUTE", vec![]), ReceiptPolicy::default()).intermediate);
}

#[test]
fn a_part_of_a_long_message_keeps_its_header_or_its_sar() {
    let udh = [5, 0, 3, 9, 2, 1, b'h', b'i'];
    let Some(Delivery::Mo(mo)) = read(&deliver(0x40, &udh, vec![]), ReceiptPolicy::default()) else {
        panic!()
    };
    assert!(mo.has_udh && mo.payload == udh);
    let sar = |seq| vec![Req::SarMsgRefNum(300), Req::SarTotalSegments(2), Req::SarSegmentSeqnum(seq)];
    let Some(Delivery::Mo(mo)) = read(&deliver(0, b"hi", sar(2)), ReceiptPolicy::default()) else { panic!() };
    assert_eq!(mo.sar, Some(Sar { reference: 300, total: 2, sequence: 2 }));
    // A place outside the message is no place.
    let Some(Delivery::Mo(mo)) = read(&deliver(0, b"hi", sar(3)), ReceiptPolicy::default()) else { panic!() };
    assert_eq!(mo.sar, None);
}

#[test]
fn a_payload_tlv_replaces_the_short_message_and_data_sm_has_only_that() {
    let payload = || MessagePayload::new(AnyOctetString::from_slice(b"long text"));
    let pdu = deliver(0, b"", vec![Req::MessagePayload(payload())]);
    let Some(Delivery::Mo(mo)) = read(&pdu, ReceiptPolicy::default()) else { panic!() };
    assert_eq!(mo.payload, b"long text");
    let data: Pdu = DataSm::builder()
        .esm_class(EsmClass::from(0))
        .push_tlv(rusmpp::tlvs::MessageSubmissionRequestTlvValue::MessagePayload(payload()))
        .build()
        .into();
    let Some(Delivery::Mo(mo)) = read(&data, ReceiptPolicy::default()) else { panic!() };
    assert_eq!(mo.payload, b"long text");
}
