//! Webhooks of a service, and the messaging services that send its codes to a country.

use flexio_app::verify::HookPatch;
use flexio_domain::*;

use super::{service, sid, views::url};
use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::dialect::iso;
use crate::error::{Result, refuse};
use crate::operation::{Operation, Param, Shows, TWILIO, params, row};
use crate::paging::Listed;
use crate::params::one_of;
use crate::write::Writer;

const LIST: &str = "v2/Services/{VerifyServiceSid}/Webhooks";
const ONE: &str = "v2/Services/{VerifyServiceSid}/Webhooks/{VerifyWebhookSid}";
const SENDERS: &str = "v2/Services/{VerifyServiceSid}/MessagingConfigurations";
const SENDER: &str = "v2/Services/{VerifyServiceSid}/MessagingConfigurations/{Country}";
const SHOWN: Shows = Shows::One(sample);
const SHOWN_SENDER: Shows = Shows::One(sender_sample);
const PARAMS: &[Param] = params![
    "FriendlyName": "1 to 64 characters; required at creation.",
    "EventTypes": "Repeated: `*`, `factor.created`, `factor.verified`, `factor.deleted`, `challenge.approved`, `verification.sent`, `verification.approved`, `verification.canceled`; required at creation.",
    "WebhookUrl": "Where to; required at creation.",
    "Status": "`enabled` (default) or `disabled`.",
    "Version": "Only `v2`.",
];
const MESSAGING_SERVICE: &[Param] = params![
    "Country": "ISO 3166 alpha-2 code, or `all`; required at creation.",
    "MessagingServiceSid": "A messaging service of the account; required.",
];

pub(crate) const OPERATIONS: &[Operation] = &[
    row!("verify_webhooks.list", Read, TWILIO, LIST, "Webhooks.", &[], Shows::Many(sample), list),
    row!("verify_webhooks.create", Create, TWILIO, LIST, "Adds a webhook.", PARAMS, SHOWN, create),
    row!("verify_webhooks.fetch", Read, TWILIO, ONE, "One webhook.", &[], SHOWN, fetch),
    row!("verify_webhooks.update", Update, TWILIO, ONE, "Changes a webhook.", PARAMS, SHOWN, update),
    row!("verify_webhooks.delete", Delete, TWILIO, ONE, "Deletes a webhook.", &[], Shows::Nothing, delete),
    row!(
        "messaging_configurations.list",
        Read,
        TWILIO,
        SENDERS,
        "Who sends to which country.",
        &[],
        Shows::Many(sender_sample),
        senders
    ),
    row!(
        "messaging_configurations.create",
        Create,
        TWILIO,
        SENDERS,
        "Says who sends to a country.",
        MESSAGING_SERVICE,
        SHOWN_SENDER,
        create_sender
    ),
    row!(
        "messaging_configurations.fetch",
        Read,
        TWILIO,
        SENDER,
        "Who sends to a country.",
        &[],
        SHOWN_SENDER,
        fetch_sender
    ),
    row!(
        "messaging_configurations.update",
        Update,
        TWILIO,
        SENDER,
        "Changes who sends to a country.",
        MESSAGING_SERVICE,
        SHOWN_SENDER,
        update_sender
    ),
    row!(
        "messaging_configurations.delete",
        Delete,
        TWILIO,
        SENDER,
        "Leaves a country to the platform's sender.",
        &[],
        Shows::Nothing,
        delete_sender
    ),
];

/// A service has few of them: they are all at hand.
impl Listed for VerifyWebhook {
    const MEMBERS: (&'static str, &'static str) = ("webhooks", "webhooks");
    const ELEMENTS: (&'static str, &'static str) = ("Webhooks", "Webhook");
    fn cursor(&self) -> u128 {
        0
    }
}

impl Listed for CountrySender {
    const MEMBERS: (&'static str, &'static str) = ("messaging_configurations", "messaging_configurations");
    const ELEMENTS: (&'static str, &'static str) = ("MessagingConfigurations", "MessagingConfiguration");
    fn cursor(&self) -> u128 {
        0
    }
}

fn patch(ask: &Ask<'_>) -> Result<HookPatch> {
    let events = ask.params.words("EventTypes");
    let status = one_of("Status", ask.params.text("Status"), |text| match text {
        "enabled" => Some(true),
        "disabled" => Some(false),
        _ => None,
    })?;
    if ask.params.text("Version").is_some_and(|version| version != "v2") {
        return Err(refuse(ErrorCode::VerifyInvalid, "Version must be v2."));
    }
    Ok(HookPatch {
        friendly_name: ask.params.owned("FriendlyName"),
        events: (!events.is_empty()).then_some(events),
        webhook: ask.params.webhook("WebhookUrl", "WebhookMethod", ErrorCode::UrlInvalid)?,
        is_enabled: status,
    })
}

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let service = service(ask).await?;
    ask.numbered_page(service.webhooks.clone(), |w, hook| view(w, &ask.shown(), &service, hook))
}

