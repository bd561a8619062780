//! Rating again what was rated: an event's charge follows from the event and the published plan alone, and is said as arithmetic.

use flexio_domain::{Money, UsageEvent};
use flexio_rating::{BillingMonth, Plan, Proration, Rate};

/// What an event costs, and how that comes about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rerated {
    /// Units that are charged.
    pub billed: u64,
    /// Charge.
    pub amount: Money,
    /// `61 s × 0.37 ÷ 60 s`.
    pub arithmetic: String,
}

/// Why an event cannot be rated again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RerateError {
    /// The plan has no such item.
    #[error("the plan has no price for {0}")]
    NoItem(String),
    /// Not a month.
    #[error("usage of the month {0:?}")]
    Month(String),
}

/// Rates an event again by the plan version it names, or by what a promotion made of that version. What was decided when it was metered
/// stays: the item, and the days of a month.
pub fn rerate(event: &UsageEvent, plan: &Plan) -> Result<Rerated, RerateError> {
    if matches!(event.item.as_str(), "free" | "refuse") {
        let arithmetic = format!("{} costs nothing", event.item);
        return Ok(Rerated { billed: event.billed, amount: Money::ZERO, arithmetic });
    }
    let item =
        plan.item_of(&event.plan, &event.item).ok_or_else(|| RerateError::NoItem(event.item.clone()))?;
    at_rate(event, &item.rate)
}

/// Rates an event at a price of its item; one that takes another back comes to less than nothing.
pub fn at_rate(event: &UsageEvent, rate: &Rate) -> Result<Rerated, RerateError> {
    let rerated = priced(event, rate)?;
    if !event.takes_back() {
        return Ok(rerated);
    }
    let arithmetic = format!("-({})", rerated.arithmetic);
    Ok(Rerated { amount: -rerated.amount, arithmetic, ..rerated })
}

fn priced(event: &UsageEvent, rate: &Rate) -> Result<Rerated, RerateError> {
    if !event.accepted {
        let arithmetic = "not answered or not accepted".to_owned();
        return Ok(Rerated { billed: 0, amount: Money::ZERO, arithmetic });
    }
    Ok(match rate {
        Rate::Timed(timed) => {
            let billed = timed.billed_s(event.duration_ms.unwrap_or(0));
            let fee = match timed.connection_fee {
                Money::ZERO => String::new(),
                fee => format!(" + {fee}"),
            };
            let arithmetic = format!("{billed} s × {} ÷ {} s{fee}", timed.price, timed.unit_s);
            Rerated { billed, amount: timed.amount(billed), arithmetic }
        }
        Rate::Counted(counted) => {
            let billed = u64::from(event.quantity);
            let arithmetic = format!("{billed} × {}", counted.price);
            Rerated { billed, amount: counted.charge(billed), arithmetic }
        }
        Rate::Monthly(monthly) => {
            let month: BillingMonth =
                event.month.parse().map_err(|_| RerateError::Month(event.month.clone()))?;
            match monthly.proration {
                Proration::ByDay => {
                    let (billed, days) = (event.billed, u64::from(month.days()));
                    let arithmetic = format!("{billed} days × {} ÷ {days} days", monthly.price);
                    Rerated { billed, amount: by_day(monthly.price, billed, days), arithmetic }
                }
                Proration::None => {
                    let arithmetic = format!("a started month at {}", monthly.price);
                    Rerated { billed: 1, amount: monthly.price, arithmetic }
                }
            }
        }
    })
}

/// `price × days ÷ days of the month`, half up to a millionth. Prices are not negative.
fn by_day(price: Money, held: u64, days: u64) -> Money {
    let (product, days) = (i128::from(price.micros()) * i128::from(held), i128::from(days));
    Money::from_micros(i64::try_from((2 * product + days) / (2 * days)).unwrap_or(i64::MAX))
}
