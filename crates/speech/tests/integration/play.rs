//! Sounds by URL: fetched once, kept as long as their server allows.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use flexio_speech::{
    FetchFailure, FetchedMedia, MediaFetcher, MediaVersion, PlayError, PromptError, Speech, SpeechConfig,
};

use crate::files::wav;

/// A server in miniature.
struct Fake {
    max_age: Option<Duration>,
    etag: Option<&'static str>,
    no_store: bool,
    body: Vec<u8>,
    files: AtomicU32,
    unchanged: AtomicU32,
}

impl Fake {
    fn new(max_age_s: Option<u64>, etag: Option<&'static str>) -> Self {
        Self {
            max_age: max_age_s.map(Duration::from_secs),
            etag,
            no_store: false,
            body: wav(8_000, 1, &[500; 800]),
            files: AtomicU32::new(0),
            unchanged: AtomicU32::new(0),
        }
    }

    /// Files sent, and answers "not modified".
    fn counts(&self) -> (u32, u32) {
        (self.files.load(Ordering::SeqCst), self.unchanged.load(Ordering::SeqCst))
    }
}

#[async_trait]
impl MediaFetcher for Fake {
    async fn fetch(&self, url: &str, known: &MediaVersion) -> Result<FetchedMedia, FetchFailure> {
        tokio::time::sleep(Duration::from_millis(10)).await;
        if url.ends_with("missing") {
            return Err(FetchFailure { code: 21_402, text: "the answer has status 404".to_owned() });
        }
        let etag = self.etag.map(ToOwned::to_owned);
        if etag.is_some() && known.etag == etag {
            self.unchanged.fetch_add(1, Ordering::SeqCst);
            return Ok(FetchedMedia::NotModified { max_age: self.max_age });
        }
        self.files.fetch_add(1, Ordering::SeqCst);
        let version = MediaVersion { etag, last_modified: None };
        Ok(FetchedMedia::File {
            bytes: self.body.clone(),
            version,
            max_age: self.max_age,
            no_store: self.no_store,
        })
    }
}

const URL: &str = "https://example.com/a.wav";

#[tokio::test(start_paused = true)]
async fn a_file_is_used_unasked_for_its_age_and_then_confirmed() {
    let (speech, server) = (Speech::new(SpeechConfig::default()), Fake::new(Some(60), Some("v1")));
    for _ in 0..3 {
        assert_eq!(speech.play("AC1", URL, &server).await.unwrap().pcm.len(), 800);
    }
    assert_eq!(server.counts(), (1, 0));
    tokio::time::advance(Duration::from_secs(61)).await;
    speech.play("AC1", URL, &server).await.unwrap();
    speech.play("AC1", URL, &server).await.unwrap();
    assert_eq!(server.counts(), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn no_cache_asks_each_time_and_no_store_keeps_nothing() {
    let (speech, no_cache) = (Speech::new(SpeechConfig::default()), Fake::new(Some(0), Some("v1")));
    for _ in 0..3 {
        speech.play("AC1", URL, &no_cache).await.unwrap();
    }
    assert_eq!(no_cache.counts(), (1, 2));
    let no_store = Fake { no_store: true, ..Fake::new(Some(0), Some("v1")) };
    for _ in 0..3 {
        speech.play("AC2", URL, &no_store).await.unwrap();
    }
    assert_eq!(no_store.counts(), (3, 0));
}

#[tokio::test(start_paused = true)]
async fn a_silent_server_is_asked_again_after_a_minute() {
    let (speech, server) = (Speech::new(SpeechConfig::default()), Fake::new(None, None));
    speech.play("AC1", URL, &server).await.unwrap();
    speech.play("AC1", URL, &server).await.unwrap();
    assert_eq!(server.counts(), (1, 0));
    tokio::time::advance(Duration::from_secs(61)).await;
    speech.play("AC1", URL, &server).await.unwrap();
    assert_eq!(server.counts(), (2, 0));
}

#[tokio::test]
async fn at_once_it_is_fetched_once_per_account() {
    let (speech, server) = (Speech::new(SpeechConfig::default()), Fake::new(Some(60), None));
    let (a, b, c) = tokio::join!(
        speech.play("AC1", URL, &server),
        speech.play("AC1", URL, &server),
        speech.play("AC2", URL, &server)
    );
    assert!(a.is_ok() && b.is_ok() && c.is_ok());
    assert_eq!(server.counts(), (2, 0));
}

#[tokio::test]
async fn a_missing_or_wrong_file_is_named_and_not_remembered() {
    let speech = Speech::new(SpeechConfig::default());
    let wrong = Fake { body: b"<html>".to_vec(), ..Fake::new(Some(60), None) };
    let error = speech.play("AC1", URL, &wrong).await.unwrap_err();
    assert_eq!((&error, error.notification_code()), (&PlayError::Prompt(PromptError::UnknownFormat), 12_300));
    let missing = speech.play("AC1", "https://example.com/missing", &wrong).await.unwrap_err();
    assert_eq!(missing.notification_code(), 21_402);
    assert!(speech.play("AC1", URL, &Fake::new(Some(60), None)).await.is_ok());
}
