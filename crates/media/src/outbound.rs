//! The stream we send: numbering, timestamps, and the joint between our own audio and a bridged one.

use std::net::SocketAddr;

use flexio_codec::Format;
use flexio_rtp::{HEADER_BYTES, Header, SRTP_OVERHEAD_BYTES, SrtpError, SrtpSender};
use mio::net::UdpSocket;

/// Room for a header, 60 ms of audio and what encryption adds.
pub(crate) const BUFFER_BYTES: usize = HEADER_BYTES + 480 + SRTP_OVERHEAD_BYTES;

/// How numbers of a bridged stream become ours, from one rebase to the next.
#[derive(Debug, Clone, Copy)]
struct Mapping {
    ssrc: u32,
    first_sequence: u16,
    last_sequence: u16,
    sequence_offset: u16,
    timestamp_offset: u32,
}

/// Bytes of G.711 and G.722 in a tick.
const TICK_BYTES: usize = 160;

/// Audio that is gathered until it fills a packet of another length than a tick.
#[derive(Debug)]
struct Packing {
    /// Of a packet; as many as a tick has, when there is nothing to gather.
    packet_bytes: usize,
    bytes: [u8; 480 + TICK_BYTES],
    length: usize,
    /// RTP time of the first byte.
    timestamp: u32,
}

/// One outgoing RTP stream.
#[derive(Debug)]
pub(crate) struct Outbound {
    pub ssrc: u32,
    next_sequence: u16,
    /// RTP time of the present tick.
    pub clock: u32,
    /// RTP time of one tick.
    tick_units: u32,
    last_timestamp: u32,
    mapping: Option<Mapping>,
    packing: Packing,
    is_talking: bool,
    /// Encrypts what is sent; with it nothing leaves in clear.
    pub srtp: Option<Box<SrtpSender>>,
    pub packets: u64,
    pub bytes: u64,
}

impl Outbound {
    /// A stream with random beginnings (RFC 3550 §5.1).
    pub fn new(random: u128) -> Self {
        let bytes = random.to_be_bytes();
        let word = |at: usize| u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        Self {
            ssrc: word(0),
            clock: word(4),
            tick_units: 160,
            last_timestamp: word(4),
            next_sequence: u16::from_be_bytes([bytes[8], bytes[9]]),
            mapping: None,
            packing: Packing {
                packet_bytes: TICK_BYTES,
                bytes: [0; 480 + TICK_BYTES],
                length: 0,
                timestamp: 0,
            },
            is_talking: false,
            srtp: None,
            packets: 0,
            bytes: 0,
        }
    }

    /// Counts time as this codec does from now on.
    pub fn set_format(&mut self, format: Format) {
        self.tick_units = 160 * format.units_per_sample();
        self.mapping = None;
        self.packing.length = 0;
    }

    /// Sends packets of this many ms, as far as the codec can be cut up. Opus cannot: its packets stay those of a tick,
    /// which every receiver has to take (RFC 7587 §4.2).
    pub fn set_packet_ms(&mut self, format: Format, packet_ms: u8) {
        let packet_bytes =
            if format == Format::Opus { TICK_BYTES } else { usize::from(packet_ms.clamp(10, 60)) * 8 };
        if self.packing.packet_bytes != packet_bytes {
            (self.packing.packet_bytes, self.packing.length) = (packet_bytes, 0);
        }
    }

    /// Time goes on by one tick and those that were missed.
    pub fn advance(&mut self, missed: u64) {
        #[expect(clippy::cast_possible_truncation, reason = "RTP time wraps by definition")]
        let missed = missed as u32;
        self.clock = self.clock.wrapping_add(missed.wrapping_add(1).wrapping_mul(self.tick_units));
    }

    /// A bridged stream may have run ahead of our clock; at a joint time must not go back.
    fn catch_up(&mut self) {
        let after = self.last_timestamp.wrapping_add(self.tick_units);
        if after.wrapping_sub(self.clock).cast_signed() > 0 {
            self.clock = after;
        }
    }

    /// Nothing is sent in this tick: the next packet starts a talk spurt.
    pub fn pause(&mut self) {
        self.packing.length = 0;
        self.is_talking = false;
    }

    /// Sends `length` bytes of our own audio, already in `buffer` behind the header.
    pub fn audio(
        &mut self,
        to: (&UdpSocket, SocketAddr),
        payload_type: u8,
        buffer: &mut [u8; BUFFER_BYTES],
        length: usize,
    ) {
        if self.mapping.take().is_some() {
            self.packing.length = 0;
            self.catch_up();
        }
        if self.packing.packet_bytes == TICK_BYTES || length != TICK_BYTES {
            return self.packet(to, payload_type, self.clock, buffer, length);
        }
        let Packing { packet_bytes, bytes, length: gathered, timestamp } = &mut self.packing;
        if *gathered == 0 {
            *timestamp = self.clock;
        }
        bytes[*gathered..*gathered + length].copy_from_slice(&buffer[HEADER_BYTES..HEADER_BYTES + length]);
        *gathered += length;
        let packet_bytes = *packet_bytes;
        while self.packing.length >= packet_bytes {
            buffer[HEADER_BYTES..HEADER_BYTES + packet_bytes]
                .copy_from_slice(&self.packing.bytes[..packet_bytes]);
            self.packet(to, payload_type, self.packing.timestamp, buffer, packet_bytes);
            self.packing.bytes.copy_within(packet_bytes..self.packing.length, 0);
            self.packing.length -= packet_bytes;
            let units = u32::try_from(packet_bytes).expect("at most 480");
            self.packing.timestamp = self.packing.timestamp.wrapping_add(units);
        }
    }

