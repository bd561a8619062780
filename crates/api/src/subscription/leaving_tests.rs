//! The end of a contract.

use super::tests::{noon, path};
use crate::tests::world::{COMPANY, CONSUMER, Customer, LOCAL, World};

impl World {
    /// The token that confirms the end.
    async fn asked(&self, who: &Customer, form: &[(&str, &str)]) -> serde_json::Value {
        self.post(who, &path(who, "Subscription/Cancellations"), form).await.ok().json()
    }

    async fn confirmed(&self, who: &Customer, asked: &serde_json::Value) -> String {
        let confirm = path(who, "Subscription/Cancellations/Confirm");
        self.post(who, &confirm, &[("Token", asked["token"].as_str().unwrap())]).await.ok().text("state")
    }

    async fn state(&self, who: &Customer) -> String {
        self.get(who, &path(who, "Subscription")).await.ok().text("state")
    }

    async fn numbers_held(&self, who: &Customer) -> usize {
        let held = self.get(who, &path(who, "IncomingPhoneNumbers")).await.ok().json();
        held["incoming_phone_numbers"].as_array().unwrap().len()
    }
}

const SMS: [(&str, &str); 3] = [("From", "8640"), ("To", "+32470123456"), ("Body", "x")];

#[tokio::test]
async fn a_customer_leaves_in_two_steps_and_everything_is_given_back() {
    let world = World::new().await;
    let who = &world.child;
    world.clock.set(noon("2026-11-10"));
    world.order(who, &COMPANY).await;
    world.rent(who, LOCAL).await;
    world.flow(who).await;
    world.clock.set(noon("2026-11-15"));
    let asked = world.asked(who, &[]).await;
    assert_eq!((&asked["numbers_released"], &asked["fee"]), (&1.into(), &"0.000000".into()));
    assert_eq!((world.state(who).await.as_str(), world.numbers_held(who).await), ("active", 1), "only asked");
    let confirm = path(who, "Subscription/Cancellations/Confirm");
    let forged = format!("{}0", asked["token"].as_str().unwrap());
    assert_eq!(world.post(who, &confirm, &[("Token", &forged)]).await.refused(), (409, 20_452));
    world.clock.advance(30 * 60);
    let late = world.post(who, &confirm, &[("Token", asked["token"].as_str().unwrap())]).await;
    assert_eq!(late.refused(), (409, 20_452), "half an hour is over");
    let asked = world.asked(who, &[]).await;
    assert_eq!(world.confirmed(who, &asked).await, "closing");
    assert_eq!(world.numbers_held(who).await, 0);
    assert_eq!(world.post(who, &path(who, "Messages"), &SMS).await.refused(), (403, 20_454));
    let rent = [("PhoneNumber", LOCAL)];
    assert_eq!(world.post(who, &path(who, "IncomingPhoneNumbers"), &rent).await.refused(), (403, 20_454));
    let again = world.post(who, &confirm, &[("Token", asked["token"].as_str().unwrap())]).await;
    assert_eq!(again.refused(), (409, 20_452), "left already");
    // D04 and the number's six days of thirty: the price of the month for the designer, nothing after the end.
    world.clock.set(noon("2027-01-02"));
    let expected = ["2026-11 +3225550101 flexio-be/1 0.160000", "2026-11 designer flexio-be/1 30.000000"];
    assert_eq!(world.months(who, &["2026-11", "2026-12"]).await, expected);
}

#[tokio::test]
async fn a_contract_is_closed_after_the_grace_and_another_may_be_ordered() {
    let world = World::new().await;
    let who = &world.child;
    world.order(who, &COMPANY).await;
    let asked = world.asked(who, &[]).await;
    world.confirmed(who, &asked).await;
    world.clock.advance(3 * 86_400 - 1);
    world.app.end_subscriptions().await.unwrap();
    assert_eq!(world.state(who).await, "closing", "late events may come");
    world.clock.advance(1);
    world.app.end_subscriptions().await.unwrap();
    assert_eq!(world.state(who).await, "closed");
    assert_eq!(world.post(who, &path(who, "Messages"), &SMS).await.refused(), (403, 20_454));
    assert_eq!(world.order(who, &COMPANY).await, "active");
    world.clock.advance(60);
    world.post(who, &path(who, "Messages"), &SMS).await.ok();
}

#[tokio::test]
async fn the_end_may_be_chosen_and_what_was_only_offered_is_over_at_once() {
    let world = World::new().await;
    let (who, other) = (&world.child, &world.sibling);
    world.clock.set(noon("2026-11-10"));
    world.order(who, &COMPANY).await;
    world.rent(who, LOCAL).await;
    let later = path(who, "Subscription/Cancellations");
    let too_far = [("EndsAt", "2028-11-10T12:00:00Z")];
    assert_eq!(world.post(who, &later, &too_far).await.refused(), (400, 20_001));
    let asked = world.asked(who, &[("EndsAt", "2026-11-30T12:00:00Z")]).await;
    assert_eq!(world.confirmed(who, &asked).await, "closing");
    assert_eq!(world.numbers_held(who).await, 1, "not yet");
    world.post(who, &path(who, "Messages"), &SMS).await.ok();
    world.clock.set(noon("2026-11-30"));
    world.clock.advance(3 * 3_600);
    world.app.end_subscriptions().await.unwrap();
    assert_eq!(world.numbers_held(who).await, 0);
    assert_eq!(world.post(who, &path(who, "Messages"), &SMS).await.refused(), (403, 20_454));
    world.post(other, &path(other, "Customer"), &COMPANY).await.ok();
    world.post(other, &path(other, "Subscription/Offers"), &[]).await.ok();
    let asked = world.asked(other, &[]).await;
    assert_eq!(world.confirmed(other, &asked).await, "closed");
    world.post(other, &path(other, "Messages"), &SMS).await.ok();
}

