//! Facts of the platform made into usage events and postings.

use std::sync::Arc;

use flexio_domain::{
    AccountSid, CallSid, LedgerTransaction, MessageSid, Money, RecordingSid, UsageEvent, UsageKind,
    UsageLabels,
};
use flexio_rating::{Authorised, Metered, Rated, Rater, Refusal, Service, base_of};
use jiff::Timestamp;

use crate::ledger::posting_for;

/// Sources of events: with the id they are an event's identity, so they never change.
const VOICE: &str = "voice";
const MESSAGING: &str = "messaging";
const VERIFY: &str = "verify";
const API: &str = "api";

/// What a fact leaves behind; save both in the transaction that makes it a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// The event, rated.
    pub event: UsageEvent,
    /// Its posting; `None` if it costs nothing.
    pub posting: Option<LedgerTransaction>,
    /// Further parts of a leg whose price changes with the hour; saved in the same transaction.
    pub further: Vec<Self>,
}

impl Charge {
    /// The same, for what `labels` say.
    #[must_use]
    pub fn labelled(mut self, labels: UsageLabels) -> Self {
        self.further = self.further.into_iter().map(|part| part.labelled(labels.clone())).collect();
        self.event.labels = labels;
        self
    }

    /// The same, carried by this trunk or route.
    #[must_use]
    pub fn carried_by(mut self, carrier: Option<&str>) -> Self {
        self.further = self.further.into_iter().map(|part| part.carried_by(carrier)).collect();
        self.event.carrier = carrier.map(str::to_owned);
        self
    }

    /// What all parts come to.
    pub fn amount(&self) -> Money {
        self.event.amount + self.further.iter().map(|part| part.event.amount).sum()
    }
}

/// A leg is over, answered or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LegEnded<'f> {
    /// The leg.
    pub call_sid: CallSid,
    /// Its owner.
    pub account_sid: AccountSid,
    /// The leg went out; otherwise it came in.
    pub outbound: bool,
    /// Caller, as dialled. A carrier's call has a number or `anonymous` here (see [`Metered::from`]).
    pub from: &'f str,
    /// Called number or address, as dialled.
    pub to: &'f str,
    /// Answer; `None` if it never was, and then nothing is charged.
    pub answered_at: Option<Timestamp>,
    /// Release.
    pub ended_at: Timestamp,
    /// From answer to release on a monotonic clock: never the difference of the two times above.
    pub duration_ms: u64,
    /// Closed later, at the last second that is proven.
    pub truncated: bool,
    /// It brought a one-time code.
    pub carries_code: bool,
}

/// The carrier has taken segments of a message, or refused them all.
///
/// Metered once per message, when every segment has been taken or refused. A receipt that comes later changes
/// nothing: accepted is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentsAccepted<'f> {
    /// The message.
    pub message_sid: MessageSid,
    /// Its owner.
    pub account_sid: AccountSid,
    /// Sender.
    pub from: &'f str,
    /// Recipient.
    pub to: &'f str,
    /// Segments the carrier took; 0 if none, and then nothing is charged.
    pub segments: u32,
    /// When the first was taken, or the last refused.
    pub at: Timestamp,
    /// It brings a one-time code.
    pub carries_code: bool,
}

/// A message came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageReceived<'f> {
    /// The message.
    pub message_sid: MessageSid,
    /// Owner of the number it came to.
    pub account_sid: AccountSid,
    /// Sender.
    pub from: &'f str,
    /// The number it came to.
    pub to: &'f str,
    /// Segments it came in.
    pub segments: u32,
    /// When it was complete.
    pub at: Timestamp,
}

/// A recording is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recorded<'f> {
    /// The recording.
    pub recording_sid: RecordingSid,
    /// Its owner.
    pub account_sid: AccountSid,
    /// Caller of the call it is of.
    pub from: &'f str,
    /// Called number of the call it is of.
    pub to: &'f str,
    /// When it began.
    pub started_at: Timestamp,
    /// When it was complete.
    pub ended_at: Timestamp,
    /// Time written: pauses are not, two channels are not twice.
    pub duration_ms: u64,
}

/// The first participant is in a conference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConferenceStarted<'f> {
    /// The conference, this time it is open: opened again, it is another.
    pub conference: &'f str,
    /// Its owner.
    pub account_sid: AccountSid,
    /// When.
    pub at: Timestamp,
}

/// A request for a one-time code was accepted. The message or call that carries the code is metered as itself, free where the
/// price of the request has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerificationRequested<'f> {
    /// The request.
    pub request: &'f str,
    /// Its owner.
    pub account_sid: AccountSid,
    /// Who is to be verified.
    pub to: &'f str,
    /// When.
    pub at: Timestamp,
}

