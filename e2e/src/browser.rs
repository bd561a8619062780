//! SIP.js in a headless Chromium: `e2e/peers/browser.mjs`, driven by lines of JSON.

use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::programs::peer;
use crate::{PATIENCE, audio};

/// How often a call that is shed is made again.
const SHED_MAX: usize = 5;

/// A running softphone.
#[derive(Debug)]
pub struct Browser {
    _child: Child,
    commands: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    folder: TempDir,
}

impl Browser {
    /// One whose microphone hears this sound again and again.
    pub async fn start(sound: &[i16]) -> Self {
        let folder = tempfile::tempdir().expect("there is room for temporary files");
        let microphone = folder.path().join("microphone.wav");
        std::fs::write(&microphone, audio::wav(sound)).expect("the folder is ours");
        let log = std::fs::File::create(folder.path().join("log")).expect("the folder is ours");
        let mut child = Command::new("node")
            .arg(peer("browser.mjs"))
            .arg("/usr/bin/chromium")
            .arg(&microphone)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .expect("node is installed (scripts/setup)");
        let commands = child.stdin.take().expect("it is piped");
        let answers = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let mut browser = Self { _child: child, commands, answers, folder };
        browser.answered("start").await;
        browser
    }

    async fn answered(&mut self, what: &str) -> Value {
        let line = tokio::time::timeout(PATIENCE, self.answers.next_line()).await;
        let answer: Value = match line {
            Ok(Ok(Some(line))) => serde_json::from_str(&line).expect("answers are JSON"),
            _ => panic!("the browser says nothing to {what}: {}", self.log()),
        };
        answer.get("ok").cloned().unwrap_or_else(|| panic!("{what}: {answer}\n{}", self.log()))
    }

    /// What the page and the program logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// A function of the page, and what it answers.
    pub async fn ask(&mut self, name: &str, values: &[Value]) -> Value {
        let mut command = vec![json!(name)];
        command.extend_from_slice(values);
        let command = Value::from(command);
        self.commands.write_all(format!("{command}\n").as_bytes()).await.expect("the browser runs");
        self.answered(name).await
    }

    /// Registers with a password; the status.
    pub async fn register(&mut self, server: &str, user: &str, password: &str) -> u64 {
        let values = [server, user, password].map(Value::from);
        self.ask("register", &values).await.as_u64().expect("a status")
    }

    /// Registers with an access token; the status.
    pub async fn register_with_token(&mut self, server: &str, user: &str, token: &str) -> u64 {
        let values = [server, user, "", token].map(Value::from);
        self.ask("register", &values).await.as_u64().expect("a status")
    }

    /// Calls; the status of the answer.
    pub async fn call(&mut self, user: &str) -> u64 {
        // A program on a loaded machine sheds calls, and says so: whoever is told calls again (RFC 3261 §21.5.4).
        for _ in 0..SHED_MAX {
            let status = self.ask("call", &[user.into()]).await.as_u64().expect("a status");
            if status != 503 {
                return status;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        503
    }

    /// Waits until the strongest tone it hears is this one, within 25 Hz; 0 waits for silence.
    pub async fn hears(&mut self, hertz: f64) {
        let until = tokio::time::Instant::now() + PATIENCE;
        loop {
            let heard = self.ask("heard", &[]).await.as_f64().expect("a frequency");
            if (heard - hertz).abs() < 25.0 {
                return;
            }
            assert!(
                tokio::time::Instant::now() < until,
                "heard {heard} Hz in place of {hertz}: {}",
                self.log()
            );
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }
}
