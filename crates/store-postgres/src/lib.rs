//! The store in PostgreSQL, for installations of several nodes.
//!
//! Owns: the connections, write combining, retries, the mapping of errors. Does not own: what is kept and in which tables
//! (`flexio_store::relational`).
//!
//! Invariants
//! - Change sets that wait when a commit starts share one transaction; what most of them do is written by one statement per kind of
//!   row (`bulk`). A set that does not do what it expected is tried alone, behind a savepoint, and fails alone.
//! - A set is answered after `COMMIT` was confirmed with `synchronous_commit = on`.
//! - Every queue is bounded; a full one, and a server that does not answer, is [`StoreError::Unavailable`]; connections come back by
//!   themselves.
//!
//! Start reading at [`PostgresStore`], then `writer`.

mod bulk;
mod connection;
mod migrate;
mod tls;
mod values;
mod writer;

use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime, Timeouts};
use flexio_store::relational::{Database, Decode, Dialect, Query, Step};
use flexio_store::{StoreDescription, StoreError};
use futures_util::TryStreamExt;

use values::{PostgresRow, arguments, store_error};
use writer::Writers;

/// Why the database was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Not a connection URL.
    #[error("not a PostgreSQL connection URL")]
    Url(#[source] tokio_postgres::Error),
    /// The database was written by a newer program; going back would lose what this one does not know.
    #[error("the database has form {found}, this program knows forms up to {known}: use the newer program")]
    Newer {
        /// Of the database.
        found: u32,
        /// Of the program.
        known: u32,
    },
    /// `sslmode` is none of libpq's.
    #[error("sslmode `{0}` is not disable, prefer, require, verify-ca or verify-full")]
    SslMode(String),
    /// The file of `sslrootcert` cannot be read.
    #[error("cannot read certificates from {0}")]
    Roots(PathBuf, #[source] tokio_rustls::rustls::pki_types::pem::Error),
    /// Certificates that cannot be used.
    #[error("cannot set up TLS")]
    Tls(#[source] tokio_rustls::rustls::Error),
    /// The server cannot be reached or refused.
    #[error("cannot open the database")]
    Postgres(#[from] tokio_postgres::Error),
    /// The pool cannot be built.
    #[error("cannot make the connection pool")]
    Pool(#[from] deadpool_postgres::BuildError),
}

/// Limits of the adapter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Change sets that may wait for a writer; more are refused as unavailable.
    pub queued_sets_max: usize,
    /// Change sets that share one commit at most: bounds how long the first of them waits.
    pub sets_per_commit_max: usize,
    /// Connections that write. While one waits for the server's disk another fills the next transaction.
    pub writers: usize,
    /// Connections that read.
    pub readers_max: usize,
    /// How long a question waits for a free connection, and a connection for the server, in milliseconds.
    pub wait_ms_max: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            queued_sets_max: 16_384,
            sets_per_commit_max: 1024,
            writers: 2,
            readers_max: 8,
            wait_ms_max: 5_000,
        }
    }
}

/// The store in a PostgreSQL database. Its writers stop, after the sets that wait, when it is dropped.
#[derive(Debug)]
pub struct PostgresStore {
    writers: Writers,
    readers: Pool,
    durable: bool,
}

impl PostgresStore {
    /// Connects to `url` (`postgres://user:password@host/database?sslmode=verify-full`, or `host=… user=…`) and brings the database to the
    /// newest form. `sslmode` is `disable`, `prefer` (the default), `require`, `verify-ca` or `verify-full`; `sslrootcert` a PEM file.
    /// Needs a tokio runtime, on which the writers run.
    pub async fn connect(url: &str) -> Result<Self, OpenError> {
        Self::connect_with(url, Options::default()).await
    }

    /// As [`PostgresStore::connect`], with other limits.
    pub async fn connect_with(url: &str, options: Options) -> Result<Self, OpenError> {
        let (mut config, tls) = tls::read(url)?;
        let wait = Duration::from_millis(options.wait_ms_max);
        config.connect_timeout(wait);
        // A server that vanished without a word is noticed after the wait, not after two hours.
        config.keepalives_idle(wait);
        config.tcp_user_timeout(wait);
        let durable = migrate::to_newest(&config, &tls).await?;
        let timeouts = Timeouts { wait: Some(wait), create: Some(wait), recycle: Some(wait) };
        let manager = Manager::from_config(
            config.clone(),
            tls.clone(),
            ManagerConfig { recycling_method: RecyclingMethod::Fast },
        );
        let readers = Pool::builder(manager)
            .max_size(options.readers_max.max(1))
            .timeouts(timeouts)
            .runtime(Runtime::Tokio1)
            .build()?;
        Ok(Self { writers: Writers::start(&config, &tls, &options), readers, durable })
    }

    async fn ask<T>(&self, query: &Query, decode: Decode<T>) -> Result<Vec<T>, StoreError> {
        let client = self.readers.get().await.map_err(|error| StoreError::Unavailable(Box::new(error)))?;
        let statement = client.prepare_cached(&query.sql).await.map_err(store_error)?;
        let rows = client.query_raw(&statement, arguments(&query.values)).await.map_err(store_error)?;
        let mut rows = std::pin::pin!(rows);
        let mut answer = Vec::new();
        while let Some(row) = rows.try_next().await.map_err(store_error)? {
            answer.push(decode(&PostgresRow(&row))?);
        }
        Ok(answer)
    }
}

#[async_trait]
impl Database for PostgresStore {
    const DIALECT: Dialect = Dialect::Postgres;
    const IS_SHARED: bool = true;

    async fn apply(&self, steps: Vec<Step>) -> Result<u64, StoreError> {
        self.writers.apply(steps).await
    }

    async fn fetch<T: Send + 'static>(&self, query: Query, decode: Decode<T>) -> Result<Vec<T>, StoreError> {
        match self.ask(&query, decode).await {
            // A pooled connection can have died since it was last used. Questions change nothing: one more try on another.
            Err(StoreError::Unavailable(_)) => self.ask(&query, decode).await,
            answer => answer,
        }
    }

    /// The server's vacuum reuses the space of dropped rows; its log is the operator's to archive or not.
    async fn wipe(&self) -> Result<(), StoreError> {
        Ok(())
    }

    fn description(&self) -> StoreDescription {
        StoreDescription { kind: "postgres", shared: Self::IS_SHARED, durable: self.durable }
    }
}
