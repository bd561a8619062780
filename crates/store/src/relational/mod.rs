//! The part of a relational adapter that does not depend on the database: SQL texts, rows in and out, and [`Store`](crate::Store) itself
//! in terms of two verbs, [`Database::apply`] and [`Database::fetch`].
//!
//! Owns: the texts in `sql/` and `migrations/`, their translation to a dialect, the plan of each change, the reading of each row.
//! Does not own: connections, transactions, queues, retries: those are the adapter's whole work.
//!
//! Start reading at [`Database`].

mod contracts;
mod credit;
mod debits;
mod dispatches;
mod erasure;
mod exports;
mod flows;
mod guard;
mod holdings;
mod invoices;
mod ladders;
mod lawful;
mod ledger;
mod letters;
mod mail;
mod masking;
mod media;
mod messaging;
mod notices;
mod payments;
mod people;
mod phones;
mod plan;
mod porting;
mod price_runs;
mod promotions;
mod queries;
mod reports;
mod retention;
mod rooms;
mod rows;
mod sip;
mod sql;
mod store;
mod transcriptions;
mod verify;
mod watch;

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use crate::{StoreDescription, StoreError};

pub use plan::{Expect, MAX_CHANGES, Step, Write, plan};
pub use queries::{Query, every_query};
pub use rows::Decode;
pub use sql::{Dialect, Migration, migrations, write_sql};

/// A value on its way into a statement.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Value {
    /// SQL NULL.
    Null,
    /// Numbers, flags (0 or 1), microseconds, micro-units.
    Int(i64),
    /// Text without NUL characters.
    Text(String),
    /// The 16 bytes of a sid, which sort by creation.
    Sid([u8; 16]),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// Values are personal data and secrets; only their kind is shown.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::Int(_) => "int",
            Self::Text(_) => "text",
            Self::Sid(_) => "sid",
            Self::Bytes(_) => "bytes",
        })
    }
}

/// A row of an answer, columns counted from 0.
pub trait Row {
    /// A number.
    fn int(&self, column: usize) -> Result<Option<i64>, StoreError>;
    /// A text.
    fn text(&self, column: usize) -> Result<Option<&str>, StoreError>;
    /// A sid.
    fn sid(&self, column: usize) -> Result<Option<u128>, StoreError>;
    /// Bytes.
    fn bytes(&self, column: usize) -> Result<Option<&[u8]>, StoreError>;
}

/// What an adapter does. Everything else of [`Store`](crate::Store) follows.
#[async_trait]
pub trait Database: Send + Sync + fmt::Debug {
    /// Whose SQL it speaks.
    const DIALECT: Dialect;
    /// Several nodes may use it at once.
    const IS_SHARED: bool;

    /// Runs the steps in order in one transaction, checks each against its [`Expect`], and answers when they are durable: the number
    /// of rows touched. On any error nothing of these steps is kept.
    async fn apply(&self, steps: Vec<Step>) -> Result<u64, StoreError>;

    /// Asks, and reads each row with `decode`.
    async fn fetch<T: Send + 'static>(&self, query: Query, decode: Decode<T>) -> Result<Vec<T>, StoreError>;

    /// See [`Store::scrub`](crate::Store::scrub).
    async fn wipe(&self) -> Result<(), StoreError>;

    /// See [`Store::describe`](crate::Store::describe).
    fn description(&self) -> StoreDescription;
}

/// Text of a statement, shared with the caches of prepared statements.
pub type Sql = Arc<str>;

/// A row that cannot be read.
pub(crate) fn unreadable(error: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::Broken(Box::new(error))
}
