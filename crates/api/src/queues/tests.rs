//! Queues over the API.

use flexio_app::{ControlError, QueueMemberRef};
use flexio_domain::*;

use crate::tests::world::World;

fn path(world: &World, rest: &str) -> String {
    format!("/2010-04-01/Accounts/{}/Queues{rest}.json", world.child.sid())
}

#[tokio::test]
async fn a_queue_is_made_changed_and_deleted_in_both_dialects() {
    let world = World::new().await;
    let native = format!("/restcomm/2012-04-24/Accounts/{}/Queues", world.child.sid());
    let made = world.post(&world.child, &path(&world, ""), &[("FriendlyName", "support")]).await.ok();
    assert_eq!(made.status, 201);
    let shown = made.json();
    assert_eq!(
        (&shown["max_size"], &shown["current_size"], &shown["average_wait_time"]),
        (&100.into(), &0.into(), &0.into())
    );
    let one = path(&world, &format!("/{}", made.text("sid")));
    let change = [("FriendlyName", "help"), ("MaxSize", "7")];
    assert_eq!(world.post(&world.child, &one, &change).await.ok().json()["max_size"], 7);
    let form = [("FriendlyName", "sales")];
    assert_eq!(world.post(&world.child, &(native.clone() + ".json"), &form).await.ok().status, 200);
    let list = world.get(&world.child, &(native.clone() + ".json")).await.ok().json();
    assert_eq!((&list["total"], &list["queues"][0]["friendly_name"]), (&2.into(), &"sales".into()));
    for (form, expected) in [
        (vec![("FriendlyName", "help")], (400, 22_003)),
        (vec![("MaxSize", "5")], (400, 20_001)),
        (vec![("FriendlyName", "x"), ("MaxSize", "0")], (400, 20_001)),
        (vec![("FriendlyName", "x"), ("MaxSize", "1001")], (400, 20_001)),
    ] {
        assert_eq!(world.post(&world.child, &path(&world, ""), &form).await.refused(), expected, "{form:?}");
    }
    assert_eq!(world.post(&world.child, &one, &[("FriendlyName", "sales")]).await.refused(), (400, 22_003));
    assert_eq!(world.delete(&world.child, &one).await.status, 204);
    assert_eq!(world.get(&world.child, &one).await.refused(), (404, 20_404));
}

#[tokio::test]
async fn members_wait_in_their_order_and_are_taken_out() {
    let world = World::new().await;
    let (queue, first) = world.waiting(&world.child).await;
    world.clock.advance(30);
    let second = world.wait_in(&queue).await;
    world.clock.advance(10);
    let members = path(&world, &format!("/{}/Members", queue.sid));
    let list = world.get(&world.child, &members).await.ok().json();
    let row = |at: usize| {
        let row = &list["queue_members"][at];
        (row["call_sid"].as_str().unwrap().to_owned(), row["position"].clone(), row["wait_time"].clone())
    };
    assert_eq!(row(0), (first.to_string(), 1.into(), 40.into()));
    assert_eq!(row(1), (second.to_string(), 2.into(), 10.into()));
    let shown = world.get(&world.child, &path(&world, &format!("/{}", queue.sid))).await.ok().json();
    assert_eq!((&shown["current_size"], &shown["average_wait_time"]), (&2.into(), &25.into()));
    let member = |which: &str| path(&world, &format!("/{}/Members/{which}", queue.sid));
    let front = world.get(&world.child, &member("Front")).await.ok().json();
    assert_eq!(front["call_sid"], first.to_string());
    let form = [("Url", "https://a.test/next"), ("Method", "GET")];
    world.post(&world.child, &member("Front"), &form).await.ok();
    world.post(&world.child, &member(&second.to_string()), &form).await.ok();
    let asked = std::mem::take(&mut *world.carrier.dequeued.lock().unwrap());
    let which: Vec<_> = asked.iter().map(|(which, _)| *which).collect();
    assert_eq!(which, [QueueMemberRef::Front, QueueMemberRef::Call(second)]);
    assert_eq!(asked[0].1.primary.as_ref().unwrap().method, HttpMethod::Get);
    assert_eq!(world.post(&world.child, &member("Front"), &[]).await.refused(), (400, 21_205));
    let stranger = CallSid::from_u128(1).to_string();
    assert_eq!(world.get(&world.child, &member(&stranger)).await.refused(), (404, 20_404));
    assert_eq!(world.get(&world.child, &member("Back")).await.refused(), (404, 20_404));
    *world.carrier.refuses.lock().unwrap() = Some(ControlError::Over);
    assert_eq!(world.post(&world.child, &member("Front"), &form).await.refused(), (404, 20_404));
    let one = path(&world, &format!("/{}", queue.sid));
    assert_eq!(world.delete(&world.child, &one).await.refused(), (400, 22_001));
}
