//! Speaking: languages, limits, caches, and what must never reach the engine.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use flexio_speech::{
    Keep, Prompt, SayError, SayRequest, Speech, SpeechConfig, SynthesisRequest, TtsProvider, Voice,
};

use crate::files::wav;

fn request<'a>(text: &'a str, language: &'a str) -> SayRequest<'a> {
    SayRequest { text, language, voice: Voice::Woman, named: None, keep: Keep::Everywhere }
}

/// The loudest sample, and the share of 20 ms frames that are not silent.
fn loudness(prompt: &Prompt) -> (u16, f32) {
    let peak = |samples: &[i16]| samples.iter().map(|sample| sample.unsigned_abs()).max().unwrap_or(0);
    let frames: Vec<u16> = prompt.pcm.chunks(160).map(peak).collect();
    let heard = frames.iter().filter(|peak| **peak > 500).count();
    (peak(&prompt.pcm), heard as f32 / frames.len() as f32)
}

#[tokio::test]
async fn each_built_in_language_is_heard_for_a_sensible_time() {
    let speech = Speech::new(SpeechConfig::default());
    for (language, text) in [
        ("nl", "Welkom bij de praktijk. Alle lijnen zijn bezet, een ogenblik geduld."),
        ("nl-BE", "Welkom bij de praktijk. Alle lijnen zijn bezet, een ogenblik geduld."),
        ("fr-FR", "Bienvenue au cabinet. Toutes les lignes sont occupées, veuillez patienter."),
        ("bf", "Pour les ventes, tapez soixante-dix ou nonante."),
        ("de", "Willkommen in der Praxis. Alle Leitungen sind belegt, bitte warten Sie."),
        ("en", "Welcome to the practice. All lines are busy, please hold the line."),
        ("en-GB", "Welcome to the practice. All lines are busy, please hold the line."),
    ] {
        for voice in [Voice::Man, Voice::Woman] {
            let spoken = speech.say(SayRequest { voice, ..request(text, language) }).await.unwrap();
            let (peak, heard) = loudness(&spoken.prompt);
            let seconds = spoken.prompt.duration.as_secs_f32();
            let per_second = text.chars().count() as f32 / seconds;
            assert!((8.0..25.0).contains(&per_second), "{language}: {per_second} characters a second");
            assert!(peak > 3_000 && heard > 0.5, "{language}: peak {peak}, heard {heard}");
        }
    }
}

#[tokio::test]
async fn man_and_woman_and_each_language_sound_different() {
    let speech = Speech::new(SpeechConfig::default());
    let mut heard = Vec::new();
    for (language, voice) in
        [("nl", Voice::Man), ("nl", Voice::Woman), ("fr", Voice::Woman), ("de", Voice::Woman)]
    {
        heard.push(speech.say(SayRequest { voice, ..request("Radio", language) }).await.unwrap().prompt);
    }
    for (n, prompt) in heard.iter().enumerate() {
        assert!(!heard[..n].contains(prompt), "{n}");
    }
}

#[tokio::test]
async fn a_near_voice_is_told_once() {
    let speech = Speech::new(SpeechConfig::default());
    let first = speech.say(request("Dag", "nl-BE")).await.unwrap();
    let warning = first.warning.unwrap();
    assert_eq!((warning.asked.as_str(), warning.used, first.language.as_str()), ("nl-be", "nl", "nl"));
    assert_eq!(speech.say(request("Dag", "nl-BE")).await.unwrap().warning, None);
    assert_eq!(speech.say(request("Dag", "nl-NL")).await.unwrap().warning, None);
}

