//! What a prepaid account may spend.

use flexio_e2e::flexio::Setup;
use flexio_e2e::rest::OVER;
use flexio_e2e::sipp::Sipp;
use flexio_e2e::web::Web;

#[tokio::test]
async fn five_cents_are_eight_seconds_to_a_mobile_and_no_more() {
    let carrier = Sipp::new("callee").listen().await;
    let flexio = Setup::default().set("sandbox.carrier", &carrier.address()).start().await;
    let rest = &flexio.rest;
    let web = Web::start().await;
    web.verbs("/out", r#"<Pause length="60"/>"#);
    let number = rest.rent(&[]).await;
    rest.post("/Credit.json", &[("Mode", "prepaid")]).await;
    let payment = [("Amount", "0.05"), ("Way", "transfer"), ("Reference", "bank-1")];
    rest.post("/Credit/Payments.json", &payment).await;

    let url = web.url("/out");
    let form = [("From", number.as_str()), ("To", "+32470987654"), ("Url", &url)];
    let call = rest.post("/Calls.json", &form).await;
    let path = format!("/Calls/{}.json", call["sid"].as_str().unwrap());
    // A second one at the same time finds what is left of the five cents too little.
    let refused = rest.post_at(&rest.path("/Calls.json"), &form).await;
    assert_eq!((refused.status, refused.code()), (402, 20_418), "{}", refused.text());

    let call = rest.wait_status(&path, OVER).await;
    assert_eq!(
        (call["status"].as_str(), call["duration"].as_str()),
        (Some("completed"), Some("8")),
        "{call}"
    );
    let seen = carrier.succeed().await;
    assert!(seen.contains("cause=3303"), "{seen}");
    let credit = rest.get("/Credit.json").await;
    assert_eq!(
        (&credit["available"], &credit["granted"]),
        (&"0.000667".into(), &"0.000000".into()),
        "{credit}"
    );
    let proof = flexio.prove().await;
    assert_eq!((&proof["sum"], &proof["unposted"]), (&"0.000000".into(), &0.into()));
    let refused = rest.post_at(&rest.path("/Calls.json"), &form).await;
    assert_eq!((refused.status, refused.code()), (402, 20_418), "{}", refused.text());
}
