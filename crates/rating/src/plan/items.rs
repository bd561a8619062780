//! `[[item]]`: one priced service.

use std::ops::Range;

use flexio_domain::Money;
use jiff::civil::{Time, Weekday};
use serde::Deserialize;
use toml::Spanned;

use super::{Item, Rate};
use crate::bands::BEHIND;
use crate::decimal::Decimal;
use crate::error::Source;
use crate::{
    Band, Counted, FileError, Hours, Monthly, Proration, Service, Tier, TierMode, Tiers, Timed, Unit,
};

/// The largest unit and increment: one day.
const MAX_SECONDS: u32 = 86_400;
/// Rows of hours of one item.
const HOURS_MAX: usize = 24;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ItemTable {
    pub(super) code: Spanned<String>,
    kind: Spanned<Kind>,
    price: Spanned<Decimal>,
    per: Spanned<String>,
    unit: Option<Spanned<String>>,
    proration: Option<Spanned<String>>,
    day_rule: Option<Spanned<String>>,
    charge_on: Option<Spanned<String>>,
    delivery: Option<Spanned<String>>,
    unit_seconds: Option<Spanned<u32>>,
    first_increment: Option<Spanned<u32>>,
    increment: Option<Spanned<u32>>,
    minimum: Option<Spanned<u32>>,
    connection_fee: Option<Spanned<Decimal>>,
    #[serde(default)]
    band: Vec<Spanned<BandTable>>,
    tier_mode: Option<Spanned<String>>,
    #[serde(default)]
    tier: Vec<Spanned<TierTable>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BandTable {
    name: String,
    days: Option<Vec<String>>,
    from: String,
    until: String,
    price: Decimal,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TierTable {
    from: u64,
    price: Decimal,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Usage,
    Recurring,
}

/// How seconds are counted, in an item or a deck.
pub(super) struct Seconds<'t> {
    pub(super) unit: Option<&'t Spanned<u32>>,
    pub(super) first: Option<&'t Spanned<u32>>,
    pub(super) next: Option<&'t Spanned<u32>>,
    pub(super) minimum: Option<&'t Spanned<u32>>,
    pub(super) connection_fee: Option<&'t Spanned<Decimal>>,
}

impl Seconds<'_> {
    /// `at` is where a missing key is reported.
    pub(super) fn timed(
        &self,
        source: Source<'_>,
        price: Decimal,
        at: &Range<usize>,
    ) -> Result<Timed, FileError> {
        let number = |value: Option<&Spanned<u32>>, key: &str, least: u32| {
            let Some(value) = value else { return Err(missing(source, at, key)) };
            if (least..=MAX_SECONDS).contains(value.get_ref()) {
                return Ok(*value.get_ref());
            }
            let problem = format!("{key} is out of range");
            Err(source.refuse(&value.span(), problem, format!("use {least} to {MAX_SECONDS} seconds")))
        };
        let fee = self.connection_fee.ok_or_else(|| missing(source, at, "connection_fee"))?;
        Ok(Timed {
            price: price.0,
            unit_s: number(self.unit, "unit_seconds", 1)?,
            first_s: number(self.first, "first_increment", 1)?,
            next_s: number(self.next, "increment", 1)?,
            minimum_s: number(self.minimum, "minimum", 0)?,
            connection_fee: fee.get_ref().0,
        })
    }

    /// Refuses keys of time where nothing is timed.
    pub(super) fn none(&self, source: Source<'_>) -> Result<(), FileError> {
        let seconds =
            [self.unit, self.first, self.next, self.minimum].into_iter().flatten().map(Spanned::span);
        match seconds.chain(self.connection_fee.map(Spanned::span)).next() {
            None => Ok(()),
            Some(span) => Err(source.refuse(
                &span,
                "seconds are counted only for what is charged per minute",
                "remove unit_seconds, first_increment, increment, minimum and connection_fee",
            )),
        }
    }
}

fn missing(source: Source<'_>, at: &Range<usize>, key: &str) -> FileError {
    source.refuse(
        at,
        format!("{key} is missing"),
        "add it: increments are part of a price and are never assumed",
    )
}

/// The service of this code.
pub(super) fn service(source: Source<'_>, code: &str, span: &Range<usize>) -> Result<Service, FileError> {
    Service::from_code(code).ok_or_else(|| {
        source.refuse(
            span,
            format!("\"{code}\" is not a service this platform meters"),
            "correct its spelling; destinations abroad are priced in a [[deck]]",
        )
    })
}

