//! When received packets are played: an adaptive jitter buffer of fixed size.
//!
//! The owner pushes packets as they come and pops one per packet length, on its own steady clock. The depth
//! aimed at is three times the measured jitter (which covers 99.9 % of evenly spread delays), within limits.
//! The buffer grows by waiting after it ran dry and shrinks by leaving out a packet when it has been
//! deeper than needed for a second.

use crate::{Header, Reception};

/// Packets the buffer can hold: 640 ms of 20 ms packets.
const CAPACITY: u32 = 32;
/// A packet further from the expected one than this belongs to another numbering.
const MAX_JUMP: i32 = 1_000;
/// Pops without any packet after which the stream counts as paused (the talker is silent, or gone).
const STARVED_POPS: u32 = 10;

/// Limits of a buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JitterOptions {
    /// RTP clock in Hz.
    pub clock_rate_hz: u32,
    /// Longest payload taken, in bytes: memory is 32 times this.
    pub max_payload_bytes: usize,
    /// Least depth aimed at, in ms.
    pub min_ms: u32,
    /// Greatest depth aimed at, in ms.
    pub max_ms: u32,
}

impl Default for JitterOptions {
    /// G.711 in packets of at most 60 ms; 20–200 ms deep.
    fn default() -> Self {
        Self { clock_rate_hz: 8_000, max_payload_bytes: 480, min_ms: 20, max_ms: 200 }
    }
}

/// What became of a pushed packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Push {
    /// Kept for its turn.
    Stored,
    /// Its turn is over.
    Late,
    /// It is already there.
    Duplicate,
    /// Its number is far off; if the next one continues from it, the source has restarted.
    Suspect,
    /// A new numbering or SSRC: everything older was dropped, this packet is kept.
    Restarted,
    /// Longer than `max_payload_bytes`.
    TooLong,
}

/// What to play for one packet length.
#[derive(Debug, PartialEq, Eq)]
pub enum Pop<'a> {
    /// Decode this.
    Packet {
        /// The encoded audio.
        payload: &'a [u8],
        /// Its RTP timestamp.
        timestamp: u32,
    },
    /// It did not come in time: conceal one packet length.
    Lost,
    /// The talker made a pause here: one packet length of silence.
    Pause,
    /// Not started, filling up, or run dry for long: silence.
    Waiting,
}

#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    filled: bool,
    sequence: u32,
    timestamp: u32,
    length: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Filling,
    Playing,
}

/// The buffer of one stream.
#[derive(Debug)]
pub struct JitterBuffer {
    options: JitterOptions,
    slots: Box<[Slot]>,
    bytes: Box<[u8]>,
    state: State,
    timing: Reception,
    ssrc: Option<u32>,
    /// The number to play next and the newest stored, as extended numbers.
    next: u32,
    newest: u32,
    next_timestamp: Option<u32>,
    suspect: Option<u16>,
    /// Packet length in clock units, learnt from the stream.
    frame: u32,
    /// Pops in a row that found nothing at all; those were concealed already when a hole shows up later.
    starved: u32,
    /// Least depth seen lately, in packets, over how many pops.
    low_water: u32,
    low_water_pops: u32,
    late: u64,
    concealed: u64,
}

impl JitterBuffer {
    /// An empty buffer; all its memory is taken here.
    pub fn new(options: JitterOptions) -> Self {
        let slots = CAPACITY as usize;
        Self {
            options,
            slots: vec![Slot::default(); slots].into(),
            bytes: vec![0; slots * options.max_payload_bytes].into(),
            state: State::Filling,
            timing: Reception::new(0, 0),
            ssrc: None,
            next: 0,
            newest: 0,
            next_timestamp: None,
            suspect: None,
            frame: options.clock_rate_hz / 50,
            starved: 0,
            low_water: u32::MAX,
            low_water_pops: 0,
            late: 0,
            concealed: 0,
        }
    }

    /// Forgets the stream, but neither its jitter nor the figures.
    pub fn reset(&mut self) {
        self.ssrc = None;
        self.suspect = None;
        self.state = State::Filling;
        self.starved = 0;
        self.slots.fill(Slot::default());
    }

    /// Takes a stream on another clock from now on; what is held is dropped.
    pub fn set_clock_rate(&mut self, clock_rate_hz: u32) {
        self.options.clock_rate_hz = clock_rate_hz.max(1_000);
        self.frame = self.options.clock_rate_hz / 50;
        self.timing = Reception::new(0, 0);
        self.reset();
    }

