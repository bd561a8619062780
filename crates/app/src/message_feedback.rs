//! What the customer says of whether a message served its purpose. The guard of one-time codes watches it: messages that were to be
//! confirmed count in their block of numbers as codes do, and so do confirmations.

use flexio_domain::*;
use flexio_store::{Change, ChangeSet, VerifyChange};
use flexio_verify::guard;

use crate::App;
use crate::auth::must_be_active;
use crate::error::{AppError, refuse};

/// The mark of a message under a name that the guard counts by; `None` where it goes to no number.
fn mark(name: &str, message: &Message, at: Timestamp) -> Option<Change> {
    let Address::Number(number) = &message.to else { return None };
    let marks = vec![format!("{name}:{}", guard::block(number.as_str()))];
    // The digits are the message's own: no attempt of a verification has them.
    let attempt = VerificationAttemptSid::from_u128(message.sid.as_u128());
    Some(VerifyChange::Mark { account: message.account_sid, marks, at, attempt }.into())
}

impl App {
    /// A message that will be reported on counts as sent.
    pub(crate) fn watch_conversion(message: &Message, changes: &mut ChangeSet) {
        if message.feedback.is_some()
            && message.error.is_none()
            && let Some(mark) = mark("block", message, message.created_at)
        {
            changes.push(mark);
        }
    }

    /// Keeps what the customer says of a message that was made with `ProvideFeedback`. The first confirmation counts; later words replace
    /// earlier ones and count no more.
    pub async fn give_feedback(
        &self,
        account: &Account,
        sid: MessageSid,
        confirmed: bool,
    ) -> Result<Message, AppError> {
        must_be_active(account)?;
        retrying!(async {
            let mut message = self.message(account.sid, sid).await?;
            let Some(feedback) = message.feedback.as_mut() else {
                let why = "The message was made without ProvideFeedback.";
                return Err(refuse(ErrorCode::InvalidParameter, why));
            };
            let now = self.clock.now();
            let is_first = feedback.confirmed.is_none();
            feedback.created_at = if is_first { now } else { feedback.created_at };
            feedback.updated_at = now;
            feedback.confirmed = Some(confirmed);
            let mut changes = ChangeSet::new();
            if is_first
                && confirmed
                && let Some(mark) = mark("verified", &message, now)
            {
                changes.push(mark);
            }
            message.updated_at = now;
            changes.push(Change::UpdateMessage(message.clone()));
            self.store.commit(changes).await?;
            message.version += 1;
            Ok::<_, AppError>(message)
        })
    }
}
