use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use flexio_app::{AppConfig, DocumentRequest, WebhookAnswer, WebhookRequest, WebhookSender};
use flexio_domain::*;
use flexio_store::{Change, ChangeSet, TimelineEntry};

use crate::ApiConfig;
use crate::tests::world::World;

const URL: &str = "https://app.acme.test/voice?key=1";

/// Keeps what it is to send, and the token it is signed with.
#[derive(Debug, Default)]
struct Sender(Mutex<Vec<(WebhookRequest, String)>>);

#[async_trait]
impl WebhookSender for Sender {
    async fn send(&self, request: &WebhookRequest, auth_token: String) -> WebhookAnswer {
        self.0.lock().unwrap().push((request.clone(), auth_token));
        WebhookAnswer {
            status: Some(500),
            error: Some("the answer has status 500".to_owned()),
            duration_ms: 12,
            content_type: None,
            body: None,
        }
    }
}

fn callback(
    account: AccountSid,
    call: CallSid,
    sequence: u32,
    state: CallbackState,
    at: Timestamp,
) -> Callback {
    Callback {
        sid: RequestSid::new(),
        account_sid: account,
        subject: call.to_string(),
        sequence,
        webhook: Webhook { url: "https://app.acme.test/status".to_owned(), method: HttpMethod::Post },
        params: vec![("CallStatus".to_owned(), "completed".to_owned())],
        state,
        attempts: 3,
        next_attempt_at: at,
        last_error: None,
        created_at: at,
    }
}

/// A call of the child with a request that was kept, one that was not, and three callbacks.
async fn called(world: &World) -> (CallSid, DocumentRequest, Vec<Callback>) {
    let (account, at) = (world.child.account.sid, world.app.clock.now());
    let call = world.records(&world.child).await.0;
    let params = [("CallSid".to_owned(), call.to_string()), ("Digits".to_owned(), "42".to_owned())];
    let asked = DocumentRequest::new(URL, HttpMethod::Post, &params, false);
    let entry = |sequence, request| TimelineEntry {
        account_sid: account,
        call_sid: call,
        sequence,
        at,
        event: "fetched".to_owned(),
        fields: vec![("url".to_owned(), "https://app.acme.test/voice".to_owned())],
        request,
    };
    let kept = world.app.keep_request(call, &asked);
    assert!(kept.is_some());
    let told = [(1, CallbackState::Delivered), (2, CallbackState::Dropped), (3, CallbackState::Pending)];
    let told: Vec<_> = told.map(|(number, state)| callback(account, call, number, state, at)).into();
    let entries = Change::AddTimeline(vec![entry(1, kept), entry(2, None)]);
    let changes = told.iter().cloned().map(Change::QueueCallback).fold(entries.into(), ChangeSet::with);
    world.store().commit(changes).await.unwrap();
    for callback in told.iter().filter(|callback| callback.state != CallbackState::Pending) {
        world.store().commit(Change::SettleCallback(callback.clone()).into()).await.unwrap();
    }
    (call, asked, told)
}

#[tokio::test]
async fn a_request_of_a_call_is_sent_again_signed_anew_and_the_answer_shown() {
    let world = World::new().await;
    let sender = Arc::new(Sender::default());
    let (call, asked, told) = called(&world).await;
    let base = format!("/restcomm/2012-04-24/Accounts/{}/Calls/{call}", world.child.sid());
    let path = format!("{base}/Timeline/Resend.json");
    assert_eq!(world.post(&world.child, &path, &[("Sequence", "1")]).await.status, 503, "no sender");
    world.app.set_webhook_sender(Arc::clone(&sender) as _);
    let answer = world.post(&world.child, &path, &[("Sequence", "1")]).await.ok().json();
    assert_eq!(
        (answer["status"].as_u64(), answer["duration_ms"].as_u64()),
        (Some(500), Some(12)),
        "{answer}"
    );
    assert_eq!(answer["error"], "the answer has status 500");
    for callback in &told[..2] {
        let sid = callback.sid.to_string();
        world.post(&world.child, &path, &[("CallbackSid", &sid)]).await.ok();
    }
    {
        let sent = sender.0.lock().unwrap();
        assert_eq!(sent[0], (WebhookRequest::Document(asked), world.child.token.clone()));
        let WebhookRequest::Callback(first) = &sent[1].0 else { panic!("{sent:?}") };
        assert_eq!((first.sid, &first.params), (told[0].sid, &told[0].params));
        assert_eq!(sent.len(), 3);
    }
    let (pending, unknown) = (told[2].sid.to_string(), RequestSid::new().to_string());
    for (name, value, status) in [
        ("Sequence", "2", 409),
        ("CallbackSid", pending.as_str(), 409),
        ("Sequence", "3", 404),
        ("CallbackSid", unknown.as_str(), 404),
        ("Sequence", "x", 400),
        ("CallbackSid", "x", 400),
        ("Else", "x", 400),
    ] {
        assert_eq!(world.post(&world.child, &path, &[(name, value)]).await.status, status, "{name} {value}");
    }
    let both = [("Sequence", "1"), ("CallbackSid", pending.as_str())];
    assert_eq!(world.post(&world.child, &path, &both).await.status, 400);
    let timeline = world.get(&world.child, &format!("{base}/Timeline.json")).await.ok().json();
    let shown = timeline["items"].as_array().unwrap();
    let resendable: Vec<_> = shown.iter().filter_map(|item| item["resendable"].as_bool()).collect();
    assert_eq!(resendable, [true, false, true, true, false]);
    assert!(!timeline.to_string().contains("key=1"), "the query is told nobody: {timeline}");
    let attempts = world.store().callbacks_about(world.child.account.sid, &call.to_string()).await.unwrap();
    assert!(attempts.iter().all(|callback| callback.attempts == 3), "{attempts:?}");
}

#[tokio::test]
async fn an_account_sends_no_more_than_so_many_again() {
    let world = World::with(AppConfig::default(), ApiConfig::default()).await;
    world.app.set_webhook_sender(Arc::new(Sender::default()) as _);
    let (call, ..) = called(&world).await;
    let path =
        format!("/restcomm/2012-04-24/Accounts/{}/Calls/{call}/Timeline/Resend.json", world.child.sid());
    for _ in 0..20 {
        world.post(&world.child, &path, &[("Sequence", "1")]).await.ok();
    }
    let refused = world.post(&world.child, &path, &[("Sequence", "1")]).await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, "1"));
    world.clock.advance(1);
    world.post(&world.child, &path, &[("Sequence", "1")]).await.ok();
}
