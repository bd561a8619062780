//! The price list by prefix says what a call or message is charged.

use flexio_domain::UsageKind;
use flexio_rating::{Authorised, Country, Destination, Rater};
use proptest::prelude::*;

use crate::files::with_decks;
use crate::{rater, rater_of};

/// The row of the list that a number falls under.
fn listed<'d>(list: &'d [Destination<'_>], digits: &str) -> Option<&'d Destination<'d>> {
    let fitting = |row: &Destination<'_>| {
        let fits = row.prefixes.iter().filter(|prefix| digits.starts_with(prefix.as_str()));
        fits.map(String::len).max()
    };
    list.iter()
        .filter_map(|row| Some((fitting(row)?, row)))
        .max_by_key(|(length, _)| *length)
        .map(|(_, row)| row)
}

/// What the list and the answer before a start say of one number.
fn both(rater: &Rater, kind: UsageKind, digits: &str) -> (Option<String>, Option<String>) {
    let country = Country::of_digits(digits).unwrap();
    let list = rater.destinations(kind, country);
    let asked = match rater.authorise(kind, "", &format!("+{digits}")) {
        Ok(Authorised::Priced(priced)) => Some(priced.item.code.clone()),
        Ok(Authorised::Free { .. }) => Some("free".to_owned()),
        Err(_) => None,
    };
    (listed(&list, digits).map(|row| row.code().to_owned()), asked)
}

fn with_world() -> Rater {
    let text = with_decks("", "");
    let item = "[[item]]\ncode = \"voice.out.international\"\nkind = \"usage\"\nprice = \"0.15\"\nper = \"minute\"\nunit_seconds = 60\nfirst_increment = 1\nincrement = 1\nminimum = 1\nconnection_fee = \"0\"\n\n[unlisted]";
    rater_of(&text.replacen("[unlisted]", item, 1).replacen("\"voice.out.international\", \"sms", "\"sms", 1))
}

#[test]
fn home_is_listed_by_class_and_nothing_else_is_served() {
    let rater = rater();
    let isos = |kind| rater.served(kind).iter().map(|country| country.iso).collect::<Vec<_>>();
    assert_eq!((isos(UsageKind::VoiceOut), isos(UsageKind::SmsOut)), (vec!["BE"], vec!["BE"]));
    let belgium = Country::of_iso("BE").unwrap();
    let sms = rater.destinations(UsageKind::SmsOut, belgium);
    assert_eq!(sms.len(), 1, "{sms:?}");
    assert_eq!(
        (sms[0].code(), sms[0].prefixes.join(" ")),
        ("sms.out", "3245 3246 3247 3248 3249".to_owned())
    );
    let voice = rater.destinations(UsageKind::VoiceOut, belgium);
    let codes: Vec<&str> = voice.iter().map(Destination::code).collect();
    assert_eq!(codes, ["free", "voice.out.mobile", "voice.out.fixed"]);
    assert!(voice[2].prefixes.iter().any(|prefix| prefix == "322"), "{:?}", voice[2].prefixes);
    assert_eq!(rater.destinations(UsageKind::VoiceOut, Country::of_iso("FR").unwrap()), []);
}

#[test]
fn a_deck_serves_its_countries_and_a_price_for_abroad_serves_all() {
    let decks = rater_of(&with_decks("", ""));
    let isos: Vec<&str> = decks.served(UsageKind::VoiceOut).iter().map(|country| country.iso).collect();
    assert!(isos.contains(&"FR") && isos.contains(&"BE") && isos.len() < 10, "{isos:?}");
    let world = with_world();
    assert_eq!(world.served(UsageKind::VoiceOut).len(), Country::all().len());
    let france = world.destinations(UsageKind::VoiceOut, Country::of_iso("FR").unwrap());
    assert!(france.iter().any(|row| row.prefixes == ["33"]), "{france:?}");
}

proptest! {
    #[test]
    fn a_belgian_number_is_charged_as_listed(rest in "[1-9][0-9]{7,8}", sms: bool) {
        let kind = if sms { UsageKind::SmsOut } else { UsageKind::VoiceOut };
        let (listed, asked) = both(rater(), kind, &format!("32{rest}"));
        // A number that does not exist is under a prefix all the same.
        prop_assert!(asked.is_none() || listed == asked, "{rest}: {listed:?} {asked:?}");
    }

    #[test]
    fn a_number_abroad_is_charged_as_listed(country in 0..Country::all().len(), prefix: usize, rest in "[0-9]{6,7}") {
        let country = &Country::all()[country];
        prop_assume!(country.iso != "BE");
        let digits = format!("{}{rest}", country.prefixes[prefix % country.prefixes.len()]);
        for rater in [&with_world(), &rater_of(&with_decks("", ""))] {
            let (listed, asked) = both(rater, UsageKind::VoiceOut, &digits);
            prop_assert_eq!(listed, asked, "{}", digits);
        }
    }
}
