//! One party of a `<Dial>`.

use std::time::Duration;

use flexio_markup::{Endpoint, Party};

use crate::actions::{Cause, LegId};
use crate::events::SipFacts;
use crate::facts::LegStatus;
use crate::prompts::Cues;
use crate::script::Script;

/// One called party.
#[derive(Debug)]
pub(crate) struct Branch {
    pub leg: LegId,
    pub party: Party,
    pub sip: SipFacts,
    pub sip_status: Option<u16>,
    pub state: BranchState,
}

#[derive(Debug)]
pub(crate) enum BranchState {
    Ringing,
    /// Answered; `sendDigits` is being sent.
    Digits(Cues),
    /// Answered; the screening document runs.
    Screening {
        script: Box<Script>,
        until: Duration,
    },
    Bridged,
    Over(LegStatus),
}

impl Branch {
    /// A party being called.
    pub fn new(leg: LegId, party: Party) -> Self {
        Self { leg, party, sip: SipFacts::default(), sip_status: None, state: BranchState::Ringing }
    }

    pub fn over(&self) -> bool {
        matches!(self.state, BranchState::Over(_))
    }

    pub fn over_as(&self, status: LegStatus) -> bool {
        matches!(self.state, BranchState::Over(ended) if ended == status)
    }

    pub fn deadline(&self) -> Option<Duration> {
        match &self.state {
            BranchState::Digits(cues) => cues.deadline(),
            BranchState::Screening { script, until } => {
                Some(script.deadline().map_or(*until, |deadline| deadline.min(*until)))
            }
            BranchState::Ringing | BranchState::Bridged | BranchState::Over(_) => None,
        }
    }
}

/// What a SIP failure means for the leg (RFC 3261 §21).
pub(crate) fn failure(status: u16) -> (LegStatus, Cause) {
    match status {
        486 | 600 => (LegStatus::Busy, Cause::FarEnd),
        408 | 480 => (LegStatus::NoAnswer, Cause::FarEnd),
        _ => (LegStatus::Failed, Cause::FarEnd),
    }
}

/// How `To` spells a party.
pub(crate) fn address(endpoint: &Endpoint) -> String {
    match endpoint {
        Endpoint::Number(number) => number.clone(),
        Endpoint::Client { name, .. } => format!("client:{name}"),
        Endpoint::Sip { uri, .. } => uri.clone(),
    }
}
