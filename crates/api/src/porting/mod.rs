//! Numbers that move between operators, and numbers that are held while somebody makes up his mind.

#[cfg(test)]
mod tests;

use flexio_app::{PortingAsked, PortingStep};
use flexio_domain::{
    AccountSid, DeclarationKind, E164, ErrorCode, NumberDeclaration, PortingDirection, PortingRequest,
    PortingRequestSid, PortingState, Timestamp,
};
use jiff::civil::{Date, date};

use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::credit::is_operator;
use crate::dialect::rfc2822;
use crate::error::{Result, invalid};
use crate::operation::{Access, Kind, NATIVE, Operation, Shows, params, row};
use crate::paging::{Listed, Paged};
use crate::params::one_of;
use crate::write::Writer;

pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        id: "porting_requests.create",
        kind: Kind::Update,
        faces: NATIVE,
        path: "Accounts/{AccountSid}/PortingRequests",
        about: "Asks that a number moves to this operator, or away from it; away for a month after it was given back too.",
        access: Access::Token,
        params: params![
            "PhoneNumber": "Required: the number, E.164.",
            "Direction": "Required: `in` or `out`.",
            "Operator": "Required: the operator it comes from or goes to, 1 to 128 characters.",
            "Authorisation": "Required: what shows that its user wants it, such as the reference of his mandate, 1 to 128 characters.",
            "Day": "Required: the day it is wanted, `2027-01-15`, within a year.",
            "DeclarationKind": "What binds the holder to the number's zone (in): `address` or `nomadic`.",
            "DeclarationText": "The address and where its proof is, or the declaration, 1 to 500 characters.",
        ],
        shows: Shows::One(sample),
        run: |ask| Box::pin(create(ask)),
    },
    row!(
        "porting_requests.list",
        Read,
        NATIVE,
        "Accounts/{AccountSid}/PortingRequests",
        "Numbers that are to move, or have moved, between operators, newest first.",
        &[],
        Shows::Many(sample),
        list
    ),
    row!(
        "porting_requests.fetch",
        Read,
        NATIVE,
        "Accounts/{AccountSid}/PortingRequests/{PortingRequestSid}",
        "One request.",
        &[],
        Shows::One(sample),
        fetch
    ),
    Operation {
        id: "porting_requests.step",
        kind: Kind::Update,
        faces: NATIVE,
        path: "Accounts/{AccountSid}/PortingRequests/{PortingRequestSid}",
        about: "Withdraws a request. For an account above: agrees on a day, rejects it, or says that the number has moved, which begins or ends its rent.",
        access: Access::Token,
        params: params![
            "Step": "Required: `confirm`, `reject`, `done` or `cancel`.",
            "Day": "The day both operators have agreed on; required to confirm.",
            "Reason": "Why, 1 to 200 characters; required to reject and to cancel.",
        ],
        shows: Shows::One(sample),
        run: |ask| Box::pin(step(ask)),
    },
    Operation {
        id: "porting_requests.open",
        kind: Kind::Read,
        faces: NATIVE,
        path: "Accounts/{AccountSid}/OpenPortingRequests",
        about: "Requests of all accounts of which something is to come, newest first. Only for the top account.",
        access: Access::Top,
        params: &[],
        shows: Shows::Many(sample),
        run: |ask| Box::pin(open(ask)),
    },
    Operation {
        id: "number_holds.create",
        kind: Kind::Update,
        faces: NATIVE,
        path: "Accounts/{AccountSid}/NumberHolds",
        about: "Holds a free number for the account for a quarter of an hour: no other can rent it, or finds it. Asking again begins anew.",
        access: Access::Branch,
        params: params!["PhoneNumber": "Required: the number, E.164."],
        shows: Shows::One(hold_sample),
        run: |ask| Box::pin(hold(ask)),
    },
];

impl Listed for PortingRequest {
    const MEMBERS: (&'static str, &'static str) = ("porting_requests", "porting_requests");
    const ELEMENTS: (&'static str, &'static str) = ("PortingRequests", "PortingRequest");
    fn cursor(&self) -> u128 {
        self.sid.as_u128()
    }
}

/// What a request says of the holder's tie to the zone.
pub(crate) fn declaration(ask: &Ask<'_>) -> Result<Option<(DeclarationKind, String)>> {
    let kind = one_of("DeclarationKind", ask.params.text("DeclarationKind"), DeclarationKind::from_wire)?;
    match (kind, ask.params.owned("DeclarationText")) {
        (Some(kind), Some(text)) => Ok(Some((kind, text))),
        (None, None) => Ok(None),
        (Some(_), None) => Err(invalid("DeclarationText", "is missing")),
        (None, Some(_)) => Err(invalid("DeclarationKind", "is address or nomadic")),
    }
}

fn number(ask: &Ask<'_>) -> Result<E164> {
    let number = ask.params.parsed("PhoneNumber", ErrorCode::NumberInvalid)?;
    number.ok_or_else(|| invalid("PhoneNumber", "is missing"))
}

