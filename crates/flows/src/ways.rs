//! The ways through a flow, and what of the platform is used on each: what a price list needs to say what a caller costs.
//!
//! Nothing is run: each outcome that is no fault is followed, a step that was passed is not passed again, and what cannot be known before
//! (how long people talk, whom a template names) is assumed.

use std::collections::{BTreeMap, BTreeSet};

use flexio_domain::UsageKind;
use flexio_markup as xml;
use serde::{Deserialize, Serialize};

use crate::document::{Flow, Node, NodeId};
use crate::nodes::*;

/// Ways that are followed, at most.
pub const WAYS_MAX: usize = 200;
/// Steps that are taken in looking for them, at most.
const STEPS_MAX: usize = 50_000;
/// Characters of speech in a second, about.
const SPOKEN_CHARS_S: usize = 15;
/// Seconds a telephone rings before it is answered.
const RING_S: u32 = 10;

/// What is not known before somebody calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Assumptions {
    /// Seconds two parties talk, also in a conference, with an agent of a queue or with what listens to a stream.
    pub talk_s: u32,
    /// Seconds until a question is answered, the question not counted.
    pub answer_s: u32,
    /// Seconds a sound file lasts.
    pub play_s: u32,
    /// Seconds somebody speaks into a recording.
    pub record_s: u32,
    /// Seconds somebody waits in a queue.
    pub queue_s: u32,
    /// The other side, and whoever is called or written to where the document does not say: E.164.
    pub number: String,
}

impl Default for Assumptions {
    fn default() -> Self {
        Self {
            talk_s: 180,
            answer_s: 5,
            play_s: 10,
            record_s: 30,
            queue_s: 60,
            number: "+32470000000".to_owned(),
        }
    }
}

/// Something that may cost.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Use {
    /// The step it is used at.
    pub node: NodeId,
    /// What it is rated as.
    pub kind: UsageKind,
    /// Whom it goes to or comes from, as written or assumed; empty where that does not matter.
    pub party: String,
    /// Whether the party is assumed.
    pub assumed: bool,
    /// Seconds; 0 where it is counted otherwise.
    pub seconds: u32,
    /// Text of a message.
    #[serde(skip)]
    pub text: String,
}

/// How a way ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WayEnd {
    /// Nothing follows.
    Ends,
    /// It comes to a step it has passed, and goes round.
    GoesRound,
}

/// One way from a trigger to an end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Way {
    /// The steps, in order.
    pub nodes: Vec<NodeId>,
    /// The outcomes by which each but the last is left.
    pub ports: Vec<String>,
    /// How it ends.
    pub end: WayEnd,
    /// Seconds the caller's own leg lasts; 0 without a call.
    pub call_s: u32,
    /// What is used.
    pub uses: Vec<Use>,
}

/// The ways of a flow.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Ways {
    /// Each way, in the order of triggers and outcomes.
    pub ways: Vec<Way>,
    /// There are more than are followed.
    pub more: bool,
    /// Steps that are other flows, whose uses are not counted.
    pub not_counted: Vec<NodeId>,
}

/// Follows every way of the flow that no fault leads along.
pub fn ways(flow: &Flow, assumed: &Assumptions) -> Ways {
    let by_id: BTreeMap<&str, &Node> = flow.nodes.iter().map(|node| (node.id.as_str(), node)).collect();
    let mut walk = Walk {
        flow,
        by_id,
        assumed,
        found: Ways::default(),
        way: Passing::default(),
        passed: BTreeSet::new(),
        steps: 0,
    };
    for trigger in flow.nodes.iter().filter(|node| node.kind.trigger().is_some()) {
        walk.follow(trigger);
    }
    let subflows = flow.nodes.iter().filter(|node| matches!(node.kind, Kind::Subflow(_)));
    walk.found.not_counted = subflows.map(|node| node.id.clone()).collect();
    walk.found
}

/// The leg a way is on.
#[derive(Clone)]
struct Leg {
    /// The step it began with.
    node: NodeId,
    kind: UsageKind,
    party: String,
    assumed: bool,
}

