//! JSON between an application and the phone in a call.

use std::collections::HashMap;

use flexio_app::{CallChange, ControlError};
use flexio_domain::{CallSid, HttpMethod, UserMessageSid, UserMessageSubscriptionSid, Webhook};
use flexio_sip::{Event, LegId};

use crate::phones::{PASSWORD, Phone, client};
use crate::platform::Platform;

async fn changes(platform: &Platform, call: CallSid, change: CallChange) -> Result<(), ControlError> {
    let result = platform.app.modify_call(&platform.account, call, change).await;
    result.map(drop).map_err(|error| match error {
        flexio_app::AppError::Control(error) => error,
        // Of a call that is over more is known than of one that is not here.
        _ => ControlError::Over,
    })
}

/// The JSON and its type in the next INFO.
async fn reads(phone: &mut Phone) -> (String, String) {
    phone
        .until(|_, _, event| match event {
            Event::Info { request, .. } => {
                let kind = if request.is_content("application/json") { "json" } else { "other" };
                Some((kind.to_owned(), String::from_utf8(request.body().to_vec()).unwrap()))
            }
            _ => None,
        })
        .await
}

/// Sends an INFO and waits for its answer.
async fn says(phone: &mut Phone, leg: LegId, kind: &str, body: &str) {
    phone.act(|end, now| end.info(now, leg, kind, body.as_bytes()).unwrap());
    let answered = phone.until(|_, _, event| match event {
        Event::InfoAnswered { status, .. } => Some(*status),
        _ => None,
    });
    assert_eq!(answered.await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_and_a_phone_send_each_other_json_in_the_dialog_of_their_call() {
    let platform = Platform::start().await;
    client(&platform, "alice", Some("alice")).await;
    let mut alice = Phone::start(None).await;
    assert_eq!(alice.register(&platform, "alice", PASSWORD).await, 200);
    platform.answers("alice", "<Say>x</Say><Pause length=\"60\"/>");
    let leg = alice.call(&platform, "alice", "600").await.unwrap();
    let call: CallSid = platform.asked("alice")[0].params["CallSid"].parse().unwrap();

    let (first, second) = (UserMessageSid::new(), UserMessageSid::new());
    for (sid, content) in [(first, r#"{"n":1}"#), (first, r#"{"n":1}"#), (second, r#"{"n":2}"#)] {
        let content = content.to_owned();
        changes(&platform, call, CallChange::SendUserMessage { sid, content }).await.unwrap();
    }
    // The one with the sid of another was sent once.
    assert_eq!(reads(&mut alice).await, ("json".to_owned(), r#"{"n":1}"#.to_owned()));
    assert_eq!(reads(&mut alice).await, ("json".to_owned(), r#"{"n":2}"#.to_owned()));

    // Before anybody wants to know, and what is not JSON, is told nobody.
    says(&mut alice, leg, "application/json", r#"{"early":true}"#).await;
    let callback = Webhook { url: platform.url("said"), method: HttpMethod::Post };
    let sids: Vec<_> = (0..11).map(|_| UserMessageSubscriptionSid::new()).collect();
    for (number, sid) in sids.iter().enumerate() {
        let asked = CallChange::Subscribe { sid: *sid, callback: callback.clone() };
        let expected = if number < 10 { Ok(()) } else { Err(ControlError::TooMany) };
        assert_eq!(changes(&platform, call, asked).await, expected);
    }
    for sid in &sids[1..10] {
        assert_eq!(changes(&platform, call, CallChange::Unsubscribe(*sid)).await, Ok(()));
    }
    assert_eq!(changes(&platform, call, CallChange::Unsubscribe(sids[1])).await, Err(ControlError::NoSuch));
    says(&mut alice, leg, "text/plain", "hello").await;
    says(&mut alice, leg, "application/json", r#"{"key":"€"}"#).await;
    says(&mut alice, leg, "application/json", "2").await;
    alice.hang_up(leg).await;

    let told = platform.told("/said").await;
    let parts = |name: &str| told.iter().map(|told| told[name].as_str()).collect::<Vec<_>>();
    assert_eq!(parts("Content"), [r#"{"key":"€"}"#, "2"]);
    assert_eq!(parts("SequenceNumber"), ["0", "1"]);
    assert_eq!(parts("ContentType"), ["application/json"; 2]);
    assert!(
        parts("Sid").iter().all(|sid| sid.starts_with("KX"))
            && parts("CallSid").iter().all(|sid| *sid == call.to_string())
    );
    let over = CallChange::SendUserMessage { sid: second, content: "{}".to_owned() };
    assert!(changes(&platform, call, over).await.is_err());
    let timeline = platform.app.store.timeline(platform.account.sid, call).await.unwrap();
    let counted = timeline.iter().fold(HashMap::<_, u32>::new(), |mut counted, entry| {
        *counted.entry(entry.event.clone()).or_default() += 1;
        counted
    });
    assert_eq!(counted.get("user-message-answered"), Some(&2), "{counted:?}");
}
