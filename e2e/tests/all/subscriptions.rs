//! The whole life of a contract: summary, order, use at the pinned price, a dearer plan version for whoever comes later, leaving.

use std::time::Duration;

use flexio_e2e::audio::{heard_ms, tone};
use flexio_e2e::baresip::Baresip;
use flexio_e2e::eventually;
use flexio_e2e::flexio::{Flexio, Setup, binary};
use flexio_e2e::mail::MailServer;
use flexio_e2e::programs::{root, run};
use flexio_e2e::rest::{OVER, Rest};
use flexio_e2e::web::Web;
use serde_json::{Value, json};

const MOBILE: &str = "+32470987654";

/// A sub-account, and a company that pays for it.
async fn company(flexio: &Flexio, name: &str) -> Rest {
    let form = [("FriendlyName", name)];
    let made = flexio.rest.post_at("/2010-04-01/Accounts.json", &form).await.ok();
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    let rest = Rest::new(&flexio.rest.base, &text("sid"), &text("auth_token"));
    let customer = [
        ("Kind", "small"),
        ("LegalName", name),
        ("Street", "Stationsstraat 1"),
        ("PostCode", "9000"),
        ("City", "Gent"),
        ("EnterpriseNumber", "0202.239.951"),
        ("InvoiceEmail", "facturen@example.test"),
        ("Language", "nl"),
    ];
    rest.post("/Customer.json", &customer).await;
    rest
}

/// Reads the summary on offer and orders; the contract.
async fn order(rest: &Rest) -> Value {
    let offer = rest.post("/Subscription/Offers.json", &[]).await;
    let (sid, sha256) = (offer["summary_sid"].as_str().unwrap(), offer["summary_sha256"].as_str().unwrap());
    let page = rest.get_at(&rest.path(&format!("/Subscription/Summaries/{sid}.html"))).await;
    assert!(page.text().contains("Samenvatting van het contract"), "{}", page.text());
    let form = [
        ("SummarySid", sid),
        ("SummarySha256", sha256),
        ("Accept", "true"),
        ("Statement", "Ik bestel met betalingsverplichting."),
    ];
    rest.post("/Subscription/Orders.json", &form).await
}

