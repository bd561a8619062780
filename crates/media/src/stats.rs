//! The figures told at the end of a session.

use flexio_rtp::{Impairments, mos};

use crate::Stats;
use crate::session::SessionState;

/// One-way delay assumed when nobody reported a round trip: packet length and the least jitter buffer.
const ASSUMED_DELAY_MS: f32 = 60.0;

pub(crate) fn of(session: &SessionState, now_ms: u64) -> Stats {
    let counters = &session.counters;
    let lost = counters.lost_before + session.reception.as_ref().map_or(0, flexio_rtp::Reception::lost);
    let late = session.listening.as_ref().map_or(0, |listening| listening.late());
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    let share = |part: u64, whole: u64| if whole == 0 { 0.0 } else { part as f32 / whole as f32 };
    let loss_percent = 100.0 * share(lost + late, lost + counters.received);
    let round_trip_ms = session.reports.round_trip_ms;
    let delay_ms = round_trip_ms.map_or(0.0, |trip| trip / 2.0) + ASSUMED_DELAY_MS;
    #[expect(clippy::cast_precision_loss, reason = "jitter is small")]
    let jitter_ms = session.reception.as_ref().map_or(0.0, |reception| {
        reception.jitter() as f32 / (8 * session.format().units_per_sample()) as f32
    });
    Stats {
        packets_sent: session.out.packets,
        bytes_sent: session.out.bytes,
        packets_received: counters.received,
        bytes_received: counters.received_bytes,
        packets_lost: lost,
        packets_late: late,
        foreign_packets: counters.foreign,
        invalid_packets: counters.invalid,
        jitter_ms,
        remote_loss_percent: session.reports.remote_loss_percent,
        round_trip_ms,
        // The E-model has no figures for G.722 and Opus on this scale; both are taken for as good as G.711.
        mos: (counters.received > 0)
            .then(|| mos(Impairments::g711(loss_percent, delay_ms + 2.0 * jitter_ms))),
        media_start_ms: counters.media_start_ms,
        duration_ms: now_ms - session.opened_ms,
        codec: session.remote.map(|remote| remote.codec),
        alarms: session.meter.alarms(session.out.packets, counters.received),
    }
}