/// A way on its way.
#[derive(Default)]
struct Passing {
    nodes: Vec<NodeId>,
    ports: Vec<String>,
    uses: Vec<Use>,
    leg: Option<Leg>,
    call_s: u32,
    spoken_s: u32,
}

/// Where a way goes on from when the next outcome of a step is followed.
struct Mark {
    nodes: usize,
    ports: usize,
    uses: usize,
    leg: Option<Leg>,
    call_s: u32,
    spoken_s: u32,
}

/// A step whose outcomes are followed one after the other.
struct Fork<'f> {
    node: &'f Node,
    outcomes: std::vec::IntoIter<(String, Option<&'f NodeId>)>,
    mark: Mark,
}

struct Walk<'f> {
    flow: &'f Flow,
    by_id: BTreeMap<&'f str, &'f Node>,
    assumed: &'f Assumptions,
    found: Ways,
    way: Passing,
    passed: BTreeSet<&'f str>,
    steps: usize,
}

impl<'f> Walk<'f> {
    fn follow(&mut self, trigger: &'f Node) {
        self.way = Passing::default();
        self.passed.clear();
        let mut forks = vec![self.enter(trigger)];
        while let Some(fork) = forks.last_mut() {
            let node = fork.node;
            let Some((port, to)) = fork.outcomes.next() else {
                self.passed.remove(node.id.as_str());
                forks.pop();
                continue;
            };
            self.way.back(&fork.mark);
            self.steps += 1;
            if self.found.ways.len() >= WAYS_MAX || self.steps > STEPS_MAX {
                self.found.more = true;
                return;
            }
            self.pass(node, &port);
            let Some(to) = to else {
                self.end(WayEnd::Ends);
                continue;
            };
            self.way.ports.push(port);
            if self.passed.contains(to.as_str()) {
                self.way.nodes.push(to.clone());
                self.end(WayEnd::GoesRound);
                continue;
            }
            match self.by_id.get(to.as_str()).copied() {
                Some(next) => forks.push(self.enter(next)),
                None => self.end(WayEnd::Ends),
            }
        }
    }

