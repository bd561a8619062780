//! Twilio's own SDKs against flexio: only the base URL is changed.

use std::path::Path;

use flexio_e2e::flexio::Flexio;
use flexio_e2e::programs::{peer, python, run};
use flexio_e2e::sipp::Sipp;
use flexio_e2e::web::Web;
use serde_json::{Value, json};

/// Off-net: the sandbox carrier answers it.
const CALLED: &str = "+32470123456";

async fn customer(program: &Path, script: &str) -> Value {
    let (flexio, web) = (Flexio::start().await, Web::start().await);
    web.verbs("/out", r#"<Pause length="60"/>"#);
    web.verbs("/record", r#"<Record action="/done" maxLength="2" playBeep="false" timeout="5"/>"#);
    web.verbs("/done", "<Hangup/>");
    let script = peer(script).display().to_string();
    let app = web.url("");
    let environment = [
        ("BASE", flexio.rest.base.as_str()),
        ("SID", &flexio.rest.account),
        ("TOKEN", &flexio.rest.token),
        ("APP", &app),
        ("CALLED", CALLED),
    ];
    let output = run(program, &[&script], &environment).await;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_str(&said).unwrap()
}

/// What both programs must see.
fn expected(class: &str) -> Value {
    json!({
        "own_account": true,
        "key": ["SK", 0],
        "number": ["Desk", true, "GET", true],
        "application": ["App 2", [true]],
        "pages": [2, 2, 1],
        "messages": ["Message 0", "Message 1", "Message 2", "Message 3", "Message 4"],
        "message": ["outbound-api", "1", "-0.09500", "EUR", true],
        "call_created": ["CA", "queued", "outbound-api"],
        "call": ["completed", true, true, true],
        "calls": [true],
        "recordings": [["RE", true]],
        "usage": [5, true],
        "pricing": [["BE"], "0.095000", "0.800000", "0.370000", ["EUR", "0.370000", true], 3],
        "no_prices": {"class": class, "code": 20_404, "status": 404},
        "dear": ["failed", 30_010],
        "bad_to": {"class": class, "code": 21_211, "status": 400},
        "no_body": {"class": class, "code": 21_602, "status": 400},
        "not_found": {"class": class, "code": 20_404, "status": 404},
        "wrong_token": {"class": class, "code": 20_003, "status": 401},
        "call_recordings": [true],
        "events": "queued",
        "call_over": {"class": class, "code": 21_220, "status": 400},
        "call_deleted": [true, {"class": class, "code": 20_404, "status": 404}],
        "sip": ["SD", "CR", 24, "IP_ACL,CREDENTIAL_LIST", ["Phones"], ["Phones"], ["Offices"]],
        "list_in_use": {"class": class, "code": 21_234, "status": 400},
        "weak": {"class": class, "code": 21_241, "status": 400},
        "sip_deleted": [true, 0],
        "queue": ["QU", 7, 0, 0],
        "queues": ["support"],
        "members": 0,
        "queue_taken": {"class": class, "code": 22_003, "status": 400},
        "nobody_waits": {"class": class, "code": 20_404, "status": 404},
        "conferences": 0,
        "no_conference": {"class": class, "code": 20_404, "status": 404},
        "queue_deleted": true,
        "released": 0,
    })
}

fn compare(seen: &Value, class: &str, friendly_name: &str) {
    assert_eq!(seen["sub_account"], json!(["AC", "active", friendly_name, 32]), "{seen}");
    for (name, value) in expected(class).as_object().unwrap() {
        assert_eq!(&seen[name], value, "{name} in {seen:#}");
    }
}

#[tokio::test]
async fn a_program_on_the_python_sdk_works() {
    let seen = customer(&python(), "sdk_python.py").await;
    compare(&seen, "TwilioRestException", "SDK python");
}

#[tokio::test]
async fn a_program_on_the_node_sdk_works() {
    let seen = customer(Path::new("node"), "sdk_node.mjs").await;
    compare(&seen, "RestException", "SDK node");
}

#[tokio::test]
async fn the_sdks_validator_accepts_our_signature_and_no_other() {
    let (flexio, web) = (Flexio::start().await, Web::start().await);
    web.verbs("/voice", r#"<Reject reason="rejected"/>"#);
    let url = web.url("/voice?shop=1&name=a%20b");
    let number = flexio.rest.rent(&[("VoiceUrl", &url)]).await;
    Sipp::new("refused").with("@STATUS@", "603").calls(flexio.sip, &number).succeed().await;
    let asked = web.first("/voice").await;
    assert_eq!(asked.target, "/voice?shop=1&name=a%20b", "the query is sent as it was configured");
    let params: serde_json::Map<String, Value> =
        asked.params.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
    let params = Value::Object(params).to_string();
    let script = peer("signature.py").display().to_string();
    let signature = &asked.headers["x-twilio-signature"];
    let output = run(&python(), &[&script, &url, signature, &flexio.rest.token, &params], &[]).await;
    let verdict: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    assert_eq!(verdict, json!([true, false]));
}
