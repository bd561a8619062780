//! What the operator is told of all customers together: for the top account alone, as JSON and `.csv`.

#[cfg(test)]
mod tests;

use flexio_app::reports::{
    AGED_DEBT, Cell, MARGIN, REGULATOR, RESALE, REVENUE, Report, SIMULATION, UNBILLED,
};
use flexio_documents::tables;
use flexio_domain::{Currency, ErrorCode, Money};
use flexio_rating::{BillingMonth, Plan};

use crate::answer::Answer;
use crate::ask::Ask;
use crate::error::{Result, invalid, refuse};
use crate::operation::{Access, Handler, Kind, NATIVE, Operation, Param, Sample, Shows, params};
use crate::write::Writer;

/// Uses that one request simulates.
const USES_MAX: u64 = 1_000_000;

const DAYS: &[Param] =
    params!["From": "Required: first day, such as `2026-10-01`.", "To": "Required: last day."];
const MONTHS: &[Param] =
    params!["From": "Required: first month, such as `2026-10`.", "To": "Required: last month."];

macro_rules! report {
    ($id:literal, $path:literal, $about:literal, $params:expr, $sample:expr, $run:path) => {
        read($id, $path, $about, $params, $sample, |ask| Box::pin($run(ask)))
    };
}

pub(crate) const OPERATIONS: &[Operation] = &[
    report!(
        "reports.revenue",
        "Accounts/{AccountSid}/Reports/Revenue",
        "Revenue of a period by price item, and what discounts, goodwill and rounding took from it, as posted in the ledger; also as `.csv`. Only for the top account.",
        DAYS,
        |w, _| view(w, &specimen("revenue", REVENUE)),
        revenue
    ),
    report!(
        "reports.unbilled",
        "Accounts/{AccountSid}/Reports/Unbilled",
        "What each account has used and was not invoiced yet; also as `.csv`. Only for the top account.",
        &[],
        |w, _| view(w, &specimen("unbilled", UNBILLED)),
        unbilled
    ),
    report!(
        "reports.aged_debt",
        "Accounts/{AccountSid}/Reports/AgedDebt",
        "What each customer was invoiced and has not paid, by the days it is overdue: not due, up to 30, 60, 90, and longer; also as `.csv`. Only for the top account.",
        &[],
        |w, _| view(w, &specimen("aged_debt", AGED_DEBT)),
        aged_debt
    ),
    report!(
        "reports.regulator",
        "Accounts/{AccountSid}/Reports/Regulator",
        "Counts of each month: contracts, numbers in service, calls, started minutes, messages, segments, by class of number; also as `.csv`. Only for the top account.",
        MONTHS,
        |w, _| view(w, &specimen("regulator", REGULATOR)),
        regulator
    ),
    report!(
        "reports.margin",
        "Accounts/{AccountSid}/Reports/Margin",
        "What each trunk and SMPP route brought in and cost in a month, by item: its uses rated by the carrier's own price list (`[[carrier_prices]]`); also as `.csv`. Only for the top account.",
        params!["Month": "Required: such as `2026-10`."],
        |w, _| view(w, &specimen("margin", MARGIN)),
        margin
    ),
    Operation {
        access: Access::Branch,
        ..read(
            "reports.resale",
            "Accounts/{AccountSid}/Reports/Resale",
            "What the customers of each reseller, an account under a contract above others under contracts of their own, used in a month, by item: what they were charged, what the same uses cost by the reseller's own plan and pins, and what is left; also as `.csv`. The top account sees all, another account what is its own.",
            params!["Month": "Such as `2026-10`; by default the running one."],
            |w, _| view(w, &specimen("resale", RESALE)),
            |ask| Box::pin(resale(ask)),
        )
    },
    Operation {
        id: "plans.simulate",
        kind: Kind::Update,
        faces: NATIVE,
        path: "Accounts/{AccountSid}/Plans/Simulations",
        about: "What was used in a month under another plan, beside what it was charged, by item; also as `.csv`. Nothing is kept. Only for the top account.",
        access: Access::Top,
        params: params![
            "Month": "Required: such as `2026-10`.",
            "Plan": "A published version, such as `flexio-be/2`; or `File`.",
            "File": "The text of a plan file.",
        ],
        shows: Shows::One(|w, _| view(w, &specimen("simulation", SIMULATION))),
        run: |ask| Box::pin(simulate(ask)),
    },
];

const fn read(
    id: &'static str,
    path: &'static str,
    about: &'static str,
    params: &'static [Param],
    sample: Sample,
    run: Handler,
) -> Operation {
    let shows = Shows::One(sample);
    Operation { id, kind: Kind::Read, faces: NATIVE, path, about, access: Access::Top, params, shows, run }
}

/// Nobody else learns which parameters there are.
fn only_top(ask: &Ask<'_>) -> Result<()> {
    if ask.account.parent_sid.is_some() { Err(ErrorCode::Forbidden.into()) } else { Ok(()) }
}

fn required<T: std::str::FromStr>(ask: &Ask<'_>, name: &str) -> Result<T> {
    let given = ask.params.parsed(name, ErrorCode::InvalidParameter)?;
    given.ok_or_else(|| invalid(name, "is missing"))
}

