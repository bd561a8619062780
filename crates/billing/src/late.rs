//! What may be asked for besides an invoice that is not paid: a fixed sum, and interest.
//!
//! Of a consumer only what the terms said that he agreed to, and only once the reminder, which is free, and its fourteen full days are over
//! (Code of Economic Law, Articles XIX.2 and XIX.4). Of a company interest from the due date on, and 40 EUR (law of 2 August 2002, Articles 5
//! and 6), where the operator asks for it.

use flexio_domain::{CustomerKind, Money};
use flexio_rating::InterestRates;
use jiff::civil::Date;

/// Millionths of a cent.
const CENT: i64 = 10_000;
/// What a company may be asked for at least, in EUR.
const COMPANY: Money = Money::from_micros(40_000_000);

/// What a letter asks for besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Late {
    /// The fixed sum, once.
    pub fixed: Money,
    /// Interest since the last letter that asked for some.
    pub interest: Money,
    /// The day before which that interest ran.
    pub until: Option<Date>,
}

/// What was asked for before, and where the invoice stands.
#[derive(Debug, Clone, Copy)]
pub struct LateFacts<'f> {
    /// Who owes.
    pub kind: CustomerKind,
    /// Open, and not in dispute.
    pub owed: Money,
    /// Last day to pay.
    pub due_on: Date,
    /// The first day behind the term of the reminder.
    pub term_over: Date,
    /// Whether the fixed sum was asked for.
    pub has_fixed: bool,
    /// Up to when interest was asked for.
    pub interest_until: Option<Date>,
    /// Statutory rates.
    pub rates: &'f InterestRates,
}

/// The fixed sum on what is owed, in whole cents: of a consumer by the steps of Article XIX.4, of a company 40 EUR.
pub fn fixed_sum(kind: CustomerKind, owed: Money) -> Money {
    if kind != CustomerKind::Consumer {
        return COMPANY;
    }
    let euros = |whole: i64| whole * 1_000_000;
    let owed = owed.micros();
    // Rounded down: the steps are the most that may be asked for.
    let part = |above: i64, percent: i64| (owed - euros(above)) * percent / 100 / CENT * CENT;
    Money::from_micros(match owed {
        _ if owed <= 0 => 0,
        _ if owed <= euros(150) => euros(20),
        _ if owed <= euros(500) => euros(30) + part(150, 10),
        _ => (euros(65) + part(500, 5)).min(euros(2_000)),
    })
}

/// What a letter of `today` asks for besides the invoice.
pub fn late(today: Date, facts: &LateFacts<'_>) -> Late {
    if today < facts.term_over || facts.owed <= Money::ZERO {
        return Late::default();
    }
    let fixed = if facts.has_fixed { Money::ZERO } else { fixed_sum(facts.kind, facts.owed) };
    let begins = match facts.kind {
        CustomerKind::Consumer => facts.term_over,
        _ => facts.due_on.tomorrow().unwrap_or(facts.due_on),
    };
    let from = facts.interest_until.unwrap_or(begins).max(begins);
    let interest = facts.rates.interest(facts.owed, from, today);
    // Less than a cent waits for the next letter.
    let until = (interest > Money::ZERO).then_some(today);
    Late { fixed, interest, until }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn euros(text: &str) -> Money {
        text.parse().unwrap()
    }

    #[test]
    fn the_steps_of_a_consumers_fixed_sum_are_exact() {
        for (owed, sum) in [
            ("0", "0.00"),
            ("0.01", "20.00"),
            ("150", "20.00"),
            ("150.01", "30.00"),
            ("150.10", "30.01"),
            ("160", "31.00"),
            ("500", "65.00"),
            ("500.01", "65.00"),
            ("500.20", "65.01"),
            ("600", "70.00"),
            ("39200", "2000.00"),
            ("100000", "2000.00"),
        ] {
            let found = fixed_sum(CustomerKind::Consumer, euros(owed));
            assert_eq!(found.to_decimals(2), sum, "{owed}");
            assert_eq!(found.micros() % CENT, 0, "{owed}");
        }
        assert_eq!(fixed_sum(CustomerKind::Small, euros("3")), euros("40"));
    }

    fn facts(kind: CustomerKind, rates: &InterestRates) -> LateFacts<'_> {
        LateFacts {
            kind,
            owed: euros("1000"),
            due_on: date(2025, 8, 1),
            term_over: date(2025, 8, 19),
            has_fixed: false,
            interest_until: None,
            rates,
        }
    }

    #[test]
    fn a_consumer_is_asked_for_nothing_before_the_fourteen_days_are_over() {
        let rates = "version = \"1\"\n[[rate]]\nfrom = \"2025-07-01\"\npercent = \"10.5\"";
        let rates = InterestRates::parse("x", rates).unwrap();
        let facts = facts(CustomerKind::Consumer, &rates);
        assert_eq!(late(date(2025, 8, 18), &facts), Late::default());
        assert_eq!(late(date(2025, 8, 19), &facts), Late { fixed: euros("90"), ..Late::default() });
        let later = LateFacts { has_fixed: true, ..facts };
        // 1 000 × 10.5 % × 14 ÷ 365 = 4.027…
        let due = date(2025, 9, 2);
        assert_eq!(late(due, &later), Late { interest: euros("4.02"), until: Some(due), ..Late::default() });
        let again = LateFacts { interest_until: Some(due), ..later };
        assert_eq!(late(due, &again), Late::default(), "nothing is asked for twice");
    }

    #[test]
    fn a_company_owes_interest_from_the_day_behind_the_due_date() {
        let rates = "version = \"1\"\n[[rate]]\nfrom = \"2025-07-01\"\npercent = \"10.5\"";
        let rates = InterestRates::parse("x", rates).unwrap();
        let facts = facts(CustomerKind::Larger, &rates);
        // 17 days behind 1 August up to and with the 18th: 1 000 × 10.5 % × 17 ÷ 365 = 4.890…
        let found = late(date(2025, 8, 19), &facts);
        assert_eq!((found.fixed, found.interest), (euros("40"), euros("4.89")));
    }
}
