//! Factors of end users: apps that make codes.

#[cfg(test)]
mod tests;

use flexio_app::verify::{FactorPatch, NewFactor, TotpPatch};
use flexio_domain::*;

use super::{service, sid, views};
use crate::answer::Answer;
use crate::ask::Ask;
use crate::error::{Result, refuse};
use crate::operation::{Operation, Param, Shows, TWILIO, params, row};
use crate::paging::{Listed, Paged};
use crate::params::one_of;

const ENTITIES: &str = "v2/Services/{VerifyServiceSid}/Entities";
const ENTITY: &str = "v2/Services/{VerifyServiceSid}/Entities/{Identity}";
const LIST: &str = "v2/Services/{VerifyServiceSid}/Entities/{Identity}/Factors";
const ONE: &str = "v2/Services/{VerifyServiceSid}/Entities/{Identity}/Factors/{FactorSid}";
const SHOWN_ENTITY: Shows = Shows::One(views::entity_sample);
const SHOWN: Shows = Shows::One(views::factor_sample);
const IDENTITY: &[Param] = params![
    "Identity": "Your name for somebody: 8 to 64 letters, digits and hyphens that do not tell who it is; required.",
];
const CREATE: &[Param] = params![
    "FriendlyName": "For people, and the account name in the app; required.",
    "FactorType": "Only `totp`; required.",
    "Binding.Secret": "The secret the app has already, 16 to 64 bytes in Base32; one is made otherwise.",
    "Config.TimeStep": "Seconds a code is shown, 20 to 60; the service's otherwise.",
    "Config.CodeLength": "Digits of a code, 3 to 8; the service's otherwise.",
    "Config.Skew": "Codes before and after the present one that are taken, 0 to 2; the service's otherwise.",
    "Config.Alg": "`sha1` (default), `sha256` or `sha512`.",
    "Metadata": "JSON object of texts, kept with the factor.",
];
const UPDATE: &[Param] = params![
    "AuthPayload": "A code of the app: the right one verifies the factor.",
    "FriendlyName": "For people.",
    "Config.TimeStep": "Seconds a code is shown, 20 to 60.",
    "Config.CodeLength": "Digits of a code, 3 to 8.",
    "Config.Skew": "Codes before and after the present one that are taken, 0 to 2.",
    "Config.Alg": "`sha1`, `sha256` or `sha512`.",
];

pub(crate) const OPERATIONS: &[Operation] = &[
    row!(
        "entities.list",
        Read,
        TWILIO,
        ENTITIES,
        "Who has factors.",
        &[],
        Shows::Many(views::entity_sample),
        entities
    ),
    row!(
        "entities.create",
        Create,
        TWILIO,
        ENTITIES,
        "Makes somebody known.",
        IDENTITY,
        SHOWN_ENTITY,
        create_entity
    ),
    row!("entities.fetch", Read, TWILIO, ENTITY, "Somebody.", &[], SHOWN_ENTITY, fetch_entity),
    row!(
        "entities.delete",
        Delete,
        TWILIO,
        ENTITY,
        "Forgets somebody with their factors.",
        &[],
        Shows::Nothing,
        delete_entity
    ),
    row!("factors.list", Read, TWILIO, LIST, "Factors.", &[], Shows::Many(views::factor_sample), list),
    row!(
        "factors.create",
        Create,
        TWILIO,
        LIST,
        "Makes a factor; its secret is in this answer only.",
        CREATE,
        Shows::One(views::new_factor_sample),
        create
    ),
    row!("factors.fetch", Read, TWILIO, ONE, "One factor.", &[], SHOWN, fetch),
    row!("factors.update", Update, TWILIO, ONE, "Verifies or changes a factor.", UPDATE, SHOWN, update),
    row!("factors.delete", Delete, TWILIO, ONE, "Deletes a factor.", &[], Shows::Nothing, delete),
];

impl Listed for Entity {
    const MEMBERS: (&'static str, &'static str) = ("entities", "entities");
    const ELEMENTS: (&'static str, &'static str) = ("Entities", "Entity");
    fn cursor(&self) -> u128 {
        self.sid.as_u128()
    }
}

impl Listed for Factor {
    const MEMBERS: (&'static str, &'static str) = ("factors", "factors");
    const ELEMENTS: (&'static str, &'static str) = ("Factors", "Factor");
    fn cursor(&self) -> u128 {
        self.sid.as_u128()
    }
}

