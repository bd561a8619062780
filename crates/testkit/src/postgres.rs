//! A PostgreSQL server for tests: the one that is named, or one of its own in a temporary folder, on a socket nobody else knows.

#![expect(clippy::unwrap_used, reason = "a test without its server fails")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;
use tokio_postgres::NoTls;

/// A running server; stops when dropped, if this test started it.
#[derive(Debug)]
pub struct Server {
    url: String,
    own: Option<Own>,
    _files: Option<TempDir>,
}

#[derive(Debug)]
struct Own {
    folder: TempDir,
    programs: PathBuf,
    /// Settings of the server beside its socket.
    settings: String,
    /// It listens on this port of 127.0.0.1 too.
    port: Option<u16>,
}

const MISSING: &str = "PostgreSQL is missing: run scripts/setup, or name a server in FLEXIO_TEST_POSTGRES";

fn programs() -> PathBuf {
    let mut places: Vec<PathBuf> =
        std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect();
    places.push("/usr/local/bin".into());
    if let Ok(versions) = std::fs::read_dir("/usr/lib/postgresql") {
        places.extend(versions.flatten().map(|version| version.path().join("bin")));
    }
    let complete = |place: &PathBuf| place.join("initdb").exists() && place.join("pg_ctl").exists();
    places.into_iter().find(complete).expect(MISSING)
}

fn am_root() -> bool {
    String::from_utf8_lossy(&Command::new("id").arg("-u").output().unwrap().stdout).trim() == "0"
}

/// The program, run as a user the server accepts: it refuses root.
fn command(program: &Path) -> Command {
    let mut command = if am_root() {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.stdin(Stdio::null()).stdout(Stdio::null()).current_dir("/");
    command
}

impl Own {
    fn start(settings: &str, port: Option<u16>) -> Self {
        let folder = tempfile::Builder::new().prefix("flexio-pg").tempdir().unwrap();
        if am_root() {
            let owned = Command::new("chown").arg("postgres").arg(folder.path()).status().unwrap();
            assert!(owned.success(), "{MISSING}");
        }
        let own = Self { folder, programs: programs(), settings: settings.to_owned(), port };
        let made = command(&own.programs.join("initdb"))
            .args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "-D"])
            .arg(own.data())
            .status()
            .unwrap();
        assert!(made.success(), "initdb failed");
        own.run();
        own
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn run(&self) {
        let (listen, port) = match self.port {
            Some(port) => ("127.0.0.1", format!("-p {port}")),
            None => ("''", String::new()),
        };
        let options = format!("-h {listen} -k {} {port} {}", self.folder.path().display(), self.settings);
        let started = command(&self.programs.join("pg_ctl"))
            .args(["start", "--wait", "-D"])
            .arg(self.data())
            .arg("-l")
            .arg(self.folder.path().join("log"))
            .args(["-o", &options])
            .status()
            .unwrap();
        assert!(started.success(), "the server does not start");
    }

    fn refuse_plain_tcp(&self) {
        let rules = "local all all trust\nhostssl all all 127.0.0.1/32 trust\n";
        let file = self.data().join("pg_hba.conf");
        std::fs::write(&file, rules).unwrap();
        let reloaded =
            command(&self.programs.join("pg_ctl")).args(["reload", "-D"]).arg(self.data()).status();
        assert!(reloaded.unwrap().success());
    }

    fn stop(&self) {
        let _ = command(&self.programs.join("pg_ctl"))
            .args(["stop", "--mode=immediate", "--wait", "-D"])
            .arg(self.data())
            .status();
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Server {
    /// The named server, or a new one.
    pub fn start() -> Self {
        Self::named().unwrap_or_else(Self::start_own)
    }

    /// The named server, or a new one that does not wait for the disk: for tests that make many databases and lose no power.
    pub fn start_quick() -> Self {
        Self::named().unwrap_or_else(|| Self::of(Own::start("-c fsync=off", None)))
    }

    /// A new one, which the test may stop and start.
    pub fn start_own() -> Self {
        Self::of(Own::start("", None))
    }

    /// A new one that speaks TLS on a port of 127.0.0.1, with this certificate and key (PEM files); it refuses connections from there
    /// without TLS.
    pub fn start_tls(certificate: &Path, key: &Path) -> Self {
        let folder = tempfile::Builder::new().prefix("flexio-pg-tls").tempdir().unwrap();
        let mut files = Vec::new();
        for (name, from) in [("server.pem", certificate), ("server.key", key)] {
            let to = folder.path().join(name);
            std::fs::copy(from, &to).unwrap();
            std::fs::set_permissions(&to, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
            files.push(to);
        }
        let (certificate, key) = (files[0].display(), files[1].display());
        if am_root() {
            let owned = Command::new("chown").args(["-R", "postgres"]).arg(folder.path()).status().unwrap();
            assert!(owned.success(), "{MISSING}");
        }
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let settings = format!("-c ssl=on -c ssl_cert_file={certificate} -c ssl_key_file={key}");
        let own = Own::start(&settings, Some(port));
        own.refuse_plain_tcp();
        let url = format!("postgres://postgres@127.0.0.1:{port}");
        Self { url, own: Some(own), _files: Some(folder) }
    }

    fn named() -> Option<Self> {
        Some(Self { url: std::env::var("FLEXIO_TEST_POSTGRES").ok()?, own: None, _files: None })
    }

    fn of(own: Own) -> Self {
        let url = format!("host={} user=postgres", own.folder.path().display());
        Self { url, own: Some(own), _files: None }
    }

    /// Stops it without warning, as a power cut would.
    pub fn kill(&self) {
        self.own.as_ref().expect("only a server of this test is stopped").stop();
    }

    /// Starts it again.
    pub fn restart(&self) {
        self.own.as_ref().expect("only a server of this test is started").run();
    }

    fn url_of(&self, database: &str) -> String {
        match self.url.split_once("://") {
            Some((scheme, rest)) => {
                let (host, options) = rest.split_once('?').unwrap_or((rest, ""));
                let host = host.split('/').next().unwrap_or(host);
                format!("{scheme}://{host}/{database}?{options}")
            }
            None => format!("{} dbname={database}", self.url),
        }
    }

    /// Makes an empty database; its URL.
    pub async fn new_database(&self) -> String {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("flexio_test_{}_{number}", std::process::id());
        let socket = match &self.own {
            // By its socket, whatever its port wants.
            Some(own) => {
                let port = own.port.map(|port| format!(" port={port}")).unwrap_or_default();
                format!("host={} user=postgres dbname=postgres{port}", own.folder.path().display())
            }
            None => self.url_of("postgres"),
        };
        let (client, connection) = tokio_postgres::connect(&socket, NoTls).await.unwrap();
        let driver = tokio::spawn(connection);
        client.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await.unwrap();
        client.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
        drop(client);
        driver.await.unwrap().unwrap();
        self.url_of(&name)
    }
}
