//! An SMSC: `e2e/peers/smsc.js`, on the npm package `smpp`.

use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};

use crate::programs::peer;
use crate::told::Told;

/// A running one.
#[derive(Debug)]
pub struct Smsc {
    child: Child,
    input: ChildStdin,
    told: Told,
    /// Where it listens.
    pub port: u16,
}

impl Smsc {
    /// Listens on a free port; receipts come after `receipt_ms`.
    pub async fn start(receipt_ms: u32) -> Self {
        Self::with(0, &["--receipt-ms", &receipt_ms.to_string()]).await
    }

    /// The same on the port of one that was killed, with ids from `first_id` on: a carrier does not give an id twice.
    pub async fn again(port: u16, receipt_ms: u32, first_id: u32) -> Self {
        Self::with(port, &["--receipt-ms", &receipt_ms.to_string(), "--first-id", &first_id.to_string()])
            .await
    }

    /// SIGKILL; what it had taken until then.
    pub async fn kill(mut self) -> Vec<Value> {
        self.child.kill().await.expect("it is ours to kill");
        // What it wrote before is still on its way here.
        self.told.over().await;
        self.submits()
    }

    /// The same with a second program, `kannel`, at whose side people with numbers that begin like this are: what one program submits
    /// is delivered to the other.
    pub async fn between(prefix: &str) -> Self {
        Self::with(0, &["--also", &format!("kannel:secret:{prefix}")]).await
    }

    async fn with(port: u16, arguments: &[&str]) -> Self {
        let mut child = Command::new("node")
            .arg(peer("smsc.js"))
            .args(["--port", &port.to_string()])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("node is installed (scripts/setup)");
        let input = child.stdin.take().expect("it is piped");
        let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let told = Told::by("smsc", lines);
        let mut smsc = Self { child, input, told, port: 0 };
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
        self.told.wait(what, look).await
    }

    /// Waits for a bind that was accepted.
    pub async fn bound(&self) {
        self.wait("a bind", |all| all.iter().any(|e| e["event"] == "bind" && e["ok"] == true).then_some(()))
            .await;
    }

    /// Submits so far.
    pub fn submits(&self) -> Vec<Value> {
        self.told.so_far().iter().filter(|event| event["event"] == "submit").cloned().collect()
    }

    /// Tells it something, such as `{"mo": {…}}`.
    pub async fn tell(&mut self, command: &Value) {
        self.input.write_all(format!("{command}\n").as_bytes()).await.expect("it runs");
    }
}
