//! Whatever happens, a call ends, each leg once, and nothing is done for legs that are over.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use flexio_markup::Key;
use flexio_voice::*;
use jiff::Timestamp;
use proptest::prelude::*;

use crate::{Counting, document, inbound, outbound, target};

mod steps;

use steps::{Step, step};

const BODIES: &[&str] = &[
    "",
    "<Say>Hello</Say>",
    "<Redirect>/voice</Redirect>",
    "<Gather><Say>Hi</Say><Pause/></Gather><Redirect>/voice</Redirect>",
    "<Gather numDigits='1' action='/a' input='dtmf speech'/><Reject/>",
    "<Record action='/vm' recordingStatusCallback='/r'/><Say>none</Say>",
    "<Record playBeep='false'/><Redirect>x</Redirect>",
    "<Record playBeep='false' transcribeCallback='/t'/><Redirect>x</Redirect>",
    "<Dial action='/d' record='true' timeout='5'><Number url='/s' statusCallback='/cb'>+1</Number><Sip>sip:a@b</Sip></Dial>",
    "<Dial answerOnBridge='true' sequential='true' timeout='3'><Number>+1</Number><Number sendDigits='1'>+2</Number></Dial>",
    "<Dial hangupOnStar='true' timeLimit='9' record='record-from-ringing'>+1</Dial><Redirect/><Sms action='/m'>x</Sms>",
    "<Dial action='/d' hangupOnStar='true' timeLimit='60'><Conference waitUrl='/w'>a</Conference></Dial><Say>x</Say>",
    "<Dial><Conference waitUrl=''>a</Conference></Dial><Leave/>",
    "<Enqueue waitUrl='/w' action='/q' priority='3'>a</Enqueue><Say>x</Say>",
    "<Dial timeout='20' timeLimit='60' record='true' action='/d' hangupOnStar='true'><Queue url='/j'>a</Queue></Dial><Say>x</Say>",
    "<Enqueue>a</Enqueue><Leave/>",
    "<Hold holdMusic='/m' action='/h'/><Pause length='3'/><Resume/><Say>x</Say><Hold/><Resume action='/r'/>",
    "<Refer action='/d'><Sip>sip:a@b</Sip></Refer><Say>x</Say>",
    "<Dial action='/d' referUrl='/refer'><Number>+1</Number></Dial><Say>x</Say>",
    "<Pause length='600'/><Play loop='0'>x.wav</Play><Hangup/>",
    "<Sms>a</Sms><Email from='a' to='b'>x</Email><Redirect>/voice</Redirect>",
    "<Reject reason='busy'/>",
    "<Hangup/>",
    "<Dial><Number machineDetection='Enable' amdStatusCallback='/who'>+1</Number></Dial>",
    "<Redirect>javascript:x</Redirect>",
    "<Connect action='/c'><Stream url='/s' statusCallback='/n'/></Connect><Redirect/>",
    "<Start><Stream url='/s' name='a'/></Start><Stop><Stream name='a'/></Stop><Start><Stream url='wss://x/s'/></Start><Redirect/>",
];

/// A shell that keeps the contract and checks the machine's side of it.
struct Shell {
    call: Call,
    sids: Counting,
    now: Duration,
    events: u32,
    fetches: Vec<RequestId>,
    prompts: Vec<PromptId>,
    recordings: Vec<RecordingId>,
    messages: Vec<RequestId>,
    streams: Vec<StreamId>,
    listening: Vec<ListeningId>,
    legs: BTreeSet<LegId>,
    over: BTreeSet<LegId>,
    statuses: BTreeMap<LegId, LegStatus>,
    answered: BTreeMap<LegId, Duration>,
    /// Legs that have asked for a room and were neither refused nor have left.
    inside: BTreeSet<LegId>,
    /// The same for queues.
    queued: BTreeSet<LegId>,
    /// Legs whose transfer has not been answered.
    referred: BTreeSet<LegId>,
    done: bool,
}

impl Shell {
    fn new(facts: CallFacts) -> Self {
        let legs = BTreeSet::from([LegId::FIRST]);
        Self {
            call: Call::new(facts, Limits::default()),
            sids: Counting::default(),
            now: Duration::ZERO,
            events: 0,
            fetches: vec![],
            prompts: vec![],
            recordings: vec![],
            messages: vec![],
            streams: vec![],
            listening: vec![],
            legs,
            over: BTreeSet::new(),
            statuses: BTreeMap::new(),
            answered: BTreeMap::new(),
            inside: BTreeSet::new(),
            queued: BTreeSet::new(),
            referred: BTreeSet::new(),
            done: false,
        }
    }

