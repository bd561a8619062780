//! Payments that customers make through a provider: into the wallet, or of an invoice.
//!
//! The payment is kept before the provider is asked, under our own sid, which the provider is given as the name of the request: whatever
//! is cut off in between, asking again makes no second payment, and what the provider tells finds ours by that sid. Money is booked by
//! what the provider says, signed or asked, never by what the customer's browser says.

mod events;
mod follow;
mod receipt;
mod refunds;

use std::sync::Arc;

use flexio_domain::*;
use flexio_payments::{NewPayment, PaymentProvider, ProviderError, ReadyPayment};
use flexio_store::{Change, Page, PaymentChange};
use jiff::SignedDuration;

use crate::App;
use crate::error::{AppError, refuse};
use crate::idempotency::Keep;

pub use events::EventTaken;
pub use follow::keep_payments;

/// Payments of one account that are not decided.
const OPEN_MAX: u32 = 20;
/// When the provider is first asked how a payment stands, should it tell nothing.
const FIRST_LOOK: SignedDuration = SignedDuration::from_mins(10);
/// Millionths of a cent.
const CENT: i64 = 10_000;

/// What one payment may bring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaymentBounds {
    /// At least: what a provider keeps of less is out of proportion.
    pub least: Money,
    /// At most.
    pub most: Money,
}

impl Default for PaymentBounds {
    fn default() -> Self {
        Self { least: Money::from_micros(5_000_000), most: Money::from_micros(10_000_000_000) }
    }
}

/// A payment to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CreatePayment {
    /// The invoice it pays; `None` for the wallet.
    pub invoice: Option<InvoiceSid>,
    /// How much; all that is open of the invoice where it is absent.
    pub amount: Option<Money>,
}

/// A payment that the customer's browser can make.
#[derive(Debug)]
pub struct PayablePayment {
    /// Ours.
    pub intent: PaymentIntent,
    /// With this the browser asks the provider for its form.
    pub client_secret: Option<String>,
}

impl App {
    /// Names who takes payments; the first one stays. Without one, nobody can pay this way.
    pub fn set_payment_provider(&self, provider: Arc<dyn PaymentProvider>) {
        if self.payment_provider.set(provider).is_err() {
            tracing::warn!("the payment provider was set twice; the first stays");
        }
    }

    /// Who takes payments.
    pub(crate) fn payment_provider(&self) -> Result<&Arc<dyn PaymentProvider>, AppError> {
        self.payment_provider.get().ok_or_else(|| ErrorCode::PaymentsOff.into())
    }

    /// What a browser tells the provider to say whose payment it is; `None` where nobody takes payments.
    pub fn payment_public_key(&self) -> Option<&str> {
        self.payment_provider.get().map(|provider| provider.public_key())
    }

