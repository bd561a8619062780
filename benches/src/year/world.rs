//! The company: its books, its clock, and what its customers have at the moment.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use flexio_app::{App, AppConfig, InvoiceRun, MasterKey, Matched, Vault};
use flexio_billing::invoice::Credited;
use flexio_billing::{Charge, Meter};
use flexio_documents::bank::BankPayment;
use flexio_domain::*;
use flexio_rating::{BillingMonth, Numbering, Plan, Rater};
use flexio_store::{Change, ChangeSet, InvoiceFilter, Page, Scope, Store};
use jiff::civil::Date;

use super::acts::{CREDIT, promotions, stock};
use super::life::Dice;
use super::oracle::Oracle;
use super::{Scale, YEAR, Year, eve, month_before};

const OFFER: &str = include_str!("../../../data/offer-flexio-be.toml");
const NUMBERING: &str = include_str!("../../../data/belgian-numbering.toml");
/// Customers up to which the books are proven each month; above, twice a year.
const SMALL: usize = 100;
/// A clock that is set.
#[derive(Debug)]
pub(crate) struct YearClock(Mutex<Timestamp>);

impl Clock for YearClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl YearClock {
    /// Time goes forward only.
    pub(crate) fn set(&self, now: Timestamp) {
        let mut time = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *time = now.max(*time);
    }
}

/// What a customer has.
#[derive(Debug)]
pub(super) struct Customer {
    pub(super) account: Account,
    pub(super) below: Option<Account>,
    pub(super) numbers: BTreeMap<usize, NumberSid>,
    pub(super) flow: Option<FlowSid>,
}

/// The company.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) app: Arc<App>,
    pub(crate) clock: Arc<YearClock>,
    pub(super) root: Account,
    pub(super) customers: Vec<Option<Customer>>,
    pub(super) oracle: Oracle,
    pub(super) dice: Dice,
    pub(super) pending: ChangeSet,
    pub(super) uses: usize,
    /// Reports that come (again) at a time.
    pub(super) later: Vec<(Timestamp, Charge)>,
    pub(super) events: u64,
}

pub(super) fn plan_of(version: u32) -> Result<Plan> {
    let mut text = OFFER.to_owned();
    if version > 1 {
        text = text
            .replace("\nversion = 1\n", &format!("\nversion = {version}\n"))
            .replace("2026-01-01T00:00:00+01:00", &format!("{YEAR}-07-01T00:00:00+02:00"))
            .replace("\"0.37\"", "\"0.40\"")
            .replace("\"0.8\"", "\"0.9\"")
            .replace("\"30\"", "\"35\"");
    }
    Ok(Plan::parse("offer", &text)?)
}

impl World {
    pub(crate) async fn new(store: Arc<dyn Store>, scale: Scale) -> Result<Self> {
        let clock = Arc::new(YearClock(Mutex::new(eve())));
        let vault = Vault::new(&MasterKey::from_bytes(1, [7; 32]), &[]);
        let numbering = Numbering::parse("numbering", NUMBERING)?;
        let meter = Meter::new(Rater::new(plan_of(1)?, numbering)?);
        // One person takes back what he likes: what two people do is tested elsewhere.
        let config =
            AppConfig { credit_note_alone_max: Money::from_micros(i64::MAX), ..AppConfig::default() };
        let app = Arc::new(App::new(store, Arc::clone(&clock) as _, vault, meter, config));
        let stock = (0..scale.customers).flat_map(|who| (0..4).map(move |nth| stock(who, nth)));
        for some in stock.collect::<Result<Vec<_>>>()?.chunks(1_000) {
            app.store.commit(Change::ImportStock(some.to_vec()).into()).await?;
        }
        app.publish_plan(&plan_of(1)?).await?;
        app.publish_plan(&plan_of(2)?).await?;
        let (root, _) = app.create_root_account("Company", None).await?;
        for promotion in promotions() {
            app.create_promotion(&root, promotion).await?;
        }
        let zone = app.rater().plan().zone().clone();
        let dearer = zone.to_timestamp(jiff::civil::date(YEAR, 7, 1).at(0, 0, 0, 0))?;
        Ok(Self {
            oracle: Oracle::new(scale.customers, zone, dearer),
            app,
            clock,
            root,
            customers: (0..scale.customers).map(|_| None).collect(),
            dice: Dice::new(!scale.seed),
            pending: ChangeSet::new(),
            uses: 0,
            later: Vec::new(),
            events: 0,
        })
    }

