//! The file: its form, its permissions, a full disk, copies.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use flexio_domain::{AccountSid, CallSid, Faults, Money, UsageEvent};
use flexio_store::contract::{call, message, usage};
use flexio_store::relational::{Dialect, Write, every_query, migrations, write_sql};
use flexio_store::{CallFilter, Change, LedgerCheck, LedgerStore, MessageFilter, Scope, Store, StoreError};
use flexio_store_sqlite::{OpenError, Options, SqliteStore};
use rusqlite::Connection;

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).expect("the file is there").permissions().mode() & 0o777
}

#[test]
fn every_question_fits_a_freshly_migrated_database() {
    // Writes are prepared when the store opens.
    let store = SqliteStore::open_in_memory_for_test().unwrap();
    let connection = Connection::open(store.file()).unwrap();
    let queries = every_query(Dialect::Sqlite);
    assert!(queries.len() > 80);
    for query in queries {
        let statement =
            connection.prepare(&query.sql).unwrap_or_else(|error| panic!("{}: {error}", query.sql));
        assert_eq!(statement.parameter_count(), query.values.len(), "{}", query.sql);
    }
}

fn plan(connection: &Connection, sql: &str, values: usize) -> String {
    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).expect("the question fits");
    let nulls = vec![rusqlite::types::Null; values.min(statement.parameter_count())];
    let steps = statement.query_map(rusqlite::params_from_iter(nulls), |row| row.get(3)).expect("a plan");
    steps.collect::<Result<Vec<String>, _>>().expect("steps of a plan").join("; ")
}

#[test]
fn no_question_but_the_proof_of_the_ledger_reads_a_table_from_end_to_end() {
    let store = SqliteStore::open_in_memory_for_test().unwrap();
    let connection = Connection::open(store.file()).unwrap();
    for query in every_query(Dialect::Sqlite) {
        let plan = plan(&connection, &query.sql, query.values.len());
        // The stock is small, and listed in the order of its key.
        let whole = ["posting", "FROM stock", "FROM credits WHERE granted <>", "count(*) OVER ()"]
            .iter()
            .any(|it| query.sql.contains(it));
        let scans = plan.split("; ").any(|step| step.starts_with("SCAN") && !step.contains("USING"));
        assert!(whole || !scans, "{}\n{plan}", query.sql);
    }
}

#[test]
fn what_is_written_and_what_is_asked_for_each_message_and_call_does_not_sort() {
    let store = SqliteStore::open_in_memory_for_test().unwrap();
    let connection = Connection::open(store.file()).unwrap();
    let sorts = |sql: &str, values| plan(&connection, sql, values).contains("TEMP B-TREE");
    for write in Write::ALL {
        let sql = write_sql(Dialect::Sqlite, *write);
        assert!(!sorts(&sql, usize::MAX), "{sql}");
    }
    let queries = every_query(Dialect::Sqlite);
    for name in [
        "FROM opt_outs WHERE account_sid = ",
        "credits c ON c.account_sid = t.ancestor WHERE t.descendant = ",
    ] {
        let query = queries.iter().find(|query| query.sql.contains(name)).expect("it is asked");
        assert!(!sorts(&query.sql, query.values.len()), "{}", query.sql);
    }
}

