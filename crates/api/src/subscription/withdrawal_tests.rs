//! What a consumer may go back on, and orders that bind nobody yet.

use flexio_domain::Money;
use flexio_store::{InvoiceFilter, Page};

use super::tests::{noon, path};
use crate::tests::world::{COMPANY, CONSUMER, Customer, LOCAL, World};

const SMS: [(&str, &str); 3] = [("From", "8640"), ("To", "+32470123456"), ("Body", "x")];
const AGREED: [(&str, &str); 2] = [("Accept", "true"), ("Statement", "Ik wil dat de dienst meteen begint.")];

impl World {
    /// A consumer who was identified, with service at once where `begins`.
    async fn consumer(&self, who: &Customer, begins: &str) {
        self.post(who, &path(who, "Customer"), &CONSUMER).await.ok();
        self.post(&self.root, &path(who, "Customer/Identity"), &[]).await.ok();
        let offer = self.post(who, &path(who, "Subscription/Offers"), &[]).await.ok();
        let (summary, sha256) = (offer.text("summary_sid"), offer.text("summary_sha256"));
        let mut order = vec![("SummarySid", summary.as_str()), ("SummarySha256", &sha256), ("Begin", begins)];
        order.extend(AGREED);
        let ordered = self.post(who, &path(who, "Subscription/Orders"), &order).await.ok();
        assert_eq!(ordered.text("state"), "active");
    }

    async fn withdraw(&self, who: &Customer) -> String {
        let ask = path(who, "Subscription/Cancellations");
        let asked = self.post(who, &ask, &[("Withdraw", "true")]).await.ok().json();
        assert_eq!(asked["withdrawal"], true);
        let confirm = path(who, "Subscription/Cancellations/Confirm");
        self.post(who, &confirm, &[("Token", asked["token"].as_str().unwrap())]).await.ok().text("state")
    }

    /// Kind, month and net of each document, oldest first.
    async fn documents(&self, who: &Customer) -> Vec<String> {
        let page = Page { limit: 100, ..Page::default() };
        let (mut found, _) =
            self.app.invoices(who.account.sid, &InvoiceFilter::default(), &page).await.unwrap();
        found.reverse();
        let line = |it: &flexio_domain::InvoiceState| {
            let invoice = &it.invoice;
            format!("{} {} {}", invoice.kind.as_str(), invoice.lines[0].month, invoice.net.to_decimals(2))
        };
        found.iter().map(line).collect()
    }
}

#[tokio::test]
async fn a_consumer_owes_nothing_before_asking_that_service_begins() {
    let world = World::new().await;
    let who = &world.child;
    world.clock.set(noon("2026-11-27"));
    world.consumer(who, "false").await;
    let contract = world.get(who, &path(who, "Subscription")).await.ok().json();
    assert_eq!(contract["date_withdrawal_ends"], "Fri, 11 Dec 2026 23:00:00 +0000");
    assert_eq!(world.post(who, &path(who, "Messages"), &SMS).await.refused(), (403, 20_465));
    let rent = [("PhoneNumber", LOCAL)];
    assert_eq!(world.post(who, &path(who, "IncomingPhoneNumbers"), &rent).await.refused(), (403, 20_465));
    let begin = path(who, "Subscription/Begin");
    assert_eq!(world.post(who, &begin, &AGREED[1..]).await.refused(), (400, 20_451), "an unticked box");
    world.clock.advance(60);
    world.post(who, &begin, &AGREED).await.ok();
    world.post(who, &path(who, "Messages"), &SMS).await.ok();
    assert_eq!(world.post(who, &begin, &AGREED).await.refused(), (409, 20_452), "it has begun");
    let kept = world.get(who, &path(who, "Subscription/Acceptances")).await.ok().json();
    assert_eq!(kept["acceptances"][0]["waivers"], serde_json::json!([]));
    let begun = &kept["acceptances"][1];
    assert_eq!(begun["waivers"], serde_json::json!(["early_start"]));
    assert_eq!((&begun["genuine"], &begun["statement"]), (&true.into(), &AGREED[1].1.into()));
}

