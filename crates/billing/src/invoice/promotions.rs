//! Promotions: what each kind does to lines and documents, and which of several apply.

use flexio_domain::{Allowance, InvoiceLine, Money};
use jiff::civil::Date;

use super::lines::push_discount;
use super::{InvoiceError, in_cents_down, to_cents};

/// What a promotion gives. They apply in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PromotionKind {
    /// Another price for the items; never a higher one.
    PriceOverride(Money),
    /// Units of the items that cost nothing, together.
    FreeUnits(u64),
    /// Millionths off the lines of the items, each rounded to cents on its own.
    PercentOff(u32),
    /// Off the document, before tax.
    AmountOff(Money),
    /// A credit, such as a welcome credit: off the document after all else, never paid out.
    Credit(Money),
}

/// A promotion that a customer has in a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promotion {
    /// Identity: `welcome-2026`.
    pub id: String,
    /// As printed, in the customer's language.
    pub label: String,
    /// What it gives.
    pub kind: PromotionKind,
    /// Price items it is for; empty: all.
    pub items: Vec<String>,
    /// Last day; promotions are always shown as temporary.
    pub ends: Option<Date>,
    /// Of those with the same group only the first by kind and id applies.
    pub stack_group: Option<String>,
}

impl Promotion {
    fn is_for(&self, item: &str) -> bool {
        self.items.is_empty() || self.items.iter().any(|wanted| wanted == item)
    }

    /// Label and end: `Welcome (2026-12-31)`.
    pub(super) fn words(&self) -> String {
        match self.ends {
            Some(ends) => format!("{} ({ends})", self.label),
            None => self.label.clone(),
        }
    }

    fn allowance(&self, amount: Money) -> Allowance {
        Allowance { promotion: self.id.clone(), reason: self.words(), amount }
    }
}

/// The promotions that apply, in their order.
pub(super) struct Chosen<'p>(Vec<&'p Promotion>);

/// One per stack group; a function of the set, whatever its order.
pub(super) fn chosen(promotions: &[Promotion]) -> Chosen<'_> {
    let mut sorted: Vec<&Promotion> = promotions.iter().collect();
    sorted.sort_by(|a, b| (a.kind, &a.id).cmp(&(b.kind, &b.id)));
    let mut groups: Vec<&str> = Vec::new();
    sorted.retain(|promotion| match promotion.stack_group.as_deref() {
        Some(group) if groups.contains(&group) => false,
        Some(group) => {
            groups.push(group);
            true
        }
        None => true,
    });
    Chosen(sorted)
}

impl<'p> Chosen<'p> {
    pub(super) fn price_of(&self, item: &str) -> Option<(&'p Promotion, Money)> {
        self.0.iter().find_map(|promotion| match promotion.kind {
            PromotionKind::PriceOverride(price) if promotion.is_for(item) => Some((*promotion, price)),
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
        item: &str,
        quantity: u64,
        left: &mut [u64],
    ) -> Option<(&'p Promotion, u64)> {
        let (promotion, left) =
            self.0.iter().zip(left).find(|(promotion, left)| **left > 0 && promotion.is_for(item))?;
        let units = quantity.min(*left);
        *left -= units;
        (units > 0).then_some((*promotion, units))
    }

    /// Takes the first percentage for the line's item off it.
    pub(super) fn percent_off(&self, line: &mut InvoiceLine) -> Result<(), InvoiceError> {
        for promotion in &self.0 {
            let PromotionKind::PercentOff(millionths) = promotion.kind else { continue };
            if !promotion.is_for(&line.item) {
                continue;
            }
            let share = i128::from(line.net.micros()) * i128::from(millionths.min(1_000_000));
            let amount = to_cents(share, 1_000_000)?;
            if amount > Money::ZERO {
                line.allowance = Some(promotion.allowance(amount));
                line.net = line.net - amount;
                push_discount(line, &promotion.id, amount);
            }
            return Ok(());
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
            left = left - amount;
            allowances.push(promotion.allowance(amount));
        }
    }
    allowances
}
