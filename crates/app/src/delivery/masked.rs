//! A message to a mask goes to the other participant, from his mask.

use flexio_domain::{Address, ErrorCode, Level, Message, MessageDirection};
use flexio_store::ChangeSet;

use super::{Note, notification, reply_sid};
use crate::error::AppError;
use crate::masking::MaskRoute;
use crate::{App, CreateMessage};

/// Sends on what was written to a mask. `false`: the number is none, and the message is for its application. A message that cannot be sent
/// on is noted in the account's log. A word that stops messages, or asks for them again, stays with the platform.
pub async fn sent_on(app: &App, message: &Message) -> Result<bool, AppError> {
    let Some(mask) = message.to.number() else { return Ok(false) };
    let party = match app.mask_route(message.account_sid, message.from.number(), mask).await? {
        MaskRoute::NotMasked => return Ok(false),
        _ if message.opt_out.is_some() => return Ok(true),
        MaskRoute::Nobody => {
            noted(app, message, ErrorCode::NobodyBehindMask, ErrorCode::NobodyBehindMask.sentence()).await?;
            return Ok(true);
        }
        MaskRoute::To(party) => party,
    };
    let Some(account) = app.account_now(message.account_sid).await? else { return Ok(true) };
    let (from, to) = (Address::Number(party.mask.clone()), Address::Number(party.number.clone()));
    let direction = MessageDirection::OutboundReply;
    let new = CreateMessage {
        sid: Some(reply_sid(message.sid, 0)),
        ..CreateMessage::new(from, to, message.body.clone(), direction, "2010-04-01")
    };
    match Box::pin(app.create_message(&account, new, &|_| None)).await {
        Ok(_) => app.keep_interaction(&party, None, Some(message.sid)).await?,
        Err(AppError::Refused(refusal)) => noted(app, message, refusal.code, &refusal.to_string()).await?,
        Err(error) => return Err(error),
    }
    Ok(true)
}

/// Whether the platform answers by itself: the message was written to a mask, or a flow waits for it.
pub async fn answered_inside(app: &App, message: &Message) -> Result<bool, AppError> {
    Ok(sent_on(app, message).await? || app.flow_reply(message).await?)
}

async fn noted(app: &App, message: &Message, code: ErrorCode, why: &str) -> Result<(), AppError> {
    let text = format!("a message to the mask {} was not sent on: {why}", message.to);
    let note =
        Note { level: Level::Warning, code: code.number(), text, request: None, variables: None, body: None };
    Ok(app.store.commit(ChangeSet::from(notification(app, message, note))).await?)
}
