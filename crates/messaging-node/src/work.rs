//! One turn of the dispatcher: the messages it touches, what happens to them, and the one commit that keeps it.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::Duration,
};

use flexio_app::{App, delivery};
use flexio_domain::{AccountSid, Message, MessageSid, Timestamp};
use flexio_messaging::lifecycle::Event;
use flexio_smpp::SubmitRequest;
use flexio_store::{Change, ChangeSet, StoreError};

use crate::{book::Remembered, carrier::Answer};

/// Changes that go into one commit; the store takes 10 000.
const CHANGES_MAX: usize = 5_000;
/// Times a message is read again because others change it too.
const CONFLICTS_MAX: usize = 8;
/// First wait for a database that does not answer; each next one is twice as long.
pub(crate) const STORE_WAIT: Duration = Duration::from_millis(20);
/// Longest such wait.
pub(crate) const STORE_WAIT_MAX: Duration = Duration::from_secs(5);

/// Something that happens to a message. Kept until the commit, to be done again on a fresh copy if others changed the message.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// By the life cycle.
    Event(Event),
    /// The same, told by a receipt that says when.
    Receipt(Event, Option<String>),
    /// A carrier of `id_space` calls the segment so.
    Link { id_space: String, carrier_id: String, segment: usize },
    /// It leaves by this route.
    Leave { route: String, node: String },
    /// It is tried again then.
    Wait { until: Timestamp, is_try: bool },
    /// It waits for the morning of its recipient, and its validity with it.
    Hush { until: Timestamp, added_s: u32 },
    /// Its validity is over and there is nothing to decide: no sweep needs to see it again.
    Rest,
}

/// What is handed to a carrier after the commit.
#[derive(Debug)]
pub(crate) struct Departure {
    pub route: usize,
    pub segments: Vec<(usize, SubmitRequest)>,
}

/// One message in a turn.
#[derive(Debug)]
pub(crate) struct Work {
    pub remembered: Remembered,
    steps: Vec<Step>,
    changes: ChangeSet,
    is_dirty: bool,
    /// Taken to be sent in this turn: given up, not repeated, if others changed it.
    pub is_claim: bool,
    pub departure: Option<Departure>,
    /// An incoming message this one became on the platform.
    pub inside: Option<Message>,
}

impl Work {
    pub(crate) fn new(remembered: Remembered) -> Self {
        Self {
            remembered,
            steps: Vec::new(),
            changes: ChangeSet::new(),
            is_dirty: false,
            is_claim: false,
            departure: None,
            inside: None,
        }
    }

    pub(crate) fn message(&self) -> &Message {
        &self.remembered.message
    }

    /// Does `step` now, and again if it has to be.
    pub(crate) fn step(&mut self, app: &App, step: Step) {
        self.perform(app, &step);
        self.steps.push(step);
    }

    pub(crate) fn event(&mut self, app: &App, event: Event) {
        self.step(app, Step::Event(event));
    }

    /// The message goes to another number of the platform.
    pub(crate) async fn go_inside(&mut self, app: &App) -> Result<(), delivery::ReceiveError> {
        let mut changes = ChangeSet::new();
        let received = delivery::deliver(app, &mut self.remembered.message, &mut changes).await?;
        self.changes.append(changes);
        self.inside = Some(received);
        self.is_dirty = true;
        Ok(())
    }

    fn perform(&mut self, app: &App, step: &Step) {
        let message = &mut self.remembered.message;
        match step {
            Step::Event(event) => self.is_dirty |= delivery::apply(app, message, event, &mut self.changes),
            Step::Receipt(event, done_date) => {
                let told = (event, done_date.as_deref());
                self.is_dirty |= delivery::apply_dated(app, message, told, &mut self.changes);
            }
            Step::Link { id_space, carrier_id, segment } => self.changes.push(Change::LinkCarrierId {
                route: id_space.clone(),
                carrier_id: carrier_id.clone(),
                message: message.sid,
                segment: u32::try_from(*segment).expect("a message has at most 24 segments"),
            }),
            Step::Leave { route, node } => {
                message.route = Some(route.clone());
                message.node = Some(node.clone());
                message.next_attempt_at = None;
                self.is_dirty = true;
            }
            Step::Wait { until, is_try } => {
                message.next_attempt_at = Some(*until);
                message.attempts += u32::from(*is_try);
                self.is_dirty = true;
            }
            Step::Hush { until, added_s } => {
                message.next_attempt_at = Some(*until);
                message.validity_s = message.validity_s.saturating_add(*added_s);
                self.is_dirty = true;
            }
            Step::Rest => {
                message.validity_s = u32::MAX;
                self.is_dirty = true;
            }
        }
    }

