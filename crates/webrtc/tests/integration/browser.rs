//! A browser: WebRTC over one socket, a tone to say, and ears.

use std::net::UdpSocket;
use std::time::{Duration, Instant};

use flexio_codec::{Decoder, Encoder, Format, G711, MAX_FRAME_BYTES, MAX_PACKET_SAMPLES};
use flexio_sdp::Codec;
use str0m::change::{SdpAnswer, SdpOffer, SdpPendingOffer};
use str0m::channel::{ChannelConfig, ChannelId};
use str0m::media::{Direction, MediaKind, Mid, Pt};
use str0m::net::{Protocol, Receive};
use str0m::rtp::RtpWrite;
use str0m::{Candidate, Event, Input, Output, Rtc, RtcConfig};

pub struct Browser {
    rtc: Rtc,
    socket: UdpSocket,
    pending: Option<SdpPendingOffer>,
    mid: Option<Mid>,
    payload_type: Pt,
    format: Format,
    encoder: Encoder,
    decoder: Decoder,
    hz: f64,
    frame: u32,
    due: Instant,
    pub is_up: bool,
    pub heard: Vec<i16>,
    /// Opens a channel for text with its offer.
    pub types: bool,
    channel: Option<ChannelId>,
    pub read: String,
}

impl Browser {
    /// Speaks one codec only, and says this tone.
    pub fn new(codec: Codec, hz: f64) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let config = RtcConfig::new().clear_codecs().set_rtp_mode(true);
        let (config, format) = match codec {
            Codec::Opus => (config.enable_opus(true, false), Format::Opus),
            Codec::Pcmu => (config.enable_pcmu(true, false), Format::G711(G711::MuLaw)),
            Codec::Pcma => (config.enable_pcma(true, false), Format::G711(G711::ALaw)),
            Codec::G722 => (config.enable_g722(true, false), Format::G722),
        };
        let mut rtc = config.build(Instant::now());
        rtc.add_local_candidate(Candidate::host(socket.local_addr().unwrap(), "udp").unwrap());
        let (encoder, decoder) = (Encoder::new(format).unwrap(), Decoder::new(format).unwrap());
        let payload_type = codec.offered_payload_type().into();
        let (due, is_up) = (Instant::now(), false);
        Self {
            rtc,
            socket,
            pending: None,
            mid: None,
            payload_type,
            format,
            encoder,
            decoder,
            hz,
            frame: 0,
            due,
            is_up,
            heard: vec![],
            types: false,
            channel: None,
            read: String::new(),
        }
    }

    /// Types into its channel for text.
    pub fn type_text(&mut self, text: &str) {
        let id = self.channel.expect("a channel for text is open");
        assert!(self.rtc.channel(id).unwrap().write(false, text.as_bytes()).unwrap());
    }

    pub fn offer(&mut self) -> String {
        let mut changes = self.rtc.sdp_api();
        self.mid = Some(changes.add_media(MediaKind::Audio, Direction::SendRecv, None, None, None));
        if self.types {
            let (label, protocol) = ("x".to_owned(), "t140".to_owned());
            changes.add_channel_with_config(ChannelConfig { label, protocol, ..ChannelConfig::default() });
        }
        let (offer, pending) = changes.apply().unwrap();
        self.pending = Some(pending);
        offer.to_sdp_string()
    }

    /// Offers another direction within the call.
    pub fn reoffer(&mut self, direction: Direction) -> String {
        let mut changes = self.rtc.sdp_api();
        changes.set_direction(self.mid.unwrap(), direction);
        let (offer, pending) = changes.apply().unwrap();
        self.pending = Some(pending);
        offer.to_sdp_string()
    }

    pub fn accept(&mut self, answer: &str) {
        let answer = SdpAnswer::from_sdp_string(answer).unwrap();
        self.rtc.sdp_api().accept_answer(self.pending.take().unwrap(), answer).unwrap();
    }

    pub fn answer(&mut self, offer: &str) -> String {
        let offer = SdpOffer::from_sdp_string(offer).unwrap();
        self.rtc.sdp_api().accept_offer(offer).unwrap().to_sdp_string()
    }

    fn drain(&mut self) -> Instant {
        loop {
            match self.rtc.poll_output().unwrap() {
                Output::Timeout(at) => return at,
                Output::Transmit(packet) => {
                    self.socket.send_to(&packet.contents, packet.destination).unwrap();
                }
                Output::Event(Event::Connected) => self.is_up = true,
                Output::Event(Event::ChannelOpen(id, _)) => self.channel = Some(id),
                Output::Event(Event::ChannelData(data)) => {
                    assert!(!data.binary, "text goes in text messages");
                    self.read.push_str(std::str::from_utf8(&data.data).unwrap());
                }
                Output::Event(Event::MediaAdded(media)) => self.mid = Some(media.mid),
                Output::Event(Event::RtpPacket(packet))
                    if packet.header.payload_type == self.payload_type =>
                {
                    let mut samples = [0; MAX_PACKET_SAMPLES];
                    let count = self.decoder.decode(&packet.payload, &mut samples);
                    self.heard.extend_from_slice(&samples[..count]);
                }
                Output::Event(_) => {}
            }
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "the peak is below 2^15")]
    fn say(&mut self, now: Instant) {
        let from = f64::from(self.frame) * 160.0;
        let samples = std::array::from_fn(|n| {
            let t = (from + f64::from(u32::try_from(n).unwrap())) / 8_000.0;
            (8_000.0 * (std::f64::consts::TAU * self.hz * t).sin()) as i16
        });
        let mut bytes = [0; MAX_FRAME_BYTES];
        let length = self.encoder.encode(&samples, &mut bytes);
        let time = self.frame * 160 * self.format.units_per_sample();
        let write =
            RtpWrite::new(self.payload_type, u64::from(self.frame + 1).into(), time, now, &bytes[..length]);
        let mut api = self.rtc.direct_api();
        api.stream_tx_by_mid(self.mid.unwrap(), None).unwrap().write_rtp(write);
        self.frame += 1;
    }

    /// Lives for some milliseconds.
    pub fn live(&mut self, milliseconds: u64) {
        let end = Instant::now() + Duration::from_millis(milliseconds);
        let mut bytes = [0; 2_000];
        loop {
            let wake = self.drain();
            let now = Instant::now();
            if now >= end {
                return;
            }
            if self.is_up && now >= self.due {
                // After a pause it goes on from now, not from then.
                let is_late = now.duration_since(self.due) > Duration::from_millis(100);
                self.due = if is_late { now } else { self.due } + Duration::from_millis(20);
                self.say(now);
                self.drain();
                self.rtc.handle_input(Input::Timeout(now)).unwrap();
                continue;
            }
            let until = wake.min(end).min(if self.is_up { self.due } else { end });
            let wait = until.saturating_duration_since(now).max(Duration::from_millis(1));
            self.socket.set_read_timeout(Some(wait)).unwrap();
            let destination = self.socket.local_addr().unwrap();
            let input = match self.socket.recv_from(&mut bytes) {
                Ok((length, source)) => match bytes[..length].try_into() {
                    Ok(contents) => {
                        let proto = Protocol::Udp;
                        Input::Receive(Instant::now(), Receive { proto, source, destination, contents })
                    }
                    Err(_) => continue,
                },
                Err(_) => Input::Timeout(Instant::now()),
            };
            self.rtc.handle_input(input).unwrap();
        }
    }

    /// Says good-bye.
    pub fn leave(&mut self) {
        self.rtc.close().unwrap();
        self.is_up = false;
        self.drain();
    }
}
