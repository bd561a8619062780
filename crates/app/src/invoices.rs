//! The invoice run: one invoice per customer and month, from what was used and is on no invoice yet.
//!
//! A draft is only in memory. It is checked by the rules of `documents`, and becomes a document in one transaction with its number, its
//! posting and the note of what is on it: whenever a run is cut off, what is issued is issued whole, and the next run goes on behind it.

mod preview;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use flexio_billing::invoice::{self, Basis, Due, Identity, InvoiceError};
use flexio_documents::rules;
use flexio_domain::{
    AccountSid, Buyer, Customer, ErrorCode, Faults, Invoice, InvoiceSid, InvoiceState, Money, Timestamp,
    UsageSupply,
};
use flexio_rating::{BillingMode, BillingMonth, Item, Plan, PromotedLabel, base_of};
use flexio_store::{Change, ChangeSet, InvoiceChange, InvoiceFilter, Page, SupplySpan};
use jiff::{SignedDuration, ToSpan};

use crate::App;
use crate::error::{AppError, refuse};
use crate::gifts::Gifts;

/// How often it is looked whether a month is to be invoiced.
const LOOK_EVERY: Duration = Duration::from_secs(600);
/// Months back from which late usage is taken onto an invoice.
const LATE_MONTHS: usize = 12;
/// Months that one invoice is of at most: whoever uses little gets one every three months all the same.
const MONTHS_CARRIED_MAX: usize = 3;
/// Sums of one customer's usage per account, month, item and price; with more there is no invoice.
pub(crate) const SUPPLIES_MAX: u32 = 100_000;
/// Customers read at once, and in one run.
const PAYERS_AT_ONCE: u32 = 1_000;
const PAYERS_MAX: usize = 1_000_000;
/// Customers without an invoice that a run names; the count is complete.
const REFUSED_NAMED_MAX: usize = 100;
/// A run that left customers without an invoice is made again so much later: somebody may have mended what was in the way.
const AGAIN_AFTER: SignedDuration = SignedDuration::from_hours(1);

/// What a run came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InvoiceRun {
    /// Invoices issued; of a dry run, those that would be.
    pub issued: u64,
    /// Customers whose month was invoiced before.
    pub already: u64,
    /// Customers for whom nothing is due, or too little for an invoice: it goes onto the next one.
    pub nothing: u64,
    /// Customers that get no invoice.
    pub refused: u64,
    /// The first of them, and why.
    pub reasons: Vec<(AccountSid, String)>,
    /// Accounts that used something and for which nobody pays.
    pub unpaid: Faults,
    /// Of the invoices issued, without tax.
    pub net: Money,
    /// Of the invoices issued, with tax.
    pub gross: Money,
}

/// What became of one customer.
enum Outcome {
    Issued(Box<Invoice>),
    Already,
    Nothing,
    Refused(String),
}

