//! What a call has to keep and the database does not take: on the local disk until it does.
//!
//! A file has the transactions of one call or conference in their order, one on each line. [`App::replay_journal`] commits them, at the start of the
//! program and every minute. What is charged is kept whatever became of the rest: its ids follow from the facts.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use flexio_domain::{Call, Callback, LedgerTransaction, Recording, UsageEvent};
use flexio_store::{Change, ChangeSet, CreditChange, StoreError};
use serde::{Deserialize, Serialize};

use crate::App;
use crate::error::AppError;

/// Ending of a file that is being committed.
const TAKEN: &str = "taken";
/// Files read in one go; the others are next.
const FILES_MAX: usize = 1_000;

/// A change that is worth a line: what was charged, and what becomes of the record. Timelines and notifications are not.
#[derive(Debug, Serialize, Deserialize)]
enum Kept {
    CreateCall(Box<Call>),
    UpdateCall(Box<Call>),
    UpdateRecording(Box<Recording>),
    Usage(Box<UsageEvent>),
    Post(Box<LedgerTransaction>),
    Return(String),
    Callback(Box<Callback>),
}

impl Kept {
    fn of(change: &Change) -> Option<Self> {
        match change {
            Change::CreateCall(call) => Some(Self::CreateCall(Box::new(call.clone()))),
            Change::UpdateCall(call) => Some(Self::UpdateCall(Box::new(call.clone()))),
            Change::UpdateRecording(recording) => Some(Self::UpdateRecording(Box::new(recording.clone()))),
            Change::AddUsage(event) => Some(Self::Usage(Box::new(event.clone()))),
            Change::Post(posting) => Some(Self::Post(Box::new(posting.clone()))),
            Change::Credit(CreditChange::Return(id)) => Some(Self::Return(id.clone())),
            Change::QueueCallback(callback) => Some(Self::Callback(Box::new(callback.clone()))),
            _ => None,
        }
    }

    fn change(self) -> Change {
        match self {
            Self::CreateCall(call) => Change::CreateCall(*call),
            Self::UpdateCall(call) => Change::UpdateCall(*call),
            Self::UpdateRecording(recording) => Change::UpdateRecording(*recording),
            Self::Usage(event) => Change::AddUsage(*event),
            Self::Post(posting) => Change::Post(*posting),
            Self::Return(id) => CreditChange::Return(id).into(),
            Self::Callback(callback) => Change::QueueCallback(*callback),
        }
    }

    const fn is_money(&self) -> bool {
        matches!(self, Self::Usage(_) | Self::Post(_) | Self::Return(_))
    }
}

/// Puts a transaction of a call on the local disk, durably. Blocks.
pub fn spill(app: &App, subject: &str, changes: &ChangeSet) -> io::Result<()> {
    let kept: Vec<Kept> = changes.changes().iter().filter_map(Kept::of).collect();
    let folder = folder(app);
    fs::create_dir_all(&folder)?;
    let mut line = serde_json::to_vec(&kept)?;
    line.push(b'\n');
    let mut options = File::options();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(folder.join(format!("{subject}.jsonl")))?;
    file.write_all(&line)?;
    file.sync_all()
}

fn folder(app: &App) -> PathBuf {
    app.config.recordings_dir.with_file_name("unsaved")
}

impl App {
    /// Commits what lies in the journal: how many transactions. What the database does not take now stays.
    pub async fn replay_journal(&self) -> Result<u64, AppError> {
        let files = match fs::read_dir(folder(self)) {
            Ok(entries) => entries.filter_map(Result::ok).map(|entry| entry.path()).take(FILES_MAX),
            Err(_) => return Ok(0),
        };
        let mut files: Vec<PathBuf> = files.collect();
        // Of one call, what was taken before comes before what was written since.
        files.sort_by_key(|file| (file.with_extension(""), !has_extension(file, TAKEN)));
        let mut replayed = 0;
        for file in files {
            let taken = file.with_extension(TAKEN);
            if file != taken && (taken.exists() || fs::rename(&file, &taken).is_err()) {
                continue;
            }
            replayed += self.replay_file(&taken).await?;
            let _ = fs::remove_file(&taken);
        }
        Ok(replayed)
    }

    async fn replay_file(&self, file: &Path) -> Result<u64, AppError> {
        let lines: Vec<String> = match File::open(file) {
            Ok(open) => BufReader::new(open).lines().map_while(Result::ok).collect(),
            Err(_) => return Ok(0),
        };
        let mut replayed = 0;
        for line in lines {
            // A line that was cut by a crash while it was written.
            let Ok(kept) = serde_json::from_str::<Vec<Kept>>(&line) else { continue };
            let money: ChangeSet = set(serde_json::from_str::<Vec<Kept>>(&line), Kept::is_money);
            let mut all = ChangeSet::new();
            all.extend(kept.into_iter().map(Kept::change));
            let done = match self.store.commit(all).await {
                // The record has moved on without it, or is there already; what was charged is added all the same, once.
                Err(StoreError::Conflict(_)) if !money.is_empty() => self.store.commit(money.clone()).await,
                Err(StoreError::Conflict(_)) => Ok(()),
                done => done,
            };
            match done {
                Err(StoreError::EventConflict(_)) => {
                    let rest = self.park_usage(money).await?;
                    self.store.commit(rest).await?;
                }
                done => done?,
            }
            replayed += 1;
        }
        tracing::info!(file = %file.display(), replayed, "journal_replayed");
        Ok(replayed)
    }
}

fn set(kept: Result<Vec<Kept>, serde_json::Error>, wanted: fn(&Kept) -> bool) -> ChangeSet {
    let mut changes = ChangeSet::new();
    changes.extend(kept.unwrap_or_default().into_iter().filter(wanted).map(Kept::change));
    changes
}

fn has_extension(file: &Path, extension: &str) -> bool {
    file.extension().is_some_and(|found| found == extension)
}
