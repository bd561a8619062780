//! The raw limit of accepting durably: the same HTTP server library, one table, the body as it came, commits shared by all who wait.

use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use anyhow::Result;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::any;
use rusqlite::Connection;
use tokio::sync::oneshot;

/// Bodies that may wait, and that share one commit at most.
const QUEUE: usize = 16_384;
const GROUP: usize = 1_024;
/// As long as the description of a message.
const ANSWER_BYTES: usize = 700;

type Waiting = (Bytes, oneshot::Sender<()>);

/// Prints its address and accepts everything until it is killed.
pub(crate) async fn serve(folder: &Path) -> Result<()> {
    let connection = Connection::open(folder.join("raw.db"))?;
    connection.execute_batch(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=8192;
         CREATE TABLE accepted (id INTEGER PRIMARY KEY, body BLOB NOT NULL)",
    )?;
    let (queue, waiting) = sync_channel(QUEUE);
    thread::spawn(move || write(&connection, &waiting));
    let router = Router::new().fallback(any(accept)).with_state(queue);
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("{}", listener.local_addr()?);
    axum::serve(listener, router).await?;
    Ok(())
}

async fn accept(State(queue): State<SyncSender<Waiting>>, body: Bytes) -> (StatusCode, String) {
    let (kept, durable) = oneshot::channel();
    if queue.try_send((body, kept)).is_err() || durable.await.is_err() {
        return (StatusCode::SERVICE_UNAVAILABLE, String::new());
    }
    (StatusCode::CREATED, "x".repeat(ANSWER_BYTES))
}

/// A write that fails ends the thread, and with it every answer: the twin then measures nothing, loudly.
fn write(connection: &Connection, waiting: &Receiver<Waiting>) -> rusqlite::Result<()> {
    let mut insert = connection.prepare("INSERT INTO accepted (body) VALUES (?1)")?;
    while let Ok(first) = waiting.recv() {
        connection.execute_batch("BEGIN")?;
        let mut group = Vec::new();
        for (body, kept) in std::iter::once(first).chain(waiting.try_iter().take(GROUP - 1)) {
            insert.execute([&*body])?;
            group.push(kept);
        }
        connection.execute_batch("COMMIT")?;
        for kept in group {
            // Who has gone meanwhile needs no answer.
            let _ = kept.send(());
        }
    }
    Ok(())
}
