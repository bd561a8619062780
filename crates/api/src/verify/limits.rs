//! Rate limits of a service, and their buckets.

use flexio_app::verify::{BucketPatch, NewBucket, NewSendLimit};
use flexio_domain::*;

use super::{sid, views};
use crate::answer::Answer;
use crate::ask::Ask;
use crate::error::{Result, refuse};
use crate::operation::{Operation, Param, Shows, TWILIO, params, row};
use crate::paging::{Listed, Paged};

const LIST: &str = "v2/Services/{VerifyServiceSid}/RateLimits";
const ONE: &str = "v2/Services/{VerifyServiceSid}/RateLimits/{RateLimitSid}";
const BUCKETS: &str = "v2/Services/{VerifyServiceSid}/RateLimits/{RateLimitSid}/Buckets";
const BUCKET: &str = "v2/Services/{VerifyServiceSid}/RateLimits/{RateLimitSid}/Buckets/{BucketSid}";
const SHOWN: Shows = Shows::One(views::limit_sample);
const SHOWN_BUCKET: Shows = Shows::One(views::bucket_sample);
const PARAMS: &[Param] = params![
    "UniqueName": "Requests for codes name the limit by it; required at creation, and fixed.",
    "Description": "For people.",
];
const BUCKET_PARAMS: &[Param] = params![
    "Max": "Codes in the period, per value; required at creation.",
    "Interval": "Seconds, up to 30 days; required at creation.",
];

pub(crate) const OPERATIONS: &[Operation] = &[
    row!("rate_limits.list", Read, TWILIO, LIST, "Rate limits.", &[], Shows::Many(views::limit_sample), list),
    row!("rate_limits.create", Create, TWILIO, LIST, "Makes a rate limit.", PARAMS, SHOWN, create),
    row!("rate_limits.fetch", Read, TWILIO, ONE, "One rate limit.", &[], SHOWN, fetch),
    row!("rate_limits.update", Update, TWILIO, ONE, "Changes its description.", PARAMS, SHOWN, update),
    row!("rate_limits.delete", Delete, TWILIO, ONE, "Deletes a rate limit.", &[], Shows::Nothing, delete),
    row!("buckets.list", Read, TWILIO, BUCKETS, "Buckets.", &[], Shows::Many(views::bucket_sample), buckets),
    row!(
        "buckets.create",
        Create,
        TWILIO,
        BUCKETS,
        "Adds a bucket.",
        BUCKET_PARAMS,
        SHOWN_BUCKET,
        create_bucket
    ),
    row!("buckets.fetch", Read, TWILIO, BUCKET, "One bucket.", &[], SHOWN_BUCKET, fetch_bucket),
    row!(
        "buckets.update",
        Update,
        TWILIO,
        BUCKET,
        "Changes a bucket.",
        BUCKET_PARAMS,
        SHOWN_BUCKET,
        update_bucket
    ),
    row!("buckets.delete", Delete, TWILIO, BUCKET, "Deletes a bucket.", &[], Shows::Nothing, delete_bucket),
];

impl Listed for SendLimit {
    const MEMBERS: (&'static str, &'static str) = ("rate_limits", "rate_limits");
    const ELEMENTS: (&'static str, &'static str) = ("RateLimits", "RateLimit");
    fn cursor(&self) -> u128 {
        self.sid.as_u128()
    }
}

/// A limit has few of them: they are all at hand.
impl Listed for LimitBucket {
    const MEMBERS: (&'static str, &'static str) = ("buckets", "buckets");
    const ELEMENTS: (&'static str, &'static str) = ("Buckets", "Bucket");
    fn cursor(&self) -> u128 {
        0
    }
}

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let paged = Paged::read::<SendLimit>(ask)?;
    let service = ask.app().verify_service(ask.account.sid, sid(ask)?).await?;
    let limits = ask.app().send_limits(ask.account.sid, Some(service.sid), &paged.query()).await?;
    ask.page(&paged, limits, None, |w, limit| views::limit(w, &ask.shown(), limit))
}

