//! Direct debit: what is asked of payers' banks, and the operator's files. Not Twilio's: it collects by card.

use flexio_domain::{
    AccountSid, Collection, CollectionFile, CollectionFileSid, CollectionSid, CollectionState, Currency,
    DebitReturn, DebitSequence, ErrorCode, Iban, InvoiceSid, MandateSid, Money, Timestamp,
};
use jiff::civil::{Date, date};

use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::credit::is_operator;
use crate::dialect::{Format, rfc2822};
use crate::error::{Result, invalid};
use crate::operation::{Access, Kind, NATIVE, Operation, Shows, params, row};
use crate::paging::{Listed, Paged};
use crate::write::Writer;

pub(crate) const OPERATIONS: &[Operation] = &[
    row!(
        "collections.list",
        Read,
        NATIVE,
        "Accounts/{AccountSid}/Collections",
        "What was asked of the payer's bank by direct debit, newest first, and what became of it.",
        &[],
        Shows::Many(sample),
        list
    ),
    Operation {
        id: "collections.refused",
        kind: Kind::Update,
        faces: NATIVE,
        path: "Accounts/{AccountSid}/Collections/{CollectionSid}",
        about: "Notes that the bank refused a collection before its money came; what comes back after is read from statements. Only for an ancestor, or the top account.",
        access: Access::Token,
        params: params!["Reason": "Required: the bank's code, such as `AC04`. Some end the mandate."],
        shows: Shows::One(sample),
        run: |ask| Box::pin(refused(ask)),
    },
    Operation {
        id: "collection_files.create",
        kind: Kind::Update,
        faces: NATIVE,
        path: "Accounts/{AccountSid}/CollectionFiles",
        about: "Puts what is to be collected by direct debit until a day into a file for the bank, each invoice once. Only for the top account.",
        access: Access::Top,
        params: params![
            "Until": "Required: last day of collection, such as `2027-01-11`.",
            "DryRun": "`true` makes no file and says what would be in it.",
        ],
        shows: Shows::One(file_sample),
        run: |ask| Box::pin(create(ask)),
    },
    Operation {
        id: "collection_files.list",
        kind: Kind::Read,
        faces: NATIVE,
        path: "Accounts/{AccountSid}/CollectionFiles",
        about: "Files that were made for the bank, newest first. Only for the top account.",
        access: Access::Top,
        params: &[],
        shows: Shows::Many(file_sample),
        run: |ask| Box::pin(files(ask)),
    },
    Operation {
        id: "collection_files.fetch",
        kind: Kind::Read,
        faces: NATIVE,
        path: "Accounts/{AccountSid}/CollectionFiles/{CollectionFileSid}",
        about: "One file with its collections; `.xml` is the file for the bank (ISO 20022 pain.008.001.08), the same each time. Only for the top account.",
        access: Access::Top,
        params: &[],
        shows: Shows::One(file_sample),
        run: |ask| Box::pin(file(ask)),
    },
];

impl Listed for Collection {
    const MEMBERS: (&'static str, &'static str) = ("collections", "collections");
    const ELEMENTS: (&'static str, &'static str) = ("Collections", "Collection");
    fn cursor(&self) -> u128 {
        self.sid.as_u128()
    }
}

impl Listed for CollectionFile {
    const MEMBERS: (&'static str, &'static str) = ("collection_files", "collection_files");
    const ELEMENTS: (&'static str, &'static str) = ("CollectionFiles", "CollectionFile");
    fn cursor(&self) -> u128 {
        self.sid.as_u128()
    }
}

/// Nobody else learns which parameters there are.
fn only_top(ask: &Ask<'_>) -> Result<()> {
    if ask.account.parent_sid.is_some() { Err(ErrorCode::Forbidden.into()) } else { Ok(()) }
}

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let paged = Paged::read::<Collection>(ask)?;
    let collections = ask.app().collections(ask.account.sid, &paged.query()).await?;
    ask.page(&paged, collections, None, view)
}

async fn refused(ask: &Ask<'_>) -> Result<Answer> {
    let (account, sid) = (ask.account.sid, ask.sid("CollectionSid")?);
    let reason = ask.params.text("Reason").unwrap_or_default();
    let noted = ask.app().note_refused_collection(account, is_operator(ask), sid, reason).await?;
    Ok(ask.one("Collection", |w| view(w, &noted)))
}

async fn create(ask: &Ask<'_>) -> Result<Answer> {
    only_top(ask)?;
    let until: Option<Date> = ask.params.parsed("Until", ErrorCode::InvalidParameter)?;
    let until = until.ok_or_else(|| invalid("Until", "is missing"))?;
    let dry_run = ask.params.boolean("DryRun")? == Some(true);
    let run = ask.app().collect(until, &ask.user(), dry_run).await?;
    let made = run.file.as_ref().ok_or(ErrorCode::NothingToCollect)?;
    Ok(ask.one("CollectionFile", |w| {
        file_view(w, made);
        w.list("collections", "Collection", &run.collections, view);
        w.list("left", "Left", &run.reasons, |w, (number, reason)| {
            w.put("number", number.as_str());
            w.put("reason", reason.as_str());
        });
    }))
}

