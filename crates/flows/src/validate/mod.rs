//! What is wrong with a flow, and what to do about it.

mod notice;
mod properties;
mod sounds;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use crate::document::*;
use crate::expression::{check_expression, check_template};
use crate::machine::is_pattern;
use crate::nodes::*;

pub use sounds::{missing_sounds, sounds};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It may be meant.
    Warning,
    /// The flow cannot be published.
    Error,
}

/// Something wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Where; `None` is the flow as a whole.
    pub node: Option<NodeId>,
    /// Property or port.
    pub property: Option<String>,
    /// How bad.
    pub severity: Severity,
    /// What.
    pub text: String,
    /// What to do.
    pub cure: String,
}

/// Problems shown at once; the rest is told as a number.
const PROBLEMS_MAX: usize = 200;
/// Names that are there without being declared.
const KNOWN: [&str; 11] = [
    "flow", "trigger", "contact", "nodes", "widgets", "call", "message", "language", "now", "secrets", "loop",
];

/// Everything wrong with a flow, errors first. Never fails, whatever the document says.
pub fn validate(flow: &Flow) -> Vec<Problem> {
    let mut check = Check { flow, problems: Vec::new(), variables: variables(flow) };
    check.whole();
    for node in flow.nodes.iter().take(NODES_MAX) {
        check.node(node);
    }
    check.reach();
    check.notices();
    let mut problems = check.problems;
    problems.sort_by_key(|problem| std::cmp::Reverse(problem.severity));
    if problems.len() > PROBLEMS_MAX {
        let more = problems.len() - PROBLEMS_MAX;
        problems.truncate(PROBLEMS_MAX);
        problems.push(Problem {
            node: None,
            property: None,
            severity: Severity::Warning,
            text: format!("and {more} more"),
            cure: "mend those above first".to_owned(),
        });
    }
    problems
}

/// Variables that are declared, or set somewhere.
fn variables(flow: &Flow) -> BTreeSet<&str> {
    let mut names: BTreeSet<&str> = flow.variables.keys().map(String::as_str).collect();
    for node in &flow.nodes {
        match &node.kind {
            Kind::Ask(ask) => names.extend(ask.variable.as_deref()),
            Kind::AskByMessage(ask) => names.extend(ask.variable.as_deref()),
            Kind::SetVariables(set) => names.extend(set.assign.iter().map(|assign| assign.variable.as_str())),
            Kind::Transform(transform) => names.extend([transform.variable.as_str()]),
            Kind::Capture(capture) => names.extend([capture.variable.as_str()]),
            Kind::Counter(counter) => names.extend([counter.variable.as_str()]),
            Kind::Http(http) => names.extend(http.take.iter().map(|take| take.variable.as_str())),
            Kind::Store(store) => names.extend(store.variable.as_deref()),
            Kind::Script(script) => names.extend(script.variable.as_deref()),
            Kind::Subflow(subflow) => names.extend(subflow.outputs.keys().map(String::as_str)),
            Kind::OnSubflow(trigger) => names.extend(trigger.inputs.iter().map(String::as_str)),
            _ => {}
        }
    }
    names
}

struct Check<'f> {
    flow: &'f Flow,
    problems: Vec<Problem>,
    variables: BTreeSet<&'f str>,
}

impl<'f> Check<'f> {
    fn push(
        &mut self,
        severity: Severity,
        node: Option<&Node>,
        property: Option<&str>,
        text: impl Into<String>,
        cure: &str,
    ) {
        self.problems.push(Problem {
            node: node.map(|node| node.id.clone()),
            property: property.map(str::to_owned),
            severity,
            text: text.into(),
            cure: cure.to_owned(),
        });
    }

    fn error(&mut self, node: Option<&Node>, property: Option<&str>, text: impl Into<String>, cure: &str) {
        self.push(Severity::Error, node, property, text, cure);
    }

    fn warn(&mut self, node: Option<&Node>, property: Option<&str>, text: impl Into<String>, cure: &str) {
        self.push(Severity::Warning, node, property, text, cure);
    }

    fn whole(&mut self) {
        let flow = self.flow;
        if flow.name.trim().is_empty() || flow.name.chars().count() > 64 {
            self.error(None, Some("name"), "the flow needs a name of at most 64 characters", "name it");
        }
        if flow.form != 1 {
            self.error(None, Some("form"), format!("form {} is not known", flow.form), "use form 1");
        }
        if flow.nodes.len() > NODES_MAX {
            self.error(None, None, format!("more than {NODES_MAX} nodes"), "move a part into a sub-flow");
        }
        let mut seen = BTreeMap::new();
        for node in &flow.nodes {
            let Some(channel) = node.kind.trigger() else { continue };
            if let Some(first) = seen.insert(channel.as_str(), &node.id) {
                let text = format!("`{first}` is a trigger of this kind already");
                self.error(Some(node), None, text, "remove one of them");
            }
        }
        if seen.is_empty() {
            self.error(None, None, "the flow has no trigger", "add one, such as `on_call`");
        }
        if let Some(handler) = &flow.on_error
            && flow.node(handler).is_none()
        {
            self.error(
                None,
                Some("on_error"),
                format!("there is no node `{handler}`"),
                "choose another, or none",
            );
        }
        let names: Vec<String> = flow.variables.keys().chain(&flow.secrets).cloned().collect();
        for name in names {
            if !is_name(&name) {
                self.error(
                    None,
                    Some("variables"),
                    format!("`{name}` is not a name"),
                    "use letters, digits and `_`, beginning with a letter",
                );
            } else if KNOWN.contains(&name.as_str()) && !flow.secrets.contains(&name) {
                self.error(
                    None,
                    Some("variables"),
                    format!("`{name}` means something else already"),
                    "choose another name",
                );
            }
        }
        for (name, variable) in &flow.variables {
            if !variable.value.is_null() && variable.kind.convert(variable.value.clone()).is_none() {
                let text = format!("`{name}` begins with a value of another type");
                self.error(None, Some("variables"), text, "change the value or the type");
            }
        }
        let mut ids = BTreeSet::new();
        for node in &flow.nodes {
            if !ids.insert(&node.id) {
                self.error(Some(node), None, "two nodes have this id", "rename one");
            }
        }
    }

