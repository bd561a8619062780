//! Parameters of clients.

use flexio_app::ClientPatch;
use flexio_domain::{ErrorCode, Pii};

use crate::ask::Ask;
use crate::emergency::with_emergency;
use crate::error::Result;
use crate::numbers::{dialect, dialect_of};
use crate::operation::Param;
use crate::params::one_of;

pub(super) const CREATE: &[Param] = with_emergency![
    "Login": "User part of its SIP address, unique in the installation; required.",
    "Password": "At least 8 characters with upper and lower case, a digit and a special character; required. Kept as digests only.",
    "FriendlyName": "At most 64 characters; by default the login.",
    "Status": "`1` enabled (default), `0` disabled.",
    "Dialect": "Language of its documents: `auto`, `rcml` (default) or `twiml`.",
    "VoiceUrl": "Document that is run when the client places a call.",
    "VoiceMethod": "GET or POST.",
    "VoiceFallbackUrl": "Asked where that fails.",
    "VoiceFallbackMethod": "GET or POST.",
    "VoiceApplicationSid": "Application that wins over the URLs.",
    "IsPushEnabled": "`true` or `false`; kept, not acted on.",
];

pub(super) const UPDATE: &[Param] = with_emergency![
    "Password": "New password.",
    "FriendlyName": "At most 64 characters.",
    "Status": "`1` enabled, `0` disabled.",
    "Dialect": "`auto`, `rcml` or `twiml`.",
    "VoiceUrl": "Document that is run when the client places a call.",
    "VoiceMethod": "GET or POST.",
    "VoiceFallbackUrl": "Asked where that fails.",
    "VoiceFallbackMethod": "GET or POST.",
    "VoiceApplicationSid": "Application that wins over the URLs.",
    "IsPushEnabled": "`true` or `false`.",
];

pub(super) fn create<'a>(ask: &'a Ask<'_>) -> Result<(&'a str, ClientPatch)> {
    let login = ask.params.required("Login", ErrorCode::InvalidParameter)?;
    ask.params.required("Password", ErrorCode::InvalidParameter)?;
    let mut patch = patch(ask)?;
    patch.dialect = patch.dialect.or(Some(dialect_of(ask.face)));
    Ok((login, patch))
}

pub(super) fn patch(ask: &Ask<'_>) -> Result<ClientPatch> {
    let params = &ask.params;
    let enabled = one_of("Status", params.text("Status"), |text| match text {
        "1" => Some(true),
        "0" => Some(false),
        _ => None,
    })?;
    Ok(ClientPatch {
        friendly_name: params.owned("FriendlyName"),
        password: params.owned("Password").map(Pii),
        enabled,
        dialect: one_of("Dialect", params.text("Dialect"), dialect)?,
        voice: params.webhook_patch("VoiceUrl", "VoiceMethod")?,
        voice_fallback: params.webhook_patch("VoiceFallbackUrl", "VoiceFallbackMethod")?,
        voice_application_sid: params.clearable("VoiceApplicationSid", ErrorCode::ApplicationInvalid)?,
        push_enabled: params.boolean("IsPushEnabled")?,
        emergency_address: crate::emergency::patch(params),
    })
}
