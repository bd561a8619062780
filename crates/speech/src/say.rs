//! The service: text or URL in, prompt out.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use sha2::{Digest, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::cache::{Key, Lru};
use crate::decode::{self, DecodeLimits};
use crate::disk::DiskCache;
use crate::flight::Flights;
use crate::language::{self, Resolved};
use crate::play::CachedMedia;
use crate::ssml::Script;
use crate::voices::HttpVoice;
use crate::{Espeak, PlayError, Prompt, PromptError, SayError, SpeechConfig, Substitution, Voice};

/// Tasks that may wait for one of the workers.
const WAITING_MAX: usize = 256;
/// Ceiling for decoding one file: ten minutes of MP3 take well under a second.
const DECODE_TIME_MAX: Duration = Duration::from_secs(10);

/// Turns text into sound. Implementations only synthesise: limits, caches and languages are [`Speech`]'s.
#[async_trait]
pub trait TtsProvider: std::fmt::Debug + Send + Sync + 'static {
    /// Short stable name; part of the cache key.
    fn engine(&self) -> &'static str;

    /// A sound file (WAV, MP3 or OGG) of the text. Must stop working when the future is dropped.
    async fn synthesise(&self, request: SynthesisRequest<'_>) -> Result<Vec<u8>, SayError>;
}

/// What a provider is asked.
#[derive(Debug, Clone, Copy)]
pub struct SynthesisRequest<'a> {
    /// Plain text, or an SSML document of harmless tags only.
    pub text: &'a str,
    /// Whether `text` is SSML.
    pub is_ssml: bool,
    /// Lower-case code of a language with a voice: `nl`, `fr-be`, `en-gb`.
    pub language: &'a str,
    /// Who speaks.
    pub voice: Voice,
}

/// Where speech may be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Keep {
    /// In memory and on disk.
    #[default]
    Everywhere,
    /// Nowhere, for texts with a secret such as a verification code.
    Nowhere,
}

/// One utterance.
#[derive(Debug, Clone, Copy)]
pub struct SayRequest<'a> {
    /// Plain text, or an SSML document beginning with `<speak`.
    pub text: &'a str,
    /// As in the attribute: `nl-BE`, `bf`, `en`.
    pub language: &'a str,
    /// Who speaks.
    pub voice: Voice,
    /// The `voice` attribute as written, such as `piper.nathalie`: it may name a server.
    pub named: Option<&'a str>,
    /// Whether the sound may be cached.
    pub keep: Keep,
}

/// A spoken text.
#[derive(Debug, Clone)]
pub struct Spoken {
    /// Empty for a text without a visible character.
    pub prompt: Prompt,
    /// The language whose voice speaks.
    pub language: String,
    /// Set the first time a language is asked for that only a near one's voice can speak; worth one warning in the log.
    pub warning: Option<Substitution>,
    /// Name of the engine.
    pub engine: String,
}

/// Speech and prompts of one process. Cloning shares caches and limits.
#[derive(Debug, Clone)]
pub struct Speech {
    pub(crate) shared: Arc<Shared>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    config: SpeechConfig,
    provider: Arc<dyn TtsProvider>,
    servers: Vec<HttpVoice>,
    pub(crate) memory: Mutex<Lru<CachedMedia>>,
    disk: Option<Arc<DiskCache>>,
    syntheses: Flights<Result<Prompt, SayError>>,
    pub(crate) fetches: Flights<Result<Prompt, PlayError>>,
    synthesis_slots: Slots,
    decode_slots: Slots,
    warned: Mutex<HashSet<String>>,
}

impl Speech {
    /// With espeak-ng as the voice.
    pub fn new(config: SpeechConfig) -> Self {
        let espeak = Espeak::new(&config);
        Self::with_provider(config, Arc::new(espeak))
    }

