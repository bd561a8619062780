//! The guard at work: what was sent before is counted, rules decide, and what they decided is kept with what they saw.
//!
//! A refusal that speaks of fraud belongs to a case. Somebody above the account may release it: what was sent before then counts no more
//! for that subject.

use std::collections::BTreeMap;
use std::net::IpAddr;

use flexio_domain::notification::Level;
use flexio_domain::*;
use flexio_store::{CaseFilter, Change, ChangeSet, DecisionFilter, Page, Span, VerifyChange};
use flexio_verify::guard::{self, Counts};
use jiff::SignedDuration;

use super::{CodeRecipient, StartVerification};
use crate::auth::must_be_active;
use crate::error::{AppError, refuse};
use crate::{App, vault};

/// Refusals kept for one recipient in an hour; further ones are told and forgotten.
const REFUSALS_KEPT_HOURLY: u64 = 100;
/// Characters of what is said of a release.
const NOTE_MAX: usize = 500;
/// Number of the notification that a case was opened (docs/notifications.md).
const CASE_OPENED: u32 = 60_410;

impl App {
    /// Whether a code may be sent. An allowed request's decision is for the transaction that sends it; a refusal is kept here.
    pub(super) async fn guard(
        &self,
        account: AccountSid,
        new: &StartVerification,
        now: Timestamp,
    ) -> Result<GuardDecision, AppError> {
        let decision = self.weigh(account, new, now).await?;
        let Some(rule) = decision.refused_by else { return Ok(decision) };
        let figure = decision.figures.iter().find(|figure| figure.rule == rule).copied();
        let (seen, most) = figure.map_or((0, 0), |figure| (figure.seen, figure.most));
        let name = rule.as_str();
        metrics::counter!("verification_guard_total", "rule" => name).increment(1);
        let subject = subject(rule, new);
        let sid = decision.sid;
        tracing::warn!(%account, rule = name, %sid, seen, most, "verification_refused");
        // Keeping it must not decide whether it is refused.
        if let Err(error) = retrying!(self.keep_refusal(&decision, &subject, figure, now)) {
            tracing::error!(%error, %sid, "refusal_not_kept");
        }
        let code = if rule.is_fraud() { ErrorCode::VerifyFraud } else { ErrorCode::VerifyTooManySendings };
        Err(refuse(code, format!("Rule {name}: {seen} seen, {most} allowed. Decision {sid}.")))
    }

    async fn weigh(
        &self,
        account: AccountSid,
        new: &StartVerification,
        now: Timestamp,
    ) -> Result<GuardDecision, AppError> {
        let mut decision = GuardDecision {
            sid: GuardDecisionSid::new(),
            account_sid: account,
            scope: new.scope.clone(),
            to: new.to.as_str().to_owned(),
            country: Self::country_of(&new.to),
            channel: new.channel,
            refused_by: None,
            figures: Vec::new(),
            is_safe: false,
            case_sid: None,
            created_at: now,
        };
        let mut released: BTreeMap<GuardRule, Timestamp> = BTreeMap::new();
        // Each turn either decides or has one more rule released.
        for _ in 0..=GuardRule::ALL.len() {
            let counts = self.counts(account, new, now, &released).await?;
            decision.figures = self.config.verify.figures(&counts).to_vec();
            decision.refused_by = first_refusal(&decision);
            let Some(rule) = decision.refused_by.filter(|rule| rule.is_fraud()) else { break };
            if let CodeRecipient::Number(number) = &new.to
                && !decision.is_safe
                && self.store.safe_number(account, number).await?.is_some()
            {
                decision.is_safe = true;
                decision.refused_by = first_refusal(&decision);
                break;
            }
            let known = released.contains_key(&rule);
            let Some(at) = self.released_at(account, rule, new).await?.filter(|_| !known) else { break };
            released.extend(same_subject(rule).iter().map(|rule| (*rule, at)));
        }
        Ok(decision)
    }

    /// When somebody last let the traffic through that this rule refuses, whichever rule of the subject had refused it then.
    async fn released_at(
        &self,
        account: AccountSid,
        rule: GuardRule,
        new: &StartVerification,
    ) -> Result<Option<Timestamp>, AppError> {
        let mut last = None;
        for rule in same_subject(rule) {
            let case = self.store.guard_case_of(account, *rule, &subject(*rule, new)).await?;
            last = last.max(case.and_then(|case| case.released_at));
        }
        Ok(last)
    }

