//! `<Dial>`: ring one or more parties, screen, bridge, and tell how it went.

mod early;
mod screening;
mod transfer;

use std::collections::VecDeque;
use std::time::Duration;

use flexio_markup::{
    Dial, DialTo, Endpoint, Key, MachineDetection, Party, RecordMode, StatusCallback, Target, resolve,
};

use crate::actions::{
    Action, Cause, DialLeg, LegId, PromptId, PromptSource, Purpose, RecordingId, RecordingSource,
};
use crate::branch::{Branch, BranchState, address, failure};
use crate::context::{Context, FinishedRecording, RecordingPlan};
use crate::events::{RecordingOutcome, SipFacts};
use crate::facts::{Direction, LegFacts, LegStatus};
use crate::params;
use crate::progress::ProgressEvent;
use crate::prompts::Cues;
use crate::record::resolved;
use crate::script::{Ending, Input, LegNews, Outcome};

/// A `<Dial>` under way.
#[derive(Debug)]
pub(crate) struct Dialing {
    verb: Dial,
    base_url: String,
    line: u32,
    branches: Vec<Branch>,
    /// Parties not called yet: `sequential` calls one at a time.
    waiting: VecDeque<Party>,
    /// When those who ring have rung long enough.
    ring_until: Option<Duration>,
    ringback: Option<PromptId>,
    /// The party whose network the caller hears while it rings.
    early: Option<usize>,
    recording: Option<RecordingId>,
    finished: Option<FinishedRecording>,
    stage: Stage,
    bridged: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Calling,
    /// The branch of this index is connected, until the time limit.
    Talking {
        winner: usize,
        until: Duration,
    },
    /// All over but for the recording, whose URL the action tells.
    Closing {
        status: LegStatus,
    },
}

impl Dialing {
    /// Calls the parties; `Err` says how to go on when there is nobody to call.
    pub fn begin(ctx: &mut Context<'_>, mut verb: Dial, base_url: &str, line: u32) -> Result<Self, Outcome> {
        let leg = LegId::FIRST;
        let parties = match &mut verb.to {
            DialTo::Parties(parties) => std::mem::take(parties),
            // Those are other states of the script.
            DialTo::Conference(_) | DialTo::Queue(_) => return Err(Outcome::Next),
        };
        verb.recording_callback = resolved(ctx, leg, verb.recording_callback, base_url, line);
        if !verb.answer_on_bridge.unwrap_or(ctx.base.facts.answer_on_bridge) {
            ctx.answer(leg);
        }
        let mut dialing = Self {
            base_url: base_url.to_owned(),
            line,
            branches: Vec::new(),
            waiting: parties.into(),
            ring_until: None,
            ringback: None,
            early: None,
            recording: None,
            finished: None,
            stage: Stage::Calling,
            bridged: false,
            verb,
        };
        dialing.ringback = dialing.ring_back(ctx);
        if matches!(dialing.verb.record, RecordMode::FromRinging | RecordMode::FromRingingDual) {
            dialing.record(ctx);
        }
        dialing.call_next(ctx);
        Ok(dialing)
    }

    fn record(&mut self, ctx: &mut Context<'_>) {
        if self.recording.is_some() || !ctx.talking(LegId::FIRST) {
            return;
        }
        self.recording = Some(ctx.record(RecordingPlan {
            leg: LegId::FIRST,
            source: RecordingSource::DialVerb,
            purpose: self.verb.recording_purpose,
            channels: self.verb.record.channels(),
            track: self.verb.recording_track,
            max_length_s: ctx.base.limits.max_call_s,
            silence_timeout_s: None,
            trim: self.verb.trim,
            callback: self.verb.recording_callback.clone(),
        }));
    }

    /// Calls the next party, or all at once.
    fn call_next(&mut self, ctx: &mut Context<'_>) {
        let batch = if self.verb.sequential { 1 } else { Dial::MAX_PARTIES };
        for _ in 0..batch {
            let Some(party) = self.waiting.pop_front() else { break };
            self.call(ctx, party);
        }
        self.ring_until = Some(ctx.after(self.verb.timeout_s));
    }

