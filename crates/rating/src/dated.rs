//! Rates that hold from a day on: value added tax by country, statutory interest by half year. Files of data, with a version.

use std::collections::BTreeMap;

use flexio_domain::Money;
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Deserialize;

use crate::VatRate;

/// Why a file of rates cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {problem}")]
pub struct RatesError {
    /// Name of the file.
    pub file: String,
    /// What is wrong.
    pub problem: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VatFile {
    version: String,
    rate: Vec<VatTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VatTable {
    country: String,
    from: Date,
    percent: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InterestFile {
    version: String,
    rate: Vec<InterestTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InterestTable {
    from: Date,
    percent: String,
}

/// Millionths of a rate in per cent, `25.5`; at most 100 %.
fn millionths(percent: &str) -> Result<u32, String> {
    let money: Money = percent.parse().map_err(|_| format!("`{percent}` is no rate in per cent"))?;
    let (micros, hundred) = (money.micros(), 100_000_000);
    if micros < 0 || micros > hundred || micros % 100 != 0 {
        return Err(format!("`{percent}` is no rate from 0 to 100 with at most 4 decimals"));
    }
    u32::try_from(micros / 100).map_err(|_| format!("`{percent}` is out of range"))
}

/// Standard rates of countries by the day of supply.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DatedVatRates {
    version: String,
    rates: BTreeMap<(String, Date), VatRate>,
}

impl DatedVatRates {
    /// Reads a file; each country and day is there once.
    pub fn parse(file: &str, text: &str) -> Result<Self, RatesError> {
        let wrong = |problem: String| RatesError { file: file.to_owned(), problem };
        let read: VatFile = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        let mut rates = BTreeMap::new();
        for VatTable { country, from, percent } in read.rate {
            if country.len() != 2 || !country.bytes().all(|b| b.is_ascii_uppercase()) {
                return Err(wrong(format!("`{country}` is no ISO 3166 code")));
            }
            let rate = VatRate { millionths: millionths(&percent).map_err(&wrong)? };
            if rates.insert((country.clone(), from), rate).is_some() {
                return Err(wrong(format!("{country} has two rates from {from}")));
            }
        }
        Ok(Self { version: read.version, rates })
    }

    /// Of the data.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The rate of a country on a day; `None` where nothing is said of it.
    pub fn on(&self, country: &str, day: Date) -> Option<VatRate> {
        let mut before = self.rates.range((country.to_owned(), Date::MIN)..=(country.to_owned(), day));
        before.next_back().map(|(_, rate)| *rate)
    }

    /// Countries of which something is said.
    pub fn countries(&self) -> impl Iterator<Item = &str> {
        let mut last = "";
        self.rates.keys().filter_map(move |(country, _)| {
            let is_new = country.as_str() != last;
            last = country;
            is_new.then_some(country.as_str())
        })
    }
}

/// Statutory interest by half year, millionths a year.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InterestRates {
    version: String,
    /// By the first day of the half year.
    rates: BTreeMap<Date, u32>,
}

/// The half year a day is in: its first day, and that of the next.
fn half_year(day: Date) -> (Date, Date) {
    let first = Date::new(day.year(), if day.month() <= 6 { 1 } else { 7 }, 1).unwrap_or(Date::MIN);
    (first, first.saturating_add(6.months()))
}

impl InterestRates {
    /// Reads a file; each half year is there once.
    pub fn parse(file: &str, text: &str) -> Result<Self, RatesError> {
        let wrong = |problem: String| RatesError { file: file.to_owned(), problem };
        let read: InterestFile = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        let mut rates = BTreeMap::new();
        for InterestTable { from, percent } in read.rate {
            if half_year(from).0 != from {
                return Err(wrong(format!("{from} is not the first day of a half year")));
            }
            if rates.insert(from, millionths(&percent).map_err(&wrong)?).is_some() {
                return Err(wrong(format!("there are two rates from {from}")));
            }
        }
        Ok(Self { version: read.version, rates })
    }

    /// Of the data.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Millionths a year on a day; `None` where the half year is not published here.
    pub fn on(&self, day: Date) -> Option<u32> {
        self.rates.get(&half_year(day).0).copied()
    }

    /// Interest on an amount for the days from `from` on and before `until`: amount × rate × days ÷ 365 for each half year, in cents,
    /// rounded once and down, in the debtor's favour. Half years that are not published earn nothing.
    pub fn interest(&self, amount: Money, from: Date, until: Date) -> Money {
        let (mut day, mut product) = (from, 0_i128);
        while day < until {
            let (_, next) = half_year(day);
            let end = next.min(until);
            let days = i128::from((end - day).get_days());
            product += i128::from(amount.micros()) * i128::from(self.on(day).unwrap_or(0)) * days;
            day = end;
        }
        // Micro-units × millionths × days, to whole cents.
        let cents = product / (1_000_000 * 365 * 10_000);
        Money::from_micros(i64::try_from(cents * 10_000).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn vat() -> DatedVatRates {
        DatedVatRates::parse("eu-vat.toml", include_str!("../../../data/eu-vat.toml")).unwrap()
    }

    fn statutory() -> InterestRates {
        InterestRates::parse("late", include_str!("../../../data/late-interest-be.toml")).unwrap()
    }

    #[test]
    fn every_member_state_has_a_rate_and_the_day_of_supply_picks_it() {
        let rates = vat();
        assert_eq!(rates.countries().count(), 27);
        let on = |country, day| rates.on(country, day).map(|rate| rate.millionths);
        assert_eq!(on("FI", date(2024, 8, 31)), Some(240_000));
        assert_eq!(on("FI", date(2024, 9, 1)), Some(255_000));
        assert_eq!(on("RO", date(2025, 7, 31)), Some(190_000));
        assert_eq!(on("RO", date(2025, 8, 1)), Some(210_000));
        assert_eq!(on("EE", date(2026, 11, 30)), Some(240_000));
        assert_eq!(on("EE", date(2023, 12, 31)), None, "before its first day nothing is said");
        assert_eq!(on("CH", date(2026, 1, 1)), None);
        for country in rates.countries() {
            assert!(
                rates
                    .on(country, date(2026, 1, 1))
                    .is_some_and(|it| (170_000..=270_000).contains(&it.millionths))
            );
        }
    }

    #[test]
    fn a_file_that_says_nonsense_is_refused_by_name() {
        for (text, problem) in [
            (
                "version = \"1\"\n[[rate]]\ncountry = \"be\"\nfrom = \"2020-01-01\"\npercent = \"21\"",
                "`be` is no ISO 3166 code",
            ),
            (
                "version = \"1\"\n[[rate]]\ncountry = \"BE\"\nfrom = \"2020-01-01\"\npercent = \"121\"",
                "`121` is no rate from 0 to 100 with at most 4 decimals",
            ),
        ] {
            assert_eq!(DatedVatRates::parse("x", text).unwrap_err().problem, problem);
        }
        let twice = "version = \"1\"\n[[rate]]\nfrom = \"2020-02-01\"\npercent = \"1\"";
        assert_eq!(
            InterestRates::parse("x", twice).unwrap_err().problem,
            "2020-02-01 is not the first day of a half year"
        );
    }

    #[test]
    fn interest_runs_by_days_and_half_years_and_is_rounded_down_once() {
        let rates = statutory();
        let of =
            |amount: &str, from, until| rates.interest(amount.parse().unwrap(), from, until).to_decimals(2);
        // 1 000 × 11.5 % × 181 ÷ 365 = 57.027…; and × 10.5 % × 184 ÷ 365 = 52.931…
        assert_eq!(of("1000", date(2025, 1, 1), date(2025, 7, 1)), "57.02");
        assert_eq!(of("1000", date(2025, 7, 1), date(2026, 1, 1)), "52.93");
        assert_eq!(of("1000", date(2025, 1, 1), date(2026, 1, 1)), "109.95", "rounded once");
        assert_eq!(of("1000", date(2025, 6, 30), date(2025, 7, 2)), "0.60");
        assert_eq!(of("1000", date(2025, 7, 1), date(2025, 7, 1)), "0.00");
        assert_eq!(of("1000", date(2023, 1, 1), date(2024, 1, 1)), "0.00", "not published here");
        assert_eq!(of("0.01", date(2025, 1, 1), date(2025, 1, 2)), "0.00");
    }
}