    pub(crate) fn events(&self) -> u64 {
        self.events
    }

    /// Wall-clock time of a day.
    pub(crate) fn local(&self, day: Date, hour: i8, minute: i8) -> Result<Timestamp> {
        Ok(self.app.rater().plan().zone().to_timestamp(day.at(hour, minute, 0, 0))?)
    }

    pub(super) fn customer(&self, who: usize) -> Result<&Customer> {
        self.customers[who].as_ref().context("nobody has come yet")
    }

    /// As each night: what comes late comes, ended contracts end, another process looks at the prices.
    pub(crate) async fn night(&mut self) -> Result<()> {
        let now = self.clock.now();
        let (due, later): (Vec<_>, Vec<_>) = self.later.drain(..).partition(|(at, _)| *at <= now);
        self.later = later;
        for (_, charge) in due {
            self.book(charge).await?;
        }
        self.flush().await?;
        self.app.end_subscriptions().await?;
        self.app.free_numbers().await?;
        Ok(self.app.refresh_prices().await?)
    }

    /// The month before is closed, and closed again.
    pub(crate) async fn close(&mut self, day: Date, year: &mut Year) -> Result<()> {
        let month = month_before(day)?;
        let began = Instant::now();
        let first = self.app.close_month(month).await?;
        year.closing += began.elapsed();
        let booked = self.app.store.ledger_proof().await?.transactions;
        let again = self.app.close_month(month).await?;
        ensure!(
            (first.charges, first.amount) == (again.charges, again.amount),
            "{month}: {first:?}, then {again:?}"
        );
        ensure!(booked == self.app.store.ledger_proof().await?.transactions, "{month} was booked twice");
        Ok(())
    }

    /// The month before is invoiced, and invoiced again; most customers pay.
    pub(crate) async fn invoice(&mut self, day: Date, year: &mut Year) -> Result<()> {
        let month = month_before(day)?;
        let began = Instant::now();
        let run = self.run(month).await?;
        year.invoicing += began.elapsed();
        let again = self.run(month).await?;
        ensure!(again.issued == 0 && again.already >= run.issued, "{month} was invoiced twice: {again:?}");
        for who in 0..self.customers.len() {
            Box::pin(self.pay(who, month)).await?;
        }
        if self.customers.len() <= SMALL || day.month() == 7 {
            self.prove(year).await?;
        }
        Ok(())
    }

    async fn run(&self, month: BillingMonth) -> Result<InvoiceRun> {
        let run = self.app.invoice_month(month, false, &mut |_, _| ()).await?;
        ensure!(run.refused == 0, "{month}: {:?}", run.reasons);
        ensure!(run.unpaid.count == 0, "{month}: nobody pays for {:?}", run.unpaid);
        Ok(run)
    }

    async fn pay(&mut self, who: usize, month: BillingMonth) -> Result<()> {
        let Some(customer) = &self.customers[who] else { return Ok(()) };
        let account = customer.account.sid;
        let Some(state) = self.app.store.invoice_of_month(account, &month.to_string()).await? else {
            return Ok(());
        };
        let fate = self.dice.roll(100);
        // What promotions paid for in full cannot be credited.
        if fate < 3 && state.invoice.net > Money::ZERO {
            let crediting = self.app.credit_invoice(
                account,
                true,
                state.invoice.sid,
                Credited::Whole,
                "A mistake of ours",
            );
            Box::pin(crediting).await?;
            return Ok(());
        }
        let extra = if fate < 8 { Money::from_micros(1_000_000) } else { Money::ZERO };
        if fate >= 90 || state.open() + extra <= Money::ZERO {
            return Ok(());
        }
        let payment = BankPayment {
            reference: format!("bank-{}", state.invoice.number),
            amount: state.open() + extra,
            currency: state.invoice.currency.to_string(),
            booked_on: None,
            communication: state
                .invoice
                .communication
                .map(StructuredCommunication::digits)
                .unwrap_or_default(),
            payer: String::new(),
            payer_iban: None,
            collected: None,
        };
        let paid = self.app.take_payment(&payment).await?;
        ensure!(matches!(paid, Matched::Paid { .. }), "{payment:?}: {paid:?}");
        if fate < 12 {
            ensure!(self.app.take_payment(&payment).await? == Matched::Again, "{payment:?} was booked twice");
        }
        Ok(())
    }

