//! One-time codes: Twilio's own SDKs, FlexIO's Smart 2FA, an SMSC that sees the text, and a search for codes where none may be.

use std::path::Path;

use flexio_e2e::eventually;
use flexio_e2e::flexio::{Flexio, Setup};
use flexio_e2e::programs::{peer, python, run};
use flexio_e2e::rest::NATIVE;
use flexio_e2e::smsc::Smsc;
use serde_json::{Value, json};

const PERSON: &str = "+32470111222";
/// Ten digits that stand nowhere by chance.
const CODE: &str = "8315926047";

async fn sdk(flexio: &Flexio, program: &Path, script: &str, arguments: &[&str]) -> Value {
    let script = peer(script).display().to_string();
    let environment =
        [("BASE", flexio.rest.base.as_str()), ("SID", &flexio.rest.account), ("TOKEN", &flexio.rest.token)];
    let arguments: Vec<&str> = std::iter::once(script.as_str()).chain(arguments.iter().copied()).collect();
    let output = run(program, &arguments, &environment).await;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_str(&said).unwrap()
}

/// Texts that arrived at the SMSC, once there are `count`.
async fn texts(smsc: &Smsc, count: usize) -> Vec<String> {
    smsc.wait("a code", |events| {
        let texts: Vec<String> = events
            .iter()
            .filter(|event| event["event"] == "submit")
            .filter_map(|event| Some(event["text"].as_str()?.to_owned()))
            .collect();
        (texts.len() >= count).then_some(texts)
    })
    .await
}

async fn an_sdk_verifies(program: &Path, script: &str) {
    let smsc = Smsc::start(50).await;
    let flexio = Setup::default().config(&smsc.route()).start().await;
    smsc.bound().await;
    let seen = sdk(&flexio, program, script, &["start", PERSON, CODE]).await;
    assert_eq!(seen["shown"], json!(["Acme", 8, "pending", false, "sms", PERSON]));
    assert_eq!((&seen["date"], &seen["buckets"]), (&true.into(), &json!([2])));
    assert_eq!((&seen["again"], &seen["nowhere"]), (&json!([60_203, 429]), &json!([60_200, 400])));
    let text = texts(&smsc, 1).await.remove(0);
    assert!(text.starts_with("Votre code") && text.contains(CODE), "{text}");
    // Sent and answered for: now nothing on disk knows it any more, sealed or not.
    let messages = flexio.rest.wait_all("/Messages.json", "messages", 1, &["delivered"]).await;
    assert!(messages[0]["body"].as_str().unwrap().contains("**********"), "{}", messages[0]);
    flexio.is_nowhere(CODE);
    let service = seen["service"].as_str().unwrap();
    let seen = sdk(&flexio, program, script, &["check", service, PERSON, CODE]).await;
    let expected = json!({
        "wrong": ["pending", false], "right": ["approved", true], "once": [20_404, 404],
        "attempt": ["sms", "converted", PERSON, "BE"], "belongs": [true, true, true], "others": [0, 0],
        "counted": [1, 1, 0], "attempts": ["converted"], "services": 1, "deleted": true,
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&seen[name], value, "{name} in {seen}");
    }
    assert!(seen["rate"].to_string().contains("100"), "{seen}");
    flexio.is_nowhere(CODE);
}

#[tokio::test]
async fn the_python_sdk_verifies_a_number() {
    an_sdk_verifies(&python(), "verify_python.py").await;
}

#[tokio::test]
async fn the_node_sdk_verifies_a_number() {
    an_sdk_verifies(Path::new("node"), "verify_node.mjs").await;
}

