//! Legal holds: while one stands nothing of its account, or of its number there, is erased, deleted or expires. One person asks, another
//! one confirms; it is lifted in the same way.

use flexio_domain::*;
use flexio_store::{Change, ErasureChange, Page};

use crate::error::{AppError, refuse};
use crate::{App, erasure};

/// Holds of an account that stand or wait.
const OPEN_MAX: usize = 100;
const REASON_CHARS_MAX: usize = 500;

/// What is done to a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldStep {
    /// A second person agrees to what was asked.
    Confirm,
    /// What was asked is not done; who asked may say so too.
    Refuse,
    /// It is asked to end.
    Lift,
}

impl HoldStep {
    /// The step of this word.
    pub fn from_wire(text: &str) -> Option<Self> {
        match text {
            "confirm" => Some(Self::Confirm),
            "refuse" => Some(Self::Refuse),
            "lift" => Some(Self::Lift),
            _ => None,
        }
    }
}

impl App {
    /// Asks for a hold on the account and those below it, or on a number in them. It stands once a second person confirms it.
    pub async fn ask_hold(
        &self,
        account: AccountSid,
        by_operator: bool,
        (name, reason, number): (&str, &str, Option<E164>),
        by: &str,
    ) -> Result<LegalHold, AppError> {
        must_be_operator(by_operator)?;
        let name = crate::accounts::checked_name(name.trim())?;
        if reason.chars().count() > REASON_CHARS_MAX || reason.chars().any(char::is_control) {
            let why = format!(
                "Reason has at most {REASON_CHARS_MAX} characters, none of them a control character."
            );
            return Err(refuse(ErrorCode::InvalidParameter, why));
        }
        let latest = self.legal_holds(account, &Page { limit: 1_000, ..Page::default() }).await?;
        let is_open = |hold: &&LegalHold| hold.state.holds() || hold.state == LegalHoldState::Asked;
        if latest.iter().filter(is_open).count() >= OPEN_MAX {
            return Err(refuse(ErrorCode::TooManyResources, format!("{OPEN_MAX} holds stand or wait.")));
        }
        let hold = LegalHold {
            sid: LegalHoldSid::new(),
            version: 1,
            account_sid: account,
            number,
            name,
            reason: reason.to_owned(),
            state: LegalHoldState::Asked,
            asked_by: by.to_owned(),
            asked_at: self.clock.now(),
            decided_by: None,
            decided_at: None,
            active_from: None,
            lifted_at: None,
        };
        self.store.commit(Change::from(ErasureChange::CreateHold(hold.clone())).into()).await?;
        Ok(hold)
    }

    /// Holds of the account, newest first.
    pub async fn legal_holds(&self, account: AccountSid, page: &Page) -> Result<Vec<LegalHold>, AppError> {
        Ok(self.store.legal_holds(account, page).await?)
    }

