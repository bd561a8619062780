//! How value added tax falls on a customer.

use std::collections::BTreeMap;

use flexio_domain::{Buyer, Operator, Vat};
use flexio_rating::VatRate;

/// Member states of the European Union, ISO 3166 alpha-2.
const UNION: [&str; 27] = [
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT",
    "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
];

/// Standard rates of countries the operator reports in under the one-stop scheme.
pub type VatRates = BTreeMap<String, VatRate>;

/// Why a customer cannot be invoiced.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VatError {
    /// A private customer of another member state for which the operator has no rate.
    #[error("no rate of value added tax is configured for {0}")]
    NoRate(String),
}

/// How tax falls on what is supplied to a buyer: `home`, the rate of the day of supply, at home; reverse charge for a business with a VAT number in another
/// member state; that state's rate for anybody else there; none outside the Union.
pub fn treatment(
    seller: &Operator,
    buyer: &Buyer,
    home: VatRate,
    one_stop: &VatRates,
) -> Result<Vat, VatError> {
    let country = &buyer.address.country;
    let standard = |rate: VatRate| Vat::Standard { country: country.clone(), millionths: rate.millionths };
    if *country == seller.country {
        return Ok(standard(home));
    }
    if !UNION.contains(&country.as_str()) {
        return Ok(Vat::OutsideScope);
    }
    // Greece's numbers begin with EL.
    let prefix = if country == "GR" { "EL" } else { country };
    if buyer.vat_number.as_deref().is_some_and(|number| number.starts_with(prefix)) {
        return Ok(Vat::ReverseCharge);
    }
    one_stop.get(country).copied().map(standard).ok_or_else(|| VatError::NoRate(country.clone()))
}
