//! A year of a telephone company by a virtual clock: customers come, take and leave things and promotions, call, pay, withdraw and go; every month is closed and
//! invoiced twice. At its end the books must be sound, and what was charged must be what a second reckoning says.
//!
//! Everything follows from the seed. The second reckoning ([`oracle`]) knows prices, dates and rounding by itself and shares no code with
//! rating and billing.

mod acts;
mod life;
mod oracle;
#[cfg(test)]
mod tests;
mod world;

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use flexio_domain::{Money, Timestamp};
use jiff::civil::Date;
use jiff::{SignedDuration, ToSpan};
use tokio::runtime::Runtime;

use crate::process::{cpu, scratch};
use crate::table::{Row, Table, each, per_second};
use life::Act;
pub(crate) use world::World;

/// How much happens.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scale {
    /// Customers, most of which come in the first quarter.
    pub customers: usize,
    /// Uses, of all of them.
    pub events: usize,
    /// Everything follows from it.
    pub seed: u64,
}

/// What a year came to, and what it took.
#[derive(Debug, Default)]
pub(crate) struct Year {
    pub events: u64,
    pub postings: u64,
    pub seals: u64,
    pub invoices: u64,
    pub net: Money,
    pub charged: Money,
    /// What promotions took off invoices.
    pub given: Money,
    pub using: Duration,
    pub closing: Duration,
    pub invoicing: Duration,
    pub sealing: Duration,
    pub proving: Duration,
    pub rerating: Duration,
}

/// The year, in Brussels.
pub(crate) const YEAR: i16 = 2027;

/// Runs a year and adds its row.
pub(crate) fn run(table: &mut Table, runtime: &Runtime, scale: Scale) -> Result<()> {
    let folder = scratch()?;
    let store = flexio_store_sqlite::SqliteStore::open(&folder.path().join("flexio.db"))?;
    let before = cpu(std::process::id())?;
    let began = Instant::now();
    let year =
        runtime.block_on(simulate(std::sync::Arc::new(store), scale, &mut |line| eprintln!("  {line}")))?;
    let spent = cpu(std::process::id())?.saturating_sub(before);
    let took = began.elapsed();
    eprintln!(
        "  {} postings under {} seals, {} charged, {} invoiced without tax, {} given; closing {:.1} s, sealing {:.1} s",
        year.postings,
        year.seals,
        year.charged,
        year.net,
        year.given,
        year.closing.as_secs_f64(),
        year.sealing.as_secs_f64()
    );
    table.add(Row {
        figure: format!("a year of {} customers, seed {}", scale.customers, scale.seed),
        ours: each(spent, year.events),
        raw: None,
        unit: "event, everything of the year with it",
        reached: format!(
            "{:.0} s in all; {} events booked at {:.0}/s, {} invoices at {:.0}/s, proof {:.1} s, rated again at {:.0}/s",
            took.as_secs_f64(),
            year.events,
            per_second(year.events, year.using),
            year.invoices,
            per_second(year.invoices, year.invoicing),
            year.proving.as_secs_f64(),
            per_second(year.events, year.rerating),
        ),
    });
    Ok(())
}

/// Lives through the year.
pub(crate) async fn simulate(
    store: std::sync::Arc<dyn flexio_store::Store>,
    scale: Scale,
    tell: &mut (dyn FnMut(&str) + Send),
) -> Result<Year> {
    let mut world = World::new(store, scale).await?;
    let mut year = Year::default();
    let acts = life::acts(scale);
    let mut acts = acts.iter().peekable();
    let mut day = Date::new(YEAR, 1, 1)?;
    // What came late for December is on the invoice of January.
    let end = Date::new(YEAR + 1, 2, 5)?;
    while day < end {
        for (hour, minute, job) in jobs(day) {
            let at = world.local(day, hour, minute)?;
            live_until(&mut world, &mut acts, at, &mut year).await?;
            world.clock.set(at);
            let done = match job {
                Job::Night => Box::pin(world.night()).await,
                Job::Close => Box::pin(world.close(day, &mut year)).await,
                Job::Invoice => Box::pin(world.invoice(day, &mut year)).await,
            };
            done.with_context(|| format!("{job:?} of {day}"))?;
        }
        let midnight = world.local(day.tomorrow()?, 0, 0)?;
        live_until(&mut world, &mut acts, midnight, &mut year).await?;
        world.clock.set(midnight);
        let began = Instant::now();
        world.app.seal_ledger().await?;
        year.sealing += began.elapsed();
        if day.last_of_month() == day {
            tell(&format!("{day}: {} events so far", world.events()));
        }
        day = day.tomorrow()?;
    }
    ensure!(acts.peek().is_none(), "something was to happen after the year");
    world.audit(&mut year).await?;
    Ok(year)
}

/// What the company does by itself.
#[derive(Debug, Clone, Copy)]
enum Job {
    Night,
    Close,
    Invoice,
}

/// Hours and minutes of a day's jobs, in their order.
fn jobs(day: Date) -> Vec<(i8, i8, Job)> {
    let mut jobs = vec![(0, 0, Job::Night)];
    // January of the year is nobody's month before: there was no business yet.
    if day >= jiff::civil::date(YEAR, 2, 1) {
        match day.day() {
            1 => jobs.push((1, 30, Job::Close)),
            3 => jobs.push((4, 30, Job::Invoice)),
            _ => {}
        }
    }
    jobs
}

/// Lets happen what the script has before a time.
async fn live_until(
    world: &mut World,
    acts: &mut std::iter::Peekable<std::slice::Iter<'_, (Timestamp, Act)>>,
    until: Timestamp,
    year: &mut Year,
) -> Result<()> {
    let began = Instant::now();
    while let Some((at, act)) = acts.next_if(|(at, _)| *at < until) {
        world.clock.set(*at);
        Box::pin(world.perform(*at, act)).await.with_context(|| format!("{act:?} at {at}"))?;
    }
    world.flush().await?;
    year.using += began.elapsed();
    Ok(())
}

/// Midday of the day before the year: everything is set up then.
fn eve() -> Timestamp {
    let zone = jiff::tz::TimeZone::get("Europe/Brussels").expect("the zone database is compiled in");
    let first =
        zone.to_timestamp(jiff::civil::date(YEAR, 1, 1).at(0, 0, 0, 0)).expect("a day of the calendar");
    first.saturating_sub(SignedDuration::from_hours(12)).expect("a time of the calendar")
}

/// The month before the one that begins with `day`.
fn month_before(day: Date) -> Result<flexio_rating::BillingMonth> {
    let before = day.checked_sub(1.month())?;
    Ok(format!("{:04}-{:02}", before.year(), before.month()).parse()?)
}
