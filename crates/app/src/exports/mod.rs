//! Archives of accounts (access and portability, Regulation (EU) 2016/679, Articles 15 and 20): asked for, made in the background by
//! [`keep_exports`], fetched, and deleted when their time is over.
//!
//! Invariants: an archive lies sealed under a key of its own, which is destroyed with it; no secret is in it (tokens, passwords, keys);
//! a process that ends while it makes one leaves it to the next, at most [`ATTEMPTS_MAX`] times.

mod archive;
mod fields;
mod parts;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use flexio_domain::*;
use flexio_store::{Change, ExportChange, Page, StoreError};
use jiff::SignedDuration;

use crate::App;
use crate::error::{AppError, refuse};
use crate::idempotency::Keep;
use crate::recordings::Audio;
use crate::recordings::sealed::AudioKey;
use crate::vault::hex;
use parts::PARTS;

/// How often is looked for what is due, besides being woken.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// Archives looked at in one turn; they are made one after the other.
const DUE_AT_ONCE: u32 = 10;
/// A process that makes one says so more often than this; otherwise another takes it over.
const CLAIM: SignedDuration = SignedDuration::from_mins(10);
/// How often it says so.
const BEAT: SignedDuration = SignedDuration::from_secs(60);
/// Times one is begun.
pub const ATTEMPTS_MAX: u32 = 3;
/// Archives of an account that may be asked for in a day.
const PER_DAY_MAX: usize = 5;
/// When one that cannot be deleted here is looked at again: it lies on another node.
const AGAIN: SignedDuration = SignedDuration::from_hours(1);

/// The identity an archive is sealed under: sids of archives and recordings never meet.
fn sealed_as(sid: ExportSid) -> RecordingSid {
    RecordingSid::from_u128(sid.as_u128())
}

/// Makes archives and deletes those whose time is over, until the process ends.
pub async fn keep_exports(app: Arc<App>) {
    loop {
        if let Err(error) = app.run_exports().await {
            tracing::error!(error = &error as &dyn std::error::Error, "exports_not_made");
        }
        let _ = tokio::time::timeout(LOOK_EVERY, app.wake.exports.notified()).await;
    }
}

impl App {
    /// Asks for an archive of the account; it is made in the background. One at a time, and five a day.
    pub async fn ask_export(
        &self,
        account: &Account,
        asked_by: String,
        keep: Keep<'_, Export>,
    ) -> Result<Export, AppError> {
        let now = self.clock.now();
        let latest = self.exports(account.sid, &Page { limit: 50, ..Page::default() }).await?;
        if let Some(open) = latest.iter().find(|it| !is_over(it.state)) {
            return Err(refuse(ErrorCode::Conflict, format!("{} is being made.", open.sid)));
        }
        let day = SignedDuration::from_hours(24);
        if latest.iter().filter(|it| now.duration_since(it.created_at) < day).count() >= PER_DAY_MAX {
            return Err(refuse(ErrorCode::TooManyResources, "Five archives a day can be asked for."));
        }
        let export = Export {
            sid: ExportSid::new(),
            version: 1,
            account_sid: account.sid,
            state: ExportState::Queued,
            asked_by,
            done: 0,
            parts: u32::try_from(PARTS.len()).unwrap_or(u32::MAX),
            attempts: 0,
            node: None,
            bytes: None,
            sha256: None,
            key: None,
            error: None,
            due_at: Some(now),
            expires_at: None,
            created_at: now,
            updated_at: now,
        };
        let create = Change::from(ExportChange::Create(export.clone()));
        self.commit_creation(create.into(), &export, keep).await?;
        self.wake.exports.notify_one();
        Ok(export)
    }

    /// Archives, newest first.
    pub async fn exports(&self, account: AccountSid, page: &Page) -> Result<Vec<Export>, AppError> {
        Ok(self.store.exports(account, page).await?)
    }

