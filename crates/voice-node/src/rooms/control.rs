//! The API's hand on conferences.

use async_trait::async_trait;
use flexio_app::{
    ConferenceChange, ConferenceControl, ConferenceRef, ControlError, ParticipantChange, RecordConference,
    RecordingChange,
};
use flexio_domain::{AccountSid, CallSid, ConferenceSid, RecordingSid};
use flexio_markup::RecordingCallback;
use flexio_voice::RoomRecording;
use flexio_voice::room::{MemberChange, RecordingOrder, RoomEvent};
use tokio::sync::oneshot;

use super::{Needs, RoomInput, RoomSender};
use crate::control::Control;
use crate::facts::{self, target};

impl Control {
    fn conference(&self, account: AccountSid, sid: ConferenceSid) -> Result<RoomSender, ControlError> {
        self.node.rooms.by_sid(account, sid).ok_or(ControlError::NotHere)
    }
}

#[async_trait]
impl ConferenceControl for Control {
    async fn expect_participant(
        &self,
        account: AccountSid,
        conference: &ConferenceRef,
        call: CallSid,
    ) -> Result<ConferenceSid, ControlError> {
        if self.node.is_draining() {
            return Err(ControlError::Overloaded);
        }
        let room = match conference {
            ConferenceRef::Sid(sid) => self.conference(account, *sid)?,
            ConferenceRef::Name(name) => self.node.room(account, name, "2010-04-01"),
        };
        self.node.rooms.tables().expected.insert(call, room.clone());
        let (reply, answer) = oneshot::channel();
        room.send(RoomInput::Expect { call, reply });
        let expected = answer.await.unwrap_or(Err(ControlError::Over));
        if expected.is_err() {
            self.node.rooms.call_ended(call);
        }
        expected
    }

    async fn modify_conference(
        &self,
        account: AccountSid,
        conference: ConferenceSid,
        change: ConferenceChange,
    ) -> Result<(), ControlError> {
        let room = self.conference(account, conference)?;
        let event = match change {
            ConferenceChange::End => RoomEvent::End,
            ConferenceChange::Announce(webhook) => RoomEvent::Announce { target: target(&webhook) },
        };
        room.ask(event, Needs::Nothing).await
    }

    async fn modify_participant(
        &self,
        account: AccountSid,
        conference: ConferenceSid,
        call: CallSid,
        changes: Vec<ParticipantChange>,
    ) -> Result<(), ControlError> {
        let room = self.conference(account, conference)?;
        for change in changes {
            let event = RoomEvent::Change { call_sid: call.to_string(), change: member_change(change) };
            room.ask(event, Needs::Call(call)).await?;
        }
        Ok(())
    }

    async fn record_conference(
        &self,
        account: AccountSid,
        conference: ConferenceSid,
        record: RecordConference,
    ) -> Result<RecordingSid, ControlError> {
        let room = self.conference(account, conference)?;
        let sid = RecordingSid::new();
        let wants = |event: &str| record.callback_events.iter().any(|wanted| wanted == event);
        let callback = record.callback.as_ref().map(|webhook| RecordingCallback {
            target: target(webhook),
            in_progress: wants("in-progress"),
            completed: record.callback_events.is_empty() || wants("completed"),
            absent: wants("absent"),
        });
        let (sid_text, purpose, trim) =
            (Some(sid.to_string()), record.purpose.map(facts::purpose), record.trim);
        let plan = RoomRecording { sid: sid_text, purpose, trim, callback };
        room.ask(RoomEvent::Record(plan), Needs::Nothing).await?;
        Ok(sid)
    }

    async fn change_conference_recording(
        &self,
        account: AccountSid,
        conference: ConferenceSid,
        recording: Option<RecordingSid>,
        change: RecordingChange,
    ) -> Result<(), ControlError> {
        let room = self.conference(account, conference)?;
        let order = match change {
            RecordingChange::Pause { silence } => RecordingOrder::Pause { silence },
            RecordingChange::Resume => RecordingOrder::Resume,
            RecordingChange::Stop => RecordingOrder::Stop,
        };
        let needs = recording.map_or(Needs::Nothing, Needs::Recording);
        room.ask(RoomEvent::ChangeRecording(order), needs).await
    }
}

fn member_change(change: ParticipantChange) -> MemberChange {
    match change {
        ParticipantChange::Mute(on) => MemberChange::Mute(on),
        ParticipantChange::Hold { on, wait } => {
            MemberChange::Hold { on, wait: wait.map(|webhook| target(&webhook)) }
        }
        ParticipantChange::Coach(call) => MemberChange::Coach(call.map(|call| call.to_string())),
        ParticipantChange::Announce(webhook) => MemberChange::Announce(target(&webhook)),
        ParticipantChange::Wait(wait) => {
            let silence =
                || flexio_markup::Target { url: String::new(), method: flexio_markup::Method::Post };
            MemberChange::Wait(Some(wait.map_or_else(silence, |webhook| target(&webhook))))
        }
        ParticipantChange::BeepOnExit(on) => MemberChange::BeepOnExit(on),
        ParticipantChange::EndOnExit(on) => MemberChange::EndOnExit(on),
        ParticipantChange::Kick => MemberChange::Kick,
    }
}
