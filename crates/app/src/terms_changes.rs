//! A change of terms: announced once for all contracts in force, told to each customer, and accepted by whoever wants to say so.
//!
//! Who gives no answer has the new terms from their day on; who leaves within the time of the right keeps the old ones to the end. It goes
//! from contract to contract in the background: where a change stands commits with what was done for a customer, so nobody is told twice.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use flexio_billing::subscription::{earliest_rise, exit_right_ends};
use flexio_domain::*;
use flexio_store::{Change, ChangeSet, ContractChange, NoticeChange, StoreError};
use jiff::SignedDuration;
use jiff::civil::Date;

use crate::App;
use crate::auth::must_be_active;
use crate::error::{AppError, refuse};
use crate::price_changes::check_ground;
use crate::price_runs::must_be_top;
use crate::subscriptions::{Order, ROWS_SHOWN};

/// How often is looked for changes, besides being woken.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// Changes that go on in one turn, and those shown.
const DUE_AT_ONCE: u32 = 10;
const CHANGES_SHOWN: u32 = 100;
/// Contracts read at once.
const CONTRACTS_AT_ONCE: u32 = 100;
/// A process that works on a change says so with each customer; after this time another takes it over.
const CLAIM: SignedDuration = SignedDuration::from_mins(5);
/// Characters of what changes, in each language.
const WORDS_CHARS: std::ops::RangeInclusive<usize> = 1..=4_000;

/// A change to announce.
#[derive(Debug, Clone)]
pub struct NewTermsChange {
    /// Documents of the configuration, `general/2027-01`.
    pub terms: Vec<String>,
    /// What changes, in each language.
    pub words: PromotionLabel,
    /// First day, in the plan's zone.
    pub from: Date,
    /// Why nobody may leave because of it.
    pub ground: Option<(NoticeGround, String)>,
}

/// Under which terms a contract is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TermsStanding {
    /// Those that hold now.
    pub in_force: Vec<Terms>,
    /// Changes that were told, newest first, and when each was accepted expressly.
    pub notices: Vec<(TermsNotice, Option<Timestamp>)>,
}

/// Goes on with changes of terms, until the process ends.
pub async fn keep_terms_changes(app: Arc<App>) {
    loop {
        if let Err(error) = app.run_terms_changes().await {
            tracing::error!(error = &error as &dyn std::error::Error, "terms_changes_stopped");
        }
        let _ = tokio::time::timeout(LOOK_EVERY, app.wake.terms_changes.notified()).await;
    }
}

impl App {
    /// Announces a change of terms to every customer with a contract in force. It holds a calendar month and 30 days later at the earliest,
    /// unless it is exclusively to the customers' advantage or imposed by law.
    pub async fn announce_terms(
        &self,
        account: &Account,
        new: &NewTermsChange,
        user: &str,
    ) -> Result<TermsChange, AppError> {
        must_be_top(account)?;
        must_be_active(account)?;
        let mut terms = Vec::new();
        for name in &new.terms {
            let known = self.config.terms.iter().find(|it| *name == format!("{}/{}", it.id, it.version));
            let known =
                known.ok_or_else(|| bad("Terms", format!("names {name}, which is not configured")))?;
            terms.push(known.clone());
        }
        if terms.is_empty() {
            return Err(bad("Terms", "is missing"));
        }
        for text in [&new.words.nl, &new.words.fr, &new.words.de, &new.words.en] {
            if !WORDS_CHARS.contains(&text.chars().count()) {
                return Err(bad("Changes", "has 1 to 4000 characters in each language"));
            }
        }
        // Arithmetic cannot check what the operator ticks of terms.
        check_ground(new.ground.as_ref(), true)?;
        let earliest = self.earliest_terms(new.ground.as_ref().map(|(ground, _)| *ground));
        if new.from < earliest {
            return Err(refuse(ErrorCode::NoticeTooShort, format!("The earliest date is {earliest}.")));
        }
        let now = self.clock.now();
        let change = TermsChange {
            sid: TermsChangeSid::new(),
            version: 1,
            account_sid: account.sid,
            terms,
            words: new.words.clone(),
            from: new.from,
            ground: new.ground.as_ref().map(|(ground, _)| *ground),
            ground_note: new.ground.as_ref().map(|(_, note)| note.clone()).unwrap_or_default(),
            after: None,
            seen: 0,
            told: 0,
            by: user.to_owned(),
            due_at: Some(now),
            created_at: now,
            updated_at: now,
        };
        self.store.commit(Change::from(NoticeChange::CreateTerms(change.clone())).into()).await?;
        self.wake.terms_changes.notify_one();
        Ok(change)
    }

