//! Foreign programs: where they are, free ports for them, and running them to their end.

use std::net::{TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::sync::{LazyLock, Mutex, PoisonError};

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

/// A port that is free for UDP and TCP, below those that flexio and the kernel hand out; the next one is free for UDP.
pub fn free_port() -> u16 {
    free_ports(1)
}

/// The first of so many such ports, which are even and in a row; at most 50.
pub fn free_ports(count: u16) -> u16 {
    static BLOCKS: Mutex<Vec<Block>> = Mutex::new(Vec::new());
    let mut blocks = BLOCKS.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        match blocks.last_mut().filter(|block| block.next + 2 * count <= block.end) {
            None => blocks.push(Block::claim()),
            Some(block) => {
                let first = block.next;
                block.next += 2 * count;
                if (first..block.next).step_by(2).all(is_free) {
                    return first;
                }
            }
        }
    }
}

fn is_free(port: u16) -> bool {
    let address = ("127.0.0.1", port);
    let free = UdpSocket::bind(address).is_ok() && TcpListener::bind(address).is_ok();
    // Media peers take the next one for RTCP.
    free && UdpSocket::bind(("127.0.0.1", port + 1)).is_ok()
}

/// A hundred ports from 10000 to 18999. Test processes run at the same time, and even a look whether a port is free takes it from a program
/// that wants it just then: whoever listens on the block's marker, one of the ports from 19000 on, has the block as long as it runs.
struct Block {
    next: u16,
    end: u16,
    _marker: TcpListener,
}

impl Block {
    fn claim() -> Self {
        let first = u16::try_from(std::process::id() % 90).expect("below 90");
        let claimed = (0..90).map(|n| (first + n) % 90).find_map(|block| {
            let marker = TcpListener::bind(("127.0.0.1", 19_000 + block)).ok()?;
            let next = 10_000 + block * 100;
            Some(Self { next, end: next + 100, _marker: marker })
        });
        claimed.expect("a block of ports between 10000 and 19000 is free")
    }
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
