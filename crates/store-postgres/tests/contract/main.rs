//! The contract of a store, shown by the PostgreSQL adapter, and what only this adapter promises.
//!
//! `FLEXIO_TEST_POSTGRES` names a server whose user may create databases; without it each test starts one of its own.

mod session;
mod tls;

use std::sync::Arc;

use flexio_store::Store;
use flexio_store_postgres::PostgresStore;

use flexio_testkit::postgres::Server;

#[tokio::test(flavor = "multi_thread")]
async fn the_adapter_keeps_the_contract() {
    let server = Server::start_quick();
    flexio_store::contract::run_all(async || {
        let store =
            PostgresStore::connect(&server.new_database().await).await.expect("an empty database opens");
        (Arc::new(store) as Arc<dyn Store>, ())
    })
    .await;
}
