//! One leg's life: status, clocks, and which progress events its callback has had.

use std::time::Duration;

use flexio_markup::{MachineDetection, StatusCallback, Target};
use jiff::Timestamp;

use crate::airtime::Airtime;
use crate::events::AnsweredBy;
use crate::facts::{LegFacts, LegStatus, Now};
use crate::messaging::Messaging;
use crate::typing::Typing;

/// A call progress event, in the order of a call's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProgressEvent {
    Initiated,
    Ringing,
    Answered,
    Completed,
}

impl ProgressEvent {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Initiated => "initiated",
            Self::Ringing => "ringing",
            Self::Answered => "answered",
            Self::Completed => "completed",
        }
    }

    /// 0 to 3: Restcomm's fixed `SequenceNumber`.
    pub fn index(self) -> u8 {
        match self {
            Self::Initiated => 0,
            Self::Ringing => 1,
            Self::Answered => 2,
            Self::Completed => 3,
        }
    }
}

/// A leg and its clocks.
#[derive(Debug, Clone)]
pub(crate) struct Leg {
    pub facts: LegFacts,
    pub callback: Option<StatusCallback>,
    /// `None` until the first status.
    pub status: Option<LegStatus>,
    pub ringing: Option<Duration>,
    pub answered: Option<(Duration, Timestamp)>,
    pub ended: Option<Duration>,
    pub finished: bool,
    pub sip_status: Option<u16>,
    /// Wanted once it is answered; its callback is absolute.
    pub detection: Option<MachineDetection>,
    /// Who answered, and how long it took to find out, in ms.
    pub answered_by: Option<(AnsweredBy, u64)>,
    /// How long it may talk; `None` as long as it likes.
    pub airtime: Option<Airtime>,
    /// What it types.
    pub typing: Typing,
    /// Messages between its phone and its application.
    pub messaging: Messaging,
    /// Bit per event already reported.
    reported: u8,
    /// Events reported so far: Twilio's running `SequenceNumber`.
    sequence: u8,
}

impl Leg {
    pub fn new(facts: LegFacts, callback: Option<StatusCallback>) -> Self {
        Self {
            facts,
            callback,
            status: None,
            ringing: None,
            answered: None,
            ended: None,
            finished: false,
            sip_status: None,
            detection: None,
            answered_by: None,
            airtime: None,
            typing: Typing::default(),
            messaging: Messaging::default(),
            reported: 0,
            sequence: 0,
        }
    }

    /// Takes a later status; false when it is not later than the present one.
    pub fn advance(&mut self, status: LegStatus, now: Now) -> bool {
        if self.status.is_some_and(|present| present >= status || present.is_final()) {
            return false;
        }
        self.status = Some(status);
        match status {
            LegStatus::Ringing => self.ringing = Some(now.mono),
            LegStatus::InProgress => self.answered = Some((now.mono, now.wall)),
            LegStatus::Queued
            | LegStatus::Completed
            | LegStatus::Busy
            | LegStatus::NoAnswer
            | LegStatus::Canceled
            | LegStatus::Failed => {}
        }
        true
    }

    /// Notes the end and gives the milliseconds of ringing and of talk.
    pub fn close(&mut self, now: Duration) -> (u64, u64) {
        self.ended = Some(now);
        let millis = |d: Duration| u64::try_from(d.as_millis()).unwrap_or(u64::MAX);
        (millis(self.ring()), millis(self.talk(now)))
    }

    /// Time from ringing to the answer or the end so far.
    pub fn ring(&self) -> Duration {
        let until = self.answered.map(|(at, _)| at).or(self.ended);
        match (self.ringing, until) {
            (Some(from), Some(until)) => until.saturating_sub(from),
            (Some(_) | None, None) | (None, Some(_)) => Duration::ZERO,
        }
    }

    /// Time from the answer to the end, or to `now` while it lasts; never more than was paid for, because a cut that comes late is
    /// not the customer's.
    pub fn talk(&self, now: Duration) -> Duration {
        let talk = self.talk_unpaid(now);
        self.airtime.as_ref().map_or(talk, |airtime| talk.min(airtime.paid()))
    }

    /// When the leg must be looked at because of its credit.
    pub fn airtime_deadline(&self) -> Option<Duration> {
        let (answered, _) = self.answered.filter(|_| !self.finished)?;
        Some(answered + self.airtime.as_ref()?.deadline())
    }

    /// When the leg ends unless more is paid for.
    pub fn cut_at(&self) -> Option<Duration> {
        let (answered, _) = self.answered.filter(|_| !self.finished)?;
        Some(answered + self.airtime.as_ref()?.paid())
    }

    /// The same as [`Leg::talk`], however little was paid for.
    pub fn talk_unpaid(&self, now: Duration) -> Duration {
        let until = self.ended.unwrap_or(now);
        self.answered.map_or(Duration::ZERO, |(at, _)| until.saturating_sub(at))
    }

    /// Its application is told of text.
    pub fn wants_text(&self) -> bool {
        self.callback.as_ref().is_some_and(|callback| callback.events.text)
    }

    /// Where to report `event` and under which running number, if that is wanted and was not done.
    pub fn report(&mut self, event: ProgressEvent) -> Option<(Target, u8)> {
        let bit = 1 << event.index();
        let callback = self.callback.as_ref()?;
        let wanted = match event {
            ProgressEvent::Initiated => callback.events.initiated,
            ProgressEvent::Ringing => callback.events.ringing,
            ProgressEvent::Answered => callback.events.answered,
            ProgressEvent::Completed => callback.events.completed,
        };
        if !wanted || self.reported & bit != 0 {
            return None;
        }
        self.reported |= bit;
        let sequence = self.sequence;
        self.sequence += 1;
        Some((callback.target.clone(), sequence))
    }
}
