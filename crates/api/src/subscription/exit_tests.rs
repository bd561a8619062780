//! Who leaves because prices rise, and on which grounds nobody may.

use super::tests::{dearer, noon, path};
use crate::tests::world::{COMPANY, Customer, LOCAL, World};

const RISE: [(&str, &str); 3] =
    [("Plan", "flexio-be/2"), ("From", "2027-01-15"), ("Items", "voice.out.mobile,number.fixed")];

impl World {
    /// A customer of version 1 with a number, told on 10 December that mobile calls and numbers cost more from 15 January.
    async fn told_of_a_rise(&self, who: &Customer) {
        self.clock.set(noon("2026-11-10"));
        self.order(who, &COMPANY).await;
        self.rent(who, LOCAL).await;
        self.app.publish_plan(&dearer()).await.unwrap();
        self.clock.set(noon("2026-12-10"));
        self.post(&self.root, &path(who, "Subscription/PriceChanges"), &RISE).await.ok();
    }

    async fn leave(&self, who: &Customer, form: &[(&str, &str)]) {
        let asked = self.post(who, &path(who, "Subscription/Cancellations"), form).await.ok().text("token");
        let confirm = path(who, "Subscription/Cancellations/Confirm");
        self.post(who, &confirm, &[("Token", &asked)]).await.ok();
    }

    /// Lines of the newest invoice or credit note: item, plan, net.
    async fn newest_lines(&self, who: &Customer) -> (serde_json::Value, Vec<String>) {
        let sid = self.invoices(who).await[0]["sid"].as_str().unwrap().to_owned();
        let invoice = format!("/restcomm/2012-04-24/Accounts/{}/Invoices/{sid}.json", who.sid());
        let invoice = self.get(who, &invoice).await.ok().json();
        let text = |line: &serde_json::Value, name: &str| line[name].as_str().unwrap().to_owned();
        let lines = invoice["lines"].as_array().unwrap().iter();
        let lines = lines.map(|it| [text(it, "item"), text(it, "plan"), text(it, "net")].join(" ")).collect();
        (invoice, lines)
    }
}

#[tokio::test]
async fn who_leaves_in_the_exit_window_keeps_the_old_prices_to_the_end_as_if_they_had_never_risen() {
    let world = World::new().await;
    let who = &world.child;
    world.told_of_a_rise(who).await;
    let dear = world.called(who, "2027-01-20T10:00:00Z", 60).await;
    assert_eq!(dear.amount.to_decimals(6), "0.400000");
    for month in ["2026-11", "2026-12", "2027-01"] {
        assert_eq!(world.invoice(month, false).await.issued, 1, "{month}");
    }
    world.called(who, "2027-02-10T10:00:00Z", 60).await;
    world.clock.set(noon("2027-02-20"));
    world.leave(who, &[("EndsAt", "2027-02-28T11:00:00Z")]).await;
    assert_eq!(world.minute(who, "2027-02-25T10:00:00Z"), "0.370000", "from now on");
    // January is invoiced: 0.03 of the call, and 17 days of the number at 0.80 instead of 0.90.
    let (note, lines) = world.newest_lines(who).await;
    assert_eq!((&note["kind"], &note["net"]), (&"credit_note".into(), &"0.08".into()));
    assert_eq!(note["reason"], "Opzegging na een prijswijziging: de oude prijzen gelden tot het einde");
    assert_eq!(lines.len(), 2, "{lines:?}");
    world.clock.set(noon("2027-02-28"));
    world.app.end_subscriptions().await.unwrap();
    world.clock.set(noon("2027-03-03"));
    world.app.end_subscriptions().await.unwrap();
    assert_eq!(world.get(who, &path(who, "Subscription")).await.ok().text("state"), "closed");
    // February is not: twenty days at the new price come to the old one on its invoice, eight were held at it.
    let (last, mut lines) = world.newest_lines(who).await;
    lines.sort_unstable();
    let expected = [
        "number.fixed flexio-be/1 0.23",
        "number.fixed flexio-be/2 0.57",
        "voice.out.mobile flexio-be/2 0.37",
    ];
    assert_eq!(lines, expected, "{last}");
    world.sound_books().await;
}

