//! Who gets in.

use http::Request;

use super::world::World;

const PATH: &str = "/restcomm/2012-04-24/Accounts.json";

#[tokio::test]
async fn the_three_kinds_of_credentials_open_and_wrong_ones_do_not() {
    let world = World::new().await;
    let (sid, token) = world.root.credentials();
    let keys = format!("/2010-04-01/Accounts/{sid}/Keys.json");
    let key = world.post(&world.root, &keys, &[("FriendlyName", "ci")]).await.ok();
    let (key, secret) = (key.text("sid"), key.text("secret"));
    let form = [("EmailAddress", "ops@acme.test"), ("Password", "Str0ng!word")];
    let made = world.post(&world.root, PATH, &form).await.ok();
    let (email_token, email) = (made.text("auth_token"), "ops@acme.test".to_owned());
    let status = async |user: &str, password: &str| {
        world.send(Request::get(PATH), Some((user.to_owned(), password.to_owned())), "").await.status
    };
    assert_eq!(status(&sid, &token).await, 200);
    assert_eq!(status(&key, &secret).await, 200);
    assert_eq!(status(&email, &email_token).await, 200);
    assert_eq!(status(&email.replace('@', "%40"), &email_token).await, 200);
    for (user, password) in [
        (sid.as_str(), ""),
        (&sid, "wrong"),
        (&sid, &secret),
        (&key, &token),
        (&key, "wrong"),
        (&email, "Str0ng!word"),
        ("AC00000000000000000000000000000000", &token),
        ("SK00000000000000000000000000000000", &secret),
        ("nobody@acme.test", &email_token),
        ("", ""),
    ] {
        assert_eq!(status(user, password).await, 401, "{user}");
    }
}

#[tokio::test]
async fn the_answer_does_not_tell_an_unknown_user_from_a_wrong_password() {
    let world = World::new().await;
    let wrong = Some((world.root.sid(), "wrong".to_owned()));
    let unknown = Some(("AC00000000000000000000000000000000".to_owned(), "wrong".to_owned()));
    let (a, b) =
        (world.send(Request::get(PATH), wrong, "").await, world.send(Request::get(PATH), unknown, "").await);
    assert_eq!((a.status, &a.body), (b.status, &b.body));
    assert_eq!(a.header("www-authenticate"), "Basic realm=\"flexio\", charset=\"UTF-8\"");
}

#[tokio::test]
async fn a_revoked_key_is_out_at_once_on_this_node() {
    let world = World::new().await;
    let keys = format!("/2010-04-01/Accounts/{}/Keys", world.child.sid());
    let key = world.post(&world.child, &format!("{keys}.json"), &[]).await.ok();
    let who = Some((key.text("sid"), key.text("secret")));
    let path = format!("/2010-04-01/Accounts/{}.json", world.child.sid());
    let account = world.send(Request::get(&path), who.clone(), "").await.ok();
    assert!(account.json()["auth_token"].is_null(), "a key must not read the token that outlives it");
    let more = world.send(Request::post(format!("{keys}.json")), who.clone(), "").await;
    assert_eq!(more.refused(), (403, 20_006), "a key must not make keys");
    world.delete(&world.child, &format!("{keys}/{}.json", key.text("sid"))).await.ok();
    assert_eq!(world.send(Request::get(&path), who, "").await.status, 401);
}

#[tokio::test]
async fn a_secret_is_shown_once() {
    let world = World::new().await;
    let keys = format!("/2010-04-01/Accounts/{}/Keys", world.child.sid());
    let key = world.post(&world.child, &format!("{keys}.json"), &[]).await.ok();
    let secret = key.text("secret");
    for path in [format!("{keys}.json"), format!("{keys}/{}.json", key.text("sid"))] {
        assert!(!world.get(&world.child, &path).await.ok().body.contains(&secret));
    }
}

#[tokio::test]
async fn suspension_and_reactivation_go_down_the_tree() {
    let world = World::new().await;
    let path = format!("/2010-04-01/Accounts/{}.json", world.child.sid());
    let status = async |world: &World| {
        let path = format!("/2010-04-01/Accounts/{}.json", world.grandchild.sid());
        world.get(&world.root, &path).await.ok().text("status")
    };
    world.post(&world.root, &path, &[("Status", "suspended")]).await.ok();
    assert_eq!(status(&world).await, "suspended");
    let below = format!("/2010-04-01/Accounts/{}.json", world.grandchild.sid());
    let alive = world.post(&world.root, &below, &[("Status", "active")]).await;
    assert_eq!(alive.refused(), (409, 20_409), "a child cannot be more alive than its parent");
    world.post(&world.root, &path, &[("Status", "active")]).await.ok();
    assert_eq!(status(&world).await, "active");
    let own = world.post(&world.child, &path, &[("Status", "suspended")]).await;
    assert_eq!(own.refused(), (403, 20_006));
}
