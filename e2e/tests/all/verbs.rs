//! Attributes of verbs, each by what follows from it: requests and callbacks as an application gets them, and sound as a phone hears it.

use flexio_e2e::audio::{self, heard_ms, silence, tone};
use flexio_e2e::baresip::Baresip;
use flexio_e2e::eventually;
use flexio_e2e::flexio::Flexio;
use flexio_e2e::web::{Reply, Web};

const CALLER: &str = "+32470123456";
const FRIEND: &str = "+32470987654";
/// A number of the sandbox that is always busy.
const BUSY: &str = "+32470000001";

/// An application that answers each path with a document, and a number whose calls it answers from `/voice` on.
async fn application(steps: &[(&str, &str)]) -> (Flexio, Web, String) {
    let (flexio, web) = (Flexio::start().await, Web::start().await);
    for (path, verbs) in steps {
        web.verbs(path, verbs);
    }
    let number = flexio.rest.rent(&[("VoiceUrl", &web.url("/voice"))]).await;
    (flexio, web, number)
}

fn sounds(web: &Web, path: &str, samples: &[i16]) {
    web.answer(path, Reply::Body(200, "audio/wav", audio::wav(samples)));
}

#[tokio::test]
async fn each_action_is_asked_by_the_method_it_names() {
    let (flexio, web, number) = application(&[
        ("/voice", r#"<Gather action="/gathered" method="GET" numDigits="1" timeout="20"/>"#),
        ("/gathered", r#"<Record action="/recorded" method="GET" maxLength="2" playBeep="false"/>"#),
        ("/messaged", r#"<Redirect method="GET">/redirected</Redirect>"#),
        (
            "/dialled",
            r#"<Enqueue action="/queued" method="GET" waitUrl="/wait" waitUrlMethod="GET">q</Enqueue>"#,
        ),
        ("/wait", "<Leave/>"),
        ("/held", r#"<Resume action="/resumed" method="GET"/>"#),
        ("/referred", "<Hangup/>"),
        ("/other", r#"<Gather timeout="60"/>"#),
    ])
    .await;
    let second = flexio.rest.rent(&[]).await;
    let other = flexio.rest.rent(&[("VoiceUrl", &web.url("/other"))]).await;
    web.verbs(
        "/recorded",
        &format!(
            r#"<Message to="{FRIEND}" from="{second}" action="/messaged" method="GET" statusCallback="/texted" statusCallbackMethod="GET">x</Message>"#
        ),
    );
    web.verbs("/redirected", &format!(r#"<Dial action="/dialled" method="GET">{BUSY}</Dial>"#));
    // No WebSocket answers there.
    let nowhere = web.url("/no-stream").replace("http:", "ws:");
    let stream = format!(r#"<Stream url="{nowhere}" statusCallback="/news" statusCallbackMethod="GET"/>"#);
    web.verbs("/queued", &format!(r#"<Connect action="/connected" method="GET">{stream}</Connect>"#));
    let fork = format!(r#"<Start action="/forked" method="GET"><Stream url="{nowhere}"/></Start>"#);
    web.verbs("/connected", &format!(r#"{fork}<Hold action="/held" method="GET"/>"#));
    let target = format!("sip:{other}@{}", flexio.sip);
    web.verbs("/resumed", &format!(r#"<Refer action="/referred" method="GET"><Sip>{target}</Sip></Refer>"#));
    let mut phone = Baresip::start(CALLER, &tone(1_000.0, 100_000)).await;
    phone.call(&number, flexio.sip).await;
    phone.press("1").await;
    for (path, parameter, value) in [
        ("/gathered", "Digits", "1"),
        ("/recorded", "RecordingDuration", "2"),
        ("/messaged", "MessageStatus", "queued"),
        ("/redirected", "CallStatus", "in-progress"),
        ("/dialled", "DialCallStatus", "busy"),
        ("/wait", "QueuePosition", "1"),
        ("/queued", "QueueResult", "leave"),
        ("/news", "StreamEvent", "stream-error"),
        ("/connected", "StreamEvent", "stream-error"),
        ("/forked", "StreamEvent", "stream-error"),
        ("/held", "HoldStatus", "held"),
        ("/resumed", "ResumeStatus", "resumed"),
        ("/referred", "ReferCallStatus", "completed"),
        ("/texted", "From", &second),
    ] {
        let asked = web.first(path).await;
        assert_eq!((asked.method.as_str(), asked.param(parameter)), ("GET", value), "{path}: {asked:?}");
    }
    let messages = flexio.rest.all("/Messages", "messages").await;
    assert_eq!((&messages[0]["to"], &messages[0]["from"]), (&FRIEND.into(), &second.as_str().into()));
}

#[tokio::test]
async fn a_gather_waits_listens_and_ends_as_its_attributes_say() {
    let (flexio, web, number) = application(&[
        ("/voice", r#"<Gather action="/empty" actionOnEmptyResult="true" timeout="1"/>"#),
        ("/empty", r#"<Gather action="/deaf" bargeIn="false" numDigits="1" timeout="20"><Play>/440.wav</Play></Gather>"#),
        ("/deaf", r#"<Gather action="/begun" startInputKey="5" numDigits="1" timeout="20"/>"#),
        ("/begun", r#"<Gather hangupOnEmptyResult="true" timeout="1"/><Redirect>/never</Redirect>"#),
    ])
    .await;
    sounds(&web, "/440.wav", &tone(440.0, 3_000));
    let mut phone = Baresip::start(CALLER, &silence(1_000)).await;
    phone.call(&number, flexio.sip).await;
    assert_eq!(web.first("/empty").await.param("Digits"), "", "it is asked although nothing was pressed");
    web.first("/440.wav").await;
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    phone.press("7").await;
    // The prompt is over.
    tokio::time::sleep(std::time::Duration::from_secs(4)).await;
    phone.press("8").await;
    assert_eq!(web.first("/deaf").await.param("Digits"), "8", "keys during the prompt do not count");
    phone.press("15").await;
    assert_eq!(web.first("/begun").await.param("Digits"), "5", "the first key must be one of these");
    phone.event("CALL_CLOSED").await;
    assert!(web.asked("/never").is_empty(), "nothing follows where nothing was pressed");
    let heard = heard_ms(&phone.heard().await, 440.0);
    assert!((2_800..=3_100).contains(&heard), "the key does not stop the prompt: {heard} ms");
}

#[tokio::test]
async fn a_recording_ends_is_told_and_is_kept_as_its_attributes_say() {
    let (flexio, web, number) = application(&[
        (
            "/voice",
            r#"<Record action="/one" finishOnKey="9" trim="do-not-trim" timeout="30" playBeep="false" recordingStatusCallback="/told"
               recordingStatusCallbackEvent="in-progress completed" recordingStatusCallbackMethod="GET"/>"#,
        ),
        (
            "/one",
            r#"<Record media="video_only" transcribe="true" maxLength="2" action="/two" playBeep="false"/>"#,
        ),
        ("/two", "<Hangup/>"),
    ])
    .await;
    // A sound, a pause of four seconds, and another for the second recording.
    let says = [tone(1_000.0, 1_000), silence(4_000), tone(1_000.0, 60_000)].concat();
    let mut phone = Baresip::start(CALLER, &says).await;
    phone.call(&number, flexio.sip).await;
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    phone.press("5").await;
    tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
    assert!(web.asked("/one").is_empty(), "another key does not end it");
    phone.press("9").await;
    let one = web.first("/one").await;
    // The silence at its end is kept.
    let (seconds, key) = (one.param("RecordingDuration").parse::<u32>().unwrap(), one.param("Digits"));
    assert!(seconds >= 3 && key == "59", "{one:?}");
    web.first("/two").await;
    let news = web.wait("/told", |all| all.len() == 2).await;
    let states: Vec<_> = news.iter().map(|one| (&*one.method, one.param("RecordingStatus"))).collect();
    assert_eq!(states, [("GET", "in-progress"), ("GET", "completed")]);
    // Video is not recorded, and without a recogniser the text does not come: both are told, and a transcription is kept as failed.
    eventually("what could not be done is told", || async {
        let notes = flexio.rest.all("/Notifications", "notifications").await;
        let has = |code: &str| notes.iter().any(|note| note["error_code"] == code);
        (has("13612") && has("11001")).then_some(())
    })
    .await;
    let texts = flexio.rest.all("/Transcriptions", "transcriptions").await;
    assert_eq!((texts.len(), &texts[0]["status"]), (1, &"failed".into()));
}

/// The pitch of a voice in Hz, the median over 40 ms frames that are loud, by autocorrelation between 70 and 330 Hz.
fn pitch(samples: &[i16]) -> usize {
    let frames = samples.chunks_exact(320).filter(|frame| audio::is_loud(frame));
    let lag = |frame: &[i16]| {
        let likeness = |lag: usize| -> i64 {
            frame.iter().zip(&frame[lag..]).map(|(a, b)| i64::from(*a) * i64::from(*b)).sum()
        };
        (24..115).max_by_key(|lag| likeness(*lag)).unwrap_or(24)
    };
    let mut lags: Vec<usize> = frames.map(lag).collect();
    lags.sort_unstable();
    8_000 / lags[lags.len() / 2]
}

#[tokio::test]
async fn prompts_are_repeated_spoken_by_whom_is_asked_for_and_keys_are_pressed() {
    let says = "Nobody is here at the moment. Nobody is here at the moment.";
    let document = format!(
        r#"<Play loop="3">/440.wav</Play><Say voice="man" language="en">{says}</Say><Play>/700.wav</Play>
           <Say voice="woman" language="en" loop="2">{says}</Say><Play digits="5w6"/><Pause length="1"/>"#
    );
    let (flexio, web, number) = application(&[("/voice", &document)]).await;
    sounds(&web, "/440.wav", &tone(440.0, 500));
    sounds(&web, "/700.wav", &tone(700.0, 1_000));
    let mut phone = Baresip::start(CALLER, &silence(1_000)).await;
    phone.call(&number, flexio.sip).await;
    phone.event("CALL_CLOSED").await;
    let heard = phone.heard().await;
    let repeated = heard_ms(&heard, 440.0);
    assert!((1_400..=1_560).contains(&repeated), "three times half a second: {repeated} ms");
    // The longest time in which nothing but the tone is heard, as samples.
    let marks = |hertz: f32| {
        let is = |frame: &[i16]| audio::is_loud(frame) && audio::share(frame, hertz) > 0.8;
        let (mut longest, mut begun) = (0..0, None);
        for (at, frame) in heard.chunks(160).enumerate() {
            let begins = if is(frame) { *begun.get_or_insert(at) } else { begun.take().unwrap_or(at) };
            if at - begins > longest.len() {
                longest = begins..at;
            }
        }
        (longest.start * 160, longest.end * 160)
    };
    let (man, woman) = (&heard[marks(440.0).1..marks(700.0).0], &heard[marks(700.0).1..]);
    let (low, high) = (pitch(man), pitch(woman));
    assert!(high > low + 30, "a man at {low} Hz, a woman at {high} Hz");
    assert!(woman.len() > man.len() * 3 / 2, "she says it twice: {} and {} samples", man.len(), woman.len());
    assert_eq!(phone.keys(), "56");
}
