//! Calls with baresip, and what was heard in them.

use flexio_e2e::audio::{self, dtmf, gap_ms, heard_ms, silence, tone};
use flexio_e2e::baresip::Baresip;
use flexio_e2e::eventually;
use flexio_e2e::flexio::{Flexio, Setup};
use flexio_e2e::rest::OVER;
use flexio_e2e::sipp::Sipp;
use flexio_e2e::web::{Reply, Web};

const CALLER: &str = "+32470123456";
const FRIEND: &str = "+32470987654";

fn plays(web: &Web, path: &str, sound: &[i16]) -> String {
    web.answer(path, Reply::Body(200, "audio/wav", audio::wav(sound)));
    format!("<Play>{}</Play>", web.url(path))
}

#[tokio::test]
async fn prompts_are_heard_one_after_the_other_without_a_gap() {
    let (flexio, web) = (Flexio::start().await, Web::start().await);
    let first = plays(&web, "/440.wav", &tone(440.0, 2_000));
    let second = plays(&web, "/880.wav", &tone(880.0, 2_000));
    web.verbs("/voice", &format!("{first}{second}<Hangup/>"));
    let number = flexio.rest.rent(&[("VoiceUrl", &web.url("/voice"))]).await;
    let mut phone = Baresip::start(CALLER, &silence(1_000)).await;
    phone.call(&number, flexio.sip).await;
    phone.event("CALL_CLOSED").await;
    let heard = phone.heard().await;
    let (low, high) = (heard_ms(&heard, 440.0), heard_ms(&heard, 880.0));
    assert!((1_800..=2_040).contains(&low) && (1_800..=2_040).contains(&high), "{low} ms, {high} ms");
    let gap = gap_ms(&heard, 440.0, 880.0).unwrap();
    assert!(gap < 40, "{gap} ms of silence between two prompts");
}

