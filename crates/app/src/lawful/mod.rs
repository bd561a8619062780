//! Requests of authorities: who was behind a number, a call or a message.
//!
//! Nobody is a lawful officer unless the role was given on the command line: no token, no key, and no other role of the console, an
//! administrator's included, reads or makes any of it ([`Officer`] is the proof). Invariants: a look-up commits with its answer and with
//! its entry in the audit log of the top account, which names the request and never whom it is about; nothing here is written into the
//! account that is found, tells it anything, or waits for a legal hold of it.

mod look;
mod officers;

use flexio_domain::*;
use flexio_store::{Change, ChangeSet, LawfulChange, Page};
use jiff::SignedDuration;

use crate::accounts::checked_line;
use crate::error::{AppError, refuse};
use crate::{App, Principal};

pub(crate) use officers::must_not_be_officer;

/// How long an answer may take.
const ANSWERED_WITHIN: SignedDuration = SignedDuration::from_hours(24);
const AUTHORITY_CHARS_MAX: usize = 128;
const REFERENCE_CHARS_MAX: usize = 64;
const TEXT_CHARS_MAX: usize = 200;
/// Requests that are told to be late.
const LATE_MAX: u32 = 100;

/// A lawful officer: a person of the top account to whom the role was given.
#[derive(Debug, Clone)]
pub struct Officer {
    person: Person,
}

/// What an authority asks, as it is written down.
#[derive(Debug, Clone)]
pub struct LawfulAsked<'a> {
    /// Who asks, 1 to 128 characters.
    pub authority: &'a str,
    /// Its name of the case, 1 to 64 characters.
    pub reference: &'a str,
    /// The law it asks by, 1 to 200 characters.
    pub basis: &'a str,
    /// What it asks.
    pub subject: LawfulSubject,
    /// When it reached the operator, not later than now; now if absent. The answer is due 24 hours after.
    pub received_at: Option<Timestamp>,
}

impl Officer {
    /// The officer who sits at a browser; `LawfulOfficerWanted` for everybody else.
    pub fn of(principal: &Principal) -> Result<Self, AppError> {
        let person = principal.seat.as_ref().map(|seat| seat.person.clone());
        let is_top = principal.account.parent_sid.is_none();
        person
            .filter(|person| is_top && person.role == Role::LawfulOfficer)
            .map(|person| Self { person })
            .ok_or_else(|| ErrorCode::LawfulOfficerWanted.into())
    }
}

impl App {
    /// Writes down what an authority asks.
    pub async fn open_lawful(
        &self,
        officer: &Officer,
        asked: &LawfulAsked<'_>,
    ) -> Result<LawfulRequest, AppError> {
        let now = self.clock.now();
        let received_at = asked.received_at.unwrap_or(now);
        if received_at > now {
            return Err(refuse(ErrorCode::InvalidParameter, "Received is not later than now."));
        }
        if let LawfulSubject::Number { at, .. } = &asked.subject
            && *at > now
        {
            return Err(refuse(ErrorCode::InvalidParameter, "At is not later than now."));
        }
        let request = LawfulRequest {
            sid: LawfulRequestSid::new(),
            version: 1,
            account_sid: officer.person.account_sid,
            authority: checked_line("Authority", asked.authority, AUTHORITY_CHARS_MAX)?,
            reference: checked_line("Reference", asked.reference, REFERENCE_CHARS_MAX)?,
            basis: checked_line("Basis", asked.basis, TEXT_CHARS_MAX)?,
            subject: asked.subject.clone(),
            state: LawfulState::Open,
            received_at,
            due_at: received_at.checked_add(ANSWERED_WITHIN).unwrap_or(Timestamp::MAX),
            opened_by: officer.person.sid.to_string(),
            opened_at: now,
            refusal: None,
            decided_by: None,
            decided_at: None,
            answers: Vec::new(),
        };
        let mut changes = ChangeSet::from(Change::from(LawfulChange::Create(request.clone())));
        changes.push(self.lawful_audit(officer, "lawful.open", &request));
        self.store.commit(changes).await?;
        Ok(request)
    }

