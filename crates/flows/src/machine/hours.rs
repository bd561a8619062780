//! Business hours, Belgian public holidays, and when a schedule is next due.

use flexio_domain::Timestamp;
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{ToSpan, ZonedDateTime};

use crate::nodes::{BusinessHours, Day, ScheduleTrigger};

/// Zone where none is written.
const ZONE: &str = "Europe/Brussels";

/// A zone of the database the program carries; empty is Belgium's.
pub(crate) fn zone(name: &str) -> Result<TimeZone, String> {
    let name = if name.is_empty() { ZONE } else { name };
    TimeZoneDatabase::bundled().get(name).map_err(|_| format!("`{name}` is not a time zone"))
}

/// `HH:MM` in minutes; `24:00` is the end of the day.
pub(crate) fn minutes(text: &str) -> Option<i32> {
    let (hours, minutes) = text.split_once(':')?;
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    let total = hours * 60 + minutes;
    ((0..60).contains(&minutes) && (0..=24 * 60).contains(&total)).then_some(total)
}

fn day_of(date: Date) -> Day {
    match date.weekday() {
        Weekday::Monday => Day::Mon,
        Weekday::Tuesday => Day::Tue,
        Weekday::Wednesday => Day::Wed,
        Weekday::Thursday => Day::Thu,
        Weekday::Friday => Day::Fri,
        Weekday::Saturday => Day::Sat,
        Weekday::Sunday => Day::Sun,
    }
}

/// `open`, `closed` or `holiday` at `now`.
pub(super) fn port(hours: &BusinessHours, now: Timestamp) -> Result<&'static str, String> {
    let now = now.to_zoned_datetime(zone(&hours.timezone)?);
    let date = now.date();
    let is_off = hours.closed.iter().any(|closed| closed.parse::<Date>().is_ok_and(|closed| closed == date));
    if is_off || (hours.belgian_holidays && is_belgian_holiday(date)) {
        return Ok("holiday");
    }
    let minute = i32::from(now.hour()) * 60 + i32::from(now.minute());
    for span in &hours.hours {
        let (Some(from), Some(to)) = (minutes(&span.from), minutes(&span.to)) else {
            return Err(format!("`{}` to `{}` are not times of day", span.from, span.to));
        };
        if from <= to {
            if span.days.contains(&day_of(date)) && (from..to).contains(&minute) {
                return Ok("open");
            }
            continue;
        }
        // Over midnight: the late part belongs to the day before.
        let yesterday = date.yesterday().map_err(|error| error.to_string())?;
        let late = span.days.contains(&day_of(date)) && minute >= from;
        let early = span.days.contains(&day_of(yesterday)) && minute < to;
        if late || early {
            return Ok("open");
        }
    }
    Ok("closed")
}

/// The ten legal public holidays of Belgium (royal decree of 18 April 1974, article 1).
pub fn is_belgian_holiday(date: Date) -> bool {
    const FIXED: [(i8, i8); 7] = [(1, 1), (5, 1), (7, 21), (8, 15), (11, 1), (11, 11), (12, 25)];
    if FIXED.contains(&(date.month(), date.day())) {
        return true;
    }
    let Some(easter) = easter(date.year()) else { return false };
    // Easter Monday, Ascension Day, Whit Monday.
    [1, 39, 50].iter().any(|days| easter.checked_add(days.days()).is_ok_and(|holiday| holiday == date))
}

