//! What happens to the company's customers, and what they do.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use flexio_app::flows::{FlowContent, definition_of};
use flexio_app::{
    Announcement, CreateAccount, CustomerPatch, NewPromotion, NumberPatch, Order, Pick, Wanted,
};
use flexio_billing::{
    Charge, ConferenceStarted, LegEnded, Meter, Recorded, SegmentsAccepted, SpeechSynthesised,
    VerificationRequested,
};
use flexio_domain::*;
use flexio_store::Change;
use jiff::SignedDuration;
use jiff::civil::Date;

use super::YEAR;
use super::life::{Act, Fate, Use};
use super::world::{Customer, World, plan_of};

/// Uses that commit together.
const USES_AT_ONCE: usize = 500;
/// What a credit gives.
pub(super) const CREDIT: Money = Money::from_micros(10_000_000);

/// A flow that does something.
const FLOW: &str = r#"{ "name": "Desk", "nodes": [
    { "id": "web", "type": "on_web", "properties": { "enabled": true, "allow_get": true }, "next": { "start": "mark" } },
    { "id": "mark", "type": "tag", "properties": { "name": "seen", "value": "1" } } ] }"#;

impl World {
    pub(crate) async fn perform(&mut self, at: Timestamp, act: &Act) -> Result<()> {
        match *act {
            Act::Order { who, consumer } => self.order(who, consumer, at).await,
            Act::SubAccount { who } => {
                let parent = &self.customer(who)?.account;
                let below = self.app.create_account(parent, CreateAccount::default(), &|_| None).await?;
                self.customers[who].as_mut().context("came")?.below = Some(below);
                Ok(())
            }
            Act::Limit { who } => {
                let limit = Money::from_micros(1_000_000_000_000);
                self.app.set_credit(&self.customer(who)?.account, true, CreditMode::Postpaid, limit).await?;
                Ok(())
            }
            Act::Rent { who, nth } => {
                let pick = Pick::Number(stock(who, nth)?.number);
                let account = &self.customer(who)?.account;
                let patch = NumberPatch::default();
                let number = self.app.rent_number(account, &pick, None, patch, &|_| None).await?;
                self.customers[who].as_mut().context("came")?.numbers.insert(nth, number.sid);
                self.oracle.rented(who, nth, at);
                Ok(())
            }
            Act::Release { who, nth } => {
                let customer = self.customers[who].as_mut().context("came")?;
                let number = customer.numbers.remove(&nth).context("has it")?;
                self.app.release_number(&customer.account, number).await?;
                self.oracle.released(who, nth, at);
                Ok(())
            }
            Act::DesignerOn { who } => self.publish(who, at).await,
            Act::DesignerOff { who } => {
                let customer = self.customers[who].as_mut().context("came")?;
                let flow = customer.flow.take().context("has a flow")?;
                self.app.delete_flow(&customer.account, flow).await?;
                self.oracle.designer_off(who, at);
                Ok(())
            }
            Act::Announce { who } => self.announce(who).await,
            Act::TakePrice { who } => {
                let until = self.take(who, "mobile-for-less").await?;
                let expected = self.oracle.took_price(who, at);
                ensure!(until == expected, "the price holds until {until} and should until {expected}");
                Ok(())
            }
            Act::TakeCredit { who } => {
                self.take(who, "present").await?;
                self.oracle.took_credit(who);
                Ok(())
            }
            Act::Leave { who } => Box::pin(self.leave(who, false, at)).await,
            Act::Withdraw { who } => Box::pin(self.leave(who, true, at)).await,
            Act::Uses { who, serial, used, fate } => self.uses(who, serial, used, fate, at).await,
        }
    }

    /// The last day it holds.
    async fn take(&self, who: usize, promotion: &str) -> Result<Date> {
        let account = &self.customer(who)?.account;
        let wanted = Wanted::Id(promotion.to_owned());
        let taken = self.app.redeem(account, &wanted, &account.sid.to_string()).await?;
        let again = self.app.redeem(account, &wanted, &account.sid.to_string()).await;
        ensure!(again.is_err(), "{promotion} was taken twice");
        Ok(taken.until)
    }

