//! The measured program: `flexio serve` on a data directory of its own, with everything durable.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tempfile::TempDir;

use crate::client::{Connection, Login};
use crate::process::{Guarded, scratch, sibling};

/// A running one, killed with the value.
#[derive(Debug)]
pub(crate) struct Flexio {
    child: Guarded,
    folder: TempDir,
    /// Where it serves HTTP.
    pub http: SocketAddr,
    /// Where it serves SIP.
    pub sip: SocketAddr,
    /// Its top account.
    pub login: Login,
}

/// `FLEXIO_BIN`, or the program beside this one.
fn binary() -> Result<PathBuf> {
    std::env::var_os("FLEXIO_BIN").map_or_else(|| sibling("flexio"), |path| Ok(path.into()))
}

impl Flexio {
    /// Starts a sandbox (numbers in stock, loopback is trusted) with these further sections in its configuration; all else, the log
    /// level and SQLite with a sync per commit among it, is the default.
    pub(crate) fn start(sections: &str) -> Result<Self> {
        let folder = scratch()?;
        let config = folder.path().join("flexio.toml");
        std::fs::write(&config, format!("[sandbox]\nenabled = true\n[http]\nrate_per_key = 0\n{sections}"))?;
        let log = File::create(folder.path().join("serve.log"))?;
        let child = Command::new(binary()?)
            .args(["serve", "--json", "--http", "127.0.0.1:0", "--sip", "127.0.0.1:0", "--config"])
            .arg(&config)
            .arg("--data")
            .arg(folder.path().join("data"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .context("flexio does not start")?;
        let mut child = Guarded(child);
        let mut line = String::new();
        BufReader::new(child.0.stdout.take().context("it is piped")?).read_line(&mut line)?;
        let log = || std::fs::read_to_string(folder.path().join("serve.log")).unwrap_or_default();
        let facts: Value = serde_json::from_str(&line).with_context(log)?;
        let text =
            |name: &str| facts[name].as_str().with_context(|| format!("flexio did not say its {name}"));
        let (http, sip) = (text("http")?.parse()?, text("sip")?.parse()?);
        let login = Login { sid: text("account_sid")?.to_owned(), token: text("auth_token")?.to_owned() };
        Ok(Self { child, folder, http, sip, login })
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.0.id()
    }

    /// Reads or, with a form, makes something of the account.
    pub(crate) async fn ask(&self, resource: &str, form: Option<&[(&str, &str)]>) -> Result<Value> {
        let mut connection = Connection::open(self.http).await?;
        let (status, body) = connection.ask(&self.login.request(resource, form, "")).await?;
        ensure!(status < 300, "{resource}: {status} {}", String::from_utf8_lossy(body));
        Ok(serde_json::from_slice(body)?)
    }

    /// Rents the first number on offer for an application.
    pub(crate) async fn rent(&self, voice_url: &str) -> Result<String> {
        let found = self.ask("/AvailablePhoneNumbers/BE/Local.json?PageSize=1", None).await?;
        let number =
            found["available_phone_numbers"][0]["phone_number"].as_str().context("the stock is empty")?;
        let form = [("PhoneNumber", number), ("VoiceUrl", voice_url)];
        self.ask("/IncomingPhoneNumbers.json", Some(&form)).await?;
        Ok(number.to_owned())
    }

    /// Kills it and proves its ledger: what was measured must have been booked. Returns the number of transactions.
    pub(crate) fn prove(mut self) -> Result<u64> {
        self.child.0.kill()?;
        self.child.0.wait()?;
        let output = Command::new(binary()?)
            .args(["prove", "--json", "--config"])
            .arg(self.folder.path().join("flexio.toml"))
            .arg("--data")
            .arg(self.folder.path().join("data"))
            .output()?;
        let proof: Value = serde_json::from_slice(&output.stdout)
            .with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())?;
        ensure!(proof["sound"] == true, "the ledger does not add up: {proof}");
        proof["transactions"].as_u64().context("no count of transactions")
    }
}
