//! Cases of the operator's [limits](crate::spending): opened once, with what they stop; cleared by a person, with what they give back.

use flexio_domain::*;
use flexio_store::{Change, ChangeSet, StoreError, WatchChange};

use crate::emails::CreateEmail;
use crate::error::{AppError, refuse};
use crate::spending::Reached;
use crate::{App, UpdateAccount};

/// Cases of one account in a day that are looked at before another is opened.
const CASES_OF_DAY: u32 = 1_000;
/// Cases shown.
const CASES_SHOWN: u32 = 1_000;
const NOTE_CHARS_MAX: usize = 200;
/// Who stops an account, in its record.
const LIMITS: &str = "limits";

impl App {
    /// A call has come to the most that one may cost, and was ended.
    pub(crate) async fn call_was_dear(&self, leg: &Call, cost: Money) -> Result<(), AppError> {
        let Some(account) = self.account_now(leg.account_sid).await? else { return Ok(()) };
        let reached = Reached {
            rule: SpendRule::Call,
            subject: leg.sid.to_string(),
            day: self.today(),
            limit: self.config.limits.call.to_decimals(2),
            seen: cost.to_decimals(2),
            times: 1,
        };
        self.open_case(&account, &reached).await.map(drop)
    }

    /// Stops the account first: a case that says so is true. `false` where a case of it is open, or was cleared when it had come as far.
    pub(crate) async fn open_case(&self, account: &Account, reached: &Reached) -> Result<bool, AppError> {
        let Reached { rule, subject, day, limit, seen, times } = reached.clone();
        let known = self.store.spend_cases_of_day(account.sid, day, CASES_OF_DAY).await?;
        let mut same = known.iter().filter(|case| case.rule == rule && case.subject == subject);
        let is_there = |case: &SpendCase| {
            let up_to = case.cleared.as_ref().map(|cleared| cleared.up_to.max(case.round));
            up_to.is_none_or(|up_to| up_to >= times)
        };
        if same.any(is_there) {
            return Ok(false);
        }
        // An account that stays stopped has to say why: what ends one call does not.
        let holds = self.config.limits.hold && account.parent_sid.is_some() && rule != SpendRule::Call;
        let suspended = if holds { Some(self.hold_account(account, rule).await?) } else { None };
        let case = SpendCase {
            sid: SpendCaseSid::new(),
            version: 1,
            account_sid: account.sid,
            rule,
            subject,
            day,
            round: times.max(1),
            limit,
            seen,
            holds,
            suspended,
            opened_at: self.clock.now(),
            cleared: None,
        };
        let mut changes = self.tell_operator(account, &case).await?;
        changes.push(WatchChange::OpenCase(case.clone()).into());
        match self.store.commit(changes).await {
            Err(StoreError::Conflict(_)) => return Ok(false),
            done => done?,
        }
        self.wake.emails.notify_one();
        metrics::counter!("spend_cases_opened_total", "rule" => rule.as_str()).increment(1);
        tracing::warn!(account_sid = %account.sid, case = %case.sid, rule = rule.as_str(), holds, "spend_case_opened");
        Ok(true)
    }

    /// Through its contract, or without one by its status: the accounts whose status was changed.
    async fn hold_account(&self, account: &Account, rule: SpendRule) -> Result<Vec<AccountSid>, AppError> {
        let subscriber = self.subscriber(account.sid).unwrap_or(account.sid);
        let owner = self.account_now(subscriber).await?.ok_or(ErrorCode::NotFound)?;
        let contract = self.store.subscription(subscriber).await?;
        // It is stopped already: by a case before, by a person, or because nobody paid.
        if owner.status != AccountStatus::Active
            || contract.as_ref().is_some_and(|it| it.suspension.is_some())
        {
            return Ok(Vec::new());
        }
        if contract.is_some() {
            let why = (SuspensionReason::FraudHold, rule.as_str());
            match self.suspend_subscription(&owner, true, why, LIMITS).await {
                Ok(_) => return Ok(Vec::new()),
                // It is over, or has not begun.
                Err(AppError::Refused(refusal))
                    if matches!(refusal.code, ErrorCode::NotFound | ErrorCode::SubscriptionState) => {}
                Err(error) => return Err(error),
            }
        }
        let active = self.active_tree(account).await?;
        let stop = UpdateAccount { status: Some(AccountStatus::Suspended), ..UpdateAccount::default() };
        self.update_account(account.sid, true, stop).await?;
        Ok(active)
    }

