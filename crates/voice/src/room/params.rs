//! What a room's status callback is told, in its order.

use super::{Member, ReasonEnded, RoomAction, RoomEvents, Turn, hung_up};
use crate::actions::LeaveReason;
use crate::params::{Params, put, put_known, rfc2822};

/// What is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RoomReport {
    Start,
    Join,
    Leave,
    Mute,
    Unmute,
    Hold,
    Unhold,
    Modify,
    SpeechStart,
    SpeechStop,
    AnnouncementEnd,
    AnnouncementFail,
}

impl RoomReport {
    fn name(self) -> &'static str {
        match self {
            Self::Start => "conference-start",
            Self::Join => "participant-join",
            Self::Leave => "participant-leave",
            Self::Mute => "participant-mute",
            Self::Unmute => "participant-unmute",
            Self::Hold => "participant-hold",
            Self::Unhold => "participant-unhold",
            Self::Modify => "participant-modify",
            Self::SpeechStart => "participant-speech-start",
            Self::SpeechStop => "participant-speech-stop",
            Self::AnnouncementEnd => "announcement-end",
            Self::AnnouncementFail => "announcement-fail",
        }
    }

    fn wanted(self, events: RoomEvents) -> bool {
        match self {
            Self::Start => events.start,
            Self::Join => events.join,
            Self::Leave => events.leave,
            Self::Mute | Self::Unmute => events.mute,
            Self::Hold | Self::Unhold => events.hold,
            Self::Modify => events.modify,
            Self::SpeechStart | Self::SpeechStop => events.speaker,
            Self::AnnouncementEnd | Self::AnnouncementFail => events.announcement,
        }
    }
}

/// Why a participant leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Departure {
    /// It does not.
    None,
    /// By its own or its document's doing.
    Left(LeaveReason),
    Kicked,
    /// The conference was ended by request.
    Ended,
    /// The conference ended with one who had `endConferenceOnExit`.
    ModeratorLeft,
}

impl Departure {
    fn reason(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Left(reason) if hung_up(reason) => Some("participant_hung_up"),
            Self::Left(LeaveReason::TimeLimit) => Some("participant_time_limit"),
            Self::Left(_) => Some("participant_left"),
            Self::Kicked => Some("participant_updated_via_api"),
            Self::Ended => Some("conference_ended_via_api"),
            Self::ModeratorLeft => Some("moderator_ended_conference"),
        }
    }
}

impl Turn<'_> {
    /// Tells the callback, if it wants to know.
    pub(super) fn report(&mut self, report: RoomReport, index: Option<u32>, departure: Departure) {
        if !self.room.callback.as_ref().is_some_and(|callback| report.wanted(callback.events)) {
            return;
        }
        let mut p = self.heading(report.name());
        if let Some(member) = index.and_then(|index| self.room.members.get(&index)) {
            put_member(&mut p, member);
        }
        if let Some(reason) = departure.reason() {
            put(&mut p, "ReasonParticipantLeft", reason);
        }
        self.call_back(p);
    }

    pub(super) fn report_end(&mut self, reason: ReasonEnded, by: Option<&String>) {
        if !self.room.callback.as_ref().is_some_and(|callback| callback.events.end) {
            return;
        }
        let mut p = self.heading("conference-end");
        put_known(&mut p, "CallSidEndingConference", by);
        put(&mut p, "ReasonConferenceEnded", reason.as_str());
        self.call_back(p);
    }

    pub(super) fn report_announcement(&mut self, url: &str, failed: Option<&str>) {
        let report =
            if failed.is_some() { RoomReport::AnnouncementFail } else { RoomReport::AnnouncementEnd };
        if !self.room.callback.as_ref().is_some_and(|callback| report.wanted(callback.events)) {
            return;
        }
        let mut p = self.heading(report.name());
        put(&mut p, "AnnounceUrl", url);
        if let Some(reason) = failed {
            put(&mut p, "ReasonAnnouncementFailed", reason);
        }
        self.call_back(p);
    }

    /// What every event has.
    fn heading(&mut self, name: &str) -> Params {
        self.room.sequence += 1;
        let facts = &self.room.facts;
        let mut p = Vec::with_capacity(16);
        put(&mut p, "AccountSid", &*facts.account_sid);
        put(&mut p, "ConferenceSid", &*facts.conference_sid);
        put(&mut p, "FriendlyName", &*facts.name);
        put(&mut p, "StatusCallbackEvent", name);
        put(&mut p, "SequenceNumber", self.room.sequence.to_string());
        put(&mut p, "Timestamp", rfc2822(self.now.wall));
        p
    }

    fn call_back(&mut self, params: Params) {
        if let Some(callback) = &self.room.callback {
            let (url, method) = (callback.target.url.clone(), callback.target.method);
            self.out.push(RoomAction::Callback { url, method, params });
        }
    }
}

fn put_member(p: &mut Params, member: &Member) {
    let join = &member.join;
    put(p, "CallSid", &*join.call_sid);
    put_known(p, "ParticipantLabel", join.label.as_ref());
    put(p, "Muted", join.muted.to_string());
    put(p, "Hold", member.held.to_string());
    put(p, "Coaching", join.coach.is_some().to_string());
    put_known(p, "CallSidToCoach", join.coach.as_ref());
    put(p, "StartConferenceOnEnter", join.start_on_enter.to_string());
    put(p, "EndConferenceOnExit", join.end_on_exit.to_string());
}
