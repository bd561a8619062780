//! Charges per calendar month, from the history of what was held.

use flexio_domain::Money;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::BillingMonth;
use crate::rate::{Monthly, Proration, rounded};

/// A time during which something was held: `from` included, `until` excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holding {
    /// First instant.
    pub from: Timestamp,
    /// First instant after; `None` while it is held.
    pub until: Option<Timestamp>,
}

impl Holding {
    /// Whether an instant of `[start, end)` is in it.
    fn meets(&self, start: Timestamp, end: Timestamp) -> bool {
        let until = self.until.unwrap_or(Timestamp::MAX);
        self.from < until && self.from < end && until > start
    }
}

/// What a month of a number costs, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NumberMonth {
    /// Days with an instant in which the number was held; no day counts twice.
    pub days_held: u32,
    /// 28 to 31.
    pub days_in_month: u32,
    /// `price × days_held ÷ days_in_month`, rounded once.
    pub amount: Money,
}

/// The charge for one number in one month: by day, never more than the month's price.
///
/// The order and overlap of `held` do not matter.
pub fn number_month(price: Money, held: &[Holding], month: BillingMonth, zone: &TimeZone) -> NumberMonth {
    let days_in_month = month.days();
    let held_on =
        |&(start, end): &(Timestamp, Timestamp)| held.iter().any(|holding| holding.meets(start, end));
    let days_held = u32::try_from(month.day_bounds(zone).filter(held_on).count()).unwrap_or(days_in_month);
    let micros = rounded(i128::from(price.micros()) * i128::from(days_held), i128::from(days_in_month));
    let amount = Money::from_micros(i64::try_from(micros).expect("at most the price"));
    NumberMonth { days_held, days_in_month, amount }
}

/// The charge for a flat subscription option in one month: all of it if it was on at any instant of the month.
pub fn flat_month(price: Money, held: &[Holding], month: BillingMonth, zone: &TimeZone) -> Money {
    let (start, end) = month.bounds(zone);
    if held.iter().any(|holding| holding.meets(start, end)) { price } else { Money::ZERO }
}

impl Monthly {
    /// The charge for one month of one held thing, by the plan's rule.
    pub fn charge(&self, held: &[Holding], month: BillingMonth, zone: &TimeZone) -> Money {
        match self.proration {
            Proration::ByDay => number_month(self.price, held, month, zone).amount,
            Proration::None => flat_month(self.price, held, month, zone),
        }
    }
}
