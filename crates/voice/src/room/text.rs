//! What participants type (RFC 4103), sent on to the others as one text with labels.
//!
//! A phone shows one text of the other side, so the texts of several cannot be mixed letter by letter. Whoever types has the text until he ends a
//! line, or pauses while another waits; what the others type meanwhile waits. Each change of the typist is shown as a new line with his
//! label in brackets, in the manner of RFC 9071 for phones that know nothing of several parties. Nobody is shown his own text, and nobody can
//! erase another's.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::{Place, RoomAction, Turn};

/// Who types nothing for so long gives way.
const IDLE: Duration = Duration::from_secs(2);
/// Who waits longer has his turn whether or not the other has ended his line.
const WAIT: Duration = Duration::from_secs(15);
/// Characters of one participant that wait; of more, U+FFFD is left.
const WAITING_CHARS: usize = 1_000;
/// Characters of a label that are shown.
const LABEL_CHARS: usize = 32;
const BACKSPACE: char = '\u{8}';
const LOST: char = '\u{FFFD}';
const LINE_END: char = '\u{2028}';

fn ends_line(character: char) -> bool {
    matches!(character, '\n' | '\r' | LINE_END | '\u{2029}')
}

/// The text of a room.
#[derive(Debug, Default)]
pub(super) struct RoomText {
    /// Whose text it is now.
    typist: Option<u32>,
    /// When he typed last.
    typed_at: Duration,
    /// Characters of his line that he can erase.
    erasable: usize,
    waiting: VecDeque<Waiting>,
    /// What each participant sees.
    views: BTreeMap<u32, View>,
}

#[derive(Debug)]
struct Waiting {
    member: u32,
    text: String,
    since: Duration,
}

#[derive(Debug, Default)]
struct View {
    /// Whose text it showed last.
    typist: Option<u32>,
    /// The line has not ended.
    is_open: bool,
}

impl RoomText {
    /// When somebody who waits has his turn.
    pub fn deadline(&self) -> Option<Duration> {
        let first = self.waiting.front()?;
        Some((self.typed_at + IDLE).min(first.since + WAIT))
    }

    /// Keeps what is typed out of turn.
    fn wait(&mut self, member: u32, now: Duration, text: &str) {
        let at = self.waiting.iter().position(|waiting| waiting.member == member);
        let at = at.unwrap_or_else(|| {
            self.waiting.push_back(Waiting { member, text: String::new(), since: now });
            self.waiting.len() - 1
        });
        let Some(waiting) = self.waiting.get_mut(at) else { return };
        let count = waiting.text.chars().count();
        let room = WAITING_CHARS.saturating_sub(count);
        waiting.text.extend(text.chars().take(room));
        if count <= WAITING_CHARS && text.chars().count() > room {
            waiting.text.push(LOST);
        }
    }

    /// What of the typist's text can be shown: he erases his own line, and nothing before it.
    fn shown(&mut self, text: &str) -> String {
        let mut shown = String::with_capacity(text.len());
        for character in text.chars() {
            if character == BACKSPACE {
                if self.erasable == 0 {
                    continue;
                }
                self.erasable -= 1;
            } else if ends_line(character) {
                self.erasable = 0;
            } else {
                self.erasable += 1;
            }
            shown.push(character);
        }
        shown
    }
}

impl Turn<'_> {
    /// A participant has typed this.
    pub(super) fn typed(&mut self, call_sid: &str, text: &str) {
        let Some(index) = self.room.index_of(call_sid) else { return };
        let is_heard = matches!(self.room.members[&index].place, Place::Talking(voice) if voice.speaks);
        if is_heard {
            self.room.text.wait(index, self.now.mono, text);
            self.tell_text();
        }
    }

    /// Shows whatever it is the turn of.
    pub(super) fn tell_text(&mut self) {
        let now = self.now.mono;
        // Each round takes the text of one who waits, and leaves him at most what follows his line.
        while let Some(at) = self.text_in_turn(now) {
            let Some(mut waiting) = self.room.text.waiting.remove(at) else { return };
            let is_alone = self.room.text.waiting.is_empty();
            if let Some(cut) = waiting.text.find(ends_line).filter(|_| !is_alone) {
                let end = cut + waiting.text[cut..].chars().next().map_or(0, char::len_utf8);
                let rest = waiting.text.split_off(end);
                if !rest.is_empty() {
                    self.room.text.wait(waiting.member, waiting.since, &rest);
                }
            }
            self.show_text(waiting.member, &waiting.text);
        }
    }

    /// Which of those who wait may be shown.
    fn text_in_turn(&self, now: Duration) -> Option<usize> {
        let text = &self.room.text;
        let first = text.waiting.front()?;
        let Some(typist) = text.typist.filter(|typist| self.room.members.contains_key(typist)) else {
            return Some(0);
        };
        let gives_way = now >= text.typed_at + IDLE || now >= first.since + WAIT;
        let own = text.waiting.iter().position(|waiting| waiting.member == typist);
        if gives_way { Some(0) } else { own }
    }

    fn show_text(&mut self, index: u32, text: &str) {
        let now = self.now.mono;
        let state = &mut self.room.text;
        if state.typist != Some(index) {
            (state.typist, state.erasable) = (Some(index), 0);
        }
        state.typed_at = now;
        let text = state.shown(text);
        let Some(last) = text.chars().last() else { return };
        let Some(member) = self.room.members.get(&index) else { return };
        let label = member.join.label.clone().unwrap_or_else(|| member.number.to_string());
        let label: String =
            label.chars().filter(|character| !character.is_control()).take(LABEL_CHARS).collect();
        // A coach is read by his pupil alone.
        let (is_coach, pupil) = (member.join.coach.is_some(), member.coached);
        for (reader, other) in &self.room.members {
            let reads = matches!(other.place, Place::Talking(_)) && (!is_coach || pupil == Some(*reader));
            if *reader == index || !reads {
                continue;
            }
            let view = self.room.text.views.entry(*reader).or_default();
            let mut shown = String::new();
            if view.typist != Some(index) {
                shown.extend(view.is_open.then_some(LINE_END));
                shown.push_str(&format!("[{label}] "));
            }
            shown.push_str(&text);
            *view = View { typist: Some(index), is_open: !ends_line(last) };
            let (call_sid, leg) = (other.join.call_sid.clone(), other.join.leg);
            self.out.push(RoomAction::Text { call_sid, leg, text: shown });
        }
        if ends_line(last) {
            self.room.text.typist = None;
        }
    }

    /// Shows a line of the platform's own, once and without a label, to all who hear it; whoever was typing begins a new line after it.
    pub(super) fn announce_in_text(&mut self, text: &str) {
        for (reader, other) in &self.room.members {
            if !matches!(other.place, Place::Talking(_)) {
                continue;
            }
            let view = self.room.text.views.insert(*reader, View::default()).unwrap_or_default();
            let before = if view.is_open { "\u{2028}" } else { "" };
            let (call_sid, leg) = (other.join.call_sid.clone(), other.join.leg);
            self.out.push(RoomAction::Text { call_sid, leg, text: format!("{before}{text}{LINE_END}") });
        }
        self.room.text.typist = None;
    }

    /// A participant goes: what he typed is shown first.
    pub(super) fn text_ends(&mut self, index: u32) {
        let waiting = &mut self.room.text.waiting;
        if let Some(at) = waiting.iter().position(|waiting| waiting.member == index)
            && let Some(rest) = waiting.remove(at)
        {
            self.show_text(index, &rest.text);
        }
        let text = &mut self.room.text;
        text.views.remove(&index);
        if text.typist == Some(index) {
            text.typist = None;
        }
    }
}
