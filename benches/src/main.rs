//! What flexio costs: CPU per unit of work, beside a raw-limit twin of the same run, and the rates reached on the machine named.
//!
//! `flexio-bench calls|media|sms|writes|rating|books|all`, `flexio-bench year [CUSTOMERS [EVENTS [SEED]]]`, `flexio-bench soak [MINUTES [CALLS]]`, `flexio-bench room [TALKERS]`, `flexio-bench lasting [MESSAGES]` (release builds only mean something: `scripts/check bench`)
//!
//! **Owns** the load (SIP callers, HTTP clients, a customer's application), the raw-limit twins and the table. **Does not own** the
//! measured programs: `flexio` is found by `FLEXIO_BIN` or beside this one, and the measuring programs of single crates stay with
//! their crates.
//!
//! **Invariants**
//! - Loopback only; every part is bounded in count and time.
//! - CPU is user and system time of the measured process alone (media: of its media threads); what generates the load is not in it,
//!   but shares the cores, so rates are lower bounds.
//! - What was measured was done: calls and messages must be priced, and the ledger is proven after each run.
//!
//! **Start reading** at [`calls`].

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the table is the program's result")]

mod application;
mod books;
mod caller;
mod calls;
mod carrier;
mod client;
mod examples;
mod flexio;
mod lasting;
mod process;
mod raw_accept;
mod raw_smpp;
mod raw_uas;
mod sms;
mod soak;
mod table;
mod year;

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use tokio::runtime::Runtime;

use crate::table::Table;

// As in the measured program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const PARTS: [&str; 6] = ["calls", "media", "sms", "writes", "rating", "books"];

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let wanted = arguments.next().unwrap_or_default();
    match wanted.as_str() {
        // The twins: other processes of this program.
        "raw-uas" => return raw_uas::serve(),
        "raw-accept" => {
            let folder = arguments.next().map(PathBuf::from).context("raw-accept FOLDER")?;
            return Runtime::new()?.block_on(raw_accept::serve(&folder));
        }
        "raw-smpp" => {
            let (folder, smsc) = (arguments.next().unwrap_or_default(), arguments.next().unwrap_or_default());
            return raw_smpp::serve(std::path::Path::new(&folder), &smsc);
        }
        "lasting" => return it_lasts(arguments.next()),
        "year" => return a_year(&arguments.collect::<Vec<_>>()),
        "room" => return a_room(arguments.next()),
        "soak" => return a_soak(&arguments.collect::<Vec<_>>()),
        part if part == "all" || PARTS.contains(&part) => {}
        _ => bail!(
            "usage: flexio-bench calls|media|sms|writes|rating|books|all|year [CUSTOMERS [EVENTS [SEED]]]|soak [MINUTES [CALLS]]|room [TALKERS]|lasting [MESSAGES]"
        ),
    }
    let machine = process::machine(process::scratch()?.path());
    eprintln!("{machine}");
    let runtime = Runtime::new()?;
    let mut table = Table::default();
    for part in PARTS {
        if wanted == "all" || wanted == part {
            eprintln!("{part}");
            let done = match part {
                "calls" => calls::run(&mut table, &runtime),
                "media" => examples::media(&mut table),
                "sms" => sms::run(&mut table, &runtime),
                "writes" => examples::writes(&mut table),
                "books" => books::run(&mut table, &runtime),
                _ => examples::rating(&mut table),
            };
            done.with_context(|| format!("{part} failed"))?;
        }
    }
    println!("{machine}\n");
    table.print();
    Ok(())
}

/// Half an hour under load: no part of `all`, because it takes that long.
fn a_soak(arguments: &[String]) -> Result<()> {
    let number = |nth: usize, default: u64| match arguments.get(nth) {
        Some(text) => text.parse::<u64>().with_context(|| format!("{text} is no number")),
        None => Ok(default),
    };
    let scale = soak::Scale { minutes: number(0, 30)?, calls: usize::try_from(number(1, 400)?)? };
    let machine = process::machine(process::scratch()?.path());
    let mut table = Table::default();
    soak::run(&mut table, &Runtime::new()?, scale)?;
    println!("{machine}\n");
    table.print();
    Ok(())
}

/// One conference for everybody: no part of `all`, because it takes minutes by itself.
fn a_room(talkers: Option<String>) -> Result<()> {
    let talkers = talkers.map_or(Ok(1_000), |text| text.parse()).context("room [TALKERS]")?;
    let machine = process::machine(process::scratch()?.path());
    let mut table = Table::default();
    soak::room::run(&mut table, &Runtime::new()?, talkers)?;
    println!("{machine}\n");
    table.print();
    Ok(())
}

/// A million messages: no part of `all`, because it takes minutes by itself.
fn it_lasts(count: Option<String>) -> Result<()> {
    let count = count.map_or(Ok(1_000_000), |text| text.parse()).context("lasting [MESSAGES]")?;
    let machine = process::machine(process::scratch()?.path());
    let mut table = Table::default();
    Runtime::new()?.block_on(lasting::run(&mut table, count))?;
    println!("{machine}\n");
    table.print();
    Ok(())
}

/// A simulated year: no part of `all`, because it takes minutes by itself.
fn a_year(arguments: &[String]) -> Result<()> {
    let number = |nth: usize, default: u64| match arguments.get(nth) {
        Some(text) => text.parse::<u64>().with_context(|| format!("{text} is no number")),
        None => Ok(default),
    };
    let scale = year::Scale {
        customers: usize::try_from(number(0, 1_000)?)?,
        events: usize::try_from(number(1, 1_000_000)?)?,
        seed: number(2, 1)?,
    };
    let machine = process::machine(process::scratch()?.path());
    let mut table = Table::default();
    year::run(&mut table, &Runtime::new()?, scale)?;
    println!("{machine}\n");
    table.print();
    Ok(())
}
