//! What came of one stream: sequence, loss and jitter (RFC 3550 Appendix A.1, A.3, A.8).

use crate::ReportBlock;

/// A jump ahead of this many packets is taken for a restart (A.1).
const MAX_DROPOUT: u16 = 3_000;
/// A packet this far behind is taken for a restart (A.1).
const MAX_MISORDER: u16 = 100;
/// Transit differences above this are a new timestamp base, not jitter: 1 s at 8 000 Hz.
const MAX_TRANSIT_STEP: u32 = 8_000;

/// What a packet's sequence number says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Newer than all before; `skipped` packets are missing in between for now.
    Newer {
        /// How many are missing.
        skipped: u16,
    },
    /// The newest again.
    Repeat,
    /// Older than the newest, by at most 100: reordered, or a repeat of an older one.
    Older,
    /// Far off. Drop it; when the next one continues from it the source has restarted.
    Suspect,
    /// The source restarted its numbers: counting began anew with this packet.
    Restart,
}

/// Statistics of one received stream. The first packet accepted makes it.
#[derive(Debug, Clone)]
pub struct Reception {
    ssrc: u32,
    base: u32,
    max: u16,
    cycles: u32,
    bad: Option<u16>,
    received: u64,
    /// Loss of the number spaces before the last restart, so that a restart forgets nothing.
    lost_before: i64,
    received_in_space: i64,
    expected_prior: i64,
    received_prior: i64,
    jitter_x16: u32,
    transit: Option<u32>,
}

impl Reception {
    /// A stream that starts with this sequence number; the packet itself is counted by [`Reception::packet`].
    pub fn new(ssrc: u32, first_sequence: u16) -> Self {
        Self {
            ssrc,
            base: u32::from(first_sequence),
            max: first_sequence.wrapping_sub(1),
            cycles: if first_sequence == 0 { u32::MAX - 0xFFFF } else { 0 },
            bad: None,
            received: 0,
            lost_before: 0,
            received_in_space: 0,
            expected_prior: 0,
            received_prior: 0,
            jitter_x16: 0,
            transit: None,
        }
    }

    /// The stream's name.
    pub fn ssrc(&self) -> u32 {
        self.ssrc
    }

    /// Counts a packet (A.1). `Suspect` packets are not counted as received.
    pub fn packet(&mut self, sequence: u16) -> Seen {
        let ahead = sequence.wrapping_sub(self.max);
        let seen = if ahead == 0 {
            Seen::Repeat
        } else if ahead < MAX_DROPOUT {
            if sequence < self.max {
                self.cycles = self.cycles.wrapping_add(1 << 16);
            }
            self.max = sequence;
            self.bad = None;
            Seen::Newer { skipped: ahead - 1 }
        } else if ahead <= u16::MAX - MAX_MISORDER {
            if self.bad != Some(sequence) {
                self.bad = Some(sequence.wrapping_add(1));
                return Seen::Suspect;
            }
            self.restart(sequence);
            Seen::Restart
        } else {
            Seen::Older
        };
        self.received += 1;
        self.received_in_space += 1;
        seen
    }

    fn restart(&mut self, sequence: u16) {
        self.lost_before += (self.expected_in_space() - self.received_in_space).max(0);
        self.base = u32::from(sequence);
        self.max = sequence;
        self.cycles = 0;
        self.bad = None;
        self.received_in_space = 0;
        self.expected_prior = 0;
        self.received_prior = 0;
        self.transit = None;
    }

    /// Feeds the jitter estimate (A.8). Only for packets whose timestamp is that of their sampling: audio,
    /// not events. `arrival` is the time of arrival in units of the same clock as `timestamp`.
    pub fn timing(&mut self, timestamp: u32, arrival: u32) {
        let transit = arrival.wrapping_sub(timestamp);
        if let Some(before) = self.transit {
            let step = transit.wrapping_sub(before).cast_signed().unsigned_abs();
            if step <= MAX_TRANSIT_STEP {
                let decay = (self.jitter_x16 + 8) >> 4;
                self.jitter_x16 = (self.jitter_x16 + step).saturating_sub(decay);
            }
        }
        self.transit = Some(transit);
    }

    /// Packets counted.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Highest sequence number with the count of wraps above it.
    pub fn extended_max(&self) -> u32 {
        self.cycles.wrapping_add(u32::from(self.max))
    }