#[test]
fn what_is_asked_often_is_answered_by_the_index_made_for_it() {
    let store = SqliteStore::open_in_memory_for_test().unwrap();
    let connection = Connection::open(store.file()).unwrap();
    // The question, the one filter it is asked with, its index.
    let made_for = [
        ("FROM callbacks c", "AND NOT EXISTS", "callbacks_due (next_attempt_at<?)"),
        ("FROM callbacks c", "AND NOT EXISTS", "callbacks_by_subject (subject=? AND sequence<?)"),
        (
            "FROM verifications WHERE next_step_at",
            "",
            "verifications_due (next_step_at>? AND next_step_at<?)",
        ),
        ("FROM messages WHERE due_at IS NOT NULL AND due_at", "", "messages_due"),
        ("'queued' AND account_sid >", "", "messages_waiting (account_sid>?"),
        ("'queued' AND account_sid =", "", "messages_waiting (account_sid=? AND due_at>? AND due_at<?)"),
        ("'queued' GROUP BY", "", "COVERING INDEX messages_waiting"),
        ("FROM messages WHERE expires_at", "", "messages_expiring"),
        ("FROM messages WHERE sending", "", "messages_sending"),
        ("FROM calls WHERE open_node", "", "calls_open (open_node=?)"),
        (
            "FROM calls c\nWHERE c.account_sid = ",
            "c.parent_call_sid",
            "calls_by_parent (account_sid=? AND parent_call_sid=?)",
        ),
        ("FROM calls c\nWHERE c.account_sid = ", "c.sid < ", "calls_by_account (account_sid=?"),
        ("FROM messages m\nWHERE m.account_sid = ", "m.sid < ", "messages_by_account (account_sid=?"),
        (
            "FROM recordings r\nWHERE r.account_sid = ",
            "r.call_sid",
            "recordings_by_call (account_sid=? AND call_sid=?)",
        ),
        (
            "FROM notifications n\nWHERE n.account_sid = ",
            "n.call_sid",
            "notifications_by_call (account_sid=? AND call_sid=?)",
        ),
        ("FROM usage_events u\nWHERE u.resource = ", "u.resource", "usage_by_resource (resource=?)"),
        ("FROM usage_events e", "e.day", "usage_by_account (account_sid=? AND day"),
        (
            "FROM usage_days u\nWHERE u.account_sid = ",
            "u.day",
            "usage_days_by_account (account_sid=? AND day>? AND day<?)",
        ),
        (
            "FROM usage_events u\nWHERE u.account_sid = ",
            "u.day >= ",
            "usage_by_account (account_sid=? AND day>? AND day<?)",
        ),
    ];
    let queries = every_query(Dialect::Sqlite);
    for (question, filter, index) in made_for {
        let asked = queries.iter().filter(|query| query.sql.contains(question) && query.sql.contains(filter));
        let asked: Vec<_> = asked.collect();
        assert!(!asked.is_empty(), "no question has {question} and {filter}");
        for query in asked {
            let kept = |line: &&str| !line.starts_with("AND ") || line.contains(filter);
            let sql: Vec<&str> = query.sql.lines().filter(kept).collect();
            let plan = plan(&connection, &sql.join("\n"), query.values.len());
            assert!(plan.contains(index), "{sql:#?}\n{plan}");
        }
    }
    let sweep = write_sql(Dialect::Sqlite, Write::IdempotencySweep);
    let plan = plan(&connection, &sweep, 2);
    assert!(plan.starts_with("SEARCH idempotency_keys USING INTEGER PRIMARY KEY"), "{plan}");
    assert!(plan.contains("idempotency_by_age (created_at<?)"), "{plan}");
}

#[tokio::test]
async fn the_folder_and_the_files_are_closed_to_others() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("data/flexio.db");
    let store = SqliteStore::open(&file).unwrap();
    store.ready().await.unwrap();
    assert_eq!(mode(file.parent().unwrap()), 0o700);
    for name in ["flexio.db", "flexio.db-wal", "flexio.db-shm"] {
        assert_eq!(mode(&file.with_file_name(name)), 0o600, "{name}");
    }
    assert!(store.describe().durable);
}

#[tokio::test]
async fn what_was_written_is_there_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("flexio.db");
    let written = call(AccountSid::new());
    let store = SqliteStore::open(&file).unwrap();
    store.commit(Change::CreateCall(written.clone()).into()).await.unwrap();
    drop(store);
    let store = SqliteStore::open(&file).unwrap();
    assert_eq!(store.call(written.account_sid, written.sid).await.unwrap(), Some(written));
}

/// The form before the migration that has this in its text.
fn form_before(file: &Path, text: &str) -> Connection {
    let connection = Connection::open(file).expect("a new file");
    for migration in migrations(Dialect::Sqlite).into_iter().take_while(|it| !it.sql.contains(text)) {
        connection.execute_batch(&migration.sql).expect("migrations fit one another");
        connection.pragma_update(None, "user_version", migration.number).expect("a number");
    }
    connection
}

