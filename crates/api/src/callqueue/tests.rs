//! The call-queue API.

use http::Request;

use crate::tests::world::{LOCAL, MOBILE, World};

const PATH: &str = "/callqueue/provisioning";
const URL: &str = "https://app.acme.test/queue";

#[tokio::test]
async fn a_number_is_bound_replaced_read_and_freed() {
    let world = World::new().await;
    world.rent(&world.child, LOCAL).await;
    let form = [("applicationUrl", URL), ("phoneNumber", LOCAL)];
    let bound = world.post(&world.child, PATH, &form).await.ok().json();
    assert_eq!((&bound["applicationUrl"], &bound["applicationUrlMethod"]), (&URL.into(), &"POST".into()));
    assert_eq!(world.post(&world.child, PATH, &form).await.refused(), (409, 20_409));
    let body = format!(
        r#"{{"applicationUrl":"{URL}?2","phoneNumber":"{LOCAL}","applicationUrlMethod":"GET","override":true}}"#
    );
    let request = Request::post(PATH).header("content-type", "application/json");
    let replaced = world.send(request, Some(world.child.credentials()), &body).await.ok().json();
    assert_eq!(replaced["applicationUrlMethod"], "GET");
    let one = format!("{PATH}/{}", LOCAL.replace('+', "%2B"));
    assert_eq!(world.get(&world.child, &one).await.ok().json(), replaced);
    assert_eq!(world.get(&world.sibling, &one).await.refused(), (404, 20_404));
    assert_eq!(world.delete(&world.sibling, &one).await.refused(), (404, 20_404));
    assert_eq!(world.delete(&world.child, &one).await.status, 204);
    assert_eq!(world.get(&world.child, &one).await.refused(), (404, 20_404));
}

#[tokio::test]
async fn a_number_can_be_rented_on_the_way() {
    let world = World::new().await;
    let mut form = vec![("applicationUrl", URL), ("phoneNumber", MOBILE)];
    assert_eq!(world.post(&world.child, PATH, &form).await.refused(), (400, 21_421));
    form.push(("byoc", "false"));
    world.post(&world.child, PATH, &form).await.ok();
    let owner = world.app.store.number_owner(&MOBILE.parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(owner.account_sid, world.child.account.sid);
}

#[tokio::test]
async fn bad_parameters_are_refused() {
    let world = World::new().await;
    for (form, expected) in [
        (vec![("phoneNumber", LOCAL)], (400, 20_001)),
        (vec![("applicationUrl", URL)], (400, 20_001)),
        (vec![("applicationUrl", "nonsense"), ("phoneNumber", LOCAL)], (400, 21_502)),
        (vec![("applicationUrl", URL), ("phoneNumber", "12")], (400, 21_421)),
        (vec![("applicationUrl", URL), ("phoneNumber", LOCAL), ("override", "maybe")], (400, 20_001)),
        (
            vec![("applicationUrl", URL), ("phoneNumber", LOCAL), ("applicationUrlMethod", "PUT")],
            (400, 21_209),
        ),
    ] {
        assert_eq!(world.post(&world.child, PATH, &form).await.refused(), expected, "{form:?}");
    }
    let anonymous = world.send(Request::get(format!("{PATH}/x")), None, "").await;
    assert_eq!(anonymous.refused(), (401, 20_003));
}
