//! Voices over HTTP: OpenAI's speech API, which many engines offer too, and the Piper server.
//!
//! They are the operator's own servers, like recognisers. They get plain text: none of them reads SSML.

use std::sync::Mutex;
use std::time::Duration;

use serde::Deserialize;
use tokio::time::Instant;

use crate::{SayError, Voice};

/// Longest sound that is read, in bytes: five minutes at 48 kHz.
const SOUND_BYTES_MAX: usize = 30 * 1024 * 1024;
/// A server that failed is left alone for this long: callers hear the built-in voice meanwhile, and at once.
const REST: Duration = Duration::from_secs(10);

/// `[[tts]]`: a text-to-speech server.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TtsConfig {
    /// Prefix of `voice` attributes that ask for it: `voice="name.speaker"`. Part of the cache key.
    pub name: String,
    /// What it speaks.
    pub kind: TtsKind,
    /// Its server, up to before `/v1` for `openai`.
    pub url: String,
    /// Languages it speaks without being asked for by name, as `nl` or `nl-BE`; an empty list is none.
    pub languages: Vec<String>,
    /// Model; only `openai`.
    pub model: String,
    /// Key sent as `Authorization: Bearer`; empty for none.
    pub api_key: String,
    /// Its voices for `man` and `woman`; empty leaves the choice to the server.
    pub voice_man: String,
    /// See `voice_man`.
    pub voice_woman: String,
    /// Time for one synthesis, in milliseconds.
    pub timeout_ms: u32,
}

impl Default for TtsConfig {
    fn default() -> Self {
        Self {
            name: String::new(),
            kind: TtsKind::OpenAi,
            url: String::new(),
            languages: Vec::new(),
            model: "tts-1".to_owned(),
            api_key: String::new(),
            voice_man: String::new(),
            voice_woman: String::new(),
            timeout_ms: 5_000,
        }
    }
}

/// Protocols of text-to-speech servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TtsKind {
    /// `POST /v1/audio/speech`.
    OpenAi,
    /// `POST /` of the Piper HTTP server.
    Piper,
}

/// A server with what is known of it.
#[derive(Debug)]
pub(crate) struct HttpVoice {
    pub config: TtsConfig,
    http: reqwest::Client,
    rests_until: Mutex<Option<Instant>>,
}

impl HttpVoice {
    pub fn new(config: TtsConfig) -> Self {
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(2))
            .build();
        Self { config, http: client.unwrap_or_default(), rests_until: Mutex::default() }
    }

    /// The speaker a `voice` attribute asks for; `None` when it is another engine's.
    pub fn speaker(&self, written: Option<&str>, language: &str, voice: Voice) -> Option<String> {
        let named = written.and_then(|written| written.split_once('.'));
        let own = named.filter(|(engine, _)| engine.eq_ignore_ascii_case(&self.config.name));
        if let Some((_, speaker)) = own {
            return Some(speaker.to_owned());
        }
        let base = |code: &str| code.split('-').next().unwrap_or_default().to_ascii_lowercase();
        let speaks = |known: &String| {
            known.eq_ignore_ascii_case(language) || (!known.contains('-') && base(known) == base(language))
        };
        self.config.languages.iter().any(speaks).then(|| match voice {
            Voice::Man => self.config.voice_man.clone(),
            Voice::Woman => self.config.voice_woman.clone(),
        })
    }

    /// Whether it failed a moment ago.
    pub fn rests(&self) -> bool {
        let until = *self.rests_until.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        until.is_some_and(|until| Instant::now() < until)
    }

    /// A sound file of the text.
    pub async fn synthesise(&self, text: &str, speaker: &str) -> Result<Vec<u8>, SayError> {
        let sound = self.ask(text, speaker).await;
        let rests_until = sound.is_err().then(|| Instant::now() + REST);
        *self.rests_until.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = rests_until;
        sound
    }

    async fn ask(&self, text: &str, speaker: &str) -> Result<Vec<u8>, SayError> {
        let config = &self.config;
        let url = config.url.trim_end_matches('/');
        let (url, mut body) = match config.kind {
            TtsKind::OpenAi => {
                let body =
                    serde_json::json!({"model": config.model, "input": text, "response_format": "wav"});
                (format!("{url}/v1/audio/speech"), body)
            }
            TtsKind::Piper => (format!("{url}/"), serde_json::json!({"text": text})),
        };
        if !speaker.is_empty() {
            body["voice"] = speaker.into();
        }
        let mut request = self
            .http
            .post(url)
            .timeout(Duration::from_millis(config.timeout_ms.into()))
            .header("content-type", "application/json")
            .body(body.to_string());
        if !config.api_key.is_empty() {
            request = request.bearer_auth(&config.api_key);
        }
        // The library's own text may name addresses.
        let failed = |error: reqwest::Error| {
            let gone = || SayError::Engine("the speech server is not reachable".to_owned());
            if error.is_timeout() { SayError::TimedOut } else { gone() }
        };
        let mut response = request.send().await.map_err(failed)?;
        if !response.status().is_success() {
            return Err(SayError::Engine(format!(
                "the speech server answered {}",
                response.status().as_u16()
            )));
        }
        let mut sound = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(failed)? {
            if sound.len() + piece.len() > SOUND_BYTES_MAX {
                return Err(SayError::Engine("the utterance is too long".to_owned()));
            }
            sound.extend_from_slice(&piece);
        }
        Ok(sound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_speaks_when_asked_for_by_name_or_by_language() {
        let config = TtsConfig {
            name: "piper".into(),
            languages: vec!["nl".into(), "fr-BE".into()],
            voice_woman: "nathalie".into(),
            ..TtsConfig::default()
        };
        let voice = HttpVoice::new(config);
        let speaker = |written, language| voice.speaker(written, language, Voice::Woman);
        assert_eq!(speaker(Some("Piper.alan"), "en"), Some("alan".into()));
        assert_eq!(speaker(Some("woman"), "nl-BE"), Some("nathalie".into()));
        assert_eq!(speaker(None, "fr-be"), Some("nathalie".into()));
        assert_eq!(speaker(None, "fr-FR"), None);
        assert_eq!(speaker(Some("Polly.Lotte"), "en"), None);
    }
}
