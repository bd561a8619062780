//! A customer leaves, in two steps: what it would do is shown, and confirmed. No reason is asked and nothing is charged for it.
//!
//! What was held is given back at the end; the contract is closed when late events can no longer come.

use std::sync::Arc;
use std::time::Duration;

use flexio_billing::subscription::SubscriptionEvent;
use flexio_domain::*;
use flexio_store::{Change, ChangeSet, FlowChange, HoldingChange, MessagingChange, NumberFilter, Page};
use jiff::SignedDuration;

use crate::App;
use crate::auth::must_be_active;
use crate::error::{AppError, refuse};
use crate::subscriptions::{is_over, moved};

/// How long what was asked may be confirmed.
const CONFIRM_WITHIN: SignedDuration = SignedDuration::from_mins(30);
/// How far ahead the end may be.
const AHEAD_MAX: SignedDuration = SignedDuration::from_hours(24 * 366);
/// What the token of a confirmation is over.
const CANCELLATION: &str = "cancellation";
/// How often ended contracts are looked for, and how many at once.
const LOOK_EVERY: Duration = Duration::from_secs(300);
const ENDED_AT_ONCE: u32 = 100;
/// Numbers and flows given back in one transaction.
const GIVEN_BACK_AT_ONCE: u32 = 100;

/// What a cancellation does, and the word that confirms it.
#[derive(Debug, Clone)]
pub struct Cancellation {
    /// The contract.
    pub subscription: Subscription,
    /// When it ends; `None`: with the confirmation.
    pub ends_at: Option<Timestamp>,
    /// A consumer goes back on the contract, rather than ending it.
    pub withdraws: bool,
    /// Rented numbers that go with it.
    pub numbers: u64,
    /// Confirms it, until `confirm_before`.
    pub token: String,
    /// Half an hour from now.
    pub confirm_before: Timestamp,
}

/// The state of a contract that is left; of one that is left at a later date already, the same: it may be left sooner.
fn leaves(contract: &Subscription, now: Timestamp) -> Result<SubscriptionState, AppError> {
    if contract.state == SubscriptionState::Closing && contract.ends_at.is_some_and(|at| at > now) {
        return Ok(SubscriptionState::Closing);
    }
    moved(contract.state, SubscriptionEvent::Cancelled)
}

fn must_be_sooner(contract: &Subscription, ends_at: Timestamp) -> Result<(), AppError> {
    match contract.ends_at.filter(|_| contract.state == SubscriptionState::Closing) {
        Some(known) if ends_at >= known => {
            Err(refuse(ErrorCode::SubscriptionState, format!("The subscription ends at {known} already.")))
        }
        _ => Ok(()),
    }
}

