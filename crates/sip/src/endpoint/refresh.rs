//! Session timers (RFC 4028) and UPDATE (RFC 3311): a session that nobody refreshes is over, so that a lost BYE or a dead
//! peer does not leave a call behind.
//!
//! A refresh is an UPDATE without body where the peer allows UPDATE, else a re-INVITE with the description that stands. It
//! is tried at half and at three quarters of the interval.

use std::time::Duration;

use super::client::{ClientTx, Purpose};
use super::leg::{How, Leg, Reoffer, State};
use super::uas::check_sdp;
use super::{Endpoint, Task};
use crate::event::{EndCause, Event, LegId};
use crate::header::Name;
use crate::message::Message;
use crate::method::Method;
use crate::request::OpError;
use crate::scan;
use crate::slab::Key;

/// No interval is shorter (RFC 4028 §5).
const MIN_SE: u32 = 90;
/// Longest that is believed: a day.
const MAX_SE: u32 = 86_400;
/// A deadline is looked at this often, so that what a finished leg leaves behind is soon gone.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// When a refresh that cannot go now is tried again.
const BUSY: Duration = Duration::from_secs(5);

/// The timer of one session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SessionTimer {
    interval_s: u32,
    /// We refresh, not the peer.
    is_ours: bool,
    /// The last refresh.
    since: Duration,
    /// Refreshes tried since.
    tries: u8,
}

impl SessionTimer {
    fn interval(self) -> Duration {
        Duration::from_secs(u64::from(self.interval_s))
    }

    /// When something is to be done: refresh, or give the session up.
    fn due(self) -> Duration {
        let interval = self.interval();
        let after = match (self.is_ours, self.tries) {
            (true, 0) => interval / 2,
            (true, 1) => interval * 3 / 4,
            (true, _) => interval,
            // A little before the end, so that the BYE still finds the dialog (RFC 4028 §10).
            (false, _) => interval.saturating_sub((interval / 3).min(Duration::from_secs(32))),
        };
        self.since + after
    }
}

/// Seconds and refresher of Session-Expires.
fn session_expires(message: &Message) -> Option<(u32, Option<bool>)> {
    let value = message.get(Name::SessionExpires)?;
    let cut = memchr::memchr(b';', value).unwrap_or(value.len());
    let seconds = scan::decimal(scan::trim(&value[..cut]))?;
    let refresher = scan::param(&value[cut..], "refresher").map(|who| who.eq_ignore_ascii_case(b"uac"));
    Some((seconds.min(MAX_SE), refresher))
}

fn min_se(message: &Message) -> Option<u32> {
    let value = message.get(Name::MinSe)?;
    scan::decimal(scan::trim(&value[..memchr::memchr(b';', value).unwrap_or(value.len())]))
}

fn supports_timer(message: &Message) -> bool {
    message.list(Name::Supported).any(|tag| scan::trim(tag).eq_ignore_ascii_case(b"timer"))
}

/// Lines of the 422 to an interval that is too short; one who does not know timers did not ask for it himself, and is not
/// refused (RFC 4028 §9).
pub(super) fn too_short(request: &Message) -> Option<String> {
    let is_short = session_expires(request).is_some_and(|(seconds, _)| seconds < MIN_SE);
    (is_short && supports_timer(request)).then(|| format!("Min-SE: {MIN_SE}\r\n"))
}

pub(super) fn allows_update(message: &Message) -> bool {
    message.list(Name::Allow).any(|method| scan::trim(method) == b"UPDATE")
}

impl Endpoint {
    fn wanted_interval(&self) -> Option<u32> {
        self.config
            .session_interval
            .map(|wanted| u32::try_from(wanted.as_secs()).unwrap_or(MAX_SE).clamp(MIN_SE, MAX_SE))
    }

    /// Lines that ask for a timer in our first INVITE; `least` is what a 422 made of it.
    pub(super) fn timer_request(&self, least: Option<u32>) -> Vec<u8> {
        let Some(wanted) = self.wanted_interval() else { return Vec::new() };
        match least {
            Some(least) => format!("Session-Expires: {}\r\nMin-SE: {least}\r\n", wanted.max(least)),
            None => format!("Session-Expires: {wanted}\r\n"),
        }
        .into_bytes()
    }

