//! Flows inside flows.

use serde_json::{Map, Value};

use super::{DEPTH_MAX, Exit, Machine, Move};
use crate::document::{Channel, Node};
use crate::nodes::Kind;
use crate::state::{Advance, FlowRef, Frame, Outcome};

impl Machine<'_> {
    pub(super) fn begin_subflow(&mut self, flow: FlowRef, variables: Map<String, Value>) -> Move {
        let Some(inner) = self.library.flows.get(&flow).cloned() else {
            return Move::Leave(Exit {
                error: Some("the sub-flow is not published".to_owned()),
                ..Exit::by("failed")
            });
        };
        if self.state.frames.len() >= DEPTH_MAX {
            let error = format!("more than {DEPTH_MAX} flows inside one another");
            return Move::Leave(Exit { error: Some(error), ..Exit::by("failed") });
        }
        self.state.frames.push(Frame {
            flow: std::mem::replace(&mut self.state.flow, flow),
            node: self.state.node.clone().unwrap_or_default(),
            variables: std::mem::take(&mut self.state.variables),
            results: std::mem::take(&mut self.state.results),
        });
        self.flow = inner;
        self.declare(variables);
        match self.flow.trigger(Channel::Subflow) {
            Some(trigger) => Move::Jump(trigger.id.clone()),
            None => {
                self.state.error = Some("the flow has no `on_subflow`".to_owned());
                self.fail_subflow()
            }
        }
    }

    /// Back in the flow around; `None` where there is none.
    fn pop(&mut self) -> Option<Node> {
        let frame = self.state.frames.pop()?;
        self.flow = self.library.flows.get(&frame.flow).cloned()?;
        self.state.flow = frame.flow;
        self.state.variables = frame.variables;
        self.state.results = frame.results;
        let node = self.flow.node(&frame.node).cloned();
        self.state.node = Some(frame.node);
        node
    }

    pub(super) fn fail_subflow(&mut self) -> Move {
        let error = self.state.error.take();
        match self.pop() {
            Some(_) => Move::Leave(Exit { error, ..Exit::by("failed") }),
            None => {
                self.state.error = error;
                Move::End(Outcome::Failed, None)
            }
        }
    }

    pub(super) fn return_from(&mut self, outputs: Map<String, Value>) -> Result<Move, Advance> {
        if self.state.frames.is_empty() {
            let hung_up =
                self.state.call_sid.is_some() && !self.state.on_call && self.state.channel == Channel::Call;
            let outcome = if hung_up { Outcome::Hangup } else { Outcome::Completed };
            return Err(self.ended(outcome, None, None));
        }
        let Some(node) = self.pop() else {
            return Err(self.ended(Outcome::Failed, None, Some("the flow around is gone".to_owned())));
        };
        if let Kind::Subflow(subflow) = &node.kind {
            for (variable, output) in &subflow.outputs {
                if let Some(value) = outputs.get(output) {
                    self.state.variables.insert(variable.clone(), value.clone());
                }
            }
        }
        let port = if self.state.call_sid.is_some() && !self.state.on_call { "hangup" } else { "done" };
        Ok(Move::Leave(Exit { outputs, ..Exit::by(port) }))
    }
}
