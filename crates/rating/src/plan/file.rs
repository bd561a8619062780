//! The plan file: its shape, and the checks that make it safe to charge by.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use flexio_domain::{Currency, Money};
use jiff::Timestamp;
use jiff::tz::TimeZoneDatabase;
use serde::Deserialize;
use serde::de::IgnoredAny;
use toml::Spanned;

use super::deck::{self, DeckTable};
use super::items::{self, ItemTable};
use super::{BillingMode, ContentHash, Item, Placement, Plan, VatRate};
use crate::decimal::Decimal;
use crate::error::Source;
use crate::{FileError, Service};

/// Days between a notice and the change, at least (Directive (EU) 2018/1972, Article 105(4): one month).
const NOTICE_DAYS: u16 = 30;
/// Days of a rule of price changes, at most.
const DAYS_MAX: u16 = 366;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    plan: PlanTable,
    term: Option<Spanned<TermTable>>,
    binding: Option<Spanned<BindingTable>>,
    item: Vec<ItemTable>,
    #[serde(default)]
    deck: Vec<DeckTable>,
    unlisted: Spanned<UnlistedTable>,
    #[serde(default)]
    #[expect(clippy::zero_sized_map_values, reason = "TOML has no set: only the keys matter")]
    discounts: BTreeMap<Spanned<String>, IgnoredAny>,
    promotion: Option<Spanned<IgnoredAny>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlanTable {
    id: Spanned<String>,
    version: Spanned<u32>,
    name: String,
    service_category: String,
    currency: Spanned<String>,
    prices_exclude_vat: Spanned<bool>,
    vat_country: Spanned<String>,
    vat_rate: Spanned<Decimal>,
    timezone: Spanned<String>,
    billing_mode: Mode,
    #[serde(default = "yes")]
    open_to_consumers: bool,
    valid_for_orders_from: Spanned<String>,
    valid_for_orders_until: Option<Spanned<String>>,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Mode {
    Postpaid,
    Wallet,
    Showback,
}

/// Contract terms as documents print them: the platform has these and no others, so that any other is refused rather than promised.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TermTable {
    fixed_term: bool,
    renewal: String,
    termination: String,
    notice_days: u32,
    termination_fee: Decimal,
}

/// Rules of price changes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BindingTable {
    pin: String,
    change_notice_days: u16,
    exit_right_days: u16,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UnlistedTable {
    free: Vec<Spanned<String>>,
    refuse: Vec<Spanned<String>>,
}

pub(super) fn read(source: Source<'_>) -> Result<Plan, FileError> {
    let file: File = toml::from_str(source.text).map_err(|error| source.refuse_toml(&error))?;
    not_rated_yet(source, &file)?;
    terms_there_are(source, &file)?;
    let mut items =
        file.item.iter().map(|table| items::item(source, table)).collect::<Result<Vec<_>, _>>()?;
    let placements = place(source, &file, &items)?;
    let table = file.plan;
    let ceilings = table.open_to_consumers && table.currency.get_ref() == "EUR";
    let deck = deck::read(source, &file.deck, &mut items, ceilings)?;
    Ok(Plan {
        label: format!("{}/{}", table.id.get_ref(), table.version.get_ref()),
        id: id(source, &table.id)?,
        version: version(source, &table.version)?,
        name: table.name,
        service_category: table.service_category,
        currency: currency(source, &table.currency)?,
        vat_country: country(source, &table.vat_country)?,
        vat_rate: vat_rate(source, &table.vat_rate)?,
        zone: zone(source, &table.timezone)?,
        billing_mode: match table.billing_mode {
            Mode::Postpaid => BillingMode::Postpaid,
            Mode::Wallet => BillingMode::Wallet,
            Mode::Showback => BillingMode::Showback,
        },
        orders_from: instant(source, &table.valid_for_orders_from)?,
        open_to_consumers: table.open_to_consumers,
        change_notice_days: file.binding.as_ref().map_or(NOTICE_DAYS, |it| it.get_ref().change_notice_days),
        exit_right_days: file.binding.as_ref().map(|it| it.get_ref().exit_right_days),
        orders_until: table.valid_for_orders_until.as_ref().map(|text| instant(source, text)).transpose()?,
        items,
        placements,
        deck: Arc::new(deck),
        content_hash: ContentHash::of(source.text),
        text: Arc::from(source.text),
    })
}

/// Refuses what would change a price if it were rated: silence would be a wrong charge.
fn not_rated_yet(source: Source<'_>, file: &File) -> Result<(), FileError> {
    let cure = "remove it, or publish the price it leads to as an ordinary item";
    if let Some(promotion) = &file.promotion {
        return Err(source.refuse(&promotion.span(), "promotion is not supported yet", cure));
    }
    if let Some((key, _)) = file.discounts.first_key_value() {
        let problem = format!("discounts.{} is not supported yet", key.get_ref());
        return Err(source.refuse(&key.span(), problem, cure));
    }
    let exclusive = &file.plan.prices_exclude_vat;
    if !exclusive.get_ref() {
        let problem = "plan.prices_exclude_vat = false is not supported yet";
        return Err(source.refuse(&exclusive.span(), problem, "write prices without VAT and true"));
    }
    Ok(())
}

