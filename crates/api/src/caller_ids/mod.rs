//! Outgoing caller ids.

#[cfg(test)]
mod tests;

use flexio_app::CallerIdRequest;
use flexio_domain::{AccountSid, E164, ErrorCode, NumberSid, OutgoingCallerId, Timestamp};
use flexio_store::CallerIdFilter;

use crate::Face;
use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::dialect::rfc2822;
use crate::error::Result;
use crate::operation::{Access, BOTH, Kind, Operation, Shows, params};
use crate::paging::{Listed, Paged};
use crate::write::Writer;

pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        id: "caller_ids.list",
        kind: Kind::Read,
        faces: BOTH,
        path: "Accounts/{AccountSid}/OutgoingCallerIds",
        about: "Caller ids.",
        access: Access::Branch,
        params: params!["PhoneNumber": "Equal.", "FriendlyName": "Equal."],
        shows: Shows::Many(sample),
        run: |ask| Box::pin(list(ask)),
    },
    Operation {
        id: "caller_ids.create",
        kind: Kind::Create,
        faces: BOTH,
        path: "Accounts/{AccountSid}/OutgoingCallerIds",
        about: "Registers a number of somebody else as caller id. The number is called and hears a code, which is then posted to the \
                caller id as `VerificationCode`; in the sandbox it is verified at once.",
        access: Access::Branch,
        params: params!["PhoneNumber": "E.164; required.", "FriendlyName": "At most 64 characters."],
        shows: Shows::One(created_sample),
        run: |ask| Box::pin(create(ask)),
    },
    Operation {
        id: "caller_ids.fetch",
        kind: Kind::Read,
        faces: BOTH,
        path: "Accounts/{AccountSid}/OutgoingCallerIds/{CallerIdSid}",
        about: "One caller id.",
        access: Access::Branch,
        params: &[],
        shows: Shows::One(sample),
        run: |ask| Box::pin(fetch(ask)),
    },
    Operation {
        id: "caller_ids.update",
        kind: Kind::Update,
        faces: BOTH,
        path: "Accounts/{AccountSid}/OutgoingCallerIds/{CallerIdSid}",
        about: "Renames a caller id, or enters the code that was spoken.",
        access: Access::Branch,
        params: params![
            "FriendlyName": "At most 64 characters.",
            "VerificationCode": "The six digits that were spoken; a wrong entry makes them void.",
        ],
        shows: Shows::One(sample),
        run: |ask| Box::pin(update(ask)),
    },
    Operation {
        id: "caller_ids.delete",
        kind: Kind::Delete,
        faces: BOTH,
        path: "Accounts/{AccountSid}/OutgoingCallerIds/{CallerIdSid}",
        about: "Forgets a caller id.",
        access: Access::Branch,
        params: &[],
        shows: Shows::Nothing,
        run: |ask| Box::pin(delete(ask)),
    },
];

impl Listed for OutgoingCallerId {
    const MEMBERS: (&'static str, &'static str) = ("outgoing_caller_ids", "outgoing_caller_ids");
    const ELEMENTS: (&'static str, &'static str) = ("OutgoingCallerIds", "OutgoingCallerId");
    fn cursor(&self) -> u128 {
        self.sid.as_u128()
    }
}

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let paged = Paged::whole::<OutgoingCallerId>(ask)?;
    let filter = CallerIdFilter {
        number: ask.params.parsed("PhoneNumber", ErrorCode::NumberInvalid)?,
        friendly_name: ask.params.owned("FriendlyName"),
    };
    let caller_ids = ask.app().caller_ids(ask.account.sid, &filter, &paged.query()).await?;
    ask.bare(&paged, caller_ids, |w, caller_id| view(w, &ask.shown(), caller_id))
}

