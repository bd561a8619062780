//! sipp, a SIP peer that follows a scenario and fails where flexio leaves it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;

use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::PATIENCE;
use crate::programs::{free_port, free_ports, peer, port_taken};

/// One sipp, before it is started.
#[derive(Debug)]
pub struct Sipp {
    folder: TempDir,
    arguments: Vec<String>,
    scenario: PathBuf,
    tcp: bool,
    /// Its SIP port.
    pub port: u16,
}

/// A running one.
#[derive(Debug)]
pub struct Running {
    child: Child,
    folder: TempDir,
    /// Its SIP port.
    pub port: u16,
}

impl Sipp {
    /// Follows `e2e/peers/sipp/NAME.xml`.
    pub fn new(name: &str) -> Self {
        let folder = tempfile::tempdir().expect("there is room for temporary files");
        Self {
            folder,
            arguments: Vec::new(),
            scenario: peer("sipp").join(format!("{name}.xml")),
            tcp: false,
            port: free_port(),
        }
    }

    fn add(mut self, arguments: &[&str]) -> Self {
        self.arguments.extend(arguments.iter().map(|text| (*text).to_owned()));
        self
    }

    /// Replaces a word of the scenario.
    #[must_use]
    pub fn with(mut self, word: &str, value: &str) -> Self {
        let text = std::fs::read_to_string(&self.scenario).expect("the scenario is in the repository");
        assert!(text.contains(word), "{word} is not in {}", self.scenario.display());
        self.scenario = self.folder.path().join("scenario.xml");
        std::fs::write(&self.scenario, text.replace(word, value)).expect("the folder is ours");
        self
    }

    /// Calls this number at flexio.
    #[must_use]
    pub fn calls(self, flexio: SocketAddr, number: &str) -> Self {
        self.add(&[&flexio.to_string(), "-s", number])
    }

    /// Its credentials are for this URI, such as `bob@127.0.0.1:5060`: by itself sipp leaves the user out.
    #[must_use]
    pub fn proves_for(self, user: &str, flexio: SocketAddr) -> Self {
        self.add(&["-auth_uri", &format!("{user}@{flexio}")])
    }

    /// So many calls, so many a second.
    #[must_use]
    pub fn load(self, calls: u32, per_second: u32) -> Self {
        self.add(&["-m", &calls.to_string(), "-r", &per_second.to_string(), "-l", &calls.to_string()])
    }

    /// Length of the scenario's pauses, in milliseconds.
    #[must_use]
    pub fn pause(self, ms: u32) -> Self {
        self.add(&["-d", &ms.to_string()])
    }

    /// Over TCP.
    #[must_use]
    pub fn tcp(mut self) -> Self {
        self.tcp = true;
        self.add(&["-t", "t1"])
    }

    fn spawn(self) -> Running {
        let mut arguments = self.arguments;
        if !arguments.iter().any(|text| text == "-m") {
            arguments.extend(["-m".to_owned(), "1".to_owned()]);
        }
        // It takes the port after next for pictures, sent or not.
        let media = free_ports(2);
        let child = Command::new("sipp")
            .arg("-sf")
            .arg(&self.scenario)
            .args(["-i", "127.0.0.1", "-p", &self.port.to_string(), "-mp", &media.to_string()])
            .args(["-nostdin", "-timeout_error", "-timeout", &PATIENCE.as_secs().to_string()])
            .args(["-trace_err", "-error_file", "errors", "-trace_msg", "-message_file", "messages"])
            .args(arguments)
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("sipp is installed (scripts/setup)");
        Running { child, folder: self.folder, port: self.port }
    }

    /// Starts it as a caller.
    pub fn start(self) -> Running {
        self.spawn()
    }

    /// Starts it as a called party and waits until it listens.
    pub async fn listen(self) -> Running {
        let tcp = self.tcp;
        let running = self.spawn();
        port_taken(if tcp { "tcp" } else { "udp" }, running.port).await;
        running
    }

    /// Runs it to its end; every call must have gone as the scenario says.
    pub async fn succeed(self) -> String {
        self.start().succeed().await
    }
}

impl Running {
    /// `127.0.0.1:port`
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Waits for its end; every call must have gone as the scenario says. Returns the messages it saw.
    pub async fn succeed(mut self) -> String {
        let ended = tokio::time::timeout(PATIENCE * 2, self.child.wait()).await;
        let status = ended.expect("sipp ends by its own timeout").expect("it is our child");
        assert!(status.success(), "sipp: {status}\n{}\n{}", self.file("errors"), tail(&self.messages()));
        self.messages()
    }

    /// The messages it saw so far.
    pub fn messages(&self) -> String {
        self.file("messages")
    }

    fn file(&self, name: &str) -> String {
        let bytes = std::fs::read(self.folder.path().join(name)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(80)..].join("\n")
}
