//! One effect per key.

use http::Request;

use super::world::{LOCAL, Reply, World};

const FORM: &str = "From=8640&To=%2B32470123456&Body=Hallo";

async fn send(world: &World, path: &str, key: &str, form: &str) -> Reply {
    let request = Request::post(path).header("idempotency-key", key);
    world.send(request, Some(world.root.credentials()), form).await
}

#[tokio::test]
async fn the_same_key_and_request_give_the_first_answer_again() {
    let world = World::new().await;
    let sid = world.root.sid();
    for (path, form) in [
        (format!("/2010-04-01/Accounts/{sid}/Messages.json"), FORM),
        (format!("/restcomm/2012-04-24/Accounts/{sid}/SMS/Messages.json"), FORM),
        (format!("/2012-04-24/Accounts/{sid}/SMS/Messages"), FORM),
        (format!("/2010-04-01/Accounts/{sid}/Applications.json"), "FriendlyName=a"),
        (format!("/2010-04-01/Accounts/{sid}/IncomingPhoneNumbers.json"), "AreaCode=2"),
        ("/2010-04-01/Accounts.json".to_owned(), "FriendlyName=sub"),
        (format!("/2010-04-01/Accounts/{sid}/OutgoingCallerIds.json"), "PhoneNumber=%2B3222268888"),
    ] {
        let first = send(&world, &path, &path, form).await.ok();
        world.clock.advance(60);
        let second = send(&world, &path, &path, form).await;
        assert_eq!((second.status, &second.body), (first.status, &first.body), "{path}");
        assert_eq!(first.header("idempotent-replayed"), "");
        assert_eq!(second.header("idempotent-replayed"), "true", "{path}");
    }
}

#[tokio::test]
async fn a_replay_shows_the_resource_as_it_was_made() {
    let world = World::new().await;
    let number = world.rent(&world.root, LOCAL).await;
    assert!(number.starts_with("PN"));
    let calls = format!("/2010-04-01/Accounts/{}/Calls.json", world.root.sid());
    let form = "From=%2B3225550101&To=%2B32470123456&Url=https%3A%2F%2Fa.test%2F";
    let first = send(&world, &calls, "c", form).await.ok();
    let mut call = world.app.call(world.root.account.sid, first.text("sid").parse().unwrap()).await.unwrap();
    call.status = flexio_domain::CallStatus::Failed;
    call.ended_at = Some(world.app.clock.now());
    world.clock.advance(9);
    call.updated_at = world.app.clock.now();
    world.store().commit(flexio_store::Change::UpdateCall(call).into()).await.unwrap();
    assert_eq!(send(&world, &calls, "c", form).await.body, first.body);
}

#[tokio::test]
async fn a_replayed_key_does_not_show_its_secret() {
    let world = World::new().await;
    let path = format!("/2010-04-01/Accounts/{}/Keys.json", world.root.sid());
    let first = send(&world, &path, "k", "FriendlyName=ci").await.ok();
    let second = send(&world, &path, "k", "FriendlyName=ci").await.ok();
    assert_eq!(first.text("sid"), second.text("sid"));
    assert!(second.json().get("secret").is_none());
}

#[tokio::test]
async fn another_request_under_the_same_key_is_refused() {
    let world = World::new().await;
    let path = format!("/2010-04-01/Accounts/{}/Messages.json", world.root.sid());
    send(&world, &path, "k", FORM).await.ok();
    let other = send(&world, &path, "k", &format!("{FORM}!")).await;
    assert_eq!(other.refused(), (422, 20_423));
    let other_path = format!("/restcomm/2012-04-24/Accounts/{}/SMS/Messages.json", world.root.sid());
    assert_eq!(send(&world, &other_path, "k", FORM).await.refused(), (422, 20_423));
}

#[tokio::test]
async fn keys_belong_to_an_account_last_a_day_and_have_a_form() {
    let world = World::new().await;
    let path = format!("/2010-04-01/Accounts/{}/Messages.json", world.root.sid());
    let child = format!("/2010-04-01/Accounts/{}/Messages.json", world.child.sid());
    let first = send(&world, &path, "k", FORM).await.ok().text("sid");
    assert_ne!(send(&world, &child, "k", FORM).await.ok().text("sid"), first);
    world.clock.advance(24 * 3600 + 1);
    for bad in ["", " ", "a b", &"x".repeat(256)] {
        assert_eq!(send(&world, &path, bad, FORM).await.refused(), (400, 20_425), "{bad:?}");
    }
}

#[tokio::test]
async fn what_was_refused_before_it_began_is_not_kept() {
    let world = World::new().await;
    let path = format!("/2010-04-01/Accounts/{}/Messages.json", world.root.sid());
    assert_eq!(send(&world, &path, "k", "From=8640&Body=x").await.refused(), (400, 21_604));
    send(&world, &path, "k", FORM).await.ok();
}

#[tokio::test]
async fn of_many_twins_at_once_one_message_is_made() {
    let world = World::new().await;
    let path = format!("/2010-04-01/Accounts/{}/Messages.json", world.root.sid());
    let one = || send(&world, &path, "k", FORM);
    let (first, second, third, fourth) = tokio::join!(one(), one(), one(), one());
    let mut made = Vec::new();
    for reply in [first, second, third, fourth] {
        match reply.status {
            201 => made.push(reply.text("sid")),
            _ => assert_eq!(reply.refused(), (409, 20_424)),
        }
    }
    made.dedup();
    assert_eq!(made.len(), 1);
    let list = world.get(&world.root, &path).await.ok();
    assert_eq!(list.json()["messages"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn twins_on_two_nodes_make_one_message() {
    let world = World::new().await;
    let mut other = World::new().await;
    other.router = world.second_node();
    let path = format!("/2010-04-01/Accounts/{}/Messages.json", world.root.sid());
    for round in 0..20 {
        let key = format!("k{round}");
        let there = async {
            let request = Request::post(&path).header("idempotency-key", &key);
            other.send(request, Some(world.root.credentials()), FORM).await
        };
        let (here, there) = tokio::join!(send(&world, &path, &key, FORM), there);
        let made = |reply: &Reply| (reply.status == 201).then(|| reply.text("sid"));
        match (made(&here), made(&there)) {
            (Some(first), Some(second)) => assert_eq!(first, second, "one is a replay of the other"),
            (Some(_), None) => assert_eq!(there.refused(), (409, 20_424)),
            (None, Some(_)) => assert_eq!(here.refused(), (409, 20_424)),
            (None, None) => panic!("{} {}", here.body, there.body),
        }
    }
    let list = world.get(&world.root, &format!("{path}?PageSize=100")).await.ok();
    assert_eq!(list.json()["messages"].as_array().unwrap().len(), 20);
}

#[tokio::test]
async fn a_restart_between_effect_and_answer_still_replays() {
    let world = World::new().await;
    let path = format!("/2010-04-01/Accounts/{}/Messages.json", world.root.sid());
    let first = send(&world, &path, "k", FORM).await.ok();
    // Whatever the first process held in memory is gone; the record committed with the message.
    let mut restarted = World::new().await;
    restarted.router = world.second_node();
    let request = Request::post(&path).header("idempotency-key", "k");
    let again = restarted.send(request, Some(world.root.credentials()), FORM).await;
    assert_eq!((again.status, &again.body), (201, &first.body));
    assert_eq!(again.header("idempotent-replayed"), "true");
}
