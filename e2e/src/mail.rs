//! A mail server: `e2e/peers/smtpd.py`, on the Python packages `aiosmtpd` and `dkimpy`.

use std::process::Stdio;

use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;

use crate::PATIENCE;
use crate::programs::{peer, python};

/// A running one.
#[derive(Debug)]
pub struct MailServer {
    _child: Child,
    folder: TempDir,
    events: watch::Receiver<Vec<Value>>,
    port: u16,
}

impl MailServer {
    /// Listens on a free port.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().expect("there is room for temporary files");
        let mut child = Command::new(python())
            .arg(peer("smtpd.py"))
            .args([folder.path().to_str().expect("a path is text"), "flexio", "S3cret"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("python is installed (scripts/setup)");
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let first = tokio::time::timeout(PATIENCE, lines.next_line()).await;
        let port =
            first.expect("the mail server starts").expect("it can be read").expect("it prints its port");
        let (sender, events) = watch::channel(Vec::new());
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                let event: Value = serde_json::from_str(&line).unwrap_or(Value::String(line));
                sender.send_modify(|all| all.push(event));
            }
        });
        Self { _child: child, folder, events, port: port.parse().expect("a port") }
    }

    /// Lets flexio send through it, for its configuration. `acme.test` is signed with RSA, `shop.test` with Ed25519.
    pub fn settings(&self) -> String {
        let file = |name: &str| self.folder.path().join(name).display().to_string();
        let sender = |domain: &str, selector: &str, key: &str| {
            format!(
                "[[smtp_sender]]\ndomain = \"{domain}\"\ndkim_selector = \"{selector}\"\ndkim_key_file = \"{}\"\n",
                file(key)
            )
        };
        format!(
            "[smtp]\nhost = \"localhost\"\nport = {}\ntls_ca_file = \"{}\"\nusername = \"flexio\"\npassword = \"S3cret\"\n\
             from = \"Flexio <noreply@acme.test>\"\nretry_first_s = 1\n{}{}",
            self.port,
            file("ca.pem"),
            sender("acme.test", "s1", "rsa.pem"),
            sender("shop.test", "s2", "ed25519.pem"),
        )
    }

    /// Waits until it has taken `count` e-mails.
    pub async fn taken(&self, count: usize) -> Vec<Value> {
        let mut events = self.events.clone();
        let seen = tokio::time::timeout(PATIENCE, events.wait_for(|all| all.len() >= count)).await;
        match seen {
            Ok(Ok(all)) => all.clone(),
            _ => panic!("the mail server took {:#?}, not {count}", self.events.borrow()),
        }
    }
}
