//! Records of verbs that ran: what was said, played, gathered, held and transferred, for look-up and billing.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AccountSid, CallSid};

/// Which verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VerbKind {
    /// `<Gather>` of keys.
    GatherDtmf,
    /// `<Gather>` of speech.
    GatherSpeech,
    /// `<Say>`.
    Say,
    /// `<Play>`.
    Play,
    /// `<Hold>`.
    Hold,
    /// `<Resume>`.
    Resume,
    /// `<Refer>`, or a REFER that came in.
    Refer,
}

impl VerbKind {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::GatherDtmf, Self::GatherSpeech, Self::Say, Self::Play, Self::Hold, Self::Resume, Self::Refer];

    /// As kept.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GatherDtmf => "gather-dtmf",
            Self::GatherSpeech => "gather-speech",
            Self::Say => "say",
            Self::Play => "play",
            Self::Hold => "hold",
            Self::Resume => "resume",
            Self::Refer => "refer",
        }
    }

    /// The two letters that begin the sids of its records.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::GatherDtmf | Self::GatherSpeech => "GA",
            Self::Say => "SA",
            Self::Play => "PL",
            Self::Hold => "HD",
            Self::Resume => "RM",
            Self::Refer => "RF",
        }
    }
}

/// Identity of a record: the kind gives its prefix.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct VerbRecordId(pub u128);

impl VerbRecordId {
    /// A new one; later ones sort after earlier ones (UUIDv7, RFC 9562 §5.7).
    #[expect(clippy::new_without_default, reason = "two are never equal")]
    pub fn new() -> Self {
        Self(uuid::Uuid::now_v7().as_u128())
    }

    /// The number in a sid of this kind, `SA…`.
    pub fn parse(kind: VerbKind, sid: &str) -> Option<Self> {
        let digits = sid.strip_prefix(kind.prefix())?;
        let well_formed =
            digits.len() == 32 && digits.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        well_formed.then(|| u128::from_str_radix(digits, 16).ok().map(Self)).flatten()
    }
}

impl fmt::Debug for VerbRecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// A verb that ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerbRecord {
    /// Identity.
    pub id: VerbRecordId,
    /// Which verb.
    pub kind: VerbKind,
    /// Owner.
    pub account_sid: AccountSid,
    /// The call.
    pub call_sid: CallSid,
    /// `completed` or `failed`; of Hold `held`, `failed`, `no-answer`; of Resume `resumed`, `failed`, `no-answer`.
    pub status: String,
    /// Why it failed.
    pub reason: Option<String>,
    /// Whole seconds it took.
    pub duration_s: Option<u32>,
    /// What else is shown, by its name on the wire and in its order: `language`, `character_count`, `play_uri`. Never digits or texts.
    pub facts: Vec<(String, String)>,
    /// When it began.
    pub created_at: Timestamp,
}

impl VerbRecord {
    /// `SA…`, by kind.
    pub fn sid(&self) -> String {
        format!("{}{:032x}", self.kind.prefix(), self.id.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sid_of_another_kind_is_refused() {
        let id = VerbRecordId::new();
        for kind in VerbKind::ALL {
            let sid = format!("{}{:032x}", kind.prefix(), id.0);
            assert_eq!(VerbRecordId::parse(kind, &sid), Some(id));
            assert_eq!(VerbRecordId::parse(kind, &format!("XX{:032x}", id.0)), None);
            assert_eq!(VerbRecordId::parse(kind, &sid[..33]), None);
        }
    }
}
