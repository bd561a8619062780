//! A call comes in.

use flexio_domain::{
    AccountSid, AccountStatus, Address, Application, ApplicationSid, Call, CallDirection, CallOptions,
    CallSid, CallStatus, Dialect, ErrorCode, IncomingNumber, Money, NumberSid, Reason, UsageLabels, Webhook,
    WebhookSet,
};
use flexio_store::Change;

use crate::App;
use crate::error::AppError;
use crate::masking::{MaskRoute, MaskedParty, masked_document};

/// What a caller of a number in quarantine is refused with: unallocated, to the networks (RFC 3398 §8.2.6.1).
pub const NOT_IN_SERVICE_STATUS: u16 = 404;
/// Code and text of the reason dictionary for it.
pub const NOT_IN_SERVICE_REASON: (u16, &str) = (3102, "Number Not In Service");

/// What the node knows of a call that arrived.
#[derive(Debug, Clone)]
pub struct InboundLeg {
    /// Caller.
    pub from: Address,
    /// Called.
    pub to: Address,
    /// Trunk it came by; `None` on-net.
    pub trunk: Option<String>,
    /// Call-ID of the dialog.
    pub sip_call_id: String,
    /// Diversion (RFC 5806).
    pub forwarded_from: Option<String>,
    /// Display name of the caller.
    pub caller_name: Option<String>,
    /// The node that holds the leg.
    pub node: String,
}

/// A saved call and who answers it.
#[derive(Debug, Clone)]
pub struct Answering {
    /// The leg; `instructions` say where its document comes from.
    pub call: Call,
    /// Told of its states.
    pub status_callback: Option<Webhook>,
}

/// Why a call is not taken.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    /// Nobody rents the number, or it cannot take calls.
    #[error("the number is not in service")]
    UnknownNumber,
    /// It was given back and is nobody's yet; the operator's record of the call, which is not saved.
    #[error("the number is in quarantine")]
    Quarantined(Box<Call>),
    /// The account is suspended or closed.
    #[error("the account is not active")]
    AccountInactive,
    /// The number has neither an application nor a URL for calls.
    #[error("the number has no application for calls")]
    NoApplication,
    /// The number is a mask with nobody behind it for this caller; its account was told.
    #[error("there is nobody behind the mask for this caller")]
    NobodyBehindMask,
    /// The account is prepaid and has nothing left.
    #[error("the account has no credit left")]
    NoCredit,
    /// It could not be checked or saved.
    #[error("storage")]
    Store(#[from] AppError),
}

/// Takes a call: it exists, durably, when this returns.
pub async fn receive(app: &App, inbound: InboundLeg) -> Result<Answering, ReceiveError> {
    let number = inbound.to.number().ok_or(ReceiveError::UnknownNumber)?;
    let Some(owned) = app.owner_of(number).await.map_err(AppError::from)? else {
        return Err(nobodys(app, inbound).await);
    };
    if !owned.capabilities.voice {
        return Err(ReceiveError::UnknownNumber);
    }
    let account = app.account_now(owned.account_sid).await?.ok_or(ReceiveError::UnknownNumber)?;
    if account.status != AccountStatus::Active {
        return Err(ReceiveError::AccountInactive);
    }
    match app.mask_route(owned.account_sid, inbound.from.number(), number).await? {
        MaskRoute::NotMasked => {}
        MaskRoute::Nobody => {
            app.nobody_behind(owned.account_sid, &inbound).await?;
            return Err(ReceiveError::NobodyBehindMask);
        }
        MaskRoute::To(party) => return Box::pin(take_masked(app, inbound, &owned, &party)).await,
    }
    let application = match owned.voice_application_sid {
        Some(sid) => app.store.application(owned.account_sid, sid).await.map_err(AppError::from)?,
        None => None,
    };
    let (instructions, dialect, status_callback) = instructions(&owned, application.as_ref());
    let owner = Owner {
        account: owned.account_sid,
        number: Some(owned.sid),
        application: application.as_ref().map(|application| application.sid),
        instructions,
        dialect,
        status_callback,
        tag: owned.tag.clone(),
        document: None,
    };
    let mut answering = new_call(app, inbound, owner);
    if answering.call.instructions.primary.is_none() {
        return Err(ReceiveError::NoApplication);
    }
    take(app, &mut answering.call).await?;
    Ok(answering)
}

/// Takes a call of one participant of a context, which leads to the other.
async fn take_masked(
    app: &App,
    inbound: InboundLeg,
    owned: &IncomingNumber,
    party: &MaskedParty,
) -> Result<Answering, ReceiveError> {
    let owner = Owner {
        account: owned.account_sid,
        number: Some(owned.sid),
        application: None,
        instructions: WebhookSet::default(),
        dialect: Dialect::Twiml,
        status_callback: owned.status_callback.clone(),
        tag: owned.tag.clone(),
        document: Some(masked_document(party)),
    };
    let mut answering = new_call(app, inbound, owner);
    take(app, &mut answering.call).await?;
    app.keep_interaction(party, Some(answering.call.sid), None).await?;
    Ok(answering)
}

