//! The itemised bill: the uses behind an invoice one by one, for programs (CSV) and people (PDF/UA-1 and PDF/A-3a).
//!
//! It is made when it is asked for, free of charge. What no bill may list (calls to emergency, help and toll-free numbers) is left out
//! by whoever fills [`Itemised`]; were such a call charged, its amount stands in one sum.

use flexio_domain::{AccountSid, Invoice, LineUnit, Money};
use jiff::civil::DateTime;

use crate::pdf::{About, PdfError, Sheet, Style, Table};
use crate::tables::{strings, written};
use crate::{format, words};

/// Uses that are listed as PDF, at most: some 200 pages.
pub const PDF_USES_MAX: usize = 10_000;
const PAGES_MAX: usize = 400;
const SIZE: f32 = 8.0;
/// Digits that are masked on request.
const MASKED_DIGITS: usize = 3;

/// One use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemisedUse {
    /// On the wall clock of the plan.
    pub at: DateTime,
    /// Who used it.
    pub account_sid: AccountSid,
    /// The call, message or recording; of a month, the number or `designer`.
    pub resource: String,
    /// Price item.
    pub item: String,
    /// Caller or sender.
    pub from: String,
    /// Called number or recipient.
    pub to: String,
    /// In `unit`.
    pub quantity: u64,
    /// What it counts.
    pub unit: LineUnit,
    /// Without tax, exact.
    pub amount: Money,
}

/// The uses behind an invoice.
#[derive(Debug, Clone)]
pub struct Itemised {
    /// The invoice.
    pub invoice: Invoice,
    /// In the order of their times.
    pub uses: Vec<ItemisedUse>,
    /// How many were charged and may not be listed, and what they came to.
    pub not_listed: (u64, Money),
}

/// A number without its last three digits: `+32470123xxx`. Short numbers and what is none stay as they are.
pub fn masked(number: &str) -> String {
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    let is_number = number.bytes().all(|b| b.is_ascii_digit() || b == b'+');
    if !is_number || digits <= 2 * MASKED_DIGITS {
        return number.to_owned();
    }
    let kept = number.len() - MASKED_DIGITS;
    format!("{}xxx", &number[..kept])
}

impl Itemised {
    fn total(&self) -> Money {
        self.uses.iter().map(|it| it.amount).sum()
    }

    /// One row per use, then their sum and that of what may not be listed: column `kind` says which.
    pub fn csv(&self) -> String {
        let (invoice, language) = (&self.invoice, self.invoice.buyer.language);
        let mut rows = vec![strings(&[
            "document",
            "kind",
            "at",
            "account_sid",
            "resource",
            "item",
            "name",
            "from",
            "to",
            "quantity",
            "unit",
            "amount",
            "currency",
        ])];
        for it in &self.uses {
            rows.push(vec![
                invoice.number.clone(),
                "use".to_owned(),
                it.at.strftime("%Y-%m-%d %H:%M:%S").to_string(),
                it.account_sid.to_string(),
                it.resource.clone(),
                it.item.clone(),
                words::item(&it.item, language),
                it.from.clone(),
                it.to.clone(),
                it.quantity.to_string(),
                it.unit.as_str().to_owned(),
                it.amount.to_decimals(6),
                invoice.currency.to_string(),
            ]);
        }
        for (kind, count, amount) in [
            ("total", self.uses.len() as u64, self.total()),
            ("not_listed", self.not_listed.0, self.not_listed.1),
        ] {
            let mut row = strings(&[&invoice.number, kind]);
            row.resize(9, String::new());
            row.extend([
                count.to_string(),
                String::new(),
                amount.to_decimals(6),
                invoice.currency.to_string(),
            ]);
            rows.push(row);
        }
        written(rows)
    }

    /// The bytes of the PDF.
    pub fn pdf(&self) -> Result<Vec<u8>, PdfError> {
        let (invoice, language) = (&self.invoice, self.invoice.buyer.language);
        let mut sheet = Sheet::new(42.0);
        let title = format!("{} {}", words::itemised(language), invoice.number);
        sheet.heading(1, &title, 16.0);
        sheet.paragraph(&format!("{} {}", invoice.seller.name, invoice.seller.legal_form), Style::bold(10.0));
        sheet.paragraph(
            &format!("{}: {}", words::customer(language), invoice.buyer.name),
            Style::regular(10.0),
        );
        let period = format!(
            "{}: {} {} {}",
            words::period(language),
            format::date(invoice.from, language),
            words::to(language),
            format::date(invoice.to, language)
        );
        sheet.paragraph(&period, Style::regular(10.0));
        sheet.paragraph(words::exact(language), Style::regular(SIZE));
        sheet.space(6.0);
        sheet.table(&self.table());
        let about = About {
            title,
            author: &invoice.seller.name,
            language: language.as_str(),
            date: invoice.issued_on,
            attachment: None,
            page: words::page(language),
        };
        sheet.finish(about, PAGES_MAX)
    }

    fn table(&self) -> Table {
        let (invoice, language) = (&self.invoice, self.invoice.buyer.language);
        let row = |it: &ItemisedUse| {
            vec![
                it.at.strftime("%Y-%m-%d %H:%M:%S").to_string(),
                words::item(&it.item, language),
                it.from.clone(),
                it.to.clone(),
                format::quantity(it.quantity, it.unit, language),
                it.amount.to_decimals(6),
            ]
        };
        let mut rows: Vec<Vec<String>> = self.uses.iter().map(row).collect();
        let sum = |label: &str, count: u64, amount: Money| {
            let empty = String::new;
            let amount = format!("{} {}", amount.to_decimals(6), invoice.currency);
            vec![label.to_owned(), empty(), empty(), empty(), format::count(count, language), amount]
        };
        rows.push(sum(words::uses_total(language), self.uses.len() as u64, self.total()));
        let (count, amount) = self.not_listed;
        if count > 0 {
            rows.push(sum(words::not_listed(language), count, amount));
        }
        Table {
            widths: vec![0.19, 0.24, 0.15, 0.15, 0.13, 0.14],
            right: vec![false, false, false, false, true, true],
            head: [
                words::at,
                words::service,
                words::caller,
                words::called,
                words::quantity,
                words::used_amount,
            ]
            .map(|word| word(language).to_owned())
            .to_vec(),
            bold_last: rows.len() - self.uses.len(),
            rows,
            size: SIZE,
        }
    }
}