async fn create(ask: &Ask<'_>) -> Result<Answer> {
    let direction = one_of("Direction", ask.params.text("Direction"), PortingDirection::from_wire)?;
    let day: Option<Date> = ask.params.parsed("Day", ErrorCode::InvalidParameter)?;
    let asked = PortingAsked {
        number: number(ask)?,
        direction: direction.ok_or_else(|| invalid("Direction", "is in or out"))?,
        operator: ask.params.required("Operator", ErrorCode::InvalidParameter)?.to_owned(),
        authorisation: ask.params.required("Authorisation", ErrorCode::InvalidParameter)?.to_owned(),
        day: day.ok_or_else(|| invalid("Day", "is missing"))?,
        declaration: declaration(ask)?,
    };
    let request = ask.app().ask_porting(&ask.account, &asked).await?;
    Ok(ask.one("PortingRequest", |w| view(w, &ask.shown(), &request)))
}

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let paged = Paged::read::<PortingRequest>(ask)?;
    let requests = ask.app().porting_requests(ask.account.sid, &paged.query()).await?;
    ask.page(&paged, requests, None, |w, request| view(w, &ask.shown(), request))
}

async fn open(ask: &Ask<'_>) -> Result<Answer> {
    let paged = Paged::read::<PortingRequest>(ask)?;
    let requests = ask.app().open_porting_requests(&ask.account, &paged.query()).await?;
    ask.page(&paged, requests, None, |w, request| view(w, &ask.shown(), request))
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let request = ask.app().porting_request(ask.account.sid, ask.sid("PortingRequestSid")?).await?;
    Ok(ask.one("PortingRequest", |w| view(w, &ask.shown(), &request)))
}

async fn step(ask: &Ask<'_>) -> Result<Answer> {
    let sid: PortingRequestSid = ask.sid("PortingRequestSid")?;
    let reason = ask.params.owned("Reason").unwrap_or_default();
    let step = match ask.params.text("Step").unwrap_or_default() {
        "confirm" => {
            let day: Option<Date> = ask.params.parsed("Day", ErrorCode::InvalidParameter)?;
            PortingStep::Confirm(day.ok_or_else(|| invalid("Day", "is missing"))?)
        }
        "reject" => PortingStep::Reject(reason),
        "done" => PortingStep::Done,
        "cancel" => PortingStep::Cancel(reason),
        _ => return Err(invalid("Step", "is confirm, reject, done or cancel")),
    };
    let request = ask.app().step_porting(&ask.account, is_operator(ask), sid, &step).await?;
    Ok(ask.one("PortingRequest", |w| view(w, &ask.shown(), &request)))
}

async fn hold(ask: &Ask<'_>) -> Result<Answer> {
    let number = number(ask)?;
    let until = ask.app().hold_number(&ask.account, &number).await?;
    Ok(ask.one("NumberHold", |w| hold_view(w, &number, until)))
}

fn hold_view(w: &mut Writer, number: &E164, until: Timestamp) {
    w.put("phone_number", number.as_str());
    w.put("date_until", rfc2822(until));
}

fn view(w: &mut Writer, shown: &Shown<'_>, request: &PortingRequest) {
    w.put("sid", request.sid.to_string());
    w.put("account_sid", request.account_sid.to_string());
    w.put("phone_number", request.number.as_str());
    w.put("direction", request.direction.as_str());
    w.put("operator", request.operator.as_str());
    w.put("authorisation", request.authorisation.as_str());
    w.put("requested_day", request.requested_day.to_string());
    w.put("confirmed_day", request.confirmed_day.map(|day| day.to_string()));
    w.put("status", request.state.as_str());
    w.put("reason", request.reason.as_deref());
    w.put("phone_number_sid", request.number_sid.map(|sid| sid.to_string()));
    put_declaration(w, request.declaration.as_ref());
    w.put("date_created", rfc2822(request.created_at));
    w.put("date_updated", rfc2822(request.updated_at));
    w.put("uri", shown.uri(request.account_sid, format_args!("PortingRequests/{}", request.sid)));
}

/// What binds the holder to the zone.
pub(crate) fn put_declaration(w: &mut Writer, declaration: Option<&NumberDeclaration>) {
    w.put("declaration_kind", declaration.map(|it| it.kind.as_str()));
    w.put("declaration_text", declaration.map(|it| it.text.as_str()));
}

/// A number that came.
pub(crate) fn specimen() -> PortingRequest {
    let at = Timestamp::from_second(1_799_000_000).expect("a second of 2027");
    PortingRequest {
        sid: PortingRequestSid::from_u128(1),
        version: 2,
        account_sid: AccountSid::from_u128(1),
        number: "+3225550101".parse().expect("a number"),
        direction: PortingDirection::In,
        operator: "Other Telecom".to_owned(),
        authorisation: "M-2027-417".to_owned(),
        requested_day: date(2027, 1, 15),
        confirmed_day: Some(date(2027, 1, 18)),
        state: PortingState::Rejected,
        reason: Some("The mandate is of another user".to_owned()),
        declaration: Some(NumberDeclaration {
            kind: DeclarationKind::Address,
            text: "Stationsstraat 1, 1000 Brussel; extract 2027/31".to_owned(),
            at,
        }),
        number_sid: Some(flexio_domain::NumberSid::from_u128(1)),
        created_at: at,
        updated_at: at,
    }
}

fn sample(w: &mut Writer, shown: &Shown<'_>) {
    view(w, shown, &specimen());
}

fn hold_sample(w: &mut Writer, _: &Shown<'_>) {
    hold_view(w, &"+3225550101".parse().expect("a number"), Timestamp::UNIX_EPOCH);
}
