//! The documents seen from outside: what is on them, in every form and language, and what the official rules say of them.

#![expect(clippy::unwrap_used, reason = "a helper of a test may fail as a test does")]

mod debits;
mod letters;
mod official;
mod people;
mod rules;
mod summary;
mod tables;

use flexio_billing::invoice::{Basis, Credited, Identity, Promotion, Supplied, Supply, credit_note, invoice};
use flexio_domain::{
    AccountSid, Buyer, Currency, DirectDebit, Invoice, InvoiceSid, Language, MandateSid, Money, Operator,
    PostalAddress, PromotionKind, Vat,
};
use flexio_rating::Plan;
use jiff::civil::date;

fn plan() -> Plan {
    Plan::parse("offer.toml", include_str!("../../../../data/offer-flexio-be.toml")).unwrap()
}

fn buyer(language: Language) -> Buyer {
    Buyer {
        name: "Bakkerij De Korenbloem & Zonen BV".to_owned(),
        address: PostalAddress {
            street: "Kerkstraat 12".to_owned(),
            post_code: "9000".to_owned(),
            city: "Gent".to_owned(),
            country: "BE".to_owned(),
        },
        enterprise_number: Some("0202239951".parse().unwrap()),
        vat_number: Some("BE0202239951".to_owned()),
        peppol: None,
        reference: Some("PO 4711".to_owned()),
        language,
    }
}

fn belgian() -> Vat {
    Vat::Standard { country: "BE".to_owned(), millionths: 210_000 }
}

/// Item, quantity, count and exact amount.
const NOVEMBER: [(&str, u64, u64, &str); 9] = [
    ("number.fixed", 47, 2, "1.253333"),
    ("designer", 1, 1, "30"),
    ("sms.out", 1_234, 1_200, "117.23"),
    ("voice.out.mobile", 10_005, 113, "61.6975"),
    ("voice.out.fixed", 7_261, 41, "11.496583"),
    ("voice.in", 90_000, 512, "6.75"),
    ("conference.setup", 12, 12, "0.0864"),
    ("recording", 3_661, 9, "0.152542"),
    ("twofa.request", 200, 200, "10"),
];

fn made(buyer: &Buyer, vat: &Vat, promotions: &[Promotion], wallet: &str) -> Invoice {
    let plan = plan();
    let supplies: Vec<Supply> = NOVEMBER
        .iter()
        .flat_map(|&(item, quantity, count, amount)| {
            let amount: Money = amount.parse().unwrap();
            let supplied = Supplied {
                plan: plan.label(),
                month: "2026-11".parse().unwrap(),
                quantity,
                count,
                amount,
                before: 0,
            };
            Supply::of(plan.item(item).unwrap(), &supplied)
        })
        .collect();
    let basis = Basis {
        account_sid: AccountSid::from_u128(0xA1),
        month: "2026-11".parse().unwrap(),
        seller: &Operator::default(),
        buyer,
        vat,
        currency: Currency::EUR,
        supplies: &supplies,
        promotions,
        wallet: wallet.parse().unwrap(),
        mandate: None,
    };
    invoice(&basis, &identity(42)).unwrap()
}

fn identity(sequence: u32) -> Identity {
    Identity { sid: InvoiceSid::from_u128(u128::from(sequence)), sequence, issued_on: date(2026, 12, 3) }
}

fn november(language: Language) -> Invoice {
    made(&buyer(language), &belgian(), &[], "0")
}

fn promotions() -> Vec<Promotion> {
    let promotion = |id: &str, kind, items: &[&str]| Promotion {
        id: id.to_owned(),
        label: "Welcome (2026-12-31)".to_owned(),
        kind,
        items: items.iter().map(|item| (*item).to_owned()).collect(),
        months: ("2026-11".parse().unwrap(), "2026-12".parse().unwrap()),
        plan: None,
        stack_group: None,
    };
    vec![
        promotion("mobile-10", PromotionKind::PercentOff(100_000), &["voice.out.mobile"]),
        promotion("sms-100", PromotionKind::FreeUnits(100), &["sms.out"]),
        promotion("welcome", PromotionKind::Credit("5".parse().unwrap()), &[]),
    ]
}

/// One invoice per kind of promotion, and one that comes to nothing.
fn of_each_kind() -> Vec<Invoice> {
    let kind = |kind, items: &[&str]| Promotion {
        kind,
        items: items.iter().map(|item| (*item).to_owned()).collect(),
        ..promotions().remove(0)
    };
    let five: Money = "5".parse().unwrap();
    [
        kind(PromotionKind::PriceOverride("0.30".parse().unwrap()), &["voice.out.mobile"]),
        kind(PromotionKind::PriceOverride("0.50".parse().unwrap()), &["number.fixed"]),
        kind(PromotionKind::FreeUnits(100), &["sms.out"]),
        kind(PromotionKind::FreeUnits(5_000), &["sms.out"]),
        kind(PromotionKind::PercentOff(100_000), &[]),
        kind(PromotionKind::AmountOff(five), &[]),
        kind(PromotionKind::Credit(five), &[]),
        kind(PromotionKind::Credit("1000".parse().unwrap()), &[]),
    ]
    .map(|promotion| made(&buyer(Language::Nl), &belgian(), &[promotion], "0"))
    .to_vec()
}

fn promoted(language: Language) -> Invoice {
    made(&buyer(language), &belgian(), &promotions(), "100")
}

/// November, to be collected by a mandate.
fn debited(language: Language) -> Invoice {
    let direct_debit = DirectDebit {
        mandate_sid: MandateSid::from_u128(1),
        mandate_reference: MandateSid::from_u128(1).to_string().to_uppercase(),
        creditor_id: "DE98ZZZ09999999999".parse().unwrap(),
        debtor_name: "Bakkerij De Korenbloem & Zonen BV".to_owned(),
        iban: "BE68539007547034".parse().unwrap(),
        collect_on: date(2027, 1, 4),
    };
    Invoice { direct_debit: Some(direct_debit), ..november(language) }
}

fn credited(language: Language) -> Invoice {
    credit_note(&promoted(language), &[], Credited::Whole, "Disputed calls", &identity(1)).unwrap()
}