/// An app whose codes the SDK's program computes by itself.
async fn an_sdk_challenges_an_app(program: &Path, script: &str) {
    let flexio = Setup::default().start().await;
    let identity = "7d2f6c1e-someone";
    let seen = sdk(&flexio, program, script, &["totp", identity]).await;
    let expected = json!({
        "made": ["unverified", "totp", identity, {"os": "x"}],
        "before": [60_318, 403],
        "factor": ["unverified", "verified"],
        "challenges": ["pending", "approved"],
        "answered": true,
        "listed": ["approved", "pending"],
        "names": ["an@example.be"],
        "entities": [identity],
        "renamed": "pad",
        "guessed": [60_202, 429],
        "deleted": [true, true, true],
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&seen[name], value, "{name} in {seen}");
    }
    let secret = seen["secret"].as_str().unwrap();
    let uri = format!("otpauth://totp/Acme%20Bank:an%40example.be?secret={secret}&issuer=Acme%20Bank");
    assert_eq!(seen["uri"], uri);
    flexio.is_nowhere(secret);
}

#[tokio::test]
async fn the_python_sdk_challenges_an_app() {
    an_sdk_challenges_an_app(&python(), "verify_python.py").await;
}

#[tokio::test]
async fn the_node_sdk_challenges_an_app() {
    an_sdk_challenges_an_app(Path::new("node"), "verify_node.mjs").await;
}

#[tokio::test]
async fn both_sdks_see_templates_webhooks_senders_and_the_safe_list() {
    let flexio = Setup::default().start().await;
    let template = [
        ("FriendlyName", "orders"),
        ("Channels", "sms"),
        ("Translations", r#"{"nl":"{{code}} is uw code."}"#),
    ];
    let template = flexio.rest.post_at("/v2/Templates", &template).await.ok();
    let arguments = ["settings", template["sid"].as_str().unwrap(), PERSON];
    let python = python();
    for (program, script) in [(&*python, "verify_python.py"), (Path::new("node"), "verify_node.mjs")] {
        let seen = sdk(&flexio, program, script, &arguments).await;
        let expected = json!({
            "template": true,
            "templates": ["orders"],
            "translation": ["orders", ["sms"], "nl", true, "approved", "{{code}} is uw code."],
            "named": [1, 0],
            "hook": ["enabled", ["*"], "POST", "disabled"],
            "hooks": 1,
            "sender": ["BE", true],
            "senders": ["BE"],
            "safe": [PERSON, true],
            "deleted": [true, true, true],
            "gone": [20_404, 404],
        });
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(&seen[name], value, "{script} {name} in {seen}");
        }
    }
}

#[tokio::test]
async fn smart_2fa_sends_by_message_and_by_call_checks_and_charges_each_request_once() {
    let smsc = Smsc::start(50).await;
    let flexio = Setup::default().config(&smsc.route()).start().await;
    smsc.bound().await;
    let form = [
        ("service", "login"),
        ("from", "8640"),
        ("to", PERSON),
        ("body", "Acme: {code}"),
        ("codeLength", "10"),
    ];
    let sent = flexio.rest.post_at("/2fa/send", &form).await.ok();
    let id = sent["requestID"].as_str().unwrap();
    let text = texts(&smsc, 1).await.remove(0);
    let code = text.strip_prefix("Acme: ").expect("our own words");
    assert_eq!(code.len(), 10);
    let wrong = flexio.rest.post_at("/2fa/verify", &[("requestID", id), ("code", "0000")]).await;
    assert_eq!((wrong.status, &wrong.json()["attemptsLeft"]), (400, &json!(2)));
    let right = flexio.rest.post_at("/2fa/verify", &[("requestID", id), ("code", code)]).await.ok();
    assert_eq!(right["status"], "verified");
    flexio.is_nowhere(code);

    // The same by voice: the sandbox carrier answers, hears the digits, and the document that spoke them is not kept in clear.
    let number = flexio.rest.rent(&[]).await;
    let form = [
        ("service", "login"),
        ("from", &number),
        ("to", "+32470123456"),
        ("body", "{code}"),
        ("channel", "call"),
    ];
    let called = flexio.rest.post_at("/2fa/send", &form).await.ok();
    let record =
        flexio.rest.get_at(&format!("/2fa/search/{}", called["requestID"].as_str().unwrap())).await.ok();
    let call = record["data"]["callSid"].as_str().unwrap();
    let call = flexio
        .rest
        .wait_status(&format!("/Calls/{call}.json"), &["completed", "failed", "busy", "no-answer"])
        .await;
    assert_eq!(call["status"], "completed", "{call}");
    assert!(
        call["duration"].as_str().unwrap().parse::<u32>().unwrap() >= 6,
        "six digits with pauses: {call}"
    );

    let usage = flexio.rest.get_at("/2fa/usage/records").await.ok();
    assert_eq!(usage[0]["count"], 2, "two requests, whatever was checked: {usage}");
    let proof = flexio.prove().await;
    assert_eq!(
        (&proof["sum"], &proof["unbalanced"], &proof["unposted"]),
        (&json!("0.000000"), &json!(0), &json!(0)),
        "{proof}"
    );
}