    /// One hold.
    pub async fn legal_hold(&self, account: AccountSid, sid: LegalHoldSid) -> Result<LegalHold, AppError> {
        self.store.legal_hold(account, sid).await?.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Confirms or refuses what was asked, or asks that the hold ends.
    pub async fn step_hold(
        &self,
        account: AccountSid,
        by_operator: bool,
        (sid, step): (LegalHoldSid, HoldStep),
        by: &str,
    ) -> Result<LegalHold, AppError> {
        must_be_operator(by_operator)?;
        retrying!(async {
            let hold = self.legal_hold(account, sid).await?;
            let mut next = stepped(hold, step, (by, self.clock.now()))?;
            if next.state == LegalHoldState::Lifted {
                // Its own record names the number no longer than it has to.
                let numbering = self.rater().numbering();
                next.number = next.number.map(|number| erasure::names::alias(numbering, &number));
            }
            self.store.commit(Change::from(ErasureChange::UpdateHold(next.clone())).into()).await?;
            next.version += 1;
            self.wake.erasures.notify_one();
            Ok::<_, AppError>(next)
        })
    }

    /// Refuses (20481) where a hold keeps the account, or one of these numbers in it.
    pub(crate) async fn must_not_be_held(
        &self,
        account: AccountSid,
        ends: &[&Address],
    ) -> Result<(), AppError> {
        let holds = self.store.holds_over(account).await?;
        let keeps = |hold: &&LegalHold| {
            let number = hold.number.as_ref();
            number.is_none_or(|number| ends.iter().any(|end| end.number() == Some(number)))
        };
        match holds.iter().find(keeps) {
            Some(_) => Err(ErrorCode::HeldLegally.into()),
            None => Ok(()),
        }
    }
}

fn must_be_operator(by_operator: bool) -> Result<(), AppError> {
    if by_operator {
        return Ok(());
    }
    Err(refuse(ErrorCode::Forbidden, "Only an account above decides on a legal hold."))
}

/// The hold after a step.
fn stepped(hold: LegalHold, step: HoldStep, (by, now): (&str, Timestamp)) -> Result<LegalHold, AppError> {
    use HoldStep as D;
    use LegalHoldState as S;
    let state = match (hold.state, step) {
        (S::Asked | S::LiftAsked, D::Confirm) if hold.asked_by == by => {
            return Err(ErrorCode::OtherPersonWanted.into());
        }
        (S::Asked, D::Confirm) | (S::LiftAsked, D::Refuse) => S::Active,
        (S::Asked, D::Refuse) => S::Refused,
        (S::Active, D::Lift) => S::LiftAsked,
        (S::LiftAsked, D::Confirm) => S::Lifted,
        (state, D::Confirm | D::Refuse | D::Lift) => {
            let why = format!("The hold is {}.", state.as_str());
            return Err(refuse(ErrorCode::LegalHoldState, why));
        }
    };
    if step == D::Lift {
        return Ok(LegalHold { state, asked_by: by.to_owned(), asked_at: now, ..hold });
    }
    Ok(LegalHold {
        state,
        decided_by: Some(by.to_owned()),
        decided_at: Some(now),
        active_from: hold.active_from.or_else(|| state.holds().then_some(now)),
        lifted_at: (state == S::Lifted).then_some(now),
        ..hold
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked() -> LegalHold {
        LegalHold {
            sid: LegalHoldSid::from_u128(1),
            version: 1,
            account_sid: AccountSid::from_u128(1),
            number: None,
            name: "2026/417".to_owned(),
            reason: String::new(),
            state: LegalHoldState::Asked,
            asked_by: "an".to_owned(),
            asked_at: Timestamp::UNIX_EPOCH,
            decided_by: None,
            decided_at: None,
            active_from: None,
            lifted_at: None,
        }
    }

    fn after(steps: &[(HoldStep, &str)]) -> Result<LegalHoldState, ErrorCode> {
        let mut hold = asked();
        for (step, by) in steps {
            hold = stepped(hold, *step, (by, Timestamp::UNIX_EPOCH)).map_err(|error| error.code())?;
        }
        Ok(hold.state)
    }

    #[test]
    fn a_hold_begins_and_ends_by_two_persons_each() {
        use HoldStep as D;
        use LegalHoldState as S;
        for (steps, expected) in [
            (&[(D::Confirm, "bob")][..], Ok(S::Active)),
            (&[(D::Confirm, "an")], Err(ErrorCode::OtherPersonWanted)),
            (&[(D::Refuse, "an")], Ok(S::Refused)),
            (&[(D::Lift, "bob")], Err(ErrorCode::LegalHoldState)),
            (&[(D::Confirm, "bob"), (D::Confirm, "bob")], Err(ErrorCode::LegalHoldState)),
            (&[(D::Confirm, "bob"), (D::Lift, "bob")], Ok(S::LiftAsked)),
            (
                &[(D::Confirm, "bob"), (D::Lift, "bob"), (D::Confirm, "bob")],
                Err(ErrorCode::OtherPersonWanted),
            ),
            (&[(D::Confirm, "bob"), (D::Lift, "bob"), (D::Confirm, "an")], Ok(S::Lifted)),
            (&[(D::Confirm, "bob"), (D::Lift, "bob"), (D::Refuse, "an")], Ok(S::Active)),
            (&[(D::Refuse, "bob"), (D::Confirm, "bob")], Err(ErrorCode::LegalHoldState)),
        ] {
            assert_eq!(after(steps), expected, "{steps:?}");
        }
    }
}
