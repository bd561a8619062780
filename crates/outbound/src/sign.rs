//! Signatures on the requests we send.
//!
//! Three schemes, side by side, so that existing validators keep working and new ones can be strict:
//! * `X-Twilio-Signature`: HMAC-SHA1 as published in Twilio's "Webhooks Security";
//! * `X-FlexIO-Signature`: HMAC-SHA256 over method, URL, time and parameters, see [`flexio_signature`];
//! * Standard Webhooks 1.0 (<https://www.standardwebhooks.com>) on callbacks, see [`standard_webhook_signature`].

use std::fmt::{self, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flexio_domain::HttpMethod;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};
use url::Url;

use crate::WireForm;

/// RFC 3986 §2.3 unreserved characters stay, all else is escaped: the one form every language has a function for.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The secrets of one account. Has no readable `Debug` and is never serialised.
#[derive(Clone)]
pub struct Signer {
    auth_token: String,
    webhook_secrets: Vec<Vec<u8>>,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("webhook_secrets", &self.webhook_secrets.len()).finish_non_exhaustive()
    }
}

impl Signer {
    /// Signs with the primary auth token of the account that owns the resource.
    pub fn new(auth_token: impl Into<String>) -> Self {
        Self { auth_token: auth_token.into(), webhook_secrets: Vec::new() }
    }

    /// Uses webhook secrets for the FlexIO and Standard-Webhooks signatures instead of the auth token. The newest comes first; two
    /// are valid while one replaces the other, further ones are ignored. `whsec_…` is read as Base64, anything else as plain bytes.
    #[must_use]
    pub fn with_webhook_secrets<S: AsRef<str>>(mut self, secrets: &[S]) -> Self {
        self.webhook_secrets = secrets.iter().take(2).map(|secret| webhook_key(secret.as_ref())).collect();
        self
    }

    fn keys(&self) -> Vec<&[u8]> {
        if self.webhook_secrets.is_empty() {
            return vec![self.auth_token.as_bytes()];
        }
        self.webhook_secrets.iter().map(Vec::as_slice).collect()
    }

    /// Adds the headers for one request. `url` is exactly what is requested; `form` are the parameters in the body, if any.
    pub(crate) fn sign_request(&self, request: &Signed<'_>, headers: &mut HeaderMap) {
        let Signed { wire, method, url, form, now } = *request;
        if wire == WireForm::Twiml {
            put(headers, "x-twilio-signature", &twilio_signature(&self.auth_token, url, form));
        }
        let signature: Vec<String> =
            self.keys().iter().map(|key| flexio_signature(key, method, url, form, now)).collect();
        put(headers, "x-flexio-timestamp", &now.as_second().to_string());
        put(headers, "x-flexio-signature", &signature.join(","));
    }

    /// Adds the Standard-Webhooks headers over the raw body.
    pub(crate) fn sign_event(&self, id: &str, now: Timestamp, body: &[u8], headers: &mut HeaderMap) {
        let signatures: Vec<String> =
            self.keys().iter().map(|key| standard_webhook_signature(key, id, now, body)).collect();
        put(headers, "webhook-id", id);
        put(headers, "webhook-timestamp", &now.as_second().to_string());
        put(headers, "webhook-signature", &signatures.join(" "));
    }
}

/// What [`Signer::sign_request`] signs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Signed<'a> {
    pub(crate) wire: WireForm,
    pub(crate) method: HttpMethod,
    pub(crate) url: &'a str,
    pub(crate) form: &'a [(String, String)],
    pub(crate) now: Timestamp,
}

fn put(headers: &mut HeaderMap, name: &'static str, value: &str) {
    // An event id with control characters cannot be a header; leaving it out fails verification, which is the safe side.
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}

fn webhook_key(secret: &str) -> Vec<u8> {
    secret
        .strip_prefix("whsec_")
        .and_then(|encoded| STANDARD.decode(encoded).ok())
        .unwrap_or_else(|| secret.as_bytes().to_vec())
}

fn sorted(params: &[(String, String)]) -> Vec<(&str, &str)> {
    let mut pairs: Vec<(&str, &str)> =
        params.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    pairs.sort_unstable();
    pairs
}

