//! Files that leave a question open are refused, with place and cure.

use flexio_domain::UsageKind;
use flexio_rating::{Authorised, BillingMode, FileError, Numbering, Plan, Rater, RaterError};

use crate::{NUMBERING, OFFER, counted, leg, money, numbering, plan, rater_of};

/// The offer with one text replaced, which must be in it.
fn edited(from: &str, to: &str) -> String {
    assert!(OFFER.contains(from), "{from}");
    OFFER.replacen(from, to, 1)
}

fn refused(text: &str) -> FileError {
    Plan::parse("offer.toml", text).unwrap_err()
}

/// The text at the place an error names.
fn at<'t>(text: &'t str, error: &FileError) -> &'t str {
    let line = text.lines().nth(error.line - 1).unwrap();
    let offset = line.char_indices().nth(error.column - 1).map_or(line.len(), |(offset, _)| offset);
    &line[offset..]
}

#[test]
fn the_reference_offer_is_read_as_written() {
    let plan = plan(OFFER);
    assert_eq!((plan.id(), plan.version(), plan.label()), ("flexio-be", 1, "flexio-be/1"));
    assert_eq!((plan.name(), plan.service_category()), ("FlexIO", "fixed_telephony"));
    assert_eq!((plan.currency().to_string().as_str(), plan.vat_country()), ("EUR", "BE"));
    assert_eq!(plan.vat_rate().millionths, 210_000);
    assert_eq!(plan.billing_mode(), BillingMode::Postpaid);
    let prices: Vec<_> = plan.items().iter().map(|item| (item.code.as_str(), item.rate.price())).collect();
    let want = [
        ("number.fixed", "0.8"),
        ("designer", "30"),
        ("sms.out", "0.095"),
        ("voice.out.mobile", "0.37"),
        ("voice.out.fixed", "0.095"),
        ("voice.in", "0.0045"),
        ("conference.setup", "0.0072"),
        ("recording", "0.0025"),
        ("twofa.request", "0.05"),
    ];
    assert_eq!(prices, want.map(|(code, price)| (code, money(price))));
    assert!(!plan.is_open_at("2025-12-31T22:59:59Z".parse().unwrap()));
    assert!(plan.is_open_at("2025-12-31T23:00:00Z".parse().unwrap()));
}

#[test]
fn the_content_hash_is_that_of_the_bytes() {
    let hash = plan(OFFER).content_hash().to_string();
    assert_eq!(hash.len(), 64);
    assert_eq!(plan(OFFER).content_hash().to_string(), hash);
    assert_ne!(plan(&format!("{OFFER}\n# a comment")).content_hash().to_string(), hash);
}

#[test]
fn a_mistake_in_a_plan_is_refused_where_it_stands() {
    for (from, to, place, problem) in [
        ("price = \"0.37\"", "price = 0.37", "0.37", "floating-point"),
        ("price = \"30\"", "price = 30", "30", "not a string"),
        ("price = \"0.37\"", "price = \"0.3700001\"", "\"0.3700001\"", "more than 6 decimals"),
        ("price = \"0.37\"", "price = \"-0.37\"", "\"-0.37\"", "out of range"),
        ("price = \"0.37\"", "price = \"0,37\"", "\"0,37\"", "not a decimal"),
        ("connection_fee = \"0\"", "conection_fee = \"0\"", "conection_fee", "unknown field `conection_fee`"),
        ("name = \"FlexIO\"", "", "[plan]", "missing field `name`"),
        ("vat_rate = \"0.21\"", "vat_rate = \"21\"", "\"21\"", "VAT rate"),
        ("timezone = \"Europe/Brussels\"", "timezone = \"Brussels\"", "\"Brussels\"", "not a time zone"),
        ("currency = \"EUR\"", "currency = \"euro\"", "\"euro\"", "ISO 4217"),
        ("version = 1", "version = 0", "0", "version 0"),
        ("increment = 1", "increment = 0", "0", "out of range"),
        ("minimum = 1 ", "#", "\"voice.out.mobile\"", "minimum is missing"),
        ("\"tts\", ", "", "[unlisted]", "tts has no place"),
        ("\"tts\"", "\"tts\", \"recording\"", "\"recording\"", "placed twice"),
        ("\"tts\"", "\"tss\"", "\"tss\"", "not a service"),
        ("\"voice.emergency\", ", "", "[unlisted]", "voice.emergency is not free"),
        ("prices_exclude_vat = true", "prices_exclude_vat = false", "false", "not supported yet"),
        ("delivery = \"charged\"", "delivery = \"free\"", "\"free\"", "item.delivery"),
        (
            "charge_on = \"accepted_by_carrier\"",
            "charge_on = \"delivered\"",
            "\"delivered\"",
            "item.charge_on",
        ),
        ("per = \"started_calendar_month\"", "per = \"calendar_month\"", "\"calendar_month\"", "item.per"),
        ("kind = \"recurring\"", "kind = \"usage\"", "\"usage\"", "another kind"),
        ("+01:00\"", "\"", "\"2026-01-01T00:00:00\"", "not an instant"),
        ("per = \"segment\"", "per = \"segment\"\nminimum = 1\n#", "1", "seconds are counted only"),
        ("[discounts]", "[discounts]\nmobile = \"0.10\"", "mobile", "discounts.mobile is not supported yet"),
    ] {
        let text = edited(from, to);
        let error = refused(&text);
        assert!(error.problem.contains(problem), "{to}: {error}");
        assert!(at(&text, &error).starts_with(place), "{to}: {error} is at {:?}", at(&text, &error));
        assert!(!error.cure.is_empty());
    }
}

