//! Billing months: calendar months of a zone.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Not a month such as `2026-11`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a month such as 2026-11")]
pub struct MonthError;

/// A calendar month, 1970-01 to 9998-12: from local midnight of its first day to that of the next month's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BillingMonth {
    /// Its first day.
    first: Date,
}

impl BillingMonth {
    /// The month in which `at` falls on the wall clock of `zone`.
    pub fn of(at: Timestamp, zone: &TimeZone) -> Self {
        Self { first: zone.to_datetime(at).date().first_of_month() }
    }

    /// The month of a day.
    pub fn of_day(day: Date) -> Self {
        Self { first: day.first_of_month() }
    }

    /// The month before; `None` before the first.
    pub fn previous(self) -> Option<Self> {
        let first = self.first.yesterday().ok()?.first_of_month();
        (first.year() >= 1970).then_some(Self { first })
    }

    /// The month after; `None` after the last.
    pub fn next(self) -> Option<Self> {
        let first = self.first.last_of_month().tomorrow().ok()?;
        (first.year() <= 9998).then_some(Self { first })
    }

    /// 28 to 31, whatever the clock does: days of 23 and 25 hours are one day.
    pub fn days(self) -> u32 {
        u32::try_from(self.first.days_in_month()).expect("a month has 28 to 31 days")
    }

    /// Its first day.
    pub const fn first_day(self) -> Date {
        self.first
    }

    /// Its last day.
    pub fn last_day(self) -> Date {
        self.first.last_of_month()
    }

    /// Days of the month with their bounds as instants, each `[midnight, next midnight)`.
    pub(crate) fn day_bounds(self, zone: &TimeZone) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        std::iter::successors(Some(self.first), |day| day.tomorrow().ok())
            .take(self.days() as usize)
            .map(move |day| (midnight(day, zone), midnight(day.tomorrow().unwrap_or(day), zone)))
    }

    /// `[first midnight, first midnight of the next month)` in `zone`.
    pub fn bounds(self, zone: &TimeZone) -> (Timestamp, Timestamp) {
        let next = self.first.last_of_month().tomorrow().unwrap_or(Date::MAX);
        (midnight(self.first, zone), midnight(next, zone))
    }
}

/// First instant of a local day; where midnight is skipped by the clock, the first instant after it.
fn midnight(day: Date, zone: &TimeZone) -> Timestamp {
    zone.to_ambiguous_timestamp(day.to_datetime(jiff::civil::Time::midnight()))
        .compatible()
        .unwrap_or(Timestamp::MAX)
}

/// `2026-11`.
impl fmt::Display for BillingMonth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.first.year(), self.first.month())
    }
}

impl FromStr for BillingMonth {
    type Err = MonthError;
    fn from_str(text: &str) -> Result<Self, MonthError> {
        let (year, month) = text.split_once('-').ok_or(MonthError)?;
        if year.len() != 4 || month.len() != 2 || !text.bytes().all(|b| b.is_ascii_digit() || b == b'-') {
            return Err(MonthError);
        }
        let year: i16 = year.parse().map_err(|_| MonthError)?;
        let first = Date::new(year, month.parse().map_err(|_| MonthError)?, 1).map_err(|_| MonthError)?;
        if (1970..=9998).contains(&year) { Ok(Self { first }) } else { Err(MonthError) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_follow_each_other_from_the_first_to_the_last() {
        let month = |text: &str| text.parse::<BillingMonth>().unwrap();
        assert_eq!(month("2026-12").next(), Some(month("2027-01")));
        assert_eq!(month("2027-01").previous(), Some(month("2026-12")));
        assert_eq!((month("1970-01").previous(), month("9998-12").next()), (None, None));
    }

    #[test]
    fn a_month_prints_as_it_was_read_and_other_texts_are_refused() {
        for text in ["2026-11", "1970-01", "9998-12"] {
            assert_eq!(text.parse::<BillingMonth>().unwrap().to_string(), text);
        }
        for bad in
            ["2026-13", "2026-1", "26-11", "2026-00", "2026/11", "1969-12", "9999-01", "2026-11-01", ""]
        {
            assert_eq!(bad.parse::<BillingMonth>(), Err(MonthError), "{bad:?}");
        }
    }
}
