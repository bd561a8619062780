//! What was used, under other prices.

use flexio_domain::{HeldItem, Money, UsageEvent, UsageKind};
use flexio_rating::{Metered, Monthly, Proration, Rate, Rater};

use crate::rerate::{RerateError, at_rate};

/// A plan does not sell what was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the plan does not sell it")]
pub struct NotSold;

/// What a use would have cost under another plan: what was dialled is classed and priced by it, with its own increments. The days and
/// months something was held stay.
pub fn charge_under(event: &UsageEvent, rater: &Rater) -> Result<Money, NotSold> {
    let held = match event.kind {
        UsageKind::Number => HeldItem::Number,
        UsageKind::Designer => HeldItem::Designer,
        _ => {
            let rated = rater.rate(&Metered {
                kind: event.kind,
                from: &event.from,
                to: &event.to,
                at: event.at,
                duration_ms: event.duration_ms,
                quantity: event.quantity,
                accepted: event.accepted,
            });
            // What was not answered is not missed.
            if rated.item != "refuse" || !event.accepted {
                return Ok(rated.amount);
            }
            // Of old uses the number is kept in part and has no class any more: what was charged then tells it.
            let item = rater.plan().item(&event.item).ok_or(NotSold)?;
            return at_rate(event, &item.rate).map(|rerated| rerated.amount).map_err(|_| NotSold);
        }
    };
    let terms = rater.monthly_terms(held).map_err(|_| NotSold)?;
    let proration = if terms.by_day { Proration::ByDay } else { Proration::None };
    let rate = Rate::Monthly(Monthly { price: terms.price, proration });
    at_rate(event, &rate).map(|rerated| rerated.amount).map_err(|_| NotSold)
}

/// What a use costs more at one price of its item than at another; less than nothing where it is cheaper.
pub fn difference(event: &UsageEvent, old: &Rate, new: &Rate) -> Result<Money, RerateError> {
    Ok(at_rate(event, new)?.amount - at_rate(event, old)?.amount)
}
