//! Announcements to everyone: a document of `Say`, `Play`, `Pause` and `Redirect` played into the mix.

use std::collections::VecDeque;
use std::time::Duration;

use flexio_markup::{Document, Play, Say, Target, Verb, resolve};

use super::{Phase, RoomAction, Turn};
use crate::actions::{PromptId, PromptSource, RequestId};
use crate::events::{FetchError, PromptError};
use crate::params::put;

/// Documents one announcement may lead to by `<Redirect>`.
const REDIRECTS_MAX: u32 = 10;

/// An announcement that runs or waits its turn.
#[derive(Debug)]
pub(super) struct Announcement {
    /// As it was asked for.
    url: String,
    at: Target,
    redirects: u32,
    cues: VecDeque<Cue>,
    state: State,
}

#[derive(Debug)]
enum State {
    Waiting,
    Fetching { request: RequestId, until: Duration },
    Playing { prompt: PromptId, until: Duration },
    Pausing { until: Duration },
}

#[derive(Debug)]
enum Cue {
    Sound { source: PromptSource, times: u16 },
    Silence { seconds: u32 },
    Redirect { target: Target },
}

/// What an announcement may hear of.
pub(super) enum Heard {
    Prompt(PromptId, Result<(), PromptError>),
    Document(RequestId, Result<Document, FetchError>),
    Tick,
}

/// How the first announcement goes on.
enum Next {
    /// As before.
    Same,
    /// Its next cue.
    Cue,
    Failed(String),
}

/// One that plays for longer is cut off: the mix belongs to the talkers.
const PLAY_S_MAX: u32 = 600;

impl Announcement {
    pub fn deadline(&self) -> Option<Duration> {
        match self.state {
            State::Waiting => None,
            State::Fetching { until, .. } | State::Playing { until, .. } | State::Pausing { until } => {
                Some(until)
            }
        }
    }

    fn load(&mut self, document: &Document, language: &str) {
        for step in &document.steps {
            match &step.verb {
                Verb::Say(say) => self.cues.push_back(spoken(say, language)),
                Verb::Play(play) => self.cues.extend(played(play, &self.at.url)),
                Verb::Pause(pause) => self.cues.push_back(Cue::Silence { seconds: pause.length_s }),
                Verb::Redirect(redirect) => {
                    let url = redirect.url.as_ref().and_then(|url| resolve(&self.at.url, url).ok());
                    let target = url.map(|url| Target { url, method: redirect.method });
                    self.cues.extend(target.map(|target| Cue::Redirect { target }));
                    // What stands behind it is never reached.
                    return;
                }
                // Not valid in such a document; skipped with a warning when it was read.
                _ => {}
            }
        }
    }
}

fn spoken(say: &Say, language: &str) -> Cue {
    let source = PromptSource::Speech {
        text: say.text.clone(),
        ssml: say.ssml.clone(),
        voice: say.voice.clone(),
        language: say.language.clone().unwrap_or_else(|| language.to_owned()),
    };
    Cue::Sound { source, times: say.times }
}

fn played(play: &Play, base: &str) -> Option<Cue> {
    let url = resolve(base, play.url.as_deref()?).ok()?;
    Some(Cue::Sound { source: PromptSource::Url(url), times: play.times })
}

impl Turn<'_> {
    /// Queues an announcement; beyond the limit, and while nobody would hear it, it has failed.
    pub(super) fn announce(&mut self, target: Target) {
        let busy = self.room.announcements.len() >= self.room.limits.announcements;
        if busy || self.room.phase != Phase::Running {
            let reason = if busy { "too many announcements wait" } else { "the conference has not started" };
            self.report_announcement(&target.url, Some(reason));
            return;
        }
        self.room.announcements.push(Announcement {
            url: target.url.clone(),
            at: target,
            redirects: 0,
            cues: VecDeque::new(),
            state: State::Waiting,
        });
        if self.room.announcements.len() == 1 {
            self.fetch_announcement();
        }
    }

    fn fetch_announcement(&mut self) {
        let (request, until) = (self.request(), self.after(self.room.limits.answer_s));
        let facts = &self.room.facts;
        let mut params = Vec::new();
        put(&mut params, "AccountSid", &*facts.account_sid);
        put(&mut params, "ConferenceSid", &*facts.conference_sid);
        put(&mut params, "FriendlyName", &*facts.name);
        put(&mut params, "ApiVersion", facts.api_version.as_str());
        let Some(first) = self.room.announcements.first_mut() else { return };
        first.state = State::Fetching { request, until };
        self.out.push(RoomAction::Fetch { request, target: first.at.clone(), params });
    }

    pub(super) fn announced(&mut self, heard: &Heard) {
        let now = self.now.mono;
        let language = self.room.facts.language.clone();
        let Some(first) = self.room.announcements.first_mut() else { return };
        let next = match (&first.state, heard) {
            (State::Fetching { request, .. }, Heard::Document(answered, result)) if request == answered => {
                match result {
                    Ok(document) => {
                        first.load(document, &language);
                        Next::Cue
                    }
                    Err(error) => Next::Failed(error.to_string()),
                }
            }
            (State::Playing { prompt, .. }, Heard::Prompt(done, result)) if prompt == done => match result {
                Ok(()) => Next::Cue,
                Err(error) => Next::Failed(error.text.clone()),
            },
            (State::Fetching { until, .. }, Heard::Tick) if now >= *until => {
                Next::Failed("the document was not answered in time".to_owned())
            }
            (State::Playing { until, .. }, Heard::Tick) if now >= *until => {
                self.out.push(RoomAction::StopPlay);
                Next::Cue
            }
            (State::Pausing { until }, Heard::Tick) if now >= *until => Next::Cue,
            (
                State::Waiting | State::Fetching { .. } | State::Playing { .. } | State::Pausing { .. },
                Heard::Document(..) | Heard::Prompt(..) | Heard::Tick,
            ) => Next::Same,
        };
        match next {
            Next::Same => {}
            Next::Cue => self.next_cue(),
            Next::Failed(text) => self.announcement_over(Some(&text)),
        }
    }

    fn next_cue(&mut self) {
        let prompt = self.prompt();
        let longest = self.after(PLAY_S_MAX);
        let now = self.now.mono;
        let Some(first) = self.room.announcements.first_mut() else { return };
        match first.cues.pop_front() {
            None => self.announcement_over(None),
            Some(Cue::Sound { source, times }) => {
                first.state = State::Playing { prompt, until: longest };
                if let PromptSource::Speech { text, .. } = &source {
                    self.announce_in_text(text);
                }
                self.out.push(RoomAction::Play { prompt, source, times });
            }
            Some(Cue::Silence { seconds }) => {
                first.state = State::Pausing { until: now + Duration::from_secs(u64::from(seconds)) };
            }
            Some(Cue::Redirect { target }) => {
                first.at = target;
                first.redirects += 1;
                if first.redirects > REDIRECTS_MAX {
                    self.announcement_over(Some("the announcement redirects too often"));
                } else {
                    self.fetch_announcement();
                }
            }
        }
    }

    fn announcement_over(&mut self, failed: Option<&str>) {
        let done = self.room.announcements.remove(0);
        self.report_announcement(&done.url, failed);
        if !self.room.announcements.is_empty() {
            self.fetch_announcement();
        }
    }

    /// Ends every announcement: the conference is over.
    pub(super) fn silence(&mut self) {
        if self.room.announcements.is_empty() {
            return;
        }
        self.out.push(RoomAction::StopPlay);
        for announcement in std::mem::take(&mut self.room.announcements) {
            self.report_announcement(&announcement.url, Some("the conference has ended"));
        }
    }
}
