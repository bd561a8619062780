//! Numbers, dates and amounts as people of a language write them.

use flexio_domain::{Language, LineUnit, Money};
use jiff::civil::Date;

use crate::words;

/// The point of a decimal, and what stands between groups of three.
const fn signs(language: Language) -> (char, char) {
    match language {
        Language::En => ('.', ','),
        Language::Nl | Language::De => (',', '.'),
        // No-break space.
        Language::Fr => (',', '\u{a0}'),
    }
}

/// A decimal with the language's point and groups of three.
fn localised(decimal: &str, language: Language) -> String {
    let (point, group) = signs(language);
    let (sign, digits) = decimal.strip_prefix('-').map_or(("", decimal), |rest| ("-", rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut out = sign.to_owned();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            out.push(group);
        }
        out.push(digit);
    }
    if !fraction.is_empty() {
        out.push(point);
        out.push_str(fraction);
    }
    out
}

/// Two decimals: `1.234,50`.
pub(crate) fn cents(amount: Money, language: Language) -> String {
    localised(&amount.to_decimals(2), language)
}

/// What [`cents`] wrote; `None` for any other text.
pub(crate) fn read_cents(text: &str, language: Language) -> Option<Money> {
    let (point, group) = signs(language);
    let (whole, fraction) = text.split_once(point)?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let whole = whole.replace(group, "");
    if fraction.len() != 2 || !digits(fraction) || !digits(whole.strip_prefix('-').unwrap_or(&whole)) {
        return None;
    }
    format!("{whole}.{fraction}").parse().ok()
}

/// `0.0045` with as many decimals as it has, from two on.
pub(crate) fn plain_price(price: Money) -> String {
    let text = price.to_decimals(6);
    let kept = text.trim_end_matches('0');
    let (whole, fraction) = kept.split_once('.').unwrap_or((kept, ""));
    format!("{whole}.{fraction:0<2}")
}

/// A price with as many decimals as it has, from two on: `0,0045`.
pub(crate) fn price(price: Money, language: Language) -> String {
    localised(&plain_price(price), language)
}

pub(crate) fn count(number: u64, language: Language) -> String {
    localised(&number.to_string(), language)
}

/// `3/12/2026`, `03.12.2026`, `3 December 2026`.
pub(crate) fn date(date: Date, language: Language) -> String {
    match language {
        Language::Nl | Language::Fr => format!("{:02}/{:02}/{}", date.day(), date.month(), date.year()),
        Language::De => format!("{:02}.{:02}.{}", date.day(), date.month(), date.year()),
        Language::En => {
            const MONTHS: [&str; 12] = [
                "January",
                "February",
                "March",
                "April",
                "May",
                "June",
                "July",
                "August",
                "September",
                "October",
                "November",
                "December",
            ];
            let month = MONTHS[usize::from(date.month().unsigned_abs()).saturating_sub(1) % 12];
            format!("{} {month} {}", date.day(), date.year())
        }
    }
}

/// `10.005 s (166 min 45 s)`, `47 dagen`.
pub(crate) fn quantity(quantity: u64, unit: LineUnit, language: Language) -> String {
    let number = count(quantity, language);
    match unit {
        LineUnit::Second if quantity >= 60 => {
            let minutes = count(quantity / 60, language);
            match quantity % 60 {
                0 => format!("{number} s ({minutes} min)"),
                seconds => format!("{number} s ({minutes} min {seconds} s)"),
            }
        }
        LineUnit::Second => format!("{number} s"),
        LineUnit::Day if quantity == 1 => format!("{number} {}", words::day(language)),
        LineUnit::Day => format!("{number} {}", words::days(language)),
        LineUnit::Month if quantity == 1 => format!("{number} {}", words::month(language)),
        LineUnit::Month => format!("{number} {}", words::months(language)),
        LineUnit::Piece => number,
    }
}

/// `0,37 / 60 s`, `0,095`.
pub(crate) fn unit_price(amount: Money, base: u64, unit: LineUnit, language: Language) -> String {
    let amount = price(amount, language);
    match (unit, base) {
        (LineUnit::Piece, 1) => amount,
        (LineUnit::Month, 1) => format!("{amount} / {}", words::month(language)),
        _ => format!("{amount} / {}", quantity(base, unit, language).split(" (").next().unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_as_the_language_does() {
        let amount: Money = "1234567.5".parse().unwrap();
        let written = [Language::Nl, Language::Fr, Language::De, Language::En].map(|l| cents(amount, l));
        assert_eq!(
            written,
            ["1.234.567,50", "1\u{a0}234\u{a0}567,50", "1.234.567,50", "1,234,567.50"].map(str::to_owned)
        );
        assert_eq!(cents(-amount, Language::En), "-1,234,567.50");
        for language in Language::ALL {
            for amount in [amount, -amount, Money::ZERO] {
                assert_eq!(read_cents(&cents(amount, *language), *language), Some(amount), "{language:?}");
            }
        }
        for other in ["BE 0202.239.951", "0,37 / 60 s", "0,0045", "12", ",50", "1.234"] {
            assert_eq!(read_cents(other, Language::Nl), None, "{other}");
        }
        assert_eq!(price("0.0045".parse().unwrap(), Language::Nl), "0,0045");
        assert_eq!(price("30".parse().unwrap(), Language::En), "30.00");
    }

    #[test]
    fn seconds_are_also_minutes() {
        assert_eq!(quantity(10_005, LineUnit::Second, Language::Nl), "10.005 s (166 min 45 s)");
        assert_eq!(quantity(120, LineUnit::Second, Language::En), "120 s (2 min)");
        assert_eq!(unit_price("0.37".parse().unwrap(), 60, LineUnit::Second, Language::Nl), "0,37 / 60 s");
    }
}
