//! Legal holds: while one stands nothing of the account, or of a number in it, goes. Two persons begin one, two end it.

#[cfg(test)]
mod tests;

use flexio_app::HoldStep;
use flexio_domain::{AccountSid, ErrorCode, LegalHold, LegalHoldSid, LegalHoldState, Timestamp};

use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::credit::is_operator;
use crate::dialect::rfc2822;
use crate::error::{Result, invalid, refuse};
use crate::operation::{Access, Kind, NATIVE, Operation, Shows, params};
use crate::paging::{Listed, Paged};
use crate::params::one_of;
use crate::write::Writer;

pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        id: "legal_holds.create",
        kind: Kind::Update,
        faces: NATIVE,
        path: "Accounts/{AccountSid}/LegalHolds",
        about: "Asks for a legal hold on the account and those below it, or on one number in them. Only for an account above; it stands once another person confirms it.",
        access: Access::Token,
        params: params![
            "Name": "Required: its name, such as the number of a case, 1 to 64 characters.",
            "Reason": "Why, at most 500 characters.",
            "Number": "A telephone number; all of the account if absent.",
        ],
        shows: Shows::One(sample),
        run: |ask| Box::pin(create(ask)),
    },
    Operation {
        id: "legal_holds.list",
        kind: Kind::Read,
        faces: NATIVE,
        path: "Accounts/{AccountSid}/LegalHolds",
        about: "Legal holds on the account, newest first. Only for an account above.",
        access: Access::Token,
        params: &[],
        shows: Shows::Many(sample),
        run: |ask| Box::pin(list(ask)),
    },
    Operation {
        id: "legal_holds.fetch",
        kind: Kind::Read,
        faces: NATIVE,
        path: "Accounts/{AccountSid}/LegalHolds/{LegalHoldSid}",
        about: "One legal hold. Only for an account above.",
        access: Access::Token,
        params: &[],
        shows: Shows::One(sample),
        run: |ask| Box::pin(fetch(ask)),
    },
    Operation {
        id: "legal_holds.step",
        kind: Kind::Update,
        faces: NATIVE,
        path: "Accounts/{AccountSid}/LegalHolds/{LegalHoldSid}",
        about: "Confirms or refuses what was asked, or asks that the hold ends. Whoever asked cannot confirm.",
        access: Access::Token,
        params: params!["Step": "Required: `confirm`, `refuse` or `lift`."],
        shows: Shows::One(sample),
        run: |ask| Box::pin(step(ask)),
    },
];

impl Listed for LegalHold {
    const MEMBERS: (&'static str, &'static str) = ("legal_holds", "legal_holds");
    const ELEMENTS: (&'static str, &'static str) = ("LegalHolds", "LegalHold");
    fn cursor(&self) -> u128 {
        self.sid.as_u128()
    }
}

/// What an investigation is about is not for whom it is about: to him there is no hold.
fn must_be_operator(ask: &Ask<'_>) -> Result<()> {
    if is_operator(ask) { Ok(()) } else { Err(ErrorCode::NotFound.into()) }
}

async fn create(ask: &Ask<'_>) -> Result<Answer> {
    let name = ask.params.required("Name", ErrorCode::InvalidParameter)?;
    let reason = ask.params.text("Reason").unwrap_or_default();
    let what = (name, reason, crate::erasures::number(ask)?);
    let hold = ask.app().ask_hold(ask.account.sid, is_operator(ask), what, &ask.user()).await?;
    Ok(ask.one("LegalHold", |w| view(w, &ask.shown(), &hold)))
}

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    if !is_operator(ask) {
        return Err(refuse(ErrorCode::Forbidden, "Only an account above sees legal holds."));
    }
    let paged = Paged::whole::<LegalHold>(ask)?;
    let holds = ask.app().legal_holds(ask.account.sid, &paged.query()).await?;
    ask.bare(&paged, holds, |w, hold| view(w, &ask.shown(), hold))
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    must_be_operator(ask)?;
    let hold = ask.app().legal_hold(ask.account.sid, ask.sid("LegalHoldSid")?).await?;
    Ok(ask.one("LegalHold", |w| view(w, &ask.shown(), &hold)))
}

async fn step(ask: &Ask<'_>) -> Result<Answer> {
    must_be_operator(ask)?;
    let sid: LegalHoldSid = ask.sid("LegalHoldSid")?;
    ask.app().legal_hold(ask.account.sid, sid).await?;
    let step = one_of("Step", ask.params.text("Step"), HoldStep::from_wire)?
        .ok_or_else(|| invalid("Step", "is confirm, refuse or lift"))?;
    let of = (sid, step);
    let hold = ask.app().step_hold(ask.account.sid, is_operator(ask), of, &ask.user()).await?;
    Ok(ask.one("LegalHold", |w| view(w, &ask.shown(), &hold)))
}

fn view(w: &mut Writer, shown: &Shown<'_>, hold: &LegalHold) {
    w.put("sid", hold.sid.to_string());
    w.put("account_sid", hold.account_sid.to_string());
    w.put("number", hold.number.as_ref().map(|number| number.as_str().to_owned()));
    w.put("name", hold.name.as_str());
    w.put("reason", hold.reason.as_str());
    w.put("status", hold.state.as_str());
    w.put("asked_by", hold.asked_by.as_str());
    w.put("date_asked", rfc2822(hold.asked_at));
    w.put("decided_by", hold.decided_by.as_deref());
    w.put("date_decided", hold.decided_at.map(rfc2822));
    w.put("date_active", hold.active_from.map(rfc2822));
    w.put("date_lifted", hold.lifted_at.map(rfc2822));
    w.put("uri", shown.uri(hold.account_sid, format_args!("LegalHolds/{}", hold.sid)));
}

/// One that stands.
pub(crate) fn specimen() -> LegalHold {
    let at = Timestamp::from_second(1_799_000_000).expect("a second of 2027");
    LegalHold {
        sid: LegalHoldSid::from_u128(1),
        version: 2,
        account_sid: AccountSid::from_u128(1),
        number: Some("+32470123456".parse().expect("a number")),
        name: "2026/417".to_owned(),
        reason: "Court of Ghent".to_owned(),
        state: LegalHoldState::Active,
        asked_by: AccountSid::from_u128(1).to_string(),
        asked_at: at,
        decided_by: Some(AccountSid::from_u128(2).to_string()),
        decided_at: Some(at),
        active_from: Some(at),
        lifted_at: Some(at),
    }
}

fn sample(w: &mut Writer, shown: &Shown<'_>) {
    view(w, shown, &specimen());
}
