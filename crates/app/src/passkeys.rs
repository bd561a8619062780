//! Passkeys: signing in without password and code, by what a person's phone, computer or security key keeps.
//!
//! A challenge is not kept before it is answered, so that asking for one costs the platform nothing: it carries its end and our signature.
//! Once answered it is written on the person's row, which moves with it, so that of two who give the same answer one is refused.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flexio_domain::people::{Passkey, SpentChallenge};
use flexio_domain::*;
use flexio_store::{Change, ChangeSet, PeopleChange};
use flexio_verify::passkey::{self, Assertion, Site};
use jiff::ToSpan as _;

use crate::error::{AppError, refuse};
use crate::{App, Seat, vault};

/// Passkeys of a person.
const PASSKEYS_MAX: usize = 10;
/// How long a challenge may be answered.
const ANSWER_MINUTES: i64 = 5;
/// Answers of a person that are remembered: more sign-ins than these within [`ANSWER_MINUTES`] are refused.
const SPENT_MAX: usize = 64;
/// Bytes of a challenge: its end, randomness, and our signature.
const HEAD: usize = 24;
const CHALLENGE: usize = HEAD + 32;
/// Characters of the name of a passkey.
const NAME_MAX: usize = 64;
/// Whom a challenge is for, where that is not known yet.
const ANYBODY: &str = "";

/// What a browser needs to make a passkey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPasskey {
    /// To be answered within five minutes, once, in base64url.
    pub challenge: String,
    /// Host name of the site.
    pub site: String,
    /// What the authenticator gives back when the passkey is used, in base64url.
    pub user: String,
    /// The person's address.
    pub name: String,
    /// Passkeys that are there: an authenticator that has one of them makes no second.
    pub known: Vec<String>,
}

/// What a browser says of a passkey it has made; all in base64url.
#[derive(Debug, Clone, Copy)]
pub struct PasskeyMade<'a> {
    /// The person's name for it, 1 to 64 characters.
    pub name: &'a str,
    /// `clientDataJSON`.
    pub client_data: &'a str,
    /// `getAuthenticatorData()`.
    pub authenticator_data: &'a str,
}

/// What a browser says of a passkey it has used; all in base64url.
#[derive(Debug, Clone, Copy)]
pub struct PasskeyUsed<'a> {
    /// Which one.
    pub id: &'a str,
    /// [`NewPasskey::user`].
    pub user: &'a str,
    /// `clientDataJSON`.
    pub client_data: &'a str,
    /// `authenticatorData`.
    pub authenticator_data: &'a str,
    /// Over both.
    pub signature: &'a str,
}

impl App {
    /// A challenge for whoever wants to sign in, and the host name of the site. `Conflict` where the platform's address has none.
    pub fn passkey_challenge(&self) -> Result<(String, String), AppError> {
        let site = self.passkey_site()?;
        Ok((URL_SAFE_NO_PAD.encode(self.new_challenge(ANYBODY)), site.id))
    }

    /// What the browser of the person who sits here needs to make a passkey. It takes the password.
    pub async fn begin_passkey(&self, seat: &Seat, password: &str) -> Result<NewPasskey, AppError> {
        let site = self.passkey_site()?;
        let person = self.sure_of(seat, password).await?;
        if person.passkeys.len() >= PASSKEYS_MAX {
            return Err(ErrorCode::TooManyResources.into());
        }
        Ok(NewPasskey {
            challenge: URL_SAFE_NO_PAD.encode(self.new_challenge(&seat.session.sid.to_string())),
            site: site.id,
            user: user_of(&person),
            name: person.email.clone().unwrap_or_default(),
            known: person.passkeys.into_iter().map(|known| known.id).collect(),
        })
    }

