//! Flows from elsewhere: files of our own, Studio definitions, projects of the classic designer (RVD).

mod archive;
mod rvd;
mod rvd_steps;
mod studio;
mod studio_widgets;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::document::{Flow, NodeId};
use crate::nodes::{Kind, Prompt, Text};
use crate::text;

pub use archive::{project, sound};
pub use studio::from_studio;

/// Something a person should know about an import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remark {
    /// Where; `None` is the flow as a whole.
    pub node: Option<NodeId>,
    /// What.
    pub text: String,
}

/// A flow that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    /// The document.
    pub flow: Flow,
    /// What could not be taken as it was.
    pub report: Vec<Remark>,
    /// The definition as it was given, where it is Studio's.
    pub studio: Option<String>,
    /// Sound files it plays as `sound:name`, which are kept apart from it.
    pub sounds: Vec<SoundFile>,
}

/// A sound file that a project plays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoundFile {
    /// Under which name the flow plays it.
    pub name: String,
    /// How the project's archive calls it.
    pub file: String,
    /// A node that plays it.
    pub node: NodeId,
}

impl Imported {
    /// Plays sounds under other names: the new name by the old one. All at once, for a new name of one may be the old name of another.
    pub fn rename_sounds(&mut self, names: &BTreeMap<String, String>) {
        for node in &mut self.flow.nodes {
            let prompts = match &mut node.kind {
                Kind::Say(say) => vec![&mut say.prompts],
                Kind::Ask(ask) => vec![&mut ask.prompts, &mut ask.invalid],
                Kind::Menu(menu) => vec![&mut menu.prompts, &mut menu.invalid],
                Kind::Record(record) => vec![&mut record.prompts],
                _ => Vec::new(),
            };
            for prompt in prompts.into_iter().flatten() {
                if let Prompt::Play { url: Text::One(url) } = prompt
                    && let Some(name) = url.strip_prefix("sound:").and_then(|name| names.get(name))
                {
                    *url = format!("sound:{name}");
                }
            }
        }
    }
}

/// Why nothing was read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ImportError(pub String);

/// Reads any text that is a flow in one of the known forms. `name` is for forms without one.
///
/// # Errors
/// It is none of them, or too large.
pub fn read(content: &str, name: &str) -> Result<Imported, ImportError> {
    let value = text::value_of(content).map_err(|error| ImportError(error.0))?;
    if value.get("states").is_some_and(Value::is_array) {
        return from_studio(&value, name);
    }
    if value.get("header").is_some() && value.get("nodes").is_some_and(Value::is_array) {
        return rvd::from_rvd(&value, name);
    }
    let flow = text::read(value).map_err(|error| ImportError(error.0))?;
    Ok(Imported { flow, report: Vec::new(), studio: None, sounds: Vec::new() })
}

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests;
