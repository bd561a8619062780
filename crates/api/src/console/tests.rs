//! Signing in, forgery, roles, and what is noted.

use flexio_app::AppConfig;
use flexio_domain::{Role, Timestamp};
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};

use crate::ApiConfig;
use crate::tests::world::World;

pub(crate) const PASSWORD: &str = "correct horse battery";

/// A browser: it keeps the cookie and the token against forgery.
#[derive(Default, Clone)]
pub(crate) struct Browser {
    cookie: String,
    csrf: String,
}

impl Browser {
    pub(crate) async fn ask(
        &mut self,
        world: &World,
        method: Method,
        path: &str,
        body: Value,
    ) -> (StatusCode, Value) {
        let mut request =
            Request::builder().method(method).uri(path).header("content-type", "application/json");
        if !self.cookie.is_empty() {
            request = request.header("cookie", &self.cookie).header("x-csrf-token", &self.csrf);
        }
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = world.send(request, None, &body).await;
        if let Some(cookie) = answer.headers.get("set-cookie") {
            self.cookie = cookie.to_str().unwrap().split(';').next().unwrap().to_owned();
        }
        let status = StatusCode::from_u16(answer.status).unwrap();
        let body = serde_json::from_str(&answer.body).unwrap_or(Value::Null);
        (status, body)
    }

    /// Has signed in: keeps the token against forgery.
    pub(crate) fn sits(&mut self, body: &Value) {
        body["csrf_token"].as_str().unwrap().clone_into(&mut self.csrf);
    }

    /// Uses a link and sits at the console.
    pub(crate) async fn welcome(world: &World, token: &str, email: &str) -> Self {
        let mut browser = Self::default();
        let body = json!({ "token": token, "email": email, "password": PASSWORD });
        let (status, body) = browser.ask(world, Method::POST, "/console/api/link/use", body).await;
        assert_eq!(status, 200, "{body}");
        body["csrf_token"].as_str().unwrap().clone_into(&mut browser.csrf);
        browser
    }
}

pub(crate) async fn administrator(world: &World) -> Browser {
    let root = world.app.store.root_account().await.unwrap().unwrap();
    let token = world.app.ensure_administrator(&root).await.unwrap().unwrap();
    let browser = Browser::welcome(world, &token, "ann@acme.test").await;
    assert_eq!(world.app.ensure_administrator(&root).await.unwrap(), None);
    let again = json!({ "token": token });
    let (status, _) = Browser::default().ask(world, Method::POST, "/console/api/link", again).await;
    assert_eq!(status, 404, "a link is used once");
    browser
}

impl Browser {
    /// Signs in again, after a time.
    pub(crate) async fn back(world: &World, email: &str) -> Self {
        let mut browser = Self::default();
        let body = json!({ "email": email, "password": PASSWORD });
        let (status, body) = browser.ask(world, Method::POST, "/console/api/sign-in", body).await;
        assert_eq!(status, 200, "{body}");
        body["csrf_token"].as_str().unwrap().clone_into(&mut browser.csrf);
        browser
    }
}

async fn sign_in(world: &World, email: &str, password: &str) -> StatusCode {
    let body = json!({ "email": email, "password": password });
    Browser::default().ask(world, Method::POST, "/console/api/sign-in", body).await.0
}

#[tokio::test]
async fn a_session_opens_the_same_api_as_the_account_until_it_ends() {
    let world = World::new().await;
    let mut ann = administrator(&world).await;
    let accounts = format!("/restcomm/2012-04-24/Accounts/{}/Applications.json", world.root.sid());
    assert_eq!(ann.ask(&world, Method::GET, &accounts, Value::Null).await.0, 200);
    world.clock.advance(29 * 60);
    assert_eq!(ann.ask(&world, Method::GET, "/console/api/session", Value::Null).await.0, 200);
    world.clock.advance(31 * 60);
    assert_eq!(ann.ask(&world, Method::GET, &accounts, Value::Null).await.0, 401, "30 minutes idle");
    assert_eq!(sign_in(&world, "ANN@acme.test", PASSWORD).await, 200);
    let mut other = Browser::default();
    let body = json!({ "email": "ann@acme.test", "password": PASSWORD });
    let (_, body) = other.ask(&world, Method::POST, "/console/api/sign-in", body).await;
    body["csrf_token"].as_str().unwrap().clone_into(&mut other.csrf);
    let before = other.clone();
    assert_eq!(other.ask(&world, Method::DELETE, "/console/api/session", Value::Null).await.0, 204);
    assert_eq!(before.clone().ask(&world, Method::GET, &accounts, Value::Null).await.0, 401, "signed out");
}

