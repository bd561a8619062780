//! The second factor of sign-in: codes of an app on the person's phone, and recovery codes for the day it is lost.
//!
//! A wrong code counts as a wrong password does, so that waits begin after five; a code is taken once, whoever is quicker, because the
//! person's row moves with it.

use flexio_domain::people::SecondFactor;
use flexio_domain::*;
use flexio_store::{Change, ChangeSet, PeopleChange};
use flexio_verify::totp;

use crate::error::{AppError, refuse};
use crate::{App, Seat, passwords, vault};

/// Recovery codes that are handed out.
const RECOVERY_CODES: usize = 10;

/// What an app on a phone is told, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSecondFactor {
    /// Secret in Base32, to be typed.
    pub secret: String,
    /// The same as `otpauth:` URL, to be scanned.
    pub url: String,
}

/// How a person stands who gave the right password.
pub(crate) enum Proof {
    /// All is proved; the person, with what the code has changed.
    Whole(Person),
    /// A code is to be given.
    Wanted,
    /// The code is not right, or was used.
    Wrong(Person),
}

impl App {
    /// Whether this person's role needs a second factor that they do not have yet.
    pub fn needs_second_factor(&self, person: &Person) -> bool {
        self.config.second_factor_roles.contains(&person.role) && !person.has_second_factor()
    }

    /// Makes a secret for the person who sits here. It is asked for once [`App::confirm_second_factor`] has seen a code of it.
    pub async fn begin_second_factor(
        &self,
        seat: &Seat,
        password: &str,
    ) -> Result<NewSecondFactor, AppError> {
        let person = self.sure_of(seat, password).await?;
        if person.has_second_factor() {
            return Err(refuse(ErrorCode::Conflict, "There is a second factor already: remove it first."));
        }
        let secret: [u8; totp::SECRET_LEN] = vault::random();
        let factor = SecondFactor {
            secret: self.vault.seal(&person.sid.to_string(), &secret),
            confirmed_at: None,
            last_step: 0,
            recovery: Vec::new(),
        };
        let (text, url) = (totp::base32(&secret), self.otpauth(&person, &secret));
        let changed = Person { second_factor: Some(factor), updated_at: self.clock.now(), ..person };
        self.store.commit(Change::from(PeopleChange::Update(changed)).into()).await?;
        Ok(NewSecondFactor { secret: text, url })
    }

