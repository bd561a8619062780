//! Money: an integer of micro-units (10⁻⁶) and its currency. Never a float.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Why a text or a sum is not money.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not a decimal number such as `0.095`.
    #[error("not a decimal amount such as 0.095")]
    NotDecimal,
    /// More than six digits behind the point: it could not be kept exactly.
    #[error("more than 6 decimals")]
    TooPrecise,
    /// Beyond ±9.2 × 10¹² units.
    #[error("amount out of range")]
    Range,
    /// Not three capital letters (ISO 4217).
    #[error("not an ISO 4217 currency code")]
    Currency,
}

/// ISO 4217 code, three capital letters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

impl Currency {
    /// The euro.
    pub const EUR: Self = Self(*b"EUR");
}

impl FromStr for Currency {
    type Err = MoneyError;
    fn from_str(text: &str) -> Result<Self, MoneyError> {
        match <[u8; 3]>::try_from(text.as_bytes()) {
            Ok(code) if code.iter().all(u8::is_ascii_uppercase) => Ok(Self(code)),
            _ => Err(MoneyError::Currency),
        }
    }
}

impl TryFrom<String> for Currency {
    type Error = MoneyError;
    fn try_from(text: String) -> Result<Self, MoneyError> {
        text.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.to_string()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.0).expect("ASCII capitals by construction"))
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An amount in micro-units of its account's currency: `370_000` is 0.37.
///
/// The currency stands beside sums (on the account, the plan, the ledger), not inside each amount.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Money {
    micros: i64,
}

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self { micros: 0 };

    /// `micros` × 10⁻⁶ units.
    pub const fn from_micros(micros: i64) -> Self {
        Self { micros }
    }

    /// In micro-units.
    pub const fn micros(self) -> i64 {
        self.micros
    }

    /// The sum, or `Range` where it cannot be held.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.micros.checked_add(other.micros).map(Self::from_micros).ok_or(MoneyError::Range)
    }

    /// `self × count`, exactly.
    pub fn checked_mul(self, count: i64) -> Result<Self, MoneyError> {
        self.micros.checked_mul(count).map(Self::from_micros).ok_or(MoneyError::Range)
    }

    /// Whole and fraction with exactly `decimals` (0–6) digits, rounded half away from zero.
    pub fn to_decimals(self, decimals: u32) -> String {
        let decimals = decimals.min(6);
        let scale = 10_i128.pow(6 - decimals);
        let micros = i128::from(self.micros);
        let rounded = (micros.abs() + scale / 2) / scale;
        let unit = 10_i128.pow(decimals);
        let sign = if micros < 0 && rounded != 0 { "-" } else { "" };
        if decimals == 0 {
            return format!("{sign}{rounded}");
        }
        format!("{sign}{}.{:0width$}", rounded / unit, rounded % unit, width = decimals as usize)
    }
}

/// Sums of money of one account stay far inside the range: an overflow is a bug, and stops the call it is in.
impl Add for Money {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self::from_micros(self.micros.checked_add(other.micros).expect("sum of charges within ±9.2e12"))
    }
}

impl Sub for Money {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Neg for Money {
    type Output = Self;
    fn neg(self) -> Self {
        Self::from_micros(self.micros.checked_neg().expect("no charge is i64::MIN"))
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl SubAssign for Money {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

impl FromStr for Money {
    type Err = MoneyError;
    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) || digits.ends_with('.') {
            return Err(MoneyError::NotDecimal);
        }
        if fraction.len() > 6 {
            return Err(MoneyError::TooPrecise);
        }
        let whole: i64 = whole.parse().map_err(|_| MoneyError::Range)?;
        let fraction: i64 = format!("{fraction:0<6}").parse().map_err(|_| MoneyError::NotDecimal)?;
        let micros =
            whole.checked_mul(1_000_000).and_then(|w| w.checked_add(fraction)).ok_or(MoneyError::Range)?;
        Ok(Self::from_micros(if negative { -micros } else { micros }))
    }
}

/// All six decimals: `0.370000`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_decimals(6))
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn prices_parse_exactly_or_not_at_all() {
        assert_eq!("0.0045".parse(), Ok(Money::from_micros(4500)));
        assert_eq!("30".parse(), Ok(Money::from_micros(30_000_000)));
        assert_eq!("-0.00750".parse(), Ok(Money::from_micros(-7500)));
        assert_eq!("0.0000001".parse::<Money>(), Err(MoneyError::TooPrecise));
        for bad in ["", "-", ".5", "1.", "1e3", "0,5", "+1", "1.2.3", " 1"] {
            assert_eq!(bad.parse::<Money>(), Err(MoneyError::NotDecimal), "{bad:?}");
        }
        assert_eq!("99999999999999".parse::<Money>(), Err(MoneyError::Range));
    }

    #[test]
    fn rounding_is_half_away_from_zero() {
        assert_eq!(Money::from_micros(5).to_decimals(5), "0.00001");
        assert_eq!(Money::from_micros(-5).to_decimals(5), "-0.00001");
        assert_eq!(Money::from_micros(4).to_decimals(5), "0.00000");
        assert_eq!(Money::from_micros(-4).to_decimals(5), "0.00000");
        assert_eq!(Money::from_micros(1_500_000).to_decimals(0), "2");
    }

    proptest! {
        #[test]
        fn print_then_parse_is_identity(micros in -9_000_000_000_000_000_000_i64..9_000_000_000_000_000_000) {
            let money = Money::from_micros(micros);
            prop_assert_eq!(money.to_string().parse(), Ok(money));
        }
    }
}
