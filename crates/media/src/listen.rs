//! One received stream as steady audio: jitter buffer, decoder and concealment together.

use flexio_codec::{Concealment, Decoder, FRAME_SAMPLES, Format, MAX_PACKET_SAMPLES};
use flexio_rtp::{Header, JitterBuffer, JitterOptions, Pop};

use crate::Depth;

/// Made only for sessions whose audio somebody wants decoded (mix, recording, tones); about 18 KiB.
#[derive(Debug)]
pub(crate) struct Listening {
    jitter: JitterBuffer,
    concealment: Concealment,
    /// Units of RTP time in one sample.
    units: u32,
    /// Decoded samples that are not taken yet.
    ready: [i16; MAX_PACKET_SAMPLES + FRAME_SAMPLES],
    length: usize,
    /// Samples of the last packet: what a lost one is taken to have had.
    packet: usize,
}

impl Default for Listening {
    fn default() -> Self {
        Self::new()
    }
}

impl Listening {
    pub fn new() -> Self {
        Self {
            jitter: JitterBuffer::new(JitterOptions::default()),
            concealment: Concealment::new(),
            units: 1,
            ready: [0; MAX_PACKET_SAMPLES + FRAME_SAMPLES],
            length: 0,
            packet: FRAME_SAMPLES,
        }
    }

    /// Listens to a stream of this format from now on, from its next packet.
    pub fn listen_to(&mut self, format: Format) {
        if self.units != format.units_per_sample() {
            self.units = format.units_per_sample();
            self.jitter.set_clock_rate(8_000 * self.units);
        }
        self.reset();
    }

    /// Keeps audio back for so long from now on.
    pub fn keep_back(&mut self, depth: Depth) {
        self.jitter.set_limits(depth.least_ms, depth.most_ms);
    }

    /// Takes a packet that arrived at `arrival`, in samples.
    pub fn push(&mut self, arrival: u32, header: &Header, payload: &[u8]) {
        self.jitter.push(arrival.wrapping_mul(self.units), header, payload);
    }

    /// Forgets the stream: another source, or nobody listened for a while.
    pub fn reset(&mut self) {
        self.jitter.reset();
        self.length = 0;
    }

    /// Packets that came too late for their turn.
    pub fn late(&self) -> u64 {
        self.jitter.late()
    }

    /// The next 20 ms. Ends always: each turn adds at least one sample.
    pub fn pull(&mut self, decoder: &mut Decoder, out: &mut [i16; FRAME_SAMPLES]) {
        while self.length < FRAME_SAMPLES {
            let start = self.length;
            let room = self.ready[start..].first_chunk_mut().expect("less than a frame is in it");
            let decoded = match self.jitter.pop() {
                Pop::Packet { payload, .. } => Some(decoder.decode(payload, room)),
                Pop::Lost => Some(0),
                Pop::Pause | Pop::Waiting => None,
            };
            match decoded {
                Some(0) => {
                    let gap = &mut room[..self.packet];
                    if !decoder.conceal(gap) {
                        self.concealment.conceal(gap);
                    }
                    self.length += self.packet;
                }
                Some(count) => {
                    self.packet = count;
                    // Opus mends its own gaps and needs no memory of ours.
                    if decoder.format() != Format::Opus {
                        self.concealment.received(&mut room[..count]);
                    }
                    self.length += count;
                }
                None => {
                    room[..self.packet].fill(0);
                    self.concealment.received(&mut room[..self.packet]);
                    self.length += self.packet;
                }
            }
        }
        out.copy_from_slice(&self.ready[..FRAME_SAMPLES]);
        self.ready.copy_within(FRAME_SAMPLES..self.length, 0);
        self.length -= FRAME_SAMPLES;
    }
}

#[cfg(test)]
mod tests;
