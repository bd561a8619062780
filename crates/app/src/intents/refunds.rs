//! Money that goes back the way it came: out of a wallet, or what was left at the end of a contract.

use std::sync::Arc;

use flexio_domain::*;
use flexio_payments::{Fact, NewRefund};
use flexio_store::{Change, ChangeSet, Page, PaymentChange};

use super::provider_failed;
use crate::App;
use crate::error::{AppError, refuse};

/// Payments of an account through which money may go back, newest first.
const PAYMENTS_MAX: u32 = 500;
/// Refunds of one payment.
const REFUNDS_MAX: usize = 50;

/// Of a payment's refunds, what pays this back and is booked.
pub(super) fn booked_of(intent: &PaymentIntent, payout: PayoutSid) -> Money {
    let is_booked = |it: &&PaymentRefund| {
        it.payout_sid == Some(payout) && matches!(it.state, RefundState::Pending | RefundState::Succeeded)
    };
    intent.refunds.iter().filter(is_booked).map(|it| it.amount).sum()
}

/// Of a payment's refunds, what pays this back or is to.
fn asked_of(intent: &PaymentIntent, payout: PayoutSid) -> Money {
    let is_alive = |it: &&PaymentRefund| it.payout_sid == Some(payout) && it.state != RefundState::Failed;
    intent.refunds.iter().filter(is_alive).map(|it| it.amount).sum()
}

impl App {
    /// Pays back through the provider what came by a payment, out of the wallet: what is not in it cannot go back.
    pub async fn refund_payment(
        &self,
        account: &Account,
        by_operator: bool,
        sid: PaymentIntentSid,
        amount: Option<Money>,
    ) -> Result<PaymentIntent, AppError> {
        self.payment(account.sid, sid).await?;
        if !by_operator {
            return Err(refuse(ErrorCode::Forbidden, "Only a parent account pays back."));
        }
        let provider = Arc::clone(self.payment_provider()?);
        let asked = retrying!(async {
            let intent = self.payment(account.sid, sid).await?;
            let wallet = self.wallet(account.sid).await?;
            let most = wallet_cents(intent.refundable().min(wallet));
            let amount = amount.unwrap_or(most);
            if amount <= Money::ZERO || amount > most || amount.micros() % super::CENT != 0 {
                let (most, wallet) = (most.to_decimals(2), wallet.to_decimals(2));
                let why = format!(
                    "Amount is above zero, in whole cents, and at most {most}: {wallet} are in the wallet."
                );
                return Err(refuse(ErrorCode::NotRefundable, why));
            }
            self.ask_refund(intent, amount, None).await
        })?;
        self.carry_refunds(&*provider, asked).await
    }

    /// Pays back through the provider what was left at the end of a contract, over the payments it came by, newest first. Asked again
    /// it goes on where it stood.
    pub async fn pay_out_by_provider(
        &self,
        account: &Account,
        by_operator: bool,
        sid: PayoutSid,
    ) -> Result<Payout, AppError> {
        let payout = self.store.payout(account.sid, sid).await?.ok_or(ErrorCode::NotFound)?;
        if !by_operator {
            return Err(refuse(ErrorCode::Forbidden, "Only a parent account pays back."));
        }
        if payout.paid_at.is_some() {
            return Ok(payout);
        }
        let provider = Arc::clone(self.payment_provider()?);
        let intents = self.repayable(account.sid).await?;
        let asked: Money = intents.iter().map(|intent| asked_of(intent, sid)).sum();
        let mut left = payout.amount - asked;
        let can: Money = intents.iter().map(|intent| wallet_cents(intent.refundable())).sum();
        if can < left || left.micros() % super::CENT != 0 {
            let (can, left) = (can.to_decimals(2), left.to_decimals(6));
            let why = format!("{left} are to be paid back, and only {can}, in whole cents, came this way.");
            return Err(refuse(ErrorCode::NotRefundable, why));
        }
        for intent in intents {
            let part = wallet_cents(intent.refundable()).min(left);
            let has_asked = intent.refunds.iter().any(|it| it.state == RefundState::Asked);
            let sid_of = intent.sid;
            let intent = if part > Money::ZERO {
                left -= part;
                retrying!(async {
                    let intent = self.payment(account.sid, sid_of).await?;
                    self.ask_refund(intent, part, Some(sid)).await
                })?
            } else if has_asked {
                intent
            } else {
                continue;
            };
            self.carry_refunds(&*provider, intent).await?;
        }
        self.store.payout(account.sid, sid).await?.ok_or_else(|| ErrorCode::NotFound.into())
    }

