//! Queues and the calls that wait in them.

use flexio_domain::*;
use flexio_store::{Change, Page, RoomChange, StoreError};

use crate::App;
use crate::accounts::checked_name;
use crate::auth::must_be_active;
use crate::control::{ControlError, QueueMemberRef};
use crate::error::{AppError, refuse};
use crate::idempotency::Keep;

/// Queues of an account.
pub(crate) const QUEUES_MAX: u64 = 1_000;

/// A queue and how full it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueShown {
    /// The queue.
    pub queue: Queue,
    /// Calls that wait.
    pub size: u64,
    /// How long they have waited on average, in whole seconds.
    pub average_wait_s: u32,
}

/// A call that waits, and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueMemberShown {
    /// The call.
    pub member: QueueMember,
    /// From 1.
    pub position: u32,
    /// Whole seconds it has waited.
    pub wait_s: u32,
}

impl App {
    /// Makes a queue. `QueueNameTaken` if the account has one of this name.
    pub async fn create_queue(
        &self,
        account: &Account,
        friendly_name: &str,
        max_size: Option<u32>,
        keep: Keep<'_, QueueShown>,
    ) -> Result<QueueShown, AppError> {
        must_be_active(account)?;
        if self.store.count_queues(account.sid).await? >= QUEUES_MAX {
            return Err(ErrorCode::TooManyResources.into());
        }
        let now = self.clock.now();
        let queue = Queue {
            sid: QueueSid::new(),
            version: 1,
            account_sid: account.sid,
            friendly_name: checked_name(friendly_name)?,
            max_size: checked_size(max_size.unwrap_or(Queue::DEFAULT_SIZE))?,
            created_at: now,
            updated_at: now,
        };
        let changes = Change::from(RoomChange::CreateQueue(queue.clone())).into();
        let made = QueueShown { queue, size: 0, average_wait_s: 0 };
        match self.commit_creation(changes, &made, keep).await {
            Err(AppError::Store(StoreError::Conflict(_))) => Err(ErrorCode::QueueNameTaken.into()),
            done => done.map(|()| made),
        }
    }

    /// One queue.
    pub async fn queue(&self, account: AccountSid, sid: QueueSid) -> Result<QueueShown, AppError> {
        let queue = self.store.queue(account, sid).await?.ok_or(ErrorCode::NotFound)?;
        self.with_load(queue).await
    }

    /// Queues.
    pub async fn queues(&self, account: AccountSid, page: &Page) -> Result<Vec<QueueShown>, AppError> {
        let mut shown = Vec::new();
        for queue in self.store.queues(account, page).await? {
            shown.push(self.with_load(queue).await?);
        }
        Ok(shown)
    }

    /// How many queues the account has.
    pub async fn count_queues(&self, account: AccountSid) -> Result<u64, AppError> {
        Ok(self.store.count_queues(account).await?)
    }

    async fn with_load(&self, queue: Queue) -> Result<QueueShown, AppError> {
        let load = self.store.queue_load(queue.account_sid, queue.sid).await?;
        let average_wait_s = if load.size == 0 { 0 } else { self.seconds_since(load.mean_enqueued_us) };
        Ok(QueueShown { queue, size: load.size, average_wait_s })
    }

    fn seconds_since(&self, then_us: i64) -> u32 {
        let us = self.clock.now().as_microsecond().saturating_sub(then_us);
        u32::try_from(us / 1_000_000).unwrap_or(0)
    }

    /// Renames a queue, or gives it another size; calls that wait beyond a smaller size stay.
    pub async fn update_queue(
        &self,
        account: &Account,
        sid: QueueSid,
        friendly_name: Option<&str>,
        max_size: Option<u32>,
    ) -> Result<QueueShown, AppError> {
        must_be_active(account)?;
        let name = friendly_name.map(checked_name).transpose()?;
        let size = max_size.map(checked_size).transpose()?;
        let queue = retrying!(async {
            let mut queue = self.store.queue(account.sid, sid).await?.ok_or(ErrorCode::NotFound)?;
            if let Some(name) = name.as_ref().filter(|name| **name != queue.friendly_name) {
                if self.store.queue_by_name(account.sid, name).await?.is_some() {
                    return Err(ErrorCode::QueueNameTaken.into());
                }
                queue.friendly_name.clone_from(name);
            }
            queue.max_size = size.unwrap_or(queue.max_size);
            queue.updated_at = self.clock.now();
            self.store.commit(Change::from(RoomChange::UpdateQueue(queue.clone())).into()).await?;
            queue.version += 1;
            Ok::<_, AppError>(queue)
        })?;
        // A node that could not be told finds out when it next reads the queue.
        if let Ok(control) = self.control()
            && let Err(error) = control.queue_changed(account.sid, sid).await
        {
            tracing::info!(queue_sid = %sid, %error, "the carrier was not told of a changed queue");
        }
        self.with_load(queue).await
    }

    /// Deletes an empty queue. `QueueNotEmpty` while calls wait in it.
    pub async fn delete_queue(&self, account: &Account, sid: QueueSid) -> Result<(), AppError> {
        must_be_active(account)?;
        if self.queue(account.sid, sid).await?.size > 0 {
            return Err(ErrorCode::QueueNotEmpty.into());
        }
        let delete = Change::from(RoomChange::DeleteQueue(account.sid, sid));
        match self.store.commit(delete.into()).await {
            // A call came in the meantime.
            Err(StoreError::Conflict(_)) => Err(ErrorCode::QueueNotEmpty.into()),
            done => Ok(done?),
        }
    }

    /// Calls that wait, in the order in which they are served; at most a thousand.
    pub async fn queue_members(
        &self,
        account: AccountSid,
        queue: QueueSid,
    ) -> Result<Vec<QueueMemberShown>, AppError> {
        self.store.queue(account, queue).await?.ok_or(ErrorCode::NotFound)?;
        let members = self.store.queue_members(account, queue).await?;
        let shown = (1..).zip(members).map(|(position, member)| QueueMemberShown {
            position,
            wait_s: self.seconds_since(member.enqueued_at.as_microsecond()),
            member,
        });
        Ok(shown.collect())
    }

    /// One call that waits.
    pub async fn queue_member(
        &self,
        account: AccountSid,
        queue: QueueSid,
        which: QueueMemberRef,
    ) -> Result<QueueMemberShown, AppError> {
        let found = self.queue_members(account, queue).await?.into_iter().find(|shown| match which {
            QueueMemberRef::Front => true,
            QueueMemberRef::Call(call) => shown.member.call_sid == call,
        });
        found.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Takes a call out of its queue and lets it run another document. The answer is the member as it waited.
    pub async fn dequeue(
        &self,
        account: &Account,
        queue: QueueSid,
        which: QueueMemberRef,
        instructions: WebhookSet,
    ) -> Result<QueueMemberShown, AppError> {
        must_be_active(account)?;
        let shown = self.queue_member(account.sid, queue, which).await?;
        let call = match self.control()?.dequeue(account.sid, queue, which, instructions).await {
            // It left in the meantime.
            Err(ControlError::Over) => return Err(ErrorCode::NotFound.into()),
            answer => answer?,
        };
        // `Front` may be somebody else by now.
        let member = QueueMember { call_sid: call, ..shown.member };
        Ok(QueueMemberShown { member, ..shown })
    }
}

fn checked_size(size: u32) -> Result<u32, AppError> {
    if (1..=Queue::SIZE_MAX).contains(&size) {
        return Ok(size);
    }
    Err(refuse(ErrorCode::InvalidParameter, "MaxSize must be 1 to 1000."))
}
