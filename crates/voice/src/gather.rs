//! `<Gather>`: keys until a finishing key, a number of keys, or silence.

use std::time::Duration;

use flexio_markup::{Gather, Key};

use crate::actions::{LegId, Purpose};
use crate::context::Context;
use crate::params;
use crate::prompts::Cues;
use crate::script::{Ending, Input, Outcome};

/// A `<Gather>` under way.
#[derive(Debug)]
pub(crate) struct Gathering {
    leg: LegId,
    verb: Gather,
    cues: Cues,
    keys: String,
    /// Set once the prompts are over.
    until: Option<Duration>,
}

impl Gathering {
    pub fn begin(ctx: &mut Context<'_>, leg: LegId, verb: Gather, base_url: &str, line: u32) -> Self {
        if verb.input.speech {
            // Keys go on working even where only speech was asked for.
            ctx.warn(leg, line, 11001, "no speech recogniser is available; Gather listens for keys only");
        }
        let mut cues = Cues::new(leg);
        cues.prompts(ctx, &verb.prompts, base_url, line);
        let playing = cues.advance(ctx);
        let mut gathering = Self { leg, verb, cues, keys: String::new(), until: None };
        if !playing {
            gathering.listen(ctx);
        }
        gathering
    }

    fn listen(&mut self, ctx: &Context<'_>) {
        self.until = Some(ctx.after(self.verb.timeout_s));
    }

    pub fn on(&mut self, ctx: &mut Context<'_>, input: &Input) -> Outcome {
        match input {
            Input::Key { leg, key } if *leg == self.leg => self.key(ctx, *key),
            Input::Gone => Outcome::End(Ending::Finished),
            Input::Prompt { .. } | Input::Tick => self.wait(ctx, input),
            Input::Key { .. }
            | Input::Fetched { .. }
            | Input::Recorded(_)
            | Input::StreamEnded(_)
            | Input::Messaged { .. }
            | Input::Leg { .. } => Outcome::Wait,
        }
    }

    fn wait(&mut self, ctx: &mut Context<'_>, input: &Input) -> Outcome {
        if self.cues.playing() {
            if !self.cues.on(ctx, input) {
                self.listen(ctx);
            }
            return Outcome::Wait;
        }
        if ctx.passed(self.until) { self.done(ctx, None) } else { Outcome::Wait }
    }

    fn key(&mut self, ctx: &mut Context<'_>, key: Key) -> Outcome {
        if self.cues.playing() && !self.verb.barge_in {
            return Outcome::Wait;
        }
        let finishing = self.verb.finish_on_key.contains(key);
        if !finishing && self.keys.is_empty() && !self.verb.start_input_key.contains(key) {
            return Outcome::Wait;
        }
        ctx.user_acted();
        self.cues.stop(ctx);
        if finishing {
            return self.done(ctx, Some(key));
        }
        self.keys.push(key.as_char());
        self.listen(ctx);
        let enough = self.verb.num_digits.map_or(ctx.base.limits.keys, usize::from);
        if self.keys.len() >= enough { self.done(ctx, None) } else { Outcome::Wait }
    }

    fn done(&mut self, ctx: &mut Context<'_>, finished_on: Option<Key>) -> Outcome {
        ctx.trace(self.leg, "gathered", format!("{} keys", self.keys.len()));
        if self.keys.is_empty() && !self.verb.action_on_empty_result {
            return Outcome::Next;
        }
        Outcome::Goto {
            reference: self.verb.action.clone(),
            method: self.verb.method,
            params: params::gather(&self.keys, finished_on),
            purpose: Purpose::Action,
        }
    }

    pub fn stop(&mut self, ctx: &mut Context<'_>) {
        self.cues.stop(ctx);
    }

    pub fn deadline(&self) -> Option<Duration> {
        self.cues.deadline().or(self.until)
    }
}
