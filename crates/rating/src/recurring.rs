//! Charges per calendar month, from the history of what was held.

use flexio_domain::Money;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::BillingMonth;
use crate::rate::{Monthly, Proration, rounded};

/// A time during which something was held: `from` included, `until` excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    /// First instant.
    pub from: Timestamp,
    /// First instant after; `None` while it is held.
    pub until: Option<Timestamp>,
}

impl Interval {
    /// Whether an instant of `[start, end)` is in it.
    pub fn meets(&self, start: Timestamp, end: Timestamp) -> bool {
        let until = self.until.unwrap_or(Timestamp::MAX);
        self.from < until && self.from < end && until > start
    }
}

/// Days of a month: bit 0 is the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Days(u32);

impl Days {
    /// The days of which `held` has an instant.
    pub fn met(held: &Interval, month: BillingMonth, zone: &TimeZone) -> Self {
        let met = |(day, (start, end))| u32::from(held.meets(start, end)) << day;
        Self((0..).zip(month.day_bounds(zone)).map(met).fold(0, |days, day| days | day))
    }

    /// These and those.
    #[must_use]
    pub const fn with(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// These but not those.
    #[must_use]
    pub const fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    /// How many.
    pub const fn count(self) -> u32 {
        self.0.count_ones()
    }
}

/// The charge for one number in one month: `price × days held ÷ days of the month`, rounded once, never more than the price. A day counts
/// if the number was held at any instant of it, and once.
pub fn number_month(price: Money, held: Days, month: BillingMonth) -> Money {
    let micros = rounded(i128::from(price.micros()) * i128::from(held.count()), i128::from(month.days()));
    Money::from_micros(i64::try_from(micros).expect("at most the price"))
}

/// The charge for a flat subscription option in one month: all of it if it was on at any instant of the month.
pub fn flat_month(price: Money, held: Days) -> Money {
    if held.count() > 0 { price } else { Money::ZERO }
}

impl Monthly {
    /// The charge for one month of one held thing, by the plan's rule.
    pub fn charge(&self, held: Days, month: BillingMonth) -> Money {
        match self.proration {
            Proration::ByDay => number_month(self.price, held, month),
            Proration::None => flat_month(self.price, held),
        }
    }
}