    /// Requests, newest first.
    pub async fn lawful_requests(
        &self,
        officer: &Officer,
        page: &Page,
    ) -> Result<Vec<LawfulRequest>, AppError> {
        Ok(self.store.lawful_requests(officer.person.account_sid, page).await?)
    }

    /// One request with its answers; that it was read is in the audit log before it is shown.
    pub async fn read_lawful(
        &self,
        officer: &Officer,
        sid: LawfulRequestSid,
    ) -> Result<LawfulRequest, AppError> {
        let request = self.lawful_request(officer, sid).await?;
        self.store.commit(self.lawful_audit(officer, "lawful.read", &request).into()).await?;
        Ok(request)
    }

    /// Looks up whom the request is about. The answer is kept, and may be looked up again: what is known changes.
    pub async fn answer_lawful(
        &self,
        officer: &Officer,
        sid: LawfulRequestSid,
    ) -> Result<LawfulRequest, AppError> {
        retrying!(async {
            let mut request = self.lawful_request(officer, sid).await?;
            if request.state == LawfulState::Refused || request.answers.len() >= LAWFUL_ANSWERS_MAX {
                return Err(ErrorCode::LawfulRequestState.into());
            }
            let (now, by) = (self.clock.now(), officer.person.sid.to_string());
            let findings = Box::pin(self.lawful_findings(&request.subject)).await?;
            request.answers.push(LawfulAnswer { at: now, by: by.clone(), findings });
            request.state = LawfulState::Answered;
            request.decided_by.get_or_insert(by);
            request.decided_at.get_or_insert(now);
            self.save_lawful(officer, "lawful.look_up", request).await
        })
    }

    /// Does not answer a request, for a reason of 1 to 200 characters.
    pub async fn refuse_lawful(
        &self,
        officer: &Officer,
        sid: LawfulRequestSid,
        reason: &str,
    ) -> Result<LawfulRequest, AppError> {
        let reason = checked_line("Reason", reason, TEXT_CHARS_MAX)?;
        retrying!(async {
            let request = self.lawful_request(officer, sid).await?;
            if request.state != LawfulState::Open {
                return Err(ErrorCode::LawfulRequestState.into());
            }
            let request = LawfulRequest {
                state: LawfulState::Refused,
                refusal: Some(reason.clone()),
                decided_by: Some(officer.person.sid.to_string()),
                decided_at: Some(self.clock.now()),
                ..request
            };
            self.save_lawful(officer, "lawful.refuse", request).await
        })
    }

    /// Requests whose day is over and on which nobody has decided: their sids say nothing of whom they are about.
    pub(crate) async fn late_lawful(&self) -> Result<Faults, AppError> {
        let mut late = Faults::default();
        for request in self.store.late_lawful_requests(self.clock.now(), LATE_MAX).await? {
            late.add(&request.sid.to_string());
        }
        Ok(late)
    }

    async fn lawful_request(
        &self,
        officer: &Officer,
        sid: LawfulRequestSid,
    ) -> Result<LawfulRequest, AppError> {
        let found = self.store.lawful_request(officer.person.account_sid, sid).await?;
        found.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// The request and the note of what was done to it, both or neither.
    async fn save_lawful(
        &self,
        officer: &Officer,
        action: &str,
        request: LawfulRequest,
    ) -> Result<LawfulRequest, AppError> {
        let mut changes = ChangeSet::from(Change::from(LawfulChange::Update(request.clone())));
        changes.push(self.lawful_audit(officer, action, &request));
        self.store.commit(changes).await?;
        Ok(LawfulRequest { version: request.version + 1, ..request })
    }

    fn lawful_audit(&self, officer: &Officer, action: &str, request: &LawfulRequest) -> Change {
        self.audit_change(&officer.person, action, &request.sid.to_string())
    }
}
