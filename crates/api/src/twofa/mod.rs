//! FlexIO's Smart 2FA, beside both REST APIs: `/2fa/…`, JSON in and out. It stands on the use cases of [`crate::verify`].
//!
//! A request is a verification under the name of a service; its sid is written with the prefix `OTP`, that of a limit with `LM`.

mod limits;
mod records;
#[cfg(test)]
mod tests;
mod workflow;

use std::net::IpAddr;
use std::sync::Arc;

use flexio_app::verify::{StartVerification, Which, by_steps, named_scope};
use flexio_domain::*;
use flexio_verify::code;
use flexio_verify::life::{self, Checked};

use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::error::{Result, refuse};
use crate::operation::{NATIVE, Operation, Param, Shows, params, row};
use crate::verify::holder;
use crate::write::Writer;

use workflow::Parties;

pub(crate) use limits::OPERATIONS as LIMITS;
pub(crate) use records::OPERATIONS as RECORDS;

/// What a request that names none gets: five minutes, three tries.
const TTL_S: u32 = 300;
const ATTEMPTS: u32 = 3;

const SEND: &[Param] = params![
    "service": "Name of your service, which scopes the code; required.",
    "from": "Sender: a number of the account, or the shared number; required, but for an e-mail.",
    "to": "Number in E.164 form; required, but for an e-mail.",
    "emailFrom": "Sender of an e-mail, which it requires.",
    "emailTo": "Address of an e-mail, which it requires.",
    "subject": "Subject of an e-mail, which it requires.",
    "body": "Text with `{code}` in it; required.",
    "channel": "`sms` (default), `call` or `email`.",
    "workflow": "Instead of `channel`: the channels to go by until the code comes back, as a list of `{\"channel\":\"sms\",\"wait\":30}`.",
    "accountSid": "A sub-account to act for.",
    "language": "Language of a call.",
    "repeat": "Times a call says the code, 1 (default) to 5.",
    "codeLength": "Digits, 4 to 10; default 6.",
    "ttl": "Seconds the code is valid, 30 to 86400; default 300.",
    "maxAttempts": "Wrong tries that end it, 1 to 10; default 3.",
    "limits": "Object: names of limits and the values to count by.",
    "clientIp": "Address of the end user; the guard counts by it.",
    "statusCallback": "Told of the message or the call.",
    "statusCallbackMethod": "GET or POST.",
    "tag": "A department or campaign whom its cost is shared out to, at most 64 characters; `Usage/Breakdown` sums by it.",
];

const VERIFY: &[Param] = params![
    "requestID": "What send answered; or service and to.",
    "service": "Name of the service, with `to`.",
    "to": "Number or address the code went to.",
    "code": "What the person typed; required.",
    "accountSid": "A sub-account to act for.",
];

pub(crate) const OPERATIONS: &[Operation] = &[
    row!(
        "twofa.send",
        Create,
        NATIVE,
        "2fa/send",
        "Sends a one-time code.",
        SEND,
        Shows::One(sent_sample),
        send
    ),
    row!(
        "twofa.verify",
        Update,
        NATIVE,
        "2fa/verify",
        "Checks a code.",
        VERIFY,
        Shows::One(verified_sample),
        verify
    ),
    row!(
        "twofa.cancel",
        Update,
        NATIVE,
        "2fa/cancel",
        "Withdraws a code.",
        params!["requestID": "What send answered; required.", "accountSid": "A sub-account to act for."],
        Shows::One(sent_sample),
        cancel
    ),
];

fn required<'a>(ask: &'a Ask<'_>, name: &str) -> Result<&'a str> {
    ask.params.camel(name).ok_or_else(|| refuse(ErrorCode::VerifyInvalid, format!("{name} is missing.")))
}

fn whole(ask: &Ask<'_>, name: &str, bounds: std::ops::RangeInclusive<u32>, default: u32) -> Result<u32> {
    let Some(text) = ask.params.camel(name) else { return Ok(default) };
    text.parse::<u32>().ok().filter(|number| bounds.contains(number)).ok_or_else(|| {
        let why = format!("{name} must be a whole number from {} to {}.", bounds.start(), bounds.end());
        refuse(ErrorCode::VerifyInvalid, why)
    })
}

/// The account a request acts for: the caller's, or one below it.
async fn acting(ask: &Ask<'_>) -> Result<Arc<Account>> {
    let Some(name) = ask.params.camel("accountSid") else { return Ok(Arc::clone(&ask.account)) };
    let found = ask.app().find_account(ask.principal, name).await?;
    found.ok_or_else(|| refuse(ErrorCode::Forbidden, "accountSid is no account of yours."))
}

/// `OTP…` of a verification.
fn request_id(sid: VerificationSid) -> String {
    format!("OTP{:032x}", sid.as_u128())
}

