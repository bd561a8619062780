//! Usage triggers and spending thresholds: what is made, what is reached, who is told, what is stopped.

use flexio_billing::SegmentsAccepted;
use flexio_domain::*;
use flexio_store::{Change, ChangeSet};
use serde_json::Value;

use super::world::{Customer, World, meter};

fn path(who: &Customer, rest: &str) -> String {
    format!("/2010-04-01/Accounts/{}/{rest}.json", who.sid())
}

/// The account has sent so many segments, of 0.095 each.
async fn sent(world: &World, who: &Customer, segments: u32) {
    let charge = meter().segments_accepted(&SegmentsAccepted {
        message_sid: MessageSid::new(),
        account_sid: who.account.sid,
        from: "8640",
        to: "+32470123456",
        segments,
        at: world.app.clock.now(),
    });
    let mut changes = ChangeSet::from(Change::AddUsage(charge.event));
    changes.push(Change::Post(charge.posting.unwrap()));
    world.store().commit(changes).await.unwrap();
}

async fn told(world: &World, who: &Customer, sid: &str) -> Vec<Vec<(String, String)>> {
    let callbacks = world.store().callbacks_about(who.account.sid, sid).await.unwrap();
    callbacks.into_iter().map(|callback| callback.params).collect()
}

fn param<'a>(params: &'a [(String, String)], name: &str) -> &'a str {
    params.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
}

const SMS: [(&str, &str); 3] =
    [("CallbackUrl", "https://app.example/used"), ("UsageCategory", "sms"), ("TriggerBy", "usage")];

async fn trigger(world: &World, who: &Customer, more: &[(&str, &str)]) -> String {
    let form: Vec<_> = SMS.into_iter().chain(more.iter().copied()).collect();
    world.post(who, &path(who, "Usage/Triggers"), &form).await.ok().text("sid")
}

#[tokio::test]
async fn a_trigger_fires_once_in_each_period_and_counts_those_below() {
    let world = World::new().await;
    let (who, below) = (&world.child, &world.grandchild);
    sent(&world, who, 4).await;
    let daily = trigger(&world, who, &[("TriggerValue", "10"), ("Recurring", "daily")]).await;
    let relative = trigger(&world, who, &[("TriggerValue", "+10")]).await;
    assert_eq!(world.app.watch_usage().await.unwrap(), 0);
    sent(&world, below, 5).await;
    assert_eq!(world.app.watch_usage().await.unwrap(), 0, "9 of 10");
    sent(&world, who, 1).await;
    assert_eq!(world.app.watch_usage().await.unwrap(), 1, "that of the day; the other waits for 14");
    sent(&world, who, 1).await;
    assert_eq!(world.app.watch_usage().await.unwrap(), 0, "once in a period");
    let first = told(&world, who, &daily).await;
    assert_eq!(first.len(), 1);
    for (name, value) in [
        ("UsageTriggerSid", daily.as_str()),
        ("UsageCategory", "sms"),
        ("TriggerBy", "usage"),
        ("Recurring", "daily"),
        ("TriggerValue", "10"),
        ("CurrentValue", "10"),
    ] {
        assert_eq!(param(&first[0], name), value, "{name}");
    }
    let shown = world.get(who, &path(who, &format!("Usage/Triggers/{daily}"))).await.ok();
    assert_eq!(
        (shown.text("current_value"), shown.text("trigger_value")),
        ("11".to_owned(), "10".to_owned())
    );
    assert!(shown.json()["date_fired"].is_string());
    // The next day begins at nothing; all-time usage goes on.
    world.clock.advance(24 * 3_600);
    sent(&world, who, 3).await;
    assert_eq!(world.app.watch_usage().await.unwrap(), 1, "14 in all");
    let all_time = told(&world, who, &relative).await;
    assert_eq!((param(&all_time[0], "TriggerValue"), param(&all_time[0], "CurrentValue")), ("14", "14"));
    sent(&world, who, 7).await;
    assert_eq!(world.app.watch_usage().await.unwrap(), 1, "10 on the second day");
    let tokens: Vec<_> = told(&world, who, &daily).await;
    assert_eq!(tokens.len(), 2);
    assert_ne!(param(&tokens[0], "IdempotencyToken"), param(&tokens[1], "IdempotencyToken"));
}

