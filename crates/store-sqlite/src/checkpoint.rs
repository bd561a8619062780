//! Copying the log into the file, beside the writer.
//!
//! A checkpoint of a few thousand pages takes tens of milliseconds, most of them in a sync. Done by the writer, every set that comes
//! meanwhile waits for it. So a thread of its own copies; the writer then copies the few pages that came meanwhile, and the log starts
//! over (SQLite starts it over only when nothing of it is left to copy). While readers hold an old state the log cannot start over and
//! grows; from [`PAGES_MAX`] on the writer copies by itself, which slows it down to the pace of the disk.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread::{self, JoinHandle};

use rusqlite::{Connection, OpenFlags};

use crate::{OpenError, Options, values};

/// Log pages after which they are copied into the file: 16 MiB.
const PAGES: u32 = 4_096;
/// Log pages after which the writer copies them itself: 64 MiB.
pub const PAGES_MAX: u32 = 16_384;

/// The writer's side.
#[derive(Debug)]
pub struct Checkpoints {
    /// Pages in the log after the newest commit.
    pages: Arc<AtomicU32>,
    ask: Option<SyncSender<()>>,
    /// The thread has copied what was there when it was asked.
    copied: Receiver<()>,
    thread: Option<JoinHandle<()>>,
    /// The thread was asked and has not answered yet.
    is_asked: bool,
    /// Pages from which it is asked again.
    ask_at: u32,
}

impl Checkpoints {
    /// Starts the thread, on a connection of its own, and listens to the writer's commits.
    pub fn start(file: &Path, writer: &mut Connection, options: &Options) -> Result<Self, OpenError> {
        let pages = Arc::new(AtomicU32::new(0));
        let seen = Arc::clone(&pages);
        writer.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, pages| {
            seen.store(u32::try_from(pages).unwrap_or(0), Ordering::Relaxed);
            Ok(())
        }))?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(file, flags)?;
        values::tune_checkpointer(&connection, options)?;
        let (ask, asked) = mpsc::sync_channel(1);
        let (done, copied) = mpsc::sync_channel(1);
        let thread = thread::Builder::new()
            .name("sqlite-copy".into())
            .spawn(move || copy(&connection, &asked, &done))
            .map_err(OpenError::Thread)?;
        Ok(Self { pages, ask: Some(ask), copied, thread: Some(thread), is_asked: false, ask_at: PAGES })
    }

    /// After a commit: asks the thread when the log has grown, and finishes what it has done.
    pub fn after_commit(&mut self, writer: &Connection) {
        let pages = self.pages.load(Ordering::Relaxed);
        let is_full = pages >= PAGES_MAX;
        // Two cannot copy at once: a full log waits for the thread.
        let is_copied = self.is_asked
            && if is_full { self.copied.recv().is_ok() } else { self.copied.try_recv().is_ok() };
        self.is_asked &= !is_copied;
        if is_copied || is_full {
            now(writer);
            // Starts over with the next commit, unless a reader is in the way: then not again before the log has grown.
            self.ask_at = pages.saturating_add(PAGES / 4);
        } else if pages < PAGES {
            self.ask_at = PAGES;
        } else if !self.is_asked && pages >= self.ask_at {
            self.is_asked = self.ask.as_ref().is_some_and(|ask| ask.try_send(()).is_ok());
        }
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.ask = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn copy(connection: &Connection, asked: &Receiver<()>, done: &SyncSender<()>) {
    while asked.recv().is_ok() {
        // One that fails (a full disk) is tried again when the log has grown.
        now(connection);
        if done.send(()).is_err() {
            return;
        }
    }
}

/// Copies the log into the file as far as readers allow, without waiting for them; the log then starts over.
pub fn now(connection: &Connection) -> bool {
    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::Scratch;

    fn opened() -> (Scratch, Connection, Checkpoints) {
        let scratch = Scratch::new().unwrap();
        let file = scratch.folder().join("flexio.db");
        let options = Options { durable: false, ..Options::default() };
        let mut writer = Connection::open(&file).unwrap();
        values::tune_writer(&writer, &options).unwrap();
        writer.execute_batch("CREATE TABLE t (body BLOB)").unwrap();
        let checkpoints = Checkpoints::start(&file, &mut writer, &options).unwrap();
        (scratch, writer, checkpoints)
    }

    /// Commits some pages; the most the log had.
    fn write(writer: &Connection, checkpoints: &mut Checkpoints, commits: u32) -> u32 {
        let mut most = 0;
        for _ in 0..commits {
            writer.execute("INSERT INTO t VALUES (zeroblob(40000))", []).unwrap();
            checkpoints.after_commit(writer);
            most = most.max(checkpoints.pages.load(Ordering::Relaxed));
        }
        most
    }

    #[test]
    fn the_log_starts_over_while_writing_goes_on() {
        let (_scratch, writer, mut checkpoints) = opened();
        // Four times what the log may hold.
        let most = write(&writer, &mut checkpoints, 6_000);
        assert!((PAGES..=PAGES_MAX + 100).contains(&most), "{most} pages");
    }

    #[test]
    fn a_reader_that_holds_an_old_state_is_neither_disturbed_nor_waited_for() {
        let (scratch, writer, mut checkpoints) = opened();
        let reader = Connection::open(scratch.folder().join("flexio.db")).unwrap();
        let count =
            |c: &Connection| c.query_row("SELECT count(*) FROM t", [], |row| row.get::<_, u32>(0)).unwrap();
        reader.execute_batch("BEGIN").unwrap();
        assert_eq!(count(&reader), 0);
        let most = write(&writer, &mut checkpoints, 2_048);
        assert!(most > PAGES_MAX, "the log of a long reader cannot start over: {most} pages");
        assert_eq!(count(&reader), 0);
        reader.execute_batch("COMMIT").unwrap();
        write(&writer, &mut checkpoints, 512);
        let pages = checkpoints.pages.load(Ordering::Relaxed);
        assert!(pages < PAGES_MAX, "{pages} pages after the reader has gone");
        assert_eq!(count(&reader), 2_560);
    }
}
