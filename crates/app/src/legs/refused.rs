//! A call that was refused before it began, kept so that whoever was called, or wanted to call, finds it.

use flexio_domain::{AccountSid, Address, Call, CallStatus, Dialect, Reason, WebhookSet};
use flexio_store::{Change, ChangeSet};

use super::inbound::{InboundLeg, Owner, new_call};
use crate::App;
use crate::error::AppError;

/// A call that is refused.
#[derive(Debug, Clone)]
pub struct RefusedLeg {
    /// What is known of it.
    pub inbound: InboundLeg,
    /// The phone that calls; `None` for a call that a trunk brings, which is of whoever rents the number.
    pub caller: Option<(AccountSid, Address)>,
    /// Final SIP status.
    pub sip_status: u16,
    /// Code and text of the reason dictionary.
    pub reason: Option<(u16, String)>,
}

/// Keeps a refused call as a failed one, which has cost nothing and of which nobody is told; `None` where the number is nobody's.
pub async fn keep_refused(app: &App, refused: RefusedLeg) -> Result<Option<Call>, AppError> {
    let RefusedLeg { mut inbound, caller, sip_status, reason } = refused;
    let (account, number, dialect) = match caller {
        Some((account, address)) => {
            inbound.from = address;
            (account, None, Dialect::default())
        }
        None => {
            let Some(number) = inbound.to.number() else { return Ok(None) };
            let Some(owned) = app.owner_of(number).await? else { return Ok(None) };
            (owned.account_sid, Some(owned.sid), owned.dialect)
        }
    };
    let owner = Owner {
        account,
        number,
        application: None,
        instructions: WebhookSet::default(),
        dialect,
        status_callback: None,
        tag: None,
        document: None,
    };
    let mut call = new_call(app, inbound, owner).call;
    call.status = CallStatus::Failed;
    call.ringing_at = None;
    call.ended_at = Some(call.created_at);
    call.talk_ms = Some(0);
    call.sip_response_code = Some(sip_status);
    let (code, text) = reason.unwrap_or_else(|| (sip_status, "Refused before it began".to_owned()));
    call.reason = Some(Reason { code, text });
    app.store.commit(ChangeSet::from(Change::CreateCall(call.clone()))).await?;
    Ok(Some(call))
}
