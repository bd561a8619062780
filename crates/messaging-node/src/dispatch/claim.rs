//! A message is taken to be sent.

use std::time::Duration;

use flexio_app::{
    App, AppError,
    delivery::{self, ReceiveError},
};
use flexio_domain::{AccountStatus, ErrorCode, Message, Timestamp, message::SegmentState};
use flexio_messaging::lifecycle::Event;
use jiff::SignedDuration;

use super::Dispatcher;
use crate::{
    book::Remembered,
    routing::{Choice, Wish, choose},
    work::{Departure, Step, Turn, Work},
};

/// A message that cannot leave now. Nothing was written: it is due as before.
pub(super) struct Blocked {
    pub(super) remembered: Remembered,
    /// The route that has no room for it; `None` where its routes are down, or something could not be read.
    pub(super) by: Option<usize>,
}

impl Dispatcher {
    /// Takes a message into the turn: to its route, inside, or to its end. `Err` gives it back untouched, when its route has no room or
    /// is down, or something could not be read.
    pub(super) async fn claim(
        &mut self,
        remembered: Remembered,
        turn: &mut Turn,
    ) -> Result<(), Box<Blocked>> {
        let message = &remembered.message;
        if delivery::expires_at(message) <= turn.now {
            let code = self.waited_for(message);
            self.end(remembered, code, turn);
            return Ok(());
        }
        match self.app.account_now(message.account_sid).await {
            Ok(Some(account)) if account.status == AccountStatus::Active => {}
            Ok(_) => {
                self.end(remembered, ErrorCode::AccountSuspended, turn);
                return Ok(());
            }
            Err(error) => {
                tracing::warn!(%error, "account_not_read");
                return Err(blocked(remembered, None));
            }
        }
        if message.segment_states.iter().all(|state| *state == SegmentState::Waiting) {
            match self.before_leaving(message, turn.now).await {
                Ok(Before::Leaves) => {}
                Ok(Before::Inside) => return self.go_inside(remembered, turn).await,
                Ok(Before::Unwanted) => {
                    let mut work = claimed(remembered);
                    work.event(&self.app, Event::Unwanted);
                    turn.works.insert(work.message().sid, work);
                    return Ok(());
                }
                Ok(Before::Quiet(until)) => {
                    hush(&self.app, remembered, until, turn);
                    return Ok(());
                }
                Err(error) => {
                    tracing::warn!(%error, "message_not_looked_at");
                    return Err(blocked(remembered, None));
                }
            }
        }
        match self.choose_for(message) {
            Choice::NoRoute => {
                self.end(remembered, ErrorCode::NoRoute, turn);
                Ok(())
            }
            // It waits as it is: when the route comes back, all that is due is looked at.
            Choice::Down => Err(blocked(remembered, None)),
            Choice::Use(route) => self.send(remembered, route, turn),
        }
    }

    /// What is asked once more of a message of which nothing has left.
    async fn before_leaving(&self, message: &Message, now: Timestamp) -> Result<Before, AppError> {
        if self.state.lost.may_be(message) && !delivery::is_wanted(&self.app, message).await? {
            return Ok(Before::Unwanted);
        }
        if let Some(until) = delivery::quiet_until(&self.app, message, now) {
            return Ok(Before::Quiet(until));
        }
        let owner = delivery::recipient(&self.app, message).await?;
        Ok(if owner.is_some() { Before::Inside } else { Before::Leaves })
    }

    /// The parts of a message that has left in part take the same way, or the handset would not join them.
    fn choose_for(&self, message: &Message) -> Choice {
        let has_left = message
            .segment_states
            .iter()
            .any(|state| !matches!(state, SegmentState::Waiting | SegmentState::Submitted));
        if has_left && let Some(name) = &message.route {
            return match self.routes.iter().position(|route| route.settings.name == *name) {
                Some(at) if self.routes[at].health.is_up() => Choice::Use(at),
                Some(_) => Choice::Down,
                None => Choice::NoRoute,
            };
        }
        let (to, from) = (message.to.to_string(), message.from.to_string());
        let app = &self.app;
        let wish = Wish {
            to: &to,
            from: &from,
            account: message.account_sid,
            class: message.class,
            kind: app.rater().numbering().classify(&to).id(),
            minute: app.config.zones.minute(app.clock.now()),
        };
        choose(&self.routes, &wish, seed(message))
    }

