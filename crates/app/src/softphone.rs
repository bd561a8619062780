//! The softphone of the console: an access token for the person who sits there, signed by the platform itself. It lives an hour and
//! ends with their session, so that whoever signs out, or is removed, cannot call any more.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flexio_domain::{AccountSid, E164, ErrorCode, Person, PersonSid, Role};

use crate::access_tokens::bad;
use crate::error::{AppError, refuse};
use crate::{App, Seat};

/// Life of a token, in seconds: the page asks for the next one before.
const LIFE_S: i64 = 3_600;
/// Keeps its signatures from being good for anything else the vault signs.
const PURPOSE: &str = "softphone";

/// What a browser needs to be a phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Softphone {
    /// It is called as `client:identity`.
    pub identity: String,
    /// Access token, for REGISTER and INVITE.
    pub token: String,
    /// How long that holds, in seconds.
    pub lifetime_s: i64,
}

impl App {
    /// A phone for somebody who sits at the console. `caller_id` is shown by its calls to numbers, where the account may show it.
    pub fn softphone(&self, seat: &Seat, caller_id: Option<&E164>) -> Result<Softphone, AppError> {
        may_call(seat.person.role)?;
        let identity = identity_of(&seat.person);
        let now = self.clock.now().as_second();
        let claims = serde_json::json!({
            "iss": seat.person.sid.to_string(),
            "sub": seat.person.account_sid.to_string(),
            "jti": seat.session.sid.to_string(),
            "iat": now,
            "exp": now + LIFE_S,
            "caller_id": caller_id.map(E164::as_str),
            "grants": { "identity": identity, "voice": { "incoming": { "allow": true } } },
        });
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let signed = format!("{}.{}", part(r#"{"typ":"JWT","alg":"HS256"}"#), part(&claims.to_string()));
        let signature = URL_SAFE_NO_PAD.encode(self.vault.mac(PURPOSE, &[&signed]));
        Ok(Softphone { identity, token: format!("{signed}.{signature}"), lifetime_s: LIFE_S })
    }

    /// Whether this is a token of a session that still is, of a person who may still call.
    pub(crate) async fn check_softphone(
        &self,
        account: AccountSid,
        person: PersonSid,
        session: &str,
        signed: &str,
        signature: &[u8],
    ) -> Result<(), AppError> {
        if !self.vault.verify(PURPOSE, &[signed], &crate::vault::hex(signature)) {
            return Err(bad("is not signed by this platform"));
        }
        let over = || bad("is of a session that is over");
        let person = self.store.person(account, person).await?.ok_or_else(over)?;
        may_call(person.role)?;
        let session = session.parse().map_err(|_| over())?;
        if self.live_sessions(&person).await?.iter().any(|live| live.sid == session) {
            Ok(())
        } else {
            Err(over())
        }
    }
}

/// Calls cost money, and flows do things: whoever may not start calls by the API may not by a phone.
fn may_call(role: Role) -> Result<(), AppError> {
    match role {
        Role::Administrator | Role::Developer => Ok(()),
        Role::ProvisioningAgent | Role::ReadOnly | Role::LawfulOfficer => {
            Err(refuse(ErrorCode::Forbidden, "This role may not place calls."))
        }
    }
}

/// `ann@acme.example` is `ann-at-acme.example`: an identity stands in a SIP address, so it has no `@` of its own.
fn identity_of(person: &Person) -> String {
    let Some(email) = &person.email else { return person.sid.to_string() };
    let plain = |c: char| if c.is_ascii_alphanumeric() || ".-_".contains(c) { c } else { '-' };
    let identity = email.replace('@', "-at-").chars().map(plain).take(120).collect::<String>();
    identity.to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_for_those_who_may_place_them() {
        let may = |role| may_call(role).is_ok();
        assert!(may(Role::Administrator) && may(Role::Developer));
        assert!(!may(Role::ProvisioningAgent) && !may(Role::ReadOnly) && !may(Role::LawfulOfficer));
    }
}
