//! Conferences and queues with baresip and over REST: who hears whom, what applications are told, what the API shows.

use flexio_e2e::audio::{among_ms, heard_ms, tone};
use flexio_e2e::baresip::Baresip;
use flexio_e2e::eventually;
use flexio_e2e::flexio::Flexio;
use flexio_e2e::web::Web;

/// Three voices, and who speaks with each.
const VOICES: [(&str, f32); 3] =
    [("+32470000101", 600.0), ("+32470000102", 900.0), ("+32470000103", 1_300.0)];

async fn phones(count: usize) -> Vec<Baresip> {
    let mut phones = Vec::new();
    for (number, voice) in VOICES.iter().take(count) {
        phones.push(Baresip::start(number, &tone(*voice, 60_000)).await);
    }
    phones
}

#[tokio::test]
async fn three_phones_talk_in_a_conference_and_one_is_muted_over_rest() {
    let (flexio, web) = (Flexio::start().await, Web::start().await);
    let room = format!(
        r#"<Dial><Conference waitUrl="" beep="false" statusCallback="{}" statusCallbackEvent="start end join leave mute">team</Conference></Dial>"#,
        web.url("/events")
    );
    web.verbs("/voice", &room);
    let number = flexio.rest.rent(&[("VoiceUrl", &web.url("/voice"))]).await;
    let mut phones = phones(3).await;
    for phone in &mut phones {
        phone.call(&number, flexio.sip).await;
        phone.event("CALL_ESTABLISHED").await;
    }
    let conference = eventually("three take part", || async {
        let all = flexio.rest.all("/Conferences", "conferences").await;
        let sid = all.first()?["sid"].as_str()?.to_owned();
        let present = flexio.rest.all(&format!("/Conferences/{sid}/Participants"), "participants").await;
        (present.len() == 3).then_some(sid)
    })
    .await;
    let shown = flexio.rest.get(&format!("/Conferences/{conference}.json")).await;
    assert_eq!((&shown["status"], &shown["friendly_name"]), (&"in-progress".into(), &"team".into()));
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    let calls = flexio.rest.all("/Calls", "calls").await;
    let first = calls.iter().find(|call| call["from"] == VOICES[0].0).expect("the first caller");
    let participant =
        format!("/Conferences/{conference}/Participants/{}.json", first["sid"].as_str().unwrap());
    let muted = flexio.rest.post(&participant, &[("Muted", "true")]).await;
    assert_eq!(muted["muted"], true);
    web.wait("/events", |asked| {
        asked.iter().any(|event| event.param("StatusCallbackEvent") == "participant-mute")
    })
    .await;
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    for phone in &mut phones {
        phone.hang_up().await;
    }
    let mut heard = Vec::new();
    for phone in &phones {
        let samples = phone.heard().await;
        heard.push(VOICES.map(|(_, voice)| among_ms(&samples, voice)));
    }
    for (own, heard) in heard.iter().enumerate() {
        assert!(heard[own] < 200, "phone {own} heard itself: {heard:?}");
    }
    // The muted voice is missing for about the last three seconds of what the others hear.
    assert!(heard[1][2] > 4_000 && heard[2][1] > 4_000, "{heard:?}");
    assert!(heard[1][0] > 1_500 && heard[1][0] + 2_000 < heard[1][2], "{heard:?}");
    let events = web
        .wait("/events", |asked| {
            asked.iter().any(|event| event.param("StatusCallbackEvent") == "conference-end")
        })
        .await;
    let count = |name: &str| events.iter().filter(|event| event.param("StatusCallbackEvent") == name).count();
    assert_eq!((count("participant-join"), count("conference-start"), count("participant-leave")), (3, 1, 3));
    flexio.prove().await;
}

#[tokio::test]
async fn a_phone_waits_in_a_queue_until_another_takes_the_call() {
    let (flexio, web) = (Flexio::start().await, Web::start().await);
    web.verbs(
        "/voice",
        &format!(r#"<Enqueue waitUrl="{}" action="{}">help</Enqueue>"#, web.url("/wait"), web.url("/queued")),
    );
    web.verbs("/wait", "<Pause length='1'/>");
    web.verbs("/agent", &format!(r#"<Dial action="{}"><Queue>help</Queue></Dial>"#, web.url("/dialled")));
    web.verbs("/queued", "<Hangup/>");
    web.verbs("/dialled", "<Hangup/>");
    let customers = flexio.rest.rent(&[("VoiceUrl", &web.url("/voice"))]).await;
    let agents = flexio.rest.rent(&[("VoiceUrl", &web.url("/agent"))]).await;
    let mut phones = phones(2).await;
    phones[0].call(&customers, flexio.sip).await;
    let asked = web.wait("/wait", |asked| asked.len() >= 2).await;
    assert_eq!((asked[1].param("QueuePosition"), asked[1].param("CurrentQueueSize")), ("1", "1"));
    let queues = flexio.rest.all("/Queues", "queues").await;
    assert_eq!((&queues[0]["friendly_name"], &queues[0]["current_size"]), (&"help".into(), &1.into()));
    phones[1].call(&agents, flexio.sip).await;
    phones[1].event("CALL_ESTABLISHED").await;
    tokio::time::sleep(std::time::Duration::from_secs(4)).await;
    phones[1].hang_up().await;
    let queued = web.first("/queued").await;
    assert_eq!(queued.param("QueueResult"), "bridged");
    phones[0].event("CALL_CLOSED").await;
    let (customer, agent) = (phones[0].heard().await, phones[1].heard().await);
    assert!(heard_ms(&customer, VOICES[1].1) > 2_000 && heard_ms(&agent, VOICES[0].1) > 2_000);
    let queues = flexio.rest.all("/Queues", "queues").await;
    assert_eq!(queues[0]["current_size"], 0);
    flexio.prove().await;
}
