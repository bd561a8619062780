//! `flexio billing`: the books, and what is done at the end of a month.

use anyhow::{Context, Result};
use flexio_app::BooksProof;
use flexio_rating::BillingMonth;

use crate::cli::{self, Where};
use crate::config::{Config, DataDir};
use crate::platform;

/// Makes the recurring charges of a month that is over; again changes nothing.
pub(crate) async fn close(place: Where, month: BillingMonth) -> Result<()> {
    let config = Config::load(place.config.as_deref(), std::env::vars())?;
    let data = DataDir::open(&place.data)?;
    let app = platform::open_app(&config, &data, &config.public_url(config.http.listen)).await?;
    app.adopt_holdings().await.context("rents of the past were not taken in")?;
    let closed = app.close_month(month).await.with_context(|| format!("{month} was not closed"))?;
    if place.json {
        let facts = serde_json::json!({
            "month": closed.month, "accounts": closed.accounts, "charges": closed.charges,
            "amount": closed.amount.to_decimals(6),
        });
        return cli::say(&facts.to_string());
    }
    cli::say(&format!(
        "{month}: {} charges of {} accounts, {} in all",
        closed.charges,
        closed.accounts,
        closed.amount.to_decimals(6)
    ))
}

/// Proves the books. `seal` is one that was told earlier, `number:digest`.
pub(crate) async fn prove(place: Where, seal: Option<String>) -> Result<()> {
    let seal = seal.as_deref().map(told_seal).transpose()?;
    let config = Config::load(place.config.as_deref(), std::env::vars())?;
    let data = DataDir::open(&place.data)?;
    let app = platform::open_app(&config, &data, &config.public_url(config.http.listen)).await?;
    // What was posted since the last process ended is under a seal from now on.
    app.seal_ledger().await.context("the ledger could not be sealed")?;
    let proof = app.prove_books(seal).await.context("the books could not be read")?;
    if place.json {
        cli::say(&proof_json(&proof).to_string())?;
    } else {
        for line in proof_lines(&proof) {
            cli::say(&line)?;
        }
    }
    let wrong: Vec<&str> =
        proof.checks.iter().filter(|(_, faults)| faults.count > 0).map(|(name, _)| *name).collect();
    anyhow::ensure!(wrong.is_empty(), "the books are not sound: {}", wrong.join(", "));
    Ok(())
}

fn told_seal(text: &str) -> Result<(u64, String)> {
    let (number, digest) = text.split_once(':').context("--seal is <number>:<digest>")?;
    Ok((number.parse().context("--seal is <number>:<digest>")?, digest.to_owned()))
}

fn proof_json(proof: &BooksProof) -> serde_json::Value {
    let checks: serde_json::Map<String, serde_json::Value> = proof
        .checks
        .iter()
        .map(|(name, faults)| {
            ((*name).to_owned(), serde_json::json!({ "count": faults.count, "ids": faults.ids }))
        })
        .collect();
    let count = |name| proof.faults(name).map_or(0, |faults| faults.count);
    serde_json::json!({
        "sound": proof.holds(), "sum": proof.sum.to_string(), "transactions": proof.transactions,
        "unbalanced": count("unbalanced"), "unposted": count("unposted"),
        "seals": proof.seals, "last_seal": proof.last_seal, "checks": checks,
    })
}

/// A table of what must be 0, and the names of what is not.
fn proof_lines(proof: &BooksProof) -> Vec<String> {
    let mut lines = vec![
        format!("{} postings, sum {}", proof.transactions, proof.sum),
        match &proof.last_seal {
            Some(seal) => format!("{} seals, the last is {seal}", proof.seals),
            None => "no seals".to_owned(),
        },
        String::new(),
    ];
    for (name, faults) in &proof.checks {
        lines.push(format!("{name:<20} {:>8}", faults.count));
        lines.extend(faults.ids.iter().map(|id| format!("  {id}")));
    }
    lines
}
