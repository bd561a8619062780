//! Contexts, their participants, and what happened between these.

use flexio_domain::*;

use super::{
    acting, application_sid, below, date, dates, done, listed, page, shown_sid, sid, specimen, whole,
};
use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::error::{Result, invalid};
use crate::operation::{NATIVE, Operation, Param, Shows, params, row};
use crate::write::Writer;

const ALL: &str = "numbermasking/applications/{MaskApplicationSid}/contexts";
const ONE: &str = "numbermasking/applications/{MaskApplicationSid}/contexts/{MaskContextSid}";
const PARTIES: &str =
    "numbermasking/applications/{MaskApplicationSid}/contexts/{MaskContextSid}/participants";
const PARTY: &str = "numbermasking/applications/{MaskApplicationSid}/contexts/{MaskContextSid}/participants/{MaskParticipantSid}";
const EVENTS: &str = "numbermasking/applications/{MaskApplicationSid}/contexts/{MaskContextSid}/interactions";
const EVENT: &str = "numbermasking/applications/{MaskApplicationSid}/contexts/{MaskContextSid}/interactions/{MaskInteractionSid}";
const SHOWN: Shows = Shows::One(sample);
const PARTY_SHOWN: Shows = Shows::One(party_sample);
const PARAMS: &[Param] = params![
    "friendlyName": "For people; fixed.",
    "ttl": "Seconds it lasts after it was made or used last; 0 for ever; default the application's.",
    "status": "`closed` closes it for good.",
    "enterpriseSid": "A sub-account.",
];
const FILTERS: &[Param] = params![
    "page": "From 0.",
    "pageLength": "1 to 100; default 50.",
    "identifier": "Those alone that the party with this number, in E.164 form, takes part in.",
    "enterpriseSid": "A sub-account.",
];
const JOINS: &[Param] = params![
    "identifier": "The participant's own number, in E.164 form; required.",
    "friendlyName": "For people.",
    "enterpriseSid": "A sub-account.",
];

pub(crate) const OPERATIONS: &[Operation] = &[
    row!("masking_contexts.create", Create, NATIVE, ALL, "Makes a context.", PARAMS, SHOWN, create),
    row!(
        "masking_contexts.list",
        Read,
        NATIVE,
        ALL,
        "Contexts, newest first.",
        FILTERS,
        Shows::Many(sample),
        list
    ),
    row!("masking_contexts.fetch", Read, NATIVE, ONE, "One context.", &[], SHOWN, fetch),
    row!(
        "masking_contexts.update",
        Update,
        NATIVE,
        ONE,
        "Changes or closes a context.",
        PARAMS,
        SHOWN,
        update
    ),
    row!(
        "masking_contexts.delete",
        Delete,
        NATIVE,
        ONE,
        "Deletes a context, its participants and interactions.",
        &[],
        Shows::Nothing,
        delete
    ),
    row!(
        "masking_participants.create",
        Create,
        NATIVE,
        PARTIES,
        "Brings a participant into a context; he gets his mask.",
        JOINS,
        PARTY_SHOWN,
        join
    ),
    row!(
        "masking_participants.list",
        Read,
        NATIVE,
        PARTIES,
        "The participants.",
        super::PAGED,
        Shows::Many(party_sample),
        parties
    ),
    row!("masking_participants.fetch", Read, NATIVE, PARTY, "One participant.", &[], PARTY_SHOWN, party),
    row!(
        "masking_participants.delete",
        Delete,
        NATIVE,
        PARTY,
        "Takes a participant out of a context.",
        &[],
        Shows::Nothing,
        leave
    ),
    row!(
        "masking_interactions.list",
        Read,
        NATIVE,
        EVENTS,
        "Calls and messages between the participants, newest first.",
        super::PAGED,
        Shows::Many(event_sample),
        events
    ),
    row!(
        "masking_interactions.fetch",
        Read,
        NATIVE,
        EVENT,
        "One of them.",
        &[],
        Shows::One(event_sample),
        event
    ),
];

fn number_in(name: &str, text: &str) -> Result<E164> {
    text.parse().map_err(|_| invalid(name, "must be a number in E.164 form"))
}

async fn context(ask: &Ask<'_>) -> Result<MaskRecord> {
    below(ask, MaskKind::Context, "MaskContextSid", 'C').await
}

