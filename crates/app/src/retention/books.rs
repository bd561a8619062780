//! Books whose years are over: the oldest postings become balances that are carried forward, and what they were of goes.
//!
//! Invariants: balances stay the sums of what is kept and was carried, after each transaction; the chain of seals goes on from the last
//! that went, and its last seal never goes; while a legal hold stands anywhere nothing goes, because the ledger is one.

use std::collections::BTreeMap;

use flexio_billing::chain;
use flexio_domain::*;
use flexio_store::{Change, ChangeSet, InvoiceFilter, LedgerChange, OldBooks, Order, Page, RetentionChange};
use jiff::civil::Date;

use super::{ACCOUNTS_AT_ONCE, Class, Night};
use crate::App;
use crate::error::AppError;

/// Seals that are carried in one transaction, of 500 postings each.
const SEALS_AT_ONCE: u32 = 20;
/// Openings read at once.
const OPENINGS_AT_ONCE: u32 = 1_000;
/// Invoices read at once.
const INVOICES_AT_ONCE: u32 = 100;
/// The class under which the top account's mark says up to which day it is done.
const MARK: &str = "books";

/// What was carried, by whose account of the ledger it is, and its name.
type Openings = BTreeMap<(AccountSid, String), Money>;

impl Night {
    /// The first day whose books are kept: of a day they are kept for so many years from the first of January after.
    fn books_from(&self) -> Date {
        let year = i64::from(self.today.year()) - i64::from(self.terms.books_years);
        i16::try_from(year).ok().and_then(|year| Date::new(year, 1, 1).ok()).unwrap_or(Date::MIN)
    }
}

impl App {
    /// Once a year: books that are older than they have to be kept.
    pub(super) async fn retain_books(&self, root: AccountSid, night: &mut Night) -> Result<(), AppError> {
        let from = night.books_from();
        let done = self.store.retention_mark(root, MARK).await?;
        if done.is_some_and(|done| done >= from.to_string()) {
            return Ok(());
        }
        let held = self.store.holds_active().await?;
        if held > 0 {
            tracing::info!(held, "books_kept_by_legal_holds");
            return Ok(());
        }
        self.carry_forward(from, night).await?;
        let carried = self.store.carried().await?.map(|carried| carried.day);
        let before = night.start_of(from);
        let mut after = None;
        loop {
            let accounts = self.store.accounts_below(root, after, ACCOUNTS_AT_ONCE).await?;
            for account in &accounts {
                Box::pin(self.drop_books(*account, from, carried, night)).await?;
            }
            match accounts.last() {
                Some(last) if accounts.len() == ACCOUNTS_AT_ONCE as usize => after = Some(*last),
                _ => break,
            }
        }
        let mut set = ChangeSet::from(Change::from(LedgerChange::Drop(OldBooks::PriceRuns(before))));
        set.push(RetentionChange::Mark(root, MARK.into(), from.to_string()).into());
        Ok(self.store.commit(set).await?)
    }

    /// What was carried so far.
    pub(crate) async fn openings(&self) -> Result<Openings, AppError> {
        let mut all = Openings::new();
        loop {
            let last = all.last_key_value().map(|((account, name), _)| (*account, name.clone()));
            let (account, name) = last.unwrap_or((AccountSid::from_u128(0), String::new()));
            let some = self.store.openings((account, &name), OPENINGS_AT_ONCE).await?;
            let is_last = some.len() < OPENINGS_AT_ONCE as usize;
            all.extend(some.into_iter().map(|it| ((it.account_sid, it.ledger_account), it.amount)));
            if is_last {
                return Ok(all);
            }
        }
    }

