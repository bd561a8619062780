//! Nodes of a flow as documents, in both dialects.

use std::collections::{BTreeMap, BTreeSet};

use flexio_markup::{Dialect, Document, Kind as MarkupKind, Step, Verb, print_readable};
use serde::Serialize;

use super::verbs::verbs_of;
use crate::document::{Flow, Node, NodeId};
use crate::import::Remark;
use crate::nodes::*;

/// Nodes that follow each other as one document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MarkupDocument {
    /// The nodes, in the order of the document.
    pub nodes: Vec<NodeId>,
    /// In RCML.
    pub rcml: String,
    /// In TwiML.
    pub twiml: String,
}

/// What nodes come to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Written {
    /// One for each row of nodes that fall through to each other.
    pub documents: Vec<MarkupDocument>,
    /// What the documents cannot say.
    pub report: Vec<Remark>,
}

/// The documents of these nodes of a flow: those that follow each other where nothing is decided stand in one. Templates stay as they are
/// written; texts are those of the flow's first language.
pub fn to_markup(flow: &Flow, wanted: &BTreeSet<NodeId>) -> Written {
    let mut written = Written::default();
    let language = flow.languages.first().map_or("", String::as_str);
    if flow.languages.len() > 1 {
        let text = format!("the texts are those in {language}");
        written.report.push(Remark { node: None, text });
    }
    let by_id: BTreeMap<&str, &Node> = flow.nodes.iter().map(|node| (node.id.as_str(), node)).collect();
    for row in rows(flow, &by_id, wanted) {
        let nodes: Vec<&Node> = row.iter().filter_map(|id| by_id.get(id).copied()).collect();
        let says = |node: &&Node| verbs_of(&node.kind, Dialect::Twiml, language).is_some();
        written.report.extend(nodes.iter().flat_map(|node| remarks(node)));
        let said: Vec<&Node> = nodes.into_iter().filter(says).collect();
        if !said.is_empty() {
            written.documents.push(MarkupDocument {
                nodes: said.iter().map(|node| node.id.clone()).collect(),
                rcml: print(&said, Dialect::Rcml, language),
                twiml: print(&said, Dialect::Twiml, language),
            });
        }
    }
    written
}

fn print(nodes: &[&Node], dialect: Dialect, language: &str) -> String {
    print_readable(&document(nodes, dialect, language))
}

/// The verbs of nodes in a row.
fn document(nodes: &[&Node], dialect: Dialect, language: &str) -> Document {
    let verbs = nodes.iter().filter_map(|node| verbs_of(&node.kind, dialect, language)).flatten();
    let steps: Vec<Step> = verbs.map(|verb| Step { line: 0, verb }).collect();
    // Messages alone are the answer to a message; on a call they would be too.
    let is_message = |step: &Step| matches!(step.verb, Verb::Message(_) | Verb::Email(_));
    let kind = if !steps.is_empty() && steps.iter().all(is_message) {
        MarkupKind::Messaging
    } else {
        MarkupKind::Voice
    };
    Document { dialect, kind, steps, warnings: Vec::new() }
}

/// The wanted nodes in rows, each node once: a row goes on where nothing is decided.
fn rows<'f>(
    flow: &'f Flow,
    by_id: &BTreeMap<&'f str, &'f Node>,
    wanted: &BTreeSet<NodeId>,
) -> Vec<Vec<&'f str>> {
    let chosen: Vec<&Node> = flow.nodes.iter().filter(|node| wanted.contains(&node.id)).collect();
    let led: BTreeSet<&str> = chosen.iter().filter_map(|node| follows(node)).collect();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut rows = Vec::new();
    // First those nothing leads to; what is left after them goes round in a circle.
    let (first, rest): (Vec<&&Node>, Vec<&&Node>) =
        chosen.iter().partition(|node| !led.contains(node.id.as_str()));
    for start in first.into_iter().chain(rest) {
        let mut row = Vec::new();
        let mut next = Some(*start);
        while let Some(node) = next.filter(|node| seen.insert(&node.id)) {
            row.push(node.id.as_str());
            next = follows(node).filter(|id| wanted.contains(*id)).and_then(|id| by_id.get(id).copied());
        }
        if !row.is_empty() {
            rows.push(row);
        }
    }
    rows
}

/// The node a document goes on with behind this one's verbs.
fn follows(node: &Node) -> Option<&str> {
    let first = |ports: &[&str]| ports.iter().find_map(|port| node.next.get(*port)).map(String::as_str);
    match &node.kind {
        Kind::Goto(goto) => Some(&goto.node),
        Kind::Ask(_) | Kind::Menu(_) => first(&["no_input"]),
        Kind::Dial(_) => first(&["answered", "no_answer", "busy", "failed"]),
        Kind::Enqueue(_) => first(&["bridged", "left", "full", "failed"]),
        Kind::Record(_) => first(&["recorded", "empty"]),
        Kind::SendMessage(_) | Kind::Email(_) => first(&["sent"]),
        kind if kind.trigger().is_some() => first(&["start"]),
        kind if verbs_of(kind, Dialect::Twiml, "").is_some() => first(&["done"]),
        _ => None,
    }
}

/// What of a node its verbs do not say.
fn remarks(node: &Node) -> Vec<Remark> {
    let mut found = Vec::new();
    let mut tell = |text: &str| found.push(Remark { node: Some(node.id.clone()), text: text.to_owned() });
    let silent = matches!(node.kind, Kind::Goto(_) | Kind::End(_)) || node.kind.trigger().is_some();
    if !silent && verbs_of(&node.kind, Dialect::Twiml, "").is_none() {
        tell(&format!("`{}` has no counterpart in a document", node.kind.name()));
    }
    let decides = match &node.kind {
        Kind::Ask(_) => node.next.contains_key("answered") || node.next.contains_key("speech"),
        Kind::Menu(_) => true,
        _ => {
            let ways: BTreeSet<&String> = node
                .next
                .iter()
                .filter(|(port, _)| !["hangup", "error"].contains(&port.as_str()))
                .map(|(_, to)| to)
                .collect();
            ways.len() > 1 && verbs_of(&node.kind, Dialect::Twiml, "").is_some()
        }
    };
    if decides {
        tell(
            "where an answer leads is decided by the flow; with a document, by the application its `action` asks",
        );
    }
    let checks = match &node.kind {
        Kind::Ask(ask) => {
            ask.variable.is_some()
                || ask.pattern.is_some()
                || !ask.one_of.is_empty()
                || !ask.invalid.is_empty()
        }
        Kind::Menu(menu) => !menu.invalid.is_empty(),
        _ => false,
    };
    if checks {
        tell(
            "checking an answer, keeping it and asking again is done by the flow; a document has nothing for it",
        );
    }
    if let Kind::Say(say) = &node.kind
        && say.times > 1
        && say.prompts.len() > 1
    {
        tell(&format!("it is said {} times; the document says it once", say.times));
    }
    found
}

#[cfg(test)]
pub(super) fn steps_of(nodes: &[Node], dialect: Dialect) -> Vec<Verb> {
    let nodes: Vec<&Node> = nodes.iter().collect();
    document(&nodes, dialect, "").steps.into_iter().map(|step| step.verb).collect()
}
