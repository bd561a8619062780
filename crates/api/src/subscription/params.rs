//! Parameters of orders and changes of prices.

use flexio_app::{Announcement, Order, Wanted};
use flexio_domain::{ErrorCode, NoticeGround, Subscription, SummarySid};

use crate::ask::Ask;
use crate::error::{Result, invalid};
use crate::params::one_of;

pub(super) fn order(ask: &Ask<'_>) -> Result<Order> {
    let sid = ask.params.parsed("SummarySid", ErrorCode::InvalidParameter)?;
    let sid = sid.ok_or_else(|| invalid("SummarySid", "is missing"))?;
    let sha256 = ask.params.required("SummarySha256", ErrorCode::InvalidParameter)?.to_owned();
    let begins = ask.params.boolean("Begin")? == Some(true);
    agreed(ask, (sid, sha256), begins)
}

/// That service begins now, under the contract as it was ordered.
pub(super) fn beginning(ask: &Ask<'_>, contract: &Subscription) -> Result<Order> {
    let offer = &contract.offer;
    agreed(ask, (offer.summary_sid, offer.summary_sha256.clone()), true)
}

/// That announced terms are accepted, under the contract as it was ordered.
pub(crate) fn agreed_terms(ask: &Ask<'_>, contract: &Subscription) -> Result<Order> {
    let offer = &contract.offer;
    agreed(ask, (offer.summary_sid, offer.summary_sha256.clone()), false)
}

fn agreed(ask: &Ask<'_>, (summary_sid, summary_sha256): (SummarySid, String), begins: bool) -> Result<Order> {
    let seat = ask.principal.seat.as_ref();
    Ok(Order {
        summary_sid,
        summary_sha256,
        accepted: ask.params.boolean("Accept")? == Some(true),
        statement: ask.params.owned("Statement").unwrap_or_default(),
        begins,
        terms: ask.params.words("Terms"),
        user: ask.user(),
        channel: if seat.is_some() { "console" } else { "api" },
        ip: ask.client.map(|client| client.to_string()).unwrap_or_default(),
        user_agent: ask.user_agent.to_owned(),
    })
}

pub(crate) fn announcement(ask: &Ask<'_>) -> Result<Announcement> {
    let from = ask.params.parsed("From", ErrorCode::InvalidParameter)?;
    Ok(Announcement {
        plan: ask.params.required("Plan", ErrorCode::InvalidParameter)?.to_owned(),
        from: from.ok_or_else(|| invalid("From", "is missing"))?,
        items: ask.params.words("Items"),
        ground: ground(ask)?,
    })
}

/// Why nobody may leave because of a change of prices.
pub(crate) fn ground(ask: &Ask<'_>) -> Result<Option<(NoticeGround, String)>> {
    let ground = one_of("Ground", ask.params.text("Ground"), NoticeGround::from_wire)?;
    Ok(ground.map(|ground| (ground, ask.params.owned("GroundNote").unwrap_or_default())))
}

/// The promotions an offer names.
pub(super) fn wanted(ask: &Ask<'_>) -> Vec<Wanted> {
    let ids = ask.params.words("Promotion").into_iter().map(Wanted::Id);
    ids.chain(ask.params.words("Code").into_iter().map(Wanted::Code)).collect()
}

/// The one promotion that is taken.
pub(super) fn redeemed(ask: &Ask<'_>) -> Result<Wanted> {
    let mut wanted = wanted(ask);
    match (wanted.pop(), wanted.is_empty()) {
        (Some(one), true) => Ok(one),
        _ => Err(invalid("Promotion", "or Code names the one promotion that is taken")),
    }
}
