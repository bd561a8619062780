//! Sendings of codes, and whether they were used.

use flexio_domain::*;
use flexio_store::{AttemptFilter, Span};

use super::views;
use crate::answer::Answer;
use crate::ask::Ask;
use crate::error::{Result, invalid};
use crate::operation::{Operation, Param, Shows, TWILIO, params, row};
use crate::paging::{Listed, Paged};
use crate::params::one_of;

const LIST: &str = "v2/Attempts";
const ONE: &str = "v2/Attempts/{AttemptSid}";
const SUMMARY: &str = "v2/Attempts/Summary";
/// Channels a caller may name by which no code is sent here, so that nothing was.
const ELSEWHERE: [&str; 2] = ["whatsapp", "rbm"];
const FILTERS: &[Param] = params![
    "DateCreatedAfter": "Not before.",
    "DateCreatedBefore": "Before.",
    "ChannelData.To": "Recipient.",
    "Country": "ISO 3166 alpha-2 code.",
    "Channel": "`sms`, `call` or `email`.",
    "VerifyServiceSid": "Service.",
    "VerificationSid": "Verification.",
    "Status": "`converted` or `unconverted`.",
];
const SUMMARY_FILTERS: &[Param] = params![
    "DateCreatedAfter": "Not before.",
    "DateCreatedBefore": "Before.",
    "Country": "ISO 3166 alpha-2 code.",
    "Channel": "`sms`, `call` or `email`.",
    "VerifyServiceSid": "Service.",
    "DestinationPrefix": "What the number begins with.",
];

pub(crate) const OPERATIONS: &[Operation] = &[
    row!(
        "attempts.list",
        Read,
        TWILIO,
        LIST,
        "Sendings of codes.",
        FILTERS,
        Shows::Many(views::attempt_sample),
        list
    ),
    row!(
        "attempts.summary",
        Read,
        TWILIO,
        SUMMARY,
        "How many were used.",
        SUMMARY_FILTERS,
        Shows::One(views::summary_sample),
        summary
    ),
    row!("attempts.fetch", Read, TWILIO, ONE, "One sending.", &[], Shows::One(views::attempt_sample), fetch),
];

fn is_elsewhere(ask: &Ask<'_>) -> bool {
    ask.params.text("Channel").is_some_and(|channel| ELSEWHERE.contains(&channel))
}

fn filter(ask: &Ask<'_>) -> Result<AttemptFilter> {
    let time = |name: &str| -> Result<Option<Timestamp>> {
        ask.params
            .text(name)
            .map(|text| text.parse().map_err(|_| invalid(name, "must be a time (2026-11-23T09:30:00Z)")))
            .transpose()
    };
    let service = ask.params.parsed::<VerifyServiceSid>("VerifyServiceSid", ErrorCode::InvalidParameter)?;
    Ok(AttemptFilter {
        scope: service.map(|sid| VerifyScope::Service(sid).key()),
        verification: ask.params.parsed("VerificationSid", ErrorCode::InvalidParameter)?,
        to: ask.params.owned("ChannelData.To"),
        prefix: ask.params.owned("DestinationPrefix"),
        country: ask.params.owned("Country"),
        channel: one_of("Channel", ask.params.text("Channel"), VerifyChannel::from_wire)?,
        converted: one_of("Status", ask.params.text("Status"), |text| match text {
            "converted" => Some(true),
            "unconverted" => Some(false),
            _ => None,
        })?,
        created: Span { from: time("DateCreatedAfter")?, until: time("DateCreatedBefore")? },
    })
}

impl Listed for VerificationAttempt {
    const MEMBERS: (&'static str, &'static str) = ("attempts", "attempts");
    const ELEMENTS: (&'static str, &'static str) = ("Attempts", "Attempt");
    fn cursor(&self) -> u128 {
        self.sid.as_u128()
    }
}

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let paged = Paged::read::<VerificationAttempt>(ask)?;
    let attempts = if is_elsewhere(ask) {
        Vec::new()
    } else {
        ask.app().verification_attempts(ask.account.sid, &filter(ask)?, &paged.query()).await?
    };
    ask.page(&paged, attempts, None, |w, attempt| views::attempt(w, &ask.shown(), attempt))
}

async fn summary(ask: &Ask<'_>) -> Result<Answer> {
    let answer = |summary: views::Summary| ask.one("Summary", |w| views::summary(w, &ask.shown(), &summary));
    if is_elsewhere(ask) {
        return Ok(answer(views::Summary { total: 0, converted: 0 }));
    }
    let all = AttemptFilter { converted: None, ..filter(ask)? };
    let total = ask.app().count_verification_attempts(ask.account.sid, &all).await?;
    let used = AttemptFilter { converted: Some(true), ..all };
    let converted = ask.app().count_verification_attempts(ask.account.sid, &used).await?.min(total);
    Ok(answer(views::Summary { total, converted }))
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let attempt = ask.app().verification_attempt(ask.account.sid, ask.sid("AttemptSid")?).await?;
    Ok(ask.one("Attempt", |w| views::attempt(w, &ask.shown(), &attempt)))
}
