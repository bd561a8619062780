//! Contracts: a summary is offered, accepted with proof, pinned, and cancelled.

use std::collections::BTreeMap;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use flexio_billing::subscription::{self as life, SubscriptionEvent};
use flexio_domain::*;
use flexio_store::{Change, ChangeSet, ContractChange, WatchChange};
use jiff::SignedDuration;

use crate::error::{AppError, refuse};
use crate::promotions::{Wanted, used_up};
use crate::vault::{digest, hex};
use crate::{App, callbacks};

/// Pins, acceptances and notices shown of one contract.
pub const ROWS_SHOWN: u32 = 1_000;
/// Characters of the sentence a customer agrees to, and of the name of a program.
const STATEMENT_CHARS: std::ops::RangeInclusive<usize> = 1..=500;
const USER_AGENT_CHARS: usize = 256;
/// What a consumer gives up who wants service to begin at once: to owe nothing after a withdrawal.
const EARLY_START: &str = "early_start";
/// What the signature of an acceptance is over.
const ACCEPTANCE: &str = "acceptance";

/// An order: which summary was seen, and the proof that it was agreed to.
#[derive(Debug, Clone)]
pub struct Order {
    /// The summary.
    pub summary_sid: SummarySid,
    /// Its SHA-256, as it was read.
    pub summary_sha256: String,
    /// The box was ticked.
    pub accepted: bool,
    /// The sentence beside it, word by word.
    pub statement: String,
    /// A consumer asks expressly that service begins within the time to withdraw.
    pub begins: bool,
    /// Ids and versions of the terms that were agreed to, `general/2026-01`.
    pub terms: Vec<String>,
    /// Who orders.
    pub user: String,
    /// `console` or `api`.
    pub channel: &'static str,
    /// Where from.
    pub ip: String,
    /// With what.
    pub user_agent: String,
}