/// `X-Twilio-Signature`: Base64 of HMAC-SHA1 over the URL and, for a form POST, each parameter name and value in order of name; a
/// repeated name contributes its distinct values in order. Pass no parameters for GET and for a JSON body.
pub fn twilio_signature(auth_token: &str, url: &str, params: &[(String, String)]) -> String {
    let mut pairs = sorted(params);
    pairs.dedup();
    let mut mac =
        Hmac::<sha1::Sha1>::new_from_slice(auth_token.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(url.as_bytes());
    for (name, value) in pairs {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    STANDARD.encode(mac.finalize().into_bytes())
}

/// `X-FlexIO-Signature`: `v1=` and the lower-case hex HMAC-SHA256 of four lines joined by `\n`: the method, the URL as requested, the
/// Unix time of `X-FlexIO-Timestamp`, and the form parameters sorted by name, then value, each `name=value` with both escaped as by
/// RFC 3986 (unreserved characters stay), joined by `&`; the fourth line is empty without a form.
///
/// Unlike a plain concatenation, no two different sets of parameters give the same text.
pub fn flexio_signature(
    key: &[u8],
    method: HttpMethod,
    url: &str,
    params: &[(String, String)],
    at: Timestamp,
) -> String {
    let escape = |text| utf8_percent_encode(text, ESCAPED);
    let mut text = format!("{}\n{url}\n{}\n", method.as_str(), at.as_second());
    for (number, (name, value)) in sorted(params).into_iter().enumerate() {
        let between = if number == 0 { "" } else { "&" };
        write!(text, "{between}{}={}", escape(name), escape(value))
            .expect("a text takes all that is written");
    }
    format!("v1={}", hex(&hmac_sha256(key, &[text.as_bytes()])))
}

/// One signature of `webhook-signature`: `v1,` and the Base64 HMAC-SHA256 of `id.timestamp.body` (Standard Webhooks 1.0). Several are
/// joined by a space while two secrets are valid.
pub fn standard_webhook_signature(key: &[u8], id: &str, at: Timestamp, body: &[u8]) -> String {
    let head = format!("{id}.{}.", at.as_second());
    format!("v1,{}", STANDARD.encode(hmac_sha256(key, &[head.as_bytes(), body])))
}

/// `url` with `bodySHA256=<hex>` appended to its query: how Twilio ties a JSON body to a signature that covers the URL only.
pub fn url_with_body_hash(url: &Url, body: &[u8]) -> Url {
    let hash = format!("bodySHA256={}", hex(&Sha256::digest(body)));
    let mut url = url.clone();
    let query =
        url.query().filter(|query| !query.is_empty()).map_or(hash.clone(), |query| format!("{query}&{hash}"));
    url.set_query(Some(&query));
    url
}

fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}"); // writing to a String cannot fail
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn the_published_form_vector_of_twilio_verifies() {
        let form = params(&[
            ("CallSid", "CA1234567890ABCDE"),
            ("Digits", "1234"),
            ("From", "+14158675309"),
            ("To", "+18005551212"),
            ("Caller", "+14158675309"),
        ]);
        let url = "https://mycompany.com/myapp.php?foo=1&bar=2";
        assert_eq!(twilio_signature("12345", url, &form), "RSOYDt4T1cUTdK1PDd93/VVr8B8=");
    }

    #[test]
    fn the_published_json_vector_of_twilio_verifies() {
        let url = Url::parse("https://mycompany.com/myapp.php?foo=1&bar=2").unwrap();
        let url = url_with_body_hash(&url, br#"{"property": "value", "boolean": true}"#);
        let hash = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620";
        assert_eq!(url.as_str(), format!("https://mycompany.com/myapp.php?foo=1&bar=2&bodySHA256={hash}"));
        assert_eq!(twilio_signature("12345", url.as_str(), &[]), "a9nBmqA0ju/hNViExpshrM61xv4=");
    }

    #[test]
    fn a_repeated_parameter_counts_its_distinct_values_in_order() {
        let url = "https://mycompany.com/myapp.php?foo=1&bar=2";
        let once =
            params(&[("Digits", "1234"), ("Digits", "5678"), ("Sid", "CA123"), ("SidAccount", "AC123")]);
        let shuffled = params(&[
            ("SidAccount", "AC123"),
            ("Digits", "5678"),
            ("Digits", "1234"),
            ("Sid", "CA123"),
            ("Digits", "1234"),
        ]);
        assert_eq!(twilio_signature("12345", url, &shuffled), twilio_signature("12345", url, &once));
        assert_eq!(twilio_signature("12345", url, &shuffled), "IK+Dwps556ElfBT0I3Rgjkr1wJU=");
    }

    #[test]
    fn the_published_standard_webhooks_vector_verifies() {
        let key = webhook_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
        let signature = standard_webhook_signature(&key, id, at(1_614_265_330), br#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn an_altered_byte_or_time_or_boundary_gives_another_flexio_signature() {
        let form = params(&[("Body", "one\nTo=2"), ("From", "+3225551234")]);
        let sign = |method, url: &str, form: &[(String, String)], second| {
            flexio_signature(b"k", method, url, form, at(second))
        };
        let good = sign(HttpMethod::Post, "https://e.be/a", &form, 1);
        assert_eq!(good.len(), 3 + 64);
        assert_ne!(good, sign(HttpMethod::Get, "https://e.be/a", &form, 1));
        assert_ne!(good, sign(HttpMethod::Post, "https://e.be/b", &form, 1));
        assert_ne!(good, sign(HttpMethod::Post, "https://e.be/a", &form, 2));
        let split = params(&[("Body", "one"), ("To", "2"), ("From", "+3225551234")]);
        assert_ne!(good, sign(HttpMethod::Post, "https://e.be/a", &split, 1));
    }

    #[test]
    fn during_rotation_both_secrets_sign_and_only_those() {
        let signer = Signer::new("token").with_webhook_secrets(&["whsec_bmV3", "old", "older"]);
        let mut headers = HeaderMap::new();
        signer.sign_event("evt_1", at(7), b"a=b", &mut headers);
        let expected =
            [b"new".as_slice(), b"old"].map(|key| standard_webhook_signature(key, "evt_1", at(7), b"a=b"));
        assert_eq!(headers["webhook-signature"].to_str().unwrap(), expected.join(" "));
        assert_eq!(headers["webhook-timestamp"], "7");
        assert!(!format!("{signer:?}").contains("token"));
    }
}
