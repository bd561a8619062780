//! `flexio billing`: the books, and what is done at the end of a month.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;

use anyhow::{Context, Result};
use flexio_app::{BooksProof, DunningRun, Explained, InvoiceRun, Matched, RefusedByBank, Returned};
use flexio_documents::bank::{self, BankPayment, BankRefusal, BankReturn, Refused};
use flexio_rating::BillingMonth;

use crate::cli::{self, Where};
use crate::config::{Config, DataDir};
use crate::platform;

/// Of a bank statement: some hundred thousand payments.
const STATEMENT_BYTES_MAX: u64 = 100 << 20;

/// Makes the recurring charges of a month that is over; again changes nothing.
pub(crate) async fn close(place: Where, month: BillingMonth) -> Result<()> {
    let config = Config::load(place.config.as_deref(), std::env::vars())?;
    let data = DataDir::open(&place.data)?;
    let app = platform::open_app(&config, &data, &config.public_url(config.http.listen)).await?;
    app.adopt_holdings().await.context("rents of the past were not taken in")?;
    let bar = std::io::stderr().is_terminal();
    let closed = app
        .close_month_telling(month, &mut |done, all| {
            if bar {
                show_progress(done, all);
            }
        })
        .await
        .with_context(|| format!("{month} was not closed"))?;
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

/// Issues the invoices of a month that is over, after closing it; a dry run closes it too, and issues nothing.
pub(crate) async fn invoice(place: Where, month: BillingMonth, dry_run: bool) -> Result<()> {
    let config = Config::load(place.config.as_deref(), std::env::vars())?;
    let data = DataDir::open(&place.data)?;
    let app = platform::open_app(&config, &data, &config.public_url(config.http.listen)).await?;
    app.adopt_holdings().await.context("rents of the past were not taken in")?;
    app.close_month(month).await.with_context(|| format!("{month} was not closed"))?;
    let bar = std::io::stderr().is_terminal();
    let run = app
        .invoice_month(month, dry_run, &mut |done, all| {
            if bar {
                show_progress(done, all);
            }
        })
        .await
        .with_context(|| format!("{month} was not invoiced"))?;
    if place.json {
        let reasons: Vec<_> = run
            .reasons
            .iter()
            .map(|(account, reason)| serde_json::json!({ "account_sid": account.to_string(), "reason": reason }))
            .collect();
        let facts = serde_json::json!({
            "month": month.to_string(), "dry_run": dry_run, "issued": run.issued, "already": run.already,
            "nothing_due": run.nothing, "refused": run.refused, "reasons": reasons,
            "without_customer": run.unpaid.count, "net": run.net.to_decimals(2), "gross": run.gross.to_decimals(2),
        });
        cli::say(&facts.to_string())?;
    } else {
        for line in run_lines(month, dry_run, &run) {
            cli::say(&line)?;
        }
    }
    anyhow::ensure!(run.refused == 0, "{} customers got no invoice", run.refused);
    Ok(())
}

fn run_lines(month: BillingMonth, dry_run: bool, run: &InvoiceRun) -> Vec<String> {
    let would = if dry_run { "would be issued" } else { "issued" };
    let mut lines = vec![format!(
        "{month}: {} invoices {would}, {} without tax, {} with; {} were issued before, nothing is due of {}",
        run.issued,
        run.net.to_decimals(2),
        run.gross.to_decimals(2),
        run.already,
        run.nothing
    )];
    if run.unpaid.count > 0 {
        lines.push(format!("{} accounts used something and have no customer:", run.unpaid.count));
        lines.extend(run.unpaid.ids.iter().map(|name| format!("  {name}")));
    }
    if run.refused > 0 {
        lines.push(format!("{} customers got no invoice:", run.refused));
        lines.extend(run.reasons.iter().map(|(account, reason)| format!("  {account}: {reason}")));
    }
    lines
}

/// Takes the step of today for every unpaid invoice.
pub(crate) async fn dunning(place: Where, dry_run: bool) -> Result<()> {
    let config = Config::load(place.config.as_deref(), std::env::vars())?;
    let data = DataDir::open(&place.data)?;
    let app = platform::open_app(&config, &data, &config.public_url(config.http.listen)).await?;
    let run = app.dun_invoices(dry_run).await.context("unpaid invoices were not followed")?;
    let DunningRun { overdue, letters, suspended, closed, restored, stuck, reasons } = &run;
    if place.json {
        let reasons: Vec<_> = reasons
            .iter()
            .map(|(number, reason)| serde_json::json!({ "number": number, "reason": reason }))
            .collect();
        let facts = serde_json::json!({
            "dry_run": dry_run, "overdue": overdue, "letters": letters, "suspended": suspended,
            "closed": closed, "restored": restored, "stuck": stuck, "reasons": reasons,
        });
        return cli::say(&facts.to_string());
    }
    let would = if dry_run { "would be " } else { "" };
    cli::say(&format!(
        "{overdue} invoices are overdue: {letters} letters {would}written, {suspended} services {would}suspended, {closed} contracts {would}ended, {restored} services {would}back; {stuck} are for a person to look at"
    ))?;
    for (number, reason) in reasons {
        cli::say(&format!("  {number}: {reason}"))?;
    }
    Ok(())
}

/// A bar on the terminal, drawn anew at each hundredth.
fn show_progress(done: usize, all: usize) {
    let step = (all / 100).max(1);
    if !done.is_multiple_of(step) && done != all {
        return;
    }
    let filled = (done * 40).checked_div(all).unwrap_or(40);
    let end = if done == all { "\n" } else { "" };
    let bar = format!("\r[{}{}] {done}/{all}{end}", "#".repeat(filled), ".".repeat(40 - filled));
    let _ = std::io::stderr().lock().write_all(bar.as_bytes());
}

/// Books the payments of a bank statement.
pub(crate) async fn import(place: Where, file: PathBuf) -> Result<()> {
    let config = Config::load(place.config.as_deref(), std::env::vars())?;
    let data = DataDir::open(&place.data)?;
    let app = platform::open_app(&config, &data, &config.public_url(config.http.listen)).await?;
    let size = std::fs::metadata(&file).with_context(|| format!("cannot read {}", file.display()))?.len();
    anyhow::ensure!(size <= STATEMENT_BYTES_MAX, "the file has more than {STATEMENT_BYTES_MAX} bytes");
    let bytes = std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let statement = bank::read(&bytes).with_context(|| format!("{}", file.display()))?;
    let (mut rows, mut back) = (Vec::new(), Vec::new());
    for payment in &statement.payments {
        let matched = Box::pin(app.take_payment(payment)).await.with_context(|| payment.reference.clone())?;
        rows.push((payment, matched));
    }
    for one in &statement.returns {
        back.push((one, app.take_return(one).await.with_context(|| one.reference.clone())?));
    }
    let mut refused = Vec::new();
    for one in &statement.refusals {
        refused.push((one, Box::pin(app.take_refusal(one)).await?));
    }
    if place.json {
        let mut facts: Vec<_> =
            rows.iter().map(|(payment, matched)| payment_json(payment, matched)).collect();
        facts.extend(back.iter().map(|(one, outcome)| return_json(one, outcome)));
        facts.extend(refused.iter().map(|(one, outcome)| refusal_json(one, outcome)));
        return cli::say(&serde_json::Value::from(facts).to_string());
    }
    for (payment, matched) in &rows {
        let outcome = match matched {
            Matched::Paid { number, open } => format!("pays {number}, {} left open", open.to_decimals(2)),
            Matched::Collected { count } => format!("a batch of direct debits, {count} booked"),
            Matched::Again => "booked before".to_owned(),
            Matched::Unmatched(reason) => format!("NOT BOOKED: {reason}"),
        };
        cli::say(&format!(
            "{} {} {} {}: {outcome}",
            payment.reference,
            payment.amount.to_decimals(2),
            payment.currency,
            payment.payer
        ))?;
    }
    say_what_came_back(&back, &refused)
}

fn say_what_came_back(
    back: &[(&BankReturn, Returned)],
    refused: &[(&BankRefusal, RefusedByBank)],
) -> Result<()> {
    for (one, outcome) in back {
        let outcome = match outcome {
            Returned::Reopened { number, open } => {
                format!("taken back ({}): {number} is open again, {}", one.reason, open.to_decimals(2))
            }
            Returned::Again => "booked before".to_owned(),
            Returned::Unmatched(reason) => format!("NOT BOOKED: {reason}"),
        };
        let amount = one.amount.to_decimals(2);
        cli::say(&format!("{} -{amount} {} {}: {outcome}", one.reference, one.currency, one.end_to_end))?;
    }
    for (one, outcome) in refused {
        let outcome = match outcome {
            RefusedByBank::Noted { count } => format!("refused ({}), {count} noted", one.reason),
            RefusedByBank::Again => "noted before".to_owned(),
            RefusedByBank::Unmatched(reason) => format!("NOT NOTED ({}): {reason}", one.reason),
        };
        cli::say(&format!("{}: {outcome}", refused_name(&one.what)))?;
    }
    Ok(())
}

fn refused_name(what: &Refused) -> &str {
    match what {
        Refused::EndToEnd(name) | Refused::Batch(name) | Refused::File(name) => name,
    }
}

fn refusal_json(one: &BankRefusal, outcome: &RefusedByBank) -> serde_json::Value {
    let (outcome, detail) = match outcome {
        RefusedByBank::Noted { count } => ("refused", count.to_string()),
        RefusedByBank::Again => ("again", String::new()),
        RefusedByBank::Unmatched(reason) => ("unmatched", (*reason).to_owned()),
    };
    serde_json::json!({
        "refused": refused_name(&one.what), "reason": one.reason, "outcome": outcome, "detail": detail,
    })
}

fn payment_json(payment: &BankPayment, matched: &Matched) -> serde_json::Value {
    let (outcome, detail) = match matched {
        Matched::Paid { number, .. } => ("paid", number.clone()),
        Matched::Collected { count } => ("collected", count.to_string()),
        Matched::Again => ("again", String::new()),
        Matched::Unmatched(reason) => ("unmatched", (*reason).to_owned()),
    };
    serde_json::json!({
        "reference": payment.reference, "amount": payment.amount.to_decimals(2), "currency": payment.currency,
        "communication": payment.communication, "payer": payment.payer, "outcome": outcome, "detail": detail,
    })
}

fn return_json(back: &BankReturn, outcome: &Returned) -> serde_json::Value {
    let (outcome, detail) = match outcome {
        Returned::Reopened { number, .. } => ("returned", number.as_str()),
        Returned::Again => ("again", ""),
        Returned::Unmatched(reason) => ("unmatched", *reason),
    };
    serde_json::json!({
        "reference": back.reference, "amount": (-back.amount).to_decimals(2), "currency": back.currency,
        "end_to_end_id": back.end_to_end, "reason": back.reason, "outcome": outcome, "detail": detail,
    })
}

/// Rates a month again.
pub(crate) async fn rerate(place: Where, month: BillingMonth) -> Result<()> {
    let config = Config::load(place.config.as_deref(), std::env::vars())?;
    let data = DataDir::open(&place.data)?;
    let app = platform::open_app(&config, &data, &config.public_url(config.http.listen)).await?;
    let bar = std::io::stderr().is_terminal();
    let report = app
        .rerate_month(month, &mut |done| {
            if bar {
                let _ = write!(std::io::stderr().lock(), "\r{done} events");
            }
        })
        .await
        .with_context(|| format!("{month} was not rated again"))?;
    let differences = &report.differences;
    if place.json {
        let facts = serde_json::json!({
            "month": month.to_string(), "events": report.events,
            "differences": differences.count, "named": differences.ids,
        });
        cli::say(&facts.to_string())?;
    } else {
        cli::say(&format!("{month}: {} events, {} differ", report.events, differences.count))?;
        for line in &differences.ids {
            cli::say(&format!("  {line}"))?;
        }
    }
    anyhow::ensure!(differences.count == 0, "{} charges are not what they would be", differences.count);
    Ok(())
}

/// Explains a charge.
pub(crate) async fn explain(place: Where, account: String, resource: String) -> Result<()> {
    let config = Config::load(place.config.as_deref(), std::env::vars())?;
    let data = DataDir::open(&place.data)?;
    let app = platform::open_app(&config, &data, &config.public_url(config.http.listen)).await?;
    let account = account.parse().context("--account")?;
    let explained = app.explain(account, &resource).await.context("the charge cannot be read")?;
    anyhow::ensure!(!explained.is_empty(), "nothing of {resource} was metered for {account}");
    for Explained { event, rerated, plan_sha256, pin, invoice, wire } in &explained {
        let arithmetic = match rerated {
            Ok(again) if again.amount == event.amount => again.arithmetic.clone(),
            Ok(again) => format!("{} = {}, NOT what was charged", again.arithmetic, again.amount),
            Err(reason) => format!("not rated again: {reason}"),
        };
        if place.json {
            let facts = serde_json::json!({
                "event": event, "arithmetic": arithmetic, "plan_sha256": plan_sha256, "pin": pin,
                "invoice": invoice.as_ref().map(|(_, number)| number), "sip_call_id": wire.sip_call_id,
                "carrier": wire.carrier, "sip_status": wire.sip_status,
            });
            cli::say(&facts.to_string())?;
            continue;
        }
        cli::say(&format!("{}/{}: {} at {}", event.source, event.id, event.amount, event.at))?;
        cli::say(&format!("  {} {} → {} ({})", event.kind.as_str(), event.from, event.to, event.class))?;
        cli::say(&format!("  {} of {}: {arithmetic}", event.item, event.plan))?;
        if let Some(pin) = pin {
            cli::say(&format!("  pinned from {} by {} ({})", pin.valid_from, pin.reason.as_str(), pin.sid))?;
        }
        if let Some(call_id) = &wire.sip_call_id {
            let carrier = wire.carrier.as_deref().unwrap_or("none");
            cli::say(&format!("  SIP Call-ID {call_id}, trunk {carrier}"))?;
        }
        if let Some((_, number)) = invoice {
            cli::say(&format!("  on invoice {number}"))?;
        }
    }
    Ok(())
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
