//! `flexio billing collect`: the file by which the bank collects invoices.

use std::path::PathBuf;

use anyhow::{Context, Result};
use flexio_domain::{Collection, CollectionFile, CollectionFileSid};
use jiff::ToSpan;
use jiff::civil::Date;

use crate::cli::{self, Where};
use crate::config::{Config, DataDir};
use crate::platform;

/// Who made a file, where it was not over REST.
const BY: &str = "cli";
/// Days ahead that are collected where no day is named: banks take files up to 14 days before.
const DAYS_AHEAD: i64 = 7;

/// Makes a file, or writes one again.
pub(crate) async fn run(
    place: Where,
    out: Option<PathBuf>,
    until: Option<Date>,
    dry_run: bool,
    again: Option<CollectionFileSid>,
) -> Result<()> {
    let config = Config::load(place.config.as_deref(), std::env::vars())?;
    let data = DataDir::open(&place.data)?;
    let app = platform::open_app(&config, &data, &config.public_url(config.http.listen)).await?;
    let (mut left, mut reasons) = (0, Vec::new());
    let sid = if let Some(sid) = again {
        Some(sid)
    } else {
        let today = app.local_today();
        let until = until.unwrap_or_else(|| today.saturating_add(DAYS_AHEAD.days()));
        let run = app.collect(until, BY, dry_run).await.context("no file was made")?;
        (left, reasons) = (run.left, run.reasons);
        if dry_run && let Some(file) = &run.file {
            say(&place, file, &run.collections, true)?;
        }
        run.file.map(|file| file.sid).filter(|_| !dry_run)
    };
    if let (Some(sid), Some(out)) = (sid, out) {
        let (file, collections, text) =
            app.collection_file_text(sid).await.context("the file is not known")?;
        // It can be written again by its sid, whatever happens to it now.
        std::fs::write(&out, text)
            .with_context(|| format!("cannot write {}: write it again with --file {sid}", out.display()))?;
        say(&place, &file, &collections, false)?;
    } else if !dry_run {
        cli::say(if place.json { "{\"count\":0}" } else { "nothing is to be collected" })?;
    }
    for (number, reason) in &reasons {
        cli::complain(&format!("{number}: {reason}"));
    }
    if left > 0 {
        cli::complain(&format!("{left} invoices that say so are not collected"));
    }
    Ok(())
}

fn say(place: &Where, file: &CollectionFile, collections: &[Collection], dry_run: bool) -> Result<()> {
    if place.json {
        let rows: Vec<_> = collections
            .iter()
            .map(|it| {
                serde_json::json!({
                    "invoice": it.invoice_number, "amount": it.amount.to_decimals(2), "collect_on": it.collect_on.to_string(),
                    "sequence": it.sequence.as_str(), "end_to_end_id": it.end_to_end,
                })
            })
            .collect();
        let sid = (!dry_run).then(|| file.sid.to_string());
        let facts = serde_json::json!({
            "file": sid, "dry_run": dry_run, "count": file.count, "total": file.total.to_decimals(2), "collections": rows,
        });
        return cli::say(&facts.to_string());
    }
    let name = if dry_run { "would be made".to_owned() } else { file.sid.to_string() };
    cli::say(&format!(
        "{name}: {} collections, {} {}",
        file.count,
        file.total.to_decimals(2),
        file.currency
    ))?;
    for it in collections {
        let amount = it.amount.to_decimals(2);
        cli::say(&format!(
            "  {} {amount} on {} ({})",
            it.invoice_number,
            it.collect_on,
            it.sequence.as_str()
        ))?;
    }
    Ok(())
}
