//! Promotions: what each kind does to lines and documents, and which of several apply.

use flexio_domain::{Allowance, InvoiceLine, Money, PromotionKind};
use flexio_rating::{BillingMonth, base_of};

use super::lines::push_discount;
use super::{InvoiceError, in_cents_down, to_cents};

/// A promotion that a customer has in a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promotion {
    /// Identity: `welcome-2026`.
    pub id: String,
    /// As printed, in the customer's language, with its end and what comes then: promotions are always shown as temporary.
    pub label: String,
    /// What it gives.
    pub kind: PromotionKind,
    /// Price items it is for; empty: all.
    pub items: Vec<String>,
    /// Plan version it is for; any if absent.
    pub plan: Option<String>,
    /// First and last month of supply it is for.
    pub months: (BillingMonth, BillingMonth),
    /// Of several with the same group in a month only the first by kind and id applies.
    pub stack_group: Option<String>,
}

impl Promotion {
    fn is_for(&self, (item, plan): (&str, &str), month: BillingMonth) -> bool {
        self.plan.as_deref().is_none_or(|wanted| wanted == plan)
            && (self.months.0..=self.months.1).contains(&month)
            && (self.items.is_empty() || self.items.iter().any(|wanted| wanted == base_of(item)))
    }

    /// Whether the other may not apply beside this one: it is another of the same group, in the same month.
    fn excludes(&self, other: &Self) -> bool {
        let is_of_group = self.stack_group.is_some() && self.stack_group == other.stack_group;
        let meets = self.months.0 <= other.months.1 && other.months.0 <= self.months.1;
        is_of_group && meets && self.id != other.id
    }

    fn allowance(&self, amount: Money) -> Allowance {
        Allowance { promotion: self.id.clone(), reason: self.label.clone(), amount }
    }
}

/// The promotions that apply, in their order.
pub(super) struct Chosen<'p>(Vec<&'p Promotion>);

/// One per stack group and month; a function of the set, whatever its order.
pub(super) fn chosen(promotions: &[Promotion]) -> Chosen<'_> {
    let mut sorted: Vec<&Promotion> = promotions.iter().collect();
    sorted.sort_by(|a, b| (a.kind, &a.id).cmp(&(b.kind, &b.id)));
    let mut chosen: Vec<&Promotion> = Vec::new();
    for promotion in sorted {
        if !chosen.iter().any(|earlier| earlier.excludes(promotion)) {
            chosen.push(promotion);
        }
    }
    Chosen(chosen)
}

impl<'p> Chosen<'p> {
    /// The lowest other price of an item of a plan version.
    pub(super) fn price_of(&self, item: (&str, &str), month: BillingMonth) -> Option<(&'p Promotion, Money)> {
        self.0.iter().find_map(|promotion| match promotion.kind {
            PromotionKind::PriceOverride(price) if promotion.is_for(item, month) => Some((*promotion, price)),
            _ => None,
        })
    }

    /// Units each promotion has to give, by its position.
    pub(super) fn free_units(&self) -> Vec<u64> {
        let units = |promotion: &&Promotion| match promotion.kind {
            PromotionKind::FreeUnits(units) => units,
            _ => 0,
        };
        self.0.iter().map(units).collect()
    }

    /// Takes free units for an item from the first promotion that has some left.
    pub(super) fn take_free(
        &self,
        item: (&str, &str),
        month: BillingMonth,
        quantity: u64,
        left: &mut [u64],
    ) -> Option<(&'p Promotion, u64)> {
        let (promotion, left) =
            self.0.iter().zip(left).find(|(promotion, left)| **left > 0 && promotion.is_for(item, month))?;
        let units = quantity.min(*left);
        *left -= units;
        (units > 0).then_some((*promotion, units))
    }

    /// Takes the largest percentage for the line's item off it.
    pub(super) fn percent_off(
        &self,
        line: &mut InvoiceLine,
        month: BillingMonth,
    ) -> Result<(), InvoiceError> {
        let of_line = self.0.iter().filter(|promotion| promotion.is_for((&line.item, &line.plan), month));
        let percentages = of_line.filter_map(|promotion| match promotion.kind {
            PromotionKind::PercentOff(millionths) => Some((millionths, *promotion)),
            _ => None,
        });
        let Some((millionths, promotion)) = percentages.max_by_key(|(millionths, _)| *millionths) else {
            return Ok(());
        };
        let share = i128::from(line.net.micros()) * i128::from(millionths.min(1_000_000));
        let amount = to_cents(share, 1_000_000)?;
        if amount > Money::ZERO {
            line.allowance = Some(promotion.allowance(amount));
            line.net -= amount;
            push_discount(line, &promotion.id, amount);
        }
        Ok(())
    }
}

/// Amounts off a document of `total`, in their order, each no more than what is left.
pub(super) fn off_document(chosen: &Chosen<'_>, total: Money) -> Vec<Allowance> {
    let mut left = total;
    let mut allowances = Vec::new();
    for promotion in &chosen.0 {
        let (PromotionKind::AmountOff(amount) | PromotionKind::Credit(amount)) = promotion.kind else {
            continue;
        };
        let amount = in_cents_down(amount).clamp(Money::ZERO, left);
        if amount > Money::ZERO {
            left -= amount;
            allowances.push(promotion.allowance(amount));
        }
    }
    allowances
}
