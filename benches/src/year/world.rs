//! The company: its books, its clock, and what its customers have at the moment.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use flexio_app::flows::{FlowContent, definition_of};
use flexio_app::{
    Announcement, App, AppConfig, CreateAccount, CustomerPatch, InvoiceRun, MasterKey, Matched, NewPromotion,
    NumberPatch, Order, Pick, Vault, Wanted,
};
use flexio_billing::invoice::Credited;
use flexio_billing::{
    Charge, ConferenceStarted, LegEnded, Meter, Recorded, SegmentsAccepted, SpeechSynthesised,
    VerificationRequested,
};
use flexio_documents::bank::BankPayment;
use flexio_domain::*;
use flexio_rating::{BillingMonth, Numbering, Plan, Rater};
use flexio_store::{Change, ChangeSet, InvoiceFilter, Page, Scope, Store};
use jiff::SignedDuration;
use jiff::civil::Date;

use super::life::{Act, Dice, Fate, Use};
use super::oracle::Oracle;
use super::{Scale, YEAR, Year, eve, month_before};

const OFFER: &str = include_str!("../../../data/offer-flexio-be.toml");
const NUMBERING: &str = include_str!("../../../data/belgian-numbering.toml");
/// Uses that commit together.
const USES_AT_ONCE: usize = 500;
/// What a credit gives.
const CREDIT: Money = Money::from_micros(10_000_000);
/// Customers up to which the books are proven each month; above, twice a year.
const SMALL: usize = 100;
/// A flow that does something.
const FLOW: &str = r#"{ "name": "Desk", "nodes": [
    { "id": "web", "type": "on_web", "properties": { "enabled": true, "allow_get": true }, "next": { "start": "mark" } },
    { "id": "mark", "type": "tag", "properties": { "name": "seen", "value": "1" } } ] }"#;

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
struct Customer {
    account: Account,
    below: Option<Account>,
    numbers: BTreeMap<usize, NumberSid>,
    flow: Option<FlowSid>,
}

/// The company.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) app: Arc<App>,
    pub(crate) clock: Arc<YearClock>,
    root: Account,
    customers: Vec<Option<Customer>>,
    oracle: Oracle,
    dice: Dice,
    pending: ChangeSet,
    uses: usize,
    /// Reports that come (again) at a time.
    later: Vec<(Timestamp, Charge)>,
    events: u64,
}