#[test]
fn sections_that_are_not_rated_are_refused_by_name() {
    let section = "\n[[promotion]]\nid = \"welcome\"\n";
    let text =
        edited("\n# ---- not in the price table", &format!("{section}\n# ---- not in the price table"));
    let error = refused(&text);
    assert!(error.problem.starts_with("promotion is not supported yet"), "{error}");
    let text = edited(
        "[unlisted]",
        "[[item]]\ncode = \"gather\"\nkind = \"usage\"\nprice = \"1\"\nper = \"request\"\n[unlisted]",
    );
    assert!(refused(&text).problem.contains("nothing counts it"));
}

#[test]
fn an_error_reads_as_place_problem_and_cure() {
    let error = refused(&edited("price = \"0.37\"", "price = 0.37"));
    assert_eq!(
        error.to_string(),
        format!(
            "offer.toml:{}:9: 0.37 is a floating-point number, which cannot hold a price exactly; write it between quotes: \"0.37\"",
            error.line
        )
    );
}

const DECKS: &str = r#"
[[deck]]
name = "europe"
service = "voice"
unit_seconds = 60
first_increment = 30
increment = 6
minimum = 1
connection_fee = "0"
rows = [
  { prefix = "33", item = "voice.out.france", price = "0.10" },
  { prefix = "336", item = "voice.out.france-mobile", price = "0.19" },
  { prefix = "337", item = "voice.out.france-mobile", price = "0.19" },
  { prefix = "881", item = "voice.out.satellite-phone", price = "5" },
]
[[deck]]
name = "europe messages"
service = "sms"
rows = [{ prefix = "33", item = "sms.out.france", price = "0.06" }]
"#;

pub(crate) fn with_decks(from: &str, to: &str) -> String {
    assert!(DECKS.contains(from), "{from}");
    format!("{OFFER}{}", DECKS.replacen(from, to, 1))
}

#[test]
fn a_deck_opens_destinations_by_longest_prefix() {
    let rater = rater_of(&with_decks("", ""));
    for (to, item, seconds, billed, amount) in [
        ("+33142345678", "voice.out.france", 31, 36, "0.06"),
        ("+33612345678", "voice.out.france-mobile", 60, 60, "0.19"),
        ("0033712345678", "voice.out.france-mobile", 60, 60, "0.19"),
        ("+881612345678", "voice.out.satellite-phone", 60, 60, "5"),
        ("+34912345678", "refuse", 60, 0, "0"),
    ] {
        let charged = rater.rate(&leg(UsageKind::VoiceOut, to, seconds));
        assert_eq!((charged.item, charged.billed, charged.amount), (item, billed, money(amount)), "{to}");
    }
    let message = rater.rate(&counted(UsageKind::SmsOut, "+33612345678", 2));
    assert_eq!(
        (message.item, message.class, message.amount),
        ("sms.out.france", "international", money("0.12"))
    );
    let answer = rater.authorise(UsageKind::VoiceOut, "+3222268888", "+33142345678");
    assert!(matches!(answer, Ok(Authorised::Priced(priced)) if priced.item.code == "voice.out.france"));
}

