//! Conferences, event by event.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;

use flexio_markup::{Beep, Kind, Limits as MarkupLimits, RecordingCallback, Target};
use flexio_voice::room::*;
use flexio_voice::*;
use jiff::Timestamp;
use proptest::prelude::*;

use crate::{Counting, target};

mod text;

fn facts() -> RoomFacts {
    RoomFacts {
        account_sid: "AC1".into(),
        conference_sid: "CF1".into(),
        name: "team".into(),
        api_version: ApiVersion::V2010,
        language: "nl-BE".into(),
    }
}

/// A participant with every attribute at its default.
fn joins(call: u32) -> JoinRoom {
    JoinRoom {
        leg: LegId::FIRST,
        call_sid: format!("CA{call}"),
        room: "team".into(),
        label: None,
        muted: false,
        beep: Beep::Both,
        beep_url: None,
        start_on_enter: true,
        end_on_exit: false,
        max_participants: 40,
        record: None,
        coach: None,
        jitter_buffer: flexio_markup::JitterBufferSize::Medium,
        status_callback: None,
    }
}

fn told(mut join: JoinRoom) -> JoinRoom {
    let names: Vec<String> =
        ["start", "end", "join", "leave", "mute", "hold", "modify", "speaker", "announcement"]
            .map(str::to_owned)
            .into();
    let target = Target { url: "https://app.test/cf".into(), method: flexio_markup::Method::Post };
    join.status_callback = Some(RoomCallback { target, events: RoomEvents::read(&names) });
    join
}

/// A room under test: events go in, a transcript comes out.
struct Play {
    room: Room,
    sids: Counting,
    log: String,
    last: Vec<RoomAction>,
}

impl Play {
    fn new() -> Self {
        let room = Room::new(facts(), RoomLimits::default());
        Self { room, sids: Counting::default(), log: String::new(), last: vec![] }
    }

    fn at(&mut self, ms: u64, event: RoomEvent) -> &mut Self {
        let wall = Timestamp::UNIX_EPOCH + Duration::from_millis(ms);
        self.last.clear();
        let name = brief(&event);
        self.room.handle(
            Now { mono: Duration::from_millis(ms), wall },
            event,
            &mut self.sids,
            &mut self.last,
        );
        let _ = writeln!(self.log, "{ms:>6} {name}");
        for action in &self.last {
            let _ = writeln!(self.log, "       -> {}", show(action));
        }
        self
    }

    fn join(&mut self, ms: u64, join: JoinRoom) -> &mut Self {
        self.at(ms, RoomEvent::Join(Box::new(join)))
    }

    fn leaves(&mut self, ms: u64, call: u32) -> &mut Self {
        self.at(ms, RoomEvent::Leave { call_sid: format!("CA{call}"), reason: LeaveReason::HungUp })
    }

    fn change(&mut self, ms: u64, call: u32, change: MemberChange) -> &mut Self {
        self.at(ms, RoomEvent::Change { call_sid: format!("CA{call}"), change })
    }

    fn quiet(&mut self) -> &mut Self {
        self.log.clear();
        self
    }

    fn played(&mut self, ms: u64) -> &mut Self {
        let prompt = self.last.iter().rev().find_map(|action| match action {
            RoomAction::Play { prompt, .. } => Some(*prompt),
            _ => None,
        });
        self.at(ms, RoomEvent::PromptDone { prompt: prompt.expect("something plays"), result: Ok(()) })
    }

    fn answered(&mut self, ms: u64, body: &str) -> &mut Self {
        let request = self.last.iter().rev().find_map(|action| match action {
            RoomAction::Fetch { request, .. } => Some(*request),
            _ => None,
        });
        let text = format!("<Response>{body}</Response>");
        let document = flexio_markup::parse(
            text.as_bytes(),
            Kind::ConferenceWait,
            flexio_markup::Dialect::Twiml,
            &MarkupLimits::default(),
        );
        let (request, result) = (request.expect("something is asked"), Ok(document.expect("it parses")));
        self.at(ms, RoomEvent::Document { request, result })
    }
}

fn brief(event: &RoomEvent) -> String {
    match event {
        RoomEvent::Join(join) => format!("Join {}", join.call_sid),
        RoomEvent::Document { .. } => "Document".into(),
        other => format!("{other:?}"),
    }
}

