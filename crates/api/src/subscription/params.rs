//! Parameters of orders and changes of prices.

use flexio_app::{Announcement, Order};
use flexio_domain::ErrorCode;

use crate::ask::Ask;
use crate::error::{Result, invalid};

pub(super) fn order(ask: &Ask<'_>) -> Result<Order> {
    let sid = ask.params.parsed("SummarySid", ErrorCode::InvalidParameter)?;
    let seat = ask.principal.seat.as_ref();
    Ok(Order {
        summary_sid: sid.ok_or_else(|| invalid("SummarySid", "is missing"))?,
        summary_sha256: ask.params.required("SummarySha256", ErrorCode::InvalidParameter)?.to_owned(),
        accepted: ask.params.boolean("Accept")? == Some(true),
        statement: ask.params.owned("Statement").unwrap_or_default(),
        terms: ask.params.words("Terms"),
        user: ask.user(),
        channel: if seat.is_some() { "console" } else { "api" },
        ip: ask.client.map(|client| client.to_string()).unwrap_or_default(),
        user_agent: ask.user_agent.to_owned(),
    })
}

pub(super) fn announcement(ask: &Ask<'_>) -> Result<Announcement> {
    let from = ask.params.parsed("From", ErrorCode::InvalidParameter)?;
    Ok(Announcement {
        plan: ask.params.required("Plan", ErrorCode::InvalidParameter)?.to_owned(),
        from: from.ok_or_else(|| invalid("From", "is missing"))?,
        items: ask.params.words("Items"),
    })
}
