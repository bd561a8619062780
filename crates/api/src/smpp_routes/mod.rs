//! The operator's SMPP routes and how they stand. They are the installation's, so only the top account sees them.

#[cfg(test)]
mod tests;
mod views;

use std::future::ready;

use flexio_app::smpp_routes::SmppRouteState;

use crate::answer::Answer;
use crate::ask::Ask;
use crate::error::Result;
use crate::operation::{Access, Kind, NATIVE, Operation, Shows};
use crate::paging::Listed;

pub(crate) const OPERATIONS: &[Operation] = &[Operation {
    id: "smpp_routes.list",
    kind: Kind::Read,
    faces: NATIVE,
    path: "Accounts/{AccountSid}/SmppRoutes",
    about: "SMPP routes of the configuration as this node sees them: bound or not, since when, what is on its way, and what is wrong. Only for the top account.",
    access: Access::Top,
    params: &[],
    shows: Shows::Many(views::sample),
    run: |ask| Box::pin(ready(list(ask))),
}];

impl Listed for SmppRouteState {
    const MEMBERS: (&'static str, &'static str) = ("smpp_routes", "smpp_routes");
    const ELEMENTS: (&'static str, &'static str) = ("SmppRoutes", "SmppRoute");
    fn cursor(&self) -> u128 {
        0
    }
}

fn list(ask: &Ask<'_>) -> Result<Answer> {
    ask.numbered_page(ask.app().smpp_route_states(&ask.account)?, views::route)
}
