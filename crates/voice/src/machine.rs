//! Answering-machine detection: who answered a leg that was called.
//!
//! It begins with the leg's answer. On a call made over REST without a callback for it the document waits for the verdict; in all
//! other cases the verdict comes while the document runs, or the bridge.

use std::time::Duration;

use flexio_markup::MachineDetection;

use crate::actions::{Action, Callback, CallbackKind, DetectMachine, LegId};
use crate::context::Context;
use crate::events::AnsweredBy;
use crate::params;

/// How much longer than its own timeout a detector may take to say so, seconds.
const PATIENCE_S: u32 = 5;

/// A detection under way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LiveDetection {
    pub leg: LegId,
    since: Duration,
    pub until: Duration,
}

impl Context<'_> {
    /// The leg has just been answered.
    pub fn detect_machine(&mut self, leg: LegId) {
        let Some(detection) = self.base.leg(leg).and_then(|leg| leg.detection.clone()) else { return };
        let until = self.after(detection.timeout_s.saturating_add(PATIENCE_S));
        self.base.detections.push(LiveDetection { leg, since: self.now.mono, until });
        let MachineDetection { message_end, timeout_s, .. } = detection;
        self.push(Action::DetectMachine(DetectMachine {
            leg,
            message_end,
            timeout_s,
            speech_threshold_ms: detection.speech_threshold_ms,
            speech_end_threshold_ms: detection.speech_end_threshold_ms,
            silence_timeout_ms: detection.silence_timeout_ms,
        }));
    }

    /// The verdict; false when none is awaited.
    pub fn machine_detected(&mut self, leg: LegId, verdict: AnsweredBy) -> bool {
        let Some(at) = self.base.detections.iter().position(|live| live.leg == leg) else { return false };
        let live = self.base.detections.remove(at);
        let took = self.now.mono.saturating_sub(live.since);
        let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let Some(state) = self.leg_mut(leg) else { return false };
        state.answered_by = Some((verdict, millis));
        let callback = state.detection.as_ref().and_then(|detection| detection.callback.clone());
        self.push(Action::AnsweredBy { leg, verdict });
        self.trace(leg, "answered-by", verdict.as_str());
        if let Some(target) = callback {
            let params = params::machine(self.base, leg);
            let (url, method) = (target.url, target.method);
            self.push(Action::Callback(Callback { leg, kind: CallbackKind::Machine, url, method, params }));
        }
        true
    }

    /// Whether the document of the first leg waits for a verdict.
    pub fn awaits_verdict(&self) -> bool {
        let first = self.base.first();
        let is_sync = first.detection.as_ref().is_some_and(|detection| detection.callback.is_none());
        is_sync && self.base.detections.iter().any(|live| live.leg == LegId::FIRST)
    }

    /// Legs whose verdict is overdue.
    pub fn overdue_verdicts(&self) -> Vec<LegId> {
        let overdue = self.base.detections.iter().filter(|live| self.passed(Some(live.until)));
        overdue.map(|live| live.leg).collect()
    }
}