async fn create(ask: &Ask<'_>) -> Result<Answer> {
    let (account, application) = (acting(ask).await?, application_sid(ask)?);
    let (name, ttl_s) = (ask.params.camel("friendlyName"), whole(ask, "ttl", u32::MAX)?);
    let made = ask.app().create_mask_context(&account, application, name, ttl_s).await?;
    let now = ask.app().clock.now();
    Ok(done(ask, |w| view(w, &made, now)))
}

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let (account, (number, query), application) = (acting(ask).await?, page(ask)?, application_sid(ask)?);
    ask.app().mask_record(account.sid, MaskKind::Application, None, application).await?;
    let rows = match ask.params.camel("identifier") {
        None => ask.app().mask_records(account.sid, MaskKind::Context, Some(application), &query).await?,
        Some(text) => {
            let party = number_in("identifier", text)?;
            ask.app().mask_contexts_of(account.sid, application, &party, &query).await?
        }
    };
    let now = ask.app().clock.now();
    Ok(done(ask, |w| {
        w.put("page", number);
        w.put("pageLength", query.limit);
        w.list("contexts", "record", &rows, |w, row| view(w, row, now));
    }))
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let (found, now) = (context(ask).await?, ask.app().clock.now());
    Ok(done(ask, |w| view(w, &found, now)))
}

async fn update(ask: &Ask<'_>) -> Result<Answer> {
    let (account, record) = (acting(ask).await?, context(ask).await?);
    let closes = match ask.params.camel("status") {
        None | Some("open") => false,
        Some("closed") => true,
        Some(_) => return Err(invalid("status", "must be closed")),
    };
    let ttl_s = whole(ask, "ttl", u32::MAX)?;
    let next = ask.app().update_mask_context(&account, record, ttl_s, closes).await?;
    let now = ask.app().clock.now();
    Ok(done(ask, |w| view(w, &next, now)))
}

async fn delete(ask: &Ask<'_>) -> Result<Answer> {
    let (account, record) = (acting(ask).await?, context(ask).await?);
    ask.app().delete_mask(&account, &record).await?;
    Ok(Answer::empty())
}

async fn join(ask: &Ask<'_>) -> Result<Answer> {
    let (account, record) = (acting(ask).await?, context(ask).await?);
    let identifier = number_in("identifier", ask.params.camel("identifier").unwrap_or_default())?;
    let name = ask.params.camel("friendlyName");
    let place = (record.parent, record.sid);
    let made = Box::pin(ask.app().add_mask_participant(&account, place, &identifier, name)).await?;
    Ok(done(ask, |w| party_view(w, &made)))
}

async fn parties(ask: &Ask<'_>) -> Result<Answer> {
    let context = context(ask).await?;
    listed(ask, MaskKind::Participant, Some(context.sid), "participants", party_view).await
}

async fn one_party(ask: &Ask<'_>) -> Result<MaskRecord> {
    let context = context(ask).await?;
    let key = sid(ask, "MaskParticipantSid", 'P')?;
    Ok(ask.app().mask_record(context.account_sid, MaskKind::Participant, Some(context.sid), key).await?)
}

async fn party(ask: &Ask<'_>) -> Result<Answer> {
    let found = one_party(ask).await?;
    Ok(done(ask, |w| party_view(w, &found)))
}

async fn leave(ask: &Ask<'_>) -> Result<Answer> {
    let (account, record) = (acting(ask).await?, one_party(ask).await?);
    ask.app().delete_mask(&account, &record).await?;
    Ok(Answer::empty())
}

