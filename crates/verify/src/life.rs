//! The life of a verification: pending until it is approved, withdrawn, guessed at too often, or too late.

use flexio_domain::verify::{Sending, Verification, VerificationStatus as Status};
use jiff::{SignedDuration, Timestamp};
use subtle::ConstantTimeEq as _;

/// Sendings of one verification.
pub const SENDINGS_MAX: usize = 5;
/// Wrong codes when nobody says otherwise, and at most.
pub const CHECKS_DEFAULT: u8 = 5;
pub const CHECKS_MAX: u8 = 10;
/// Validity in seconds when nobody says otherwise, and its bounds.
pub const TTL_DEFAULT_S: u32 = 600;
pub const TTL_S: std::ops::RangeInclusive<u32> = 30..=86_400;

/// Why nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LifeError {
    /// It has ended: approved, withdrawn, or too late.
    #[error("the verification has ended")]
    Over,
    /// Wrong codes have ended it.
    #[error("too many wrong codes")]
    TooManyChecks,
    /// The code was sent as often as it may be.
    #[error("the code was sent {SENDINGS_MAX} times")]
    TooManySendings,
    /// Sent again too soon after the last time.
    #[error("the next code can be sent in {0} s")]
    TooSoon(u32),
}

/// What a check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checked {
    /// The right code: approved now.
    Approved,
    /// Not the code; so many tries are left.
    Wrong {
        /// 0: this one has ended the verification.
        left: u8,
    },
}

/// The state at `now`: a pending verification whose time is over has expired, whether or not anybody has written that down.
pub fn state(verification: &Verification, now: Timestamp) -> Status {
    match verification.status {
        Status::Pending if now >= verification.expires_at => Status::Expired,
        status => status,
    }
}

/// Seconds between a sending and the next one: more with each, so that nobody's telephone is rung off the hook.
pub fn cooldown_s(sendings: usize) -> u32 {
    match sendings {
        0 => 0,
        1 => 10,
        2 => 30,
        3 => 60,
        _ => 120,
    }
}