    /// Keeps a passkey that was made in answer to [`App::begin_passkey`] of the same session.
    pub async fn add_passkey(&self, seat: &Seat, made: PasskeyMade<'_>) -> Result<Passkey, AppError> {
        let site = self.passkey_site()?;
        let name = made.name.trim();
        if name.is_empty() || name.chars().count() > NAME_MAX || name.chars().any(char::is_control) {
            return Err(refuse(ErrorCode::InvalidParameter, "name must have 1 to 64 characters."));
        }
        let refused =
            || refuse(ErrorCode::InvalidParameter, "The passkey was not made here, now and by you.");
        let (client_data, data) = (bytes(made.client_data)?, bytes(made.authenticator_data)?);
        let challenge = passkey::challenge_of(&client_data).map_err(|_| refused())?;
        let until = self.is_ours(&challenge, &seat.session.sid.to_string()).ok_or_else(refused)?;
        let new = passkey::made(&site, &challenge, &client_data, &data).map_err(|error| {
            tracing::info!(%error, "passkey_not_made");
            refused()
        })?;
        let mut person = self.person(seat.person.account_sid, seat.person.sid).await?;
        let now = self.clock.now();
        let new = Passkey {
            id: URL_SAFE_NO_PAD.encode(&new.id),
            name: name.to_owned(),
            key: URL_SAFE_NO_PAD.encode(&new.key),
            counter: new.counter,
            synced: new.synced,
            created_at: now,
            used_at: None,
        };
        if person.passkeys.len() >= PASSKEYS_MAX {
            return Err(ErrorCode::TooManyResources.into());
        }
        if person.passkeys.iter().any(|known| known.id == new.id) {
            return Err(refuse(ErrorCode::Conflict, "This passkey is there already."));
        }
        spend(&mut person, &challenge, until, now).ok_or_else(refused)?;
        person.passkeys.push(new.clone());
        person.updated_at = now;
        self.audited(PeopleChange::Update(person), seat, "passkeys.add", name).await?;
        Ok(new)
    }

    /// Removes a passkey of the person who sits here; their other sessions end, as one of them may be of the device that was lost.
    pub async fn remove_passkey(&self, seat: &Seat, password: &str, id: &str) -> Result<(), AppError> {
        let mut person = self.sure_of(seat, password).await?;
        let at = person.passkeys.iter().position(|known| known.id == id).ok_or(ErrorCode::NotFound)?;
        let gone = person.passkeys.remove(at);
        person.updated_at = self.clock.now();
        let (account, sid) = (person.account_sid, person.sid);
        let mut changes = ChangeSet::from(Change::from(PeopleChange::Update(person)));
        changes.push(PeopleChange::EndSessions(account, sid, Some(seat.session.sid)).into());
        changes.push(self.audit_change(&seat.person, "passkeys.remove", &gone.name));
        Ok(self.store.commit(changes).await?)
    }

    /// Signs in with a passkey: the session's token, for a cookie. It is password and code in one. Waits after wrong passwords do not
    /// concern it, as nobody guesses a passkey: whoever is kept out by somebody else's guesses gets in by it. Whatever is wrong, the
    /// answer is `Unauthorized`.
    pub async fn begin_session_by_passkey(
        &self,
        said: PasskeyUsed<'_>,
        device: &str,
    ) -> Result<(String, Seat), AppError> {
        let refused = || AppError::from(ErrorCode::Unauthorized);
        let site = self.passkey_site()?;
        let (account, sid) = owner(said.user).ok_or_else(refused)?;
        let client_data = bytes(said.client_data).map_err(|_| refused())?;
        let challenge = passkey::challenge_of(&client_data).map_err(|_| refused())?;
        let until = self.is_ours(&challenge, ANYBODY).ok_or_else(refused)?;
        let mut person = self.store.person(account, sid).await?.ok_or_else(refused)?;
        let known = person.passkeys.iter().position(|known| known.id == said.id).ok_or_else(refused)?;
        let whose = self.account_now(account).await?.ok_or_else(refused)?;
        if whose.status == AccountStatus::Closed {
            return Err(refused());
        }
        let (data, signature) = (bytes(said.authenticator_data), bytes(said.signature));
        let (data, signature) = (data.map_err(|_| refused())?, signature.map_err(|_| refused())?);
        let key = bytes(&person.passkeys[known].key)?;
        let said = Assertion { client_data: &client_data, authenticator_data: &data, signature: &signature };
        let now = self.clock.now();
        let counter = match passkey::used(&site, &challenge, (&key, person.passkeys[known].counter), said) {
            Ok(counter) => counter,
            Err(error) => {
                tracing::warn!(%error, "passkey_refused");
                let why = format!("{}: {error}", person.passkeys[known].name);
                self.store.commit(self.audit_change(&person, "passkeys.refused", &why).into()).await?;
                return Err(refused());
            }
        };
        spend(&mut person, &challenge, until, now).ok_or_else(refused)?;
        let used = &mut person.passkeys[known];
        (used.counter, used.used_at) = (counter, Some(now));
        match self.open_session(person, device, "session.begin_by_passkey").await {
            // Somebody else gave the same answer, or the person's row moved: the browser asks again.
            Err(error) if error.code() == ErrorCode::Conflict => Err(refused()),
            done => done,
        }
    }

