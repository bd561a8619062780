//! The chain over the ledger.

use flexio_domain::{LedgerCarried, LedgerOpening, Money, first_sid_of};

use super::columns::*;
use super::{MISSING, MOVED, Step, TAKEN};
use crate::relational::{Value, Write};
use crate::{LedgerChange, OldBooks, StoreError};

/// Appends the steps of a change.
pub fn plan(change: LedgerChange, steps: &mut Vec<Step>) -> Result<(), StoreError> {
    match change {
        LedgerChange::Seal(seal, postings) => {
            let number = count(seal.number);
            steps.push(Step::one(Write::SealInsert, vec![number.clone(), doc(&seal)?], TAKEN));
            for id in postings {
                steps.push(Step::one(Write::PostingSeal, vec![text(&id), number.clone()], MOVED));
            }
        }
        LedgerChange::Carry { carried, behind, openings } => carry(&carried, behind, &openings, steps)?,
        LedgerChange::Drop(old) => drop(old, steps),
        LedgerChange::Park(parked) => {
            let (source, id) = (text(&parked.event.source), text(&parked.event.id));
            let row = vec![source, id, time(parked.at), doc(&parked)?];
            steps.push(Step::any(Write::ParkedInsert, row));
        }
        LedgerChange::Unpark(source, id) => {
            steps.push(Step::one(Write::ParkedDelete, vec![text(&source), text(&id)], MISSING));
        }
    }
    Ok(())
}

fn carry(
    carried: &LedgerCarried,
    behind: u64,
    openings: &[LedgerOpening],
    steps: &mut Vec<Step>,
) -> Result<(), StoreError> {
    let write = if carried.version == 1 { Write::CarriedInsert } else { Write::CarriedUpdate };
    let row = vec![count(carried.version.into()), text(&carried.day.to_string()), doc(carried)?];
    steps.push(Step::one(write, row, MOVED));
    for opening in openings {
        let mut key = vec![sid(opening.account_sid.as_u128()), text(&opening.ledger_account)];
        if opening.amount == Money::ZERO {
            steps.push(Step::any(Write::OpeningDrop, key));
        } else {
            key.push(Value::Int(opening.amount.micros()));
            steps.push(Step::any(Write::OpeningSet, key));
        }
    }
    let until = count(carried.seal.number);
    for write in [Write::CarryUsage, Write::CarryLegs, Write::CarryPostings] {
        steps.push(Step::any(write, vec![count(behind), until.clone()]));
    }
    steps.push(Step::any(Write::CarrySeals, vec![until]));
    Ok(())
}

fn drop(old: OldBooks, steps: &mut Vec<Step>) {
    let mut each = |writes: &[Write], values: &[Value]| {
        steps.extend(writes.iter().map(|write| Step::any(*write, values.to_vec())));
    };
    match old {
        OldBooks::Uses(account, day) => each(
            &[Write::OldUsageDaysDrop, Write::OldUsageLabelsDrop, Write::OldFreeUsesDrop],
            &[sid(account.as_u128()), text(&day.to_string())],
        ),
        OldBooks::Terms(account, before) => {
            let account = sid(account.as_u128());
            each(&[Write::OldHoldingsDrop], &[account.clone(), time(before)]);
            let payments = [Write::OldPaymentEventsDrop, Write::OldPaymentIntentsDrop];
            each(&payments, &[account, sid(first_sid_of(before))]);
        }
        OldBooks::PriceRuns(before) => each(&[Write::OldPriceRunCustomersDrop], &[sid(first_sid_of(before))]),
        OldBooks::Invoice(account, invoice) => {
            let invoice = sid(invoice.as_u128());
            let parts = [
                Write::InvoicedDrop,
                Write::LettersDrop,
                Write::DisputesDrop,
                Write::CreditRequestsDrop,
                Write::DispatchesDrop,
                Write::CollectionsDrop,
            ];
            each(&parts, std::slice::from_ref(&invoice));
            steps.push(Step::one(Write::InvoiceDrop, vec![sid(account.as_u128()), invoice], MOVED));
        }
        OldBooks::Contracts(account) => each(
            &[
                Write::AcceptancesDrop,
                Write::PayoutsDrop,
                Write::RedemptionsDrop,
                Write::PinsDrop,
                Write::PriceNoticesDrop,
                Write::TermsNoticesDrop,
                Write::NoticeLettersDrop,
                Write::SummariesDrop,
                Write::MandatesDrop,
                Write::SubscriptionsDrop,
            ],
            &[sid(account.as_u128())],
        ),
    }
}
