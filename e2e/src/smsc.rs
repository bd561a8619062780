//! An SMSC: `e2e/peers/smsc.js`, on the npm package `smpp`.

use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::watch;

use crate::PATIENCE;
use crate::programs::peer;

/// A running one.
#[derive(Debug)]
pub struct Smsc {
    _child: Child,
    input: ChildStdin,
    events: watch::Receiver<Vec<Value>>,
    /// Where it listens.
    pub port: u16,
}

impl Smsc {
    /// Listens on a free port; receipts come after `receipt_ms`.
    pub async fn start(receipt_ms: u32) -> Self {
        let mut child = Command::new("node")
            .arg(peer("smsc.js"))
            .args(["--port", "0", "--receipt-ms", &receipt_ms.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("node is installed (scripts/setup)");
        let input = child.stdin.take().expect("it is piped");
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let (sender, events) = watch::channel(Vec::new());
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                let event: Value = serde_json::from_str(&line).unwrap_or(Value::String(line));
                sender.send_modify(|all| all.push(event));
            }
        });
        let mut smsc = Self { _child: child, input, events, port: 0 };
        let listening =
            smsc.wait("it listens", |all| all.iter().find(|e| e["event"] == "listening").cloned()).await;
        smsc.port = listening["port"].as_u64().and_then(|port| port.try_into().ok()).expect("a port");
        smsc
    }

    /// A route to it, for flexio's configuration.
    pub fn route(&self) -> String {
        format!(
            "[[smpp_route]]\nname = \"smsc\"\nhost = \"127.0.0.1\"\nport = {}\nsystem_id = \"flexio\"\n\
             password = \"secret\"\nreconnect_ms = [50, 200]\n",
            self.port
        )
    }

    /// Waits until the events so far give an answer.
    pub async fn wait<T>(&self, what: &str, look: impl Fn(&[Value]) -> Option<T>) -> T {
        let mut events = self.events.clone();
        let seen = tokio::time::timeout(PATIENCE, events.wait_for(|all| look(all).is_some())).await;
        match seen {
            Ok(Ok(all)) => look(&all).expect("it was there"),
            _ => panic!("smsc, {what}: {:#?}", self.events.borrow()),
        }
    }

    /// Waits for a bind that was accepted.
    pub async fn bound(&self) {
        self.wait("a bind", |all| all.iter().any(|e| e["event"] == "bind" && e["ok"] == true).then_some(()))
            .await;
    }

    /// Submits so far.
    pub fn submits(&self) -> Vec<Value> {
        self.events.borrow().iter().filter(|event| event["event"] == "submit").cloned().collect()
    }

    /// Tells it something, such as `{"mo": {…}}`.
    pub async fn tell(&mut self, command: &Value) {
        self.input.write_all(format!("{command}\n").as_bytes()).await.expect("it runs");
    }
}
