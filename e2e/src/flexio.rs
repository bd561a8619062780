//! A whole flexio: the program, its data directory, and a client signed in as its top account.

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::clock::Clock;
use crate::pki::{Certificate, shown};
use crate::programs::run;
use crate::rest::Rest;
use crate::{PATIENCE, eventually};

/// Lines of the log that a failed test shows.
const LOG_LINES: usize = 60;

/// The program: `FLEXIO_BIN`, or the one cargo built beside this test.
pub fn binary() -> PathBuf {
    if let Some(path) = std::env::var_os("FLEXIO_BIN") {
        return path.into();
    }
    let test = std::env::current_exe().expect("a running test has a path");
    let path = test.ancestors().nth(2).expect("target/debug/deps/test").join("flexio");
    assert!(path.exists(), "{} is missing: cargo build -p flexio-server", path.display());
    path
}

/// How one is started.
#[derive(Debug, Default)]
pub struct Setup {
    environment: Vec<(String, String)>,
    config: Option<String>,
    data: Option<PathBuf>,
    authority: Option<PathBuf>,
}

impl Setup {
    /// A key of the configuration, such as `sandbox.carrier`.
    #[must_use]
    pub fn set(mut self, key: &str, value: &str) -> Self {
        let name = format!("FLEXIO_{}", key.to_uppercase().replace('.', "__"));
        self.environment.push((name, value.to_owned()));
        self
    }

    /// A configuration file. It starts as that of a sandbox.
    #[must_use]
    pub fn config(mut self, toml: &str) -> Self {
        self.config = Some(format!("[sandbox]\nenabled = true\n{toml}"));
        self
    }

    /// A clock that the test sets.
    #[must_use]
    pub fn clock(mut self, clock: &Clock) -> Self {
        self.environment.extend(clock.environment());
        self
    }

    /// The API and the console speak HTTPS with this certificate; tests trust who vouches for it.
    #[must_use]
    pub fn https(mut self, certificate: &Certificate, authority: &Path) -> Self {
        self.authority = Some(authority.to_owned());
        self.set("http.tls_cert", shown(&certificate.cert)).set("http.tls_key", shown(&certificate.key))
    }

    /// A data directory elsewhere than in the test's own folder.
    #[must_use]
    pub fn data(mut self, path: &Path) -> Self {
        self.data = Some(path.to_owned());
        self
    }

    /// `flexio init`, then `flexio serve` until it is ready.
    pub async fn start(self) -> Flexio {
        let folder = tempfile::tempdir().expect("there is room for temporary files");
        let data = self.data.unwrap_or_else(|| folder.path().join("data"));
        let mut environment = self.environment;
        if let Some(text) = self.config {
            let path = folder.path().join("flexio.toml");
            std::fs::write(&path, text).expect("the folder is ours");
            environment.push(("FLEXIO_CONFIG".to_owned(), path.display().to_string()));
        }
        environment.push(("FLEXIO_LOG__LEVEL".to_owned(), "info,flexio_voice_node=debug".to_owned()));
        let shown = data.display().to_string();
        let variables: Vec<(&str, &str)> =
            environment.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let made = run(&binary(), &["init", "--json", "--data", &shown], &variables).await;
        assert!(made.status.success(), "init: {}", String::from_utf8_lossy(&made.stderr));
        let root: Value = serde_json::from_slice(&made.stdout).expect("init --json answers JSON");
        let text =
            |name: &str| root[name].as_str().unwrap_or_else(|| panic!("init answers no {name}")).to_owned();
        let mut rest = Rest::new("", &text("account_sid"), &text("auth_token"));
        rest.authority = self.authority;
        let unset = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut flexio = Flexio { child: None, folder, data, environment, rest, http: unset, sip: unset };
        flexio.serve().await;
        flexio
    }
}

/// A running one; it is killed with the value.
#[derive(Debug)]
pub struct Flexio {
    child: Option<Child>,
    folder: TempDir,
    data: PathBuf,
    environment: Vec<(String, String)>,
    /// Signed in as the top account.
    pub rest: Rest,
    /// Where it serves HTTP.
    pub http: SocketAddr,
    /// Where it serves SIP.
    pub sip: SocketAddr,
}

impl Flexio {
    /// A sandbox with everything at its default.
    pub async fn start() -> Self {
        Setup::default().start().await
    }

    /// Starts the program again, on the same data directory and free ports, and waits until it is ready.
    pub async fn serve(&mut self) {
        self.serve_at(SocketAddr::from(([127, 0, 0, 1], 0))).await;
    }

    /// The same at the address of SIP that it had: phones find it again.
    pub async fn serve_again(&mut self) {
        self.serve_at(self.sip).await;
    }