    fn call(&mut self, ctx: &mut Context<'_>, party: Party) {
        let first = &ctx.base.first().facts;
        let facts = LegFacts {
            account_sid: first.account_sid.clone(),
            call_sid: ctx.sids.call(),
            parent_call_sid: Some(first.call_sid.clone()),
            from: self.verb.caller_id.clone().unwrap_or_else(|| first.from.clone()),
            to: address(&party.endpoint),
            direction: Direction::OutboundDial,
            caller_name: first.caller_name.clone().filter(|_| self.verb.caller_id.is_none()),
            forwarded_from: None,
            verstat: None,
            passport: None,
            sip_headers: Vec::new(),
            sip_call_id: None,
            created_at: ctx.now.wall,
        };
        let callback = self.callback(ctx, &party);
        let leg = ctx.add_leg(facts.clone(), callback);
        let detection = self.detection(ctx, &party);
        if let Some(state) = ctx.leg_mut(leg) {
            state.detection = detection;
        }
        ctx.trace(leg, "dial", format!("line {}", party.line));
        ctx.push(Action::Dial(Box::new(DialLeg {
            leg,
            facts,
            endpoint: party.endpoint.clone(),
            caller_id_explicit: self.verb.caller_id.is_some(),
            headers: headers(&party),
            timeout_s: self.verb.timeout_s,
            machine_detection: party.machine_detection.clone(),
        })));
        ctx.set_status(leg, LegStatus::Queued);
        ctx.progress(leg, ProgressEvent::Initiated);
        self.branches.push(Branch::new(leg, party));
    }

    /// Detection on the party's leg, with the URL of its callback resolved.
    fn detection(&self, ctx: &mut Context<'_>, party: &Party) -> Option<MachineDetection> {
        let mut detection = party.machine_detection.clone()?;
        detection.callback =
            detection.callback.and_then(|target| match resolve(&self.base_url, &target.url) {
                Ok(url) => Some(Target { url, ..target }),
                Err(error) => {
                    ctx.warn(LegId::FIRST, party.line, 11100, format!("amdStatusCallback: {error}"));
                    None
                }
            });
        Some(detection)
    }

    fn callback(&self, ctx: &mut Context<'_>, party: &Party) -> Option<StatusCallback> {
        let callback = party.status_callback.clone()?;
        match resolve(&self.base_url, &callback.target.url) {
            Ok(url) => Some(StatusCallback { target: Target { url, ..callback.target }, ..callback }),
            Err(error) => {
                ctx.warn(LegId::FIRST, party.line, 11100, format!("statusCallback: {error}"));
                None
            }
        }
    }

    pub fn on(&mut self, ctx: &mut Context<'_>, input: &Input) -> Outcome {
        if let Stage::Closing { status } = self.stage {
            return self.closing(ctx, status, input);
        }
        match input {
            Input::Gone => {
                let status = if self.bridged { LegStatus::Completed } else { LegStatus::Canceled };
                return self.close(ctx, status);
            }
            Input::Leg { leg, news } => {
                if let Some(index) = self.branches.iter().position(|b| b.leg == *leg)
                    && let Some(outcome) = self.news(ctx, index, news)
                {
                    return outcome;
                }
            }
            Input::Key { leg: LegId::FIRST, key } => {
                if self.verb.hangup_on_star
                    && *key == Key::STAR
                    && matches!(self.stage, Stage::Talking { .. })
                {
                    ctx.user_acted();
                    return self.close(ctx, LegStatus::Completed);
                }
            }
            Input::Recorded(finished) => {
                if self.recording == Some(finished.id) {
                    self.finished = Some(finished.clone());
                }
                self.screen_all(ctx, input);
            }
            Input::Tick => {
                self.tick(ctx);
                self.screen_all(ctx, input);
            }
            Input::Room { .. } | Input::Queue { .. } | Input::Held { .. } | Input::Refer(_) => {}
            Input::Prompt { .. }
            | Input::StreamEnded(_)
            | Input::Heard { .. }
            | Input::Key { .. }
            | Input::Fetched { .. }
            | Input::Messaged { .. } => {
                self.screen_all(ctx, input);
            }
        }
        self.settle(ctx)
    }

