//! The operator's limits on what accounts spend: when one is reached a case is opened, and the account stopped where that is wanted.
//!
//! Nothing is asked before a call or message: whoever is metered is marked in memory, and looked at within seconds. What stops somebody at once
//! is [credit](crate::credit) and the account's own thresholds.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use flexio_billing::categories::{Category, Record};
use flexio_domain::*;
use flexio_store::{Change, ChangeSet, Scope, StoreError, WatchChange};
use jiff::civil::Date;
use jiff::{SignedDuration, ToSpan};

use crate::emails::CreateEmail;
use crate::error::{AppError, refuse};
use crate::{App, UpdateAccount, UsageInterval, UsageQuery};

/// Between two looks.
const EVERY: Duration = Duration::from_secs(10);
/// Looks at an account after it was metered: the first may come before the charge is committed.
const LOOKS: u8 = 2;
/// Accounts looked at in one round; the others are next.
const ACCOUNTS_MAX: usize = 500;
/// Pairs of an account and a number that are counted at once. With more, those of the hours before go; new ones are not counted until there is room.
const DESTINATIONS_MAX: usize = 100_000;
/// Days before today that a spike is measured against.
const DAYS_BEFORE: i64 = 28;
/// Cases shown.
const CASES_SHOWN: u32 = 1_000;
const NOTE_CHARS_MAX: usize = 200;
/// Who stops an account, in its record.
const LIMITS: &str = "limits";

/// What one account may spend before its operator is told, in EUR without tax, by UTC days. 0: no limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpendLimits {
    /// Days in which an account is new.
    pub new_account_days: u16,
    /// In a day, while it is new.
    pub new_account_day: Money,
    /// In a day.
    pub day: Money,
    /// In a day, by category of usage records.
    pub category_day: BTreeMap<String, Money>,
    /// So many times what it spent on an average day of the 28 before.
    pub spike_factor: u16,
    /// A spike below this is none.
    pub spike_floor: Money,
    /// Calls and messages to one number in an hour.
    pub destination_hour: u32,
    /// Stop the account too, until somebody has looked at the case. The top account is never stopped.
    pub hold: bool,
}

impl Default for SpendLimits {
    fn default() -> Self {
        Self {
            new_account_days: 14,
            new_account_day: Money::from_micros(50_000_000),
            day: Money::ZERO,
            category_day: BTreeMap::new(),
            spike_factor: 10,
            spike_floor: Money::from_micros(50_000_000),
            destination_hour: 600,
            hold: false,
        }
    }
}

impl SpendLimits {
    /// What cannot be meant.
    pub fn fault(&self) -> Option<String> {
        let unknown = self.category_day.keys().find(|name| Category::from_wire(name).is_none());
        unknown.map(|name| format!("limits.category_day: {name} is no category of usage records"))
    }
}

/// What a rule saw: the subject, the limit, the value.
type Reached = (SpendRule, String, String, String);

/// A day, and the cases of that day: account, rule, subject.
type Known = (Option<Date>, HashSet<(AccountSid, SpendRule, String)>);

/// Who was metered, and whom they called and wrote to. In memory: a restart forgets the counts of the hour.
#[derive(Debug, Default)]
pub(crate) struct Spenders {
    /// Looks that are left.
    metered: Mutex<HashMap<AccountSid, u8>>,
    /// By account and number: the hour since the epoch, and how often in it.
    destinations: Mutex<HashMap<(AccountSid, String), (i64, u32)>>,
    /// Cases of today that are there.
    known: Mutex<Known>,
}

impl Spenders {
    pub(crate) fn metered(&self, account: AccountSid) {
        self.metered.lock().unwrap_or_else(PoisonError::into_inner).insert(account, LOOKS);
    }

    fn next(&self) -> Vec<AccountSid> {
        let mut metered = self.metered.lock().unwrap_or_else(PoisonError::into_inner);
        let some: Vec<AccountSid> = metered.keys().take(ACCOUNTS_MAX).copied().collect();
        for account in &some {
            if let Some(left) = metered.get_mut(account) {
                *left -= 1;
                if *left == 0 {
                    metered.remove(account);
                }
            }
        }
        some
    }

