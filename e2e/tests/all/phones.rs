//! Phones that register: baresip over UDP and TLS, restarts, floods.

use flexio_e2e::audio::{heard_ms, tone};
use flexio_e2e::baresip::Baresip;
use flexio_e2e::flexio::{Flexio, Setup};
use flexio_e2e::rest::OVER;
use flexio_e2e::web::Web;

const PASSWORD: &str = "Correct-Horse-9-Battery";
const CALLER: &str = "+32470123456";
const PCMA: &str = "audio_codecs=PCMA/8000/1,PCMU/8000/1";

async fn client(flexio: &Flexio, login: &str, voice: &str) {
    let form = [("Login", login), ("Password", PASSWORD), ("VoiceUrl", voice), ("VoiceMethod", "POST")];
    flexio.rest.post_at(&flexio.rest.native("/Clients.json"), &form).await.ok();
}

/// Somebody calls a number whose document dials alice, and hears her.
async fn alice_is_called(flexio: &Flexio, web: &Web) {
    web.verbs("/to-alice", "<Dial><Client>alice</Client></Dial>");
    let number = flexio.rest.rent(&[("VoiceUrl", &web.url("/to-alice"))]).await;
    let mut caller = Baresip::start(CALLER, &tone(440.0, 60_000)).await;
    caller.call(&number, flexio.sip).await;
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    caller.hang_up().await;
    let heard = heard_ms(&caller.heard().await, 1_000.0);
    assert!(heard > 1_000, "{heard} ms of alice\n{}", caller.log());
    let calls = flexio.rest.wait_all("/Calls.json", "calls", 2, OVER).await;
    assert!(calls.iter().all(|call| call["status"] == "completed"), "{calls:?}");
}

#[tokio::test]
async fn a_phone_is_called_after_a_kill_without_registering_anew() {
    // This baresip knows MD5 alone.
    let mut flexio = Setup::default().set("sip.digest", r#"["md5"]"#).start().await;
    let web = Web::start().await;
    client(&flexio, "alice", &web.url("/alice")).await;
    let alice =
        Baresip::register("alice", PASSWORD, &flexio.sip.to_string(), &tone(1_000.0, 60_000), PCMA).await;
    flexio.kill().await;
    flexio.serve_again().await;
    let log = flexio.log();
    assert!(log.contains("registrations_restored"), "{log}");
    alice_is_called(&flexio, &web).await;
    assert_eq!(alice.registrations(), 1, "it registered anew: {}", alice.log());
}
