//! People who sign in to the console, their sessions, and what they did.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{AccountSid, AuditSid, KeySid, PersonSid, Sealed, SessionSid};

/// What a person may do with the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Everything.
    Administrator,
    /// Everything but people and accounts.
    Developer,
    /// Reads, and manages numbers and phones.
    ProvisioningAgent,
    /// Reads.
    ReadOnly,
    /// Answers requests of authorities, and does nothing else. Given and taken on the command line alone.
    LawfulOfficer,
}

impl Role {
    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Developer => "developer",
            Self::ProvisioningAgent => "provisioning-agent",
            Self::ReadOnly => "read-only",
            Self::LawfulOfficer => "lawful-officer",
        }
    }

    /// Reads the word of the wire.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Administrator, Self::Developer, Self::ProvisioningAgent, Self::ReadOnly, Self::LawfulOfficer]
            .into_iter()
            .find(|role| role.as_str() == name)
    }
}

/// A link that lets its holder set a password, once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordLink {
    /// SHA-256 of its token, hexadecimal.
    pub digest: String,
    /// Until when.
    pub expires_at: Timestamp,
}

/// Codes of an app on the person's phone (RFC 6238).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondFactor {
    /// 160 random bits.
    pub secret: Sealed,
    /// When a code was first shown to be right; before, none is asked for.
    pub confirmed_at: Option<Timestamp>,
    /// Of the last code that was taken, in steps of 30 s since 1970: it and earlier ones are refused.
    pub last_step: i64,
    /// SHA-256 of the recovery codes that were not used, hexadecimal.
    pub recovery: Vec<String>,
}

/// A key that a person's phone, computer or security key keeps, and signs in with (Web Authentication).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passkey {
    /// The authenticator's name for it, in base64url.
    pub id: String,
    /// The person's name for it.
    pub name: String,
    /// Its public half, a `COSE_Key` in base64url.
    pub key: String,
    /// Uses the authenticator had counted at the last one; 0 where it does not count.
    pub counter: u32,
    /// It may be on several devices of the person.
    pub synced: bool,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was used last.
    pub used_at: Option<Timestamp>,
}

/// A challenge that was answered, kept until it would not be taken any more anyway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpentChallenge {
    /// SHA-256 of it, hexadecimal.
    pub digest: String,
    /// It ends then.
    pub until: Timestamp,
}

/// Somebody who may sign in to the console for an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Id.
    pub sid: PersonSid,
    /// Of optimistic updates, from 1.
    pub version: u32,
    /// Whose people they are of.
    pub account_sid: AccountSid,
    /// Unique on the platform without regard to case. The first administrator chooses it with the password.
    pub email: Option<String>,
    /// Rights.
    pub role: Role,
    /// Argon2id in PHC form; none before the link was used.
    pub password: Option<String>,
    /// Asked for beside the password.
    #[serde(default)]
    pub second_factor: Option<SecondFactor>,
    /// What they may sign in with in place of password and code.
    #[serde(default)]
    pub passkeys: Vec<Passkey>,
    /// Challenges of these that were answered lately.
    #[serde(default)]
    pub spent_challenges: Vec<SpentChallenge>,
    /// One that was not used yet.
    pub link: Option<PasswordLink>,
    /// Wrong passwords since the last right one.
    pub failures: u32,
    /// No sign-in before.
    pub locked_until: Option<Timestamp>,
    /// When they last signed in.
    pub signed_in_at: Option<Timestamp>,
    /// When.
    pub created_at: Timestamp,
    /// When.
    pub updated_at: Timestamp,
}

impl Person {
    /// Whether signing in asks for a code: a second factor that was begun and never confirmed asks for none.
    pub fn has_second_factor(&self) -> bool {
        self.second_factor.as_ref().is_some_and(|factor| factor.confirmed_at.is_some())
    }
}

/// A browser that signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Id; not the secret.
    pub sid: SessionSid,
    /// Of the person.
    pub account_sid: AccountSid,
    /// Who.
    pub person_sid: PersonSid,
    /// SHA-256 of the cookie's token, hexadecimal.
    pub digest: String,
    /// `User-Agent` at sign-in, cut to 200 characters.
    pub device: String,
    /// When they signed in.
    pub created_at: Timestamp,
    /// Last use, to the minute.
    pub seen_at: Timestamp,
    /// Whatever happens, it ends then.
    pub ends_at: Timestamp,
}

