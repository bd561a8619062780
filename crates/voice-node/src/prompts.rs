//! Prompts ready to be played: speech and files, decoded once, encoded once, shared by all calls.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use flexio_app::{App, SOUND_SCHEME};
use flexio_domain::AccountSid;
use flexio_markup::{Document, Play, Prompt as Nested, Say, Verb, Voice};
use flexio_media::Prompt;
use flexio_outbound::{MediaOutcome, Outbound, Validators};
use flexio_speech::{FetchFailure, FetchedMedia, Keep, MediaFetcher, MediaVersion, SayRequest, Speech};
use flexio_voice::{PromptError, PromptSource};

/// Spoken prompts kept in the form the media threads send, at most; then the table starts anew (the decoded form stays cached in
/// `speech`, by bytes).
const KEPT: usize = 1_024;
/// Prompts of one document prepared ahead of time.
const AHEAD: usize = 16;

/// What makes two utterances the same.
type Utterance = (String, String, flexio_speech::Voice, Option<String>);

/// Loads prompts.
#[derive(Clone)]
pub(crate) struct Prompts {
    speech: Speech,
    outbound: Outbound,
    app: Arc<App>,
    spoken: Arc<Mutex<HashMap<Utterance, Prompt>>>,
    music: Prompt,
}

impl fmt::Debug for Prompts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prompts").finish_non_exhaustive()
    }
}

impl Prompts {
    pub(crate) fn new(speech: Speech, outbound: Outbound, app: Arc<App>) -> Self {
        Self { speech, outbound, app, spoken: Arc::default(), music: Prompt::new(crate::music::hold()) }
    }

    fn spoken(&self) -> MutexGuard<'_, HashMap<Utterance, Prompt>> {
        self.spoken.lock().expect("no panic while the prompts are held")
    }

    /// A prompt that can be played now.
    pub(crate) fn cached(&self, source: &PromptSource) -> Option<Prompt> {
        if matches!(source, PromptSource::HoldMusic) {
            return Some(self.music.clone());
        }
        self.spoken().get(&utterance(source)?).cloned()
    }

    /// Loads a prompt; takes as long as speech or the application's server does.
    pub(crate) async fn load(
        &self,
        account: AccountSid,
        source: &PromptSource,
    ) -> Result<Prompt, PromptError> {
        match source {
            PromptSource::Speech { .. } => self.say(source).await,
            PromptSource::Url(url) | PromptSource::Music(url) => {
                let fetcher =
                    Fetcher { outbound: self.outbound.clone(), app: Arc::clone(&self.app), account };
                let played = self.speech.play(&account.to_string(), url, &fetcher).await;
                let prompt = played.map_err(|error| failure(u32::from(error.notification_code()), &error))?;
                Ok(Prompt::new(prompt.pcm.to_vec()))
            }
            PromptSource::HoldMusic => Ok(self.music.clone()),
            PromptSource::Digits(_) | PromptSource::Beep | PromptSource::Ringback { .. } => {
                Ok(Prompt::new(Vec::new()))
            }
        }
    }

    async fn say(&self, source: &PromptSource) -> Result<Prompt, PromptError> {
        let Some((text, language, voice, named)) = utterance(source) else {
            return Ok(Prompt::new(Vec::new()));
        };
        let request = SayRequest {
            text: &text,
            language: &language,
            voice,
            named: named.as_deref(),
            keep: Keep::Everywhere,
        };
        let said = self.speech.say(request).await;
        let spoken = said.map_err(|error| failure(u32::from(error.notification_code()), &error))?;
        let prompt = Prompt::new(spoken.prompt.pcm.to_vec());
        let mut kept = self.spoken();
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert((text, language, voice, named), prompt.clone());
        Ok(prompt)
    }

    /// Starts loading what a document will say and play, so that its verbs follow each other without a gap.
    pub(crate) fn prepare(&self, account: AccountSid, document: &Document, base: &str, language: &str) {
        let sources = prompts_of(document, base, language);
        for source in sources.into_iter().take(AHEAD).filter(|source| self.cached(source).is_none()) {
            let prompts = self.clone();
            tokio::spawn(async move {
                // A failure is told when the verb is reached.
                let _ = tokio::time::timeout(Duration::from_secs(15), prompts.load(account, &source)).await;
            });
        }
    }
}

fn failure(code: u32, error: &dyn std::error::Error) -> PromptError {
    PromptError { code, text: error.to_string() }
}

