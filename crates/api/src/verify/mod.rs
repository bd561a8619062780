//! Twilio's Verify, version 2: services, verifications and their checks, rate limits, attempts
//! (<https://www.twilio.com/docs/verify/api>). Smart 2FA ([`crate::twofa`]) stands on the same use cases.

mod attempts;
mod challenges;
mod factors;
mod guard;
#[cfg(test)]
mod guard_tests;
mod hooks;
mod limits;
mod safe_list;
mod templates;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod text_tests;
pub(crate) mod views;

use std::net::IpAddr;

use flexio_app::verify::{
    CodeRecipient, EmailWords, StartVerification, TemplateUse, VerifyServicePatch, VerifyText, Which,
    checked_text_name,
};
use flexio_domain::*;
use flexio_verify::life;

use crate::answer::Answer;
use crate::ask::Ask;
use crate::error::{Result, refuse};
use crate::operation::{Operation, Param, Shows, TWILIO, params, row};
use crate::paging::{Listed, Paged};

pub(crate) use attempts::OPERATIONS as ATTEMPTS;
pub(crate) use challenges::OPERATIONS as CHALLENGES;
pub(crate) use factors::OPERATIONS as FACTORS;
pub(crate) use guard::OPERATIONS as GUARD;
pub(crate) use hooks::OPERATIONS as HOOKS;
pub(crate) use limits::OPERATIONS as LIMITS;
pub(crate) use safe_list::OPERATIONS as SAFE_LIST;
pub(crate) use templates::OPERATIONS as TEMPLATES;

const SERVICES: &str = "v2/Services";
const SERVICE: &str = "v2/Services/{VerifyServiceSid}";
const VERIFICATIONS: &str = "v2/Services/{VerifyServiceSid}/Verifications";
const VERIFICATION: &str = "v2/Services/{VerifyServiceSid}/Verifications/{VerificationSid}";
const CHECK: &str = "v2/Services/{VerifyServiceSid}/VerificationCheck";
const SHOWN: Shows = Shows::One(views::service_sample);
const SHOWN_VERIFICATION: Shows = Shows::One(views::verification_sample);

const SERVICE_PARAMS: &[Param] = params![
    "FriendlyName": "Named in the text; 1 to 30 characters, at most four digits; required at creation.",
    "CodeLength": "Digits of a code, 4 to 10; default 6.",
    "LookupEnabled": "Whether verifications tell the kind of their number's line (`lookup.carrier.type`), as the numbering data have it; carriers are not asked.",
    "SkipSmsToLandlines": "`true` or `false`; landlines are refused in any case.",
    "DtmfInputRequired": "Whether a call says the code only once a key was pressed, and ends without one.",
    "TtsName": "Spoken instead of the friendly name.",
    "CustomCodeEnabled": "Whether requests may bring their own code.",
    "DoNotShareWarningEnabled": "Whether the text warns not to pass the code on.",
    "Psd2Enabled": "Whether requests may name a payee and an amount.",
    "DefaultTemplateSid": "A template whose words are sent where a request names none; empty for ours.",
    "Totp.Issuer": "Name in the apps of new factors; the friendly name otherwise.",
    "Totp.TimeStep": "Seconds a code of new factors is shown, 20 to 60; default 30.",
    "Totp.CodeLength": "Digits of a code of new factors, 3 to 8; default 6.",
    "Totp.Skew": "Codes before and after the present one that new factors take, 0 to 2; default 1.",
];

