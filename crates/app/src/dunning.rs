//! Invoices that are not paid: what `billing::dunning` says is done, once a night, one transaction a step.
//!
//! A step is a letter, and the letter is the step's own proof: two processes that take it at once write the same number, and one of them
//! finds it taken. A letter counts from the day it has left; while it is on its way nothing happens, and one that failed is written again
//! the next day.

use std::sync::Arc;
use std::time::Duration;

use flexio_billing::dunning::{self, DunningStep, Standing, Written};
use flexio_billing::subscription::SubscriptionEvent;
use flexio_domain::*;
use flexio_store::ChangeSet;
use jiff::civil::Date;

use crate::App;
use crate::error::{AppError, refuse};
use crate::letters::{About, LETTERS_MAX};
use crate::subscriptions::{is_over, moved};

/// How often it is looked whether the night's run is due, and at which hour of the plan's zone it is.
const LOOK_EVERY: Duration = Duration::from_secs(600);
const RUN_HOUR: i8 = 6;
/// Invoices read at once, and in one run.
const READ_AT_ONCE: u32 = 500;
const READ_MAX: usize = 1_000_000;
/// Letters of one kind that did not arrive, after which a person has to look.
const FAILURES_MAX: usize = 5;
/// Invoices that a run names for a person to look at; the count is complete.
const STUCK_NAMED_MAX: usize = 100;
/// Open invoices of one account that are looked at, and disputes of one invoice.
const OPEN_MAX: u32 = 1_000;
pub(crate) const DISPUTES_MAX: u32 = 100;
/// Who suspends where dunning does.
const BY: &str = "dunning";

/// How far dunning goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DunningMode {
    /// Nobody is reminded.
    Off,
    /// Reminder and notice; nothing is suspended, and nobody is told that it will be.
    Letters,
    /// The whole way.
    #[default]
    Full,
}

/// What a run came to; of a dry run, what it would.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DunningRun {
    /// Invoices whose due date is over and of which something is open.
    pub overdue: u64,
    /// Reminders, notices and warnings.
    pub letters: u64,
    /// Services suspended.
    pub suspended: u64,
    /// Contracts ended.
    pub closed: u64,
    /// Suspensions lifted.
    pub restored: u64,
    /// Invoices that a person has to look at.
    pub stuck: u64,
    /// The numbers of the first of them, and why.
    pub reasons: Vec<(String, String)>,
}

/// What became of one invoice.
enum Dunned {
    Nothing,
    Done(DunningStep),
    Stuck(String),
}

/// All that is known about an invoice that may be dunned.
pub(crate) struct Case {
    pub(crate) state: InvoiceState,
    pub(crate) customer: Customer,
    pub(crate) contract: Option<Subscription>,
    pub(crate) letters: Vec<Letter>,
    /// Those that count.
    written: Vec<Written>,
    /// One is on its way.
    is_waiting: bool,
    disputed: Money,
}

impl Case {
    pub(crate) fn owed(&self) -> Money {
        self.state.open() - self.disputed
    }

    /// The last reminder that left, since everything began.
    pub(crate) fn reminder(&self) -> Option<&Written> {
        since(&self.written, |it| it.kind).iter().rev().find(|it| it.kind == LetterKind::Reminder)
    }

    fn number(&self) -> u32 {
        self.letters.last().map_or(0, |letter| letter.number)
    }

    /// Letters of this kind that did not arrive.
    fn failures(&self, kind: LetterKind) -> Vec<&Letter> {
        let arrived = since(&self.written, |it| it.kind).iter().any(|it| it.kind == kind);
        if arrived {
            return Vec::new();
        }
        since(&self.letters, |it| it.kind).iter().filter(|it| it.kind == kind).collect()
    }

    fn is_suspended(&self) -> bool {
        since(&self.written, |it| it.kind).iter().any(|it| it.kind == LetterKind::Suspension)
    }

    /// Whether there is a contract that can be suspended, or is.
    fn has_contract(&self) -> bool {
        use SubscriptionState as S;
        let states = [S::Active, S::Capped, S::Limited, S::Suspended];
        self.contract.as_ref().is_some_and(|it| states.contains(&it.state))
    }
}

