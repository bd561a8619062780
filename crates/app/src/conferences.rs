//! Conferences and participants: read from what the node keeps, changed by asking the node that mixes them.

use std::fmt::Write as _;

use flexio_domain::*;
use flexio_store::{ConferenceFilter, Page, ParticipantFilter, RecordingFilter, RoomChange};

use crate::App;
use crate::auth::must_be_active;
use crate::calls::{CallSource, CreateCall};
use crate::control::{
    ConferenceChange, ConferenceRef, ControlError, ParticipantChange, RecordConference, RecordingChange,
};
use crate::error::{AppError, refuse};
use crate::idempotency::Keep;
use crate::xml::escaped;

/// How a called party takes part in a conference: the attributes of `<Conference>`.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent attribute of the noun")]
pub struct Participation {
    /// Joins muted.
    pub muted: bool,
    /// `true`, `false`, `onEnter`, `onExit`.
    pub beep: Option<String>,
    /// Its coming starts the conference.
    pub start_on_enter: bool,
    /// Its leaving ends the conference.
    pub end_on_exit: bool,
    /// What is heard before the start; an empty URL is silence.
    pub wait: Option<Webhook>,
    /// Most participants, 1 to 1000.
    pub max_participants: Option<u32>,
    /// Whom it coaches.
    pub coach: Option<CallSid>,
    /// A name by which it can be asked for.
    pub label: Option<String>,
    /// `off`, `small`, `medium` or `large`.
    pub jitter_buffer: Option<String>,
    /// Record the conference from its start.
    pub record: bool,
    /// What that recording is for, where that was said.
    pub purpose: Option<RecordingPurpose>,
    /// Remove silence at both ends of that recording.
    pub trim: bool,
    /// Told of events of the conference.
    pub status_callback: Option<Webhook>,
    /// Which.
    pub status_events: Vec<String>,
    /// Told of states of the conference's recording.
    pub recording_callback: Option<Webhook>,
    /// Which.
    pub recording_events: Vec<String>,
}

impl Default for Participation {
    fn default() -> Self {
        Self {
            muted: false,
            beep: None,
            start_on_enter: true,
            end_on_exit: false,
            wait: None,
            max_participants: None,
            coach: None,
            label: None,
            jitter_buffer: None,
            record: false,
            purpose: None,
            trim: false,
            status_callback: None,
            status_events: Vec::new(),
            recording_callback: None,
            recording_events: Vec::new(),
        }
    }
}

/// A party to be called into a conference.
#[derive(Debug, Clone)]
pub struct JoinConference {
    /// Which conference; a name that nobody uses opens one.
    pub conference: ConferenceRef,
    /// The call; its instructions are replaced.
    pub call: CreateCall,
    /// How it takes part.
    pub participation: Participation,
}

