//! Usage events and postings.

use flexio_domain::*;

use super::columns::*;
use super::{Expect, Step};
use crate::StoreError;
use crate::relational::{Value, Write};

/// The shard of a kept sum that a step adds to, until the adapter puts its writer's own in its place.
const SHARD: Value = Value::Int(0);

impl Write {
    /// Where it adds to a kept sum: the position of the shard among its values. What is before it names the row, what is behind it is
    /// added. A writer adds to its own shard only, so that two writers never wait for each other's rows.
    pub const fn shard(self) -> Option<usize> {
        match self {
            Self::BalanceAdd => Some(2),
            Self::UsageDayAdd => Some(8),
            Self::UsageLabelAdd => Some(7),
            _ => None,
        }
    }

    /// Of a step that does nothing but add to one row: the position of the first value that is added; those before it name the row. Such steps
    /// of one transaction may be added up and written as one, unless a step between them looks at the sum ([`Write::looks_at_sums`]).
    pub const fn added_from(self) -> Option<usize> {
        match self {
            Self::CreditSpend => Some(1),
            Self::BalanceAdd | Self::UsageDayAdd | Self::UsageLabelAdd => match self.shard() {
                Some(shard) => Some(shard + 1),
                None => None,
            },
            _ => None,
        }
    }

    /// Whether what it does depends on a sum that others add to.
    pub const fn looks_at_sums(self) -> bool {
        matches!(
            self,
            Self::CreditInsert
                | Self::CreditUpdate
                | Self::CreditSettle
                | Self::CreditGrant
                | Self::CreditRequire
                | Self::UsageLabelsSweepOf
        )
    }
}

/// The event, the sum of its day, and the sums of its day by what it is for.
pub fn add_usage(event: &UsageEvent) -> Result<Vec<Step>, StoreError> {
    let mut sums = vec![Step::any(Write::UsageDayAdd, usage_day(event))];
    let labels = event.labels.each();
    sums.extend(
        labels.map(|(label, value)| Step::any(Write::UsageLabelAdd, usage_label(event, label, &value))),
    );
    let row = Step::new(Write::UsageInsert, usage_row(event)?, Expect::NewFact { dependents: sums.len() });
    Ok(std::iter::once(row).chain(sums).collect())
}

fn usage_label(event: &UsageEvent, label: UsageLabel, value: &str) -> Vec<Value> {
    vec![
        text(&event.day),
        sid(event.account_sid.as_u128()),
        text(label.as_str()),
        text(value),
        text(event.kind.as_str()),
        text(&event.item),
        text(&event.class),
        SHARD,
        begun(event),
        Value::Int(event.signed(event.billed)),
        Value::Int(event.signed(minutes(event))),
        Value::Int(event.amount.micros()),
    ]
}

fn usage_day(event: &UsageEvent) -> Vec<Value> {
    let amount = event.amount.micros();
    vec![
        text(&event.day),
        sid(event.account_sid.as_u128()),
        text(event.kind.as_str()),
        text(&event.item),
        text(&event.class),
        text(&event.month),
        text(&event.plan),
        Value::Int((amount != 0).into()),
        SHARD,
        Value::Int(event.signed(1)),
        Value::Int(event.signed(event.billed)),
        Value::Int(event.signed(minutes(event))),
        Value::Int(amount),
        begun(event),
    ]
}

/// The posting, its legs, and the balances they move. Legs of one ledger account move its balance once.
pub fn post(posting: &LedgerTransaction, steps: &mut Vec<Step>) -> Result<(), StoreError> {
    let sum = posting.legs.iter().try_fold(Money::ZERO, |sum, leg| sum.checked_add(leg.amount));
    if posting.legs.len() < 2 || sum != Ok(Money::ZERO) {
        return Err(StoreError::Broken("the legs of a posting are two or more and sum to zero".into()));
    }
    let account = sid(posting.account_sid.as_u128());
    let mut moves: Vec<(Value, String, i64)> = Vec::with_capacity(posting.legs.len());
    let mut legs = Vec::with_capacity(posting.legs.len());
    for (number, leg) in (0..).zip(&posting.legs) {
        let name = leg.account.to_string();
        let amount = leg.amount.micros();
        // A customer's ledger accounts are its own also where another's posting moves them.
        let owner = leg.account.holder().map_or_else(|| account.clone(), |holder| sid(holder.as_u128()));
        let values =
            vec![text(&posting.id), Value::Int(number), owner.clone(), text(&name), Value::Int(amount)];
        legs.push(Step::any(Write::LegInsert, values));
        match moves.iter_mut().find(|(_, known, _)| *known == name) {
            // Cannot overflow: the sum over all legs above did not, and partial sums of one account are bounded by i64 in `Money`.
            Some((_, _, sum)) => *sum = sum.saturating_add(amount),
            None => moves.push((owner, name, amount)),
        }
    }
    let row = vec![text(&posting.id), account, time(posting.posted_at), doc(posting)?];
    let spent = super::credit::spend(posting);
    let dependents = legs.len() + moves.len() + spent.len();
    steps.push(Step::new(Write::PostingInsert, row, Expect::NewFact { dependents }));
    steps.append(&mut legs);
    for (owner, name, amount) in moves {
        let values = vec![owner, Value::Text(name), SHARD, Value::Int(amount)];
        steps.push(Step::any(Write::BalanceAdd, values));
    }
    steps.extend(spent);
    Ok(())
}

/// A leg that was cut is one use, which began with its first part.
fn begun(event: &UsageEvent) -> Value {
    Value::Int(event.signed((!event.is_further_part()).into()))
}

/// Started minutes of a timed fact; 0 for a counted one.
fn minutes(event: &UsageEvent) -> u64 {
    event.duration_ms.map_or(0, |ms| ms.div_ceil(60_000))
}

fn usage_row(event: &UsageEvent) -> Result<Vec<Value>, StoreError> {
    Ok(vec![
        text(&event.source),
        text(&event.id),
        sid(event.account_sid.as_u128()),
        text(event.kind.as_str()),
        text(&event.item),
        text(&event.class),
        text(&event.day),
        Value::Int(event.signed(event.billed)),
        Value::Int(event.signed(minutes(event))),
        Value::Int(event.amount.micros()),
        text(&event.resource),
        text(&event.month),
        text(&event.plan),
        doc(event)?,
    ])
}
