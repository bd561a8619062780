//! Speech to text: recognisers by configuration, asked live or about a whole recording.
//!
//! Recognisers are the operator's own servers, named in the configuration, so they are not behind the guard of customers' URLs.

mod http;
mod vosk;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use serde::Deserialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

/// Audio that may wait for a recogniser: 10 s in frames of 20 ms. One that is further behind is given up.
const WAITING_FRAMES: usize = 512;
/// Results that may wait to be read.
const WAITING_RESULTS: usize = 64;
/// Longest utterance sent to a recogniser, in samples at 8 kHz: two minutes. What comes then is left out.
const SAMPLES_MAX: usize = 120 * 8_000;

/// `[[recogniser]]`: a speech recogniser.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RecogniserConfig {
    /// Name in logs and metrics.
    pub name: String,
    /// What it speaks.
    pub kind: RecogniserKind,
    /// Its server: `ws://` or `wss://` for `vosk`, `http://` or `https://` up to before `/v1` for `openai`.
    pub url: String,
    /// Languages it knows, as `nl` (all of Dutch) or `nl-BE`; an empty list is every language.
    pub languages: Vec<String>,
    /// Model it is asked for; only `openai`.
    pub model: String,
    /// Key sent as `Authorization: Bearer`; empty for none. Only `openai`.
    pub api_key: String,
    /// Samples per second it is sent: 8000 or 16000; only `vosk`.
    pub sample_rate_hz: u32,
    /// Utterances it recognises at one time; a further one is refused, and `<Gather>` listens for keys only.
    pub sessions_max: usize,
    /// Time for its answer, in milliseconds.
    pub timeout_ms: u32,
}

impl Default for RecogniserConfig {
    fn default() -> Self {
        Self {
            name: String::new(),
            kind: RecogniserKind::Vosk,
            url: String::new(),
            languages: Vec::new(),
            model: "whisper-1".to_owned(),
            api_key: String::new(),
            sample_rate_hz: 8_000,
            sessions_max: 100,
            timeout_ms: 10_000,
        }
    }
}

/// Protocols of recognisers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RecogniserKind {
    /// The WebSocket protocol of the Vosk server: results while somebody speaks.
    Vosk,
    /// `POST /v1/audio/transcriptions` as OpenAI has it, and many Whisper servers: a result when the utterance is over.
    OpenAi,
}

/// What a recogniser understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Transcript {
    /// The words; empty when it understood none.
    pub text: String,
    /// From 0 to 1, when it tells.
    pub confidence: Option<f32>,
}

/// A piece of a running recognition.
#[derive(Debug, Clone, PartialEq)]
pub enum Recognised {
    /// The words since the last `Text`, which may change.
    Partial(String),
    /// Words that will not change.
    Text(Transcript),
}

/// Why speech cannot be recognised. The texts may be shown to the customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecogniseError {
    /// No recogniser is configured, or none for this language.
    #[error("no speech recogniser for this language is available")]
    NotConfigured,
    /// `sessions_max` utterances are being recognised.
    #[error("the speech recogniser has too much to do")]
    Busy,
    /// No connection, or it broke.
    #[error("the speech recogniser is not reachable")]
    Gone,
    /// No answer in time.
    #[error("the speech recogniser takes too long")]
    TimedOut,
    /// An answer that is none.
    #[error("the speech recogniser answered with an error")]
    Refused,
    /// A bug here: the task that talks to it is no more.
    #[error("speech recognition broke off")]
    Broken,
}

/// What the task that talks to a recogniser tells; the last is `Failed` or `Ended`.
#[derive(Debug)]
enum Told {
    Piece(Recognised),
    Failed(RecogniseError),
    Ended,
}

/// Where a recogniser's task puts what was understood.
#[derive(Debug, Clone)]
struct Results(mpsc::Sender<Told>);

impl Results {
    /// Whoever asked may be gone, which the end of the audio tells too.
    async fn tell(&self, recognised: Recognised) {
        let _ = self.0.send(Told::Piece(recognised)).await;
    }

    /// Nobody wants any more of it.
    fn is_closed(&self) -> bool {
        self.0.is_closed()
    }

    /// Runs what talks to recogniser `name`, and tells how it ended whatever happens: whoever waits for words would take silence for nothing
    /// having been said.
    async fn run(self, name: String, talk: impl Future<Output = Result<(), RecogniseError>>) {
        let talk = AssertUnwindSafe(talk).catch_unwind();
        let end = tokio::select! {
            end = talk => end,
            // A server that takes nothing would keep its connection, and this task, long after whoever asked has gone.
            () = self.0.closed() => return,
        };
        let end = match end {
            Ok(Ok(())) => Told::Ended,
            Ok(Err(error)) => {
                tracing::warn!(recogniser = name, %error, "recogniser_failed");
                Told::Failed(error)
            }
            Err(_) => {
                tracing::error!(recogniser = name, "recogniser_task_panicked");
                Told::Failed(RecogniseError::Broken)
            }
        };
        let _ = self.0.send(end).await;
    }
}

