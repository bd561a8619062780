//! Queues and conferences as the node needs them: found or made by name, closed after a crash.

use flexio_domain::*;
use flexio_flows::nodes::QueueEvent;
use flexio_store::{Change, ChangeSet, Page, ParticipantFilter, RoomChange, StoreError};

use crate::error::{AppError, refuse};
use crate::legs::told_to_flows;
use crate::queues::QUEUES_MAX;
use crate::{App, callbacks};

/// Longest name of a queue or room, in characters.
const NAME_CHARS_MAX: usize = 64;
/// Conferences closed per transaction.
const BATCH: u32 = 100;
/// Calls taken out of queues per transaction.
const MEMBERS: u32 = 200;
/// Participants of a conference, at most: what a page holds.
const PARTICIPANTS_MAX: u32 = 1_000;

impl App {
    /// The queue of this name; it is made if there is none, as `<Enqueue>` asks. `QueueLimit` when the account has a thousand.
    pub async fn queue_named(&self, account: AccountSid, name: &str) -> Result<Queue, AppError> {
        let name = room_name(name)?;
        retrying!(async {
            if let Some(queue) = self.store.queue_by_name(account, &name).await? {
                return Ok(queue);
            }
            if self.store.count_queues(account).await? >= QUEUES_MAX {
                return Err(ErrorCode::TooManyResources.into());
            }
            let queue = new_queue(account, name.clone(), Queue::DEFAULT_SIZE, self.clock.now());
            // A twin that was quicker is a conflict, and found by the next attempt.
            self.store.commit(Change::from(RoomChange::CreateQueue(queue.clone())).into()).await?;
            Ok::<_, AppError>(queue)
        })
    }

    /// The running conference in this room; it is opened if there is none. `node` mixes it from now on.
    pub async fn conference_named(
        &self,
        account: AccountSid,
        name: &str,
        api_version: &str,
        node: Option<&str>,
    ) -> Result<Conference, AppError> {
        let name = room_name(name)?;
        retrying!(async {
            if let Some(mut conference) = self.store.live_conference(account, &name).await? {
                // Opened over the API for somebody who is still being called: whoever comes first mixes it.
                if conference.node.is_none() && node.is_some() {
                    conference.node = node.map(str::to_owned);
                    let adopt = RoomChange::UpdateConference(conference.clone());
                    self.store.commit(Change::from(adopt).into()).await?;
                    conference.version += 1;
                }
                return Ok(conference);
            }
            let conference = new_conference(account, name.clone(), api_version, node, self.clock.now());
            let open = RoomChange::CreateConference(conference.clone());
            self.store.commit(Change::from(open).into()).await?;
            Ok::<_, AppError>(conference)
        })
    }
}

/// A name of 1 to 64 characters without control characters.
pub(crate) fn room_name(name: &str) -> Result<String, AppError> {
    let ok = (1..=NAME_CHARS_MAX).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    if ok {
        return Ok(name.to_owned());
    }
    Err(refuse(
        ErrorCode::InvalidParameter,
        "FriendlyName has 1 to 64 characters, none of them a control character.",
    ))
}

pub(crate) fn new_queue(
    account_sid: AccountSid,
    friendly_name: String,
    max_size: u32,
    now: Timestamp,
) -> Queue {
    Queue {
        sid: QueueSid::new(),
        version: 1,
        account_sid,
        friendly_name,
        max_size,
        created_at: now,
        updated_at: now,
    }
}

pub(crate) fn new_conference(
    account_sid: AccountSid,
    friendly_name: String,
    api_version: &str,
    node: Option<&str>,
    now: Timestamp,
) -> Conference {
    Conference {
        sid: ConferenceSid::new(),
        version: 1,
        account_sid,
        friendly_name,
        status: ConferenceStatus::Init,
        api_version: api_version.to_owned(),
        status_callback: None,
        status_callback_events: Vec::new(),
        started_at: None,
        ended_at: None,
        ended_by: None,
        ending_call_sid: None,
        node: node.map(str::to_owned),
        created_at: now,
        updated_at: now,
    }
}

/// Closes the conferences a crash of this node left open, with their participants, and empties its queues. The number of conferences.
pub(crate) async fn recover(app: &App, node: &str) -> Result<u64, StoreError> {
    empty_queues(app, node).await?;
    let mut closed = 0;
    loop {
        let open = app.store.open_conferences(node, BATCH).await?;
        if open.is_empty() {
            return Ok(closed);
        }
        for conference in open {
            closed += 1;
            close(app, conference).await?;
        }
    }
}

/// Whoever waited in a queue of this node was cut off: flows that wait for that are told, in the transaction that forgets the place.
async fn empty_queues(app: &App, node: &str) -> Result<(), StoreError> {
    loop {
        let members = app.store.queue_members_of_node(node, MEMBERS).await?;
        if members.is_empty() {
            return Ok(());
        }
        let mut changes = ChangeSet::new();
        for QueueMember { queue_sid, call_sid, account_sid, enqueued_at, .. } in members {
            changes.push(RoomChange::DropMember(account_sid, queue_sid, call_sid).into());
            let Some(queue) = app.store.queue(account_sid, queue_sid).await? else { continue };
            // Its leg was closed at the last second it was proven to run.
            let ended = app.store.call(account_sid, call_sid).await?.and_then(|call| call.ended_at);
            let at = ended.unwrap_or_else(|| app.clock.now());
            changes.push(told_to_flows(&queue, call_sid, QueueEvent::Abandoned, Some(enqueued_at), at));
        }
        app.store.commit(changes).await?;
    }
}

/// Ends a conference when the crash is found: how long its legs lived is in their own records.
async fn close(app: &App, mut conference: Conference) -> Result<(), StoreError> {
    let now = app.clock.now();
    let present = ParticipantFilter { present: Some(true), ..ParticipantFilter::default() };
    let page = Page { limit: PARTICIPANTS_MAX, ..Page::default() };
    let (account, sid) = (conference.account_sid, conference.sid);
    let mut changes = ChangeSet::new();
    for mut participant in app.store.participants(account, sid, &present, &page).await? {
        participant.status = match participant.status {
            ParticipantStatus::Connected => ParticipantStatus::Complete,
            _ => ParticipantStatus::Failed,
        };
        participant.left_at = Some(now);
        participant.updated_at = now;
        changes.push(RoomChange::SaveParticipant(participant).into());
    }
    conference.status = ConferenceStatus::Completed;
    conference.ended_at = Some(now);
    conference.ended_by = Some(ConferenceEnd::LastParticipantLeft);
    conference.updated_at = now;
    changes.push(RoomChange::UpdateConference(conference.clone()).into());
    if let Some(callback) = callbacks::conference_ended(&conference) {
        changes.push(Change::QueueCallback(callback));
    }
    app.store.commit(changes).await
}
