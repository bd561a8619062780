//! Messaging services and scheduled messages with Twilio's own SDKs, and opting out over SMPP.

use std::path::Path;

use flexio_e2e::flexio::Setup;
use flexio_e2e::programs::{peer, python, run};
use flexio_e2e::smsc::Smsc;
use serde_json::{Value, json};

const PERSON: &str = "+32470111222";

async fn an_sdk_sends_through_a_service(program: &Path, script: &str) {
    let smsc = Smsc::start(50).await;
    // Twilio's quarter of an hour is long for a test.
    let settings = format!("[platform]\nschedule_min_s = 1\n{}", smsc.route());
    let flexio = Setup::default().config(&settings).start().await;
    smsc.bound().await;
    let number = flexio.rest.rent(&[]).await;
    let numbers = flexio.rest.get("/IncomingPhoneNumbers.json").await;
    let sid = numbers["incoming_phone_numbers"][0]["sid"].as_str().unwrap().to_owned();
    let script = peer(script).display().to_string();
    let environment =
        [("BASE", flexio.rest.base.as_str()), ("SID", &flexio.rest.account), ("TOKEN", &flexio.rest.token)];
    let output = run(program, &[script.as_str(), &sid, PERSON, "8"], &environment).await;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    let seen: Value = serde_json::from_str(&said).unwrap();
    let expected = json!({
        "shown": ["Shop", false, true, 600], "numbers": [true], "again": [21_710, 409], "sent": ["accepted", true],
        "scheduled": "scheduled", "withdrawn": "canceled", "codes": ["8640"], "services": 1,
        "nowhere": [21_701, 404],
    });
    assert_eq!(seen, expected);
    // The withdrawn one never leaves; the other one does, and is not charged before.
    let texts = smsc
        .wait("both texts", |events| {
            let submits = events.iter().filter(|event| event["event"] == "submit");
            let texts: Vec<String> =
                submits.filter_map(|event| Some(event["text"].as_str()?.to_owned())).collect();
            (texts.len() >= 2).then_some(texts)
        })
        .await;
    assert_eq!(texts, ["now", "later"]);
    let messages = flexio.rest.wait_all("/Messages.json", "messages", 3, &["delivered", "canceled"]).await;
    assert!(messages.iter().all(|message| message["from"] == number.as_str()), "{messages:?}");
}

#[tokio::test]
async fn the_python_sdk_sends_through_a_service() {
    an_sdk_sends_through_a_service(&python(), "messaging_python.py").await;
}

#[tokio::test]
async fn the_node_sdk_sends_through_a_service() {
    an_sdk_sends_through_a_service(Path::new("node"), "messaging_node.mjs").await;
}