    /// News of one branch; some outcome when the whole `<Dial>` ends by it.
    fn news(&mut self, ctx: &mut Context<'_>, index: usize, news: &LegNews) -> Option<Outcome> {
        let leg = self.branches[index].leg;
        match news {
            LegNews::Ringing => ctx.set_status(leg, LegStatus::Ringing),
            LegNews::EarlyMedia => self.early_media(ctx, index),
            LegNews::Answered(sip) => self.answered(ctx, index, sip),
            LegNews::Failed { status, sip } => {
                self.branches[index].sip = sip.clone();
                self.branches[index].sip_status = Some(*status);
                let (outcome, cause) = failure(*status);
                ctx.finish(leg, outcome, cause, Some(*status));
                self.over(ctx, index, outcome);
            }
            LegNews::HungUp => {
                ctx.finish(leg, LegStatus::Failed, Cause::PartyHungUp, None);
                return self.left(ctx, index, LegStatus::NoAnswer);
            }
            LegNews::Ended => {
                ctx.hang_up(leg, LegStatus::Canceled, Cause::Completed, 0);
                return self.left(ctx, index, LegStatus::Canceled);
            }
            LegNews::Cut => {
                ctx.hang_up(leg, LegStatus::Completed, Cause::NoCredit, 0);
                return self.left(ctx, index, LegStatus::NoAnswer);
            }
            LegNews::Moved { source, fallback } => {
                ctx.detach(leg, source.clone(), fallback.clone());
                return self.left(ctx, index, LegStatus::Completed);
            }
            LegNews::Referred { target } => return self.transfer(ctx, index, target),
            LegNews::Refused { code, text } => {
                ctx.error(LegId::FIRST, *code, text.clone(), None);
                ctx.finish(leg, LegStatus::Failed, Cause::of_refusal(*code), None);
                self.over(ctx, index, LegStatus::Failed);
                // A caller id that is not the account's stops the document, as in Restcomm.
                if *code == 13214 {
                    self.stop(ctx);
                    return Some(Outcome::End(Ending::Hangup));
                }
            }
        }
        None
    }

    fn answered(&mut self, ctx: &mut Context<'_>, index: usize, sip: &SipFacts) {
        let branch = &mut self.branches[index];
        if !matches!(branch.state, BranchState::Ringing) {
            return;
        }
        branch.sip = sip.clone();
        branch.sip_status = Some(200);
        ctx.leg_answered(branch.leg, sip);
        let digits = branch.party.send_digits.clone();
        if digits.is_some() || branch.party.screening.is_some() {
            // What is sent to the party or said to it is not for the caller.
            self.end_early_media(ctx, index);
        }
        let branch = &mut self.branches[index];
        if let Some(digits) = digits {
            let mut cues = Cues::sound(branch.leg, PromptSource::Digits(digits));
            cues.advance(ctx);
            branch.state = BranchState::Digits(cues);
        } else {
            self.screen(ctx, index);
        }
    }

    /// A party who answered and does not take the call counts as not having answered.
    fn refuse(&mut self, ctx: &mut Context<'_>, index: usize, cause: Cause) {
        ctx.hang_up(self.branches[index].leg, LegStatus::NoAnswer, cause, 0);
        self.over(ctx, index, LegStatus::NoAnswer);
    }

    /// The first to accept is connected; all others are let go.
    fn accept(&mut self, ctx: &mut Context<'_>, index: usize) {
        if self.stage != Stage::Calling {
            return;
        }
        ctx.user_acted();
        ctx.answer(LegId::FIRST);
        self.waiting.clear();
        self.ring_until = None;
        for other in (0..self.branches.len()).filter(|other| *other != index) {
            self.release(ctx, other, LegStatus::Canceled, Cause::AnsweredElsewhere);
        }
        self.silence(ctx);
        let leg = self.branches[index].leg;
        self.branches[index].state = BranchState::Bridged;
        self.bridged = true;
        let heard_already = self.early.take() == Some(index);
        self.stage = Stage::Talking { winner: index, until: ctx.after(self.verb.time_limit_s) };
        if !heard_already {
            ctx.push(Action::Bridge { a: LegId::FIRST, b: leg });
        }
        ctx.trace(leg, "bridge", "");
        if self.verb.record != RecordMode::Off {
            self.record(ctx);
        }
    }

