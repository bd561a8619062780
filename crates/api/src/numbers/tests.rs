//! Renting, changing, moving and releasing numbers.

use crate::tests::world::{LOCAL, MOBILE, World};

#[tokio::test]
async fn a_number_is_found_rented_bound_and_given_back() {
    let world = World::new().await;
    let base = format!("/restcomm/2012-04-24/Accounts/{}", world.child.sid());
    let search = format!("{base}/AvailablePhoneNumbers/BE/Local.json?AreaCode=2&SmsEnabled=true");
    let found = world.get(&world.child, &search).await.ok().json();
    assert_eq!(found.as_array().map(Vec::len), Some(9));
    assert_eq!(found[0]["phone_number"], LOCAL);
    assert_eq!(found[0]["capabilities"]["sms_capable"], true);
    let application =
        world.post(&world.child, &format!("{base}/Applications.json"), &[("FriendlyName", "a")]).await;
    let application = application.ok().text("sid");
    let form =
        [("PhoneNumber", LOCAL), ("VoiceApplicationSid", &application), ("VoiceUrl", "https://a.test/v")];
    let number =
        world.post(&world.child, &format!("{base}/IncomingPhoneNumbers/Local.json"), &form).await.ok();
    assert_eq!((number.status, number.text("voice_application_sid")), (200, application.clone()));
    let path = format!("{base}/IncomingPhoneNumbers/{}.json", number.text("sid"));
    let changed =
        [("VoiceUrl", ""), ("SmsUrl", "https://a.test/s"), ("SmsMethod", "GET"), ("FriendlyName", "Lijn")];
    let changed = world.post(&world.child, &path, &changed).await.ok().json();
    assert!(changed["voice_url"].is_null());
    assert_eq!((&changed["sms_method"], &changed["friendly_name"]), (&"GET".into(), &"Lijn".into()));
    world.delete(&world.child, &format!("{base}/Applications/{application}.json")).await.ok();
    assert!(world.get(&world.child, &path).await.ok().json()["voice_application_sid"].is_null());
    assert_eq!(world.delete(&world.child, &path).await.status, 204);
    assert_eq!(world.get(&world.child, &path).await.status, 404);
    assert_eq!(world.delete(&world.child, &path).await.status, 404);
    world.rent(&world.sibling, LOCAL).await;
}

#[tokio::test]
async fn a_number_is_rented_once() {
    let world = World::new().await;
    let (child, sibling) = tokio::join!(rent(&world, &world.child), rent(&world, &world.sibling));
    let mut statuses = [child, sibling];
    statuses.sort_unstable();
    assert_eq!(statuses, [(201, 0), (400, 21_422)]);
    let native = format!("/restcomm/2012-04-24/Accounts/{}/IncomingPhoneNumbers.json", world.child.sid());
    let again = world.post(&world.child, &native, &[("PhoneNumber", LOCAL)]).await;
    assert_eq!(again.refused(), (400, 21_452));
}

async fn rent(world: &World, who: &crate::tests::world::Customer) -> (u16, u64) {
    let path = format!("/2010-04-01/Accounts/{}/IncomingPhoneNumbers.json", who.sid());
    world.post(who, &path, &[("PhoneNumber", LOCAL)]).await.refused()
}

#[tokio::test]
async fn the_platform_picks_until_nothing_is_left() {
    let world = World::new().await;
    let path = format!("/2010-04-01/Accounts/{}/IncomingPhoneNumbers/Mobile.json", world.child.sid());
    for _ in 0..9 {
        let number = world.post(&world.child, &path, &[("Contains", "47")]).await.ok();
        assert!(number.text("phone_number").starts_with("+32470"));
    }
    assert_eq!(world.post(&world.child, &path, &[("Contains", "47")]).await.refused(), (400, 21_452));
    for (form, code) in [
        (("AreaCode", "x"), 21_451),
        (("PhoneNumber", "0470"), 21_421),
        (("Contains", "%"), 20_001),
        (("isSIP", "true"), 20_001),
        (("VoiceUrl", "https://a.test/"), 20_001),
        // Of another kind than the path asks for.
        (("PhoneNumber", LOCAL), 21_422),
    ] {
        assert_eq!(world.post(&world.child, &path, &[form]).await.refused(), (400, code), "{form:?}");
    }
}

