//! Number masking: two parties reach each other by numbers that are neither's (docs/number-masking.md).
//!
//! The rules are here and have no clock: which mask a participant gets, whether a context is open.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{AccountSid, CallSid, E164, MaskingSid, MessageSid, NumberSid};

/// What a record of masking is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MaskKind {
    /// An application: settings and a pool.
    Application,
    /// A number of a pool.
    Number,
    /// An encounter of two participants.
    Context,
    /// One of them.
    Participant,
    /// A call or a message between them.
    Interaction,
}

impl MaskKind {
    /// As kept.
    pub const fn number(self) -> i64 {
        match self {
            Self::Application => 1,
            Self::Number => 2,
            Self::Context => 3,
            Self::Participant => 4,
            Self::Interaction => 5,
        }
    }
}

/// Anything of masking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaskRecord {
    /// Id; that of a number of a pool has the digits of the rented number's.
    pub sid: MaskingSid,
    /// Raised by one with each change.
    pub version: u32,
    /// Whose it is.
    pub account_sid: AccountSid,
    /// The application of a number or a context, the context of a participant or an interaction; zero for an application.
    pub parent: MaskingSid,
    /// Unique among all while it is set.
    pub key: Option<String>,
    /// What it is.
    pub body: MaskBody,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

impl MaskRecord {
    /// What it is about.
    pub const fn kind(&self) -> MaskKind {
        match self.body {
            MaskBody::Application(_) => MaskKind::Application,
            MaskBody::Number(_) => MaskKind::Number,
            MaskBody::Context(_) => MaskKind::Context,
            MaskBody::Participant(_) => MaskKind::Participant,
            MaskBody::Interaction(_) => MaskKind::Interaction,
        }
    }

    /// The party it is about.
    pub fn subject(&self) -> Option<&str> {
        match &self.body {
            MaskBody::Participant(participant) => Some(participant.identifier.as_str()),
            MaskBody::Application(_)
            | MaskBody::Number(_)
            | MaskBody::Context(_)
            | MaskBody::Interaction(_) => None,
        }
    }
}

/// What a record of masking holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum MaskBody {
    /// Settings.
    Application(MaskApplication),
    /// A number of a pool.
    Number(MaskNumber),
    /// An encounter.
    Context(MaskContext),
    /// One of two.
    Participant(MaskParticipant),
    /// A call or a message.
    Interaction(MaskInteraction),
}

/// Whether a participant meets the same mask again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MaskSelection {
    /// Rather one he has not had.
    #[default]
    AvoidSticky,
    /// Rather the one he had last.
    PreferSticky,
}

impl MaskSelection {
    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AvoidSticky => "avoid-sticky",
            Self::PreferSticky => "prefer-sticky",
        }
    }

    /// The behaviour of this word.
    pub fn from_wire(text: &str) -> Option<Self> {
        [Self::AvoidSticky, Self::PreferSticky].into_iter().find(|it| it.as_str() == text)
    }
}

/// Settings of those who meet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaskApplication {
    /// Unique in the account.
    pub name: String,
    /// Seconds a context lasts after it was made or used last; 0 for ever.
    pub ttl_s: u32,
    /// Digits behind the plus in which a mask agrees with its participant's number, 0 to 10.
    pub geo_match: u8,
    /// Whether masks are met again.
    pub selection: MaskSelection,
    /// It takes new contexts, and those it has are reached.
    pub is_open: bool,
}

/// A number that stands for others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaskNumber {
    /// The number.
    pub number: E164,
    /// As the account rents it.
    pub number_sid: NumberSid,
    /// Kept back: nobody new gets it.
    pub is_reserved: bool,
}

/// An encounter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaskContext {
    /// For people.
    pub friendly_name: Option<String>,
    /// Seconds it lasts after it was made or used last; 0 for ever.
    pub ttl_s: u32,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
}

impl MaskContext {
    /// Whether its participants reach each other.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.closed_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }

    /// It is used: its time begins anew.
    pub fn touch(&mut self, now: Timestamp) {
        let lasts = SignedDuration::from_secs(self.ttl_s.into());
        self.expires_at = (self.ttl_s > 0).then(|| now.saturating_add(lasts).unwrap_or(Timestamp::MAX));
    }
}

/// One of the two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaskParticipant {
    /// His own number, which the other never learns.
    pub identifier: E164,
    /// For people.
    pub friendly_name: Option<String>,
    /// The number by which he reaches the other, and from which the other reaches him.
    pub mask: E164,
}

impl MaskParticipant {
    /// What is unique among open contexts: who calls which mask.
    pub fn key(identifier: &E164, mask: &E164) -> String {
        format!("P:{}:{}", identifier.as_str(), mask.as_str())
    }
}

