//! The audio of recordings, with ranges (RFC 9110 §14).

use std::net::IpAddr;

use axum::body::Body;
use flexio_app::{Audio, Format};
use flexio_domain::{ErrorCode, RecordingSid};
use futures_util::stream;
use http::{HeaderMap, HeaderValue, Method, header};

use crate::Api;
use crate::answer::Answer;
use crate::dialect::Face;
use crate::error::{ApiError, Result};
use crate::route::Route;

/// Bytes read at a time: worth a request to an object store.
const STEP: u64 = 256 * 1024;

/// A request that may be for audio.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MediaRequest<'r> {
    pub(crate) route: &'r Route,
    pub(crate) method: &'r Method,
    pub(crate) headers: &'r HeaderMap,
    pub(crate) path: &'r str,
    pub(crate) query: &'r str,
    /// JSON or XML was asked for, so no audio.
    pub(crate) json: bool,
}

/// Which audio of which recording.
pub(crate) type Wanted = (RecordingSid, Format);

/// The recording whose audio is asked for: `…/Recordings/{sid}.wav` or `.mp3`, and in Twilio's API also without a suffix.
pub(crate) fn wanted(request: &MediaRequest<'_>) -> Option<std::result::Result<Wanted, ApiError>> {
    let segments = request.route.segments.as_slice();
    let [accounts, _, recordings, sid] = segments else { return None };
    let reads = request.method == Method::GET || request.method == Method::HEAD;
    if accounts != "Accounts" || recordings != "Recordings" || !reads {
        return None;
    }
    let format = match request.route.file.as_deref() {
        Some(suffix) => format_of(suffix).ok_or(ErrorCode::NotFound),
        None if request.route.face == Face::Twilio && !request.json => Ok(Format::Wav),
        None => return None,
    };
    Some(
        format
            .and_then(|format| Ok((sid.parse().map_err(|_| ErrorCode::NotFound)?, format)))
            .map_err(Into::into),
    )
}

fn format_of(suffix: &str) -> Option<Format> {
    match suffix {
        "wav" => Some(Format::Wav),
        "mp3" => Some(Format::Mp3),
        _ => None,
    }
}

/// Part of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Span {
    Whole,
    /// First and last byte.
    Part(u64, u64),
    /// Nothing of the file.
    Unsatisfiable,
}

impl Api {
    /// Audio under the account's path: with a signature, with credentials, or freely where the account has opted out of protection.
    pub(crate) async fn recording_media(
        &self,
        request: &MediaRequest<'_>,
        wanted: std::result::Result<Wanted, ApiError>,
        client: Option<IpAddr>,
    ) -> Result<Answer> {
        let wanted = wanted?;
        let owner = request.route.segments[1].as_str();
        self.media(wanted, Some(owner), request.path, request.query, request.headers, client).await
    }

    /// Audio by sid alone: `/recordings/{sid}.wav` or `.mp3`.
    pub(crate) async fn legacy_media(
        &self,
        sid: &str,
        query: &str,
        headers: &HeaderMap,
        client: Option<IpAddr>,
    ) -> Result<Answer> {
        let (stem, suffix) = sid.rsplit_once('.').ok_or(ErrorCode::NotFound)?;
        let format = format_of(suffix).ok_or(ErrorCode::NotFound)?;
        let parsed = stem.parse().map_err(|_| ApiError::from(ErrorCode::NotFound))?;
        let path = format!("/recordings/{sid}");
        self.media((parsed, format), None, &path, query, headers, client).await
    }

    async fn media(
        &self,
        (sid, format): Wanted,
        owner: Option<&str>,
        path: &str,
        query: &str,
        headers: &HeaderMap,
        client: Option<IpAddr>,
    ) -> Result<Answer> {
        let signed = self.is_signed(path, query);
        let media = self.app.recording_media(sid).await;
        // Whoever may not see it must not learn whether it exists: without a signature, sign-in comes before "not found".
        let open = media.as_ref().is_ok_and(|media| !media.protected);
        if !signed && !open {
            let principal = self.authenticate(headers, &http::Method::GET, client).await?;
            Self::no_officer(&principal)?;
            let account_sid = media.as_ref().map(|media| media.account_sid).ok();
            let reach = match account_sid {
                Some(sid) => self.app.within_reach(&principal, sid).await?,
                None => None,
            };
            if reach.is_none() {
                return Err(ErrorCode::NotFound.into());
            }
            let act = flexio_app::Act {
                action: "recordings.listen",
                subject: path.to_owned(),
                ip: client.map(|client| client.to_string()),
                ..flexio_app::Act::default()
            };
            self.app.note_frequent_act(&principal, act).await?;
        }
        let media = media?;
        if owner.is_some_and(|owner| owner != media.account_sid.to_string()) {
            return Err(ErrorCode::NotFound.into());
        }
        let audio = self.app.recording_audio(&media, format).await?;
        Ok(send(audio, format, headers))
    }

