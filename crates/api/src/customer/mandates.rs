//! Mandates: that a customer lets the operator collect from his bank account.

use flexio_app::{MandateTerms, SignMandate};
use flexio_domain::{ErrorCode, Iban, Language, Mandate};
use jiff::civil::date;

use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::dialect::rfc2822;
use crate::error::{Result, invalid};
use crate::operation::{Access, BOTH, Kind, Operation, Shows, params, row};
use crate::paging::{Listed, Paged};
use crate::params::one_of;
use crate::write::Writer;

pub(crate) const OPERATIONS: &[Operation] = &[
    row!(
        "mandates.statement",
        Update,
        BOTH,
        "Accounts/{AccountSid}/Customer/MandateStatement",
        "The sentence a payer agrees to who lets the operator collect from this account by SEPA direct debit. Nothing is kept.",
        params![
            "Iban": "Required: which account.",
            "DebtorName": "Its holder; default the customer.",
            "Language": "`nl`, `fr`, `de` or `en`; default the customer's.",
        ],
        Shows::One(statement_sample),
        statement
    ),
    row!(
        "mandates.list",
        Read,
        BOTH,
        "Accounts/{AccountSid}/Customer/Mandates",
        "Mandates of the account, also those that are over, newest first.",
        &[],
        Shows::Many(sample),
        list
    ),
    Operation {
        id: "mandates.sign",
        kind: Kind::Create,
        faces: BOTH,
        path: "Accounts/{AccountSid}/Customer/Mandates",
        about: "Lets the operator collect the account's invoices by SEPA direct debit, in the place of the mandate before. Only the account itself may.",
        access: Access::Token,
        params: params![
            "Iban": "Required: which account.",
            "DebtorName": "Its holder; default the customer.",
            "Language": "`nl`, `fr`, `de` or `en`; default the customer's.",
            "Accept": "Required: `true`.",
            "Statement": "Required: the sentence of `Customer/MandateStatement`, word by word.",
        ],
        shows: Shows::One(sample),
        run: |ask| Box::pin(sign(ask)),
    },
    row!(
        "mandates.fetch",
        Read,
        BOTH,
        "Accounts/{AccountSid}/Customer/Mandates/{MandateSid}",
        "One mandate with its proof.",
        &[],
        Shows::One(sample),
        fetch
    ),
    Operation {
        id: "mandates.revoke",
        kind: Kind::Delete,
        faces: BOTH,
        path: "Accounts/{AccountSid}/Customer/Mandates/{MandateSid}",
        about: "Revokes a mandate: nothing more is collected by it. It stays as proof of what was.",
        access: Access::Token,
        params: &[],
        shows: Shows::Nothing,
        run: |ask| Box::pin(revoke(ask)),
    },
];

impl Listed for Mandate {
    const MEMBERS: (&'static str, &'static str) = ("mandates", "mandates");
    const ELEMENTS: (&'static str, &'static str) = ("Mandates", "Mandate");
    fn cursor(&self) -> u128 {
        self.sid.as_u128()
    }
}

fn terms(ask: &Ask<'_>) -> Result<MandateTerms> {
    let iban = ask.params.required("Iban", ErrorCode::InvalidParameter)?;
    Ok(MandateTerms {
        iban: iban.trim().parse::<Iban>().map_err(|error| invalid("Iban", &error.to_string()))?,
        debtor_name: ask.params.owned("DebtorName"),
        language: one_of("Language", ask.params.text("Language"), Language::from_wire)?,
    })
}

async fn statement(ask: &Ask<'_>) -> Result<Answer> {
    let text = ask.app().mandate_statement(&ask.account, &terms(ask)?).await?;
    Ok(ask.one("MandateStatement", |w| w.put("statement", text.as_str())))
}

