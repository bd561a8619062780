//! The one writer: group commit.
//!
//! All sets that wait when a transaction starts go into it, and are answered together after `COMMIT` has returned. A set that fails is
//! answered with its own error and leaves nothing behind.
//!
//! Sets rarely fail, and a savepoint copies every page the set touches. So a group is first written without: a set that fails at its
//! first statement has written nothing and is left out; where one fails later the group is rolled back and written once more, with each
//! set behind a savepoint.

use std::sync::mpsc::{self, Receiver, SyncSender, TrySendError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use flexio_store::StoreError;
use flexio_store::relational::{Dialect, Expect, Query, Step, Write, write_sql};
use rusqlite::{Connection, Statement};
use tokio::sync::oneshot;

use crate::checkpoint::{self, Checkpoints};
use crate::sums::Sums;
use crate::values::{bind, is_fatal, store_error};
use crate::{OpenError, Options};

type Answer = Result<u64, StoreError>;

struct Work {
    steps: Vec<Step>,
    answer: oneshot::Sender<Answer>,
}

/// Handle of the writer thread.
#[derive(Debug)]
pub struct Writer {
    queue: Option<SyncSender<Work>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread on its connection.
    pub fn start(
        connection: Connection,
        checkpoints: Checkpoints,
        options: &Options,
    ) -> Result<Self, OpenError> {
        let (queue, work) = mpsc::sync_channel(options.queued_sets_max);
        let (sets_max, spacing) = (options.sets_per_commit_max.max(1), options.commit_spacing);
        // Prepared here once, so that a text that does not fit the database stops the start and not the first write.
        drop(Statements::prepare(&connection)?);
        let thread = thread::Builder::new()
            .name("sqlite-write".into())
            .spawn(move || run(&connection, &work, checkpoints, sets_max, spacing))
            .map_err(OpenError::Thread)?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    /// Hands the steps over and waits until they are durable.
    pub async fn apply(&self, steps: Vec<Step>) -> Answer {
        let (answer, waits) = oneshot::channel();
        let queue = self.queue.as_ref().expect("taken only by drop");
        queue.try_send(Work { steps, answer }).map_err(|error| {
            StoreError::Unavailable(match error {
                TrySendError::Full(_) => "too many writes wait".into(),
                TrySendError::Disconnected(_) => "the writer has stopped".into(),
            })
        })?;
        waits.await.map_err(|_| StoreError::Unavailable("the writer has stopped".into()))?
    }
}

impl Drop for Writer {
    /// What was handed over is written first.
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(
    connection: &Connection,
    work: &Receiver<Work>,
    mut checkpoints: Checkpoints,
    sets_max: usize,
    spacing: Duration,
) {
    let mut statements = Statements::prepare(connection).expect("prepared at the start of this writer");
    let mut full = false;
    let (mut begun, mut has_company) = (Instant::now(), false);
    while let Ok(first) = work.recv() {
        if has_company {
            // Others write too: those that come in the next moment share this commit, its sync and the pages they have in common.
            thread::sleep(spacing.saturating_sub(begun.elapsed()));
        }
        begun = Instant::now();
        let mut group = vec![first];
        while group.len() < sets_max
            && let Ok(next) = work.try_recv()
        {
            group.push(next);
        }
        has_company = group.len() > 1;
        if full {
            // Room that was made since goes to the file first, or the log would eat it.
            checkpoint::now(connection);
        }
        let mut outcome = commit_group(connection, &mut statements, group, Fence::None);
        if let Err(Void { error: None, unanswered }) = outcome {
            outcome = commit_group(connection, &mut statements, unanswered, Fence::Savepoint);
        }
        if let Err(void) = outcome {
            // A full disk may be full of our own log: what is in it twice is room once it is copied into the file.
            let again = void.is_full() && checkpoint::now(connection);
            outcome = if again {
                commit_group(connection, &mut statements, void.unanswered, Fence::Savepoint)
            } else {
                Err(void)
            };
        }
        full = outcome.as_ref().is_err_and(Void::is_full);
        if let Err(void) = outcome {
            fail(void);
        }
        checkpoints.after_commit(connection);
    }
}

/// What keeps a failing set from spoiling its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fence {
    /// Nothing: the group is written again if one fails half-way.
    None,
    /// A savepoint for each set.
    Savepoint,
}

/// A transaction that was not kept, and the sets that wait for an answer.
struct Void {
    /// `None`: a set failed half-way without a savepoint.
    error: Option<rusqlite::Error>,
    unanswered: Vec<Work>,
}

impl Void {
    fn is_full(&self) -> bool {
        self.error.as_ref().and_then(rusqlite::Error::sqlite_error_code)
            == Some(rusqlite::ErrorCode::DiskFull)
    }
}

/// Commits the group and answers each of its sets.
fn commit_group(
    connection: &Connection,
    statements: &mut Statements<'_>,
    group: Vec<Work>,
    fence: Fence,
) -> Result<(), Void> {
    if let Err(error) = statements.begin.raw_execute() {
        return Err(Void { error: Some(error), unanswered: group });
    }
    let mut rows = Vec::with_capacity(group.len());
    let mut written = Vec::with_capacity(group.len());
    let mut waiting = group.into_iter();
    let outcome = loop {
        let Some(work) = waiting.next() else {
            break statements
                .write_sums()
                .and_then(|()| statements.commit.raw_execute())
                .map(|_| ())
                .map_err(Some);
        };
        match statements.run_set(connection, &work.steps, fence) {
            Ok(touched) => {
                written.push(work);
                rows.push(touched);
            }
            Err(Failure::Set(error)) => {
                let _ = work.answer.send(Err(error));
            }
            // Nothing of this transaction is kept.
            Err(Failure::HalfWay) => {
                written.push(work);
                break Err(None);
            }
            Err(Failure::All(error)) => {
                written.push(work);
                break Err(Some(error));
            }
        }
    };
    if let Err(error) = outcome {
        // SQLite may have rolled back by itself.
        if !connection.is_autocommit() {
            let _ = statements.rollback.raw_execute();
        }
        statements.sums = Sums::default();
        written.extend(waiting);
        return Err(Void { error, unanswered: written });
    }
    for (work, touched) in written.into_iter().zip(rows) {
        let _ = work.answer.send(Ok(touched));
    }
    Ok(())
}

/// Answers every set with the meaning of one error.
fn fail(void: Void) {
    let meaning = match void.error {
        Some(error) => {
            tracing::error!(%error, sets = void.unanswered.len(), "commit failed");
            store_error(error)
        }
        None => StoreError::Broken("a set failed half-way behind its savepoint".into()),
    };
    for work in void.unanswered {
        let same = match &meaning {
            StoreError::Full => StoreError::Full,
            StoreError::Broken(cause) => StoreError::Broken(cause.to_string().into()),
            StoreError::Unavailable(cause) => StoreError::Unavailable(cause.to_string().into()),
            StoreError::Conflict(_) | StoreError::EventConflict(_) => {
                StoreError::Unavailable("the transaction met a conflict as a whole".into())
            }
        };
        let _ = work.answer.send(Err(same));
    }
}

/// Why a set was not written.
enum Failure {
    /// It alone: nothing of it is left.
    Set(StoreError),
    /// It alone, but what it wrote before can only go with the whole transaction.
    HalfWay,
    /// The database: the whole transaction is void.
    All(rusqlite::Error),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        if is_fatal(&error) { Self::All(error) } else { Self::Set(store_error(error)) }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Set(error)
    }
}

/// Every statement the writer runs, prepared once for its life.
struct Statements<'c> {
    begin: Statement<'c>,
    commit: Statement<'c>,
    rollback: Statement<'c>,
    savepoint: Statement<'c>,
    release: Statement<'c>,
    back_to_savepoint: Statement<'c>,
    /// By `Write as usize`.
    writes: Vec<Statement<'c>>,
    /// What the sets so far add to kept sums, to be written before the commit.
    sums: Sums,
}

