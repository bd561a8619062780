//! The stream we send: numbering, timestamps, and the joint between our own audio and a bridged one.

use std::net::SocketAddr;

use flexio_rtp::{HEADER_BYTES, Header};
use mio::net::UdpSocket;

/// Room for a header and 60 ms of audio.
pub(crate) const BUFFER_BYTES: usize = HEADER_BYTES + 480;

/// How numbers of a bridged stream become ours, from one rebase to the next.
#[derive(Debug, Clone, Copy)]
struct Mapping {
    ssrc: u32,
    first_sequence: u16,
    last_sequence: u16,
    sequence_offset: u16,
    timestamp_offset: u32,
}

/// One outgoing RTP stream.
#[derive(Debug)]
pub(crate) struct Outbound {
    pub ssrc: u32,
    next_sequence: u16,
    /// RTP time of the present tick.
    pub clock: u32,
    last_timestamp: u32,
    mapping: Option<Mapping>,
    is_talking: bool,
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
            last_timestamp: word(4),
            next_sequence: u16::from_be_bytes([bytes[8], bytes[9]]),
            mapping: None,
            is_talking: false,
            packets: 0,
            bytes: 0,
        }
    }

    /// Time goes on by one tick and those that were missed.
    pub fn advance(&mut self, missed: u64) {
        #[expect(clippy::cast_possible_truncation, reason = "RTP time wraps by definition")]
        let missed = missed as u32;
        self.clock = self.clock.wrapping_add(missed.wrapping_add(1).wrapping_mul(160));
    }

    /// A bridged stream may have run ahead of our clock; at a joint time must not go back.
    fn catch_up(&mut self) {
        let after = self.last_timestamp.wrapping_add(160);
        if after.wrapping_sub(self.clock).cast_signed() > 0 {
            self.clock = after;
        }
    }

    /// Nothing is sent in this tick: the next packet starts a talk spurt.
    pub fn pause(&mut self) {
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
            self.catch_up();
        }
        let marker = !self.is_talking;
        self.is_talking = true;
        let sequence = self.next_sequence;
        self.next_sequence = sequence.wrapping_add(1);
        let header = Header { marker, payload_type, sequence, timestamp: self.clock, ssrc: self.ssrc };
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
        // A full socket buffer or an ICMP error of an earlier packet: this packet is lost like any other.
        if socket.send_to(&buffer[..HEADER_BYTES + length], target).is_ok() {
            self.packets += 1;
            self.bytes += length as u64;
        }
    }
}
