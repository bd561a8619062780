//! Rows of the outbox that are for a customer's program: receipts and incoming messages.

use std::sync::{PoisonError, atomic::Ordering};

use flexio_app::{App, delivery};
use flexio_domain::{Address, Callback, Message, MessageDirection, MessageSid, MessageStatus};
use flexio_messaging::{Encoding, PlanOptions, plan, udh::Reference};
use flexio_outbound::{CallbackOutcome, RetryReason};
use flexio_smpp::{
    Address as Wire,
    server::{Deliver, DeliverOutcome, ReceiptOf},
};
use jiff::SignedDuration;
use tokio::sync::oneshot;

use super::{Door, Parcel, submit::state_of, users::User};

/// How long something waits for a bind that takes it.
const KEPT: SignedDuration = SignedDuration::from_hours(72);
/// Where nobody is bound it is looked at again after this.
const NOBODY: SignedDuration = SignedDuration::from_secs(10);

const DONE: CallbackOutcome = CallbackOutcome::Delivered { status: 200 };
const LATER: CallbackOutcome = CallbackOutcome::Retry { reason: RetryReason::Busy, after: Some(NOBODY) };

impl Door {
    /// Whether a row is for a customer's program.
    pub(crate) fn is_for(callback: &Callback) -> bool {
        callback.webhook.url.starts_with(delivery::SMPP)
    }

    /// Hands it over, if there is somebody to take it.
    pub(crate) async fn hand_over(&self, callback: &Callback) -> CallbackOutcome {
        let name = callback.webhook.url.strip_prefix(delivery::SMPP).unwrap_or_default();
        let app = &self.shared.app;
        if app.clock.now().duration_since(callback.created_at) >= KEPT {
            return CallbackOutcome::Gone;
        }
        let user = self.shared.users.bound(name);
        let Some(user) = user.filter(|user| user.terms().account == callback.account_sid) else {
            return LATER;
        };
        let Ok(sid) = callback.subject.parse::<MessageSid>() else { return CallbackOutcome::Gone };
        let message = match app.store.message(callback.account_sid, sid).await {
            Ok(Some(message)) => message,
            Ok(None) => return CallbackOutcome::Gone,
            Err(_) => return LATER,
        };
        let parcels = if message.direction == MessageDirection::Inbound {
            incoming(app, &message)
        } else {
            match receipt(&message, callback) {
                Some(receipt) => vec![receipt],
                None => return DONE,
            }
        };
        // A part that was taken before another was not is delivered again: programs join parts by their number.
        for parcel in parcels {
            match deliver(&user, parcel).await {
                DeliverOutcome::Taken => {}
                DeliverOutcome::Refused(_) => return CallbackOutcome::Gone,
                DeliverOutcome::Later => return LATER,
            }
        }
        DONE
    }
}

/// By one of the binds that take deliveries, in turns.
async fn deliver(user: &User, deliver: Deliver) -> DeliverOutcome {
    let (done, outcome) = oneshot::channel();
    let sent = {
        let receivers = user.receivers.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = user.turn.fetch_add(1, Ordering::Relaxed);
        let chosen = receivers.get(turn.checked_rem(receivers.len()).unwrap_or(0));
        chosen.is_some_and(|(_, receiver)| receiver.try_send(Parcel { deliver, done }).is_ok())
    };
    if !sent {
        return DeliverOutcome::Later;
    }
    outcome.await.unwrap_or(DeliverOutcome::Later)
}

/// The text of Appendix B, which all programs know, and the same in optional parameters.
fn receipt(message: &Message, callback: &Callback) -> Option<Deliver> {
    let told = callback.params.iter().find(|(name, _)| name == "MessageStatus");
    // The row is of the moment; where the message is further, another row says so.
    if told.is_none_or(|(_, status)| status != message.status.as_str()) {
        return None;
    }
    let is_success = message.status == MessageStatus::Delivered;
    let stat = match message.status {
        MessageStatus::Delivered => "DELIVRD",
        MessageStatus::Canceled => "DELETED",
        MessageStatus::Failed => "REJECTD",
        _ => "UNDELIV",
    };
    let minute = |at: flexio_domain::Timestamp| at.strftime("%y%m%d%H%M").to_string();
    let text = format!(
        "id:{} sub:001 dlvrd:{} submit date:{} done date:{} stat:{stat} err:{} text:",
        message.sid,
        if is_success { "001" } else { "000" },
        minute(message.created_at),
        minute(callback.created_at),
        message.error.map_or_else(|| "000".to_owned(), |code| code.number().to_string()),
    );
    let about = ReceiptOf { message_id: message.sid.to_string(), state: state_of(message.status) };
    Some(Deliver {
        from: wire(&message.to),
        to: wire(&message.from),
        udh: Vec::new(),
        payload: text.into_bytes(),
        data_coding: 0,
        receipt: Some(about),
    })
}

/// A subscriber's message, in as many segments as it needs.
fn incoming(app: &App, message: &Message) -> Vec<Deliver> {
    let reference = Reference::Short(message.sid.as_u128().to_be_bytes()[15]);
    let options = PlanOptions { reference, ..PlanOptions::default() };
    let text = delivery::opened(app, message).unwrap_or_else(|_| message.body.clone());
    // An empty text is a message too, of one empty segment.
    let Ok(plan) = plan(&text.0, options) else { return vec![segment(message, Vec::new(), Vec::new(), 0)] };
    let coding = match plan.encoding {
        Encoding::Gsm7 => 0,
        Encoding::Ucs2 => 8,
    };
    let segments = plan.segments.into_iter();
    segments.map(|part| segment(message, part.udh, part.payload, coding)).collect()
}

fn segment(message: &Message, udh: Vec<u8>, payload: Vec<u8>, data_coding: u8) -> Deliver {
    Deliver { from: wire(&message.from), to: wire(&message.to), udh, payload, data_coding, receipt: None }
}

fn wire(address: &Address) -> Wire {
    match address {
        Address::Number(number) => Wire::international(number.digits()),
        Address::ShortCode(code) => Wire::short_code(code),
        Address::Alphanumeric(name) => Wire::alphanumeric(name),
        Address::Client(_) | Address::Sip(_) | Address::Anonymous => Wire::with_type(0, 0, ""),
    }
}