    fn node(&mut self, node: &'f Node) {
        let chars = node.id.chars().count();
        let allowed = |c: char| c.is_alphanumeric() || "_-. ".contains(c);
        if !(1..=64).contains(&chars) || !node.id.chars().all(allowed) {
            self.error(
                Some(node),
                None,
                "the id is not usable",
                "use 1 to 64 letters, digits, `_`, `-`, `.` and blanks",
            );
        }
        let ports: Vec<Port> = node.kind.ports();
        for (index, port) in ports.iter().enumerate() {
            if port.name.is_empty() {
                self.error(Some(node), None, "a port has no name", "name it");
            } else if ports[..index].iter().any(|other| other.name == port.name) {
                self.error(
                    Some(node),
                    Some(&port.name),
                    format!("two ports are called `{}`", port.name),
                    "rename one",
                );
            }
        }
        for (port, target) in &node.next {
            if !ports.iter().any(|known| known.name == *port) {
                self.error(
                    Some(node),
                    Some(port),
                    format!("there is no port `{port}`"),
                    "remove the connection",
                );
            }
            match self.flow.node(target) {
                None => self.error(
                    Some(node),
                    Some(port),
                    format!("it leads to `{target}`, which is not there"),
                    "connect it anew",
                ),
                Some(target) if target.kind.trigger().is_some() => {
                    self.error(
                        Some(node),
                        Some(port),
                        "it leads to a trigger",
                        "connect it to what follows the trigger",
                    );
                }
                Some(_) => {}
            }
        }
        if let Ok(Value::Object(members)) = serde_json::to_value(&node.kind) {
            self.texts(node, "", members.get("properties").unwrap_or(&Value::Null));
        }
        self.properties(node);
    }

    /// Every text is a template but those that are expressions or patterns.
    fn texts(&mut self, node: &'f Node, path: &str, value: &Value) {
        match value {
            Value::String(text) => {
                let last = path.rsplit('.').next().unwrap_or("");
                if last == "pattern" {
                    if !is_pattern(text) {
                        self.error(
                            Some(node),
                            Some(path),
                            "the regular expression cannot be read",
                            "correct it",
                        );
                    }
                    return;
                }
                let checked = if last == "when" || last == "expression" {
                    check_expression(text)
                } else {
                    check_template(text)
                };
                match checked {
                    Err(error) => self.error(Some(node), Some(path), error.0, "correct the expression"),
                    Ok(names) => {
                        for name in names.iter().filter(|name| {
                            !self.variables.contains(name.as_str()) && !KNOWN.contains(&name.as_str())
                        }) {
                            self.problems.push(Problem {
                                node: Some(node.id.clone()),
                                property: Some(path.to_owned()),
                                severity: Severity::Warning,
                                text: format!("`{name}` is not known, and empty"),
                                cure: "declare it among the variables, or set it before".to_owned(),
                            });
                        }
                    }
                }
            }
            Value::Array(items) => {
                for item in items {
                    self.texts(node, path, item);
                }
            }
            Value::Object(members) => {
                for (name, member) in members {
                    let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                    self.texts(node, &path, member);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// What no trigger leads to, and voice where there is no call.
    fn reach(&mut self) {
        let from = |channels: &[Channel]| {
            let begins = self
                .flow
                .nodes
                .iter()
                .filter(|node| node.kind.trigger().is_some_and(|channel| channels.contains(&channel)));
            let mut open: Vec<&str> = begins.map(|node| node.id.as_str()).collect();
            open.extend(self.flow.on_error.as_deref().filter(|_| !open.is_empty()));
            self.reached(open, |_| true)
        };
        let without_call = [Channel::Message, Channel::Web, Channel::Schedule, Channel::Queue];
        let calls = from(&[Channel::Call, Channel::Subflow]);
        let others = from(&without_call);
        let all: BTreeSet<&str> = calls.union(&others).copied().collect();
        let calls_out = self.flow.nodes.iter().any(|node| matches!(node.kind, Kind::CallOut(_)));
        for node in &self.flow.nodes {
            if !all.contains(node.id.as_str()) {
                self.warn(Some(node), None, "nothing leads here", "connect it, or remove it");
            } else if node.kind.needs_call()
                && others.contains(node.id.as_str())
                && !calls.contains(node.id.as_str())
                && !calls_out
            {
                self.error(
                    Some(node),
                    None,
                    "this needs a call, and only triggers without one lead here",
                    "call somebody first, or use a message",
                );
            }
        }
    }

    /// The nodes that are come to from those of `open`; what is not passed leads no further.
    fn reached(&self, mut open: Vec<&'f str>, passes: impl Fn(&Node) -> bool) -> BTreeSet<&'f str> {
        let by_id: BTreeMap<&str, &Node> =
            self.flow.nodes.iter().map(|node| (node.id.as_str(), node)).collect();
        let mut seen = BTreeSet::new();
        while let Some(id) = open.pop() {
            let Some(node) = by_id.get(id).filter(|node| seen.insert(id) && passes(node)) else { continue };
            open.extend(node.next.values().map(String::as_str));
            if let Kind::Goto(goto) = &node.kind {
                open.push(&goto.node);
            }
        }
        seen
    }
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.len() <= 64
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
