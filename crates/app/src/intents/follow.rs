//! Payments are followed where the provider is silent: an event that was lost, a fee that is known later, a refund that was cut off.

use std::sync::Arc;
use std::time::Duration;

use flexio_domain::*;
use flexio_payments::{PaymentProvider, ProviderError};
use flexio_store::{Change, PaymentChange};
use jiff::SignedDuration;

use crate::App;
use crate::error::AppError;

/// How often it is looked what is due, and how much at once.
const LOOK_EVERY: Duration = Duration::from_secs(30);
const AT_ONCE: u32 = 50;
/// A payment that nobody has made is given up after this.
const GIVEN_UP_AFTER: SignedDuration = SignedDuration::from_hours(24);
/// Looks at a payment that came, for its fee and its refunds; one a day at last.
const LOOKS_MAX: u32 = 12;

/// Asks the provider about payments that are due, until the process ends. Any number of processes may.
pub async fn keep_payments(app: Arc<App>) {
    if app.payment_provider().is_err() {
        return;
    }
    loop {
        match app.follow_payments().await {
            Ok(0) => {}
            Ok(followed) => tracing::debug!(followed, "payments_followed"),
            Err(error) => tracing::error!(%error, "payments_not_followed"),
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

impl App {
    /// Asks about every payment that is due now: how many.
    pub async fn follow_payments(&self) -> Result<usize, AppError> {
        let provider = Arc::clone(self.payment_provider()?);
        let due = self.store.due_payment_intents(self.clock.now(), AT_ONCE).await?;
        let count = due.len();
        for intent in due.into_iter().filter(|intent| intent.provider == provider.name()) {
            let (account, sid) = (intent.account_sid, intent.sid);
            // First the next look: one payment that the provider chokes on must not keep the others waiting.
            match self.postpone(intent).await {
                Ok(Some(intent)) => {
                    if let Err(error) = Box::pin(self.follow(&*provider, intent)).await {
                        tracing::warn!(payment = %sid, %account, %error, "payment_not_followed");
                    }
                }
                Ok(None) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(count)
    }

    /// Sets when the payment is looked at again. `None`: another process follows it.
    async fn postpone(&self, intent: PaymentIntent) -> Result<Option<PaymentIntent>, AppError> {
        let now = self.clock.now();
        let waits_for = intent.state == PaymentState::Open
            || intent.fee.is_none()
            || intent.refunds.iter().any(|it| matches!(it.state, RefundState::Asked | RefundState::Pending));
        // 1 minute, 2, 4, … up to a day.
        let wait = SignedDuration::from_mins(1_i64 << intent.looks.min(10)).min(GIVEN_UP_AFTER);
        let look_at = now.checked_add(wait).ok().filter(|_| waits_for && intent.looks < LOOKS_MAX);
        let next = PaymentIntent { look_at, looks: intent.looks + 1, ..intent };
        match self.store.commit(Change::from(PaymentChange::Update(Box::new(next.clone()))).into()).await {
            Ok(()) => Ok(Some(PaymentIntent { version: next.version + 1, ..next })),
            Err(flexio_store::StoreError::Conflict(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn follow(&self, provider: &dyn PaymentProvider, intent: PaymentIntent) -> Result<(), AppError> {
        let age = self.clock.now().duration_since(intent.created_at);
        let Some(payment) = intent.provider_id.clone() else {
            // Nobody was given what is needed to make it.
            if age >= GIVEN_UP_AFTER {
                let error = ProviderError::Unknown("it never answered".to_owned());
                self.give_up(&intent, &error).await?;
            }
            return Ok(());
        };
        let intent = self.look_at_payment(provider, &intent, &payment).await?;
        if intent.state == PaymentState::Open && age >= GIVEN_UP_AFTER {
            // Refused where it was made in this moment: then it is looked at again.
            if let Err(error) = provider.cancel(&payment).await {
                tracing::info!(payment = %intent.sid, %error, "payment_not_cancelled");
            }
            self.look_at_payment(provider, &intent, &payment).await?;
            return Ok(());
        }
        // What the look found of them is booked: the rest was never asked for, or the answer was lost, and is asked for by its own name.
        self.carry_refunds(provider, intent).await.map(|_| ())
    }

    async fn look_at_payment(
        &self,
        provider: &dyn PaymentProvider,
        intent: &PaymentIntent,
        payment: &str,
    ) -> Result<PaymentIntent, AppError> {
        let facts = provider.look(payment).await.map_err(|error| super::provider_failed(&error))?;
        self.book_facts(intent.account_sid, intent.sid, &facts).await
    }
}