/// Easter Sunday of the Gregorian calendar (Meeus, Jones and Butcher).
#[expect(clippy::many_single_char_names, reason = "the names of the published algorithm")]
fn easter(year: i16) -> Option<Date> {
    let y = i32::from(year);
    let (a, b, c) = (y % 19, y / 100, y % 100);
    let (d, e) = (b / 4, b % 4);
    let g = (8 * b + 13) / 25;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 19 * l) / 433;
    let month = (h + l - 7 * m + 90) / 25;
    let day = (h + l - 7 * m + 33 * month + 19) % 32;
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// When a schedule is due for the first time after `after`; `None` if it is never, or cannot be read.
pub fn next_run(schedule: &ScheduleTrigger, after: Timestamp) -> Option<Timestamp> {
    let zone = zone(&schedule.timezone).ok()?;
    let at = minutes(&schedule.at).filter(|at| *at < 24 * 60)?;
    let time = Time::new(i8::try_from(at / 60).ok()?, i8::try_from(at % 60).ok()?, 0, 0).ok()?;
    let mut date = after.to_zoned_datetime(zone.clone()).date();
    // A year and a bit: every day of the week and every holiday has come by.
    for _ in 0..400 {
        let wanted = schedule.days.is_empty() || schedule.days.contains(&day_of(date));
        if wanted && !(schedule.skip_holidays && is_belgian_holiday(date)) {
            let due: ZonedDateTime = date.to_datetime(time).to_zoned_datetime(zone.clone()).ok()?;
            if due.timestamp() > after {
                return Some(due.timestamp());
            }
        }
        date = date.tomorrow().ok()?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nodes::Hours;

    #[test]
    fn the_holidays_of_a_year_are_known() {
        let first: Date = "2026-01-01".parse().unwrap();
        let found: Vec<String> = (0..365)
            .map(|day| first + day.days())
            .filter(|date| is_belgian_holiday(*date))
            .map(|date| date.to_string())
            .collect();
        assert_eq!(
            found,
            [
                "2026-01-01",
                "2026-04-06",
                "2026-05-01",
                "2026-05-14",
                "2026-05-25",
                "2026-07-21",
                "2026-08-15",
                "2026-11-01",
                "2026-11-11",
                "2026-12-25"
            ]
        );
    }

    #[test]
    fn hours_follow_the_clock_of_their_zone_over_midnight_and_summer_time() {
        let week = vec![Day::Mon, Day::Tue, Day::Wed, Day::Thu, Day::Fri];
        let hours = BusinessHours {
            hours: vec![
                Hours { days: week, from: "09:00".into(), to: "17:30".into() },
                Hours { days: vec![Day::Sat], from: "22:00".into(), to: "02:00".into() },
            ],
            belgian_holidays: true,
            closed: vec!["2026-01-06".into()],
            ..BusinessHours::default()
        };
        for (now, wanted) in [
            ("2026-01-05T08:00:00Z", "open"),
            ("2026-01-05T07:59:59Z", "closed"),
            ("2026-01-05T16:30:00Z", "closed"),
            ("2026-07-06T07:00:00Z", "open"),
            ("2026-01-06T10:00:00Z", "holiday"),
            ("2026-05-25T10:00:00Z", "holiday"),
            ("2026-01-10T22:00:00Z", "open"),
            ("2026-01-11T00:30:00Z", "open"),
            ("2026-01-11T01:30:00Z", "closed"),
        ] {
            assert_eq!(port(&hours, now.parse().unwrap()), Ok(wanted), "{now}");
        }
        let broken = BusinessHours { timezone: "Mars/Base".into(), ..hours };
        assert!(port(&broken, "2026-01-05T08:00:00Z".parse().unwrap()).is_err());
    }

    #[test]
    fn a_schedule_is_due_at_its_time_of_day() {
        let schedule = ScheduleTrigger {
            at: "09:00".into(),
            days: vec![Day::Mon],
            skip_holidays: true,
            ..ScheduleTrigger::default()
        };
        let next = |after: &str| next_run(&schedule, after.parse().unwrap()).map(|at| at.to_string());
        assert_eq!(next("2026-03-24T12:00:00Z").as_deref(), Some("2026-03-30T07:00:00Z"));
        // Easter Monday is left out.
        assert_eq!(next("2026-03-30T07:00:00Z").as_deref(), Some("2026-04-13T07:00:00Z"));
        assert_eq!(
            next_run(
                &ScheduleTrigger { at: "25:00".into(), ..schedule },
                "2026-01-01T00:00:00Z".parse().unwrap()
            ),
            None
        );
    }
}
