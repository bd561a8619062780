//! The contract of a store, shown by the SQLite adapter, and what only this adapter promises.

mod crash;
mod file;
mod sums;

use std::sync::Arc;

use flexio_store::Store;
use flexio_store_sqlite::SqliteStore;

fn open_for_test() -> std::future::Ready<(Arc<dyn Store>, ())> {
    let store = SqliteStore::open_in_memory_for_test().expect("a new file");
    std::future::ready((Arc::new(store), ()))
}

flexio_store::store_contract!(open_for_test);
