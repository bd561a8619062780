//! Messages through both dialects.

use flexio_domain::*;
use flexio_store::Change;
use http::Request;
use serde_json::json;

use crate::tests::world::{LOCAL, MOBILE, PICTURE, Reply, World};

async fn twilio(world: &World, form: &[(&str, &str)]) -> Reply {
    let path = format!("/2010-04-01/Accounts/{}/Messages.json", world.child.sid());
    world.post(&world.child, &path, form).await
}

async fn native(world: &World, form: &[(&str, &str)]) -> Reply {
    let path = format!("/restcomm/2012-04-24/Accounts/{}/SMS/Messages.json", world.child.sid());
    world.post(&world.child, &path, form).await
}

#[tokio::test]
async fn each_fault_has_its_code() {
    let world = World::new().await;
    let long = "x".repeat(1_601);
    let fine = [("From", "8640"), ("To", "+32470123456"), ("Body", "Hallo")];
    let with = |name: &'static str, value: &str| {
        let mut form: Vec<(&str, String)> = fine.iter().map(|(n, v)| (*n, (*v).to_owned())).collect();
        form.retain(|(have, _)| *have != name);
        form.push((name, value.to_owned()));
        form
    };
    for (form, code) in [
        (with("To", ""), 21_604),
        (with("From", ""), 21_603),
        (with("Body", ""), 21_602),
        (with("Body", &long), 21_617),
        (with("To", "yes"), 21_614),
        (with("To", "+"), 21_211),
        (with("To", "+3222268888"), 21_614),
        (with("To", "+32490"), 21_211),
        (with("To", "+12025550123"), 21_215),
        (with("To", "8640"), 21_266),
        (with("From", "+3225550101"), 21_606),
        (with("From", "client:alice"), 21_606),
        (with("From", "Acme"), 21_606),
        (with("MediaUrl", "https://a.test/x.png"), 20_520),
        (with("MediaUrl", "https://a.test/large.gif"), 20_521),
        (with("MediaUrl", "https://a.test/page.html"), 20_522),
        (with("MediaUrl", "file:///etc/passwd"), 21_620),
        (with("MediaUrl", "https://user:password@a.test/table.gif"), 21_620),
        (with("StatusCallback", "ftp://a.test/"), 21_502),
        (with("StatusCallback", "https://a.test/\r\nX: y"), 21_502),
        (with("StatusCallbackEvent", "delivered read"), 20_001),
        (with("StatusCallbackEvent", "accepted"), 20_001),
        (with("ApplicationSid", "AP00000000000000000000000000000000"), 21_218),
        (with("ValidityPeriod", "0"), 20_001),
        (with("MaxPrice", "cheap"), 20_001),
        (with("SendAt", "2026-11-30T00:00:00Z"), 20_001),
        (with("MessagingServiceSid", "MG1"), 21_701),
    ] {
        let pairs: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let reply = twilio(&world, &pairs).await;
        let status = if code == 21_701 { 404 } else { 400 };
        assert_eq!((reply.status, reply.json()["code"].as_u64()), (status, Some(code)), "{pairs:?}");
    }
}

#[tokio::test]
async fn the_classic_api_falls_back_to_the_shared_sender_until_an_account_can_send() {
    let world = World::new().await;
    let form = [("From", "+32499999999"), ("To", "+32470123456"), ("Body", "Hallo")];
    assert_eq!(native(&world, &form).await.ok().text("from"), "8640");
    assert_eq!(twilio(&world, &form).await.refused(), (400, 21_606));
    world.rent(&world.child, MOBILE).await;
    assert_eq!(native(&world, &form).await.refused(), (400, 21_606));
    let own = [("From", MOBILE), ("To", "+32470123456"), ("Body", "Hallo")];
    assert_eq!(native(&world, &own).await.ok().text("from"), MOBILE);
    let toll_free = "+3280012101";
    world.rent(&world.child, toll_free).await;
    let mute = [("From", toll_free), ("To", "+32470123456"), ("Body", "Hallo")];
    assert_eq!(twilio(&world, &mute).await.refused(), (400, 21_606));
}

