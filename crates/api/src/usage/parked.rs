//! Uses that came again with another content, for the operator to look at.

use flexio_domain::*;

use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::dialect::rfc2822;
use crate::error::{Result, invalid};
use crate::operation::{Access, Kind, NATIVE, Operation, Shows, params};
use crate::write::Writer;

const PATH: &str = "Accounts/{AccountSid}/Usage/Parked";

pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        id: "usage.parked",
        kind: Kind::Read,
        faces: NATIVE,
        path: PATH,
        about: "Uses that came again with another content than the one on record: both, by source and id. They charge nothing. Only for the top account.",
        access: Access::Top,
        params: &[],
        shows: Shows::One(sample),
        run: |ask| Box::pin(list(ask)),
    },
    Operation {
        id: "usage.unpark",
        kind: Kind::Update,
        faces: NATIVE,
        path: PATH,
        about: "Puts one away that somebody has looked at; what is on record stands. Only for the top account.",
        access: Access::Top,
        params: params!["Event": "Required: source and id as listed, `voice/CA…:leg`."],
        shows: Shows::One(sample),
        run: |ask| Box::pin(put_away(ask)),
    },
];

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let found = ask.app().parked_events(&ask.account).await?;
    Ok(ask.one("ParkedEvents", |w| view(w, &found)))
}

async fn put_away(ask: &Ask<'_>) -> Result<Answer> {
    let event = ask.params.required("Event", ErrorCode::InvalidParameter)?;
    let (source, id) = event.split_once('/').ok_or_else(|| invalid("Event", "is source/id"))?;
    ask.app().put_parked_away(&ask.account, source, id).await?;
    list(ask).await
}

fn view(w: &mut Writer, found: &[(ParkedEvent, Option<UsageEvent>)]) {
    w.list("parked_events", "ParkedEvent", found, |w, (parked, on_record)| {
        let event = &parked.event;
        w.put("event", format!("{}/{}", event.source, event.id));
        w.put("account_sid", event.account_sid.to_string());
        w.put("date_parked", rfc2822(parked.at));
        let said = |event: &UsageEvent| {
            let length =
                event.duration_ms.map_or_else(|| event.quantity.to_string(), |ms| format!("{ms} ms"));
            format!(
                "{} to {}: {length}, {} {}",
                event.from,
                event.to,
                event.item,
                event.amount.to_decimals(6)
            )
        };
        w.put("came", said(event));
        w.put("on_record", on_record.as_ref().map(said));
    });
}

fn sample(w: &mut Writer, _: &Shown<'_>) {
    let event = super::explain::specimen();
    let longer = UsageEvent { duration_ms: Some(62_000), ..event.clone() };
    view(w, &[(ParkedEvent { at: event.at, event: longer }, Some(event))]);
}

#[cfg(test)]
mod tests {
    use flexio_store::{Change, ChangeSet, StoreError};

    use super::*;
    use crate::tests::world::World;

    #[tokio::test]
    async fn a_use_that_comes_again_otherwise_is_parked_and_seen_and_charges_nothing() {
        let world = World::new().await;
        let who = &world.child;
        let event = world.called(who, "2026-11-10T10:00:00Z", 60).await;
        let longer = UsageEvent { duration_ms: Some(61_000), ..event.clone() };
        let other = UsageEvent { id: "CA2:leg".to_owned(), ..event.clone() };
        let mut set = ChangeSet::from(Change::AddUsage(longer.clone())).with(Change::AddUsage(other));
        set.push(Change::from(flexio_store::RetentionChange::Mark(
            who.account.sid,
            "rest".into(),
            "1".to_owned(),
        )));
        assert!(matches!(world.store().commit(set.clone()).await, Err(StoreError::EventConflict(_))));
        let rest = world.app.park_usage(set).await.unwrap();
        assert_eq!(rest.changes().len(), 1, "the rest is to be saved");
        let all = flexio_store::UsageFilter::default();
        let charged = world.store().usage_events(who.account.sid, &all, 10).await.unwrap();
        assert_eq!(charged.len(), 2, "what fits is booked");
        let path = format!("/restcomm/2012-04-24/Accounts/{}/Usage/Parked.json", world.root.sid());
        let listed = world.get(&world.root, &path).await.ok().json();
        let name = format!("voice/{}", event.id);
        assert_eq!(listed["parked_events"][0]["event"], name.as_str(), "{listed:#}");
        let proof = world.app.prove_books(None).await.unwrap();
        assert_eq!(proof.faults("parked_events").map(|it| it.ids.clone()), Some(vec![name.clone()]));
        let own = format!("/restcomm/2012-04-24/Accounts/{}/Usage/Parked.json", who.sid());
        assert_eq!(world.get(who, &own).await.refused().0, 403);
        let away = [("Event", name.as_str())];
        let left = world.post(&world.root, &path, &away).await.ok().json();
        assert_eq!(left["parked_events"].as_array().map(Vec::len), Some(0));
        assert_eq!(world.post(&world.root, &path, &away).await.status, 404);
        assert!(world.app.prove_books(None).await.unwrap().holds());
    }
}
