//! `<Dial><Conference>`: one call's part in a conference. The conference itself is [`crate::Room`].

use std::time::Duration;

use flexio_markup::{Conference, Dial, Key, Kind, RecordMode, Target, resolve};

use crate::actions::{Action, JoinRoom, LeaveReason, LegId, Purpose, RoomNews, RoomRecording, Source};
use crate::context::Context;
use crate::params::{self, Params};
use crate::record::resolved;
use crate::room::{RoomCallback, RoomEvents};
use crate::script::{Ending, Input, LegNews, Outcome, Script};
use crate::wait::{Wait, WaitSource};

/// A participant.
#[derive(Debug)]
pub(crate) struct Conferencing {
    leg: LegId,
    action: Option<Target>,
    /// `referUrl`: where it goes when its phone asks for a transfer.
    refer: Option<Target>,
    /// The room's name.
    name: String,
    hangup_on_star: bool,
    time_limit_s: u32,
    wait: WaitSource,
    conference_sid: String,
    stage: Stage,
    /// `timeLimit`, from joining on.
    until: Option<Duration>,
}

#[derive(Debug)]
enum Stage {
    /// The room has not answered.
    Joining {
        until: Duration,
    },
    /// Waits for others, or is held.
    Apart(Wait),
    Talking,
    /// Hears an announcement of its own while it takes part.
    Announced(Box<Script>),
    /// Not in the room, or no longer.
    Out,
}

