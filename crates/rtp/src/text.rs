//! Real-time text: characters as they are typed, in RTP with redundancy (ITU-T T.140, RFC 4103, RFC 2198).
//!
//! Each packet holds the text of the last 300 ms and, again, that of the two packets before it. Two lost packets in a row
//! are mended; where more are lost in a row the reader is shown U+FFFD for the gap (RFC 4103 §4.4, §5.4).

use std::collections::VecDeque;

use crate::{HEADER_BYTES, Header, Packet};

/// Earlier packets that are sent again with each.
const GENERATIONS: usize = 2;
/// Longest text of one packet we send, in bytes.
const BLOCK_BYTES: usize = 256;
/// Redundant blocks read of one packet; the count in use is two or three.
const GENERATIONS_MAX: usize = 8;
/// Text that may wait to be sent, in bytes: minutes of typing.
const WAITING_BYTES: usize = 4_096;
/// Time between two packets, in ms (RFC 4103 §5.1).
const PERIOD_MS: u64 = 300;
/// A redundant block's age has 14 bits, in ms.
const AGE_MS_MAX: u32 = (1 << 14) - 1;
/// A number further away than this belongs to another numbering.
const MAX_JUMP: i16 = 3_000;

/// Bytes of the longest packet [`TextSender::poll`] writes.
pub const TEXT_PACKET_BYTES: usize = HEADER_BYTES + 4 * GENERATIONS + 1 + (GENERATIONS + 1) * BLOCK_BYTES;

/// Payload types of a text stream, in one direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextTypes {
    /// `t140/1000`.
    pub text: u8,
    /// `red/1000`, or `None` to go without redundancy.
    pub red: Option<u8>,
}

/// Text of one packet that was sent.
#[derive(Debug, Clone, Copy)]
struct Block {
    timestamp: u32,
    length: u16,
    bytes: [u8; BLOCK_BYTES],
}

impl Block {
    const EMPTY: Self = Self { timestamp: 0, length: 0, bytes: [0; BLOCK_BYTES] };

    fn text(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }
}

/// What is typed, as packets.
#[derive(Debug)]
pub struct TextSender {
    types: TextTypes,
    header: Header,
    waiting: VecDeque<u8>,
    /// The packets before, newest first.
    sent: [Block; GENERATIONS],
    /// Packets that must follow so that what was sent is repeated.
    owed: usize,
    due_ms: u64,
    /// Thousandths of a character that may be sent, and since when they grow.
    allowed: u64,
    counted_ms: u64,
    cps: u16,
}

impl TextSender {
    /// A stream of this SSRC, whose numbers begin where chance says (RFC 3550 §5.1). `cps` is the most characters the reader
    /// takes in a second, on average over ten (RFC 4103 §6); 30 where it does not say.
    pub fn new(types: TextTypes, cps: u16, ssrc: u32, sequence: u16) -> Self {
        let cps = cps.max(1);
        Self {
            types,
            header: Header { marker: true, payload_type: 0, sequence, timestamp: 0, ssrc },
            waiting: VecDeque::with_capacity(WAITING_BYTES),
            sent: [Block::EMPTY; GENERATIONS],
            owed: 0,
            due_ms: 0,
            allowed: u64::from(cps) * 10_000,
            counted_ms: 0,
            cps,
        }
    }

    /// Goes on with other payload types, which a new description may say.
    pub fn set_types(&mut self, types: TextTypes) {
        self.types = types;
    }

    /// Takes text to be sent; what does not fit is left out and marked by U+FFFD. False then.
    pub fn write(&mut self, text: &str) -> bool {
        const LOST: &str = "\u{FFFD}";
        for character in text.chars() {
            let mut bytes = [0; 4];
            let bytes = character.encode_utf8(&mut bytes).as_bytes();
            if self.waiting.len() + bytes.len() + LOST.len() > WAITING_BYTES {
                if self.waiting.iter().rev().take(LOST.len()).rev().ne(LOST.as_bytes()) {
                    self.waiting.extend(LOST.as_bytes());
                }
                return false;
            }
            self.waiting.extend(bytes);
        }
        true
    }

    /// When [`TextSender::poll`] has something to do, in ms; `None` while nobody types.
    pub fn deadline_ms(&self) -> Option<u64> {
        (self.owed > 0 || !self.waiting.is_empty()).then_some(self.due_ms)
    }

    /// The next packet and its length, if one is due.
    pub fn poll(&mut self, now_ms: u64, out: &mut [u8; TEXT_PACKET_BYTES]) -> Option<usize> {
        if now_ms < self.due_ms {
            return None;
        }
        let mut block = Block::EMPTY;
        #[expect(clippy::cast_possible_truncation, reason = "an RTP clock wraps")]
        let timestamp = now_ms as u32;
        block.timestamp = timestamp;
        self.take(now_ms, &mut block);
        if block.length == 0 && self.owed == 0 {
            // More text waits than the reader may be sent.
            self.due_ms = now_ms + PERIOD_MS;
            return None;
        }
        self.due_ms = now_ms + PERIOD_MS;
        self.header.timestamp = timestamp;
        let length = self.print(&block, out);
        self.header.sequence = self.header.sequence.wrapping_add(1);
        self.owed = match (self.types.red, block.length) {
            (None, _) => 0,
            (Some(_), 0) => self.owed - 1,
            (Some(_), _) => GENERATIONS,
        };
        self.sent = [block, self.sent[0]];
        // The first packet after a pause is marked (RFC 4103 §4.1).
        self.header.marker = self.owed == 0 && self.waiting.is_empty();
        Some(length)
    }

