//! A call goes out: may it, and as whom.

use flexio_domain::{Address, Call, CallDirection, CallOptions, CallSid, CallStatus, Timestamp, WebhookSet};
use flexio_store::{CallerIdFilter, Page};

use crate::App;

/// Why a leg is not sent out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct DialRefusal {
    /// Notification code: 13214 caller id, 13225 destination, 20418 no credit, 20419 a threshold, 12400 internal.
    pub code: u32,
    /// One sentence.
    pub text: String,
}

impl DialRefusal {
    fn new(code: u32, text: &str) -> Self {
        Self { code, text: text.to_owned() }
    }
}

/// Whether this leg may be called with this caller id.
///
/// A caller id the document names must be a number of the account or one it has verified; without one the leg shows who called
/// in, as a forwarding exchange would. The destination must have a price, or be free, in the plan.
pub async fn authorise(
    app: &App,
    leg: &Call,
    first: Option<&Call>,
    caller_id_explicit: bool,
) -> Result<(), DialRefusal> {
    let carried = first.filter(|first| first.sid != leg.sid);
    let inherited = carried.is_some_and(|first| leg.from == first.from || leg.from == first.to);
    let is_sip_or_client = matches!(leg.from, Address::Client(_) | Address::Sip(_));
    // A REST call was checked when it was accepted.
    let checked_before = carried.is_none() && leg.direction == CallDirection::OutboundApi;
    if caller_id_explicit && !inherited && !is_sip_or_client && !checked_before && !may_show(app, leg).await?
    {
        return Err(DialRefusal::new(
            13_214,
            "callerId is neither a number of the account nor a verified caller id",
        ));
    }
    if let Err(refusal) = app.authorise_call(leg.account_sid, &leg.to) {
        return Err(DialRefusal { code: 13_225, text: refusal });
    }
    Ok(())
}

async fn may_show(app: &App, leg: &Call) -> Result<bool, DialRefusal> {
    let Some(number) = leg.from.number() else { return Ok(false) };
    let away = |_| DialRefusal::new(12_400, "the caller id could not be checked");
    let owned = app.owner_of(number).await.map_err(away)?;
    if owned.is_some_and(|owned| owned.account_sid == leg.account_sid) {
        return Ok(true);
    }
    let filter = CallerIdFilter { number: Some(number.clone()), friendly_name: None };
    let page = Page { limit: 1, ..Page::default() };
    let verified = app.store.caller_ids(leg.account_sid, &filter, &page).await.map_err(away)?;
    Ok(verified.iter().any(|id| id.verified_at.is_some()))
}

/// The record of a leg that `<Dial>` makes.
pub fn dialled(
    first: &Call,
    sid: CallSid,
    from: Address,
    to: Address,
    ring_timeout_s: u32,
    now: Timestamp,
) -> Call {
    Call {
        sid,
        version: 1,
        parent_call_sid: Some(first.sid),
        from,
        to,
        phone_number_sid: None,
        application_sid: None,
        direction: CallDirection::OutboundDial,
        status: CallStatus::Queued,
        instructions: WebhookSet::default(),
        document: None,
        sealed_document: None,
        status_callback: None,
        status_callback_events: Vec::new(),
        ring_timeout_s,
        time_limit_s: 0,
        send_digits: None,
        record: false,
        options: Box::new(CallOptions { labels: super::end::labels(first), ..CallOptions::default() }),
        ringing_at: None,
        answered_at: None,
        ended_at: None,
        talk_ms: None,
        proven_at: None,
        granted_s: None,
        price: None,
        forwarded_from: None,
        caller_name: None,
        answered_by: None,
        reason: None,
        sip_call_id: None,
        sip_response_code: None,
        trunk: None,
        sip_auth: None,
        created_at: now,
        updated_at: now,
        ..first.clone()
    }
}
