//! What value added tax fell on, document by document: for the operator's return, its list of customers and its one-stop return.

use flexio_app::{VatListed, VatTotal, vat_totals};
use flexio_documents::tables;
use flexio_domain::{AccountSid, Currency, ErrorCode, InvoiceKind, Money, Vat};
use jiff::civil::{Date, date};

use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::error::{Result, invalid};
use crate::operation::{Access, Kind, NATIVE, Operation, Shows, params};
use crate::write::Writer;

pub(crate) const OPERATIONS: &[Operation] = &[Operation {
    id: "vat_list.fetch",
    kind: Kind::Read,
    faces: NATIVE,
    path: "Accounts/{AccountSid}/VatList",
    about: "Every invoice and credit note issued in a period, with how value added tax falls on it, and what that comes to by country and rate; also as `.csv`. Only for the top account.",
    access: Access::Top,
    params: params![
        "From": "Required: first day of issue, `2026-10-01`.",
        "To": "Required: last day of issue.",
    ],
    shows: Shows::One(sample),
    run: |ask| Box::pin(fetch(ask)),
}];

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let day = |name: &str| -> Result<Date> {
        ask.params
            .parsed::<Date>(name, ErrorCode::InvalidParameter)?
            .ok_or_else(|| invalid(name, "is missing"))
    };
    // Nobody else learns which parameters there are.
    if ask.account.parent_sid.is_some() {
        return Err(ErrorCode::Forbidden.into());
    }
    let listed = ask.app().vat_list(&ask.account, day("From")?, day("To")?).await?;
    match ask.file {
        Some("csv") => Ok(Answer::new(200, "text/csv; charset=utf-8", csv(&listed))),
        Some(_) => Err(ErrorCode::NotFound.into()),
        None => Ok(ask.one("VatList", |w| view(w, &vat_totals(&listed), &listed))),
    }
}

const fn treatment(vat: &Vat) -> &'static str {
    match vat {
        Vat::Standard { .. } => "standard",
        Vat::ReverseCharge => "reverse_charge",
        Vat::OutsideScope => "outside_scope",
    }
}

/// The country whose tax it is; none where none is charged.
fn taxed_in(vat: &Vat) -> Option<&str> {
    match vat {
        Vat::Standard { country, .. } => Some(country),
        Vat::ReverseCharge | Vat::OutsideScope => None,
    }
}

fn view(w: &mut Writer, totals: &[VatTotal], listed: &[VatListed]) {
    w.list("totals", "Total", totals, |w, it| {
        w.put("treatment", treatment(&it.vat));
        w.put("taxed_in", taxed_in(&it.vat));
        w.put("rate", it.vat.percent());
        w.put("country", it.country.as_str());
        w.put("documents", i64::try_from(it.documents).unwrap_or(i64::MAX));
        w.put("net", it.net.to_decimals(2));
        w.put("tax", it.tax.to_decimals(2));
        w.put("currency", it.currency.to_string());
    });
    w.list("documents", "Document", listed, |w, it| {
        w.put("number", it.number.as_str());
        w.put("kind", it.kind.as_str());
        w.put("issued_on", it.issued_on.to_string());
        w.put("supplied_to", it.supplied_to.to_string());
        w.put("account_sid", it.account_sid.to_string());
        w.put("buyer", it.buyer.as_str());
        w.put("country", it.country.as_str());
        w.put("vat_number", it.vat_number.as_deref());
        w.put("treatment", treatment(&it.vat));
        w.put("taxed_in", taxed_in(&it.vat));
        w.put("rate", it.vat.percent());
        w.put("net", it.net.to_decimals(2));
        w.put("tax", it.tax.to_decimals(2));
        w.put("currency", it.currency.to_string());
    });
}

fn csv(listed: &[VatListed]) -> String {
    let mut rows = vec![tables::strings(&[
        "number",
        "kind",
        "issued_on",
        "supplied_to",
        "account_sid",
        "buyer",
        "country",
        "vat_number",
        "treatment",
        "taxed_in",
        "rate",
        "net",
        "tax",
        "currency",
    ])];
    for it in listed {
        rows.push(tables::strings(&[
            &it.number,
            it.kind.as_str(),
            &it.issued_on.to_string(),
            &it.supplied_to.to_string(),
            &it.account_sid.to_string(),
            &it.buyer,
            &it.country,
            it.vat_number.as_deref().unwrap_or(""),
            treatment(&it.vat),
            taxed_in(&it.vat).unwrap_or(""),
            &it.vat.percent(),
            &it.net.to_decimals(2),
            &it.tax.to_decimals(2),
            &it.currency.to_string(),
        ]));
    }
    tables::written(rows)
}

fn specimen() -> VatListed {
    VatListed {
        number: "2026-000042".to_owned(),
        kind: InvoiceKind::Invoice,
        issued_on: date(2026, 12, 3),
        supplied_to: date(2026, 11, 30),
        account_sid: AccountSid::from_u128(1),
        buyer: "Bakkerij Peeters BV".to_owned(),
        country: "BE".to_owned(),
        vat_number: Some("BE0202239951".to_owned()),
        vat: Vat::Standard { country: "BE".to_owned(), millionths: 210_000 },
        net: Money::from_micros(238_670_000),
        tax: Money::from_micros(50_120_000),
        currency: Currency::EUR,
    }
}

fn sample(w: &mut Writer, _: &Shown<'_>) {
    let listed = [specimen()];
    view(w, &vat_totals(&listed), &listed);
}
