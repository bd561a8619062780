//! A phone: one socket that sends audio every 20 ms and keeps what it hears.

use std::net::{SocketAddr, UdpSocket};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use flexio_codec::{Decoder, Encoder, Format, G711, MAX_FRAME_BYTES, MAX_PACKET_SAMPLES};
use flexio_media::{Command, Event, EventSink, Media, MediaConfig, Prompt, Session, SessionOptions};
use flexio_rtp::{HEADER_BYTES, Header, Packet, is_rtcp};
use flexio_sdp::{Codec, Direction, Negotiated};

/// Longer than anything here takes on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub struct Phone {
    pub socket: UdpSocket,
    pub header: Header,
    pub format: Format,
    encoder: Encoder,
    /// Every RTP packet heard.
    pub heard: Vec<(Header, Vec<u8>)>,
    pub reports: Vec<Vec<u8>>,
    due: Option<Instant>,
}

impl Phone {
    pub fn new(law: G711) -> Self {
        Self::with(Format::G711(law))
    }

    pub fn with(format: Format) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let payload_type = match format {
            Format::G711(G711::ALaw) => 8,
            Format::G711(G711::MuLaw) => 0,
            Format::G722 => 9,
            Format::Opus => 111,
        };
        let ssrc = u32::from(socket.local_addr().unwrap().port()) << 8;
        let header = Header { marker: true, payload_type, sequence: 65_500, timestamp: 5_000, ssrc };
        let encoder = Encoder::new(format).unwrap();
        Self { socket, header, format, encoder, heard: vec![], reports: vec![], due: None }
    }

    pub fn address(&self) -> SocketAddr {
        self.socket.local_addr().unwrap()
    }

    /// What an SDP exchange with this phone would have given.
    pub fn negotiated(&self) -> Negotiated {
        let codec = match self.format {
            Format::G711(G711::ALaw) => Codec::Pcma,
            Format::G711(G711::MuLaw) => Codec::Pcmu,
            Format::G722 => Codec::G722,
            Format::Opus => Codec::Opus,
        };
        Negotiated {
            remote: self.address(),
            remote_rtcp: self.address(),
            rtcp_mux: true,
            codec,
            send_payload_type: self.header.payload_type,
            recv_payload_type: self.header.payload_type,
            send_telephone_event: Some(101),
            recv_telephone_event: Some(101),
            telephone_event_hz: 8_000 * self.format.units_per_sample(),
            ptime_ms: 20,
            direction: Direction::SendRecv,
            srtp: None,
        }
    }

    /// Sends one packet as it is.
    pub fn send_raw(&self, to: SocketAddr, header: &Header, payload: &[u8]) {
        let mut first = [0; HEADER_BYTES];
        header.write(&mut first);
        self.socket.send_to(&[&first[..], payload].concat(), to).unwrap();
    }

    /// Sends 20 ms of audio and counts on.
    pub fn send_audio(&mut self, to: SocketAddr, samples: &[i16; 160]) {
        let (header, payload) = self.packet(samples);
        self.send_raw(to, &header, &payload);
    }

    /// The next packet, with 20 ms of audio; counts on.
    pub fn packet(&mut self, samples: &[i16; 160]) -> (Header, Vec<u8>) {
        let mut payload = [0; MAX_FRAME_BYTES];
        let length = self.encoder.encode(samples, &mut payload);
        let header = self.header;
        self.step();
        self.header.marker = false;
        (header, payload[..length].to_vec())
    }

    /// Talks as a link delivers it that loses one packet in twenty and takes 20 to 60 ms for each of the others, so that they come out of
    /// order. The same seed is the same link.
    pub fn talk_over_a_bad_link(
        &mut self,
        to: SocketAddr,
        frames: u32,
        seed: u64,
        audio: impl Fn(u32) -> [i16; 160],
    ) {
        let mut state = seed;
        let mut random = |below: u64| {
            // Knuth's MMIX generator; its high bits are the good ones.
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        let mut packets = vec![];
        for frame in 0..frames {
            let packet = self.packet(&audio(frame));
            let arrives = Duration::from_millis(u64::from(frame) * 20 + 20 + random(41));
            if random(20) > 0 {
                packets.push((arrives, packet));
            }
        }
        packets.sort_by_key(|(arrives, _)| *arrives);
        let start = Instant::now();
        for (arrives, (header, payload)) in packets {
            std::thread::sleep(arrives.saturating_sub(start.elapsed()));
            self.send_raw(to, &header, &payload);
        }
    }

    /// Counts on without sending: a packet lost on the way, or one of another kind in its place.
    pub fn step(&mut self) {
        self.header.sequence = self.header.sequence.wrapping_add(1);
        self.header.timestamp = self.header.timestamp.wrapping_add(160 * self.format.units_per_sample());
    }

    /// Talks for this many frames at their pace, and hears meanwhile.
    pub fn talk(&mut self, to: SocketAddr, frames: u32, audio: impl Fn(u32) -> [i16; 160]) {
        for frame in 0..frames {
            self.send_audio(to, &audio(frame));
            self.hear_for_a_frame();
        }
    }

    /// Hears until the next packet is due.
    pub fn hear_for_a_frame(&mut self) {
        let due = self.due.unwrap_or_else(Instant::now) + Duration::from_millis(20);
        self.due = Some(due);
        while let Some(left) = due.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
            self.hear_one(left);
        }
    }

    /// Waits for one packet for this long at most.
    pub fn hear_one(&mut self, patience: Duration) -> bool {
        let mut bytes = [0; 2_048];
        self.socket.set_read_timeout(Some(patience.max(Duration::from_micros(10)))).unwrap();
        let Ok((length, _)) = self.socket.recv_from(&mut bytes) else { return false };
        if is_rtcp(&bytes[..length]) {
            self.reports.push(bytes[..length].to_vec());
        } else {
            let packet = Packet::parse(&bytes[..length]).unwrap();
            self.heard.push((packet.header, packet.payload.to_vec()));
        }
        true
    }

    /// Waits until it has heard this many packets in all.
    pub fn hear(&mut self, packets: usize) {
        let end = Instant::now() + PATIENCE;
        while self.heard.len() < packets {
            assert!(Instant::now() < end, "heard only {} of {packets} packets", self.heard.len());
            self.hear_one(Duration::from_millis(500));
        }
    }

    /// All audio heard, in the order it came.
    pub fn samples(&self) -> Vec<i16> {
        let mut decoder = Decoder::new(self.format).unwrap();
        let mut samples = vec![];
        for (header, payload) in &self.heard {
            if header.payload_type == self.header.payload_type {
                let mut packet = [0; MAX_PACKET_SAMPLES];
                let count = decoder.decode(payload, &mut packet);
                samples.extend_from_slice(&packet[..count]);
            }
        }
        samples
    }
}

