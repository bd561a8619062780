//! A SIP peer that is not ours watches the calls of a phone, and takes one by what it was told (RFC 4235, RFC 3891).

use flexio_e2e::audio::silence;
use flexio_e2e::baresip::Baresip;
use flexio_e2e::eventually;
use flexio_e2e::flexio::{Flexio, Setup};
use flexio_e2e::rest::OVER;
use flexio_e2e::sipp::Sipp;
use flexio_e2e::web::Web;

const PASSWORD: &str = "Correct-Horse-9-Battery";
const CALLER: &str = "+32470123456";

async fn phones(users: &[&str]) -> Flexio {
    // These peers know MD5 alone.
    let flexio = Setup::default().set("sip.digest", r#"["md5"]"#).start().await;
    for user in users {
        let form = [("Login", *user), ("Password", PASSWORD)];
        flexio.rest.post_at(&flexio.rest.native("/Clients.json"), &form).await.ok();
    }
    flexio
}

/// The documents a watcher was sent, in order.
fn documents(messages: &str) -> Vec<String> {
    let begins = messages.split("<dialog-info").skip(1);
    begins.filter_map(|rest| Some(rest.split_once("</dialog-info>")?.0.to_owned())).collect()
}

fn attribute<'a>(document: &'a str, name: &str) -> Option<&'a str> {
    let rest = document.split(&format!(" {name}=\"")).nth(1)?;
    rest.split('"').next()
}

/// The newest document, once it says this.
async fn told(watcher: &flexio_e2e::sipp::Running, what: &str) -> String {
    eventually(&format!("{what} is told"), || async {
        documents(&watcher.messages()).pop().filter(|document| document.contains(what))
    })
    .await
}

#[tokio::test]
async fn a_watcher_sees_a_phone_ring_takes_its_call_and_sees_it_free_again() {
    let flexio = phones(&["bob", "watcher"]).await;
    let web = Web::start().await;
    web.verbs("/voice", "<Dial><Client>bob</Client></Dial>");
    let number = flexio.rest.rent(&[("VoiceUrl", &web.url("/voice"))]).await;
    let media = "audio_codecs=PCMA/8000/1;answermode=manual";
    let bob = Baresip::register("bob", PASSWORD, &flexio.sip.to_string(), &silence(1_000), media).await;
    let watcher = Sipp::new("watcher")
        .with("@PASSWORD@", PASSWORD)
        .calls(flexio.sip, "bob")
        .proves_for("bob", flexio.sip)
        .start();
    let idle = told(&watcher, "version=\"0\"").await;
    assert!(idle.contains("state=\"full\"") && !idle.contains("<dialog "), "{idle}");
    let mut phone = Baresip::start(CALLER, &silence(1_000)).await;
    phone.call(&number, flexio.sip).await;
    let rings = told(&watcher, "<state>early</state>").await;
    let named = ["direction", "call-id", "local-tag", "remote-tag"].map(|name| attribute(&rings, name));
    let [Some("recipient"), Some(id), Some(local), Some(remote)] = named else { panic!("{rings}") };
    assert!(rings.contains(CALLER), "who calls is told: {rings}");
    // What is remote to the phone is the side of flexio, to which the INVITE goes.
    let dialog = format!("{id};to-tag={remote};from-tag={local};early-only");
    let picker = Sipp::new("picker").with("@REPLACES@", &dialog).pause(1_500);
    picker.calls(flexio.sip, &number).succeed().await;
    bob.event("CALL_CLOSED").await;
    eventually("the phone is free", || async {
        documents(&watcher.messages()).pop().filter(|document| !document.contains("<dialog "))
    })
    .await;
    phone.event("CALL_CLOSED").await;
    flexio.rest.wait_all("/Calls.json", "calls", 3, OVER).await;
    let versions: Vec<u32> = documents(&watcher.messages())
        .iter()
        .filter_map(|document| attribute(document, "version")?.parse().ok())
        .collect();
    assert!(versions.windows(2).all(|pair| pair[0] < pair[1]), "{versions:?}");
}

#[tokio::test]
async fn a_watcher_sees_a_phone_talk_and_whoever_looks_once_is_told_once() {
    let flexio = phones(&["bob", "watcher"]).await;
    let web = Web::start().await;
    web.verbs("/voice", "<Dial><Client>bob</Client></Dial>");
    let number = flexio.rest.rent(&[("VoiceUrl", &web.url("/voice"))]).await;
    let media = "audio_codecs=PCMA/8000/1";
    let _bob = Baresip::register("bob", PASSWORD, &flexio.sip.to_string(), &silence(1_000), media).await;
    let watcher = Sipp::new("watcher")
        .with("@PASSWORD@", PASSWORD)
        .calls(flexio.sip, "bob")
        .proves_for("bob", flexio.sip)
        .start();
    told(&watcher, "version=\"0\"").await;
    let mut phone = Baresip::start(CALLER, &silence(1_000)).await;
    phone.call(&number, flexio.sip).await;
    told(&watcher, "<state>confirmed</state>").await;
    let seen = Sipp::new("looker")
        .with("@PASSWORD@", PASSWORD)
        .calls(flexio.sip, "bob")
        .proves_for("bob", flexio.sip)
        .succeed()
        .await;
    assert_eq!(documents(&seen).len(), 1, "{seen}");
    assert!(seen.contains("<state>confirmed</state>"), "{seen}");
    phone.hang_up().await;
    eventually("the phone is free", || async {
        documents(&watcher.messages()).pop().filter(|document| !document.contains("<dialog "))
    })
    .await;
}

#[tokio::test]
async fn whoever_has_no_password_or_asks_for_no_phone_of_his_account_sees_nothing() {
    let flexio = phones(&["bob", "watcher"]).await;
    for (user, password, status) in [("bob", "wrong", "403"), ("nobody", PASSWORD, "404")] {
        let stranger = Sipp::new("stranger").with("@PASSWORD@", password).with("@STATUS@", status);
        stranger.calls(flexio.sip, user).proves_for(user, flexio.sip).succeed().await;
    }
}
