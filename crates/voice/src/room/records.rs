//! The recording of a conference.

use std::time::Duration;

use super::{Phase, RecordingOrder, RoomAction, Turn};
use crate::actions::{RecordingFact, RecordingId, RecordingSource, RoomRecording};
use crate::events::RecordingOutcome;
use crate::params;

/// A recording the shell has not reported the end of.
#[derive(Debug)]
pub(super) struct LiveRecording {
    pub id: RecordingId,
    pub fact: RecordingFact,
    callback: Option<flexio_markup::RecordingCallback>,
    /// Given up after this; set when it was told to stop.
    stopped: Option<Duration>,
    longest: Duration,
}

impl LiveRecording {
    pub fn runs(&self) -> bool {
        self.stopped.is_none()
    }

    pub fn deadline(&self) -> Duration {
        self.stopped.unwrap_or(self.longest)
    }
}

impl Turn<'_> {
    /// Records from now on, if nothing is recorded yet; a document's wish counts from the start of the conference.
    pub(super) fn record(&mut self, plan: RoomRecording, by_api: bool) {
        let present = matches!(self.room.phase, Phase::Running) || (by_api && self.room.phase == Phase::Init);
        if self.room.recording.is_some() || !present {
            return;
        }
        let id = RecordingId(self.id());
        let sid = plan.sid.unwrap_or_else(|| self.sids.recording());
        let first = self.room.members.values().next();
        let fact = RecordingFact {
            sid: sid.clone(),
            call_sid: first.map(|member| member.join.call_sid.clone()).unwrap_or_default(),
            source: if by_api { RecordingSource::ConferenceApi } else { RecordingSource::Conference },
            purpose: plan.purpose,
            channels: 1,
            track: flexio_markup::Track::Both,
            started_at: self.now.wall,
            outcome: None,
        };
        let max_length_s = self.room.limits.life_s;
        // Known before it begins: what it is sealed with comes with the record.
        self.out.push(RoomAction::RecordingFact(fact.clone()));
        self.out.push(RoomAction::StartRecording { recording: id, sid, max_length_s, trim: plan.trim });
        let longest = self.after(max_length_s.saturating_add(self.room.limits.answer_s));
        let live = LiveRecording { id, fact, callback: plan.callback, stopped: None, longest };
        self.recording_callback(&live);
        self.room.recording = Some(live);
    }

    fn recording_callback(&mut self, live: &LiveRecording) {
        let Some(callback) = &live.callback else { return };
        let wanted = match &live.fact.outcome {
            None => callback.in_progress,
            Some(RecordingOutcome::Absent) => callback.absent,
            Some(RecordingOutcome::Completed { .. } | RecordingOutcome::Failed { .. }) => callback.completed,
        };
        if wanted {
            let facts = &self.room.facts;
            let mut params = params::recording_status(&facts.account_sid, &live.fact);
            params::put(&mut params, "ConferenceSid", &*facts.conference_sid);
            let (url, method) = (callback.target.url.clone(), callback.target.method);
            self.out.push(RoomAction::Callback { url, method, params });
        }
    }

    pub(super) fn change_recording(&mut self, order: RecordingOrder) {
        if !self.room.recording.as_ref().is_some_and(LiveRecording::runs) {
            return;
        }
        match order {
            RecordingOrder::Pause { silence } => self.out.push(RoomAction::PauseRecording { silence }),
            RecordingOrder::Resume => self.out.push(RoomAction::ResumeRecording),
            RecordingOrder::Stop => self.stop_recording(),
        }
    }

    pub(super) fn stop_recording(&mut self) {
        let until = self.after(self.room.limits.answer_s);
        if let Some(live) = self.room.recording.as_mut().filter(|live| live.runs()) {
            live.stopped = Some(until);
            self.out.push(RoomAction::StopRecording);
        }
    }

    pub(super) fn recorded(&mut self, id: RecordingId, outcome: RecordingOutcome) {
        let Some(mut live) = self.room.recording.take_if(|live| live.id == id) else { return };
        live.fact.outcome = Some(outcome);
        self.out.push(RoomAction::RecordingFact(live.fact.clone()));
        self.recording_callback(&live);
    }

    pub(super) fn recording_late(&mut self) {
        let late = self.room.recording.as_ref().map(LiveRecording::deadline);
        if self.passed(late) {
            self.recording_lost("the media thread did not report its end");
        }
    }

    pub(super) fn recording_lost(&mut self, text: &str) {
        if let Some(id) = self.room.recording.as_ref().map(|live| live.id) {
            self.recorded(id, RecordingOutcome::Failed { text: text.to_owned() });
        }
    }
}