async fn files(ask: &Ask<'_>) -> Result<Answer> {
    only_top(ask)?;
    let paged = Paged::read::<CollectionFile>(ask)?;
    let files = ask.app().collection_files(&paged.query()).await?;
    ask.page(&paged, files, None, file_view)
}

async fn file(ask: &Ask<'_>) -> Result<Answer> {
    // No other account has files.
    only_top(ask).map_err(|_| ErrorCode::NotFound)?;
    let (file, collections, text) = ask.app().collection_file_text(ask.sid("CollectionFileSid")?).await?;
    // What the file is as XML is the bank's.
    if ask.format == Format::Xml {
        return Ok(Answer::new(200, "application/xml", text));
    }
    Ok(ask.one("CollectionFile", |w| {
        file_view(w, &file);
        w.list("collections", "Collection", &collections, view);
    }))
}

fn view(w: &mut Writer, collection: &Collection) {
    w.put("sid", collection.sid.to_string());
    w.put("account_sid", collection.account_sid.to_string());
    w.put("invoice_sid", collection.invoice_sid.to_string());
    w.put("invoice_number", collection.invoice_number.as_str());
    w.put("file_sid", collection.file_sid.to_string());
    w.put("mandate_sid", collection.mandate_sid.to_string());
    w.put("iban", collection.iban.as_ref().map(Iban::masked));
    w.put("amount", collection.amount.to_decimals(2));
    w.put("currency", collection.currency.to_string());
    w.put("end_to_end_id", collection.end_to_end.as_str());
    w.put("collect_on", collection.collect_on.to_string());
    w.put("sequence", collection.sequence.as_str());
    w.put("status", collection.state.as_str());
    w.put("settled", collection.settled.to_decimals(2));
    w.put("bank_reference", collection.bank_reference.as_deref());
    let returned = collection.returned.as_ref();
    w.put("return_reason", returned.map(|it| it.reason.as_str()));
    w.put("return_fee", returned.map(|it| it.fee.to_decimals(2)));
    w.put("date_returned", returned.map(|it| rfc2822(it.at)));
    w.put("date_requested", rfc2822(collection.requested_at));
}

fn file_view(w: &mut Writer, file: &CollectionFile) {
    w.put("sid", file.sid.to_string());
    w.put("made_by", file.made_by.as_str());
    w.put("count", file.count);
    w.put("total", file.total.to_decimals(2));
    w.put("currency", file.currency.to_string());
    w.put("creditor_id", file.creditor_id.as_str());
    w.put("iban", file.creditor_iban.as_str());
    w.put("date_made", rfc2822(file.made_at));
}

fn sample(w: &mut Writer, _: &Shown<'_>) {
    let specimen = Collection {
        sid: CollectionSid::from_u128(1),
        version: 1,
        account_sid: AccountSid::from_u128(1),
        invoice_sid: InvoiceSid::from_u128(1),
        invoice_number: "2026-000042".to_owned(),
        file_sid: CollectionFileSid::from_u128(1),
        batch: "00000000000000000000000000000001-1".to_owned(),
        mandate_sid: MandateSid::from_u128(1),
        mandate_reference: "MN00000000000000000000000000000001".to_owned(),
        mandate_signed_on: date(2026, 11, 1),
        debtor_name: "Bakkerij Peeters BV".to_owned(),
        iban: "BE68539007547034".parse().ok(),
        amount: Money::from_micros(288_790_000),
        currency: Currency::EUR,
        end_to_end: "260000004214".to_owned(),
        collect_on: date(2027, 1, 4),
        sequence: DebitSequence::First,
        state: CollectionState::Returned,
        bank_reference: Some("B1".to_owned()),
        settled: Money::from_micros(288_790_000),
        returned: Some(DebitReturn {
            reason: "AM04".to_owned(),
            reference: Some("B2".to_owned()),
            fee: Money::ZERO,
            at: Timestamp::UNIX_EPOCH,
        }),
        requested_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
    };
    view(w, &specimen);
}

fn file_sample(w: &mut Writer, _: &Shown<'_>) {
    let specimen = CollectionFile {
        sid: CollectionFileSid::from_u128(1),
        made_by: "US00000000000000000000000000000001".to_owned(),
        made_at: Timestamp::UNIX_EPOCH,
        creditor_name: "Voorbeeld Telecom".to_owned(),
        creditor_id: "DE98ZZZ09999999999".parse().expect("its check digits are right"),
        creditor_iban: "BE68539007547034".parse().expect("its check digits are right"),
        creditor_bic: "EXMPBEBB".to_owned(),
        count: 1,
        total: Money::from_micros(288_790_000),
        currency: Currency::EUR,
    };
    file_view(w, &specimen);
}
