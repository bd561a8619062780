//! Running a flow without a phone: inputs, answers and the clock are given, everything is over at once.

use std::collections::{BTreeMap, VecDeque};

use flexio_domain::Timestamp;
use flexio_markup::{Dialect, Document, Kind as MarkupKind, Limits, Prompt as Heard, Verb, parse};
use jiff::SignedDuration;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::directory::found_in;
use crate::document::{Channel, NodeId};
use crate::machine::{handle, mask_value, masked};
use crate::scenario::{FakeAnswer, Reached, Step, Test};
use crate::state::*;

/// Where a run starts if the test does not say: a Monday at eleven in Brussels.
const NOW: &str = "2026-01-05T10:00:00Z";
/// Events of one run, at most: a run that needs more goes round in circles.
const EVENTS_MAX: u32 = 1_000;
const URL: &str = "flow:FN00000000000000000000000000000000";

/// What came of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Run {
    /// How it ended.
    pub outcome: Outcome,
    /// Why it failed.
    pub error: Option<String>,
    /// Nodes in the order they were run.
    pub path: Vec<NodeId>,
    /// What each did.
    pub steps: Vec<StepLog>,
    /// What the caller heard, and what was done with the call.
    pub heard: Vec<HeardText>,
    /// Messages sent.
    pub sent: Vec<SentText>,
    /// Variables at the end.
    pub variables: Map<String, Value>,
    /// Where it was stopped to be looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Stopped>,
}

/// Where a run was stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stopped {
    /// The node that would be begun next.
    pub node: NodeId,
    /// The steps begun so far: with one more as [`Stops::after`] the run goes on to the next stop.
    pub steps: u32,
}

/// Something a caller hears or that happens to the call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeardText {
    /// Node that said it.
    pub node: NodeId,
    /// `say`, `play`, `pause`, or the verb in lower case.
    pub kind: String,
    /// Text, URL or whom.
    pub text: String,
}

/// A message or an e-mail sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SentText {
    /// Receiver.
    pub to: String,
    /// Sender.
    pub from: String,
    /// Text; of an e-mail the subject stands in a line before it.
    pub body: String,
}

/// What is set in the environment that a run is of.
#[derive(Debug, Clone, Default)]
pub struct Place {
    /// What variables begin with, by name; others begin as the document says.
    pub variables: BTreeMap<String, String>,
    /// Secrets, by name. Where a run shows one, of four letters or more, it shows dots.
    pub secrets: BTreeMap<String, String>,
}

struct Simulation<'t> {
    test: &'t Test,
    library: &'t Library,
    secrets: &'t BTreeMap<String, String>,
    stops: &'t Stops,
    now: Timestamp,
    inputs: VecDeque<&'t Step>,
    answers: Vec<(&'t FakeAnswer, bool)>,
    store: BTreeMap<String, String>,
    heard: Vec<HeardText>,
    sent: Vec<SentText>,
    log: Vec<StepLog>,
    state: State,
    complaint: Option<String>,
}

/// Runs `flow` of the library through a test, in the environment that the caller has looked up for it.
pub fn simulate(flow: &FlowRef, library: &Library, place: &Place, test: &Test) -> Run {
    simulate_until(flow, library, place, test, &Stops::default())
}

/// As [`simulate`], stopped where `stops` says. The same inputs run the same way: to go on is to run anew, stopped later.
pub fn simulate_until(flow: &FlowRef, library: &Library, place: &Place, test: &Test, stops: &Stops) -> Run {
    let now = test.now.as_deref().unwrap_or(NOW).parse().unwrap_or(Timestamp::UNIX_EPOCH);
    let sid = |prefix: &str| Some(format!("{prefix}{:032x}", 1));
    let start = Start {
        from: test.from.clone(),
        to: test.to.clone(),
        body: test.body.clone(),
        call_sid: (test.channel == Channel::Call).then(|| sid("CA")).flatten(),
        message_sid: (test.channel == Channel::Message).then(|| sid("SM")).flatten(),
        data: test.data.clone(),
        variables: place.variables.clone(),
    };
    let mut simulation = Simulation {
        test,
        library,
        secrets: &place.secrets,
        stops,
        now,
        inputs: test.inputs.iter().collect(),
        answers: test.http.iter().map(|answer| (answer, false)).collect(),
        store: test.store.clone(),
        heard: Vec::new(),
        sent: Vec::new(),
        log: Vec::new(),
        state: State::new(flow.clone(), test.channel, start, 0, now),
        complaint: None,
    };
    simulation.run();
    let Simulation { state, log, heard, sent, complaint, .. } = simulation;
    let node = state.node.clone().filter(|_| state.outcome == Some(Outcome::Stopped));
    let stopped = node.map(|node| Stopped { node, steps: state.steps });
    let mut run = Run {
        outcome: if complaint.is_some() { Outcome::Failed } else { state.outcome.unwrap_or(Outcome::Failed) },
        error: complaint.or(state.error),
        path: log.iter().map(|step| step.node.clone()).collect(),
        steps: log,
        heard,
        sent,
        variables: state.variables,
        stopped,
    };
    conceal(&mut run, &place.secrets);
    run
}

