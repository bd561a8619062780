//! Signs of trouble in the audio of a call, seen by whoever looks at it over REST while it runs and when it is over.

use flexio_e2e::audio::{self, silence, tone};
use flexio_e2e::baresip::Baresip;
use flexio_e2e::eventually;
use flexio_e2e::flexio::Flexio;
use flexio_e2e::rest::OVER;
use flexio_e2e::sipp::Sipp;
use flexio_e2e::web::{Reply, Web};
use serde_json::Value;

const CALLER: &str = "+32470123456";

/// As loud as 16 bits can be, at 500 Hz.
fn square(ms: usize) -> Vec<i16> {
    (0..ms * 8).map(|n| if n % 16 < 8 { i16::MAX } else { -i16::MAX }).collect()
}

/// What the timeline says of this event: the field of this name.
async fn said(flexio: &Flexio, call: &str, event: &str, field: &str) -> Vec<Value> {
    let timeline = flexio.rest.timeline(call).await;
    let items = timeline["items"].as_array().cloned().unwrap_or_default();
    let of_event = items.into_iter().filter(|item| item["event"] == event);
    of_event.map(|item| item["fields"][field].clone()).collect()
}

async fn only_call(flexio: &Flexio) -> String {
    let calls = flexio.rest.wait_all("/Calls.json", "calls", 1, &["in-progress"]).await;
    calls[0]["sid"].as_str().unwrap().to_owned()
}

/// A phone that says this for nine seconds; the alarm that was raised while it talked, and those of the end.
async fn speaks(sound: &[i16], wanted: Option<&str>) -> Value {
    let (flexio, web) = (Flexio::start().await, Web::start().await);
    web.verbs("/voice", r#"<Gather timeout="60"/>"#);
    let number = flexio.rest.rent(&[("VoiceUrl", &web.url("/voice"))]).await;
    let mut phone = Baresip::start(CALLER, sound).await;
    phone.call(&number, flexio.sip).await;
    let call = only_call(&flexio).await;
    match wanted {
        Some(alarm) => {
            let raised = eventually("an alarm is raised while they talk", || async {
                said(&flexio, &call, "media-alarm", "detail").await.first().cloned()
            });
            assert_eq!(raised.await, alarm);
            assert_eq!(flexio.rest.get(&format!("/Calls/{call}.json")).await["status"], "in-progress");
        }
        // What is measured takes its time.
        None => tokio::time::sleep(std::time::Duration::from_secs(9)).await,
    }
    phone.hang_up().await;
    flexio.rest.wait_all("/Calls.json", "calls", 1, OVER).await;
    let metrics = flexio.rest.get_at("/metrics").await.text();
    let alarms = eventually("the figures are there", || async {
        said(&flexio, &call, "media", "alarms").await.first().cloned()
    })
    .await;
    let counted = alarms.as_str().map(|alarm| format!("media_alarms_total{{alarm=\"{alarm}\"}} 1"));
    assert!(counted.is_none_or(|line| metrics.contains(&line)), "{metrics}");
    alarms
}

#[tokio::test]
async fn a_phone_that_is_too_loud_is_told_of_while_it_talks_and_at_the_end() {
    assert_eq!(speaks(&square(60_000), Some("clipping")).await, "clipping");
}

#[tokio::test]
async fn a_phone_that_says_nothing_is_told_of_at_the_end() {
    assert_eq!(speaks(&silence(60_000), None).await, "silence");
}

#[tokio::test]
async fn a_phone_that_talks_raises_nothing() {
    assert_eq!(speaks(&tone(440.0, 60_000), None).await, Value::Null);
}

#[tokio::test]
async fn a_peer_that_sends_nothing_is_one_way_while_it_is_played_to() {
    let (flexio, web) = (Flexio::start().await, Web::start().await);
    web.answer("/440.wav", Reply::Body(200, "audio/wav", audio::wav(&tone(440.0, 14_000))));
    web.verbs("/voice", &format!("<Play>{}</Play><Hangup/>", web.url("/440.wav")));
    let number = flexio.rest.rent(&[("VoiceUrl", &web.url("/voice"))]).await;
    let caller = Sipp::new("listener").calls(flexio.sip, &number).start();
    let call = only_call(&flexio).await;
    let raised = eventually("an alarm is raised while it is played to", || async {
        said(&flexio, &call, "media-alarm", "detail").await.first().cloned()
    });
    assert_eq!(raised.await, "one_way");
    caller.succeed().await;
    let alarms = eventually("the figures are there", || async {
        said(&flexio, &call, "media", "alarms").await.first().cloned()
    });
    assert_eq!(alarms.await, "one_way");
    let received = said(&flexio, &call, "media", "received").await;
    assert_eq!(received, ["0"]);
    // The same facts, in the list of events alone.
    let timeline = flexio.rest.timeline(&call).await;
    assert!(timeline["events"].to_string().contains("one_way"), "{timeline}");
}