#[tokio::test]
async fn a_number_moves_within_the_branch_and_leaves_its_applications() {
    let world = World::new().await;
    let sid = world.rent(&world.child, MOBILE).await;
    let path = |account: String| format!("/2010-04-01/Accounts/{account}/IncomingPhoneNumbers/{sid}.json");
    let to = |account: String| vec![("AccountSid".to_owned(), account)];
    let send = async |who, owner, form: Vec<(String, String)>| {
        let form: Vec<(&str, &str)> = form.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        world.post(who, &path(owner), &form).await
    };
    let away = send(&world.child, world.child.sid(), to(world.sibling.sid())).await;
    assert_eq!(away.refused(), (400, 20_001), "a sibling is out of reach");
    let moved = send(&world.root, world.child.sid(), to(world.sibling.sid())).await.ok();
    assert_eq!(moved.text("account_sid"), world.sibling.sid());
    assert_eq!(world.get(&world.child, &path(world.child.sid())).await.status, 404);
    assert_eq!(world.get(&world.sibling, &path(world.sibling.sid())).await.status, 200);
}

#[tokio::test]
async fn countries_are_listed_in_each_dialect() {
    let world = World::new().await;
    let account = world.child.sid();
    let get = async |path: &str| world.get(&world.child, path).await;
    let countries =
        get(&format!("/2010-04-01/Accounts/{account}/AvailablePhoneNumbers.json")).await.ok().json();
    assert_eq!(countries["countries"][0]["country_code"], "BE");
    let path =
        format!("/restcomm/2012-04-24/Accounts/{account}/IncomingPhoneNumbers/AvailableCountries.json");
    assert_eq!(get(&path).await.ok().json()[0]["iso_country"], "BE");
    let foreign = format!("/2010-04-01/Accounts/{account}/AvailablePhoneNumbers/US/Local.json");
    assert_eq!(get(&foreign).await.refused(), (404, 20_404));
}

#[tokio::test]
async fn only_classes_that_the_numbering_data_has_for_rent_are_rented_outside_a_sandbox() {
    let config = flexio_app::AppConfig { sandbox: false, ..flexio_app::AppConfig::default() };
    let world = World::with(config, crate::ApiConfig::default()).await;
    let path = format!("/2010-04-01/Accounts/{}/IncomingPhoneNumbers.json", world.child.sid());
    let mobile = world.post(&world.child, &path, &[("PhoneNumber", MOBILE)]).await;
    assert_eq!(mobile.refused(), (422, 20_562));
    world.post(&world.child, &path, &[("PhoneNumber", LOCAL)]).await.ok();
    let any = format!("/2010-04-01/Accounts/{}/IncomingPhoneNumbers/Mobile.json", world.child.sid());
    assert_eq!(world.post(&world.child, &any, &[("Contains", "47")]).await.refused(), (422, 20_562));
}

#[tokio::test]
async fn what_a_number_is_registered_for_is_said_by_an_account_above_for_geographic_ones() {
    let world = World::new().await;
    let path = |sid: &str| {
        format!("/restcomm/2012-04-24/Accounts/{}/IncomingPhoneNumbers/{sid}.json", world.child.sid())
    };
    let (local, mobile) = (world.rent(&world.child, LOCAL).await, world.rent(&world.child, MOBILE).await);
    let support = [("SpecialUse", "customer-support")];
    assert_eq!(world.post(&world.child, &path(&local), &support).await.refused().0, 403);
    let set = world.post(&world.root, &path(&local), &support).await.ok().json();
    assert_eq!(set["special_use"], "customer-support");
    assert_eq!(world.post(&world.root, &path(&mobile), &support).await.refused(), (422, 20_563));
    assert_eq!(world.post(&world.root, &path(&local), &[("SpecialUse", "fun")]).await.refused().0, 400);
    let renamed = world.post(&world.child, &path(&local), &[("FriendlyName", "desk")]).await.ok().json();
    assert_eq!(renamed["special_use"], "customer-support", "it stays");
    let cleared = world.post(&world.root, &path(&local), &[("SpecialUse", "")]).await.ok().json();
    assert!(cleared["special_use"].is_null());
}
