//! Invoices and credit notes, for people (PDF) and programs (UBL, CSV, JSON). Not Twilio's: its invoices are in its console.

pub(crate) mod dispatches;
pub(crate) mod disputes;
pub(crate) mod letters;
mod params;
pub(crate) mod views;

use flexio_billing::invoice::Credited;
use flexio_documents::items::{Itemised, PDF_USES_MAX};
use flexio_documents::{invoice_pdf, tables, ubl};
use flexio_domain::{ErrorCode, InvoiceState};

use crate::answer::Answer;
use crate::ask::Ask;
use crate::dialect::Format;
use crate::error::{Result, invalid};
use crate::operation::{Access, Kind, NATIVE, Operation, Shows, params, row};
use crate::paging::{Listed, Paged};

pub(crate) const OPERATIONS: &[Operation] = &[
    row!(
        "invoices.list",
        Read,
        NATIVE,
        "Accounts/{AccountSid}/Invoices",
        "Invoices and credit notes of the account, newest first.",
        params![
            "Kind": "`invoice` or `credit_note`.",
            "Status": "`open` or `paid`.",
            "Month": "Month that was invoiced, `2026-11`.",
        ],
        Shows::Many(views::sample),
        list
    ),
    row!(
        "invoices.preview",
        Read,
        NATIVE,
        "Accounts/{AccountSid}/InvoicePreview",
        "What the running month would be invoiced as: what was used and is on no invoice, and what is held, as if to the end of the month. Nothing is kept.",
        &[],
        Shows::One(views::preview_sample),
        preview
    ),
    row!(
        "invoices.fetch",
        Read,
        NATIVE,
        "Accounts/{AccountSid}/Invoices/{InvoiceSid}",
        "One document with its lines. `.pdf` is the document for people, with the structured invoice inside; `.html` the same as a page; `.xml` is the structured invoice (UBL 2.1, Peppol BIS Billing 3.0); `.csv` its lines.",
        params![
            "Form": "`focus`: the `.csv` is for cost tools, a row for each line, allowance and tax in the columns of FOCUS (FinOps Open Cost and Usage Specification).",
            "LargePrint": "`true`: the `.html` begins in large print; as the customer's own `LargePrint` says if absent.",
        ],
        Shows::One(views::sample),
        fetch
    ),
    row!(
        "invoices.items",
        Read,
        NATIVE,
        "Accounts/{AccountSid}/Invoices/{InvoiceSid}/Items",
        "The uses behind an invoice one by one, free of charge; also as `.csv` and `.pdf`. Calls to emergency, help and toll-free numbers are never listed.",
        params!["Masked": "`true` hides the last three digits of everybody else's numbers."],
        Shows::One(views::items_sample),
        items
    ),
    Operation {
        id: "invoices.credit",
        kind: Kind::Update,
        faces: NATIVE,
        path: "Accounts/{AccountSid}/Invoices/{InvoiceSid}/CreditNotes",
        about: "Takes all that remains of an invoice back, or parts of its lines, and answers the credit note. Only for an ancestor, or the top account.",
        access: Access::Token,
        params: params![
            "Reason": "Required: as printed, 1 to 200 characters.",
            "Line": "Number of a line, with `Amount`; without them all that remains is taken back. Both may be repeated.",
            "Amount": "What of that line, without tax, in whole cents.",
        ],
        shows: Shows::One(views::sample),
        run: |ask| Box::pin(credit(ask)),
    },
    Operation {
        id: "invoices.write_off",
        kind: Kind::Update,
        faces: NATIVE,
        path: "Accounts/{AccountSid}/Invoices/{InvoiceSid}/WriteOffs",
        about: "Writes off all that is open of an invoice, so that it is asked for no more, and answers the invoice. Only for an ancestor, or the top account.",
        access: Access::Token,
        params: params![
            "Reason": "Required: why, 1 to 200 characters.",
            "Back": "`true`: what was written off last is open again, because the customer pays after all.",
        ],
        shows: Shows::One(views::sample),
        run: |ask| Box::pin(write_off(ask)),
    },
];

impl Listed for InvoiceState {
    const MEMBERS: (&'static str, &'static str) = ("invoices", "invoices");
    const ELEMENTS: (&'static str, &'static str) = ("Invoices", "Invoice");
    fn cursor(&self) -> u128 {
        self.invoice.sid.as_u128()
    }
}

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let paged = Paged::read::<InvoiceState>(ask)?;
    let filter = params::filter(ask)?;
    let (invoices, total) = ask.app().invoices(ask.account.sid, &filter, &paged.query()).await?;
    ask.page(&paged, invoices, Some(total), |w, invoice| views::invoice(w, &ask.shown(), invoice))
}

