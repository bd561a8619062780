use flexio_documents::items::{Itemised, ItemisedUse, masked};
use flexio_documents::letters::{LateWords, LetterFacts, letter};
use flexio_domain::{AccountSid, Language, LetterKind, LineUnit, Money};
use jiff::civil::date;

use crate::people::{keep, read};
use crate::{credited, november};

fn money(text: &str) -> Money {
    text.parse().unwrap()
}

const LANGUAGES: [Language; 4] = [Language::Nl, Language::Fr, Language::De, Language::En];

fn written(kind: LetterKind, language: Language) -> (String, String) {
    let invoice = november(language);
    letter(&LetterFacts {
        kind,
        invoice: &invoice,
        amount: money("238.79"),
        disputed: money("50"),
        pay_until: date(2027, 1, 19),
        suspend_on: Some(date(2027, 2, 19)),
        close_days: 60,
        late: LateWords::default(),
    })
}

#[test]
fn every_letter_says_what_is_asked_by_whom_for_what_and_until_when() {
    for language in LANGUAGES {
        for kind in LetterKind::ALL.iter().copied() {
            let (subject, text) = written(kind, language);
            let all = format!("{subject}\n{text}");
            assert!(!all.contains(['{', '}']), "{all}");
            assert!(!subject.contains('\n') && subject.chars().count() <= 160, "{subject}");
            assert!(all.contains("2026-000042") && all.contains("Voorbeeld Telecom NV"), "{all}");
            if kind == LetterKind::Restoration {
                assert!(!all.contains("IBAN") && !all.contains("BE68"), "{all}");
                continue;
            }
            let amount = if language == Language::En { "238.79 EUR" } else { "238,79 EUR" };
            let name = flexio_documents::item_name("voice.out.mobile", language);
            for part in
                [amount, "BE 0999.999.922", "BE68 5390 0754 7034", "+++260/0000/04214+++", name.as_str()]
            {
                assert!(all.contains(part), "{part} is not in {all}");
            }
            let disputed = if language == Language::En { "50.00 EUR" } else { "50,00 EUR" };
            assert!(all.contains(disputed), "{all}");
            let due = flexio_documents::letters::day(date(2027, 1, 2), language);
            assert!(all.contains(&due), "{due} is not in {all}");
        }
        let day = flexio_documents::letters::day;
        for (kind, named) in [
            (LetterKind::Reminder, day(date(2027, 1, 19), language)),
            (LetterKind::Notice, day(date(2027, 1, 19), language)),
            (LetterKind::Warning, day(date(2027, 2, 19), language)),
        ] {
            let (subject, text) = written(kind, language);
            assert!(format!("{subject}{text}").contains(&named), "{named} is not in {text}");
        }
    }
}

#[test]
fn a_reminder_says_what_may_follow_and_later_letters_what_did() {
    for language in LANGUAGES {
        let invoice = november(language);
        let comma =
            |text: &str| if language == Language::En { text.to_owned() } else { text.replace('.', ",") };
        let facts = LetterFacts {
            kind: LetterKind::Reminder,
            invoice: &invoice,
            amount: money("238.79"),
            disputed: Money::ZERO,
            pay_until: date(2027, 1, 19),
            suspend_on: None,
            close_days: 60,
            late: LateWords { announced: Some(money("38.88")), ..LateWords::default() },
        };
        let (_, text) = letter(&facts);
        assert!(text.contains(&comma("38.88 EUR")) && !text.contains(&comma("277.67")), "{text}");
        let late = LateWords { announced: None, fixed: money("38.88"), interest: money("1.23") };
        let (_, text) = letter(&LetterFacts { kind: LetterKind::Notice, late, ..facts });
        for amount in ["238.79 EUR", "38.88 EUR", "1.23 EUR", "278.90 EUR"] {
            assert!(text.contains(&comma(amount)), "{amount} is not in {text}");
        }
        assert!(!text.contains(['{', '}']), "{text}");
        let (_, text) = letter(&LetterFacts { kind: LetterKind::Restoration, late, ..facts });
        assert!(!text.contains(&comma("38.88")), "nothing is asked for any more: {text}");
    }
}

#[test]
fn a_credit_note_and_a_paid_invoice_ask_for_nothing() {
    for language in LANGUAGES {
        let note = credited(language);
        let facts = LetterFacts {
            kind: LetterKind::Issue,
            invoice: &note,
            amount: note.gross,
            disputed: Money::ZERO,
            pay_until: note.due_on,
            suspend_on: None,
            close_days: 60,
            late: LateWords::default(),
        };
        let (subject, text) = letter(&facts);
        assert!(subject.contains("CN2026-000001") && !text.contains("BE68"), "{subject} {text}");
        let invoice = november(language);
        let (_, text) = letter(&LetterFacts { invoice: &invoice, amount: Money::ZERO, ..facts });
        assert!(!text.contains("BE68") && !text.contains("288"), "{text}");
    }
}

fn used(item: &str, to: &str, amount: &str) -> ItemisedUse {
    ItemisedUse {
        at: date(2026, 11, 3).at(11, 0, 7, 0),
        account_sid: AccountSid::from_u128(0xA1),
        resource: "CA1".to_owned(),
        item: item.to_owned(),
        from: "+3225880000".to_owned(),
        to: to.to_owned(),
        quantity: 61,
        unit: LineUnit::Second,
        amount: money(amount),
    }
}

#[test]
fn an_itemised_bill_lists_each_use_and_adds_them_up() {
    let invoice = november(Language::Nl);
    let mut uses = vec![used("voice.out.mobile", "+32470123456", "0.376167")];
    uses.extend((0..150).map(|_| used("voice.out.fixed", "+3222268888", "0.0965")));
    let bill = Itemised { invoice, uses, not_listed: (2, money("0.5")) };
    let csv = bill.csv();
    let rows: Vec<&str> = csv.lines().collect();
    assert_eq!(rows.len(), 1 + 151 + 2);
    assert!(rows[1].starts_with("2026-000042,use,2026-11-03 11:00:07,AC"), "{}", rows[1]);
    assert!(rows[1].ends_with(",+3225880000,+32470123456,61,second,0.376167,EUR"), "{}", rows[1]);
    assert_eq!(rows[152], "2026-000042,total,,,,,,,,151,,14.851167,EUR");
    assert_eq!(rows[153], "2026-000042,not_listed,,,,,,,,2,,0.500000,EUR");
    let pdf = bill.pdf().unwrap();
    keep("itemised-nl.pdf", &pdf);
    let text = read(&pdf);
    for word in ["Gespecificeerde factuur 2026-000042", "+32470123456", "14.851167 EUR", "Blz. 3 / 3"] {
        assert!(text.contains(word), "{word:?} is not on it: {text}");
    }
    assert_eq!(pdf, bill.pdf().unwrap());
}

#[test]
fn the_last_three_digits_are_masked_and_short_numbers_stay() {
    for (number, shown) in [
        ("+32470123456", "+32470123xxx"),
        ("+3222268888", "+3222268xxx"),
        ("8640", "8640"),
        ("Acme", "Acme"),
        ("sip:ann@example.be", "sip:ann@example.be"),
        ("anonymous", "anonymous"),
    ] {
        assert_eq!(masked(number), shown);
    }
}
