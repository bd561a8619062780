//! What every part of the machine shares: the legs, the counters, and the way to act.

use std::time::Duration;

use flexio_markup::{RecordingPurpose, StatusCallback, Track};

use crate::actions::*;
use crate::airtime::Airtime;
use crate::call::ApiHold;
use crate::events::{RecordingOutcome, SipFacts};
use crate::facts::*;
use crate::machine::LiveDetection;
use crate::params;
use crate::progress::{Leg, ProgressEvent};
use crate::stream::LiveStream;
use crate::transcription::LiveTranscription;
use crate::typing::Typing;

/// The part of a call that outlives any verb.
#[derive(Debug)]
pub(crate) struct Base {
    pub facts: CallFacts,
    pub limits: Limits,
    pub legs: Vec<Leg>,
    pub recordings: Vec<LiveRecording>,
    pub streams: Vec<LiveStream>,
    pub detections: Vec<LiveDetection>,
    pub transcriptions: Vec<LiveTranscription>,
    /// The whole-call recording of a REST call, once done: its completed callback tells of it.
    pub call_recording: Option<FinishedRecording>,
    /// The completed callback waits for the whole-call recording.
    pub completed_waits: bool,
    /// SIP status of the last failed `<Dial>`, to be relayed to a caller never answered.
    pub relay: Option<u16>,
    /// Legs that go on as calls of their own, until the shell takes them.
    pub detached: Vec<Detached>,
    /// Legs the API has put on hold.
    pub holds: Vec<ApiHold>,
    /// The first leg was told that it hears something before the answer.
    pub early_media: bool,
    /// The first leg is on hold.
    pub held: Option<HeldLeg>,
    pub started: Duration,
    pub verbs: u32,
    pub fetches: u32,
    pub fetches_without_user: u32,
    pub fetches_after_hangup: u32,
    pub notifications: u32,
    next_id: u32,
}

/// A recording the shell has not reported the end of.
#[derive(Debug)]
pub(crate) struct LiveRecording {
    pub id: RecordingId,
    pub fact: RecordingFact,
    pub callback: Option<flexio_markup::RecordingCallback>,
    /// Given up after this; set when it was told to stop.
    pub until: Option<Duration>,
}

/// A leg on hold by its document.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HeldLeg {
    /// What it hears.
    pub music: Option<PromptId>,
}

/// A leg that goes on as a call of its own.
#[derive(Debug)]
pub(crate) struct Detached {
    pub leg: LegId,
    pub state: Leg,
    pub source: Source,
    pub fallback: Option<flexio_markup::Target>,
}

/// What a verb needs to know of a recording that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FinishedRecording {
    pub id: RecordingId,
    pub sid: String,
    pub outcome: RecordingOutcome,
}

/// What a recording is to be.
#[derive(Debug, Clone)]
pub(crate) struct RecordingPlan {
    pub leg: LegId,
    pub source: RecordingSource,
    pub purpose: Option<RecordingPurpose>,
    pub channels: u8,
    pub track: Track,
    pub max_length_s: u32,
    pub silence_timeout_s: Option<u32>,
    pub trim: bool,
    /// With its URL resolved.
    pub callback: Option<flexio_markup::RecordingCallback>,
}

impl Base {
    pub fn new(facts: CallFacts, limits: Limits) -> Self {
        let mut first = Leg::new(facts.leg.clone(), facts.status_callback.clone());
        first.airtime = facts.granted_s.map(Airtime::new);
        first.detection = facts.originate.as_ref().and_then(|originate| originate.machine_detection.clone());
        Self {
            facts,
            limits,
            legs: vec![first],
            recordings: Vec::new(),
            streams: Vec::new(),
            detections: Vec::new(),
            transcriptions: Vec::new(),
            call_recording: None,
            completed_waits: false,
            relay: None,
            detached: Vec::new(),
            holds: Vec::new(),
            early_media: false,
            held: None,
            started: Duration::ZERO,
            verbs: 0,
            fetches: 0,
            fetches_without_user: 0,
            fetches_after_hangup: 0,
            notifications: 0,
            next_id: 0,
        }
    }

    /// Who is on the leg: whoever called in, else who was called.
    pub fn party(&self, leg: LegId) -> String {
        let Some(state) = self.leg(leg) else { return String::new() };
        match state.facts.direction {
            Direction::Inbound => state.facts.from.clone(),
            Direction::OutboundApi | Direction::OutboundDial => state.facts.to.clone(),
        }
    }

