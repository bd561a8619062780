//! What a provider tells: each event once, in one transaction with what it changes.

use flexio_domain::*;
use flexio_payments::{Booked, EventError, Fact, ProviderEvent, book};
use flexio_store::{Change, ChangeSet, InvoiceChange, LetterChange, PaymentChange};

use crate::App;
use crate::callbacks;
use crate::error::AppError;

/// Characters of the reference of money that was paid back.
const REFERENCE_MAX: usize = 64;

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventTaken {
    /// It was booked, or noted where nothing was to be booked.
    Noted,
    /// It was noted before.
    Again,
    /// It is none that concerns payments.
    Ignored,
    /// It is of a payment that is none of ours, or does not fit it: noted, and a person has to look.
    Trouble,
}

impl EventTaken {
    /// As a label of metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Noted => "noted",
            Self::Again => "again",
            Self::Ignored => "ignored",
            Self::Trouble => "trouble",
        }
    }
}

impl App {
    /// Takes what a provider told. `Ok(Err)`: it is not believed. An error of the store is the provider's reason to tell it again.
    pub async fn take_payment_event(
        &self,
        signature: &str,
        payload: &[u8],
    ) -> Result<Result<EventTaken, EventError>, AppError> {
        let provider = self.payment_provider()?;
        let event = match provider.event(signature, payload, self.clock.now()) {
            Ok(event) => event,
            Err(error) => return Ok(Err(error)),
        };
        let name = provider.name();
        let taken = retrying!(self.try_take_event(name, &event))?;
        metrics::counter!("payment_events_total", "outcome" => taken.as_str()).increment(1);
        self.after_booking();
        Ok(Ok(taken))
    }

    async fn try_take_event(&self, provider: &str, event: &ProviderEvent) -> Result<EventTaken, AppError> {
        let Some(fact) = &event.fact else { return Ok(EventTaken::Ignored) };
        if self.store.payment_event(provider, &event.id).await?.is_some() {
            return Ok(EventTaken::Again);
        }
        let mut noted = PaymentEvent {
            provider: provider.to_owned(),
            id: event.id.clone(),
            kind: event.kind.clone(),
            intent_sid: None,
            trouble: None,
            happened_at: event.happened_at,
            received_at: self.clock.now(),
        };
        let mut changes = ChangeSet::new();
        match self.intent_of(provider, event).await? {
            Some(intent) => {
                noted.intent_sid = Some(intent.sid);
                match self.facts_booked(intent, std::slice::from_ref(fact)).await? {
                    Ok(booked) => changes = booked,
                    Err(trouble) => noted.trouble = Some(trouble),
                }
            }
            None => noted.trouble = Some("it is of no payment of this installation".to_owned()),
        }
        let is_trouble = noted.trouble.is_some();
        if let Some(trouble) = &noted.trouble {
            tracing::error!(provider, event = noted.id, kind = noted.kind, trouble, "payment_not_booked");
        }
        changes.push(PaymentChange::Note(noted).into());
        self.store.commit(changes).await?;
        Ok(if is_trouble { EventTaken::Trouble } else { EventTaken::Noted })
    }

    /// The payment an event is about: by our sid, which it may carry before we noted the provider's name, else by that name.
    async fn intent_of(
        &self,
        provider: &str,
        event: &ProviderEvent,
    ) -> Result<Option<PaymentIntent>, AppError> {
        if let Some(sid) = event.intent
            && let Some(intent) = self.store.payment_intent_anyones(sid).await?
        {
            let named = event.payment.as_ref();
            let is_it = intent.provider == provider
                && (intent.provider_id.is_none() || named.is_none() || intent.provider_id.as_ref() == named);
            let id = intent.provider_id.clone().or_else(|| named.cloned());
            return Ok(is_it.then_some(PaymentIntent { provider_id: id, ..intent }));
        }
        let Some(id) = &event.payment else { return Ok(None) };
        Ok(self.store.payment_intent_of_provider(provider, id).await?)
    }

