//! What a durable change set costs, beside a raw loop over the same bytes in the same run.
//!
//! `cargo run --release -p flexio-store-sqlite --example sqlite_writes [-- FOLDER [SECONDS]]`
//!
//! A set is what accepting a message writes: message, idempotency key, usage event, posting; once all of one account and once each task
//! of its own account, whose rows lie apart. CPU is user and system time of the whole
//! process per set, the making of the entities included.

#![expect(clippy::print_stdout, reason = "it is the program's result")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use flexio_domain::AccountSid;
use flexio_store::contract::{idempotency, message, posting, usage};
use flexio_store::{Change, ChangeSet, Store};
use flexio_store_sqlite::SqliteStore;
use rusqlite::Connection;

fn accept(owner: AccountSid) -> ChangeSet {
    let accepted = message(owner);
    let event = usage(owner, &format!("{}:accepted", accepted.sid));
    ChangeSet::new()
        .with(Change::KeepIdempotency(idempotency(owner, &accepted.sid.to_string())))
        .with(Change::CreateMessage(accepted))
        .with(Change::Post(posting(&event)))
        .with(Change::AddUsage(event))
}

/// User and system time of this process so far.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    let fields: Vec<u64> = stat
        .rsplit(')')
        .next()
        .into_iter()
        .flat_map(str::split_whitespace)
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse().ok())
        .collect();
    Duration::from_millis(fields.iter().sum::<u64>() * 10)
}

fn report(name: &str, unit: &str, count: u64, elapsed: Duration, cpu: Duration) {
    #[expect(clippy::cast_precision_loss, reason = "shown with a few digits")]
    let count = count.max(1) as f64;
    let rate = count / elapsed.as_secs_f64();
    let each = cpu.as_secs_f64() * 1e6 / count;
    println!("{name:<34} {rate:>10.0} {unit}/s {each:>8.1} µs CPU each");
}

/// One table, one blob of the bytes of a set per row.
fn raw(folder: &Path, name: &str, group: u64, seconds: u64) {
    let connection = Connection::open(folder.join("raw.db")).expect("a new file");
    connection
        .execute_batch(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=8192;
             CREATE TABLE IF NOT EXISTS sets (sid BLOB NOT NULL PRIMARY KEY, doc TEXT NOT NULL)",
        )
        .expect("a new table");
    let doc = "x".repeat(2_600);
    let mut insert = connection.prepare("INSERT INTO sets VALUES (?1, ?2)").expect("the table is there");
    let (begun, spent) = (Instant::now(), cpu());
    let mut count = 0;
    while begun.elapsed() < Duration::from_secs(seconds) {
        connection.execute_batch("BEGIN").expect("no transaction is open");
        for _ in 0..group {
            let sid = flexio_domain::MessageSid::new().as_u128().to_be_bytes();
            insert.execute(rusqlite::params![sid, doc]).expect("a fresh key");
        }
        connection.execute_batch("COMMIT").expect("there is room");
        count += group;
    }
    report(name, "rows", count, begun.elapsed(), cpu().saturating_sub(spent));
}

async fn sets(store: &Arc<SqliteStore>, concurrency: usize, shared: Option<AccountSid>, seconds: u64) {
    let count = Arc::new(AtomicU64::new(0));
    let worst = Arc::new(std::sync::Mutex::new(Vec::new()));
    let (begun, spent) = (Instant::now(), cpu());
    let tasks: Vec<_> = (0..concurrency)
        .map(|_| {
            let (store, count, worst) = (Arc::clone(store), Arc::clone(&count), Arc::clone(&worst));
            tokio::spawn(async move {
                let owner = shared.unwrap_or_else(AccountSid::new);
                let mut waits = Vec::new();
                while begun.elapsed() < Duration::from_secs(seconds) {
                    let asked = Instant::now();
                    store.commit(accept(owner)).await.expect("there is room");
                    waits.push(asked.elapsed());
                    count.fetch_add(1, Ordering::Relaxed);
                }
                worst.lock().expect("no task panicked").extend(waits);
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("no task panicked");
    }
    let (elapsed, spent) = (begun.elapsed(), cpu().saturating_sub(spent));
    let accounts = if shared.is_some() { "one account" } else { "an account each" };
    report(
        &format!("{concurrency} at a time, {accounts}"),
        "sets",
        count.load(Ordering::Relaxed),
        elapsed,
        spent,
    );
    let mut waits = std::mem::take(&mut *worst.lock().expect("no task panicked"));
    waits.sort_unstable();
    let p99 = waits.get(waits.len() * 99 / 100).copied().unwrap_or_default();
    println!("{:<34} {:>10.1} ms p99", "", p99.as_secs_f64() * 1e3);
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let above = arguments.next().map_or_else(|| PathBuf::from("."), PathBuf::from);
    let seconds = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(5);
    let folder =
        tempfile::Builder::new().prefix("durable-writes").tempdir_in(above).expect("a folder to write to");
    raw(folder.path(), "raw single inserts", 1, seconds);
    raw(folder.path(), "raw groups of 500", 500, seconds);
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    runtime.block_on(async {
        let store = Arc::new(SqliteStore::open(&folder.path().join("flexio.db")).expect("a new file"));
        for concurrency in [1, 64, 512] {
            sets(&store, concurrency, Some(AccountSid::new()), seconds).await;
        }
        for concurrency in [64, 512] {
            sets(&store, concurrency, None, seconds).await;
        }
    });
}