/// How codes are made, from parameters that begin with `prefix`.
pub(super) fn totp(ask: &Ask<'_>, prefix: &str) -> Result<TotpPatch> {
    let number = |name: &str| {
        ask.params.whole(&format!("{prefix}.{name}"), 0..=u32::from(u8::MAX), ErrorCode::VerifyInvalid)
    };
    let small = |value: Option<u32>| value.and_then(|value| u8::try_from(value).ok());
    let algorithm = format!("{prefix}.Alg");
    Ok(TotpPatch {
        algorithm: one_of(&algorithm, ask.params.text(&algorithm), TotpAlgorithm::from_wire)?,
        step_s: number("TimeStep")?,
        digits: small(number("CodeLength")?),
        skew: small(number("Skew")?),
    })
}

async fn entities(ask: &Ask<'_>) -> Result<Answer> {
    let paged = Paged::read::<Entity>(ask)?;
    let service = service(ask).await?;
    let entities = ask.app().entities(ask.account.sid, service.sid, &paged.query()).await?;
    ask.page(&paged, entities, None, |w, entity| views::entity(w, &ask.shown(), entity))
}

async fn create_entity(ask: &Ask<'_>) -> Result<Answer> {
    let service = service(ask).await?;
    let identity = ask.params.required("Identity", ErrorCode::VerifyInvalid)?;
    let answer = |made: &Entity| ask.made("Entity", |w| views::entity(w, &ask.shown(), made));
    let keep = |made: &Entity| ask.kept(made.sid, Some(&answer(made)));
    Ok(answer(&ask.app().create_entity(&ask.account, service.sid, identity, &keep).await?))
}

async fn fetch_entity(ask: &Ask<'_>) -> Result<Answer> {
    let entity = ask.app().entity(ask.account.sid, sid(ask)?, ask.name("Identity")).await?;
    Ok(ask.one("Entity", |w| views::entity(w, &ask.shown(), &entity)))
}

async fn delete_entity(ask: &Ask<'_>) -> Result<Answer> {
    ask.app().delete_entity(&ask.account, sid(ask)?, ask.name("Identity")).await?;
    Ok(Answer::empty())
}

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let paged = Paged::read::<Factor>(ask)?;
    let factors = ask.app().factors(ask.account.sid, sid(ask)?, ask.name("Identity"), &paged.query()).await?;
    ask.page(&paged, factors, None, |w, factor| views::factor(w, &ask.shown(), factor, None))
}

async fn create(ask: &Ask<'_>) -> Result<Answer> {
    if ask.params.required("FactorType", ErrorCode::VerifyInvalid)? != "totp" {
        return Err(refuse(ErrorCode::VerifyFeatureOff, "FactorType must be totp."));
    }
    let new = NewFactor {
        service: sid(ask)?,
        identity: ask.name("Identity").to_owned(),
        friendly_name: ask.params.required("FriendlyName", ErrorCode::VerifyInvalid)?.to_owned(),
        config: totp(ask, "Config")?,
        secret: ask.params.owned("Binding.Secret").map(Pii),
        metadata: ask.params.owned("Metadata"),
    };
    // The answer holds the secret: it is not kept, and a replay does not show it.
    let keep = |made: &Factor| ask.kept(made.sid, None);
    let made = ask.app().create_factor(&ask.account, &new, &keep).await?;
    let binding = ask.app().factor_binding(&made).await?;
    Ok(ask.made("Factor", |w| views::factor(w, &ask.shown(), &made, Some(&binding))))
}

/// The factor of the path.
async fn found(ask: &Ask<'_>) -> Result<Factor> {
    let (service, identity) = (sid(ask)?, ask.name("Identity"));
    Ok(ask.app().factor(ask.account.sid, service, identity, ask.sid("FactorSid")?).await?)
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let factor = found(ask).await?;
    Ok(ask.one("Factor", |w| views::factor(w, &ask.shown(), &factor, None)))
}

async fn update(ask: &Ask<'_>) -> Result<Answer> {
    let name = ask.params.owned("FriendlyName");
    let patch = FactorPatch { friendly_name: name, config: totp(ask, "Config")? };
    let code = ask.params.text("AuthPayload");
    let factor = ask.app().update_factor(&ask.account, &found(ask).await?, &patch, code).await?;
    Ok(ask.one("Factor", |w| views::factor(w, &ask.shown(), &factor, None)))
}

async fn delete(ask: &Ask<'_>) -> Result<Answer> {
    ask.app().delete_factor(&ask.account, &found(ask).await?).await?;
    Ok(Answer::empty())
}
