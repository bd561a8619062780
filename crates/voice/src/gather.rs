//! `<Gather>`: keys until a finishing key, a number of keys, or silence; or speech, whichever comes first.
//!
//! A recogniser listens beside the keys. It decides when somebody speaks and when an utterance is over; the machine decides
//! how long to wait for either. When it fails, or there is none, keys go on working.

use std::time::Duration;

use flexio_markup::{Gather, Key, SpeechTimeout, Target, resolve};

use crate::actions::{Action, Callback, CallbackKind, LegId, Listen, ListeningId, Purpose};
use crate::context::Context;
use crate::events::{Heard, Utterance};
use crate::params;
use crate::prompts::Cues;
use crate::ran::{RanVerb, Running};
use crate::script::{Ending, Input, Outcome};

/// Times one `<Gather>` listens again after something too short to be an answer; on a noisier line only keys count from then on.
const RETRIES_MAX: u32 = 10;
/// Partial results told of one `<Gather>`; more are dropped.
const PARTIALS_MAX: u32 = 500;

/// Octets of a line that is typed; what is beyond is not taken.
const TYPED_BYTES_MAX: usize = 4_096;
/// How long who types may think, in seconds, where `timeout` is shorter.
const TYPING_S: u32 = 10;

/// A `<Gather>` under way.
#[derive(Debug)]
pub(crate) struct Gathering {
    leg: LegId,
    line: u32,
    verb: Gather,
    /// With its URL resolved.
    partial: Option<Target>,
    cues: Cues,
    running: Option<Running>,
    keys: String,
    speech: Speech,
    partials: u32,
    /// What is typed (RFC 4103) in place of speech, until the line ends.
    typed: String,
    /// How often something too short was heard.
    too_short: u32,
    /// Set once the prompts are over.
    until: Option<Duration>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Speech {
    /// Nobody listens: not asked for, refused, or over.
    Off,
    /// The recogniser starts when the prompts are over.
    Later,
    /// Nobody has spoken yet.
    Waiting(ListeningId),
    /// Somebody speaks.
    Speaking(ListeningId),
}

impl Gathering {
    pub fn begin(ctx: &mut Context<'_>, leg: LegId, verb: Gather, base_url: &str, line: u32) -> Self {
        let partial =
            verb.partial_result_callback.clone().and_then(|target| match resolve(base_url, &target.url) {
                Ok(url) => Some(Target { url, ..target }),
                Err(error) => {
                    ctx.warn(leg, line, 11_100, format!("partialResultCallback: {error}"));
                    None
                }
            });
        let facts = vec![
            ("num_digits", verb.num_digits.map(|digits| digits.to_string()).unwrap_or_default()),
            ("finish_on_key", verb.finish_on_key.to_string()),
            ("timeout", verb.timeout_s.to_string()),
            ("action_on_empty_result", verb.action_on_empty_result.to_string()),
        ];
        let running = Some(Running::new(ctx, RanVerb::GatherDtmf, facts));
        let mut cues = Cues::new(leg);
        cues.prompts(ctx, &verb.prompts, base_url, line);
        let speech = if verb.input.speech { Speech::Later } else { Speech::Off };
        let keys = String::new();
        let mut gathering = Self {
            leg,
            line,
            verb,
            partial,
            cues,
            running,
            keys,
            speech,
            partials: 0,
            typed: String::new(),
            too_short: 0,
            until: None,
        };
        if gathering.verb.barge_in {
            gathering.start_recogniser(ctx);
        }
        if !gathering.cues.advance(ctx) {
            gathering.listen(ctx);
        }
        gathering
    }

    fn start_recogniser(&mut self, ctx: &mut Context<'_>) {
        if self.speech != Speech::Later {
            return;
        }
        let listening = ListeningId(ctx.number());
        self.speech = Speech::Waiting(listening);
        let silence_s = match self.verb.post_timeout {
            Some(SpeechTimeout::Seconds(seconds)) => Some(seconds),
            // TwiML's `timeout` is the silence that ends speech where nothing else says so.
            None if self.verb.pre_timeout_s.is_none() => Some(self.verb.timeout_s),
            None => Some(5),
            Some(SpeechTimeout::Auto) => None,
        };
        ctx.push(Action::Listen(Listen {
            listening,
            leg: self.leg,
            language: self.verb.language.clone().unwrap_or_else(|| "en-US".to_owned()),
            hints: self.verb.hints.clone(),
            silence_s,
            longest_s: self.verb.max_speech_s,
            shortest_s: self.verb.min_speech_s,
        }));
    }