fn show(action: &RoomAction) -> String {
    match action {
        RoomAction::Tell { call_sid, news, .. } => format!("Tell {call_sid} {news:?}"),
        RoomAction::Member { call_sid, mixed } => match mixed {
            Some(mixed) => format!("Mix {call_sid} speaks={} coaches={:?}", mixed.speaks, mixed.coaches),
            None => format!("Unmix {call_sid}"),
        },
        RoomAction::Participant(p) => format!(
            "Participant {} {:?} muted={} hold={} coaches={:?} end={}",
            p.call_sid, p.status, p.muted, p.hold, p.coaches, p.end_on_exit
        ),
        RoomAction::Callback { params, .. } => {
            let shown = params.iter().filter(|(name, _)| {
                !["AccountSid", "ConferenceSid", "FriendlyName", "Timestamp"].contains(&name.as_str())
            });
            let shown: Vec<String> = shown.map(|(name, value)| format!("{name}={value}")).collect();
            format!("Callback {}", shown.join("&"))
        }
        RoomAction::Fact(fact) => {
            format!("Fact {:?} {:?} {:?}", fact.status, fact.reason, fact.call_sid_ending)
        }
        RoomAction::RecordingFact(fact) => format!("RecordingFact {} {:?}", fact.sid, fact.outcome),
        other => format!("{other:?}"),
    }
}

#[test]
fn it_starts_with_two_and_ends_with_the_last() {
    let mut play = Play::new();
    play.join(0, told(joins(1))).join(5_000, joins(2)).leaves(65_000, 1).leaves(70_000, 2);
    insta::assert_snapshot!(play.log);
    assert!(play.room.is_done());
}

#[test]
fn nobody_talks_until_one_comes_who_starts_it() {
    let mut play = Play::new();
    let guest = |call| JoinRoom { start_on_enter: false, ..joins(call) };
    play.join(0, guest(1)).join(1_000, guest(2));
    assert!(!play.log.contains("Talk"), "{}", play.log);
    play.quiet().join(2_000, joins(3));
    insta::assert_snapshot!(play.log);
}

#[test]
fn the_one_whose_leaving_ends_it_ends_it_for_all() {
    let mut play = Play::new();
    play.join(0, told(JoinRoom { end_on_exit: true, ..joins(1) })).join(1, joins(2)).join(2, joins(3));
    play.quiet().leaves(9_000, 1);
    insta::assert_snapshot!(play.log);
}

#[test]
fn mute_hold_coach_and_kick_change_who_hears_whom() {
    let mut play = Play::new();
    play.join(0, told(joins(1))).join(1, joins(2)).join(2, joins(3)).quiet();
    play.change(10, 1, MemberChange::Mute(true));
    play.change(20, 1, MemberChange::Mute(true));
    play.change(30, 2, MemberChange::Hold { on: true, wait: Some(target("https://app.test/hold")) });
    play.change(40, 2, MemberChange::Hold { on: false, wait: None });
    play.change(50, 3, MemberChange::Coach(Some("CA2".into())));
    play.change(60, 3, MemberChange::Coach(Some("CA9".into())));
    play.change(70, 3, MemberChange::Kick);
    insta::assert_snapshot!(play.log);
}

#[test]
fn beeps_are_heard_only_while_it_runs_and_as_each_wishes() {
    let mut play = Play::new();
    let with = |call, beep| JoinRoom { beep, beep_url: Some("https://app.test/b.wav".into()), ..joins(call) };
    let beeps = |play: &Play| play.last.iter().filter(|a| matches!(a, RoomAction::Play { .. })).count();
    assert_eq!(beeps(play.join(0, with(1, Beep::Both))), 0);
    assert_eq!(beeps(play.join(1, with(2, Beep::Both))), 0, "it did not run before");
    assert_eq!(beeps(play.join(2, with(3, Beep::OnEnter))), 1);
    assert_eq!(beeps(play.join(3, with(4, Beep::OnExit))), 0);
    assert_eq!(beeps(play.join(4, with(5, Beep::Off))), 0);
    assert_eq!(beeps(play.leaves(5, 3)), 0);
    assert_eq!(beeps(play.leaves(6, 4)), 1);
    play.change(7, 5, MemberChange::BeepOnExit(true));
    assert_eq!(beeps(play.leaves(8, 5)), 1);
    let url = PromptSource::Url("https://app.test/b.wav".into());
    assert!(play.last.iter().any(|a| matches!(a, RoomAction::Play { source, .. } if *source == url)));
}

