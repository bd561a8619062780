//! Digit patterns as one table: a step per digit, whatever the number of patterns.

use std::collections::{BTreeSet, HashMap, VecDeque};

use regex_automata::dfa::{Automaton as _, dense};
use regex_automata::nfa::thompson;
use regex_automata::util::primitives::StateID;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input, MatchKind};

/// Digits of the longest number (ITU-T E.164 §6).
pub(crate) const MAX_DIGITS: usize = 15;

/// Bytes an intermediate of the compilation may take: a numbering plan needs some 50 kB.
const SIZE_LIMIT: usize = 4 << 20;

/// Why patterns cannot be used together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AutomatonError {
    /// Not a regular expression, or one that needs more than `SIZE_LIMIT`.
    Pattern(String),
    /// Two patterns, by index, take the same digits.
    Overlap { first: usize, second: usize, example: String },
}

const DEAD: u16 = 0;

/// Which of several disjoint patterns takes the whole of a digit string.
///
/// Two patterns that take the same string are refused by walking all states, so disjointness is proved, not sampled.
#[derive(Debug)]
pub(crate) struct Automaton {
    /// State after a digit; state 0 takes nothing, state 1 is the start.
    next: Vec<[u16; 10]>,
    /// Pattern that takes the digits which lead to a state.
    takes: Vec<Option<u16>>,
}

impl Automaton {
    pub(crate) fn new(patterns: &[&str]) -> Result<Self, AutomatonError> {
        let dfa = dense::Builder::new()
            .configure(
                dense::Config::new()
                    .match_kind(MatchKind::All)
                    .start_kind(regex_automata::dfa::StartKind::Anchored)
                    .dfa_size_limit(Some(SIZE_LIMIT))
                    .determinize_size_limit(Some(SIZE_LIMIT)),
            )
            .thompson(thompson::Config::new().nfa_size_limit(Some(SIZE_LIMIT)))
            .syntax(syntax::Config::new().unicode(false).utf8(false))
            .build_many(patterns)
            .map_err(|error| AutomatonError::Pattern(error.to_string()))?;
        let start = dfa
            .start_state_forward(&Input::new("").anchored(Anchored::Yes))
            .map_err(|error| AutomatonError::Pattern(error.to_string()))?;
        Self::walk(&dfa, start)
    }

    /// Visits every state digits can lead to, keeping for each one string that leads there.
    fn walk(dfa: &dense::DFA<Vec<u32>>, start: StateID) -> Result<Self, AutomatonError> {
        let mut known: HashMap<StateID, u16> = HashMap::from([(start, 1)]);
        let mut built = Self { next: vec![[DEAD; 10]; 2], takes: vec![None; 2] };
        let mut waiting = VecDeque::from([(start, String::new())]);
        while let Some((state, digits)) = waiting.pop_front() {
            let index = usize::from(known[&state]);
            built.takes[index] = taken_by(dfa, state, &digits)?;
            for digit in b'0'..=b'9' {
                let after = dfa.next_state(state, digit);
                if dfa.is_dead_state(after) {
                    continue;
                }
                let target = if let Some(&target) = known.get(&after) {
                    target
                } else {
                    let target = built.add_state()?;
                    known.insert(after, target);
                    waiting.push_back((after, format!("{digits}{}", char::from(digit))));
                    target
                };
                built.next[index][usize::from(digit - b'0')] = target;
            }
        }
        Ok(built)
    }

    fn add_state(&mut self) -> Result<u16, AutomatonError> {
        let state = u16::try_from(self.next.len())
            .map_err(|_| AutomatonError::Pattern("needs more than 65535 states".into()))?;
        self.next.push([DEAD; 10]);
        self.takes.push(None);
        Ok(state)
    }

    /// The pattern that takes all of `digits`; none for a string with another character in it.
    pub(crate) fn find(&self, digits: &str) -> Option<usize> {
        let mut state = 1_u16;
        for byte in digits.bytes() {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 || state == DEAD {
                return None;
            }
            state = self.next[usize::from(state)][usize::from(digit)];
        }
        self.takes[usize::from(state)].map(usize::from)
    }

    /// The shortest prefixes that lead to patterns of one group alone, and that group, in the order of their digits; `groups` has one for
    /// each pattern. Where a string of one group begins longer ones of another, the longest prefix that fits counts.
    pub(crate) fn prefixes(&self, groups: &[usize]) -> Vec<(String, usize)> {
        let leads = self.leads(groups);
        let mut found = Vec::new();
        let mut waiting = vec![(1_u16, String::new())];
        while let Some((state, digits)) = waiting.pop() {
            let at = usize::from(state);
            let mut ahead = leads[at].iter();
            match (ahead.next(), ahead.next()) {
                (None, _) => continue,
                (Some(&group), None) => {
                    found.push((digits, group));
                    continue;
                }
                (Some(_), Some(_)) => {}
            }
            if let Some(pattern) = self.takes[at] {
                found.push((digits.clone(), groups[usize::from(pattern)]));
            }
            if digits.len() < MAX_DIGITS {
                let next = self.next[at].iter().enumerate().rev();
                waiting.extend(next.map(|(digit, &after)| (after, format!("{digits}{digit}"))));
            }
        }
        found
    }

