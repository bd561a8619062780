//! Queues, and a call's part in one.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;

use flexio_markup::{Dialect, Kind, Limits as MarkupLimits, QueueSide};
use flexio_voice::*;
use jiff::Timestamp;
use proptest::prelude::*;

use crate::{Play, inbound, target};

fn facts(max_size: u32) -> QueueFacts {
    QueueFacts { queue_sid: "QU1".into(), name: "help".into(), max_size }
}

fn comes(call: u32, side: QueueSide) -> EnterQueue {
    EnterQueue {
        leg: LegId::FIRST,
        call_sid: format!("CA{call}"),
        queue: "help".into(),
        side,
        priority: 0,
        join: None,
        peer_join: None,
        rejoin: false,
    }
}

/// A queue under test: events go in, a transcript comes out.
struct Line {
    queue: Queue,
    log: String,
}

impl Line {
    fn new(max_size: u32) -> Self {
        Self { queue: Queue::new(facts(max_size)), log: String::new() }
    }

    fn at(&mut self, ms: u64, event: QueueEvent) -> &mut Self {
        let wall = Timestamp::UNIX_EPOCH + Duration::from_millis(ms);
        let _ = writeln!(self.log, "{ms:>6} {}", brief(&event));
        let mut out = Vec::new();
        self.queue.handle(Now { mono: Duration::from_millis(ms), wall }, event, &mut out);
        for action in out {
            let _ = match action {
                QueueAction::Tell { call_sid, news, .. } => {
                    writeln!(self.log, "       -> Tell {call_sid} {news:?}")
                }
                other => writeln!(self.log, "       -> {other:?}"),
            };
        }
        self
    }

    fn waits(&mut self, ms: u64, call: u32) -> &mut Self {
        self.at(ms, QueueEvent::Enter(Box::new(comes(call, QueueSide::Waiting))))
    }

    fn serves(&mut self, ms: u64, call: u32) -> &mut Self {
        self.at(ms, QueueEvent::Enter(Box::new(comes(call, QueueSide::Serving))))
    }

    fn ready(&mut self, ms: u64, call: u32) -> &mut Self {
        self.at(ms, QueueEvent::Ready { call_sid: format!("CA{call}") })
    }

    fn leaves(&mut self, ms: u64, call: u32) -> &mut Self {
        self.at(ms, QueueEvent::Leave { call_sid: format!("CA{call}") })
    }

    fn quiet(&mut self) -> &mut Self {
        self.log.clear();
        self
    }
}

fn brief(event: &QueueEvent) -> String {
    match event {
        QueueEvent::Enter(enter) => format!("Enter {} {:?}", enter.call_sid, enter.side),
        other => format!("{other:?}"),
    }
}

#[test]
fn who_waits_longest_is_served_first_and_all_know_their_place() {
    let mut line = Line::new(10);
    line.waits(0, 1).waits(10_000, 2).serves(30_000, 9).ready(31_000, 1).ready(32_000, 9).leaves(60_000, 1);
    insta::assert_snapshot!(line.log);
}

#[test]
fn the_urgent_pass_the_others() {
    let mut line = Line::new(10);
    line.waits(0, 1);
    let urgent = EnterQueue { priority: 5, ..comes(2, QueueSide::Waiting) };
    line.at(1_000, QueueEvent::Enter(Box::new(urgent))).quiet().serves(2_000, 9);
    assert!(line.log.contains("Tell CA2 Matched"), "{}", line.log);
    assert_eq!(line.queue.front(), Some("CA1"));
}

