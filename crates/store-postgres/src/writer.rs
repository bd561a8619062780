//! The writers: sets that wait together are committed together.
//!
//! A group is first written in bulk behind a savepoint. If a statement touches another number of rows than it must, the group is rolled
//! back to the savepoint and split in half, down to single sets, which run step by step and give their own error. So a set that fails
//! costs its neighbours some time and nothing else.

use std::sync::Arc;
use std::time::Duration;

use flexio_store::StoreError;
use flexio_store::relational::{Dialect, Expect, Query, Step};
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio_postgres::{Config, Error};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::Options;
use crate::bulk::{self, Sums};
use crate::connection::Connection;
use crate::values::{lost_a_race, store_error};

/// Tries of a transaction that loses against a concurrent one.
const TRIES: u32 = 5;

type Answer = Result<u64, StoreError>;

struct Work {
    steps: Vec<Step>,
    answer: oneshot::Sender<Answer>,
}

/// Handle of the writing tasks. They end when it is dropped, after the sets that wait.
#[derive(Debug)]
pub struct Writers {
    queue: mpsc::Sender<Work>,
}

impl Writers {
    /// Starts the tasks; they connect when they have something to write.
    pub fn start(config: &Config, tls: &MakeRustlsConnect, options: &Options) -> Self {
        let (queue, work) = mpsc::channel(options.queued_sets_max.max(1));
        let work = Arc::new(Mutex::new(work));
        for _ in 0..options.writers.max(1) {
            let writer = Writer {
                config: config.clone(),
                tls: tls.clone(),
                work: Arc::clone(&work),
                sets_max: options.sets_per_commit_max.max(1),
                wait: Duration::from_millis(options.wait_ms_max),
            };
            tokio::spawn(writer.run());
        }
        Self { queue }
    }

    /// Hands the steps over and waits until they are durable.
    pub async fn apply(&self, steps: Vec<Step>) -> Answer {
        let (answer, waits) = oneshot::channel();
        self.queue.try_send(Work { steps, answer }).map_err(|error| {
            StoreError::Unavailable(match error {
                mpsc::error::TrySendError::Full(_) => "too many writes wait".into(),
                mpsc::error::TrySendError::Closed(_) => "the writers have stopped".into(),
            })
        })?;
        waits.await.map_err(|_| StoreError::Unavailable("the writers have stopped".into()))?
    }
}

struct Writer {
    config: Config,
    tls: MakeRustlsConnect,
    work: Arc<Mutex<mpsc::Receiver<Work>>>,
    sets_max: usize,
    wait: Duration,
}

impl Writer {
    async fn run(self) {
        let mut connection: Option<Connection> = None;
        loop {
            let mut group = Vec::new();
            // The lock is held while waiting: one idle writer waits at the queue, the others behind it.
            if self.work.lock().await.recv_many(&mut group, self.sets_max).await == 0 {
                return;
            }
            let live = match connection.take().filter(Connection::is_alive) {
                Some(live) => Ok(live),
                None => Connection::open(&self.config, &self.tls).await,
            };
            match live {
                Ok(mut live) => {
                    if self.commit(&mut live, group).await {
                        connection = Some(live);
                    }
                }
                Err(error) => fail(group, error),
            }
        }
    }

    /// Commits the group and answers each of its sets; whether the connection is still good.
    async fn commit(&self, connection: &mut Connection, group: Vec<Work>) -> bool {
        let (works, answers): (Vec<_>, Vec<_>) =
            group.into_iter().map(|work| (work.steps, work.answer)).unzip();
        let sets: Vec<&[Step]> = works.iter().map(Vec::as_slice).collect();
        for attempt in 1.. {
            // A server that stops answering in the middle is taken for lost.
            let outcome = tokio::time::timeout(self.wait * 4, transaction(connection, &sets)).await;
            match outcome {
                Ok(Ok(results)) => {
                    for (answer, result) in answers.into_iter().zip(results) {
                        let _ = answer.send(result);
                    }
                    return true;
                }
                Ok(Err(error)) if lost_a_race(&error) && attempt < TRIES => {
                    connection.roll_back().await;
                    tokio::time::sleep(Duration::from_millis(u64::from(attempt) * 5)).await;
                }
                Ok(Err(error)) => {
                    connection.roll_back().await;
                    fail_answers(answers, error);
                    return connection.is_alive();
                }
                Err(_) => {
                    for answer in answers {
                        let _ =
                            answer.send(Err(StoreError::Unavailable("the server does not answer".into())));
                    }
                    return false;
                }
            }
        }
        unreachable!("the last try is answered above")
    }
}

fn fail(group: Vec<Work>, error: Error) {
    fail_answers(group.into_iter().map(|work| work.answer).collect(), error);
}

