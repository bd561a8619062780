//! The task of one room: it owns the machine and the mix, takes inputs one at a time and carries out what the machine says.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use flexio_app::ControlError;
use flexio_app::recordings::RecordingTerms;
use flexio_app::recordings::sealed::AudioKey;
use flexio_domain::{AccountSid, CallSid, Conference, Participant, Recording};
use flexio_media as media;
use flexio_outbound::{CookieJar, Signer};
use flexio_store::ChangeSet;
use flexio_voice::room::{Room, RoomAction, RoomEvent, RoomFacts, RoomLimits};
use flexio_voice::{Event, JoinRoom, RoomNews};
use tokio::sync::mpsc;

use super::{Guest, Joining, Needs, Reply, RoomInput, RoomSender};
use crate::call_task::RandomSids;
use crate::documents::Cookies;
use crate::input::CallInput;
use crate::node::{Node, Owner};
use crate::saver::Saver;

/// One room.
pub(super) struct RoomTask {
    pub node: Arc<Node>,
    pub account: AccountSid,
    pub machine: Room,
    pub sender: RoomSender,
    inbox: mpsc::Receiver<RoomInput>,
    pub guests: HashMap<CallSid, Guest>,
    /// The guest that leaves, and is let go of when the machine has said what that means for the mix.
    leaving: Option<CallSid>,
    /// Opened when the first two talk.
    pub mix: Option<media::MixId>,
    /// Names the mix in media events.
    pub token: u64,
    pub conference: Conference,
    /// The conference was saved at least once.
    pub stored: bool,
    /// The first participant was there.
    pub charged: bool,
    pub participants: HashMap<CallSid, Participant>,
    pub recording: Option<Recording>,
    /// What recordings are made with; `None` where that could not be read: then none can be made.
    pub recording_terms: Option<RecordingTerms>,
    /// Why no recording may begin, as was asked for the last that was to.
    pub unpaid: Option<flexio_app::legs::DialRefusal>,
    /// Of a recording that is noted and not started.
    pub recording_key: Option<AudioKey>,
    /// Bytes of the recording, once it is written.
    pub recorded_bytes: Option<u64>,
    pub callbacks: u32,
    pub unsaved: ChangeSet,
    pub saver: Saver,
    pub signer: Arc<Signer>,
    pub cookies: Cookies,
    /// The record of the first who came: recordings are charged by it.
    pub first: Option<flexio_domain::Call>,
    /// Calls that came too late for this meeting, and belong to the next in the room.
    late: Vec<Joining>,
    name_open: bool,
    replies: Vec<(Reply, Result<(), ControlError>)>,
    /// Found while actions were carried out: they are next.
    pub found: VecDeque<RoomEvent>,
}

/// What a room is opened with.
pub(super) struct Opening {
    pub account: AccountSid,
    pub name: String,
    pub api_version: String,
    /// It is a transfer's, which costs nothing.
    pub is_free: bool,
}

pub(super) fn start(
    node: &Arc<Node>,
    opening: Opening,
    sender: RoomSender,
    inbox: mpsc::Receiver<RoomInput>,
) {
    let node = Arc::clone(node);
    tokio::spawn(async move {
        let (account, name) = (opening.account, opening.name.clone());
        let task = open(&node, opening, sender.clone(), inbox).await;
        let (sid, token) = (task.conference.sid, task.token);
        metrics::gauge!("voice_conferences_running").increment(1.0);
        // A panic is a bug in one room: its calls are told by the drop of their guests, and go on.
        if tokio::spawn(task.run()).await.is_err() {
            tracing::error!(conference_sid = %sid, "room_task_panicked");
        }
        metrics::gauge!("voice_conferences_running").decrement(1.0);
        node.rooms.close_name(account, &name, &sender);
        node.rooms.forget(sid);
        node.forget_token(token);
    });
}

