//! Erasure of personal data (Regulation (EU) 2016/679, Article 17): of an account whose contract is over, or of one telephone number in an
//! account. Asked for, done in the background by [`keep_erasures`], and proven by a certificate.
//!
//! Invariants: a batch of rows, their count and where the work stands commit together, so that a process that ends leaves nothing half done
//! and the next goes on behind it; nothing goes while a legal hold stands, also where it came in between; what was charged stays: no posting,
//! invoice or sum changes.
//!
//! `account.rs` and `number.rs` have the stages of either, `names.rs` finds a number in what is kept, `certificate.rs` says what is left.

mod account;
mod certificate;
mod mentions;
pub(crate) mod names;
mod number;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use flexio_domain::*;
use flexio_store::{Change, ChangeSet, ErasureChange, Kept, KeptRow, Page, StoreError};
use jiff::SignedDuration;

use crate::App;
use crate::error::{AppError, refuse};
use crate::idempotency::Keep;
use crate::vault::Vault;

pub(crate) use account::nameless;
pub use certificate::ErasurePreview;

/// How often is looked for what is due, besides being woken.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// Erasures looked at in one turn.
const DUE_AT_ONCE: u32 = 10;
/// Rows of one transaction: whoever makes a call or a message comes in between.
const BATCH: u32 = 100;
/// Batches of one erasure before the others have their turn.
const BATCHES_AT_ONCE: u32 = 1_000;
/// When one that cannot go on is looked at again: audio lies on another node, a call runs, a hold stands.
const AGAIN: SignedDuration = SignedDuration::from_mins(10);
/// Erasures of an account that may run.
const RUNNING_MAX: usize = 20;
/// What digests of numbers are for.
const NUMBER: &str = "erased number";
/// Stands before the key of a row where rows before it could not go yet.
const LEFT: char = '!';

/// Erases what was asked for, until the process ends.
pub async fn keep_erasures(app: Arc<App>) {
    loop {
        if let Err(error) = app.run_erasures().await {
            tracing::error!(error = &error as &dyn std::error::Error, "erasures_not_run");
        }
        let _ = tokio::time::timeout(LOOK_EVERY, app.wake.erasures.notified()).await;
    }
}

impl App {
    /// A key of the installation that a rotation of the master key leaves as it is: that of the top account, which is never erased.
    pub(crate) async fn installation_key(&self) -> Result<Arc<Vault>, AppError> {
        let made = self.installation_key.get_or_try_init(|| async {
            let root = self.store.root_account().await?.ok_or(ErrorCode::NotFound)?;
            self.account_key(root.sid).await
        });
        Ok(Arc::clone(made.await?))
    }

    /// Under which an opt-out of an erased number is kept.
    pub(crate) async fn number_digest(&self, account: AccountSid, number: &E164) -> Result<String, AppError> {
        let key = match self.installation_key().await {
            Ok(key) => key,
            // Where there is no top account nothing was erased.
            Err(error) if error.code() == ErrorCode::NotFound => return Ok(String::new()),
            Err(error) => return Err(error),
        };
        Ok(key.sign(NUMBER, &[&account.to_string(), number.as_str()]))
    }

    /// Asks for an erasure. Of the whole account an account above asks, once the contract is over; of a number the account too.
    pub async fn ask_erasure(
        &self,
        account: &Account,
        by_operator: bool,
        number: Option<E164>,
        asked_by: String,
        keep: Keep<'_, Erasure>,
    ) -> Result<Erasure, AppError> {
        if number.is_none() && !by_operator {
            return Err(refuse(ErrorCode::Forbidden, "Only an account above may erase an account."));
        }
        let preview = self.preview_erasure(account, number.as_ref()).await?;
        if let Some(obstacle) = preview.obstacles.first() {
            return Err(refuse(ErrorCode::NotErasable, obstacle.clone()));
        }
        if let Some(hold) = preview.holds.first() {
            return Err(refuse(ErrorCode::HeldLegally, format!("The hold {} stands.", hold.name)));
        }
        let erasure = self.new_erasure(account.sid, number.as_ref(), asked_by).await?;
        let latest = self.erasures(account.sid, &Page { limit: 100, ..Page::default() }).await?;
        let running = latest.iter().filter(|it| it.state != ErasureState::Done);
        if running.clone().count() >= RUNNING_MAX {
            return Err(refuse(ErrorCode::TooManyResources, format!("{RUNNING_MAX} erasures run.")));
        }
        let is_twin = |it: &Erasure| it.digest == erasure.digest;
        if let Some(twin) = running.clone().find(|it| is_twin(it)) {
            return Err(refuse(ErrorCode::Conflict, format!("{} is running.", twin.sid)));
        }
        let create = Change::from(ErasureChange::Create(erasure.clone()));
        self.commit_creation(create.into(), &erasure, keep).await?;
        self.wake.erasures.notify_one();
        tracing::info!(erasure = %erasure.sid, account_sid = %account.sid, of_number = number.is_some(), "erasure_asked");
        Ok(erasure)
    }

