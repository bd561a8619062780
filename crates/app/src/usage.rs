//! What an account has used and what it owes, read from usage events and the ledger.

use flexio_billing::Charge;
use flexio_billing::categories::{self, Category, Record, Total};
use flexio_domain::{AccountSid, ErrorCode, Money, UsageEvent, UsageLabel};
use flexio_store::{Change, LabelledUsage, Scope, UsageFilter, UsageTotal};
use jiff::civil::Date;
use jiff::{Span, ToSpan, tz::Offset};

use crate::App;
use crate::error::{AppError, refuse};

/// How usage is cut into records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsageInterval {
    /// One record per category.
    Whole,
    /// Per day with usage.
    Day,
    /// Per calendar month with usage.
    Month,
    /// Per calendar year with usage.
    Year,
}

/// Which usage.
#[derive(Debug, Clone, Copy)]
pub struct UsageQuery {
    /// First day, UTC.
    pub from: Date,
    /// Last day, UTC.
    pub to: Date,
    /// How it is cut.
    pub interval: UsageInterval,
    /// One category, or all.
    pub category: Option<Category>,
    /// With sub-accounts or without.
    pub scope: Scope,
}

/// Usage of one category in one interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsageRow {
    /// First day.
    pub start: Date,
    /// Last day.
    pub end: Date,
    /// Counts and price.
    pub record: Record,
}

/// Rows of one answer by label.
pub const LABELLED_MAX: u32 = 10_000;

/// Which usage, shared out by what.
#[derive(Debug, Clone, Copy)]
pub struct LabelQuery {
    /// By what.
    pub label: UsageLabel,
    /// First day, UTC.
    pub from: Date,
    /// Last day, UTC.
    pub to: Date,
    /// With sub-accounts or without.
    pub scope: Scope,
}

impl App {
    /// What was used for each value of a label, at most [`LABELLED_MAX`] rows, with what running calls have used so far. What has no such label
    /// is in none.
    pub async fn usage_by_label(
        &self,
        account: AccountSid,
        query: &LabelQuery,
    ) -> Result<Vec<LabelledUsage>, AppError> {
        if query.from > query.to {
            return Err(refuse(ErrorCode::InvalidParameter, "StartDate is after EndDate."));
        }
        let days = (query.from.to_string(), query.to.to_string());
        let between = (days.0.as_str(), days.1.as_str());
        let mut rows =
            self.store.usage_by_label(account, query.scope, query.label, between, LABELLED_MAX).await?;
        if query.to >= self.today().saturating_sub(1.day()) {
            for event in self.running_usage(account, query.scope).await? {
                let is_within = (between.0..=between.1).contains(&&*event.day);
                let value = event.labels.each().find(|(label, _)| *label == query.label);
                if let Some((_, value)) = value.filter(|_| is_within) {
                    add_labelled(&mut rows, value, total_of(event.clone()));
                }
            }
        }
        Ok(rows)
    }

    /// Today in UTC: usage is counted by UTC days.
    pub fn today(&self) -> Date {
        Offset::UTC.to_datetime(self.clock.now()).date()
    }

    /// Usage records, newest interval first, with what running calls have used so far. Whole periods have a record for every category, others only where something was used.
    pub async fn usage(&self, account: AccountSid, query: &UsageQuery) -> Result<Vec<UsageRow>, AppError> {
        if query.from > query.to {
            return Err(refuse(ErrorCode::InvalidParameter, "StartDate is after EndDate."));
        }
        let (from, to) = (query.from.to_string(), query.to.to_string());
        let mut totals = self.store.usage_totals(account, query.scope, &from, &to).await?;
        // Read after what is booked: a leg that ends in between is missed for a moment, and never there twice.
        if query.to >= self.today().saturating_sub(1.day()) {
            let running = self.running_usage(account, query.scope).await?;
            let within =
                running.into_iter().filter(|event| (from.as_str()..=to.as_str()).contains(&&*event.day));
            totals.extend(within.map(total_of));
        }
        let mut rows = Vec::new();
        for (start, end) in intervals(query, &totals) {
            let (first, last) = (start.to_string(), end.to_string());
            let within: Vec<Total<'_>> =
                totals.iter().filter(|t| *first <= *t.day && *t.day <= *last).map(borrowed).collect();
            let categories =
                Category::ALL.iter().filter(|c| query.category.is_none_or(|wanted| wanted == **c));
            let records = categories.map(|category| categories::record(*category, &within));
            let whole = query.interval == UsageInterval::Whole;
            let used = records.filter(|r| whole || r.count > 0 || r.price != Money::ZERO);
            rows.extend(used.map(|record| UsageRow { start, end, record }));
        }
        Ok(rows)
    }

