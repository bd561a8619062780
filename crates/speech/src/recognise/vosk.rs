//! The WebSocket protocol of the Vosk server (alphacep/vosk-server: websocket/asr_server.py): a JSON configuration, PCM in binary
//! messages, `{"partial": …}` and `{"text": …}` in answer, `{"eof": 1}` at the end.

use std::time::Duration;

use bytes::Bytes;
use flexio_codec::Resampler;
use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use super::{RecogniseError, Recognised, RecogniserConfig, Results, SAMPLES_MAX, Transcript};

/// Samples at 8 kHz that are worth a message: 100 ms.
const CHUNK: usize = 800;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;
pub(super) async fn listen(
    config: RecogniserConfig,
    mut frames: mpsc::Receiver<Vec<i16>>,
    results: Results,
) -> Result<(), RecogniseError> {
    let connect = tokio_tungstenite::connect_async(config.url.as_str());
    let connected = tokio::time::timeout(Duration::from_secs(3), connect).await;
    let (mut socket, _) = connected.map_err(|_| RecogniseError::Gone)?.map_err(|_| RecogniseError::Gone)?;
    let settings = serde_json::json!({"config": {"sample_rate": config.sample_rate_hz, "words": true}});
    send(&mut socket, Message::Text(settings.to_string().into())).await?;
    let mut audio = Audio::new(config.sample_rate_hz);
    let patience = Duration::from_millis(config.timeout_ms.into());
    loop {
        tokio::select! {
            frame = frames.recv() => match frame {
                Some(samples) => {
                    if let Some(bytes) = audio.push(&samples) {
                        send(&mut socket, Message::Binary(bytes)).await?;
                    }
                }
                None => break,
            },
            message = socket.next() => {
                read(message, &results).await?;
            },
        }
    }
    if let Some(bytes) = audio.rest() {
        send(&mut socket, Message::Binary(bytes)).await?;
    }
    send(&mut socket, Message::Text(r#"{"eof" : 1}"#.into())).await?;
    // One answer for each message that was still under way; the words of the end are the last, and then the server closes. One that closes
    // without them has understood nothing that could be told.
    let rest = async {
        let mut has_words = false;
        while let Some(message) = socket.next().await {
            if matches!(message, Ok(Message::Close(_)) | Err(_)) {
                break;
            }
            has_words |= read(Some(message), &results).await?;
        }
        if has_words { Ok(()) } else { Err(RecogniseError::Gone) }
    };
    tokio::time::timeout(patience, rest).await.unwrap_or(Err(RecogniseError::TimedOut))
}

async fn send(socket: &mut Socket, message: Message) -> Result<(), RecogniseError> {
    socket.send(message).await.map_err(|_| RecogniseError::Gone)
}

#[derive(Deserialize)]
struct Answer {
    partial: Option<String>,
    text: Option<String>,
    #[serde(default)]
    result: Vec<Word>,
}

#[derive(Deserialize)]
struct Word {
    #[serde(default)]
    conf: f32,
}

/// Tells what a message holds; true when it holds words that will not change, be they none.
async fn read(
    message: Option<Result<Message, tokio_tungstenite::tungstenite::Error>>,
    results: &Results,
) -> Result<bool, RecogniseError> {
    let text = match message {
        Some(Ok(Message::Text(text))) => text,
        Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(RecogniseError::Gone),
        Some(Ok(_)) => return Ok(false),
    };
    let answer: Answer = serde_json::from_str(text.as_str()).map_err(|_| RecogniseError::Refused)?;
    let words = answer.result.len();
    let sum: f32 = answer.result.iter().map(|word| word.conf).sum();
    let recognised = match (answer.text, answer.partial) {
        (Some(text), _) => {
            let confidence = (words > 0).then(|| sum / words as f32);
            Recognised::Text(Transcript { text: text.trim().to_owned(), confidence })
        }
        (None, Some(partial)) => Recognised::Partial(partial.trim().to_owned()),
        (None, None) => return Ok(false),
    };
    let is_text = matches!(recognised, Recognised::Text(_));
    results.tell(recognised).await;
    Ok(is_text)
}

/// Samples as the server wants them.
struct Audio {
    resampler: Option<Resampler>,
    waiting: Vec<i16>,
    taken: usize,
}

impl Audio {
    fn new(rate_hz: u32) -> Self {
        let resampler = if rate_hz == 8_000 { None } else { Resampler::new(8_000, rate_hz).ok() };
        Self { resampler, waiting: Vec::with_capacity(CHUNK), taken: 0 }
    }

    fn push(&mut self, samples: &[i16]) -> Option<Bytes> {
        if self.taken < SAMPLES_MAX {
            self.taken += samples.len();
            self.waiting.extend(samples);
        }
        if self.waiting.len() >= CHUNK { self.rest() } else { None }
    }

    fn rest(&mut self) -> Option<Bytes> {
        if self.waiting.is_empty() {
            return None;
        }
        let samples = std::mem::take(&mut self.waiting);
        let samples = match &mut self.resampler {
            Some(resampler) => {
                let mut out = Vec::new();
                resampler.process(&samples, &mut out);
                out
            }
            None => samples,
        };
        Some(samples.iter().flat_map(|sample| sample.to_le_bytes()).collect())
    }
}
