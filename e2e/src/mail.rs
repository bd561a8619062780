//! A mail server: `e2e/peers/smtpd.py`, on the Python packages `aiosmtpd` and `dkimpy`.

use std::process::Stdio;

use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::PATIENCE;
use crate::programs::{peer, python};
use crate::told::Told;

/// A running one.
#[derive(Debug)]
pub struct MailServer {
    _child: Child,
    folder: TempDir,
    told: Told,
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
        let told = Told::by("the mail server", lines);
        Self { _child: child, folder, told, port: port.parse().expect("a port") }
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
        self.told.wait(&format!("{count} e-mails"), |all| (all.len() >= count).then(|| all.to_vec())).await
    }
}