#[test]
fn a_full_queue_takes_nobody_in() {
    let mut line = Line::new(1);
    line.waits(0, 1).quiet().waits(1, 2);
    insta::assert_snapshot!(line.log, @r#"
         1 Enter CA2 Waiting
           -> Tell CA2 Full { queue_sid: "QU1" }
    "#);
}

#[test]
fn who_loses_its_partner_before_they_talked_is_where_it_was() {
    let mut line = Line::new(10);
    line.waits(0, 1).waits(1_000, 2).serves(2_000, 9).quiet().leaves(3_000, 9);
    insta::assert_snapshot!(line.log);
    line.quiet().serves(4_000, 8);
    assert!(line.log.contains("Tell CA1 Matched"), "its place is kept: {}", line.log);
    line.quiet().leaves(5_000, 1);
    assert!(line.log.contains("Tell CA8 Back") && line.log.contains("Tell CA2 Matched"), "{}", line.log);
}

#[test]
fn an_agent_who_rejoins_serves_the_next() {
    let mut line = Line::new(10);
    line.at(0, QueueEvent::Enter(Box::new(EnterQueue { rejoin: true, ..comes(9, QueueSide::Serving) })));
    line.waits(1_000, 1).ready(2_000, 1).ready(3_000, 9).quiet().leaves(9_000, 1).waits(9_500, 2);
    insta::assert_snapshot!(line.log);
}

#[test]
fn one_taken_out_over_the_api_runs_its_document() {
    let mut line = Line::new(10);
    line.waits(0, 1).waits(1, 2).quiet();
    line.at(5, QueueEvent::Dequeue { call_sid: None, target: target("https://app.test/out") });
    line.at(6, QueueEvent::Dequeue { call_sid: Some("CA9".into()), target: target("https://app.test/out") });
    line.at(7, QueueEvent::Dequeue { call_sid: Some("CA2".into()), target: target("https://app.test/out") });
    insta::assert_snapshot!(line.log);
    assert!(line.queue.is_done());
}

#[derive(Debug, Clone)]
enum Step {
    Enter(u32, u8),
    Leave(u32),
    Ready(u32),
    Dequeue(Option<u32>),
    MaxSize(u32),
}

fn step() -> impl Strategy<Value = Step> {
    let call = 0..8_u32;
    prop_oneof![
        8 => (call.clone(), any::<u8>()).prop_map(|(c, how)| Step::Enter(c, how)),
        5 => call.clone().prop_map(Step::Leave),
        8 => call.clone().prop_map(Step::Ready),
        1 => prop::option::of(call).prop_map(Step::Dequeue),
        1 => (0..4_u32).prop_map(Step::MaxSize),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn nobody_is_in_two_places_and_nobody_waits_while_somebody_is_free(
        steps in prop::collection::vec(step(), 0..80),
    ) {
        let mut queue = Queue::new(facts(3));
        // What each call was told last; those who were told a last thing are gone.
        let mut inside: BTreeSet<String> = BTreeSet::new();
        let mut waiting: BTreeSet<String> = BTreeSet::new();
        let mut talking: BTreeMap<String, String> = BTreeMap::new();
        let mut sides: BTreeMap<String, QueueSide> = BTreeMap::new();
        for (at, step) in steps.iter().enumerate() {
            let call = |c: &u32| format!("CA{c}");
            let event = match step {
                Step::Enter(c, how) => {
                    if inside.contains(&call(c)) {
                        continue;
                    }
                    let side = if how & 1 == 0 { QueueSide::Waiting } else { QueueSide::Serving };
                    sides.insert(call(c), side);
                    let (priority, rejoin) = (u32::from(how >> 1 & 3), how & 8 != 0);
                    QueueEvent::Enter(Box::new(EnterQueue { priority, rejoin, ..comes(*c, side) }))
                }
                Step::Leave(c) => {
                    inside.remove(&call(c));
                    QueueEvent::Leave { call_sid: call(c) }
                }
                Step::Ready(c) => QueueEvent::Ready { call_sid: call(c) },
                Step::Dequeue(c) => QueueEvent::Dequeue { call_sid: c.as_ref().map(call), target: target("https://x/") },
                Step::MaxSize(size) => QueueEvent::MaxSize(*size),
            };
            let ms = u64::try_from(at).unwrap() * 1_000;
            let mono = Duration::from_millis(ms);
            let mut out = Vec::new();
            queue.handle(Now { mono, wall: Timestamp::UNIX_EPOCH + mono }, event, &mut out);
            let done = queue.is_done();
            for action in out {
                match action {
                    QueueAction::Tell { call_sid, news, .. } => match news {
                        QueueNews::Entered { .. } => { prop_assert!(inside.insert(call_sid), "in twice"); }
                        QueueNews::Full { .. } => prop_assert!(!inside.contains(&call_sid)),
                        news if news.is_last() => prop_assert!(inside.remove(&call_sid), "told twice"),
                        _ => prop_assert!(inside.contains(&call_sid)),
                    },
                    QueueAction::Waits { call_sid, .. } => prop_assert!(waiting.insert(call_sid)),
                    QueueAction::WaitsNoMore { call_sid } => prop_assert!(waiting.remove(&call_sid)),
                    QueueAction::Connect { customer, agent } => {
                        prop_assert_eq!(sides[&customer], QueueSide::Waiting);
                        prop_assert_eq!(sides[&agent], QueueSide::Serving);
                        prop_assert!(talking.insert(customer, agent).is_none());
                    }
                    QueueAction::Disconnect { customer, agent } => {
                        prop_assert_eq!(talking.remove(&customer), Some(agent));
                    }
                    QueueAction::Done => prop_assert!(inside.is_empty() && waiting.is_empty() && talking.is_empty()),
                }
            }
            let agents: BTreeSet<&String> = talking.values().collect();
            prop_assert_eq!(agents.len(), talking.len(), "an agent in two conversations");
            let front = queue.front().map(str::to_owned);
            prop_assert_eq!(front.is_some(), !waiting.is_empty());
            if done {
                queue = Queue::new(facts(3));
            }
        }
    }
}

fn running(body: &str, dialect: Dialect) -> Play {
    let mut play = Play::new(inbound());
    play.at(0, Event::Start);
    let text = format!("<Response>{body}</Response>");
    let document = flexio_markup::parse(text.as_bytes(), Kind::Voice, dialect, &MarkupLimits::default())
        .expect("it parses");
    play.reply(100, Ok(document));
    play
}

fn place(position: u32, since_ms: u64) -> queue::Place {
    queue::Place { position, since: Duration::from_millis(since_ms), average_s: 42, size: 3, max_size: 100 }
}

fn news(news: QueueNews) -> Event {
    Event::Queue { leg: LegId::FIRST, news }
}

fn entered(ms: u64) -> Event {
    news(QueueNews::Entered { queue_sid: "QU1".into(), name: "help".into(), place: place(2, ms) })
}

fn matched(join: Option<&str>) -> Event {
    news(QueueNews::Matched { peer: "CA9".into(), join: join.map(target), waited_s: 30 })
}

#[test]
fn a_twiml_caller_waits_hears_the_whisper_talks_and_the_outcome_is_told() {
    let mut play =
        running("<Enqueue waitUrl='/wait' action='/done' priority='2'>help</Enqueue>", Dialect::Twiml);
    play.at(200, entered(200)).answer(300, "<Say>You are second</Say><Redirect>again</Redirect>");
    play.played(5_000).at(5_100, news(QueueNews::Moved { place: place(1, 200) }));
    play.at(30_200, matched(Some("https://agent.test/whisper"))).answer(30_300, "<Say>Here you go</Say>");
    play.played(32_000).at(32_100, news(QueueNews::Connected)).at(92_000, news(QueueNews::Parted));
    insta::assert_snapshot!(play.log);
}

#[test]
fn a_twiml_agent_takes_the_next_and_gives_up_when_nobody_comes() {
    let body = "<Dial timeout='10' record='true' action='/done'><Queue url='/whisper'>help</Queue></Dial>";
    let mut play = running(body, Dialect::Twiml);
    play.at(200, entered(200)).at(5_000, matched(None)).at(5_100, news(QueueNews::Connected));
    let recording = play.recording();
    play.at(65_100, news(QueueNews::Parted)).recorded(65_200, recording, 60_000);
    insta::assert_snapshot!(play.log);
    let mut play = running(body, Dialect::Twiml);
    play.at(200, entered(200)).quiet().at(10_100, Event::Timeout);
    insta::assert_snapshot!(play.log, @r"
    10100 Timeout
          -> StopPrompt { prompt: PromptId(2) }
          -> LeaveQueue { leg: LegId(0) }
          -> Fetch Action https://app.test/done CallStatus=in-progress&DialCallStatus=no-answer&DialCallDuration=0&DialBridged=false&QueueSid=QU1
    ");
}

#[test]
fn the_roles_are_the_other_way_round_in_rcml() {
    let mut customer = running(
        "<Dial timeout='60' action='/done'><Queue waitUrl='/w' joinUrl='/j'>help</Queue></Dial>",
        Dialect::Rcml,
    );
    customer.at(200, entered(200));
    let mut agent =
        running("<Enqueue joinUrl='/aj' rejoin='true'>help</Enqueue><Say>Done</Say>", Dialect::Rcml);
    agent.at(200, entered(200)).at(1_000, matched(None)).at(1_100, news(QueueNews::Connected));
    agent.at(9_000, news(QueueNews::Back { place: place(0, 9_000) }));
    insta::assert_snapshot!(format!("{}\n{}", customer.log, agent.log));
}

#[test]
fn leave_full_hang_up_and_another_document_have_their_results() {
    let body = "<Enqueue waitUrl='/wait' action='/done'>help</Enqueue>";
    let mut leave = running(body, Dialect::Twiml);
    leave.at(200, entered(200)).quiet().at(210, Event::Timeout);
    let request = Event::Document {
        request: RequestId(2),
        result: flexio_markup::parse(
            b"<Response><Leave/></Response>",
            Kind::QueueWait,
            Dialect::Twiml,
            &MarkupLimits::default(),
        )
        .map_err(|_| FetchError::Timeout),
    };
    leave.at(5_200, request);
    let mut full = running(body, Dialect::Twiml);
    full.quiet().at(200, news(QueueNews::Full { queue_sid: "QU1".into() }));
    let mut gone = running(body, Dialect::Twiml);
    gone.at(200, entered(200)).quiet().at(9_200, Event::LegHungUp { leg: LegId::FIRST });
    let mut moved = running(body, Dialect::Twiml);
    moved.at(200, entered(200)).quiet();
    moved.at(4_200, Event::NewUrl { target: target("https://app.test/new"), fallback: None });
    let mut taken = running(body, Dialect::Twiml);
    taken.at(200, entered(200)).quiet();
    taken.at(4_200, news(QueueNews::Dequeued { target: target("https://app.test/out") }));
    let logs = [leave.log, full.log, gone.log, moved.log, taken.log].join("\n");
    insta::assert_snapshot!(logs);
}

#[test]
fn an_agent_sends_the_caller_elsewhere_and_the_caller_goes() {
    let mut agent = running("<Dial referUrl='/to' action='/done'><Queue>help</Queue></Dial>", Dialect::Twiml);
    agent.at(200, entered(200)).at(5_000, matched(None)).at(5_100, news(QueueNews::Connected));
    agent.quiet().at(9_000, Event::Referred { leg: LegId::FIRST, target: "sip:carol@example.org".into() });
    insta::assert_snapshot!(agent.log, @r#"
    9000 Referred { leg: LegId(0), target: "sip:carol@example.org" }
         -> AnswerRefer { leg: LegId(0), status: 202 }
         -> NotifyRefer { leg: LegId(0), status: 200 }
         -> SendElsewhere { call_sid: "CA9", target: Target { url: "https://app.test/to", method: Post }, params: [("Transferor", "+32470000001"), ("Transferee", "CA9"), ("ReferTarget", "sip:carol@example.org"), ("ReferTransferTarget", "sip:carol@example.org")] }
         -> LeaveQueue { leg: LegId(0) }
         -> Fetch Action https://app.test/done CallStatus=in-progress&DialCallStatus=completed&DialCallDuration=3&DialBridged=true&QueueSid=QU1
    "#);
    let sent = agent.last.iter().find_map(|action| match action {
        Action::SendElsewhere { call_sid, target, params } => Some((call_sid, target, params)),
        _ => None,
    });
    let (call_sid, target, params) = sent.expect("the caller is sent elsewhere");
    assert_eq!(call_sid, "CA9");
    let mut caller = running("<Enqueue action='/over'>help</Enqueue>", Dialect::Twiml);
    caller.at(200, entered(200)).at(5_000, matched(None)).at(5_100, news(QueueNews::Connected));
    caller.quiet();
    caller.at(9_000, Event::SentElsewhere { target: target.clone(), params: params.clone() });
    let told = "-> Fetch Modification https://app.test/to CallStatus=in-progress&Transferor=+32470000001&Transferee=CA9";
    assert!(caller.log.contains(told), "{}", caller.log);
    assert!(caller.log.contains("QueueResult=redirected-from-bridged"), "{}", caller.log);
}
