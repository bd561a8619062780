//! When a segment that was not taken is tried again. The policy is data; time and seed are arguments.

use flexio_domain::{ErrorCode, Timestamp};
use jiff::SignedDuration;

use crate::errors;

/// What a refusal says about another try.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Disposition {
    /// The carrier is busy with us: slower.
    Throttled,
    /// The carrier, or the way to it, is in trouble: later.
    Temporary,
    /// This message will never be taken.
    Permanent,
}

/// Sorts a `command_status` (SMPP 3.4 §5.1.3) of a refused submit. Only what is known to pass is tried again: a
/// wrong guess the other way sends nothing twice but wastes the carrier's patience.
pub const fn classify(command_status: u32) -> Disposition {
    match command_status {
        // ESME_RMSGQFUL, ESME_RTHROTTLED.
        0x14 | 0x58 => Disposition::Throttled,
        // ESME_RINVBNDSTS, ESME_RALYBND, ESME_RSYSERR, ESME_RX_T_APPN, ESME_RSERTYPUNAVAIL.
        0x04 | 0x05 | 0x08 | 0x64 | 0x102 => Disposition::Temporary,
        _ => Disposition::Permanent,
    }
}

/// What one carrier means by its codes, where that is not what SMPP says. A code stands in one list at most.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Meanings {
    /// Values of `command_status` that mean [`Disposition::Throttled`].
    pub throttled: Vec<u32>,
    /// Values that mean [`Disposition::Temporary`].
    pub temporary: Vec<u32>,
    /// Values that mean [`Disposition::Permanent`].
    pub permanent: Vec<u32>,
}

impl Meanings {
    /// Sorts a `command_status` of this carrier.
    pub fn classify(&self, command_status: u32) -> Disposition {
        if self.throttled.contains(&command_status) {
            Disposition::Throttled
        } else if self.temporary.contains(&command_status) {
            Disposition::Temporary
        } else if self.permanent.contains(&command_status) {
            Disposition::Permanent
        } else {
            classify(command_status)
        }
    }

    /// A code that stands in two lists, or that is no refusal.
    pub fn fault(&self) -> Option<u32> {
        let all = || self.throttled.iter().chain(&self.temporary).chain(&self.permanent);
        all().copied().find(|code| *code == 0 || all().filter(|other| *other == code).count() > 1)
    }
}

/// Doubling waits: the n-th lies between half of and the whole `first × 2ⁿ`, never above `longest`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waits {
    /// The first.
    pub first: SignedDuration,
    /// The longest.
    pub longest: SignedDuration,
}

/// When to try again, per route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// After a throttled submit. These are many and short, so they do not count as tries.
    pub throttled: Waits,
    /// After a temporary error.
    pub temporary: Waits,
    /// Tries ended by temporary errors before giving up.
    pub tries_max: u32,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            throttled: Waits { first: SignedDuration::from_secs(1), longest: SignedDuration::from_secs(30) },
            temporary: Waits { first: SignedDuration::from_secs(5), longest: SignedDuration::from_mins(10) },
            tries_max: 10,
        }
    }
}

/// What to do after a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Wait until then.
    RetryAt(Timestamp),
    /// The message has this error.
    GiveUp(ErrorCode),
}

/// One refused try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Try {
    /// What the carrier said.
    pub command_status: u32,
    /// What it means by that ([`Meanings::classify`]).
    pub disposition: Disposition,
    /// Tries of this message so far, this one included, at least 1.
    pub attempts: u32,
    /// When its validity ends: no try is made from then on.
    pub expires_at: Timestamp,
    /// Spreads the waits of messages refused together, for example the message's sid.
    pub seed: u64,
}

impl RetryPolicy {
    /// Decides on another try.
    pub fn decide(&self, now: Timestamp, failed: Try) -> Decision {
        let code = errors::of_command_status(failed.command_status);
        let waits = match failed.disposition {
            Disposition::Permanent => return Decision::GiveUp(code),
            Disposition::Temporary if failed.attempts >= self.tries_max => return Decision::GiveUp(code),
            Disposition::Temporary => self.temporary,
            Disposition::Throttled => self.throttled,
        };
        let at = now.saturating_add(waits.nth(failed.attempts.saturating_sub(1), failed.seed));
        match at {
            Ok(at) if at < failed.expires_at => Decision::RetryAt(at),
            Ok(_) | Err(_) => Decision::GiveUp(code),
        }
    }
}

impl Waits {
    /// The `n`-th wait, from 0, for `seed`.
    pub fn nth(&self, n: u32, seed: u64) -> SignedDuration {
        let factor = 1i32.checked_shl(n.min(30)).unwrap_or(i32::MAX);
        let whole = self.first.saturating_mul(factor).min(self.longest);
        let half_ms = u64::try_from(whole.as_millis() / 2).unwrap_or(0);
        // One round of SplitMix64 spreads neighbouring seeds.
        let mut z = seed.wrapping_add(u64::from(n)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z ^= z >> 31;
        let random_ms = i64::try_from(z % (half_ms + 1)).unwrap_or(0);
        whole / 2 + SignedDuration::from_millis(random_ms)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_780_000_000 + second).unwrap()
    }

    fn failed(command_status: u32, attempts: u32) -> Try {
        Try {
            command_status,
            disposition: classify(command_status),
            attempts,
            expires_at: at(14_400),
            seed: 1,
        }
    }

    #[test]
    fn only_what_can_pass_is_tried_again() {
        let policy = RetryPolicy::default();
        let decide = |status, attempts| policy.decide(at(0), failed(status, attempts));
        assert_eq!(decide(0x0B, 1), Decision::GiveUp(ErrorCode::UnknownHandset));
        assert!(matches!(decide(0x58, 50), Decision::RetryAt(_)), "throttling is not counted");
        assert!(matches!(decide(0x08, 9), Decision::RetryAt(_)));
        assert_eq!(decide(0x08, 10), Decision::GiveUp(ErrorCode::DeliveryUnknown));
    }

    #[test]
    fn no_try_is_planned_after_the_validity() {
        let policy = RetryPolicy::default();
        assert_eq!(policy.decide(at(14_399), failed(0x58, 9)), Decision::GiveUp(ErrorCode::QueueOverflow));
    }

    #[test]
    fn a_carrier_may_mean_other_things_by_its_codes() {
        let meanings = Meanings { throttled: vec![0x405], temporary: vec![0x0B], permanent: vec![0x58] };
        let table = [
            (0x405, Disposition::Throttled),
            (0x0B, Disposition::Temporary),
            (0x58, Disposition::Permanent),
            (0x14, Disposition::Throttled),
            (0x08, Disposition::Temporary),
            (0x45, Disposition::Permanent),
        ];
        for (status, expected) in table {
            assert_eq!(meanings.classify(status), expected, "{status:#x}");
        }
        assert_eq!(meanings.fault(), None);
        assert_eq!(Meanings { temporary: vec![0x405], ..meanings.clone() }.fault(), Some(0x405));
        assert_eq!(Meanings { permanent: vec![0], ..meanings }.fault(), Some(0), "an acceptance is none");
    }

    proptest! {
        #[test]
        fn waits_grow_within_their_half_and_never_pass_the_longest(n in 0u32..100, seed: u64) {
            let waits = RetryPolicy::default().temporary;
            let whole = SignedDuration::from_secs(5 * (1i64 << n.min(20))).min(waits.longest);
            let wait = waits.nth(n, seed);
            prop_assert!(wait >= whole / 2 && wait <= whole, "{wait:?} of {whole:?}");
        }
    }
}
