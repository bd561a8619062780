//! Changing a session that stands: re-INVITE both ways, and INFO.

use std::time::Duration;

use super::client::{ClientTx, Purpose};
use super::leg::{How, Reoffer, State, Unacked};
use super::uas::check_sdp;
use super::{Endpoint, Task};
use crate::event::{Event, LegId};
use crate::message::Message;
use crate::method::Method;
use crate::request::OpError;
use crate::scan;
use crate::slab::Key;

/// How often a re-INVITE that met another is sent again.
const MAX_GLARES: u8 = 5;

impl Endpoint {
    /// Offers a changed session. Only one change may be under way, and the first ACK must have come.
    pub fn reinvite(&mut self, now: Duration, leg: LegId, sdp: &[u8]) -> Result<(), OpError> {
        self.tick(now);
        check_sdp(sdp)?;
        let l = self.live(leg)?;
        let is_free = matches!((&l.state, &l.reoffer), (State::Talking, Reoffer::None));
        if !is_free || l.unacked.is_some() || l.glare.is_some() {
            return Err(OpError::WrongState);
        }
        self.send_reoffer(leg.0, sdp.into(), 0, How::Reinvite);
        Ok(())
    }

    pub(super) fn send_reoffer(&mut self, key: Key, sdp: Box<[u8]>, glares: u8, how: How) {
        let body = Some(("application/sdp", &*sdp));
        let (purpose, method): (fn(Key) -> Purpose, _) = match how {
            How::Update => (Purpose::Update, Method::Update),
            How::Reinvite | How::Refresh => (Purpose::Reinvite, Method::Invite),
        };
        if self.send_in_dialog(key, purpose, &method, b"", body)
            && let Some(leg) = self.legs.get_mut(key)
        {
            leg.reoffer = Reoffer::Sent { sdp, glares, how };
        }
    }

    /// Takes what a 2xx to a change of ours brings, whatever it travelled by.
    pub(super) fn reoffer_accepted(&mut self, key: Key, response: &Message) {
        let Some(leg) = self.legs.get_mut(key) else { return };
        leg.dialog.refresh_target(response, &self.config);
        let sent = std::mem::replace(&mut leg.reoffer, Reoffer::None);
        if leg.is_over() {
            return;
        }
        self.timer_agreed(key, response);
        if let (Reoffer::Sent { sdp, .. }, Some(leg)) = (sent, self.legs.get_mut(key)) {
            leg.local_sdp = (!leg.peer_updates).then_some(sdp);
        }
    }

    pub(super) fn reinvite_accepted(&mut self, tx: Key, key: Key, response: Message) {
        let Some(leg) = self.legs.get(key) else { return };
        let is_quiet = leg.is_over() || matches!(leg.reoffer, Reoffer::Sent { how: How::Refresh, .. });
        self.reoffer_accepted(key, &response);
        self.acknowledge(tx, key, response.cseq().map_or(0, |c| c.number));
        if !is_quiet {
            self.events.push_back(Event::ReofferAnswered { leg: LegId(key), response });
        }
        self.settle(key);
    }

    pub(super) fn reinvite_failed(&mut self, key: Key, status: u16, response: Option<&Message>) {
        self.take_back_reinvite(key, status, response);
        self.settle(key);
    }

    fn take_back_reinvite(&mut self, key: Key, status: u16, response: Option<&Message>) {
        let Some(leg) = self.legs.get_mut(key) else { return };
        let sent = std::mem::replace(&mut leg.reoffer, Reoffer::None);
        if leg.is_over() {
            return;
        }
        match (status, sent) {
            // Both sides asked at once: the owner of the Call-ID waits longer (RFC 3261 §14.1).
            (491, Reoffer::Sent { sdp, glares, how }) if glares < MAX_GLARES => {
                let is_owner = leg.dialog.is_ours;
                leg.glare = Some((sdp, glares + 1, how));
                let ms =
                    if is_owner { 2_100 + self.random.below(190) * 10 } else { self.random.below(200) * 10 };
                self.timers.set(self.now, Duration::from_millis(u64::from(ms)), Task::Glare(key));
            }
            // The next try is for what the peer wants, or nothing changes.
            (422, Reoffer::Sent { sdp, glares, how }) if glares < MAX_GLARES => {
                match response.filter(|response| self.lengthen_timer(key, response)) {
                    Some(_) => self.send_reoffer(key, sdp, glares + 1, how),
                    None => self.reoffer_refused(key, status, how),
                }
            }
            (_, Reoffer::Sent { how: How::Refresh, .. }) => self.reoffer_refused(key, status, How::Refresh),
            (408 | 481, _) => {
                self.events.push_back(Event::ReofferFailed { leg: LegId(key), status });
                self.dialog_lost(key, Method::Invite);
            }
            _ => self.events.push_back(Event::ReofferFailed { leg: LegId(key), status }),
        }
    }