/// A call or a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaskInteraction {
    /// Who began it.
    pub from: MaskingSid,
    /// Whom it was for.
    pub to: MaskingSid,
    /// The call that came in.
    pub call_sid: Option<CallSid>,
    /// The message that came in.
    pub message_sid: Option<MessageSid>,
}

/// The mask a participant gets: of `pool` in its order, never one of `taken`, which he has in open contexts; `had` are those of his closed
/// ones, the latest first. `None` where there is none.
pub fn choose_mask<'a>(
    rules: &MaskApplication,
    identifier: &E164,
    pool: &'a [E164],
    taken: &[E164],
    had: &[E164],
) -> Option<&'a E164> {
    let agrees = |mask: &E164| {
        let same = mask.digits().bytes().zip(identifier.digits().bytes()).take_while(|(a, b)| a == b);
        same.count() >= usize::from(rules.geo_match)
    };
    let free = pool.iter().filter(|mask| agrees(mask) && !taken.contains(mask) && *mask != identifier);
    // Larger the longer ago.
    let age = |mask: &E164| had.iter().position(|old| old == mask);
    match rules.selection {
        // The first of those he never had, else the one he had longest ago.
        MaskSelection::AvoidSticky => {
            free.min_by_key(|mask| age(mask).map_or(0, |age| had.len().saturating_sub(age)))
        }
        MaskSelection::PreferSticky => free.min_by_key(|mask| age(mask).unwrap_or(usize::MAX)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn number(at: usize) -> E164 {
        format!("+32255501{at:02}").parse().unwrap()
    }

    fn rules(selection: MaskSelection, geo_match: u8) -> MaskApplication {
        MaskApplication { name: "rides".to_owned(), ttl_s: 0, geo_match, selection, is_open: true }
    }

    #[test]
    fn a_mask_is_new_or_the_same_again_as_the_application_wants_and_near_the_participant() {
        let (avoid, prefer) = (rules(MaskSelection::AvoidSticky, 0), rules(MaskSelection::PreferSticky, 0));
        let (ann, pool) = ("+32470123456".parse().unwrap(), [number(1), number(2), number(3)]);
        let had = [number(1), number(2)];
        assert_eq!(choose_mask(&avoid, &ann, &pool, &[], &had), Some(&pool[2]));
        assert_eq!(choose_mask(&avoid, &ann, &pool, &[number(3)], &had), Some(&pool[1]), "longest ago");
        assert_eq!(choose_mask(&prefer, &ann, &pool, &[], &had), Some(&pool[0]), "the last one");
        assert_eq!(choose_mask(&prefer, &ann, &pool, &pool, &had), None);
        assert!(choose_mask(&rules(MaskSelection::AvoidSticky, 2), &ann, &pool, &[], &[]).is_some());
        assert_eq!(choose_mask(&rules(MaskSelection::AvoidSticky, 3), &ann, &pool, &[], &[]), None);
    }

    #[test]
    fn a_context_lasts_from_its_last_use() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut ride = MaskContext { friendly_name: None, ttl_s: 60, expires_at: None, closed_at: None };
        ride.touch(at(100));
        assert!(ride.is_open(at(159)) && !ride.is_open(at(160)));
        ride.touch(at(150));
        assert!(ride.is_open(at(209)));
        ride.closed_at = Some(at(151));
        assert!(!ride.is_open(at(151)));
        let mut ever = MaskContext { friendly_name: None, ttl_s: 0, expires_at: None, closed_at: None };
        ever.touch(at(100));
        assert!(ever.is_open(Timestamp::MAX));
    }

    proptest! {
        /// However contexts open and close, nobody has one mask in two open contexts, and he is refused only when all are taken.
        #[test]
        fn a_caller_and_a_mask_lead_to_one_context(steps in prop::collection::vec((0usize..3, any::<bool>(), any::<bool>()), 1..60)) {
            let pool: Vec<E164> = (0..4).map(number).collect();
            let mut open: Vec<(usize, E164)> = Vec::new();
            let mut had: Vec<(usize, E164)> = Vec::new();
            for (who, closes, sticky) in steps {
                if closes && !open.is_empty() {
                    had.insert(0, open.remove(0));
                    continue;
                }
                let selection = if sticky { MaskSelection::PreferSticky } else { MaskSelection::AvoidSticky };
                let of = |rows: &[(usize, E164)]| -> Vec<E164> {
                    rows.iter().filter(|(by, _)| *by == who).map(|(_, mask)| mask.clone()).collect()
                };
                let ann: E164 = format!("+3247012345{who}").parse().unwrap();
                let (taken, old) = (of(&open), of(&had));
                match choose_mask(&rules(selection, 2), &ann, &pool, &taken, &old) {
                    Some(mask) => {
                        prop_assert!(!taken.contains(mask));
                        open.push((who, mask.clone()));
                    }
                    None => prop_assert_eq!(taken.len(), pool.len()),
                }
            }
        }
    }
}
