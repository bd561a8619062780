//! Real-time text of a leg (RFC 4103): its socket, and the task that writes what is to be shown and reads what is typed.
//!
//! A few packets in a second need neither the media threads nor their clock. Text is taken from the address in the description, or from
//! the first other one that sends any where the operator does not want strict sources; from then on from nowhere else. Nobody needs
//! reports on a stream that mends itself, so no RTCP is sent, and what comes is not read.

use std::net::SocketAddr;
use std::time::Duration;

use flexio_media::Media;
use flexio_rtp::{
    Packet, SRTP_OVERHEAD_BYTES, SrtpReceiver, SrtpSender, TEXT_PACKET_BYTES, TextReceiver, TextSender,
    TextTypes, is_rtcp,
};
use flexio_sdp::{AgreedText, LocalText, Sdp, SrtpPolicy, SrtpSuite};
use flexio_voice::{Event, LegId};
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::call_task::CallTask;
use crate::config::TextUse;
use crate::input::{CallInput, CallSender};
use crate::leg::{Leg, MediaError};
use crate::web::{Web, has_channels};

/// Orders that may wait for one stream; text that finds no room is lost.
const ORDERS: usize = 64;
/// Longest packet read, in bytes.
const PACKET_BYTES: usize = 1_500;

/// What a leg's text is opened with.
#[derive(Debug, Clone)]
pub(crate) struct TextTerms {
    /// Whom it tells what is typed.
    pub owner: CallSender,
    /// Only the address in the description is believed.
    pub is_strict: bool,
}

/// The text stream of a leg. Dropping it ends the stream and gives its port back.
#[derive(Debug)]
pub(crate) struct TextLeg {
    local: LocalText,
    orders: mpsc::Sender<Order>,
    is_agreed: bool,
}

#[derive(Debug)]
enum Order {
    /// What both sides agreed on; `None` while there is no stream.
    Agreed(Option<Box<AgreedText>>),
    /// To be shown to the other side.
    Write(String),
    /// The leg belongs to another call from now on.
    Own(CallSender),
}

impl TextLeg {
    /// Binds a port and begins to wait for an agreement. `srtp` is that of the leg's audio.
    fn open(media: &Media, token: u64, srtp: SrtpPolicy, terms: &TextTerms) -> Result<Self, MediaError> {
        let (socket, address) = media.bind_beside()?;
        let mut local = LocalText { srtp, ..LocalText::new(address) };
        for key in &mut local.srtp_keys {
            getrandom::fill(&mut key.0)?;
        }
        let mut random = [0; 6];
        getrandom::fill(&mut random)?;
        let socket = UdpSocket::from_std(socket).map_err(flexio_media::OpenError::Socket)?;
        let (orders, waiting) = mpsc::channel(ORDERS);
        let typing = Typing { token, socket, owner: terms.owner.clone(), is_strict: terms.is_strict, random };
        tokio::spawn(typing.run(waiting));
        Ok(Self { local, orders, is_agreed: false })
    }

    fn agree(&mut self, agreed: Option<AgreedText>) {
        self.is_agreed = agreed.is_some();
        let _ = self.orders.try_send(Order::Agreed(agreed.map(Box::new)));
    }

    /// Shows text to the other side; without a stream it is dropped.
    pub(crate) fn write(&self, text: &str) {
        if self.is_agreed && self.orders.try_send(Order::Write(text.to_owned())).is_err() {
            metrics::counter!("voice_text_lost_total").increment(1);
        }
    }
}

impl Leg {
    /// Both sides can type, or the caller could once he is answered.
    pub(crate) fn has_text(&self) -> bool {
        let asks = |offer: &Vec<u8>| {
            flexio_sdp::parse(offer).is_ok_and(|offer| flexio_sdp::has_text(&offer)) || has_channels(offer)
        };
        let has_text = |web: &Web| web.has_text();
        self.text.as_ref().is_some_and(|text| text.is_agreed)
            || self.web.as_ref().is_some_and(has_text)
            || self.offer.as_ref().is_some_and(asks)
    }

