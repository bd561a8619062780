//! Spending thresholds: what an account wants to spend in a month, and what happens there. [`crate::watches`] looks at them.

use flexio_domain::*;
use flexio_rating::BillingMonth;
use flexio_store::{Change, ChangeSet, WatchChange};
use jiff::ToSpan;
use jiff::civil::Date;

use crate::control::{CallChange, EndCall};
use crate::error::{AppError, Refusal, refuse};
use crate::idempotency::Keep;
use crate::invoices::{SUPPLIES_MAX, supply_span};
use crate::watches::LATE_HOURS;
use crate::{App, callbacks};

/// Thresholds an account may have.
pub const THRESHOLDS_MAX: u32 = 20;
/// Running calls read at a time, of those that may have to end.
const CUTS_PAGE: u32 = 500;
/// Millionths in one.
const ONE: i64 = 1_000_000;

/// A threshold to make: an amount, or a percentage of the account's credit limit.
#[derive(Debug, Clone)]
pub struct CreateThreshold {
    /// With VAT; zero where `percent` says it.
    pub amount: Money,
    /// Of the credit limit, 1 to 100.
    pub percent: Option<u16>,
    /// What happens.
    pub reaction: Reaction,
    /// Told.
    pub callback: Option<Webhook>,
}

/// Changes of a threshold.
#[derive(Debug, Clone, Default)]
pub struct ThresholdPatch {
    /// With VAT.
    pub amount: Option<Money>,
    /// Of the credit limit.
    pub percent: Option<u16>,
    /// What happens.
    pub reaction: Option<Reaction>,
    /// Told; `Some(None)` nobody.
    pub callback: Option<Option<Webhook>>,
}

/// What stops what costs money and goes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stop {
    code: ErrorCode,
    /// In words for the account itself.
    detail: Option<String>,
}

impl From<Stop> for AppError {
    fn from(stop: Stop) -> Self {
        Self::Refused(Refusal { detail: stop.detail, ..Refusal::from(stop.code) })
    }
}

/// What was spent in a month of the plan's zone.
#[derive(Debug, Clone, Copy)]
struct Spent {
    net: Money,
    gross: Money,
}

impl App {
    /// Makes a threshold.
    pub async fn create_threshold(
        &self,
        account: &Account,
        new: CreateThreshold,
        keep: Keep<'_, Threshold>,
    ) -> Result<Threshold, AppError> {
        if self.thresholds(account.sid).await?.len() >= THRESHOLDS_MAX as usize {
            return Err(refuse(ErrorCode::Unprocessable, "The account has 20 thresholds; delete one."));
        }
        if new.percent.is_some() {
            self.must_have_limit(account.sid).await?;
        }
        let now = self.clock.now();
        let threshold = Threshold {
            sid: ThresholdSid::new(),
            version: 1,
            account_sid: account.sid,
            amount: threshold_amount(new.amount, new.percent)?,
            percent: new.percent,
            reaction: new.reaction,
            callback: new.callback,
            fired: None,
            created_at: now,
            updated_at: now,
        };
        let changes = Change::from(WatchChange::CreateThreshold(threshold.clone())).into();
        self.commit_creation(changes, &threshold, keep).await?;
        Ok(threshold)
    }

