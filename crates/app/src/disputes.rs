//! What a customer does not agree to of an invoice: nobody asks for it until the operator has decided.

use flexio_domain::*;
use flexio_store::{Change, LetterChange};

use crate::App;
use crate::dunning::DISPUTES_MAX;
use crate::error::{AppError, refuse};

/// Disputes of one invoice.
const OF_INVOICE_MAX: usize = 20;
/// Characters of a reason, and of a decision.
const WORDS_MAX: usize = 1_000;

impl App {
    /// Opens a dispute on `amount` of what is open of an invoice, with tax; `None` for all that is not in dispute yet.
    pub async fn open_dispute(
        &self,
        account: AccountSid,
        sid: InvoiceSid,
        amount: Option<Money>,
        reason: &str,
    ) -> Result<Dispute, AppError> {
        let dispute = retrying!(self.try_open_dispute(account, sid, amount, reason))?;
        // What is in dispute keeps nobody suspended.
        self.lift_if_nothing_is_owed(account, sid).await?;
        Ok(dispute)
    }

    async fn try_open_dispute(
        &self,
        account: AccountSid,
        sid: InvoiceSid,
        amount: Option<Money>,
        reason: &str,
    ) -> Result<Dispute, AppError> {
        let state = self.store.invoice(account, sid).await?.ok_or(ErrorCode::NotFound)?;
        words("Reason", reason)?;
        let left = state.open() - self.disputed(&state).await?;
        let amount = amount.unwrap_or(left);
        if amount <= Money::ZERO || amount > left || amount.micros() % 10_000 != 0 {
            let why = format!("Amount is above zero, in whole cents, and at most {}.", left.to_decimals(2));
            return Err(refuse(ErrorCode::InvalidParameter, why));
        }
        if self.store.disputes(account, sid, DISPUTES_MAX).await?.len() >= OF_INVOICE_MAX {
            let why = format!("An invoice has {OF_INVOICE_MAX} disputes at most.");
            return Err(refuse(ErrorCode::TooManyResources, why));
        }
        let dispute = Dispute {
            sid: DisputeSid::new(),
            version: 1,
            invoice_sid: sid,
            account_sid: account,
            amount,
            reason: reason.to_owned(),
            opened_at: self.clock.now(),
            closed_at: None,
            outcome: String::new(),
        };
        self.store.commit(Change::from(LetterChange::OpenDispute(dispute.clone())).into()).await?;
        Ok(dispute)
    }

    /// Disputes of an invoice, oldest first.
    pub async fn disputes(&self, account: AccountSid, sid: InvoiceSid) -> Result<Vec<Dispute>, AppError> {
        self.store.invoice(account, sid).await?.ok_or(ErrorCode::NotFound)?;
        Ok(self.store.disputes(account, sid, DISPUTES_MAX).await?)
    }

    /// Decides a dispute: what is still open of the amount is asked for again. What was taken back is a credit note of its own.
    pub async fn close_dispute(
        &self,
        account: AccountSid,
        by_operator: bool,
        (sid, dispute): (InvoiceSid, DisputeSid),
        outcome: &str,
    ) -> Result<Dispute, AppError> {
        let of = self.disputes(account, sid).await?;
        let open = of.into_iter().find(|it| it.sid == dispute).ok_or(ErrorCode::NotFound)?;
        if !by_operator {
            return Err(refuse(ErrorCode::Forbidden, "Only a parent account decides a dispute."));
        }
        words("Outcome", outcome)?;
        if open.closed_at.is_some() {
            return Err(refuse(ErrorCode::Conflict, "The dispute was decided before."));
        }
        let closed = Dispute { closed_at: Some(self.clock.now()), outcome: outcome.to_owned(), ..open };
        self.store.commit(Change::from(LetterChange::UpdateDispute(closed.clone())).into()).await?;
        Ok(Dispute { version: closed.version + 1, ..closed })
    }
}

fn words(name: &str, text: &str) -> Result<(), AppError> {
    if (1..=WORDS_MAX).contains(&text.trim().chars().count()) {
        return Ok(());
    }
    Err(refuse(ErrorCode::InvalidParameter, format!("{name} has 1 to {WORDS_MAX} characters.")))
}
