//! Volume prices: what the quantity of a month costs beyond thresholds.

use flexio_domain::Money;

/// Which units a threshold changes the price of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TierMode {
    /// Those beyond it.
    Graduated,
    /// All of the month, once it is reached.
    AllUnits,
}

/// A threshold and the price from there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tier {
    /// Billed units of the month that cost more: seconds, segments, requests. From 1.
    pub from: u64,
    /// For as many units as the item's own price.
    pub price: Money,
}

/// The volume prices of an item: thresholds rise, and prices fall from the item's own. They count per subscription and month and are
/// settled by the invoice: until then a use costs the item's own price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tiers {
    mode: TierMode,
    steps: Vec<Tier>,
}

/// Units side by side that have one price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slice {
    /// How many, from 1.
    pub quantity: u64,
    /// Their price; `None`: the item's own.
    pub price: Option<Money>,
}

impl Tiers {
    /// `None` unless there are steps whose thresholds rise from 1 and whose prices fall from below `price`.
    pub fn new(mode: TierMode, steps: Vec<Tier>, price: Money) -> Option<Self> {
        let first = Tier { from: 0, price };
        let before = std::iter::once(&first).chain(&steps);
        let falls = before.zip(&steps).all(|(a, b)| a.from < b.from && a.price > b.price);
        (falls && !steps.is_empty()).then_some(Self { mode, steps })
    }

    /// Which units a threshold changes the price of.
    pub const fn mode(&self) -> TierMode {
        self.mode
    }

    /// Thresholds, rising.
    pub fn steps(&self) -> &[Tier] {
        &self.steps
    }

    /// Those with a price below another; `None` where there are none.
    pub fn below(&self, price: Money) -> Option<Self> {
        let steps: Vec<Tier> = self.steps.iter().filter(|step| step.price < price).copied().collect();
        (!steps.is_empty()).then_some(Self { mode: self.mode, steps })
    }

    /// The price once `quantity` was used; `None`: the item's own.
    pub fn price_at(&self, quantity: u64) -> Option<Money> {
        self.steps.iter().rev().find(|step| step.from < quantity).map(|step| step.price)
    }

    /// `quantity` units behind `before`, by price. Of all units together they have one price.
    pub fn slices(&self, before: u64, quantity: u64) -> Vec<Slice> {
        let end = before.saturating_add(quantity);
        if self.mode == TierMode::AllUnits {
            return vec![Slice { quantity, price: self.price_at(end) }];
        }
        let own = std::iter::once((0, None));
        let begins = own.chain(self.steps.iter().map(|step| (step.from, Some(step.price))));
        let ends = self.steps.iter().map(|step| step.from).chain(std::iter::once(u64::MAX));
        let mut slices = Vec::new();
        for ((begin, price), until) in begins.zip(ends) {
            let quantity = until.min(end).saturating_sub(begin.max(before));
            if quantity > 0 {
                slices.push(Slice { quantity, price });
            }
        }
        slices
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(text: &str) -> Money {
        text.parse().unwrap()
    }

    fn tiers(mode: TierMode) -> Tiers {
        let steps = [(100, "0.08"), (1_000, "0.05")].map(|(from, price)| Tier { from, price: money(price) });
        Tiers::new(mode, steps.to_vec(), money("0.095")).unwrap()
    }

    fn sliced(mode: TierMode, before: u64, quantity: u64) -> Vec<(u64, Option<String>)> {
        let slices = tiers(mode).slices(before, quantity).into_iter();
        slices.map(|slice| (slice.quantity, slice.price.map(|price| price.to_decimals(3)))).collect()
    }

    #[test]
    fn graduated_units_cost_what_their_step_costs() {
        let mode = TierMode::Graduated;
        assert_eq!(sliced(mode, 0, 100), [(100, None)]);
        let all = [(100, None), (900, Some("0.080".to_owned())), (234, Some("0.050".to_owned()))];
        assert_eq!(sliced(mode, 0, 1_234), all);
        assert_eq!(sliced(mode, 1_000, 234), all[2..], "what was invoiced before counts");
        assert_eq!(sliced(mode, 50, 60), [(50, None), (10, Some("0.080".to_owned()))]);
    }

    #[test]
    fn all_units_cost_what_the_last_step_costs() {
        let mode = TierMode::AllUnits;
        assert_eq!(sliced(mode, 0, 100), [(100, None)]);
        assert_eq!(sliced(mode, 0, 101), [(101, Some("0.080".to_owned()))]);
        assert_eq!(sliced(mode, 900, 101), [(101, Some("0.050".to_owned()))]);
    }

    #[test]
    fn thresholds_rise_and_prices_fall() {
        let steps = |rows: &[(u64, &str)]| {
            rows.iter().map(|(from, price)| Tier { from: *from, price: money(price) }).collect::<Vec<_>>()
        };
        for wrong in [
            &[][..],
            &[(0, "0.05")],
            &[(1, "0.095")],
            &[(9, "0.05"), (9, "0.04")],
            &[(9, "0.05"), (10, "0.06")],
        ] {
            assert_eq!(Tiers::new(TierMode::Graduated, steps(wrong), money("0.095")), None, "{wrong:?}");
        }
        let lower = tiers(TierMode::Graduated).below(money("0.07")).unwrap();
        assert_eq!(lower.steps(), steps(&[(1_000, "0.05")]));
        assert_eq!(lower.below(money("0.05")), None);
    }

    proptest::proptest! {
        #[test]
        fn slices_are_the_quantity_however_it_is_cut(before in 0_u64..3_000, first in 0_u64..3_000, second in 0_u64..3_000) {
            let of = |before, quantity| {
                let slices = tiers(TierMode::Graduated).slices(before, quantity).into_iter();
                slices.fold((0, 0), |(units, price), slice| {
                    let each = slice.price.unwrap_or(money("0.095")).micros();
                    (units + slice.quantity, price + each * i64::try_from(slice.quantity).unwrap())
                })
            };
            let (one, two, both) = (of(before, first), of(before + first, second), of(before, first + second));
            proptest::prop_assert_eq!((one.0 + two.0, one.1 + two.1), both);
        }
    }
}
