//! Lookup.

use serde_json::{Value, json};

use crate::tests::world::World;

async fn look_up(world: &World, rest: &str) -> Value {
    world.get(&world.child, &format!("/v2/PhoneNumbers/{rest}")).await.ok().json()
}

#[tokio::test]
async fn numbers_are_told_by_the_plan_of_the_home_country() {
    let world = World::new().await;
    for (asked, number, kind) in [
        ("%2B32470123456", "+32470123456", "mobile"),
        ("0470123456", "+32470123456", "mobile"),
        ("0032%2022268888", "+3222268888", "landline"),
        ("080011111", "+3280011111", "tollFree"),
        ("%2B32%20(2)%20226-88-88", "+3222268888", "landline"),
    ] {
        let found = look_up(&world, &format!("{asked}?Fields=line_type_intelligence")).await;
        assert_eq!(
            (&found["phone_number"], &found["valid"]),
            (&json!(number), &json!(true)),
            "{asked}: {found}"
        );
        assert_eq!(found["line_type_intelligence"]["type"], kind, "{asked}: {found}");
        assert_eq!((&found["country_code"], &found["calling_country_code"]), (&json!("BE"), &json!("32")));
    }
    let plain = look_up(&world, "%2B32470123456").await;
    assert_eq!((&plain["line_type_intelligence"], &plain["caller_name"]), (&Value::Null, &Value::Null));
    let abroad = look_up(&world, "%2B33612345678?Fields=line_type_intelligence").await;
    assert_eq!(
        (&abroad["valid"], &abroad["country_code"], &abroad["calling_country_code"]),
        (&json!(true), &json!("FR"), &json!("33")),
    );
}

#[tokio::test]
async fn what_is_no_number_says_why() {
    let world = World::new().await;
    for (asked, fault) in [
        ("12", "TOO_SHORT"),
        ("%2B3247012345678901", "TOO_LONG"),
        ("nonsense", "NOT_A_NUMBER"),
        ("%2B3247012345", "INVALID_BUT_POSSIBLE"),
    ] {
        let found = look_up(&world, asked).await;
        assert_eq!(
            (&found["valid"], &found["validation_errors"]),
            (&json!(false), &json!([fault])),
            "{asked}: {found}"
        );
    }
    let older = world.get(&world.child, "/v1/PhoneNumbers/%2B32470123456").await.ok().json();
    assert_eq!(older["national_format"], look_up(&world, "%2B32470123456").await["national_format"]);
    assert_eq!(world.get(&world.child, "/v1/PhoneNumbers/12").await.refused(), (404, 20_404));
}

#[tokio::test]
async fn fields_that_nobody_here_knows_say_so_and_unknown_ones_are_refused() {
    let world = World::new().await;
    let look_up = async |number: &str, fields: &str| {
        let path = format!("/v2/PhoneNumbers/{number}?Fields={fields}");
        world.get(&world.child, &path).await
    };
    let known = look_up("%2B32470123456", "line_type_intelligence,sim_swap").await.ok().json();
    assert_eq!(known["line_type_intelligence"]["type"], "mobile");
    assert_eq!(known["sim_swap"]["error_code"], 60_600);
    assert_eq!(known["caller_name"], serde_json::Value::Null, "it was not asked for");
    let foreign = look_up("%2B12025550123", "line_type_intelligence").await.ok().json();
    assert_eq!(foreign["line_type_intelligence"]["error_code"], 60_600);
    assert_eq!(foreign["line_type_intelligence"]["type"], serde_json::Value::Null);
    assert_eq!(look_up("%2B32470123456", "shoe_size").await.refused(), (400, 20_001));
}