#[tokio::test]
async fn a_number_of_the_platform_receives_on_net_whatever_its_class() {
    let world = World::new().await;
    world.rent(&world.sibling, LOCAL).await;
    twilio(&world, &[("From", "8640"), ("To", LOCAL), ("Body", "Hallo")]).await.ok();
}

#[tokio::test]
async fn a_dry_run_prices_and_sends_nothing() {
    let world = World::new().await;
    let body = "é€".repeat(60);
    let form = [("From", "8640"), ("To", "+32470123456"), ("Body", body.as_str()), ("DryRun", "True")];
    let preview = native(&world, &form).await.ok().json();
    assert_eq!(preview["num_segments"], "2");
    assert_eq!((&preview["encoding"], &preview["price"]), (&"GSM-7".into(), &"-0.19000".into()));
    let list = format!("/2010-04-01/Accounts/{}/Messages.json", world.child.sid());
    assert_eq!(world.get(&world.child, &list).await.json()["messages"].as_array().map(Vec::len), Some(0));
}

#[tokio::test]
async fn what_is_asked_for_is_for_its_tag_and_the_key_it_is_asked_with() {
    let world = World::new().await;
    let child = &world.child.account;
    let (key, secret) = world.app.create_key(child, Some("billing"), &|_| None).await.unwrap();
    let form = [("From", "8640"), ("To", "+32470123456"), ("Body", "Hallo"), ("Tag", " support ")];
    let path = format!("/2010-04-01/Accounts/{}/Messages.json", child.sid);
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let made = world.send(Request::post(path), Some((key.sid.to_string(), secret)), &body).await.ok();
    let sid = made.text("sid").parse().unwrap();
    let kept = world.store().message(child.sid, sid).await.unwrap().unwrap();
    let labels = *kept.labels.unwrap();
    assert_eq!((labels.key_sid, labels.tag.as_deref()), (Some(key.sid), Some("support")));
    let long = "x".repeat(65);
    let refused = twilio(&world, &[form[0], form[1], form[2], ("Tag", &long)]).await.refused();
    assert_eq!(refused, (400, 20_001));
    let event = UsageEvent { labels, ..flexio_store::contract::usage(child.sid, "CA1:leg") };
    world.store().commit(flexio_store::Change::AddUsage(event).into()).await.unwrap();
    let path = format!("/2010-04-01/Accounts/{}/Usage/Breakdown.json", child.sid);
    let asked = format!("{path}?By=tag&StartDate=2026-11-01&EndDate=2026-11-30");
    let shown = world.get(&world.child, &asked).await.ok().json();
    let row = &shown["rows"][0];
    assert_eq!(
        (&row["value"], &row["billed"], &row["price"]),
        (&json!("support"), &json!(61), &json!("0.096583"))
    );
    let unknown = format!("{path}?By=colour");
    assert_eq!(world.get(&world.child, &unknown).await.refused().0, 400);
}

#[tokio::test]
async fn requests_of_programs_are_counted_for_the_account_and_the_key() {
    let world = World::new().await;
    let child = &world.child.account;
    let (key, secret) = world.app.create_key(child, Some("billing"), &|_| None).await.unwrap();
    let path = format!("/2010-04-01/Accounts/{}/Messages.json", child.sid);
    for _ in 0..3 {
        let login = Some((key.sid.to_string(), secret.clone()));
        assert_eq!(world.send(Request::get(path.as_str()), login, "").await.status, 200);
    }
    let login = Some((key.sid.to_string(), "wrong".to_owned()));
    assert_eq!(world.send(Request::get(path.as_str()), login, "").await.status, 401);
    assert_eq!(world.get(&world.child, &path).await.status, 200);
    assert_eq!(world.app.save_api_requests().await.unwrap(), 2, "with the key, and with the token");
    assert_eq!(world.app.save_api_requests().await.unwrap(), 0);
    let events = world.store().usage_events(child.sid, &<_>::default(), 10).await.unwrap();
    let mut counts: Vec<_> =
        events.iter().map(|it| (it.quantity, it.labels.key_sid, it.item.as_str())).collect();
    counts.sort_unstable();
    assert_eq!(counts, [(1, None, "free"), (3, Some(key.sid), "free")]);
    assert!(events.iter().all(|event| event.kind == UsageKind::Api && event.amount == Money::ZERO));
}

