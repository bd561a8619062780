//! Queues of this node: one task for each queue that anybody is in, found by account and name.
//!
//! A call's task holds a [`Slot`] while it is in a queue; a slot that is dropped, by a call that ended in whatever way, leaves the queue. Two who
//! are connected are the two members of a mix: their sessions may live on different media threads.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use flexio_app::flows::QueueEvent as FlowEvent;
use flexio_app::{ControlError, QueueControl, QueueMemberRef};
use flexio_domain::{AccountSid, CallSid, Queue as Record, QueueSid, Timestamp, UsageLabels, WebhookSet};
use flexio_markup::Target;
use flexio_media::{Command, MixCommand, MixId, MixMember, SessionId};
use flexio_store::ChangeSet;
use flexio_voice::{EnterQueue, Event, LegId, Queue, QueueAction, QueueEvent, QueueFacts, QueueNews};
use tokio::sync::{mpsc, oneshot};

use crate::control::Control;
use crate::facts::target;
use crate::input::{CallInput, CallSender};
use crate::node::Node;
use crate::saver::Saver;

/// Inputs that may wait for one queue. A call that comes when it is full is told that the queue is closed.
const INBOX: usize = 4_096;

/// Something for one queue.
enum QueueInput {
    Enter(Box<Entering>),
    Leave(CallSid),
    Ready(CallSid),
    /// The call's party has typed this.
    Typed(CallSid, String),
    Dequeue {
        member: QueueMemberRef,
        target: Target,
        reply: oneshot::Sender<Result<CallSid, ControlError>>,
    },
    /// Its size or name was changed.
    Changed,
    Shutdown,
}

/// A call that comes.
pub(crate) struct Entering {
    pub enter: EnterQueue,
    pub account: AccountSid,
    pub call: CallSid,
    pub sender: CallSender,
    pub session: SessionId,
    /// What its waiting is for.
    pub labels: UsageLabels,
}

impl Entering {
    fn refuse(&self) {
        let event = Event::Queue { leg: self.enter.leg, news: QueueNews::Closed };
        self.sender.tell(CallInput::Voice(Box::new(event)));
    }
}

/// Reaches a queue.
#[derive(Debug, Clone)]
struct QueueSender(mpsc::Sender<QueueInput>);

impl QueueSender {
    fn send(&self, input: QueueInput) {
        if let Err(mpsc::error::TrySendError::Full(input)) = self.0.try_send(input) {
            let sender = self.0.clone();
            tokio::spawn(async move { sender.send(input).await });
        }
    }
}

/// A call's place in a queue.
#[derive(Debug)]
pub(crate) struct Slot {
    queue: QueueSender,
    call: CallSid,
    /// Still to be left.
    taken: bool,
}

impl Slot {
    pub(crate) fn ready(&self) {
        self.queue.send(QueueInput::Ready(self.call));
    }

    pub(crate) fn typed(&self, text: String) {
        self.queue.send(QueueInput::Typed(self.call, text));
    }

    /// The queue itself has said that the call is out.
    pub(crate) fn forget(mut self) {
        self.taken = false;
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if self.taken {
            self.queue.send(QueueInput::Leave(self.call));
        }
    }
}

type Key = (AccountSid, String);

/// The queues anybody is in.
#[derive(Debug, Default)]
pub(crate) struct Queues {
    by_name: Mutex<HashMap<Key, QueueSender>>,
}

impl Queues {
    fn table(&self) -> MutexGuard<'_, HashMap<Key, QueueSender>> {
        self.by_name.lock().expect("no panic while the table is held")
    }

    pub(crate) fn shut_down(&self) {
        for queue in self.table().values() {
            queue.send(QueueInput::Shutdown);
        }
    }
}

