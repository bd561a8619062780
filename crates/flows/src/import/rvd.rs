//! Projects of the classic designer: modules become groups, steps become nodes in a row.
//!
//! In the classic designer web services were asked and conditions decided while a module's document was made, before anything of it
//! was heard. Here everything happens in the order it is drawn; the report names the modules where that differs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde_json::Value;

use super::{ImportError, Imported, Remark, SoundFile};
use crate::document::*;
use crate::nodes::*;

/// Steps of one project, at most.
const STEPS_MAX: usize = 1_500;

/// `$name` of the classic designer.
static REFERENCE: LazyLock<regex::Regex> =
    LazyLock::new(|| regex::Regex::new(r"\$([A-Za-z]+[A-Za-z0-9_]*)").expect("the pattern is a constant"));

/// What the platform set, under its names here.
const CORE: [(&str, &str); 18] = [
    ("core_CallSid", "trigger.call_sid"),
    ("core_From", "trigger.from"),
    ("core_To", "trigger.to"),
    ("core_Body", "trigger.body"),
    ("core_CallStatus", "call.status"),
    ("core_Digits", "call.digits"),
    ("core_SpeechResult", "call.speech"),
    ("core_DialCallStatus", "call.dial_status"),
    ("core_DialCallSid", "call.dial_sid"),
    ("core_DialCallDuration", "call.dial_duration_s"),
    ("core_RecordingUrl", "call.recording_url"),
    ("core_RecordingDuration", "call.recording_duration_s"),
    ("core_AccountSid", "trigger.data.AccountSid"),
    ("core_CallerName", "trigger.data.CallerName"),
    ("core_ApiVersion", "trigger.data.ApiVersion"),
    ("core_Direction", "trigger.data.Direction"),
    ("core_SmsSid", "call.sms_sid"),
    ("core_SmsStatus", "call.sms_status"),
];

/// A project on its way.
pub(super) struct Project {
    pub flow: Flow,
    pub report: Vec<Remark>,
    pub kind: String,
    /// First node of each module.
    pub first: BTreeMap<String, NodeId>,
    names: BTreeSet<String>,
    sounds: Vec<SoundFile>,
}

