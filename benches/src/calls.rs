//! Call set-up: INVITE, the application asked over HTTP, 200, ACK, BYE, usage priced and booked, call record on disk.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::application::Application;
use crate::caller::{self, Load, Outcome};
use crate::flexio::Flexio;
use crate::process::{Twin, cpu, resident_kib, scratch};
use crate::table::{Row, Table, each, float};

/// Rates at which cost and set-up time are told, calls per second, and for how many seconds.
const STEADY: [(u64, u64); 3] = [(100, 3), (200, 3), (400, 5)];
/// Rates tried for the maximum, two seconds each.
const LADDER: [u64; 7] = [600, 850, 1_200, 1_700, 2_500, 3_500, 5_000];
/// The maximum is kept up for this long, in seconds.
const SUSTAINED_S: u64 = 60;
/// The maximum is looked for so long, then the best so far counts.
const SEARCH: Duration = Duration::from_secs(45);

/// A side that answers calls, and the process that pays for it.
struct Side {
    target: SocketAddr,
    number: String,
    pid: u32,
}

impl Side {
    /// CPU of the called side, from the first INVITE until all is written.
    fn measure(&self, rate: u64, seconds: u64) -> Result<(Outcome, f64)> {
        let before = cpu(self.pid)?;
        let load = Load { target: self.target, number: self.number.clone(), rate, seconds };
        let outcome = caller::run(&load)?;
        let spent = cpu(self.pid)?.saturating_sub(before);
        let cost = each(spent, outcome.answered);
        Ok((outcome, cost))
    }
}

/// All figures of calls.
pub(crate) fn run(table: &mut Table, runtime: &tokio::runtime::Runtime) -> Result<()> {
    let application = runtime.block_on(Application::start())?;
    let flexio = Flexio::start("")?;
    let number = runtime.block_on(flexio.rent(&application.voice_url()))?;
    let folder = scratch()?;
    let raw = Twin::start("raw-uas", folder.path())?;
    let ours = Side { target: flexio.sip, number: number.clone(), pid: flexio.pid() };
    let twin = Side { target: raw.address, number, pid: raw.pid() };
    let mut booked = ours.measure(100, 1)?.0.answered;
    ensure!(booked > 0, "no call was answered");
    let memory = resident_kib(ours.pid);
    for (rate, seconds) in STEADY {
        let (outcome, cost) = ours.measure(rate, seconds)?;
        let (_, floor) = twin.measure(rate, 2)?;
        booked += outcome.answered;
        table.add(row(format!("call set-up at {rate}/s"), cost, floor, outcome.show()));
    }
    booked += maximum(table, &ours, &twin)?;
    let grown = float(resident_kib(ours.pid).saturating_sub(memory)) / float(booked);
    runtime.block_on(is_priced(&flexio))?;
    let transactions = flexio.prove()?;
    ensure!(transactions >= booked, "{booked} calls were answered and {transactions} transactions booked");
    eprintln!(
        "  {booked} calls answered, {transactions} transactions booked, ledger proven, {grown:.1} KiB resident per call"
    );
    Ok(())
}

fn row(figure: String, ours: f64, raw: f64, reached: String) -> Row {
    Row { figure, ours, raw: Some(raw), unit: "call", reached }
}

/// Climbs until calls are lost, goes back until none are for a minute, then offers twice that. Returns how many calls were answered.
fn maximum(table: &mut Table, ours: &Side, twin: &Side) -> Result<u64> {
    let begun = Instant::now();
    let (mut rate, mut answered) = (STEADY[STEADY.len() - 1].0, 0);
    for next in LADDER {
        let (outcome, cost) = ours.measure(next, 2)?;
        eprintln!("  tried {next}/s: {cost:.3} ms CPU per call; {}", outcome.show());
        answered += outcome.answered;
        if !outcome.is_sustained(next) {
            break;
        }
        rate = next;
    }
    // What was refused before must not be held against the next try.
    std::thread::sleep(Duration::from_secs(1));
    let (outcome, cost) = loop {
        let (outcome, cost) = ours.measure(rate, SUSTAINED_S)?;
        eprintln!("  kept up {rate}/s: {cost:.3} ms CPU per call; {}", outcome.show());
        answered += outcome.answered;
        if outcome.is_sustained(rate) || begun.elapsed() > SEARCH {
            break (outcome, cost);
        }
        rate = rate * 85 / 100;
    };
    let (_, floor) = twin.measure(rate, 2)?;
    let kept = if outcome.is_sustained(rate) { "sustained" } else { "NOT sustained" };
    let figure = format!("call set-up, {kept} for {SUSTAINED_S} s");
    table.add(row(figure, cost, floor, outcome.show()));
    let (flood, cost) = ours.measure(rate * 2, 4)?;
    let (after, _) = ours.measure(rate / 2, 2)?;
    let kept = flood.rate() * 100.0 / float(rate);
    let (refused, failed) = (flood.refused, flood.failed);
    let reached = format!(
        "{kept:.0} % of the sustained rate kept, {refused} refused with 503, {failed} failed; after it at half the rate: {}",
        after.show()
    );
    table.add(row(format!("call set-up at twice that, {}/s", rate * 2), cost, floor, reached));
    let (limit, cost) = twin.measure(8_000, 2)?;
    table.add(row("generator against the raw limit".to_owned(), cost, cost, limit.show()));
    Ok(answered + flood.answered + after.answered)
}

/// The newest call must be over and have a price.
async fn is_priced(flexio: &Flexio) -> Result<()> {
    let calls = flexio.ask("/Calls.json?PageSize=1", None).await?;
    let call = calls["calls"].get(0).context("no call was recorded")?;
    ensure!(call["status"] == "completed" && call["price"].is_string(), "a call without a price: {call}");
    Ok(())
}
