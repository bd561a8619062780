//! Numbers that can be masks, and those of a pool.

use flexio_domain::*;
use flexio_store::NumberFilter;

use super::{acting, application_sid, below, dates, done, listed, page, shown_sid, specimen};
use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::error::{Result, invalid};
use crate::operation::{NATIVE, Operation, Param, Shows, params, row};
use crate::write::Writer;

const POOL: &str = "numbermasking/applications/{MaskApplicationSid}/numbers";
const ONE: &str = "numbermasking/applications/{MaskApplicationSid}/numbers/{MaskNumberSid}";
const SHOWN: Shows = Shows::One(sample);
const USABLE: Shows = Shows::One(usable_sample);
const PARAMS: &[Param] = params![
    "phoneNumberSid": "A number of the account (`PN…`); required.",
    "reserved": "`true` keeps it back: no participant gets it from then on.",
    "enterpriseSid": "A sub-account.",
];

pub(crate) const OPERATIONS: &[Operation] = &[
    row!(
        "masking_phones.list",
        Read,
        NATIVE,
        "numbermasking/phonenumbers/search",
        "Numbers of the account, which can be masks.",
        super::PAGED,
        Shows::Many(usable_sample),
        usable
    ),
    row!(
        "masking_phones.fetch",
        Read,
        NATIVE,
        "numbermasking/phonenumbers/search/{NumberSid}",
        "One of them.",
        &[],
        USABLE,
        usable_one
    ),
    row!("masking_numbers.add", Create, NATIVE, POOL, "Adds a number to the pool.", PARAMS, SHOWN, add),
    row!(
        "masking_numbers.list",
        Read,
        NATIVE,
        POOL,
        "The pool, newest first.",
        super::PAGED,
        Shows::Many(sample),
        list
    ),
    row!("masking_numbers.fetch", Read, NATIVE, ONE, "One number of the pool.", &[], SHOWN, fetch),
    row!(
        "masking_numbers.reserve",
        Update,
        NATIVE,
        ONE,
        "Keeps a number back, or gives it out again.",
        params!["reserved": "`true` or `false`; required."],
        SHOWN,
        reserve
    ),
    row!(
        "masking_numbers.remove",
        Delete,
        NATIVE,
        ONE,
        "Takes a number out of the pool: nobody is reached through it any more.",
        &[],
        Shows::Nothing,
        remove
    ),
];

async fn usable(ask: &Ask<'_>) -> Result<Answer> {
    let (account, (number, query)) = (acting(ask).await?, page(ask)?);
    let rows = ask.app().numbers(account.sid, &NumberFilter::default(), &query).await?;
    Ok(done(ask, |w| {
        w.put("page", number);
        w.put("pageLength", query.limit);
        w.list("phoneNumbers", "record", &rows, usable_view);
    }))
}

async fn usable_one(ask: &Ask<'_>) -> Result<Answer> {
    let sid = ask.name("NumberSid").parse().map_err(|_| ErrorCode::NotFound)?;
    let found = ask.app().number(acting(ask).await?.sid, sid).await?;
    Ok(done(ask, |w| usable_view(w, &found)))
}

fn reserved(ask: &Ask<'_>) -> Result<Option<bool>> {
    ask.params
        .camel("reserved")
        .map(|text| text.parse().map_err(|_| invalid("reserved", "must be true or false")))
        .transpose()
}

async fn add(ask: &Ask<'_>) -> Result<Answer> {
    let (account, application) = (acting(ask).await?, application_sid(ask)?);
    let number = ask.params.camel("phoneNumberSid").and_then(|text| text.parse().ok());
    let number = number.ok_or_else(|| invalid("phoneNumberSid", "must be the sid of a number"))?;
    let reserved = reserved(ask)?.unwrap_or(false);
    let made = ask.app().add_mask_number(&account, application, number, reserved).await?;
    Ok(done(ask, |w| view(w, &made)))
}

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    listed(ask, MaskKind::Number, Some(application_sid(ask)?), "numbers", view).await
}

async fn one(ask: &Ask<'_>) -> Result<MaskRecord> {
    below(ask, MaskKind::Number, "MaskNumberSid", 'N').await
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let found = one(ask).await?;
    Ok(done(ask, |w| view(w, &found)))
}

async fn reserve(ask: &Ask<'_>) -> Result<Answer> {
    let (account, record) = (acting(ask).await?, one(ask).await?);
    let reserves = reserved(ask)?.ok_or_else(|| invalid("reserved", "must be true or false"))?;
    let next = ask.app().reserve_mask_number(&account, record, reserves).await?;
    Ok(done(ask, |w| view(w, &next)))
}

async fn remove(ask: &Ask<'_>) -> Result<Answer> {
    let (account, record) = (acting(ask).await?, one(ask).await?);
    ask.app().delete_mask(&account, &record).await?;
    Ok(Answer::empty())
}

fn view(w: &mut Writer, record: &MaskRecord) {
    let MaskBody::Number(number) = &record.body else { return };
    w.put("sid", shown_sid('N', record.sid));
    w.put("applicationSid", shown_sid('A', record.parent));
    w.put("phoneNumberSid", number.number_sid.to_string());
    w.put("phoneNumber", number.number.to_string());
    w.put("reserved", number.is_reserved);
    dates(w, record);
}

fn sample(w: &mut Writer, _: &Shown<'_>) {
    let body = MaskNumber {
        number: super::contexts::example("+3225550101"),
        number_sid: NumberSid::from_u128(1),
        is_reserved: false,
    };
    view(w, &specimen(MaskBody::Number(body)));
}

fn usable_view(w: &mut Writer, number: &IncomingNumber) {
    usable_row(w, &number.sid.to_string(), &number.number.to_string(), number.capabilities);
}

fn usable_row(w: &mut Writer, sid: &str, number: &str, can: Capabilities) {
    w.put("sid", sid);
    w.put("phoneNumber", number);
    w.put("voice", can.voice);
    w.put("sms", can.sms);
}

fn usable_sample(w: &mut Writer, _: &Shown<'_>) {
    let can = Capabilities { voice: true, sms: true, ..Capabilities::default() };
    usable_row(w, &NumberSid::from_u128(1).to_string(), "+3225550101", can);
}