impl App {
    /// The account's contract: the one that is not over, or the last.
    pub async fn subscription(&self, account: AccountSid) -> Result<Subscription, AppError> {
        self.store.subscription(account).await?.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Issues a contract summary of the plan on sale, which may be accepted for the operator's `offer_days`.
    ///
    /// Promotions stand in it, and are taken with the order.
    pub async fn offer(&self, account: &Account, wanted: &[Wanted]) -> Result<Subscription, AppError> {
        crate::auth::must_be_active(account)?;
        if account.parent_sid.is_none() {
            return Err(refuse(
                ErrorCode::Unprocessable,
                "The top account is the operator's: it buys from nobody.",
            ));
        }
        let customer = self.store.customer(account.sid).await?;
        let customer = customer
            .ok_or_else(|| refuse(ErrorCode::Unprocessable, "Say first who pays: POST …/Customer."))?;
        retrying!(self.try_offer(account.sid, &customer, wanted))
    }

    pub(crate) async fn try_offer(
        &self,
        account: AccountSid,
        customer: &Customer,
        wanted: &[Wanted],
    ) -> Result<Subscription, AppError> {
        let now = self.clock.now();
        let known = self.store.subscription(account).await?.filter(|it| !is_over(it.state));
        let state = known.as_ref().map_or(SubscriptionState::Draft, |it| it.state);
        let state = moved(state, SubscriptionEvent::SummaryIssued)?;
        let rater = self
            .newest_open(self.rater().plan().id(), now)
            .ok_or_else(|| refuse(ErrorCode::Unprocessable, "No version of the plan is open for orders."))?;
        let plan = rater.plan();
        if customer.kind == CustomerKind::Consumer && !plan.is_open_to_consumers() {
            return Err(refuse(ErrorCode::Unprocessable, "The plan is not sold to consumers."));
        }
        let today = plan.zone().to_datetime(now).date();
        let promotions = self.wanted_with_order(account, customer, wanted).await?;
        let said = promotions.iter().flat_map(|it| {
            let until = it.holds_until(today).unwrap_or(today);
            self.promotion_sentences(it, until, plan.label(), customer.language)
        });
        let summary = self.summary_of(plan, customer.language, today).with_promotions(said.collect());
        let (text, pdf) = (summary.html(), summary.pdf().map_err(|error| unmade(&error))?);
        let sid = known.as_ref().map_or_else(SubscriptionSid::new, |it| it.sid);
        let summary = Summary {
            sid: SummarySid::new(),
            subscription_sid: sid,
            account_sid: account,
            sha256: hex(&digest(&text)),
            media_type: "text/html; charset=utf-8".to_owned(),
            text,
            pdf: BASE64_STANDARD.encode(pdf),
            issued_at: now,
        };
        let offer = Offer {
            summary_sid: summary.sid,
            summary_sha256: summary.sha256.clone(),
            plan: plan.label().to_owned(),
            plan_sha256: plan.content_hash().to_string(),
            language: customer.language,
            issued_at: now,
            valid_until: now
                .saturating_add(SignedDuration::from_hours(24 * i64::from(self.config.offer_days)))
                .unwrap_or(Timestamp::MAX),
            promotions,
        };
        let (change, shown) = match known {
            Some(it) => {
                let next = Subscription { state, offer, updated_at: now, ..it };
                let shown = Subscription { version: next.version + 1, ..next.clone() };
                (ContractChange::UpdateSubscription(next), shown)
            }
            None => {
                let next = new_subscription(sid, account, state, offer, now);
                (ContractChange::CreateSubscription(next.clone()), next)
            }
        };
        let changes = ChangeSet::from(Change::from(ContractChange::KeepSummary(summary))).with(change.into());
        self.store.commit(changes).await?;
        Ok(shown)
    }

    /// A summary as it was shown.
    pub async fn summary(&self, account: AccountSid, sid: SummarySid) -> Result<Summary, AppError> {
        self.store.summary(account, sid).await?.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Orders what was offered. Prices are pinned at once, unless the customer has still to be identified.
    pub async fn order(&self, account: &Account, order: &Order) -> Result<Subscription, AppError> {
        crate::auth::must_be_active(account)?;
        let customer = self.customer(account.sid).await?;
        let customer = self.must_be_taxable(account, customer).await?;
        let ordered = retrying!(self.try_order(account.sid, &customer, order))?;
        self.refresh_prices_of(account.sid).await?;
        Ok(ordered)
    }

    async fn try_order(
        &self,
        account: AccountSid,
        customer: &Customer,
        order: &Order,
    ) -> Result<Subscription, AppError> {
        let now = self.clock.now();
        let mut contract = self.subscription(account).await?;
        let before = contract.state;
        // What was ordered before its summary could be shown is confirmed, whenever that is.
        let is_unseen = before == SubscriptionState::NotInForce;
        let event = if is_unseen { SubscriptionEvent::Confirmed } else { SubscriptionEvent::Ordered };
        let state = moved(before, event)?;
        if !is_unseen && now >= contract.offer.valid_until {
            contract.state = moved(contract.state, SubscriptionEvent::OfferLapsed)?;
            contract.updated_at = now;
            self.store.commit(self.save_contract(SubscriptionState::Offered, &contract).await?).await?;
            let days = self.config.offer_days;
            let why = format!("The offer was open for {days} days: ask for a new one.");
            return Err(refuse(ErrorCode::SummarySuperseded, why));
        }
        let offer = &contract.offer;
        if (order.summary_sid, order.summary_sha256.as_str()) != (offer.summary_sid, &offer.summary_sha256) {
            let current =
                format!("The summary is {} with SHA-256 {}.", offer.summary_sid, offer.summary_sha256);
            return Err(refuse(ErrorCode::SummarySuperseded, current));
        }
        if !is_unseen && self.plan_version(&offer.plan).is_some_and(|it| self.is_retired(it.plan())) {
            return Err(refuse(
                ErrorCode::SummarySuperseded,
                format!("{} is sold no more: ask for a new offer.", offer.plan),
            ));
        }
        let acceptance = self.acceptance(&contract, customer, order, now)?;
        contract.state = state;
        contract.ordered_at = Some(now);
        contract.withdrawal = self.right_to_withdraw(customer, order.begins, now);
        contract.updated_at = now;
        let mut changes = ChangeSet::from(Change::from(ContractChange::Accept(acceptance.clone())));
        let mut pinned_from = None;
        if !customer.kind.needs_identity() || customer.identified_at.is_some() {
            changes.push(activate(&mut contract, now)?);
            changes.append(Box::pin(self.welcome(customer, &contract, &acceptance)).await?);
            pinned_from = Some(now);
        }
        changes.append(self.take_offered(&contract, &order.user, pinned_from)?);
        let threshold = self.first_threshold(account).await?;
        changes.extend(threshold.map(|threshold| WatchChange::CreateThreshold(threshold).into()));
        changes.append(self.save_contract(before, &contract).await?);
        self.store.commit(changes).await.map_err(used_up)?;
        self.stopped.clear();
        self.wake.emails.notify_one();
        self.wake.callbacks.notify_one();
        contract.version += 1;
        Ok(contract)
    }

    /// The contract as it is now, and the callback that tells that it was in another state.
    pub(crate) async fn save_contract(
        &self,
        before: SubscriptionState,
        contract: &Subscription,
    ) -> Result<ChangeSet, AppError> {
        let mut changes = ChangeSet::from(Change::from(ContractChange::UpdateSubscription(contract.clone())));
        if before != contract.state
            && let Some(customer) = self.store.customer(contract.account_sid).await?
        {
            let told = callbacks::subscription_state(&customer, contract, before);
            changes.extend(told.map(Change::QueueCallback));
        }
        Ok(changes)
    }

    /// The proof of an order; refused where a part of it is missing.
    pub(crate) fn acceptance(
        &self,
        contract: &Subscription,
        customer: &Customer,
        order: &Order,
        now: Timestamp,
    ) -> Result<Acceptance, AppError> {
        self.accepted((contract, customer), order, self.config.terms.clone(), (contract.offer.issued_at, now))
    }

    /// The proof that documents were accepted, which were shown and accepted at these times; refused where a part of it is missing.
    pub(crate) fn accepted(
        &self,
        (contract, customer): (&Subscription, &Customer),
        order: &Order,
        terms: Vec<Terms>,
        (shown_at, now): (Timestamp, Timestamp),
    ) -> Result<Acceptance, AppError> {
        let missing = |what: String| refuse(ErrorCode::AcceptanceMissing, what);
        if !order.accepted {
            return Err(missing("Accept must be true: an unticked box is no acceptance.".to_owned()));
        }
        if !STATEMENT_CHARS.contains(&order.statement.chars().count()) {
            return Err(missing(
                "Statement is the sentence that was agreed to, 1 to 500 characters.".to_owned(),
            ));
        }
        let unseen = terms.iter().map(|it| format!("{}/{}", it.id, it.version));
        if let Some(unseen) = unseen.into_iter().find(|it| !order.terms.contains(it)) {
            return Err(missing(format!("Terms must name {unseen}.")));
        }
        let is_early = order.begins && customer.kind == CustomerKind::Consumer;
        let given_up = [(customer.waived_at.is_some(), "summary"), (is_early, EARLY_START)];
        let mut acceptance = Acceptance {
            subscription_sid: contract.sid,
            account_sid: contract.account_sid,
            user: order.user.clone(),
            plan: contract.offer.plan.clone(),
            plan_sha256: contract.offer.plan_sha256.clone(),
            summary_sid: contract.offer.summary_sid,
            summary_sha256: contract.offer.summary_sha256.clone(),
            language: contract.offer.language,
            terms,
            shown_at,
            accepted_at: now,
            channel: order.channel.to_owned(),
            ip: order.ip.clone(),
            user_agent: order.user_agent.chars().take(USER_AGENT_CHARS).collect(),
            pins: self.offered_pins(&contract.offer),
            waivers: given_up.iter().filter(|(is, _)| *is).map(|(_, what)| (*what).to_owned()).collect(),
            statement: order.statement.clone(),
            signature: String::new(),
        };
        acceptance.signature = self.sign_acceptance(&acceptance);
        Ok(acceptance)
    }

    /// Price versions of what is offered, before promotions.
    fn offered_pins(&self, offer: &Offer) -> BTreeMap<String, String> {
        let Some(rater) = self.plan_version(&offer.plan) else { return BTreeMap::new() };
        let items = rater.plan().items().iter();
        items.map(|item| (item.code.clone(), offer.plan.clone())).collect()
    }

    /// What the customer gets in writing once the contract is in force: what was agreed to, the terms, and the summary as it was shown.
    async fn welcome(
        &self,
        customer: &Customer,
        contract: &Subscription,
        acceptance: &Acceptance,
    ) -> Result<ChangeSet, AppError> {
        let Some(account) = self.store.account(contract.account_sid).await? else {
            return Ok(ChangeSet::new());
        };
        let summary = self.summary(contract.account_sid, contract.offer.summary_sid).await?;
        let written = self.welcome_text(customer, contract, acceptance, &summary);
        self.write_to_customer(&account, customer, written, true).await
    }

    fn sign_acceptance(&self, acceptance: &Acceptance) -> String {
        let unsigned = Acceptance { signature: String::new(), ..acceptance.clone() };
        let text = serde_json::to_string(&unsigned).expect("an acceptance is plain data");
        self.vault.sign(ACCEPTANCE, &[&text])
    }

    /// Whether an acceptance is as it was when it was made, under the present key of the installation.
    pub fn is_genuine(&self, acceptance: &Acceptance) -> bool {
        let unsigned = Acceptance { signature: String::new(), ..acceptance.clone() };
        let text = serde_json::to_string(&unsigned).expect("an acceptance is plain data");
        self.vault.verify(ACCEPTANCE, &[&text], &acceptance.signature)
    }

    /// What comes into force once the customer is identified; nothing where nothing was ordered.
    pub(crate) async fn activate_ordered(&self, account: AccountSid) -> Result<ChangeSet, AppError> {
        let mut changes = ChangeSet::new();
        let contract = self.store.subscription(account).await?;
        if let Some(mut contract) = contract.filter(|it| it.state == SubscriptionState::Ordered) {
            let now = self.clock.now();
            changes.push(activate(&mut contract, now)?);
            for taken in
                self.redemptions(account).await?.iter().filter(|it| it.subscription_sid == contract.sid)
            {
                changes.extend(self.promotion_pins(taken, now, |_| contract.offer.plan.clone()));
            }
            contract.updated_at = now;
            let accepted = self.store.acceptances(account, contract.sid, ROWS_SHOWN).await?;
            if let (Some(customer), Some(accepted)) = (self.store.customer(account).await?, accepted.last()) {
                changes.append(Box::pin(self.welcome(&customer, &contract, accepted)).await?);
            }
            changes.append(self.save_contract(SubscriptionState::Ordered, &contract).await?);
        }
        Ok(changes)
    }

    /// Which plan version prices what from when on, oldest first.
    pub async fn pins(&self, account: AccountSid) -> Result<Vec<PricePin>, AppError> {
        Ok(self.store.pins(account, ROWS_SHOWN).await?)
    }

    /// What was agreed to, oldest first.
    pub async fn acceptances(&self, account: AccountSid) -> Result<Vec<Acceptance>, AppError> {
        let contract = self.subscription(account).await?;
        Ok(self.store.acceptances(account, contract.sid, ROWS_SHOWN).await?)
    }
}

fn new_subscription(
    sid: SubscriptionSid,
    account_sid: AccountSid,
    state: SubscriptionState,
    offer: Offer,
    now: Timestamp,
) -> Subscription {
    Subscription {
        sid,
        version: 1,
        account_sid,
        state,
        offer,
        ordered_at: None,
        activated_at: None,
        ends_at: None,
        closed_at: None,
        suspension: None,
        withdrawal: None,
        created_at: now,
        updated_at: now,
    }
}

/// The contract is in force: its prices are those of the offer, for every item, from now on.
fn activate(contract: &mut Subscription, now: Timestamp) -> Result<Change, AppError> {
    contract.state = moved(contract.state, SubscriptionEvent::Identified)?;
    contract.activated_at = Some(now);
    Ok(ContractChange::Pin(PricePin {
        sid: PinSid::new(),
        subscription_sid: contract.sid,
        account_sid: contract.account_sid,
        item: None,
        valid_from: now,
        valid_until: None,
        plan: contract.offer.plan.clone(),
        reason: PinReason::Order,
        notice_sid: None,
        created_at: now,
    })
    .into())
}

pub(crate) const fn is_over(state: SubscriptionState) -> bool {
    matches!(state, SubscriptionState::Closed | SubscriptionState::Erased)
}

/// The state after an event; refused where it cannot happen.
pub(crate) fn moved(
    state: SubscriptionState,
    event: SubscriptionEvent,
) -> Result<SubscriptionState, AppError> {
    life::next(state, event).ok_or_else(|| {
        refuse(ErrorCode::SubscriptionState, format!("The subscription is {}.", state.as_str()))
    })
}

fn unmade(error: &impl std::fmt::Display) -> AppError {
    refuse(ErrorCode::Unprocessable, format!("The contract summary cannot be made: {error}"))
}
