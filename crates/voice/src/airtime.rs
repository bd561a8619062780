//! Talk that is paid for beforehand: until when a leg may go on, when more is asked for, the warning, and the cut.
//!
//! A leg whose talk costs money on limited credit has an instant at which it is hung up, known before it is answered. More time
//! is asked for at half of what is left; where none comes, for whatever reason, the leg ends at that instant.

use std::time::Duration;

use crate::actions::{Action, LegId};
use crate::context::Context;

/// Seconds of talk that are paid for at a time.
pub const GRANT_S: u32 = 60;
/// How long before the cut it is warned of.
const WARNING: Duration = Duration::from_secs(10);
/// How long an answer is awaited before the warning is given without it.
const PATIENCE: Duration = Duration::from_secs(2);
/// Between an answer and the next question.
const PAUSE: Duration = Duration::from_secs(1);
/// Notification: the account's credit is spent.
pub(crate) const NO_CREDIT: u32 = 20_418;

/// How long a leg may talk. All times count from its answer.
#[derive(Debug, Clone)]
pub(crate) struct Airtime {
    paid: Duration,
    asking: Asking,
    warned: bool,
}

#[derive(Debug, Clone, Copy)]
enum Asking {
    /// More is asked for then.
    At(Duration),
    /// More was asked for.
    Since(Duration),
    /// There was no more.
    Refused,
}

/// What is due on a leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    /// Its time is over.
    Cut,
    /// More is to be asked for.
    Ask,
    /// It will end soon; whether more is to be asked for once again.
    Warning { asks: bool },
}

impl Airtime {
    pub fn new(seconds: u32) -> Self {
        let paid = Duration::from_secs(seconds.into());
        Self { paid, asking: Asking::At(paid / 2), warned: false }
    }

    /// What is paid for.
    pub fn paid(&self) -> Duration {
        self.paid
    }

    /// The answer: `seconds` in all.
    fn granted(&mut self, seconds: u32, used: Duration) {
        let paid = Duration::from_secs(seconds.into());
        if paid > self.paid {
            let half = (paid.saturating_sub(used) / 2).max(PAUSE);
            *self = Self { paid, asking: Asking::At(used + half), warned: false };
        } else if let Asking::Since(_) = self.asking {
            self.asking = Asking::Refused;
        }
    }

    /// Whoever asked is not here any more.
    pub fn ask_anew(&mut self) {
        if let Asking::Since(at) = self.asking {
            self.asking = Asking::At(at);
        }
    }

    fn warning_at(&self) -> Option<Duration> {
        let at = self.paid.saturating_sub(WARNING);
        let due = match self.asking {
            Asking::At(_) => None,
            Asking::Since(since) => Some(at.max(since + PATIENCE)),
            Asking::Refused => Some(at),
        };
        due.filter(|_| !self.warned)
    }

    /// When to look again.
    pub fn deadline(&self) -> Duration {
        let ask = if let Asking::At(at) = self.asking { Some(at) } else { None };
        [ask, self.warning_at()].into_iter().flatten().fold(self.paid, Duration::min)
    }

    pub fn due(&mut self, used: Duration) -> Option<Due> {
        if used >= self.paid {
            return Some(Due::Cut);
        }
        if let Asking::At(at) = self.asking
            && used >= at
        {
            self.asking = Asking::Since(used);
            return Some(Due::Ask);
        }
        if self.warning_at().is_some_and(|at| used >= at) {
            self.warned = true;
            // Money may have come in meanwhile.
            let asks = matches!(self.asking, Asking::Refused);
            if asks {
                self.asking = Asking::Since(used);
            }
            return Some(Due::Warning { asks });
        }
        None
    }
}

impl Context<'_> {
    /// A leg may talk for `seconds` in all.
    pub fn granted(&mut self, leg: LegId, seconds: u32) {
        let now = self.now.mono;
        let Some(state) = self.leg_mut(leg).filter(|state| !state.finished) else { return };
        let used = state.talk(now);
        match &mut state.airtime {
            Some(airtime) => airtime.granted(seconds, used),
            none => *none = Some(Airtime::new(seconds)),
        }
    }

    /// Asks for as much as is paid for at a time, from now on.
    pub fn ask_credit(&mut self, leg: LegId, used: Duration) {
        let used_s = u32::try_from(used.as_millis().div_ceil(1000)).unwrap_or(u32::MAX);
        self.push(Action::AskCredit { leg, seconds: used_s.saturating_add(GRANT_S) });
    }
}
