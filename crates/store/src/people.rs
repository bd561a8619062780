//! People of the console: what may be written, what may be asked.

use async_trait::async_trait;
use flexio_domain::*;

use crate::{Page, StoreError};

/// A step of a transaction about people.
#[derive(Debug, Clone)]
pub enum PeopleChange {
    /// Unique: sid, address, link.
    Create(Person),
    /// Optimistic; an address that another has is a `Conflict` too.
    Update(Person),
    /// With their sessions. `Conflict` if they are not there.
    Delete(AccountSid, PersonSid),
    /// Unique: sid, digest.
    BeginSession(Session),
    /// `Conflict` if it is not there.
    UpdateSession(Session),
    /// Nothing happens where it is not there.
    EndSession(AccountSid, PersonSid, SessionSid),
    /// All of a person, but perhaps one.
    EndSessions(AccountSid, PersonSid, Option<SessionSid>),
    /// Those of everybody that ended before.
    SweepSessions(Timestamp),
    /// Unique: sid.
    Audit(AuditEvent),
    /// A seal over entries, by their sids. Unique: number. `Conflict` if one of the entries has a seal already.
    SealAudit(LedgerSeal, Vec<AuditSid>),
}

/// Keeper of people.
#[async_trait]
pub trait PeopleStore {
    /// One person.
    async fn person(&self, account: AccountSid, sid: PersonSid) -> Result<Option<Person>, StoreError>;
    /// Whoever has the address, without regard to case, of any account.
    async fn person_by_email(&self, email: &str) -> Result<Option<Person>, StoreError>;
    /// Whoever has the link, of any account.
    async fn person_by_link(&self, digest: &str) -> Result<Option<Person>, StoreError>;
    /// People. Newest first.
    async fn people(&self, account: AccountSid, page: &Page) -> Result<Vec<Person>, StoreError>;
    /// How many there are.
    async fn count_people(&self, account: AccountSid) -> Result<u64, StoreError>;
    /// The session of a token, of any account.
    async fn session_by_digest(&self, digest: &str) -> Result<Option<Session>, StoreError>;
    /// Sessions of a person. Newest first.
    async fn sessions(
        &self,
        account: AccountSid,
        person: PersonSid,
        page: &Page,
    ) -> Result<Vec<Session>, StoreError>;
    /// What people did. Newest first.
    async fn audit_events(&self, account: AccountSid, page: &Page) -> Result<Vec<AuditEvent>, StoreError>;
    /// Entries of any account that have no seal, oldest first.
    async fn unsealed_audit(&self, limit: u32) -> Result<Vec<AuditEvent>, StoreError>;
    /// Entries under a seal, in the order of their sids.
    async fn sealed_audit(&self, seal: u64, limit: u32) -> Result<Vec<AuditEvent>, StoreError>;
    /// The last seal over the audit log.
    async fn last_audit_seal(&self) -> Result<Option<LedgerSeal>, StoreError>;
    /// Its seals behind a number, in order.
    async fn audit_seals(&self, after: u64, limit: u32) -> Result<Vec<LedgerSeal>, StoreError>;
}