/// Text of a member; numbers are read as texts too.
pub(super) fn text(value: &Value, name: &str) -> Option<String> {
    match &value[name] {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

pub(super) fn number(value: &Value, name: &str) -> Option<u32> {
    text(value, name).and_then(|text| text.parse().ok())
}

pub(super) fn array<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value[name].as_array().map_or(&[], Vec::as_slice)
}

/// Reads a project.
pub(super) fn from_rvd(project: &Value, name: &str) -> Result<Imported, ImportError> {
    let header = &project["header"];
    let kind = text(header, "projectKind").unwrap_or_else(|| "voice".to_owned());
    let modules = array(project, "nodes");
    let steps: usize = modules.iter().map(|module| array(module, "steps").len()).sum();
    if steps > STEPS_MAX {
        return Err(ImportError(format!("the project has more than {STEPS_MAX} steps")));
    }
    let flow = Flow { form: 1, name: name.chars().take(64).collect(), ..Flow::default() };
    let mut made = Project {
        flow,
        report: Vec::new(),
        kind,
        first: BTreeMap::new(),
        names: BTreeSet::new(),
        sounds: Vec::new(),
    };
    for module in modules {
        let module_name =
            text(module, "name").ok_or_else(|| ImportError("a module has no name".to_owned()))?;
        made.first.insert(module_name.clone(), first_node(&module_name, array(module, "steps")));
    }
    for (column, module) in modules.iter().enumerate() {
        made.module(column, module);
    }
    let start = text(header, "startNodeName").and_then(|start| made.first.get(&start).cloned());
    let Some(start) = start else {
        return Err(ImportError("the project names no start module that is there".to_owned()));
    };
    made.triggers(&start);
    for name in std::mem::take(&mut made.names) {
        made.flow.variables.entry(name).or_insert(Variable {
            kind: Type::String,
            value: Value::Null,
            description: String::new(),
        });
    }
    Ok(Imported { flow: made.flow, report: made.report, studio: None, sounds: made.sounds })
}

/// The id of the node a module begins with; a module without steps is an end.
fn first_node(module: &str, steps: &[Value]) -> NodeId {
    let step = steps.first().and_then(|step| text(step, "name"));
    step.map_or_else(|| format!("{module}.end"), |step| format!("{module}.{step}"))
}

impl Project {
    pub fn remark(&mut self, node: &str, text: impl Into<String>) {
        self.report.push(Remark { node: Some(node.to_owned()), text: text.into() });
    }

    /// The address of a sound file of the project, once it is among those of the account.
    pub fn sound(&mut self, node: &str, file: &str) -> String {
        let known = self.sounds.iter().find(|sound| sound.file == file);
        let name = known.map_or_else(|| self.free_sound(file), |sound| sound.name.clone());
        if known.is_none() {
            let sound = SoundFile { name: name.clone(), file: file.to_owned(), node: node.to_owned() };
            self.sounds.push(sound);
        }
        format!("sound:{name}")
    }

    /// A name for a file that no other file of the project has.
    fn free_sound(&self, file: &str) -> String {
        let allowed = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' };
        let plain: String = file.chars().map(allowed).collect();
        let plain = plain.trim_start_matches('.');
        let start = plain.len().saturating_sub(90);
        let plain = if plain.is_empty() { "sound.wav" } else { &plain[start..] };
        let is_free = |name: &String| self.sounds.iter().all(|sound| sound.name != *name);
        let named = |turn: usize| if turn == 0 { plain.to_owned() } else { format!("{}-{plain}", turn + 1) };
        (0..=self.sounds.len()).map(named).find(is_free).unwrap_or_else(|| plain.to_owned())
    }

    /// A text with `$name` as a template.
    pub fn template(&mut self, text: &str) -> String {
        // A brace that is meant as such must not begin a template.
        let plain = text.replace("{{", "{ {").replace("{%", "{ %");
        let replaced = REFERENCE.replace_all(&plain, |found: &regex::Captures<'_>| {
            let name = &found[1];
            if let Some((_, path)) = CORE.iter().find(|(core, _)| *core == name) {
                return format!("{{{{ {path} }}}}");
            }
            if let Some(header) = name.strip_prefix("core_x_") {
                return format!("{{{{ trigger.data.SipHeader_X_{header} }}}}");
            }
            self.names.insert(name.to_owned());
            format!("{{{{ {name} }}}}")
        });
        replaced.into_owned()
    }

    pub fn variable(&mut self, name: &str) -> String {
        self.names.insert(name.to_owned());
        name.to_owned()
    }

    /// The first node of a module that a step leads to.
    pub fn target(&mut self, node: &str, module: Option<String>) -> Option<NodeId> {
        let module = module?;
        let found = self.first.get(&module).cloned();
        if found.is_none() {
            self.remark(node, format!("it leads to the module `{module}`, which is not there"));
        }
        found
    }

    pub fn push(&mut self, node: Node) {
        self.flow.nodes.push(node);
    }

    fn module(&mut self, column: usize, module: &Value) {
        let name = text(module, "name").unwrap_or_default();
        let steps = array(module, "steps");
        let mut ids: Vec<NodeId> = Vec::new();
        for (index, step) in steps.iter().enumerate() {
            let id =
                text(step, "name").map_or_else(|| format!("{name}.{index}"), |step| format!("{name}.{step}"));
            ids.push(id);
        }
        ids.push(format!("{name}.end"));
        for (row, step) in steps.iter().enumerate() {
            let position = Position { x: column as f64 * 320.0, y: 160.0 + row as f64 * 130.0 };
            let label = text(step, "title").unwrap_or_default();
            self.step((&ids[row], &ids[row + 1]), step, (label, position));
        }
        let end = Node {
            id: format!("{name}.end"),
            label: String::new(),
            position: Some(Position { x: column as f64 * 320.0, y: 160.0 + steps.len() as f64 * 130.0 }),
            kind: Kind::End(End::default()),
            next: BTreeMap::new(),
        };
        self.push(end);
        let heard = |step: &Value| ["say", "play"].contains(&text(step, "kind").unwrap_or_default().as_str());
        let early = |step: &Value| {
            ["externalService", "control"].contains(&text(step, "kind").unwrap_or_default().as_str())
        };
        if let Some(at) = steps.iter().position(heard)
            && steps[at..].iter().any(early)
        {
            let text = "a web service or condition stands behind something that is heard: it ran before it, and runs in its place now";
            self.remark(&ids[at], text);
        }
        let label = text(module, "label").unwrap_or_else(|| name.clone());
        self.flow.groups.push(Group { id: name, label, nodes: ids });
    }

    fn triggers(&mut self, start: &str) {
        let lead = |target: &str| BTreeMap::from([("start".to_owned(), target.to_owned())]);
        let node = |id: &str, kind: Kind, next| Node {
            id: id.to_owned(),
            label: String::new(),
            position: Some(Position { x: 0.0, y: 0.0 }),
            kind,
            next,
        };
        match self.kind.as_str() {
            "sms" => self.push(node("on_message", Kind::OnMessage(Nothing {}), lead(start))),
            "ussd" => {
                self.report
                    .push(Remark { node: None, text: "USSD became a conversation by message".to_owned() });
                self.push(node("on_message", Kind::OnMessage(Nothing {}), lead(start)));
            }
            _ => {
                self.push(node("on_call", Kind::OnCall(Nothing {}), lead(start)));
                // The web trigger called somebody and ran the project in that call.
                self.push(node(
                    "on_web",
                    Kind::OnWeb(WebTrigger { allow_get: true, ..WebTrigger::default() }),
                    lead("call_out"),
                ));
                let answered = BTreeMap::from([("answered".to_owned(), start.to_owned())]);
                self.push(node("call_out", Kind::CallOut(CallOut::default()), answered));
            }
        }
    }
}
