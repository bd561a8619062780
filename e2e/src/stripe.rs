//! Stripe in small: `e2e/peers/stripe.mjs`, on Stripe's own client for Node.

use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};

use crate::programs::peer;
use crate::told::Told;

/// A running one.
#[derive(Debug)]
pub struct Stripe {
    _child: Child,
    input: ChildStdin,
    told: Told,
    port: u64,
}

impl Stripe {
    /// Listens on a free port.
    pub async fn start() -> Self {
        let mut child = Command::new("node")
            .arg(peer("stripe.mjs"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("node is installed (scripts/setup)");
        let input = child.stdin.take().expect("it is piped");
        let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let told = Told::by("stripe", lines);
        let mut stripe = Self { _child: child, input, told, port: 0 };
        let listening = stripe.wait("it listens", "listening", 1).await;
        stripe.port = listening["port"].as_u64().expect("a port");
        stripe
    }

    /// Lets flexio take payments through it, for its configuration.
    pub fn settings(&self) -> String {
        format!(
            "[payments]\nstripe_url = \"http://127.0.0.1:{}\"\nstripe_secret_key = \"sk_test_e2e\"\n\
             stripe_publishable_key = \"pk_test_e2e\"\nstripe_webhook_secret = \"whsec_e2e\"\n",
            self.port
        )
    }

    /// The `count`th event of this name that it tells the test.
    pub async fn wait(&self, what: &str, event: &str, count: usize) -> Value {
        let look = |all: &[Value]| all.iter().filter(|it| it["event"] == event).nth(count - 1).cloned();
        self.told.wait(what, look).await
    }

    /// The customer pays; `url` is told, with a signature of this second.
    pub async fn pay(&mut self, url: &str, id: &str, payment: &str, timestamp: i64) {
        let line = json!({"url": url, "id": id, "payment": payment, "timestamp": timestamp});
        self.input.write_all(format!("{line}\n").as_bytes()).await.expect("it reads");
    }
}