    async fn new_erasure(
        &self,
        account_sid: AccountSid,
        number: Option<&E164>,
        asked_by: String,
    ) -> Result<Erasure, AppError> {
        let (sid, now) = (ErasureSid::new(), self.clock.now());
        let alias = number.map(|number| names::alias(self.rater().numbering(), number));
        let digest = match number {
            Some(number) => Some(self.number_digest(account_sid, number).await?),
            None => None,
        };
        let stages = if number.is_some() { number::STAGES } else { account::stages() };
        Ok(Erasure {
            sid,
            version: 1,
            account_sid,
            alias,
            number: number.map(|number| self.vault.seal(&sid.to_string(), number.as_str().as_bytes())),
            digest,
            state: ErasureState::Running,
            asked_by,
            done: 0,
            stages,
            after: String::new(),
            erased: Vec::new(),
            waited_for: Vec::new(),
            certificate: None,
            due_at: Some(now),
            created_at: now,
            updated_at: now,
        })
    }

    /// Erasures, newest first.
    pub async fn erasures(&self, account: AccountSid, page: &Page) -> Result<Vec<Erasure>, AppError> {
        Ok(self.store.erasures(account, page).await?)
    }

    /// One erasure.
    pub async fn erasure(&self, account: AccountSid, sid: ErasureSid) -> Result<Erasure, AppError> {
        self.store.erasure(account, sid).await?.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Goes on with what is due; how many erasures were looked at.
    pub async fn run_erasures(&self) -> Result<usize, AppError> {
        let due = self.store.due_erasures(self.clock.now(), DUE_AT_ONCE).await?;
        let count = due.len();
        for erasure in due {
            let sid = erasure.sid;
            match Box::pin(self.go_on(erasure)).await {
                // In a conflict another process has it.
                Ok(()) | Err(AppError::Store(StoreError::Conflict(_))) => {}
                Err(error) => {
                    tracing::error!(%sid, error = &error as &dyn std::error::Error, "erasure_stopped");
                }
            }
        }
        self.cut_log().await;
        Ok(count)
    }

    /// Cuts the database's log where it may hold what an erasure took; where that cannot be done now, the next turn tries again.
    async fn cut_log(&self) {
        if !self.log_uncut.swap(false, Ordering::Relaxed) {
            return;
        }
        if let Err(error) = self.store.scrub().await {
            self.log_uncut.store(true, Ordering::Relaxed);
            tracing::warn!(%error, "log_not_cut");
        }
    }

    async fn go_on(&self, erasure: Erasure) -> Result<(), AppError> {
        let number = self.number_in_clear(&erasure)?;
        let mut work = Work { app: self, erasure, number };
        for _ in 0..BATCHES_AT_ONCE {
            if work.is_held().await? {
                return Ok(());
            }
            let more = if work.erasure.state == ErasureState::Done {
                Box::pin(work.erase_identity()).await?
            } else if work.number.is_some() {
                Box::pin(work.number_batch()).await?
            } else {
                Box::pin(work.account_batch()).await?
            };
            if !more {
                if work.erasure.certificate.is_some() {
                    self.log_uncut.store(true, Ordering::Relaxed);
                }
                return Ok(());
            }
        }
        self.wake.erasures.notify_one();
        Ok(())
    }

    fn number_in_clear(&self, erasure: &Erasure) -> Result<Option<E164>, AppError> {
        let Some(sealed) = &erasure.number else { return Ok(None) };
        let bytes = self.vault.open(&erasure.sid.to_string(), sealed)?;
        let number = std::str::from_utf8(&bytes).ok().and_then(|text| text.parse().ok());
        Ok(Some(number.ok_or(crate::vault::VaultError::Damaged)?))
    }

    /// Holds that keep what is asked about: of the account or of all it stands under, on all of it or on this number. The erasure of an account
    /// is kept by any hold on a number in it.
    pub(crate) async fn holds_against(
        &self,
        account: AccountSid,
        number: Option<&E164>,
    ) -> Result<Vec<LegalHold>, AppError> {
        let mut holds = self.store.holds_over(account).await?;
        if number.is_some() {
            holds.retain(|hold| hold.number.is_none() || hold.number.as_ref() == number);
        }
        Ok(holds)
    }
}

/// An erasure that this process goes on with.
struct Work<'a> {
    app: &'a App,
    erasure: Erasure,
    /// In the clear, until it is done.
    number: Option<E164>,
}

