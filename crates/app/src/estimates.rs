//! What a call or a message would cost, before it is made.

use std::num::NonZeroU32;

use flexio_billing::LegEnded;
use flexio_domain::{Account, AccountSid, Address, CallSid, ErrorCode, Money, UsageKind};
use flexio_rating::{Allowance, Authorised, Rate, Timed};

use crate::App;
use crate::error::{AppError, refuse_because};
use crate::messages::{CreateMessage, encoding_name};

/// What a use is charged as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charged {
    /// Item of the plan, or `free`.
    pub item: String,
    /// Class of the numbering data the destination is of.
    pub class: String,
    /// Plan version.
    pub plan: String,
    /// For a minute or a segment, before tax; zero where it is free.
    pub unit_price: Money,
}

/// What a planned call costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallEstimate {
    /// What it is charged as.
    pub charged: Charged,
    /// Increments, minimum and connection fee; `None` where it is free.
    pub timed: Option<Timed>,
    /// What the planned length costs.
    pub price: Option<Money>,
    /// What can be spent; `None` without a limit.
    pub available: Option<Money>,
    /// The longest talk, in seconds: what the money, or `budget` if that is less, is enough for, and what the installation allows.
    pub longest_s: u64,
}

/// What a planned message costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageEstimate {
    /// What it is charged as.
    pub charged: Charged,
    /// The sender it would leave from.
    pub from: Address,
    /// Its segments.
    pub segments: u32,
    /// Its alphabet, as [`encoding_name`] has it.
    pub encoding: &'static str,
    /// Characters of that alphabet it has, as the limits count them.
    pub units: u32,
    /// What all segments cost.
    pub price: Money,
    /// What can be spent; `None` without a limit.
    pub available: Option<Money>,
}

impl App {
    /// What a call to `to` costs when it talks `planned_s` seconds, and how long it may talk for what is there, or for `budget`.
    pub async fn estimate_call(
        &self,
        account: &Account,
        to: &Address,
        planned_s: Option<u32>,
        budget: Option<Money>,
    ) -> Result<CallEstimate, AppError> {
        let dialled = to.to_string();
        let (charged, rate) = match self.charged(account.sid, UsageKind::VoiceOut, "", &dialled) {
            // A number of the platform is reached without a carrier, whatever its class says of them.
            Err(_) if self.is_on_net(to).await? => (self.uncharged(account.sid, &dialled), None),
            charged => charged?,
        };
        let timed = match rate {
            Some(Rate::Timed(timed)) => Some(timed),
            Some(Rate::Counted(_) | Rate::Monthly(_)) | None => None,
        };
        let available = self.available(account.sid).await?;
        let money = [available, budget].into_iter().flatten().min();
        let ceiling = u64::from(self.config.call_seconds_max);
        let longest_s = match (timed, money) {
            (Some(timed), Some(money)) => match timed.longest_call(money) {
                Allowance::Refused => 0,
                Allowance::Seconds(seconds) => seconds.get().min(ceiling),
                Allowance::Unlimited => ceiling,
            },
            _ => ceiling,
        };
        let price = planned_s.and_then(NonZeroU32::new).map(|seconds| match timed {
            Some(_) => self.price_of_call(account.sid, &dialled, seconds),
            None => Money::ZERO,
        });
        Ok(CallEstimate { charged, timed, price, available, longest_s })
    }

    /// What a message costs; refused as sending it would be. Without a sender it is the shared one.
    pub async fn estimate_message(
        &self,
        account: &Account,
        mut new: CreateMessage,
    ) -> Result<MessageEstimate, AppError> {
        if new.from.is_none() && new.service.is_none() {
            new.from = Some(self.config.shared_sender.clone());
        }
        let preview = self.preview_message(account, &new).await?;
        let (from, to) = (preview.from.to_string(), new.to.to_string());
        let segments = u32::try_from(preview.plan.segments.len()).unwrap_or(u32::MAX);
        let (charged, price) = match preview.price {
            Some(_) => {
                let charged = self.charged(account.sid, UsageKind::SmsOut, &from, &to)?.0;
                let price = charged.unit_price.checked_mul(segments.into()).unwrap_or(Money::ZERO);
                (charged, price)
            }
            // Between numbers of the platform nothing is charged, whatever the plan says of their class.
            None => (self.uncharged(account.sid, &to), Money::ZERO),
        };
        Ok(MessageEstimate {
            charged,
            from: preview.from,
            segments,
            encoding: encoding_name(preview.plan.encoding),
            units: u32::try_from(preview.plan.units).unwrap_or(u32::MAX),
            price,
            available: self.available(account.sid).await?,
        })
    }

    /// What a call that is answered now is charged for its length, whatever hours it runs into.
    fn price_of_call(&self, account: AccountSid, to: &str, seconds: NonZeroU32) -> Money {
        let now = self.clock.now();
        let call = LegEnded {
            call_sid: CallSid::from_u128(0),
            account_sid: account,
            outbound: true,
            from: "",
            to,
            answered_at: Some(now),
            ended_at: now,
            duration_ms: u64::from(seconds.get()) * 1_000,
            truncated: false,
            carries_code: false,
        };
        self.meter(account).leg_ended(&call).amount()
    }

    /// Whether it is a number of the platform, which is reached without a carrier.
    pub(crate) async fn is_on_net(&self, to: &Address) -> Result<bool, AppError> {
        match to.number() {
            Some(number) => Ok(self.owner_of(number).await?.is_some()),
            None => Ok(false),
        }
    }

    /// What the account can still spend, grants taken off; never below zero.
    async fn available(&self, account: AccountSid) -> Result<Option<Money>, AppError> {
        let state = self.store.credit_for(account).await?;
        Ok(state.map(|state| state.available().max(Money::ZERO)))
    }

    /// What a use that goes out is charged as; refused where the account may not.
    pub(crate) fn charged(
        &self,
        account: AccountSid,
        kind: UsageKind,
        from: &str,
        to: &str,
    ) -> Result<(Charged, Option<Rate>), AppError> {
        let (meter, now) = (self.meter(account), self.clock.now());
        match meter.authorise(kind, from, to, now) {
            Ok(Authorised::Priced(priced)) => {
                let plan = meter.pricing(&priced.item.code, now).plan();
                // Credit is set aside at the item's own price; at this hour another may hold.
                let item = priced.item.at(now, plan.zone());
                let charged = Charged {
                    item: item.code.clone(),
                    class: priced.class.to_owned(),
                    plan: plan.label().to_owned(),
                    unit_price: item.rate.unit_price(),
                };
                Ok((charged, Some(priced.item.rate)))
            }
            Ok(Authorised::Free { .. }) => Ok((self.uncharged(account, to), None)),
            Err(_) => {
                Err(refuse_because(ErrorCode::DestinationNotPermitted, 2201, "Dial Destination Not Allowed"))
            }
        }
    }

    /// The same for what costs nothing.
    pub(crate) fn uncharged(&self, account: AccountSid, to: &str) -> Charged {
        let meter = self.meter(account);
        let rater = meter.rater_at(self.clock.now());
        Charged {
            item: "free".to_owned(),
            class: rater.numbering().classify(to).id().to_owned(),
            plan: rater.plan().label().to_owned(),
            unit_price: Money::ZERO,
        }
    }
}
