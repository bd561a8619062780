//! Charges of a month, from what was held in it.

use std::collections::BTreeMap;

use flexio_domain::{AccountSid, HeldItem, Holding, MonthlyTerms, UsageEvent, UsageKind, UsageLabels};
use flexio_rating::recurring::{Days, Interval};
use flexio_rating::{BillingMonth, Monthly, Proration};
use jiff::SignedDuration;
use jiff::tz::Offset;

use crate::ledger::posting_for;
use crate::{Charge, Meter};

/// Source of these events; with the id it is their identity, so it never changes.
const RECURRING: &str = "recurring";
/// Resource of the designer's events.
const DESIGNER: &str = "designer";

/// Days held at the prices of one plan version.
struct Share<'h> {
    terms: &'h MonthlyTerms,
    days: Days,
}

impl Meter {
    /// The charges of `month` for everything one account held in it: per number and price version, by its days (event
    /// `number:{number}:{month}:{account}:{plan}`), and the designer once, at the price of the first holding of the month (event
    /// `designer:{month}:{account}`). The order of `holdings` does not matter; what was not held in the month is left out.
    ///
    /// Events are dated with the last millisecond of the month, whenever they are made.
    ///
    /// A number is part of the id with its account because it may change hands within the month.
    pub fn month(&self, month: BillingMonth, account_sid: AccountSid, holdings: &[Holding]) -> Vec<Charge> {
        let mut held: Vec<&Holding> = holdings.iter().collect();
        held.sort_by_key(|holding| (holding.from, holding.sid));
        let (numbers, designer): (Vec<&Holding>, Vec<&Holding>) =
            held.into_iter().partition(|holding| holding.item == HeldItem::Number);
        let mut by_number: BTreeMap<&str, Vec<&Holding>> = BTreeMap::new();
        for holding in numbers {
            by_number.entry(&holding.subject).or_default().push(holding);
        }
        let mut charges = Vec::new();
        for (number, held) in by_number {
            for share in self.shares(month, &held) {
                let id = format!("number:{number}:{month}:{account_sid}:{}", share.terms.plan);
                charges.push(self.recurring(month, account_sid, UsageKind::Number, id, number, &share));
            }
        }
        let shares = self.shares(month, &designer);
        let all = shares.iter().fold(Days::default(), |days, share| days.with(share.days));
        if let Some(first) = shares.first() {
            let share = Share { terms: first.terms, days: all };
            let id = format!("{DESIGNER}:{month}:{account_sid}");
            charges.push(self.recurring(month, account_sid, UsageKind::Designer, id, DESIGNER, &share));
        }
        charges
    }

    /// Days per price version, in the order in which they were first held. A day belongs to whoever has it first.
    fn shares<'h>(&self, month: BillingMonth, held: &[&'h Holding]) -> Vec<Share<'h>> {
        let mut shares: Vec<Share<'h>> = Vec::new();
        let mut taken = Days::default();
        for holding in held {
            let interval = Interval { from: holding.from, until: holding.until };
            let days = Days::met(&interval, month, self.rater().plan().zone()).without(taken);
            taken = taken.with(days);
            match shares.iter_mut().find(|share| share.terms.plan == holding.terms.plan) {
                Some(share) => share.days = share.days.with(days),
                None => shares.push(Share { terms: &holding.terms, days }),
            }
        }
        shares.retain(|share| share.days.count() > 0);
        shares
    }

    fn recurring(
        &self,
        month: BillingMonth,
        account_sid: AccountSid,
        kind: UsageKind,
        id: String,
        resource: &str,
        share: &Share<'_>,
    ) -> Charge {
        let plan = self.rater().plan();
        let (_, end) = month.bounds(plan.zone());
        let at = end - SignedDuration::from_millis(1);
        let proration = if share.terms.by_day { Proration::ByDay } else { Proration::None };
        let monthly = Monthly { price: share.terms.price, proration };
        let class = match kind {
            UsageKind::Number => self.rater().numbering().classify(resource).id(),
            _ => "none",
        };
        let event = UsageEvent {
            id,
            source: RECURRING.to_owned(),
            account_sid,
            kind,
            resource: resource.to_owned(),
            from: String::new(),
            to: String::new(),
            at,
            ended_at: Some(end),
            duration_ms: None,
            quantity: 1,
            accepted: true,
            class: class.to_owned(),
            billed: if share.terms.by_day { u64::from(share.days.count()) } else { 1 },
            item: share.terms.item.clone(),
            plan: share.terms.plan.clone(),
            numbering: self.rater().numbering().version().to_owned(),
            amount: monthly.charge(share.days, month),
            labels: UsageLabels {
                number: (kind == UsageKind::Number).then(|| resource.to_owned()),
                ..UsageLabels::default()
            },
            carrier: None,
            month: month.to_string(),
            day: Offset::UTC.to_datetime(at).date().to_string(),
            truncated: false,
            carries_code: false,
            corrects: None,
            created_at: end,
        };
        let posting = posting_for(&event, plan.currency());
        Charge { posting, event, further: Vec::new() }
    }
}
