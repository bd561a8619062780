//! Services and senders as Twilio's Messaging writes them.

use flexio_domain::*;

use crate::ask::Shown;
use crate::dialect::iso;
use crate::write::Writer;

/// A row of a list of senders.
pub(super) trait SenderOf {
    fn sender(&self) -> &ServiceSender;
}

fn url(shown: &Shown<'_>, rest: impl std::fmt::Display) -> String {
    format!("{}/v1/Services/{rest}", shown.base)
}

fn put_webhook(w: &mut Writer, names: (&str, &str), webhook: Option<&Webhook>) {
    w.put(names.0, webhook.map(|webhook| webhook.url.as_str()));
    w.put(names.1, webhook.map_or("POST", |webhook| webhook.method.as_str()));
}

pub(super) fn service(w: &mut Writer, shown: &Shown<'_>, service: &MessagingService) {
    let sid = service.sid;
    w.put("sid", sid.to_string());
    w.put("account_sid", service.account_sid.to_string());
    w.put("friendly_name", &service.friendly_name);
    put_webhook(w, ("inbound_request_url", "inbound_method"), service.inbound.primary.as_ref());
    put_webhook(w, ("fallback_url", "fallback_method"), service.inbound.fallback.as_ref());
    w.put("status_callback", service.status_callback.as_ref().map(|webhook| webhook.url.as_str()));
    w.put("sticky_sender", service.sticky_sender);
    w.put("smart_encoding", service.smart_encoding);
    w.put("area_code_geomatch", service.area_code_geomatch);
    w.put("validity_period", service.validity_s);
    w.put("use_inbound_webhook_on_number", service.use_inbound_webhook_on_number);
    w.put("mms_converter", service.mms_converter);
    w.put("fallback_to_long_code", service.fallback_to_long_code);
    w.put("synchronous_validation", service.synchronous_validation);
    w.put("scan_message_content", &service.scan_message_content);
    w.put("usecase", &service.usecase);
    // Beyond the documented properties, so shown only where it says something.
    if let Some(hours) = service.quiet_hours {
        w.put("quiet_hours", hours.to_string());
    }
    w.put("us_app_to_person_registered", false);
    w.put("date_created", iso(service.created_at));
    w.put("date_updated", iso(service.updated_at));
    w.put("url", url(shown, sid));
    w.object("links", |w| {
        for (name, path) in [
            ("phone_numbers", "PhoneNumbers"),
            ("short_codes", "ShortCodes"),
            ("alpha_senders", "AlphaSenders"),
        ] {
            w.put(name, url(shown, format_args!("{sid}/{path}")));
        }
    });
}

pub(super) fn sender(w: &mut Writer, shown: &Shown<'_>, sender: &ServiceSender) {
    w.put("sid", sender.sid.to_string());
    w.put("account_sid", sender.account_sid.to_string());
    w.put("service_sid", sender.service_sid.to_string());
    let (name, path) = match sender.sid {
        SenderSid::Number(_) => ("phone_number", "PhoneNumbers"),
        SenderSid::ShortCode(_) => ("short_code", "ShortCodes"),
        SenderSid::Alpha(_) => ("alpha_sender", "AlphaSenders"),
    };
    w.put(name, sender.address.to_string());
    if !matches!(sender.sid, SenderSid::Alpha(_)) {
        w.put("country_code", sender.country.as_ref());
    }
    w.texts("capabilities", &["SMS"]);
    w.put("date_created", iso(sender.created_at));
    w.put("date_updated", iso(sender.created_at));
    w.put("url", url(shown, format_args!("{}/{path}/{}", sender.service_sid, sender.sid)));
}

fn moment() -> Timestamp {
    Timestamp::from_second(1_766_000_000).expect("a second of 2025")
}

pub(super) fn service_sample(w: &mut Writer, shown: &Shown<'_>) {
    let hook = |url: &str| Webhook { url: url.to_owned(), method: HttpMethod::Post };
    let specimen = MessagingService {
        sid: MessagingServiceSid::from_u128(1),
        version: 1,
        account_sid: AccountSid::from_u128(1),
        friendly_name: "Shop".to_owned(),
        inbound: WebhookSet {
            primary: Some(hook("https://shop.example/sms")),
            fallback: Some(hook("https://shop.example/fallback")),
        },
        status_callback: Some(hook("https://shop.example/status")),
        sticky_sender: true,
        smart_encoding: true,
        area_code_geomatch: true,
        validity_s: 36_000,
        use_inbound_webhook_on_number: false,
        mms_converter: true,
        fallback_to_long_code: true,
        synchronous_validation: false,
        scan_message_content: "inherit".to_owned(),
        usecase: "undeclared".to_owned(),
        quiet_hours: None,
        created_at: moment(),
        updated_at: moment(),
    };
    service(w, shown, &specimen);
}

fn sample(w: &mut Writer, shown: &Shown<'_>, sid: SenderSid, address: &str, country: Option<&str>) {
    let specimen = ServiceSender {
        sid,
        service_sid: MessagingServiceSid::from_u128(1),
        account_sid: AccountSid::from_u128(1),
        address: address.parse().expect("an address"),
        country: country.map(str::to_owned),
        created_at: moment(),
    };
    sender(w, shown, &specimen);
}

pub(super) fn number_sample(w: &mut Writer, shown: &Shown<'_>) {
    sample(w, shown, SenderSid::Number(NumberSid::from_u128(1)), "+3225550101", Some("BE"));
}

pub(super) fn code_sample(w: &mut Writer, shown: &Shown<'_>) {
    sample(w, shown, SenderSid::ShortCode(ShortCodeSid::from_u128(1)), "8640", Some("BE"));
}

pub(super) fn alpha_sample(w: &mut Writer, shown: &Shown<'_>) {
    sample(w, shown, SenderSid::Alpha(AlphaSenderSid::from_u128(1)), "Acme", None);
}
