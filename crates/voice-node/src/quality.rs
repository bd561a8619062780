//! The figures of a leg's media, as the timeline of its call tells them.

use flexio_media::Stats;

use crate::call_task::CallTask;

impl CallTask {
    /// The media session of a leg has ended.
    pub(crate) fn media_closed(&mut self, token: u64, stats: &Stats) {
        // The end of a recording comes from the thread that writes it, and later than the end of its session when the disk is slow.
        if !self.recordings.is_running() {
            self.node.forget_token(token);
        }
        let Some(id) = self.leg_of_token(token) else { return };
        if let Some(leg) = self.legs.get_mut(&id) {
            leg.media_closing = false;
        }
        count(stats);
        self.trace(id, "media", &summary(stats));
    }
}

fn count(stats: &Stats) {
    if let Some(mos) = stats.mos {
        metrics::histogram!("media_mos").record(f64::from(mos));
    }
    for (is_raised, alarm) in alarms(stats) {
        if is_raised {
            metrics::counter!("media_alarms_total", "alarm" => alarm).increment(1);
        }
    }
}

fn alarms(stats: &Stats) -> [(bool, &'static str); 3] {
    let alarms = stats.alarms;
    [(alarms.one_way, "one_way"), (alarms.silence, "silence"), (alarms.clipping, "clipping")]
}

/// Such as `codec=PCMA sent=502 received=500 lost=2 late=0 jitter_ms=1.3 rtt_ms=24 mos=4.36`.
fn summary(stats: &Stats) -> String {
    use std::fmt::Write as _;
    let codec = stats.codec.map_or("none", flexio_sdp::Codec::name);
    let mut text = format!(
        "codec={codec} sent={} received={} lost={} late={} foreign={} jitter_ms={:.1}",
        stats.packets_sent,
        stats.packets_received,
        stats.packets_lost,
        stats.packets_late,
        stats.foreign_packets,
        stats.jitter_ms,
    );
    // Writing to a string cannot fail.
    if let Some(rtt_ms) = stats.round_trip_ms {
        let _ = write!(text, " rtt_ms={rtt_ms:.0}");
    }
    if let Some(percent) = stats.remote_loss_percent {
        let _ = write!(text, " remote_loss_percent={percent:.1}");
    }
    if let Some(mos) = stats.mos {
        let _ = write!(text, " mos={mos:.2}");
    }
    for (is_raised, alarm) in alarms(stats) {
        if is_raised {
            let _ = write!(text, " alarm={alarm}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_told_as_far_as_they_are_known() {
        assert_eq!(
            summary(&Stats::default()),
            "codec=none sent=0 received=0 lost=0 late=0 foreign=0 jitter_ms=0.0"
        );
        let stats = Stats {
            packets_sent: 300,
            codec: Some(flexio_sdp::Codec::Opus),
            round_trip_ms: Some(24.4),
            mos: Some(4.361),
            alarms: flexio_media::Alarms { one_way: true, ..Default::default() },
            ..Stats::default()
        };
        assert_eq!(
            summary(&stats),
            "codec=opus sent=300 received=0 lost=0 late=0 foreign=0 jitter_ms=0.0 rtt_ms=24 mos=4.36 alarm=one_way"
        );
    }
}
