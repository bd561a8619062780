//! A change of prices is announced to a customer, and holds from its date.

use std::collections::BTreeSet;

use flexio_billing::subscription::{earliest_rise, exit_right_ends};
use flexio_domain::*;
use flexio_rating::{Changed, Proration, Rate, base_of};
use flexio_store::{Change, ChangeSet, ContractChange, HoldingChange};
use jiff::civil::Date;

use crate::App;
use crate::auth::must_be_active;
use crate::error::{AppError, refuse};
use crate::subscriptions::ROWS_SHOWN;

/// Things an account may hold when prices of what is held change.
const HOLDINGS_MAX: usize = 4_000;

/// Characters of what an operator says of a ground.
const GROUND_NOTE_CHARS: usize = 300;

/// A change to announce.
#[derive(Debug, Clone)]
pub struct Announcement {
    /// Plan version that prices from then on: `flexio-be/2`.
    pub plan: String,
    /// First day, in the plan's zone.
    pub from: Date,
    /// Items that change; empty for all that differ.
    pub items: Vec<String>,
    /// Why nobody may leave because of it, with what the operator says to it; `None`: whoever leaves keeps the old prices.
    pub ground: Option<(NoticeGround, String)>,
}

impl App {
    /// Announces a change of prices to one customer. Prices rise a calendar month and 30 days later at the earliest; what is exclusively
    /// cheaper may hold at once.
    pub async fn announce_prices(
        &self,
        account: &Account,
        by_operator: bool,
        new: &Announcement,
    ) -> Result<PriceNotice, AppError> {
        must_be_active(account)?;
        if !by_operator {
            return Err(refuse(ErrorCode::Forbidden, "Only a parent account changes prices."));
        }
        let (notice, changes) = self.announcement(account, new).await?;
        self.store.commit(changes).await?;
        self.wake.emails.notify_one();
        self.refresh_prices_of(account.sid).await?;
        Ok(notice)
    }

    /// A notice to one customer and all that it changes.
    pub(crate) async fn announcement(
        &self,
        account: &Account,
        new: &Announcement,
    ) -> Result<(PriceNotice, ChangeSet), AppError> {
        let contract = self.subscription(account.sid).await?;
        if !contract.state.is_in_force() {
            let state = contract.state.as_str();
            return Err(refuse(ErrorCode::SubscriptionState, format!("The subscription is {state}.")));
        }
        let notice = self.notice(&contract, new).await?;
        let mut changes = ChangeSet::from(Change::from(ContractChange::Announce(notice.clone())));
        let items: BTreeSet<&str> = notice.changes.iter().map(|change| base_of(&change.item)).collect();
        changes.extend(items.into_iter().map(|item| pin_of(&contract, &notice, item)));
        self.reprice_holdings(&notice, &mut changes).await?;
        if let Some(customer) = self.store.customer(account.sid).await? {
            let words = self.price_text(&customer, &notice);
            let sid = NoticeSid::Price(notice.sid);
            let (_, written) = self.write_notice((account, &customer), sid, 0, words).await?;
            changes.append(written);
            let told = crate::callbacks::price_change_announced(&customer, &notice);
            changes.extend(told.map(Change::QueueCallback));
        }
        Ok((notice, changes))
    }

    /// Changes announced to the account, newest first.
    pub async fn price_notices(&self, account: AccountSid) -> Result<Vec<PriceNotice>, AppError> {
        Ok(self.store.price_notices(account, ROWS_SHOWN).await?)
    }

    /// What would change for a contract, and whether it is exclusively cheaper.
    pub(crate) async fn price_difference(
        &self,
        account: AccountSid,
        new: &Announcement,
    ) -> Result<(Vec<PriceChange>, bool), AppError> {
        let now = self.clock.now();
        let meter = self.meter(account);
        let rater =
            self.plan_version(&new.plan).ok_or_else(|| bad("Plan", "names no published plan version"))?;
        let (plan, base) = (rater.plan(), meter.rater_at(now).plan());
        if plan.id() != base.id() {
            return Err(bad("Plan", "is a version of another plan"));
        }
        if self.is_retired(plan) {
            return Err(bad("Plan", "is sold no more"));
        }
        let mut changes = Vec::new();
        let mut is_advantage = true;
        let asked = |code: &str| new.items.is_empty() || new.items.iter().any(|item| item == code);
        let held = self.held_terms(account).await?;
        for item in plan.items().iter().filter(|item| asked(&item.code)) {
            if let Rate::Monthly(new) = item.rate
                && held.iter().any(|terms| terms.item == item.code)
            {
                // What is held has the price of the day it was taken, whatever the contract's version says.
                for terms in held.iter().filter(|terms| terms.item == item.code) {
                    let is_alike = terms.by_day == (new.proration == Proration::ByDay);
                    if terms.price != new.price || !is_alike {
                        is_advantage &= is_alike && new.price <= terms.price;
                        let (item, old, new) = (item.code.clone(), terms.price, new.price);
                        changes.push(PriceChange { item, old, new });
                    }
                }
            } else if let Some(old) = meter.list_pricing(&item.code, now).plan().item(&item.code) {
                is_advantage &= old.is_no_dearer(item);
                let changed = old.changes_to(item).into_iter();
                changes.extend(changed.map(|Changed { code, old, new }| PriceChange {
                    item: code,
                    old,
                    new,
                }));
            }
        }
        if changes.is_empty() {
            return Err(bad("Plan", "changes no price of the subscription"));
        }
        Ok((changes, is_advantage))
    }