/// What is known of an act beside who did what: where from, with which key, and what was asked for. Secrets, addresses and contents are masked
/// before it comes here.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AuditDetails {
    /// The key it was asked with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_sid: Option<KeySid>,
    /// The account that signed in with its token or key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<AccountSid>,
    /// Address it came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
    /// What the fields were that were to be changed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<(String, String)>,
    /// What they were to become.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub asked: Vec<(String, String)>,
    /// SHA-256 of all that an erasure may take away, as it was written; empty in entries of before.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub digest: String,
    /// An erasure has taken something away.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub erased: bool,
}

impl AuditDetails {
    /// Without what an erasure takes.
    #[must_use]
    pub fn erase(self) -> Self {
        Self { ip: None, before: Vec::new(), asked: Vec::new(), erased: true, ..self }
    }
}

/// Something a person or a program did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEvent {
    /// Id.
    pub sid: AuditSid,
    /// Whose account.
    pub account_sid: AccountSid,
    /// Who; none where nobody had signed in.
    pub person_sid: Option<PersonSid>,
    /// Their address then.
    pub person: String,
    /// `session.begin`, `numbers.create`…
    pub action: String,
    /// What it was done to: a path or an address.
    pub subject: String,
    /// How and from where.
    #[serde(default)]
    pub details: AuditDetails,
    /// When.
    pub created_at: Timestamp,
}

impl AuditEvent {
    /// With the digest of all that an erasure may take away: to be called once, when it is written.
    #[must_use]
    pub fn signed(mut self) -> Self {
        self.details.digest = self.content_digest();
        self
    }

    /// Whether it says what it said when it was written; so does one of which an erasure took something, and one without a digest.
    pub fn is_untouched(&self) -> bool {
        self.details.erased || self.details.digest.is_empty() || self.details.digest == self.content_digest()
    }

    /// What a seal is over: everything but what an erasure may take away, of which it is over the digest.
    pub fn sealed_text(&self) -> String {
        let sid = |sid: Option<String>| sid.unwrap_or_else(|| "-".to_owned());
        format!(
            "{} {} {} {} {} {} {} {}",
            self.sid,
            self.account_sid,
            sid(self.person_sid.map(|it| it.to_string())),
            sid(self.details.key_sid.map(|it| it.to_string())),
            sid(self.details.by.map(|it| it.to_string())),
            self.action,
            self.created_at.as_microsecond(),
            self.details.digest
        )
    }

    fn content_digest(&self) -> String {
        let mut sha = Sha256::new();
        let mut part = |text: &str| {
            sha.update((text.len() as u64).to_le_bytes());
            sha.update(text.as_bytes());
        };
        part(&self.person);
        part(&self.subject);
        part(self.details.ip.as_deref().unwrap_or(""));
        for fields in [&self.details.before, &self.details.asked] {
            part(&fields.len().to_string());
            for (name, value) in fields {
                part(name);
                part(value);
            }
        }
        sha.finalize().iter().fold(String::with_capacity(64), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> AuditEvent {
        AuditEvent {
            sid: AuditSid::from_u128(1),
            account_sid: AccountSid::from_u128(2),
            person_sid: None,
            person: String::new(),
            action: "applications.update".to_owned(),
            subject: "Accounts/AC1/Applications/AP1".to_owned(),
            details: AuditDetails {
                ip: Some("192.0.2.1".to_owned()),
                asked: vec![("FriendlyName".to_owned(), "b".to_owned())],
                ..AuditDetails::default()
            },
            created_at: Timestamp::UNIX_EPOCH,
        }
        .signed()
    }

    #[test]
    fn an_entry_that_was_altered_shows_and_one_of_which_something_was_erased_keeps_its_seal() {
        let written = event();
        assert!(written.is_untouched());
        let other_value = vec![("FriendlyName".to_owned(), "c".to_owned())];
        let altered = AuditDetails { asked: other_value, ..written.details.clone() };
        assert!(!AuditEvent { details: altered, ..written.clone() }.is_untouched());
        assert!(!AuditEvent { subject: "elsewhere".to_owned(), ..written.clone() }.is_untouched());
        let erased = AuditEvent { details: written.details.clone().erase(), ..written.clone() };
        assert!(erased.is_untouched());
        assert_eq!(erased.sealed_text(), written.sealed_text());
        let other = AuditEvent { action: "applications.delete".to_owned(), ..written.clone() };
        assert_ne!(other.sealed_text(), written.sealed_text());
    }
}
