//! The fourteen days in which a consumer may go back on a contract, and orders by telephone, which bind nobody before the summary was read.

use flexio_billing::invoice::CreditLine;
use flexio_billing::subscription::{SubscriptionEvent, withdrawal_over};
use flexio_domain::*;
use flexio_rating::BillingMonth;
use flexio_store::{Change, ChangeSet, ContractChange};

use crate::error::{AppError, refuse};
use crate::promotions::Wanted;
use crate::subscriptions::moved;
use crate::{App, Order};

/// Months from the order to the last invoice of a contract that was withdrawn from.
const MONTHS_MAX: usize = 4;
/// Credit notes of one invoice.
const NOTES_MAX: u32 = 1_000;

impl App {
    /// The right that a customer has from now on; only consumers have one.
    pub(crate) fn right_to_withdraw(
        &self,
        customer: &Customer,
        begins: bool,
        now: Timestamp,
    ) -> Option<Withdrawal> {
        let over = withdrawal_over(self.local_day(now));
        let zone = self.rater().plan().zone();
        let until = zone.to_timestamp(over.at(0, 0, 0, 0)).unwrap_or(Timestamp::MAX);
        let right = Withdrawal { until, begun_at: begins.then_some(now), used_at: None };
        (customer.kind == CustomerKind::Consumer).then_some(right)
    }

    /// The consumer asks that service begins before the fourteen days are over. The proof is kept like that of the order.
    pub async fn begin_service(&self, account: &Account, order: &Order) -> Result<Subscription, AppError> {
        crate::auth::must_be_active(account)?;
        let begun = retrying!(async {
            let now = self.clock.now();
            let customer = self.customer(account.sid).await?;
            let mut contract = self.subscription(account.sid).await?;
            if !contract.waits_to_begin(now) {
                let why = "There is nothing to ask for: service has begun, or nothing was ordered.";
                return Err(refuse(ErrorCode::SubscriptionState, why));
            }
            let acceptance = self.acceptance(&contract, &customer, order, now)?;
            contract.withdrawal.iter_mut().for_each(|right| right.begun_at = Some(now));
            contract.updated_at = now;
            let mut changes = ChangeSet::from(Change::from(ContractChange::Accept(acceptance)));
            changes.append(self.save_contract(contract.state, &contract).await?);
            self.store.commit(changes).await?;
            contract.version += 1;
            Ok::<_, AppError>(contract)
        })?;
        self.stopped.clear();
        Ok(begun)
    }

    /// An order by telephone, noted by the account above: the summary goes out, with the promotions that were promised in it, and nothing is
    /// in force until the customer has confirmed it.
    pub async fn order_unseen(
        &self,
        account: &Account,
        by_operator: bool,
        wanted: &[Wanted],
    ) -> Result<Subscription, AppError> {
        if !by_operator {
            let why = "Only a parent account notes an order by telephone: order what you have read.";
            return Err(refuse(ErrorCode::Forbidden, why));
        }
        let offered = self.offer(account, wanted).await?;
        let customer = self.customer(account.sid).await?;
        let summary = self.summary(account.sid, offered.offer.summary_sid).await?;
        let noted = retrying!(async {
            let mut contract = self.subscription(account.sid).await?;
            let before = contract.state;
            contract.state = moved(before, SubscriptionEvent::OrderedUnseen)?;
            contract.updated_at = self.clock.now();
            let mut changes = self.save_contract(before, &contract).await?;
            let (subject, body) = self.unseen_text(&customer, &contract, &summary);
            changes.append(self.write_to_customer(account, &customer, (subject, body), true).await?);
            self.store.commit(changes).await?;
            contract.version += 1;
            Ok::<_, AppError>(contract)
        })?;
        self.wake.emails.notify_one();
        self.wake.callbacks.notify_one();
        Ok(noted)
    }

    /// Takes back what a consumer who withdrew was charged for the designer beyond the days it was on. Again changes nothing.
    pub(crate) async fn credit_withdrawn(&self, contract: &Subscription) -> Result<(), AppError> {
        let (Some(begun), Some(ended)) = (contract.activated_at, contract.ends_at) else { return Ok(()) };
        if !contract.is_withdrawn() {
            return Ok(());
        }
        let account = contract.account_sid;
        let reason = self.withdrawal_reason(account).await?;
        let zone = self.rater().plan().zone();
        // The last invoice is of the month in which the grace ends.
        let last = BillingMonth::of(self.clock.now().max(ended), zone);
        let months = std::iter::successors(Some(BillingMonth::of(begun, zone)), |month| month.next());
        for month in months.take_while(|month| *month <= last).take(MONTHS_MAX) {
            let Some(state) = self.store.invoice_of_month(account, &month.to_string()).await? else {
                continue;
            };
            let known = self.store.credit_notes(account, state.invoice.sid, NOTES_MAX).await?;
            if known.iter().any(|it| it.invoice.preceding.as_ref().is_some_and(|it| it.reason == reason)) {
                continue;
            }
            let parts = self.designer_beyond_its_days(account, &state.invoice).await?;
            if !parts.is_empty() {
                let sid = state.invoice.sid;
                let draft = Box::pin(self.draft_credit_within(account, sid, (&parts, reason), 0)).await?;
                if let Some(draft) = draft {
                    let changes = Box::pin(self.credit_changes(draft)).await?;
                    self.store.commit(changes).await?;
                }
            }
        }
        Ok(())
    }

    /// What the designer's lines are above the price of its days.
    async fn designer_beyond_its_days(
        &self,
        account: AccountSid,
        invoice: &Invoice,
    ) -> Result<Vec<CreditLine>, AppError> {
        let zone = self.rater().plan().zone();
        let mut parts = Vec::new();
        for line in invoice.lines.iter().filter(|line| line.item == HeldItem::Designer.as_str()) {
            let Ok(month) = line.month.parse::<BillingMonth>() else { continue };
            let of_days = self.designer_by_day(account, month, month.bounds(zone)).await?;
            parts.extend(CreditLine::beyond(line, of_days));
        }
        Ok(parts)
    }

    async fn withdrawal_reason(&self, account: AccountSid) -> Result<&'static str, AppError> {
        Ok(match self.customer(account).await?.language {
            Language::Nl => "Herroeping: alleen de dagen van gebruik",
            Language::Fr => "Rétractation : les jours d'utilisation seulement",
            Language::De => "Widerruf: nur die Tage der Nutzung",
            Language::En => "Withdrawal: the days of use only",
        })
    }
}

/// Refused where there is no right to withdraw, or no more.
pub(crate) fn may_withdraw(contract: &Subscription, now: Timestamp) -> Result<(), AppError> {
    let right = contract.withdrawal.as_ref();
    if right.is_some_and(|right| right.used_at.is_none() && now < right.until) {
        return Ok(());
    }
    let why =
        "Only a consumer withdraws, within fourteen days: cancel the contract, which is free of charge too.";
    Err(refuse(ErrorCode::SubscriptionState, why))
}
