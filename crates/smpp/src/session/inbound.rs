//! What the session does with each PDU the SMSC sends.

use std::time::Instant;

use rusmpp::{CommandId, CommandStatus, Pdu, tlvs::TlvValue};

use super::{
    Action, DeliveryId, DeliveryKind, DownReason, Event, Link, Outcome, Session, State, Unanswered, submitted,
};
use crate::{
    config::BindMode,
    delivery::{self, Delivery},
    frame::{Frame, Header},
};

/// A PDU taken apart so that a malformed one, of which only the header is known, goes the same way.
struct Incoming {
    id: CommandId,
    status: u32,
    sequence: u32,
    pdu: Option<Pdu>,
}

impl From<Frame> for Incoming {
    fn from(frame: Frame) -> Self {
        match frame {
            Frame::Command(command) => {
                let (id, status, sequence) =
                    (command.id(), command.status().into(), command.sequence_number());
                Self { id, status, sequence, pdu: command.into_parts().pdu }
            }
            Frame::Malformed(Header { command_id, command_status, sequence_number }) => {
                Self { id: command_id.into(), status: command_status, sequence: sequence_number, pdu: None }
            }
        }
    }
}

/// `congestion_state` of an answer, in percent (SMPP 5.0 §4.8.4.18); 0 where it says nothing.
fn congestion(pdu: Option<&Pdu>) -> u8 {
    let Some(Pdu::SubmitSmResp(resp)) = pdu else { return 0 };
    let state = resp.tlvs().iter().find_map(|tlv| match tlv.value() {
        Some(TlvValue::CongestionState(state)) => Some(u8::from(*state)),
        _ => None,
    });
    // Values above are reserved.
    state.filter(|percent| *percent <= 100).unwrap_or(0)
}

impl Session {
    pub(super) fn on_frame(&mut self, now: Instant, frame: Frame, out: &mut Vec<Action>) {
        if !self.has_stream() {
            return;
        }
        if let State::Bound(link) = &mut self.state {
            // Any PDU proves that the peer lives, the answer to our enquiry included.
            link.last_in = now;
            link.enquiry_until = None;
        }
        let incoming = Incoming::from(frame);
        match incoming.id {
            CommandId::BindTransceiverResp | CommandId::BindTransmitterResp | CommandId::BindReceiverResp => {
                self.on_bind_resp(now, &incoming, out);
            }
            CommandId::SubmitSmResp => self.on_submit_resp(now, incoming, out),
            CommandId::GenericNack => self.on_nack(now, &incoming, out),
            CommandId::DeliverSm => self.on_delivery(now, &incoming, DeliveryKind::Deliver, out),
            CommandId::DataSm => self.on_delivery(now, &incoming, DeliveryKind::Data, out),
            CommandId::EnquireLink => {
                self.send(now, CommandStatus::EsmeRok, incoming.sequence, Pdu::EnquireLinkResp, out);
            }
            CommandId::Unbind => {
                self.send(now, CommandStatus::EsmeRok, incoming.sequence, Pdu::UnbindResp, out);
                self.drop_link(now, DownReason::UnboundByPeer, out);
            }
            CommandId::UnbindResp => {
                if matches!(self.state, State::Unbinding { .. }) {
                    self.drop_link(now, DownReason::UnboundByPeer, out);
                }
            }
            // Nothing here depends on them, and neither has a response (SMPP 3.4 §4.1.7, §4.12.1).
            CommandId::EnquireLinkResp | CommandId::AlertNotification | CommandId::Outbind => {}
            other => self.on_unexpected(now, other, incoming.sequence, out),
        }
    }

    fn on_bind_resp(&mut self, now: Instant, incoming: &Incoming, out: &mut Vec<Action>) {
        let State::Binding { sequence, .. } = self.state else { return };
        if incoming.sequence != sequence {
            return;
        }
        if incoming.status != 0 {
            self.drop_link(now, DownReason::BindRefused(incoming.status), out);
            return;
        }
        let link = Link { since: now, last_in: now, last_out: now, enquiry_until: None, drain_until: None };
        self.state = State::Bound(link);
        out.push(Action::Event(Event::Up));
    }

