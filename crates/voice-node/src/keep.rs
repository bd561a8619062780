//! What of a call is kept: statuses, ends, notifications, timeline, and saving them in order.

use std::time::Duration;

use flexio_store::{Change, ChangeSet, StoreError, TimelineEntry};
use flexio_voice::{Action, Finish, LegId, LegStatus, Notify, Trace};

use crate::call_task::CallTask;
use crate::facts;
use crate::leg::Leg;

/// Timeline entries kept of one call; the rest is dropped, and the last one kept says so.
const TIMELINE_MAX: u32 = 1_000;
/// Changes of a call that wait while storage is away; beyond it the timeline is dropped first.
const UNSAVED_MAX: usize = 2_000;

impl CallTask {
    /// Turns one action into what has to be saved.
    pub(crate) async fn note(&mut self, action: &Action) {
        match action {
            Action::Dial(dial) => self.note_dial(dial).await,
            Action::Status { leg, status } => self.note_status(*leg, *status),
            Action::Finish(finish) => self.note_finish(finish),
            Action::RecordingFact(fact) => self.note_recording(fact),
            Action::Notify(notify) => self.note_notification(notify),
            Action::Trace(trace) => self.note_trace(trace),
            Action::Fetch(_)
            | Action::Callback(_)
            | Action::Ring { .. }
            | Action::Answer { .. }
            | Action::Reject { .. }
            | Action::Hangup { .. }
            | Action::Play(_)
            | Action::StopPrompt { .. }
            | Action::Bridge { .. }
            | Action::Unbridge { .. }
            | Action::StartRecording(_)
            | Action::StopRecording { .. }
            | Action::SendMessage(_)
            | Action::Done => {}
        }
    }

    async fn note_dial(&mut self, dial: &flexio_voice::DialLeg) {
        if self.legs.contains_key(&dial.leg) {
            // The first leg of a REST call: its record exists since the request.
            return;
        }
        let Some(first) = self.legs.get(&LegId::FIRST) else { return };
        let Some(record) = facts::dialled_record(&first.record, dial, self.node.wall()) else { return };
        let token = self.node.new_token(&self.sender);
        let mut leg = Leg::new(record, token);
        leg.dirty = true;
        self.node.calls().insert(leg.record.sid, self.sender.clone());
        self.legs.insert(dial.leg, leg);
    }

    fn note_status(&mut self, id: LegId, status: LegStatus) {
        let now = self.node.wall();
        if let Some(leg) = self.legs.get_mut(&id) {
            let status = facts::status(status);
            if leg.record.status.may_become(status) {
                flexio_app::legs::enter(&mut leg.record, status, now);
                leg.dirty = true;
            }
        }
        self.trace(id, "status", status.as_str());
    }

    fn note_finish(&mut self, finish: &Finish) {
        let Some(leg) = self.legs.get_mut(&finish.leg) else { return };
        let ended = flexio_app::legs::Ended {
            status: facts::status(finish.status),
            answered_at: finish.answered_at,
            ended_at: finish.ended_at,
            talk_ms: finish.talk_ms,
            reason: finish.cause.reason(),
            sip_status: finish.sip_status,
        };
        let changes = flexio_app::legs::ended(&self.node.app, &mut leg.record, &ended);
        leg.dirty = true;
        for change in changes {
            self.unsaved.push(change);
        }
        let talked = std::time::Duration::from_millis(finish.talk_ms).as_secs_f64();
        metrics::histogram!("call_talk_seconds").record(talked);
        metrics::counter!("calls_finished_total", "status" => finish.status.as_str()).increment(1);
        self.node.calls().remove(&leg.record.sid);
    }

    fn note_notification(&mut self, notify: &Notify) {
        let Some(leg) = self.legs.get(&LegId::FIRST) else { return };
        let change = flexio_app::legs::notification(&leg.record, notify, self.node.wall());
        self.unsaved.push(change);
        self.trace(notify.leg, "notification", &format!("{} {}", notify.code, notify.text));
    }

    fn note_trace(&mut self, trace: &Trace) {
        self.trace(trace.leg, trace.what, &trace.detail);
    }

    fn trace(&mut self, leg: LegId, event: &str, detail: &str) {
        if self.timeline >= TIMELINE_MAX || self.unsaved.changes().len() > UNSAVED_MAX {
            return;
        }
        self.timeline += 1;
        let (event, detail) = if self.timeline == TIMELINE_MAX {
            ("truncated", "further entries are not kept")
        } else {
            (event, detail)
        };
        let Some(first) = self.legs.get(&LegId::FIRST) else { return };
        let mut fields = vec![("leg".to_owned(), leg.0.to_string())];
        if !detail.is_empty() {
            fields.push(("detail".to_owned(), detail.to_owned()));
        }
        self.unsaved.push(Change::AddTimeline(vec![TimelineEntry {
            account_sid: first.record.account_sid,
            call_sid: self.sid,
            sequence: self.timeline,
            at: self.node.wall(),
            event: event.to_owned(),
            fields,
        }]));
    }

    /// Whether something waits that must not wait for the next save by chance: more than timeline entries.
    pub(crate) fn has_urgent_changes(&self) -> bool {
        self.legs.values().any(|leg| leg.dirty)
            || self.unsaved.changes().iter().any(|change| !matches!(change, Change::AddTimeline(_)))
    }

    /// Saves everything that waits, in order and in one transaction. Running calls outlive storage: while it is away the changes
    /// are kept here and tried again with the next save, and at the end of the call for 10 minutes.
    pub(crate) async fn save_all(&mut self) {
        let mut changes = ChangeSet::new();
        let mut saved = Vec::new();
        for (id, leg) in self.legs.iter().filter(|(_, leg)| leg.dirty) {
            let record = leg.record.clone();
            changes.push(if leg.stored { Change::UpdateCall(record) } else { Change::CreateCall(record) });
            saved.push(*id);
        }
        changes.append(std::mem::take(&mut self.unsaved));
        if changes.is_empty() {
            return;
        }
        let tries = if self.machine.is_done() { 120 } else { 1 };
        if self.commit(&changes, tries).await {
            for id in saved {
                if let Some(leg) = self.legs.get_mut(&id) {
                    leg.record.version += u32::from(leg.stored);
                    leg.stored = true;
                    leg.dirty = false;
                }
            }
        } else {
            let calls = changes.into_changes().into_iter();
            for change in calls.filter(|c| !matches!(c, Change::UpdateCall(_) | Change::CreateCall(_))) {
                self.unsaved.push(change);
            }
        }
    }

    async fn commit(&mut self, changes: &ChangeSet, tries: u32) -> bool {
        for attempt in 1..=tries {
            match flexio_app::legs::save(&self.node.app, changes.clone()).await {
                Ok(()) => return true,
                Err(error @ (StoreError::Full | StoreError::Unavailable(_))) => {
                    metrics::counter!("voice_save_retries_total").increment(1);
                    tracing::warn!(call_sid = %self.sid, attempt, error = &error as &dyn std::error::Error, "call_not_saved_yet");
                    if attempt < tries {
                        tokio::time::sleep(Duration::from_secs(5)).await;
                    }
                }
                Err(error) => {
                    // A bug or a person at the database. The facts are logged so that nothing is lost without a trace.
                    tracing::error!(call_sid = %self.sid, error = &error as &dyn std::error::Error, changes = changes.changes().len(), "call_not_saved");
                    return false;
                }
            }
        }
        false
    }
}
