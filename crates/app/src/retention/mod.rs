//! How long what is kept, class by class: [`keep_retention`] takes what is over its term, every night.
//!
//! Invariants: an account under a legal hold is left as it is, and taken up where it was once the hold is lifted; amounts, items, classes and
//! times of what was used never change, so that it is rated again as before; rows and how far the night has come commit together.

mod books;
mod terms;
mod walk;

use std::sync::Arc;
use std::time::Duration;

use flexio_domain::*;
use flexio_store::{ChangeSet, ErasureChange, InvoiceFilter, Page, RetentionChange, RetentionCount};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span};

use crate::App;
use crate::error::{AppError, refuse};

pub use terms::{Bound, RetentionTerms, TermFault};

/// Hour of the night, in the plan's zone.
const NIGHT_HOUR: i8 = 4;
/// How often it is looked whether a night has come.
const LOOK_EVERY: Duration = Duration::from_secs(600);
/// Accounts read at once.
const ACCOUNTS_AT_ONCE: u32 = 500;
/// Rows of one class in one account in one night; what is left is for the next.
const ROWS_A_NIGHT: u64 = 1_000_000;
/// Days after a month on which its invoice is issued.
const INVOICE_DAYS: i64 = 3;
/// Days of counts that are shown.
const SHOWN_DAYS: i64 = 31;
const SHOWN_MAX: u32 = 1_000;
/// The class under which the top account's mark says which night was done.
const NIGHT: &str = "night";

/// What has a term, as marks, counts and metrics call it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Texts of messages.
    Bodies,
    /// Last two digits of numbers in uses, calls and messages.
    Numbers,
    /// All digits of them beyond country and class.
    Rest,
    /// Timelines, SIP messages, records of verbs, notifications.
    Traffic,
    /// Who did what.
    Audit,
    /// Who a customer was.
    Identity,
    /// Postings, invoices, contracts.
    Books,
}

impl Class {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Bodies, Self::Numbers, Self::Rest, Self::Traffic, Self::Audit, Self::Identity, Self::Books];

    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bodies => "bodies",
            Self::Numbers => "numbers",
            Self::Rest => "numbers_rest",
            Self::Traffic => "traffic",
            Self::Audit => "audit",
            Self::Identity => "identity",
            Self::Books => "books",
        }
    }
}

/// What the terms are and what went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetentionReport {
    /// The terms.
    pub terms: RetentionTerms,
    /// The last night that was done.
    pub night: Option<String>,
    /// What went in the last month, newest first.
    pub counts: Vec<RetentionCount>,
    /// Accounts a legal hold keeps as they are, at most 1 000 that were looked at.
    pub held: u64,
}

