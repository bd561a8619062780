//! Invoices and credit notes, for people (PDF) and programs (UBL, CSV, JSON). Not Twilio's: its invoices are in its console.

mod params;
mod views;

use flexio_billing::invoice::Credited;
use flexio_documents::{invoice_pdf, tables, ubl};
use flexio_domain::{ErrorCode, InvoiceState};

use crate::answer::Answer;
use crate::ask::Ask;
use crate::dialect::Format;
use crate::error::Result;
use crate::operation::{Access, Kind, NATIVE, Operation, Shows, params, row};
use crate::paging::{Listed, Paged};

pub(crate) const OPERATIONS: &[Operation] = &[
    row!(
        "invoices.list",
        Read,
        NATIVE,
        "Accounts/{AccountSid}/Invoices",
        "Invoices and credit notes of the account, newest first.",
        &[],
        Shows::Many(views::sample),
        list
    ),
    row!(
        "invoices.fetch",
        Read,
        NATIVE,
        "Accounts/{AccountSid}/Invoices/{InvoiceSid}",
        "One document with its lines. `.pdf` is the document for people, with the structured invoice inside; `.xml` is the structured invoice (UBL 2.1, Peppol BIS Billing 3.0); `.csv` its lines.",
        &[],
        Shows::One(views::sample),
        fetch
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
    let (invoices, total) = ask.app().invoices(ask.account.sid, &paged.query()).await?;
    ask.page(&paged, invoices, Some(total), |w, invoice| views::invoice(w, &ask.shown(), invoice))
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
        Some("csv") => Ok(Answer::new(200, "text/csv; charset=utf-8", tables::csv(invoice))),
        Some(_) => Err(ErrorCode::NotFound.into()),
        // The structured invoice is what an invoice is as XML.
        None if ask.format == Format::Xml => Ok(Answer::new(200, "application/xml", ubl::document(invoice))),
        None => Ok(ask.one("Invoice", |w| views::with_lines(w, &ask.shown(), &state))),
    }
}

async fn credit(ask: &Ask<'_>) -> Result<Answer> {
    let (lines, reason) = params::credited(ask)?;
    let credited = if lines.is_empty() { Credited::Whole } else { Credited::Lines(&lines) };
    let sid = ask.sid("InvoiceSid")?;
    let by_operator = crate::credit::is_operator(ask);
    let note = ask.app().credit_invoice(ask.account.sid, by_operator, sid, credited, &reason).await?;
    Ok(ask.one("Invoice", |w| views::with_lines(w, &ask.shown(), &note)))
}
