//! One browser: packets between its WebRTC state and its plain socket.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Instant;

use flexio_rtp::{HEADER_BYTES, Header, Packet, is_rtcp};
use flexio_sdp::WebAudio;
use mio::net::UdpSocket;
use str0m::change::{SdpAnswer, SdpOffer, SdpPendingOffer};
use str0m::media::{Direction, Mid, Pt};
use str0m::net::{Protocol, Receive};
use str0m::rtp::RtpWrite;
use str0m::{Event, IceConnectionState, Input, Output, Rtc};

use crate::RtcId;
use crate::text::{Text, TextReader};

/// Packets of the media session taken at one time.
const MAX_READS: usize = 32;
/// Longest payload: what the media threads take.
const MAX_PAYLOAD: usize = 480;
/// Outputs taken in a row; a session that has more is broken.
const MAX_OUTPUTS: usize = 10_000;

/// A browser's session.
pub(crate) struct Session {
    pub id: RtcId,
    rtc: Box<Rtc>,
    mid: Option<Mid>,
    /// Our offer that waits for its answer.
    pending: Option<SdpPendingOffer>,
    payload_type: Pt,
    events: Option<Pt>,
    /// Plain RTP, connected to the media session.
    pub inside: UdpSocket,
    is_up: bool,
    /// When the state wants to be told the time.
    pub due: Instant,
    /// Where it sends from, for the table of addresses.
    pub heard_from: Option<SocketAddr>,
    /// Newest number of what we send, without wrapping.
    sent: Option<u64>,
    /// Packets without audio left out so far, which must not look like losses.
    skipped: u16,
    text: Text,
}

/// It is over: the state is not to be used again.
#[derive(Debug)]
pub(crate) struct Over;

impl Session {
    pub fn new(id: RtcId, rtc: Box<Rtc>, mid: Option<Mid>, audio: &WebAudio, inside: UdpSocket) -> Self {
        let events = audio.telephone_event.map(|(number, _)| Pt::from(number));
        Self {
            id,
            rtc,
            mid,
            pending: None,
            payload_type: audio.payload_type.into(),
            events,
            inside,
            is_up: false,
            due: Instant::now(),
            heard_from: None,
            sent: None,
            skipped: 0,
            text: Text::default(),
        }
    }

    /// Whether a datagram is for it.
    pub fn accepts(&self, input: &Input<'_>) -> bool {
        self.rtc.accepts(input)
    }

    /// Takes a datagram that it accepts, or the time.
    pub fn input(&mut self, outside: &UdpSocket, input: Input<'_>) -> Result<(), Over> {
        self.rtc.handle_input(input).map_err(|_| Over)?;
        self.drain(outside)
    }

    /// Everything the state wants done before time may pass.
    fn drain(&mut self, outside: &UdpSocket) -> Result<(), Over> {
        for _ in 0..MAX_OUTPUTS {
            if !self.rtc.is_alive() {
                return Err(Over);
            }
            match self.rtc.poll_output().map_err(|_| Over)? {
                Output::Timeout(at) => {
                    self.due = at;
                    return Ok(());
                }
                Output::Transmit(packet) => {
                    // Lost like any datagram when the system does not take it.
                    let _ = outside.send_to(&packet.contents, packet.destination);
                }
                Output::Event(event) => self.event(event)?,
            }
        }
        Err(Over)
    }

    fn event(&mut self, event: Event) -> Result<(), Over> {
        match event {
            Event::MediaAdded(media) => self.mid = Some(media.mid),
            Event::Connected => self.is_up = true,
            Event::IceConnectionStateChange(IceConnectionState::Disconnected) => {
                tracing::debug!("webrtc_path_lost");
            }
            Event::Closed => return Err(Over),
            Event::ChannelOpen(id, _) => self.text.opened(&mut self.rtc, id),
            Event::ChannelClose(id) => self.text.closed(id),
            Event::ChannelData(data) => self.text.read(Instant::now(), &data),
            Event::RtpPacket(packet) => {
                let header = &packet.header;
                let is_ours =
                    header.payload_type == self.payload_type || Some(header.payload_type) == self.events;
                // Bandwidth probes are packets of padding.
                if packet.payload.is_empty() || !is_ours || packet.payload.len() > MAX_PAYLOAD {
                    self.skipped = self.skipped.wrapping_add(1);
                    return Ok(());
                }
                let plain = Header {
                    marker: header.marker,
                    payload_type: *header.payload_type,
                    sequence: header.sequence_number.wrapping_sub(self.skipped),
                    timestamp: header.timestamp,
                    ssrc: *header.ssrc,
                };
                let mut bytes = [0; HEADER_BYTES + MAX_PAYLOAD];
                let (head, rest) = bytes.split_first_chunk_mut().expect("it is longer");
                plain.write(head);
                rest[..packet.payload.len()].copy_from_slice(&packet.payload);
                let _ = self.inside.send(&bytes[..HEADER_BYTES + packet.payload.len()]);
            }
            _ => {}
        }
        Ok(())
    }

