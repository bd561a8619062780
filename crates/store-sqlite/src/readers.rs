//! Questions: single rows on the caller's thread, lists and sums on threads of their own.

use std::fmt;
use std::path::Path;
use std::sync::mpsc::{self, Receiver, SyncSender, TrySendError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use flexio_store::StoreError;
use flexio_store::relational::{Decode, Query};
use rusqlite::{Connection, OpenFlags};
use tokio::sync::oneshot;

use crate::values::{SqliteRow, bind, store_error, tune_reader};
use crate::{OpenError, Options};

/// Connections for single rows. More callers at once go to the reader threads.
const AT_ONCE_CONNECTIONS: usize = 4;

type Job = Box<dyn FnOnce(&Connection) + Send>;

/// Read-only connections. Readers of a write-ahead log never wait for the writer.
pub struct Readers {
    /// A look-up of one row costs a few microseconds from the page cache: less than waking a thread for it, so it runs where it is
    /// asked. At worst it waits for one read of the disk.
    at_once: Mutex<Vec<Connection>>,
    jobs: Option<SyncSender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

impl fmt::Debug for Readers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Readers").field("threads", &self.threads.len()).finish_non_exhaustive()
    }
}

fn connect(file: &Path) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    tune_reader(&connection)?;
    Ok(connection)
}

impl Readers {
    /// Connects and starts the threads.
    pub fn start(file: &Path, options: &Options) -> Result<Self, OpenError> {
        let at_once = (0..AT_ONCE_CONNECTIONS).map(|_| connect(file)).collect::<Result<_, _>>()?;
        let (jobs, queue) = mpsc::sync_channel::<Job>(options.queued_reads_max);
        let queue = Arc::new(Mutex::new(queue));
        let mut threads = Vec::with_capacity(options.reader_threads);
        for number in 0..options.reader_threads.max(1) {
            let connection = connect(file)?;
            let queue = Arc::clone(&queue);
            let name = format!("sqlite-read-{number}");
            let work = move || serve(&connection, &queue);
            threads.push(thread::Builder::new().name(name).spawn(work).map_err(OpenError::Thread)?);
        }
        Ok(Self { at_once: Mutex::new(at_once), jobs: Some(jobs), threads })
    }

    /// Answers on the caller's thread; `None` while all connections for that are in use.
    pub fn at_once<T>(&self, query: &Query, decode: Decode<T>) -> Option<Result<Vec<T>, StoreError>> {
        let free = || self.at_once.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = free().pop()?;
        let answer = ask(&connection, query, decode);
        free().push(connection);
        Some(answer)
    }

    /// Runs `work` on a reader thread.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, waits) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            // The asker may have gone: its answer goes with it.
            let _ = answer.send(work(connection));
        });
        let jobs = self.jobs.as_ref().expect("taken only by drop");
        jobs.try_send(job).map_err(|error| {
            StoreError::Unavailable(match error {
                TrySendError::Full(_) => "too many questions wait for a reader".into(),
                TrySendError::Disconnected(_) => "the readers have stopped".into(),
            })
        })?;
        waits.await.map_err(|_| StoreError::Broken("a reader failed".into()))?
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn serve(connection: &Connection, queue: &Mutex<Receiver<Job>>) {
    loop {
        // The lock is held while waiting: exactly one idle reader waits at the queue, the others behind it.
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = next else { return };
        // A question that panics is a bug; its asker is told (the channel closes) and the reader lives on.
        let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| job(connection)));
    }
}

/// Asks and reads all rows.
pub fn ask<T>(connection: &Connection, query: &Query, decode: Decode<T>) -> Result<Vec<T>, StoreError> {
    let mut statement = connection.prepare_cached(&query.sql).map_err(store_error)?;
    bind(&mut statement, &query.values).map_err(store_error)?;
    let mut rows = statement.raw_query();
    let mut answer = Vec::new();
    while let Some(row) = rows.next().map_err(store_error)? {
        answer.push(decode(&SqliteRow(row))?);
    }
    Ok(answer)
}