    /// For each state, the groups of the patterns that digits can still lead to.
    fn leads(&self, groups: &[usize]) -> Vec<BTreeSet<usize>> {
        let own = |takes: &Option<u16>| takes.iter().map(|&pattern| groups[usize::from(pattern)]).collect();
        let mut leads: Vec<BTreeSet<usize>> = self.takes.iter().map(own).collect();
        let mut grew = true;
        // Each round but the last adds a group to a state, and both are bounded.
        while grew {
            grew = false;
            for state in (1..leads.len()).rev() {
                for &next in &self.next[state] {
                    let more: Vec<usize> =
                        leads[usize::from(next)].difference(&leads[state]).copied().collect();
                    grew |= !more.is_empty();
                    leads[state].extend(more);
                }
            }
        }
        leads
    }

    /// Lengths, up to [`MAX_DIGITS`], of the strings that `pattern` takes.
    pub(crate) fn lengths(&self, pattern: usize) -> Vec<usize> {
        let mut layer = vec![false; self.next.len()];
        layer[1] = true;
        let mut lengths = Vec::new();
        for length in 0..=MAX_DIGITS {
            let mut after = vec![false; self.next.len()];
            for state in (1..layer.len()).filter(|&state| layer[state]) {
                if self.takes[state].map(usize::from) == Some(pattern) && lengths.last() != Some(&length) {
                    lengths.push(length);
                }
                for &next in &self.next[state] {
                    after[usize::from(next)] = true;
                }
            }
            layer = after;
        }
        lengths
    }
}

/// The one pattern that takes the digits which led to `state`.
fn taken_by(dfa: &dense::DFA<Vec<u32>>, state: StateID, digits: &str) -> Result<Option<u16>, AutomatonError> {
    let end = dfa.next_eoi_state(state);
    if !dfa.is_match_state(end) {
        return Ok(None);
    }
    let pattern = |index| dfa.match_pattern(end, index).as_usize();
    if dfa.match_len(end) > 1 {
        return Err(AutomatonError::Overlap {
            first: pattern(0),
            second: pattern(1),
            example: digits.to_owned(),
        });
    }
    Ok(u16::try_from(pattern(0)).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_takes_whole_strings_only() {
        let automaton = Automaton::new(&[r"^12\d$", "3[45]"]).unwrap();
        assert_eq!(automaton.find("123"), Some(0));
        assert_eq!(automaton.find("34"), Some(1));
        for other in ["", "12", "1234", "345", "134", "12x", "1２3"] {
            assert_eq!(automaton.find(other), None, "{other}");
        }
        assert_eq!(automaton.lengths(0), [3]);
        assert_eq!(Automaton::new(&[r"^7\d{2,4}$"]).unwrap().lengths(0), [3, 4, 5]);
    }

    #[test]
    fn prefixes_are_as_short_as_they_tell_groups_apart() {
        let automaton =
            Automaton::new(&[r"^4[5-9]\d{2}$", r"^4[0-4]\d$", r"^5\d{2}$", r"^1$", r"^12$"]).unwrap();
        let prefixes = |groups: &[usize]| {
            let found = automaton.prefixes(groups);
            found.into_iter().map(|(digits, group)| format!("{digits}:{group}")).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(
            prefixes(&[0, 1, 1, 2, 3]),
            "1:2 12:3 40:1 41:1 42:1 43:1 44:1 45:0 46:0 47:0 48:0 49:0 5:1"
        );
        assert_eq!(prefixes(&[1, 1, 1, 2, 2]), "1:2 4:1 5:1");
        assert_eq!(prefixes(&[0, 0, 0, 0, 0]), ":0");
    }

    #[test]
    fn two_patterns_that_share_one_number_are_refused_with_that_number() {
        let overlap = Automaton::new(&[r"^4\d{3}$", r"^5\d$", r"^\d{2}99$"]).unwrap_err();
        let AutomatonError::Overlap { first: 0, second: 2, example } = overlap else { panic!("{overlap:?}") };
        assert!(example.starts_with('4') && example.ends_with("99") && example.len() == 4, "{example}");
    }

    #[test]
    fn a_pattern_that_is_broken_or_huge_is_refused() {
        assert!(matches!(Automaton::new(&["("]), Err(AutomatonError::Pattern(_))));
        assert!(matches!(Automaton::new(&[r"^(\d{1000}){1000}$"]), Err(AutomatonError::Pattern(_))));
    }
}