#[tokio::test]
async fn triggers_are_listed_renamed_and_deleted_and_bad_ones_are_refused() {
    let world = World::new().await;
    let who = &world.child;
    let sid = trigger(&world, who, &[("TriggerValue", "0.5"), ("FriendlyName", "a")]).await;
    let one = path(who, &format!("Usage/Triggers/{sid}"));
    let form = [("FriendlyName", "b"), ("CallbackUrl", "https://app.example/b"), ("CallbackMethod", "GET")];
    let changed = world.post(who, &one, &form).await.ok();
    assert_eq!(
        (changed.text("friendly_name"), changed.text("callback_method")),
        ("b".to_owned(), "GET".to_owned())
    );
    for (query, wanted) in
        [("", 1), ("?Recurring=alltime", 1), ("?UsageCategory=calls", 0), ("?TriggerBy=price", 0)]
    {
        let list = world.get(who, &format!("{}{query}", path(who, "Usage/Triggers"))).await.ok().json();
        assert_eq!(list["usage_triggers"].as_array().map(Vec::len), Some(wanted), "{query}");
    }
    let native = format!("/restcomm/2012-04-24/Accounts/{}/Usage/Triggers.json", who.sid());
    assert_eq!(world.get(who, &native).await.ok().json().as_array().map(Vec::len), Some(1));
    for (name, value) in [
        ("TriggerValue", "0"),
        ("TriggerValue", "-5"),
        ("TriggerValue", "many"),
        ("UsageCategory", "gold"),
        ("TriggerBy", "weight"),
        ("Recurring", "hourly"),
        ("CallbackUrl", ""),
    ] {
        let mut form = vec![("TriggerValue", "1"), SMS[0], SMS[1]];
        form.retain(|(known, _)| *known != name);
        form.push((name, value));
        let refused = world.post(who, &path(who, "Usage/Triggers"), &form).await.refused();
        assert_eq!(refused, (400, 20_001), "{name}={value}");
    }
    world.delete(who, &one).await.ok();
    assert_eq!(world.get(who, &one).await.refused(), (404, 20_404));
    for _ in 0..100 {
        trigger(&world, who, &[("TriggerValue", "5")]).await;
    }
    let form: Vec<_> = SMS.into_iter().chain([("TriggerValue", "5")]).collect();
    assert_eq!(world.post(who, &path(who, "Usage/Triggers"), &form).await.refused(), (422, 20_422));
}

#[tokio::test]
async fn a_threshold_tells_where_the_account_stands_and_stops_what_costs_money() {
    let world = World::new().await;
    let who = &world.child;
    let thresholds = path(who, "Credit/Thresholds");
    let callback = ("CallbackUrl", "https://app.example/spent");
    let alert = world.post(who, &thresholds, &[("Amount", "1.00"), callback]).await.ok().text("sid");
    let payer = [&super::world::CONSUMER[..], &[("EventUrl", "https://app.example/events")]].concat();
    world.post(&world.root, &path(who, "Customer"), &payer).await.ok();
    let block = [("Amount", "1.20"), ("Reaction", "block_new")];
    let block = world.post(who, &thresholds, &block).await.ok().text("sid");
    let message = [("To", "+32470123456"), ("From", "8640"), ("Body", "hello")];
    // 9 × 0.095 = 0.855, with VAT of 21 % 1.03455.
    sent(&world, who, 9).await;
    assert_eq!(world.app.watch_usage().await.unwrap(), 1);
    assert_eq!(world.app.watch_usage().await.unwrap(), 0);
    let first = told(&world, who, &alert).await;
    assert_eq!(first.len(), 1);
    for (name, value) in [
        ("Amount", "1.000000"),
        ("Reaction", "alert"),
        ("SpentInclVat", "1.034550"),
        ("Spent", "0.855000"),
        ("Balance", "-0.855000"),
    ] {
        assert_eq!(param(&first[0], name), value, "{name}");
    }
    let events = told(&world, who, &format!("{alert}/limit")).await;
    assert_eq!(events.len(), 1, "whoever pays is told too");
    for (name, value) in [("Event", "limit.reached"), ("ThresholdSid", &*alert), ("SpentInclVat", "1.034550")]
    {
        assert_eq!(param(&events[0], name), value, "{name}");
    }
    world.post(who, &path(who, "Messages"), &message).await.ok();
    sent(&world, who, 2).await;
    assert_eq!(world.app.watch_usage().await.unwrap(), 1);
    for stopped in [who, &world.grandchild] {
        let refused = world.post(stopped, &path(stopped, "Messages"), &message).await;
        assert_eq!(refused.refused(), (402, 20_419));
    }
    world.post(&world.sibling, &path(&world.sibling, "Messages"), &message).await.ok();
    // Raised, it is another threshold: what was stopped goes on at once.
    let one = path(who, &format!("Credit/Thresholds/{block}"));
    let raised = world.post(who, &one, &[("Amount", "5")]).await.ok();
    assert_eq!(raised.json()["date_fired"], Value::Null);
    world.post(who, &path(who, "Messages"), &message).await.ok();
    world.post(who, &one, &[("Amount", "1.20")]).await.ok();
    assert_eq!(world.app.watch_usage().await.unwrap(), 1, "and lowered it is reached again");
    assert_eq!(world.post(who, &path(who, "Messages"), &message).await.refused(), (402, 20_419));
    let list = world.get(who, &thresholds).await.ok().json();
    assert_eq!(list["thresholds"].as_array().map(Vec::len), Some(2), "{list}");
    world.delete(who, &one).await.ok();
    world.post(who, &path(who, "Messages"), &message).await.ok();
    for (name, value) in [("Amount", "0"), ("Amount", "-1"), ("Amount", "x"), ("Reaction", "shout")] {
        let form = [("Amount", "1"), (name, value)];
        let form = if name == "Amount" { &form[1..] } else { &form[..] };
        assert_eq!(world.post(who, &thresholds, form).await.refused(), (400, 20_001), "{name}={value}");
    }
}
