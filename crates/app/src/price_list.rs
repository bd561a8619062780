//! What an account's calls, messages and numbers cost, as lists by country. Nothing is asked of the database: the prices of
//! subscriptions are in memory.

use flexio_domain::{AccountSid, E164, HeldItem, Money, NumberType, Timestamp, UsageKind};
use flexio_rating::{Authorised, Country, Destination, Rater, Service};

use crate::App;

/// What new customers pay now, and what the account pays: less or more where its subscription is pinned to another version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    /// For a minute, segment or month, before tax: of the newest version of the account's plan.
    pub base: Money,
    /// Of the account.
    pub current: Money,
}

/// Numbers of a country that cost the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PricedPrefixes {
    /// What they begin with, from the country code on; the longest that fits counts.
    pub prefixes: Vec<String>,
    /// Item code of the plan, or `free`.
    pub item: String,
    /// Its price.
    pub price: Price,
}

/// A list of prices that can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PriceList {
    /// Calls.
    Voice,
    /// Messages.
    Messages,
    /// Rented numbers.
    Numbers,
}

/// The prices of one country.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountryPrices {
    /// The country.
    pub country: &'static Country,
    /// Per minute or segment to its numbers; empty in the list of numbers.
    pub outbound: Vec<PricedPrefixes>,
    /// By kind of number rented there: per minute or segment to such a number, in the list of numbers per month.
    pub by_number_type: Vec<(NumberType, Price)>,
}

/// The prices of one number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberPrices {
    /// The number.
    pub number: E164,
    /// Its country.
    pub country: &'static Country,
    /// Per minute to it; `None` where calls to it are refused.
    pub outbound: Option<Price>,
    /// Per minute from anybody to it, where it is of a kind that is rented here.
    pub inbound: Option<(NumberType, Price)>,
}

/// Kinds of numbers that stock is of.
const KINDS: [NumberType; 3] = [NumberType::Local, NumberType::Mobile, NumberType::TollFree];

impl App {
    /// Countries of a list, by ISO code.
    pub fn priced_countries(&self, account: AccountSid, list: PriceList) -> Vec<&'static Country> {
        let (meter, now) = (self.meter(account), self.clock.now());
        let rater = meter.rater_at(now);
        match list {
            PriceList::Voice => rater.served(UsageKind::VoiceOut),
            PriceList::Messages => rater.served(UsageKind::SmsOut),
            PriceList::Numbers => Country::of_iso(&self.config.home_country).into_iter().collect(),
        }
    }

    /// The prices of a country; `None` where the list does not have it.
    pub fn country_prices(&self, account: AccountSid, list: PriceList, iso: &str) -> Option<CountryPrices> {
        let countries = self.priced_countries(account, list);
        let country = *countries.iter().find(|country| country.iso == iso)?;
        let (meter, now) = (self.meter(account), self.clock.now());
        let kind = match list {
            PriceList::Voice => Some(UsageKind::VoiceOut),
            PriceList::Messages => Some(UsageKind::SmsOut),
            PriceList::Numbers => None,
        };
        let destinations = |kind| meter.rater_at(now).destinations(kind, country);
        let outbound = kind.map(destinations).unwrap_or_default();
        Some(CountryPrices {
            country,
            outbound: outbound.into_iter().map(|row| self.priced_row(account, row, now)).collect(),
            by_number_type: self.by_number_type(account, list, country, now),
        })
    }

    /// The prices of a number in E.164 form; `None` where no country has it.
    pub fn number_prices(&self, account: AccountSid, number: E164) -> Option<NumberPrices> {
        let country = Country::of_digits(number.as_str().trim_start_matches('+'))?;
        let (meter, now) = (self.meter(account), self.clock.now());
        let outbound = match meter.authorise(UsageKind::VoiceOut, "", number.as_str(), now) {
            Ok(Authorised::Priced(priced)) => Some(self.price_of(account, &priced.item.code, now)),
            Ok(Authorised::Free { .. }) => Some(Price { base: Money::ZERO, current: Money::ZERO }),
            Err(_) => None,
        };
        let rented = self.rater().numbering().number_type(&number).filter(|kind| self.is_rented_out(*kind));
        let inbound =
            rented.and_then(|kind| Some((kind, self.service_price(account, Service::VoiceIn, now)?)));
        Some(NumberPrices { number, country, outbound, inbound })
    }

    fn is_rented_out(&self, kind: NumberType) -> bool {
        self.rater().numbering().rentable(kind)
    }

    fn by_number_type(
        &self,
        account: AccountSid,
        list: PriceList,
        country: &Country,
        now: Timestamp,
    ) -> Vec<(NumberType, Price)> {
        if country.iso != self.config.home_country {
            return Vec::new();
        }
        let price = match list {
            PriceList::Voice => self.service_price(account, Service::VoiceIn, now),
            PriceList::Messages => self.service_price(account, Service::SmsIn, now),
            // Whoever rents one more pays what the plan asks today.
            PriceList::Numbers => {
                let selling = self.selling(account, now);
                let terms = selling.monthly_terms(HeldItem::Number).ok();
                terms.map(|terms| Price { base: terms.price, current: terms.price })
            }
        };
        let kinds = KINDS.into_iter().filter(|kind| self.is_rented_out(*kind));
        price.map(|price| kinds.map(|kind| (kind, price)).collect()).unwrap_or_default()
    }

    fn priced_row(&self, account: AccountSid, row: Destination<'_>, now: Timestamp) -> PricedPrefixes {
        let price = match row.item {
            Some(item) => self.price_of(account, &item.code, now),
            None => Price { base: Money::ZERO, current: Money::ZERO },
        };
        PricedPrefixes { item: row.code().to_owned(), prefixes: row.prefixes, price }
    }

    /// The price of something that has one place in each plan; `None` where the account's refuses it.
    fn service_price(&self, account: AccountSid, service: Service, now: Timestamp) -> Option<Price> {
        let meter = self.meter(account);
        if meter.rater_at(now).refuses(service) {
            return None;
        }
        Some(self.price_of(account, service.as_str(), now))
    }

    /// The price of an item: nothing where a plan has no such item, because then it is free in it.
    fn price_of(&self, account: AccountSid, item: &str, now: Timestamp) -> Price {
        let of = |rater: &Rater| rater.plan().item(item).map_or(Money::ZERO, |item| item.rate.unit_price());
        let meter = self.meter(account);
        Price { base: of(&self.selling(account, now)), current: of(meter.pricing(item, now)) }
    }
}
