//! Receiving key presses as telephone events (RFC 4733).

/// Silence after which an event counts as ended although no end packet came: five lost updates.
const END_TIMEOUT_MS: u64 = 120;
/// Ended events remembered, so that late repeats do not press the key again.
const REMEMBERED: usize = 4;
/// An event that starts up to 5 s (at 8 000 Hz) before the newest is an old one come late; further back the
/// sender has a new time base.
const STALE_UNITS: i32 = 40_000;
/// Duration at which a sender must start a new segment of the same key press (§2.5.1.3).
const SEGMENT_UNITS: u32 = 0xFFFF;

/// A key that was pressed and released.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digit {
    /// One of `0-9 * # A-D`.
    pub digit: char,
    /// How long it was held, in ms, as far as packets told.
    pub duration_ms: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Running {
    event: u8,
    /// Timestamp of the present segment.
    timestamp: u32,
    /// Units of the segments before it.
    before: u32,
    duration: u32,
    heard_ms: u64,
}

/// Turns event packets into one [`Digit`] per key press, whatever is lost, repeated or reordered as long as
/// one packet of the event arrives.
#[derive(Debug, Clone)]
pub struct EventReceiver {
    running: Option<Running>,
    ended: [Option<(u32, u8)>; REMEMBERED],
    units_per_ms: u32,
}

/// The digit of an event code, or `None` for events that are no keys (flash, fax tones).
pub fn digit_of_event(event: u8) -> Option<char> {
    match event {
        0..=9 => Some(char::from(b'0' + event)),
        10 => Some('*'),
        11 => Some('#'),
        12..=15 => Some(char::from(b'A' + event - 12)),
        _ => None,
    }
}

impl EventReceiver {
    /// A receiver for events on a clock of this rate; 8 000 Hz for narrow-band calls.
    pub fn new(clock_rate_hz: u32) -> Self {
        Self { running: None, ended: [None; REMEMBERED], units_per_ms: (clock_rate_hz / 1_000).max(1) }
    }

    /// Forgets everything: the source restarted with another SSRC.
    pub fn reset(&mut self) {
        self.running = None;
        self.ended = [None; REMEMBERED];
    }

    /// Takes the payload of an event packet with the timestamp of its header; `now_ms` is any steady clock.
    /// Returns the digit when this packet shows that a key was released, which may be an earlier key.
    pub fn packet(&mut self, now_ms: u64, timestamp: u32, payload: &[u8]) -> Option<Digit> {
        let &[event, flags, high, low, ..] = payload else { return None };
        digit_of_event(event)?;
        let duration = u32::from(u16::from_be_bytes([high, low]));
        if self.is_old(timestamp, event) {
            return None;
        }
        let released = match &mut self.running {
            Some(running) if running.event == event && continues(running, timestamp) => {
                if running.timestamp != timestamp {
                    running.before += SEGMENT_UNITS;
                    running.timestamp = timestamp;
                    running.duration = 0;
                }
                running.duration = running.duration.max(duration);
                running.heard_ms = now_ms;
                None
            }
            _ => {
                let released = self.release();
                self.running = Some(Running { event, timestamp, before: 0, duration, heard_ms: now_ms });
                released
            }
        };
        if released.is_none() && flags & 0x80 != 0 {
            return self.release();
        }
        // The end of two events at once cannot be told in one call: a repeat of this end packet or the
        // timeout tells the second.
        released
    }

    /// Ends an event whose end packets were all lost. Call it every 20 ms or so.
    pub fn tick(&mut self, now_ms: u64) -> Option<Digit> {
        let running = self.running?;
        if now_ms.saturating_sub(running.heard_ms) < END_TIMEOUT_MS {
            return None;
        }
        self.release()
    }

    /// True while a key is held, as far as is known.
    pub fn is_pressed(&self) -> bool {
        self.running.is_some()
    }

    fn is_old(&self, timestamp: u32, event: u8) -> bool {
        if self.ended.contains(&Some((timestamp, event))) {
            return true;
        }
        let newest = self.running.map(|running| running.timestamp).or(self.ended[0].map(|ended| ended.0));
        newest.is_some_and(|newest| {
            let ahead = timestamp.wrapping_sub(newest).cast_signed();
            ahead < 0 && ahead > -STALE_UNITS
        })
    }

    fn release(&mut self) -> Option<Digit> {
        let running = self.running.take()?;
        self.ended.rotate_right(1);
        self.ended[0] = Some((running.timestamp, running.event));
        let digit = digit_of_event(running.event)?;
        Some(Digit { digit, duration_ms: (running.before + running.duration) / self.units_per_ms })
    }
}