    /// Sends the next packet of our own audio.
    fn packet(
        &mut self,
        to: (&UdpSocket, SocketAddr),
        payload_type: u8,
        timestamp: u32,
        buffer: &mut [u8; BUFFER_BYTES],
        length: usize,
    ) {
        let marker = !self.is_talking;
        self.is_talking = true;
        let sequence = self.next_sequence;
        self.next_sequence = sequence.wrapping_add(1);
        let header = Header { marker, payload_type, sequence, timestamp, ssrc: self.ssrc };
        self.send(to, &header, buffer, length);
    }

    /// Sends one packet of an event, whose timestamp is that of its start.
    pub fn event(
        &mut self,
        to: (&UdpSocket, SocketAddr),
        payload_type: u8,
        packet: &flexio_rtp::EventPacket,
        buffer: &mut [u8; BUFFER_BYTES],
    ) {
        self.mapping = None;
        self.packing.length = 0;
        self.is_talking = false;
        let sequence = self.next_sequence;
        self.next_sequence = sequence.wrapping_add(1);
        let (marker, timestamp) = (packet.marker, packet.timestamp);
        let header = Header { marker, payload_type, sequence, timestamp, ssrc: self.ssrc };
        buffer[HEADER_BYTES..HEADER_BYTES + 4].copy_from_slice(&packet.payload);
        self.send(to, &header, buffer, 4);
    }

    /// Sends a bridged packet: its losses, reordering and timing stay as they are, so that the jitter buffer of
    /// the far end sees the whole path. Packets from before the last joint are dropped (`false`).
    pub fn bridged(
        &mut self,
        to: (&UdpSocket, SocketAddr),
        payload_type: u8,
        from: &Header,
        buffer: &mut [u8; BUFFER_BYTES],
        length: usize,
    ) -> bool {
        let known = self.mapping.filter(|mapping| {
            let ahead = from.sequence.wrapping_sub(mapping.last_sequence);
            mapping.ssrc == from.ssrc && !(3_000..=u16::MAX - 100).contains(&ahead)
        });
        if known.is_none() {
            self.catch_up();
        }
        let mut mapping = known.unwrap_or(Mapping {
            ssrc: from.ssrc,
            first_sequence: from.sequence,
            last_sequence: from.sequence,
            sequence_offset: self.next_sequence.wrapping_sub(from.sequence),
            timestamp_offset: self.clock.wrapping_sub(from.timestamp),
        });
        let since_joint = from.sequence.wrapping_sub(mapping.first_sequence).cast_signed();
        if since_joint < 0 && mapping.last_sequence.wrapping_sub(mapping.first_sequence) < 0x4000 {
            return false;
        }
        let sequence = from.sequence.wrapping_add(mapping.sequence_offset);
        if sequence.wrapping_sub(self.next_sequence).cast_signed() >= 0 {
            self.next_sequence = sequence.wrapping_add(1);
            mapping.last_sequence = from.sequence;
        }
        let timestamp = from.timestamp.wrapping_add(mapping.timestamp_offset);
        let marker = from.marker || known.is_none();
        self.mapping = Some(mapping);
        self.is_talking = false;
        let header = Header { marker, payload_type, sequence, timestamp, ssrc: self.ssrc };
        self.send(to, &header, buffer, length);
        true
    }

    /// Sends a report, that is already in the buffer.
    pub fn report(
        &mut self,
        (socket, target): (&UdpSocket, SocketAddr),
        buffer: &mut [u8; BUFFER_BYTES],
        length: usize,
    ) {
        if let Some(whole) = self.protected(buffer, length, SrtpSender::protect_rtcp) {
            // Lost like any datagram when the system does not take it.
            let _ = socket.send_to(&buffer[..whole], target);
        }
    }

    /// The length to send; `None` when it must not be sent.
    fn protected(
        &mut self,
        buffer: &mut [u8; BUFFER_BYTES],
        length: usize,
        protect: fn(&mut SrtpSender, &mut [u8], usize) -> Result<usize, SrtpError>,
    ) -> Option<usize> {
        match &mut self.srtp {
            Some(srtp) => protect(srtp, &mut buffer[..], length).ok(),
            None => Some(length),
        }
    }

    fn send(
        &mut self,
        (socket, target): (&UdpSocket, SocketAddr),
        header: &Header,
        buffer: &mut [u8; BUFFER_BYTES],
        length: usize,
    ) {
        let (head, _) = buffer.split_first_chunk_mut::<HEADER_BYTES>().expect("the buffer is longer");
        header.write(head);
        self.last_timestamp = header.timestamp;
        let plain = HEADER_BYTES + length;
        let Some(whole) = self.protected(buffer, plain, SrtpSender::protect) else { return };
        // A full socket buffer or an ICMP error of an earlier packet: this packet is lost like any other.
        if socket.send_to(&buffer[..whole], target).is_ok() {
            self.packets += 1;
            self.bytes += length as u64;
        }
    }
}
