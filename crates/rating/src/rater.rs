//! One plan and one country's numbering, made into answers.

mod destinations;

use std::sync::Arc;

use flexio_domain::{HeldItem, Money, MonthlyTerms, UsageKind};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;

pub use destinations::Destination;

use crate::bands::Part;
use crate::numbering::{Dialled, Slot};
use crate::plan::Placement;
use crate::{Allowance, BillingMonth, Class, Item, Numbering, Plan, Policy, Proration, Rate, Service, Timed};

/// Class of what has no destination: recordings, conferences, requests.
const NO_CLASS: &str = "none";
/// Item of what costs nothing.
const FREE: &str = "free";
/// Item of what should have been refused before it started; it is never charged.
const REFUSE: &str = "refuse";

/// Why a plan and numbering data do not fit together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RaterError {
    /// The deck prices numbers of the country whose classes decide.
    #[error("a deck prices +{country_code}, where the numbering data decides: remove its rows from the deck")]
    DeckAtHome {
        /// Country code of the numbering data.
        country_code: String,
    },
}

/// A use of the platform, as metered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metered<'m> {
    /// What was used.
    pub kind: UsageKind,
    /// Caller or sender, as dialled: E.164, short code, `sip:`, `client:`, `anonymous`. Calls that come from a
    /// carrier carry the number or `anonymous` here, never a SIP address: legs from SIP addresses are not charged.
    pub from: &'m str,
    /// Called number or recipient, as dialled.
    pub to: &'m str,
    /// Answer of a call, acceptance of a message: decides the billing month of the whole use.
    pub at: Timestamp,
    /// Length of what is timed; from answer to release on a monotonic clock.
    pub duration_ms: Option<u64>,
    /// Number of what is counted.
    pub quantity: u32,
    /// Answered, accepted by the carrier, joined: nothing is charged otherwise.
    pub accepted: bool,
    /// It brings a one-time code: free where the plan has that in the price of the code's request.
    pub carries_code: bool,
}

/// A use of the platform with its charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rated<'r> {
    /// Priced item, or `free`, or `refuse` where it should not have started: both cost nothing.
    pub item: &'r str,
    /// Numbering class of the destination (of the caller, where a client or SIP address calls in); `none` without one.
    pub class: &'r str,
    /// Seconds after increments, or the quantity.
    pub billed: u64,
    /// The charge.
    pub amount: Money,
    /// Month of `at` in the plan's zone.
    pub month: BillingMonth,
    /// Day of `at` in UTC.
    pub day: Date,
    /// Plan and version, `flexio-be/1`.
    pub plan: &'r str,
    /// Version of the numbering data.
    pub numbering: &'r str,
    /// Whether it may appear on an itemised bill: calls free for the caller by law never do.
    pub itemised: bool,
}

/// The answer before a start: go ahead, and at what price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authorised<'r> {
    /// Costs money: see that it is there.
    Priced(Priced<'r>),
    /// Costs nothing; needs no credit. Emergency calls are always this.
    Free {
        /// Numbering class, as in [`Rated::class`].
        class: &'r str,
    },
}

/// A price that will apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Priced<'r> {
    /// Item of the plan, with its rate.
    pub item: &'r Item,
    /// Numbering class, as in [`Rated::class`].
    pub class: &'r str,
}

impl Priced<'_> {
    /// What `quantity` of a counted item, or an answered call of `quantity` seconds, costs.
    pub fn cost_of(&self, quantity: u64) -> Money {
        match self.item.rate {
            Rate::Timed(timed) => timed.charge(quantity.saturating_mul(1000)),
            Rate::Counted(counted) => counted.charge(quantity),
            Rate::Monthly(_) => Money::ZERO,
        }
    }

    /// The price for a piece, or for a minute whatever number of seconds it is written for.
    pub fn unit_price(&self) -> Money {
        self.item.rate.unit_price()
    }

    /// How long a call may last for `available`; [`Allowance::Unlimited`] for what is not timed.
    pub fn longest_call(&self, available: Money) -> Allowance {
        match self.item.rate {
            Rate::Timed(timed) => timed.longest_call(available),
            Rate::Counted(_) | Rate::Monthly(_) => Allowance::Unlimited,
        }
    }
}

/// Why a use may not start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalReason {
    /// Not a number, short code or address that exists.
    NumberNotInPlan,
    /// The class is closed by the numbering data: premium, machine-to-machine, priced short codes.
    ClassRefused,
    /// The plan has no price for the service.
    ServiceRefused(Service),
    /// Messages cannot go to this class.
    NotForMessages,
}