    /// What was sent before, for each rule since its case was released.
    async fn counts(
        &self,
        account: AccountSid,
        new: &StartVerification,
        now: Timestamp,
        released: &BTreeMap<GuardRule, Timestamp>,
    ) -> Result<Counts, AppError> {
        let since = |rule: GuardRule, minutes: i64| {
            let window = now.saturating_sub(SignedDuration::from_mins(minutes)).unwrap_or(now);
            // What was sent at the very moment of the release was sent before it.
            let behind = |at: &Timestamp| at.saturating_add(SignedDuration::from_micros(1)).unwrap_or(*at);
            released.get(&rule).map_or(window, |at| window.max(behind(at)))
        };
        let count = async |mark: String, since| self.store.count_marks(account, &mark, since).await;
        let number = format!("to:{}", new.to.as_str());
        let (hour, day) = (60, 24 * 60);
        let mut counts = Counts {
            number_10m: count(number.clone(), since(GuardRule::NumberOften, 10)).await?,
            number_1d: count(number, since(GuardRule::NumberDaily, day)).await?,
            client_1h: match new.client {
                Some(client) => count(client_mark(client), since(GuardRule::ClientOften, hour)).await?,
                None => 0,
            },
            ..Counts::default()
        };
        // Nobody earns by an e-mail, and the people of one domain are not a block of numbers.
        if let CodeRecipient::Number(number) = &new.to {
            let block = guard::block(number.as_str());
            let unused_since = since(GuardRule::BlockUnused, day);
            counts.block_1h = count(format!("block:{block}"), since(GuardRule::BlockOften, hour)).await?;
            counts.block_1d = count(format!("block:{block}"), unused_since).await?;
            counts.block_1d_verified = count(format!("verified:{block}"), unused_since).await?;
        }
        Ok(counts)
    }

    /// Keeps a refusal, under its case where the rule speaks of fraud: the open one, or one that is opened and told of.
    async fn keep_refusal(
        &self,
        decision: &GuardDecision,
        subject: &str,
        figure: Option<GuardFigure>,
        now: Timestamp,
    ) -> Result<(), AppError> {
        let account = decision.account_sid;
        let mut changes = ChangeSet::new();
        let mut kept = decision.clone();
        if let Some((rule, figure)) = decision.refused_by.filter(|rule| rule.is_fraud()).zip(figure) {
            let found = self.store.guard_case_of(account, rule, subject).await?;
            match found.filter(|case| case.released_at.is_none()) {
                Some(case) if case.refusals >= GuardCase::COUNTED_MAX => return Ok(()),
                Some(case) => {
                    kept.case_sid = Some(case.sid);
                    let refusals = case.refusals + 1;
                    changes
                        .push(VerifyChange::UpdateCase(GuardCase { refusals, last_at: now, ..case }).into());
                }
                None => {
                    let case = opened(account, figure, subject, now);
                    kept.case_sid = Some(case.sid);
                    changes.push(case_opened(&case));
                    changes.push(VerifyChange::OpenCase(case).into());
                }
            }
        }
        let hour = now.saturating_sub(SignedDuration::from_hours(1)).unwrap_or(now);
        let of_recipient = DecisionFilter {
            to: Some(decision.to.clone()),
            refused: Some(true),
            created: Span { from: Some(hour), until: None },
            ..DecisionFilter::default()
        };
        if self.store.count_guard_decisions(account, &of_recipient).await? < REFUSALS_KEPT_HOURLY {
            changes.push(VerifyChange::Decide(kept).into());
        }
        Ok(self.store.commit(changes).await?)
    }

