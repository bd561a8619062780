//! What the application asked to be played.

use std::collections::VecDeque;

/// Audio that may wait: five minutes. Agents send a whole answer at once, faster than it can be said.
pub const QUEUE_BYTES_MAX: usize = 5 * 60 * 8_000;
/// Marks that may wait.
pub const MARKS_MAX: usize = 1_000;

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// µ-law bytes to play.
    Audio(Vec<u8>),
    /// A mark with this number lies here.
    Mark(u32),
}

#[derive(Debug)]
struct Mark {
    number: u32,
    name: String,
    /// Bytes taken before it, counted from the beginning of the stream.
    after: u64,
    is_taken: bool,
}

/// Audio and marks in order.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    audio: VecDeque<u8>,
    taken: u64,
    /// Not told yet, in order: those already taken first.
    marks: VecDeque<Mark>,
    last_number: u32,
}

impl Queue {
    /// False when it does not fit; then nothing of it was taken.
    pub fn audio(&mut self, bytes: &[u8]) -> bool {
        let fits = self.audio.len() + bytes.len() <= QUEUE_BYTES_MAX;
        if fits {
            self.audio.extend(bytes);
        }
        fits
    }

    pub fn mark(&mut self, name: String) -> bool {
        let fits = self.marks.len() < MARKS_MAX;
        if fits {
            self.last_number += 1;
            let after = self.taken + self.audio.len() as u64;
            self.marks.push_back(Mark { number: self.last_number, name, after, is_taken: false });
        }
        fits
    }

    /// Takes the next piece, of at most `bytes_max` bytes.
    pub fn next(&mut self, bytes_max: usize) -> Option<Next> {
        let taken = self.taken;
        let mark = self.marks.iter_mut().find(|mark| !mark.is_taken);
        let until_mark = match mark {
            Some(mark) if mark.after <= taken => {
                mark.is_taken = true;
                return Some(Next::Mark(mark.number));
            }
            Some(mark) => usize::try_from(mark.after - taken).unwrap_or(usize::MAX),
            None => usize::MAX,
        };
        let count = self.audio.len().min(bytes_max).min(until_mark);
        if count == 0 {
            return None;
        }
        self.taken += count as u64;
        Some(Next::Audio(self.audio.drain(..count).collect()))
    }

    /// Names of the marks up to this number that were not told yet.
    pub fn reached(&mut self, number: u32) -> Vec<String> {
        let mut names = Vec::new();
        while self.marks.front().is_some_and(|mark| mark.is_taken && mark.number <= number) {
            names.extend(self.marks.pop_front().map(|mark| mark.name));
        }
        names
    }

    /// Forgets all; gives the names of the marks that were not told yet.
    pub fn clear(&mut self) -> Vec<String> {
        self.taken += self.audio.len() as u64;
        self.audio.clear();
        self.marks.drain(..).map(|mark| mark.name).collect()
    }
}
