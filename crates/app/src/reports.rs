//! What the operator is told of all customers together: revenue, what is unbilled, what is owed and how long, counts for the regulator, and a
//! month of use under another plan.
//!
//! A report is a table: the same rows as JSON, as CSV and on the command line. Sums are the ledger's own.

mod resale;

use std::collections::{BTreeMap, HashMap};

use flexio_billing::comparison::{Legs, Volumes, charge_under};
use flexio_domain::*;
use flexio_rating::{BillingMonth, Plan, Rater};
use flexio_store::SupplySpan;
use jiff::civil::Date;

use crate::App;
use crate::error::{AppError, refuse};

pub use resale::RESALE;

/// Rows of one report; with more the request is refused.
const ROWS_MAX: usize = 100_000;
const ROWS_AT_ONCE: u32 = 1_000;
/// Months of one report for the regulator.
const MONTHS_MAX: usize = 60;
/// Days after the due date at which a bucket of aged debt ends.
const BUCKETS: [i32; 3] = [30, 60, 90];

/// A value in a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// A word.
    Text(String),
    /// A number of things.
    Count(u64),
    /// An amount.
    Amount(Money),
}

impl Cell {
    /// As in CSV: amounts with six decimals, as the ledger has them.
    pub fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Count(count) => count.to_string(),
            Self::Amount(amount) => amount.to_decimals(6),
        }
    }
}

/// A report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Such as `revenue`.
    pub name: &'static str,
    /// What it is about: days, months, or the day it was made.
    pub about: String,
    /// Of every amount.
    pub currency: Currency,
    /// Names of the columns.
    pub columns: &'static [&'static str],
    /// Each as long as the columns.
    pub rows: Vec<Vec<Cell>>,
    /// What the rows come to, and what the ledger says of it.
    pub totals: Vec<(&'static str, Cell)>,
}

impl Report {
    /// Headings and rows as text.
    pub fn table(&self) -> Vec<Vec<String>> {
        let headings = self.columns.iter().map(|name| (*name).to_owned()).collect();
        let rows = self.rows.iter().map(|row| row.iter().map(Cell::text).collect());
        std::iter::once(headings).chain(rows).collect()
    }
}

/// Columns of [`App::revenue_report`].
pub const REVENUE: &[&str] = &["ledger_account", "postings", "amount"];
/// Columns of [`App::unbilled_report`].
pub const UNBILLED: &[&str] = &["account_sid", "account_name", "payer_sid", "amount"];
/// Columns of [`App::aged_debt_report`].
pub const AGED_DEBT: &[&str] = &[
    "account_sid",
    "buyer",
    "invoices",
    "not_due",
    "days_0_30",
    "days_31_60",
    "days_61_90",
    "days_over_90",
    "open",
];
/// Columns of [`App::regulator_report`].
pub const REGULATOR: &[&str] = &["month", "measure", "class", "value"];
/// Columns of [`App::simulate_plan`].
pub const SIMULATION: &[&str] = &["item", "uses", "charged", "simulated", "difference", "not_sold"];

/// Columns of [`App::margin_report`].
pub const MARGIN: &[&str] = &["carrier", "item", "uses", "sold", "bought", "margin", "not_priced"];

impl App {
    /// Revenue per item from one day to another, both included, by the day of posting in the plan's zone; and what took from it. A credit
    /// of the ledger is above zero.
    pub async fn revenue_report(&self, from: Date, to: Date) -> Result<Report, AppError> {
        if to < from {
            return Err(refuse(ErrorCode::InvalidParameter, "To is not before From."));
        }
        let until = to.tomorrow().unwrap_or(Date::MAX);
        let moved = self.store.revenue_moved(self.midnight(from), self.midnight(until)).await?;
        let total: Money = moved.iter().map(|it| -it.amount).sum();
        let rows = moved.iter().map(|it| {
            let account = it.account.to_string();
            vec![Cell::Text(account), Cell::Count(it.legs), Cell::Amount(-it.amount)]
        });
        Ok(self.report(
            "revenue",
            format!("{from}/{to}"),
            REVENUE,
            rows.collect(),
            vec![("revenue", Cell::Amount(total))],
        ))
    }

