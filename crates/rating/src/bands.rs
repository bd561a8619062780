//! Prices by the time of day: an item is cheaper in some hours, by the wall clock of the plan's zone.

use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::{Item, Rate};

/// Between an item's code and a band's name: `voice.out.mobile~evening`.
pub(crate) const BEHIND: char = '~';
/// Between an item's code and the threshold of a volume price: `sms.out>1000`.
pub(crate) const BEYOND: char = '>';
/// Boundaries looked at in one leg; what lasts longer, which no call may, goes on at the price it has then.
const CHANGES_MAX: usize = 200;

/// The item behind the code of one of its bands or volume prices, or the code itself.
pub fn base_of(code: &str) -> &str {
    code.split_once([BEHIND, BEYOND]).map_or(code, |(base, _)| base)
}

/// Hours of some days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hours {
    /// Days of the week it is on.
    pub days: Vec<Weekday>,
    /// First instant of the day.
    pub from: Time,
    /// First instant after; `None`: until midnight.
    pub until: Option<Time>,
}

impl Hours {
    fn hold(&self, day: Weekday, time: Time) -> bool {
        self.days.contains(&day) && self.from <= time && self.until.is_none_or(|until| time < until)
    }
}

/// A price for hours of the week.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Band {
    /// Name, such as `evening`.
    pub name: String,
    /// When it holds.
    pub hours: Vec<Hours>,
    /// The item in these hours: its code is `{item}~{name}`.
    pub item: Item,
}

/// A part of a leg that has one price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part<'i> {
    /// The item, or one of its bands.
    pub item: &'i Item,
    /// Length in milliseconds; whole seconds but for the last.
    pub duration_ms: u64,
}

impl Item {
    /// The item, or the band of it that prices it at an instant.
    pub fn at(&self, at: Timestamp, zone: &TimeZone) -> &Self {
        if self.bands.is_empty() {
            return self;
        }
        let local = zone.to_datetime(at);
        self.in_hour(local.date().weekday(), local.time())
    }

    /// The item as it is priced at a time of a day of the week.
    pub(crate) fn in_hour(&self, day: Weekday, time: Time) -> &Self {
        let holds = |band: &&Band| band.hours.iter().any(|it| it.hold(day, time));
        self.bands.iter().find(holds).map_or(self, |band| &band.item)
    }

    /// The band of this name.
    pub(crate) fn band(&self, name: &str) -> Option<&Self> {
        self.bands.iter().find(|band| band.name == name).map(|band| &band.item)
    }

    /// A leg of `duration_ms` from `at`, cut where its price changes. A second belongs to the price that holds when it begins.
    pub(crate) fn parts(&self, at: Timestamp, duration_ms: u64, zone: &TimeZone) -> Vec<Part<'_>> {
        let mut parts: Vec<Part<'_>> = Vec::new();
        let (mut begun, mut left) = (at, duration_ms);
        let is_banded = !self.bands.is_empty() && matches!(self.rate, Rate::Timed(_));
        for _ in 0..if is_banded { CHANGES_MAX } else { 0 } {
            let item = self.at(begun, zone);
            let Some(change) = self.next_change(begun, zone) else { break };
            let ms = u64::try_from(change.as_millisecond() - begun.as_millisecond()).unwrap_or(0);
            // The second that runs at the boundary began before it.
            let ms = ms.div_ceil(1_000) * 1_000;
            if ms >= left {
                break;
            }
            match parts.last_mut().filter(|last| last.item == item) {
                Some(last) => last.duration_ms += ms,
                None => parts.push(Part { item, duration_ms: ms }),
            }
            left -= ms;
            let Ok(next) = begun.checked_add(i64::try_from(ms).unwrap_or(i64::MAX).milliseconds()) else {
                break;
            };
            begun = next;
        }
        let item = self.at(begun, zone);
        match parts.last_mut().filter(|last| last.item == item) {
            Some(last) => last.duration_ms += left,
            None => parts.push(Part { item, duration_ms: left }),
        }
        parts
    }

    /// The next instant after `at` at which some band begins or ends; within a day.
    fn next_change(&self, at: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let today = zone.to_datetime(at).date();
        let days = [Some(today), today.tomorrow().ok()];
        let hours = self.bands.iter().flat_map(|band| &band.hours);
        let times: Vec<Time> =
            hours.flat_map(|it| [Some(it.from), it.until]).flatten().chain([Time::midnight()]).collect();
        let moments = days.into_iter().flatten().flat_map(|day| {
            times
                .iter()
                .filter_map(move |time| zone.to_ambiguous_timestamp(day.to_datetime(*time)).compatible().ok())
        });
        moments.filter(|moment| *moment > at).min()
    }
}
