//! The sandbox carrier: inside the process, reached like any other, with behaviour by the end of the recipient's number
//! (docs/sandbox.md). It loses what it still had to deliver when the process ends. What it delivers lies on handsets
//! ([`flexio_app::handsets`]), and what is written on them comes in by its [`Uplink`].

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use flexio_app::App;
use flexio_domain::{E164, Message, MessageSid, RequestSid};
use flexio_messaging::{
    Encoding, PlanOptions,
    mo::{self, DefaultAlphabet},
    plan,
    reassembly::{Inserted, Limits, Reassembler},
    udh::Reference,
};
use flexio_smpp::{
    Address, IdFormat, Mo, Outcome, Receipt, ReceiptState, SubmitKey, SubmitRequest, UnknownReason,
};
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::Instant,
};

use crate::{
    carrier::{Answer, Arrival, Carrier, CarrierEvent, News},
    node::InjectError,
    smpp_client::RouteEnded,
};

/// Name of its route.
pub const NAME: &str = "sandbox";
/// Segments that may wait for it.
const QUEUE: usize = 2_000;
/// From acceptance to the receipt.
const DELIVERY: Duration = Duration::from_millis(300);
/// Recipients whose refusals are counted; above that the count starts again.
const THROTTLED_MAX: usize = 10_000;
/// Throttled answers before the segment is taken.
const THROTTLES: u8 = 2;

/// What the sandbox does with a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    /// Takes it and delivers it after 300 ms.
    Deliver,
    /// Refuses it for good (`ESME_RX_R_APPN`).
    Refuse,
    /// Takes it and never says more.
    Silent,
    /// Takes it; the handset cannot be reached (30003).
    Unreachable,
    /// Takes it; the subscriber is unknown (30005).
    UnknownSubscriber,
    /// Takes it; a landline (30006).
    Landline,
    /// Throttles twice, then takes and delivers it.
    Throttle,
    /// Takes it and loses the answer; the receipt comes after 1 s.
    LoseAnswer,
}

impl Behaviour {
    /// By the last four digits of the recipient.
    pub fn of(recipient: &str) -> Self {
        match recipient.get(recipient.len().saturating_sub(4)..).unwrap_or_default() {
            "0001" => Self::Refuse,
            "0002" => Self::Silent,
            "0003" => Self::Unreachable,
            "0005" => Self::UnknownSubscriber,
            "0006" => Self::Landline,
            "0008" => Self::Throttle,
            "0009" => Self::LoseAnswer,
            _ => Self::Deliver,
        }
    }

    /// State and GSM error (3GPP TS 29.002 §17.6.6) of the receipt; `None` for no receipt.
    const fn receipt(self) -> Option<(ReceiptState, Option<u16>)> {
        match self {
            Self::Deliver | Self::Throttle | Self::LoseAnswer => Some((ReceiptState::Delivered, None)),
            Self::Refuse | Self::Silent => None,
            Self::Unreachable => Some((ReceiptState::Undeliverable, Some(27))),
            Self::UnknownSubscriber => Some((ReceiptState::Undeliverable, Some(1))),
            Self::Landline => Some((ReceiptState::Undeliverable, Some(11))),
        }
    }
}

/// The way to the sandbox.
#[derive(Debug)]
pub(crate) struct Sandbox {
    submits: mpsc::Sender<(SubmitKey, SubmitRequest)>,
    close: watch::Sender<bool>,
}

impl Sandbox {
    /// Starts it on the current runtime; it ends when closed or when nobody listens.
    pub(crate) fn start(app: Arc<App>, events: mpsc::Sender<CarrierEvent>) -> Self {
        let (submits, queue) = mpsc::channel(QUEUE);
        let (close, closed) = watch::channel(false);
        let task = Task {
            name: NAME.into(),
            queue,
            closed,
            events,
            plans: BinaryHeap::new(),
            next: 0,
            throttled: HashMap::new(),
            app,
            joining: Reassembler::new(Limits::default()),
        };
        tokio::spawn(task.run());
        Self { submits, close }
    }

    /// One that takes and does nothing.
    #[cfg(test)]
    pub(crate) fn idle() -> (Self, mpsc::Receiver<(SubmitKey, SubmitRequest)>) {
        let (submits, queue) = mpsc::channel(1);
        (Self { submits, close: watch::Sender::new(false) }, queue)
    }
}

