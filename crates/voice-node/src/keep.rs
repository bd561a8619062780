//! What of a call is kept: statuses, ends, notifications, timeline, and saving them in order.

use std::collections::HashMap;
use std::time::Duration;

use flexio_domain::CallStatus;
use flexio_store::{Change, ChangeSet, TimelineEntry};
use flexio_voice::{Action, Callback, Finish, LegId, LegStatus, Notify, Trace};

use crate::call_task::CallTask;
use crate::facts;
use crate::leg::Leg;

/// Timeline entries kept of one call; the rest is dropped, and the last one kept says so.
const TIMELINE_MAX: u32 = 1_000;

impl CallTask {
    /// Turns one action into what has to be saved.
    pub(crate) fn note(&mut self, action: &Action) {
        match action {
            Action::Dial(dial) => self.note_dial(dial),
            Action::Status { leg, status } => self.note_status(*leg, *status),
            Action::Finish(finish) => self.note_finish(finish),
            Action::RecordingFact(fact) => self.note_recording(fact),
            Action::TranscriptionFact(fact) => self.note_transcription(fact),
            Action::AnsweredBy { leg, verdict } => self.note_answered_by(*leg, *verdict),
            Action::VerbRan(ran) => {
                if let Some(leg) = self.legs.get(&ran.leg) {
                    self.unsaved.push(flexio_app::legs::verb_ran(&leg.record, ran));
                }
            }
            Action::Notify(notify) => self.note_notification(notify),
            Action::Trace(trace) => self.note_trace(trace),
            Action::Callback(callback) => self.note_callback(callback),
            Action::Fetch(_)
            | Action::Ring { .. }
            | Action::EarlyMedia { .. }
            | Action::Detach { .. }
            | Action::Answer { .. }
            | Action::Reject { .. }
            | Action::Hangup { .. }
            | Action::Play(_)
            | Action::StopPrompt { .. }
            | Action::Bridge { .. }
            | Action::Unbridge { .. }
            | Action::StartRecording(_)
            | Action::StopRecording { .. }
            | Action::DetectMachine(_)
            | Action::Listen(_)
            | Action::Transcribe(_)
            | Action::FinishTranscription { .. }
            | Action::StopListening { .. }
            | Action::StartStream(_)
            | Action::StopStream { .. }
            | Action::SendMessage(_)
            | Action::SendEmail(_)
            | Action::JoinRoom(_)
            | Action::LeaveRoom { .. }
            | Action::EnterQueue(_)
            | Action::QueueReady { .. }
            | Action::LeaveQueue { .. }
            | Action::Hold { .. }
            | Action::Refer { .. }
            | Action::AskCredit { .. }
            | Action::AnswerRefer { .. }
            | Action::UserMessage { .. }
            | Action::SendElsewhere { .. }
            | Action::NotifyRefer { .. }
            | Action::Done => {}
        }
    }

