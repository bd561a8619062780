//! The operator's limits: who reaches them, who is stopped, who lets go on.

use std::collections::BTreeMap;

use flexio_app::{AppConfig, SpendLimits};
use flexio_billing::SegmentsAccepted;
use flexio_domain::{MessageSid, Money};
use flexio_store::{Change, ChangeSet};
use serde_json::Value;

use super::world::{COMPANY, Customer, World};
use crate::ApiConfig;

const SMS: [(&str, &str); 3] = [("From", "8640"), ("To", "+32470123456"), ("Body", "x")];

fn euros(text: &str) -> Money {
    text.parse().unwrap()
}

/// Nothing is limited.
fn none() -> SpendLimits {
    SpendLimits {
        new_account_day: Money::ZERO,
        spike_factor: 0,
        spike_hour_factor: 0,
        destination_hour: 0,
        ..SpendLimits::default()
    }
}

fn path(who: &Customer, rest: &str) -> String {
    format!("/2010-04-01/Accounts/{}/{rest}.json", who.sid())
}

async fn world(limits: SpendLimits) -> World {
    let config = AppConfig { sandbox: true, limits, ..AppConfig::default() };
    World::with(config, ApiConfig::default()).await
}

/// Messages of 0.095 each, charged.
async fn sent(world: &World, who: &Customer, count: u32) {
    for _ in 0..count {
        let charge = world.app.meter(who.account.sid).segments_accepted(&SegmentsAccepted {
            message_sid: MessageSid::new(),
            account_sid: who.account.sid,
            from: "8640",
            to: "+32470123456",
            segments: 1,
            at: world.app.clock.now(),
            carries_code: false,
        });
        let mut changes = ChangeSet::from(Change::AddUsage(charge.event));
        changes.extend(charge.posting.map(Change::Post));
        world.store().commit(changes).await.unwrap();
    }
}