#[test]
fn a_mistake_in_a_deck_is_refused_where_it_stands() {
    for (from, to, place, problem) in [
        (
            "\"336\"",
            "\"33\"",
            "\"33\", item = \"voice.out.france-mobile\"",
            "prefix 33 is in the decks twice",
        ),
        ("\"336\"", "\"+336\"", "\"+336\"", "not a prefix"),
        ("\"336\"", "\"0336\"", "\"0336\"", "not a prefix"),
        ("\"0.19\"", "\"0.18\"", "\"0.19\"", "two prices"),
        ("\"0.10\"", "\"0.25\"", "\"0.25\"", "above the ceiling"),
        ("\"0.10\"", "0.10", "0.10", "floating-point"),
        ("\"0.06\"", "\"0.07\"", "\"0.07\"", "above the ceiling"),
        (
            "\"voice.out.france\"",
            "\"voice.out.fixed\"",
            "\"voice.out.fixed\"",
            "not the name of a destination",
        ),
        ("\"sms.out.france\"", "\"voice.out.x\"", "\"voice.out.x\"", "not the name of a destination"),
        ("connection_fee = \"0\"\n", "", "[", "connection_fee is missing"),
    ] {
        let text = with_decks(from, to);
        let error = refused(&text);
        assert!(error.problem.contains(problem), "{to}: {error}");
        assert!(at(&text, &error).starts_with(place), "{to}: {error} is at {:?}", at(&text, &error));
    }
    let business = with_decks("\"0.10\"", "\"0.25\"").replacen(
        "billing_mode",
        "open_to_consumers = false\nbilling_mode",
        1,
    );
    plan(&business);
}

#[test]
fn a_deck_may_not_price_the_country_of_the_numbering_data() {
    let text = with_decks("\"33\"", "\"3247\"").replacen("\"0.10\"", "\"0.01\"", 1);
    let error = Rater::new(plan(&text), numbering()).unwrap_err();
    assert_eq!(error, RaterError::DeckAtHome { country_code: "32".into() });
}

#[test]
fn a_mistake_in_numbering_data_is_refused_where_it_stands() {
    for (from, to, place, problem) in [
        ("'^70\\d{6}$'", "'^7[01]\\d{6}$'", "'^7[01]", "is taken by this pattern and by"),
        ("'^70\\d{6}$'", "'^70\\d{7}$'", "8", "takes numbers of [9] digits"),
        ("'^70\\d{6}$'", "'^70(\\d{6}$'", "'^70(", "the pattern cannot be used"),
        ("'^70\\d{6}$'", "'^70\\d{20}$'", "'^70", "takes no number"),
        ("id = \"mobile\"", "id = \"sip\"", "\"sip\"", "is taken"),
        ("\"+3270220000\"", "\"+3222268888\"", "\"+3222268888\"", "the example is of class geographic"),
        ("sms = \"sms.out\"", "sms = \"voice.out.fixed\"", "\"voice.out.fixed\"", "counted per segment"),
        ("voice = \"voice.out.mobile\"", "voice = \"mobile\"", "\"mobile\"", "is not a service"),
        (
            "voice = \"free\"\nitemise = false",
            "voice = \"refuse\"\nitemise = false",
            "\"refuse\"",
            "emergency",
        ),
        ("class = \"emergency\"", "class = \"urgent\"", "#", "no emergency class"),
        ("shared_short_code = \"8640\"", "shared_short_code = \"7640\"", "\"7640\"", "may not send"),
        ("country_code = \"32\"", "country_code = \"+32\"", "\"+32\"", "not digits"),
        ("ndc1 = \"0{0}", "ndc1 = \"0{0", "\"0{0", "not a template"),
        ("rentable = true", "rentable = \"yes\"", "\"yes\"", "invalid type"),
        ("eur = \"0.30\"", "eur = 0.30", "0.30", "floating-point"),
        ("reply_window_hours = 24", "reply_hours = 24", "reply_hours", "unknown field `reply_hours`"),
    ] {
        assert!(NUMBERING.contains(from), "{from}");
        let text = NUMBERING.replacen(from, to, 1);
        let error = Numbering::parse("numbering.toml", &text).unwrap_err();
        assert!(error.problem.contains(problem), "{to}: {error}");
        assert!(at(&text, &error).starts_with(place), "{to}: {error} is at {:?}", at(&text, &error));
    }
}

