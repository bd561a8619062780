//! A change of prices for all customers of a plan: a dry run says who and how much more, then each gets notice.
//!
//! Both go from contract to contract in the background. Where a run stands commits with what was done for a customer, so whenever a
//! process ends, the next goes on behind it, and nobody is told twice.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use flexio_billing::comparison::{Volumes, at_item};
use flexio_domain::*;
use flexio_rating::{Rater, base_of};
use flexio_store::{Change, ChangeSet, PriceRunChange, StoreError};
use jiff::SignedDuration;

use crate::App;
use crate::advice::year_until;
use crate::auth::must_be_active;
use crate::error::{AppError, refuse};
use crate::price_changes::{Announcement, check_ground};

/// How often is looked for runs, besides being woken.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// Runs that go on in one turn.
const DUE_AT_ONCE: u32 = 10;
/// Contracts read at once.
const CONTRACTS_AT_ONCE: u32 = 100;
/// A process that works on a run says so with each customer; after this time another takes it over.
const CLAIM: SignedDuration = SignedDuration::from_mins(5);
/// Runs shown, and customers of one in a page.
const RUNS_SHOWN: u32 = 100;
const CUSTOMERS_SHOWN: u32 = 1_000;
/// Characters of a reason that is kept.
const REASON_CHARS: usize = 300;

/// Goes on with changes of prices for many, until the process ends.
pub async fn keep_price_runs(app: Arc<App>) {
    loop {
        if let Err(error) = app.run_price_runs().await {
            tracing::error!(error = &error as &dyn std::error::Error, "price_runs_stopped");
        }
        let _ = tokio::time::timeout(LOOK_EVERY, app.wake.price_runs.notified()).await;
    }
}

impl App {
    /// Begins a dry run: nobody is told.
    pub async fn count_price_run(
        &self,
        account: &Account,
        new: &Announcement,
        user: &str,
    ) -> Result<PriceRun, AppError> {
        must_be_top(account)?;
        must_be_active(account)?;
        let now = self.clock.now();
        if self.plan_version(&new.plan).is_none() {
            return Err(refuse(ErrorCode::InvalidParameter, "Plan names no published plan version."));
        }
        // What does not depend on a customer is said at once.
        if let Some(law @ (NoticeGround::Law, _)) = &new.ground {
            check_ground(Some(law), false)?;
        }
        let run = PriceRun {
            sid: PriceRunSid::new(),
            version: 1,
            account_sid: account.sid,
            plan: new.plan.clone(),
            from: new.from,
            items: new.items.clone(),
            ground: new.ground.as_ref().map(|(ground, _)| *ground),
            ground_note: new.ground.as_ref().map(|(_, note)| note.clone()).unwrap_or_default(),
            state: PriceRunState::Counting,
            after: None,
            seen: 0,
            total: self.store.count_contracts().await?,
            customers: 0,
            announced: 0,
            refused: 0,
            difference: Money::ZERO,
            by: user.to_owned(),
            due_at: Some(now),
            created_at: now,
            updated_at: now,
        };
        self.store.commit(Change::from(PriceRunChange::Create(run.clone())).into()).await?;
        self.wake.price_runs.notify_one();
        Ok(run)
    }

    /// Runs, newest first.
    pub async fn price_runs(&self, account: &Account) -> Result<Vec<PriceRun>, AppError> {
        must_be_top(account)?;
        Ok(self.store.price_runs(RUNS_SHOWN).await?)
    }