#[tokio::test]
async fn a_session_is_made_longer_before_it_ends_and_ends_all_the_same_one_day() {
    let config =
        AppConfig { sandbox: true, session_idle_minutes: 1_440, session_hours: 1, ..AppConfig::default() };
    let world = World::with(config, ApiConfig::default()).await;
    let mut ann = administrator(&world).await;
    let ends = |body: &Value| body["ends_at"].as_str().unwrap().parse::<Timestamp>().unwrap();
    let (_, first) = ann.ask(&world, Method::GET, "/console/api/session", Value::Null).await;
    let mut last = ends(&first);
    for hour in 1..=11 {
        world.clock.advance(59 * 60);
        let (status, body) = ann.ask(&world, Method::POST, "/console/api/session/extend", json!({})).await;
        assert_eq!(status, 200, "hour {hour}: {body}");
        assert!(ends(&body) >= last, "hour {hour}");
        last = ends(&body);
    }
    assert_eq!(last.duration_since(ends(&first)).as_hours(), 10, "ten times as long again");
    world.clock.advance(60 * 60);
    assert_eq!(ann.ask(&world, Method::GET, "/console/api/session", Value::Null).await.0, 401);
}

#[tokio::test]
async fn a_change_without_the_token_against_forgery_is_refused() {
    let world = World::new().await;
    let mut ann = administrator(&world).await;
    let path = format!("/restcomm/2012-04-24/Accounts/{}/Applications.json?FriendlyName=x", world.root.sid());
    let mut forged = Browser { csrf: "x".to_owned(), ..ann.clone() };
    assert_eq!(forged.ask(&world, Method::POST, &path, Value::Null).await.0, 403);
    assert_eq!(forged.ask(&world, Method::DELETE, "/console/api/session", Value::Null).await.0, 403);
    assert!(ann.ask(&world, Method::POST, &path, Value::Null).await.0.is_success());
    let form = Request::post("/console/api/sign-in").header("content-type", "text/plain");
    assert_eq!(world.send(form, None, r#"{"email":"a","password":"b"}"#).await.status, 400);
}

#[tokio::test]
async fn wrong_passwords_lock_for_a_while_and_tell_nothing() {
    let world = World::new().await;
    administrator(&world).await;
    assert_eq!(sign_in(&world, "nobody@acme.test", PASSWORD).await, 401);
    for _ in 0..5 {
        assert_eq!(sign_in(&world, "ann@acme.test", "wrong").await, 401);
    }
    assert_eq!(sign_in(&world, "ann@acme.test", PASSWORD).await, 401, "locked");
    world.clock.advance(61);
    assert_eq!(sign_in(&world, "ann@acme.test", PASSWORD).await, 200);
}

#[tokio::test]
async fn roles_limit_what_a_person_may_do_and_what_they_did_is_noted() {
    let world = World::new().await;
    let mut ann = administrator(&world).await;
    let invite = json!({ "email": "rob@acme.test", "role": "read-only" });
    let (status, invited) = ann.ask(&world, Method::POST, "/console/api/people", invite.clone()).await;
    assert_eq!(status, 201);
    assert_eq!(ann.ask(&world, Method::POST, "/console/api/people", invite).await.0, 409);
    let token = invited["link"].as_str().unwrap().split_once('#').unwrap().1;
    let mut rob = Browser::welcome(&world, token, "").await;
    let base = format!("/restcomm/2012-04-24/Accounts/{}", world.root.sid());
    let create = format!("{base}/Applications.json?FriendlyName=x");
    assert_eq!(rob.ask(&world, Method::GET, &format!("{base}/Applications.json"), Value::Null).await.0, 200);
    assert_eq!(rob.ask(&world, Method::POST, &create, Value::Null).await.0, 403);
    assert_eq!(rob.ask(&world, Method::GET, "/console/api/people", Value::Null).await.0, 403);
    let (_, account) = rob.ask(&world, Method::GET, &format!("{base}.json"), Value::Null).await;
    assert!(account["sid"].is_string() && account["auth_token"].as_str().is_none(), "{account}");
    let person = format!("/console/api/people/{}", invited["person"]["sid"].as_str().unwrap());
    let role = json!({ "role": "developer" });
    assert_eq!(ann.ask(&world, Method::POST, &person, role).await.0, 200);
    assert!(rob.ask(&world, Method::POST, &create, Value::Null).await.0.is_success(), "at once");
    let (_, audit) = ann.ask(&world, Method::GET, "/console/api/audit", Value::Null).await;
    let actions: Vec<&str> = audit.as_array().unwrap().iter().filter_map(|e| e["action"].as_str()).collect();
    for action in ["applications.create", "people.role", "people.invite", "session.begin"] {
        assert!(actions.contains(&action), "{action}: {actions:?}");
    }
    let (_, me) = ann.ask(&world, Method::GET, "/console/api/session", Value::Null).await;
    let me = format!("/console/api/people/{}", me["person"]["sid"].as_str().unwrap());
    assert_eq!(ann.ask(&world, Method::DELETE, &me, Value::Null).await.0, 409, "the last administrator");
    assert_eq!(ann.ask(&world, Method::DELETE, &person, Value::Null).await.0, 204);
    assert_eq!(rob.ask(&world, Method::GET, "/console/api/session", Value::Null).await.0, 401);
}

#[tokio::test]
async fn an_administrator_lets_a_customer_into_an_account_below_and_into_no_other() {
    let world = World::new().await;
    let mut ann = administrator(&world).await;
    let people = |account: &str| format!("/console/api/accounts/{account}/people");
    let invite = json!({ "email": "cas@customer.test", "role": "administrator" });
    let (status, invited) = ann.ask(&world, Method::POST, &people(&world.child.sid()), invite.clone()).await;
    assert_eq!(status, 201, "{invited}");
    let mut cas =
        Browser::welcome(&world, invited["link"].as_str().unwrap().split_once('#').unwrap().1, "").await;
    let (_, session) = cas.ask(&world, Method::GET, "/console/api/session", Value::Null).await;
    assert_eq!((&session["account_sid"], &session["top"]), (&world.child.sid().into(), &false.into()));
    let (_, session) = ann.ask(&world, Method::GET, "/console/api/session", Value::Null).await;
    assert_eq!(session["top"], true);
    let (_, seen) = ann.ask(&world, Method::GET, &people(&world.child.sid()), Value::Null).await;
    assert_eq!((&seen[0]["email"], seen.as_array().unwrap().len()), (&"cas@customer.test".into(), 1));
    let (_, own) = ann.ask(&world, Method::GET, "/console/api/people", Value::Null).await;
    assert_eq!(own.as_array().unwrap().len(), 1, "people of another account are none of one's own");
    for foreign in [world.root.sid(), world.sibling.sid(), "AC0".to_owned()] {
        for (method, body) in [(Method::GET, Value::Null), (Method::POST, invite.clone())] {
            assert_eq!(cas.ask(&world, method, &people(&foreign), body).await.0, 404, "{foreign}");
        }
    }
    let (_, events) = ann.ask(&world, Method::GET, "/console/api/audit", Value::Null).await;
    assert_eq!(
        (&events[0]["action"], &events[0]["subject"]),
        (&"people.invite".into(), &"cas@customer.test".into())
    );
}

#[tokio::test]
async fn a_new_password_needs_the_old_one_and_ends_the_other_sessions() {
    let world = World::new().await;
    let mut ann = administrator(&world).await;
    let mut other = Browser::default();
    let body = json!({ "email": "ann@acme.test", "password": PASSWORD });
    other.ask(&world, Method::POST, "/console/api/sign-in", body).await;
    let change = |old: &str| json!({ "old": old, "new": "another long password" });
    assert_eq!(ann.ask(&world, Method::POST, "/console/api/password", change("wrong")).await.0, 400);
    assert_eq!(ann.ask(&world, Method::POST, "/console/api/password", change(PASSWORD)).await.0, 204);
    assert_eq!(other.ask(&world, Method::GET, "/console/api/session", Value::Null).await.0, 401);
    let (_, sessions) = ann.ask(&world, Method::GET, "/console/api/sessions", Value::Null).await;
    assert_eq!(sessions.as_array().unwrap().len(), 1);
    assert_eq!(sign_in(&world, "ann@acme.test", PASSWORD).await, 401);
    assert_eq!(sign_in(&world, "ann@acme.test", "another long password").await, 200);
}

#[tokio::test]
async fn the_softphones_token_ends_with_the_session_and_is_for_those_who_may_call() {
    let world = World::new().await;
    let mut ann = administrator(&world).await;
    let path = "/console/api/softphone";
    let shown = json!({ "caller_id": "+3222268888" });
    let (status, phone) = ann.ask(&world, Method::POST, path, shown).await;
    assert_eq!(status, 200, "{phone}");
    assert_eq!(phone["identity"], "ann-at-acme.test");
    let token = phone["token"].as_str().unwrap();
    let read = world.app.check_access_token(token).await.unwrap();
    assert_eq!((read.identity.as_str(), read.incoming, read.of_person), ("ann-at-acme.test", true, true));
    assert_eq!(read.caller_id.unwrap().as_str(), "+3222268888");
    let (head, _) = token.rsplit_once('.').unwrap();
    let forged = format!("{head}.{}", "A".repeat(43));
    assert!(world.app.check_access_token(&forged).await.is_err());
    assert_eq!(ann.ask(&world, Method::POST, path, json!({ "caller_id": "x" })).await.0, 400);
    let invite = json!({ "email": "rob@acme.test", "role": "read-only" });
    let (_, invited) = ann.ask(&world, Method::POST, "/console/api/people", invite).await;
    let link = invited["link"].as_str().unwrap().split_once('#').unwrap().1;
    let mut rob = Browser::welcome(&world, link, "").await;
    assert_eq!(rob.ask(&world, Method::POST, path, json!({})).await.0, 403);
    let socket = "/console/api/softphone/socket";
    assert_eq!(ann.ask(&world, Method::GET, socket, Value::Null).await.0, 404, "no voice here");
    assert_eq!(Browser::default().ask(&world, Method::GET, socket, Value::Null).await.0, 401);
    assert_eq!(ann.ask(&world, Method::DELETE, "/console/api/session", Value::Null).await.0, 204);
    assert!(world.app.check_access_token(token).await.is_err(), "signed out");
}

#[tokio::test]
async fn who_has_a_flow_open_is_seen_by_whoever_may_see_the_flow_and_is_soon_forgotten() {
    let world = World::new().await;
    let mut ann = administrator(&world).await;
    let root = world.root.sid();
    let (flow, _, _) = world.flow(&world.root).await;
    let invite = json!({ "email": "rob@acme.test", "role": "read-only" });
    let (_, invited) = ann.ask(&world, Method::POST, "/console/api/people", invite).await;
    let link = invited["link"].as_str().unwrap().split_once('#').unwrap().1;
    let mut rob = Browser::welcome(&world, link, "").await;
    let path = format!("/console/api/flows/{flow}/presence");
    let says = |window: &str, node: Option<&str>| json!({ "account": root, "window": window, "node": node });
    let (status, alone) = ann.ask(&world, Method::POST, &path, says("a", Some("web"))).await;
    assert_eq!((status.as_u16(), alone), (200, json!({ "others": [] })));
    let (_, seen) = rob.ask(&world, Method::POST, &path, says("a", None)).await;
    let ann_there = json!({ "person": "ann@acme.test", "you": false, "node": "web" });
    assert_eq!(seen["others"], json!([ann_there]), "a window of the same name of somebody else");
    let (_, seen) = ann.ask(&world, Method::POST, &path, says("b", Some("mark"))).await;
    let own = json!({ "person": "ann@acme.test", "you": true, "node": "web" });
    let rob_there = json!({ "person": "rob@acme.test", "you": false, "node": null });
    assert_eq!(seen["others"], json!([own, rob_there]));
    let leaves = json!({ "account": root, "window": "b", "leaves": true });
    ann.ask(&world, Method::POST, &path, leaves).await;
    world.clock.advance(16);
    let (_, seen) = rob.ask(&world, Method::POST, &path, says("a", None)).await;
    assert_eq!(seen["others"], json!([]), "they were not heard of for long");
    let nowhere = format!("/console/api/flows/{}/presence", flexio_domain::FlowSid::new());
    assert_eq!(rob.ask(&world, Method::POST, &nowhere, says("a", None)).await.0, 404);
    let foreign = json!({ "account": flexio_domain::AccountSid::new(), "window": "a" });
    assert_eq!(rob.ask(&world, Method::POST, &path, foreign).await.0, 404);
    let long = json!({ "account": root, "window": "x".repeat(65) });
    assert_eq!(rob.ask(&world, Method::POST, &path, long).await.0, 400);
}

/// The code an app on a phone would show for a secret in Base32 (RFC 6238), by way of its own.
fn shown_by_an_app(secret: &str, now: i64) -> String {
    use hmac::{Hmac, KeyInit as _, Mac as _};
    let (mut bits, mut have, mut key) = (0_u32, 0, Vec::new());
    for letter in secret.bytes() {
        let five = if letter.is_ascii_digit() { letter - b'2' + 26 } else { letter - b'A' };
        bits = ((bits << 5) | u32::from(five)) & 0xfff;
        have += 5;
        if have >= 8 {
            have -= 8;
            key.push(u8::try_from((bits >> have) & 0xff).unwrap());
        }
    }
    let mut mac = Hmac::<sha1::Sha1>::new_from_slice(&key).unwrap();
    mac.update(&(now / 30).to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let at = usize::from(hash[19] & 15);
    let number = u32::from_be_bytes(hash[at..at + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

/// Signs in with a code; the status and the number of the error.
async fn sign_in_with(world: &World, code: &str) -> (StatusCode, Option<u64>) {
    let body = json!({ "email": "ann@acme.test", "password": PASSWORD, "code": code });
    let (status, body) = Browser::default().ask(world, Method::POST, "/console/api/sign-in", body).await;
    (status, body["code"].as_u64())
}

/// Sets a second factor up: its secret and the recovery codes.
async fn enrol(world: &World, browser: &mut Browser) -> (String, Vec<String>) {
    let path = "/console/api/second-factor";
    let (status, made) = browser.ask(world, Method::POST, path, json!({ "password": PASSWORD })).await;
    assert_eq!(status, 200, "{made}");
    assert!(made["qr"].as_str().unwrap().contains("<svg"), "{made}");
    let secret = made["secret"].as_str().unwrap().to_owned();
    assert!(made["url"].as_str().unwrap().ends_with(&format!("secret={secret}&issuer=127.0.0.1")), "{made}");
    let confirm = "/console/api/second-factor/confirm";
    assert_eq!(browser.ask(world, Method::POST, confirm, json!({ "code": "12345" })).await.0, 401);
    let code = shown_by_an_app(&secret, world.app.clock.now().as_second());
    let (status, answer) = browser.ask(world, Method::POST, confirm, json!({ "code": code })).await;
    assert_eq!(status, 200, "{answer}");
    let codes = answer["recovery_codes"].as_array().unwrap();
    (secret, codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect())
}

#[tokio::test]
async fn a_second_factor_is_asked_for_each_code_counts_once_and_so_does_each_recovery_code() {
    let world = World::new().await;
    let mut ann = administrator(&world).await;
    let mut other = Browser::default();
    let body = json!({ "email": "ann@acme.test", "password": PASSWORD });
    other.ask(&world, Method::POST, "/console/api/sign-in", body).await;
    let wrong = json!({ "password": "wrong" });
    assert_eq!(ann.ask(&world, Method::POST, "/console/api/second-factor", wrong).await.0, 400);
    let (secret, recovery) = enrol(&world, &mut ann).await;
    assert_eq!(recovery.len(), 10);
    let session = "/console/api/session";
    assert_eq!(other.ask(&world, Method::GET, session, Value::Null).await.0, 401, "other sessions end");
    let (_, who) = ann.ask(&world, Method::GET, session, Value::Null).await;
    assert_eq!(who["second_factor"], json!({ "on": true, "needed": false }));

    let now = world.app.clock.now().as_second();
    assert_eq!(sign_in_with(&world, "").await, (StatusCode::UNAUTHORIZED, Some(20475)));
    let used = shown_by_an_app(&secret, now);
    assert_eq!(sign_in_with(&world, &used).await.1, Some(20476), "that code turned it on");
    world.clock.advance(30);
    let next = shown_by_an_app(&secret, now + 30);
    assert_eq!(sign_in_with(&world, &next).await.0, 200);
    assert_eq!(sign_in_with(&world, &next).await.1, Some(20476), "a replay");
    assert_eq!(sign_in_with(&world, &recovery[3].to_uppercase()).await.0, 200);
    assert_eq!(sign_in_with(&world, &recovery[3]).await.1, Some(20476), "once");
    assert_eq!(sign_in(&world, "ann@acme.test", "wrong").await, 401);
    for _ in 0..4 {
        assert_eq!(sign_in_with(&world, "000000").await.0, 401);
    }
    world.clock.advance(30);
    let right = shown_by_an_app(&secret, now + 60);
    assert_eq!(sign_in_with(&world, &right).await, (StatusCode::UNAUTHORIZED, Some(20003)), "it waits");
    let off = "/console/api/second-factor/remove";
    assert_eq!(ann.ask(&world, Method::POST, off, json!({ "password": PASSWORD })).await.0, 204);
    world.clock.advance(120);
    assert_eq!(sign_in(&world, "ann@acme.test", PASSWORD).await, 200);
}

#[tokio::test]
async fn of_many_at_once_one_code_lets_one_in() {
    let world = World::new().await;
    let mut ann = administrator(&world).await;
    let (secret, _) = enrol(&world, &mut ann).await;
    world.clock.advance(60);
    let code = shown_by_an_app(&secret, world.app.clock.now().as_second());
    let tries = futures_util::future::join_all((0..4).map(|_| sign_in_with(&world, &code))).await;
    assert_eq!(tries.iter().filter(|(status, _)| *status == 200).count(), 1, "{tries:?}");
}

#[tokio::test]
async fn a_role_that_needs_a_second_factor_opens_nothing_before_and_an_administrator_removes_a_lost_one() {
    let world = World::with(
        AppConfig { sandbox: true, second_factor_roles: vec![Role::Developer], ..AppConfig::default() },
        ApiConfig::default(),
    )
    .await;
    let mut ann = administrator(&world).await;
    let invite = json!({ "email": "dev@acme.test", "role": "developer" });
    let (_, invited) = ann.ask(&world, Method::POST, "/console/api/people", invite).await;
    let link = invited["link"].as_str().unwrap().split_once('#').unwrap().1;
    let mut dev = Browser::welcome(&world, link, "").await;
    let calls = format!("/2010-04-01/Accounts/{}/Calls.json", world.root.sid());
    let (status, refused) = dev.ask(&world, Method::GET, &calls, Value::Null).await;
    assert_eq!((status.as_u16(), refused["code"].as_u64()), (403, Some(20477)));
    assert_eq!(dev.ask(&world, Method::POST, "/console/api/softphone", json!({})).await.0, 403);
    assert_eq!(ann.ask(&world, Method::GET, &calls, Value::Null).await.0, 200, "not her role");
    enrol(&world, &mut dev).await;
    assert_eq!(dev.ask(&world, Method::GET, &calls, Value::Null).await.0, 200);
    let person = invited["person"]["sid"].as_str().unwrap();
    let reset = format!("/console/api/people/{person}/second-factor");
    assert_eq!(dev.ask(&world, Method::DELETE, &reset, Value::Null).await.0, 403);
    assert_eq!(ann.ask(&world, Method::DELETE, &reset, Value::Null).await.0, 204);
    assert_eq!(dev.ask(&world, Method::GET, &calls, Value::Null).await.0, 401, "signed out");
    let (_, audit) = ann.ask(&world, Method::GET, "/console/api/audit", Value::Null).await;
    let actions: Vec<&str> = audit.as_array().unwrap().iter().filter_map(|e| e["action"].as_str()).collect();
    assert!(
        actions.contains(&"second_factor.on") && actions.contains(&"people.second_factor_off"),
        "{actions:?}"
    );
}
