//! The figures of a leg's media, as the timeline of its call tells them.

use flexio_media::{Alarms, Stats};

use crate::call_task::CallTask;

impl CallTask {
    /// The media of a leg that runs shows signs of trouble: whoever looks for the fault should see it while there is time.
    pub(crate) async fn media_alarm(&mut self, token: u64, alarms: Alarms) {
        let Some(id) = self.leg_of_token(token) else { return };
        let detail = raised(alarms).join(",");
        tracing::info!(call_sid = %self.sid, leg = id.0, alarms = detail, "media_alarm");
        self.trace(id, "media-alarm", &detail);
        self.save_all(false).await;
    }

    /// The media session of a leg has ended.
    pub(crate) fn media_closed(&mut self, token: u64, stats: &Stats) {
        // The end of a recording comes from the thread that writes it, and later than the end of its session when the disk is slow.
        if !self.recordings.is_running() {
            self.node.forget_token(token);
        }
        let Some(id) = self.leg_of_token(token) else { return };
        if let Some(leg) = self.legs.get_mut(&id) {
            leg.media_closing = false;
            let is_heard = leg.answered && stats.packets_sent + stats.packets_received > 0;
            if let Some(trunk) = leg.record.trunk.as_deref().filter(|_| is_heard) {
                self.node.note_heard(trunk, stats.alarms.one_way);
            }
        }
        count(stats);
        let figures = figures(stats);
        let text: Vec<String> = figures.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let facts = std::iter::once(("detail", text.join(" "))).chain(figures).collect();
        self.trace_facts(id, "media", facts);
    }
}

fn count(stats: &Stats) {
    if let Some(mos) = stats.mos {
        metrics::histogram!("media_mos").record(f64::from(mos));
    }
    for alarm in raised(stats.alarms) {
        metrics::counter!("media_alarms_total", "alarm" => alarm).increment(1);
    }
}

/// Names of those that are raised.
fn raised(alarms: Alarms) -> Vec<&'static str> {
    let all = [(alarms.one_way, "one_way"), (alarms.silence, "silence"), (alarms.clipping, "clipping")];
    all.into_iter().filter_map(|(is_raised, alarm)| is_raised.then_some(alarm)).collect()
}

/// The figures by name, as far as they are known; packets are counted, losses are those of what we received.
fn figures(stats: &Stats) -> Vec<(&'static str, String)> {
    let codec = stats.codec.map_or("none", flexio_sdp::Codec::name);
    let mut figures = vec![
        ("codec", codec.to_owned()),
        ("sent", stats.packets_sent.to_string()),
        ("received", stats.packets_received.to_string()),
        ("lost", stats.packets_lost.to_string()),
        ("late", stats.packets_late.to_string()),
        ("foreign", stats.foreign_packets.to_string()),
        ("jitter_ms", format!("{:.1}", stats.jitter_ms)),
    ];
    figures.extend(stats.round_trip_ms.map(|rtt_ms| ("rtt_ms", format!("{rtt_ms:.0}"))));
    figures.extend(stats.remote_loss_percent.map(|percent| ("remote_loss_percent", format!("{percent:.1}"))));
    figures.extend(stats.mos.map(|mos| ("mos", format!("{mos:.2}"))));
    let raised = raised(stats.alarms);
    if !raised.is_empty() {
        figures.push(("alarms", raised.join(",")));
    }
    figures
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(stats: &Stats) -> String {
        let pairs = figures(stats).into_iter().map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn figures_are_told_as_far_as_they_are_known() {
        assert_eq!(
            told(&Stats::default()),
            "codec=none sent=0 received=0 lost=0 late=0 foreign=0 jitter_ms=0.0"
        );
        let stats = Stats {
            packets_sent: 300,
            codec: Some(flexio_sdp::Codec::Opus),
            round_trip_ms: Some(24.4),
            mos: Some(4.361),
            alarms: flexio_media::Alarms { one_way: true, silence: true, ..Default::default() },
            ..Stats::default()
        };
        assert_eq!(
            told(&stats),
            "codec=opus sent=300 received=0 lost=0 late=0 foreign=0 jitter_ms=0.0 rtt_ms=24 mos=4.36 \
             alarms=one_way,silence"
        );
    }
}
