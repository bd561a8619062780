//! The contract of an account: plans, summary, order, pins, changes of prices. Not Twilio's: its prices are public and its terms are accepted
//! in its console.

pub(crate) mod params;
pub(crate) mod suspension;
pub(crate) mod views;

#[cfg(test)]
mod advice_tests;
#[cfg(test)]
mod exit_tests;
#[cfg(test)]
mod leaving_tests;
#[cfg(test)]
pub(crate) mod tests;
#[cfg(test)]
mod withdrawal_tests;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use flexio_domain::{ErrorCode, NoticeSid, Subscription};
use flexio_rating::Plan;

use crate::answer::Answer;
use crate::ask::Ask;
use crate::error::Result;
use crate::operation::{Access, BOTH, Kind, Operation, Shows, params, row};

pub(crate) const OPERATIONS: &[Operation] = &[
    row!(
        "plans.list",
        Read,
        BOTH,
        "Accounts/{AccountSid}/Plans",
        "Published plan versions with their prices, and which are open for orders; the terms that an order has to name.",
        &[],
        Shows::One(views::plans_sample),
        plans
    ),
    Operation {
        id: "plans.retire",
        kind: Kind::Update,
        faces: BOTH,
        path: "Accounts/{AccountSid}/Plans/Retirements",
        about: "Takes a plan version from sale at once, because of an error or a successor: it is offered no more, and what was offered of it cannot be ordered. What was sold stays. Only for the top account.",
        access: Access::Top,
        params: params![
            "Plan": "Required: a published version, such as `flexio-be/2`.",
            "Reason": "Required: why, at most 200 characters.",
        ],
        shows: Shows::One(views::retirement_sample),
        run: |ask| Box::pin(retire(ask)),
    },
    row!(
        "subscription.fetch",
        Read,
        BOTH,
        "Accounts/{AccountSid}/Subscription",
        "The account's contract: the one that is not over, or the last.",
        &[],
        Shows::One(views::sample),
        fetch
    ),
    row!(
        "subscription.summary",
        Read,
        BOTH,
        "Accounts/{AccountSid}/Subscription/Summaries/{SummarySid}",
        "A summary as it was shown: with `.html` or `.pdf` the document byte for byte, else what it is.",
        &[],
        Shows::One(views::summary_sample),
        summary
    ),
    row!(
        "subscription.pins",
        Read,
        BOTH,
        "Accounts/{AccountSid}/Subscription/Pins",
        "Which plan version prices what from when on, oldest first; the last one before an event holds.",
        &[],
        Shows::One(views::pins_sample),
        pins
    ),
    row!(
        "subscription.acceptances",
        Read,
        BOTH,
        "Accounts/{AccountSid}/Subscription/Acceptances",
        "What was agreed to, with its proof, oldest first.",
        &[],
        Shows::One(views::acceptances_sample),
        acceptances
    ),
    row!(
        "subscription.plan_advice",
        Read,
        BOTH,
        "Accounts/{AccountSid}/Subscription/PlanAdvice",
        "The last twelve months of use under every plan that is open for orders, cheapest first, without tax.",
        &[],
        Shows::One(crate::invoices::views::advice_sample),
        plan_advice
    ),
    row!(
        "subscription.promotions",
        Read,
        BOTH,
        "Accounts/{AccountSid}/Subscription/Promotions",
        "Promotions the contract has taken, oldest first; before the order, those that stand in the summary.",
        &[],
        Shows::One(views::promotions_sample),
        promotions
    ),
    Operation {
        id: "subscription.redeem",
        kind: Kind::Update,
        faces: BOTH,
        path: "Accounts/{AccountSid}/Subscription/Promotions",
        about: "Takes a promotion on a contract in force. An account takes each once.",
        access: Access::Token,
        params: params![
            "Promotion": "The promotion's id, where it has no code.",
            "Code": "Its code.",
        ],
        shows: Shows::One(views::promotion_sample),
        run: |ask| Box::pin(redeem(ask)),
    },
    row!(
        "subscription.price_changes",
        Read,
        BOTH,
        "Accounts/{AccountSid}/Subscription/PriceChanges",
        "Changes of prices that were announced, newest first.",
        &[],
        Shows::One(views::notices_sample),
        price_changes
    ),
    Operation {
        id: "subscription.offer",
        kind: Kind::Update,
        faces: BOTH,
        path: "Accounts/{AccountSid}/Subscription/Offers",
        about: "Issues a contract summary of the plan on sale; it may be accepted for 30 days, until a newer one takes its place. Promotions stand in it and are taken with the order.",
        access: Access::Token,
        params: params![
            "Promotion": "Ids of promotions without code; repeated or separated by commas.",
            "Code": "Codes of promotions; repeated or separated by commas.",
        ],
        shows: Shows::One(views::sample),
        run: |ask| Box::pin(offer(ask)),
    },
    Operation {
        id: "subscription.order",
        kind: Kind::Update,
        faces: BOTH,
        path: "Accounts/{AccountSid}/Subscription/Orders",
        about: "Orders what was offered, with obligation to pay. Prices are pinned from now on.",
        access: Access::Token,
        params: params![
            "SummarySid": "Required: the summary that was read.",
            "SummarySha256": "Required: its SHA-256.",
            "Accept": "Required: `true`.",
            "Statement": "Required: the sentence that was agreed to, word by word.",
            "Begin": "`true` where a consumer asks expressly that service begins within the time to withdraw, and pays for what is used till then.",
            "Terms": "The terms that were agreed to, `id/version`, separated by commas, where the operator has some.",
        ],
        shows: Shows::One(views::sample),
        run: |ask| Box::pin(order(ask)),
    },
    Operation {
        id: "subscription.order_unseen",
        kind: Kind::Update,
        faces: BOTH,
        path: "Accounts/{AccountSid}/Subscription/Orders/Unseen",
        about: "Notes an order by telephone: the summary goes out, and nothing is in force until the customer has confirmed it with an order. Only for an ancestor.",
        access: Access::Token,
        params: params![
            "Promotion": "Ids of promotions without code; repeated or separated by commas.",
            "Code": "Codes of promotions; repeated or separated by commas.",
        ],
        shows: Shows::One(views::sample),
        run: |ask| Box::pin(order_unseen(ask)),
    },
    Operation {
        id: "subscription.begin",
        kind: Kind::Update,
        faces: BOTH,
        path: "Accounts/{AccountSid}/Subscription/Begin",
        about: "A consumer asks expressly that service begins within the time to withdraw, and pays for what is used till then also after a withdrawal.",
        access: Access::Token,
        params: params![
            "Accept": "Required: `true`.",
            "Statement": "Required: the sentence that was agreed to, word by word.",
            "Terms": "The terms that were agreed to, `id/version`, separated by commas, where the operator has some.",
        ],
        shows: Shows::One(views::sample),
        run: |ask| Box::pin(begin(ask)),
    },
    Operation {
        id: "subscription.ask_cancellation",
        kind: Kind::Update,
        faces: BOTH,
        path: "Accounts/{AccountSid}/Subscription/Cancellations",
        about: "The first step of leaving: what it would do, and the token that confirms it for half an hour. Nothing changes.",
        access: Access::Token,
        params: params![
            "EndsAt": "When the contract shall end, `2027-01-31T12:00:00Z`; with the confirmation if absent.",
            "Withdraw": "`true` where a consumer goes back on the contract, within fourteen days.",
        ],
        shows: Shows::One(views::cancellation_sample),
        run: |ask| Box::pin(ask_cancellation(ask)),
    },
    Operation {
        id: "subscription.cancel",
        kind: Kind::Update,
        faces: BOTH,
        path: "Accounts/{AccountSid}/Subscription/Cancellations/Confirm",
        about: "The second step: the contract ends, free of charge. Its numbers are released and its flows answer no more when it does.",
        access: Access::Token,
        params: params!["Token": "Required: the token of the first step."],
        shows: Shows::One(views::sample),
        run: |ask| Box::pin(cancel(ask)),
    },
    Operation {
        id: "subscription.announce",
        kind: Kind::Update,
        faces: BOTH,
        path: "Accounts/{AccountSid}/Subscription/PriceChanges",
        about: "Announces a change of prices to the customer. Only for an ancestor; refused for a date that is too early.",
        access: Access::Token,
        params: params![
            "Plan": "Required: the plan version that prices from then on, `flexio-be/2`.",
            "From": "Required: first day, `2027-01-15`, in the plan's zone.",
            "Items": "Items that change, separated by commas; all that differ if absent.",
            "Ground": "Ticked where nobody may leave because of it: `advantage` or `administrative`, which are checked, or `law`.",
            "GroundNote": "What the ground is, at most 300 characters; required for `law`.",
        ],
        shows: Shows::One(views::notice_sample),
        run: |ask| Box::pin(announce(ask)),
    },
];

