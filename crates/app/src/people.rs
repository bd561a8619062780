//! People of the console: invited by a link, signed in by a password, known by a session.
//!
//! A wrong address, a wrong password and a locked person are told apart by nobody: same answer, same work.

use flexio_domain::people::PasswordLink;
use flexio_domain::*;
use flexio_store::{Change, ChangeSet, Page, PeopleChange};
use jiff::{SignedDuration, ToSpan as _};

use crate::error::{AppError, refuse};
use crate::lawful::must_not_be_officer;
use crate::second_factor::Proof;
use crate::{App, Principal, passwords, vault};

/// People of an account, at most.
pub const PEOPLE_MAX: u64 = 1_000;
/// Sessions of a person; a further sign-in ends the oldest.
const SESSIONS_MAX: usize = 20;
/// How long a link can be used.
const LINK_HOURS: i64 = 72;
/// How often a session can be made longer: after that whoever sits there signs in again.
const EXTENSIONS_MAX: i64 = 10;
/// A use is noted when the last note is this old.
const NOTE_EVERY: SignedDuration = SignedDuration::from_mins(1);
/// Wrong passwords before waits begin: 1 minute, doubled with each further one, 64 at most.
const FREE_FAILURES: u32 = 5;

/// Who sits at a browser.
#[derive(Debug, Clone)]
pub struct Seat {
    /// The person.
    pub person: Person,
    /// Their session.
    pub session: Session,
}

impl App {
    /// A link for the first administrator: its token, while nobody of the top account has a password. An earlier link ends.
    pub async fn ensure_administrator(&self, root: &Account) -> Result<Option<String>, AppError> {
        let page = Page { limit: 1_000, ..Page::default() };
        let people = self.store.people(root.sid, &page).await?;
        if people.iter().any(|person| person.password.is_some() && person.role == Role::Administrator) {
            return Ok(None);
        }
        let (token, link) = self.new_link();
        let change = match people.into_iter().find(|person| person.role == Role::Administrator) {
            Some(person) => PeopleChange::Update(Person { link: Some(link), ..person }),
            None => PeopleChange::Create(self.new_person(root.sid, None, Role::Administrator, link)),
        };
        self.store.commit(Change::from(change).into()).await?;
        Ok(Some(token))
    }

    /// Invites somebody; the token of their link is in this answer and nowhere else.
    pub async fn invite(
        &self,
        by: &Seat,
        account: &Account,
        email: &str,
        role: Role,
    ) -> Result<(Person, String), AppError> {
        crate::auth::must_be_active(account)?;
        must_not_be_officer(role)?;
        let email = self.free_address(email).await?;
        if self.store.count_people(account.sid).await? >= PEOPLE_MAX {
            return Err(ErrorCode::TooManyResources.into());
        }
        let (token, link) = self.new_link();
        let person = self.new_person(account.sid, Some(email.clone()), role, link);
        self.audited(PeopleChange::Create(person.clone()), by, "people.invite", &email).await?;
        Ok((person, token))
    }

    /// A new link for somebody who lost the password; the old password stays until the link is used.
    pub async fn renew_link(&self, by: &Seat, sid: PersonSid) -> Result<(Person, String), AppError> {
        let person = self.person(by.person.account_sid, sid).await?;
        must_not_be_officer(person.role)?;
        let (token, link) = self.new_link();
        let person = Person { link: Some(link), updated_at: self.clock.now(), ..person };
        let subject = person.email.clone().unwrap_or_default();
        self.audited(PeopleChange::Update(person.clone()), by, "people.link", &subject).await?;
        Ok((person, token))
    }

    /// Whoever a link belongs to, while it can be used; otherwise `NotFound`.
    pub async fn link_holder(&self, token: &str) -> Result<Person, AppError> {
        let digest = vault::hex(&vault::digest(token));
        let person = self.store.person_by_link(&digest).await?;
        let now = self.clock.now();
        let usable = |person: &Person| person.link.as_ref().is_some_and(|link| link.expires_at > now);
        person.filter(usable).ok_or_else(|| refuse(ErrorCode::NotFound, "The link was used or is too old."))
    }