/// Gives back what ended contracts held, closes them after the grace for late events, and lets numbers out of quarantine, until the process
/// ends.
pub async fn keep_subscriptions(app: Arc<App>) {
    loop {
        if let Err(error) = app.end_subscriptions().await {
            tracing::error!(error = &error as &dyn std::error::Error, "subscriptions_not_ended");
        }
        if let Err(error) = app.free_numbers().await {
            tracing::error!(error = &error as &dyn std::error::Error, "numbers_not_freed");
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

impl App {
    /// The first step: says what cancelling does. Nothing changes.
    pub async fn ask_cancellation(
        &self,
        account: &Account,
        ends_at: Option<Timestamp>,
        withdraws: bool,
    ) -> Result<Cancellation, AppError> {
        must_be_active(account)?;
        let now = self.clock.now();
        let subscription = self.subscription(account.sid).await?;
        leaves(&subscription, now)?;
        if withdraws {
            crate::withdrawals::may_withdraw(&subscription, now)?;
        }
        let ends_at = ends_at.filter(|at| *at > now && !withdraws);
        if ends_at.is_some_and(|at| at.duration_since(now) > AHEAD_MAX) {
            return Err(refuse(ErrorCode::InvalidParameter, "EndsAt is at most 366 days ahead."));
        }
        must_be_sooner(&subscription, ends_at.unwrap_or(now))?;
        let mut numbers = 0;
        for account in self.subscribed(account.sid) {
            numbers += self.count_numbers(account, &NumberFilter::default()).await?;
        }
        let confirm_before = now.saturating_add(CONFIRM_WITHIN).unwrap_or(Timestamp::MAX);
        let how = match ends_at {
            _ if withdraws => Leaving::Withdrawn,
            Some(at) => Leaving::At(at),
            None => Leaving::Now,
        };
        let word = Word { how, confirm_before };
        Ok(Cancellation {
            token: self.token(&subscription, word),
            subscription,
            ends_at,
            withdraws,
            numbers,
            confirm_before,
        })
    }

    /// The second step: the contract ends, now or when it was chosen. What it held is given back then, and the confirmation goes out.
    pub async fn cancel_subscription(
        &self,
        account: &Account,
        token: &str,
    ) -> Result<Subscription, AppError> {
        must_be_active(account)?;
        let cancelled = retrying!(Box::pin(self.try_leave(account, token)))?;
        // What was credited with it may be all that was owed: it is used to the end then.
        if let Some(invoice) = cancelled.suspension.as_ref().and_then(|it| it.invoice_sid)
            && let Err(error) = Box::pin(self.lift_if_nothing_is_owed(account.sid, invoice)).await
        {
            tracing::warn!(error = &error as &dyn std::error::Error, "suspension_not_looked_at");
        }
        self.refresh_prices_of(account.sid).await?;
        self.stopped.clear();
        self.wake.emails.notify_one();
        self.wake.callbacks.notify_one();
        if let Err(error) = Box::pin(self.end_subscription(&cancelled)).await {
            // It is cancelled; what is left is done by the keeper.
            tracing::warn!(error = &error as &dyn std::error::Error, "subscription_not_ended");
        }
        Ok(cancelled)
    }

    async fn try_leave(&self, account: &Account, token: &str) -> Result<Subscription, AppError> {
        let now = self.clock.now();
        let mut contract = self.subscription(account.sid).await?;
        let state = leaves(&contract, now)?;
        let unknown = || {
            refuse(
                ErrorCode::SubscriptionState,
                "Token confirms nothing that was asked in the last half hour: ask again and confirm that.",
            )
        };
        let word = Word::read(token).ok_or_else(unknown)?;
        if now >= word.confirm_before || self.token(&contract, word) != token {
            return Err(unknown());
        }
        let before = std::mem::replace(&mut contract.state, state);
        contract.updated_at = now;
        let is_withdrawn = word.how == Leaving::Withdrawn;
        if is_withdrawn {
            crate::withdrawals::may_withdraw(&contract, now)?;
            contract.withdrawal.iter_mut().for_each(|right| right.used_at = Some(now));
        }
        let mut kept = ChangeSet::new();
        if state == SubscriptionState::Closing {
            let ends_at = word.how.ends_at(now);
            must_be_sooner(&contract, ends_at)?;
            contract.ends_at = Some(ends_at);
            // Of whoever leaves sooner than he first said they were kept then.
            if before != SubscriptionState::Closing {
                kept = Box::pin(self.keep_old_prices(&contract, ends_at)).await?;
            }
        } else {
            // Nothing was used: there is nothing to wait for.
            contract.ends_at = Some(now);
            contract.closed_at = Some(now);
        }
        let mut changes = self.save_contract(before, &contract).await?;
        changes.append(kept);
        if let Some(customer) = self.store.customer(account.sid).await? {
            let (subject, body) = if is_withdrawn {
                self.withdrawn_text(&customer, &contract)
            } else {
                self.cancelled_text(&customer, &contract)
            };
            changes.append(self.tell_customer(account, &customer, subject, body).await?);
        }
        self.store.commit(changes).await?;
        contract.version += 1;
        Ok(contract)
    }

    /// The word that confirms what was asked of the contract as it stood then.
    fn token(&self, contract: &Subscription, word: Word) -> String {
        let text = word.text();
        let parts = [contract.sid.to_string(), contract.version.to_string(), text.clone()];
        let signature = self.vault.sign(CANCELLATION, &parts.each_ref().map(String::as_str));
        format!("{text}.{signature}")
    }

    /// Ends what has to end by now; how many contracts were looked at.
    pub async fn end_subscriptions(&self) -> Result<usize, AppError> {
        let ended = self.store.ended_subscriptions(self.clock.now(), ENDED_AT_ONCE).await?;
        for contract in &ended {
            self.end_subscription(contract).await?;
        }
        Ok(ended.len())
    }

    /// Gives back what a contract whose end has come held, and closes it after the grace. Again changes nothing.
    async fn end_subscription(&self, contract: &Subscription) -> Result<(), AppError> {
        let now = self.clock.now();
        let is_due = contract.state == SubscriptionState::Closing;
        let Some(ended_at) = contract.ends_at.filter(|at| is_due && *at <= now) else { return Ok(()) };
        for account in self.subscribed(contract.account_sid) {
            // Rent and designer end with the contract, however long after that somebody comes to take them back.
            if !self.store.holdings(account, ended_at, Timestamp::MAX, 1).await?.is_empty() {
                self.store.commit(Change::from(HoldingChange::EndAll(account, ended_at)).into()).await?;
            }
            self.give_numbers_back(account).await?;
            self.take_flows_down(account).await?;
        }
        let grace = SignedDuration::from_hours(24 * i64::from(self.config.grace_days));
        if now.duration_since(ended_at) < grace {
            return Ok(());
        }
        if !self.settle_contract(contract).await? {
            tracing::warn!(subscription = %contract.sid, "subscription_not_settled");
        }
        Ok(())
    }

    async fn give_numbers_back(&self, account: AccountSid) -> Result<(), AppError> {
        let page = Page { limit: GIVEN_BACK_AT_ONCE, ..Page::default() };
        loop {
            let now = self.clock.now();
            let numbers = self.store.numbers(account, &NumberFilter::default(), &page).await?;
            if numbers.is_empty() {
                return Ok(());
            }
            let mut changes = ChangeSet::new();
            for number in &numbers {
                changes.push(Change::ReleaseNumber(account, number.sid, now, self.free_from(now)));
                changes.push(Self::rent_ends(account, &number.number, now));
                changes.push(MessagingChange::DropNumber(number.sid).into());
            }
            self.store.commit(changes).await?;
            for number in &numbers {
                self.forget_number(&number.number, [account, account]);
            }
        }
    }

    /// Published flows answer no more; their drafts and revisions stay.
    async fn take_flows_down(&self, account: AccountSid) -> Result<(), AppError> {
        let mut page = Page { limit: GIVEN_BACK_AT_ONCE, ..Page::default() };
        loop {
            let flows = self.store.flows(account, &page).await?;
            let mut changes = ChangeSet::new();
            let answers = |flow: &&Flow| flow.published_revision.is_some() || flow.test.revision.is_some();
            for flow in flows.iter().filter(answers) {
                let mut down = Flow { published_revision: None, due_at: None, queue: None, ..flow.clone() };
                down.test.revision = None;
                (down.production.revision, down.production.percent) = (None, 0);
                changes.push(FlowChange::UpdateFlow(down).into());
            }
            if !changes.changes().is_empty() {
                self.store.commit(changes).await?;
            }
            match flows.last() {
                Some(last) if flows.len() == GIVEN_BACK_AT_ONCE as usize => {
                    page.after = Some(last.sid.as_u128());
                }
                _ => return Ok(()),
            }
        }
    }

    /// Why the contract the account is under lets it use nothing that costs money: it has ended, is suspended, or was ordered and is not in
    /// force yet. An account that is under none is not stopped.
    pub(crate) async fn stopped_by_contract(
        &self,
        account: AccountSid,
    ) -> Result<Option<ErrorCode>, AppError> {
        let Some(subscriber) = self.subscriber(account) else { return self.stopped_by_order(account).await };
        let Some(contract) = self.store.subscription(subscriber).await? else { return Ok(None) };
        let has_ended = contract.ends_at.is_some_and(|at| at <= self.clock.now());
        Ok(if has_ended || is_over(contract.state) {
            Some(ErrorCode::SubscriptionOver)
        } else if contract.waits_to_begin(self.clock.now()) {
            Some(ErrorCode::ServiceNotBegun)
        } else {
            // Whoever leaves later is suspended until then.
            contract.suspension.map(|_| ErrorCode::SubscriptionSuspended)
        })
    }

    /// An order of the account, or of the nearest above it that has a contract, that waits: for the customer's word, or to be identified.
    async fn stopped_by_order(&self, account: AccountSid) -> Result<Option<ErrorCode>, AppError> {
        let Some(account) = self.account_now(account).await? else { return Ok(None) };
        let nearest_first = std::iter::once(&account.sid).chain(account.ancestors.iter().rev());
        for owner in nearest_first {
            if let Some(contract) = self.store.subscription(*owner).await? {
                let waits = [SubscriptionState::Ordered, SubscriptionState::NotInForce];
                return Ok(waits.contains(&contract.state).then_some(ErrorCode::ServiceNotBegun));
            }
        }
        Ok(None)
    }

    /// Refused where the account may take nothing more that costs money.
    pub(crate) async fn must_be_in_force(&self, account: AccountSid) -> Result<(), AppError> {
        self.stopped_by_contract(account).await?.map_or(Ok(()), |code| Err(code.into()))
    }
}

/// How a customer leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leaving {
    Now,
    At(Timestamp),
    /// A consumer goes back on the contract.
    Withdrawn,
}

impl Leaving {
    fn ends_at(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Now | Self::Withdrawn => now,
            Self::At(at) => at.max(now),
        }
    }
}

/// What a token says: how the contract shall end, and until when that may be confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Word {
    how: Leaving,
    confirm_before: Timestamp,
}

impl Word {
    /// `now`, `withdrawn` or the microseconds of the end; and those of the time to confirm.
    fn text(self) -> String {
        let how = match self.how {
            Leaving::Now => "now".to_owned(),
            Leaving::Withdrawn => "withdrawn".to_owned(),
            Leaving::At(at) => at.as_microsecond().to_string(),
        };
        format!("{how}.{}", self.confirm_before.as_microsecond())
    }

    fn read(token: &str) -> Option<Self> {
        let mut parts = token.splitn(3, '.');
        let time = |text: &str| Timestamp::from_microsecond(text.parse().ok()?).ok();
        let how = match parts.next()? {
            "now" => Leaving::Now,
            "withdrawn" => Leaving::Withdrawn,
            micros => Leaving::At(time(micros)?),
        };
        Some(Self { how, confirm_before: time(parts.next()?)? })
    }
}
