//! What a customer's program asks of us, and the answers.

use rusmpp::{
    CommandId, Pdu,
    pdus::{CancelSm, QuerySmResp, SubmitMultiResp, SubmitSmResp},
    tlvs::{Tlv, TlvValue},
    types::{AnyOctetString, COctetString},
    values::{DestAddress, InterfaceVersion, MessageState, UnsuccessSme},
};

use super::{Bind, status};
use crate::{
    config::{BindMode, Edition, Secret},
    delivery::{Mo, UDHI, payload_of, read_sar},
    submit::Address,
};

/// A message to send, as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submit {
    /// Ends, alphabet, user data and its place in a long message: the same things an incoming message has.
    pub message: Mo,
    /// `registered_delivery` (SMPP 3.4 §5.2.17).
    pub registered_delivery: u8,
    /// `schedule_delivery_time`, empty for at once.
    pub schedule: String,
    /// `validity_period`, empty for the default.
    pub validity: String,
}

/// What is to stand in the place of a message that has not left (SMPP 3.4 §4.10). It names no alphabet: the text is in that of the
/// message.
#[derive(Clone, PartialEq, Eq)]
pub struct Replacement {
    /// Which.
    pub message_id: String,
    /// Its sender, empty where the peer does not say.
    pub from: Address,
    /// As of a submit.
    pub registered_delivery: u8,
    /// `schedule_delivery_time`, empty to leave it.
    pub schedule: String,
    /// `validity_period`, empty to leave it.
    pub validity: String,
    /// The text.
    pub payload: Vec<u8>,
}

impl std::fmt::Debug for Replacement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Replacement").field("message_id", &self.message_id).finish_non_exhaustive()
    }
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// `submit_sm` or `data_sm`.
    Submit(Submit),
    /// `submit_multi`: the same to several recipients; `Submit::message.to` is empty.
    Multi(Submit, Vec<Address>),
    /// `query_sm`.
    Query {
        /// Whose state is wanted.
        message_id: String,
    },
    /// `cancel_sm` of one message.
    Cancel {
        /// What to withdraw.
        message_id: String,
    },
    /// `replace_sm`.
    Replace(Replacement),
}

/// What the owner answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// It is durable here.
    Accepted {
        /// Our name for it.
        message_id: String,
    },
    /// `submit_multi`: taken for all but these.
    Multi {
        /// Our name for the first message that was taken.
        message_id: String,
        /// The others, each with its `command_status`.
        failed: Vec<(Address, u32)>,
    },
    /// `query_sm`.
    State {
        /// As asked.
        message_id: String,
        /// SMPP 3.4 §5.2.28.
        state: u8,
        /// Absolute time, when the state is final.
        final_date: String,
        /// Code of the failure, 0 for none.
        error: u8,
    },
    /// `cancel_sm`.
    Canceled,
    /// `replace_sm`.
    Replaced,
    /// Not done, for this reason, never 0.
    Refused(u32),
}

/// What `submit_sm` and `submit_multi` have in common, field by field of two types.
macro_rules! submit {
    ($sm:expr, $to:expr) => {
        Submit {
            message: Mo {
                from: Address::from_wire($sm.source_addr_ton, $sm.source_addr_npi, $sm.source_addr.as_str()),
                to: $to,
                data_coding: $sm.data_coding.into(),
                has_udh: u8::from($sm.esm_class) & UDHI != 0,
                payload: payload_of($sm.short_message().as_ref(), $sm.tlvs()).to_vec(),
                sar: read_sar($sm.tlvs()),
                protocol_id: $sm.protocol_id,
            },
            registered_delivery: $sm.registered_delivery.into(),
            schedule: $sm.schedule_delivery_time.as_str().to_owned(),
            validity: $sm.validity_period.as_str().to_owned(),
        }
    };
}