pub struct Bench {
    pub media: Media,
    pub events: Receiver<Event>,
}

impl Bench {
    pub fn new(change: impl FnOnce(&mut MediaConfig)) -> Self {
        let mut config = MediaConfig { threads: 2, max_sessions: 64, ..MediaConfig::default() };
        change(&mut config);
        let (sink, events) = EventSink::channel(10_000);
        Self { media: Media::start(config, sink).unwrap(), events }
    }

    pub fn open(&self, token: u64) -> Session {
        self.media.open(token, SessionOptions::default()).unwrap()
    }

    /// A session that sends to this phone and believes it, as its first packet shows.
    pub fn call(&self, token: u64, phone: &mut Phone) -> Session {
        let session = self.open(token);
        self.send(session, Command::SetRemote(phone.negotiated()));
        phone.hear(1);
        session
    }

    pub fn send(&self, session: Session, command: Command) {
        self.media.send(session.id, command).unwrap();
    }

    /// Waits for the first event that this function takes; others are dropped.
    pub fn wait<T>(&self, mut wanted: impl FnMut(&Event) -> Option<T>) -> T {
        let end = Instant::now() + PATIENCE;
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            let Ok(event) = self.events.recv_timeout(left) else { break };
            if let Some(found) = wanted(&event) {
                return found;
            }
        }
        panic!("the event did not come");
    }
}

#[expect(clippy::cast_possible_truncation, reason = "peak is below 2^15")]
pub fn sine(hz: f64, from: u32) -> [i16; 160] {
    std::array::from_fn(|n| {
        let t = (f64::from(from) * 160.0 + f64::from(u32::try_from(n).unwrap())) / 8_000.0;
        (8_000.0 * (std::f64::consts::TAU * hz * t).sin()) as i16
    })
}

pub fn sine_prompt(hz: f64, frames: u32) -> Prompt {
    Prompt::new((0..frames).flat_map(|frame| sine(hz, frame)).collect::<Vec<_>>())
}

/// Frequency by upward crossings of zero, of the part that is not silence.
pub fn frequency(samples: &[i16]) -> f64 {
    let first = samples.iter().position(|sample| sample.abs() > 1_000).expect("only silence was heard");
    let last = samples.iter().rposition(|sample| sample.abs() > 1_000).unwrap();
    let voiced = &samples[first..=last];
    let crossings = voiced.windows(2).filter(|pair| pair[0] < 0 && pair[1] >= 0).count();
    #[expect(clippy::cast_precision_loss, reason = "small counts")]
    let hz = crossings as f64 * 8_000.0 / voiced.len() as f64;
    hz
}
