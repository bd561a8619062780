//! Browsers with SIP.js: they register over WebSockets, call and are called, with true WebRTC.

use flexio_e2e::audio::{self, heard_ms, tone};
use flexio_e2e::baresip::Baresip;
use flexio_e2e::browser::Browser;
use flexio_e2e::flexio::{Flexio, Setup};
use flexio_e2e::programs::{free_port, root};
use flexio_e2e::rest::OVER;
use flexio_e2e::web::{Reply, Web};
use serde_json::{Value, json};

const PASSWORD: &str = "Correct-Horse-9-Battery";
const CALLER: &str = "+32470123456";

/// A flexio with doors for browsers, and their URLs: in clear, and by TLS.
async fn with_doors() -> (Flexio, String, String) {
    let (ws, wss) = (format!("127.0.0.1:{}", free_port()), format!("127.0.0.1:{}", free_port()));
    let file =
        |name: &str| root().join("crates/voice-node/tests/node/certs").join(name).display().to_string();
    let setup = Setup::default()
        .set("sip.ws_listen", &ws)
        .set("sip.wss_listen", &wss)
        .set("sip.tls_cert", &file("sip.pem"))
        .set("sip.tls_key", &file("sip.key"));
    (setup.start().await, format!("ws://{ws}"), format!("wss://{wss}"))
}

async fn client(flexio: &Flexio, login: &str, voice: &str) {
    let form = [("Login", login), ("Password", PASSWORD), ("VoiceUrl", voice), ("VoiceMethod", "POST")];
    flexio.rest.post_at(&flexio.rest.native("/Clients.json"), &form).await.ok();
}

fn plays(web: &Web, path: &str, sound: &[i16]) -> String {
    web.answer(path, Reply::Body(200, "audio/wav", audio::wav(sound)));
    format!("<Play>{}</Play>", web.url(path))
}