#[tokio::test]
async fn what_cannot_be_spoken_is_said_so() {
    let speech = Speech::new(SpeechConfig::default());
    let error = speech.say(request("nuqneH", "tlh")).await.unwrap_err();
    assert_eq!((&error, error.notification_code()), (&SayError::UnknownLanguage("tlh".into()), 13_512));
    assert_eq!(
        speech.say(request(&"a ".repeat(2_001), "nl")).await.unwrap_err(),
        SayError::TooLong { max: 4_000 }
    );
    assert_eq!(
        speech.say(request(&"<p/>".repeat(90_000), "nl")).await.unwrap_err(),
        SayError::TooLong { max: 4_000 }
    );
    assert!(speech.say(request("  \n ", "nl")).await.unwrap().prompt.pcm.is_empty());
    let program = "no-such-espeak".to_owned();
    let missing = Speech::new(SpeechConfig { espeak_program: program.clone(), ..SpeechConfig::default() });
    let error = missing.say(request("Dag", "nl")).await.unwrap_err();
    assert_eq!(error, SayError::ProgramMissing { program });
    assert!(error.to_string().contains("install the Debian package espeak-ng"));
    let failing = Speech::new(SpeechConfig { espeak_program: "false".to_owned(), ..SpeechConfig::default() });
    assert!(matches!(failing.say(request("Dag", "nl")).await.unwrap_err(), SayError::Engine(_)));
}

#[tokio::test]
async fn text_is_never_taken_for_options_markup_or_programs() {
    let dir = tempfile::tempdir().unwrap();
    let canary = dir.path().join("canary");
    let speech = Speech::new(SpeechConfig::default());
    let path = canary.display();
    for text in [
        "--help".to_owned(),
        "-w /tmp/flexio-speech-canary".to_owned(),
        format!("$(touch {path}) `touch {path}`; touch {path}"),
        format!("<speak><audio src=\"x&quot;; touch {path} #\">hallo</audio></speak>"),
        format!("<speak><audio src='$(touch {path})'/>hallo</speak>"),
        format!("<speak>hallo<voice name='../../../../..{path}'>daar</voice></speak>"),
    ] {
        let spoken = speech.say(request(&text, "nl")).await.unwrap();
        assert!(spoken.prompt.duration > Duration::from_millis(200), "{text}");
        assert!(!canary.exists(), "{text}");
    }
}

#[tokio::test]
async fn ssml_changes_the_speech_and_cannot_make_it_endless() {
    let speech = Speech::new(SpeechConfig { prompt_max_s: 30, ..SpeechConfig::default() });
    let plain = speech.say(request("een twee", "nl")).await.unwrap().prompt.duration;
    let paused = speech
        .say(request("<speak>een <break time=\"3s\"/> twee</speak>", "nl"))
        .await
        .unwrap()
        .prompt
        .duration;
    assert!(paused > plain + Duration::from_secs(2), "{plain:?} {paused:?}");
    let endless = speech.say(request("<speak>een <break time=\"36000s\"/> twee</speak>", "nl")).await;
    assert!(
        matches!(&endless, Err(SayError::Engine(_) | SayError::TimedOut))
            || endless.unwrap().prompt.duration.as_secs() <= 30
    );
}

/// Counts what it is asked, and takes its time.
#[derive(Debug, Default)]
struct Counting {
    syntheses: AtomicU32,
    delay: Duration,
}

#[async_trait]
impl TtsProvider for Counting {
    fn engine(&self) -> &'static str {
        "counting"
    }

    async fn synthesise(&self, _: SynthesisRequest<'_>) -> Result<Vec<u8>, SayError> {
        self.syntheses.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(self.delay).await;
        Ok(wav(8_000, 1, &[1_000; 8_000]))
    }
}

fn counting(delay: Duration, config: SpeechConfig) -> (Speech, Arc<Counting>) {
    let provider = Arc::new(Counting { delay, ..Counting::default() });
    (Speech::with_provider(config, provider.clone()), provider)
}

#[tokio::test]
async fn equal_texts_at_once_cost_one_synthesis() {
    let (speech, provider) = counting(Duration::from_millis(50), SpeechConfig::default());
    let all: Vec<_> = (0..50)
        .map(|_| {
            let speech = speech.clone();
            tokio::spawn(async move { speech.say(request("Dag", "nl")).await.unwrap().prompt })
        })
        .collect();
    for one in all {
        assert_eq!(one.await.unwrap().pcm.len(), 8_000);
    }
    assert_eq!(provider.syntheses.load(Ordering::SeqCst), 1);
    speech.say(request("Dag", "fr")).await.unwrap();
    speech.say(SayRequest { voice: Voice::Man, ..request("Dag", "nl") }).await.unwrap();
    assert_eq!(provider.syntheses.load(Ordering::SeqCst), 3, "language and voice are part of the key");
}

