//! What the running month's invoice would come to.

use std::collections::BTreeMap;

use flexio_domain::{AccountSid, ErrorCode, Invoice, Money, UsageSupply};
use flexio_rating::{BillingMode, BillingMonth};

use super::Undrafted;
use crate::App;
use crate::error::{AppError, refuse};

/// Accounts below a payer that are looked at, at most.
const ACCOUNTS_MAX: u32 = 1_000;

type Key = (AccountSid, String, String);

impl App {
    /// The invoice of the running month as it would be if nothing more were used: what is on no invoice yet, and what is held, as if to the
    /// end of the month. Its number, sid and days are not those that an invoice will have. `None` where nobody pays, or nothing is due.
    pub async fn invoice_preview(&self, account: AccountSid) -> Result<Option<Invoice>, AppError> {
        if self.rater().plan().billing_mode() == BillingMode::Showback {
            return Err(refuse(
                ErrorCode::Unprocessable,
                "The plan's billing_mode is showback: nobody is invoiced.",
            ));
        }
        let month = BillingMonth::of_day(self.local_today());
        let Some(customer) = self.store.customer(account).await? else { return Ok(None) };
        let unsaid =
            |reason: String| refuse(ErrorCode::Unprocessable, format!("There is no preview: {reason}."));
        let (mut due, invoiced) = self.supplies_due(account, month).await?.map_err(unsaid)?;
        due.extend(self.held_supplies(account, month, &due).await?);
        let (plans, gifts) = (self.plan_book().await?, self.gifts(&customer).await?);
        match self.draft(month, &customer, (&due, &invoiced), &plans, &gifts, 0).await? {
            Ok(invoice) => Ok(Some(invoice)),
            Err(Undrafted::Empty) => Ok(None),
            Err(Undrafted::Refused(reason)) => Err(unsaid(reason)),
        }
    }

    /// What is charged at the end of the month for what is held, by the payer's own account and by those below it. What was charged already,
    /// for somebody who left within the month, is not said again.
    async fn held_supplies(
        &self,
        payer: AccountSid,
        month: BillingMonth,
        used: &[UsageSupply],
    ) -> Result<Vec<UsageSupply>, AppError> {
        let (start, end) = month.bounds(self.rater().plan().zone());
        let month_name = month.to_string();
        let key = |supply: &UsageSupply| (supply.account_sid, supply.item.clone(), supply.plan.clone());
        let known: Vec<Key> = used.iter().filter(|supply| supply.month == month_name).map(key).collect();
        let mut sums: BTreeMap<Key, UsageSupply> = BTreeMap::new();
        for account in self.store.accounts_below(payer, None, ACCOUNTS_MAX).await? {
            if account != payer && self.store.customer(account).await?.is_some() {
                continue;
            }
            for charge in self.charges_of(account, month, (start, end)).await? {
                let event = charge.event;
                let key = (account, event.item.clone(), event.plan.clone());
                if event.amount == Money::ZERO || known.contains(&key) {
                    continue;
                }
                let sum = sums.entry(key).or_insert_with(|| UsageSupply {
                    account_sid: account,
                    month: month_name.clone(),
                    item: event.item.clone(),
                    plan: event.plan.clone(),
                    quantity: 0,
                    count: 0,
                    amount: Money::ZERO,
                });
                sum.quantity += event.billed;
                sum.count += 1;
                sum.amount += event.amount;
            }
        }
        Ok(sums.into_values().collect())
    }
}
