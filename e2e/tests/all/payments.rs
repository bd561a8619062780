//! A customer pays through Stripe, as far as Stripe's own client can tell.

use flexio_e2e::eventually;
use flexio_e2e::flexio::Setup;
use flexio_e2e::stripe::Stripe;
use serde_json::json;

#[tokio::test]
async fn a_wallet_is_topped_up_and_paid_back_as_stripes_own_client_would() {
    let mut stripe = Stripe::start().await;
    let flexio = Setup::default().config(&stripe.settings()).start().await;
    let rest = &flexio.rest;
    rest.post("/Credit.json", &[("Mode", "prepaid")]).await;
    let intents = rest.native("/Payments/Intents.json");
    let made = rest.post_at(&intents, &[("Amount", "12.34")]).await.ok();
    let created = stripe.wait("a payment is made ready", "created", 1).await;
    assert_eq!(created["fault"], "", "the request is another than that of Stripe's client");
    assert_eq!(made["client_secret"], "pi_1_secret_x", "{made}");

    let url = format!("http://{}/payments/stripe/events", flexio.http);
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs().cast_signed();
    stripe.pay(&url, "evt_1", "pi_1", now - 600).await;
    assert_eq!(stripe.wait("an old event is told", "told", 1).await["status"], 400);
    for (count, text) in [(2, "noted"), (3, "again")] {
        stripe.pay(&url, "evt_1", "pi_1", now).await;
        let told = stripe.wait("an event is told", "told", count).await;
        assert_eq!((&told["status"], &told["text"]), (&json!(200), &json!(text)), "{told}");
    }
    let credit = rest.get("/Credit.json").await;
    assert_eq!(credit["available"], "12.340000", "{credit}");

    let sid = made["sid"].as_str().unwrap();
    let one = rest.native(&format!("/Payments/Intents/{sid}"));
    eventually("the fee is known", || async {
        let payment = rest.get_at(&format!("{one}.json")).await.ok();
        (payment["fee"] == "0.40").then_some(())
    })
    .await;
    let back = rest.post_at(&format!("{one}/Refunds.json"), &[("Amount", "2.34")]).await.ok();
    assert_eq!((&back["refunded"], &back["refundable"]), (&json!("2.34"), &json!("10.00")), "{back}");
    let refunded = stripe.wait("it is paid back", "refunded", 1).await;
    assert_eq!(refunded["fault"], "", "the request is another than that of Stripe's client");
    assert_eq!(rest.get("/Credit.json").await["available"], "10.000000");
    let proof = flexio.prove().await;
    assert_eq!((&proof["sum"], &proof["unposted"]), (&json!("0.000000"), &json!(0)));
    assert!(!flexio.log().contains("sk_test_e2e"), "no secret is logged");
}