async fn plans(ask: &Ask<'_>) -> Result<Answer> {
    let (versions, now) = (ask.app().plan_versions(), ask.app().clock.now());
    let app = ask.app();
    let sold = |plan: &Plan| app.is_sold(plan, now);
    Ok(ask.one("Plans", |w| views::plans(w, &versions, &app.config.terms, &sold)))
}

async fn retire(ask: &Ask<'_>) -> Result<Answer> {
    if ask.account.parent_sid.is_some() {
        return Err(ErrorCode::Forbidden.into());
    }
    let plan = ask.params.required("Plan", ErrorCode::InvalidParameter)?;
    let reason = ask.params.required("Reason", ErrorCode::InvalidParameter)?;
    let retired = ask.app().retire_plan(plan, reason, &ask.user()).await?;
    Ok(ask.one("Retirement", |w| views::retirement(w, &retired)))
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    shown(ask, &ask.app().subscription(ask.account.sid).await?).await
}

/// A contract with its promotions.
pub(super) async fn shown(ask: &Ask<'_>, contract: &Subscription) -> Result<Answer> {
    let promotions = ask.app().promotions_shown(contract).await?;
    Ok(ask.one("Subscription", |w| views::subscription(w, contract, &promotions)))
}

async fn promotions(ask: &Ask<'_>) -> Result<Answer> {
    let contract = ask.app().subscription(ask.account.sid).await?;
    let promotions = ask.app().promotions_shown(&contract).await?;
    Ok(ask.one("Promotions", |w| views::promotions(w, &promotions)))
}

