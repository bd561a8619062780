//! Who pays for an account. Not Twilio's: its customers are known in its console.

pub(crate) mod mandates;
mod params;
mod views;

#[cfg(test)]
mod tests;

use crate::answer::Answer;
use crate::ask::Ask;
use crate::error::{Result, invalid};
use crate::operation::{Access, BOTH, Kind, Operation, Shows, params};
use crate::params::one_of;
use flexio_domain::EvidenceKind;

pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        id: "customer.fetch",
        kind: Kind::Read,
        faces: BOTH,
        path: "Accounts/{AccountSid}/Customer",
        about: "Who pays for the account: name, address, numbers, language, addresses of invoices and notices.",
        access: Access::Branch,
        params: &[],
        shows: Shows::One(views::sample),
        run: |ask| Box::pin(fetch(ask)),
    },
    Operation {
        id: "customer.update",
        kind: Kind::Update,
        faces: BOTH,
        path: "Accounts/{AccountSid}/Customer",
        about: "Names or changes who pays. What is left out stays; an empty value clears what may be absent.",
        access: Access::Token,
        params: params![
            "Kind": "`consumer` (default), `micro`, `small`, `nonprofit_small` or `larger`.",
            "LegalName": "Required the first time: of the person, or of the company as it is registered.",
            "LegalForm": "Such as `BV`.",
            "Street": "Required the first time: street and number.",
            "PostCode": "Required the first time.",
            "City": "Required the first time.",
            "Country": "ISO 3166 code; default the home country.",
            "EnterpriseNumber": "Ten digits with their check; required of a company in Belgium.",
            "VatNumber": "With its country; in Belgium `BE` and the enterprise number.",
            "Language": "Of documents: `nl`, `fr`, `de` or `en`.",
            "InvoiceEmail": "Required the first time: where invoices go.",
            "NoticeEmail": "Where notices of prices and terms go, if elsewhere.",
            "Peppol": "Participant with its scheme, such as `0208:0202239951`.",
            "Reference": "The customer's own reference on invoices.",
            "Iban": "The account it pays from: a payment that names no invoice is known by it and its amount.",
            "EventUrl": "Told of invoices, payments and the state of the contract; an empty value for nobody.",
            "EventMethod": "`GET` or `POST` (default), for EventUrl.",
            "LargePrint": "`true` for documents in large print.",
            "Waive": "`true` where a company of up to 49 gives up contract summary and notices.",
        ],
        shows: Shows::One(views::sample),
        run: |ask| Box::pin(update(ask)),
    },
    Operation {
        id: "customer.identify",
        kind: Kind::Update,
        faces: BOTH,
        path: "Accounts/{AccountSid}/Customer/Identity",
        about: "Notes that the operator has seen who the customer is; what was ordered comes into force. Only for an ancestor.",
        access: Access::Token,
        params: &[],
        shows: Shows::One(views::sample),
        run: |ask| Box::pin(identify(ask)),
    },
    Operation {
        id: "customer.vat_check",
        kind: Kind::Update,
        faces: BOTH,
        path: "Accounts/{AccountSid}/Customer/VatCheck",
        about: "Asks the register of the customer's country about its VAT number, and keeps the answer.",
        access: Access::Token,
        params: &[],
        shows: Shows::One(views::sample),
        run: |ask| Box::pin(vat_check(ask)),
    },
    Operation {
        id: "customer.vat_evidence",
        kind: Kind::Update,
        faces: BOTH,
        path: "Accounts/{AccountSid}/Customer/VatEvidence",
        about: "Notes in which country a private customer is, by something else than the address; one piece of a kind. Only for an ancestor.",
        access: Access::Token,
        params: params![
            "Kind": "Required: `bank`, `card`, `sim`, `ip` or `other`.",
            "Country": "Required: ISO 3166 code.",
        ],
        shows: Shows::One(views::sample),
        run: |ask| Box::pin(vat_evidence(ask)),
    },
];

async fn vat_check(ask: &Ask<'_>) -> Result<Answer> {
    let customer = ask.app().check_vat_number(&ask.account).await?;
    Ok(ask.one("Customer", |w| views::customer(w, &customer)))
}

async fn vat_evidence(ask: &Ask<'_>) -> Result<Answer> {
    let kind = one_of("Kind", ask.params.text("Kind"), EvidenceKind::from_wire)?;
    let kind = kind.ok_or_else(|| invalid("Kind", "is missing"))?;
    let country = ask.params.text("Country").unwrap_or_default();
    let by_operator = ask.is_by_ancestor();
    let customer = ask.app().note_vat_evidence(&ask.account, by_operator, kind, country).await?;
    Ok(ask.one("Customer", |w| views::customer(w, &customer)))
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let customer = ask.app().customer(ask.account.sid).await?;
    Ok(ask.one("Customer", |w| views::customer(w, &customer)))
}

async fn update(ask: &Ask<'_>) -> Result<Answer> {
    let customer = ask.app().save_customer(&ask.account, &params::customer(ask)?).await?;
    Ok(ask.one("Customer", |w| views::customer(w, &customer)))
}

async fn identify(ask: &Ask<'_>) -> Result<Answer> {
    let by_operator = ask.is_by_ancestor();
    let customer = ask.app().identify_customer(&ask.account, by_operator).await?;
    Ok(ask.one("Customer", |w| views::customer(w, &customer)))
}
