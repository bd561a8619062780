//! Texts to customers' phones, and from them (SIP MESSAGE, RFC 3428): the other side is the voice node, reached by [`flexio_app::phones`].
//!
//! To the dispatcher the phones are a carrier like any other, with one segment for each text, so what is promised of messages holds of these:
//! saved as submitted before they leave, never sent again after a lost answer, tried again while no phone is registered.

use std::sync::Arc;

use async_trait::async_trait;
use flexio_app::App;
use flexio_app::delivery::{self, Incoming, ReceiveError};
use flexio_app::phones::{PhoneAnswer, PhoneInbox, PhoneText};
use flexio_domain::{Message, MessageSid, MessageStatus, Pii, RequestSid};
use flexio_smpp::{IdFormat, Outcome, Receipt, ReceiptState, SubmitKey, SubmitRequest, UnknownReason};
use flexio_store::ChangeSet;
use tokio::sync::{Semaphore, mpsc};

use crate::carrier::{Answer, Carrier, CarrierEvent, News};
use crate::config::SmppRoute;
use crate::smpp_client::RouteEnded;

/// Name of its route, on messages and in metrics.
pub(crate) const NAME: &str = "phones";
/// Texts that wait for what their phones say.
const UNDER_WAY_MAX: usize = 1_000;
/// What stands for "no phone is there" and "the phones refuse it", as an SMSC would say it (SMPP 3.4 §5.1.3): ESME_RDELIVERYFAILURE of SMPP
/// 5.0, and ESME_RX_R_APPN.
const ABSENT: u32 = 0xFE;
const REFUSED: u32 = 0x66;

/// The settings of the phones, as if they were a route: who is absent may be there later.
pub(crate) fn settings() -> SmppRoute {
    SmppRoute {
        name: NAME.to_owned(),
        host: NAME.to_owned(),
        temporary_errors: vec![ABSENT],
        ..SmppRoute::default()
    }
}

/// The way to the phones of this node.
#[derive(Debug)]
pub(crate) struct PhoneCarrier {
    app: Arc<App>,
    events: mpsc::Sender<CarrierEvent>,
    places: Arc<Semaphore>,
}

impl PhoneCarrier {
    pub(crate) fn new(app: Arc<App>, events: mpsc::Sender<CarrierEvent>) -> Self {
        Self { app, events, places: Arc::new(Semaphore::new(UNDER_WAY_MAX)) }
    }
}

#[async_trait]
impl Carrier for PhoneCarrier {
    fn room(&self) -> usize {
        self.places.available_permits()
    }

    /// The request is a text in UTF-8; whose phones it is for stands in the message.
    async fn submit(&self, key: SubmitKey, of: &Message, request: SubmitRequest) -> Result<(), RouteEnded> {
        let Ok(place) = Arc::clone(&self.places).acquire_owned().await else {
            return Err(RouteEnded(Box::new(request)));
        };
        let text = PhoneText {
            account: of.account_sid,
            from: of.from.clone(),
            to: of.to.clone(),
            body: Pii(String::from_utf8_lossy(&request.payload).into_owned()),
            headers: of.sip_headers.clone(),
        };
        let (app, events) = (Arc::clone(&self.app), self.events.clone());
        tokio::spawn(async move {
            let answer = app.phones.tell(text).await;
            for news in news(key, answer) {
                // Nobody listens any more: after the next start its outcome is unknown.
                let _ = events.send(CarrierEvent { route: NAME.into(), news }).await;
            }
            drop(place);
        });
        Ok(())
    }

    fn close(&self) {
        self.places.close();
    }

    /// What is under way has been waited for by whoever closes it.
    async fn ended(&self) {}
}

/// What an answer means to the dispatcher.
fn news(key: SubmitKey, answer: PhoneAnswer) -> Vec<News> {
    let id = IdFormat::Text.canonical(&RequestSid::new().to_string());
    let outcome = match answer {
        PhoneAnswer::Delivered => Outcome::Accepted { message_id: id.clone() },
        PhoneAnswer::Accepted => Outcome::Accepted { message_id: None },
        PhoneAnswer::Absent => Outcome::Refused { command_status: ABSENT },
        PhoneAnswer::Refused => Outcome::Refused { command_status: REFUSED },
        PhoneAnswer::Unknown => Outcome::Unknown(UnknownReason::NoAnswer),
    };
    let receipt = (answer == PhoneAnswer::Delivered).then(|| Receipt {
        message_id: id,
        state: ReceiptState::Delivered,
        intermediate: false,
        error: None,
        network_error: None,
        done_date: None,
        from: String::new(),
        to: String::new(),
    });
    let receipt = receipt.map(|receipt| News::Receipt { receipt, ack: Answer::Nobody });
    std::iter::once(News::Submitted { key, outcome, late: false }).chain(receipt).collect()
}

/// Where what phones write comes in.
#[derive(Debug)]
pub(crate) struct Inbox {
    app: Arc<App>,
    asks: mpsc::Sender<Message>,
}

impl Inbox {
    pub(crate) fn new(app: Arc<App>, asks: mpsc::Sender<Message>) -> Self {
        Self { app, asks }
    }
}

#[async_trait]
impl PhoneInbox for Inbox {
    async fn take(&self, text: PhoneText) -> Result<MessageSid, ReceiveError> {
        let owner = match text.to.number() {
            Some(number) => self.app.owner_of(number).await?,
            None => None,
        };
        // `client:ann` is somebody else at any other account.
        if owner.is_none_or(|owned| owned.account_sid != text.account) {
            return Err(ReceiveError::UnknownNumber);
        }
        let incoming = Incoming {
            from: text.from,
            to: text.to,
            body: text.body,
            segments: 1,
            route: Some(NAME.to_owned()),
            media: 0,
            is_whole: true,
            sip_headers: text.headers,
        };
        let mut changes = ChangeSet::new();
        let message = delivery::receive(&self.app, incoming, &mut changes).await?;
        delivery::save(&self.app, changes).await?;
        metrics::counter!("mo_total", "outcome" => "received").increment(1);
        let sid = message.sid;
        if message.status == MessageStatus::Receiving && self.asks.try_send(message).is_err() {
            // It stays `receiving` and is asked about after the next start, at the latest.
            tracing::warn!("asking_queue_full");
        }
        Ok(sid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_answer_of_a_phone_is_an_outcome_and_only_one_that_has_it_is_a_receipt() {
        let told = |answer| {
            let news = news(SubmitKey(7), answer);
            let outcome = match &news[0] {
                News::Submitted { key: SubmitKey(7), outcome, late: false } => outcome.clone(),
                other => panic!("{other:?}"),
            };
            (outcome, news.len() - 1)
        };
        assert!(matches!(told(PhoneAnswer::Delivered), (Outcome::Accepted { message_id: Some(_) }, 1)));
        assert!(matches!(told(PhoneAnswer::Accepted), (Outcome::Accepted { message_id: None }, 0)));
        assert!(matches!(told(PhoneAnswer::Unknown), (Outcome::Unknown(_), 0)));
        let disposition = |answer| match told(answer) {
            (Outcome::Refused { command_status }, 0) => settings().meanings().classify(command_status),
            other => panic!("{other:?}"),
        };
        assert_eq!(disposition(PhoneAnswer::Absent), flexio_messaging::retry::Disposition::Temporary);
        assert_eq!(disposition(PhoneAnswer::Refused), flexio_messaging::retry::Disposition::Permanent);
    }
}
