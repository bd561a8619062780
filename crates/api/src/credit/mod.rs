//! What an account may spend: terms and payments. Not Twilio's: its accounts are topped up in its console.

mod params;
mod views;

use crate::answer::Answer;
use crate::ask::Ask;
use crate::error::Result;
use crate::operation::{Access, BOTH, Kind, Operation, Shows, params};

pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        id: "credit.fetch",
        kind: Kind::Read,
        faces: BOTH,
        path: "Accounts/{AccountSid}/Credit",
        about: "The terms the account spends on, its own or an ancestor's, and what is left; `limit` and `available` are null where there is no limit.",
        access: Access::Branch,
        params: &[],
        shows: Shows::One(views::sample),
        run: |ask| Box::pin(fetch(ask)),
    },
    Operation {
        id: "credit.update",
        kind: Kind::Update,
        faces: BOTH,
        path: "Accounts/{AccountSid}/Credit",
        about: "Gives the account terms of its own, or changes them. Only for an ancestor, or the top account.",
        access: Access::Token,
        params: params![
            "Mode": "Required: `prepaid` or `postpaid`.",
            "Limit": "Required for `postpaid`: how far the account may owe, a decimal; 0 for `prepaid`.",
        ],
        shows: Shows::One(views::sample),
        run: |ask| Box::pin(update(ask)),
    },
    Operation {
        id: "credit.pay",
        kind: Kind::Update,
        faces: BOTH,
        path: "Accounts/{AccountSid}/Credit/Payments",
        about: "Books a payment to the account's wallet. Only for an ancestor, or the top account; the same Reference again changes nothing.",
        access: Access::Token,
        params: params![
            "Amount": "Required: a decimal; negative where money is paid back.",
            "Reference": "Required: names the payment; letters, digits, dots, dashes, underscores.",
            "Way": "How the money came, such as `transfer` (default); `goodwill` is given away.",
        ],
        shows: Shows::One(views::sample),
        run: |ask| Box::pin(pay(ask)),
    },
];

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    match ask.app().credit_for(ask.account.sid).await? {
        Some(state) => Ok(ask.one("Credit", |w| {
            views::credit(w, &ask.account, &state);
            views::presets(w, &ask.app().config.limits.threshold_presets);
        })),
        None => {
            let owed = ask.app().owed(ask.account.sid).await?;
            Ok(ask.one("Credit", |w| {
                views::unlimited(w, &ask.account, owed);
                views::presets(w, &ask.app().config.limits.threshold_presets);
            }))
        }
    }
}

async fn update(ask: &Ask<'_>) -> Result<Answer> {
    let (mode, limit) = params::terms(ask)?;
    let state = ask.app().set_credit(&ask.account, is_operator(ask), mode, limit).await?;
    Ok(ask.one("Credit", |w| views::credit(w, &ask.account, &state)))
}

async fn pay(ask: &Ask<'_>) -> Result<Answer> {
    let payment = params::payment(ask)?;
    let state = ask.app().pay_in(&ask.account, is_operator(ask), &payment).await?;
    Ok(ask.one("Credit", |w| views::credit(w, &ask.account, &state)))
}

/// Asked by an ancestor; nobody is above the top account, which is the operator's.
pub(crate) fn is_operator(ask: &Ask<'_>) -> bool {
    ask.account.parent_sid.is_none() || ask.is_by_ancestor()
}