impl<'c> Statements<'c> {
    fn prepare(connection: &'c Connection) -> rusqlite::Result<Self> {
        let prepare = |write: &Write| connection.prepare(&write_sql(Dialect::Sqlite, *write));
        Ok(Self {
            begin: connection.prepare("BEGIN IMMEDIATE")?,
            commit: connection.prepare("COMMIT")?,
            rollback: connection.prepare("ROLLBACK")?,
            savepoint: connection.prepare("SAVEPOINT change_set")?,
            release: connection.prepare("RELEASE change_set")?,
            back_to_savepoint: connection.prepare("ROLLBACK TO change_set")?,
            writes: Write::ALL.iter().map(prepare).collect::<Result<_, _>>()?,
            sums: Sums::default(),
        })
    }

    /// Runs one set within the open transaction: all of it or nothing.
    fn run_set(&mut self, connection: &Connection, steps: &[Step], fence: Fence) -> Result<u64, Failure> {
        let looks = steps.iter().any(|step| step.write.looks_at_sums());
        if looks {
            self.write_sums().map_err(Failure::All)?;
        }
        let mut sums = (!looks).then(Sums::default);
        if fence == Fence::None {
            let mut done = 0;
            let outcome = self.run_steps(connection, steps, &mut done, sums.as_mut());
            self.sums.append(sums.unwrap_or_default());
            return match outcome {
                Err(Failure::Set(_)) if done > 0 => Err(Failure::HalfWay),
                outcome => outcome,
            };
        }
        self.savepoint.raw_execute()?;
        let outcome = self.run_steps(connection, steps, &mut 0, sums.as_mut());
        if outcome.is_ok() {
            self.sums.append(sums.unwrap_or_default());
        }
        if matches!(outcome, Err(Failure::Set(_))) {
            self.back_to_savepoint.raw_execute()?;
        }
        if !matches!(outcome, Err(Failure::All(_))) {
            self.release.raw_execute()?;
        }
        outcome
    }

