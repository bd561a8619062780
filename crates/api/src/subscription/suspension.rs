//! A contract is suspended and goes on; what is paid back at its end.

use flexio_domain::{
    AccountSid, Currency, ErrorCode, Money, Payout, PayoutSid, SubscriptionSid, SuspensionReason, Timestamp,
};

use super::views;
use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::dialect::rfc2822;
use crate::error::{Result, invalid};
use crate::operation::{Access, BOTH, Kind, Operation, Shows, params, row};
use crate::params::one_of;
use crate::write::Writer;

pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        id: "subscription.suspend",
        kind: Kind::Update,
        faces: BOTH,
        path: "Accounts/{AccountSid}/Subscription/Suspension",
        about: "Suspends the contract: what costs money and goes out is refused; emergency calls, what is free and what comes in is not. Only for an ancestor.",
        access: Access::Token,
        params: params![
            "Reason": "Required: `non_payment` (once the term of a warning is over), `fraud_hold` or `identity_lapse`.",
            "Note": "For the operator, at most 200 characters.",
        ],
        shows: Shows::One(views::sample),
        run: |ask| Box::pin(suspend(ask)),
    },
    Operation {
        id: "subscription.restore",
        kind: Kind::Update,
        faces: BOTH,
        path: "Accounts/{AccountSid}/Subscription/Restoration",
        about: "Lets a suspended contract go on, whatever it was suspended for. Only for an ancestor.",
        access: Access::Token,
        params: &[],
        shows: Shows::One(views::sample),
        run: |ask| Box::pin(restore(ask)),
    },
    row!(
        "payouts.list",
        Read,
        BOTH,
        "Accounts/{AccountSid}/Payouts",
        "What is to be paid back to customers who have left, of the account and those below it, newest first.",
        &[],
        Shows::One(payouts_sample),
        payouts
    ),
    Operation {
        id: "payouts.pay",
        kind: Kind::Update,
        faces: BOTH,
        path: "Accounts/{AccountSid}/Payouts/{PayoutSid}",
        about: "Notes that a customer was paid back; with `Way=provider`, pays back through the payment provider what came that way. Only for an ancestor; the same again changes nothing.",
        access: Access::Token,
        params: params![
            "Reference": "The bank's reference of the payment, 1 to 64 characters; required unless the provider pays back.",
            "Way": "`transfer` (default) or `provider`.",
        ],
        shows: Shows::One(payout_sample),
        run: |ask| Box::pin(pay(ask)),
    },
];

async fn suspend(ask: &Ask<'_>) -> Result<Answer> {
    let reason = one_of("Reason", ask.params.text("Reason"), SuspensionReason::from_wire)?;
    let reason = reason.ok_or_else(|| invalid("Reason", "is missing"))?;
    let why = (reason, ask.params.text("Note").unwrap_or_default());
    let by_operator = ask.is_by_ancestor();
    let contract = ask.app().suspend_subscription(&ask.account, by_operator, why, &ask.user()).await?;
    super::shown(ask, &contract).await
}

async fn restore(ask: &Ask<'_>) -> Result<Answer> {
    let contract = ask.app().restore_subscription(&ask.account, ask.is_by_ancestor()).await?;
    super::shown(ask, &contract).await
}

async fn payouts(ask: &Ask<'_>) -> Result<Answer> {
    let payouts = ask.app().payouts(ask.account.sid).await?;
    Ok(ask.one("Payouts", |w| w.list("payouts", "Payout", &payouts, payout)))
}

async fn pay(ask: &Ask<'_>) -> Result<Answer> {
    let (sid, by_operator) = (ask.sid("PayoutSid")?, ask.is_by_ancestor());
    let by_provider = one_of("Way", ask.params.text("Way"), |way| match way {
        "transfer" => Some(false),
        "provider" => Some(true),
        _ => None,
    })?;
    let paid = if by_provider == Some(true) {
        ask.app().pay_out_by_provider(&ask.account, by_operator, sid).await?
    } else {
        let reference = ask.params.required("Reference", ErrorCode::InvalidParameter)?;
        ask.app().pay_out(&ask.account, by_operator, sid, reference).await?
    };
    Ok(ask.one("Payout", |w| payout(w, &paid)))
}

fn payout(w: &mut Writer, payout: &Payout) {
    w.put("sid", payout.sid.to_string());
    w.put("account_sid", payout.account_sid.to_string());
    w.put("subscription_sid", payout.subscription_sid.to_string());
    w.put("amount", payout.amount.to_decimals(6));
    w.put("currency", payout.currency.to_string());
    w.put("status", if payout.paid_at.is_some() { "paid" } else { "due" });
    w.put("reference", payout.reference.as_deref());
    w.put("date_created", rfc2822(payout.created_at));
    w.put("date_paid", payout.paid_at.map(rfc2822));
}

fn specimen() -> Payout {
    Payout {
        sid: PayoutSid::from_u128(1),
        version: 1,
        account_sid: AccountSid::from_u128(1),
        subscription_sid: SubscriptionSid::from_u128(1),
        amount: Money::from_micros(5_050_000),
        currency: Currency::EUR,
        created_at: Timestamp::UNIX_EPOCH,
        paid_at: None,
        reference: None,
    }
}

fn payouts_sample(w: &mut Writer, _: &Shown<'_>) {
    w.list("payouts", "Payout", &[specimen()], payout);
}

fn payout_sample(w: &mut Writer, _: &Shown<'_>) {
    payout(w, &specimen());
}
