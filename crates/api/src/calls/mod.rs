//! Calls.

pub(crate) mod events;
pub(crate) mod options;
mod params;
mod resend;
#[cfg(test)]
mod resend_tests;
#[cfg(test)]
mod tests;
mod timeline;
mod views;

pub(crate) use params::{create_from, scope};
pub(crate) use views::put_price;
#[cfg(test)]
pub(crate) use views::specimen;

use flexio_domain::{Call, CallSid, ErrorCode};

use crate::Face;
use crate::answer::Answer;
use crate::ask::Ask;
use crate::error::Result;
use crate::operation::{Access, BOTH, Kind, NATIVE, Operation, Shows, TWILIO};
use crate::paging::{Listed, Paged, SortKey};

pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        id: "calls.list",
        kind: Kind::Read,
        faces: BOTH,
        path: "Accounts/{AccountSid}/Calls",
        about: "Calls, newest first.",
        access: Access::Branch,
        params: params::FILTERS,
        shows: Shows::Many(views::sample),
        run: |ask| Box::pin(list(ask)),
    },
    Operation {
        id: "calls.create",
        kind: Kind::Create,
        faces: BOTH,
        path: "Accounts/{AccountSid}/Calls",
        about: "Makes a call.",
        access: Access::Branch,
        params: params::CREATE,
        shows: Shows::One(views::sample),
        run: |ask| Box::pin(create(ask)),
    },
    Operation {
        id: "calls.fetch",
        kind: Kind::Read,
        faces: BOTH,
        path: "Accounts/{AccountSid}/Calls/{CallSid}",
        about: "One call.",
        access: Access::Branch,
        params: &[],
        shows: Shows::One(views::sample),
        run: |ask| Box::pin(fetch(ask)),
    },
    Operation {
        id: "calls.modify",
        kind: Kind::Update,
        faces: BOTH,
        path: "Accounts/{AccountSid}/Calls/{CallSid}",
        about: "Ends a live call, or gives it other instructions.",
        access: Access::Branch,
        params: params::MODIFY,
        shows: Shows::One(views::sample),
        run: |ask| Box::pin(modify(ask)),
    },
    Operation {
        id: "calls.delete",
        kind: Kind::Delete,
        faces: TWILIO,
        path: "Accounts/{AccountSid}/Calls/{CallSid}",
        about: "Deletes the record of a call that is over. What it cost stays in usage records.",
        access: Access::Branch,
        params: &[],
        shows: Shows::Nothing,
        run: |ask| Box::pin(delete(ask)),
    },
    Operation {
        id: "calls.timeline",
        kind: Kind::Read,
        faces: NATIVE,
        path: "Accounts/{AccountSid}/Calls/{CallSid}/Timeline",
        about: "Everything that happened on a call, in order of time: documents, verbs, SIP messages, media, usage with prices, callbacks.",
        access: Access::Branch,
        params: &[],
        shows: Shows::One(timeline::sample),
        run: |ask| Box::pin(timeline::fetch(ask)),
    },
    resend::OPERATION,
];

impl Listed for Call {
    const MEMBERS: (&'static str, &'static str) = ("calls", "calls");
    const ELEMENTS: (&'static str, &'static str) = ("Calls", "Call");
    const SORTABLE: &'static [&'static str] = &["From", "To", "Direction", "Status", "Duration", "Price"];
    fn cursor(&self) -> u128 {
        self.sid.as_u128()
    }
    fn sort_key(&self, attribute: &str) -> Option<SortKey> {
        match attribute {
            "From" => Some(self.from.to_string().into()),
            "To" => Some(self.to.to_string().into()),
            "Direction" => Some(self.direction.as_str().into()),
            "Status" => Some(self.status.as_str().into()),
            "Duration" => self.duration_s().map(SortKey::count),
            "Price" => self.price.map(|price| SortKey::Number(price.micros())),
            _ => None,
        }
    }
}

/// A call by either shape of its sid, `CA…` or `ID…-CA…`.
pub(crate) fn call_sid(ask: &Ask<'_>) -> Result<CallSid> {
    CallSid::parse_any(ask.name("CallSid")).map_err(|_| ErrorCode::NotFound.into())
}

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let paged = Paged::read::<Call>(ask)?;
    let filter = params::filter(ask)?;
    let total = match ask.face {
        Face::Native => Some(ask.app().count_calls(ask.account.sid, &filter).await?),
        Face::Twilio => None,
    };
    let calls = ask.app().calls(ask.account.sid, &filter, &paged.query()).await?;
    ask.page(&paged, calls, total, |w, call| views::call(w, &ask.shown(), call))
}

async fn create(ask: &Ask<'_>) -> Result<Answer> {
    let new = params::create(ask)?;
    let keep = |call: &Call| ask.kept(call.sid, None);
    let call = ask.app().create_call(&ask.account, new, &keep).await?;
    Ok(ask.made("Call", |w| views::call(w, &ask.shown(), &call)))
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let call = ask.app().call(ask.account.sid, call_sid(ask)?).await?;
    let call = if ask.replay { views::as_created(call) } else { call };
    Ok(ask.one("Call", |w| views::call(w, &ask.shown(), &call)))
}

async fn modify(ask: &Ask<'_>) -> Result<Answer> {
    let sid = CallSid::parse_any(ask.name("CallSid")).map_err(|_| ErrorCode::CallNotFound)?;
    let change = params::modify(ask)?;
    let call = ask.app().modify_call(&ask.account, sid, change).await?;
    Ok(ask.one("Call", |w| views::call(w, &ask.shown(), &call)))
}

async fn delete(ask: &Ask<'_>) -> Result<Answer> {
    ask.app().delete_call(&ask.account, call_sid(ask)?).await?;
    Ok(Answer::empty())
}
