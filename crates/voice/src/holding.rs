//! `<Hold>` and `<Resume>`: the party on the leg is put on hold by a re-INVITE, and taken back.

use std::time::Duration;

use flexio_markup::{Hold, Resume, Target, resolve};

use crate::actions::{Action, LegId, PromptSource, Purpose};
use crate::context::{Context, HeldLeg};
use crate::params;
use crate::ran::{RanVerb, Running};
use crate::script::{Ending, Input, Outcome};

/// A `<Hold>` or `<Resume>` under way.
#[derive(Debug)]
pub(crate) struct Holding {
    leg: LegId,
    on: bool,
    /// Absolute.
    music: Option<String>,
    action: Option<Target>,
    until: Duration,
    running: Option<Running>,
}

impl Holding {
    pub fn hold(ctx: &mut Context<'_>, leg: LegId, verb: Hold, base_url: &str, line: u32) -> Self {
        let music = verb.hold_music.and_then(|url| match resolve(base_url, &url) {
            Ok(url) => Some(url),
            Err(error) => {
                ctx.warn(leg, line, 11_100, format!("holdMusic: {error}"));
                None
            }
        });
        Self::begin(ctx, leg, true, music, verb.action)
    }

    /// `None` when nobody is held: the next verb runs.
    pub fn resume(ctx: &mut Context<'_>, leg: LegId, verb: Resume) -> Option<Self> {
        ctx.base.held?;
        Some(Self::begin(ctx, leg, false, None, verb.action))
    }

    fn begin(
        ctx: &mut Context<'_>,
        leg: LegId,
        on: bool,
        music: Option<String>,
        action: Option<Target>,
    ) -> Self {
        ctx.answer(leg);
        ctx.push(Action::Hold { leg, on });
        let verb = if on { RanVerb::Hold } else { RanVerb::Resume };
        let running = Some(Running::new(ctx, verb, Vec::new()));
        Self { leg, on, music, action, until: ctx.after(ctx.base.limits.reinvite_s), running }
    }

    pub fn on(&mut self, ctx: &mut Context<'_>, input: &Input) -> Outcome {
        match input {
            Input::Held { leg, on, status } if *leg == self.leg && *on == self.on => self.done(ctx, *status),
            Input::Tick if ctx.passed(Some(self.until)) => self.done(ctx, 408),
            Input::Gone => Outcome::End(Ending::Finished),
            Input::Held { .. }
            | Input::Tick
            | Input::Prompt { .. }
            | Input::Key { .. }
            | Input::Recorded(_)
            | Input::StreamEnded(_)
            | Input::Heard { .. }
            | Input::Fetched { .. }
            | Input::Messaged { .. }
            | Input::Leg { .. }
            | Input::Room { .. }
            | Input::Queue { .. }
            | Input::Refer(_) => Outcome::Wait,
        }
    }

    fn done(&mut self, ctx: &mut Context<'_>, status: u16) -> Outcome {
        let good = (200..300).contains(&status);
        if let Some(running) = self.running.take() {
            let more = vec![("sip_response_code", status.to_string())];
            running.over(ctx, self.leg, params::hold_status(self.on, status), None, more);
        }
        ctx.trace(self.leg, if self.on { "hold" } else { "resume" }, status.to_string());
        if good && self.on {
            ctx.end_hold(self.leg);
            let music = self.music.take().map(|url| ctx.play(self.leg, PromptSource::Music(url), 1));
            ctx.base.held = Some(HeldLeg { music });
        } else if good {
            ctx.end_hold(self.leg);
        }
        let Some(action) = self.action.clone() else { return Outcome::Next };
        Outcome::Goto {
            reference: Some(action.url),
            method: action.method,
            params: params::held(self.on, status),
            purpose: Purpose::Action,
        }
    }

    pub fn deadline(&self) -> Duration {
        self.until
    }
}
