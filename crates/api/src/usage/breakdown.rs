//! Usage shared out by application, number, API key or tag.

use flexio_app::{LABELLED_MAX, LabelQuery};
use flexio_domain::{Money, UsageKind, UsageLabel};
use flexio_store::LabelledUsage;

use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::error::Result;
use crate::operation::{BOTH, Operation, Param, Shows, params, row};
use crate::params::one_of;
use crate::write::Writer;

const FILTERS: &[Param] = params![
    "By": "`application`, `number`, `key` or `tag` (default).",
    "StartDate": "First day, `2026-11-23` or days from today as in `-30days`; default the first of the month.",
    "EndDate": "Last day, included; default today.",
    "IncludeSubaccounts": "`false` leaves descendants out (Twilio's API, default `true`).",
];

pub(crate) const OPERATIONS: &[Operation] = &[row!(
    "usage.breakdown",
    Read,
    BOTH,
    "Accounts/{AccountSid}/Usage/Breakdown",
    "What was used and what it cost by application, number of the account, API key, or the tag that calls, messages and numbers carry.",
    FILTERS,
    Shows::One(sample),
    breakdown
)];

async fn breakdown(ask: &Ask<'_>) -> Result<Answer> {
    let today = ask.app().today();
    let by = one_of("By", ask.params.text("By"), UsageLabel::from_wire)?;
    let query = LabelQuery {
        label: by.unwrap_or(UsageLabel::Tag),
        from: super::day(ask, "StartDate", today)?.unwrap_or_else(|| today.first_of_month()),
        to: super::day(ask, "EndDate", today)?.unwrap_or(today),
        scope: super::scope(ask)?,
    };
    let rows = ask.app().usage_by_label(ask.account.sid, &query).await?;
    Ok(ask.one("Breakdown", |w| view(w, &query, &rows)))
}

fn view(w: &mut Writer, query: &LabelQuery, rows: &[LabelledUsage]) {
    w.put("by", query.label.as_str());
    w.put("start_date", query.from.to_string());
    w.put("end_date", query.to.to_string());
    w.put("truncated", rows.len() >= LABELLED_MAX as usize);
    w.list("rows", "Row", rows, |w, row| {
        let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        w.put("value", row.value.as_str());
        w.put("kind", row.kind.as_str());
        w.put("item", row.item.as_str());
        w.put("class", row.class.as_str());
        w.put("count", whole(row.count));
        w.put("billed", whole(row.billed));
        w.put("minutes", whole(row.minutes));
        w.put("price", row.amount.to_decimals(6));
        w.put("price_unit", "EUR");
    });
}

fn sample(w: &mut Writer, _: &Shown<'_>) {
    let day = jiff::civil::Date::constant(2025, 12, 17);
    let query = LabelQuery { label: UsageLabel::Tag, from: day, to: day, scope: flexio_store::Scope::Own };
    let row = LabelledUsage {
        value: "support".to_owned(),
        kind: UsageKind::VoiceOut,
        item: "voice.out.mobile".to_owned(),
        class: "mobile".to_owned(),
        count: 3,
        billed: 183,
        minutes: 6,
        amount: Money::from_micros(1_128_500),
    };
    view(w, &query, &[row]);
}
