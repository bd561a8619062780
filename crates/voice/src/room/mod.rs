//! The machine of one conference: who is in it, who talks, when it starts and ends.
//!
//! One [`Room`] lives from the first call that joins a name of an account to the last that leaves it. Calls know nothing of each
//! other: a call's machine asks to join by [`crate::Action::JoinRoom`], the room answers by [`RoomAction::Tell`], and the mixing of the
//! talkers is the room's ([`RoomAction::Member`]). What a waiting or held participant hears is played by its own call.
//!
//! - It starts when two are present and one of them has `startConferenceOnEnter`; it stays started. Whoever is alone, before or after,
//!   hears what waiting callers hear.
//! - It ends when the last leaves, when one with `endConferenceOnExit` leaves, by request, or after [`RoomLimits::life_s`].
//! - A call joins a room at most once, and is told of its leaving at most once; nothing follows [`RoomAction::Done`].

mod actions;
mod announce;
mod changes;
mod events;
mod params;
mod records;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

pub use actions::*;
pub use events::*;

use crate::actions::{JoinRoom, LeaveReason, PromptId, PromptSource, RequestId, RoomNews};
use crate::facts::{ApiVersion, Now, Sids};
use announce::Announcement;
use flexio_markup::{Beep, Target};
use params::{Departure, RoomReport};
use records::LiveRecording;
use text::RoomText;

/// What a room is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomFacts {
    /// Owner.
    pub account_sid: String,
    /// Sid of this meeting.
    pub conference_sid: String,
    /// Name of the room, unique in the account.
    pub name: String,
    /// Wire form of parameters.
    pub api_version: ApiVersion,
    /// Language of the account, for announcements without one.
    pub language: String,
}

/// Limits of one room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomLimits {
    /// Longest life in seconds.
    pub life_s: u32,
    /// Calls expected at a time, made over REST and not yet answered; more are refused.
    pub expected: usize,
    /// Announcements that wait; the oldest waiting is kept, a new one is refused.
    pub announcements: usize,
    /// A document or recording not answered by the shell after this is a failure, seconds.
    pub answer_s: u32,
}

impl Default for RoomLimits {
    fn default() -> Self {
        Self { life_s: 14_400, expected: 1_000, announcements: 10, answer_s: 40 }
    }
}

/// One conference.
#[derive(Debug)]
pub struct Room {
    facts: RoomFacts,
    limits: RoomLimits,
    phase: Phase,
    /// In the order of their coming.
    members: BTreeMap<u32, Member>,
    /// Calls on their way, made over REST for this room.
    expected: BTreeSet<String>,
    /// Where events go: set by the first participant that names it.
    callback: Option<RoomCallback>,
    sequence: u32,
    recording: Option<LiveRecording>,
    announcements: Vec<Announcement>,
    text: RoomText,
    /// Participants so far.
    came: u32,
    life_until: Option<Duration>,
    next_id: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Nobody has come yet.
    New,
    /// Some are present, and it has not started.
    Init,
    Running,
    /// It has ended; a recording is awaited.
    Closing,
    Done,
}

/// Where a participant is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Waiting,
    Held,
    Talking(Voice),
}

/// A participant.
#[derive(Debug)]
struct Member {
    join: JoinRoom,
    /// From 1, in the order of their coming.
    number: u32,
    place: Place,
    held: bool,
    hold_wait: Option<Target>,
    /// Index of the one it coaches, while that one is present.
    coached: Option<u32>,
}

impl Room {
    /// A room nobody has entered.
    pub fn new(facts: RoomFacts, limits: RoomLimits) -> Self {
        Self {
            facts,
            limits,
            phase: Phase::New,
            members: BTreeMap::new(),
            expected: BTreeSet::new(),
            callback: None,
            sequence: 0,
            recording: None,
            announcements: Vec::new(),
            text: RoomText::default(),
            came: 0,
            life_until: None,
            next_id: 0,
        }
    }

    /// Takes one event and appends what must be done, in order. Late and unknown events do nothing.
    pub fn handle(&mut self, now: Now, event: RoomEvent, sids: &mut dyn Sids, out: &mut Vec<RoomAction>) {
        if self.phase == Phase::Done {
            return;
        }
        let mut turn = Turn { room: self, now, sids, out };
        turn.event(event);
        turn.settle();
    }

    /// When to call [`Room::handle`] with [`RoomEvent::Timeout`]; `None` once done, and while nobody has come.
    pub fn deadline(&self) -> Option<Duration> {
        if self.phase == Phase::Done {
            return None;
        }
        let announcement = self.announcements.first().and_then(Announcement::deadline);
        let recording = self.recording.as_ref().map(LiveRecording::deadline);
        let life = self.life_until.filter(|_| self.phase != Phase::Closing);
        let text = self.text.deadline();
        [announcement, recording, life, text].into_iter().flatten().min()
    }

