//! Requests of a call that are sent again, over the platform's guarded client.

use std::time::Instant;

use async_trait::async_trait;
use flexio_app::{DocumentRequest, WebhookAnswer, WebhookRequest, WebhookSender};
use flexio_domain::Callback;
use flexio_outbound::{
    CallbackOutcome, CallbackRequest, CookieJar, DocumentKind, FetchError, InstructionRequest, Outbound,
    Payload, RetryReason, Signer, WireForm,
};

/// The guarded client in the words of calls.
#[derive(Debug)]
pub(crate) struct WebhookClient(pub Outbound);

#[async_trait]
impl WebhookSender for WebhookClient {
    async fn send(&self, request: &WebhookRequest, auth_token: String) -> WebhookAnswer {
        let (signer, begun) = (Signer::new(auth_token), Instant::now());
        let answer = match request {
            WebhookRequest::Document(request) => self.ask(request, &signer).await,
            WebhookRequest::Callback(callback) => self.tell(callback, &signer).await,
        };
        let duration_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        WebhookAnswer { duration_ms, ..answer }
    }
}

impl WebhookClient {
    async fn ask(&self, request: &DocumentRequest, signer: &Signer) -> WebhookAnswer {
        let mut cookies = CookieJar::default();
        let request = InstructionRequest {
            url: &request.webhook.url,
            method: request.webhook.method,
            params: &request.params,
            signer,
            cookies: &mut cookies,
            timeout: None,
            wire: if request.classic { WireForm::Rcml } else { WireForm::Twiml },
            idempotency_token: None,
        };
        match self.0.fetch_instructions(request).await {
            Ok(response) => WebhookAnswer {
                // What is not text is not read.
                body: (response.kind != DocumentKind::Audio)
                    .then(|| String::from_utf8_lossy(&response.body).into_owned()),
                content_type: Some(response.content_type),
                ..answered(response.status)
            },
            Err(FetchError::Status(status)) => refused(status),
            Err(error) => failed(&error),
        }
    }

    async fn tell(&self, callback: &Callback, signer: &Signer) -> WebhookAnswer {
        let token = callback.sid.to_string();
        let request = CallbackRequest {
            event_id: &token,
            idempotency_token: &token,
            url: &callback.webhook.url,
            method: callback.webhook.method,
            payload: Payload::Form(&callback.params),
            signer,
            wire: WireForm::of(&callback.params),
            timeout: None,
        };
        match self.0.post_callback(request).await {
            CallbackOutcome::Delivered { status } => answered(status),
            CallbackOutcome::Gone => refused(410),
            CallbackOutcome::Retry { reason: RetryReason::Status(status), .. } => refused(status),
            CallbackOutcome::Retry { reason: RetryReason::Failed(error), .. }
            | CallbackOutcome::Refused(error) => failed(&error),
            CallbackOutcome::Retry { reason: RetryReason::Busy, .. } => failed(&FetchError::Busy),
        }
    }
}

const fn answered(status: u16) -> WebhookAnswer {
    WebhookAnswer { status: Some(status), error: None, duration_ms: 0, content_type: None, body: None }
}

fn refused(status: u16) -> WebhookAnswer {
    WebhookAnswer { error: Some(format!("the answer has status {status}")), ..answered(status) }
}

fn failed(error: &FetchError) -> WebhookAnswer {
    WebhookAnswer { status: None, error: Some(error.to_string()), ..answered(0) }
}
