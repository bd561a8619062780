//! What the API does to a live call.

use std::time::Duration;

use flexio_markup::{Document, Target, Verb};

use super::{Phase, Turn};
use crate::actions::{Action, Cause, LegId, PromptSource, Purpose, RecordingSource, Source};
use crate::context::{Context, RecordingPlan};
use crate::facts::{LegStatus, RecordCall};
use crate::params::Params;
use crate::prompts::Cues;
use crate::script::{Input, LegNews};

/// Something said to a leg over its conversation.
#[derive(Debug)]
pub(super) struct Interjection {
    leg: LegId,
    cues: Cues,
}

impl Interjection {
    pub fn deadline(&self) -> Option<Duration> {
        self.cues.deadline()
    }
}

/// A hold the API asked for.
#[derive(Debug)]
pub(crate) struct ApiHold {
    leg: LegId,
    /// What was asked, until it is answered.
    asked: Option<bool>,
    music: Option<String>,
    prompt: Option<crate::actions::PromptId>,
}

impl Turn<'_> {
    /// Records a leg that talks; the shell has refused the others.
    pub(super) fn record_by_api(&mut self, leg: LegId, sid: String, record: RecordCall) {
        if !self.ctx.talking(leg) {
            return;
        }
        let plan = RecordingPlan {
            leg,
            source: RecordingSource::CallApi,
            purpose: record.purpose,
            channels: record.channels,
            track: record.track,
            max_length_s: self.ctx.base.limits.max_call_s,
            silence_timeout_s: None,
            trim: record.trim,
            callback: record.callback,
        };
        self.ctx.record_as(sid, plan);
    }

    pub(super) fn end_by_api(&mut self, leg: LegId, cause: Cause) {
        if leg != LegId::FIRST {
            return self.leg(leg, LegNews::Ended);
        }
        if self.ctx.alive(leg) {
            self.end_first(LegStatus::Canceled, cause, 480);
        }
    }

    pub(super) fn new_url(&mut self, target: Target, fallback: Option<Target>) {
        if fallback.is_some() {
            self.ctx.base.facts.fallback = fallback;
        }
        self.modify(Source::Url(target), Vec::new());
    }

    pub(super) fn move_legs(&mut self, both: bool, source: Source, fallback: Option<Target>) {
        let Some(partner) = self.script.partner().filter(|leg| self.ctx.alive(*leg)) else { return };
        if !both {
            return self.leg(partner, LegNews::Moved { source, fallback });
        }
        if fallback.is_some() {
            self.ctx.base.facts.fallback.clone_from(&fallback);
        }
        // Out of the first leg's hands before its document is dropped, which would end it.
        self.ctx.detach(partner, source.clone(), fallback);
        self.modify(source, Vec::new());
    }

    pub(super) fn new_document(&mut self, document: Document) {
        self.modify(Source::Document(document), Vec::new());
    }

    pub(super) fn picked_up(&mut self, leg: LegId, document: Document) {
        if self.script.rings(leg) && self.ctx.alive(LegId::FIRST) {
            self.ctx.trace(leg, "picked-up", "");
            self.script.answered_elsewhere(&mut self.ctx);
            self.modify(Source::Document(document), Vec::new());
        }
    }

    /// Another call has sent this one elsewhere.
    pub(super) fn sent_elsewhere(&mut self, target: Target, params: Params) {
        self.modify(Source::Url(target), params);
    }

    /// Drops the running document for another one; before the answer it replaces the first one.
    fn modify(&mut self, source: Source, params: Params) {
        if !self.ctx.alive(LegId::FIRST) {
            return;
        }
        self.ctx.trace(LegId::FIRST, "modified", "");
        self.ctx.base.facts.source = source.clone();
        if matches!(self.phase, Phase::Running) {
            self.ctx.user_acted();
            self.script.abort(&mut self.ctx);
            let ending = self.script.begin_with(&mut self.ctx, source, params, Purpose::Modification);
            self.ended(ending);
        }
    }

    pub(super) fn new_time_limit(&mut self, seconds: u32) {
        if let Some((answered, _)) = self.ctx.base.first().answered.filter(|_| self.ctx.alive(LegId::FIRST)) {
            *self.time_limit = Some(answered + Duration::from_secs(u64::from(seconds)));
        } else if let Some(originate) = &mut self.ctx.base.facts.originate {
            originate.time_limit_s = Some(seconds);
        }
    }

    /// A party asks for a transfer: the verb that runs takes it, or it is declined.
    pub(super) fn referred(&mut self, leg: LegId, target: String) {
        if !self.ctx.talking(leg) {
            return;
        }
        if matches!(self.phase, Phase::Running) && self.script.takes_transfer(leg) {
            return self.input(&Input::Leg { leg, news: LegNews::Referred { target } });
        }
        self.ctx.trace(leg, "refer-declined", "");
        self.ctx.push(Action::AnswerRefer { leg, status: 603 });
    }

    /// Keys towards the party, whatever its call does.
    pub(super) fn send_digits(&mut self, leg: LegId, digits: String) {
        if self.ctx.talking(leg) {
            self.ctx.play(leg, PromptSource::Digits(digits), 1);
        }
    }

    pub(super) fn hold_by_api(&mut self, leg: LegId, on: bool, music: Option<String>) {
        if !self.ctx.talking(leg) {
            return;
        }
        let holds = &mut self.ctx.base.holds;
        let present = holds.iter_mut().find(|hold| hold.leg == leg);
        match present {
            // One at a time: the answer to the last is still awaited.
            Some(hold) if hold.asked.is_some() => return,
            Some(hold) => (hold.asked, hold.music) = (Some(on), music),
            None if on => holds.push(ApiHold { leg, asked: Some(on), music, prompt: None }),
            // Nobody is held.
            None => return,
        }
        self.ctx.push(Action::Hold { leg, on });
    }

    /// Whether it was the API's hold that was answered.
    pub(super) fn held_by_api(&mut self, leg: LegId, on: bool, status: u16) -> bool {
        let found = self.ctx.base.holds.iter().position(|hold| hold.leg == leg && hold.asked == Some(on));
        let Some(index) = found else { return false };
        let mut hold = self.ctx.base.holds.remove(index);
        hold.asked = None;
        let good = (200..300).contains(&status) && self.ctx.alive(leg);
        self.ctx.trace(leg, if on { "hold" } else { "resume" }, status.to_string());
        if good && let Some(prompt) = hold.prompt.take() {
            self.ctx.push(Action::StopPrompt { prompt });
        }
        if good && on {
            hold.prompt = hold.music.clone().map(|url| self.ctx.play(leg, PromptSource::Music(url), 1));
        }
        // A hold that failed is none; an end of it that failed leaves it as it was.
        if good == on {
            self.ctx.base.holds.push(hold);
        }
        true
    }

    /// Says something to a leg that is in a conversation; what was being said before is dropped.
    pub(super) fn interject(&mut self, leg: LegId, document: &Document) {
        if !self.script.in_conversation(leg) || !self.ctx.talking(leg) {
            return;
        }
        if let Some(mut before) = self.interjection.take() {
            before.cues.stop(&mut self.ctx);
        }
        let mut cues = Cues::new(leg);
        for step in &document.steps {
            add(&mut self.ctx, &mut cues, &step.verb, step.line);
        }
        if cues.advance(&mut self.ctx) {
            *self.interjection = Some(Interjection { leg, cues });
        }
    }

    /// Goes on with what is said, until it is over, or the conversation is.
    pub(super) fn interjected(&mut self, input: &Input) {
        let Some(mut running) = self.interjection.take() else { return };
        if !self.ctx.talking(running.leg) {
            return;
        }
        if !self.script.in_conversation(running.leg) {
            running.cues.stop(&mut self.ctx);
        } else if running.cues.on(&mut self.ctx, input) {
            *self.interjection = Some(running);
        }
    }
}

fn add(ctx: &mut Context<'_>, cues: &mut Cues, verb: &Verb, line: u32) {
    match verb {
        Verb::Say(say) => cues.say(ctx, say),
        Verb::Play(play) => cues.play(ctx, play, "", line),
        Verb::Pause(pause) => cues.pause(*pause),
        other => ctx.warn(LegId::FIRST, line, 12_200, format!("{} is not said to a live call", other.name())),
    }
}
