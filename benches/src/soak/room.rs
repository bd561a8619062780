//! Everybody in one conference of the whole program: signalling, documents, records and the mix, with a socket for each talker.

use std::time::Duration;

use anyhow::{Result, ensure};

use super::Loaded;
use super::callers::Load;
use crate::application::Application;
use crate::flexio::Flexio;
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
    let load = Load { target: flexio.sip, number, calls: talkers, call: STAY, length: STAY * 2 };
    let loaded = Loaded::new(&flexio, &load, |_| {})?;
    let outcome = &loaded.outcome;
    let heard_percent = outcome.pacing.count() * 100 / (outcome.call_seconds * 50).max(1);
    let ms = |per_mille: f64| outcome.pacing.percentile(per_mille).as_secs_f64() * 1e3;
    let reached = format!(
        "{} joined, {} kept out; {heard_percent} % of the packets heard, off their 20 ms p50 {:.1} ms, p99.9 {:.1} ms; {}",
        outcome.answered,
        outcome.failed(),
        ms(500.0),
        ms(999.0),
        loaded.open(),
    );
    table.add(Row {
        figure: format!(
            "{talkers} talkers in one conference of the whole program, each for {} s",
            STAY.as_secs()
        ),
        ours: each(loaded.spent, outcome.call_seconds),
        raw: None,
        unit: "call-second",
        reached,
    });
    ensure!(
        outcome.answered >= talkers as u64 && outcome.failed.is_empty(),
        "not everybody was let in: {} joined, kept out {:?}",
        outcome.answered,
        outcome.failed
    );
    ensure!(heard_percent >= HEARD_PERCENT, "{heard_percent} % of the packets were heard");
    loaded.prove(flexio)
}
