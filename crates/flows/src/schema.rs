//! The published JSON Schema of the document, and the ports of each kind of node.

use serde_json::{Map, Value, json};

use crate::document::Flow;
use crate::nodes::Kind;

/// JSON Schema (2020-12) of [`Flow`], made from the types. Checked in as `schema/flow.schema.json`.
pub fn schema() -> Value {
    let mut schema = schemars::schema_for!(Flow).to_value();
    schema["title"] = json!("flexio flow");
    schema
}

/// The ports of each kind of node, by `type`. Menus, switches and splits have one more for each of their own.
pub fn ports() -> Value {
    let ports: Map<String, Value> =
        Kind::every().iter().map(|kind| (kind.name().to_owned(), json!(kind.ports()))).collect();
    Value::Object(ports)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_checked_in_schema_is_that_of_the_types() {
        let path = "schema/flow.schema.json";
        let now = serde_json::to_string_pretty(&super::schema()).unwrap() + "\n";
        if std::env::var_os("UPDATE_SCHEMA").is_some() {
            std::fs::write(path, &now).unwrap();
        }
        let kept = std::fs::read_to_string(path).unwrap_or_default();
        assert!(kept == now, "schema/flow.schema.json is stale: run this test with UPDATE_SCHEMA=1");
    }

    #[test]
    fn every_kind_of_node_has_its_ports_and_the_word_of_the_documentation() {
        let documented = include_str!("../../../docs/flows.md");
        for kind in crate::nodes::Kind::every() {
            assert!(
                documented.contains(&format!("`{}`", kind.name())),
                "docs/flows.md lacks {}",
                kind.name()
            );
            for port in kind.ports() {
                let shown = if port.fault { format!("*{}*", port.name) } else { format!("`{}`", port.name) };
                assert!(
                    documented.contains(&shown),
                    "docs/flows.md lacks the port {shown} of {}",
                    kind.name()
                );
            }
        }
    }
}
