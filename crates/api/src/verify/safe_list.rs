//! Numbers that the guard's rules against fraud do not stop.

use flexio_domain::*;

use super::views::url;
use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::error::{Result, refuse};
use crate::operation::{Operation, Shows, TWILIO, params, row};
use crate::write::Writer;

const LIST: &str = "v2/SafeList/Numbers";
const ONE: &str = "v2/SafeList/Numbers/{SafeNumber}";

pub(crate) const OPERATIONS: &[Operation] = &[
    row!(
        "safe_list.create",
        Create,
        TWILIO,
        LIST,
        "Puts a number on the safe list.",
        params!["PhoneNumber": "Number in E.164 form; required."],
        Shows::One(sample),
        create
    ),
    row!("safe_list.fetch", Read, TWILIO, ONE, "A number of the safe list.", &[], Shows::One(sample), fetch),
    row!("safe_list.delete", Delete, TWILIO, ONE, "Takes a number off.", &[], Shows::Nothing, delete),
];

async fn create(ask: &Ask<'_>) -> Result<Answer> {
    let bad = |_| refuse(ErrorCode::VerifyInvalid, "PhoneNumber is not a number in E.164 form.");
    let number = ask.params.required("PhoneNumber", ErrorCode::VerifyInvalid)?.parse().map_err(bad)?;
    let answer = |made: &SafeNumber| ask.made("SafeNumber", |w| view(w, &ask.shown(), made));
    let keep = |made: &SafeNumber| ask.kept(&made.number, Some(&answer(made)));
    Ok(answer(&ask.app().add_safe_number(&ask.account, number, &keep).await?))
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let safe = ask.app().safe_number(ask.account.sid, &ask.sid("SafeNumber")?).await?;
    Ok(ask.one("SafeNumber", |w| view(w, &ask.shown(), &safe)))
}

async fn delete(ask: &Ask<'_>) -> Result<Answer> {
    ask.app().remove_safe_number(&ask.account, ask.sid("SafeNumber")?).await?;
    Ok(Answer::empty())
}

fn view(w: &mut Writer, shown: &Shown<'_>, safe: &SafeNumber) {
    w.put("sid", safe.sid.to_string());
    w.put("phone_number", safe.number.as_str());
    w.put("url", url(shown, format!("SafeList/Numbers/{}", safe.number)));
}

fn sample(w: &mut Writer, shown: &Shown<'_>) {
    let number = "+32470123456".parse().expect("a number in E.164 form");
    let created_at = Timestamp::UNIX_EPOCH;
    let account_sid = AccountSid::from_u128(1);
    view(w, shown, &SafeNumber { sid: SafeNumberSid::from_u128(1), account_sid, number, created_at });
}