impl Request {
    /// Reads a request; the `command_status` of the refusal if it is none of ours.
    pub(super) fn read(pdu: &Pdu) -> Result<Self, u32> {
        match pdu {
            Pdu::SubmitSm(sm) => {
                let to = Address::from_wire(sm.dest_addr_ton, sm.dest_addr_npi, sm.destination_addr.as_str());
                Ok(Self::Submit(submit!(sm, to)))
            }
            Pdu::DataSm(sm) => Ok(Self::Submit(Submit {
                message: Mo {
                    from: Address::from_wire(sm.source_addr_ton, sm.source_addr_npi, sm.source_addr.as_str()),
                    to: Address::from_wire(sm.dest_addr_ton, sm.dest_addr_npi, sm.destination_addr.as_str()),
                    data_coding: sm.data_coding.into(),
                    has_udh: u8::from(sm.esm_class) & UDHI != 0,
                    payload: payload_of(&[], sm.tlvs()).to_vec(),
                    sar: read_sar(sm.tlvs()),
                    protocol_id: 0,
                },
                registered_delivery: sm.registered_delivery.into(),
                schedule: String::new(),
                validity: validity_tlv(sm.tlvs()),
            })),
            Pdu::SubmitMulti(sm) => {
                let to = sm.dest_address().iter().map(|to| match to {
                    DestAddress::SmeAddress(to) => Ok(Address::from_wire(
                        to.dest_addr_ton,
                        to.dest_addr_npi,
                        to.destination_addr.as_str(),
                    )),
                    // We keep no lists.
                    DestAddress::DistributionListName(_) => Err(INVALID_LIST),
                });
                let to = to.collect::<Result<Vec<_>, _>>()?;
                if to.is_empty() {
                    return Err(INVALID_NUMBER_OF_DESTINATIONS);
                }
                let submit = submit!(sm, Address::with_type(0, 0, ""));
                Ok(Self::Multi(submit, to))
            }
            Pdu::QuerySm(sm) => Ok(Self::Query { message_id: sm.message_id.as_str().to_owned() }),
            Pdu::CancelSm(CancelSm { message_id, .. }) if !message_id.as_str().is_empty() => {
                Ok(Self::Cancel { message_id: message_id.as_str().to_owned() })
            }
            // All messages between two addresses at once (SMPP 3.4 §4.9): too much for one slip.
            Pdu::CancelSm(_) => Err(status::CANCEL_FAILED),
            Pdu::ReplaceSm(sm) => Ok(Self::Replace(Replacement {
                message_id: sm.message_id.as_str().to_owned(),
                from: Address::from_wire(sm.source_addr_ton, sm.source_addr_npi, sm.source_addr.as_str()),
                registered_delivery: sm.registered_delivery.into(),
                schedule: sm.schedule_delivery_time.as_str().to_owned(),
                validity: sm.validity_period.as_str().to_owned(),
                payload: sm.short_message().as_ref().to_vec(),
            })),
            _ => Err(INVALID_COMMAND),
        }
    }
}

/// Invalid command id.
const INVALID_COMMAND: u32 = 0x03;
/// Invalid number of destinations.
const INVALID_NUMBER_OF_DESTINATIONS: u32 = 0x33;
/// Invalid distribution list name.
const INVALID_LIST: u32 = 0x34;

/// `qos_time_to_live` in seconds (SMPP 3.4 §5.3.2.9), as a relative time.
fn validity_tlv(tlvs: &[Tlv]) -> String {
    let seconds = tlvs.iter().find_map(|tlv| match tlv.value() {
        Some(TlvValue::QosTimeToLive(seconds)) => Some(*seconds),
        _ => None,
    });
    seconds.map_or_else(String::new, |s| {
        let (days, hours, minutes, seconds) = (s / 86_400 % 100, s / 3_600 % 24, s / 60 % 60, s % 60);
        format!("0000{days:02}{hours:02}{minutes:02}{seconds:02}000R")
    })
}

pub(super) const fn is_bind(pdu: &Pdu) -> bool {
    matches!(pdu, Pdu::BindReceiver(_) | Pdu::BindTransmitter(_) | Pdu::BindTransceiver(_))
}

pub(super) fn mode_of(id: CommandId) -> BindMode {
    match id {
        CommandId::BindReceiver => BindMode::Receiver,
        CommandId::BindTransmitter => BindMode::Transmitter,
        _ => BindMode::Transceiver,
    }
}

