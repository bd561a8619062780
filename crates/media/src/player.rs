//! What is played to a caller, sample after sample.

use std::collections::VecDeque;
use std::ops::Range;

use flexio_codec::{FRAME_SAMPLES, G711, g711};

use crate::{MAX_QUEUED_PROMPTS, PlaySource, Prompt};

/// A prompt with the place reached in it.
#[derive(Debug)]
pub(crate) struct Track {
    /// The number to report, or `None` for tones of our own.
    pub play_id: Option<u64>,
    prompt: Prompt,
    position: usize,
    /// Samples still to be played over all loops; `u64::MAX` for ever.
    remaining: u64,
}

impl Track {
    /// `loops` = 0 plays for ever; an empty prompt is over at once.
    pub fn looped(play_id: Option<u64>, prompt: Prompt, loops: u32) -> Self {
        let length = prompt.pcm().len() as u64;
        let remaining = match (loops, length) {
            (_, 0) => 0,
            (0, _) => u64::MAX,
            (loops, length) => length * u64::from(loops),
        };
        Self { play_id, prompt, position: 0, remaining }
    }

    /// The prompt again and again for this long.
    pub fn lasting(play_id: Option<u64>, prompt: Prompt, duration_ms: u32, loops: u32) -> Self {
        let whole = u64::from(duration_ms) * 8;
        let remaining = if loops == 0 { u64::MAX } else { whole * u64::from(loops) };
        Self { play_id, prompt, position: 0, remaining }
    }
}

/// The prompts of one session, in order.
#[derive(Debug)]
pub(crate) struct Player {
    tracks: VecDeque<Track>,
    capacity: usize,
}

impl Player {
    /// A player for the prompts of a caller.
    pub fn for_prompts() -> Self {
        Self::new(MAX_QUEUED_PROMPTS + 1)
    }

    /// A player that takes this many tracks, the playing one included.
    pub fn new(capacity: usize) -> Self {
        Self { tracks: VecDeque::with_capacity(capacity), capacity }
    }

    pub fn is_empty(&self) -> bool {
        self.tracks.is_empty()
    }

    /// Appends a track, or gives it back when the queue is full.
    pub fn queue(&mut self, track: Track) -> Result<(), Track> {
        if self.tracks.len() == self.capacity {
            return Err(track);
        }
        self.tracks.push_back(track);
        Ok(())
    }

    /// Takes out the first track, to end all one after the other.
    pub fn take(&mut self) -> Option<Track> {
        self.tracks.pop_front()
    }

    /// Writes the next 20 ms in this law, joining track to track within the frame and filling up with
    /// silence. `done` is called with the number of each prompt that was played to its end.
    pub fn fill(&mut self, law: G711, out: &mut [u8; FRAME_SAMPLES], done: impl FnMut(u64)) {
        self.write(law.silence(), out, done, |prompt, range, out| match prompt.encoded(law) {
            Some(bytes) => out.copy_from_slice(&bytes[range]),
            // Queued before the codec was known: encoded as it goes.
            None => g711::encode(law, &prompt.pcm()[range], out),
        });
    }

    /// The same in samples.
    pub fn fill_samples(&mut self, out: &mut [i16; FRAME_SAMPLES], done: impl FnMut(u64)) {
        self.write(0, out, done, |prompt, range, out| out.copy_from_slice(&prompt.pcm()[range]));
    }

    fn write<T: Copy>(
        &mut self,
        silence: T,
        out: &mut [T; FRAME_SAMPLES],
        mut done: impl FnMut(u64),
        copy: impl Fn(&Prompt, Range<usize>, &mut [T]),
    ) {
        let mut filled = 0;
        while filled < FRAME_SAMPLES {
            let Some(track) = self.tracks.front_mut() else {
                out[filled..].fill(silence);
                return;
            };
            let range = track.advance(FRAME_SAMPLES - filled);
            let end = filled + range.len();
            copy(&track.prompt, range, &mut out[filled..end]);
            filled = end;
            if track.remaining == 0 {
                let ended = self.tracks.pop_front().and_then(|track| track.play_id);
                ended.into_iter().for_each(&mut done);
            }
        }
    }
}

impl Track {
    /// The samples to play next, at most this many and not beyond the end of the prompt.
    fn advance(&mut self, wanted: usize) -> Range<usize> {
        let length = self.prompt.pcm().len();
        let left = usize::try_from(self.remaining).unwrap_or(usize::MAX);
        let count = wanted.min(length - self.position).min(left);
        let range = self.position..self.position + count;
        self.position = if range.end == length { 0 } else { range.end };
        if self.remaining != u64::MAX {
            self.remaining -= count as u64;
        }
        range
    }
}