fn utterance(source: &PromptSource) -> Option<Utterance> {
    let PromptSource::Speech { text, ssml, voice, language } = source else { return None };
    let script = ssml.as_ref().map_or_else(|| text.clone(), |ssml| as_document(ssml));
    let named = match voice {
        Voice::Named(name) => Some(name.clone()),
        Voice::Man | Voice::Woman => None,
    };
    Some((script, language.clone(), speaker(voice), named))
}

/// SSML elements inside a verb are a fragment; the synthesiser wants a document.
fn as_document(ssml: &str) -> String {
    if ssml.trim_start().starts_with("<speak") { ssml.to_owned() } else { format!("<speak>{ssml}</speak>") }
}

fn speaker(voice: &Voice) -> flexio_speech::Voice {
    match voice {
        Voice::Man => flexio_speech::Voice::Man,
        Voice::Woman => flexio_speech::Voice::Woman,
        Voice::Named(name) => flexio_speech::Voice::parse(name).unwrap_or_default(),
    }
}

fn prompts_of(document: &Document, base: &str, language: &str) -> Vec<PromptSource> {
    let mut sources = Vec::new();
    for step in &document.steps {
        match &step.verb {
            Verb::Say(say) => sources.push(speech_of(say, language)),
            Verb::Play(play) => sources.extend(url_of(play, base)),
            Verb::Gather(gather) => {
                for prompt in &gather.prompts {
                    match prompt {
                        Nested::Say(say) => sources.push(speech_of(say, language)),
                        Nested::Play(play) => sources.extend(url_of(play, base)),
                        Nested::Pause(_) => {}
                    }
                }
            }
            _ => {}
        }
    }
    sources
}

fn speech_of(say: &Say, language: &str) -> PromptSource {
    PromptSource::Speech {
        text: say.text.clone(),
        ssml: say.ssml.clone(),
        voice: say.voice.clone(),
        language: say.language.clone().unwrap_or_else(|| language.to_owned()),
    }
}

fn url_of(play: &Play, base: &str) -> Option<PromptSource> {
    let url = flexio_markup::resolve(base, play.url.as_deref()?).ok()?;
    Some(PromptSource::Url(url))
}

/// Media goes through the guarded client like every URL of a customer; sound files of the account are at hand.
struct Fetcher {
    outbound: Outbound,
    app: Arc<App>,
    account: AccountSid,
}

impl Fetcher {
    /// A file of the account. Its version is when it was put there, so that another under its name is played from then on.
    async fn sound(&self, name: &str, known: &MediaVersion) -> Result<FetchedMedia, FetchFailure> {
        let failed = |error: flexio_app::AppError| FetchFailure {
            code: FILE_NOT_FOUND,
            text: format!("the sound file `{name}` cannot be had: {error}"),
        };
        let sound = self.app.sound(self.account, name).await.map_err(failed)?;
        let version = MediaVersion { etag: Some(sound.created_at.to_string()), last_modified: None };
        if known.etag == version.etag {
            return Ok(FetchedMedia::NotModified { max_age: Some(Duration::ZERO) });
        }
        let bytes = self.app.sound_bytes(self.account, name).await.map_err(failed)?;
        Ok(FetchedMedia::File { bytes, version, max_age: Some(Duration::ZERO), no_store: false })
    }
}

/// The notification's code for media that is not there, as of a web server's 404.
const FILE_NOT_FOUND: u16 = 11_200;

#[async_trait]
impl MediaFetcher for Fetcher {
    async fn fetch(&self, url: &str, known: &MediaVersion) -> Result<FetchedMedia, FetchFailure> {
        if let Some(name) = url.strip_prefix(SOUND_SCHEME) {
            return self.sound(name, known).await;
        }
        let validators = Validators { etag: known.etag.clone(), last_modified: known.last_modified.clone() };
        let outcome = self.outbound.fetch_media(url, &validators).await.map_err(|error| FetchFailure {
            code: error.notification_code(flexio_outbound::WireForm::Rcml),
            text: error.to_string(),
        })?;
        let age = |age: Option<jiff::SignedDuration>| age.and_then(|age| Duration::try_from(age).ok());
        Ok(match outcome {
            MediaOutcome::Fetched(media) => FetchedMedia::File {
                bytes: media.bytes,
                version: MediaVersion {
                    etag: media.validators.etag,
                    last_modified: media.validators.last_modified,
                },
                max_age: age(media.max_age),
                no_store: media.no_store,
            },
            MediaOutcome::NotModified { max_age } => FetchedMedia::NotModified { max_age: age(max_age) },
        })
    }
}
