//! The handsets of the sandbox: phones of people behind its carrier. They belong to the installation, so no account is in their paths.

mod params;
#[cfg(test)]
mod tests;
mod views;

use std::time::Duration;

use flexio_app::handsets::{Handset, HandsetCall, HandsetMessage};
use flexio_domain::{E164, ErrorCode};

use crate::answer::Answer;
use crate::ask::Ask;
use crate::error::Result;
use crate::operation::{NATIVE, Operation, Param, Shows, params, row};
use crate::paging::Listed;

const ALL: &str = "Handsets";
const ONE: &str = "Handsets/{Handset}";
const MESSAGES: &str = "Handsets/{Handset}/Messages";
const CALLS: &str = "Handsets/{Handset}/Calls";
const CALL: &str = "Handsets/{Handset}/Calls/{HandsetCallSid}";
const SOUND: &str = "Handsets/{Handset}/Calls/{HandsetCallSid}/Sound";

const ANSWER: &[Param] = params![
    "Answering": "`itself`: calls are answered as the number's last digits say (default). `hand`: they ring until somebody answers or declines.",
];
const WAIT: &[Param] = params![
    "After": "Only messages that came after the one with this sid.",
    "WaitSeconds": "How long the answer may wait for a message where there is none yet, 0 to 30; default 0.",
];
const WRITE: &[Param] = params![
    "To": "Required: a number that is rented here.",
    "Body": "Required: the text, at most 1600 characters.",
];
const DIAL: &[Param] = params!["To": "Required: a number that is rented here."];
const ACT: &[Param] = params![
    "Action": "`answer` or `decline` while it rings; `hang-up` at any time.",
    "Digits": "Keys to press: 0-9, *, #; `w` waits half a second.",
    "Say": "A text to say, at most 1600 characters.",
    "Language": "Of the text; default `en`.",
];
const JOIN: &[Param] =
    params!["Offer": "Required: the browser's offer (SDP of WebRTC, all candidates in it)."];

pub(crate) const OPERATIONS: &[Operation] = &[
    row!(
        "handsets.list",
        Read,
        NATIVE,
        ALL,
        "Handsets of the sandbox that something has happened to, the last one first.",
        &[],
        Shows::Many(views::sample),
        list
    ),
    row!(
        "handsets.fetch",
        Read,
        NATIVE,
        ONE,
        "A handset of the sandbox: any number that nobody rents here. Only for the top account, as everything of handsets.",
        &[],
        Shows::One(views::sample),
        fetch
    ),
    row!(
        "handsets.update",
        Update,
        NATIVE,
        ONE,
        "Decides who answers when the handset is called.",
        ANSWER,
        Shows::One(views::sample),
        update
    ),
    row!(
        "handset_messages.list",
        Read,
        NATIVE,
        MESSAGES,
        "Texts on a handset, the newest first.",
        WAIT,
        Shows::Many(views::message_sample),
        messages
    ),
    row!(
        "handset_messages.write",
        Update,
        NATIVE,
        MESSAGES,
        "Writes a text on the handset to a number that is rented here; answered when the platform has kept it.",
        WRITE,
        Shows::One(views::message_sample),
        write
    ),
    row!(
        "handset_calls.list",
        Read,
        NATIVE,
        CALLS,
        "Calls of a handset, the newest first.",
        &[],
        Shows::Many(views::call_sample),
        calls
    ),
    row!(
        "handset_calls.dial",
        Update,
        NATIVE,
        CALLS,
        "Calls a number that is rented here with the handset.",
        DIAL,
        Shows::One(views::call_sample),
        dial
    ),
    row!(
        "handset_calls.fetch",
        Read,
        NATIVE,
        CALL,
        "One call of a handset.",
        &[],
        Shows::One(views::call_sample),
        call
    ),
    row!(
        "handset_calls.act",
        Update,
        NATIVE,
        CALL,
        "Does one thing in a call of a handset.",
        ACT,
        Shows::One(views::call_sample),
        act
    ),
    row!(
        "handset_calls.join",
        Update,
        NATIVE,
        SOUND,
        "Lets a browser speak and hear in an answered call of a handset, by WebRTC; whoever did before is out of it.",
        JOIN,
        Shows::One(views::sound_sample),
        join
    ),
];

