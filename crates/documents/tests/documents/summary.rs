use flexio_documents::summary;
use flexio_domain::{Language, Operator};
use flexio_rating::Plan;
use jiff::civil::date;

use crate::people::{keep, read};
use crate::plan;

const HEADINGS: [(Language, [&str; 6]); 4] = [
    (
        Language::Nl,
        [
            "Samenvatting van het contract",
            "Diensten",
            "Prijs",
            "Duur, verlenging en beëindiging",
            "Functies voor eindgebruikers met een handicap",
            "Andere nuttige informatie",
        ],
    ),
    (
        Language::Fr,
        [
            "Récapitulatif contractuel",
            "Services",
            "Prix",
            "Durée, renouvellement et résiliation",
            "Caractéristiques destinées aux utilisateurs finaux handicapés",
            "Autres informations utiles",
        ],
    ),
    (
        Language::De,
        [
            "Vertragszusammenfassung",
            "Dienste",
            "Preis",
            "Laufzeit, Verlängerung und Kündigung",
            "Funktionen für Endnutzer mit Behinderungen",
            "Sonstige einschlägige Informationen",
        ],
    ),
    (
        Language::En,
        [
            "Contract summary",
            "Services",
            "Price",
            "Duration, renewal and termination",
            "Features for end-users with disabilities",
            "Other relevant information",
        ],
    ),
];

/// Prices with and without tax, with a point.
const PRICES: [(&str, &str); 9] = [
    ("0.80", "0.968"),
    ("30.00", "36.30"),
    ("0.095", "0.11495"),
    ("0.37", "0.4477"),
    ("0.095", "0.11495"),
    ("0.0045", "0.005445"),
    ("0.0072", "0.008712"),
    ("0.0025", "0.003025"),
    ("0.05", "0.0605"),
];

fn made(language: Language) -> summary::Summary {
    summary::of(&plan(), &Operator::default(), true, language, date(2026, 11, 26))
}

fn in_order(text: &str, words: &[&str]) {
    let mut rest = text;
    for word in words {
        let at = rest.find(word).unwrap_or_else(|| panic!("{word:?} is missing or out of order in {text}"));
        rest = &rest[at + word.len()..];
    }
}

#[test]
fn the_page_has_its_headings_in_order_and_both_prices_in_every_language() {
    for (language, headings) in HEADINGS {
        let summary = made(language);
        let pdf = summary.pdf().unwrap();
        keep(&format!("summary-{}.pdf", language.as_str()), &pdf);
        for text in [read(&pdf), summary.html()] {
            in_order(&text, &headings);
            let own = |price: &str| {
                if language == Language::En { price.to_owned() } else { price.replace('.', ",") }
            };
            for (net, gross) in PRICES {
                in_order(&text, &[own(net).as_str(), own(gross).as_str()]);
            }
            in_order(&text, &["FlexIO", headings[0], "Voorbeeld Telecom NV", "(1)", "(1)", "2018/1972"]);
        }
    }
}

#[test]
fn the_pdf_is_tagged_and_its_letters_are_of_ten_points_or_more() {
    let pdf = made(Language::De).pdf().unwrap();
    let has = |text: &str| pdf.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(has("pdfuaid:part>1<") && has("/StructTreeRoot") && has("/S/TH"), "the PDF is not tagged");
    assert!(has("/Count 1"), "the PDF has more than one page");
}

#[test]
fn it_says_what_becomes_of_emergency_calls() {
    let said = |has_route| {
        summary::of(&plan(), &Operator::default(), has_route, Language::En, date(2026, 11, 26)).html()
    };
    assert!(said(true).contains("the address you registered for your phone"));
    assert!(said(false).contains("emergency calls (112, 100, 101) are not possible"));
    assert!(!said(false).contains("are free"));
}

#[test]
fn a_summary_that_does_not_fit_on_a_page_is_refused() {
    let operator = Operator { legal_url: "terms ".repeat(900), ..Operator::default() };
    let summary = summary::of(&plan(), &operator, true, Language::En, date(2026, 11, 26));
    assert!(summary.pdf().unwrap_err().to_string().contains("may have 1"));
}

