//! Credit notes above what one person may give alone: one asks, another one approves.

use flexio_billing::invoice::{CreditLine, Credited};
use flexio_domain::*;
use flexio_store::{Change, ChangeSet, LetterChange};

use crate::App;
use crate::error::{AppError, refuse};

/// Credit notes of one invoice that may wait, or have waited.
const REQUESTS_MAX: u32 = 100;

impl App {
    /// Notes that a credit note is wanted, for a second person to approve. It has to be one that could be made now.
    pub async fn ask_credit_note(
        &self,
        account: AccountSid,
        by_operator: bool,
        sid: InvoiceSid,
        (parts, reason): (&[CreditLine], &str),
        by: &str,
    ) -> Result<CreditRequest, AppError> {
        if !by_operator {
            return Err(refuse(ErrorCode::Forbidden, "Only a parent account may credit an invoice."));
        }
        let note = self.draft_credit(account, sid, credited(parts), reason).await?;
        if self.store.credit_requests(account, sid, REQUESTS_MAX).await?.len() >= REQUESTS_MAX as usize {
            let why = format!("{REQUESTS_MAX} credit notes were asked for.");
            return Err(refuse(ErrorCode::TooManyResources, why));
        }
        let request = CreditRequest {
            sid: CreditRequestSid::new(),
            version: 1,
            invoice_sid: sid,
            account_sid: account,
            parts: parts.iter().map(|part| CreditPart { line: part.line, net: part.net }).collect(),
            reason: reason.to_owned(),
            gross: note.note.gross,
            state: CreditRequestState::Waiting,
            asked_by: by.to_owned(),
            asked_at: self.clock.now(),
            decided_by: None,
            decided_at: None,
            note_sid: None,
        };
        self.store.commit(Change::from(LetterChange::AskCredit(request.clone())).into()).await?;
        Ok(request)
    }

    /// Credit notes that waited, or wait, for a second person, oldest first.
    pub async fn credit_requests(
        &self,
        account: AccountSid,
        sid: InvoiceSid,
    ) -> Result<Vec<CreditRequest>, AppError> {
        self.store.invoice(account, sid).await?.ok_or(ErrorCode::NotFound)?;
        Ok(self.store.credit_requests(account, sid, REQUESTS_MAX).await?)
    }

    /// A second person approves a credit note, which is issued in the same transaction, or refuses it; who asked may refuse it too.
    pub async fn decide_credit_note(
        &self,
        account: AccountSid,
        by_operator: bool,
        (sid, request): (InvoiceSid, CreditRequestSid),
        approve: bool,
        by: &str,
    ) -> Result<CreditRequest, AppError> {
        retrying!(async {
            let of = self.credit_requests(account, sid).await?;
            let asked = of.into_iter().find(|it| it.sid == request).ok_or(ErrorCode::NotFound)?;
            if !by_operator {
                return Err(refuse(ErrorCode::Forbidden, "Only a parent account may credit an invoice."));
            }
            if asked.state != CreditRequestState::Waiting {
                return Err(refuse(ErrorCode::Conflict, "The credit note was decided on before."));
            }
            if approve && asked.asked_by == by {
                return Err(ErrorCode::SecondPersonWanted.into());
            }
            let mut decided = CreditRequest {
                state: CreditRequestState::Refused,
                decided_by: Some(by.to_owned()),
                decided_at: Some(self.clock.now()),
                ..asked
            };
            let mut changes = ChangeSet::new();
            if approve {
                let parts: Vec<CreditLine> =
                    decided.parts.iter().map(|part| CreditLine { line: part.line, net: part.net }).collect();
                let draft = self.draft_credit(account, sid, credited(&parts), &decided.reason).await?;
                decided.state = CreditRequestState::Approved;
                decided.note_sid = Some(draft.note.sid);
                changes.append(self.credit_changes(draft).await?);
            }
            changes.push(LetterChange::UpdateCredit(decided.clone()).into());
            self.store.commit(changes).await?;
            self.wake.emails.notify_one();
            self.wake.callbacks.notify_one();
            self.stopped.clear();
            decided.version += 1;
            Ok::<_, AppError>(decided)
        })
    }
}

const fn credited(parts: &[CreditLine]) -> Credited<'_> {
    if parts.is_empty() { Credited::Whole } else { Credited::Lines(parts) }
}
