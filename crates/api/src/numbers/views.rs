//! Rented numbers as shown.

use flexio_domain::*;

use crate::ask::Shown;
use crate::dialect::rfc2822;
use crate::write::Writer;

/// URL and method of a webhook; without one the URL is null and the method the default.
pub(crate) fn put_webhook(w: &mut Writer, names: (&str, &str), webhook: Option<&Webhook>) {
    w.put(names.0, webhook.map(|webhook| webhook.url.as_str()));
    put_method(w, names.1, webhook);
}

/// The method of a webhook, `POST` without one.
pub(crate) fn put_method(w: &mut Writer, name: &str, webhook: Option<&Webhook>) {
    w.put(name, webhook.map_or(HttpMethod::Post, |webhook| webhook.method).as_str());
}

/// What a number can do, in the words of the face.
pub(crate) fn put_capabilities(w: &mut Writer, shown: &Shown<'_>, can: Capabilities) {
    let names = if shown.is_twilio() {
        ["voice", "sms", "mms", "fax"]
    } else {
        ["voice_capable", "sms_capable", "mms_capable", "fax_capable"]
    };
    w.object("capabilities", |w| {
        for (name, able) in names.into_iter().zip([can.voice, can.sms, can.mms, can.fax]) {
            w.put(name, able);
        }
    });
}

pub(super) fn number(w: &mut Writer, shown: &Shown<'_>, number: &IncomingNumber) {
    let sid = |sid: Option<ApplicationSid>| sid.map(|sid| sid.to_string());
    w.put("sid", number.sid.to_string());
    w.put("account_sid", number.account_sid.to_string());
    w.put("friendly_name", &number.friendly_name);
    w.put("phone_number", number.number.as_str());
    w.put("date_created", rfc2822(number.created_at));
    w.put("date_updated", rfc2822(number.updated_at));
    w.put("api_version", shown.face.version());
    put_webhook(w, ("voice_url", "voice_method"), number.voice.primary.as_ref());
    put_webhook(w, ("voice_fallback_url", "voice_fallback_method"), number.voice.fallback.as_ref());
    put_webhook(w, ("status_callback", "status_callback_method"), number.status_callback.as_ref());
    w.put("voice_caller_id_lookup", number.voice_caller_id_lookup);
    w.put("tag", number.tag.as_deref());
    w.put("voice_application_sid", sid(number.voice_application_sid));
    put_webhook(w, ("sms_url", "sms_method"), number.sms.primary.as_ref());
    put_webhook(w, ("sms_fallback_url", "sms_fallback_method"), number.sms.fallback.as_ref());
    w.put("sms_application_sid", sid(number.sms_application_sid));
    put_capabilities(w, shown, number.capabilities);
    if shown.is_twilio() {
        twilio_only(w, number);
    } else {
        put_webhook(w, ("refer_url", "refer_method"), number.refer.as_ref());
        w.put("refer_application_sid", sid(number.refer_application_sid));
        crate::porting::put_declaration(w, number.declaration.as_ref());
        w.put("special_use", number.special_use.map(SpecialUse::as_str));
        w.put("dialect", crate::applications::dialect_name(number.dialect));
    }
    w.put("uri", shown.uri(number.account_sid, format_args!("IncomingPhoneNumbers/{}", number.sid)));
}

/// What other platforms' clients look for and this platform has one answer to.
fn twilio_only(w: &mut Writer, number: &IncomingNumber) {
    w.put("address_requirements", "none");
    w.put("beta", false);
    w.put("origin", "hosted");
    w.put("status", "in-use");
    w.put(
        "type",
        match number.number_type {
            NumberType::Local => "local",
            NumberType::Mobile => "mobile",
            NumberType::TollFree => "tollfree",
        },
    );
    w.put("voice_receive_mode", "voice");
    w.put("emergency_status", "Inactive");
    w.put("emergency_address_status", "unregistered");
    for name in ["address_sid", "bundle_sid", "emergency_address_sid", "identity_sid", "trunk_sid"] {
        w.put(name, None::<&str>);
    }
}

pub(super) fn sample(w: &mut Writer, shown: &Shown<'_>) {
    let at = Timestamp::from_second(1_766_000_000).expect("a second of 2025");
    let specimen = IncomingNumber {
        sid: NumberSid::from_u128(1),
        version: 1,
        account_sid: AccountSid::from_u128(1),
        number: "+3225550123".parse().expect("a number"),
        country: "BE".to_owned(),
        number_type: NumberType::Local,
        capabilities: Capabilities { voice: true, sms: true, mms: false, fax: false },
        friendly_name: "Brussels line".to_owned(),
        dialect: Dialect::Rcml,
        voice: WebhookSet {
            primary: Some(Webhook {
                url: "https://app.acme.test/voice".to_owned(),
                method: HttpMethod::Post,
            }),
            fallback: None,
        },
        sms: WebhookSet::default(),
        status_callback: None,
        refer: None,
        voice_application_sid: None,
        sms_application_sid: None,
        refer_application_sid: None,
        voice_caller_id_lookup: false,
        tag: None,
        declaration: None,
        special_use: None,
        created_at: at,
        updated_at: at,
        released_at: None,
    };
    number(w, shown, &specimen);
}