    /// With another voice.
    pub fn with_provider(config: SpeechConfig, provider: Arc<dyn TtsProvider>) -> Self {
        let disk =
            config.disk_cache_dir.clone().map(|dir| Arc::new(DiskCache::new(dir, config.disk_cache_bytes)));
        let workers = config.workers();
        let servers = config.servers.iter().cloned().map(HttpVoice::new).collect();
        let shared = Shared {
            memory: Mutex::new(Lru::new(config.memory_cache_bytes)),
            disk,
            syntheses: Flights::default(),
            fetches: Flights::default(),
            synthesis_slots: Slots::new(workers),
            decode_slots: Slots::new(workers),
            warned: Mutex::default(),
            provider,
            servers,
            config,
        };
        Self { shared: Arc::new(shared) }
    }

    /// Speaks a text, from the cache when it was spoken before. Speech is shared between accounts: whoever has the text may have its
    /// sound.
    pub async fn say(&self, request: SayRequest<'_>) -> Result<Spoken, SayError> {
        let shared = &self.shared;
        let max = shared.config.characters_max;
        // Markup may be longer than what is spoken, but not without limit.
        if request.text.len() > max.saturating_mul(16) {
            return Err(SayError::TooLong { max });
        }
        let script = Script::read(request.text);
        if script.spoken_chars > max {
            return Err(SayError::TooLong { max });
        }
        if let Some(spoken) = shared.by_server(&script, &request).await {
            return Ok(spoken);
        }
        let Resolved { voice: language, substitution } = language::resolve(request.language)
            .ok_or_else(|| SayError::UnknownLanguage(request.language.chars().take(20).collect()))?;
        let prompt = if script.spoken_chars == 0 {
            Prompt::new(Vec::new())
        } else {
            let speaker = Speaker::BuiltIn { language, voice: request.voice };
            shared.speech(&script, &speaker, request.keep).await?
        };
        let warning = substitution.filter(|substitution| shared.is_first_warning(&substitution.asked));
        let engine = shared.provider.engine().to_owned();
        Ok(Spoken { prompt, language: language.to_owned(), warning, engine })
    }

    /// Decodes a sound file: WAV (PCM, µ-law, A-law), MP3 or OGG/Vorbis, recognised by its content.
    pub async fn decode(&self, file: Vec<u8>) -> Result<Prompt, PromptError> {
        self.shared.decode(file).await
    }
}

