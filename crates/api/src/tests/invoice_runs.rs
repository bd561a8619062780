//! What an invoice run leaves undone is seen and done later; what a month gave is on its own invoice; charges are by the pinned version.

use flexio_domain::*;
use flexio_store::{Change, ChangeSet, ContractChange};

use super::world::{COMPANY, Customer as Caller, World};
use crate::subscription::tests::{dearer, noon, path};

impl World {
    async fn uninvoiced(&self) -> Vec<String> {
        let proof = self.app.prove_books(None).await.unwrap();
        proof.faults("uninvoiced").unwrap().ids.clone()
    }

    async fn with_customer(&self, who: &Caller, change: impl FnOnce(&mut Customer)) {
        let mut customer = self.store().customer(who.account.sid).await.unwrap().unwrap();
        change(&mut customer);
        let update = Change::from(ContractChange::UpdateCustomer(customer));
        self.store().commit(update.into()).await.unwrap();
    }
}

#[tokio::test]
async fn a_customer_whom_the_run_refused_is_named_until_he_has_his_invoice() {
    let world = World::new().await;
    let who = &world.child;
    world.clock.set(noon("2026-11-01"));
    world.order(who, &COMPANY).await;
    world.used(who.account.sid, "SM1:accepted", (UsageKind::SmsOut, "sms.out", 100, "9.5")).await;
    // Private, abroad in the Union, where no tax of that country is configured.
    world
        .with_customer(who, |it| {
            it.address.country = "FR".to_owned();
            (it.vat_number, it.enterprise_number) = (None, None);
        })
        .await;
    world.clock.set(noon("2026-12-02"));
    let month = "2026-11".parse().unwrap();
    world.app.close_month(month).await.unwrap();
    assert_eq!(world.uninvoiced().await, [""; 0], "its day has not come");
    world.clock.set(noon("2026-12-03"));
    let run = world.app.invoice_month(month, false, &mut |_, _| ()).await.unwrap();
    assert_eq!((run.issued, run.refused), (0, 1));
    let named = world.uninvoiced().await;
    assert!(named.len() == 1 && named[0].starts_with(&format!("{}: ", who.sid())), "{named:?}");
    world.with_customer(who, |it| it.address.country = "BE".to_owned()).await;
    assert_eq!(world.uninvoiced().await, [who.sid()], "nothing is in the way, and it is not issued");
    let run = world.app.invoice_month(month, false, &mut |_, _| ()).await.unwrap();
    assert_eq!((run.issued, run.refused), (1, 0));
    assert_eq!(world.uninvoiced().await, [""; 0]);
}

#[tokio::test]
async fn who_leaves_before_the_day_of_the_run_has_last_months_promotion_on_its_own_invoice() {
    let world = World::new().await;
    let who = &world.child;
    let promotion = [
        ("Id", "one-off"),
        ("Label", "Vijf euro"),
        ("Kind", "amount_off_document"),
        ("Amount", "5"),
        ("DurationMonths", "1"),
        ("Eligibility", "new,existing"),
        ("Starts", "2026-11-01"),
    ];
    let promotions = path(&world.root, "Promotions").replace("2010-04-01", "restcomm/2012-04-24");
    world.post(&world.root, &promotions, &promotion).await.ok();
    world.clock.set(noon("2026-11-10"));
    world.order(who, &COMPANY).await;
    world.post(who, &path(who, "Subscription/Promotions"), &[("Promotion", "one-off")]).await.ok();
    world.called(who, "2026-11-10T12:00:00Z", 6_000).await;
    world.rent(who, super::world::LOCAL).await;
    // He leaves on 29 November; three days later it is December, and the run is not yet.
    world.clock.set(noon("2026-11-29"));
    let token = world.post(who, &path(who, "Subscription/Cancellations"), &[]).await.ok().text("token");
    world.post(who, &path(who, "Subscription/Cancellations/Confirm"), &[("Token", &token)]).await.ok();
    world.clock.set(noon("2026-12-02"));
    world.app.end_subscriptions().await.unwrap();
    assert_eq!(world.get(who, &path(who, "Subscription")).await.ok().text("state"), "closed");
    let invoices = world.invoices(who).await;
    assert_eq!(invoices.len(), 1, "{invoices:#?}");
    let invoice = world.newest_invoice(who).await;
    assert_eq!((&invoice["month"], &invoice["allowances"][0]["amount"]), (&"2026-11".into(), &"5.00".into()));
    // A hundred minutes at 0.37, twenty days of thirty of a number at 0.80, less five.
    assert_eq!(invoice["net"], "32.53");
    world.clock.set(noon("2026-12-05"));
    world.app.close_month("2026-11".parse().unwrap()).await.unwrap();
    assert!(world.app.prove_books(None).await.unwrap().holds(), "closing the month charges nothing again");
}

#[tokio::test]
async fn a_charge_by_another_version_than_the_pinned_one_is_named() {
    let world = World::new().await;
    let who = &world.child;
    world.clock.set(noon("2026-11-10"));
    world.order(who, &COMPANY).await;
    world.app.publish_plan(&dearer()).await.unwrap();
    let right = world.called(who, "2026-11-10T12:00:00Z", 60).await;
    let month = "2026-11".parse().unwrap();
    let rerate = async || world.app.rerate_month(month, &mut |_| ()).await.unwrap();
    assert_eq!((rerate().await.events, rerate().await.differences.count), (1, 0));
    // Arithmetic is right, and the version is not.
    let wrong = UsageEvent {
        id: "CA00000000000000000000000000000009:leg".to_owned(),
        plan: "flexio-be/2".to_owned(),
        amount: "0.40".parse().unwrap(),
        ..right
    };
    world.store().commit(ChangeSet::from(Change::AddUsage(wrong))).await.unwrap();
    let report = rerate().await;
    assert_eq!((report.events, report.differences.count), (2, 1), "{report:?}");
    assert!(
        report.differences.ids[0].ends_with("priced by flexio-be/2, pinned is flexio-be/1"),
        "{report:?}"
    );
}
