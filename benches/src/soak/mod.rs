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
use pacing::Pacing;
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
    let mut watch = Watch::new(flexio.pid());
    let length = Duration::from_secs(scale.minutes * 60);
    let load = Load { target: flexio.sip, number, calls: scale.calls, call: CALL, length };
    let loaded = Loaded::new(&flexio, &load, |elapsed| watch.look(elapsed))?;
    table.add(row(scale, &loaded, &watch));
    let outcome = &loaded.outcome;
    ensure!(
        outcome.answered > 0 && outcome.failed() * 1_000 <= outcome.answered,
        "calls failed: {:?}",
        outcome.failed
    );
    loaded.prove(flexio)
}

/// What a load came to.
struct Loaded {
    outcome: Outcome,
    /// CPU time of the program.
    spent: Duration,
    before: Open,
    after: Open,
}

impl Loaded {
    /// Brings a load upon a program whose threads, pools and caches are there: a few calls have been before.
    fn new(flexio: &Flexio, load: &Load, look: impl FnMut(Duration)) -> Result<Self> {
        let few = Load { calls: load.calls.min(20), length: Duration::from_secs(5), ..load.clone() };
        callers::run(&few, |_| {})?;
        std::thread::sleep(SETTLE);
        let before = Open::of(flexio.pid())?;
        let spent = cpu(flexio.pid())?;
        let outcome = callers::run(load, look)?;
        let spent = cpu(flexio.pid())?.saturating_sub(spent);
        std::thread::sleep(SETTLE);
        Ok(Self { outcome, spent, before, after: Open::of(flexio.pid())? })
    }

    /// What was open before and after, in words.
    fn open(&self) -> String {
        let Self { before, after, .. } = self;
        format!(
            "descriptors {} before, {} after; ports {} before, {} after",
            before.descriptors, after.descriptors, before.ports, after.ports
        )
    }

    /// Fails where the books are wrong, or something is left open.
    fn prove(&self, flexio: Flexio) -> Result<()> {
        let Self { outcome, before, after, .. } = self;
        let transactions = flexio.prove()?;
        ensure!(transactions >= outcome.answered, "{} calls, {transactions} transactions", outcome.answered);
        ensure!(
            after.descriptors <= before.descriptors + OPEN_MORE,
            "descriptors are left behind: {after:?}"
        );
        ensure!(after.ports <= before.ports, "ports are left behind: {after:?}");
        Ok(())
    }
}

fn row(scale: Scale, loaded: &Loaded, watch: &Watch) -> Row {
    let outcome = &loaded.outcome;
    let slope = watch.slope_mb_per_hour().map_or_else(
        || "too short for a slope of memory".to_owned(),
        |slope| format!("memory {slope:+.2} MB/h after warm-up (goal 1)"),
    );
    let ms = |pacing: &Pacing, per_mille: f64| pacing.percentile(per_mille).as_secs_f64() * 1e3;
    let reached = format!(
        "{} calls answered, {} failed{}; {slope}, {} MB at most; {}; packets off their 20 ms p50 {:.1} ms, p99.9 {:.1} ms (goal 3; a thread that only wakes up: p50 {:.1} ms, p99.9 {:.1} ms), none in 100 ms {} of {}",
        outcome.answered,
        outcome.failed(),
        outcome.why(),
        watch.most_mb(),
        loaded.open(),
        ms(&outcome.pacing, 500.0),
        ms(&outcome.pacing, 999.0),
        ms(&outcome.idle, 500.0),
        ms(&outcome.idle, 999.0),
        outcome.pacing.gaps(),
        outcome.pacing.count(),
    );
    Row {
        figure: format!("soak, {} min, {} calls at one time", scale.minutes, scale.calls),
        ours: each(loaded.spent, outcome.call_seconds),
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
