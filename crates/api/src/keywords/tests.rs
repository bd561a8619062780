//! Keywords, over both dialects.

use crate::tests::world::{Customer, World};

fn keywords(who: &Customer, rest: &str) -> String {
    format!("/restcomm/2012-04-24/Accounts/{}/SMS/Keywords{rest}", who.sid())
}

#[tokio::test]
async fn the_operator_gives_a_word_once_and_its_account_says_who_is_asked() {
    let world = World::new().await;
    let who = &world.child;
    let form = [("Keyword", "Pizza"), ("SmsUrl", "https://shop.example/pizza")];
    let path = keywords(who, ".json");
    assert_eq!(world.post(who, &path, &form).await.refused(), (403, 20_006), "nobody takes one");
    let given = world.post(&world.root, &path, &form).await.ok();
    assert_eq!((given.status, given.text("keyword")), (200, "PIZZA".to_owned()));
    for (other, form) in [(&world.sibling, &form[..]), (who, &[("Keyword", "PIZZA")])] {
        let again = world.post(&world.root, &keywords(other, ".json"), form).await;
        assert_eq!(again.refused(), (409, 20_409), "it is given");
    }
    for bad in ["", "x", "two words", "Café", "STOP", "hulp", "abcdefghijklmnopqrstu"] {
        let refused = world.post(&world.root, &path, &[("Keyword", bad)]).await;
        assert_eq!(refused.refused(), (400, 20_001), "{bad}");
    }
    let item = format!("/2010-04-01/Accounts/{}/SMS/Keywords/{}.json", who.sid(), given.text("sid"));
    let changed = [("SmsUrl", "https://shop.example/other"), ("SmsFallbackUrl", "https://shop.example/late")];
    let changed = world.post(who, &item, &changed).await.ok();
    assert_eq!(changed.text("sms_fallback_url"), "https://shop.example/late");
    let list = world.get(who, &keywords(who, ".json")).await.ok().json();
    assert_eq!(list["keywords"][0]["sms_url"], "https://shop.example/other");
    assert_eq!(world.get(&world.sibling, &item).await.status, 404);
    assert_eq!(world.delete(who, &item).await.status, 204);
    let list = world.get(who, &keywords(who, ".json")).await.ok().json();
    assert_eq!(list["keywords"].as_array().map(Vec::len), Some(0));
    world.post(&world.root, &keywords(&world.sibling, ".json"), &form).await.ok();
}
