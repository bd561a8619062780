//! Factors: apps that make codes (TOTP, RFC 6238) in the hands of a customer's end users, and the challenges that ask for such a code.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AccountSid, ChallengeSid, EntitySid, FactorSid, Sealed, VerifyServiceSid};

/// Hash behind the codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TotpAlgorithm {
    /// What every app can do.
    #[default]
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

impl TotpAlgorithm {
    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    /// The algorithm of this wire name.
    pub fn from_wire(text: &str) -> Option<Self> {
        [Self::Sha1, Self::Sha256, Self::Sha512].into_iter().find(|algorithm| algorithm.as_str() == text)
    }
}

/// How an app makes its codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TotpConfig {
    /// Hash.
    pub algorithm: TotpAlgorithm,
    /// Seconds a code is shown, 20 to 60.
    pub step_s: u32,
    /// Digits, 3 to 8.
    pub digits: u8,
    /// Codes before and after the present one that are taken too, 0 to 2.
    pub skew: u8,
}

impl Default for TotpConfig {
    /// What every app assumes where its link says nothing.
    fn default() -> Self {
        Self { algorithm: TotpAlgorithm::Sha1, step_s: 30, digits: 6, skew: 1 }
    }
}

/// What new factors of a service begin with.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TotpDefaults {
    /// Name shown in the app; the service's where there is none.
    pub issuer: Option<String>,
    /// How codes are made; its algorithm is SHA-1.
    pub config: TotpConfig,
}

/// Somebody who has factors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entity {
    /// Identity of the resource.
    pub sid: EntitySid,
    /// Owner.
    pub account_sid: AccountSid,
    /// Where they are known.
    pub service_sid: VerifyServiceSid,
    /// The customer's name for them, unique in the service: 8 to 64 letters, digits and hyphens.
    pub identity: String,
    /// Creation.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}

/// Whether a code of it was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FactorStatus {
    /// Its secret was handed out; nobody has shown a code.
    Unverified,
    /// A right code came: it can be challenged.
    Verified,
}

impl FactorStatus {
    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unverified => "unverified",
            Self::Verified => "verified",
        }
    }
}

/// An app that makes codes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Factor {
    /// Identity.
    pub sid: FactorSid,
    /// Optimistic lock: a code is taken by whoever moves it.
    pub version: u32,
    /// Owner.
    pub account_sid: AccountSid,
    /// Service.
    pub service_sid: VerifyServiceSid,
    /// Whose it is.
    pub entity_sid: EntitySid,
    /// Their name.
    pub identity: String,
    /// For people; also the account name in the app.
    pub friendly_name: String,
    /// Whether a code was seen.
    pub status: FactorStatus,
    /// How it makes codes.
    pub config: TotpConfig,
    /// The secret, sealed for the factor.
    pub secret: Sealed,
    /// Time step of the last code that was taken: it and those before it are never taken again.
    pub last_step: i64,
    /// When wrong codes came, of the last day: what the limit of guesses counts.
    pub wrong_at: Vec<Timestamp>,
    /// The customer's own, a JSON object of texts.
    pub metadata: Option<String>,
    /// Creation.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}

/// Where a challenge stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChallengeStatus {
    /// Waits for a right code.
    Pending,
    /// The right code came.
    Approved,
    /// None came in time.
    Expired,
}

impl ChallengeStatus {
    /// As kept and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Expired => "expired",
        }
    }

    /// The status of this wire name.
    pub fn from_wire(text: &str) -> Option<Self> {
        [Self::Pending, Self::Approved, Self::Expired].into_iter().find(|status| status.as_str() == text)
    }
}

/// One time that a factor was to be proved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    /// Identity.
    pub sid: ChallengeSid,
    /// Optimistic lock.
    pub version: u32,
    /// Owner.
    pub account_sid: AccountSid,
    /// Service.
    pub service_sid: VerifyServiceSid,
    /// Of whom.
    pub entity_sid: EntitySid,
    /// Their name.
    pub identity: String,
    /// With what.
    pub factor_sid: FactorSid,
    /// As kept: a pending one whose time is over has expired, whether or not that was written down.
    pub status: ChallengeStatus,
    /// When it no longer waits.
    pub expires_at: Timestamp,
    /// When the right code came.
    pub responded_at: Option<Timestamp>,
    /// The customer's own, a JSON object of texts.
    pub metadata: Option<String>,
    /// Creation.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}

impl Challenge {
    /// Where it stands at `now`.
    pub fn state(&self, now: Timestamp) -> ChallengeStatus {
        match self.status {
            ChallengeStatus::Pending if now >= self.expires_at => ChallengeStatus::Expired,
            status => status,
        }
    }
}
