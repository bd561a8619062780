//! The operator's trunks: how they stand and what is wrong with them. They are the installation's, so only the top account sees them.

#[cfg(test)]
mod tests;
mod views;

use flexio_app::trunks::TrunkState;

use crate::answer::Answer;
use crate::ask::Ask;
use crate::error::Result;
use crate::operation::{Access, Kind, NATIVE, Operation, Param, Shows};
use crate::paging::Listed;

const ALL: &str = "Accounts/{AccountSid}/Trunks";
const ONE: &str = "Accounts/{AccountSid}/Trunks/{Trunk}";
const TEST: &str = "Accounts/{AccountSid}/Trunks/{Trunk}/Test";
const NONE: &[Param] = &[];

pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        id: "trunks.list",
        kind: Kind::Read,
        faces: NATIVE,
        path: ALL,
        about: "Trunks of the configuration as this node sees them: addresses, registration, calls, and in words what is wrong; and in short how other nodes see them. Only for the top account.",
        access: Access::Top,
        params: NONE,
        shows: Shows::Many(views::sample),
        run: |ask| Box::pin(list(ask)),
    },
    Operation {
        id: "trunks.fetch",
        kind: Kind::Read,
        faces: NATIVE,
        path: ONE,
        about: "One trunk, by its name.",
        access: Access::Top,
        params: NONE,
        shows: Shows::One(views::sample),
        run: |ask| Box::pin(fetch(ask)),
    },
    Operation {
        id: "trunks.test",
        kind: Kind::Update,
        faces: NATIVE,
        path: TEST,
        about: "Looks the names of the trunk up and sends OPTIONS to each of its addresses now; answers what was found, within some seconds.",
        access: Access::Top,
        params: NONE,
        shows: Shows::One(views::sample),
        run: |ask| Box::pin(test(ask)),
    },
];

impl Listed for TrunkState {
    const MEMBERS: (&'static str, &'static str) = ("trunks", "trunks");
    const ELEMENTS: (&'static str, &'static str) = ("Trunks", "Trunk");
    fn cursor(&self) -> u128 {
        0
    }
}

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    ask.numbered_page(ask.app().trunk_states(&ask.account).await?, views::trunk)
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let trunk = ask.app().trunk_state(&ask.account, ask.name("Trunk")).await?;
    Ok(ask.one("Trunk", |w| views::trunk(w, &trunk)))
}

async fn test(ask: &Ask<'_>) -> Result<Answer> {
    let trunk = ask.app().test_trunk(&ask.account, ask.name("Trunk")).await?;
    Ok(ask.one("Trunk", |w| views::trunk(w, &trunk)))
}