/// What is to be recognised.
#[derive(Debug, Clone, Copy)]
pub struct RecogniseRequest<'a> {
    /// As the document wrote it: `nl-BE`, `en`, `bf`.
    pub language: &'a str,
    /// Words to be expected; a recogniser may ignore them.
    pub hints: &'a [String],
}

/// All recognisers. Cloning shares their limits.
#[derive(Debug, Clone, Default)]
pub struct Recognisers {
    all: Arc<[Recogniser]>,
}

#[derive(Debug)]
struct Recogniser {
    config: RecogniserConfig,
    places: Arc<Semaphore>,
    http: reqwest::Client,
}

/// A recogniser that listens. Dropping it ends that.
#[derive(Debug)]
pub struct Recognition {
    /// `None` once no more audio comes.
    audio: Option<mpsc::Sender<Vec<i16>>>,
    results: mpsc::Receiver<Told>,
    /// Its end was told.
    is_over: bool,
    /// The language really listened for.
    pub language: String,
    /// It finds the end of an utterance itself, and tells words while somebody speaks.
    pub is_live: bool,
    _place: OwnedSemaphorePermit,
}

impl Recognisers {
    /// From the configuration; the first that knows a language is asked.
    pub fn new(configs: Vec<RecogniserConfig>) -> Self {
        let recogniser = |config: RecogniserConfig| Recogniser {
            places: Arc::new(Semaphore::new(config.sessions_max)),
            http: reqwest::Client::builder()
                .no_proxy()
                .redirect(reqwest::redirect::Policy::none())
                .connect_timeout(Duration::from_secs(3))
                .build()
                .unwrap_or_default(),
            config,
        };
        Self { all: configs.into_iter().map(recogniser).collect() }
    }

    /// Starts to listen.
    pub fn open(&self, request: RecogniseRequest<'_>) -> Result<Recognition, RecogniseError> {
        let (recogniser, language) = self.choose(request.language)?;
        let place = Arc::clone(&recogniser.places).try_acquire_owned().map_err(|_| RecogniseError::Busy)?;
        let (audio, frames) = mpsc::channel(WAITING_FRAMES);
        let (sender, results) = mpsc::channel(WAITING_RESULTS);
        let config = recogniser.config.clone();
        let is_live = config.kind == RecogniserKind::Vosk;
        let (told, name) = (Results(sender), config.name.clone());
        match config.kind {
            RecogniserKind::Vosk => {
                let talk = vosk::listen(config, frames, told.clone());
                drop(tokio::spawn(told.run(name, talk)));
            }
            RecogniserKind::OpenAi => {
                let (http, asked) = (recogniser.http.clone(), language.clone());
                let hints = request.hints.join(", ");
                let talk = http::listen(http, config, asked, hints, frames, told.clone());
                drop(tokio::spawn(told.run(name, talk)));
            }
        }
        Ok(Recognition { audio: Some(audio), results, is_over: false, language, is_live, _place: place })
    }

    /// Recognises a whole recording at 8 kHz, mono. Whole recordings want a recogniser that is asked by HTTP.
    pub async fn transcribe(&self, language: &str, samples: &[i16]) -> Result<Transcript, RecogniseError> {
        let wanted = normalise(language);
        let found = self.all.iter().filter(|r| r.config.kind == RecogniserKind::OpenAi);
        let mut found = found.filter(|r| knows(&r.config, &wanted).is_some());
        let recogniser = found.next().ok_or(RecogniseError::NotConfigured)?;
        let waits = Arc::clone(&recogniser.places).acquire_owned();
        let patience = Duration::from_secs(60);
        let Ok(Ok(_place)) = tokio::time::timeout(patience, waits).await else {
            return Err(RecogniseError::Busy);
        };
        let language = knows(&recogniser.config, &wanted).unwrap_or(wanted.clone());
        http::ask(&recogniser.http, &recogniser.config, &language, "", samples).await
    }

    /// Whether whole recordings can be recognised at all.
    pub fn can_transcribe(&self) -> bool {
        self.all.iter().any(|recogniser| recogniser.config.kind == RecogniserKind::OpenAi)
    }

    fn choose(&self, language: &str) -> Result<(&Recogniser, String), RecogniseError> {
        let wanted = normalise(language);
        let mut found = self.all.iter().filter_map(|r| Some((r, knows(&r.config, &wanted)?)));
        found.next().ok_or(RecogniseError::NotConfigured)
    }
}

impl Recognition {
    /// Gives 20 ms or so at 8 kHz; false when the recogniser is gone or too far behind.
    pub fn feed(&self, samples: &[i16]) -> bool {
        self.audio.as_ref().is_some_and(|audio| audio.try_send(samples.to_vec()).is_ok())
    }

    /// No more audio comes; what was said so far is still told.
    pub fn finish(&mut self) {
        self.audio = None;
    }