    /// The first day on which terms may hold that are announced today.
    fn earliest_terms(&self, ground: Option<NoticeGround>) -> Date {
        let today = self.local_today();
        match ground {
            Some(NoticeGround::Advantage | NoticeGround::Law) => today,
            Some(NoticeGround::Administrative) | None => {
                earliest_rise(today, self.rater().plan().change_notice_days())
            }
        }
    }

    /// Changes of terms, newest first.
    pub async fn terms_changes(&self, account: &Account) -> Result<Vec<TermsChange>, AppError> {
        must_be_top(account)?;
        Ok(self.store.terms_changes(CHANGES_SHOWN).await?)
    }

    /// One change of terms.
    pub async fn terms_change(
        &self,
        account: &Account,
        sid: TermsChangeSid,
    ) -> Result<TermsChange, AppError> {
        must_be_top(account)?;
        self.store.terms_change(sid).await?.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Goes on with the changes that are due; how many there were.
    pub async fn run_terms_changes(&self) -> Result<usize, AppError> {
        let due = self.store.due_terms_changes(self.clock.now(), DUE_AT_ONCE).await?;
        for change in &due {
            while self.go_on_with_terms(change.sid).await? {}
        }
        Ok(due.len())
    }

    /// Goes through the next contracts of a change; `false` where nothing is left, or another process works on it.
    async fn go_on_with_terms(&self, sid: TermsChangeSid) -> Result<bool, AppError> {
        let Some(mut change) = self.store.terms_change(sid).await? else { return Ok(false) };
        if change.due_at.is_none() {
            return Ok(false);
        }
        let contracts = self.store.contracts_behind(change.after, CONTRACTS_AT_ONCE).await?;
        for contract in &contracts {
            match Box::pin(self.tell_next(&change, contract)).await {
                Ok(next) => change = next,
                // Another process was quicker: it is read again next time.
                Err(AppError::Store(StoreError::Conflict(_))) => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        if contracts.len() == CONTRACTS_AT_ONCE as usize {
            return Ok(true);
        }
        let done = TermsChange { due_at: None, updated_at: self.clock.now(), ..change };
        tracing::info!(change = %done.sid, told = done.told, "terms_announced");
        match self.store.commit(Change::from(NoticeChange::UpdateTerms(done)).into()).await {
            Ok(()) | Err(StoreError::Conflict(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Tells one customer, unless he has these terms already, and notes how far the change has come.
    async fn tell_next(
        &self,
        change: &TermsChange,
        contract: &Subscription,
    ) -> Result<TermsChange, AppError> {
        let (now, account_sid) = (self.clock.now(), contract.account_sid);
        let mut next = TermsChange {
            after: Some(account_sid),
            seen: change.seen + 1,
            due_at: Some(now.saturating_add(CLAIM).unwrap_or(Timestamp::MAX)),
            updated_at: now,
            ..change.clone()
        };
        let mut changes = ChangeSet::new();
        let in_force = self.standing_of(contract).await?.in_force;
        let has_all = change.terms.iter().all(|it| in_force.contains(it));
        if contract.state.is_in_force()
            && !has_all
            && let Some(customer) = self.store.customer(account_sid).await?
            && let Some(account) = self.store.account(account_sid).await?
        {
            let notice = self.terms_notice(change, contract, customer.language);
            let (sid, words) = (NoticeSid::Terms(notice.sid), self.terms_text(&customer, &notice, &in_force));
            changes.push(NoticeChange::AnnounceTerms(notice).into());
            changes.append(self.write_notice((&account, &customer), sid, 0, words).await?.1);
            next.told += 1;
        }
        changes.push(NoticeChange::UpdateTerms(next.clone()).into());
        self.store.commit(changes).await?;
        self.wake.emails.notify_one();
        Ok(TermsChange { version: next.version + 1, ..next })
    }

    fn terms_notice(&self, change: &TermsChange, contract: &Subscription, language: Language) -> TermsNotice {
        let (now, today, plan) = (self.clock.now(), self.local_today(), self.rater().plan());
        let midnight = |day: Date| plan.zone().to_timestamp(day.at(0, 0, 0, 0)).unwrap_or(now);
        // Who is told a day later, because there are many, has the whole time all the same.
        let from = change.from.max(self.earliest_terms(change.ground));
        TermsNotice {
            sid: TermsNoticeSid::new(),
            change_sid: change.sid,
            subscription_sid: contract.sid,
            account_sid: contract.account_sid,
            terms: change.terms.clone(),
            words: change.words.in_language(language).to_owned(),
            announced_at: now,
            effective_at: midnight(from).max(now),
            exit_until: midnight(exit_right_ends(today, self.config.exit_months, plan.exit_right_days())),
            ground: change.ground,
            ground_note: change.ground_note.clone(),
        }
    }

    /// Under which terms the account's contract is, and what was announced.
    pub async fn terms_standing(&self, account: AccountSid) -> Result<TermsStanding, AppError> {
        self.standing_of(&self.subscription(account).await?).await
    }

    async fn standing_of(&self, contract: &Subscription) -> Result<TermsStanding, AppError> {
        let account = contract.account_sid;
        let accepted = self.store.acceptances(account, contract.sid, ROWS_SHOWN).await?;
        let mut notices = self.store.terms_notices(account, ROWS_SHOWN).await?;
        notices.retain(|notice| notice.subscription_sid == contract.sid);
        Ok(standing(contract, &accepted, notices, self.clock.now()))
    }

    /// A customer accepts announced terms expressly: an acceptance of its own, of these documents. Again it is the one there is.
    pub async fn accept_terms(
        &self,
        account: &Account,
        sid: TermsNoticeSid,
        order: &Order,
    ) -> Result<TermsStanding, AppError> {
        must_be_active(account)?;
        let (contract, customer) = (self.subscription(account.sid).await?, self.customer(account.sid).await?);
        let standing = self.standing_of(&contract).await?;
        let found = standing.notices.iter().find(|(notice, _)| notice.sid == sid);
        let (notice, accepted_at) = found.ok_or(ErrorCode::NotFound)?;
        if !contract.state.is_in_force() {
            let state = contract.state.as_str();
            return Err(refuse(ErrorCode::SubscriptionState, format!("The subscription is {state}.")));
        }
        if accepted_at.is_some() {
            return Ok(standing);
        }
        let times = (notice.announced_at, self.clock.now());
        let acceptance = self.accepted((&contract, &customer), order, notice.terms.clone(), times)?;
        self.store.commit(Change::from(ContractChange::Accept(acceptance)).into()).await?;
        self.standing_of(&contract).await
    }

    /// Subject and text of a notice of terms: what changes, from when, what happens without an answer, and the right to leave.
    fn terms_text(&self, customer: &Customer, notice: &TermsNotice, present: &[Terms]) -> (String, String) {
        let (from, until) = (self.local_day(notice.effective_at), self.local_day(notice.exit_until));
        let [subject, first, now, what, silence, exit] = match customer.language {
            Language::Nl => [
                "Onze voorwaarden wijzigen".to_owned(),
                format!("Vanaf {from} gelden voor uw contract {} deze voorwaarden:", notice.subscription_sid),
                "Tot dan gelden:".to_owned(),
                "Wat er verandert:".to_owned(),
                "Als u niet antwoordt, gelden de nieuwe voorwaarden vanaf die dag. U kunt ze in de console ook uitdrukkelijk aanvaarden.".to_owned(),
                format!("U kunt tot {until} kosteloos opzeggen; de huidige voorwaarden gelden dan tot het einde."),
            ],
            Language::Fr => [
                "Nos conditions changent".to_owned(),
                format!("À partir du {from}, ces conditions s'appliquent à votre contrat {} :", notice.subscription_sid),
                "D'ici là s'appliquent :".to_owned(),
                "Ce qui change :".to_owned(),
                "Sans réponse de votre part, les nouvelles conditions s'appliquent à partir de ce jour. Vous pouvez aussi les accepter expressément dans la console.".to_owned(),
                format!("Vous pouvez résilier sans frais jusqu'au {until} ; les conditions actuelles valent alors jusqu'à la fin."),
            ],
            Language::De => [
                "Unsere Bedingungen ändern sich".to_owned(),
                format!("Ab {from} gelten für Ihren Vertrag {} diese Bedingungen:", notice.subscription_sid),
                "Bis dahin gelten:".to_owned(),
                "Was sich ändert:".to_owned(),
                "Ohne Ihre Antwort gelten die neuen Bedingungen ab diesem Tag. Sie können ihnen in der Konsole auch ausdrücklich zustimmen.".to_owned(),
                format!("Sie können bis {until} kostenlos kündigen; die jetzigen Bedingungen gelten dann bis zum Ende."),
            ],
            Language::En => [
                "Our terms change".to_owned(),
                format!("From {from} on these terms apply to your contract {}:", notice.subscription_sid),
                "Until then these apply:".to_owned(),
                "What changes:".to_owned(),
                "If you give no answer, the new terms apply from that day on. You may also accept them expressly in the console.".to_owned(),
                format!("Until {until} you may cancel free of charge; the present terms then hold to the end."),
            ],
        };
        let list = |terms: &[Terms]| -> String {
            let line =
                |it: &Terms| format!("- {} {}: {} (SHA-256 {})\n", it.id, it.version, it.url, it.sha256);
            terms.iter().map(line).collect()
        };
        let replaced: Vec<Terms> = present
            .iter()
            .filter(|old| notice.terms.iter().any(|new| new.id == old.id && new != *old))
            .cloned()
            .collect();
        let before =
            if replaced.is_empty() { String::new() } else { format!("{now}\n{}\n", list(&replaced)) };
        let exit = match notice.ground {
            Some(_) => self.ground_text(customer.language, (notice.ground, &notice.ground_note)),
            None => exit,
        };
        let body = format!(
            "{first}\n{}\n{before}{what}\n{}\n\n{silence}\n\n{exit}\n",
            list(&notice.terms),
            notice.words
        );
        (subject, body)
    }
}

/// The terms of a contract at an instant: of each document the newest version that was accepted, or announced and has come into force.
fn standing(
    contract: &Subscription,
    accepted: &[Acceptance],
    notices: Vec<TermsNotice>,
    now: Timestamp,
) -> TermsStanding {
    let accepted_at = |notice: &TermsNotice| {
        let has = |it: &&Acceptance| {
            it.accepted_at >= notice.announced_at && notice.terms.iter().all(|terms| it.terms.contains(terms))
        };
        accepted.iter().find(has).map(|it| it.accepted_at)
    };
    // Who leaves because of it, which is said when the contract is left, keeps the old ones.
    let is_leaving = contract.state == SubscriptionState::Closing;
    let holds = |notice: &&TermsNotice| {
        notice.effective_at <= now && !(is_leaving && notice.keeps_old_terms(contract.updated_at))
    };
    let agreed = accepted.iter().map(|it| (it.accepted_at, &it.terms));
    let told = notices.iter().filter(holds).map(|it| (it.announced_at, &it.terms));
    let mut said: Vec<(Timestamp, &Vec<Terms>)> = agreed.chain(told).collect();
    said.sort_by_key(|(at, _)| *at);
    let mut in_force = Vec::new();
    for (_, terms) in said {
        replace(&mut in_force, terms);
    }
    let notices = notices.into_iter().map(|notice| {
        let accepted_at = accepted_at(&notice);
        (notice, accepted_at)
    });
    TermsStanding { in_force, notices: notices.collect() }
}

/// Of each document the newest version that was accepted expressly, by acceptances from the oldest on.
pub(crate) fn agreed_to(accepted: &[Acceptance]) -> Vec<Terms> {
    let mut terms = Vec::new();
    for acceptance in accepted {
        replace(&mut terms, &acceptance.terms);
    }
    terms
}

/// Each document takes the place of its older version.
fn replace(terms: &mut Vec<Terms>, new: &[Terms]) {
    for document in new {
        match terms.iter_mut().find(|it| it.id == document.id) {
            Some(old) => old.clone_from(document),
            None => terms.push(document.clone()),
        }
    }
}

fn bad(name: &str, why: impl fmt::Display) -> AppError {
    refuse(ErrorCode::InvalidParameter, format!("{name} {why}."))
}
