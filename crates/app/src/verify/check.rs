//! A code comes back.

use flexio_domain::*;
use flexio_store::{Change, ChangeSet, VerifyChange};
use flexio_verify::code::Code;
use flexio_verify::guard;
use flexio_verify::life::{self, Checked};
use jiff::SignedDuration;

use super::{Event, digest, refused};
use crate::App;
use crate::auth::must_be_active;
use crate::error::{AppError, Refusal};

/// Wrong codes for one recipient within [`WRONG_WITHIN`], over all verifications of the account; then none is looked at, the right one neither.
const WRONG_MAX: u64 = 20;
/// As long as marks are kept.
const WRONG_WITHIN: SignedDuration = SignedDuration::from_hours(24);

/// What wrong codes for a recipient count by.
pub(crate) fn wrong_mark(to: &str) -> String {
    format!("wrong:{to}")
}

/// Which verification a code is for.
#[derive(Debug, Clone)]
pub enum Which {
    /// By its sid; it must be of this scope where one is given.
    Sid(VerificationSid, Option<VerifyScope>),
    /// The one that is pending for somebody.
    Pending(VerifyScope, String),
}

/// What became of it.
#[derive(Debug, Clone)]
pub struct CheckOutcome {
    /// As it is now.
    pub verification: Verification,
    /// Right or wrong.
    pub checked: Checked,
}

impl App {
    /// A verification.
    pub async fn find_verification(
        &self,
        account: AccountSid,
        which: &Which,
    ) -> Result<Verification, AppError> {
        let found = match which {
            Which::Sid(sid, scope) => {
                let found = self.store.verification(account, *sid).await?;
                found.filter(|found| scope.as_ref().is_none_or(|scope| found.scope == *scope))
            }
            Which::Pending(scope, to) => self.store.open_verification(account, scope, to).await?,
        };
        found.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Checks a code. A wrong one counts; the last wrong one ends the verification. Of right ones that cross, one approves.
    ///
    /// `payment` must be the payee and amount the code was asked for with, where there were some.
    pub async fn check_verification(
        &self,
        account: &Account,
        which: &Which,
        code: &str,
        payment: Option<(&str, &str)>,
    ) -> Result<CheckOutcome, AppError> {
        must_be_active(account)?;
        let to = self.find_verification(account.sid, which).await?.to;
        let _turn = self.verify_turns.take((account.sid, to)).await;
        let outcome = retrying!(self.try_check(account, which, code, payment))?;
        let result = if outcome.checked == Checked::Approved { "approved" } else { "wrong" };
        metrics::counter!("verification_checks_total", "result" => result).increment(1);
        Ok(outcome)
    }

    async fn try_check(
        &self,
        account: &Account,
        which: &Which,
        code: &str,
        payment: Option<(&str, &str)>,
    ) -> Result<CheckOutcome, AppError> {
        let mut verification = self.find_verification(account.sid, which).await?;
        let now = self.clock.now();
        self.must_not_be_locked_out(&verification, now).await?;
        let (payee, amount) = payment.unzip();
        let same = |kept: &Option<Pii<String>>, given: Option<&str>| {
            kept.as_ref().is_none_or(|kept| given == Some(&*kept.0))
        };
        let is_payment = same(&verification.payee, payee) && same(&verification.amount, amount);
        // What cannot be a code, or is for another payment, is a wrong code like any other.
        let typed = Code::typed(code).filter(|_| is_payment);
        let digest =
            typed.map_or_else(String::new, |code| digest(&self.vault, verification.sid, code.reveal()));
        let checked = life::check(&mut verification, &digest, now).map_err(refused)?;
        let mut changes =
            ChangeSet::from(Change::from(VerifyChange::UpdateVerification(verification.clone())));
        verification.version += 1;
        if checked == Checked::Approved {
            convert(&verification, &mut changes);
            self.tell_verification("verification.approved", &verification, &mut changes).await?;
        }
        if matches!(checked, Checked::Wrong { .. }) {
            let (account, marks) = (account.sid, vec![wrong_mark(&verification.to)]);
            let attempt = VerificationAttemptSid::new();
            changes.push(VerifyChange::Mark { account, marks, at: now, attempt }.into());
        }
        self.store.commit(changes).await?;
        self.wake.callbacks.notify_one();
        Ok(CheckOutcome { verification, checked })
    }

    /// Whoever starts one verification after the other for a number has five guesses each time: all of them count together.
    async fn must_not_be_locked_out(
        &self,
        verification: &Verification,
        now: Timestamp,
    ) -> Result<(), AppError> {
        let (account, mark) = (verification.account_sid, wrong_mark(&verification.to));
        let since = now.saturating_sub(WRONG_WITHIN).unwrap_or(now);
        if self.store.count_marks(account, &mark, since).await? < WRONG_MAX {
            return Ok(());
        }
        let oldest = self.store.oldest_mark(account, &mark, since).await?.unwrap_or(now);
        let wait_s = WRONG_WITHIN.as_secs() - now.duration_since(oldest).as_secs();
        Err(AppError::Refused(Refusal {
            detail: Some(format!(
                "{WRONG_MAX} wrong codes for this recipient within a day; none is looked at now."
            )),
            retry_after_s: Some(u32::try_from(wait_s.max(1)).unwrap_or(u32::MAX)),
            ..Refusal::from(ErrorCode::VerifyTooManyChecks)
        }))
    }

    /// Ends a pending verification by the customer's word: `Canceled` or `Approved`.
    pub async fn end_verification(
        &self,
        account: &Account,
        which: &Which,
        status: VerificationStatus,
    ) -> Result<Verification, AppError> {
        must_be_active(account)?;
        retrying!(async {
            let mut verification = self.find_verification(account.sid, which).await?;
            life::end(&mut verification, status, self.clock.now()).map_err(refused)?;
            let update = VerifyChange::UpdateVerification(verification.clone());
            let mut changes = ChangeSet::from(Change::from(update));
            verification.version += 1;
            let mut event = "verification.canceled";
            if status == VerificationStatus::Approved {
                convert(&verification, &mut changes);
                event = "verification.approved";
            }
            self.tell_verification(event, &verification, &mut changes).await?;
            self.store.commit(changes).await?;
            self.wake.callbacks.notify_one();
            Ok::<_, AppError>(verification)
        })
    }
}

impl App {
    /// Tells the webhooks of the verification's service.
    pub(super) async fn tell_verification(
        &self,
        name: &'static str,
        verification: &Verification,
        changes: &mut ChangeSet,
    ) -> Result<(), AppError> {
        let event = Event {
            name,
            subject: verification.sid.to_string(),
            sequence: verification.version,
            at: verification.updated_at,
            params: vec![
                ("verification_sid", verification.sid.to_string()),
                ("to", verification.to.clone()),
                ("channel", verification.channel().as_str().to_owned()),
                ("status", verification.status.as_str().to_owned()),
                ("attempts", verification.sendings.len().to_string()),
            ],
        };
        self.tell_webhooks_of(verification.account_sid, &verification.scope, &event, changes).await
    }
}

/// The number was real, and somebody used its code: what the guard watches for.
fn convert(verification: &Verification, changes: &mut ChangeSet) {
    let (account, at) = (verification.account_sid, verification.updated_at);
    changes.push(VerifyChange::ConvertAttempts(account, verification.sid, at).into());
    let is_number = !verification.to.contains('@');
    if let Some(last) = verification.sendings.last().filter(|_| is_number) {
        let marks = vec![format!("verified:{}", guard::block(&verification.to))];
        changes.push(VerifyChange::Mark { account, marks, at, attempt: last.attempt }.into());
    }
}