/// Hundred thousandths that a call to a mobile cost (Twilio's API shows five decimals), and the seconds it had.
async fn call(rest: &Rest, number: &str) -> (i64, i64) {
    let form = [("From", number), ("To", MOBILE), ("Twiml", r#"<Response><Pause length="1"/></Response>"#)];
    let call = rest.post("/Calls.json", &form).await;
    let call = rest.wait_status(&format!("/Calls/{}.json", call["sid"].as_str().unwrap()), OVER).await;
    assert_eq!(call["status"], "completed", "{call}");
    let seconds: i64 = call["duration"].as_str().unwrap().parse().unwrap();
    let price = call["price"].as_str().unwrap().trim_start_matches('-').replace('.', "");
    (price.parse().unwrap(), seconds)
}

/// Hundred thousandths that so many seconds cost at millionths a minute: rounded half up to millionths, then as they are shown.
const fn talk(per_minute: i64, seconds: i64) -> i64 {
    ((per_minute * seconds + 30) / 60 + 5) / 10
}

async fn plan(flexio: &Flexio, arguments: &[&str]) -> Result<String, String> {
    let data = flexio.data().display().to_string();
    let arguments: Vec<&str> = ["plan"].iter().chain(arguments).chain(&["--data", &data]).copied().collect();
    let output = run(&binary(), &arguments, &[]).await;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

/// Version 2 of the offer, for sale at once: mobile 0.40.
async fn publish_dearer(flexio: &Flexio) {
    let offer = std::fs::read_to_string(root().join("data/offer-flexio-be.toml")).unwrap();
    let file = flexio.folder().join("offer.toml");
    let name = file.to_str().unwrap();
    std::fs::write(&file, offer.replace("\"0.37\"", "\"0.40\"")).unwrap();
    let refused = plan(flexio, &["publish", name]).await.unwrap_err();
    assert!(refused.contains("offer.toml:") && refused.contains("higher `version`"), "{refused}");
    std::fs::write(
        &file,
        offer.replace("\"0.37\"", "\"0.40\"").replace("\nversion = 1\n", "\nversion = 2\n"),
    )
    .unwrap();
    plan(flexio, &["check", name]).await.unwrap();
    let differs = plan(flexio, &["diff", "flexio-be/1", name]).await.unwrap();
    assert!(differs.contains("voice.out.mobile: 0.370000") && differs.contains("-> 0.400000"), "{differs}");
    assert!(differs.contains("1 items differ"), "{differs}");
    plan(flexio, &["publish", name]).await.unwrap();
    assert_eq!(plan(flexio, &["list"]).await.unwrap().lines().count(), 2);
}

#[tokio::test]
async fn a_contract_from_its_summary_to_its_end() {
    let mail = MailServer::start().await;
    let flexio = Setup::default().config(&mail.settings()).start().await;

    let early = company(&flexio, "Bakkerij Peeters").await;
    let contract = order(&early).await;
    assert_eq!((&contract["state"], &contract["plan"]), (&json!("active"), &json!("flexio-be/1")));
    let number = early.rent(&[]).await;
    let (price, seconds) = call(&early, &number).await;
    assert_eq!(price, talk(370_000, seconds), "P01");

    publish_dearer(&flexio).await;
    eventually("the new version is seen", || async {
        (flexio.rest.get("/Plans.json").await["plans"].as_array().unwrap().len() == 2).then_some(())
    })
    .await;
    let late = company(&flexio, "Slagerij Janssens").await;
    assert_eq!(order(&late).await["plan"], "flexio-be/2");
    let other = late.rent(&[]).await;
    let (price, seconds) = call(&late, &other).await;
    assert_eq!(price, talk(400_000, seconds), "P02");
    let (price, seconds) = call(&early, &number).await;
    assert_eq!(price, talk(370_000, seconds), "who came first pays as before");

    let asked = early.post("/Subscription/Cancellations.json", &[]).await;
    assert_eq!(asked["numbers_released"], 1);
    let token = [("Token", asked["token"].as_str().unwrap())];
    let over = early.post("/Subscription/Cancellations/Confirm.json", &token).await;
    assert_eq!(over["state"], "closing");
    assert_eq!(early.get("/IncomingPhoneNumbers.json").await["incoming_phone_numbers"], json!([]));
    let sms = [("From", "8640"), ("To", MOBILE), ("Body", "x")];
    let refused = early.post_at(&early.path("/Messages.json"), &sms).await;
    assert_eq!((refused.status, refused.code()), (403, 20_454), "{}", refused.text());
    late.post("/Messages.json", &sms).await;
    // Two contracts, and the end of one.
    let told = mail.taken(3).await;
    let says = |words: &str| told.iter().filter(|it| it["text"].as_str().unwrap().contains(words)).count();
    assert_eq!((says("Bevestiging van uw opzegging"), says("Subject: Uw contract")), (1, 2), "{told:#?}");
    let proof = flexio.prove().await;
    assert_eq!((&proof["sum"], &proof["unposted"]), (&json!("0.000000"), &json!(0)));
}

#[tokio::test]
async fn a_phone_of_a_suspended_contract_reaches_112_and_nobody_else() {
    const PASSWORD: &str = "Correct-Horse-9-Battery";
    // This baresip knows MD5 alone.
    let flexio = Setup::default().set("sip.digest", r#"["md5"]"#).start().await;
    let (web, sip) = (Web::start().await, flexio.sip.to_string());
    let shop = company(&flexio, "Bakkerij Peeters").await;
    order(&shop).await;
    let number = shop.rent(&[]).await;
    let dials = format!(r#"<Dial callerId="{number}" action="{}">{MOBILE}</Dial>"#, web.url("/dialled"));
    web.verbs("/alice", &dials);
    web.verbs("/dialled", "<Hangup/>");
    let voice = web.url("/alice");
    let client =
        [("Login", "alice"), ("Password", PASSWORD), ("VoiceUrl", voice.as_str()), ("VoiceMethod", "POST")];
    shop.post_at(&shop.native("/Clients.json"), &client).await.ok();
    let codecs = "audio_codecs=PCMA/8000/1,PCMU/8000/1";
    let mut alice = Baresip::register("alice", PASSWORD, &sip, &tone(1_000.0, 60_000), codecs).await;

    let hold = [("Reason", "fraud_hold")];
    let held = flexio.rest.post_at(&shop.path("/Subscription/Suspension.json"), &hold).await.ok();
    assert_eq!((&held["state"], &held["suspended_for"]), (&json!("suspended"), &json!("fraud_hold")));
    alice.dial(MOBILE, flexio.sip).await;
    assert_eq!(web.first("/dialled").await.param("DialCallStatus"), "failed");
    alice.event("CALL_CLOSED").await;
    let told = shop.all("/Notifications", "notifications").await;
    assert!(told.iter().any(|one| one["error_code"] == "20461"), "{told:?}");

    alice.call_address(&format!("sip:112@{sip}")).await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    alice.hang_up().await;
    // Both legs of the call that was refused, and of the call for help.
    let calls = shop.wait_all("/Calls.json", "calls", 4, OVER).await;
    let help: Vec<&Value> = calls.iter().filter(|call| call["to"] == "112").collect();
    assert_eq!(help.len(), 2, "{calls:?}");
    assert!(help.iter().all(|call| call["status"] == "completed"), "{help:?}");
    // The sandbox's service answers with a tone.
    let heard = heard_ms(&alice.heard().await, 440.0);
    assert!(heard > 2_000, "{heard} ms of the emergency service");
}