    /// Uses a link: sets the password, and the address where there is none. Everything signed in before ends.
    pub async fn use_link(
        &self,
        token: &str,
        email: Option<&str>,
        password: &str,
    ) -> Result<Person, AppError> {
        let person = self.link_holder(token).await?;
        let email = match (&person.email, email) {
            (Some(email), _) => email.clone(),
            (None, Some(email)) => self.free_address(email).await?,
            (None, None) => return Err(refuse(ErrorCode::InvalidParameter, "email is missing.")),
        };
        let hash = passwords::hash(&self.hashers, &email, password).await?;
        let now = self.clock.now();
        let person = Person {
            email: Some(email.clone()),
            password: Some(hash),
            link: None,
            failures: 0,
            locked_until: None,
            updated_at: now,
            ..person
        };
        let mut changes = ChangeSet::from(Change::from(PeopleChange::Update(person.clone())));
        changes.push(PeopleChange::EndSessions(person.account_sid, person.sid, None).into());
        changes.push(self.audit_change(&person, "people.password", &email));
        self.store.commit(changes).await?;
        Ok(Person { version: person.version + 1, ..person })
    }

    /// Signs in: the session's token, for a cookie. `code` is of the second factor, where the person has one; without it
    /// `SecondFactorWanted` says that the password is right.
    pub async fn begin_session(
        &self,
        email: &str,
        password: &str,
        code: Option<&str>,
        device: &str,
    ) -> Result<(String, Seat), AppError> {
        let person = self.store.person_by_email(email).await?;
        let hash = person.as_ref().and_then(|person| person.password.clone());
        let right = passwords::check(&self.hashers, hash, password).await?;
        let now = self.clock.now();
        let Some(person) = person else { return Err(ErrorCode::Unauthorized.into()) };
        if person.locked_until.is_some_and(|until| until > now) {
            return Err(ErrorCode::Unauthorized.into());
        }
        if !right {
            self.note_failure(person).await?;
            return Err(ErrorCode::Unauthorized.into());
        }
        let account = self.account_now(person.account_sid).await?.ok_or(ErrorCode::Unauthorized)?;
        if account.status == AccountStatus::Closed {
            return Err(ErrorCode::Unauthorized.into());
        }
        match self.second_proof(person, code)? {
            Proof::Whole(person) => self.open_session(person, device, "session.begin").await,
            Proof::Wanted => Err(ErrorCode::SecondFactorWanted.into()),
            Proof::Wrong(person) => {
                self.note_failure(person).await?;
                Err(ErrorCode::SecondFactorWrong.into())
            }
        }
    }

    /// `action`: how they signed in, for the audit log.
    pub(crate) async fn open_session(
        &self,
        person: Person,
        device: &str,
        action: &str,
    ) -> Result<(String, Seat), AppError> {
        let now = self.clock.now();
        let token = vault::new_key_secret();
        let ends_at = now + self.session_life();
        let session = Session {
            sid: SessionSid::new(),
            account_sid: person.account_sid,
            person_sid: person.sid,
            digest: vault::hex(&vault::digest(&token)),
            device: device.chars().take(200).collect(),
            created_at: now,
            seen_at: now,
            ends_at,
        };
        let person =
            Person { failures: 0, locked_until: None, signed_in_at: Some(now), updated_at: now, ..person };
        let page = Page { limit: 100, ..Page::default() };
        let others = self.store.sessions(person.account_sid, person.sid, &page).await?;
        let mut changes = ChangeSet::from(Change::from(PeopleChange::Update(person.clone())));
        changes.push(PeopleChange::SweepSessions(now).into());
        for old in others.iter().skip(SESSIONS_MAX - 1) {
            changes.push(PeopleChange::EndSession(person.account_sid, person.sid, old.sid).into());
        }
        changes.push(PeopleChange::BeginSession(session.clone()).into());
        changes.push(self.audit_change(&person, action, &session.device));
        self.store.commit(changes).await?;
        let person = Person { version: person.version + 1, ..person };
        Ok((token, Seat { person, session }))
    }

