//! Parameters of applications.

use flexio_app::ApplicationPatch;
use flexio_domain::{ApplicationKind, ErrorCode};

use crate::Face;
use crate::ask::Ask;
use crate::error::Result;
use crate::numbers::dialect;
use crate::operation::{Param, params};
use crate::params::one_of;

pub(super) const PARAMS: &[Param] = params![
    "FriendlyName": "At most 64 characters; required natively.",
    "Dialect": "Language of its documents: `auto`, `rcml` or `twiml`; by default that of the API it is made through.",
    "RcmlUrl": "Document (classic API): for calls, or for messages where `Kind` is `sms`.",
    "Kind": "`voice`, `sms` or `ussd` (classic API).",
    "VoiceCallerIdLookup": "`true` or `false`; also as `HasVoiceCallerIdLookup`.",
    "VoiceUrl": "Asked on calls.",
    "VoiceMethod": "GET or POST.",
    "VoiceFallbackUrl": "Asked where that fails.",
    "VoiceFallbackMethod": "GET or POST.",
    "SmsUrl": "Asked on messages.",
    "SmsMethod": "GET or POST.",
    "SmsFallbackUrl": "Asked where that fails.",
    "SmsFallbackMethod": "GET or POST.",
    "StatusCallback": "Told of call states.",
    "StatusCallbackMethod": "GET or POST.",
    "MessageStatusCallback": "Told of message states; also as `SmsStatusCallback`.",
];

pub(super) fn create(ask: &Ask<'_>) -> Result<ApplicationPatch> {
    if ask.face == Face::Native {
        ask.params.required("FriendlyName", ErrorCode::InvalidParameter)?;
    }
    let mut patch = patch(ask)?;
    patch.dialect = patch.dialect.or(Some(crate::numbers::dialect_of(ask.face)));
    Ok(patch)
}

pub(super) fn patch(ask: &Ask<'_>) -> Result<ApplicationPatch> {
    let params = &ask.params;
    let sms_status = match params.get("MessageStatusCallback") {
        Some(_) => "MessageStatusCallback",
        None => "SmsStatusCallback",
    };
    let lookup = params.boolean("HasVoiceCallerIdLookup")?;
    Ok(ApplicationPatch {
        friendly_name: params.owned("FriendlyName"),
        kind: one_of("Kind", params.text("Kind"), kind)?,
        dialect: one_of("Dialect", params.text("Dialect"), dialect)?,
        rcml: params.webhook_patch("RcmlUrl", "RcmlMethod")?,
        voice: params.webhook_patch("VoiceUrl", "VoiceMethod")?,
        voice_fallback: params.webhook_patch("VoiceFallbackUrl", "VoiceFallbackMethod")?,
        sms: params.webhook_patch("SmsUrl", "SmsMethod")?,
        sms_fallback: params.webhook_patch("SmsFallbackUrl", "SmsFallbackMethod")?,
        status_callback: params.webhook_patch("StatusCallback", "StatusCallbackMethod")?,
        sms_status_callback: params.webhook_patch(sms_status, "SmsStatusCallbackMethod")?,
        voice_caller_id_lookup: params.boolean("VoiceCallerIdLookup")?.or(lookup),
    })
}

fn kind(text: &str) -> Option<ApplicationKind> {
    match text {
        "voice" => Some(ApplicationKind::Voice),
        "sms" => Some(ApplicationKind::Sms),
        "ussd" => Some(ApplicationKind::Ussd),
        _ => None,
    }
}
