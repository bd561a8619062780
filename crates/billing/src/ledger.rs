//! Double entry: postings of usage, their reversals, and what a set of postings proves.

use std::collections::{BTreeMap, BTreeSet};

use flexio_domain::{Currency, Faults, LedgerAccount, LedgerLeg, LedgerTransaction, Money, UsageEvent};
use jiff::Timestamp;

/// The posting of a rated event: debit the customer's unbilled use, credit the revenue of the item.
///
/// `None` for what costs nothing. A function of the event alone: its id is `usage:{source}:{id}`, so the database
/// refuses a second charge, and it is dated with the event, so that posting again gives the same bytes.
pub fn posting_for(event: &UsageEvent, currency: Currency) -> Option<LedgerTransaction> {
    if event.amount == Money::ZERO {
        return None;
    }
    Some(LedgerTransaction {
        id: format!("usage:{}:{}", event.source, event.id),
        account_sid: event.account_sid,
        reference: event.id.clone(),
        currency,
        legs: vec![
            LedgerLeg { account: LedgerAccount::Unbilled(event.account_sid), amount: event.amount },
            LedgerLeg { account: LedgerAccount::Revenue(event.item.clone()), amount: -event.amount },
        ],
        posted_at: event.created_at,
    })
}

/// The posting that undoes another: every leg negated, under an id that allows it once.
pub fn reversal(posting: &LedgerTransaction, posted_at: Timestamp) -> LedgerTransaction {
    let legs = posting.legs.iter();
    LedgerTransaction {
        id: format!("reversal:{}", posting.id),
        account_sid: posting.account_sid,
        reference: posting.id.clone(),
        currency: posting.currency,
        legs: legs.map(|leg| LedgerLeg { account: leg.account.clone(), amount: -leg.amount }).collect(),
        posted_at,
    }
}

/// Whether a posting may be made: two legs or more, which sum to zero.
pub fn is_balanced(posting: &LedgerTransaction) -> bool {
    posting.legs.len() >= 2 && sum(posting) == 0
}

/// In micro-units; wider than money, so that a wrong posting cannot overflow the check that finds it.
fn sum(posting: &LedgerTransaction) -> i128 {
    posting.legs.iter().map(|leg| i128::from(leg.amount.micros())).sum()
}

/// Balance of every ledger account, by currency: debit positive, credit negative.
///
/// # Panics
///
/// If a balance leaves ±9.2 × 10¹² units: no ledger is that large, so the postings are not one.
pub fn balances<'t>(
    postings: impl IntoIterator<Item = &'t LedgerTransaction>,
) -> BTreeMap<(Currency, LedgerAccount), Money> {
    let mut balances = BTreeMap::new();
    for posting in postings {
        for leg in &posting.legs {
            *balances.entry((posting.currency, leg.account.clone())).or_insert(Money::ZERO) += leg.amount;
        }
    }
    balances
}

/// What a set of postings adds up to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Proof {
    /// Postings seen.
    pub transactions: u64,
    /// Sum of all legs per currency, in micro-units; zero, or the ledger is broken.
    pub sums: BTreeMap<Currency, i128>,
    /// Postings whose own legs do not sum to zero, or that have fewer than two.
    pub unbalanced: Faults,
    /// Ids that were seen before: a charge made twice.
    pub repeated: Faults,
    /// Events with an amount and without their exact posting: money lost or changed. From [`prove_usage`].
    pub unposted: Faults,
}

impl Proof {
    /// Whether every part of it is as it must be.
    pub fn holds(&self) -> bool {
        self.sums.values().all(|&sum| sum == 0)
            && [&self.unbalanced, &self.repeated, &self.unposted].into_iter().all(|faults| faults.count == 0)
    }
}

/// Checks postings: each balanced, none twice, all together zero.
pub fn prove<'t>(postings: impl IntoIterator<Item = &'t LedgerTransaction>) -> Proof {
    let mut proof = Proof::default();
    let mut seen = BTreeSet::new();
    for posting in postings {
        proof.transactions += 1;
        *proof.sums.entry(posting.currency).or_default() += sum(posting);
        if !is_balanced(posting) {
            proof.unbalanced.add(&posting.id);
        }
        if !seen.insert(posting.id.as_str()) {
            proof.repeated.add(&posting.id);
        }
    }
    proof
}

/// [`prove`], and that every event which costs money has exactly the posting it must have.
pub fn prove_usage<'t>(
    postings: impl IntoIterator<Item = &'t LedgerTransaction> + Clone,
    events: impl IntoIterator<Item = &'t UsageEvent>,
    currency: Currency,
) -> Proof {
    let mut proof = prove(postings.clone());
    let by_id: BTreeMap<&str, &LedgerTransaction> =
        postings.into_iter().map(|posting| (posting.id.as_str(), posting)).collect();
    for event in events {
        let Some(wanted) = posting_for(event, currency) else { continue };
        if by_id.get(wanted.id.as_str()).is_none_or(|posting| posting.legs != wanted.legs) {
            proof.unposted.add(&event.id);
        }
    }
    proof
}