async fn cases(world: &World, who: &Customer) -> Vec<Value> {
    let listed = world.get(who, &path(who, "SpendCases")).await.ok().json();
    listed["spend_cases"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_limit_opens_one_case_a_day_and_the_operator_clears_it() {
    let world = world(SpendLimits { day: euros("0.19"), ..none() }).await;
    let who = &world.child;
    sent(&world, who, 1).await;
    assert_eq!(world.app.look_at_spending().await.unwrap(), 0, "0.095 of 0.19");
    sent(&world, who, 1).await;
    assert_eq!(world.app.look_at_spending().await.unwrap(), 1);
    sent(&world, who, 5).await;
    assert_eq!(world.app.look_at_spending().await.unwrap(), 0, "once in a day");
    let case = cases(&world, &world.root).await.remove(0);
    assert_eq!(
        (&case["rule"], &case["limit"], &case["seen"]),
        (&"day".into(), &"0.19".into(), &"0.19".into())
    );
    assert_eq!((&case["holds"], &case["status"]), (&false.into(), &"open".into()));
    world.post(who, &path(who, "Messages"), &SMS).await.ok();
    let clear = path(who, &format!("SpendCases/{}", case["sid"].as_str().unwrap()));
    assert_eq!(world.post(who, &clear, &[]).await.refused(), (403, 20_006));
    let cleared = world.post(&world.root, &clear, &[("Note", "a campaign")]).await.ok();
    assert_eq!((cleared.text("status"), cleared.text("note")), ("cleared".into(), "a campaign".into()));
    assert_eq!(world.post(&world.root, &clear, &[]).await.refused(), (409, 20_409));
    world.clock.advance(86_400);
    sent(&world, who, 2).await;
    assert_eq!(world.app.look_at_spending().await.unwrap(), 1, "another day");
    assert_eq!(cases(&world, who).await.len(), 2);
}

#[tokio::test]
async fn a_hold_stops_the_contract_until_the_case_is_cleared() {
    let world = world(SpendLimits { day: euros("0.01"), hold: true, ..none() }).await;
    let who = &world.child;
    world.order(who, &COMPANY).await;
    sent(&world, who, 1).await;
    assert_eq!(world.app.look_at_spending().await.unwrap(), 1);
    let contract = world.get(who, &path(who, "Subscription")).await.ok().json();
    assert_eq!((&contract["state"], &contract["suspended_for"]), (&"suspended".into(), &"fraud_hold".into()));
    assert_eq!(world.post(who, &path(who, "Messages"), &SMS).await.refused(), (403, 20_461));
    let case = cases(&world, &world.root).await.remove(0);
    let clear = path(who, &format!("SpendCases/{}", case["sid"].as_str().unwrap()));
    world.post(&world.root, &clear, &[]).await.ok();
    assert_eq!(world.get(who, &path(who, "Subscription")).await.ok().text("state"), "active");
    world.post(who, &path(who, "Messages"), &SMS).await.ok();
}

#[tokio::test]
async fn an_account_without_a_contract_is_stopped_by_its_status_and_the_top_account_never() {
    let world = world(SpendLimits { day: euros("0.01"), hold: true, ..none() }).await;
    let who = &world.child;
    sent(&world, who, 1).await;
    sent(&world, &world.root, 1).await;
    assert_eq!(world.app.look_at_spending().await.unwrap(), 2);
    assert_eq!(world.post(who, &path(who, "Messages"), &SMS).await.refused(), (403, 20_005));
    world.post(&world.root, &path(&world.root, "Messages"), &SMS).await.ok();
    let of_child = cases(&world, &world.root).await.into_iter().find(|it| it["account_sid"] == who.sid());
    let clear = path(who, &format!("SpendCases/{}", of_child.unwrap()["sid"].as_str().unwrap()));
    world.post(&world.root, &clear, &[]).await.ok();
    world.post(who, &path(who, "Messages"), &SMS).await.ok();
}

#[tokio::test]
async fn new_accounts_categories_spikes_and_numbers_have_limits_of_their_own() {
    let limits = SpendLimits {
        new_account_days: 14,
        new_account_day: euros("0.50"),
        category_day: BTreeMap::from([("sms-outbound".to_owned(), euros("0.90"))]),
        spike_factor: 3,
        spike_days: 28,
        spike_floor: euros("0.25"),
        destination_hour: 8,
        ..none()
    };
    let world = world(limits).await;
    let who = &world.child;
    let rules = async || {
        world.app.look_at_spending().await.unwrap();
        let mut rules: Vec<String> =
            cases(&world, who).await.iter().map(|it| it["rule"].as_str().unwrap().to_owned()).collect();
        rules.sort();
        rules
    };
    sent(&world, who, 5).await;
    assert_eq!(rules().await, ["spike"], "0.475, and nothing before: the floor is the limit");
    sent(&world, who, 1).await;
    assert_eq!(rules().await, ["new-account-day", "spike"]);
    for _ in 0..8 {
        world.post(who, &path(who, "Messages"), &SMS).await.ok();
    }
    assert_eq!(rules().await, ["destination-hour", "new-account-day", "spike"]);
    // 20 days later 0.57 in 28 days are 0.02 a day.
    world.clock.advance(20 * 86_400);
    sent(&world, who, 2).await;
    assert_eq!(rules().await.len(), 3, "below the floor of a spike, and not new any more");
    sent(&world, who, 1).await;
    assert_eq!(rules().await, ["destination-hour", "new-account-day", "spike", "spike"]);
    sent(&world, who, 7).await;
    assert_eq!(rules().await, ["category-day", "destination-hour", "new-account-day", "spike", "spike"]);
}

async fn clear(world: &World, who: &Customer, case: &Value) {
    let path = path(who, &format!("SpendCases/{}", case["sid"].as_str().unwrap()));
    world.post(&world.root, &path, &[]).await.ok();
}

#[tokio::test]
async fn two_rules_at_once_and_an_account_that_cannot_be_stopped_hold_up_nobody() {
    let limits = SpendLimits { day: euros("0.01"), month: euros("0.02"), hold: true, ..none() };
    let world = world(limits).await;
    for who in [&world.child, &world.sibling] {
        sent(&world, who, 1).await;
    }
    assert_eq!(world.app.look_at_spending().await.unwrap(), 4, "two of each");
    for who in [&world.child, &world.sibling] {
        assert_eq!(world.post(who, &path(who, "Messages"), &SMS).await.refused(), (403, 20_005));
    }
    // The first that is cleared leaves the other in force; the last gives back what the first has stopped.
    let of = cases(&world, &world.child).await;
    clear(&world, &world.child, &of[1]).await;
    assert_eq!(
        world.post(&world.child, &path(&world.child, "Messages"), &SMS).await.refused(),
        (403, 20_005)
    );
    clear(&world, &world.child, &of[0]).await;
    world.post(&world.child, &path(&world.child, "Messages"), &SMS).await.ok();
    world.post(&world.grandchild, &path(&world.grandchild, "Messages"), &SMS).await.ok();
}

#[tokio::test]
async fn what_a_person_has_suspended_stays_so_when_a_case_is_cleared() {
    let world = world(SpendLimits { day: euros("0.01"), hold: true, ..none() }).await;
    let (who, below) = (&world.child, &world.grandchild);
    let status = format!("/2010-04-01/Accounts/{}.json", below.sid());
    world.post(&world.root, &status, &[("Status", "suspended")]).await.ok();
    sent(&world, who, 1).await;
    assert_eq!(world.app.look_at_spending().await.unwrap(), 1);
    let case = cases(&world, &world.root).await.remove(0);
    clear(&world, who, &case).await;
    world.post(who, &path(who, "Messages"), &SMS).await.ok();
    assert_eq!(world.get(&world.root, &status).await.ok().text("status"), "suspended");
    // And one that a person has suspended before the limit was reached.
    let status = format!("/2010-04-01/Accounts/{}.json", world.sibling.sid());
    sent(&world, &world.sibling, 1).await;
    world.post(&world.root, &status, &[("Status", "suspended")]).await.ok();
    assert_eq!(world.app.look_at_spending().await.unwrap(), 1);
    let case = cases(&world, &world.root).await.remove(0);
    clear(&world, &world.sibling, &case).await;
    assert_eq!(world.get(&world.root, &status).await.ok().text("status"), "suspended");
}

#[tokio::test]
async fn a_contract_stays_stopped_while_a_case_of_another_account_under_it_is_open() {
    let world = world(SpendLimits {
        category_day: BTreeMap::from([("sms-outbound".to_owned(), euros("0.01"))]),
        hold: true,
        ..none()
    })
    .await;
    let (who, below) = (&world.child, &world.grandchild);
    world.order(who, &COMPANY).await;
    sent(&world, below, 1).await;
    assert_eq!(
        world.app.look_at_spending().await.unwrap(),
        2,
        "of the account, and of the customer with all below him"
    );
    let all = cases(&world, &world.root).await;
    let of = |who: &Customer| all.iter().find(|it| it["account_sid"] == who.sid()).unwrap();
    clear(&world, who, of(who)).await;
    assert_eq!(world.get(who, &path(who, "Subscription")).await.ok().text("state"), "suspended");
    clear(&world, below, of(below)).await;
    assert_eq!(world.get(who, &path(who, "Subscription")).await.ok().text("state"), "active");
}

#[tokio::test]
async fn many_accounts_of_one_customer_have_one_limit_together() {
    let world = world(SpendLimits { day: euros("0.19"), ..none() }).await;
    sent(&world, &world.child, 1).await;
    sent(&world, &world.grandchild, 1).await;
    assert_eq!(world.app.look_at_spending().await.unwrap(), 1);
    let case = cases(&world, &world.root).await.remove(0);
    assert_eq!((&case["account_sid"], &case["seen"]), (&world.child.sid().into(), &"0.19".into()));
}

#[tokio::test]
async fn a_limit_that_is_reached_again_after_its_case_was_cleared_opens_another() {
    let world = world(SpendLimits { day: euros("0.19"), ..none() }).await;
    let who = &world.child;
    sent(&world, who, 3).await;
    assert_eq!(world.app.look_at_spending().await.unwrap(), 1, "0.285");
    let case = cases(&world, who).await.remove(0);
    clear(&world, who, &case).await;
    sent(&world, who, 1).await;
    assert_eq!(world.app.look_at_spending().await.unwrap(), 1, "0.38 is twice 0.19");
    let case = cases(&world, who).await.remove(0);
    sent(&world, who, 3).await;
    assert_eq!(world.app.look_at_spending().await.unwrap(), 0, "one is open");
    clear(&world, who, &case).await;
    assert_eq!(world.app.look_at_spending().await.unwrap(), 0, "0.665 was known when it was cleared");
    sent(&world, who, 1).await;
    assert_eq!(world.app.look_at_spending().await.unwrap(), 1, "0.76 is four times");
}

#[tokio::test]
async fn an_hour_far_above_others_is_a_spike_and_a_dear_call_is_ended() {
    let limits =
        SpendLimits { spike_hour_factor: 5, spike_floor: euros("0.50"), call: euros("0.70"), ..none() };
    let world = world(limits).await;
    let who = &world.child;
    sent(&world, who, 1).await;
    world.app.look_at_spending().await.unwrap();
    // A leg of three minutes costs 1.11: above what an hour may, and a call.
    super::watches::talking(&world, who, 1, 180).await;
    assert_eq!(world.app.look_at_running().await.unwrap(), 1);
    assert!(!world.carrier.changes.lock().unwrap().is_empty());
    world.app.look_at_spending().await.unwrap();
    let mut rules: Vec<_> = cases(&world, who).await.iter().map(|it| it["rule"].to_string()).collect();
    rules.sort();
    assert_eq!(rules, ["\"call\"", "\"spike-hour\""]);
}