#[tokio::test(flavor = "multi_thread")]
async fn sums_of_days_are_made_of_the_uses_of_an_older_form() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("flexio.db");
    let old = form_before(&file, "CREATE TABLE usage_days");
    let owner = AccountSid::new();
    let event = |id: &str, micros| UsageEvent { amount: Money::from_micros(micros), ..usage(owner, id) };
    let events = [event("CA1:leg", 96_583), event("CA2:leg", 96_583), event("CA3:leg", 0)];
    for event in &events {
        let text = "INSERT INTO usage_events (source, id, account_sid, kind, item, class, day, billed, minutes, amount, resource, month, plan, doc)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 61, 2, ?8, ?9, ?10, ?11, '{}')";
        let (account, kind) = (owner.as_u128().to_be_bytes(), event.kind.as_str());
        let (day, micros) = (&event.day, event.amount.micros());
        let values = rusqlite::params![
            event.source,
            event.id,
            account,
            kind,
            event.item,
            event.class,
            day,
            micros,
            event.resource,
            event.month,
            event.plan
        ];
        old.execute(text, values).unwrap();
    }
    drop(old);
    let store = SqliteStore::open(&file).unwrap();
    let faults = async || store.ledger_faults(LedgerCheck::UsageDays).await.unwrap();
    assert_eq!(faults().await, Faults::default());
    store.commit(Change::AddUsage(usage(owner, "CA4:leg")).into()).await.unwrap();
    assert_eq!(faults().await, Faults::default());
    let totals = store.usage_totals(owner, Scope::Own, "2026-11-06", "2026-11-06").await.unwrap();
    let sums: Vec<_> =
        totals.iter().map(|it| (it.count, it.billed, it.minutes, it.amount.micros())).collect();
    assert_eq!(sums, [(4, 244, 8, 3 * 96_583)]);
    // Somebody writes to the database.
    let connection = Connection::open(&file).unwrap();
    connection.execute("UPDATE usage_days SET amount = amount + 1 WHERE charged = 1", []).unwrap();
    let named = Faults { count: 1, ids: vec!["2026-11-06/voice.out.mobile".to_owned()] };
    assert_eq!(faults().await, named);
}

#[test]
fn a_database_of_a_newer_program_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("flexio.db");
    drop(SqliteStore::open(&file).unwrap());
    Connection::open(&file).unwrap().pragma_update(None, "user_version", 4711).unwrap();
    assert!(matches!(SqliteStore::open(&file), Err(OpenError::Newer { found: 4711, .. })));
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("flexio.db");
    std::fs::write(&file, "this is a letter to my aunt, not a database ".repeat(100)).unwrap();
    assert!(matches!(SqliteStore::open(&file), Err(OpenError::Sqlite(_))));
}

/// Writes until the store is full; the calls that were written.
async fn fill(store: &SqliteStore, owner: AccountSid) -> Vec<CallSid> {
    let mut written = Vec::new();
    loop {
        let next = call(owner);
        match store.commit(Change::CreateCall(next.clone()).into()).await {
            Ok(()) => written.push(next.sid),
            Err(StoreError::Full) => return written,
            Err(error) => panic!("{error:?}"),
        }
        assert!(written.len() < 20_000, "the limit was never met");
    }
}

#[tokio::test]
async fn a_full_database_refuses_writes_keeps_reading_and_takes_writes_again_when_rows_go() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { file_bytes_max: Some(2 << 20), durable: false, ..Options::default() };
    let store = SqliteStore::open_with(&folder.path().join("flexio.db"), options).unwrap();
    let owner = AccountSid::new();
    let messages: Vec<_> = (0..200).map(|_| message(owner)).collect();
    for message in &messages {
        store.commit(Change::CreateMessage(message.clone()).into()).await.unwrap();
    }
    let written = fill(&store, owner).await;
    assert!(!written.is_empty());
    assert!(store.call(owner, written[0]).await.unwrap().is_some());
    assert_eq!(store.count_calls(owner, &CallFilter::default()).await.unwrap(), written.len() as u64);
    for message in &messages {
        store.commit(Change::DeleteMessage(owner, message.sid).into()).await.unwrap();
    }
    for _ in 0..50 {
        store.commit(Change::CreateCall(call(owner)).into()).await.unwrap();
    }
    store.ready().await.unwrap();
}

