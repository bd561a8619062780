//! Parameters of rented numbers.

use flexio_app::{NumberPatch, NumberSearch, Pick, WebhookPatch, contains_pattern};
use flexio_domain::{Dialect, E164, ErrorCode, NumberType, SpecialUse};
use flexio_store::NumberFilter;

use crate::Face;
use crate::ask::Ask;
use crate::error::{Result, invalid};
use crate::operation::{Param, params};
use crate::params::one_of;

pub(super) const FILTERS: &[Param] = params![
    "PhoneNumber": "Part of the number; `*` is any digit.",
    "FriendlyName": "Equal.",
    "SortBy": "`DateCreated`, `PhoneNumber` or `FriendlyName`, with `:asc` or `:desc` (classic API).",
];

macro_rules! settings {
    ($($name:literal : $about:literal),* $(,)?) => {
        params![
            $($name: $about,)*
            "FriendlyName": "At most 64 characters.",
            "Dialect": "Language of its documents: `auto`, `rcml` or `twiml`; by default that of the API it is rented through.",
            "VoiceUrl": "Asked on calls.",
            "VoiceMethod": "GET or POST.",
            "VoiceFallbackUrl": "Asked where that fails.",
            "VoiceFallbackMethod": "GET or POST.",
            "VoiceApplicationSid": "Application for calls; wins over the URLs.",
            "VoiceCallerIdLookup": "`true` or `false`.",
            "Tag": "A department or campaign whom the cost of calls to it is shared out to, at most 64 characters; `Usage/Breakdown` sums by it.",
            "DeclarationKind": "What binds the holder to the number's zone: `address` or `nomadic`; required where the operator wants it.",
            "DeclarationText": "The address and where its proof is, or the declaration, 1 to 500 characters.",
            "SmsUrl": "Asked on messages.",
            "SmsMethod": "GET or POST.",
            "SmsFallbackUrl": "Asked where that fails.",
            "SmsFallbackMethod": "GET or POST.",
            "SmsApplicationSid": "Application for messages; wins over the URLs.",
            "StatusCallback": "Told of call states.",
            "StatusCallbackMethod": "GET or POST.",
            "ReferUrl": "Asked when the called phone sends REFER (classic API).",
            "ReferMethod": "GET or POST (classic API).",
            "ReferApplicationSid": "Application for REFER (classic API).",
        ]
    };
}

pub(super) const RENT: &[Param] = settings![
    "PhoneNumber": "The number, E.164.",
    "AreaCode": "Or: any number of this area.",
    "Contains": "Or: any number with these digits.",
];
pub(super) const UPDATE: &[Param] = settings![
    "AccountSid": "New owner, an account in reach.",
    "SpecialUse": "What the operator has registered it for, so that its calls may enter the network abroad over an interface of their own: `nomadic`, `conference-dial-out`, `customer-support` or `direct-marketing`; empty for nothing. Only a parent account may say so.",
];

pub(super) fn filter(ask: &Ask<'_>, number_type: Option<NumberType>) -> Result<NumberFilter> {
    Ok(NumberFilter {
        pattern: ask.params.text("PhoneNumber").map(contains_pattern).transpose()?,
        friendly_name: ask.params.owned("FriendlyName"),
        number_type,
        application: None,
    })
}

pub(super) fn rent(ask: &Ask<'_>) -> Result<(Pick, NumberPatch)> {
    let params = &ask.params;
    if params.boolean("isSIP")? == Some(true) {
        return Err(invalid("isSIP", "is not supported: only numbers of the stock can be rented"));
    }
    let (area_code, contains) = (params.owned("AreaCode"), params.owned("Contains"));
    let pick = if area_code.is_some() || contains.is_some() {
        Pick::Any(NumberSearch { area_code, contains, ..NumberSearch::default() })
    } else {
        let number: Option<E164> = params.parsed("PhoneNumber", ErrorCode::NumberInvalid)?;
        Pick::Number(number.ok_or_else(|| invalid("PhoneNumber", "or AreaCode is missing"))?)
    };
    let mut patch = patch(ask)?;
    patch.dialect = patch.dialect.or(Some(dialect_of(ask.face)));
    Ok((pick, patch))
}

pub(super) fn update(ask: &Ask<'_>) -> Result<NumberPatch> {
    let mut patch = patch(ask)?;
    patch.account_sid = ask.params.parsed("AccountSid", ErrorCode::InvalidParameter)?;
    patch.special_use = match ask.params.get("SpecialUse") {
        None => None,
        Some("") => Some(None),
        Some(text) => Some(one_of("SpecialUse", Some(text), SpecialUse::from_wire)?),
    };
    Ok(patch)
}

fn patch(ask: &Ask<'_>) -> Result<NumberPatch> {
    let params = &ask.params;
    let application = |name| params.clearable(name, ErrorCode::ApplicationInvalid);
    let native = ask.face == Face::Native;
    Ok(NumberPatch {
        friendly_name: params.owned("FriendlyName"),
        dialect: one_of("Dialect", params.text("Dialect"), dialect)?,
        voice: params.webhook_patch("VoiceUrl", "VoiceMethod")?,
        voice_fallback: params.webhook_patch("VoiceFallbackUrl", "VoiceFallbackMethod")?,
        sms: params.webhook_patch("SmsUrl", "SmsMethod")?,
        sms_fallback: params.webhook_patch("SmsFallbackUrl", "SmsFallbackMethod")?,
        status_callback: params.webhook_patch("StatusCallback", "StatusCallbackMethod")?,
        refer: if native {
            params.webhook_patch("ReferUrl", "ReferMethod")?
        } else {
            WebhookPatch::default()
        },
        voice_application_sid: application("VoiceApplicationSid")?,
        sms_application_sid: application("SmsApplicationSid")?,
        refer_application_sid: if native { application("ReferApplicationSid")? } else { None },
        voice_caller_id_lookup: params.boolean("VoiceCallerIdLookup")?,
        tag: params.get("Tag").map(str::to_owned),
        account_sid: None,
        declaration: crate::porting::declaration(ask)?,
        special_use: None,
    })
}

/// The value of a `Dialect` parameter.
pub(crate) fn dialect(text: &str) -> Option<Dialect> {
    match text {
        "auto" => Some(Dialect::Auto),
        "rcml" => Some(Dialect::Rcml),
        "twiml" => Some(Dialect::Twiml),
        _ => None,
    }
}

/// What is made through an API has documents in its language, unless said otherwise.
pub(crate) const fn dialect_of(face: Face) -> Dialect {
    match face {
        Face::Native => Dialect::Rcml,
        Face::Twilio => Dialect::Twiml,
    }
}
