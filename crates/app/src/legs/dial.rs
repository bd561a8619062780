//! A call goes out: may it, and as whom.

use flexio_domain::{
    Address, Call, CallDirection, CallOptions, CallSid, CallStatus, E164, Timestamp, WebhookSet,
};

use super::shown;
use crate::App;
use crate::error::AppError;

/// Why a leg is not sent out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct DialRefusal {
    /// Notification code: 13214 caller id, 13225 destination, 20418 no credit, 20419 a threshold, 20560 an emergency number, 12400 internal.
    pub code: u32,
    /// One sentence.
    pub text: String,
}

impl DialRefusal {
    pub(super) fn new(code: u32, text: &str) -> Self {
        Self { code, text: text.to_owned() }
    }
}

/// What is known of a leg that may be called.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Allowed {
    /// It shows somebody who is not the account's own number, because he called this number of the account, which forwards him.
    pub diverted_by: Option<E164>,
    /// It is a call for help, of somebody at a phone: from here on nothing may stand in its way.
    pub for_help: bool,
}

/// Whether this leg may be called with this caller id.
///
/// Whoever is shown must be a number of the account or one it has verified, however it is written. Without a caller id of the document's the
/// leg shows who called in, as a forwarding exchange would. The destination must have a price, or be free, in the plan. Emergency numbers are
/// for somebody at a phone who dialled one.
pub async fn authorise(
    app: &App,
    leg: &Call,
    first: Option<&Call>,
    caller_id_explicit: bool,
) -> Result<Allowed, DialRefusal> {
    let carried = first.filter(|first| first.sid != leg.sid);
    if app.is_emergency(&leg.to) && carried.is_some_and(|first| app.is_call_for_help(first)) {
        return Ok(Allowed { diverted_by: None, for_help: true });
    }
    if let Err(refusal) = app.must_be_open(&leg.to) {
        return Err(DialRefusal {
            code: refusal.code().number(),
            text: refusal.code().sentence().to_owned(),
        });
    }
    // A REST call was checked when it was accepted.
    let checked_before = carried.is_none() && leg.direction == CallDirection::OutboundApi;
    let diverted_by = if checked_before {
        None
    } else {
        shown::must_be_shown(app, leg, carried, caller_id_explicit).await?
    };
    if let Err(refusal) = app.authorise_call(leg.account_sid, &leg.to) {
        return Err(DialRefusal { code: 13_225, text: refusal });
    }
    // A number of the platform is called without a carrier.
    let is_ours = match leg.to.number() {
        Some(number) => app.owner_of(number).await.is_ok_and(|owner| owner.is_some()),
        None => false,
    };
    if !is_ours {
        Box::pin(app.may_call(leg.account_sid, "", &leg.to)).await.map_err(|error| match &error {
            AppError::Refused(refusal) => DialRefusal { code: 13_225, text: refusal.to_string() },
            _ => DialRefusal::new(12_400, "the destination could not be checked"),
        })?;
    }
    Ok(Allowed { diverted_by, for_help: false })
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
        proven_ms: None,
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