    fn note_dial(&mut self, dial: &flexio_voice::DialLeg) {
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

    fn note_callback(&mut self, callback: &Callback) {
        let Some(leg) = self.legs.get(&callback.leg) else { return };
        self.callbacks += 1;
        let (method, params) = (callback.method.as_str(), &callback.params);
        let change = flexio_app::legs::callback(
            &self.node.app,
            &leg.record,
            self.callbacks,
            &callback.url,
            method,
            params,
        );
        self.unsaved.push(change);
    }

    fn note_status(&mut self, id: LegId, status: LegStatus) {
        let now = self.node.wall();
        if let Some(leg) = self.legs.get_mut(&id) {
            let status = facts::status(status);
            if leg.record.status.may_become(status) {
                flexio_app::legs::enter(&mut leg.record, status, now);
                if status == CallStatus::InProgress {
                    self.node.talks(leg.record.sid);
                }
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
            spoken_ms: self.verbs.spoken_ms(leg.record.sid, finish.ended_at),
        };
        let changes = flexio_app::legs::ended(&self.node.app, &mut leg.record, &ended);
        leg.dirty = true;
        leg.channel = None;
        for change in changes {
            self.unsaved.push(change);
        }
        let talked = std::time::Duration::from_millis(finish.talk_ms).as_secs_f64();
        metrics::histogram!("call_talk_seconds").record(talked);
        metrics::counter!("calls_finished_total", "status" => finish.status.as_str()).increment(1);
        self.node.leg_is_over(leg.record.sid);
    }

    pub(crate) fn note_notification(&mut self, notify: &Notify) {
        let Some(leg) = self.legs.get(&LegId::FIRST) else { return };
        let change = flexio_app::legs::notification(&leg.record, notify, self.node.wall());
        self.unsaved.push(change);
        self.trace(notify.leg, "notification", &format!("{} {}", notify.code, notify.text));
    }

    fn note_trace(&mut self, trace: &Trace) {
        self.trace(trace.leg, trace.what, &trace.detail);
    }

    pub(crate) fn trace(&mut self, leg: LegId, event: &str, detail: &str) {
        let detail = (!detail.is_empty()).then(|| ("detail", detail.to_owned()));
        self.trace_facts(leg, event, detail.into_iter().collect());
    }

    /// A request to an application, with what it was asked, sealed.
    pub(crate) fn trace_request(&mut self, leg: LegId, facts: Vec<(&str, String)>, asked: Option<String>) {
        let before = self.entries.len();
        self.trace_facts(leg, "fetched", facts);
        if let Some(entry) = self.entries.get_mut(before).filter(|entry| entry.event == "fetched") {
            entry.request = asked;
        }
    }

    /// An entry with facts of its own.
    pub(crate) fn trace_facts(&mut self, leg: LegId, event: &str, facts: Vec<(&str, String)>) {
        if self.timeline >= TIMELINE_MAX {
            return;
        }
        self.timeline += 1;
        let (event, facts) = if self.timeline == TIMELINE_MAX {
            ("truncated", vec![("detail", "further entries are not kept".to_owned())])
        } else {
            (event, facts)
        };
        let Some(first) = self.legs.get(&LegId::FIRST) else { return };
        let mut fields = vec![("leg".to_owned(), leg.0.to_string())];
        fields.extend(facts.into_iter().map(|(name, value)| (name.to_owned(), value)));
        self.entries.push(TimelineEntry {
            account_sid: first.record.account_sid,
            call_sid: self.sid,
            sequence: self.timeline,
            at: self.node.wall(),
            event: event.to_owned(),
            fields,
            request: None,
        });
    }

    /// Whether something waits that must not wait for the next save by chance: more than timeline entries.
    pub(crate) fn has_urgent_changes(&self) -> bool {
        !self.unsaved.is_empty() || self.legs.values().any(|leg| leg.dirty)
    }

    /// Hands everything that waits to the saver, as one transaction. With `wait` it returns when that is on disk, or after 5 s: a
    /// running call outlives storage.
    pub(crate) async fn save_all(&mut self, wait: bool) {
        let patience = self.patience(Duration::from_secs(5));
        // Without room the changes stay here and go with the next transaction.
        let Some(room) = self.saver.room() else { return };
        let changes = take_changes(&mut self.legs, &mut self.unsaved, &mut self.entries);
        if changes.is_empty() {
            return;
        }
        if wait {
            let saved = room.save_and_tell(changes);
            let _ = tokio::time::timeout(patience, saved).await;
        } else {
            room.save(changes);
        }
    }
}

/// What has to be saved now. Versions are counted here: transactions of one call are saved in order, and nobody else writes its legs.
pub(crate) fn take_changes(
    legs: &mut HashMap<LegId, Leg>,
    unsaved: &mut ChangeSet,
    entries: &mut Vec<TimelineEntry>,
) -> ChangeSet {
    let mut changes = ChangeSet::new();
    for leg in legs.values_mut().filter(|leg| leg.dirty) {
        let record = leg.record.clone();
        changes.push(if leg.stored { Change::UpdateCall(record) } else { Change::CreateCall(record) });
        leg.record.version += u32::from(leg.stored);
        leg.stored = true;
        leg.dirty = false;
    }
    changes.append(std::mem::take(unsaved));
    if !entries.is_empty() {
        changes.push(Change::AddTimeline(std::mem::take(entries)));
    }
    changes
}
