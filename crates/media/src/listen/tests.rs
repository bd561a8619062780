//! Ten minutes over a network that loses, delays and reorders, in no time: the clock is a count of samples.

use std::sync::{Arc, OnceLock};

use flexio_codec::G711;
use flexio_rtp::Header;
use rtrb::{Consumer, RingBuffer};

use super::*;
use crate::recorder::{Plan, Recorder};
use crate::{RecordChannels, RecordEnd};

const MS: u32 = 8;
const PACKET: u32 = 20 * MS;
const MINUTES_10: u32 = 600_000 * MS;
/// A sound of 400 ms begins every ten seconds, and silence is between.
const MARK_EVERY: u32 = 10_000 * MS;
const MARK: u32 = 400 * MS;

/// Numbers that follow from a seed (Lehmer, 2^31 - 1), as those of the relay of the black-box tests.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u32) -> u32 {
        self.0 = self.0 * 48_271 % 0x7FFF_FFFF;
        u32::try_from(self.0 % u64::from(limit)).unwrap()
    }
}

/// Packets in order of arrival: five of a hundred are lost, the others come 20 to 60 ms late.
fn arrivals(seed: u64) -> Vec<(u32, Header, [u8; FRAME_SAMPLES])> {
    let mut random = Random(seed);
    let mut packets = Vec::new();
    for number in 0..MINUTES_10 / PACKET {
        let sent = number * PACKET;
        let is_lost = random.below(100) < 5;
        let arrival = sent + 20 * MS + random.below(41) * MS;
        if is_lost {
            continue;
        }
        let is_loud = sent % MARK_EVERY < MARK;
        let header = Header {
            payload_type: 0,
            marker: false,
            sequence: u16::try_from(number & 0xFFFF).unwrap(),
            timestamp: sent,
            ssrc: 7,
        };
        // 0x0F and 0x8F are loud in the law of µ, 0xFF is silence.
        let payload = std::array::from_fn(|n| match (is_loud, n % 16 < 8) {
            (false, _) => 0xFF,
            (true, true) => 0x0F,
            (true, false) => 0x8F,
        });
        packets.push((arrival, header, payload));
    }
    packets.sort_by_key(|(arrival, ..)| *arrival);
    packets
}

fn drain(consumer: &mut Consumer<i16>, into: &mut Vec<i16>) {
    into.extend(std::iter::from_fn(|| consumer.pop().ok()));
}

/// What was recorded of it.
fn recorded(seed: u64) -> Vec<i16> {
    let (producer, mut consumer) = RingBuffer::new(1_024);
    let plan = Plan { channels: RecordChannels::Caller, max_ms: 0, silence_ms: 0, stop_keys: String::new() };
    let mut recorder = Recorder::new(plan, producer, Arc::new(OnceLock::new()));
    let (mut listening, mut decoder) = (Listening::new(), Decoder::g711(G711::MuLaw));
    let mut packets = arrivals(seed).into_iter().peekable();
    let mut samples = Vec::new();
    for tick in 1..=MINUTES_10 / PACKET {
        let now = tick * PACKET;
        while let Some((arrival, header, payload)) = packets.next_if(|(arrival, ..)| *arrival <= now) {
            listening.push(arrival, &header, &payload);
        }
        let (mut said, mut heard) = ([0; FRAME_SAMPLES], [0; FRAME_SAMPLES]);
        listening.pull(&mut decoder, &mut said);
        assert_eq!(recorder.frame(&mut said, &mut heard), None);
        drain(&mut consumer, &mut samples);
    }
    recorder.end(RecordEnd::Stopped);
    samples
}

/// Where the middle of the sound is that began then, in samples after its beginning: a lost packet at one of its edges moves that by half.
fn middle_after(samples: &[i16], began: u32) -> u32 {
    let from = began as usize;
    let near = &samples[from..samples.len().min(from + (MARK + 1_000 * MS) as usize)];
    let is_loud = |sample: &i16| sample.unsigned_abs() > 3_000;
    let (first, last) = (near.iter().position(is_loud), near.iter().rposition(is_loud));
    u32::try_from(first.zip(last).map_or(0, |(first, last)| usize::midpoint(first, last))).unwrap()
}

#[test]
fn ten_minutes_over_a_bad_network_are_recorded_with_everything_within_20_ms_of_its_place() {
    for seed in 1..=5 {
        let samples = recorded(seed);
        assert_eq!(samples.len() / FRAME_SAMPLES * FRAME_SAMPLES, MINUTES_10 as usize, "its length");
        let middles: Vec<u32> =
            (0..MINUTES_10 / MARK_EVERY).map(|mark| middle_after(&samples, mark * MARK_EVERY)).collect();
        let (least, most) = (middles.iter().min().unwrap(), middles.iter().max().unwrap());
        // All are late by what the buffer keeps back; by how much that moves in ten minutes is what counts.
        let (first, last) = (middles[0], middles[middles.len() - 1]);
        assert!(first.abs_diff(last) <= 20 * MS, "seed {seed}: first {first}, last {last} samples late");
        assert!(most - least <= 40 * MS, "seed {seed}: between {least} and {most} samples late: {middles:?}");
    }
}
