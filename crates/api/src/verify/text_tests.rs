//! Templates, the safe list, webhooks and senders by country, over the use cases.

use flexio_app::delivery;
use flexio_domain::{Callback, CallbackState, Pii};
use flexio_store::{Change, MessageFilter};
use serde_json::{Value, json};

use crate::tests::world::{Customer, World};

const TO: &str = "+32470123456";

async fn service(world: &World, who: &Customer, more: &[(&str, &str)]) -> String {
    let mut form = vec![("FriendlyName", "Acme")];
    form.extend_from_slice(more);
    world.post(who, "/v2/Services", &form).await.ok().text("sid")
}

/// Sends a code to [`TO`], and the text that carries it.
async fn sent(world: &World, who: &Customer, service: &str, more: &[(&str, &str)]) -> String {
    world.clock.advance(601);
    let mut form = vec![("To", TO), ("Channel", "sms")];
    form.extend_from_slice(more);
    let path = format!("/v2/Services/{service}/Verifications");
    let reply = world.post(who, &path, &form).await;
    assert_eq!(reply.status, 201, "{:?}", reply.json());
    let all = world.app.messages(who.account.sid, &MessageFilter::default(), &<_>::default()).await.unwrap();
    let Pii(text) = delivery::opened(&world.app, &all[0]).unwrap();
    text
}