    /// One more call or message of the account to a number.
    pub(crate) fn goes_to(&self, account: AccountSid, to: &str, now: Timestamp) {
        let hour = now.as_second() / 3_600;
        let mut all = self.destinations.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (account, to.to_owned());
        if all.len() >= DESTINATIONS_MAX && !all.contains_key(&key) {
            all.retain(|_, (of, _)| *of == hour);
            if all.len() >= DESTINATIONS_MAX {
                return;
            }
        }
        let (of, count) = all.entry(key).or_insert((hour, 0));
        if *of != hour {
            (*of, *count) = (hour, 0);
        }
        *count = count.saturating_add(1);
    }

    /// Numbers an account called or wrote to at least so often in this hour.
    fn often(&self, account: AccountSid, least: u32, now: Timestamp) -> Vec<(String, u32)> {
        let hour = now.as_second() / 3_600;
        let all = self.destinations.lock().unwrap_or_else(PoisonError::into_inner);
        let of_account = all.iter().filter(|((owner, _), _)| *owner == account);
        let often = of_account.filter(|(_, (of, count))| *of == hour && *count >= least);
        often.map(|((_, to), (_, count))| (to.clone(), *count)).collect()
    }

    /// Whether the case is new today, as far as this process knows.
    fn is_new(&self, account: AccountSid, reached: &Reached, today: Date) -> bool {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.0 != Some(today) {
            *known = (Some(today), HashSet::new());
        }
        !known.1.contains(&(account, reached.0, reached.1.clone()))
    }

    fn is_there(&self, account: AccountSid, reached: &Reached) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.1.insert((account, reached.0, reached.1.clone()));
    }
}

/// Looks at those who were metered, until the process ends.
pub async fn keep_spending(app: Arc<App>) {
    loop {
        tokio::time::sleep(EVERY).await;
        if let Err(error) = app.look_at_spending().await {
            tracing::warn!(%error, "spending_not_looked_at");
        }
    }
}

impl App {
    /// Looks at accounts that were metered: how many cases were opened.
    pub async fn look_at_spending(&self) -> Result<u64, AppError> {
        let mut opened = 0;
        let mut accounts = self.spenders.next().into_iter();
        while let Some(account) = accounts.next() {
            match self.look_at_account(account).await {
                Ok(count) => opened += count,
                Err(error) => {
                    self.spenders.metered(account);
                    accounts.for_each(|other| self.spenders.metered(other));
                    return Err(error);
                }
            }
        }
        Ok(opened)
    }

    async fn look_at_account(&self, sid: AccountSid) -> Result<u64, AppError> {
        let Some(account) = self.account_now(sid).await? else { return Ok(0) };
        let mut opened = 0;
        for reached in self.limits_reached(&account).await? {
            if self.spenders.is_new(sid, &reached, self.today()) {
                opened += u64::from(self.open_case(&account, &reached).await?);
                self.spenders.is_there(sid, &reached);
            }
        }
        Ok(opened)
    }

    async fn limits_reached(&self, account: &Account) -> Result<Vec<Reached>, AppError> {
        let (limits, today, now) = (&self.config.limits, self.today(), self.clock.now());
        let records = self.spent_on(account.sid, (today, today)).await?;
        let total = price_of(&records, Category::TotalPrice);
        let age = now.duration_since(account.created_at);
        let mut reached = Vec::new();
        let mut over = |rule, subject: &str, limit: Money, seen: Money| {
            if limit > Money::ZERO && seen >= limit {
                reached.push((rule, subject.to_owned(), limit.to_decimals(2), seen.to_decimals(2)));
            }
        };
        let is_new = age < SignedDuration::from_hours(24 * i64::from(limits.new_account_days));
        if is_new && account.parent_sid.is_some() {
            over(SpendRule::NewAccount, "", limits.new_account_day, total);
        }
        over(SpendRule::Day, "", limits.day, total);
        for (name, limit) in &limits.category_day {
            if let Some(category) = Category::from_wire(name) {
                over(SpendRule::Category, category.as_str(), *limit, price_of(&records, category));
            }
        }
        if limits.spike_factor > 0 && total >= limits.spike_floor.max(Money::from_micros(1)) {
            let average = self.average_day(account.sid, today).await?;
            let limit = average.checked_mul(limits.spike_factor.into()).unwrap_or(Money::ZERO);
            // Without days before there is nothing to compare with: that is what the limit of new accounts is for.
            over(SpendRule::Spike, "", limit, total);
        }
        if limits.destination_hour > 0 {
            let often = self.spenders.often(account.sid, limits.destination_hour, now);
            let limit = limits.destination_hour.to_string();
            reached.extend(
                often.into_iter().map(|(to, n)| (SpendRule::Destination, to, limit.clone(), n.to_string())),
            );
        }
        Ok(reached)
    }

