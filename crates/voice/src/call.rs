//! The machine of one call.

use std::time::Duration;

use crate::actions::{Action, LegId};
use crate::events::Event;
use crate::facts::{CallFacts, LegFacts, LegStatus, Limits, Now, Sids};

/// One call with its legs and its running document.
#[derive(Debug)]
pub struct Call {
    facts: CallFacts,
    limits: Limits,
}

impl Call {
    /// A call that has not started; the first event must be [`Event::Start`].
    pub fn new(facts: CallFacts, limits: Limits) -> Self {
        Self { facts, limits }
    }

    /// Takes one event and appends what must be done, in order, to `out`.
    pub fn handle(&mut self, now: Now, event: Event, sids: &mut dyn Sids, out: &mut Vec<Action>) {
        let _ = (now, event, sids, out, &self.limits);
    }

    /// When to call [`Call::handle`] with [`Event::Timeout`], in `Now::mono` time; `None` once done.
    pub fn deadline(&self) -> Option<Duration> {
        None
    }

    /// Whether [`Action::Done`] was emitted.
    pub fn is_done(&self) -> bool {
        false
    }

    /// Identity of a leg, while the call lives and after.
    pub fn leg(&self, leg: LegId) -> Option<&LegFacts> {
        (leg == LegId::FIRST).then_some(&self.facts.leg)
    }

    /// Status of a leg.
    pub fn status(&self, _leg: LegId) -> Option<LegStatus> {
        None
    }

    /// The leg with this sid.
    pub fn leg_by_sid(&self, _call_sid: &str) -> Option<LegId> {
        None
    }
}
