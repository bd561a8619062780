//! Flows from elsewhere: files of our own, Studio definitions, projects of the classic designer (RVD).

mod archive;
mod rvd;
mod rvd_steps;
mod studio;
mod studio_widgets;

use serde::Serialize;
use serde_json::Value;

use crate::document::{Flow, NodeId};
use crate::text;

pub use archive::project;
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
    Ok(Imported { flow, report: Vec::new(), studio: None })
}

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests;
