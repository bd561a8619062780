//! The life of a contract, and the date from which a price may change.

use flexio_domain::SubscriptionState;
use jiff::civil::Date;
use jiff::{Span, ToSpan};

use crate::dunning::is_working_day;

/// Days an offer may be accepted, unless the operator gives more or fewer.
pub const OFFER_DAYS: u16 = 30;
/// Days after a cancellation in which late events may still come, unless the operator gives more or fewer.
pub const GRACE_DAYS: u16 = 3;
/// Months from a notice in which a customer who leaves keeps the old prices to the end, unless the operator gives more or fewer.
pub const EXIT_MONTHS: u16 = 3;
/// Days in which a consumer may go back on a contract (Directive 2011/83/EU, Article 9).
const WITHDRAWAL_DAYS: i8 = 14;
/// Days looked at for the next working day; Belgium never has so many days off in a row.
const LONGEST_HOLIDAY: usize = 10;

/// What happens to a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubscriptionEvent {
    /// A summary was rendered, frozen and numbered.
    SummaryIssued,
    /// The time to accept it is over.
    OfferLapsed,
    /// Order and acceptance are complete.
    Ordered,
    /// Ordered where the summary could not be shown before.
    OrderedUnseen,
    /// The customer confirms after the summary has come.
    Confirmed,
    /// The customer is identified, or need not be.
    Identified,
    /// The customer's own hard cap is reached.
    CapReached,
    /// A new month, or a higher cap.
    CapLifted,
    /// The wallet is empty, or the credit limit reached.
    CreditGone,
    /// There is something to spend again.
    CreditBack,
    /// After a due warning, for fraud, or for want of identity.
    Suspended,
    /// The reason is gone.
    Restored,
    /// The customer leaves.
    Cancelled,
    /// The final invoice is out, or there is nothing to invoice.
    Settled,
    /// Nothing has to be kept any more.
    RetentionOver,
}

/// The state after an event; `None` where it cannot happen in this state.
pub const fn next(state: SubscriptionState, event: SubscriptionEvent) -> Option<SubscriptionState> {
    use SubscriptionEvent as E;
    use SubscriptionState as S;
    Some(match (state, event) {
        // A newer summary takes the place of the older; what was not accepted may be offered again.
        (S::Draft | S::Offered | S::Expired, E::SummaryIssued) => S::Offered,
        (S::Draft | S::Offered, E::OfferLapsed) => S::Expired,
        // Who confirms has seen the summary: it is an order like any other from here.
        (S::Offered, E::Ordered) | (S::NotInForce, E::Confirmed) => S::Ordered,
        (S::Draft | S::Offered, E::OrderedUnseen) => S::NotInForce,
        (S::Ordered, E::Identified)
        | (S::Capped, E::CapLifted)
        | (S::Limited, E::CreditBack)
        | (S::Suspended, E::Restored) => S::Active,
        (S::Active, E::CapReached) => S::Capped,
        (S::Active | S::Capped, E::CreditGone) => S::Limited,
        (S::Active | S::Capped | S::Limited, E::Suspended) => S::Suspended,
        (S::Active | S::Capped | S::Limited | S::Suspended, E::Cancelled) => S::Closing,
        // Nothing was used: there is nothing to wait for.
        (S::Draft | S::Offered | S::Ordered | S::NotInForce, E::Cancelled) | (S::Closing, E::Settled) => {
            S::Closed
        }
        (S::Closed, E::RetentionOver) => S::Erased,
        _ => return None,
    })
}

/// The first day a price may rise after a notice on `notified`: the later of so many days and one calendar month.
pub fn earliest_rise(notified: Date, days: u16) -> Date {
    let by = |span: Span| notified.checked_add(span).unwrap_or(Date::MAX);
    by(i64::from(days).days()).max(by(1.month()))
}

/// The last day of the exit right of a notice on `notified`: the later of so many months and the plan's days.
pub fn exit_right_ends(notified: Date, months: u16, days: Option<u16>) -> Date {
    let by = |span: Span| notified.checked_add(span).unwrap_or(Date::MAX);
    by(Span::new().months(i64::from(months))).max(by(Span::new().days(i64::from(days.unwrap_or(0)))))
}

/// The first day on which a consumer can no longer go back on a contract concluded on `concluded`: behind the fourteenth day, or behind the
/// next working day where that is none (Regulation (EEC, Euratom) No 1182/71, Article 3).
pub fn withdrawal_over(concluded: Date) -> Date {
    let last = concluded.checked_add(i64::from(WITHDRAWAL_DAYS).days()).unwrap_or(Date::MAX);
    let days = std::iter::successors(Some(last), |day| day.tomorrow().ok());
    let last = days.take(LONGEST_HOLIDAY).find(|day| is_working_day(*day)).unwrap_or(last);
    last.tomorrow().unwrap_or(Date::MAX)
}

