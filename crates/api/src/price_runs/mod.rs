//! Changes of prices for all customers of a plan, for the operator: a dry run, then the notice to each.

#[cfg(test)]
mod tests;
mod views;

use flexio_app::Announcement;
use flexio_domain::ErrorCode;

use crate::answer::Answer;
use crate::ask::Ask;
use crate::error::{Result, invalid};
use crate::operation::{Access, Kind, NATIVE, Operation, Shows, params};
use crate::subscription::params::announcement;

const COLLECTION: &str = "Accounts/{AccountSid}/PriceRuns";
const ITEM: &str = "Accounts/{AccountSid}/PriceRuns/{PriceRunSid}";

pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        id: "price_runs.list",
        kind: Kind::Read,
        faces: NATIVE,
        path: COLLECTION,
        about: "Changes of prices for many, newest first. Only for the top account.",
        access: Access::Top,
        params: &[],
        shows: Shows::One(views::list_sample),
        run: |ask| Box::pin(list(ask)),
    },
    Operation {
        id: "price_runs.fetch",
        kind: Kind::Read,
        faces: NATIVE,
        path: ITEM,
        about: "How far a change of prices for many is, and what it comes to. Only for the top account.",
        access: Access::Top,
        params: &[],
        shows: Shows::One(views::sample),
        run: |ask| Box::pin(fetch(ask)),
    },
    Operation {
        id: "price_runs.customers",
        kind: Kind::Read,
        faces: NATIVE,
        path: "Accounts/{AccountSid}/PriceRuns/{PriceRunSid}/Customers",
        about: "Whose prices change, and how much more each pays on the use of the last twelve months, by account; 1 000 at once.",
        access: Access::Top,
        params: params!["AfterSid": "The last account of the page before."],
        shows: Shows::One(views::customers_sample),
        run: |ask| Box::pin(customers(ask)),
    },
    Operation {
        id: "price_runs.count",
        kind: Kind::Update,
        faces: NATIVE,
        path: COLLECTION,
        about: "Begins the dry run of a change of prices for all customers of a plan. Nobody is told. Only for the top account.",
        access: Access::Top,
        params: params![
            "Plan": "Required: the plan version that prices from then on, `flexio-be/2`.",
            "From": "Required: first day, `2027-01-15`, in the plan's zone.",
            "Items": "Items that change, separated by commas; all that differ if absent.",
            "Ground": "Ticked where nobody may leave because of it: `advantage` or `administrative`, which are checked, or `law`.",
            "GroundNote": "What the ground is, at most 300 characters; required for `law`.",
        ],
        shows: Shows::One(views::sample),
        run: |ask| Box::pin(count(ask)),
    },
    Operation {
        id: "price_runs.decide",
        kind: Kind::Update,
        faces: NATIVE,
        path: ITEM,
        about: "Announces what the dry run counted, in the background and to each customer once; or drops it. Only for the top account.",
        access: Access::Top,
        params: params!["Announce": "Required: `true`, or `false` to drop it."],
        shows: Shows::One(views::sample),
        run: |ask| Box::pin(decide(ask)),
    },
];

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let runs = ask.app().price_runs(&ask.account).await?;
    Ok(ask.one("PriceRuns", |w| w.list("price_runs", "PriceRun", &runs, views::run)))
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let run = ask.app().price_run(&ask.account, ask.sid("PriceRunSid")?).await?;
    Ok(ask.one("PriceRun", |w| views::run(w, &run)))
}

async fn customers(ask: &Ask<'_>) -> Result<Answer> {
    let after = ask.params.parsed("AfterSid", ErrorCode::InvalidParameter)?;
    let customers = ask.app().price_run_customers(&ask.account, ask.sid("PriceRunSid")?, after).await?;
    Ok(ask.one("Customers", |w| w.list("customers", "Customer", &customers, views::customer)))
}

async fn count(ask: &Ask<'_>) -> Result<Answer> {
    let new: Announcement = announcement(ask)?;
    let run = ask.app().count_price_run(&ask.account, &new, &ask.user()).await?;
    Ok(ask.one("PriceRun", |w| views::run(w, &run)))
}

async fn decide(ask: &Ask<'_>) -> Result<Answer> {
    let announce = ask.params.boolean("Announce")?.ok_or_else(|| invalid("Announce", "is missing"))?;
    let run = ask.app().decide_price_run(&ask.account, ask.sid("PriceRunSid")?, announce).await?;
    Ok(ask.one("PriceRun", |w| views::run(w, &run)))
}
