//! Limits of Smart 2FA: one or two periods each.

use flexio_app::verify::{NewBucket, NewSendLimit};
use flexio_domain::*;
use flexio_store::{Order, Page};

use super::{acting, done, required};
use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::dialect::iso;
use crate::error::{Result, refuse};
use crate::operation::{NATIVE, Operation, Param, Shows, params, row};
use crate::verify::views::limit_specimen;
use crate::write::Writer;

const LIST: &str = "2fa/limits";
const ONE: &str = "2fa/limits/{LimitSid}";
const SHOWN: Shows = Shows::One(sample);
const PARAMS: &[Param] = params![
    "name": "Unique in the account; send names the limit by it; required, and fixed.",
    "description": "For people.",
    "buckets": "One or two objects of `name`, `maxOtp` and `interval` (seconds).",
    "accountSid": "A sub-account.",
];

pub(crate) const OPERATIONS: &[Operation] = &[
    row!("twofa_limits.list", Read, NATIVE, LIST, "Limits.", &[], Shows::Many(sample), list),
    row!("twofa_limits.create", Create, NATIVE, LIST, "Makes a limit.", PARAMS, SHOWN, create),
    row!("twofa_limits.fetch", Read, NATIVE, ONE, "One limit.", &[], SHOWN, fetch),
    row!("twofa_limits.update", Update, NATIVE, ONE, "Changes a limit.", PARAMS, SHOWN, update),
    row!("twofa_limits.delete", Delete, NATIVE, ONE, "Deletes a limit.", &[], Shows::Nothing, delete),
];

fn limit_id(sid: SendLimitSid) -> String {
    format!("LM{:032x}", sid.as_u128())
}

fn sid(ask: &Ask<'_>) -> Result<SendLimitSid> {
    let digits = ask.name("LimitSid").strip_prefix("LM");
    digits.and_then(|digits| format!("RK{digits}").parse().ok()).ok_or_else(|| ErrorCode::NotFound.into())
}

/// The periods of the body; `None` where it has none.
fn buckets(ask: &Ask<'_>) -> Result<Option<Vec<NewBucket>>> {
    let mut found = Vec::new();
    for at in 0..3 {
        let member = |name: &str| ask.params.text(&format!("Buckets.{at}.{name}"));
        let Some(name) = member("name") else { break };
        let number = |name: &str| {
            let read = member(name).and_then(|text| text.parse::<u32>().ok());
            read.ok_or_else(|| {
                refuse(ErrorCode::VerifyInvalid, format!("{name} of a bucket must be a whole number."))
            })
        };
        found.push(NewBucket {
            name: name.to_owned(),
            max: number("maxOtp")?,
            interval_s: number("interval")?,
        });
    }
    Ok((!found.is_empty()).then_some(found))
}

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let account = acting(ask).await?;
    let page = Page { after: None, skip: 0, limit: 1_000, order: Order::Newest };
    let limits = ask.app().send_limits(account.sid, None, &page).await?;
    Ok(done(ask, |w| w.list("data", "limit", &limits, view)))
}

async fn create(ask: &Ask<'_>) -> Result<Answer> {
    let account = acting(ask).await?;
    let missing = || refuse(ErrorCode::VerifyInvalid, "buckets must hold one or two periods.");
    let new = NewSendLimit {
        service: None,
        unique_name: required(ask, "name")?.to_owned(),
        description: ask.params.camel("description").map(str::to_owned),
        buckets: buckets(ask)?.ok_or_else(missing)?,
    };
    let answer = |made: &SendLimit| done(ask, |w| w.object("data", |w| view(w, made)));
    let keep = |made: &SendLimit| ask.kept(limit_id(made.sid), Some(&answer(made)));
    Ok(answer(&ask.app().create_send_limit(&account, new, &keep).await?))
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let limit = ask.app().send_limit(ask.account.sid, None, sid(ask)?).await?;
    Ok(done(ask, |w| w.object("data", |w| view(w, &limit))))
}

async fn update(ask: &Ask<'_>) -> Result<Answer> {
    let (account, description) = (acting(ask).await?, ask.params.camel("description").map(str::to_owned));
    let limit = ask.app().update_send_limit(&account, None, sid(ask)?, description, buckets(ask)?).await?;
    Ok(done(ask, |w| w.object("data", |w| view(w, &limit))))
}

async fn delete(ask: &Ask<'_>) -> Result<Answer> {
    ask.app().delete_send_limit(&ask.account, None, sid(ask)?).await?;
    Ok(Answer::empty())
}

fn view(w: &mut Writer, limit: &SendLimit) {
    w.put("sid", limit_id(limit.sid));
    w.put("accountSid", limit.account_sid.to_string());
    w.put("name", &limit.unique_name);
    w.put("description", limit.description.as_ref());
    w.list("buckets", "bucket", &limit.buckets, |w, bucket: &LimitBucket| {
        w.put("name", &bucket.name);
        w.put("maxOtp", bucket.max);
        w.put("interval", bucket.interval_s);
    });
    w.put("dateCreated", iso(limit.created_at));
    w.put("dateUpdated", iso(limit.updated_at));
}

fn sample(w: &mut Writer, _: &Shown<'_>) {
    view(w, &limit_specimen());
}
