use jiff::civil::date;

use super::*;

const EMAIL: LetterChannel = LetterChannel::Email;

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn euros(euros: i64) -> Money {
    Money::from_micros(euros * 1_000_000)
}

/// Walks from the due date on, a day at a time: letters leave on the day they are written, unless `sent` says otherwise.
fn walk(
    due_on: Date,
    channel: LetterChannel,
    days: u16,
    owed: impl Fn(Date) -> Money,
    sent: impl Fn(Date) -> Date,
) -> Vec<(Date, DunningStep)> {
    let rules = DunningRules::default();
    let mut letters: Vec<Written> = Vec::new();
    let mut steps = Vec::new();
    for today in (0..days).map(|days| later(due_on, days)) {
        let here: Vec<Written> = letters.iter().copied().filter(|it| it.on <= today).collect();
        if here.len() < letters.len() {
            continue;
        }
        let standing = Standing { due_on, owed: owed(today), letters: &here };
        if let Some(step) = next(today, &rules, channel, &standing) {
            let suspend_on =
                if let DunningStep::Warn { suspend_on } = step { Some(suspend_on) } else { None };
            letters.push(Written { kind: step.letter(), channel, on: sent(today), suspend_on });
            steps.push((today, step));
        }
    }
    steps
}

fn days(steps: &[(Date, DunningStep)]) -> Vec<String> {
    steps.iter().map(|(day, step)| format!("{day} {}", step.letter().as_str())).collect()
}

#[test]
fn an_invoice_nobody_pays_goes_the_whole_way_by_email() {
    for (due, expected) in [
        // Month ends, a leap day, summer time, and weekends do not move a term that an e-mail sets.
        (
            "2027-01-02",
            ["01-05 reminder", "01-20 notice", "02-04 warning", "02-19 suspension", "04-20 closing"],
        ),
        (
            "2028-01-28",
            ["01-31 reminder", "02-15 notice", "03-01 warning", "03-16 suspension", "05-15 closing"],
        ),
        (
            "2027-02-25",
            ["02-28 reminder", "03-15 notice", "03-30 warning", "04-14 suspension", "06-13 closing"],
        ),
    ] {
        let due = day(due);
        let steps = walk(due, EMAIL, 200, |_| euros(50), |day| day);
        let year = due.year();
        assert_eq!(days(&steps), expected.map(|step| format!("{year}-{step}")), "{due}");
        let warned = steps.iter().find_map(|(_, step)| match step {
            DunningStep::Warn { suspend_on } => Some(*suspend_on),
            _ => None,
        });
        assert_eq!(warned, Some(steps[3].0), "the service is suspended on the day that was named");
    }
}

#[test]
fn a_posted_letter_counts_from_the_third_working_day() {
    // Posted on a Friday: Monday, Tuesday, Wednesday.
    assert_eq!(after_term(day("2027-01-08"), LetterChannel::Post, 14), day("2027-01-27"));
    // Thursday before Easter 2027: Friday, then Easter Monday is none, Tuesday, Wednesday.
    assert_eq!(third_working_day(day("2027-03-25")), day("2027-03-31"));
    // Christmas and New Year.
    assert_eq!(third_working_day(day("2026-12-24")), day("2026-12-30"));
    assert_eq!(third_working_day(day("2026-12-30")), day("2027-01-05"));
    let steps = walk(day("2027-01-05"), LetterChannel::Post, 200, |_| euros(50), |day| day);
    assert_eq!(
        days(&steps)[..4],
        ["2027-01-08 reminder", "2027-01-27 notice", "2027-02-15 warning", "2027-03-04 suspension"]
    );
}

#[test]
fn easter_is_where_the_calendar_has_it() {
    for (year, sunday) in [
        (2024, "2024-03-31"),
        (2025, "2025-04-20"),
        (2026, "2026-04-05"),
        (2027, "2027-03-28"),
        (2038, "2038-04-25"),
    ] {
        assert_eq!(easter(year), day(sunday));
    }
    for holiday in ["2026-04-06", "2026-05-14", "2026-05-25", "2026-07-21", "2026-11-11", "2026-11-28"] {
        assert!(!is_working_day(day(holiday)), "{holiday}");
    }
    assert!(is_working_day(day("2026-11-27")));
}

#[test]
fn whenever_payment_comes_it_ends_there_and_lifts_what_was_suspended() {
    let due_on = day("2026-12-30");
    let unpaid = walk(due_on, EMAIL, 140, |_| euros(50), |day| day);
    for paid_on in (0..140).map(|days| later(due_on, days)) {
        let owed = |today: Date| if today < paid_on { euros(50) } else { Money::ZERO };
        let steps = walk(due_on, EMAIL, 140, owed, |day| day);
        let before: Vec<_> = unpaid.iter().copied().filter(|(day, _)| *day < paid_on).collect();
        let (suspended, closed) = (
            before.iter().any(|(_, step)| *step == DunningStep::Suspend),
            before.iter().any(|(_, step)| *step == DunningStep::Close),
        );
        let mut expected = before;
        if suspended && !closed {
            expected.push((paid_on, DunningStep::Restore));
        }
        assert_eq!(steps, expected, "paid on {paid_on}");
    }
}

#[test]
fn a_part_that_is_paid_does_not_end_it_and_cents_do_not_begin_it() {
    let due_on = day("2027-01-02");
    let part = |today: Date| if today < day("2027-01-10") { euros(50) } else { euros(20) };
    assert_eq!(walk(due_on, EMAIL, 60, part, |day| day).len(), 4);
    let rest =
        |today: Date| if today < day("2027-01-10") { euros(50) } else { Money::from_micros(4_990_000) };
    assert_eq!(days(&walk(due_on, EMAIL, 60, rest, |day| day)), ["2027-01-05 reminder"]);
}

#[test]
fn a_dispute_pauses_and_what_was_lifted_begins_anew() {
    let due_on = day("2027-01-02");
    // All of it is in dispute from the day after the notice to the end of February.
    let paused = |today: Date| {
        let disputed = (day("2027-01-21")..=day("2027-02-28")).contains(&today);
        if disputed { Money::ZERO } else { euros(50) }
    };
    let steps = days(&walk(due_on, EMAIL, 90, paused, |day| day));
    assert_eq!(
        steps[..4],
        ["2027-01-05 reminder", "2027-01-20 notice", "2027-03-01 warning", "2027-03-16 suspension"]
    );
    // In dispute while suspended: lifted, and a reminder is the first step again.
    let lifted = |today: Date| {
        let disputed = (day("2027-02-25")..=day("2027-03-05")).contains(&today);
        if disputed { Money::ZERO } else { euros(50) }
    };
    let steps = days(&walk(due_on, EMAIL, 80, lifted, |day| day));
    assert_eq!(
        steps[3..],
        ["2027-02-19 suspension", "2027-02-25 restoration", "2027-03-06 reminder", "2027-03-21 notice"]
    );
}

#[test]
fn a_warning_that_left_late_leaves_its_term_all_the_same() {
    let due_on = day("2027-01-02");
    let late = |written: Date| if written == day("2027-02-04") { day("2027-02-06") } else { written };
    let steps = walk(due_on, EMAIL, 60, |_| euros(50), late);
    assert_eq!(days(&steps)[3], "2027-02-21 suspension");
    let rules = DunningRules { term_days: 3, ..DunningRules::default() };
    assert_eq!(
        after_term(date(2027, 1, 1), EMAIL, rules.term_days),
        day("2027-01-16"),
        "never below 14 days"
    );
}