    /// Turns the second factor on by a code of it; the person's other sessions end. The recovery codes are in this answer and nowhere
    /// else.
    pub async fn confirm_second_factor(&self, seat: &Seat, code: &str) -> Result<Vec<String>, AppError> {
        let person = self.person(seat.person.account_sid, seat.person.sid).await?;
        let now = self.clock.now();
        let begun = person.second_factor.clone().filter(|factor| factor.confirmed_at.is_none());
        let factor = begun.ok_or_else(|| refuse(ErrorCode::Conflict, "No second factor is being set up."))?;
        let secret = self.vault.open(&person.sid.to_string(), &factor.secret)?;
        let Some(step) = step_of(&secret, code.trim(), now, factor.last_step) else {
            self.note_failure(person).await?;
            return Err(ErrorCode::SecondFactorWrong.into());
        };
        let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| recovery_code()).collect();
        let recovery = codes.iter().map(|code| digest_of(person.sid, code)).collect();
        let factor = SecondFactor { confirmed_at: Some(now), last_step: step, recovery, ..factor };
        let (account, sid) = (person.account_sid, person.sid);
        let changed = Person { second_factor: Some(factor), failures: 0, updated_at: now, ..person };
        let mut changes = ChangeSet::from(Change::from(PeopleChange::Update(changed)));
        changes.push(PeopleChange::EndSessions(account, sid, Some(seat.session.sid)).into());
        changes.push(self.audit_change(&seat.person, "second_factor.on", ""));
        self.store.commit(changes).await?;
        Ok(codes)
    }

    /// Removes the second factor of the person who sits here, which takes the password.
    pub async fn remove_second_factor(&self, seat: &Seat, password: &str) -> Result<(), AppError> {
        let person = self.sure_of(seat, password).await?;
        let changed = Person { second_factor: None, updated_at: self.clock.now(), ..person };
        self.audited(PeopleChange::Update(changed), seat, "second_factor.off", "").await
    }

    /// Removes the second factor and the passkeys of somebody who has lost phone and codes; their sessions end.
    pub async fn reset_second_factor(&self, by: &Seat, sid: PersonSid) -> Result<(), AppError> {
        let person = self.person(by.person.account_sid, sid).await?;
        crate::lawful::must_not_be_officer(person.role)?;
        let (account, subject) = (person.account_sid, person.email.clone().unwrap_or_default());
        let changed =
            Person { second_factor: None, passkeys: Vec::new(), updated_at: self.clock.now(), ..person };
        let mut changes = ChangeSet::from(Change::from(PeopleChange::Update(changed)));
        changes.push(PeopleChange::EndSessions(account, sid, None).into());
        changes.push(self.audit_change(&by.person, "people.second_factor_off", &subject));
        Ok(self.store.commit(changes).await?)
    }

    /// Checks what was given beside the right password.
    pub(crate) fn second_proof(&self, mut person: Person, code: Option<&str>) -> Result<Proof, AppError> {
        let Some(factor) = person.second_factor.as_mut().filter(|factor| factor.confirmed_at.is_some())
        else {
            return Ok(Proof::Whole(person));
        };
        let Some(code) = code.map(str::trim).filter(|code| !code.is_empty()) else {
            return Ok(Proof::Wanted);
        };
        let secret = self.vault.open(&person.sid.to_string(), &factor.secret)?;
        if let Some(step) = step_of(&secret, code, self.clock.now(), factor.last_step) {
            factor.last_step = step;
            return Ok(Proof::Whole(person));
        }
        let wanted = digest_of(person.sid, code);
        match factor.recovery.iter().position(|kept| *kept == wanted) {
            Some(at) => {
                factor.recovery.remove(at);
                Ok(Proof::Whole(person))
            }
            None => Ok(Proof::Wrong(person)),
        }
    }

    /// The person who sits here, once they have given their password again: a browser that was left open is not enough.
    pub(crate) async fn sure_of(&self, seat: &Seat, password: &str) -> Result<Person, AppError> {
        let person = self.person(seat.person.account_sid, seat.person.sid).await?;
        if passwords::check(&self.hashers, person.password.clone(), password).await? {
            return Ok(person);
        }
        self.note_failure(person).await?;
        Err(refuse(ErrorCode::InvalidParameter, "The present password is not right."))
    }

    /// The form that apps scan.
    fn otpauth(&self, person: &Person, secret: &[u8]) -> String {
        let name = person.email.as_deref().unwrap_or("administrator");
        totp::key_uri(&self.issuer(), name, secret, &TotpConfig::default())
    }

    /// The host people know the console by.
    fn issuer(&self) -> String {
        let base = url::Url::parse(&self.config.public_base_url).ok();
        base.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_else(|| "flexio".to_owned())
    }
}

/// The step of a person's code, by what every app can do.
fn step_of(secret: &[u8], given: &str, now: Timestamp, last: i64) -> Option<i64> {
    totp::step_of(secret, given, now.as_second(), last, &TotpConfig::default())
}

/// `k7pq-m4xw-2nab-63cd`: 80 random bits, so that a plain digest keeps them. Neither 0, 1, 8 nor 9 is among the letters.
fn recovery_code() -> String {
    let letters = totp::base32(&vault::random::<10>()).to_lowercase();
    format!("{}-{}-{}-{}", &letters[..4], &letters[4..8], &letters[8..12], &letters[12..])
}

/// With the person in it, a code is good for them alone.
fn digest_of(person: PersonSid, code: &str) -> String {
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    vault::hex(&vault::digest_parts(&[person.to_string().as_bytes(), plain.to_ascii_lowercase().as_bytes()]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recovery_code_is_read_however_it_is_written() {
        let code = recovery_code();
        assert_eq!(code.len(), 19);
        let person = PersonSid::from_u128(1);
        assert_eq!(digest_of(person, &code), digest_of(person, &code.to_uppercase().replace('-', " ")));
        assert_ne!(digest_of(person, &code), digest_of(PersonSid::from_u128(2), &code));
    }
}