#[tokio::test]
async fn a_message_dearer_than_allowed_fails_and_says_so() {
    let world = World::new().await;
    let form = [
        ("From", "8640"),
        ("To", "+32470123456"),
        ("Body", "Hallo"),
        ("MaxPrice", "0.05"),
        ("StatusCallback", "https://a.test/dlr"),
    ];
    let message = twilio(&world, &form).await.ok();
    assert_eq!(
        (message.text("status"), message.json()["error_code"].as_u64()),
        ("failed".to_owned(), Some(30_010))
    );
    let told = world.store().callbacks_about(world.child.account.sid, &message.text("sid")).await.unwrap();
    assert!(told[0].params.contains(&("MessageStatus".to_owned(), "failed".to_owned())));
}

#[tokio::test]
async fn the_json_messages_of_the_classic_api_name_their_channel() {
    let world = World::new().await;
    let path = format!("/api/2012-04-24/Accounts/{}/Messages", world.child.sid());
    let body = r#"{"from":"sms:8640","to":"sms:+32470123456","body":"Hallo"}"#;
    let request =
        Request::post(&path).header("content-type", "application/json").header("accept", "application/json");
    let message = world.send(request, Some(world.child.credentials()), body).await.ok();
    assert_eq!((message.text("from"), message.text("to")), ("8640".to_owned(), "+32470123456".to_owned()));
    let form = Request::post(format!("/2010-04-01/Accounts/{}/Messages.json", world.child.sid()))
        .header("content-type", "application/json");
    let refused = world.send(form, Some(world.child.credentials()), body).await;
    assert_eq!(refused.refused(), (400, 20_426));
}

#[tokio::test]
async fn a_message_can_be_withdrawn_before_and_emptied_after_it_leaves() {
    let world = World::new().await;
    let form = [
        ("From", "8640"),
        ("To", "+32470123456"),
        ("Body", "Hallo"),
        ("StatusCallback", "https://a.test/dlr"),
    ];
    let sid = twilio(&world, &form).await.ok().text("sid");
    let path = format!("/2010-04-01/Accounts/{}/Messages/{sid}.json", world.child.sid());
    assert_eq!(world.post(&world.child, &path, &[("Body", "")]).await.refused(), (409, 30_409));
    assert_eq!(world.delete(&world.child, &path).await.refused(), (409, 30_409));
    assert_eq!(world.post(&world.child, &path, &[("Body", "other")]).await.refused(), (400, 20_001));
    let canceled = world.post(&world.child, &path, &[("Status", "canceled")]).await.ok();
    assert_eq!(canceled.text("status"), "canceled");
    assert_eq!(world.post(&world.child, &path, &[("Status", "canceled")]).await.refused(), (409, 30_409));
    assert_eq!(world.post(&world.child, &path, &[("Body", "")]).await.ok().text("body"), "");
    assert_eq!(world.get(&world.child, &path).await.ok().text("body"), "");
    assert_eq!(world.delete(&world.child, &path).await.status, 204);
    assert_eq!(world.get(&world.child, &path).await.status, 404);
}

