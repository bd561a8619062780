//! Payments through a provider: what may be written, what may be asked.

use async_trait::async_trait;
use flexio_domain::*;

use crate::{Page, StoreError};

/// Changes of payments. What is booked of one is in the same set.
#[derive(Debug, Clone)]
pub enum PaymentChange {
    /// Unique: sid, (provider, the provider's id).
    Create(Box<PaymentIntent>),
    /// Optimistic.
    Update(Box<PaymentIntent>),
    /// Append-only. Unique: (provider, id), so that what is told twice is a `Conflict` the second time.
    Note(PaymentEvent),
}

/// Questions about payments.
#[async_trait]
pub trait PaymentStore {
    /// One payment of an account.
    async fn payment_intent(
        &self,
        account: AccountSid,
        sid: PaymentIntentSid,
    ) -> Result<Option<PaymentIntent>, StoreError>;
    /// One payment, whoever's: a provider does not know accounts.
    async fn payment_intent_anyones(
        &self,
        sid: PaymentIntentSid,
    ) -> Result<Option<PaymentIntent>, StoreError>;
    /// The payment that a provider knows by this name, whoever's.
    async fn payment_intent_of_provider(
        &self,
        provider: &str,
        id: &str,
    ) -> Result<Option<PaymentIntent>, StoreError>;
    /// Payments of an account. Newest first.
    async fn payment_intents(
        &self,
        account: AccountSid,
        page: &Page,
    ) -> Result<Vec<PaymentIntent>, StoreError>;
    /// Payments of an account that are not decided, oldest first.
    async fn open_payment_intents(
        &self,
        account: AccountSid,
        limit: u32,
    ) -> Result<Vec<PaymentIntent>, StoreError>;
    /// Payments of all accounts about which the provider is to be asked at `now`, longest due first.
    async fn due_payment_intents(&self, now: Timestamp, limit: u32)
    -> Result<Vec<PaymentIntent>, StoreError>;
    /// What a provider told.
    async fn payment_event(&self, provider: &str, id: &str) -> Result<Option<PaymentEvent>, StoreError>;
}
