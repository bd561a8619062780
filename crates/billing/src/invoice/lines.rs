//! Lines from quantities.

use flexio_domain::{Discount, InvoiceLine, LineUnit, Money};
use flexio_rating::{BillingMonth, Item, Proration, Rate, Slice, Tiers};

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

    /// `quantity × price ÷ base` in micro-units, half up.
    fn exact(&self, quantity: u64) -> Result<Money, InvoiceError> {
        let (product, base) =
            (i128::from(self.price.micros()) * i128::from(quantity), i128::from(self.base.max(1)));
        let micros = (2 * product + base) / (2 * base);
        i64::try_from(micros).map(Money::from_micros).map_err(|_| InvoiceError::Range)
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
    /// Billed units of the same item and month, by whatever version, that volume prices count before these.
    pub before: u64,
}

/// What becomes one line, or one for each volume price.
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
    /// What a month's quantity costs beyond thresholds.
    pub tiers: Option<Tiers>,
    /// What volume prices count of the month before it.
    pub before: u64,
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
            tiers: None,
            before: 0,
        };
        let fee = match &item.rate {
            Rate::Timed(timed) => timed.connection_fee,
            Rate::Counted(_) | Rate::Monthly(_) => Money::ZERO,
        };
        let fees = fee.checked_mul(i64::try_from(supplied.count).unwrap_or(i64::MAX)).unwrap_or(Money::ZERO);
        let price = UnitPrice::of(&item.rate, supplied.month);
        let units = supply(item.code.clone(), supplied.quantity, supplied.amount - fees, price);
        let mut supplies = vec![Self { tiers: item.tiers.clone(), before: supplied.before, ..units }];
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
        for (part, line) in by_volume(supply)? {
            promoted(&part, line, chosen, &mut free_left, &mut lines)?;
        }
    }
    for (number, line) in (1..).zip(&mut lines) {
        line.number = number;
    }
    Ok(lines)
}

/// A supply in parts of one volume price each, with the line of each before promotions; most are one part. The first has all uses, and
/// of the exact charges what the others leave.
fn by_volume(supply: &Supply) -> Result<Vec<(Supply, InvoiceLine)>, InvoiceError> {
    let whole = [Slice { quantity: supply.quantity, price: None }];
    let slices = supply.tiers.as_ref().map(|tiers| tiers.slices(supply.before, supply.quantity));
    let slices = slices.as_deref().unwrap_or(&whole);
    let mut parts = Vec::new();
    let mut exact = supply.exact;
    for slice in slices.iter().skip(1) {
        let part = Supply {
            quantity: slice.quantity,
            count: 0,
            exact: supply.price.exact(slice.quantity)?,
            ..supply.clone()
        };
        exact -= part.exact;
        parts.push(part);
    }
    let first = slices.first().map_or(supply.quantity, |slice| slice.quantity);
    parts.insert(0, Supply { quantity: first, exact, ..supply.clone() });
    let mut lines = Vec::new();
    for (part, slice) in parts.into_iter().zip(slices) {
        let list = part.price.cents(part.quantity)?;
        let mut line = plain(&part, list);
        if let Some(price) = slice.price {
            line.price = price;
            line.net = UnitPrice { price, ..part.price }.cents(part.quantity)?.min(list);
            let off = list - line.net;
            push_discount(&mut line, &volume(&part.item), off);
        }
        lines.push((part, line));
    }
    Ok(lines)
}

/// What volume prices take off an item, in the ledger behind `discount:`. No promotion has a name with a full stop.
fn volume(item: &str) -> String {
    format!("volume.{item}")
}

/// Whether volume prices took it off, not a promotion.
pub fn is_volume(discount: &Discount) -> bool {
    discount.promotion.starts_with("volume.")
}

/// A line under promotions: its lowest price, free units, percentages.
fn promoted(
    supply: &Supply,
    mut line: InvoiceLine,
    chosen: &Chosen<'_>,
    free_left: &mut [u64],
    lines: &mut Vec<InvoiceLine>,
) -> Result<(), InvoiceError> {
    let other = chosen.price_of((&supply.item, &supply.plan), supply.month);
    if let Some((promotion, price)) =
        other.filter(|(_, price)| *price < line.price || !line.discounts.iter().any(is_volume))
    {
        let net = UnitPrice { price, ..supply.price }.cents(supply.quantity)?.min(line.net);
        let off = line.net - net;
        (line.price, line.net) = (price, net);
        line.promotion = Some(promotion.label.clone());
        push_discount(&mut line, &promotion.id, off);
    }
    let free = chosen.take_free((&supply.item, &supply.plan), supply.month, line.quantity, free_left);
    let Some((promotion, units)) = free else {
        chosen.percent_off(&mut line, supply.month)?;
        lines.push(line);
        return Ok(());
    };
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
        return Ok(());
    }
    chosen.percent_off(&mut line, supply.month)?;
    lines.extend([line, gift]);
    Ok(())
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
