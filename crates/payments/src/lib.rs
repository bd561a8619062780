//! Payments through a provider: what one is asked, what it tells, and what of that is booked.
//!
//! Owns: the port ([`PaymentProvider`]), the facts a provider tells ([`Fact`]), the booking of a fact ([`book`]), and the first
//! provider's protocol ([`stripe`]). Does not own: sockets ([`PaymentHttp`] is given), the store, who may ask.
//!
//! Invariants
//! - A fact may come twice, late, and before another that it follows: what is booked in the end is the same.
//! - Every posting has an id that follows from the fact, so that a fact cannot be booked twice.
//! - Amounts and currency of a fact are those of the payment, or nothing is booked and a person has to look.
//! - Card numbers never come here: the customer's browser gives them to the provider.
//!
//! Start reading at [`book`].

mod booking;
pub mod stripe;

use async_trait::async_trait;
use flexio_domain::{AccountSid, Chargeback, Currency, Money, PaymentIntentSid, RefundState, Timestamp};

pub use booking::{Booked, Mismatch, book};

/// Something a provider says about a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// The money came.
    Received {
        /// All of it.
        amount: Money,
        /// Of the amount.
        currency: Currency,
    },
    /// A try failed, for this reason; the customer may try again.
    Declined(String),
    /// It was given up.
    Cancelled,
    /// Money goes back.
    Refund(RefundFact),
    /// The payer's bank takes money back, or gives it again.
    Chargeback(ChargebackFact),
    /// What the provider keeps of the payment.
    Fee {
        /// Not negative.
        amount: Money,
        /// Of the amount: that of the provider's account with the operator.
        currency: Currency,
    },
    /// Something happened that is not all said here: the provider is to be asked.
    Moved,
}

/// Where a refund stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundFact {
    /// The provider's name of it.
    pub id: String,
    /// Its number among the payment's, where we asked for it.
    pub number: Option<u32>,
    /// Above zero.
    pub amount: Money,
    /// Of the amount.
    pub currency: Currency,
    /// Never [`RefundState::Asked`].
    pub state: RefundState,
}

/// Where a chargeback stands, and what it moved so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChargebackFact {
    /// What is shown of it.
    pub chargeback: Chargeback,
    /// All movements so far.
    pub movements: Vec<Movement>,
    /// Of every amount.
    pub currency: Currency,
}

/// A movement on the operator's account with the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movement {
    /// The provider's name of it.
    pub id: String,
    /// Below zero where it is taken off.
    pub amount: Money,
    /// What the provider keeps besides; below zero where it is given back.
    pub fee: Money,
}

/// What a provider told by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderEvent {
    /// The provider's name of it, the same when it is told again.
    pub id: String,
    /// In the provider's word.
    pub kind: String,
    /// When it happened.
    pub happened_at: Timestamp,
    /// Our payment, where the event says so.
    pub intent: Option<PaymentIntentSid>,
    /// The provider's name of the payment.
    pub payment: Option<String>,
    /// What it says; `None` where it is nothing that concerns payments.
    pub fact: Option<Fact>,
}

/// A payment to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPayment {
    /// Ours: asked again with the same one, the provider answers the same payment.
    pub intent: PaymentIntentSid,
    /// Whose.
    pub account: AccountSid,
    /// Above zero, in whole cents.
    pub amount: Money,
    /// Of the amount.
    pub currency: Currency,
    /// What the payer reads, such as the invoice's number.
    pub description: String,
}

/// A payment that the provider has made ready.
#[derive(Clone, PartialEq, Eq)]
pub struct ReadyPayment {
    /// The provider's name of it.
    pub id: String,
    /// With it the customer's browser pays; it is his, and is neither kept nor logged.
    pub client_secret: String,
}

impl std::fmt::Debug for ReadyPayment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReadyPayment").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Money that is to go back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRefund {
    /// Of which payment of ours.
    pub intent: PaymentIntentSid,
    /// The provider's name of it.
    pub payment: String,
    /// Order among the refunds of the payment; with the payment it names the refund.
    pub number: u32,
    /// Above zero, in whole cents.
    pub amount: Money,
    /// Of the amount.
    pub currency: Currency,
}

/// Why a provider did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// It said no, and will again; its words are safe to show.
    #[error("the payment provider refused: {0}")]
    Refused(String),
    /// It may have done it or not: to be asked again, under the same name.
    #[error("the payment provider could not be reached: {0}")]
    Unknown(String),
    /// Nobody can read what it answered.
    #[error("the payment provider's answer cannot be read: {0}")]
    Unreadable(String),
}

/// Why an event is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// It is not signed by whoever knows the secret.
    #[error("the signature is missing or wrong")]
    Signature,
    /// It is signed, and long ago or in the future.
    #[error("the signature is too old")]
    Old,
    /// It is signed and cannot be read.
    #[error("the event cannot be read")]
    Unreadable,
}

/// Takes payments for the operator.
#[async_trait]
pub trait PaymentProvider: Send + Sync + std::fmt::Debug {
    /// Its name in ledger accounts: `stripe`.
    fn name(&self) -> &'static str;
    /// The header that carries the signature of what it tells.
    fn signature_header(&self) -> &'static str;
    /// What the customer's browser shows the provider to say whose payment it is; no secret.
    fn public_key(&self) -> &str;
    /// Whether it takes payments of this currency.
    fn takes(&self, currency: Currency) -> bool;
    /// Makes a payment ready; again answers the same one.
    async fn create(&self, new: &NewPayment) -> Result<ReadyPayment, ProviderError>;
    /// All that can be said about a payment now.
    async fn look(&self, payment: &str) -> Result<Vec<Fact>, ProviderError>;
    /// Gives a payment up that did not come; refused where it came.
    async fn cancel(&self, payment: &str) -> Result<(), ProviderError>;
    /// Pays back; again answers the same refund.
    async fn refund(&self, new: &NewRefund) -> Result<RefundFact, ProviderError>;
    /// Reads what the provider tells by itself. `signature` is the header that carries it.
    fn event(&self, signature: &str, payload: &[u8], now: Timestamp) -> Result<ProviderEvent, EventError>;
}

/// A request to a provider, without its host and without secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderRequest {
    /// Asks only, and changes nothing.
    pub is_read: bool,
    /// With its query, from the slash on.
    pub path: String,
    /// In the order to be sent; of the query where it only asks.
    pub form: Vec<(String, String)>,
    /// The same when the request is made again.
    pub idempotency_key: Option<String>,
}

/// Carries requests to a provider's server: host, secret key, encryption, time limits are its matter.
#[async_trait]
pub trait PaymentHttp: Send + Sync + std::fmt::Debug {
    /// Status and body of the answer; the error says why there is none.
    async fn send(&self, request: &ProviderRequest) -> Result<(u16, Vec<u8>), String>;
}