    /// Whether [`RoomAction::Done`] was emitted.
    pub fn is_done(&self) -> bool {
        self.phase == Phase::Done
    }

    /// Whether it takes new participants: an ended room does not, a new one of the same name will.
    pub fn is_open(&self) -> bool {
        matches!(self.phase, Phase::New | Phase::Init | Phase::Running)
    }

    /// Identity.
    pub fn facts(&self) -> &RoomFacts {
        &self.facts
    }

    /// Whether this call takes part.
    pub fn has(&self, call_sid: &str) -> bool {
        self.index_of(call_sid).is_some()
    }

    /// Sid of the recording that runs.
    pub fn recording(&self) -> Option<&str> {
        self.recording.as_ref().filter(|recording| recording.runs()).map(|recording| &*recording.fact.sid)
    }

    /// Whether a recording runs, or the end of one is awaited: there is one at a time.
    pub fn has_recording(&self) -> bool {
        self.recording.is_some()
    }

    fn index_of(&self, call_sid: &str) -> Option<u32> {
        self.members.iter().find(|(_, member)| member.join.call_sid == call_sid).map(|(index, _)| *index)
    }
}

/// One event being handled.
struct Turn<'a> {
    room: &'a mut Room,
    now: Now,
    sids: &'a mut dyn Sids,
    out: &'a mut Vec<RoomAction>,
}

