//! Sounds by URL, kept as decoded samples for as long as their server allows.

use std::time::Duration;

use async_trait::async_trait;
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use crate::{FetchFailure, PlayError, Prompt, Speech};

/// How long a file is used unasked when its server says nothing about that.
const UNSTATED_LIFETIME: Duration = Duration::from_secs(60);
/// And at most, whatever the server says.
const LIFETIME_MAX: Duration = Duration::from_secs(24 * 3_600);

/// What tells one version of a file from the next (RFC 9110 §8.8).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MediaVersion {
    /// `ETag` as sent.
    pub etag: Option<String>,
    /// `Last-Modified` as sent.
    pub last_modified: Option<String>,
}

/// What a fetch brought.
#[derive(Debug, Clone)]
pub enum FetchedMedia {
    /// The version asked about is still current.
    NotModified {
        /// Time it may be used unasked; `None` when the server does not say.
        max_age: Option<Duration>,
    },
    /// A new file.
    File {
        /// Its content.
        bytes: Vec<u8>,
        /// Its version.
        version: MediaVersion,
        /// Time it may be used unasked, zero included; `None` when the server does not say.
        max_age: Option<Duration>,
        /// It may not be kept.
        no_store: bool,
    },
}

/// Fetches media through the platform's guarded client.
#[async_trait]
pub trait MediaFetcher: Send + Sync {
    /// Fetches `url`, or learns that `known` is still current.
    async fn fetch(&self, url: &str, known: &MediaVersion) -> Result<FetchedMedia, FetchFailure>;
}

/// A prompt in the memory cache. Speech never goes stale.
#[derive(Debug, Clone)]
pub(crate) struct CachedMedia {
    pub(crate) prompt: Prompt,
    version: MediaVersion,
    fresh_until: Option<Instant>,
}

impl CachedMedia {
    pub(crate) fn forever(prompt: Prompt) -> Self {
        Self { prompt, version: MediaVersion::default(), fresh_until: None }
    }

    fn new(prompt: Prompt, version: MediaVersion, max_age: Option<Duration>) -> Self {
        let lifetime = max_age.unwrap_or(UNSTATED_LIFETIME).min(LIFETIME_MAX);
        Self { prompt, version, fresh_until: Some(Instant::now() + lifetime) }
    }

    fn is_fresh(&self) -> bool {
        self.fresh_until.is_none_or(|until| Instant::now() < until)
    }
}

impl Speech {
    /// The sound behind `url`, from the cache as far as `Cache-Control` and `ETag` allow. `account` keeps one account's files from
    /// another's: user-info in a URL or an allow-list at the server may make the same URL mean different things.
    pub async fn play(
        &self,
        account: &str,
        url: &str,
        fetcher: &dyn MediaFetcher,
    ) -> Result<Prompt, PlayError> {
        let mut hash = Sha256::new();
        for part in ["media", account, url] {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        let key = hash.finalize().into();
        let known = self.shared.memory().get(&key);
        if let Some(fresh) = known.as_ref().filter(|known| known.is_fresh()) {
            return Ok(fresh.prompt.clone());
        }
        let work = async {
            let asked = known.as_ref().map(|known| known.version.clone()).unwrap_or_default();
            let (cached, is_kept) = match fetcher.fetch(url, &asked).await.map_err(PlayError::Fetch)? {
                FetchedMedia::NotModified { max_age } => {
                    let Some(known) = known else {
                        let text = "the server answers 304 to an unconditional request".to_owned();
                        return Err(PlayError::Fetch(FetchFailure { code: 11_206, text }));
                    };
                    (CachedMedia::new(known.prompt, known.version, max_age), true)
                }
                FetchedMedia::File { bytes, version, max_age, no_store } => {
                    let prompt = self.shared.decode(bytes).await.map_err(PlayError::Prompt)?;
                    (CachedMedia::new(prompt, version, max_age), !no_store)
                }
            };
            let prompt = cached.prompt.clone();
            if is_kept {
                self.shared.memory().put(key, cached, prompt.bytes());
            } else {
                self.shared.memory().remove(&key);
            }
            Ok(prompt)
        };
        self.shared.fetches.join(key, work).await
    }
}
