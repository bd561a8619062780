//! Messages between an application and the phone in a call, in Twilio's API. They travel in the call's dialog and are kept nowhere.

#[cfg(test)]
mod tests;

use flexio_app::CallChange;
use flexio_domain::{
    AccountSid, CallSid, ErrorCode, Timestamp, UserMessageSid, UserMessageSubscriptionSid, Webhook,
};
use sha2::{Digest, Sha256};

use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::calls::call_sid;
use crate::dialect::rfc2822;
use crate::error::{Result, invalid};
use crate::operation::{Operation, Param, Shows, TWILIO, params, row};
use crate::write::Writer;

const MESSAGES: &str = "Accounts/{AccountSid}/Calls/{CallSid}/UserDefinedMessages";
const LIST: &str = "Accounts/{AccountSid}/Calls/{CallSid}/UserDefinedMessageSubscriptions";
const ONE: &str =
    "Accounts/{AccountSid}/Calls/{CallSid}/UserDefinedMessageSubscriptions/{UserMessageSubscriptionSid}";
/// Longest content, in bytes: it travels in one SIP request.
const CONTENT_BYTES_MAX: usize = 8_192;
const KEY_CHARS_MAX: usize = 255;

const SEND: &[Param] = params![
    "Content": "JSON of at most 8192 bytes; required.",
    "IdempotencyKey": "A request with the key of an earlier one about this call sends nothing, and is answered by the same sid.",
];

const SUBSCRIBE: &[Param] = params![
    "Callback": "Told of each message the phone sends; required.",
    "Method": "GET or POST (default).",
    "IdempotencyKey": "A request with the key of an earlier one about this call subscribes to nothing twice.",
];

pub(crate) const OPERATIONS: &[Operation] = &[
    // No creation in the sense of `Idempotency-Key`: these have a key of their own, and the call remembers what it was sent.
    row!(
        "user_messages.send",
        Update,
        TWILIO,
        MESSAGES,
        "Sends JSON to the phone in a call.",
        SEND,
        Shows::One(message_sample),
        send
    ),
    row!(
        "user_message_subscriptions.create",
        Update,
        TWILIO,
        LIST,
        "Has an application told what the phone in a call sends.",
        SUBSCRIBE,
        Shows::One(subscription_sample),
        subscribe
    ),
    row!(
        "user_message_subscriptions.delete",
        Delete,
        TWILIO,
        ONE,
        "Ends a subscription before its call does.",
        &[],
        Shows::Nothing,
        unsubscribe
    ),
];

async fn send(ask: &Ask<'_>) -> Result<Answer> {
    let call = call_sid(ask)?;
    let content = ask.params.required("Content", ErrorCode::InvalidParameter)?;
    if content.len() > CONTENT_BYTES_MAX || serde_json::from_str::<serde_json::Value>(content).is_err() {
        return Err(invalid("Content", "must be JSON of at most 8192 bytes"));
    }
    let sid = keyed(ask, call, "message")?.map_or_else(UserMessageSid::new, UserMessageSid::from_u128);
    let content = content.to_owned();
    changed(ask, call, CallChange::SendUserMessage { sid, content }).await?;
    let at = ask.app().clock.now();
    Ok(ask.one("UserDefinedMessage", |w| message(w, (ask.account.sid, call), sid, at)))
}

async fn subscribe(ask: &Ask<'_>) -> Result<Answer> {
    let call = call_sid(ask)?;
    let callback: Option<Webhook> = ask.params.webhook("Callback", "Method", ErrorCode::UrlInvalid)?;
    let Some(callback) = callback else { return Err(invalid("Callback", "is required")) };
    let sid = keyed(ask, call, "subscription")?
        .map_or_else(UserMessageSubscriptionSid::new, UserMessageSubscriptionSid::from_u128);
    changed(ask, call, CallChange::Subscribe { sid, callback }).await?;
    let at = ask.app().clock.now();
    Ok(ask.one("UserDefinedMessageSubscription", |w| {
        subscription(w, &ask.shown(), (ask.account.sid, call), sid, at);
    }))
}

async fn unsubscribe(ask: &Ask<'_>) -> Result<Answer> {
    let call = call_sid(ask)?;
    let sid = ask.sid("UserMessageSubscriptionSid")?;
    changed(ask, call, CallChange::Unsubscribe(sid)).await?;
    Ok(Answer::empty())
}

async fn changed(ask: &Ask<'_>, call: CallSid, change: CallChange) -> Result<()> {
    // A call of somebody else is not found here, rather than unknown to live modification.
    ask.app().call(ask.account.sid, call).await?;
    ask.app().modify_call(&ask.account, call, change).await?;
    Ok(())
}

/// The sid that follows from the request's key: the same for the same key, call and thing.
fn keyed(ask: &Ask<'_>, call: CallSid, thing: &str) -> Result<Option<u128>> {
    let Some(key) = ask.params.text("IdempotencyKey") else { return Ok(None) };
    if key.is_empty() || key.chars().count() > KEY_CHARS_MAX {
        return Err(invalid("IdempotencyKey", "must have 1 to 255 characters"));
    }
    let hash = Sha256::digest(format!("{call}/{thing}/{key}"));
    let first: [u8; 16] = hash[..16].try_into().expect("a hash has 32 bytes");
    Ok(Some(u128::from_be_bytes(first)))
}

fn message(w: &mut Writer, (account, call): (AccountSid, CallSid), sid: UserMessageSid, at: Timestamp) {
    w.put("account_sid", account.to_string());
    w.put("call_sid", call.to_string());
    w.put("sid", sid.to_string());
    w.put("date_created", rfc2822(at));
}

fn subscription(
    w: &mut Writer,
    shown: &Shown<'_>,
    (account, call): (AccountSid, CallSid),
    sid: UserMessageSubscriptionSid,
    at: Timestamp,
) {
    w.put("account_sid", account.to_string());
    w.put("call_sid", call.to_string());
    w.put("sid", sid.to_string());
    w.put("date_created", rfc2822(at));
    let path = format_args!("Calls/{call}/UserDefinedMessageSubscriptions/{sid}");
    w.put("uri", shown.uri(account, path));
}

fn message_sample(w: &mut Writer, _: &Shown<'_>) {
    let of = (AccountSid::from_u128(1), CallSid::from_u128(1));
    message(w, of, UserMessageSid::from_u128(1), second());
}

fn subscription_sample(w: &mut Writer, shown: &Shown<'_>) {
    let of = (AccountSid::from_u128(1), CallSid::from_u128(1));
    subscription(w, shown, of, UserMessageSubscriptionSid::from_u128(1), second());
}

fn second() -> Timestamp {
    Timestamp::from_second(1_766_000_000).expect("a second of 2025")
}
