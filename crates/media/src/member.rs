//! A session as a member of a mix.

use flexio_codec::{FRAME_SAMPLES, G711, MAX_FRAME_BYTES, VoiceActivity, g711, mix_into};

use crate::events::EventQueue;
use crate::mix::{MixPart, Mixes};
use crate::session::{Context, SessionState};
use crate::writer::Writers;
use crate::{Depth, Event, MixId, MixMember, SessionId};

/// Frames mixed in after the last voice, so that the end of a word is not cut off: 400 ms.
const HANGOVER_FRAMES: u32 = 20;
/// Frames with voice in a row that are talk, and without that are the end of it.
const TALK_FRAMES: u32 = 3;
const QUIET_FRAMES: u32 = 40;
/// A louder sample than this is no digital silence.
const NOTHING: u16 = 8;

/// Frames from other sessions for this one alone, each kept for the frame it is to be heard in. Several sources are
/// added; what comes too late for its frame is left out.
#[derive(Debug)]
pub(crate) struct Ear {
    frames: [(u64, [i16; FRAME_SAMPLES]); 4],
}

impl Ear {
    pub fn new() -> Self {
        Self { frames: [(0, [0; FRAME_SAMPLES]); 4] }
    }

    fn place(frame: u64) -> usize {
        usize::from(frame.to_le_bytes()[0] % 4)
    }

    pub fn put(&mut self, frame: u64, samples: &[i16; FRAME_SAMPLES]) {
        let (kept_for, kept) = &mut self.frames[Self::place(frame)];
        if *kept_for == frame {
            mix_into(kept, samples);
        } else if frame > *kept_for {
            (*kept_for, *kept) = (frame, *samples);
        }
    }

    pub fn take(&self, frame: u64) -> Option<&[i16; FRAME_SAMPLES]> {
        let (kept_for, kept) = &self.frames[Self::place(frame)];
        (*kept_for == frame).then_some(kept)
    }
}

/// Whether a member talks, as it is told and as it is mixed in.
#[derive(Debug)]
struct Talk {
    activity: VoiceActivity,
    voiced: u32,
    quiet: u32,
    is_told: bool,
}

impl Talk {
    fn new() -> Self {
        Self { activity: VoiceActivity::new(), voiced: 0, quiet: HANGOVER_FRAMES, is_told: false }
    }

    /// Takes a frame; tells whether it is one of talk.
    fn listen(&mut self, samples: &[i16; FRAME_SAMPLES]) -> bool {
        if self.activity.is_voice(samples) {
            self.voiced += 1;
            self.quiet = 0;
        } else {
            self.voiced = 0;
            self.quiet = self.quiet.saturating_add(1);
        }
        self.quiet < HANGOVER_FRAMES
    }

    /// The state to tell, when it has changed.
    fn change(&mut self) -> Option<bool> {
        let is_talking = if self.is_told { self.quiet < QUIET_FRAMES } else { self.voiced >= TALK_FRAMES };
        (std::mem::replace(&mut self.is_told, is_talking) != is_talking).then_some(is_talking)
    }
}

/// The membership of one session.
#[derive(Debug)]
pub(crate) struct Member {
    mix: MixId,
    settings: MixMember,
    ear: Ear,
    talk: Talk,
    /// What was said last, and the frame in which.
    said: [i16; FRAME_SAMPLES],
    said_in: Option<u64>,
}

impl Member {
    pub fn new(mix: MixId, settings: MixMember) -> Self {
        let (ear, talk) = (Ear::new(), Talk::new());
        Self { mix, settings, ear, talk, said: [0; FRAME_SAMPLES], said_in: None }
    }

    /// Whether its voice goes into the mix, rather than to nobody or to one it coaches.
    fn is_speaker(&self) -> bool {
        self.settings.speaks && self.settings.coach.is_none()
    }

    /// Whether what it says has to be decoded.
    pub fn is_listened_to(&self) -> bool {
        self.settings.speaks
    }

    /// Says 20 ms. Returns whom it is meant for when it is not the mix.
    fn say(&mut self, mixes: &mut Mixes, samples: &[i16; FRAME_SAMPLES]) -> Option<SessionId> {
        if let Some(coached) = self.settings.coach {
            return Some(coached);
        }
        let frame = mixes.frame();
        let part = mixes.find(self.mix)?;
        let is_talk = if part.is_crowded() || self.settings.talk_events {
            let is_talk = self.talk.listen(samples);
            if part.is_crowded() { is_talk } else { is_sound(samples) }
        } else {
            is_sound(samples)
        };
        if is_talk {
            part.say(samples);
            self.said = *samples;
            self.said_in = Some(frame);
        }
        None
    }

    /// What it said is in what is heard now.
    fn own(&self, now: u64) -> Option<&[i16; FRAME_SAMPLES]> {
        self.said_in.is_some_and(|said_in| said_in + 1 == now).then_some(&self.said)
    }

    /// It hears now what all others hear that say nothing.
    fn is_alike(&self, now: u64) -> bool {
        self.own(now).is_none() && self.ear.take(now).is_none()
    }

    fn hear(&self, part: &MixPart, now: u64, samples: &mut [i16; FRAME_SAMPLES]) {
        part.without(self.own(now), samples);
        if let Some(whispered) = self.ear.take(now) {
            mix_into(samples, whispered);
        }
    }

    fn tell(&mut self, token: u64, events: &mut EventQueue) {
        if self.settings.talk_events
            && let Some(talking) = self.talk.change()
        {
            events.tell(Event::Talking { token, talking });
        }
    }
}