const START: &[Param] = params![
    "To": "Number in E.164 form, or an e-mail address; required.",
    "Channel": "`sms`, `call` or `email`; required.",
    "ChannelConfiguration": "For an e-mail, JSON object: `from`, `from_name`, `substitutions.subject`.",
    "Locale": "Language of the text: `en`, `nl`, `fr`, `de`; others get English.",
    "CustomFriendlyName": "Name in the text instead of the service's.",
    "CustomCode": "4 to 10 digits, if the service takes them.",
    "Amount": "What is paid, with Payee, if the service takes payments.",
    "Payee": "Who is paid.",
    "RateLimits": "JSON object: the unique names of rate limits of the service, and the values to count by.",
    "TemplateSid": "A template instead of our words.",
    "TemplateCustomSubstitutions": "JSON object: what stands in the template's own places.",
    "SendDigits": "Keys a call presses once it is answered: digits, `*`, `#`, `w` for half a second.",
    "AppHash": "Eleven characters by which an Android app knows its message.",
    "DeviceIp": "Address of the end user; the guard counts by it.",
    "Tag": "A department or campaign whom its cost is shared out to, at most 64 characters; `Usage/Breakdown` sums by it.",
];

const CHECKING: &[Param] = params![
    "Code": "What the person typed; required.",
    "To": "Whose code it is; this or VerificationSid is required.",
    "VerificationSid": "Which verification.",
    "Amount": "As in the request.",
    "Payee": "As in the request.",
];

pub(crate) const OPERATIONS: &[Operation] = &[
    row!(
        "verify_services.list",
        Read,
        TWILIO,
        SERVICES,
        "Services.",
        &[],
        Shows::Many(views::service_sample),
        list
    ),
    row!(
        "verify_services.create",
        Create,
        TWILIO,
        SERVICES,
        "Makes a service.",
        SERVICE_PARAMS,
        SHOWN,
        create
    ),
    row!("verify_services.fetch", Read, TWILIO, SERVICE, "One service.", &[], SHOWN, fetch),
    row!(
        "verify_services.update",
        Update,
        TWILIO,
        SERVICE,
        "Changes a service.",
        SERVICE_PARAMS,
        SHOWN,
        update
    ),
    row!(
        "verify_services.delete",
        Delete,
        TWILIO,
        SERVICE,
        "Deletes a service.",
        &[],
        Shows::Nothing,
        delete
    ),
    row!(
        "verifications.create",
        Create,
        TWILIO,
        VERIFICATIONS,
        "Sends a code, or sends the pending one's next.",
        START,
        SHOWN_VERIFICATION,
        start
    ),
    row!(
        "verifications.fetch",
        Read,
        TWILIO,
        VERIFICATION,
        "One verification, by its sid or its pending number or address.",
        &[],
        SHOWN_VERIFICATION,
        fetch_verification
    ),
    row!(
        "verifications.update",
        Update,
        TWILIO,
        VERIFICATION,
        "Ends a pending verification.",
        params!["Status": "`canceled` or `approved`; required."],
        SHOWN_VERIFICATION,
        end
    ),
    row!(
        "verification_checks.create",
        Update,
        TWILIO,
        CHECK,
        "Checks a code.",
        CHECKING,
        Shows::One(views::check_sample),
        check
    ),
];

impl Listed for VerifyService {
    const MEMBERS: (&'static str, &'static str) = ("services", "services");
    const ELEMENTS: (&'static str, &'static str) = ("Services", "Service");
    fn cursor(&self) -> u128 {
        self.sid.as_u128()
    }
}

fn sid(ask: &Ask<'_>) -> Result<VerifyServiceSid> {
    ask.sid("VerifyServiceSid")
}

fn patch(ask: &Ask<'_>) -> Result<VerifyServicePatch> {
    let length = ask.params.whole("CodeLength", 4..=10, ErrorCode::VerifyInvalid)?;
    Ok(VerifyServicePatch {
        friendly_name: ask.params.get("FriendlyName").map(str::to_owned),
        code_length: length.map(|length| u8::try_from(length).unwrap_or(u8::MAX)),
        lookup_enabled: ask.params.boolean("LookupEnabled")?,
        skip_sms_to_landlines: ask.params.boolean("SkipSmsToLandlines")?,
        dtmf_input_required: ask.params.boolean("DtmfInputRequired")?,
        tts_name: ask.params.get("TtsName").map(str::to_owned),
        custom_code_enabled: ask.params.boolean("CustomCodeEnabled")?,
        do_not_share_warning_enabled: ask.params.boolean("DoNotShareWarningEnabled")?,
        psd2_enabled: ask.params.boolean("Psd2Enabled")?,
        default_template_sid: ask.params.clearable("DefaultTemplateSid", ErrorCode::VerifyInvalid)?,
        totp_issuer: ask.params.get("Totp.Issuer").map(str::to_owned),
        totp: factors::totp(ask, "Totp")?,
    })
}

