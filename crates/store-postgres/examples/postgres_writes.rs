//! What a durable change set costs over PostgreSQL, beside a raw loop over the same bytes in the same run.
//!
//! `cargo run --release -p flexio-store-postgres --example postgres_writes [-- FOLDER [SECONDS]]`
//!
//! The server is the one `FLEXIO_TEST_POSTGRES` names, or one of its own in a temporary folder, with `fsync` on. A set is what accepting a
//! message writes: message, idempotency key, usage event, posting. CPU is user and system time of this process per set, without the
//! server's.

#![expect(clippy::print_stdout, reason = "it is the program's result")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use flexio_domain::AccountSid;
use flexio_store::contract::{idempotency, message, posting, usage};
use flexio_store::{Change, ChangeSet, Store};
use flexio_store_postgres::PostgresStore;
use flexio_testkit::postgres::Server;
use tokio_postgres::NoTls;

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
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    Duration::from_millis(fields.filter_map(|field| field.parse::<u64>().ok()).sum::<u64>() * 10)
}

fn report(name: &str, unit: &str, count: u64, elapsed: Duration, cpu: Duration) {
    #[expect(clippy::cast_precision_loss, reason = "shown with a few digits")]
    let count = count.max(1) as f64;
    let rate = count / elapsed.as_secs_f64();
    let each = cpu.as_secs_f64() * 1e6 / count;
    println!("{name:<34} {rate:>10.0} {unit}/s {each:>8.1} µs CPU each");
}

/// One table, one text of the bytes of a set per row.
async fn raw(url: &str, name: &str, group: usize, seconds: u64) {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("the server answers");
    tokio::spawn(connection);
    client
        .batch_execute("CREATE TABLE IF NOT EXISTS sets (sid uuid NOT NULL PRIMARY KEY, doc text NOT NULL)")
        .await
        .expect("a new table");
    let insert = "INSERT INTO sets SELECT gen_random_uuid(), unnest($1::text[])";
    let insert = client.prepare(insert).await.expect("the table is there");
    let docs = vec!["x".repeat(2_600); group];
    let (begun, spent) = (Instant::now(), cpu());
    let mut count = 0;
    while begun.elapsed() < Duration::from_secs(seconds) {
        count += client.execute(&insert, &[&docs]).await.expect("there is room");
    }
    report(name, "rows", count, begun.elapsed(), cpu().saturating_sub(spent));
}

async fn sets(store: &Arc<PostgresStore>, concurrency: usize, shared: Option<AccountSid>, seconds: u64) {
    let count = Arc::new(AtomicU64::new(0));
    let (begun, spent) = (Instant::now(), cpu());
    let tasks: Vec<_> = (0..concurrency)
        .map(|_| {
            let (store, count) = (Arc::clone(store), Arc::clone(&count));
            tokio::spawn(async move {
                let owner = shared.unwrap_or_else(AccountSid::new);
                let mut waits = Vec::new();
                while begun.elapsed() < Duration::from_secs(seconds) {
                    let asked = Instant::now();
                    store.commit(accept(owner)).await.expect("there is room");
                    waits.push(asked.elapsed());
                    count.fetch_add(1, Ordering::Relaxed);
                }
                waits
            })
        })
        .collect();
    let mut waits = Vec::new();
    for task in tasks {
        waits.extend(task.await.expect("no task panicked"));
    }
    let (elapsed, spent) = (begun.elapsed(), cpu().saturating_sub(spent));
    let accounts = if shared.is_some() { "one account" } else { "an account each" };
    let name = format!("{concurrency} at a time, {accounts}");
    report(&name, "sets", count.load(Ordering::Relaxed), elapsed, spent);
    waits.sort_unstable();
    let p99 = waits.get(waits.len() * 99 / 100).copied().unwrap_or_default();
    println!("{:<34} {:>10.1} ms p99", "", p99.as_secs_f64() * 1e3);
}

#[tokio::main]
async fn main() {
    let seconds = std::env::args().nth(2).and_then(|text| text.parse().ok()).unwrap_or(5);
    let server = Server::start();
    let url = server.new_database().await;
    raw(&url, "raw single inserts", 1, seconds).await;
    raw(&url, "raw groups of 500", 500, seconds).await;
    let store = PostgresStore::connect(&server.new_database().await).await.expect("an empty database opens");
    assert!(store.describe().durable, "the server does not wait for its disk: nothing to measure");
    let store = Arc::new(store);
    for concurrency in [1, 64, 512] {
        sets(&store, concurrency, Some(AccountSid::new()), seconds).await;
    }
    for concurrency in [64, 512] {
        sets(&store, concurrency, None, seconds).await;
    }
}
