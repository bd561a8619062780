//! Participants as shown.

use flexio_domain::*;

use crate::Face;
use crate::ask::Shown;
use crate::dialect::rfc2822;
use crate::write::Writer;

/// XML element of one participant.
pub(super) const fn element(face: Face) -> &'static str {
    match face {
        Face::Native => "Call",
        Face::Twilio => "Participant",
    }
}

pub(super) fn participant(w: &mut Writer, shown: &Shown<'_>, participant: &Participant) {
    let account = participant.account_sid;
    let call = participant.call_sid.to_string();
    w.put(if shown.is_twilio() { "call_sid" } else { "sid" }, call.as_str());
    w.put("conference_sid", participant.conference_sid.to_string());
    w.put("account_sid", account.to_string());
    w.put("date_created", rfc2822(participant.created_at));
    w.put("date_updated", rfc2822(participant.updated_at));
    w.put("muted", participant.muted);
    w.put("hold", participant.hold);
    w.put("start_conference_on_enter", participant.start_conference_on_enter);
    w.put("end_conference_on_exit", participant.end_conference_on_exit);
    if shown.is_twilio() {
        w.put("label", participant.label.as_deref());
        w.put("status", participant.status.as_str());
        w.put("coaching", participant.coaching);
        w.put("call_sid_to_coach", participant.call_sid_to_coach.map(|sid| sid.to_string()));
        w.put("queue_time", participant.queue_time_s.map(|seconds| seconds.to_string()));
        let path = format!("Conferences/{}/Participants/{call}", participant.conference_sid);
        w.put("uri", shown.uri(account, path));
    } else {
        // The original writes the property under this name; its documentation has the one above.
        w.put("end_conference_on_enter", participant.end_conference_on_exit);
        w.put("uri", shown.uri(account, format_args!("Calls/{call}")));
    }
}

pub(super) fn sample(w: &mut Writer, shown: &Shown<'_>) {
    let at = Timestamp::from_second(1_766_000_000).expect("a second of 2025");
    let specimen = Participant {
        conference_sid: ConferenceSid::from_u128(1),
        call_sid: CallSid::from_u128(1),
        account_sid: AccountSid::from_u128(1),
        label: Some("customer".to_owned()),
        status: ParticipantStatus::Connected,
        muted: false,
        hold: false,
        coaching: false,
        call_sid_to_coach: None,
        start_conference_on_enter: true,
        end_conference_on_exit: false,
        queue_time_s: None,
        joined_at: Some(at),
        left_at: None,
        created_at: at,
        updated_at: at,
    };
    participant(w, shown, &specimen);
}