/// A call to a number that nobody rents.
async fn nobodys(app: &App, inbound: InboundLeg) -> ReceiveError {
    let found = async {
        let Some(number) = inbound.to.number() else { return Ok(None) };
        if app.is_quarantined(number).await? { app.store.root_account().await } else { Ok(None) }
    };
    match found.await {
        Ok(Some(operator)) => {
            let owner = Owner {
                account: operator.sid,
                number: None,
                application: None,
                instructions: WebhookSet::default(),
                dialect: Dialect::default(),
                status_callback: None,
                tag: None,
                document: None,
            };
            ReceiveError::Quarantined(Box::new(new_call(app, inbound, owner).call))
        }
        Ok(None) => ReceiveError::UnknownNumber,
        Err(error) => ReceiveError::Store(error.into()),
    }
}

/// Keeps the operator's record of a call whose caller was told that the number is nobody's: it is over, and free. `gone`: the caller did not
/// wait for the refusal.
pub async fn told_not_in_service(app: &App, mut call: Call, gone: bool) -> Result<(), AppError> {
    let now = app.clock.now();
    (call.ended_at, call.updated_at) = (Some(now), now);
    call.status = if gone { CallStatus::Canceled } else { CallStatus::Failed };
    call.sip_response_code = Some(if gone { 487 } else { NOT_IN_SERVICE_STATUS });
    call.reason = Some(Reason { code: NOT_IN_SERVICE_REASON.0, text: NOT_IN_SERVICE_REASON.1.to_owned() });
    call.price = Some(Money::ZERO);
    Ok(app.store.commit(Change::CreateCall(call).into()).await?)
}

/// Keeps a call, with the money for its first talk.
pub(super) async fn take(app: &App, call: &mut Call) -> Result<(), ReceiveError> {
    asking!(try_take(app, call)).map_err(|error| match error.code() {
        ErrorCode::InsufficientCredit => ReceiveError::NoCredit,
        _ => ReceiveError::Store(error),
    })
}

async fn try_take(app: &App, call: &mut Call) -> Result<(), AppError> {
    let mut changes = app.talk_grant(call).await?;
    changes.push(Change::CreateCall(call.clone()));
    Ok(app.store.commit(changes).await?)
}

/// An application wins over the number's own URLs.
fn instructions(
    number: &IncomingNumber,
    application: Option<&Application>,
) -> (WebhookSet, Dialect, Option<Webhook>) {
    match application {
        Some(application) => {
            let callback = application.status_callback.clone().or_else(|| number.status_callback.clone());
            (application.voice.clone(), application.dialect, callback)
        }
        None => (number.voice.clone(), number.dialect, number.status_callback.clone()),
    }
}

/// Whose call it is, and who answers it.
pub(super) struct Owner {
    pub account: AccountSid,
    /// Number that was called.
    pub number: Option<NumberSid>,
    pub application: Option<ApplicationSid>,
    pub instructions: WebhookSet,
    pub dialect: Dialect,
    pub status_callback: Option<Webhook>,
    /// What calls to it are for.
    pub tag: Option<String>,
    /// Where no URL is asked.
    pub document: Option<String>,
}

pub(super) fn new_call(app: &App, inbound: InboundLeg, owner: Owner) -> Answering {
    let now = app.clock.now();
    let Owner { account, number, application, instructions, dialect, status_callback, tag, document } = owner;
    let labels = UsageLabels { tag, ..UsageLabels::default() };
    let call = Call {
        sid: CallSid::new(),
        version: 1,
        account_sid: account,
        parent_call_sid: None,
        from: inbound.from,
        to: inbound.to,
        phone_number_sid: number,
        application_sid: application,
        direction: CallDirection::Inbound,
        status: CallStatus::Ringing,
        dialect,
        api_version: dialect.api_version().to_owned(),
        instructions,
        document,
        sealed_document: None,
        status_callback: status_callback.clone(),
        status_callback_events: Vec::new(),
        ring_timeout_s: 0,
        time_limit_s: 0,
        send_digits: None,
        record: false,
        options: Box::new(CallOptions { labels, ..CallOptions::default() }),
        ringing_at: Some(now),
        answered_at: None,
        ended_at: None,
        talk_ms: None,
        proven_at: None,
        proven_ms: None,
        granted_s: None,
        price: None,
        forwarded_from: inbound.forwarded_from,
        caller_name: inbound.caller_name,
        answered_by: None,
        reason: None,
        sip_call_id: Some(inbound.sip_call_id),
        sip_response_code: None,
        trunk: inbound.trunk,
        sip_auth: None,
        node: Some(inbound.node),
        created_at: now,
        updated_at: now,
    };
    Answering { call, status_callback }
}
