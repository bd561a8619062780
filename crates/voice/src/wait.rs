//! What someone hears who waits: silence, music, or a document over and over.

use std::time::Duration;

use flexio_markup::{Kind, Target};

use crate::actions::{Action, LegId, PromptId, PromptSource, Purpose, Source};
use crate::context::Context;
use crate::params::Params;
use crate::script::{Ending, Input, Script};

/// A document that plays nothing is asked again after this, not at once.
const PERIOD_MIN: Duration = Duration::from_secs(1);
/// So many documents of a call are kept for what comes after the wait; then the music takes over.
const FETCHES_SPARED: u32 = 100;

/// What is to be heard; URLs are absolute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum WaitSource {
    Silence,
    /// The platform's own.
    Music,
    /// A document or an audio file.
    Document(Target),
}

impl WaitSource {
    /// An empty URL is a wish for silence, none at all for the platform's music.
    pub fn of(target: Option<Target>) -> Self {
        match target {
            None => Self::Music,
            Some(target) if target.url.is_empty() => Self::Silence,
            Some(target) => Self::Document(target),
        }
    }
}

/// Someone waiting.
#[derive(Debug)]
pub(crate) struct Wait {
    leg: LegId,
    kind: Kind,
    source: WaitSource,
    sound: Sound,
}

#[derive(Debug)]
enum Sound {
    Silent,
    Music(PromptId),
    Script {
        script: Box<Script>,
        began: Duration,
    },
    /// The document was over sooner than it may be asked again.
    Resting(Duration),
}

/// What the document of someone waiting wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waited {
    /// To go on.
    Still,
    /// `<Leave>`.
    Left,
    /// `<Hangup>`.
    HangUp,
}

impl Wait {
    /// Begins; `params` go with every request of the document.
    pub fn begin(ctx: &mut Context<'_>, leg: LegId, kind: Kind, source: WaitSource, params: &Params) -> Self {
        let mut wait = Self { leg, kind, source, sound: Sound::Silent };
        // A document that ends while it begins has played nothing: there is nothing to leave yet.
        let _ = wait.play(ctx, params);
        wait
    }

    fn play(&mut self, ctx: &mut Context<'_>, params: &Params) -> Waited {
        let spent = ctx.base.fetches + FETCHES_SPARED >= ctx.base.limits.fetches;
        let target = match &self.source {
            WaitSource::Document(target) if !spent => target.clone(),
            WaitSource::Document(_) | WaitSource::Music => {
                self.sound = Sound::Music(ctx.play(self.leg, PromptSource::HoldMusic, 1));
                return Waited::Still;
            }
            WaitSource::Silence => {
                self.sound = Sound::Silent;
                return Waited::Still;
            }
        };
        let mut script = Box::new(Script::new(self.leg, self.kind));
        script.tell(params.clone());
        let began = ctx.now.mono;
        let ending = script.begin(ctx, Source::Url(target), Purpose::Wait);
        self.sound = Sound::Script { script, began };
        self.ended(ctx, ending, params)
    }

    fn ended(&mut self, ctx: &mut Context<'_>, ending: Option<Ending>, params: &Params) -> Waited {
        let Sound::Script { began, .. } = self.sound else { return Waited::Still };
        match ending {
            None => Waited::Still,
            Some(Ending::Left) => self.over(Waited::Left),
            Some(Ending::Hangup) => self.over(Waited::HangUp),
            Some(Ending::Finished) if ctx.now.mono < began + PERIOD_MIN => {
                self.sound = Sound::Resting(began + PERIOD_MIN);
                Waited::Still
            }
            Some(Ending::Finished) => self.play(ctx, params),
            // What went wrong has been reported; nobody has to wait in silence for it.
            Some(Ending::Failed { .. } | Ending::Limit | Ending::Rejected(_)) => {
                self.source = WaitSource::Music;
                self.play(ctx, params)
            }
        }
    }

    fn over(&mut self, waited: Waited) -> Waited {
        self.sound = Sound::Silent;
        waited
    }

    /// Takes an input; `params` are those of now.
    pub fn on(&mut self, ctx: &mut Context<'_>, input: &Input, params: &Params) -> Waited {
        match &mut self.sound {
            Sound::Silent | Sound::Music(_) => Waited::Still,
            Sound::Script { script, .. } => {
                if matches!(input, Input::Prompt { .. }) {
                    // Something was heard: this is no loop of redirects.
                    ctx.user_acted();
                }
                script.tell(params.clone());
                let ending = script.on(ctx, input);
                self.ended(ctx, ending, params)
            }
            Sound::Resting(until) => {
                let due = matches!(input, Input::Tick) && ctx.passed(Some(*until));
                if due { self.play(ctx, params) } else { Waited::Still }
            }
        }
    }

    /// Something else is to be heard from now on.
    pub fn change(&mut self, ctx: &mut Context<'_>, source: WaitSource, params: &Params) {
        self.stop(ctx);
        self.source = source;
        let _ = self.play(ctx, params);
    }

    pub fn stop(&mut self, ctx: &mut Context<'_>) {
        match std::mem::replace(&mut self.sound, Sound::Silent) {
            Sound::Silent | Sound::Resting(_) => {}
            Sound::Music(prompt) => {
                if ctx.alive(self.leg) {
                    ctx.push(Action::StopPrompt { prompt });
                }
            }
            Sound::Script { mut script, .. } => script.abort(ctx),
        }
    }

    pub fn deadline(&self) -> Option<Duration> {
        match &self.sound {
            Sound::Silent | Sound::Music(_) => None,
            Sound::Script { script, .. } => script.deadline(),
            Sound::Resting(until) => Some(*until),
        }
    }
}