    fn stop_recogniser(&mut self, ctx: &mut Context<'_>) {
        if let Speech::Waiting(listening) | Speech::Speaking(listening) = self.speech {
            ctx.push(Action::StopListening { listening });
        }
        self.speech = Speech::Off;
    }

    /// The prompts are over: from here on silence counts.
    fn listen(&mut self, ctx: &mut Context<'_>) {
        self.start_recogniser(ctx);
        let keys_only = self.verb.timeout_s;
        let seconds = match self.speech {
            Speech::Waiting(_) if self.keys.is_empty() => self.verb.pre_timeout_s.unwrap_or(keys_only),
            Speech::Speaking(_) => ctx.base.limits.speech_s,
            Speech::Off | Speech::Later | Speech::Waiting(_) => keys_only,
        };
        self.until = Some(ctx.after(seconds));
    }

    pub fn on(&mut self, ctx: &mut Context<'_>, input: &Input) -> Outcome {
        match input {
            Input::Key { leg, key } if *leg == self.leg => self.key(ctx, *key),
            Input::Gone => {
                self.stop_recogniser(ctx);
                self.end(ctx);
                Outcome::End(Ending::Finished)
            }
            Input::Prompt { .. } | Input::Tick => self.wait(ctx, input),
            Input::Heard { listening, heard } => match self.speech {
                Speech::Waiting(id) | Speech::Speaking(id) if id == *listening => self.heard(ctx, id, heard),
                Speech::Off | Speech::Later | Speech::Waiting(_) | Speech::Speaking(_) => Outcome::Wait,
            },
            Input::Key { .. }
            | Input::Fetched { .. }
            | Input::Recorded(_)
            | Input::StreamEnded(_)
            | Input::Messaged { .. }
            | Input::Leg { .. }
            | Input::Room { .. }
            | Input::Queue { .. }
            | Input::Held { .. }
            | Input::Refer(_) => Outcome::Wait,
        }
    }

    fn wait(&mut self, ctx: &mut Context<'_>, input: &Input) -> Outcome {
        if self.cues.playing() {
            if !self.cues.on(ctx, input) {
                self.listen(ctx);
            }
            return Outcome::Wait;
        }
        match ctx.passed(self.until) {
            true if self.typed.trim().is_empty() => self.done(ctx, None),
            true => self.line_typed(ctx),
            false => Outcome::Wait,
        }
    }

    /// Who cannot speak or has no keys types: keys count as if they were pressed, and where speech is asked for a line counts as
    /// what was said.
    pub fn typed(&mut self, ctx: &mut Context<'_>, character: char) -> Outcome {
        if self.cues.playing() && !self.verb.barge_in {
            return Outcome::Wait;
        }
        let key = Key::from_char(character).filter(|_| self.typed.is_empty() && self.verb.input.dtmf);
        if let Some(key) = key {
            return self.key(ctx, key);
        }
        let ends_line = matches!(character, '\n' | '\r' | '\u{2028}' | '\u{2029}');
        if ends_line && !self.keys.is_empty() {
            return self.done(ctx, None);
        }
        if !self.verb.input.speech || !self.keys.is_empty() {
            return Outcome::Wait;
        }
        ctx.user_acted();
        self.cues.stop(ctx);
        self.stop_recogniser(ctx);
        match character {
            _ if ends_line && self.typed.trim().is_empty() => self.typed.clear(),
            _ if ends_line => return self.line_typed(ctx),
            '\u{8}' => drop(self.typed.pop()),
            _ if self.typed.len() < TYPED_BYTES_MAX => self.typed.push(character),
            _ => {}
        }
        self.until = Some(ctx.after(self.verb.timeout_s.max(TYPING_S)));
        Outcome::Wait
    }

    fn line_typed(&mut self, ctx: &mut Context<'_>) -> Outcome {
        let text = std::mem::take(&mut self.typed).trim().to_owned();
        let language = self.verb.language.clone().unwrap_or_else(|| "en-US".to_owned());
        self.spoken(ctx, &Utterance { text, confidence: Some(1.0), language })
    }