impl Listed for Handset {
    const MEMBERS: (&'static str, &'static str) = ("handsets", "handsets");
    const ELEMENTS: (&'static str, &'static str) = ("Handsets", "Handset");
    fn cursor(&self) -> u128 {
        0
    }
}

impl Listed for HandsetMessage {
    const MEMBERS: (&'static str, &'static str) = ("messages", "messages");
    const ELEMENTS: (&'static str, &'static str) = ("HandsetMessages", "HandsetMessage");
    fn cursor(&self) -> u128 {
        0
    }
}

impl Listed for HandsetCall {
    const MEMBERS: (&'static str, &'static str) = ("calls", "calls");
    const ELEMENTS: (&'static str, &'static str) = ("HandsetCalls", "HandsetCall");
    fn cursor(&self) -> u128 {
        0
    }
}

fn number(ask: &Ask<'_>) -> Result<E164> {
    ask.sid("Handset")
}

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    ask.numbered_page(ask.app().handsets(&ask.account)?, views::handset)
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let handset = ask.app().handset(&ask.account, &number(ask)?).await?;
    Ok(ask.one("Handset", |w| views::handset(w, &handset)))
}

async fn update(ask: &Ask<'_>) -> Result<Answer> {
    let handset = ask.app().set_answering(&ask.account, &number(ask)?, params::answering(ask)?).await?;
    Ok(ask.one("Handset", |w| views::handset(w, &handset)))
}

async fn messages(ask: &Ask<'_>) -> Result<Answer> {
    let after = ask.params.parsed("After", ErrorCode::InvalidParameter)?;
    let wait = ask.params.whole("WaitSeconds", 0..=30, ErrorCode::InvalidParameter)?.unwrap_or(0);
    let wait = Duration::from_secs(wait.into());
    let number = number(ask)?;
    let found = ask.app().handset_messages(&ask.account, &number, after, wait).await?;
    ask.numbered_page(found, |w, message| views::message(w, &number, message))
}

async fn write(ask: &Ask<'_>) -> Result<Answer> {
    let (number, to) = (number(ask)?, params::to(ask)?);
    let body = ask.params.required("Body", ErrorCode::BodyMissing)?;
    let written = ask.app().write_on_handset(&ask.account, &number, &to, body).await?;
    Ok(ask.one("HandsetMessage", |w| views::message(w, &number, &written)))
}

async fn calls(ask: &Ask<'_>) -> Result<Answer> {
    let number = number(ask)?;
    let found = ask.app().handset_calls(&ask.account, &number).await?;
    ask.numbered_page(found, |w, call| views::call(w, &number, call))
}

async fn dial(ask: &Ask<'_>) -> Result<Answer> {
    let (number, to) = (number(ask)?, params::to(ask)?);
    let call = ask.app().call_with_handset(&ask.account, &number, &to).await?;
    Ok(ask.one("HandsetCall", |w| views::call(w, &number, &call)))
}

async fn call(ask: &Ask<'_>) -> Result<Answer> {
    let number = number(ask)?;
    let call = ask.app().handset_call(&ask.account, &number, ask.sid("HandsetCallSid")?).await?;
    Ok(ask.one("HandsetCall", |w| views::call(w, &number, &call)))
}

async fn act(ask: &Ask<'_>) -> Result<Answer> {
    let (number, sid) = (number(ask)?, ask.sid("HandsetCallSid")?);
    ask.app().handset_call(&ask.account, &number, sid).await?;
    let act = params::act(ask).await?;
    let call = ask.app().act_on_handset(&ask.account, &number, sid, act).await?;
    Ok(ask.one("HandsetCall", |w| views::call(w, &number, &call)))
}

async fn join(ask: &Ask<'_>) -> Result<Answer> {
    let (number, sid) = (number(ask)?, ask.sid("HandsetCallSid")?);
    let offer = ask.params.required("Offer", ErrorCode::InvalidParameter)?;
    let answer = ask.app().join_handset(&ask.account, &number, sid, offer).await?;
    Ok(ask.one("HandsetSound", |w| views::sound(w, sid, &answer)))
}
