//! Whether what comes in can be anything worth hearing: looked at now and then, for the alarms at the end.

use flexio_codec::{FRAME_SAMPLES, Format, g711};

use crate::event::Alarms;

/// One packet in this many is looked at.
const EVERY: u32 = 8;
/// Looked at at least as often before anything is said: 4 s of packets of 20 ms.
const ENOUGH: u32 = 25;
/// Silence is told of a call that runs after this many: 30 s. Somebody who listens to a menu may have muted his phone.
const LONG_ENOUGH: u32 = 188;
/// No louder sample in a packet: silence, comfort noise of G.711 included (−60 dBm0).
const SILENT_PEAK: u16 = 40;
/// At or above this a sample of either law is at its end.
const CLIPPED: u16 = 31_000;
/// Such samples in a packet that make it a clipped one: a single peak is nothing.
const CLIPPED_SAMPLES: usize = 8;
/// Packets sent without any in return that make a call one-way: 5 s.
const ONE_WAY_PACKETS: u64 = 250;

/// Counts of one received stream.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Meter {
    passed: u32,
    looked_at: u32,
    silent: u32,
    clipped: u32,
}

impl Meter {
    /// A packet came. Only G.711 can be looked at without a decoder.
    pub fn packet(&mut self, format: Format, payload: &[u8]) {
        if let Some(law) = format.law()
            && self.is_due()
        {
            let mut samples = [0; FRAME_SAMPLES];
            let length = payload.len().min(FRAME_SAMPLES);
            g711::decode(law, &payload[..length], &mut samples[..length]);
            self.look_at(&samples[..length]);
        }
    }

    /// Audio was decoded anyhow.
    pub fn decoded(&mut self, format: Format, samples: &[i16; FRAME_SAMPLES]) {
        if format.law().is_none() && self.is_due() {
            self.look_at(samples);
        }
    }

    fn is_due(&mut self) -> bool {
        self.passed = self.passed.wrapping_add(1);
        self.passed.is_multiple_of(EVERY)
    }

    fn look_at(&mut self, samples: &[i16]) {
        let levels = || samples.iter().map(|sample| sample.unsigned_abs());
        self.looked_at = self.looked_at.saturating_add(1);
        self.silent += u32::from(levels().all(|level| level <= SILENT_PEAK));
        self.clipped += u32::from(levels().filter(|level| *level >= CLIPPED).count() >= CLIPPED_SAMPLES);
    }

    /// What can be said while more may come.
    pub fn alarms_so_far(&self, sent: u64, received: u64) -> Alarms {
        let alarms = self.alarms(sent, received);
        Alarms { silence: alarms.silence && self.looked_at >= LONG_ENOUGH, ..alarms }
    }

    /// What can be said at the end.
    pub fn alarms(&self, sent: u64, received: u64) -> Alarms {
        let is_known = self.looked_at >= ENOUGH;
        Alarms {
            one_way: received == 0 && sent >= ONE_WAY_PACKETS,
            silence: is_known && self.silent == self.looked_at,
            clipping: is_known && self.clipped * 10 >= self.looked_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flexio_codec::G711;

    fn alarms(frame: impl Fn(usize) -> [i16; FRAME_SAMPLES], packets: usize) -> Alarms {
        let mut meter = Meter::default();
        for number in 0..packets {
            let mut payload = [0; FRAME_SAMPLES];
            g711::encode(G711::MuLaw, &frame(number), &mut payload);
            meter.packet(Format::G711(G711::MuLaw), &payload);
        }
        meter.alarms(packets as u64, packets as u64)
    }

    fn wave(peak: i16) -> [i16; FRAME_SAMPLES] {
        std::array::from_fn(|n| if n % 16 < 8 { peak } else { -peak })
    }

    #[test]
    fn talk_raises_nothing_and_silence_and_clipping_are_told() {
        let none = Alarms::default();
        assert_eq!(alarms(|number| wave(if number % 50 < 20 { 9_000 } else { 10 }), 1_000), none);
        assert_eq!(alarms(|_| wave(8), 1_000), Alarms { silence: true, ..none });
        assert_eq!(
            alarms(|number| wave(if number % 3 == 0 { 32_767 } else { 900 }), 1_000),
            Alarms { clipping: true, ..none }
        );
        // Too short to say anything.
        assert_eq!(alarms(|_| wave(0), 100), none);
    }

    #[test]
    fn silence_is_told_later_of_a_call_that_runs_than_of_one_that_is_over() {
        let mut meter = Meter::default();
        for packets in 1..=2_000_u64 {
            meter.packet(Format::G711(G711::MuLaw), &[0xFF; FRAME_SAMPLES]);
            let (so_far, at_the_end) =
                (meter.alarms_so_far(packets, packets), meter.alarms(packets, packets));
            assert_eq!((so_far.silence, at_the_end.silence), (packets >= 1_504, packets >= 200), "{packets}");
        }
    }

    #[test]
    fn a_call_that_only_sends_is_one_way() {
        assert!(Meter::default().alarms(250, 0).one_way);
        assert!(!Meter::default().alarms(250, 1).one_way && !Meter::default().alarms(100, 0).one_way);
    }
}
