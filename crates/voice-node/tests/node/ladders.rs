//! What a call's legs say over SIP, seen while they still do.

use flexio_domain::{AccountSid, Call, CallSid, CallStatus, CreditMode, Money, SipMessage};
use flexio_sip::{Event, ExtraHeaders, InviteRequest, NameAddr, Uri};
use flexio_voice_node::config;

use crate::phones::{PASSWORD, Phone, client, login};
use crate::platform::Platform;

/// Each message as direction and first word, `> INVITE` or `< 200`.
fn steps(messages: &[SipMessage]) -> Vec<String> {
    let step = |message: &SipMessage| {
        let line = message.text.lines().next().unwrap().replace("SIP/2.0 ", "");
        let word = line.split(' ').next().unwrap().to_owned();
        format!("{} {word}", if message.is_sent { "<" } else { ">" })
    };
    messages.iter().map(step).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_call_shows_what_its_legs_have_said_so_far_and_nobody_elses() {
    let platform = Platform::start().await;
    for user in ["alice", "bob"] {
        client(&platform, user, (user == "alice").then_some("alice")).await;
    }
    let (mut alice, mut bob) = (Phone::start(None).await, Phone::start(None).await);
    assert_eq!(alice.register(&platform, "alice", PASSWORD).await, 200);
    assert_eq!(bob.register(&platform, "bob", PASSWORD).await, 200);
    platform.answers("alice", "<Say>x</Say><Dial><Client>bob</Client></Dial>");
    let (leg, his) = tokio::join!(alice.call(&platform, "alice", "600"), bob.answer());
    let call: CallSid = platform.asked("alice")[0].params["CallSid"].parse().unwrap();

    let shown = platform.app.call_timeline(platform.account.sid, call).await.unwrap().ladders;
    let own = shown.iter().find(|ladder| ladder.call_sid == call).expect("the leg of the caller");
    let steps_of_own = steps(&own.messages);
    assert_eq!(&steps_of_own[..4], ["> INVITE", "< 401", "> INVITE", "< 100"], "{steps_of_own:?}");
    assert!(steps_of_own.contains(&"< 200".to_owned()), "{steps_of_own:?}");
    let dialled = shown.iter().find(|ladder| ladder.call_sid != call).expect("the leg that was dialled");
    let steps_of_dialled = steps(&dialled.messages);
    assert_eq!(steps_of_dialled.first().map(String::as_str), Some("< INVITE"));
    assert!(steps_of_dialled.contains(&"< ACK".to_owned()), "{steps_of_dialled:?}");
    assert_eq!((shown.len(), dialled.root_call_sid), (2, call));
    assert!(!own.messages.iter().any(|message| message.text.contains("response=\"")), "no secret is shown");
    assert!(platform.app.call_timeline(AccountSid::new(), call).await.is_err());

    bob.hang_up(his).await;
    alice.hang_up(leg.unwrap()).await;
    platform.finished_calls().await;
}

/// So many calls, oldest first: one that is refused is kept when its caller knows already.
async fn refused_calls(platform: &Platform, count: usize) -> Vec<Call> {
    for _ in 0..200 {
        let calls = platform.finished_calls().await;
        if calls.len() == count {
            return calls;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("a refused call is never kept")
}

/// The steps of each leg of a call, once they are kept.
async fn kept(platform: &Platform, call: CallSid, legs: usize) -> Vec<Vec<String>> {
    for _ in 0..200 {
        let ladders = platform.app.call_timeline(platform.account.sid, call).await.unwrap().ladders;
        if ladders.len() == legs && platform.voice.running_calls() == 0 {
            return ladders.iter().map(|ladder| steps(&ladder.messages)).collect();
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("the messages are never kept")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_refused_is_a_failed_call_with_its_messages_unless_its_caller_proved_nothing() {
    let platform = Platform::start().await;
    client(&platform, "alice", Some("alice")).await;
    let mut alice = Phone::start(None).await;
    assert_eq!(alice.register(&platform, "alice", PASSWORD).await, 200);
    assert_eq!(alice.call_at(&platform, "127.0.0.1", "alice", "600", Some("wrong")).await, Err(403));
    let video = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=video 40000 RTP/AVP 99\r\n";
    let uri = |user| Uri::sip(Some(user), "127.0.0.1", None).unwrap();
    let from = NameAddr::new(uri("alice"));
    let mut request = InviteRequest::new(uri("600"), from, alice.way_to(&platform), video.as_bytes());
    request.login = Some(login("alice", PASSWORD));
    alice.invite(request);
    let refused = |event: &Event| match event {
        Event::Failed { status, .. } => Some(*status),
        _ => None,
    };
    assert_eq!(alice.until(|_, _, event| refused(event)).await, 488);
    platform.app.set_credit(&platform.account, true, CreditMode::Prepaid, Money::ZERO).await.unwrap();
    assert_eq!(platform.phone("").await.status, 480);

    let calls = refused_calls(&platform, 2).await;
    let told = |call: &Call| {
        assert_eq!((call.status, call.price), (CallStatus::Failed, None));
        (call.from.to_string(), call.sip_response_code.unwrap(), call.reason.as_ref().unwrap().code)
    };
    assert_eq!(told(&calls[0]), ("client:alice".to_owned(), 488, 488));
    assert_eq!((told(&calls[1]).1, told(&calls[1]).2), (480, 3303));
    let steps = kept(&platform, calls[0].sid, 1).await;
    assert_eq!(&steps[0][..5], ["> INVITE", "< 401", "> INVITE", "< 100", "< 488"], "{steps:?}");
    let steps = kept(&platform, calls[1].sid, 1).await;
    assert_eq!(&steps[0][..3], ["> INVITE", "< 100", "< 480"], "{steps:?}");
    assert!(platform.usage().await.is_empty());
    platform.ledger_is_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_carrier_that_was_tried_stands_in_the_story_of_the_call() {
    let (mut full, mut free) = (Phone::start(None).await, Phone::start(None).await);
    let (first, second) = (full.address, free.address);
    let platform = Platform::start_with(|node| {
        node.sandbox = false;
        let trunk = |name: &str, address: std::net::SocketAddr, priority| config::Trunk {
            name: name.to_owned(),
            addresses: vec![address.to_string()],
            priority,
            ping_s: 0,
            ..config::Trunk::default()
        };
        node.trunks = vec![trunk("first", first, 1), trunk("second", second, 2)];
    })
    .await;
    let record = platform.outgoing("+32470123456", "<Response><Hangup/></Response>");
    platform.app.store.commit(flexio_store::Change::CreateCall(record.clone()).into()).await.unwrap();
    platform.voice.call_control().originate(&record).await.unwrap();
    full.until(|end, now, event| match event {
        Event::Incoming(incoming) => {
            end.reject(now, incoming.leg, 503, None, &ExtraHeaders::new()).unwrap();
            Some(())
        }
        _ => None,
    })
    .await;
    let refusing = tokio::spawn(async move { full.over().await });
    free.answer().await;
    free.over().await;
    let call = platform.finished_calls().await.remove(0);
    assert_eq!((call.status, call.trunk.as_deref()), (CallStatus::Completed, Some("second")));
    let steps = kept(&platform, call.sid, 2).await;
    let refused = ["< INVITE", "> 100", "> 503", "< ACK"];
    assert!(steps.iter().any(|steps| *steps == refused), "{steps:?}");
    assert!(
        steps.iter().any(|steps| steps.starts_with(&["< INVITE".into()]) && steps.contains(&"> 200".into()))
    );
    drop(refusing);
}
