//! Transfers with SIP peers that are not ours (RFC 3515, RFC 5589): those they ask for, and those they are asked for.

use flexio_e2e::audio::{heard_ms, silence, tone};
use flexio_e2e::baresip::Baresip;
use flexio_e2e::eventually;
use flexio_e2e::flexio::{Flexio, Setup};
use flexio_e2e::rest::OVER;
use flexio_e2e::sipp::{Running, Sipp};
use flexio_e2e::web::{Request, Web};

const CALLER: &str = "+32470123456";
const FRIEND: &str = "+32470987654";
/// Whom the friend knows.
const OTHER: &str = "+32480111222";

/// The value of a header in what sipp has written down, such as `Call-ID: `.
fn header<'a>(messages: &'a str, name: &str) -> Option<&'a str> {
    let line = messages.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim())
}

fn told(request: &Request, name: &str) -> String {
    request.param(name).to_owned()
}

/// The events of a call's timeline.
async fn events(flexio: &Flexio, call: &str) -> Vec<String> {
    let timeline = flexio.rest.timeline(call).await;
    let items = timeline["items"].as_array().unwrap();
    items.iter().filter_map(|item| item["event"].as_str().map(ToOwned::to_owned)).collect()
}

#[tokio::test]
async fn a_phone_that_is_asked_to_calls_the_other_number_and_the_application_hears_how_that_went() {
    let (flexio, web) = (Flexio::start().await, Web::start().await);
    web.verbs("/other", r#"<Gather timeout="60"/>"#);
    let other = flexio.rest.rent(&[("VoiceUrl", &web.url("/other"))]).await;
    let target = format!("sip:{other}@{}", flexio.sip);
    web.verbs("/voice", &format!(r#"<Refer action="{}"><Sip>{target}</Sip></Refer>"#, web.url("/referred")));
    web.verbs("/referred", "<Hangup/>");
    let number = flexio.rest.rent(&[("VoiceUrl", &web.url("/voice"))]).await;
    let mut phone = Baresip::start(CALLER, &silence(1_000)).await;
    phone.call(&number, flexio.sip).await;
    let referred = web.first("/referred").await;
    assert_eq!(
        ["ReferSipResponseCode", "NotifySipResponseCode", "ReferCallStatus"]
            .map(|name| told(&referred, name)),
        ["202", "200", "completed"],
        "{referred:?}\n{}",
        phone.log()
    );
    // It is the phone itself that called there, and it still talks.
    let there = format!("/Calls.json?To=%2B{}", &other[1..]);
    let calls = flexio.rest.wait_all(&there, "calls", 1, &["in-progress"]).await;
    assert_eq!(calls[0]["direction"], "inbound");
}

#[tokio::test]
async fn a_phone_that_is_asked_tells_that_the_other_is_busy_and_replaces_goes_with_the_request() {
    let (flexio, web) = (Flexio::start().await, Web::start().await);
    // An attended transfer at the far end: the dialog to be replaced is one of its own.
    let replaces = "Replaces=abc%40pbx%3Bto-tag%3D1%3Bfrom-tag%3D2";
    let refer = format!(
        r#"<Refer action="{}"><Sip>sip:agent@192.0.2.7?{replaces}</Sip></Refer>"#,
        web.url("/referred")
    );
    web.verbs("/voice", &refer);
    web.verbs("/referred", "<Hangup/>");
    let number = flexio.rest.rent(&[("VoiceUrl", &web.url("/voice"))]).await;
    let phone = Sipp::new("referred").with("@STATUS@", "486 Busy Here").with(
        "@TARGET@",
        "sip:agent@192[.]0[.]2[.]7[?]Replaces=abc%40pbx%3[bB]to-tag%3[dD]1%3[bB]from-tag%3[dD]2",
    );
    phone.calls(flexio.sip, &number).succeed().await;
    let referred = web.first("/referred").await;
    assert_eq!(
        ["ReferSipResponseCode", "NotifySipResponseCode", "ReferCallStatus"]
            .map(|name| told(&referred, name)),
        ["202", "486", "busy"]
    );
}

/// A flexio that calls `FRIEND` at this address; the caller's document dials him with this `<Dial`.
async fn with_friend(friend: &str, web: &Web, dial: &str) -> (Flexio, String) {
    let flexio = Setup::default().set("sandbox.carrier", friend).start().await;
    let dial = format!(r#"{dial} action="{}"><Number>{FRIEND}</Number></Dial>"#, web.url("/dialled"));
    web.verbs("/voice", &dial);
    web.verbs("/dialled", "<Hangup/>");
    let number = flexio.rest.rent(&[("VoiceUrl", &web.url("/voice"))]).await;
    (flexio, number)
}

#[tokio::test]
async fn a_called_peer_sends_the_caller_elsewhere_and_is_notified_of_it() {
    let target = format!("sip:{OTHER}@pbx.example");
    let friend = Sipp::new("referrer").with("@TARGET@", &target).pause(1_000).listen().await;
    let web = Web::start().await;
    let dial = r#"<Dial referUrl="/elsewhere" referMethod="GET""#;
    let (flexio, number) = with_friend(&friend.address(), &web, dial).await;
    web.verbs("/elsewhere", &format!(r#"<Gather action="{}" numDigits="1" timeout="30"/>"#, web.url("/key")));
    web.verbs("/key", "<Hangup/>");
    let mut phone = Baresip::start(CALLER, &silence(1_000)).await;
    phone.call(&number, flexio.sip).await;
    let asked = web.first("/elsewhere").await;
    assert_eq!(
        ["Transferor", "Transferee", "ReferTarget"].map(|name| told(&asked, name)),
        [FRIEND, CALLER, &target],
        "{asked:?}"
    );
    assert_eq!(asked.method, "GET");
    // 202, NOTIFY with 100, NOTIFY with 200 and the end of the subscription, BYE.
    let seen = friend.succeed().await;
    assert_eq!(seen.matches("Content-Type: message/sipfrag").count(), 2, "{seen}");
    phone.press("8").await;
    assert_eq!(web.first("/key").await.param("Digits"), "8");
    phone.event("CALL_CLOSED").await;
    assert!(web.asked("/dialled").is_empty(), "the verb was left for the other document");
    let calls = flexio.rest.wait_all("/Calls.json", "calls", 2, OVER).await;
    assert!(calls.iter().all(|call| call["status"] == "completed"), "{calls:?}");
}

#[tokio::test]
async fn a_phone_with_a_transfer_key_sends_the_caller_elsewhere() {
    let mut friend = Baresip::start(FRIEND, &silence(1_000)).await;
    let web = Web::start().await;
    let dial = r#"<Dial referUrl="/elsewhere""#;
    let (flexio, number) = with_friend(&friend.address.to_string(), &web, dial).await;
    web.verbs("/elsewhere", r#"<Gather timeout="60"/>"#);
    let mut phone = Baresip::start(CALLER, &silence(1_000)).await;
    phone.call(&number, flexio.sip).await;
    friend.event("CALL_ESTABLISHED").await;
    friend.transfer(&format!("sip:{OTHER}@pbx.example")).await;
    assert!(web.first("/elsewhere").await.param("ReferTarget").contains(OTHER));
    friend.event("CALL_CLOSED").await;
    // The caller is still there.
    flexio.rest.wait_all("/Calls.json?Status=in-progress", "calls", 1, &["in-progress"]).await;
    phone.hang_up().await;
}

#[tokio::test]
async fn a_transfer_that_the_document_does_not_allow_is_refused_and_the_call_goes_on() {
    let friend = Sipp::new("declined").with("@TARGET@", "sip:x@pbx.example").pause(500).listen().await;
    let web = Web::start().await;
    let (flexio, number) = with_friend(&friend.address(), &web, "<Dial").await;
    let mut phone = Baresip::start(CALLER, &silence(1_000)).await;
    phone.call(&number, flexio.sip).await;
    friend.succeed().await;
    assert_eq!(web.first("/dialled").await.param("DialCallStatus"), "completed");
    phone.event("CALL_CLOSED").await;
    let calls = flexio.rest.wait_all("/Calls.json", "calls", 2, OVER).await;
    let parent = calls.iter().find(|call| call["direction"] == "inbound").unwrap();
    let events = events(&flexio, parent["sid"].as_str().unwrap()).await;
    assert!(events.iter().any(|event| event == "refer-declined"), "{events:?}");
}

/// How the dialog of a peer that was called is named to flexio: its tags are those of flexio and of the peer.
async fn dialog_of(peer: &Running) -> String {
    eventually("the other is answered", || async {
        let seen = peer.messages();
        seen.contains("\nACK sip:").then_some(())?;
        let (id, from) = (header(&seen, "Call-ID: ")?, header(&seen, "From: ")?);
        let tag = from.split(";tag=").nth(1)?.split(';').next()?;
        Some(
            format!("{};to-tag={tag};from-tag=1", id.replace('@', "%40"))
                .replace(';', "%3B")
                .replace('=', "%3D"),
        )
    })
    .await
}

#[tokio::test]
async fn a_peer_joins_the_two_it_talks_with_and_is_told_that_it_is_done() {
    // Two lines of one phone system, on a trunk each: the second one's dialog is named in the first one's REFER.
    let (first, second) = (Sipp::new("referrer"), Sipp::new("callee").listen().await);
    let trunk = |name: &str, prefix: &str, port: u16| {
        format!(
            "[[trunk]]\nname = \"{name}\"\naddresses = [\"127.0.0.1:{port}\"]\nprefixes = [\"{prefix}\"]\nping_s = 0\ndiverted_identity = \"diversion\"\n"
        )
    };
    let config = trunk("one", "+3247", first.port) + &trunk("two", "+3248", second.port);
    let (flexio, web) = (Setup::default().config(&config).start().await, Web::start().await);
    let mut numbers = Vec::new();
    for (path, to) in [("/one", FRIEND), ("/two", OTHER)] {
        web.verbs(path, &format!("<Dial><Number>{to}</Number></Dial>"));
        numbers.push(flexio.rest.rent(&[("VoiceUrl", &web.url(path))]).await);
    }
    let mut asks = Baresip::start("+32470000001", &tone(600.0, 60_000)).await;
    asks.call(&numbers[1], flexio.sip).await;
    let dialog = dialog_of(&second).await;
    let target = format!("sip:{OTHER}@127.0.0.1?Replaces={dialog}");
    let first = first.with("@TARGET@", &target).pause(1_500).listen().await;
    let mut phone = Baresip::start(CALLER, &tone(1_000.0, 60_000)).await;
    phone.call(&numbers[0], flexio.sip).await;
    // Both lines of the phone system are hung up, the first after the NOTIFYs.
    first.succeed().await;
    second.succeed().await;
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    phone.hang_up().await;
    asks.event("CALL_CLOSED").await;
    let (near, far) = (heard_ms(&phone.heard().await, 600.0), heard_ms(&asks.heard().await, 1_000.0));
    assert!(near >= 2_000 && far >= 2_000, "they hear each other: {near} ms, {far} ms");
    let calls = flexio.rest.wait_all("/Calls.json", "calls", 4, OVER).await;
    assert!(calls.iter().all(|call| call["status"] == "completed"), "{calls:?}");
}
