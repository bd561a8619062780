//! All that is kept of an account: what is nobody's business any more is dropped, what the books need stays without names.

use flexio_billing::subscription::{SubscriptionEvent, next};
use flexio_domain::*;
use flexio_store::{
    Change, ChangeSet, ContractChange, ErasureChange, ExportChange, Kept, Swept, UsageFilter, UsagePlace,
};
use serde_json::Value;

use super::{BATCH, Work, names};
use crate::error::AppError;
use crate::vault;

/// What an account that was erased is called.
pub(crate) const ERASED: &str = "erased";
/// Rows without a sid that go in one transaction.
const SWEPT_AT_ONCE: u32 = 1_000;

/// What is done one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The key under which recordings and texts are sealed: from here on nobody reads any of them, wherever copies lie.
    Key,
    Rows(Kept),
    Swept(Swept),
    Usage,
    Audit,
    Close,
}

fn stage(at: u32) -> Stage {
    let dropped = Kept::ALL.iter().filter(|kind| **kind != Kept::AuditEvents).map(|kind| Stage::Rows(*kind));
    let all = std::iter::once(Stage::Key)
        .chain(dropped)
        .chain(Swept::ALL.map(Stage::Swept))
        .chain([Stage::Usage, Stage::Audit]);
    all.into_iter().nth(at as usize).unwrap_or(Stage::Close)
}

/// How many there are.
pub(super) fn stages() -> u32 {
    let rows = Kept::ALL.len() - 1 + Swept::ALL.len();
    u32::try_from(rows).unwrap_or(u32::MAX) + 4
}

