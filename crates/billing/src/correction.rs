//! A use that was metered wrongly is put right by new events: one takes it back, another stands in its place. Nothing is edited.
//!
//! Invariants: what stands in its place is priced by the version and in the month of the use, and is of its day; both follow from the use
//! and what is said of it, so that saying it twice is seen.

use flexio_domain::{Corrects, UsageEvent, UsageKind};
use flexio_rating::{Metered, Rated, Service, base_of};
use jiff::Timestamp;

use crate::comparison::Legs;
use crate::ledger::posting_for;
use crate::meter::{Charge, Meter};

/// Before the id of a use that is taken back.
pub const REVERSED: &str = "reversed:";
/// Before the id of what stands in its place.
pub const CORRECTED: &str = "corrected:";

/// What a use was in truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truth {
    /// It never was.
    Void,
    /// It lasted so many milliseconds.
    Lasted(u64),
    /// It was so many: segments, requests.
    Counted(u32),
}

impl Truth {
    /// Whether it can be said of a kind of use.
    pub const fn is_of(self, kind: UsageKind) -> bool {
        let is_counted = matches!(
            kind,
            UsageKind::SmsOut | UsageKind::SmsIn | UsageKind::Conference | UsageKind::TwoFa | UsageKind::Api
        );
        match self {
            Self::Void => !matches!(kind, UsageKind::Number | UsageKind::Designer),
            Self::Lasted(_) => !is_counted && !matches!(kind, UsageKind::Number | UsageKind::Designer),
            Self::Counted(_) => is_counted,
        }
    }
}

impl Meter {
    /// The charges that put a use right, all of whose parts are given, in the order of their ids; `at` is when that is said.
    pub fn correct(&self, parts: &[UsageEvent], truth: Truth, reason: &str, at: Timestamp) -> Vec<Charge> {
        let mut charges: Vec<Charge> = parts
            .iter()
            .map(|part| {
                let event = UsageEvent {
                    id: format!("{REVERSED}{}", part.id),
                    amount: -part.amount,
                    corrects: Some(Box::new(Corrects {
                        id: part.id.clone(),
                        takes_back: true,
                        reason: reason.to_owned(),
                    })),
                    created_at: at,
                    ..part.clone()
                };
                self.booked(event)
            })
            .collect();
        let mut legs = Legs::default();
        let whole = parts.iter().fold(None, |_, part| legs.next(part)).or_else(|| legs.last());
        if let Some(whole) = whole.filter(|_| truth != Truth::Void) {
            charges.extend(self.instead(&whole, truth, reason, at));
        }
        charges
    }

