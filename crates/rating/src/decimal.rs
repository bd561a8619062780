//! Decimal strings: the only way a price may be written.

use std::fmt;

use flexio_domain::Money;
use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// A price of a file: a decimal string with at most 6 decimals, 0 to 1 000 000.
///
/// The bound keeps every product of price and time inside 128 bits with room to spare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Decimal(pub(crate) Money);

/// One million currency units for one unit of use.
const MAX: Money = Money::from_micros(1_000_000_000_000);

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Decimal;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a decimal string such as \"0.095\"")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Decimal, E> {
                let money: Money = text
                    .parse()
                    .map_err(|why| E::custom(format!("\"{text}\" is {why}; write it as in \"0.095\"")))?;
                if money < Money::ZERO || money > MAX {
                    return Err(E::custom(format!("\"{text}\" is out of range; use 0 to 1000000")));
                }
                Ok(Decimal(money))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Decimal, E> {
                Err(E::custom(format!("{number} is not a string; write it between quotes: \"{number}\"")))
            }

            #[expect(clippy::disallowed_types, reason = "the float is refused here, not used")]
            fn visit_f64<E: Error>(self, number: f64) -> Result<Decimal, E> {
                Err(E::custom(format!(
                    "{number} is a floating-point number, which cannot hold a price exactly; write it between quotes: \"{number}\""
                )))
            }
        }
        deserializer.deserialize_any(Text)
    }
}