    fn open_text(&mut self, media: &Media, terms: Option<&TextTerms>) {
        let (Some(terms), None) = (terms, &self.text) else { return };
        let srtp = self.local.as_ref().map_or(SrtpPolicy::Off, |local| local.srtp);
        match TextLeg::open(media, self.token, srtp, terms) {
            Ok(text) => self.text = Some(text),
            Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "no_text"),
        }
    }

    /// Adds text to an offer: for the first time where there are terms for it, and from then on as it stands.
    pub(crate) fn offer_text(&mut self, media: &Media, offer: &mut Sdp, terms: Option<&TextTerms>) {
        if self.agreed.is_none() {
            self.open_text(media, terms);
        }
        match &self.text {
            Some(text) if text.is_agreed || self.agreed.is_none() => {
                flexio_sdp::offer_text(offer, &text.local);
            }
            Some(text) => flexio_sdp::offer_no_text(offer, &text.local),
            None => {}
        }
    }

    /// Takes the text of an offer into our answer to it.
    pub(crate) fn answer_text(
        &mut self,
        media: &Media,
        (offer, answer): (&Sdp, &mut Sdp),
        terms: Option<&TextTerms>,
    ) {
        if flexio_sdp::has_text(offer) {
            self.open_text(media, terms);
        }
        if let Some(text) = &mut self.text {
            let agreed = flexio_sdp::answer_text(offer, answer, &text.local);
            text.agree(agreed);
        }
    }

    /// Takes what an answer says to the text of our offer.
    pub(crate) fn accept_text(&mut self, answer: &Sdp) {
        if let (Some(text), Some(offer)) = (&mut self.text, &self.sent_offer) {
            let agreed = flexio_sdp::accept_text(offer, answer, &text.local);
            text.agree(agreed);
        }
    }

    /// Another call owns the leg from now on.
    pub(crate) fn give_text(&self, owner: &CallSender) {
        if let Some(text) = &self.text {
            let _ = text.orders.try_send(Order::Own(owner.clone()));
        }
        if let Some(web) = &self.web {
            web.tell_text(self.token, owner.clone());
        }
    }
}

impl CallTask {
    /// The terms of a leg that may ask for text.
    pub(crate) fn text_terms(&self, id: LegId) -> Option<TextTerms> {
        let is_wanted = self.node.config.media.real_time_text != TextUse::Off;
        let trunk = self.legs.get(&id).and_then(|leg| leg.record.trunk.clone());
        let is_strict = self.node.config.media.strict_source
            || trunk.is_some_and(|name| {
                self.node.trunks().get(&name).is_some_and(|entry| entry.config.strict_source)
            });
        is_wanted.then(|| TextTerms { owner: self.sender.clone(), is_strict })
    }

    /// The terms of a leg that is called: it is offered text where its caller types, and phones of ours where the operator says so.
    pub(crate) fn text_offered(&self, id: LegId, by_trunk: bool) -> Option<TextTerms> {
        let asks = self.legs.get(&LegId::FIRST).is_some_and(|first| id != LegId::FIRST && first.has_text());
        let always = self.node.config.media.real_time_text == TextUse::Offer && !by_trunk;
        self.text_terms(id).filter(|_| asks || always)
    }

    /// Somebody has typed: whoever he talks with sees it, and his application is told.
    pub(crate) fn typed(&mut self, token: u64, text: String) {
        let Some(leg) = self.leg_of_token(token) else { return };
        if let Some(far) = self.machine.far_end(leg) {
            self.show(far, &text);
        } else if let Some(seat) = self.seats.get(&leg) {
            seat.typed(&text);
        } else if let Some(slot) = self.slots.get(&leg) {
            slot.typed(text.clone());
        }
        self.found.push_back(Event::Text { leg, text });
    }

    /// Shows text to a party that has a place for it.
    pub(crate) fn show(&self, leg: LegId, text: &str) {
        let Some(leg) = self.legs.get(&leg) else { return };
        if let Some(stream) = &leg.text {
            stream.write(text);
        }
        if let Some(web) = &leg.web {
            web.write_text(text);
        }
    }
}

/// The task of one stream.
struct Typing {
    token: u64,
    socket: UdpSocket,
    owner: CallSender,
    is_strict: bool,
    random: [u8; 6],
}

/// A stream both sides agreed on.
struct Running {
    agreed: AgreedText,
    sender: TextSender,
    receiver: TextReceiver,
    lock: Option<(SrtpSender, SrtpReceiver)>,
    /// Where text comes from, once some came.
    source: Option<SocketAddr>,
}

fn types(types: flexio_sdp::TextTypes) -> TextTypes {
    TextTypes { text: types.text, red: types.red }
}

impl Running {
    fn new(agreed: AgreedText, [a, b, c, d, high, low]: [u8; 6]) -> Self {
        let (ssrc, sequence) = (u32::from_be_bytes([a, b, c, d]), u16::from_be_bytes([high, low]));
        let mut running = Self {
            agreed,
            sender: TextSender::new(types(agreed.send), agreed.cps, ssrc, sequence),
            receiver: TextReceiver::new(types(agreed.receive)),
            lock: None,
            source: None,
        };
        running.key();
        running
    }