/// Hides secrets in what a run shows; its steps have none already.
fn conceal(run: &mut Run, secrets: &BTreeMap<String, String>) {
    let heard = run.heard.iter_mut().map(|heard| &mut heard.text);
    let sent = run.sent.iter_mut().flat_map(|sent| [&mut sent.to, &mut sent.from, &mut sent.body]);
    for text in heard.chain(sent).chain(run.error.as_mut()) {
        *text = masked(text, secrets);
    }
    for value in run.variables.values_mut() {
        mask_value(value, secrets);
    }
}

impl Simulation<'_> {
    fn run(&mut self) {
        let mut event = Event::Start;
        for _ in 0..EVENTS_MAX {
            let env = Env { now: self.now, secrets: self.secrets, url: URL, stops: Some(self.stops) };
            let advance = handle(&mut self.state, self.library, env, &event, &mut self.log);
            let next = match advance {
                Advance::Call(document) => self.call(&document),
                Advance::Effect(effect) => Some(self.effect(effect)),
                Advance::Wait => self.wait(),
                Advance::Ended(last) => {
                    // Whoever stops to look does not hang up.
                    if let Some(last) = last.filter(|_| self.state.outcome != Some(Outcome::Stopped)) {
                        self.listen(&last);
                    }
                    None
                }
            };
            match next {
                Some(next) => event = next,
                None => return,
            }
        }
        self.complaint = Some(format!("more than {EVENTS_MAX} events; the last is at `{}`", self.node()));
    }

    fn node(&self) -> NodeId {
        self.state.node.clone().unwrap_or_default()
    }

    /// The next input, if it is this node's.
    fn input(&mut self) -> Option<&Step> {
        let node = self.node();
        let next = self.inputs.front()?;
        match &next.node {
            Some(wanted) if *wanted != node => {
                self.complaint = Some(format!("the next input is for `{wanted}`, but `{node}` asks"));
                None
            }
            _ => self.inputs.pop_front(),
        }
    }

    fn pass(&mut self, seconds: u32) {
        self.now = self.now.checked_add(SignedDuration::from_secs(i64::from(seconds))).unwrap_or(self.now);
    }

    /// Adds what a document says to what was heard, and gives it back.
    fn listen(&mut self, document: &str) -> Option<Document> {
        let node = self.node();
        let document = match parse(document.as_bytes(), MarkupKind::Voice, Dialect::Twiml, &Limits::default())
        {
            Ok(document) => document,
            Err(error) => {
                self.complaint =
                    Some(format!("`{node}` made a document that cannot be carried out: {error}"));
                return None;
            }
        };
        for step in &document.steps {
            self.heard.extend(heard(&node, &step.verb));
        }
        Some(document)
    }

    /// A call carries out a document: the other side does what the test says.
    fn call(&mut self, document: &str) -> Option<Event> {
        let document = self.listen(document)?;
        let turn = self.state.turn;
        let mut params = BTreeMap::from([("CallStatus".to_owned(), "in-progress".to_owned())]);
        let asks = document.steps.iter().map(|step| &step.verb).find(|verb| {
            matches!(
                verb,
                Verb::Gather(_)
                    | Verb::Dial(_)
                    | Verb::Record(_)
                    | Verb::Enqueue(_)
                    | Verb::Refer(_)
                    | Verb::Connect(_)
            )
        });
        let Some(verb) = asks else {
            // Hanging up while something is said has to be asked for by node.
            let node = self.node();
            let leaves =
                self.inputs.front().is_some_and(|next| next.hangup && next.node.as_deref() == Some(&node));
            if leaves {
                self.inputs.pop_front();
                return Some(Event::CallEnded("completed".to_owned()));
            }
            self.pass(1);
            return Some(Event::Call { turn, params });
        };
        let input = self.input().cloned();
        if self.complaint.is_some() {
            return None;
        }
        let input = input.unwrap_or(Step { silence: true, ..Step::default() });
        let seconds = input.seconds.unwrap_or(5);
        self.pass(seconds);
        if input.hangup && !matches!(verb, Verb::Record(_) | Verb::Dial(_)) {
            return Some(Event::CallEnded("completed".to_owned()));
        }
        if input.hangup {
            params.insert("CallStatus".to_owned(), "completed".to_owned());
        }
        let mut put = |name: &str, value: String| params.insert(name.to_owned(), value);
        match verb {
            Verb::Gather(_) => {
                input.digits.map(|digits| put("Digits", digits));
                input.speech.map(|speech| put("SpeechResult", speech));
            }
            Verb::Record(_) if !input.silence => {
                put(
                    "RecordingUrl",
                    "https://recordings.example/RE00000000000000000000000000000001".to_owned(),
                );
                put("RecordingSid", format!("RE{:032x}", 1));
                put("RecordingDuration", seconds.to_string());
            }
            Verb::Dial(_) => {
                let reached =
                    input.dial.unwrap_or(if input.silence { Reached::NoAnswer } else { Reached::Answered });
                put("DialCallStatus", reached_as_status(reached).to_owned());
                put("DialCallDuration", seconds.to_string());
            }
            Verb::Enqueue(_) => {
                let bridged = input.dial.unwrap_or(Reached::Answered) == Reached::Answered;
                put("QueueResult", if bridged { "bridged" } else { "leave" }.to_owned());
            }
            _ => {}
        }
        Some(Event::Call { turn, params })
    }

    fn effect(&mut self, effect: Effect) -> Event {
        match effect {
            Effect::Http(_) => Event::Http(self.answer()),
            Effect::Send { to, from, body } => {
                self.sent.push(SentText { to, from, body });
                Event::Sent(Ok(format!("SM{:032x}", self.sent.len())))
            }
            Effect::Email(letter) => {
                let letter = *letter;
                self.sent.push(SentText {
                    to: letter.to,
                    from: letter.from,
                    body: format!("{}\n{}", letter.subject, letter.body),
                });
                Event::Sent(Ok(format!("EM{:032x}", self.sent.len())))
            }
            Effect::Find(query) => Event::Found(found_in(&self.test.directory, &query)),
            Effect::CallOut { .. } => Event::Placed(Ok(format!("CA{:032x}", 2))),
            Effect::Read(key) => Event::Stored(self.store.get(&key).cloned()),
            Effect::Write(key, value) => {
                self.store.insert(key, value);
                Event::Stored(None)
            }
            Effect::Forget(key) => {
                self.store.remove(&key);
                Event::Stored(None)
            }
            Effect::Alert { .. } => Event::Done,
        }
    }

    /// The first answer for this node that was not used, else the last one that fits.
    fn answer(&mut self) -> HttpOutcome {
        let node = self.node();
        let fits = |answer: &FakeAnswer| answer.node.as_ref().is_none_or(|wanted| *wanted == node);
        let fresh = self.answers.iter().position(|(answer, used)| !used && fits(answer));
        let chosen = fresh.or_else(|| self.answers.iter().rposition(|(answer, _)| fits(answer)));
        let Some(chosen) = chosen else {
            return HttpOutcome::Failed(format!("the test has no answer for `{node}`"));
        };
        self.answers[chosen].1 = true;
        let answer = self.answers[chosen].0;
        if answer.timeout {
            return HttpOutcome::Timeout;
        }
        if answer.unreachable {
            return HttpOutcome::Failed("nobody answers".to_owned());
        }
        let body = match &answer.body {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            value => value.to_string(),
        };
        HttpOutcome::Answer {
            status: if answer.status == 0 { 200 } else { answer.status },
            body,
            duration_ms: 20,
        }
    }

    fn wait(&mut self) -> Option<Event> {
        let due = self.state.until;
        match self.state.waiting {
            Waiting::CallOut => {
                let input = self.input().cloned().unwrap_or_default();
                self.pass(input.seconds.unwrap_or(5));
                let status = reached_as_status(input.dial.unwrap_or(Reached::Answered));
                if status != "completed" {
                    return Some(Event::CallEnded(status.to_owned()));
                }
                let params = [("CallStatus", "in-progress".to_owned()), ("CallSid", format!("CA{:032x}", 2))];
                let params = params.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
                Some(Event::Call { turn: self.state.turn, params })
            }
            Waiting::Reply => match self.input().cloned() {
                Some(Step { reply: Some(body), seconds, .. }) => {
                    self.pass(seconds.unwrap_or(60));
                    Some(Event::Reply { body, sid: format!("SM{:032x}", 100) })
                }
                _ if self.complaint.is_some() => None,
                _ => {
                    self.now = due.unwrap_or(self.now);
                    Some(Event::Time)
                }
            },
            Waiting::Time => {
                self.now = due.unwrap_or(self.now);
                Some(Event::Time)
            }
            Waiting::Nothing | Waiting::Call | Waiting::Effect => {
                let channel = self.test.channel.as_str();
                self.complaint = Some(format!("a run started by {channel} waits for nothing"));
                None
            }
        }
    }
}

