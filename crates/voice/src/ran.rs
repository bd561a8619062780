//! Records of verbs that ran, kept for look-up in the Restcomm API: what was gathered, held, transferred. What was said and played is known to
//! the shell.

use std::time::Duration;

use jiff::Timestamp;

use crate::actions::{Action, LegId};
use crate::context::Context;
use crate::facts::ApiVersion;

/// Which verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RanVerb {
    /// `<Gather>` of keys.
    GatherDtmf,
    /// `<Hold>`.
    Hold,
    /// `<Resume>`.
    Resume,
    /// `<Refer>`.
    Refer,
}

/// A verb that ran. Holds no keys and no texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerbRan {
    /// Which leg.
    pub leg: LegId,
    /// Its sid.
    pub call_sid: String,
    /// Which verb.
    pub verb: RanVerb,
    /// `completed` or `failed`; of Hold and Resume as their action is told.
    pub status: &'static str,
    /// Why it failed.
    pub reason: Option<String>,
    /// When it began.
    pub started_at: Timestamp,
    /// How long it took.
    pub duration_ms: u64,
    /// What else is shown, by its name in the API and in its order.
    pub facts: Vec<(&'static str, String)>,
}

/// A verb that runs.
#[derive(Debug, Clone)]
pub(crate) struct Running {
    verb: RanVerb,
    since: Duration,
    started_at: Timestamp,
    facts: Vec<(&'static str, String)>,
}

impl Running {
    pub fn new(ctx: &Context<'_>, verb: RanVerb, facts: Vec<(&'static str, String)>) -> Self {
        Self { verb, since: ctx.now.mono, started_at: ctx.now.wall, facts }
    }

    /// It is over. Twilio's API has no such records, and calls in its form make none.
    pub fn over(
        self,
        ctx: &mut Context<'_>,
        leg: LegId,
        status: &'static str,
        reason: Option<String>,
        more: Vec<(&'static str, String)>,
    ) {
        if ctx.base.facts.api_version != ApiVersion::V2012 {
            return;
        }
        let Some(state) = ctx.base.leg(leg) else { return };
        let call_sid = state.facts.call_sid.clone();
        let took = ctx.now.mono.saturating_sub(self.since).as_millis();
        let mut facts = self.facts;
        facts.extend(more);
        ctx.push(Action::VerbRan(VerbRan {
            leg,
            call_sid,
            verb: self.verb,
            status,
            reason,
            started_at: self.started_at,
            duration_ms: u64::try_from(took).unwrap_or(u64::MAX),
            facts,
        }));
    }
}