async fn preview(ask: &Ask<'_>) -> Result<Answer> {
    let found = Box::pin(ask.app().invoice_preview(ask.account.sid)).await?;
    Ok(ask.one("InvoicePreview", |w| views::preview(w, found.as_ref())))
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let found = ask.app().invoice(ask.account.sid, ask.sid("InvoiceSid")?).await?;
    let state = found.ok_or(ErrorCode::NotFound)?;
    let invoice = &state.invoice;
    match ask.file {
        Some("pdf") => match invoice_pdf::document(invoice) {
            Ok(pdf) => Ok(Answer::new(200, "application/pdf", pdf)),
            Err(error) => {
                tracing::error!(%error, invoice_sid = %invoice.sid, "the invoice cannot be printed");
                Err(ErrorCode::Internal.into())
            }
        },
        Some("html") => {
            let asked = ask.params.boolean("LargePrint")?;
            let is_large = match asked {
                Some(asked) => asked,
                None => ask.app().reads_large_print(ask.account.sid).await?,
            };
            Ok(Answer::new(200, "text/html; charset=utf-8", invoice_pdf::html(invoice, is_large)))
        }
        Some("csv") => {
            let table = match ask.params.text("Form") {
                None => tables::csv(invoice),
                Some("focus") => tables::focus_csv(invoice),
                Some(_) => return Err(invalid("Form", "is `focus`, or left out")),
            };
            Ok(Answer::new(200, "text/csv; charset=utf-8", table))
        }
        Some(_) => Err(ErrorCode::NotFound.into()),
        // The structured invoice is what an invoice is as XML.
        None if ask.format == Format::Xml => Ok(Answer::new(200, "application/xml", ubl::document(invoice))),
        None => Ok(ask.one("Invoice", |w| views::with_lines(w, &ask.shown(), &state))),
    }
}

async fn items(ask: &Ask<'_>) -> Result<Answer> {
    let most = if ask.file == Some("pdf") { PDF_USES_MAX } else { usize::MAX };
    let mask = ask.params.boolean("Masked")? == Some(true);
    let bill = ask.app().itemised(ask.account.sid, ask.sid("InvoiceSid")?, mask, most).await?;
    match ask.file {
        Some("csv") => Ok(Answer::new(200, "text/csv; charset=utf-8", bill.csv())),
        Some("pdf") => Ok(Answer::new(200, "application/pdf", printed(bill).await?)),
        Some(_) => Err(ErrorCode::NotFound.into()),
        None => Ok(ask.one("Items", |w| views::items(w, &bill))),
    }
}

async fn write_off(ask: &Ask<'_>) -> Result<Answer> {
    let reason = ask.params.required("Reason", ErrorCode::InvalidParameter)?.to_owned();
    let back = ask.params.boolean("Back")? == Some(true);
    let by_operator = ask.is_by_ancestor();
    let sid = ask.sid("InvoiceSid")?;
    let state = ask.app().write_off(ask.account.sid, by_operator, sid, (&reason, back)).await?;
    Ok(ask.one("Invoice", |w| views::with_lines(w, &ask.shown(), &state)))
}

/// Hundreds of pages take a while: they are set on a thread that may be busy.
async fn printed(bill: Itemised) -> Result<Vec<u8>> {
    let sid = bill.invoice.sid;
    match tokio::task::spawn_blocking(move || bill.pdf()).await {
        Ok(Ok(pdf)) => Ok(pdf),
        Ok(Err(error)) => {
            tracing::error!(%error, invoice_sid = %sid, "the itemised bill cannot be printed");
            Err(ErrorCode::Internal.into())
        }
        Err(error) => {
            tracing::error!(%error, invoice_sid = %sid, "the itemised bill was not printed");
            Err(ErrorCode::Internal.into())
        }
    }
}

async fn credit(ask: &Ask<'_>) -> Result<Answer> {
    let (lines, reason) = params::credited(ask)?;
    let credited = if lines.is_empty() { Credited::Whole } else { Credited::Lines(&lines) };
    let sid = ask.sid("InvoiceSid")?;
    let by_operator = crate::credit::is_operator(ask);
    let crediting = ask.app().credit_invoice(ask.account.sid, by_operator, sid, credited, &reason);
    let note = Box::pin(crediting).await?;
    Ok(ask.one("Invoice", |w| views::with_lines(w, &ask.shown(), &note)))
}
