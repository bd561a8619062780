//! Usage records.

pub(crate) mod breakdown;
pub(crate) mod corrections;
pub(crate) mod events;
pub(crate) mod explain;
pub(crate) mod parked;

use flexio_app::{UsageInterval, UsageQuery, UsageRow};
use flexio_billing::categories::{Category, CategoryUnit, Record};
use flexio_domain::{AccountSid, ErrorCode, Money};
use flexio_store::Scope;
use jiff::ToSpan;
use jiff::civil::Date;

use crate::Face;
use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::error::{Result, invalid};
use crate::operation::{BOTH, Operation, Param, Shows, params, row};
use crate::paging::{Listed, Paged};
use crate::write::Writer;

pub(crate) const FILTERS: &[Param] = params![
    "Category": "One category, such as `calls-outbound`.",
    "StartDate": "First day, `2026-11-23` or days from today as in `-30days`.",
    "EndDate": "Last day, included.",
    "IncludeSubaccounts": "`false` leaves descendants out (Twilio's API, default `true`).",
];

const ABOUT: &str = "Usage records: per category, and per day, month or year where the path says so.";

pub(crate) const OPERATIONS: &[Operation] = &[
    row!(
        "usage.list",
        Read,
        BOTH,
        "Accounts/{AccountSid}/Usage/Records",
        ABOUT,
        FILTERS,
        Shows::Many(sample),
        list
    ),
    row!(
        "usage.list_by",
        Read,
        BOTH,
        "Accounts/{AccountSid}/Usage/Records/{Subresource}",
        ABOUT,
        FILTERS,
        Shows::Many(sample),
        list
    ),
];

/// Records have no sid; there are few enough to be paged by number alone.
impl Listed for UsageRow {
    const MEMBERS: (&'static str, &'static str) = ("usage_records", "usage_records");
    const ELEMENTS: (&'static str, &'static str) = ("UsageRecords", "UsageRecord");
    fn cursor(&self) -> u128 {
        0
    }
}

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    of(ask, category(ask)?).await
}

/// Usage records of the path's period, of one category if one is wanted.
pub(crate) async fn of(ask: &Ask<'_>, category: Option<Category>) -> Result<Answer> {
    let today = ask.app().today();
    let (interval, first, last) = period(ask, today)?;
    let query = UsageQuery {
        from: day(ask, "StartDate", today)?.map_or(first, |day| day.max(first)),
        to: day(ask, "EndDate", today)?.map_or(last, |day| day.min(last)),
        interval,
        category,
        scope: scope(ask)?,
    };
    let rows = ask.app().usage(ask.account.sid, &query).await?;
    let each = |w: &mut Writer, row: &UsageRow| view(w, &ask.shown(), ask.account.sid, ask.path, row);
    match ask.face {
        Face::Native => ask.bare(&Paged::whole::<UsageRow>(ask)?, rows, each),
        Face::Twilio => ask.numbered_page(rows, each),
    }
}

/// The interval and the first and last day of a subresource. The classic API takes any case, and an unknown one for all time.
fn period(ask: &Ask<'_>, today: Date) -> Result<(UsageInterval, Date, Date)> {
    use UsageInterval as I;
    let name = ask.name("Subresource");
    let name = if ask.face == Face::Native { name.to_ascii_lowercase() } else { name.to_owned() };
    // Before the platform there was no usage.
    let start = Date::constant(2020, 1, 1);
    let month = today.first_of_month();
    let yesterday = today.yesterday().unwrap_or(today);
    let last_month = month.yesterday().unwrap_or(month);
    Ok(match name.as_str() {
        "" | "AllTime" | "alltime" => (I::Whole, start, today),
        "Daily" | "daily" => (I::Day, start, today),
        "Monthly" | "monthly" => (I::Month, start, today),
        "Yearly" | "yearly" => (I::Year, start, today),
        "Today" | "today" => (I::Whole, today, today),
        "Yesterday" | "yesterday" => (I::Whole, yesterday, yesterday),
        "ThisMonth" | "thismonth" => (I::Whole, month, today),
        "LastMonth" | "lastmonth" => (I::Whole, last_month.first_of_month(), last_month),
        _ if ask.face == Face::Native => (I::Whole, start, today),
        _ => return Err(ErrorCode::NotFound.into()),
    })
}