#[tokio::test]
async fn a_customer_leaves_from_every_state_at_once() {
    let world = World::new().await;
    let (root, company, consumer) = (&world.root, &world.child, &world.sibling);
    let left = async |who: &Customer| {
        let asked = world.asked(who, &[]).await;
        let state = world.confirmed(who, &asked).await;
        world.clock.advance(3 * 86_400);
        world.app.end_subscriptions().await.unwrap();
        assert_eq!(world.state(who).await, "closed");
        state
    };
    world.post(company, &path(company, "Customer"), &COMPANY).await.ok();
    world.post(company, &path(company, "Subscription/Offers"), &[]).await.ok();
    assert_eq!((world.state(company).await.as_str(), left(company).await.as_str()), ("offered", "closed"));
    world.post(root, &path(company, "Subscription/Orders/Unseen"), &[]).await.ok();
    assert_eq!(
        (world.state(company).await.as_str(), left(company).await.as_str()),
        ("not_in_force", "closed")
    );
    assert_eq!(
        (world.order(company, &COMPANY).await.as_str(), left(company).await.as_str()),
        ("active", "closing")
    );
    world.order(company, &COMPANY).await;
    let suspend = path(company, "Subscription/Suspension");
    world.post(root, &suspend, &[("Reason", "fraud_hold")]).await.ok();
    assert_eq!((world.state(company).await.as_str(), left(company).await.as_str()), ("suspended", "closing"));
    assert_eq!(
        (world.order(consumer, &CONSUMER).await.as_str(), left(consumer).await.as_str()),
        ("ordered", "closed")
    );
}

#[tokio::test]
async fn an_end_on_the_last_day_of_a_month_costs_nothing_of_the_next() {
    let world = World::new().await;
    let who = &world.child;
    world.clock.set(noon("2026-11-10"));
    world.order(who, &COMPANY).await;
    world.rent(who, LOCAL).await;
    world.flow(who).await;
    // The last second of 30 November in Brussels; whoever takes it all back comes five minutes later.
    let asked = world.asked(who, &[("EndsAt", "2026-11-30T22:59:59Z")]).await;
    world.confirmed(who, &asked).await;
    world.clock.set("2026-11-30T23:04:00Z".parse().unwrap());
    world.app.end_subscriptions().await.unwrap();
    assert_eq!(world.numbers_held(who).await, 0);
    world.clock.set(noon("2027-01-02"));
    let expected = ["2026-11 +3225550101 flexio-be/1 0.560000", "2026-11 designer flexio-be/1 30.000000"];
    assert_eq!(world.months(who, &["2026-11", "2026-12"]).await, expected);
}

#[tokio::test]
async fn whoever_leaves_later_may_leave_sooner_after_all() {
    let world = World::new().await;
    let who = &world.child;
    world.clock.set(noon("2026-11-10"));
    world.order(who, &COMPANY).await;
    let asked = world.asked(who, &[("EndsAt", "2026-12-31T12:00:00Z")]).await;
    assert_eq!(world.confirmed(who, &asked).await, "closing");
    let later = [("EndsAt", "2027-01-31T12:00:00Z")];
    let refused = world.post(who, &path(who, "Subscription/Cancellations"), &later).await;
    assert_eq!(refused.refused(), (409, 20_452), "it only comes nearer");
    let asked = world.asked(who, &[]).await;
    assert_eq!(world.confirmed(who, &asked).await, "closing");
    assert_eq!(world.post(who, &path(who, "Messages"), &SMS).await.refused(), (403, 20_454), "at once");
}

#[tokio::test]
async fn what_was_announced_under_a_contract_that_is_over_is_nothing_to_the_next() {
    let world = World::new().await;
    let who = &world.child;
    world.clock.set(noon("2026-11-10"));
    world.order(who, &COMPANY).await;
    world.app.publish_plan(&super::tests::dearer()).await.unwrap();
    let rise = [("Plan", "flexio-be/2"), ("From", "2027-01-15"), ("Items", "sms.out,voice.out.mobile")];
    world.post(&world.root, &path(who, "Subscription/PriceChanges"), &rise).await.ok();
    let asked = world.asked(who, &[]).await;
    world.confirmed(who, &asked).await;
    world.clock.advance(3 * 86_400);
    world.app.end_subscriptions().await.unwrap();
    assert_eq!(world.order(who, &COMPANY).await, "active");
    assert_eq!(world.minute(who, "2027-01-20T10:00:00Z"), "0.370000", "the new contract's price");
}
