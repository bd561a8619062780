//! `flexio billing carrier`: what a carrier says beside what was metered.

use std::fs::File;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use flexio_billing::carrier::{self, CarrierCall, Columns, Comparison};
use jiff::SignedDuration;

use crate::cli::{self, Where};
use crate::config::{Config, DataDir};
use crate::platform;

/// Calls named of each kind; the rest is counted.
const NAMED_MAX: usize = 100;
/// Legs before the first and behind the last call of the file are none of the file's.
const AROUND: SignedDuration = SignedDuration::from_secs(30);

/// Compares; an error where something differs.
pub(crate) async fn compare(
    place: Where,
    trunk: String,
    columns: Option<String>,
    tolerance: u64,
    file: PathBuf,
) -> Result<()> {
    let config = Config::load(place.config.as_deref(), std::env::vars())?;
    let data = DataDir::open(&place.data)?;
    let app = platform::open_app(&config, &data, &config.public_url(config.http.listen)).await?;
    let columns = columns.as_deref().map_or_else(|| Ok(Columns::default()), named)?;
    let opened = File::open(&file).with_context(|| format!("{} cannot be opened", file.display()))?;
    let calls = carrier::read(opened, &columns, app.rater().plan().zone())
        .with_context(|| format!("{} is not read", file.display()))?;
    let span = span(&calls).context("the file has no calls")?;
    let legs = app.legs_of_trunk(&trunk, span).await.context("the calls cannot be read")?;
    let compared = carrier::compare(&calls, &legs, tolerance);
    if place.json {
        cli::say(&json(&compared).to_string())?;
    } else {
        tell(&compared)?;
    }
    anyhow::ensure!(compared.agrees(), "{} and the calls of {trunk} differ", file.display());
    Ok(())
}

fn named(text: &str) -> Result<Columns> {
    let mut columns = Columns::default();
    for pair in text.split(',') {
        match pair.split_once('=') {
            Some(("answered_at", name)) => name.clone_into(&mut columns.answered_at),
            Some(("to", name)) => name.clone_into(&mut columns.to),
            Some(("seconds", name)) => name.clone_into(&mut columns.seconds),
            _ => bail!("--columns: {pair:?} is not answered_at=…, to=… or seconds=…"),
        }
    }
    Ok(columns)
}

fn span(calls: &[CarrierCall]) -> Option<(jiff::Timestamp, jiff::Timestamp)> {
    let first = calls.iter().map(|call| call.answered_at).min()?;
    let last = calls.iter().map(|call| call.answered_at).max()?;
    Some((first.saturating_sub(AROUND).ok()?, last.saturating_add(AROUND).ok()?))
}

fn json(compared: &Comparison) -> serde_json::Value {
    let different = compared.different.iter().take(NAMED_MAX).map(|it| {
        serde_json::json!({
            "line": it.line, "call_sid": it.sid, "carrier_seconds": it.carrier_s, "own_seconds": it.own_s,
        })
    });
    serde_json::json!({
        "agrees": compared.agrees(), "same": compared.same,
        "different": compared.different.len(), "only_carrier": compared.only_carrier.len(),
        "only_own": compared.only_own.len(),
        "carrier_seconds": compared.carrier_s, "own_seconds": compared.own_s,
        "named": {
            "different": different.collect::<Vec<_>>(),
            "only_carrier": compared.only_carrier.iter().take(NAMED_MAX).collect::<Vec<_>>(),
            "only_own": compared.only_own.iter().take(NAMED_MAX).collect::<Vec<_>>(),
        },
    })
}

fn tell(compared: &Comparison) -> Result<()> {
    cli::say(&format!(
        "{} calls are the same; {} s by the carrier, {} s metered",
        compared.same, compared.carrier_s, compared.own_s
    ))?;
    cli::say(&format!("{} differ in length", compared.different.len()))?;
    for it in compared.different.iter().take(NAMED_MAX) {
        cli::say(&format!("  line {}: {} s, {} {} s", it.line, it.carrier_s, it.sid, it.own_s))?;
    }
    cli::say(&format!("{} are the carrier's only", compared.only_carrier.len()))?;
    for line in compared.only_carrier.iter().take(NAMED_MAX) {
        cli::say(&format!("  line {line}"))?;
    }
    cli::say(&format!("{} were metered only", compared.only_own.len()))?;
    for sid in compared.only_own.iter().take(NAMED_MAX) {
        cli::say(&format!("  {sid}"))?;
    }
    Ok(())
}
