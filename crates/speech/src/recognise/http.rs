//! `POST /v1/audio/transcriptions` as OpenAI has it: a WAV file in a multipart form, a JSON answer.

use std::time::Duration;

use serde::Deserialize;
use tokio::sync::mpsc;

use super::{RecogniseError, Recognised, RecogniserConfig, Results, SAMPLES_MAX, Transcript, base};
use crate::disk::to_wav;

/// Longest answer that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;
/// Parts are told apart by this; a WAV file that holds it by chance would be one in 2¹⁶⁰.
const BOUNDARY: &str = "flexio-7c1e5a0d94b84f2f9b6d3a71e2c80f55";

pub(super) async fn listen(
    http: reqwest::Client,
    config: RecogniserConfig,
    language: String,
    hints: String,
    mut frames: mpsc::Receiver<Vec<i16>>,
    results: Results,
) -> Result<(), RecogniseError> {
    let mut samples = Vec::new();
    while let Some(frame) = frames.recv().await {
        if samples.len() < SAMPLES_MAX {
            samples.extend(frame);
        }
        if results.is_closed() {
            return Ok(());
        }
    }
    if results.is_closed() || samples.is_empty() {
        return Ok(());
    }
    let transcript = ask(&http, &config, &language, &hints, &samples).await?;
    results.tell(Recognised::Text(transcript)).await;
    Ok(())
}

#[derive(Deserialize)]
struct Answer {
    text: String,
    #[serde(default)]
    segments: Vec<Segment>,
}

#[derive(Deserialize)]
struct Segment {
    avg_logprob: Option<f32>,
}

/// Asks about a whole utterance or recording.
pub(super) async fn ask(
    http: &reqwest::Client,
    config: &RecogniserConfig,
    language: &str,
    hints: &str,
    samples: &[i16],
) -> Result<Transcript, RecogniseError> {
    let url = format!("{}/v1/audio/transcriptions", config.url.trim_end_matches('/'));
    let body = form(&config.model, base(language), hints, &to_wav(samples));
    // A long recording takes longer than an utterance.
    let patience =
        Duration::from_millis(config.timeout_ms.into()) + Duration::from_millis(samples.len() as u64 / 16);
    let mut request = http
        .post(url)
        .timeout(patience)
        .header("content-type", format!("multipart/form-data; boundary={BOUNDARY}"))
        .body(body);
    if !config.api_key.is_empty() {
        request = request.bearer_auth(&config.api_key);
    }
    let failed = |error: reqwest::Error| {
        if error.is_timeout() { RecogniseError::TimedOut } else { RecogniseError::Gone }
    };
    let mut response = request.send().await.map_err(failed)?;
    if !response.status().is_success() {
        tracing::warn!(recogniser = config.name, status = response.status().as_u16(), "recogniser_refused");
        return Err(RecogniseError::Refused);
    }
    let mut bytes = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(failed)? {
        if bytes.len() + piece.len() > ANSWER_BYTES_MAX {
            return Err(RecogniseError::Refused);
        }
        bytes.extend_from_slice(&piece);
    }
    let answer: Answer = serde_json::from_slice(&bytes).map_err(|_| RecogniseError::Refused)?;
    Ok(Transcript { text: answer.text.trim().to_owned(), confidence: confidence(&answer.segments) })
}

/// Whisper tells the mean log probability of each segment's tokens.
fn confidence(segments: &[Segment]) -> Option<f32> {
    let known: Vec<f32> = segments.iter().filter_map(|segment| segment.avg_logprob).collect();
    let mean = known.iter().sum::<f32>() / known.len().max(1) as f32;
    (!known.is_empty()).then(|| mean.exp().clamp(0.0, 1.0))
}

/// RFC 7578.
fn form(model: &str, language: &str, hints: &str, wav: &[u8]) -> Vec<u8> {
    let mut body = Vec::with_capacity(wav.len() + 1_024);
    let fields =
        [("model", model), ("language", language), ("prompt", hints), ("response_format", "verbose_json")];
    for (name, value) in fields.into_iter().filter(|(_, value)| !value.is_empty()) {
        // No header is made of it, but a value could end its part early.
        let value = value.replace(BOUNDARY, "");
        let part =
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend_from_slice(part.as_bytes());
    }
    let head = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"speech.wav\"\r\nContent-Type: audio/wav\r\n\r\n"
    );
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(wav);
    body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
    body
}