    /// Postings under seals from before a day become what they came to.
    async fn carry_forward(&self, from: Date, night: &mut Night) -> Result<(), AppError> {
        let before = night.start_of(from);
        let mut openings = self.openings().await?;
        let mut carried = self.store.carried().await?;
        loop {
            let behind = carried.as_ref().map_or(0, |it| it.seal.number);
            let mut seals = self.store.seals(behind, SEALS_AT_ONCE + 1).await?;
            // The last of all stays: the next one goes on from it.
            seals.pop();
            let old: Vec<&LedgerSeal> = seals.iter().take_while(|seal| seal.sealed_at < before).collect();
            let Some(last) = old.last() else { return Ok(()) };
            let mut changed = Vec::new();
            for leg in self.store.legs_of_seals(behind, last.number).await? {
                let key = (leg.account_sid, leg.ledger_account.clone());
                let amount = openings.get(&key).copied().unwrap_or_default() + leg.amount;
                if amount == Money::ZERO {
                    openings.remove(&key);
                } else {
                    openings.insert(key, amount);
                }
                changed.push(LedgerOpening { amount, ..leg });
            }
            let gone: u64 = old.iter().map(|seal| u64::from(seal.postings)).sum();
            let next = LedgerCarried {
                version: carried.as_ref().map_or(0, |it| it.version) + 1,
                seal: LedgerSeal { marks: String::new(), ..(*last).clone() },
                day: from,
                postings: carried.as_ref().map_or(0, |it| it.postings) + gone,
                openings: chain::openings(openings.iter().map(|((of, name), sum)| (of, &**name, *sum))),
                carried_at: night.now,
            };
            let change = LedgerChange::Carry { carried: Box::new(next.clone()), behind, openings: changed };
            let mut set = ChangeSet::from(Change::from(change));
            night.add(Class::Books, gone, &mut set);
            self.store.commit(set).await?;
            tracing::info!(seal = last.number, digest = last.digest, postings = gone, "ledger_carried");
            carried = Some(next);
        }
    }

    /// What else is kept with the ledger, of one account.
    async fn drop_books(
        &self,
        account: AccountSid,
        from: Date,
        carried: Option<Date>,
        night: &mut Night,
    ) -> Result<(), AppError> {
        let before = night.start_of(from);
        let mut set = ChangeSet::from(Change::from(LedgerChange::Drop(OldBooks::Terms(account, before))));
        // A day of the zone begins on the one before in UTC.
        if let Some(day) = carried.and_then(|day| day.yesterday().ok()) {
            set.push(LedgerChange::Drop(OldBooks::Uses(account, day)).into());
        }
        self.store.commit(set).await?;
        self.drop_invoices(account, from, night).await?;
        let contract = self.store.subscription(account).await?;
        let is_over = contract.is_some_and(|it| {
            let ended = it.closed_at.or(it.ends_at);
            matches!(it.state, SubscriptionState::Closed | SubscriptionState::Erased)
                && ended.is_some_and(|at| at < before)
        });
        if is_over {
            let mut set = ChangeSet::from(Change::from(LedgerChange::Drop(OldBooks::Contracts(account))));
            night.add(Class::Books, 1, &mut set);
            self.store.commit(set).await?;
            self.refresh_prices_of(account).await?;
        }
        Ok(())
    }

    /// Invoices and credit notes nothing is open of and nobody contests.
    async fn drop_invoices(
        &self,
        account: AccountSid,
        from: Date,
        night: &mut Night,
    ) -> Result<(), AppError> {
        let mut page = Page { limit: INVOICES_AT_ONCE, order: Order::Oldest, ..Page::default() };
        loop {
            let some = self.store.invoices(account, &InvoiceFilter::default(), &page).await?;
            for state in some.iter().take_while(|it| it.invoice.issued_on < from) {
                let sid = state.invoice.sid;
                let disputes = self.disputes(account, sid).await?;
                if state.open() > Money::ZERO || disputes.iter().any(|it| it.closed_at.is_none()) {
                    continue;
                }
                let gone = LedgerChange::Drop(OldBooks::Invoice(account, sid));
                let mut set = ChangeSet::from(Change::from(gone));
                night.add(Class::Books, 1, &mut set);
                self.store.commit(set).await?;
            }
            match some.last() {
                Some(last) if some.len() == INVOICES_AT_ONCE as usize && last.invoice.issued_on < from => {
                    page.after = Some(last.invoice.sid.as_u128());
                }
                _ => return Ok(()),
            }
        }
    }
}