#[cfg(test)]
mod tests {
    use SubscriptionEvent as E;
    use SubscriptionState as S;

    use super::*;

    const EVENTS: [E; 15] = [
        E::SummaryIssued,
        E::OfferLapsed,
        E::Ordered,
        E::OrderedUnseen,
        E::Confirmed,
        E::Identified,
        E::CapReached,
        E::CapLifted,
        E::CreditGone,
        E::CreditBack,
        E::Suspended,
        E::Restored,
        E::Cancelled,
        E::Settled,
        E::RetentionOver,
    ];

    #[test]
    fn every_transition_there_is_and_no_other() {
        let there_are = [
            (S::Draft, E::SummaryIssued, S::Offered),
            (S::Draft, E::OfferLapsed, S::Expired),
            (S::Draft, E::OrderedUnseen, S::NotInForce),
            (S::Draft, E::Cancelled, S::Closed),
            (S::Offered, E::SummaryIssued, S::Offered),
            (S::Offered, E::OfferLapsed, S::Expired),
            (S::Offered, E::Ordered, S::Ordered),
            (S::Offered, E::OrderedUnseen, S::NotInForce),
            (S::Offered, E::Cancelled, S::Closed),
            (S::Expired, E::SummaryIssued, S::Offered),
            (S::Ordered, E::Identified, S::Active),
            (S::Ordered, E::Cancelled, S::Closed),
            (S::NotInForce, E::Confirmed, S::Ordered),
            (S::NotInForce, E::Cancelled, S::Closed),
            (S::Active, E::CapReached, S::Capped),
            (S::Active, E::CreditGone, S::Limited),
            (S::Active, E::Suspended, S::Suspended),
            (S::Active, E::Cancelled, S::Closing),
            (S::Capped, E::CapLifted, S::Active),
            (S::Capped, E::CreditGone, S::Limited),
            (S::Capped, E::Suspended, S::Suspended),
            (S::Capped, E::Cancelled, S::Closing),
            (S::Limited, E::CreditBack, S::Active),
            (S::Limited, E::Suspended, S::Suspended),
            (S::Limited, E::Cancelled, S::Closing),
            (S::Suspended, E::Restored, S::Active),
            (S::Suspended, E::Cancelled, S::Closing),
            (S::Closing, E::Settled, S::Closed),
            (S::Closed, E::RetentionOver, S::Erased),
        ];
        for &state in S::ALL {
            for event in EVENTS {
                let listed = there_are.iter().find(|(from, by, _)| (*from, *by) == (state, event));
                assert_eq!(next(state, event), listed.map(|(_, _, to)| *to), "{state:?} {event:?}");
            }
        }
    }

    #[test]
    fn a_price_rises_a_month_and_thirty_days_after_its_notice() {
        let date = |text: &str| text.parse::<Date>().unwrap();
        for (notified, earliest) in [
            ("2026-12-10", "2027-01-10"), // P05
            ("2026-12-20", "2027-01-20"), // P07
            ("2027-02-01", "2027-03-03"), // February: 30 days are more than a month.
            ("2027-01-31", "2027-03-02"),
            ("2027-04-30", "2027-05-30"),
        ] {
            assert_eq!(earliest_rise(date(notified), 30), date(earliest), "{notified}");
        }
        assert_eq!(exit_right_ends(date("2026-11-30"), EXIT_MONTHS, None), date("2027-02-28"));
        assert_eq!(exit_right_ends(date("2026-11-30"), EXIT_MONTHS, Some(120)), date("2027-03-30"));
    }

    #[test]
    fn a_consumer_may_withdraw_for_fourteen_days_and_to_the_next_working_day() {
        let date = |text: &str| text.parse::<Date>().unwrap();
        for (concluded, over) in [
            ("2026-11-27", "2026-12-12"), // The fourteenth day is a Friday.
            ("2026-11-28", "2026-12-15"), // A Saturday: Monday is the last day.
            ("2026-12-11", "2026-12-29"), // Christmas is a Friday: Monday 28 December.
            ("2026-12-18", "2027-01-05"), // New Year's Day, a Friday.
        ] {
            assert_eq!(withdrawal_over(date(concluded)), date(over), "{concluded}");
        }
    }
}
