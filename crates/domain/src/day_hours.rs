//! A part of each day: the night in which marketing waits, the hours in which a route is used.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A part of each day, by the clock of whoever it is about: `21:00-08:00`, or `off`. It may pass midnight.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DayHours {
    from_min: u16,
    until_min: u16,
}

/// A text that names no part of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("hours are written as 21:00-08:00, or off")]
pub struct DayHoursError;

impl DayHours {
    /// No part of the day.
    pub const OFF: Self = Self { from_min: 0, until_min: 0 };

    /// Whether there are none.
    pub const fn is_off(self) -> bool {
        self.from_min == self.until_min
    }

    /// Minutes until they end, at this minute of the day (0 to 1439); `None` outside of them.
    pub const fn left_min(self, minute: u16) -> Option<u16> {
        let (length, since) = (day(self.until_min, self.from_min), day(minute, self.from_min));
        if since < length { Some(length - since) } else { None }
    }
}

/// Minutes from `from` on to `to`, over midnight if need be.
const fn day(to: u16, from: u16) -> u16 {
    (to + 1_440 - from) % 1_440
}

impl FromStr for DayHours {
    type Err = DayHoursError;

    fn from_str(text: &str) -> Result<Self, DayHoursError> {
        if text == "off" {
            return Ok(Self::OFF);
        }
        let minute = |text: &str| {
            let (hour, minute) = text.split_once(':')?;
            let plain = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
            if !plain(hour) || !plain(minute) {
                return None;
            }
            let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
            (hour < 24 && minute < 60).then_some(hour * 60 + minute)
        };
        let (from, until) = text.split_once('-').ok_or(DayHoursError)?;
        let (from_min, until_min) = (minute(from).ok_or(DayHoursError)?, minute(until).ok_or(DayHoursError)?);
        if from_min == until_min { Err(DayHoursError) } else { Ok(Self { from_min, until_min }) }
    }
}

impl fmt::Display for DayHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_off() {
            return f.write_str("off");
        }
        let (from, until) = (self.from_min, self.until_min);
        write!(f, "{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, until / 60, until % 60)
    }
}

impl fmt::Debug for DayHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl TryFrom<String> for DayHours {
    type Error = DayHoursError;

    fn try_from(text: String) -> Result<Self, DayHoursError> {
        text.parse()
    }
}

impl From<DayHours> for String {
    fn from(hours: DayHours) -> Self {
        hours.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_read_as_they_are_written() {
        for text in ["21:00-08:00", "00:00-23:59", "off", "12:30-13:00"] {
            assert_eq!(text.parse::<DayHours>().map(|hours| hours.to_string()).as_deref(), Ok(text));
        }
        for text in
            ["", "21-8", "21:00", "24:00-08:00", "21:60-08:00", "21:00-21:00", "9:00-10:00", "+1:00-08:00"]
        {
            assert!(text.parse::<DayHours>().is_err(), "{text}");
        }
    }

    #[test]
    fn they_pass_midnight() {
        let night: DayHours = "21:00-08:00".parse().unwrap();
        let left = |hour: u16, minute: u16| night.left_min(hour * 60 + minute);
        assert_eq!((left(20, 59), left(21, 0), left(23, 59)), (None, Some(660), Some(481)));
        assert_eq!((left(0, 0), left(7, 59), left(8, 0)), (Some(480), Some(1), None));
        let noon: DayHours = "12:00-13:00".parse().unwrap();
        assert_eq!((noon.left_min(719), noon.left_min(720), noon.left_min(780)), (None, Some(60), None));
        assert_eq!(DayHours::OFF.left_min(0), None);
    }
}