#[tokio::test]
async fn after_fourteen_days_service_begins_and_nobody_withdraws_any_more() {
    let world = World::new().await;
    let (who, company) = (&world.child, &world.sibling);
    world.clock.set(noon("2026-11-27"));
    world.consumer(who, "false").await;
    world.order(company, &COMPANY).await;
    let withdraw = [("Withdraw", "true")];
    let ask = path(company, "Subscription/Cancellations");
    assert_eq!(
        world.post(company, &ask, &withdraw).await.refused(),
        (409, 20_452),
        "companies have no right to"
    );
    world.clock.set(noon("2026-12-12"));
    world.post(who, &path(who, "Messages"), &SMS).await.ok();
    let ask = path(who, "Subscription/Cancellations");
    assert_eq!(world.post(who, &ask, &withdraw).await.refused(), (409, 20_452));
}

#[tokio::test]
async fn who_withdraws_pays_the_days_of_the_designer_and_no_month() {
    let world = World::new().await;
    let who = &world.child;
    world.clock.set(noon("2026-11-27"));
    world.consumer(who, "true").await;
    world.rent(who, LOCAL).await;
    world.flow(who).await;
    world.clock.set(noon("2026-12-03"));
    world.app.close_month("2026-11".parse().unwrap()).await.unwrap();
    world.app.invoice_month("2026-11".parse().unwrap(), false, &mut |_, _| ()).await.unwrap();
    world.clock.set(noon("2026-12-05"));
    assert_eq!(world.withdraw(who).await, "closing");
    assert_eq!(world.post(who, &path(who, "Messages"), &SMS).await.refused(), (403, 20_454));
    world.clock.set(noon("2026-12-08"));
    for _ in 0..2 {
        world.app.end_subscriptions().await.unwrap();
    }
    // The number 0.80 × 4 ÷ 30 = 0.11 and 0.80 × 5 ÷ 31 = 0.13; of the designer's 30.00 stay 30 × 4 ÷ 30 and 30 × 5 ÷ 31.
    let expected = [
        "invoice 2026-11 30.11",
        "invoice 2026-12 30.13",
        "credit_note 2026-11 26.00",
        "credit_note 2026-12 25.16",
    ];
    assert_eq!(world.documents(who).await, expected);
    assert_eq!(world.get(who, &path(who, "Subscription")).await.ok().text("state"), "closed");
    let proof = world.app.prove_books(None).await.unwrap();
    assert!(proof.holds() && proof.sum == Money::ZERO, "{proof:?}");
}

#[tokio::test]
async fn an_order_by_telephone_binds_nobody_before_the_summary_was_confirmed() {
    let world = World::new().await;
    let who = &world.child;
    world.post(who, &path(who, "Customer"), &COMPANY).await.ok();
    let unseen = path(who, "Subscription/Orders/Unseen");
    assert_eq!(world.post(who, &unseen, &[]).await.refused(), (403, 20_006));
    let noted = world.post(&world.root, &unseen, &[]).await.ok().json();
    assert_eq!((&noted["state"], &noted["date_ordered"]), (&"not_in_force".into(), &serde_json::Value::Null));
    assert_eq!(world.post(who, &path(who, "Messages"), &SMS).await.refused(), (403, 20_465));
    assert_eq!(world.app.pins(who.account.sid).await.unwrap(), []);
    // Later than an offer is open: the customer was promised these prices.
    world.clock.advance(40 * 86_400);
    let order = [
        ("SummarySid", noted["summary_sid"].as_str().unwrap()),
        ("SummarySha256", noted["summary_sha256"].as_str().unwrap()),
        AGREED[0],
        AGREED[1],
    ];
    let confirmed = world.post(who, &path(who, "Subscription/Orders"), &order).await.ok();
    assert_eq!(confirmed.text("state"), "active");
    world.post(who, &path(who, "Messages"), &SMS).await.ok();
}
