//! What the running month's invoice would come to.

use std::collections::BTreeMap;

use flexio_domain::{AccountSid, ErrorCode, Invoice, Money, Timestamp, UsageSupply};
use flexio_rating::{BillingMode, BillingMonth};
use flexio_store::Scope;

use super::Undrafted;
use crate::App;
use crate::error::{AppError, refuse};

/// Accounts below a payer that are looked at, at most.
const ACCOUNTS_MAX: u32 = 1_000;

type Key = (AccountSid, String, String);

impl App {
    /// The invoice of the running month as it would be if nothing more were used: what is on no invoice yet, what calls that run have cost so
    /// far, and what is held, as if to the end of the month. Its number, sid and days are not those that an invoice will have. `None` where nobody pays, or nothing is due.
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
        due.extend(self.held_supplies(account, month, &due, None).await?);
        for supply in self.running_supplies(account).await? {
            let same = |it: &&mut UsageSupply| (key(it), &it.month) == (key(&supply), &supply.month);
            match due.iter_mut().find(same) {
                Some(known) => {
                    known.quantity += supply.quantity;
                    known.count += supply.count;
                    known.amount += supply.amount;
                }
                None => due.push(supply),
            }
        }
        let (plans, gifts) = (self.plan_book().await?, self.gifts(&customer).await?);
        match self.draft(month, &customer, (&due, &invoiced), &plans, &gifts, 0).await? {
            Ok(invoice) => Ok(Some(invoice)),
            Err(Undrafted::Empty) => Ok(None),
            Err(Undrafted::Refused(reason)) => Err(unsaid(reason)),
        }
    }

    /// What calls have cost so far that run on the payer's own account and on those below it that he pays for.
    async fn running_supplies(&self, payer: AccountSid) -> Result<Vec<UsageSupply>, AppError> {
        let mut pays: BTreeMap<AccountSid, bool> = BTreeMap::new();
        let mut supplies = Vec::new();
        for event in self.running_usage(payer, Scope::Tree).await? {
            let account = event.account_sid;
            let is_his = match pays.get(&account) {
                Some(known) => *known,
                None => self.payer_of_invoices(account).await? == Some(payer),
            };
            pays.insert(account, is_his);
            if is_his && event.amount != Money::ZERO {
                supplies.push(UsageSupply {
                    account_sid: account,
                    quantity: event.billed,
                    count: u64::from(!event.is_further_part()),
                    month: event.month,
                    item: event.item,
                    plan: event.plan,
                    amount: event.amount,
                });
            }
        }
        Ok(supplies)
    }

    /// What is charged at the end of the month for what is held, by the payer's own account and by those below it; with `until`, for what is
    /// held up to then. What was charged already, for somebody who left within the month, is not said again.
    pub(crate) async fn held_supplies(
        &self,
        payer: AccountSid,
        month: BillingMonth,
        used: &[UsageSupply],
        until: Option<Timestamp>,
    ) -> Result<Vec<UsageSupply>, AppError> {
        let (start, end) = month.bounds(self.rater().plan().zone());
        let month_name = month.to_string();
        let known: Vec<Key> = used.iter().filter(|supply| supply.month == month_name).map(key).collect();
        let mut sums: BTreeMap<Key, UsageSupply> = BTreeMap::new();
        for account in self.store.accounts_below(payer, None, ACCOUNTS_MAX).await? {
            if account != payer && self.store.customer(account).await?.is_some() {
                continue;
            }
            let charges = match until {
                None => self.charges_of(account, month, (start, end)).await?,
                Some(until) => self.charges_until(account, month, (start, until.min(end))).await?,
            };
            for charge in charges {
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

fn key(supply: &UsageSupply) -> Key {
    (supply.account_sid, supply.item.clone(), supply.plan.clone())
}
