//! Two versions of an item side by side: what changes, and whether anything is dearer.

use flexio_domain::Money;
use jiff::civil::{Time, Weekday};

use crate::bands::{BEHIND, BEYOND};
use crate::{Band, Item, Rate, TierMode, Tiers, Timed};

/// A price that differs between two versions of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Code of the item, `{item}~{band}` of a band, or `{item}>{threshold}` of a volume price.
    pub code: String,
    /// Before; where there was no such band or threshold, what held instead.
    pub old: Money,
    /// After, likewise.
    pub new: Money,
}

impl Item {
    /// The item's price, prices of bands and prices beyond thresholds that differ in `new`; equal prices where something else of them does.
    pub fn changes_to(&self, new: &Self) -> Vec<Changed> {
        let (own, other) = (self.rate.price(), new.rate.price());
        let mut changes = Vec::new();
        if self.rate != new.rate || self.includes_delivery != new.includes_delivery {
            changes.push(Changed { code: self.code.clone(), old: own, new: other });
        }
        let names = self.bands.iter().chain(new.bands.iter().filter(|band| self.named(&band.name).is_none()));
        for Band { name, .. } in names {
            let (before, after) = (self.named(name), new.named(name));
            if before.map(priced) != after.map(priced) {
                let price = |band: Option<&Band>, own| band.map_or(own, |band| band.item.rate.price());
                let code = format!("{}{BEHIND}{name}", self.code);
                changes.push(Changed { code, old: price(before, own), new: price(after, other) });
            }
        }
        if self.tiers != new.tiers {
            let price = |item: &Self, quantity| {
                item.tiers.as_ref().and_then(|it| it.price_at(quantity)).unwrap_or(item.rate.price())
            };
            for from in thresholds(self, new) {
                let code = format!("{}{BEYOND}{from}", self.code);
                changes.push(Changed { code, old: price(self, from + 1), new: price(new, from + 1) });
            }
        }
        changes
    }

    /// Whether no use costs more by `new`: no price is higher at any hour or beyond any threshold, and nothing else differs.
    pub fn is_no_dearer(&self, new: &Self) -> bool {
        let delivery = new.includes_delivery || !self.includes_delivery;
        let rate = is_cheaper(&self.rate, &new.rate) && delivery;
        rate && self.hours_are_no_dearer(new) && self.volumes_are_no_dearer(new)
    }

    fn named(&self, name: &str) -> Option<&Band> {
        self.bands.iter().find(|band| band.name == name)
    }

    fn hours_are_no_dearer(&self, new: &Self) -> bool {
        let hours = self.bands.iter().chain(&new.bands).flat_map(|band| &band.hours);
        let times: Vec<Time> =
            hours.flat_map(|it| [Some(it.from), it.until]).flatten().chain([Time::midnight()]).collect();
        let days = Weekday::Monday.cycle_forward().take(7);
        let mut moments = days.flat_map(|day| times.iter().map(move |time| (day, *time)));
        moments.all(|(day, time)| is_cheaper(&self.in_hour(day, time).rate, &new.in_hour(day, time).rate))
    }

    /// Steps that begin later, or cost more, are dearer; of a price for all units that became graduated the units before are.
    fn volumes_are_no_dearer(&self, new: &Self) -> bool {
        let Some(old) = &self.tiers else { return true };
        let Some(tiers) = &new.tiers else {
            return old.steps().iter().all(|step| new.rate.price() <= step.price);
        };
        let price = |tiers: &Tiers, own, from| tiers.price_at(from + 1).unwrap_or(own);
        let is_graduated = old.mode() == TierMode::AllUnits && tiers.mode() == TierMode::Graduated;
        !is_graduated
            && thresholds(self, new)
                .into_iter()
                .all(|from| price(tiers, new.rate.price(), from) <= price(old, self.rate.price(), from))
    }
}

/// What a band says.
fn priced(band: &Band) -> (Rate, &[crate::Hours]) {
    (band.item.rate, &band.hours)
}

