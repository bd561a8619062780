//! The guard against artificial traffic: codes asked for so that somebody earns by their delivery, or so that somebody is pestered.
//!
//! It decides on counts of what was sent before, which the store gives, and says which rule refused.

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

/// Rule that refused, and what it saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// Which.
    pub rule: Rule,
    /// How many there were.
    pub seen: u64,
    /// How many there may be.
    pub most: u64,
}

/// Rules, in the order in which they are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Sendings to one number in 10 minutes.
    NumberOften,
    /// Sendings to one number in a day.
    NumberDaily,
    /// Sendings for one client address in an hour.
    ClientOften,
    /// Sendings to one block of numbers in an hour.
    BlockOften,
    /// A block of numbers where hardly any code is ever used.
    BlockUnused,
}

impl Rule {
    /// Constant for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NumberOften => "number-10-minutes",
            Self::NumberDaily => "number-day",
            Self::ClientOften => "client-hour",
            Self::BlockOften => "block-hour",
            Self::BlockUnused => "block-unverified",
        }
    }

    /// Whether it speaks of fraud, and not of one impatient person.
    pub const fn is_fraud(self) -> bool {
        matches!(self, Self::BlockOften | Self::BlockUnused | Self::ClientOften)
    }
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
    /// Whether a code may be sent.
    pub fn decide(&self, counts: &Counts) -> Result<(), Refused> {
        let full = |rule, seen, most: u32| {
            let most = u64::from(most);
            if seen >= most { Err(Refused { rule, seen, most }) } else { Ok(()) }
        };
        full(Rule::NumberOften, counts.number_10m, self.per_number_10_minutes)?;
        full(Rule::NumberDaily, counts.number_1d, self.per_number_day)?;
        full(Rule::ClientOften, counts.client_1h, self.per_client_hour)?;
        full(Rule::BlockOften, counts.block_1h, self.per_block_hour)?;
        let wanted = u64::from(self.conversion_min_percent).saturating_mul(counts.block_1d);
        if counts.block_1d_verified.saturating_mul(100) < wanted {
            full(Rule::BlockUnused, counts.block_1d, self.watched_from)?;
        }
        Ok(())
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

    #[test]
    fn each_rule_refuses_at_its_limit_and_says_so() {
        let policy = Policy::default();
        let rule = |counts: Counts| policy.decide(&counts).err().map(|refused| refused.rule);
        assert_eq!(rule(Counts::default()), None);
        assert_eq!(
            rule(Counts { number_10m: 4, number_1d: 9, block_1h: 49, client_1h: 19, ..Counts::default() }),
            None
        );
        assert_eq!(rule(Counts { number_10m: 5, ..Counts::default() }), Some(Rule::NumberOften));
        assert_eq!(rule(Counts { number_1d: 10, ..Counts::default() }), Some(Rule::NumberDaily));
        assert_eq!(rule(Counts { client_1h: 20, ..Counts::default() }), Some(Rule::ClientOften));
        assert_eq!(rule(Counts { block_1h: 50, ..Counts::default() }), Some(Rule::BlockOften));
    }

    #[test]
    fn a_block_whose_codes_are_not_used_is_closed_and_one_of_real_people_is_not() {
        let policy = Policy::default();
        let day = |sent, verified| {
            policy.decide(&Counts { block_1d: sent, block_1d_verified: verified, ..Counts::default() })
        };
        assert!(day(49, 0).is_ok(), "too few to tell");
        assert_eq!(day(50, 4).unwrap_err().rule, Rule::BlockUnused);
        assert!(day(50, 5).is_ok());
        assert!(day(10_000, 7_000).is_ok());
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
                    let allowed = policy
                        .decide(&Counts { block_1h: *block, block_1d: *block, ..Counts::default() })
                        .is_ok();
                    *block += u64::from(allowed);
                    allowed
                })
                .count()
        };
        assert_eq!(run(&|at| format!("+3247012{:04}", at % 1_000)), 50);
        assert_eq!(run(&|at| format!("+324{:08}", (at * 7_919_993) % 100_000_000)), 1_000);
    }

    #[test]
    fn short_numbers_are_their_own_block() {
        assert_eq!(block("+32470123456"), "+32470123");
        assert_eq!(block("8640"), "8640");
    }
}
