//! Conferences of this node: one task for each room in use, found by account and name, or by sid.
//!
//! A call's task holds a [`Seat`] while it is in a room; a seat that is dropped, by a call that ended in whatever way, leaves the room.
//! A room's task holds a [`Guest`] for each call; one that is dropped, by a room whose task died, tells the call that it is out.

mod control;
mod perform;
mod task;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};

use flexio_app::ControlError;
use flexio_domain::{AccountSid, Call, CallSid, ConferenceSid, RecordingSid};
use flexio_media as media;
use flexio_voice::room::RoomEvent;
use flexio_voice::{Event, JoinRoom, LeaveReason, LegId, PromptError, PromptId, RoomNews};
use tokio::sync::{mpsc, oneshot};

use crate::input::{CallInput, CallSender};
use crate::node::Node;

/// Inputs that may wait for one room. A call that finds it full waits; media events are tried again.
const INBOX: usize = 1_024;

/// Something for one room.
pub(crate) enum RoomInput {
    /// A call joins.
    Join(Box<Joining>),
    /// A call is being made over REST that will join; the sid of the conference is answered.
    Expect { call: CallSid, reply: oneshot::Sender<Result<ConferenceSid, ControlError>> },
    /// A call that was in the room, or expected, is gone.
    Leave { call: CallSid, reason: LeaveReason },
    /// Something the machine is to know of.
    Event(Box<RoomEvent>),
    /// A change asked for over the API.
    Change { event: Box<RoomEvent>, needs: Needs, reply: Reply },
    /// News of the mix.
    Media(media::Event),
    /// A prompt was loaded.
    Prompt { prompt: PromptId, times: u16, result: Result<media::Prompt, PromptError> },
    /// The node stops.
    Shutdown,
}

/// What must be there for a change.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Needs {
    Nothing,
    Call(CallSid),
    Recording(RecordingSid),
}

/// Who asked for a change, and waits until what follows from it is saved.
pub(crate) type Reply = oneshot::Sender<Result<(), ControlError>>;

/// A call that joins.
pub(crate) struct Joining {
    pub join: JoinRoom,
    pub call: CallSid,
    /// Its record, for what a recording of the room is charged by.
    pub record: Call,
    pub sender: CallSender,
    pub session: media::SessionId,
}

/// Reaches a room.
#[derive(Debug, Clone)]
pub(crate) struct RoomSender(mpsc::Sender<RoomInput>);

impl RoomSender {
    /// Waits for room in its inbox, beside whoever calls.
    pub(crate) fn send(&self, input: RoomInput) {
        if let Err(mpsc::error::TrySendError::Full(input)) = self.0.try_send(input) {
            let sender = self.0.clone();
            tokio::spawn(async move { sender.send(input).await });
        }
    }

    /// Gives the event back when the room is behind.
    pub(crate) fn media(&self, event: media::Event) -> Result<(), media::Event> {
        match self.0.try_reserve() {
            Ok(room) => room.send(RoomInput::Media(event)),
            Err(mpsc::error::TrySendError::Closed(())) => {}
            Err(mpsc::error::TrySendError::Full(())) => return Err(event),
        }
        Ok(())
    }

    async fn ask(&self, event: RoomEvent, needs: Needs) -> Result<(), ControlError> {
        let (reply, answer) = oneshot::channel();
        let input = RoomInput::Change { event: Box::new(event), needs, reply };
        self.0.send(input).await.map_err(|_| ControlError::Over)?;
        answer.await.unwrap_or(Err(ControlError::Over))
    }
}

/// A call's place in a room.
#[derive(Debug)]
pub(crate) struct Seat {
    room: RoomSender,
    call: CallSid,
    /// Still to be left.
    taken: bool,
}

impl Seat {
    pub(crate) fn leave(mut self, reason: LeaveReason) {
        self.taken = false;
        self.room.send(RoomInput::Leave { call: self.call, reason });
    }

    /// The room itself has said that the call is out.
    pub(crate) fn forget(mut self) {
        self.taken = false;
    }

    /// The call's party has typed this.
    pub(crate) fn typed(&self, text: &str) {
        let event = RoomEvent::Text { call_sid: self.call.to_string(), text: text.to_owned() };
        self.room.send(RoomInput::Event(Box::new(event)));
    }

    /// The call's party began or ceased to speak.
    pub(crate) fn speech(&self, speaking: bool) {
        let event = RoomEvent::Speech { call_sid: self.call.to_string(), speaking };
        self.room.send(RoomInput::Event(Box::new(event)));
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if self.taken {
            self.room.send(RoomInput::Leave { call: self.call, reason: LeaveReason::HungUp });
        }
    }
}