impl App {
    /// One conference.
    pub async fn conference(&self, account: AccountSid, sid: ConferenceSid) -> Result<Conference, AppError> {
        self.store.conference(account, sid).await?.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Conferences.
    pub async fn conferences(
        &self,
        account: AccountSid,
        filter: &ConferenceFilter,
        page: &Page,
    ) -> Result<Vec<Conference>, AppError> {
        Ok(self.store.conferences(account, filter, page).await?)
    }

    /// How many conferences match.
    pub async fn count_conferences(
        &self,
        account: AccountSid,
        filter: &ConferenceFilter,
    ) -> Result<u64, AppError> {
        Ok(self.store.count_conferences(account, filter).await?)
    }

    /// Changes a running conference.
    pub async fn change_conference(
        &self,
        account: &Account,
        sid: ConferenceSid,
        change: ConferenceChange,
    ) -> Result<Conference, AppError> {
        must_be_active(account)?;
        self.running(account.sid, sid).await?;
        match self.control()?.modify_conference(account.sid, sid, change).await {
            Err(ControlError::Over) => return Err(over()),
            answer => answer?,
        }
        self.conference(account.sid, sid).await
    }

    /// A conference that has not ended.
    async fn running(&self, account: AccountSid, sid: ConferenceSid) -> Result<Conference, AppError> {
        let conference = self.conference(account, sid).await?;
        if conference.status == ConferenceStatus::Completed {
            return Err(over());
        }
        Ok(conference)
    }

    /// Participants: of a running conference those who are there or on the way, of one that has ended all who were.
    pub async fn participants(
        &self,
        account: AccountSid,
        conference: ConferenceSid,
        filter: &ParticipantFilter,
        page: &Page,
    ) -> Result<Vec<Participant>, AppError> {
        let filter = self.who_counts(account, conference, filter).await?;
        Ok(self.store.participants(account, conference, &filter, page).await?)
    }

    /// How many participants match.
    pub async fn count_participants(
        &self,
        account: AccountSid,
        conference: ConferenceSid,
        filter: &ParticipantFilter,
    ) -> Result<u64, AppError> {
        let filter = self.who_counts(account, conference, filter).await?;
        Ok(self.store.count_participants(account, conference, &filter).await?)
    }

    async fn who_counts(
        &self,
        account: AccountSid,
        conference: ConferenceSid,
        filter: &ParticipantFilter,
    ) -> Result<ParticipantFilter, AppError> {
        let over = self.conference(account, conference).await?.status == ConferenceStatus::Completed;
        Ok(ParticipantFilter { present: filter.present.or((!over).then_some(true)), ..filter.clone() })
    }

    /// A participant by the sid of its call, in either shape, or by its label.
    pub async fn participant(
        &self,
        account: AccountSid,
        conference: ConferenceSid,
        name: &str,
    ) -> Result<Participant, AppError> {
        self.conference(account, conference).await?;
        let found = match CallSid::parse_any(name) {
            Ok(call) => self.store.participant(account, conference, call).await?,
            Err(_) => self.store.participant_by_label(account, conference, name).await?,
        };
        found.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Changes somebody who is in the conference. `CallNotFound` for who is not.
    pub async fn change_participant(
        &self,
        account: &Account,
        conference: ConferenceSid,
        name: &str,
        changes: Vec<ParticipantChange>,
    ) -> Result<Participant, AppError> {
        must_be_active(account)?;
        let there = match self.participant(account.sid, conference, name).await {
            Ok(participant) if participant.status.is_present() => participant,
            Ok(_) => return Err(ErrorCode::CallNotFound.into()),
            Err(AppError::Refused(refusal)) if refusal.code == ErrorCode::NotFound => {
                return Err(ErrorCode::CallNotFound.into());
            }
            Err(error) => return Err(error),
        };
        if changes.is_empty() {
            return Ok(there);
        }
        let call = there.call_sid;
        match self.control()?.modify_participant(account.sid, conference, call, changes).await {
            Err(ControlError::Over) => return Err(ErrorCode::CallNotFound.into()),
            answer => answer?,
        }
        self.participant(account.sid, conference, &call.to_string()).await
    }

    /// Calls a party and takes it into a conference when it answers.
    pub async fn add_participant(
        &self,
        account: &Account,
        join: JoinConference,
        keep: Keep<'_, Participant>,
    ) -> Result<Participant, AppError> {
        must_be_active(account)?;
        let control = self.carrier()?;
        let (mut new, how) = (join.call, join.participation);
        self.check_caller(account.sid, &new.from, &new.to).await?;
        self.check_destination(account.sid, &new.from, &new.to).await?;
        let room = match &join.conference {
            ConferenceRef::Name(name) => name.clone(),
            ConferenceRef::Sid(sid) => self.running(account.sid, *sid).await?.friendly_name,
        };
        new.source = CallSource::Document(document(&room, &how));
        new.dialect = Dialect::Twiml;
        let mut call = self.new_call(account, new).await?;
        let conference_sid = match control.expect_participant(account.sid, &join.conference, call.sid).await {
            Err(ControlError::Over) => return Err(over()),
            answer => answer?,
        };
        let participant = Participant {
            conference_sid,
            call_sid: call.sid,
            account_sid: account.sid,
            label: how.label,
            status: ParticipantStatus::Queued,
            muted: how.muted,
            hold: false,
            coaching: how.coach.is_some(),
            call_sid_to_coach: how.coach,
            start_conference_on_enter: how.start_on_enter,
            end_conference_on_exit: how.end_on_exit,
            queue_time_s: None,
            joined_at: None,
            left_at: None,
            created_at: call.created_at,
            updated_at: call.created_at,
        };
        asking!(self.try_add_participant(&mut call, &participant, keep))?;
        self.originate(&call).await?;
        Ok(participant)
    }

    async fn try_add_participant(
        &self,
        call: &mut Call,
        participant: &Participant,
        keep: Keep<'_, Participant>,
    ) -> Result<(), AppError> {
        let changes = self.queued(call).await?.with(RoomChange::SaveParticipant(participant.clone()).into());
        self.commit_creation(changes, participant, keep).await
    }

    /// Begins to record a conference in which somebody is; `CallStateInvalid` where it is recorded already.
    pub async fn start_conference_recording(
        &self,
        account: &Account,
        conference: ConferenceSid,
        record: RecordConference,
    ) -> Result<Recording, AppError> {
        must_be_active(account)?;
        self.running(account.sid, conference).await?;
        match self.control()?.record_conference(account.sid, conference, record).await {
            Err(ControlError::Over) => Err(over()),
            answer => self.recording(account.sid, answer?).await,
        }
    }

    /// Changes the recording of a running conference; `None` is the one that runs.
    pub async fn change_conference_recording(
        &self,
        account: &Account,
        conference: ConferenceSid,
        recording: Option<RecordingSid>,
        change: RecordingChange,
    ) -> Result<Recording, AppError> {
        must_be_active(account)?;
        self.conference(account.sid, conference).await?;
        let filter = RecordingFilter { conference_sid: Some(conference), ..RecordingFilter::default() };
        let recording = self.open_recording(account.sid, &filter, recording).await?;
        let control = self.control()?;
        let sid = Some(recording.sid);
        control.change_conference_recording(account.sid, conference, sid, change).await?;
        self.recording(account.sid, recording.sid).await
    }

    /// A recording that runs: this one, or the newest that matches. `NotFound` if there is none, `CallStateInvalid` if it has ended.
    pub(crate) async fn open_recording(
        &self,
        account: AccountSid,
        filter: &RecordingFilter,
        sid: Option<RecordingSid>,
    ) -> Result<Recording, AppError> {
        let page = Page { limit: 100, ..Page::default() };
        let found = self.store.recordings(account, filter, &page).await?;
        let Some(sid) = sid else {
            let running = found.into_iter().find(|recording| recording.status.is_open());
            return running.ok_or_else(|| ErrorCode::NotFound.into());
        };
        let named = found.into_iter().find(|recording| recording.sid == sid).ok_or(ErrorCode::NotFound)?;
        if !named.status.is_open() {
            return Err(refuse(ErrorCode::CallStateInvalid, "The recording has ended."));
        }
        Ok(named)
    }
}

fn over() -> AppError {
    refuse(ErrorCode::CallStateInvalid, "The conference is over.")
}

/// The document a called party runs: it joins the room, and ends with it.
fn document(room: &str, how: &Participation) -> String {
    let mut out = String::from("<Response><Dial><Conference");
    let mut put = |name: &str, value: &str| {
        let _ = write!(out, " {name}=\"{}\"", escaped(value));
    };
    let flag = |set: bool| if set { "true" } else { "false" };
    put("muted", flag(how.muted));
    put("startConferenceOnEnter", flag(how.start_on_enter));
    put("endConferenceOnExit", flag(how.end_on_exit));
    put("beep", how.beep.as_deref().unwrap_or("true"));
    if let Some(wait) = &how.wait {
        put("waitUrl", &wait.url);
        put("waitMethod", wait.method.as_str());
    }
    if let Some(most) = how.max_participants {
        put("maxParticipants", &most.to_string());
    }
    if let Some(coach) = how.coach {
        put("coach", &coach.to_string());
    }
    if let Some(label) = &how.label {
        put("participantLabel", label);
    }
    if let Some(size) = &how.jitter_buffer {
        put("jitterBufferSize", size);
    }
    put("record", if how.record { "record-from-start" } else { "do-not-record" });
    if let Some(purpose) = how.purpose {
        put("recordingPurpose", purpose.as_str());
    }
    put("trim", if how.trim { "trim-silence" } else { "do-not-trim" });
    if let Some(told) = &how.status_callback {
        put("statusCallback", &told.url);
        put("statusCallbackMethod", told.method.as_str());
        put("statusCallbackEvent", &how.status_events.join(" "));
    }
    if let Some(told) = &how.recording_callback {
        put("recordingStatusCallback", &told.url);
        put("recordingStatusCallbackMethod", told.method.as_str());
        put("recordingStatusCallbackEvent", &how.recording_events.join(" "));
    }
    let _ = write!(out, ">{}</Conference></Dial></Response>", escaped(room));
    out
}

#[cfg(test)]
mod tests {
    use flexio_markup::{DialTo, Dialect, Kind, Limits, Verb, parse};
    use proptest::prelude::*;

    use super::*;

    fn joined(room: &str, how: &Participation) -> flexio_markup::Conference {
        let text = document(room, how);
        let read = parse(text.as_bytes(), Kind::Voice, Dialect::Twiml, &Limits::default()).unwrap();
        assert!(read.warnings.is_empty(), "{text} {:?}", read.warnings);
        match &read.steps[0].verb {
            Verb::Dial(dial) => match &dial.to {
                DialTo::Conference(conference) => (**conference).clone(),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_called_party_joins_as_asked() {
        let webhook =
            |path: &str| Webhook { url: format!("https://a.test/{path}?x=1&y=2"), method: HttpMethod::Get };
        let how = Participation {
            muted: true,
            beep: Some("onExit".to_owned()),
            start_on_enter: false,
            end_on_exit: true,
            wait: Some(webhook("wait")),
            max_participants: Some(7),
            coach: Some(CallSid::from_u128(9)),
            label: Some("the \"boss\" & co".to_owned()),
            record: true,
            purpose: Some(RecordingPurpose::Quality),
            status_callback: Some(webhook("status")),
            status_events: vec!["start".to_owned(), "end".to_owned()],
            ..Participation::default()
        };
        let read = joined("Board <1>", &how);
        assert_eq!((read.name.as_str(), read.muted, read.start_on_enter), ("Board <1>", true, false));
        assert_eq!((read.end_on_exit, read.max_participants, read.record), (true, 7, true));
        assert_eq!(read.recording_purpose, Some(flexio_markup::RecordingPurpose::Quality));
        assert_eq!(read.participant_label, how.label);
        assert_eq!(read.coach.as_deref(), Some(CallSid::from_u128(9).to_string().as_str()));
        assert_eq!(read.wait.unwrap().url, "https://a.test/wait?x=1&y=2");
        assert_eq!(read.status_events, ["start", "end"]);
    }

    proptest! {
        #[test]
        fn any_room_name_is_the_one_that_is_joined(room in "[!-~éß電]{1,64}") {
            prop_assert_eq!(joined(&room, &Participation::default()).name, room);
        }
    }
}