async fn plan_advice(ask: &Ask<'_>) -> Result<Answer> {
    let advice = ask.app().plan_advice(ask.account.sid).await?;
    Ok(ask.one("PlanAdvice", |w| crate::invoices::views::advice(w, &advice)))
}

async fn redeem(ask: &Ask<'_>) -> Result<Answer> {
    let taken = ask.app().redeem(&ask.account, &params::redeemed(ask)?, &ask.user()).await?;
    let contract = ask.app().subscription(ask.account.sid).await?;
    let shown = ask.app().redemption_shown(&contract, &taken);
    Ok(ask.one("Promotion", |w| crate::promotions::views::shown(w, &shown)))
}

async fn summary(ask: &Ask<'_>) -> Result<Answer> {
    let summary = ask.app().summary(ask.account.sid, ask.sid("SummarySid")?).await?;
    match ask.file {
        None => {}
        Some("html") => return Ok(Answer::new(200, "text/html; charset=utf-8", summary.text)),
        Some("pdf") if !summary.pdf.is_empty() => {
            let pdf = BASE64_STANDARD.decode(&summary.pdf).map_err(|_| ErrorCode::Internal)?;
            return Ok(Answer::new(200, "application/pdf", pdf));
        }
        Some(_) => return Err(ErrorCode::NotFound.into()),
    }
    Ok(ask.one("Summary", |w| views::summary(w, &summary)))
}

async fn pins(ask: &Ask<'_>) -> Result<Answer> {
    let pins = ask.app().pins(ask.account.sid).await?;
    Ok(ask.one("Pins", |w| views::pins(w, &pins)))
}

async fn acceptances(ask: &Ask<'_>) -> Result<Answer> {
    let app = ask.app();
    let kept = app.acceptances(ask.account.sid).await?;
    Ok(ask.one("Acceptances", |w| views::acceptances(w, &kept, |it| app.is_genuine(it))))
}

async fn price_changes(ask: &Ask<'_>) -> Result<Answer> {
    let mut notices = Vec::new();
    for notice in ask.app().price_notices(ask.account.sid).await? {
        let sid = NoticeSid::Price(notice.sid);
        notices.push((notice, ask.app().last_notice_letter(ask.account.sid, sid).await?));
    }
    Ok(ask.one("PriceChanges", |w| views::notices(w, &notices)))
}

async fn offer(ask: &Ask<'_>) -> Result<Answer> {
    shown(ask, &ask.app().offer(&ask.account, &params::wanted(ask)).await?).await
}

async fn order(ask: &Ask<'_>) -> Result<Answer> {
    shown(ask, &ask.app().order(&ask.account, &params::order(ask)?).await?).await
}

async fn order_unseen(ask: &Ask<'_>) -> Result<Answer> {
    shown(ask, &ask.app().order_unseen(&ask.account, ask.is_by_ancestor(), &params::wanted(ask)).await?).await
}

async fn begin(ask: &Ask<'_>) -> Result<Answer> {
    let contract = ask.app().subscription(ask.account.sid).await?;
    shown(ask, &ask.app().begin_service(&ask.account, &params::beginning(ask, &contract)?).await?).await
}

async fn announce(ask: &Ask<'_>) -> Result<Answer> {
    let by_operator = ask.is_by_ancestor();
    let notice = ask.app().announce_prices(&ask.account, by_operator, &params::announcement(ask)?).await?;
    let letter = ask.app().last_notice_letter(ask.account.sid, NoticeSid::Price(notice.sid)).await?;
    Ok(ask.one("PriceChange", |w| views::notice(w, &(notice, letter))))
}

async fn ask_cancellation(ask: &Ask<'_>) -> Result<Answer> {
    let ends_at = ask.params.parsed("EndsAt", ErrorCode::InvalidParameter)?;
    let withdraws = ask.params.boolean("Withdraw")? == Some(true);
    let asked = ask.app().ask_cancellation(&ask.account, ends_at, withdraws).await?;
    Ok(ask.one("Cancellation", |w| views::cancellation(w, &asked)))
}

async fn cancel(ask: &Ask<'_>) -> Result<Answer> {
    let token = ask.params.required("Token", ErrorCode::InvalidParameter)?;
    shown(ask, &Box::pin(ask.app().cancel_subscription(&ask.account, token)).await?).await
}
