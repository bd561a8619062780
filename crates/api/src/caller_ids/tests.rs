//! Showing that a number is one's own.

use flexio_app::AppConfig;

use crate::ApiConfig;
use crate::tests::world::{LOCAL, World};

async fn outside_the_sandbox() -> World {
    let caller = Some("+3222268880".parse().unwrap());
    World::with(AppConfig { verification_caller: caller, ..AppConfig::default() }, ApiConfig::default()).await
}

#[tokio::test]
async fn the_number_is_called_and_the_code_it_hears_is_entered() {
    let world = outside_the_sandbox().await;
    let path = format!("/2010-04-01/Accounts/{}/OutgoingCallerIds", world.child.sid());
    let request =
        world.post(&world.child, &format!("{path}.json"), &[("PhoneNumber", "+3222268888")]).await.ok();
    assert!(request.json()["validation_code"].is_null(), "the code is heard, not read");
    let one = format!("{path}/{}.json", request.text("outgoing_caller_id_sid"));
    let code = spoken(&world, &request.text("call_sid")).await;
    world.post(&world.child, &one, &[("VerificationCode", &code)]).await.ok();
    let again = world.post(&world.child, &format!("{path}.json"), &[("PhoneNumber", "+3222268888")]).await;
    assert_eq!(again.refused(), (400, 21_450));
}

#[tokio::test]
async fn a_wrong_code_is_void_and_the_number_must_be_called_again() {
    let world = outside_the_sandbox().await;
    let path = format!("/2010-04-01/Accounts/{}/OutgoingCallerIds", world.child.sid());
    let ask = async || {
        world.post(&world.child, &format!("{path}.json"), &[("PhoneNumber", "+3222268888")]).await.ok()
    };
    let request = ask().await;
    let one = format!("{path}/{}.json", request.text("outgoing_caller_id_sid"));
    let code = spoken(&world, &request.text("call_sid")).await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let enter = async |code: &str| world.post(&world.child, &one, &[("VerificationCode", code)]).await;
    assert_eq!(enter(wrong).await.refused(), (422, 20_422));
    assert_eq!(enter(&code).await.refused(), (422, 20_422), "one guess per call");
    let code = spoken(&world, &ask().await.text("call_sid")).await;
    enter(&code).await.ok();
}

#[tokio::test]
async fn without_a_number_to_call_from_nothing_is_registered() {
    let world = World::with(AppConfig::default(), ApiConfig::default()).await;
    let path = format!("/2010-04-01/Accounts/{}/OutgoingCallerIds.json", world.child.sid());
    assert_eq!(world.post(&world.child, &path, &[("PhoneNumber", LOCAL)]).await.refused(), (422, 20_422));
    assert_eq!(world.post(&world.child, &path, &[("PhoneNumber", "x")]).await.refused(), (400, 21_421));
}

/// The digits the verification call speaks.
async fn spoken(world: &World, call: &str) -> String {
    let call = world.app.call(world.child.account.sid, call.parse().unwrap()).await.unwrap();
    let document = call.document.unwrap();
    let (_, code) = document.split_once("Your code is ").unwrap();
    code.chars().filter(char::is_ascii_digit).take(6).collect()
}
