//! Where calls and messages of an account may go.

use flexio_app::{AppConfig, SpendLimits};
use serde_json::Value;

use super::world::{Customer, LOCAL, World};
use crate::ApiConfig;

fn path(who: &Customer, rest: &str) -> String {
    format!("/2010-04-01/Accounts/{}/{rest}.json", who.sid())
}

async fn world() -> World {
    let limits = SpendLimits {
        calls_to: "BE:geographic,BE:mobile".parse().unwrap(),
        messages_to: "BE".parse().unwrap(),
        ..SpendLimits::default()
    };
    World::with(AppConfig { sandbox: true, limits, ..AppConfig::default() }, ApiConfig::default()).await
}

async fn call(world: &World, who: &Customer, to: &str) -> (u16, u64) {
    let form = [("From", LOCAL), ("To", to), ("Twiml", "<Response/>")];
    let reply = world.post(who, &path(who, "Calls"), &form).await;
    if (200..300).contains(&reply.status) { (0, 0) } else { reply.refused() }
}

async fn text(world: &World, who: &Customer) -> (u16, u64) {
    let form = [("From", "8640"), ("To", "+32470123456"), ("Body", "x")];
    let reply = world.post(who, &path(who, "Messages"), &form).await;
    if (200..300).contains(&reply.status) { (0, 0) } else { reply.refused() }
}

#[tokio::test]
async fn calls_and_messages_have_lists_of_their_own_and_only_those_above_change_them() {
    let world = world().await;
    let who = &world.child;
    world.rent(who, LOCAL).await;
    let (fine, refused) = ((0, 0), (400, 21_215));
    let account = format!("/2010-04-01/Accounts/{}.json", who.sid());
    for (lists, mobile, fixed, nomadic, message) in [
        (&[][..], fine, fine, refused, fine),
        (&[("CallsTo", "BE:mobile")][..], fine, refused, refused, fine),
        (&[("CallsTo", "FR")], refused, refused, refused, fine),
        (&[("CallsTo", "*"), ("MessagesTo", "FR,NL")], fine, fine, fine, refused),
        (&[("CallsTo", "none"), ("MessagesTo", "BE:mobile")], refused, refused, refused, fine),
        (&[("CallsTo", "default"), ("MessagesTo", "default")], fine, fine, refused, fine),
    ] {
        if !lists.is_empty() {
            assert_eq!(world.post(who, &account, lists).await.refused(), (403, 20_006));
            world.post(&world.root, &account, lists).await.ok();
        }
        assert_eq!(call(&world, who, "+32470123456").await, mobile, "{lists:?}");
        assert_eq!(call(&world, who, "+3225551234").await, fixed, "{lists:?}");
        assert_eq!(call(&world, who, "+3278151515").await, nomadic, "{lists:?}");
        assert_eq!(call(&world, who, "+3280012345").await, fine, "what is free goes anywhere: {lists:?}");
        assert_eq!(text(&world, who).await, message, "{lists:?}");
    }
    let bad = [("CallsTo", "Belgium")];
    assert_eq!(world.post(&world.root, &account, &bad).await.refused(), (400, 20_001));
}

#[tokio::test]
async fn a_customer_opens_nothing_for_those_below_him_and_learns_no_list_but_his_own() {
    let world = world().await;
    let (who, below) = (&world.child, &world.grandchild);
    let of = |who: &Customer| format!("/2010-04-01/Accounts/{}.json", who.sid());
    world.post(&world.root, &of(who), &[("MessagesTo", "FR")]).await.ok();
    world.post(who, &of(below), &[("MessagesTo", "*")]).await.ok();
    assert_eq!(text(&world, below).await, (400, 21_215));
    let form = [("From", "8640"), ("To", "+32470123456"), ("Body", "x")];
    let said = |reply: Value| reply["message"].to_string();
    let theirs = said(world.post(below, &path(below, "Messages"), &form).await.json());
    assert!(theirs.contains("BE:mobile") && !theirs.contains("FR"), "{theirs}");
    let own = said(world.post(who, &path(who, "Messages"), &form).await.json());
    assert!(own.contains("may write to FR") && own.contains("MessagesTo"), "{own}");
    // A shorter list below holds.
    world.post(&world.root, &of(who), &[("MessagesTo", "*")]).await.ok();
    assert_eq!(text(&world, below).await, (0, 0));
    world.post(who, &of(below), &[("MessagesTo", "NL")]).await.ok();
    assert_eq!(text(&world, below).await, (400, 21_215));
}
