//! Requests of authorities: written down, answered within a day, for lawful officers alone.

#[cfg(test)]
mod tests;
mod views;

use flexio_app::{LawfulAsked, Officer};
use flexio_domain::{ErrorCode, LawfulRequest, LawfulRequestSid, LawfulSubject, Timestamp};

use crate::answer::Answer;
use crate::ask::Ask;
use crate::error::{Result, invalid};
use crate::operation::{Access, Kind, NATIVE, Operation, Shows, params};
use crate::paging::{Listed, Paged};

pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        id: "lawful_requests.create",
        kind: Kind::Update,
        faces: NATIVE,
        path: "Accounts/{AccountSid}/LawfulRequests",
        about: "Writes down what an authority asks: who is behind a number at a moment, a call, or a message. Only for lawful officers at the console of the top account.",
        access: Access::Officer,
        params: params![
            "Authority": "Required: who asks, 1 to 128 characters.",
            "Reference": "Required: its name of the case, 1 to 64 characters.",
            "Basis": "Required: the law it asks by, 1 to 200 characters.",
            "Number": "A telephone number, with `At`; or one of `CallSid` and `MessageSid`.",
            "At": "When the number was seen: a time such as 2026-11-23T09:30:00Z.",
            "Other": "The number at the other end, where it is known.",
            "CallSid": "A call.",
            "MessageSid": "A message.",
            "Received": "When the request came; now if absent. The answer is due 24 hours after.",
        ],
        shows: Shows::One(views::sample),
        run: |ask| Box::pin(create(ask)),
    },
    Operation {
        id: "lawful_requests.list",
        kind: Kind::Read,
        faces: NATIVE,
        path: "Accounts/{AccountSid}/LawfulRequests",
        about: "Requests of authorities without what they ask and what was answered, newest first. Only for lawful officers.",
        access: Access::Officer,
        params: &[],
        shows: Shows::Many(views::short_sample),
        run: |ask| Box::pin(list(ask)),
    },
    Operation {
        id: "lawful_requests.fetch",
        kind: Kind::Read,
        faces: NATIVE,
        path: "Accounts/{AccountSid}/LawfulRequests/{LawfulRequestSid}",
        about: "One request of an authority with its answers. That it was read is noted in the audit log first. Only for lawful officers.",
        access: Access::Officer,
        params: &[],
        shows: Shows::One(views::sample),
        run: |ask| Box::pin(fetch(ask)),
    },
    Operation {
        id: "lawful_requests.step",
        kind: Kind::Update,
        faces: NATIVE,
        path: "Accounts/{AccountSid}/LawfulRequests/{LawfulRequestSid}",
        about: "Answers a request of an authority, which looks up the account and the person behind it, or refuses it. Only for lawful officers.",
        access: Access::Officer,
        params: params![
            "Step": "Required: `answer` or `refuse`.",
            "Reason": "Of a refusal: why, 1 to 200 characters.",
        ],
        shows: Shows::One(views::sample),
        run: |ask| Box::pin(step(ask)),
    },
];

impl Listed for LawfulRequest {
    const MEMBERS: (&'static str, &'static str) = ("lawful_requests", "lawful_requests");
    const ELEMENTS: (&'static str, &'static str) = ("LawfulRequests", "LawfulRequest");
    fn cursor(&self) -> u128 {
        self.sid.as_u128()
    }
}

async fn create(ask: &Ask<'_>) -> Result<Answer> {
    let officer = Officer::of(ask.principal)?;
    let required = |name| ask.params.required(name, ErrorCode::InvalidParameter);
    let asked = LawfulAsked {
        authority: required("Authority")?,
        reference: required("Reference")?,
        basis: required("Basis")?,
        subject: subject(ask)?,
        received_at: moment(ask, "Received")?,
    };
    let request = ask.app().open_lawful(&officer, &asked).await?;
    Ok(shown(ask, &request))
}

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let officer = Officer::of(ask.principal)?;
    let paged = Paged::whole::<LawfulRequest>(ask)?;
    let requests = ask.app().lawful_requests(&officer, &paged.query()).await?;
    let now = ask.app().clock.now();
    ask.bare(&paged, requests, |w, request| views::short(w, &ask.shown(), request, now))
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let officer = Officer::of(ask.principal)?;
    let request = ask.app().read_lawful(&officer, ask.sid("LawfulRequestSid")?).await?;
    Ok(shown(ask, &request))
}

async fn step(ask: &Ask<'_>) -> Result<Answer> {
    let officer = Officer::of(ask.principal)?;
    let sid: LawfulRequestSid = ask.sid("LawfulRequestSid")?;
    let request = match ask.params.text("Step") {
        Some("answer") => ask.app().answer_lawful(&officer, sid).await?,
        Some("refuse") => {
            let reason = ask.params.required("Reason", ErrorCode::InvalidParameter)?;
            ask.app().refuse_lawful(&officer, sid, reason).await?
        }
        _ => return Err(invalid("Step", "is answer or refuse")),
    };
    Ok(shown(ask, &request))
}

fn shown(ask: &Ask<'_>, request: &LawfulRequest) -> Answer {
    let now = ask.app().clock.now();
    ask.one("LawfulRequest", |w| views::whole(w, &ask.shown(), request, now))
}

/// One of the three things that may be asked about.
fn subject(ask: &Ask<'_>) -> Result<LawfulSubject> {
    let bad = ErrorCode::InvalidParameter;
    let number = ask.params.parsed("Number", bad)?;
    let call = ask.params.parsed("CallSid", bad)?;
    let message = ask.params.parsed("MessageSid", bad)?;
    match (number, call, message) {
        (Some(number), None, None) => {
            let at = moment(ask, "At")?.ok_or_else(|| invalid("At", "is missing"))?;
            Ok(LawfulSubject::Number { number, at, other: ask.params.parsed("Other", bad)? })
        }
        (None, Some(call), None) => Ok(LawfulSubject::Call(call)),
        (None, None, Some(message)) => Ok(LawfulSubject::Message(message)),
        _ => Err(invalid("Number", "or CallSid or MessageSid is given, and one of them only")),
    }
}

fn moment(ask: &Ask<'_>, name: &str) -> Result<Option<Timestamp>> {
    let text = ask.params.text(name);
    text.map(|text| text.parse().map_err(|_| invalid(name, "is a time such as 2026-11-23T09:30:00Z")))
        .transpose()
}
