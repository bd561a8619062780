//! Parameters of credit.

use flexio_app::Payment;
use flexio_domain::{CreditMode, ErrorCode, Money};

use crate::ask::Ask;
use crate::error::{Result, invalid};
use crate::params::one_of;

pub(super) fn terms(ask: &Ask<'_>) -> Result<(CreditMode, Money)> {
    let mode = one_of("Mode", ask.params.text("Mode"), |text| {
        [CreditMode::Prepaid, CreditMode::Postpaid].into_iter().find(|mode| mode.as_str() == text)
    })?;
    let mode = mode.ok_or_else(|| invalid("Mode", "is missing"))?;
    let limit = ask.params.parsed("Limit", ErrorCode::InvalidParameter)?;
    match (mode, limit) {
        (CreditMode::Prepaid, limit) => Ok((mode, limit.unwrap_or(Money::ZERO))),
        (CreditMode::Postpaid, Some(limit)) => Ok((mode, limit)),
        (CreditMode::Postpaid, None) => Err(invalid("Limit", "is missing")),
    }
}

pub(super) fn payment(ask: &Ask<'_>) -> Result<Payment> {
    let amount = ask.params.parsed("Amount", ErrorCode::InvalidParameter)?;
    Ok(Payment {
        amount: amount.ok_or_else(|| invalid("Amount", "is missing"))?,
        way: ask.params.owned("Way").unwrap_or_else(|| "transfer".to_owned()),
        reference: ask.params.required("Reference", ErrorCode::InvalidParameter)?.to_owned(),
    })
}
