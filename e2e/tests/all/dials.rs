//! Attributes of `<Dial>` and of whom it calls, each by what follows from it on the wire.

use std::time::Duration;

use flexio_e2e::audio::{self, among_ms, heard_ms, silence, speech, tone};
use flexio_e2e::baresip::Baresip;
use flexio_e2e::flexio::{Flexio, Setup};
use flexio_e2e::rest::OVER;
use flexio_e2e::sipp::Sipp;
use flexio_e2e::web::{Reply, Request, Web};

const CALLER: &str = "+32470123456";
const FRIEND: &str = "+32470987654";
/// A number of the sandbox that rings and is never answered, and one that answers and hangs up after two seconds.
const NOBODY: &str = "+32470000002";
const SHORT: &str = "+32470000006";
const PASSWORD: &str = "Correct-Horse-9-Battery";

fn sounds(web: &Web, path: &str, samples: &[i16]) {
    web.answer(path, Reply::Body(200, "audio/wav", audio::wav(samples)));
}

/// A caller in a call with a number that `/voice` answers.
async fn called_by(says: &[i16], flexio: &Flexio, web: &Web) -> Baresip {
    let number = flexio.rest.rent(&[("VoiceUrl", &web.url("/voice"))]).await;
    let mut phone = Baresip::start(CALLER, says).await;
    phone.call(&number, flexio.sip).await;
    phone
}

