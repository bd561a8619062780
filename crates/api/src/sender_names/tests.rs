//! Names to send from, over both dialects.

use crate::tests::world::{Customer, PERSON, Reply, World};

fn list(who: &Customer, rest: &str) -> String {
    format!("/restcomm/2012-04-24/Accounts/{}/SenderNames{rest}", who.sid())
}

async fn send(world: &World, who: &Customer, from: &str) -> Reply {
    let path = format!("/2010-04-01/Accounts/{}/Messages.json", who.sid());
    world.post(who, &path, &[("From", from), ("To", PERSON), ("Body", "Hallo")]).await
}

async fn ask_for(world: &World, who: &Customer, name: &str) -> String {
    let form = [("Name", name), ("Proof", "Trade name in the register.")];
    let made = world.post(who, &list(who, ".json"), &form).await.ok();
    assert_eq!((made.status, made.text("state")), (200, "requested".to_owned()));
    list(who, &format!("/{}.json", made.text("sid")))
}

#[tokio::test]
async fn a_name_is_usable_once_the_operator_has_approved_it_and_no_more_when_refused() {
    let world = World::new().await;
    assert_eq!(send(&world, &world.child, "Acme Shop").await.refused(), (400, 21_606));
    let item = ask_for(&world, &world.child, "Acme Shop").await;
    assert_eq!(
        send(&world, &world.child, "Acme Shop").await.refused(),
        (400, 21_606),
        "asked for is not given"
    );
    let approve = [("State", "approved"), ("Reason", "Found in the register.")];
    assert_eq!(world.post(&world.child, &item, &approve).await.refused(), (403, 20_006), "not by itself");
    let as_own = item.replace(&world.child.sid(), &world.sibling.sid());
    assert_eq!(
        world.post(&world.sibling, &as_own, &approve).await.refused(),
        (403, 20_006),
        "nor by another"
    );
    let waiting = format!("{}?SubAccounts=true&State=requested", list(&world.root, ".json"));
    let found = world.get(&world.root, &waiting).await.ok().json();
    assert_eq!(found["sender_names"][0]["name"], "Acme Shop");
    let decided = world.post(&world.root, &item, &approve).await.ok().json();
    assert_eq!((&decided["state"], &decided["decided_by"]), (&"approved".into(), &world.root.sid().into()));
    let sent = send(&world, &world.child, "Acme Shop").await.ok();
    assert_eq!(sent.text("from"), "Acme Shop");
    assert_eq!(send(&world, &world.sibling, "Acme Shop").await.refused(), (400, 21_606), "another's name");
    world.post(&world.root, &item, &[("State", "refused"), ("Reason", "Complaints.")]).await.ok();
    assert_eq!(send(&world, &world.child, "Acme Shop").await.refused(), (400, 21_606));
    // Another proof asks again.
    let again = world.post(&world.child, &item, &[("Proof", "Trade mark 1234567.")]).await.ok();
    assert_eq!(again.text("state"), "requested");
}

#[tokio::test]
async fn a_name_is_held_by_one_account_whatever_its_case() {
    let world = World::new().await;
    let (ours, theirs) =
        (ask_for(&world, &world.child, "Acme").await, ask_for(&world, &world.sibling, "ACME").await);
    let approve = [("State", "approved")];
    world.post(&world.root, &ours, &approve).await.ok();
    assert_eq!(world.post(&world.root, &theirs, &approve).await.refused(), (409, 20_474));
    send(&world, &world.child, "aCME").await.ok();
    assert_eq!(world.delete(&world.child, &ours).await.status, 204);
    world.post(&world.root, &theirs, &approve).await.ok();
    assert_eq!(send(&world, &world.child, "Acme").await.refused(), (400, 21_606));
    let twice = [("Name", "acme"), ("Proof", "x")];
    let refused = world.post(&world.sibling, &list(&world.sibling, ".json"), &twice).await;
    assert_eq!(refused.refused(), (409, 20_474), "one name, however written");
    for form in [
        [("Name", "+3225550123"), ("Proof", "x")],
        [("Name", "8640"), ("Proof", "x")],
        [("Name", "Acme"), ("Proof", "")],
    ] {
        let refused = world.post(&world.child, &list(&world.child, ".json"), &form).await;
        assert_eq!(refused.refused(), (400, 20_001), "{form:?}");
    }
}