    /// One archive's record.
    pub async fn export(&self, account: AccountSid, sid: ExportSid) -> Result<Export, AppError> {
        self.store.export(account, sid).await?.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// The bytes of an archive that is ready; `Unavailable` where it lies on another node.
    pub async fn export_archive(&self, account: AccountSid, sid: ExportSid) -> Result<Audio, AppError> {
        let export = self.export(account, sid).await?;
        if export.state != ExportState::Ready {
            return Err(refuse(
                ErrorCode::ExportNotReady,
                format!("The archive is {}.", export.state.as_str()),
            ));
        }
        let sealed = export.key.as_ref().ok_or(ErrorCode::NotFound)?;
        let key = self.key_of(account, sealed_as(sid), sealed).await?;
        self.sealed_file(&self.export_path(sid), &key, sealed_as(sid)).await
    }

    /// Deletes an archive before its time; one that waits is not made.
    pub async fn delete_export(&self, account: AccountSid, sid: ExportSid) -> Result<(), AppError> {
        retrying!(async {
            let export = self.export(account, sid).await?;
            match export.state {
                ExportState::Running => {
                    Err(refuse(ErrorCode::Conflict, "The archive is being made: delete it when it is ready."))
                }
                ExportState::Expired => Err(ErrorCode::NotFound.into()),
                ExportState::Queued | ExportState::Ready | ExportState::Failed => {
                    self.expire_export(export).await
                }
            }
        })
    }

    fn export_path(&self, sid: ExportSid) -> PathBuf {
        self.config.exports_dir.join(format!("{sid}.archive"))
    }

    /// Makes what is due, and deletes what is over; how many records were looked at.
    pub async fn run_exports(&self) -> Result<usize, AppError> {
        let due = self.store.due_exports(self.clock.now(), DUE_AT_ONCE).await?;
        let count = due.len();
        for export in due {
            let sid = export.sid;
            let done = match export.state {
                ExportState::Queued | ExportState::Running => Box::pin(self.make_export(export)).await,
                ExportState::Ready | ExportState::Failed | ExportState::Expired => {
                    self.expire_export(export).await
                }
            };
            match done {
                // In a conflict another process has it.
                Ok(()) | Err(AppError::Store(StoreError::Conflict(_))) => {}
                Err(error) => {
                    tracing::error!(%sid, error = &error as &dyn std::error::Error, "export_not_made");
                }
            }
        }
        Ok(count)
    }

    async fn make_export(&self, export: Export) -> Result<(), AppError> {
        if export.attempts >= ATTEMPTS_MAX {
            let failed = "Making it was begun three times and ended by a fault each time.";
            return self.fail(export, failed).await;
        }
        let terms = self.recording_terms(export.account_sid).await?;
        let (key, sealed) = terms.new_key(sealed_as(export.sid));
        let mut making = Making { app: self, export };
        making.export.attempts += 1;
        making.export.done = 0;
        making.export.key = Some(sealed);
        making.export.state = ExportState::Running;
        making.export.node = Some(self.config.node.clone());
        making.save().await?;
        match making.write(&key).await {
            Ok(finished) => {
                let now = self.clock.now();
                let days = SignedDuration::from_hours(24 * i64::from(self.config.export_days));
                let over = now.saturating_add(days).unwrap_or(Timestamp::MAX);
                let ready = Export {
                    state: ExportState::Ready,
                    bytes: Some(finished.bytes),
                    sha256: Some(hex(&finished.sha256)),
                    due_at: Some(over),
                    expires_at: Some(over),
                    updated_at: now,
                    ..making.export
                };
                tracing::info!(export = %ready.sid, account_sid = %ready.account_sid, bytes = finished.bytes, "export_ready");
                Ok(self.store.commit(Change::from(ExportChange::Update(ready)).into()).await?)
            }
            // The database is away, or another process took over: it is tried again when the claim is over.
            Err(error @ AppError::Store(_)) => Err(error),
            Err(error) => {
                tracing::error!(export = %making.export.sid, error = &error as &dyn std::error::Error, "export_failed");
                self.fail(making.export, "The archive could not be written.").await
            }
        }
    }

    async fn fail(&self, export: Export, why: &str) -> Result<(), AppError> {
        self.remove_archive(export.sid).await;
        let failed = Export {
            state: ExportState::Failed,
            error: Some(why.to_owned()),
            key: None,
            due_at: None,
            updated_at: self.clock.now(),
            ..export
        };
        Ok(self.store.commit(Change::from(ExportChange::Update(failed)).into()).await?)
    }

    /// The key goes with the record, so that no copy of the archive can be read; the file as soon as its own node sees it.
    pub(crate) async fn expire_export(&self, export: Export) -> Result<(), AppError> {
        let now = self.clock.now();
        let is_here = export.node.as_ref().is_none_or(|node| *node == self.config.node);
        let is_gone = if is_here { self.remove_archive(export.sid).await } else { false };
        let expired = Export {
            state: ExportState::Expired,
            key: None,
            due_at: (!is_gone).then(|| now.saturating_add(AGAIN).unwrap_or(Timestamp::MAX)),
            updated_at: now,
            ..export
        };
        Ok(self.store.commit(Change::from(ExportChange::Update(expired)).into()).await?)
    }

    /// Whether no file of it is left here.
    async fn remove_archive(&self, sid: ExportSid) -> bool {
        let path = self.export_path(sid);
        let mut is_gone = true;
        for file in [crate::recordings::sealed::partial_name(&path), path] {
            match tokio::fs::remove_file(&file).await {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    tracing::error!(%error, "archive_not_removed");
                    is_gone = false;
                }
                Ok(()) | Err(_) => {}
            }
        }
        is_gone
    }
}

const fn is_over(state: ExportState) -> bool {
    matches!(state, ExportState::Ready | ExportState::Failed | ExportState::Expired)
}

/// An archive that this process makes.
struct Making<'a> {
    app: &'a App,
    export: Export,
}

impl Making<'_> {
    /// Saves how far it is; the claim goes on from now.
    async fn save(&mut self) -> Result<(), AppError> {
        let now = self.app.clock.now();
        self.export.due_at = Some(now.saturating_add(CLAIM).unwrap_or(Timestamp::MAX));
        self.export.updated_at = now;
        self.app.store.commit(Change::from(ExportChange::Update(self.export.clone())).into()).await?;
        self.export.version += 1;
        Ok(())
    }

    /// As [`Making::save`], where the last time is a while ago.
    async fn beat(&mut self) -> Result<(), AppError> {
        if self.app.clock.now().duration_since(self.export.updated_at) < BEAT {
            return Ok(());
        }
        self.save().await
    }

    async fn write(&mut self, key: &AudioKey) -> Result<archive::Finished, AppError> {
        let folder = self.app.config.exports_dir.clone();
        tokio::fs::create_dir_all(&folder).await.map_err(unwritten)?;
        let path = self.app.export_path(self.export.sid);
        let mut archive = archive::Archive::new(path, key, self.export.sid, self.app.clock.now());
        for part in PARTS {
            archive = Box::pin(part.write(self, archive)).await?;
            self.export.done += 1;
            self.save().await?;
        }
        tokio::task::spawn_blocking(move || archive.finish())
            .await
            .map_err(|error| unwritten(std::io::Error::other(error)))?
            .map_err(unwritten)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is what map_err gives")]
fn unwritten(error: std::io::Error) -> AppError {
    tracing::error!(%error, "archive_not_written");
    ErrorCode::Internal.into()
}