#[test]
fn volume_prices_fall_from_the_items_own() {
    let anchor = "\n# ---- not in the price table";
    let with = |text: &str| edited(anchor, &format!("\n{text}{anchor}"));
    let good = "[[item]]\ncode = \"gather\"";
    assert!(refused(&with(good)).problem.contains("missing"), "the anchor is where items are");
    // The last item of the offer is the codes, at 0.05 each.
    let step = |from: u64, price: &str| format!("[[item.tier]]\nfrom = {from}\nprice = \"{price}\"\n");
    for (text, problem) in [
        (step(100, "0.04"), "tier_mode is missing"),
        ("tier_mode = \"graduated\"\n".to_owned(), "tier_mode without a tier"),
        (
            format!("tier_mode = \"steep\"\n{}", step(100, "0.04")),
            "item.tier_mode = \"steep\" is not supported",
        ),
        (format!("tier_mode = \"all_units\"\n{}", step(0, "0.04")), "volume prices do not fall"),
        (format!("tier_mode = \"all_units\"\n{}", step(100, "0.06")), "volume prices do not fall"),
        (
            format!("tier_mode = \"graduated\"\n{}{}", step(100, "0.04"), step(50, "0.03")),
            "volume prices do not fall",
        ),
    ] {
        let error = refused(&with(&text));
        assert!(error.problem.starts_with(problem), "{error}");
    }
    let text = with(&format!("tier_mode = \"graduated\"\n{}{}", step(100, "0.04"), step(1_000, "0.03")));
    let plan = Plan::parse("offer", &text).unwrap();
    let item = plan.item("twofa.request").unwrap();
    assert_eq!(item.tiers.as_ref().unwrap().steps().len(), 2);
    let own = Plan::parse("offer", &edited(anchor, anchor)).unwrap();
    let different: Vec<_> = own.differences(&plan).iter().map(|it| it.item).collect();
    assert_eq!(different, ["twofa.request"], "volume prices are part of a price");
}

#[test]
fn bands_are_hours_in_which_an_item_is_cheaper() {
    let anchor = "\n# ---- not in the price table";
    let with = |text: &str| edited(anchor, &format!("\n{text}{anchor}"));
    // The last item of the offer is the codes, at 0.05 each.
    let row = |name: &str, hours: [&str; 2], price: &str| {
        let [from, until] = hours;
        format!(
            "[[item.band]]\nname = \"{name}\"\nfrom = \"{from}\"\nuntil = \"{until}\"\nprice = \"{price}\"\n"
        )
    };
    let night = ["00:00", "08:00"];
    for (text, problem) in [
        (row("night", night, "0.05"), "a band is not cheaper"),
        (row("Night!", night, "0.04"), "a band's name does not fit"),
        (row("night", ["08:00", "08:00"], "0.04"), "a band's hours"),
        (row("night", ["8:00", "09:00"], "0.04"), "a band's hours"),
        (row("night", ["24:00", "24:00"], "0.04"), "a band's hours"),
        (row("night", night, "0.04").replace("from", "days = [\"funday\"]\nfrom"), "a band's hours"),
        (row("night", night, "0.04") + &row("night", ["18:00", "24:00"], "0.03"), "a band has two prices"),
        (row("night", night, "0.04").repeat(25), "an item has more than 24 rows"),
    ] {
        let error = refused(&with(&text));
        assert!(error.problem.starts_with(problem), "{error}");
    }
    let text = with(&(row("night", night, "0.04") + &row("night", ["18:00", "24:00"], "0.04")));
    let plan = Plan::parse("offer", &text).unwrap();
    let item = plan.item("twofa.request").unwrap();
    assert_eq!((item.bands.len(), item.bands[0].hours.len()), (1, 2));
    let band = plan.item("twofa.request~night").unwrap();
    assert_eq!(
        (band.code.as_str(), band.rate.price().to_decimals(2)),
        ("twofa.request~night", "0.04".to_owned())
    );
    assert!(plan.item("twofa.request~noon").is_none() && plan.item("sms.out~night").is_none());
    let monthly = "proration = \"none\"";
    let months = edited(monthly, &format!("{monthly}\n{}", row("night", night, "1")));
    assert!(refused(&months).problem.contains("charged by the second"));
}
