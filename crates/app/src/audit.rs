//! Who did what: an entry for each act over the API, written before it is done, sealed soon after, proven every night.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use flexio_billing::chain;
use flexio_domain::*;
use flexio_store::{Change, ChangeSet, PeopleChange, StoreError};

use crate::error::AppError;
use crate::{App, Principal};

/// Between two looks at entries that wait.
const EVERY: Duration = Duration::from_secs(1);
/// Entries that may wait to be written; with more, whoever comes next waits until his is.
const WAITING_MAX: usize = 5_000;
/// Entries under one seal, and written in one transaction.
const AT_ONCE: usize = 500;
/// Seals read at once.
const SEALS_AT_ONCE: u32 = 100;
/// Looks between two seals.
const SEAL_EVERY: u32 = 60;

/// An act, before it is done.
#[derive(Debug, Clone, Default)]
pub struct Act {
    /// Name of the operation: `applications.update`.
    pub action: &'static str,
    /// What it is done to: a path.
    pub subject: String,
    /// Address it comes from.
    pub ip: Option<String>,
    /// What the fields are now, masked.
    pub before: Vec<(String, String)>,
    /// What they are to become, masked.
    pub asked: Vec<(String, String)>,
}

/// Entries of acts that are many and leave a record of their own: messages, calls. They wait here for a second at most and are written together;
/// a crash loses those.
#[derive(Debug, Default)]
pub(crate) struct Waiting(Mutex<Vec<AuditEvent>>);

impl App {
    /// Writes that somebody is about to do something: it is on disk when this returns.
    pub async fn note_act(&self, by: &Principal, act: Act) -> Result<(), AppError> {
        let entry = self.entry(by, act);
        Ok(self.store.commit(Change::from(PeopleChange::Audit(entry)).into()).await?)
    }

    /// As [`App::note_act`], for what is done often: written within a second.
    pub async fn note_frequent_act(&self, by: &Principal, act: Act) -> Result<(), AppError> {
        let entry = self.entry(by, act);
        let is_full = {
            let mut waiting = self.audit.0.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.push(entry);
            waiting.len() >= WAITING_MAX
        };
        if is_full { self.write_acts().await.map(drop) } else { Ok(()) }
    }

    /// Writes the entries that wait: how many.
    pub async fn write_acts(&self) -> Result<u64, AppError> {
        let entries = {
            let mut waiting = self.audit.0.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *waiting)
        };
        let mut written = 0;
        for some in entries.chunks(AT_ONCE) {
            let mut changes = ChangeSet::new();
            changes.extend(some.iter().cloned().map(|entry| PeopleChange::Audit(entry).into()));
            if let Err(error) = self.store.commit(changes).await {
                // They stay, behind what came meanwhile, as far as there is room.
                let mut waiting = self.audit.0.lock().unwrap_or_else(PoisonError::into_inner);
                let room = (2 * WAITING_MAX).saturating_sub(waiting.len());
                waiting.extend(entries[written..].iter().take(room).cloned());
                return Err(error.into());
            }
            written += some.len();
        }
        Ok(written as u64)
    }

    /// The log an act belongs to is that of whoever acts: the person's account, or the one that signed in.
    fn entry(&self, by: &Principal, act: Act) -> AuditEvent {
        let person = by.seat.as_ref().map(|seat| &seat.person);
        AuditEvent {
            sid: AuditSid::new(),
            account_sid: person.map_or(by.account.sid, |person| person.account_sid),
            person_sid: person.map(|person| person.sid),
            person: person.and_then(|person| person.email.clone()).unwrap_or_default(),
            action: act.action.to_owned(),
            subject: act.subject,
            details: AuditDetails {
                key_sid: by.key,
                by: person.is_none().then_some(by.account.sid),
                ip: act.ip,
                before: act.before,
                asked: act.asked,
                digest: String::new(),
                erased: false,
            },
            created_at: self.clock.now(),
        }
        .signed()
    }

    /// Puts all entries that have none under seals: how many entries. Several processes may do so at once.
    pub async fn seal_audit(&self) -> Result<u64, AppError> {
        let mut sealed = 0;
        loop {
            let entries = self.store.unsealed_audit(u32::try_from(AT_ONCE).unwrap_or(u32::MAX)).await?;
            if entries.is_empty() {
                return Ok(sealed);
            }
            let last = self.store.last_audit_seal().await?;
            let seal = chain::seal(last.as_ref(), &kept(&entries), self.clock.now());
            let sids = entries.iter().map(|entry| entry.sid).collect();
            match self.store.commit(Change::from(PeopleChange::SealAudit(seal, sids)).into()).await {
                Ok(()) => sealed += entries.len() as u64,
                // Another process was quicker: what it left is for the next look.
                Err(StoreError::Conflict(_)) => return Ok(sealed),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Goes along the chain over the audit log: entries that were altered or added by their sids, and how many are gone. Those whose term is
    /// over are gone rightly.
    pub async fn prove_audit(&self) -> Result<Faults, AppError> {
        let mut faults = Faults::default();
        let months = i64::from(self.config.retention.audit_months);
        let over = self.local_today().saturating_sub(jiff::Span::new().months(months));
        let mut last: Option<LedgerSeal> = None;
        loop {
            let after = last.as_ref().map_or(0, |seal| seal.number);
            let seals = self.store.audit_seals(after, SEALS_AT_ONCE).await?;
            if seals.is_empty() {
                return Ok(faults);
            }
            for seal in seals {
                let most = u32::try_from(2 * AT_ONCE).unwrap_or(u32::MAX);
                let entries = self.store.sealed_audit(seal.number, most).await?;
                for entry in entries.iter().filter(|entry| !entry.is_untouched()) {
                    faults.add(&entry.sid.to_string());
                }
                let is_old = self.local_day(seal.sealed_at) <= over;
                if !is_old || entries.len() == seal.postings as usize {
                    chain::check(last.as_ref(), &seal, &kept(&entries), &mut faults);
                }
                last = Some(seal);
            }
        }
    }
}

fn kept(entries: &[AuditEvent]) -> Vec<KeptPosting> {
    entries.iter().map(|entry| KeptPosting { id: entry.sid.to_string(), doc: entry.sealed_text() }).collect()
}

/// Writes entries that wait, every second, and seals them, every minute, until the process ends.
pub async fn keep_audit(app: Arc<App>) {
    for look in 0_u32.. {
        tokio::time::sleep(EVERY).await;
        if let Err(error) = app.write_acts().await {
            tracing::error!(%error, "audit_not_written");
        }
        if look % SEAL_EVERY == 0
            && let Err(error) = app.seal_audit().await
        {
            tracing::error!(%error, "audit_not_sealed");
        }
    }
}