/// Follows unpaid invoices once a night, until the process ends. Any number of processes may.
pub async fn keep_dunning(app: Arc<App>) {
    let mut done = None;
    loop {
        let today = app.dunning_due();
        if done != Some(today) {
            match app.dun_invoices(false).await {
                Ok(run) => {
                    done = Some(today);
                    tell(&run);
                }
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "invoices_not_dunned");
                }
            }
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn tell(run: &DunningRun) {
    if run.overdue > 0 {
        let DunningRun { overdue, letters, suspended, closed, restored, stuck, .. } = run;
        tracing::info!(overdue, letters, suspended, closed, restored, stuck, "invoices_dunned");
    }
    for (number, reason) in &run.reasons {
        tracing::warn!(number, reason, "invoice_not_dunned");
    }
}

impl App {
    /// The day whose run is due: today's from its hour on, yesterday's before.
    fn dunning_due(&self) -> Date {
        let local = self.rater().plan().zone().to_datetime(self.clock.now());
        let today = local.date();
        if local.hour() >= RUN_HOUR { today } else { today.yesterday().unwrap_or(today) }
    }

    /// Takes the step of today for every invoice that is overdue. Again does what is missing and nothing else.
    pub async fn dun_invoices(&self, dry_run: bool) -> Result<DunningRun, AppError> {
        let mut run = DunningRun::default();
        if self.config.dunning_mode == DunningMode::Off {
            return Ok(run);
        }
        let today = self.local_today().to_string();
        let (mut day, mut after, mut read) = (String::new(), None, 0);
        loop {
            let some = self.store.overdue_invoices(&today, (&day, after), READ_AT_ONCE).await?;
            for state in &some {
                let (account, sid) = (state.invoice.account_sid, state.invoice.sid);
                let dunned = match retrying!(self.dun(account, sid, dry_run)) {
                    Ok(dunned) => dunned,
                    // The store is for all of them: the run is taken up again.
                    Err(error @ AppError::Store(_)) => return Err(error),
                    Err(error) => Dunned::Stuck(error.to_string()),
                };
                run.note(&state.invoice.number, dunned);
            }
            read += some.len();
            match some.last() {
                Some(last) if some.len() == READ_AT_ONCE as usize && read < READ_MAX => {
                    (day, after) = (last.invoice.due_on.to_string(), Some(last.invoice.sid));
                }
                _ => break,
            }
        }
        self.wake.emails.notify_one();
        self.wake.callbacks.notify_one();
        Ok(run)
    }

    /// The step of today for one invoice.
    async fn dun(&self, account: AccountSid, sid: InvoiceSid, dry_run: bool) -> Result<Dunned, AppError> {
        let Some(case) = self.case(account, sid).await? else { return Ok(Dunned::Nothing) };
        if case.is_waiting {
            return Ok(Dunned::Nothing);
        }
        match self.collection_comes_first(&case.state).await? {
            None => {}
            Some(Ok(())) => return Ok(Dunned::Nothing),
            Some(Err(why)) => return Ok(Dunned::Stuck(why)),
        }
        let standing =
            Standing { due_on: case.state.invoice.due_on, owed: case.owed(), letters: &case.written };
        let (today, rules) = (self.local_today(), &self.config.dunning);
        let Some(step) = dunning::next(today, rules, LetterChannel::Email, &standing) else {
            return Ok(Dunned::Nothing);
        };
        if let Some(why_not) = self.holds_back(&case, step, today) {
            return Ok(why_not);
        }
        if must_arrive(step)
            && let Some(why) = self.not_delivered(account, sid).await?
        {
            return Ok(Dunned::Stuck(why));
        }
        let Some(changes) = self.take_step(&case, step).await? else { return Ok(Dunned::Nothing) };
        let changes = match changes {
            Ok(changes) => changes,
            Err(reason) => return Ok(Dunned::Stuck(reason)),
        };
        if !dry_run {
            self.store.commit(changes).await?;
            self.stopped.clear();
            tracing::info!(
                number = case.state.invoice.number,
                step = step.letter().as_str(),
                "invoice_dunned"
            );
        }
        Ok(Dunned::Done(step))
    }

    /// What keeps a step from being taken: how far dunning goes, and letters that do not arrive.
    fn holds_back(&self, case: &Case, step: DunningStep, today: Date) -> Option<Dunned> {
        let is_letter = matches!(step, DunningStep::Remind | DunningStep::Notify);
        if !is_letter && step != DunningStep::Restore {
            if self.config.dunning_mode != DunningMode::Full {
                return Some(Dunned::Nothing);
            }
            if !case.has_contract() {
                return Some(Dunned::Stuck("the customer has no subscription to suspend".to_owned()));
            }
        }
        if is_letter || matches!(step, DunningStep::Warn { .. }) {
            let failures = case.failures(step.letter());
            if failures.len() >= FAILURES_MAX {
                let what = step.letter().as_str();
                return Some(Dunned::Stuck(format!("its {what} did not arrive {FAILURES_MAX} times")));
            }
            if failures.last().is_some_and(|letter| letter.written_on >= today) {
                return Some(Dunned::Nothing);
            }
        }
        (case.letters.len() >= LETTERS_MAX as usize)
            .then(|| Dunned::Stuck(format!("{LETTERS_MAX} letters were written about it")))
    }

    /// The letter of a step with what it does to the contract; or why it cannot be taken. `None`: nothing is to be done after all.
    async fn take_step(
        &self,
        case: &Case,
        step: DunningStep,
    ) -> Result<Option<Result<ChangeSet, String>>, AppError> {
        let suspend_on = if let DunningStep::Warn { suspend_on } = step { Some(suspend_on) } else { None };
        let about = About {
            kind: step.letter(),
            channel: LetterChannel::Email,
            invoice: &case.state.invoice,
            amount: case.owed(),
            disputed: case.disputed,
            suspend_on,
            charges: self.charges(case, step).await?,
        };
        let (letter, mut changes) = self.write_letter(&case.customer.invoice_email, case.number(), &about);
        if must_arrive(step)
            && let Some(failure) = letter.failure
        {
            return Ok(Some(Err(failure)));
        }
        let Some(contract) = &case.contract else { return Ok(Some(Ok(changes))) };
        match step {
            DunningStep::Remind | DunningStep::Notify | DunningStep::Warn { .. } => {}
            DunningStep::Suspend => {
                if contract.state != SubscriptionState::Suspended {
                    let suspended = self.suspended(contract, case.state.invoice.sid)?;
                    changes.append(self.save_contract(contract.state, &suspended).await?);
                }
            }
            DunningStep::Close => {
                let now = self.clock.now();
                let closing = Subscription {
                    state: moved(contract.state, SubscriptionEvent::Cancelled)?,
                    ends_at: Some(now),
                    updated_at: now,
                    ..contract.clone()
                };
                changes.append(self.save_contract(contract.state, &closing).await?);
            }
            DunningStep::Restore => match self.lifted(contract, case.state.invoice.sid).await? {
                Some(lifted) => changes.append(lifted),
                None => return Ok(None),
            },
        }
        Ok(Some(Ok(changes)))
    }

    fn suspended(&self, contract: &Subscription, invoice: InvoiceSid) -> Result<Subscription, AppError> {
        let now = self.clock.now();
        Ok(Subscription {
            state: moved(contract.state, SubscriptionEvent::Suspended)?,
            suspension: Some(Suspension {
                reason: SuspensionReason::NonPayment,
                invoice_sid: Some(invoice),
                note: String::new(),
                by: BY.to_owned(),
                at: now,
            }),
            updated_at: now,
            ..contract.clone()
        })
    }

    /// The contract without its suspension for non-payment, where no other invoice than this one keeps it.
    async fn lifted(
        &self,
        contract: &Subscription,
        settled: InvoiceSid,
    ) -> Result<Option<ChangeSet>, AppError> {
        let reason = contract.suspension.as_ref().map(|it| it.reason);
        if reason != Some(SuspensionReason::NonPayment) {
            return Ok(None);
        }
        for state in self.store.open_invoices(contract.account_sid, OPEN_MAX).await? {
            if state.invoice.sid == settled {
                continue;
            }
            let case = self.case(contract.account_sid, state.invoice.sid).await?;
            if case.is_some_and(|case| case.is_suspended() && case.owed() > Money::ZERO) {
                return Ok(None);
            }
        }
        let restored = Subscription {
            // One that is ending already goes on ending.
            state: if contract.state == SubscriptionState::Suspended {
                moved(contract.state, SubscriptionEvent::Restored)?
            } else {
                contract.state
            },
            suspension: None,
            updated_at: self.clock.now(),
            ..contract.clone()
        };
        Ok(Some(self.save_contract(contract.state, &restored).await?))
    }

    /// What a payment or credit note of `used` changes beyond the invoice: once nothing is owed, a suspension is lifted.
    pub(crate) async fn restored_by_payment(
        &self,
        state: &InvoiceState,
        used: Money,
    ) -> Result<ChangeSet, AppError> {
        let (account, sid) = (state.invoice.account_sid, state.invoice.sid);
        let Some(mut case) = self.case(account, sid).await? else { return Ok(ChangeSet::new()) };
        case.state.settled = state.settled + used;
        if !case.is_suspended() || case.owed() > Money::ZERO {
            return Ok(ChangeSet::new());
        }
        match self.take_step(&case, DunningStep::Restore).await? {
            Some(Ok(changes)) if case.contract.as_ref().is_some_and(|it| !is_over(it.state)) => Ok(changes),
            _ => Ok(ChangeSet::new()),
        }
    }

    /// `None` where the account has no customer, or the document asks for nothing.
    async fn case(&self, account: AccountSid, sid: InvoiceSid) -> Result<Option<Case>, AppError> {
        let Some(state) = self.store.invoice(account, sid).await? else { return Ok(None) };
        let Some(customer) = self.store.customer(account).await? else { return Ok(None) };
        if state.invoice.kind != InvoiceKind::Invoice {
            return Ok(None);
        }
        let letters = self.store.letters(account, sid, LETTERS_MAX).await?;
        let disputed = self.disputed(&state).await?;
        let contract = self.store.subscription(account).await?;
        let (mut written, mut is_waiting) = (Vec::new(), false);
        for letter in &letters {
            match self.reached(letter).await? {
                Reached::On(on) => written.push(Written {
                    kind: letter.kind,
                    channel: letter.channel,
                    on,
                    suspend_on: letter.suspend_on,
                }),
                Reached::OnItsWay => is_waiting = true,
                Reached::Never => {}
            }
        }
        Ok(Some(Case { state, customer, contract, letters, written, is_waiting, disputed }))
    }

    /// When a letter left. What was done to the contract is done, whatever became of the letter about it.
    async fn reached(&self, letter: &Letter) -> Result<Reached, AppError> {
        let must_arrive =
            matches!(letter.kind, LetterKind::Reminder | LetterKind::Notice | LetterKind::Warning);
        if !must_arrive || letter.channel == LetterChannel::Post {
            return Ok(Reached::On(letter.written_on));
        }
        let shown = self.letter_shown(letter.clone()).await?;
        Ok(match (shown.state, shown.sent_at) {
            ("queued", _) => Reached::OnItsWay,
            ("sent", sent_at) => Reached::On(self.local_day(sent_at.unwrap_or(letter.written_at))),
            _ => Reached::Never,
        })
    }

    /// Of what is open of an invoice, in dispute.
    pub(crate) async fn disputed(&self, state: &InvoiceState) -> Result<Money, AppError> {
        let (account, sid) = (state.invoice.account_sid, state.invoice.sid);
        let disputes = self.store.disputes(account, sid, DISPUTES_MAX).await?;
        let open: Money = disputes.iter().filter(|it| it.closed_at.is_none()).map(|it| it.amount).sum();
        Ok(open.min(state.open()))
    }

    /// Lifts a suspension at once where a dispute leaves nothing owed.
    pub(crate) async fn lift_if_nothing_is_owed(
        &self,
        account: AccountSid,
        sid: InvoiceSid,
    ) -> Result<(), AppError> {
        let Some(case) = self.case(account, sid).await? else { return Ok(()) };
        if case.is_suspended() && case.owed() <= Money::ZERO {
            retrying!(self.dun(account, sid, false))?;
        }
        Ok(())
    }

    /// The first day on which an open invoice that was warned of lets its account be suspended; `None` where none was.
    pub(crate) async fn may_suspend_from(&self, account: AccountSid) -> Result<Option<Date>, AppError> {
        let mut first: Option<Date> = None;
        for state in self.store.open_invoices(account, OPEN_MAX).await? {
            let Some(case) = self.case(account, state.invoice.sid).await? else { continue };
            let since = since(&case.written, |it| it.kind);
            let Some(warning) = since.iter().rev().find(|it| it.kind == LetterKind::Warning) else {
                continue;
            };
            if case.owed() > Money::ZERO {
                let after = dunning::after_term(warning.on, warning.channel, self.config.dunning.term_days);
                let day = after.max(warning.suspend_on.unwrap_or(Date::MIN));
                first = Some(first.map_or(day, |known| known.min(day)));
            }
        }
        Ok(first)
    }

    /// Writes the step of today for an operator to post, where an e-mail does not reach the customer. `NotFound` where none is due.
    pub async fn post_letter(
        &self,
        account: AccountSid,
        by_operator: bool,
        sid: InvoiceSid,
    ) -> Result<crate::LetterShown, AppError> {
        if !by_operator {
            return Err(refuse(ErrorCode::Forbidden, "Only a parent account posts letters."));
        }
        let letter = retrying!(self.try_post_letter(account, sid))?;
        self.letter_shown(letter).await
    }

    async fn try_post_letter(&self, account: AccountSid, sid: InvoiceSid) -> Result<Letter, AppError> {
        self.store.invoice(account, sid).await?.ok_or(ErrorCode::NotFound)?;
        let none = || refuse(ErrorCode::Unprocessable, "No reminder, notice or warning is due today.");
        let case = self.case(account, sid).await?.filter(|case| !case.is_waiting).ok_or_else(none)?;
        if self.collection_comes_first(&case.state).await?.is_some() {
            return Err(none());
        }
        let standing =
            Standing { due_on: case.state.invoice.due_on, owed: case.owed(), letters: &case.written };
        let (today, rules) = (self.local_today(), &self.config.dunning);
        let step = dunning::next(today, rules, LetterChannel::Post, &standing).ok_or_else(none)?;
        let suspend_on = match step {
            DunningStep::Remind | DunningStep::Notify => None,
            DunningStep::Warn { suspend_on } if case.has_contract() => Some(suspend_on),
            _ => return Err(none()),
        };
        let about = About {
            kind: step.letter(),
            channel: LetterChannel::Post,
            invoice: &case.state.invoice,
            amount: case.owed(),
            disputed: case.disputed,
            suspend_on,
            charges: self.charges(&case, step).await?,
        };
        let address = &case.customer.address;
        let to = format!(
            "{} {}, {}, {} {}, {}",
            case.customer.legal_name,
            case.customer.legal_form,
            address.street,
            address.post_code,
            address.city,
            address.country
        );
        let (letter, changes) = self.write_letter(&to, case.number(), &about);
        self.store.commit(changes).await?;
        Ok(letter)
    }
}

/// Behind the last time that everything began anew.
fn since<T>(letters: &[T], kind: impl Fn(&T) -> LetterKind) -> &[T] {
    let begun = letters.iter().rposition(|it| kind(it) == LetterKind::Restoration);
    &letters[begun.map_or(0, |at| at + 1)..]
}

/// Whether nothing follows a letter of this step unless it arrived.
const fn must_arrive(step: DunningStep) -> bool {
    matches!(step, DunningStep::Remind | DunningStep::Notify | DunningStep::Warn { .. })
}

/// Where a letter is.
enum Reached {
    On(Date),
    OnItsWay,
    Never,
}

impl DunningRun {
    fn note(&mut self, number: &str, dunned: Dunned) {
        self.overdue += 1;
        match dunned {
            Dunned::Nothing => {}
            Dunned::Done(DunningStep::Suspend) => self.suspended += 1,
            Dunned::Done(DunningStep::Close) => self.closed += 1,
            Dunned::Done(DunningStep::Restore) => self.restored += 1,
            Dunned::Done(_) => self.letters += 1,
            Dunned::Stuck(reason) => {
                self.stuck += 1;
                if self.reasons.len() < STUCK_NAMED_MAX {
                    self.reasons.push((number.to_owned(), reason));
                }
            }
        }
    }
}