/// Thresholds of both, rising.
fn thresholds(old: &Item, new: &Item) -> Vec<u64> {
    let steps = old.tiers.iter().chain(&new.tiers).flat_map(super::tiers::Tiers::steps);
    let mut all: Vec<u64> = steps.map(|step| step.from).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Whether no use costs more by `new` than by `old`: the price is not higher and nothing else differs.
fn is_cheaper(old: &Rate, new: &Rate) -> bool {
    match (old, new) {
        (Rate::Timed(old), Rate::Timed(new)) => {
            let same = Timed { price: old.price, connection_fee: old.connection_fee, ..*new } == *old;
            same && new.price <= old.price && new.connection_fee <= old.connection_fee
        }
        (Rate::Counted(old), Rate::Counted(new)) => new.price <= old.price,
        (Rate::Monthly(old), Rate::Monthly(new)) => new.proration == old.proration && new.price <= old.price,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Plan;

    /// `sms.out` and `voice.out.mobile` of the offer with these lines behind their price.
    fn item(code: &str, price: &str, behind: &str) -> Item {
        let offer = include_str!("../../../data/offer-flexio-be.toml");
        let head = format!("code = \"{code}\"");
        let (before, after) = offer.split_once(&head).unwrap();
        let (table, rest) = after.split_once("[[").unwrap();
        let mut lines: Vec<String> = table.lines().map(str::to_owned).collect();
        for line in lines.iter_mut().filter(|line| line.starts_with("price ") || line.starts_with("price=")) {
            *line = format!("price = \"{price}\"");
        }
        let text = format!("{before}{head}{}\n{behind}\n[[{rest}", lines.join("\n"));
        Plan::parse("offer.toml", &text).unwrap().item(code).unwrap().clone()
    }

    fn evening(from: &str, price: &str) -> String {
        format!(
            "[[item.band]]\nname = \"evening\"\nfrom = \"{from}\"\nuntil = \"24:00\"\nprice = \"{price}\""
        )
    }

    fn volume(mode: &str, from: u64, price: &str) -> String {
        format!("tier_mode = \"{mode}\"\n[[item.tier]]\nfrom = {from}\nprice = \"{price}\"")
    }

    fn said(old: &Item, new: &Item) -> Vec<(String, String, String)> {
        let said = |it: Changed| (it.code, it.old.to_decimals(3), it.new.to_decimals(3));
        old.changes_to(new).into_iter().map(said).collect()
    }

    fn row(code: &str, old: &str, new: &str) -> (String, String, String) {
        (code.to_owned(), old.to_owned(), new.to_owned())
    }

    #[test]
    fn a_dearer_hour_is_no_advantage_whatever_the_days_price_does() {
        let sms = |price: &str, band: &str| item("sms.out", price, band);
        let (old, later) = (sms("0.095", &evening("18:00", "0.05")), sms("0.09", &evening("20:00", "0.05")));
        assert!(!old.is_no_dearer(&later), "from 18:00 to 20:00 it is dearer");
        assert_eq!(
            said(&old, &later),
            [row("sms.out", "0.095", "0.090"), row("sms.out~evening", "0.050", "0.050")]
        );
        let gone = sms("0.095", "");
        assert!(!old.is_no_dearer(&gone) && gone.is_no_dearer(&old));
        assert_eq!(said(&old, &gone), [row("sms.out~evening", "0.050", "0.095")]);
        assert!(old.is_no_dearer(&sms("0.09", &evening("18:00", "0.05"))));
        assert!(old.is_no_dearer(&old) && said(&old, &old).is_empty());
    }

    #[test]
    fn a_code_that_is_charged_on_top_from_now_on_is_no_advantage() {
        let request = |delivery: &str| {
            let offer = include_str!("../../../data/offer-flexio-be.toml");
            let text = offer.replace("delivery = \"charged\"", &format!("delivery = \"{delivery}\""));
            Plan::parse("offer.toml", &text).unwrap().item("twofa.request").unwrap().clone()
        };
        let (charged, included) = (request("charged"), request("included"));
        assert!(charged.is_no_dearer(&included) && !included.is_no_dearer(&charged));
        assert_eq!(said(&included, &charged), [row("twofa.request", "0.050", "0.050")]);
    }

    #[test]
    fn a_threshold_further_away_is_no_advantage() {
        let sms = |price: &str, tiers: &str| item("sms.out", price, tiers);
        let old = sms("0.095", &volume("graduated", 100, "0.08"));
        let further = sms("0.095", &volume("graduated", 200, "0.07"));
        assert!(!old.is_no_dearer(&further));
        assert_eq!(
            said(&old, &further),
            [row("sms.out>100", "0.080", "0.095"), row("sms.out>200", "0.080", "0.070")]
        );
        let all = sms("0.095", &volume("all_units", 100, "0.08"));
        assert!(old.is_no_dearer(&all) && !all.is_no_dearer(&old));
        assert!(old.is_no_dearer(&sms("0.08", "")), "below every step");
        assert!(!old.is_no_dearer(&sms("0.09", "")));
    }
}