/// `YYYY-MM-DD`, or `-30days` and `+30days` from today.
fn day(ask: &Ask<'_>, name: &str, today: Date) -> Result<Option<Date>> {
    let Some(text) = ask.params.text(name) else { return Ok(None) };
    let bad = || invalid(name, "must be a date such as 2026-11-23, or days from today such as -30days");
    let offset = text.strip_suffix("days").or_else(|| text.strip_suffix("day"));
    if let Some(offset) = offset {
        // A `+` in a query is a blank after decoding.
        let days: i32 = offset.trim().trim_start_matches('+').parse().map_err(|_| bad())?;
        let span = 0.days().try_days(i64::from(days)).map_err(|_| bad())?;
        return today.checked_add(span).map(Some).map_err(|_| bad());
    }
    let date = text.parse::<Date>().ok().filter(|_| text.len() == 10);
    date.map(Some).ok_or_else(bad)
}

fn category(ask: &Ask<'_>) -> Result<Option<Category>> {
    let Some(text) = ask.params.text("Category") else { return Ok(None) };
    Category::from_wire(text).map(Some).ok_or_else(|| invalid("Category", "is not a category of usage"))
}

fn scope(ask: &Ask<'_>) -> Result<Scope> {
    let asked = ask.params.boolean("IncludeSubaccounts")?;
    let default = ask.face == Face::Twilio;
    Ok(if asked.unwrap_or(default) { Scope::Tree } else { Scope::Own })
}

fn view(w: &mut Writer, shown: &Shown<'_>, account: AccountSid, path: &str, row: &UsageRow) {
    let Record { category, count, usage, price } = row.record;
    let (start, end) = (row.start.to_string(), row.end.to_string());
    w.put("category", category.as_str());
    w.put("description", category.description());
    w.put("account_sid", account.to_string());
    w.put("start_date", &start);
    w.put("end_date", &end);
    let (count_unit, usage_unit) = (unit(category.count_unit()), unit(category.usage_unit()));
    if shown.is_twilio() {
        let usage = if category == Category::TotalPrice { price.to_decimals(5) } else { usage.to_string() };
        w.put("usage", usage);
        w.put("usage_unit", usage_unit);
        w.put("count", count.to_string());
        w.put("count_unit", count_unit);
        w.put("price", price.to_decimals(5));
        w.put("price_unit", "eur");
        w.put("api_version", shown.face.version());
        w.put("as_of", None::<&str>);
    } else {
        w.put("usage", i64::try_from(usage).unwrap_or(i64::MAX));
        w.put("usage_unit", usage_unit);
        w.put("count", i64::try_from(count).unwrap_or(i64::MAX));
        w.put("count_unit", count_unit);
        if shown.prices() {
            w.put("price", price.to_decimals(5));
            w.put("price_unit", "EUR");
        }
    }
    let query = format!("Category={}&StartDate={start}&EndDate={end}", category.as_str());
    w.put("uri", format!("{}?{query}", shown.face.uri(shown.format, path)));
    w.object("subresource_uris", |w| {
        for name in
            ["all_time", "daily", "last_month", "monthly", "this_month", "today", "yearly", "yesterday"]
        {
            let sub = crate::write::pascal(name);
            let path = shown.uri(account, format_args!("Usage/Records/{sub}"));
            w.put(name, format!("{path}?Category={}", category.as_str()));
        }
    });
}

const fn unit(unit: CategoryUnit) -> &'static str {
    match unit {
        CategoryUnit::Money => "eur",
        unit => unit.as_str(),
    }
}

pub(crate) fn sample(w: &mut Writer, shown: &Shown<'_>) {
    let day = Date::constant(2025, 12, 17);
    let record =
        Record { category: Category::Calls, count: 17, usage: 42, price: Money::from_micros(1_500_000) };
    let account = AccountSid::from_u128(1);
    let path = format!("Accounts/{account}/Usage/Records");
    view(
        w,
        &Shown { native_prices: true, ..*shown },
        account,
        &path,
        &UsageRow { start: day, end: day, record },
    );
}