/// The service of the path.
async fn service(ask: &Ask<'_>) -> Result<VerifyService> {
    Ok(ask.app().verify_service(ask.account.sid, sid(ask)?).await?)
}

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let paged = Paged::read::<VerifyService>(ask)?;
    let services = ask.app().verify_services(ask.account.sid, &paged.query()).await?;
    ask.page(&paged, services, None, |w, service| views::service(w, &ask.shown(), service))
}

async fn create(ask: &Ask<'_>) -> Result<Answer> {
    let answer = |made: &VerifyService| ask.made("Service", |w| views::service(w, &ask.shown(), made));
    let keep = |made: &VerifyService| ask.kept(made.sid, Some(&answer(made)));
    Ok(answer(&ask.app().create_verify_service(&ask.account, patch(ask)?, &keep).await?))
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let service = service(ask).await?;
    Ok(ask.one("Service", |w| views::service(w, &ask.shown(), &service)))
}

async fn update(ask: &Ask<'_>) -> Result<Answer> {
    let service = ask.app().update_verify_service(&ask.account, sid(ask)?, patch(ask)?).await?;
    Ok(ask.one("Service", |w| views::service(w, &ask.shown(), &service)))
}

async fn delete(ask: &Ask<'_>) -> Result<Answer> {
    ask.app().delete_verify_service(&ask.account, sid(ask)?).await?;
    Ok(Answer::empty())
}

/// A recipient of a channel: a number in E.164 form, or an e-mail address.
pub(crate) fn recipient(channel: VerifyChannel, text: Option<&str>) -> Result<CodeRecipient> {
    let text = text.ok_or_else(|| refuse(ErrorCode::VerifyInvalid, "To is missing."))?;
    match channel {
        VerifyChannel::Sms | VerifyChannel::Call => text
            .parse()
            .map(CodeRecipient::Number)
            .map_err(|_| refuse(ErrorCode::VerifyInvalid, "To is not a number in E.164 form.")),
        VerifyChannel::Email => text
            .parse()
            .map(CodeRecipient::Email)
            .map_err(|_| refuse(ErrorCode::VerifyInvalid, "To is not an e-mail address.")),
    }
}

/// Whose code it is: what has an `@` is an e-mail address.
pub(crate) fn holder(text: Option<&str>) -> Result<CodeRecipient> {
    let is_address = text.is_some_and(|text| text.contains('@'));
    recipient(if is_address { VerifyChannel::Email } else { VerifyChannel::Sms }, text)
}

/// A channel there is.
pub(crate) fn channel(text: &str) -> Result<VerifyChannel> {
    VerifyChannel::from_wire(text)
        .ok_or_else(|| refuse(ErrorCode::VerifyChannelOff, "Channel must be sms, call or email."))
}

/// What Twilio's libraries say of an e-mail: `ChannelConfiguration`, a JSON object with `from`, `from_name` and `substitutions.subject`.
fn email_words(ask: &Ask<'_>) -> Result<EmailWords> {
    let Some(text) = ask.params.text("ChannelConfiguration") else { return Ok(EmailWords::default()) };
    let bad = || refuse(ErrorCode::VerifyInvalid, "ChannelConfiguration must be a JSON object.");
    let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text).map_err(|_| bad())?;
    let text = |name: &str| object.get(name).and_then(|value| value.as_str());
    let from = match (text("from"), text("from_name")) {
        (Some(from), Some(name)) => format!("{name} <{from}>"),
        (from, _) => from.unwrap_or_default().to_owned(),
    };
    let subject =
        object.get("substitutions").and_then(|all| all.get("subject")).and_then(|value| value.as_str());
    Ok(EmailWords { from, subject: subject.map(str::to_owned) })
}

