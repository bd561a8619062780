//! The web requests of flows, and the files of messages, over the platform's guarded client.

use std::time::Duration;

use async_trait::async_trait;
use flexio_app::flows::FlowHttp;
use flexio_app::{MediaFault, MediaSource};
use flexio_flows::{HttpOutcome, HttpRequest};
use flexio_outbound::{ExchangeRequest, FetchError, MediaOutcome, Outbound, Validators};

/// The guarded client in the words of flows.
#[derive(Debug)]
pub(crate) struct FlowClient(pub Outbound);

#[async_trait]
impl FlowHttp for FlowClient {
    async fn exchange(&self, request: &HttpRequest, token: &str) -> HttpOutcome {
        let asked = ExchangeRequest {
            method: request.method,
            url: &request.url,
            headers: &request.headers,
            body: request.body.as_deref(),
            timeout: Duration::from_millis(request.timeout_ms.into()),
            idempotency_token: token,
        };
        match self.0.exchange(asked).await {
            Ok(answer) => HttpOutcome::Answer {
                status: answer.status,
                body: String::from_utf8_lossy(&answer.body).into_owned(),
                duration_ms: u32::try_from(answer.took.as_millis()).unwrap_or(u32::MAX),
            },
            Err(FetchError::Timeout) => HttpOutcome::Timeout,
            Err(error) => HttpOutcome::Failed(error.to_string()),
        }
    }
}

/// The guarded client, where messages get their files.
#[derive(Debug)]
pub(crate) struct MediaClient(pub Outbound);

#[async_trait]
impl MediaSource for MediaClient {
    async fn fetch(&self, url: &str) -> Result<Vec<u8>, MediaFault> {
        match self.0.fetch_media(url, &Validators::default()).await {
            Ok(MediaOutcome::Fetched(media)) => Ok(media.bytes),
            // Nothing was known that could be unchanged.
            Ok(MediaOutcome::NotModified { .. }) => {
                Err(MediaFault::Unreachable("it answered 304".to_owned()))
            }
            Err(FetchError::BodyTooLarge) => Err(MediaFault::TooLarge),
            Err(error) => Err(MediaFault::Unreachable(error.to_string())),
        }
    }
}