    /// The e-mail to the operator; empty where the installation sends none.
    async fn tell_operator(&self, account: &Account, case: &SpendCase) -> Result<ChangeSet, AppError> {
        let top = account.ancestors.first().copied().unwrap_or(account.sid);
        let Some(top) = self.account_now(top).await? else { return Ok(ChangeSet::new()) };
        let subject = format!("Spending case {}: {}", case.sid, case.rule.as_str());
        let of = if case.subject.is_empty() { String::new() } else { format!(" ({})", case.subject) };
        let stopped = if case.holds { "It is stopped until you clear the case." } else { "It goes on." };
        let body = format!(
            "Account {} ({}) reached the limit {}{of} on {}: {} of {}. {stopped}\n\n{}/console/spending\n",
            account.sid,
            account.friendly_name,
            case.rule.as_str(),
            case.day,
            case.seen,
            case.limit,
            self.config.public_base_url
        );
        let new = CreateEmail {
            to: self.config.operator.email.clone(),
            subject: Some(subject),
            body: Pii(body),
            api_version: "2012-04-24",
            ..CreateEmail::default()
        };
        match self.new_email(&top, new).await {
            Ok(email) => Ok(Change::from(flexio_store::MailChange::Create(email)).into()),
            Err(AppError::Refused(_)) => Ok(ChangeSet::new()),
            Err(error) => Err(error),
        }
    }

    /// Cases of the account and those below it, newest first.
    pub async fn spend_cases(&self, account: AccountSid, open: bool) -> Result<Vec<SpendCase>, AppError> {
        Ok(self.store.spend_cases(account, open, CASES_SHOWN).await?)
    }

    /// Somebody of the operator has looked at a case. What it stopped goes on, unless another open case stops it too.
    pub async fn clear_case(
        &self,
        account: &Account,
        by_operator: bool,
        sid: SpendCaseSid,
        (by, note): (&str, &str),
    ) -> Result<SpendCase, AppError> {
        self.store.spend_case(account.sid, sid).await?.ok_or(ErrorCode::NotFound)?;
        if !by_operator && account.parent_sid.is_some() {
            return Err(refuse(ErrorCode::Forbidden, "Only a parent account clears a case."));
        }
        if note.chars().count() > NOTE_CHARS_MAX {
            return Err(refuse(ErrorCode::InvalidParameter, "Note has at most 200 characters."));
        }
        let cleared = retrying!(async {
            let case = self.store.spend_case(account.sid, sid).await?.ok_or(ErrorCode::NotFound)?;
            if case.cleared.is_some() {
                return Err(refuse(ErrorCode::Conflict, "The case was cleared already."));
            }
            let (by, note, at) = (by.to_owned(), note.to_owned(), self.clock.now());
            let cleared = Cleared { by, note, at, up_to: self.times_now(account, &case).await? };
            let mut case = SpendCase { cleared: Some(cleared), ..case };
            let mut changes = ChangeSet::new();
            // Another case that stops the same account gives back in its time what this one has stopped.
            if let Some(mut heir) = self.other_holding(account.sid, &case).await?
                && let Some(stopped) = case.suspended.as_mut().filter(|stopped| !stopped.is_empty())
            {
                heir.suspended.get_or_insert_default().append(stopped);
                changes.push(WatchChange::UpdateCase(heir).into());
            }
            changes.push(WatchChange::UpdateCase(case.clone()).into());
            self.store.commit(changes).await?;
            Ok::<_, AppError>(SpendCase { version: case.version + 1, ..case })
        })?;
        if cleared.holds {
            self.let_go(account, &cleared).await?;
        }
        Ok(cleared)
    }

    /// How many times the limit of a case is reached now.
    async fn times_now(&self, account: &Account, case: &SpendCase) -> Result<u32, AppError> {
        let Some(account) = self.account_now(account.sid).await? else { return Ok(case.round) };
        let mut times = case.round;
        for (of, scope) in self.judged(&account).await? {
            if of.sid == account.sid {
                let reached = self.limits_reached(&of, scope).await?;
                let same = reached.iter().filter(|it| it.rule == case.rule && it.subject == case.subject);
                times = same.map(|it| it.times).fold(times, u32::max);
            }
        }
        Ok(times)
    }

    /// Another open case that stops this very account.
    async fn other_holding(
        &self,
        account: AccountSid,
        case: &SpendCase,
    ) -> Result<Option<SpendCase>, AppError> {
        let open = self.store.spend_cases(account, true, CASES_SHOWN).await?;
        Ok(open.into_iter().find(|it| it.holds && it.account_sid == account && it.sid != case.sid))
    }

    /// What a case has stopped goes on, as far as nothing else stops it: the contract where no account under it is held by another case, and
    /// of the accounts those that were active before.
    async fn let_go(&self, account: &Account, case: &SpendCase) -> Result<(), AppError> {
        let subscriber = self.subscriber(account.sid).unwrap_or(account.sid);
        let under = self.store.spend_cases(subscriber, true, CASES_SHOWN).await?;
        let is_held = under
            .iter()
            .any(|it| it.holds && self.subscriber(it.account_sid).unwrap_or(it.account_sid) == subscriber);
        let contract = self.store.subscription(subscriber).await?;
        if !is_held && contract.and_then(|it| it.suspension).is_some_and(|it| it.by == LIMITS) {
            let owner = self.account_now(subscriber).await?.ok_or(ErrorCode::NotFound)?;
            self.restore_subscription(&owner, true).await?;
        }
        if self.other_holding(account.sid, case).await?.is_some() {
            return Ok(());
        }
        match &case.suspended {
            Some(stopped) => self.resume(stopped).await,
            // A case of before, which does not say what it has stopped.
            None => self.resume(&[account.sid]).await,
        }
    }
}
