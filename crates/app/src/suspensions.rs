//! The operator stops a contract, and lets it go on.

use flexio_billing::subscription::SubscriptionEvent;
use flexio_domain::*;

use crate::App;
use crate::auth::must_be_active;
use crate::error::{AppError, refuse};
use crate::subscriptions::moved;

/// Characters of a note.
const NOTE_CHARS_MAX: usize = 200;

impl App {
    /// Stops what costs money and goes out. For non-payment only once the term of a warning is over; the others need none.
    pub async fn suspend_subscription(
        &self,
        account: &Account,
        by_operator: bool,
        (reason, note): (SuspensionReason, &str),
        by: &str,
    ) -> Result<Subscription, AppError> {
        must_be_active(account)?;
        only_operators(by_operator)?;
        if note.chars().count() > NOTE_CHARS_MAX {
            return Err(refuse(ErrorCode::InvalidParameter, "Note has at most 200 characters."));
        }
        if reason == SuspensionReason::NonPayment {
            self.must_be_warned(account.sid).await?;
        }
        retrying!(async {
            let contract = self.subscription(account.sid).await?;
            let now = self.clock.now();
            let suspended = Subscription {
                state: moved(contract.state, SubscriptionEvent::Suspended)?,
                suspension: Some(Suspension {
                    reason,
                    invoice_sid: None,
                    note: note.to_owned(),
                    by: by.to_owned(),
                    at: now,
                }),
                updated_at: now,
                ..contract.clone()
            };
            self.change_contract(account, &contract, suspended).await
        })
    }

    async fn must_be_warned(&self, account: AccountSid) -> Result<(), AppError> {
        match self.may_suspend_from(account).await? {
            Some(from) if from <= self.local_today() => Ok(()),
            Some(from) => Err(refuse(ErrorCode::WarningMissing, format!("The earliest day is {from}."))),
            None => Err(refuse(ErrorCode::WarningMissing, "No warning was sent about an open invoice.")),
        }
    }

    /// Lets a contract go on, whatever it was suspended for.
    pub async fn restore_subscription(
        &self,
        account: &Account,
        by_operator: bool,
    ) -> Result<Subscription, AppError> {
        must_be_active(account)?;
        only_operators(by_operator)?;
        retrying!(async {
            let contract = self.subscription(account.sid).await?;
            let restored = Subscription {
                state: moved(contract.state, SubscriptionEvent::Restored)?,
                suspension: None,
                updated_at: self.clock.now(),
                ..contract.clone()
            };
            self.change_contract(account, &contract, restored).await
        })
    }

    /// Saves a contract that was suspended or goes on, and tells the customer.
    async fn change_contract(
        &self,
        account: &Account,
        before: &Subscription,
        mut contract: Subscription,
    ) -> Result<Subscription, AppError> {
        let mut changes = self.save_contract(before.state, &contract).await?;
        if let Some(customer) = self.store.customer(account.sid).await? {
            let (subject, body) = self.suspension_text(&customer, &contract);
            changes.append(self.tell_customer(account, &customer, subject, body).await?);
        }
        self.store.commit(changes).await?;
        self.stopped.clear();
        self.wake.emails.notify_one();
        self.wake.callbacks.notify_one();
        contract.version += 1;
        Ok(contract)
    }
}

fn only_operators(by_operator: bool) -> Result<(), AppError> {
    if by_operator {
        return Ok(());
    }
    Err(refuse(ErrorCode::Forbidden, "Only a parent account suspends a subscription or lets it go on."))
}
