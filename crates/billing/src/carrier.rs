//! What a carrier says it carried, beside what was metered here: call by call, so that a difference has a name.

use std::collections::HashMap;
use std::io::Read;

use flexio_domain::{CallSid, Timestamp};
use jiff::SignedDuration;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Calls of one file.
pub const RECORDS_MAX: usize = 1_000_000;
/// Clocks of carrier and platform may differ by this much for one call.
const CLOCKS: SignedDuration = SignedDuration::from_secs(30);
/// Digits two numbers have to share at their ends: carriers write them with and without country code.
const DIGITS_SHARED: usize = 8;

/// One call of a carrier's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarrierCall {
    /// Its line in the file, from 1.
    pub line: u64,
    /// Answer.
    pub answered_at: Timestamp,
    /// Called number, digits only.
    pub to: String,
    /// Seconds of talk.
    pub seconds: u64,
}

/// One leg that was metered here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnCall {
    /// Which.
    pub sid: CallSid,
    /// Answer.
    pub answered_at: Timestamp,
    /// Called number, digits only.
    pub to: String,
    /// Seconds of talk, rounded up.
    pub seconds: u64,
}

/// Names of the columns that are read; others are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    /// Time of the answer: RFC 3339, or `2026-11-27 12:00:00` on the wall clock of the plan.
    pub answered_at: String,
    /// Called number.
    pub to: String,
    /// Seconds of talk, whole.
    pub seconds: String,
}

impl Default for Columns {
    fn default() -> Self {
        Self { answered_at: "answered_at".to_owned(), to: "to".to_owned(), seconds: "seconds".to_owned() }
    }
}

/// Why a file is not read. Nothing of it is used then.
#[derive(Debug, thiserror::Error)]
pub enum CarrierFileError {
    /// No CSV.
    #[error("not a file of comma-separated values")]
    Csv(#[from] csv::Error),
    /// A column is missing.
    #[error("there is no column {0:?}: name it with --columns")]
    NoColumn(String),
    /// A value cannot be meant.
    #[error("line {line}: {value:?} is not {what}")]
    Value {
        /// Where.
        line: u64,
        /// What stands there.
        value: String,
        /// What should.
        what: &'static str,
    },
    /// Too long.
    #[error("more than {RECORDS_MAX} calls: split the file")]
    TooMany,
}

/// Reads a file with a line of headings.
pub fn read(
    file: impl Read,
    columns: &Columns,
    zone: &TimeZone,
) -> Result<Vec<CarrierCall>, CarrierFileError> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(file);
    let headings = reader.headers()?.clone();
    let column = |name: &str| {
        let found = headings.iter().position(|heading| heading.eq_ignore_ascii_case(name));
        found.ok_or_else(|| CarrierFileError::NoColumn(name.to_owned()))
    };
    let (at, to, seconds) = (column(&columns.answered_at)?, column(&columns.to)?, column(&columns.seconds)?);
    let mut calls = Vec::new();
    for record in reader.records() {
        let record = record?;
        let line = record.position().map_or(0, csv::Position::line);
        let bad = |value: &str, what| CarrierFileError::Value { line, value: value.to_owned(), what };
        let field = |index: usize| record.get(index).unwrap_or_default();
        let called = digits(field(to));
        if called.is_empty() {
            return Err(bad(field(to), "a number"));
        }
        if calls.len() == RECORDS_MAX {
            return Err(CarrierFileError::TooMany);
        }
        calls.push(CarrierCall {
            line,
            answered_at: time(field(at), zone).ok_or_else(|| bad(field(at), "a time"))?,
            to: called,
            seconds: field(seconds).parse().map_err(|_| bad(field(seconds), "whole seconds"))?,
        });
    }
    Ok(calls)
}

fn time(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let local = || text.parse::<DateTime>().ok().and_then(|wall| zone.to_timestamp(wall).ok());
    text.parse().ok().or_else(local)
}

/// The digits of a number, without the zeros before it.
pub fn digits(number: &str) -> String {
    let all: String = number.chars().filter(char::is_ascii_digit).collect();
    all.trim_start_matches('0').to_owned()
}

/// A call that both have, with another length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Line of the file.
    pub line: u64,
    /// Leg.
    pub sid: CallSid,
    /// Seconds of the carrier.
    pub carrier_s: u64,
    /// Seconds metered.
    pub own_s: u64,
}

/// What a file and the legs have in common.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Comparison {
    /// Calls of both, of one length.
    pub same: u64,
    /// Calls of both whose lengths differ by more than what is tolerated.
    pub different: Vec<Difference>,
    /// Lines of calls that only the carrier has.
    pub only_carrier: Vec<u64>,
    /// Legs that only the platform has.
    pub only_own: Vec<CallSid>,
    /// Seconds of all calls of the file.
    pub carrier_s: u64,
    /// Seconds of all legs.
    pub own_s: u64,
}

impl Comparison {
    /// Whether there is nothing to ask the carrier about.
    pub fn agrees(&self) -> bool {
        self.different.is_empty() && self.only_carrier.is_empty() && self.only_own.is_empty()
    }
}