    fn is_signed(&self, path: &str, query: &str) -> bool {
        let mut expires = None;
        let mut signature = None;
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "Expires" => expires = Some(value),
                "Signature" => signature = Some(value),
                _ => {}
            }
        }
        matches!((expires, signature), (Some(expires), Some(signature))
            if self.app.media_signed(path, &expires, &signature))
    }
}

fn send(audio: Audio, format: Format, headers: &HeaderMap) -> Answer {
    let length = audio.bytes();
    let range = headers.get(header::RANGE).and_then(|value| value.to_str().ok());
    let (status, from, count) = match range.map_or(Span::Whole, |range| parse_range(range, length)) {
        Span::Whole => (200, 0, length),
        Span::Part(first, last) => (206, first, last - first + 1),
        Span::Unsatisfiable => {
            let whole = HeaderValue::from_str(&format!("bytes */{length}")).expect("digits and ASCII");
            return Answer::new(416, "", "").with(header::CONTENT_RANGE, whole);
        }
    };
    let kind = match format {
        Format::Wav => "audio/x-wav",
        Format::Mp3 => "audio/mpeg",
    };
    let mut answer = Answer::new(status, kind, "")
        .with(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"))
        .with(header::CONTENT_LENGTH, HeaderValue::from(count))
        .with(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    if status == 206 {
        let text = format!("bytes {from}-{}/{length}", from + count - 1);
        let value = HeaderValue::from_str(&text).expect("digits and ASCII");
        answer = answer.with(header::CONTENT_RANGE, value);
    }
    answer.stream = Some(body(audio, from, from + count));
    answer
}

/// The bytes from `at` to `end`. What cannot be read any more ends the connection before its announced length.
fn body(audio: Audio, at: u64, end: u64) -> Body {
    Body::from_stream(stream::try_unfold((audio, at), move |(audio, at)| async move {
        if at >= end {
            return Ok::<_, flexio_app::AppError>(None);
        }
        let next = (at + STEP).min(end);
        let bytes = audio.read(at..next).await?;
        Ok(Some((bytes, (audio, next))))
    }))
}

/// One range of bytes; several, and other units, are answered with the whole file, as RFC 9110 §14.2 allows.
fn parse_range(range: &str, length: u64) -> Span {
    let Some(spec) = range.strip_prefix("bytes=") else { return Span::Whole };
    let Some((first, last)) = spec.split_once('-').filter(|_| !spec.contains(',')) else {
        return Span::Whole;
    };
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let (first, last) = match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last => (first, last.min(length.saturating_sub(1))),
        (Some(first), None) if last.trim().is_empty() => (first, length.saturating_sub(1)),
        (None, Some(tail)) if first.trim().is_empty() && tail > 0 => {
            (length.saturating_sub(tail), length.saturating_sub(1))
        }
        (None, Some(0)) if first.trim().is_empty() => return Span::Unsatisfiable,
        _ => return Span::Whole,
    };
    if first >= length { Span::Unsatisfiable } else { Span::Part(first, last) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_range_is_served_and_odd_ones_are_not() {
        for (range, span) in [
            ("bytes=0-9", Span::Part(0, 9)),
            ("bytes=90-", Span::Part(90, 99)),
            ("bytes=-10", Span::Part(90, 99)),
            ("bytes=-500", Span::Part(0, 99)),
            ("bytes=50-500", Span::Part(50, 99)),
            ("bytes=100-", Span::Unsatisfiable),
            ("bytes=-0", Span::Unsatisfiable),
            ("bytes=9-0", Span::Whole),
            ("bytes=0-1,5-6", Span::Whole),
            ("items=0-1", Span::Whole),
            ("bytes=", Span::Whole),
        ] {
            assert_eq!(parse_range(range, 100), span, "{range}");
        }
        assert_eq!(parse_range("bytes=0-", 0), Span::Unsatisfiable);
    }

    proptest! {
        #[test]
        fn a_part_is_always_inside(range in "bytes=[0-9]{0,20}-[0-9]{0,20}", length in 0_u64..1000) {
            if let Span::Part(first, last) = parse_range(&range, length) {
                prop_assert!(first <= last && last < length);
            }
        }
    }
}