/// Invoices each month on its day, until the process ends. Any number of processes may.
pub async fn keep_invoices(app: Arc<App>) {
    let mut runs = Runs::default();
    loop {
        if let Some(month) = app.month_to_invoice().filter(|month| runs.is_due(*month, app.clock.now())) {
            match app.invoice_due_month(month).await {
                Ok(Some(run)) => runs.ran(month, run.refused, app.clock.now()),
                Ok(None) => {}
                Err(error) => tracing::error!(%error, "month_not_invoiced"),
            }
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// What this process knows of its runs.
#[derive(Debug, Default)]
struct Runs {
    /// Every customer of this month has what is due.
    done: Option<BillingMonth>,
    /// Some of this month have not, and are tried again from then on.
    again: Option<(BillingMonth, Timestamp)>,
}

impl Runs {
    fn is_due(&self, month: BillingMonth, now: Timestamp) -> bool {
        let waits = |(again, at): (BillingMonth, Timestamp)| again == month && now < at;
        self.done != Some(month) && !self.again.is_some_and(waits)
    }

    fn ran(&mut self, month: BillingMonth, refused: u64, now: Timestamp) {
        if refused == 0 {
            self.done = Some(month);
        } else {
            self.again = Some((month, now.saturating_add(AGAIN_AFTER).unwrap_or(Timestamp::MAX)));
        }
    }
}

/// Plan versions by label.
pub(crate) struct PlanBook(HashMap<String, Plan>);

impl PlanBook {
    /// The plan of a label, or the one that a promotion made it of.
    pub(crate) fn plan(&self, label: &str) -> Option<&Plan> {
        self.0.get(PromotedLabel::base_of(label))
    }

    /// An item as its plan version prices it, and its place there. Holdings that came with the installation may be free: those are never
    /// charged.
    fn item(&self, label: &str, code: &str) -> Option<(usize, Item)> {
        let plan = self.plan(label)?;
        let place = plan.items().iter().position(|item| item.code == base_of(code))?;
        Some((place, plan.item_of(label, code)?))
    }
}

impl App {
    /// The last month whose invoices are due by now: late usage has come in by then. `None` where nobody is invoiced.
    pub(crate) fn month_to_invoice(&self) -> Option<BillingMonth> {
        let plan = self.rater().plan();
        if plan.billing_mode() == BillingMode::Showback {
            return None;
        }
        let local = plan.zone().to_datetime(self.clock.now());
        let last = BillingMonth::of(self.clock.now(), plan.zone()).previous()?;
        let is_time = (local.day(), local.hour()) >= self.config.invoice_time;
        if is_time { Some(last) } else { last.previous() }
    }

    /// Customers who have not got the invoice that is due, or the reason why they cannot.
    pub(crate) async fn uninvoiced(&self) -> Result<Faults, AppError> {
        let mut faults = Faults::default();
        let Some(month) = self.month_to_invoice() else { return Ok(faults) };
        if self.store.closed_month(&month.to_string()).await?.is_none() {
            return Ok(faults);
        }
        let (plans, floor) = (self.plan_book().await?, self.config.invoice_floor);
        for account in self.all_payers().await? {
            match Box::pin(self.invoice_account(account, month, &plans, (floor, true))).await? {
                Outcome::Issued(_) => faults.add(&account.to_string()),
                Outcome::Refused(reason) => faults.add(&format!("{account}: {reason}")),
                Outcome::Already | Outcome::Nothing => {}
            }
        }
        Ok(faults)
    }

    /// Invoices a month that is due; `None` while its recurring charges, which come first, are still made by another task.
    async fn invoice_due_month(&self, month: BillingMonth) -> Result<Option<InvoiceRun>, AppError> {
        if self.store.closed_month(&month.to_string()).await?.is_none() {
            return Ok(None);
        }
        let run = self.run_on_its_day(month).await?;
        tracing::info!(%month, issued = run.issued, already = run.already, refused = run.refused, "month_invoiced");
        for (account, reason) in &run.reasons {
            tracing::error!(account_sid = %account, %month, reason, "customer_not_invoiced");
        }
        Ok(Some(run))
    }

    /// Issues the invoices of a closed month; a dry run only says what they would come to. `progress` is told how many customers are
    /// done, and of how many. Again issues what is missing and nothing else.
    pub async fn invoice_month(
        &self,
        month: BillingMonth,
        dry_run: bool,
        progress: &mut (dyn FnMut(usize, usize) + Send),
    ) -> Result<InvoiceRun, AppError> {
        self.may_invoice(month).await?;
        let (plans, floor) = (self.plan_book().await?, self.config.invoice_floor);
        let payers = self.all_payers().await?;
        let mut run = InvoiceRun { unpaid: self.store.unpaid_accounts().await?, ..InvoiceRun::default() };
        for (done, account) in payers.iter().enumerate() {
            progress(done, payers.len());
            match retrying!(self.invoice_account(*account, month, &plans, (floor, dry_run)))? {
                Outcome::Issued(invoice) => {
                    run.issued += 1;
                    run.net += invoice.net;
                    run.gross += invoice.gross;
                }
                Outcome::Already => run.already += 1,
                Outcome::Nothing => run.nothing += 1,
                Outcome::Refused(reason) => {
                    run.refused += 1;
                    if run.reasons.len() < REFUSED_NAMED_MAX {
                        run.reasons.push((*account, reason));
                    }
                }
            }
        }
        progress(payers.len(), payers.len());
        Ok(run)
    }

    /// Refused where nobody is invoiced, or the month is not closed.
    pub(crate) async fn may_invoice(&self, month: BillingMonth) -> Result<(), AppError> {
        if self.rater().plan().billing_mode() == BillingMode::Showback {
            return Err(refuse(
                ErrorCode::Unprocessable,
                "The plan's billing_mode is showback: nobody is invoiced.",
            ));
        }
        if self.store.closed_month(&month.to_string()).await?.is_none() {
            return Err(refuse(ErrorCode::Unprocessable, format!("The month {month} is not closed.")));
        }
        Ok(())
    }

    /// Accounts with a customer, by sid.
    pub(crate) async fn all_payers(&self) -> Result<Vec<AccountSid>, AppError> {
        let mut payers: Vec<AccountSid> = Vec::new();
        loop {
            let some = self.store.payers(payers.last().copied(), PAYERS_AT_ONCE).await?;
            let is_last = some.len() < PAYERS_AT_ONCE as usize;
            payers.extend(some);
            if is_last || payers.len() >= PAYERS_MAX {
                return Ok(payers);
            }
        }
    }

    /// Every plan version that something may have been rated by.
    pub(crate) async fn plan_book(&self) -> Result<PlanBook, AppError> {
        let current = self.rater().plan();
        let mut book = HashMap::from([(current.label().to_owned(), current.clone())]);
        for published in self.plans().await? {
            let label = published.label();
            let plan = Plan::parse(&label, &published.text)
                .map_err(|error| refuse(ErrorCode::Internal, error.to_string()))?;
            book.insert(label, plan);
        }
        Ok(PlanBook(book))
    }

    /// The last invoices of a contract, of the month before where it is not issued yet and of all that is due in the running month; `false`
    /// where that has to wait. Recurring charges of both are made before.
    pub(crate) async fn invoice_last(
        &self,
        account: AccountSid,
        month: BillingMonth,
    ) -> Result<bool, AppError> {
        let (plans, floor) = (self.plan_book().await?, Money::ZERO);
        // The month before has an invoice of its own, with the promotions it had, also where the contract ends before the day of the run.
        if let Some(before) = month.previous()
            && let Outcome::Refused(reason) =
                retrying!(self.invoice_account(account, before, &plans, (floor, false)))?
        {
            tracing::error!(account_sid = %account, reason, "customer_not_invoiced");
            return Ok(false);
        }
        Ok(match retrying!(self.invoice_account(account, month, &plans, (floor, false)))? {
            Outcome::Issued(_) | Outcome::Nothing => true,
            // A contract of the same month ended before: what came since is on the next month's invoice.
            Outcome::Already => self.supplies_due(account, month).await?.is_ok_and(|(due, _)| due.is_empty()),
            Outcome::Refused(reason) => {
                tracing::error!(account_sid = %account, reason, "customer_not_invoiced");
                false
            }
        })
    }

    async fn invoice_account(
        &self,
        account: AccountSid,
        month: BillingMonth,
        plans: &PlanBook,
        (floor, dry_run): (Money, bool),
    ) -> Result<Outcome, AppError> {
        if self.store.invoice_of_month(account, &month.to_string()).await?.is_some() {
            return Ok(Outcome::Already);
        }
        let Some(customer) = self.store.customer(account).await? else { return Ok(Outcome::Nothing) };
        let (due, invoiced) = match self.supplies_due(account, month).await? {
            Ok((due, _)) if due.is_empty() => return Ok(Outcome::Nothing),
            Ok(found) => found,
            Err(reason) => return Ok(Outcome::Refused(reason)),
        };
        let sequence = self.store.last_in_series(&self.series()).await? + 1;
        let gifts = self.gifts(&customer).await?;
        let drafted = self.draft(month, &customer, (&due, &invoiced), plans, &gifts, sequence).await?;
        let mut invoice = match drafted {
            Ok(invoice) => invoice,
            Err(Undrafted::Empty) => return Ok(Outcome::Nothing),
            Err(Undrafted::Refused(reason)) => return Ok(Outcome::Refused(reason)),
        };
        let given = gifts.given_by(&invoice, plans);
        let invoiced: BTreeSet<&str> = invoiced.iter().map(|supply| &*supply.month).collect();
        for line in &mut invoice.lines {
            line.carried_over = line.month != invoice.month && !invoiced.contains(&*line.month);
        }
        // Promotions are of the month that is invoiced: one that has any does not wait.
        if invoice.gross < floor && given.is_empty() && invoice.allowances.is_empty() && may_wait(&due, month)
        {
            return Ok(Outcome::Nothing);
        }
        // What promotions paid for is on an invoice all the same: it must not be due again next month.
        if invoice.gross == Money::ZERO && given.is_empty() {
            return Ok(Outcome::Nothing);
        }
        let broken = rules::check(&invoice);
        if let Some(first) = broken.first() {
            return Ok(Outcome::Refused(first.to_string()));
        }
        if !dry_run {
            let invoice = Invoice { advice: self.yearly_advice(account, month).await?, ..invoice.clone() };
            let parts = self.parts(account, &due).await?;
            self.issue(&customer, &invoice, sequence, due, (&parts, given)).await?;
        }
        Ok(Outcome::Issued(Box::new(invoice)))
    }

    /// The year's series of invoices.
    fn series(&self) -> String {
        format!("{:04}", self.local_today().year())
    }

    /// Today on the wall clock of the plan.
    pub fn local_today(&self) -> jiff::civil::Date {
        self.rater().plan().zone().to_datetime(self.clock.now()).date()
    }

    /// What was used up to the end of the month and is on no invoice, and what of the same months is on one; or why that cannot be said.
    async fn supplies_due(
        &self,
        account: AccountSid,
        month: BillingMonth,
    ) -> Result<Result<(Vec<UsageSupply>, Vec<UsageSupply>), String>, AppError> {
        let first = std::iter::successors(Some(month), |month| month.previous()).take(LATE_MONTHS).last();
        let first = first.unwrap_or(month);
        let span = supply_span(first, month);
        let used = self.store.usage_supplies(account, &span, SUPPLIES_MAX).await?;
        let invoiced = self.store.invoiced_supplies(account, &span, SUPPLIES_MAX).await?;
        if used.len().max(invoiced.len()) >= SUPPLIES_MAX as usize {
            return Ok(Err(format!("{SUPPLIES_MAX} sums of usage or more")));
        }
        let due = invoice::not_invoiced(&used, &invoiced).map_err(|error| error.to_string());
        Ok(due.map(|due| (due, invoiced)))
    }

    async fn draft(
        &self,
        month: BillingMonth,
        customer: &Customer,
        (due, invoiced): (&[UsageSupply], &[UsageSupply]),
        plans: &PlanBook,
        gifts: &Gifts,
        sequence: u32,
    ) -> Result<Result<Invoice, Undrafted>, AppError> {
        let (account, now, plan) = (customer.account_sid, self.clock.now(), self.rater().plan());
        let meter = self.meter(account);
        let mut promotions = gifts.of_month(month, |item| Arc::clone(meter.list_pricing(item, now)));
        promotions.extend(self.old_prices_on_invoice(account, customer.language).await?);
        let buyer = buyer(customer);
        let (wallet, mandate) = (self.wallet(account).await?, self.mandate_for_invoice(account).await?);
        let identity = Identity { sid: InvoiceSid::new(), sequence, issued_on: self.local_today() };
        let drafted = || -> Result<Invoice, Undrafted> {
            let mut supplies = invoice::supplies(due, invoiced, |plan, code| plans.item(plan, code))?;
            gifts.name(&mut supplies, plans);
            // The day of supply picks the rate.
            let vat = self.taxed(customer, &buyer, month.last_day())?;
            let basis = Basis {
                account_sid: account,
                month,
                seller: &self.config.operator,
                buyer: &buyer,
                vat: &vat,
                currency: plan.currency(),
                supplies: &supplies,
                promotions: &promotions,
                wallet,
                mandate: mandate.as_ref(),
            };
            Ok(invoice::invoice(&basis, &identity)?)
        };
        Ok(drafted())
    }

    /// Whose ledger accounts the charges come from. An account with terms of its own below the payer owes them to the account above it
    /// still, whoever that one's invoice is from.
    async fn parts(&self, payer: AccountSid, due: &[UsageSupply]) -> Result<Vec<Due>, AppError> {
        let mut parts = invoice::per_account(due);
        for part in parts.iter_mut().filter(|part| part.account_sid != payer) {
            if let Some(terms) = self.store.credit_for(part.account_sid).await? {
                let above =
                    self.store.account(payer).await?.map_or_else(Vec::new, |account| account.ancestors);
                let on = terms.terms.account_sid;
                part.onward = on != payer && !above.contains(&on);
            }
        }
        Ok(parts)
    }

    async fn issue(
        &self,
        customer: &Customer,
        invoice: &Invoice,
        sequence: u32,
        supplies: Vec<UsageSupply>,
        (parts, given): (&[Due], Vec<Change>),
    ) -> Result<(), AppError> {
        let issue = InvoiceChange::Issue {
            invoice: Box::new(invoice.clone()),
            series: format!("{:04}", invoice.issued_on.year()),
            sequence,
            supplies,
        };
        let posting = invoice::posting(invoice, parts, self.clock.now());
        let mut changes = ChangeSet::from(Change::from(issue)).with(Change::Post(posting));
        changes.extend(given);
        changes.append(self.tell_of_document(customer, invoice));
        self.store.commit(changes).await?;
        self.wake.emails.notify_one();
        self.wake.callbacks.notify_one();
        Ok(())
    }

    /// One invoice or credit note.
    pub async fn invoice(
        &self,
        account: AccountSid,
        sid: InvoiceSid,
    ) -> Result<Option<InvoiceState>, AppError> {
        Ok(self.store.invoice(account, sid).await?)
    }

    /// Invoices and credit notes of the account, newest first, and how many there are.
    pub async fn invoices(
        &self,
        account: AccountSid,
        filter: &InvoiceFilter,
        page: &Page,
    ) -> Result<(Vec<InvoiceState>, u64), AppError> {
        let found = self.store.invoices(account, filter, page).await?;
        Ok((found, self.store.count_invoices(account, filter).await?))
    }
}

/// Whether the oldest month that is due is one of the last two: with the next one they are three.
fn may_wait(due: &[UsageSupply], month: BillingMonth) -> bool {
    let recent = std::iter::successors(Some(month), |month| month.previous()).take(MONTHS_CARRIED_MAX - 1);
    let recent: Vec<_> = recent.map(|month| month.to_string()).collect();
    due.iter().all(|supply| recent.contains(&supply.month))
}

/// Why there is no draft.
enum Undrafted {
    Empty,
    Refused(String),
}

impl From<InvoiceError> for Undrafted {
    fn from(error: InvoiceError) -> Self {
        match error {
            InvoiceError::Empty => Self::Empty,
            other => Self::Refused(other.to_string()),
        }
    }
}

impl From<invoice::DueError> for Undrafted {
    fn from(error: invoice::DueError) -> Self {
        Self::Refused(error.to_string())
    }
}

impl From<invoice::VatError> for Undrafted {
    fn from(error: invoice::VatError) -> Self {
        Self::Refused(error.to_string())
    }
}

/// The customer as it stands on documents.
pub(crate) fn buyer(customer: &Customer) -> Buyer {
    let name = [customer.legal_name.as_str(), customer.legal_form.as_str()];
    Buyer {
        name: name.join(" ").trim().to_owned(),
        address: customer.address.clone(),
        enterprise_number: customer.enterprise_number.clone(),
        vat_number: customer.vat_number.clone(),
        peppol: customer.peppol.clone(),
        reference: customer.reference.clone(),
        language: customer.language,
    }
}

/// Uses of these months: the days of UTC begin and end within a day of those of the plan's zone.
pub(crate) fn supply_span(first: BillingMonth, last: BillingMonth) -> SupplySpan {
    SupplySpan {
        from_month: first.to_string(),
        to_month: last.to_string(),
        from_day: first.first_day().saturating_sub(1.days()).to_string(),
        to_day: last.last_day().saturating_add(1.days()).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_done_once_nobody_is_left_without_an_invoice() {
        let month: BillingMonth = "2026-11".parse().unwrap();
        let at = |minutes: i64| Timestamp::from_second(1_796_000_000 + 60 * minutes).unwrap();
        let mut runs = Runs::default();
        assert!(runs.is_due(month, at(0)));
        runs.ran(month, 1, at(0));
        assert!(!runs.is_due(month, at(59)), "it was looked at just now");
        assert!(runs.is_due(month.next().unwrap(), at(59)), "another month does not wait for it");
        assert!(runs.is_due(month, at(60)), "whoever was refused is tried again");
        runs.ran(month, 0, at(60));
        assert!(!runs.is_due(month, at(10_000)));
    }
}
