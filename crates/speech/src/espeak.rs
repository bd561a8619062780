//! The built-in voice: espeak-ng as a program of its own, one run per text.

use std::process::Stdio;
use std::time::Duration;

use async_trait::async_trait;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

use crate::{SayError, SpeechConfig, SynthesisRequest, TtsProvider};

/// espeak-ng writes 22 050 samples of 2 bytes per second.
const BYTES_PER_SECOND: u64 = 44_100;

/// Runs espeak-ng: text on its input, WAV on its output, nothing of the user's on its command line.
///
/// It is GPL-licensed and stays a separate program. Dropping the future kills it.
#[derive(Debug, Clone)]
pub struct Espeak {
    program: String,
    output_max: Duration,
}

impl Espeak {
    /// Takes the program and the longest utterance from `config`.
    pub fn new(config: &SpeechConfig) -> Self {
        let output_max = Duration::from_secs(config.prompt_max_s.into());
        Self { program: config.espeak_program.clone(), output_max }
    }

    fn command(&self, request: &SynthesisRequest<'_>) -> Command {
        let mut command = Command::new(&self.program);
        command
            .arg("-v")
            .arg(format!("{}+{}", request.language, request.voice.variant()))
            .args(["-b", "1", "--stdin", "--stdout"])
            .args(request.is_ssml.then_some("-m"))
            .env_clear()
            .envs(
                ["PATH", "ESPEAK_DATA_PATH"].iter().filter_map(|name| Some((name, std::env::var_os(name)?))),
            )
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        command
    }
}

#[async_trait]
impl TtsProvider for Espeak {
    fn engine(&self) -> &'static str {
        "espeak-ng"
    }

    async fn synthesise(&self, request: SynthesisRequest<'_>) -> Result<Vec<u8>, SayError> {
        let mut child = self.command(&request).spawn().map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => SayError::ProgramMissing { program: self.program.clone() },
            _ => SayError::Engine(error.to_string()),
        })?;
        let mut input = child.stdin.take().expect("stdin is piped");
        let bytes_max = self.output_max.as_secs() * BYTES_PER_SECOND + 4_096;
        let mut output = child.stdout.take().expect("stdout is piped").take(bytes_max);
        let mut wav = Vec::new();
        let ((), read) = tokio::join!(
            async {
                // A program that ends early breaks the pipe; its exit status tells more than that error would.
                let _ = input.write_all(request.text.as_bytes()).await;
                drop(input);
            },
            output.read_to_end(&mut wav)
        );
        read.map_err(|error| SayError::Engine(error.to_string()))?;
        if wav.len() as u64 >= bytes_max {
            // Pauses in SSML can ask for hours. Returning drops the child, which kills it.
            return Err(SayError::Engine("the utterance is too long".to_owned()));
        }
        let status = child.wait().await.map_err(|error| SayError::Engine(error.to_string()))?;
        if status.success() { Ok(wav) } else { Err(SayError::Engine(status.to_string())) }
    }
}
