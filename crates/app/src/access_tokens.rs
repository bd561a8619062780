//! Access tokens of browsers: JSON Web Tokens (RFC 7519) that a customer's server signs with the secret of an API key (HS256), in
//! Twilio's form with a voice grant. A browser registers with one instead of a password. The console's softphone has such a token too,
//! issued here for the person who sits there (`softphone`).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flexio_domain::{AccountSid, AccountStatus, ApplicationSid, E164, ErrorCode, KeySid, PersonSid};
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use sha2::Sha256;

use crate::App;
use crate::error::{AppError, refuse};

/// Longest token, in bytes.
const TOKEN_BYTES_MAX: usize = 4_096;
/// Longest life of a token, in seconds.
const LIFE_MAX_S: i64 = 86_400;
/// Difference of clocks that is forgiven, in seconds.
const CLOCKS_S: i64 = 60;
/// Longest identity, in characters.
const IDENTITY_CHARS_MAX: usize = 120;

/// What a valid token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessToken {
    /// Whose client it is.
    pub account_sid: AccountSid,
    /// The name it registers under, `client:identity`.
    pub identity: String,
    /// May be called.
    pub incoming: bool,
    /// Application of calls it places; without one it may place none.
    pub outgoing_application_sid: Option<ApplicationSid>,
    /// Issued for a person of the console: may call whom they like, and any flow of the account.
    pub of_person: bool,
    /// Number that calls of a person show; their right to it is checked with each call.
    pub caller_id: Option<E164>,
    /// Its account is suspended: it may call for help, and nothing else.
    pub is_suspended: bool,
    /// Second since 1970 at which it ends: a registration must not outlive it.
    pub expires_s: i64,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    exp: i64,
    #[serde(default)]
    nbf: Option<i64>,
    #[serde(default)]
    iat: Option<i64>,
    #[serde(default)]
    jti: Option<String>,
    #[serde(default)]
    caller_id: Option<String>,
    grants: Grants,
}

#[derive(Deserialize)]
struct Grants {
    identity: String,
    #[serde(default)]
    voice: Option<VoiceGrant>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct VoiceGrant {
    incoming: Incoming,
    outgoing: Outgoing,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Incoming {
    allow: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Outgoing {
    application_sid: Option<String>,
}

pub(crate) fn bad(why: &str) -> AppError {
    refuse(ErrorCode::Unauthorized, format!("The access token {why}."))
}

impl App {
    /// Checks an access token. `Unauthorized` says in words what is wrong with it.
    ///
    /// Only HS256 is taken, whatever the token says of itself (RFC 8725 §3.1), and only with a key of the account that it names.
    pub async fn check_access_token(&self, token: &str) -> Result<AccessToken, AppError> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(bad("is longer than 4096 bytes"));
        }
        let (signed, signature) = token.rsplit_once('.').ok_or_else(|| bad("has not three parts"))?;
        let (header, claims) = signed.split_once('.').ok_or_else(|| bad("has not three parts"))?;
        let header: Header = part(header)?;
        if header.alg != "HS256" {
            return Err(bad("is not signed with HS256"));
        }
        let claims: Claims = part(claims)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| bad("is not base64url"))?;
        let account: AccountSid = claims.sub.parse().map_err(|_| bad("names no account (sub)"))?;
        let person = claims.iss.parse::<PersonSid>().ok();
        match person {
            Some(person) => {
                let session = claims.jti.as_deref().unwrap_or_default();
                self.check_softphone(account, person, session, signed, &signature).await?;
            }
            None => {
                let key: KeySid = claims.iss.parse().map_err(|_| bad("names no API key (iss)"))?;
                self.check_signature(key, account, signed.as_bytes(), &signature).await?;
            }
        }
        self.check_time(&claims)?;
        let status = self.account_now(account).await?.map_or(AccountStatus::Closed, |account| account.status);
        if status == AccountStatus::Closed {
            return Err(ErrorCode::AccountNotActive.into());
        }
        let token = claims.read(account, person.is_some())?;
        Ok(AccessToken { is_suspended: status == AccountStatus::Suspended, ..token })
    }

    async fn check_signature(
        &self,
        key: KeySid,
        account: AccountSid,
        signed: &[u8],
        signature: &[u8],
    ) -> Result<(), AppError> {
        let wrong = || bad("is not signed with the secret of a key of the account");
        let key = self.store.key(key).await?.filter(|key| key.account_sid == account).ok_or_else(wrong)?;
        // Keys from before access tokens have kept only a digest of their secret.
        let sealed = key.signing_secret.as_ref().ok_or_else(wrong)?;
        let secret = self.vault.open(&key.sid.to_string(), sealed)?;
        let mut mac = Hmac::<Sha256>::new_from_slice(&secret).expect("HMAC takes keys of any length");
        mac.update(signed);
        mac.verify_slice(signature).map_err(|_| wrong())
    }

    fn check_time(&self, claims: &Claims) -> Result<(), AppError> {
        let now = self.clock.now().as_second();
        if claims.exp <= now {
            return Err(bad("has expired"));
        }
        if claims.exp - now > LIFE_MAX_S + CLOCKS_S {
            return Err(bad("lives longer than 24 hours"));
        }
        let begins = claims.nbf.or(claims.iat);
        if begins.is_some_and(|begins| begins > now + CLOCKS_S) {
            return Err(bad("is not valid yet"));
        }
        Ok(())
    }
}

impl Claims {
    fn read(self, account_sid: AccountSid, of_person: bool) -> Result<AccessToken, AppError> {
        let identity = self.grants.identity;
        let well_formed = (1..=IDENTITY_CHARS_MAX).contains(&identity.len())
            && identity.bytes().all(|b| b.is_ascii_graphic() && b != b'@');
        if !well_formed {
            return Err(bad("has an identity that cannot stand in an address"));
        }
        let voice = self.grants.voice.ok_or_else(|| bad("grants no voice"))?;
        let application = voice.outgoing.application_sid.map(|sid| sid.parse()).transpose();
        Ok(AccessToken {
            account_sid,
            identity,
            incoming: voice.incoming.allow,
            outgoing_application_sid: application.map_err(|_| bad("names no application"))?,
            of_person,
            caller_id: self.caller_id.filter(|_| of_person).and_then(|number| number.parse().ok()),
            is_suspended: false,
            expires_s: self.exp,
        })
    }
}

fn part<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, AppError> {
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| bad("is not base64url"))?;
    serde_json::from_slice(&bytes).map_err(|_| bad("has not the claims of an access token"))
}
