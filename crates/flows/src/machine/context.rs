//! What templates and conditions see, and putting values into variables.

use serde_json::{Map, Value, json};

use super::{Exit, Machine};
use crate::document::Type;
use crate::expression::{Escape, render};
use crate::nodes::Text;

impl Machine<'_> {
    /// What templates and conditions see.
    pub fn context(&self) -> Map<String, Value> {
        let state = &*self.state;
        let mut context = Map::new();
        let variables = Value::Object(state.variables.clone());
        context.extend(state.variables.clone());
        let call_names =
            ["digits", "speech", "dial_status", "dial_sid", "recording_url", "recording_sid", "queue_result"];
        let mut call: Map<String, Value> =
            call_names.iter().map(|name| ((*name).to_owned(), json!(""))).collect();
        call.extend(state.call.clone());
        let mut message: Map<String, Value> =
            ["body", "from", "sid"].iter().map(|name| ((*name).to_owned(), json!(""))).collect();
        message.extend(state.message.clone());
        let channel = json!({ "address": state.contact });
        for (name, value) in [
            (
                "flow",
                json!({ "name": self.flow.name, "sid": state.flow.sid, "revision": state.flow.revision, "variables": variables,
                             "data": state.data, "channel": channel }),
            ),
            ("trigger", state.trigger.clone()),
            ("contact", json!({ "channel": channel })),
            ("nodes", Value::Object(state.results.clone())),
            ("widgets", Value::Object(state.results.clone())),
            ("call", Value::Object(call)),
            ("message", Value::Object(message)),
            ("language", Value::String(self.language().to_owned())),
            ("now", Value::String(self.env.now.to_string())),
            ("secrets", json!(self.secrets())),
        ] {
            context.insert(name.to_owned(), value);
        }
        context
    }

    /// Those the flow declares.
    fn secrets(&self) -> std::collections::BTreeMap<&str, &str> {
        let declared = self.flow.secrets.iter();
        declared.filter_map(|name| Some((name.as_str(), self.env.secrets.get(name)?.as_str()))).collect()
    }

    pub fn language(&self) -> &str {
        if self.state.language.is_empty() { self.default_language() } else { &self.state.language }
    }

    pub fn default_language(&self) -> &str {
        self.flow.languages.first().map_or("", String::as_str)
    }

    pub fn text(&self, template: &str) -> Result<String, Exit> {
        Ok(render(template, Escape::Plain, &Value::Object(self.context()))?)
    }

    pub fn optional(&self, template: Option<&String>) -> Result<Option<String>, Exit> {
        let text = template.map(|template| self.text(template)).transpose()?;
        Ok(text.filter(|text| !text.trim().is_empty()))
    }

    pub fn spoken(&self, text: &Text) -> Result<String, Exit> {
        self.text(text.in_language(self.language(), self.default_language()))
    }

    /// Puts a value into a variable, as the type it was declared with.
    pub fn set(&mut self, name: &str, value: Value, kind: Option<Type>) -> Result<(), Exit> {
        let kind = self.flow.variables.get(name).map(|variable| variable.kind).or(kind);
        let value = match kind {
            Some(kind) => {
                let shown = value.to_string();
                kind.convert(value).ok_or_else(|| {
                    let shown: String = shown.chars().take(100).collect();
                    Exit::error(format!(
                        "{shown} cannot be put into `{name}`, which is a {}",
                        json!(kind).as_str().unwrap_or("")
                    ))
                })?
            }
            None => value,
        };
        self.state.variables.insert(name.to_owned(), value);
        Ok(())
    }
}