#[test]
fn it_says_what_the_plan_says() {
    let text = include_str!("../../../../data/offer-flexio-be.toml");
    let other =
        text.replacen("first_increment = 1 ", "first_increment = 60 ", 1).replace("\"0.8\"", "\"0.9\"");
    let plan = Plan::parse("offer.toml", &other).unwrap();
    let html = summary::of(&plan, &Operator::default(), true, Language::Nl, date(2026, 11, 26)).html();
    assert!(html.contains("1/1, 60/1 s.") && html.contains("0,90") && html.contains("1,089"), "{html}");
    assert!(!html.contains("per seconde"));
}

#[test]
fn prices_by_the_hour_are_part_of_the_price() {
    let text = include_str!("../../../../data/offer-flexio-be.toml");
    let (head, tail) = text.split_once("code = \"voice.out.mobile\"").unwrap();
    let (fields, rest) = tail.split_once("\n[[item]]").unwrap();
    let bands = "[[item.band]]\nname = \"evening\"\ndays = [\"mon\", \"tue\"]\nfrom = \"18:00\"\nuntil = \"24:00\"\nprice = \"0.20\"\n[[item.band]]\nname = \"sunday\"\ndays = [\"sun\"]\nfrom = \"00:00\"\nuntil = \"12:30\"\nprice = \"0.10\"";
    let with = format!("{head}code = \"voice.out.mobile\"{fields}\n{bands}\n[[item]]{rest}");
    let plan = Plan::parse("offer.toml", &with).unwrap();
    for (language, words) in [
        (Language::Nl, "evening 0,20 / minuut (ma di 18:00–24:00); sunday 0,10 / minuut (zo 00:00–12:30)."),
        (Language::Fr, "Prix selon l"),
        (Language::De, "(Mo Di 18:00–24:00)"),
        (Language::En, "Price by the hour, Outbound to mobile: evening 0.20 / minute (Mon Tue 18:00–24:00);"),
    ] {
        let summary = summary::of(&plan, &Operator::default(), true, language, date(2026, 11, 26));
        keep(&format!("summary-hours-{}.pdf", language.as_str()), &summary.pdf().unwrap());
        assert!(summary.html().contains(words), "{}", summary.html());
    }
}

#[test]
fn volume_prices_are_part_of_the_price() {
    let text = include_str!("../../../../data/offer-flexio-be.toml");
    let sms = "charge_on = \"accepted_by_carrier\"";
    assert!(text.contains(sms));
    let tiers = "tier_mode = \"graduated\"\n[[item.tier]]\nfrom = 1000\nprice = \"0.08\"\n[[item.tier]]\nfrom = 10000\nprice = \"0.05\"";
    let (line, rest) =
        text.split_once(sms).map(|(head, tail)| (head, tail.split_once('\n').unwrap())).unwrap();
    let plan = Plan::parse("offer.toml", &format!("{line}{sms}{}\n{tiers}\n{}", rest.0, rest.1)).unwrap();
    for (language, words) in [
        (Language::Nl, "Volumeprijs, Sms"),
        (Language::Fr, "Prix dégressif, "),
        (Language::De, "Mengenpreis, "),
        (Language::En, "Volume price, "),
    ] {
        let summary = summary::of(&plan, &Operator::default(), true, language, date(2026, 11, 26));
        let pdf = summary.pdf().unwrap();
        keep(&format!("summary-volume-{}.pdf", language.as_str()), &pdf);
        let html = summary.html();
        assert!(html.contains(words), "{html}");
        let prices = if language == Language::En { ["0.08", "0.05"] } else { ["0,08", "0,05"] };
        assert!(prices.iter().all(|price| html.contains(price)), "{html}");
    }
}

#[test]
fn the_page_of_html_takes_nothing_an_operator_writes_for_markup() {
    let operator = Operator { name: "<b>&\"".to_owned(), ..Operator::default() };
    let html = summary::of(&plan(), &operator, true, Language::En, date(2026, 11, 26)).html();
    assert!(html.contains("&lt;b&gt;&amp;&quot;") && !html.contains("<b>"));
    assert!(html.contains("<html lang=\"en\">") && html.contains("<th scope=\"col\""));
}
