use flexio_documents::invoice_pdf;
use flexio_domain::{Invoice, Language, Money, PlanAdvice, PlanCost, Vat};
use jiff::civil::date;

use crate::{buyer, credited, made, november, promoted};

/// The words of a PDF, as a reading program gets them: poppler's `pdftotext`.
pub(crate) fn read(pdf: &[u8]) -> String {
    let file = std::env::temp_dir().join(format!("flexio-{}-{}.pdf", std::process::id(), pdf.len()));
    std::fs::write(&file, pdf).unwrap();
    let output = std::process::Command::new("pdftotext")
        .args(["-layout", "-nopgbrk"])
        .arg(&file)
        .arg("-")
        .output()
        .expect("pdftotext is installed: scripts/setup");
    std::fs::remove_file(&file).unwrap();
    String::from_utf8(output.stdout).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Keeps it for whoever wants to look, in the folder of `FLEXIO_DOCUMENTS`.
pub(crate) fn keep(name: &str, pdf: &[u8]) {
    if let Some(folder) = std::env::var_os("FLEXIO_DOCUMENTS") {
        std::fs::write(std::path::Path::new(&folder).join(name), pdf).unwrap();
    }
}

pub(crate) fn shows(invoice: &Invoice, name: &str, words: &[&str]) -> String {
    let pdf = invoice_pdf::document(invoice).unwrap();
    keep(name, &pdf);
    let text = read(&pdf);
    for word in words {
        assert!(text.contains(word), "{word:?} is not on {name}: {text}");
    }
    text
}

#[test]
fn what_the_law_wants_is_on_an_invoice_in_every_language() {
    let own = [
        (
            Language::Nl,
            ["Factuur 2026-000042", "BTW BE 0999.999.922", "NV, RPR Brussel", "288,79", "Te betalen"],
        ),
        (
            Language::Fr,
            ["Facture 2026-000042", "TVA BE 0999.999.922", "NV, RPM Brussel", "288,79", "À payer"],
        ),
        (
            Language::De,
            ["Rechnung 2026-000042", "MwSt. BE 0999.999.922", "NV, RJP Brussel", "288,79", "Zu zahlen"],
        ),
        (
            Language::En,
            ["Invoice 2026-000042", "VAT BE 0999.999.922", "NV, RPR Brussel", "288.79", "Amount payable"],
        ),
    ];
    for (language, words) in own {
        let name = format!("invoice-{}.pdf", language.as_str());
        shows(&november(language), &name, &words);
        let common = [
            "Voorbeeld Telecom",
            "Voorbeeldstraat 1",
            "billing@example.be",
            "https://www.example.be",
            "BE68 5390 0754 7034",
            "EXMPBEBB",
            "+++260/0000/04214+++",
            "Bakkerij De Korenbloem & Zonen BV",
            "Kerkstraat 12",
            "BE0202239951",
            "PO 4711",
            "complaints@example.be",
            "https://www.ombudsmantelecom.be",
            "https://www.bestetarief.be",
            "113",
            "166 min 45 s",
        ];
        shows(&november(language), &name, &common);
    }
}

#[test]
fn promotions_prepayment_and_a_credit_note_are_told() {
    shows(
        &promoted(Language::Nl),
        "promoted.pdf",
        &["promotie: Welcome (2026-12-31)", "-6,17", "-5,00", "-100,00", "163,78"],
    );
    shows(
        &credited(Language::Fr),
        "credited.pdf",
        &["Note de crédit CN2026-000001", "2026-000042", "Disputed calls", "263,78"],
    );
}

#[test]
fn the_best_plan_is_told_once_a_year_in_every_language() {
    let cost = |plan: &str, cents: i64| PlanCost {
        plan: plan.to_owned(),
        name: "Talk".to_owned(),
        amount: Money::from_micros(cents * 10_000),
    };
    let advice = PlanAdvice {
        from: date(2025, 12, 1),
        to: date(2026, 11, 30),
        uses: 9,
        is_partial: false,
        own: cost("flexio-be/1", 123_456),
        plans: vec![cost("flexio-talk/1", 100_000)],
    };
    for (language, words) in [
        (
            Language::Nl,
            "Voordeligste plan voor uw gebruik (01/12/2025 tot en met 30/11/2026): Talk (flexio-talk/1) 1.000,00 EUR; uw plan: Talk (flexio-be/1) 1.234,56 EUR; verschil: 234,56 EUR.",
        ),
        (Language::Fr, "Plan le plus avantageux pour votre usage (01/12/2025 au 30/11/2026)"),
        (Language::De, "Günstigster Tarif für Ihre Nutzung (01.12.2025 bis 30.11.2026)"),
        (Language::En, "Best plan for your use (1 December 2025 to 30 November 2026)"),
    ] {
        let invoice = Invoice { advice: Some(advice.clone()), ..november(language) };
        shows(&invoice, "advised.pdf", &[words]);
    }
    let best = PlanAdvice { plans: vec![cost("flexio-be/1", 123_456)], ..advice };
    let invoice = Invoice { advice: Some(best), ..november(Language::En) };
    shows(&invoice, "advised.pdf", &["Your plan is the best."]);
}

#[test]
fn a_reverse_charge_names_its_article() {
    let mut foreign = buyer(Language::En);
    foreign.address.country = "FR".to_owned();
    foreign.vat_number = Some("FR40303265045".to_owned());
    let invoice = made(&foreign, &Vat::ReverseCharge, &[], "0");
    shows(
        &invoice,
        "reverse.pdf",
        &["Reverse charge – Articles 44 and 196 of Directive 2006/112/EC", "238.67"],
    );
}

#[test]
fn the_pdf_holds_the_structured_invoice_and_says_what_it_is() {
    let invoice = november(Language::Nl);
    let pdf = invoice_pdf::document(&invoice).unwrap();
    let has = |text: &str| pdf.windows(text.len()).any(|window| window == text.as_bytes());
    for part in [
        "pdfaid:part>3<",
        "pdfaid:conformance>A<",
        "pdfuaid:part>1<",
        "/StructTreeRoot",
        "/AFRelationship/Alternative",
    ] {
        assert!(has(part), "{part}");
    }
    let folder = std::env::temp_dir().join(format!("flexio-attached-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("invoice.pdf");
    std::fs::write(&file, &pdf).unwrap();
    let run = std::process::Command::new("pdfdetach")
        .args(["-saveall", "-o"])
        .arg(&folder)
        .arg(&file)
        .status()
        .unwrap();
    let attached = std::fs::read_to_string(folder.join("2026-000042.xml"));
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(run.success());
    assert_eq!(attached.unwrap(), flexio_documents::ubl::document(&invoice));
    assert_eq!(pdf, invoice_pdf::document(&invoice).unwrap());
}

#[test]
fn a_long_invoice_goes_on_over_pages() {
    let mut invoice = november(Language::De);
    let line = invoice.lines[3].clone();
    invoice.lines.extend((0..200).map(|_| line.clone()));
    shows(&invoice, "long.pdf", &["Seite 1 / ", "Zu zahlen"]);
}

#[test]
fn letters_no_font_has_are_question_marks() {
    let mut other = buyer(Language::En);
    other.name = "Łódź Ελλάς Київ 日本".to_owned();
    let invoice = made(&other, &crate::belgian(), &[], "0");
    shows(&invoice, "letters.pdf", &["Łódź Ελλάς Київ ??"]);
}

#[test]
fn the_twin_in_html_says_what_the_pages_say_with_headings_and_tables() {
    for language in Language::ALL {
        let mut invoice = november(*language);
        invoice.buyer.name = "Peeters & <Zonen>".to_owned();
        let html = invoice_pdf::html(&invoice, false);
        assert!(
            html.starts_with(&format!("<!doctype html>\n<html lang=\"{}\">", language.as_str())),
            "{html}"
        );
        assert!(html.contains("Peeters &amp; &lt;Zonen&gt;") && !html.contains("<Zonen>"), "{html}");
        let (rows, heads) = (html.matches("<tr>").count(), html.matches("<th scope=\"col\">").count());
        // A head and nine lines; a head, base, tax, total and what is to be paid.
        assert_eq!((rows, heads), (15, 7), "{html}");
        assert!(html.contains("<svg role=\"img\" aria-label=\""), "the code for the transfer");
        let tagless = without_tags(&html);
        let pages = read(&invoice_pdf::document(&invoice).unwrap());
        for said in pages.split(' ').filter(|it| !["Blz.", "Page", "Seite"].contains(it)) {
            assert!(
                tagless.contains(&said.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")),
                "{said}"
            );
        }
        assert!(invoice_pdf::html(&invoice, true).contains("<body class=\"large\">"));
    }
}

/// Without its tags.
fn without_tags(html: &str) -> String {
    let parts = html.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text));
    parts.collect::<Vec<_>>().join(" ")
}

#[test]
fn the_amounts_of_the_pages_are_read_back_in_every_language() {
    for language in Language::ALL {
        let invoice = november(*language);
        let drawn = invoice_pdf::amounts_drawn(&invoice);
        let totals = [invoice.net, invoice.tax, invoice.gross, invoice.payable];
        assert_eq!(drawn[drawn.len() - 4..], totals, "{language:?}: {drawn:?}");
        assert_eq!(drawn[..2], ["1.25", "30.00"].map(|text| text.parse::<Money>().unwrap()));
    }
}

#[test]
fn the_sellers_account_is_on_credit_notes_too() {
    let note = credited(Language::Nl);
    shows(&note, "credit-note-account.pdf", &[&format!("IBAN: {}", note.seller.iban)]);
}
