//! A process that is killed while it writes: every acknowledged set is there afterwards, whole.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use flexio_domain::{AccountSid, MessageSid};
use flexio_store::contract::{message, posting, usage};
use flexio_store::{Change, ChangeSet, LedgerProof, Store, UsageFilter};
use flexio_store_sqlite::SqliteStore;

const FILE: &str = "FLEXIO_CRASH_TEST_FILE";
const OWNER: AccountSid = AccountSid::from_u128(42);
const ROUNDS: usize = 8;

/// The child: writes sets from 16 tasks and prints the sid of each set that was acknowledged, until it is killed.
#[tokio::test(flavor = "multi_thread")]
async fn the_writing_child() {
    let Some(file) = std::env::var_os(FILE) else { return };
    let store = std::sync::Arc::new(SqliteStore::open(file.as_ref()).unwrap());
    for _ in 0..16 {
        let store = std::sync::Arc::clone(&store);
        tokio::spawn(async move {
            loop {
                let written = message(OWNER);
                let event = usage(OWNER, &format!("{}:accepted", written.sid));
                let sid = written.sid;
                let set = ChangeSet::new()
                    .with(Change::CreateMessage(written))
                    .with(Change::Post(posting(&event)))
                    .with(Change::AddUsage(event));
                // The parent sees the end of the output.
                store.commit(set).await.unwrap_or_else(|_| std::process::exit(1));
                let mut out = std::io::stdout().lock();
                writeln!(out, "\n{sid}").unwrap();
                out.flush().unwrap();
            }
        });
    }
    std::future::pending::<()>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_acknowledged_set_survives_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("flexio.db");
    let mut acknowledged: Vec<MessageSid> = Vec::new();
    for round in 0..ROUNDS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::the_writing_child", "--nocapture"])
            .env(FILE, &file)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // Each round is killed at another moment of the group commit.
        let enough = acknowledged.len() + 50 + round * 37;
        while acknowledged.len() < enough {
            let line = lines.next().expect("the child writes until it is killed").unwrap();
            acknowledged.extend(line.parse::<MessageSid>().ok());
        }
        child.kill().unwrap();
        child.wait().unwrap();
        // What was still in the pipe was acknowledged too.
        acknowledged.extend(lines.map_while(Result::ok).filter_map(|line| line.parse::<MessageSid>().ok()));

        let store = SqliteStore::open(&file).unwrap();
        for sid in &acknowledged {
            assert!(store.message(OWNER, *sid).await.unwrap().is_some(), "round {round}: {sid} is lost");
        }
        let proof = store.ledger_proof().await.unwrap();
        let LedgerProof { transactions, unbalanced: 0, unposted: 0, .. } = proof else { panic!("{proof:?}") };
        assert!(transactions >= acknowledged.len() as u64);
        let messages = store.count_messages(OWNER, &flexio_store::MessageFilter::default()).await.unwrap();
        assert_eq!(messages, transactions, "no set is there in part");
        assert!(!store.usage_events(OWNER, &UsageFilter::default(), 1).await.unwrap().is_empty());
    }
    let connection = rusqlite::Connection::open(&file).unwrap();
    let verdict: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(verdict, "ok");
}
