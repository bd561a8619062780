//! Helpers of a call that fail while it runs: the call goes on or ends with a reason, and what it held is given back.

use std::os::unix::fs::PermissionsExt;

use flexio_e2e::agent::{Agent, Kind};
use flexio_e2e::audio::{silence, tone};
use flexio_e2e::baresip::Baresip;
use flexio_e2e::eventually;
use flexio_e2e::flexio::{Flexio, Setup};
use flexio_e2e::held::Held;
use flexio_e2e::rest::OVER;
use flexio_e2e::vosk::Vosk;
use flexio_e2e::web::Web;

const CALLER: &str = "+32470123456";

/// What is held once a first call has opened what stays open for good, such as connections that are kept.
async fn after_a_call(flexio: &Flexio, web: &Web) -> Held {
    web.verbs("/plain", r#"<Gather numDigits="1" timeout="20"/>"#);
    // A sender of callbacks is kept once there was something to send.
    let (voice, status) = (web.url("/plain"), web.url("/first"));
    let number = flexio.rest.rent(&[("VoiceUrl", &voice), ("StatusCallback", &status)]).await;
    let mut phone = Baresip::start(CALLER, &silence(1_000)).await;
    phone.call(&number, flexio.sip).await;
    phone.hang_up().await;
    flexio.rest.wait_all("/Calls.json", "calls", 1, OVER).await;
    web.first("/first").await;
    eventually("the first call is over", || async {
        let held = flexio.held().await;
        let is_quiet = |name| held.gauges.iter().any(|(of, count)| *of == name && *count == 0);
        (is_quiet("sip_legs") && is_quiet("media_sessions")).then_some(())
    })
    .await;
    flexio.held_at_rest().await
}

/// The application gathers one key and ends the call: it answers as long as it is there.
fn goes_on_with_keys(web: &Web, path: &str) {
    web.verbs(path, &format!(r#"<Gather action="{}" numDigits="1" timeout="30"/>"#, web.url("/pressed")));
    web.verbs("/pressed", "<Hangup/>");
}

async fn notified(flexio: &Flexio, code: &str) -> Vec<serde_json::Value> {
    let all = flexio.rest.all("/Notifications", "notifications").await;
    all.into_iter().filter(|one| one["error_code"] == code).collect()
}

/// A phone whose stream fails, told as `error`; it goes on with the next verb.
async fn stream_fails(kind: Kind) {
    let (flexio, web) = (Flexio::start().await, Web::start().await);
    let before = after_a_call(&flexio, &web).await;
    let agent = Agent::start(kind, &flexio.rest.token).await;
    let stream = format!(r#"<Stream url="{}" statusCallback="{}"/>"#, agent.url, web.url("/news"));
    web.verbs("/voice", &format!(r#"<Connect action="{}">{stream}</Connect>"#, web.url("/after")));
    goes_on_with_keys(&web, "/after");
    let number = flexio.rest.rent(&[("VoiceUrl", &web.url("/voice"))]).await;
    let mut phone = Baresip::start(CALLER, &tone(1_000.0, 100_000)).await;
    phone.call(&number, flexio.sip).await;
    agent.event("upgrade").await;
    let running = flexio.held().await;
    assert!(running.ports > before.ports && running.files > before.files, "{running:?} after {before:?}");
    assert!(running.gauges.contains(&("media_streams_running", 1)), "{running:?}");
    let deaf = (kind == Kind::Deaf).then_some(agent);
    let after = web.first("/after").await;
    assert_eq!((after.param("StreamEvent"), after.param("CallStatus")), ("stream-error", "in-progress"));
    let error = after.param("StreamError");
    let wanted = if deaf.is_some() { "does not read" } else { "lost" };
    assert!(error.contains(wanted), "{error}");
    eventually("the customer is told", || async {
        (!notified(&flexio, "31921").await.is_empty()).then_some(())
    })
    .await;
    // The leg is as it was: keys are heard.
    phone.press("5").await;
    assert_eq!(web.first("/pressed").await.param("Digits"), "5");
    phone.event("CALL_CLOSED").await;
    let calls = flexio.rest.wait_all("/Calls.json", "calls", 2, OVER).await;
    assert!(calls.iter().all(|call| call["status"] == "completed"), "{calls:?}");
    // The client is still there, and holds its end open.
    flexio.gives_back(&before).await;
    drop(deaf);
}

#[tokio::test]
async fn a_stream_client_that_reads_nothing_costs_the_stream_and_nothing_else() {
    stream_fails(Kind::Deaf).await;
}

#[tokio::test]
async fn a_stream_client_that_is_killed_costs_the_stream_and_nothing_else() {
    stream_fails(Kind::Python).await;
}

/// A recogniser that fails while somebody speaks: keys count instead.
async fn recogniser_fails(how: &str) {
    let vosk = Vosk::that(how).await;
    let (flexio, web) = (Setup::default().config(&vosk.table()).start().await, Web::start().await);
    let before = after_a_call(&flexio, &web).await;
    let gather =
        r#"<Gather input="dtmf speech" language="nl-BE" numDigits="1" timeout="40" speechTimeout="30""#;
    web.verbs("/voice", &format!(r#"{gather} action="{}"/>"#, web.url("/pressed")));
    web.verbs("/pressed", "<Hangup/>");
    let number = flexio.rest.rent(&[("VoiceUrl", &web.url("/voice"))]).await;
    let mut phone = Baresip::start(CALLER, &tone(400.0, 100_000)).await;
    phone.call(&number, flexio.sip).await;
    vosk.event("asked").await;
    eventually("the customer is told", || async {
        (!notified(&flexio, "11001").await.is_empty()).then_some(())
    })
    .await;
    phone.press("7").await;
    assert_eq!(web.first("/pressed").await.param("Digits"), "7");
    phone.event("CALL_CLOSED").await;
    flexio.rest.wait_all("/Calls.json", "calls", 2, OVER).await;
    flexio.gives_back(&before).await;
}

#[tokio::test]
async fn a_recogniser_that_dies_while_somebody_speaks_leaves_the_keys() {
    recogniser_fails("dies").await;
}

#[tokio::test]
async fn a_recogniser_that_reads_nothing_leaves_the_keys_and_is_left() {
    recogniser_fails("hangs").await;
}

/// A flexio whose espeak-ng reads its text and never speaks.
async fn with_a_mute_voice() -> (tempfile::TempDir, Flexio) {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("mute");
    std::fs::write(&program, "#!/bin/sh\nexec sleep 300\n").unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let flexio = Setup::default().set("speech.espeak_program", &program.display().to_string()).start().await;
    (folder, flexio)
}

#[tokio::test]
async fn a_speech_program_that_is_killed_costs_its_verb_and_the_call_goes_on() {
    let (_folder, flexio) = with_a_mute_voice().await;
    let web = Web::start().await;
    let before = after_a_call(&flexio, &web).await;
    web.verbs("/voice", &format!("<Say>Hello</Say><Redirect>{}</Redirect>", web.url("/after")));
    goes_on_with_keys(&web, "/after");
    let number = flexio.rest.rent(&[("VoiceUrl", &web.url("/voice"))]).await;
    let mut phone = Baresip::start(CALLER, &silence(1_000)).await;
    phone.call(&number, flexio.sip).await;
    let speaks = eventually("it speaks", || async { flexio.programs().first().copied() }).await;
    let killed = std::process::Command::new("kill").args(["-KILL", &speaks.to_string()]).status();
    assert!(killed.is_ok_and(|status| status.success()));
    web.first("/after").await;
    phone.press("3").await;
    assert_eq!(web.first("/pressed").await.param("Digits"), "3");
    phone.event("CALL_CLOSED").await;
    flexio.rest.wait_all("/Calls.json", "calls", 2, OVER).await;
    let told = flexio.rest.all("/Notifications", "notifications").await;
    assert!(told.iter().any(|one| one["message_text"].to_string().contains("speech")), "{told:?}");
    flexio.gives_back(&before).await;
}

#[tokio::test]
async fn a_caller_who_leaves_while_it_is_spoken_for_him_leaves_no_program_behind() {
    let (_folder, flexio) = with_a_mute_voice().await;
    let web = Web::start().await;
    let before = after_a_call(&flexio, &web).await;
    web.verbs("/voice", "<Say>Hello</Say><Say>World</Say>");
    let number = flexio.rest.rent(&[("VoiceUrl", &web.url("/voice"))]).await;
    let mut phone = Baresip::start(CALLER, &silence(1_000)).await;
    phone.call(&number, flexio.sip).await;
    eventually("it speaks", || async { (!flexio.programs().is_empty()).then_some(()) }).await;
    phone.hang_up().await;
    flexio.rest.wait_all("/Calls.json", "calls", 2, OVER).await;
    flexio.gives_back(&before).await;
}