impl Node {
    /// Brings a call to the queue it asks for.
    pub(crate) fn enter_queue(self: &Arc<Self>, entering: Entering) -> Slot {
        let key = (entering.account, entering.enter.queue.clone());
        let call = entering.call;
        // The table is held until the call is in the inbox, so that a queue does not end in between.
        let mut table = self.queues.table();
        let queue = table.entry(key.clone()).or_insert_with(|| {
            let (sender, inbox) = mpsc::channel(INBOX);
            start(self, key, inbox);
            QueueSender(sender)
        });
        if let Err(error) = queue.0.try_send(QueueInput::Enter(Box::new(entering)))
            && let QueueInput::Enter(entering) = error.into_inner()
        {
            entering.refuse();
        }
        Slot { queue: queue.clone(), call, taken: true }
    }
}

fn start(node: &Arc<Node>, key: Key, inbox: mpsc::Receiver<QueueInput>) {
    let node = Arc::clone(node);
    tokio::spawn(async move {
        // A panic is a bug in one queue: those in it are told by the drop of their guests.
        if tokio::spawn(serve(Arc::clone(&node), key.clone(), inbox)).await.is_err() {
            tracing::error!(account_sid = %key.0, "queue_task_panicked");
            node.queues.table().remove(&key);
        }
    });
}

async fn serve(node: Arc<Node>, key: Key, mut inbox: mpsc::Receiver<QueueInput>) {
    let record = match node.app.queue_named(key.0, &key.1).await {
        Ok(record) => record,
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "queue_not_found");
            node.queues.table().remove(&key);
            inbox.close();
            while let Some(input) = inbox.recv().await {
                if let QueueInput::Enter(entering) = input {
                    entering.refuse();
                }
            }
            return;
        }
    };
    let saver = Saver::start(Arc::clone(&node.app), record.sid.to_string());
    let machine = machine_of(&record);
    let mut task = QueueTask {
        node: Arc::clone(&node),
        record,
        machine,
        guests: HashMap::new(),
        mixes: HashMap::new(),
        partners: HashMap::new(),
        waiting: HashMap::new(),
        unsaved: ChangeSet::new(),
        saver,
    };
    while let Some(input) = inbox.recv().await {
        task.input(input).await;
        if task.machine.is_done() {
            let mut table = node.queues.table();
            // Whoever is in the inbox already came before the table was taken.
            if inbox.is_empty() {
                table.remove(&key);
                break;
            }
            task.machine = machine_of(&task.record);
        }
    }
    let last = std::mem::take(&mut task.unsaved);
    task.saver.finish((!last.is_empty()).then_some(last)).await;
}

fn machine_of(record: &Record) -> Queue {
    Queue::new(QueueFacts {
        queue_sid: record.sid.to_string(),
        name: record.friendly_name.clone(),
        max_size: record.max_size,
    })
}

/// A call as its queue knows it.
struct Guest {
    sender: CallSender,
    leg: LegId,
    session: SessionId,
    /// Still to be told that it is out.
    inside: bool,
    labels: UsageLabels,
}

impl Guest {
    fn tell(&self, news: QueueNews) -> bool {
        self.sender.tell(CallInput::Voice(Box::new(Event::Queue { leg: self.leg, news })))
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        if self.inside {
            self.tell(QueueNews::Closed);
        }
    }
}

/// One queue.
struct QueueTask {
    node: Arc<Node>,
    record: Record,
    machine: Queue,
    guests: HashMap<CallSid, Guest>,
    /// By the one who waited.
    mixes: HashMap<CallSid, MixId>,
    /// Who talks with whom, both ways.
    partners: HashMap<CallSid, CallSid>,
    /// Since when those wait who do, and what for.
    waiting: HashMap<CallSid, (Timestamp, UsageLabels)>,
    unsaved: ChangeSet,
    saver: Saver,
}