/// What happened, and how it stands: status, and the seconds of a call.
type Event = (MaskRecord, Option<&'static str>, Option<u64>);

/// Nothing but the sid is left of a call or message that was deleted.
async fn looked_up(ask: &Ask<'_>, record: MaskRecord) -> Event {
    let MaskBody::Interaction(met) = &record.body else { return (record, None, None) };
    let (mut status, mut seconds) = (None, None);
    if let Some(call) = met.call_sid
        && let Ok(call) = ask.app().call(record.account_sid, call).await
    {
        (status, seconds) = (Some(call.status.as_str()), call.duration_s());
    }
    if let Some(message) = met.message_sid
        && let Ok(message) = ask.app().message(record.account_sid, message).await
    {
        status = Some(message.status.as_str());
    }
    (record, status, seconds)
}

async fn events(ask: &Ask<'_>) -> Result<Answer> {
    let (context, (number, query)) = (context(ask).await?, page(ask)?);
    let kind = MaskKind::Interaction;
    let rows = ask.app().mask_records(context.account_sid, kind, Some(context.sid), &query).await?;
    let mut told = Vec::with_capacity(rows.len());
    for row in rows {
        told.push(looked_up(ask, row).await);
    }
    Ok(done(ask, |w| {
        w.put("page", number);
        w.put("pageLength", query.limit);
        w.list("interactions", "record", &told, event_view);
    }))
}

async fn event(ask: &Ask<'_>) -> Result<Answer> {
    let context = context(ask).await?;
    let (kind, key) = (MaskKind::Interaction, sid(ask, "MaskInteractionSid", 'I')?);
    let found = ask.app().mask_record(context.account_sid, kind, Some(context.sid), key).await?;
    let told = looked_up(ask, found).await;
    Ok(done(ask, |w| event_view(w, &told)))
}

fn view(w: &mut Writer, record: &MaskRecord, now: Timestamp) {
    let MaskBody::Context(context) = &record.body else { return };
    let status = match context.closed_at {
        Some(_) => "closed",
        None if context.is_open(now) => "open",
        None => "expired",
    };
    w.put("sid", shown_sid('C', record.sid));
    w.put("applicationSid", shown_sid('A', record.parent));
    w.put("friendlyName", context.friendly_name.as_ref());
    w.put("ttl", context.ttl_s);
    w.put("status", status);
    w.put("dateExpires", context.expires_at.map(date));
    w.put("dateClosed", context.closed_at.map(date));
    dates(w, record);
}

fn party_view(w: &mut Writer, record: &MaskRecord) {
    let MaskBody::Participant(party) = &record.body else { return };
    w.put("sid", shown_sid('P', record.sid));
    w.put("contextSid", shown_sid('C', record.parent));
    w.put("identifier", party.identifier.to_string());
    w.put("friendlyName", party.friendly_name.as_ref());
    w.put("maskedNumber", party.mask.to_string());
    dates(w, record);
}

fn event_view(w: &mut Writer, (record, status, seconds): &Event) {
    let MaskBody::Interaction(met) = &record.body else { return };
    w.put("sid", shown_sid('I', record.sid));
    w.put("contextSid", shown_sid('C', record.parent));
    w.put("type", if met.call_sid.is_some() { "voice" } else { "sms" });
    w.put("fromParticipantSid", shown_sid('P', met.from));
    w.put("toParticipantSid", shown_sid('P', met.to));
    w.put("callSid", met.call_sid.map(|sid| sid.to_string()));
    w.put("messageSid", met.message_sid.map(|sid| sid.to_string()));
    w.put("status", *status);
    w.put("duration", seconds.and_then(|seconds| i64::try_from(seconds).ok()));
    w.put("dateCreated", date(record.created_at));
}

/// A number for the schema.
pub(super) fn example(digits: &str) -> E164 {
    digits.parse().expect("it is a number")
}

fn sample(w: &mut Writer, _: &Shown<'_>) {
    let body = MaskContext { friendly_name: None, ttl_s: 3_600, expires_at: None, closed_at: None };
    view(w, &specimen(MaskBody::Context(body)), Timestamp::UNIX_EPOCH);
}

fn party_sample(w: &mut Writer, _: &Shown<'_>) {
    let (identifier, mask) = (example("+32470123456"), example("+3225550101"));
    party_view(
        w,
        &specimen(MaskBody::Participant(MaskParticipant { identifier, friendly_name: None, mask })),
    );
}

fn event_sample(w: &mut Writer, _: &Shown<'_>) {
    let (from, to) = (MaskingSid::from_u128(4), MaskingSid::from_u128(5));
    let call_sid = Some(CallSid::from_u128(6));
    let body = MaskInteraction { from, to, call_sid, message_sid: None };
    event_view(w, &(specimen(MaskBody::Interaction(body)), Some("completed"), Some(42)));
}
