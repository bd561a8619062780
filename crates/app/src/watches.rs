//! Usage triggers: an account's own values, at which it is told. Thresholds are looked at with them.
//!
//! Usage marks the accounts that have any, in its transaction; [`keep_watch`] looks at the marked ones and commits what is reached together with
//! its callback, once in each period.

use std::sync::Arc;
use std::time::Duration;

use flexio_billing::categories::{Category, Record};
use flexio_domain::*;
use flexio_store::{Change, ChangeSet, Page, Scope, TriggerFilter, WatchChange};
use jiff::civil::Date;
use jiff::tz::Offset;

use crate::error::{AppError, refuse};
use crate::idempotency::Keep;
use crate::{App, UsageInterval, UsageQuery, callbacks};

/// Triggers an account may have.
pub const TRIGGERS_MAX: u32 = 100;
/// Between two looks.
const EVERY: Duration = Duration::from_secs(2);
/// Looks between two at what running calls have cost so far.
const LOOKS_OF_RUNNING: u64 = 5;
/// Accounts looked at in one round; the others are next.
const ACCOUNTS_MAX: u32 = 500;
/// Hours of a day in which the period before is looked at too: a call counts on the day of its answer, and ends later.
pub(crate) const LATE_HOURS: i8 = 6;
/// Millionths in one.
const ONE: i64 = 1_000_000;

/// A usage trigger to make.
#[derive(Debug, Clone)]
pub struct CreateTrigger {
    /// For people.
    pub friendly_name: Option<String>,
    /// Of which records.
    pub category: Category,
    /// What is compared.
    pub by: TriggerBy,
    /// `100`, or `+100` from the present value on.
    pub value: String,
    /// Over which time.
    pub recurring: Recurring,
    /// Told.
    pub callback: Webhook,
    /// API it is made through.
    pub api_version: &'static str,
}

/// A trigger, and what it is compared with now, in millionths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TriggerShown {
    /// The trigger.
    pub trigger: UsageTrigger,
    /// The present value in its period.
    pub current: i64,
}

/// Usage records of one account, by the first day of their period: each period is read once.
struct Used<'a> {
    app: &'a App,
    account: AccountSid,
    read: Vec<((Date, Date), Vec<Record>)>,
}

impl Used<'_> {
    async fn records(&mut self, from: Date, to: Date) -> Result<&[Record], AppError> {
        let known = self.read.iter().position(|(period, _)| *period == (from, to));
        let at = match known {
            Some(at) => at,
            None => {
                let query = UsageQuery {
                    from,
                    to,
                    interval: UsageInterval::Whole,
                    category: None,
                    scope: Scope::Tree,
                };
                let rows = self.app.usage(self.account, &query).await?;
                self.read.push(((from, to), rows.into_iter().map(|row| row.record).collect()));
                self.read.len() - 1
            }
        };
        Ok(&self.read[at].1)
    }

    /// What a trigger compares, in millionths.
    async fn value(
        &mut self,
        category: &str,
        by: TriggerBy,
        (from, to): (Date, Date),
    ) -> Result<i64, AppError> {
        let records = self.records(from, to).await?;
        let Some(record) = records.iter().find(|record| record.category.as_str() == category) else {
            return Ok(0);
        };
        let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX).saturating_mul(ONE);
        Ok(match by {
            TriggerBy::Count => whole(record.count),
            // The usage of `totalprice` is its price.
            TriggerBy::Usage if record.category == Category::TotalPrice => record.price.micros(),
            TriggerBy::Usage => whole(record.usage),
            TriggerBy::Price => record.price.micros(),
        })
    }
}

