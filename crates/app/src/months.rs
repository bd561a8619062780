//! The end of a billing month: what was held becomes charges.
//!
//! A charge's id follows from the month and the thing, so closing a month again adds what was missing and nothing else.

use std::sync::Arc;
use std::time::Duration;

use flexio_billing::Charge;
use flexio_domain::{AccountSid, ClosedMonth, ErrorCode, HeldItem, Holding, Money, Timestamp};
use flexio_rating::BillingMonth;
use flexio_store::{ChangeSet, HoldingChange, StoreError};
use jiff::SignedDuration;
use jiff::tz::TimeZone;

use crate::App;
use crate::error::{AppError, refuse};
use crate::usage::booked;

/// How often it is looked whether a month has ended.
const LOOK_EVERY: Duration = Duration::from_secs(600);
/// A month is closed this long after its end: a release that began in it may still be on its way.
const GRACE: SignedDuration = SignedDuration::from_hours(1);
/// Months closed in a row, after a time in which no process ran.
const MONTHS_MAX: usize = 24;
/// Accounts read at once.
const ACCOUNTS_AT_ONCE: u32 = 500;
/// Holdings of one account in one month; with more its month is not closed.
const HOLDINGS_MAX: u32 = 100_000;
/// Accounts that may have held something in one month.
const HOLDERS_MAX: usize = 10_000_000;
/// Charges that commit together.
const CHARGES_AT_ONCE: usize = 500;