async fn create(ask: &Ask<'_>) -> Result<Answer> {
    let service = service(ask).await?;
    let made = ask.app().add_verify_webhook(&ask.account, service.sid, patch(ask)?).await?;
    Ok(ask.made("Webhook", |w| view(w, &ask.shown(), &service, &made)))
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let (service, wanted) = (service(ask).await?, ask.sid("VerifyWebhookSid")?);
    let hook = service.webhooks.iter().find(|hook| hook.sid == wanted).ok_or(ErrorCode::NotFound)?;
    Ok(ask.one("Webhook", |w| view(w, &ask.shown(), &service, hook)))
}

async fn update(ask: &Ask<'_>) -> Result<Answer> {
    let (service, wanted) = (service(ask).await?, ask.sid("VerifyWebhookSid")?);
    let hook = ask.app().update_verify_webhook(&ask.account, service.sid, wanted, patch(ask)?).await?;
    Ok(ask.one("Webhook", |w| view(w, &ask.shown(), &service, &hook)))
}

async fn delete(ask: &Ask<'_>) -> Result<Answer> {
    ask.app().delete_verify_webhook(&ask.account, sid(ask)?, ask.sid("VerifyWebhookSid")?).await?;
    Ok(Answer::empty())
}

fn view(w: &mut Writer, shown: &Shown<'_>, service: &VerifyService, hook: &VerifyWebhook) {
    w.put("sid", hook.sid.to_string());
    w.put("service_sid", service.sid.to_string());
    w.put("account_sid", service.account_sid.to_string());
    w.put("friendly_name", &hook.friendly_name);
    w.texts("event_types", &hook.events.iter().map(String::as_str).collect::<Vec<_>>());
    w.put("status", if hook.is_enabled { "enabled" } else { "disabled" });
    w.put("version", "v2");
    w.put("webhook_url", &hook.webhook.url);
    w.put("webhook_method", hook.webhook.method.as_str());
    w.put("date_created", iso(hook.created_at));
    w.put("date_updated", iso(hook.updated_at));
    w.put("url", url(shown, format!("Services/{}/Webhooks/{}", service.sid, hook.sid)));
}

async fn senders(ask: &Ask<'_>) -> Result<Answer> {
    let service = service(ask).await?;
    ask.numbered_page(service.senders.clone(), |w, sender| sender_view(w, &ask.shown(), &service, sender))
}

async fn create_sender(ask: &Ask<'_>) -> Result<Answer> {
    set_sender(ask, ask.params.required("Country", ErrorCode::VerifyInvalid)?, true).await
}

async fn update_sender(ask: &Ask<'_>) -> Result<Answer> {
    set_sender(ask, ask.name("Country"), false).await
}

async fn set_sender(ask: &Ask<'_>, country: &str, is_new: bool) -> Result<Answer> {
    let service = service(ask).await?;
    let missing = || refuse(ErrorCode::VerifyInvalid, "MessagingServiceSid is missing.");
    let sender = ask.params.parsed("MessagingServiceSid", ErrorCode::VerifyInvalid)?.ok_or_else(missing)?;
    let set = ask.app().set_country_sender(&ask.account, service.sid, country, sender, is_new).await?;
    let view = |w: &mut Writer| sender_view(w, &ask.shown(), &service, &set);
    let element = "MessagingConfiguration";
    Ok(if is_new { ask.made(element, view) } else { ask.one(element, view) })
}

async fn fetch_sender(ask: &Ask<'_>) -> Result<Answer> {
    let (service, country) = (service(ask).await?, ask.name("Country"));
    let found = service.senders.iter().find(|sender| sender.country == country).ok_or(ErrorCode::NotFound)?;
    Ok(ask.one("MessagingConfiguration", |w| sender_view(w, &ask.shown(), &service, found)))
}

async fn delete_sender(ask: &Ask<'_>) -> Result<Answer> {
    ask.app().delete_country_sender(&ask.account, sid(ask)?, ask.name("Country")).await?;
    Ok(Answer::empty())
}

fn sender_view(w: &mut Writer, shown: &Shown<'_>, service: &VerifyService, sender: &CountrySender) {
    w.put("account_sid", service.account_sid.to_string());
    w.put("service_sid", service.sid.to_string());
    w.put("country", &sender.country);
    w.put("messaging_service_sid", sender.messaging_service_sid.to_string());
    w.put("date_created", iso(sender.created_at));
    w.put("date_updated", iso(sender.updated_at));
    let (service, country) = (service.sid, &sender.country);
    w.put("url", url(shown, format!("Services/{service}/MessagingConfigurations/{country}")));
}

fn sample(w: &mut Writer, shown: &Shown<'_>) {
    let at = Timestamp::UNIX_EPOCH;
    let hook = VerifyWebhook {
        sid: VerifyWebhookSid::from_u128(1),
        friendly_name: "events".to_owned(),
        events: vec!["*".to_owned()],
        webhook: Webhook { url: "https://app.example.be/verify".to_owned(), method: HttpMethod::Post },
        is_enabled: true,
        created_at: at,
        updated_at: at,
    };
    view(w, shown, &super::views::service_specimen(), &hook);
}

fn sender_sample(w: &mut Writer, shown: &Shown<'_>) {
    let at = Timestamp::UNIX_EPOCH;
    let messaging_service_sid = MessagingServiceSid::from_u128(1);
    let country = "BE".to_owned();
    let sender = CountrySender { country, messaging_service_sid, created_at: at, updated_at: at };
    sender_view(w, shown, &super::views::service_specimen(), &sender);
}