/// Calls that join meanwhile wait in the inbox.
async fn open(
    node: &Arc<Node>,
    opening: Opening,
    sender: RoomSender,
    inbox: mpsc::Receiver<RoomInput>,
) -> RoomTask {
    let Opening { account, name, api_version, is_free } = opening;
    let (name_of_node, app) = (&node.config.node, &node.app);
    let found = app.conference_named(account, &name, &api_version, Some(name_of_node)).await;
    let stored = found.is_ok();
    let conference = found.unwrap_or_else(|error| {
        // A name that storage refuses is refused again when it is saved; people talk all the same.
        tracing::warn!(error = &error as &dyn std::error::Error, "conference_not_opened");
        flexio_app::legs::conference(account, &name, &api_version, name_of_node, node.wall())
    });
    let sid = conference.sid;
    node.rooms.register(account, sid, &sender);
    let facts = RoomFacts {
        account_sid: account.to_string(),
        conference_sid: sid.to_string(),
        name,
        api_version: crate::facts::api_version(&conference.api_version),
        language: node.config.calls.language.clone(),
    };
    RoomTask {
        account,
        machine: Room::new(facts, RoomLimits::default()),
        token: node.new_token(Owner::Room(sender.clone())),
        sender,
        inbox,
        guests: HashMap::new(),
        leaving: None,
        mix: None,
        stored,
        charged: is_free,
        participants: HashMap::new(),
        recording: None,
        recorded_bytes: None,
        callbacks: 0,
        unsaved: ChangeSet::new(),
        saver: Saver::start(Arc::clone(&node.app), sid.to_string()),
        signer: node.signer(account).await,
        recording_terms: node.app.recording_terms(account).await.ok(),
        unpaid: None,
        recording_key: None,
        cookies: Arc::new(tokio::sync::Mutex::new(CookieJar::new())),
        first: None,
        late: Vec::new(),
        name_open: true,
        replies: Vec::new(),
        found: VecDeque::new(),
        node: Arc::clone(node),
        conference,
    }
}

impl RoomTask {
    async fn run(mut self) {
        let mut actions = Vec::new();
        loop {
            while let Some(event) = self.found.pop_front() {
                self.machine.handle(self.node.now(), event, &mut RandomSids, &mut actions);
                if actions.iter().any(|action| matches!(action, RoomAction::StartRecording { .. }))
                    && let Some(first) = &self.first
                {
                    self.unpaid = Box::pin(flexio_app::legs::may_record(&self.node.app, first)).await.err();
                }
                self.perform(&mut actions);
            }
            if let Some(call) = self.leaving.take() {
                self.guests.remove(&call);
            }
            self.save(!self.replies.is_empty()).await;
            for (reply, result) in self.replies.drain(..) {
                let _ = reply.send(result);
            }
            if self.name_open && !self.machine.is_open() {
                self.give_the_name_back().await;
            }
            if self.machine.is_done() {
                break;
            }
            match self.next_input().await {
                Some(RoomInput::Join(joining)) => self.admit(*joining).await,
                Some(input) => self.translate(input),
                None => self.found.push_back(RoomEvent::Timeout),
            }
        }
        self.finish().await;
    }

    /// The end is on disk before a new conference of the name is: storage allows one at a time.
    async fn give_the_name_back(&mut self) {
        self.save(true).await;
        self.node.rooms.close_name(self.account, &self.conference.friendly_name, &self.sender);
        self.name_open = false;
        for joining in std::mem::take(&mut self.late) {
            Self::pass_on(joining);
        }
    }

    /// A call that came after the end asks again, and finds the next conference of the name.
    fn pass_on(joining: Joining) {
        joining.sender.tell(CallInput::JoinAgain(Box::new(joining.join)));
    }

    async fn next_input(&mut self) -> Option<RoomInput> {
        let deadline = self.machine.deadline().map(|at| self.node.epoch + at);
        match deadline {
            Some(at) => tokio::select! {
                biased;
                input = self.inbox.recv() => input,
                () = tokio::time::sleep_until(at) => None,
            },
            None => self.inbox.recv().await,
        }
    }

    fn translate(&mut self, input: RoomInput) {
        match input {
            // Taken before.
            RoomInput::Join(joining) => self.join(*joining),
            RoomInput::Expect { call, reply } => {
                let open = self.machine.is_open();
                if open {
                    self.found.push_back(RoomEvent::Expect { call_sid: call.to_string() });
                }
                let _ = reply.send(if open { Ok(self.conference.sid) } else { Err(ControlError::Over) });
            }
            RoomInput::Leave { call, reason } => {
                if let Some(guest) = self.guests.get_mut(&call) {
                    guest.inside = false;
                    self.leaving = Some(call);
                }
                self.late.retain(|joining| joining.call != call);
                self.found.push_back(RoomEvent::Leave { call_sid: call.to_string(), reason });
            }
            RoomInput::Event(event) => self.found.push_back(*event),
            RoomInput::Change { event, needs, reply } => {
                let here = match needs {
                    Needs::Nothing => true,
                    Needs::Call(call) => self.machine.has(&call.to_string()),
                    Needs::Recording(sid) => self.machine.recording() == Some(&*sid.to_string()),
                };
                let result = if here && self.machine.is_open() {
                    self.permitted(&event)
                } else {
                    Err(ControlError::Over)
                };
                if result.is_ok() {
                    self.found.push_back(*event);
                }
                self.replies.push((reply, result));
            }
            RoomInput::Media(event) => self.media_event(event),
            RoomInput::Prompt { prompt, times, result } => self.prompt_ready(prompt, times, result),
            RoomInput::Shutdown => self.found.push_back(RoomEvent::Shutdown),
        }
    }