const fn reached_as_status(reached: Reached) -> &'static str {
    match reached {
        Reached::Answered => "completed",
        Reached::Busy => "busy",
        Reached::NoAnswer => "no-answer",
        Reached::Failed => "failed",
    }
}

fn heard(node: &str, verb: &Verb) -> Vec<HeardText> {
    let one = |kind: &str, text: String| HeardText { node: node.to_owned(), kind: kind.to_owned(), text };
    match verb {
        Verb::Say(say) => vec![one("say", say.text.clone())],
        Verb::Play(play) => vec![one("play", play.url.clone().unwrap_or_default())],
        Verb::Pause(pause) => vec![one("pause", pause.length_s.to_string())],
        Verb::Gather(gather) => {
            let prompts = gather.prompts.iter().map(|prompt| match prompt {
                Heard::Say(say) => one("say", say.text.clone()),
                Heard::Play(play) => one("play", play.url.clone().unwrap_or_default()),
                Heard::Pause(pause) => one("pause", pause.length_s.to_string()),
            });
            prompts.chain([one("ask", String::new())]).collect()
        }
        Verb::Redirect(redirect) if redirect.url.as_deref().is_some_and(|url| url.starts_with("flow:FN")) => {
            Vec::new()
        }
        other => vec![one(&other.name().to_lowercase(), String::new())],
    }
}