pub(super) fn item(source: Source<'_>, table: &ItemTable) -> Result<Item, FileError> {
    let service = service(source, table.code.get_ref(), &table.code.span())?;
    if !service.is_metered() {
        let problem = format!("{service} is not supported yet as a priced item: nothing counts it");
        return Err(source.refuse(
            &table.code.span(),
            problem,
            "put it into unlisted.free or unlisted.refuse",
        ));
    }
    if service.must_be_free() {
        let problem = format!("{service} cannot have a price");
        return Err(source.refuse(&table.code.span(), problem, "put it into unlisted.free"));
    }
    let recurring = service.unit() == Unit::Month;
    if recurring != (*table.kind.get_ref() == Kind::Recurring) {
        let kind = if recurring { "recurring" } else { "usage" };
        return Err(source.refuse(
            &table.kind.span(),
            format!("{service} is of another kind"),
            format!("write kind = \"{kind}\""),
        ));
    }
    fixed_rules(source, table, service)?;
    let seconds = Seconds {
        unit: table.unit_seconds.as_ref(),
        first: table.first_increment.as_ref(),
        next: table.increment.as_ref(),
        minimum: table.minimum.as_ref(),
        connection_fee: table.connection_fee.as_ref(),
    };
    if service.unit() != Unit::Minute {
        seconds.none(source)?;
    }
    let price = *table.price.get_ref();
    let rate = match service.unit() {
        Unit::Minute => Rate::Timed(seconds.timed(source, price, &table.code.span())?),
        Unit::Segment | Unit::Setup | Unit::Request => Rate::Counted(Counted { price: price.0 }),
        Unit::Month => {
            Rate::Monthly(Monthly { price: price.0, proration: proration(source, table, service)? })
        }
    };
    let tiers = tiers(source, table, service)?;
    let includes_delivery = table.delivery.as_ref().is_some_and(|it| it.get_ref() == "included");
    let item = Item { code: table.code.get_ref().clone(), rate, tiers, bands: Vec::new(), includes_delivery };
    let bands = bands(source, table, &item)?;
    Ok(Item { bands, ..item })
}

/// `[[item.band]]`: rows of one name are one band.
fn bands(source: Source<'_>, table: &ItemTable, item: &Item) -> Result<Vec<Band>, FileError> {
    let mut bands: Vec<Band> = Vec::new();
    for row in &table.band {
        let (span, band) = (row.span(), row.get_ref());
        let wrong = |problem: &str, cure: &str| Err(source.refuse(&span, problem, cure));
        let by_second = match item.rate {
            Rate::Timed(timed) => {
                (timed.first_s, timed.next_s, timed.connection_fee) == (1, 1, Money::ZERO)
                    && timed.minimum_s <= 1
            }
            Rate::Counted(_) => true,
            Rate::Monthly(_) => false,
        };
        if !by_second {
            return wrong(
                "an item with bands is charged by the second, or by pieces",
                "use increments of 1, no minimum and no connection fee, or remove the bands",
            );
        }
        if item.tiers.is_some() {
            return wrong("an item has bands or volume prices, not both", "remove one of the two");
        }
        if band.price.0 >= item.rate.price() {
            return wrong("a band is not cheaper than its item", "let the item have the dearest price");
        }
        let name_fits = (1..=20).contains(&band.name.len())
            && band.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !name_fits {
            return wrong("a band's name does not fit", "use 1 to 20 small letters, digits and hyphens");
        }
        let Some(hours) = hours(band) else {
            return wrong(
                "a band's hours are not understood",
                "write from = \"18:00\" and until = \"24:00\", from before until, and days of \"mon\" to \"sun\"",
            );
        };
        let rate = item.rate.at_price(band.price.0);
        match bands.iter_mut().find(|it| it.name == band.name) {
            Some(known) if known.item.rate == rate => known.hours.push(hours),
            Some(_) => return wrong("a band has two prices", "give the hours of another price another name"),
            None => {
                let code = format!("{}{BEHIND}{}", item.code, band.name);
                let item = Item { code, rate, tiers: None, bands: Vec::new(), includes_delivery: false };
                bands.push(Band { name: band.name.clone(), hours: vec![hours], item });
            }
        }
    }
    if bands.iter().map(|band| band.hours.len()).sum::<usize>() > HOURS_MAX {
        let problem = format!("an item has more than {HOURS_MAX} rows of hours");
        return Err(source.refuse(&table.code.span(), problem, "join them"));
    }
    Ok(bands)
}

fn hours(band: &BandTable) -> Option<Hours> {
    const WEEK: [(&str, Weekday); 7] = [
        ("mon", Weekday::Monday),
        ("tue", Weekday::Tuesday),
        ("wed", Weekday::Wednesday),
        ("thu", Weekday::Thursday),
        ("fri", Weekday::Friday),
        ("sat", Weekday::Saturday),
        ("sun", Weekday::Sunday),
    ];
    let day = |name: &String| WEEK.iter().find(|(known, _)| known == name).map(|(_, day)| *day);
    let days = match &band.days {
        Some(names) => names.iter().map(day).collect::<Option<Vec<_>>>().filter(|days| !days.is_empty())?,
        None => WEEK.iter().map(|(_, day)| *day).collect(),
    };
    let time = |text: &str| Time::strptime("%H:%M", text).ok().filter(|_| text.len() == 5);
    let from = time(&band.from)?;
    let until = if band.until == "24:00" { None } else { Some(time(&band.until)?) };
    until.is_none_or(|until| from < until).then_some(Hours { days, from, until })
}