/// A prompt is heard, and what is said is recorded, in this codec; returns the phone's log.
async fn speaks(flexio: Flexio, parameters: &str) -> String {
    let web = Web::start().await;
    let prompt = plays(&web, "/440.wav", &tone(440.0, 2_000));
    let record =
        format!(r#"<Record action="{}" maxLength="2" playBeep="false" timeout="10"/>"#, web.url("/recorded"));
    web.verbs("/voice", &format!("{prompt}{record}"));
    web.verbs("/recorded", "<Hangup/>");
    let number = flexio.rest.rent(&[("VoiceUrl", &web.url("/voice"))]).await;
    let mut phone = Baresip::start_with(CALLER, &tone(1_000.0, 30_000), parameters).await;
    phone.call(&number, flexio.sip).await;
    let recorded = web.first("/recorded").await;
    phone.event("CALL_CLOSED").await;
    let heard = heard_ms(&phone.heard().await, 440.0);
    assert!((1_800..=2_100).contains(&heard), "{heard} ms of the prompt: {}", phone.log());
    let sid = recorded.param("RecordingSid");
    flexio.rest.wait_status(&format!("/Recordings/{sid}.json"), &["completed"]).await;
    let file = flexio.rest.get_at(&flexio.rest.path(&format!("/Recordings/{sid}.wav"))).await;
    let said = heard_ms(&audio::parse(&file.body), 1_000.0);
    assert!(said >= 1_800, "{said} ms of what was said: {}", phone.log());
    phone.log()
}

#[tokio::test]
async fn a_phone_is_heard_and_hears_in_g722() {
    let log = speaks(Flexio::start().await, "audio_codecs=G722/16000/1").await;
    assert!(log.contains("G722"), "{log}");
}

#[tokio::test]
async fn a_phone_is_heard_and_hears_in_opus() {
    let log = speaks(Flexio::start().await, "audio_codecs=opus/48000/2").await;
    assert!(log.contains("opus"), "{log}");
}

#[tokio::test]
async fn media_is_encrypted_when_phone_and_configuration_agree() {
    for used in ["optional", "required"] {
        let flexio = Setup::default().set("media.srtp", used).start().await;
        speaks(flexio, "audio_codecs=PCMA/8000/1;mediaenc=srtp-mand").await;
    }
}

#[tokio::test]
async fn a_call_in_clear_is_refused_where_encryption_is_required_and_the_other_way_round() {
    for (used, parameters) in
        [("required", "audio_codecs=PCMA/8000/1"), ("off", "audio_codecs=PCMA/8000/1;mediaenc=srtp-mand")]
    {
        let (flexio, web) = (Setup::default().set("media.srtp", used).start().await, Web::start().await);
        web.verbs("/voice", "<Hangup/>");
        let number = flexio.rest.rent(&[("VoiceUrl", &web.url("/voice"))]).await;
        let mut phone = Baresip::start_with(CALLER, &silence(1_000), parameters).await;
        phone.dial(&number, flexio.sip).await;
        let closed = phone.event("CALL_CLOSED").await;
        assert!(closed["param"].as_str().is_some_and(|text| text.contains("488")), "{used}: {closed}");
    }
}

#[tokio::test]
async fn keys_pressed_as_events_are_gathered_and_stop_the_prompt() {
    let (flexio, web) = (Flexio::start().await, Web::start().await);
    let prompt = plays(&web, "/440.wav", &tone(440.0, 20_000));
    web.verbs(
        "/voice",
        &format!(r#"<Gather action="{}" numDigits="4" timeout="20">{prompt}</Gather>"#, web.url("/pressed")),
    );
    web.verbs("/pressed", "<Hangup/>");
    let number = flexio.rest.rent(&[("VoiceUrl", &web.url("/voice"))]).await;
    let mut phone = Baresip::start(CALLER, &silence(1_000)).await;
    phone.call(&number, flexio.sip).await;
    phone.press("40#9").await;
    let pressed = web.first("/pressed").await;
    phone.event("CALL_CLOSED").await;
    // `#` ends a gather by default.
    assert_eq!((pressed.param("Digits"), pressed.param("FinishedOnKey")), ("40", "#"), "{pressed:?}");
    assert!(heard_ms(&phone.heard().await, 440.0) < 10_000, "the keys stop the prompt");
}

#[tokio::test]
async fn keys_heard_as_tones_are_gathered_from_a_phone_that_cannot_send_events() {
    let (flexio, web) = (Flexio::start().await, Web::start().await);
    web.verbs("/voice", &format!(r#"<Gather action="{}" numDigits="4" timeout="20"/>"#, web.url("/pressed")));
    web.verbs("/pressed", "<Hangup/>");
    let number = flexio.rest.rent(&[("VoiceUrl", &web.url("/voice"))]).await;
    // baresip always offers telephone-event, so this phone is sipp.
    let sound = flexio.folder().join("keys.al");
    std::fs::write(&sound, audio::alaw(&[silence(500), dtmf("1590"), silence(500)].concat())).unwrap();
    let phone = Sipp::new("toner").with("@SOUND@", &sound.display().to_string());
    phone.calls(flexio.sip, &number).succeed().await;
    assert_eq!(web.first("/pressed").await.param("Digits"), "1590");
}

#[tokio::test]
async fn what_a_caller_says_is_recorded_and_fetched_over_rest() {
    let (flexio, web) = (Flexio::start().await, Web::start().await);
    let record =
        format!(r#"<Record action="{}" maxLength="3" playBeep="false" timeout="10"/>"#, web.url("/recorded"));
    web.verbs("/voice", &record);
    web.verbs("/recorded", "<Hangup/>");
    let number = flexio.rest.rent(&[("VoiceUrl", &web.url("/voice"))]).await;
    let mut phone = Baresip::start(CALLER, &tone(1_000.0, 30_000)).await;
    phone.call(&number, flexio.sip).await;
    let recorded = web.first("/recorded").await;
    phone.event("CALL_CLOSED").await;
    let sid = recorded.param("RecordingSid");
    assert_eq!(recorded.param("RecordingDuration"), "3");
    let path = format!("/Recordings/{sid}.json");
    flexio.rest.wait_status(&path, &["completed"]).await;
    let file = flexio.rest.get_at(&flexio.rest.path(&format!("/Recordings/{sid}.wav"))).await;
    assert_eq!((file.status, file.headers["content-type"].as_str()), (200, "audio/x-wav"));
    let samples = audio::parse(&file.body);
    let (length, tone) = (samples.len() / 8, heard_ms(&samples, 1_000.0));
    assert!((2_900..=3_100).contains(&length) && tone >= 2_700, "{tone} of {length} ms");
    // Seconds recorded are charged once.
    let call = recorded.param("CallSid");
    let usage = eventually("the recording is charged", || async {
        let timeline = flexio.rest.timeline(call).await;
        let of_kind = |item: &&serde_json::Value| item["usage"] == "recording";
        let found: Vec<_> = timeline["items"].as_array().unwrap().iter().filter(of_kind).cloned().collect();
        (!found.is_empty()).then_some(found)
    })
    .await;
    assert_eq!((usage.len(), usage[0]["billed"].as_i64()), (1, Some(3)), "{usage:?}");
}

#[tokio::test]
async fn two_bridged_parties_hear_each_other() {
    let mut friend = Baresip::start(FRIEND, &tone(1_000.0, 60_000)).await;
    let flexio = Setup::default().set("sandbox.carrier", &friend.address.to_string()).start().await;
    let web = Web::start().await;
    web.verbs(
        "/voice",
        &format!(r#"<Dial action="{}"><Number>{FRIEND}</Number></Dial>"#, web.url("/dialled")),
    );
    web.verbs("/dialled", "<Hangup/>");
    let number = flexio.rest.rent(&[("VoiceUrl", &web.url("/voice"))]).await;
    let mut phone = Baresip::start(CALLER, &tone(600.0, 60_000)).await;
    phone.call(&number, flexio.sip).await;
    friend.event("CALL_ESTABLISHED").await;
    let calls = flexio.rest.wait_all("/Calls.json", "calls", 2, &["in-progress"]).await;
    assert!(calls.iter().any(|call| call["direction"] == "outbound-dial"), "{calls:?}");
    // Talk is what is measured: it takes its time.
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    friend.hang_up().await;
    let dialled = web.first("/dialled").await;
    assert_eq!(dialled.param("DialCallStatus"), "completed", "{dialled:?}");
    phone.event("CALL_CLOSED").await;
    let (near, far) = (phone.heard().await, friend.heard().await);
    let (there, back) = (heard_ms(&far, 600.0), heard_ms(&near, 1_000.0));
    assert!(there >= 2_000 && back >= 2_000, "caller to callee {there} ms, back {back} ms");
    let calls = flexio.rest.wait_all("/Calls.json", "calls", 2, OVER).await;
    assert!(calls.iter().all(|call| call["status"] == "completed"), "{calls:?}");
}
