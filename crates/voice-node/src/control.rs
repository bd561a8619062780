//! The API's hand on calls.

use std::sync::Arc;

use async_trait::async_trait;
use flexio_app::*;
use flexio_domain::{
    AccountSid, Call, CallSid, ConferenceSid, QueueSid, RecordingOptions, RecordingSid, WebhookSet,
};
use flexio_markup::{Dialect, Kind, Limits, ProgressEvents, StatusCallback, parse};
use flexio_media::Command;
use flexio_voice::{Event, LegId};
use tokio::sync::{mpsc, oneshot};

use crate::call_task::CallTask;
use crate::facts;
use crate::input::{CallInput, CallSender, INBOX};
use crate::leg::Leg;
use crate::node::Node;

/// See [`CallControl`].
#[derive(Debug)]
pub(crate) struct Control {
    node: Arc<Node>,
}

impl Control {
    pub(crate) fn new(node: Arc<Node>) -> Self {
        Self { node }
    }
}

#[async_trait]
impl CallControl for Control {
    fn accepts_calls(&self) -> bool {
        !self.node.is_draining()
    }

    async fn originate(&self, call: &Call) -> Result<(), ControlError> {
        if self.node.is_draining() {
            return Err(ControlError::Overloaded);
        }
        let facts = facts::outbound(&self.node, call).map_err(|_| ControlError::WrongState)?;
        let (sender, inbox) = mpsc::channel(INBOX);
        let sender = CallSender(sender);
        let mut task = CallTask::new(Arc::clone(&self.node), call.sid, facts, sender.clone(), inbox).await;
        let mut first = Leg::new(call.clone(), self.node.new_token(&sender));
        first.stored = true;
        first.dirty = true;
        first.record.node = Some(self.node.config.node.clone());
        task.legs.insert(LegId::FIRST, first);
        self.node.run(call.sid, sender, task);
        Ok(())
    }

    async fn modify(&self, call: CallSid, change: CallChange) -> Result<(), ControlError> {
        let sender = self.node.calls().get(&call).cloned().ok_or(ControlError::NotHere)?;
        let (reply, answer) = oneshot::channel();
        if !sender.tell(CallInput::Change { call, change: Box::new(change), reply }) {
            return Err(ControlError::Over);
        }
        answer.await.unwrap_or(Err(ControlError::Over))
    }

    async fn record(&self, _: CallSid, _: RecordingOptions) -> Result<RecordingSid, ControlError> {
        Err(ControlError::WrongState)
    }

    async fn change_recording(
        &self,
        _: CallSid,
        _: RecordingSid,
        _: RecordingChange,
    ) -> Result<(), ControlError> {
        Err(ControlError::WrongState)
    }
}

#[async_trait]
impl ConferenceControl for Control {
    async fn expect_participant(
        &self,
        _: AccountSid,
        _: &ConferenceRef,
        _: CallSid,
    ) -> Result<ConferenceSid, ControlError> {
        Err(ControlError::WrongState)
    }

    async fn modify_conference(
        &self,
        _: AccountSid,
        _: ConferenceSid,
        _: ConferenceChange,
    ) -> Result<(), ControlError> {
        Err(ControlError::WrongState)
    }

    async fn modify_participant(
        &self,
        _: AccountSid,
        _: ConferenceSid,
        _: CallSid,
        _: Vec<ParticipantChange>,
    ) -> Result<(), ControlError> {
        Err(ControlError::WrongState)
    }

    async fn record_conference(
        &self,
        _: AccountSid,
        _: ConferenceSid,
        _: RecordConference,
    ) -> Result<RecordingSid, ControlError> {
        Err(ControlError::WrongState)
    }

    async fn change_conference_recording(
        &self,
        _: AccountSid,
        _: ConferenceSid,
        _: Option<RecordingSid>,
        _: RecordingChange,
    ) -> Result<(), ControlError> {
        Err(ControlError::WrongState)
    }
}

#[async_trait]
impl QueueControl for Control {
    async fn dequeue(
        &self,
        _: AccountSid,
        _: QueueSid,
        _: QueueMemberRef,
        _: WebhookSet,
    ) -> Result<CallSid, ControlError> {
        Err(ControlError::WrongState)
    }

    async fn queue_changed(&self, _: AccountSid, _: QueueSid) -> Result<(), ControlError> {
        // Nothing of a queue is kept here.
        Ok(())
    }
}

impl CallTask {
    /// A change asked for over the API, for one of this call's legs.
    pub(crate) fn change(&mut self, call: CallSid, change: CallChange) -> Result<(), ControlError> {
        let leg = self.machine.leg_by_sid(&call.to_string()).ok_or(ControlError::Over)?;
        if self.machine.status(leg).is_some_and(flexio_voice::LegStatus::is_final) {
            return Err(ControlError::Over);
        }
        match change {
            CallChange::End(EndCall::Complete) => self.found.push_back(Event::Complete { leg }),
            CallChange::End(EndCall::Cancel) => self.found.push_back(Event::Cancel { leg }),
            CallChange::Redirect(new) => return self.redirect(leg, &new),
            CallChange::Mute(on) => self.media(leg, Command::Mute(on)),
            CallChange::StartStream(new) => return self.new_stream(leg, *new),
            CallChange::EndStream(stream) => {
                let stream = match stream {
                    StreamRef::Sid(sid) => flexio_voice::StreamRef::Sid(sid.to_string()),
                    StreamRef::Name(name) => flexio_voice::StreamRef::Name(name),
                };
                self.found.push_back(Event::EndStream { leg, stream });
            }
            CallChange::Hold { .. } | CallChange::Prompt(_) | CallChange::SendDigits(_) => {
                return Err(ControlError::WrongState);
            }
        }
        Ok(())
    }

    fn new_stream(&mut self, leg: LegId, new: NewStream) -> Result<(), ControlError> {
        if self.machine.status(leg) != Some(flexio_voice::LegStatus::InProgress) {
            return Err(ControlError::WrongState);
        }
        let stream = flexio_markup::Stream {
            url: new.url,
            name: new.name,
            track: match new.track {
                StreamTrack::Inbound => flexio_markup::Track::Inbound,
                StreamTrack::Outbound => flexio_markup::Track::Outbound,
                StreamTrack::Both => flexio_markup::Track::Both,
            },
            status_callback: new.status_callback.as_ref().map(facts::target),
            parameters: new.parameters,
        };
        self.found.push_back(Event::NewStream { leg, sid: new.sid.to_string(), stream: Box::new(stream) });
        Ok(())
    }

    fn redirect(&mut self, leg: LegId, new: &NewInstructions) -> Result<(), ControlError> {
        // A leg made by `<Dial>` has no document of its own to replace.
        if leg != LegId::FIRST {
            return Err(ControlError::WrongState);
        }
        if let Some(webhook) = &new.status_callback {
            let events = ProgressEvents::COMPLETED;
            let callback = StatusCallback { target: facts::target(webhook), events };
            self.found.push_back(Event::NewStatusCallback { callback });
        }
        if let Some(text) = &new.document {
            let dialect = self.legs.get(&leg).map_or(Dialect::Auto, |leg| facts::dialect(leg.record.dialect));
            let document = parse(text.as_bytes(), Kind::Voice, dialect, &Limits::default());
            let document = document.map_err(|_| ControlError::WrongState)?;
            self.found.push_back(Event::NewDocument { document });
        } else if let Some(primary) = &new.source.primary {
            let fallback = new.source.fallback.as_ref().map(facts::target);
            self.found.push_back(Event::NewUrl { target: facts::target(primary), fallback });
        }
        Ok(())
    }
}