fn is_sound(samples: &[i16; FRAME_SAMPLES]) -> bool {
    samples.iter().any(|sample| sample.unsigned_abs() > NOTHING)
}

fn count(part: Option<&mut MixPart>, before: bool, after: bool) {
    let Some(part) = part else { return };
    match (before, after) {
        (false, true) => part.speaker_came(),
        (true, false) => part.speaker_left(),
        (true, true) | (false, false) => {}
    }
}

impl SessionState {
    /// Joins a mix; an earlier one is left.
    pub fn join_mix(&mut self, cx: &mut Context<'_>, member: Box<Member>) {
        self.leave_mix(cx);
        count(cx.mixes.find(member.mix), false, member.is_speaker());
        self.keep_back(member.settings.depth);
        self.member = Some(member);
    }

    /// Changes what a member may do. Not a member: nothing.
    pub fn set_member(&mut self, cx: &mut Context<'_>, settings: MixMember) {
        let was_listened_to = self.wants_audio();
        let Some(member) = &mut self.member else { return };
        let before = member.is_speaker();
        member.settings = settings;
        count(cx.mixes.find(member.mix), before, member.is_speaker());
        if !settings.speaks {
            member.talk.quiet = QUIET_FRAMES;
            member.talk.voiced = 0;
        }
        member.tell(self.token, cx.events);
        self.keep_back(settings.depth);
        if settings.speaks
            && !was_listened_to
            && let Some(listening) = &mut self.listening
        {
            listening.reset();
        }
    }

    /// Leaves the mix, if it is in one.
    pub fn leave_mix(&mut self, cx: &mut Context<'_>) {
        if let Some(member) = self.member.take() {
            count(cx.mixes.find(member.mix), member.is_speaker(), false);
            self.keep_back(Depth::default());
        }
    }

    fn keep_back(&mut self, depth: Depth) {
        if let Some(listening) = &mut self.listening {
            listening.keep_back(depth);
        }
    }

    /// Somebody says something to this session alone, to be heard in this frame.
    pub fn whisper(&mut self, frame: u64, samples: &[i16; FRAME_SAMPLES]) {
        if let Some(member) = &mut self.member {
            member.ear.put(frame, samples);
        }
    }

    /// What the caller said goes to the mix; returns the one it is for when it is for one alone.
    pub fn say_to_mix(&mut self, cx: &mut Context<'_>, said: &[i16; FRAME_SAMPLES]) -> Option<SessionId> {
        let member = self.member.as_mut().filter(|member| member.is_listened_to())?;
        let to = member.say(cx.mixes, said);
        member.tell(self.token, cx.events);
        to
    }

    /// Whether it hears a mix.
    pub fn hears_mix(&self) -> bool {
        self.member.as_ref().is_some_and(|member| member.settings.hears)
    }

    /// Fills a frame with what the member hears.
    pub fn hear_mix(&mut self, mixes: &mut Mixes, law: G711, frame: &mut [u8; FRAME_SAMPLES]) {
        let now = mixes.frame();
        let Some(member) = &self.member else { return frame.fill(law.silence()) };
        let Some(part) = mixes.find(member.mix) else { return frame.fill(law.silence()) };
        if member.is_alike(now) {
            frame.copy_from_slice(part.everything_encoded(law));
            return;
        }
        let mut samples = [0; FRAME_SAMPLES];
        member.hear(part, now, &mut samples);
        g711::encode(law, &samples, frame);
    }

    /// The same in a codec with memory, when it hears what all hear that say nothing.
    pub fn hear_mix_shared(
        &mut self,
        mixes: &mut Mixes,
        writers: &Writers,
        room: &mut [u8; MAX_FRAME_BYTES],
    ) -> Option<usize> {
        let (now, format) = (mixes.frame(), self.format());
        let member = self.member.as_ref().filter(|member| member.is_alike(now))?;
        mixes.find(member.mix)?.everything_shared(format, writers, room)
    }

    /// The same in samples.
    pub fn hear_mix_samples(&mut self, mixes: &mut Mixes, samples: &mut [i16; FRAME_SAMPLES]) {
        let now = mixes.frame();
        let Some(member) = &self.member else { return samples.fill(0) };
        match mixes.find(member.mix) {
            Some(part) => member.hear(part, now, samples),
            None => samples.fill(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whisper_is_heard_in_its_frame_only_and_several_are_added() {
        let mut ear = Ear::new();
        ear.put(7, &[1; FRAME_SAMPLES]);
        ear.put(8, &[2; FRAME_SAMPLES]);
        ear.put(8, &[3; FRAME_SAMPLES]);
        assert_eq!(ear.take(7), Some(&[1; FRAME_SAMPLES]));
        assert_eq!(ear.take(8), Some(&[5; FRAME_SAMPLES]));
        assert_eq!(ear.take(9), None);
        // Too late: its place already holds a newer frame.
        ear.put(12, &[9; FRAME_SAMPLES]);
        ear.put(8, &[4; FRAME_SAMPLES]);
        assert_eq!((ear.take(12), ear.take(8)), (Some(&[9; FRAME_SAMPLES]), None));
    }

    #[test]
    fn talk_is_told_once_when_it_begins_and_once_when_it_is_over() {
        let mut talk = Talk::new();
        let mut told = vec![];
        for frame in 0..200 {
            let is_voice = (50..100).contains(&frame) && frame % 10 != 9;
            talk.listen(&[if is_voice { 5_000 } else { 0 }; FRAME_SAMPLES]);
            told.extend(talk.change().map(|talking| (frame, talking)));
        }
        assert_eq!(told, [(52, true), (138, false)]);
    }
}
