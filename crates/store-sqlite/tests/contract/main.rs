//! The contract of a store, shown by the SQLite adapter, and what only this adapter promises.

mod crash;
mod file;

use std::sync::Arc;

use flexio_store::Store;
use flexio_store_sqlite::SqliteStore;

async fn open_for_test() -> (Arc<dyn Store>, ()) {
    (Arc::new(SqliteStore::open_in_memory_for_test().unwrap()), ())
}

flexio_store::store_contract!(open_for_test);
