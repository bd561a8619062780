//! A document as nodes.

use std::collections::BTreeMap;

use flexio_markup as xml;
use flexio_markup::{Dialect, Kind as MarkupKind, Limits, Step, Verb, lost, parse};
use serde::Serialize;

use super::verbs::{kind_of, prompt_of, verbs_of};
use crate::document::{Node, Position};
use crate::import::ImportError;
use crate::nodes::*;

/// Something a person should know about a line of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LineRemark {
    /// Counted from 1.
    pub line: u32,
    /// What.
    pub text: String,
}

/// The nodes of a document.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Pasted {
    /// In its order, each leading to the next as the document falls through.
    pub nodes: Vec<Node>,
    /// What could not be taken as it is, by line.
    pub report: Vec<LineRemark>,
}

/// How far nodes stand from each other, in pixels.
const COLUMN: f64 = 320.0;

/// Reads an RCML or TwiML document as nodes. A template in it, `{{ … }}`, is one in the nodes too.
///
/// # Errors
/// It is no document; the sentence names line and column.
pub fn from_markup(text: &str, dialect: Dialect) -> Result<Pasted, ImportError> {
    let document = parse(text.trim_start().as_bytes(), MarkupKind::Voice, dialect, &Limits::default())
        .map_err(|error| ImportError(error.to_string()))?;
    // Lines are counted as in the text that was given.
    let skipped = text.len() - text.trim_start().len();
    let before = u32::try_from(text[..skipped].matches('\n').count()).unwrap_or(0);
    let mut made = Making { dialect: document.dialect, before, ..Making::default() };
    for warning in document.warnings {
        made.tell(warning.line, warning.text);
    }
    let mut steps = document.steps.as_slice();
    while let Some(step) = steps.first() {
        let heard = steps.iter().take_while(|step| once_heard(&step.verb).is_some()).count();
        if heard > 0 {
            made.heard(&steps[..heard]);
        } else {
            made.step(step);
        }
        steps = &steps[heard.max(1)..];
    }
    let mut pasted = made.pasted;
    pasted.report.sort_by_key(|remark| remark.line);
    Ok(pasted)
}

/// A verb that is heard once, as a prompt.
fn once_heard(verb: &Verb) -> Option<xml::Prompt> {
    match verb {
        Verb::Say(say) if say.times == 1 => Some(xml::Prompt::Say(say.clone())),
        Verb::Play(play) if play.times == 1 && play.url.is_some() => Some(xml::Prompt::Play(play.clone())),
        Verb::Pause(pause) => Some(xml::Prompt::Pause(*pause)),
        _ => None,
    }
}

/// Nodes on their way.
#[derive(Default)]
struct Making {
    pasted: Pasted,
    dialect: Dialect,
    /// Lines before the document.
    before: u32,
    /// Names given, by kind.
    named: BTreeMap<&'static str, u32>,
    /// Ports that lead to the next node.
    open: Vec<(usize, &'static str)>,
}

impl Making {
    fn tell(&mut self, line: u32, text: impl Into<String>) {
        self.pasted.report.push(LineRemark { line: line + self.before, text: text.into() });
    }

    /// Prompts in a row are one node; silence alone is a wait.
    fn heard(&mut self, steps: &[Step]) {
        if steps.iter().all(|step| matches!(step.verb, Verb::Pause(_))) {
            for step in steps {
                let Verb::Pause(pause) = step.verb else { continue };
                self.push(Kind::Wait(Wait { seconds: pause.length_s }), None);
            }
            return;
        }
        let mut prompts = Vec::new();
        for step in steps {
            let prompt = once_heard(&step.verb).as_ref().and_then(prompt_of);
            self.compare(
                step,
                prompt.clone().map(|prompt| Say { prompts: vec![prompt], times: 1 }).map(Kind::Say),
            );
            prompts.extend(prompt);
        }
        self.push(Kind::Say(Say { prompts, times: 1 }), None);
    }

