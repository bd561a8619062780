//! A called party is asked by a document before it is connected.

use flexio_markup::{Kind, Target, resolve};

use super::Dialing;
use crate::actions::{Cause, LegId, Purpose, Source};
use crate::branch::BranchState;
use crate::context::Context;
use crate::script::{Ending, Input, Script};

impl Dialing {
    /// The called party is asked by the screening document, or connected at once.
    pub(super) fn screen(&mut self, ctx: &mut Context<'_>, index: usize) {
        let branch = &mut self.branches[index];
        let Some(screening) = branch.party.screening.clone() else { return self.accept(ctx, index) };
        let url = match resolve(&self.base_url, &screening.target.url) {
            Ok(url) => url,
            Err(error) => {
                ctx.warn(LegId::FIRST, branch.party.line, 11100, format!("url: {error}"));
                return self.refuse(ctx, index, Cause::ApplicationFailed);
            }
        };
        let mut script = Box::new(Script::new(branch.leg, Kind::Screening));
        let until = ctx.after(screening.timeout_s);
        let target = Target { url, method: screening.target.method };
        let ending = script.begin(ctx, Source::Url(target), Purpose::Screening);
        branch.state = BranchState::Screening { script, until };
        if let Some(ending) = ending {
            self.screened(ctx, index, ending);
        }
    }

    /// Hands an input to whatever runs on the called legs.
    pub(super) fn screen_all(&mut self, ctx: &mut Context<'_>, input: &Input) {
        for index in 0..self.branches.len() {
            let late = match &mut self.branches[index].state {
                BranchState::Digits(cues) => {
                    if !cues.on(ctx, input) {
                        self.screen(ctx, index);
                    }
                    false
                }
                BranchState::Screening { script, until } => {
                    let late = matches!(input, Input::Tick) && ctx.passed(Some(*until));
                    if !late && let Some(ending) = script.on(ctx, input) {
                        self.screened(ctx, index, ending);
                    }
                    late
                }
                BranchState::Ringing | BranchState::Bridged | BranchState::Over(_) => false,
            };
            if late {
                self.refuse(ctx, index, Cause::ScreenedOut);
            }
        }
    }

    fn screened(&mut self, ctx: &mut Context<'_>, index: usize, ending: Ending) {
        match ending {
            Ending::Finished | Ending::Left => self.accept(ctx, index),
            Ending::Hangup | Ending::Rejected(_) => self.refuse(ctx, index, Cause::ScreenedOut),
            Ending::Failed { .. } => self.refuse(ctx, index, Cause::ApplicationFailed),
            Ending::Limit => self.refuse(ctx, index, Cause::LimitReached),
        }
    }
}
