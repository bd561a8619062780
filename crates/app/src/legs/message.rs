//! A call's document sends a message.

use flexio_domain::{Address, Call, ErrorCode, MessageDirection, Pii, Webhook};
use flexio_voice as voice;

use super::credit::stops_spending;
use crate::error::AppError;
use crate::{App, CreateMessage};

/// Sends the message of an `<Sms>` or `<Message>` verb, as the account of the call.
///
/// The refusals carry the codes of the notification series: 14101 recipient, 14102 sender, 14103 text.
pub async fn send_message(
    app: &App,
    call: &Call,
    message: &voice::SendMessage,
) -> Result<voice::MessageAccepted, voice::MessageRefused> {
    let (from, to) = (read(&message.from, 14_102)?, read(&message.to, 14_101)?);
    let version = if call.api_version == "2012-04-24" { "2012-04-24" } else { "2010-04-01" };
    let body = Pii(message.body.clone());
    let new = CreateMessage {
        media: message.media.clone(),
        status_callback: message.status_callback.as_ref().map(webhook),
        shared_fallback: true,
        ..CreateMessage::new(from, to, body, MessageDirection::OutboundCall, version)
    };
    let account = app.account_now(call.account_sid).await.map_err(|error| refusal(&error))?;
    let account = account.ok_or_else(|| refusal(&ErrorCode::AccountNotActive.into()))?;
    let sent = app.create_message(&account, new, &|_| None).await.map_err(|error| refusal(&error))?;
    Ok(voice::MessageAccepted { sid: sent.sid.to_string(), status: sent.status.as_str().to_owned() })
}

fn read(text: &str, code: u32) -> Result<Address, voice::MessageRefused> {
    text.parse()
        .map_err(|_| voice::MessageRefused { code, text: "not an address a message can have".to_owned() })
}

pub(super) fn webhook(target: &flexio_markup::Target) -> Webhook {
    let method = match target.method {
        flexio_markup::Method::Get => flexio_domain::HttpMethod::Get,
        flexio_markup::Method::Post => flexio_domain::HttpMethod::Post,
    };
    Webhook { url: target.url.clone(), method }
}

fn refusal(error: &AppError) -> voice::MessageRefused {
    let code = match error.code() {
        ErrorCode::BodyMissing | ErrorCode::BodyTooLong => 14_103,
        ErrorCode::SenderNotCapable | ErrorCode::MessageFromMissing | ErrorCode::FromInvalid => 14_102,
        ErrorCode::ToNotMobile | ErrorCode::ToEqualsFrom | ErrorCode::ToInvalid | ErrorCode::NoRoute => {
            14_101
        }
        code @ (ErrorCode::OptedOut | ErrorCode::EmergencyNotOpen) => code.number(),
        code if stops_spending(code) => code.number(),
        _ => 11_001,
    };
    voice::MessageRefused { code, text: error.to_string() }
}
