//! Price versions that a promotion makes of a plan version: one item at another price.

use std::fmt;

use flexio_domain::Money;

use super::{Item, Plan};
use crate::bands::base_of;

/// The name of such a version, as kept on events: `flexio-be/1+spring@0.30`. It says all that is needed to rate an event again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PromotedLabel<'l> {
    /// The plan version.
    pub base: &'l str,
    /// Id of the promotion.
    pub promotion: &'l str,
    /// The promotion's price.
    pub price: Money,
}

impl<'l> PromotedLabel<'l> {
    /// The parts of a name; `None` for that of a plan version itself.
    pub fn parse(label: &'l str) -> Option<Self> {
        let (base, made) = label.rsplit_once('+')?;
        let (promotion, price) = made.split_once('@')?;
        Some(Self { base, promotion, price: price.parse().ok()? })
    }

    /// The plan version behind any name.
    pub fn base_of(label: &'l str) -> &'l str {
        Self::parse(label).map_or(label, |promoted| promoted.base)
    }
}

impl fmt::Display for PromotedLabel<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let price = self.price.to_decimals(6);
        let kept = price.trim_end_matches('0');
        let (whole, fraction) = kept.split_once('.').unwrap_or((kept, ""));
        write!(f, "{}+{}@{whole}.{fraction:0<2}", self.base, self.promotion)
    }
}

impl Plan {
    /// The item as a version of this plan prices it, that of `label`: the plan's own or one a promotion made of it.
    pub fn item_of(&self, label: &str, code: &str) -> Option<Item> {
        let item = self.item(code)?;
        let is_band = base_of(code) != code;
        match PromotedLabel::parse(label) {
            // A band that stays is cheaper than the promotion.
            Some(promoted) if !is_band => Some(item.at_price(promoted.price)),
            Some(_) | None => Some(item.clone()),
        }
    }

    /// This plan version with one item at a promotion's price, under a name of its own. `None` without such an item.
    pub fn promoted(&self, code: &str, promotion: &str, price: Money) -> Option<Self> {
        let at = self.items.iter().position(|item| item.code == code)?;
        let mut plan = self.clone();
        plan.items[at] = plan.items[at].at_price(price);
        plan.label = PromotedLabel { base: &self.label, promotion, price }.to_string();
        Some(plan)
    }
}

impl Item {
    /// At a promotion's price: of its bands and volume prices those stay that are below it.
    fn at_price(&self, price: Money) -> Self {
        let bands = self.bands.iter().filter(|band| band.item.rate.price() < price).cloned();
        Self {
            code: self.code.clone(),
            rate: self.rate.at_price(price),
            tiers: self.tiers.as_ref().and_then(|tiers| tiers.below(price)),
            bands: bands.collect(),
            includes_delivery: self.includes_delivery,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rate;

    fn plan() -> Plan {
        Plan::parse("offer.toml", include_str!("../../../../data/offer-flexio-be.toml")).unwrap()
    }

    #[test]
    fn a_name_says_what_it_is_made_of() {
        let price: Money = "0.3".parse().unwrap();
        let plan = plan();
        let promoted = plan.promoted("voice.out.mobile", "spring", price).unwrap();
        assert_eq!(promoted.label(), "flexio-be/1+spring@0.30");
        let read = PromotedLabel::parse(promoted.label()).unwrap();
        assert_eq!(read, PromotedLabel { base: "flexio-be/1", promotion: "spring", price });
        assert_eq!(
            plan.item_of(promoted.label(), "voice.out.mobile").as_ref(),
            promoted.item("voice.out.mobile")
        );
        assert_eq!(promoted.item("voice.out.fixed"), plan.item("voice.out.fixed"), "the others stay");
        assert!(PromotedLabel::parse("flexio-be/1").is_none() && PromotedLabel::parse("a+b/1").is_none());
        assert_eq!(PromotedLabel::base_of("flexio-be/1"), "flexio-be/1");
        assert!(plan.promoted("voice.out.mars", "spring", price).is_none());
    }

    #[test]
    fn x04_sixty_one_seconds_to_a_mobile_at_thirty_cents_cost_0_305() {
        let promoted = plan().promoted("voice.out.mobile", "spring", "0.30".parse().unwrap()).unwrap();
        let Some(Rate::Timed(timed)) = promoted.item("voice.out.mobile").map(|item| item.rate) else {
            panic!("a price for time")
        };
        assert_eq!(timed.charge(61_000).to_decimals(6), "0.305000");
    }
}