    async fn leave(&mut self, who: usize, withdraws: bool, at: Timestamp) -> Result<()> {
        let account = &self.customer(who)?.account;
        let asked = self.app.ask_cancellation(account, None, withdraws).await?;
        let left = self.app.cancel_subscription(account, &asked.token).await?;
        ensure!(left.withdrawal.is_some_and(|right| right.used_at.is_some()) == withdraws, "not withdrawn");
        self.oracle.left(who, at);
        Ok(())
    }

    async fn order(&mut self, who: usize, consumer: bool, at: Timestamp) -> Result<()> {
        let account = self.app.create_account(&self.root, CreateAccount::default(), &|_| None).await?;
        let kind = if consumer { CustomerKind::Consumer } else { CustomerKind::Small };
        let text = |text: &str| Some(text.to_owned());
        let patch = CustomerPatch {
            kind: Some(kind),
            legal_name: Some(format!("Customer {who}")),
            street: text("Stationsstraat 1"),
            post_code: text("9000"),
            city: text("Gent"),
            enterprise_number: text("0202239951").filter(|_| !consumer),
            vat_number: text("BE0202239951").filter(|_| !consumer),
            invoice_email: Some(format!("customer-{who}@example.be")),
            ..CustomerPatch::default()
        };
        self.app.save_customer(&account, &patch).await?;
        let offer = self.app.offer(&account, &[]).await?.offer;
        let order = Order {
            summary_sid: offer.summary_sid,
            summary_sha256: offer.summary_sha256,
            accepted: true,
            begins: true,
            statement: "I order, and I have to pay.".to_owned(),
            terms: Vec::new(),
            user: account.sid.to_string(),
            channel: "api",
            ip: "192.0.2.1".to_owned(),
            user_agent: String::new(),
        };
        self.app.order(&account, &order).await?;
        if consumer {
            self.app.identify_customer(&account, true).await?;
        }
        let subscription = self.app.subscription(account.sid).await?;
        ensure!(subscription.state == SubscriptionState::Active, "{subscription:?}");
        self.customers[who] = Some(Customer { account, below: None, numbers: BTreeMap::new(), flow: None });
        self.oracle.ordered(who, at);
        Ok(())
    }

    async fn publish(&mut self, who: usize, at: Timestamp) -> Result<()> {
        let customer = self.customers[who].as_mut().context("came")?;
        let content = FlowContent { flow: definition_of(FLOW)?, studio: None, note: String::new() };
        let flow = self.app.create_flow(&customer.account, content, &|_| None).await?;
        self.app.publish_flow(&customer.account, flow.sid, "").await?;
        customer.flow = Some(flow.sid);
        self.oracle.designer_on(who, at);
        Ok(())
    }

    async fn announce(&mut self, who: usize) -> Result<()> {
        let from = jiff::civil::date(YEAR, 10, 1);
        let plan = plan_of(2)?.label().to_owned();
        let news = Announcement { plan, from, items: Vec::new(), ground: None };
        let account = &self.customer(who)?.account;
        let too_early = Announcement { from: jiff::civil::date(YEAR, 9, 10), ..news.clone() };
        ensure!(
            self.app.announce_prices(account, true, &too_early).await.is_err(),
            "less than a month before"
        );
        self.app.announce_prices(account, true, &news).await?;
        let from = self.local(from, 0, 0)?;
        self.oracle.announced(who, from);
        Ok(())
    }

    async fn uses(&mut self, who: usize, serial: u64, used: Use, fate: Fate, at: Timestamp) -> Result<()> {
        let customer = self.customer(who)?;
        let account = customer.below.as_ref().filter(|_| serial % 2 == 1).unwrap_or(&customer.account);
        let charge = charge(&self.app.meter(account.sid), account.sid, serial, used, at);
        self.oracle.used(who, used, at);
        let after = |days: i64| at.saturating_add(SignedDuration::from_hours(24 * days)).unwrap_or(at);
        match fate {
            Fate::AtOnce => self.book(charge).await,
            Fate::Twice => {
                self.later.push((after(3), charge.clone()));
                self.book(charge).await
            }
            Fate::Late(days) => {
                self.later.push((after(days.into()), charge));
                Ok(())
            }
        }
    }