    fn event(&mut self, event: Event) {
        let wall = Timestamp::UNIX_EPOCH + self.now;
        let mut out = Vec::new();
        self.events += 1;
        self.call.handle(Now { mono: self.now, wall }, event, &mut self.sids, &mut out);
        for action in out {
            self.check(action);
        }
        assert_eq!(self.call.is_done(), self.done);
        assert_eq!(self.call.deadline().is_none(), self.done);
    }

    fn on_a_live_leg(&self, leg: LegId, what: &str) {
        assert!(
            self.legs.contains(&leg) && !self.over.contains(&leg),
            "{what} on leg {leg:?}, which is over"
        );
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each action")]
    fn check(&mut self, action: Action) {
        assert!(!self.done, "{action:?} after Done");
        self.check_listeners(&action);
        self.check_elsewhere(&action);
        match action {
            Action::Fetch(fetch) => self.fetches.push(fetch.request),
            Action::SendMessage(message) => self.messages.push(message.request),
            Action::SendEmail(email) => self.messages.push(email.request),
            Action::Dial(dial) => {
                self.legs.insert(dial.leg);
            }
            Action::Detach { leg } => {
                self.on_a_live_leg(leg, "Detach");
                assert!(self.answered.contains_key(&leg) && leg != LegId::FIRST);
                self.over.insert(leg);
                let mut moved = self.call.take_detached(leg).expect("once for each Detach");
                assert!(self.call.take_detached(leg).is_none());
                self.run_alone(&mut moved, leg);
            }
            Action::EarlyMedia { leg } => {
                self.on_a_live_leg(leg, "EarlyMedia");
                assert!(!self.answered.contains_key(&leg), "early media after the answer");
            }
            Action::Ring { leg } | Action::Answer { leg } => self.on_a_live_leg(leg, "Ring or Answer"),
            Action::Reject { leg, .. } => {
                self.on_a_live_leg(leg, "Reject");
                assert!(!self.answered.contains_key(&leg), "an answered leg cannot be rejected");
            }
            Action::Hangup { leg, .. } => self.on_a_live_leg(leg, "Hangup"),
            Action::Play(play) => {
                self.on_a_live_leg(play.leg, "Play");
                self.prompts.push(play.prompt);
            }
            Action::StopPrompt { prompt } => self.prompts.retain(|p| *p != prompt),
            Action::Bridge { a, b } => {
                self.on_a_live_leg(a, "Bridge");
                self.on_a_live_leg(b, "Bridge");
            }
            Action::Unbridge { a, .. } => self.on_a_live_leg(a, "Unbridge"),
            Action::StartRecording(recording) => {
                self.on_a_live_leg(recording.leg, "StartRecording");
                self.recordings.push(recording.recording);
            }
            Action::StopRecording { recording } => {
                assert!(self.recordings.contains(&recording), "stopping a recording that is over");
            }
            Action::Status { leg, status } => {
                self.legs.insert(leg);
                let before = self.statuses.insert(leg, status);
                assert!(
                    before < Some(status) && !before.is_some_and(LegStatus::is_final),
                    "{before:?} to {status:?}"
                );
                if status == LegStatus::InProgress {
                    self.answered.insert(leg, self.now);
                }
            }
            Action::Finish(finish) => {
                assert!(self.over.insert(finish.leg), "leg {:?} finished twice", finish.leg);
                let wall =
                    self.answered.get(&finish.leg).map_or(Duration::ZERO, |at| self.now.saturating_sub(*at));
                assert_eq!(
                    u128::from(finish.talk_ms),
                    wall.as_millis(),
                    "talk is not the time since the answer"
                );
                assert_eq!(Some(&finish.status), self.statuses.get(&finish.leg));
            }
            Action::Done => {
                assert_eq!(self.legs, self.over, "done with legs that are not over");
                assert!(self.listening.is_empty(), "done with recognisers that listen");
                assert!(self.streams.is_empty(), "done with streams that run");
                assert!(self.inside.is_empty(), "done without having left the room");
                assert!(self.queued.is_empty(), "done without having left the queue");
                self.done = true;
            }
            // Those of listeners were looked at above; what is only kept has no rule.
            _ => {}
        }
    }

    fn check_listeners(&mut self, action: &Action) {
        match action {
            Action::DetectMachine(detect) => self.on_a_live_leg(detect.leg, "DetectMachine"),
            Action::AnsweredBy { leg, .. } => self.on_a_live_leg(*leg, "AnsweredBy"),
            Action::Transcribe(transcribe) => {
                self.on_a_live_leg(transcribe.leg, "Transcribe");
                self.listening.push(transcribe.listening);
            }
            Action::FinishTranscription { listening } => {
                assert!(self.listening.contains(listening), "finishing a listening that is over");
            }
            Action::Listen(listen) => {
                self.on_a_live_leg(listen.leg, "Listen");
                self.listening.push(listen.listening);
            }
            Action::StopListening { listening } => {
                assert!(self.listening.contains(listening), "stopping a listening that is over");
                self.listening.retain(|running| running != listening);
            }
            Action::StartStream(start) => {
                self.on_a_live_leg(start.leg, "StartStream");
                self.streams.push(start.stream);
                assert!(self.streams.len() <= 4 * self.legs.len(), "too many streams");
            }
            Action::StopStream { stream } => {
                assert!(self.streams.contains(stream), "stopping a stream that is over");
                self.streams.retain(|running| running != stream);
            }
            _ => {}
        }
    }

    fn check_elsewhere(&mut self, action: &Action) {
        match action {
            Action::JoinRoom(join) => {
                self.on_a_live_leg(join.leg, "JoinRoom");
                assert!(self.answered.contains_key(&join.leg), "joins without having been answered");
                assert!(self.inside.insert(join.leg), "in two rooms at once");
            }
            Action::Hold { leg, .. } => self.on_a_live_leg(*leg, "Hold"),
            Action::Refer { leg, .. } => self.on_a_live_leg(*leg, "Refer"),
            Action::AnswerRefer { leg, .. } => {
                assert!(self.referred.remove(leg), "answers a transfer nobody asked for");
                self.on_a_live_leg(*leg, "AnswerRefer");
            }
            Action::NotifyRefer { leg, .. } => self.on_a_live_leg(*leg, "NotifyRefer"),
            Action::EnterQueue(enter) => {
                self.on_a_live_leg(enter.leg, "EnterQueue");
                assert!(self.queued.insert(enter.leg), "in two queues at once");
            }
            Action::QueueReady { leg } => {
                self.on_a_live_leg(*leg, "QueueReady");
                assert!(self.queued.contains(leg), "ready where it is not");
            }
            Action::LeaveQueue { leg } => assert!(self.queued.remove(leg), "leaves a queue it is not in"),
            Action::LeaveRoom { leg, .. } => assert!(self.inside.remove(leg), "leaves where it is not"),
            Action::VerbRan(ran) => assert!(self.legs.contains(&ran.leg)),
            _ => {}
        }
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each step")]
    fn step(&mut self, step: &Step) {
        let pop = |list: &mut Vec<RequestId>| (!list.is_empty()).then(|| list.remove(0));
        let sip = SipFacts::default;
        match step {
            Step::Document(body) => {
                if let Some(request) = pop(&mut self.fetches) {
                    self.event(Event::Document { request, result: Ok(document(BODIES[*body])) });
                }
            }
            Step::FetchError(status) => {
                if let Some(request) = pop(&mut self.fetches) {
                    self.event(Event::Document { request, result: Err(FetchError::Status(*status)) });
                }
            }
            Step::Prompt => {
                if let Some(prompt) = self.prompts.pop() {
                    self.event(Event::PromptDone { prompt, result: Ok(()) });
                }
            }
            Step::Recording(full) => {
                if let Some(recording) = self.recordings.pop() {
                    let url = "https://x/r".to_owned();
                    let full =
                        full.then(|| RecordingOutcome::Completed { duration_ms: 900, url, public_url: None });
                    self.event(Event::RecordingDone {
                        recording,
                        outcome: full.unwrap_or(RecordingOutcome::Absent),
                    });
                }
            }
            Step::Message(good) => {
                if let Some(request) = pop(&mut self.messages) {
                    let accepted = MessageAccepted { sid: "SM1".into(), status: "queued".into() };
                    let refused = MessageRefused { code: 14101, text: "no".into() };
                    self.event(Event::MessageDone {
                        request,
                        result: good.then_some(accepted).ok_or(refused),
                    });
                }
            }
            Step::Detected(_) | Step::Heard(_) | Step::StreamStarted | Step::StreamEnded(_) => {
                self.hear(step);
            }
            Step::Digit(leg, key) => {
                self.event(Event::Digit { leg: LegId(*leg), key: Key::from_event(*key).expect("below 16") });
            }
            Step::EarlyMedia(leg) => self.event(Event::LegEarlyMedia { leg: LegId(*leg) }),
            Step::Ringing(leg) => self.event(Event::LegRinging { leg: LegId(*leg) }),
            Step::Answered(leg) => self.event(Event::LegAnswered { leg: LegId(*leg), sip: sip() }),
            Step::Failed(leg, status) => {
                self.event(Event::LegFailed { leg: LegId(*leg), status: *status, sip: sip() });
            }
            Step::HungUp(leg) => self.event(Event::LegHungUp { leg: LegId(*leg) }),
            Step::Refused(leg, id) => {
                let code = if *id { 13214 } else { 13227 };
                self.event(Event::DialRefused { leg: LegId(*leg), code, text: "no".into() });
            }
            Step::Room(what) => self.room(*what),
            Step::Queue(what) => self.queue(*what),
            Step::Held(on, status) => {
                self.event(Event::Held { leg: LegId::FIRST, on: *on, status: *status });
            }
            Step::Refer(0) => {
                self.event(Event::ReferAnswered { leg: LegId::FIRST, status: 202, watched: true });
            }
            Step::Refer(1) => {
                self.event(Event::ReferAnswered { leg: LegId::FIRST, status: 603, watched: false });
            }
            Step::Refer(what) => {
                let (status, over) = if *what == 2 { (180, false) } else { (200, true) };
                self.event(Event::ReferProgress { leg: LegId::FIRST, status, over });
            }
            Step::Move(both, body) => {
                let source = Source::Document(document(BODIES[*body]));
                self.event(Event::Move { both: *both, source, fallback: None });
            }
            Step::HoldLeg(leg, on) => {
                let music = Some("https://app.test/m.wav".into());
                self.event(Event::HoldLeg { leg: LegId(*leg), on: *on, music });
            }
            Step::SendDigits(leg) => self.event(Event::SendDigits { leg: LegId(*leg), digits: "12".into() }),
            Step::Interject(leg) => {
                let document = document("<Say>a</Say><Pause length='2'/><Say>b</Say>");
                self.event(Event::Interject { leg: LegId(*leg), document });
            }
            Step::Referred(leg) => {
                let leg = LegId(*leg);
                if self.answered.contains_key(&leg) && !self.over.contains(&leg) {
                    self.referred.insert(leg);
                    self.event(Event::Referred { leg, target: "sip:c@d".into() });
                    assert!(self.referred.is_empty(), "a transfer that was not answered");
                }
            }
            Step::NewUrl => {
                self.event(Event::NewUrl { target: target("https://app.test/new"), fallback: None });
            }
            Step::NewDocument(body) => self.event(Event::NewDocument { document: document(BODIES[*body]) }),
            Step::PickedUp(leg) => {
                let document = document("<Dial><Conference>pickup</Conference></Dial>");
                self.event(Event::PickedUp { leg: LegId(*leg), document });
            }
            Step::Complete(leg) => self.event(Event::Complete { leg: LegId(*leg) }),
            Step::Cancel(leg) => self.event(Event::Cancel { leg: LegId(*leg) }),
            Step::TimeLimit(seconds) => self.event(Event::NewTimeLimit { seconds: *seconds }),
            Step::Wait(ms) => {
                self.now += Duration::from_millis(u64::from(*ms));
                self.event(Event::Timeout);
            }
            Step::Deadline => self.deadline(),
            Step::Shutdown => self.event(Event::Shutdown),
        }
    }

    fn hear(&mut self, step: &Step) {
        match step {
            Step::Detected(leg) => {
                self.event(Event::MachineDetected { leg: LegId(*leg), verdict: AnsweredBy::Human });
            }
            Step::Heard(what) => {
                let Some(listening) = self.listening.last().copied() else { return };
                let text = if *what == 3 { String::new() } else { "yes".to_owned() };
                let heard = match what {
                    0 => Heard::Begun,
                    1 => Heard::Partial { stable: String::new(), unstable: text },
                    _ => Heard::Done(Utterance { text, confidence: None, language: "en-US".into() }),
                };
                if matches!(heard, Heard::Done(_)) {
                    self.listening.pop();
                }
                self.event(Event::Heard { listening, heard });
            }
            Step::StreamStarted => {
                if let Some(stream) = self.streams.last().copied() {
                    self.event(Event::StreamStarted { stream });
                }
            }
            Step::StreamEnded(good) => {
                if let Some(stream) = self.streams.pop() {
                    let error = (!good).then(|| StreamError { code: 31_921, text: "lost".into() });
                    self.event(Event::StreamEnded { stream, error });
                }
            }
            _ => {}
        }
    }

    /// A leg that goes on by itself, whose shell is silent: it ends once, with its talk counted from its answer.
    fn run_alone(&self, moved: &mut Call, leg: LegId) {
        let mut now = self.now;
        let mut finished = 0;
        let mut event = Event::Start;
        let mut sids = Counting::default();
        for _ in 0..5_000 {
            let mut out = Vec::new();
            let wall = Timestamp::UNIX_EPOCH + now;
            moved.handle(Now { mono: now, wall }, event, &mut sids, &mut out);
            for action in &out {
                assert!(!matches!(
                    action,
                    Action::Answer { .. } | Action::Ring { .. } | Action::Reject { .. }
                ));
                if let Action::Finish(finish) = action
                    && finish.leg == LegId::FIRST
                {
                    finished += 1;
                    let talked = now.saturating_sub(self.answered[&leg]);
                    assert_eq!(u128::from(finish.talk_ms), talked.as_millis());
                }
            }
            event = Event::Timeout;
            match moved.deadline() {
                Some(deadline) => now = now.max(deadline),
                None => break,
            }
        }
        assert!(moved.is_done() && finished == 1, "a moved leg that did not end once");
        assert!(now <= LONGEST.max(Duration::from_secs(15_100)));
    }

    fn room(&mut self, what: u8) {
        let leg = LegId::FIRST;
        let wait = Some(target("https://app.test/w"));
        let news = match what {
            0 | 1 => RoomNews::Joined { conference_sid: "CF1".into() },
            2 => RoomNews::Talk,
            3 => RoomNews::Wait,
            4 => RoomNews::Hold { wait },
            5 => RoomNews::Announce { target: target("https://app.test/a") },
            6 => RoomNews::Left,
            _ => RoomNews::Refused { full: true },
        };
        if !self.inside.contains(&leg) {
            return;
        }
        if matches!(news, RoomNews::Left | RoomNews::Refused { .. }) {
            self.inside.remove(&leg);
        }
        self.event(Event::Room { leg, news });
    }

    fn queue(&mut self, what: u8) {
        let leg = LegId::FIRST;
        let place = queue::Place { position: 1, since: self.now, average_s: 7, size: 1, max_size: 9 };
        let join = || target("https://app.test/j");
        let news = match what {
            0 | 1 => QueueNews::Entered { queue_sid: "QU1".into(), name: "a".into(), place },
            2 => QueueNews::Moved { place },
            3 => QueueNews::Matched { peer: "CA9".into(), join: None, waited_s: 3 },
            4 => QueueNews::Matched { peer: "CA9".into(), join: Some(join()), waited_s: 3 },
            5 => QueueNews::Connected,
            6 => QueueNews::Back { place },
            7 => QueueNews::Parted,
            _ => QueueNews::Dequeued { target: join() },
        };
        if !self.queued.contains(&leg) {
            return;
        }
        if news.is_last() {
            self.queued.remove(&leg);
        }
        self.event(Event::Queue { leg, news });
    }

    fn deadline(&mut self) {
        if let Some(deadline) = self.call.deadline() {
            self.now = self.now.max(deadline);
            self.event(Event::Timeout);
            if let Some(next) = self.call.deadline() {
                assert!(next > self.now, "a deadline that does not move: {:?}", self.call);
            }
        }
    }
}

/// Longest life in virtual time: four hours, then ten minutes for messages, then the media's answer.
const LONGEST: Duration = Duration::from_secs(14_400 + 600 + 60);

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn every_call_ends_and_every_leg_finishes_once(
        rest in any::<bool>(),
        sync in any::<bool>(),
        steps in prop::collection::vec(step(), 0..80),
    ) {
        let mut facts = if rest { outbound() } else { inbound() };
        facts.fallback = Some(target("https://spare.test/"));
        if let Some(originate) = &mut facts.originate {
            originate.machine_detection = sync.then(|| crate::machine::detection(None));
            originate.record =
                Some(RecordCall { channels: 1, track: flexio_markup::Track::Both, purpose: None, trim: false, callback: None });
        }
        let mut shell = Shell::new(facts);
        shell.event(Event::Start);
        for step in &steps {
            shell.step(step);
        }
        // From here on the shell is dead silent: no answer, no hang-up, only the clock.
        while !shell.done {
            shell.deadline();
            prop_assert!(shell.now <= LONGEST.max(Duration::from_secs(15_100)) && shell.events < 5_000);
        }
    }

    #[test]
    fn every_call_to_a_server_that_always_answers_the_same_ends(
        body in 0..BODIES.len(),
        patience_ms in 100_u64..60_000,
    ) {
        let mut shell = Shell::new(inbound());
        shell.event(Event::Start);
        while !shell.done {
            let before = shell.events;
            shell.step(&Step::Document(body));
            shell.step(&Step::Prompt);
            shell.now += Duration::from_millis(patience_ms);
            shell.event(Event::Timeout);
            prop_assert!(shell.now < LONGEST && shell.events < 300_000 && shell.events > before);
        }
    }
}