    /// What each account has used and was not invoiced, and who pays for it.
    pub async fn unbilled_report(&self) -> Result<Report, AppError> {
        let (mut rows, mut total, mut after) = (Vec::new(), Money::ZERO, String::new());
        loop {
            let legs = self.store.unbilled(&after, ROWS_AT_ONCE).await?;
            let is_last = legs.len() < ROWS_AT_ONCE as usize;
            for leg in legs {
                after = leg.account.to_string();
                let Some(holder) = leg.account.holder() else { continue };
                total += leg.amount;
                let name = self.store.account(holder).await?.map(|it| it.friendly_name);
                let payer = self.payer_of_invoices(holder).await?.map(|it| it.to_string());
                rows.push(vec![
                    Cell::Text(holder.to_string()),
                    Cell::Text(name.unwrap_or_default()),
                    Cell::Text(payer.unwrap_or_default()),
                    Cell::Amount(leg.amount),
                ]);
            }
            must_fit(rows.len())?;
            if is_last {
                let today = self.local_today().to_string();
                return Ok(self.report(
                    "unbilled",
                    today,
                    UNBILLED,
                    rows,
                    vec![("unbilled", Cell::Amount(total))],
                ));
            }
        }
    }

    /// What each customer has not paid today, by how long it is overdue. `receivable` is the ledger's; `unallocated` is what is in it
    /// beyond the invoices that are open, and is zero unless more was credited than was open.
    pub async fn aged_debt_report(&self) -> Result<Report, AppError> {
        let today = self.local_today();
        let mut debts: BTreeMap<AccountSid, Debt> = BTreeMap::new();
        let mut after = (String::new(), None);
        loop {
            let some = self.store.overdue_invoices("9999-12-31", (&after.0, after.1), ROWS_AT_ONCE).await?;
            if let Some(last) = some.last() {
                after = (last.invoice.due_on.to_string(), Some(last.invoice.sid));
            }
            for state in &some {
                debts.entry(state.invoice.account_sid).or_default().add(state, today);
            }
            must_fit(debts.len())?;
            if some.len() < ROWS_AT_ONCE as usize {
                break;
            }
        }
        let open: Money = debts.values().map(Debt::open).sum();
        let receivable = self.store.receivable().await?;
        let mut totals: Vec<(&'static str, Cell)> = Vec::new();
        for (at, name) in
            ["not_due", "days_0_30", "days_31_60", "days_61_90", "days_over_90"].iter().enumerate()
        {
            totals.push((name, Cell::Amount(debts.values().map(|debt| debt.aged[at]).sum())));
        }
        totals.push(("open", Cell::Amount(open)));
        totals.push(("receivable", Cell::Amount(receivable)));
        totals.push(("unallocated", Cell::Amount(receivable - open)));
        let rows = debts.iter().map(|(account, debt)| debt.row(*account)).collect();
        Ok(self.report("aged_debt", today.to_string(), AGED_DEBT, rows, totals))
    }

    /// Counts of months, both included: contracts and numbers at the end of each, calls, minutes, messages and segments in it.
    pub async fn regulator_report(&self, from: BillingMonth, to: BillingMonth) -> Result<Report, AppError> {
        let months: Vec<BillingMonth> =
            std::iter::successors(Some(from), |month| month.next()).take_while(|it| *it <= to).collect();
        if months.is_empty() || months.len() > MONTHS_MAX {
            let why = format!("From is not behind To, and {MONTHS_MAX} months are counted at most.");
            return Err(refuse(ErrorCode::InvalidParameter, why));
        }
        let root = self.store.root_account().await?.ok_or(ErrorCode::NotFound)?;
        let span = self.days_of(from, to);
        let used = self.store.usage_counts(root.sid, &span).await?;
        let contracts = self.all_contracts().await?;
        let zone = self.rater().plan().zone().clone();
        let mut rows = Vec::new();
        for month in months {
            let (begin, end) = month.bounds(&zone);
            let mut add = |measure: &str, class: &str, value: u64| {
                let texts = [month.to_string(), measure.to_owned(), class.to_owned()];
                rows.push(texts.into_iter().map(Cell::Text).chain([Cell::Count(value)]).collect());
            };
            for (measure, count) in counted(&contracts, begin, end) {
                add(measure, "", count);
            }
            add("numbers_in_service", "", self.store.numbers_in_service(end).await?);
            for it in used.iter().filter(|it| it.month == month.to_string()) {
                let Some([count, quantity]) = measures(it.kind) else { continue };
                let is_call = matches!(it.kind, UsageKind::VoiceIn | UsageKind::VoiceOut);
                add(count, &it.class, it.count);
                add(quantity, &it.class, if is_call { it.minutes } else { it.billed });
            }
        }
        Ok(self.report("regulator", format!("{from}/{to}"), REGULATOR, rows, Vec::new()))
    }

    /// What was used in a month under another plan, beside what it was charged, by item: nothing is kept of it. `not_sold` counts uses
    /// that the plan does not sell; they are in neither sum. Volume prices are taken off both sides. More uses than `most` are refused.
    pub async fn simulate_plan(
        &self,
        plan: &Plan,
        month: BillingMonth,
        most: Option<u64>,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<Report, AppError> {
        let rater = self.rater().with_plan(plan.clone());
        let rater = rater.map_err(|error| refuse(ErrorCode::Unprocessable, error.to_string()))?;
        let mut items: BTreeMap<String, Simulated> = BTreeMap::new();
        let (mut charged, mut simulated) = (Volumes::default(), Volumes::default());
        let each = |event: &UsageEvent| {
            let item = items.entry(event.item.clone()).or_default();
            item.uses += 1;
            let Ok(under) = charge_under(event, &rater) else {
                item.not_sold += 1;
                return;
            };
            item.charged += event.amount;
            item.under_plan += under.amount;
            let payer = self.subscriber(event.account_sid).unwrap_or(event.account_sid);
            self.add_volume(&mut charged, &payer, event);
            if let Some(item) = under.item {
                simulated.add(&payer, &event.month, plan.label(), item, under.billed);
            }
        };
        self.each_use_of(month, (most, "flexio plan simulate"), progress, each).await?;
        for (_, item, off) in charged.off() {
            items.entry(item.to_owned()).or_default().charged -= off;
        }
        for (_, item, off) in simulated.off() {
            items.entry(item.to_owned()).or_default().under_plan -= off;
        }
        let (charged, simulated): (Money, Money) =
            (items.values().map(|it| it.charged).sum(), items.values().map(|it| it.under_plan).sum());
        let not_sold: u64 = items.values().map(|it| it.not_sold).sum();
        let rows = items.into_iter().map(|(item, it)| it.row(item)).collect();
        let about = format!("{month} under {}", plan.label());
        Ok(self.report(
            "simulation",
            about,
            SIMULATION,
            rows,
            vec![
                ("charged", Cell::Amount(charged)),
                ("simulated", Cell::Amount(simulated)),
                ("difference", Cell::Amount(simulated - charged)),
                ("not_sold", Cell::Count(not_sold)),
            ],
        ))
    }

    /// Says what carriers cost, by the name of the trunk or SMPP route; the first saying stays.
    pub fn set_carrier_prices(&self, prices: HashMap<String, Rater>) {
        if self.carrier_prices.set(prices).is_err() {
            tracing::warn!("the prices of carriers were set twice; the first stay");
        }
    }

    fn carrier_prices(&self, carrier: &str) -> Option<&Rater> {
        self.carrier_prices.get()?.get(carrier)
    }

    /// What each carrier brought in and cost in a month, by item: each use is rated again by the carrier's price list, beside what it was
    /// sold for; what volume prices take off customers' bills is of no single carrier and stands in the totals. What went over no carrier has an empty name and costs nothing; of a carrier without a list, and of what a list has no
    /// price for, nothing is known. With more uses than `most` it is refused.
    pub async fn margin_report(
        &self,
        month: BillingMonth,
        most: Option<u64>,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<Report, AppError> {
        let mut rows: BTreeMap<(String, String), Margin> = BTreeMap::new();
        let (mut volumes, mut bought) = (Volumes::default(), Volumes::default());
        let each = |event: &UsageEvent| {
            let prices = event.carrier.as_deref().and_then(|carrier| self.carrier_prices(carrier));
            let under = prices.and_then(|rater| charge_under(event, rater).ok());
            let row = (event.carrier.clone().unwrap_or_default(), event.item.clone());
            let payer = self.subscriber(event.account_sid).unwrap_or(event.account_sid);
            self.add_volume(&mut volumes, &payer, event);
            // A carrier counts what it carried for all customers together.
            if let Some((rater, (item, billed))) =
                prices.zip(under.and_then(|it| Some((it.item?, it.billed))))
            {
                bought.add(&row, &event.month, rater.plan().label(), item, billed);
            }
            rows.entry(row).or_default().add(event, under.map(|it| it.amount));
        };
        self.each_use_of(month, (most, "flexio billing report margin"), progress, each).await?;
        for (row, _, off) in bought.off() {
            rows.entry(row.clone()).or_default().bought -= off;
        }
        let of = |amount: fn(&Margin) -> Money| Cell::Amount(rows.values().map(amount).sum());
        let not_priced: u64 = rows.values().map(|it| it.not_priced).sum();
        let margin: Money = rows.values().map(|it| it.sold - it.bought).sum();
        let totals = vec![
            ("sold", of(|it| it.sold)),
            ("volume_prices", Cell::Amount(-volumes.sum())),
            ("bought", of(|it| it.bought)),
            ("margin", Cell::Amount(margin - volumes.sum())),
            ("not_priced", Cell::Count(not_priced)),
        ];
        let rows = rows.into_iter().map(|((carrier, item), it)| it.row(carrier, item)).collect();
        Ok(self.report("margin", month.to_string(), MARGIN, rows, totals))
    }

    /// Every use of a month, page by page, legs as wholes; with more than `most` it is refused, and `command` named that takes them all.
    async fn each_use_of(
        &self,
        month: BillingMonth,
        (most, command): (Option<u64>, &str),
        progress: &mut (dyn FnMut(u64) + Send),
        mut each: impl FnMut(&UsageEvent) + Send,
    ) -> Result<(), AppError> {
        let (mut seen, mut after) = (0, (String::new(), String::new()));
        let mut legs = Legs::default();
        loop {
            let events = self.store.usage_of_month(&month.to_string(), &after, ROWS_AT_ONCE).await?;
            let Some(last) = events.last() else {
                legs.last().iter().for_each(&mut each);
                return Ok(());
            };
            after = (last.source.clone(), last.id.clone());
            events.iter().filter_map(|event| legs.next(event)).for_each(|event| each(&event));
            seen += events.len() as u64;
            if most.is_some_and(|most| seen > most) {
                let why = format!("The month has too many uses for one request: `{command}` takes them all.");
                return Err(refuse(ErrorCode::Unprocessable, why));
            }
            progress(seen);
        }
    }

    fn report(
        &self,
        name: &'static str,
        about: String,
        columns: &'static [&'static str],
        rows: Vec<Vec<Cell>>,
        totals: Vec<(&'static str, Cell)>,
    ) -> Report {
        Report { name, about, currency: self.rater().plan().currency(), columns, rows, totals }
    }

    /// The first instant of a day in the plan's zone.
    fn midnight(&self, day: Date) -> Timestamp {
        let zone = self.rater().plan().zone().clone();
        zone.to_ambiguous_timestamp(day.into()).compatible().unwrap_or(Timestamp::MAX)
    }

    /// Days in UTC around months of the plan's zone.
    fn days_of(&self, from: BillingMonth, to: BillingMonth) -> SupplySpan {
        let zone = self.rater().plan().zone();
        let day = |at: Timestamp| jiff::tz::TimeZone::UTC.to_datetime(at).date().to_string();
        SupplySpan {
            from_month: from.to_string(),
            to_month: to.to_string(),
            from_day: day(from.bounds(zone).0),
            to_day: day(to.bounds(zone).1),
        }
    }

    async fn all_contracts(&self) -> Result<Vec<Subscription>, AppError> {
        let (mut contracts, mut after) = (Vec::new(), SubscriptionSid::from_u128(0));
        loop {
            let some = self.store.every_subscription(after, ROWS_AT_ONCE).await?;
            let is_last = some.len() < ROWS_AT_ONCE as usize;
            if let Some(last) = some.last() {
                after = last.sid;
            }
            contracts.extend(some);
            if is_last {
                return Ok(contracts);
            }
        }
    }
}

/// Contracts that began, that ended, and that were in force at the end.
fn counted(contracts: &[Subscription], begin: Timestamp, end: Timestamp) -> [(&'static str, u64); 3] {
    let within = |at: Option<Timestamp>| at.is_some_and(|at| begin <= at && at < end);
    let over = |it: &Subscription| it.closed_at.or(it.ends_at);
    let count = |is: &dyn Fn(&Subscription) -> bool| {
        u64::try_from(contracts.iter().filter(|it| is(it)).count()).unwrap_or(u64::MAX)
    };
    [
        ("subscriptions_begun", count(&|it| within(it.activated_at))),
        ("subscriptions_ended", count(&|it| it.activated_at.is_some() && within(over(it)))),
        (
            "subscriptions_in_force",
            count(&|it| it.activated_at.is_some_and(|at| at < end) && over(it).is_none_or(|at| at >= end)),
        ),
    ]
}

/// What is counted of a kind, and how much of it.
const fn measures(kind: UsageKind) -> Option<[&'static str; 2]> {
    Some(match kind {
        UsageKind::VoiceOut => ["calls_out", "minutes_out"],
        UsageKind::VoiceIn => ["calls_in", "minutes_in"],
        UsageKind::SmsOut => ["messages_out", "segments_out"],
        UsageKind::SmsIn => ["messages_in", "segments_in"],
        UsageKind::Recording
        | UsageKind::Conference
        | UsageKind::TwoFa
        | UsageKind::Tts
        | UsageKind::Queue
        | UsageKind::Api
        | UsageKind::Number
        | UsageKind::Designer => return None,
    })
}

/// Open invoices of a customer.
#[derive(Debug, Default)]
struct Debt {
    buyer: String,
    invoices: u64,
    /// Not due, then by [`BUCKETS`], then older.
    aged: [Money; 5],
}

impl Debt {
    fn add(&mut self, state: &InvoiceState, today: Date) {
        self.buyer.clone_from(&state.invoice.buyer.name);
        self.invoices += 1;
        let late = today.since(state.invoice.due_on).map_or(0, |span| span.get_days());
        self.aged[bucket(late)] += state.open();
    }

    fn open(&self) -> Money {
        self.aged.iter().copied().sum()
    }

    fn row(&self, account: AccountSid) -> Vec<Cell> {
        let head =
            [Cell::Text(account.to_string()), Cell::Text(self.buyer.clone()), Cell::Count(self.invoices)];
        let aged = self.aged.iter().map(|amount| Cell::Amount(*amount));
        head.into_iter().chain(aged).chain([Cell::Amount(self.open())]).collect()
    }
}

/// Which of the five a debt is in that has been due for so many days; on its due date it is not yet overdue.
fn bucket(days_late: i32) -> usize {
    match days_late {
        ..=0 => 0,
        days => 1 + BUCKETS.iter().filter(|end| days > **end).count(),
    }
}

/// Uses of one item.
#[derive(Debug, Default)]
struct Simulated {
    uses: u64,
    charged: Money,
    under_plan: Money,
    not_sold: u64,
}

impl Simulated {
    fn row(&self, item: String) -> Vec<Cell> {
        vec![
            Cell::Text(item),
            Cell::Count(self.uses),
            Cell::Amount(self.charged),
            Cell::Amount(self.under_plan),
            Cell::Amount(self.under_plan - self.charged),
            Cell::Count(self.not_sold),
        ]
    }
}

/// What one carrier did of one item.
#[derive(Debug, Default)]
struct Margin {
    uses: u64,
    sold: Money,
    bought: Money,
    not_priced: u64,
}

impl Margin {
    /// `bought` is what the carrier's list says of it, where it says something.
    fn add(&mut self, event: &UsageEvent, bought: Option<Money>) {
        self.uses += 1;
        self.sold += event.amount;
        match bought {
            Some(amount) => self.bought += amount,
            None => self.not_priced += u64::from(event.carrier.is_some()),
        }
    }

    fn row(&self, carrier: String, item: String) -> Vec<Cell> {
        vec![
            Cell::Text(carrier),
            Cell::Text(item),
            Cell::Count(self.uses),
            Cell::Amount(self.sold),
            Cell::Amount(self.bought),
            Cell::Amount(self.sold - self.bought),
            Cell::Count(self.not_priced),
        ]
    }
}

fn must_fit(rows: usize) -> Result<(), AppError> {
    if rows <= ROWS_MAX {
        return Ok(());
    }
    Err(refuse(ErrorCode::Unprocessable, format!("The report has more than {ROWS_MAX} rows.")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_debt_is_in_the_bucket_of_its_days() {
        for (days, expected) in
            [(-5, 0), (0, 0), (1, 1), (30, 1), (31, 2), (60, 2), (61, 3), (90, 3), (91, 4), (900, 4)]
        {
            assert_eq!(bucket(days), expected, "{days}");
        }
    }
}
