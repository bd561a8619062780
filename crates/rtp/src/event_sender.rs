//! Sending key presses as telephone events (RFC 4733 §2.5.1).

/// End packets sent per event (§2.5.1.4).
const END_PACKETS: u8 = 3;
/// Power of the tone a gateway may make of it: −10 dBm0.
const VOLUME: u8 = 10;

/// One event packet to send now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventPacket {
    /// For the header: set on the first packet of the event only.
    pub marker: bool,
    /// For the header: the start of the event, the same in all its packets.
    pub timestamp: u32,
    /// The payload.
    pub payload: [u8; 4],
}

/// One key press on its way out.
#[derive(Debug, Clone)]
pub struct EventSender {
    event: u8,
    timestamp: u32,
    total: u16,
    sent: u16,
    ends: u8,
    started: bool,
}

/// The event code of a digit `0-9 * # A-D` (also `a-d`).
pub fn event_of_digit(digit: char) -> Option<u8> {
    match digit {
        '0'..='9' => Some(digit as u8 - b'0'),
        '*' => Some(10),
        '#' => Some(11),
        'A'..='D' => Some(digit as u8 - b'A' + 12),
        'a'..='d' => Some(digit as u8 - b'a' + 12),
        _ => None,
    }
}

impl EventSender {
    /// A press that starts at `timestamp` of the audio's clock and lasts `units` of it (800 = 100 ms).
    pub fn new(event: u8, timestamp: u32, units: u16) -> Self {
        Self { event, timestamp, total: units.max(1), sent: 0, ends: 0, started: false }
    }

    /// The packet for the next `units` of time: updates until the duration is reached, then three ends.
    /// `None` when the event is over.
    pub fn next(&mut self, units: u16) -> Option<EventPacket> {
        if self.ends == END_PACKETS {
            return None;
        }
        self.sent = self.sent.saturating_add(units).min(self.total);
        let end = self.sent == self.total;
        self.ends += u8::from(end);
        let marker = !self.started;
        self.started = true;
        let [high, low] = self.sent.to_be_bytes();
        let flags = if end { 0x80 | VOLUME } else { VOLUME };
        Some(EventPacket { marker, timestamp: self.timestamp, payload: [self.event, flags, high, low] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digit_of_event;

    #[test]
    fn a_press_of_100_ms_is_four_updates_and_three_ends() {
        let mut sender = EventSender::new(5, 1_000, 800);
        let packets: Vec<_> = std::iter::from_fn(|| sender.next(160)).collect();
        let durations: Vec<u16> =
            packets.iter().map(|packet| u16::from_be_bytes([packet.payload[2], packet.payload[3]])).collect();
        assert_eq!(durations, [160, 320, 480, 640, 800, 800, 800]);
        let ends: Vec<bool> = packets.iter().map(|packet| packet.payload[1] & 0x80 != 0).collect();
        assert_eq!(ends, [false, false, false, false, true, true, true]);
        assert_eq!(packets.iter().filter(|packet| packet.marker).count(), 1);
        assert!(packets[0].marker && packets.iter().all(|packet| packet.timestamp == 1_000));
    }

    #[test]
    fn codes_and_digits_are_one_to_one() {
        for event in 0..16 {
            assert_eq!(event_of_digit(digit_of_event(event).unwrap()), Some(event));
        }
        assert_eq!((digit_of_event(16), event_of_digit('x')), (None, None));
    }
}