/// `tier_mode` and `[[item.tier]]`.
fn tiers(source: Source<'_>, table: &ItemTable, service: Service) -> Result<Option<Tiers>, FileError> {
    let Some(first) = table.tier.first() else {
        let Some(mode) = &table.tier_mode else { return Ok(None) };
        let cure = "add [[item.tier]] with from and price, or remove tier_mode";
        return Err(source.refuse(&mode.span(), "tier_mode without a tier", cure));
    };
    let Some(mode) = &table.tier_mode else {
        let cure =
            "add tier_mode = \"graduated\" (units beyond a threshold) or \"all_units\" (all of the month)";
        return Err(source.refuse(&first.span(), "tier_mode is missing", cure));
    };
    if service.unit() == Unit::Month {
        let cure = "remove it: volume prices are for what is used";
        return Err(source.refuse(&first.span(), format!("{service} has no volume prices"), cure));
    }
    one_of(source, "tier_mode", Some(mode), &["graduated", "all_units"])?;
    let mode = if mode.get_ref() == "graduated" { TierMode::Graduated } else { TierMode::AllUnits };
    let step = |tier: &Spanned<TierTable>| Tier { from: tier.get_ref().from, price: tier.get_ref().price.0 };
    let steps = table.tier.iter().map(step).collect();
    Tiers::new(mode, steps, table.price.get_ref().0).map(Some).ok_or_else(|| {
        source.refuse(
            &first.span(),
            "volume prices do not fall as their thresholds rise",
            "let from rise from 1, and price fall from below the item's own: a dearer price is the item's own",
        )
    })
}

/// Keys that state what the platform does: any other value would promise something else.
fn fixed_rules(source: Source<'_>, table: &ItemTable, service: Service) -> Result<(), FileError> {
    let per = match service {
        Service::Designer => "started_calendar_month",
        _ => service.unit().as_str(),
    };
    one_of(source, "per", Some(&table.per), &[per])?;
    let charge_on: &[&str] = match service.unit() {
        Unit::Minute if service == Service::Recording => &["recorded_seconds"],
        Unit::Minute if service == Service::Tts => &["spoken_seconds"],
        Unit::Minute if service == Service::Queue => &["waited_seconds"],
        Unit::Minute => &["answered_seconds"],
        Unit::Segment if service == Service::SmsIn => &["received"],
        Unit::Segment => &["accepted_by_carrier"],
        Unit::Setup => &["first_participant_joined"],
        Unit::Request if service == Service::ApiRequest => &["request_made"],
        Unit::Request => &["request_accepted"],
        Unit::Month => &[],
    };
    one_of(source, "charge_on", table.charge_on.as_ref(), charge_on)?;
    let (units, day_rules): (&[&str], &[&str]) = match service {
        Service::NumberFixed => (&["number"], &["any_part_counts"]),
        Service::Designer => (&["subscription"], &[]),
        _ => (&[], &[]),
    };
    one_of(source, "unit", table.unit.as_ref(), units)?;
    one_of(source, "day_rule", table.day_rule.as_ref(), day_rules)?;
    let delivery: &[&str] = if service == Service::TwoFaRequest { &["charged", "included"] } else { &[] };
    one_of(source, "delivery", table.delivery.as_ref(), delivery)
}

fn proration(source: Source<'_>, table: &ItemTable, service: Service) -> Result<Proration, FileError> {
    let allowed: &[&str] = if service == Service::Designer { &["none"] } else { &["by_day", "none"] };
    let Some(proration) = &table.proration else {
        return Err(missing(source, &table.code.span(), "proration"));
    };
    one_of(source, "proration", Some(proration), allowed)?;
    Ok(if proration.get_ref() == "by_day" { Proration::ByDay } else { Proration::None })
}

fn one_of(
    source: Source<'_>,
    key: &str,
    value: Option<&Spanned<String>>,
    allowed: &[&str],
) -> Result<(), FileError> {
    let Some(value) = value else { return Ok(()) };
    if allowed.contains(&value.get_ref().as_str()) {
        return Ok(());
    }
    let problem = format!("item.{key} = \"{}\" is not supported for this item", value.get_ref());
    let cure = if allowed.is_empty() {
        format!("remove {key}")
    } else {
        format!("write \"{}\"", allowed.join("\" or \""))
    };
    Err(source.refuse(&value.span(), problem, cure))
}
