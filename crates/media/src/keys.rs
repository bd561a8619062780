//! Digits on their way out.

use flexio_rtp::{EventPacket, EventSender, event_of_digit};

/// Digits and waits that may be queued.
const CAPACITY: usize = 64;
/// Length of a press and of the pause after it, in units of 8 000 Hz and in ticks.
const PRESS_UNITS: u16 = 800;
const GAP_TICKS: u16 = 5;
/// `w` and `W`, in ticks of 20 ms.
const SHORT_WAIT_TICKS: u16 = 25;
const LONG_WAIT_TICKS: u16 = 50;

/// A queued element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Item {
    Press(u8),
    Wait(u16),
    /// The end of one order.
    Done,
}

/// Digits prepared for the media thread.
#[derive(Debug)]
pub(crate) struct Digits {
    items: [Item; CAPACITY],
    length: usize,
}

impl Digits {
    /// One key that nobody waits for.
    pub fn press(event: u8) -> Self {
        let mut digits = Self { items: [Item::Done; CAPACITY], length: 1 };
        digits.items[0] = Item::Press(event & 15);
        digits
    }

    /// Reads an order; what is neither digit nor wait is left out, and what exceeds 63 is cut off.
    pub fn parse(text: &str) -> Self {
        let mut digits = Self { items: [Item::Done; CAPACITY], length: 0 };
        let items = text.chars().filter_map(|letter| match letter {
            'w' => Some(Item::Wait(SHORT_WAIT_TICKS)),
            'W' => Some(Item::Wait(LONG_WAIT_TICKS)),
            digit => event_of_digit(digit).map(Item::Press),
        });
        for item in items.take(CAPACITY - 1) {
            digits.items[digits.length] = item;
            digits.length += 1;
        }
        digits.length += 1;
        digits
    }
}

/// What the present tick must do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing: audio as usual.
    Idle,
    /// Send this instead of audio.
    Packet(EventPacket),
    /// Put the tones of this key into the audio.
    Tones(u8),
    /// Pause between keys.
    Hold,
    /// The digits of one order have gone out; ask again.
    Done,
}

/// The queue of one session.
#[derive(Debug)]
pub(crate) struct Keys {
    queue: Digits,
    sending: Option<EventSender>,
    wait_ticks: u16,
}

impl Keys {
    pub fn new() -> Self {
        Self { queue: Digits { items: [Item::Done; CAPACITY], length: 0 }, sending: None, wait_ticks: 0 }
    }

    /// Appends digits as far as there is room; the end of the order is always kept.
    pub fn queue(&mut self, digits: &Digits) {
        for item in &digits.items[..digits.length] {
            if self.queue.length == CAPACITY && *item == Item::Done {
                self.queue.length -= 1;
            }
            if self.queue.length < CAPACITY {
                self.queue.items[self.queue.length] = *item;
                self.queue.length += 1;
            }
        }
    }

    /// One tick at RTP time `timestamp`; by RFC 4733 on a clock of `events` Hz, otherwise as tones.
    pub fn step(&mut self, timestamp: u32, events: Option<u32>) -> Step {
        let scale = events.map_or(1, |clock_hz| u16::try_from(clock_hz / 8_000).unwrap_or(6).clamp(1, 6));
        if let Some(sending) = &mut self.sending {
            if let Some(packet) = sending.next(160 * scale) {
                return Step::Packet(packet);
            }
            self.sending = None;
            self.wait_ticks = GAP_TICKS;
        }
        if self.wait_ticks > 0 {
            self.wait_ticks -= 1;
            return Step::Hold;
        }
        match self.next() {
            None => Step::Idle,
            Some(Item::Done) => Step::Done,
            Some(Item::Wait(ticks)) => {
                self.wait_ticks = ticks - 1;
                Step::Hold
            }
            Some(Item::Press(event)) if events.is_some() => {
                let mut sender = EventSender::new(event, timestamp, PRESS_UNITS * scale);
                let first = sender.next(160 * scale);
                self.sending = Some(sender);
                first.map_or(Step::Hold, Step::Packet)
            }
            Some(Item::Press(event)) => {
                // The tones and their pause last 200 ms: this tick and nine more.
                self.wait_ticks = 9;
                Step::Tones(event)
            }
        }
    }

    fn next(&mut self) -> Option<Item> {
        if self.queue.length == 0 {
            return None;
        }
        let item = self.queue.items[0];
        self.queue.items.copy_within(1..self.queue.length, 0);
        self.queue.length -= 1;
        Some(item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(text: &str, with_events: bool) -> Vec<Step> {
        let events = with_events.then_some(8_000);
        let mut keys = Keys::new();
        keys.queue(&Digits::parse(text));
        let mut steps = vec![];
        for tick in 0..2_000 {
            match keys.step(tick * 160, events) {
                Step::Idle => break,
                step => steps.push(step),
            }
        }
        steps
    }

    #[test]
    fn a_digit_is_seven_packets_and_a_pause() {
        let steps = run("5", true);
        assert_eq!(steps.iter().filter(|step| matches!(step, Step::Packet(_))).count(), 7);
        assert_eq!(steps.iter().filter(|step| **step == Step::Hold).count(), usize::from(GAP_TICKS));
        assert_eq!(steps.last(), Some(&Step::Done));
    }

    #[test]
    fn waits_are_half_and_whole_seconds_and_other_letters_nothing() {
        assert_eq!(run("w x!", true).len(), 26);
        assert_eq!(run("W", true).len(), 51);
        assert_eq!(run("", true), [Step::Done]);
    }

    #[test]
    fn without_events_digits_become_tones() {
        assert_eq!(run("9#", false).iter().filter(|step| matches!(step, Step::Tones(_))).count(), 2);
    }

    #[test]
    fn too_many_digits_are_cut_off_and_every_order_still_ends() {
        let mut keys = Keys::new();
        for _ in 0..5 {
            keys.queue(&Digits::parse(&"1".repeat(100)));
        }
        let mut dones = 0;
        for tick in 0..5_000 {
            dones += usize::from(keys.step(tick * 160, Some(8_000)) == Step::Done);
        }
        assert!(dones >= 1);
        assert_eq!(keys.step(0, Some(8_000)), Step::Idle);
    }
}