    /// What stands in the place of a whole use.
    fn instead(&self, whole: &UsageEvent, truth: Truth, reason: &str, at: Timestamp) -> Vec<Charge> {
        let (duration_ms, quantity) = match truth {
            Truth::Lasted(ms) => (Some(ms), whole.quantity),
            Truth::Counted(quantity) => (whole.duration_ms, quantity),
            Truth::Void => (whole.duration_ms, whole.quantity),
        };
        let metered = Metered {
            kind: whole.kind,
            from: &whole.from,
            to: &whole.to,
            at: whole.at,
            duration_ms,
            quantity,
            accepted: true,
            carries_code: whole.carries_code && self.includes_delivery(whole.at),
        };
        let item = if metered.carries_code { Service::TwoFaRequest.as_str() } else { base_of(&whole.item) };
        let rater = self.pricing(item, whole.at);
        let is_leg = matches!(whole.kind, UsageKind::VoiceIn | UsageKind::VoiceOut);
        let rated = if is_leg { rater.rate_leg(&metered) } else { vec![(duration_ms, rater.rate(&metered))] };
        let event = |number: usize, duration_ms: Option<u64>, rated: &Rated<'_>| {
            let suffix = if number == 1 { String::new() } else { format!(":{number}") };
            UsageEvent {
                id: format!("{CORRECTED}{}{suffix}", whole.id),
                duration_ms,
                quantity,
                accepted: true,
                class: rated.class.to_owned(),
                billed: rated.billed,
                item: rated.item.to_owned(),
                plan: rated.plan.to_owned(),
                numbering: rated.numbering.to_owned(),
                amount: rated.amount,
                corrects: Some(Box::new(Corrects {
                    id: whole.id.clone(),
                    takes_back: false,
                    reason: reason.to_owned(),
                })),
                created_at: at,
                ..whole.clone()
            }
        };
        let numbered = (1..).zip(&rated);
        numbered
            .map(|(number, (duration_ms, rated))| self.booked(event(number, *duration_ms, rated)))
            .collect()
    }

    fn booked(&self, event: UsageEvent) -> Charge {
        let posting = posting_for(&event, self.rater().plan().currency());
        Charge { event, posting, further: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use flexio_domain::*;
    use flexio_rating::{Numbering, Plan, Rater};

    use super::*;
    use crate::LegEnded;

    fn meter() -> Meter {
        let plan = Plan::parse("offer.toml", include_str!("../../../data/offer-flexio-be.toml")).unwrap();
        let numbering =
            Numbering::parse("n.toml", include_str!("../../../data/belgian-numbering.toml")).unwrap();
        Meter::new(Arc::new(Rater::new(plan, numbering).unwrap()))
    }

    fn leg(meter: &Meter) -> UsageEvent {
        let at: Timestamp = "2026-11-03T09:00:00Z".parse().unwrap();
        let fact = LegEnded {
            call_sid: CallSid::from_u128(7),
            account_sid: AccountSid::from_u128(1),
            outbound: true,
            from: "+3225880000",
            to: "+32470123456",
            answered_at: Some(at),
            ended_at: at,
            duration_ms: 600_000,
            truncated: false,
            carries_code: false,
        };
        meter.leg_ended(&fact).event
    }

    #[test]
    fn a_call_that_was_shorter_costs_what_it_lasted() {
        let meter = meter();
        let wrong = leg(&meter);
        let said: Timestamp = "2026-11-04T09:00:00Z".parse().unwrap();
        let charges =
            meter.correct(std::slice::from_ref(&wrong), Truth::Lasted(60_000), "BYE was lost", said);
        let ids: Vec<_> = charges.iter().map(|it| it.event.id.as_str()).collect();
        assert_eq!(ids, [format!("reversed:{}", wrong.id), format!("corrected:{}", wrong.id)]);
        let amounts: Vec<_> = charges.iter().map(|it| it.event.amount.to_decimals(6)).collect();
        assert_eq!(amounts, ["-3.700000", "0.370000"]);
        assert!(charges.iter().all(|it| it.event.day == wrong.day && it.event.month == wrong.month));
        assert!(charges.iter().all(|it| it.posting.as_ref().is_some_and(|it| it.posted_at == said)));
        assert_eq!(charges[0].event.signed(charges[0].event.billed), -600);
        for charge in &charges {
            let rerated = crate::rerate::rerate(&charge.event, meter.rater().plan()).unwrap();
            assert_eq!((rerated.billed, rerated.amount), (charge.event.billed, charge.event.amount));
        }
        assert_eq!(meter.correct(&[wrong], Truth::Void, "a test", said).len(), 1, "it never was");
    }

    #[test]
    fn what_is_counted_does_not_last_and_what_is_held_is_no_use() {
        assert!(Truth::Lasted(1).is_of(UsageKind::Recording) && !Truth::Lasted(1).is_of(UsageKind::SmsOut));
        assert!(Truth::Counted(1).is_of(UsageKind::SmsOut) && !Truth::Counted(1).is_of(UsageKind::VoiceOut));
        assert!(!Truth::Void.is_of(UsageKind::Number) && Truth::Void.is_of(UsageKind::TwoFa));
    }
}
