//! The operator's limits on what accounts spend: when one is reached a case is opened, and the account stopped where that is wanted.
//!
//! Nothing is asked before a call or message: whoever is metered is marked in memory, and looked at within seconds. What stops somebody at once
//! is [credit](crate::credit) and the account's own thresholds.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use flexio_billing::categories::{Category, Record};
use flexio_domain::*;
use flexio_store::Scope;
use jiff::civil::Date;
use jiff::{SignedDuration, ToSpan};

use crate::error::AppError;
use crate::{App, UsageInterval, UsageQuery};

/// Between two looks.
const EVERY: Duration = Duration::from_secs(10);
/// Looks at an account after it was metered: the first may come before the charge is committed.
const LOOKS: u8 = 2;
/// Accounts looked at in one round; the others are next.
const ACCOUNTS_MAX: usize = 500;
/// Pairs of an account and a number that are counted at once. With more, those of the hours before go; new ones are not counted until there is room.
const DESTINATIONS_MAX: usize = 100_000;
/// Accounts whose last hour is remembered; with more, those that spent nothing in it go.
const HOURS_MAX: usize = 10_000;

/// What one account may spend before its operator is told, in EUR without tax, by UTC days. 0: no limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpendLimits {
    /// Days in which an account is new.
    pub new_account_days: u16,
    /// In a day, while it is new.
    pub new_account_day: Money,
    /// In a day.
    pub day: Money,
    /// In a calendar month.
    pub month: Money,
    /// What one call that goes out may cost: there it is ended.
    pub call: Money,
    /// In a day, by category of usage records.
    pub category_day: BTreeMap<String, Money>,
    /// So many times what it spent on an average day of those before.
    pub spike_factor: u16,
    /// So many times, within an hour, what it spent in an average hour of the days before.
    pub spike_hour_factor: u16,
    /// The days before that an average is made of.
    pub spike_days: u16,
    /// A spike below this is none; and what is a spike of an account that spent nothing before.
    pub spike_floor: Money,
    /// Calls and messages to one number in an hour.
    pub destination_hour: u32,
    /// Stop the account too, until somebody has looked at the case. The top account is never stopped.
    pub hold: bool,
    /// The customer's own threshold, with VAT in a month, that an order sets where he has set none.
    pub default_threshold: Money,
    /// Amounts that customers are offered for thresholds, with VAT.
    pub threshold_presets: Vec<Money>,
    /// Where calls of a customer may go that cost money, until the operator says otherwise for him.
    pub calls_to: Reach,
    /// The same of his messages.
    pub messages_to: Reach,
}

