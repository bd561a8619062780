//! Text-to-speech servers, and espeak-ng where they fail.

use std::sync::{Arc, Mutex};

use flexio_speech::{Keep, SayRequest, Speech, SpeechConfig, TtsConfig, TtsKind, Voice};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// One second of a tone, as a WAV file of 22 050 Hz.
fn sound() -> Vec<u8> {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 22_050,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut writer = hound::WavWriter::new(&mut bytes, spec).unwrap();
    for n in 0..22_050 {
        writer.write_sample((8_000.0 * (f64::from(n) * 0.2).sin()) as i16).unwrap();
    }
    writer.finalize().unwrap();
    bytes.into_inner()
}

/// Answers each request with this status and the sound; keeps the requests.
async fn server(status: u16) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = Vec::new();
            while !request.ends_with(b"}") {
                if stream.read_buf(&mut request).await.unwrap_or(0) == 0 {
                    break;
                }
            }
            kept.lock().unwrap().push(String::from_utf8_lossy(&request).into_owned());
            let body = sound();
            let head = format!(
                "HTTP/1.1 {status} X\r\ncontent-type: audio/wav\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all(&[head.as_bytes(), &body].concat()).await;
        }
    });
    (url, asked)
}

fn speech(kind: TtsKind, url: &str) -> Speech {
    let server = TtsConfig {
        name: "own".into(),
        kind,
        url: url.to_owned(),
        languages: vec!["nl".into()],
        api_key: "key".into(),
        voice_woman: "lies".into(),
        ..TtsConfig::default()
    };
    Speech::new(SpeechConfig { servers: vec![server], ..SpeechConfig::default() })
}

fn request<'a>(text: &'a str, language: &'a str, named: Option<&'a str>) -> SayRequest<'a> {
    SayRequest { text, language, voice: Voice::Woman, named, keep: Keep::Everywhere }
}

#[tokio::test]
async fn a_server_is_asked_by_language_or_by_name_once_per_text() {
    let (url, asked) = server(200).await;
    let speech = speech(TtsKind::OpenAi, &url);
    for _ in 0..2 {
        let spoken = speech.say(request("<speak>Dag<break/>u</speak>", "nl-BE", None)).await.unwrap();
        // A second, and what the resampler takes to ring out.
        assert_eq!((spoken.engine.as_str(), spoken.prompt.pcm.len() / 800), ("own", 10));
    }
    assert_eq!(speech.say(request("Hello", "en", Some("own.bob"))).await.unwrap().engine, "own");
    assert_eq!(speech.say(request("Hello", "en", Some("woman"))).await.unwrap().engine, "espeak-ng");
    let asked = asked.lock().unwrap();
    assert_eq!(asked.len(), 2, "the second time it comes from the cache");
    assert!(asked[0].starts_with("POST /v1/audio/speech HTTP/1.1"), "{}", asked[0]);
    for part in
        [r#""input":"Dag, u""#, r#""voice":"lies""#, r#""model":"tts-1""#, "authorization: Bearer key"]
    {
        assert!(asked[0].contains(part), "{part}: {}", asked[0]);
    }
    assert!(asked[1].contains(r#""voice":"bob""#), "{}", asked[1]);
}

#[tokio::test]
async fn piper_gets_its_own_form() {
    let (url, asked) = server(200).await;
    speech(TtsKind::Piper, &url).say(request("Dag", "nl", None)).await.unwrap();
    let asked = asked.lock().unwrap();
    assert!(asked[0].starts_with("POST / HTTP/1.1") && asked[0].contains(r#""text":"Dag""#), "{}", asked[0]);
}

#[tokio::test]
async fn the_built_in_voice_speaks_where_a_server_fails_and_the_server_is_left_alone_for_a_while() {
    let (url, asked) = server(500).await;
    let speech = speech(TtsKind::OpenAi, &url);
    for text in ["een", "twee"] {
        let spoken = speech.say(request(text, "nl", None)).await.unwrap();
        assert_eq!((spoken.engine.as_str(), spoken.prompt.pcm.is_empty()), ("espeak-ng", false));
    }
    assert_eq!(asked.lock().unwrap().len(), 1);
    let gone = self::speech(TtsKind::OpenAi, "http://127.0.0.1:9");
    assert_eq!(gone.say(request("drie", "nl", None)).await.unwrap().engine, "espeak-ng");
}
