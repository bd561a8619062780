//! Finding out who answered: a tap into the leg's audio and the detector of `codec`.

use std::time::Duration;

use flexio_codec::{Answerer, AnswererDetector, AnswererOptions};
use flexio_media::{Tap, TapOptions};
use flexio_voice::{AnsweredBy, DetectMachine, Event, LegId};
use tokio::time::MissedTickBehavior;

use crate::call_task::CallTask;
use crate::input::CallInput;

/// How often the tap is looked at. A beep may be over this much before it is told.
const PERIOD: Duration = Duration::from_millis(20);
/// Audio kept while the task does not get to run, in ms.
const RING_MS: u32 = 5_000;

impl CallTask {
    /// Runs beside the call until the verdict, or the end of the leg's media.
    pub(crate) fn detect_machine(&mut self, detect: DetectMachine) {
        let leg = detect.leg;
        let options = TapOptions { inbound: true, outbound: false, playback: false, ring_ms: RING_MS };
        let session = self.legs.get(&leg).and_then(|leg| leg.media);
        let Some(tap) = session.and_then(|session| self.node.media.tap(session.id, options).ok()) else {
            self.found.push_back(Event::MachineDetected { leg, verdict: AnsweredBy::Unknown });
            return;
        };
        let detector = AnswererDetector::new(AnswererOptions {
            message_end: detect.message_end,
            timeout_ms: detect.timeout_s.saturating_mul(1_000),
            speech_threshold_ms: detect.speech_threshold_ms,
            speech_end_threshold_ms: detect.speech_end_threshold_ms,
            silence_timeout_ms: detect.silence_timeout_ms,
        });
        let sender = self.sender.clone();
        tokio::spawn(async move {
            if let Some(verdict) = listen(tap, detector).await {
                metrics::counter!("machine_detections_total", "verdict" => verdict.as_str()).increment(1);
                let event = Event::MachineDetected { leg, verdict };
                sender.answer(CallInput::Voice(Box::new(event))).await;
            }
        });
    }

    pub(crate) fn note_answered_by(&mut self, leg: LegId, verdict: AnsweredBy) {
        if let Some(leg) = self.legs.get_mut(&leg) {
            leg.record.answered_by = Some(verdict.as_str().to_owned());
            leg.dirty = true;
        }
    }
}

/// `None` when the leg ended first.
async fn listen(mut tap: Tap, mut detector: AnswererDetector) -> Option<AnsweredBy> {
    let mut clock = tokio::time::interval(PERIOD);
    clock.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        clock.tick().await;
        while let Some(frame) = tap.reader.read() {
            if let Some(answerer) = detector.frame(&frame.samples) {
                return Some(answered_by(answerer));
            }
        }
        if tap.reader.is_closed() {
            return None;
        }
    }
}

fn answered_by(answerer: Answerer) -> AnsweredBy {
    match answerer {
        Answerer::Human => AnsweredBy::Human,
        Answerer::MachineStart => AnsweredBy::MachineStart,
        Answerer::MachineEndBeep => AnsweredBy::MachineEndBeep,
        Answerer::MachineEndSilence => AnsweredBy::MachineEndSilence,
        Answerer::MachineEndOther => AnsweredBy::MachineEndOther,
        Answerer::Fax => AnsweredBy::Fax,
        Answerer::Unknown => AnsweredBy::Unknown,
    }
}
