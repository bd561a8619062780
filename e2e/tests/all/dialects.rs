//! One resource, seen through both APIs and both formats.

use std::collections::BTreeMap;

use flexio_e2e::flexio::Flexio;
use flexio_e2e::rest::OVER;
use flexio_e2e::sipp::Sipp;
use flexio_e2e::web::Web;
use quick_xml::Reader;
use quick_xml::events::Event;

/// Elements with text only, by their path: `RestcommResponse/Call/Sid`. The document must be well-formed.
fn leaves(xml: &str) -> BTreeMap<String, String> {
    let mut reader = Reader::from_str(xml);
    let (mut path, mut found) = (Vec::new(), BTreeMap::new());
    loop {
        match reader.read_event().unwrap_or_else(|error| panic!("{error}: {xml}")) {
            Event::Start(tag) => path.push(tag.name().as_ref().to_owned()),
            Event::End(_) => drop(path.pop()),
            Event::Text(text) => {
                let entry: &mut String = found.entry(path.join("/")).or_default();
                entry.push_str(&text);
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert!(path.is_empty(), "{xml}");
    found
}

#[tokio::test]
async fn the_same_call_is_seen_in_both_apis_in_xml_and_json() {
    let (flexio, web) = (Flexio::start().await, Web::start().await);
    web.verbs("/voice", r#"<Gather timeout="1"/><Hangup/>"#);
    let number = flexio.rest.rent(&[("VoiceUrl", &web.url("/voice"))]).await;
    Sipp::new("listener").calls(flexio.sip, &number).succeed().await;
    let rest = &flexio.rest;
    let call = rest.wait_all("/Calls.json", "calls", 1, OVER).await.remove(0);
    let sid = call["sid"].as_str().unwrap();

    let json = rest.get_at(&rest.native(&format!("/Calls/{sid}.json"))).await;
    assert_eq!(json.headers["content-type"], "application/json");
    let native = json.ok();
    let answer = rest.get_at(&rest.native(&format!("/Calls/{sid}"))).await;
    assert_eq!((answer.status, answer.headers["content-type"].as_str()), (200, "application/xml"));
    let xml = leaves(&answer.text());
    for (name, element) in [
        ("sid", "Sid"),
        ("from", "From"),
        ("to", "To"),
        ("status", "Status"),
        ("duration", "Duration"),
        ("direction", "Direction"),
    ] {
        assert_eq!(native[name], call[name], "{name}");
        assert_eq!(
            xml[&format!("RestcommResponse/Call/{element}")],
            call[name].as_str().unwrap(),
            "{element}"
        );
    }
    assert_eq!(
        (call["api_version"].as_str(), native["api_version"].as_str()),
        (Some("2010-04-01"), Some("2012-04-24"))
    );
    assert_eq!(call["uri"], format!("/2010-04-01/Accounts/{}/Calls/{sid}.json", rest.account));
    assert_eq!(native["uri"], format!("/restcomm/2012-04-24/Accounts/{}/Calls/{sid}.json", rest.account));

    let list = leaves(&rest.get_at(&rest.native("/Calls")).await.text());
    assert_eq!(list["RestcommResponse/Calls/Call/Sid"], sid);
    let list = rest.get_at(&rest.native("/Calls.json")).await.ok();
    assert_eq!((list["calls"][0]["sid"].as_str(), list["total"].as_u64()), (Some(sid), Some(1)), "{list}");
}

#[tokio::test]
async fn what_is_made_through_one_api_is_read_through_the_other() {
    let flexio = Flexio::start().await;
    let rest = &flexio.rest;
    let number = rest.rent(&[]).await;
    let form = [("From", number.as_str()), ("To", "+32470111222"), ("Body", "Grüße <&> \"vous\"")];
    let made = rest.post_at(&rest.native("/SMS/Messages"), &form).await;
    assert_eq!(made.status, 200, "the classic API answers 200 to a creation");
    let made = leaves(&made.text());
    let sid = &made["RestcommResponse/SMSMessage/Sid"];
    let seen = rest.get(&format!("/Messages/{sid}.json")).await;
    assert_eq!(seen["body"], form[2].1);

    let made = rest
        .post_at(
            &rest.path("/Applications.json"),
            &[("FriendlyName", "Both"), ("VoiceUrl", "http://127.0.0.1:1/")],
        )
        .await;
    assert_eq!(made.status, 201, "the Twilio-compatible API answers 201");
    let sid = made.json()["sid"].as_str().unwrap().to_owned();
    let seen = leaves(&rest.get_at(&rest.native(&format!("/Applications/{sid}"))).await.text());
    assert_eq!(seen["RestcommResponse/Application/FriendlyName"], "Both");
}

#[tokio::test]
async fn a_replayed_creation_is_one_resource_and_a_changed_one_is_refused() {
    let flexio = Flexio::start().await;
    let rest = &flexio.rest;
    let number = rest.rent(&[]).await;
    let form = [("From", number.as_str()), ("To", "+32470111222"), ("Body", "once")];
    let key = [("Idempotency-Key", "one-of-a-kind")];
    let path = rest.path("/Messages.json");
    let first = rest.try_post(&path, &form, &key).await.unwrap();
    let again = rest.try_post(&path, &form, &key).await.unwrap();
    assert_eq!((first.status, again.status, &first.json()["sid"]), (201, 201, &again.json()["sid"]));
    assert_eq!(again.headers["idempotent-replayed"], "true");
    let other = rest.try_post(&path, &[form[0], form[1], ("Body", "twice")], &key).await.unwrap();
    assert_eq!((other.status, other.code()), (422, 20_423));
    assert_eq!(rest.get("/Messages.json").await["messages"].as_array().unwrap().len(), 1);
}