#[tokio::test]
async fn an_undelivered_message_shows_why_in_each_form() {
    let world = World::new().await;
    let sid: MessageSid = world.message(&world.child).await.parse().unwrap();
    let mut message = world.app.message(world.child.account.sid, sid).await.unwrap();
    message.status = MessageStatus::Undelivered;
    message.error = Some(ErrorCode::UnknownHandset);
    message.price = Some(Money::from_micros(95_000));
    world.store().commit(Change::UpdateMessage(message).into()).await.unwrap();
    let account = world.child.sid();
    let shown = world.get(&world.child, &format!("/2010-04-01/Accounts/{account}/Messages/{sid}.json")).await;
    let shown = shown.ok().json();
    assert_eq!(shown["error_code"], 30_005);
    assert_eq!((&shown["price"], &shown["price_unit"]), (&"-0.09500".into(), &"EUR".into()));
    let native = world.get(&world.child, &format!("/2012-04-24/Accounts/{account}/SMS/Messages/{sid}")).await;
    assert!(native.body.contains("<Error><ErrorCode>30005</ErrorCode>"), "{}", native.body);
    assert!(!native.body.contains("<Price>"));
}

#[tokio::test]
async fn what_is_reported_of_messages_counts_where_codes_are_watched() {
    let world = World::new().await;
    let mark = |name: &str| format!("{name}:+32470123");
    let count = async |name: &str| {
        let (account, mark) = (world.child.account.sid, mark(name));
        world.store().count_marks(account, &mark, Timestamp::UNIX_EPOCH).await.unwrap()
    };
    let form = [("From", "8640"), ("To", "+32470123456"), ("Body", "4711"), ("ProvideFeedback", "true")];
    let sent = twilio(&world, &form).await.ok().text("sid");
    assert_eq!((count("block").await, count("verified").await), (1, 0));
    let path = |sid: &str| format!("/2010-04-01/Accounts/{}/Messages/{sid}/Feedback.json", world.child.sid());
    let confirmed = world.post(&world.child, &path(&sent), &[("Outcome", "confirmed")]).await;
    assert_eq!(confirmed.status, 200, "it is not a creation");
    assert_eq!(
        (confirmed.text("outcome"), confirmed.text("message_sid")),
        ("confirmed".to_owned(), sent.clone())
    );
    assert_eq!(confirmed.text("uri"), path(&sent));
    world.post(&world.child, &path(&sent), &[]).await.ok();
    assert_eq!((count("block").await, count("verified").await), (1, 1), "counted once");
    let changed = world.post(&world.child, &path(&sent), &[("Outcome", "unconfirmed")]).await.ok();
    assert_eq!(changed.text("outcome"), "unconfirmed");
    let bad = world.post(&world.child, &path(&sent), &[("Outcome", "perhaps")]).await;
    assert_eq!(bad.refused(), (400, 20_001));
    assert_eq!(world.post(&world.sibling, &path(&sent), &[]).await.refused(), (404, 20_404));
    let plain = twilio(&world, &form[..3]).await.ok().text("sid");
    assert_eq!(world.post(&world.child, &path(&plain), &[]).await.refused(), (400, 20_001));
    assert_eq!(count("block").await, 1, "nothing was announced of this one");
}

#[tokio::test]
async fn emergency_numbers_get_no_texts_whatever_the_api() {
    let world = World::new().await;
    for number in ["112", "100", "101"] {
        let form = [("From", "8640"), ("To", number), ("Body", "Help")];
        assert_eq!(twilio(&world, &form).await.refused(), (403, 20_560), "{number}");
        let classic = format!("/restcomm/2012-04-24/Accounts/{}/SMS/Messages.json", world.child.sid());
        assert_eq!(world.post(&world.child, &classic, &form).await.refused(), (403, 20_560), "{number}");
    }
    let list = format!("/2010-04-01/Accounts/{}/Messages.json", world.child.sid());
    let kept = world.get(&world.child, &list).await.ok().json();
    assert_eq!(kept["messages"].as_array().map(Vec::len), Some(0), "{kept}");
}