    /// Moves whole characters that wait into the block, as many as may be sent.
    fn take(&mut self, now_ms: u64, block: &mut Block) {
        let most = u64::from(self.cps) * 10_000;
        let grown = now_ms.saturating_sub(self.counted_ms).saturating_mul(u64::from(self.cps));
        self.allowed = self.allowed.saturating_add(grown).min(most);
        self.counted_ms = now_ms;
        while let Some(first) = self.waiting.front()
            && self.allowed >= 1_000
        {
            let bytes = match first {
                0..0x80 => 1,
                0x80..0xE0 => 2,
                0xE0..0xF0 => 3,
                0xF0.. => 4,
            };
            let at = usize::from(block.length);
            let Some(room) = block.bytes.get_mut(at..at + bytes) else { return };
            for (to, byte) in room.iter_mut().zip(self.waiting.drain(..bytes)) {
                *to = byte;
            }
            block.length += u16::try_from(bytes).expect("at most 4");
            self.allowed -= 1_000;
        }
    }

    fn print(&self, block: &Block, out: &mut [u8; TEXT_PACKET_BYTES]) -> usize {
        let mut header = self.header;
        header.payload_type = self.types.red.unwrap_or(self.types.text);
        let first = out.first_chunk_mut::<HEADER_BYTES>().expect("a packet is longer than its header");
        header.write(first);
        let mut length = HEADER_BYTES;
        let mut put = |bytes: &[u8]| {
            out[length..length + bytes.len()].copy_from_slice(bytes);
            length += bytes.len();
        };
        if self.types.red.is_some() {
            for earlier in self.sent.iter().rev() {
                let age = self.header.timestamp.wrapping_sub(earlier.timestamp).min(AGE_MS_MAX);
                let words = (age << 10) | u32::from(earlier.length);
                let [_, high, middle, low] = words.to_be_bytes();
                put(&[0x80 | self.types.text, high, middle, low]);
            }
            put(&[self.types.text]);
            for earlier in self.sent.iter().rev() {
                put(earlier.text());
            }
        }
        put(block.text());
        length
    }
}

/// What was typed, from packets.
#[derive(Debug)]
pub struct TextReceiver {
    types: TextTypes,
    /// The stream and the number it goes on with.
    expected: Option<(u32, u16)>,
    lost: u64,
}

impl TextReceiver {
    /// Nothing was received yet.
    pub fn new(types: TextTypes) -> Self {
        Self { types, expected: None, lost: 0 }
    }

    /// Goes on with other payload types.
    pub fn set_types(&mut self, types: TextTypes) {
        self.types = types;
    }

    /// Packets whose text no later packet held.
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// Takes a packet and gives the text that is new, piece by piece in its order. False when this is no packet of text; a late or
    /// repeated one is one that gives nothing.
    pub fn push(&mut self, packet: &Packet<'_>, mut out: impl FnMut(&str)) -> bool {
        let number = packet.header.payload_type;
        let mut blocks = [&[][..]; GENERATIONS_MAX];
        let read = if self.types.red == Some(number) {
            split(packet.payload, self.types.text, &mut blocks)
        } else if self.types.text == number {
            Some((0, packet.payload))
        } else {
            None
        };
        let Some((generations, primary)) = read else { return false };
        let Header { ssrc, sequence, .. } = packet.header;
        let missing = match self.expected.filter(|(known, _)| *known == ssrc) {
            Some((_, next)) => {
                let jump = sequence.wrapping_sub(next).cast_signed();
                if (-MAX_JUMP..0).contains(&jump) {
                    return true;
                }
                // Further away it has begun again.
                if jump <= MAX_JUMP { usize::try_from(jump).unwrap_or(0) } else { 0 }
            }
            // What came before the first packet we see is not ours to show, but for what it repeats.
            None => generations,
        };
        self.expected = Some((ssrc, sequence.wrapping_add(1)));
        if missing > generations {
            self.lost += (missing - generations) as u64;
            out("\u{FFFD}");
        }
        for block in &blocks[generations - missing.min(generations)..generations] {
            show(block, &mut out);
        }
        show(primary, &mut out);
        true
    }
}

/// The redundant blocks of a packet, oldest first, and its own (RFC 2198 §3).
fn split<'a>(
    payload: &'a [u8],
    text: u8,
    blocks: &mut [&'a [u8]; GENERATIONS_MAX],
) -> Option<(usize, &'a [u8])> {
    let (mut lengths, mut count, mut rest) = ([0; GENERATIONS_MAX], 0, payload);
    loop {
        let (first, after) = rest.split_first()?;
        if first & 0x7F != text {
            return None;
        }
        if first & 0x80 == 0 {
            rest = after;
            break;
        }
        let (fields, after) = after.split_first_chunk::<3>()?;
        *lengths.get_mut(count)? = usize::from(u16::from_be_bytes([fields[1] & 0x03, fields[2]]));
        (count, rest) = (count + 1, after);
    }
    for (block, length) in blocks.iter_mut().zip(lengths).take(count) {
        (*block, rest) = rest.split_at_checked(length)?;
    }
    Some((count, rest))
}

/// Text without byte order marks, which T.140 begins with and repeats to keep a path open.
fn show(block: &[u8], out: &mut impl FnMut(&str)) {
    for chunk in block.utf8_chunks() {
        chunk.valid().split('\u{FEFF}').filter(|piece| !piece.is_empty()).for_each(&mut *out);
        if !chunk.invalid().is_empty() {
            out("\u{FFFD}");
        }
    }
}

#[cfg(test)]
mod tests;
