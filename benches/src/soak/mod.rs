//! Half an hour at half the load: whether memory grows, descriptors or ports are left behind, and packets keep their pace.
//!
//! The whole program under calls that come and go: conferences, recordings, keys awaited, silence. Samples are taken every few seconds;
//! what is told is the slope of memory by least squares after the warm-up, what was open before and after, and how far packets came from their
//! 20 ms.

mod callers;
mod pacing;
pub(crate) mod room;
mod watch;

use std::time::Duration;

use anyhow::{Result, ensure};

use crate::application::Application;
use crate::flexio::Flexio;
use crate::process::cpu;
use crate::table::{Row, Table, each, float};
use callers::{Load, Outcome};
use watch::{Open, Watch};

/// How long a call lasts.
const CALL: Duration = Duration::from_secs(20);
/// Until everything a call has left is gone: SIP keeps the state of a BYE for 32 s (RFC 3261 §17.1.2.2).
const SETTLE: Duration = Duration::from_secs(40);
/// Descriptors that may be open afterwards that were not before: connections to the application that are kept, a database that has grown.
const OPEN_MORE: usize = 16;

/// How long, and how many calls at one time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scale {
    /// Minutes of load.
    pub minutes: u64,
    /// Calls at one time.
    pub calls: usize,
}

/// Runs it, and adds its row. Fails where descriptors are left behind, or more than one call in a thousand.
pub(crate) fn run(table: &mut Table, runtime: &tokio::runtime::Runtime, scale: Scale) -> Result<()> {
    let application = runtime.block_on(Application::start())?;
    let flexio = Flexio::start("")?;
    let number = runtime.block_on(flexio.rent(&application.soak_url()))?;
    let load = |calls, length| Load { target: flexio.sip, number: number.clone(), calls, call: CALL, length };
    // Threads, pools and caches are there once a few calls have been.
    callers::run(&load(scale.calls.min(20), Duration::from_secs(5)), |_| {})?;
    std::thread::sleep(SETTLE);
    let before = Open::of(flexio.pid())?;
    let spent = cpu(flexio.pid())?;
    let mut watch = Watch::new(flexio.pid());
    let length = Duration::from_secs(scale.minutes * 60);
    let outcome = callers::run(&load(scale.calls, length), |elapsed| watch.look(elapsed))?;
    let spent = cpu(flexio.pid())?.saturating_sub(spent);
    std::thread::sleep(SETTLE);
    let after = Open::of(flexio.pid())?;
    eprintln!("  open before: {before:?}; after: {after:?}");
    table.add(row(scale, &outcome, &watch, spent, (before, after)));
    let transactions = flexio.prove()?;
    ensure!(outcome.answered > 0 && outcome.failed * 1_000 <= outcome.answered, "calls failed: {outcome:?}");
    ensure!(transactions >= outcome.answered, "{} calls, {transactions} transactions", outcome.answered);
    ensure!(after.descriptors <= before.descriptors + OPEN_MORE, "descriptors are left behind");
    ensure!(after.ports <= before.ports, "ports are left behind");
    Ok(())
}

fn row(scale: Scale, outcome: &Outcome, watch: &Watch, spent: Duration, open: (Open, Open)) -> Row {
    let (before, after) = open;
    let slope = watch.slope_mb_per_hour().map_or_else(
        || "too short for a slope of memory".to_owned(),
        |slope| format!("memory {slope:+.2} MB/h after warm-up (goal 1)"),
    );
    let ms = |per_mille: f64| outcome.pacing.percentile(per_mille).as_secs_f64() * 1e3;
    let reached = format!(
        "{} calls answered, {} failed; {slope}, {} MB at most; descriptors {} before, {} after; ports {} before, {} after; \
         packets off their 20 ms p50 {:.1} ms, p99.9 {:.1} ms (goal 3), none in 100 ms {} of {}",
        outcome.answered,
        outcome.failed,
        watch.most_mb(),
        before.descriptors,
        after.descriptors,
        before.ports,
        after.ports,
        ms(500.0),
        ms(999.0),
        outcome.pacing.gaps(),
        outcome.pacing.count(),
    );
    Row {
        figure: format!("soak, {} min, {} calls at one time", scale.minutes, scale.calls),
        ours: each(spent, outcome.call_seconds),
        raw: None,
        unit: "call-second",
        reached,
    }
}

/// A mean of what was measured in whole numbers.
fn mean(values: impl ExactSizeIterator<Item = u64>) -> f64 {
    let count = values.len().max(1) as u64;
    float(values.sum::<u64>()) / float(count)
}
