//! A plan: what each service costs, as one immutable version.

mod deck;
mod file;
mod items;
mod promoted;

use std::fmt;
use std::sync::Arc;

use flexio_domain::{Currency, Money};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

use crate::bands::BEHIND;
use crate::error::Source;
use crate::{Band, Counted, FileError, Monthly, Service, Tiers, Timed};
pub(crate) use deck::Deck;
pub use promoted::PromotedLabel;

/// How an item's price becomes a charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rate {
    /// By seconds.
    Timed(Timed),
    /// By number.
    Counted(Counted),
    /// By calendar month.
    Monthly(Monthly),
}

impl Rate {
    /// The price as printed: per minute (or `unit_s`), per piece, per month.
    pub const fn price(&self) -> Money {
        match self {
            Self::Timed(timed) => timed.price,
            Self::Counted(counted) => counted.price,
            Self::Monthly(monthly) => monthly.price,
        }
    }

    /// The same at another price: its increments and its fee stay.
    #[must_use]
    pub const fn at_price(self, price: Money) -> Self {
        match self {
            Self::Timed(timed) => Self::Timed(Timed { price, ..timed }),
            Self::Counted(_) => Self::Counted(Counted { price }),
            Self::Monthly(monthly) => Self::Monthly(Monthly { price, ..monthly }),
        }
    }

    /// The price for a piece, a month, or a minute whatever number of seconds it is written for.
    pub fn unit_price(&self) -> Money {
        match self {
            Self::Timed(timed) => timed.per_minute(),
            Self::Counted(_) | Self::Monthly(_) => self.price(),
        }
    }
}

/// A priced item of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// A service code, or one that a deck introduces: `voice.out.mobile`, `voice.out.france`.
    pub code: String,
    /// Its price.
    pub rate: Rate,
    /// What a month's quantity costs beyond thresholds, where it has volume prices.
    pub tiers: Option<Tiers>,
    /// Cheaper hours; the first that holds applies.
    pub bands: Vec<Band>,
    /// Of a request for a one-time code: the message or call that brings the code is in the price.
    pub includes_delivery: bool,
}

/// When the customer pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BillingMode {
    /// By invoice.
    Postpaid,
    /// From money put in before.
    Wallet,
    /// Nobody pays: cost is shown per department.
    Showback,
}

/// A value added tax rate, in millionths: 210 000 is 21 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VatRate {
    /// Millionths, below one million.
    pub millionths: u32,
}

/// SHA-256 of a plan file's bytes: what a subscription points to.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ContentHash([u8; 32]);

impl ContentHash {
    fn of(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }
}

/// 64 hexadecimal digits.
impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Where a plan puts a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Placement {
    Priced(usize),
    Free,
    Refused,
}

/// A plan version, read from its file and checked.
#[derive(Debug, Clone)]
pub struct Plan {
    id: String,
    version: u32,
    label: String,
    name: String,
    service_category: String,
    currency: Currency,
    vat_country: String,
    vat_rate: VatRate,
    open_to_consumers: bool,
    change_notice_days: u16,
    exit_right_days: Option<u16>,
    zone: TimeZone,
    billing_mode: BillingMode,
    orders_from: Timestamp,
    orders_until: Option<Timestamp>,
    items: Vec<Item>,
    placements: Vec<Placement>,
    deck: Arc<Deck>,
    content_hash: ContentHash,
    text: Arc<str>,
}

/// An item that two plan versions do not price alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference<'p> {
    /// Its code.
    pub item: &'p str,
    /// In the first; `None` if it has no such item.
    pub old: Option<Rate>,
    /// In the second.
    pub new: Option<Rate>,
}

impl Plan {
    /// Reads a plan file. `name` is the file's, for messages.
    ///
    /// Refused with place and cure: unknown keys, a price that is not a decimal string, a service that is priced,
    /// free and refused not exactly once, sections that would change a price and are not rated yet.
    pub fn parse(name: &str, text: &str) -> Result<Self, FileError> {
        file::read(Source { name, text })
    }

    /// Identity shared by all versions: `flexio-be`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// From 1.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Id and version as kept on events: `flexio-be/1`.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// As shown to customers.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// As printed under the services heading of the contract summary.
    pub fn service_category(&self) -> &str {
        &self.service_category
    }

    /// Of every price.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// ISO 3166 alpha-2 code of the seller's VAT country.
    pub fn vat_country(&self) -> &str {
        &self.vat_country
    }

    /// Standard rate of that country when the plan was published.
    pub fn vat_rate(&self) -> VatRate {
        self.vat_rate
    }

    /// Zone of billing months and days.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// Whether consumers may order it.
    pub fn is_open_to_consumers(&self) -> bool {
        self.open_to_consumers
    }

    /// Days between a notice of prices and the change, at least; and a calendar month.
    pub fn change_notice_days(&self) -> u16 {
        self.change_notice_days
    }

    /// Days from a notice of prices in which whoever leaves keeps the old prices to the end, where the plan says.
    pub fn exit_right_days(&self) -> Option<u16> {
        self.exit_right_days
    }

    /// When the customer pays.
    pub fn billing_mode(&self) -> BillingMode {
        self.billing_mode
    }

    /// Whether new customers may take it at `at`.
    pub fn is_open_at(&self, at: Timestamp) -> bool {
        self.orders_from <= at && self.orders_until.is_none_or(|until| at < until)
    }

    /// Every priced item, those of decks last.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// The item of this code, or one of its bands: `voice.out.mobile~evening`.
    pub fn item(&self, code: &str) -> Option<&Item> {
        let (base, band) = match code.split_once(BEHIND) {
            Some((base, band)) => (base, Some(band)),
            None => (code, None),
        };
        let item = self.items.iter().find(|item| item.code == base)?;
        band.map_or(Some(item), |band| item.band(band))
    }

    /// The price of a month of something: `number.fixed`, `designer`.
    pub fn monthly(&self, service: Service) -> Option<&Monthly> {
        match &self.item(service.as_str())?.rate {
            Rate::Monthly(monthly) => Some(monthly),
            Rate::Timed(_) | Rate::Counted(_) => None,
        }
    }

    /// Whether the price of a request for a one-time code has the message or call that brings the code.
    pub fn includes_delivery(&self) -> bool {
        self.item(Service::TwoFaRequest.as_str()).is_some_and(|item| item.includes_delivery)
    }

    /// SHA-256 of the file.
    pub fn content_hash(&self) -> ContentHash {
        self.content_hash
    }

    /// The file it was read from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Items that `new` does not price as this does, this one's first.
    pub fn differences<'p>(&'p self, new: &'p Self) -> Vec<Difference<'p>> {
        let rate = |plan: &Self, code: &str| plan.item(code).map(|item| item.rate);
        let is_priced_alike = |code: &str| match (self.item(code), new.item(code)) {
            (Some(old), Some(new)) => old == new,
            (old, new) => old.is_none() && new.is_none(),
        };
        let codes = self.items.iter().chain(new.items.iter().filter(|item| self.item(&item.code).is_none()));
        codes
            .map(|item| Difference {
                item: &item.code,
                old: rate(self, &item.code),
                new: rate(new, &item.code),
            })
            .filter(|difference| !is_priced_alike(difference.item))
            .collect()
    }

    pub(crate) fn placement(&self, service: Service) -> Placement {
        self.placements[service as usize]
    }

    pub(crate) fn deck(&self) -> &Deck {
        &self.deck
    }
}