/// A leg is over that heard synthesised speech.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpeechSynthesised {
    /// The leg.
    pub call_sid: CallSid,
    /// Its owner.
    pub account_sid: AccountSid,
    /// When it ended.
    pub at: Timestamp,
    /// Length of all the speech.
    pub duration_ms: u64,
}

/// Programs asked the API for an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestsMade<'f> {
    /// Whose usage.
    pub account_sid: AccountSid,
    /// The key they asked with, or `-`.
    pub key: &'f str,
    /// The node they asked.
    pub node: &'f str,
    /// How often.
    pub count: u32,
    /// When it was counted up to.
    pub at: Timestamp,
}

/// A call no longer waits in a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waited {
    /// The call.
    pub call_sid: CallSid,
    /// Its owner.
    pub account_sid: AccountSid,
    /// When it came into the queue.
    pub since: Timestamp,
    /// When it left.
    pub until: Timestamp,
}

/// Identity of an event and what surrounds its measure.
struct Around<'f> {
    source: &'static str,
    /// Behind the resource in the event's id.
    suffix: String,
    resource: String,
    account_sid: AccountSid,
    /// The length, in the event as it was measured.
    ended_at: Option<Timestamp>,
    truncated: bool,
    metered: Metered<'f>,
}

/// From when on a plan version prices an item, or every item.
#[derive(Debug, Clone)]
pub struct PinnedPrice {
    /// Item code; `None` is every item.
    pub item: Option<String>,
    /// First instant.
    pub from: Timestamp,
    /// First instant after; a promotion's, which holds where it is cheaper.
    pub until: Option<Timestamp>,
    /// The plan version.
    pub rater: Arc<Rater>,
}

impl PinnedPrice {
    fn is_for(&self, item: &str) -> bool {
        self.item.as_deref().is_none_or(|code| code == item)
    }

    fn price(&self, item: &str) -> Option<Money> {
        price_of(&self.rater, item)
    }
}

fn price_of(rater: &Rater, item: &str) -> Option<Money> {
    rater.plan().item(item).map(|item| item.rate.price())
}

/// Turns facts into charges under one version of the numbering data: by one plan, or by the plan versions that are pinned for a
/// subscription.
#[derive(Debug)]
pub struct Meter {
    rater: Arc<Rater>,
    /// In the order of their times; later ones win.
    pins: Vec<PinnedPrice>,
    /// Those of promotions.
    promoted: Vec<PinnedPrice>,
}

impl Meter {
    /// A meter that charges by `rater`.
    pub fn new(rater: impl Into<Arc<Rater>>) -> Self {
        Self { rater: rater.into(), pins: Vec::new(), promoted: Vec::new() }
    }

    /// A meter that charges by these pins, and by `rater` before the first.
    pub fn pinned(rater: Arc<Rater>, mut pins: Vec<PinnedPrice>) -> Self {
        pins.sort_by_key(|pin| pin.from);
        let (promoted, pins) = pins.into_iter().partition(|pin| pin.until.is_some());
        Self { rater, pins, promoted }
    }

    /// What it charges by where nothing is pinned, and the numbering data.
    pub fn rater(&self) -> &Rater {
        &self.rater
    }

    /// The plan version that holds at `at` for every item that has no pin of its own.
    pub fn rater_at(&self, at: Timestamp) -> &Arc<Rater> {
        let base = self.pins.iter().rev().find(|pin| pin.item.is_none() && pin.from <= at);
        base.map_or(&self.rater, |pin| &pin.rater)
    }

    /// The plan version that prices `item` at `at`: the cheapest of the promotions that hold then, where one is cheaper than the price
    /// without promotion.
    pub fn pricing(&self, item: &str, at: Timestamp) -> &Arc<Rater> {
        let item = base_of(item);
        let list = self.list_pricing(item, at);
        let holds = |pin: &&PinnedPrice| pin.from <= at && pin.until.is_some_and(|until| at < until);
        let promoted = self.promoted.iter().filter(|pin| holds(pin) && pin.is_for(item));
        let cheapest =
            promoted.min_by_key(|pin| pin.price(item)).filter(|pin| pin.price(item) < price_of(list, item));
        cheapest.map_or(list, |pin| &pin.rater)
    }

    /// The plan version that prices `item` at `at` without any promotion.
    pub fn list_pricing(&self, item: &str, at: Timestamp) -> &Arc<Rater> {
        let item = base_of(item);
        let pin = self.pins.iter().rev().find(|pin| pin.from <= at && pin.is_for(item));
        pin.map_or(&self.rater, |pin| &pin.rater)
    }

    /// Whether a use may start at `at`, and at what price.
    pub fn authorise(
        &self,
        kind: UsageKind,
        from: &str,
        to: &str,
        at: Timestamp,
    ) -> Result<Authorised<'_>, Refusal<'_>> {
        match self.rater_at(at).authorise(kind, from, to)? {
            Authorised::Priced(priced) => self.pricing(&priced.item.code, at).authorise(kind, from, to),
            free @ Authorised::Free { .. } => Ok(free),
        }
    }