impl Work<'_> {
    /// One batch; whether there is more to do now.
    pub(super) async fn account_batch(&mut self) -> Result<bool, AppError> {
        match stage(self.erasure.done) {
            Stage::Key => {
                self.app.destroy_account_key(self.erasure.account_sid).await?;
                self.next_stage();
                self.save(ChangeSet::new()).await?;
            }
            Stage::Rows(Kept::Recordings) => return self.recordings().await,
            Stage::Rows(Kept::Exports) => return self.archives().await,
            Stage::Rows(Kept::Calls) => return self.calls().await,
            Stage::Rows(kind) => self.plain_rows(kind).await?,
            Stage::Swept(swept) => {
                let account = self.erasure.account_sid;
                let gone = self.app.store.sweep_of(account, swept, SWEPT_AT_ONCE).await?;
                self.erasure.count(swept.table(), gone);
                if gone < u64::from(SWEPT_AT_ONCE) {
                    self.next_stage();
                }
                self.save(ChangeSet::new()).await?;
            }
            Stage::Usage => self.usage().await?,
            Stage::Audit => self.audit().await?,
            Stage::Close => return self.close().await,
        }
        Ok(true)
    }

    async fn plain_rows(&mut self, kind: Kept) -> Result<(), AppError> {
        let rows = self.rows::<Value>(kind, None).await?;
        let mut changes = ChangeSet::new();
        for (key, ..) in &rows {
            self.drop_row(kind, *key, &mut changes);
        }
        if rows.len() < BATCH as usize {
            self.next_stage();
        }
        self.save(changes).await
    }

    async fn calls(&mut self) -> Result<bool, AppError> {
        let rows = self.rows::<Call>(Kept::Calls, None).await?;
        if rows.iter().any(|(.., call)| !call.status.is_final()) {
            return self.pause().await;
        }
        let mut changes = ChangeSet::new();
        for (key, ..) in &rows {
            self.drop_row(Kept::Calls, *key, &mut changes);
        }
        if rows.len() < BATCH as usize {
            self.next_stage();
        }
        self.save(changes).await?;
        Ok(true)
    }

    /// Each record goes when its audio is gone; what lies on another node is removed there, and waited for.
    async fn recordings(&mut self) -> Result<bool, AppError> {
        let rows = self.rows::<Recording>(Kept::Recordings, None).await?;
        let mut changes = ChangeSet::new();
        for (key, _, recording) in &rows {
            if self.app.erase_audio(recording.clone()).await? {
                self.drop_row(Kept::Recordings, *key, &mut changes);
            }
        }
        self.passed(Kept::Recordings, (rows.len(), rows.last().map(|row| row.0)), changes).await
    }

    pub(super) async fn archives(&mut self) -> Result<bool, AppError> {
        let rows = self.rows::<Export>(Kept::Exports, None).await?;
        let mut changes = ChangeSet::new();
        for (key, _, export) in &rows {
            if self.app.erase_archive(export.clone()).await? {
                self.drop_row(Kept::Exports, *key, &mut changes);
            }
        }
        self.passed(Kept::Exports, (rows.len(), rows.last().map(|row| row.0)), changes).await
    }

    /// A batch of rows of which some may have had to stay: all are looked at, and again later until none is left.
    async fn passed(
        &mut self,
        kind: Kept,
        (rows, last): (usize, Option<u128>),
        changes: ChangeSet,
    ) -> Result<bool, AppError> {
        if let Some(last) = last.filter(|_| rows >= BATCH as usize) {
            self.erasure.after = format!("{last:x}");
            self.save(changes).await?;
            return Ok(true);
        }
        self.save(changes).await?;
        if self.app.store.count_kept(self.erasure.account_sid, kind).await? > 0 {
            return self.pause().await;
        }
        self.next_stage();
        self.save(ChangeSet::new()).await?;
        Ok(true)
    }

    /// Whom was spoken or written to; what it cost stays.
    async fn usage(&mut self) -> Result<(), AppError> {
        let filter = UsageFilter { after: Some(self.usage_place()), ..UsageFilter::default() };
        let events = self.app.store.usage_events(self.erasure.account_sid, &filter, BATCH).await?;
        let mut changes = ChangeSet::new();
        let mut rewritten = 0;
        let numbering = self.app.rater().numbering();
        for event in &events {
            let (from, to) = (nameless(numbering, &event.from), nameless(numbering, &event.to));
            if (&from, &to) != (&event.from, &event.to) {
                changes.push(ErasureChange::RewriteUsage(UsageEvent { from, to, ..event.clone() }).into());
                rewritten += 1;
            }
        }
        self.erasure.count("usage_events", rewritten);
        match events.last().filter(|_| events.len() >= BATCH as usize) {
            Some(last) => self.comes_behind(last),
            None => self.next_stage(),
        }
        self.save(changes).await
    }

    /// The use that was seen last: days, sources and ids have no line breaks. One without a day is of an earlier form: from the beginning.
    pub(super) fn usage_place(&self) -> UsagePlace {
        let parts: Vec<&str> = self.erasure.after.split('\n').collect();
        match parts[..] {
            [day, source, id] => UsagePlace { day: day.into(), source: source.into(), id: id.into() },
            _ => UsagePlace::default(),
        }
    }

    /// Goes on behind this use.
    pub(super) fn comes_behind(&mut self, last: &UsageEvent) {
        self.erasure.after = format!("{}\n{}\n{}", last.day, last.source, last.id);
    }

    /// Who did what stays, by sids: addresses go.
    async fn audit(&mut self) -> Result<(), AppError> {
        let rows = self.rows::<AuditEvent>(Kept::AuditEvents, None).await?;
        let last = rows.last().map(|(key, ..)| *key);
        let mut changes = ChangeSet::new();
        let count = rows.len();
        for (_, _, event) in rows {
            let subject = if is_sid(&event.subject) { event.subject.clone() } else { String::new() };
            let event = AuditEvent {
                person: String::new(),
                subject,
                details: event.details.clone().erase(),
                ..event
            };
            changes.push(ErasureChange::RewriteAudit(event).into());
            self.erasure.count("audit_events", 1);
        }
        self.moved_on(count, last);
        self.save(changes).await
    }

    /// The account's own names, its contract's last state, and the certificate.
    async fn close(&mut self) -> Result<bool, AppError> {
        let (app, now) = (self.app, self.app.clock.now());
        let sid = self.erasure.account_sid;
        let mut account = app.store.account(sid).await?.ok_or(ErrorCode::NotFound)?;
        self.forget_mentions(&account).await?;
        let token = vault::new_auth_token();
        ERASED.clone_into(&mut account.friendly_name);
        account.email_address = None;
        account.emergency_address = None;
        account.auth_token = app.vault.seal(&sid.to_string(), token.as_bytes());
        account.auth_token_digest = vault::digest(&token);
        account.updated_at = now;
        let mut changes = ChangeSet::from(Change::UpdateAccount(account));
        self.erasure.count("accounts", 1);
        if let Some(mut contract) = app.store.subscription(sid).await?
            && let Some(state) = next(contract.state, SubscriptionEvent::RetentionOver)
        {
            contract.state = state;
            contract.suspension = None;
            contract.updated_at = now;
            changes.push(ContractChange::UpdateSubscription(contract).into());
        }
        let identity = app.identity_until(sid).await?.filter(|until| *until > now);
        if let Some(customer) = app.store.customer(sid).await? {
            if identity.is_some() {
                changes.push(ContractChange::UpdateCustomer(identity_alone(customer, now)).into());
            } else {
                changes.push(ErasureChange::DropCustomer(sid).into());
                self.erasure.count("customers", 1);
            }
        }
        if identity.is_none() {
            self.payers(&mut changes).await?;
        }
        self.erasure.state = ErasureState::Done;
        self.next_stage();
        self.certify(identity).await?;
        self.save(changes).await?;
        app.forget_erased(&sid);
        tracing::info!(erasure = %self.erasure.sid, account_sid = %sid, "account_erased");
        Ok(false)
    }

    /// Who paid by direct debit, and from which account.
    async fn payers(&mut self, changes: &mut ChangeSet) -> Result<(), AppError> {
        let (forgotten, count) = self.app.forget_debtors(self.erasure.account_sid).await?;
        changes.append(forgotten);
        self.erasure.count("mandates", count);
        Ok(())
    }

    /// What had to be kept until its term was over; the certificate says so anew.
    pub(super) async fn erase_identity(&mut self) -> Result<bool, AppError> {
        let sid = self.erasure.account_sid;
        let mut changes = ChangeSet::new();
        if self.app.store.customer(sid).await?.is_some() {
            changes.push(ErasureChange::DropCustomer(sid).into());
            self.erasure.count("customers", 1);
        }
        self.payers(&mut changes).await?;
        self.certify(None).await?;
        self.save(changes).await?;
        Ok(false)
    }
}

