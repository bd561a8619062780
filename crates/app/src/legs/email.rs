//! A document sends an e-mail.

use flexio_domain::{AccountSid, Call, Email, EmailSid, ErrorCode, Pii, Webhook};
use flexio_markup as markup;
use flexio_voice as voice;

use super::message::webhook;
use crate::error::AppError;
use crate::{App, CreateEmail, EmailOrigin};

/// Codes of the notification series (docs/notifications.md).
const REFUSED: u32 = 14_122;
const NOT_AVAILABLE: u32 = 11_001;

/// Sends the e-mail of an `<Email>` verb of a call's document, as the account of the call.
pub async fn send_email(
    app: &App,
    call: &Call,
    asked: &voice::SendEmail,
) -> Result<voice::MessageAccepted, voice::MessageRefused> {
    let origin = EmailOrigin { call: Some(call.sid), ..EmailOrigin::default() };
    let what = (&asked.email, asked.email.status_callback.as_ref().map(webhook), None);
    match email_of_document(app, call.account_sid, origin, &call.api_version, what).await {
        Ok(sent) => {
            Ok(voice::MessageAccepted { sid: sent.sid.to_string(), status: sent.status.as_str().to_owned() })
        }
        Err((code, text)) => Err(voice::MessageRefused { code, text }),
    }
}

/// Sends what an `<Email>` verb says. Refusals carry the codes of the notification series. The status callback is an absolute URL; a sid
/// that is given names the e-mail, however often it is asked for.
pub async fn email_of_document(
    app: &App,
    account: AccountSid,
    origin: EmailOrigin,
    api_version: &str,
    (email, status_callback, sid): (&markup::Email, Option<Webhook>, Option<EmailSid>),
) -> Result<Email, (u32, String)> {
    let is_html = match email.content_type.as_deref() {
        None => false,
        Some(kind) => is_html(kind)
            .ok_or_else(|| (REFUSED, "contentType is neither text/plain nor text/html".to_owned()))?,
    };
    let recording = match &email.attach_recording {
        Some(text) => {
            Some(text.parse().map_err(|_| (REFUSED, "attachRecording is no recording".to_owned()))?)
        }
        None => None,
    };
    let new = CreateEmail {
        sid,
        from: email.from.clone(),
        to: email.to.clone(),
        cc: email.cc.join(","),
        bcc: email.bcc.join(","),
        subject: email.subject.clone(),
        body: Pii(email.body.clone()),
        is_html,
        invoice: None,
        by_operator: false,
        recording,
        status_callback,
        valid_s: None,
        origin,
        api_version: if api_version == "2012-04-24" { "2012-04-24" } else { "2010-04-01" },
    };
    let refused = |error: AppError| {
        let code = match error.code() {
            ErrorCode::EmailInvalid | ErrorCode::EmailSenderNotAllowed => REFUSED,
            _ => NOT_AVAILABLE,
        };
        (code, error.to_string())
    };
    let account = app.account_now(account).await.map_err(refused)?;
    let account = account.ok_or_else(|| (NOT_AVAILABLE, "the account is gone".to_owned()))?;
    app.create_email(&account, new, &|_| None).await.map_err(refused)
}

/// Whether a media type is HTML; `None` for one that is no text we send.
fn is_html(kind: &str) -> Option<bool> {
    match kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "text/plain" => Some(false),
        "text/html" => Some(true),
        _ => None,
    }
}
