//! A voice agent on a media stream: `e2e/peers/agent.mjs` on the npm package `ws`, `agent.py` on the Python package `websockets`.

use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;

use crate::PATIENCE;
use crate::programs::{peer, python};

/// Which program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// npm `ws`.
    Node,
    /// Python `websockets`.
    Python,
}

/// A running one.
#[derive(Debug)]
pub struct Agent {
    _child: Child,
    events: watch::Receiver<Vec<Value>>,
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
            Kind::Python => {
                let mut command = Command::new(python());
                command.arg(peer("agent.py"));
                command
            }
        };
        let mut child = command
            .arg(token)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("node and python are installed (scripts/setup)");
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let (sender, events) = watch::channel(Vec::new());
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                let event: Value = serde_json::from_str(&line).unwrap_or(Value::String(line));
                sender.send_modify(|all| all.push(event));
            }
        });
        let mut agent = Self { _child: child, events, url: String::new() };
        let listening = agent.event("listening").await;
        agent.url = format!("ws://127.0.0.1:{}/voice", listening["port"]);
        agent
    }

    /// Waits for the first event of this kind.
    pub async fn event(&self, kind: &str) -> Value {
        let mut events = self.events.clone();
        let is = |event: &&Value| event["event"] == kind;
        let seen = tokio::time::timeout(PATIENCE, events.wait_for(|all| all.iter().any(|e| is(&e)))).await;
        match seen {
            Ok(Ok(all)) => all.iter().find(is).cloned().expect("it was seen"),
            _ => panic!("the agent saw no {kind}: {:#?}", self.events.borrow()),
        }
    }
}