/// A small disk of its own, where the test may mount one.
struct SmallDisk(std::path::PathBuf);

impl SmallDisk {
    fn new(folder: &Path) -> Option<Self> {
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", "size=6m", "tmpfs"]).arg(folder).status();
        mounted.is_ok_and(|status| status.success()).then(|| Self(folder.to_owned()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[tokio::test]
async fn a_full_disk_refuses_writes_keeps_reading_and_recovers_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let Some(_disk) = SmallDisk::new(folder.path()) else {
        eprintln!("no right to mount a small disk: shown by a full database instead");
        return;
    };
    let ballast = folder.path().join("ballast");
    std::fs::write(&ballast, vec![0_u8; 2 << 20]).unwrap();
    let file = folder.path().join("flexio.db");
    let store = SqliteStore::open(&file).unwrap();
    let owner = AccountSid::new();
    let written = fill(&store, owner).await;
    for sid in &written {
        assert!(store.call(owner, *sid).await.unwrap().is_some());
    }
    assert_eq!(store.count_calls(owner, &CallFilter::default()).await.unwrap(), written.len() as u64);
    std::fs::remove_file(&ballast).unwrap();
    for _ in 0..50 {
        store.commit(Change::CreateCall(call(owner)).into()).await.unwrap();
    }
    store.ready().await.unwrap();
    drop(store);
    let verdict: String =
        Connection::open(&file).unwrap().query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(verdict, "ok");
}

#[tokio::test]
async fn a_copy_is_whole_and_opens() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("flexio.db")).unwrap();
    let owner = AccountSid::new();
    store.commit(Change::CreateMessage(message(owner)).into()).await.unwrap();
    let target = folder.path().join("copy.db");
    store.copy_to(&target).await.unwrap();
    assert!(store.copy_to(&target).await.is_err(), "an existing file is not overwritten");
    assert_eq!(mode(&target), 0o600);
    let copy = SqliteStore::open(&target).unwrap();
    assert_eq!(copy.count_messages(owner, &MessageFilter::default()).await.unwrap(), 1);
}

#[tokio::test]
async fn a_full_queue_answers_at_once_that_the_store_is_unavailable() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("flexio.db");
    let options = Options { queued_sets_max: 4, ..Default::default() };
    let store = SqliteStore::open_with(&file, options).unwrap();
    // Another program holds the write lock, so that the writer waits and its queue fills.
    let other = Connection::open(&file).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let owner = AccountSid::new();
    let waiting: Vec<_> = (0..40).map(|_| store.commit(Change::CreateCall(call(owner)).into())).collect();
    let answers = async {
        let mut refused = 0;
        for answer in futures(waiting).await {
            match answer {
                Ok(()) => {}
                Err(StoreError::Unavailable(_)) => refused += 1,
                Err(error) => panic!("{error:?}"),
            }
        }
        refused
    };
    let unlock = async {
        tokio::task::yield_now().await;
        other.execute_batch("COMMIT").unwrap();
    };
    let (refused, ()) = tokio::join!(answers, unlock);
    assert!((1..40).contains(&refused), "{refused}");
    assert_eq!(store.count_calls(owner, &CallFilter::default()).await.unwrap(), 40 - refused);
}

/// All at once, in order.
pub(crate) async fn futures<F: Future>(waiting: Vec<F>) -> Vec<F::Output> {
    let mut waiting: Vec<_> =
        waiting.into_iter().map(|future| tokio::task::unconstrained(Box::pin(future))).collect();
    let mut results: Vec<Option<F::Output>> = waiting.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (future, result) in waiting.iter_mut().zip(&mut results) {
            if result.is_none()
                && let std::task::Poll::Ready(value) = std::pin::Pin::new(future).poll(context)
            {
                *result = Some(value);
            }
        }
        if results.iter().all(Option::is_some) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    results.into_iter().flatten().collect()
}
