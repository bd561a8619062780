//! The complete rules of EN 16931 and Peppol BIS Billing 3.0, which are others' files, run over all kinds of documents.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use flexio_documents::ubl;
use flexio_domain::{Invoice, Language, Vat};

use crate::{buyer, credited, debited, made, november, of_each_kind, promoted};

/// The folder of the rules, where it is at hand.
fn at_hand() -> Option<PathBuf> {
    let root = Path::new("../..");
    let shared = root.join(std::env::var_os("FLEXIO_SHARED").unwrap_or_else(|| "../shared".into()));
    Some(shared.join("testdata/peppol")).filter(|rules| rules.exists())
}

/// Runs rules over documents; `None` where they are not at hand.
fn judged(name: &str, rules: &[&str], documents: &[String]) -> Option<Output> {
    let Some(folder) = at_hand() else {
        eprintln!("the official rules are not at hand: not run");
        return None;
    };
    let python = Path::new("../../.local/venv/bin/python");
    assert!(python.exists(), "{} is missing: run scripts/setup", python.display());
    let work = std::env::temp_dir().join(format!("flexio-ubl-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&work).unwrap();
    let mut run = Command::new(python);
    run.arg("tests/documents/official.py");
    run.args(rules.iter().map(|file| folder.join(file))).arg("--");
    for (at, document) in documents.iter().enumerate() {
        let file = work.join(format!("{at}.xml"));
        std::fs::write(&file, document).unwrap();
        run.arg(file);
    }
    let output = run.output().unwrap();
    std::fs::remove_dir_all(&work).unwrap();
    Some(output)
}

/// Each as it is, and as it goes out with its printed form in it.
fn written(documents: &[Invoice]) -> Vec<String> {
    let sent = |it: &Invoice| ubl::with_pdf(it, &flexio_documents::invoice_pdf::document(it).unwrap());
    documents.iter().flat_map(|it| [ubl::document(it), sent(it)]).collect()
}

fn belgian_documents() -> Vec<Invoice> {
    let mut documents = vec![
        november(Language::Nl),
        promoted(Language::De),
        credited(Language::En),
        credited(Language::Fr),
        debited(Language::Nl),
    ];
    documents.extend(of_each_kind());
    documents
}

/// Buyers outside the duty have no electronic address: their documents are EN 16931 invoices, and cannot go through Peppol.
fn foreign_documents() -> Vec<Invoice> {
    let mut foreign = buyer(Language::Fr);
    (foreign.address.country, foreign.enterprise_number) = ("FR".to_owned(), None);
    foreign.vat_number = Some("FR40303265045".to_owned());
    let reverse = made(&foreign, &Vat::ReverseCharge, &[], "0");
    foreign.vat_number = None;
    // A person there, under the one-stop scheme.
    let one_stop = Vat::Standard { country: "FR".to_owned(), millionths: 200_000 };
    let one_stop = made(&foreign, &one_stop, &[], "0");
    "US".clone_into(&mut foreign.address.country);
    vec![reverse, one_stop, made(&foreign, &Vat::OutsideScope, &[], "0")]
}

const EUROPEAN: &str = "EN16931-UBL-validation.xslt";
const PEPPOL: &str = "PEPPOL-EN16931-UBL.sch";

#[test]
fn the_official_rules_find_nothing() {
    let all = [belgian_documents(), foreign_documents()].concat();
    for (name, rules, documents) in [("peppol", PEPPOL, belgian_documents()), ("european", EUROPEAN, all)] {
        let Some(output) = judged(name, &[rules], &written(&documents)) else { return };
        let said = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
    }
}

#[test]
fn the_official_rules_are_awake() {
    let good = ubl::document(&november(Language::Nl));
    let collected = ubl::document(&debited(Language::Nl));
    let mandate = "<cbc:ID>MN00000000000000000000000000000001</cbc:ID>";
    assert!(collected.contains(mandate), "{collected}");
    if let Some(output) = judged("mandate", &[PEPPOL], &[collected.replace(mandate, "")]) {
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(said.contains("PEPPOL-EN16931-R061"), "a direct debit without a mandate: {said}");
    }
    for (name, from, to, rule) in [
        ("tax", ">50.12<", ">50.11<", "BR-CO-1"),
        ("line", ">10005<", ">20005<", "PEPPOL-EN16931-R120"),
        ("check", ">0202239951<", ">0202239952<", "PEPPOL-COMMON-R043"),
    ] {
        let Some(output) = judged(name, &[EUROPEAN, PEPPOL], &[good.replace(from, to)]) else { return };
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(said.contains(rule), "{name}: {said}{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn the_line_of_the_specification_is_written_as_it_stands_there() {
    let xml = ubl::document(&november(Language::Nl));
    for part in [
        "<cbc:InvoicedQuantity unitCode=\"SEC\">10005</cbc:InvoicedQuantity><cbc:LineExtensionAmount currencyID=\"EUR\">61.70</cbc:LineExtensionAmount><cac:InvoicePeriod><cbc:StartDate>2026-11-01</cbc:StartDate><cbc:EndDate>2026-11-30</cbc:EndDate></cac:InvoicePeriod><cac:Item><cbc:Name>Spraak, uitgaand naar mobiel</cbc:Name>",
        "<cac:Price><cbc:PriceAmount currencyID=\"EUR\">0.37</cbc:PriceAmount><cbc:BaseQuantity unitCode=\"SEC\">60</cbc:BaseQuantity></cac:Price>",
        "<cbc:PaymentID>+++260/0000/04214+++</cbc:PaymentID>",
        "<cbc:TaxExclusiveAmount currencyID=\"EUR\">238.67</cbc:TaxExclusiveAmount><cbc:TaxInclusiveAmount currencyID=\"EUR\">288.79</cbc:TaxInclusiveAmount>",
        "<cbc:EndpointID schemeID=\"0208\">0202239951</cbc:EndpointID>",
        "Bakkerij De Korenbloem &amp; Zonen BV",
    ] {
        assert!(xml.contains(part), "{part} is not in {xml}");
    }
}

#[test]
fn a_document_has_no_empty_element_and_escapes_what_it_is_given() {
    let mut buyer = buyer(Language::En);
    buyer.name = "<script>\u{0}\u{8} \"&' Ω 日本".to_owned();
    buyer.reference = Some("  ".to_owned());
    let xml = ubl::document(&made(&buyer, &crate::belgian(), &[], "0"));
    assert!(xml.contains("&lt;script&gt; &quot;&amp;' Ω 日本"), "{xml}");
    // A closing tag stands behind text or another closing tag.
    let begins = |part: &str| part.rsplit_once('<').is_some_and(|(_, tag)| !tag.starts_with('/'));
    let empty: Vec<&str> =
        xml.split("></").filter(|part| part.ends_with(|c: char| c != '>') && begins(part)).collect();
    assert!(empty.len() <= 1 && !xml.contains("/>"), "{empty:?}");
    assert!(xml.contains("<cbc:BuyerReference>AC"));
}