    fn key(&mut self, ctx: &mut Context<'_>, key: Key) -> Outcome {
        // With a recogniser that works, only what was asked for counts.
        if !self.verb.input.dtmf && self.speech != Speech::Off {
            return Outcome::Wait;
        }
        if self.cues.playing() && !self.verb.barge_in {
            return Outcome::Wait;
        }
        let finishing = self.verb.finish_on_key.contains(key);
        if !finishing && self.keys.is_empty() && !self.verb.start_input_key.contains(key) {
            return Outcome::Wait;
        }
        ctx.user_acted();
        self.cues.stop(ctx);
        // Who presses keys has chosen not to speak.
        self.stop_recogniser(ctx);
        if finishing {
            return self.done(ctx, Some(key));
        }
        self.keys.push(key.as_char());
        self.listen(ctx);
        let enough = self.verb.num_digits.map_or(ctx.base.limits.keys, usize::from);
        if self.keys.len() >= enough { self.done(ctx, None) } else { Outcome::Wait }
    }

    fn heard(&mut self, ctx: &mut Context<'_>, listening: ListeningId, heard: &Heard) -> Outcome {
        match heard {
            Heard::Begun => {
                ctx.user_acted();
                self.cues.stop(ctx);
                self.speech = Speech::Speaking(listening);
                self.listen(ctx);
                Outcome::Wait
            }
            Heard::Partial { stable, unstable } => {
                self.partial(ctx, stable, unstable);
                Outcome::Wait
            }
            Heard::TooShort => {
                self.too_short += 1;
                let again = self.too_short <= RETRIES_MAX;
                self.speech = if again { Speech::Later } else { Speech::Off };
                self.nothing_heard(ctx)
            }
            Heard::Done(utterance) => {
                self.speech = Speech::Off;
                if utterance.text.is_empty() {
                    return self.nothing_heard(ctx);
                }
                self.spoken(ctx, utterance)
            }
            Heard::Failed { text } => {
                self.speech = Speech::Off;
                let text = format!("{text}; Gather listens for keys only");
                ctx.warn(self.leg, self.line, 11_001, text);
                if self.cues.playing() { Outcome::Wait } else { self.nothing_heard(ctx) }
            }
        }
    }

    /// Noise was taken for speech, or the recogniser is gone: keys may still come.
    fn nothing_heard(&mut self, ctx: &mut Context<'_>) -> Outcome {
        if !self.cues.playing() {
            self.listen(ctx);
        }
        Outcome::Wait
    }

    fn partial(&mut self, ctx: &mut Context<'_>, stable: &str, unstable: &str) {
        let Some(target) = self.partial.clone().filter(|_| self.partials < PARTIALS_MAX) else { return };
        let params = params::partial(ctx.base, self.leg, stable, unstable, self.partials);
        self.partials += 1;
        let (url, method) = (target.url, target.method);
        let kind = CallbackKind::PartialResult;
        ctx.push(Action::Callback(Callback { leg: self.leg, kind, url, method, params }));
    }

    fn spoken(&mut self, ctx: &mut Context<'_>, utterance: &Utterance) -> Outcome {
        ctx.user_acted();
        self.cues.stop(ctx);
        self.end(ctx);
        ctx.trace(self.leg, "gathered", "speech");
        self.goto(params::speech(utterance))
    }

    fn done(&mut self, ctx: &mut Context<'_>, finished_on: Option<Key>) -> Outcome {
        self.stop_recogniser(ctx);
        self.end(ctx);
        ctx.trace(self.leg, "gathered", format!("{} keys", self.keys.len()));
        if self.keys.is_empty() && !self.verb.action_on_empty_result {
            let ends = self.verb.hangup_on_empty_result;
            return if ends { Outcome::End(Ending::Hangup) } else { Outcome::Next };
        }
        self.goto(params::gather(&self.keys, finished_on))
    }

    fn goto(&self, params: params::Params) -> Outcome {
        let (reference, method) = (self.verb.action.clone(), self.verb.method);
        Outcome::Goto { reference, method, params, purpose: Purpose::Action }
    }

    fn end(&mut self, ctx: &mut Context<'_>) {
        if let Some(running) = self.running.take() {
            running.over(ctx, self.leg, "completed", None, Vec::new());
        }
    }

    pub fn stop(&mut self, ctx: &mut Context<'_>) {
        self.end(ctx);
        self.cues.stop(ctx);
        self.stop_recogniser(ctx);
    }

    pub fn deadline(&self) -> Option<Duration> {
        self.cues.deadline().or(self.until)
    }
}
