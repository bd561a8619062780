//! What an account wants to spend in a month. Not Twilio's: its accounts have usage triggers for it.

mod params;
mod views;

use flexio_domain::Threshold;

use crate::Face;
use crate::answer::Answer;
use crate::ask::Ask;
use crate::error::Result;
use crate::operation::{Access, BOTH, Kind, Operation, Param, Shows, params};
use crate::paging::{Listed, Paged};
use crate::write::Writer;

const PARAMS: &[Param] = params![
    "Amount": "What is spent in a calendar month of the plan's zone, with VAT; a decimal above 0. This or Percent is required when made.",
    "Percent": "1 to 100: so much of the account's credit limit is owed or set aside.",
    "Reaction": "`alert` (default), `block_new` or `cut`.",
    "CallbackUrl": "Told; empty is nobody.",
    "CallbackMethod": "GET or POST.",
];

pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        id: "thresholds.list",
        kind: Kind::Read,
        faces: BOTH,
        path: "Accounts/{AccountSid}/Credit/Thresholds",
        about: "Spending thresholds, and where the account stood when each was reached last.",
        access: Access::Own,
        params: &[],
        shows: Shows::Many(views::sample),
        run: |ask| Box::pin(list(ask)),
    },
    Operation {
        id: "thresholds.create",
        kind: Kind::Create,
        faces: BOTH,
        path: "Accounts/{AccountSid}/Credit/Thresholds",
        about: "Makes a spending threshold; it is reached once in a month. At most 20 per account.",
        access: Access::Own,
        params: PARAMS,
        shows: Shows::One(views::sample),
        run: |ask| Box::pin(create(ask)),
    },
    Operation {
        id: "thresholds.fetch",
        kind: Kind::Read,
        faces: BOTH,
        path: "Accounts/{AccountSid}/Credit/Thresholds/{ThresholdSid}",
        about: "One spending threshold.",
        access: Access::Own,
        params: &[],
        shows: Shows::One(views::sample),
        run: |ask| Box::pin(fetch(ask)),
    },
    Operation {
        id: "thresholds.update",
        kind: Kind::Update,
        faces: BOTH,
        path: "Accounts/{AccountSid}/Credit/Thresholds/{ThresholdSid}",
        about: "Changes a spending threshold; with another amount or reaction it can be reached again in this month.",
        access: Access::Own,
        params: PARAMS,
        shows: Shows::One(views::sample),
        run: |ask| Box::pin(update(ask)),
    },
    Operation {
        id: "thresholds.delete",
        kind: Kind::Delete,
        faces: BOTH,
        path: "Accounts/{AccountSid}/Credit/Thresholds/{ThresholdSid}",
        about: "Deletes a spending threshold; what it stopped goes on.",
        access: Access::Own,
        params: &[],
        shows: Shows::Nothing,
        run: |ask| Box::pin(delete(ask)),
    },
];

impl Listed for Threshold {
    const MEMBERS: (&'static str, &'static str) = ("thresholds", "thresholds");
    const ELEMENTS: (&'static str, &'static str) = ("Thresholds", "Threshold");
    fn cursor(&self) -> u128 {
        self.sid.as_u128()
    }
}

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let thresholds = ask.app().thresholds(ask.account.sid).await?;
    let each = |w: &mut Writer, threshold: &Threshold| views::threshold(w, &ask.shown(), threshold);
    match ask.face {
        Face::Native => ask.bare(&Paged::whole::<Threshold>(ask)?, thresholds, each),
        Face::Twilio => ask.numbered_page(thresholds, each),
    }
}

async fn create(ask: &Ask<'_>) -> Result<Answer> {
    let new = params::create(ask)?;
    let keep = |threshold: &Threshold| ask.kept(threshold.sid, None);
    let made = ask.app().create_threshold(&ask.account, new, &keep).await?;
    Ok(ask.made("Threshold", |w| views::threshold(w, &ask.shown(), &made)))
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let threshold = ask.app().threshold(ask.account.sid, ask.sid("ThresholdSid")?).await?;
    Ok(ask.one("Threshold", |w| views::threshold(w, &ask.shown(), &threshold)))
}

async fn update(ask: &Ask<'_>) -> Result<Answer> {
    let (sid, patch) = (ask.sid("ThresholdSid")?, params::patch(ask)?);
    let threshold = ask.app().update_threshold(ask.account.sid, sid, patch).await?;
    Ok(ask.one("Threshold", |w| views::threshold(w, &ask.shown(), &threshold)))
}

async fn delete(ask: &Ask<'_>) -> Result<Answer> {
    ask.app().delete_threshold(ask.account.sid, ask.sid("ThresholdSid")?).await?;
    Ok(Answer::empty())
}