/// Refuses terms of contract and of price changes that the platform does not keep.
fn terms_there_are(source: Source<'_>, file: &File) -> Result<(), FileError> {
    if let Some(term) = &file.term {
        let wrong = |problem: &str, cure: &str| Err(source.refuse(&term.span(), problem, cure));
        let it = term.get_ref();
        if it.fixed_term || it.renewal != "calendar_month_automatic" {
            let cure = "write fixed_term = false and renewal = \"calendar_month_automatic\"";
            return wrong("contracts have no fixed term and go on by the calendar month", cure);
        }
        if it.termination != "self_service" || it.notice_days != 0 {
            let cure = "write termination = \"self_service\" and notice_days = 0";
            return wrong("customers end contracts themselves, at the moment they pick", cure);
        }
        if it.termination_fee.0 != Money::ZERO {
            return wrong("the end of a contract costs nothing", "write termination_fee = \"0\"");
        }
    }
    if let Some(binding) = &file.binding {
        let wrong = |problem: &str, cure: &str| Err(source.refuse(&binding.span(), problem, cure));
        let it = binding.get_ref();
        if it.pin != "per_item_at_activation" {
            let cure = "write pin = \"per_item_at_activation\"";
            return wrong("each item has the price of the moment it was taken", cure);
        }
        if !(NOTICE_DAYS..=DAYS_MAX).contains(&it.change_notice_days) {
            return wrong("a change of prices is announced a month before", "use 30 to 366 days");
        }
        if !(NOTICE_DAYS..=DAYS_MAX).contains(&it.exit_right_days) {
            return wrong("the right to leave for a change lasts a month or more", "use 30 to 366 days");
        }
    }
    Ok(())
}

/// Every service in exactly one place.
fn place(source: Source<'_>, file: &File, items: &[Item]) -> Result<Vec<Placement>, FileError> {
    let mut placed: BTreeMap<Service, Placement> = BTreeMap::new();
    let mut put = |service: Service, placement, span: Range<usize>| match placed.insert(service, placement) {
        None => Ok(()),
        Some(_) => Err(source.refuse(
            &span,
            format!("{service} is placed twice"),
            "a service is an item, or free, or refused: keep one of the two",
        )),
    };
    for (index, (item, table)) in items.iter().zip(&file.item).enumerate() {
        put(
            items::service(source, &item.code, &table.code.span())?,
            Placement::Priced(index),
            table.code.span(),
        )?;
    }
    let unlisted = file.unlisted.get_ref();
    let free = unlisted.free.iter().map(|code| (code, Placement::Free));
    let refused = unlisted.refuse.iter().map(|code| (code, Placement::Refused));
    for (code, placement) in free.chain(refused) {
        put(items::service(source, code.get_ref(), &code.span())?, placement, code.span())?;
    }
    for service in Service::ALL.iter().filter(|service| service.must_be_free()) {
        if !matches!(placed.get(service), Some(Placement::Free)) {
            let problem = format!("{service} is not free");
            let cure = format!("put \"{service}\" into unlisted.free: the caller never pays for such calls");
            return Err(source.refuse(&file.unlisted.span(), problem, cure));
        }
    }
    Service::ALL
        .iter()
        .map(|service| {
            let left_out = service.may_be_left_out().then_some(Placement::Free);
            placed.get(service).copied().or(left_out).ok_or_else(|| {
                source.refuse(
                    &file.unlisted.span(),
                    format!("{service} has no place in this plan"),
                    format!(
                        "price it as an [[item]], or put \"{service}\" into unlisted.free or unlisted.refuse"
                    ),
                )
            })
        })
        .collect()
}

fn id(source: Source<'_>, id: &Spanned<String>) -> Result<String, FileError> {
    let text = id.get_ref();
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if (1..=40).contains(&text.len()) && text.bytes().all(plain) {
        return Ok(text.clone());
    }
    Err(source.refuse(&id.span(), "not an id", "write 1 to 40 small letters, digits and hyphens"))
}

fn version(source: Source<'_>, version: &Spanned<u32>) -> Result<u32, FileError> {
    match version.get_ref() {
        0 => Err(source.refuse(&version.span(), "version 0", "versions count from 1")),
        &number => Ok(number),
    }
}

fn currency(source: Source<'_>, code: &Spanned<String>) -> Result<Currency, FileError> {
    code.get_ref()
        .parse()
        .map_err(|why| source.refuse(&code.span(), format!("{why}"), "write one such as \"EUR\""))
}

fn country(source: Source<'_>, code: &Spanned<String>) -> Result<String, FileError> {
    let text = code.get_ref();
    if text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Ok(text.clone());
    }
    Err(source.refuse(&code.span(), "not an ISO 3166 alpha-2 code", "write one such as \"BE\""))
}

fn vat_rate(source: Source<'_>, rate: &Spanned<Decimal>) -> Result<VatRate, FileError> {
    match u32::try_from(rate.get_ref().0.micros()) {
        Ok(millionths) if millionths < 1_000_000 => Ok(VatRate { millionths }),
        _ => Err(source.refuse(&rate.span(), "not a VAT rate below 1", "write 21 % as \"0.21\"")),
    }
}

fn zone(source: Source<'_>, name: &Spanned<String>) -> Result<jiff::tz::TimeZone, FileError> {
    TimeZoneDatabase::bundled().get(name.get_ref()).map_err(|_| {
        let problem = format!("\"{}\" is not a time zone", name.get_ref());
        source.refuse(&name.span(), problem, "use an IANA name such as \"Europe/Brussels\"")
    })
}

fn instant(source: Source<'_>, text: &Spanned<String>) -> Result<Timestamp, FileError> {
    text.get_ref().parse().map_err(|_| {
        source.refuse(
            &text.span(),
            "not an instant",
            "write it with its offset, as in \"2026-01-01T00:00:00+01:00\"",
        )
    })
}