impl RefusalReason {
    /// A stable word for API answers and logs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NumberNotInPlan => "number_not_in_plan",
            Self::ClassRefused => "destination_refused",
            Self::ServiceRefused(_) => "service_not_in_plan",
            Self::NotForMessages => "destination_cannot_receive_messages",
        }
    }
}

/// A use that may not start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("refused: {} (class {class})", reason.code())]
pub struct Refusal<'r> {
    /// Why.
    pub reason: RefusalReason,
    /// Numbering class of the destination.
    pub class: &'r str,
}

/// What a class or service leads to.
#[derive(Debug, Clone, Copy)]
enum Verdict {
    Item(usize),
    Free,
    Refused(RefusalReason),
}

/// Verdicts of one class.
#[derive(Debug, Clone, Copy)]
struct Verdicts {
    voice: Verdict,
    sms: Verdict,
}

/// What one use is.
struct Judged<'r> {
    class: &'r str,
    verdict: Verdict,
    itemised: bool,
}

/// Rates uses under one plan version and one version of the numbering data. Immutable; share it by reference.
#[derive(Debug)]
pub struct Rater {
    plan: Plan,
    numbering: Arc<Numbering>,
    national: Vec<Verdicts>,
    short: Vec<Verdicts>,
}

impl Rater {
    /// Joins a plan and numbering data, deciding every class once.
    pub fn new(plan: Plan, numbering: impl Into<Arc<Numbering>>) -> Result<Self, RaterError> {
        let numbering = numbering.into();
        let country_code = numbering.country_code();
        if plan.deck().covers(country_code) {
            return Err(RaterError::DeckAtHome { country_code: country_code.to_owned() });
        }
        let national = numbering.classes().iter().map(|class| Verdicts {
            voice: under(&plan, &class.voice, RefusalReason::ClassRefused),
            sms: under(&plan, &class.sms, RefusalReason::NotForMessages),
        });
        let short = numbering.short_codes().iter().map(|code| Verdicts {
            voice: under(&plan, &code.voice, RefusalReason::ClassRefused),
            sms: Verdict::Refused(RefusalReason::NotForMessages),
        });
        Ok(Self { national: national.collect(), short: short.collect(), plan, numbering })
    }

    /// Another plan with the same numbering data.
    pub fn with_plan(&self, plan: Plan) -> Result<Self, RaterError> {
        Self::new(plan, Arc::clone(&self.numbering))
    }

    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The numbering data.
    pub fn numbering(&self) -> &Numbering {
        &self.numbering
    }

    /// Whether a use may start, and at what price. Asked before a call is placed or a message is taken.
    pub fn authorise(&self, kind: UsageKind, from: &str, to: &str) -> Result<Authorised<'_>, Refusal<'_>> {
        let Judged { class, verdict, .. } = self.judge(kind, from, to);
        match verdict {
            Verdict::Item(index) => Ok(Authorised::Priced(Priced { item: &self.plan.items()[index], class })),
            Verdict::Free => Ok(Authorised::Free { class }),
            Verdict::Refused(reason) => Err(Refusal { reason, class }),
        }
    }

    /// The charge of a use. Pure and total: the same use is the same charge for ever.
    pub fn rate(&self, metered: &Metered<'_>) -> Rated<'_> {
        let judged = self.judge_use(metered);
        let item = self.priced(&judged).map(|item| item.at(metered.at, self.plan.zone()));
        self.rated(&judged, item, metered)
    }

    /// The charges of a leg, with the length of each: one, or one for each price that holds while it lasts. They add up to its length, and all
    /// are of the time that decides.
    pub fn rate_leg(&self, metered: &Metered<'_>) -> Vec<(Option<u64>, Rated<'_>)> {
        let judged = self.judge_use(metered);
        let length = metered.duration_ms.filter(|_| metered.accepted);
        let (Some(item), Some(length)) = (self.priced(&judged), length) else {
            return vec![(metered.duration_ms, self.rate(metered))];
        };
        let parts = item.parts(metered.at, length, self.plan.zone()).into_iter();
        let rated = parts.map(|Part { item, duration_ms }| {
            let duration_ms = Some(duration_ms);
            (duration_ms, self.rated(&judged, Some(item), &Metered { duration_ms, ..*metered }))
        });
        rated.collect()
    }

    /// A leg at the prices of one item, as [`Self::rate_leg`] cuts it: items or bands, with the length of each.
    pub fn cut<'i>(&self, item: &'i Item, at: Timestamp, length_ms: u64) -> Vec<(&'i Item, Option<u64>)> {
        let parts = item.parts(at, length_ms, self.plan.zone()).into_iter();
        parts.map(|part| (part.item, Some(part.duration_ms))).collect()
    }