impl Work<'_> {
    /// Commits a batch with where the work stands.
    async fn save(&mut self, mut changes: ChangeSet) -> Result<(), AppError> {
        self.erasure.updated_at = self.app.clock.now();
        changes.push(ErasureChange::Update(self.erasure.clone()).into());
        self.app.store.commit(changes).await?;
        self.erasure.version += 1;
        Ok(())
    }

    /// The stage is over.
    fn next_stage(&mut self) {
        self.erasure.done += 1;
        self.erasure.after = String::new();
    }

    /// Cannot go on now.
    async fn pause(&mut self) -> Result<bool, AppError> {
        self.erasure.after = String::new();
        self.later().await
    }

    async fn later(&mut self) -> Result<bool, AppError> {
        let now = self.app.clock.now();
        self.erasure.due_at = Some(now.saturating_add(AGAIN).unwrap_or(Timestamp::MAX));
        self.save(ChangeSet::new()).await?;
        Ok(false)
    }

    /// Whether a hold stands against it; then it is noted, and looked for again later.
    async fn is_held(&mut self) -> Result<bool, AppError> {
        let holds = self.app.holds_against(self.erasure.account_sid, self.number.as_ref()).await?;
        if holds.is_empty() {
            if self.erasure.state == ErasureState::Held {
                self.erasure.state = ErasureState::Running;
                self.save(ChangeSet::new()).await?;
            }
            return Ok(false);
        }
        for hold in &holds {
            let named = certificate::named(hold);
            if !self.erasure.waited_for.contains(&named) {
                self.erasure.waited_for.push(named);
            }
        }
        if self.erasure.state == ErasureState::Running {
            self.erasure.state = ErasureState::Held;
        }
        self.later().await?;
        Ok(true)
    }

    /// The key of the row behind which the stage goes on.
    fn after(&self) -> u128 {
        u128::from_str_radix(self.erasure.after.trim_start_matches(LEFT), 16).unwrap_or(0)
    }

    /// Rows of the stage: all of a kind, or those that name the number.
    async fn rows<T: serde::de::DeserializeOwned>(
        &self,
        kind: Kept,
        naming: Option<&str>,
    ) -> Result<Vec<(u128, String, T)>, AppError> {
        let (app, account) = (self.app, self.erasure.account_sid);
        let rows = app.store.kept_rows(account, kind, (naming, self.after()), BATCH).await?;
        let read = |row: KeptRow| {
            let entity = row.read()?;
            Ok((row.key, row.doc, entity))
        };
        rows.into_iter().map(read).collect()
    }

    /// Where the next batch begins; the stage is over where this one was not full.
    fn moved_on(&mut self, rows: usize, last: Option<u128>) {
        match last.filter(|_| rows >= BATCH as usize) {
            Some(last) => self.erasure.after = format!("{last:x}"),
            None => self.next_stage(),
        }
    }

    fn drop_row(&mut self, kind: Kept, key: u128, changes: &mut ChangeSet) {
        changes.push(ErasureChange::Drop(kind, self.erasure.account_sid, key).into());
        self.erasure.count(kind.table(), 1);
    }
}
