//! Requests to a customer's application that went out for a call, sent again: to see what is answered now, long after the call. Nothing of
//! the call changes by it, whatever the answer is.
//!
//! What was asked is kept with the call's timeline, sealed, as it has what callers pressed and said.

use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use flexio_domain::{
    Account, CallSid, Callback, CallbackState, ErrorCode, HttpMethod, RequestSid, Sealed, Webhook,
};
use serde::{Deserialize, Serialize};

use crate::App;
use crate::auth::must_be_active;
use crate::error::{AppError, refuse};

/// Bytes of a request that are kept with the call, at most; of a longer one nothing is.
const KEPT_MAX: usize = 8 * 1024;
/// Characters of an answer that are shown.
const SHOWN_MAX: usize = 4_000;

/// A request for a document, as it went out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentRequest {
    /// Where to and how; the URL is whole.
    pub webhook: Webhook,
    /// In the order they were sent.
    pub params: Vec<(String, String)>,
    /// In the classic API's form.
    pub classic: bool,
}

/// Which request of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResendOf {
    /// That for a document, by its place in the timeline.
    Document(u32),
    /// A status callback.
    Callback(RequestSid),
}

/// What is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WebhookRequest {
    /// Asks for a document; redirects are followed.
    Document(DocumentRequest),
    /// Tells of an event, by the token it had at first.
    Callback(Box<Callback>),
}

/// What an application answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookAnswer {
    /// HTTP status, where there was an answer.
    pub status: Option<u16>,
    /// Why there was none, or why it is not taken; nothing from inside the platform.
    pub error: Option<String>,
    /// From the request to the answer.
    pub duration_ms: u64,
    /// Media type, as sent; of documents only.
    pub content_type: Option<String>,
    /// The beginning of a document that is text.
    pub body: Option<String>,
}

/// Sends requests to customers' applications, signed with the account's token. The guard over what may be asked is its own.
#[async_trait]
pub trait WebhookSender: Send + Sync + std::fmt::Debug {
    /// Sends it once.
    async fn send(&self, request: &WebhookRequest, auth_token: String) -> WebhookAnswer;
}

impl App {
    /// Names who sends requests again; the first one stays.
    pub fn set_webhook_sender(&self, sender: Arc<dyn WebhookSender>) {
        if self.webhook_sender.set(sender).is_err() {
            tracing::warn!("the sender of webhooks was set twice; the first stays");
        }
    }

    /// The request as it is kept in the timeline of `call`; `None` where it is too long.
    pub fn keep_request(&self, call: CallSid, request: &DocumentRequest) -> Option<String> {
        let text = serde_json::to_vec(request).ok().filter(|text| text.len() <= KEPT_MAX)?;
        Some(STANDARD_NO_PAD.encode(self.vault.seal(&call.to_string(), &text).0))
    }

    /// Sends a request of a call again. `NotFound` where the call has no such request, `Conflict` where it was not kept, or has not
    /// left yet.
    pub async fn resend(
        &self,
        account: &Account,
        call: CallSid,
        of: ResendOf,
    ) -> Result<WebhookAnswer, AppError> {
        must_be_active(account)?;
        let call = self.call(account.sid, call).await?;
        let request = match of {
            ResendOf::Document(sequence) => {
                let entries = self.store.timeline(account.sid, call.sid).await?;
                let entry = entries.into_iter().find(|it| it.sequence == sequence && it.event == "fetched");
                let kept = entry.ok_or(ErrorCode::NotFound)?.request;
                WebhookRequest::Document(self.kept_request(call.sid, kept)?)
            }
            ResendOf::Callback(sid) => {
                let told = self.store.callbacks_about(account.sid, &call.sid.to_string()).await?;
                let callback = told.into_iter().find(|it| it.sid == sid).ok_or(ErrorCode::NotFound)?;
                if callback.state == CallbackState::Pending {
                    return Err(refuse(ErrorCode::Conflict, "The callback is still being sent."));
                }
                WebhookRequest::Callback(Box::new(callback))
            }
        };
        let sender = self.webhook_sender.get().ok_or(ErrorCode::Unavailable)?;
        let mut answer = sender.send(&request, self.auth_token(account)?).await;
        if let Some((end, _)) = answer.body.as_ref().and_then(|body| body.char_indices().nth(SHOWN_MAX)) {
            answer.body.iter_mut().for_each(|body| body.truncate(end));
        }
        Ok(answer)
    }

    fn kept_request(&self, call: CallSid, kept: Option<String>) -> Result<DocumentRequest, AppError> {
        let lost = || refuse(ErrorCode::Conflict, "What was asked was not kept.");
        let sealed = STANDARD_NO_PAD.decode(kept.ok_or_else(lost)?).map_err(|_| lost())?;
        let text = self.vault.open(&call.to_string(), &Sealed(sealed))?;
        serde_json::from_slice(&text).map_err(|_| lost())
    }
}

impl DocumentRequest {
    /// A request by this method.
    pub fn new(url: &str, method: HttpMethod, params: &[(String, String)], classic: bool) -> Self {
        Self { webhook: Webhook { url: url.to_owned(), method }, params: params.to_vec(), classic }
    }
}
