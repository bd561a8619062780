//! What follows an invoice that is not paid: reminder, notice of default, warning, suspension, end.
//!
//! A term is counted in full calendar days (Code of Economic Law, Book XIX, for consumers; used for companies too): it begins on the day
//! after an e-mail has left, or on the third working day after a letter was posted. What is in dispute is asked for by nobody, so `owed`
//! leaves it out. Once all is paid, or what is left is in dispute, everything ends; should something be owed again, it begins anew with a
//! reminder.

use flexio_domain::{LetterChannel, LetterKind, Money};
use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

/// How long everything waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DunningRules {
    /// Days from the due date to the reminder.
    pub reminder_days: u16,
    /// Full calendar days that reminder, notice and warning leave; never below 14.
    pub term_days: u16,
    /// Days from the suspension to the end of the contract.
    pub close_days: u16,
    /// Nothing is written for less than this.
    pub least: Money,
}

impl Default for DunningRules {
    fn default() -> Self {
        Self { reminder_days: 3, term_days: 14, close_days: 60, least: Money::from_micros(5_000_000) }
    }
}

/// A letter that reached its way: the e-mail has left, or it was posted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// What for.
    pub kind: LetterKind,
    /// How it went.
    pub channel: LetterChannel,
    /// Day it left.
    pub on: Date,
    /// The day that a warning names.
    pub suspend_on: Option<Date>,
}

/// Where an invoice stands.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'s> {
    /// Last day to pay.
    pub due_on: Date,
    /// Open, and not in dispute.
    pub owed: Money,
    /// What was written about it, oldest first.
    pub letters: &'s [Written],
}

/// What is to be done today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DunningStep {
    /// Write the reminder, which is free.
    Remind,
    /// Declare default.
    Notify,
    /// Warn that the service will be suspended.
    Warn {
        /// On which day.
        suspend_on: Date,
    },
    /// Suspend the service.
    Suspend,
    /// End the contract.
    Close,
    /// Lift the suspension: nothing is owed any more.
    Restore,
}

impl DunningStep {
    /// The letter that goes with it.
    pub const fn letter(self) -> LetterKind {
        match self {
            Self::Remind => LetterKind::Reminder,
            Self::Notify => LetterKind::Notice,
            Self::Warn { .. } => LetterKind::Warning,
            Self::Suspend => LetterKind::Suspension,
            Self::Close => LetterKind::Closing,
            Self::Restore => LetterKind::Restoration,
        }
    }
}

/// The step of today; `channel` is how a letter of today would go. `None`: nothing yet, or nothing more.
pub fn next(
    today: Date,
    rules: &DunningRules,
    channel: LetterChannel,
    standing: &Standing<'_>,
) -> Option<DunningStep> {
    let begun = standing.letters.iter().rposition(|it| it.kind == LetterKind::Restoration);
    let letters = &standing.letters[begun.map_or(0, |at| at + 1)..];
    let last = |kind| letters.iter().rev().find(|it| it.kind == kind);
    if last(LetterKind::Closing).is_some() {
        return None;
    }
    let suspended = last(LetterKind::Suspension);
    if standing.owed <= Money::ZERO {
        return suspended.map(|_| DunningStep::Restore);
    }
    let after = |letter: &Written| after_term(letter.on, letter.channel, rules.term_days);
    let (step, from) = if let Some(suspended) = suspended {
        (DunningStep::Close, later(suspended.on, rules.close_days))
    } else if standing.owed < rules.least {
        return None;
    } else if let Some(warning) = last(LetterKind::Warning) {
        // One that left later than it was written for leaves its whole term all the same.
        (DunningStep::Suspend, after(warning).max(warning.suspend_on.unwrap_or(Date::MIN)))
    } else if let Some(notice) = last(LetterKind::Notice) {
        let suspend_on = after_term(today, channel, rules.term_days);
        (DunningStep::Warn { suspend_on }, after(notice))
    } else if let Some(reminder) = last(LetterKind::Reminder) {
        (DunningStep::Notify, after(reminder))
    } else {
        (DunningStep::Remind, later(standing.due_on, rules.reminder_days))
    };
    (today >= from).then_some(step)
}

/// The first day behind `days` full calendar days of a letter that left on `sent`.
pub fn after_term(sent: Date, channel: LetterChannel, days: u16) -> Date {
    let begins = match channel {
        LetterChannel::Email => later(sent, 1),
        LetterChannel::Post => third_working_day(sent),
    };
    later(begins, days.max(14))
}

fn later(day: Date, days: u16) -> Date {
    day.checked_add(i64::from(days).days()).unwrap_or(Date::MAX)
}

fn third_working_day(after: Date) -> Date {
    let days = std::iter::successors(Some(after), |day| day.tomorrow().ok()).skip(1);
    days.filter(|day| is_working_day(*day)).nth(2).unwrap_or(Date::MAX)
}

/// Not a Saturday, a Sunday or a public holiday of Belgium.
pub(crate) fn is_working_day(day: Date) -> bool {
    const FIXED: [(i8, i8); 7] = [(1, 1), (5, 1), (7, 21), (8, 15), (11, 1), (11, 11), (12, 25)];
    if matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
        || FIXED.contains(&(day.month(), day.day()))
    {
        return false;
    }
    // Easter Monday, Ascension Day, Whit Monday.
    let easter = easter(day.year());
    [1, 39, 50].iter().all(|days| later(easter, *days) != day)
}

/// Easter Sunday of the Gregorian calendar (Meeus, Jones and Butcher).
pub(crate) fn easter(year: i16) -> Date {
    let year_of = i32::from(year);
    let golden = year_of % 19;
    let (century, in_century) = (year_of / 100, year_of % 100);
    let correction = (century - (century + 8) / 25 + 1) / 3;
    let epact = (19 * golden + century - century / 4 - correction + 15) % 30;
    let weekday = (32 + 2 * (century % 4) + 2 * (in_century / 4) - epact - in_century % 4) % 7;
    let shift = (golden + 11 * epact + 22 * weekday) / 451;
    let days = epact + weekday - 7 * shift + 114;
    let (month, day) = (i8::try_from(days / 31), i8::try_from(days % 31 + 1));
    Date::new(year, month.unwrap_or(4), day.unwrap_or(1)).unwrap_or(Date::MAX)
}

#[cfg(test)]
mod tests;
