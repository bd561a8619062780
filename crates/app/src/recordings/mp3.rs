//! MP3 of a recording, made when it is first asked for and kept sealed beside it.
//!
//! The encoder is the program `lame`, started for each recording: it is under the LGPL and stays a program of its own, and a crash of it
//! is no crash of ours. Audio goes through pipes, never through a file in the clear.

use std::process::Stdio;
use std::time::Duration;

use flexio_domain::{ErrorCode, Recording};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

use super::Format;
use super::sealed::{Layout, SealedWriter};
use super::storage::Audio;
use crate::App;
use crate::error::{AppError, refuse};

/// Encoders at one time; more requests wait for theirs.
pub(crate) const ENCODERS_MAX: usize = 2;
/// Longest encoding: an hour of talk takes some seconds.
const PATIENCE: Duration = Duration::from_secs(300);
/// Bytes handed to the encoder at a time.
const STEP: u64 = 256 * 1024;
/// Longest MP3, above what the longest recording makes.
const MP3_BYTES_MAX: u64 = 512 * 1024 * 1024;

impl App {
    /// The MP3, from where it is kept or newly made.
    pub(super) async fn mp3(&self, recording: &Recording) -> Result<Audio, AppError> {
        if let Ok(kept) = self.audio(recording, Format::Mp3).await {
            return Ok(kept);
        }
        let Ok(_place) = self.encoders.acquire().await else { return Err(ErrorCode::Unavailable.into()) };
        // A twin may have made it while this one waited.
        if let Ok(kept) = self.audio(recording, Format::Mp3).await {
            return Ok(kept);
        }
        let wav = self.audio(recording, Format::Wav).await?;
        let encoded = tokio::time::timeout(PATIENCE, self.encode(recording, &wav)).await;
        let mp3 = encoded.map_err(|_| AppError::from(ErrorCode::Unavailable))??;
        let key = self.audio_key(recording).await?;
        let mut writer = SealedWriter::new(self.mp3_path(recording.sid), &key, recording.sid, Layout::Mp3);
        let kept =
            tokio::task::spawn_blocking(move || writer.write(&mp3).and_then(|()| writer.finish())).await;
        if !matches!(kept, Ok(Ok(_))) {
            tracing::error!(recording_sid = %recording.sid, "mp3_not_kept");
            return Err(ErrorCode::Unavailable.into());
        }
        self.audio(recording, Format::Mp3).await
    }

    async fn encode(&self, recording: &Recording, wav: &Audio) -> Result<Vec<u8>, AppError> {
        let is_stereo = recording.channels == 2;
        let (mode, kilobits) = if is_stereo { ("s", "48") } else { ("m", "24") };
        // No Xing frame (-t): its place is filled in afterwards, which a pipe cannot.
        let mut child = Command::new(&self.config.lame_program)
            .args(["--quiet", "-t", "-m", mode, "-b", kilobits, "--cbr", "-", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| {
                tracing::warn!(%error, "the MP3 encoder `lame` cannot be started");
                refuse(ErrorCode::Unavailable, "MP3 is not available on this platform; ask for the WAV.")
            })?;
        let mut into = child.stdin.take().expect("it was piped");
        let from = child.stdout.take().expect("it was piped");
        let feed = async move {
            let (mut at, end) = (0, wav.bytes());
            while at < end {
                let next = (at + STEP).min(end);
                let bytes = wav.read(at..next).await?;
                // It went away: its exit code says why.
                if into.write_all(&bytes).await.is_err() {
                    break;
                }
                at = next;
            }
            drop(into);
            Ok::<_, AppError>(())
        };
        let mut mp3 = Vec::new();
        let mut limited = from.take(MP3_BYTES_MAX);
        let (fed, heard) = tokio::join!(feed, limited.read_to_end(&mut mp3));
        fed?;
        let status = child.wait().await;
        if heard.is_err() || !status.is_ok_and(|status| status.success()) || mp3.is_empty() {
            tracing::error!(recording_sid = %recording.sid, "mp3_not_made");
            return Err(ErrorCode::Unavailable.into());
        }
        Ok(mp3)
    }
}