#[async_trait]
impl Carrier for Sandbox {
    fn room(&self) -> usize {
        self.submits.capacity()
    }

    async fn submit(&self, key: SubmitKey, _: &Message, request: SubmitRequest) -> Result<(), RouteEnded> {
        self.submits.send((key, request)).await.map_err(|refused| RouteEnded(Box::new(refused.0.1)))
    }

    fn close(&self) {
        self.close.send_replace(true);
    }

    async fn ended(&self) {
        self.close.closed().await;
    }
}

/// The way from a handset into the platform: the carrier delivers what is written on it.
#[derive(Debug, Clone)]
pub struct Uplink {
    pub(crate) arrivals: mpsc::Sender<Arrival>,
    /// Index of the sandbox among the routes.
    pub(crate) route: usize,
}

impl Uplink {
    /// Delivers a message from `from` to a number of the platform, in as many segments as it needs. The sid of the message, when it is
    /// kept.
    pub async fn receive(&self, from: &str, to: &str, body: &str) -> Result<MessageSid, InjectError> {
        // The low byte of a sid is random, as a reference has to be.
        let reference = Reference::Short(MessageSid::new().as_u128().to_be_bytes()[15]);
        let plan = plan(body, PlanOptions { reference, ..PlanOptions::default() })?;
        let data_coding = match plan.encoding {
            Encoding::Gsm7 => 0,
            Encoding::Ucs2 => 8,
        };
        let mut sid = None;
        for segment in plan.segments {
            let mo = Mo {
                from: address(from),
                to: address(to),
                data_coding,
                has_udh: !segment.udh.is_empty(),
                payload: [segment.udh, segment.payload].concat(),
                sar: None,
                protocol_id: 0,
            };
            let (answer, kept) = oneshot::channel();
            let arrival = Arrival { route: self.route, mo, ack: Answer::Injected(answer) };
            self.arrivals.send(arrival).await.map_err(|_| InjectError::NotTaken)?;
            sid = kept.await.map_err(|_| InjectError::NotTaken)?;
        }
        sid.ok_or(InjectError::NotTaken)
    }
}

fn address(text: &str) -> Address {
    match text.strip_prefix('+') {
        Some(digits) => Address::international(digits),
        None if text.bytes().all(|b| b.is_ascii_digit()) => Address::short_code(text),
        None => Address::alphanumeric(text),
    }
}

/// As a handset shows it: a number with its `+`.
fn shown_party(party: &Address) -> String {
    let text = party.text();
    if party.ton() == 1 { format!("+{}", text.trim_start_matches('+')) } else { text.to_owned() }
}

/// Something planned, by time, then by order.
type Planned = Reverse<(Instant, u64, Box<PlannedNews>)>;

/// Never compared: the number before it is unique.
struct PlannedNews(News);

