//! Text that somebody types during the call (RFC 4103): gathered for a moment, then told to the leg's status callback.

use std::time::Duration;

use crate::actions::{Action, Callback, CallbackKind, LegId};
use crate::context::Context;
use crate::params;

/// Text told at once, in characters; what is not a line by then is told in pieces.
const PIECE_CHARS: usize = 1_000;
/// How long typing is gathered, in seconds.
const GATHER_S: u32 = 1;
/// Requests of one leg; more text is not told.
const TOLD_MAX: u32 = 10_000;

/// What a leg has typed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Typing {
    waiting: String,
    /// It is told by then.
    until: Option<Duration>,
    /// Requests so far.
    told: u32,
}

impl Typing {
    pub fn deadline(&self) -> Option<Duration> {
        self.until
    }
}

impl Context<'_> {
    /// Somebody has typed this. A line is told as it ends, other text when a second has passed since it began.
    pub fn typed(&mut self, leg: LegId, text: &str) {
        if !self.talking(leg) {
            return;
        }
        self.user_acted();
        let until = self.after(GATHER_S);
        let Some(state) = self.leg_mut(leg).filter(|state| state.wants_text()) else { return };
        let mut is_whole = false;
        for character in text.chars() {
            state.typing.waiting.push(character);
            is_whole |= matches!(character, '\n' | '\r' | '\u{2028}' | '\u{2029}');
        }
        is_whole |= state.typing.waiting.chars().count() >= PIECE_CHARS;
        state.typing.until.get_or_insert(until);
        if is_whole {
            self.tell_typed(leg);
        }
    }

    /// Tells what was typed for a second without the end of a line.
    pub fn tell_typing(&mut self) {
        for leg in 0..self.base.legs.len() {
            let leg = LegId(u32::try_from(leg).unwrap_or(u32::MAX));
            let until = self.base.leg(leg).and_then(|state| state.typing.until);
            if self.passed(until) {
                self.tell_typed(leg);
            }
        }
    }

    /// Tells what waits: the leg is over, or it is time.
    pub fn tell_typed(&mut self, leg: LegId) {
        let Some(state) = self.leg_mut(leg) else { return };
        state.typing.until = None;
        let text = std::mem::take(&mut state.typing.waiting);
        let sequence = state.typing.told;
        let Some(target) = state.callback.as_ref().map(|callback| callback.target.clone()) else { return };
        if text.is_empty() || sequence >= TOLD_MAX {
            return;
        }
        state.typing.told += 1;
        let params = params::typed(self.base, leg, &text, sequence, self.now);
        let (url, method) = (target.url, target.method);
        self.push(Action::Callback(Callback { leg, kind: CallbackKind::Text, url, method, params }));
    }
}