    /// The item of a plan that prices it.
    fn priced(&self, judged: &Judged<'_>) -> Option<&Item> {
        match judged.verdict {
            Verdict::Item(index) => Some(&self.plan.items()[index]),
            Verdict::Free | Verdict::Refused(_) => None,
        }
    }

    /// The charge at the price of `item`, or of none.
    fn rated<'r>(&'r self, judged: &Judged<'r>, item: Option<&'r Item>, metered: &Metered<'_>) -> Rated<'r> {
        let Judged { class, verdict, itemised } = *judged;
        let (item, billed, amount) = match (item, verdict) {
            (Some(item), _) => {
                let (billed, amount) = charge(&item.rate, metered);
                (item.code.as_str(), billed, amount)
            }
            (None, Verdict::Refused(_)) => (REFUSE, 0, Money::ZERO),
            (None, Verdict::Free | Verdict::Item(_)) => (FREE, units(metered), Money::ZERO),
        };
        Rated {
            item,
            class,
            billed,
            amount,
            month: BillingMonth::of(metered.at, self.plan.zone()),
            day: Offset::UTC.to_datetime(metered.at).date(),
            plan: self.plan.label(),
            numbering: self.numbering.version(),
            itemised,
        }
    }

    /// What a month of a held thing costs whoever takes it now; an error where the plan does not sell it.
    pub fn monthly_terms(&self, item: HeldItem) -> Result<MonthlyTerms, Refusal<'_>> {
        let service = match item {
            HeldItem::Number => Service::NumberFixed,
            HeldItem::Designer => Service::Designer,
        };
        let terms = |item: &str, price, by_day| MonthlyTerms {
            plan: self.plan.label().to_owned(),
            item: item.to_owned(),
            price,
            by_day,
        };
        match (of_service(&self.plan, service), self.plan.monthly(service)) {
            (Verdict::Item(_), Some(monthly)) => {
                Ok(terms(service.as_str(), monthly.price, monthly.proration == Proration::ByDay))
            }
            (Verdict::Refused(reason), _) => Err(Refusal { reason, class: NO_CLASS }),
            (Verdict::Free | Verdict::Item(_), _) => Ok(terms(FREE, Money::ZERO, false)),
        }
    }

    /// Whether the plan neither prices a service nor gives it away.
    pub fn refuses(&self, service: Service) -> bool {
        matches!(of_service(&self.plan, service), Verdict::Refused(_))
    }

    /// How long a call rated by `item` may last for `available`; `None` where the plan has no such timed item.
    pub fn longest_call(&self, available: Money, item: &str) -> Option<Allowance> {
        self.timed(item).map(|timed| timed.longest_call(available))
    }

    /// The price for time of an item; for legs that run, whose item was decided when they started.
    pub fn timed(&self, item: &str) -> Option<&Timed> {
        match &self.plan.item(item)?.rate {
            Rate::Timed(timed) => Some(timed),
            Rate::Counted(_) | Rate::Monthly(_) => None,
        }
    }

    fn judge_use(&self, metered: &Metered<'_>) -> Judged<'_> {
        let judged = self.judge(metered.kind, metered.from, metered.to);
        match judged.verdict {
            Verdict::Item(_) if metered.carries_code && self.plan.includes_delivery() => {
                Judged { verdict: Verdict::Free, ..judged }
            }
            _ => judged,
        }
    }

    fn judge(&self, kind: UsageKind, from: &str, to: &str) -> Judged<'_> {
        match kind {
            UsageKind::VoiceOut | UsageKind::SmsOut => self.judge_outbound(kind, to),
            UsageKind::VoiceIn => self.judge_inbound(Service::VoiceIn, from, to),
            UsageKind::SmsIn => self.judge_inbound(Service::SmsIn, from, to),
            UsageKind::Recording => self.judge_alone(Service::Recording),
            UsageKind::Conference => self.judge_alone(Service::ConferenceSetup),
            UsageKind::TwoFa => self.judge_alone(Service::TwoFaRequest),
            UsageKind::Tts => self.judge_alone(Service::Tts),
            UsageKind::Queue => self.judge_alone(Service::Queue),
            UsageKind::Api => self.judge_alone(Service::ApiRequest),
            UsageKind::Number => {
                Judged { class: self.numbering.classify(to).id(), ..self.judge_alone(Service::NumberFixed) }
            }
            UsageKind::Designer => self.judge_alone(Service::Designer),
        }
    }

    fn judge_alone(&self, service: Service) -> Judged<'_> {
        Judged { class: NO_CLASS, verdict: of_service(&self.plan, service), itemised: true }
    }

    fn judge_outbound(&self, kind: UsageKind, to: &str) -> Judged<'_> {
        let dialled = self.numbering.take_apart(to);
        let class = self.numbering.class_of(&dialled);
        let sms = kind == UsageKind::SmsOut;
        let pick = |verdicts: &Verdicts| if sms { verdicts.sms } else { verdicts.voice };
        let abroad = |service| {
            let found = match dialled {
                Dialled::International(digits) if sms => self.plan.deck().sms(digits),
                Dialled::International(digits) => self.plan.deck().voice(digits),
                _ => None,
            };
            found.map_or_else(|| of_service(&self.plan, service), Verdict::Item)
        };
        let verdict = match class.slot() {
            Slot::National(index) => pick(&self.national[index]),
            Slot::Short(index) => pick(&self.short[index]),
            Slot::International | Slot::Satellite if sms => abroad(Service::SmsOutInternational),
            Slot::International => abroad(Service::VoiceOutInternational),
            Slot::Satellite => abroad(Service::VoiceOutSatellite),
            Slot::Sip => self.address(Service::VoiceSip, sms),
            Slot::Client => self.address(Service::VoiceClient, sms),
            Slot::Invalid => Verdict::Refused(RefusalReason::NumberNotInPlan),
        };
        Judged { class: class.id(), verdict, itemised: class.is_itemised() }
    }

    /// What comes in is priced by the number it came to, unless one end is an address of the platform itself.
    fn judge_inbound(&self, service: Service, from: &str, to: &str) -> Judged<'_> {
        let sms = service == Service::SmsIn;
        let (near, far) = (self.numbering.classify(to), self.numbering.classify(from));
        let own = |class| matches!(class, Class::Sip | Class::Client);
        if matches!(near, Class::Short(_)) && self.numbering.is_emergency(to) {
            // Somebody at a phone calls for help.
            return Judged { class: near.id(), verdict: Verdict::Free, itemised: false };
        }
        let class = if own(far) && !own(near) { far } else { near };
        let verdict = match class {
            Class::Sip => self.address(Service::VoiceSip, sms),
            Class::Client => self.address(Service::VoiceClient, sms),
            Class::National(_)
            | Class::Short(_)
            | Class::International
            | Class::Satellite
            | Class::Invalid => of_service(&self.plan, service),
        };
        Judged { class: class.id(), verdict, itemised: true }
    }

    /// Messages from and to addresses follow the rule for legs; a price per minute is no price for a message.
    fn address(&self, service: Service, sms: bool) -> Verdict {
        match of_service(&self.plan, service) {
            Verdict::Item(_) if sms => Verdict::Free,
            verdict => verdict,
        }
    }
}