    /// Agrees on a timer as the one who is asked, and keeps it on the leg for the answer.
    pub(super) fn agree_timer(&mut self, key: Key, request: &Message) {
        let peer = supports_timer(request);
        let asked = session_expires(request);
        let least = min_se(request).unwrap_or(MIN_SE);
        let interval = asked.map(|(seconds, _)| seconds.max(MIN_SE));
        let interval = interval.or_else(|| self.wanted_interval().map(|wanted| wanted.max(least)));
        // A peer that knows timers refreshes, unless it wants us to.
        let peer_refreshes = peer && asked.and_then(|(_, who)| who).unwrap_or(true);
        let now = self.now;
        if let Some(leg) = self.legs.get_mut(key) {
            if request.get(Name::Allow).is_some() {
                leg.peer_updates = allows_update(request);
            }
            leg.session_asked = interval.map(|interval_s| SessionTimer {
                interval_s: interval_s.min(MAX_SE),
                is_ours: !peer_refreshes,
                since: now,
                tries: 0,
            });
        }
    }

    /// Puts the timer agreed on in force with our 2xx, and appends its lines.
    pub(super) fn begin_timer(&mut self, key: Key, lines: &mut Vec<u8>) {
        let now = self.now;
        let Some(leg) = self.legs.get_mut(key) else { return };
        leg.session = leg.session_asked.take().map(|timer| SessionTimer { since: now, ..timer });
        let Some(timer) = leg.session else { return };
        let who = if timer.is_ours { "uas" } else { "uac" };
        lines.extend_from_slice(
            format!("Session-Expires: {};refresher={who}\r\n", timer.interval_s).as_bytes(),
        );
        if !timer.is_ours {
            lines.extend_from_slice(b"Require: timer\r\n");
        }
        self.watch_session(key);
    }

    /// Takes what the 2xx to a request of ours says of the timer.
    pub(super) fn timer_agreed(&mut self, key: Key, response: &Message) {
        let now = self.now;
        let Some(leg) = self.legs.get_mut(key) else { return };
        if response.get(Name::Allow).is_some() {
            leg.peer_updates = allows_update(response);
        }
        leg.session = session_expires(response).map(|(seconds, who)| SessionTimer {
            interval_s: seconds.max(MIN_SE),
            is_ours: who.unwrap_or(true),
            since: now,
            tries: 0,
        });
        self.watch_session(key);
    }

    fn watch_session(&mut self, key: Key) {
        let now = self.now;
        if let Some(Leg { session: Some(timer), .. }) = self.legs.get(key) {
            let after = timer.due().saturating_sub(now).min(LOOK_EVERY);
            self.timers.set(now, after, Task::Session(key));
        }
    }

    pub(super) fn session_timeout(&mut self, key: Key) {
        let now = self.now;
        let Some(leg) = self.legs.get_mut(key).filter(|leg| !leg.is_over()) else { return };
        let Some(timer) = leg.session else { return };
        if timer.due() > now {
            return self.watch_session(key);
        }
        if timer.is_ours && timer.tries < 2 {
            if !self.refresh(key) {
                return self.timers.set(now, BUSY, Task::Session(key));
            }
            if let Some(Leg { session: Some(timer), .. }) = self.legs.get_mut(key) {
                timer.tries += 1;
            }
            return self.watch_session(key);
        }
        self.refuse_pending(key);
        self.send_bye(key, b"");
        self.end_leg(key, EndCause::SessionExpired);
    }

    /// Refreshes the session; false when something else is under way.
    fn refresh(&mut self, key: Key) -> bool {
        let Some(leg) = self.legs.get_mut(key) else { return false };
        let is_free = matches!((&leg.state, &leg.reoffer), (State::Talking, Reoffer::None));
        if !is_free || leg.unacked.is_some() || leg.glare.is_some() {
            return false;
        }
        if leg.peer_updates {
            return self.send_in_dialog(key, Purpose::Refresh, &Method::Update, b"", None);
        }
        let Some(sdp) = leg.local_sdp.clone() else { return true };
        self.send_reoffer(key, sdp, 0, How::Refresh);
        true
    }

    /// The lines of a re-INVITE or UPDATE of ours; nothing while no timer runs.
    pub(super) fn timer_lines(leg: &Leg, out: &mut Vec<u8>) {
        if let Some(timer) = leg.session {
            let who = if timer.is_ours { "uac" } else { "uas" };
            out.extend_from_slice(
                format!("Session-Expires: {};refresher={who}\r\n", timer.interval_s).as_bytes(),
            );
        }
    }