    pub(crate) async fn note_failure(&self, person: Person) -> Result<(), AppError> {
        let now = self.clock.now();
        let failures = person.failures.saturating_add(1);
        let wait = failures.checked_sub(FREE_FAILURES).map(|further| 1_i64 << further.min(6));
        let locked_until = wait.map(|minutes| now + minutes.minutes());
        let mut changes = ChangeSet::default();
        changes.push(self.audit_change(&person, "session.refused", ""));
        changes.push(PeopleChange::Update(Person { failures, locked_until, ..person }).into());
        match self.store.commit(changes).await {
            // Another wrong password at the same moment was counted.
            Ok(()) | Err(flexio_store::StoreError::Conflict(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Who holds a session's token, and for which account.
    pub async fn seat(&self, token: &str) -> Result<Principal, AppError> {
        let refused = || AppError::from(ErrorCode::Unauthorized);
        let digest = vault::hex(&vault::digest(token));
        let session = self.store.session_by_digest(&digest).await?.ok_or_else(refused)?;
        let now = self.clock.now();
        if !self.is_live(&session, now) {
            return Err(refused());
        }
        let person = self.store.person(session.account_sid, session.person_sid).await?.ok_or_else(refused)?;
        let account = self.account_now(session.account_sid).await?.ok_or_else(refused)?;
        if account.status == AccountStatus::Closed {
            return Err(refused());
        }
        if now.duration_since(session.seen_at) > NOTE_EVERY {
            let seen = Session { seen_at: now, ..session.clone() };
            // Ended by somebody at this moment: refused the next time.
            let _ = self.store.commit(Change::from(PeopleChange::UpdateSession(seen)).into()).await;
        }
        Ok(Principal { account, key: None, seat: Some(std::sync::Arc::new(Seat { person, session })) })
    }

    /// Sessions of a person that can still be used.
    pub async fn sessions(&self, seat: &Seat) -> Result<Vec<Session>, AppError> {
        self.live_sessions(&seat.person).await
    }

    pub(crate) async fn live_sessions(&self, person: &Person) -> Result<Vec<Session>, AppError> {
        let page = Page { limit: 100, ..Page::default() };
        let found = self.store.sessions(person.account_sid, person.sid, &page).await?;
        let now = self.clock.now();
        Ok(found.into_iter().filter(|session| self.is_live(session, now)).collect())
    }

    fn is_live(&self, session: &Session, now: Timestamp) -> bool {
        let idle = SignedDuration::from_mins(i64::from(self.config.session_idle_minutes));
        session.ends_at > now && now.duration_since(session.seen_at) <= idle
    }

    fn session_life(&self) -> SignedDuration {
        SignedDuration::from_hours(i64::from(self.config.session_hours))
    }

    /// Makes the session last as long as a new one, from now; at most ten times as long again as it was made for. What it is after.
    pub async fn extend_session(&self, seat: &Seat) -> Result<Session, AppError> {
        let now = self.clock.now();
        let latest =
            seat.session.created_at + self.session_life() * i32::try_from(EXTENSIONS_MAX + 1).unwrap_or(1);
        let ends_at = (now + self.session_life()).min(latest).max(seat.session.ends_at);
        let extended = Session { seen_at: now, ends_at, ..seat.session.clone() };
        self.audited(PeopleChange::UpdateSession(extended.clone()), seat, "session.extend", "").await?;
        Ok(extended)
    }

    /// Ends one of the person's sessions.
    pub async fn end_session(&self, seat: &Seat, sid: SessionSid) -> Result<(), AppError> {
        let change = PeopleChange::EndSession(seat.person.account_sid, seat.person.sid, sid);
        self.audited(change, seat, "session.end", &sid.to_string()).await
    }

    /// Changes the person's own password; their other sessions end.
    pub async fn change_password(&self, seat: &Seat, old: &str, new: &str) -> Result<(), AppError> {
        let person = self.person(seat.person.account_sid, seat.person.sid).await?;
        if !passwords::check(&self.hashers, person.password.clone(), old).await? {
            self.note_failure(person).await?;
            return Err(refuse(ErrorCode::InvalidParameter, "The present password is not right."));
        }
        let email = person.email.clone().unwrap_or_default();
        let hash = passwords::hash(&self.hashers, &email, new).await?;
        let (account, sid) = (person.account_sid, person.sid);
        let changed = Person { password: Some(hash), updated_at: self.clock.now(), ..person };
        let mut changes = ChangeSet::from(Change::from(PeopleChange::Update(changed)));
        changes.push(PeopleChange::EndSessions(account, sid, Some(seat.session.sid)).into());
        changes.push(self.audit_change(&seat.person, "people.password", &email));
        Ok(self.store.commit(changes).await?)
    }

    /// One person.
    pub async fn person(&self, account: AccountSid, sid: PersonSid) -> Result<Person, AppError> {
        self.store.person(account, sid).await?.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// People of an account.
    pub async fn people(&self, account: AccountSid) -> Result<Vec<Person>, AppError> {
        Ok(self.store.people(account, &Page { limit: 1_000, ..Page::default() }).await?)
    }

    /// Gives a person another role. The last administrator stays one.
    pub async fn change_role(&self, by: &Seat, sid: PersonSid, role: Role) -> Result<Person, AppError> {
        let person = self.person(by.person.account_sid, sid).await?;
        must_not_be_officer(person.role)?;
        must_not_be_officer(role)?;
        self.not_the_last(&person, role).await?;
        let person = Person { role, updated_at: self.clock.now(), ..person };
        let subject = format!("{} {}", person.email.as_deref().unwrap_or_default(), role.as_str());
        self.audited(PeopleChange::Update(person.clone()), by, "people.role", &subject).await?;
        Ok(person)
    }

    /// Removes a person and their sessions. The last administrator stays.
    pub async fn remove_person(&self, by: &Seat, sid: PersonSid) -> Result<(), AppError> {
        let person = self.person(by.person.account_sid, sid).await?;
        must_not_be_officer(person.role)?;
        self.not_the_last(&person, Role::ReadOnly).await?;
        let subject = person.email.clone().unwrap_or_default();
        self.audited(PeopleChange::Delete(person.account_sid, sid), by, "people.remove", &subject).await
    }

    /// What people did. Newest first.
    pub async fn audit_events(&self, account: AccountSid, page: &Page) -> Result<Vec<AuditEvent>, AppError> {
        Ok(self.store.audit_events(account, page).await?)
    }

    async fn not_the_last(&self, person: &Person, next: Role) -> Result<(), AppError> {
        if person.role != Role::Administrator || next == Role::Administrator {
            return Ok(());
        }
        let others = self.people(person.account_sid).await?;
        let other = |other: &Person| {
            other.sid != person.sid && other.role == Role::Administrator && other.password.is_some()
        };
        if others.iter().any(other) {
            return Ok(());
        }
        Err(refuse(ErrorCode::Conflict, "The last administrator stays one."))
    }

    pub(crate) async fn audited(
        &self,
        change: PeopleChange,
        by: &Seat,
        action: &str,
        subject: &str,
    ) -> Result<(), AppError> {
        let mut changes = ChangeSet::from(Change::from(change));
        changes.push(self.audit_change(&by.person, action, subject));
        Ok(self.store.commit(changes).await?)
    }

    pub(crate) fn audit_change(&self, person: &Person, action: &str, subject: &str) -> Change {
        PeopleChange::Audit(
            AuditEvent {
                sid: AuditSid::new(),
                account_sid: person.account_sid,
                person_sid: Some(person.sid),
                person: person.email.clone().unwrap_or_default(),
                action: action.to_owned(),
                subject: subject.to_owned(),
                details: AuditDetails::default(),
                created_at: self.clock.now(),
            }
            .signed(),
        )
        .into()
    }

    pub(crate) async fn free_address(&self, email: &str) -> Result<String, AppError> {
        let email = email.trim();
        crate::accounts::check_email_form(email)?;
        match self.store.person_by_email(email).await? {
            Some(_) => Err(ErrorCode::EmailTaken.into()),
            None => Ok(email.to_owned()),
        }
    }

    pub(crate) fn new_link(&self) -> (String, PasswordLink) {
        let token = vault::new_key_secret();
        let expires_at = self.clock.now() + LINK_HOURS.hours();
        let digest = vault::hex(&vault::digest(&token));
        (token, PasswordLink { digest, expires_at })
    }

    pub(crate) fn new_person(
        &self,
        account_sid: AccountSid,
        email: Option<String>,
        role: Role,
        link: PasswordLink,
    ) -> Person {
        let now = self.clock.now();
        Person {
            sid: PersonSid::new(),
            version: 1,
            account_sid,
            email,
            role,
            password: None,
            second_factor: None,
            passkeys: Vec::new(),
            spent_challenges: Vec::new(),
            link: Some(link),
            failures: 0,
            locked_until: None,
            signed_in_at: None,
            created_at: now,
            updated_at: now,
        }
    }
}