/// Who speaks a text.
enum Speaker<'a> {
    /// The provider of this process.
    BuiltIn { language: &'a str, voice: Voice },
    /// A server, and its name of the voice.
    Server(&'a HttpVoice, String),
}

impl Shared {
    /// Lets the first server speak that is asked for or knows the language; `None` when there is none, or it failed.
    async fn by_server(&self, script: &Script, request: &SayRequest<'_>) -> Option<Spoken> {
        if script.spoken_chars == 0 {
            return None;
        }
        let language = request.language.trim();
        let (server, speaker) = self
            .servers
            .iter()
            .find_map(|server| Some((server, server.speaker(request.named, language, request.voice)?)))?;
        let engine = server.config.name.clone();
        match self.speech(script, &Speaker::Server(server, speaker), request.keep).await {
            Ok(prompt) => Some(Spoken { prompt, language: language.to_owned(), warning: None, engine }),
            Err(error) => {
                tracing::warn!(engine, %error, "speech_server_failed");
                None
            }
        }
    }

    async fn speech(&self, script: &Script, speaker: &Speaker<'_>, keep: Keep) -> Result<Prompt, SayError> {
        let key = self.key(script, speaker);
        if keep == Keep::Nowhere {
            return self.synthesise(script, speaker).await;
        }
        if let Some(found) = self.memory().get(&key) {
            return Ok(found.prompt);
        }
        let work = async {
            let prompt = if let Some(prompt) = self.read_disk(key).await {
                prompt
            } else {
                let prompt = self.synthesise(script, speaker).await?;
                self.write_disk(key, prompt.clone()).await;
                prompt
            };
            self.memory().put(key, CachedMedia::forever(prompt.clone()), prompt.bytes());
            Ok(prompt)
        };
        self.syntheses.join(key, work).await
    }

    async fn synthesise(&self, script: &Script, speaker: &Speaker<'_>) -> Result<Prompt, SayError> {
        let limit = Duration::from_millis(self.config.synthesis_timeout_ms.into());
        let run = async {
            let _slot = self.synthesis_slots.take().await.ok_or(SayError::Busy)?;
            match *speaker {
                Speaker::BuiltIn { language, voice } => {
                    let (text, is_ssml) = (script.text.as_str(), script.is_ssml);
                    self.provider.synthesise(SynthesisRequest { text, is_ssml, language, voice }).await
                }
                // Known to be down: not even tried, so that nobody waits for it.
                Speaker::Server(server, _) if server.rests() => Err(SayError::Busy),
                Speaker::Server(server, ref name) => server.synthesise(&script.as_plain(), name).await,
            }
        };
        let file = tokio::time::timeout(limit, run).await.unwrap_or(Err(SayError::TimedOut))?;
        self.decode(file).await.map_err(|error| SayError::Engine(error.to_string()))
    }

    pub(crate) async fn decode(&self, file: Vec<u8>) -> Result<Prompt, PromptError> {
        let slot = self.decode_slots.take().await.ok_or(PromptError::Busy)?;
        let limits = DecodeLimits { max_s: self.config.prompt_max_s, time: DECODE_TIME_MAX };
        let work = move || {
            let _slot = slot; // held by the thread, which goes on when the caller has gone
            decode::decode(file, limits)
        };
        // A panic of a decoder on foreign bytes ends this file and nothing else.
        tokio::task::spawn_blocking(work).await.unwrap_or(Err(PromptError::Unreadable)).map(Prompt::new)
    }

    fn key(&self, script: &Script, speaker: &Speaker<'_>) -> Key {
        let kind = if script.is_ssml { "ssml" } else { "text" };
        let [engine, language, voice] = match speaker {
            Speaker::BuiltIn { language, voice } => [self.provider.engine(), language, voice.variant()],
            Speaker::Server(server, name) => [&*server.config.name, &*server.config.model, &**name],
        };
        let parts = [engine, language, voice, kind, &script.text];
        let mut hash = Sha256::new();
        for part in parts {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        hash.finalize().into()
    }

    async fn read_disk(&self, key: Key) -> Option<Prompt> {
        let disk = Arc::clone(self.disk.as_ref()?);
        tokio::task::spawn_blocking(move || disk.get(&key)).await.ok()?.map(Prompt::new)
    }

    async fn write_disk(&self, key: Key, prompt: Prompt) {
        let Some(disk) = self.disk.clone() else { return };
        let _ = tokio::task::spawn_blocking(move || disk.put(&key, &prompt.pcm)).await; // the prompt is good without it
    }

    fn is_first_warning(&self, asked: &str) -> bool {
        let mut warned = self.warned.lock().unwrap_or_else(PoisonError::into_inner);
        // Regions are free text, so their number is bounded here; beyond it nobody is warned.
        warned.len() < 256 && warned.insert(asked.to_owned())
    }

    pub(crate) fn memory(&self) -> std::sync::MutexGuard<'_, Lru<CachedMedia>> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Places to work at, and a bounded queue for them.
#[derive(Debug)]
struct Slots {
    places: Arc<Semaphore>,
    waiting: AtomicUsize,
}

impl Slots {
    fn new(places: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(places)), waiting: AtomicUsize::new(0) }
    }

    /// A place, perhaps after waiting; `None` when too many wait.
    async fn take(&self) -> Option<OwnedSemaphorePermit> {
        struct Waiting<'a>(&'a AtomicUsize);
        impl Drop for Waiting<'_> {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::Relaxed);
            }
        }
        let before = self.waiting.fetch_add(1, Ordering::Relaxed);
        let _waiting = Waiting(&self.waiting);
        if before >= WAITING_MAX {
            return None;
        }
        Arc::clone(&self.places).acquire_owned().await.ok()
    }
}
