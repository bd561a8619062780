//! Prompts of a call: from loading to the last sample.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use flexio_codec::Tone;
use flexio_media::{Command, PlayMode, PlaySource};
use flexio_voice::{Event, LegId, Play, PromptError, PromptId, PromptSource};

use crate::call_task::CallTask;
use crate::input::CallInput;

/// Length of the beep before a recording, in ms.
pub(crate) const BEEP_MS: u32 = 400;

/// A prompt that was asked for and is not over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Playing {
    pub leg: LegId,
    pub what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// Being loaded, or playing.
    Audio { endless: bool },
    /// A telephone tone until stopped.
    Tone,
    /// Digits on the way out.
    Digits,
}

impl CallTask {
    pub(crate) fn play(&mut self, play: Play) {
        let Play { prompt, leg, source, times } = play;
        self.verb_begins(prompt, leg, &source, times);
        // Who types may not hear: what is said is shown too, once.
        if let PromptSource::Speech { text, .. } = &source {
            self.show(leg, &format!("{text}\u{2028}"));
        }
        match source {
            PromptSource::Ringback { country } => self.ring_back(prompt, leg, country.as_deref()),
            PromptSource::Digits(digits) => {
                self.prompts.insert(prompt, Playing { leg, what: What::Digits });
                self.media(leg, Command::SendDtmf { digits });
            }
            PromptSource::Beep => {
                self.prompts.insert(prompt, Playing { leg, what: What::Audio { endless: false } });
                self.start_audio(prompt, leg, PlaySource::Tone(Tone::Beep, BEEP_MS), 1);
            }
            source @ (PromptSource::Speech { .. }
            | PromptSource::Url(_)
            | PromptSource::Music(_)
            | PromptSource::HoldMusic) => {
                let endless = matches!(source, PromptSource::Music(_) | PromptSource::HoldMusic);
                self.prompts.insert(prompt, Playing { leg, what: What::Audio { endless } });
                self.load(prompt, leg, source, times);
            }
        }
    }

    /// The ring-back of a country, or, where none is asked for or its tone is not known, that of the platform.
    fn ring_back(&mut self, prompt: PromptId, leg: LegId, country: Option<&str>) {
        if let Some(tone) = country.and_then(tone_of) {
            self.prompts.insert(prompt, Playing { leg, what: What::Audio { endless: true } });
            self.start_audio(prompt, leg, PlaySource::Prompt(tone), 0);
        } else {
            self.prompts.insert(prompt, Playing { leg, what: What::Tone });
            self.media(leg, Command::Tone(Some(Tone::Ringback)));
        }
    }

    /// Plays at once what is cached; loads the rest beside the call.
    fn load(&mut self, prompt: PromptId, leg: LegId, source: PromptSource, times: u16) {
        let (node, sender) = (self.node.clone(), self.sender.clone());
        let account = self.account;
        if let Some(audio) = node.prompts.cached(&source) {
            self.prompt_ready(prompt, leg, times, Ok(audio));
            return;
        }
        tokio::spawn(async move {
            let result = node.prompts.load(account, &source).await;
            sender.answer(CallInput::Prompt { prompt, leg, times, result }).await;
        });
    }

    pub(crate) fn prompt_ready(
        &mut self,
        prompt: PromptId,
        leg: LegId,
        times: u16,
        result: Result<flexio_media::Prompt, PromptError>,
    ) {
        let Some(Playing { what: What::Audio { endless }, .. }) = self.prompts.get(&prompt).copied() else {
            return;
        };
        match result {
            Ok(audio) => {
                let loops = if endless { 0 } else { u32::from(times) };
                self.start_audio(prompt, leg, PlaySource::Prompt(audio), loops);
            }
            Err(error) => {
                self.prompts.remove(&prompt);
                self.verb_ends(prompt, Some(&error));
                self.found.push_back(Event::PromptDone { prompt, result: Err(error) });
            }
        }
    }

    fn start_audio(&mut self, prompt: PromptId, leg: LegId, source: PlaySource, loops: u32) {
        let command = Command::Play { play_id: u64::from(prompt.0), source, loops, mode: PlayMode::Replace };
        let taken = self.legs.get(&leg).is_some_and(|leg| leg.media(&self.node.media, command));
        if !taken {
            self.prompts.remove(&prompt);
            let error = PromptError { code: 12_400, text: "the leg has no media".to_owned() };
            self.verb_ends(prompt, Some(&error));
            self.found.push_back(Event::PromptDone { prompt, result: Err(error) });
        }
    }

    pub(crate) fn stop_prompt(&mut self, prompt: PromptId) {
        let Some(Playing { leg, what }) = self.prompts.remove(&prompt) else { return };
        self.verb_ends(prompt, None);
        match what {
            What::Tone => self.media(leg, Command::Tone(None)),
            What::Audio { .. } => self.media(leg, Command::StopPlay),
            // Digits that are on their way go out: half a code is worse than a whole one.
            What::Digits => {}
        }
    }

    /// A prompt ended in the media thread. One that was stopped or replaced is not here any more.
    pub(crate) fn play_done(&mut self, play_id: u64, _finished: bool) {
        let Ok(number) = u32::try_from(play_id) else { return };
        if self.prompts.remove(&PromptId(number)).is_some() {
            self.verb_ends(PromptId(number), None);
            self.found.push_back(Event::PromptDone { prompt: PromptId(number), result: Ok(()) });
        }
    }

    pub(crate) fn digits_sent(&mut self, token: u64) {
        let leg = self.legs.iter().find(|(_, leg)| leg.token == token).map(|(id, _)| *id);
        let done = self
            .prompts
            .iter()
            .find(|(_, p)| p.what == What::Digits && Some(p.leg) == leg)
            .map(|(id, _)| *id);
        if let Some(prompt) = done {
            self.prompts.remove(&prompt);
            self.found.push_back(Event::PromptDone { prompt, result: Ok(()) });
        }
    }
}

/// A country's ring-back, rendered once; there are some 40 tones, of at most 100 KB each.
fn tone_of(country: &str) -> Option<flexio_media::Prompt> {
    static TONES: LazyLock<Mutex<HashMap<String, flexio_media::Prompt>>> = LazyLock::new(Mutex::default);
    let mut tones = TONES.lock().expect("no panic while the tones are held");
    if let Some(tone) = tones.get(country) {
        return Some(tone.clone());
    }
    let tone = flexio_media::Prompt::new(flexio_codec::ringback(country)?);
    tones.insert(country.to_owned(), tone.clone());
    Some(tone)
}
