//! Access tokens as a customer's server signs them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flexio_app::AccessToken;
use flexio_domain::*;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::world::World;

/// A token with this header and these claims, signed with this secret.
fn signed(header: &Value, claims: &Value, secret: &str) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", part(header), part(claims));
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

fn header() -> Value {
    json!({ "typ": "JWT", "alg": "HS256", "cty": "twilio-fpa;v=1" })
}

struct Signer {
    world: World,
    key: String,
    secret: String,
}

impl Signer {
    async fn new() -> Self {
        let world = World::new().await;
        let path = format!("/2010-04-01/Accounts/{}/Keys.json", world.child.sid());
        let key = world.post(&world.child, &path, &[]).await.ok();
        let (key, secret) = (key.text("sid"), key.text("secret"));
        Self { world, key, secret }
    }

    /// The claims of a good token.
    fn claims(&self) -> Value {
        let now = self.world.app.clock.now().as_second();
        json!({
            "jti": format!("{}-{now}", self.key),
            "iss": self.key, "sub": self.world.child.sid(), "iat": now, "exp": now + 3_600,
            "grants": { "identity": "alice", "voice": {
                "incoming": { "allow": true },
                "outgoing": { "application_sid": "AP00000000000000000000000000000001" },
            }},
        })
    }

    async fn check(&self, token: &str) -> Result<AccessToken, ErrorCode> {
        self.world.app.check_access_token(token).await.map_err(|error| error.code())
    }
}

#[tokio::test]
async fn a_token_of_a_key_of_the_account_is_good() {
    let signer = Signer::new().await;
    let token = signer.check(&signed(&header(), &signer.claims(), &signer.secret)).await.unwrap();
    assert_eq!((token.account_sid, token.identity.as_str()), (signer.world.child.account.sid, "alice"));
    assert!(token.incoming && token.outgoing_application_sid == Some(ApplicationSid::from_u128(1)));
    let mut small = signer.claims();
    small["grants"]["voice"] = json!({});
    let token = signer.check(&signed(&header(), &small, &signer.secret)).await.unwrap();
    assert!(!token.incoming && token.outgoing_application_sid.is_none());
}

#[tokio::test]
async fn every_other_token_is_refused() {
    let signer = Signer::new().await;
    let now = signer.world.app.clock.now().as_second();
    let good = signed(&header(), &signer.claims(), &signer.secret);
    let with = |path: &str, value: Value| {
        let mut claims = signer.claims();
        *claims.pointer_mut(path).unwrap() = value;
        signed(&header(), &claims, &signer.secret)
    };
    let parts: Vec<&str> = good.split('.').collect();
    let unsigned = json!({ "typ": "JWT", "alg": "none" });
    let tokens = [
        String::new(),
        "a.b".to_owned(),
        "é.é.é".to_owned(),
        "x".repeat(5_000),
        format!("{}.{}.", parts[0], parts[1]),
        signed(&unsigned, &signer.claims(), &signer.secret),
        signed(&header(), &signer.claims(), "another secret"),
        with("/exp", json!(now)),
        with("/exp", json!(now + 90_000)),
        with("/iat", json!(now + 3_000)),
        with("/iss", json!("SK00000000000000000000000000000001")),
        with("/iss", json!("nobody")),
        with("/sub", json!(signer.world.sibling.sid())),
        with("/grants/identity", json!("")),
        with("/grants/identity", json!("a b")),
        with("/grants/identity", json!("a@b")),
        with("/grants/voice", Value::Null),
        with("/grants/voice/outgoing/application_sid", json!("nonsense")),
    ];
    for token in tokens {
        assert_eq!(signer.check(&token).await, Err(ErrorCode::Unauthorized), "{token}");
    }
    let path = format!("/2010-04-01/Accounts/{}/Keys/{}.json", signer.world.child.sid(), signer.key);
    assert_eq!(signer.world.delete(&signer.world.child, &path).await.status, 204);
    assert_eq!(signer.check(&good).await, Err(ErrorCode::Unauthorized), "the key is revoked");
}

#[tokio::test]
async fn browsers_of_a_suspended_account_may_call_for_help_alone_and_a_closed_one_has_none() {
    let signer = Signer::new().await;
    let path = format!("/2010-04-01/Accounts/{}.json", signer.world.child.sid());
    let good = signed(&header(), &signer.claims(), &signer.secret);
    assert!(!signer.check(&good).await.unwrap().is_suspended);
    signer.world.post(&signer.world.root, &path, &[("Status", "suspended")]).await.ok();
    assert!(signer.check(&good).await.unwrap().is_suspended);
    signer.world.post(&signer.world.root, &path, &[("Status", "closed")]).await.ok();
    assert!(signer.check(&good).await.is_err());
}