/// Answers every set with the meaning of one error.
fn fail_answers(answers: Vec<oneshot::Sender<Answer>>, error: Error) {
    tracing::error!(error = %error, sets = answers.len(), "commit failed");
    let meaning = store_error(error);
    for answer in answers {
        let same = match &meaning {
            StoreError::Full => StoreError::Full,
            StoreError::Broken(cause) => StoreError::Broken(cause.to_string().into()),
            StoreError::Unavailable(cause) => StoreError::Unavailable(cause.to_string().into()),
            StoreError::Conflict(_) | StoreError::EventConflict(_) => {
                StoreError::Unavailable("the transaction met a conflict as a whole".into())
            }
        };
        let _ = answer.send(Err(same));
    }
}

/// One transaction over all sets: what came of each, or the error that voided all.
async fn transaction(connection: &mut Connection, sets: &[&[Step]]) -> Result<Vec<Answer>, Error> {
    let mut results: Vec<Option<Answer>> = sets.iter().map(|_| None).collect();
    let (together, alone): (Vec<usize>, Vec<usize>) = (0..sets.len()).partition(|at| bulk::takes(sets[*at]));
    let mut begin = "BEGIN; SAVEPOINT change_set";
    // Parts still to be written, the next one last. A split adds one, so it holds at most the logarithm of the group, plus one.
    let mut parts = if together.is_empty() { Vec::new() } else { vec![together] };
    while let Some(part) = parts.pop() {
        let steps: Vec<&[Step]> = part.iter().map(|at| sets[*at]).collect();
        if run_together(connection, begin, &steps).await? {
            for at in part {
                results[at] = Some(Ok(sets[at].len() as u64));
            }
        } else {
            connection.command("ROLLBACK TO change_set").await?;
            if let [single] = part[..] {
                results[single] = Some(run_steps_alone(connection, sets[single]).await?);
            } else {
                let (first, second) = part.split_at(part.len() / 2);
                parts.extend([second.to_vec(), first.to_vec()]);
            }
        }
        begin = "RELEASE change_set; SAVEPOINT change_set";
    }
    for at in alone {
        connection.command(begin).await?;
        results[at] = Some(run_steps_alone(connection, sets[at]).await?);
        begin = "RELEASE change_set; SAVEPOINT change_set";
    }
    connection.command("COMMIT").await?;
    Ok(results.into_iter().map(|result| result.expect("every set was run")).collect())
}

/// Writes the sets in bulk behind the savepoint that `begin` makes; `false` where they did not do what they must.
async fn run_together(connection: &mut Connection, begin: &str, sets: &[&[Step]]) -> Result<bool, Error> {
    let sums = Sums::of(sets.iter().copied(), connection.shard());
    let groups = bulk::group(sets, &sums);
    match connection.write_groups(begin, &groups).await {
        // A set among them has a value that the server does not take.
        Err(error) if is_of_a_set(&error) => Ok(false),
        outcome => outcome,
    }
}

/// Whether the error is about what a set says (class 22 data, 23 constraint) and not about the server.
fn is_of_a_set(error: &Error) -> bool {
    error.code().is_some_and(|code| code.code().starts_with("22") || code.code().starts_with("23"))
}

/// Runs one set step by step behind the open savepoint; its own failure is the inner error.
async fn run_steps_alone(connection: &mut Connection, steps: &[Step]) -> Result<Answer, Error> {
    match run_steps(connection, steps).await {
        Ok(rows) => Ok(Ok(rows)),
        Err(Failure::Set(error)) => {
            connection.command("ROLLBACK TO change_set").await?;
            Ok(Err(error))
        }
        Err(Failure::All(error)) => Err(error),
    }
}

/// Why a set was not written.
enum Failure {
    /// It alone.
    Set(StoreError),
    /// The server or the connection: the whole transaction is void.
    All(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        if is_of_a_set(&error) { Self::Set(store_error(error)) } else { Self::All(error) }
    }
}

async fn run_steps(connection: &mut Connection, steps: &[Step]) -> Result<u64, Failure> {
    let mut total = 0;
    let mut at = 0;
    while let Some(step) = steps.get(at) {
        at += 1;
        let rows = connection.write(step).await?;
        total += rows;
        match step.expect {
            Expect::One(conflict) if rows != 1 => return Err(Failure::Set(StoreError::Conflict(conflict))),
            Expect::NewFact { dependents } if rows == 0 => {
                let stored = connection.stored_fact(&Query::fact(Dialect::Postgres, step)).await?;
                let same = match stored {
                    Some(stored) => step.same_fact(&stored).map_err(Failure::Set)?,
                    None => false,
                };
                if !same {
                    return Err(Failure::Set(StoreError::EventConflict(step.fact())));
                }
                at += dependents;
            }
            Expect::Any | Expect::One(_) | Expect::NewFact { .. } => {}
        }
    }
    Ok(total)
}
