//! Structured documents on their way to their buyers.

use flexio_domain::{AccountSid, Dispatch, DispatchState, DispatchWay, InvoiceSid, Timestamp};

use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::credit::is_operator;
use crate::dialect::rfc2822;
use crate::error::Result;
use crate::operation::{Access, Kind, NATIVE, Operation, Shows, row};
use crate::write::Writer;

pub(crate) const OPERATIONS: &[Operation] = &[
    row!(
        "dispatches.list",
        Read,
        NATIVE,
        "Accounts/{AccountSid}/Invoices/{InvoiceSid}/Dispatches",
        "How the structured document went out, and what became of it, oldest first. Empty where it goes by e-mail only.",
        &[],
        Shows::One(sample),
        list
    ),
    Operation {
        id: "dispatches.send",
        kind: Kind::Update,
        faces: NATIVE,
        path: "Accounts/{AccountSid}/Invoices/{InvoiceSid}/Dispatches",
        about: "Sends a structured document again that was rejected, or of which nobody says that it arrived. Only for an ancestor, or the top account.",
        access: Access::Token,
        params: &[],
        shows: Shows::One(one_sample),
        run: |ask| Box::pin(send(ask)),
    },
];

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let sendings = ask.app().dispatches(ask.account.sid, ask.sid("InvoiceSid")?).await?;
    Ok(ask.one("Dispatches", |w| w.list("dispatches", "Dispatch", &sendings, view)))
}

async fn send(ask: &Ask<'_>) -> Result<Answer> {
    let (account, sid) = (ask.account.sid, ask.sid("InvoiceSid")?);
    let sent = ask.app().dispatch_again(account, is_operator(ask), sid).await?;
    Ok(ask.one("Dispatch", |w| view(w, &sent)))
}

fn view(w: &mut Writer, dispatch: &Dispatch) {
    w.put("invoice_sid", dispatch.invoice_sid.to_string());
    w.put("number", dispatch.number);
    w.put("way", dispatch.way.as_str());
    w.put("participant", dispatch.participant.as_str());
    w.put("status", dispatch.state.as_str());
    w.put("reason", dispatch.reason.as_deref());
    w.put("reference", dispatch.reference.as_deref());
    w.put("sha256", dispatch.sha256.as_str());
    w.put("date_created", rfc2822(dispatch.created_at));
    w.put("date_sent", dispatch.sent_at.map(rfc2822));
    w.put("date_decided", dispatch.decided_at.map(rfc2822));
}

fn specimen() -> Dispatch {
    let at = Timestamp::from_second(1_799_000_000).expect("a second of 2027");
    Dispatch {
        invoice_sid: InvoiceSid::from_u128(1),
        number: 1,
        version: 3,
        account_sid: AccountSid::from_u128(1),
        way: DispatchWay::AccessPoint,
        participant: "0208:0202239951".to_owned(),
        sha256: "0".repeat(64),
        state: DispatchState::Rejected,
        reason: Some("0208:0202239951 takes no such documents over Peppol".to_owned()),
        reference: Some("8c1f".to_owned()),
        tries: 1,
        due_at: None,
        created_at: at,
        sent_at: Some(at),
        decided_at: Some(at),
    }
}

fn sample(w: &mut Writer, _: &Shown<'_>) {
    w.list("dispatches", "Dispatch", &[specimen()], view);
}

fn one_sample(w: &mut Writer, _: &Shown<'_>) {
    view(w, &specimen());
}
