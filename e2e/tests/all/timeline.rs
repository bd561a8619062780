//! The story of a call, as whoever looks for a fault reads it.

use serde_json::Value;

use flexio_e2e::eventually;
use flexio_e2e::flexio::{Flexio, Setup};
use flexio_e2e::rest::OVER;
use flexio_e2e::sipp::Sipp;
use flexio_e2e::web::Web;

/// The items of a call's timeline, once its SIP messages are there.
async fn story(flexio: &Flexio, call: &str) -> Vec<Value> {
    eventually("the messages of the call are kept", || async {
        let timeline = flexio.rest.timeline(call).await;
        let items = timeline["items"].as_array().unwrap().clone();
        items.iter().any(|item| item["kind"] == "sip").then_some(items)
    })
    .await
}

fn of<'a>(items: &'a [Value], kind: &str) -> Vec<&'a Value> {
    items.iter().filter(|item| item["kind"] == kind).collect()
}

/// `< INVITE` was received, `> 200` sent.
fn rungs(items: &[Value], call: &str) -> Vec<String> {
    let of_call = of(items, "sip").into_iter().filter(|item| item["call_sid"] == call);
    let word = |item: &Value| {
        let line = item["start_line"].as_str().unwrap();
        let words: Vec<&str> = line.split(' ').collect();
        let word = if words[0] == "SIP/2.0" { words[1] } else { words[0] };
        format!("{} {word}", if item["direction"] == "sent" { '>' } else { '<' })
    };
    of_call.map(word).collect()
}

#[tokio::test]
async fn the_story_of_a_call_has_its_messages_requests_verbs_media_and_price_in_order() {
    let friend = Sipp::new("callee").listen().await;
    let flexio = Setup::default().set("sandbox.carrier", &friend.address()).start().await;
    let web = Web::start().await;
    web.verbs("/voice", "<Dial><Number>+32470987654</Number></Dial>");
    let number = flexio.rest.rent(&[("VoiceUrl", &format!("{}?secret=1", web.url("/voice")))]).await;
    Sipp::new("caller").calls(flexio.sip, &number).pause(2_500).succeed().await;
    let calls = flexio.rest.wait_all("/Calls.json", "calls", 2, OVER).await;
    let sid = |direction: &str| {
        let call = calls.iter().find(|call| call["direction"] == direction).expect("a leg each way");
        call["sid"].as_str().unwrap().to_owned()
    };
    let (parent, child) = (sid("inbound"), sid("outbound-dial"));
    let items = eventually("both legs are kept", || async {
        let items = story(&flexio, &parent).await;
        (!rungs(&items, &parent).is_empty() && !rungs(&items, &child).is_empty()).then_some(items)
    })
    .await;
    let (theirs, ours) = (rungs(&items, &parent), rungs(&items, &child));
    assert_eq!((theirs.first().unwrap().as_str(), theirs[1].as_str()), ("< INVITE", "> 100"), "{theirs:?}");
    assert!(theirs.contains(&"< ACK".to_owned()) && theirs.ends_with(&["< BYE".into(), "> 200".into()]));
    assert_eq!(ours.first().unwrap(), "> INVITE");
    assert!(ours.ends_with(&["> BYE".into(), "< 200".into()]), "{ours:?}");
    let request = of(&items, "request")[0];
    assert_eq!((&request["fields"]["status"], &request["fields"]["method"]), (&"200".into(), &"POST".into()));
    assert_eq!(request["fields"]["url"], web.url("/voice"), "the query is left out");
    assert!(of(&items, "verb")[0]["fields"]["detail"].as_str().unwrap().starts_with("Dial"), "{items:#?}");
    assert_eq!(of(&items, "media").len(), 2, "a leg each: {items:#?}");
    assert_eq!(of(&items, "usage")[0]["item"], "voice.in");
    let times: Vec<&str> = items.iter().map(|item| item["at"].as_str().unwrap()).collect();
    assert!(times.is_sorted(), "{times:?}");
    // The leg by itself tells its own messages.
    assert_eq!(rungs(&story(&flexio, &child).await, &child), ours);
}

#[tokio::test]
async fn an_account_that_keeps_no_messages_has_none() {
    let (flexio, web) = (Flexio::start().await, Web::start().await);
    web.verbs("/voice", r#"<Gather timeout="1"/><Hangup/>"#);
    let number = flexio.rest.rent(&[("VoiceUrl", &web.url("/voice"))]).await;
    Sipp::new("caller").calls(flexio.sip, &number).pause(200).succeed().await;
    let first = newest(&flexio, 1).await;
    let items = story(&flexio, &first).await;
    assert!(of(&items, "sip").iter().all(|item| item["text"].as_str().unwrap().contains("Call-ID")));
    flexio.rest.post(".json", &[("SipLadderDays", "0")]).await;
    Sipp::new("caller").calls(flexio.sip, &number).pause(200).succeed().await;
    let second = newest(&flexio, 2).await;
    flexio.rest.post(".json", &[("SipLadderDays", "1")]).await;
    Sipp::new("caller").calls(flexio.sip, &number).pause(200).succeed().await;
    // They are kept in the order the calls ended: where the third has messages, the second has none to come.
    story(&flexio, &newest(&flexio, 3).await).await;
    let timeline = flexio.rest.timeline(&second).await;
    let items = timeline["items"].as_array().unwrap();
    assert!(of(items, "sip").is_empty() && !of(items, "verb").is_empty(), "{timeline:#}");
}

/// The latest of so many calls, all over.
async fn newest(flexio: &Flexio, count: usize) -> String {
    let calls = flexio.rest.wait_all("/Calls.json", "calls", count, OVER).await;
    calls[0]["sid"].as_str().unwrap().to_owned()
}
