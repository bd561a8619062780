//! Pricing: what is listed is what is charged.

use flexio_rating::Plan;
use serde_json::{Value, json};

use crate::tests::world::{COMPANY, Customer, World};

async fn get(world: &World, who: &Customer, path: &str) -> Value {
    world.get(who, path).await.ok().json()
}

#[tokio::test]
async fn belgium_is_listed_with_the_prices_of_the_offer() {
    let world = World::new().await;
    let who = &world.child;
    for path in [
        "/v1/Messaging/Countries",
        "/v1/PhoneNumbers/Countries",
        "/v1/Voice/Countries",
        "/v2/Voice/Countries",
    ] {
        let list = get(&world, who, path).await;
        assert_eq!(list["countries"][0]["iso_country"], "BE", "{path}: {list}");
        assert_eq!(
            (list["countries"].as_array().unwrap().len(), &list["meta"]["key"]),
            (1, &json!("countries"))
        );
        let url = list["countries"][0]["url"].as_str().unwrap();
        assert!(url.ends_with(&format!("{path}/BE")), "{url}");
    }
    let numbers = get(&world, who, "/v1/PhoneNumbers/Countries/be").await;
    assert_eq!(
        numbers["phone_number_prices"],
        json!([{ "number_type": "local", "base_price": "0.800000", "current_price": "0.800000" }])
    );
    let messaging = get(&world, who, "/v1/Messaging/Countries/BE").await;
    let network = &messaging["outbound_sms_prices"][0];
    assert_eq!(
        (&network["carrier"], &network["prices"][0]["current_price"]),
        (&json!("ALL"), &json!("0.095000"))
    );
    assert_eq!(network["prefixes"], json!(["3245", "3246", "3247", "3248", "3249"]));
    assert_eq!(
        messaging["inbound_sms_prices"][0]["current_price"], "0.000000",
        "not in the price table: free"
    );
    let voice = get(&world, who, "/v1/Voice/Countries/BE").await;
    let names: Vec<&str> = voice["outbound_prefix_prices"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["friendly_name"].as_str().unwrap())
        .collect();
    assert_eq!(names.len(), 3, "{names:?}");
    assert_eq!(voice["inbound_call_prices"][0]["current_price"], "0.004500");
    let newer = get(&world, who, "/v2/Voice/Countries/BE").await;
    assert_eq!(
        newer["outbound_prefix_prices"][1]["destination_prefixes"],
        voice["outbound_prefix_prices"][1]["prefixes"]
    );
    assert_eq!(newer["outbound_prefix_prices"][1]["origination_prefixes"], json!(["ALL"]));
    for nowhere in ["/v1/Voice/Countries/FR", "/v1/Messaging/Countries/XX", "/v2/Voice/Countries/fr"] {
        assert_eq!(world.get(who, nowhere).await.refused(), (404, 20_404), "{nowhere}");
    }
}

#[tokio::test]
async fn a_number_has_the_price_of_its_class() {
    let world = World::new().await;
    let who = &world.child;
    let mobile = get(&world, who, "/v1/Voice/Numbers/%2B32470123456").await;
    assert_eq!(
        (
            &mobile["outbound_call_price"]["current_price"],
            &mobile["inbound_call_price"],
            &mobile["iso_country"]
        ),
        (&json!("0.370000"), &Value::Null, &json!("BE"))
    );
    let fixed = get(&world, who, "/v2/Voice/Numbers/+3222268888?OriginationNumber=%2B3225550101").await;
    assert_eq!(
        (&fixed["outbound_call_prices"][0]["current_price"], &fixed["inbound_call_price"]["number_type"]),
        (&json!("0.095000"), &json!("local"))
    );
    assert_eq!(
        (&fixed["origination_number"], &fixed["destination_number"]),
        (&json!("+3225550101"), &json!("+3222268888"))
    );
    let refused = get(&world, who, "/v2/Voice/Numbers/%2B3290212345").await;
    assert_eq!(refused["outbound_call_prices"], json!([]), "premium numbers are not called");
    assert_eq!(get(&world, who, "/v1/Voice/Numbers/%2B3290212345").await["outbound_call_price"], Value::Null);
    assert_eq!(world.get(who, "/v1/Voice/Numbers/12").await.refused(), (404, 20_404));
}

#[tokio::test]
async fn an_account_sees_its_own_pins_beside_what_others_pay_now() {
    let world = World::new().await;
    let who = &world.child;
    assert_eq!(world.order(who, &COMPANY).await, "active");
    let offer = include_str!("../../../../data/offer-flexio-be.toml");
    let dearer = offer
        .replace("\nversion = 1\n", "\nversion = 2\n")
        .replace("2026-01-01T00:00:00+01:00", "2026-11-01T00:00:00+01:00")
        .replace("\"0.37\"", "\"0.40\"")
        .replace("\"0.8\"", "\"0.9\"");
    world.app.publish_plan(&Plan::parse("offer", &dearer).unwrap()).await.unwrap();
    let price = async |who: &Customer| {
        get(&world, who, "/v1/Voice/Numbers/%2B32470123456").await["outbound_call_price"].clone()
    };
    let pinned = json!({ "base_price": "0.400000", "current_price": "0.370000" });
    assert_eq!(price(who).await, pinned);
    assert_eq!(price(&world.grandchild).await, pinned, "those below have its pins");
    let numbers = get(&world, who, "/v1/PhoneNumbers/Countries/BE").await;
    assert_eq!(
        numbers["phone_number_prices"][0]["current_price"], "0.900000",
        "one more number is taken at the price of today"
    );
}