#[tokio::test]
async fn who_leaves_while_suspended_is_credited_alike() {
    let world = World::new().await;
    let who = &world.child;
    world.told_of_a_rise(who).await;
    world.called(who, "2027-01-20T10:00:00Z", 60).await;
    for month in ["2026-11", "2026-12", "2027-01"] {
        assert_eq!(world.invoice(month, false).await.issued, 1, "{month}");
    }
    world.clock.set(noon("2027-02-20"));
    let suspended = [("Reason", "fraud_hold"), ("Note", "a case")];
    world.post(&world.root, &path(who, "Subscription/Suspension"), &suspended).await.ok();
    world.leave(who, &[("EndsAt", "2027-02-28T11:00:00Z")]).await;
    let (note, _) = world.newest_lines(who).await;
    assert_eq!((&note["kind"], &note["net"]), (&"credit_note".into(), &"0.08".into()));
    assert_eq!(world.get(who, &path(who, "Subscription")).await.ok().text("state"), "closing");
    world.sound_books().await;
}

#[tokio::test]
async fn who_leaves_before_the_day_or_after_the_window_pays_what_holds() {
    let world = World::new().await;
    let (early, late) = (&world.child, &world.sibling);
    world.told_of_a_rise(early).await;
    world.clock.set(noon("2026-12-20"));
    world.leave(early, &[("EndsAt", "2027-01-31T11:00:00Z")]).await;
    assert_eq!(world.minute(early, "2027-01-20T10:00:00Z"), "0.370000", "the rise never comes");
    let charged =
        world.app.store.holdings(early.account.sid, noon("2027-01-20"), noon("2027-01-21"), 10).await;
    assert_eq!(charged.unwrap()[0].terms.plan, "flexio-be/1", "the number too");
    world.clock.set(noon("2026-11-30"));
    world.order(late, &COMPANY).await;
    world.clock.set(noon("2026-12-10"));
    let mobile = [RISE[0], RISE[1], ("Items", "voice.out.mobile")];
    world.post(&world.root, &path(late, "Subscription/PriceChanges"), &mobile).await.ok();
    world.clock.set(noon("2027-03-10"));
    world.leave(late, &[("EndsAt", "2027-03-31T11:00:00Z")]).await;
    assert_eq!(world.minute(late, "2027-03-20T10:00:00Z"), "0.400000", "three months are over");
}

#[tokio::test]
async fn a_ground_on_which_nobody_may_leave_is_checked_and_kept_with_the_notice() {
    let world = World::new().await;
    let who = &world.child;
    world.clock.set(noon("2026-11-10"));
    world.order(who, &COMPANY).await;
    world.app.publish_plan(&dearer()).await.unwrap();
    let changes = path(who, "Subscription/PriceChanges");
    let with = |more: &[(&'static str, &'static str)]| [&RISE[..1], &RISE[2..], more].concat();
    for ground in ["advantage", "administrative"] {
        let form = with(&[("From", "2027-01-15"), ("Ground", ground)]);
        assert_eq!(world.post(&world.root, &changes, &form).await.refused(), (400, 20_488), "{ground}");
    }
    let unnamed = with(&[("From", "2026-11-20"), ("Ground", "law")]);
    assert_eq!(world.post(&world.root, &changes, &unnamed).await.refused(), (400, 20_488));
    assert_eq!(
        world.post(&world.root, &changes, &with(&[("From", "2026-11-20"), ("Ground", "whim")])).await.status,
        400
    );
    // The law sets its own day.
    let law =
        with(&[("From", "2026-11-20"), ("Ground", "law"), ("GroundNote", "Koninklijk besluit van 1 april")]);
    let notice = world.post(&world.root, &changes, &law).await.ok().json();
    assert_eq!(
        (&notice["ground"], &notice["ground_note"]),
        (&"law".into(), &"Koninklijk besluit van 1 april".into())
    );
    assert!(notice["date_exit_right_ends"].is_null(), "{notice}");
    world.clock.set(noon("2026-11-25"));
    world.leave(who, &[("EndsAt", "2026-12-20T11:00:00Z")]).await;
    assert_eq!(world.minute(who, "2026-12-10T10:00:00Z"), "0.400000", "the law's price holds to the end");
}