    async fn prove(&self, year: &mut Year) -> Result<()> {
        let began = Instant::now();
        self.app.seal_ledger().await?;
        let proof = self.app.prove_books(None).await?;
        year.proving = began.elapsed();
        let wrong: Vec<_> = proof.checks.iter().filter(|(_, faults)| faults.count > 0).collect();
        ensure!(wrong.is_empty(), "the books are not sound: {wrong:?}");
        (year.postings, year.seals) = (proof.transactions, proof.seals);
        Ok(())
    }

    /// At the end: the books are sound, everything is charged and invoiced as the second reckoning says, and rating again changes nothing.
    pub(crate) async fn audit(&mut self, year: &mut Year) -> Result<()> {
        ensure!(self.later.is_empty(), "{} reports never came", self.later.len());
        self.prove(year).await?;
        for who in 0..self.customers.len() {
            self.audit_customer(who, year).await.with_context(|| format!("customer {who}"))?;
            year.events += self.oracle.events(who);
        }
        let mut numbers = 0;
        for series in [YEAR, YEAR + 1] {
            numbers += u64::from(self.app.store.last_in_series(&series.to_string()).await?);
        }
        // Last invoices of contracts that ended are among them; no run of a month made those.
        ensure!(numbers == year.invoices, "{numbers} numbers were given to {} invoices", year.invoices);
        let began = Instant::now();
        let mut rerated = 0;
        let first: BillingMonth = format!("{YEAR}-01").parse()?;
        for month in std::iter::successors(Some(first), |month| month.next()).take(13) {
            let report = self.app.rerate_month(month, &mut |_| ()).await?;
            ensure!(report.differences.count == 0, "{month}: {:?}", report.differences);
            rerated += report.events;
        }
        year.rerating = began.elapsed();
        ensure!(rerated >= year.events, "{rerated} events of {} are there", year.events);
        Ok(())
    }

    async fn audit_customer(&self, who: usize, year: &mut Year) -> Result<()> {
        let customer = self.customer(who)?;
        let account = customer.account.sid;
        let span = (format!("{}-12-01", YEAR - 1), format!("{}-02-28", YEAR + 1));
        let totals = self.app.store.usage_totals(account, Scope::Tree, &span.0, &span.1).await?;
        let charged: Money = totals.iter().map(|total| total.amount).sum();
        let expected = self.oracle.charged(who);
        ensure!(charged == expected, "{charged} was charged, {expected} is right");
        let page = Page { limit: 100, ..Page::default() };
        let documents = self.app.store.invoices(account, &InvoiceFilter::default(), &page).await?;
        let invoices: Vec<&Invoice> =
            documents.iter().map(|it| &it.invoice).filter(|it| it.kind == InvoiceKind::Invoice).collect();
        let net: Money = invoices.iter().map(|invoice| invoice.net).sum();
        let lines: usize = invoices.iter().map(|invoice| invoice.lines.len()).sum();
        // Half a cent a line, half a millionth an event, and less than a cent that waits for the next invoice.
        let tolerance = 10_000 + 5_000 * i64::try_from(lines)? + i64::try_from(self.oracle.events(who))?;
        let given: Money = invoices.iter().flat_map(|invoice| &invoice.allowances).map(|it| it.amount).sum();
        // Whoever leaves because of dearer prices has the old ones to the end: the invoice takes the difference off its lines.
        let discounts = invoices.iter().flat_map(|invoice| &invoice.lines).flat_map(|line| &line.discounts);
        let below: Money = discounts.map(|it| it.amount).sum();
        let off = (net + given + below - charged).micros().abs();
        ensure!(off <= tolerance, "{net} was invoiced of {charged} charged, less {given} and {below}");
        let is_used_up = given == CREDIT || invoices.first().is_none_or(|newest| newest.net == Money::ZERO);
        let fits =
            if self.oracle.has_credit(who) { given <= CREDIT && is_used_up } else { given == Money::ZERO };
        ensure!(fits, "{given} was given");
        year.given += given + below;
        year.charged += charged;
        year.net += net;
        year.invoices += invoices.len() as u64;
        Ok(())
    }
}
