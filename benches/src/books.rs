//! The books: charges booked durably, and the end of a month with many subscriptions.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use flexio_domain::*;
use flexio_store::contract::{posting, usage};
use flexio_store::{Change, ChangeSet, HoldingChange, Store};
use flexio_store_postgres::PostgresStore;
use flexio_store_sqlite::SqliteStore;
use flexio_testkit::postgres::Server;
use tokio::runtime::Runtime;

use crate::process::{cpu, scratch};
use crate::table::{Row, Table, each, per_second};
use crate::year;

/// Charges that are booked at the same time.
const AT_ONCE: usize = 512;
const SECONDS: u64 = 5;
/// Subscriptions that hold a number each.
const SUBSCRIPTIONS: usize = 100_000;
/// Holdings written together.
const WRITTEN_AT_ONCE: usize = 5_000;

/// Runs both.
pub(crate) fn run(table: &mut Table, runtime: &Runtime) -> Result<()> {
    runtime.block_on(async {
        let folder = scratch()?;
        let sqlite = SqliteStore::open(&folder.path().join("charges.db"))?;
        charges(table, Arc::new(sqlite), "SQLite").await?;
        // A server of its own needs programs that not every machine has.
        let server = Server::start();
        let postgres = PostgresStore::connect(&server.new_database().await).await?;
        charges(table, Arc::new(postgres), "PostgreSQL (its server's CPU apart)").await?;
        let sqlite = SqliteStore::open(&folder.path().join("month.db"))?;
        month(table, Arc::new(sqlite)).await
    })
}

/// A usage event and its posting, each on disk before it counts.
async fn charges(table: &mut Table, store: Arc<dyn Store>, database: &str) -> Result<()> {
    let count = Arc::new(AtomicU64::new(0));
    let (began, spent) = (Instant::now(), cpu(std::process::id())?);
    let tasks: Vec<_> = (0..AT_ONCE)
        .map(|_| {
            let (store, count) = (Arc::clone(&store), Arc::clone(&count));
            tokio::spawn(async move {
                let owner = AccountSid::new();
                while began.elapsed() < Duration::from_secs(SECONDS) {
                    let event = usage(owner, &format!("{}:accepted", MessageSid::new()));
                    let set = ChangeSet::from(Change::Post(posting(&event))).with(Change::AddUsage(event));
                    store.commit(set).await?;
                    count.fetch_add(1, Ordering::Relaxed);
                }
                anyhow::Ok(())
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    let (count, took) = (count.load(Ordering::Relaxed), began.elapsed());
    let spent = cpu(std::process::id())?.saturating_sub(spent);
    let proof = store.ledger_proof().await?;
    ensure!(proof.transactions == count && proof.sum == Money::ZERO, "{proof:?} after {count} charges");
    table.add(Row {
        figure: format!("charge booked, {database}, {AT_ONCE} at a time"),
        ours: each(spent, count),
        raw: None,
        unit: "event and posting",
        reached: format!("{:.0}/s, synced", per_second(count, took)),
    });
    Ok(())
}

async fn month(table: &mut Table, store: Arc<dyn Store>) -> Result<()> {
    let world = year::World::new(store, year::Scale { customers: 1, events: 0, seed: 1 }).await?;
    let terms = world.app.rater().monthly_terms(HeldItem::Number).map_err(|it| anyhow::anyhow!("{it}"))?;
    let from = world.local(jiff::civil::date(year::YEAR, 1, 1), 0, 0)?;
    let held = |nth: usize| {
        let subject = format!("+3225{nth:06}");
        let (account_sid, terms) = (AccountSid::new(), terms.clone());
        let item = HeldItem::Number;
        HoldingChange::Begin(Holding {
            sid: HoldingSid::new(),
            account_sid,
            item,
            subject,
            terms,
            from,
            until: None,
        })
    };
    for start in (0..SUBSCRIPTIONS).step_by(WRITTEN_AT_ONCE) {
        let mut set = ChangeSet::new();
        (start..start + WRITTEN_AT_ONCE).for_each(|nth| set.push(held(nth).into()));
        world.app.store.commit(set).await?;
    }
    let january = format!("{}-01", year::YEAR).parse()?;
    world.clock.set(world.local(jiff::civil::date(year::YEAR, 2, 1), 1, 30)?);
    let (began, spent) = (Instant::now(), cpu(std::process::id())?);
    let closed = world.app.close_month(january).await.context("the month was not closed")?;
    let (took, spent) = (began.elapsed(), cpu(std::process::id())?.saturating_sub(spent));
    ensure!(closed.charges == SUBSCRIPTIONS as u64, "{closed:?}");
    let again = Instant::now();
    world.app.close_month(january).await?;
    ensure!(world.app.store.ledger_proof().await?.transactions == closed.charges, "booked twice");
    table.add(Row {
        figure: format!("month closed, {SUBSCRIPTIONS} subscriptions, SQLite"),
        ours: each(spent, closed.charges),
        raw: None,
        unit: "charge",
        reached: format!(
            "{:.1} s; again, where nothing is left to do, {:.1} s",
            took.as_secs_f64(),
            again.elapsed().as_secs_f64()
        ),
    });
    Ok(())
}
