//! Nodes that only decide.

use serde_json::{Map, Value, json};

use super::answers::{pattern_of, whole};
use super::{Exit, Machine, Move, hours};
use crate::document::Node;
use crate::expression::evaluate;
use crate::nodes::*;
use crate::state::FlowRef;

/// Largest number a step may add to a measure.
const METRIC_MAX: i64 = 1_000_000_000_000;

impl Machine<'_> {
    /// `None` for a trigger, which only leads on.
    pub(super) fn begin_logic(&mut self, node: &Node) -> Option<Move> {
        let exit = match &node.kind {
            Kind::Condition(condition) => self.condition(condition),
            Kind::Switch(switch) => self.switch(switch),
            Kind::SetVariables(set) => {
                set.assign.iter().try_for_each(|assign| self.assign(assign)).map(|()| Exit::by("done"))
            }
            Kind::Transform(transform) => {
                evaluate(&transform.expression, &self.context()).map_err(Exit::from).and_then(|value| {
                    self.set(&transform.variable, value.clone(), None)
                        .map(|()| Exit::by("done").with("value", value))
                })
            }
            Kind::Capture(capture) => self.capture(capture),
            Kind::Loop(rounds) => Ok(self.round(node, rounds)),
            Kind::Counter(counter) => self.count(counter),
            Kind::BusinessHours(hours) => hours::port(hours, self.env.now).map(Exit::by).map_err(Exit::error),
            Kind::Language(language) => self.text(&language.language).map(|language| {
                self.state.language.clone_from(&language);
                Exit::by("done").with("language", language)
            }),
            Kind::Split(split) => self.split(split),
            Kind::Log(log) => {
                self.text(&log.message).map(|message| Exit::by("done").with("message", message))
            }
            Kind::Script(script) => self.script(script),
            Kind::Metric(metric) => self.metric(metric),
            Kind::Tag(tag) => self.text(&tag.value).map(|value| {
                if self.state.tags.len() < 100 || self.state.tags.contains_key(&tag.name) {
                    self.state.tags.insert(tag.name.clone(), Value::String(value.clone()));
                }
                Exit::by("done").with("value", value)
            }),
            Kind::Goto(goto) => return Some(Move::Jump(goto.node.clone())),
            Kind::End(end) => return Some(self.end(end)),
            Kind::Subflow(subflow) => return Some(self.subflow(subflow)),
            Kind::OnSchedule(_)
            | Kind::OnCall(_)
            | Kind::OnMessage(_)
            | Kind::OnWeb(_)
            | Kind::OnQueue(_)
            | Kind::OnSubflow(_) => return None,
            other => Err(Exit::error(format!("`{}` does not decide anything", other.name()))),
        };
        Some(Move::Leave(exit.unwrap_or_else(|error| error)))
    }

    fn condition(&self, condition: &Condition) -> Result<Exit, Exit> {
        match evaluate(&condition.when, &self.context())? {
            Value::Bool(true) => Ok(Exit::by("true")),
            Value::Bool(false) => Ok(Exit::by("false")),
            other => Err(Exit::error(format!("the condition is {other}, neither true nor false"))),
        }
    }

    fn switch(&mut self, switch: &Switch) -> Result<Exit, Exit> {
        let value = self.text(&switch.value)?;
        self.state.inputs = json!({ "value": value });
        for case in &switch.cases {
            if compares(case.compare, &value, &self.text(&case.value)?)? {
                return Ok(Exit::by(case.port.clone()));
            }
        }
        Ok(Exit::by("default"))
    }

    fn assign(&mut self, assign: &Assign) -> Result<(), Exit> {
        let value = match (&assign.expression, &assign.value) {
            (Some(expression), _) => evaluate(expression, &self.context())?,
            (None, Some(template)) => Value::String(self.text(template)?),
            (None, None) => Value::String(String::new()),
        };
        self.set(&assign.variable, value, assign.kind)
    }

    fn script(&mut self, script: &Script) -> Result<Exit, Exit> {
        let text = self.text(&script.program)?;
        let text = text.trim();
        let value = serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()));
        if let Some(variable) = &script.variable {
            self.set(variable, value.clone(), None)?;
        }
        Ok(Exit::by("done").with("value", value))
    }

    /// What is counted is kept with the step, by whoever keeps the steps.
    fn metric(&mut self, metric: &Metric) -> Result<Exit, Exit> {
        let value = match &metric.value {
            None => 1,
            Some(template) => {
                let text = self.text(template)?;
                let number = text.trim().parse::<i64>().ok().filter(|value| value.abs() <= METRIC_MAX);
                number.ok_or_else(|| Exit::error("the value is not a whole number"))?
            }
        };
        Ok(Exit::by("done").with("metric", metric.name.as_str()).with("value", value))
    }

    fn capture(&mut self, capture: &Capture) -> Result<Exit, Exit> {
        let text = self.text(&capture.text)?;
        let pattern = pattern_of(&capture.pattern)?;
        let Some(found) = pattern.captures(&text) else { return Ok(Exit::by("no_match")) };
        let taken = found.get(1).or_else(|| found.get(0)).map_or("", |part| part.as_str()).to_owned();
        self.set(&capture.variable, Value::String(taken.clone()), None)?;
        Ok(Exit::by("done").with("value", taken))
    }

    fn round(&mut self, node: &Node, rounds: &Loop) -> Exit {
        let done = self.state.loops.get(&node.id).copied().unwrap_or(0);
        if done < rounds.times.clamp(1, 1_000) {
            self.state.loops.insert(node.id.clone(), done + 1);
            return Exit::by("again").with("round", done + 1);
        }
        self.state.loops.remove(&node.id);
        Exit::by("done")
    }

    fn count(&mut self, counter: &Counter) -> Result<Exit, Exit> {
        let old = self.state.variables.get(&counter.variable).and_then(Value::as_i64).unwrap_or(0);
        let by = if counter.by == 0 { 1 } else { counter.by };
        let now = old.saturating_add(by);
        self.set(&counter.variable, Value::from(now), None)?;
        let reached = counter.limit.is_some_and(|limit| now >= limit);
        Ok(Exit::by(if reached { "reached" } else { "done" }).with("value", now))
    }

    /// By the execution's seed and the number of the step: running it again takes the same way.
    fn split(&mut self, split: &Split) -> Result<Exit, Exit> {
        let total: u64 = split.branches.iter().map(|branch| u64::from(branch.weight)).sum();
        if total == 0 {
            return Err(Exit::error("the shares of the split are all zero"));
        }
        let mut at = mixed(self.state.seed ^ u64::from(self.state.steps)) % total;
        for branch in &split.branches {
            if at < u64::from(branch.weight) {
                return Ok(Exit::by(branch.port.clone()));
            }
            at -= u64::from(branch.weight);
        }
        Err(Exit::error("the split has no branch"))
    }

    fn end(&mut self, end: &End) -> Move {
        match self.values(&end.outputs) {
            Ok(outputs) => Move::Return(outputs),
            Err(exit) => Move::Leave(exit),
        }
    }

    fn values(
        &self,
        templates: &std::collections::BTreeMap<String, String>,
    ) -> Result<Map<String, Value>, Exit> {
        let values =
            templates.iter().map(|(name, template)| Ok((name.clone(), Value::String(self.text(template)?))));
        values.collect()
    }

    fn subflow(&mut self, subflow: &Subflow) -> Move {
        match self.values(&subflow.inputs) {
            Ok(values) => {
                self.state.inputs = Value::Object(values.clone());
                let revision = self.library.published.get(&subflow.flow).copied().unwrap_or(0);
                Move::Into(FlowRef { sid: subflow.flow.clone(), revision }, values)
            }
            Err(exit) => Move::Leave(exit),
        }
    }
}

/// SplitMix64's finaliser: spreads what differs little.
fn mixed(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

fn compares(compare: Compare, value: &str, with: &str) -> Result<bool, Exit> {
    let clean = |text: &str| text.trim().to_lowercase();
    let (left, right) = (clean(value), clean(with));
    let numbers = || Some((left.parse::<f64>().ok()?, right.parse::<f64>().ok()?));
    Ok(match compare {
        Compare::Equals => left == right,
        Compare::NotEquals => left != right,
        Compare::Contains => left.contains(&right),
        Compare::NotContains => !left.contains(&right),
        Compare::StartsWith => left.starts_with(&right),
        Compare::Matches => pattern_of(with)?.is_match(value),
        Compare::OneOf => right.split(',').any(|one| one.trim() == left),
        Compare::LessThan => numbers().is_some_and(|(left, right)| left < right),
        Compare::GreaterThan => numbers().is_some_and(|(left, right)| left > right),
        Compare::IsBlank => left.is_empty(),
        Compare::IsNotBlank => !left.is_empty(),
    })
}

/// Whether a pattern can be used, for validation.
pub(crate) fn is_pattern(pattern: &str) -> bool {
    whole(pattern).is_ok()
}