/// Compares: a call of the carrier belongs to the leg to the same number that was answered at nearly the same time, the nearest first taken.
/// Lengths may differ by `tolerance_s`.
pub fn compare(carrier: &[CarrierCall], own: &[OwnCall], tolerance_s: u64) -> Comparison {
    let mut by_end: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, leg) in own.iter().enumerate() {
        by_end.entry(end(&leg.to)).or_default().push(at);
    }
    // All pairs that may belong together, the nearest in time first; of the same distance those nearest in length.
    let mut pairs = Vec::new();
    for (line, call) in carrier.iter().enumerate() {
        for &at in by_end.get(end(&call.to)).into_iter().flatten() {
            let leg = &own[at];
            let apart = leg.answered_at.duration_since(call.answered_at).abs();
            if apart <= CLOCKS && (leg.to.ends_with(&call.to) || call.to.ends_with(&leg.to)) {
                pairs.push((apart, leg.seconds.abs_diff(call.seconds), line, at));
            }
        }
    }
    pairs.sort_unstable();
    let (mut of_carrier, mut of_own) = (vec![false; carrier.len()], vec![false; own.len()]);
    let mut result = Comparison {
        carrier_s: carrier.iter().map(|call| call.seconds).sum(),
        own_s: own.iter().map(|leg| leg.seconds).sum(),
        ..Comparison::default()
    };
    for (_, length, line, at) in pairs {
        if of_carrier[line] || of_own[at] {
            continue;
        }
        (of_carrier[line], of_own[at]) = (true, true);
        if length <= tolerance_s {
            result.same += 1;
        } else {
            let (call, leg) = (&carrier[line], &own[at]);
            let (carrier_s, own_s) = (call.seconds, leg.seconds);
            result.different.push(Difference { line: call.line, sid: leg.sid, carrier_s, own_s });
        }
    }
    result.different.sort_by_key(|it| it.line);
    let left = |taken: &[bool]| (0..taken.len()).filter(|at| !taken[*at]).collect::<Vec<_>>();
    result.only_carrier = left(&of_carrier).into_iter().map(|at| carrier[at].line).collect();
    result.only_own = left(&of_own).into_iter().map(|at| own[at].sid).collect();
    result
}

fn end(number: &str) -> &str {
    &number[number.len().saturating_sub(DIGITS_SHARED)..]
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "Start,Caller,answered_at,TO,seconds\n\
        x,1,2026-11-27T11:00:00Z,0032470123456,61\n\
        x,1,2026-11-27 12:00:05,\"+32 470 12 34 56\",30\n\
        x,1,2026-11-27T13:00:00+01:00,32470999999,5\n";

    fn brussels() -> TimeZone {
        TimeZone::get("Europe/Brussels").unwrap()
    }

    fn own(sid: u128, at: &str, to: &str, seconds: u64) -> OwnCall {
        OwnCall { sid: CallSid::from_u128(sid), answered_at: at.parse().unwrap(), to: to.to_owned(), seconds }
    }

    #[test]
    fn a_file_is_read_by_its_headings_and_refused_as_a_whole() {
        let read = |text: &str| read(text.as_bytes(), &Columns::default(), &brussels());
        let calls = read(FILE).unwrap();
        let seen: Vec<_> = calls
            .iter()
            .map(|it| (it.line, it.answered_at.to_string(), it.to.as_str(), it.seconds))
            .collect();
        assert_eq!(
            seen,
            [
                (2, "2026-11-27T11:00:00Z".to_owned(), "32470123456", 61),
                (3, "2026-11-27T11:00:05Z".to_owned(), "32470123456", 30),
                (4, "2026-11-27T12:00:00Z".to_owned(), "32470999999", 5),
            ]
        );
        for (text, said) in [
            ("to,seconds\n1,2\n", "there is no column \"answered_at\": name it with --columns"),
            ("answered_at,to,seconds\nnoon,1,2\n", "line 2: \"noon\" is not a time"),
            ("answered_at,to,seconds\n2026-11-27T11:00:00Z,1,1.5\n", "line 2: \"1.5\" is not whole seconds"),
            (
                "answered_at,to,seconds\n2026-11-27T11:00:00Z,anonymous,1\n",
                "line 2: \"anonymous\" is not a number",
            ),
        ] {
            assert_eq!(read(text).unwrap_err().to_string(), said);
        }
    }

    #[test]
    fn calls_are_paired_by_number_and_the_nearest_answer() {
        let calls = read(FILE.as_bytes(), &Columns::default(), &brussels()).unwrap();
        let legs = [
            // Five seconds after another to the same number: each with its own.
            own(2, "2026-11-27T11:00:06Z", "32470123456", 31),
            own(1, "2026-11-27T11:00:01Z", "32470123456", 64),
            own(3, "2026-11-27T11:30:00Z", "32470123456", 9),
        ];
        let compared = compare(&calls, &legs, 1);
        assert!(!compared.agrees());
        assert_eq!((compared.same, compared.carrier_s, compared.own_s), (1, 96, 104));
        let different = Difference { line: 2, sid: CallSid::from_u128(1), carrier_s: 61, own_s: 64 };
        assert_eq!(compared.different, [different]);
        assert_eq!((compared.only_carrier, compared.only_own), (vec![4], vec![CallSid::from_u128(3)]));
        assert!(compare(&calls[..1], &[own(1, "2026-11-27T11:00:00Z", "470123456", 60)], 1).agrees());
    }
}