impl QueueTask {
    async fn input(&mut self, input: QueueInput) {
        match input {
            QueueInput::Enter(entering) => {
                let Entering { enter, call, sender, session, labels, .. } = *entering;
                let guest = Guest { sender, leg: enter.leg, session, inside: true, labels };
                self.guests.insert(call, guest);
                self.handle(QueueEvent::Enter(Box::new(enter)));
            }
            QueueInput::Leave(call) => {
                if let Some(mut guest) = self.guests.remove(&call) {
                    guest.inside = false;
                }
                self.handle(QueueEvent::Leave { call_sid: call.to_string() });
            }
            QueueInput::Typed(call, text) => {
                // Who still waits has nobody to read it.
                let partner = self.partners.get(&call).and_then(|partner| self.guests.get(partner));
                if let Some(partner) = partner {
                    partner.sender.show(partner.leg, text);
                }
            }
            QueueInput::Ready(call) => self.handle(QueueEvent::Ready { call_sid: call.to_string() }),
            QueueInput::Dequeue { member, target, reply } => {
                let wanted = match member {
                    QueueMemberRef::Front => self.machine.front().map(str::to_owned),
                    QueueMemberRef::Call(call) => {
                        Some(call.to_string()).filter(|call_sid| self.machine.waits(call_sid))
                    }
                };
                let call = wanted.as_ref().and_then(|call_sid| call_sid.parse().ok());
                if let (Some(call_sid), Some(_)) = (wanted, call) {
                    self.handle(QueueEvent::Dequeue { call_sid: Some(call_sid), target });
                    self.save(true).await;
                }
                let _ = reply.send(call.ok_or(ControlError::Over));
            }
            QueueInput::Changed => {
                let (account, sid) = (self.record.account_sid, self.record.sid);
                if let Ok(Some(record)) = self.node.app.store.queue(account, sid).await {
                    self.handle(QueueEvent::MaxSize(record.max_size));
                    self.record = record;
                }
            }
            QueueInput::Shutdown => self.handle(QueueEvent::Shutdown),
        }
        self.save(false).await;
    }

    fn handle(&mut self, event: QueueEvent) {
        let mut events = vec![event];
        while let Some(event) = events.pop() {
            let mut actions = Vec::new();
            let leaves = match &event {
                QueueEvent::Leave { call_sid } => Some(call_sid.clone()),
                _ => None,
            };
            self.machine.handle(self.node.now(), event, &mut actions);
            self.tell_flows(&actions, leaves.as_deref());
            for action in actions {
                events.extend(self.act(action));
            }
        }
    }

    /// What flows may wait for is saved with what happened, and told after that.
    fn tell_flows(&mut self, actions: &[QueueAction], leaves: Option<&str>) {
        let served = |call_sid: &str| {
            let matched = |action: &QueueAction| matches!(action, QueueAction::Tell { call_sid: call, news: QueueNews::Matched { .. }, .. } if call == call_sid);
            actions.iter().any(matched)
        };
        for action in actions {
            let told = match action {
                QueueAction::Waits { call_sid, since, .. } => {
                    let Ok(call) = call_sid.parse::<CallSid>() else { continue };
                    Some((call, FlowEvent::Entered, Some(*since)))
                }
                QueueAction::WaitsNoMore { call_sid } => {
                    let Ok(call) = call_sid.parse::<CallSid>() else { continue };
                    let event = if served(call_sid) {
                        Some(FlowEvent::Served)
                    } else {
                        (leaves == Some(call_sid)).then_some(FlowEvent::Abandoned)
                    };
                    let since = self.waiting.get(&call).map(|(since, _)| *since);
                    event.map(|event| (call, event, since))
                }
                _ => None,
            };
            if let Some((call, event, since)) = told {
                let at = self.node.wall();
                self.unsaved.push(flexio_app::legs::told_to_flows(&self.record, call, event, since, at));
            }
        }
    }

