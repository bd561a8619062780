//! Whether messages cost the last time what they cost the first time: end to end, in tenths, with everything sent before in the database.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use flexio_testkit::smsc::{Behaviour, Smsc};

use crate::application::Application;
use crate::flexio::Flexio;
use crate::process::cpu;
use crate::sms::{self, Load, PATIENCE};
use crate::table::{Row, Table, each, float, per_second};

/// Parts that are compared.
const PARTS: u64 = 10;
/// Messages posted before those under way are waited for.
const LAP: u64 = 10_000;
/// What the last part must reach of the first.
const GOAL_PERCENT: f64 = 90.0;

/// One part.
#[derive(Clone, Copy)]
struct Part {
    /// CPU of the measured process for each message, in milliseconds.
    cost: f64,
    /// Messages a second, callback `delivered` included.
    rate: f64,
}

/// Sends `count` messages and compares the last tenth with the first.
pub(crate) async fn run(table: &mut Table, count: u64) -> Result<()> {
    ensure!(count >= PARTS, "at least {PARTS} messages");
    let application = Application::start().await?;
    let smsc = Smsc::start(Behaviour::default()).await?;
    let flexio = Flexio::start(&sms::route(smsc.address().port()))?;
    let number = flexio.rent("http://127.0.0.1:9/").await?;
    let bound = smsc.until(|record| record.binds > 0);
    tokio::time::timeout(PATIENCE, bound).await.context("flexio does not bind")?;
    let load = Load {
        target: flexio.http,
        login: flexio.login.clone(),
        from: number,
        callback: Some(application.status_url()),
        told_of: None,
        messages_max: LAP,
        time_max: Duration::from_secs(600),
    };
    let (mut parts, mut sent) = (Vec::new(), 0);
    for nth in 1..=PARTS {
        let (begun, before, first) = (Instant::now(), cpu(flexio.pid())?, sent);
        let until = count * nth / PARTS;
        while sent < until {
            sent += sms::post(&Load { messages_max: LAP.min(until - sent), ..load.clone() }).await?.count;
            delivered(&application, sent).await?;
            // What the carrier remembers is not what is measured.
            smsc.forget();
        }
        let cost = each(cpu(flexio.pid())?.saturating_sub(before), sent - first);
        let part = Part { cost, rate: per_second(sent - first, begun.elapsed()) };
        eprintln!("  {nth}/{PARTS}: {:.3} ms CPU, {:.0}/s", part.cost, part.rate);
        parts.push(part);
    }
    let (first, last) = (parts[0], parts[parts.len() - 1]);
    let percent = 100.0 * first.cost / last.cost.max(f64::MIN_POSITIVE);
    let verdict = if percent >= GOAL_PERCENT { "met" } else { "missed" };
    let of = 100.0 * last.rate / first.rate.max(f64::MIN_POSITIVE);
    let row = |figure: String, part: Part, reached| Row {
        figure,
        ours: part.cost,
        raw: None,
        unit: "message",
        reached,
    };
    let tenth = count / PARTS;
    table.add(row(format!("end to end, the first {tenth}"), first, format!("{:.0}/s", first.rate)));
    let reached = format!(
        "{:.0}/s; goal {GOAL_PERCENT:.0} % of the first: {percent:.0} % by CPU, {verdict}; {of:.0} % by rate",
        last.rate
    );
    table.add(row(format!("end to end, the last {tenth} of {count}"), last, reached));
    ensure!(flexio.prove()? >= count, "messages were not charged");
    Ok(())
}

/// Waits until the application was told of as many.
async fn delivered(application: &Application, count: u64) -> Result<()> {
    let told = || application.told.delivered.load(Ordering::Relaxed);
    let (mut last, mut since) = (told(), Instant::now());
    while told() < count {
        tokio::time::sleep(Duration::from_millis(5)).await;
        if told() > last {
            (last, since) = (told(), Instant::now());
        }
        ensure!(since.elapsed() < PATIENCE, "{:.0} of {:.0} were delivered", float(last), float(count));
    }
    Ok(())
}