    fn enter(&mut self, node: &'f Node) -> Fork<'f> {
        self.way.nodes.push(node.id.clone());
        self.passed.insert(&node.id);
        Fork { node, outcomes: outcomes(node).into_iter(), mark: self.way.mark() }
    }

    fn end(&mut self, end: WayEnd) {
        let (way, mut uses) = (&self.way, self.way.uses.clone());
        if let Some(Leg { node, kind, party, assumed }) = way.leg.clone() {
            if way.spoken_s > 0 {
                uses.push(Use { kind: UsageKind::Tts, seconds: way.spoken_s, ..nothing(&node) });
            }
            uses.insert(0, Use { kind, party, assumed, seconds: way.call_s, ..nothing(&node) });
        }
        let call_s = if way.leg.is_some() { way.call_s } else { 0 };
        self.found.ways.push(Way { nodes: way.nodes.clone(), ports: way.ports.clone(), end, call_s, uses });
    }

    /// What a node uses when it is left by a port.
    fn pass(&mut self, node: &Node, port: &str) {
        let mut way = std::mem::take(&mut self.way);
        self.used(node, port, &mut way);
        self.way = way;
    }

    fn used(&self, node: &Node, port: &str, way: &mut Passing) {
        let a = self.assumed;
        match &node.kind {
            Kind::OnCall(_) | Kind::OnSubflow(_) => {
                way.leg = Some(Leg {
                    node: node.id.clone(),
                    kind: UsageKind::VoiceIn,
                    party: a.number.clone(),
                    assumed: true,
                });
            }
            Kind::OnMessage(_) => way.uses.push(self.message_in(node)),
            Kind::CallOut(call) if port == "answered" => {
                let (party, assumed) = self.party(call.to.as_deref().unwrap_or(""));
                way.leg = Some(Leg { node: node.id.clone(), kind: UsageKind::VoiceOut, party, assumed });
            }
            Kind::Say(say) => {
                for _ in 0..say.times.clamp(1, 1_000) {
                    self.hear(&say.prompts, way);
                }
            }
            Kind::Ask(ask) => self.question(&ask.prompts, ask.timeout_s, port, way),
            Kind::Menu(menu) => self.question(&menu.prompts, menu.timeout_s, port, way),
            Kind::Dial(dial) => self.dial(node, dial, port, way),
            Kind::Conference(room) => {
                way.lasts(a.talk_s);
                way.uses.push(Use { kind: UsageKind::Conference, ..nothing(&node.id) });
                if room.record {
                    way.uses.push(recording(node, a.talk_s));
                }
            }
            Kind::Enqueue(_) => {
                way.lasts(a.queue_s);
                way.lasts(if port == "bridged" { a.talk_s } else { 0 });
                way.uses.push(Use { kind: UsageKind::Queue, seconds: a.queue_s, ..nothing(&node.id) });
            }
            Kind::TakeFromQueue(take) => {
                way.lasts(if port == "done" { a.talk_s } else { or(take.timeout_s, xml::Dial::TIMEOUT_S) });
            }
            Kind::Record(record) => {
                self.hear(&record.prompts, way);
                let seconds = a.record_s.min(or(record.max_length_s, 3_600));
                way.lasts(if port == "recorded" { seconds } else { or(record.timeout_s, 5) });
                if port == "recorded" {
                    way.uses.push(recording(node, seconds));
                }
            }
            Kind::Stream(_) => way.lasts(a.talk_s),
            Kind::Wait(wait) if way.leg.is_some() => {
                way.lasts(wait.seconds.clamp(1, xml::Dial::TIME_LIMIT_S));
            }
            Kind::SendMessage(send) => way.uses.push(self.message_out(node, send.to.as_deref(), &send.body)),
            Kind::AskByMessage(ask) => {
                way.uses.push(self.message_out(node, ask.to.as_deref(), &ask.body));
                if port == "reply" {
                    way.uses.push(self.message_in(node));
                }
            }
            Kind::Reject(_) => way.leg = None,
            _ => {}
        }
    }

    /// A party as it is written; the assumed number where a template names it, or nothing does.
    fn party(&self, written: &str) -> (String, bool) {
        let written = written.trim();
        if written.is_empty() || written.contains("{{") {
            return (self.assumed.number.clone(), true);
        }
        (written.to_owned(), false)
    }

    fn hear(&self, prompts: &[Prompt], way: &mut Passing) {
        let language = self.flow.languages.first().map_or("", String::as_str);
        for prompt in prompts {
            match prompt {
                Prompt::Say { text, language: own, .. } => {
                    let own = own.as_deref().unwrap_or(language);
                    let chars = text.in_language(own, language).chars().count();
                    let seconds = u32::try_from(chars.div_ceil(SPOKEN_CHARS_S)).unwrap_or(u32::MAX);
                    way.lasts(seconds);
                    way.spoken_s = way.spoken_s.saturating_add(seconds);
                }
                Prompt::Play { .. } => way.lasts(self.assumed.play_s),
                Prompt::Pause { seconds } => {
                    way.lasts((*seconds).clamp(1, xml::Dial::TIME_LIMIT_S));
                }
            }
        }
    }

    fn question(&self, prompts: &[Prompt], timeout_s: u32, port: &str, way: &mut Passing) {
        self.hear(prompts, way);
        way.lasts(if port == "no_input" { or(timeout_s, 5) } else { self.assumed.answer_s });
    }

    /// Of several parties one answers: the first is taken for it.
    fn dial(&self, node: &Node, dial: &Dial, port: &str, way: &mut Passing) {
        let talk_s = self.assumed.talk_s.min(or(dial.time_limit_s, xml::Dial::TIME_LIMIT_S));
        let answered = port == "answered";
        way.lasts(match port {
            "answered" => RING_S.saturating_add(talk_s),
            "no_answer" => or(dial.timeout_s, xml::Dial::TIMEOUT_S),
            _ => RING_S,
        });
        let Some(first) = dial.to.first().filter(|_| answered) else { return };
        let (address, assumed) = match first.kind {
            PartyKind::Client => (format!("client:{}", first.address.trim()), false),
            PartyKind::Sip => (first.address.trim().to_owned(), false),
            PartyKind::Number => self.party(&first.address),
        };
        way.uses.push(Use {
            kind: UsageKind::VoiceOut,
            party: address,
            assumed,
            seconds: talk_s,
            ..nothing(&node.id)
        });
        if dial.record {
            way.uses.push(recording(node, talk_s));
        }
    }

    fn message_out(&self, node: &Node, to: Option<&str>, body: &Text) -> Use {
        let language = self.flow.languages.first().map_or("", String::as_str);
        let (party, assumed) = self.party(to.unwrap_or(""));
        let text = body.in_language(language, language).to_owned();
        Use { kind: UsageKind::SmsOut, party, assumed, text, ..nothing(&node.id) }
    }

    fn message_in(&self, node: &Node) -> Use {
        Use { kind: UsageKind::SmsIn, party: self.assumed.number.clone(), assumed: true, ..nothing(&node.id) }
    }
}

impl Passing {
    fn lasts(&mut self, seconds: u32) {
        self.call_s = self.call_s.saturating_add(seconds);
    }

