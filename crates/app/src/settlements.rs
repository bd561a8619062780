//! The end of a contract's money: the last invoice, what is in the wallet against what is open, and the rest back to the customer.

use flexio_billing::subscription::SubscriptionEvent;
use flexio_domain::*;
use flexio_rating::{BillingMode, BillingMonth};
use flexio_store::{Change, ChangeSet, InvoiceChange, LetterChange};

use crate::App;
use crate::error::{AppError, refuse};
use crate::payments::without_zeros;
use crate::subscriptions::moved;

/// Open invoices that a wallet pays at the end.
const OPEN_MAX: u32 = 1_000;
/// Payouts shown.
const PAYOUTS_SHOWN: u32 = 1_000;
/// Characters of the bank's reference of a payout.
const REFERENCE_CHARS: std::ops::RangeInclusive<usize> = 1..=64;

impl App {
    /// Closes a contract whose grace for late events is over, with its last invoice; `false` where that has to wait.
    pub(crate) async fn settle_contract(&self, contract: &Subscription) -> Result<bool, AppError> {
        if !self.invoice_the_end(contract).await? {
            return Ok(false);
        }
        retrying!(self.credit_withdrawn(contract))?;
        retrying!(self.try_close(contract))?;
        self.wake.callbacks.notify_one();
        tracing::info!(subscription = %contract.sid, "subscription_closed");
        Ok(true)
    }

    /// The recurring charges up to the end and the last invoice, before the month is over. What comes later is late usage: on the next
    /// invoice, if there is one.
    async fn invoice_the_end(&self, contract: &Subscription) -> Result<bool, AppError> {
        let account = contract.account_sid;
        if self.rater().plan().billing_mode() == BillingMode::Showback {
            return Ok(true);
        }
        let zone = self.rater().plan().zone();
        let now = BillingMonth::of(self.clock.now(), zone);
        let ended = BillingMonth::of(contract.ends_at.unwrap_or(contract.updated_at), zone);
        for month in [now.previous(), Some(ended), Some(now)].into_iter().flatten() {
            for below in self.subscribed(account) {
                self.charge_ended(below, month).await?;
            }
        }
        self.invoice_last(account, now).await
    }

    async fn try_close(&self, contract: &Subscription) -> Result<(), AppError> {
        let now = self.clock.now();
        let closed = Subscription {
            state: moved(contract.state, SubscriptionEvent::Settled)?,
            closed_at: Some(now),
            suspension: None,
            updated_at: now,
            ..contract.clone()
        };
        let mut changes = self.save_contract(contract.state, &closed).await?;
        changes.append(self.empty_wallet(contract).await?);
        Ok(self.store.commit(changes).await?)
    }

    /// What is in the wallet pays open invoices, oldest first; the rest is owed to the customer.
    async fn empty_wallet(&self, contract: &Subscription) -> Result<ChangeSet, AppError> {
        let account = contract.account_sid;
        let mut changes = ChangeSet::new();
        let mut left = self.wallet(account).await?;
        let Some(owner) = self.store.account(account).await? else { return Ok(changes) };
        for state in self.store.open_invoices(account, OPEN_MAX).await? {
            let used = state.open().min(left);
            if used <= Money::ZERO {
                break;
            }
            left -= used;
            let number = state.invoice.number.clone();
            let id = format!("setoff:{}:{number}", contract.sid);
            let legs = [(LedgerAccount::Wallet(account), used), (LedgerAccount::Receivable(account), -used)];
            changes.push(Change::Post(self.posting(&owner, id, &number, legs)));
            self.tell_of_payment(&state, (used, "wallet"), &mut changes).await?;
            let settled = state.settled + used;
            changes.push(InvoiceChange::Settle(Box::new(state), settled).into());
        }
        if left > Money::ZERO {
            let id = format!("payout:{}", contract.sid);
            let legs = [(LedgerAccount::Wallet(account), left), (LedgerAccount::Refund(account), -left)];
            changes.push(Change::Post(self.posting(&owner, id, &contract.sid.to_string(), legs)));
            changes.push(LetterChange::OwePayout(self.payout_of(contract, &owner, left)).into());
        }
        Ok(changes)
    }

    fn payout_of(&self, contract: &Subscription, owner: &Account, amount: Money) -> Payout {
        Payout {
            sid: PayoutSid::new(),
            version: 1,
            account_sid: owner.sid,
            subscription_sid: contract.sid,
            amount,
            currency: owner.currency,
            created_at: self.clock.now(),
            paid_at: None,
            reference: None,
        }
    }

    pub(crate) fn posting(
        &self,
        owner: &Account,
        id: String,
        reference: &str,
        legs: [(LedgerAccount, Money); 2],
    ) -> LedgerTransaction {
        LedgerTransaction {
            id,
            account_sid: owner.sid,
            reference: reference.to_owned(),
            currency: owner.currency,
            legs: without_zeros(legs),
            posted_at: self.clock.now(),
        }
    }

    /// What was paid in and not used, of the account's own ledger.
    pub(crate) async fn wallet(&self, account: AccountSid) -> Result<Money, AppError> {
        Ok((-self.wallet_balance(account).await?).max(Money::ZERO))
    }

    /// What the account owes besides what it used: charges for late payment, and what was taken back of what it had paid in.
    pub(crate) async fn wallet_debt(&self, account: AccountSid) -> Result<Money, AppError> {
        Ok(self.wallet_balance(account).await?.max(Money::ZERO))
    }

    async fn wallet_balance(&self, account: AccountSid) -> Result<Money, AppError> {
        let wallet = LedgerAccount::Wallet(account);
        let balances = self.store.balances(account).await?;
        Ok(balances.iter().find(|leg| leg.account == wallet).map_or(Money::ZERO, |leg| leg.amount))
    }

    /// What is to be paid back to customers of the account and below it, newest first.
    pub async fn payouts(&self, account: AccountSid) -> Result<Vec<Payout>, AppError> {
        Ok(self.store.payouts(account, PAYOUTS_SHOWN).await?)
    }

    /// The operator has paid back. Again with the same reference changes nothing.
    pub async fn pay_out(
        &self,
        account: &Account,
        by_operator: bool,
        sid: PayoutSid,
        reference: &str,
    ) -> Result<Payout, AppError> {
        let payout = self.store.payout(account.sid, sid).await?.ok_or(ErrorCode::NotFound)?;
        if !by_operator {
            return Err(refuse(ErrorCode::Forbidden, "Only a parent account says that it has paid back."));
        }
        if !REFERENCE_CHARS.contains(&reference.chars().count()) {
            return Err(refuse(ErrorCode::InvalidParameter, "Reference has 1 to 64 characters."));
        }
        match &payout.reference {
            Some(known) if known == reference => return Ok(payout),
            Some(_) => return Err(refuse(ErrorCode::Conflict, "It was paid back with another reference.")),
            None => {}
        }
        let id = format!("payout:{}:paid", payout.subscription_sid);
        let amount = payout.amount;
        let legs = [
            (LedgerAccount::Refund(account.sid), amount),
            (LedgerAccount::Cash("transfer".to_owned()), -amount),
        ];
        let posting = self.posting(account, id, reference, legs);
        let paid =
            Payout { paid_at: Some(self.clock.now()), reference: Some(reference.to_owned()), ..payout };
        let changes =
            ChangeSet::from(Change::Post(posting)).with(LetterChange::UpdatePayout(paid.clone()).into());
        self.store.commit(changes).await?;
        Ok(Payout { version: paid.version + 1, ..paid })
    }
}