    /// The header by which this provider signs what it tells; `None` where it is not who takes payments.
    pub fn payment_signature_header(&self, provider: &str) -> Option<&'static str> {
        let taker = self.payment_provider.get().filter(|taker| taker.name() == provider)?;
        Some(taker.signature_header())
    }

    /// Makes a payment ready. The account pays into its own wallet, or what is open of an invoice of its own.
    pub async fn create_payment(
        &self,
        account: &Account,
        new: CreatePayment,
        keep: Keep<'_, PaymentIntent>,
    ) -> Result<PayablePayment, AppError> {
        let provider = Arc::clone(self.payment_provider()?);
        let (amount, currency) = self.payable(account, new, &*provider).await?;
        if self.store.open_payment_intents(account.sid, OPEN_MAX).await?.len() >= OPEN_MAX as usize {
            let why = format!("{OPEN_MAX} payments of the account wait for their payer.");
            return Err(refuse(ErrorCode::TooManyResources, why));
        }
        let now = self.clock.now();
        let open = PaymentIntent::open(
            PaymentIntentSid::new(),
            account.sid,
            (amount, currency),
            provider.name(),
            now,
        );
        let intent =
            PaymentIntent { invoice_sid: new.invoice, look_at: now.checked_add(FIRST_LOOK).ok(), ..open };
        let create = Change::from(PaymentChange::Create(Box::new(intent.clone())));
        self.commit_creation(create.into(), &intent, keep).await?;
        self.ready_payment(intent).await
    }

    /// A payment with what a browser needs to make it, asked from the provider again: it is kept nowhere.
    pub async fn ready_payment(&self, intent: PaymentIntent) -> Result<PayablePayment, AppError> {
        if intent.state != PaymentState::Open {
            return Ok(PayablePayment { intent, client_secret: None });
        }
        let provider = Arc::clone(self.payment_provider()?);
        let new = self.new_payment(&intent).await?;
        match provider.create(&new).await {
            Ok(ReadyPayment { id, client_secret }) => {
                let intent = self.note_ready(intent, id).await?;
                Ok(PayablePayment { intent, client_secret: Some(client_secret) })
            }
            Err(error) => {
                if let ProviderError::Refused(_) = &error {
                    self.give_up(&intent, &error).await?;
                }
                Err(provider_failed(&error))
            }
        }
    }

    /// What is to be paid, once it is known that it may be.
    async fn payable(
        &self,
        account: &Account,
        new: CreatePayment,
        provider: &dyn PaymentProvider,
    ) -> Result<(Money, Currency), AppError> {
        let invalid = |why: String| refuse(ErrorCode::InvalidParameter, why);
        let (open, currency) = match new.invoice {
            Some(sid) => {
                let state = self.store.invoice(account.sid, sid).await?.ok_or(ErrorCode::NotFound)?;
                if state.invoice.kind != InvoiceKind::Invoice || state.open() <= Money::ZERO {
                    return Err(refuse(ErrorCode::Unprocessable, "Nothing is open of this document."));
                }
                (Some(state.open()), state.invoice.currency)
            }
            None => {
                // A wallet is of whoever pays: it is used by the terms of its account, or pays the next invoice.
                let has_terms = self.store.credit(account.sid).await?.is_some();
                if !has_terms && self.store.customer(account.sid).await?.is_none() {
                    let why = "The account has neither credit terms of its own nor a customer record.";
                    return Err(refuse(ErrorCode::Unprocessable, why));
                }
                (None, account.currency)
            }
        };
        if !provider.takes(currency) {
            return Err(refuse(ErrorCode::Unprocessable, format!("{currency} cannot be paid this way.")));
        }
        let amount = new.amount.or(open).ok_or_else(|| invalid("Amount is missing.".to_owned()))?;
        let PaymentBounds { least, most } = self.config.payment_bounds;
        if let Some(open) = open.filter(|open| amount > *open) {
            return Err(invalid(format!("Amount is at most {}: what is open.", open.to_decimals(2))));
        }
        // What is left of an invoice may be less than the least.
        let least = open.map_or(least, |open| least.min(open));
        if amount < least || amount > most || amount.micros() % CENT != 0 {
            let (least, most) = (least.to_decimals(2), most.to_decimals(2));
            return Err(invalid(format!("Amount is {least} to {most}, in whole cents.")));
        }
        Ok((amount, currency))
    }

    async fn new_payment(&self, intent: &PaymentIntent) -> Result<NewPayment, AppError> {
        let operator = &self.config.operator.name;
        let description = match intent.invoice_sid {
            Some(sid) => {
                let state = self.store.invoice(intent.account_sid, sid).await?.ok_or(ErrorCode::NotFound)?;
                format!("{operator} {}", state.invoice.number)
            }
            None => format!("{operator} {}", intent.account_sid),
        };
        Ok(NewPayment {
            intent: intent.sid,
            account: intent.account_sid,
            amount: intent.amount,
            currency: intent.currency,
            description,
        })
    }

    /// Notes the provider's name of a payment. What it told meanwhile may have done so before.
    async fn note_ready(&self, made: PaymentIntent, id: String) -> Result<PaymentIntent, AppError> {
        retrying!(async {
            let intent = self.payment(made.account_sid, made.sid).await?;
            if intent.provider_id.is_some() {
                return Ok(intent);
            }
            let ready = PaymentIntent { provider_id: Some(id.clone()), ..intent };
            self.store.commit(Change::from(PaymentChange::Update(Box::new(ready.clone()))).into()).await?;
            Ok::<_, AppError>(PaymentIntent { version: ready.version + 1, ..ready })
        })
    }

    /// A payment that the provider will not take.
    async fn give_up(&self, made: &PaymentIntent, error: &ProviderError) -> Result<(), AppError> {
        retrying!(async {
            let intent = self.payment(made.account_sid, made.sid).await?;
            if intent.state != PaymentState::Open {
                return Ok(());
            }
            let over = PaymentIntent {
                state: PaymentState::Cancelled,
                failure: Some(error.to_string()),
                look_at: None,
                updated_at: self.clock.now(),
                ..intent
            };
            Ok::<_, AppError>(
                self.store.commit(Change::from(PaymentChange::Update(Box::new(over))).into()).await?,
            )
        })
    }

    /// One payment.
    pub async fn payment(
        &self,
        account: AccountSid,
        sid: PaymentIntentSid,
    ) -> Result<PaymentIntent, AppError> {
        self.store.payment_intent(account, sid).await?.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Payments, newest first.
    pub async fn payments(&self, account: AccountSid, page: &Page) -> Result<Vec<PaymentIntent>, AppError> {
        Ok(self.store.payment_intents(account, page).await?)
    }
}

/// What a customer is told where the provider did not do what it was asked.
pub(crate) fn provider_failed(error: &ProviderError) -> AppError {
    tracing::warn!(%error, "payment_provider_failed");
    metrics::counter!("payment_provider_failures_total").increment(1);
    let text = error.to_string();
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_ascii_uppercase()).into_iter();
    refuse(ErrorCode::PaymentProviderFailed, first.chain(letters).chain(['.']).collect::<String>())
}