impl Conferencing {
    pub fn begin(ctx: &mut Context<'_>, dial: &Dial, noun: &Conference, base_url: &str, line: u32) -> Self {
        let leg = LegId::FIRST;
        ctx.answer(leg);
        let url = |ctx: &mut Context<'_>, url: &str, what: &str| match resolve(base_url, url) {
            Ok(url) => Some(url),
            Err(error) => {
                ctx.warn(leg, line, 13_233, format!("{what}: {error}"));
                None
            }
        };
        let wait = match &noun.wait {
            Some(target) if !target.url.is_empty() => {
                url(ctx, &target.url, "waitUrl").map(|url| Target { url, method: target.method })
            }
            silence_or_music => silence_or_music.clone(),
        };
        let beep_url = noun.beep_url.as_ref().and_then(|beep| url(ctx, beep, "beepUrl"));
        let status_callback = noun.status_callback.as_ref().and_then(|target| {
            let url = url(ctx, &target.url, "statusCallback")?;
            let events = RoomEvents::read(&noun.status_events);
            Some(RoomCallback { target: Target { url, method: target.method }, events })
        });
        let callback = noun.recording_callback.clone().or_else(|| dial.recording_callback.clone());
        let callback = resolved(ctx, leg, callback, base_url, line);
        let wanted = noun.record || dial.record != RecordMode::Off;
        let purpose = noun.recording_purpose.or(dial.recording_purpose);
        let trim = noun.trim || dial.trim;
        let record = wanted.then_some(RoomRecording { sid: None, purpose, trim, callback });
        let until = ctx.after(ctx.base.limits.answer_s);
        let call_sid = ctx.base.first().facts.call_sid.clone();
        ctx.push(Action::JoinRoom(Box::new(JoinRoom {
            leg,
            call_sid,
            room: noun.name.clone(),
            label: noun.participant_label.clone(),
            muted: noun.muted,
            beep: noun.beep,
            beep_url,
            start_on_enter: noun.start_on_enter,
            end_on_exit: noun.end_on_exit,
            max_participants: noun.max_participants,
            record,
            coach: noun.coach.clone(),
            jitter_buffer: noun.jitter_buffer,
            status_callback,
        })));
        Self {
            leg,
            action: dial.action.clone(),
            refer: dial.refer.clone(),
            name: noun.name.clone(),
            hangup_on_star: dial.hangup_on_star,
            time_limit_s: dial.time_limit_s,
            wait: WaitSource::of(wait),
            conference_sid: String::new(),
            stage: Stage::Joining { until },
            until: None,
        }
    }

    /// What goes with the requests of a waiting participant.
    fn params(&self) -> Params {
        params::in_conference(&self.conference_sid)
    }

    pub fn on(&mut self, ctx: &mut Context<'_>, input: &Input) -> Outcome {
        match input {
            Input::Gone => {
                self.leave(ctx, LeaveReason::HungUp);
                return self.result(ctx);
            }
            Input::Room { leg, news } if *leg == self.leg => return self.news(ctx, news),
            Input::Key { leg, key } if *leg == self.leg => {
                ctx.user_acted();
                if self.hangup_on_star && *key == Key::STAR && self.inside() {
                    self.leave(ctx, LeaveReason::Star);
                    return self.result(ctx);
                }
            }
            Input::Leg { leg, news: LegNews::Referred { target } } if *leg == self.leg => {
                return self.transfer(ctx, target);
            }
            Input::Tick if ctx.passed(self.until) => {
                self.leave(ctx, LeaveReason::TimeLimit);
                return self.result(ctx);
            }
            Input::Tick
            | Input::Room { .. }
            | Input::Queue { .. }
            | Input::Held { .. }
            | Input::Refer(_)
            | Input::Key { .. }
            | Input::Prompt { .. }
            | Input::Recorded(_)
            | Input::StreamEnded(_)
            | Input::Heard { .. }
            | Input::Fetched { .. }
            | Input::Messaged { .. }
            | Input::Leg { .. } => {}
        }
        self.play_on(ctx, input)
    }

    /// Whether it hears the others.
    pub fn talks(&self) -> bool {
        matches!(self.stage, Stage::Talking)
    }

    /// Whoever takes part may be taken out by its phone, where a document for that is named.
    pub fn takes_transfer(&self, leg: LegId) -> bool {
        leg == self.leg && self.inside() && self.refer.is_some()
    }

    /// The phone sends the conference elsewhere. Nobody can take the others away from each other: it leaves, and its application, which is
    /// told where to, may call that party in.
    fn transfer(&mut self, ctx: &mut Context<'_>, target: &str) -> Outcome {
        let Some(refer) = self.refer.clone() else { return Outcome::Wait };
        ctx.user_acted();
        ctx.trace(self.leg, "conference-transfer", "");
        ctx.push(Action::AnswerRefer { leg: self.leg, status: 202 });
        ctx.push(Action::NotifyRefer { leg: self.leg, status: 200 });
        let transferor = ctx.base.party(self.leg);
        self.leave(ctx, LeaveReason::Redirected);
        let mut params = params::transfer(&transferor, &self.name, target);
        params.extend(self.params());
        let (reference, method) = (Some(refer.url), refer.method);
        Outcome::Goto { reference, method, params, purpose: Purpose::Action }
    }

    fn inside(&self) -> bool {
        match self.stage {
            Stage::Apart(_) | Stage::Talking | Stage::Announced(_) => true,
            Stage::Joining { .. } | Stage::Out => false,
        }
    }

    /// Hands an input to whatever is heard.
    fn play_on(&mut self, ctx: &mut Context<'_>, input: &Input) -> Outcome {
        let params = self.params();
        match &mut self.stage {
            Stage::Apart(wait) => {
                let _ = wait.on(ctx, input, &params);
            }
            Stage::Announced(script) => {
                if script.on(ctx, input).is_some() {
                    self.stage = Stage::Talking;
                }
            }
            Stage::Joining { until } => {
                let until = *until;
                if matches!(input, Input::Tick) && ctx.passed(Some(until)) {
                    ctx.error(self.leg, 13_233, "the conference did not answer", None);
                    self.leave(ctx, LeaveReason::Redirected);
                    return Outcome::Next;
                }
            }
            Stage::Talking | Stage::Out => {}
        }
        Outcome::Wait
    }

    fn news(&mut self, ctx: &mut Context<'_>, news: &RoomNews) -> Outcome {
        match news {
            RoomNews::Joined { conference_sid } => {
                if matches!(self.stage, Stage::Joining { .. }) {
                    ctx.user_acted();
                    ctx.trace(self.leg, "conference-join", conference_sid.clone());
                    self.conference_sid.clone_from(conference_sid);
                    self.until = Some(ctx.after(self.time_limit_s));
                    self.apart(ctx, self.wait.clone());
                }
            }
            RoomNews::Refused { full } => {
                self.stage = Stage::Out;
                let why = if *full { "the conference is full" } else { "the conference takes nobody in" };
                ctx.warn(self.leg, 0, 13_233, why);
                return Outcome::Next;
            }
            RoomNews::Unpaid { code, text } => {
                self.stage = Stage::Out;
                ctx.error(self.leg, *code, text.clone(), None);
                return Outcome::Next;
            }
            RoomNews::Left => {
                self.hush(ctx);
                self.stage = Stage::Out;
                ctx.trace(self.leg, "conference-left", "");
                return self.result(ctx);
            }
            RoomNews::Talk if self.inside() => {
                self.hush(ctx);
                ctx.trace(self.leg, "conference-talk", "");
                self.stage = Stage::Talking;
            }
            RoomNews::Wait if self.inside() => self.apart(ctx, self.wait.clone()),
            RoomNews::Hold { wait } if self.inside() => self.apart(ctx, WaitSource::of(wait.clone())),
            RoomNews::NewWait { wait } if self.inside() => {
                self.wait = WaitSource::of(wait.clone());
                let (source, params) = (self.wait.clone(), self.params());
                if let Stage::Apart(wait) = &mut self.stage {
                    wait.change(ctx, source, &params);
                }
            }
            RoomNews::Announce { target } if matches!(self.stage, Stage::Talking) => {
                let mut script = Box::new(Script::new(self.leg, Kind::ConferenceWait));
                script.tell(self.params());
                if script.begin(ctx, Source::Url(target.clone()), Purpose::Wait).is_none() {
                    self.stage = Stage::Announced(script);
                }
            }
            RoomNews::Talk
            | RoomNews::Wait
            | RoomNews::Hold { .. }
            | RoomNews::NewWait { .. }
            | RoomNews::Announce { .. } => {}
        }
        Outcome::Wait
    }

    fn apart(&mut self, ctx: &mut Context<'_>, source: WaitSource) {
        self.hush(ctx);
        let params = self.params();
        self.stage = Stage::Apart(Wait::begin(ctx, self.leg, Kind::ConferenceWait, source, &params));
    }

    /// Stops what this participant alone hears.
    fn hush(&mut self, ctx: &mut Context<'_>) {
        match &mut self.stage {
            Stage::Apart(wait) => wait.stop(ctx),
            Stage::Announced(script) => script.abort(ctx),
            Stage::Joining { .. } | Stage::Talking | Stage::Out => {}
        }
    }

    fn leave(&mut self, ctx: &mut Context<'_>, reason: LeaveReason) {
        self.hush(ctx);
        if !matches!(std::mem::replace(&mut self.stage, Stage::Out), Stage::Out) {
            ctx.push(Action::LeaveRoom { leg: self.leg, reason });
        }
    }

    fn result(&self, ctx: &mut Context<'_>) -> Outcome {
        let Some(action) = self.action.clone() else {
            return if ctx.alive(self.leg) { Outcome::Next } else { Outcome::End(Ending::Finished) };
        };
        let params = params::conference(ctx.base);
        Outcome::Goto { reference: Some(action.url), method: action.method, params, purpose: Purpose::Action }
    }

    pub fn stop(&mut self, ctx: &mut Context<'_>) {
        let reason = if ctx.alive(self.leg) { LeaveReason::Redirected } else { LeaveReason::HungUp };
        self.leave(ctx, reason);
    }

    pub fn deadline(&self) -> Option<Duration> {
        let own = match &self.stage {
            Stage::Joining { until } => Some(*until),
            Stage::Apart(wait) => wait.deadline(),
            Stage::Announced(script) => script.deadline(),
            Stage::Talking | Stage::Out => None,
        };
        own.into_iter().chain(self.until).min()
    }
}
