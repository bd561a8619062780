//! SEPA direct debit: on which day an invoice is collected, and what comes back does to the ledger.

use flexio_domain::{Collection, LedgerAccount, LedgerLeg, LedgerTransaction, Money, Timestamp};
use jiff::Span;
use jiff::civil::{Date, Weekday};

use crate::dunning::easter;

/// Days before a collection on which the payer has been told of it at the latest; the invoice tells him (EPC SDD Core rulebook, section 4.1).
const NOTICE_DAYS: i64 = 14;

/// The day on which an invoice is collected: the due date, but not before the payer's notice is over, or the next day on which banks settle.
pub fn collection_day(due_on: Date, issued_on: Date) -> Date {
    let told = issued_on.saturating_add(Span::new().days(NOTICE_DAYS));
    bank_day_from(due_on.max(told))
}

/// The day asked of the bank in a file that is made on `today`: the one on the invoice, or the first that is left.
pub fn requested_day(collect_on: Date, today: Date) -> Date {
    bank_day_from(collect_on.max(today.tomorrow().unwrap_or(Date::MAX)))
}

/// The first day from this one on that is a business day of TARGET.
fn bank_day_from(day: Date) -> Date {
    let mut day = day;
    while !is_bank_day(day) {
        match day.tomorrow() {
            Ok(next) => day = next,
            Err(_) => return day,
        }
    }
    day
}

/// Neither a Saturday, a Sunday nor a closing day of TARGET.
fn is_bank_day(day: Date) -> bool {
    const FIXED: [(i8, i8); 4] = [(1, 1), (5, 1), (12, 25), (12, 26)];
    if matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
        || FIXED.contains(&(day.month(), day.day()))
    {
        return false;
    }
    // Good Friday and Easter Monday.
    let easter = easter(day.year());
    [-2, 1].iter().all(|days| easter.saturating_add(Span::new().days(*days)) != day)
}

/// The posting of a collection whose money the bank took back: the invoice asks for its part of it again, the rest leaves the wallet it
/// went to. Its id follows from the collection, which comes back once.
pub fn returned(
    collection: &Collection,
    cash: &str,
    fee: Money,
    bank_reference: &str,
    posted_at: Timestamp,
) -> LedgerTransaction {
    let customer = collection.account_sid;
    let legs = [
        (LedgerAccount::Cash(cash.to_owned()), -(collection.amount + fee)),
        (LedgerAccount::Receivable(customer), collection.settled),
        (LedgerAccount::Wallet(customer), collection.amount - collection.settled),
        (LedgerAccount::Fee(cash.to_owned()), fee),
    ];
    LedgerTransaction {
        id: format!("debit:{}:returned", collection.sid),
        account_sid: customer,
        reference: bank_reference.to_owned(),
        currency: collection.currency,
        legs: legs
            .into_iter()
            .filter(|(_, amount)| *amount != Money::ZERO)
            .map(|(account, amount)| LedgerLeg { account, amount })
            .collect(),
        posted_at,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn an_invoice_is_collected_when_it_is_due_and_banks_are_open() {
        assert_eq!(collection_day(date(2027, 1, 4), date(2026, 12, 3)), date(2027, 1, 4));
        assert_eq!(collection_day(date(2027, 1, 2), date(2026, 12, 3)), date(2027, 1, 4), "a Saturday");
        assert_eq!(collection_day(date(2026, 12, 25), date(2026, 11, 25)), date(2026, 12, 28), "Christmas");
        assert_eq!(collection_day(date(2026, 4, 3), date(2026, 3, 3)), date(2026, 4, 7), "Good Friday");
        assert_eq!(
            collection_day(date(2026, 7, 21), date(2026, 6, 21)),
            date(2026, 7, 21),
            "Belgium's feast is TARGET's work"
        );
    }

    #[test]
    fn nobody_is_collected_from_before_he_was_told_of_it_for_fourteen_days() {
        assert_eq!(collection_day(date(2026, 12, 8), date(2026, 12, 3)), date(2026, 12, 17));
    }

    #[test]
    fn a_file_that_is_late_asks_for_the_next_day_banks_are_open() {
        assert_eq!(requested_day(date(2027, 1, 4), date(2026, 12, 28)), date(2027, 1, 4));
        assert_eq!(requested_day(date(2027, 1, 4), date(2027, 1, 4)), date(2027, 1, 5));
        assert_eq!(requested_day(date(2027, 1, 4), date(2027, 1, 8)), date(2027, 1, 11));
    }
}
