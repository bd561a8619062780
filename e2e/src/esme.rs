//! Customers' programs that speak SMPP: `e2e/peers/esme.py` on the Python package smpplib, and Kannel, a gateway in C of 1999.

use std::process::Stdio;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};

use crate::programs::{free_port, peer, port_taken, python};
use crate::rest::Rest;
use crate::told::Told;

/// Where a program binds, and as whom.
#[derive(Debug, Clone, Copy)]
pub struct Bind<'a> {
    /// Port of the SMSC on this machine.
    pub port: u16,
    /// Name.
    pub system_id: &'a str,
    /// Password.
    pub password: &'a str,
}

/// A running `esme.py`.
#[derive(Debug)]
pub struct Esme {
    _child: Child,
    input: ChildStdin,
    told: Told,
}

impl Esme {
    /// Connects and binds as a transceiver; what came of it is its first event.
    pub fn start(bind: Bind<'_>) -> Self {
        Self::start_with(bind, &["transceiver"])
    }

    /// The same with the last arguments of the script.
    pub fn start_with(bind: Bind<'_>, rest: &[&str]) -> Self {
        let mut child = Command::new(python())
            .arg(peer("esme.py"))
            .args(["127.0.0.1", &bind.port.to_string(), bind.system_id, bind.password])
            .args(rest)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("python is installed (scripts/setup)");
        let input = child.stdin.take().expect("it is piped");
        let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let told = Told::by("esme", lines);
        Self { _child: child, input, told }
    }

    /// The same, bound.
    pub async fn bound(bind: Bind<'_>) -> Self {
        let esme = Self::start(bind);
        esme.event("bound").await;
        esme
    }

    /// Waits until the events so far give an answer.
    pub async fn wait<T>(&self, what: &str, look: impl Fn(&[Value]) -> Option<T>) -> T {
        self.told.wait(what, look).await
    }

    /// Waits for the first event of this kind.
    pub async fn event(&self, kind: &str) -> Value {
        self.told.event(kind).await
    }

    /// Tells it something, such as `{"unbind": true}`.
    pub async fn tell(&mut self, command: &Value) {
        self.input.write_all(format!("{command}\n").as_bytes()).await.expect("it runs");
    }

    /// Submits a text, and waits for the answers to all its parts.
    pub async fn submit(&mut self, from: &str, to: &str, text: &str, copies: usize) -> Vec<Value> {
        self.submit_as(json!({"from": from, "to": to, "text": text, "copies": copies})).await
    }

    /// The same, with all that `esme.py` knows of a submit.
    pub async fn submit_as(&mut self, order: Value) -> Vec<Value> {
        let before = self.told.so_far().iter().filter(|event| event["event"] == "submitted").count();
        self.tell(&json!({"submit": order})).await;
        self.wait("answers to a submit", |all| {
            let submitted = all.iter().filter(|event| event["event"] == "submitted").nth(before)?;
            let answers = submitted["sequences"].as_array()?.iter().map(|sequence| {
                let is = |event: &&Value| event["event"] == "answer" && event["sequence"] == *sequence;
                all.iter().find(is).cloned()
            });
            answers.collect()
        })
        .await
    }
}

/// Kannel's `bearerbox`, which binds, and `smsbox`, which customers' web applications speak with.
#[derive(Debug)]
pub struct Kannel {
    _boxes: [Child; 2],
    folder: TempDir,
    send_port: u16,
}

impl Kannel {
    /// Binds, and asks `mo_url` about each message that comes in.
    pub async fn start(bind: Bind<'_>, mo_url: &str) -> Self {
        let folder = tempfile::tempdir().expect("there is room for temporary files");
        let (admin, boxes, send_port) = (free_port(), free_port(), free_port());
        let log = |name: &str| folder.path().join(name).display().to_string();
        let config = format!(
            "group = core\nadmin-port = {admin}\nadmin-password = x\nsmsbox-port = {boxes}\n\
             box-allow-ip = 127.0.0.1\nlog-file = \"{bearer}\"\nlog-level = 0\n\n\
             group = smsc\nsmsc = smpp\nsmsc-id = flexio\nhost = 127.0.0.1\nport = {port}\n\
             transceiver-mode = true\nsmsc-username = \"{user}\"\nsmsc-password = \"{password}\"\n\
             system-type = \"\"\ninterface-version = 34\nreconnect-delay = 1\n\
             source-addr-autodetect = true\ndest-addr-ton = 1\ndest-addr-npi = 1\n\n\
             group = smsbox\nbearerbox-host = 127.0.0.1\nsendsms-port = {send_port}\n\
             log-file = \"{sms}\"\nlog-level = 0\n\n\
             group = sendsms-user\nusername = app\npassword = app\nmax-messages = 10\nconcatenation = true\n\n\
             group = sms-service\nkeyword = default\nget-url = \"{mo_url}?from=%p&to=%P&text=%b\"\n\
             max-messages = 0\naccept-x-kannel-headers = true\n",
            bearer = log("bearerbox.log"),
            sms = log("smsbox.log"),
            port = bind.port,
            user = bind.system_id,
            password = bind.password,
        );
        let path = folder.path().join("kannel.conf");
        std::fs::write(&path, config).expect("the folder is ours");
        let run = |program: &str| {
            Command::new(format!("/usr/sbin/{program}"))
                .arg(&path)
                .current_dir(folder.path())
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .kill_on_drop(true)
                .spawn()
                .expect("kannel is installed (scripts/setup)")
        };
        let bearerbox = run("bearerbox");
        port_taken("tcp", boxes).await;
        let smsbox = run("smsbox");
        port_taken("tcp", send_port).await;
        Self { _boxes: [bearerbox, smsbox], folder, send_port }
    }

    /// Sends a message as a web application of Kannel's does; what became of it is asked at `dlr_url`.
    pub async fn send(&self, from: &str, to: &str, text: &str, dlr_url: &str) {
        let fields = [
            ("username", "app"),
            ("password", "app"),
            ("from", from),
            ("to", to),
            ("text", text),
            ("charset", "UTF-8"),
            ("coding", if text.is_ascii() { "0" } else { "2" }),
            // Delivered, undelivered, and refused.
            ("dlr-mask", "19"),
            ("dlr-url", dlr_url),
        ];
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let boxes = Rest::new(&format!("http://127.0.0.1:{}", self.send_port), "", "");
        let answer = boxes.get_at(&format!("/cgi-bin/sendsms?{query}")).await;
        // "0: Accepted for delivery", or "3: Queued for later delivery" before it is bound.
        let said = answer.text();
        assert!(said.starts_with("0:") || said.starts_with("3:"), "{said}\n{}", self.log());
    }

    /// What `bearerbox` wrote.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("bearerbox.log")).unwrap_or_default()
    }
}
