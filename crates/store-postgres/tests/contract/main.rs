//! The contract of a store, shown by the PostgreSQL adapter, and what only this adapter promises.
//!
//! `FLEXIO_TEST_POSTGRES` names a server whose user may create databases; without it each test starts one of its own.

mod session;
mod tls;

use std::sync::Arc;

use flexio_store::Store;
use flexio_store_postgres::PostgresStore;

use flexio_testkit::postgres::Server;

/// A fresh store for each case costs a tenth of a second where it is another database, and next to nothing where its rows go.
const EMPTY: &str = "DO $$ DECLARE name text; BEGIN
        FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'schema_form' LOOP
            EXECUTE format('DELETE FROM %I', name);
        END LOOP;
    END $$;";

#[tokio::test(flavor = "multi_thread")]
async fn the_adapter_keeps_the_contract() {
    let server = Server::start_quick();
    let url = server.new_database().await;
    drop(PostgresStore::connect(&url).await.expect("an empty database opens"));
    let client = session::client(&url).await;
    flexio_store::contract::run_all(async || {
        client.batch_execute(EMPTY).await.expect("every table can be emptied");
        let store = PostgresStore::connect(&url).await.expect("a database without rows opens");
        (Arc::new(store) as Arc<dyn Store>, ())
    })
    .await;
}