/// Names of limits and the values to count by, from the JSON object Twilio's libraries send.
fn limits(ask: &Ask<'_>) -> Result<Vec<(String, String)>> {
    let Some(text) = ask.params.text("RateLimits") else { return Ok(Vec::new()) };
    let bad = || refuse(ErrorCode::VerifyInvalid, "RateLimits must be a JSON object of texts.");
    let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text).map_err(|_| bad())?;
    let text = |value: serde_json::Value| match value {
        serde_json::Value::String(text) => Ok(text),
        serde_json::Value::Number(number) => Ok(number.to_string()),
        _ => Err(bad()),
    };
    object.into_iter().map(|(name, value)| Ok((name, text(value)?))).collect()
}

fn payment(ask: &Ask<'_>) -> Option<(String, String)> {
    ask.params.owned("Payee").zip(ask.params.owned("Amount"))
}

/// The words: those of a template, or ours.
async fn words(
    ask: &Ask<'_>,
    service: &VerifyService,
    name: &str,
    channel: VerifyChannel,
) -> Result<VerifyText> {
    let values = ask.params.text("TemplateCustomSubstitutions");
    let values = templates::texts(values, "TemplateCustomSubstitutions")?.unwrap_or_default();
    let locale = ask.params.text("Locale");
    let wanted = TemplateUse {
        template: ask.params.parsed("TemplateSid", ErrorCode::VerifyInvalid)?,
        channel,
        locale: locale.unwrap_or(""),
        name,
        ttl_s: life::TTL_DEFAULT_S,
        values: &values,
    };
    let language = locale.unwrap_or("en").to_owned();
    let ours = || VerifyText::Standard { language, warns: service.do_not_share_warning_enabled };
    Ok(ask.app().template_text(service, wanted).await?.unwrap_or_else(ours))
}

/// Keys for an extension.
fn digits(ask: &Ask<'_>) -> Result<Option<String>> {
    let digits = ask.params.owned("SendDigits");
    let is_key = |c: char| c.is_ascii_digit() || matches!(c, '*' | '#' | 'w' | 'W');
    match digits {
        Some(digits) if digits.len() > 32 || !digits.chars().all(is_key) => {
            Err(refuse(ErrorCode::VerifyInvalid, "SendDigits must be at most 32 of 0-9, *, # and w."))
        }
        digits => Ok(digits),
    }
}

fn app_hash(ask: &Ask<'_>) -> Result<Option<String>> {
    let hash = ask.params.owned("AppHash");
    let is_letter = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
    match hash {
        Some(hash) if hash.len() != 11 || !hash.bytes().all(is_letter) => {
            Err(refuse(ErrorCode::VerifyInvalid, "AppHash must have 11 characters of Base64."))
        }
        hash => Ok(hash),
    }
}

async fn starting(ask: &Ask<'_>, service: &VerifyService) -> Result<StartVerification> {
    let off = |what: &str| refuse(ErrorCode::VerifyFeatureOff, format!("The service does not take {what}."));
    let custom_code = ask.params.owned("CustomCode").map(Pii);
    if custom_code.is_some() && !service.custom_code_enabled {
        return Err(off("codes of the request's own"));
    }
    let payment = payment(ask);
    if payment.is_some() && !service.psd2_enabled {
        return Err(off("payments"));
    }
    let channel = channel(ask.params.required("Channel", ErrorCode::VerifyInvalid)?)?;
    let client = ask.params.text("DeviceIp").map(str::parse::<IpAddr>).transpose();
    let name = match ask.params.text("CustomFriendlyName") {
        Some(name) => checked_text_name(name)?,
        None => service.friendly_name.clone(),
    };
    Ok(StartVerification {
        scope: VerifyScope::Service(service.sid),
        spoken_name: service.tts_name.clone(),
        to: recipient(channel, ask.params.text("To"))?,
        channel,
        email: email_words(ask)?,
        from: None,
        text: words(ask, service, &name, channel).await?,
        name,
        send_digits: digits(ask)?,
        app_hash: app_hash(ask)?,
        senders: service.senders.clone(),
        code_length: service.code_length,
        custom_code,
        ttl_s: life::TTL_DEFAULT_S,
        checks_max: life::CHECKS_DEFAULT,
        payment,
        limits: limits(ask)?,
        client: client.map_err(|_| refuse(ErrorCode::VerifyInvalid, "DeviceIp is not an IP address."))?,
        repeat: 3,
        asks_for_key: service.dtmf_input_required,
        replaces: false,
        workflow: None,
        status_callback: None,
        api_version: ask.face.version(),
        labels: ask.labels()?,
    })
}