    fn mark(&self) -> Mark {
        Mark {
            nodes: self.nodes.len(),
            ports: self.ports.len(),
            uses: self.uses.len(),
            leg: self.leg.clone(),
            call_s: self.call_s,
            spoken_s: self.spoken_s,
        }
    }

    fn back(&mut self, mark: &Mark) {
        self.nodes.truncate(mark.nodes);
        self.ports.truncate(mark.ports);
        self.uses.truncate(mark.uses);
        self.leg.clone_from(&mark.leg);
        (self.call_s, self.spoken_s) = (mark.call_s, mark.spoken_s);
    }
}

/// The outcomes of a step that are followed, and where each leads. A caller may hang up anywhere: that is a shorter way of each.
fn outcomes(node: &Node) -> Vec<(String, Option<&NodeId>)> {
    if let Kind::Goto(goto) = &node.kind {
        return vec![(String::new(), Some(&goto.node))];
    }
    let ports = node.kind.ports().into_iter().filter(|port| !port.fault && port.name != "hangup");
    let mut found: Vec<(String, Option<&NodeId>)> = Vec::new();
    for port in ports {
        let to = node.next.get(&port.name);
        // Outcomes that lead nowhere end alike but for what was used; words are told from keys only where that is connected.
        let is_known = to.is_none() && !uses_differ(node) && found.iter().any(|(_, to)| to.is_none());
        if !is_known && (to.is_some() || port.name != "speech") {
            found.push((port.name, to));
        }
    }
    if found.is_empty() {
        found.push((String::new(), None));
    }
    found
}

fn recording(node: &Node, seconds: u32) -> Use {
    Use { kind: UsageKind::Recording, seconds, ..nothing(&node.id) }
}

fn nothing(node: &str) -> Use {
    Use {
        node: node.to_owned(),
        kind: UsageKind::Queue,
        party: String::new(),
        assumed: false,
        seconds: 0,
        text: String::new(),
    }
}

/// Whether it matters by which outcome a node is left although none leads on.
fn uses_differ(node: &Node) -> bool {
    matches!(
        node.kind,
        Kind::Ask(_)
            | Kind::Menu(_)
            | Kind::Dial(_)
            | Kind::Enqueue(_)
            | Kind::TakeFromQueue(_)
            | Kind::Record(_)
            | Kind::AskByMessage(_)
            | Kind::CallOut(_)
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::read;

    fn found(nodes: &serde_json::Value) -> Ways {
        ways(&read(json!({ "name": "t", "nodes": nodes })).unwrap(), &Assumptions::default())
    }

    fn used(way: &Way) -> Vec<(&str, &str, u32)> {
        way.uses.iter().map(|used| (used.kind.as_str(), used.party.as_str(), used.seconds)).collect()
    }

    #[test]
    fn each_outcome_is_a_way_with_what_is_used_on_it() {
        let found = found(&json!([
            { "id": "call", "type": "on_call", "next": { "start": "hello" } },
            { "id": "hello", "type": "say", "properties": { "prompts": [{ "kind": "say", "text": "x".repeat(30) }, { "kind": "play", "url": "https://a.test/a.wav" }] }, "next": { "done": "dial" } },
            { "id": "dial", "type": "dial", "properties": { "to": [{ "address": "+3222268888" }], "record": true, "timeout_s": 20 }, "next": { "answered": "bye", "busy": "text", "no_answer": "text" } },
            { "id": "text", "type": "send_message", "properties": { "to": "{{ trigger.from }}", "body": "Sorry" }, "next": { "sent": "bye" } },
            { "id": "bye", "type": "hangup" },
        ]));
        assert!(!found.more);
        let paths: Vec<String> = found.ways.iter().map(|way| way.nodes.join(" ")).collect();
        assert_eq!(paths, ["call hello dial bye", "call hello dial text bye", "call hello dial text bye"]);
        assert_eq!(found.ways[1].ports, ["start", "done", "busy", "sent"]);
        // 2 s of speech, 10 s of a file, 10 s of ringing, 3 minutes.
        let talked = [
            ("voice.in", "+32470000000", 202),
            ("voice.out", "+3222268888", 180),
            ("recording", "", 180),
            ("tts", "", 2),
        ];
        assert_eq!(used(&found.ways[0]), talked);
        let nobody = [("voice.in", "+32470000000", 32), ("sms.out", "+32470000000", 0), ("tts", "", 2)];
        assert_eq!(used(&found.ways[2]), nobody);
        assert!(found.ways[2].uses[1].assumed && !found.ways[0].uses[1].assumed);
    }

    #[test]
    fn a_circle_is_one_way_and_a_flow_of_choices_is_cut() {
        let round = found(&json!([
            { "id": "call", "type": "on_call", "next": { "start": "ask" } },
            { "id": "ask", "type": "ask", "properties": { "prompts": [] }, "next": { "answered": "ask", "no_input": "go" } },
            { "id": "go", "type": "goto", "properties": { "node": "ask" } },
        ]));
        let ends: Vec<(String, WayEnd)> =
            round.ways.iter().map(|way| (way.nodes.join(" "), way.end)).collect();
        assert_eq!(
            ends,
            [
                ("call ask ask".to_owned(), WayEnd::GoesRound),
                ("call ask go ask".to_owned(), WayEnd::GoesRound)
            ]
        );
        let mut nodes = vec![json!({ "id": "web", "type": "on_web", "next": { "start": "n0" } })];
        nodes.extend((0..60).map(|n| {
            let next = format!("n{}", n + 1);
            json!({ "id": format!("n{n}"), "type": "condition", "properties": { "when": "true" }, "next": { "true": next, "false": next } })
        }));
        nodes.push(json!({ "id": "n60", "type": "subflow", "properties": { "flow": "FW1" } }));
        let many = found(&json!(nodes));
        assert_eq!((many.ways.len(), many.more, many.not_counted), (WAYS_MAX, true, vec!["n60".to_owned()]));
    }

    #[test]
    fn a_call_that_goes_out_is_a_leg_from_its_answer_on_and_a_refused_one_costs_nothing() {
        let out = found(&json!([
            { "id": "web", "type": "on_web", "next": { "start": "ring" } },
            { "id": "ring", "type": "call_out", "properties": { "to": "+32470123456" }, "next": { "answered": "wait" } },
            { "id": "wait", "type": "wait", "properties": { "seconds": 60 } },
        ]));
        assert_eq!(used(&out.ways[0]), [("voice.out", "+32470123456", 60)]);
        assert_eq!(used(&out.ways[1]), []);
        let refused = found(&json!([
            { "id": "call", "type": "on_call", "next": { "start": "no" } },
            { "id": "no", "type": "reject" },
        ]));
        assert_eq!(used(&refused.ways[0]), []);
    }
}
