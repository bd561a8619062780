//! The arithmetic of a charge: integers, and one division per event.

use std::num::NonZeroU64;

use flexio_domain::Money;

/// A price for time: `price` per `unit_s` seconds, in increments written `first/next` in rate decks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timed {
    /// For `unit_s` billed seconds.
    pub price: Money,
    /// Seconds the price is for, from 1; 60 for a price per minute.
    pub unit_s: u32,
    /// Seconds billed at once when the call is answered, from 1.
    pub first_s: u32,
    /// Seconds billed at once from then on, from 1.
    pub next_s: u32,
    /// An answered call counts at least this many seconds.
    pub minimum_s: u32,
    /// Once per answered call.
    pub connection_fee: Money,
}

/// How long a call may last for the money there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowance {
    /// Not even the first increment can be paid.
    Refused,
    /// The largest number of whole seconds whose charge is within the money.
    Seconds(NonZeroU64),
    /// Time costs nothing here.
    Unlimited,
}

impl Timed {
    /// The price for 60 seconds, rounded as a charge is; for price lists. Neither increments nor the connection fee are in it.
    pub fn per_minute(&self) -> Money {
        let micros = rounded(i128::from(self.price.micros()) * 60, i128::from(self.unit_s));
        Money::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
    }

    /// Seconds charged for an answered call of `duration_ms`: whole seconds, upwards, then whole increments.
    ///
    /// An answered call of no length is billed the minimum: the caller decides whether it was answered.
    pub fn billed_s(&self, duration_ms: u64) -> u64 {
        let used = duration_ms.div_ceil(1000).max(u64::from(self.minimum_s));
        let (first, next) = (u64::from(self.first_s), u64::from(self.next_s));
        match used.checked_sub(first) {
            None => first,
            Some(beyond) => first.saturating_add(beyond.div_ceil(next).saturating_mul(next)),
        }
    }

    /// Charge for `billed_s` seconds: one multiplication, one division, rounded half away from zero.
    ///
    /// Saturates at the largest amount, which is a call of 290 000 years at one unit a second.
    pub fn amount(&self, billed_s: u64) -> Money {
        let micros = rounded(i128::from(self.price.micros()) * i128::from(billed_s), i128::from(self.unit_s))
            + i128::from(self.connection_fee.micros());
        Money::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
    }

    /// Charge for an answered call of `duration_ms`.
    pub fn charge(&self, duration_ms: u64) -> Money {
        self.amount(self.billed_s(duration_ms))
    }

    /// What to charge now, after `elapsed_ms`, where the call was charged up to `charged_ms` before (`None`:
    /// not yet). Any slicing of a call sums to [`Timed::charge`] of the whole, because it is a difference of two such charges.
    pub fn charge_between(&self, charged_ms: Option<u64>, elapsed_ms: u64) -> Money {
        let before = charged_ms.map_or(Money::ZERO, |ms| self.charge(ms));
        self.charge(elapsed_ms) - before
    }

    /// The longest call whose charge is at most `available`, in whole seconds.
    pub fn longest_call(&self, available: Money) -> Allowance {
        let spendable = i128::from(available.micros()) - i128::from(self.connection_fee.micros());
        if spendable < 0 {
            return Allowance::Refused;
        }
        let price = i128::from(self.price.micros());
        if price == 0 {
            return Allowance::Unlimited;
        }
        // Largest b with (2·price·b + unit) / (2·unit) rounded down at most `spendable`.
        let unit = i128::from(self.unit_s);
        let affordable = (unit * (2 * spendable + 1) - 1) / (2 * price);
        let affordable = u64::try_from(affordable).unwrap_or(u64::MAX);
        if affordable < self.billed_s(0) {
            return Allowance::Refused;
        }
        let (first, next) = (u64::from(self.first_s), u64::from(self.next_s));
        let seconds = first + (affordable - first) / next * next;
        NonZeroU64::new(seconds).map_or(Allowance::Refused, Allowance::Seconds)
    }
}

/// A price for each of something: segments, requests, set-ups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// For one.
    pub price: Money,
}

impl Counted {
    /// `price × quantity`, saturating.
    pub fn charge(&self, quantity: u64) -> Money {
        let micros = i128::from(self.price.micros()) * i128::from(quantity);
        Money::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
    }
}

/// Whether part of a month costs part of the price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proration {
    /// `price × days held ÷ days of the month`; a day counts if it was held at any instant of it.
    ByDay,
    /// A started month is a month.
    None,
}

/// A price per calendar month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Monthly {
    /// For a whole month.
    pub price: Money,
    /// What a part of a month costs.
    pub proration: Proration,
}

/// `dividend ÷ divisor`, half away from zero. The divisor is positive.
pub(crate) fn rounded(dividend: i128, divisor: i128) -> i128 {
    let doubled = 2 * dividend.abs() + divisor;
    doubled / (2 * divisor) * dividend.signum()
}