    fn permitted(&self, event: &RoomEvent) -> Result<(), ControlError> {
        let recording = self.machine.recording().is_some();
        let allowed = match event {
            RoomEvent::Record(_) => !self.machine.has_recording() && !self.guests.is_empty(),
            RoomEvent::ChangeRecording(_) => recording,
            _ => true,
        };
        if allowed { Ok(()) } else { Err(ControlError::WrongState) }
    }

    /// Whoever comes first opens the conference, which costs something: where that cannot be paid nobody comes in, and it ends.
    async fn admit(&mut self, joining: Joining) {
        if self.charged {
            return self.join(joining);
        }
        match Box::pin(flexio_app::legs::may_confer(&self.node.app, self.account)).await {
            Ok(()) => self.join(joining),
            Err(refusal) => {
                let (leg, news) =
                    (joining.join.leg, RoomNews::Unpaid { code: refusal.code, text: refusal.text });
                joining.sender.tell(CallInput::Voice(Box::new(Event::Room { leg, news })));
                if self.guests.is_empty() {
                    self.found.push_back(RoomEvent::Shutdown);
                }
            }
        }
    }

    fn join(&mut self, joining: Joining) {
        if !self.machine.is_open() {
            if self.name_open {
                self.late.push(joining);
            } else {
                Self::pass_on(joining);
            }
            return;
        }
        let Joining { join, call, record, sender, session } = joining;
        self.first.get_or_insert(record);
        self.guests.insert(call, Guest::new(sender, &join, session));
        self.keep_callback(&join);
        self.found.push_back(RoomEvent::Join(Box::new(join)));
    }

    /// Tells a call; one that cannot hear it any more is no longer there.
    pub fn tell(&mut self, call_sid: &str, news: RoomNews) {
        let Ok(call) = call_sid.parse::<CallSid>() else { return };
        let Some(guest) = self.guests.get_mut(&call) else { return };
        let out = matches!(news, RoomNews::Left | RoomNews::Refused { .. } | RoomNews::Unpaid { .. });
        let heard = guest.tell(news);
        if out || !heard {
            guest.inside = false;
            self.guests.remove(&call);
        }
        if !heard && !out {
            let reason = flexio_voice::LeaveReason::HungUp;
            self.found.push_back(RoomEvent::Leave { call_sid: call_sid.to_owned(), reason });
        }
    }

    pub fn session_of(&self, call_sid: &str) -> Option<media::SessionId> {
        let call = call_sid.parse::<CallSid>().ok()?;
        self.guests.get(&call).map(|guest| guest.session)
    }

    fn keep_callback(&mut self, join: &JoinRoom) {
        if let (None, Some(callback)) = (&self.conference.status_callback, &join.status_callback) {
            let names = callback.events.names();
            flexio_app::legs::conference_callback_set(&mut self.conference, &callback.target, &names);
        }
    }

    async fn finish(mut self) {
        if let Some(mix) = self.mix.take() {
            let _ = self.node.media.send_mix(mix, media::MixCommand::Close);
        }
        self.save(true).await;
        // Calls that joined while the last was saved.
        self.inbox.close();
        while let Some(input) = self.inbox.recv().await {
            if let RoomInput::Join(joining) = input {
                Self::pass_on(*joining);
            }
        }
        self.saver.finish(None).await;
    }

    /// Hands what waits to the saver, in one transaction.
    async fn save(&mut self, wait: bool) {
        if self.unsaved.is_empty() {
            return;
        }
        let Some(room) = self.saver.room() else { return };
        let changes = std::mem::take(&mut self.unsaved);
        if wait {
            let saved = room.save_and_tell(changes);
            let _ = tokio::time::timeout(std::time::Duration::from_secs(5), saved).await;
        } else {
            room.save(changes);
        }
    }

    fn perform(&mut self, actions: &mut Vec<RoomAction>) {
        for action in actions.drain(..) {
            self.act(action);
        }
    }
}