    /// A refresh by UPDATE got its answer.
    pub(super) fn refresh_answered(
        &mut self,
        tx: &ClientTx,
        key: Key,
        status: u16,
        response: Option<&Message>,
    ) {
        let is_live = self.legs.get(key).is_some_and(|l| !l.is_over());
        if let Some(response) = response
            && is_live
            && matches!(status, 401 | 407)
            && self.answer_challenge(tx, key, response)
        {
            return;
        }
        if is_live {
            match (status, response) {
                (200..300, Some(response)) => {
                    if let Some(leg) = self.legs.get_mut(key) {
                        leg.dialog.refresh_target(response, &self.config);
                    }
                    self.timer_agreed(key, response);
                }
                (422, Some(response)) => self.longer_timer(key, response),
                (408 | 481, _) => self.dialog_lost(key, Method::Update),
                // Tried once more, and at the end of the interval the session is.
                _ => {}
            }
        }
        self.settle(key);
    }

    /// The peer finds our interval too short: again with what it wants (RFC 4028 §7.4).
    pub(super) fn longer_timer(&mut self, key: Key, response: &Message) {
        if self.lengthen_timer(key, response) {
            self.refresh(key);
        }
    }

    /// Takes the interval a 422 wants; false when it is none that could help.
    pub(super) fn lengthen_timer(&mut self, key: Key, response: &Message) -> bool {
        let least = min_se(response);
        if let Some(Leg { session: Some(timer), .. }) = self.legs.get_mut(key)
            && let Some(least) = least.filter(|&least| least > timer.interval_s && least <= MAX_SE)
        {
            timer.interval_s = least;
            return true;
        }
        false
    }

    /// The first INVITE again with the interval a 422 wants; false when that makes no sense.
    pub(super) fn invite_with_longer_timer(&mut self, key: Key, response: &Message) -> bool {
        let Some(Leg { state: State::Calling(attempt), dialog, .. }) = self.legs.get_mut(key) else {
            return false;
        };
        let Some(least) = min_se(response).filter(|&least| least <= MAX_SE) else { return false };
        // Each 422 must ask for more than the one before: two proxies cannot send us to and fro for ever.
        if attempt.min_se.is_some_and(|before| least <= before) || attempt.timer_tries >= 3 {
            return false;
        }
        (attempt.min_se, attempt.timer_tries) = (Some(least), attempt.timer_tries + 1);
        dialog.local_cseq += 1;
        self.send_invite(key);
        true
    }

    /// Offers a changed session by UPDATE, which needs no ACK; or, with `None`, only refreshes the dialog. With an offer
    /// [`Event::ReofferAnswered`] or [`Event::ReofferFailed`] follows.
    pub fn update(&mut self, now: Duration, leg: LegId, sdp: Option<&[u8]>) -> Result<(), OpError> {
        self.tick(now);
        check_sdp(sdp.unwrap_or_default())?;
        let l = self.live(leg)?;
        let is_free = matches!((&l.state, &l.reoffer), (State::Talking, Reoffer::None));
        if !is_free || l.unacked.is_some() || l.glare.is_some() {
            return Err(OpError::WrongState);
        }
        match sdp {
            Some(sdp) => self.send_reoffer(leg.0, sdp.into(), 0, How::Update),
            None => {
                self.send_in_dialog(leg.0, Purpose::Refresh, &Method::Update, b"", None);
            }
        }
        Ok(())
    }

    /// An UPDATE with an offer got its answer.
    pub(super) fn update_answered(
        &mut self,
        tx: &ClientTx,
        key: Key,
        status: u16,
        response: Option<Message>,
    ) {
        let is_live = self.legs.get(key).is_some_and(|l| !l.is_over());
        if let Some(response) = &response
            && is_live
            && matches!(status, 401 | 407)
            && self.answer_challenge(tx, key, response)
        {
            return;
        }
        match (status, response) {
            (200..300, Some(response)) => {
                self.reoffer_accepted(key, &response);
                if is_live {
                    self.events.push_back(Event::ReofferAnswered { leg: LegId(key), response });
                }
                self.settle(key);
            }
            (status, response) => self.reinvite_failed(key, status, response.as_ref()),
        }
    }
}
