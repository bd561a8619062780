//! Lines from quantities.

use flexio_domain::{Discount, InvoiceLine, LineUnit, Money};
use flexio_rating::{BillingMonth, Item, Proration, Rate};

use super::promotions::Chosen;
use super::{InvoiceError, to_cents};

/// A price as lines show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnitPrice {
    /// Without tax, for `base` units.
    pub price: Money,
    /// From 1.
    pub base: u64,
    /// What is counted.
    pub unit: LineUnit,
}

impl UnitPrice {
    /// How a plan's item is priced in a month.
    pub fn of(rate: &Rate, month: BillingMonth) -> Self {
        match rate {
            Rate::Timed(timed) => {
                Self { price: timed.price, base: u64::from(timed.unit_s), unit: LineUnit::Second }
            }
            Rate::Counted(counted) => Self { price: counted.price, base: 1, unit: LineUnit::Piece },
            Rate::Monthly(monthly) => match monthly.proration {
                Proration::ByDay => {
                    Self { price: monthly.price, base: u64::from(month.days()), unit: LineUnit::Day }
                }
                Proration::None => Self { price: monthly.price, base: 1, unit: LineUnit::Month },
            },
        }
    }

    /// `quantity × price ÷ base` in cents, half up.
    pub fn cents(&self, quantity: u64) -> Result<Money, InvoiceError> {
        let product =
            i128::from(self.price.micros()).checked_mul(i128::from(quantity)).ok_or(InvoiceError::Range)?;
        to_cents(product, i128::from(self.base.max(1)))
    }
}

/// Usage of one item at one price in one month, as it is summed from events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Supplied<'s> {
    /// Plan and version of the price: `flexio-be/1`.
    pub plan: &'s str,
    /// Month of supply.
    pub month: BillingMonth,
    /// Billed units of all events.
    pub quantity: u64,
    /// Events that were charged.
    pub count: u64,
    /// Sum of their charges.
    pub amount: Money,
}

/// What becomes one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Supply {
    /// Price item: `voice.out.mobile`, or `voice.out.mobile:connection` for the fee of each call.
    pub item: String,
    /// Plan and version of the price.
    pub plan: String,
    /// Month of supply.
    pub month: BillingMonth,
    /// In the unit of the price.
    pub quantity: u64,
    /// How often the price was applied.
    pub count: u64,
    /// Sum of the exact charges.
    pub exact: Money,
    /// Price by which it was rated.
    pub price: UnitPrice,
    /// Where that is a promotion's: its words.
    pub promotion: Option<String>,
}

impl Supply {
    /// The supplies of an item: one, and another for its connection fee where it has one.
    pub fn of(item: &Item, supplied: &Supplied<'_>) -> Vec<Self> {
        let supply = |code: String, quantity, exact, price| Self {
            item: code,
            plan: supplied.plan.to_owned(),
            month: supplied.month,
            quantity,
            count: supplied.count,
            exact,
            price,
            promotion: None,
        };
        let fee = match &item.rate {
            Rate::Timed(timed) => timed.connection_fee,
            Rate::Counted(_) | Rate::Monthly(_) => Money::ZERO,
        };
        let fees = fee.checked_mul(i64::try_from(supplied.count).unwrap_or(i64::MAX)).unwrap_or(Money::ZERO);
        let price = UnitPrice::of(&item.rate, supplied.month);
        let mut supplies = vec![supply(item.code.clone(), supplied.quantity, supplied.amount - fees, price)];
        if fee > Money::ZERO {
            let price = UnitPrice { price: fee, base: 1, unit: LineUnit::Piece };
            supplies.push(supply(format!("{}:connection", item.code), supplied.count, fees, price));
        }
        supplies
    }
}

/// The lines of supplies under promotions, numbered.
pub(super) fn make(supplies: &[Supply], chosen: &Chosen<'_>) -> Result<Vec<InvoiceLine>, InvoiceError> {
    let mut lines = Vec::new();
    let mut free_left = chosen.free_units();
    for supply in supplies.iter().filter(|supply| supply.quantity > 0) {
        let list = supply.price.cents(supply.quantity)?;
        let mut line = plain(supply, list);
        if let Some((promotion, price)) = chosen.price_of((&supply.item, &supply.plan), supply.month) {
            line.price = price;
            line.promotion = Some(promotion.label.clone());
            line.net = UnitPrice { price, ..supply.price }.cents(supply.quantity)?.min(list);
            let off = list - line.net;
            push_discount(&mut line, &promotion.id, off);
        }
        let free =
            chosen.take_free((&supply.item, &supply.plan), supply.month, line.quantity, &mut free_left);
        if let Some((promotion, units)) = free {
            let paid = UnitPrice { price: line.price, ..supply.price }.cents(line.quantity - units)?;
            let off = line.net - paid;
            push_discount(&mut line, &promotion.id, off);
            let mut gift = plain(supply, Money::ZERO);
            (gift.quantity, gift.price, gift.count, gift.exact) = (units, Money::ZERO, 0, Money::ZERO);
            gift.promotion = Some(promotion.label.clone());
            line.quantity -= units;
            line.net = paid;
            // All of it was free: the gift is the line.
            if line.quantity == 0 {
                (gift.count, gift.exact, gift.discounts) = (line.count, line.exact, line.discounts);
                lines.push(gift);
                continue;
            }
            chosen.percent_off(&mut line, supply.month)?;
            lines.extend([line, gift]);
            continue;
        }
        chosen.percent_off(&mut line, supply.month)?;
        lines.push(line);
    }
    for (number, line) in (1..).zip(&mut lines) {
        line.number = number;
    }
    Ok(lines)
}

fn plain(supply: &Supply, net: Money) -> InvoiceLine {
    InvoiceLine {
        number: 0,
        item: supply.item.clone(),
        plan: supply.plan.clone(),
        month: supply.month.to_string(),
        carried_over: false,
        from: supply.month.first_day(),
        to: supply.month.last_day(),
        quantity: supply.quantity,
        unit: supply.price.unit,
        count: supply.count,
        price: supply.price.price,
        base: supply.price.base,
        exact: supply.exact,
        allowance: None,
        promotion: supply.promotion.clone(),
        discounts: Vec::new(),
        net,
    }
}

pub(super) fn push_discount(line: &mut InvoiceLine, promotion: &str, amount: Money) {
    if amount > Money::ZERO {
        line.discounts.push(Discount { promotion: promotion.to_owned(), amount });
    }
}
