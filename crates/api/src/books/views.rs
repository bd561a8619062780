//! The books as shown.

use flexio_app::{InvoiceBoard, InvoiceRun, RunShown};
use flexio_domain::*;

use crate::ask::Shown;
use crate::dialect::rfc2822;
use crate::write::Writer;

fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) fn leg(w: &mut Writer, leg: &LedgerLeg) {
    w.put("ledger_account", leg.account.to_string());
    w.put("amount", leg.amount.to_decimals(6));
}

pub(super) fn posting(w: &mut Writer, posting: &LedgerTransaction) {
    w.put("id", posting.id.as_str());
    w.put("account_sid", posting.account_sid.to_string());
    w.put("reference", posting.reference.as_str());
    w.put("currency", posting.currency.to_string());
    w.put("date_posted", rfc2822(posting.posted_at));
    w.list("legs", "Leg", &posting.legs, leg);
}

pub(super) fn seal(w: &mut Writer, seal: &LedgerSeal) {
    w.put("number", count(seal.number));
    w.put("postings", i64::from(seal.postings));
    w.put("digest", seal.digest.as_str());
    w.put("previous", seal.previous.as_str());
    w.put("date_sealed", rfc2822(seal.sealed_at));
}

pub(super) fn board(w: &mut Writer, board: &InvoiceBoard) {
    w.put("month_due", board.due.map(|month| month.to_string()));
    w.put("closed", board.is_closed);
    let last = board.last.as_ref();
    let run = last.and_then(|it| it.run.as_ref());
    w.put("state", last.map_or("none", state));
    w.put("month", last.map(|it| it.month.to_string()));
    w.put("dry_run", last.map(|it| it.dry_run));
    w.put("by", last.map(|it| it.by.as_str()));
    w.put("customers_done", last.map(|it| count(it.progress.0 as u64)));
    w.put("customers", last.map(|it| count(it.progress.1 as u64)));
    w.put("failure", last.and_then(|it| it.failed.as_deref()));
    w.put("issued", run.map(|it| count(it.issued)));
    w.put("already", run.map(|it| count(it.already)));
    w.put("nothing_due", run.map(|it| count(it.nothing)));
    w.put("refused", run.map(|it| count(it.refused)));
    w.put("net", run.map(|it| it.net.to_decimals(2)));
    w.put("gross", run.map(|it| it.gross.to_decimals(2)));
    w.list("refusals", "Refusal", run.map_or(&[][..], |it| &it.reasons), |w, (account, reason)| {
        w.put("account_sid", account.to_string());
        w.put("reason", reason.as_str());
    });
    w.put("unpaid_accounts", run.map(|it| count(it.unpaid.count)));
    w.put("date_started", last.map(|it| rfc2822(it.started_at)));
    w.put("date_finished", last.and_then(|it| it.finished_at).map(rfc2822));
}

fn state(shown: &RunShown) -> &'static str {
    match (&shown.run, &shown.failed) {
        (_, Some(_)) => "failed",
        (Some(_), None) => "finished",
        (None, None) => "running",
    }
}

fn specimen() -> LedgerTransaction {
    let account_sid = AccountSid::from_u128(1);
    let amount = Money::from_micros(376_167);
    LedgerTransaction {
        id: format!("usage:voice:{}:leg", CallSid::from_u128(2)),
        account_sid,
        reference: CallSid::from_u128(2).to_string(),
        currency: Currency::EUR,
        legs: vec![
            LedgerLeg { account: LedgerAccount::Unbilled(account_sid), amount },
            LedgerLeg { account: LedgerAccount::Revenue("voice.out.mobile".to_owned()), amount: -amount },
        ],
        posted_at: Timestamp::UNIX_EPOCH,
    }
}

pub(super) fn balances_sample(w: &mut Writer, _: &Shown<'_>) {
    w.list("balances", "Balance", &specimen().legs, leg);
}

pub(super) fn posting_sample(w: &mut Writer, _: &Shown<'_>) {
    posting(w, &specimen());
}

pub(super) fn postings_sample(w: &mut Writer, _: &Shown<'_>) {
    w.list("postings", "Posting", &[specimen()], posting);
}

pub(super) fn seals_sample(w: &mut Writer, _: &Shown<'_>) {
    let specimen = LedgerSeal {
        number: 17,
        previous: "0".repeat(64),
        digest: "9f86d081".repeat(8),
        marks: String::new(),
        postings: 500,
        sealed_at: Timestamp::UNIX_EPOCH,
    };
    w.list("seals", "Seal", &[specimen], seal);
}

pub(super) fn board_sample(w: &mut Writer, _: &Shown<'_>) {
    let month = flexio_rating::BillingMonth::of_day(jiff::civil::date(2026, 11, 1));
    let run = InvoiceRun {
        issued: 117,
        already: 0,
        nothing: 3,
        refused: 1,
        reasons: vec![(AccountSid::from_u128(2), "BR-61: the account to pay to is not an IBAN".to_owned())],
        unpaid: Faults::default(),
        net: Money::from_micros(1_234_560_000),
        gross: Money::from_micros(1_493_820_000),
    };
    let last = RunShown {
        month,
        dry_run: false,
        by: "program".to_owned(),
        started_at: Timestamp::UNIX_EPOCH,
        finished_at: Some(Timestamp::UNIX_EPOCH),
        progress: (121, 121),
        run: Some(run),
        failed: None,
    };
    board(w, &InvoiceBoard { due: Some(month), is_closed: true, last: Some(last) });
}