async fn create(ask: &Ask<'_>) -> Result<Answer> {
    let service = ask.app().verify_service(ask.account.sid, sid(ask)?).await?;
    let new = NewSendLimit {
        service: Some(service.sid),
        unique_name: ask.params.required("UniqueName", ErrorCode::VerifyInvalid)?.to_owned(),
        description: ask.params.owned("Description"),
        buckets: Vec::new(),
    };
    let answer = |made: &SendLimit| ask.made("RateLimit", |w| views::limit(w, &ask.shown(), made));
    let keep = |made: &SendLimit| ask.kept(made.sid, Some(&answer(made)));
    Ok(answer(&ask.app().create_send_limit(&ask.account, new, &keep).await?))
}

async fn found(ask: &Ask<'_>) -> Result<SendLimit> {
    Ok(ask.app().send_limit(ask.account.sid, Some(sid(ask)?), ask.sid("RateLimitSid")?).await?)
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let limit = found(ask).await?;
    Ok(ask.one("RateLimit", |w| views::limit(w, &ask.shown(), &limit)))
}

async fn update(ask: &Ask<'_>) -> Result<Answer> {
    let (service, limit) = (Some(sid(ask)?), ask.sid("RateLimitSid")?);
    let description = ask.params.get("Description").map(str::to_owned);
    let limit = ask.app().update_send_limit(&ask.account, service, limit, description, None).await?;
    Ok(ask.one("RateLimit", |w| views::limit(w, &ask.shown(), &limit)))
}

async fn delete(ask: &Ask<'_>) -> Result<Answer> {
    ask.app().delete_send_limit(&ask.account, Some(sid(ask)?), ask.sid("RateLimitSid")?).await?;
    Ok(Answer::empty())
}

async fn buckets(ask: &Ask<'_>) -> Result<Answer> {
    let limit = found(ask).await?;
    ask.numbered_page(limit.buckets.clone(), |w, bucket| views::bucket(w, &ask.shown(), &limit, bucket))
}

fn number(ask: &Ask<'_>, name: &str) -> Result<Option<u32>> {
    ask.params.whole(name, 1..=u32::MAX, ErrorCode::VerifyInvalid)
}

async fn create_bucket(ask: &Ask<'_>) -> Result<Answer> {
    let missing = |name: &str| refuse(ErrorCode::VerifyInvalid, format!("{name} is missing."));
    let max = number(ask, "Max")?.ok_or_else(|| missing("Max"))?;
    let interval_s = number(ask, "Interval")?.ok_or_else(|| missing("Interval"))?;
    let bucket = NewBucket { name: format!("{max} in {interval_s} s"), max, interval_s };
    let limit = ask.app().add_bucket(&ask.account, sid(ask)?, ask.sid("RateLimitSid")?, bucket).await?;
    let made = limit.buckets.last().ok_or(ErrorCode::NotFound)?;
    Ok(ask.made("Bucket", |w| views::bucket(w, &ask.shown(), &limit, made)))
}

fn one_bucket(ask: &Ask<'_>, limit: &SendLimit) -> Result<Answer> {
    let wanted: LimitBucketSid = ask.sid("BucketSid")?;
    let bucket = limit.buckets.iter().find(|bucket| bucket.sid == wanted).ok_or(ErrorCode::NotFound)?;
    Ok(ask.one("Bucket", |w| views::bucket(w, &ask.shown(), limit, bucket)))
}

async fn fetch_bucket(ask: &Ask<'_>) -> Result<Answer> {
    one_bucket(ask, &found(ask).await?)
}

async fn update_bucket(ask: &Ask<'_>) -> Result<Answer> {
    let patch = BucketPatch { max: number(ask, "Max")?, interval_s: number(ask, "Interval")? };
    let (limit, bucket) = (ask.sid("RateLimitSid")?, ask.sid("BucketSid")?);
    let limit = ask.app().update_bucket(&ask.account, sid(ask)?, limit, bucket, patch).await?;
    one_bucket(ask, &limit)
}

async fn delete_bucket(ask: &Ask<'_>) -> Result<Answer> {
    let (limit, bucket) = (ask.sid("RateLimitSid")?, ask.sid("BucketSid")?);
    ask.app().delete_bucket(&ask.account, sid(ask)?, limit, bucket).await?;
    Ok(Answer::empty())
}
