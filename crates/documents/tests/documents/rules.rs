use flexio_documents::rules::check;
use flexio_domain::{Invoice, Language, Money, Vat};
use jiff::ToSpan;

use crate::{buyer, credited, made, november, promoted};

fn cent() -> Money {
    Money::from_micros(10_000)
}

#[test]
fn documents_as_they_are_made_break_nothing() {
    for language in Language::ALL {
        for document in [november(*language), promoted(*language), credited(*language)] {
            assert_eq!(check(&document), [], "{}", document.number);
        }
    }
    let mut foreign = buyer(Language::Fr);
    (foreign.address.country, foreign.enterprise_number) = ("FR".to_owned(), None);
    foreign.vat_number = Some("FR40303265045".to_owned());
    assert_eq!(check(&made(&foreign, &Vat::ReverseCharge, &[], "0")), []);
    foreign.vat_number = None;
    assert_eq!(check(&made(&foreign, &Vat::OutsideScope, &[], "0")), []);
}

/// A rule, and a document with one thing changed that breaks it.
type Mutation = (&'static str, fn(&mut Invoice));

const MUTATIONS: &[Mutation] = &[
    ("BR-02", |i| i.number.clear()),
    ("BR-06", |i| i.seller.name.clear()),
    ("BR-07", |i| "  ".clone_into(&mut i.buyer.name)),
    ("BR-09", |i| i.seller.country.clear()),
    ("BR-11", |i| "Belgium".clone_into(&mut i.buyer.address.country)),
    ("BR-61", |i| "BE68 5390 0754 7035".clone_into(&mut i.seller.iban)),
    ("PEPPOL-EN16931-R010", |i| i.buyer.enterprise_number = None),
    ("BE-SELLER-FORM", |i| i.seller.legal_form.clear()),
    ("BE-SELLER-COURT", |i| i.seller.court.clear()),
    ("BE-SELLER-SEAT", |i| i.seller.city.clear()),
    ("BE-SELLER-CONTACT", |i| i.seller.website.clear()),
    ("BE-BUYER-ADDRESS", |i| i.buyer.address.street.clear()),
    ("BE-COMPLAINTS", |i| i.seller.ombudsman.clear()),
    ("BE-COMPARISON", |i| i.seller.tariff_comparison_url.clear()),
    ("BR-16", |i| i.lines.clear()),
    ("BR-CO-10", |i| i.lines_total += cent()),
    ("BR-CO-13", |i| i.net += cent()),
    ("BR-CO-15", |i| i.gross += cent()),
    ("BR-CO-16", |i| i.payable += cent()),
    ("BR-CO-17", |i| i.tax += cent()),
    ("BR-DEC-19", |i| i.tax += Money::from_micros(1)),
    ("BE-NEGATIVE", |i| i.prepaid = -cent()),
    ("BR-33", |i| i.allowances[0].reason.clear()),
    ("BR-AE-02", |i| (i.vat, i.buyer.vat_number) = (Vat::ReverseCharge, None)),
    ("BR-AE-09", |i| i.vat = Vat::ReverseCharge),
    ("BR-CO-25", |i| i.due_on = i.issued_on.saturating_sub(1.days())),
    ("BE-COMMUNICATION", |i| i.communication = None),
    ("BR-25", |i| i.lines[0].item.clear()),
    ("BR-27", |i| i.lines[0].price = -cent()),
    ("PEPPOL-EN16931-R121", |i| i.lines[0].base = 0),
    ("BR-DEC-23", |i| i.lines[0].net += Money::from_micros(1)),
    ("BR-30", |i| i.lines[0].from = i.lines[0].to.saturating_add(1.days())),
    ("PEPPOL-EN16931-R110", |i| i.lines[0].from = i.from.saturating_sub(1.days())),
    ("PEPPOL-EN16931-R111", |i| i.lines[0].to = i.to.saturating_add(1.days())),
    ("PEPPOL-EN16931-R120", |i| i.lines[0].quantity += 9),
];

#[test]
fn a_document_with_one_thing_wrong_is_refused_by_that_rule() {
    for (rule, mutate) in MUTATIONS {
        let mut invoice = promoted(Language::Nl);
        mutate(&mut invoice);
        let broken: Vec<&str> = check(&invoice).iter().map(|violation| violation.rule).collect();
        assert!(broken.contains(rule), "{rule}: {broken:?}");
    }
    let mut note = credited(Language::Nl);
    note.preceding.as_mut().unwrap().reason.clear();
    assert_eq!(check(&note)[0].rule, "BE-REASON");
    note.preceding = None;
    assert_eq!(check(&note)[0].rule, "BR-55");
}
