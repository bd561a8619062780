//! Who serves a queue sends whom it talks with elsewhere (RFC 5589 §6.1).

use flexio_markup::{Dial, Target, resolve};

use super::{Ended, Queueing};
use crate::actions::{Action, LegId};
use crate::context::Context;
use crate::params;
use crate::script::Outcome;

/// `referUrl`, absolute.
pub(super) fn document(
    ctx: &mut Context<'_>,
    leg: LegId,
    dial: &Dial,
    base_url: &str,
    line: u32,
) -> Option<Target> {
    let target = dial.refer.clone()?;
    match resolve(base_url, &target.url) {
        Ok(url) => Some(Target { url, ..target }),
        Err(error) => {
            ctx.warn(leg, line, 11_100, format!("referUrl: {error}"));
            None
        }
    }
}

impl Queueing {
    /// Only who talks may send the other one elsewhere, and only where a document for that is named.
    pub fn takes_transfer(&self, leg: LegId) -> bool {
        leg == self.leg && self.talks() && self.peer.is_some() && self.refer.is_some()
    }

    /// The phone sends whom it talks with elsewhere: the document decides where, and this one is out.
    pub(super) fn transfer(&mut self, ctx: &mut Context<'_>, to: &str) -> Outcome {
        let (Some(target), Some(call_sid)) = (self.refer.clone(), self.peer.clone()) else {
            return Outcome::Wait;
        };
        ctx.user_acted();
        ctx.trace(self.leg, "queue-transfer", call_sid.clone());
        ctx.push(Action::AnswerRefer { leg: self.leg, status: 202 });
        ctx.push(Action::NotifyRefer { leg: self.leg, status: 200 });
        let params = params::transfer(&ctx.base.party(self.leg), &call_sid, to);
        // Before it leaves: the other one must not go on by itself.
        ctx.push(Action::SendElsewhere { call_sid, target, params });
        self.leave(ctx, Ended::Bridged)
    }
}
