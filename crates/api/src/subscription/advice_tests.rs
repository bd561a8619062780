//! Which plan would have been the best.

use flexio_rating::Plan;

use super::tests::{noon, path};
use crate::tests::world::{COMPANY, Customer, World};

const OFFER: &str = include_str!("../../../../data/offer-flexio-be.toml");

/// Another plan: calls to mobiles at half the price, texts dearer.
fn talk() -> Plan {
    let text = OFFER
        .replace("id = \"flexio-be\"", "id = \"flexio-talk\"")
        .replace("name = \"FlexIO\"", "name = \"FlexIO Talk\"")
        .replace("\"0.37\"", "\"0.185\"");
    Plan::parse("talk", &text).unwrap()
}

impl World {
    async fn advice_on_newest_invoice(&self, who: &Customer) -> serde_json::Value {
        let sid = self.invoices(who).await[0]["sid"].as_str().unwrap().to_owned();
        let invoice = format!("/restcomm/2012-04-24/Accounts/{}/Invoices/{sid}.json", who.sid());
        self.get(who, &invoice).await.ok().json()["plan_advice"].clone()
    }
}

#[tokio::test]
async fn once_a_year_the_invoice_says_which_plan_would_have_been_the_best() {
    let world = World::new().await;
    let who = &world.child;
    world.clock.set(noon("2026-01-10"));
    world.order(who, &COMPANY).await;
    world.app.publish_plan(&talk()).await.unwrap();
    world.called(who, "2026-02-10T10:00:00Z", 600).await;
    world.called(who, "2026-11-10T10:00:00Z", 61).await;
    world.called(&world.grandchild, "2026-12-10T10:00:00Z", 60).await;
    world.invoice("2026-11", false).await;
    assert!(world.advice_on_newest_invoice(who).await.is_null(), "not a year yet");
    world.invoice("2026-12", false).await;
    let advice = world.advice_on_newest_invoice(who).await;
    assert_eq!((&advice["from"], &advice["to"]), (&"2026-01-01".into(), &"2026-12-31".into()));
    // 600, 61 and 60 seconds at 0.37 and at 0.185.
    assert_eq!((&advice["own"]["plan"], &advice["own"]["amount"]), (&"flexio-be/1".into(), &"4.45".into()));
    assert_eq!(
        (&advice["plans"][0]["name"], &advice["plans"][0]["amount"]),
        (&"FlexIO Talk".into(), &"2.22".into())
    );
    assert_eq!((&advice["cheapest"], &advice["difference"]), (&"flexio-talk/1".into(), &"2.22".into()));
    world.called(who, "2027-01-10T10:00:00Z", 60).await;
    world.invoice("2027-01", false).await;
    assert!(world.advice_on_newest_invoice(who).await.is_null(), "once a year");
}

#[tokio::test]
async fn whoever_asks_gets_the_advice_of_the_last_twelve_months() {
    let world = World::new().await;
    let who = &world.child;
    world.clock.set(noon("2026-11-10"));
    world.order(who, &COMPANY).await;
    world.called(who, "2026-11-10T11:00:00Z", 60).await;
    let advice = world.get(who, &path(who, "Subscription/PlanAdvice")).await.ok().json();
    assert_eq!((&advice["uses"], &advice["cheapest"]), (&"1".into(), &serde_json::Value::Null));
    assert_eq!((&advice["plans"][0]["plan"], &advice["difference"]), (&"flexio-be/1".into(), &"0.00".into()));
    // What was used and a plan does not sell rules it out.
    let silent = OFFER.replace("id = \"flexio-be\"", "id = \"flexio-silent\"");
    let at = silent.find("[[item]]\ncode = \"voice.out.mobile\"").unwrap();
    let end = silent[at + 2..].find("[[item]]").unwrap() + at + 2;
    let silent = format!("{}{}", &silent[..at], &silent[end..])
        .replace("refuse = [", "refuse = [\"voice.out.mobile\", ");
    world.app.publish_plan(&Plan::parse("silent", &silent).unwrap()).await.unwrap();
    world.app.publish_plan(&talk()).await.unwrap();
    let advice = world.get(who, &path(who, "Subscription/PlanAdvice")).await.ok().json();
    let plans: Vec<&str> =
        advice["plans"].as_array().unwrap().iter().map(|it| it["plan"].as_str().unwrap()).collect();
    assert_eq!(plans, ["flexio-talk/1", "flexio-be/1"]);
}
