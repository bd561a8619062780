use flexio_documents::tables::{csv, focus_csv, json};
use flexio_domain::{Language, Money};

use crate::{credited, november, promoted};

/// Rows of a CSV text as cells, by the name of their column.
fn column(text: &str, name: &str) -> Vec<String> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let at = reader.headers().unwrap().iter().position(|head| head == name).unwrap();
    reader.records().map(|row| row.unwrap()[at].to_owned()).collect()
}

#[test]
fn the_csv_ends_with_the_totals() {
    let text = csv(&november(Language::Nl));
    let (kinds, nets) = (column(&text, "kind"), column(&text, "net"));
    assert_eq!(kinds[9..], ["net", "tax", "total", "payable"]);
    assert_eq!(nets[9..], ["238.67", "50.12", "288.79", "288.79"]);
    assert_eq!(nets[..9], ["1.25", "30.00", "117.23", "61.70", "11.50", "6.75", "0.09", "0.15", "10.00"]);
    assert_eq!(column(&text, "price")[5], "0.0045");
}

#[test]
fn json_has_amounts_as_decimal_strings() {
    let value = json(&promoted(Language::En));
    assert_eq!((&value["net"], &value["tax"]), (&"218.00".into(), &"45.78".into()));
    assert_eq!(
        (&value["gross"], &value["prepaid"], &value["payable"]),
        (&"263.78".into(), &"100.00".into(), &"163.78".into())
    );
    assert_eq!(value["lines"][3]["promotion"], "Welcome (2026-12-31)");
    assert_eq!(value["communication"], "+++260/0000/04214+++");
    assert_eq!(json(&credited(Language::En))["credits"]["number"], "2026-000042");
}

#[test]
fn the_csv_names_the_promotions_of_a_line_with_their_end() {
    let text = csv(&promoted(Language::En));
    let (items, promotions) = (column(&text, "item"), column(&text, "promotion"));
    let named: Vec<(&str, &str)> = items
        .iter()
        .zip(&promotions)
        .filter(|(_, promotion)| !promotion.is_empty())
        .map(|(item, promotion)| (item.as_str(), promotion.as_str()))
        .collect();
    assert_eq!(named, [("sms.out", "Welcome (2026-12-31)"), ("voice.out.mobile", "Welcome (2026-12-31)")]);
}

#[test]
fn focus_costs_add_up_to_the_document() {
    let sum = |text: &str| -> Money {
        column(text, "BilledCost").iter().map(|cell| cell.parse::<Money>().unwrap()).sum()
    };
    let invoice = promoted(Language::En);
    assert_eq!(sum(&focus_csv(&invoice)), invoice.gross);
    assert_eq!(sum(&focus_csv(&credited(Language::En))), -invoice.gross);
    let text = focus_csv(&invoice);
    assert_eq!(column(&text, "ChargePeriodEnd")[0], "2026-12-01T00:00:00Z");
    // What promotions took is the difference to the list price.
    let list: Money = column(&text, "ListCost").iter().map(|cell| cell.parse::<Money>().unwrap()).sum();
    assert_eq!(list - invoice.gross, "15.67".parse().unwrap());
}