async fn start(ask: &Ask<'_>) -> Result<Answer> {
    let service = service(ask).await?;
    let now = ask.app().clock.now();
    let answer = |made: &Verification| {
        let line = line(ask, &service, made);
        ask.made("Verification", |w| views::verification(w, &ask.shown(), (made, line.as_ref()), now))
    };
    let keep = |made: &Verification| ask.kept(made.sid, Some(&answer(made)));
    Ok(answer(&ask.app().start_verification(&ask.account, starting(ask, &service).await?, &keep).await?))
}

/// A verification of the path: its sid, or the number it is pending for.
fn which(ask: &Ask<'_>, service: &VerifyService) -> Which {
    let scope = VerifyScope::Service(service.sid);
    let name = ask.name("VerificationSid");
    match name.parse::<VerificationSid>() {
        Ok(sid) => Which::Sid(sid, Some(scope)),
        Err(_) => Which::Pending(
            scope,
            holder(Some(name)).map_or_else(|_| name.to_owned(), |to| to.as_str().to_owned()),
        ),
    }
}

/// Of a service with `LookupEnabled`: what the numbering data say of the number; nothing of an e-mail address.
fn line(ask: &Ask<'_>, service: &VerifyService, verification: &Verification) -> Option<views::Line> {
    let is_looked_up = service.lookup_enabled && verification.to.starts_with('+');
    let found = is_looked_up.then(|| ask.app().look_up(&verification.to, None));
    found.map(|found| views::Line(found.class.as_deref().map(crate::lookups::line_type)))
}

async fn fetch_verification(ask: &Ask<'_>) -> Result<Answer> {
    let service = service(ask).await?;
    let found = ask.app().find_verification(ask.account.sid, &which(ask, &service)).await?;
    let (line, now) = (line(ask, &service, &found), ask.app().clock.now());
    Ok(ask.one("Verification", |w| views::verification(w, &ask.shown(), (&found, line.as_ref()), now)))
}

async fn end(ask: &Ask<'_>) -> Result<Answer> {
    let status = match ask.params.required("Status", ErrorCode::VerifyInvalid)? {
        "canceled" => VerificationStatus::Canceled,
        "approved" => VerificationStatus::Approved,
        _ => return Err(refuse(ErrorCode::VerifyInvalid, "Status must be canceled or approved.")),
    };
    let service = service(ask).await?;
    let ended = ask.app().end_verification(&ask.account, &which(ask, &service), status).await?;
    let (line, now) = (line(ask, &service, &ended), ask.app().clock.now());
    Ok(ask.one("Verification", |w| views::verification(w, &ask.shown(), (&ended, line.as_ref()), now)))
}

async fn check(ask: &Ask<'_>) -> Result<Answer> {
    let scope = VerifyScope::Service(service(ask).await?.sid);
    let code = ask.params.required("Code", ErrorCode::VerifyInvalid)?;
    let which = match ask.params.parsed::<VerificationSid>("VerificationSid", ErrorCode::NotFound)? {
        Some(sid) => Which::Sid(sid, Some(scope)),
        None => Which::Pending(scope, holder(ask.params.text("To"))?.as_str().to_owned()),
    };
    let payment = payment(ask);
    let payment = payment.as_ref().map(|(payee, amount)| (payee.as_str(), amount.as_str()));
    let outcome = ask.app().check_verification(&ask.account, &which, code, payment).await?;
    Ok(ask.one("VerificationCheck", |w| views::check(w, &outcome.verification)))
}