    /// One decision.
    pub async fn guard_decision(
        &self,
        account: AccountSid,
        sid: GuardDecisionSid,
    ) -> Result<GuardDecision, AppError> {
        self.store.guard_decision(account, sid).await?.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Decisions.
    pub async fn guard_decisions(
        &self,
        account: AccountSid,
        filter: &DecisionFilter,
        page: &Page,
    ) -> Result<Vec<GuardDecision>, AppError> {
        Ok(self.store.guard_decisions(account, filter, page).await?)
    }

    /// One case.
    pub async fn guard_case(&self, account: AccountSid, sid: GuardCaseSid) -> Result<GuardCase, AppError> {
        self.store.guard_case(account, sid).await?.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Cases.
    pub async fn guard_cases(
        &self,
        account: AccountSid,
        filter: CaseFilter,
        page: &Page,
    ) -> Result<Vec<GuardCase>, AppError> {
        Ok(self.store.guard_cases(account, filter, page).await?)
    }

    /// Lets the traffic of a case through again: what was sent until now counts no more for its rule.
    pub async fn release_guard_case(
        &self,
        account: &Account,
        sid: GuardCaseSid,
        by_operator: bool,
        note: Option<String>,
    ) -> Result<GuardCase, AppError> {
        must_be_active(account)?;
        let case = self.guard_case(account.sid, sid).await?;
        if !by_operator {
            return Err(refuse(ErrorCode::Forbidden, "Only a parent account may release a case."));
        }
        if note.as_ref().is_some_and(|note| note.chars().count() > NOTE_MAX) {
            return Err(refuse(ErrorCode::InvalidParameter, "Note has at most 500 characters."));
        }
        retrying!(async {
            let case = self.guard_case(account.sid, case.sid).await?;
            if case.released_at.is_some() {
                return Err(refuse(ErrorCode::Conflict, "The case has been released."));
            }
            let released_at = Some(self.clock.now());
            let case = GuardCase { released_at, note: note.clone(), ..case };
            self.store.commit(Change::from(VerifyChange::UpdateCase(case.clone())).into()).await?;
            Ok::<_, AppError>(GuardCase { version: case.version + 1, ..case })
        })
    }
}

/// The first rule that refuses, without those about fraud where the recipient is on the safe list.
fn first_refusal(decision: &GuardDecision) -> Option<GuardRule> {
    let counts = |figure: &&GuardFigure| figure.refuses && !(decision.is_safe && figure.rule.is_fraud());
    decision.figures.iter().find(counts).map(|figure| figure.rule)
}

/// Rules that count by the same subject: whoever lets a block of numbers through does so for all of them.
const fn same_subject(rule: GuardRule) -> &'static [GuardRule] {
    match rule {
        GuardRule::NumberOften | GuardRule::NumberDaily => &[GuardRule::NumberOften, GuardRule::NumberDaily],
        GuardRule::ClientOften => &[GuardRule::ClientOften],
        GuardRule::BlockOften | GuardRule::BlockUnused => &[GuardRule::BlockOften, GuardRule::BlockUnused],
    }
}

/// What a rule counts by, for people.
fn subject(rule: GuardRule, new: &StartVerification) -> String {
    match rule {
        GuardRule::NumberOften | GuardRule::NumberDaily => new.to.as_str().to_owned(),
        GuardRule::ClientOften => new.client.map(client_mark).unwrap_or_default(),
        GuardRule::BlockOften | GuardRule::BlockUnused => guard::block(new.to.as_str()).to_owned(),
    }
}

fn opened(account_sid: AccountSid, figure: GuardFigure, subject: &str, now: Timestamp) -> GuardCase {
    GuardCase {
        sid: GuardCaseSid::new(),
        version: 1,
        account_sid,
        rule: figure.rule,
        subject: subject.to_owned(),
        figure,
        refusals: 1,
        last_at: now,
        released_at: None,
        note: None,
        created_at: now,
    }
}

fn case_opened(case: &GuardCase) -> Change {
    let (rule, subject, sid) = (case.rule.as_str(), &case.subject, case.sid);
    Change::AddNotification(Notification {
        sid: NotificationSid::new(),
        account_sid: case.account_sid,
        call_sid: None,
        message_sid: None,
        level: Level::Error,
        code: CASE_OPENED,
        text: format!("One-time codes are refused as suspected fraud: rule {rule}, {subject}, case {sid}."),
        request_url: None,
        request_method: None,
        request_variables: None,
        response_headers: None,
        response_body: None,
        api_version: String::new(),
        created_at: case.created_at,
    })
}

fn client_mark(client: IpAddr) -> String {
    format!("client:{}", &vault::hex(&vault::digest(&client.to_string()))[..32])
}

/// What the guard counts by.
pub(super) fn marks(new: &StartVerification) -> Vec<String> {
    let mut marks = vec![format!("to:{}", new.to.as_str())];
    if let CodeRecipient::Number(number) = &new.to {
        marks.push(format!("block:{}", guard::block(number.as_str())));
    }
    marks.extend(new.client.map(client_mark));
    marks
}