/// The same segment, or the one after a full segment of a very long press.
fn continues(running: &Running, timestamp: u32) -> bool {
    timestamp == running.timestamp || timestamp.wrapping_sub(running.timestamp) == SEGMENT_UNITS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Random;
    use crate::{EventSender, event_of_digit};
    use proptest::prelude::*;

    fn payload(event: u8, end: bool, duration: u16) -> [u8; 4] {
        let [high, low] = duration.to_be_bytes();
        [event, if end { 0x8A } else { 0x0A }, high, low]
    }

    #[test]
    fn one_press_is_one_digit_however_often_its_end_is_repeated() {
        let mut receiver = EventReceiver::new(8_000);
        assert_eq!(receiver.packet(0, 1_000, &payload(5, false, 160)), None);
        assert_eq!(receiver.packet(20, 1_000, &payload(5, false, 320)), None);
        let digit = receiver.packet(40, 1_000, &payload(5, true, 480));
        assert_eq!(digit, Some(Digit { digit: '5', duration_ms: 60 }));
        for now in [60, 80, 5_000] {
            assert_eq!(receiver.packet(now, 1_000, &payload(5, true, 480)), None);
            assert_eq!(receiver.packet(now, 1_000, &payload(5, false, 320)), None);
            assert_eq!(receiver.tick(now), None);
        }
    }

    #[test]
    fn the_end_is_known_by_silence_or_by_the_next_key() {
        let mut receiver = EventReceiver::new(8_000);
        receiver.packet(0, 1_000, &payload(1, false, 160));
        let next = receiver.packet(60, 3_000, &payload(2, false, 160));
        assert_eq!(next.map(|digit| digit.digit), Some('1'));
        assert_eq!(receiver.tick(179), None);
        assert_eq!(receiver.tick(180).map(|digit| digit.digit), Some('2'));
        assert_eq!(receiver.tick(400), None);
    }

    #[test]
    fn the_same_key_twice_is_two_digits() {
        let mut receiver = EventReceiver::new(8_000);
        let first = receiver.packet(0, 1_000, &payload(7, true, 800));
        let second = receiver.packet(200, 2_600, &payload(7, true, 800));
        assert_eq!([first, second].map(|digit| digit.map(|digit| digit.digit)), [Some('7'), Some('7')]);
    }

    #[test]
    fn a_press_longer_than_a_segment_is_one_digit() {
        let mut receiver = EventReceiver::new(8_000);
        receiver.packet(0, 1_000, &payload(0, false, 65_000));
        receiver.packet(20, 1_000, &payload(0, false, 0xFFFF));
        receiver.packet(40, 1_000 + 0xFFFF, &payload(0, false, 160));
        let digit = receiver.packet(60, 1_000 + 0xFFFF, &payload(0, true, 320)).unwrap();
        assert_eq!(digit.duration_ms, (65_535 + 320) / 8);
    }

    #[test]
    fn late_packets_of_an_earlier_key_press_nothing() {
        let mut receiver = EventReceiver::new(8_000);
        receiver.packet(0, 1_000, &payload(1, true, 800));
        receiver.packet(200, 2_600, &payload(2, false, 160));
        assert_eq!(receiver.packet(210, 1_000, &payload(1, false, 640)), None);
        assert_eq!(receiver.packet(215, 600, &payload(9, true, 640)), None);
        assert_eq!(receiver.packet(220, 2_600, &payload(2, true, 320)).map(|digit| digit.digit), Some('2'));
    }

    #[test]
    fn a_new_time_base_is_no_late_packet() {
        let mut receiver = EventReceiver::new(8_000);
        receiver.packet(0, 3_000_000_000, &payload(1, true, 800));
        assert!(receiver.packet(500, 12, &payload(2, true, 800)).is_some());
    }

    #[test]
    fn what_is_no_key_is_ignored() {
        let mut receiver = EventReceiver::new(8_000);
        assert_eq!(receiver.packet(0, 0, &payload(16, true, 800)), None);
        assert_eq!(receiver.packet(0, 0, &[1, 0x80, 0]), None);
        assert!(!receiver.is_pressed());
    }

    /// The link of requirement "5 % loss, 40 ± 20 ms, reordering": one in 1 000 digits may be missing or wrong.
    #[test]
    fn digits_survive_loss_and_jitter() {
        let keys: Vec<char> = "0123456789*#ABCD".chars().collect();
        let (mut wrong, mut total) = (0, 0);
        for seed in 1..=200u64 {
            let mut random = Random::new(seed);
            let sent: Vec<char> = (0..50).map(|_| keys[random.below(16) as usize]).collect();
            let heard = over_a_bad_link(&sent, &mut random);
            total += sent.len();
            if heard != sent {
                wrong += sent.len().abs_diff(heard.len()).max(1);
                println!("seed {seed}: sent {sent:?}, heard {heard:?}");
            }
        }
        assert!(wrong * 1_000 <= total, "{wrong} of {total} digits wrong");
    }

    fn over_a_bad_link(sent: &[char], random: &mut Random) -> Vec<char> {
        let mut packets: Vec<(u64, u32, [u8; 4])> = vec![];
        let mut tick = 0u32;
        for digit in sent {
            let mut sender = EventSender::new(event_of_digit(*digit).unwrap(), tick * 160, 800);
            while let Some(packet) = sender.next(160) {
                if random.below(100) >= 5 {
                    let arrival = u64::from(tick * 20 + 20 + random.below(41));
                    packets.push((arrival, packet.timestamp, packet.payload));
                }
                tick += 1;
            }
            tick += 3;
        }
        packets.sort_by_key(|packet| packet.0);
        let mut receiver = EventReceiver::new(8_000);
        let (mut heard, mut at) = (vec![], 0);
        for now in 0..u64::from(tick * 20 + 1_000) {
            while at < packets.len() && packets[at].0 <= now {
                heard.extend(receiver.packet(now, packets[at].1, &packets[at].2));
                at += 1;
            }
            heard.extend(receiver.tick(now));
        }
        heard.iter().map(|digit| digit.digit).collect()
    }

    proptest! {
        #[test]
        fn any_packets_are_survived(packets in proptest::collection::vec((any::<u32>(), proptest::collection::vec(any::<u8>(), 0..6)), 0..100)) {
            let mut receiver = EventReceiver::new(8_000);
            let mut digits = 0;
            for (at, (timestamp, payload)) in packets.iter().enumerate() {
                digits += usize::from(receiver.packet(at as u64 * 20, *timestamp, payload).is_some());
            }
            prop_assert!(digits <= packets.len());
        }
    }
}
