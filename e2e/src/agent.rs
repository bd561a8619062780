//! A voice agent on a media stream: `e2e/peers/agent.mjs` on the npm package `ws`, `agent.py` on the Python package `websockets`.

use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::programs::{peer, python};
use crate::told::Told;

/// Which program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// npm `ws`.
    Node,
    /// Python `websockets`.
    Python,
    /// The same, but it reads nothing of a stream it has taken.
    Deaf,
}

/// A running one.
#[derive(Debug)]
pub struct Agent {
    _child: Child,
    told: Told,
    /// Its URL.
    pub url: String,
}

impl Agent {
    /// Listens on a free port and checks signatures with this token.
    pub async fn start(kind: Kind, token: &str) -> Self {
        let mut command = match kind {
            Kind::Node => {
                let mut command = Command::new("node");
                command.arg(peer("agent.mjs"));
                command
            }
            Kind::Python | Kind::Deaf => {
                let mut command = Command::new(python());
                command.arg(peer("agent.py"));
                command
            }
        };
        let mut child = command
            .arg(token)
            .args((kind == Kind::Deaf).then_some("deaf"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("node and python are installed (scripts/setup)");
        let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let told = Told::by("the agent", lines);
        let mut agent = Self { _child: child, told, url: String::new() };
        let listening = agent.event("listening").await;
        agent.url = format!("ws://127.0.0.1:{}/voice", listening["port"]);
        agent
    }

    /// Waits for the first event of this kind.
    pub async fn event(&self, kind: &str) -> Value {
        self.told.event(kind).await
    }
}
