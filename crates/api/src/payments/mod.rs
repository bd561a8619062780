//! Payments through a provider: made ready here, made by the customer's browser at the provider, told by the provider's events. Not
//! Twilio's: its accounts are topped up in its console.

pub(crate) mod events;
mod views;

use flexio_app::CreatePayment;
use flexio_domain::{ErrorCode, PaymentIntent};

use crate::answer::Answer;
use crate::ask::Ask;
use crate::credit::is_operator;
use crate::error::Result;
use crate::operation::{Access, Kind, NATIVE, Operation, Shows, params, row};
use crate::paging::{Listed, Paged};

pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        id: "payments.create",
        kind: Kind::Create,
        faces: NATIVE,
        path: "Accounts/{AccountSid}/Payments/Intents",
        about: "Makes a payment into the account's wallet, or of one of its invoices, ready to be made with the provider's form in a browser. `client_secret` is shown here only.",
        access: Access::Token,
        params: params![
            "Amount": "How much, in whole cents; all that is open of the invoice where it is absent.",
            "InvoiceSid": "The invoice to pay; without it the money goes into the wallet.",
        ],
        shows: Shows::One(views::sample),
        run: |ask| Box::pin(create(ask)),
    },
    row!(
        "payments.list",
        Read,
        NATIVE,
        "Accounts/{AccountSid}/Payments/Intents",
        "Payments through the provider, newest first.",
        &[],
        Shows::Many(views::sample),
        list
    ),
    row!(
        "payments.fetch",
        Read,
        NATIVE,
        "Accounts/{AccountSid}/Payments/Intents/{PaymentIntentSid}",
        "One payment: what came, what went back, what banks took back, what the provider kept.",
        &[],
        Shows::One(views::sample),
        fetch
    ),
    Operation {
        id: "payments.refund",
        kind: Kind::Update,
        faces: NATIVE,
        path: "Accounts/{AccountSid}/Payments/Intents/{PaymentIntentSid}/Refunds",
        about: "Pays back out of the wallet, the way the money came. Only for an ancestor, or the top account.",
        access: Access::Token,
        params: params!["Amount": "How much, in whole cents; as much as can go back where it is absent."],
        shows: Shows::One(views::sample),
        run: |ask| Box::pin(refund(ask)),
    },
];

impl Listed for PaymentIntent {
    const MEMBERS: (&'static str, &'static str) = ("payment_intents", "payment_intents");
    const ELEMENTS: (&'static str, &'static str) = ("PaymentIntents", "PaymentIntent");
    fn cursor(&self) -> u128 {
        self.sid.as_u128()
    }
}

async fn create(ask: &Ask<'_>) -> Result<Answer> {
    let new = CreatePayment {
        invoice: ask.params.parsed("InvoiceSid", ErrorCode::InvalidParameter)?,
        amount: ask.params.parsed("Amount", ErrorCode::InvalidParameter)?,
    };
    // The secret is the provider's, and not kept with the answer: asked for again, it is asked for there again.
    let keep = |intent: &PaymentIntent| ask.kept(intent.sid, None);
    let ready = ask.app().create_payment(&ask.account, new, &keep).await?;
    let key = ask.app().payment_public_key();
    Ok(ask.made("PaymentIntent", |w| views::payable(w, &ready.intent, ready.client_secret.as_deref(), key)))
}

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let paged = Paged::read::<PaymentIntent>(ask)?;
    let payments = ask.app().payments(ask.account.sid, &paged.query()).await?;
    ask.page(&paged, payments, None, views::payment)
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let intent = ask.app().payment(ask.account.sid, ask.sid("PaymentIntentSid")?).await?;
    if !ask.replay {
        return Ok(ask.one("PaymentIntent", |w| views::payment(w, &intent)));
    }
    let ready = ask.app().ready_payment(intent).await?;
    let key = ask.app().payment_public_key();
    Ok(ask.one("PaymentIntent", |w| views::payable(w, &ready.intent, ready.client_secret.as_deref(), key)))
}

async fn refund(ask: &Ask<'_>) -> Result<Answer> {
    let sid = ask.sid("PaymentIntentSid")?;
    let amount = ask.params.parsed("Amount", ErrorCode::InvalidParameter)?;
    let intent = ask.app().refund_payment(&ask.account, is_operator(ask), sid, amount).await?;
    Ok(ask.one("PaymentIntent", |w| views::payment(w, &intent)))
}
