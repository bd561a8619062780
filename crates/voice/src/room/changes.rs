//! Changes of participants over the API.

use flexio_markup::Beep;

use super::{Departure, MemberChange, ParticipantStatus, RoomReport, Turn};
use crate::actions::RoomNews;

impl Turn<'_> {
    pub(super) fn change(&mut self, index: u32, change: MemberChange) {
        let Some(member) = self.room.members.get_mut(&index) else { return };
        let report = match change {
            MemberChange::Mute(on) => {
                let changed = member.join.muted != on;
                member.join.muted = on;
                changed.then_some(if on { RoomReport::Mute } else { RoomReport::Unmute })
            }
            MemberChange::Hold { on, wait } => {
                let changed = member.held != on;
                let other_music = on && !changed && member.hold_wait != wait;
                member.held = on;
                member.hold_wait = if on { wait.clone() } else { None };
                if other_music {
                    self.tell(index, RoomNews::Hold { wait });
                }
                changed.then_some(if on { RoomReport::Hold } else { RoomReport::Unhold })
            }
            MemberChange::Coach(call_sid) => {
                // Nobody coaches himself.
                member.join.coach = call_sid.filter(|call_sid| *call_sid != member.join.call_sid);
                Some(RoomReport::Modify)
            }
            MemberChange::Announce(target) => {
                self.tell(index, RoomNews::Announce { target });
                None
            }
            MemberChange::Wait(wait) => {
                self.tell(index, RoomNews::NewWait { wait });
                Some(RoomReport::Modify)
            }
            MemberChange::BeepOnExit(on) => {
                member.join.beep = match (member.join.beep, on) {
                    (Beep::Both | Beep::OnEnter, true) => Beep::Both,
                    (Beep::OnExit | Beep::Off, true) => Beep::OnExit,
                    (Beep::Both | Beep::OnEnter, false) => Beep::OnEnter,
                    (Beep::OnExit | Beep::Off, false) => Beep::Off,
                };
                Some(RoomReport::Modify)
            }
            MemberChange::EndOnExit(on) => {
                member.join.end_on_exit = on;
                Some(RoomReport::Modify)
            }
            MemberChange::Kick => return self.leave(index, Departure::Kicked),
        };
        self.arrange();
        if let Some(report) = report {
            self.participant(index, ParticipantStatus::Connected);
            self.report(report, Some(index), Departure::None);
        }
    }

    pub(super) fn speech(&mut self, call_sid: &str, speaking: bool) {
        let Some(index) = self.room.index_of(call_sid) else { return };
        let report = if speaking { RoomReport::SpeechStart } else { RoomReport::SpeechStop };
        self.report(report, Some(index), Departure::None);
    }
}