    fn step(&mut self, step: &Step) {
        let prompt = match &step.verb {
            Verb::Say(say) => Some((xml::Prompt::Say(say.clone()), say.times)),
            Verb::Play(play) if play.url.is_some() => Some((xml::Prompt::Play(play.clone()), play.times)),
            _ => None,
        };
        let said = prompt.and_then(|(prompt, times)| Some((prompt_of(&prompt)?, times)));
        let said = said.map(|(prompt, times)| Kind::Say(Say { prompts: vec![prompt], times: times.into() }));
        let Some(kind) = said.or_else(|| kind_of(&step.verb)) else {
            if !matches!(step.verb, Verb::Redirect(_)) {
                self.tell(step.line, format!("`<{}>` has no counterpart among the steps", step.verb.name()));
            }
            return;
        };
        self.compare(step, Some(kind.clone()));
        let asked = action(&step.verb).map(str::to_owned);
        if let Some(action) = &asked {
            self.tell(step.line, format!("the answer went to `{action}`: connect the outcomes"));
        } else if matches!(step.verb, Verb::Gather(_)) {
            self.tell(
                step.line,
                "the answer went to the application that made the document: connect the outcomes",
            );
        }
        if let Kind::Redirect(redirect) = &kind
            && !redirect.url.contains(':')
        {
            self.tell(step.line, format!("`{}` is no whole address: complete it", redirect.url));
        }
        self.push(kind, asked.as_deref());
    }

    /// Tells what the verb says and the node will not do.
    fn compare(&mut self, step: &Step, kind: Option<Kind>) {
        let verbs = kind.and_then(|kind| verbs_of(&kind, self.dialect, ""));
        let again = verbs.as_deref().and_then(<[Verb]>::first);
        let is_answer = |name: &String| ["action", "method"].contains(&name.as_str());
        let told = !matches!(step.verb, Verb::Redirect(_));
        let lost: Vec<String> =
            lost(&step.verb, again).into_iter().filter(|name| !(told && is_answer(name))).collect();
        if !lost.is_empty() {
            let text = format!("`<{}>` loses {}", step.verb.name(), lost.join(", "));
            self.tell(step.line, text);
        }
    }

    fn push(&mut self, kind: Kind, asked: Option<&str>) {
        let at = self.pasted.nodes.len();
        let name = kind.name();
        let count = self.named.entry(name).or_insert(0);
        *count += 1;
        let id = if *count == 1 { name.to_owned() } else { format!("{name}_{count}") };
        self.lead(&id);
        self.open = falls_through(&kind, asked.is_some()).iter().map(|port| (at, *port)).collect();
        let position = Some(Position { x: f64::from(u32::try_from(at).unwrap_or(0)) * COLUMN, y: 0.0 });
        self.pasted.nodes.push(Node { id, label: String::new(), position, kind, next: BTreeMap::new() });
    }

    fn lead(&mut self, to: &str) {
        for (node, port) in std::mem::take(&mut self.open) {
            self.pasted.nodes[node].next.insert(port.to_owned(), to.to_owned());
        }
    }
}

/// Where the answer of a verb goes.
fn action(verb: &Verb) -> Option<&str> {
    let target = match verb {
        Verb::Gather(gather) => return gather.action.as_deref(),
        Verb::Record(record) => return record.action.as_deref(),
        Verb::Dial(dial) => &dial.action,
        Verb::Enqueue(enqueue) => &enqueue.action,
        Verb::Hold(hold) => &hold.action,
        Verb::Resume(resume) => &resume.action,
        Verb::Refer(refer) => &refer.action,
        Verb::Connect(connect) => &connect.action,
        Verb::Message(message) => &message.action,
        Verb::Email(email) => &email.action,
        _ => return None,
    };
    target.as_ref().map(|target| target.url.as_str())
}

/// The outcomes after which a document goes on with its next verb. One that asks an application goes on with that one's document.
fn falls_through(kind: &Kind, asks: bool) -> &'static [&'static str] {
    match kind {
        Kind::Hangup(_) | Kind::Reject(_) | Kind::Redirect(_) => &[],
        Kind::Ask(_) => &["no_input"],
        Kind::Record(_) if asks => &["empty"],
        _ if asks => &[],
        Kind::Record(_) => &["recorded", "empty"],
        Kind::Dial(_) => &["answered", "busy", "no_answer", "failed"],
        Kind::Enqueue(_) => &["bridged", "left", "full", "failed"],
        Kind::TakeFromQueue(_) => &["done", "empty", "failed"],
        Kind::Transfer(_) => &["done", "failed"],
        Kind::SendMessage(_) | Kind::Email(_) => &["sent", "failed"],
        _ => &["done"],
    }
}
