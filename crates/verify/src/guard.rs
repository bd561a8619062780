//! The guard against artificial traffic: codes asked for so that somebody earns by their delivery, or so that somebody is pestered.
//!
//! It decides on counts of what was sent before, which the store gives, and says what each rule saw.

use flexio_domain::{GuardFigure, GuardRule};
use serde::Deserialize;

/// What was sent before the present request, in the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// To the number in the last 10 minutes.
    pub number_10m: u64,
    /// To the number in the last day.
    pub number_1d: u64,
    /// To numbers of the same block (all but the last three digits) in the last hour.
    pub block_1h: u64,
    /// To the same block in the last day.
    pub block_1d: u64,
    /// Of those, how many were verified.
    pub block_1d_verified: u64,
    /// For the same address of an end user in the last hour; 0 where the request names none.
    pub client_1h: u64,
}

/// Limits of the guard; an operator may set them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// To one number in 10 minutes.
    pub per_number_10_minutes: u32,
    /// To one number in a day.
    pub per_number_day: u32,
    /// To one block of a thousand numbers in an hour.
    pub per_block_hour: u32,
    /// For one address of an end user in an hour, where requests name it.
    pub per_client_hour: u32,
    /// Codes to a block in a day from which on it is watched how many of them are used.
    pub watched_from: u32,
    /// Percent of them that must be used.
    pub conversion_min_percent: u8,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            per_number_10_minutes: 5,
            per_number_day: 10,
            per_block_hour: 50,
            per_client_hour: 20,
            watched_from: 50,
            conversion_min_percent: 10,
        }
    }
}

impl Policy {
    /// What each rule sees in these counts, in the order in which they are asked; the first that refuses decides.
    pub fn figures(&self, counts: &Counts) -> [GuardFigure; 5] {
        let plain = |rule, seen, most: u32| {
            let most = u64::from(most);
            GuardFigure { rule, seen, most, used: None, refuses: seen >= most }
        };
        let unused = plain(GuardRule::BlockUnused, counts.block_1d, self.watched_from);
        let wanted = u64::from(self.conversion_min_percent).saturating_mul(counts.block_1d);
        let is_unused = counts.block_1d_verified.saturating_mul(100) < wanted;
        [
            plain(GuardRule::NumberOften, counts.number_10m, self.per_number_10_minutes),
            plain(GuardRule::NumberDaily, counts.number_1d, self.per_number_day),
            plain(GuardRule::ClientOften, counts.client_1h, self.per_client_hour),
            plain(GuardRule::BlockOften, counts.block_1h, self.per_block_hour),
            GuardFigure {
                used: Some(counts.block_1d_verified),
                refuses: unused.refuses && is_unused,
                ..unused
            },
        ]
    }
}

/// The block of numbers a number belongs to: all but its last three digits, where that leaves a country code and more. Numbers that a
/// generator makes lie in few blocks; those of real people do not.
pub fn block(number: &str) -> &str {
    number.len().checked_sub(3).filter(|end| *end >= 6).map_or(number, |end| &number[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(policy: &Policy, counts: &Counts) -> Option<GuardRule> {
        policy.figures(counts).into_iter().find(|figure| figure.refuses).map(|figure| figure.rule)
    }

    #[test]
    fn each_rule_refuses_at_its_limit_and_says_so() {
        let policy = Policy::default();
        let rule = |counts: Counts| refusal(&policy, &counts);
        assert_eq!(rule(Counts::default()), None);
        assert_eq!(
            rule(Counts { number_10m: 4, number_1d: 9, block_1h: 49, client_1h: 19, ..Counts::default() }),
            None
        );
        assert_eq!(rule(Counts { number_10m: 5, ..Counts::default() }), Some(GuardRule::NumberOften));
        assert_eq!(rule(Counts { number_1d: 10, ..Counts::default() }), Some(GuardRule::NumberDaily));
        assert_eq!(rule(Counts { client_1h: 20, ..Counts::default() }), Some(GuardRule::ClientOften));
        assert_eq!(rule(Counts { block_1h: 50, ..Counts::default() }), Some(GuardRule::BlockOften));
    }

    #[test]
    fn a_block_whose_codes_are_not_used_is_closed_and_one_of_real_people_is_not() {
        let policy = Policy::default();
        let day = |sent, verified| {
            refusal(&policy, &Counts { block_1d: sent, block_1d_verified: verified, ..Counts::default() })
        };
        assert_eq!(day(49, 0), None, "too few to tell");
        assert_eq!(day(50, 4), Some(GuardRule::BlockUnused));
        assert_eq!(day(50, 5), None);
        assert_eq!(day(10_000, 7_000), None);
    }

    #[test]
    fn a_generator_of_numbers_in_a_row_is_stopped_and_scattered_people_are_not() {
        let policy = Policy::default();
        let run = |number: &dyn Fn(u64) -> String| {
            let mut sent: std::collections::HashMap<String, u64> = std::collections::HashMap::new();
            (0..1_000)
                .filter(|at| {
                    let number = number(*at);
                    let block = sent.entry(block(&number).to_owned()).or_default();
                    let counts = Counts { block_1h: *block, block_1d: *block, ..Counts::default() };
                    let allowed = refusal(&policy, &counts).is_none();
                    *block += u64::from(allowed);
                    allowed
                })
                .count()
        };
        assert_eq!(run(&|at| format!("+3247012{:04}", at % 1_000)), 50);
        assert_eq!(run(&|at| format!("+324{:08}", (at * 7_919_993) % 100_000_000)), 1_000);
    }

    #[test]
    fn what_each_rule_saw_is_told_whoever_refuses() {
        let counts = Counts { number_10m: 1, block_1d: 60, block_1d_verified: 2, ..Counts::default() };
        let figures = Policy::default().figures(&counts);
        assert_eq!(figures.map(|figure| figure.rule), GuardRule::ALL);
        assert_eq!((figures[0].seen, figures[0].most, figures[0].refuses), (1, 5, false));
        let unused =
            GuardFigure { rule: GuardRule::BlockUnused, seen: 60, most: 50, used: Some(2), refuses: true };
        assert_eq!(figures[4], unused);
    }

    #[test]
    fn short_numbers_are_their_own_block() {
        assert_eq!(block("+32470123456"), "+32470123");
        assert_eq!(block("8640"), "8640");
    }
}