    fn on_submit_resp(&mut self, now: Instant, incoming: Incoming, out: &mut Vec<Action>) {
        // An answer to nothing of ours: an SMSC that answers twice, or after we forgot. Nothing to do.
        let Some(pending) = self.window.take(incoming.sequence) else { return };
        let outcome = if incoming.status == 0 {
            self.window.answered(congestion(incoming.pdu.as_ref()));
            // Status 0 in the header is the promise; a body that is missing or unreadable only costs the id.
            let message_id = match incoming.pdu {
                Some(Pdu::SubmitSmResp(resp)) => {
                    self.config.receipts.submit_ids.canonical(resp.message_id().as_str())
                }
                _ => None,
            };
            Outcome::Accepted { message_id }
        } else {
            self.note_refusal(now, incoming.status);
            Outcome::Refused { command_status: incoming.status }
        };
        out.push(submitted(pending.key, outcome, pending.late));
    }

    fn note_refusal(&mut self, now: Instant, status: u32) {
        if self.config.throttled_statuses.contains(&status) {
            self.window.congested(now, &mut self.jitter);
        } else {
            self.window.relieved();
        }
    }

    /// The SMSC could not read a request of ours, so it did not act on it (SMPP 3.4 §4.3).
    fn on_nack(&mut self, now: Instant, incoming: &Incoming, out: &mut Vec<Action>) {
        // A nack that says "no error" is an error all the same.
        let status =
            if incoming.status == 0 { CommandStatus::EsmeRunknownerr.into() } else { incoming.status };
        if let State::Binding { sequence, .. } = self.state {
            if incoming.sequence == sequence {
                self.drop_link(now, DownReason::BindRefused(status), out);
            }
            return;
        }
        if let Some(pending) = self.window.take(incoming.sequence) {
            self.note_refusal(now, status);
            out.push(submitted(pending.key, Outcome::Refused { command_status: status }, pending.late));
        }
    }

    fn on_delivery(&mut self, now: Instant, incoming: &Incoming, kind: DeliveryKind, out: &mut Vec<Action>) {
        let sequence = incoming.sequence;
        let refusal = match &self.state {
            State::Bound(_) if self.closing => Some(CommandStatus::EsmeRxTAppn),
            // A transmitter has asked for no deliveries, but an SMSC that sends them means it.
            State::Bound(_) if self.unanswered.len() >= self.config.unanswered_deliveries_max => {
                Some(CommandStatus::EsmeRmsgqful)
            }
            State::Bound(_) => None,
            State::Unbinding { .. } => Some(CommandStatus::EsmeRxTAppn),
            _ => Some(CommandStatus::EsmeRinvbndsts),
        };
        if let Some(status) = refusal {
            self.send_delivery_resp(now, status, sequence, kind, out);
            return;
        }
        let read = incoming.pdu.as_ref().and_then(|pdu| delivery::read(pdu, self.config.receipts));
        let Some(read) = read else {
            // Repeating what cannot be read would not help: a permanent error stops that.
            self.send_delivery_resp(now, CommandStatus::EsmeRxPAppn, sequence, kind, out);
            return;
        };
        let id = DeliveryId { connection: self.connection, sequence };
        let until = now + self.config.delivery_answer_timeout;
        self.unanswered.push_back(Unanswered { id, kind, until });
        out.push(Action::Event(match read {
            Delivery::Receipt(receipt) => Event::Receipt { delivery: id, receipt },
            Delivery::Mo(mo) => Event::Mo { delivery: id, mo },
        }));
    }

    fn on_unexpected(&mut self, now: Instant, id: CommandId, sequence: u32, out: &mut Vec<Action>) {
        // A response is never answered: two peers nacking each other would not stop.
        let is_response = u32::from(id) & 0x8000_0000 != 0;
        if !is_response {
            self.send(now, CommandStatus::EsmeRinvcmdid, sequence, Pdu::GenericNack, out);
        }
    }

    /// Direction of the bind.
    pub fn mode(&self) -> BindMode {
        self.config.mode
    }
}
