//! A request to the application of a call, sent again.

use flexio_app::{ResendOf, WebhookAnswer};

use super::call_sid;
use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::error::{Result, invalid};
use crate::handle::slow_down;
use crate::operation::{NATIVE, Operation, Shows, params, row};
use crate::write::Writer;

pub(super) const OPERATION: Operation = row!(
    "call_requests.resend",
    Update,
    NATIVE,
    "Accounts/{AccountSid}/Calls/{CallSid}/Timeline/Resend",
    "Sends a request of a call to its application again, signed anew, and shows the answer. Nothing of the call changes.",
    params![
        "Sequence": "Of a `request` in the timeline.",
        "CallbackSid": "Of a `callback` in the timeline; one of the two is required.",
    ],
    Shows::One(sample),
    resend
);

async fn resend(ask: &Ask<'_>) -> Result<Answer> {
    let call = call_sid(ask)?;
    let of = match (ask.params.text("Sequence"), ask.params.text("CallbackSid")) {
        (Some(number), None) => {
            ResendOf::Document(number.parse().map_err(|_| invalid("Sequence", "must be a number"))?)
        }
        (None, Some(sid)) => ResendOf::Callback(
            sid.parse().map_err(|_| invalid("CallbackSid", "must be the sid of a callback"))?,
        ),
        (None, None) | (Some(_), Some(_)) => {
            return Err(invalid("Sequence", "or CallbackSid must be given, not both"));
        }
    };
    ask.api.resends.take(ask.account.sid.as_u128(), ask.app().clock.now()).map_err(slow_down)?;
    let answer = ask.app().resend(&ask.account, call, of).await?;
    Ok(ask.one("Resent", |w| view(w, &answer)))
}

fn view(w: &mut Writer, answer: &WebhookAnswer) {
    w.put("status", answer.status.map(u32::from));
    w.put("error", answer.error.as_deref());
    w.put("duration_ms", i64::try_from(answer.duration_ms).unwrap_or(i64::MAX));
    w.put("content_type", answer.content_type.as_deref());
    w.put("body", answer.body.as_deref());
}

fn sample(w: &mut Writer, _: &Shown<'_>) {
    let answer = WebhookAnswer {
        status: Some(200),
        error: None,
        duration_ms: 41,
        content_type: Some("text/xml".to_owned()),
        body: Some("<Response><Say>Hello</Say></Response>".to_owned()),
    };
    view(w, &answer);
}