    async fn spent_on(&self, account: AccountSid, (from, to): (Date, Date)) -> Result<Vec<Record>, AppError> {
        let query =
            UsageQuery { from, to, interval: UsageInterval::Whole, category: None, scope: Scope::Own };
        Ok(self.usage(account, &query).await?.into_iter().map(|row| row.record).collect())
    }

    async fn average_day(&self, account: AccountSid, today: Date) -> Result<Money, AppError> {
        let before = (today.saturating_sub(DAYS_BEFORE.days()), today.yesterday().unwrap_or(today));
        let total = price_of(&self.spent_on(account, before).await?, Category::TotalPrice);
        Ok(Money::from_micros(total.micros() / DAYS_BEFORE))
    }

    /// Stops the account first: a case that says so is true. `false` where the case was there.
    async fn open_case(&self, account: &Account, reached: &Reached) -> Result<bool, AppError> {
        let (rule, subject, limit, seen) = reached.clone();
        let holds = self.config.limits.hold && account.parent_sid.is_some();
        if holds {
            self.hold_account(account, rule).await?;
        }
        let case = SpendCase {
            sid: SpendCaseSid::new(),
            version: 1,
            account_sid: account.sid,
            rule,
            subject,
            day: self.today(),
            limit,
            seen,
            holds,
            opened_at: self.clock.now(),
            cleared: None,
        };
        let mut changes = self.tell_operator(account, &case).await?;
        changes.push(WatchChange::OpenCase(case.clone()).into());
        match self.store.commit(changes).await {
            Err(StoreError::Conflict(_)) => return Ok(false),
            done => done?,
        }
        self.wake.emails.notify_one();
        metrics::counter!("spend_cases_opened_total", "rule" => rule.as_str()).increment(1);
        tracing::warn!(account_sid = %account.sid, case = %case.sid, rule = rule.as_str(), holds, "spend_case_opened");
        Ok(true)
    }

    /// Through its contract, or without one by its status.
    async fn hold_account(&self, account: &Account, rule: SpendRule) -> Result<(), AppError> {
        let subscriber = self.subscriber(account.sid).unwrap_or(account.sid);
        let owner = self.account_now(subscriber).await?.ok_or(ErrorCode::NotFound)?;
        let why = (SuspensionReason::FraudHold, rule.as_str());
        match self.suspend_subscription(&owner, true, why, LIMITS).await {
            Ok(_) => return Ok(()),
            Err(AppError::Refused(refusal)) if refusal.code == ErrorCode::NotFound => {}
            // It is suspended, or over.
            Err(AppError::Refused(refusal)) if refusal.code == ErrorCode::SubscriptionState => return Ok(()),
            Err(error) => return Err(error),
        }
        let stop = UpdateAccount { status: Some(AccountStatus::Suspended), ..UpdateAccount::default() };
        self.update_account(account.sid, true, stop).await.map(drop)
    }

    /// The e-mail to the operator; empty where the installation sends none.
    async fn tell_operator(&self, account: &Account, case: &SpendCase) -> Result<ChangeSet, AppError> {
        let top = account.ancestors.first().copied().unwrap_or(account.sid);
        let Some(top) = self.account_now(top).await? else { return Ok(ChangeSet::new()) };
        let subject = format!("Spending case {}: {}", case.sid, case.rule.as_str());
        let of = if case.subject.is_empty() { String::new() } else { format!(" ({})", case.subject) };
        let stopped = if case.holds { "It is stopped until you clear the case." } else { "It goes on." };
        let body = format!(
            "Account {} ({}) reached the limit {}{of} on {}: {} of {}. {stopped}\n\n{}/console/spending\n",
            account.sid,
            account.friendly_name,
            case.rule.as_str(),
            case.day,
            case.seen,
            case.limit,
            self.config.public_base_url
        );
        let new = CreateEmail {
            to: self.config.operator.email.clone(),
            subject: Some(subject),
            body: Pii(body),
            api_version: "2012-04-24",
            ..CreateEmail::default()
        };
        match self.new_email(&top, new).await {
            Ok(email) => Ok(Change::from(flexio_store::MailChange::Create(email)).into()),
            Err(AppError::Refused(_)) => Ok(ChangeSet::new()),
            Err(error) => Err(error),
        }
    }

