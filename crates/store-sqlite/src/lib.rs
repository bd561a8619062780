//! The store in one SQLite file.
//!
//! Owns: the file and its connections, the one writer thread with its group commit, the readers. Does not own: what is kept and in
//! which tables (`flexio_store::relational`).
//!
//! Invariants
//! - All change sets that wait when a commit starts share one transaction, and one that fails does not spoil the others; an answer is
//!   given after `COMMIT` returned, which with `synchronous=FULL` is after the log was synced.
//! - Every queue is bounded; a full one answers [`StoreError::Unavailable`].
//! - A full disk fails the writes that meet it with [`StoreError::Full`]; reading goes on, and writing too as soon as there is room.
//!
//! Start reading at [`SqliteStore`], then `writer`.

mod checkpoint;
mod files;
mod migrate;
mod readers;
mod sums;
mod values;
mod writer;

use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use flexio_store::relational::{Database, Decode, Dialect, Query, Step};
use flexio_store::{StoreDescription, StoreError};
use rusqlite::{Connection, OpenFlags};

use checkpoint::Checkpoints;
use files::Scratch;
use readers::Readers;
use writer::Writer;

/// Why the database was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder or file cannot be made or its permissions cannot be set.
    #[error("cannot prepare {path}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file was written by a newer program; going back would lose what this one does not know.
    #[error("the database has form {found}, this program knows forms up to {known}: use the newer program")]
    Newer {
        /// Of the file.
        found: u32,
        /// Of the program.
        known: u32,
    },
    /// SQLite refused.
    #[error("cannot open the database")]
    Sqlite(#[from] rusqlite::Error),
    /// A thread could not be started.
    #[error("cannot start a database thread")]
    Thread(#[source] std::io::Error),
}

/// Limits of the adapter; the defaults suit two cores and a local disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Change sets that may wait for the writer; more are refused as unavailable.
    pub queued_sets_max: usize,
    /// Change sets that share one commit at most: bounds how long the first of them waits.
    pub sets_per_commit_max: usize,
    /// From the start of a commit that had several sets to that of the next: what comes meanwhile goes together. A set that comes alone
    /// never waits.
    pub commit_spacing: Duration,
    /// Threads that answer lists and sums.
    pub reader_threads: usize,
    /// Questions that may wait for a reader; more are refused as unavailable.
    pub queued_reads_max: usize,
    /// Whether a commit waits for the disk. Without, a power failure may lose the last commits (a crash of the program never does).
    pub durable: bool,
    /// Largest size of the file in bytes, its log apart; at it writes fail with [`StoreError::Full`]. `None`: as the disk allows.
    pub file_bytes_max: Option<u64>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            queued_sets_max: 16_384,
            sets_per_commit_max: 1024,
            commit_spacing: Duration::from_millis(1),
            reader_threads: 2,
            queued_reads_max: 4096,
            durable: true,
            file_bytes_max: None,
        }
    }
}

/// The store in one SQLite file. Closes, after the writes that wait, when dropped.
#[derive(Debug)]
pub struct SqliteStore {
    writer: Writer,
    readers: Readers,
    options: Options,
    file: PathBuf,
    // Dropped last: the files of a test go when nothing has them open.
    _scratch: Option<Scratch>,
}

impl SqliteStore {
    /// Opens or makes the database `file`, in a folder that is made if it is not there. The folder is closed to other users (0700),
    /// and so are the files (0600).
    pub fn open(file: &Path) -> Result<Self, OpenError> {
        Self::open_with(file, Options::default())
    }

    /// As [`SqliteStore::open`], with other limits.
    pub fn open_with(file: &Path, options: Options) -> Result<Self, OpenError> {
        files::prepare(file)?;
        Self::start(file, options, None)
    }

    /// A database of its own that vanishes with the store: a file in memory where the system has such a folder, never synced.
    pub fn open_in_memory_for_test() -> Result<Self, OpenError> {
        let scratch = Scratch::new()?;
        let file = scratch.folder().join("flexio.db");
        files::prepare(&file)?;
        Self::start(&file, Options { durable: false, ..Options::default() }, Some(scratch))
    }

    fn start(file: &Path, options: Options, scratch: Option<Scratch>) -> Result<Self, OpenError> {
        // The writer's thread is the only user of its connection.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(file, flags)?;
        values::tune_writer(&connection, &options)?;
        migrate::to_newest(&mut connection)?;
        let checkpoints = Checkpoints::start(file, &mut connection, &options)?;
        let writer = Writer::start(connection, checkpoints, &options)?;
        let readers = Readers::start(file, &options)?;
        Ok(Self { writer, readers, options, file: file.to_owned(), _scratch: scratch })
    }

    /// Writes a consistent copy of the database to `target`, which must not exist, while work goes on.
    pub async fn copy_to(&self, target: &Path) -> Result<(), StoreError> {
        if target.exists() {
            return Err(StoreError::Broken(format!("{} exists", target.display()).into()));
        }
        let (source, target) = (self.file.clone(), target.to_owned());
        self.readers
            .run(move |_| {
                // A connection of its own: those of the readers refuse every statement that writes, this one included.
                let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
                let connection = Connection::open_with_flags(source, flags).map_err(values::store_error)?;
                let name = target.to_string_lossy();
                connection.execute("VACUUM INTO ?1", [&*name]).map_err(values::store_error)?;
                files::close_to_others(&target).map_err(|error| StoreError::Broken(Box::new(error)))
            })
            .await
    }

    /// The database file.
    pub fn file(&self) -> &Path {
        &self.file
    }
}

#[async_trait]
impl Database for SqliteStore {
    const DIALECT: Dialect = Dialect::Sqlite;
    // One process has the file.
    const IS_SHARED: bool = false;

    async fn apply(&self, steps: Vec<Step>) -> Result<u64, StoreError> {
        self.writer.apply(steps).await
    }

    async fn fetch<T: Send + 'static>(&self, query: Query, decode: Decode<T>) -> Result<Vec<T>, StoreError> {
        if query.point
            && let Some(answer) = self.readers.at_once(&query, decode)
        {
            return answer;
        }
        self.readers.run(move |connection| readers::ask(connection, &query, decode)).await
    }

    /// Dropped rows are overwritten as they go (`secure_delete`), but older states of their pages are in the log: it is brought into the file
    /// and cut to nothing.
    async fn wipe(&self) -> Result<(), StoreError> {
        let file = self.file.clone();
        self.readers
            .run(move |_| {
                // A connection of its own: those of the readers refuse every statement that writes, this one included.
                let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
                let connection = Connection::open_with_flags(file, flags).map_err(values::store_error)?;
                connection.busy_timeout(Duration::from_secs(5)).map_err(values::store_error)?;
                let is_busy: bool = connection
                    .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
                    .map_err(values::store_error)?;
                if is_busy {
                    return Err(StoreError::Unavailable("readers hold the log".into()));
                }
                Ok(())
            })
            .await
    }

    fn description(&self) -> StoreDescription {
        StoreDescription { kind: "sqlite", shared: Self::IS_SHARED, durable: self.options.durable }
    }
}
