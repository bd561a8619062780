//! What differs between the dialects, and what surrounds every answer.

use http::Request;
use insta::assert_snapshot;

use super::world::World;
use crate::ask::Shown;
use crate::dialect::{Face, Format};
use crate::operation::{Shows, TABLE};
use crate::write::Writer;

fn rendered(id: &str, element: &str, face: Face, format: Format) -> String {
    let operation = TABLE.iter().find(|entry| entry.operation.id == id).unwrap().operation;
    let (Shows::One(sample) | Shows::Many(sample)) = operation.shows else { panic!("{id} shows nothing") };
    let shown = Shown { face, format, base: "https://cpaas.test", native_prices: false, fresh: false };
    Writer::new(face, format)
        .root(element, |w| sample(w, &shown))
        .replace("00000000000000000000000000000001", "…1")
}

#[test]
fn a_message_in_classic_xml() {
    assert_snapshot!(rendered("messages.fetch", "SMSMessage", Face::Native, Format::Xml));
}

#[test]
fn a_message_in_classic_json() {
    assert_snapshot!(rendered("messages.fetch", "SMSMessage", Face::Native, Format::Json));
}

#[test]
fn a_message_in_twilios_json() {
    assert_snapshot!(rendered("messages.fetch", "Message", Face::Twilio, Format::Json));
}

#[test]
fn a_call_in_classic_xml() {
    assert_snapshot!(rendered("calls.fetch", "Call", Face::Native, Format::Xml));
}

#[test]
fn a_call_in_twilios_json() {
    assert_snapshot!(rendered("calls.fetch", "Call", Face::Twilio, Format::Json));
}

#[tokio::test]
async fn what_is_made_through_one_dialect_is_read_through_the_other() {
    let world = World::new().await;
    let sid = world.message(&world.child).await;
    let account = world.child.sid();
    for path in [
        format!("/2010-04-01/Accounts/{account}/Messages/{sid}.json"),
        format!("/2010-04-01/Accounts/{account}/SMS/Messages/{sid}.json"),
        format!("/restcomm/2012-04-24/Accounts/{account}/SMS/Messages/{sid}.json"),
        format!("/restcomm/2012-04-24/Accounts/{account}/SMS/Messages.json/{sid}"),
        format!("/api/2012-04-24/Accounts.json/{account}/Messages/{sid}"),
        format!("/2012-04-24/Accounts/{account}/SMS/Messages/{sid}.json"),
    ] {
        let message = world.get(&world.child, &path).await.ok();
        assert_eq!((message.text("sid"), message.text("body")), (sid.clone(), "Hallo".to_owned()), "{path}");
    }
    let accept = Request::get(format!("/2012-04-24/Accounts/{account}/SMS/Messages/{sid}"))
        .header("accept", "application/json");
    let json = world.send(accept, Some(world.child.credentials()), "").await.ok();
    assert_eq!(json.text("uri"), format!("/restcomm/2012-04-24/Accounts/{account}/SMS/Messages/{sid}.json"));
    let xml = world.get(&world.child, &format!("/2010-04-01/Accounts/{account}/Messages/{sid}")).await.ok();
    assert!(xml.body.starts_with("<TwilioResponse><Message><Sid>SM"), "{}", xml.body);
}

#[tokio::test]
async fn creating_answers_201_in_one_dialect_and_200_in_the_other() {
    let world = World::new().await;
    let account = world.child.sid();
    let form = [("From", "8640"), ("To", "+32470123456"), ("Body", "Hallo")];
    let twilio =
        world.post(&world.child, &format!("/2010-04-01/Accounts/{account}/Messages.json"), &form).await;
    assert_eq!((twilio.status, twilio.text("status")), (201, "queued".to_owned()));
    let native = format!("/restcomm/2012-04-24/Accounts/{account}/SMS/Messages.json");
    let native = world.post(&world.child, &native, &form).await;
    assert_eq!((native.status, native.text("status")), (200, "sending".to_owned()));
    let caller = format!("/2010-04-01/Accounts/{account}/OutgoingCallerIds.json");
    let caller = world.post(&world.child, &caller, &[("PhoneNumber", "+3222268888")]).await;
    assert_eq!(caller.status, 200);
}

