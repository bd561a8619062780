//! Usage events as they are kept, for whoever keeps books of his own.

use flexio_domain::*;
use flexio_store::{UsageFilter, UsagePlace};
use jiff::civil::Date;

use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::error::{Result, invalid};
use crate::operation::{NATIVE, Operation, Shows, params, row};
use crate::write::Writer;

/// Events of a page, at most and where none is asked for.
const PAGE_MAX: u32 = 1_000;
const PAGE: u32 = 100;

pub(crate) const OPERATIONS: &[Operation] = &[row!(
    "usage.events",
    Read,
    NATIVE,
    "Accounts/{AccountSid}/Usage/Events",
    "The account's own usage events as they are kept, with what each was charged, by day (UTC), source and id.",
    params![
        "StartDate": "First day, `2026-11-23`, in UTC; the first there is if absent.",
        "EndDate": "Last day, included.",
        "Resource": "Those of one call, message, recording or number.",
        "AfterEvent": "`next` of the page before.",
        "PageSize": "1 to 1000; 100 if absent.",
    ],
    Shows::One(sample),
    list
)];

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let day = |name| ask.params.parsed::<Date>(name, ErrorCode::InvalidParameter);
    let (start, end) = (day("StartDate")?, day("EndDate")?.map(|day| day.to_string()));
    let size: Option<u32> = ask.params.parsed("PageSize", ErrorCode::InvalidParameter)?;
    let size = size.unwrap_or(PAGE);
    if !(1..=PAGE_MAX).contains(&size) {
        return Err(invalid("PageSize", "is 1 to 1000"));
    }
    let first = start.map(|day| UsagePlace { day: day.to_string(), ..UsagePlace::default() });
    let after = ask.params.text("AfterEvent").map(place).transpose()?;
    let filter = UsageFilter { resource: ask.params.owned("Resource"), kind: None, after: after.max(first) };
    let mut events = ask.app().usage_events(ask.account.sid, &filter, size).await?;
    let is_whole = events.len() == size as usize;
    events.retain(|event| end.as_ref().is_none_or(|end| event.day <= *end));
    let next = events.last().filter(|_| is_whole && events.len() == size as usize).map(cursor);
    Ok(ask.one("UsageEvents", |w| view(w, &events, next.as_deref())))
}

/// Day, source and id of the last event of a page.
fn cursor(event: &UsageEvent) -> String {
    format!("{}/{}/{}", event.day, event.source, event.id)
}

fn place(text: &str) -> Result<UsagePlace> {
    let mut parts = text.splitn(3, '/').map(str::to_owned);
    match (parts.next(), parts.next(), parts.next()) {
        (Some(day), Some(source), Some(id)) => Ok(UsagePlace { day, source, id }),
        _ => Err(invalid("AfterEvent", "is no `next` of a page")),
    }
}

fn view(w: &mut Writer, events: &[UsageEvent], next: Option<&str>) {
    let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    w.list("usage_events", "UsageEvent", events, |w, event| {
        w.put("source", event.source.as_str());
        w.put("id", event.id.as_str());
        w.put("account_sid", event.account_sid.to_string());
        w.put("kind", event.kind.as_str());
        w.put("resource", event.resource.as_str());
        w.put("from", event.from.as_str());
        w.put("to", event.to.as_str());
        w.put("class", event.class.as_str());
        w.put("time", event.at.to_string());
        w.put("time_end", event.ended_at.map(|at| at.to_string()));
        w.put("duration_ms", event.duration_ms.map(count));
        w.put("quantity", i64::from(event.quantity));
        w.put("accepted", event.accepted);
        w.put("truncated", event.truncated);
        w.put("item", event.item.as_str());
        w.put("billed", count(event.billed));
        w.put("plan", event.plan.as_str());
        w.put("numbering", event.numbering.as_str());
        w.put("amount", event.amount.to_decimals(6));
        w.put("month", event.month.as_str());
        w.put("corrects", event.corrects.as_ref().map(|it| it.id.as_str()));
        w.put("takes_back", event.takes_back());
        for label in UsageLabel::ALL {
            let value = event.labels.each().find(|(known, _)| *known == label).map(|(_, value)| value);
            w.put(label.as_str(), value);
        }
        w.put("time_recorded", event.created_at.to_string());
    });
    w.put("next", next);
}

fn sample(w: &mut Writer, _: &Shown<'_>) {
    let event = super::explain::specimen();
    let next = cursor(&event);
    view(w, &[event], Some(&next));
}

#[cfg(test)]
mod tests {
    use flexio_store::Change;
    use flexio_store::contract::usage;

    use super::*;
    use crate::tests::world::World;

    #[tokio::test]
    async fn events_are_paged_as_they_are_kept_and_only_the_accounts_own() {
        let world = World::new().await;
        let account = world.child.account.sid;
        for (day, id) in [("2026-11-05", "CA3:leg"), ("2026-11-06", "CA1:leg"), ("2026-11-06", "CA2:leg")] {
            let event = UsageEvent { day: day.to_owned(), ..usage(account, id) };
            world.store().commit(Change::AddUsage(event).into()).await.unwrap();
        }
        let foreign = usage(world.sibling.account.sid, "CA4:leg");
        world.store().commit(Change::AddUsage(foreign).into()).await.unwrap();
        let path = format!("/restcomm/2012-04-24/Accounts/{account}/Usage/Events.json");
        let page = async |query: &str| {
            let page = world.get(&world.child, &format!("{path}?{query}")).await.ok().json();
            let ids = page["usage_events"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap());
            let ids: Vec<String> = ids.map(str::to_owned).collect();
            (ids, page["next"].as_str().map(str::to_owned), page)
        };
        let (all, next, page_of_all) = page("").await;
        assert_eq!((all, next), (["CA3:leg", "CA1:leg", "CA2:leg"].map(str::to_owned).to_vec(), None));
        let event = &page_of_all["usage_events"][0];
        assert_eq!((&event["amount"], &event["plan"]), (&"0.096583".into(), &"flexio-be/1".into()));
        assert!(event.get("carrier").is_none(), "that is the operator's");
        let (first, next, _) = page("PageSize=2").await;
        assert_eq!(first, ["CA3:leg", "CA1:leg"]);
        let (rest, none, _) = page(&format!("PageSize=2&AfterEvent={}", next.unwrap())).await;
        assert_eq!((rest, none), (vec!["CA2:leg".to_owned()], None));
        assert_eq!(page("StartDate=2026-11-06").await.0, ["CA1:leg", "CA2:leg"]);
        assert_eq!(page("EndDate=2026-11-05").await.0, ["CA3:leg"]);
        assert_eq!(page("Resource=CA1").await.0, ["CA1:leg"]);
        for wrong in ["PageSize=0", "PageSize=1001", "AfterEvent=x", "StartDate=yesterday"] {
            let refused = world.get(&world.child, &format!("{path}?{wrong}")).await.refused();
            assert_eq!(refused, (400, ErrorCode::InvalidParameter.number().into()), "{wrong}");
        }
    }
}
