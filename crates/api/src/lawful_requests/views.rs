//! Requests of authorities as they are shown.

use flexio_domain::{
    AccountSid, AccountStatus, CustomerKind, LawfulAnswer, LawfulFinding, LawfulGround, LawfulHolder,
    LawfulRequest, LawfulRequestSid, LawfulState, LawfulSubject, LawfulTraffic, PostalAddress, Timestamp,
};

use crate::ask::Shown;
use crate::dialect::rfc2822;
use crate::write::Writer;

/// Whom it is about is not in a list.
pub(super) fn short(w: &mut Writer, shown: &Shown<'_>, request: &LawfulRequest, now: Timestamp) {
    w.put("sid", request.sid.to_string());
    w.put("account_sid", request.account_sid.to_string());
    w.put("authority", request.authority.as_str());
    w.put("reference", request.reference.as_str());
    w.put("status", request.state.as_str());
    w.put("late", request.is_late_at(now));
    w.put("date_received", rfc2822(request.received_at));
    w.put("date_due", rfc2822(request.due_at));
    w.put("date_decided", request.decided_at.map(rfc2822));
    w.put("uri", shown.uri(request.account_sid, format_args!("LawfulRequests/{}", request.sid)));
}

pub(super) fn whole(w: &mut Writer, shown: &Shown<'_>, request: &LawfulRequest, now: Timestamp) {
    short(w, shown, request, now);
    w.put("basis", request.basis.as_str());
    let (mut number, mut at, mut other, mut call, mut message) = (None, None, None, None, None);
    match &request.subject {
        LawfulSubject::Number { number: it, at: when, other: end } => {
            number = Some(it.as_str().to_owned());
            at = Some(rfc2822(*when));
            other = end.as_ref().map(|end| end.as_str().to_owned());
        }
        LawfulSubject::Call(sid) => call = Some(sid.to_string()),
        LawfulSubject::Message(sid) => message = Some(sid.to_string()),
    }
    w.put("number", number);
    w.put("at", at);
    w.put("other", other);
    w.put("call_sid", call);
    w.put("message_sid", message);
    w.put("opened_by", request.opened_by.as_str());
    w.put("decided_by", request.decided_by.as_deref());
    w.put("refusal", request.refusal.as_deref());
    w.list("answers", "Answer", &request.answers, answer);
}

fn answer(w: &mut Writer, answer: &LawfulAnswer) {
    w.put("date", rfc2822(answer.at));
    w.put("by", answer.by.as_str());
    w.list("findings", "Finding", &answer.findings, finding);
}

fn finding(w: &mut Writer, finding: &LawfulFinding) {
    w.put("ground", finding.ground.as_str());
    w.put("account_sid", finding.account_sid.to_string());
    w.put("account_status", finding.account_status.as_str());
    w.put("since", finding.since.map(rfc2822));
    w.put("until", finding.until.map(rfc2822));
    w.list("traffic", "Traffic", &finding.traffic, |w, it| {
        w.put("resource", it.resource.as_str());
        w.put("from", it.from.as_str());
        w.put("to", it.to.as_str());
        w.put("date", rfc2822(it.at));
        w.put("date_ended", it.ended_at.map(rfc2822));
    });
    match &finding.holder {
        Some(it) => w.object("holder", |w| holder(w, it)),
        None => w.put("holder", None::<String>),
    }
}

fn holder(w: &mut Writer, holder: &LawfulHolder) {
    w.put("account_sid", holder.account_sid.to_string());
    w.put("kind", holder.kind.as_str());
    w.put("legal_name", holder.legal_name.as_str());
    w.put("legal_form", holder.legal_form.as_str());
    w.put("street", holder.address.street.as_str());
    w.put("post_code", holder.address.post_code.as_str());
    w.put("city", holder.address.city.as_str());
    w.put("country", holder.address.country.as_str());
    w.put("enterprise_number", holder.enterprise_number.as_ref().map(|it| it.digits().to_owned()));
    w.put("email", Some(holder.email.as_str()).filter(|email| !email.is_empty()));
    w.put("date_identified", holder.identified_at.map(rfc2822));
}

/// One that was answered.
fn specimen() -> LawfulRequest {
    let at = Timestamp::from_second(1_799_000_000).expect("a second of 2027");
    let traffic = LawfulTraffic {
        resource: format!("CA{:032x}", 1),
        from: "+3225880100".to_owned(),
        to: "+32470123456".to_owned(),
        at,
        ended_at: Some(at),
    };
    let holder = LawfulHolder {
        account_sid: AccountSid::from_u128(2),
        kind: CustomerKind::Small,
        legal_name: "Bakkerij Peeters".to_owned(),
        legal_form: "BV".to_owned(),
        address: PostalAddress {
            street: "Stationsstraat 1".to_owned(),
            post_code: "9000".to_owned(),
            city: "Gent".to_owned(),
            country: "BE".to_owned(),
        },
        enterprise_number: "0202239951".parse().ok(),
        email: "facturen@example.be".to_owned(),
        identified_at: Some(at),
    };
    let finding = LawfulFinding {
        ground: LawfulGround::Held,
        account_sid: AccountSid::from_u128(2),
        account_status: AccountStatus::Active,
        since: Some(at),
        until: Some(at),
        traffic: vec![traffic],
        holder: Some(holder),
    };
    LawfulRequest {
        sid: LawfulRequestSid::from_u128(1),
        version: 2,
        account_sid: AccountSid::from_u128(1),
        authority: "Court of Ghent".to_owned(),
        reference: "2026/417".to_owned(),
        basis: "Code of Criminal Procedure, article 46bis".to_owned(),
        subject: LawfulSubject::Number {
            number: "+3225880100".parse().expect("a number"),
            at,
            other: "+32470123456".parse().ok(),
        },
        state: LawfulState::Answered,
        received_at: at,
        due_at: at,
        opened_by: format!("US{:032x}", 1),
        opened_at: at,
        refusal: None,
        decided_by: Some(format!("US{:032x}", 1)),
        decided_at: Some(at),
        answers: vec![LawfulAnswer { at, by: format!("US{:032x}", 1), findings: vec![finding] }],
    }
}

pub(super) fn sample(w: &mut Writer, shown: &Shown<'_>) {
    whole(w, shown, &specimen(), Timestamp::UNIX_EPOCH);
}

pub(super) fn short_sample(w: &mut Writer, shown: &Shown<'_>) {
    short(w, shown, &specimen(), Timestamp::UNIX_EPOCH);
}