    fn expected_in_space(&self) -> i64 {
        i64::from(self.extended_max().wrapping_sub(self.base).wrapping_add(1))
    }

    /// Packets that never came; repeats may make it negative on the wire, here it ends at 0.
    pub fn lost(&self) -> u64 {
        (self.lost_before + self.expected_in_space() - self.received_in_space).max(0).cast_unsigned()
    }

    /// Interarrival jitter in clock units.
    pub fn jitter(&self) -> u32 {
        self.jitter_x16 >> 4
    }

    /// The block about this stream for the next report; closes the interval of `fraction_lost` (A.3).
    /// `last_report` and `delay` are the LSR and DLSR fields, 0 without a report.
    pub fn report(&mut self, last_report: u32, delay: u32) -> ReportBlock {
        let expected = self.expected_in_space();
        let expected_interval = expected - self.expected_prior;
        let received_interval = self.received_in_space - self.received_prior;
        self.expected_prior = expected;
        self.received_prior = self.received_in_space;
        let lost_interval = (expected_interval - received_interval).max(0);
        let fraction = if expected_interval <= 0 { 0 } else { (lost_interval << 8) / expected_interval };
        let cumulative = self.lost_before + expected - self.received_in_space;
        ReportBlock {
            ssrc: self.ssrc,
            fraction_lost: u8::try_from(fraction).unwrap_or(u8::MAX),
            cumulative_lost: i32::try_from(cumulative.clamp(-0x80_0000, 0x7F_FFFF))
                .expect("clamped to 24 bits"),
            highest_sequence: self.extended_max(),
            jitter: self.jitter(),
            last_report,
            delay_since_last_report: delay,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn feed(sequences: impl IntoIterator<Item = u16>) -> Reception {
        let mut sequences = sequences.into_iter().peekable();
        let mut stream = Reception::new(1, *sequences.peek().unwrap());
        for sequence in sequences {
            stream.packet(sequence);
        }
        stream
    }

    #[test]
    fn loss_is_counted_over_the_wrap() {
        let stream = feed((65_000..=65_535).chain(0..1_000).filter(|n| n % 10 != 3));
        assert_eq!(stream.lost(), (65_000..=65_535).chain(0..1_000).filter(|n| n % 10 == 3).count() as u64);
    }

    #[test]
    fn a_stream_may_start_at_zero() {
        let stream = feed(0..100);
        assert_eq!((stream.received(), stream.lost(), stream.extended_max()), (100, 0, 99));
    }

    #[test]
    fn one_wild_packet_is_dropped_and_two_in_a_row_are_a_restart() {
        let mut stream = feed(100..200);
        assert_eq!(stream.packet(40_000), Seen::Suspect);
        assert_eq!(stream.packet(200), Seen::Newer { skipped: 0 });
        assert_eq!(stream.packet(50_000), Seen::Suspect);
        assert_eq!(stream.packet(50_001), Seen::Restart);
        assert_eq!(stream.packet(50_003), Seen::Newer { skipped: 1 });
        assert_eq!(stream.lost(), 1);
    }

    #[test]
    fn fraction_lost_covers_one_interval_only() {
        let mut stream = feed((0..100).filter(|n| n % 4 != 1));
        assert_eq!(stream.report(0, 0).fraction_lost, 64);
        for sequence in 100..200 {
            stream.packet(sequence);
        }
        let block = stream.report(7, 8);
        assert_eq!((block.fraction_lost, block.cumulative_lost, block.last_report), (0, 25, 7));
    }

    #[test]
    fn steady_packets_have_no_jitter_and_alternating_ones_have_their_deviation() {
        let mut stream = Reception::new(1, 0);
        for n in 0..200u32 {
            stream.timing(n * 160, n * 160 + 4_000);
        }
        assert_eq!(stream.jitter(), 0);
        for n in 200..600u32 {
            stream.timing(n * 160, n * 160 + 4_000 + (n % 2) * 80);
        }
        assert!((78..=82).contains(&stream.jitter()), "{}", stream.jitter());
    }

    proptest! {
        #[test]
        fn received_and_lost_never_go_wrong(sequences in proptest::collection::vec(any::<u16>(), 1..300)) {
            let stream = feed(sequences.iter().copied());
            prop_assert!(stream.received() <= sequences.len() as u64);
            let _ = stream.clone().report(0, 0);
        }
    }
}