pub(super) fn read_bind(pdu: &Pdu) -> Option<Bind> {
    let (mode, system_id, password, version) = match pdu {
        Pdu::BindReceiver(bind) => {
            (BindMode::Receiver, &bind.system_id, &bind.password, bind.interface_version)
        }
        Pdu::BindTransmitter(bind) => {
            (BindMode::Transmitter, &bind.system_id, &bind.password, bind.interface_version)
        }
        Pdu::BindTransceiver(bind) => {
            (BindMode::Transceiver, &bind.system_id, &bind.password, bind.interface_version)
        }
        _ => return None,
    };
    let (system_id, password) = (system_id.as_str().to_owned(), Secret::new(password.as_str()));
    let edition = if version == InterfaceVersion::Smpp5_0 { Edition::V5_0 } else { Edition::V3_4 };
    Some(Bind { mode, system_id, password, edition })
}

impl Reply {
    /// Status and PDU that answer a request of this kind, with how loaded we are in percent (SMPP 5.0 §4.8.4.18) where the peer can hear it.
    pub(super) fn into_pdu(self, kind: CommandId, load: Option<u8>) -> (u32, Pdu) {
        match (self, load) {
            (Self::Accepted { message_id }, Some(percent)) => (0, loaded_resp(kind, &message_id, percent)),
            (reply, _) => reply.plain_pdu(kind),
        }
    }

    fn plain_pdu(self, kind: CommandId) -> (u32, Pdu) {
        match self {
            Self::Accepted { message_id } => (0, sm_resp(kind, text(&message_id))),
            Self::Multi { message_id, failed } => {
                let failed = failed.into_iter().map(|(to, status)| {
                    let (ton, npi) = (to.ton().into(), to.npi().into());
                    UnsuccessSme::new(ton, npi, text(to.text()), status.into())
                });
                (0, SubmitMultiResp::new(text(&message_id), failed.collect(), Vec::new()).into())
            }
            Self::State { message_id, state, final_date, error } => {
                let date = final_date.parse().unwrap_or_default();
                (0, QuerySmResp::new(text(&message_id), date, MessageState::from(state), error).into())
            }
            Self::Canceled => (0, Pdu::CancelSmResp),
            Self::Replaced => (0, Pdu::ReplaceSmResp),
            Self::Refused(status) => (status, refusal(kind)),
        }
    }
}

fn sm_resp(kind: CommandId, message_id: COctetString<1, 65>) -> Pdu {
    match kind {
        CommandId::DataSm => rusmpp::pdus::DataSmResp::new(message_id, Vec::new()).into(),
        _ => SubmitSmResp::new(message_id, Vec::new()).into(),
    }
}

/// As [`sm_resp`], with `congestion_state`, which rusmpp does not let stand in it.
fn loaded_resp(kind: CommandId, message_id: &str, percent: u8) -> Pdu {
    const CONGESTION_STATE: [u8; 4] = [0x04, 0x28, 0, 1];
    let command_id = match kind {
        CommandId::DataSm => CommandId::DataSmResp,
        CommandId::SubmitSm => CommandId::SubmitSmResp,
        _ => return sm_resp(kind, text(message_id)),
    };
    let mut body = text::<65>(message_id).as_str().as_bytes().to_vec();
    body.push(0);
    body.extend_from_slice(&CONGESTION_STATE);
    body.push(percent);
    Pdu::Other { command_id, body: AnyOctetString::from_vec(body) }
}

/// The answer of a request that was not done; kinds without one of their own get `generic_nack`.
fn refusal(kind: CommandId) -> Pdu {
    match kind {
        CommandId::SubmitSm | CommandId::DataSm => sm_resp(kind, COctetString::default()),
        CommandId::SubmitMulti => SubmitMultiResp::default().into(),
        CommandId::QuerySm => QuerySmResp::default().into(),
        CommandId::CancelSm => Pdu::CancelSmResp,
        CommandId::ReplaceSm => Pdu::ReplaceSmResp,
        _ => Pdu::GenericNack,
    }
}

fn text<const MAX: usize>(ours: &str) -> COctetString<1, MAX> {
    ours.parse().unwrap_or_default()
}
