//! The machine: one event in, as many nodes as need nothing from outside, and what is asked for next.

mod answers;
mod context;
mod data;
mod hours;
mod logic;
mod subflow;
mod voice;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::document::{Flow, Node, NodeId, Variable};
use crate::expression::ExpressionError;
use crate::state::*;

pub use hours::{is_belgian_holiday, next_run};
pub(crate) use hours::{minutes, zone};
pub(crate) use logic::is_pattern;

/// Nodes of one execution, at most.
pub const STEPS_MAX: u32 = 10_000;
/// Nodes in a row without anything from outside, at most.
pub const RUN_MAX: u32 = 500;
/// Flows inside flows, at most.
pub const DEPTH_MAX: usize = 8;
/// Bytes an execution may remember, at most.
pub const STATE_BYTES_MAX: usize = 1024 * 1024;

/// How a node is left.
#[derive(Debug, Default)]
pub(crate) struct Exit {
    pub port: String,
    pub outputs: Map<String, Value>,
    pub exchange: Option<Value>,
    pub error: Option<String>,
}

impl Exit {
    pub fn by(port: impl Into<String>) -> Self {
        Self { port: port.into(), ..Self::default() }
    }

    pub fn error(error: impl Into<String>) -> Self {
        Self { error: Some(error.into()), ..Self::by("error") }
    }

    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.outputs.insert(name.to_owned(), value.into());
        self
    }
}

impl From<ExpressionError> for Exit {
    fn from(error: ExpressionError) -> Self {
        Self::error(error.0)
    }
}

/// What a node does when it is begun or hears of something.
pub(crate) enum Move {
    /// It is done.
    Leave(Exit),
    /// It goes on later.
    Stay(Advance),
    /// It ends the execution; a call carries out this.
    End(Outcome, Option<String>),
    /// Go on at this node, without a port.
    Jump(NodeId),
    /// Begin a sub-flow with these variables.
    Into(FlowRef, Map<String, Value>),
    /// The end of this flow, with outputs.
    Return(Map<String, Value>),
}

/// An execution while it handles one event.
pub(crate) struct Machine<'a> {
    pub state: &'a mut State,
    pub library: &'a Library,
    pub env: Env<'a>,
    pub log: &'a mut Vec<StepLog>,
    pub flow: Arc<Flow>,
}

/// Handles `event`; finished steps are added to `log`. An event that does not fit what the execution waits for changes nothing.
pub fn handle(
    state: &mut State,
    library: &Library,
    env: Env<'_>,
    event: &Event,
    log: &mut Vec<StepLog>,
) -> Advance {
    if state.is_over() {
        return Advance::Ended(matches!(event, Event::Call { .. }).then(voice::hang_up));
    }
    let Some(flow) = library.flows.get(&state.flow).cloned() else {
        return fail(state, "the flow is gone".to_owned());
    };
    let from = log.len();
    let mut machine = Machine { state, library, env, log, flow };
    let advance = machine.run(event);
    if let Event::CallEnded(_) = event {
        // Whatever it wants to say, nobody asks any more.
        if let Advance::Ended(last) = &advance
            && last.is_some()
        {
            return Advance::Ended(None);
        }
    }
    mask(log, from, env.secrets);
    if serde_json::to_vec(state).map_or(0, |bytes| bytes.len()) > STATE_BYTES_MAX {
        return fail(state, format!("the execution remembers more than {STATE_BYTES_MAX} bytes"));
    }
    advance
}

fn fail(state: &mut State, error: String) -> Advance {
    let on_call = state.on_call;
    state.outcome = Some(Outcome::Failed);
    state.error = Some(error);
    state.waiting = Waiting::Nothing;
    state.until = None;
    Advance::Ended(on_call.then(voice::hang_up))
}

/// Secrets that can be told from other text.
fn distinct(secrets: &BTreeMap<String, String>) -> Vec<&String> {
    secrets.values().filter(|secret| secret.len() >= 4).collect()
}

/// A text without secrets.
pub(crate) fn masked(text: &str, secrets: &BTreeMap<String, String>) -> String {
    let secrets = distinct(secrets);
    secrets.into_iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "••••"))
}

/// Hides secrets in a value.
pub(crate) fn mask_value(value: &mut Value, secrets: &BTreeMap<String, String>) {
    hide(value, &distinct(secrets));
}

/// Hides secrets in what is logged.
fn mask(log: &mut [StepLog], from: usize, secrets: &BTreeMap<String, String>) {
    let known = distinct(secrets);
    if known.is_empty() {
        return;
    }
    for step in &mut log[from..] {
        hide(&mut step.inputs, &known);
        hide(&mut step.outputs, &known);
        if let Some(exchange) = &mut step.exchange {
            hide(exchange, &known);
        }
        if let Some(error) = &mut step.error {
            *error = masked(error, secrets);
        }
    }
}