    /// Why a message that waited until its end was not sent.
    fn waited_for(&self, message: &Message) -> ErrorCode {
        match self.choose_for(message) {
            Choice::Use(_) => ErrorCode::QueueOverflow,
            Choice::Down => ErrorCode::LandlineOrUnreachable,
            Choice::NoRoute => ErrorCode::NoRoute,
        }
    }

    async fn go_inside(&mut self, remembered: Remembered, turn: &mut Turn) -> Result<(), Box<Blocked>> {
        let mut work = claimed(remembered);
        match work.go_inside(&self.app).await {
            Ok(()) => {
                metrics::counter!("mt_segments_total", "route" => "on-net", "outcome" => "delivered")
                    .increment(u64::from(work.message().segments));
                metrics::counter!("mo_total", "outcome" => "received").increment(1);
            }
            Err(ReceiveError::UnknownNumber | ReceiveError::AccountInactive) => {
                let code = ErrorCode::LandlineOrUnreachable;
                work.event(&self.app, Event::GaveUp { code });
            }
            Err(ReceiveError::Store(error)) => {
                tracing::warn!(%error, "on_net_message_not_read");
                return Err(blocked(work.remembered, None));
            }
        }
        turn.works.insert(work.message().sid, work);
        Ok(())
    }

    fn send(&mut self, remembered: Remembered, at: usize, turn: &mut Turn) -> Result<(), Box<Blocked>> {
        let route = &self.routes[at];
        let message = &remembered.message;
        let waiting = |(_, state): &(usize, &SegmentState)| **state == SegmentState::Waiting;
        let mut segments: Vec<usize> =
            message.segment_states.iter().enumerate().filter(waiting).map(|(at, _)| at).collect();
        let room = route.carrier.room().saturating_sub(turn.promised(at));
        if room == 0 {
            return Err(blocked(remembered, Some(at)));
        }
        // What does not fit goes on when these are answered: a long message must not wait until as much is free at once.
        segments.truncate(room);
        let left = delivery::expires_at(message).duration_since(turn.now);
        let validity = Duration::try_from(left).unwrap_or_default().max(Duration::from_secs(1));
        let Ok(body) = delivery::opened(&self.app, message) else {
            tracing::error!(message_sid = %message.sid, "message_not_opened");
            self.end(remembered, ErrorCode::DeliveryUnknown, turn);
            return Ok(());
        };
        let Some(requests) = route.requests(message, &body, &segments, validity) else {
            tracing::error!(message_sid = %message.sid, "message_not_plannable");
            self.end(remembered, ErrorCode::BodyTooLong, turn);
            return Ok(());
        };
        let mut work = claimed(remembered);
        work.step(&self.app, Step::Leave { route: route.settings.name.clone(), node: self.node.clone() });
        for segment in &segments {
            work.event(&self.app, Event::Submitting { segment: *segment });
        }
        *turn.promised.entry(at).or_default() += segments.len();
        work.departure =
            Some(Departure { route: at, segments: segments.into_iter().zip(requests).collect() });
        turn.works.insert(work.message().sid, work);
        Ok(())
    }

    fn end(&mut self, remembered: Remembered, code: ErrorCode, turn: &mut Turn) {
        let mut work = claimed(remembered);
        work.event(&self.app, Event::GaveUp { code });
        turn.works.insert(work.message().sid, work);
    }
}

/// What comes of a message before a route is chosen for it.
enum Before {
    Leaves,
    /// To a number of the platform.
    Inside,
    /// Its recipient opted out meanwhile.
    Unwanted,
    /// Until the morning.
    Quiet(Timestamp),
}

fn hush(app: &App, remembered: Remembered, until: Timestamp, turn: &mut Turn) {
    let added_s = u32::try_from(until.duration_since(turn.now).as_secs()).unwrap_or(0);
    let mut work = claimed(remembered);
    work.step(app, Step::Hush { until, added_s });
    turn.works.insert(work.message().sid, work);
}

fn blocked(remembered: Remembered, by: Option<usize>) -> Box<Blocked> {
    Box::new(Blocked { remembered, by })
}

fn claimed(remembered: Remembered) -> Work {
    let mut work = Work::new(remembered);
    work.is_claim = true;
    work
}

/// Spreads messages over routes and moments; the low half of a sid is random.
pub(super) fn seed(message: &Message) -> u64 {
    u64::try_from(message.sid.as_u128() & u128::from(u64::MAX)).expect("64 bits")
}

pub(super) fn later(now: Timestamp, wait: SignedDuration) -> Timestamp {
    now.saturating_add(wait).unwrap_or(now)
}