/// Closes months as they end, until the process does.
pub async fn keep_months(app: Arc<App>) {
    loop {
        if let Err(error) = app.close_ended_months().await {
            tracing::error!(%error, "month_not_closed");
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

impl App {
    /// Closes every month that ended since the last one that was closed; the first time, the last that ended.
    pub async fn close_ended_months(&self) -> Result<Vec<ClosedMonth>, AppError> {
        let last = self.store.last_closed_month().await?.and_then(|closed| closed.month.parse().ok());
        let mut closed = Vec::new();
        for month in ended(last, self.clock.now(), self.rater().plan().zone()) {
            let done = self.close_month(month).await?;
            tracing::info!(
                month = done.month,
                accounts = done.accounts,
                charges = done.charges,
                "month_closed"
            );
            closed.push(done);
        }
        Ok(closed)
    }

    /// Makes the recurring charges of a month that is over. Again changes nothing.
    pub async fn close_month(&self, month: BillingMonth) -> Result<ClosedMonth, AppError> {
        self.close_month_telling(month, &mut |_, _| ()).await
    }

    /// As [`App::close_month`]; `progress` is told how many accounts are done, and of how many.
    pub async fn close_month_telling(
        &self,
        month: BillingMonth,
        progress: &mut (dyn FnMut(usize, usize) + Send),
    ) -> Result<ClosedMonth, AppError> {
        let (start, end) = month.bounds(self.rater().plan().zone());
        let now = self.clock.now();
        if now < end {
            return Err(refuse(ErrorCode::Unprocessable, format!("The month {month} is not over.")));
        }
        let mut tally = ClosedMonth {
            month: month.to_string(),
            accounts: 0,
            charges: 0,
            amount: Money::ZERO,
            closed_at: now,
        };
        let holders = self.all_holders(start, end).await?;
        let mut waiting = Vec::new();
        for (done, account) in holders.iter().enumerate() {
            progress(done, holders.len());
            let charges = self.charges_of(*account, month, (start, end)).await?;
            tally.accounts += 1;
            tally.charges += charges.len() as u64;
            tally.amount += charges.iter().map(|charge| charge.event.amount).sum();
            // Those of many accounts share a commit: most have one or two.
            waiting.extend(charges);
            if waiting.len() >= CHARGES_AT_ONCE {
                self.book_all(std::mem::take(&mut waiting)).await?;
            }
        }
        self.book_all(waiting).await?;
        progress(holders.len(), holders.len());
        let done = flexio_store::Change::from(HoldingChange::CloseMonth(tally.clone()));
        self.store.commit(done.into()).await?;
        Ok(tally)
    }

    /// Accounts that held something at any instant of `[start, end)`.
    pub(crate) async fn all_holders(
        &self,
        start: Timestamp,
        end: Timestamp,
    ) -> Result<Vec<AccountSid>, AppError> {
        let mut holders: Vec<AccountSid> = Vec::new();
        loop {
            let some = self.store.holders(holders.last().copied(), start, end, ACCOUNTS_AT_ONCE).await?;
            let is_last = some.len() < ACCOUNTS_AT_ONCE as usize;
            holders.extend(some);
            if is_last {
                return Ok(self.with_subscribers(holders));
            }
            if holders.len() >= HOLDERS_MAX {
                let what = format!("more than {HOLDERS_MAX} accounts held something");
                return Err(StoreError::Broken(what.into()).into());
            }
        }
    }

    /// With the accounts whose contracts they are under: what is once per contract is charged there.
    fn with_subscribers(&self, mut holders: Vec<AccountSid>) -> Vec<AccountSid> {
        let subscribers: Vec<AccountSid> = holders.iter().filter_map(|it| self.subscriber(*it)).collect();
        holders.extend(subscribers);
        holders.sort_unstable();
        holders.dedup();
        holders
    }

    /// The recurring charges of an account that holds nothing any more, while the month may still run. Closing the month makes them again,
    /// and changes nothing.
    pub(crate) async fn charge_ended(
        &self,
        account: AccountSid,
        month: BillingMonth,
    ) -> Result<(), AppError> {
        let bounds = month.bounds(self.rater().plan().zone());
        let charges = self.charges_of(account, month, bounds).await?;
        self.book_all(charges).await
    }

    /// The recurring charges of an account in a month.
    pub(crate) async fn charges_of(
        &self,
        account: AccountSid,
        month: BillingMonth,
        bounds: (Timestamp, Timestamp),
    ) -> Result<Vec<Charge>, AppError> {
        let holdings = self.charged_to(account, bounds).await?;
        Ok(self.terms(account).month(month, account, &holdings))
    }

    /// As [`App::charges_of`], as if what is held were given back at the end of the bounds.
    pub(crate) async fn charges_until(
        &self,
        account: AccountSid,
        month: BillingMonth,
        (start, end): (Timestamp, Timestamp),
    ) -> Result<Vec<Charge>, AppError> {
        let mut holdings = self.charged_to(account, (start, end)).await?;
        for holding in &mut holdings {
            holding.until = Some(holding.until.map_or(end, |until| until.min(end)));
        }
        Ok(self.terms(account).month(month, account, &holdings))
    }

    /// What the designer of a contract would have cost by its days.
    pub(crate) async fn designer_by_day(
        &self,
        account: AccountSid,
        month: BillingMonth,
        bounds: (Timestamp, Timestamp),
    ) -> Result<Money, AppError> {
        let mut holdings = self.charged_to(account, bounds).await?;
        holdings.retain(|holding| holding.item == HeldItem::Designer);
        for holding in &mut holdings {
            holding.terms.by_day = true;
        }
        let charges = self.terms(account).month(month, account, &holdings);
        Ok(charges.iter().map(|charge| charge.event.amount).sum())
    }

    /// What was held and is charged to an account. The designer is charged once per contract, to the account that has it, whichever of those
    /// under it published: it has their holdings beside its own, and they have none.
    async fn charged_to(
        &self,
        account: AccountSid,
        bounds: (Timestamp, Timestamp),
    ) -> Result<Vec<Holding>, AppError> {
        let mut holdings = self.held_in(account, bounds).await?;
        match self.subscriber(account) {
            Some(subscriber) if subscriber == account => {
                for below in self.subscribed(account).into_iter().filter(|below| *below != account) {
                    let held = self.held_in(below, bounds).await?;
                    holdings.extend(held.into_iter().filter(|it| it.item == HeldItem::Designer));
                }
            }
            Some(_) => holdings.retain(|it| it.item != HeldItem::Designer),
            None => {}
        }
        Ok(holdings)
    }

    /// What an account held at any instant of `[start, end)`; an error where that is too much to be looked at.
    async fn held_in(
        &self,
        account: AccountSid,
        (start, end): (Timestamp, Timestamp),
    ) -> Result<Vec<Holding>, AppError> {
        let holdings = self.store.holdings(account, start, end, HOLDINGS_MAX).await?;
        if holdings.len() == HOLDINGS_MAX as usize {
            let what = format!("{account} held {HOLDINGS_MAX} things or more from {start} to {end}");
            return Err(StoreError::Broken(what.into()).into());
        }
        Ok(holdings)
    }

    async fn book_all(&self, charges: Vec<Charge>) -> Result<(), AppError> {
        for some in charges.chunks(CHARGES_AT_ONCE) {
            let mut changes = ChangeSet::new();
            for charge in some {
                changes.extend(booked(charge.clone()));
            }
            match self.store.commit(changes).await {
                Err(StoreError::EventConflict(_)) => self.book_each(some).await?,
                done => done?,
            }
        }
        Ok(())
    }

    /// Who left and came back within the month was charged for it when he left: that charge stays, in his favour, and does not keep the
    /// others from being made.
    async fn book_each(&self, charges: &[Charge]) -> Result<(), AppError> {
        for charge in charges {
            let mut changes = ChangeSet::new();
            changes.extend(booked(charge.clone()));
            match self.store.commit(changes).await {
                Err(StoreError::EventConflict(what)) => tracing::warn!(what, "month_charged_otherwise"),
                done => done?,
            }
        }
        Ok(())
    }
}

/// Months to close: behind the last that was, up to the last that ended a while ago, oldest first.
fn ended(last: Option<BillingMonth>, now: Timestamp, zone: &TimeZone) -> Vec<BillingMonth> {
    let Some(newest) = BillingMonth::of(now.checked_sub(GRACE).unwrap_or(now), zone).previous() else {
        return Vec::new();
    };
    let first = last.map_or(Some(newest), BillingMonth::next);
    let months = std::iter::successors(first, |month| month.next()).take_while(|month| *month <= newest);
    months.take(MONTHS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_closed_an_hour_after_its_end_and_none_is_left_out() {
        let zone = TimeZone::get("Europe/Brussels").unwrap();
        let at = |last: Option<&str>, now: &str| {
            let months = ended(last.map(|month| month.parse().unwrap()), now.parse().unwrap(), &zone);
            months.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        // 1 December begins in Brussels at 23:00 UTC.
        assert_eq!(at(Some("2026-10"), "2026-11-30T23:59:59Z"), [""; 0]);
        assert_eq!(at(Some("2026-10"), "2026-12-01T00:00:00Z"), ["2026-11"]);
        assert_eq!(at(Some("2026-11"), "2026-12-20T00:00:00Z"), [""; 0]);
        assert_eq!(at(None, "2027-01-20T00:00:00Z"), ["2026-12"]);
        assert_eq!(at(Some("2026-10"), "2027-01-20T00:00:00Z"), ["2026-11", "2026-12"]);
        assert_eq!(at(Some("2020-01"), "2027-01-20T00:00:00Z").len(), MONTHS_MAX);
        // Summer time ends in October: its last hour is in the month still.
        assert_eq!(at(Some("2026-09"), "2026-10-31T23:59:59Z"), [""; 0]);
        assert_eq!(at(Some("2026-09"), "2026-11-01T00:00:00Z"), ["2026-10"]);
    }
}