impl Turn<'_> {
    fn event(&mut self, event: RoomEvent) {
        match event {
            RoomEvent::Expect { call_sid } => self.expect(call_sid),
            RoomEvent::Join(join) => self.join(*join),
            RoomEvent::Leave { call_sid, reason } => {
                if let Some(index) = self.room.index_of(&call_sid) {
                    self.leave(index, Departure::Left(reason));
                } else if self.room.expected.remove(&call_sid) {
                    self.out.push(RoomAction::NeverCame { call_sid });
                }
            }
            RoomEvent::Change { call_sid, change } => {
                if let Some(index) = self.room.index_of(&call_sid) {
                    self.change(index, change);
                }
            }
            RoomEvent::End => self.end(ReasonEnded::ViaApi, None),
            RoomEvent::Announce { target } => self.announce(target),
            RoomEvent::Record(plan) => self.record(plan, true),
            RoomEvent::ChangeRecording(change) => self.change_recording(change),
            RoomEvent::Speech { call_sid, speaking } => self.speech(&call_sid, speaking),
            RoomEvent::Text { call_sid, text } => self.typed(&call_sid, &text),
            RoomEvent::PromptDone { prompt, result } => {
                self.announced(&announce::Heard::Prompt(prompt, result));
            }
            RoomEvent::Document { request, result } => {
                self.announced(&announce::Heard::Document(request, result));
            }
            RoomEvent::RecordingDone { recording, outcome } => self.recorded(recording, outcome),
            RoomEvent::Timeout => self.tick(),
            RoomEvent::Shutdown => self.shut_down(),
        }
    }

    fn id(&mut self) -> u32 {
        self.room.next_id += 1;
        self.room.next_id
    }

    fn after(&self, seconds: u32) -> Duration {
        self.now.mono + Duration::from_secs(u64::from(seconds))
    }

    fn passed(&self, deadline: Option<Duration>) -> bool {
        deadline.is_some_and(|deadline| self.now.mono >= deadline)
    }

    fn prompt(&mut self) -> PromptId {
        PromptId(self.id())
    }

    fn request(&mut self) -> RequestId {
        RequestId(self.id())
    }

    fn expect(&mut self, call_sid: String) {
        if self.room.is_open() && self.room.expected.len() < self.room.limits.expected {
            self.begin_life();
            self.room.expected.insert(call_sid);
        }
    }

    fn begin_life(&mut self) {
        if self.room.life_until.is_none() {
            self.room.life_until = Some(self.after(self.room.limits.life_s));
            self.fact(RoomStatus::Init, None);
        }
    }

    fn tell(&mut self, index: u32, news: RoomNews) {
        if let Some(member) = self.room.members.get(&index) {
            let (call_sid, leg) = (member.join.call_sid.clone(), member.join.leg);
            self.out.push(RoomAction::Tell { call_sid, leg, news });
        }
    }

    fn join(&mut self, join: JoinRoom) {
        let refusal = if !self.room.is_open() || self.room.has(&join.call_sid) {
            Some(RoomNews::Refused { full: false })
        } else if self.room.members.len() >= usize::from(join.max_participants) {
            Some(RoomNews::Refused { full: true })
        } else {
            None
        };
        if let Some(news) = refusal {
            self.out.push(RoomAction::Tell { call_sid: join.call_sid, leg: join.leg, news });
            return;
        }
        self.room.expected.remove(&join.call_sid);
        self.begin_life();
        if self.room.phase == Phase::New {
            self.room.phase = Phase::Init;
        }
        if self.room.callback.is_none() {
            self.room.callback.clone_from(&join.status_callback);
        }
        let beep = matches!(join.beep, Beep::Both | Beep::OnEnter) && self.room.phase == Phase::Running;
        let (beep_url, record) = (join.beep_url.clone(), join.record.clone());
        let index = self.id();
        self.room.came += 1;
        let (number, place) = (self.room.came, Place::Waiting);
        let member = Member { join, number, place, held: false, hold_wait: None, coached: None };
        self.room.members.insert(index, member);
        let conference_sid = self.room.facts.conference_sid.clone();
        self.tell(index, RoomNews::Joined { conference_sid });
        self.participant(index, ParticipantStatus::Connected);
        self.report(RoomReport::Join, Some(index), Departure::None);
        if beep {
            self.beep(beep_url);
        }
        self.start();
        if let Some(plan) = record {
            self.record(plan, false);
        }
        self.arrange();
    }

    /// Starts the conference when two are present and one of them may start it.
    fn start(&mut self) {
        let members = &self.room.members;
        let ready = members.len() >= 2 && members.values().any(|member| member.join.start_on_enter);
        if self.room.phase == Phase::Init && ready {
            self.room.phase = Phase::Running;
            self.fact(RoomStatus::InProgress, None);
            self.report(RoomReport::Start, None, Departure::None);
            let planned = self.room.members.values().find_map(|member| member.join.record.clone());
            if let Some(plan) = planned {
                self.record(plan, false);
            }
        }
    }

    /// Puts everyone where he belongs, and tells those whose place has changed.
    fn arrange(&mut self) {
        let running = self.room.phase == Phase::Running && self.room.members.len() >= 2;
        let indexes: Vec<u32> = self.room.members.keys().copied().collect();
        for index in indexes {
            let coach = self.room.members[&index].join.coach.clone();
            let coached = coach.as_ref().and_then(|call_sid| self.room.index_of(call_sid));
            let Some(member) = self.room.members.get_mut(&index) else { continue };
            member.coached = coached;
            let wanted = if member.held {
                Place::Held
            } else if running {
                // A coach whose pupil is not there must not be heard by the others.
                let speaks = !member.join.muted && (coach.is_none() || coached.is_some());
                Place::Talking(Voice { speaks, coaching: coach.is_some() })
            } else {
                Place::Waiting
            };
            let before = std::mem::replace(&mut member.place, wanted);
            if before != wanted {
                self.moved(index, before, wanted);
            }
        }
    }

    fn moved(&mut self, index: u32, before: Place, place: Place) {
        let Some(member) = self.room.members.get(&index) else { return };
        let (call_sid, jitter_buffer) = (member.join.call_sid.clone(), member.join.jitter_buffer);
        let coached = member.coached.and_then(|pupil| self.room.members.get(&pupil));
        let coaches = coached.map(|pupil| pupil.join.call_sid.clone());
        match place {
            Place::Talking(voice) => {
                if !matches!(before, Place::Talking(_)) {
                    self.tell(index, RoomNews::Talk);
                }
                let told = self.room.callback.as_ref().is_some_and(|callback| callback.events.speaker);
                let mixed = Mixed { speaks: voice.speaks, coaches, talk_events: told, jitter_buffer };
                self.out.push(RoomAction::Member { call_sid, mixed: Some(mixed) });
            }
            Place::Waiting | Place::Held => {
                let wait = member.hold_wait.clone();
                if matches!(before, Place::Talking(_)) {
                    self.out.push(RoomAction::Member { call_sid, mixed: None });
                }
                let held = place == Place::Held;
                self.tell(index, if held { RoomNews::Hold { wait } } else { RoomNews::Wait });
            }
        }
    }

    fn beep(&mut self, url: Option<String>) {
        let prompt = self.prompt();
        let source = url.map_or(PromptSource::Beep, PromptSource::Url);
        self.out.push(RoomAction::Play { prompt, source, times: 1 });
    }

    /// A participant is gone, or has to go.
    fn leave(&mut self, index: u32, departure: Departure) {
        let Some(member) = self.room.members.get(&index) else { return };
        let (ends, kicked) = (member.join.end_on_exit, departure == Departure::Kicked);
        let beeps = matches!(member.join.beep, Beep::Both | Beep::OnExit);
        let (beep_url, call_sid) = (member.join.beep_url.clone(), member.join.call_sid.clone());
        let is_mixed = matches!(member.place, Place::Talking(_));
        self.text_ends(index);
        if is_mixed {
            self.out.push(RoomAction::Member { call_sid: call_sid.clone(), mixed: None });
        }
        self.participant(index, ParticipantStatus::Complete);
        self.report(RoomReport::Leave, Some(index), departure);
        if !matches!(departure, Departure::Left(_)) {
            self.tell(index, RoomNews::Left);
        }
        self.room.members.remove(&index);
        if ends {
            let reason = if kicked { ReasonEnded::EndOnExitKicked } else { ReasonEnded::EndOnExitLeft };
            self.end(reason, Some(&call_sid));
        } else if self.room.members.is_empty() {
            let reason = if kicked { ReasonEnded::LastKicked } else { ReasonEnded::LastLeft };
            // Someone who was called over REST may still come.
            if self.room.expected.is_empty() {
                self.end(reason, Some(&call_sid));
            }
        } else {
            if beeps && self.room.phase == Phase::Running {
                self.beep(beep_url);
            }
            self.arrange();
        }
    }

    /// Everyone has to go.
    fn end(&mut self, reason: ReasonEnded, by: Option<&String>) {
        if !self.room.is_open() {
            return;
        }
        let departure = if by.is_some() { Departure::ModeratorLeft } else { Departure::Ended };
        self.room.phase = Phase::Closing;
        self.silence();
        let indexes: Vec<u32> = self.room.members.keys().copied().collect();
        for index in indexes {
            let Some(member) = self.room.members.get_mut(&index) else { continue };
            // The end has its reason; it must not be given a second one by those who leave because of it.
            member.join.end_on_exit = false;
            self.dismiss(index, departure);
        }
        for call_sid in std::mem::take(&mut self.room.expected) {
            self.out.push(RoomAction::NeverCame { call_sid });
        }
        self.stop_recording();
        self.fact(RoomStatus::Completed, Some((reason, by.cloned())));
        self.report_end(reason, by);
    }

    fn dismiss(&mut self, index: u32, departure: Departure) {
        self.text_ends(index);
        let Some(member) = self.room.members.get(&index) else { return };
        if matches!(member.place, Place::Talking(_)) {
            let call_sid = member.join.call_sid.clone();
            self.out.push(RoomAction::Member { call_sid, mixed: None });
        }
        self.participant(index, ParticipantStatus::Complete);
        self.report(RoomReport::Leave, Some(index), departure);
        self.tell(index, RoomNews::Left);
        self.room.members.remove(&index);
    }

    fn tick(&mut self) {
        if self.passed(self.room.life_until) {
            self.end(ReasonEnded::ViaApi, None);
        }
        self.announced(&announce::Heard::Tick);
        self.tell_text();
        self.recording_late();
    }

    fn shut_down(&mut self) {
        self.end(ReasonEnded::ViaApi, None);
        self.recording_lost("the node stopped");
    }

    fn settle(&mut self) {
        let idle = self.room.members.is_empty() && self.room.expected.is_empty();
        if idle && matches!(self.room.phase, Phase::New | Phase::Init | Phase::Running) {
            if self.room.life_until.is_none() {
                return;
            }
            // Only calls were expected, and none of them came.
            self.end(ReasonEnded::LastLeft, None);
        }
        if self.room.phase == Phase::Closing && self.room.recording.is_none() {
            self.room.phase = Phase::Done;
            self.out.push(RoomAction::Done);
        }
    }

    fn fact(&mut self, status: RoomStatus, ended: Option<(ReasonEnded, Option<String>)>) {
        let (reason, call_sid_ending) = ended.map_or((None, None), |(reason, by)| (Some(reason), by));
        self.out.push(RoomAction::Fact(RoomFact { status, reason, call_sid_ending, at: self.now.wall }));
    }

    fn participant(&mut self, index: u32, status: ParticipantStatus) {
        let Some(member) = self.room.members.get(&index) else { return };
        let join = &member.join;
        self.out.push(RoomAction::Participant(ParticipantFact {
            call_sid: join.call_sid.clone(),
            status,
            label: join.label.clone(),
            muted: join.muted,
            hold: member.held,
            coaches: join.coach.clone(),
            start_on_enter: join.start_on_enter,
            end_on_exit: join.end_on_exit,
        }));
    }
}

/// Whether the reason a call gives means that its party hung up.
fn hung_up(reason: LeaveReason) -> bool {
    match reason {
        LeaveReason::HungUp => true,
        LeaveReason::Star | LeaveReason::TimeLimit | LeaveReason::Redirected => false,
    }
}