#[tokio::test]
async fn a_caller_hears_what_the_document_names_while_it_rings_and_parties_ring_one_after_the_other() {
    let (flexio, web) = (Flexio::start().await, Web::start().await);
    sounds(&web, "/700.wav", &tone(700.0, 60_000));
    web.verbs("/voice", &format!(r#"<Dial dialMusic="/700.wav" timeout="4" action="/rung">{NOBODY}</Dial>"#));
    web.verbs("/rung", &format!(r#"<Dial ringTone="us" timeout="4" action="/over">{NOBODY}</Dial>"#));
    let told = |path: &str| format!(r#"<Number statusCallback="{path}" statusCallbackEvent="initiated">"#);
    let parties = format!("{}{NOBODY}</Number>{}{SHORT}</Number>", told("/first"), told("/second"));
    web.verbs("/over", &format!(r#"<Dial sequential="true" timeout="3" action="/done">{parties}</Dial>"#));
    web.verbs("/done", "<Hangup/>");
    let phone = called_by(&silence(1_000), &flexio, &web).await;
    let done = web.first("/done").await;
    assert_eq!(done.param("DialCallStatus"), "completed", "{done:?}");
    let begun = web.first("/second").await.at - web.first("/first").await.at;
    assert!(begun >= Duration::from_secs(2), "the second rings when the first was given up: after {begun:?}");
    phone.event("CALL_CLOSED").await;
    let heard = phone.heard().await;
    // The American tone is two at once, of which the Belgian has neither.
    let (music, american) = (heard_ms(&heard, 700.0), among_ms(&heard, 480.0));
    assert!(music >= 2_500 && american >= 1_000, "{music} ms of music, {american} ms of ringing");
}

#[tokio::test]
async fn a_dialled_conversation_is_recorded_as_its_attributes_say() {
    let mut friend = Baresip::start(FRIEND, &tone(1_000.0, 60_000)).await;
    let flexio = Setup::default().set("sandbox.carrier", &friend.address.to_string()).start().await;
    let web = Web::start().await;
    web.verbs(
        "/voice",
        r#"<Dial action="/dialled" record="record-from-answer" recordingTrack="inbound" trim="trim-silence" recordingPurpose="agreed"
           recordingStatusCallback="/told" recordingStatusCallbackEvent="in-progress completed"
           recordingStatusCallbackMethod="GET"><Number>+32470987654</Number></Dial>"#,
    );
    web.verbs("/dialled", "<Hangup/>");
    // The caller is silent at first.
    let says = [silence(5_000), tone(600.0, 60_000)].concat();
    let phone = called_by(&says, &flexio, &web).await;
    tokio::time::sleep(Duration::from_secs(9)).await;
    friend.hang_up().await;
    phone.event("CALL_CLOSED").await;
    let news = web.wait("/told", |all| all.len() == 2).await;
    let states: Vec<_> = news.iter().map(|one| (&*one.method, one.param("RecordingStatus"))).collect();
    assert_eq!(states, [("GET", "in-progress"), ("GET", "completed")]);
    let sid = news[1].param("RecordingSid");
    let file = flexio.rest.get_at(&flexio.rest.path(&format!("/Recordings/{sid}.wav"))).await;
    let samples = audio::parse(&file.body);
    let (caller, friend) = (heard_ms(&samples, 600.0), among_ms(&samples, 1_000.0));
    assert!(caller >= 2_000 && friend == 0, "{caller} ms of the caller, {friend} ms of the other");
    let begins = samples.chunks(80).position(audio::is_loud).unwrap() * 10;
    assert!(begins <= 400, "silence before it is cut: {begins} ms");
    let shown = flexio.rest.get_at(&flexio.rest.native(&format!("/Recordings/{sid}.json"))).await.ok();
    assert_eq!(shown["purpose"], "agreed", "{shown}");
}

/// A kind of party, whose phone says this: its element, and what stands in it. `+32470987…` is a trunk to it.
struct Party {
    noun: &'static str,
    target: String,
    phone: Baresip,
    flexio: Flexio,
}

async fn party(noun: &'static str, says: &[i16]) -> Party {
    match noun {
        "Client" => {
            // This baresip knows MD5 alone.
            let flexio = Setup::default().set("sip.digest", r#"["md5"]"#).start().await;
            let form = [("Login", "friend"), ("Password", PASSWORD)];
            flexio.rest.post_at(&flexio.rest.native("/Clients.json"), &form).await.ok();
            let codecs = "audio_codecs=PCMA/8000/1,PCMU/8000/1";
            let sip = flexio.sip.to_string();
            let phone = Baresip::register("friend", PASSWORD, &sip, says, codecs).await;
            Party { noun, target: "friend".to_owned(), phone, flexio }
        }
        "Number" => {
            let phone = Baresip::start(FRIEND, says).await;
            let trunk = format!(
                "[[trunk]]\nname = \"friend\"\naddresses = [\"{}\"]\nprefixes = [\"+32470987\"]\nping_s = 0\ndiverted_identity = \"diversion\"\n",
                phone.address
            );
            let flexio = Setup::default().config(&trunk).start().await;
            Party { noun, target: FRIEND.to_owned(), phone, flexio }
        }
        _ => {
            let phone = Baresip::start("friend", says).await;
            let target = format!("sip:friend@{}", phone.address);
            Party { noun, target, phone, flexio: Flexio::start().await }
        }
    }
}

impl Party {
    /// The element with these attributes, written after `<~`.
    fn element(&self, text: &str) -> String {
        format!("{}>{}</{}>", text.replacen("<~", &format!("<{}", self.noun), 1), self.target, self.noun)
    }
}

#[tokio::test]
async fn each_kind_of_party_is_screened_pressed_keys_to_and_told_of() {
    for noun in ["Number", "Client", "Sip"] {
        let friend = party(noun, &tone(1_000.0, 60_000)).await;
        let web = Web::start().await;
        sounds(&web, "/700.wav", &tone(700.0, 1_000));
        web.verbs("/screen", "<Play>/700.wav</Play>");
        let element = friend.element(
            r#"<~ sendDigits="1w2" url="/screen" method="GET" statusCallback="/leg" statusCallbackEvent="answered completed" statusCallbackMethod="GET""#,
        );
        web.verbs("/voice", &format!(r#"<Dial action="/dialled">{element}</Dial>"#));
        web.verbs("/dialled", "<Hangup/>");
        let mut caller = called_by(&tone(600.0, 60_000), &friend.flexio, &web).await;
        assert_eq!(web.first("/screen").await.method, "GET", "{noun}");
        tokio::time::sleep(Duration::from_secs(5)).await;
        caller.hang_up().await;
        friend.phone.event("CALL_CLOSED").await;
        let heard = friend.phone.heard().await;
        let (prompt, talk) = (heard_ms(&heard, 700.0), heard_ms(&heard, 600.0));
        assert!(prompt >= 900 && talk >= 1_000, "{noun}: {prompt} ms of the prompt, {talk} ms of the caller");
        assert_eq!(friend.phone.keys(), "12", "{noun}");
        let told = web.wait("/leg", |all| all.len() >= 2).await;
        let states: Vec<_> = told.iter().map(|one| (&*one.method, one.param("CallStatus"))).collect();
        assert_eq!(states, [("GET", "in-progress"), ("GET", "completed")], "{noun}");
    }
}

#[tokio::test]
async fn each_kind_of_party_that_is_screened_for_too_long_is_not_connected() {
    for noun in ["Number", "Client", "Sip"] {
        let friend = party(noun, &tone(1_000.0, 60_000)).await;
        let web = Web::start().await;
        web.verbs("/slow", r#"<Pause length="60"/>"#);
        let element = friend.element(r#"<~ url="/slow" timeout="2""#);
        web.verbs("/voice", &format!(r#"<Dial action="/dialled">{element}</Dial>"#));
        web.verbs("/dialled", "<Hangup/>");
        let caller = called_by(&silence(1_000), &friend.flexio, &web).await;
        let (asked, dialled) = (web.first("/slow").await, web.first("/dialled").await);
        let took = dialled.at - asked.at;
        assert!((1_500..6_000).contains(&took.as_millis()), "{noun}: {took:?}");
        assert_eq!(dialled.param("DialCallStatus"), "no-answer", "{noun}: {dialled:?}");
        friend.phone.event("CALL_CLOSED").await;
        caller.event("CALL_CLOSED").await;
        assert!(heard_ms(&caller.heard().await, 1_000.0) == 0, "{noun}");
    }
}

/// What `/amd` is told of a party that says this and is listened to so.
async fn verdict(noun: &'static str, says: &[i16], how: &str) -> Request {
    let friend = party(noun, says).await;
    let web = Web::start().await;
    let element = friend.element(how);
    web.verbs("/voice", &format!(r#"<Dial timeLimit="8">{element}</Dial>"#));
    let _caller = called_by(&silence(1_000), &friend.flexio, &web).await;
    let told = web.first("/amd").await;
    friend.flexio.rest.wait_all("/Calls.json", "calls", 2, OVER).await;
    told
}

#[tokio::test]
async fn who_answered_is_told_of_each_kind_of_party_by_the_thresholds_that_are_named() {
    let spoken = |ms| [silence(600), speech(ms), silence(20_000)].concat();
    let cases: [(&str, Vec<i16>, &str, std::ops::Range<u32>); 4] = [
        // Shorter speech than usual is a machine's.
        (
            r#"<~ machineDetection="Enable" machineDetectionSpeechThreshold="1200" amdStatusCallback="/amd" amdStatusCallbackMethod="GET""#,
            spoken(1_800),
            "machine_start",
            1_000..3_000,
        ),
        // The end of speech is believed later than usual, which is after 1.2 s.
        (
            r#"<~ machineDetection="Enable" machineDetectionSpeechEndThreshold="3000" amdStatusCallback="/amd" amdStatusCallbackMethod="GET""#,
            spoken(900),
            "human",
            3_600..6_000,
        ),
        (
            r#"<~ machineDetection="Enable" machineDetectionSilenceTimeout="2000" amdStatusCallback="/amd" amdStatusCallbackMethod="GET""#,
            silence(1_000),
            "unknown",
            1_800..3_500,
        ),
        // A message without an end.
        (
            r#"<~ machineDetection="DetectMessageEnd" machineDetectionTimeout="4" amdStatusCallback="/amd" amdStatusCallbackMethod="GET""#,
            spoken(30_000),
            "machine_end_other",
            3_500..5_500,
        ),
    ];
    for (how, says, wanted, takes) in &cases {
        let (number, client, sip) = tokio::join!(
            verdict("Number", says, how),
            verdict("Client", says, how),
            verdict("Sip", says, how)
        );
        for told in [number, client, sip] {
            let after: u32 = told.param("MachineDetectionDuration").parse().unwrap();
            assert_eq!((&*told.method, told.param("AnsweredBy")), ("GET", *wanted), "{how}: {told:?}");
            assert!(takes.contains(&after), "{how}: after {after} ms: {told:?}");
        }
    }
}

#[tokio::test]
async fn a_carrier_and_a_sip_address_are_shown_what_the_call_is_about() {
    let carrier = Sipp::new("busy").listen().await;
    let desk = Sipp::new("busy").listen().await;
    let flexio = Setup::default().set("sandbox.carrier", &carrier.address()).start().await;
    let web = Web::start().await;
    web.verbs(
        "/voice",
        &format!(
            r#"<Dial><Number callReason="Delivery">{FRIEND}</Number></Dial><Dial><Sip callReason="Parcel">sip:desk@{}</Sip></Dial>"#,
            desk.address()
        ),
    );
    // Both are busy before the caller is answered.
    let number = flexio.rest.rent(&[("VoiceUrl", &web.url("/voice"))]).await;
    let mut phone = Baresip::start(CALLER, &silence(1_000)).await;
    phone.dial(&number, flexio.sip).await;
    for (peer, subject) in [(carrier, "Subject: Delivery"), (desk, "Subject: Parcel")] {
        let seen = peer.succeed().await;
        assert!(seen.contains(subject), "{subject}: {seen}");
    }
}

#[tokio::test]
async fn a_sip_address_that_asks_who_calls_is_shown_the_name_and_password_of_the_document() {
    let desk = Sipp::new("challenger").listen().await;
    let (flexio, web) = (Flexio::start().await, Web::start().await);
    let target = format!("sip:desk@{}?X-Order=77", desk.address());
    web.verbs(
        "/voice",
        &format!(r#"<Dial action="/dialled"><Sip username="agent" password="rosebud">{target}</Sip></Dial>"#),
    );
    web.verbs("/dialled", "<Hangup/>");
    let phone = called_by(&silence(1_000), &flexio, &web).await;
    let dialled = web.first("/dialled").await;
    phone.event("CALL_CLOSED").await;
    let seen = desk.succeed().await;
    assert!(seen.contains("username=\"agent\"") && !seen.contains("rosebud"), "{seen}");
    // The one who is proved is declined, which a wrong password would not be.
    assert_eq!(dialled.param("DialSipResponseCode"), "603", "{dialled:?}");
    // Headers of the document's go there, and those of the answer come back.
    assert!(seen.contains("X-Order: 77"), "{seen}");
    assert_eq!(dialled.param("DialSipHeader_X-Reason"), "closed", "{dialled:?}");
}

#[tokio::test]
async fn a_caller_hears_the_called_network_before_it_answers() {
    let folder = tempfile::tempdir().unwrap();
    let sound = folder.path().join("sorry.al");
    std::fs::write(&sound, audio::alaw(&tone(1_000.0, 3_000))).unwrap();
    let network =
        Sipp::new("sorry").with("@SOUND@", &sound.display().to_string()).pause(3_500).listen().await;
    let flexio = Setup::default().set("sandbox.carrier", &network.address()).start().await;
    let web = Web::start().await;
    web.verbs("/voice", &format!(r#"<Dial action="/dialled">{FRIEND}</Dial>"#));
    web.verbs("/dialled", "<Hangup/>");
    let phone = called_by(&silence(1_000), &flexio, &web).await;
    assert_eq!(web.first("/dialled").await.param("DialCallStatus"), "busy");
    phone.event("CALL_CLOSED").await;
    network.succeed().await;
    let heard = heard_ms(&phone.heard().await, 1_000.0);
    assert!(heard >= 2_000, "{heard} ms of what the network says");
}

#[tokio::test]
async fn two_who_talk_are_muted_held_spoken_to_and_moved_into_a_conference_over_rest() {
    let mut friend = Baresip::start(FRIEND, &tone(1_000.0, 60_000)).await;
    let flexio = Setup::default().set("sandbox.carrier", &friend.address.to_string()).start().await;
    let web = Web::start().await;
    sounds(&web, "/700.wav", &tone(700.0, 1_000));
    sounds(&web, "/hold.wav", &tone(880.0, 60_000));
    web.verbs("/voice", &format!("<Dial>{FRIEND}</Dial>"));
    web.verbs("/room", r#"<Dial><Conference waitUrl="" beep="false">both</Conference></Dial>"#);
    let mut phone = called_by(&tone(600.0, 60_000), &flexio, &web).await;
    let calls = flexio.rest.wait_all("/Calls.json", "calls", 2, &["in-progress"]).await;
    let inbound = calls.iter().find(|call| call["direction"] == "inbound").unwrap();
    let path = flexio.rest.native(&format!("/Calls/{}.json", inbound["sid"].as_str().unwrap()));
    let change = async |form: &[(&str, &str)], ms: u64| {
        flexio.rest.post_at(&path, form).await.ok();
        tokio::time::sleep(Duration::from_millis(ms)).await;
    };
    tokio::time::sleep(Duration::from_secs(1)).await;
    change(&[("SendDigits", "4w2")], 1_500).await;
    let prompt = format!("<Response><Play>{}</Play></Response>", web.url("/700.wav"));
    change(&[("Prompt", &prompt)], 1_500).await;
    change(&[("Mute", "true")], 3_000).await;
    change(&[("Mute", "false")], 100).await;
    change(&[("Hold", "true"), ("HoldMusic", &web.url("/hold.wav"))], 2_500).await;
    change(&[("Hold", "false")], 500).await;
    let room = web.url("/room");
    change(&[("Url", &room), ("MoveConnectedCallLeg", "true")], 4_000).await;
    let conference = flexio.rest.all("/Conferences", "conferences").await;
    assert_eq!((conference.len(), &conference[0]["status"]), (1, &"in-progress".into()));
    phone.hang_up().await;
    // A conference that one leaves goes on.
    friend.hang_up().await;
    let (here, there) = (phone.heard().await, friend.heard().await);
    // The keys and the prompt are for who is on the leg. The music reaches it too, but baresip writes down nothing once it was held.
    assert_eq!((phone.keys(), friend.keys()), ("42".to_owned(), String::new()));
    let (here_ms, there_ms) = (among_ms(&here, 700.0), among_ms(&there, 700.0));
    assert!(here_ms >= 800 && there_ms == 0, "{here_ms} ms, {there_ms} ms");
    assert_eq!(among_ms(&there, 880.0), 0, "the music of who is held");
    // Who is muted or held is not heard meanwhile, and who is moved is heard again.
    let (spoke, silent) = (among_ms(&there, 600.0), among_ms(&here, 1_000.0));
    let whole = there.len() / 8;
    assert!(
        spoke >= 4_000 && spoke + 4_500 <= whole && silent >= 4_000,
        "{spoke} of {whole} ms, {silent} ms"
    );
}
