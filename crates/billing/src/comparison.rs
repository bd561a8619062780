//! What was used, under other prices.

use std::collections::BTreeMap;

use flexio_domain::{HeldItem, Money, UsageEvent, UsageKind};
use flexio_rating::{BillingMonth, Item, Metered, Monthly, Proration, Rate, Rater, base_of};

use crate::invoice::UnitPrice;
use crate::rerate::{RerateError, at_rate};

/// A plan does not sell what was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the plan does not sell it")]
pub struct NotSold;

/// A use under other prices.
#[derive(Debug, Clone, Copy)]
pub struct Under<'r> {
    /// What it comes to before volume prices.
    pub amount: Money,
    /// Units of the item; below zero where another use is taken back.
    pub billed: i64,
    /// The item that prices it; `None` where it is free.
    pub item: Option<&'r Item>,
}

/// What a use would have cost under another plan: what was dialled is classed and priced by it, with its own increments and hours. The days
/// and months something was held stay. A leg is taken as a whole: see [`Legs`].
pub fn charge_under<'r>(event: &UsageEvent, rater: &'r Rater) -> Result<Under<'r>, NotSold> {
    let held = match event.kind {
        UsageKind::Number => HeldItem::Number,
        UsageKind::Designer => HeldItem::Designer,
        _ => return use_under(event, rater),
    };
    let terms = rater.monthly_terms(held).map_err(|_| NotSold)?;
    let proration = if terms.by_day { Proration::ByDay } else { Proration::None };
    let rate = Rate::Monthly(Monthly { price: terms.price, proration });
    let rerated = at_rate(event, &rate).map_err(|_| NotSold)?;
    Ok(Under { amount: rerated.amount, billed: event.signed(rerated.billed), item: None })
}

fn use_under<'r>(event: &UsageEvent, rater: &'r Rater) -> Result<Under<'r>, NotSold> {
    let parts = rater.rate_leg(&Metered {
        kind: event.kind,
        from: &event.from,
        to: &event.to,
        at: event.at,
        duration_ms: event.duration_ms,
        quantity: event.quantity,
        accepted: event.accepted,
        carries_code: event.carries_code,
    });
    // What was not answered is not missed.
    if !event.accepted || parts.iter().all(|(_, rated)| rated.item != "refuse") {
        let item = parts.first().and_then(|(_, rated)| rater.plan().item(base_of(rated.item)));
        let (billed, amount) = parts.iter().fold((0, Money::ZERO), |(billed, amount), (_, rated)| {
            (billed + rated.billed, amount + rated.amount)
        });
        let amount = if event.takes_back() { -amount } else { amount };
        return Ok(Under { amount, billed: event.signed(billed), item });
    }
    // Of old uses the number is kept in part and has no class any more: what was charged then tells it.
    if event.amount == Money::ZERO && event.item == "free" {
        return Ok(Under { amount: Money::ZERO, billed: event.signed(event.billed), item: None });
    }
    let item = rater.plan().item(base_of(&event.item)).ok_or(NotSold)?;
    let (amount, billed) = at_item(event, item, rater).map_err(|_| NotSold)?;
    Ok(Under { amount, billed, item: Some(item) })
}

/// What a use costs, before volume prices, by this item of a plan, whatever it was classed as; and its units.
pub fn at_item(event: &UsageEvent, item: &Item, rater: &Rater) -> Result<(Money, i64), RerateError> {
    let parts = match event.duration_ms.filter(|_| event.accepted) {
        Some(length) => rater.cut(item, event.at, length),
        None => vec![(item.at(event.at, rater.plan().zone()), event.duration_ms)],
    };
    parts.into_iter().try_fold((Money::ZERO, 0), |(amount, billed), (item, duration_ms)| {
        let part = at_rate(&UsageEvent { duration_ms, ..event.clone() }, &item.rate)?;
        Ok((amount + part.amount, billed + event.signed(part.billed)))
    })
}