    /// The next piece; `None` when all has been told, which an error is the end of too. Cancelling loses nothing.
    pub async fn next(&mut self) -> Option<Result<Recognised, RecogniseError>> {
        if self.is_over {
            return None;
        }
        let told = self.results.recv().await;
        self.is_over = !matches!(told, Some(Told::Piece(_)));
        match told {
            Some(Told::Piece(recognised)) => Some(Ok(recognised)),
            Some(Told::Failed(error)) => Some(Err(error)),
            Some(Told::Ended) => None,
            // Its task was ended from outside.
            None => Some(Err(RecogniseError::Broken)),
        }
    }
}

/// `bf` of Restcomm is `fr-be`; the rest is lower case.
fn normalise(language: &str) -> String {
    let lower = language.trim().to_ascii_lowercase().replace('_', "-");
    match lower.as_str() {
        "bf" => "fr-be".to_owned(),
        "bp" => "pt-br".to_owned(),
        "cf" => "fr-ca".to_owned(),
        "dan" => "da".to_owned(),
        _ => lower,
    }
}

/// The language of the recogniser's list that serves this one.
fn knows(config: &RecogniserConfig, wanted: &str) -> Option<String> {
    if config.languages.is_empty() {
        return Some(wanted.to_owned());
    }
    let is = |known: &&String| {
        let known = known.to_ascii_lowercase();
        // `nl` knows nl-BE; where only nl-NL is at hand, nl-BE is served by it.
        known == wanted || base(&known) == base(wanted)
    };
    let exact = config.languages.iter().find(|known| known.eq_ignore_ascii_case(wanted));
    exact.or_else(|| config.languages.iter().find(is)).cloned()
}

fn base(language: &str) -> &str {
    language.split('-').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(name: &str, languages: &[&str]) -> RecogniserConfig {
        RecogniserConfig {
            name: name.to_owned(),
            url: "ws://127.0.0.1:9".to_owned(),
            languages: languages.iter().map(|language| (*language).to_owned()).collect(),
            sessions_max: 1,
            timeout_ms: 500,
            ..RecogniserConfig::default()
        }
    }

    #[test]
    fn the_first_that_knows_the_language_is_asked_and_says_which_it_uses() {
        let all = Recognisers::new(vec![
            config("a", &["nl-NL", "nl-BE"]),
            config("b", &["fr"]),
            config("c", &["de"]),
        ]);
        for (asked, name, used) in
            [("nl-be", "a", "nl-BE"), ("nl", "a", "nl-NL"), ("bf", "b", "fr"), ("de-DE", "c", "de")]
        {
            let (recogniser, language) = all.choose(asked).unwrap();
            assert_eq!((recogniser.config.name.as_str(), language.as_str()), (name, used), "{asked}");
        }
        assert_eq!(all.choose("ja").unwrap_err(), RecogniseError::NotConfigured);
    }

    #[tokio::test]
    async fn one_session_too_many_is_refused_and_a_server_that_is_gone_is_told() {
        let all = Recognisers::new(vec![config("a", &[])]);
        let request = RecogniseRequest { language: "nl", hints: &[] };
        let mut first = all.open(request).unwrap();
        assert_eq!(all.open(request).unwrap_err(), RecogniseError::Busy);
        assert_eq!(first.next().await, Some(Err(RecogniseError::Gone)));
        assert_eq!(first.next().await, None);
        drop(first);
        assert!(all.open(request).is_ok());
    }

    async fn all_told(
        talk: impl Future<Output = Result<(), RecogniseError>> + Send + 'static,
    ) -> Vec<String> {
        let (sender, results) = mpsc::channel(WAITING_RESULTS);
        let place = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
        let (audio, is_over, language) = (None, false, String::new());
        let mut listening = Recognition { audio, results, is_over, language, is_live: false, _place: place };
        let told = Results(sender);
        tokio::spawn(async move {
            told.tell(Recognised::Partial("een".into())).await;
            told.run("test".into(), talk).await;
        });
        let mut all = Vec::new();
        while let Some(piece) = listening.next().await {
            all.push(format!("{piece:?}"));
        }
        all
    }

    #[tokio::test]
    async fn a_task_that_panics_or_is_ended_is_told_as_an_error_and_not_as_the_end() {
        let partial = r#"Ok(Partial("een"))"#.to_owned();
        assert_eq!(all_told(async { Ok(()) }).await, std::slice::from_ref(&partial));
        let broken = [partial, "Err(Broken)".to_owned()];
        assert_eq!(all_told(async { panic!("a bug") }).await, broken);
        let (sender, results) = mpsc::channel(1);
        drop(sender);
        let place = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
        let (audio, is_over, language) = (None, false, String::new());
        let mut ended = Recognition { audio, results, is_over, language, is_live: false, _place: place };
        assert_eq!(ended.next().await, Some(Err(RecogniseError::Broken)));
        assert_eq!(ended.next().await, None);
    }
}