impl Default for SpendLimits {
    fn default() -> Self {
        let euros = |whole: i64| Money::from_micros(whole * 1_000_000);
        Self {
            new_account_days: 14,
            new_account_day: euros(50),
            day: Money::ZERO,
            month: Money::ZERO,
            call: Money::ZERO,
            category_day: BTreeMap::new(),
            spike_factor: 10,
            spike_hour_factor: 5,
            spike_days: 7,
            spike_floor: euros(50),
            destination_hour: 600,
            hold: false,
            default_threshold: euros(50),
            threshold_presets: vec![euros(50), euros(75), euros(100)],
            calls_to: Reach::everywhere(),
            messages_to: Reach::everywhere(),
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

/// What a rule saw.
#[derive(Debug, Clone)]
pub(crate) struct Reached {
    pub rule: SpendRule,
    pub subject: String,
    pub day: Date,
    pub limit: String,
    pub seen: String,
    /// How many times the limit it is, rounded down.
    pub times: u32,
}

/// What an account spends as its last looks saw it: the minute, and what it had spent in all since the first look.
#[derive(Debug, Default)]
struct LastHour {
    /// The day of the last look, and the sum of that day then.
    day: Option<(Date, Money)>,
    looks: VecDeque<(i64, Money)>,
}

impl LastHour {
    /// What was spent in the hour before `now`, of which the day's sum is `total`. The first look knows nothing of the time before it.
    fn spent(&mut self, now: Timestamp, today: Date, total: Money) -> Money {
        let minute = now.as_second() / 60;
        let all = self.looks.back().map_or(Money::ZERO, |(_, all)| *all);
        let more = match self.day {
            Some((day, before)) if day == today => (total - before).max(Money::ZERO),
            Some(_) => total,
            None => Money::ZERO,
        };
        self.day = Some((today, total));
        self.looks.push_back((minute, all + more));
        // The last look before the hour stays: what was spent since then is what the hour is compared with.
        while self.looks.get(1).is_some_and(|(at, _)| *at <= minute - 60) {
            self.looks.pop_front();
        }
        // One a minute is enough.
        if self.looks.len() >= 3 && self.looks[self.looks.len() - 2].0 == minute {
            self.looks.remove(self.looks.len() - 2);
        }
        all + more - self.looks.front().map_or(Money::ZERO, |(_, first)| *first)
    }
}

/// Who was metered, and whom they called and wrote to. In memory: a restart forgets the counts of the hour.
#[derive(Debug, Default)]
pub(crate) struct Spenders {
    /// Looks that are left.
    metered: Mutex<HashMap<AccountSid, u8>>,
    /// By account and number: the hour since the epoch, and how often in it.
    destinations: Mutex<HashMap<(AccountSid, String), (i64, u32)>>,
    /// By account, with those below it or without.
    hours: Mutex<HashMap<(AccountSid, bool), LastHour>>,
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

    fn last_hour(&self, of: (AccountSid, Scope), now: Timestamp, (today, total): (Date, Money)) -> Money {
        let mut hours = self.hours.lock().unwrap_or_else(PoisonError::into_inner);
        if hours.len() >= HOURS_MAX {
            let hour_ago = now.as_second() / 60 - 60;
            hours.retain(|_, hour| hour.looks.back().is_some_and(|(at, _)| *at > hour_ago));
        }
        hours.entry((of.0, of.1 == Scope::Tree)).or_default().spent(now, today, total)
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
    /// Looks at accounts that were metered: how many cases were opened. One that cannot be looked at is next again, and holds up no other.
    pub async fn look_at_spending(&self) -> Result<u64, AppError> {
        let (mut opened, mut trees) = (0, HashSet::new());
        for sid in self.spenders.next() {
            let looked = async {
                let Some(account) = self.account_now(sid).await? else { return Ok(0) };
                let mut count = 0;
                for (of, scope) in self.judged(&account).await? {
                    if scope == Scope::Own || trees.insert(of.sid) {
                        count += self.look_at_account(&of, scope).await?;
                    }
                }
                Ok::<_, AppError>(count)
            };
            match Box::pin(looked).await {
                Ok(count) => opened += count,
                Err(error) => {
                    self.spenders.metered(sid);
                    tracing::warn!(account_sid = %sid, %error, "account_not_looked_at");
                }
            }
        }
        Ok(opened)
    }

    /// Whose limits an account's usage counts in: its own, and those of its customer with all that is below him, so that nobody has a limit
    /// for each sub-account he makes. The customer is the one with the contract, or without one the account below the top.
    pub(crate) async fn judged(
        &self,
        account: &Arc<Account>,
    ) -> Result<Vec<(Arc<Account>, Scope)>, AppError> {
        let below_top = account.ancestors.get(1).copied().or(account.parent_sid.map(|_| account.sid));
        let Some(head) = self.subscriber(account.sid).or(below_top) else {
            return Ok(vec![(Arc::clone(account), Scope::Own)]);
        };
        if head == account.sid {
            return Ok(vec![(Arc::clone(account), Scope::Tree)]);
        }
        let head = self.account_now(head).await?.map(|head| (head, Scope::Tree));
        Ok(std::iter::once((Arc::clone(account), Scope::Own)).chain(head).collect())
    }

    async fn look_at_account(&self, account: &Account, scope: Scope) -> Result<u64, AppError> {
        let mut opened = 0;
        let mut failed = None;
        for reached in self.limits_reached(account, scope).await? {
            match self.open_case(account, &reached).await {
                Ok(is_new) => opened += u64::from(is_new),
                Err(error) => failed = Some(error),
            }
        }
        match failed {
            Some(error) if opened == 0 => Err(error),
            _ => Ok(opened),
        }
    }

    pub(crate) async fn limits_reached(
        &self,
        account: &Account,
        scope: Scope,
    ) -> Result<Vec<Reached>, AppError> {
        let (limits, today, now) = (&self.config.limits, self.today(), self.clock.now());
        let of = (account.sid, scope);
        let records = self.spent_on(of, (today, today)).await?;
        let total = price_of(&records, Category::TotalPrice);
        let age = now.duration_since(account.created_at);
        let mut reached = Vec::new();
        let mut over = |rule, subject: &str, day, limit: Money, seen: Money| {
            if limit > Money::ZERO && seen >= limit {
                let times = u32::try_from(seen.micros() / limit.micros()).unwrap_or(u32::MAX);
                let (limit, seen) = (limit.to_decimals(2), seen.to_decimals(2));
                reached.push(Reached { rule, subject: subject.to_owned(), day, limit, seen, times });
            }
        };
        let is_new = age < SignedDuration::from_hours(24 * i64::from(limits.new_account_days));
        if is_new && account.parent_sid.is_some() {
            over(SpendRule::NewAccount, "", today, limits.new_account_day, total);
        }
        over(SpendRule::Day, "", today, limits.day, total);
        if limits.month > Money::ZERO {
            let first = today.first_of_month();
            let records = self.spent_on(of, (first, today)).await?;
            let month = first.strftime("%Y-%m").to_string();
            over(SpendRule::Month, &month, first, limits.month, price_of(&records, Category::TotalPrice));
        }
        for (name, limit) in &limits.category_day {
            if let Some(category) = Category::from_wire(name) {
                over(SpendRule::Category, category.as_str(), today, *limit, price_of(&records, category));
            }
        }
        let hour = self.spenders.last_hour(of, now, (today, total));
        let floor = limits.spike_floor.max(Money::from_micros(1));
        let days = i64::from(limits.spike_days.max(1));
        if total >= floor {
            let before = self.spent_before(of, today, days).await?;
            // Without days before there is nothing to compare with but the floor: a key that was stolen of an account that slept.
            let spike = |factor: u16, parts: i64| {
                let average = Money::from_micros(before.micros() / parts);
                average.checked_mul(factor.into()).unwrap_or(Money::ZERO).max(floor)
            };
            if limits.spike_factor > 0 {
                over(SpendRule::Spike, "", today, spike(limits.spike_factor, days), total);
            }
            if limits.spike_hour_factor > 0 {
                let limit = spike(limits.spike_hour_factor, days * 24);
                over(SpendRule::SpikeHour, "", today, limit, hour);
            }
        }
        if limits.destination_hour > 0 && scope_has_own(account, scope) {
            let often = self.spenders.often(account.sid, limits.destination_hour, now);
            reached.extend(often.into_iter().map(|(to, n)| Reached {
                rule: SpendRule::Destination,
                subject: to,
                day: today,
                limit: limits.destination_hour.to_string(),
                seen: n.to_string(),
                times: n / limits.destination_hour,
            }));
        }
        Ok(reached)
    }

    async fn spent_on(
        &self,
        (account, scope): (AccountSid, Scope),
        (from, to): (Date, Date),
    ) -> Result<Vec<Record>, AppError> {
        let query = UsageQuery { from, to, interval: UsageInterval::Whole, category: None, scope };
        Ok(self.usage(account, &query).await?.into_iter().map(|row| row.record).collect())
    }

    /// What was spent on so many days before today.
    async fn spent_before(&self, of: (AccountSid, Scope), today: Date, days: i64) -> Result<Money, AppError> {
        let before = (today.saturating_sub(days.days()), today.yesterday().unwrap_or(today));
        Ok(price_of(&self.spent_on(of, before).await?, Category::TotalPrice))
    }
}

/// Whether numbers are counted here: each account by itself, and the customer's own with its tree.
fn scope_has_own(account: &Account, scope: Scope) -> bool {
    scope == Scope::Own || account.parent_sid.is_some()
}

fn price_of(records: &[Record], category: Category) -> Money {
    records.iter().find(|record| record.category == category).map_or(Money::ZERO, |record| record.price)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_is_what_was_spent_since_the_last_look_before_it() {
        let (mut hour, euro) = (LastHour::default(), |n: i64| Money::from_micros(n * 1_000_000));
        let day = Date::constant(2026, 11, 6);
        let mut look = |minute: i64, day: Date, total: i64| {
            hour.spent(Timestamp::from_second(minute * 60).unwrap(), day, euro(total))
        };
        assert_eq!(look(0, day, 7), euro(0), "what was before the first look is not known");
        assert_eq!(look(1, day, 10), euro(3));
        assert_eq!(look(1, day, 12), euro(5), "twice in a minute");
        assert_eq!(look(59, day, 20), euro(13));
        assert_eq!(look(61, day, 20), euro(8), "12 was reached an hour ago");
        let next = day.tomorrow().unwrap();
        assert_eq!(look(100, next, 4), euro(12), "midnight begins the sum anew");
        assert_eq!(look(300, next, 4), euro(0));
    }

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