/// Puts legs together again that were cut where their price changed with the hour: their parts follow each other by source and id.
#[derive(Debug, Default)]
pub struct Legs {
    open: Option<UsageEvent>,
}

impl Legs {
    /// Takes the next use; the one before it, if that is whole now.
    pub fn next(&mut self, event: &UsageEvent) -> Option<UsageEvent> {
        let is_part = |open: &&mut UsageEvent| event.is_further_part() && open.resource == event.resource;
        let Some(open) = self.open.as_mut().filter(is_part) else { return self.open.replace(event.clone()) };
        open.item.truncate(base_of(&open.item).len());
        open.amount += event.amount;
        open.billed += event.billed;
        open.duration_ms = open.duration_ms.zip(event.duration_ms).map(|(one, other)| one + other);
        None
    }

    /// The last use.
    pub fn last(self) -> Option<UsageEvent> {
        self.open
    }
}

/// What volume prices take off: units of a month by whoever they count for.
#[derive(Debug)]
pub struct Volumes<K>(BTreeMap<(K, String, String, String), (Item, i64)>);

impl<K> Default for Volumes<K> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Ord + Clone> Volumes<K> {
    /// Counts units of an item of a plan version in a month, where it has volume prices.
    pub fn add(&mut self, whose: &K, month: &str, plan: &str, item: &Item, billed: i64) {
        if item.tiers.is_some() && billed != 0 {
            let place = (whose.clone(), month.to_owned(), plan.to_owned(), item.code.clone());
            self.0.entry(place).or_insert_with(|| (item.clone(), 0)).1 += billed;
        }
    }

    /// What is taken off, by whose it is and item, as an invoice of each whole month has it.
    pub fn off(&self) -> impl Iterator<Item = (&K, &str, Money)> {
        self.0.iter().filter_map(|((whose, month, _, code), (item, quantity))| {
            let price = UnitPrice::of(&item.rate, month.parse::<BillingMonth>().ok()?);
            let quantity = u64::try_from(*quantity).unwrap_or(0);
            let slices = item.tiers.as_ref()?.slices(0, quantity).into_iter();
            let off = slices.map(|slice| {
                let cents = |price: &UnitPrice| price.cents(slice.quantity).unwrap_or_default();
                let lower = slice.price.map_or(price, |lower| UnitPrice { price: lower, ..price });
                (cents(&price) - cents(&lower)).max(Money::ZERO)
            });
            Some((whose, code.as_str(), off.sum()))
        })
    }

    /// All that is taken off.
    pub fn sum(&self) -> Money {
        self.off().map(|(.., off)| off).sum()
    }
}

#[cfg(test)]
mod tests {
    use flexio_domain::*;
    use flexio_rating::{Numbering, Plan};

    use super::*;
    use crate::{LegEnded, Meter};

    const OFFER: &str = include_str!("../../../data/offer-flexio-be.toml");

    fn rater(from: &str, to: &str) -> Rater {
        assert!(OFFER.contains(from), "{from}");
        let plan = Plan::parse("offer.toml", &OFFER.replacen(from, to, 1)).unwrap();
        let numbering =
            Numbering::parse("numbering.toml", include_str!("../../../data/belgian-numbering.toml"));
        Rater::new(plan, numbering.unwrap()).unwrap()
    }

    /// Mobile calls at 0.20 from 18:00 on.
    fn banded() -> Rater {
        let head = "code = \"voice.out.mobile\"";
        let table = OFFER.split_once(head).unwrap().1.split_once("[[").unwrap().0;
        let band = "[[item.band]]\nname = \"evening\"\nfrom = \"18:00\"\nuntil = \"24:00\"\nprice = \"0.20\"";
        let plain: Vec<&str> = table
            .lines()
            .filter(|line| {
                !["first_increment", "increment", "minimum"].iter().any(|key| line.starts_with(key))
            })
            .collect();
        let fields = "first_increment = 1\nincrement = 1\nminimum = 0";
        rater(&format!("{head}{table}"), &format!("{head}{}\n{fields}\n{band}\n\n", plain.join("\n")))
    }

