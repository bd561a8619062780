//! Everybody in one conference of the whole program: signalling, documents, records and the mix, with a socket for each talker.

use std::time::Duration;

use anyhow::{Result, ensure};

use super::callers::{self, Load};
use super::watch::Open;
use super::{OPEN_MORE, SETTLE};
use crate::application::Application;
use crate::flexio::Flexio;
use crate::process::cpu;
use crate::table::{Row, Table, each};

/// They come one after another for so long, then each leaves after so long and comes again.
const STAY: Duration = Duration::from_secs(60);
/// Packets that must come of those that are due while somebody is in: the machine is shared with the callers.
const HEARD_PERCENT: u64 = 90;

/// Runs it, and adds its row. Fails where somebody is kept out, hears too little, or leaves something open behind.
pub(crate) fn run(table: &mut Table, runtime: &tokio::runtime::Runtime, talkers: usize) -> Result<()> {
    let application = runtime.block_on(Application::start())?;
    let flexio = Flexio::start("")?;
    let number = runtime.block_on(flexio.rent(&application.room_url()))?;
    let load = |calls, length| Load { target: flexio.sip, number: number.clone(), calls, call: STAY, length };
    callers::run(&load(talkers.min(20), Duration::from_secs(5)), |_| {})?;
    std::thread::sleep(SETTLE);
    let before = Open::of(flexio.pid())?;
    let spent = cpu(flexio.pid())?;
    let outcome = callers::run(&load(talkers, STAY * 2), |_| {})?;
    let spent = cpu(flexio.pid())?.saturating_sub(spent);
    std::thread::sleep(SETTLE);
    let after = Open::of(flexio.pid())?;
    let heard_percent = outcome.pacing.count() * 100 / (outcome.call_seconds * 50).max(1);
    let ms = |per_mille: f64| outcome.pacing.percentile(per_mille).as_secs_f64() * 1e3;
    let reached = format!(
        "{} joined, {} kept out; {heard_percent} % of the packets heard, off their 20 ms p50 {:.1} ms, p99.9 {:.1} ms; \
         descriptors {} before, {} after; ports {} before, {} after",
        outcome.answered,
        outcome.failed,
        ms(500.0),
        ms(999.0),
        before.descriptors,
        after.descriptors,
        before.ports,
        after.ports,
    );
    table.add(Row {
        figure: format!(
            "{talkers} talkers in one conference of the whole program, each for {} s",
            STAY.as_secs()
        ),
        ours: each(spent, outcome.call_seconds),
        raw: None,
        unit: "call-second",
        reached,
    });
    let transactions = flexio.prove()?;
    ensure!(
        outcome.answered >= talkers as u64 && outcome.failed == 0,
        "not everybody was let in: {outcome:?}"
    );
    ensure!(transactions >= outcome.answered, "{} calls, {transactions} transactions", outcome.answered);
    ensure!(heard_percent >= HEARD_PERCENT, "{heard_percent} % of the packets were heard");
    ensure!(after.descriptors <= before.descriptors + OPEN_MORE, "descriptors are left behind");
    ensure!(after.ports <= before.ports, "ports are left behind");
    Ok(())
}
