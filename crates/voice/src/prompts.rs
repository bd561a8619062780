//! Things played one after another: `<Say>`, `<Play>`, `<Pause>`, the prompts of a `<Gather>`, beeps.

use std::collections::VecDeque;
use std::time::Duration;

use flexio_markup::{Pause, Play, Prompt, Say, Voice, resolve};

use crate::actions::{LegId, PromptId, PromptSource};
use crate::context::Context;
use crate::script::Input;

/// A sequence of sounds and silences on one leg.
#[derive(Debug)]
pub(crate) struct Cues {
    leg: LegId,
    waiting: VecDeque<Cue>,
    current: Option<Current>,
}

#[derive(Debug)]
enum Cue {
    Sound { source: PromptSource, times: u16 },
    Silence { seconds: u32 },
}

#[derive(Debug)]
enum Current {
    Sound(PromptId),
    Silence(Duration),
}

impl Cues {
    pub fn new(leg: LegId) -> Self {
        Self { leg, waiting: VecDeque::new(), current: None }
    }

    pub fn sound(leg: LegId, source: PromptSource) -> Self {
        let mut cues = Self::new(leg);
        cues.waiting.push_back(Cue::Sound { source, times: 1 });
        cues
    }

    pub fn silence(leg: LegId, pause: Pause) -> Self {
        let mut cues = Self::new(leg);
        cues.pause(pause);
        cues
    }

    pub fn say(&mut self, ctx: &Context<'_>, say: &Say) {
        let source = PromptSource::Speech {
            text: say.text.clone(),
            ssml: say.ssml.clone(),
            voice: say.voice.clone(),
            language: say.language.clone().unwrap_or_else(|| ctx.base.facts.language.clone()),
        };
        self.waiting.push_back(Cue::Sound { source, times: say.times });
    }

    /// A URL that leads nowhere is reported and left out.
    pub fn play(&mut self, ctx: &mut Context<'_>, play: &Play, base_url: &str, line: u32) {
        if let Some(digits) = &play.digits {
            self.waiting.push_back(Cue::Sound { source: PromptSource::Digits(digits.clone()), times: 1 });
        }
        match play.url.as_ref().map(|url| resolve(base_url, url)) {
            Some(Ok(url)) => {
                self.waiting.push_back(Cue::Sound { source: PromptSource::Url(url), times: play.times });
            }
            Some(Err(error)) => ctx.warn(self.leg, line, 11100, format!("Play: {error}")),
            None => {}
        }
    }

    pub fn pause(&mut self, pause: Pause) {
        self.waiting.push_back(Cue::Silence { seconds: pause.length_s });
    }

    pub fn prompts(&mut self, ctx: &mut Context<'_>, prompts: &[Prompt], base_url: &str, line: u32) {
        for prompt in prompts {
            match prompt {
                Prompt::Say(say) => self.say(ctx, say),
                Prompt::Play(play) => self.play(ctx, play, base_url, line),
                Prompt::Pause(pause) => self.pause(*pause),
            }
        }
    }

    /// Starts the next cue; false when none is left.
    pub fn advance(&mut self, ctx: &mut Context<'_>) -> bool {
        self.current = self.waiting.pop_front().map(|cue| match cue {
            Cue::Sound { source, times } => Current::Sound(ctx.play(self.leg, source, times)),
            Cue::Silence { seconds } => Current::Silence(ctx.after(seconds)),
        });
        self.current.is_some()
    }

    /// Takes an input; false when all has been played.
    pub fn on(&mut self, ctx: &mut Context<'_>, input: &Input) -> bool {
        let over = match &self.current {
            Some(Current::Sound(playing)) => matches!(input, Input::Prompt { prompt } if prompt == playing),
            Some(Current::Silence(until)) => matches!(input, Input::Tick) && ctx.passed(Some(*until)),
            None => false,
        };
        if over { self.advance(ctx) } else { self.current.is_some() }
    }

    pub fn playing(&self) -> bool {
        self.current.is_some()
    }

    /// Stops what plays and forgets the rest.
    pub fn stop(&mut self, ctx: &mut Context<'_>) {
        self.waiting.clear();
        if let Some(Current::Sound(prompt)) = self.current.take()
            && ctx.alive(self.leg)
        {
            ctx.push(crate::actions::Action::StopPrompt { prompt });
        }
    }

    pub fn deadline(&self) -> Option<Duration> {
        match &self.current {
            Some(Current::Silence(until)) => Some(*until),
            Some(Current::Sound(_)) | None => None,
        }
    }
}

/// What a caller hears when no document can be had, in the account's language.
pub(crate) fn apology(language: &str) -> PromptSource {
    let text = match language.get(..2).unwrap_or("en") {
        "nl" => "Door een technisch probleem kan uw oproep niet verwerkt worden. Tot ziens.",
        "fr" => "En raison d'un problème technique, votre appel ne peut aboutir. Au revoir.",
        "de" => "Wegen eines technischen Problems ist Ihr Anruf nicht möglich. Auf Wiederhören.",
        _ => "Because of a technical problem your call cannot be completed. Goodbye.",
    };
    spoken(text, language)
}

/// What a caller hears of a number that was given back.
pub fn not_in_service(language: &str) -> PromptSource {
    let text = match language.get(..2).unwrap_or("en") {
        "nl" => "Het nummer dat u gekozen hebt, is niet meer in dienst.",
        "fr" => "Le numéro que vous avez composé n'est plus en service.",
        "de" => "Die von Ihnen gewählte Rufnummer ist nicht mehr in Betrieb.",
        _ => "The number you have dialled is no longer in service.",
    };
    spoken(text, language)
}

/// A sentence of the platform's own, which has them in four languages: in any other it speaks English.
pub(crate) fn spoken(text: &str, language: &str) -> PromptSource {
    let has_words = matches!(language.get(..2), Some("nl" | "fr" | "de" | "en"));
    PromptSource::Speech {
        text: text.to_owned(),
        ssml: None,
        voice: Voice::Man,
        language: if has_words { language } else { "en-US" }.to_owned(),
    }
}