async fn create(ask: &Ask<'_>) -> Result<Answer> {
    ask.params.required("PhoneNumber", ErrorCode::InvalidParameter)?;
    let number: Option<E164> = ask.params.parsed("PhoneNumber", ErrorCode::NumberInvalid)?;
    let number = number.ok_or(ErrorCode::NumberInvalid)?;
    let name = ask.params.text("FriendlyName");
    let keep = |made: &OutgoingCallerId| ask.kept(made.sid, None);
    let request = ask.app().create_caller_id(&ask.account, &number, name, &keep).await?;
    Ok(match ask.face {
        // 200 in both: Twilio's validation request is not itself a resource.
        Face::Twilio => ask.one("ValidationRequest", |w| validation(w, &request)),
        Face::Native => ask.one("OutgoingCallerId", |w| view(w, &ask.shown(), &request.caller_id)),
    })
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let caller_id = ask.app().caller_id(ask.account.sid, ask.sid("CallerIdSid")?).await?;
    if ask.replay && ask.face == Face::Twilio {
        let request = CallerIdRequest { caller_id, call: None };
        return Ok(ask.one("ValidationRequest", |w| validation(w, &request)));
    }
    Ok(ask.one("OutgoingCallerId", |w| view(w, &ask.shown(), &caller_id)))
}

async fn update(ask: &Ask<'_>) -> Result<Answer> {
    let sid = ask.sid("CallerIdSid")?;
    let caller_id = match ask.params.text("VerificationCode") {
        Some(code) => ask.app().confirm_caller_id(&ask.account, sid, code).await?,
        None => ask.app().update_caller_id(&ask.account, sid, ask.params.text("FriendlyName")).await?,
    };
    Ok(ask.one("OutgoingCallerId", |w| view(w, &ask.shown(), &caller_id)))
}

async fn delete(ask: &Ask<'_>) -> Result<Answer> {
    ask.app().delete_caller_id(&ask.account, ask.sid("CallerIdSid")?).await?;
    Ok(Answer::empty())
}

fn view(w: &mut Writer, shown: &Shown<'_>, caller_id: &OutgoingCallerId) {
    w.put("sid", caller_id.sid.to_string());
    w.put("account_sid", caller_id.account_sid.to_string());
    w.put("date_created", rfc2822(caller_id.created_at));
    w.put("date_updated", rfc2822(caller_id.updated_at));
    w.put("friendly_name", &caller_id.friendly_name);
    w.put("phone_number", caller_id.number.as_str());
    if !shown.is_twilio() {
        w.put("verified", caller_id.verified_at.is_some());
    }
    w.put("uri", shown.uri(caller_id.account_sid, format_args!("OutgoingCallerIds/{}", caller_id.sid)));
}

/// The code is not here: whoever asks has to hear it at the number. Other platforms show it and have it keyed in on the phone.
fn validation(w: &mut Writer, request: &CallerIdRequest) {
    w.put("account_sid", request.caller_id.account_sid.to_string());
    w.put("call_sid", request.call.map(|sid| sid.to_string()));
    w.put("friendly_name", &request.caller_id.friendly_name);
    w.put("phone_number", request.caller_id.number.as_str());
    w.put("validation_code", None::<&str>);
    w.put("outgoing_caller_id_sid", request.caller_id.sid.to_string());
}

fn specimen() -> OutgoingCallerId {
    let at = Timestamp::from_second(1_766_000_000).expect("a second of 2025");
    OutgoingCallerId {
        sid: NumberSid::from_u128(1),
        version: 1,
        account_sid: AccountSid::from_u128(1),
        friendly_name: "Head office".to_owned(),
        number: "+3222268888".parse().expect("a number"),
        verified_at: Some(at),
        created_at: at,
        updated_at: at,
    }
}

fn sample(w: &mut Writer, shown: &Shown<'_>) {
    view(w, shown, &specimen());
}

fn created_sample(w: &mut Writer, shown: &Shown<'_>) {
    if shown.is_twilio() {
        validation(w, &CallerIdRequest { caller_id: specimen(), call: None });
    } else {
        view(w, shown, &specimen());
    }
}