    pub fn leg(&self, leg: LegId) -> Option<&Leg> {
        self.legs.get(usize::try_from(leg.0).ok()?)
    }

    /// The call's own leg.
    pub fn first(&self) -> &Leg {
        &self.legs[0]
    }
}

/// [`Base`] at one moment, and where actions go.
pub(crate) struct Context<'a> {
    pub base: &'a mut Base,
    pub now: Now,
    pub sids: &'a mut dyn Sids,
    pub out: &'a mut Vec<Action>,
}

impl Context<'_> {
    pub fn push(&mut self, action: Action) {
        self.out.push(action);
    }

    pub fn after(&self, seconds: u32) -> Duration {
        self.now.mono + Duration::from_secs(u64::from(seconds))
    }

    pub fn passed(&self, deadline: Option<Duration>) -> bool {
        deadline.is_some_and(|deadline| self.now.mono >= deadline)
    }

    fn id(&mut self) -> u32 {
        self.base.next_id += 1;
        self.base.next_id
    }

    /// A number never used before in this call.
    pub fn number(&mut self) -> u32 {
        self.id()
    }

    pub fn request(&mut self) -> RequestId {
        RequestId(self.id())
    }

    pub fn trace(&mut self, leg: LegId, what: &'static str, detail: impl Into<String>) {
        self.push(Action::Trace(Trace { leg, what, detail: detail.into() }));
    }

    pub fn notify(&mut self, notify: Notify) {
        if self.base.notifications < self.base.limits.notifications {
            self.base.notifications += 1;
            self.push(Action::Notify(notify));
        }
    }

    pub fn warn(&mut self, leg: LegId, line: u32, code: u32, text: impl Into<String>) {
        self.notify(Notify { leg, level: Level::Warning, code, text: text.into(), url: None, line });
    }

    pub fn error(&mut self, leg: LegId, code: u32, text: impl Into<String>, url: Option<String>) {
        self.notify(Notify { leg, level: Level::Error, code, text: text.into(), url, line: 0 });
    }

    /// Someone did something: redirect loops are counted anew.
    pub fn user_acted(&mut self) {
        self.base.fetches_without_user = 0;
    }

    pub fn leg_mut(&mut self, leg: LegId) -> Option<&mut Leg> {
        self.base.legs.get_mut(usize::try_from(leg.0).ok()?)
    }

    pub fn add_leg(&mut self, facts: LegFacts, callback: Option<StatusCallback>) -> LegId {
        let leg = LegId(u32::try_from(self.base.legs.len()).unwrap_or(u32::MAX));
        self.base.legs.push(Leg::new(facts, callback));
        leg
    }

    /// Whether the leg exists and is not over.
    pub fn alive(&self, leg: LegId) -> bool {
        self.base.leg(leg).is_some_and(|leg| !leg.finished)
    }

    /// Whether the leg is answered and not over.
    pub fn talking(&self, leg: LegId) -> bool {
        self.base.leg(leg).is_some_and(|leg| !leg.finished && leg.answered.is_some())
    }

    /// Moves a leg on in the life of a call; going back or repeating does nothing.
    pub fn set_status(&mut self, leg: LegId, status: LegStatus) {
        let now = self.now;
        let Some(state) = self.leg_mut(leg) else { return };
        if !state.advance(status, now) {
            return;
        }
        self.push(Action::Status { leg, status });
        match status {
            LegStatus::Ringing => self.progress(leg, ProgressEvent::Ringing),
            LegStatus::InProgress => self.progress(leg, ProgressEvent::Answered),
            LegStatus::Queued
            | LegStatus::Completed
            | LegStatus::Busy
            | LegStatus::NoAnswer
            | LegStatus::Canceled
            | LegStatus::Failed => {}
        }
    }

    /// Sends a progress event to the leg's callback if it wants it and has not had it.
    pub fn progress(&mut self, leg: LegId, event: ProgressEvent) {
        let Some(state) = self.leg_mut(leg) else { return };
        let Some((target, sequence)) = state.report(event) else { return };
        let params = params::progress(self.base, leg, event, sequence, self.now);
        let (url, method) = (target.url, target.method);
        self.push(Action::Callback(Callback { leg, kind: CallbackKind::Progress, url, method, params }));
    }

    /// A called party answered: its response's facts belong to the leg from here on.
    pub fn leg_answered(&mut self, leg: LegId, sip: &SipFacts) {
        if let Some(state) = self.leg_mut(leg) {
            state.facts.sip_call_id.clone_from(&sip.call_id);
            state.facts.sip_headers.clone_from(&sip.x_headers);
        }
        self.set_status(leg, LegStatus::InProgress);
        self.detect_machine(leg);
    }

    /// Answers the inbound caller, if that is still to be done.
    pub fn answer(&mut self, leg: LegId) {
        let inbound = self.base.facts.originate.is_none();
        if leg == LegId::FIRST && inbound && self.alive(leg) && !self.talking(leg) {
            self.push(Action::Answer { leg });
            self.set_status(leg, LegStatus::InProgress);
        }
    }

    /// A leg is over, by whatever way: the final status, the finish, the last callback. Once.
    pub fn finish(&mut self, leg: LegId, unanswered: LegStatus, cause: Cause, sip_status: Option<u16>) {
        if !self.alive(leg) {
            return;
        }
        self.stop_streams(|live| live.leg == leg);
        self.base.detections.retain(|live| live.leg != leg);
        self.stop_recordings_of(leg);
        self.tell_typed(leg);
        let now = self.now;
        let Some(state) = self.leg_mut(leg) else { return };
        let status = if state.answered.is_some() { LegStatus::Completed } else { unanswered };
        state.finished = true;
        state.sip_status = sip_status;
        let (ring_ms, talk_ms) = state.close(now.mono);
        let finish = Finish {
            leg,
            call_sid: state.facts.call_sid.clone(),
            status,
            cause,
            sip_status,
            created_at: state.facts.created_at,
            answered_at: state.answered.map(|(_, wall)| wall),
            ended_at: now.wall,
            ring_ms,
            talk_ms,
        };
        self.set_status(leg, status);
        self.push(Action::Finish(finish));
        self.trace(leg, "finish", format!("{cause:?}"));
        let whole = |r: &LiveRecording| r.fact.source == RecordingSource::OutboundApi;
        if leg == LegId::FIRST && self.base.recordings.iter().any(whole) {
            self.base.completed_waits = true;
            self.stop_recordings(whole);
        } else {
            self.progress(leg, ProgressEvent::Completed);
        }
    }

    /// A dialled leg goes on as a call of its own, with its own document. Here it is over, without having ended.
    pub fn detach(&mut self, leg: LegId, source: Source, fallback: Option<flexio_markup::Target>) {
        if !self.alive(leg) {
            return;
        }
        // This call's document began them, and nobody could stop them from the new one's.
        self.stop_streams(|live| live.leg == leg);
        let Some(state) = self.leg_mut(leg) else { return };
        let mut moved = state.clone();
        state.typing = Typing::default();
        state.finished = true;
        // The answer would come to this call.
        if let Some(airtime) = &mut moved.airtime {
            airtime.ask_anew();
        }
        // Who answered is no question of the new document's.
        self.base.detections.retain(|live| live.leg != leg);
        self.base.detached.push(Detached { leg, state: moved, source, fallback });
        self.trace(leg, "detach", "");
        self.push(Action::Detach { leg });
    }

    /// Ends a leg from our side. An inbound caller never answered gets `reject`.
    pub fn hang_up(&mut self, leg: LegId, unanswered: LegStatus, cause: Cause, reject: u16) {
        if !self.alive(leg) {
            return;
        }
        let inbound = leg == LegId::FIRST && self.base.facts.originate.is_none();
        let refuse = inbound && !self.talking(leg);
        let reason = cause.reason();
        self.push(if refuse {
            Action::Reject { leg, status: reject, reason }
        } else {
            Action::Hangup { leg, reason }
        });
        self.finish(leg, unanswered, cause, refuse.then_some(reject));
    }

    /// The first leg is held no longer, or held anew: the music of before stops.
    pub fn end_hold(&mut self, leg: LegId) {
        if let Some(HeldLeg { music: Some(prompt) }) = self.base.held.take()
            && self.alive(leg)
        {
            self.push(Action::StopPrompt { prompt });
        }
    }

    pub fn play(&mut self, leg: LegId, source: PromptSource, times: u16) -> PromptId {
        let prompt = PromptId(self.id());
        self.push(Action::Play(Play { prompt, leg, source, times }));
        prompt
    }

    pub fn record(&mut self, plan: RecordingPlan) -> RecordingId {
        let sid = self.sids.recording();
        self.record_as(sid, plan)
    }

    /// As [`Context::record`], under a sid that was given.
    pub fn record_as(&mut self, sid: String, plan: RecordingPlan) -> RecordingId {
        let recording = RecordingId(self.id());
        let fact = RecordingFact {
            sid: sid.clone(),
            call_sid: self.base.leg(plan.leg).map(|l| l.facts.call_sid.clone()).unwrap_or_default(),
            source: plan.source,
            purpose: plan.purpose,
            channels: plan.channels,
            track: plan.track,
            started_at: self.now.wall,
            outcome: None,
        };
        self.push(Action::StartRecording(StartRecording {
            recording,
            sid,
            leg: plan.leg,
            source: plan.source,
            channels: plan.channels,
            track: plan.track,
            max_length_s: plan.max_length_s,
            silence_timeout_s: plan.silence_timeout_s,
            trim: plan.trim,
        }));
        self.push(Action::RecordingFact(fact.clone()));
        // The shell ends it by its own limit; if that is forgotten, we do.
        let until = Some(self.after(plan.max_length_s.saturating_add(self.base.limits.recording_s)));
        let live = LiveRecording { id: recording, fact, callback: plan.callback, until };
        self.recording_callback(&live, plan.leg);
        self.base.recordings.push(live);
        recording
    }

    fn recording_callback(&mut self, live: &LiveRecording, leg: LegId) {
        let Some(callback) = &live.callback else { return };
        let wanted = match &live.fact.outcome {
            None => callback.in_progress,
            Some(RecordingOutcome::Absent) => callback.absent,
            Some(RecordingOutcome::Completed { .. } | RecordingOutcome::Failed { .. }) => callback.completed,
        };
        if wanted {
            let params = params::recording(self.base, leg, &live.fact);
            let (url, method) = (callback.target.url.clone(), callback.target.method);
            self.push(Action::Callback(Callback { leg, kind: CallbackKind::Recording, url, method, params }));
        }
    }

    pub fn stop_recording(&mut self, id: RecordingId) {
        self.stop_recordings(|recording| recording.id == id);
    }

    /// Recordings that were begun over the API end with their leg.
    fn stop_recordings_of(&mut self, leg: LegId) {
        let Some(sid) = self.base.leg(leg).map(|leg| leg.facts.call_sid.clone()) else { return };
        self.stop_recordings(|live| {
            live.fact.source == RecordingSource::CallApi && live.fact.call_sid == sid
        });
    }

    pub fn stop_recordings(&mut self, which: impl Fn(&LiveRecording) -> bool) {
        let until = self.after(self.base.limits.recording_s);
        let mut stopped = Vec::new();
        for recording in self.base.recordings.iter_mut().filter(|r| which(r)) {
            recording.until = Some(until);
            stopped.push(recording.id);
        }
        for recording in stopped {
            self.push(Action::StopRecording { recording });
        }
    }

    /// The shell reports a recording's end, or its time to do so is up. `None` when it is unknown.
    pub fn recording_done(
        &mut self,
        id: RecordingId,
        outcome: RecordingOutcome,
    ) -> Option<FinishedRecording> {
        let index = self.base.recordings.iter().position(|r| r.id == id)?;
        let mut live = self.base.recordings.remove(index);
        live.fact.outcome = Some(outcome.clone());
        self.push(Action::RecordingFact(live.fact.clone()));
        let leg = self.base.legs.iter().position(|l| l.facts.call_sid == live.fact.call_sid);
        let leg = LegId(leg.and_then(|i| u32::try_from(i).ok()).unwrap_or(0));
        if let RecordingOutcome::Failed { text } = &outcome {
            self.error(leg, 12400, format!("a recording was lost: {text}"), None);
        }
        self.recording_callback(&live, leg);
        let finished = FinishedRecording { id, sid: live.fact.sid.clone(), outcome };
        self.transcription_due(&finished);
        if live.fact.source == RecordingSource::OutboundApi {
            self.base.call_recording = Some(finished.clone());
            if std::mem::take(&mut self.base.completed_waits) {
                self.progress(LegId::FIRST, ProgressEvent::Completed);
            }
        }
        Some(finished)
    }
}
