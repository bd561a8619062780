//! What a customer does not agree to of an invoice, and credit notes that take two persons.

use flexio_domain::{
    AccountSid, CreditPart, CreditRequest, CreditRequestSid, CreditRequestState, Dispute, DisputeSid,
    ErrorCode, InvoiceSid, Money, Timestamp,
};

use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::credit::is_operator;
use crate::dialect::rfc2822;
use crate::error::{Result, invalid};
use crate::operation::{Access, Kind, NATIVE, Operation, Shows, params, row};
use crate::write::Writer;

pub(crate) const OPERATIONS: &[Operation] = &[
    row!(
        "disputes.list",
        Read,
        NATIVE,
        "Accounts/{AccountSid}/Invoices/{InvoiceSid}/Disputes",
        "What the customer does not agree to, oldest first. While a dispute is open nobody asks for its amount.",
        &[],
        Shows::One(disputes_sample),
        disputes
    ),
    Operation {
        id: "disputes.open",
        kind: Kind::Update,
        faces: NATIVE,
        path: "Accounts/{AccountSid}/Invoices/{InvoiceSid}/Disputes",
        about: "Disputes a part of what is open of an invoice, or all of it.",
        access: Access::Token,
        params: params![
            "Reason": "Required: why, 1 to 1000 characters.",
            "Amount": "How much, with tax, in whole cents; all that is open where it is absent.",
        ],
        shows: Shows::One(dispute_sample),
        run: |ask| Box::pin(open(ask)),
    },
    Operation {
        id: "disputes.close",
        kind: Kind::Update,
        faces: NATIVE,
        path: "Accounts/{AccountSid}/Invoices/{InvoiceSid}/Disputes/{DisputeSid}",
        about: "Decides a dispute: what is still open is asked for again. Only for an ancestor, or the top account.",
        access: Access::Token,
        params: params!["Outcome": "Required: what was decided, for the customer, 1 to 1000 characters."],
        shows: Shows::One(dispute_sample),
        run: |ask| Box::pin(close(ask)),
    },
    row!(
        "credit_requests.list",
        Read,
        NATIVE,
        "Accounts/{AccountSid}/Invoices/{InvoiceSid}/CreditRequests",
        "Credit notes that wait for a second person, or waited, oldest first.",
        &[],
        Shows::One(requests_sample),
        requests
    ),
    Operation {
        id: "credit_requests.create",
        kind: Kind::Update,
        faces: NATIVE,
        path: "Accounts/{AccountSid}/Invoices/{InvoiceSid}/CreditRequests",
        about: "Asks for a credit note that another person approves. Only for an ancestor, or the top account.",
        access: Access::Token,
        params: params![
            "Reason": "Required: as printed, 1 to 200 characters.",
            "Line": "Number of a line, with `Amount`; without them all that remains is taken back. Both may be repeated.",
            "Amount": "What of that line, without tax, in whole cents.",
        ],
        shows: Shows::One(request_sample),
        run: |ask| Box::pin(ask_for(ask)),
    },
    Operation {
        id: "credit_requests.decide",
        kind: Kind::Update,
        faces: NATIVE,
        path: "Accounts/{AccountSid}/Invoices/{InvoiceSid}/CreditRequests/{CreditRequestSid}",
        about: "Approves a credit note, which is issued with it, or refuses it. Whoever asked for it cannot approve it.",
        access: Access::Token,
        params: params!["Approve": "Required: `true` or `false`."],
        shows: Shows::One(request_sample),
        run: |ask| Box::pin(decide(ask)),
    },
];

async fn disputes(ask: &Ask<'_>) -> Result<Answer> {
    let disputes = ask.app().disputes(ask.account.sid, ask.sid("InvoiceSid")?).await?;
    Ok(ask.one("Disputes", |w| w.list("disputes", "Dispute", &disputes, dispute)))
}

async fn open(ask: &Ask<'_>) -> Result<Answer> {
    let sid = ask.sid("InvoiceSid")?;
    let amount = ask.params.parsed("Amount", ErrorCode::InvalidParameter)?;
    let reason = ask.params.required("Reason", ErrorCode::InvalidParameter)?;
    let opened = ask.app().open_dispute(ask.account.sid, sid, amount, reason).await?;
    Ok(ask.one("Dispute", |w| dispute(w, &opened)))
}

async fn close(ask: &Ask<'_>) -> Result<Answer> {
    let of = (ask.sid("InvoiceSid")?, ask.sid("DisputeSid")?);
    let outcome = ask.params.text("Outcome").unwrap_or_default();
    let closed = ask.app().close_dispute(ask.account.sid, is_operator(ask), of, outcome).await?;
    Ok(ask.one("Dispute", |w| dispute(w, &closed)))
}