    async fn repayable(&self, account: AccountSid) -> Result<Vec<PaymentIntent>, AppError> {
        let page = Page { limit: PAYMENTS_MAX, ..Page::default() };
        Ok(self.store.payment_intents(account, &page).await?)
    }

    /// What was paid back of this by other payments than one.
    pub(super) async fn repaid(
        &self,
        account: AccountSid,
        payout: PayoutSid,
        but: Option<PaymentIntentSid>,
    ) -> Result<Money, AppError> {
        let intents = self.repayable(account).await?;
        Ok(intents.iter().filter(|it| Some(it.sid) != but).map(|it| booked_of(it, payout)).sum())
    }

    /// Keeps that a refund is to be asked for, before it is.
    async fn ask_refund(
        &self,
        intent: PaymentIntent,
        amount: Money,
        payout_sid: Option<PayoutSid>,
    ) -> Result<PaymentIntent, AppError> {
        if amount > intent.refundable() || intent.refunds.len() >= REFUNDS_MAX {
            return Err(refuse(ErrorCode::NotRefundable, "The payment was paid back as far as it can be."));
        }
        let number = intent.refunds.iter().map(|it| it.number).max().unwrap_or(0) + 1;
        let refund =
            PaymentRefund { number, provider_id: None, amount, payout_sid, state: RefundState::Asked };
        let now = self.clock.now();
        let mut asked = PaymentIntent { look_at: Some(now), looks: 0, updated_at: now, ..intent };
        asked.refunds.push(refund);
        let changes = ChangeSet::from(Change::from(PaymentChange::Update(Box::new(asked.clone()))));
        self.store.commit(changes).await?;
        asked.version += 1;
        Ok(asked)
    }

    /// Asks the provider for every refund that is to be asked for, and books what it says.
    pub(super) async fn carry_refunds(
        &self,
        provider: &dyn flexio_payments::PaymentProvider,
        mut intent: PaymentIntent,
    ) -> Result<PaymentIntent, AppError> {
        let Some(payment) = intent.provider_id.clone() else { return Ok(intent) };
        let waiting: Vec<(u32, Money)> = intent
            .refunds
            .iter()
            .filter(|it| it.state == RefundState::Asked)
            .map(|it| (it.number, it.amount))
            .collect();
        for (number, amount) in waiting {
            let new = NewRefund {
                intent: intent.sid,
                payment: payment.clone(),
                number,
                amount,
                currency: intent.currency,
            };
            let fact = match provider.refund(&new).await {
                Ok(fact) => Fact::Refund(fact),
                Err(flexio_payments::ProviderError::Refused(why)) => {
                    self.refund_refused(&intent, number).await?;
                    return Err(provider_failed(&flexio_payments::ProviderError::Refused(why)));
                }
                Err(error) => return Err(provider_failed(&error)),
            };
            intent = Box::pin(self.book_facts(intent.account_sid, intent.sid, &[fact])).await?;
        }
        Ok(intent)
    }

    /// The provider will not pay this back.
    async fn refund_refused(&self, of: &PaymentIntent, number: u32) -> Result<(), AppError> {
        retrying!(async {
            let mut intent = self.payment(of.account_sid, of.sid).await?;
            let asked = intent.refunds.iter_mut().find(|it| it.number == number);
            let Some(refund) = asked.filter(|it| it.state == RefundState::Asked) else { return Ok(()) };
            refund.state = RefundState::Failed;
            intent.updated_at = self.clock.now();
            let update = Change::from(PaymentChange::Update(Box::new(intent)));
            Ok::<_, AppError>(self.store.commit(update.into()).await?)
        })
    }

    /// Books what the provider said when it was asked.
    pub(super) async fn book_facts(
        &self,
        account: AccountSid,
        sid: PaymentIntentSid,
        facts: &[Fact],
    ) -> Result<PaymentIntent, AppError> {
        retrying!(async {
            let intent = self.payment(account, sid).await?;
            match self.facts_booked(intent, facts).await? {
                Ok(changes) => self.store.commit(changes).await?,
                Err(trouble) => tracing::error!(payment = %sid, trouble, "payment_not_booked"),
            }
            Ok::<_, AppError>(())
        })?;
        self.after_booking();
        self.payment(account, sid).await
    }
}

/// What can go back of an amount: providers count in cents.
fn wallet_cents(amount: Money) -> Money {
    Money::from_micros(amount.micros() - amount.micros() % super::CENT)
}
