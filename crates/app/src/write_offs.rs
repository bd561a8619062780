//! What a customer will not pay any more is written off by the operator, and stands again where he pays after all.

use flexio_domain::*;
use flexio_store::{Change, ChangeSet, InvoiceChange};

use crate::App;
use crate::accounts::checked_line;
use crate::error::{AppError, refuse};

/// How often one invoice may be written off and stand again.
const TIMES_MAX: u32 = 20;
/// Characters of a reason.
const REASON_CHARS: usize = 200;

impl App {
    /// Writes off all that is open of an invoice: it is asked for no more. With `back` what was written off last is open again, so that a
    /// payment can settle it. Nothing is edited: both are postings between `bad_debt` and what the customer owes.
    pub async fn write_off(
        &self,
        account: AccountSid,
        by_operator: bool,
        sid: InvoiceSid,
        (reason, back): (&str, bool),
    ) -> Result<InvoiceState, AppError> {
        if !by_operator {
            return Err(refuse(ErrorCode::Forbidden, "Only a parent account writes off what is owed to it."));
        }
        let reason = checked_line("Reason", reason, REASON_CHARS)?;
        retrying!(self.try_write_off(account, sid, (&reason, back)))
    }

    async fn try_write_off(
        &self,
        account: AccountSid,
        sid: InvoiceSid,
        (reason, back): (&str, bool),
    ) -> Result<InvoiceState, AppError> {
        let state = self.store.invoice(account, sid).await?.ok_or(ErrorCode::NotFound)?;
        let owner = self.store.account(account).await?.ok_or(ErrorCode::NotFound)?;
        let number = state.invoice.number.clone();
        let id = |word: &str, time: u32| format!("{word}:{number}:{time}");
        let mut times = 0;
        let mut last = None;
        while times < TIMES_MAX {
            let Some(posting) = self.store.posting(&id("writeoff", times + 1)).await? else { break };
            (times, last) = (times + 1, Some(posting));
        }
        let is_back = times > 0 && self.store.posting(&id("reinstated", times)).await?.is_some();
        let (id, amount) = if back {
            let of_it = |posting: &LedgerTransaction| posting.legs.first().map(|leg| leg.amount);
            let amount = last.as_ref().and_then(of_it).filter(|_| !is_back).ok_or_else(|| {
                refuse(ErrorCode::Unprocessable, format!("Nothing of {number} is written off."))
            })?;
            (id("reinstated", times), -amount)
        } else {
            let open = state.open();
            if open <= Money::ZERO || times == TIMES_MAX {
                return Err(refuse(ErrorCode::Unprocessable, format!("Nothing of {number} is open.")));
            }
            (id("writeoff", times + 1), open)
        };
        let legs = [(LedgerAccount::BadDebt, amount), (LedgerAccount::Receivable(account), -amount)];
        let posting = self.posting(&owner, id, &format!("{number} {reason}"), legs);
        let settled = state.settled + amount;
        let after = InvoiceState { settled, ..state.clone() };
        let changes = ChangeSet::from(Change::Post(posting))
            .with(InvoiceChange::Settle(Box::new(state), settled).into());
        self.store.commit(changes).await?;
        tracing::info!(invoice = number, %amount, "written_off");
        Ok(after)
    }
}
