//! What an invoice that is paid late costs besides: whether it may be asked for, and how much by today's letter.

use flexio_billing::dunning::{DunningStep, after_term};
use flexio_billing::late::{LateFacts, fixed_sum, late};
use flexio_domain::*;

use crate::App;
use crate::dunning::Case;
use crate::error::AppError;
use crate::letters::Charges;
use crate::subscriptions::ROWS_SHOWN;
use crate::terms_changes::agreed_to;

impl App {
    /// What the letter of a step asks for besides the invoice.
    pub(crate) async fn charges(&self, case: &Case, step: DunningStep) -> Result<Charges, AppError> {
        if !self.may_charge(case).await? {
            return Ok(Charges::default());
        }
        let (kind, owed) = (case.customer.kind, case.owed());
        let asked_fixed: Money = case.letters.iter().map(|letter| letter.late_fixed).sum();
        let asked_interest: Money = case.letters.iter().map(|letter| letter.late_interest).sum();
        // What was paid beyond the invoice is in the wallet and has paid of it: interest first.
        let owed_besides = self.wallet_debt(case.state.invoice.account_sid).await?;
        let fixed = asked_fixed.min(owed_besides);
        let before = (fixed, asked_interest.min(owed_besides - fixed));
        match step {
            // What may follow is said on the reminder, or it may not follow (Article XIX.2 § 3).
            DunningStep::Remind => {
                let announced = (asked_fixed == Money::ZERO).then(|| fixed_sum(kind, owed));
                return Ok(Charges { before, announced, ..Charges::default() });
            }
            DunningStep::Restore => return Ok(Charges { before, ..Charges::default() }),
            DunningStep::Notify | DunningStep::Warn { .. } | DunningStep::Suspend | DunningStep::Close => {}
        }
        let Some(reminder) = case.reminder() else { return Ok(Charges { before, ..Charges::default() }) };
        let facts = LateFacts {
            kind,
            owed,
            due_on: case.state.invoice.due_on,
            term_over: after_term(reminder.on, reminder.channel, self.config.dunning.term_days),
            has_fixed: asked_fixed > Money::ZERO,
            interest_until: case.letters.iter().filter_map(|letter| letter.interest_until).max(),
            rates: &self.config.interest_rates,
        };
        Ok(Charges { new: late(self.local_today(), &facts), before, announced: None })
    }

    /// Of a consumer only where the terms of his order said so; of a company where the operator does.
    async fn may_charge(&self, case: &Case) -> Result<bool, AppError> {
        if case.customer.kind != CustomerKind::Consumer {
            return Ok(self.config.late_companies);
        }
        let Some(contract) = &case.contract else { return Ok(false) };
        let accepted = self.store.acceptances(contract.account_sid, contract.sid, ROWS_SHOWN).await?;
        Ok(agreed_to(&accepted).iter().any(|terms| terms.late_charges))
    }
}
