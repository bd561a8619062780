//! Assurance over REST: each check finds what it is for.

use flexio_app::CHECKS;
use flexio_domain::*;
use flexio_store::{Change, ContractChange, HoldingChange, UsageFilter};
use serde_json::{Value, json};

use crate::tests::world::{COMPANY, Customer, LOCAL, World};

fn path(who: &Customer) -> String {
    format!("/restcomm/2012-04-24/Accounts/{}/Assurance.json", who.sid())
}

impl World {
    async fn proven(&self) -> Value {
        self.post(&self.root, &path(&self.root), &[]).await.ok().json()
    }

    /// What a check found in a proof made now.
    async fn found(&self, name: &str) -> Vec<String> {
        let proven = self.proven().await;
        let checks = proven["checks"].as_array().unwrap();
        let check = checks.iter().find(|check| check["name"] == name).unwrap_or_else(|| panic!("{name}"));
        check["named"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect()
    }
}

#[tokio::test]
async fn only_the_top_account_sees_it_and_every_check_has_an_owner() {
    let world = World::new().await;
    for who in [&world.child, &world.grandchild] {
        assert_eq!(world.get(who, &path(who)).await.refused(), (403, 20_006));
        assert_eq!(world.post(who, &path(who), &[]).await.refused(), (403, 20_006));
    }
    let none = world.get(&world.root, &path(&world.root)).await.ok().json();
    assert_eq!((&none["sound"], &none["checks"][0]["faults"]), (&Value::Null, &Value::Null));
    let proven = world.proven().await;
    assert_eq!(proven["sound"], true, "{proven}");
    for check in proven["checks"].as_array().unwrap() {
        assert!(check["faults"].is_u64() && !check["owner"].as_str().unwrap().is_empty(), "{check}");
    }
    assert_eq!(proven["checks"].as_array().unwrap().len(), CHECKS.len());
    let read = world.get(&world.root, &path(&world.root)).await.ok().json();
    assert_eq!((&read["sound"], &read["date_proven"]), (&json!(true), &proven["date_proven"]));
    let names: Vec<&str> = CHECKS.iter().map(|check| check.name).collect();
    let proof = world.app.prove_books(None).await.unwrap();
    assert_eq!(proof.checks.iter().map(|(name, _)| *name).collect::<Vec<_>>(), names);
}

#[test]
fn every_check_stands_in_the_runbook_with_its_owner() {
    let page = include_str!("../../../../docs/ledger.md");
    for check in &CHECKS {
        let row = page.lines().find(|line| line.starts_with(&format!("| `{}` |", check.name)));
        let row = row.unwrap_or_else(|| panic!("docs/ledger.md has no row of {}", check.name));
        assert!(row.contains(&format!("| {} |", check.owner)), "{row}");
    }
}

#[tokio::test]
async fn a_leg_and_a_message_that_left_no_event_are_named() {
    let world = World::new().await;
    let (call, ..) = world.records(&world.child).await;
    let mut leg = world.store().call(world.child.account.sid, call).await.unwrap().unwrap();
    let now = world.app.clock.now();
    (leg.answered_at, leg.ended_at, leg.status) = (Some(now), Some(now), CallStatus::Completed);
    world.store().commit(Change::UpdateCall(leg.clone()).into()).await.unwrap();
    assert_eq!(world.found("unmetered_calls").await, [call.to_string()]);
    let sid: MessageSid = world.message(&world.child).await.parse().unwrap();
    assert_eq!(world.found("unmetered_messages").await, [""; 0], "it waits");
    let mut message = world.store().message(world.child.account.sid, sid).await.unwrap().unwrap();
    message.status = MessageStatus::Delivered;
    message.segment_states = vec![message::SegmentState::Delivered];
    world.store().commit(Change::UpdateMessage(message).into()).await.unwrap();
    assert_eq!(world.found("unmetered_messages").await, [sid.to_string()]);
}

#[tokio::test]
async fn a_charge_that_does_not_come_out_again_is_named() {
    let world = World::new().await;
    let who = &world.child;
    let (call, ..) = world.records(who).await;
    let mut leg = world.store().call(who.account.sid, call).await.unwrap().unwrap();
    let now = world.app.clock.now();
    (leg.answered_at, leg.ended_at, leg.status) = (Some(now), Some(now), CallStatus::Completed);
    world.store().commit(Change::UpdateCall(leg).into()).await.unwrap();
    world.charged(who, call).await;
    assert_eq!(world.found("unmetered_calls").await, [""; 0]);
    assert_eq!(world.found("rerated").await, [""; 0]);
    let filter = UsageFilter { resource: Some(call.to_string()), ..UsageFilter::default() };
    let mut event = world.store().usage_events(who.account.sid, &filter, 10).await.unwrap().remove(0);
    event.id = format!("{call}:again");
    event.amount += Money::from_micros(1);
    world.store().commit(Change::AddUsage(event.clone()).into()).await.unwrap();
    let named = world.found("rerated").await;
    assert!(named.len() == 1 && named[0].contains(&event.id), "{named:?}");
}

#[tokio::test]
async fn what_was_held_in_a_closed_month_and_not_charged_is_named() {
    let world = World::new().await;
    let who = &world.child;
    world.rent(who, LOCAL).await;
    world.clock.set("2026-12-01T03:00:00Z".parse().unwrap());
    world.app.close_month("2026-11".parse().unwrap()).await.unwrap();
    assert_eq!(world.found("uncharged_holdings").await, [""; 0]);
    // Somebody writes a holding into the past.
    let terms = world.app.rater().monthly_terms(HeldItem::Designer).unwrap();
    let holding = Holding {
        sid: HoldingSid::new(),
        account_sid: who.account.sid,
        item: HeldItem::Designer,
        subject: "FW1".to_owned(),
        terms,
        from: "2026-11-10T00:00:00Z".parse().unwrap(),
        until: Some("2026-11-11T00:00:00Z".parse().unwrap()),
    };
    world.store().commit(Change::from(HoldingChange::Begin(holding)).into()).await.unwrap();
    assert_eq!(world.found("uncharged_holdings").await, [format!("designer:2026-11:{}", who.sid())]);
    world.app.close_month("2026-11".parse().unwrap()).await.unwrap();
    assert_eq!(world.found("uncharged_holdings").await, [""; 0], "closing again makes what was missing");
}

#[tokio::test]
async fn a_contract_in_force_without_prices_is_named() {
    let world = World::new().await;
    let who = &world.child;
    assert_eq!(world.order(who, &COMPANY).await, "active");
    assert_eq!(world.found("unpinned").await, [""; 0]);
    let contract = world.app.subscription(who.account.sid).await.unwrap();
    let before = contract.activated_at.map(|at| at - jiff::SignedDuration::from_hours(1));
    let earlier = Subscription { activated_at: before, ..contract.clone() };
    world.store().commit(Change::from(ContractChange::UpdateSubscription(earlier)).into()).await.unwrap();
    assert_eq!(world.found("unpinned").await, [contract.sid.to_string()]);
}

#[tokio::test]
async fn a_half_year_without_a_rate_is_named_where_interest_is_asked_for() {
    let config = |late_companies| flexio_app::AppConfig {
        sandbox: true,
        late_companies,
        interest_rates: flexio_rating::InterestRates::parse(
            "rates",
            "version = \"1\"\n[[rate]]\nfrom = \"2027-01-01\"\npercent = \"10.5\"\n",
        )
        .unwrap(),
        ..flexio_app::AppConfig::default()
    };
    let world = World::with(config(true), crate::ApiConfig::default()).await;
    assert_eq!(world.found("interest_rates").await, ["2026-H2"]);
    world.clock.set("2027-01-02T12:00:00Z".parse().unwrap());
    assert_eq!(world.found("interest_rates").await, [] as [&str; 0]);
    let silent = World::with(config(false), crate::ApiConfig::default()).await;
    assert_eq!(silent.found("interest_rates").await, [] as [&str; 0], "nobody is asked for any");
}