    /// All that facts change of a payment, in their order; or why a person has to look.
    pub(super) async fn facts_booked(
        &self,
        intent: PaymentIntent,
        facts: &[Fact],
    ) -> Result<Result<ChangeSet, String>, AppError> {
        let invoice = match intent.invoice_sid {
            Some(sid) => self.store.invoice(intent.account_sid, sid).await?,
            None => None,
        };
        let mut open = invoice.as_ref().map_or(Money::ZERO, InvoiceState::open);
        let (mut after, mut settles) = (intent.clone(), Money::ZERO);
        let mut changes = ChangeSet::new();
        let (mut is_changed, mut repaid) = (false, None);
        for fact in facts {
            let booked = match book(&after, fact, open, self.clock.now()) {
                Ok(Some(booked)) => booked,
                Ok(None) => continue,
                Err(mismatch) => return Ok(Err(mismatch.to_string())),
            };
            let Booked { intent, postings, settles: more, payout } = booked;
            changes.extend(postings.into_iter().map(Change::Post));
            repaid = payout.or(repaid);
            changes.append(self.tell_of(&after, &intent, fact).await?);
            (after, open, settles, is_changed) = (intent, open - more, settles + more, true);
        }
        if !is_changed {
            return Ok(Ok(ChangeSet::new()));
        }
        if let Some((payout, is_paid)) = repaid {
            changes.append(self.payout_noted(&after, payout, is_paid).await?);
        }
        if let Some(state) = invoice.filter(|_| settles != Money::ZERO) {
            if settles > Money::ZERO {
                let reference = after.sid.to_string();
                self.tell_of_payment(&state, (settles, &reference), &mut changes).await?;
                changes.append(self.restored_by_payment(&state, settles).await?);
            }
            let settled = state.settled + settles;
            changes.push(InvoiceChange::Settle(Box::new(state), settled).into());
        }
        changes.push(PaymentChange::Update(Box::new(after)).into());
        Ok(Ok(changes))
    }

    /// Whoever has left is paid back by this, once all of it is, or is not after all.
    async fn payout_noted(
        &self,
        intent: &PaymentIntent,
        payout: PayoutSid,
        is_paid: bool,
    ) -> Result<ChangeSet, AppError> {
        let Some(payout) = self.store.payout(intent.account_sid, payout).await? else {
            return Ok(ChangeSet::new());
        };
        let changed = if is_paid {
            let others = self.repaid(payout.account_sid, payout.sid, Some(intent.sid)).await?;
            let here = super::refunds::booked_of(intent, payout.sid);
            if payout.paid_at.is_some() || others + here < payout.amount {
                return Ok(ChangeSet::new());
            }
            let reference: String = intent.sid.to_string().chars().take(REFERENCE_MAX).collect();
            Payout { paid_at: Some(self.clock.now()), reference: Some(reference), ..payout }
        } else {
            Payout { paid_at: None, reference: None, ..payout }
        };
        Ok(Change::from(LetterChange::UpdatePayout(changed)).into())
    }

    /// What the customer's program is told, and the receipt for what is in the wallet now.
    async fn tell_of(
        &self,
        before: &PaymentIntent,
        after: &PaymentIntent,
        fact: &Fact,
    ) -> Result<ChangeSet, AppError> {
        let mut changes = ChangeSet::new();
        let Some(customer) = self.store.customer(after.account_sid).await? else { return Ok(changes) };
        let now = self.clock.now();
        let event = match fact {
            Fact::Received { amount, .. } => Some(("payment.received", *amount)),
            Fact::Refund(refund) if after.refunded() != before.refunded() => {
                Some(("payment.refunded", refund.amount))
            }
            Fact::Chargeback(_) if after.charged_back != before.charged_back => {
                Some(("payment.charged_back", after.charged_back))
            }
            _ => None,
        };
        let told = event
            .and_then(|(name, amount)| callbacks::provider_payment(&customer, after, (name, amount), now));
        changes.extend(told.map(Change::QueueCallback));
        let into_wallet = after.received - after.settled;
        if matches!(fact, Fact::Received { .. }) && into_wallet > Money::ZERO {
            let Some(account) = self.store.account(after.account_sid).await? else { return Ok(changes) };
            let (subject, body) = self.receipt_text(&customer, after, into_wallet);
            changes.append(self.tell_customer(&account, &customer, subject, body).await?);
        }
        Ok(changes)
    }

    /// Money came or went: what it stopped may go on, and who is to be told is.
    pub(super) fn after_booking(&self) {
        self.stopped.clear();
        self.wake.callbacks.notify_one();
        self.wake.emails.notify_one();
    }
}