    /// The changes of this message, the message itself last.
    fn seal(&mut self) -> ChangeSet {
        let mut changes = std::mem::take(&mut self.changes);
        if self.is_dirty {
            changes.push(Change::UpdateMessage(self.remembered.message.clone()));
        }
        changes
    }

    /// The database has it.
    fn saved(&mut self) {
        if self.is_dirty {
            self.remembered.message.version += 1;
        }
        self.is_dirty = false;
        self.steps.clear();
    }

    /// Does all steps again on `fresh`.
    fn redo(&mut self, app: &App, fresh: Message) {
        self.remembered.message = fresh;
        self.changes = ChangeSet::new();
        self.is_dirty = false;
        let steps = std::mem::take(&mut self.steps);
        for step in &steps {
            self.perform(app, step);
        }
        self.steps = steps;
    }
}

/// Everything one turn does.
#[derive(Debug)]
pub(crate) struct Turn {
    pub now: Timestamp,
    pub works: HashMap<MessageSid, Work>,
    /// Segments handed over in this turn, by route.
    pub promised: BTreeMap<usize, usize>,
    /// Receipts to answer when the message they are about is saved.
    pub acks: Vec<(MessageSid, Answer)>,
    /// What could not be saved, filled by the commit. Its receipts are not answered, so they come again.
    unsaved: HashSet<MessageSid>,
}

impl Turn {
    pub(crate) fn new(now: Timestamp) -> Self {
        Self {
            now,
            works: HashMap::new(),
            promised: BTreeMap::new(),
            acks: Vec::new(),
            unsaved: HashSet::new(),
        }
    }

    /// Segments that this turn hands to a route.
    pub(crate) fn promised(&self, route: usize) -> usize {
        self.promised.get(&route).copied().unwrap_or(0)
    }

    /// Answers the receipts of everything that is kept, or gone.
    pub(crate) fn answer(&mut self) {
        for (sid, ack) in self.acks.drain(..) {
            if !self.unsaved.contains(&sid) {
                ack.accept(None);
            }
        }
    }

    /// Commits everything. What is left in `works` is saved; what is not was given up: deleted meanwhile, claimed by others, or not
    /// to be saved at all.
    pub(crate) async fn commit(&mut self, app: &App, stopping: &(dyn Fn() -> bool + Send + Sync)) {
        let mut sids: Vec<MessageSid> = self.works.keys().copied().collect();
        // In one order always, so that two nodes on one database do not wait for each other crosswise.
        sids.sort_unstable();
        let (mut set, mut batch) = (ChangeSet::new(), Vec::new());
        for sid in sids {
            let Some(work) = self.works.get_mut(&sid) else { continue };
            let changes = work.seal();
            if set.changes().len() + changes.changes().len() > CHANGES_MAX {
                self.commit_batch(app, std::mem::take(&mut set), std::mem::take(&mut batch), stopping).await;
            }
            set.append(changes);
            batch.push(sid);
        }
        self.commit_batch(app, set, batch, stopping).await;
    }

    async fn commit_batch(
        &mut self,
        app: &App,
        set: ChangeSet,
        batch: Vec<MessageSid>,
        stopping: &(dyn Fn() -> bool + Send + Sync),
    ) {
        if set.is_empty() {
            return;
        }
        let error = match delivery::save(app, set).await {
            Ok(()) => {
                for sid in batch {
                    if let Some(work) = self.works.get_mut(&sid) {
                        work.saved();
                    }
                }
                return;
            }
            Err(error) => error,
        };
        tracing::debug!(%error, messages = batch.len(), "messages_saved_singly");
        let mut singly = Vec::new();
        for sid in batch {
            // A claim is found again by the next look, if it is still there to be sent.
            match self.works.remove(&sid) {
                Some(work) if !work.is_claim => singly.push(save_alone(app, work, stopping)),
                Some(_) | None => {}
            }
        }
        // Together, because the store joins what waits into one commit.
        for alone in futures_util::future::join_all(singly).await {
            match alone {
                Alone::Saved(work) => drop(self.works.insert(work.message().sid, *work)),
                Alone::Gone => {}
                Alone::Unsaved(sid) => drop(self.unsaved.insert(sid)),
            }
        }
    }
}