    /// Sends on what the media session has sent; true when more waits.
    pub fn forward(&mut self, outside: &UdpSocket, now: Instant) -> Result<bool, Over> {
        let mut bytes = [0; 1_500];
        for _ in 0..MAX_READS {
            let length = match self.inside.recv(&mut bytes) {
                Ok(length) => length,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                // The media session has closed its socket: it ended first.
                Err(_) => continue,
            };
            if !is_rtcp(&bytes[..length])
                && let Ok(packet) = Packet::parse(&bytes[..length])
            {
                self.write(outside, now, &packet)?;
            }
        }
        Ok(true)
    }

    fn write(&mut self, outside: &UdpSocket, now: Instant, packet: &Packet<'_>) -> Result<(), Over> {
        let Some(mid) = self.mid.filter(|_| self.is_up) else { return Ok(()) };
        let header = packet.header;
        let sequence = self.extended(header.sequence);
        let mut api = self.rtc.direct_api();
        let Some(stream) = api.stream_tx_by_mid(mid, None) else { return Ok(()) };
        let payload_type = Pt::from(header.payload_type);
        let write = RtpWrite::new(payload_type, sequence.into(), header.timestamp, now, packet.payload);
        stream.write_rtp(write.marker(header.marker));
        // A written packet leaves only when time is told.
        self.drain(outside)?;
        self.input(outside, Input::Timeout(now))
    }

    /// The number without wrapping that str0m wants, starting below 2¹⁶ as SRTP must (RFC 3711 §3.3.1).
    fn extended(&mut self, sequence: u16) -> u64 {
        let number = match self.sent {
            None => u64::from(sequence),
            Some(newest) => {
                let low = u16::from_be_bytes([newest.to_be_bytes()[6], newest.to_be_bytes()[7]]);
                let step = i64::from(sequence.wrapping_sub(low).cast_signed());
                newest.checked_add_signed(step).unwrap_or(newest)
            }
        };
        self.sent = self.sent.max(Some(number));
        number
    }

    /// Answers an offer within the session.
    pub fn reoffer(&mut self, offer: SdpOffer, audio: &WebAudio) -> Result<String, String> {
        let answer = self.rtc.sdp_api().accept_offer(offer).map_err(|error| error.to_string())?;
        self.pending = None;
        self.agree(audio);
        Ok(answer.to_sdp_string())
    }

    /// Offers another direction within the session.
    pub fn offer(&mut self, direction: Direction) -> Result<String, String> {
        let mid = self.mid.ok_or("there is no audio yet")?;
        let mut changes = self.rtc.sdp_api();
        changes.set_direction(mid, direction);
        let (offer, pending) = changes.apply().ok_or("nothing would change")?;
        self.pending = Some(pending);
        Ok(offer.to_sdp_string())
    }

    /// Takes the answer to it.
    pub fn answered(&mut self, answer: SdpAnswer, audio: &WebAudio) -> Result<String, String> {
        let pending = self.pending.take().ok_or("no offer waits for an answer")?;
        self.rtc.sdp_api().accept_answer(pending, answer).map_err(|error| error.to_string())?;
        self.agree(audio);
        Ok(String::new())
    }

    /// Our offer was refused: back to what was agreed on.
    pub fn refused(&mut self, direction: Direction) {
        self.pending = None;
        if let Some(mid) = self.mid {
            // The direction holds from here on, offered or not.
            self.rtc.sdp_api().set_direction(mid, direction);
        }
    }

    fn agree(&mut self, audio: &WebAudio) {
        self.payload_type = audio.payload_type.into();
        self.events = audio.telephone_event.map(|(number, _)| Pt::from(number));
    }

    /// Tells this one what the browser types.
    pub fn read_text(&mut self, reader: TextReader) {
        self.text.reader = Some(reader);
    }

    /// Shows text to the browser.
    pub fn write_text(&mut self, text: &str) {
        self.text.write(&mut self.rtc, text);
    }

    /// After an offer or an answer was taken, or an offer made.
    pub fn settle(&mut self, outside: &UdpSocket) -> Result<(), Over> {
        self.drain(outside)?;
        self.input(outside, Input::Timeout(Instant::now()))
    }

    /// Says good-bye.
    pub fn close(&mut self, outside: &UdpSocket) {
        if self.rtc.close().is_err() {
            return;
        }
        for _ in 0..MAX_OUTPUTS {
            match self.rtc.poll_output() {
                Ok(Output::Transmit(packet)) => {
                    let _ = outside.send_to(&packet.contents, packet.destination);
                }
                Ok(Output::Event(_)) => {}
                Ok(Output::Timeout(_)) | Err(_) => return,
            }
        }
    }
}

/// A datagram as str0m wants it, if it is any of its protocols.
pub(crate) fn received(
    now: Instant,
    source: SocketAddr,
    destination: SocketAddr,
    bytes: &[u8],
) -> Option<Input<'_>> {
    let contents = bytes.try_into().ok()?;
    Some(Input::Receive(now, Receive { proto: Protocol::Udp, source, destination, contents }))
}
