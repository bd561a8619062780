//! From the form of the file to the newest form, forward only.

use flexio_store::relational::{Dialect, migrations};
use rusqlite::{Connection, TransactionBehavior};

use crate::OpenError;

/// Brings the database to the newest form; each step in a transaction of its own, with the number it leads to.
pub fn to_newest(connection: &mut Connection) -> Result<(), OpenError> {
    let migrations = migrations(Dialect::Sqlite);
    let known = migrations.last().map_or(0, |migration| migration.number);
    for migration in &migrations {
        // The form is read under the write lock: two programs that start together do not both migrate.
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let found: u32 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if found > known {
            return Err(OpenError::Newer { found, known });
        }
        if found < migration.number {
            transaction.execute_batch(&migration.sql)?;
            transaction.pragma_update(None, "user_version", migration.number)?;
        }
        transaction.commit()?;
    }
    Ok(())
}
