//! What the caller hears before anybody has accepted: ring-back, music, or what the called network itself sends.

use flexio_markup::resolve;

use super::{Dialing, Stage};
use crate::actions::{Action, LegId, PromptId, PromptSource};
use crate::branch::BranchState;
use crate::context::Context;

impl Dialing {
    /// A caller never answered hears the ring-back of his own network.
    pub(super) fn ring_back(&self, ctx: &mut Context<'_>) -> Option<PromptId> {
        if !ctx.talking(LegId::FIRST) {
            return None;
        }
        let tone = PromptSource::Ringback { country: self.verb.ring_tone.clone() };
        let source = match self.verb.dial_music.as_ref().map(|url| resolve(&self.base_url, url)) {
            Some(Ok(url)) => PromptSource::Music(url),
            Some(Err(error)) => {
                ctx.warn(LegId::FIRST, self.line, 11100, format!("dialMusic: {error}"));
                tone
            }
            None => tone,
        };
        Some(ctx.play(LegId::FIRST, source, 1))
    }

    pub(super) fn silence(&mut self, ctx: &mut Context<'_>) {
        if let Some(prompt) = self.ringback.take()
            && ctx.alive(LegId::FIRST)
        {
            ctx.push(Action::StopPrompt { prompt });
        }
    }

    /// The called network sends sound while it rings: an announcement, or a ring-back of its own. The caller hears that of the first party
    /// that sends any, unless the document has said what he is to hear.
    pub(super) fn early_media(&mut self, ctx: &mut Context<'_>, index: usize) {
        let ringing = matches!(self.branches[index].state, BranchState::Ringing);
        let chosen = self.verb.dial_music.is_some() || self.verb.ring_tone.is_some();
        let free = self.stage == Stage::Calling && self.early.is_none();
        if !ringing || chosen || !free || !ctx.alive(LegId::FIRST) {
            return;
        }
        if !ctx.talking(LegId::FIRST) && !std::mem::replace(&mut ctx.base.early_media, true) {
            ctx.push(Action::EarlyMedia { leg: LegId::FIRST });
        }
        self.silence(ctx);
        self.early = Some(index);
        let leg = self.branches[index].leg;
        ctx.trace(leg, "early-media", "");
        ctx.push(Action::Bridge { a: LegId::FIRST, b: leg });
    }

    /// The party whose sound was heard is no longer the one to hear: the others are still called.
    pub(super) fn end_early_media(&mut self, ctx: &mut Context<'_>, index: usize) {
        if self.early != Some(index) {
            return;
        }
        self.early = None;
        if ctx.alive(LegId::FIRST) {
            ctx.push(Action::Unbridge { a: LegId::FIRST, b: self.branches[index].leg });
            if self.stage == Stage::Calling {
                self.ringback = self.ring_back(ctx);
            }
        }
    }
}
