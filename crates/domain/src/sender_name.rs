//! A name that an account wants to send messages from.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AccountSid, Address, SenderNameSid};

/// What became of the wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SenderNameState {
    /// Nobody has looked at it.
    Requested,
    /// Messages may be sent from it.
    Approved,
    /// Not with this proof, or not any more.
    Refused,
}

impl SenderNameState {
    /// All.
    pub const ALL: [Self; 3] = [Self::Requested, Self::Approved, Self::Refused];

    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Approved => "approved",
            Self::Refused => "refused",
        }
    }

    /// The state of this wire name.
    pub fn from_wire(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// A name that an account wants to send from, why it may, and what was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SenderName {
    /// Identity.
    pub sid: SenderNameSid,
    /// Optimistic lock.
    pub version: u32,
    /// Who wants it.
    pub account_sid: AccountSid,
    /// The name, as recipients see it. Unique in the account without regard to case; approved for one account only.
    pub name: Address,
    /// What shows that the account may use it: a registered trade name, a trade mark. 1 to 2000 characters.
    pub proof: String,
    /// Where it stands.
    pub state: SenderNameState,
    /// What the decision says, at most 500 characters.
    pub reason: Option<String>,
    /// The account that decided: the top one.
    pub decided_by: Option<AccountSid>,
    /// When.
    pub decided_at: Option<Timestamp>,
    /// Creation.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}

impl SenderName {
    /// The name without regard to case: phones show `ACME` and `Acme` as they come, and people take them for one.
    pub fn key(&self) -> String {
        Self::key_of(&self.name)
    }

    /// The same of any name.
    pub fn key_of(name: &Address) -> String {
        name.to_string().to_lowercase()
    }
}
