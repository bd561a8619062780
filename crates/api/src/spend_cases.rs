//! Accounts that spent in a way their operator wants to look at.

use flexio_domain::*;

use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::dialect::rfc2822;
use crate::error::Result;
use crate::operation::{Access, BOTH, Kind, Operation, Shows, params, row};
use crate::write::Writer;

pub(crate) const OPERATIONS: &[Operation] = &[
    row!(
        "spend_cases.list",
        Read,
        BOTH,
        "Accounts/{AccountSid}/SpendCases",
        "Limits of the operator that the account and those below it reached, newest first.",
        params!["Open": "`true` for those nobody has looked at."],
        Shows::One(list_sample),
        list
    ),
    Operation {
        id: "spend_cases.clear",
        kind: Kind::Update,
        faces: BOTH,
        path: "Accounts/{AccountSid}/SpendCases/{SpendCaseSid}",
        about: "Notes that somebody has looked at a case; what it stopped goes on. Only for an ancestor.",
        access: Access::Token,
        params: params!["Note": "What was found, at most 200 characters."],
        shows: Shows::One(sample),
        run: |ask| Box::pin(clear(ask)),
    },
];

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let open = ask.params.boolean("Open")? == Some(true);
    let cases = ask.app().spend_cases(ask.account.sid, open).await?;
    Ok(ask.one("SpendCases", |w| w.list("spend_cases", "SpendCase", &cases, case)))
}

async fn clear(ask: &Ask<'_>) -> Result<Answer> {
    let (sid, by_operator) = (ask.sid("SpendCaseSid")?, ask.is_by_ancestor());
    let note = ask.params.text("Note").unwrap_or_default();
    let cleared = ask.app().clear_case(&ask.account, by_operator, sid, (&ask.user(), note)).await?;
    Ok(ask.one("SpendCase", |w| case(w, &cleared)))
}

fn case(w: &mut Writer, case: &SpendCase) {
    w.put("sid", case.sid.to_string());
    w.put("account_sid", case.account_sid.to_string());
    w.put("rule", case.rule.as_str());
    w.put("subject", case.subject.as_str());
    w.put("day", case.day.to_string());
    w.put("limit", case.limit.as_str());
    w.put("seen", case.seen.as_str());
    w.put("holds", case.holds);
    w.put("status", if case.cleared.is_some() { "cleared" } else { "open" });
    w.put("date_opened", rfc2822(case.opened_at));
    let cleared = case.cleared.as_ref();
    w.put("cleared_by", cleared.map(|it| it.by.as_str()));
    w.put("note", cleared.map(|it| it.note.as_str()));
    w.put("date_cleared", cleared.map(|it| rfc2822(it.at)));
}

fn specimen() -> SpendCase {
    SpendCase {
        sid: SpendCaseSid::from_u128(1),
        version: 1,
        account_sid: AccountSid::from_u128(1),
        rule: SpendRule::Day,
        subject: String::new(),
        day: jiff::civil::Date::constant(2026, 11, 27),
        limit: "50.00".to_owned(),
        seen: "50.32".to_owned(),
        holds: true,
        round: 1,
        suspended: None,
        opened_at: Timestamp::UNIX_EPOCH,
        cleared: None,
    }
}

fn sample(w: &mut Writer, _: &Shown<'_>) {
    case(w, &specimen());
}

fn list_sample(w: &mut Writer, _: &Shown<'_>) {
    w.list("spend_cases", "SpendCase", &[specimen()], case);
}
