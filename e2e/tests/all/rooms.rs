//! Conferences and queues with baresip and over REST: who hears whom, what applications are told, what the API shows.

use std::time::Duration;

use flexio_e2e::audio::{self, among_ms, heard_ms, silence, tone};
use flexio_e2e::baresip::Baresip;
use flexio_e2e::eventually;
use flexio_e2e::flexio::Flexio;
use flexio_e2e::web::{Reply, Web};

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
    // Nothing is kept of who left, however long the others go on.
    flexio.counts("voice_conference_calls", 3).await;
    phones[0].hang_up().await;
    flexio.counts("voice_conference_calls", 2).await;
    for phone in &mut phones[1..] {
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

fn sounds(web: &Web, path: &str, samples: &[i16]) {
    web.answer(path, Reply::Body(200, "audio/wav", audio::wav(samples)));
}

/// A number for each path.
async fn numbers<const N: usize>(flexio: &Flexio, web: &Web, paths: [&str; N]) -> [String; N] {
    let mut numbers = [const { String::new() }; N];
    for (number, path) in numbers.iter_mut().zip(paths) {
        *number = flexio.rest.rent(&[("VoiceUrl", &web.url(path))]).await;
    }
    numbers
}

/// Whoever takes part in the one conference, once they are so many, and its sid.
async fn present(flexio: &Flexio, count: usize) -> (String, Vec<serde_json::Value>) {
    eventually(&format!("{count} take part"), || async {
        let all = flexio.rest.all("/Conferences", "conferences").await;
        let sid = all.first()?["sid"].as_str()?.to_owned();
        let present = flexio.rest.all(&format!("/Conferences/{sid}/Participants"), "participants").await;
        (present.len() == count).then_some((sid, present))
    })
    .await
}

#[tokio::test]
async fn a_conference_begins_beeps_is_recorded_and_ends_as_its_members_documents_say() {
    let (flexio, web) = (Flexio::start().await, Web::start().await);
    sounds(&web, "/440.wav", &tone(440.0, 1_000));
    sounds(&web, "/beep.wav", &tone(2_000.0, 400));
    web.verbs("/wait", "<Play>/440.wav</Play>");
    web.verbs(
        "/first",
        r#"<Dial><Conference startConferenceOnEnter="false" waitUrl="/wait" waitMethod="GET" beep="false">team</Conference></Dial>"#,
    );
    web.verbs(
        "/chair",
        r#"<Dial><Conference endConferenceOnExit="true" waitUrl="" beep="false" record="record-from-start"
           recordingStatusCallback="/recorded" recordingStatusCallbackEvent="in-progress completed" recordingStatusCallbackMethod="GET"
           statusCallback="/events" statusCallbackEvent="end join" statusCallbackMethod="GET">team</Conference></Dial>"#,
    );
    web.verbs(
        "/quiet",
        r#"<Dial><Conference muted="true" participantLabel="quiet" beepUrl="/beep.wav" waitUrl="">team</Conference></Dial>"#,
    );
    let numbers = numbers(&flexio, &web, ["/first", "/chair", "/quiet"]).await;
    let mut phones = Vec::new();
    // The one who records says nothing for three seconds.
    for says in [
        tone(VOICES[0].1, 500),
        [silence(3_000), tone(VOICES[1].1, 60_000)].concat(),
        tone(VOICES[2].1, 60_000),
    ] {
        phones.push(Baresip::start(VOICES[phones.len()].0, &says).await);
    }
    phones[0].call(&numbers[0], flexio.sip).await;
    assert_eq!(web.first("/wait").await.method, "GET");
    tokio::time::sleep(Duration::from_secs(2)).await;
    let (sid, _) = present(&flexio, 1).await;
    let path = format!("/Conferences/{sid}.json");
    assert_eq!(flexio.rest.get(&path).await["status"], "init", "it waits for somebody who starts it");
    phones[1].call(&numbers[1], flexio.sip).await;
    flexio.rest.wait_status(&path, &["in-progress"]).await;
    phones[2].call(&numbers[2], flexio.sip).await;
    let (_, members) = present(&flexio, 3).await;
    let quiet = members.iter().find(|one| one["label"] == "quiet").expect("it has its label");
    assert_eq!(quiet["muted"], true, "{quiet}");
    tokio::time::sleep(Duration::from_secs(5)).await;
    phones[1].hang_up().await;
    phones[0].event("CALL_CLOSED").await;
    phones[2].event("CALL_CLOSED").await;
    let (first, quiet) = (phones[0].heard().await, phones[2].heard().await);
    let heard = [440.0, 2_000.0, VOICES[1].1, VOICES[2].1].map(|hertz| among_ms(&first, hertz));
    assert!(heard[0] >= 1_000 && heard[1] >= 200 && heard[2] >= 1_500 && heard[3] == 0, "{heard:?}");
    assert!(among_ms(&quiet, VOICES[1].1) >= 1_500, "who is muted hears the others");
    let events = web
        .wait("/events", |all| all.iter().any(|one| one.param("StatusCallbackEvent") == "conference-end"))
        .await;
    assert!(events.iter().all(|event| event.method == "GET"), "{events:?}");
    let news = web.wait("/recorded", |all| all.len() == 2).await;
    let states: Vec<_> = news.iter().map(|one| (&*one.method, one.param("RecordingStatus"))).collect();
    assert_eq!(states, [("GET", "in-progress"), ("GET", "completed")]);
}

#[tokio::test]
async fn a_coach_is_heard_by_whom_he_coaches_and_by_nobody_else() {
    let (flexio, web) = (Flexio::start().await, Web::start().await);
    for path in ["/customer", "/agent"] {
        web.verbs(path, r#"<Dial><Conference waitUrl="" beep="false">sales</Conference></Dial>"#);
    }
    let numbers = numbers(&flexio, &web, ["/customer", "/agent", "/coach"]).await;
    let mut phones = phones(3).await;
    phones[0].call(&numbers[0], flexio.sip).await;
    phones[1].call(&numbers[1], flexio.sip).await;
    let agent = web.first("/agent").await.param("CallSid").to_owned();
    web.verbs(
        "/coach",
        &format!(r#"<Dial><Conference coach="{agent}" waitUrl="" beep="false">sales</Conference></Dial>"#),
    );
    phones[2].call(&numbers[2], flexio.sip).await;
    let (_, members) = present(&flexio, 3).await;
    assert!(
        members.iter().any(|one| one["coaching"] == true && one["call_sid_to_coach"] == agent.as_str()),
        "{members:?}"
    );
    tokio::time::sleep(Duration::from_secs(3)).await;
    let mut heard = Vec::new();
    for phone in &mut phones {
        phone.hang_up().await;
        let samples = phone.heard().await;
        heard.push(VOICES.map(|(_, voice)| among_ms(&samples, voice)));
    }
    assert!(heard[0][2] == 0 && heard[0][1] >= 2_000, "the customer hears the agent alone: {heard:?}");
    assert!(heard[1][2] >= 2_000 && heard[1][0] >= 2_000, "the agent hears both: {heard:?}");
    assert!(heard[2][0] >= 2_000 && heard[2][1] >= 2_000, "the coach hears both: {heard:?}");
}

/// Two customers wait, the second with a priority; an agent serves, and hears the second. `join` is what is asked before they meet.
async fn the_urgent_one_is_served(customer: &str, urgent: &str, agent: &str, join: &[&str]) {
    let (flexio, web) = (Flexio::start().await, Web::start().await);
    for (path, verbs) in [("/customer", customer), ("/urgent", urgent), ("/agent", agent)] {
        web.verbs(path, verbs);
    }
    web.verbs("/wait", r#"<Pause length="60"/>"#);
    let numbers = numbers(&flexio, &web, ["/customer", "/urgent", "/agent"]).await;
    let mut phones = phones(3).await;
    for (at, waiting) in [(0, 1), (1, 2)] {
        phones[at].call(&numbers[at], flexio.sip).await;
        eventually("they wait", || async {
            let queues = flexio.rest.all("/Queues", "queues").await;
            (queues.first()?["current_size"] == waiting).then_some(())
        })
        .await;
    }
    let waits = web.wait("/wait", |all| all.len() >= 2).await;
    assert!(waits.iter().all(|one| one.method == "GET"), "{waits:?}");
    phones[2].call(&numbers[2], flexio.sip).await;
    for path in join {
        assert_eq!(web.first(path).await.method, "GET", "{path}");
    }
    tokio::time::sleep(Duration::from_secs(4)).await;
    phones[2].hang_up().await;
    let heard = phones[2].heard().await;
    let (first, second) = (heard_ms(&heard, VOICES[0].1), heard_ms(&heard, VOICES[1].1));
    assert!(first == 0 && second >= 1_500, "{first} ms of who came first, {second} ms of who is urgent");
}

#[tokio::test]
async fn who_is_urgent_is_served_first_in_twiml() {
    let customer = r#"<Enqueue waitUrl="/wait" waitUrlMethod="GET">help</Enqueue>"#;
    let urgent = r#"<Enqueue priority="5" waitUrl="/wait" waitUrlMethod="GET">help</Enqueue>"#;
    let agent = r#"<Dial><Queue url="/whisper" method="GET">help</Queue></Dial>"#;
    the_urgent_one_is_served(customer, urgent, agent, &["/whisper"]).await;
}
