//! Pictures and files of messages: with Twilio's own SDKs, through a carrier of texts, and between two numbers of the platform.

use std::path::Path;

use flexio_e2e::flexio::{Flexio, Setup};
use flexio_e2e::programs::{peer, python, run};
use flexio_e2e::rest::Rest;
use flexio_e2e::smsc::Smsc;
use flexio_e2e::web::{Reply, Web};
use serde_json::{Value, json};

const PERSON: &str = "+32470111222";
const PICTURE: &str = "GIF89a of a table";

async fn world() -> (Smsc, Flexio, Web) {
    let (smsc, web) = (Smsc::start(20).await, Web::start().await);
    let flexio = Setup::default().config(&smsc.route()).start().await;
    smsc.bound().await;
    web.answer("/table.gif", Reply::Body(200, "text/plain", PICTURE.into()));
    web.answer("/table.gif-not", Reply::Body(404, "text/plain", "no".into()));
    (smsc, flexio, web)
}

/// The file behind an absolute address, as somebody without credentials gets it.
async fn opened(url: &str) -> (u16, String) {
    let at = url.find("/m/").or_else(|| url.find("/2010-04-01/")).expect("an address of ours");
    let answer = Rest::new(&url[..at], "", "").get_at(&url[at..]).await;
    (answer.status, answer.text())
}

async fn an_sdk_sends_pictures(program: &Path, script: &str) {
    let (smsc, flexio, web) = world().await;
    let script = peer(script).display().to_string();
    let environment =
        [("BASE", flexio.rest.base.as_str()), ("SID", &flexio.rest.account), ("TOKEN", &flexio.rest.token)];
    let arguments = [script.as_str(), "8640", PERSON, &web.url("/table.gif")];
    let output = run(program, &arguments, &environment).await;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    let seen: Value = serde_json::from_str(&said).unwrap();
    let body = seen["sent"][1].as_str().unwrap();
    let expected = json!({
        "sent": ["2", body], "listed": ["image/gif", true, "ME", true], "fetched": true, "deleted": true, "left": 1,
        "gone": [20_404, 404], "missing": [20_520, 400],
    });
    assert_eq!(seen, expected);
    let is_whole = |events: &[Value]| {
        let parts = events.iter().filter(|event| event["event"] == "submit");
        let text: String = parts.filter_map(|event| event["text"].as_str()).collect();
        (text == body).then_some(())
    };
    smsc.wait("the text with its links", is_whole).await;
    let links: Vec<&str> = body.lines().skip(1).collect();
    let mut found = [opened(links[0]).await, opened(links[1]).await];
    found.sort();
    assert_eq!((found[0].clone(), found[1].0), ((200, PICTURE.to_owned()), 404), "one was deleted");
}

#[tokio::test]
async fn the_python_sdk_sends_pictures() {
    an_sdk_sends_pictures(&python(), "media_python.py").await;
}

#[tokio::test]
async fn the_node_sdk_sends_pictures() {
    an_sdk_sends_pictures(Path::new("node"), "media_node.mjs").await;
}

#[tokio::test]
async fn a_picture_reaches_the_application_of_another_number_and_one_comes_back() {
    let (smsc, flexio, web) = world().await;
    let reply = format!("<Message><Body>Yours</Body><Media>{}</Media></Message>", web.url("/table.gif"));
    web.verbs("/sms", &reply);
    let ours = flexio.rest.rent(&[]).await;
    let theirs = flexio.rest.rent(&[("SmsUrl", &web.url("/sms"))]).await;
    let form = [("From", ours.as_str()), ("To", &theirs), ("MediaUrl", &web.url("/table.gif"))];
    let sent = flexio.rest.post("/Messages.json", &form).await;
    assert_eq!((&sent["num_media"], &sent["body"]), (&json!("1"), &json!("")), "nothing but the picture");
    let asked = web.first("/sms").await;
    assert_eq!((asked.param("NumMedia"), asked.param("MediaContentType0")), ("1", "image/gif"));
    assert_eq!(asked.param("Body"), "");
    let url = asked.param("MediaUrl0");
    assert_eq!(opened(url).await.0, 401, "it is the account's");
    let place = &url[url.find("/2010-04-01/").unwrap()..];
    let file = flexio.rest.get_at(place).await;
    assert_eq!((file.status, file.text()), (200, PICTURE.to_owned()));
    let rows = flexio.rest.wait_all("/Messages.json", "messages", 4, &["received", "delivered"]).await;
    let back = rows.iter().find(|row| row["direction"] == "inbound" && row["body"] == "Yours").unwrap();
    assert_eq!((&back["num_media"], &back["to"]), (&json!("1"), &json!(ours)));
    assert_eq!(smsc.submits().len(), 0, "nothing of it left the platform");
}
