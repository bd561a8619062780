//! Values in, rows out, errors, and the settings of a connection.

use flexio_store::StoreError;
use flexio_store::relational::{Row, Value};
use rusqlite::types::{FromSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, Statement};

use crate::Options;
use crate::checkpoint::PAGES_MAX;

/// Each row that changes in a commit costs a whole page of log: small pages, so that rows of many accounts cost little.
const PAGE_BYTES: u32 = 4096;

/// Settings of the writer's connection.
pub fn tune_writer(connection: &Connection, options: &Options) -> rusqlite::Result<()> {
    // Only takes effect on a file that is still empty.
    connection.pragma_update(None, "page_size", PAGE_BYTES)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", if options.durable { "FULL" } else { "OFF" })?;
    // See `checkpoint`.
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    // After a burst under a long reader the log is cut back to this.
    connection.pragma_update(None, "journal_size_limit", i64::from(PAGES_MAX * PAGE_BYTES))?;
    // What is dropped or replaced is overwritten with zeros: an erasure leaves nothing in free space.
    connection.pragma_update(None, "secure_delete", "ON")?;
    // Savepoints keep the pages they may have to bring back in memory, not in a file.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // No larger: a commit that split a page looks through the whole cache (SQLite renumbers pages by way of one far behind the last).
    connection.pragma_update(None, "cache_size", -16_384)?;
    if let Some(bytes) = options.file_bytes_max {
        let pages = u32::try_from(bytes / u64::from(PAGE_BYTES)).unwrap_or(u32::MAX).max(1);
        connection.pragma_update(None, "max_page_count", pages)?;
    }
    // Another program may hold the lock for a moment: an import, a migration.
    connection.busy_timeout(std::time::Duration::from_secs(5))
}

/// Settings of the connection that copies the log into the file.
pub fn tune_checkpointer(connection: &Connection, options: &Options) -> rusqlite::Result<()> {
    connection.pragma_update(None, "synchronous", if options.durable { "FULL" } else { "OFF" })?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "cache_size", -64)
}

/// Settings of a reader's connection.
pub fn tune_reader(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "query_only", true)?;
    // Small: it is dropped whenever somebody else has written, so more of it only fills up, connection by connection.
    connection.pragma_update(None, "cache_size", -2_048)?;
    connection.set_prepared_statement_cache_capacity(256);
    connection.busy_timeout(std::time::Duration::from_secs(5))
}

/// Binds all values of a statement, first placeholder first.
pub fn bind(statement: &mut Statement<'_>, values: &[Value]) -> rusqlite::Result<()> {
    for (number, value) in (1_usize..).zip(values) {
        statement.raw_bind_parameter(number, Bound(value))?;
    }
    Ok(())
}

struct Bound<'a>(&'a Value);

impl rusqlite::ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Value::Null => ValueRef::Null,
            Value::Int(number) => ValueRef::Integer(*number),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Sid(bytes) => ValueRef::Blob(bytes),
            Value::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// A row of an answer.
pub struct SqliteRow<'a>(pub &'a rusqlite::Row<'a>);

impl SqliteRow<'_> {
    fn get<'b, T>(
        &'b self,
        column: usize,
        read: impl FnOnce(ValueRef<'b>) -> rusqlite::types::FromSqlResult<T>,
    ) -> Result<Option<T>, StoreError> {
        match self.0.get_ref(column).map_err(store_error)? {
            ValueRef::Null => Ok(None),
            value => read(value).map(Some).map_err(|error| StoreError::Broken(Box::new(error))),
        }
    }
}

impl Row for SqliteRow<'_> {
    fn int(&self, column: usize) -> Result<Option<i64>, StoreError> {
        self.get(column, i64::column_result)
    }

    fn text(&self, column: usize) -> Result<Option<&str>, StoreError> {
        self.get(column, |value| value.as_str())
    }

    fn sid(&self, column: usize) -> Result<Option<u128>, StoreError> {
        self.get(column, <[u8; 16]>::column_result).map(|bytes| bytes.map(u128::from_be_bytes))
    }

    fn bytes(&self, column: usize) -> Result<Option<&[u8]>, StoreError> {
        self.get(column, |value| value.as_blob())
    }
}

/// What an error of SQLite means to the asker.
pub fn store_error(error: rusqlite::Error) -> StoreError {
    use ErrorCode as E;
    match error.sqlite_error_code() {
        Some(E::DiskFull) => StoreError::Full,
        Some(E::ConstraintViolation) => StoreError::Conflict("the sid or unique name is taken"),
        Some(
            E::DatabaseBusy
            | E::DatabaseLocked
            | E::SystemIoFailure
            | E::CannotOpen
            | E::OutOfMemory
            | E::ReadOnly
            | E::FileLockingProtocolFailed
            | E::PermissionDenied,
        ) => StoreError::Unavailable(Box::new(error)),
        _ => StoreError::Broken(Box::new(error)),
    }
}

/// Whether the error is about the whole database and not about one statement: nothing else of the transaction can be trusted.
pub fn is_fatal(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code().is_some_and(|code| code != ErrorCode::ConstraintViolation)
}
