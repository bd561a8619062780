//! Legal holds by two persons, and what they keep.

use crate::tests::world::{Customer, LOCAL, PERSON, World};

fn path(who: &Customer, rest: &str) -> String {
    format!("/restcomm/2012-04-24/Accounts/{}/{rest}.json", who.sid())
}

impl World {
    async fn step(
        &self,
        by: &Customer,
        who: &Customer,
        hold: &str,
        step: &str,
    ) -> crate::tests::world::Reply {
        self.post(by, &path(who, &format!("LegalHolds/{hold}")), &[("Step", step)]).await
    }
}

#[tokio::test]
async fn a_hold_takes_two_persons_to_begin_and_to_end_and_is_not_for_whom_it_is_about() {
    let world = World::new().await;
    let (who, one, other) = (&world.grandchild, &world.root, &world.child);
    let about = [("Name", "2026/417"), ("Reason", "Court of Ghent")];
    assert_eq!(world.post(who, &path(who, "LegalHolds"), &about).await.refused().0, 403);
    let asked = world.post(one, &path(who, "LegalHolds"), &about).await.ok();
    let sid = asked.text("sid");
    assert_eq!(asked.text("status"), "asked");
    assert_eq!(world.step(one, who, &sid, "confirm").await.refused(), (403, 20_482), "the same person");
    assert_eq!(world.step(other, who, &sid, "lift").await.refused(), (409, 20_483), "it does not stand");
    assert_eq!(world.step(other, who, &sid, "confirm").await.ok().text("status"), "active");
    assert_eq!(world.step(other, who, &sid, "lift").await.ok().text("status"), "lift_asked");
    assert_eq!(world.step(other, who, &sid, "confirm").await.refused(), (403, 20_482));
    assert_eq!(world.step(one, who, &sid, "confirm").await.ok().text("status"), "lifted");
    assert_eq!(world.step(one, who, &sid, "burn").await.refused().0, 400);
    for (hidden, status) in [("LegalHolds".to_owned(), 403), (format!("LegalHolds/{sid}"), 404)] {
        assert_eq!(world.get(who, &path(who, &hidden)).await.refused().0, status, "{hidden}");
        world.get(one, &path(who, &hidden)).await.ok();
    }
    assert_eq!(world.step(who, who, &sid, "confirm").await.refused().0, 404);
}

#[tokio::test]
async fn nothing_of_a_held_number_is_erased_or_deleted_and_all_of_it_once_the_hold_is_lifted() {
    let world = World::new().await;
    let (who, one, other) = (&world.grandchild, &world.root, &world.child);
    world.rent(who, LOCAL).await;
    let message = world.received(LOCAL, "getuige").await;
    let about = [("Name", "2026/417"), ("Number", PERSON)];
    let sid = world.post(one, &path(who, "LegalHolds"), &about).await.ok().text("sid");
    // Asked for before the hold stands, and overtaken by it.
    let erasure = world.post(who, &path(who, "Erasures"), &[("Number", PERSON)]).await.ok().text("sid");
    world.step(other, who, &sid, "confirm").await.ok();
    world.app.run_erasures().await.unwrap();
    let state = || async { world.get(who, &path(who, &format!("Erasures/{erasure}"))).await.ok() };
    assert_eq!(state().await.text("status"), "held");
    assert_eq!(world.post(who, &path(who, "Erasures"), &[("Number", PERSON)]).await.refused(), (409, 20_481));
    world.post(who, &path(who, "Erasures"), &[("Number", "+32470999999")]).await.ok();
    let preview = world.post(one, &path(who, "Erasures/Preview"), &[("Number", PERSON)]).await.ok().json();
    assert_eq!(
        (&preview["possible"], &preview["legal_holds"][0]["name"]),
        (&false.into(), &"2026/417".into())
    );
    let delete = format!("/2010-04-01/Accounts/{}/Messages/{}.json", who.sid(), message.sid);
    assert_eq!(world.delete(who, &delete).await.refused(), (409, 20_481));
    world.step(one, who, &sid, "lift").await.ok();
    world.clock.advance(601);
    world.app.run_erasures().await.unwrap();
    assert_eq!(state().await.text("status"), "held", "one person alone ends nothing");
    world.step(other, who, &sid, "confirm").await.ok();
    world.clock.advance(601);
    world.app.run_erasures().await.unwrap();
    // The message waits for its application; the node ends that.
    let kept = world.store().message(who.account.sid, message.sid).await.unwrap().unwrap();
    let over = flexio_domain::Message { status: flexio_domain::MessageStatus::Received, ..kept };
    world.store().commit(flexio_store::Change::UpdateMessage(over).into()).await.unwrap();
    world.clock.advance(601);
    world.app.run_erasures().await.unwrap();
    let done = state().await.json();
    assert_eq!(done["status"], "done", "{done:#}");
    assert!(done["certificate"]["legal_holds"][0].as_str().unwrap().starts_with("2026/417 ("), "{done:#}");
    let kept = world.store().message(who.account.sid, message.sid).await.unwrap().unwrap();
    assert_eq!((kept.body.0.as_str(), kept.from.to_string().as_str()), ("", "+32470000000"));
}