/// What a test expected and a run did not do; empty is passed.
pub fn differences(test: &Test, run: &Run) -> Vec<String> {
    let mut found = Vec::new();
    let expect = &test.expect;
    if let Some(outcome) = &expect.outcome
        && outcome != run.outcome.as_str()
    {
        let error = run.error.as_ref().map(|error| format!(": {error}")).unwrap_or_default();
        found.push(format!("it ended as {} instead of {outcome}{error}", run.outcome.as_str()));
    } else if expect.outcome.is_none() && run.outcome == Outcome::Failed {
        found.push(format!("it failed: {}", run.error.as_deref().unwrap_or("no reason is known")));
    }
    if let Some(path) = &expect.path
        && *path != run.path
    {
        let at = path.iter().zip(&run.path).take_while(|(wanted, got)| wanted == got).count();
        let name = |path: &[NodeId]| path.get(at).map_or("the end".to_owned(), |node| format!("`{node}`"));
        found.push(format!("step {} is {} instead of {}", at + 1, name(&run.path), name(path)));
    }
    found.extend(missing("heard", &expect.heard, run.heard.iter().map(|heard| heard.text.as_str())));
    found.extend(missing("sent", &expect.sent, run.sent.iter().map(|sent| sent.body.as_str())));
    for (name, wanted) in &expect.variables {
        let got = run.variables.get(name).unwrap_or(&Value::Null);
        if got != wanted {
            found.push(format!("the variable `{name}` is {got} instead of {wanted}"));
        }
    }
    found
}