    /// What is held under a contract, by what it costs: each price once.
    async fn held_terms(&self, subscriber: AccountSid) -> Result<Vec<MonthlyTerms>, AppError> {
        let (mut terms, now): (Vec<MonthlyTerms>, _) = (Vec::new(), self.clock.now());
        for account in self.subscribed(subscriber) {
            for held in self.holdings_from(account, now).await? {
                let cost = |it: &MonthlyTerms| (it.item.clone(), it.price, it.by_day);
                if !terms.iter().any(|known| cost(known) == cost(&held.terms)) {
                    terms.push(held.terms);
                }
            }
        }
        terms.sort_by(|one, other| (&one.item, one.price).cmp(&(&other.item, other.price)));
        Ok(terms)
    }

    /// What an account holds at an instant or later.
    async fn holdings_from(&self, account: AccountSid, at: Timestamp) -> Result<Vec<Holding>, AppError> {
        let limit = u32::try_from(HOLDINGS_MAX + 1).unwrap_or(u32::MAX);
        let held = self.store.holdings(account, at, Timestamp::MAX, limit).await?;
        if held.len() > HOLDINGS_MAX {
            let why = format!("More than {HOLDINGS_MAX} things are held at prices that change.");
            return Err(refuse(ErrorCode::Unprocessable, why));
        }
        Ok(held)
    }

    async fn notice(&self, contract: &Subscription, new: &Announcement) -> Result<PriceNotice, AppError> {
        let (now, zone) = (self.clock.now(), self.rater().plan().zone());
        let (changes, is_advantage) = self.price_difference(contract.account_sid, new).await?;
        let is_law = check_ground(new.ground.as_ref(), is_advantage)?;
        let today = zone.to_datetime(now).date();
        let meter = self.meter(contract.account_sid);
        let plan = meter.rater_at(now).plan();
        let rise = earliest_rise(today, plan.change_notice_days());
        let earliest = if is_advantage || is_law { today } else { rise };
        if new.from < earliest {
            return Err(refuse(ErrorCode::NoticeTooShort, format!("The earliest date is {earliest}.")));
        }
        let midnight = |day: Date| zone.to_timestamp(day.at(0, 0, 0, 0)).unwrap_or(now);
        Ok(PriceNotice {
            sid: PriceNoticeSid::new(),
            subscription_sid: contract.sid,
            account_sid: contract.account_sid,
            plan: new.plan.clone(),
            changes,
            is_advantage,
            announced_at: now,
            effective_at: midnight(new.from).max(now),
            exit_until: midnight(exit_right_ends(today, self.config.exit_months, plan.exit_right_days())),
            ground: new.ground.as_ref().map(|(ground, _)| *ground),
            ground_note: new.ground.as_ref().map(|(_, note)| note.clone()).unwrap_or_default(),
        })
    }

    /// What is held at a price that changes is held at the new one from the date on.
    async fn reprice_holdings(&self, notice: &PriceNotice, changes: &mut ChangeSet) -> Result<(), AppError> {
        let Some(rater) = self.plan_version(&notice.plan) else { return Ok(()) };
        let at = notice.effective_at;
        for account in self.subscribed(notice.account_sid) {
            for held in self.holdings_from(account, at).await? {
                let is_changed = notice.changes.iter().any(|change| change.item == held.item.as_str());
                if !is_changed || held.from >= at {
                    continue;
                }
                let Ok(terms) = rater.monthly_terms(held.item) else { continue };
                changes.push(HoldingChange::End(account, held.item, held.subject.clone(), at).into());
                let next = Holding { sid: HoldingSid::new(), terms, from: at, ..held };
                changes.push(HoldingChange::Begin(next).into());
            }
        }
        Ok(())
    }
}

fn pin_of(contract: &Subscription, notice: &PriceNotice, item: &str) -> Change {
    ContractChange::Pin(PricePin {
        sid: PinSid::new(),
        subscription_sid: contract.sid,
        account_sid: contract.account_sid,
        item: Some(item.to_owned()),
        valid_from: notice.effective_at,
        valid_until: None,
        plan: notice.plan.clone(),
        reason: PinReason::Notice,
        notice_sid: Some(notice.sid),
        created_at: notice.announced_at,
    })
    .into()
}

/// Refused where what was ticked does not hold; whether it is the law, which may set any date.
pub(crate) fn check_ground(
    ground: Option<&(NoticeGround, String)>,
    is_advantage: bool,
) -> Result<bool, AppError> {
    let not_met = |why: &str| Err(refuse(ErrorCode::GroundNotMet, why));
    let Some((ground, note)) = ground else { return Ok(false) };
    if note.chars().count() > GROUND_NOTE_CHARS {
        return Err(bad("GroundNote", "has 300 characters at most"));
    }
    match ground {
        NoticeGround::Advantage if !is_advantage => not_met("Some use would cost more: it is no advantage."),
        NoticeGround::Administrative if !is_advantage => {
            not_met("Some use would cost more: that is not purely administrative.")
        }
        NoticeGround::Law if note.trim().is_empty() => not_met("GroundNote names the law that imposes it."),
        NoticeGround::Advantage | NoticeGround::Administrative => Ok(false),
        NoticeGround::Law => Ok(true),
    }
}

fn bad(name: &str, why: &str) -> AppError {
    refuse(ErrorCode::InvalidParameter, format!("{name} {why}."))
}