    /// Carries an action out; some event when a call turned out to be gone.
    fn act(&mut self, action: QueueAction) -> Option<QueueEvent> {
        let parse = |call_sid: &str| call_sid.parse::<CallSid>().ok();
        match action {
            QueueAction::Tell { call_sid, leg: _, news } => return self.tell(&call_sid, news),
            QueueAction::Waits { call_sid, priority, since } => {
                let node = &self.node.config.node;
                let call = parse(&call_sid)?;
                self.unsaved.push(flexio_app::legs::queued(&self.record, call, priority, since, node));
                let labels = self.guests.get(&call).map(|guest| guest.labels.clone());
                self.waiting.insert(call, (since, labels.unwrap_or_default()));
            }
            QueueAction::WaitsNoMore { call_sid } => {
                let call = parse(&call_sid)?;
                let waited = self.waiting.remove(&call);
                for change in flexio_app::legs::unqueued(&self.node.app, &self.record, call, waited) {
                    self.unsaved.push(change);
                }
            }
            QueueAction::Connect { customer, agent } => self.connect(parse(&customer)?, parse(&agent)?),
            QueueAction::Disconnect { customer, agent } => {
                self.disconnect(parse(&customer)?, parse(&agent)?);
            }
            QueueAction::Done => {}
        }
        None
    }

    fn tell(&mut self, call_sid: &str, news: QueueNews) -> Option<QueueEvent> {
        let call = call_sid.parse::<CallSid>().ok()?;
        let guest = self.guests.get_mut(&call)?;
        let last = news.is_last();
        let heard = guest.tell(news);
        if last || !heard {
            guest.inside = false;
            self.guests.remove(&call);
        }
        (!heard && !last).then(|| QueueEvent::Leave { call_sid: call_sid.to_owned() })
    }

    fn connect(&mut self, customer: CallSid, agent: CallSid) {
        self.partners.extend([(customer, agent), (agent, customer)]);
        let Ok(mix) = self.node.media.open_mix(self.node.new_number()) else {
            tracing::error!(queue_sid = %self.record.sid, "no_mix");
            return;
        };
        for call in [customer, agent] {
            if let Some(guest) = self.guests.get(&call) {
                let join = Command::JoinMix { mix, member: MixMember::default() };
                let _ = self.node.media.send(guest.session, join);
            }
        }
        self.mixes.insert(customer, mix);
    }

    fn disconnect(&mut self, customer: CallSid, agent: CallSid) {
        for call in [customer, agent] {
            self.partners.remove(&call);
            if let Some(guest) = self.guests.get(&call) {
                let _ = self.node.media.send(guest.session, Command::LeaveMix);
            }
        }
        if let Some(mix) = self.mixes.remove(&customer) {
            let _ = self.node.media.send_mix(mix, MixCommand::Close);
        }
    }

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
}

impl Control {
    async fn queue(&self, account: AccountSid, sid: QueueSid) -> Result<QueueSender, ControlError> {
        let found = self.node.app.store.queue(account, sid).await.map_err(|_| ControlError::NotHere)?;
        let name = found.ok_or(ControlError::NotHere)?.friendly_name;
        self.node.queues.table().get(&(account, name)).cloned().ok_or(ControlError::Over)
    }
}

#[async_trait]
impl QueueControl for Control {
    async fn dequeue(
        &self,
        account: AccountSid,
        queue: QueueSid,
        member: QueueMemberRef,
        instructions: WebhookSet,
    ) -> Result<CallSid, ControlError> {
        let target = instructions.primary.as_ref().map(target).ok_or(ControlError::WrongState)?;
        let queue = self.queue(account, queue).await?;
        let (reply, answer) = oneshot::channel();
        queue.send(QueueInput::Dequeue { member, target, reply });
        answer.await.unwrap_or(Err(ControlError::Over))
    }

    async fn queue_changed(&self, account: AccountSid, queue: QueueSid) -> Result<(), ControlError> {
        match self.queue(account, queue).await {
            Ok(queue) => queue.send(QueueInput::Changed),
            // Nobody is in it: the next to come reads it anew.
            Err(ControlError::Over) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }
}