fn of_service(plan: &Plan, service: Service) -> Verdict {
    match plan.placement(service) {
        Placement::Priced(index) => Verdict::Item(index),
        Placement::Free => Verdict::Free,
        Placement::Refused => Verdict::Refused(RefusalReason::ServiceRefused(service)),
    }
}

fn under(plan: &Plan, policy: &Policy, reason: RefusalReason) -> Verdict {
    match policy {
        Policy::Free => Verdict::Free,
        Policy::Refuse => Verdict::Refused(reason),
        Policy::Service(service) => of_service(plan, *service),
    }
}

fn charge(rate: &Rate, metered: &Metered<'_>) -> (u64, Money) {
    if !metered.accepted {
        return (0, Money::ZERO);
    }
    match rate {
        Rate::Timed(timed) => {
            let billed = timed.billed_s(metered.duration_ms.unwrap_or(0));
            (billed, timed.amount(billed))
        }
        Rate::Counted(counted) => {
            let quantity = u64::from(metered.quantity);
            (quantity, counted.charge(quantity))
        }
        Rate::Monthly(_) => (0, Money::ZERO),
    }
}

/// Units of what is free: whole seconds, at least one, or the quantity.
fn units(metered: &Metered<'_>) -> u64 {
    match metered.duration_ms {
        _ if !metered.accepted => 0,
        Some(ms) => ms.div_ceil(1000).max(1),
        None => u64::from(metered.quantity),
    }
}
