//! Passkeys over the console's own requests, with an authenticator made here.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use flexio_app::AppConfig;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::tests::{Browser, PASSWORD, administrator};
use crate::ApiConfig;
use crate::tests::world::World;

const SITE: &str = "flexio.example";

/// A security key that verifies its owner, and counts.
struct Authenticator {
    pair: Ed25519KeyPair,
    id: Vec<u8>,
    user: String,
    counter: u32,
}

impl Authenticator {
    fn new(id: &[u8]) -> Self {
        Self { pair: Ed25519KeyPair::generate().unwrap(), id: id.to_vec(), user: String::new(), counter: 0 }
    }

    fn data(&mut self, flags: u8, behind: &[u8]) -> Vec<u8> {
        self.counter += 1;
        let mut data = digest(&SHA256, SITE.as_bytes()).as_ref().to_vec();
        data.push(flags);
        data.extend(self.counter.to_be_bytes());
        data.extend(behind);
        data
    }

    /// The answer to what `passkeys/begin` says.
    fn make(&mut self, begun: &Value, name: &str) -> Value {
        begun["user"].as_str().unwrap().clone_into(&mut self.user);
        let mut credential = vec![0; 16];
        credential.extend(u16::try_from(self.id.len()).unwrap().to_be_bytes());
        credential.extend(&self.id);
        credential.extend([0xa4, 1, 1, 3, 0x27, 0x20, 6, 0x21, 0x58, 32]);
        credential.extend(self.pair.public_key().as_ref());
        let data = self.data(0b0100_0101, &credential);
        json!({ "name": name, "client_data": told("webauthn.create", begun), "authenticator_data": BASE64.encode(data) })
    }

    /// The answer to what `sign-in/challenge` says.
    fn use_for(&mut self, wanted: &Value) -> Value {
        let data = self.data(0b101, &[]);
        let client_data = told("webauthn.get", wanted);
        let mut message = data.clone();
        message.extend(digest(&SHA256, &BASE64.decode(&client_data).unwrap()).as_ref());
        json!({
            "id": BASE64.encode(&self.id),
            "user": self.user,
            "client_data": client_data,
            "authenticator_data": BASE64.encode(data),
            "signature": BASE64.encode(self.pair.sign(&message)),
        })
    }
}

fn told(purpose: &str, wanted: &Value) -> String {
    let told =
        json!({ "type": purpose, "challenge": wanted["challenge"], "origin": format!("https://{SITE}") });
    BASE64.encode(told.to_string())
}

async fn world() -> World {
    let public_base_url = format!("https://{SITE}");
    let config = AppConfig { sandbox: true, public_base_url, ..AppConfig::default() };
    World::with(config, ApiConfig::default()).await
}

async fn challenge(world: &World) -> Value {
    let path = "/console/api/sign-in/challenge";
    let (status, wanted) = Browser::default().ask(world, Method::POST, path, json!({})).await;
    assert_eq!((status.as_u16(), &wanted["site"]), (200, &SITE.into()), "{wanted}");
    wanted
}

async fn enter(world: &World, answer: &Value) -> (StatusCode, Browser) {
    let mut browser = Browser::default();
    let path = "/console/api/sign-in/passkey";
    let (status, body) = browser.ask(world, Method::POST, path, answer.clone()).await;
    if status == 200 {
        browser.sits(&body);
    }
    (status, browser)
}

async fn begin(world: &World, browser: &mut Browser) -> Value {
    let path = "/console/api/passkeys/begin";
    let (status, begun) = browser.ask(world, Method::POST, path, json!({ "password": PASSWORD })).await;
    assert_eq!(status, 200, "{begun}");
    begun
}

async fn add(world: &World, browser: &mut Browser, key: &mut Authenticator) -> StatusCode {
    let made = key.make(&begin(world, browser).await, "Laptop");
    browser.ask(world, Method::POST, "/console/api/passkeys", made).await.0
}