#[tokio::test]
async fn refusals_have_the_form_of_their_dialect() {
    let world = World::new().await;
    let account = world.root.sid();
    let body = async |path: String| world.get(&world.root, &path).await.body;
    let unknown = "Calls/CA00000000000000000000000000000000";
    assert_eq!(
        body(format!("/2010-04-01/Accounts/{account}/{unknown}.json")).await,
        r#"{"code":20404,"message":"There is no such resource.","more_info":"http://127.0.0.1:8080/errors/20404","status":404}"#
    );
    assert_eq!(
        body(format!("/2010-04-01/Accounts/{account}/{unknown}")).await,
        "<TwilioResponse><RestException><Code>20404</Code><Message>There is no such resource.</Message>\
         <MoreInfo>http://127.0.0.1:8080/errors/20404</MoreInfo><Status>404</Status></RestException></TwilioResponse>"
    );
    assert_eq!(
        body(format!("/2012-04-24/Accounts/{account}/{unknown}")).await,
        "<RestcommResponse><Code>20404</Code><Message>There is no such resource.</Message>\
         <MoreInfo>http://127.0.0.1:8080/errors/20404</MoreInfo><Status>404</Status></RestcommResponse>"
    );
}

#[tokio::test]
async fn unbuilt_paths_are_not_found_and_wrong_methods_are_named() {
    let world = World::new().await;
    let account = world.root.sid();
    for path in ["Addresses.json", "Calls/CA1/Payments.json", "Nothing.json", "usage/records.json"] {
        let reply = world.get(&world.root, &format!("/2010-04-01/Accounts/{account}/{path}")).await;
        assert_eq!(reply.refused(), (404, 20_404), "{path}");
    }
    let reply = world.delete(&world.root, &format!("/2010-04-01/Accounts/{account}.json")).await;
    assert_eq!((reply.refused(), reply.header("allow")), ((405, 20_004), "GET, POST"));
    let put = Request::put(format!("/2010-04-01/Accounts/{account}.json"));
    assert_eq!(world.send(put, Some(world.root.credentials()), "").await.status, 405);
    let put = Request::put(format!("/restcomm/2012-04-24/Accounts/{account}.json"));
    let renamed = world.send(put, Some(world.root.credentials()), "FriendlyName=Acme").await.ok();
    assert_eq!(renamed.text("friendly_name"), "Acme");
}

#[tokio::test]
async fn every_answer_carries_its_id_and_its_guards() {
    let world = World::new().await;
    for path in ["/2010-04-01/Accounts.json", "/2010-04-01/x", "/nothing", "/recordings/x.wav"] {
        let reply = world.send(Request::get(path), None, "").await;
        let id = reply.header("x-request-id");
        assert!(id.starts_with("RQ") && id.len() == 34, "{path}");
        assert_eq!(reply.header("twilio-request-id"), id);
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
        assert_eq!(reply.header("access-control-allow-origin"), "*");
        assert_eq!(reply.header("cache-control"), "no-store");
    }
    let preflight = world.send(Request::options("/2010-04-01/Accounts.json"), None, "").await;
    assert_eq!(preflight.status, 204);
    assert!(preflight.header("access-control-allow-headers").contains("Idempotency-Key"));
}

#[tokio::test]
async fn what_needs_no_sign_in_needs_none() {
    let world = World::new().await;
    let get = async |path: &str| world.send(Request::get(path), None, "").await;
    assert_eq!(get("/health/live").await.json()["status"], "live");
    assert_eq!(get("/health/ready").await.json()["status"], "ready");
    assert_eq!(get("/metrics").await.body, "metric 1\n");
    assert_eq!(get("/openapi.json").await.json()["openapi"], "3.1.0");
    assert!(get("/errors/21211").await.body.contains("<h1>21211 To invalid</h1>"));
    assert!(get("/notifications").await.body.contains("<h2 id=\"11205\">11205</h2>"));
    for path in ["/errors/1", "/errors/x", "/errors/99999999999"] {
        assert_eq!(get(path).await.status, 404, "{path}");
    }
}
