//! Handsets of the sandbox: the test of docs/testing-with-flexio.md as it stands there, and the command line.

use std::path::Path;
use std::process::Stdio;

use flexio_e2e::flexio::{Flexio, binary};
use flexio_e2e::programs::{peer, root, run};
use flexio_e2e::rest::NATIVE;
use flexio_e2e::web::Web;
use flexio_e2e::{PATIENCE, eventually};
use serde_json::Value;

const HANDSET: &str = "+32470123456";

#[tokio::test]
async fn the_documented_test_on_twilios_sdk_passes() {
    let flexio = Flexio::start().await;
    let page = std::fs::read_to_string(root().join("docs/testing-with-flexio.md")).unwrap();
    let (_, rest) = page.split_once("```js\n").expect("the page has a program");
    let (program, _) = rest.split_once("```").expect("which ends");
    let mut command = tokio::process::Command::new("node");
    command.args(["--input-type=module", "--eval", program]).current_dir(peer(""));
    command.env("BASE", &flexio.rest.base).env("SID", &flexio.rest.account).env("TOKEN", &flexio.rest.token);
    let ended = command.stdin(Stdio::null()).kill_on_drop(true).output();
    let output = tokio::time::timeout(PATIENCE * 2, ended).await.expect("it ends").unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(said.trim(), "everything is as it should be");
}

async fn handset(flexio: &Flexio, arguments: &[&str]) -> Result<Value, String> {
    let environment = [
        ("FLEXIO_URL", flexio.rest.base.as_str()),
        ("FLEXIO_ACCOUNT_SID", &flexio.rest.account),
        ("FLEXIO_AUTH_TOKEN", &flexio.rest.token),
    ];
    let arguments: Vec<&str> = ["handset", "--json", HANDSET].iter().chain(arguments).copied().collect();
    let output = run(Path::new(&binary()), &arguments, &environment).await;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    Ok(serde_json::from_slice(&output.stdout).unwrap())
}

#[tokio::test]
async fn a_long_text_is_whole_and_a_declined_call_is_busy_from_the_command_line() {
    let (flexio, web) = (Flexio::start().await, Web::start().await);
    web.verbs("/voice", r#"<Pause length="60"/>"#);
    let number = flexio.rest.rent(&[("VoiceUrl", &web.url("/voice"))]).await;
    let text = "Île flottante, €12. ".repeat(20);
    let form = [("From", number.as_str()), ("To", HANDSET), ("Body", &text)];
    flexio.rest.post("/Messages.json", &form).await;
    let messages = handset(&flexio, &["messages", "--wait-s", "30"]).await.unwrap();
    assert_eq!(
        (&messages[0]["from"], &messages[0]["body"]),
        (&number.as_str().into(), &text.as_str().into())
    );

    handset(&flexio, &["answering", "hand"]).await.unwrap();
    assert!(handset(&flexio, &["answer"]).await.unwrap_err().contains("has no call"));
    let form = [("From", number.as_str()), ("To", HANDSET), ("Url", &web.url("/voice"))];
    let call = flexio.rest.post("/Calls.json", &form).await;
    eventually("it rings and is declined", || async { handset(&flexio, &["decline"]).await.ok() }).await;
    flexio.rest.wait_status(&format!("/Calls/{}.json", call["sid"].as_str().unwrap()), &["busy"]).await;
    let calls = handset(&flexio, &["calls"]).await.unwrap();
    assert_eq!((&calls[0]["status"], &calls[0]["from"]), (&"busy".into(), &number.as_str().into()));
}

#[tokio::test]
async fn what_a_handset_says_and_presses_is_heard() {
    let (flexio, web) = (Flexio::start().await, Web::start().await);
    web.verbs("/voice", r#"<Record action="/done" maxLength="3" timeout="10" playBeep="false"/>"#);
    web.verbs("/done", r#"<Gather numDigits="2" timeout="20" action="/keys"/>"#);
    web.verbs("/keys", "<Hangup/>");
    let number = flexio.rest.rent(&[("VoiceUrl", &web.url("/voice"))]).await;
    let call = handset(&flexio, &["dial", &number]).await.unwrap();
    assert_eq!((&call["direction"], &call["to"]), (&"outgoing".into(), &number.as_str().into()));
    eventually("it says something", || async {
        handset(&flexio, &["say", "A table for two people this evening, please."]).await.ok()
    })
    .await;
    let done = web.first("/done").await;
    assert!(done.param("RecordingDuration").parse::<u32>().unwrap() >= 1, "{:?}", done.params);
    handset(&flexio, &["keys", "42"]).await.unwrap();
    assert_eq!(web.first("/keys").await.param("Digits"), "42");
    eventually("the platform has hung up", || async {
        let calls = handset(&flexio, &["calls"]).await.unwrap();
        (calls[0]["status"] == "completed" && calls[0]["date_ended"].is_string()).then_some(())
    })
    .await;
    let all = flexio.rest.get_at(&format!("{NATIVE}/Handsets.json")).await.ok();
    assert_eq!(all["handsets"][0]["phone_number"], HANDSET);
}
