//! Usage triggers and spending thresholds: what is made, what is reached, who is told, what is stopped.

use flexio_billing::SegmentsAccepted;
use flexio_domain::*;
use flexio_store::{Change, ChangeSet};
use serde_json::Value;

use super::world::{CONSUMER, Customer, MOBILE, World, meter};

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
        carries_code: false,
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
    // The classic API has a word of its own for it, and its XML too.
    for (end, word) in
        [(".json", "\"error\":\"SMS_LIMIT_EXCEEDED\""), ("", "<Error>SMS_LIMIT_EXCEEDED</Error>")]
    {
        let classic = format!("/restcomm/2012-04-24/Accounts/{}/SMS/Messages{end}", who.sid());
        let refused = world.post(who, &classic, &message).await;
        assert_eq!(refused.status, 403);
        assert!(refused.body.contains(word), "{}", refused.body);
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

/// Legs of 60 s that a node has proven and that go on, to mobiles at 0.37 a minute.
pub(super) async fn talking(world: &World, who: &Customer, legs: u32, seconds: u64) -> Vec<Call> {
    let made = Call { account_sid: who.account.sid, ..crate::calls::specimen() };
    let mut all = Vec::new();
    for _ in 0..legs {
        let leg = Call {
            sid: CallSid::new(),
            version: 1,
            direction: CallDirection::OutboundDial,
            to: "+32470123456".parse().unwrap(),
            status: CallStatus::InProgress,
            answered_at: Some(world.app.clock.now()),
            ended_at: None,
            talk_ms: None,
            price: None,
            node: Some(world.app.config.node.clone()),
            ..made.clone()
        };
        let mut changes = ChangeSet::from(Change::CreateCall(leg.clone()));
        changes.push(Change::ProveCalls(vec![(leg.sid, seconds * 1_000)], world.app.clock.now()));
        world.store().commit(changes).await.unwrap();
        all.push(leg);
    }
    all
}

#[tokio::test]
async fn what_running_calls_have_cost_so_far_counts_and_is_never_there_twice() {
    let world = World::new().await;
    let who = &world.child;
    let cut = [("Amount", "1.00"), ("Reaction", "cut")];
    let sid = world.post(who, &path(who, "Credit/Thresholds"), &cut).await.ok().text("sid");
    assert_eq!(world.app.watch_usage().await.unwrap(), 0);
    // Two calls of a minute so far: 0.74, with VAT 0.8954.
    let legs = talking(&world, who, 2, 60).await;
    let price = async || {
        let records = world.get(who, &path(who, "Usage/Records")).await.ok().json();
        let all = records["usage_records"].as_array().unwrap();
        let total = all.iter().find(|it| it["category"] == "totalprice").unwrap();
        total["price"].as_str().unwrap().to_owned()
    };
    assert_eq!(price().await.trim_end_matches('0'), "0.74");
    assert_eq!(world.app.look_at_running().await.unwrap(), 1);
    assert_eq!(world.app.watch_usage().await.unwrap(), 0, "0.8954 of 1.00");
    // The one that ends is charged instead of counted; the other goes on to two minutes.
    let mut ended = legs[0].clone();
    let end = flexio_app::legs::Ended {
        status: CallStatus::Completed,
        answered_at: ended.answered_at,
        ended_at: world.app.clock.now(),
        talk_ms: 60_000,
        reason: None,
        sip_status: Some(200),
        spoken_ms: 0,
    };
    let changes = flexio_app::legs::ended(&world.app, &mut ended, &end);
    let mut all = ChangeSet::from(Change::UpdateCall(ended));
    all.extend(changes);
    world.store().commit(all).await.unwrap();
    assert_eq!(price().await.trim_end_matches('0'), "0.74", "one charged, one running");
    let proof = Change::ProveCalls(vec![(legs[1].sid, 120_000)], world.app.clock.now());
    world.store().commit(proof.into()).await.unwrap();
    assert_eq!(price().await.trim_end_matches('0'), "1.11");
    assert_eq!(world.app.look_at_running().await.unwrap(), 1);
    assert_eq!(world.app.watch_usage().await.unwrap(), 1, "1.3431 of 1.00, although it runs");
    let shown = world.get(who, &path(who, &format!("Credit/Thresholds/{sid}"))).await.ok();
    assert_eq!(shown.text("spent_incl_vat"), "1.343100");
    assert!(!world.carrier.changes.lock().unwrap().is_empty(), "what runs and costs money was cut");
}

#[tokio::test]
async fn a_cut_ends_every_call_that_costs_money_and_no_call_for_help() {
    let world = World::new().await;
    let who = &world.child;
    talking(&world, who, 1, 60).await;
    let template = talking(&world, who, 1, 0).await.remove(0);
    // More that came in, or go to emergency numbers, than are read at a time.
    for n in 0..1_200 {
        let (direction, to) = if n % 2 == 0 {
            (CallDirection::Inbound, template.to.clone())
        } else {
            (CallDirection::OutboundDial, "112".parse().unwrap())
        };
        let leg = Call { sid: CallSid::new(), direction, to, ..template.clone() };
        world.store().commit(Change::CreateCall(leg).into()).await.unwrap();
    }
    let last = talking(&world, who, 3, 60).await;
    let cut = [("Amount", "0.10"), ("Reaction", "cut")];
    world.post(who, &path(who, "Credit/Thresholds"), &cut).await.ok();
    assert_eq!(world.app.watch_usage().await.unwrap(), 1);
    let cuts = world.carrier.changes.lock().unwrap().len();
    assert_eq!(cuts, 2 + last.len(), "calls for help and those that came in go on");
}

#[tokio::test]
async fn a_refusal_says_what_was_reached_and_how_to_go_on_but_not_what_others_spend() {
    let world = World::new().await;
    let (who, below) = (&world.child, &world.grandchild);
    let block = [("Amount", "1.00"), ("Reaction", "block_new")];
    let sid = world.post(who, &path(who, "Credit/Thresholds"), &block).await.ok().text("sid");
    sent(&world, who, 9).await;
    world.app.watch_usage().await.unwrap();
    let message = [("To", "+32470123456"), ("From", "8640"), ("Body", "hello")];
    let own = world.post(who, &path(who, "Messages"), &message).await.json()["message"].to_string();
    assert!(own.contains("1.00 EUR") && own.contains("1.03") && own.contains(&sid), "{own}");
    let theirs = world.post(below, &path(below, "Messages"), &message).await.json()["message"].to_string();
    assert!(theirs.contains("above") && !theirs.contains("1.0") && !theirs.contains(&sid), "{theirs}");
    world.post(&world.root, &path(&world.sibling, "Credit"), &[("Mode", "prepaid")]).await.ok();
    let poor = world.post(&world.sibling, &path(&world.sibling, "Messages"), &message).await;
    let text = poor.json()["message"].to_string();
    assert!(text.contains("0.000000 available") && text.contains("0.095"), "{text}");
}

#[tokio::test]
async fn a_threshold_counts_by_the_months_of_belgium_and_looks_back_for_what_ended_late() {
    let world = World::new().await;
    let who = &world.child;
    let alert = [("Amount", "1.00")];
    world.post(who, &path(who, "Credit/Thresholds"), &alert).await.ok();
    // 23:30 UTC on the last of November is December in Brussels.
    world.clock.set("2026-11-30T23:30:00Z".parse().unwrap());
    sent(&world, who, 9).await;
    assert_eq!(world.app.watch_usage().await.unwrap(), 1);
    let shown = world.get(who, &path(who, "Credit/Thresholds")).await.ok().json();
    assert_eq!(shown["thresholds"][0]["month"], "2026-12");
    // A call that began in December and ends in January is December's.
    world.clock.set("2026-12-31T22:30:00Z".parse().unwrap());
    let sid = world.post(who, &path(who, "Credit/Thresholds"), &[("Amount", "9.00")]).await.ok().text("sid");
    let leg = talking(&world, who, 1, 0).await.remove(0);
    world.clock.set("2026-12-31T23:40:00Z".parse().unwrap());
    let proof = Change::ProveCalls(vec![(leg.sid, 4_200_000)], world.app.clock.now());
    world.store().commit(proof.into()).await.unwrap();
    world.app.look_at_running().await.unwrap();
    assert_eq!(world.app.watch_usage().await.unwrap(), 1);
    let late = world.get(who, &path(who, &format!("Credit/Thresholds/{sid}"))).await.ok();
    assert_eq!(late.text("month"), "2026-12", "25.90 of the old year");
}

#[tokio::test]
async fn numbers_that_are_held_count_and_a_percentage_is_of_the_credit_limit() {
    let world = World::new().await;
    let who = &world.child;
    world.post(who, &path(who, "Credit/Thresholds"), &[("Amount", "0.02")]).await.ok();
    assert_eq!(world.app.watch_usage().await.unwrap(), 0);
    world.rent(who, MOBILE).await;
    world.clock.advance(2 * 86_400);
    world.post(who, &path(who, "Credit/Thresholds"), &[("Amount", "500")]).await.ok();
    assert_eq!(world.app.watch_usage().await.unwrap(), 1, "days of a number");
    let percent = [("Percent", "80"), ("Reaction", "block_new")];
    let other = &world.sibling;
    assert_eq!(world.post(other, &path(other, "Credit/Thresholds"), &percent).await.refused(), (400, 20_001));
    let terms = [("Mode", "postpaid"), ("Limit", "1.00")];
    world.post(&world.root, &path(other, "Credit"), &terms).await.ok();
    let both = [("Percent", "80"), ("Amount", "1")];
    assert_eq!(world.post(other, &path(other, "Credit/Thresholds"), &both).await.refused(), (400, 20_001));
    world.post(other, &path(other, "Credit/Thresholds"), &percent).await.ok();
    sent(&world, other, 8).await;
    assert_eq!(world.app.watch_usage().await.unwrap(), 0, "0.76 of 0.80");
    sent(&world, other, 1).await;
    assert_eq!(world.app.watch_usage().await.unwrap(), 1);
    let message = [("To", "+32470123456"), ("From", "8640"), ("Body", "hello")];
    assert_eq!(world.post(other, &path(other, "Messages"), &message).await.refused(), (402, 20_419));
}

#[tokio::test]
async fn an_order_sets_the_first_threshold_and_whoever_pays_is_written_to() {
    let world = World::new().await;
    let who = &world.child;
    world.order(who, &CONSUMER).await;
    let list = world.get(who, &path(who, "Credit/Thresholds")).await.ok().json();
    let first = &list["thresholds"][0];
    assert_eq!((&first["amount"], &first["reaction"]), (&"50.000000".into(), &"alert".into()));
    let presets = world.get(who, &path(who, "Credit")).await.ok().text("threshold_presets");
    assert_eq!(presets, "50.00,75.00,100.00");
}

#[tokio::test]
async fn usage_by_day_has_all_its_days() {
    let world = World::new().await;
    let who = &world.child;
    for _ in 0..1_100 {
        sent(&world, who, 1).await;
        world.clock.advance(86_400);
    }
    let query = flexio_app::UsageQuery {
        from: "2020-01-01".parse().unwrap(),
        to: "2099-01-01".parse().unwrap(),
        interval: flexio_app::UsageInterval::Day,
        category: Some(flexio_billing::categories::Category::TotalPrice),
        scope: flexio_store::Scope::Own,
    };
    assert_eq!(world.app.usage(who.account.sid, &query).await.unwrap().len(), 1_100);
}