#[test]
fn a_full_room_takes_nobody_in() {
    let mut play = Play::new();
    let small = |call| JoinRoom { max_participants: 2, ..joins(call) };
    play.join(0, small(1)).join(1, small(2)).quiet().join(2, small(3));
    insta::assert_snapshot!(play.log, @"
         2 Join CA3
           -> Tell CA3 Refused { full: true }
    ");
}

#[test]
fn it_is_recorded_from_its_start_to_its_end() {
    let mut play = Play::new();
    let target = Target { url: "https://app.test/rec".into(), method: flexio_markup::Method::Post };
    let callback = Some(RecordingCallback { target, in_progress: true, completed: true, absent: true });
    let plan = RoomRecording { sid: None, purpose: None, trim: true, callback };
    play.join(0, JoinRoom { record: Some(plan), ..joins(1) });
    assert_eq!(play.room.recording(), None, "alone, nothing is said");
    play.quiet().join(1_000, joins(2)).leaves(5_000, 1).leaves(6_000, 2);
    assert!(!play.room.is_done(), "the recording is awaited");
    let outcome = RecordingOutcome::Completed {
        duration_ms: 5_000,
        url: "https://api.test/RE".into(),
        public_url: None,
    };
    play.at(6_100, RoomEvent::RecordingDone { recording: RecordingId(3), outcome });
    insta::assert_snapshot!(play.log);
    assert!(play.room.is_done());
}

#[test]
fn a_recording_over_the_api_is_paused_resumed_and_stopped() {
    let mut play = Play::new();
    play.join(0, joins(1)).join(1, joins(2)).quiet();
    let plan = RoomRecording {
        sid: Some("RE9".into()),
        purpose: Some(flexio_markup::RecordingPurpose::Quality),
        trim: false,
        callback: None,
    };
    play.at(10, RoomEvent::Record(plan.clone())).at(11, RoomEvent::Record(plan));
    play.at(20, RoomEvent::ChangeRecording(RecordingOrder::Pause { silence: true }));
    play.at(30, RoomEvent::ChangeRecording(RecordingOrder::Resume));
    play.at(40, RoomEvent::ChangeRecording(RecordingOrder::Stop));
    play.at(50, RoomEvent::ChangeRecording(RecordingOrder::Stop));
    insta::assert_snapshot!(play.log);
}

#[test]
fn an_announcement_is_played_to_all_and_its_end_told() {
    let mut play = Play::new();
    play.join(0, told(joins(1))).join(1, joins(2)).quiet();
    play.at(10, RoomEvent::Announce { target: target("https://app.test/say") });
    play.answered(20, "<Say>Five minutes</Say><Pause length='2'/><Play>end.wav</Play><Redirect>more</Redirect><Say>never</Say>");
    play.played(1_000).at(3_000, RoomEvent::Timeout).played(4_000).answered(4_100, "");
    insta::assert_snapshot!(play.log);
}

#[test]
fn an_announcement_that_cannot_be_fetched_is_told_as_failed() {
    let mut play = Play::new();
    play.join(0, told(joins(1))).at(1, RoomEvent::Announce { target: target("https://app.test/x") });
    assert!(play.log.contains("announcement-fail"), "nobody hears it: {}", play.log);
    play.join(2, joins(2)).at(3, RoomEvent::Announce { target: target("https://app.test/x") }).quiet();
    play.at(40_003, RoomEvent::Timeout);
    assert!(play.log.contains("announcement-fail"), "{}", play.log);
}

#[test]
fn a_room_waits_for_a_call_that_is_expected_and_ends_when_it_does_not_come() {
    let mut play = Play::new();
    play.at(0, RoomEvent::Expect { call_sid: "CA1".into() });
    assert!(!play.room.is_done());
    play.leaves(30_000, 1);
    insta::assert_snapshot!(play.log);
    assert!(play.room.is_done());
}

#[test]
fn every_event_has_its_parameters_in_order() {
    let mut play = Play::new();
    play.join(0, told(JoinRoom { label: Some("boss".into()), ..joins(1) })).join(1, joins(2));
    let callbacks: Vec<Vec<&str>> = play
        .last
        .iter()
        .filter_map(|action| match action {
            RoomAction::Callback { params, .. } => {
                Some(params.iter().map(|(name, _)| name.as_str()).collect())
            }
            _ => None,
        })
        .collect();
    let every =
        ["AccountSid", "ConferenceSid", "FriendlyName", "StatusCallbackEvent", "SequenceNumber", "Timestamp"];
    let member = ["CallSid", "Muted", "Hold", "Coaching", "StartConferenceOnEnter", "EndConferenceOnExit"];
    assert_eq!(callbacks[0], [&every[..], &member[..]].concat(), "participant-join");
    assert_eq!(callbacks[1], every, "conference-start");
}

#[derive(Debug, Clone)]
enum Step {
    Expect(u32),
    Join(u32, u8),
    Leave(u32, bool),
    Change(u32, u8),
    End,
    Announce,
    Record,
    Recording(u8),
    Recorded,
    Prompt(bool),
    Document(bool),
    Wait(u32),
    Deadline,
}

fn step() -> impl Strategy<Value = Step> {
    let call = 0..5_u32;
    prop_oneof![
        1 => call.clone().prop_map(Step::Expect),
        8 => (call.clone(), any::<u8>()).prop_map(|(c, how)| Step::Join(c, how)),
        5 => (call.clone(), any::<bool>()).prop_map(|(c, how)| Step::Leave(c, how)),
        5 => (call, 0..12_u8).prop_map(|(c, how)| Step::Change(c, how)),
        1 => Just(Step::End),
        2 => Just(Step::Announce),
        2 => Just(Step::Record),
        2 => (0..3_u8).prop_map(Step::Recording),
        2 => Just(Step::Recorded),
        3 => any::<bool>().prop_map(Step::Prompt),
        3 => any::<bool>().prop_map(Step::Document),
        3 => (1..100_000_u32).prop_map(Step::Wait),
        2 => Just(Step::Deadline),
    ]
}

/// A shell that keeps the contract and checks the room's side of it.
#[derive(Default)]
struct Shell {
    now: Duration,
    sids: Counting,
    inside: BTreeSet<String>,
    mixed: BTreeMap<String, Mixed>,
    talking: BTreeSet<String>,
    status: Option<RoomStatus>,
    sequence: u32,
    recording: Option<RecordingId>,
    prompts: Vec<PromptId>,
    requests: Vec<RequestId>,
    done: bool,
}

impl Shell {
    fn event(&mut self, room: &mut Room, event: RoomEvent) {
        let mut out = Vec::new();
        let wall = Timestamp::UNIX_EPOCH + self.now;
        if let RoomEvent::Leave { call_sid, .. } = &event {
            self.inside.remove(call_sid);
        }
        room.handle(Now { mono: self.now, wall }, event, &mut self.sids, &mut out);
        for action in out {
            self.check(action);
        }
        let silent: BTreeSet<_> = self.mixed.keys().cloned().collect();
        assert_eq!(silent, self.talking, "who talks is mixed, and nobody else");
        assert!(self.talking.is_subset(&self.inside));
        assert_eq!(room.is_done(), self.done);
        assert!(self.mixed.is_empty() || self.inside.len() >= 2, "nobody talks alone");
    }

    fn check(&mut self, action: RoomAction) {
        assert!(!self.done, "{action:?} after Done");
        match action {
            RoomAction::Tell { call_sid, news, .. } => match news {
                RoomNews::Joined { .. } => assert!(self.inside.insert(call_sid), "joined twice"),
                RoomNews::Refused { .. } | RoomNews::Unpaid { .. } => {}
                RoomNews::Left => assert!(self.inside.remove(&call_sid), "told twice to leave"),
                RoomNews::Talk => assert!(self.inside.contains(&call_sid) && self.talking.insert(call_sid)),
                RoomNews::Wait | RoomNews::Hold { .. } => {
                    assert!(self.inside.contains(&call_sid));
                    self.talking.remove(&call_sid);
                }
                RoomNews::NewWait { .. } | RoomNews::Announce { .. } => {
                    assert!(self.inside.contains(&call_sid));
                }
            },
            RoomAction::Member { call_sid, mixed: Some(mixed) } => {
                if let Some(pupil) = &mixed.coaches {
                    assert!(self.inside.contains(pupil), "coaches somebody who is not there");
                }
                self.mixed.insert(call_sid, mixed);
            }
            RoomAction::Member { call_sid, mixed: None } => {
                assert!(self.mixed.remove(&call_sid).is_some(), "taken out twice");
                self.talking.remove(&call_sid);
            }
            RoomAction::Play { prompt, .. } => self.prompts.push(prompt),
            RoomAction::Fetch { request, .. } => self.requests.push(request),
            RoomAction::StartRecording { recording, .. } => {
                assert!(self.recording.replace(recording).is_none(), "two recordings at once");
            }
            RoomAction::PauseRecording { .. } | RoomAction::ResumeRecording | RoomAction::StopRecording => {
                assert!(self.recording.is_some());
            }
            RoomAction::Fact(fact) => {
                assert!(self.status < Some(fact.status), "{:?} after {:?}", fact.status, self.status);
                self.status = Some(fact.status);
            }
            RoomAction::Callback { params, .. } => {
                if let Some((_, number)) = params.iter().find(|(name, _)| name == "SequenceNumber") {
                    self.sequence += 1;
                    assert_eq!(*number, self.sequence.to_string());
                }
            }
            RoomAction::RecordingFact(fact) => {
                if fact.outcome.is_some() {
                    self.recording = None;
                }
            }
            RoomAction::Done => {
                assert!(self.inside.is_empty() && self.mixed.is_empty(), "done with people inside");
                assert!(self.recording.is_none() && self.status == Some(RoomStatus::Completed));
                self.done = true;
            }
            RoomAction::Text { .. }
            | RoomAction::StopPlay
            | RoomAction::Participant(_)
            | RoomAction::NeverCame { .. } => {}
        }
    }

    fn step(&mut self, room: &mut Room, step: &Step) {
        let call = |c: &u32| format!("CA{c}");
        let event = match step {
            Step::Expect(c) => RoomEvent::Expect { call_sid: call(c) },
            Step::Join(c, _) if self.inside.contains(&call(c)) => return,
            Step::Join(c, how) => {
                let mut join = joins(*c);
                (join.start_on_enter, join.end_on_exit) = (how & 1 == 0, how & 6 == 6);
                (join.muted, join.max_participants) = (how & 8 != 0, if how & 16 == 0 { 40 } else { 2 });
                join.record = (how & 32 != 0).then_some(RoomRecording {
                    sid: None,
                    purpose: None,
                    trim: false,
                    callback: None,
                });
                join.coach = (how & 64 != 0).then(|| call(&((c + 1) % 5)));
                RoomEvent::Join(Box::new(if how & 128 == 0 { join } else { told(join) }))
            }
            Step::Leave(c, how) => {
                let reason = if *how { LeaveReason::HungUp } else { LeaveReason::Redirected };
                RoomEvent::Leave { call_sid: call(c), reason }
            }
            Step::Change(c, how) => RoomEvent::Change { call_sid: call(c), change: change(*how) },
            Step::End => RoomEvent::End,
            Step::Announce => RoomEvent::Announce { target: target("https://app.test/a") },
            Step::Record => {
                RoomEvent::Record(RoomRecording { sid: None, purpose: None, trim: false, callback: None })
            }
            Step::Recording(0) => RoomEvent::ChangeRecording(RecordingOrder::Pause { silence: false }),
            Step::Recording(1) => RoomEvent::ChangeRecording(RecordingOrder::Resume),
            Step::Recording(_) => RoomEvent::ChangeRecording(RecordingOrder::Stop),
            Step::Recorded => match self.recording {
                Some(recording) => RoomEvent::RecordingDone { recording, outcome: RecordingOutcome::Absent },
                None => return,
            },
            Step::Prompt(good) => match self.prompts.pop() {
                Some(prompt) => {
                    let error = PromptError { code: 12_400, text: "no".into() };
                    RoomEvent::PromptDone { prompt, result: good.then_some(()).ok_or(error) }
                }
                None => return,
            },
            Step::Document(good) => match self.requests.pop() {
                Some(request) => {
                    let document = crate::document("<Say>x</Say><Pause/><Redirect>y</Redirect>");
                    RoomEvent::Document {
                        request,
                        result: good.then_some(document).ok_or(FetchError::Timeout),
                    }
                }
                None => return,
            },
            Step::Wait(ms) => {
                self.now += Duration::from_millis(u64::from(*ms));
                RoomEvent::Timeout
            }
            Step::Deadline => {
                self.now = self.now.max(room.deadline().unwrap_or(self.now));
                RoomEvent::Timeout
            }
        };
        self.event(room, event);
    }
}

fn change(how: u8) -> MemberChange {
    match how {
        0 | 1 => MemberChange::Mute(how == 0),
        2 | 3 => MemberChange::Hold { on: how == 2, wait: None },
        4 => MemberChange::Coach(Some("CA1".into())),
        5 => MemberChange::Coach(None),
        6 => MemberChange::Announce(target("https://app.test/p")),
        7 => MemberChange::Wait(None),
        8 => MemberChange::BeepOnExit(true),
        9 => MemberChange::EndOnExit(true),
        10 => MemberChange::EndOnExit(false),
        _ => MemberChange::Kick,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn every_conference_ends_and_everyone_is_told_once(steps in prop::collection::vec(step(), 0..80)) {
        let mut room = Room::new(facts(), RoomLimits::default());
        let mut shell = Shell::default();
        for step in &steps {
            shell.step(&mut room, step);
        }
        // From here on only the clock goes on.
        let mut rounds = 0;
        while let Some(deadline) = room.deadline() {
            shell.now = shell.now.max(deadline);
            shell.event(&mut room, RoomEvent::Timeout);
            rounds += 1;
            prop_assert!(rounds < 1_000, "a deadline that does not move");
        }
        prop_assert!(shell.done || shell.status.is_none(), "nobody came, or it has ended");
    }
}
