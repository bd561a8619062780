//! Delivering one status callback, once. The queue, the order and the waits between tries are the caller's.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use flexio_domain::HttpMethod;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use jiff::{SignedDuration, Timestamp};

use crate::client::{Answer, Sending};
use crate::fetch::FORM;
use crate::params::{encode, lay_out};
use crate::sign::{Signed, url_with_body_hash};
use crate::target::Target;
use crate::{FetchError, Outbound, Signer, WireForm};

/// What a callback carries.
#[derive(Debug, Clone, Copy)]
pub enum Payload<'a> {
    /// Form parameters; in the query when the method is GET.
    Form(&'a [(String, String)]),
    /// A JSON document, always by POST; its SHA-256 goes into the URL as `bodySHA256`, where the signatures cover it.
    Json(&'a [u8]),
}

/// One try to deliver one event.
#[derive(Debug)]
pub struct CallbackRequest<'a> {
    /// Stable id of the event, the same on each try (`webhook-id`).
    pub event_id: &'a str,
    /// Value of `I-Twilio-Idempotency-Token`, the same on each try.
    pub idempotency_token: &'a str,
    /// As the user wrote it.
    pub url: &'a str,
    /// How to send form parameters.
    pub method: HttpMethod,
    /// What happened.
    pub payload: Payload<'a>,
    /// Secrets of the account that owns the resource.
    pub signer: &'a Signer,
    /// The dialect of the receiver.
    pub wire: WireForm,
    /// Instead of the configured total time; brought within 1 to 15 s.
    pub timeout: Option<Duration>,
}

/// What came of one try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallbackOutcome {
    /// The receiver answered 2xx.
    Delivered {
        /// 200 to 299.
        status: u16,
    },
    /// The receiver answered 410: this event is not wanted any more.
    Gone,
    /// Try again later, see [`crate::RetryPolicy`].
    Retry {
        /// What went wrong.
        reason: RetryReason,
        /// The receiver's `Retry-After`, when it is a number of seconds.
        after: Option<SignedDuration>,
    },
    /// The URL is not valid or not allowed; trying again helps only after a change of the URL, its DNS or the configuration.
    Refused(FetchError),
}

/// Why a callback has to be tried again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RetryReason {
    /// The host has too many callbacks in progress or does not answer; nothing was sent. Not counted as a try.
    Busy,
    /// An answer, but not a 2xx; redirects are not followed for callbacks.
    Status(u16),
    /// No answer.
    Failed(FetchError),
}

impl Outbound {
    /// Sends one event. The answer's body is ignored.
    ///
    /// At the concurrency limit of the receiver's host this waits up to `callback_wait_ms`, then returns [`RetryReason::Busy`]. A
    /// host whose last three requests got no answer is sent one event at a time, and the others come back as `Busy` at once, so that
    /// it does not hold up events for others.
    pub async fn post_callback(&self, request: CallbackRequest<'_>) -> CallbackOutcome {
        let target = match self.shared.targets.check(request.url) {
            Ok(target) => target,
            Err(error) => return CallbackOutcome::Refused(error),
        };
        let patience = Duration::from_millis(self.shared.config.callback_wait_ms.into());
        // Waiting for a place is no part of the try, so it has its own time.
        let Ok(pass) = self.shared.callbacks.enter(target.host_key(), patience).await else {
            return CallbackOutcome::Retry { reason: RetryReason::Busy, after: None };
        };
        let sending = lay_out_callback(&target, &request);
        let sent =
            tokio::time::timeout(self.total_timeout(request.timeout), self.shared.send(pass, sending)).await;
        match sent.unwrap_or(Err(FetchError::Timeout)) {
            Ok(answer) => {
                let outcome = judge(&answer);
                answer.discard().await;
                outcome
            }
            Err(error @ (FetchError::NotAllowed | FetchError::BadUrl(_))) => CallbackOutcome::Refused(error),
            Err(error) => CallbackOutcome::Retry { reason: RetryReason::Failed(error), after: None },
        }
    }
}

fn lay_out_callback(target: &Target, request: &CallbackRequest<'_>) -> Sending {
    let now = Timestamp::now();
    let mut headers = HeaderMap::new();
    let (method, url, form, body) = match request.payload {
        Payload::Form(params) => {
            let (url, form) = lay_out(request.wire, request.method, &target.url, params);
            let body = (request.method == HttpMethod::Post).then(|| (FORM, Bytes::from(encode(&form))));
            (request.method, url, form, body)
        }
        Payload::Json(json) => {
            let kind = HeaderValue::from_static("application/json");
            let body = Some((kind, Bytes::copy_from_slice(json)));
            (HttpMethod::Post, url_with_body_hash(&target.url, json), Cow::Borrowed(&[][..]), body)
        }
    };
    let signed = Signed { wire: request.wire, method, url: url.as_str(), form: &form, now };
    request.signer.sign_request(&signed, &mut headers);
    let body = body.map(|(kind, bytes)| {
        headers.insert(header::CONTENT_TYPE, kind);
        bytes
    });
    request.signer.sign_event(request.event_id, now, body.as_deref().unwrap_or_default(), &mut headers);
    if let Some(authorization) = &target.authorization {
        headers.insert(header::AUTHORIZATION, authorization.clone());
    }
    if let Ok(token) = HeaderValue::from_str(request.idempotency_token) {
        headers.insert(HeaderName::from_static("i-twilio-idempotency-token"), token);
    }
    Sending { method, url, headers, body }
}

fn judge(answer: &Answer) -> CallbackOutcome {
    match answer.status().as_u16() {
        status @ 200..=299 => CallbackOutcome::Delivered { status },
        410 => CallbackOutcome::Gone,
        status => {
            let seconds = answer.text(header::RETRY_AFTER).and_then(|text| text.trim().parse::<u32>().ok());
            let after = seconds.map(|seconds| SignedDuration::from_secs(seconds.into()));
            CallbackOutcome::Retry { reason: RetryReason::Status(status), after }
        }
    }
}