async fn revenue(ask: &Ask<'_>) -> Result<Answer> {
    only_top(ask)?;
    answer(ask, &ask.app().revenue_report(required(ask, "From")?, required(ask, "To")?).await?)
}

async fn unbilled(ask: &Ask<'_>) -> Result<Answer> {
    only_top(ask)?;
    answer(ask, &ask.app().unbilled_report().await?)
}

async fn aged_debt(ask: &Ask<'_>) -> Result<Answer> {
    only_top(ask)?;
    answer(ask, &ask.app().aged_debt_report().await?)
}

async fn regulator(ask: &Ask<'_>) -> Result<Answer> {
    only_top(ask)?;
    let (from, to) = (required::<BillingMonth>(ask, "From")?, required(ask, "To")?);
    answer(ask, &ask.app().regulator_report(from, to).await?)
}

async fn margin(ask: &Ask<'_>) -> Result<Answer> {
    only_top(ask)?;
    let month = required(ask, "Month")?;
    answer(ask, &ask.app().margin_report(month, Some(USES_MAX), &mut |_| {}).await?)
}

async fn resale(ask: &Ask<'_>) -> Result<Answer> {
    let month = ask.params.parsed("Month", ErrorCode::InvalidParameter)?;
    let month = month.unwrap_or_else(|| BillingMonth::of_day(ask.app().local_today()));
    let of = ask.account.parent_sid.map(|_| ask.account.sid);
    answer(ask, &ask.app().resale_report(month, of, Some(USES_MAX), &mut |_| {}).await?)
}

async fn simulate(ask: &Ask<'_>) -> Result<Answer> {
    only_top(ask)?;
    let month = required(ask, "Month")?;
    let wrong = |error: flexio_rating::FileError| refuse(ErrorCode::Unprocessable, error.to_string());
    let plan = match (ask.params.text("Plan"), ask.params.text("File")) {
        (Some(label), None) => {
            let known = ask.app().plans().await?;
            let found = known.into_iter().find(|it| it.label() == label);
            let found = found.ok_or_else(|| invalid("Plan", "is not a published version"))?;
            Plan::parse(label, &found.text).map_err(wrong)?
        }
        (None, Some(text)) => Plan::parse("File", text).map_err(wrong)?,
        _ => return Err(invalid("Plan", "or File is given, and one of them only")),
    };
    let report = ask.app().simulate_plan(&plan, month, Some(USES_MAX), &mut |_| {}).await?;
    answer(ask, &report)
}

fn answer(ask: &Ask<'_>, report: &Report) -> Result<Answer> {
    match ask.file {
        Some("csv") => Ok(Answer::new(200, "text/csv; charset=utf-8", tables::written(report.table()))),
        Some(_) => Err(ErrorCode::NotFound.into()),
        None => Ok(ask.one("Report", |w| view(w, report))),
    }
}

fn view(w: &mut Writer, report: &Report) {
    w.put("report", report.name);
    w.put("about", report.about.as_str());
    w.put("currency", report.currency.to_string());
    w.list("rows", "Row", &report.rows, |w, row| {
        for (name, cell) in report.columns.iter().zip(row) {
            put(w, name, cell);
        }
    });
    w.object("totals", |w| {
        for (name, cell) in &report.totals {
            put(w, name, cell);
        }
    });
}

fn put(w: &mut Writer, name: &str, cell: &Cell) {
    match cell {
        Cell::Text(text) => w.put(name, text.as_str()),
        Cell::Count(count) => w.put(name, i64::try_from(*count).unwrap_or(i64::MAX)),
        Cell::Amount(_) => w.put(name, cell.text()),
    }
}

/// One row of it.
fn specimen(name: &'static str, columns: &'static [&'static str]) -> Report {
    let cell = |name: &&str| match *name {
        "postings" | "invoices" | "uses" | "not_sold" | "not_priced" | "value" => Cell::Count(1),
        "account_sid" | "payer_sid" => Cell::Text(format!("AC{:032x}", 1)),
        "carrier" | "ledger_account" | "account_name" | "buyer" | "item" | "month" | "measure" | "class" => {
            Cell::Text("voice.out.mobile".to_owned())
        }
        _ => Cell::Amount(Money::from_micros(1_000_000)),
    };
    let amount = Cell::Amount(Money::from_micros(1_000_000));
    let totals = match name {
        "aged_debt" => {
            vec![("open", amount.clone()), ("receivable", amount.clone()), ("unallocated", amount)]
        }
        "simulation" => {
            vec![("charged", amount.clone()), ("simulated", amount.clone()), ("difference", amount)]
        }
        "margin" => vec![("sold", amount.clone()), ("bought", amount.clone()), ("margin", amount)],
        "resale" => vec![("sold", amount.clone()), ("owed", amount.clone()), ("margin", amount)],
        "regulator" => Vec::new(),
        name => vec![(name, amount)],
    };
    let rows = vec![columns.iter().map(cell).collect()];
    Report { name, about: "2026-10-01/2026-10-31".to_owned(), currency: Currency::EUR, columns, rows, totals }
}
