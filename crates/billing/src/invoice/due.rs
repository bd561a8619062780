//! What is to be invoiced: what was used, less what is on invoices already.

use std::borrow::Borrow;
use std::collections::BTreeMap;

use flexio_domain::{AccountSid, LedgerAccount, Money, UsageSupply};
use flexio_rating::{BillingMonth, Item, PromotedLabel, TierMode, Tiers};

use super::{Supplied, Supply};

/// What is due of one account's usage, for the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// Whose usage.
    pub account_sid: AccountSid,
    /// Sum of the charges.
    pub exact: Money,
    /// It spends on terms of its own: what it owes to the account above it is not paid by that account's invoice.
    pub onward: bool,
}

impl Due {
    /// The ledger account the charges are moved from.
    pub(super) fn from(&self) -> LedgerAccount {
        if self.onward {
            LedgerAccount::Onward(self.account_sid)
        } else {
            LedgerAccount::Unbilled(self.account_sid)
        }
    }
}

/// Why supplies are not found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DueError {
    /// Usage went away that is on an invoice: somebody wrote to the database.
    #[error("less {item} was used in {month} by {account_sid} than was invoiced")]
    Less {
        /// Whose.
        account_sid: AccountSid,
        /// When.
        month: String,
        /// What.
        item: String,
    },
    /// A price that no known plan has.
    #[error("no published plan {plan} has a price for {item}")]
    NoPrice {
        /// Plan and version.
        plan: String,
        /// What.
        item: String,
    },
    /// Not a month.
    #[error("usage of the month {0:?}")]
    Month(String),
}

type Key<'s> = (AccountSid, &'s str, &'s str, &'s str);

fn key(supply: &UsageSupply) -> Key<'_> {
    (supply.account_sid, &supply.month, &supply.item, &supply.plan)
}

/// What of `used` is not `invoiced` yet. Both have one entry per account, month, item and plan at most.
pub fn not_invoiced(used: &[UsageSupply], invoiced: &[UsageSupply]) -> Result<Vec<UsageSupply>, DueError> {
    let earlier: BTreeMap<Key<'_>, &UsageSupply> =
        invoiced.iter().map(|supply| (key(supply), supply)).collect();
    let mut due = Vec::new();
    for supply in used {
        let Some(earlier) = earlier.get(&key(supply)) else {
            due.push(supply.clone());
            continue;
        };
        let less = || DueError::Less {
            account_sid: supply.account_sid,
            month: supply.month.clone(),
            item: supply.item.clone(),
        };
        let rest = UsageSupply {
            quantity: supply.quantity.checked_sub(earlier.quantity).ok_or_else(less)?,
            count: supply.count.checked_sub(earlier.count).ok_or_else(less)?,
            amount: supply.amount - earlier.amount,
            ..supply.clone()
        };
        if rest.count > 0 {
            due.push(rest);
        }
    }
    Ok(due)
}

/// Quantity, uses and charges by month, place in the plan, item and plan.
type Sums<'s> = BTreeMap<(&'s str, usize, &'s str, &'s str), (u64, u64, Money)>;
/// What is due by month, item, and plan behind its version.
type Counted<'s> = BTreeMap<(&'s str, &'s str, (u32, &'s str)), u64>;

/// One supply per item, price and month over all accounts, in the order of month and the plan's items. Volume prices count what is used of an
/// item in a month by whatever version: what is `invoiced` already, then what is due by version, older versions first, as a month goes from
/// one to the next. `item` finds the price of an item in a plan, with its place there.
pub fn supplies<I: Borrow<Item>>(
    due: &[UsageSupply],
    invoiced: &[UsageSupply],
    item: impl Fn(&str, &str) -> Option<(usize, I)>,
) -> Result<Vec<Supply>, DueError> {
    let mut sums: Sums<'_> = BTreeMap::new();
    let mut counted: Counted<'_> = BTreeMap::new();
    for part in due {
        let (place, _) = item(&part.plan, &part.item).ok_or_else(|| no_price(part))?;
        let sum = sums.entry((&part.month, place, &part.item, &part.plan)).or_default();
        *sum = (sum.0 + part.quantity, sum.1 + part.count, sum.2 + part.amount);
        *counted.entry((&part.month, &part.item, version_of(&part.plan))).or_default() += part.quantity;
    }
    let mut supplies = Vec::new();
    for ((name, _, code, plan), (quantity, count, amount)) in sums {
        let month: BillingMonth = name.parse().map_err(|_| DueError::Month(name.to_owned()))?;
        let Some((_, priced)) = item(plan, code) else { continue };
        let priced: &Item = priced.borrow();
        let same = |it: &&UsageSupply| (&*it.item, &*it.month) == (code, name);
        let invoiced: u64 = invoiced.iter().filter(same).map(|it| it.quantity).sum();
        let of_item = counted.iter().filter(|((month, item, _), _)| (*month, *item) == (name, code));
        let others = match priced.tiers.as_ref().map(Tiers::mode) {
            // All units have the price that the month's last one reached.
            Some(TierMode::AllUnits) => of_item.map(|(_, units)| units).sum::<u64>() - quantity,
            _ => of_item.filter(|((.., it), _)| *it < version_of(plan)).map(|(_, units)| units).sum(),
        };
        let supplied = Supplied { plan, month, quantity, count, amount, before: invoiced + others };
        supplies.extend(Supply::of(priced, &supplied));
    }
    Ok(supplies)
}

/// A plan's label behind its version as a number, so that version 10 comes behind version 9.
fn version_of(plan: &str) -> (u32, &str) {
    let (_, version) = PromotedLabel::base_of(plan).rsplit_once('/').unwrap_or_default();
    (version.parse().unwrap_or(0), plan)
}

fn no_price(part: &UsageSupply) -> DueError {
    DueError::NoPrice { plan: part.plan.clone(), item: part.item.clone() }
}

/// Sums per account, none of them `onward`.
pub fn per_account(due: &[UsageSupply]) -> Vec<Due> {
    let mut sums: BTreeMap<AccountSid, Money> = BTreeMap::new();
    for part in due {
        *sums.entry(part.account_sid).or_insert(Money::ZERO) += part.amount;
    }
    let due = |(account_sid, exact)| Due { account_sid, exact, onward: false };
    sums.into_iter().map(due).collect()
}
