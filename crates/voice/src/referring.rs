//! `<Refer>`: the party on the leg is asked to call somebody else (RFC 3515).

use std::time::Duration;

use flexio_markup::{Refer, Target};

use crate::actions::{Action, LegId, Purpose};
use crate::context::Context;
use crate::params;
use crate::ran::{RanVerb, Running};
use crate::script::{Ending, Input, Outcome};

/// How a transfer goes, as the far end tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReferNews {
    /// The far end's answer to the REFER.
    Answered { status: u16, watched: bool },
    /// How the call it makes goes.
    Progress { status: u16, over: bool },
}

/// A `<Refer>` under way.
#[derive(Debug)]
pub(crate) struct Referring {
    leg: LegId,
    action: Option<Target>,
    /// Answer to the REFER.
    answered: Option<u16>,
    /// Last status of the call the far end makes.
    notified: Option<u16>,
    until: Duration,
    running: Option<Running>,
}

impl Referring {
    pub fn begin(ctx: &mut Context<'_>, leg: LegId, verb: Refer) -> Self {
        ctx.answer(leg);
        let from = ctx.base.first().facts.to.clone();
        let facts = vec![("from", from), ("to", verb.uri.clone())];
        let running = Some(Running::new(ctx, RanVerb::Refer, facts));
        ctx.push(Action::Refer { leg, uri: verb.uri });
        let until = ctx.after(ctx.base.limits.refer_s);
        Self { leg, action: verb.action, answered: None, notified: None, until, running }
    }

    pub fn on(&mut self, ctx: &mut Context<'_>, input: &Input) -> Outcome {
        match input {
            Input::Refer(ReferNews::Answered { status, watched }) => {
                if self.answered.is_some() {
                    return Outcome::Wait;
                }
                self.answered = Some(*status);
                let follows = (200..300).contains(status) && *watched;
                if follows { Outcome::Wait } else { self.done(ctx) }
            }
            Input::Refer(ReferNews::Progress { status, over }) => {
                self.notified = Some(*status);
                if *over || *status >= 200 { self.done(ctx) } else { Outcome::Wait }
            }
            // The party transferred hangs up here when it talks there.
            Input::Gone => self.done(ctx),
            Input::Tick if ctx.passed(Some(self.until)) => {
                self.answered.get_or_insert(408);
                self.done(ctx)
            }
            Input::Tick
            | Input::Prompt { .. }
            | Input::Key { .. }
            | Input::Recorded(_)
            | Input::StreamEnded(_)
            | Input::Heard { .. }
            | Input::Fetched { .. }
            | Input::Messaged { .. }
            | Input::Leg { .. }
            | Input::Room { .. }
            | Input::Queue { .. }
            | Input::Held { .. } => Outcome::Wait,
        }
    }

    fn done(&mut self, ctx: &mut Context<'_>) -> Outcome {
        if let Some(running) = self.running.take() {
            let accepted = self.answered.is_some_and(|status| (200..300).contains(&status));
            let mut more = Vec::new();
            if let Some(status) = self.notified.filter(|_| accepted) {
                more.push(("call_status", params::refer_status(status).to_owned()));
                more.push(("notify_sip_response_code", status.to_string()));
            }
            more.extend(self.answered.map(|status| ("refer_sip_response_code", status.to_string())));
            running.over(ctx, self.leg, if accepted { "completed" } else { "failed" }, None, more);
        }
        ctx.trace(self.leg, "refer", format!("{:?} {:?}", self.answered, self.notified));
        let Some(action) = self.action.clone() else {
            return if ctx.alive(self.leg) { Outcome::Next } else { Outcome::End(Ending::Finished) };
        };
        Outcome::Goto {
            reference: Some(action.url),
            method: action.method,
            params: params::referred(self.answered, self.notified),
            purpose: Purpose::Action,
        }
    }

    pub fn deadline(&self) -> Duration {
        self.until
    }
}
