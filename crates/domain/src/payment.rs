//! Payments that customers make through a payment provider, such as by card.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::customer::words;
use crate::{AccountSid, Currency, InvoiceSid, Money, PaymentIntentSid, PayoutSid};

words! {
    /// Where a payment stands.
    PaymentState {
        /// The customer has not paid yet, or his bank has not said yes.
        Open = "open",
        /// The money came.
        Succeeded = "succeeded",
        /// It was given up. Money that comes all the same is taken.
        Cancelled = "cancelled",
    }
}

words! {
    /// Where money stands that goes back the way it came.
    RefundState {
        /// It is to be asked for at the provider, or nobody knows yet what that said.
        Asked = "asked",
        /// The provider has taken it off what it owes, and the bank is at it.
        Pending = "pending",
        /// The provider says that it was paid back.
        Succeeded = "succeeded",
        /// It was not.
        Failed = "failed",
    }
}

/// Money that goes back the way it came, whoever asked for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentRefund {
    /// Order among the refunds of the payment, from 1.
    pub number: u32,
    /// The provider's name of it; `None` until that has answered.
    pub provider_id: Option<String>,
    /// Above zero.
    pub amount: Money,
    /// The end of a contract it pays back; `None` where it comes out of the wallet.
    pub payout_sid: Option<PayoutSid>,
    /// Where it stands.
    pub state: RefundState,
}

/// What the payer's bank has taken back, and whether it is decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chargeback {
    /// The provider's name of it.
    pub provider_id: String,
    /// Why, in the provider's word: `fraudulent`.
    pub reason: String,
    /// In the provider's word: `needs_response`, `won`, `lost`.
    pub state: String,
    /// It is decided: what comes later and says otherwise is old.
    pub is_closed: bool,
}

/// A payment that a customer makes through a provider: into the wallet, or of an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentIntent {
    /// Identity.
    pub sid: PaymentIntentSid,
    /// Optimistic lock.
    pub version: u32,
    /// Whose.
    pub account_sid: AccountSid,
    /// The invoice it pays; `None` for the wallet.
    pub invoice_sid: Option<InvoiceSid>,
    /// What is to come, above zero, in whole cents.
    pub amount: Money,
    /// Of every amount.
    pub currency: Currency,
    /// Who takes it: `stripe`.
    pub provider: String,
    /// The provider's name of it; `None` until that has answered.
    pub provider_id: Option<String>,
    /// Where it stands.
    pub state: PaymentState,
    /// What came.
    pub received: Money,
    /// Of that, what pays the invoice; the rest is in the wallet.
    pub settled: Money,
    /// What went back, in order.
    pub refunds: Vec<PaymentRefund>,
    /// What banks hold that was taken back.
    pub charged_back: Money,
    /// The provider's names of the movements of chargebacks that are booked.
    pub movements: Vec<String>,
    /// The last chargeback.
    pub chargeback: Option<Chargeback>,
    /// What the provider kept of the payment; `None` until it is known.
    pub fee: Option<Money>,
    /// Why the last try failed, in the provider's word.
    pub failure: Option<String>,
    /// When the provider is to be asked how it stands; `None` once nothing is expected.
    pub look_at: Option<Timestamp>,
    /// How often it was asked.
    pub looks: u32,
    /// Creation.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}

impl PaymentIntent {
    /// One that waits for its payer, who pays into his wallet.
    pub fn open(
        sid: PaymentIntentSid,
        account_sid: AccountSid,
        (amount, currency): (Money, Currency),
        provider: &str,
        now: Timestamp,
    ) -> Self {
        Self {
            sid,
            version: 1,
            account_sid,
            invoice_sid: None,
            amount,
            currency,
            provider: provider.to_owned(),
            provider_id: None,
            state: PaymentState::Open,
            received: Money::ZERO,
            settled: Money::ZERO,
            refunds: Vec::new(),
            charged_back: Money::ZERO,
            movements: Vec::new(),
            chargeback: None,
            fee: None,
            failure: None,
            look_at: None,
            looks: 0,
            created_at: now,
            updated_at: now,
        }
    }

    /// What went back, or is on its way.
    pub fn refunded(&self) -> Money {
        let kept = self.refunds.iter().filter(|refund| refund.state != RefundState::Failed);
        kept.map(|refund| refund.amount).sum()
    }

    /// What may still go back.
    pub fn refundable(&self) -> Money {
        (self.received - self.charged_back - self.refunded()).max(Money::ZERO)
    }
}

/// What a provider told, noted once. Append-only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentEvent {
    /// Who told.
    pub provider: String,
    /// The provider's name of it.
    pub id: String,
    /// What it is, in the provider's word: `payment_intent.succeeded`.
    pub kind: String,
    /// The payment it is about; `None` where it is none of ours.
    pub intent_sid: Option<PaymentIntentSid>,
    /// Why nothing was booked, where that needs a person.
    pub trouble: Option<String>,
    /// When the provider says that it happened.
    pub happened_at: Timestamp,
    /// When it came.
    pub received_at: Timestamp,
}
