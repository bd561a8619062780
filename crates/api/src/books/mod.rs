//! The books for whoever looks after them: an account's balances and postings, the chain of seals, and the board of invoice runs.

#[cfg(test)]
mod tests;
mod views;

use flexio_domain::ErrorCode;
use flexio_rating::BillingMonth;

use crate::answer::Answer;
use crate::ask::Ask;
use crate::error::{Result, invalid};
use crate::operation::{Access, Kind, NATIVE, Operation, Shows, params, row};

const RUNS: &str = "Accounts/{AccountSid}/InvoiceRuns";

pub(crate) const OPERATIONS: &[Operation] = &[
    row!(
        "ledger.balances",
        Read,
        NATIVE,
        "Accounts/{AccountSid}/Ledger",
        "What the account's ledger accounts come to; debit is positive.",
        &[],
        Shows::One(views::balances_sample),
        balances
    ),
    row!(
        "ledger.posting",
        Read,
        NATIVE,
        "Accounts/{AccountSid}/Ledger/Postings/{PostingId}",
        "One posting of the account with its legs, by its id: `usage:voice:CA…:leg`, `invoice:AC…:2026-11`.",
        &[],
        Shows::One(views::posting_sample),
        posting
    ),
    Operation {
        id: "ledger.seals",
        kind: Kind::Read,
        faces: NATIVE,
        path: "Accounts/{AccountSid}/Ledger/Seals",
        about: "Seals over the ledger of all accounts: the last 100, the newest first; or those behind a number, in their order. Only for the top account.",
        access: Access::Top,
        params: params!["After": "Number of a seal."],
        shows: Shows::One(views::seals_sample),
        run: |ask| Box::pin(seals(ask)),
    },
    Operation {
        id: "ledger.seal",
        kind: Kind::Read,
        faces: NATIVE,
        path: "Accounts/{AccountSid}/Ledger/Seals/{SealNumber}",
        about: "The postings of all accounts under one seal, with their legs. Only for the top account.",
        access: Access::Top,
        params: &[],
        shows: Shows::One(views::postings_sample),
        run: |ask| Box::pin(seal(ask)),
    },
    Operation {
        id: "invoice_runs.fetch",
        kind: Kind::Read,
        faces: NATIVE,
        path: RUNS,
        about: "Which month is due to be invoiced, how far a run of this process is, and what the last one came to. Only for the top account.",
        access: Access::Top,
        params: &[],
        shows: Shows::One(views::board_sample),
        run: |ask| Box::pin(board(ask)),
    },
    Operation {
        id: "invoice_runs.begin",
        kind: Kind::Update,
        faces: NATIVE,
        path: RUNS,
        about: "Begins an invoice run of a closed month in the background; again issues what is missing and nothing else. Only for the top account.",
        access: Access::Top,
        params: params![
            "Month": "Required: `2026-11`.",
            "DryRun": "`false` issues the invoices; else it is only said what they would come to.",
        ],
        shows: Shows::One(views::board_sample),
        run: |ask| Box::pin(begin(ask)),
    },
];

async fn balances(ask: &Ask<'_>) -> Result<Answer> {
    let legs = ask.app().balances(ask.account.sid).await?;
    Ok(ask.one("Ledger", |w| w.list("balances", "Balance", &legs, views::leg)))
}

async fn posting(ask: &Ask<'_>) -> Result<Answer> {
    let posting = ask.app().posting_of(ask.account.sid, ask.name("PostingId")).await?;
    Ok(ask.one("Posting", |w| views::posting(w, &posting)))
}

async fn seals(ask: &Ask<'_>) -> Result<Answer> {
    let after = ask.params.parsed("After", ErrorCode::InvalidParameter)?;
    let seals = match after {
        Some(after) => ask.app().ledger_seals(&ask.account, after).await?,
        None => ask.app().newest_seals(&ask.account).await?,
    };
    Ok(ask.one("Seals", |w| w.list("seals", "Seal", &seals, views::seal)))
}

async fn seal(ask: &Ask<'_>) -> Result<Answer> {
    let postings = ask.app().postings_under(&ask.account, ask.sid("SealNumber")?).await?;
    Ok(ask.one("Postings", |w| w.list("postings", "Posting", &postings, views::posting)))
}

async fn board(ask: &Ask<'_>) -> Result<Answer> {
    let board = ask.app().invoice_board(&ask.account).await?;
    Ok(ask.one("InvoiceRuns", |w| views::board(w, &board)))
}

async fn begin(ask: &Ask<'_>) -> Result<Answer> {
    let month: Option<BillingMonth> = ask.params.parsed("Month", ErrorCode::InvalidParameter)?;
    let month = month.ok_or_else(|| invalid("Month", "is missing"))?;
    let dry_run = ask.params.boolean("DryRun")? != Some(false);
    let board = ask.api.app.begin_invoice_run(&ask.account, month, dry_run, &ask.user()).await?;
    Ok(ask.one("InvoiceRuns", |w| views::board(w, &board)))
}
