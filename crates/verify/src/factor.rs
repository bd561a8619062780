//! The life of a factor: its codes are taken once each, and wrong ones are counted.

use flexio_domain::{Factor, FactorStatus, TotpConfig};
use jiff::{SignedDuration, Timestamp};

use crate::totp;

/// Wrong codes within ten minutes after which none is looked at.
pub const WRONG_SHORTLY_MAX: usize = 5;
/// Wrong codes within a day after which none is looked at.
pub const WRONG_DAILY_MAX: usize = 20;
const SHORTLY: SignedDuration = SignedDuration::from_mins(10);
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// So many wrong codes came that none is looked at: not the right one either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many wrong codes; the next one is looked at in {wait_s} s")]
pub struct TooManyGuesses {
    /// Seconds until one is looked at again.
    pub wait_s: u32,
}

/// Checks a code. A right one is taken for ever and verifies the factor; a wrong one, or one that was taken, is counted.
pub fn check(
    factor: &mut Factor,
    secret: &[u8],
    given: &str,
    now: Timestamp,
) -> Result<bool, TooManyGuesses> {
    factor.wrong_at.retain(|at| now.duration_since(*at) < DAY);
    may_guess(&factor.wrong_at, now)?;
    factor.updated_at = now;
    let step = totp::step_of(secret, given, now.as_second(), factor.last_step, &factor.config);
    match step {
        Some(step) => {
            factor.last_step = step;
            factor.status = FactorStatus::Verified;
            factor.wrong_at.clear();
        }
        None => factor.wrong_at.push(now),
    }
    Ok(step.is_some())
}

/// Changes how the app makes codes. What was taken stays taken: the time that the taken codes were for is over under the new step too.
pub fn reconfigure(factor: &mut Factor, config: TotpConfig) {
    let (old, new) = (i64::from(factor.config.step_s), i64::from(config.step_s.max(1)));
    if old != new && factor.last_step > 0 {
        factor.last_step = (factor.last_step + 1).saturating_mul(old).saturating_sub(1).div_euclid(new);
    }
    factor.config = config;
}

/// Whether the next code is looked at, after wrong ones at these times, the oldest first.
fn may_guess(wrong_at: &[Timestamp], now: Timestamp) -> Result<(), TooManyGuesses> {
    for (most, within) in [(WRONG_SHORTLY_MAX, SHORTLY), (WRONG_DAILY_MAX, DAY)] {
        // It is the oldest of the last `most` that has to grow old.
        let Some(first) = wrong_at.len().checked_sub(most).and_then(|at| wrong_at.get(at)) else { continue };
        let wait = within - now.duration_since(*first);
        if wait > SignedDuration::ZERO {
            let begun = i64::from(wait.subsec_nanos() > 0);
            return Err(TooManyGuesses { wait_s: u32::try_from(wait.as_secs() + begun).unwrap_or(u32::MAX) });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use flexio_domain::*;
    use proptest::prelude::*;

    const SECRET: &[u8] = b"12345678901234567890";

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    fn factor() -> Factor {
        Factor {
            sid: FactorSid::from_u128(1),
            version: 1,
            account_sid: AccountSid::from_u128(1),
            service_sid: VerifyServiceSid::from_u128(1),
            entity_sid: EntitySid::from_u128(1),
            identity: "an-customer".to_owned(),
            friendly_name: "phone".to_owned(),
            status: FactorStatus::Unverified,
            config: TotpConfig::default(),
            secret: Sealed(Vec::new()),
            last_step: 0,
            wrong_at: Vec::new(),
            metadata: None,
            created_at: at(0),
            updated_at: at(0),
        }
    }

    fn right(second: i64) -> String {
        totp::code_at(SECRET, at(second).as_second(), &TotpConfig::default())
    }

    fn wrong(second: i64) -> String {
        let right: u32 = right(second).parse().unwrap();
        format!("{:06}", (right + 500_000) % 1_000_000)
    }

    #[test]
    fn a_right_code_verifies_once_and_the_same_one_is_a_wrong_one() {
        let mut it = factor();
        assert_eq!(check(&mut it, SECRET, &right(0), at(0)), Ok(true));
        assert_eq!(it.status, FactorStatus::Verified);
        assert_eq!(check(&mut it, SECRET, &right(0), at(1)), Ok(false), "taken");
        assert_eq!(it.wrong_at, [at(1)]);
        assert_eq!(check(&mut it, SECRET, &right(60), at(60)), Ok(true));
        assert!(it.wrong_at.is_empty());
    }

    #[test]
    fn five_wrong_codes_in_ten_minutes_and_twenty_in_a_day_are_the_end_of_it() {
        let mut it = factor();
        for second in 0..5 {
            assert_eq!(check(&mut it, SECRET, &wrong(second), at(second)), Ok(false));
        }
        let before = it.clone();
        assert_eq!(check(&mut it, SECRET, &right(5), at(5)), Err(TooManyGuesses { wait_s: 595 }));
        assert_eq!(it, before, "a refusal changes nothing");
        for batch in 1..4 {
            for second in 0..5 {
                let second = batch * 700 + second;
                assert_eq!(check(&mut it, SECRET, &wrong(second), at(second)), Ok(false));
            }
        }
        let refused = check(&mut it, SECRET, &right(9_000), at(9_000)).unwrap_err();
        assert_eq!(refused.wait_s, 86_400 - 9_000, "twenty in a day");
        assert_eq!(check(&mut it, SECRET, &right(86_400), at(86_400)), Ok(true));
    }

    #[test]
    fn another_step_does_not_bring_a_taken_time_back() {
        for (old, new) in [(30, 60), (60, 30), (30, 20), (20, 30)] {
            let mut it = Factor { config: TotpConfig { step_s: old, ..TotpConfig::default() }, ..factor() };
            let config = TotpConfig { step_s: new, ..it.config };
            let code = totp::code_at(SECRET, at(7).as_second(), &it.config);
            assert_eq!(check(&mut it, SECRET, &code, at(7)), Ok(true));
            let until = (it.last_step + 1) * i64::from(old);
            reconfigure(&mut it, config);
            let first = (it.last_step + 1) * i64::from(new);
            assert!(first >= until && first < until + i64::from(new), "{old} {new}");
        }
    }

    proptest! {
        #[test]
        fn no_order_of_tries_takes_a_code_twice_or_looks_at_more_than_the_limit(
            tries in proptest::collection::vec((0_i64..90, proptest::bool::weighted(0.2)), 1..120),
        ) {
            let mut it = factor();
            let (mut second, mut taken, mut looked_at) = (0, Vec::new(), Vec::new());
            for (later, is_right) in tries {
                second += later;
                let given = if is_right { right(second) } else { wrong(second) };
                match check(&mut it, SECRET, &given, at(second)) {
                    Ok(true) => {
                        prop_assert!(is_right && !taken.contains(&it.last_step));
                        taken.push(it.last_step);
                        looked_at.clear();
                    }
                    Ok(false) => looked_at.push(second),
                    Err(_) => {}
                }
                let shortly = looked_at.iter().filter(|at| second - **at < 600).count();
                let daily = looked_at.iter().filter(|at| second - **at < 86_400).count();
                prop_assert!(shortly <= WRONG_SHORTLY_MAX && daily <= WRONG_DAILY_MAX);
                prop_assert!(it.wrong_at.len() <= WRONG_DAILY_MAX);
            }
        }
    }
}
