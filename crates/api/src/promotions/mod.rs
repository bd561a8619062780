//! Promotions of the installation, for its operator. What a customer has taken is under its subscription.

mod params;
#[cfg(test)]
mod tests;
pub(crate) mod views;

use crate::answer::Answer;
use crate::ask::Ask;
use crate::error::{Result, invalid};
use crate::operation::{Access, Kind, NATIVE, Operation, Shows, params};

const COLLECTION: &str = "Accounts/{AccountSid}/Promotions";
const ITEM: &str = "Accounts/{AccountSid}/Promotions/{PromotionId}";

pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        id: "promotions.list",
        kind: Kind::Read,
        faces: NATIVE,
        path: COLLECTION,
        about: "Promotions with how far they were used, newest first. Only for the top account.",
        access: Access::Top,
        params: &[],
        shows: Shows::One(views::list_sample),
        run: |ask| Box::pin(list(ask)),
    },
    Operation {
        id: "promotions.fetch",
        kind: Kind::Read,
        faces: NATIVE,
        path: ITEM,
        about: "One promotion. Only for the top account.",
        access: Access::Top,
        params: &[],
        shows: Shows::One(views::sample),
        run: |ask| Box::pin(fetch(ask)),
    },
    Operation {
        id: "promotions.create",
        kind: Kind::Update,
        faces: NATIVE,
        path: COLLECTION,
        about: "Makes a promotion. What it gives never changes. Only for the top account.",
        access: Access::Top,
        params: params::CREATE,
        shows: Shows::One(views::sample),
        run: |ask| Box::pin(create(ask)),
    },
    Operation {
        id: "promotions.end",
        kind: Kind::Update,
        faces: NATIVE,
        path: ITEM,
        about: "Ends a promotion: nobody takes it any more, and who has it keeps it. Only for the top account.",
        access: Access::Top,
        params: params!["Ended": "Required: `true`."],
        shows: Shows::One(views::sample),
        run: |ask| Box::pin(end(ask)),
    },
];

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let promotions = ask.app().promotions(&ask.account).await?;
    Ok(ask.one("Promotions", |w| w.list("promotions", "Promotion", &promotions, views::promotion)))
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let promotion = ask.app().promotion(&ask.account, ask.name("PromotionId")).await?;
    Ok(ask.one("Promotion", |w| views::promotion(w, &promotion)))
}

async fn create(ask: &Ask<'_>) -> Result<Answer> {
    let promotion = ask.app().create_promotion(&ask.account, params::create(ask)?).await?;
    Ok(ask.one("Promotion", |w| views::promotion(w, &promotion)))
}

async fn end(ask: &Ask<'_>) -> Result<Answer> {
    if ask.params.boolean("Ended")? != Some(true) {
        return Err(invalid("Ended", "must be true"));
    }
    let promotion = ask.app().end_promotion(&ask.account, ask.name("PromotionId")).await?;
    Ok(ask.one("Promotion", |w| views::promotion(w, &promotion)))
}
