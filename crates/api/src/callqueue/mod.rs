//! FlexIO's call-queue API, beside both REST APIs: `/callqueue/provisioning`, in JSON.

#[cfg(test)]
mod tests;

use flexio_app::ProvisionNumber;
use flexio_domain::{E164, ErrorCode, HttpMethod, Webhook};

use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::error::{Result, invalid};
use crate::operation::{NATIVE, Operation, Param, Shows, params, row};
use crate::write::Writer;

const LIST: &str = "callqueue/provisioning";
const ONE: &str = "callqueue/provisioning/{PhoneNumber}";

const PARAMS: &[Param] = params![
    "applicationUrl": "Document that is run for calls to the number; required.",
    "applicationUrlMethod": "GET or POST (default).",
    "phoneNumber": "The customers' or the agents' number; required.",
    "override": "`true` replaces what the number is bound to.",
    "byoc": "`false` rents the number if the account has not got it; by default it must be the account's.",
];

pub(crate) const OPERATIONS: &[Operation] = &[
    // An update, not a creation: what is made is a setting of a number, named by the number.
    row!(
        "callqueue.provision",
        Update,
        NATIVE,
        LIST,
        "Binds a number to the document that queues its calls.",
        PARAMS,
        Shows::One(sample),
        provision
    ),
    row!("callqueue.fetch", Read, NATIVE, ONE, "What a number is bound to.", &[], Shows::One(sample), fetch),
    row!("callqueue.delete", Delete, NATIVE, ONE, "Frees a number.", &[], Shows::Nothing, delete),
];

fn flag(ask: &Ask<'_>, name: &str, default: bool) -> Result<bool> {
    match ask.params.camel(name) {
        None => Ok(default),
        Some(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Some(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        Some(_) => Err(invalid(name, "must be true or false")),
    }
}

async fn provision(ask: &Ask<'_>) -> Result<Answer> {
    let application = ask.params.camel_webhook("applicationUrl", "applicationUrlMethod")?;
    let application = application.ok_or_else(|| invalid("applicationUrl", "is missing"))?;
    let number = ask.params.camel("phoneNumber").ok_or_else(|| invalid("phoneNumber", "is missing"))?;
    let new = ProvisionNumber {
        number: number.parse().map_err(|_| ErrorCode::NumberInvalid)?,
        application,
        replace: flag(ask, "override", false)?,
        rent: !flag(ask, "byoc", true)?,
    };
    let bound = ask.app().provision_number(ask.principal, &ask.account, new).await?;
    Ok(ask.one("Provisioning", |w| view(w, bound.number.as_str(), bound.voice.primary.as_ref())))
}

fn number(ask: &Ask<'_>) -> Result<E164> {
    ask.name("PhoneNumber").parse().map_err(|_| ErrorCode::NotFound.into())
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let bound = ask.app().provisioned_number(ask.account.sid, &number(ask)?).await?;
    Ok(ask.one("Provisioning", |w| view(w, bound.number.as_str(), bound.voice.primary.as_ref())))
}

async fn delete(ask: &Ask<'_>) -> Result<Answer> {
    ask.app().unprovision_number(ask.principal, &ask.account, &number(ask)?).await?;
    Ok(Answer::empty())
}

fn view(w: &mut Writer, number: &str, application: Option<&Webhook>) {
    w.put("phoneNumber", number);
    w.put("applicationUrl", application.map(|webhook| webhook.url.as_str()));
    w.put("applicationUrlMethod", application.map(|webhook| webhook.method.as_str()));
}

fn sample(w: &mut Writer, _: &Shown<'_>) {
    let webhook = Webhook { url: "https://app.acme.test/queue".to_owned(), method: HttpMethod::Post };
    view(w, "+3225550123", Some(&webhook));
}