    fn key(&mut self) {
        self.lock = self.agreed.srtp.map(|srtp| {
            let tag_bytes = match srtp.suite {
                SrtpSuite::AesCm128HmacSha1_80 => 10,
                SrtpSuite::AesCm128HmacSha1_32 => 4,
            };
            (SrtpSender::new(&srtp.send.0, tag_bytes), SrtpReceiver::new(&srtp.receive.0, tag_bytes))
        });
    }

    /// A new description of the same stream: what is the same goes on (RFC 3711 §9.1).
    fn renew(&mut self, agreed: AgreedText) {
        let before = std::mem::replace(&mut self.agreed, agreed);
        self.sender.set_types(types(agreed.send));
        self.receiver.set_types(types(agreed.receive));
        if before.remote != agreed.remote {
            self.source = None;
        }
        if before.srtp != agreed.srtp {
            self.key();
        }
    }

    /// What a datagram adds to the text; empty where that is nothing.
    fn read(&mut self, from: SocketAddr, datagram: &mut [u8], is_strict: bool) -> String {
        let mut text = String::new();
        let is_known = match self.source {
            Some(source) => source == from,
            None => from == self.agreed.remote || !is_strict,
        };
        if !is_known || !self.agreed.direction.receives() || is_rtcp(datagram) {
            return text;
        }
        let datagram = match &mut self.lock {
            Some((_, receiver)) => match receiver.open(datagram) {
                Ok(length) => &datagram[..length],
                Err(_) => return text,
            },
            None => datagram,
        };
        let Ok(packet) = Packet::parse(datagram) else { return text };
        if self.receiver.push(&packet, |piece| text.push_str(piece)) {
            self.source = Some(from);
        }
        text
    }

    /// The next packet, if one is due, and where it goes.
    fn write(
        &mut self,
        now_ms: u64,
        out: &mut [u8; TEXT_PACKET_BYTES + SRTP_OVERHEAD_BYTES],
    ) -> Option<(usize, SocketAddr)> {
        let room = out.first_chunk_mut::<TEXT_PACKET_BYTES>().expect("it is longer");
        let length = self.sender.poll(now_ms, room)?;
        let length = match &mut self.lock {
            Some((sender, _)) => sender.protect(out, length).ok()?,
            None => length,
        };
        Some((length, self.source.unwrap_or(self.agreed.remote)))
    }
}

impl Typing {
    async fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        let begun = Instant::now();
        let now_ms = || u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let mut running: Option<Running> = None;
        let mut datagram = [0; PACKET_BYTES];
        let mut out = [0; TEXT_PACKET_BYTES + SRTP_OVERHEAD_BYTES];
        loop {
            // On hold what is written waits.
            let writes = running.as_ref().filter(|running| running.agreed.direction.sends());
            let due = writes.and_then(|running| running.sender.deadline_ms());
            let due = due.map(|due_ms| begun + Duration::from_millis(due_ms));
            tokio::select! {
                order = orders.recv() => match order {
                    Some(Order::Agreed(agreed)) => running = self.agreed(running, agreed.map(|agreed| *agreed)),
                    Some(Order::Write(text)) => {
                        if let Some(running) = &mut running {
                            running.sender.write(&text);
                        }
                    }
                    Some(Order::Own(owner)) => self.owner = owner,
                    None => return,
                },
                received = self.socket.recv_from(&mut datagram) => {
                    // An error is an ICMP answer to something we sent.
                    let (Ok((length, from)), Some(running)) = (received, &mut running) else { continue };
                    let text = running.read(from, &mut datagram[..length], self.is_strict);
                    if !text.is_empty() && !self.owner.tell(CallInput::Typed { token: self.token, text }) {
                        metrics::counter!("voice_text_lost_total").increment(1);
                    }
                }
                () = tokio::time::sleep_until(due.unwrap_or(begun)), if due.is_some() => {
                    if let Some((length, to)) = running.as_mut().and_then(|it| it.write(now_ms(), &mut out)) {
                        let _ = self.socket.send_to(&out[..length], to).await;
                    }
                }
            }
        }
    }

    fn agreed(&self, running: Option<Running>, agreed: Option<AgreedText>) -> Option<Running> {
        match (running, agreed?) {
            (Some(mut running), agreed) => {
                running.renew(agreed);
                Some(running)
            }
            (None, agreed) => Some(Running::new(agreed, self.random)),
        }
    }
}