    /// Where passkeys are for: browsers know them by the host name of the platform's address.
    fn passkey_site(&self) -> Result<Site, AppError> {
        let base = url::Url::parse(&self.config.public_base_url).ok();
        let site = base.as_ref().and_then(|url| match url.host() {
            Some(url::Host::Domain(name)) => {
                Some(Site { id: name.to_owned(), origin: url.origin().ascii_serialization() })
            }
            Some(url::Host::Ipv4(_) | url::Host::Ipv6(_)) | None => None,
        });
        site.ok_or_else(|| {
            refuse(ErrorCode::Conflict, "Passkeys need an address of the platform that has a name.")
        })
    }

    fn new_challenge(&self, whose: &str) -> [u8; CHALLENGE] {
        let end = self.clock.now() + ANSWER_MINUTES.minutes();
        let mut challenge = [0; CHALLENGE];
        challenge[..8].copy_from_slice(&end.as_second().to_be_bytes());
        challenge[8..HEAD].copy_from_slice(&vault::random::<16>());
        let mac = self.vault.mac("passkey challenge", &[&vault::hex(&challenge[..HEAD]), whose]);
        challenge[HEAD..].copy_from_slice(&mac);
        challenge
    }

    /// Until when a challenge may be answered; `None` where it is not of ours for this one, or too old.
    fn is_ours(&self, challenge: &[u8], whose: &str) -> Option<Timestamp> {
        let (head, given) = challenge.split_at_checked(HEAD)?;
        let mac = self.vault.mac("passkey challenge", &[&vault::hex(head), whose]);
        if !vault::same(&mac, given.try_into().ok()?) {
            return None;
        }
        let end = i64::from_be_bytes(head[..8].try_into().ok()?);
        let end = Timestamp::from_second(end).ok()?;
        (end > self.clock.now()).then_some(end)
    }
}

/// Notes that a challenge was answered; `None` where it was before, or where too many were.
fn spend(person: &mut Person, challenge: &[u8], until: Timestamp, now: Timestamp) -> Option<()> {
    person.spent_challenges.retain(|spent| spent.until > now);
    let digest = vault::hex(&vault::digest_parts(&[challenge]));
    let is_new = person.spent_challenges.iter().all(|spent| spent.digest != digest);
    if !is_new || person.spent_challenges.len() >= SPENT_MAX {
        return None;
    }
    person.spent_challenges.push(SpentChallenge { digest, until });
    Some(())
}

fn bytes(text: &str) -> Result<Vec<u8>, AppError> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| refuse(ErrorCode::InvalidParameter, "This is not base64url."))
}

/// The person, in a form that tells nothing to whom it is not known (Web Authentication §14.6.1).
fn user_of(person: &Person) -> String {
    let mut sids = [0; 32];
    sids[..16].copy_from_slice(&person.account_sid.as_u128().to_be_bytes());
    sids[16..].copy_from_slice(&person.sid.as_u128().to_be_bytes());
    URL_SAFE_NO_PAD.encode(sids)
}

fn owner(user: &str) -> Option<(AccountSid, PersonSid)> {
    let sids: [u8; 32] = URL_SAFE_NO_PAD.decode(user).ok()?.try_into().ok()?;
    let sid = |half: &[u8]| Some(u128::from_be_bytes(half.try_into().ok()?));
    Some((AccountSid::from_u128(sid(&sids[..16])?), PersonSid::from_u128(sid(&sids[16..])?)))
}