fn hide(value: &mut Value, secrets: &[&String]) {
    match value {
        Value::String(text) => {
            for secret in secrets {
                if text.contains(secret.as_str()) {
                    *text = text.replace(secret.as_str(), "••••");
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| hide(item, secrets)),
        Value::Object(members) => members.values_mut().for_each(|member| hide(member, secrets)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

impl Machine<'_> {
    fn run(&mut self, event: &Event) -> Advance {
        let mut next = match self.first(event) {
            Ok(next) => next,
            Err(advance) => return advance,
        };
        let began = self.state.steps;
        // Each node is entered and left; sub-flows are begun and returned from besides.
        for _ in 0..4 * RUN_MAX {
            match self.take(next) {
                Ok(after) => next = after,
                Err(advance) => return advance,
            }
            if self.state.steps - began >= RUN_MAX {
                break;
            }
        }
        self.log_end(None);
        let node = self.state.node.clone().unwrap_or_default();
        self.ended(
            Outcome::Failed,
            None,
            Some(format!("{RUN_MAX} nodes in a row without an end; the last is `{node}`")),
        )
    }

    /// What the event means to the node that waits.
    fn first(&mut self, event: &Event) -> Result<Move, Advance> {
        if matches!(event, Event::Stop) {
            return Ok(Move::End(Outcome::Stopped, None));
        }
        if let Event::CallEnded(_) = event {
            self.state.on_call = false;
        }
        if matches!(event, Event::Start) && self.state.node.is_none() {
            return Ok(self.start());
        }
        let Some(node) = self.state.node.clone().and_then(|id| self.flow.node(&id).cloned()) else {
            return Err(self.ended(Outcome::Failed, None, Some("the node is gone".to_owned())));
        };
        match self.happened(&node, event) {
            Some(next) => Ok(next),
            None => Err(self.unchanged(&node, event)),
        }
    }

    fn start(&mut self) -> Move {
        let given = std::mem::take(&mut self.state.variables);
        self.declare(Map::new());
        for (name, value) in given {
            // One that a later revision no longer has is nobody's business.
            if self.flow.variables.contains_key(&name)
                && let Err(exit) = self.set(&name, value, None)
            {
                self.state.error = exit.error;
                return Move::End(Outcome::Failed, None);
            }
        }
        match self.flow.trigger(self.state.channel) {
            Some(trigger) => Move::Jump(trigger.id.clone()),
            None => {
                let channel = self.state.channel.as_str();
                self.state.error = Some(format!("the flow has no trigger for a start by {channel}"));
                Move::End(Outcome::Failed, None)
            }
        }
    }

    /// Variables at their first values, or at those given.
    pub fn declare(&mut self, given: Map<String, Value>) {
        let first = |variable: &Variable| match &variable.value {
            Value::Null => variable.kind.empty(),
            value => value.clone(),
        };
        let declared = self.flow.variables.iter().map(|(name, variable)| (name.clone(), first(variable)));
        self.state.variables = declared.collect();
        self.state.variables.extend(given);
    }

    /// An event that changes nothing: the call is told again what it was told, everything else waits on.
    fn unchanged(&mut self, node: &Node, event: &Event) -> Advance {
        match (event, self.state.waiting) {
            (Event::Call { .. }, Waiting::Call) => match self.instructions(node) {
                Ok(document) => Advance::Call(document),
                Err(exit) => self.ended(Outcome::Failed, None, exit.error),
            },
            (Event::Call { .. }, _) if self.state.on_call => Advance::Call(self.hold_on()),
            _ => Advance::Wait,
        }
    }

    /// Carries out a move; the next one, or what is asked for.
    fn take(&mut self, next: Move) -> Result<Move, Advance> {
        match next {
            Move::Leave(exit) => Ok(self.leave(exit)),
            Move::Stay(advance) => Err(advance),
            Move::End(outcome, last) => {
                let error = self.state.error.take();
                self.log_end(None);
                Err(self.ended(outcome, last, error))
            }
            Move::Jump(id) => {
                if self.state.waiting == Waiting::Nothing && self.state.steps > 0 && self.log_open() {
                    self.log_end(Some(id.clone()));
                }
                Ok(self.enter(id))
            }
            Move::Into(flow, variables) => Ok(self.begin_subflow(flow, variables)),
            Move::Return(outputs) => {
                self.log_end(None);
                self.return_from(outputs)
            }
        }
    }

    fn log_open(&self) -> bool {
        self.log.last().is_none_or(|step| step.sequence != self.state.steps)
    }

    fn log_end(&mut self, to: Option<NodeId>) {
        if self.state.node.is_some() && self.log_open() && self.state.steps > 0 {
            self.log_step(None, to, Exit::default());
        }
    }

    /// Begins a node.
    fn enter(&mut self, id: NodeId) -> Move {
        let Some(node) = self.flow.node(&id).cloned() else {
            self.state.error = Some(format!("there is no node `{id}`"));
            return Move::End(Outcome::Failed, None);
        };
        self.state.node = Some(id);
        if self.stops_at(&node) {
            return Move::End(Outcome::Stopped, None);
        }
        if self.state.steps >= STEPS_MAX {
            self.state.error = Some(format!("more than {STEPS_MAX} steps; the last is `{}`", node.id));
            return Move::End(Outcome::Failed, None);
        }
        self.state.steps += 1;
        self.state.tries = 0;
        self.state.waiting = Waiting::Nothing;
        self.state.until = None;
        self.state.began = self.env.now;
        self.state.inputs = Value::Null;
        self.begin(&node)
    }

    fn stops_at(&self, node: &Node) -> bool {
        let is_outermost = self.state.frames.is_empty();
        self.env.stops.is_some_and(|stops| {
            is_outermost && self.state.steps >= stops.after && stops.before.contains(&node.id)
        })
    }

    fn begin(&mut self, node: &Node) -> Move {
        if node.kind.needs_call() {
            return self.begin_voice(node);
        }
        self.begin_data(node)
            .or_else(|| self.begin_logic(node))
            .unwrap_or_else(|| Move::Leave(Exit::by("start")))
    }

    fn happened(&mut self, node: &Node, event: &Event) -> Option<Move> {
        match (self.state.waiting, event) {
            (Waiting::Call, Event::Call { turn, params }) if *turn == self.state.turn => {
                Some(self.call_happened(node, params))
            }
            (Waiting::Call, Event::CallEnded(_)) => Some(Move::Leave(Exit::by("hangup"))),
            (Waiting::Nothing, _) => None,
            _ => self.data_happened(node, event),
        }
    }

    /// Leaves the node: logs it, keeps its results, finds where the port leads.
    fn leave(&mut self, exit: Exit) -> Move {
        let id = self.state.node.clone().unwrap_or_default();
        let Some(node) = self.flow.node(&id).cloned() else { return Move::End(Outcome::Failed, None) };
        self.state.waiting = Waiting::Nothing;
        self.state.until = None;
        if !exit.outputs.is_empty() {
            self.state.results.insert(id.clone(), Value::Object(exit.outputs.clone()));
        }
        let fault = node.kind.ports().iter().any(|port| port.name == exit.port && port.fault);
        let handler = self.flow.on_error.clone().filter(|handler| fault && *handler != id);
        let to = node.next.get(&exit.port).cloned().or(handler);
        let (port, error) = (exit.port.clone(), exit.error.clone());
        self.log_step(Some(port.clone()), to.clone(), exit);
        match to {
            Some(to) => Move::Jump(to),
            None if fault => {
                self.state.error = Some(
                    error.unwrap_or_else(|| format!("`{id}` was left by `{port}`, which leads nowhere")),
                );
                if self.state.frames.is_empty() {
                    Move::End(Outcome::Failed, None)
                } else {
                    self.fail_subflow()
                }
            }
            None if port == "hangup" && self.state.frames.is_empty() => Move::End(Outcome::Hangup, None),
            None => Move::Return(Map::new()),
        }
    }

    fn log_step(&mut self, port: Option<String>, to: Option<NodeId>, exit: Exit) {
        let id = self.state.node.clone().unwrap_or_default();
        let kind = self.flow.node(&id).map_or("", |node| node.kind.name());
        self.log.push(StepLog {
            sequence: self.state.steps,
            node: id,
            kind: kind.to_owned(),
            port,
            to,
            at: self.state.began,
            until: self.env.now,
            inputs: std::mem::take(&mut self.state.inputs),
            outputs: if exit.outputs.is_empty() { Value::Null } else { Value::Object(exit.outputs) },
            exchange: exit.exchange,
            error: exit.error,
        });
    }

    fn ended(&mut self, outcome: Outcome, last: Option<String>, error: Option<String>) -> Advance {
        let asks = self.state.on_call;
        self.state.outcome = Some(outcome);
        self.state.error = error;
        self.state.waiting = Waiting::Nothing;
        self.state.until = None;
        Advance::Ended(asks.then(|| last.unwrap_or_else(voice::hang_up)))
    }
}