/// A call as its room knows it.
struct Guest {
    sender: CallSender,
    leg: LegId,
    session: media::SessionId,
    /// Still to be told that it is out.
    inside: bool,
}

impl Guest {
    fn new(sender: CallSender, join: &JoinRoom, session: media::SessionId) -> Self {
        metrics::gauge!("voice_conference_calls").increment(1.0);
        Self { sender, leg: join.leg, session, inside: true }
    }

    /// False when the call is gone or too far behind to hear of it.
    fn tell(&self, news: RoomNews) -> bool {
        self.sender.tell(CallInput::Voice(Box::new(Event::Room { leg: self.leg, news })))
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        metrics::gauge!("voice_conference_calls").decrement(1.0);
        if self.inside {
            self.tell(RoomNews::Left);
        }
    }
}

/// The rooms in use.
#[derive(Debug, Default)]
pub(crate) struct Rooms {
    tables: Mutex<Tables>,
}

#[derive(Debug, Default)]
struct Tables {
    by_name: HashMap<(AccountSid, String), RoomSender>,
    by_sid: HashMap<ConferenceSid, (AccountSid, RoomSender)>,
    /// Calls made over REST for a room they have not joined yet.
    expected: HashMap<CallSid, RoomSender>,
    /// Names of rooms that transfers are about to open. Nobody else can know them.
    transfers: HashSet<String>,
}

/// Transfers that may be about to open a room; those beyond are charged as conferences.
const TRANSFERS_MAX: usize = 10_000;

impl Rooms {
    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().expect("no panic while the tables are held")
    }

    /// The running conference, if it is the account's.
    fn by_sid(&self, account: AccountSid, sid: ConferenceSid) -> Option<RoomSender> {
        self.tables().by_sid.get(&sid).filter(|(owner, _)| *owner == account).map(|(_, room)| room.clone())
    }

    /// A transfer is about to open a room of this name: it is no conference that anybody ordered, and costs nothing.
    pub(crate) fn expect_transfer(&self, name: String) {
        let mut tables = self.tables();
        if tables.transfers.len() >= TRANSFERS_MAX {
            tables.transfers.clear();
        }
        tables.transfers.insert(name);
    }

    /// The name is free again: whoever comes next opens a new conference.
    fn close_name(&self, account: AccountSid, name: &str, room: &RoomSender) {
        let mut tables = self.tables();
        let key = (account, name.to_owned());
        if tables.by_name.get(&key).is_some_and(|running| running.0.same_channel(&room.0)) {
            tables.by_name.remove(&key);
        }
    }

    fn register(&self, account: AccountSid, sid: ConferenceSid, room: &RoomSender) {
        self.tables().by_sid.insert(sid, (account, room.clone()));
    }

    fn forget(&self, sid: ConferenceSid) {
        self.tables().by_sid.remove(&sid);
    }

    /// A call of this node ended: a room that still expects it does so no longer.
    pub(crate) fn call_ended(&self, call: CallSid) {
        let expected = self.tables().expected.remove(&call);
        if let Some(room) = expected {
            room.send(RoomInput::Leave { call, reason: LeaveReason::HungUp });
        }
    }

    pub(crate) fn shut_down(&self) {
        for (_, room) in self.tables().by_sid.values() {
            room.send(RoomInput::Shutdown);
        }
    }
}

impl Node {
    /// Takes a call into the room it asks for, which is made if there is none.
    pub(crate) fn join_room(self: &Arc<Self>, joining: Joining, api_version: &str) -> Seat {
        let (call, account) = (joining.call, joining.record.account_sid);
        let room = self.room(account, &joining.join.room, api_version);
        self.rooms.tables().expected.remove(&call);
        room.send(RoomInput::Join(Box::new(joining)));
        Seat { room, call, taken: true }
    }

    /// The room of this name, which is made if there is none.
    fn room(self: &Arc<Self>, account: AccountSid, name: &str, api_version: &str) -> RoomSender {
        let mut tables = self.rooms.tables();
        let key = (account, name.to_owned());
        if let Some(room) = tables.by_name.get(&key) {
            return room.clone();
        }
        let (sender, inbox) = mpsc::channel(INBOX);
        let room = RoomSender(sender);
        tables.by_name.insert(key, room.clone());
        let is_free = tables.transfers.remove(name);
        drop(tables);
        let (name, api_version) = (name.to_owned(), api_version.to_owned());
        let opening = task::Opening { account, name, api_version, is_free };
        task::start(self, opening, room.clone(), inbox);
        room
    }
}
