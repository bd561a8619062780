//! Applications as shown.

use flexio_domain::*;

use crate::ask::Shown;
use crate::dialect::rfc2822;
use crate::numbers::{put_method, put_webhook};
use crate::write::Writer;

pub(super) fn application(w: &mut Writer, shown: &Shown<'_>, application: &Application) {
    w.put("sid", application.sid.to_string());
    w.put("date_created", rfc2822(application.created_at));
    w.put("date_updated", rfc2822(application.updated_at));
    w.put("account_sid", application.account_sid.to_string());
    w.put("friendly_name", &application.friendly_name);
    w.put("api_version", shown.face.version());
    w.put("voice_caller_id_lookup", application.voice_caller_id_lookup);
    if shown.is_twilio() {
        put_webhook(w, ("voice_url", "voice_method"), application.voice.primary.as_ref());
        put_webhook(w, ("voice_fallback_url", "voice_fallback_method"), application.voice.fallback.as_ref());
        put_webhook(w, ("sms_url", "sms_method"), application.sms.primary.as_ref());
        put_webhook(w, ("sms_fallback_url", "sms_fallback_method"), application.sms.fallback.as_ref());
        put_webhook(w, ("status_callback", "status_callback_method"), application.status_callback.as_ref());
        let told = application.sms_status_callback.as_ref().map(|webhook| webhook.url.as_str());
        w.put("sms_status_callback", told);
        w.put("message_status_callback", told);
        w.put("public_application_connect_enabled", false);
    } else {
        let rcml = match application.kind {
            Some(ApplicationKind::Sms) => &application.sms,
            Some(ApplicationKind::Voice | ApplicationKind::Ussd) | None => &application.voice,
        };
        w.put("rcml_url", rcml.primary.as_ref().map(|webhook| webhook.url.as_str()));
        put_method(w, "rcml_method", rcml.primary.as_ref());
        w.put("kind", application.kind.map(kind));
        w.put("dialect", dialect(application.dialect));
    }
    w.put("uri", shown.uri(application.account_sid, format_args!("Applications/{}", application.sid)));
}

/// The numbers bound to the application, out of those of all that are shown.
pub(super) fn numbers(w: &mut Writer, application: &Application, numbers: &[IncomingNumber]) {
    let own = Some(application.sid);
    let bound: Vec<&IncomingNumber> = numbers
        .iter()
        .filter(|number| number.voice_application_sid == own || number.sms_application_sid == own)
        .collect();
    w.list("numbers", "Number", &bound, |w, number| {
        w.put("sid", number.sid.to_string());
        w.put("friendly_name", &number.friendly_name);
        w.put("phone_number", number.number.as_str());
        w.put("voice_application_sid", number.voice_application_sid.map(|sid| sid.to_string()));
        w.put("sms_application_sid", number.sms_application_sid.map(|sid| sid.to_string()));
        w.put("ussd_application_sid", None::<&str>);
    });
}

const fn kind(kind: ApplicationKind) -> &'static str {
    match kind {
        ApplicationKind::Voice => "voice",
        ApplicationKind::Sms => "sms",
        ApplicationKind::Ussd => "ussd",
    }
}

/// As in the `Dialect` parameter.
pub(crate) const fn dialect(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Auto => "auto",
        Dialect::Rcml => "rcml",
        Dialect::Twiml => "twiml",
    }
}

pub(super) fn sample(w: &mut Writer, shown: &Shown<'_>) {
    let at = Timestamp::from_second(1_766_000_000).expect("a second of 2025");
    let webhook = Webhook { url: "https://app.acme.test/voice".to_owned(), method: HttpMethod::Post };
    let specimen = Application {
        sid: ApplicationSid::from_u128(1),
        version: 1,
        account_sid: AccountSid::from_u128(1),
        friendly_name: "Front desk".to_owned(),
        kind: Some(ApplicationKind::Voice),
        dialect: Dialect::Rcml,
        voice: WebhookSet { primary: Some(webhook), fallback: None },
        sms: WebhookSet::default(),
        status_callback: None,
        sms_status_callback: None,
        voice_caller_id_lookup: false,
        created_at: at,
        updated_at: at,
    };
    application(w, shown, &specimen);
}
