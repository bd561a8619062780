//! Prices as Twilio's Pricing shows them.

use flexio_app::{CountryPrices, NumberPrices, Price, PricedPrefixes};
use flexio_domain::{Account, Money, NumberType};
use flexio_rating::Country;

use crate::accounts::specimen;
use crate::ask::Shown;
use crate::write::Writer;

/// What stands for every carrier, network or origination.
const ALL: &str = "ALL";

pub(super) fn country(w: &mut Writer, shown: &Shown<'_>, country: &Country, path: &str) {
    w.put("country", country.name);
    w.put("iso_country", country.iso);
    w.put("url", format!("{}/{path}/{}", shown.base, country.iso));
}

/// Twilio's words for kinds of numbers.
const fn kind_word(kind: NumberType) -> &'static str {
    match kind {
        NumberType::Local => "local",
        NumberType::Mobile => "mobile",
        NumberType::TollFree => "toll free",
    }
}

fn put_price(w: &mut Writer, price: Price) {
    w.put("base_price", price.base.to_decimals(6));
    w.put("current_price", price.current.to_decimals(6));
}

fn by_kind(w: &mut Writer, name: &str, prices: &CountryPrices) {
    w.list(name, "Price", &prices.by_number_type, |w, (kind, price)| {
        w.put("number_type", kind_word(*kind));
        put_price(w, *price);
    });
}

fn head(w: &mut Writer, shown: &Shown<'_>, country: &Country, place: &str, account: &Account) {
    self::country(w, shown, country, place);
    w.put("price_unit", account.currency.to_string());
}

pub(super) fn messaging(w: &mut Writer, shown: &Shown<'_>, prices: &CountryPrices, account: &Account) {
    head(w, shown, prices.country, "v1/Messaging/Countries", account);
    w.list("outbound_sms_prices", "Network", &prices.outbound, |w, row| {
        w.put("carrier", ALL);
        w.put("mcc", None::<&str>);
        w.put("mnc", None::<&str>);
        w.texts("prefixes", &texts(row));
        w.list("prices", "Price", &KINDS, |w, kind| {
            w.put("number_type", kind_word(*kind));
            put_price(w, row.price);
        });
    });
    by_kind(w, "inbound_sms_prices", prices);
}

/// Kinds a sender may be of; a message costs the same from each.
const KINDS: [NumberType; 2] = [NumberType::Local, NumberType::Mobile];

fn texts(row: &PricedPrefixes) -> Vec<&str> {
    row.prefixes.iter().map(String::as_str).collect()
}

pub(super) fn numbers(w: &mut Writer, shown: &Shown<'_>, prices: &CountryPrices, account: &Account) {
    head(w, shown, prices.country, "v1/PhoneNumbers/Countries", account);
    by_kind(w, "phone_number_prices", prices);
}

fn friendly_name(prices: &CountryPrices, row: &PricedPrefixes) -> String {
    format!("Outbound minute - {} - {}", prices.country.name, row.item)
}

pub(super) fn voice(w: &mut Writer, shown: &Shown<'_>, prices: &CountryPrices, account: &Account) {
    head(w, shown, prices.country, "v1/Voice/Countries", account);
    w.list("outbound_prefix_prices", "Price", &prices.outbound, |w, row| {
        w.texts("prefixes", &texts(row));
        w.put("friendly_name", friendly_name(prices, row));
        put_price(w, row.price);
    });
    by_kind(w, "inbound_call_prices", prices);
}

pub(super) fn voice_v2(w: &mut Writer, shown: &Shown<'_>, prices: &CountryPrices, account: &Account) {
    head(w, shown, prices.country, "v2/Voice/Countries", account);
    w.list("outbound_prefix_prices", "Price", &prices.outbound, |w, row| {
        w.texts("destination_prefixes", &texts(row));
        w.texts("origination_prefixes", &[ALL]);
        w.put("friendly_name", friendly_name(prices, row));
        put_price(w, row.price);
    });
    by_kind(w, "inbound_call_prices", prices);
}

fn inbound(w: &mut Writer, prices: &NumberPrices) {
    match prices.inbound {
        Some((kind, price)) => w.object("inbound_call_price", |w| {
            w.put("number_type", kind_word(kind));
            put_price(w, price);
        }),
        None => w.put("inbound_call_price", None::<&str>),
    }
}

fn number_head(w: &mut Writer, shown: &Shown<'_>, prices: &NumberPrices, version: &str, account: &Account) {
    w.put("country", prices.country.name);
    w.put("iso_country", prices.country.iso);
    w.put("price_unit", account.currency.to_string());
    w.put("url", format!("{}/{version}/Voice/Numbers/{}", shown.base, prices.number));
    inbound(w, prices);
}

pub(super) fn number(w: &mut Writer, shown: &Shown<'_>, prices: &NumberPrices, account: &Account) {
    w.put("number", prices.number.as_str());
    number_head(w, shown, prices, "v1", account);
    match prices.outbound {
        Some(price) => w.object("outbound_call_price", |w| put_price(w, price)),
        None => w.put("outbound_call_price", None::<&str>),
    }
}

pub(super) fn number_v2(
    w: &mut Writer,
    shown: &Shown<'_>,
    prices: &NumberPrices,
    origin: Option<&str>,
    account: &Account,
) {
    w.put("destination_number", prices.number.as_str());
    w.put("origination_number", origin);
    number_head(w, shown, prices, "v2", account);
    let outbound: Vec<Price> = prices.outbound.into_iter().collect();
    w.list("outbound_call_prices", "Price", &outbound, |w, price| {
        w.texts("origination_prefixes", &[ALL]);
        put_price(w, *price);
    });
}

const SPECIMEN: Price = Price { base: Money::from_micros(370_000), current: Money::from_micros(305_000) };

fn belgium() -> &'static Country {
    Country::of_iso("BE").expect("the table has Belgium")
}

fn country_prices() -> CountryPrices {
    CountryPrices {
        country: belgium(),
        outbound: vec![PricedPrefixes {
            prefixes: vec!["3245".to_owned(), "3246".to_owned()],
            item: "voice.out.mobile".to_owned(),
            price: SPECIMEN,
        }],
        by_number_type: vec![(NumberType::Local, SPECIMEN)],
    }
}

fn number_prices() -> NumberPrices {
    NumberPrices {
        number: "+32470123456".parse().expect("a number"),
        country: belgium(),
        outbound: Some(SPECIMEN),
        inbound: Some((NumberType::Mobile, SPECIMEN)),
    }
}

pub(super) fn country_sample(w: &mut Writer, shown: &Shown<'_>) {
    country(w, shown, belgium(), "v1/Voice/Countries");
}

pub(super) fn messaging_sample(w: &mut Writer, shown: &Shown<'_>) {
    messaging(w, shown, &country_prices(), &specimen());
}

pub(super) fn numbers_sample(w: &mut Writer, shown: &Shown<'_>) {
    numbers(w, shown, &country_prices(), &specimen());
}

pub(super) fn voice_sample(w: &mut Writer, shown: &Shown<'_>) {
    voice(w, shown, &country_prices(), &specimen());
}

pub(super) fn voice_v2_sample(w: &mut Writer, shown: &Shown<'_>) {
    voice_v2(w, shown, &country_prices(), &specimen());
}

pub(super) fn number_sample(w: &mut Writer, shown: &Shown<'_>) {
    number(w, shown, &number_prices(), &specimen());
}

pub(super) fn number_v2_sample(w: &mut Writer, shown: &Shown<'_>) {
    number_v2(w, shown, &number_prices(), Some("+3222268888"), &specimen());
}