    async fn serve_at(&mut self, sip: SocketAddr) {
        let log =
            File::options().create(true).append(true).open(self.log_path()).expect("the folder is ours");
        let mut child = Command::new(binary())
            .args(["serve", "--json", "--http", "127.0.0.1:0", "--sip", &sip.to_string(), "--data"])
            .arg(&self.data)
            .envs(self.environment.iter().map(|(k, v)| (k, v)))
            .env_remove("NO_COLOR")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .expect("flexio starts");
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        self.child = Some(child);
        let facts = tokio::time::timeout(PATIENCE, async {
            while let Ok(Some(line)) = lines.next_line().await {
                if let Ok(facts) = serde_json::from_str::<Value>(&line)
                    && facts["sip"].is_string()
                {
                    return Some(facts);
                }
            }
            None
        });
        let Ok(Some(facts)) = facts.await else { panic!("flexio did not start") };
        // What else it writes must not fill the pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let address =
            |name: &str| facts[name].as_str().and_then(|text| text.parse().ok()).expect("an address");
        (self.http, self.sip) = (address("http"), address("sip"));
        let scheme = if self.rest.authority.is_some() { "https" } else { "http" };
        self.rest.base = format!("{scheme}://{}", self.http);
        let rest = self.rest.clone();
        eventually("/health/ready", || async {
            let asked = rest.send("GET", "/health/ready", &[], &[]).await;
            asked.is_ok_and(|answer| answer.status == 200).then_some(())
        })
        .await;
    }

    /// The data directory.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// A folder of this test.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn log_path(&self) -> PathBuf {
        self.folder.path().join("serve.log")
    }

    /// What it logged so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    /// Every file of the data directory and the log: none of them holds `digits`.
    pub fn is_nowhere(&self, digits: &str) {
        let found = self.files_with(digits);
        assert!(found.is_empty(), "the code stands in {found:?}");
        assert!(!self.log().contains(digits));
    }

    /// Files of the data directory, the log included, that hold a text.
    pub fn files_with(&self, text: &str) -> Vec<PathBuf> {
        let mut folders = vec![self.folder().to_owned()];
        let (mut found, mut searched) = (Vec::new(), 0);
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("the folder is ours") {
                let path = entry.expect("the folder is ours").path();
                if path.is_dir() {
                    folders.push(path);
                } else if let Ok(bytes) = std::fs::read(&path) {
                    searched += 1;
                    if bytes.windows(text.len()).any(|window| window == text.as_bytes()) {
                        found.push(path);
                    }
                }
            }
        }
        assert!(searched >= 3, "database, log and keys were searched: {searched}");
        found
    }

    /// Memory that it holds, in KiB.
    pub fn resident_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse().ok())
            .expect("the kernel says it")
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.as_ref().and_then(Child::id).expect("it runs")
    }

    /// SIGKILL, and waits until the process is gone.
    pub async fn kill(&mut self) {
        let mut child = self.child.take().expect("it runs");
        child.kill().await.expect("it is ours to kill");
    }

    /// Sends a signal by name, such as `TERM`.
    pub fn signal(&self, name: &str) {
        let done =
            std::process::Command::new("kill").args([format!("-{name}"), self.id().to_string()]).status();
        assert!(done.is_ok_and(|status| status.success()), "kill -{name}");
    }

    /// Waits until the process has ended by itself.
    pub async fn ended(&mut self) -> ExitStatus {
        let mut child = self.child.take().expect("it runs");
        let ended = tokio::time::timeout(PATIENCE, child.wait()).await;
        ended.expect("flexio does not end").expect("it is our child")
    }

    /// Whether the process still runs.
    pub fn is_running(&mut self) -> bool {
        self.child.as_mut().is_some_and(|child| child.try_wait().is_ok_and(|ended| ended.is_none()))
    }

    /// Another command of the program over the same data directory and configuration, to its end.
    pub async fn run(&self, arguments: &[&str]) -> std::process::Output {
        let variables: Vec<(&str, &str)> =
            self.environment.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let data = self.data.display().to_string();
        run(&binary(), &[arguments, &["--data", &data]].concat(), &variables).await
    }

    /// The same, to be killed before its end.
    pub fn begin(&self, arguments: &[&str]) -> Child {
        let environment = self.environment.iter().map(|(k, v)| (k.as_str(), v.as_str()));
        Command::new(binary())
            .args(arguments)
            .args(["--data", &self.data.display().to_string()])
            .envs(environment)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("the program starts")
    }

    /// `flexio prove`: the ledger's sums, read from the data directory.
    pub async fn prove(&self) -> Value {
        let output = self.run(&["prove", "--json"]).await;
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("prove: {}", String::from_utf8_lossy(&output.stderr)))
    }
}

impl Drop for Flexio {
    #[expect(clippy::print_stderr, reason = "what a person who sees the test fail needs next")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.log();
            let lines: Vec<&str> = log.lines().collect();
            eprintln!(
                "--- end of flexio's log\n{}",
                lines[lines.len().saturating_sub(LOG_LINES)..].join("\n")
            );
        }
    }
}
