//! Environments of a flow, and what flows count.

use std::collections::BTreeMap;

use flexio_app::flows::{Put, Rollout, StageChange};
use flexio_domain::FlowMetric;
use serde_json::{Value, json};

use super::{answer, body, sid, stage_named, whole};
use crate::answer::Answer;
use crate::ask::Ask;
use crate::error::{Result, invalid};

#[derive(serde::Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct Change {
    environment: Option<String>,
    revision: Put<u32>,
    variables: Option<BTreeMap<String, String>>,
    rollout: Put<Rollout>,
}

pub(super) async fn change(ask: &Ask<'_>) -> Result<Answer> {
    ask.app().flow(ask.account.sid, sid(ask)?).await?;
    let given: Change = body(ask)?;
    let stage = stage_named(given.environment.as_deref())?;
    let change = StageChange { revision: given.revision, rollout: given.rollout, variables: given.variables };
    let flow = ask.app().change_flow_stage(&ask.account, sid(ask)?, stage, &change).await?;
    whole(ask, &flow).await
}

pub(super) async fn metrics(ask: &Ask<'_>) -> Result<Answer> {
    let today = ask.app().clock.now().to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
    let day = |name: &str, default: jiff::civil::Date| match ask.params.text(name) {
        None => Ok(default),
        Some(text) => text.parse().map_err(|_| invalid(name, "is not a day such as 2026-11-23")),
    };
    let first = today.checked_sub(jiff::Span::new().days(30)).unwrap_or(today);
    let days = (day("StartDate", first)?.to_string(), day("EndDate", today)?.to_string());
    let metrics = ask.app().flow_metrics(ask.account.sid, (&days.0, &days.1)).await?;
    let view = |metric: &FlowMetric| json!({ "name": metric.name, "date": metric.day, "uses": metric.uses, "total": metric.total });
    let shown: Vec<Value> = metrics.iter().map(view).collect();
    Ok(answer(200, &json!({ "metrics": shown, "start_date": days.0, "end_date": days.1 })))
}