/// Takes what is over its term every night, until the process ends.
pub async fn keep_retention(app: Arc<App>) {
    loop {
        if let Err(error) = app.retain_if_due().await {
            tracing::error!(error = &error as &dyn std::error::Error, "retention_not_run");
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// One night.
pub(super) struct Night {
    day: String,
    today: Date,
    zone: TimeZone,
    now: Timestamp,
    terms: RetentionTerms,
    gone: [u64; Class::ALL.len()],
}

impl Night {
    fn add(&mut self, class: Class, rows: u64, changes: &mut ChangeSet) {
        if rows == 0 {
            return;
        }
        let at = Class::ALL.iter().position(|it| *it == class).unwrap_or(0);
        self.gone[at] += rows;
        let day = self.day.clone();
        changes.push(RetentionChange::Count { day, class: class.as_str(), gone: rows }.into());
    }

    fn months_ago(&self, months: u16, days: i64) -> Date {
        let span = Span::new().months(i64::from(months));
        let then = self.today.checked_sub(span).unwrap_or(Date::MIN);
        then.checked_sub(Span::new().days(days)).unwrap_or(Date::MIN)
    }

    fn start_of(&self, day: Date) -> Timestamp {
        self.zone.to_ambiguous_timestamp(day.into()).compatible().unwrap_or(Timestamp::MIN)
    }

    /// The first day of the months whose invoices are not yet so many months old.
    fn invoiced_before(&self, months: u16) -> Date {
        self.months_ago(months, INVOICE_DAYS).first_of_month()
    }
}

impl App {
    /// Runs the night that is due and was not run by any process; whether there was one.
    pub async fn retain_if_due(&self) -> Result<bool, AppError> {
        let Some(root) = self.store.root_account().await? else { return Ok(false) };
        let zone = self.rater().plan().zone().clone();
        let now = self.clock.now();
        let before = now.checked_sub(SignedDuration::from_hours(NIGHT_HOUR.into())).unwrap_or(now);
        let day = zone.to_datetime(before).date().to_string();
        if self.store.retention_mark(root.sid, NIGHT).await?.is_some_and(|done| done >= day) {
            return Ok(false);
        }
        let today = zone.to_datetime(now).date();
        let terms = self.config.retention;
        let mut night = Night { day, today, zone, now, terms, gone: [0; Class::ALL.len()] };
        Box::pin(self.retain(&root, &mut night)).await?;
        let mark = RetentionChange::Mark(root.sid, NIGHT.into(), night.day.clone());
        self.store.commit(flexio_store::Change::from(mark).into()).await?;
        for (class, gone) in Class::ALL.iter().zip(night.gone) {
            metrics::counter!("retention_rows_total", "class" => class.as_str()).increment(gone);
            if gone > 0 {
                tracing::info!(class = class.as_str(), rows = gone, "retention_term_over");
            }
        }
        Ok(true)
    }

    /// Every account, the top one first.
    async fn retain(&self, root: &Account, night: &mut Night) -> Result<(), AppError> {
        Box::pin(self.retain_account(root.sid, night)).await?;
        self.retain_lawful(root.sid, night).await?;
        let mut after = None;
        loop {
            let below = self.store.accounts_below(root.sid, after, ACCOUNTS_AT_ONCE).await?;
            for account in below.iter().filter(|it| **it != root.sid) {
                Box::pin(self.retain_account(*account, night)).await?;
            }
            match below.last() {
                Some(last) if below.len() == ACCOUNTS_AT_ONCE as usize => after = Some(*last),
                _ => break,
            }
        }
        Box::pin(self.retain_books(root.sid, night)).await
    }

    /// Requests of authorities go with what says who did what.
    async fn retain_lawful(&self, root: AccountSid, night: &mut Night) -> Result<(), AppError> {
        if !self.store.holds_over(root).await?.is_empty() {
            return Ok(());
        }
        let until = night.start_of(night.months_ago(night.terms.audit_months, 0));
        loop {
            let gone = self.store.sweep_lawful(until, ACCOUNTS_AT_ONCE).await?;
            let mut counted = ChangeSet::new();
            night.add(Class::Audit, gone, &mut counted);
            self.store.commit(counted).await?;
            if gone < u64::from(ACCOUNTS_AT_ONCE) {
                return Ok(());
            }
        }
    }

    async fn retain_account(&self, account: AccountSid, night: &mut Night) -> Result<(), AppError> {
        if !self.store.holds_over(account).await?.is_empty() {
            return Ok(());
        }
        self.retain_bodies(account, night).await?;
        let undisputed = self.undisputed_before(account, night).await?;
        self.retain_numbers(account, (Class::Numbers, undisputed), night).await?;
        let rest = night.invoiced_before(night.terms.numbers_rest_months).min(undisputed);
        self.retain_numbers(account, (Class::Rest, rest), night).await?;
        self.retain_traffic(account, night).await?;
        self.retain_audit(account, night).await?;
        self.retain_identity(account, night).await
    }

    /// The day before which uses of the account may lose digits: their invoices are old enough, and none of them is in dispute or was lately.
    async fn undisputed_before(&self, account: AccountSid, night: &Night) -> Result<Date, AppError> {
        let months = night.terms.numbers_months;
        let until = night.invoiced_before(months);
        let done = self.store.retention_mark(account, "usage.numbers").await?.unwrap_or_default();
        let Some(first) = self.store.usage_day_after(account, &done).await? else { return Ok(until) };
        let Ok(first) = first.parse::<Date>() else { return Ok(until) };
        let Some(payer) = self.payer_of_invoices(account).await? else { return Ok(until) };
        let mut month = first.first_of_month();
        while month < until {
            let filter = InvoiceFilter {
                month: Some(month.strftime("%Y-%m").to_string()),
                ..InvoiceFilter::default()
            };
            for state in self.store.invoices(payer, &filter, &Page::default()).await? {
                for dispute in self.disputes(payer, state.invoice.sid).await? {
                    let settled = dispute.closed_at.map(|at| night.zone.to_datetime(at).date());
                    if settled.is_none_or(|day| day > night.months_ago(months, 0)) {
                        return Ok(month);
                    }
                }
            }
            month = month.checked_add(Span::new().months(1)).unwrap_or(Date::MAX);
        }
        Ok(until)
    }

    /// The nearest account, from this one up, that has a customer.
    pub(crate) async fn payer_of_invoices(
        &self,
        account: AccountSid,
    ) -> Result<Option<AccountSid>, AppError> {
        let Some(found) = self.store.account(account).await? else { return Ok(None) };
        for candidate in std::iter::once(account).chain(found.ancestors.into_iter().rev()) {
            if self.store.customer(candidate).await?.is_some() {
                return Ok(Some(candidate));
            }
        }
        Ok(None)
    }

    /// Who a customer was goes some months after the end of his contract, where his account is closed; of one who never ordered some months
    /// after that, where nothing is open.
    async fn retain_identity(&self, account: AccountSid, night: &mut Night) -> Result<(), AppError> {
        let known = self.store.account(account).await?;
        let Some(closed) = known.filter(|it| it.status == AccountStatus::Closed) else { return Ok(()) };
        if self.store.customer(account).await?.is_none() {
            return Ok(());
        }
        let is_over = match self.store.subscription(account).await? {
            Some(contract) if contract.ordered_at.is_some() => {
                matches!(contract.state, SubscriptionState::Closed | SubscriptionState::Erased)
                    && self.identity_until(account).await?.is_none_or(|until| until <= night.now)
            }
            Some(_) | None => {
                let day = night.zone.to_datetime(closed.updated_at).date();
                day <= night.months_ago(self.config.retention.identity_months, 0)
                    && self.store.open_invoices(account, 1).await?.is_empty()
            }
        };
        if !is_over {
            return Ok(());
        }
        let mut changes = ChangeSet::from(flexio_store::Change::from(ErasureChange::DropCustomer(account)));
        changes.append(self.forget_debtors(account).await?.0);
        night.add(Class::Identity, 1, &mut changes);
        Ok(self.store.commit(changes).await?)
    }

    /// For the top account: the terms, and what went in the last month.
    pub async fn retention_report(&self, asked_by: &Account) -> Result<RetentionReport, AppError> {
        if asked_by.parent_sid.is_some() {
            return Err(refuse(ErrorCode::Forbidden, "What is kept how long is the installation's."));
        }
        let today = self.rater().plan().zone().to_datetime(self.clock.now()).date();
        let since = today.checked_sub(Span::new().days(SHOWN_DAYS)).unwrap_or(Date::MIN).to_string();
        let mut held = 0;
        for account in self.store.accounts_below(asked_by.sid, None, SHOWN_MAX).await? {
            held += u64::from(!self.store.holds_over(account).await?.is_empty());
        }
        Ok(RetentionReport {
            terms: self.config.retention,
            night: self.store.retention_mark(asked_by.sid, NIGHT).await?,
            counts: self.store.retention_counts(&since, SHOWN_MAX).await?,
            held,
        })
    }
}