    /// Lets a branch go that is not yet over.
    fn release(&mut self, ctx: &mut Context<'_>, index: usize, status: LegStatus, cause: Cause) {
        if self.branches[index].over() {
            return;
        }
        ctx.hang_up(self.branches[index].leg, status, cause, 0);
        self.over(ctx, index, status);
    }

    fn over(&mut self, ctx: &mut Context<'_>, index: usize, status: LegStatus) {
        self.end_early_media(ctx, index);
        match std::mem::replace(&mut self.branches[index].state, BranchState::Over(status)) {
            BranchState::Screening { mut script, .. } => script.abort(ctx),
            BranchState::Digits(_) | BranchState::Ringing | BranchState::Bridged | BranchState::Over(_) => {}
        }
    }

    /// A called party is gone by its own or the API's will.
    fn left(&mut self, ctx: &mut Context<'_>, index: usize, unconnected: LegStatus) -> Option<Outcome> {
        let connected = matches!(self.stage, Stage::Talking { winner, .. } if winner == index);
        if self.branches[index].over() {
            return None;
        }
        self.over(ctx, index, if connected { LegStatus::Completed } else { unconnected });
        connected.then(|| self.close(ctx, LegStatus::Completed))
    }

    fn tick(&mut self, ctx: &mut Context<'_>) {
        if ctx.passed(self.ring_until) {
            self.ring_until = None;
            for index in 0..self.branches.len() {
                if matches!(self.branches[index].state, BranchState::Ringing) {
                    self.release(ctx, index, LegStatus::NoAnswer, Cause::NoAnswer);
                }
            }
        }
        if let Stage::Talking { winner, until } = self.stage
            && ctx.passed(Some(until))
        {
            self.release(ctx, winner, LegStatus::Completed, Cause::TimeLimit);
        }
    }

    /// Ends the `<Dial>` when no party is left, or calls the next one.
    fn settle(&mut self, ctx: &mut Context<'_>) -> Outcome {
        loop {
            match self.stage {
                Stage::Talking { winner, .. } if self.branches[winner].over() => {
                    return self.close(ctx, LegStatus::Completed);
                }
                Stage::Calling if self.branches.iter().all(Branch::over) => {
                    if self.waiting.is_empty() {
                        let status = self.combined();
                        return self.close(ctx, status);
                    }
                    self.call_next(ctx);
                }
                Stage::Closing { .. } | Stage::Talking { .. } | Stage::Calling => return Outcome::Wait,
            }
        }
    }

    /// The most telling of the failures: somebody busy, else nobody there, else failed.
    fn combined(&self) -> LegStatus {
        let has = |wanted| self.branches.iter().any(|b| b.over_as(wanted));
        [LegStatus::Busy, LegStatus::NoAnswer, LegStatus::Canceled]
            .into_iter()
            .find(|status| has(*status))
            .unwrap_or(LegStatus::Failed)
    }

    /// Everything stops; with an action the recording's end is awaited first.
    fn close(&mut self, ctx: &mut Context<'_>, status: LegStatus) -> Outcome {
        let unrecorded = self.finished.is_none();
        self.stop(ctx);
        if !self.bridged {
            ctx.base.relay = self.counted(status).and_then(|b| b.sip_status).filter(|code| *code >= 400);
        }
        self.stage = Stage::Closing { status };
        if self.verb.action.is_some() && self.recording.is_some() && unrecorded {
            return Outcome::Wait;
        }
        self.result(ctx, status)
    }

    fn closing(&mut self, ctx: &mut Context<'_>, status: LegStatus, input: &Input) -> Outcome {
        match input {
            // Comes in any case: the shell's silence is made a failed recording.
            Input::Recorded(finished) if self.recording == Some(finished.id) => {
                self.finished = Some(finished.clone());
                self.result(ctx, status)
            }
            Input::Recorded(_)
            | Input::StreamEnded(_)
            | Input::Heard { .. }
            | Input::Prompt { .. }
            | Input::Key { .. }
            | Input::Fetched { .. }
            | Input::Messaged { .. }
            | Input::Leg { .. }
            | Input::Room { .. }
            | Input::Queue { .. }
            | Input::Held { .. }
            | Input::Refer(_)
            | Input::Gone
            | Input::Tick => Outcome::Wait,
        }
    }

