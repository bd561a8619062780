//! Messages that wait for their time.
//!
//! Scheduling costs nothing and sets nothing aside. When the time comes everything a message is checked for is checked again: the account,
//! the sender, an opt-out, the price, credit. What has become impossible fails then, with its reason.

use flexio_domain::*;
use flexio_messaging::lifecycle::Event;
use flexio_store::{CREDIT_SHORT, Change, ChangeSet, StoreError};
use jiff::SignedDuration;

use crate::error::{AppError, refuse};
use crate::{App, RETRIES_MAX, delivery};

/// A message may lie this far ahead.
const AHEAD_MAX: SignedDuration = SignedDuration::from_hours(24 * 35);

impl App {
    /// Refuses a time that is too near or too far (35114).
    pub(crate) fn must_be_ahead(&self, send_at: Option<Timestamp>) -> Result<(), AppError> {
        let Some(at) = send_at else { return Ok(()) };
        let ahead = at.duration_since(self.clock.now());
        let least = SignedDuration::from_secs(i64::from(self.config.schedule_min_s));
        if ahead < least || ahead > AHEAD_MAX {
            let least = self.config.schedule_min_s;
            let why = format!("SendAt must be {least} seconds to 35 days ahead.");
            return Err(refuse(ErrorCode::SendAtInvalid, why));
        }
        Ok(())
    }

    /// The time of a scheduled message has come: it is queued, or fails for what is not so any more. One that is not scheduled any more,
    /// because it was withdrawn or another node was quicker, is left alone.
    pub async fn release_message(&self, account: AccountSid, sid: MessageSid) -> Result<(), AppError> {
        let mut refused = None;
        for _ in 0..RETRIES_MAX {
            let Some(message) = self.store.message(account, sid).await? else { return Ok(()) };
            if message.status != MessageStatus::Scheduled {
                return Ok(());
            }
            let changes = match self.released(message, refused).await {
                // No credit, or a threshold: it fails for that, and is not asked for again.
                Err(AppError::Refused(refusal)) if refused.is_none() => {
                    refused = Some(refusal.code);
                    continue;
                }
                decided => decided?,
            };
            match self.store.commit(changes).await {
                Err(StoreError::Conflict(CREDIT_SHORT)) => refused = Some(ErrorCode::InsufficientCredit),
                Err(StoreError::Conflict(what)) => tracing::debug!(what, "release_decided_again"),
                done => {
                    self.wake.callbacks.notify_one();
                    return Ok(done?);
                }
            }
        }
        Err(AppError::Contended)
    }

    async fn released(
        &self,
        mut message: Message,
        refused: Option<ErrorCode>,
    ) -> Result<ChangeSet, AppError> {
        let mut changes = ChangeSet::new();
        let verdict = match refused {
            Some(code) => Err(code),
            None => self.may_leave(&message).await?,
        };
        match verdict {
            Ok((price, due)) => {
                message.next_attempt_at = Some(due);
                delivery::apply(self, &mut message, &Event::Queued, &mut changes);
                let id = message.sid.to_string();
                message.is_granted = self.ask_credit(message.account_sid, &id, price, &mut changes).await?;
                self.note_contact(&message, &mut changes).await?;
            }
            Err(code) => {
                message.next_attempt_at = None;
                delivery::apply(self, &mut message, &Event::GaveUp { code }, &mut changes);
            }
        }
        changes.push(Change::UpdateMessage(message));
        Ok(changes)
    }

    /// What the message costs and when its turn is, or why it may not leave.
    async fn may_leave(
        &self,
        message: &Message,
    ) -> Result<Result<(Option<Money>, Timestamp), ErrorCode>, AppError> {
        let account = self.account_now(message.account_sid).await?;
        let Some(account) = account.filter(|account| account.status == AccountStatus::Active) else {
            return Ok(Err(ErrorCode::AccountSuspended));
        };
        let checked = async {
            self.sender(message.account_sid, &message.from, false).await?;
            let ends = (&message.from, message.messaging_service_sid);
            self.must_be_wanted(message.account_sid, ends, &message.to, message.class).await?;
            self.message_price(
                message.account_sid,
                (&message.from, &message.to),
                message.segment_states.len(),
                message.class,
            )
            .await
        };
        match checked.await {
            // It was accepted long ago: however many wait, it is due.
            Ok(price) => Ok(Ok((price, self.due_of(&account, message.segments).unwrap_or(self.clock.now())))),
            Err(AppError::Refused(refusal)) => Ok(Err(refusal.code)),
            Err(error) => Err(error),
        }
    }
}
