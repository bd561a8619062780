//! Recognisers that understand a script: each time somebody falls silent, the next line was said.

use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;

/// Mean amplitude above which somebody speaks.
const LOUD: i32 = 500;

fn is_loud(bytes: &[u8]) -> bool {
    let samples = bytes.chunks_exact(2).map(|pair| i32::from(i16::from_le_bytes([pair[0], pair[1]])).abs());
    let count = i32::try_from(bytes.len() / 2).unwrap().max(1);
    samples.sum::<i32>() / count > LOUD
}

/// A server of the Vosk protocol.
pub async fn vosk(lines: &'static [&'static str]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(understand(stream, lines));
        }
    });
    format!("ws://{address}")
}

/// A server of the Vosk protocol that dies once it was told that no more audio comes.
pub async fn vosk_that_dies() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
            while let Some(Ok(message)) = socket.next().await {
                if matches!(&message, Message::Text(text) if text.contains("eof")) {
                    break;
                }
            }
        }
    });
    format!("ws://{address}")
}

async fn understand(stream: TcpStream, lines: &[&str]) {
    let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
    let mut lines = lines.iter();
    let (mut said, mut quiet, mut configured) = (0, 0, false);
    while let Some(Ok(message)) = socket.next().await {
        let answer = match message {
            Message::Text(text) => {
                let value: Value = serde_json::from_str(text.as_str()).unwrap();
                if value["eof"] == 1 {
                    let text = if said > 0 { lines.next().copied().unwrap_or_default() } else { "" };
                    let last = json!({"result": [{"conf": 0.8}], "text": text}).to_string();
                    socket.send(Message::Text(last.into())).await.unwrap();
                    break;
                }
                assert_eq!(value["config"]["sample_rate"], 8_000);
                configured = true;
                continue;
            }
            Message::Binary(bytes) => {
                assert!(configured, "the configuration comes first");
                if is_loud(&bytes) {
                    (said, quiet) = (said + bytes.len(), 0);
                } else {
                    quiet += bytes.len();
                }
                let words = lines.as_slice().first().copied().unwrap_or_default();
                // Half a second of silence after speech is the end of a line.
                if said > 0 && quiet >= 8_000 {
                    said = 0;
                    let text = lines.next().copied().unwrap_or_default();
                    json!({"result": [{"conf": 1.0}, {"conf": 0.5}], "text": text})
                } else {
                    let heard = words.split(' ').take(said / 4_000).collect::<Vec<_>>().join(" ");
                    json!({"partial": heard})
                }
            }
            _ => continue,
        };
        if socket.send(Message::Text(answer.to_string().into())).await.is_err() {
            return;
        }
    }
    let _ = socket.close(None).await;
}

/// What a server of OpenAI's form was sent.
#[derive(Debug, Default)]
pub struct Forms(Mutex<Vec<Vec<u8>>>);

impl Forms {
    /// The text fields of the first form, and the samples of its file.
    pub fn first(&self) -> (Vec<(String, String)>, Vec<i16>) {
        let body = self.0.lock().unwrap()[0].clone();
        let text = String::from_utf8_lossy(&body).into_owned();
        let field = |part: &str| {
            let name = part.split("name=\"").nth(1)?.split('"').next()?.to_owned();
            Some((name, part.split("\r\n\r\n").nth(1)?.trim_end().to_owned()))
        };
        let fields =
            text.split("--flexio").filter(|part| !part.contains("filename")).filter_map(field).collect();
        let at = body.windows(4).position(|window| window == b"data").unwrap() + 8;
        let samples = body[at..].chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect();
        (fields, samples)
    }
}

/// A server of `/v1/audio/transcriptions` that always understands this.
pub async fn openai(text: &'static str) -> (String, Arc<Forms>) {
    let forms = Arc::new(Forms::default());
    let answer = move |State(forms): State<Arc<Forms>>, body: Bytes| async move {
        forms.0.lock().unwrap().push(body.to_vec());
        Json(json!({"text": format!(" {text}"), "language": "dutch", "segments": [{"avg_logprob": -0.2}]}))
    };
    let router = Router::new().route("/v1/audio/transcriptions", post(answer)).with_state(Arc::clone(&forms));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    (format!("http://{address}"), forms)
}
