//! A called party sends the caller elsewhere (RFC 5589 §6.1).

use super::{Dialing, Stage};
use crate::actions::{Action, LegId, Purpose};
use crate::context::Context;
use crate::params;
use crate::script::Outcome;

impl Dialing {
    /// Only the connected party may send the caller elsewhere, and only where a document for it is named.
    pub fn takes_transfer(&self, leg: LegId) -> bool {
        let Stage::Talking { winner, .. } = self.stage else { return false };
        self.branches[winner].leg == leg && self.verb.refer.is_some()
    }

    /// The party is let go, and the caller goes on with the document for that.
    pub(super) fn transfer(&mut self, ctx: &mut Context<'_>, index: usize, target: &str) -> Option<Outcome> {
        let refer = self.verb.refer.clone()?;
        let leg = self.branches[index].leg;
        ctx.user_acted();
        ctx.push(Action::AnswerRefer { leg, status: 202 });
        // The caller is in our hands from here on; what its document does with him is not the party's business.
        ctx.push(Action::NotifyRefer { leg, status: 200 });
        let transferor = ctx.base.leg(leg).map(|leg| leg.facts.to.clone()).unwrap_or_default();
        let transferee = ctx.base.first().facts.from.clone();
        self.stop(ctx);
        let params = params::transfer(&transferor, &transferee, target);
        let (reference, method) = (Some(refer.url), refer.method);
        Some(Outcome::Goto { reference, method, params, purpose: Purpose::Action })
    }
}