fn plan_of(version: u32) -> Result<Plan> {
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

    fn customer(&self, who: usize) -> Result<&Customer> {
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

    pub(crate) async fn perform(&mut self, at: Timestamp, act: &Act) -> Result<()> {
        match *act {
            Act::Order { who, consumer } => self.order(who, consumer, at).await,
            Act::SubAccount { who } => {
                let parent = &self.customer(who)?.account;
                let below = self.app.create_account(parent, CreateAccount::default(), &|_| None).await?;
                self.customers[who].as_mut().context("came")?.below = Some(below);
                Ok(())
            }
            Act::Limit { who } => {
                let limit = Money::from_micros(1_000_000_000_000);
                self.app.set_credit(&self.customer(who)?.account, true, CreditMode::Postpaid, limit).await?;
                Ok(())
            }
            Act::Rent { who, nth } => {
                let pick = Pick::Number(stock(who, nth)?.number);
                let account = &self.customer(who)?.account;
                let patch = NumberPatch::default();
                let number = self.app.rent_number(account, &pick, None, patch, &|_| None).await?;
                self.customers[who].as_mut().context("came")?.numbers.insert(nth, number.sid);
                self.oracle.rented(who, nth, at);
                Ok(())
            }
            Act::Release { who, nth } => {
                let customer = self.customers[who].as_mut().context("came")?;
                let number = customer.numbers.remove(&nth).context("has it")?;
                self.app.release_number(&customer.account, number).await?;
                self.oracle.released(who, nth, at);
                Ok(())
            }
            Act::DesignerOn { who } => self.publish(who, at).await,
            Act::DesignerOff { who } => {
                let customer = self.customers[who].as_mut().context("came")?;
                let flow = customer.flow.take().context("has a flow")?;
                self.app.delete_flow(&customer.account, flow).await?;
                self.oracle.designer_off(who, at);
                Ok(())
            }
            Act::Announce { who } => self.announce(who).await,
            Act::TakePrice { who } => {
                let until = self.take(who, "mobile-for-less").await?;
                let expected = self.oracle.took_price(who, at);
                ensure!(until == expected, "the price holds until {until} and should until {expected}");
                Ok(())
            }
            Act::TakeCredit { who } => {
                self.take(who, "present").await?;
                self.oracle.took_credit(who);
                Ok(())
            }
            Act::Leave { who } => Box::pin(self.leave(who, false, at)).await,
            Act::Withdraw { who } => Box::pin(self.leave(who, true, at)).await,
            Act::Uses { who, serial, used, fate } => self.uses(who, serial, used, fate, at).await,
        }
    }

    /// The last day it holds.
    async fn take(&self, who: usize, promotion: &str) -> Result<Date> {
        let account = &self.customer(who)?.account;
        let wanted = Wanted::Id(promotion.to_owned());
        let taken = self.app.redeem(account, &wanted, &account.sid.to_string()).await?;
        let again = self.app.redeem(account, &wanted, &account.sid.to_string()).await;
        ensure!(again.is_err(), "{promotion} was taken twice");
        Ok(taken.until)
    }

    async fn leave(&mut self, who: usize, withdraws: bool, at: Timestamp) -> Result<()> {
        let account = &self.customer(who)?.account;
        let asked = self.app.ask_cancellation(account, None, withdraws).await?;
        let left = self.app.cancel_subscription(account, &asked.token).await?;
        ensure!(left.withdrawal.is_some_and(|right| right.used_at.is_some()) == withdraws, "not withdrawn");
        self.oracle.left(who, at);
        Ok(())
    }

    async fn order(&mut self, who: usize, consumer: bool, at: Timestamp) -> Result<()> {
        let account = self.app.create_account(&self.root, CreateAccount::default(), &|_| None).await?;
        let kind = if consumer { CustomerKind::Consumer } else { CustomerKind::Small };
        let text = |text: &str| Some(text.to_owned());
        let patch = CustomerPatch {
            kind: Some(kind),
            legal_name: Some(format!("Customer {who}")),
            street: text("Stationsstraat 1"),
            post_code: text("9000"),
            city: text("Gent"),
            enterprise_number: text("0202239951").filter(|_| !consumer),
            vat_number: text("BE0202239951").filter(|_| !consumer),
            invoice_email: Some(format!("customer-{who}@example.be")),
            ..CustomerPatch::default()
        };
        self.app.save_customer(&account, &patch).await?;
        let offer = self.app.offer(&account, &[]).await?.offer;
        let order = Order {
            summary_sid: offer.summary_sid,
            summary_sha256: offer.summary_sha256,
            accepted: true,
            begins: true,
            statement: "I order, and I have to pay.".to_owned(),
            terms: Vec::new(),
            user: account.sid.to_string(),
            channel: "api",
            ip: "192.0.2.1".to_owned(),
            user_agent: String::new(),
        };
        self.app.order(&account, &order).await?;
        if consumer {
            self.app.identify_customer(&account, true).await?;
        }
        let subscription = self.app.subscription(account.sid).await?;
        ensure!(subscription.state == SubscriptionState::Active, "{subscription:?}");
        self.customers[who] = Some(Customer { account, below: None, numbers: BTreeMap::new(), flow: None });
        self.oracle.ordered(who, at);
        Ok(())
    }

    async fn publish(&mut self, who: usize, at: Timestamp) -> Result<()> {
        let customer = self.customers[who].as_mut().context("came")?;
        let content = FlowContent { flow: definition_of(FLOW)?, studio: None, note: String::new() };
        let flow = self.app.create_flow(&customer.account, content, &|_| None).await?;
        self.app.publish_flow(&customer.account, flow.sid, "").await?;
        customer.flow = Some(flow.sid);
        self.oracle.designer_on(who, at);
        Ok(())
    }

    async fn announce(&mut self, who: usize) -> Result<()> {
        let from = jiff::civil::date(YEAR, 10, 1);
        let plan = plan_of(2)?.label().to_owned();
        let news = Announcement { plan, from, items: Vec::new(), ground: None };
        let account = &self.customer(who)?.account;
        let too_early = Announcement { from: jiff::civil::date(YEAR, 9, 10), ..news.clone() };
        ensure!(
            self.app.announce_prices(account, true, &too_early).await.is_err(),
            "less than a month before"
        );
        self.app.announce_prices(account, true, &news).await?;
        let from = self.local(from, 0, 0)?;
        self.oracle.announced(who, from);
        Ok(())
    }

    async fn uses(&mut self, who: usize, serial: u64, used: Use, fate: Fate, at: Timestamp) -> Result<()> {
        let customer = self.customer(who)?;
        let account = customer.below.as_ref().filter(|_| serial % 2 == 1).unwrap_or(&customer.account);
        let charge = charge(&self.app.meter(account.sid), account.sid, serial, used, at);
        self.oracle.used(who, used, at);
        let after = |days: i64| at.saturating_add(SignedDuration::from_hours(24 * days)).unwrap_or(at);
        match fate {
            Fate::AtOnce => self.book(charge).await,
            Fate::Twice => {
                self.later.push((after(3), charge.clone()));
                self.book(charge).await
            }
            Fate::Late(days) => {
                self.later.push((after(days.into()), charge));
                Ok(())
            }
        }
    }

    async fn book(&mut self, charge: Charge) -> Result<()> {
        self.pending.push(Change::AddUsage(charge.event));
        if let Some(posting) = charge.posting {
            self.pending.push(Change::Post(posting));
        }
        self.uses += 1;
        if self.uses >= USES_AT_ONCE {
            self.flush().await?;
        }
        Ok(())
    }

    pub(crate) async fn flush(&mut self) -> Result<()> {
        self.events += self.uses as u64;
        self.uses = 0;
        Ok(self.app.store.commit(std::mem::take(&mut self.pending)).await?)
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

/// Another price for calls to mobiles, and ten euro off invoices.
fn promotions() -> [NewPromotion; 2] {
    let promotion = |id: &str, kind, items: &[&str], duration_months| NewPromotion {
        id: id.to_owned(),
        code: None,
        label: PromotionLabel { nl: id.to_owned(), fr: id.to_owned(), de: id.to_owned(), en: id.to_owned() },
        kind,
        items: items.iter().map(|item| (*item).to_owned()).collect(),
        starts: None,
        ends: None,
        duration_months,
        eligibility: Eligibility { new: false, existing: true, kinds: Vec::new(), accounts: Vec::new() },
        stack_group: None,
        cap: None,
        budget: None,
    };
    let price = PromotionKind::PriceOverride(Money::from_micros(300_000));
    [
        promotion("mobile-for-less", price, &["voice.out.mobile"], Some(3)),
        promotion("present", PromotionKind::Credit(CREDIT), &[], Some(24)),
    ]
}

/// The `nth` number of a customer.
fn stock(who: usize, nth: usize) -> Result<StockNumber> {
    Ok(StockNumber {
        number: format!("+3225{:06}", 4 * who + nth).parse()?,
        country: "BE".to_owned(),
        number_type: NumberType::Local,
        capabilities: Capabilities { voice: true, sms: true, ..Capabilities::default() },
    })
}

fn charge(meter: &Meter, account_sid: AccountSid, serial: u64, used: Use, at: Timestamp) -> Charge {
    let key = (1 << 100) + u128::from(serial);
    let after = |ms: u64| {
        let length = SignedDuration::from_millis(i64::try_from(ms).unwrap_or(0));
        at.saturating_add(length).unwrap_or(at)
    };
    let leg = |outbound, from, to, ms: u64| LegEnded {
        call_sid: CallSid::from_u128(key),
        account_sid,
        outbound,
        from,
        to,
        answered_at: (ms > 0).then_some(at),
        ended_at: after(ms),
        duration_ms: ms,
        truncated: false,
    };
    let (ours, mobile, fixed) = ("+3225000001", "+32470123456", "+3292123456");
    match used {
        Use::ToMobile(ms) => meter.leg_ended(&leg(true, ours, mobile, ms)),
        Use::ToFixed(ms) => meter.leg_ended(&leg(true, ours, fixed, ms)),
        Use::ToTollFree(ms) => meter.leg_ended(&leg(true, ours, "+3280012345", ms)),
        Use::Inbound(ms) => meter.leg_ended(&leg(false, mobile, ours, ms)),
        Use::Recording(ms) => meter.recorded(&Recorded {
            recording_sid: RecordingSid::from_u128(key),
            account_sid,
            from: ours,
            to: mobile,
            started_at: at,
            ended_at: after(ms),
            duration_ms: ms,
        }),
        Use::Messages(segments) => meter.segments_accepted(&SegmentsAccepted {
            message_sid: MessageSid::from_u128(key),
            account_sid,
            from: "8640",
            to: mobile,
            segments,
            at,
        }),
        Use::Conference => meter.conference_started(&ConferenceStarted {
            conference: &format!("CF{key:032x}"),
            account_sid,
            at,
        }),
        Use::Code => meter.verification_requested(&VerificationRequested {
            request: &format!("VE{key:032x}"),
            account_sid,
            to: mobile,
            at,
        }),
        Use::Speech(ms) => meter.speech_synthesised(&SpeechSynthesised {
            call_sid: CallSid::from_u128(key),
            sequence: 0,
            account_sid,
            at,
            duration_ms: ms,
        }),
    }
}
