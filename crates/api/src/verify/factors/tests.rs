//! Factors and challenges as Twilio's libraries use them.

use flexio_domain::{TotpAlgorithm, TotpConfig};
use flexio_verify::totp;
use http::Request;
use serde_json::{Value, json};

use crate::tests::world::{Customer, Reply, World};

const IDENTITY: &str = "c9f5d6d0-2f1e";

/// An app with its secret, of somebody known in a service.
struct Held {
    service: String,
    factor: String,
    secret: Vec<u8>,
    config: TotpConfig,
}

impl Held {
    async fn new(world: &World, who: &Customer, more: &[(&str, &str)]) -> Self {
        let service = world.post(who, "/v2/Services", &[("FriendlyName", "Acme")]).await.ok().text("sid");
        let path = format!("/v2/Services/{service}/Entities/{IDENTITY}/Factors");
        let mut form = vec![("FriendlyName", "an@example.be"), ("FactorType", "totp")];
        form.extend_from_slice(more);
        let made = world.post(who, &path, &form).await.ok();
        let secret = made.json()["binding"]["secret"].as_str().unwrap().to_owned();
        let secret = totp::from_base32(&secret).expect("Base32 of a secret");
        Self { service, factor: made.text("sid"), secret, config: TotpConfig::default() }
    }

    fn path(&self, rest: &str) -> String {
        format!("/v2/Services/{}/Entities/{IDENTITY}/{rest}", self.service)
    }

    /// What the app shows.
    fn code(&self, world: &World) -> String {
        use flexio_domain::Clock as _;
        totp::code_at(&self.secret, world.clock.now().as_second(), &self.config)
    }

    /// A code that it does not show and did not show of late.
    fn wrong(&self, world: &World) -> String {
        let code: u32 = self.code(world).parse().unwrap();
        format!("{:06}", (code + 500_000) % 1_000_000)
    }

    async fn verify(&self, world: &World, who: &Customer) {
        let form = [("AuthPayload", &*self.code(world))];
        let path = self.path(&format!("Factors/{}", self.factor));
        assert_eq!(world.post(who, &path, &form).await.ok().text("status"), "verified");
        world.clock.advance(30);
    }

    async fn challenge(&self, world: &World, who: &Customer, code: &str) -> Reply {
        let form = [("FactorSid", &*self.factor), ("AuthPayload", code)];
        world.post(who, &self.path("Challenges"), &form).await
    }
}

