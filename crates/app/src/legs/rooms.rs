//! The life of conferences, as the voice node tells it.

use flexio_billing::ConferenceStarted;
use flexio_domain::{
    AccountSid, Call, CallSid, Conference, ConferenceEnd, ConferenceStatus, HttpMethod, Participant,
    ParticipantStatus, Timestamp, Webhook,
};
use flexio_store::{Change, RoomChange, StoreError};
use flexio_voice::room as voice;

use super::records::callback_about;
use crate::App;

/// A conference storage could not be asked about: it is kept as soon as it can be.
pub fn conference(
    account_sid: AccountSid,
    name: &str,
    api_version: &str,
    node: &str,
    now: Timestamp,
) -> Conference {
    crate::rooms::new_conference(account_sid, name.to_owned(), api_version, Some(node), now)
}

/// The first participant is there: that is what a conference costs, and it is for what the call that opened it is for.
pub fn conference_begun(
    app: &App,
    conference: &Conference,
    first: Option<&Call>,
    now: Timestamp,
) -> Vec<Change> {
    let charge = app.meter(conference.account_sid).conference_started(&ConferenceStarted {
        conference: &conference.sid.to_string(),
        account_sid: conference.account_sid,
        at: now,
    });
    let charge = charge.labelled(first.map(super::end::labels).unwrap_or_default());
    crate::usage::booked(charge)
}

/// A conference enters a state.
pub fn conference_entered(conference: &mut Conference, fact: &voice::RoomFact) {
    conference.updated_at = fact.at;
    match fact.status {
        voice::RoomStatus::Init => {}
        voice::RoomStatus::InProgress => {
            conference.status = ConferenceStatus::InProgress;
            conference.started_at = Some(fact.at);
        }
        voice::RoomStatus::Completed => {
            conference.status = ConferenceStatus::Completed;
            conference.ended_at = Some(fact.at);
            conference.ended_by = fact.reason.map(ended_by);
            conference.ending_call_sid = fact.call_sid_ending.as_ref().and_then(|sid| sid.parse().ok());
        }
    }
}

fn ended_by(reason: voice::ReasonEnded) -> ConferenceEnd {
    match reason {
        voice::ReasonEnded::ViaApi => ConferenceEnd::ConferenceEndedViaApi,
        voice::ReasonEnded::EndOnExitLeft => ConferenceEnd::ParticipantWithEndConferenceOnExitLeft,
        voice::ReasonEnded::EndOnExitKicked => ConferenceEnd::ParticipantWithEndConferenceOnExitKicked,
        voice::ReasonEnded::LastKicked => ConferenceEnd::LastParticipantKicked,
        voice::ReasonEnded::LastLeft => ConferenceEnd::LastParticipantLeft,
    }
}

/// Where a conference's events go, as the resource shows it.
pub fn conference_callback_set(
    conference: &mut Conference,
    target: &flexio_markup::Target,
    events: &[String],
) {
    conference.status_callback =
        Some(Webhook { url: target.url.clone(), method: http_method(target.method) });
    conference.status_callback_events = events.to_vec();
}

fn http_method(method: flexio_markup::Method) -> HttpMethod {
    match method {
        flexio_markup::Method::Get => HttpMethod::Get,
        flexio_markup::Method::Post => HttpMethod::Post,
    }
}

/// A participant came, changed or left; `before` is what was kept of it.
pub fn participant(
    conference: &Conference,
    call_sid: CallSid,
    before: Option<&Participant>,
    fact: &voice::ParticipantFact,
    now: Timestamp,
) -> Participant {
    let status = match fact.status {
        voice::ParticipantStatus::Connected => ParticipantStatus::Connected,
        voice::ParticipantStatus::Complete => ParticipantStatus::Complete,
    };
    let coached: Option<CallSid> = fact.coaches.as_ref().and_then(|sid| sid.parse().ok());
    Participant {
        conference_sid: conference.sid,
        call_sid,
        account_sid: conference.account_sid,
        label: fact.label.clone(),
        status,
        muted: fact.muted,
        hold: fact.hold,
        coaching: fact.coaches.is_some(),
        call_sid_to_coach: coached,
        start_conference_on_enter: fact.start_on_enter,
        end_conference_on_exit: fact.end_on_exit,
        queue_time_s: before.and_then(|before| before.queue_time_s),
        joined_at: before.and_then(|before| before.joined_at).or(Some(now)),
        left_at: (status == ParticipantStatus::Complete).then_some(now),
        created_at: before.map_or(now, |before| before.created_at),
        updated_at: now,
    }
}

/// A call that was to take part ended before it came; nothing when it was not kept.
pub async fn participant_never_came(
    app: &App,
    conference: &Conference,
    call: CallSid,
) -> Result<Option<Change>, StoreError> {
    let kept = app.store.participant(conference.account_sid, conference.sid, call).await?;
    let gone = kept.filter(|participant| participant.status.is_present()).map(|mut participant| {
        participant.status = ParticipantStatus::Failed;
        participant.updated_at = app.clock.now();
        participant.left_at = Some(participant.updated_at);
        Change::Room(RoomChange::SaveParticipant(participant))
    });
    Ok(gone)
}

/// Queues a callback about a conference; `sequence` orders it among its callbacks.
pub fn conference_callback(
    app: &App,
    conference: &Conference,
    sequence: u32,
    url: &str,
    method: &str,
    params: &[(String, String)],
) -> Change {
    callback_about(app, conference.account_sid, conference.sid.to_string(), sequence, url, method, params)
}
