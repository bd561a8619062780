//! A speech recogniser that fails: `e2e/peers/vosk.py` on the Python package `websockets`.

use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::programs::{peer, python};
use crate::told::Told;

/// A running one.
#[derive(Debug)]
pub struct Vosk {
    _child: Child,
    told: Told,
    /// Its URL.
    pub url: String,
}

impl Vosk {
    /// One that `dies` in the middle of what is said, or `hangs` without reading it.
    pub async fn that(fails: &str) -> Self {
        let mut child = Command::new(python())
            .arg(peer("vosk.py"))
            .arg(fails)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("python is installed (scripts/setup)");
        let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let told = Told::by("the recogniser", lines);
        let mut vosk = Self { _child: child, told, url: String::new() };
        let listening = vosk.event("listening").await;
        vosk.url = format!("ws://127.0.0.1:{}", listening["port"]);
        vosk
    }

    /// A table of the configuration that names it.
    pub fn table(&self) -> String {
        format!("[[recogniser]]\nname = \"failing\"\nkind = \"vosk\"\nurl = \"{}\"\n", self.url)
    }

    /// Waits for the first event of this kind.
    pub async fn event(&self, kind: &str) -> Value {
        self.told.event(kind).await
    }
}