#[tokio::test]
async fn a_factor_is_verified_by_its_code_and_approves_each_challenge_with_another() {
    let world = World::new().await;
    let who = &world.child;
    let held = Held::new(&world, who, &[("Metadata", r#"{"os":"Android"}"#)]).await;
    let path = held.path(&format!("Factors/{}", held.factor));
    let shown = world.get(who, &path).await.ok().json();
    assert_eq!((&shown["status"], &shown["factor_type"]), (&json!("unverified"), &json!("totp")));
    assert_eq!(shown["metadata"], json!({"os": "Android"}));
    assert_eq!(shown["config"], json!({"alg": "sha1", "skew": 1, "code_length": 6, "time_step": 30}));
    assert_eq!(shown.get("binding"), None, "the secret is shown once");
    assert_eq!(held.challenge(&world, who, "000000").await.refused(), (403, 60_318));
    let wrong = world.post(who, &path, &[("AuthPayload", &held.wrong(&world))]).await.ok();
    assert_eq!(wrong.text("status"), "unverified", "a wrong code is no error");
    let code = held.code(&world);
    held.verify(&world, who).await;
    let again = held.challenge(&world, who, &code).await.ok().json();
    assert_eq!((&again["status"], &again["date_responded"]), (&json!("pending"), &Value::Null), "taken");
    let right = held.challenge(&world, who, &held.code(&world)).await.ok().json();
    assert_eq!(right["status"], "approved");
    assert_eq!(right["date_responded"], right["date_created"]);
    let twice = held.challenge(&world, who, &held.code(&world)).await.ok();
    assert_eq!(twice.text("status"), "pending", "of a code one challenge is approved");
    let all = world.get(who, &held.path("Challenges?Status=pending")).await.ok().json();
    assert_eq!(all["challenges"].as_array().unwrap().len(), 2);
    assert_eq!(all["meta"]["key"], "challenges");
    assert_eq!(world.get(&world.sibling, &path).await.refused(), (404, 20_404));
}

#[tokio::test]
async fn a_challenge_waits_for_its_code_until_its_time_is_over() {
    let world = World::new().await;
    let who = &world.child;
    let held = Held::new(&world, who, &[]).await;
    held.verify(&world, who).await;
    let asked = world.post(who, &held.path("Challenges"), &[("FactorSid", &held.factor)]).await.ok();
    assert_eq!(asked.text("status"), "pending");
    let path = held.path(&format!("Challenges/{}", asked.text("sid")));
    let answer = async |code: &str| world.post(who, &path, &[("AuthPayload", code)]).await;
    assert_eq!(answer(&held.wrong(&world)).await.ok().text("status"), "pending");
    assert_eq!(answer(&held.code(&world)).await.ok().text("status"), "approved");
    world.clock.advance(30);
    assert_eq!(answer(&held.code(&world)).await.refused(), (409, 20_409), "approved once");
    let late = world.post(who, &held.path("Challenges"), &[("FactorSid", &held.factor)]).await.ok();
    world.clock.advance(300);
    let path = held.path(&format!("Challenges/{}", late.text("sid")));
    let reply = world.post(who, &path, &[("AuthPayload", &held.code(&world))]).await;
    assert_eq!(reply.refused(), (403, 60_323));
    assert_eq!(world.get(who, &path).await.ok().text("status"), "expired");
    let far = [("FactorSid", &*held.factor), ("ExpirationDate", "2026-11-24T12:00:00Z")];
    assert_eq!(world.post(who, &held.path("Challenges"), &far).await.refused(), (400, 60_200));
}

#[tokio::test]
async fn a_thousand_guesses_at_once_are_five() {
    let world = World::new().await;
    let who = &world.child;
    let held = Held::new(&world, who, &[]).await;
    held.verify(&world, who).await;
    let right = held.code(&world);
    let guesses: Vec<String> = (0..1_000_u32)
        .map(|guess| format!("{:06}", guess * 997 % 1_000_000))
        .filter(|guess| *guess != right)
        .collect();
    let all = guesses.iter().map(|guess| held.challenge(&world, who, guess));
    let replies = futures_util::future::join_all(all).await;
    let looked_at: Vec<&Reply> = replies.iter().filter(|reply| reply.status == 201).collect();
    // A guess may be a code of the steps around.
    let approved = looked_at.iter().filter(|reply| reply.text("status") == "approved").count();
    assert!(looked_at.len() - approved == 5 && approved <= 1, "{} {approved}", looked_at.len());
    let refused = held.challenge(&world, who, &right).await;
    assert_eq!(refused.refused(), (429, 60_202), "the right one is not looked at either");
    assert_eq!(refused.header("retry-after"), "600");
    world.clock.advance(600);
    assert_eq!(held.challenge(&world, who, &held.code(&world)).await.ok().text("status"), "approved");
}

#[tokio::test]
async fn one_code_at_two_nodes_at_once_approves_one_challenge() {
    let world = World::new().await;
    let who = &world.child;
    let held = Held::new(&world, who, &[]).await;
    held.verify(&world, who).await;
    let code = held.code(&world);
    let tries = (0..8).map(|_| held.challenge(&world, who, &code));
    let replies = futures_util::future::join_all(tries).await;
    let approved = replies.iter().filter(|it| it.status == 201 && it.text("status") == "approved").count();
    assert_eq!(approved, 1);
}

#[tokio::test]
async fn an_app_keeps_its_own_secret_and_manner() {
    let world = World::new().await;
    let who = &world.child;
    let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    let more = [
        ("Binding.Secret", secret),
        ("Config.Alg", "sha256"),
        ("Config.CodeLength", "8"),
        ("Config.TimeStep", "60"),
        ("Config.Skew", "0"),
    ];
    let mut held = Held::new(&world, who, &more).await;
    assert_eq!(held.secret, b"12345678901234567890");
    held.config = TotpConfig { algorithm: TotpAlgorithm::Sha256, step_s: 60, digits: 8, skew: 0 };
    held.verify(&world, who).await;
    let path = held.path(&format!("Factors/{}", held.factor));
    let changed = world.post(who, &path, &[("FriendlyName", "pad"), ("Config.Skew", "2")]).await.ok().json();
    assert_eq!((&changed["friendly_name"], &changed["config"]["skew"]), (&json!("pad"), &json!(2)));
    assert_eq!(changed["status"], "verified");
}

#[tokio::test]
async fn what_is_no_factor_is_refused() {
    let world = World::new().await;
    let who = &world.child;
    let service = [("FriendlyName", "Acme"), ("Totp.Issuer", "Acme Bank"), ("Totp.CodeLength", "8")];
    let service = world.post(who, "/v2/Services", &service).await.ok();
    assert_eq!(
        service.json()["totp"],
        json!({"issuer": "Acme Bank", "time_step": 30, "code_length": 8, "skew": 1})
    );
    let service = service.text("sid");
    let base = format!("/v2/Services/{service}/Entities");
    let good = [("FriendlyName", "a"), ("FactorType", "totp")];
    for (identity, more, expected) in [
        ("short", None, (400, 60_200)),
        ("an%40example.be", None, (400, 60_200)),
        (IDENTITY, Some(("FactorType", "push")), (403, 60_204)),
        (IDENTITY, Some(("Config.TimeStep", "10")), (400, 60_200)),
        (IDENTITY, Some(("Config.CodeLength", "9")), (400, 60_200)),
        (IDENTITY, Some(("Config.Skew", "3")), (400, 60_200)),
        (IDENTITY, Some(("Config.Alg", "md5")), (400, 20_001)),
        (IDENTITY, Some(("Binding.Secret", "MZXW6")), (400, 60_200)),
        (IDENTITY, Some(("Metadata", "[1]")), (400, 60_200)),
        (IDENTITY, Some(("FriendlyName", "")), (400, 60_200)),
    ] {
        let kept = good.iter().filter(|(name, _)| more.is_none_or(|(other, _)| other != *name));
        let form: Vec<_> = kept.copied().chain(more).collect();
        let reply = world.post(who, &format!("{base}/{identity}/Factors"), &form).await;
        assert_eq!(reply.refused(), expected, "{identity} {more:?}");
    }
    assert_eq!(
        world.get(who, &format!("{base}/{IDENTITY}")).await.refused(),
        (404, 20_404),
        "nothing was made"
    );
    let made = world.post(who, &base, &[("Identity", IDENTITY)]).await.ok();
    assert!(made.text("sid").starts_with("YE"));
    assert_eq!(world.post(who, &base, &[("Identity", IDENTITY)]).await.refused(), (409, 20_409));
    for _ in 0..20 {
        world.post(who, &format!("{base}/{IDENTITY}/Factors"), &good).await.ok();
    }
    let full = world.post(who, &format!("{base}/{IDENTITY}/Factors"), &good).await;
    assert_eq!(full.refused(), (400, 20_428));
    let link = world.post(who, &format!("{base}/somebody-else/Factors"), &good).await.ok();
    let link = link.json()["binding"]["uri"].as_str().unwrap().to_owned();
    assert!(link.starts_with("otpauth://totp/Acme%20Bank:a?secret="), "{link}");
    assert!(link.ends_with("&issuer=Acme%20Bank&digits=8"), "{link}");
    assert_eq!(world.delete(who, &format!("{base}/{IDENTITY}")).await.status, 204);
    assert_eq!(world.get(who, &format!("{base}/{IDENTITY}/Factors")).await.refused(), (404, 20_404));
    assert_eq!(world.delete(who, &format!("/v2/Services/{service}")).await.status, 204);
    assert_eq!(world.get(who, &format!("{base}/somebody-else")).await.refused(), (404, 20_404));
}

#[tokio::test]
async fn a_creation_again_makes_no_second_factor_and_shows_no_secret() {
    let world = World::new().await;
    let who = &world.child;
    let service = world.post(who, "/v2/Services", &[("FriendlyName", "Acme")]).await.ok().text("sid");
    let path = format!("/v2/Services/{service}/Entities/{IDENTITY}/Factors");
    let create = async || {
        let request = Request::post(&path).header("idempotency-key", "f");
        world.send(request, Some(who.credentials()), "FriendlyName=a&FactorType=totp").await.ok()
    };
    let (first, second) = (create().await, create().await);
    assert_eq!(first.text("sid"), second.text("sid"));
    assert!(first.json().get("binding").is_some() && second.json().get("binding").is_none());
    let factor = world.delete(who, &format!("{path}/{}", first.text("sid"))).await;
    assert_eq!(factor.status, 204);
}
