//! Senders of a service: numbers, short codes, names.

use flexio_app::NewServiceSender;
use flexio_domain::*;

use super::views::{self, SenderOf};
use crate::answer::Answer;
use crate::ask::Ask;
use crate::error::{Result, invalid};
use crate::operation::{Operation, Param, Shows, TWILIO, params, row};
use crate::paging::{Listed, Paged};

macro_rules! senders {
    ($id:literal, $path:literal, $name:literal, $what:literal, $params:expr, $sample:path,
     $list:ident, $add:ident, $fetch:ident, $remove:ident) => {
        [
            row!(
                concat!($id, ".list"),
                Read,
                TWILIO,
                concat!("v1/Services/{MessagingServiceSid}/", $path),
                concat!($what, " of a messaging service, newest first."),
                &[],
                Shows::Many($sample),
                $list
            ),
            row!(
                concat!($id, ".create"),
                Create,
                TWILIO,
                concat!("v1/Services/{MessagingServiceSid}/", $path),
                concat!("Adds one of the account's to a messaging service: ", $what, "."),
                $params,
                Shows::One($sample),
                $add
            ),
            row!(
                concat!($id, ".fetch"),
                Read,
                TWILIO,
                concat!("v1/Services/{MessagingServiceSid}/", $path, "/{", $name, "}"),
                concat!("One of the ", $what, " of a messaging service."),
                &[],
                Shows::One($sample),
                $fetch
            ),
            row!(
                concat!($id, ".delete"),
                Delete,
                TWILIO,
                concat!("v1/Services/{MessagingServiceSid}/", $path, "/{", $name, "}"),
                concat!("Takes it out of the messaging service: ", $what, "."),
                &[],
                Shows::Nothing,
                $remove
            ),
        ]
    };
}

const NUMBER: &[Param] = params!["PhoneNumberSid": "A rented number that can send; required."];
const SHORT_CODE: &[Param] = params!["ShortCodeSid": "A short code of the account; required."];
const ALPHA: &[Param] =
    params!["AlphaSender": "Up to 11 letters, digits and blanks the account may send from; required."];

pub(crate) const OPERATIONS: &[Operation] = &{
    let [a, b, c, d] = senders!(
        "messaging_phone_numbers",
        "PhoneNumbers",
        "ServiceNumberSid",
        "Numbers",
        NUMBER,
        views::number_sample,
        list_numbers,
        add_number,
        fetch_number,
        remove_number
    );
    let [e, f, g, h] = senders!(
        "messaging_short_codes",
        "ShortCodes",
        "ServiceShortCodeSid",
        "Short codes",
        SHORT_CODE,
        views::code_sample,
        list_codes,
        add_code,
        fetch_code,
        remove_code
    );
    let [i, j, k, l] = senders!(
        "messaging_alpha_senders",
        "AlphaSenders",
        "AlphaSenderSid",
        "Names",
        ALPHA,
        views::alpha_sample,
        list_names,
        add_name,
        fetch_name,
        remove_name
    );
    [a, b, c, d, e, f, g, h, i, j, k, l]
};

macro_rules! listed {
    ($type:ident, $members:literal, $element:literal) => {
        /// A sender under the name its list has.
        pub(super) struct $type(pub(super) ServiceSender);

        impl SenderOf for $type {
            fn sender(&self) -> &ServiceSender {
                &self.0
            }
        }

        impl Listed for $type {
            const MEMBERS: (&'static str, &'static str) = ($members, $members);
            const ELEMENTS: (&'static str, &'static str) = ($element, $element);
            fn cursor(&self) -> u128 {
                self.0.sid.as_u128()
            }
        }
    };
}

listed!(NumberSender, "phone_numbers", "PhoneNumber");
listed!(CodeSender, "short_codes", "ShortCode");
listed!(AlphaSender, "alpha_senders", "AlphaSender");

async fn list<T: Listed + SenderOf>(ask: &Ask<'_>, kind: &str, of: fn(ServiceSender) -> T) -> Result<Answer> {
    let paged = Paged::read::<T>(ask)?;
    let found = ask.app().service_senders(ask.account.sid, super::sid(ask)?, kind, &paged.query()).await?;
    let rows = found.into_iter().map(of).collect();
    ask.page(&paged, rows, None, |w, row: &T| views::sender(w, &ask.shown(), row.sender()))
}

async fn add(ask: &Ask<'_>, new: NewServiceSender) -> Result<Answer> {
    let answer = |made: &ServiceSender| ask.made("Sender", |w| views::sender(w, &ask.shown(), made));
    let keep = |made: &ServiceSender| ask.kept(made.sid, Some(&answer(made)));
    Ok(answer(&ask.app().add_service_sender(&ask.account, super::sid(ask)?, new, &keep).await?))
}

async fn fetch(ask: &Ask<'_>, sid: SenderSid) -> Result<Answer> {
    let sender = ask.app().service_sender(ask.account.sid, super::sid(ask)?, sid).await?;
    Ok(ask.one("Sender", |w| views::sender(w, &ask.shown(), &sender)))
}

async fn remove(ask: &Ask<'_>, sid: SenderSid) -> Result<Answer> {
    ask.app().remove_service_sender(&ask.account, super::sid(ask)?, sid).await?;
    Ok(Answer::empty())
}

async fn list_numbers(ask: &Ask<'_>) -> Result<Answer> {
    list(ask, "number", NumberSender).await
}

async fn add_number(ask: &Ask<'_>) -> Result<Answer> {
    let sid = ask.params.parsed("PhoneNumberSid", ErrorCode::InvalidParameter)?;
    add(ask, NewServiceSender::Number(sid.ok_or_else(|| invalid("PhoneNumberSid", "is missing"))?)).await
}

async fn fetch_number(ask: &Ask<'_>) -> Result<Answer> {
    fetch(ask, SenderSid::Number(ask.sid("ServiceNumberSid")?)).await
}

async fn remove_number(ask: &Ask<'_>) -> Result<Answer> {
    remove(ask, SenderSid::Number(ask.sid("ServiceNumberSid")?)).await
}

async fn list_codes(ask: &Ask<'_>) -> Result<Answer> {
    list(ask, "short-code", CodeSender).await
}

async fn add_code(ask: &Ask<'_>) -> Result<Answer> {
    let sid = ask.params.parsed("ShortCodeSid", ErrorCode::InvalidParameter)?;
    add(ask, NewServiceSender::ShortCode(sid.ok_or_else(|| invalid("ShortCodeSid", "is missing"))?)).await
}

async fn fetch_code(ask: &Ask<'_>) -> Result<Answer> {
    fetch(ask, SenderSid::ShortCode(ask.sid("ServiceShortCodeSid")?)).await
}

async fn remove_code(ask: &Ask<'_>) -> Result<Answer> {
    remove(ask, SenderSid::ShortCode(ask.sid("ServiceShortCodeSid")?)).await
}

async fn list_names(ask: &Ask<'_>) -> Result<Answer> {
    list(ask, "alpha", AlphaSender).await
}

async fn add_name(ask: &Ask<'_>) -> Result<Answer> {
    let name = ask.params.required("AlphaSender", ErrorCode::InvalidParameter)?.to_owned();
    add(ask, NewServiceSender::Alpha(name)).await
}

async fn fetch_name(ask: &Ask<'_>) -> Result<Answer> {
    fetch(ask, SenderSid::Alpha(ask.sid("AlphaSenderSid")?)).await
}

async fn remove_name(ask: &Ask<'_>) -> Result<Answer> {
    remove(ask, SenderSid::Alpha(ask.sid("AlphaSenderSid")?)).await
}