#[tokio::test]
async fn a_browser_calls_an_application_hears_it_and_presses_keys() {
    let ((flexio, ws, wss), web) = (with_doors().await, Web::start().await);
    let prompt = plays(&web, "/440.wav", &tone(440.0, 30_000));
    let gather = format!(r#"<Gather action="{}" numDigits="3" timeout="30">"#, web.url("/pressed"));
    web.verbs("/alice", &format!("{gather}{prompt}</Gather>"));
    web.verbs("/pressed", "<Hangup/>");
    client(&flexio, "alice", &web.url("/alice")).await;
    let mut browser = Browser::start(&tone(700.0, 1_000)).await;
    for (count, server) in [&ws, &wss].into_iter().enumerate() {
        assert_eq!(browser.register(server, "alice", "wrong").await, 403);
        assert_eq!(browser.register(server, "alice", PASSWORD).await, 200);
        assert_eq!(browser.call("600").await, 200);
        browser.hears(440.0).await;
        browser.ask("press", &["19#D".into()]).await;
        let pressed = web.wait("/pressed", |asked| asked.len() > count).await;
        assert_eq!((pressed[count].param("Digits"), pressed[count].param("From")), ("19", "client:alice"));
        browser.ask("ended", &[]).await;
        browser.ask("unregister", &[]).await;
    }
    let calls = flexio.rest.wait_all("/Calls.json", "calls", 2, OVER).await;
    assert!(calls.iter().all(|call| call["status"] == "completed"), "{calls:?}");
}

#[tokio::test]
async fn a_phone_calls_a_browser_and_each_hears_the_other_before_and_after_a_hold() {
    let ((flexio, ws, _), web) = (with_doors().await, Web::start().await);
    client(&flexio, "alice", &web.url("/alice")).await;
    web.verbs(
        "/voice",
        r#"<Dial answerOnBridge="true"><Client><Identity>alice</Identity><Parameter name="order" value="42"/></Client></Dial>"#,
    );
    let number = flexio.rest.rent(&[("VoiceUrl", &web.url("/voice"))]).await;
    let mut browser = Browser::start(&tone(700.0, 1_000)).await;
    assert_eq!(browser.register(&ws, "alice", PASSWORD).await, 200);
    let mut phone = Baresip::start(CALLER, &tone(1_000.0, 60_000)).await;
    phone.dial(&number, flexio.sip).await;
    let headers = browser.ask("answer", &[]).await;
    assert_eq!(headers["X-Order"].as_str().or(headers["X-order"].as_str()), Some("42"), "{headers}");
    phone.event("CALL_ESTABLISHED").await;
    browser.hears(1_000.0).await;
    browser.ask("hold", &[true.into()]).await;
    browser.ask("hold", &[false.into()]).await;
    browser.hears(1_000.0).await;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    browser.ask("hang_up", &[]).await;
    phone.event("CALL_CLOSED").await;
    let heard = heard_ms(&phone.heard().await, 700.0);
    assert!(heard >= 1_000, "{heard} ms of the browser");
    let calls = flexio.rest.wait_all("/Calls.json", "calls", 2, OVER).await;
    assert!(calls.iter().all(|call| call["status"] == "completed"), "{calls:?}");
}

#[tokio::test]
async fn browsers_call_each_other_and_one_that_is_busy_says_so() {
    let ((flexio, ws, _), web) = (with_doors().await, Web::start().await);
    for user in ["alice", "bob"] {
        client(&flexio, user, &web.url(&format!("/{user}"))).await;
    }
    web.verbs("/alice", &format!(r#"<Dial action="{}"><Client>bob</Client></Dial>"#, web.url("/dialled")));
    web.verbs("/dialled", "<Hangup/>");
    let mut alice = Browser::start(&tone(700.0, 1_000)).await;
    let mut bob = Browser::start(&tone(1_200.0, 1_000)).await;
    assert_eq!(alice.register(&ws, "alice", PASSWORD).await, 200);
    assert_eq!(bob.register(&ws, "bob", PASSWORD).await, 200);
    let (status, _) = tokio::join!(alice.call("bob"), bob.ask("answer", &[]));
    assert_eq!(status, 200);
    alice.hears(1_200.0).await;
    bob.hears(700.0).await;
    bob.ask("hang_up", &[]).await;
    alice.ask("ended", &[]).await;
    assert_eq!(web.first("/dialled").await.param("DialCallStatus"), "completed");
    let busy = [486.into()];
    let (_, _) = tokio::join!(alice.call("bob"), bob.ask("answer", &busy));
    let dialled = web.wait("/dialled", |asked| asked.len() > 1).await;
    assert_eq!(dialled[1].param("DialCallStatus"), "busy");
}

#[tokio::test]
async fn a_browser_with_an_access_token_registers_calls_its_application_and_is_called_until_the_token_ends() {
    let ((flexio, ws, _), web) = (with_doors().await, Web::start().await);
    let prompt = plays(&web, "/440.wav", &tone(440.0, 30_000));
    web.verbs("/carol", &prompt);
    web.verbs("/voice", "<Dial><Client>carol</Client></Dial>");
    let number = flexio.rest.rent(&[("VoiceUrl", &web.url("/voice"))]).await;
    let key = flexio.rest.post("/Keys.json", &[]).await;
    let form = [("FriendlyName", "carol"), ("VoiceUrl", &web.url("/carol"))];
    let application = flexio.rest.post("/Applications.json", &form).await;
    let mut browser = Browser::start(&tone(700.0, 1_000)).await;
    let account = flexio.rest.account.as_str();
    let minted = |ttl: u32, application: &Value| {
        json!([account, key["sid"], key["secret"], "carol", ttl, application]).as_array().unwrap().clone()
    };
    let text = |value: Value| value.as_str().unwrap().to_owned();
    let good = text(browser.ask("mint", &minted(600, &application["sid"])).await);
    assert_eq!(browser.register_with_token(&ws, "dave", &good).await, 403, "in another's name");
    assert_eq!(browser.register_with_token(&ws, "carol", "a.b.c").await, 403);
    assert_eq!(browser.register_with_token(&ws, "carol", &good).await, 200);
    assert_eq!(browser.call("600").await, 200);
    browser.hears(440.0).await;
    browser.ask("hang_up", &[]).await;
    assert_eq!(web.first("/carol").await.param("From"), "client:carol");

    let mut phone = Baresip::start(CALLER, &tone(1_000.0, 60_000)).await;
    phone.dial(&number, flexio.sip).await;
    browser.ask("answer", &[]).await;
    browser.hears(1_000.0).await;
    browser.ask("hang_up", &[]).await;
    phone.event("CALL_CLOSED").await;

    let deaf = text(browser.ask("mint", &minted(600, &Value::Null)).await);
    assert_eq!(browser.register_with_token(&ws, "carol", &deaf).await, 200);
    assert_eq!(browser.call("600").await, 403, "it grants no calls");
    let short = text(browser.ask("mint", &minted(1, &application["sid"])).await);
    tokio::time::sleep(std::time::Duration::from_millis(2_100)).await;
    assert_eq!(browser.register_with_token(&ws, "carol", &short).await, 403);
}

#[tokio::test]
async fn browsers_type_to_each_other_and_the_application_reads() {
    let ((flexio, ws, _), web) = (with_doors().await, Web::start().await);
    for user in ["alice", "bob"] {
        client(&flexio, user, &web.url(&format!("/{user}"))).await;
    }
    let noun =
        format!(r#"<Client statusCallback="{}" statusCallbackEvent="text">bob</Client>"#, web.url("/text"));
    web.verbs("/alice", &format!("<Say>Welkom</Say><Dial>{noun}</Dial>"));
    let mut alice = Browser::start(&tone(700.0, 1_000)).await;
    let mut bob = Browser::start(&tone(1_200.0, 1_000)).await;
    assert_eq!(alice.register(&ws, "alice", PASSWORD).await, 200);
    assert_eq!(bob.register(&ws, "bob", PASSWORD).await, 200);
    let typing = ["bob".into(), true.into()];
    let (status, _) = tokio::join!(alice.ask("call", &typing), bob.ask("answer", &[]));
    assert_eq!(status, 200);
    alice.ask("reads", &["Welkom\u{2028}".into()]).await;
    alice.ask("type", &["Dag Bob".into()]).await;
    bob.ask("reads", &["Dag Bob".into()]).await;
    bob.ask("type", &["Dag Alice\u{2028}".into()]).await;
    let read = alice.ask("reads", &["Dag Alice".into()]).await;
    assert_eq!(read, "Welkom\u{2028}Dag Alice\u{2028}");
    assert_eq!(web.first("/text").await.param("Text"), "Dag Alice\u{2028}");
    bob.ask("hang_up", &[]).await;
    alice.ask("ended", &[]).await;
}

#[tokio::test]
async fn a_browser_asks_a_colleague_and_joins_the_caller_with_him() {
    // This baresip knows MD5 alone.
    let ws = format!("127.0.0.1:{}", free_port());
    let setup = Setup::default().set("sip.ws_listen", &ws).set("sip.digest", r#"["md5"]"#);
    let (flexio, web) = (setup.start().await, Web::start().await);
    let ws = format!("ws://{ws}");
    for user in ["alice", "bob"] {
        client(&flexio, user, &web.url(&format!("/{user}"))).await;
    }
    web.verbs("/alice", "<Dial><Client>bob</Client></Dial>");
    web.verbs("/voice", "<Dial><Client>alice</Client></Dial>");
    let number = flexio.rest.rent(&[("VoiceUrl", &web.url("/voice"))]).await;
    let mut alice = Browser::start(&tone(700.0, 1_000)).await;
    assert_eq!(alice.register(&ws, "alice", PASSWORD).await, 200);
    let registrar = flexio.sip.to_string();
    let codecs = "audio_codecs=PCMA/8000/1,PCMU/8000/1";
    let bob = Baresip::register("bob", PASSWORD, &registrar, &tone(1_200.0, 60_000), codecs).await;
    let mut caller = Baresip::start(CALLER, &tone(1_000.0, 60_000)).await;
    caller.dial(&number, flexio.sip).await;
    alice.ask("answer", &[]).await;
    alice.hears(1_000.0).await;
    assert_eq!(alice.call("bob").await, 200);
    alice.hears(1_200.0).await;
    let told = alice.ask("transfer", &[]).await;
    assert_eq!(told[0], 202, "{told}");
    assert!(told[1].as_str().is_some_and(|text| text.starts_with("SIP/2.0 200")), "{told}");
    // Her calls are over; theirs goes on.
    alice.ask("ended", &[]).await;
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    caller.hang_up().await;
    bob.event("CALL_CLOSED").await;
    let (hers, his) = (heard_ms(&caller.heard().await, 1_200.0), heard_ms(&bob.heard().await, 1_000.0));
    assert!(hers > 1_000 && his > 1_000, "the caller heard {hers} ms of bob, who heard {his} ms of him");
    let calls = flexio.rest.wait_all("/Calls.json", "calls", 4, OVER).await;
    assert!(calls.iter().all(|call| call["status"] == "completed"), "{calls:?}");
}
