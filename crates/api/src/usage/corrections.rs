//! What was metered wrongly, put right by the operator before it is invoiced.

use flexio_app::CorrectUsage;
use flexio_billing::correction::Truth;
use flexio_domain::*;

use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::error::{Result, invalid};
use crate::operation::{Access, Kind, NATIVE, Operation, Shows, params};
use crate::write::Writer;

pub(crate) const OPERATIONS: &[Operation] = &[Operation {
    id: "usage.correct",
    kind: Kind::Update,
    faces: NATIVE,
    path: "Accounts/{AccountSid}/Usage/Corrections",
    about: "Puts right what was metered wrongly, before its month is invoiced: the use is taken back, and what it was in truth stands in its place at the prices of its time. Only for a parent account.",
    access: Access::Token,
    params: params![
        "Event": "Required: id of the event, `CA…:leg`, as Usage/Explain has it behind its source.",
        "Seconds": "How long it lasted, for what is charged by time.",
        "Quantity": "How many it were: segments, requests.",
        "Void": "`true`: it never was.",
        "Reason": "Required: why, at most 200 characters.",
    ],
    shows: Shows::One(sample),
    run: |ask| Box::pin(correct(ask)),
}];

async fn correct(ask: &Ask<'_>) -> Result<Answer> {
    let seconds: Option<u32> = ask.params.parsed("Seconds", ErrorCode::InvalidParameter)?;
    let quantity: Option<u32> = ask.params.parsed("Quantity", ErrorCode::InvalidParameter)?;
    let is_void = ask.params.boolean("Void")? == Some(true);
    let truth = match (seconds, quantity, is_void) {
        (Some(seconds), None, false) => Truth::Lasted(u64::from(seconds) * 1_000),
        (None, Some(quantity), false) => Truth::Counted(quantity),
        (None, None, true) => Truth::Void,
        _ => return Err(invalid("Seconds", "or Quantity or Void is given, and one of them only")),
    };
    let new = CorrectUsage {
        event: ask.params.required("Event", ErrorCode::InvalidParameter)?.to_owned(),
        truth,
        reason: ask.params.required("Reason", ErrorCode::InvalidParameter)?.to_owned(),
    };
    let events = ask.app().correct_usage(ask.account.sid, ask.is_by_ancestor(), &new).await?;
    Ok(ask.one("Correction", |w| view(w, &events)))
}

fn view(w: &mut Writer, events: &[UsageEvent]) {
    let difference: Money = events.iter().map(|event| event.amount).sum();
    w.put("difference", difference.to_decimals(6));
    w.list("events", "Event", events, |w, event| {
        w.put("event", format!("{}/{}", event.source, event.id));
        w.put("corrects", event.corrects.as_ref().map(|it| it.id.as_str()));
        w.put("takes_back", event.takes_back());
        w.put("item", event.item.as_str());
        w.put("billed", event.signed(event.billed));
        w.put("amount", event.amount.to_decimals(6));
        w.put("month", event.month.as_str());
    });
}

fn sample(w: &mut Writer, _: &Shown<'_>) {
    let back = super::explain::specimen();
    let back = UsageEvent {
        id: format!("reversed:{}", back.id),
        amount: -back.amount,
        corrects: Some(Box::new(Corrects {
            id: back.id.clone(),
            takes_back: true,
            reason: "The BYE was lost".to_owned(),
        })),
        ..back
    };
    view(w, &[back]);
}

#[cfg(test)]
mod tests {
    use crate::tests::world::{COMPANY, World};

    #[tokio::test]
    async fn a_call_that_ran_on_is_put_right_before_the_invoice_and_credited_after() {
        let world = World::new().await;
        let who = &world.child;
        world
            .post(who, &format!("/restcomm/2012-04-24/Accounts/{}/Customer.json", who.sid()), &COMPANY)
            .await
            .ok();
        let wrong = world.called(who, "2026-11-10T10:00:00Z", 600).await;
        let right = world.called(who, "2026-11-10T11:00:00Z", 60).await;
        let call = flexio_domain::Call {
            sid: wrong.resource.parse().unwrap(),
            price: Some(wrong.amount),
            ..flexio_store::contract::call(who.account.sid)
        };
        world.store().commit(flexio_store::Change::CreateCall(call.clone()).into()).await.unwrap();
        let path = format!("/restcomm/2012-04-24/Accounts/{}/Usage/Corrections.json", who.sid());
        let form = [("Event", wrong.id.as_str()), ("Seconds", "60"), ("Reason", "The BYE was lost")];
        assert_eq!(world.post(who, &path, &form).await.refused().0, 403, "not by who pays");
        let done = world.post(&world.root, &path, &form).await.ok().json();
        assert_eq!(done["difference"], "-3.330000", "{done:#}");
        assert_eq!(world.post(&world.root, &path, &form).await.status, 409, "once");
        let shown = world.store().call(who.account.sid, call.sid).await.unwrap().unwrap();
        assert_eq!(shown.price.map(|it| it.to_string()).as_deref(), Some("0.370000"));
        for (bad, status) in [
            (vec![("Event", "CA0:leg"), ("Void", "true"), ("Reason", "x")], 404),
            (vec![("Event", right.id.as_str()), ("Quantity", "2"), ("Reason", "x")], 422),
            (vec![("Event", right.id.as_str()), ("Reason", "x")], 400),
            (vec![("Event", right.id.as_str()), ("Void", "true")], 400),
        ] {
            assert_eq!(world.post(&world.root, &path, &bad).await.status, status, "{bad:?}");
        }
        assert!(world.app.prove_books(None).await.unwrap().holds());
        let records = format!("/restcomm/2012-04-24/Accounts/{}/Usage/Records.json", who.sid());
        let records = format!("{records}?Category=calls-outbound&StartDate=2026-11-01&EndDate=2026-11-30");
        let records = world.get(who, &records).await.ok().body;
        assert!(records.contains("\"count\":\"2\"") || records.contains("\"count\":2"), "{records}");
        world.invoice("2026-11", false).await;
        let invoice = world.newest_invoice(who).await;
        let line = &invoice["lines"][0];
        let line = ["quantity", "times", "net"].map(|name| line[name].to_string().replace('"', ""));
        assert_eq!(line, ["120", "2", "0.74"], "{invoice:#}");
        let items = invoice["sid"].as_str().unwrap();
        let items = format!("/restcomm/2012-04-24/Accounts/{}/Invoices/{items}/Items.csv", who.sid());
        let items = world.get(who, &items).await.ok().body;
        assert_eq!(items.matches(",use,").count(), 2, "{items}");
        assert!(!items.contains("-3.7") && items.contains(",60,second,"), "{items}");
        let rerated = world.app.rerate_month("2026-11".parse().unwrap(), &mut |_| {}).await.unwrap();
        assert_eq!((rerated.events, rerated.differences.count), (4, 0), "{rerated:?}");
        let late = [("Event", right.id.as_str()), ("Void", "true"), ("Reason", "A test call")];
        let refused = world.post(&world.root, &path, &late).await;
        assert!(refused.status == 409 && refused.body.contains("credit note"), "{}", refused.body);
    }
}
