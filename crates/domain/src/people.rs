//! People who sign in to the console, their sessions, and what they did.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AccountSid, AuditSid, PersonSid, Sealed, SessionSid};

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

/// Something a person did.
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
    /// When.
    pub created_at: Timestamp,
}
