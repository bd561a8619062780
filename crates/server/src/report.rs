//! `flexio billing report` and `flexio plan simulate`: tables for the operator.

use std::io::{IsTerminal, Write};

use anyhow::{Context, Result};
use clap::ValueEnum;
use flexio_app::reports::{Cell, Report};
use flexio_documents::tables;
use flexio_rating::BillingMonth;

use crate::cli::{self, Where};
use crate::plan;

/// Which report.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Which {
    /// Revenue by price item, as posted from one day to another
    Revenue,
    /// What was used and is on no invoice yet
    Unbilled,
    /// What is not paid, by the days it is overdue
    AgedDebt,
    /// Contracts, numbers, minutes and messages of each month
    Regulator,
    /// What each carrier brought in and cost in a month, by its own price list
    Margin,
    /// What each reseller's customers used in a month, and what the reseller owes for it by its own plan
    Resale,
}

/// Makes a report and tells it.
pub(crate) async fn run(
    place: Where,
    which: Which,
    (from, to): (Option<String>, Option<String>),
    csv: bool,
) -> Result<()> {
    let app = plan::open(&place).await?;
    let report = match which {
        Which::Revenue => {
            let (from, to) = (given("--from", from.as_deref())?, given("--to", to.as_deref())?);
            app.revenue_report(from, to).await
        }
        Which::Unbilled => app.unbilled_report().await,
        Which::AgedDebt => app.aged_debt_report().await,
        Which::Regulator => {
            let (from, to) = (given("--from", from.as_deref())?, given("--to", to.as_deref())?);
            app.regulator_report(from, to).await
        }
        Which::Margin => app.margin_report(given("--from", from.as_deref())?, None, &mut counted).await,
        Which::Resale => app.resale_report(given("--from", from.as_deref())?, None, None, &mut counted).await,
    };
    tell(&place, &report.context("the report was not made")?, csv)
}

/// Tells what a month comes to under another plan.
pub(crate) async fn simulate(place: Where, name: String, month: BillingMonth, csv: bool) -> Result<()> {
    let app = plan::open(&place).await?;
    let plan = plan::named(&app, &name).await?;
    let report = app
        .simulate_plan(&plan, month, None, &mut counted)
        .await
        .with_context(|| format!("{month} was not simulated"))?;
    tell(&place, &report, csv)
}

/// Shows a person how far it is.
fn counted(done: u64) {
    let mut screen = std::io::stderr().lock();
    if screen.is_terminal() {
        let _ = write!(screen, "\r{done} uses");
    }
}

fn given<T: std::str::FromStr>(name: &str, text: Option<&str>) -> Result<T>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    let text = text.with_context(|| format!("{name} is missing"))?;
    text.parse().with_context(|| format!("{name} {text}"))
}

fn tell(place: &Where, report: &Report, csv: bool) -> Result<()> {
    if csv {
        return cli::say(tables::written(report.table()).trim_end());
    }
    if place.json {
        let value = |cell: &Cell| match cell {
            Cell::Count(count) => serde_json::json!(count),
            Cell::Text(_) | Cell::Amount(_) => cell.text().into(),
        };
        let named = |row: &Vec<Cell>| -> serde_json::Value {
            let pairs = report.columns.iter().zip(row).map(|(name, cell)| ((*name).to_owned(), value(cell)));
            pairs.collect::<serde_json::Map<_, _>>().into()
        };
        let totals: serde_json::Map<_, _> =
            report.totals.iter().map(|(name, cell)| ((*name).to_owned(), value(cell))).collect();
        let facts = serde_json::json!({
            "report": report.name, "about": report.about, "currency": report.currency.to_string(),
            "rows": report.rows.iter().map(named).collect::<Vec<_>>(), "totals": totals,
        });
        return cli::say(&facts.to_string());
    }
    cli::say(&format!("{} {}, {}", report.name, report.about, report.currency))?;
    let rows = report.table();
    let width = |at: usize| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..report.columns.len()).map(width).collect();
    for row in &rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cli::say(cells.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    for (name, cell) in &report.totals {
        cli::say(&format!("{name}: {}", cell.text()))?;
    }
    Ok(())
}
