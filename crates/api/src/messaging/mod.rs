//! Twilio's Messaging, version 1: services and their senders (<https://www.twilio.com/docs/messaging/api/service-resource>).

mod senders;
#[cfg(test)]
mod tests;
mod views;

use flexio_app::MessagingServicePatch;
use flexio_domain::*;

use crate::answer::Answer;
use crate::ask::Ask;
use crate::error::Result;
use crate::operation::{Operation, Param, Shows, TWILIO, params, row};
use crate::paging::{Listed, Paged};

pub(crate) use senders::OPERATIONS as SENDERS;

const SERVICES: &str = "v1/Services";
const SERVICE: &str = "v1/Services/{MessagingServiceSid}";
const SHOWN: Shows = Shows::One(views::service_sample);

const PARAMS: &[Param] = params![
    "FriendlyName": "1 to 64 characters; required at creation.",
    "InboundRequestUrl": "Asked on a message to one of the senders. Without it nobody is.",
    "InboundMethod": "GET or POST.",
    "FallbackUrl": "Asked if that fails.",
    "FallbackMethod": "GET or POST.",
    "StatusCallback": "Told of the states of messages that name no URL themselves.",
    "StickySender": "A recipient hears from the sender that wrote first; default `true`.",
    "SmartEncoding": "Typographic characters are replaced where that saves segments; default `true`.",
    "AreaCodeGeomatch": "Of several numbers of the recipient's country the nearest one; default `true`.",
    "ValidityPeriod": "Seconds a message may wait, 1 to 36000 (default).",
    "UseInboundWebhookOnNumber": "Incoming messages go to the number's own URL; default `false`.",
    "MmsConverter": "Kept and shown.",
    "FallbackToLongCode": "Kept and shown.",
    "SynchronousValidation": "Kept and shown.",
    "ScanMessageContent": "`inherit`, `enable` or `disable`; kept and shown.",
    "Usecase": "What it is for: `marketing` makes its messages marketing where they do not say what they are; others are shown only.",
    "QuietHours": "Hours in which its marketing messages wait, such as `20:00-09:00`; empty for those of the account.",
];

pub(crate) const OPERATIONS: &[Operation] = &[
    row!(
        "messaging_services.list",
        Read,
        TWILIO,
        SERVICES,
        "Messaging services, newest first.",
        &[],
        Shows::Many(views::service_sample),
        list
    ),
    row!(
        "messaging_services.create",
        Create,
        TWILIO,
        SERVICES,
        "Makes a messaging service.",
        PARAMS,
        SHOWN,
        create
    ),
    row!("messaging_services.fetch", Read, TWILIO, SERVICE, "One messaging service.", &[], SHOWN, fetch),
    row!(
        "messaging_services.update",
        Update,
        TWILIO,
        SERVICE,
        "Changes a messaging service.",
        PARAMS,
        SHOWN,
        update
    ),
    row!(
        "messaging_services.delete",
        Delete,
        TWILIO,
        SERVICE,
        "Deletes a messaging service; its senders are free.",
        &[],
        Shows::Nothing,
        delete
    ),
];

impl Listed for MessagingService {
    const MEMBERS: (&'static str, &'static str) = ("services", "services");
    const ELEMENTS: (&'static str, &'static str) = ("Services", "Service");
    fn cursor(&self) -> u128 {
        self.sid.as_u128()
    }
}

fn sid(ask: &Ask<'_>) -> Result<MessagingServiceSid> {
    ask.sid("MessagingServiceSid")
}

fn patch(ask: &Ask<'_>) -> Result<MessagingServicePatch> {
    let params = &ask.params;
    Ok(MessagingServicePatch {
        friendly_name: params.get("FriendlyName").map(str::to_owned),
        inbound: params.webhook_patch("InboundRequestUrl", "InboundMethod")?,
        fallback: params.webhook_patch("FallbackUrl", "FallbackMethod")?,
        status_callback: params.webhook_patch("StatusCallback", "StatusCallbackMethod")?,
        sticky_sender: params.boolean("StickySender")?,
        smart_encoding: params.boolean("SmartEncoding")?,
        area_code_geomatch: params.boolean("AreaCodeGeomatch")?,
        validity_s: params.whole("ValidityPeriod", 1..=36_000, ErrorCode::InvalidParameter)?,
        use_inbound_webhook_on_number: params.boolean("UseInboundWebhookOnNumber")?,
        mms_converter: params.boolean("MmsConverter")?,
        fallback_to_long_code: params.boolean("FallbackToLongCode")?,
        synchronous_validation: params.boolean("SynchronousValidation")?,
        scan_message_content: params.owned("ScanMessageContent"),
        usecase: params.owned("Usecase"),
        quiet_hours: params.clearable("QuietHours", ErrorCode::InvalidParameter)?,
    })
}

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let paged = Paged::read::<MessagingService>(ask)?;
    let services = ask.app().messaging_services(ask.account.sid, &paged.query()).await?;
    ask.page(&paged, services, None, |w, service| views::service(w, &ask.shown(), service))
}

async fn create(ask: &Ask<'_>) -> Result<Answer> {
    let answer = |made: &MessagingService| ask.made("Service", |w| views::service(w, &ask.shown(), made));
    let keep = |made: &MessagingService| ask.kept(made.sid, Some(&answer(made)));
    Ok(answer(&ask.app().create_messaging_service(&ask.account, patch(ask)?, &keep).await?))
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let service = ask.app().messaging_service(ask.account.sid, sid(ask)?).await?;
    Ok(ask.one("Service", |w| views::service(w, &ask.shown(), &service)))
}

async fn update(ask: &Ask<'_>) -> Result<Answer> {
    let service = ask.app().update_messaging_service(&ask.account, sid(ask)?, patch(ask)?).await?;
    Ok(ask.one("Service", |w| views::service(w, &ask.shown(), &service)))
}

async fn delete(ask: &Ask<'_>) -> Result<Answer> {
    ask.app().delete_messaging_service(&ask.account, sid(ask)?).await?;
    Ok(Answer::empty())
}
