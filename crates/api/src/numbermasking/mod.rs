//! Number masking, beside both REST APIs: `/numbermasking/…`, JSON in and out (docs/number-masking.md).
//!
//! All sids of it are of one kind within; outside `NMA` begins those of applications, `NMN` of numbers of a pool, `NMC` of contexts, `NMP` of
//! participants and `NMI` of interactions.

mod contexts;
mod numbers;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use flexio_app::MaskApplicationPatch;
use flexio_domain::*;
use flexio_store::{Order, Page};

use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::error::{ApiError, Result, invalid};
use crate::operation::{NATIVE, Operation, Param, Shows, params, row};
use crate::write::Writer;

pub(crate) use contexts::OPERATIONS as CONTEXTS;
pub(crate) use numbers::OPERATIONS as NUMBERS;

const ALL: &str = "numbermasking/applications";
const ONE: &str = "numbermasking/applications/{MaskApplicationSid}";
/// The documented code of this API for a name that another application has.
const NAME_TAKEN: u32 = 461;
const SHOWN: Shows = Shows::One(sample);
const PARAMS: &[Param] = params![
    "enterpriseSid": "The account whose application it is: yours, or one below it.",
    "name": "Unique in the account; required to make one.",
    "ttl": "Seconds a context lasts after it was made or used last; 0 (default) for ever.",
    "geoMatchLevel": "Digits behind the plus in which a mask agrees with its participant's number, 0 (default) to 10.",
    "numberSelectionBehavior": "`avoid-sticky` (default): rather a mask the participant has not had; `prefer-sticky`: rather the one he had last.",
    "status": "`open` (default) or `closed`: takes no contexts, and nobody is reached through those it has.",
];
const PAGED: &[Param] = params![
    "page": "From 0.",
    "pageLength": "1 to 100; default 50.",
    "enterpriseSid": "A sub-account.",
];

pub(crate) const OPERATIONS: &[Operation] = &[
    row!("masking.create", Create, NATIVE, ALL, "Makes an application.", PARAMS, SHOWN, create),
    row!(
        "masking.list",
        Read,
        NATIVE,
        "numbermasking/applications/search",
        "Applications, newest first.",
        PAGED,
        Shows::Many(sample),
        list
    ),
    row!(
        "masking.fetch",
        Read,
        NATIVE,
        "numbermasking/applications/search/{MaskApplicationSid}",
        "One application.",
        &[],
        SHOWN,
        fetch
    ),
    row!("masking.update", Update, NATIVE, ONE, "Changes an application.", PARAMS, SHOWN, update),
    row!(
        "masking.delete",
        Delete,
        NATIVE,
        ONE,
        "Deletes an application with its pool, contexts and what happened in them; its numbers stay rented.",
        &[],
        Shows::Nothing,
        delete
    ),
];

/// The account a request acts for: the caller's, or one below it.
async fn acting(ask: &Ask<'_>) -> Result<Arc<Account>> {
    let Some(name) = ask.params.camel("enterpriseSid") else { return Ok(Arc::clone(&ask.account)) };
    let found = ask.app().find_account(ask.principal, name).await?;
    found.ok_or_else(|| crate::error::refuse(ErrorCode::Forbidden, "enterpriseSid is no account of yours."))
}

/// A sid as it is shown: `NMC…`.
fn shown_sid(prefix: char, sid: MaskingSid) -> String {
    format!("NM{prefix}{:032x}", sid.as_u128())
}

/// The sid in the path.
fn sid(ask: &Ask<'_>, name: &str, prefix: char) -> Result<MaskingSid> {
    let digits = ask.name(name).strip_prefix("NM").and_then(|rest| rest.strip_prefix(prefix));
    digits.and_then(|digits| format!("NM{digits}").parse().ok()).ok_or_else(|| ErrorCode::NotFound.into())
}

fn application_sid(ask: &Ask<'_>) -> Result<MaskingSid> {
    sid(ask, "MaskApplicationSid", 'A')
}

/// A record below the application in the path.
async fn below(ask: &Ask<'_>, kind: MaskKind, name: &str, prefix: char) -> Result<MaskRecord> {
    let (account, parent) = (acting(ask).await?, application_sid(ask)?);
    Ok(ask.app().mask_record(account.sid, kind, Some(parent), sid(ask, name, prefix)?).await?)
}

fn whole(ask: &Ask<'_>, name: &str, most: u32) -> Result<Option<u32>> {
    let Some(text) = ask.params.camel(name) else { return Ok(None) };
    let read = text.parse::<u32>().ok().filter(|number| *number <= most);
    read.map(Some).ok_or_else(|| invalid(name, &format!("must be a whole number from 0 to {most}")))
}

/// `code`, `message` and `data` of a success.
fn done(ask: &Ask<'_>, data: impl FnOnce(&mut Writer)) -> Answer {
    ask.one("", |w| {
        w.put("code", 200_u32);
        w.put("message", "OK");
        w.object("data", data);
    })
}