    /// Whether the price that holds at `at` for a request for a one-time code has the message or call that brings it.
    pub fn includes_delivery(&self, at: Timestamp) -> bool {
        self.pricing(Service::TwoFaRequest.as_str(), at).plan().includes_delivery()
    }

    /// The plan version that prices a use, and the use as that version is to see it: what brings a code is a use like any other unless the
    /// version that prices the code's request includes it.
    fn pricing_of<'f>(&self, metered: &Metered<'f>) -> (&Arc<Rater>, Metered<'f>) {
        let at = metered.at;
        if metered.carries_code && self.includes_delivery(at) {
            return (self.pricing(Service::TwoFaRequest.as_str(), at), *metered);
        }
        let metered = Metered { carries_code: false, ..*metered };
        (self.pricing(self.rater_at(at).rate(&metered).item, at), metered)
    }

    /// The charge of a use, by the price that holds at its deciding time.
    fn rate(&self, metered: &Metered<'_>) -> Rated<'_> {
        let (rater, metered) = self.pricing_of(metered);
        rater.rate(&metered)
    }

    /// Event `CA…:leg` of source `voice`. An unanswered leg is counted and free. One whose price changes with the hour has `CA…:leg:2` and
    /// so on for its further parts, all with the version of the price and in the month of its answer.
    pub fn leg_ended(&self, fact: &LegEnded<'_>) -> Charge {
        let (rater, metered) = self.pricing_of(&Self::around_leg(fact).metered);
        let mut charges = (1..).zip(rater.rate_leg(&metered)).map(|(number, (duration_ms, rated))| {
            let around = Self::around_leg(fact);
            let suffix = if number == 1 { around.suffix } else { format!("leg:{number}") };
            let metered = Metered { duration_ms, ..around.metered };
            self.charged(Around { suffix, metered, ..around }, &rated)
        });
        let first = charges.next().unwrap_or_else(|| self.charge(Self::around_leg(fact)));
        Charge { further: charges.collect(), ..first }
    }

    fn around_leg<'f>(fact: &LegEnded<'f>) -> Around<'f> {
        Around {
            source: VOICE,
            suffix: "leg".into(),
            resource: fact.call_sid.to_string(),
            account_sid: fact.account_sid,
            ended_at: Some(fact.ended_at),
            truncated: fact.truncated,
            metered: Metered {
                kind: if fact.outbound { UsageKind::VoiceOut } else { UsageKind::VoiceIn },
                from: fact.from,
                to: fact.to,
                at: fact.answered_at.unwrap_or(fact.ended_at),
                duration_ms: Some(if fact.answered_at.is_some() { fact.duration_ms } else { 0 }),
                quantity: 0,
                accepted: fact.answered_at.is_some(),
                carries_code: fact.carries_code,
            },
        }
    }

    /// Event `SM…:accepted` of source `messaging`.
    pub fn segments_accepted(&self, fact: &SegmentsAccepted<'_>) -> Charge {
        self.charge(Around {
            source: MESSAGING,
            suffix: "accepted".into(),
            resource: fact.message_sid.to_string(),
            account_sid: fact.account_sid,
            ended_at: None,
            truncated: false,
            metered: Metered {
                kind: UsageKind::SmsOut,
                from: fact.from,
                to: fact.to,
                at: fact.at,
                duration_ms: None,
                quantity: fact.segments,
                accepted: fact.segments > 0,
                carries_code: fact.carries_code,
            },
        })
    }

    /// Event `SM…:received` of source `messaging`.
    pub fn message_received(&self, fact: &MessageReceived<'_>) -> Charge {
        self.charge(Around {
            source: MESSAGING,
            suffix: "received".into(),
            resource: fact.message_sid.to_string(),
            account_sid: fact.account_sid,
            ended_at: None,
            truncated: false,
            metered: Metered {
                kind: UsageKind::SmsIn,
                from: fact.from,
                to: fact.to,
                at: fact.at,
                duration_ms: None,
                quantity: fact.segments,
                accepted: true,
                carries_code: false,
            },
        })
    }

    /// Event `RE…:recorded` of source `voice`. An empty recording is counted and free.
    pub fn recorded(&self, fact: &Recorded<'_>) -> Charge {
        self.charge(Around {
            source: VOICE,
            suffix: "recorded".into(),
            resource: fact.recording_sid.to_string(),
            account_sid: fact.account_sid,
            ended_at: Some(fact.ended_at),
            truncated: false,
            metered: Metered {
                kind: UsageKind::Recording,
                from: fact.from,
                to: fact.to,
                at: fact.started_at,
                duration_ms: Some(fact.duration_ms),
                quantity: 0,
                accepted: fact.duration_ms > 0,
                carries_code: false,
            },
        })
    }

    /// Event `…:setup` of source `voice`.
    pub fn conference_started(&self, fact: &ConferenceStarted<'_>) -> Charge {
        let (owner, kind) = (fact.account_sid, UsageKind::Conference);
        self.charge(once(VOICE, "setup", fact.conference, owner, kind, "", fact.at))
    }

    /// Event `…:requested` of source `verify`.
    pub fn verification_requested(&self, fact: &VerificationRequested<'_>) -> Charge {
        let (owner, kind) = (fact.account_sid, UsageKind::TwoFa);
        self.charge(once(VERIFY, "requested", fact.request, owner, kind, fact.to, fact.at))
    }

    /// Event `AC…:requests:{key}:{node}:N` of source `api`, N the milliseconds since the epoch at which it was counted.
    pub fn requests_made(&self, fact: &RequestsMade<'_>) -> Charge {
        let resource = fact.account_sid.to_string();
        let suffix = format!("requests:{}:{}:{}", fact.key, fact.node, fact.at.as_millisecond());
        let around = once(API, &suffix, &resource, fact.account_sid, UsageKind::Api, "", fact.at);
        let metered = Metered { quantity: fact.count, ..around.metered };
        self.charge(Around { metered, ..around })
    }

    /// Event `CA…:queue:N` of source `voice`, N the milliseconds since the epoch at which it came.
    pub fn waited(&self, fact: &Waited) -> Charge {
        let ms = fact.until.as_millisecond().saturating_sub(fact.since.as_millisecond());
        let duration_ms = u64::try_from(ms).unwrap_or(0);
        self.charge(Around {
            source: VOICE,
            suffix: format!("queue:{}", fact.since.as_millisecond()),
            resource: fact.call_sid.to_string(),
            account_sid: fact.account_sid,
            ended_at: Some(fact.until),
            truncated: false,
            metered: Metered {
                kind: UsageKind::Queue,
                from: "",
                to: "",
                at: fact.since,
                duration_ms: Some(duration_ms),
                quantity: 0,
                accepted: duration_ms > 0,
                carries_code: false,
            },
        })
    }

    /// Event `CA…:spoken` of source `voice`.
    pub fn speech_synthesised(&self, fact: &SpeechSynthesised) -> Charge {
        self.charge(Around {
            source: VOICE,
            suffix: "spoken".to_owned(),
            resource: fact.call_sid.to_string(),
            account_sid: fact.account_sid,
            ended_at: None,
            truncated: false,
            metered: Metered {
                kind: UsageKind::Tts,
                from: "",
                to: "",
                at: fact.at,
                duration_ms: Some(fact.duration_ms),
                quantity: 0,
                accepted: fact.duration_ms > 0,
                carries_code: false,
            },
        })
    }

    fn charge(&self, around: Around<'_>) -> Charge {
        let metered = around.metered;
        self.charged(around, &self.rate(&metered))
    }

    fn charged(&self, around: Around<'_>, rated: &Rated<'_>) -> Charge {
        let Around { source, suffix, resource, account_sid, ended_at, truncated, metered } = around;
        let event = UsageEvent {
            id: format!("{resource}:{suffix}"),
            source: source.to_owned(),
            account_sid,
            kind: metered.kind,
            resource,
            from: metered.from.to_owned(),
            to: metered.to.to_owned(),
            at: metered.at,
            ended_at,
            duration_ms: metered.duration_ms,
            quantity: metered.quantity,
            accepted: metered.accepted,
            carries_code: metered.carries_code,
            class: rated.class.to_owned(),
            billed: rated.billed,
            item: rated.item.to_owned(),
            plan: rated.plan.to_owned(),
            numbering: rated.numbering.to_owned(),
            amount: rated.amount,
            labels: UsageLabels::default(),
            carrier: None,
            month: rated.month.to_string(),
            day: rated.day.to_string(),
            truncated,
            // The fact's own end, not the moment of saving: saved again, the event is the same bytes.
            corrects: None,
            created_at: ended_at.unwrap_or(metered.at),
        };
        let posting = posting_for(&event, self.rater.plan().currency());
        Charge { posting, event, further: Vec::new() }
    }
}

/// Something that happens once, and is charged as one.
fn once<'f>(
    source: &'static str,
    suffix: &str,
    resource: &str,
    account_sid: AccountSid,
    kind: UsageKind,
    to: &'f str,
    at: Timestamp,
) -> Around<'f> {
    Around {
        source,
        suffix: suffix.to_owned(),
        resource: resource.to_owned(),
        account_sid,
        ended_at: None,
        truncated: false,
        metered: Metered {
            kind,
            from: "",
            to,
            at,
            duration_ms: None,
            quantity: 1,
            accepted: true,
            carries_code: false,
        },
    }
}
