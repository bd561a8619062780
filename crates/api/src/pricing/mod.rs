//! Twilio's Pricing, versions 1 and 2 (<https://www.twilio.com/docs/pricing>): what the account that asks pays, by country and by number.
//!
//! Prices are decimal texts before tax; `base_price` is that of the newest version of the account's plan, `current_price` the account's.
//! Neither carriers nor originations are told apart: there is one price for all of them.

#[cfg(test)]
mod tests;
mod views;

use flexio_app::{CountryPrices, NumberPrices, PriceList};
use flexio_domain::ErrorCode;
use flexio_rating::Country;

use crate::answer::Answer;
use crate::ask::Ask;
use crate::error::Result;
use crate::operation::{Operation, Param, Shows, TWILIO, params, row};
use crate::paging::Listed;

const ORIGIN: &[Param] =
    params!["OriginationNumber": "Who would call; answered as given, because no price depends on it."];

pub(crate) const OPERATIONS: &[Operation] = &[
    row!(
        "pricing_messaging.list",
        Read,
        TWILIO,
        "v1/Messaging/Countries",
        "Countries that messages can go to.",
        &[],
        Shows::Many(views::country_sample),
        messaging_countries
    ),
    row!(
        "pricing_messaging.fetch",
        Read,
        TWILIO,
        "v1/Messaging/Countries/{IsoCountry}",
        "Prices of messages to and from a country, per segment.",
        &[],
        Shows::One(views::messaging_sample),
        messaging_country
    ),
    row!(
        "pricing_numbers.list",
        Read,
        TWILIO,
        "v1/PhoneNumbers/Countries",
        "Countries whose numbers can be rented.",
        &[],
        Shows::Many(views::country_sample),
        number_countries
    ),
    row!(
        "pricing_numbers.fetch",
        Read,
        TWILIO,
        "v1/PhoneNumbers/Countries/{IsoCountry}",
        "Prices of one more rented number, per month.",
        &[],
        Shows::One(views::numbers_sample),
        number_country
    ),
    row!(
        "pricing_voice.list",
        Read,
        TWILIO,
        "v1/Voice/Countries",
        "Countries that calls can go to.",
        &[],
        Shows::Many(views::country_sample),
        voice_countries
    ),
    row!(
        "pricing_voice.fetch",
        Read,
        TWILIO,
        "v1/Voice/Countries/{IsoCountry}",
        "Prices of calls to and from a country, per minute.",
        &[],
        Shows::One(views::voice_sample),
        voice_country
    ),
    row!(
        "pricing_voice.number",
        Read,
        TWILIO,
        "v1/Voice/Numbers/{PricedNumber}",
        "Prices of calls to and from a number, per minute.",
        &[],
        Shows::One(views::number_sample),
        voice_number
    ),
    row!(
        "pricing_voice_v2.list",
        Read,
        TWILIO,
        "v2/Voice/Countries",
        "Countries that calls can go to.",
        &[],
        Shows::Many(views::country_sample),
        voice_countries
    ),
    row!(
        "pricing_voice_v2.fetch",
        Read,
        TWILIO,
        "v2/Voice/Countries/{IsoCountry}",
        "Prices of calls to and from a country, per minute, whoever calls.",
        &[],
        Shows::One(views::voice_v2_sample),
        voice_country_v2
    ),
    row!(
        "pricing_voice_v2.number",
        Read,
        TWILIO,
        "v2/Voice/Numbers/{PricedNumber}",
        "Prices of calls to and from a number, per minute, whoever calls.",
        ORIGIN,
        Shows::One(views::number_v2_sample),
        voice_number_v2
    ),
];

impl Listed for &'static Country {
    const MEMBERS: (&'static str, &'static str) = ("countries", "countries");
    const ELEMENTS: (&'static str, &'static str) = ("Countries", "Country");
    fn cursor(&self) -> u128 {
        // A page is found by its number: the list changes with a plan only.
        0
    }
}

fn countries(ask: &Ask<'_>, list: PriceList) -> Result<Answer> {
    let countries = ask.app().priced_countries(ask.account.sid, list);
    ask.numbered_page(countries, |w, country| views::country(w, &ask.shown(), country, ask.path))
}

fn prices(ask: &Ask<'_>, list: PriceList) -> Result<CountryPrices> {
    let iso = ask.name("IsoCountry").to_ascii_uppercase();
    ask.app().country_prices(ask.account.sid, list, &iso).ok_or_else(|| ErrorCode::NotFound.into())
}

fn number(ask: &Ask<'_>) -> Result<NumberPrices> {
    let looked_up = ask.app().look_up(ask.name("PricedNumber"), None);
    let number = looked_up.number.filter(|_| looked_up.fault.is_none()).ok_or(ErrorCode::NotFound)?;
    ask.app().number_prices(ask.account.sid, number).ok_or_else(|| ErrorCode::NotFound.into())
}

async fn messaging_countries(ask: &Ask<'_>) -> Result<Answer> {
    countries(ask, PriceList::Messages)
}

async fn messaging_country(ask: &Ask<'_>) -> Result<Answer> {
    let prices = prices(ask, PriceList::Messages)?;
    Ok(ask.one("Country", |w| views::messaging(w, &ask.shown(), &prices, &ask.account)))
}

async fn number_countries(ask: &Ask<'_>) -> Result<Answer> {
    countries(ask, PriceList::Numbers)
}

async fn number_country(ask: &Ask<'_>) -> Result<Answer> {
    let prices = prices(ask, PriceList::Numbers)?;
    Ok(ask.one("Country", |w| views::numbers(w, &ask.shown(), &prices, &ask.account)))
}

async fn voice_countries(ask: &Ask<'_>) -> Result<Answer> {
    countries(ask, PriceList::Voice)
}

async fn voice_country(ask: &Ask<'_>) -> Result<Answer> {
    let prices = prices(ask, PriceList::Voice)?;
    Ok(ask.one("Country", |w| views::voice(w, &ask.shown(), &prices, &ask.account)))
}

async fn voice_country_v2(ask: &Ask<'_>) -> Result<Answer> {
    let prices = prices(ask, PriceList::Voice)?;
    Ok(ask.one("Country", |w| views::voice_v2(w, &ask.shown(), &prices, &ask.account)))
}

async fn voice_number(ask: &Ask<'_>) -> Result<Answer> {
    let prices = number(ask)?;
    Ok(ask.one("Number", |w| views::number(w, &ask.shown(), &prices, &ask.account)))
}

async fn voice_number_v2(ask: &Ask<'_>) -> Result<Answer> {
    let prices = number(ask)?;
    let origin = ask.params.text("OriginationNumber");
    Ok(ask.one("Number", |w| views::number_v2(w, &ask.shown(), &prices, origin, &ask.account)))
}
