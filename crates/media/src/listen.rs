//! One received stream as steady audio: jitter buffer, decoder and concealment together.

use flexio_codec::{Concealment, FRAME_SAMPLES, G711, g711};
use flexio_rtp::{Header, JitterBuffer, JitterOptions, Pop};

/// Longest packet: 60 ms.
const MAX_PACKET: usize = 480;

/// Made only for sessions whose audio somebody wants decoded (recording, tones); about 18 KiB.
#[derive(Debug)]
pub(crate) struct Listening {
    jitter: JitterBuffer,
    concealment: Concealment,
    /// Decoded samples that are not taken yet.
    ready: [i16; MAX_PACKET + FRAME_SAMPLES],
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
            ready: [0; MAX_PACKET + FRAME_SAMPLES],
            length: 0,
            packet: FRAME_SAMPLES,
        }
    }

    /// Takes a packet that arrived at `arrival`, in samples.
    pub fn push(&mut self, arrival: u32, header: &Header, payload: &[u8]) {
        self.jitter.push(arrival, header, payload);
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
    pub fn pull(&mut self, law: G711, out: &mut [i16; FRAME_SAMPLES]) {
        while self.length < FRAME_SAMPLES {
            let start = self.length;
            let end = match self.jitter.pop() {
                Pop::Packet { payload, .. } if !payload.is_empty() => {
                    let end = start + payload.len();
                    g711::decode(law, payload, &mut self.ready[start..end]);
                    self.concealment.received(&mut self.ready[start..end]);
                    self.packet = payload.len();
                    end
                }
                Pop::Packet { .. } | Pop::Lost => {
                    let end = start + self.packet;
                    self.concealment.conceal(&mut self.ready[start..end]);
                    end
                }
                Pop::Pause | Pop::Waiting => {
                    let end = start + self.packet;
                    self.ready[start..end].fill(0);
                    self.concealment.received(&mut self.ready[start..end]);
                    end
                }
            };
            self.length = end;
        }
        out.copy_from_slice(&self.ready[..FRAME_SAMPLES]);
        self.ready.copy_within(FRAME_SAMPLES..self.length, 0);
        self.length -= FRAME_SAMPLES;
    }
}