    fn leg(meter: &Meter) -> Vec<UsageEvent> {
        let answered_at: jiff::Timestamp = "2026-11-03T16:59:30Z".parse().unwrap();
        let charge = meter.leg_ended(&LegEnded {
            call_sid: CallSid::from_u128(7),
            account_sid: AccountSid::from_u128(1),
            outbound: true,
            from: "+3225880000",
            to: "+32470123456",
            answered_at: Some(answered_at),
            ended_at: answered_at,
            duration_ms: 90_000,
            truncated: false,
            carries_code: false,
        });
        std::iter::once(charge.event).chain(charge.further.into_iter().map(|part| part.event)).collect()
    }

    fn joined(events: &[UsageEvent]) -> Vec<UsageEvent> {
        let mut legs = Legs::default();
        let mut whole: Vec<UsageEvent> = events.iter().filter_map(|event| legs.next(event)).collect();
        whole.extend(legs.last());
        whole
    }

    #[test]
    fn a_leg_over_the_hour_costs_under_another_plan_what_it_would_have_cost_there() {
        let (plain, evening) = (rater("0.37", "0.37"), banded());
        let cut = leg(&Meter::new(banded()));
        assert_eq!(
            cut.iter().map(|it| it.item.as_str()).collect::<Vec<_>>(),
            ["voice.out.mobile", "voice.out.mobile~evening"]
        );
        let whole = joined(&cut);
        let [whole] = whole.as_slice() else { panic!("one leg: {whole:?}") };
        assert_eq!((whole.duration_ms, whole.item.as_str()), (Some(90_000), "voice.out.mobile"));
        assert_eq!(whole.amount, cut[0].amount + cut[1].amount);
        let once = leg(&Meter::new(rater("0.37", "0.37")));
        assert_eq!(
            charge_under(whole, &plain).unwrap().amount,
            once[0].amount,
            "as if it had been never cut"
        );
        assert_eq!(charge_under(&once[0], &evening).unwrap().amount, whole.amount, "and the other way about");
        // A number that is kept in part has no class: what it was charged as tells.
        let kept = UsageEvent { to: "+32470".into(), ..once[0].clone() };
        assert_eq!(charge_under(&kept, &evening).unwrap().amount, whole.amount);
        let free = UsageEvent { item: "free".into(), amount: Money::ZERO, ..kept };
        assert_eq!(charge_under(&free, &evening).unwrap().amount, Money::ZERO, "what cost nothing then");
    }

    #[test]
    fn volume_prices_are_taken_off_by_month_and_customer() {
        let item = "code = \"sms.out\"";
        let table = OFFER.split_once(item).unwrap().1.split_once("[[").unwrap().0;
        let tiers = "tier_mode = \"graduated\"\n[[item.tier]]\nfrom = 100\nprice = \"0.08\"\n\n";
        let rater = rater(&format!("{item}{table}"), &format!("{item}{table}{tiers}"));
        let item = rater.plan().item("sms.out").unwrap();
        let mut volumes = Volumes::default();
        for (whose, month, billed) in
            [(1, "2026-11", 60), (1, "2026-11", 60), (1, "2026-12", 90), (2, "2026-11", 100)]
        {
            volumes.add(&whose, month, "flexio-be/2", item, billed);
        }
        let off: Vec<_> =
            volumes.off().map(|(whose, code, off)| (*whose, code, off.to_decimals(2))).collect();
        let cents = |text: &str| text.to_owned();
        assert_eq!(
            off,
            [(1, "sms.out", cents("0.30")), (1, "sms.out", cents("0.00")), (2, "sms.out", cents("0.00"))]
        );
    }
}