#[tokio::test]
async fn speech_survives_a_restart_on_disk_unless_it_is_secret() {
    let dir = tempfile::tempdir().unwrap();
    let config =
        SpeechConfig { disk_cache_dir: Some(dir.path().join("cache/tts")), ..SpeechConfig::default() };
    let secret = SayRequest { keep: Keep::Nowhere, ..request("Uw code is 1 2 3", "nl") };
    let (speech, _) = counting(Duration::ZERO, config.clone());
    let first = speech.say(request("Dag", "nl")).await.unwrap().prompt;
    speech.say(secret).await.unwrap();
    let (reopened, provider) = counting(Duration::ZERO, config.clone());
    assert_eq!(reopened.say(request("Dag", "nl")).await.unwrap().prompt, first);
    assert_eq!(provider.syntheses.load(Ordering::SeqCst), 0);
    reopened.say(secret).await.unwrap();
    assert_eq!(provider.syntheses.load(Ordering::SeqCst), 1);
    assert_eq!(std::fs::read_dir(config.disk_cache_dir.unwrap()).unwrap().count(), 1);
}

#[tokio::test]
async fn a_slow_engine_is_given_up() {
    let config = SpeechConfig { synthesis_timeout_ms: 50, ..SpeechConfig::default() };
    let (speech, _) = counting(Duration::from_secs(60), config);
    let started = Instant::now();
    assert_eq!(speech.say(request("Dag", "nl")).await.unwrap_err(), SayError::TimedOut);
    assert!(started.elapsed() < Duration::from_secs(2));
}

/// It has said a part by then, which must not be taken for the whole.
#[tokio::test]
async fn an_engine_that_is_killed_in_mid_sentence_is_told_and_the_next_text_is_spoken() {
    let dir = tempfile::tempdir().unwrap();
    let (program, killed) = (dir.path().join("engine"), dir.path().join("killed"));
    let script = format!(
        "#!/bin/sh\n[ -e {killed} ] && exec espeak-ng \"$@\"\n: > {killed}\nespeak-ng \"$@\" | head -c 20000\nkill -KILL $$\n",
        killed = killed.display()
    );
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let config = SpeechConfig { espeak_program: program.display().to_string(), ..SpeechConfig::default() };
    let speech = Speech::new(config);
    let text = "Welkom bij de praktijk. Alle lijnen zijn bezet, een ogenblik geduld.";
    let error = speech.say(request(text, "nl")).await.unwrap_err();
    assert!(matches!(&error, SayError::Engine(how) if how.contains("signal: 9")), "{error:?}");
    assert!(killed.exists());
    // Nothing of it was kept.
    let spoken = speech.say(request(text, "nl")).await.unwrap();
    assert!(spoken.prompt.duration > Duration::from_secs(3), "{:?}", spoken.prompt.duration);
}

/// Not an assertion on speed, which belongs to the machine: run with `--no-capture` to read the figures.
#[tokio::test]
async fn a_cached_text_is_spoken_without_the_engine() {
    let dir = tempfile::tempdir().unwrap();
    let config = SpeechConfig { disk_cache_dir: Some(dir.path().to_owned()), ..SpeechConfig::default() };
    let speech = Speech::new(config.clone());
    let text = "Goedemiddag, u spreekt met de praktijk, druk een toets om verder te gaan.";
    let time = async |speech: &Speech| {
        let started = Instant::now();
        let prompt = speech.say(request(text, "nl")).await.unwrap().prompt;
        (started.elapsed(), prompt)
    };
    let (cold, prompt) = time(&speech).await;
    let (cached, again) = time(&speech).await;
    let (from_disk, third) = time(&Speech::new(config)).await;
    println!("say: cold {cold:?}, from memory {cached:?}, from disk {from_disk:?} for {:?}", prompt.duration);
    assert!(prompt == again && prompt == third);
    assert!(Arc::ptr_eq(&prompt.pcm, &again.pcm), "shared, not copied");
    assert!(cached < cold);
}
