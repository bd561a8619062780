//! How far packets come from the 20 ms they should be apart.

use std::time::Duration;

/// Width of a class of the histogram, in µs.
const CLASS_US: u64 = 50;
/// Classes; what is further off is in the last.
const CLASSES: usize = 2_000;
/// What a packet of audio lasts.
pub(crate) const PACKET: Duration = Duration::from_millis(20);

/// A histogram of how far off packets were.
#[derive(Debug)]
pub(crate) struct Pacing {
    classes: Vec<u64>,
    count: u64,
}

impl Default for Pacing {
    fn default() -> Self {
        Self { classes: vec![0; CLASSES], count: 0 }
    }
}

impl Pacing {
    /// A packet came so long after the one before.
    pub(crate) fn came(&mut self, after: Duration) {
        let off_us = u64::try_from(after.abs_diff(PACKET).as_micros()).unwrap_or(u64::MAX);
        let class = usize::try_from(off_us / CLASS_US).unwrap_or(usize::MAX).min(CLASSES - 1);
        self.classes[class] += 1;
        self.count += 1;
    }

    /// Adds what somebody else has seen.
    pub(crate) fn add(&mut self, other: &Self) {
        for (ours, theirs) in self.classes.iter_mut().zip(&other.classes) {
            *ours += theirs;
        }
        self.count += other.count;
    }

    /// So many in a thousand were no further off.
    pub(crate) fn percentile(&self, per_mille: f64) -> Duration {
        #[expect(clippy::cast_precision_loss, reason = "counts of packets")]
        let wanted = self.count as f64 * per_mille / 1_000.0;
        let mut seen = 0.0;
        for (class, count) in self.classes.iter().enumerate() {
            #[expect(clippy::cast_precision_loss, reason = "counts of packets")]
            let count = *count as f64;
            seen += count;
            if seen >= wanted {
                return Duration::from_micros((class as u64 + 1) * CLASS_US);
            }
        }
        Duration::from_micros(CLASSES as u64 * CLASS_US)
    }

    /// Packets that were 100 ms off or more.
    pub(crate) fn gaps(&self) -> u64 {
        self.classes[CLASSES - 1]
    }

    /// All packets.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_how_far_off_most_packets_were() {
        let mut pacing = Pacing::default();
        for _ in 0..998 {
            pacing.came(Duration::from_micros(20_010));
        }
        pacing.came(Duration::from_millis(17));
        pacing.came(Duration::from_millis(500));
        let ms = |per_mille| pacing.percentile(per_mille).as_micros();
        assert_eq!((ms(500.0), ms(998.0), ms(999.0)), (50, 50, 3_050));
        assert_eq!((pacing.gaps(), pacing.count()), (1, 1_000));
    }
}
