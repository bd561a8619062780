//! Quiet hours: until when a message waits, by the clock of whoever gets it.

use flexio_domain::{DayHours, Timestamp};
use jiff::{SignedDuration, tz::TimeZone};

/// Whose clock counts: by the longest prefix of the number that is known, else the default one.
#[derive(Debug, Clone, PartialEq)]
pub struct Zones {
    default: TimeZone,
    by_prefix: Vec<(String, TimeZone)>,
}

impl Default for Zones {
    fn default() -> Self {
        Self { default: TimeZone::UTC, by_prefix: Vec::new() }
    }
}

impl Zones {
    /// The default, and zones of prefixes such as `+44`.
    pub const fn new(default: TimeZone, by_prefix: Vec<(String, TimeZone)>) -> Self {
        Self { default, by_prefix }
    }

    /// Minute of the day, 0 to 1439, by the default clock.
    pub fn minute(&self, now: Timestamp) -> u16 {
        minute_of(&self.default, now)
    }

    /// The zone of a number in international form, or of anything else.
    pub fn of(&self, recipient: &str) -> &TimeZone {
        let fitting = self.by_prefix.iter().filter(|(prefix, _)| recipient.starts_with(prefix.as_str()));
        fitting.max_by_key(|(prefix, _)| prefix.len()).map_or(&self.default, |(_, zone)| zone)
    }
}

/// When `hours` end that have begun at `now` in `zone`; `None` outside of them. An end that the clocks skip is the moment after.
pub fn end_of(hours: DayHours, zone: &TimeZone, now: Timestamp) -> Option<Timestamp> {
    let local = zone.to_datetime(now);
    let left = hours.left_min(minute_of(zone, now))?;
    let minute = local.time().with().second(0).subsec_nanosecond(0).build().ok()?;
    let end = local.date().to_datetime(minute).checked_add(SignedDuration::from_mins(left.into())).ok()?;
    zone.to_timestamp(end).ok().filter(|end| *end > now)
}

fn minute_of(zone: &TimeZone, now: Timestamp) -> u16 {
    let local = zone.to_datetime(now);
    u16::from(local.hour().unsigned_abs()) * 60 + u16::from(local.minute().unsigned_abs())
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZoneDatabase;

    use super::*;

    fn zone(name: &str) -> TimeZone {
        TimeZoneDatabase::bundled().get(name).unwrap()
    }

    fn end(name: &str, now: &str) -> Option<String> {
        let night = "21:00-08:00".parse().unwrap();
        end_of(night, &zone(name), now.parse().unwrap()).map(|end| end.to_string())
    }

    #[test]
    fn they_end_in_the_morning_of_the_recipient() {
        let brussels = |now| end("Europe/Brussels", now);
        assert_eq!(brussels("2026-11-27T19:59:59Z"), None);
        assert_eq!(brussels("2026-11-27T20:00:00Z").as_deref(), Some("2026-11-28T07:00:00Z"));
        assert_eq!(brussels("2026-11-28T06:59:59.5Z").as_deref(), Some("2026-11-28T07:00:00Z"));
        assert_eq!(brussels("2026-11-28T07:00:00Z"), None);
        assert_eq!(end("Europe/London", "2026-11-27T20:30:00Z"), None, "half past eight there");
    }

    #[test]
    fn the_night_of_a_time_change_ends_in_the_morning_too() {
        // 25 October 2026: 03:00 becomes 02:00. 28 March 2027: 02:00 becomes 03:00.
        let brussels = |now| end("Europe/Brussels", now);
        assert_eq!(brussels("2026-10-24T20:00:00Z").as_deref(), Some("2026-10-25T07:00:00Z"));
        assert_eq!(brussels("2027-03-27T21:00:00Z").as_deref(), Some("2027-03-28T06:00:00Z"));
        let skipped = "22:00-02:30".parse().unwrap();
        let end = end_of(skipped, &zone("Europe/Brussels"), "2027-03-28T00:00:00Z".parse().unwrap());
        assert_eq!(end, Some("2027-03-28T01:30:00Z".parse().unwrap()));
    }

    #[test]
    fn the_longest_prefix_says_whose_clock_counts() {
        let zones = Zones::new(
            zone("Europe/Brussels"),
            vec![
                ("+1".to_owned(), zone("America/New_York")),
                ("+1907".to_owned(), zone("America/Anchorage")),
            ],
        );
        assert_eq!(zones.of("+19075550100"), &zone("America/Anchorage"));
        assert_eq!(zones.of("+12125550100"), &zone("America/New_York"));
        assert_eq!(zones.of("+32470000001"), &zone("Europe/Brussels"));
        assert_eq!(zones.of("8640"), &zone("Europe/Brussels"));
    }
}