/// The tones and silences every session may need, rendered once.
#[derive(Debug)]
pub(crate) struct Tones {
    cycles: [Prompt; 4],
    digits: [Prompt; 16],
    silence: Prompt,
    beep: Prompt,
}

impl Tones {
    pub fn new() -> Self {
        let ready = |prompt: Prompt| {
            prompt.prepare(G711::ALaw);
            prompt.prepare(G711::MuLaw);
            prompt
        };
        let digits = std::array::from_fn(|event| {
            let event = u8::try_from(event).expect("below 16");
            let digit = flexio_rtp::digit_of_event(event).expect("the first 16 events are keys");
            let samples = flexio_codec::render_digit(digit, 100, 100).expect("every key has tones");
            ready(Prompt::new(samples))
        });
        let mut beep = crate::Tone::Beep.cycle();
        beep.truncate(2_000);
        Self {
            cycles: crate::Tone::ALL.map(|tone| ready(Prompt::new(tone.cycle()))),
            digits,
            silence: ready(Prompt::new(vec![0; 8_000])),
            beep: ready(Prompt::new(beep)),
        }
    }

    pub fn cycle(&self, tone: crate::Tone) -> Prompt {
        let index = crate::Tone::ALL.iter().position(|known| *known == tone).unwrap_or(0);
        self.cycles[index].clone()
    }

    /// The tones of a key (RFC 4733 event 0–15), 100 ms and a pause of 100 ms.
    pub fn digit(&self, event: u8) -> Prompt {
        self.digits[usize::from(event & 15)].clone()
    }

    /// The beep before a recording: 250 ms.
    pub fn beep(&self) -> Prompt {
        self.beep.clone()
    }

    /// A source as a track.
    pub fn track(&self, play_id: u64, source: PlaySource, loops: u32) -> Track {
        match source {
            PlaySource::Prompt(prompt) => Track::looped(Some(play_id), prompt, loops),
            PlaySource::Silence(ms) => Track::lasting(Some(play_id), self.silence.clone(), ms, loops),
            PlaySource::Tone(tone, ms) => Track::lasting(Some(play_id), self.cycle(tone), ms, loops),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(length: usize) -> Prompt {
        Prompt::new((0..length).map(|n| i16::try_from(n % 200 * 100).unwrap()).collect::<Vec<_>>())
    }

    fn play(player: &mut Player, frames: usize) -> (Vec<u8>, Vec<u64>) {
        let (mut bytes, mut ended) = (vec![], vec![]);
        for _ in 0..frames {
            let mut frame = [0; FRAME_SAMPLES];
            player.fill(G711::ALaw, &mut frame, |play_id| ended.push(play_id));
            bytes.extend(frame);
        }
        (bytes, ended)
    }

    fn encoded(samples: &[i16]) -> Vec<u8> {
        let mut bytes = vec![0; samples.len()];
        g711::encode(G711::ALaw, samples, &mut bytes);
        bytes
    }

    #[test]
    fn queued_prompts_follow_each_other_without_a_gap() {
        let (first, second) = (ramp(1_000), ramp(333));
        first.prepare(G711::ALaw);
        let mut player = Player::for_prompts();
        player.queue(Track::looped(Some(1), first.clone(), 1)).unwrap();
        player.queue(Track::looped(Some(2), second.clone(), 2)).unwrap();
        let (bytes, ended) = play(&mut player, 11);
        let expected = [first.pcm(), second.pcm(), second.pcm()].concat();
        assert_eq!(bytes[..expected.len()], encoded(&expected));
        assert!(bytes[expected.len()..].iter().all(|byte| *byte == G711::ALaw.silence()));
        assert_eq!(ended, [1, 2]);
        assert!(player.is_empty());
    }

    #[test]
    fn empty_prompts_end_at_once_even_when_endless() {
        let mut player = Player::for_prompts();
        player.queue(Track::looped(Some(1), Prompt::new(vec![]), 0)).unwrap();
        player.queue(Track::lasting(Some(2), ramp(10), 0, 1)).unwrap();
        assert_eq!(play(&mut player, 1).1, [1, 2]);
    }

    #[test]
    fn endless_prompts_go_round() {
        let mut player = Player::for_prompts();
        player.queue(Track::looped(Some(1), ramp(100), 0)).unwrap();
        let (bytes, ended) = play(&mut player, 50);
        assert!(ended.is_empty() && !player.is_empty());
        assert_eq!(bytes[7_900..8_000], encoded(ramp(100).pcm()));
    }

    #[test]
    fn a_full_queue_gives_the_prompt_back() {
        let mut player = Player::new(1);
        player.queue(Track::looped(Some(1), ramp(10), 0)).unwrap();
        assert_eq!(player.queue(Track::looped(Some(2), ramp(10), 0)).unwrap_err().play_id, Some(2));
    }
}