    /// Other limits from now on: `min_ms` and `max_ms` of [`JitterOptions`]. What is held stays, and the buffer grows or shrinks as it does
    /// by itself.
    pub fn set_limits(&mut self, min_ms: u32, max_ms: u32) {
        self.options.max_ms = max_ms.min(CAPACITY * 20);
        self.options.min_ms = min_ms.min(self.options.max_ms);
    }

    /// Packets that came after their turn.
    pub fn late(&self) -> u64 {
        self.late
    }

    /// Packet lengths that had to be concealed.
    pub fn concealed(&self) -> u64 {
        self.concealed
    }

    /// Depth aimed at, in ms.
    pub fn target_ms(&self) -> u32 {
        let jitter_ms = self.timing.jitter() * 1_000 / self.options.clock_rate_hz;
        (3 * jitter_ms + self.options.min_ms).clamp(self.options.min_ms, self.options.max_ms)
    }

    /// Packets from the next to be played to the newest, holes included.
    fn depth(&self) -> u32 {
        self.newest.wrapping_sub(self.next).wrapping_add(1)
    }

    fn frame_ms(&self) -> u32 {
        (self.frame * 1_000 / self.options.clock_rate_hz).max(1)
    }

    /// Takes a packet that arrived at `arrival`, in units of the RTP clock.
    pub fn push(&mut self, arrival: u32, header: &Header, payload: &[u8]) -> Push {
        if payload.len() > self.options.max_payload_bytes {
            return Push::TooLong;
        }
        if self.ssrc != Some(header.ssrc) {
            self.begin(arrival, header, payload);
            return Push::Restarted;
        }
        let distance = i32::from(header.sequence.wrapping_sub(low_half(self.next)).cast_signed());
        if distance.abs() > MAX_JUMP {
            if self.suspect != Some(header.sequence) {
                self.suspect = Some(header.sequence.wrapping_add(1));
                return Push::Suspect;
            }
            self.begin(arrival, header, payload);
            return Push::Restarted;
        }
        self.suspect = None;
        self.timing.timing(header.timestamp, arrival);
        if distance < 0 {
            self.late += 1;
            return Push::Late;
        }
        let sequence = self.next.wrapping_add(distance.unsigned_abs());
        if self.slot(sequence).filled && self.slot(sequence).sequence == sequence {
            return Push::Duplicate;
        }
        // Too far ahead to hold: what would be overwritten is given up, the oldest first.
        let beyond = distance.unsigned_abs().saturating_sub(CAPACITY - 1);
        self.skip(beyond);
        self.store(sequence, header.timestamp, payload);
        Push::Stored
    }

    fn begin(&mut self, arrival: u32, header: &Header, payload: &[u8]) {
        self.reset();
        self.ssrc = Some(header.ssrc);
        self.next_timestamp = None;
        // Room below, so that extended numbers of reordered first packets do not underflow.
        self.next = 0x1_0000 + u32::from(header.sequence);
        self.newest = self.next;
        self.timing.timing(header.timestamp, arrival);
        self.store(self.next, header.timestamp, payload);
    }

    fn slot(&self, sequence: u32) -> &Slot {
        &self.slots[(sequence % CAPACITY) as usize]
    }

    fn store(&mut self, sequence: u32, timestamp: u32, payload: &[u8]) {
        let index = (sequence % CAPACITY) as usize;
        let length = u16::try_from(payload.len()).expect("push refuses what max_payload_bytes does not hold");
        self.slots[index] = Slot { filled: true, sequence, timestamp, length };
        let start = index * self.options.max_payload_bytes;
        self.bytes[start..start + payload.len()].copy_from_slice(payload);
        let before = self.slot(sequence.wrapping_sub(1));
        if before.filled && before.sequence == sequence.wrapping_sub(1) {
            let step = timestamp.wrapping_sub(before.timestamp);
            // 5–120 ms; anything else is a pause or a new base and says nothing of the packet length.
            if (self.options.clock_rate_hz / 200..=self.options.clock_rate_hz / 8).contains(&step) {
                self.frame = step.min(self.frame.max(self.options.clock_rate_hz / 16));
            }
        }
        if self.newest.wrapping_sub(sequence).cast_signed() < 0 {
            self.newest = sequence;
        }
    }