fn parse_request_id(text: &str) -> Option<VerificationSid> {
    text.strip_prefix("OTP").and_then(|digits| format!("VE{digits}").parse().ok())
}

fn starting(ask: &Ask<'_>) -> Result<StartVerification> {
    let service = required(ask, "service")?;
    let ttl_s = whole(ask, "ttl", life::TTL_S, TTL_S)?;
    let steps = workflow::steps(ask, ttl_s)?;
    let parties = Parties::read(ask, &steps)?;
    let client = ask.params.camel("clientIp").map(str::parse::<IpAddr>).transpose();
    let tag = ask.params.camel("tag").map(flexio_app::checked_tag).transpose()?.flatten();
    let small = |number: u32| u8::try_from(number).unwrap_or(u8::MAX);
    let words = WorkflowWords {
        number: parties.number,
        from: parties.from,
        email_to: parties.email_to,
        email_from: parties.email_from,
        subject: parties.subject,
        body: Pii(required(ask, "body")?.to_owned()),
        language: ask.params.camel("language").unwrap_or("en-US").to_owned(),
        code_length: small(whole(ask, "codeLength", 4..=10, u32::from(code::DEFAULT_LENGTH))?),
        repeat: small(whole(ask, "repeat", 1..=5, 1)?),
        limits: ask.params.members("Limits"),
        client: client.map_err(|_| refuse(ErrorCode::VerifyInvalid, "clientIp is not an IP address."))?,
        status_callback: ask.params.camel_webhook("statusCallback", "statusCallbackMethod")?,
        labels: UsageLabels { tag, ..ask.labels()? },
    };
    let checks_max = small(whole(ask, "maxAttempts", 1..=u32::from(life::CHECKS_MAX), ATTEMPTS)?);
    let whose = (named_scope(service)?, service.to_owned());
    let first = by_steps(whose, (ttl_s, checks_max), &steps, &words);
    let first = first.ok_or_else(|| refuse(ErrorCode::VerifyInvalid, "The recipient is missing."))?;
    Ok(StartVerification { replaces: true, ..first })
}

/// `code` and `message` of a success, and what follows.
fn done(ask: &Ask<'_>, more: impl FnOnce(&mut Writer)) -> Answer {
    ask.one("", |w| {
        ok(w);
        more(w);
    })
}

fn ok(w: &mut Writer) {
    w.put("code", 200_u32);
    w.put("message", "OK");
}

async fn send(ask: &Ask<'_>) -> Result<Answer> {
    let account = acting(ask).await?;
    let answer = |made: &Verification| done(ask, |w| w.put("requestID", request_id(made.sid)));
    let keep = |made: &Verification| ask.kept(request_id(made.sid), Some(&answer(made)));
    Ok(answer(&ask.app().start_verification(&account, starting(ask)?, &keep).await?))
}

/// The request a body names: by its id, or by service and recipient.
fn which(ask: &Ask<'_>) -> Result<Which> {
    match ask.params.camel("requestID") {
        Some(id) => {
            parse_request_id(id).map(|sid| Which::Sid(sid, None)).ok_or_else(|| ErrorCode::NotFound.into())
        }
        None => Ok(Which::Pending(
            named_scope(required(ask, "service")?)?,
            holder(ask.params.camel("emailTo").or(ask.params.camel("to")))?.as_str().to_owned(),
        )),
    }
}

async fn verify(ask: &Ask<'_>) -> Result<Answer> {
    let account = acting(ask).await?;
    let outcome = ask.app().check_verification(&account, &which(ask)?, required(ask, "code")?, None).await?;
    let id = request_id(outcome.verification.sid);
    Ok(match outcome.checked {
        Checked::Approved => done(ask, |w| verified(w, &id)),
        Checked::Wrong { left } => {
            let mut answer = ask.one("", |w| {
                w.put("code", 400_u32);
                w.put("message", "Invalid code");
                w.put("requestID", id);
                w.put("attemptsLeft", u32::from(left));
            });
            answer.status = 400;
            answer
        }
    })
}

fn verified(w: &mut Writer, id: &str) {
    w.put("requestID", id);
    w.put("status", "verified");
}

async fn cancel(ask: &Ask<'_>) -> Result<Answer> {
    let account = acting(ask).await?;
    let id = parse_request_id(required(ask, "requestID")?).ok_or(ErrorCode::NotFound)?;
    let ended =
        ask.app().end_verification(&account, &Which::Sid(id, None), VerificationStatus::Canceled).await?;
    Ok(done(ask, |w| w.put("requestID", request_id(ended.sid))))
}

fn sent_sample(w: &mut Writer, _: &Shown<'_>) {
    ok(w);
    w.put("requestID", request_id(VerificationSid::from_u128(1)));
}

fn verified_sample(w: &mut Writer, _: &Shown<'_>) {
    ok(w);
    verified(w, &request_id(VerificationSid::from_u128(1)));
}