#[tokio::test]
async fn a_text_to_a_client_is_one_segment_free_and_takes_its_headers_along() {
    let world = World::new().await;
    let body = "x".repeat(500);
    let form = [("From", "8640"), ("To", "client:alice"), ("Body", &*body), ("X-Order", "17"), ("x-b", "2")];
    let preview = [&form[..], &[("DryRun", "true")]].concat();
    let preview = twilio(&world, &preview).await.ok();
    assert_eq!((preview.text("num_segments"), preview.text("price")), ("1".into(), "0.00000".into()));
    let sent = twilio(&world, &form).await.ok();
    assert_eq!((sent.text("to"), sent.text("num_segments")), ("client:alice".into(), "1".into()));
    let sid = sent.text("sid").parse().unwrap();
    let kept = world.store().message(world.child.account.sid, sid).await.unwrap().unwrap();
    let headers = [("X-Order", "17"), ("x-b", "2")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(kept.sip_headers, headers);
    let number = [("From", "8640"), ("To", "+32470123456"), ("Body", "x"), ("X-Order", "17")];
    let sid = twilio(&world, &number).await.ok().text("sid").parse().unwrap();
    let kept = world.store().message(world.child.account.sid, sid).await.unwrap().unwrap();
    assert_eq!(kept.sip_headers, [], "carriers of texts have no headers");
    for (name, value) in [("X-A:b", "1"), ("X-A", "one\r\nVia: two"), ("X-A", &*"x".repeat(1_025))] {
        let form = [("From", "8640"), ("To", "client:alice"), ("Body", "x"), (name, value)];
        assert_eq!(twilio(&world, &form).await.refused(), (400, 20_001), "{name}");
    }
    let bad = [("From", "client:bob"), ("To", "client:alice"), ("Body", "x")];
    assert_eq!(twilio(&world, &bad).await.refused(), (400, 21_606));
}

const GIF: &str = "https://a.test/table.gif";
const CARD: &str = "https://a.test/card.vcf";

async fn media_of(world: &World, who: &crate::tests::world::Customer, sid: &str) -> Vec<serde_json::Value> {
    let path = format!("/2010-04-01/Accounts/{}/Messages/{sid}/Media.json", who.sid());
    let list = world.get(who, &path).await.ok().json();
    list["media_list"].as_array().unwrap().clone()
}

#[tokio::test]
async fn media_become_links_where_no_route_takes_them() {
    let world = World::new().await;
    let form =
        [("From", "8640"), ("To", "+32470123456"), ("Body", "Look"), ("MediaUrl", GIF), ("MediaUrl", CARD)];
    let sent = twilio(&world, &form).await.ok();
    let (sid, body) = (sent.text("sid"), sent.text("body"));
    assert_eq!((sent.status, sent.text("num_media").as_str()), (201, "2"));
    let lines: Vec<&str> = body.lines().collect();
    assert_eq!((lines.len(), lines[0]), (3, "Look"), "{body}");
    let mut shown = Vec::new();
    for line in &lines[1..] {
        let path = line.strip_prefix(&world.app.config.public_base_url).unwrap();
        shown.push(world.send(Request::get(path), None, "").await.ok());
    }
    assert_eq!((shown[0].body.as_str(), shown[0].header("content-type")), (PICTURE, "image/gif"));
    assert!(shown[0].header("content-disposition").starts_with("inline; filename=\"ME"));
    assert_eq!(shown[1].header("content-type"), "text/vcard");
    assert!(shown[1].header("content-disposition").starts_with("attachment; "));
    let safe = ("nosniff", "default-src 'none'; frame-ancestors 'none'; sandbox");
    for file in &shown {
        assert_eq!((file.header("x-content-type-options"), file.header("content-security-policy")), safe);
    }
    for wrong in ["/m/", "/m/x", "/m/AAAAAAAAAAAAAAAA"] {
        assert_eq!(world.send(Request::get(wrong), None, "").await.status, 404, "{wrong}");
    }
    let kinds: Vec<_> =
        media_of(&world, &world.child, &sid).await.iter().map(|m| m["content_type"].clone()).collect();
    assert_eq!(kinds, ["text/vcard", "image/gif"], "newest first");
    let preview = [&form[..], &[("DryRun", "true")]].concat();
    assert_eq!(twilio(&world, &preview).await.ok().text("num_segments"), sent.text("num_segments"));
    let wordless = [("From", "8640"), ("To", "+32470123456"), ("MediaUrl", GIF)];
    assert!(twilio(&world, &wordless).await.ok().text("body").starts_with("http"));
}

#[tokio::test]
async fn a_picture_is_fetched_by_its_account_and_deleted_for_everybody() {
    let world = World::new().await;
    let form = [("From", "8640"), ("To", "+32470123456"), ("MediaUrl", GIF)];
    let sent = twilio(&world, &form).await.ok();
    let (sid, link) = (sent.text("sid"), sent.text("body"));
    let link = link.strip_prefix(&world.app.config.public_base_url).unwrap();
    let media = media_of(&world, &world.child, &sid).await[0]["sid"].as_str().unwrap().to_owned();
    let place = format!("Accounts/{}/Messages/{sid}/Media/{media}", world.child.sid());
    let file = format!("/2010-04-01/{place}");
    assert_eq!(world.get(&world.child, &file).await.ok().body, PICTURE);
    assert_eq!(world.send(Request::get(&file), None, "").await.status, 401);
    assert_eq!(world.get(&world.sibling, &file).await.status, 404);
    let native = world.get(&world.child, &format!("/restcomm/2012-04-24/{place}.json")).await.ok();
    assert_eq!((native.text("content_type"), native.text("bytes")), ("image/gif".into(), "17".into()));
    assert!(native.text("file_uri").ends_with(link));
    assert_eq!(world.delete(&world.sibling, &format!("{file}.json")).await.refused(), (404, 20_404));
    assert_eq!(world.delete(&world.child, &format!("{file}.json")).await.status, 204);
    assert_eq!(world.delete(&world.child, &format!("{file}.json")).await.refused(), (404, 20_404));
    assert_eq!(world.send(Request::get(link), None, "").await.status, 404);
    assert_eq!(world.get(&world.child, &file).await.status, 404);
    assert_eq!(media_of(&world, &world.child, &sid).await.len(), 0);
}

#[tokio::test]
async fn media_have_limits_and_a_service_may_want_no_links() {
    let world = World::new().await;
    let base = [("From", "8640"), ("To", "+32470123456"), ("Body", "x")];
    let with = |url: &'static str, count: usize| [&base[..], &vec![("MediaUrl", url); count]].concat();
    assert_eq!(twilio(&world, &with(GIF, 11)).await.refused(), (400, 21_623));
    assert_eq!(twilio(&world, &with(GIF, 10)).await.ok().text("num_media"), "10");
    assert_eq!(
        twilio(&world, &with("https://a.test/half.gif", 2)).await.refused(),
        (400, 20_521),
        "5 MiB in all"
    );
    let service = [("FriendlyName", "shop"), ("MmsConverter", "false")];
    let service = world.post(&world.child, "/v1/Services", &service).await.ok().text("sid");
    let codes = format!("/restcomm/2012-04-24/Accounts/{}/SMS/ShortCodes.json", world.child.sid());
    let code = world.get(&world.child, &codes).await.ok().json()[0]["sid"].as_str().unwrap().to_owned();
    let senders = format!("/v1/Services/{service}/ShortCodes");
    world.post(&world.child, &senders, &[("ShortCodeSid", &code)]).await.ok();
    let form = [("MessagingServiceSid", service.as_str()), ("To", "+32470123456"), ("MediaUrl", GIF)];
    assert_eq!(twilio(&world, &form).await.refused(), (400, 20_523));
}

#[tokio::test]
async fn the_classic_api_takes_media_as_json_and_a_number_of_the_platform_needs_no_link() {
    let world = World::new().await;
    world.rent(&world.sibling, LOCAL).await;
    let path = format!("/restcomm/2012-04-24/Accounts/{}/Messages.json", world.child.sid());
    let body = format!(r#"{{"from":"sms:8640","to":"mms:{LOCAL}","media":["{GIF}","{CARD}"]}}"#);
    let request = Request::post(path).header("content-type", "application/json");
    let sent = world.send(request, Some(world.child.credentials()), &body).await.ok();
    assert_eq!((sent.text("body").as_str(), sent.text("num_media").as_str()), ("", "2"));
    assert_eq!(sent.text("num_segments"), "1");
}