async fn sign(ask: &Ask<'_>) -> Result<Answer> {
    let seat = ask.principal.seat.as_ref();
    let agreed = SignMandate {
        terms: terms(ask)?,
        accepted: ask.params.boolean("Accept")? == Some(true),
        statement: ask.params.owned("Statement").unwrap_or_default(),
        user: ask.user(),
        channel: if seat.is_some() { "console" } else { "api" },
        ip: ask.client.map(|client| client.to_string()).unwrap_or_default(),
        user_agent: ask.user_agent.to_owned(),
    };
    let mandate = ask.app().sign_mandate(&ask.account, ask.is_by_ancestor(), &agreed).await?;
    Ok(ask.made("Mandate", |w| view(w, &mandate, true)))
}

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let paged = Paged::read::<Mandate>(ask)?;
    let mandates = ask.app().mandates(ask.account.sid, &paged.query()).await?;
    ask.page(&paged, mandates, None, |w, it| view(w, it, ask.app().is_genuine_mandate(it)))
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let mandate = ask.app().mandate(ask.account.sid, ask.sid("MandateSid")?).await?;
    let is_genuine = ask.app().is_genuine_mandate(&mandate);
    Ok(ask.one("Mandate", |w| view(w, &mandate, is_genuine)))
}

async fn revoke(ask: &Ask<'_>) -> Result<Answer> {
    ask.app().revoke_mandate(ask.account.sid, ask.sid("MandateSid")?).await?;
    Ok(Answer::empty())
}

fn view(w: &mut Writer, mandate: &Mandate, is_genuine: bool) {
    w.put("sid", mandate.sid.to_string());
    w.put("account_sid", mandate.account_sid.to_string());
    w.put("reference", mandate.reference.as_str());
    w.put("creditor_id", mandate.creditor_id.as_str());
    w.put("scheme", mandate.scheme.as_str());
    w.put("debtor_name", mandate.debtor_name.as_str());
    w.put("iban", mandate.iban.as_ref().map(Iban::masked));
    w.put("language", mandate.language.as_str());
    w.put("statement", mandate.statement.as_str());
    w.put("user", mandate.user.as_str());
    w.put("channel", mandate.channel.as_str());
    w.put("ip", mandate.ip.as_str());
    w.put("user_agent", mandate.user_agent.as_str());
    w.put("signature", mandate.signature.as_str());
    w.put("genuine", is_genuine);
    w.put("status", if mandate.revoked_at.is_some() { "revoked" } else { "signed" });
    w.put("revoked_because", mandate.revoked_because.as_deref());
    w.put("last_collected_on", mandate.last_collected_on.map(|day| day.to_string()));
    w.put("expires_on", mandate.expires_on().to_string());
    w.put("date_signed", rfc2822(mandate.signed_at));
    w.put("date_revoked", mandate.revoked_at.map(rfc2822));
}

fn statement_sample(w: &mut Writer, _: &Shown<'_>) {
    w.put("statement", "I authorise …");
}

fn sample(w: &mut Writer, _: &Shown<'_>) {
    let specimen = Mandate {
        sid: flexio_domain::MandateSid::from_u128(1),
        version: 1,
        account_sid: flexio_domain::AccountSid::from_u128(1),
        reference: "MN00000000000000000000000000000001".to_owned(),
        creditor_id: "DE98ZZZ09999999999".parse().expect("its check digits are right"),
        debtor_name: "Bakkerij Peeters BV".to_owned(),
        iban: "BE68539007547034".parse().ok(),
        scheme: "core".to_owned(),
        language: Language::En,
        statement: "I authorise …".to_owned(),
        user: "US00000000000000000000000000000001".to_owned(),
        channel: "console".to_owned(),
        ip: "192.0.2.1".to_owned(),
        user_agent: "Mozilla/5.0".to_owned(),
        signed_on: date(2026, 11, 1),
        signed_at: flexio_domain::Timestamp::UNIX_EPOCH,
        signature: "0".repeat(64),
        last_collected_on: Some(date(2027, 1, 4)),
        revoked_at: Some(flexio_domain::Timestamp::UNIX_EPOCH),
        revoked_because: Some("payer".to_owned()),
    };
    view(w, &specimen, true);
}