    /// The branch the action tells about: the connected one, else the last with the status told.
    fn counted(&self, status: LegStatus) -> Option<&Branch> {
        let found = self.branches.iter().find(|b| b.over_as(LegStatus::Completed)).filter(|_| self.bridged);
        found.or_else(|| self.branches.iter().rev().find(|b| b.over_as(status))).or(self.branches.last())
    }

    fn result(&self, ctx: &mut Context<'_>, status: LegStatus) -> Outcome {
        let Some(action) = self.verb.action.clone() else { return Outcome::Next };
        let branch = self.counted(status);
        let recording =
            self.finished.as_ref().filter(|f| matches!(f.outcome, RecordingOutcome::Completed { .. }));
        let sip = branch.filter(|b| matches!(b.party.endpoint, Endpoint::Sip { .. }));
        let result = params::DialResult {
            status,
            leg: branch.map(|b| b.leg),
            bridged: self.bridged,
            recording,
            sip: sip.map(|b| &b.sip),
            sip_status: sip.and_then(|b| b.sip_status),
        };
        let params = params::dial(ctx.base, &result, ctx.now);
        Outcome::Goto { reference: Some(action.url), method: action.method, params, purpose: Purpose::Action }
    }

    /// Lets all parties go and ends ring-back, bridge and recording.
    pub fn stop(&mut self, ctx: &mut Context<'_>) {
        self.waiting.clear();
        self.silence(ctx);
        if let Some(index) = self.early.take()
            && ctx.alive(LegId::FIRST)
        {
            ctx.push(Action::Unbridge { a: LegId::FIRST, b: self.branches[index].leg });
        }
        if let Some(recording) = self.recording.filter(|_| self.finished.is_none()) {
            ctx.stop_recording(recording);
        }
        if let Stage::Talking { winner, .. } = self.stage {
            self.release(ctx, winner, LegStatus::Completed, Cause::PartnerLeft);
            if ctx.alive(LegId::FIRST) {
                ctx.push(Action::Unbridge { a: LegId::FIRST, b: self.branches[winner].leg });
            }
        }
        for index in 0..self.branches.len() {
            self.release(ctx, index, LegStatus::Canceled, Cause::PartnerLeft);
        }
    }

    /// Whether this party rings, and nobody is connected.
    pub fn rings(&self, leg: LegId) -> bool {
        let rings = |branch: &Branch| branch.leg == leg && matches!(branch.state, BranchState::Ringing);
        self.stage == Stage::Calling && self.branches.iter().any(rings)
    }

    /// All parties are let go because another call has taken this one.
    pub fn answered_elsewhere(&mut self, ctx: &mut Context<'_>) {
        self.waiting.clear();
        for index in 0..self.branches.len() {
            self.release(ctx, index, LegStatus::Canceled, Cause::AnsweredElsewhere);
        }
    }

    /// The connected leg.
    pub fn partner(&self) -> Option<LegId> {
        match self.stage {
            Stage::Talking { winner, .. } => Some(self.branches[winner].leg),
            Stage::Calling | Stage::Closing { .. } => None,
        }
    }

    pub fn deadline(&self) -> Option<Duration> {
        let branches = self.branches.iter().filter_map(Branch::deadline);
        let own = match self.stage {
            Stage::Calling => self.ring_until,
            Stage::Talking { until, .. } => Some(until),
            Stage::Closing { .. } => None,
        };
        branches.chain(own).min()
    }
}

/// The document's headers, and what the call is about as phones show it (RFC 3261 §20.36).
fn headers(party: &Party) -> Vec<(String, String)> {
    let subject = party.call_reason.clone().map(|reason| ("Subject".to_owned(), reason));
    party.headers.iter().cloned().chain(subject).collect()
}
