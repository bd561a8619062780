//! Parameters of spending thresholds.

use flexio_app::{CreateThreshold, ThresholdPatch};
use flexio_domain::{ErrorCode, Money, Reaction};

use crate::ask::Ask;
use crate::error::{Result, invalid};
use crate::params::one_of;

fn amount(ask: &Ask<'_>) -> Result<Option<Money>> {
    ask.params.parsed("Amount", ErrorCode::InvalidParameter)
}

fn percent(ask: &Ask<'_>) -> Result<Option<u16>> {
    ask.params.parsed("Percent", ErrorCode::InvalidParameter)
}

fn reaction(ask: &Ask<'_>) -> Result<Option<Reaction>> {
    one_of("Reaction", ask.params.text("Reaction"), |text| {
        Reaction::ALL.into_iter().find(|reaction| reaction.as_str() == text)
    })
}

pub(super) fn create(ask: &Ask<'_>) -> Result<CreateThreshold> {
    Ok(CreateThreshold {
        amount: match (amount(ask)?, percent(ask)?) {
            (Some(amount), _) => amount,
            (None, Some(_)) => Money::ZERO,
            (None, None) => return Err(invalid("Amount", "is missing")),
        },
        percent: percent(ask)?,
        reaction: reaction(ask)?.unwrap_or(Reaction::Alert),
        callback: ask.params.webhook("CallbackUrl", "CallbackMethod", ErrorCode::UrlInvalid)?,
    })
}

pub(super) fn patch(ask: &Ask<'_>) -> Result<ThresholdPatch> {
    let callback = match ask.params.get("CallbackUrl") {
        None => None,
        Some(_) => Some(ask.params.webhook("CallbackUrl", "CallbackMethod", ErrorCode::UrlInvalid)?),
    };
    Ok(ThresholdPatch { amount: amount(ask)?, percent: percent(ask)?, reaction: reaction(ask)?, callback })
}
