//! The API's hand on calls.

use std::sync::Arc;

use async_trait::async_trait;
use flexio_app::{
    CallChange, CallControl, ControlError, EndCall, NewInstructions, NewStream, StreamRef, StreamTrack,
};
use flexio_domain::{Call, CallSid, SipLadder};
use flexio_markup::{Dialect, Kind, Limits, ProgressEvents, StatusCallback, parse};
use flexio_media::Command;
use flexio_voice::{Event, LegId, MessagingNews, Source};
use tokio::sync::{mpsc, oneshot};

use crate::call_task::CallTask;
use crate::facts;
use crate::input::{CallInput, CallSender, INBOX};
use crate::ladders;
use crate::leg::Leg;
use crate::node::Node;

/// See [`CallControl`].
#[derive(Debug)]
pub(crate) struct Control {
    pub(crate) node: Arc<Node>,
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

    async fn ladders(&self, call: CallSid) -> Vec<SipLadder> {
        let running = self.node.sip().ladders(call).await;
        let zero = ladders::zero(self.node.app.clock.now(), self.node.epoch);
        running.iter().map(|(of, ladder)| ladders::shown(zero, *of, ladder)).collect()
    }

    async fn modify(&self, call: CallSid, change: CallChange) -> Result<(), ControlError> {
        let sender = self.node.calls().get(&call).cloned().ok_or(ControlError::NotHere)?;
        let (reply, answer) = oneshot::channel();
        if !sender.tell(CallInput::Change { call, change: Box::new(change), reply }) {
            return Err(ControlError::Over);
        }
        answer.await.unwrap_or(Err(ControlError::Over))
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
            CallChange::Record { sid, options } => {
                self.talking(leg)?;
                return self.new_recording(leg, sid, &options);
            }
            CallChange::ChangeRecording { sid, change } => return self.change_recording(sid, change),
            CallChange::StartStream(new) => return self.new_stream(leg, *new),
            CallChange::EndStream(stream) => {
                let stream = match stream {
                    StreamRef::Sid(sid) => flexio_voice::StreamRef::Sid(sid.to_string()),
                    StreamRef::Name(name) => flexio_voice::StreamRef::Name(name),
                };
                self.found.push_back(Event::EndStream { leg, stream });
            }
            CallChange::SendUserMessage { sid, content } => {
                self.talking(leg)?;
                let news = MessagingNews::Send { sid: sid.to_string(), content };
                self.found.push_back(Event::Messaging { leg, news });
            }
            CallChange::Subscribe { sid, callback } => {
                let sid = sid.to_string();
                if !self.machine.takes_subscription(leg) && !self.machine.is_subscribed(leg, &sid) {
                    return Err(ControlError::TooMany);
                }
                let news = MessagingNews::Subscribe { sid, target: facts::target(&callback) };
                self.found.push_back(Event::Messaging { leg, news });
            }
            CallChange::Unsubscribe(sid) => {
                let sid = sid.to_string();
                if !self.machine.is_subscribed(leg, &sid) {
                    return Err(ControlError::NoSuch);
                }
                let news = MessagingNews::Unsubscribe { sid };
                self.found.push_back(Event::Messaging { leg, news });
            }
            CallChange::Hold { on, music } => {
                self.talking(leg)?;
                self.found.push_back(Event::HoldLeg { leg, on, music });
            }
            CallChange::SendDigits(digits) => {
                self.talking(leg)?;
                self.found.push_back(Event::SendDigits { leg, digits });
            }
            CallChange::Prompt(text) => {
                if !self.machine.in_conversation(leg) {
                    return Err(ControlError::WrongState);
                }
                let dialect =
                    self.legs.get(&leg).map_or(Dialect::Auto, |leg| facts::dialect(leg.record.dialect));
                let document = parse(text.as_bytes(), Kind::ConferenceWait, dialect, &Limits::default());
                let document = document.map_err(|_| ControlError::WrongState)?;
                self.found.push_back(Event::Interject { leg, document });
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

    fn talking(&self, leg: LegId) -> Result<(), ControlError> {
        let talks = self.machine.status(leg) == Some(flexio_voice::LegStatus::InProgress);
        if talks { Ok(()) } else { Err(ControlError::WrongState) }
    }

    fn redirect(&mut self, leg: LegId, new: &NewInstructions) -> Result<(), ControlError> {
        let moves = new.both_legs || leg != LegId::FIRST;
        // A leg made by `<Dial>` has a document of its own only once it is connected; before, it is its caller's.
        if leg != LegId::FIRST && !self.machine.can_move(leg) {
            return Err(ControlError::WrongState);
        }
        let dialect = self.legs.get(&leg).map_or(Dialect::Auto, |leg| facts::dialect(leg.record.dialect));
        let source = source_of(new, dialect)?;
        let fallback = new.source.fallback.as_ref().map(facts::target);
        if let Some(webhook) = new.status_callback.as_ref().filter(|_| leg == LegId::FIRST) {
            let events = ProgressEvents::COMPLETED;
            let callback = StatusCallback { target: facts::target(webhook), events };
            self.found.push_back(Event::NewStatusCallback { callback });
        }
        let Some(source) = source else { return Ok(()) };
        let event = if moves && self.machine.can_move(leg) {
            Event::Move { both: new.both_legs, source, fallback }
        } else {
            match source {
                Source::Url(target) => Event::NewUrl { target, fallback },
                Source::Document(document) => Event::NewDocument { document },
            }
        };
        self.found.push_back(event);
        Ok(())
    }
}

/// The new document, or where it is; none when only the callback is new.
fn source_of(new: &NewInstructions, dialect: Dialect) -> Result<Option<Source>, ControlError> {
    if let Some(text) = &new.document {
        let document = parse(text.as_bytes(), Kind::Voice, dialect, &Limits::default());
        return document
            .map(|document| Some(Source::Document(document)))
            .map_err(|_| ControlError::WrongState);
    }
    Ok(new.source.primary.as_ref().map(|primary| Source::Url(facts::target(primary))))
}
