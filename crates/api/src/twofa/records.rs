//! Records of requests, and their usage.

use flexio_billing::categories::Category;
use flexio_domain::*;
use flexio_store::{Order, Page, Span, VerificationFilter};
use flexio_verify::life;

use super::{acting, done, parse_request_id, request_id, whole};
use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::dialect::iso;
use crate::error::{Result, refuse};
use crate::operation::{NATIVE, Operation, Param, Shows, params, row};
use crate::verify::views::specimen;
use crate::write::Writer;

const FILTERS: &[Param] = params![
    "service": "Equal.",
    "to": "Equal.",
    "status": "`sent`, `verified`, `canceled`, `max-attempts` or `expired`; requests that nobody has looked at since they ran out count as `sent`.",
    "startDate": "Not before (2026-11-23T09:30:00Z).",
    "endDate": "Before.",
    "page": "From 0.",
    "pageSize": "1 to 1000; default 50.",
    "accountSid": "A sub-account.",
];
const ROWS: Shows = Shows::Many(sample);

pub(crate) const OPERATIONS: &[Operation] = &[
    row!("twofa.search", Read, NATIVE, "2fa/search", "Requests, newest first.", FILTERS, ROWS, search),
    row!(
        "twofa.search_by",
        Update,
        NATIVE,
        "2fa/search",
        "Requests that match a body.",
        FILTERS,
        ROWS,
        search
    ),
    row!("twofa.fetch", Read, NATIVE, "2fa/search/{OtpSid}", "One request.", &[], Shows::One(sample), fetch),
    row!(
        "twofa.usage",
        Read,
        NATIVE,
        "2fa/usage/records",
        "Codes that were asked for, and what they cost.",
        crate::usage::FILTERS,
        Shows::Many(crate::usage::sample),
        usage
    ),
    row!(
        "twofa.usage_by",
        Update,
        NATIVE,
        "2fa/usage/records",
        "The same, filtered by a body.",
        crate::usage::FILTERS,
        Shows::Many(crate::usage::sample),
        usage
    ),
    row!(
        "twofa.usage_of",
        Read,
        NATIVE,
        "2fa/usage/records/{Subresource}",
        "The same by day, month or year.",
        crate::usage::FILTERS,
        Shows::Many(crate::usage::sample),
        usage
    ),
    row!(
        "twofa.usage_of_by",
        Update,
        NATIVE,
        "2fa/usage/records/{Subresource}",
        "The same, filtered by a body.",
        crate::usage::FILTERS,
        Shows::Many(crate::usage::sample),
        usage
    ),
];

fn status(text: &str) -> Result<VerificationStatus> {
    use VerificationStatus as S;
    [S::Pending, S::Approved, S::Canceled, S::MaxAttemptsReached, S::Expired]
        .into_iter()
        .find(|status| name_of(*status) == text)
        .ok_or_else(|| refuse(ErrorCode::VerifyInvalid, "status is none of those of a request."))
}

const fn name_of(status: VerificationStatus) -> &'static str {
    match status {
        VerificationStatus::Pending => "sent",
        VerificationStatus::Approved => "verified",
        VerificationStatus::Canceled => "canceled",
        VerificationStatus::MaxAttemptsReached => "max-attempts",
        VerificationStatus::Expired => "expired",
    }
}

fn filter(ask: &Ask<'_>) -> Result<VerificationFilter> {
    let time = |name: &str| -> Result<Option<Timestamp>> {
        let bad =
            |_| refuse(ErrorCode::VerifyInvalid, format!("{name} must be a time (2026-11-23T09:30:00Z)."));
        ask.params.camel(name).map(|text| text.parse().map_err(bad)).transpose()
    };
    Ok(VerificationFilter {
        scope: ask.params.camel("service").map(|name| VerifyScope::Named(name.to_owned()).key()),
        to: ask.params.camel("to").map(str::to_owned),
        status: ask.params.camel("status").map(status).transpose()?,
        created: Span { from: time("startDate")?, until: time("endDate")? },
    })
}

async fn search(ask: &Ask<'_>) -> Result<Answer> {
    let account = acting(ask).await?;
    let (filter, size) = (filter(ask)?, whole(ask, "pageSize", 1..=1_000, 50)?);
    let page = whole(ask, "page", 0..=1_000_000, 0)?;
    let query = Page { after: None, skip: page.saturating_mul(size), limit: size, order: Order::Newest };
    let found = ask.app().verifications(account.sid, &filter, &query).await?;
    let total = ask.app().count_verifications(account.sid, &filter).await?;
    let now = ask.app().clock.now();
    Ok(done(ask, |w| {
        w.put("page", page);
        w.put("pageSize", size);
        w.put("total", i64::try_from(total).unwrap_or(i64::MAX));
        w.list("data", "record", &found, |w, verification| record(w, verification, now));
    }))
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let sid = parse_request_id(ask.name("OtpSid")).ok_or(ErrorCode::NotFound)?;
    let found = ask.app().verification(ask.account.sid, sid).await?;
    let now = ask.app().clock.now();
    Ok(done(ask, |w| w.object("data", |w| record(w, &found, now))))
}

async fn usage(ask: &Ask<'_>) -> Result<Answer> {
    crate::usage::of(ask, Some(Category::TwoFa)).await
}

/// The text and the code are never part of a record.
fn record(w: &mut Writer, verification: &Verification, now: Timestamp) {
    let last = verification.sendings.last();
    w.put("sid", request_id(verification.sid));
    w.put("accountSid", verification.account_sid.to_string());
    w.put("service", &verification.name);
    w.put("channel", verification.channel().as_str());
    w.put("from", verification.from.as_ref());
    w.put("to", &verification.to);
    w.put("status", name_of(life::state(verification, now)));
    w.put("attempts", u32::from(verification.checks));
    w.put("messageSid", last.and_then(|sending| sending.message_sid).map(|sid| sid.to_string()));
    w.put("callSid", last.and_then(|sending| sending.call_sid).map(|sid| sid.to_string()));
    w.put("emailSid", last.and_then(|sending| sending.email_sid).map(|sid| sid.to_string()));
    w.put("dateCreated", iso(verification.created_at));
    w.put("dateUpdated", iso(verification.updated_at));
    w.put("dateVerified", verification.approved_at.map(iso));
}

fn sample(w: &mut Writer, _: &Shown<'_>) {
    record(w, &specimen(), Timestamp::UNIX_EPOCH);
}
