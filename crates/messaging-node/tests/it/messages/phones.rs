//! Texts to phones of clients, and from them; the phones are played.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use flexio_app::delivery::ReceiveError;
use flexio_app::phones::{PhoneAnswer, PhoneNetwork, PhoneText};
use flexio_domain::{ErrorCode, MessageDirection, MessageStatus, Pii, message::SegmentState};

use super::{OTHER, OURS, PATIENCE, Platform, answered_by, web::Web};

/// Phones that answer as they are told, then that they have it.
#[derive(Debug, Default)]
struct Played {
    answers: Mutex<VecDeque<PhoneAnswer>>,
    told: Mutex<Vec<PhoneText>>,
}

#[async_trait]
impl PhoneNetwork for Played {
    async fn tell(&self, text: PhoneText) -> PhoneAnswer {
        self.told.lock().unwrap().push(text);
        self.answers.lock().unwrap().pop_front().unwrap_or(PhoneAnswer::Delivered)
    }
}

async fn platform(answers: &[PhoneAnswer]) -> (Platform, Arc<Played>) {
    let platform = Platform::new().await;
    let played =
        Arc::new(Played { answers: Mutex::new(answers.iter().copied().collect()), ..Played::default() });
    platform.app.phones.connect_network(Arc::clone(&played) as _);
    (platform, played)
}

#[tokio::test]
async fn a_text_to_a_client_is_told_in_one_piece_delivered_and_free() {
    let (platform, played) = platform(&[]).await;
    platform.rent(OURS, <_>::default()).await;
    let web = Web::pleased().await;
    let node = platform.node(vec![], false).await;
    let body = "€ and Ω, ".repeat(100);
    let headers = vec![("X-Order".to_owned(), "17".to_owned())];
    let sent = platform
        .send_with("client:alice", &body, Some(web.url("status")), |new| new.sip_headers.clone_from(&headers))
        .await;
    assert_eq!(sent.segment_states.len(), 1);
    let delivered = platform.until(sent.sid, MessageStatus::Delivered).await;
    assert_eq!(delivered.route.as_deref(), Some("phones"));
    let told = played.told.lock().unwrap().clone();
    assert_eq!(told.len(), 1);
    assert_eq!((&told[0].body.0, &told[0].headers, told[0].account), (&body, &headers, platform.account.sid));
    assert_eq!((told[0].from.to_string(), told[0].to.to_string()), (OURS.into(), "client:alice".into()));
    assert_eq!(delivered.price.map(flexio_domain::Money::micros), Some(0));
    node.drain(PATIENCE).await;
    let states: Vec<_> = web.asked().iter().map(|asked| asked.param("MessageStatus").to_owned()).collect();
    assert_eq!(states.last().map(String::as_str), Some("delivered"), "{states:?}");
    platform.books_are_right().await;
}

#[tokio::test]
async fn who_is_absent_is_told_later_who_refuses_is_not_and_a_lost_answer_is_nobodys_guess() {
    let answers = [PhoneAnswer::Absent, PhoneAnswer::Refused, PhoneAnswer::Unknown, PhoneAnswer::Accepted];
    let (platform, played) = platform(&answers).await;
    platform.rent(OURS, <_>::default()).await;
    let node = platform.node(vec![], false).await;
    let absent = platform.send("client:alice", "later", None).await;
    let waiting = async {
        loop {
            let message = platform.message(absent.sid).await;
            if message.attempts == 1 {
                return message;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    let waiting = tokio::time::timeout(PATIENCE, waiting).await.expect("it was tried");
    assert!(waiting.next_attempt_at.is_some() && !waiting.status.is_final(), "{waiting:?}");
    let refused = platform.send("client:alice", "no", None).await;
    let refused = platform.until(refused.sid, MessageStatus::Failed).await;
    assert_eq!(refused.error, Some(ErrorCode::CarrierViolation));
    let lost = platform.send("client:alice", "perhaps", None).await;
    let unknown = async {
        while platform.message(lost.sid).await.segment_states != [SegmentState::Unknown] {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, unknown).await.expect("its answer was lost");
    let passed_on = platform.send("client:alice", "on its way", None).await;
    platform.until(passed_on.sid, MessageStatus::Sent).await;
    // After five seconds at most.
    platform.until(absent.sid, MessageStatus::Delivered).await;
    let bodies: Vec<String> = played.told.lock().unwrap().iter().map(|text| text.body.0.clone()).collect();
    assert_eq!(
        bodies,
        ["later", "no", "perhaps", "on its way", "later"],
        "what may have come is not told again"
    );
    drop(node);
}

#[tokio::test]
async fn what_a_phone_writes_starts_the_application_of_the_number_and_its_reply_goes_to_the_phone() {
    let (platform, played) = platform(&[]).await;
    let web = Web::start(|asked| {
        let reply = format!("<Response><Message>You said {}</Message></Response>", asked.param("Body"));
        Some((200, reply))
    })
    .await;
    platform.rent(OURS, answered_by(web.url("sms"))).await;
    let node = platform.node(vec![], false).await;
    let text = |account, to: &str| PhoneText {
        account,
        from: "client:alice".parse().unwrap(),
        to: to.parse().unwrap(),
        body: Pii("hello".to_owned()),
        headers: vec![("X-Mood".to_owned(), "good".to_owned())],
    };
    let inbox = platform.app.phones.inbox().expect("the node takes what phones write");
    let sid = inbox.take(text(platform.account.sid, OURS)).await.unwrap();
    let replied = async {
        while played.told.lock().unwrap().is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, replied).await.expect("the reply goes to the phone");
    platform.until(sid, MessageStatus::Received).await;
    let asked = web.asked().remove(0);
    for (name, value) in [
        ("MessageSid", sid.to_string().as_str()),
        ("From", "client:alice"),
        ("To", OURS),
        ("Body", "hello"),
        ("SipHeader_X-Mood", "good"),
    ] {
        assert_eq!(asked.param(name), value, "{name}");
    }
    let reply = played.told.lock().unwrap()[0].clone();
    assert_eq!((reply.to.to_string(), reply.body.0.as_str()), ("client:alice".to_owned(), "You said hello"));
    let messages = platform.messages().await;
    assert_eq!(messages[1].direction, MessageDirection::OutboundReply);
    // Numbers that are nobody's or somebody else's, and other phones.
    for to in [OTHER, "8640", "client:bob"] {
        let refused = inbox.take(text(platform.account.sid, to)).await;
        assert!(matches!(refused, Err(ReceiveError::UnknownNumber)), "{to}: {refused:?}");
    }
    let elsewhere = inbox.take(text(flexio_domain::AccountSid::from_u128(9), OURS)).await;
    assert!(matches!(elsewhere, Err(ReceiveError::UnknownNumber)), "{elsewhere:?}");
    drop(node);
}