impl App {
    fn used(&self, account: AccountSid) -> Used<'_> {
        Used { app: self, account, read: Vec::new() }
    }

    /// Makes a usage trigger.
    pub async fn create_trigger(
        &self,
        account: &Account,
        new: CreateTrigger,
        keep: Keep<'_, UsageTrigger>,
    ) -> Result<TriggerShown, AppError> {
        let made = self.store.count_usage_triggers(account.sid, &TriggerFilter::default()).await?;
        if made >= u64::from(TRIGGERS_MAX) {
            return Err(refuse(ErrorCode::Unprocessable, "The account has 100 usage triggers; delete one."));
        }
        let (relative, millionths) = value(&new.value)?;
        let today = self.today();
        let start = new.recurring.start(today);
        let category = new.category.as_str();
        let current = self.used(account.sid).value(category, new.by, (start, today)).await?;
        let now = self.clock.now();
        let trigger = UsageTrigger {
            sid: UsageTriggerSid::new(),
            version: 1,
            account_sid: account.sid,
            friendly_name: new.friendly_name,
            category: category.to_owned(),
            by: new.by,
            value: new.value,
            millionths,
            base: relative.then_some((current, start)),
            recurring: new.recurring,
            callback: new.callback,
            fired: None,
            api_version: new.api_version.to_owned(),
            created_at: now,
            updated_at: now,
        };
        let changes = Change::from(WatchChange::CreateTrigger(trigger.clone())).into();
        self.commit_creation(changes, &trigger, keep).await?;
        Ok(TriggerShown { trigger, current })
    }

    /// One trigger.
    pub async fn usage_trigger(
        &self,
        account: AccountSid,
        sid: UsageTriggerSid,
    ) -> Result<TriggerShown, AppError> {
        let trigger = self.store.usage_trigger(account, sid).await?.ok_or(ErrorCode::NotFound)?;
        let mut shown = self.with_values(account, vec![trigger]).await?;
        shown.pop().ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Triggers.
    pub async fn usage_triggers(
        &self,
        account: AccountSid,
        filter: &TriggerFilter,
        page: &Page,
    ) -> Result<Vec<TriggerShown>, AppError> {
        let triggers = self.store.usage_triggers(account, filter, page).await?;
        self.with_values(account, triggers).await
    }

    async fn with_values(
        &self,
        account: AccountSid,
        triggers: Vec<UsageTrigger>,
    ) -> Result<Vec<TriggerShown>, AppError> {
        let (mut used, today) = (self.used(account), self.today());
        let mut shown = Vec::with_capacity(triggers.len());
        for trigger in triggers {
            let period = (trigger.recurring.start(today), today);
            let current = used.value(&trigger.category, trigger.by, period).await?;
            shown.push(TriggerShown { trigger, current });
        }
        Ok(shown)
    }

    /// Renames a trigger, or tells another URL.
    pub async fn update_trigger(
        &self,
        account: AccountSid,
        sid: UsageTriggerSid,
        friendly_name: Option<String>,
        callback: Option<Webhook>,
    ) -> Result<TriggerShown, AppError> {
        retrying!(async {
            let mut trigger = self.store.usage_trigger(account, sid).await?.ok_or(ErrorCode::NotFound)?;
            trigger.friendly_name = friendly_name.clone().or(trigger.friendly_name);
            trigger.callback = callback.clone().unwrap_or(trigger.callback);
            trigger.updated_at = self.clock.now();
            self.store.commit(Change::from(WatchChange::UpdateTrigger(trigger)).into()).await?;
            Ok::<_, AppError>(())
        })?;
        self.usage_trigger(account, sid).await
    }

    /// Deletes a trigger.
    pub async fn delete_trigger(&self, account: AccountSid, sid: UsageTriggerSid) -> Result<(), AppError> {
        self.store.usage_trigger(account, sid).await?.ok_or(ErrorCode::NotFound)?;
        Ok(self.store.commit(Change::from(WatchChange::DeleteTrigger(account, sid)).into()).await?)
    }

    /// Looks at the accounts whose usage has moved, and ends calls that may not go on: how many triggers and thresholds were reached.
    pub async fn watch_usage(&self) -> Result<u64, AppError> {
        let mut reached = 0;
        for (account, moved) in self.store.moved_watches(ACCOUNTS_MAX).await? {
            reached += retrying!(self.look(account, moved))?;
        }
        self.cut_calls().await?;
        Ok(reached)
    }

    async fn look(&self, account: AccountSid, moved: i64) -> Result<u64, AppError> {
        let (mut used, mut changes) = (self.used(account), ChangeSet::new());
        let reached = self.triggers_reached(&mut used, &mut changes).await?
            + self.thresholds_reached(account, &mut changes).await?;
        changes.push(WatchChange::Seen(account, moved).into());
        self.store.commit(changes).await?;
        if reached > 0 {
            self.wake.callbacks.notify_one();
            self.wake.emails.notify_one();
            self.stopped.clear();
        }
        Ok(reached)
    }

    async fn triggers_reached(&self, used: &mut Used<'_>, changes: &mut ChangeSet) -> Result<u64, AppError> {
        let (now, today) = (self.clock.now(), self.today());
        let page = Page { limit: TRIGGERS_MAX, ..Page::default() };
        let mut reached = 0;
        for mut trigger in self.store.usage_triggers(used.account, &TriggerFilter::default(), &page).await? {
            for (start, end) in periods(&trigger, now, today) {
                let value = used.value(&trigger.category, trigger.by, (start, end)).await?;
                if trigger.fires(value, start) {
                    trigger.fired = Some((now, start));
                    trigger.updated_at = now;
                    changes
                        .push(Change::QueueCallback(callbacks::trigger_fired(&trigger, value, start, now)));
                    changes.push(WatchChange::UpdateTrigger(trigger).into());
                    reached += 1;
                    break;
                }
            }
        }
        Ok(reached)
    }
}

/// The periods a trigger may fire in now: the present one, and early in it the one before, if the trigger was there already.
fn periods(trigger: &UsageTrigger, now: Timestamp, today: Date) -> Vec<(Date, Date)> {
    let start = trigger.recurring.start(today);
    let mut periods = vec![(start, today)];
    let is_early = start == today && Offset::UTC.to_datetime(now).hour() < LATE_HOURS;
    if is_early
        && let Ok(end) = start.yesterday()
        && Offset::UTC.to_datetime(trigger.created_at).date() < start
    {
        periods.insert(0, (trigger.recurring.start(end), end));
    }
    periods
}

/// Whether the value is relative, and how much it is in millionths.
fn value(text: &str) -> Result<(bool, i64), AppError> {
    // A `+` that was not escaped in a form is a blank.
    let relative = text.starts_with(['+', ' ']);
    let number: Money = text.trim_start_matches(['+', ' ']).parse().map_err(|_| bad_value())?;
    if number <= Money::ZERO { Err(bad_value()) } else { Ok((relative, number.micros())) }
}

fn bad_value() -> AppError {
    refuse(
        ErrorCode::InvalidParameter,
        "TriggerValue is a number above 0, with a + before it to count from now.",
    )
}

/// Looks again and again, until the process ends.
pub async fn keep_watch(app: Arc<App>) {
    for look in 0_u64.. {
        tokio::time::sleep(EVERY).await;
        if look % LOOKS_OF_RUNNING == 0
            && let Err(error) = app.look_at_running().await
        {
            tracing::warn!(%error, "running_calls_not_looked_at");
        }
        match app.watch_usage().await {
            Ok(0) => {}
            Ok(reached) => tracing::info!(reached, "triggers_and_thresholds_reached"),
            Err(error) => tracing::warn!(%error, "usage_not_watched"),
        }
    }
}