    /// Tells that a change of ours was refused; a refresh was nobody's wish.
    fn reoffer_refused(&mut self, key: Key, status: u16, how: How) {
        match (how, status) {
            (How::Refresh, 408 | 481) => self.dialog_lost(key, Method::Invite),
            (How::Refresh, _) => {}
            (How::Reinvite | How::Update, _) => {
                self.events.push_back(Event::ReofferFailed { leg: LegId(key), status });
            }
        }
    }

    pub(super) fn reinvite_again(&mut self, key: Key) {
        let Some(leg) = self.legs.get_mut(key) else { return };
        if leg.is_over() || leg.glare.is_none() {
            return;
        }
        if leg.unacked.is_some() || !matches!(leg.reoffer, Reoffer::None) {
            // Theirs goes first: ours follows when it is decided and acknowledged.
            return self.timers.set(self.now, Duration::from_millis(500), Task::Glare(key));
        }
        if let Some((sdp, glares, how)) = leg.glare.take() {
            self.send_reoffer(key, sdp, glares, how);
        }
    }

    /// The change of session the application is asked about.
    fn reoffered(&mut self, leg: LegId) -> Result<(Key, bool, u32), OpError> {
        match self.live(leg)?.reoffer {
            Reoffer::Received { tx, is_invite, cseq } => Ok((tx, is_invite, cseq)),
            _ => Err(OpError::WrongState),
        }
    }

    /// Accepts an [`Event::Reoffer`] with the SDP answer, or with our offer if it had none.
    pub fn accept_reinvite(&mut self, now: Duration, leg: LegId, sdp: &[u8]) -> Result<(), OpError> {
        self.tick(now);
        check_sdp(sdp)?;
        let (tx, is_invite, cseq) = self.reoffered(leg)?;
        let mut lines = self.contact_lines(leg.0, b"");
        self.begin_timer(leg.0, &mut lines);
        self.respond(tx, 200, None, &lines, Some(("application/sdp", sdp)));
        let l = self.live(leg)?;
        l.reoffer = Reoffer::None;
        l.local_sdp = (!l.peer_updates).then(|| sdp.into());
        if is_invite {
            l.unacked = Some(Unacked { tx, cseq, is_first: false });
        }
        Ok(())
    }

    /// Refuses an [`Event::Reoffer`] with 400 to 699, such as 488; the session stays as it was.
    pub fn reject_reinvite(&mut self, now: Duration, leg: LegId, status: u16) -> Result<(), OpError> {
        self.tick(now);
        let (tx, ..) = self.reoffered(leg)?;
        if !(400..700).contains(&status) {
            return Err(OpError::BadStatus);
        }
        self.live(leg)?.reoffer = Reoffer::None;
        self.respond(tx, status, None, b"", None);
        Ok(())
    }

    /// Sends INFO, such as a key press; [`Event::InfoAnswered`] follows.
    pub fn info(
        &mut self,
        now: Duration,
        leg: LegId,
        content_type: &str,
        body: &[u8],
    ) -> Result<(), OpError> {
        self.tick(now);
        check_sdp(body)?;
        if !scan::is_safe_value(content_type.as_bytes()) || content_type.len() > 256 {
            return Err(OpError::BadText);
        }
        if !matches!(self.live(leg)?.state, State::Talking) {
            return Err(OpError::WrongState);
        }
        let sent = self.send_in_dialog(leg.0, Purpose::Info, &Method::Info, b"", Some((content_type, body)));
        if sent { Ok(()) } else { Err(OpError::NoDestination) }
    }

    pub(super) fn info_answered(&mut self, tx: &ClientTx, key: Key, status: u16, response: Option<&Message>) {
        let is_live = self.legs.get(key).is_some_and(|l| !l.is_over());
        if let Some(response) = response
            && is_live
            && matches!(status, 401 | 407)
            && self.answer_challenge(tx, key, response)
        {
            return;
        }
        if is_live {
            self.events.push_back(Event::InfoAnswered { leg: LegId(key), status });
            if matches!(status, 408 | 481) {
                self.dialog_lost(key, Method::Info);
            }
        }
        self.settle(key);
    }
}
