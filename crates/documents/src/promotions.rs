//! How a promotion is named wherever it is printed: with its last day and what comes then, because it is temporary (Directive (EU)
//! 2018/1972, Article 102; a discount without its end is read as the price).

use flexio_domain::{Language, LineUnit, Money};
use jiff::civil::Date;

use crate::format;
use crate::summary::with_tax;
use crate::words::words;

words! {
    usual: "de gewone prijs", "le prix habituel", "der reguläre Preis", "the usual price";
}

/// A price as it is printed: for so many units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriceAfter {
    /// Without tax.
    pub price: Money,
    /// Units it is for.
    pub base: u64,
    /// What they are.
    pub unit: LineUnit,
}

/// `Lentepromotie, tot en met 31/01/2027, daarna 0,37 / 60 s`. Without a price it is the usual one that comes then.
pub fn named(label: &str, until: Date, then: Option<PriceAfter>, language: Language) -> String {
    let day = format::date(until, language);
    let then = then.map_or_else(
        || usual(language).to_owned(),
        |after| format::unit_price(after.price, after.base, after.unit, language),
    );
    match language {
        Language::Nl => format!("{label}, tot en met {day}, daarna {then}"),
        Language::Fr => format!("{label}, jusqu'au {day} inclus, ensuite {then}"),
        Language::De => format!("{label}, bis {day}, danach {then}"),
        Language::En => format!("{label}, until {day}, then {then}"),
    }
}

/// What a promotion gives, for the summary: `0,30 / 60 s`, `100`, `10 %`, `5,00 EUR`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gift {
    /// Another price for an item.
    Price(String, PriceAfter),
    /// Units free of charge on each invoice, of these items.
    FreeUnits(u64, Vec<String>),
    /// Millionths off these items; all if empty.
    Percent(u32, Vec<String>),
    /// Off each invoice, before tax.
    AmountOff(Money),
    /// Credit, in all, before tax.
    Credit(Money),
}

impl Gift {
    /// In words, amounts without and with tax: `Spraak, uitgaand naar mobiel: 0,30 / 60 s excl. btw (0,363 incl. btw)`.
    pub fn words(&self, tax_millionths: u32, language: Language) -> String {
        let both = |written: &str, amount: Money| {
            let gross = format::price(with_tax(amount, tax_millionths), language);
            format!("{written} {} ({gross} {})", excluding_tax(language), including_tax(language))
        };
        match self {
            Self::Price(item, at) => {
                let price = format::unit_price(at.price, at.base, at.unit, language);
                format!("{}: {}", crate::item_name(item, language), both(&price, at.price))
            }
            Self::FreeUnits(units, items) => {
                format!("{}: {} {}", listed(items, language), format::count(*units, language), free(language))
            }
            Self::Percent(millionths, items) => {
                format!("{}: -{} %", listed(items, language), percent(*millionths, language))
            }
            Self::AmountOff(amount) => {
                let written = both(&format!("{} EUR", format::cents(*amount, language)), *amount);
                format!("{}: {written}", off_each_invoice(language))
            }
            Self::Credit(amount) => {
                let written = both(&format!("{} EUR", format::cents(*amount, language)), *amount);
                format!("{}: {written}", credit(language))
            }
        }
    }
}

words! {
    excluding_tax: "excl. btw", "hors TVA", "ohne MwSt.", "excl. VAT";
    free: "gratis per factuur", "gratuits par facture", "kostenlos je Rechnung", "free on each invoice";
    including_tax: "incl. btw", "TVA comprise", "inkl. MwSt.", "incl. VAT";
    off_each_invoice: "korting op elke factuur", "remise sur chaque facture", "Rabatt auf jede Rechnung", "discount on each invoice";
    credit: "tegoed, niet in geld uitbetaalbaar", "crédit, non payable en espèces", "Guthaben, nicht auszahlbar", "credit, never paid out in money";
    everything: "alle diensten", "tous les services", "alle Dienste", "all services";
}

fn listed(items: &[String], language: Language) -> String {
    if items.is_empty() {
        return everything(language).to_owned();
    }
    let names: Vec<String> = items.iter().map(|item| crate::item_name(item, language)).collect();
    names.join("; ")
}

/// Without needless zeros: `10`, `2,5`.
fn percent(millionths: u32, language: Language) -> String {
    let text = format!("{}.{:04}", millionths / 10_000, millionths % 10_000);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    match language {
        Language::En => text.to_owned(),
        Language::Nl | Language::Fr | Language::De => text.replace('.', ","),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const ALL: [Language; 4] = [Language::Nl, Language::Fr, Language::De, Language::En];

    #[test]
    fn a_promotion_is_named_with_its_end_and_what_comes_then() {
        let after = PriceAfter { price: Money::from_micros(370_000), base: 60, unit: LineUnit::Second };
        let said = ALL.map(|language| named("Spring", date(2027, 1, 31), Some(after), language));
        assert_eq!(
            said,
            [
                "Spring, tot en met 31/01/2027, daarna 0,37 / 60 s",
                "Spring, jusqu'au 31/01/2027 inclus, ensuite 0,37 / 60 s",
                "Spring, bis 31.01.2027, danach 0,37 / 60 s",
                "Spring, until 31 January 2027, then 0.37 / 60 s",
            ]
        );
        assert!(named("Spring", date(2027, 1, 31), None, Language::En).ends_with("then the usual price"));
    }

    #[test]
    fn what_it_gives_is_said_with_its_price() {
        let items = || vec!["sms.out".to_owned()];
        let price = PriceAfter { price: Money::from_micros(300_000), base: 60, unit: LineUnit::Second };
        let five = Money::from_micros(5_000_000);
        let gifts = [
            Gift::Price("voice.out.mobile".to_owned(), price),
            Gift::FreeUnits(100, items()),
            Gift::Percent(25_000, Vec::new()),
            Gift::AmountOff(five),
            Gift::Credit(five),
        ];
        let said = gifts.each_ref().map(|gift| gift.words(210_000, Language::En));
        assert_eq!(
            said,
            [
                "Outbound to mobile: 0.30 / 60 s excl. VAT (0.363 incl. VAT)",
                "SMS sent: 100 free on each invoice",
                "all services: -2.5 %",
                "discount on each invoice: 5.00 EUR excl. VAT (6.05 incl. VAT)",
                "credit, never paid out in money: 5.00 EUR excl. VAT (6.05 incl. VAT)",
            ]
        );
        for language in ALL {
            assert!(gifts.iter().all(|gift| !gift.words(210_000, language).is_empty()));
        }
    }
}