fn page(ask: &Ask<'_>) -> Result<(u32, Page)> {
    let page = whole(ask, "page", 1_000_000)?.unwrap_or(0);
    let length = whole(ask, "pageLength", 100)?.unwrap_or(50).max(1);
    Ok((page, Page { after: None, skip: page.saturating_mul(length), limit: length, order: Order::Newest }))
}

/// A refusal in the envelope of this API.
pub(crate) fn refused(error: &ApiError, mut answer: Answer) -> Answer {
    let code = match error.code {
        ErrorCode::MaskNameTaken => NAME_TAKEN,
        code => code.number(),
    };
    let message = error.detail.as_deref().unwrap_or(error.code.sentence());
    let body = serde_json::json!({ "errorCode": code.to_string(), "message": message, "data": {} });
    answer.body = body.to_string().into();
    answer
}

/// A page of records under the name of their kind.
async fn listed(
    ask: &Ask<'_>,
    kind: MaskKind,
    parent: Option<MaskingSid>,
    name: &str,
    view: fn(&mut Writer, &MaskRecord),
) -> Result<Answer> {
    let (account, (number, query)) = (acting(ask).await?, page(ask)?);
    if let Some(parent) = parent.filter(|_| matches!(kind, MaskKind::Number | MaskKind::Context)) {
        ask.app().mask_record(account.sid, MaskKind::Application, None, parent).await?;
    }
    let rows = ask.app().mask_records(account.sid, kind, parent, &query).await?;
    Ok(done(ask, |w| {
        w.put("page", number);
        w.put("pageLength", query.limit);
        w.list(name, "record", &rows, view);
    }))
}

fn patch(ask: &Ask<'_>) -> Result<MaskApplicationPatch> {
    let selection = ask.params.camel("numberSelectionBehavior").map(|text| {
        MaskSelection::from_wire(text)
            .ok_or_else(|| invalid("numberSelectionBehavior", "must be avoid-sticky or prefer-sticky"))
    });
    let is_open = ask.params.camel("status").map(|text| match text {
        "open" => Ok(true),
        "closed" => Ok(false),
        _ => Err(invalid("status", "must be open or closed")),
    });
    Ok(MaskApplicationPatch {
        name: ask.params.camel("name").map(str::to_owned),
        ttl_s: whole(ask, "ttl", u32::MAX)?,
        geo_match: whole(ask, "geoMatchLevel", 10)?.and_then(|digits| u8::try_from(digits).ok()),
        selection: selection.transpose()?,
        is_open: is_open.transpose()?,
    })
}

async fn create(ask: &Ask<'_>) -> Result<Answer> {
    let account = acting(ask).await?;
    let made = ask.app().create_mask_application(&account, patch(ask)?).await?;
    Ok(done(ask, |w| view(w, &made)))
}

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    listed(ask, MaskKind::Application, None, "applications", view).await
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let (account, sid) = (acting(ask).await?, application_sid(ask)?);
    let found = ask.app().mask_record(account.sid, MaskKind::Application, None, sid).await?;
    Ok(done(ask, |w| view(w, &found)))
}

async fn update(ask: &Ask<'_>) -> Result<Answer> {
    let (account, sid) = (acting(ask).await?, application_sid(ask)?);
    let next = ask.app().update_mask_application(&account, sid, &patch(ask)?).await?;
    Ok(done(ask, |w| view(w, &next)))
}

async fn delete(ask: &Ask<'_>) -> Result<Answer> {
    let (account, sid) = (acting(ask).await?, application_sid(ask)?);
    let found = ask.app().mask_record(account.sid, MaskKind::Application, None, sid).await?;
    ask.app().delete_mask(&account, &found).await?;
    Ok(Answer::empty())
}

/// `2026-11-28 09:30:00`, UTC.
fn date(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

fn dates(w: &mut Writer, record: &MaskRecord) {
    w.put("dateCreated", date(record.created_at));
    w.put("dateUpdated", date(record.updated_at));
}

fn view(w: &mut Writer, record: &MaskRecord) {
    let MaskBody::Application(application) = &record.body else { return };
    let sid = shown_sid('A', record.sid);
    w.put("sid", &sid);
    w.put("enterpriseSid", record.account_sid.to_string());
    w.put("name", &application.name);
    w.put("ttl", application.ttl_s);
    w.put("geoMatchLevel", u32::from(application.geo_match));
    w.put("numberSelectionBehavior", application.selection.as_str());
    w.put("status", if application.is_open { "open" } else { "closed" });
    dates(w, record);
    w.put("uri", format!("/numbermasking/applications/search/{sid}"));
}

/// A record for the schema.
fn specimen(body: MaskBody) -> MaskRecord {
    MaskRecord {
        sid: MaskingSid::from_u128(1),
        version: 1,
        account_sid: AccountSid::from_u128(2),
        parent: MaskingSid::from_u128(3),
        key: None,
        body,
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
    }
}

fn sample(w: &mut Writer, _: &Shown<'_>) {
    let body = MaskApplication {
        name: "rides".to_owned(),
        ttl_s: 3_600,
        geo_match: 2,
        selection: MaskSelection::AvoidSticky,
        is_open: true,
    };
    view(w, &specimen(MaskBody::Application(body)));
}
