//! Figures of single crates, by their own measuring programs: media, durable writes, rating.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::process::{scratch, sibling};
use crate::table::{Row, Table};

/// Runs a program beside this one; returns what it printed.
fn output(name: &str, arguments: &[&str]) -> Result<String> {
    let output = Command::new(sibling(name)?)
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()?;
    ensure!(output.status.success(), "{name} ended with {}", output.status);
    Ok(String::from_utf8(output.stdout)?)
}

/// The number behind a word of a line.
fn number(line: &str, at: usize) -> Option<f64> {
    line.split_whitespace().nth(at)?.parse().ok()
}

/// Media threads alone, by the scheduler's own clock; the callers run in other threads of that process.
pub(crate) fn media(table: &mut Table) -> Result<()> {
    for calls in ["200", "1000"] {
        let printed = output("flexio-bench-media", &[calls, "4"])?;
        let raw = printed.lines().find(|line| line.starts_with("raw ")).and_then(|line| number(line, 1));
        for name in ["prompt", "bridge", "prompt+record"] {
            let line = printed.lines().find(|line| line.split_whitespace().next() == Some(name));
            let line = line.with_context(|| format!("no figure of {name}"))?;
            let ours = number(line, 1).context("no cost")?;
            let delivered = line.split(", ").nth(1).unwrap_or_default();
            // Packets that were not sent cost nothing: a share far below 100 makes the cost look better than it is.
            let share = number(delivered, 0).context("no share of packets delivered")?;
            let warning = if share < 99.0 { "; OVERLOADED, not a cost per call-second" } else { "" };
            let reached = format!("{delivered}{warning}");
            table.add(Row {
                figure: format!("media: {name}, {calls} calls"),
                ours,
                raw,
                unit: "call-second",
                reached,
            });
        }
    }
    conferences(table)
}

/// Talkers in one room, whose price must not grow with their number; then a thousand of them, in one room and in rooms of fifty.
fn conferences(table: &mut Table) -> Result<()> {
    let rooms =
        [("20", "20"), ("50", "50"), ("100", "100"), ("200", "200"), ("1000", "50"), ("1000", "1000")];
    for (calls, room) in rooms {
        let printed = output("flexio-bench-media", &[calls, "4", "conference", room])?;
        let line = |name: &str| printed.lines().find(|line| line.split_whitespace().next() == Some(name));
        let ours = line("conference").context("no figure of conferences")?;
        let delivered = ours.split(", ").nth(1).unwrap_or_default();
        let share = number(delivered, 0).context("no share of packets delivered")?;
        let warning = if share < 99.0 { "; OVERLOADED, not a cost per call-second" } else { "" };
        table.add(Row {
            figure: format!("media: conference, {calls} talkers in rooms of {room}"),
            ours: number(ours, 1).context("no cost")?,
            raw: line("raw").and_then(|line| number(line, 1)),
            unit: "call-second",
            reached: format!("{delivered}{warning}; goal 0.65"),
        });
    }
    Ok(())
}

/// Sets as accepting a message writes them, each on disk before it counts; the twin writes rows of as many bytes.
pub(crate) fn writes(table: &mut Table) -> Result<()> {
    writes_of(table, "flexio-bench-writes", "SQLite")?;
    writes_of(table, "flexio-bench-writes-postgres", "PostgreSQL (its server's CPU apart)")
}

fn writes_of(table: &mut Table, program: &str, database: &str) -> Result<()> {
    let folder = scratch()?;
    let printed = output(program, &[&folder.path().display().to_string(), "3"])?;
    let lines: Vec<&str> = printed.lines().collect();
    let cost =
        |line: &str| line.split("/s").nth(1).and_then(|rest| number(rest, 0)).map(|micros| micros / 1e3);
    let rate = |line: &str| {
        line.split("/s").next().and_then(|rest| rest.split_whitespace().rev().nth(1)?.parse::<f64>().ok())
    };
    let find = |name: &str| {
        lines.iter().position(|line| line.starts_with(name)).with_context(|| format!("no figure of {name}"))
    };
    let single = lines[find("raw single inserts")?];
    let grouped = lines[find("raw groups of 500")?];
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| line.contains(" sets/s")) {
        let alone = line.starts_with("1 at a time");
        let (twin, raw) = if alone { ("raw single inserts", single) } else { ("raw groups of 500", grouped) };
        let p99 = lines.get(at + 1).and_then(|line| number(line, 0)).context("no time")?;
        let reached = format!(
            "{:.0}/s, p99 {p99:.1} ms; {twin} {:.0}/s",
            rate(line).context("no rate")?,
            rate(raw).context("no rate")?
        );
        let figure =
            format!("durable change set, {database}, {}", line.split("  ").next().unwrap_or_default());
        table.add(Row { figure, ours: cost(line).context("no cost")?, raw: cost(raw), unit: "set", reached });
    }
    ensure!(lines.iter().any(|line| line.contains(" sets/s")), "no figure of change sets");
    Ok(())
}

/// In memory, on one core.
pub(crate) fn rating(table: &mut Table) -> Result<()> {
    let printed = output("flexio-bench-rating", &[])?;
    for (name, figure) in [("rate", "rating in memory"), ("classify", "classifying a number")] {
        let line = printed
            .lines()
            .find(|line| line.starts_with(name))
            .with_context(|| format!("no figure of {name}"))?;
        let nanos = number(line, 1).context("no cost")?;
        let per_second = number(line, 4).context("no rate")?;
        let reached = format!("{per_second:.0}/s on one core");
        table.add(Row { figure: figure.to_owned(), ours: nanos / 1e6, raw: None, unit: "rating", reached });
    }
    Ok(())
}