#[tokio::test]
async fn a_template_speaks_the_language_of_whoever_reads_it() {
    let world = World::new().await;
    let who = &world.child;
    let translations = json!({
        "nl": "{{code}} is uw code voor {{friendly_name}}, bestelling {{order}}. Geldig {{ttl}} min.",
        "fr": "{{code}} : votre code {{friendly_name}}, commande {{order}}.",
    });
    let form = [
        ("FriendlyName", "orders"),
        ("Translations", &*translations.to_string()),
        ("DefaultLanguage", "nl"),
        ("Channels", "sms"),
        ("Channels", "call"),
    ];
    let made = world.post(who, "/v2/Templates", &form).await.ok();
    let shown = made.json();
    assert_eq!(shown["channels"], json!(["sms", "call"]));
    assert_eq!(shown["translations"]["nl"]["is_default_translation"], true);
    assert_eq!(shown["translations"]["fr"]["text"], translations["fr"]);
    let template = made.text("sid");
    let plain = service(&world, who, &[]).await;
    let values = [("TemplateSid", &*template), ("TemplateCustomSubstitutions", r#"{"order":4711}"#)];
    let french = sent(&world, who, &plain, &[values[0], values[1], ("Locale", "fr-BE")]).await;
    assert!(french.ends_with(" : votre code Acme, commande 4711."), "{french}");
    let own = [values[0], values[1], ("Locale", "ja"), ("CustomFriendlyName", "Acme Shop")];
    let dutch = sent(&world, who, &plain, &own).await;
    assert!(dutch.ends_with(" is uw code voor Acme Shop, bestelling 4711. Geldig 10 min."), "{dutch}");
    let default = service(&world, who, &[("DefaultTemplateSid", &template)]).await;
    let text = sent(&world, who, &default, &[values[1]]).await;
    assert!(text.contains("bestelling 4711"), "{text}");
    let path = format!("/v2/Services/{default}/Verifications");
    world.clock.advance(601);
    let without = world.post(who, &path, &[("To", TO), ("Channel", "sms")]).await;
    assert_eq!(without.refused(), (400, 60_200));
    assert!(without.json()["message"].as_str().unwrap().contains("{{order}}"), "{}", without.json());
    let one = format!("/v2/Templates/{template}");
    let changed = world.post(who, &one, &[("Translations", r#"{"nl":"{{code}}!"}"#)]).await.ok().json();
    assert_eq!(changed["translations"].as_object().unwrap().len(), 1);
    assert!(sent(&world, who, &default, &[]).await.ends_with('!'));
    let found = world.get(who, "/v2/Templates?FriendlyName=orders").await.ok().json();
    assert_eq!(
        (found["templates"].as_array().unwrap().len(), &found["meta"]["key"]),
        (1, &json!("templates"))
    );
    assert_eq!(world.get(&world.sibling, &one).await.refused(), (404, 20_404));
    assert_eq!(world.delete(who, &one).await.status, 204);
    assert!(sent(&world, who, &default, &[]).await.starts_with("Your Acme"), "our words again");
}

#[tokio::test]
async fn what_is_no_template_or_asks_too_much_is_refused() {
    let world = World::new().await;
    let who = &world.child;
    for form in [
        vec![("FriendlyName", "a")],
        vec![("Translations", r#"{"en":"{{code}}"}"#)],
        vec![("FriendlyName", "a"), ("Translations", r#"{"en":"no place"}"#)],
        vec![("FriendlyName", "a"), ("Translations", r#"{"ja":"{{code}}"}"#)],
        vec![("FriendlyName", "a"), ("Translations", "[]")],
        vec![("FriendlyName", "a"), ("Translations", r#"{"en":"{{code}}"}"#), ("DefaultLanguage", "nl")],
    ] {
        assert_eq!(world.post(who, "/v2/Templates", &form).await.refused(), (400, 60_200), "{form:?}");
    }
    let service = service(&world, who, &[]).await;
    let path = format!("/v2/Services/{service}/Verifications");
    let nowhere = "HJ00000000000000000000000000000001";
    for (name, value) in [
        ("TemplateSid", nowhere),
        ("SendDigits", "12x"),
        ("AppHash", "short"),
        ("CustomFriendlyName", "call 12345"),
        ("TemplateCustomSubstitutions", "[]"),
    ] {
        let form = [("To", TO), ("Channel", "sms"), (name, value)];
        assert_eq!(world.post(who, &path, &form).await.refused(), (400, 60_200), "{name}");
    }
    let form = [("FriendlyName", "x"), ("DefaultTemplateSid", nowhere)];
    assert_eq!(world.post(who, "/v2/Services", &form).await.refused(), (400, 60_200));
    let text = sent(&world, who, &service, &[("AppHash", "FA+9qCX9VSu")]).await;
    assert!(text.starts_with("<#> Your Acme") && text.ends_with(" FA+9qCX9VSu"), "{text}");
}

/// What webhooks are told from now on: of one subject one thing after the other, so each is taken before the next is asked for.
async fn told(world: &World) -> Vec<(String, Vec<(String, String)>)> {
    let mut heard = Vec::new();
    loop {
        let due: Vec<Callback> = world.store().due_callbacks(world.app.clock.now(), 100).await.unwrap();
        if due.is_empty() {
            return heard;
        }
        for callback in due {
            heard.push((callback.webhook.url.clone(), callback.params.clone()));
            let taken = Callback { state: CallbackState::Delivered, ..callback };
            world.store().commit(Change::SettleCallback(taken).into()).await.unwrap();
        }
    }
}

fn said<'a>(params: &'a [(String, String)], name: &str) -> &'a str {
    params.iter().find(|(have, _)| have == name).map_or("", |(_, value)| value)
}

#[tokio::test]
async fn webhooks_are_told_what_they_asked_for() {
    let world = World::new().await;
    let who = &world.child;
    let service = service(&world, who, &[("CustomCodeEnabled", "true")]).await;
    let hooks = format!("/v2/Services/{service}/Webhooks");
    let all = [("FriendlyName", "all"), ("EventTypes", "*"), ("WebhookUrl", "https://a.test/all")];
    let all = world.post(who, &hooks, &all).await.ok();
    assert!(all.text("sid").starts_with("YW") && all.text("webhook_method") == "POST");
    let some = [
        ("FriendlyName", "some"),
        ("EventTypes", "factor.created"),
        ("EventTypes", "verification.approved"),
        ("WebhookUrl", "https://a.test/some"),
    ];
    let some = world.post(who, &hooks, &some).await.ok();
    assert_eq!(some.json()["event_types"], json!(["factor.created", "verification.approved"]));
    let factor = [("FriendlyName", "phone"), ("FactorType", "totp")];
    let path = format!("/v2/Services/{service}/Entities/somebody-1/Factors");
    world.post(who, &path, &factor).await.ok();
    sent(&world, who, &service, &[("CustomCode", "31415")]).await;
    let check = [("To", TO), ("Code", "31415")];
    world.post(who, &format!("/v2/Services/{service}/VerificationCheck"), &check).await.ok();
    let heard = told(&world).await;
    let names = |url: &str| -> Vec<String> {
        let of = heard.iter().filter(|(to, _)| to == url);
        let mut names: Vec<String> = of.map(|(_, params)| said(params, "type").to_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(names("https://a.test/all"), ["factor.created", "verification.approved", "verification.sent"]);
    assert_eq!(names("https://a.test/some"), ["factor.created", "verification.approved"]);
    let (_, created) = heard.iter().find(|(_, params)| said(params, "type") == "factor.created").unwrap();
    assert_eq!((said(created, "entity_identity"), said(created, "service_sid")), ("somebody-1", &*service));
    assert!(heard.iter().all(|(_, params)| params.iter().all(|(_, value)| !value.contains("31415"))));
    let one = format!("{hooks}/{}", all.text("sid"));
    let off = world.post(who, &one, &[("Status", "disabled")]).await.ok();
    assert_eq!((off.text("status"), off.text("friendly_name")), ("disabled".to_owned(), "all".to_owned()));
    sent(&world, who, &service, &[]).await;
    assert_eq!(told(&world).await.len(), 0, "nobody wants to hear of it now");
    for (name, value, expected) in [
        ("EventTypes", "nothing.happens", (400, 60_200)),
        ("WebhookUrl", "ftp://a.test/", (400, 21_502)),
        ("Version", "v1", (400, 60_200)),
    ] {
        assert_eq!(world.post(who, &one, &[(name, value)]).await.refused(), expected, "{name}");
    }
    assert_eq!(world.post(who, &hooks, &[("FriendlyName", "a")]).await.refused(), (400, 60_200));
    assert_eq!(world.delete(who, &one).await.status, 204);
    assert_eq!(world.delete(who, &one).await.refused(), (404, 20_404));
    let left = world.get(who, &hooks).await.ok().json();
    assert_eq!((left["webhooks"].as_array().unwrap().len(), &left["meta"]["key"]), (1, &json!("webhooks")));
}

#[tokio::test]
async fn a_country_has_a_sender_of_its_own() {
    let world = World::new().await;
    let who = &world.child;
    let service = service(&world, who, &[]).await;
    let codes = format!("/restcomm/2012-04-24/Accounts/{}/SMS/ShortCodes.json", who.sid());
    let code = world.get(who, &codes).await.ok().json()[0]["sid"].as_str().unwrap().to_owned();
    let messaging = world.post(who, "/v1/Services", &[("FriendlyName", "BE")]).await.ok().text("sid");
    let path = format!("/v2/Services/{service}/MessagingConfigurations");
    let form = [("Country", "BE"), ("MessagingServiceSid", &*messaging)];
    let made = world.post(who, &path, &form).await.ok().json();
    assert_eq!((&made["country"], &made["messaging_service_sid"]), (&json!("BE"), &json!(messaging)));
    assert_eq!(world.post(who, &path, &form).await.refused(), (409, 20_409));
    let verifications = format!("/v2/Services/{service}/Verifications");
    let empty = world.post(who, &verifications, &[("To", TO), ("Channel", "sms")]).await;
    assert_eq!(empty.status, 400, "a messaging service without senders sends nothing: {:?}", empty.json());
    world.post(who, &format!("/v1/Services/{messaging}/ShortCodes"), &[("ShortCodeSid", &code)]).await.ok();
    sent(&world, who, &service, &[]).await;
    let all = world.app.messages(who.account.sid, &MessageFilter::default(), &<_>::default()).await.unwrap();
    assert_eq!(all[0].messaging_service_sid.map(|sid| sid.to_string()), Some(messaging.clone()));
    let nobody = "MG00000000000000000000000000000001";
    for (form, expected) in [
        (vec![("Country", "be"), ("MessagingServiceSid", &*messaging)], (400, 60_200)),
        (vec![("Country", "NL")], (400, 60_200)),
        (vec![("Country", "NL"), ("MessagingServiceSid", nobody)], (404, 20_404)),
    ] {
        assert_eq!(world.post(who, &path, &form).await.refused(), expected, "{form:?}");
    }
    assert_eq!(world.get(who, &format!("{path}/BE")).await.ok().json()["country"], "BE");
    assert_eq!(world.get(who, &format!("{path}/NL")).await.refused(), (404, 20_404));
    assert_eq!(world.delete(who, &format!("{path}/BE")).await.status, 204);
    sent(&world, who, &service, &[]).await;
    let all = world.app.messages(who.account.sid, &MessageFilter::default(), &<_>::default()).await.unwrap();
    assert_eq!(all[0].messaging_service_sid, None);
    let listed = world.get(who, &path).await.ok().json();
    assert_eq!(listed["messaging_configurations"], Value::Array(Vec::new()));
}