/// What came of saving one message.
enum Alone {
    Saved(Box<Work>),
    /// It was deleted.
    Gone,
    Unsaved(MessageSid),
}

/// Saves what happened to one message, on a fresh copy of it, for as long as the database takes to answer.
async fn save_alone(app: &App, mut work: Work, stopping: &(dyn Fn() -> bool + Send + Sync)) -> Alone {
    let (account, sid) = (work.message().account_sid, work.message().sid);
    let (mut conflicts, mut wait) = (0, STORE_WAIT);
    let mut parks_usage = false;
    loop {
        let result = match read(app, account, sid).await {
            Ok(Some(fresh)) => {
                work.redo(app, fresh);
                save_set(app, work.seal(), parks_usage).await
            }
            Ok(None) => return Alone::Gone,
            Err(error) => Err(error),
        };
        match result {
            Ok(()) => {
                work.saved();
                return Alone::Saved(Box::new(work));
            }
            Err(StoreError::Conflict(_)) if conflicts < CONFLICTS_MAX => conflicts += 1,
            Err(StoreError::EventConflict(event)) if !parks_usage => {
                tracing::error!(event, message_sid = %sid, "usage_conflict");
                parks_usage = true;
            }
            Err(error @ (StoreError::Unavailable(_) | StoreError::Full)) if !stopping() => {
                tracing::warn!(%error, message_sid = %sid, "message_not_saved_yet");
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(STORE_WAIT_MAX);
            }
            Err(error) => {
                tracing::error!(%error, message_sid = %sid, "message_not_saved");
                return Alone::Unsaved(sid);
            }
        }
    }
}

/// The message goes on also where a use of it does not fit the one on record: that is for somebody to look at.
async fn save_set(app: &App, set: ChangeSet, parks_usage: bool) -> Result<(), StoreError> {
    let set = if parks_usage { app.park_usage(set).await? } else { set };
    if set.is_empty() { Ok(()) } else { delivery::save(app, set).await }
}

async fn read(app: &App, account: AccountSid, sid: MessageSid) -> Result<Option<Message>, StoreError> {
    app.store.message(account, sid).await
}

#[cfg(test)]
pub(crate) mod tests {
    use flexio_domain::{MessageClass, MessageDirection, MessageStatus, Pii, message::SegmentState};

    use super::*;

    /// A queued message of this many segments.
    pub(crate) fn message(segments: usize) -> Message {
        let now = Timestamp::from_second(1_780_000_000).unwrap();
        Message {
            sid: MessageSid::from_u128(7),
            version: 1,
            account_sid: AccountSid::from_u128(1),
            from: "+3225550123".parse().unwrap(),
            to: "+32470000000".parse().unwrap(),
            body: Pii("Hello".to_owned()),
            sealed_body: None,
            direction: MessageDirection::OutboundApi,
            status: MessageStatus::Queued,
            segments: u32::try_from(segments).unwrap(),
            labels: None,
            segment_states: vec![SegmentState::Waiting; segments],
            concat_ref: 7,
            api_version: "2010-04-01".to_owned(),
            application_sid: None,
            status_callback: None,
            told_of: Vec::new(),
            callback_sequence: 0,
            validity_s: 14_400,
            route: None,
            node: None,
            attempts: 0,
            next_attempt_at: Some(now),
            error: None,
            price: None,
            class: MessageClass::Transactional,
            quiet_hours: None,
            is_granted: false,
            feedback: None,
            opt_out: None,
            is_flash: false,
            sip_headers: Vec::new(),
            media: 0,
            messaging_service_sid: None,
            send_at: None,
            sent_at: None,
            created_at: now,
            updated_at: now,
        }
    }
}
