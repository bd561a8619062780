//! Requests of a call that are sent again after it.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use flexio_app::{ResendOf, WebhookAnswer, WebhookRequest, WebhookSender};
use flexio_domain::*;

use crate::platform::Platform;

/// Keeps what it is to send, and answers at length.
#[derive(Debug, Default)]
struct Sender(Mutex<Vec<WebhookRequest>>);

#[async_trait]
impl WebhookSender for Sender {
    async fn send(&self, request: &WebhookRequest, auth_token: String) -> WebhookAnswer {
        assert!(!auth_token.is_empty());
        self.0.lock().unwrap().push(request.clone());
        let body = Some("é".repeat(5_000));
        WebhookAnswer { status: Some(200), error: None, duration_ms: 1, content_type: None, body }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_asked_is_kept_sealed_and_is_sent_again_as_it_was() {
    let platform = Platform::start().await;
    let sender = Arc::new(Sender::default());
    platform.app.set_webhook_sender(Arc::clone(&sender) as _);
    platform.answers(
        "voice",
        r#"<Gather action="/pressed?of=42" numDigits="12"><Say language="en">Keys.</Say></Gather>"#,
    );
    platform.answers("pressed", "<Hangup/>");
    platform.phone("ww831706529447").await;
    let call = platform.finished_calls().await.remove(0);
    let entries = platform.app.store.timeline(platform.account.sid, call.sid).await.unwrap();
    assert!(
        !format!("{entries:?}").contains("831706529447"),
        "keys are readable in the timeline: {entries:?}"
    );
    let asked: Vec<u32> =
        entries.iter().filter(|entry| entry.event == "fetched").map(|entry| entry.sequence).collect();
    assert_eq!(asked.len(), 2, "{entries:?}");
    for sequence in &asked {
        let of = ResendOf::Document(*sequence);
        let answer = platform.app.resend(&platform.account, call.sid, of).await.unwrap();
        assert_eq!(answer.body.unwrap().chars().count(), 4_000);
    }
    let sent = sender.0.lock().unwrap().clone();
    let [WebhookRequest::Document(first), WebhookRequest::Document(second)] = &sent[..] else {
        panic!("{sent:?}")
    };
    assert_eq!((first.webhook.url.clone(), first.webhook.method), (platform.url("voice"), HttpMethod::Post));
    assert_eq!(second.webhook.url, platform.url("pressed?of=42"));
    let pressed = platform.asked("pressed").remove(0).params;
    let again: std::collections::HashMap<_, _> = second.params.iter().cloned().collect();
    assert_eq!(again["Digits"], "831706529447");
    for (name, value) in again {
        assert_eq!(pressed.get(&name), Some(&value), "{name}");
    }
    let told = platform.app.store.callbacks_about(platform.account.sid, &call.sid.to_string()).await.unwrap();
    assert!(!told.is_empty());
    let pending = ResendOf::Callback(told[0].sid);
    let refused = platform.app.resend(&platform.account, call.sid, pending).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::Conflict, "nobody has sent it yet");
    let after = platform.app.store.timeline(platform.account.sid, call.sid).await.unwrap();
    assert_eq!(after, entries, "the call's past stays");
}