    /// One threshold.
    pub async fn threshold(&self, account: AccountSid, sid: ThresholdSid) -> Result<Threshold, AppError> {
        self.store.threshold(account, sid).await?.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Thresholds, oldest first.
    pub async fn thresholds(&self, account: AccountSid) -> Result<Vec<Threshold>, AppError> {
        Ok(self.store.thresholds(account, THRESHOLDS_MAX).await?)
    }

    /// Changes a threshold, at any time. Another amount or reaction is looked at anew: what was stopped goes on until it is reached.
    pub async fn update_threshold(
        &self,
        account: AccountSid,
        sid: ThresholdSid,
        patch: ThresholdPatch,
    ) -> Result<Threshold, AppError> {
        retrying!(async {
            let before = self.threshold(account, sid).await?;
            // One of the two; the other goes.
            let (amount, percent) = match (patch.amount, patch.percent) {
                (None, None) => (before.amount, before.percent),
                (amount, percent) => (threshold_amount(amount.unwrap_or_default(), percent)?, percent),
            };
            if patch.percent.is_some() {
                self.must_have_limit(account).await?;
            }
            let reaction = patch.reaction.unwrap_or(before.reaction);
            let is_anew = (amount, percent, reaction) != (before.amount, before.percent, before.reaction);
            let threshold = Threshold {
                amount,
                percent,
                reaction,
                callback: patch.callback.clone().unwrap_or_else(|| before.callback.clone()),
                fired: before.fired.clone().filter(|_| !is_anew),
                updated_at: self.clock.now(),
                ..before
            };
            let mut changes = ChangeSet::from(Change::from(WatchChange::UpdateThreshold(threshold)));
            changes.push(WatchChange::Look(account).into());
            self.store.commit(changes).await?;
            Ok::<_, AppError>(())
        })?;
        self.stopped.clear();
        self.threshold(account, sid).await
    }

    /// Deletes a threshold; what it stopped goes on.
    pub async fn delete_threshold(&self, account: AccountSid, sid: ThresholdSid) -> Result<(), AppError> {
        self.threshold(account, sid).await?;
        self.store.commit(Change::from(WatchChange::DeleteThreshold(account, sid)).into()).await?;
        self.stopped.clear();
        Ok(())
    }

    /// Refuses what costs money and would go out: with `SpendingThreshold` where the account, or one above it, has wanted so, with
    /// `SubscriptionOver` or `SubscriptionSuspended` where the contract does not let it. A few seconds old at most.
    pub(crate) async fn may_spend(&self, account: AccountSid) -> Result<(), AppError> {
        let now = self.clock.now();
        let stop = match self.stopped.get(&account, now) {
            Some(known) => known,
            None => {
                let ticket = self.stopped.ticket();
                let stop = Box::pin(self.stop_of(account)).await?;
                self.stopped.put(ticket, account, stop.clone(), now);
                stop
            }
        };
        stop.map_or(Ok(()), |stop| Err(stop.into()))
    }

    async fn stop_of(&self, account: AccountSid) -> Result<Option<Stop>, AppError> {
        if let Some(code) = self.stopped_by_contract(account).await? {
            return Ok(Some(Stop { code, detail: None }));
        }
        let month = self.local_today().first_of_month();
        let reached = self.store.blocking_thresholds(account, month, THRESHOLDS_MAX).await?;
        let own = reached.iter().find(|threshold| threshold.account_sid == account);
        let detail = match own {
            Some(threshold) => {
                let spent = self.spent_in_month(account, month).await?;
                format!(
                    "The account wanted to spend {} in {}, with VAT; it has spent {}. Raise, change or delete the threshold to go on: \
                     POST …/Credit/Thresholds/{}.",
                    limit_in_words(threshold),
                    month.strftime("%Y-%m"),
                    spent.gross.to_decimals(2),
                    threshold.sid
                )
            }
            None if reached.is_empty() => return Ok(None),
            // What another account wants and spends is its own.
            None => "An account above this one has reached a threshold of its own; it raises, changes or deletes it to go on.".to_owned(),
        };
        Ok(Some(Stop { code: ErrorCode::SpendingThreshold, detail: Some(detail) }))
    }

    /// What the account and those below it have spent in the month that begins at `month`, in the plan's zone: what is charged, what running
    /// calls have cost so far, and what numbers and the designer that are held have cost up to now.
    async fn spent_in_month(&self, account: AccountSid, month: Date) -> Result<Spent, AppError> {
        let billing = BillingMonth::of_day(month);
        let name = billing.to_string();
        let days =
            (billing.first_day().saturating_sub(1.days()), billing.last_day().saturating_add(1.days()));
        let mut net = self.store.spent_in_month(account, &name, days).await?;
        for event in self.running_usage(account, flexio_store::Scope::Tree).await? {
            if event.month == name {
                net += event.amount;
            }
        }
        if self.local_today().first_of_month() == month {
            net += self.held_so_far(account, billing).await?;
        }
        Ok(Spent { net, gross: self.with_vat(net) })
    }

    /// A few minutes old at most: what is held moves slowly, and is asked of each account of a tree.
    async fn held_so_far(&self, account: AccountSid, month: BillingMonth) -> Result<Money, AppError> {
        let now = self.clock.now();
        if let Some(known) = self.held.get(&account, now) {
            return Ok(known);
        }
        let ticket = self.held.ticket();
        let booked = self.store.usage_supplies(account, &supply_span(month, month), SUPPLIES_MAX).await?;
        let held = Box::pin(self.held_supplies(account, month, &booked, Some(now))).await?;
        let sum = held.iter().map(|supply| supply.amount).sum();
        self.held.put(ticket, account, sum, now);
        Ok(sum)
    }

    /// Queues what is told of the account's thresholds that are reached now: how many.
    pub(crate) async fn thresholds_reached(
        &self,
        account: AccountSid,
        changes: &mut ChangeSet,
    ) -> Result<u64, AppError> {
        let mut thresholds = self.store.thresholds(account, THRESHOLDS_MAX).await?;
        if thresholds.is_empty() {
            return Ok(0);
        }
        let mut reached = 0;
        for month in self.months_to_judge() {
            let spent = self.spent_in_month(account, month).await?;
            let credit = self.store.credit_for(account).await?;
            for threshold in &mut thresholds {
                let is_later = threshold.fired.as_ref().is_some_and(|fired| fired.month > month);
                if is_later || !threshold.fires(spent.gross, credit.as_ref(), month) {
                    continue;
                }
                let owed = self.owed(account).await?;
                let fired = Fired { at: self.clock.now(), month, net: spent.net, gross: spent.gross, owed };
                threshold.fired = Some(fired.clone());
                self.tell_of_threshold(threshold, &fired, changes).await?;
                changes.push(WatchChange::UpdateThreshold(threshold.clone()).into());
                threshold.version += 1;
                reached += 1;
            }
        }
        Ok(reached)
    }

    /// This month, and in its first hours the one before it: what began in it ends now.
    fn months_to_judge(&self) -> Vec<Date> {
        let now = self.rater().plan().zone().to_datetime(self.clock.now());
        let month = now.date().first_of_month();
        let is_early = now.date() == month && now.hour() < LATE_HOURS;
        let before = month.yesterday().ok().filter(|_| is_early).map(Date::first_of_month);
        before.into_iter().chain([month]).collect()
    }

    /// To the threshold's URL, and to whoever pays: his program, his mailbox.
    async fn tell_of_threshold(
        &self,
        threshold: &Threshold,
        fired: &Fired,
        changes: &mut ChangeSet,
    ) -> Result<(), AppError> {
        changes.extend(callbacks::threshold_reached(threshold, fired).map(Change::QueueCallback));
        let account = threshold.account_sid;
        let Some(payer) = self.payer_of_invoices(account).await? else { return Ok(()) };
        let (Some(customer), Some(owner)) =
            (self.store.customer(payer).await?, self.account_now(payer).await?)
        else {
            return Ok(());
        };
        changes.extend(callbacks::limit_reached(&customer, threshold, fired).map(Change::QueueCallback));
        let (subject, body) = self.threshold_text(&customer, threshold, fired);
        changes.append(self.tell_customer(&owner, &customer, subject, body).await?);
        Ok(())
    }

    /// With the seller's VAT, rounded half away from zero.
    fn with_vat(&self, net: Money) -> Money {
        let rate = i128::from(self.rater().plan().vat_rate().millionths) + i128::from(ONE);
        let exact = i128::from(net.micros()) * rate;
        let half = i128::from(ONE) / 2 * exact.signum();
        Money::from_micros(i64::try_from((exact + half) / i128::from(ONE)).unwrap_or(i64::MAX))
    }

    /// Ends legs of this node that went out and cost money, of accounts that wanted that or are held. Calls for help cost nothing.
    pub(crate) async fn cut_calls(&self) -> Result<(), AppError> {
        let (month, node) = (self.local_today().first_of_month(), &self.config.node);
        let mut last = None;
        loop {
            let legs = self.store.calls_to_cut(node, month, last, CUTS_PAGE).await?;
            for leg in legs.iter().filter(|leg| crate::legs::costs(self, leg)) {
                self.cut(leg.sid).await;
            }
            last = legs.last().map(|leg| leg.sid);
            if legs.len() < CUTS_PAGE as usize {
                return Ok(());
            }
        }
    }

    /// Ends a leg of this node.
    pub(crate) async fn cut(&self, leg: CallSid) {
        let Ok(control) = self.control() else { return };
        // One that has just ended is as good.
        let ended = control.modify(leg, CallChange::End(EndCall::Complete)).await.is_ok();
        tracing::info!(call_sid = %leg, ended, "call_cut");
    }

    async fn must_have_limit(&self, account: AccountSid) -> Result<(), AppError> {
        let credit = self.store.credit_for(account).await?;
        if credit.is_some_and(|state| state.terms.limit > Money::ZERO) {
            return Ok(());
        }
        Err(refuse(ErrorCode::InvalidParameter, "Percent is of a credit limit, and the account has none."))
    }

    /// The threshold that a new customer has from his order on, unless he has set one before; `None` where the operator wants none.
    pub(crate) async fn first_threshold(&self, account: AccountSid) -> Result<Option<Threshold>, AppError> {
        let amount = self.config.limits.default_threshold;
        if amount <= Money::ZERO || !self.thresholds(account).await?.is_empty() {
            return Ok(None);
        }
        let now = self.clock.now();
        Ok(Some(Threshold {
            sid: ThresholdSid::new(),
            version: 1,
            account_sid: account,
            amount,
            percent: None,
            reaction: Reaction::Alert,
            callback: None,
            fired: None,
            created_at: now,
            updated_at: now,
        }))
    }
}

fn limit_in_words(threshold: &Threshold) -> String {
    match threshold.percent {
        Some(percent) => format!("{percent} % of its credit limit"),
        None => format!("{} EUR", threshold.amount.to_decimals(2)),
    }
}

/// An amount above zero, or none beside a percentage from 1 to 100.
fn threshold_amount(amount: Money, percent: Option<u16>) -> Result<Money, AppError> {
    match percent {
        None if amount > Money::ZERO => Ok(amount),
        None => Err(refuse(ErrorCode::InvalidParameter, "Amount is above 0.")),
        Some(1..=100) if amount == Money::ZERO => Ok(amount),
        Some(1..=100) => Err(refuse(ErrorCode::InvalidParameter, "Give Amount or Percent, not both.")),
        Some(_) => Err(refuse(ErrorCode::InvalidParameter, "Percent is 1 to 100.")),
    }
}