    pub(super) async fn book(&mut self, charge: Charge) -> Result<()> {
        self.pending.push(Change::AddUsage(charge.event));
        if let Some(posting) = charge.posting {
            self.pending.push(Change::Post(posting));
        }
        self.uses += 1;
        if self.uses >= USES_AT_ONCE {
            self.flush().await?;
        }
        Ok(())
    }

    pub(crate) async fn flush(&mut self) -> Result<()> {
        self.events += self.uses as u64;
        self.uses = 0;
        Ok(self.app.store.commit(std::mem::take(&mut self.pending)).await?)
    }
}

/// Another price for calls to mobiles, and ten euro off invoices.
pub(super) fn promotions() -> [NewPromotion; 2] {
    let promotion = |id: &str, kind, items: &[&str], duration_months| NewPromotion {
        id: id.to_owned(),
        code: None,
        label: PromotionLabel { nl: id.to_owned(), fr: id.to_owned(), de: id.to_owned(), en: id.to_owned() },
        kind,
        items: items.iter().map(|item| (*item).to_owned()).collect(),
        starts: None,
        ends: None,
        duration_months,
        eligibility: Eligibility { new: false, existing: true, kinds: Vec::new(), accounts: Vec::new() },
        stack_group: None,
        cap: None,
        budget: None,
    };
    let price = PromotionKind::PriceOverride(Money::from_micros(300_000));
    [
        promotion("mobile-for-less", price, &["voice.out.mobile"], Some(3)),
        promotion("present", PromotionKind::Credit(CREDIT), &[], Some(24)),
    ]
}

/// The `nth` number of a customer.
pub(super) fn stock(who: usize, nth: usize) -> Result<StockNumber> {
    Ok(StockNumber {
        number: format!("+3225{:06}", 4 * who + nth).parse()?,
        country: "BE".to_owned(),
        number_type: NumberType::Local,
        capabilities: Capabilities { voice: true, sms: true, ..Capabilities::default() },
    })
}

pub(super) fn charge(
    meter: &Meter,
    account_sid: AccountSid,
    serial: u64,
    used: Use,
    at: Timestamp,
) -> Charge {
    let key = (1 << 100) + u128::from(serial);
    let after = |ms: u64| {
        let length = SignedDuration::from_millis(i64::try_from(ms).unwrap_or(0));
        at.saturating_add(length).unwrap_or(at)
    };
    let leg = |outbound, from, to, ms: u64| LegEnded {
        call_sid: CallSid::from_u128(key),
        account_sid,
        outbound,
        from,
        to,
        answered_at: (ms > 0).then_some(at),
        ended_at: after(ms),
        duration_ms: ms,
        truncated: false,
        carries_code: false,
    };
    let (ours, mobile, fixed) = ("+3225000001", "+32470123456", "+3292123456");
    match used {
        Use::ToMobile(ms) => meter.leg_ended(&leg(true, ours, mobile, ms)),
        Use::ToFixed(ms) => meter.leg_ended(&leg(true, ours, fixed, ms)),
        Use::ToTollFree(ms) => meter.leg_ended(&leg(true, ours, "+3280012345", ms)),
        Use::Inbound(ms) => meter.leg_ended(&leg(false, mobile, ours, ms)),
        Use::Recording(ms) => meter.recorded(&Recorded {
            recording_sid: RecordingSid::from_u128(key),
            account_sid,
            from: ours,
            to: mobile,
            started_at: at,
            ended_at: after(ms),
            duration_ms: ms,
        }),
        Use::Messages(segments) => meter.segments_accepted(&SegmentsAccepted {
            message_sid: MessageSid::from_u128(key),
            account_sid,
            from: "8640",
            to: mobile,
            segments,
            at,
            carries_code: false,
        }),
        Use::Conference => meter.conference_started(&ConferenceStarted {
            conference: &format!("CF{key:032x}"),
            account_sid,
            at,
        }),
        Use::Code => meter.verification_requested(&VerificationRequested {
            request: &format!("VE{key:032x}"),
            account_sid,
            to: mobile,
            at,
        }),
        Use::Speech(ms) => meter.speech_synthesised(&SpeechSynthesised {
            call_sid: CallSid::from_u128(key),
            account_sid,
            at,
            duration_ms: ms,
        }),
    }
}