/// Who somebody is, and nothing of how he was reached.
fn identity_alone(customer: Customer, now: Timestamp) -> Customer {
    Customer {
        invoice_email: String::new(),
        notice_email: None,
        peppol: None,
        reference: None,
        iban: None,
        event_webhook: None,
        updated_at: now,
        ..customer
    }
}

/// An end of a use without who it was: a number keeps country and class, a short code is nobody's.
pub(crate) fn nameless(numbering: &flexio_rating::Numbering, end: &str) -> String {
    match end.parse() {
        Ok(Address::Number(number)) => names::alias(numbering, &number).to_string(),
        Ok(Address::ShortCode(code)) => code,
        Ok(Address::Anonymous) => end.to_owned(),
        Err(_) if end.is_empty() => String::new(),
        Ok(Address::Alphanumeric(_) | Address::Client(_) | Address::Sip(_)) | Err(_) => ERASED.to_owned(),
    }
}

/// Two letters and 32 hexadecimal digits: it names nobody.
fn is_sid(text: &str) -> bool {
    text.split(['/', '.']).all(|part| {
        let is_word = part.len() < 30 && part.bytes().all(|b| b.is_ascii_alphabetic());
        let is_key = part.len() == 34 && part.bytes().all(|b| b.is_ascii_alphanumeric());
        is_word || is_key
    })
}

impl crate::App {
    /// Destroys the key of a recording and removes its audio; whether nothing of it is left anywhere.
    pub(super) async fn erase_audio(&self, recording: Recording) -> Result<bool, AppError> {
        let recording = match recording.status {
            RecordingStatus::Deleted => recording,
            status if status.is_open() => return Ok(false),
            _ => self.mark_deleted(recording).await?,
        };
        let (account, sid) = (recording.account_sid, recording.sid);
        if recording.expires_at.is_some() {
            self.finish_deletion(recording).await?;
        }
        let now = self.store.recording(account, sid).await?;
        Ok(now.is_none_or(|it| it.status == RecordingStatus::Deleted && it.expires_at.is_none()))
    }

    /// Destroys the key of an archive and removes its file; whether nothing of it is left anywhere.
    pub(super) async fn erase_archive(&self, export: Export) -> Result<bool, AppError> {
        match export.state {
            ExportState::Running => return Ok(false),
            ExportState::Expired if export.due_at.is_none() => return Ok(true),
            ExportState::Failed => {
                let over = Export { due_at: None, key: None, ..export };
                self.store.commit(Change::from(ExportChange::Update(over)).into()).await?;
                return Ok(true);
            }
            ExportState::Queued | ExportState::Ready | ExportState::Expired => {}
        }
        let (account, sid) = (export.account_sid, export.sid);
        self.expire_export(export).await?;
        Ok(self.store.export(account, sid).await?.is_none_or(|it| it.due_at.is_none()))
    }

    fn forget_erased(&self, account: &AccountSid) {
        self.accounts.clear();
        self.account_keys.remove(account);
        self.has_sender.clear();
        self.owners.clear();
        self.keys.clear();
        self.held_names.clear();
    }
}
