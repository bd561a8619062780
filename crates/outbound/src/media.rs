//! Fetching a media file, with what a cache needs to know.

use flexio_domain::HttpMethod;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use jiff::SignedDuration;

use crate::client::Answer;
use crate::fetch::Exchange;
use crate::{FetchError, Outbound, WireForm};

/// What a cache remembers of a file to ask whether it changed (RFC 9110 §8.8).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validators {
    /// `ETag` as sent.
    pub etag: Option<String>,
    /// `Last-Modified` as sent.
    pub last_modified: Option<String>,
}

/// A fetched file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Media {
    /// Decompressed bytes, within the configured size.
    pub bytes: Vec<u8>,
    /// `Content-Type` as sent, empty when absent. A claim only: look at the bytes.
    pub content_type: String,
    /// For the next conditional fetch.
    pub validators: Validators,
    /// How long the file may be used without asking; zero for `no-cache` and `no-store`, `None` when the server does not say.
    pub max_age: Option<SignedDuration>,
    /// The file must not be kept at all.
    pub no_store: bool,
}

/// Answer to a media fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MediaOutcome {
    /// A new or changed file.
    Fetched(Media),
    /// The file the validators stand for is still good.
    NotModified {
        /// As in [`Media::max_age`].
        max_age: Option<SignedDuration>,
    },
}

impl Outbound {
    /// Fetches a media file, or learns that `known` is still current. Follows redirects as for instructions; one try within the
    /// configured total time. At the concurrency limit the fetch waits within that time.
    pub async fn fetch_media(&self, url: &str, known: &Validators) -> Result<MediaOutcome, FetchError> {
        let shared = &self.shared;
        let total = self.total_timeout(None);
        let first = shared.targets.check(url)?;
        let mut headers =
            HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static("audio/*, */*;q=0.5"))]);
        let conditions =
            [(header::IF_NONE_MATCH, &known.etag), (header::IF_MODIFIED_SINCE, &known.last_modified)];
        for (name, value) in conditions {
            if let Some(value) = value.as_ref().and_then(|value| HeaderValue::from_str(value).ok()) {
                headers.insert(name, value);
            }
        }
        let exchange = Exchange {
            gate: &shared.media,
            patience: total,
            wire: WireForm::Rcml,
            method: HttpMethod::Get,
            params: &[],
            signer: None,
            token: None,
            headers,
        };
        let whole = async {
            let (_, answer) = shared.follow(&first, &exchange, None).await?;
            read(answer, shared.config.media_bytes_max).await
        };
        tokio::time::timeout(total, whole).await.unwrap_or(Err(FetchError::Timeout))
    }
}

async fn read(answer: Answer, bytes_max: usize) -> Result<MediaOutcome, FetchError> {
    let status = answer.status();
    let (max_age, no_store) = freshness(answer.headers());
    if status == StatusCode::NOT_MODIFIED {
        return Ok(MediaOutcome::NotModified { max_age });
    }
    if status != StatusCode::OK {
        answer.discard().await;
        return Err(FetchError::Status(status.as_u16()));
    }
    let owned = |name| answer.text(name).map(ToOwned::to_owned);
    let validators = Validators { etag: owned(header::ETAG), last_modified: owned(header::LAST_MODIFIED) };
    let content_type = owned(header::CONTENT_TYPE).unwrap_or_default();
    let bytes = answer.body(bytes_max).await?;
    Ok(MediaOutcome::Fetched(Media { bytes, content_type, validators, max_age, no_store }))
}

/// Lifetime from `Cache-Control` less `Age` (RFC 9111 §4.2), and whether storing is forbidden. `Expires` is not looked at: a server
/// that sends only that is asked again, with its validators.
fn freshness(headers: &HeaderMap) -> (Option<SignedDuration>, bool) {
    let (mut max_age, mut no_store, mut no_cache) = (None, false, false);
    let texts = headers.get_all(header::CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    for directive in texts.flat_map(|text| text.split(',')) {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        match name.trim().to_ascii_lowercase().as_str() {
            "no-store" => no_store = true,
            "no-cache" => no_cache = true,
            "max-age" => max_age = value.trim().trim_matches('"').parse::<u32>().ok().or(max_age),
            _ => {} // other directives concern shared caches, or ask us to keep less than we do
        }
    }
    let age = headers
        .get(header::AGE)
        .and_then(|value| value.to_str().ok()?.trim().parse::<u32>().ok())
        .unwrap_or(0);
    let max_age =
        if no_store || no_cache { Some(0) } else { max_age.map(|seconds| seconds.saturating_sub(age)) };
    (max_age.map(|seconds| SignedDuration::from_secs(seconds.into())), no_store)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cache_control_says_how_long_a_file_may_be_used() {
        let fresh = |pairs: &[(header::HeaderName, &str)]| {
            let headers =
                pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap()));
            let (age, no_store) = freshness(&headers.collect());
            (age.map(|age| age.as_secs()), no_store)
        };
        let control = header::CACHE_CONTROL;
        assert_eq!(fresh(&[]), (None, false));
        assert_eq!(fresh(&[(control.clone(), "public, Max-Age=60")]), (Some(60), false));
        assert_eq!(fresh(&[(control.clone(), "max-age=60"), (header::AGE, "45")]), (Some(15), false));
        assert_eq!(fresh(&[(control.clone(), "max-age=60"), (header::AGE, "99")]), (Some(0), false));
        assert_eq!(fresh(&[(control.clone(), "max-age=60, no-cache")]), (Some(0), false));
        assert_eq!(fresh(&[(control.clone(), "no-store")]), (Some(0), true));
        assert_eq!(fresh(&[(control, "max-age=nonsense")]), (None, false));
    }
}
