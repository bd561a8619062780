//! Foreign programs: where they are, free ports for them, and running them to their end.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU16, Ordering};

use crate::{PATIENCE, eventually};

/// Root of the repository: where cargo runs the test, which need not be where it was built.
pub fn root() -> &'static Path {
    static ROOT: LazyLock<PathBuf> = LazyLock::new(|| {
        let here = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo runs the tests");
        PathBuf::from(here).parent().expect("e2e lies in the repository").to_owned()
    });
    &ROOT
}

/// A file of `e2e/peers`.
pub fn peer(name: &str) -> PathBuf {
    root().join("e2e/peers").join(name)
}

/// The Python interpreter with the peers' packages.
pub fn python() -> PathBuf {
    let path = root().join(".local/venv/bin/python");
    assert!(path.exists(), "{} is missing: run scripts/setup", path.display());
    path
}

/// A port that is free for UDP and TCP, below those that flexio and the kernel hand out.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Test processes run at the same time: each starts elsewhere.
    let offset = u16::try_from(std::process::id() % 90).expect("below 90") * 100;
    for _ in 0..9_000 {
        let port = 10_000 + (offset + NEXT.fetch_add(2, Ordering::Relaxed)) % 9_000;
        let address = ("127.0.0.1", port);
        let free = std::net::UdpSocket::bind(address).is_ok() && std::net::TcpListener::bind(address).is_ok();
        // Media peers take the next one for RTCP.
        if free && std::net::UdpSocket::bind(("127.0.0.1", port + 1)).is_ok() {
            return port;
        }
    }
    panic!("no free port between 10000 and 19000");
}

/// Waits until something on this machine listens on the port: `kind` is `udp` or `tcp`. It looks and does not knock, as a test
/// bind could take the port from the program that wants it. A connection that somebody else has from that port is not meant.
pub async fn port_taken(kind: &str, port: u16) {
    let wanted = format!(":{port:04X} ");
    eventually(&format!("{kind} port {port} is taken"), || async {
        let table = tokio::fs::read_to_string(format!("/proc/net/{kind}")).await.unwrap_or_default();
        let listens = |line: &str| {
            let mut fields = line.split_whitespace().skip(1);
            let is_it = fields.next().is_some_and(|local| format!("{local} ").ends_with(&wanted));
            // State 0A is LISTEN (include/net/tcp_states.h); UDP has none.
            is_it && (kind == "udp" || fields.nth(1) == Some("0A"))
        };
        table.lines().skip(1).any(listens).then_some(())
    })
    .await;
}

/// Runs a program to its end.
pub async fn run(program: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = tokio::process::Command::new(program);
    command.args(arguments).envs(environment.iter().copied()).stdin(Stdio::null()).kill_on_drop(true);
    let ended = tokio::time::timeout(PATIENCE * 2, command.output()).await;
    ended
        .unwrap_or_else(|_| panic!("{} does not end", program.display()))
        .unwrap_or_else(|error| panic!("{} cannot be run: {error}", program.display()))
}