/// Texts that do not come in this order.
fn missing<'r>(what: &str, wanted: &[String], got: impl Iterator<Item = &'r str>) -> Option<String> {
    let mut wanted = wanted.iter();
    let mut next = wanted.next();
    for text in got {
        if next.is_some_and(|next| text.contains(next.as_str())) {
            next = wanted.next();
        }
    }
    next.map(|next| format!("`{next}` was not {what}"))
}

/// The test that repeats an execution: its inputs as the log of its steps tells them, with what came of it as what is expected.
pub fn recorded(name: &str, state: &State, steps: &[StepLog]) -> Test {
    let text =
        |value: &Value, name: &str| value[name].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let mut test = Test {
        name: name.to_owned(),
        environment: None,
        channel: state.channel,
        from: text(&state.trigger, "from").unwrap_or_default(),
        to: text(&state.trigger, "to").unwrap_or_default(),
        body: text(&state.trigger, "body").unwrap_or_default(),
        data: state.data.clone(),
        now: text(&state.trigger, "started_at"),
        inputs: Vec::new(),
        http: Vec::new(),
        store: BTreeMap::new(),
        directory: Vec::new(),
        expect: crate::scenario::Expect::default(),
    };
    for step in steps {
        let port = step.port.as_deref().unwrap_or("");
        let outputs = &step.outputs;
        let dial = match port {
            "answered" => Some(Reached::Answered),
            "busy" => Some(Reached::Busy),
            "no_answer" => Some(Reached::NoAnswer),
            "failed" => Some(Reached::Failed),
            _ => None,
        };
        let input = Step { hangup: port == "hangup", ..Step::default() };
        let input = match step.kind.as_str() {
            "ask" | "menu" => {
                let (digits, speech) = (text(outputs, "digits"), text(outputs, "speech"));
                let silence = digits.is_none() && speech.is_none() && port != "hangup";
                Step { digits, speech, silence, ..input }
            }
            "dial" | "call_out" => Step { dial, ..input },
            "enqueue" => Step {
                dial: Some(if port == "bridged" { Reached::Answered } else { Reached::NoAnswer }),
                ..input
            },
            "record" => Step { silence: port == "empty", ..input },
            "ask_by_message" if port == "reply" => Step { reply: text(outputs, "body"), ..input },
            "ask_by_message" => Step { silence: true, ..input },
            _ if port == "hangup" => Step { node: Some(step.node.clone()), ..input },
            _ => {
                test.http.extend(answered(step));
                if step.kind == "directory" {
                    let known = serde_json::from_value::<Vec<Entry>>(outputs["entries"].clone());
                    test.directory.extend(known.unwrap_or_default());
                }
                if step.kind == "store"
                    && port == "done"
                    && let (Some(key), Some(value)) = (text(&step.inputs, "key"), text(outputs, "value"))
                {
                    test.store.entry(key).or_insert(value);
                }
                continue;
            }
        };
        test.inputs.push(input);
    }
    test.expect.outcome = state.outcome.map(|outcome| outcome.as_str().to_owned());
    test.expect.path = Some(steps.iter().map(|step| step.node.clone()).collect());
    test
}

/// What a web service answered at a step.
fn answered(step: &StepLog) -> Option<FakeAnswer> {
    let exchange = step.exchange.as_ref()?;
    let status = exchange["status"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or(0);
    Some(FakeAnswer {
        node: Some(step.node.clone()),
        status,
        body: exchange["response"].clone(),
        timeout: step.port.as_deref() == Some("timeout"),
        unreachable: step.port.as_deref() == Some("failed"),
    })
}

/// What one run did and another did not, for people.
pub fn compare(before: &[NodeId], after: &[NodeId], outcomes: (&str, &str)) -> Vec<String> {
    let mut found = Vec::new();
    let at = before.iter().zip(after).take_while(|(before, after)| before == after).count();
    if at < before.len() || at < after.len() {
        let name = |path: &[NodeId]| path.get(at).map_or("the end".to_owned(), |node| format!("`{node}`"));
        found.push(format!("from step {} on: {} before, {} now", at + 1, name(before), name(after)));
    }
    if outcomes.0 != outcomes.1 {
        found.push(format!("it ended as {} before, as {} now", outcomes.0, outcomes.1));
    }
    found
}
