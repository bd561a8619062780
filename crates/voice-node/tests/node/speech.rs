//! `<Gather>` with recognisers.

use flexio_speech::{RecogniserConfig, RecogniserKind};

use crate::platform::Platform;
use crate::recogniser::{openai, vosk, vosk_that_dies};

fn recogniser(kind: RecogniserKind, url: &str) -> RecogniserConfig {
    RecogniserConfig {
        name: "test".into(),
        kind,
        url: url.to_owned(),
        languages: vec!["nl".into()],
        ..RecogniserConfig::default()
    }
}

/// Somebody speaks for a while: noise in syllables, by a seeded generator.
pub fn speech(ms: usize) -> Vec<i16> {
    let mut state = 7_u32;
    (0..ms * 8)
        .map(|n| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let syllable = if n / 1_200 % 2 == 0 { 1 } else { 8 };
            i16::try_from((state >> 16) % 16_000).unwrap() / syllable - 8_000 / syllable
        })
        .collect()
}

pub fn silence(ms: usize) -> Vec<i16> {
    vec![0; ms * 8]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_recogniser_stops_the_prompt_tells_words_and_ends_the_utterance_itself() {
    let url = vosk(&["ik wil graag betalen"]).await;
    let platform =
        Platform::start_with(|config| config.recognisers = vec![recogniser(RecogniserKind::Vosk, &url)])
            .await;
    platform.answers(
        "voice",
        r#"<Gather input="speech dtmf" action="/said" language="nl-BE" speechTimeout="auto" partialResultCallback="/so-far" partialResultCallbackMethod="GET"><Say loop="0" language="nl">Zeg het maar.</Say></Gather>"#,
    );
    platform.answers("said", "<Hangup/>");
    let report = platform.speaker([silence(500), speech(1_500), silence(10_000)].concat()).await;
    assert!(report.hung_up_by_platform);
    let said = platform.asked("said").remove(0).params;
    assert_eq!((said["SpeechResult"].as_str(), said["Language"].as_str()), ("ik wil graag betalen", "nl"));
    assert!((said["Confidence"].parse::<f32>().unwrap() - 0.75).abs() < 0.01, "{said:?}");
    assert!(!said.contains_key("Digits"), "{said:?}");
    assert!(report.talked_ms < 8_000, "the recogniser ends it: {} ms", report.talked_ms);
    let call = platform.finished_calls().await.remove(0).sid.to_string();
    let told = platform.app.store.callbacks_about(platform.account.sid, &call).await.unwrap();
    let of_words = |callback: &&flexio_domain::Callback| callback.webhook.url.ends_with("/so-far");
    assert!(told.iter().filter(of_words).all(|one| one.webhook.method == flexio_domain::HttpMethod::Get));
    let partial = platform.told("/so-far").await;
    assert!(partial.len() >= 2, "{partial:?}");
    for (number, told) in partial.iter().enumerate() {
        assert_eq!(told["SequenceNumber"], number.to_string());
    }
    assert!("ik wil graag betalen".starts_with(&partial[0]["UnstableSpeechResult"]), "{partial:?}");
    assert_eq!(partial.last().unwrap()["StableSpeechResult"], "ik wil graag betalen");
}

#[tokio::test(flavor = "multi_thread")]
async fn sentences_are_joined_until_the_silence_that_was_asked_for() {
    let url = vosk(&["een", "twee"]).await;
    let platform =
        Platform::start_with(|config| config.recognisers = vec![recogniser(RecogniserKind::Vosk, &url)])
            .await;
    platform.answers("voice", r#"<Gather input="speech" action="/said" language="nl" postTimeout="2"/>"#);
    platform.answers("said", "<Hangup/>");
    // One second between the two is less than two.
    platform
        .speaker([silence(300), speech(1_200), silence(1_000), speech(1_200), silence(10_000)].concat())
        .await;
    assert_eq!(platform.asked("said")[0].params["SpeechResult"], "een twee");
    platform.finished_calls().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recogniser_asked_by_http_gets_the_utterance_as_a_file() {
    let (url, forms) = openai("Goedendag").await;
    let platform =
        Platform::start_with(|config| config.recognisers = vec![recogniser(RecogniserKind::OpenAi, &url)])
            .await;
    platform.answers(
        "voice",
        r#"<Gather input="speech" action="/said" language="nl-BE" hints="factuur, betalen" speechTimeout="1"/>"#,
    );
    platform.answers("said", "<Hangup/>");
    platform.speaker([silence(2_000), speech(1_500), silence(10_000)].concat()).await;
    let said = platform.asked("said").remove(0).params;
    assert_eq!(said["SpeechResult"], "Goedendag");
    assert!((said["Confidence"].parse::<f32>().unwrap() - 0.8187).abs() < 0.001, "{said:?}");
    let (fields, samples) = forms.first();
    let field = |name: &str| fields.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_str());
    assert_eq!((field("language"), field("model")), (Some("nl"), Some("whisper-1")));
    assert_eq!(field("prompt"), Some("factuur, betalen"));
    // 1.5 s of speech with up to 0.8 s before and the second of silence after it.
    let ms = samples.len() / 8;
    assert!((2_300..4_000).contains(&ms), "{ms} ms");
    platform.finished_calls().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_says_nothing_in_time_and_presses_keys_that_do_not_count_is_not_waited_for() {
    let url = vosk(&["ja"]).await;
    let platform =
        Platform::start_with(|config| config.recognisers = vec![recogniser(RecogniserKind::Vosk, &url)])
            .await;
    platform.answers(
        "voice",
        r#"<Gather input="dtmf speech" dtmfDetection="false" preTimeout="2" timeout="30" language="nl" action="/said"/><Redirect>/over</Redirect>"#,
    );
    platform.answers("over", "<Hangup/>");
    let script = flexio_voice_node::sandbox::Script {
        from: "+32470123456".to_owned(),
        to: platform.number.clone(),
        digits: "ww7".to_owned(),
        says: Some(silence(20_000)),
        record_to: None,
        patience: std::time::Duration::from_secs(20),
    };
    let report = platform.voice.sandbox().unwrap().call(script).await;
    assert!(report.hung_up_by_platform && report.talked_ms < 5_000, "{report:?}");
    assert_eq!((platform.asked("said").len(), platform.asked("over").len()), (0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_recogniser_or_with_one_that_is_gone_keys_work_and_the_customer_is_told() {
    let gone = RecogniserConfig { languages: vec![], ..recogniser(RecogniserKind::Vosk, "ws://127.0.0.1:9") };
    for (recognisers, text) in [(vec![], "no speech recogniser"), (vec![gone], "not reachable")] {
        let platform = Platform::start_with(|config| config.recognisers = recognisers).await;
        platform.answers("voice", r#"<Gather input="speech" numDigits="1" action="/pressed" timeout="10"/>"#);
        platform.answers("pressed", "<Hangup/>");
        platform.phone("wwwww7").await;
        assert_eq!(platform.asked("pressed")[0].params["Digits"], "7");
        platform.finished_calls().await;
        let notes = platform.notifications().await;
        assert!(notes.iter().any(|note| note.code == 11_001 && note.text.contains(text)), "{notes:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_is_transcribed_and_its_text_told() {
    let (url, forms) = openai("Bel mij terug.").await;
    let recogniser = RecogniserConfig { languages: vec![], ..recogniser(RecogniserKind::OpenAi, &url) };
    let platform = Platform::start_with(|config| config.recognisers = vec![recogniser]).await;
    platform.answers(
        "voice",
        r#"<Record action="/recorded" playBeep="false" maxLength="3" timeout="5" transcribeCallback="/text"/>"#,
    );
    platform.answers("recorded", "<Hangup/>");
    platform.speaker([silence(300), speech(1_500), silence(10_000)].concat()).await;
    let told = platform.told("/text").await.remove(0);
    assert_eq!(
        (told["TranscriptionText"].as_str(), told["TranscriptionStatus"].as_str()),
        ("Bel mij terug.", "completed")
    );
    assert!(told["TranscriptionSid"].starts_with("TR") && told["RecordingSid"].starts_with("RE"), "{told:?}");
    assert_eq!(told["RecordingSid"], platform.asked("recorded")[0].params["RecordingSid"]);
    let ms = forms.first().1.len() / 8;
    assert!((2_700..3_400).contains(&ms), "the recording is 3 s: {ms} ms");
    // Whoever is told can read it: it is kept in the same transaction.
    let sid = told["TranscriptionSid"].parse().unwrap();
    let kept = platform.app.transcription(platform.account.sid, sid).await.unwrap();
    assert_eq!(kept.text.unwrap().0, "Bel mij terug.");
    assert_eq!(kept.transcription.status.as_str(), "completed");
    assert_eq!(kept.transcription.recording_sid.to_string(), told["RecordingSid"]);
    assert!(told["TranscriptionUrl"].ends_with(&format!("/Transcriptions/{sid}")), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recogniser_that_dies_before_the_last_words_fails_the_transcription_and_not_with_an_empty_text() {
    let url = vosk_that_dies().await;
    let recogniser = RecogniserConfig { languages: vec![], ..recogniser(RecogniserKind::Vosk, &url) };
    let platform = Platform::start_with(|config| config.recognisers = vec![recogniser]).await;
    platform.answers(
        "voice",
        r#"<Record action="/recorded" playBeep="false" maxLength="2" timeout="5" transcribeCallback="/text"/>"#,
    );
    platform.answers("recorded", "<Hangup/>");
    platform.speaker([speech(2_500), silence(5_000)].concat()).await;
    let told = platform.told("/text").await.remove(0);
    assert_eq!((told["TranscriptionText"].as_str(), told["TranscriptionStatus"].as_str()), ("", "failed"));
    platform.finished_calls().await;
    let notes = platform.notifications().await;
    assert!(notes.iter().any(|note| note.code == 11_001 && note.text.contains("not reachable")), "{notes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_speaks_on_and_on_is_heard_for_as_long_as_was_asked() {
    let (url, forms) = openai("En dan nog iets").await;
    let platform =
        Platform::start_with(|config| config.recognisers = vec![recogniser(RecogniserKind::OpenAi, &url)])
            .await;
    platform
        .answers("voice", r#"<Gather input="speech" action="/said" language="nl-BE" maxSpeechTime="2"/>"#);
    platform.answers("said", "<Hangup/>");
    platform.speaker([silence(300), speech(8_000), silence(10_000)].concat()).await;
    assert_eq!(platform.asked("said")[0].params["SpeechResult"], "En dan nog iets");
    // Two seconds, and up to 0.8 s before they were known for speech.
    let ms = forms.first().1.len() / 8;
    assert!((1_900..3_200).contains(&ms), "{ms} ms");
    platform.finished_calls().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cough_is_no_answer_where_one_must_have_some_length() {
    let (url, forms) = openai("Ik wil betalen").await;
    let platform =
        Platform::start_with(|config| config.recognisers = vec![recogniser(RecogniserKind::OpenAi, &url)])
            .await;
    platform.answers(
        "voice",
        r#"<Gather input="speech" action="/said" language="nl" speechTimeout="1" minSpeechLength="1"/>"#,
    );
    platform.answers("said", "<Hangup/>");
    platform
        .speaker([silence(300), speech(400), silence(2_000), speech(2_000), silence(6_000)].concat())
        .await;
    assert_eq!(platform.asked("said")[0].params["SpeechResult"], "Ik wil betalen");
    // Only the long one was worth asking about.
    let ms = forms.first().1.len() / 8;
    assert!(ms > 2_300, "{ms} ms");
    platform.finished_calls().await;
}