/// What the call's document did so far.
async fn verbs(flexio: &Flexio, call: &Value) -> Vec<String> {
    let timeline = flexio.rest.timeline(call["sid"].as_str().unwrap()).await;
    let items = timeline["items"].as_array().unwrap().iter().filter(|item| item["kind"] == "verb");
    items
        .map(|item| item["fields"]["detail"].as_str().unwrap().split(' ').next().unwrap().to_owned())
        .collect()
}

/// What a call of a service that asks for a key did, verb by verb, until it ended by itself or, where a key is pressed, something was said.
async fn asked_for_a_key(flexio: &Flexio, service: &str, person: &str, presses: bool) -> Vec<String> {
    let of_person = person.replace('+', "%2B");
    let handset = format!("{NATIVE}/Handsets/{of_person}");
    flexio.rest.post_at(&format!("{handset}.json"), &[("Answering", "hand")]).await.ok();
    let form = [("To", person), ("Channel", "call"), ("CustomCode", CODE), ("Locale", "nl")];
    flexio.rest.post_at(&format!("/v2/Services/{service}/Verifications"), &form).await.ok();
    let ringing = eventually("the handset rings", || async {
        let calls = flexio.rest.get_at(&format!("{handset}/Calls.json")).await.ok();
        let call = &calls["calls"][0];
        let path = || format!("{handset}/Calls/{}.json", call["sid"].as_str().unwrap());
        (call["status"] == "ringing").then(path)
    })
    .await;
    flexio.rest.post_at(&ringing, &[("Action", "answer")]).await.ok();
    eventually("the call is over", || async {
        let calls = flexio.rest.get(&format!("/Calls.json?To={of_person}")).await;
        let call = calls["calls"][0].clone();
        let verbs = verbs(flexio, &call).await;
        if verbs.iter().filter(|verb| *verb == "Say").count() > 1 {
            flexio.rest.post_at(&ringing, &[("Action", "hang-up")]).await;
        } else if presses {
            // As somebody who is impatient; refused while the call is not up yet.
            flexio.rest.post_at(&ringing, &[("Digits", "5")]).await;
        }
        (call["status"] == "completed" && !verbs.is_empty()).then_some(verbs)
    })
    .await
}

#[tokio::test]
async fn a_call_that_asks_for_a_key_says_the_code_to_whoever_presses_one_and_to_nobody_else() {
    let flexio = Flexio::start().await;
    flexio.rest.rent(&[]).await;
    let form = [("FriendlyName", "Acme"), ("DtmfInputRequired", "true"), ("CustomCodeEnabled", "true")];
    let service = flexio.rest.post_at("/v2/Services", &form).await.ok();
    let service = service["sid"].as_str().unwrap();
    let (machine, person) = ("+32470444441", "+32470555552");
    let (unsaid, said) = tokio::join!(
        asked_for_a_key(&flexio, service, machine, false),
        asked_for_a_key(&flexio, service, person, true),
    );
    assert_eq!(unsaid, ["Pause", "Gather"], "an answering machine hears no code");
    assert_eq!((&said[..2], &*said[2]), (&unsaid[..], "Say"), "{said:?}");
    // Nobody heard it there, and it is right all the same for whoever learns it by another channel.
    for to in [person, machine] {
        let form = [("To", to), ("Code", CODE)];
        let checked = flexio.rest.post_at(&format!("/v2/Services/{service}/VerificationCheck"), &form).await;
        assert_eq!(checked.ok()["status"], "approved");
    }
    flexio.is_nowhere(CODE);
}