    /// Cases of the account and those below it, newest first.
    pub async fn spend_cases(&self, account: AccountSid, open: bool) -> Result<Vec<SpendCase>, AppError> {
        Ok(self.store.spend_cases(account, open, CASES_SHOWN).await?)
    }

    /// Somebody of the operator has looked at a case. What it stopped goes on, unless another open case stops it too.
    pub async fn clear_case(
        &self,
        account: &Account,
        by_operator: bool,
        sid: SpendCaseSid,
        (by, note): (&str, &str),
    ) -> Result<SpendCase, AppError> {
        self.store.spend_case(account.sid, sid).await?.ok_or(ErrorCode::NotFound)?;
        if !by_operator && account.parent_sid.is_some() {
            return Err(refuse(ErrorCode::Forbidden, "Only a parent account clears a case."));
        }
        if note.chars().count() > NOTE_CHARS_MAX {
            return Err(refuse(ErrorCode::InvalidParameter, "Note has at most 200 characters."));
        }
        let cleared = retrying!(async {
            let case = self.store.spend_case(account.sid, sid).await?.ok_or(ErrorCode::NotFound)?;
            if case.cleared.is_some() {
                return Err(refuse(ErrorCode::Conflict, "The case was cleared already."));
            }
            let cleared = Cleared { by: by.to_owned(), note: note.to_owned(), at: self.clock.now() };
            let case = SpendCase { cleared: Some(cleared), ..case };
            self.store.commit(Change::from(WatchChange::UpdateCase(case.clone())).into()).await?;
            Ok::<_, AppError>(SpendCase { version: case.version + 1, ..case })
        })?;
        let others = self.store.spend_cases(account.sid, true, CASES_SHOWN).await?;
        if cleared.holds && !others.iter().any(|it| it.holds && it.account_sid == account.sid) {
            self.let_go(account).await?;
        }
        Ok(cleared)
    }

    async fn let_go(&self, account: &Account) -> Result<(), AppError> {
        let subscriber = self.subscriber(account.sid).unwrap_or(account.sid);
        let contract = self.store.subscription(subscriber).await?;
        let held = contract.and_then(|it| it.suspension).is_some_and(|it| it.by == LIMITS);
        if held {
            let owner = self.account_now(subscriber).await?.ok_or(ErrorCode::NotFound)?;
            self.restore_subscription(&owner, true).await?;
        }
        if account.status == AccountStatus::Suspended {
            let go = UpdateAccount { status: Some(AccountStatus::Active), ..UpdateAccount::default() };
            self.update_account(account.sid, true, go).await?;
        }
        Ok(())
    }
}

fn price_of(records: &[Record], category: Category) -> Money {
    records.iter().find(|record| record.category == category).map_or(Money::ZERO, |record| record.price)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_counted_by_the_hour_and_room_is_made_of_hours_before() {
        let (spenders, account) = (Spenders::default(), AccountSid::new());
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        for _ in 0..3 {
            spenders.goes_to(account, "+32470123456", at(3_600));
        }
        assert_eq!(spenders.often(account, 3, at(3_600)), [("+32470123456".to_owned(), 3)]);
        assert_eq!(spenders.often(account, 4, at(3_600)), []);
        assert_eq!(spenders.often(account, 1, at(7_200)), [], "another hour");
        for n in 0..DESTINATIONS_MAX {
            spenders.goes_to(account, &n.to_string(), at(7_200));
        }
        assert!(spenders.destinations.lock().unwrap().len() <= DESTINATIONS_MAX);
        assert_eq!(spenders.often(account, 1, at(7_200)).len(), DESTINATIONS_MAX, "the hour before is gone");
    }

    #[test]
    fn an_account_is_looked_at_twice_after_it_was_metered() {
        let (spenders, account) = (Spenders::default(), AccountSid::new());
        spenders.metered(account);
        assert_eq!(spenders.next(), [account]);
        assert_eq!(spenders.next(), [account]);
        assert_eq!(spenders.next(), []);
    }
}
