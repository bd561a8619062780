//! Passkeys of the person who sits at the console, and signing in with one.

use std::net::IpAddr;

use flexio_app::{PasskeyMade, PasskeyUsed, Seat};
use flexio_domain::people::Passkey;
use flexio_domain::{ErrorCode, Person};
use flexio_verify::passkey::ALGORITHMS;
use http::{HeaderMap, Method, StatusCode};
use serde_json::{Value, json};

use super::{Reply, device_of, text};
use crate::Api;
use crate::error::{ApiError, Result};

impl Api {
    /// What a browser needs to sign in with whichever passkey it has.
    pub(super) fn passkey_wanted(&self, client: Option<IpAddr>) -> Result<Reply> {
        self.may_try(client)?;
        let (challenge, site) = self.app.passkey_challenge()?;
        Ok(Reply::ok(json!({ "challenge": challenge, "site": site })))
    }

    pub(super) async fn sign_in_by_passkey(
        &self,
        headers: &HeaderMap,
        given: &Value,
        client: Option<IpAddr>,
    ) -> Result<Reply> {
        self.may_try(client)?;
        let said = PasskeyUsed {
            id: text(given, "id")?,
            user: text(given, "user")?,
            client_data: text(given, "client_data")?,
            authenticator_data: text(given, "authenticator_data")?,
            signature: text(given, "signature")?,
        };
        let begun = self.app.begin_session_by_passkey(said, device_of(headers)).await.map_err(ApiError::from);
        if let Err(error) = &begun {
            self.count_failure(error, client);
        }
        let (token, seat) = begun?;
        self.begun(&token, seat).await
    }

    /// Those of the person who sits here: listed, made in two steps, removed.
    pub(super) async fn passkeys(
        &self,
        method: &Method,
        rest: &[&str],
        seat: &Seat,
        given: &Value,
    ) -> Result<Reply> {
        match (method, rest) {
            (&Method::GET, []) => {
                let person = self.app.person(seat.person.account_sid, seat.person.sid).await?;
                Ok(Reply::ok(all(&person)))
            }
            (&Method::POST, ["begin"]) => self.begin_passkey(seat, given).await,
            (&Method::POST, []) => self.add_passkey(seat, given).await,
            (&Method::POST, [id, "remove"]) => {
                self.app.remove_passkey(seat, text(given, "password")?, id).await?;
                Ok(Reply::done())
            }
            _ => Err(ErrorCode::NotFound.into()),
        }
    }

    async fn begin_passkey(&self, seat: &Seat, given: &Value) -> Result<Reply> {
        let new = self.app.begin_passkey(seat, text(given, "password")?).await?;
        Ok(Reply::ok(json!({
            "challenge": new.challenge,
            "site": new.site,
            "user": new.user,
            "name": new.name,
            "known": new.known,
            "algorithms": ALGORITHMS,
        })))
    }

    async fn add_passkey(&self, seat: &Seat, given: &Value) -> Result<Reply> {
        let made = PasskeyMade {
            name: text(given, "name")?,
            client_data: text(given, "client_data")?,
            authenticator_data: text(given, "authenticator_data")?,
        };
        let new = self.app.add_passkey(seat, made).await?;
        Ok(Reply { status: StatusCode::CREATED, body: shown(&new), cookie: None })
    }
}

fn all(person: &Person) -> Value {
    person.passkeys.iter().map(shown).collect()
}

fn shown(passkey: &Passkey) -> Value {
    json!({
        "id": passkey.id,
        "name": passkey.name,
        "synced": passkey.synced,
        "created_at": passkey.created_at.to_string(),
        "used_at": passkey.used_at.map(|at| at.to_string()),
    })
}
