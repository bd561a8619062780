//! Conferences as shown.

use flexio_domain::*;

use crate::ask::Shown;
use crate::dialect::rfc2822;
use crate::write::Writer;

pub(super) fn conference(w: &mut Writer, shown: &Shown<'_>, conference: &Conference) {
    w.put("sid", conference.sid.to_string());
    w.put("account_sid", conference.account_sid.to_string());
    w.put("date_created", rfc2822(conference.created_at));
    w.put("date_updated", rfc2822(conference.updated_at));
    w.put("api_version", shown.face.version());
    w.put("friendly_name", &conference.friendly_name);
    if shown.is_twilio() {
        w.put("status", conference.status.as_str());
        w.put("region", "");
        w.put("reason_conference_ended", conference.ended_by.map(ConferenceEnd::as_str));
        w.put("call_sid_ending_conference", conference.ending_call_sid.map(|sid| sid.to_string()));
    } else {
        w.put("status", conference.status.classic());
    }
    let path = format!("Conferences/{}", conference.sid);
    w.put("uri", shown.uri(conference.account_sid, &path));
    w.object("subresource_uris", |w| {
        w.put("participants", shown.uri(conference.account_sid, format_args!("{path}/Participants")));
        if shown.is_twilio() {
            w.put("recordings", shown.uri(conference.account_sid, format_args!("{path}/Recordings")));
        }
    });
}

pub(super) fn sample(w: &mut Writer, shown: &Shown<'_>) {
    let at = |second: i64| Timestamp::from_second(1_766_000_000 + second).expect("a second of 2025");
    let specimen = Conference {
        sid: ConferenceSid::from_u128(1),
        version: 3,
        account_sid: AccountSid::from_u128(1),
        friendly_name: "Board".to_owned(),
        status: ConferenceStatus::Completed,
        api_version: "2010-04-01".to_owned(),
        status_callback: None,
        status_callback_events: Vec::new(),
        started_at: Some(at(5)),
        ended_at: Some(at(60)),
        ended_by: Some(ConferenceEnd::LastParticipantLeft),
        ending_call_sid: Some(CallSid::from_u128(1)),
        node: None,
        created_at: at(0),
        updated_at: at(60),
    };
    conference(w, shown, &specimen);
}
