//! What happens to a leg whose talk is paid for beforehand: questions for more, the warning, the cut.

use super::Turn;
use crate::actions::{Cause, LegId, PromptSource};
use crate::airtime::{Due, NO_CREDIT};
use crate::facts::{CreditWarning, LegStatus};
use crate::prompts::spoken;
use crate::script::LegNews;

impl Turn<'_> {
    /// Looks at every leg that talks on limited credit.
    pub(super) fn airtime(&mut self) {
        let now = self.ctx.now.mono;
        for index in 0..self.ctx.base.legs.len() {
            let leg = LegId(u32::try_from(index).unwrap_or(u32::MAX));
            if !self.ctx.talking(leg) {
                continue;
            }
            let state = &mut self.ctx.base.legs[index];
            let used = state.talk_unpaid(now);
            match state.airtime.as_mut().and_then(|airtime| airtime.due(used)) {
                Some(Due::Cut) => self.cut(leg),
                Some(Due::Ask) => self.ctx.ask_credit(leg, used),
                Some(Due::Warning { asks }) => {
                    self.warn(leg);
                    if asks {
                        self.ctx.ask_credit(leg, used);
                    }
                }
                None => {}
            }
        }
    }

    fn cut(&mut self, leg: LegId) {
        self.ctx.error(leg, NO_CREDIT, "the call was ended: the account has no credit left", None);
        if leg == LegId::FIRST {
            self.end_first(LegStatus::NoAnswer, Cause::NoCredit, 480);
        } else {
            self.leg(leg, LegNews::Cut);
        }
    }

    /// Those who talk to each other are told that they will not much longer. Over a prompt nothing is said: it would end the verb.
    fn warn(&mut self, leg: LegId) {
        self.ctx.trace(leg, "credit-warning", "");
        let source = match self.ctx.base.facts.credit_warning {
            CreditWarning::Off => return,
            CreditWarning::Beep => PromptSource::Beep,
            CreditWarning::Announcement => warning(&self.ctx.base.facts.language),
        };
        let concerned = leg == LegId::FIRST || self.script.partner() == Some(leg);
        for hearer in [Some(LegId::FIRST), self.script.partner()].into_iter().flatten() {
            if concerned && self.script.in_conversation(hearer) && self.ctx.talking(hearer) {
                self.ctx.play(hearer, source.clone(), 1);
            }
        }
    }
}

/// What is said before the cut.
fn warning(language: &str) -> PromptSource {
    let text = match language.get(..2).unwrap_or("en") {
        "nl" => "Uw krediet is bijna op. Deze oproep wordt zo dadelijk beëindigd.",
        "fr" => "Votre crédit est presque épuisé. Cet appel va bientôt être coupé.",
        "de" => "Ihr Guthaben ist fast aufgebraucht. Dieser Anruf wird gleich beendet.",
        _ => "Your credit is nearly spent. This call will end in a moment.",
    };
    spoken(text, language)
}