async fn actions(world: &World, browser: &mut Browser) -> Vec<String> {
    let (_, audit) = browser.ask(world, Method::GET, "/console/api/audit", Value::Null).await;
    audit.as_array().unwrap().iter().map(|event| event["action"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_passkey_signs_in_without_password_and_code_until_it_is_removed() {
    let world = world().await;
    let mut ann = administrator(&world).await;
    let mut key = Authenticator::new(b"laptop");
    let wrong = json!({ "password": "wrong" });
    assert_eq!(ann.ask(&world, Method::POST, "/console/api/passkeys/begin", wrong.clone()).await.0, 400);
    assert_eq!(add(&world, &mut ann, &mut key).await, 201);
    let (status, mut by_key) = enter(&world, &key.use_for(&challenge(&world).await)).await;
    assert_eq!(status, 200);
    let (_, who) = by_key.ask(&world, Method::GET, "/console/api/session", Value::Null).await;
    assert_eq!((&who["person"]["email"], &who["person"]["passkeys"]), (&"ann@acme.test".into(), &1.into()));
    let (_, listed) = by_key.ask(&world, Method::GET, "/console/api/passkeys", Value::Null).await;
    assert_eq!(listed[0]["name"], "Laptop");
    assert!(listed[0]["used_at"].is_string() && listed[0]["key"].is_null(), "{listed}");
    let (id, remove) = (BASE64.encode(b"laptop"), |id: &str| format!("/console/api/passkeys/{id}/remove"));
    assert_eq!(ann.ask(&world, Method::POST, &remove(&id), wrong).await.0, 400);
    let right = json!({ "password": PASSWORD });
    assert_eq!(ann.ask(&world, Method::POST, &remove("AAAA"), right.clone()).await.0, 404);
    assert_eq!(ann.ask(&world, Method::POST, &remove(&id), right).await.0, 204);
    assert_eq!(
        by_key.ask(&world, Method::GET, "/console/api/session", Value::Null).await.0,
        401,
        "it may be lost"
    );
    assert_eq!(enter(&world, &key.use_for(&challenge(&world).await)).await.0, 401);
    let noted = actions(&world, &mut ann).await;
    for action in ["passkeys.add", "session.begin_by_passkey", "passkeys.remove"] {
        assert!(noted.iter().any(|have| have == action), "{action}: {noted:?}");
    }
}

#[tokio::test]
async fn an_answer_counts_once_for_a_while_and_for_whom_it_was_asked() {
    let world = world().await;
    let mut ann = administrator(&world).await;
    let mut key = Authenticator::new(b"laptop");
    let begun = begin(&world, &mut ann).await;
    let made = key.make(&begun, "Laptop");
    let mut other = Browser::back(&world, "ann@acme.test").await;
    let path = "/console/api/passkeys";
    assert_eq!(
        other.ask(&world, Method::POST, path, made.clone()).await.0,
        400,
        "asked for by another session"
    );
    assert_eq!(ann.ask(&world, Method::POST, path, made.clone()).await.0, 201);
    assert_eq!(ann.ask(&world, Method::POST, path, made).await.0, 409);
    let second = Authenticator::new(b"phone").make(&begun, "Phone");
    assert_eq!(ann.ask(&world, Method::POST, path, second).await.0, 400, "the same challenge again");
    let answer = key.use_for(&challenge(&world).await);
    assert_eq!(enter(&world, &answer).await.0, 200);
    assert_eq!(enter(&world, &answer).await.0, 401, "the same answer again");
    let twice = challenge(&world).await;
    assert_eq!(enter(&world, &key.use_for(&twice)).await.0, 200);
    assert_eq!(enter(&world, &key.use_for(&twice)).await.0, 401, "another answer to the same challenge");
    let late = challenge(&world).await;
    world.clock.advance(5 * 60);
    assert_eq!(enter(&world, &key.use_for(&late)).await.0, 401);
    let own = json!({ "challenge": BASE64.encode([7; 56]) });
    assert_eq!(enter(&world, &key.use_for(&own)).await.0, 401, "no challenge of ours");
    let begun = begin(&world, &mut ann).await;
    assert_eq!(enter(&world, &key.use_for(&begun)).await.0, 401, "a challenge for adding one");
}

#[tokio::test]
async fn a_copied_key_a_forged_signature_and_somebody_elses_name_are_refused_and_noted() {
    let world = world().await;
    let mut ann = administrator(&world).await;
    let mut key = Authenticator::new(b"laptop");
    assert_eq!(add(&world, &mut ann, &mut key).await, 201);
    let answer = key.use_for(&challenge(&world).await);
    let altered = |name: &str, value: Value| {
        let mut altered = answer.clone();
        altered[name] = value;
        altered
    };
    let forged = altered("signature", BASE64.encode([1; 64]).into());
    let nobody = altered("user", BASE64.encode([9; 32]).into());
    for answer in [forged, nobody, altered("id", "AAAA".into()), altered("user", "".into())] {
        assert_eq!(enter(&world, &answer).await.0, 401);
    }
    assert_eq!(enter(&world, &answer).await.0, 200, "what was refused spent nothing");
    key.counter = 0;
    assert_eq!(enter(&world, &key.use_for(&challenge(&world).await)).await.0, 401, "it has counted further");
    let noted = actions(&world, &mut ann).await;
    assert_eq!(noted.iter().filter(|action| *action == "passkeys.refused").count(), 2, "{noted:?}");
}

#[tokio::test]
async fn whoever_is_kept_out_by_wrong_passwords_of_others_gets_in_by_passkey() {
    let world = world().await;
    let mut ann = administrator(&world).await;
    let mut key = Authenticator::new(b"laptop");
    assert_eq!(add(&world, &mut ann, &mut key).await, 201);
    for _ in 0..6 {
        let body = json!({ "email": "ann@acme.test", "password": "wrong" });
        Browser::default().ask(&world, Method::POST, "/console/api/sign-in", body).await;
    }
    assert_eq!(enter(&world, &key.use_for(&challenge(&world).await)).await.0, 200);
}

#[tokio::test]
async fn without_a_name_the_platform_has_no_passkeys() {
    let world = World::new().await;
    let mut ann = administrator(&world).await;
    let path = "/console/api/sign-in/challenge";
    assert_eq!(Browser::default().ask(&world, Method::POST, path, json!({})).await.0, 409);
    let right = json!({ "password": PASSWORD });
    assert_eq!(ann.ask(&world, Method::POST, "/console/api/passkeys/begin", right).await.0, 409);
}