    /// The account's events as they are kept, by day (UTC), source and id.
    pub async fn usage_events(
        &self,
        account: AccountSid,
        filter: &UsageFilter,
        limit: u32,
    ) -> Result<Vec<UsageEvent>, AppError> {
        Ok(self.store.usage_events(account, filter, limit).await?)
    }

    /// What is rated and not yet invoiced, less what was paid in; positive is owed. An account with terms of its own owes for those below
    /// that spend on them.
    pub async fn owed(&self, account: AccountSid) -> Result<Money, AppError> {
        if let Some(state) = self.store.credit(account).await? {
            return Ok(state.owed);
        }
        let legs = self.store.balances(account).await?;
        Ok(legs.into_iter().filter(|leg| leg.account.is_customers()).map(|leg| leg.amount).sum())
    }
}

/// The intervals with usage, newest first; the whole period is one interval whether used or not.
fn intervals(query: &UsageQuery, totals: &[UsageTotal]) -> Vec<(Date, Date)> {
    if query.interval == UsageInterval::Whole {
        return vec![(query.from, query.to)];
    }
    let days = totals.iter().filter_map(|total| total.day.parse::<Date>().ok());
    let mut starts: Vec<Date> = days.map(|day| start_of(query.interval, day)).collect();
    starts.sort_unstable();
    starts.dedup();
    let clip = |start: Date| {
        let next = start.checked_add(length(query.interval)).unwrap_or(Date::MAX);
        (start.max(query.from), next.yesterday().unwrap_or(next).min(query.to))
    };
    starts.into_iter().rev().map(clip).collect()
}

fn start_of(interval: UsageInterval, day: Date) -> Date {
    match interval {
        UsageInterval::Whole | UsageInterval::Day => day,
        UsageInterval::Month => day.first_of_month(),
        UsageInterval::Year => day.first_of_year(),
    }
}

fn length(interval: UsageInterval) -> Span {
    match interval {
        UsageInterval::Whole | UsageInterval::Day => 1.day(),
        UsageInterval::Month => 1.month(),
        UsageInterval::Year => 1.year(),
    }
}

fn add_labelled(rows: &mut Vec<LabelledUsage>, value: String, total: UsageTotal) {
    let UsageTotal { kind, item, class, count, billed, minutes, amount, .. } = total;
    let same = |row: &&mut LabelledUsage| {
        row.value == value && row.kind == kind && row.item == item && row.class == class
    };
    match rows.iter_mut().find(same) {
        Some(row) => {
            row.count += count;
            row.billed += billed;
            row.minutes += minutes;
            row.amount += amount;
        }
        None => rows.push(LabelledUsage { value, kind, item, class, count, billed, minutes, amount }),
    }
}

fn total_of(event: UsageEvent) -> UsageTotal {
    UsageTotal {
        count: u64::from(!event.is_further_part()),
        kind: event.kind,
        item: event.item,
        class: event.class,
        day: event.day,
        billed: event.billed,
        minutes: event.duration_ms.map_or(0, |ms| ms.div_ceil(60_000)),
        amount: event.amount,
    }
}

fn borrowed(total: &UsageTotal) -> Total<'_> {
    Total {
        kind: total.kind,
        item: &total.item,
        class: &total.class,
        count: total.count,
        billed: total.billed,
        minutes: total.minutes,
        amount: total.amount,
    }
}

/// A charge goes into the transaction of its fact: its events with their postings. What costs nothing has no posting.
pub(crate) fn booked(charge: Charge) -> Vec<Change> {
    let mut changes = vec![Change::AddUsage(charge.event)];
    changes.extend(charge.posting.map(Change::Post));
    changes.extend(charge.further.into_iter().flat_map(booked));
    changes
}