async fn requests(ask: &Ask<'_>) -> Result<Answer> {
    let requests = ask.app().credit_requests(ask.account.sid, ask.sid("InvoiceSid")?).await?;
    Ok(ask.one("CreditRequests", |w| w.list("credit_requests", "CreditRequest", &requests, request)))
}

async fn ask_for(ask: &Ask<'_>) -> Result<Answer> {
    let (parts, reason) = super::params::credited(ask)?;
    let (sid, by) = (ask.sid("InvoiceSid")?, ask.user());
    let wanted = (parts.as_slice(), reason.as_str());
    let asked = ask.app().ask_credit_note(ask.account.sid, is_operator(ask), sid, wanted, &by).await?;
    Ok(ask.one("CreditRequest", |w| request(w, &asked)))
}

async fn decide(ask: &Ask<'_>) -> Result<Answer> {
    let of = (ask.sid("InvoiceSid")?, ask.sid("CreditRequestSid")?);
    let approve = ask.params.boolean("Approve")?.ok_or_else(|| invalid("Approve", "is true or false"))?;
    let by = ask.user();
    let decided = ask.app().decide_credit_note(ask.account.sid, is_operator(ask), of, approve, &by).await?;
    Ok(ask.one("CreditRequest", |w| request(w, &decided)))
}

fn dispute(w: &mut Writer, dispute: &Dispute) {
    w.put("sid", dispute.sid.to_string());
    w.put("invoice_sid", dispute.invoice_sid.to_string());
    w.put("amount", dispute.amount.to_decimals(2));
    w.put("reason", dispute.reason.as_str());
    w.put("status", if dispute.closed_at.is_some() { "closed" } else { "open" });
    w.put("outcome", dispute.closed_at.map(|_| dispute.outcome.as_str()));
    w.put("date_opened", rfc2822(dispute.opened_at));
    w.put("date_closed", dispute.closed_at.map(rfc2822));
}

fn request(w: &mut Writer, request: &CreditRequest) {
    w.put("sid", request.sid.to_string());
    w.put("invoice_sid", request.invoice_sid.to_string());
    w.put("status", request.state.as_str());
    w.put("gross", request.gross.to_decimals(2));
    w.put("reason", request.reason.as_str());
    w.put("asked_by", request.asked_by.as_str());
    w.put("decided_by", request.decided_by.as_deref());
    w.put("credit_note_sid", request.note_sid.map(|sid| sid.to_string()));
    w.put("date_asked", rfc2822(request.asked_at));
    w.put("date_decided", request.decided_at.map(rfc2822));
    w.list("parts", "Part", &request.parts, |w, part| {
        w.put("line", part.line);
        w.put("net", part.net.to_decimals(2));
    });
}

fn dispute_specimen() -> Dispute {
    Dispute {
        sid: DisputeSid::from_u128(1),
        version: 1,
        invoice_sid: InvoiceSid::from_u128(1),
        account_sid: AccountSid::from_u128(1),
        amount: Money::from_micros(12_100_000),
        reason: "We did not make these calls.".to_owned(),
        opened_at: Timestamp::UNIX_EPOCH,
        closed_at: Some(Timestamp::UNIX_EPOCH),
        outcome: "Credited.".to_owned(),
    }
}

fn request_specimen() -> CreditRequest {
    CreditRequest {
        sid: CreditRequestSid::from_u128(1),
        version: 2,
        invoice_sid: InvoiceSid::from_u128(1),
        account_sid: AccountSid::from_u128(1),
        parts: vec![CreditPart { line: 1, net: Money::from_micros(600_000_000) }],
        reason: "Calls that were not yours.".to_owned(),
        gross: Money::from_micros(726_000_000),
        state: CreditRequestState::Approved,
        asked_by: "US00000000000000000000000000000001".to_owned(),
        asked_at: Timestamp::UNIX_EPOCH,
        decided_by: Some("US00000000000000000000000000000002".to_owned()),
        decided_at: Some(Timestamp::UNIX_EPOCH),
        note_sid: Some(InvoiceSid::from_u128(2)),
    }
}

fn disputes_sample(w: &mut Writer, _: &Shown<'_>) {
    w.list("disputes", "Dispute", &[dispute_specimen()], dispute);
}

fn dispute_sample(w: &mut Writer, _: &Shown<'_>) {
    dispute(w, &dispute_specimen());
}

fn requests_sample(w: &mut Writer, _: &Shown<'_>) {
    w.list("credit_requests", "CreditRequest", &[request_specimen()], request);
}

fn request_sample(w: &mut Writer, _: &Shown<'_>) {
    request(w, &request_specimen());
}
