//! The server: its statements, its form, its loss.

use std::sync::Arc;

use flexio_domain::AccountSid;
use flexio_store::contract::{call, callback, idempotency, message, posting, usage};
use flexio_store::relational::{Dialect, Write, every_query, write_sql};
use flexio_store::{CallFilter, Change, ChangeSet, MessageFilter, Store, StoreError};
use flexio_store_postgres::{OpenError, Options, PostgresStore};
use tokio_postgres::NoTls;

use flexio_testkit::postgres::Server;

pub async fn client(url: &str) -> tokio_postgres::Client {
    let (client, connection) =
        tokio_postgres::connect(url, NoTls).await.expect("the server of the test answers");
    tokio::spawn(connection);
    client
}

#[tokio::test(flavor = "multi_thread")]
async fn every_statement_fits_a_freshly_migrated_database() {
    let server = Server::start();
    let url = server.new_database().await;
    let store = PostgresStore::connect(&url).await.unwrap();
    assert!(store.describe().durable);
    let client = client(&url).await;
    for write in Write::ALL {
        let text = write_sql(Dialect::Postgres, *write);
        client.prepare(&text).await.unwrap_or_else(|error| panic!("{text}: {error:?}"));
    }
    for query in every_query(Dialect::Postgres) {
        let statement = client.prepare(&query.sql).await;
        let statement = statement.unwrap_or_else(|error| panic!("{}: {error:?}", query.sql));
        assert_eq!(statement.params().len(), query.values.len(), "{}", query.sql);
    }
}

/// Writes down the text of each statement that changes a table.
const NOTE_STATEMENTS: &str = "
    CREATE TABLE notes (statement text);
    CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN INSERT INTO notes VALUES (current_query()); RETURN NULL; END $$;
    DO $$ DECLARE name text; BEGIN
        FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'notes' LOOP
            EXECUTE format('CREATE TRIGGER noted AFTER INSERT OR UPDATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION note()', name);
        END LOOP;
    END $$;";

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_row_that_goes_in_bulk_is_written_in_bulk() {
    let server = Server::start();
    let url = server.new_database().await;
    let store =
        PostgresStore::connect_with(&url, Options { writers: 1, ..Options::default() }).await.unwrap();
    let client = client(&url).await;
    client.batch_execute(NOTE_STATEMENTS).await.unwrap();
    let owner = AccountSid::new();
    let (running, sent) = (call(owner), message(owner));
    let event = usage(owner, "CA1:leg");
    let queued = callback(owner, "CA1", 0, 10);
    let create = ChangeSet::new()
        .with(Change::CreateMessage(sent.clone()))
        .with(Change::CreateCall(running.clone()))
        .with(Change::CreateRecording(flexio_store::contract::recording(owner, running.sid)))
        .with(Change::AddNotification(flexio_store::contract::notification(owner)))
        .with(Change::AddTimeline(vec![flexio_store::contract::timeline(&running, 0)]))
        .with(Change::AddUsage(event.clone()))
        .with(Change::Post(posting(&event)))
        .with(Change::QueueCallback(queued.clone()))
        .with(Change::KeepIdempotency(idempotency(owner, "k")))
        .with(Change::LinkCarrierId {
            route: "a".to_owned(),
            carrier_id: "1".to_owned(),
            message: sent.sid,
            segment: 0,
        });
    store.commit(create).await.unwrap();
    let change = ChangeSet::new()
        .with(Change::UpdateMessage(sent))
        .with(Change::UpdateCall(running))
        .with(Change::SettleCallback(queued));
    store.commit(change).await.unwrap();
    let notes = client.query("SELECT DISTINCT statement FROM notes", &[]).await.unwrap();
    let notes: Vec<String> = notes.iter().map(|row| row.get(0)).collect();
    assert_eq!(notes.len(), 18, "{notes:#?}");
    let is_bulk = |statement: &String| statement.contains("unnest(") || statement.contains("ANY($1::uuid[])");
    assert!(notes.iter().all(is_bulk), "{notes:#?}");
    assert_eq!(store.balances(owner).await.unwrap().len(), 2);
    assert!(store.message_by_carrier_id("a", "1").await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_a_newer_program_is_refused() {
    let server = Server::start();
    let url = server.new_database().await;
    drop(PostgresStore::connect(&url).await.unwrap());
    drop(PostgresStore::connect(&url).await.expect("opening again changes nothing"));
    client(&url).await.batch_execute("INSERT INTO schema_form VALUES (4711)").await.unwrap();
    assert!(matches!(PostgresStore::connect(&url).await, Err(OpenError::Newer { found: 4711, .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_programs_that_start_together_migrate_once() {
    let server = Server::start();
    let url = server.new_database().await;
    let (first, second) = tokio::join!(PostgresStore::connect(&url), PostgresStore::connect(&url));
    first.unwrap().ready().await.unwrap();
    second.unwrap().ready().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn balances_of_several_programs_add_up() {
    let server = Server::start();
    let url = server.new_database().await;
    let owner = AccountSid::new();
    let mut writing = Vec::new();
    for program in 0..3 {
        let store = Arc::new(PostgresStore::connect(&url).await.unwrap());
        for number in 0..50 {
            let store = Arc::clone(&store);
            writing.push(tokio::spawn(async move {
                let event = usage(owner, &format!("CA{program}-{number}:leg"));
                let set = ChangeSet::from(Change::Post(posting(&event))).with(Change::AddUsage(event));
                store.commit(set).await.unwrap();
            }));
        }
    }
    for task in writing {
        task.await.unwrap();
    }
    let store = PostgresStore::connect(&url).await.unwrap();
    assert_eq!(store.balances(owner).await.unwrap()[0].amount.micros(), 150 * 96_583);
    let proof = store.ledger_proof().await.unwrap();
    assert_eq!((proof.transactions, proof.unposted, proof.unbalanced), (150, 0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_sets_survive_the_loss_of_the_server_and_the_store_comes_back() {
    let server = Server::start_own();
    let url = server.new_database().await;
    let store = Arc::new(PostgresStore::connect(&url).await.unwrap());
    let owner = AccountSid::new();
    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let mut acknowledged = Vec::new();
                loop {
                    let written = message(owner);
                    let sid = written.sid;
                    match store.commit(Change::CreateMessage(written).into()).await {
                        Ok(()) => acknowledged.push(sid),
                        Err(StoreError::Unavailable(_)) => return acknowledged,
                        Err(error) => panic!("{error:?}"),
                    }
                }
            })
        })
        .collect();
    while store.count_messages(owner, &MessageFilter::default()).await.unwrap() < 500 {}
    server.kill();
    let mut acknowledged = Vec::new();
    for task in tasks {
        acknowledged.extend(task.await.unwrap());
    }
    assert!(acknowledged.len() >= 400);
    assert!(matches!(store.ready().await, Err(StoreError::Unavailable(_))));
    assert!(matches!(
        store.count_calls(owner, &CallFilter::default()).await,
        Err(StoreError::Unavailable(_))
    ));
    server.restart();
    store.ready().await.unwrap();
    for sid in acknowledged {
        assert!(store.message(owner, sid).await.unwrap().is_some(), "{sid} is lost");
    }
}