impl PartialEq for PlannedNews {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
impl Eq for PlannedNews {}
impl PartialOrd for PlannedNews {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for PlannedNews {
    fn cmp(&self, _: &Self) -> std::cmp::Ordering {
        std::cmp::Ordering::Equal
    }
}

struct Task {
    name: Arc<str>,
    queue: mpsc::Receiver<(SubmitKey, SubmitRequest)>,
    closed: watch::Receiver<bool>,
    events: mpsc::Sender<CarrierEvent>,
    plans: BinaryHeap<Planned>,
    next: u64,
    throttled: HashMap<String, u8>,
    app: Arc<App>,
    /// Parts of long messages, as a handset joins them.
    joining: Reassembler,
}

impl Task {
    async fn run(mut self) {
        if !self.tell(News::Up).await {
            return;
        }
        loop {
            let due = self.plans.peek().map(|Reverse((at, _, _))| *at);
            let timer = async {
                match due {
                    Some(at) => tokio::time::sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            let closed = async { drop(self.closed.wait_for(|closed| *closed).await) };
            let submit = tokio::select! {
                submit = self.queue.recv() => Some(submit),
                () = timer => None,
                () = closed => return,
            };
            let is_heard = match submit {
                Some(Some((key, request))) => self.take(key, &request).await,
                Some(None) => return,
                None => match self.plans.pop() {
                    Some(Reverse((_, _, planned))) => self.tell(planned.0).await,
                    None => true,
                },
            };
            if !is_heard {
                return;
            }
        }
    }

    /// False when nobody listens any more.
    async fn tell(&self, news: News) -> bool {
        self.events.send(CarrierEvent { route: Arc::clone(&self.name), news }).await.is_ok()
    }

    fn plan(&mut self, after: Duration, news: News) {
        self.next += 1;
        self.plans.push(Reverse((Instant::now() + after, self.next, Box::new(PlannedNews(news)))));
    }

    async fn take(&mut self, key: SubmitKey, request: &SubmitRequest) -> bool {
        let recipient = request.to.text();
        let behaviour = Behaviour::of(recipient);
        let outcome = match behaviour {
            Behaviour::Refuse => Outcome::Refused { command_status: 0x66 },
            Behaviour::Throttle if self.throttles(recipient) => Outcome::Refused { command_status: 0x58 },
            Behaviour::LoseAnswer => Outcome::Unknown(UnknownReason::NoAnswer),
            _ => Outcome::Accepted { message_id: None },
        };
        // Unlike a counter, such an id is never given again after a restart.
        let message_id = IdFormat::Text.canonical(&RequestSid::new().to_string());
        let outcome = match outcome {
            Outcome::Accepted { .. } => Outcome::Accepted { message_id: message_id.clone() },
            other => other,
        };
        let is_refused = matches!(outcome, Outcome::Refused { .. });
        if !self.tell(News::Submitted { key, outcome, late: false }).await {
            return false;
        }
        if !is_refused && let Some((state, gsm_error)) = behaviour.receipt() {
            if state == ReceiptState::Delivered {
                self.show(request);
            }
            let receipt = Receipt {
                message_id,
                state,
                intermediate: false,
                error: Some(gsm_error.map_or_else(|| "000".to_owned(), |code| format!("{code:03}"))),
                network_error: gsm_error.map(|code| (3, code)),
                done_date: None,
                from: recipient.to_owned(),
                to: request.from.text().to_owned(),
            };
            let after = if behaviour == Behaviour::LoseAnswer { Duration::from_secs(1) } else { DELIVERY };
            self.plan(after, News::Receipt { receipt, ack: Answer::Nobody });
        }
        true
    }

    /// What a handset shows: a text when it is whole. Whoever is no number has no handset.
    fn show(&mut self, request: &SubmitRequest) {
        let Ok(handset) = shown_party(&request.to).parse::<E164>() else { return };
        let now = self.app.clock.now();
        let user_data = [request.udh.as_slice(), &request.payload].concat();
        let has_udh = !request.udh.is_empty();
        let part = mo::read(&user_data, request.data_coding, has_udh, DefaultAlphabet::Gsm7);
        let from = shown_party(&request.from);
        // What waits for its other parts too long gives room to what comes after; nobody is told.
        self.joining.expire(now);
        let text = match part.place {
            None => Some(part.units.to_text()),
            Some(place) => {
                let ends = (from.as_str(), handset.as_str());
                match self.joining.insert(now, ends, place, part.units, &mut Vec::new()) {
                    Inserted::Whole(joined) => Some(joined.text),
                    Inserted::Waiting | Inserted::Repeated => None,
                }
            }
        };
        if let Some(text) = text {
            self.app.handsets.received(&handset, &from, text, now);
        }
    }

    fn throttles(&mut self, recipient: &str) -> bool {
        if self.throttled.len() >= THROTTLED_MAX {
            self.throttled.clear();
        }
        let count = self.throttled.entry(recipient.to_owned()).or_default();
        *count += 1;
        if *count > THROTTLES {
            self.throttled.remove(recipient);
            return false;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_four_digits_decide() {
        assert_eq!(Behaviour::of("+32470000001"), Behaviour::Refuse);
        assert_eq!(Behaviour::of("32470000009"), Behaviour::LoseAnswer);
        assert_eq!(Behaviour::of("8640"), Behaviour::Deliver);
        assert_eq!(Behaviour::of("1"), Behaviour::Deliver);
    }
}