/// Whether a code may be sent (again) at `now`.
pub fn may_send(verification: &Verification, now: Timestamp) -> Result<(), LifeError> {
    must_be_pending(verification, now)?;
    let Some(last) = verification.sendings.last() else { return Ok(()) };
    if verification.sendings.len() >= SENDINGS_MAX {
        return Err(LifeError::TooManySendings);
    }
    let wait = i64::from(cooldown_s(verification.sendings.len())) - now.duration_since(last.at).as_secs();
    match u32::try_from(wait) {
        Ok(wait) if wait > 0 => Err(LifeError::TooSoon(wait)),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// A code leaves: it waits anew from now. Wrong codes so far stay counted.
pub fn sent(verification: &mut Verification, sending: Sending) {
    let ttl = SignedDuration::from_secs(i64::from(verification.ttl_s));
    verification.expires_at = sending.at.saturating_add(ttl).unwrap_or(Timestamp::MAX);
    verification.updated_at = sending.at;
    verification.sendings.push(sending);
}

/// Checks a code by its digest, in a time that does not tell how much of it was right. A wrong one counts.
pub fn check(verification: &mut Verification, digest: &str, now: Timestamp) -> Result<Checked, LifeError> {
    must_be_pending(verification, now)?;
    verification.updated_at = now;
    let mut is_right = subtle::Choice::from(0);
    for sending in &verification.sendings {
        is_right |= sending.digest.as_bytes().ct_eq(digest.as_bytes());
    }
    if bool::from(is_right) {
        verification.status = Status::Approved;
        verification.approved_at = Some(now);
        return Ok(Checked::Approved);
    }
    verification.checks = verification.checks.saturating_add(1);
    let left = verification.checks_max.saturating_sub(verification.checks);
    if left == 0 {
        verification.status = Status::MaxAttemptsReached;
    }
    Ok(Checked::Wrong { left })
}

/// Ends a pending verification by the customer's word.
pub fn end(verification: &mut Verification, status: Status, now: Timestamp) -> Result<(), LifeError> {
    must_be_pending(verification, now)?;
    verification.status = status;
    verification.approved_at = (status == Status::Approved).then_some(now);
    verification.updated_at = now;
    Ok(())
}

fn must_be_pending(verification: &Verification, now: Timestamp) -> Result<(), LifeError> {
    match state(verification, now) {
        Status::Pending => Ok(()),
        Status::MaxAttemptsReached => Err(LifeError::TooManyChecks),
        Status::Approved | Status::Canceled | Status::Expired => Err(LifeError::Over),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flexio_domain::*;
    use proptest::prelude::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + second).unwrap()
    }

    fn sending(second: i64, digest: &str) -> Sending {
        Sending {
            attempt: VerificationAttemptSid::from_u128(1),
            channel: VerifyChannel::Sms,
            at: at(second),
            digest: digest.to_owned(),
            message_sid: None,
            call_sid: None,
            email_sid: None,
        }
    }

    fn verification() -> Verification {
        let mut verification = Verification {
            sid: VerificationSid::from_u128(1),
            version: 1,
            account_sid: AccountSid::from_u128(1),
            scope: VerifyScope::Named("login".to_owned()),
            name: "login".to_owned(),
            to: "+32470123456".to_owned(),
            from: None,
            status: Status::Pending,
            sendings: Vec::new(),
            checks: 0,
            checks_max: CHECKS_DEFAULT,
            ttl_s: TTL_DEFAULT_S,
            expires_at: at(600),
            payee: None,
            amount: None,
            approved_at: None,
            workflow: None,
            created_at: at(0),
            updated_at: at(0),
        };
        sent(&mut verification, sending(0, "right"));
        verification
    }

    #[test]
    fn the_right_code_is_right_once() {
        let mut it = verification();
        assert_eq!(check(&mut it, "right", at(1)), Ok(Checked::Approved));
        assert_eq!(it.approved_at, Some(at(1)));
        assert_eq!(check(&mut it, "right", at(2)), Err(LifeError::Over));
    }

    #[test]
    fn the_last_wrong_code_ends_it() {
        let mut it = verification();
        let left: Vec<_> = (0..5).map(|_| check(&mut it, "wrong", at(1)).unwrap()).collect();
        assert_eq!(left, [4, 3, 2, 1, 0].map(|left| Checked::Wrong { left }));
        assert_eq!(check(&mut it, "right", at(2)), Err(LifeError::TooManyChecks));
        assert_eq!(may_send(&it, at(200)), Err(LifeError::TooManyChecks));
    }

    #[test]
    fn too_late_is_too_late_to_the_second() {
        let mut it = verification();
        assert_eq!((state(&it, at(599)), state(&it, at(600))), (Status::Pending, Status::Expired));
        assert_eq!(check(&mut it, "right", at(600)), Err(LifeError::Over));
        assert_eq!(it.checks, 0);
    }

    #[test]
    fn a_resend_keeps_the_wrong_codes_counted_and_waits_longer_each_time() {
        let mut it = verification();
        check(&mut it, "wrong", at(1)).unwrap();
        assert_eq!(may_send(&it, at(4)), Err(LifeError::TooSoon(6)));
        let mut second = 0;
        for wait in [10, 30, 60, 120] {
            assert!(may_send(&it, at(second + wait - 1)).is_err());
            second += wait;
            assert_eq!(may_send(&it, at(second)), Ok(()));
            sent(&mut it, sending(second, "new"));
        }
        assert_eq!(may_send(&it, at(second + 300)), Err(LifeError::TooManySendings));
        assert_eq!((it.checks, it.expires_at), (1, at(second + 600)));
        // The message that came late still has its code.
        assert_eq!(check(&mut it, "right", at(second + 1)), Ok(Checked::Approved));
    }

    #[test]
    fn the_customer_may_end_it_while_it_waits() {
        let mut it = verification();
        end(&mut it, Status::Canceled, at(5)).unwrap();
        assert_eq!(check(&mut it, "right", at(6)), Err(LifeError::Over));
        assert_eq!(end(&mut it, Status::Approved, at(6)), Err(LifeError::Over));
    }

    proptest! {
        #[test]
        fn no_order_of_tries_approves_twice_or_after_the_end(
            tries in proptest::collection::vec((0_i64..1_200, proptest::bool::weighted(0.2)), 1..40),
        ) {
            let mut it = verification();
            let (mut approved, mut wrong) = (0, 0);
            for (second, is_right) in tries {
                let (before, ended) = (it.clone(), state(&it, at(second)) != Status::Pending);
                match check(&mut it, if is_right { "right" } else { "wrong" }, at(second)) {
                    Ok(Checked::Approved) => { prop_assert!(is_right && !ended); approved += 1; }
                    Ok(Checked::Wrong { .. }) => { prop_assert!(!is_right && !ended); wrong += 1; }
                    Err(_) => { prop_assert!(ended); prop_assert_eq!(&it, &before, "a refusal changes nothing"); }
                }
            }
            prop_assert!(approved <= 1 && wrong <= u32::from(CHECKS_DEFAULT));
        }
    }
}