    /// Writes what was added up.
    fn write_sums(&mut self) -> rusqlite::Result<()> {
        for (write, values) in self.sums.drain() {
            let statement = &mut self.writes[write as usize];
            bind(statement, &values)?;
            statement.raw_execute()?;
        }
        Ok(())
    }

    /// Runs the steps in order; `total` is the number of rows touched so far, also after an error. What is added to kept sums goes to `sums`
    /// where there are any, instead of the database.
    fn run_steps(
        &mut self,
        connection: &Connection,
        steps: &[Step],
        total: &mut u64,
        mut sums: Option<&mut Sums>,
    ) -> Result<u64, Failure> {
        let mut at = 0;
        while let Some(step) = steps.get(at) {
            at += 1;
            if let Some(sums) = &mut sums
                && sums.add(step)
            {
                *total += 1;
                continue;
            }
            let statement = &mut self.writes[step.write as usize];
            bind(statement, &step.values)?;
            let rows = statement.raw_execute()?;
            *total += rows as u64;
            match step.expect {
                Expect::One(conflict) if rows != 1 => return Err(StoreError::Conflict(conflict).into()),
                Expect::NewFact { dependents } if rows == 0 => {
                    same_fact(connection, step)?;
                    at += dependents;
                }
                Expect::Any | Expect::One(_) | Expect::NewFact { .. } => {}
            }
        }
        Ok(*total)
    }
}

/// The fact is there already: fine if it is the same one.
fn same_fact(connection: &Connection, step: &Step) -> Result<(), Failure> {
    let query = Query::fact(Dialect::Sqlite, step);
    let mut statement = connection.prepare_cached(&query.sql)?;
    bind(&mut statement, &query.values)?;
    let mut rows = statement.raw_query();
    let same = match rows.next()? {
        Some(row) => {
            step.same_fact(row.get_ref(0)?.as_str().map_err(|error| StoreError::Broken(Box::new(error)))?)?
        }
        None => false,
    };
    if same { Ok(()) } else { Err(StoreError::EventConflict(step.fact()).into()) }
}