    /// Gives up `count` packets from the front.
    fn skip(&mut self, count: u32) {
        for _ in 0..count.min(CAPACITY) {
            let index = (self.next % CAPACITY) as usize;
            self.slots[index].filled = false;
            self.next = self.next.wrapping_add(1);
        }
        self.next = self.next.wrapping_add(count.saturating_sub(CAPACITY));
        self.next_timestamp = None;
    }

    /// What to play now; call it once per packet length.
    pub fn pop(&mut self) -> Pop<'_> {
        if self.ssrc.is_none() {
            return Pop::Waiting;
        }
        if self.state == State::Filling {
            let has_some = self.newest.wrapping_sub(self.next).cast_signed() >= 0;
            if !has_some || self.depth() * self.frame_ms() < self.target_ms() {
                return Pop::Waiting;
            }
            self.state = State::Playing;
            self.next_timestamp = None;
            self.skip_leading_hole();
        }
        self.shrink();
        self.play()
    }

    /// When filling ends there is no sense in concealing what came before the first packet held.
    fn skip_leading_hole(&mut self) {
        while self.depth() > 1 && !self.is_here(self.next) {
            self.next = self.next.wrapping_add(1);
        }
    }

    fn is_here(&self, sequence: u32) -> bool {
        let slot = self.slot(sequence);
        slot.filled && slot.sequence == sequence
    }

    fn play(&mut self) -> Pop<'_> {
        if self.newest.wrapping_sub(self.next).cast_signed() < 0 {
            return self.starve();
        }
        // Lengths concealed while nothing was there stand for the holes that now show up.
        while self.starved > 0 && !self.is_here(self.next) && self.depth() > 1 {
            self.starved -= 1;
            self.next = self.next.wrapping_add(1);
            self.next_timestamp = None;
        }
        self.starved = 0;
        if !self.is_here(self.next) {
            self.next = self.next.wrapping_add(1);
            self.next_timestamp = self.next_timestamp.map(|timestamp| timestamp.wrapping_add(self.frame));
            self.concealed += 1;
            return Pop::Lost;
        }
        let slot = *self.slot(self.next);
        if let Some(expected) = self.next_timestamp {
            let pause = slot.timestamp.wrapping_sub(expected).cast_signed();
            let longest = (self.options.max_ms * self.options.clock_rate_hz / 1_000).cast_signed();
            if pause >= self.frame.cast_signed() && pause <= longest {
                self.next_timestamp = Some(expected.wrapping_add(self.frame));
                return Pop::Pause;
            }
        }
        let index = (self.next % CAPACITY) as usize;
        self.slots[index].filled = false;
        self.next = self.next.wrapping_add(1);
        self.next_timestamp = Some(slot.timestamp.wrapping_add(self.frame));
        let start = index * self.options.max_payload_bytes;
        let payload = &self.bytes[start..start + usize::from(slot.length)];
        Pop::Packet { payload, timestamp: slot.timestamp }
    }

    fn starve(&mut self) -> Pop<'static> {
        self.starved += 1;
        if self.starved > STARVED_POPS {
            self.state = State::Filling;
            self.starved = 0;
            return Pop::Waiting;
        }
        self.concealed += 1;
        Pop::Lost
    }

    /// Leaves out one packet when even the least depth of the last second was more than needed, and goes
    /// down to the target at once after a burst (the sender or the network had stalled).
    fn shrink(&mut self) {
        let depth = self.depth();
        if depth.cast_signed() <= 0 {
            self.low_water = 0;
            return;
        }
        let needed = self.target_ms().div_ceil(self.frame_ms()).max(1);
        if depth * self.frame_ms() > self.options.max_ms + self.target_ms() {
            self.skip(depth - needed);
            self.low_water = u32::MAX;
            return;
        }
        self.low_water = self.low_water.min(depth);
        self.low_water_pops += 1;
        if self.low_water_pops * self.frame_ms() >= 1_000 {
            if self.low_water > needed + 1 {
                self.skip(1);
            }
            self.low_water = u32::MAX;
            self.low_water_pops = 0;
        }
    }
}

/// The part of an extended number that is on the wire.
fn low_half(extended: u32) -> u16 {
    let [.., high, low] = extended.to_be_bytes();
    u16::from_be_bytes([high, low])
}

#[cfg(test)]
mod tests;