    /// One run.
    pub async fn price_run(&self, account: &Account, sid: PriceRunSid) -> Result<PriceRun, AppError> {
        must_be_top(account)?;
        self.store.price_run(sid).await?.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Customers of a run whose prices change, by account.
    pub async fn price_run_customers(
        &self,
        account: &Account,
        sid: PriceRunSid,
        after: Option<AccountSid>,
    ) -> Result<Vec<PriceRunCustomer>, AppError> {
        let run = self.price_run(account, sid).await?;
        Ok(self.store.price_run_customers(run.sid, after, CUSTOMERS_SHOWN).await?)
    }

    /// Announces what was counted, or drops it.
    pub async fn decide_price_run(
        &self,
        account: &Account,
        sid: PriceRunSid,
        announce: bool,
    ) -> Result<PriceRun, AppError> {
        must_be_active(account)?;
        let decided = retrying!(self.try_decide_price_run(account, sid, announce))?;
        self.wake.price_runs.notify_one();
        Ok(decided)
    }

    async fn try_decide_price_run(
        &self,
        account: &Account,
        sid: PriceRunSid,
        announce: bool,
    ) -> Result<PriceRun, AppError> {
        use PriceRunState as S;
        let now = self.clock.now();
        let run = self.price_run(account, sid).await?;
        let next = match (run.state, announce) {
            (S::Counted, true) => S::Announcing,
            (S::Counting | S::Counted, false) => S::Dropped,
            (state, _) => {
                return Err(refuse(ErrorCode::PriceRunState, format!("The run is {}.", state.as_str())));
            }
        };
        let due_at = announce.then_some(now);
        let decided =
            PriceRun { state: next, after: None, seen: 0, refused: 0, due_at, updated_at: now, ..run };
        self.store.commit(Change::from(PriceRunChange::Update(decided.clone())).into()).await?;
        Ok(PriceRun { version: decided.version + 1, ..decided })
    }

    /// Goes on with the runs that are due; how many there were.
    pub async fn run_price_runs(&self) -> Result<usize, AppError> {
        let due = self.store.due_price_runs(self.clock.now(), DUE_AT_ONCE).await?;
        for run in &due {
            while self.go_on_with_run(run.sid).await? {}
        }
        Ok(due.len())
    }

    /// Goes through the next contracts of a run; `false` where nothing is left, or another process works on it.
    async fn go_on_with_run(&self, sid: PriceRunSid) -> Result<bool, AppError> {
        let Some(mut run) = self.store.price_run(sid).await? else { return Ok(false) };
        if run.due_at.is_none() {
            return Ok(false);
        }
        let contracts = self.store.contracts_behind(run.after, CONTRACTS_AT_ONCE).await?;
        for contract in &contracts {
            match Box::pin(self.next_customer(&run, contract)).await {
                Ok(next) => run = next,
                // Another process was quicker, or somebody dropped the run: it is read again next time.
                Err(AppError::Store(StoreError::Conflict(_))) => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        if contracts.len() == CONTRACTS_AT_ONCE as usize {
            return Ok(true);
        }
        let state = match run.state {
            PriceRunState::Counting => PriceRunState::Counted,
            _ => PriceRunState::Announced,
        };
        let done = PriceRun { state, after: None, due_at: None, updated_at: self.clock.now(), ..run };
        tracing::info!(run = %done.sid, state = state.as_str(), customers = done.customers, "price_run_over");
        match self.store.commit(Change::from(PriceRunChange::Update(done)).into()).await {
            Ok(()) | Err(StoreError::Conflict(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// One contract of a run, and the run behind it.
    async fn next_customer(&self, run: &PriceRun, contract: &Subscription) -> Result<PriceRun, AppError> {
        let now = self.clock.now();
        let mut next = PriceRun {
            after: Some(contract.account_sid),
            seen: run.seen + 1,
            due_at: Some(now.saturating_add(CLAIM).unwrap_or(Timestamp::MAX)),
            updated_at: now,
            ..run.clone()
        };
        let mut changes = ChangeSet::new();
        let mut told = false;
        if self.is_of_plan(run, contract) {
            let customer = match run.state {
                PriceRunState::Counting => self.counted(run, contract).await?,
                _ => {
                    let (customer, notice) = self.told(run, contract).await?;
                    told = customer.as_ref().is_some_and(|it| it.outcome == PriceRunOutcome::Announced);
                    changes.append(notice);
                    customer
                }
            };
            if let Some(customer) = customer {
                add(&mut next, &customer);
                changes.push(PriceRunChange::Save(customer).into());
            }
        }
        changes.push(PriceRunChange::Update(next.clone()).into());
        self.store.commit(changes).await?;
        if told {
            self.wake.emails.notify_one();
            self.refresh_prices_of(contract.account_sid).await?;
        }
        Ok(PriceRun { version: next.version + 1, ..next })
    }

    /// Whether a contract is in force and priced by the plan of the run.
    fn is_of_plan(&self, run: &PriceRun, contract: &Subscription) -> bool {
        let id = |label: &str| label.rsplit_once('/').map(|(id, _)| id.to_owned());
        let meter = self.meter(contract.account_sid);
        let own = meter.rater_at(self.clock.now()).plan().label().to_owned();
        contract.state.is_in_force() && id(&own) == id(&run.plan)
    }

    /// What a customer would pay more on the use of the last twelve months; `None` where no price of it changes.
    async fn counted(
        &self,
        run: &PriceRun,
        contract: &Subscription,
    ) -> Result<Option<PriceRunCustomer>, AppError> {
        let account = contract.account_sid;
        let new = announcement(run);
        let Ok((changes, is_advantage)) = self.price_difference(account, &new).await else { return Ok(None) };
        let (meter, now) = (self.meter(account), self.clock.now());
        let items: BTreeSet<&str> = changes.iter().map(|change| base_of(&change.item)).collect();
        let after = self.plan_version(&run.plan).ok_or(ErrorCode::NotFound)?;
        let before: HashMap<&str, &Arc<Rater>> =
            items.iter().map(|item| (*item, meter.list_pricing(item, now))).collect();
        let accounts = self.subscribed(account);
        let year = year_until(self.local_today());
        let (mut uses, mut old, mut new_sum) = (0, Money::ZERO, Money::ZERO);
        let (mut old_volumes, mut new_volumes) = (Volumes::default(), Volumes::default());
        let (_, is_partial) = self
            .each_use(&accounts, year, &mut |event| {
                let at = |rater: &Rater, volumes: &mut Volumes<()>| {
                    let item = rater.plan().item(base_of(&event.item))?;
                    let (amount, billed) = at_item(event, item, rater).ok()?;
                    volumes.add(&(), &event.month, rater.plan().label(), item, billed);
                    Some(amount)
                };
                let Some(before) = before.get(base_of(&event.item)) else { return };
                if let Some(amount) = at(before, &mut old_volumes) {
                    uses += 1;
                    old += amount;
                    new_sum += at(&after, &mut new_volumes).unwrap_or(amount);
                }
            })
            .await?;
        old -= old_volumes.sum();
        let ground = check_ground(new.ground.as_ref(), is_advantage);
        let reason = ground.err().map(|error| error.to_string());
        let outcome = if reason.is_some() { PriceRunOutcome::Refused } else { PriceRunOutcome::Counted };
        Ok(Some(PriceRunCustomer {
            run_sid: run.sid,
            account_sid: account,
            outcome,
            reason,
            uses,
            is_partial,
            old,
            new: new_sum - new_volumes.sum(),
            notice_sid: None,
        }))
    }

    /// The notice to a customer, and what it changes; nothing where no price of it changes.
    async fn told(
        &self,
        run: &PriceRun,
        contract: &Subscription,
    ) -> Result<(Option<PriceRunCustomer>, ChangeSet), AppError> {
        let account = contract.account_sid;
        let new = announcement(run);
        if self.price_difference(account, &new).await.is_err() {
            return Ok((None, ChangeSet::new()));
        }
        let known = self.price_run_customer(run.sid, account).await?;
        // Who came since the dry run was never counted, and is told all the same: its figures are nought.
        let mut customer = known.unwrap_or_else(|| uncounted(run, account));
        let owner = self.store.account(account).await?.ok_or(ErrorCode::NotFound)?;
        match self.announcement(&owner, &new).await {
            Ok((notice, changes)) => {
                customer.outcome = PriceRunOutcome::Announced;
                customer.notice_sid = Some(notice.sid);
                customer.reason = None;
                Ok((Some(customer), changes))
            }
            Err(AppError::Refused(refusal)) => {
                customer.outcome = PriceRunOutcome::Refused;
                customer.reason = Some(refusal.to_string().chars().take(REASON_CHARS).collect());
                Ok((Some(customer), ChangeSet::new()))
            }
            Err(error) => Err(error),
        }
    }

    async fn price_run_customer(
        &self,
        run: PriceRunSid,
        account: AccountSid,
    ) -> Result<Option<PriceRunCustomer>, AppError> {
        let before = AccountSid::from_u128(account.as_u128().saturating_sub(1));
        let found = self.store.price_run_customers(run, Some(before), 1).await?;
        Ok(found.into_iter().find(|it| it.account_sid == account))
    }
}

/// Counts a customer into its run.
fn add(run: &mut PriceRun, customer: &PriceRunCustomer) {
    match (run.state, customer.outcome) {
        (PriceRunState::Counting, outcome) => {
            run.customers += 1;
            run.refused += u64::from(outcome == PriceRunOutcome::Refused);
            run.difference += customer.new - customer.old;
        }
        (_, PriceRunOutcome::Announced) => run.announced += 1,
        (_, PriceRunOutcome::Refused) => run.refused += 1,
        (_, PriceRunOutcome::Counted) => {}
    }
}

fn uncounted(run: &PriceRun, account_sid: AccountSid) -> PriceRunCustomer {
    PriceRunCustomer {
        run_sid: run.sid,
        account_sid,
        outcome: PriceRunOutcome::Counted,
        reason: None,
        uses: 0,
        is_partial: false,
        old: Money::ZERO,
        new: Money::ZERO,
        notice_sid: None,
    }
}

fn announcement(run: &PriceRun) -> Announcement {
    Announcement {
        plan: run.plan.clone(),
        from: run.from,
        items: run.items.clone(),
        ground: run.ground.map(|ground| (ground, run.ground_note.clone())),
    }
}

/// Changes for many are the operator's.
pub(crate) fn must_be_top(account: &Account) -> Result<(), AppError> {
    if account.parent_sid.is_some() {
        return Err(ErrorCode::NotFound.into());
    }
    Ok(())
}
