//! What the ways through a flow cost by the account's prices, before anybody has called.

use std::collections::BTreeMap;

use flexio_billing::{
    Charge, ConferenceStarted, LegEnded, MessageReceived, Recorded, SpeechSynthesised, Waited,
};
use flexio_domain::{Account, Address, CallSid, MessageSid, Money, RecordingSid, UsageKind};
use flexio_flows::{self as engine, Assumptions, Use, Way};
use flexio_messaging::PlanOptions;
use jiff::SignedDuration;

use crate::App;
use crate::error::AppError;

/// A use with its price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PricedUse {
    /// What is used.
    pub used: Use,
    /// Item of the plan, or `free`; empty where it is refused.
    pub item: String,
    /// Class of the numbering data the other side is of; empty where that does not matter.
    pub class: String,
    /// Seconds, segments, or 1.
    pub quantity: u64,
    /// Before tax; `None` where the account may not do it, or the address cannot be read.
    pub price: Option<Money>,
}

/// A way with what it costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WayCost {
    /// The way.
    pub way: Way,
    /// What is used on it, in its order.
    pub uses: Vec<PricedUse>,
    /// The sum of what has a price, before tax.
    pub price: Money,
}

/// The ways of a flow, the dearest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowCosts {
    /// Plan version that prices them.
    pub plan: String,
    /// The ways.
    pub ways: Vec<WayCost>,
    /// There are more than were followed.
    pub more: bool,
    /// Steps that are other flows, whose uses are not counted.
    pub not_counted: Vec<String>,
}

/// Prices of uses that were asked for already: many ways pass the same step.
type Known = BTreeMap<Use, PricedUse>;

impl App {
    /// What each way of a flow costs now, under these assumptions.
    pub async fn flow_costs(
        &self,
        account: &Account,
        flow: &engine::Flow,
        assumed: &Assumptions,
    ) -> Result<FlowCosts, AppError> {
        let found = engine::ways(flow, assumed);
        let mut known = Known::new();
        let mut ways = Vec::new();
        for way in found.ways {
            let mut uses = Vec::new();
            for used in &way.uses {
                uses.push(self.priced_use(account, used, &mut known).await?);
            }
            let price: Money = uses.iter().filter_map(|used| used.price).sum();
            ways.push(WayCost { way, uses, price });
        }
        ways.sort_by_key(|cost| std::cmp::Reverse(cost.price));
        let now = self.clock.now();
        let plan = self.meter(account.sid).rater_at(now).plan().label().to_owned();
        Ok(FlowCosts { plan, ways, more: found.more, not_counted: found.not_counted })
    }

    async fn priced_use(
        &self,
        account: &Account,
        used: &Use,
        known: &mut Known,
    ) -> Result<PricedUse, AppError> {
        if let Some(priced) = known.get(used) {
            return Ok(priced.clone());
        }
        let priced = match used.kind {
            UsageKind::VoiceOut => self.priced_leg(account, used).await?,
            UsageKind::SmsOut => self.priced_message(account, used).await?,
            _ => self.metered(account, used),
        };
        known.insert(used.clone(), priced.clone());
        Ok(priced)
    }

    async fn priced_leg(&self, account: &Account, used: &Use) -> Result<PricedUse, AppError> {
        let Ok(to) = used.party.parse::<Address>() else { return Ok(refused(used)) };
        match self.estimate_call(account, &to, Some(used.seconds), None).await {
            Ok(estimate) => Ok(PricedUse {
                used: used.clone(),
                item: estimate.charged.item,
                class: estimate.charged.class,
                quantity: used.seconds.into(),
                price: Some(estimate.price.unwrap_or(Money::ZERO)),
            }),
            Err(AppError::Refused(_)) => Ok(refused(used)),
            Err(error) => Err(error),
        }
    }

    async fn priced_message(&self, account: &Account, used: &Use) -> Result<PricedUse, AppError> {
        let Ok(to) = used.party.parse::<Address>() else { return Ok(refused(used)) };
        let planned = flexio_messaging::plan(&used.text, PlanOptions::default());
        let segments = planned.map_or(1, |plan| plan.segments.len());
        let from = self.config.shared_sender.to_string();
        let is_free = self.is_on_net(&to).await?;
        let charged = if is_free {
            self.uncharged(account.sid, &used.party)
        } else {
            match self.charged(account.sid, UsageKind::SmsOut, &from, &used.party) {
                Ok((charged, _)) => charged,
                Err(AppError::Refused(_)) => return Ok(refused(used)),
                Err(error) => return Err(error),
            }
        };
        let quantity = u64::try_from(segments).unwrap_or(u64::MAX);
        let times = i64::try_from(segments).unwrap_or(i64::MAX);
        let price = if is_free { Some(Money::ZERO) } else { charged.unit_price.checked_mul(times).ok() };
        Ok(PricedUse { used: used.clone(), item: charged.item, class: charged.class, quantity, price })
    }

    /// What the meter makes of a use that is never refused.
    fn metered(&self, account: &Account, used: &Use) -> PricedUse {
        let charge = self.charge_of(account, used);
        let quantity = if used.seconds > 0 { used.seconds.into() } else { 1 };
        let price = Some(charge.amount());
        PricedUse { used: used.clone(), item: charge.event.item, class: charge.event.class, quantity, price }
    }

    fn charge_of(&self, account: &Account, used: &Use) -> Charge {
        let (meter, now, account_sid) = (self.meter(account.sid), self.clock.now(), account.sid);
        let length = SignedDuration::from_secs(used.seconds.into());
        let until = now.checked_add(length).unwrap_or(now);
        let (duration_ms, from) = (u64::from(used.seconds) * 1_000, used.party.as_str());
        let call_sid = CallSid::from_u128(0);
        match used.kind {
            UsageKind::SmsIn => meter.message_received(&MessageReceived {
                message_sid: MessageSid::from_u128(0),
                account_sid,
                from,
                to: "",
                segments: 1,
                at: now,
            }),
            UsageKind::Recording => meter.recorded(&Recorded {
                recording_sid: RecordingSid::from_u128(0),
                account_sid,
                from: "",
                to: "",
                started_at: now,
                ended_at: until,
                duration_ms,
            }),
            UsageKind::Conference => {
                meter.conference_started(&ConferenceStarted { conference: "", account_sid, at: now })
            }
            UsageKind::Tts => {
                meter.speech_synthesised(&SpeechSynthesised { call_sid, account_sid, at: now, duration_ms })
            }
            UsageKind::Queue => meter.waited(&Waited { call_sid, account_sid, since: now, until }),
            _ => meter.leg_ended(&LegEnded {
                call_sid,
                account_sid,
                outbound: false,
                from,
                to: "",
                answered_at: Some(now),
                ended_at: until,
                duration_ms,
                truncated: false,
                carries_code: false,
            }),
        }
    }
}

/// What the account may not do.
fn refused(used: &Use) -> PricedUse {
    let quantity = used.seconds.into();
    PricedUse { used: used.clone(), item: String::new(), class: String::new(), quantity, price: None }
}
